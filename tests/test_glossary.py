"""The table of terms is whole, a term is found by any of its names, and each lesson uses its own."""

import ast
import hashlib
import json
import re
from collections import Counter

import pytest

from helpers import glossary
from helpers._tables import ROOT, is_ready, rows
from helpers.glossary import Term, find_term, term, terms, terms_of

ORIGINAL = "46646a8647cbb499d05ac8d7ad0679cfc70f5a18e6b770bb61809015855f02be"
LESSONS = sorted({row["lesson"] for row in rows("terms.csv")})
READY = [lesson for lesson in LESSONS if is_ready(lesson)]
ALL = [each for lesson in LESSONS for each in terms_of(lesson)]


def bundle(monkeypatch, function, *arguments) -> dict[str, str]:
    """What a notebook would get from a call of `term` or `terms`."""
    shown = []
    monkeypatch.setattr(glossary, "show", shown.append)
    assert function(*arguments) is None
    assert len(shown) == 1
    return shown[0]._repr_mimebundle_()


# The table


def test_all_terms_are_there_word_for_word():
    kept = [list(row.values()) for row in rows("terms.csv")]
    assert len(kept) == 328
    assert hashlib.sha256(json.dumps(kept, ensure_ascii=False).encode()).hexdigest() == ORIGINAL


def test_names_are_unique_in_both_languages():
    for names in ([each.english.casefold() for each in ALL], [each.chinese.casefold() for each in ALL]):
        assert [name for name, times in Counter(names).items() if times > 1] == []


def test_dollars_come_in_pairs():
    for each in ALL:
        for text in (each.definition, each.definition_zh):
            assert text.count("$") % 2 == 0, each.english


# One term


def test_every_term_is_found_by_its_full_names():
    for each in ALL:
        assert find_term(each.english) is each
        assert find_term(each.chinese.upper()) is each


@pytest.mark.parametrize(
    ("name", "english"),
    [
        ("Validation  SET", "validation set (evaluation set)"),
        ("evaluation set", "validation set (evaluation set)"),
        ("评估集", "validation set (evaluation set)"),
        ("MSE", "mean squared error (MSE, L2 loss)"),
        ("l2 loss", "mean squared error (MSE, L2 loss)"),
        ("one-hot", "discrete encoding (e.g. one-hot)"),
        ("large language model", "ChatGPT / large language model"),
        ("parameter", "parameter"),  # a full name comes before a part of another
    ],
)
def test_a_term_is_found_by_parts_of_its_names(name, english):
    assert find_term(name).english == english


def test_an_unknown_term_gets_the_nearest_names():
    with pytest.raises(ValueError, match=r"there is no term 'validation sat'\. Did you mean validation set"):
        term("validation sat")


def test_a_name_of_two_terms_asks_which():
    with pytest.raises(ValueError, match=r"'loss' may be .* or loss / training curve"):
        term("loss")


def test_a_term_shows_both_languages(monkeypatch):
    data = bundle(monkeypatch, term, "training set")
    each = find_term("training set")
    for kind in ("text/plain", "text/html"):
        for part in (
            each.english,
            each.chinese,
            each.definition,
            each.definition_zh,
            "Lesson 01 · data splits",
        ):
            assert part in data[kind]


def test_a_formula_keeps_its_dollars_and_cannot_become_markup(monkeypatch):
    html = bundle(monkeypatch, term, "gradient descent")["text/html"]
    assert r"$\eta&lt;2/\lambda$" in html


@pytest.mark.parametrize(
    ("folder", "link"),
    [
        ("lessons", "01_data_splits.ipynb"),
        (".", "01_data_splits.ipynb"),  # where a first build runs, before lessons/ is there
        ("exercises/01_data_splits", "../../lessons/01_data_splits.ipynb"),
        ("solutions/01_data_splits", "../../lessons/01_data_splits.ipynb"),
    ],
)
def test_the_link_leads_to_the_lesson_from_where_the_notebook_is(monkeypatch, tmp_path, folder, link):
    monkeypatch.setattr(glossary, "ROOT", tmp_path)
    monkeypatch.setattr(glossary, "is_ready", lambda lesson: True)
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(tmp_path / folder)
    assert f'<a href="{link}">Lesson 01 · data splits</a>' == glossary._link("01_data_splits")


def test_a_lesson_that_is_not_written_is_named_without_a_link(monkeypatch):
    monkeypatch.setattr(glossary, "is_ready", lambda lesson: False)
    assert glossary._link("01_data_splits") == "Lesson 01 · data splits"


# A lesson's terms


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_table_has_all_terms_of_its_lesson(monkeypatch, lesson):
    data = bundle(monkeypatch, terms, lesson)
    assert data["text/html"].count("<tr>") == len(terms_of(lesson)) + 1
    for each in terms_of(lesson):
        assert f"{each.english} · {each.chinese}" in data["text/plain"]
        assert each.definition_zh in data["text/plain"]


def test_an_unknown_lesson_lists_those_there_are():
    with pytest.raises(ValueError, match=r"no lesson '99'\. There are: 00_start, 01_data_splits"):
        terms("99")


# The lessons


def prose_of(source: str) -> str:
    """The markdown cells of a source as running text, without the marks for emphasis and code."""
    texts = [
        node.value.value
        for node in ast.parse(source).body
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]
    return " ".join(re.sub(r"[*_`]", "", " ".join(texts)).casefold().split())


def is_used(each: Term, prose: str) -> bool:
    """Whether one of the term's English names begins a word of the text ("sample" is in "samples")."""
    names = [name for name in each.names if name.isascii() or name == each.english.casefold()]
    return any(re.search(rf"(?<!\w){re.escape(name)}", prose) for name in names)


def test_prose_is_found_in_a_source():
    source = '# %% [markdown]\nr"""\nA **validation\nset** is `held` out.\n"""\n\n# %%\nx = "a test set"\n'
    prose = prose_of(source)
    assert is_used(find_term("validation set"), prose)
    assert not is_used(find_term("test set"), prose)


@pytest.mark.parametrize("lesson", READY)
def test_a_ready_lesson_uses_every_term_of_its_own(lesson):
    source = (ROOT / "sources" / "lessons" / f"{lesson}.py").read_text(encoding="utf-8")
    prose = prose_of(source)
    missing = [each.english for each in terms_of(lesson) if not is_used(each, prose)]
    assert missing == [], f"{lesson} does not use: {', '.join(missing)}"
