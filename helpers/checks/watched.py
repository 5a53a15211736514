"""A network, its loss and its optimizer that write down in a journal what a training loop does with them.

They are the course's own, so any right loop runs. The verdict reads from the journal which rows went
through the network, which labels they met, and where the steps were taken.
"""

from typing import Any

import numpy as np

from helpers.checks.blocks import close
from helpers.checks.randomness import new_seed
from helpers.checks.task import Case, Wrong, verdict
from helpers.nn import SGD, CrossEntropyLoss, Linear, ReLU, Sequential

Array = np.ndarray
UNKNOWN = -1  # the number of a row that is not in the data

# What the calls of the course's network are, for learners who expect those of another library.
NAMES = (
    "The calls are model.forward(X), loss.forward(logits, y), loss.backward(), model.backward(slope) and "
    "optimizer.step(). There is no zero_grad: model.backward overwrites the gradients of the call before."
)


class Journal:
    """What happened, in order, as plain data. Rows are told by their numbers in X, shape (n, d).

    A row in float32 is still that row.

    >>> Journal(np.array([[0.1], [2.0]])).rows_of(np.array([[2.0], [3.0], [np.float32(0.1)]]))
    array([ 1, -1,  0])
    """

    def __init__(self, X: Array):
        self.events: list[dict[str, Any]] = []
        self.number = {row: i for i, row in enumerate(self.keys(X))}

    @staticmethod
    def keys(X: Any) -> list[bytes]:
        """Each row as something that finds it again."""
        return [row.tobytes() for row in np.ascontiguousarray(X, np.float32) + np.float32(0)]  # -0.0 is 0.0

    def rows_of(self, X: Any) -> Array:
        """The numbers of these rows; -1 for a row that is not in the data."""
        return np.array([self.number.get(key, UNKNOWN) for key in self.keys(X)], int)

    def note(self, did: str, **facts: Any) -> None:
        """Write a line."""
        self.events.append({"did": did, **facts})


def noted(events: list[dict[str, Any]], **facts: Any) -> list[dict[str, Any]]:
    """The lines of a journal that state these facts, in order.

    >>> noted([{"did": "fit", "who": "model"}, {"did": "predict", "who": "model"}], did="fit")
    [{'did': 'fit', 'who': 'model'}]
    """
    return [event for event in events if facts.items() <= event.items()]


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
    """An optimizer that notes its steps: the gradient that it finds, and the parameters before and after."""

    def __init__(self, journal: Journal, model: WatchedModel, lr: float):
        super().__init__(model, lr=lr)
        self.journal = journal

    def step(self) -> None:
        facts = {"gradient": self.model.d_flat.copy(), "before": self.model.flat.copy()}
        super().step()
        self.journal.note("step", model=getattr(self.model, "name", 0), **facts, after=self.model.flat.copy())


def near(got: Any, want: Any) -> bool:
    """Whether numbers agree as well as float32 lets them: a learner may train or add up in it.

    >>> near(0.1, np.float32(0.1)), near(0.1, 0.101)
    (True, False)
    """
    return close(got, want, rtol=1e-5, atol=1e-6)


def layers(sizes: tuple[int, int, int], seed: int) -> list[Any]:
    """Linear, ReLU, Linear, of these sizes, the same for the same seed."""
    rng = np.random.default_rng(seed)
    features, hidden, classes = sizes
    return [Linear(features, hidden, rng=rng), ReLU(), Linear(hidden, classes, rng=rng)]


