"""Task 2 of exercise 09: the loop. Its rows, labels and steps are read from the journal."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from helpers.checks.blocks import expected_and_got, leaves_input_unchanged
from helpers.checks.formula import slips_of
from helpers.checks.plain import short
from helpers.checks.probing import Seen, call
from helpers.checks.rows import each_row_once
from helpers.checks.task import Case, Slip, Task, Wrong, all_of, verdict
from helpers.checks.watched import (
    NAMES,
    gradient_at,
    near,
    one_epoch,
    only_steps_move,
    small_problem,
    steps_of,
    watched,
)

Array = np.ndarray
ASKED = [(23, 4, 3), (20, 4, 2), (33, 30, 4), (6, 10, 3)]  # samples, batch size, epochs


def _cases(rng: np.random.Generator) -> list[Case]:
    return [{"batch_size": size, "num_epochs": epochs, **small_problem(rng, n)} for n, size, epochs in ASKED]


def _probe(learner: Any, case: Case) -> Seen:
    def run(seed: int) -> dict[str, Any]:
        journal, model, loss, optimizer = watched(case)
        arguments = case["X"], case["y"], case["batch_size"], case["num_epochs"]
        losses = call(learner, model, loss, optimizer, *arguments, np.random.default_rng(seed))
        events = journal.events
        # Losses that no backward pass followed: they were measured, and not learnt from.
        aside = [
            event["value"]
            for event, after in pairwise([*events, {"did": "end"}])
            if event["did"] == "loss" and after["did"] != "backward"
        ]
        return {"losses": losses, "steps": steps_of(events), "flat": model.flat, "aside": aside}

    first, again, other = run(case["seed"]), run(case["seed"]), run(case["seed"] + 1)
    return Seen(first["losses"], **first, again=again["flat"], other=other["flat"])


Batches = Sequence[tuple[Array, Array]]  # of each epoch the losses of its batches, and their numbers of rows


def _means(epochs: Batches) -> Any:
    return [losses @ rows / rows.sum() for losses, rows in epochs]


def _trained(*given: Any, means: Callable[[Batches], Any] = _means) -> list[float]:
    """The right loop; with other means, a slip."""
    model, loss, optimizer, X, y, size, num_epochs, rng = given
    return list(means([one_epoch(model, loss, optimizer, X, y, size, rng) for _ in range(num_epochs)]))


SLIPS = slips_of(
    _means,
    """
    losses @ rows / rows.sum() → losses[-1]
        the loss of an epoch is that of its last batch
        It is the mean over all rows of the epoch: what did the other batches give?
    losses @ rows / rows.sum() → losses.mean()
        the loss of an epoch is the plain mean of its batches, so that the rows of a small one count more
        Each row counts the same: work through the example of the task, with its batches of 3, 3 and 1.
    losses @ rows / rows.sum() → losses.sum()
        the loss of an epoch is the sum of the losses of its batches
        Each of them is a mean over a batch. Asked is the mean over all rows, as in the task's example.
    losses @ rows / rows.sum() → losses.sum() * rows.max() / rows.sum()
        the last batch counts as if it were as large as the others
        It has fewer rows. In the example of the task the batches of 3, 3 and 1 count 3, 3 and 1 times.
    rows.sum() → len(rows)
        the sum over the rows was divided by the number of batches
        A mean over rows: how many of them were added?
    [losses @ rows / rows.sum() for losses, rows in epochs] → np.cumsum(…)
        the loss of an epoch has those of the epochs before in it
        Each epoch has a loss of its own: with what does its sum begin?
    """,
)


def _epochs(case: Case, value: Any) -> list[list[Any]]:
    """The steps of each epoch."""
    k = -(-len(case["y"]) // case["batch_size"])
    return [value["steps"][i * k : (i + 1) * k] for i in range(case["num_epochs"])]


@verdict
def _step_by_step(case: Case, value: Any) -> None:
    steps, num_epochs = len(value["steps"]), case["num_epochs"]
    k = -(-len(case["y"]) // case["batch_size"])
    if steps != k * num_epochs:
        what = f"optimizer.step() was called {steps} times, expected {k} steps in each of {num_epochs} epochs"
        raise Wrong(what, "One step for each batch, also the smaller one, and not one for each epoch.")
    for number, step in enumerate(value["steps"], start=1):
        rows = step["rows"]
        if (rows < 0).any() or not np.array_equal(case["y"][rows], step["labels"]):
            what = "rows met the labels of other rows, or were none of X"
            raise Wrong(what, "A batch takes rows of X as they are: X and y are cut by the same row numbers.")
        right = gradient_at(step["before"], case, rows)
        if not near(step["gradient"], right):
            what = f"in step {number} the gradient is not that of its batch of {len(rows)} rows"
            hint = "model.backward takes what loss.backward() returns, as it is, for the batch of this step."
            raise Wrong(f"{what}\n{expected_and_got(right, step['gradient'])}", hint)


@verdict
def _batches(case: Case, value: Any) -> None:
    n, size, orders = len(case["y"]), case["batch_size"], []
    for number, steps in enumerate(_epochs(case, value), start=1):
        parts = {f"step {i}": step["rows"] for i, step in enumerate(steps, 1)}
        each_row_once(parts, n, where=f"in epoch {number}, ", nowhere="in no batch")
        orders.append([sorted(rows.tolist()) for rows in parts.values()])
        if max(sizes := [len(rows) for rows in orders[-1]]) > size:
            raise Wrong(f"in epoch {number} the steps saw {short(sizes)} rows, and batch_size is {size}")
    if size >= n:
        return
    if orders[0] == orders[-1] == [list(range(i, min(i + size, n))) for i in range(0, n, size)]:
        raise Wrong("the rows come in the order of the file", "It is drawn which rows make a batch.")
    if all(order == orders[0] for order in orders):
        raise Wrong("every epoch has the same batches", "Each draws new ones from `rng`, which moves on.")
    again, other = (np.array_equal(value["flat"], value[name]) for name in ("again", "other"))
    if other or not again:
        what = (
            "another seed leads to the same parameters"
            if other
            else "the same seed leads to other parameters"
        )
        raise Wrong(what, "All chance comes from the `rng` that is passed.")


@verdict
def _losses(case: Case, value: Any) -> None:
    got = np.asarray(value["losses"])
    if got.shape != (case["num_epochs"],):
        what = f"expected a list of {case['num_epochs']} losses, one for each epoch, got {short(got)}"
        raise Wrong(what, "It is the mean over the rows of the epoch.")
    parts = [
        (np.array([step["value"] for step in steps]), np.array([len(step["rows"]) for step in steps]))
        for steps in _epochs(case, value)
    ]
    right = np.array(_means(parts))
    if near(got, right):
        return
    for one in SLIPS:
        if near(got, one.formula(parts)):
            raise Wrong(one.what, one.hint)
    if all(any(near(loss, aside) for aside in value["aside"]) for loss in got):
        what = "the losses come from passes that no backward pass followed"
        raise Wrong(what, "Take what loss.forward gave on the way, each batch before its own step.")
    hint = "Expected is the mean over the rows of the epoch, of what loss.forward gave before each step."
    raise Wrong(f"the losses are off\n{expected_and_got(right, got)}", hint)


train = Task(
    id="training_loop/train",
    points=4,
    signature="train(model, loss, optimizer, X, y, batch_size, num_epochs, rng)",
    cases=_cases,
    probe=_probe,
    show=("X", "y", "batch_size", "num_epochs"),
    slips=[Slip(partial(_trained, means=one.formula), one.what, one.hint) for one in SLIPS],
    hints={
        "AttributeError": NAMES,
        "TypeError": NAMES,
        "ValueError": "Compare the shapes with the task's table.",
    },
    verdict=all_of(
        leaves_input_unchanged("X", "y", hint="Shuffle row numbers, not the data."),
        *(only_steps_move, _step_by_step, _batches, _losses),
    ),
)
