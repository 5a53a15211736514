"""Task 3 of exercise 09: one step from several batches, equal to the step of the large batch they make."""

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.checks.blocks import close, leaves_input_unchanged
from helpers.checks.plain import short
from helpers.checks.probing import call
from helpers.checks.task import Case, Rule, Task, all_of
from helpers.checks.training_loop.loop import NAMES
from helpers.checks.training_loop.watched import layers, small_problem, watched
from helpers.nn.containers import Sequential
from helpers.nn.losses import CrossEntropyLoss

Array = np.ndarray
# Sizes of the batches, and how many make a step. From equal sizes to a last group that is not complete.
ASKED = [
    ([4, 4, 4, 4, 4, 4], 3),
    ([5, 5, 2, 5, 5, 1], 3),
    ([4, 4, 4, 4, 4, 4, 4], 3),
    ([3, 3, 2], 1),
    ([6, 6, 1], 5),
]


def _cases(rng: np.random.Generator) -> list[Case]:
    return [{"sizes": sizes, "every": every, **small_problem(rng, sum(sizes))} for sizes, every in ASKED]


def _batches(case: Case) -> list[tuple[Array, Array]]:
    ends = np.cumsum(case["sizes"])[:-1]
    return list(zip(np.split(case["X"], ends), np.split(case["y"], ends), strict=True))


def _probe(learner: Any, case: Case) -> dict[str, Any]:
    journal, model, loss, optimizer = watched(case)
    before = model.d_flat
    count = call(learner, model, loss, optimizer, _batches(case), case["every"])
    return {
        "count": count,
        "events": journal.events,
        "flat": model.flat,
        "bound": model.d_flat is before,
    }


def _groups(case: Case) -> list[list[tuple[Array, Array]]]:
    """The batches of each step."""
    batches = _batches(case)
    return [batches[i : i + case["every"]] for i in range(0, len(batches), case["every"])]


Combine = Callable[[list[Array], list[int], int], Array]


def _mean_over_rows(gradients: list[Array], sizes: list[int], every: int) -> Array:
    return sum((n * g for n, g in zip(sizes, gradients, strict=True)), np.zeros(1)) / sum(sizes)


def _path(case: Case, combine: Combine = _mean_over_rows) -> tuple[Array, Array]:
    """The gradient of each step, and the parameters at the end, when batches are combined in this way."""
    model, loss, seen = Sequential(*layers((3, 5, 3), case["seed"])), CrossEntropyLoss(), []
    for group in _groups(case):
        gradients = []
        for X, y in group:
            loss.forward(model.forward(X), y)
            model.backward(loss.backward())
            gradients.append(model.d_flat.copy())
        seen.append(combine(gradients, [len(y) for _, y in group], case["every"]))
        model.flat -= case["lr"] * seen[-1]
    return np.array(seen), model.flat


def _forwards(value: Any) -> list[Any]:
    return [event["rows"] for event in value["events"] if event["did"] == "forward"]


def _gradients(value: Any) -> Array:
    """The gradient that the optimizer found at each step."""
    return np.array([event["gradient"] for event in value["events"] if event["did"] == "step"])


def _steps(value: Any) -> int:
    return len(_gradients(value))


def _labels_fit(case: Case, value: Any) -> bool:
    rows, fits = np.zeros(0, int), True
    for event in value["events"]:
        if event["did"] == "forward":
            rows = event["rows"]
        elif event["did"] == "loss":
            fits = fits and np.array_equal(case["y"][rows], event["labels"])
    return fits


def _step_count(case: Case, value: Any) -> str:
    return (
        f"{_steps(value)} steps were taken for {len(case['sizes'])} batches, expected {len(_groups(case))}: "
        f"one after each {case['every']}, and one for what is left"
    )


def _first_steps_right(case: Case, value: Any, number: int) -> bool:
    return close(_gradients(value)[:number], _path(case)[0][:number])


def _not(what: str, combine: Combine, hint: str) -> Rule:
    """Broken when the first step has the gradient of one mistake, where it is not right by chance."""

    def holds(case: Case, value: Any) -> bool:
        first = _gradients(value)[0]
        return close(first, _path(case)[0][0]) or not close(first, _path(case, combine)[0][0])

    return Rule(what, holds, hint)


def _first_wrong(case: Case, value: Any) -> str:
    got, want = _gradients(value), _path(case)[0]
    step = next((i for i in range(len(want)) if not close(got[i], want[i])), 0)
    return (
        f"the gradient of step {step + 1} is off\nexpected: {short(want[step])}\ngot:      {short(got[step])}"
    )


