"""Task 1 of exercise 10: stop when validation no longer improves, and go back to the best epoch.

The validation losses are written in the case; training only moves the parameters, so that each epoch can
be told from its weights.
"""

from typing import Any

import numpy as np

from helpers.checks.blocks import leaves_input_unchanged
from helpers.checks.plain import short
from helpers.checks.probing import call
from helpers.checks.randomness import new_seed
from helpers.checks.task import Case, Rule, Task, all_of
from helpers.nn.containers import Sequential
from helpers.nn.layers import Linear

KINDS = ["simple", "recovers", "ties", "max_epochs", "nan", "nan_first", "short"]


def _cases(rng: np.random.Generator) -> list[Case]:
    """Each kind of curve catches mistakes of one sort; the numbers in it are random."""
    low = np.sort(rng.uniform(0.2, 0.6, size=4))[::-1].round(3)  # falls
    a, b = round(float(low[-1]) + 0.05, 3), round(float(low[-1]) + 0.1, 3)  # a < b: worse than the best
    rises = (low[-1] + np.sort(rng.uniform(0.05, 0.5, size=12))).round(3)
    curves = {
        "simple": ([*low, *rises], 3, 30),
        # twice worse, then better than ever; later b, a, b: better than the epoch before, never than the best
        "recovers": ([*(low + 0.5), b + 0.6, a + 0.6, *low, b, a, b, a, b, a, b], 3, 40),
        "ties": ([*low, *[low[-1]] * 3, 0.1, 0.1, 0.1, 0.1], 3, 40),
        "max_epochs": ([*low, b, b, b, a], 10, 7),
        "nan": ([*low, float("nan"), b, float("nan"), low[-1] - 0.01, float("nan"), b], 2, 40),
        "nan_first": ([float("nan"), *low, float("nan"), b], 2, 40),
        "short": ([*low, b, 0.05, 0.04], 1, 40),
    }
    cases = []
    for kind in KINDS:
        losses, patience, max_epochs = curves[kind]
        cases.append(
            {
                "kind": kind,
                "validation_losses": [round(float(loss), 3) for loss in losses],
                "patience": patience,
                "max_epochs": max_epochs,
                "seed": new_seed(rng),
            }
        )
    return cases


def _probe(learner: Any, case: Case) -> dict[str, Any]:
    rng, losses = np.random.default_rng(case["seed"]), case["validation_losses"]
    inside = Linear(3, 2, rng=rng)
    model = Sequential(inside)
    path = [model.flat.copy()]

    def train_epoch() -> None:
        model.flat += rng.normal(size=model.flat.shape)
        path.append(model.flat.copy())

    def validation_loss() -> float:
        epoch = len(path) - 1
        return losses[epoch - 1] if 1 <= epoch <= len(losses) else 9.0

    answer = call(learner, model, train_epoch, validation_loss, case["patience"], case["max_epochs"])
    return {
        "answer": answer,
        "path": path,
        "flat": model.flat,
        "used": np.concatenate([inside.W.ravel(), inside.b.ravel()]),
    }


def _right(case: Case) -> tuple[int, int]:
    """The best epoch, and how many epochs are run."""
    best, best_epoch = float("inf"), 0
    for epoch in range(1, case["max_epochs"] + 1):
        losses = case["validation_losses"]
        loss = losses[epoch - 1] if epoch <= len(losses) else 9.0
        if loss < best:
            best, best_epoch = loss, epoch
        if epoch - best_epoch == case["patience"]:
            return best_epoch, epoch
    return best_epoch, case["max_epochs"]


def _ran(value: Any) -> int:
    return len(value["path"]) - 1


def _has_the_form(case: Case, value: Any) -> bool:
    answer = value["answer"]
    return (
        isinstance(answer, list) and len(answer) == 2 and np.ndim(answer[0]) == 0 and np.ndim(answer[1]) == 1
    )


def _how_long(case: Case, value: Any) -> str:
    best_epoch, epochs = _right(case)
    return (
        f"{_ran(value)} epochs were run, expected {epochs}: the best was epoch {best_epoch}, "
        f"patience = {case['patience']}, max_epochs = {case['max_epochs']}"
    )


def _length(kind: str, hint: str, *, more: bool | None = None) -> Rule:
    """The number of epochs is right for this kind of curve; `more` looks at too many, or too few, only."""

    def holds(case: Case, value: Any) -> bool:
        extra = _ran(value) - _right(case)[1]
        wrong = extra != 0 if more is None else extra > 0 if more else extra < 0
        return case["kind"] != kind or not wrong

    return Rule(_how_long, holds, hint)


