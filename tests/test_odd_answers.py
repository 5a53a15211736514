"""Tasks × odd answers: a right answer in a form that people hand in gets full points, or is told its form.

The solution of each task is run, and what it returns is turned into another form of the same numbers.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas
import pytest
import torch

from helpers.checks.changes import made
from helpers.checks.notebook import tell
from helpers.checks.task import Task, grade, lessons_with_tasks, tasks_of
from tests.mistakes import around, defined, solution
from tests.test_odd_inputs import not_contiguous, read_only
from tests.thorough import THOROUGH

TASKS = [task for lesson in lessons_with_tasks() for task in tasks_of(lesson)]


def each_array(value: Any, turn: Callable[[np.ndarray], Any]) -> Any:
    """`value` with all of its arrays turned into something else."""
    if isinstance(value, np.ndarray):
        return turn(value)
    if isinstance(value, tuple | list):
        return type(value)(each_array(part, turn) for part in value)
    return value


SAME: dict[str, Callable[[np.ndarray], Any]] = {
    "Fortran order": np.asfortranarray,
    "not contiguous": not_contiguous,
    "read-only": read_only,
    "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
}
OTHER: dict[str, Callable[[np.ndarray], Any]] = {
    "tensor": lambda a: torch.from_numpy(a.copy()),
    "pandas": lambda a: pandas.DataFrame(a) if a.ndim == 2 else pandas.Series(a.ravel()),
    "object": lambda a: a.astype(object),
    "masked": np.ma.masked_array,
    "generator": lambda a: (row for row in a),
    "set": lambda a: set(a.ravel().tolist()),
    "text": str,
    "dates": lambda a: a.astype("int64").astype("datetime64[D]"),
    "empty": lambda a: a[:0],
    "nan": lambda a: np.full(a.shape, np.nan),
    "one axis more": lambda a: a[None],
}
WHOLE: dict[str, Callable[[Any], Any]] = {
    "None": lambda answer: None,
    "a function": lambda answer: lambda: answer,
    "a dict": lambda answer: {"answer": answer},
    "a list around it": lambda answer: [answer],
    "an error": lambda answer: ValueError("no"),
    "endless nesting": lambda answer: _nested(answer, 50),
    "a huge number": lambda answer: 10**400,
}


def _nested(answer: Any, depth: int) -> Any:
    return [_nested(answer, depth - 1)] if depth else answer


def right(task: Task) -> Any:
    """The function of the solution; skips a task that asks for a class, or whose answer is no array."""
    own = solution(task.id)[-1]
    found = made(own, defined(own), around(task.id))
    if isinstance(found, type):
        pytest.skip("the task asks for a class")
    return found


def turned(answer: Callable[..., Any], turn: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda *arguments, **named: turn(answer(*arguments, **named))


@pytest.mark.parametrize("form", SAME)
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_how_an_answer_lies_in_memory_does_not_matter(task, form):
    report = grade(task, turned(right(task), lambda answer: each_array(answer, SAME[form])))
    assert report.points == task.points, tell(report)


FORMS = [*OTHER, *WHOLE]
TRIED = [
    pytest.param(task, form, id=f"{task.id}-{form}")
    for number, task in enumerate(TASKS)
    for place, form in enumerate(FORMS)
    if THOROUGH or (number + place) % 4 == 0  # each form meets every fourth task
]


@pytest.mark.parametrize(("task", "form"), TRIED)
def test_an_answer_in_an_odd_form_is_told_so_in_words(task, form):
    met = []
    if form in OTHER:

        def turn(answer: Any) -> Any:
            return each_array(answer, lambda array: met.append(1) or OTHER[form](array))
    else:

        def turn(answer: Any) -> Any:
            met.append(1)
            return WHOLE[form](answer)

    report = grade(task, turned(right(task), turn))
    told = tell(report)
    if not met:
        pytest.skip("no array is returned")
    assert np.isfinite(report.points)
    if report.points < task.points:
        assert len(told.split()) > 8, told
        assert "Traceback" not in told
    assert not any(word in told for word in ("unexpected form", "ambiguous", "ufunc", "broadcast")), told
