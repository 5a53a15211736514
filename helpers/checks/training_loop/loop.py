"""Task 2 of exercise 09: the loop. Its rows, labels and steps are read from the journal."""

from typing import Any

import numpy as np

from helpers.checks.blocks import close, leaves_input_unchanged
from helpers.checks.plain import first_of, short
from helpers.checks.probing import call
from helpers.checks.task import Case, Rule, Task, all_of
from helpers.checks.training_loop.watched import layers, small_problem, steps_of, watched
from helpers.nn.containers import Sequential
from helpers.nn.losses import CrossEntropyLoss
from helpers.nn.optimizers import SGD

Array = np.ndarray
ASKED = [(23, 5, 3), (20, 4, 2), (33, 30, 4), (6, 10, 3)]  # samples, batch size, epochs

# What the calls of the course's network are, for learners who expect those of another library.
NAMES = (
    "The calls are model.forward(X), loss.forward(logits, y), loss.backward(), model.backward(slope) and "
    "optimizer.step(). There is no zero_grad: model.backward overwrites the gradients of the call before."
)


def _cases(rng: np.random.Generator) -> list[Case]:
    return [{"batch_size": size, "num_epochs": epochs, **small_problem(rng, n)} for n, size, epochs in ASKED]


def _probe(learner: Any, case: Case) -> dict[str, Any]:
    def run(seed: int) -> dict[str, Any]:
        journal, model, loss, optimizer = watched(case)
        arguments = case["X"], case["y"], case["batch_size"], case["num_epochs"]
        losses = call(learner, model, loss, optimizer, *arguments, np.random.default_rng(seed))
        return {"losses": losses, "steps": steps_of(journal.events), "flat": model.flat}

    first, again, other = run(case["seed"]), run(case["seed"]), run(case["seed"] + 1)
    return {**first, "again": again["flat"], "other": other["flat"]}


