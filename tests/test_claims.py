"""The table of claims is whole, a claim is closed only by a measurement in its band, and each one once."""

import ast
import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest

from course.claims import TABLE, as_text, main, set_band
from course.errors import CourseError
from helpers import claims as module
from helpers._tables import ROOT, is_ready, rows
from helpers.claims import VERDICTS, ClaimError, claim, claims, find_claim

ADDED = {"slug", "low", "high"}
ORIGINAL = "0a0734a69a65e9a6617e1bacde933c0dfdbb2fc517a0f956d00c84483b3316e0"
LESSONS = sorted({each.lesson for each in claims() if is_ready(each.lesson)})
HALF = replace(find_claim("sigmoid-slope"), band=(0.2, 0.3))


# The table


def test_all_claims_are_there_word_for_word():
    kept = [[value for column, value in row.items() if column not in ADDED] for row in rows("claims.csv")]
    assert len(kept) == 214
    assert hashlib.sha256(json.dumps(kept, ensure_ascii=False).encode()).hexdigest() == ORIGINAL


def test_slugs_are_unique_readable_names():
    slugs = [row["slug"] for row in rows("claims.csv")]
    assert [slug for slug, times in Counter(slugs).items() if times > 1] == []
    assert [slug for slug in slugs if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+){1,4}", slug)] == []


def test_every_verdict_has_words():
    assert {each.verdict for each in claims()} == set(VERDICTS)


def test_a_band_is_whole_or_not_there():
    for row in rows("claims.csv"):
        assert bool(row["low"]) == bool(row["high"]), row["slug"]


def test_the_file_has_one_form():
    text = TABLE.read_text(encoding="utf-8")
    assert as_text([list(row.values()) for row in rows("claims.csv")]) == text.split("\n", 1)[1]


# Closing a claim


def test_a_closed_claim_says_everything():
    card = HALF.closed(0.24999, digits=3)
    told = str(card)
    for part in ("The derivative of sigmoid is at most 0.25", "0.250", "0.2 to 0.3", "True.", "peaks at x=0"):
        assert part in told
        assert part in card.html


def test_plain_text_fits_a_hundred_columns():
    for each in claims():
        lines = str(replace(each, band=(0.0, 1.0)).closed(0.5)).splitlines()
        assert max(map(len, lines)) <= 100, each.slug
        assert len(lines) >= 3


def test_no_text_of_a_claim_becomes_markup():
    card = replace(HALF, claim="a < b & c", why="<script>").closed(0.25)
    assert "a &lt; b &amp; c" in card.html
    assert "<script>" not in card.html


def test_claim_shows_and_returns_nothing(monkeypatch, capsys):
    monkeypatch.setattr(module, "find_claim", lambda slug: HALF)
    assert claim("sigmoid-slope", measured=0.25) is None
    assert "Measured  0.25 (expected 0.2 to 0.3)" in capsys.readouterr().out


@pytest.mark.parametrize("measured", [0.2, 0.3, np.float32(0.25), np.float64(0.25)])
def test_the_band_includes_its_ends(measured):
    assert "True." in str(HALF.closed(measured))


def test_a_band_of_one_number_is_told_as_one():
    assert "Measured  6 (expected 6)" in str(replace(HALF, band=(6.0, 6.0)).closed(6, digits=0))


def test_a_small_negative_number_is_not_minus_zero():
    around = replace(HALF, band=(-1.0, 1.0))
    assert "Measured  0.00 (" in str(around.closed(-0.001))


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        (0.31, "measured 0.31, expected 0.2 to 0.3"),
        (0.19, "measured 0.19, expected 0.2 to 0.3"),
        (nan, "measured nan, which is not a finite number"),
        (inf, "not a finite number"),
        ("0.25", "closed with a number, got '0.25' (str)"),
        (True, "Measure how much, not whether"),
        (np.array([0.25]), "closed with a number"),
        (None, "closed with a number"),
    ],
)
def test_a_measurement_that_does_not_fit_is_refused(measured, words):
    with pytest.raises(ClaimError, match=re.escape(words)):
        HALF.closed(measured)


def test_a_claim_without_a_band_says_how_to_set_it():
    with pytest.raises(ClaimError, match=r"python -m course\.claims set sigmoid-slope LOW HIGH"):
        replace(HALF, band=None).closed(0.25)


def test_an_unknown_claim_gets_the_nearest_names():
    with pytest.raises(ClaimError, match="Did you mean sigmoid-slope"):
        claim("sigmoid-slop", measured=0.25)


def test_an_error_is_one_line_in_a_notebook():
    assert ClaimError("too much")._render_traceback_() == ["ClaimError: too much"]


