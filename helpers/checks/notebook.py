"""`check(...)`: what a learner runs under an answer, and what nbgrader runs for the points.

In a notebook it shows a card with what passed and, for the first failure, the input, what was expected, what
came and a hint. While nbgrader grades it prints the same words and returns the points, which nbgrader takes
as partial credit.
"""

import contextlib
import difflib
import os
import re
import sys
import textwrap
import threading
from collections.abc import Iterator
from typing import Any

from helpers._progress import is_silent
from helpers._tables import Card, escape, show
from helpers.checks.plain import short
from helpers.checks.probing import TIME_LIMIT
from helpers.checks.task import JUDGE_ONLY, Report, find_task, grade

NOTEBOOK_SEED = 20_26
PATIENCE = 3.0  # seconds; a right answer needs well under one
WIDTH = 88  # JupyterLab breaks longer lines wherever they end, also inside a number
# Kept in one piece: code, a shape, a row of numbers, a number with its name, the dots after the last one.
_WHOLE = re.compile(r"`[^`]*`|\([^()]{,40}\)|\[[^\[\]]{,60}\]|\d+: \d\S*|\S+ …")
_HEAD = re.compile(r"(hint|input|expected|got): *")  # what follows it stands under each other
_CHECK_CALL = re.compile(r"""check\(\s*["']([\w/]+)["']\s*,\s*(\w+)""")
# Bar, ground and ink of a card. The ground is its own, since no ink is read well on light and on dark pages.
_GREEN = ("#0b7a4b", "#e4f4ec", "#0a3d26")
_AMBER = ("#b45f06", "#fdf1dd", "#4a2c00")
_RED = ("#b3261e", "#fdeae8", "#5c1410")
_PASSED = re.compile(r"^passed (?:all (\d+)|(\d+) of (\d+))", re.MULTILINE)


