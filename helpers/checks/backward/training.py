"""Task 5: an MLP trained on moons. The path is compared step by step with one from the same start."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from helpers import data
from helpers.checks import blocks
from helpers.checks.backward.mistaken import Array, close, mistaken_for
from helpers.checks.plain import short
from helpers.checks.probing import call
from helpers.checks.task import Case, Rule, Task, all_of

FEW = 3  # up to so many steps a mistake can be told from its numbers


def _is_positive(Z: Array) -> Array:
    return Z > 0


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    asked = [(12, 4, 0.5, 1), (15, 6, 0.3, 1), (20, 5, 0.5, 3), (60, 12, 0.5, 40)]
    cases = []
    for n, hidden, lr, num_steps in asked:
        X, y = data.two_moons(n, noise=0.1, rng=rng)
        start = [
            rng.normal(size=(2, hidden)),
            rng.normal(size=hidden) / 4,
            rng.normal(size=(hidden, 2)) / np.sqrt(hidden),
            rng.normal(size=2) / 4,
        ]
        cases.append({"X": X, "y": y, "start": start, "lr": lr, "num_steps": num_steps})
    cases.insert(2, _with_the_origin(cases[1]))
    return cases


def _with_the_origin(case: Case) -> Case:
    """The same with a row (0, 0) and biases that start at 0, as they often do: there Z is exactly 0."""
    X, (W1, b1, W2, b2) = case["X"].copy(), case["start"]
    X[0] = 0
    return {**case, "X": X, "start": [W1, np.zeros_like(b1), W2, np.zeros_like(b2)]}


def _train(
    case: Case, *, sign: float = -1, mask: Callable[[Array], Array] = _is_positive, late: bool = False
) -> tuple[list[Array], Array]:
    """The path, or the one of a mistake: uphill, another mask of ReLU, W2 updated before it is used."""
    X, y, lr = case["X"], case["y"], case["lr"]
    W1, b1, W2, b2 = (part.copy() for part in case["start"])
    losses = []
    for _ in range(case["num_steps"]):
        Z = X @ W1 + b1
        A = np.maximum(Z, 0)
        logits = A @ W2 + b2
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        losses.append(-np.log(p[np.arange(len(y)), y]).mean())
        d_logits = (p - np.eye(2)[y]) / len(y)
        dW2, db2 = A.T @ d_logits, d_logits.sum(axis=0)
        used = W2 + sign * lr * dW2 if late else W2
        dZ = d_logits @ used.T * mask(Z)
        for part, d in zip((W1, b1, W2, b2), (X.T @ dZ, dZ.sum(axis=0), dW2, db2), strict=True):
            part += sign * lr * d
    return [W1, b1, W2, b2], np.array(losses)


def _flat(parameters: Sequence[Any]) -> Array:
    return np.concatenate([np.ravel(part) for part in parameters])


def _right(case: Case) -> Array:
    return _flat(_train(case)[0])


def _probe(learner: Any, case: Case) -> Any:
    return call(learner, case["X"], case["y"], case["start"], case["lr"], case["num_steps"])


def _path_of(what: str, hint: str, **mistake: Any) -> Rule:
    """Broken when the parameters are those of one mistake, after a few steps."""
    rule = mistaken_for(lambda case: _flat(_train(case, **mistake)[0]), _right, what, hint)
    return Rule(what, lambda case, value: case["num_steps"] > FEW or rule.holds(case, _flat(value[0])), hint)


def _has_the_form(case: Case, value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], list)
        and [np.shape(part) for part in value[0]] == [part.shape for part in case["start"]]
    )


def _unmoved(case: Case, value: Any) -> list[str]:
    """The parameters that are still where they started."""
    parts = zip(("W1", "b1", "W2", "b2"), value[0], case["start"], strict=True)
    return [name for name, part, start in parts if np.array_equal(part, start)]


def _scaled(case: Case) -> Array:
    """One step with the sum of the losses in place of their mean."""
    return _flat(_train({**case, "lr": case["lr"] * len(case["y"])})[0])


def _parameters_off(case: Case, value: Any) -> str:
    want = _train(case)[0]
    names = ("W1", "b1", "W2", "b2")
    wrong = [name for name, a, b in zip(names, value[0], want, strict=True) if not close(a, b, 1e-5, 1e-8)]
    part = names.index(wrong[0]) if wrong else 0
    return (
        f"{' and '.join(wrong)} {'is' if len(wrong) == 1 else 'are'} off after {case['num_steps']} step(s)\n"
        f"expected: {names[part]} = {short(want[part])}\ngot:      {names[part]} = {short(value[0][part])}"
    )


def _losses_off(case: Case, value: Any) -> str:
    want, got = _train(case)[1], np.asarray(value[1])
    return f"the losses are off\nexpected: {short(want)}\ngot:      {short(got)}"


train_moons = Task(
    id="backward/train_moons",
    points=5,
    signature="train_moons(X, y, start, lr, num_steps)",
    cases=_cases,
    probe=_probe,
    show=("X", "y", "lr", "num_steps"),
    hints={
        "ValueError": "X (n, 2), W1 (2, h), A (n, h), W2 (h, 2), logits (n, 2): which two do not fit?",
    },
    verdict=all_of(
        Rule(
            lambda case, value: (
                f"expected [W1, b1, W2, b2], losses in the shapes of the start, got {short(value)}"
            ),
            _has_the_form,
            "End with `return [W1, b1, W2, b2], losses`.",
        ),
        blocks.leaves_input_unchanged(
            "start",
            hint="`W1 -= …` writes into the caller's start. Begin with copies: W1 = start[0].copy(), …",
        ),
        Rule(
            lambda case, value: (
                f"expected losses of shape ({case['num_steps']},), one for each step, "
                f"got shape {np.shape(value[1])}"
            ),
            lambda case, value: np.shape(value[1]) == (case["num_steps"],),
            "Append one loss in each step, the mean over all rows.",
        ),
        Rule(
            "the start came back: none of W1, b1, W2, b2 has moved",
            lambda case, value: len(_unmoved(case, value)) < 4,
            "Return the new arrays, the ones that the updates made, not those of `start`.",
        ),
        Rule(
            lambda case, value: f"{' and '.join(_unmoved(case, value))} did not move",
            lambda case, value: not _unmoved(case, value),
            "Every parameter takes a step in its own direction, the biases too.",
        ),
        _path_of("the parameters went uphill", "The gradient points up. Subtract lr · gradient.", sign=1),
        _path_of(
            "W1 and b1 moved as if there were no ReLU",
            "Backward through ReLU: where Z was not positive, nothing passes. Multiply dA by (Z > 0).",
            mask=np.ones_like,
        ),
        _path_of(
            "b1 moved as if ReLU let the slope through where Z is exactly 0, as in row 0",
            "Where Z was not positive, nothing passes, and 0 is not positive.",
            mask=lambda Z: Z >= 0,
        ),
        _path_of(
            "W1 and b1 moved with the new W2",
            "Compute all gradients first, then update: dA needs W2 as it was in the forward pass.",
            late=True,
        ),
        Rule(
            "each step is n times too long",
            lambda case, value: case["num_steps"] > 1 or not close(_flat(value[0]), _scaled(case)),
            "The loss is the mean over the rows, so d_logits is divided by n.",
        ),
        # 1e-5: in 40 steps a rounding error grows; a wrong path is off in the first digits.
        Rule(
            _parameters_off,
            lambda case, value: close(_flat(value[0]), _right(case), rtol=1e-5, atol=1e-8),
            "In each step: forward, d_logits, linear, ReLU, linear, then the update, on all rows at once.",
        ),
        Rule(
            _losses_off,
            lambda case, value: close(value[1], _train(case)[1], rtol=1e-5, atol=1e-8),
            "The loss of a step is measured in its forward pass, before the update: "
            "the mean of -log p of the true class.",
        ),
    ),
)