accumulate = Task(
    id="training_loop/accumulate",
    points=4,
    signature="accumulate(model, loss, optimizer, batches, every)",
    cases=_cases,
    probe=_probe,
    show=("sizes", "every"),
    hints={"AttributeError": NAMES, "TypeError": NAMES},
    verdict=all_of(
        leaves_input_unchanged(hint="Do not write into the arrays of a batch."),
        Rule(
            lambda case, value: (
                f"{max(map(len, _forwards(value)))} rows went through the network at once, but the largest "
                f"batch has {max(case['sizes'])}"
            ),
            lambda case, value: max(map(len, _forwards(value))) <= max(case["sizes"]),
            "Imagine that the memory holds one batch: forward and backward for each, and keep only the sum "
            "of the gradients.",
        ),
        Rule(
            "the batches did not go through the network once each, in their order, with their own labels",
            lambda case, value: (
                [int(row) for rows in _forwards(value) for row in rows] == list(range(len(case["y"])))
                and _labels_fit(case, value)
            ),
            "One loop over all the batches, with one forward and one backward for each.",
        ),
        Rule(
            _step_count,
            lambda case, value: case["every"] == 1 or _steps(value) != len(case["sizes"]),
            "optimizer.step() after every batch is ordinary training: wait until `every` batches are "
            "gathered.",
        ),
        Rule(
            _step_count,
            lambda case, value: _steps(value) >= len(_groups(case)),
            "When the batches are over, a group that is not complete takes its step too.",
        ),
        Rule(
            _step_count,
            lambda case, value: _steps(value) == len(_groups(case)),
            "Count the batches from 1: after number i comes a step if i % every == 0, or if it is the last. "
            "No step twice.",
        ),
        Rule(
            "the gradients ended up in an array that the layers do not know",
            lambda case, value: value["bound"] or close(value["flat"], _path(case)[1]),
            "`model.d_flat = …` gives the name to another array, while the layers keep writing into the "
            "old one. Write into it: model.d_flat[...] = …",
        ),
        _not(
            "the step used the gradient of the last batch of the group only",
            lambda gradients, sizes, every: gradients[-1],
            "model.backward overwrites model.d_flat. Add it up in an array of your own, and put the mean "
            "into model.d_flat before the step.",
        ),
        _not(
            "the step is too long: the gradients of the batches were added, and not divided",
            lambda gradients, sizes, every: sum(gradients, np.zeros(1)),
            "The gradient of a batch is a mean over its rows. Weigh it by its number of rows and divide "
            "the sum by the rows of the whole group.",
        ),
        _not(
            "the step is too long: the sum over the rows was not divided",
            lambda gradients, sizes, every: sum(sizes) * _mean_over_rows(gradients, sizes, every),
            "Divide the sum by the number of rows in the group.",
        ),
        _not(
            "the rows of a small batch count more than others",
            lambda gradients, sizes, every: sum(gradients, np.zeros(1)) / len(gradients),
            "Batches of different sizes: weigh each gradient by its number of rows, and divide by all the "
            "rows of the group.",
        ),
        _not(
            "the sum was divided by `every`, but the group has fewer batches",
            lambda gradients, sizes, every: sum(gradients, np.zeros(1)) / every,
            "The last group may have fewer batches: divide by what is in the group.",
        ),
        Rule(
            "all steps are right but the last, whose group is not complete",
            lambda case, value: (
                len(case["sizes"]) % case["every"] == 0
                or _first_steps_right(case, value, len(_groups(case)))
                or not _first_steps_right(case, value, len(_groups(case)) - 1)
            ),
            "The last group may have fewer batches: divide by what is in the group.",
        ),
        Rule(
            "the first step is right, a later one is not",
            lambda case, value: (
                _first_steps_right(case, value, len(_groups(case))) or not _first_steps_right(case, value, 1)
            ),
            "After each step the next group begins from zero: reset the sum and the number of rows.",
        ),
        Rule(
            _first_wrong,
            lambda case, value: _first_steps_right(case, value, len(_groups(case))),
            "The sum is an array of its own, np.zeros_like(model.d_flat), not another name for "
            "model.d_flat; it gathers len(y) · model.d_flat, and the step finds the sum divided by the "
            "rows in model.d_flat.",
        ),
        Rule(
            "the parameters are not where these gradients lead",
            lambda case, value: close(value["flat"], _path(case)[1]),
            "Only optimizer.step() moves the parameters.",
        ),
        Rule(
            lambda case, value: (
                f"expected the number of steps, {len(_groups(case))}, got {short(value['count'])}"
            ),
            lambda case, value: value["count"] == len(_groups(case)),
            "Return how many steps were taken, a number.",
        ),
    ),
)
