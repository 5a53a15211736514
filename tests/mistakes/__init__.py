"""Wrong answers that people really give, and right answers written differently, for every task.

Each file is named after its exercise. Most answers are told as changes of the exercise's own solution, in
tables (`helpers.checks.changes`); what is another answer altogether is a function or a class.
"""

import functools
import importlib.util
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.places import ROOT
from helpers.checks.changes import changed, made, table

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Answer:
    """An answer to a task: a mistake with the `hint` it must get, or (hint None) an alternative.

    It is `written` out, or it is the solution after `changes`. An `endless` one runs into the time limit: the
    test sets a short one.
    """

    task: str
    name: str
    hint: str | None
    written: Any = None
    changes: tuple[str, ...] = ()
    endless: bool = False

    @property
    def answer(self) -> Any:
        """What is graded. Raises `ValueError` for a change that does not fit the solution."""
        if not self.changes:
            return self.written
        text, name = self.texts()[-1], defined(solution(self.task)[-1])
        return made(text, name, around(self.task))

    def texts(self) -> list[str]:
        """The cells that define an answer that is told as changes: its own is the last."""
        *around, own = solution(self.task)
        return [*around, changed(own, *self.changes)]

    def __str__(self) -> str:
        return f"{self.task}: {self.name}"


ANSWERS: list[Answer] = []


def mistake(task: str, *, hint: str) -> Callable[[Any], Any]:
    """Mark a wrong answer: less than full points, and `hint` occurs in what the learner is told."""
    return _keep(task, hint)


def alternative(task: str) -> Callable[[Any], Any]:
    """Mark a right answer written in an unusual way: full points."""
    return _keep(task, None)


def _keep(task: str, hint: str | None) -> Callable[[Any], Any]:
    def decorate(answer: Any) -> Any:
        ANSWERS.append(Answer(task, answer.__name__, hint, written=answer))
        return answer

    return decorate


def answers(task: str, *, wrong: str = "", right: str = "", endless: str = "") -> None:
    """Keep the answers of tables: under the changes stands what `wrong` and `endless` ones must be told.

    Under those of `right` ones stands what is unusual about them.
    """
    for text, kind in ((wrong, "wrong"), (right, "right"), (endless, "endless")):
        for entry in table(text) if text else ():
            words = " ".join(entry.words)
            name, hint = ("; ".join(entry.changes), words) if kind != "right" else (words, None)
            ANSWERS.append(Answer(task, name, hint, changes=entry.changes, endless=kind == "endless"))


@functools.cache
def solution(task: str) -> list[str]:
    """The code cells of an exercise up to the answer to that task, without the checks."""
    (path,) = (ROOT / "sources" / "exercises").glob(f"[0-9][0-9]_{task.split('/')[0]}.py")
    _, *pieces = re.split(r"^# %%(.*)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    cells = []
    for head, text in zip(pieces[::2], pieces[1::2], strict=True):
        if "[markdown]" not in head and "check=" not in head:
            cells.append(re.sub(r"^ *### (BEGIN|END) SOLUTION\n?", "", text.strip("\n"), flags=re.MULTILINE))
        if f'answer="{task}"' in head:
            return cells
    raise ValueError(f"{path.name} has no answer to {task}")


def defined(text: str) -> str:
    """The name of the function or class that a cell defines."""
    match = re.search(r"^(?:def|class) (\w+)", text, re.MULTILINE)
    assert match is not None
    return match.group(1)


@functools.cache
def around(task: str) -> dict[str, Any]:
    space: dict[str, Any] = {}
    for text in solution(task)[:-1]:
        exec(text, space)
    return space


def load_answers() -> list[Answer]:
    """The answers of all files in this folder; their names begin with a number, so they load by path."""
    if not ANSWERS:
        for path in sorted(FOLDER.glob("[0-9]*.py")):
            spec = importlib.util.spec_from_file_location(f"mistakes_{path.stem}", path)
            assert spec is not None
            assert spec.loader is not None
            spec.loader.exec_module(importlib.util.module_from_spec(spec))
    return ANSWERS
