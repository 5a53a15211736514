"""The two tables of the course, claims and terms, and how a row of them is shown in a notebook.

Both tables are plain CSV files in helpers/data, so that a person can read and correct them in any editor.
"""

import csv
import difflib
import textwrap
from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "data"
ROOT = DATA.parents[1]
COLUMNS = 100
"""How wide plain text may be."""


@cache
def rows(file: str) -> tuple[dict[str, str], ...]:
    """All rows of a table in helpers/data, in the order of the file.

    >>> rows("terms.csv")[0]["term_zh"]
    '机器学习'
    """
    with (DATA / file).open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


def lesson_name(lesson: str) -> str:
    """The full name of a lesson that is given in full, by its number or by its slug.

    Raises ValueError with the names of all lessons when there is none like it.

    >>> lesson_name("01"), lesson_name("data_splits")
    ('01_data_splits', '01_data_splits')
    """
    names = sorted({row["lesson"] for row in rows("claims.csv") + rows("terms.csv")})
    found = [name for name in names if lesson in (name, name[:2], name[3:])]
    if not found:
        raise ValueError(f"there is no lesson {lesson!r}. There are: {', '.join(names)}.")
    return found[0]


def is_ready(lesson: str) -> bool:
    """Whether the lesson is written: its source is there."""
    return (ROOT / "sources" / "lessons" / f"{lesson}.py").exists()


def nearest(name: str, names: Iterable[str]) -> str:
    """A sentence with the names that are most like `name`.

    >>> nearest("dead-rely", ["dead-relu", "early-stopping"])
    'Did you mean dead-relu?'
    """
    known = list(names)
    close = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    close += [other for other in known if name and name.lower() in other and other not in close]
    return f"Did you mean {', '.join(close[:4])}?" if close else "No name is like it."


def hanging(head: str, text: str) -> str:
    """`text` in lines of at most 100 characters, all of them to the right of `head`.

    >>> hanging("Claim  ", "short")
    'Claim  short'
    """
    indent = " " * len(head)
    return textwrap.fill(
        text,
        COLUMNS,
        initial_indent=head,
        subsequent_indent=indent,
        break_long_words=False,  # a formula stays whole
        break_on_hyphens=False,
    )


class Card:
    """Something that a notebook shows as HTML, and everything else as the same words in plain text.

    The HTML has only styles that JupyterLab keeps in a notebook that it does not trust yet, sets no colour
    of text or ground (the theme does, light or dark), and reads well without any style.

    >>> Card("yes", "<b>yes</b>")
    yes
    """

    def __init__(self, plain: str, html: str) -> None:
        self.plain = plain
        self.html = html

    def __repr__(self) -> str:
        return self.plain

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.plain}


def card_html(color: str, *paragraphs: str) -> str:
    """Paragraphs of HTML with a coloured bar to their left."""
    body = "".join(f'<p style="margin: 0 0 6px 0">{paragraph}</p>' for paragraph in paragraphs)
    style = f"border-left: 4px solid {color}; padding: 4px 0 0 12px; margin: 4px 0; max-width: 760px"
    return f'<div style="{style}">{body}</div>'


def show(card: Card) -> None:
    """Display a card; outside a notebook its plain text is printed."""
    from IPython.display import display

    display(card)


__all__ = ["Card", "card_html", "escape", "hanging", "is_ready", "lesson_name", "nearest", "rows", "show"]