def steps_of(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps: what each noted, with the rows, labels and loss of the backward pass before it."""
    steps: list[dict[str, Any]] = []
    rows, labels, value = np.zeros(0, int), np.zeros(0, int), float("nan")
    last: dict[str, Any] = {"rows": rows, "labels": labels, "value": value}
    for event in events:
        if event["did"] == "forward":
            rows = event["rows"]
        elif event["did"] == "loss":
            labels, value = event["labels"], event["value"]
        elif event["did"] == "backward":
            last = {"rows": rows, "labels": labels, "value": value}
        else:
            steps.append({**event, **last})
    return steps


def in_short(events: list[dict[str, Any]], rates: list[float], test_from: int) -> dict[str, Any]:
    """The journal of a search: of each network its steps, and what it said after the last one, row by row.

    Networks are named by their place in `rates`; rows from `test_from` on are those of the test.
    """
    networks: list[dict[str, Any]] = [
        {"lr": lr, "sizes": [], "rows": [], "says": {}, "tested_at": None} for lr in rates
    ]
    for step in steps_of(events):
        networks[step["model"]]["sizes"].append(len(step["rows"]))
        networks[step["model"]]["rows"].extend(step["rows"].tolist())
    last_step = -1
    for place, event in enumerate(events):
        network = networks[event.get("model", 0)]
        if event["did"] == "step":
            network["says"], last_step = {}, place  # what it said before is out of date
        if event["did"] == "forward":
            said = zip(event["rows"].tolist(), event["says"].tolist(), strict=True)
            network["says"].update({str(row): label for row, label in said})
            if network["tested_at"] is None and (event["rows"] >= test_from).any():
                network["tested_at"] = place
    return {"networks": networks, "last_step": last_step}


def one_epoch(
    model: Any, loss: Any, optimizer: Any, X: Array, y: Array, batch_size: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Train for one epoch as it should be done: the losses of its batches, and their numbers of rows."""
    batches = np.split(rng.permutation(len(X)), range(batch_size, len(X), batch_size))
    losses = []
    for rows in batches:
        losses.append(loss.forward(model.forward(X[rows]), y[rows]))
        model.backward(loss.backward())
        optimizer.step()
    return np.array(losses), np.array([len(rows) for rows in batches])


def small_problem(rng: np.random.Generator, n: int) -> Case:
    """A case's data: X (n, 3), three classes y (n,), a learning rate, and a seed for the network."""
    return {
        "X": rng.normal(size=(n, 3)).round(3),
        "y": rng.permutation(np.arange(n) % 3),
        "lr": 0.3,
        "seed": new_seed(rng),
    }


def network(case: Case) -> Sequential:
    """The network of a `small_problem`, untrained."""
    return Sequential(*layers((3, 5, 3), case["seed"]))


def watched(case: Case) -> tuple[Journal, WatchedModel, WatchedLoss, WatchedSGD]:
    """The three objects for a `small_problem`, and the journal that they share."""
    journal = Journal(case["X"])
    model = WatchedModel(journal, *layers((3, 5, 3), case["seed"]))
    return journal, model, WatchedLoss(journal), WatchedSGD(journal, model, case["lr"])


def gradient_at(flat: Array, case: Case, rows: Any) -> Array:
    """The gradient of the mean loss over some rows of a `small_problem`, where the parameters are `flat`."""
    model, loss = network(case), CrossEntropyLoss()
    model.flat[...] = flat
    loss.forward(model.forward(case["X"][rows]), case["y"][rows])
    model.backward(loss.backward())
    return model.d_flat.copy()


@verdict
def only_steps_move(case: Case, value: Any) -> None:
    """In a `small_problem` the parameters came to `value["flat"]` by `value["steps"]` alone."""
    at = network(case).flat
    for number, step in enumerate(value["steps"], start=1):
        if not np.array_equal(step["before"], at):
            raise Wrong(
                f"before step {number} the parameters were changed, and not by optimizer.step()",
                "model.flat holds the parameters, model.d_flat the gradient; optimizer.step() reads both.",
            )
        at = step["after"]
        if not close(at, step["before"] - case["lr"] * step["gradient"]):
            raise Wrong(
                f"step {number} was taken with another learning rate",
                "The optimizer comes with one: leave it.",
            )
    if not np.array_equal(value["flat"], at):
        raise Wrong(
            "after the last step the parameters were changed once more", "optimizer.step() moves them, alone."
        )