def test_claims_of_a_lesson():
    assert [each.id for each in claims("05")] == ["C056", "C057", "C058", "C059", "C060"]
    assert claims("backward") == claims("05_backward") == claims("05")
    with pytest.raises(ValueError, match="there is no lesson 'five'"):
        claims("five")


# Setting a band


@pytest.fixture
def table(tmp_path):
    copy = tmp_path / "claims.csv"
    copy.write_text(TABLE.read_text(encoding="utf-8"), encoding="utf-8", newline="\n")
    return copy


def test_setting_a_band_changes_two_cells(table):
    before = table.read_text(encoding="utf-8").splitlines()
    set_band("dead-relu", -0.125, 1e-10, table)
    after = table.read_text(encoding="utf-8").splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert len(changed) == 1
    old, new = changed[0]
    assert new == ",".join(old.split(",")[:-2]) + ",-0.125,1e-10"
    assert sorted(path.name for path in table.parent.iterdir()) == ["claims.csv"]


def test_bands_set_at_the_same_time_are_all_kept(table):
    slugs = [each.slug for each in claims()][:24]
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda slug: set_band(slug, 1.5, 2.5, table), slugs))
    text = table.read_text(encoding="utf-8").splitlines()
    assert [line.split(",", 1)[0] for line in text if line.endswith(",1.5,2.5")] == slugs


@pytest.mark.parametrize("band", [(1.0, 0.0), (nan, 1.0), (0.0, inf)])
def test_a_band_that_is_none_is_refused(table, band):
    before = table.read_bytes()
    with pytest.raises(CourseError, match="from low to high"):
        set_band("dead-relu", *band, table)
    assert table.read_bytes() == before


def test_a_lock_that_stays_is_named(table, monkeypatch):
    monkeypatch.setattr("course.claims.WAIT_SECONDS", 0.05)
    table.with_suffix(".lock").touch()
    with pytest.raises(CourseError, match=r"delete .*claims\.lock"):
        set_band("dead-relu", 0.0, 1.0, table)


def test_the_command_lists_and_explains(capsys):
    assert main(["list", "05"]) == 0
    assert "gradient-is-steepest" in capsys.readouterr().out
    assert main(["set", "dead-rely", "0", "1"]) == 1
    assert "Did you mean dead-relu?" in capsys.readouterr().err


# The lessons


def slugs_closed_in(text: str) -> list[str]:
    """The first argument of every call of `claim` in a source."""
    calls = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "claim"
    ]
    for call in calls:
        assert call.args, f'line {call.lineno}: write the claim\'s name first, as claim("name", measured=…)'
        assert isinstance(call.args[0], ast.Constant), f"line {call.lineno}: write the claim's name in quotes"
    return [call.args[0].value for call in sorted(calls, key=lambda call: call.lineno)]


def test_calls_are_found_in_a_source():
    text = 'r"""claim("in-prose", 1)"""\nclaim("b", measured=1)\nfor i in x:\n    claim("a", 2)\n'
    assert slugs_closed_in(text) == ["b", "a"]
    with pytest.raises(AssertionError, match="in quotes"):
        slugs_closed_in("claim(name, 1)")


def closed_in(lesson: str, folder: Path = ROOT / "sources" / "lessons") -> list[str]:
    """The claims that are closed in a lesson and in its companion, if it has one."""
    paths = [folder / f"{lesson}.py", *folder.glob(f"{lesson}_heard.py")]
    return [slug for path in paths for slug in slugs_closed_in(path.read_text(encoding="utf-8"))]


def test_a_companion_closes_claims_of_its_lesson(tmp_path):
    (tmp_path / "90_a.py").write_text('claim("a", 1)', encoding="utf-8")
    assert closed_in("90_a", tmp_path) == ["a"]
    (tmp_path / "90_a_heard.py").write_text('claim("b", 1)\nclaim("a", 1)', encoding="utf-8")
    (tmp_path / "90_a_b.py").write_text('claim("c", 1)', encoding="utf-8")
    assert closed_in("90_a", tmp_path) == ["a", "b", "a"]


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_ready_lesson_and_its_companion_close_each_of_its_claims_once_and_no_other(lesson):
    assert Counter(closed_in(lesson)) == Counter(each.slug for each in claims(lesson))


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_ready_lesson_has_all_its_bands(lesson):
    for each in claims(lesson):
        assert each.band is not None, f"{each.slug} has no band"
        assert each.band[0] <= each.band[1], each.slug


def test_an_exercise_closes_no_claim():
    for path in sorted((ROOT / "sources" / "exercises").glob("*.py")):
        assert slugs_closed_in(path.read_text(encoding="utf-8")) == [], path.name


def test_claims_are_cheap_to_import():
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, helpers.claims, helpers.glossary; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(ROOT),
    ).stdout.split()
    assert not {"IPython", "torch", "sklearn", "matplotlib"} & set(loaded)
