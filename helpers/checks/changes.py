"""Answers written as changes of a right one, in a table that a person can read.

    round( → int(
        the decimals are cut off
        How many rows is 29 % of 100?

A change is a piece of the right answer's text, and what stands there instead; a piece is a whole line of it,
or what comes in it once. Several lines of changes make one answer. Further in stand the words about it.
"""

import inspect
import linecache
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

ARROW = " → "
_NUMBERS = count(1)


@dataclass(frozen=True)
class Entry:
    """One answer of a table: its changes, and the lines of words under them."""

    changes: tuple[str, ...]
    words: tuple[str, ...]


def table(text: str) -> list[Entry]:
    """The entries of a table. Raises `ValueError` for an entry that has no changes or no words.

    >>> table('''
    ...     x + y → x - y
    ...         the sign is wrong
    ...         Nudge y up.
    ... ''')
    [Entry(changes=('x + y → x - y',), words=('the sign is wrong', 'Nudge y up.'))]
    """
    entries: list[Entry] = []
    changes: list[str] = []
    words: list[str] = []
    for line in [*textwrap.dedent(text).strip("\n").split("\n"), "end"]:
        if line.startswith(" "):
            words.append(line.strip())
            continue
        if words:
            if not changes:
                raise ValueError(f"no change stands above {words[0]!r}")
            entries.append(Entry(tuple(changes), tuple(words)))
            changes, words = [], []
        changes += [line.rstrip()] if line.strip() else []
    if changes != ["end"]:
        raise ValueError(f"no words stand under {changes[0]!r}")
    return entries


def changed(text: str, *changes: str) -> str:
    r"""A right answer's text after these changes.

    `…` at the end of a piece stands for the rest of its line; in what comes instead, `…` is the piece itself,
    and `\n` begins a line as far in. Raises `ValueError` for a piece that does not stand in the text, or more
    than once.

    >>> print(changed("a = f(x)\nreturn a + f(a)", "a = … → …; b = a", "+ → -"))
    a = f(x); b = a
    return a - f(a)
    """
    for change in changes:
        old, arrow, new = change.partition(ARROW)
        lines = text.split("\n")
        places = [(number, old) for number, line in enumerate(lines) if line.strip() == old]
        places = places or [
            (number, found)
            for number, line in enumerate(lines)
            for found in re.findall(re.escape(old).replace("…", ".*"), line)
        ]
        if not arrow:
            raise ValueError(f"{change!r} is no change: it has no {ARROW!r}")
        if len(places) != 1:
            raise ValueError(f"{change!r} must fit in one place, and fits in {len(places)} of\n{text}")
        ((number, piece),) = places
        line = lines[number]
        margin = line[: len(line) - len(line.lstrip())]
        lines[number] = line.replace(piece, new.replace("…", piece).replace("\\n", "\n" + margin))
        text = "\n".join(lines)
    return text


def made(text: str, name: str, around: Mapping[str, Any]) -> Any:
    """What a text defines under a name, in a copy of the names `around` it; an error shows its line."""
    file = f"<answer {next(_NUMBERS)}>"
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    space = dict(around)
    exec(compile(text, file, "exec"), space)
    return space[name]


def variant(right: Callable[..., Any], *changes: str) -> Any:
    """A function or class of a module with these changes in its text.

    >>> variant(textwrap.dedent, "return text → return 1")("  x")
    1
    """
    text = textwrap.dedent(inspect.getsource(right))
    module = inspect.getmodule(right)
    return made(changed(text, *changes), right.__name__, vars(module) if module else {})
