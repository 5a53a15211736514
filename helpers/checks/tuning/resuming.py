"""Task 3 of exercise 10: a checkpoint from which training goes on as if nothing had happened, to the bit."""

from typing import Any

import numpy as np

from helpers.checks.blocks import leaves_input_unchanged
from helpers.checks.plain import same_plain, short, to_plain
from helpers.checks.probing import Seen, call
from helpers.checks.task import Case, Task, Wrong, all_of, verdict
from helpers.checks.watched import one_epoch, small_problem
from helpers.nn import SGD, Adam, BatchNorm, CrossEntropyLoss, Linear, ReLU, Sequential

ASKED = [("SGD with momentum", False, 3, 2), ("Adam", False, 2, 2), ("SGD with momentum", True, 2, 3)]
# What the next step depends on: in words, and where it is.
PARTS = {
    "weights": ("the weights", "All parameters of a model lie in the array model.flat."),
    "optimizer": ("the optimizer's memory", "optimizer.state() copies it, optimizer.load_state(…) takes it."),
    "generator": ("the generator's state", "rng.bit_generator.state can be read and assigned to."),
    "running": ("the running statistics", "Batch norm learns them; model.state() names their arrays."),
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
        adam = case["optimizer"] == "Adam"
        self.optimizer: Any = Adam(self.model, 0.05) if adam else SGD(self.model, 0.1, momentum=0.9)
        self.parts = self.model, self.optimizer, self.rng

    def train(self, case: Case, num_epochs: int) -> dict[str, Any]:
        """Train with batches of 8, and tell what is there afterwards, with the losses on the way."""
        parts = self.model, CrossEntropyLoss(), self.optimizer, case["X"], case["y"], 8, self.rng
        losses = [one_epoch(*parts)[0] for _ in range(num_epochs)]
        return {**self.facts(), "losses": np.concatenate(losses)}

    def facts(self) -> dict[str, Any]:
        """All that the next step depends on."""
        inside = [array.ravel() for layer in self.layers for array in (layer.W, layer.b)]
        running = [array.ravel() for array in self.model.state().values()]
        facts = {
            "weights": np.concatenate([*inside, self.model.flat]),
            "running": np.concatenate([np.zeros(0), *running]),
            "optimizer": {key: np.array(part) for key, part in self.optimizer.state().items()},
            "generator": repr(self.rng.bit_generator.state),
        }
        return to_plain(facts)


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


@verdict
def _as_it_was(case: Case, value: Any) -> None:
    def same(a: str, b: str, part: str) -> bool:
        return same_plain(value[a][part], value[b][part])

    for part, (words, where) in PARTS.items():
        if not same("saved", "at", part):
            what = f"taking the checkpoint changed {words} of the run that it was taken from"
            raise Wrong(what, "__init__ only looks and copies: it draws nothing from rng and sets nothing.")
        if same("once", "at", part):
            continue
        if same("once", "right", part):
            what = f"restore brings back {words} of the end of the training, not of the checkpoint"
            raise Wrong(what, f"What training goes on to change needs a copy, made in __init__. {where}")
        did = "change" if same("once", "fresh", part) else "bring back"
        hint = f"{where} What restore sets must be part of the objects that it is given."
        raise Wrong(f"restore does not {did} {words}", hint)
    if any(not same("on_once", "right", part) for part in (*PARTS, "losses")):
        right, got = (short(value[run]["losses"][:4]) for run in ("right", "on_once"))
        hint = "After restore, everything that the next step depends on is what it was, to the last bit."
        raise Wrong(f"training goes on differently\nexpected losses: {right}\ngot:             {got}", hint)
    for part, (words, _) in PARTS.items():
        if not same("twice", "at", part):
            hint = "What is trained after the first restore must not be the checkpoint's own."
            raise Wrong(f"a second restore from the same checkpoint does not bring {words} back", hint)


resume = Task(
    id="tuning/resume",
    points=4,
    signature="Checkpoint(model, optimizer, rng) and its restore(model, optimizer, rng)",
    cases=_cases,
    probe=_probe,
    show=("optimizer", "batch_norm", "epochs_before", "epochs_after"),
    hints={
        "AttributeError": "Compare the name with the table. What restore needs, __init__ keeps in self.…",
        "TypeError": "The two methods are __init__ and restore, each (self, model, optimizer, rng).",
    },
    verdict=all_of(leaves_input_unchanged(), _as_it_was),
)