def _per_epoch(case: Case) -> int:
    return -(-len(case["y"]) // case["batch_size"])


def _epochs(case: Case, value: Any) -> list[list[Any]]:
    """The steps of each epoch."""
    k = _per_epoch(case)
    return [value["steps"][i * k : (i + 1) * k] for i in range(case["num_epochs"])]


def _rows(steps: list[Any]) -> list[int]:
    return [int(row) for step in steps for row in step["rows"]]


def _labels_fit(case: Case, step: Any) -> bool:
    rows = step["rows"]
    return bool((rows >= 0).all()) and np.array_equal(case["y"][rows], step["labels"])


def _number_of_steps(case: Case, value: Any) -> str:
    return (
        f"optimizer.step() was called {len(value['steps'])} times, expected {_per_epoch(case)} steps in each "
        f"of {case['num_epochs']} epochs"
    )


def _not_every_row(case: Case, value: Any) -> str:
    for number, steps in enumerate(_epochs(case, value), start=1):
        missing = set(range(len(case["y"]))) - set(_rows(steps))
        if missing:
            return (
                f"epoch {number}: {len(missing)} of {len(case['y'])} rows were not used: {first_of(missing)}"
            )
    return "in an epoch rows were used more than once"


def _order(steps: list[Any]) -> list[list[int]]:
    return [sorted(step["rows"].tolist()) for step in steps]


def _orders_differ(case: Case, value: Any) -> bool:
    orders = [_order(steps) for steps in _epochs(case, value)]
    return _per_epoch(case) == 1 or any(order != orders[0] for order in orders[1:])


def _shuffled(case: Case, value: Any) -> bool:
    n, size = len(case["y"]), case["batch_size"]
    in_file_order = [list(range(i, min(i + size, n))) for i in range(0, n, size)]
    orders = [_order(steps) for steps in _epochs(case, value)]
    return _per_epoch(case) == 1 or any(order != in_file_order for order in orders)


def _replayed(case: Case, value: Any) -> Array:
    """The parameters that the recorded batches lead to."""
    model, loss = Sequential(*layers((3, 5, 3), case["seed"])), CrossEntropyLoss()
    optimizer = SGD(model, lr=case["lr"])
    for step in value["steps"]:
        loss.forward(model.forward(case["X"][step["rows"]]), case["y"][step["rows"]])
        model.backward(loss.backward())
        optimizer.step()
    return model.flat


def _losses(case: Case, value: Any, mean: Any) -> Array:
    """One number for each epoch, by a function of (values of the batches, their sizes)."""
    parts = [
        (np.array([step["value"] for step in steps]), np.array([len(step["rows"]) for step in steps]))
        for steps in _epochs(case, value)
    ]
    return np.array([mean(values, sizes) for values, sizes in parts])


def _right(case: Case, value: Any) -> Array:
    return _losses(case, value, lambda values, sizes: np.average(values, weights=sizes))


def _not(what: str, mean: Any, hint: str) -> Rule:
    """Broken when the losses are those of one mistake, where it is not right by chance."""
    return Rule(
        what,
        lambda case, value: (
            close(value["losses"], _right(case, value))
            or not close(value["losses"], _losses(case, value, mean))
        ),
        hint,
    )


train = Task(
    id="training_loop/train",
    points=4,
    signature="train(model, loss, optimizer, X, y, batch_size, num_epochs, rng)",
    cases=_cases,
    probe=_probe,
    show=("X", "y", "batch_size", "num_epochs"),
    hints={
        "AttributeError": NAMES,
        "TypeError": NAMES,
        "ValueError": "Forward and backward belong to the same batch: X[rows] with y[rows], loss.forward "
        "before loss.backward, and model.backward takes what loss.backward() returns.",
    },
    verdict=all_of(
        leaves_input_unchanged("X", "y", hint="Shuffle row numbers, not the data: X[rows] and y[rows]."),
        Rule(
            "optimizer.step() was never called",
            lambda case, value: len(value["steps"]) > 0,
            "Backward only computes the gradient; optimizer.step() moves the parameters.",
        ),
        Rule(
            "a step was taken with an old gradient, without a backward pass since the step before",
            lambda case, value: all(step["fresh"] for step in value["steps"]),
            "The order for each batch: forward, loss, loss.backward, model.backward, step.",
        ),
        Rule(
            "rows met the labels of other rows",
            lambda case, value: all(_labels_fit(case, step) for step in value["steps"]),
            "X and y are cut by the same row numbers: X[rows] and y[rows].",
        ),
        Rule(
            _number_of_steps,
            lambda case, value: len(value["steps"]) != case["num_epochs"] or _per_epoch(case) == 1,
            "The step belongs inside the loop over the batches: one for each batch, not one for each epoch.",
        ),
        Rule(
            _number_of_steps,
            lambda case, value: len(value["steps"]) == case["num_epochs"] * _per_epoch(case),
            "Two loops: over num_epochs epochs, and in each over all its batches, the last, smaller one too.",
        ),
        Rule(
            _not_every_row,
            lambda case, value: all(
                sorted(_rows(steps)) == list(range(len(case["y"]))) for steps in _epochs(case, value)
            ),
            "An epoch uses every row once: go through all the batches of mini_batches(len(X), batch_size, "
            "rng).",
        ),
        Rule(
            "the rows come in the order of the file",
            _shuffled,
            "Shuffle in every epoch: take the rows from your mini_batches.",
        ),
        Rule(
            "every epoch has the same batches",
            _orders_differ,
            "Call mini_batches inside the loop over the epochs, so that each epoch draws a new order.",
        ),
        Rule(
            lambda case, value: (
                f"the parameters are not where these batches lead\n"
                f"expected: {short(_replayed(case, value))}\ngot:      {short(value['flat'])}"
            ),
            lambda case, value: close(value["flat"], _replayed(case, value)),
            "Only optimizer.step() moves the parameters, once for each batch, along the gradient of this "
            "batch.",
        ),
        Rule(
            lambda case, value: (
                f"expected a list of {case['num_epochs']} losses, got {short(value['losses'])}"
            ),
            lambda case, value: np.shape(value["losses"]) == (case["num_epochs"],),
            "One number for each epoch: start its sum inside the outer loop, append after the inner one.",
        ),
        _not(
            "the loss of an epoch is that of its last batch",
            lambda values, sizes: values[-1],
            "The loss of an epoch is the mean over all of its rows: add up over the batches.",
        ),
        _not(
            "the loss of an epoch is the plain mean of its batches, so that rows of a small batch count more",
            lambda values, sizes: values.mean(),
            "Weigh each batch by its number of rows: add up loss · len(rows) and divide by len(X).",
        ),
        _not(
            "the loss of an epoch is the sum over its batches",
            lambda values, sizes: values.sum(),
            "loss.forward gives the mean over a batch. Add up loss · len(rows) and divide by len(X).",
        ),
        _not(
            "the loss of an epoch is a sum over its rows",
            lambda values, sizes: (values * sizes).sum(),
            "Divide the sum over the rows by len(X).",
        ),
        Rule(
            lambda case, value: (
                f"the losses are off\nexpected: {short(_right(case, value))}\n"
                f"got:      {short(np.asarray(value['losses']))}"
            ),
            lambda case, value: close(value["losses"], _right(case, value)),
            "The loss of an epoch is the mean over its rows of what loss.forward gave on the way, each batch "
            "before its own step; no further pass over the data.",
        ),
        Rule(
            "the same generator leads to other parameters at the second try",
            lambda case, value: np.array_equal(value["flat"], value["again"]),
            "Use only `rng` for the order of the rows.",
        ),
        Rule(
            "generators with different seeds lead to the same parameters",
            lambda case, value: _per_epoch(case) == 1 or not np.array_equal(value["flat"], value["other"]),
            "The `rng` that is passed decides the order: hand it to mini_batches, and make none of your own.",
        ),
    ),
)