def _best_is_off(case: Case, value: Any) -> str:
    return f"expected best_epoch = {_right(case)[0]}, got {short(value['answer'][0])}"


def _equals_epoch(value: Any, key: str, epoch: int) -> bool:
    return bool(np.allclose(value[key], value["path"][epoch], rtol=1e-12, atol=1e-12))


def _listed(case: Case, value: Any) -> bool:
    want = case["validation_losses"][: _ran(value)]
    return np.array_equal(np.asarray(value["answer"][1], float), np.asarray(want), equal_nan=True)


early_stopping = Task(
    id="tuning/early_stopping",
    points=3,
    signature="early_stopping(model, train_epoch, validation_loss, patience, max_epochs)",
    cases=_cases,
    probe=_probe,
    show=("validation_losses", "patience", "max_epochs"),
    hints={
        "TypeError": "train_epoch() and validation_loss() take no arguments.",
        "UnboundLocalError": "Give every name a value before the loop: the best loss begins with "
        "float('inf').",
    },
    verdict=all_of(
        leaves_input_unchanged(),
        Rule(
            lambda case, value: f"expected (best_epoch, losses), got {short(value['answer'])}",
            _has_the_form,
            "Return two things: the number of the best epoch, and the list of validation losses.",
        ),
        Rule(
            "train_epoch was never called",
            lambda case, value: _ran(value) > 0,
            "Each epoch: train_epoch(), then validation_loss().",
        ),
        Rule(
            _how_long,
            lambda case, value: _ran(value) <= case["max_epochs"],
            "max_epochs is the most that may be run, also while validation still improves.",
        ),
        _length(
            "simple",
            "Patience is off: stop at the end of the epoch that is the patience-th in a row without a new "
            "best.",
        ),
        Rule(
            _best_is_off,
            lambda case, value: (
                case["kind"] != "simple" or value["answer"][0] not in (_right(case)[0] - 1, _ran(value))
            ),
            "The best epoch is the one with the lowest validation loss, not the last, and epochs count "
            "from 1.",
        ),
        Rule(
            "model.flat is another array now, and the layers do not know it",
            lambda case, value: np.array_equal(value["flat"], value["used"]),
            "`model.flat = …` only gives the name to another array. Write into it: model.flat[...] = …",
        ),
        Rule(
            "the model has the weights of the last epoch",
            lambda case, value: (
                _right(case)[0] == _ran(value)
                or not _equals_epoch(value, "used", _ran(value))
                or _equals_epoch(value, "used", _right(case)[0])
                or case["kind"] == "max_epochs"
            ),
            "Keep a copy of the weights whenever a new best comes, best = model.flat.copy(), and put it "
            "back at the end. Without copy, `best` is another name for weights that go on moving.",
        ),
        _length(
            "recovers",
            "A new best starts the waiting anew: set the counter back to 0.",
            more=False,
        ),
        _length(
            "recovers",
            "Better than the epoch before is not enough: compare with the best loss so far.",
            more=True,
        ),
        _length("ties", "A loss equal to the best is no improvement: it must be lower."),
        Rule(
            _best_is_off,
            lambda case, value: case["kind"] != "ties" or value["answer"][0] == _right(case)[0],
            "A loss equal to the best is no improvement: it must be lower.",
        ),
        _length("max_epochs", "After max_epochs epochs it is over, not one earlier."),
        Rule(
            "after max_epochs the model has the weights of the last epoch",
            lambda case, value: case["kind"] != "max_epochs" or _equals_epoch(value, "used", _right(case)[0]),
            "The best weights go back in every case, not only when patience has run out: restore after the "
            "loop.",
        ),
        _length("nan", "A loss that is NaN is no improvement: ask whether it is lower than the best, `<`."),
        _length(
            "nan_first",
            "The first loss may be NaN, and nothing is lower than NaN: begin with best = float('inf').",
        ),
        _length("short", "With patience = 1, the first epoch without a new best is the last."),
        Rule(
            _best_is_off,
            lambda case, value: value["answer"][0] == _right(case)[0],
            "Epochs count from 1, and the best is the one with the lowest validation loss; NaN is never "
            "lower.",
        ),
        Rule(
            lambda case, value: f"the model does not have the weights of epoch {_right(case)[0]}, the best",
            lambda case, value: _equals_epoch(value, "used", _right(case)[0]),
            "Copy the weights in the epoch of each new best, after train_epoch().",
        ),
        Rule(
            lambda case, value: (
                f"the losses are off\nexpected: {short(case['validation_losses'][: _ran(value)])}\n"
                f"got:      {short(value['answer'][1])}"
            ),
            _listed,
            "The list has the validation loss of every epoch that was run, in order, the last ones too.",
        ),
    ),
)
