"""Task 5: an MLP trained on moons. The path is compared step by step with one from the same start."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from helpers import data
from helpers.checks.blocks import close
from helpers.checks.formula import formula_task, same_form, slip
from helpers.checks.probing import Seen, call
from helpers.checks.task import Case, Wrong, verdict

Array = np.ndarray
NAMES = ("W1", "b1", "W2", "b2")
RTOL, ATOL = 1e-5, 1e-8  # in 40 steps a rounding error grows; a wrong path is far off
IN_A_STEP = "In each step: forward, d_logits, linear, ReLU, linear, then the update, on all rows at once."


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    cases: list[Case] = []
    for n, hidden, lr, num_steps in [(12, 4, 0.5, 2), (15, 6, 0.3, 1), (20, 5, 0.5, 3), (60, 12, 0.5, 40)]:
        X, y = data.two_moons(n, noise=0.1, rng=rng)
        start = [
            rng.normal(size=(2, hidden)),
            rng.normal(size=hidden) / 4,
            rng.normal(size=(hidden, 2)) / np.sqrt(hidden),
            rng.normal(size=2) / 4,
        ]
        cases.append({"X": X, "y": y, "start": start, "lr": lr, "num_steps": num_steps})
    # A row (0, 0) and biases that start at 0, as they often do: there Z is exactly 0.
    with_origin = copy.deepcopy(cases[1])
    with_origin["X"][0] = with_origin["start"][1][:] = with_origin["start"][3][:] = 0
    return [*cases[:2], with_origin, *cases[2:]]


def trained(
    X: Array,
    y: Array,
    start: Sequence[Array],
    lr: float,
    num_steps: int,
    *,
    mask: Callable[[Array], Array] = lambda Z: Z > 0,
    late: bool = False,
) -> tuple[list[Array], Array]:
    """The answer; or with another mask of ReLU, or with W2 updated before it is used (`late`)."""
    W1, b1, W2, b2 = (part.copy() for part in start)
    losses = []
    for _ in range(num_steps):
        Z = X @ W1 + b1
        A = np.maximum(Z, 0)
        logits = A @ W2 + b2
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        losses.append(-np.log(p[np.arange(len(y)), y]).mean())
        d_logits = (p - np.eye(2)[y]) / len(y)
        dW2, db2 = A.T @ d_logits, d_logits.sum(axis=0)
        dZ = d_logits @ (W2 - lr * dW2 if late else W2).T * mask(Z)
        for part, d in zip((W1, b1, W2, b2), (X.T @ dZ, dZ.sum(axis=0), dW2, db2), strict=True):
            part -= lr * d
    return [W1, b1, W2, b2], np.array(losses)


def _probe(learner: Any, case: Case) -> Seen:
    """The answer, and beside it the parameters after the first step alone, where there are few."""
    again = copy.deepcopy(case)
    answer = call(learner, case["X"], case["y"], case["start"], case["lr"], case["num_steps"])
    few = case["num_steps"] <= 3
    first = call(learner, again["X"], again["y"], again["start"], again["lr"], 1) if few else answer
    return Seen(answer, first=first)


@verdict
def _moved(case: Case, value: Any) -> None:
    if not same_form((case["start"], 0), value["answer"]):
        return
    parameters, losses = value["answer"]
    still = [
        n for n, got, was in zip(NAMES, parameters, case["start"], strict=True) if np.array_equal(got, was)
    ]
    if len(still) < len(NAMES):
        if still:
            raise Wrong(
                f"{' and '.join(still)} did not move", "Every parameter takes a step, the biases too."
            )
        return
    if len(set(np.ravel(losses).tolist())) == 1:
        raise Wrong(
            "none of W1, b1, W2, b2 has moved, and the loss is the same in each step",
            "No update reached them. In a loop, `p = p - …` gives a new array the name p, and what p was "
            "stays as it is; `p -= …` writes into it.",
        )
    raise Wrong(
        "the losses change, so there were updates; but what came back is the start",
        "Return the new arrays, the ones that the updates made, not those of `start`.",
    )


@verdict
def _between_the_layers(case: Case, value: Any) -> None:
    W1, b1, W2, b2 = trained(case["X"], case["y"], case["start"], case["lr"], 1)[0]
    got = value["first"][0]
    right = [close(*pair, rtol=RTOL, atol=ATOL) for pair in zip(got, (W1, b1, W2, b2), strict=True)]
    if all(right[2:]) and not all(right[:2]):
        raise Wrong(
            "after one step W2 and b2 are right, W1 and b1 are not",
            "What lies between them is at fault: the slopes of A, ReLU, and the first linear layer.",
        )


train_moons = formula_task(
    "backward/train_moons",
    "train_moons(X, y, start, lr, num_steps)",
    points=5,
    cases=_cases,
    probe=_probe,
    show=("X", "y", "lr", "num_steps"),
    right=trained,
    parts={
        **dict.fromkeys(NAMES, IN_A_STEP),
        "losses": "One loss for each step, of its forward pass: the mean of -log p of the true class.",
    },
    rules=[_moved],
    last_rules=[_between_the_layers],
    slips=[
        slip(
            lambda X, y, start, lr, num_steps: trained(X, y, start, -lr, num_steps),
            "the parameters went uphill",
            "The gradient points up: which sign has the step?",
        ),
        slip(
            lambda X, y, start, lr, num_steps: trained(X, y, start, lr * len(y), num_steps),
            "each step is n times too long",
            "The loss is the mean over the rows, so each row counts 1/n.",
        ),
        slip(
            lambda *given: trained(*given, mask=np.ones_like),
            "W1 and b1 moved as if there were no ReLU",
            "Backward through ReLU: where Z was not positive, nothing passes.",
        ),
        slip(
            lambda *given: trained(*given, mask=lambda Z: Z >= 0),
            "b1 moved as if ReLU let the slope through where Z is exactly 0, as in row 0",
            "Where Z was not positive, nothing passes, and 0 is not positive.",
        ),
        slip(
            lambda *given: trained(*given, late=True),
            "W1 and b1 moved with the new W2",
            "Compute all gradients first, then update: dA needs W2 as it was in the forward pass.",
        ),
        slip(
            lambda X, y, start, lr, num_steps: trained(X, y, start, lr, num_steps + 1)[1][1:],
            "each loss is the one after the update",
            "The loss of a step is measured in its forward pass, before the update.",
            part="losses",
        ),
    ],
    form="End with `return [W1, b1, W2, b2], losses`, in the shapes of the start.",
    unchanged="`W1 -= …` writes into the caller's start. Begin with copies: W1 = start[0].copy(), …",
    rtol=RTOL,
    atol=ATOL,
    hints={"ValueError": "X (n, 2), W1 (2, h), A (n, h), W2 (h, 2), logits (n, 2): which two do not fit?"},
)
