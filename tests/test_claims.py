"""The table of claims is whole, a claim is closed only in the way of its kind, and each one once."""

import ast
import csv
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

from course.claims import TABLE, as_text, main, set_band, set_kind
from course.errors import CourseError
from helpers import claims as module
from helpers._tables import ROOT, is_ready, rows
from helpers.claims import KINDS, VERDICTS, ClaimError, claim, claims, find_claim

NAMES = "5b9c68cb42a6eea4"
"""A hash of all ids and slugs: they never change, lessons and other tables name them."""
WORDS = {
    "00_start": "286ec01486568973",
    "01_data_splits": "0834df1063e45156",
    "02_features": "b38fd2ed1b4d19d6",
    "03_baselines_and_metrics": "78484382abf64a7c",
    "04_forward": "5ea19c63b7a26db1",
    "05_backward": "71cba2ac53d34f6c",
    "06_activations": "ee9c79f7382bab80",
    "07_losses": "944a16066f505ce8",
    "08_optimizers": "660cfc7e3d1dfd77",
    "09_training_loop": "f4601cb82fadcff8",
    "10_tuning": "c0a61c2f10e85cca",
    "11_normalization": "bfb87c08d56dbbe0",
    "12_overfitting": "d967f75590cf4451",
    "13_convolution": "f5b80be4d24de084",
    "14_sequences": "4ae0e491101b0563",
    "15_generative_and_meta": "611a6d3e38954218",
    "16_trust": "05ad42292d337f5c",
    "17_distillation": "89e4fc012855fccb",
    "18_quantization": "a80a109b7b7d6e13",
    "19_quantized_networks": "396e1c3a7a94b34f",
    "20_large_model_quantization": "64d35a3acce08c7b",
    "21_deployment": "29e4de9ddb1145ce",
}
"""A hash of the words of each lesson's claims, all but kind and band: none changes without being meant."""

LESSONS = sorted({each.lesson for each in claims() if is_ready(each.lesson)})
HALF = replace(find_claim("sigmoid-slope"), kind="measured", band=(0.2, 0.3))
IN_WORDS = replace(HALF, kind="definition", band=None)
SUM = replace(HALF, kind="arithmetic", band=None)
ELSEWHERE = replace(HALF, kind="source", band=None)


# The table


def hashed(lines: list[list[str]]) -> str:
    return hashlib.sha256(json.dumps(lines, ensure_ascii=False).encode()).hexdigest()[:16]


def test_all_claims_are_there_under_their_names():
    names = [[row["id"], row["slug"]] for row in rows("claims.csv")]
    assert len(names) == 214
    assert hashed(names) == NAMES


@pytest.mark.parametrize("lesson", WORDS)
def test_the_words_of_a_lessons_claims_are_those_that_were_meant(lesson):
    unhashed = {"slug", "kind", "low", "high"}
    of_lesson = [row for row in rows("claims.csv") if row["lesson"] == lesson]
    words = [[value for column, value in row.items() if column not in unhashed] for row in of_lesson]
    assert hashed(words) == WORDS[lesson], f"if you meant it, write {lesson!r}: {hashed(words)!r} in WORDS"


def test_every_lesson_of_the_table_has_its_hash():
    assert set(WORDS) == {row["lesson"] for row in rows("claims.csv")}


def test_slugs_are_unique_readable_names():
    slugs = [row["slug"] for row in rows("claims.csv")]
    assert [slug for slug, times in Counter(slugs).items() if times > 1] == []
    assert [slug for slug in slugs if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+){1,4}", slug)] == []


def test_every_verdict_has_words():
    assert {each.verdict for each in claims()} == set(VERDICTS)


def test_every_kind_has_its_way_of_closing():
    assert {each.kind for each in claims()} <= set(KINDS)


def test_a_band_is_whole_or_not_there_and_only_a_measured_claim_has_one():
    for row in rows("claims.csv"):
        assert bool(row["low"]) == bool(row["high"]), row["slug"]
        assert not (row["low"] and row["kind"] != "measured"), f"{row['slug']} is not measured but has a band"


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
        card = replace(each, kind="measured", band=(0.0, 1.0)).closed(0.5, what="what it is " * 12)
        lines = str(card).splitlines()
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
    ],
)
def test_a_measurement_that_does_not_fit_is_refused(measured, words):
    with pytest.raises(ClaimError, match=re.escape(words)):
        HALF.closed(measured)


