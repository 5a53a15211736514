"""Tasks 2 and 3: backward through shared weights, and through softmax with soft targets and a temperature."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from helpers.checks.blocks import close
from helpers.checks.formula import formula_task, of_answer, slip
from helpers.checks.task import Case, Wrong

Array = np.ndarray


def _tied_cases(rng: np.random.Generator) -> Sequence[Case]:
    shapes = [(2, 3, 2), (4, 3, 2), (3, 3, 3), (1, 4, 2), (5, 2, 1), (40, 6, 5)]
    cases = []
    for n, inputs, hidden in shapes:
        X, W = rng.normal(size=(n, inputs)).round(2), rng.normal(size=(inputs, hidden)).round(2)
        X[-1] *= np.sign((X @ W)[-1, 0]) or 1  # in each case at least one unit is on
        cases.append(
            {
                "d_out": rng.normal(size=(n, inputs)).round(2),
                "X": X,
                "W": W,
                "b": (rng.uniform(0.05, 0.2, size=hidden)).round(2),
            }
        )
    return cases


def tied(d_out: Array, X: Array, W: Array, b: Array, mask: Callable[[Array], Array] = lambda Z: Z > 0) -> Any:
    """The answer to task 2; or with another mask of ReLU."""
    Z = X @ W + b
    dZ = d_out @ W * mask(Z)
    return dZ @ W.T, X.T @ dZ + d_out.T @ np.maximum(Z, 0), dZ.sum(axis=0)


def _first_share(d_out: Array, X: Array, W: Array, b: Array) -> Array:
    return X.T @ (d_out @ W * (X @ W + b > 0))


def _second_share(d_out: Array, X: Array, W: Array, b: Array) -> Array:
    return d_out.T @ np.maximum(X @ W + b, 0)


tied_backward = formula_task(
    "backward/tied_backward",
    "tied_backward(d_out, X, W, b)",
    points=4,
    cases=_tied_cases,
    right=tied,
    parts={
        "dX": "dX has the shape of X. Go from the output to the input: W.T, then ReLU, then W.",
        "dW": "dW has the shape of W. W is used in two places: which slope comes from each?",
        "db": "db has the shape of b: one slope for each hidden unit, over all rows.",
    },
    slips=[
        slip(
            lambda d_out, X, W, b: tied(d_out, X, W, b, np.ones_like),
            "all three slopes are as if there were no ReLU",
            "Where Z was not positive, nothing passes.",
        ),
        slip(
            _first_share,
            "dW is the share of the first use of W only",
            "W is used twice, in X @ W and in H @ W.T, and both shares count.",
            part="dW",
        ),
        slip(
            _second_share,
            "dW is the share of the second use of W only",
            "W is used twice, in X @ W and in H @ W.T, and both shares count.",
            part="dW",
        ),
        slip(
            lambda d_out, X, W, b: tied(d_out, X, W, b)[1] / 2,
            "dW is half of what it should be",
            "What is used twice gets two shares, and they add up: a sum, not a mean.",
            part="dW",
        ),
        slip(
            lambda d_out, X, W, b: _first_share(d_out, X, W, b) + d_out.T @ (X @ W + b),
            "the second share of dW is computed with Z",
            "What was multiplied by W.T is H, the output of ReLU.",
            part="dW",
        ),
        slip(
            lambda d_out, X, W, b: (d_out @ W).sum(axis=0),
            "db is as if there were no ReLU",
            "b stands before ReLU: where Z was not positive, nothing passes.",
            part="db",
        ),
    ],
    form="End with `return dX, dW, db`.",
    unchanged="d_out, X, W and b are needed by others: compute new arrays.",
    hints={
        "ValueError": "Write the shapes down: X and d_out are (n, d), W is (d, h), Z, H and dH are (n, h)."
    },
)


def _p(logits: Array, axis: int = 1) -> Array:
    e = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def _careless(logits: Array, shift: Any = 0.0) -> Array:
    e = np.exp(logits - shift)
    return e / e.sum(axis=1, keepdims=True)


def _right(logits: Array, targets: Array, T: float) -> Array:
    return (_p(logits / T) - targets) / (T * len(targets))


def _soft_cases(rng: np.random.Generator) -> Sequence[Case]:
    asked = [(1, 3, 1.0, 1.0), (4, 3, 1.0, 3.0), (3, 3, 2.0, 0.5), (6, 5, 3.0, 4.0), (3, 4, 400.0, 2.0)]
    cases: list[Case] = []
    for n, classes, spread, T in [*asked, (4, 3, 1.0, 3.0)]:
        logits = (spread * rng.normal(size=(n, classes))).round(2)
        targets = rng.dirichlet(np.ones(classes), size=n)
        cases.append({"logits": logits, "targets": targets, "T": T})
    cases[4]["logits"][0, 0] = 2000.0  # exp overflows
    cases[5]["logits"] += np.array([[0.0], [-3000.0], [3000.0], [0.0]])  # one maximum for all is not enough
    return cases


@of_answer
def _rows(case: Case, value: Any) -> None:
    """What is wrong with single rows."""
    want, got = _right(**case), np.asarray(value)
    bad = np.flatnonzero(~np.isfinite(got).all(axis=1))
    if len(bad):
        raise Wrong(
            f"there are NaN or infinite values in row(s) {bad.tolist()}",
            "exp(1000) is infinite, exp(-1000) is 0; inf / inf and 0 / 0 are NaN. Which number may you "
            "subtract from the logits of a row?",
        )
    off = [i for i, row in enumerate(got) if not close(row, want[i])]
    if off and not np.isfinite(_careless(case["logits"] / case["T"])[off]).all(axis=1).any():
        raise Wrong(
            f"only rows with very large or very small logits are off: {off}",
            "What np.nan_to_num or np.clip put in place of an overflow is no probability: change the logits "
            "before exp, so that it stays finite.",
        )
    sums = got.sum(axis=1)
    row = int(np.abs(sums).argmax())
    if abs(sums[row]) > 1e-6:
        raise Wrong(
            f"the slopes of row {row} sum to {sums[row]:.3g}, expected 0",
            "In each row the probabilities sum to 1, and so do the targets.",
        )


soft_cross_entropy_backward = formula_task(
    "backward/soft_cross_entropy_backward",
    "soft_cross_entropy_backward(logits, targets, T)",
    points=4,
    cases=_soft_cases,
    right=_right,
    parts="One slope for each logit, in their shape.",
    slips=[
        slip(
            lambda logits, targets, T: -_right(logits, targets, T),
            "the sign is wrong",
            "Where the target is above p, a larger logit makes the loss smaller: its slope is negative.",
        ),
        slip(
            lambda logits, targets, T: _right(logits, targets, T) * len(targets),
            "every slope is n times too large",
            "The loss is the mean over the rows, so each row counts 1/n.",
        ),
        slip(
            lambda logits, targets, T: _right(logits, targets, T) * T,
            "every slope is T times what it should be",
            "How far does a logit divided by T move when you nudge the logit?",
        ),
        slip(
            lambda logits, targets, T: _right(logits, targets, T) * T**2,
            "every slope is T² times what it should be",
            "Nudge a logit by a little: a logit divided by T moves less far when T is large.",
        ),
        slip(
            lambda logits, targets, T: _right(logits, targets, 1.0) / T,
            "the probabilities are those of T = 1",
            "p is the softmax of the logits divided by T.",
        ),
        slip(
            lambda logits, targets, T: _right(logits, targets, 1.0),
            "the slopes are those of T = 1",
            "T belongs into the softmax, and it changes how far a nudge of a logit goes.",
        ),
        slip(
            lambda logits, targets, T: (
                (_p(logits / T) - np.eye(logits.shape[1])[targets.argmax(axis=1)]) / (T * len(targets))
            ),
            "only the largest target of each row was used, as a 1",
            "The targets are shares of every class: none of them is left out.",
        ),
        slip(
            lambda logits, targets, T: (_p(logits / T, axis=0) - targets) / (T * len(targets)),
            "the probabilities sum to one in each column, they should in each row",
            "A row is a sample and its classes compete: maximum and sum go along axis=1.",
        ),
        slip(
            lambda logits, targets, T: (_careless(logits / T) - targets) / (T * len(targets)),
            "exp overflows: there are NaN values, as without a shift of the logits",
            "Adding the same number to all logits of a row changes no probability. Which one helps?",
        ),
        slip(
            lambda logits, targets, T: (
                (_careless(logits / T, logits.max() / T) - targets) / (T * len(targets))
            ),
            "there are NaN values, as with one shift for all rows",
            "In a row far below the largest logit of all, every exp is 0. Each row needs its own.",
        ),
    ],
    last_rules=[_rows],
    unchanged="`logits -= …` and `d = logits` lead into the caller's array: make a new one.",
    hints={
        "ValueError": "Write down the shapes: a sum over axis=1 has shape (n,), with keepdims=True (n, 1)."
    },
)