class CheckFailed(Exception):
    """Ends a check cell that did not pass; a notebook shows it as one line."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class Points(float):
    """The points of a passed check. A notebook does not echo it: the printed line says it already."""

    def _ipython_display_(self) -> None:
        """Show nothing."""


def check(task_id: str, answer: Any, *, seed: int = NOTEBOOK_SEED) -> float:
    """Check an answer, show what came out, and return the points.

    `task_id` is "lesson/task"; `answer` the function, class or value that the task asks for. Raises
    `CheckFailed` when a case fails (not while nbgrader grades: there the points come back, a finite number
    between 0 and the task's points) and `ValueError` for an unknown task.
    """
    with patience():
        report = grade(find_task(task_id), answer, seed=seed)
    if being_graded():
        print(tell(report))
        return report.points
    show(card(report))
    if not report.complete:
        raise CheckFailed(
            f"{task_id} is not right yet: {report.total - report.passed} of {report.total} to go"
        )
    return Points(report.points)


@contextlib.contextmanager
def patience(after: float = PATIENCE) -> Iterator[None]:
    """Say that a check is still at work when it takes longer than `after` seconds, unless `is_silent`."""
    if is_silent():
        yield
        return
    screen = sys.stdout  # what a learner prints goes elsewhere while the check runs

    def say() -> None:
        print(f"still running; an answer that does not end is stopped after {TIME_LIMIT:.0f} s", file=screen)
        screen.flush()

    timer = threading.Timer(after, say)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def being_graded() -> bool:
    """Whether nbgrader is executing this notebook for points."""
    return os.environ.get("NBGRADER_EXECUTION") == "autograde"


def tell(report: Report) -> str:
    """The outcome of a check in words, as a learner reads it."""
    task = report.task
    if report.complete:
        return f"passed all {report.total} · {task.points:g} of {task.points:g} points"
    lines = [f"passed {report.passed} of {report.total}"]
    if report.case is not None and report.finding is not None:
        names = task.show or tuple(name for name in report.case if name not in JUDGE_ONLY and name != "seed")
        inputs = [f"{name} = {short(report.case[name])}" for name in names if name in report.case]
        if inputs:
            lines += _in_lines("input:    ", inputs)
        lines += report.finding.what.split("\n")
        if report.finding.hint:
            lines.append(f"hint: {report.finding.hint}")
    return "\n".join(map(wrap, lines))


def card(report: Report) -> Card:
    """The outcome as a notebook shows it: green when all passed, amber when some did, red when none did."""
    words = tell(report)
    if report.complete:
        bar, ground, ink = _GREEN
        body = f'<strong style="color: {bar}">✓</strong> {escape(words)}'
    else:
        bar, ground, ink = _AMBER if report.passed else _RED
        style = f"margin: 0; padding: 0; background: {ground}; color: {ink}; white-space: pre-wrap"
        body = f'<pre style="{style}">{escape(words)}</pre>'
    style = (
        f"border-left: 4px solid {bar}; background: {ground}; color: {ink}; padding: 6px 12px; margin: 4px 0"
    )
    return Card(words, f'<div style="{style}">{body}</div>')


def wrap(line: str) -> str:
    """A line broken between words, never inside a piece of code or a short row of numbers.

    A line of the learner's own code stays as it is.

    >>> print(wrap("hint: " + "every word of it " * 6))
    hint: every word of it every word of it every word of it every word of it every word of
          it every word of it
    """
    if len(line) <= WIDTH or " in your line " in line:
        return line
    kept = _WHOLE.sub(lambda piece: piece.group().replace(" ", "\0"), line.strip())
    head = _HEAD.match(line)
    left = len(line) - len(line.lstrip())
    pieces = textwrap.wrap(
        kept,
        WIDTH,
        initial_indent=" " * left,
        subsequent_indent=" " * (head.end() if head else left),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(pieces).replace("\0", " ")


def read(text: str) -> tuple[int, int] | None:
    """The numbers of passed and of all cases in what a check printed, or None.

    >>> read("passed 6 of 8"), read("passed all 8 · 3 of 3 points"), read("hello")
    ((6, 8), (8, 8), None)
    """
    match = _PASSED.search(text)
    if not match:
        return None
    every, some, total = match.groups()
    return (int(every), int(every)) if every else (int(some), int(total))


def _in_lines(head: str, inputs: list[str]) -> list[str]:
    """Short inputs on one line, long ones under each other."""
    one_line = head + ", ".join(inputs)
    if len(one_line) <= WIDTH:
        return [one_line]
    return [(" " * len(head) if i else head) + text for i, text in enumerate(inputs)]


def explain_missing_names() -> None:
    """In a notebook: when `check(…, holdout)` finds no `holdout`, say in words what to do.

    The name is looked up by Python before `check` runs, so this needs IPython's hook for exceptions.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        return

    def explain(shell: Any, kind: type, error: NameError, trace: Any, tb_offset: int | None = None) -> None:
        cell = shell.user_ns.get("In", [""])[-1]
        match = _CHECK_CALL.search(cell)
        if match and match.group(2) == error.name:
            words = missing_name(match.group(2), shell.user_ns)
            vars(error)["_render_traceback_"] = lambda: [f"CheckFailed: {words}"]
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)

    shell.set_custom_exc((NameError,), explain)


def missing_name(name: str, namespace: dict[str, Any]) -> str:
    """What to do about an answer that is not there.

    >>> missing_name("holdout", {"hold_out": len})
    'there is no `holdout` yet. You have `hold_out`: give it the name that the task asks for.'
    """
    own = [other for other, value in namespace.items() if callable(value) and not other.startswith("_")]
    near = difflib.get_close_matches(name, own, n=1, cutoff=0.7)
    if near:
        return f"there is no `{name}` yet. You have `{near[0]}`: give it the name that the task asks for."
    return f"there is no `{name}` yet. Run the cell above that defines it, under that name."


explain_missing_names()