def test_a_claim_without_a_band_says_how_to_set_it():
    with pytest.raises(ClaimError, match=r"python -m course\.claims set sigmoid-slope LOW HIGH"):
        replace(HALF, band=None).closed(0.25)


def test_the_card_says_what_was_measured():
    card = HALF.closed(0.25, what="the largest slope of <sigmoid>:")
    assert "Measured  the largest slope of <sigmoid>: 0.25 (expected 0.2 to 0.3)" in str(card)
    assert "Measured: the largest slope of &lt;sigmoid&gt;: <strong>0.25</strong> (expected" in card.html


@pytest.mark.parametrize(
    ("each", "words", "line"),
    [
        (IN_WORDS, {"because": "An epoch is one pass <once>."}, "Definition  An epoch is one pass <once>."),
        (SUM, {"because": "1000 / 100 = 10"}, "Arithmetic  1000 / 100 = 10"),
        (ELSEWHERE, {"source": "Kohavi 1995: ten folds."}, "Source    Kohavi 1995: ten folds."),
        (ELSEWHERE, {"source": "helpers/data/terms.csv, row 3"}, "Source    helpers/data/terms.csv, row 3"),
    ],
)
def test_a_claim_that_is_not_measured_is_closed_in_words(each, words, line):
    card = each.closed(**words)
    assert line in str(card).splitlines()
    assert "True." in str(card)
    assert "Measured" not in str(card) + card.html
    assert f"{each.kind.capitalize()}: " in card.html
    assert "<once>" not in card.html


@pytest.mark.parametrize(
    ("each", "words", "error"),
    [
        (
            IN_WORDS,
            {"measured": 0.25},
            "the kind of this claim is definition, so close it with `because=",
        ),
        (SUM, {"measured": 10}, "kind of this claim is arithmetic, so close it with `because="),
        (ELSEWHERE, {"because": "It is."}, "kind of this claim is source, so close it with `source="),
        (HALF, {"because": "It is."}, 'close it with `measured=…, what="what the number is"`; got because.'),
        (HALF, {"measured": 0.25, "because": "It is."}, "got measured and because."),
        (HALF, {}, "got none of measured, because and source."),
        (IN_WORDS, {"because": ""}, "got none of"),
        (IN_WORDS, {"measured": 1}, "write `python -m course.claims kind sigmoid-slope KIND`"),
        (SUM, {"because": "Ten of them."}, "a sign such as = or <; got 'Ten of them.'"),
        (ELSEWHERE, {"source": "a well-known paper"}, "a source names author and year"),
        (ELSEWHERE, {"source": "in 2015 it was seen"}, "a source names author and year"),
        (ELSEWHERE, {"source": "no_such_table.csv"}, "a table that is stored in helpers/data"),
    ],
)
def test_a_claim_is_not_closed_in_the_way_of_another_kind(each, words, error):
    with pytest.raises(ClaimError, match=re.escape(error)):
        each.closed(**words)


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
    slugs = [each.slug for each in claims() if each.kind == "measured"][:24]
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


def kind_and_band(table, slug) -> list[str]:
    with table.open(encoding="utf-8", newline="") as lines:
        row = next(row for row in csv.DictReader(lines) if row["slug"] == slug)
    return [row["kind"], row["low"], row["high"]]


def test_a_claim_of_another_kind_loses_its_band_and_gets_none(table):
    set_band("dead-relu", 0.0, 1.0, table)
    set_kind("dead-relu", "measured", table)
    assert kind_and_band(table, "dead-relu") == ["measured", "0", "1"]
    set_kind("dead-relu", "source", table)
    assert kind_and_band(table, "dead-relu") == ["source", "", ""]
    with pytest.raises(CourseError, match="dead-relu has no band: its kind is source"):
        set_band("dead-relu", 0.0, 1.0, table)
    assert [path.name for path in table.parent.iterdir()] == ["claims.csv"]


def test_a_kind_that_is_none_is_refused(table):
    before = table.read_bytes()
    with pytest.raises(CourseError, match="is measured, definition, arithmetic or source; got 'obvious'"):
        set_kind("dead-relu", "obvious", table)
    with pytest.raises(CourseError, match="has no claim 'dead-rely'"):
        set_kind("dead-rely", "source", table)
    assert table.read_bytes() == before


def test_a_lock_that_stays_is_named(table, monkeypatch):
    monkeypatch.setattr("course.claims.WAIT_SECONDS", 0.05)
    table.with_suffix(".lock").touch()
    with pytest.raises(CourseError, match=r"delete .*claims\.lock"):
        set_band("dead-relu", 0.0, 1.0, table)


