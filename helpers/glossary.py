"""The words of the field in English and Chinese: `term("validation set")`, or `terms("01")` for a lesson's.

Everything is read from helpers/data/terms.csv. A term is found by its English or its Chinese name, by a part
of a name with a slash, and by what stands before or inside the parentheses: "validation set (evaluation
set)" is found as "evaluation set" too.
"""

import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from helpers._tables import (
    ROOT,
    Card,
    card_html,
    escape,
    hanging,
    is_ready,
    lesson_name,
    nearest,
    rows,
    show,
)

__all__ = ["Term", "find_term", "term", "terms", "terms_of"]

_BAR = "#767676"
_PARENTHESES = re.compile(r"[(（]([^)）]*)[)）]")
_CELL = 'style="text-align: left; vertical-align: top; min-width: 90px"'


@dataclass(frozen=True)
class Term:
    """One row of the table: a term in both languages, and the lesson that explains it."""

    english: str
    chinese: str
    kind: str
    lesson: str
    definition: str
    definition_zh: str

    @property
    def names(self) -> tuple[str, ...]:
        """All names it is found by, in lower case; the full ones come first.

        >>> find_term("recall").names
        ('recall', '召回率')
        """
        full = [self.english, self.chinese]
        parts = [part for name in full for part in _parts(name)]
        return tuple(dict.fromkeys(_same(name) for name in full + parts))


def term(name: str) -> None:
    """Show a term in English and Chinese, its definitions, and the lesson that explains it.

    Args:
        name: the English or Chinese name, upper or lower case.

    Raises:
        ValueError: when there is no such term, with the nearest names; or when several have that name.

    >>> term("underfitting")
    underfitting · 欠拟合 (concept)
    Failing to capture the signal, so that error is high on training and test data alike.
    未能捕捉信号,训练与测试误差都偏高。
    Lesson 12 · overfitting
    """
    found = find_term(name)
    plain = "\n".join(
        [
            f"{found.english} · {found.chinese} ({found.kind})",
            hanging("", found.definition),
            found.definition_zh,
            _title(found.lesson),
        ]
    )
    html = card_html(
        _BAR,
        f'<strong>{escape(found.english)}</strong> · <strong lang="zh">{escape(found.chinese)}</strong> '
        f"({escape(found.kind)})",
        escape(found.definition),
        f'<span lang="zh">{escape(found.definition_zh)}</span>',
        _link(found.lesson),
    )
    show(Card(plain, html))


def terms(lesson: str) -> None:
    """Show the table of a lesson's terms, in both languages.

    Args:
        lesson: "05_backward", "05" or "backward".

    Raises:
        ValueError: when there is no such lesson, with the names of those there are.

    >>> terms("17")  # doctest: +ELLIPSIS
    knowledge distillation · 模型蒸馏
    ...
    """
    found = terms_of(lesson)
    plain = "\n\n".join(
        "\n".join(
            [f"{each.english} · {each.chinese}", hanging("  ", each.definition), f"  {each.definition_zh}"]
        )
        for each in found
    )
    show(Card(plain, _table(found)))


def terms_of(lesson: str) -> list[Term]:
    """The terms that a lesson explains, in the order of the table.

    Raises ValueError when there is no such lesson.

    >>> len(terms_of("05_backward"))
    6
    """
    name = lesson_name(lesson)
    return [each for each in _all_terms() if each.lesson == name]


def find_term(name: str) -> Term:
    """The term of that name. Raises ValueError with the nearest names when there is none, or several.

    >>> find_term("Evaluation Set").english, find_term("验证集").english
    ('validation set (evaluation set)', 'validation set (evaluation set)')
    """
    wanted = _same(str(name))
    full = [each for each in _all_terms() if wanted in each.names[:2]]
    found = full or [each for each in _all_terms() if wanted in each.names]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(f"{name!r} may be {' or '.join(each.english for each in found)}.")
    known = [other for each in _all_terms() for other in each.names]
    raise ValueError(f"there is no term {name!r}. {nearest(wanted, known)}")


@cache
def _all_terms() -> tuple[Term, ...]:
    return tuple(
        Term(
            row["term_en"],
            row["term_zh"],
            row["kind"],
            row["lesson"],
            row["definition_en"],
            row["definition_zh"],
        )
        for row in rows("terms.csv")
    )


def _same(name: str) -> str:
    """A name without what does not matter: case, and white space at its ends or doubled."""
    return " ".join(name.casefold().split())


def _parts(name: str) -> list[str]:
    """What a name consists of: before and inside parentheses, and between slashes.

    >>> _parts("mean squared error (MSE, L2 loss)")
    ['mean squared error', 'MSE', 'L2 loss']
    """
    outside = _PARENTHESES.sub(" ", name)
    inside = [part for found in _PARENTHESES.findall(name) for part in re.split(r"[,,、:]", found)]
    parts = [piece.strip() for part in [outside, *inside] for piece in part.split("/")]
    return [piece.removeprefix("e.g. ") for piece in parts if piece]


def _title(lesson: str) -> str:
    number, slug = lesson.split("_", 1)
    return f"Lesson {number} · {slug.replace('_', ' ')}"


def _link(lesson: str) -> str:
    """The lesson's title, as a link when the lesson is written."""
    if not is_ready(lesson):
        return _title(lesson)
    return f'<a href="{_way_to_lessons(Path.cwd())}{lesson}.ipynb">{_title(lesson)}</a>'


def _way_to_lessons(here: Path) -> str:
    """How a notebook in `here` names the folder lessons/; a notebook elsewhere is taken for a lesson.

    >>> _way_to_lessons(ROOT / "exercises" / "01_data_splits"), _way_to_lessons(ROOT / "lessons")
    ('../../lessons/', '')
    """
    if here in (ROOT, ROOT / "lessons") or not here.is_relative_to(ROOT):
        return ""
    return Path(os.path.relpath(ROOT / "lessons", here)).as_posix() + "/"


def _table(found: list[Term]) -> str:
    head = "".join(f'<th style="text-align: left">{name}</th>' for name in ("English", "中文", "Meaning"))
    body = "".join(_row(each) for each in found)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row(each: Term) -> str:
    cells = [
        f"<td {_CELL}><strong>{escape(each.english)}</strong></td>",
        f'<td {_CELL} lang="zh">{escape(each.chinese)}</td>',
        f'<td {_CELL}>{escape(each.definition)}<br><span lang="zh">{escape(each.definition_zh)}</span></td>',
    ]
    return f"<tr>{''.join(cells)}</tr>"
