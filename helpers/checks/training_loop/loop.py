"""Task 2 of exercise 09: the loop. Its rows, labels and steps are read from the journal."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from helpers.checks.blocks import expected_and_got, leaves_input_unchanged
from helpers.checks.plain import first_of, short
from helpers.checks.probing import Seen, call
from helpers.checks.task import Case, Slip, Task, Wrong, all_of, verdict
from helpers.checks.watched import (
    NAMES,
    gradient_at,
    near,
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


# Of each epoch the losses of its batches, and their numbers of rows.
Batches = Sequence[tuple[Array, Array]]
Mean = Callable[[Batches], Any]


def _over_rows(epochs: Batches) -> Array:
    return np.array([losses @ rows / rows.sum() for losses, rows in epochs])


def _trained(*given: Any, mean: Mean = _over_rows) -> list[float]:
    """The right loop; with another mean, a slip."""
    model, loss, optimizer, X, y, batch_size, num_epochs, rng = given
    epochs = []
    for _ in range(num_epochs):
        order, seen = rng.permutation(len(X)), []
        for rows in np.split(order, range(batch_size, len(X), batch_size)):
            seen.append((loss.forward(model.forward(X[rows]), y[rows]), len(rows)))
            model.backward(loss.backward())
            optimizer.step()
        values, sizes = zip(*seen, strict=True)
        epochs.append((np.array(values), np.array(sizes)))
    return list(mean(epochs))


def _each(mean: Callable[[Array, Array], Any]) -> Mean:
    return lambda epochs: np.array([mean(losses, rows) for losses, rows in epochs])


MEANS: list[tuple[Mean, str, str]] = [
    (
        _each(lambda losses, rows: losses[-1]),
        "the loss of an epoch is that of its last batch",
        "It is the mean over all rows of the epoch: what did the other batches give?",
    ),
    (
        _each(lambda losses, rows: losses.mean()),
        "the loss of an epoch is the plain mean of its batches, so that the rows of a small one count more",
        "Each row counts the same: work through the example of the task, with its batches of 3, 3 and 1.",
    ),
    (
        _each(lambda losses, rows: losses.sum()),
        "the loss of an epoch is the sum of the losses of its batches",
        "Each of them is a mean over a batch. Asked is the mean over all rows, as in the task's example.",
    ),
    (
        _each(lambda losses, rows: losses @ rows),
        "the loss of an epoch is a sum over its rows",
        "Asked is their mean: how many rows has an epoch?",
    ),
    (
        _each(lambda losses, rows: losses.sum() * rows.max() / rows.sum()),
        "the last batch counts as if it were as large as the others",
        "It has fewer rows. In the example of the task the batches of 3, 3 and 1 count 3, 3 and 1 times.",
    ),
    (
        _each(lambda losses, rows: losses @ rows / len(rows)),
        "the sum over the rows was divided by the number of batches",
        "A mean over rows: how many of them were added?",
    ),
    (
        lambda epochs: np.cumsum(_over_rows(epochs)),
        "the loss of an epoch has those of the epochs before in it",
        "Each epoch has a loss of its own: with what does its sum begin?",
    ),
]


@verdict
def _number_of_steps(case: Case, value: Any) -> None:
    steps, num_epochs = len(value["steps"]), case["num_epochs"]
    if steps != _per_epoch(case) * num_epochs:
        raise Wrong(
            f"optimizer.step() was called {steps} times, expected {_per_epoch(case)} steps in each of "
            f"{num_epochs} epochs",
            "One step for each batch, not one for each epoch."
            if steps == num_epochs
            else "One step for each batch of each epoch, the last, smaller batch too.",
        )


@verdict
def _step_by_step(case: Case, value: Any) -> None:
    for number, step in enumerate(value["steps"], start=1):
        rows = step["rows"]
        if not step["fresh"]:
            raise Wrong(
                f"before step {number} there was no backward pass since the step before",
                "The order for each batch: forward, loss, loss.backward, model.backward, step.",
            )
        if len(rows) > case["batch_size"]:
            raise Wrong(
                f"step {number} was taken after {len(rows)} rows at once; batch_size is {case['batch_size']}",
                "Each step belongs to one batch: its rows of X, and its labels of y.",
            )
        if (rows < 0).any() or not np.array_equal(case["y"][rows], step["labels"]):
            raise Wrong(
                "the network was given rows that are not in X"
                if (rows < 0).any()
                else "rows met the labels of other rows",
                "A batch takes rows of X as they are: X and y are cut by the same row numbers.",
            )
        right = gradient_at(step["before"], case, rows)
        if not near(step["gradient"], right):
            raise Wrong(
                f"in step {number} the gradient is not that of its batch\n"
                f"{expected_and_got(right, step['gradient'])}",
                "model.backward takes what loss.backward() returns, as it is, and step what model.backward "
                "wrote.",
            )


def _per_epoch(case: Case) -> int:
    return -(-len(case["y"]) // case["batch_size"])


def _epochs(case: Case, value: Any) -> list[list[Any]]:
    """The steps of each epoch."""
    k = _per_epoch(case)
    return [value["steps"][i * k : (i + 1) * k] for i in range(case["num_epochs"])]


@verdict
def _orders(case: Case, value: Any) -> None:
    n, size, orders = len(case["y"]), case["batch_size"], []
    for number, steps in enumerate(_epochs(case, value), start=1):
        rows = np.concatenate([step["rows"] for step in steps])
        missing = set(range(n)) - set(rows.tolist())
        if missing or len(rows) > n:
            raise Wrong(
                f"in epoch {number}, {len(missing)} of {n} rows were not used: {first_of(missing)}"
                if missing
                else f"in epoch {number} the network learnt from {len(rows)} rows, and there are {n}",
                "An epoch uses every row once, those of the last, smaller batch too.",
            )
        orders.append([sorted(step["rows"].tolist()) for step in steps])
    if size >= n:
        return
    if orders[0] == orders[-1] == [list(range(i, min(i + size, n))) for i in range(0, n, size)]:
        raise Wrong(
            "the rows come in the order of the file",
            "It is drawn which rows make a batch: see mini_batches.",
        )
    if all(order == orders[0] for order in orders):
        raise Wrong("every epoch has the same batches", "Each draws new ones from `rng`, which moves on.")
    if not np.array_equal(value["flat"], value["again"]):
        raise Wrong(
            "the same generator leads to other parameters at the second try",
            "All chance comes from the `rng` that is passed: then others can repeat your run.",
        )
    if np.array_equal(value["flat"], value["other"]):
        raise Wrong(
            "generators with different seeds lead to the same parameters",
            "The `rng` that is passed decides which rows make a batch: where does it enter?",
        )


@verdict
def _losses(case: Case, value: Any) -> None:
    got = np.asarray(value["losses"])
    if got.shape != (case["num_epochs"],):
        raise Wrong(f"expected a list of {case['num_epochs']} losses, one for each epoch, got {short(got)}")
    parts = [
        (np.array([step["value"] for step in steps]), np.array([len(step["rows"]) for step in steps]))
        for steps in _epochs(case, value)
    ]
    right = _over_rows(parts)
    if near(got, right):
        return
    for mean, what, hint in MEANS:
        if near(got, mean(parts)):
            raise Wrong(what, hint)
    if all(any(near(loss, aside) for aside in value["aside"]) for loss in got):
        raise Wrong(
            "the losses come from passes that no backward pass followed",
            "Take what loss.forward gave on the way, each batch before its own step.",
        )
    times = got[0] / right[0]
    raise Wrong(
        f"each loss is {times:.4g} times what it should be"
        if near(got, times * right)
        else f"the losses are off\n{expected_and_got(right, got)}",
        "Expected is the mean over the rows of the epoch, of what loss.forward gave before each step.",
    )


train = Task(
    id="training_loop/train",
    points=4,
    signature="train(model, loss, optimizer, X, y, batch_size, num_epochs, rng)",
    cases=_cases,
    probe=_probe,
    show=("X", "y", "batch_size", "num_epochs"),
    slips=[Slip(partial(_trained, mean=mean), what, hint) for mean, what, hint in MEANS],
    hints={
        "AttributeError": NAMES,
        "TypeError": NAMES,
        "ValueError": "Compare the shapes that this line is given with those in the table of the task.",
    },
    verdict=all_of(
        leaves_input_unchanged("X", "y", hint="Shuffle row numbers, not the data."),
        _number_of_steps,
        only_steps_move,
        _step_by_step,
        _orders,
        _losses,
    ),
)