def test_the_command_lists_and_explains(capsys):
    assert main(["list", "05"]) == 0
    line = r"backprop-finds-batch-minimum +measured +false +[\d.]+ to [\d.]+\n"
    assert re.search(line, capsys.readouterr().out)
    assert main(["kind", "dead-relu", "obvious"]) == 1
    assert "got 'obvious'" in capsys.readouterr().err
    assert main(["set", "dead-rely", "0", "1"]) == 1
    assert "Did you mean dead-relu?" in capsys.readouterr().err


# The lessons


def calls_in(text: str) -> list[ast.Call]:
    """Every call of `claim` in a source, from top to bottom."""
    calls = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "claim"
    ]
    for call in calls:
        assert call.args, f'line {call.lineno}: write the claim\'s name first, as claim("name", measured=…)'
        assert isinstance(call.args[0], ast.Constant), f"line {call.lineno}: write the claim's name in quotes"
    return sorted(calls, key=lambda call: call.lineno)


def slugs_closed_in(text: str) -> list[str]:
    """The first argument of every call of `claim` in a source."""
    return [call.args[0].value for call in calls_in(text)]


def fault_of(call: ast.Call, kind: str) -> str:
    """What is wrong with a call for a claim of that kind; nothing is an empty string."""
    given = {word.arg for word in call.keywords} & {"measured", "because", "source", "what"}
    expected = {"measured": {"measured", "what"}, "source": {"source"}}.get(kind, {"because"})
    return "" if given == expected else f"{sorted(given)} given, a {kind} claim has {sorted(expected)}"


def test_calls_are_found_in_a_source():
    text = 'r"""claim("in-prose", 1)"""\nclaim("b", measured=1)\nfor i in x:\n    claim("a", 2)\n'
    assert slugs_closed_in(text) == ["b", "a"]
    with pytest.raises(AssertionError, match="in quotes"):
        slugs_closed_in("claim(name, 1)")


@pytest.mark.parametrize(
    ("call", "kind", "fault"),
    [
        ('claim("a", measured=1, what="b")', "measured", ""),
        ('claim("a", because="b")', "definition", ""),
        ('claim("a", because="b")', "arithmetic", ""),
        ('claim("a", source="b")', "source", ""),
        (
            'claim("a", measured=1)',
            "measured",
            "['measured'] given, a measured claim has ['measured', 'what']",
        ),
        (
            'claim("a", measured=1, what="b")',
            "source",
            "['measured', 'what'] given, a source claim has ['source']",
        ),
        ('claim("a", source="b")', "definition", "['source'] given, a definition claim has ['because']"),
    ],
)
def test_a_call_that_does_not_fit_the_kind_is_found(call, kind, fault):
    assert fault_of(*calls_in(call), kind) == fault


def sources_of(lesson: str, folder: Path = ROOT / "sources" / "lessons") -> list[str]:
    """The texts of a lesson and of its companion, if it has one."""
    paths = [folder / f"{lesson}.py", *folder.glob(f"{lesson}_heard.py")]
    return [path.read_text(encoding="utf-8") for path in paths]


def closed_in(lesson: str, folder: Path = ROOT / "sources" / "lessons") -> list[str]:
    """The claims that are closed in a lesson and in its companion."""
    return [slug for text in sources_of(lesson, folder) for slug in slugs_closed_in(text)]


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
def test_a_ready_lesson_closes_each_claim_in_the_way_of_its_kind(lesson):
    kinds = {each.slug: each.kind for each in claims(lesson)}
    faults = {
        call.args[0].value: fault
        for text in sources_of(lesson)
        for call in calls_in(text)
        if (fault := fault_of(call, kinds[call.args[0].value]))
    }
    assert faults == {}


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_ready_lesson_has_the_bands_of_its_measured_claims(lesson):
    for each in claims(lesson):
        if each.kind == "measured":
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


def test_a_timing_outside_its_band_is_said_to_a_learner_and_raised_in_ci(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    text = HALF.closed(0.7, what="a ratio of times", timing=True)._repr_mimebundle_()["text/plain"]
    assert " ".join(text.split()).count("0.70 (expected 0.2 to 0.3; this machine was busy") == 1
    assert "busy" not in HALF.closed(0.25, timing=True)._repr_mimebundle_()["text/plain"]
    with pytest.raises(ClaimError, match=r"measured 0\.7"):
        HALF.closed(0.7)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(ClaimError, match=r"measured 0\.7, expected 0\.2 to 0\.3"):
        HALF.closed(0.7, timing=True)
