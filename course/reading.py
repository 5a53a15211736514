"""How long a notebook takes to read: counted from its cells, so that nobody has to claim it.

    minutes = words / 200 + visible lines of code / 15 + figures + 3 · explorers

Prose is what a reader sees without a click: what stands in `<details>` is not counted, only its summary, and
of a cell whose source is folded (`jupyter.source_hidden`) only its figures and explorers are. What a cell
prints is not counted either: 15 lines a minute leave time to look at it. What
`show_source` shows is code to read.
"""

import ast
import importlib
import math
import re
from dataclasses import dataclass

from nbformat import NotebookNode

from helpers.sources import text_of

WORDS_A_MINUTE, LINES_A_MINUTE = 200, 15
FIGURE_MINUTES, EXPLORER_MINUTES = 1, 3
LESSON_LIMIT, COMPANION_LIMIT = 30, 25
PLACEHOLDER = "**Time:** {minutes} minutes."

_SUMMARY = re.compile(r"<summary>(.*?)</summary>", re.DOTALL)
_DETAILS = re.compile(r"<details>.*?</details>", re.DOTALL)
_NOT_READ = re.compile(r"<[^<>]+>|\]\([^)]*\)|^\[[^\]]+\]: .*$", re.MULTILINE)  # tags, targets of links
_IMAGE = re.compile(r"!\[")
_SHOWN = {"show": "figures", "explorer": "explorers", "explore": "explorers"}


@dataclass(frozen=True)
class Reading:
    """What there is to read in a notebook.

    >>> Reading(words=400, lines=15, figures=2, explorers=1).minutes
    8
    """

    words: int = 0
    lines: int = 0
    figures: int = 0
    explorers: int = 0

    @property
    def minutes(self) -> int:
        """Whole minutes, rounded up."""
        text = self.words / WORDS_A_MINUTE + self.lines / LINES_A_MINUTE
        return math.ceil(text + FIGURE_MINUTES * self.figures + EXPLORER_MINUTES * self.explorers)

    def __add__(self, other: "Reading") -> "Reading":
        return Reading(
            self.words + other.words,
            self.lines + other.lines,
            self.figures + other.figures,
            self.explorers + other.explorers,
        )


def read(notebook: NotebookNode) -> Reading:
    """Count a notebook, built or not: only sources and metadata of its cells are looked at."""
    count = {"markdown": _text, "code": _code}
    cells = [cell for cell in notebook.cells if cell.cell_type in count]
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    return sum((count[cell.cell_type](cell) for cell in cells), Reading(lines=_shown_lines(ast.parse(code))))


def limit(name: str) -> int:
    """The most minutes that a lesson or a companion may take.

    >>> limit("05_backward"), limit("05_backward_heard")
    (30, 25)
    """
    return COMPANION_LIMIT if name.endswith("_heard") else LESSON_LIMIT


def words(text: str) -> int:
    """How many words of a markdown text a reader sees; of a formula, its pieces between spaces.

    >>> words("A **word** | and [two more](there.ipynb) $a + b$")
    7
    >>> words("Guess. <details><summary>Answer</summary>It is six or seven.</details>")
    2
    """
    return sum(bool(re.search(r"\w", piece)) for piece in _NOT_READ.sub(" ", unfolded(text)).split())


def unfolded(text: str) -> str:
    """What of a markdown text is read without a click: of `<details>`, only its summary.

    >>> unfolded("Guess. <details><summary>Answer</summary>It is six or seven.</details>")
    'Guess. Answer'
    """
    return _DETAILS.sub(lambda match: " ".join(_SUMMARY.findall(match[0])), text)


def _text(cell: NotebookNode) -> Reading:
    return Reading(words=words(cell.source), figures=len(_IMAGE.findall(cell.source)))


def _shown_lines(code: ast.Module) -> int:
    """The lines of what `show_source(…)` shows unfolded; the notebook's imports say where that is."""
    nodes = list(ast.walk(code))
    come_from = {
        alias.name: node.module for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    shown = [
        getattr(importlib.import_module(str(come_from[argument.id])), argument.id)
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "show_source"
        for argument in node.args
        if not node.keywords and isinstance(argument, ast.Name)
    ]
    return sum(bool(line.strip()) for thing in shown for line in text_of(thing).splitlines())


def _code(cell: NotebookNode) -> Reading:
    """Lines that are not empty, and what the cell shows, told by the names of the functions it calls."""
    folded = cell.metadata.get("jupyter", {}).get("source_hidden")
    lines = 0 if folded else sum(bool(line.strip()) for line in cell.source.splitlines())
    calls = [node.func for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)]
    shown = [_SHOWN.get(call.id) for call in calls if isinstance(call, ast.Name)]
    return Reading(lines=lines, figures=shown.count("figures"), explorers=shown.count("explorers"))
