"""Task 3 of exercise 10: a checkpoint from which training goes on as if nothing had happened, to the bit."""

from typing import Any

import numpy as np

from helpers.checks.blocks import leaves_input_unchanged
from helpers.checks.plain import same_plain, to_plain
from helpers.checks.probing import Seen, call
from helpers.checks.task import Case, Task, Wrong, all_of, verdict
from helpers.checks.watched import small_problem
from helpers.nn import SGD, Adam, BatchNorm, CrossEntropyLoss, Linear, ReLU, Sequential

ASKED = [("SGD with momentum", False, 3, 2), ("Adam", False, 2, 2), ("SGD with momentum", True, 2, 3)]
# What the next step depends on: in words, and where it is.
PARTS = {
    "weights": ("the weights", "All parameters of a model lie in the array model.flat."),
    "optimizer": (
        "the optimizer's memory",
        "Momentum and Adam remember past gradients: optimizer.state() is a copy of that, and "
        "optimizer.load_state(…) takes it.",
    ),
    "generator": (
        "the generator's state",
        "The order of the next epochs comes from rng: rng.bit_generator.state can be read and assigned to.",
    ),
    "running": (
        "the running statistics",
        "Batch norm learns means and variances that are not in model.flat: model.state() names their arrays.",
    ),
}


def _cases(rng: np.random.Generator) -> list[Case]:
    names = ("optimizer", "batch_norm", "epochs_before", "epochs_after")
    return [{**dict(zip(names, asked, strict=True)), **small_problem(rng, 24)} for asked in ASKED]


class _Run:
    """A network, its optimizer and its generator, ready to be trained."""

    def __init__(self, case: Case, seed: int):
        self.rng = np.random.default_rng(seed)
        self.layers = [Linear(3, 6, rng=self.rng), Linear(6, 3, rng=self.rng)]
        norm = [BatchNorm(6)] if case["batch_norm"] else []
        self.model = Sequential(self.layers[0], *norm, ReLU(), self.layers[1])
        self.optimizer: Any = (
            Adam(self.model, lr=0.05)
            if case["optimizer"] == "Adam"
            else SGD(self.model, lr=0.1, momentum=0.9)
        )
        self.parts = self.model, self.optimizer, self.rng

    def train(self, case: Case, num_epochs: int) -> dict[str, Any]:
        """Train with batches of 8, and tell what is there afterwards, with the losses on the way."""
        loss, losses = CrossEntropyLoss(), []
        for _ in range(num_epochs):
            for rows in np.split(self.rng.permutation(24), 3):
                losses.append(loss.forward(self.model.forward(case["X"][rows]), case["y"][rows]))
                self.model.backward(loss.backward())
                self.optimizer.step()
        return {**self.facts(), "losses": np.array(losses)}

    def facts(self) -> dict[str, Any]:
        """All that the next step depends on."""
        inside = [array.ravel() for layer in self.layers for array in (layer.W, layer.b)]
        running = [array.ravel() for array in self.model.state().values()]
        return to_plain(
            {
                "weights": np.concatenate([*inside, self.model.flat]),
                "running": np.concatenate([np.zeros(0), *running]),
                "optimizer": {key: np.array(part) for key, part in self.optimizer.state().items()},
                "generator": repr(self.rng.bit_generator.state),
            }
        )


def _probe(learner: Any, case: Case) -> Seen:
    """Train, take a checkpoint, go on; then restore it twice into a fresh run, and go on each time."""
    first = _Run(case, case["seed"])
    first.train(case, case["epochs_before"])
    at = first.facts()
    checkpoint = call(learner, *first.parts)
    seen = {"at": at, "saved": first.facts()}
    seen["right"] = first.train(case, case["epochs_after"])

    second = _Run(case, case["seed"] + 1)
    second.train(case, 1)
    seen["fresh"] = second.facts()
    for name in ("once", "twice"):
        checkpoint.restore(*second.parts)
        seen[name] = second.facts()
        seen["on_" + name] = second.train(case, case["epochs_after"])
    return Seen("a checkpoint", **seen)


def _losses(run: Any) -> str:
    return ", ".join(f"{loss:.6f}" for loss in run["losses"][:4])


@verdict
def _as_it_was(case: Case, value: Any) -> None:
    def same(a: str, b: str, part: str) -> bool:
        return same_plain(value[a][part], value[b][part])

    for part, (words, where) in PARTS.items():
        if not same("saved", "at", part):
            raise Wrong(
                f"taking the checkpoint changed {words} of the run that it was taken from",
                "__init__ only looks and copies: it draws nothing from rng and sets nothing.",
            )
        if same("once", "at", part):
            continue
        if same("once", "right", part):
            raise Wrong(
                f"restore brings back {words} of the end of the training, not of the checkpoint",
                "What training goes on to change needs a copy, made in __init__. " + where,
            )
        raise Wrong(
            f"restore does not change {words}"
            if same("once", "fresh", part)
            else f"restore does not bring {words} of the checkpoint back",
            f"{where} What restore sets must be part of the objects that it is given.",
        )
    if any(not same("on_once", "right", part) for part in (*PARTS, "losses")):
        raise Wrong(
            f"training goes on differently\nexpected losses: {_losses(value['right'])}\n"
            f"got:             {_losses(value['on_once'])}",
            "After restore, everything that the next step depends on is what it was, to the last bit.",
        )
    for part, (words, _) in PARTS.items():
        if not same("twice", "at", part):
            raise Wrong(
                f"a second restore from the same checkpoint does not bring {words} back",
                "A checkpoint can be restored as often as one likes: what is trained after the first restore "
                "must not be the checkpoint's own.",
            )


resume = Task(
    id="tuning/resume",
    points=4,
    signature="Checkpoint(model, optimizer, rng) and its restore(model, optimizer, rng)",
    cases=_cases,
    probe=_probe,
    show=("optimizer", "batch_norm", "epochs_before", "epochs_after"),
    hints={
        "AttributeError": "Keep what the checkpoint needs in self.…, and use model.flat, model.state(), "
        "optimizer.state(), optimizer.load_state(…) and rng.bit_generator.state. restore is a method.",
        "TypeError": "The two methods are __init__(self, model, optimizer, rng) and "
        "restore(self, model, optimizer, rng).",
    },
    verdict=all_of(leaves_input_unchanged(), _as_it_was),
)
