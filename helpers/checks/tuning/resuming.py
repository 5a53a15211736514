"""Task 2 of exercise 10: a checkpoint from which training goes on as if nothing had happened, to the bit."""

from typing import Any

import numpy as np

from helpers.checks.blocks import leaves_input_unchanged
from helpers.checks.plain import same_plain, to_plain
from helpers.checks.probing import call
from helpers.checks.task import Case, Rule, Task, all_of
from helpers.checks.training_loop.watched import small_problem
from helpers.nn.activations import ReLU
from helpers.nn.containers import Sequential
from helpers.nn.layers import Linear
from helpers.nn.losses import CrossEntropyLoss
from helpers.nn.normalization import BatchNorm
from helpers.nn.optimizers import SGD, Adam

ASKED = [("SGD with momentum", False, 3, 2), ("Adam", False, 2, 2), ("SGD with momentum", True, 2, 3)]


def _cases(rng: np.random.Generator) -> list[Case]:
    return [
        {
            "optimizer": optimizer,
            "batch_norm": norm,
            "epochs_before": before,
            "epochs_after": after,
            **small_problem(rng, 24),
        }
        for optimizer, norm, before, after in ASKED
    ]


class _Run:
    """A network, its optimizer and its generator, ready to be trained."""

    def __init__(self, case: Case, seed: int):
        self.rng = np.random.default_rng(seed)
        norm = [BatchNorm(6)] if case["batch_norm"] else []
        self.model = Sequential(Linear(3, 6, rng=self.rng), *norm, ReLU(), Linear(6, 3, rng=self.rng))
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
        inside = [array.ravel() for layer in self.model.leaves() for array in layer.parameters().values()]
        running = [array.ravel() for array in self.model.state().values()]
        state = {key: np.array(part) for key, part in self.optimizer.state().items()}
        return to_plain(
            {
                "weights": np.concatenate(inside),
                "flat": self.model.flat,
                "running": np.concatenate([np.zeros(0), *running]),
                "optimizer": state,
                "generator": repr(self.rng.bit_generator.state),
            }
        )


def _probe(learner: Any, case: Case) -> dict[str, Any]:
    """Train, take a checkpoint, go on; then restore it twice into a fresh run, and go on each time."""
    untouched = _Run(case, case["seed"])
    untouched.train(case, case["epochs_before"])
    at = untouched.facts()
    right = untouched.train(case, case["epochs_after"])

    first = _Run(case, case["seed"])
    first.train(case, case["epochs_before"])
    checkpoint = call(learner, *first.parts)
    after_saving = first.facts()
    first.train(case, case["epochs_after"])

    second = _Run(case, case["seed"] + 1)
    second.train(case, 1)
    seen = {"at": at, "right": right, "end": first.facts(), "after_saving": after_saving}
    seen["fresh"] = second.facts()
    for name in ("once", "twice"):
        checkpoint.restore(*second.parts)
        seen[name] = second.facts()
        seen["on_" + name] = second.train(case, case["epochs_after"])
    return seen


def _same(value: Any, name: str, part: str, other: str = "at") -> bool:
    return same_plain(value[name][part], value[other][part])


def _restored(part: str, words: str, hint: str) -> Rule:
    """This part is what it was at the checkpoint, after the first restore."""

    def what(case: Case, value: Any) -> str:
        if _same(value, "once", part, "fresh"):
            return f"restore does not change {words}"
        return f"restore does not bring {words} of the checkpoint back"

    return Rule(what, lambda case, value: _same(value, "once", part), hint)


def _is_of_the_end(value: Any, part: str) -> bool:
    """Whether restore brought this part back as it was when training ended."""
    return _same(value, "once", part, "end") and not _same(value, "end", part)


def _losses(value: Any, name: str) -> str:
    return ", ".join(f"{loss:.6f}" for loss in value[name]["losses"][:4])


_COPY = (
    "A checkpoint is a copy: what training goes on to change must not change it. Take model.flat.copy(), and "
    "copies of the arrays of model.state()."
)
_ALL = ("weights", "running", "optimizer", "generator")

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
        "ValueError": "Put back what you took from the same place, in the same form.",
    },
    verdict=all_of(
        leaves_input_unchanged(),
        Rule(
            "taking the checkpoint changed the run that it was taken from",
            lambda case, value: all(_same(value, "after_saving", part) for part in _ALL),
            "__init__ only looks and copies: it draws nothing from rng and sets nothing.",
        ),
        Rule(
            "the checkpoint changed while training went on: it holds what there is at the end",
            lambda case, value: not any(_is_of_the_end(value, part) for part in _ALL),
            _COPY,
        ),
        Rule(
            "model.flat is another array now, and the layers do not know it",
            lambda case, value: same_plain(value["once"]["flat"], value["once"]["weights"]),
            "`model.flat = …` only gives the name to another array. Write into it: model.flat[...] = …",
        ),
        _restored(
            "weights",
            "the weights",
            "Put the weights into the model that is passed: model.flat[...] = …. Assigning to the name "
            "`model` changes nothing outside of the method.",
        ),
        _restored(
            "optimizer",
            "the optimizer's memory",
            "Momentum and Adam remember past gradients; without them the next steps differ. Save "
            "optimizer.state(), and give it to optimizer.load_state(…).",
        ),
        _restored(
            "generator",
            "the generator's state",
            "The order of the next epochs comes from rng. Save rng.bit_generator.state, and assign it to "
            "rng.bit_generator.state of the generator that is passed; `rng = …` changes nothing outside.",
        ),
        _restored(
            "running",
            "the running statistics",
            "Batch norm learns means and variances without a gradient; they are not in model.flat. Copy each "
            "array of model.state(), and write it back into the array of the same name.",
        ),
        Rule(
            lambda case, value: (
                f"training goes on differently\nexpected losses: {_losses(value, 'right')}\n"
                f"got:             {_losses(value, 'on_once')}"
            ),
            lambda case, value: all(_same(value, "on_once", part, "right") for part in (*_ALL, "losses")),
            "After restore, everything that the next step depends on is what it was, to the last bit.",
        ),
        Rule(
            "a second restore from the same checkpoint gives something else",
            lambda case, value: all(_same(value, "twice", part) for part in _ALL),
            "restore hands out copies too: what is trained afterwards must not be the checkpoint's own "
            "array.",
        ),
    ),
)
