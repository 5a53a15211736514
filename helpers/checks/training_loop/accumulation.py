"""Task 3 of exercise 09: one step from several batches, equal to the step of the large batch they make."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from helpers.checks.blocks import expected_and_got, leaves_input_unchanged
from helpers.checks.formula import slips_of
from helpers.checks.plain import short
from helpers.checks.probing import Seen, call
from helpers.checks.task import Case, Slip, Task, Wrong, all_of, verdict
from helpers.checks.watched import NAMES, gradient_at, near, only_steps_move, small_problem, steps_of, watched

Array = np.ndarray
# Sizes of the batches, and how many make a step. From equal sizes to a last group that is not complete.
ASKED = [
    ([4, 4, 4, 4, 4, 4], 3),
    ([4, 4, 4, 4, 4, 4, 4], 3),
    ([5, 5, 2, 5, 5, 1], 3),
    ([3, 3, 2], 1),
    ([6, 6, 1], 5),
]


def _cases(rng: np.random.Generator) -> list[Case]:
    return [{"sizes": sizes, "every": every, **small_problem(rng, sum(sizes))} for sizes, every in ASKED]


def _probe(learner: Any, case: Case) -> Seen:
    journal, model, loss, optimizer = watched(case)
    ends = np.cumsum(case["sizes"])[:-1]
    batches = list(zip(np.split(case["X"], ends), np.split(case["y"], ends), strict=True))
    count = call(learner, model, loss, optimizer, batches, case["every"])
    return Seen(count, events=journal.events, steps=steps_of(journal.events), flat=model.flat)


Group = Sequence[tuple[int, Array]]  # of each batch its number of rows, and its gradient


def _combined(groups: Sequence[Group], every: int) -> Any:
    """What the step of the last group sees."""
    rows = [sum(n for n, _ in group) for group in groups]
    sums = [sum(n * g for n, g in group) for group in groups]
    return sums[-1] / rows[-1]


def _accumulated(
    model: Any, loss: Any, optimizer: Any, batches: Any, every: int, combined: Callable[..., Any] = _combined
) -> int:
    """The right way; with another combination, a slip."""
    groups: list[Group] = []
    for start in range(0, len(batches), every):
        group = []
        for X, y in batches[start : start + every]:
            loss.forward(model.forward(X), y)
            model.backward(loss.backward())
            group.append((len(y), model.d_flat.copy()))
        groups.append(group)
        model.d_flat[...] = combined(groups, every)
        optimizer.step()
    return len(groups)


SLIPS = slips_of(
    _combined,
    """
    sums[-1] / rows[-1] → sum(g for _, g in groups[-1])
        the step sees the sum of the gradients of the batches
        Asked is the gradient of a mean over rows: what is the sum divided by?
    sums[-1] / rows[-1] → np.mean([g for _, g in groups[-1]], axis=0)
        the step sees the plain mean of the gradients, so that the rows of a small batch count more
        In the example of the task that is 3, and asked is 2.4: each row counts the same.
    sums[-1] / rows[-1] → sums[-1]
        the step sees the sum over the rows of the group
        Asked is the gradient of their mean loss: how many rows has the group?
    sums[-1] / rows[-1] → sum(g for _, g in groups[-1]) / every
        the sum of the last group was divided as that of a full one, and it has fewer batches
        Its batches are as if they had been one batch: how many rows has that?
    sums[-1] / rows[-1] → sum(sums) / sum(rows)
        the step sees the mean over all rows so far, those of earlier groups too
        Each step belongs to its own group: what must be as at the beginning when a group begins?
    sums[-1] / rows[-1] → sum(sums) / rows[-1]
        the gradients of earlier groups are in the sum
        Each step belongs to its own group: with what does its sum begin?
    sums[-1] / rows[-1] → sums[-1] / sum(rows)
        the sum was divided by all rows so far, those of earlier groups too
        Each step belongs to its own group: with what does the number of its rows begin?
    """,
)


@verdict
def _protocol(case: Case, value: Any) -> None:
    sizes, every, n = case["sizes"], case["every"], len(case["y"])
    nothing = np.zeros(0)
    forwards = [event["rows"] for event in value["events"] if event["did"] == "forward"]
    labels = [event["labels"] for event in value["events"] if event["did"] == "loss"]
    if (most := max(map(len, forwards), default=0)) > max(sizes):
        what = f"{most} rows went through the network at once; the largest batch has {max(sizes)}"
        raise Wrong(what, "The memory holds one batch: each goes forward and backward by itself.")
    rows, met = np.concatenate([nothing, *forwards]), np.concatenate([nothing, *labels])
    if not (np.array_equal(rows, np.arange(n)) and np.array_equal(met, case["y"])):
        what = "the batches did not go through the network once each, in their order, with their own labels"
        hint = "One forward and one backward pass for each batch (X, y) of `batches`."
        raise Wrong(f"{what}: there were {len(forwards)} forward passes for {len(sizes)} batches", hint)
    did = [event["did"] for event in value["events"]]
    after = [did[:place].count("forward") for place, name in enumerate(did) if name == "step"]
    wanted = sorted({*range(every, len(sizes) + 1, every), len(sizes)})
    if after != wanted:
        hint = f"A step comes when {every} batches are gathered, and when no more are left."
        if after == list(range(1, len(sizes) + 1)):
            hint = "A step after every batch is ordinary training. Here a group of batches makes one."
        raise Wrong(f"steps came after the batches {short(after)}, expected {short(wanted)}", hint)


@verdict
def _gradients(case: Case, value: Any) -> None:
    batches, every = np.split(np.arange(len(case["y"])), np.cumsum(case["sizes"])[:-1]), case["every"]
    groups: list[Group] = []
    for i, step in enumerate(value["steps"]):
        own = batches[i * every : (i + 1) * every]
        groups.append([(len(rows), gradient_at(step["before"], case, rows)) for rows in own])
        got, right, last = step["gradient"], _combined(groups, every), groups[-1][-1][1]
        if near(got, right):
            continue
        for one in SLIPS:
            if near(got, one.formula(groups, every)):
                raise Wrong(one.what, one.hint)
        hint = "The step sees the gradient of the mean loss over all rows of its group."
        if got.any() and near(got, got @ last / (last @ last) * last):
            hint = (
                "It points along that of the last batch alone. model.backward overwrites model.d_flat, under "
            )
            hint += "whatever name, and the step looks there: where do those of the other batches stay?"
        raise Wrong(f"the gradient in step {i + 1} is off\n{expected_and_got(right, got)}", hint)
    if value["answer"] != len(groups):
        raise Wrong(f"{len(groups)} steps were taken, got {short(value['answer'])}", "Return their number.")


accumulate = Task(
    id="training_loop/accumulate",
    points=4,
    signature="accumulate(model, loss, optimizer, batches, every)",
    cases=_cases,
    probe=_probe,
    show=("sizes", "every"),
    slips=[Slip(partial(_accumulated, combined=one.formula), one.what, one.hint) for one in SLIPS],
    hints={"AttributeError": NAMES, "TypeError": NAMES},
    verdict=all_of(
        leaves_input_unchanged(hint="Do not write into the arrays of a batch."),
        _protocol,
        only_steps_move,
        _gradients,
    ),
)
