"""Wrong answers that people really give, and right answers written differently, for every task.

Each file is named after its exercise. A mistake carries a piece of the words that the learner must be told.
"""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Answer:
    """An answer to a task: a mistake with the `hint` it must get, or (hint None) an alternative.

    An `endless` one runs into the time limit: the test sets a short one.
    """

    task: str
    answer: Any
    hint: str | None
    endless: bool = False

    def __str__(self) -> str:
        return f"{self.task}: {self.answer.__name__}"


ANSWERS: list[Answer] = []


def mistake(task: str, *, hint: str, endless: bool = False) -> Callable[[Any], Any]:
    """Mark a wrong answer: less than full points, and `hint` occurs in what the learner is told."""
    return _keep(task, hint, endless)


def alternative(task: str) -> Callable[[Any], Any]:
    """Mark a right answer written in an unusual way: full points."""
    return _keep(task, None)


def _keep(task: str, hint: str | None, endless: bool = False) -> Callable[[Any], Any]:
    def decorate(answer: Any) -> Any:
        ANSWERS.append(Answer(task, answer, hint, endless))
        return answer

    return decorate


def load_answers() -> list[Answer]:
    """The answers of all files in this folder; their names begin with a number, so they load by path."""
    if not ANSWERS:
        for path in sorted(FOLDER.glob("[0-9]*.py")):
            spec = importlib.util.spec_from_file_location(f"mistakes_{path.stem}", path)
            assert spec is not None
            assert spec.loader is not None
            spec.loader.exec_module(importlib.util.module_from_spec(spec))
    return ANSWERS
