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

WORDS = {
    "00_start": "4196850abd0562d4",
    "01_data_splits": "60593dc4b7e4196f",
    "02_features": "0791464063a362ae",
    "03_baselines_and_metrics": "1fcb5d904b8810f2",
    "04_forward": "0259e82cd5367629",
    "05_backward": "4b41fb2b1556457a",
    "06_activations": "140556e9ee96656a",
    "07_losses": "c77c3c07670bca86",
    "08_optimizers": "739ff8d34ac44459",
    "09_training_loop": "bfc3c0bc6bfef86d",
    "10_tuning": "28be6b3166142b55",
    "11_normalization": "4493d449176b8d24",
    "12_overfitting": "9b2aa9ca2f367043",
    "13_convolution": "266e2d78f9a6da2a",
    "14_sequences": "194cadc2e6c605ea",
    "15_generative_and_meta": "f4d761c138f98193",
    "16_trust": "dd3065029fffbcd6",
    "17_distillation": "b9a50d3972aa8bf5",
    "18_quantization": "9b4bab3aee2a5c3b",
    "19_quantized_networks": "a7be87ebe7931c9c",
    "20_large_model_quantization": "975b506d284d42cf",
    "21_deployment": "cf177a9dbdbd2489",
}
"""A hash of each lesson's terms: nobody changes one without meaning to."""

HAN = "㐀-鿿"
BESIDE_CHINESE = re.compile(rf"[{HAN}][,;:.!?()]|[,;:.!?()][{HAN}]")
"""Half-width punctuation that touches a Chinese character."""

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


def hashed(lines: list[list[str]]) -> str:
    return hashlib.sha256(json.dumps(lines, ensure_ascii=False).encode()).hexdigest()[:16]


def test_all_terms_are_there():
    assert len(ALL) == len(rows("terms.csv")) == 328
    assert set(WORDS) == set(LESSONS)


@pytest.mark.parametrize("lesson", WORDS)
def test_the_words_of_a_lessons_terms_are_those_that_were_meant(lesson):
    words = [list(row.values()) for row in rows("terms.csv") if row["lesson"] == lesson]
    assert hashed(words) == WORDS[lesson], f"if you meant it, write {lesson!r}: {hashed(words)!r} in WORDS"


def test_names_are_unique_in_both_languages():
    for names in ([each.english.casefold() for each in ALL], [each.chinese.casefold() for each in ALL]):
        assert [name for name, times in Counter(names).items() if times > 1] == []


def test_dollars_come_in_pairs():
    for each in ALL:
        for text in (each.definition, each.definition_zh):
            assert text.count("$") % 2 == 0, each.english


def half_width_in(text: str) -> list[str]:
    """Where half-width punctuation touches Chinese; a formula counts as Chinese, what is in it does not."""
    return BESIDE_CHINESE.findall(re.sub(r"\$[^$]*\$", "式", text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("取 0.01，$f(a, b)$，（如 k-means）。", []),
        ("用于 (N,C) 与 (N,C,L) 输入。", []),
        ("权重,偏置", ["重,"]),
        ("$x$,$y$", ["式,"]),
        ("权重(偏置）", ["重("]),
        ("有数 3:三", [":三"]),
    ],
)
def test_half_width_punctuation_beside_chinese_is_found(text, found):
    assert half_width_in(text) == found


def test_chinese_has_full_width_punctuation():
    for each in ALL:
        for text in (each.chinese, each.definition_zh):
            assert half_width_in(text) == [], f"{each.english}: {text}"
            assert text.count("（") == text.count("）"), f"{each.english}: {text}"
        assert each.definition_zh.endswith("。"), each.english


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
        ("大语言模型", "ChatGPT / large language model"),
        ("退火", "learning-rate schedule (annealing, decay)"),  # between 、 in full-width parentheses
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
def test_a_ready_lesson_or_its_companion_uses_every_term_of_its_own(lesson):
    folder = ROOT / "sources" / "lessons"
    paths = [folder / f"{lesson}.py", *folder.glob(f"{lesson}_heard.py")]
    prose = "\n".join(prose_of(path.read_text(encoding="utf-8")) for path in paths)
    missing = [each.english for each in terms_of(lesson) if not is_used(each, prose)]
    assert missing == [], f"{lesson} does not use: {', '.join(missing)}"
