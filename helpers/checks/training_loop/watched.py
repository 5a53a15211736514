"""A network, its loss and its optimizer that write down in a journal what a training loop does with them.

They are the course's own, so any right loop runs. The verdict reads from the journal which rows went
through the network, which labels they met, and where the steps were taken.
"""

from typing import Any

import numpy as np

from helpers.nn.activations import ReLU
from helpers.nn.containers import Sequential
from helpers.nn.layers import Linear
from helpers.nn.losses import CrossEntropyLoss
from helpers.nn.optimizers import SGD

Array = np.ndarray
UNKNOWN = -1  # the number of a row that is not in the data


class Journal:
    """What happened, in order, as plain data. Rows are told by their numbers in X, shape (n, d).

    >>> Journal(np.array([[1.0], [2.0]])).rows_of(np.array([[2.0], [3.0]]))
    array([ 1, -1])
    """

    def __init__(self, X: Array):
        self.events: list[dict[str, Any]] = []
        self.number = {row.tobytes(): i for i, row in enumerate(np.ascontiguousarray(X))}

    def rows_of(self, X: Any) -> Array:
        """The numbers of these rows; -1 for a row that is not in the data."""
        return np.array([self.number.get(row.tobytes(), UNKNOWN) for row in np.ascontiguousarray(X)], int)

    def note(self, did: str, **facts: Any) -> None:
        """Write a line."""
        self.events.append({"did": did, **facts})


class WatchedModel(Sequential):
    """A network that notes the rows that it is given, and what it makes of them."""

    def __init__(self, journal: Journal, *layers: Any, name: int = 0):
        super().__init__(*layers)
        self.journal, self.name = journal, name

    def forward(self, X: Array) -> Array:
        out = super().forward(X)
        self.journal.note("forward", model=self.name, rows=self.journal.rows_of(X), says=out.argmax(axis=-1))
        return out

    def backward(self, d_out: Array) -> Array:
        dX = super().backward(d_out)
        self.journal.note("backward", model=self.name)
        return dX


class WatchedLoss(CrossEntropyLoss):
    """A loss that notes the labels that it is given, and its value."""

    def __init__(self, journal: Journal):
        super().__init__()
        self.journal = journal

    def forward(self, predictions: Array, y: Array, sample_weight: Array | None = None) -> Any:
        value = super().forward(predictions, y, sample_weight)
        self.journal.note("loss", labels=np.array(y), value=float(value))
        return value


class WatchedSGD(SGD):
    """An optimizer that notes its steps, with the gradient that it finds."""

    def __init__(self, journal: Journal, model: WatchedModel, lr: float):
        super().__init__(model, lr=lr)
        self.journal = journal

    def step(self) -> None:
        super().step()
        self.journal.note("step", model=getattr(self.model, "name", 0), gradient=self.model.d_flat.copy())


def layers(sizes: tuple[int, int, int], seed: int) -> list[Any]:
    """Linear, ReLU, Linear, of these sizes, the same for the same seed."""
    rng = np.random.default_rng(seed)
    features, hidden, classes = sizes
    return [Linear(features, hidden, rng=rng), ReLU(), Linear(hidden, classes, rng=rng)]


def steps_of(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps: for each, the rows, labels and loss of the backward pass before it.

    "fresh" says whether there was a backward pass since the step before.
    """
    steps: list[dict[str, Any]] = []
    rows, labels, value = np.zeros(0, int), np.zeros(0, int), float("nan")
    last: dict[str, Any] = {"rows": rows, "labels": labels, "value": value, "fresh": False}
    for event in events:
        if event["did"] == "forward":
            rows = event["rows"]
        elif event["did"] == "loss":
            labels, value = event["labels"], event["value"]
        elif event["did"] == "backward":
            last = {"rows": rows, "labels": labels, "value": value, "fresh": True}
        else:
            steps.append({**last, "model": event["model"]})
            last = {**last, "fresh": False}
    return steps


def small_problem(rng: np.random.Generator, n: int) -> dict[str, Any]:
    """A case's data: X (n, 3), three classes y (n,), a learning rate, and a seed for the network."""
    return {
        "X": rng.normal(size=(n, 3)).round(3),
        "y": rng.permutation(np.arange(n) % 3),
        "lr": 0.3,
        "seed": int(rng.integers(1 << 30)),
    }


def watched(case: dict[str, Any], hidden: int = 5) -> tuple[Journal, WatchedModel, WatchedLoss, WatchedSGD]:
    """The three objects for a `small_problem`, and the journal that they share."""
    journal = Journal(case["X"])
    model = WatchedModel(journal, *layers((3, hidden, 3), case["seed"]))
    return journal, model, WatchedLoss(journal), WatchedSGD(journal, model, case["lr"])
