"""Task 5: an autoencoder with shared weights. The path is compared with one from the same start."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers import data
from helpers.checks.blocks import close
from helpers.checks.formula import formula_task
from helpers.checks.plain import same_form
from helpers.checks.probing import Seen, call
from helpers.checks.task import Case, Wrong, verdict

Array = np.ndarray
RTOL, ATOL = 1e-5, 1e-8  # in 30 steps a rounding error grows; a wrong path is far off
IN_A_STEP = "In each step: forward, the slope of the loss for out, task 2, then the update, on all rows."


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    digits = data.load_digits().X / 16
    cases: list[Case] = []
    for n, inputs, hidden, num_steps in [(6, 3, 2, 2), (5, 4, 2, 1), (12, 5, 3, 3), (40, 64, 8, 30)]:
        X = rng.normal(size=(n, inputs)) if inputs < 64 else digits[rng.permutation(len(digits))[:n]]
        start = [rng.normal(size=(inputs, hidden)) / np.sqrt(inputs), rng.uniform(0.1, 0.3, size=hidden)]
        cases.append({"X": X, "start": start, "lr": 0.5, "num_steps": num_steps})
    return cases


def _trained(X: Array, start: Sequence[Array], lr: float, num_steps: int) -> tuple[list[Array], Array]:
    W, b = start
    losses = []
    for _ in range(num_steps):
        Z = X @ W + b
        H = np.maximum(Z, 0)
        error = H @ W.T - X
        losses.append((error**2).mean())
        d_out = 2 * error / X.size
        dZ = d_out @ W * (Z > 0)
        dW, db = X.T @ dZ + d_out.T @ H, dZ.sum(axis=0)
        W, b = W - lr * dW, b - lr * db
    return [W, b], np.array(losses)


def _probe(learner: Any, case: Case) -> Seen:
    """The answer, and beside it the parameters after the first step alone, where there are few."""
    again = copy.deepcopy(case)
    answer = call(learner, *case.values())
    few = case["num_steps"] <= 3
    first = call(learner, again["X"], again["start"], again["lr"], 1) if few else answer
    return Seen(answer, first=first, few=few)


@verdict
def _moved(case: Case, value: Any) -> None:
    if not same_form((case["start"], 0), value["answer"]):
        return
    parameters, losses = value["answer"]
    pairs = zip(("W", "b"), parameters, case["start"], strict=True)
    still = [name for name, got, was in pairs if np.array_equal(got, was)]
    if still and len(set(np.ravel(losses).tolist())) == 1:
        hint = "No update reached them. In a loop, `p = p - …` gives a new array the name p, and what p was "
        hint += "stays as it is; `p -= …` writes into it."
        raise Wrong("neither W nor b has moved, and no loss differs from another", hint)
    if still:
        hint = "Return the new arrays, the ones that the updates made." if still == ["W", "b"] else ""
        what = "did not move, while the losses differ from step to step"
        raise Wrong(f"{' and '.join(still)} {what}", hint or "Both parameters take a step in every round.")


@verdict
def _b_alone(case: Case, value: Any) -> None:
    """Where only W is off after one step, what is wrong lies in dW."""
    if not value["few"]:
        return
    (W, b), _ = _trained(case["X"], case["start"], case["lr"], 1)
    got = value["first"][0]
    if close(got[1], b, rtol=RTOL, atol=ATOL) and not close(got[0], W, rtol=RTOL, atol=ATOL):
        raise Wrong(
            "after one step b is right and W is not",
            "What came down to b is right. Does task 2 pass, and is its dW the one that W moved by?",
        )


train_autoencoder = formula_task(
    "backward/train_autoencoder",
    "train_autoencoder(X, start, lr, num_steps)",
    points=4,
    cases=_cases,
    probe=_probe,
    show=("X", "lr", "num_steps"),
    right=_trained,
    parts={
        **dict.fromkeys(("W", "b"), IN_A_STEP),
        "losses": "One loss for each step, of its forward pass: the mean of (out - X)² over all entries.",
    },
    rules=[_moved],
    last_rules=[_b_alone],
    slips=r"""
        W - lr * dW, b - lr * db → W + lr * dW, b + lr * db
            the parameters went uphill
            The gradient points up: which sign has the step, and which sign has out - X?
        2 * error / X.size → error / X.size
            each step is half as long as it should be
            What is the slope of a square?
        2 * error / X.size → 2 * error / len(X)
            each step is d times too long: the slopes are those of a mean over the rows only
            The loss is the mean over all entries. How many are there?
        2 * error / X.size → 2 * error
            each step is as many times too long as X has entries
            The loss is a mean, not a sum: each entry counts one share of it.
        * (Z > 0) → * 1
            W and b moved as if there were no ReLU
            Backward through ReLU: where Z was not positive, nothing passes.
        + d_out.T @ H → + 0
            W moved by the share of its first use only
            W is used twice, and both shares count.
        losses: losses.append((error**2).mean()) → pass
        b - lr * db → b - lr * db\nlosses.append(((np.maximum(X @ W + b, 0) @ W.T - X) ** 2).mean())
            each loss is the one after the update
            The loss of a step is measured in its forward pass, before the update.
    """,
    form="End with `return [W, b], losses`, in the shapes of the start.",
    unchanged="`W -= …` writes into the caller's start. Begin with copies: W = start[0].copy(), …",
    rtol=RTOL,
    atol=ATOL,
    hints={"ValueError": "X (n, d), W (d, h), H (n, h), out (n, d): which two do not fit?"},
)
