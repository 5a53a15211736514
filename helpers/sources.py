"""A function of the library shown on a lesson's page, so that nobody has to look for the file."""

from __future__ import annotations

import ast
import inspect
import textwrap
from html import escape
from typing import Any


def text_of(thing: Any) -> str:
    """The source of a function or class; of its docstring only the first paragraph.

    >>> print(text_of(text_of).splitlines()[1].strip())
    \"\"\"The source of a function or class; of its docstring only the first paragraph.\"\"\"
    """
    lines = textwrap.dedent(inspect.getsource(thing)).rstrip().splitlines()
    said = ast.parse("\n".join(lines)).body[0].body[0]  # type: ignore[attr-defined]
    if isinstance(said, ast.Expr) and isinstance(said.value, ast.Constant):
        indent = " " * said.col_offset
        first = str(said.value.value).strip().split("\n\n")[0].split("\n")
        short = textwrap.dedent("\n".join(first[1:])).splitlines()
        lines[said.lineno - 1 : said.end_lineno] = [
            f'{indent}"""{first[0]}' + ("" if short else '"""'),
            *(indent + line for line in short[:-1]),
            *([f'{indent}{short[-1]}"""'] if short else []),
        ]
    return "\n".join(lines)


class Source:
    """Python code as a notebook shows it, in the colours of its theme; elsewhere plain text."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __repr__(self) -> str:
        return self.code

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/markdown": f"```python\n{self.code}\n```", "text/plain": self.code}


class Folded(Source):
    """The same under a line that a reader may open."""

    def __init__(self, code: str, title: str) -> None:
        super().__init__(code)
        self.title = title

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        html = f"<details><summary>{escape(self.title)}</summary><pre>{escape(self.code)}</pre></details>"
        return {"text/html": html, "text/plain": self.code}


def show_source(*things: Any, fold: str = "") -> None:
    """Show how functions or classes are written; under the line `fold`, if there is one.

    The build counts the lines that are not folded as code to read.
    """
    from IPython.display import display

    code = "\n\n\n".join(map(text_of, things))
    display(Folded(code, fold) if fold else Source(code))
