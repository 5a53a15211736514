"""Tasks 2 and 3: the backward pass of a linear layer, and of softmax with cross-entropy."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.blocks import close
from helpers.checks.formula import formula_task, of_answer, slip
from helpers.checks.task import Case, Wrong

Array = np.ndarray


def _linear_cases(rng: np.random.Generator) -> Sequence[Case]:
    shapes = [(2, 3, 2), (4, 3, 2), (3, 3, 3), (1, 4, 2), (5, 2, 1), (40, 6, 5)]
    return [
        {
            "d_out": rng.normal(size=(n, outputs)).round(2),
            "X": rng.normal(size=(n, inputs)).round(2),
            "W": rng.normal(size=(inputs, outputs)).round(2),
        }
        for n, inputs, outputs in shapes
    ]


linear_backward = formula_task(
    "backward/linear_backward",
    "linear_backward(d_out, X, W)",
    points=3,
    cases=_linear_cases,
    right=lambda d_out, X, W: (d_out @ W.T, X.T @ d_out, d_out.sum(axis=0)),
    parts={
        "dX": "dX has the shape of X. Row i of X reaches the loss through W and row i of the output.",
        "dW": "dW has the shape of W. The weight w_kj meets x_ik and moves out_ij, in every row i.",
        "db": "db has the shape of b, one slope for each output: which axis goes?",
    },
    slips=[
        slip(
            lambda d_out, X, W: (X.T @ d_out, d_out @ W.T, d_out.sum(axis=0)),
            "dX and dW have changed places",
            "The order is dX, dW, db.",
        ),
        slip(
            lambda d_out, X, W: d_out.T @ X,
            "dW is transposed",
            "The shape of dW is that of W, (in, out). Which of the two factors must be transposed?",
            part="dW",
        ),
        slip(
            lambda d_out, X, W: X.T @ d_out / len(X),
            "dW is divided by the number of rows",
            "The mean over the batch belongs to the loss, so it is in d_out already. A layer only sums.",
            part="dW",
        ),
        slip(
            lambda d_out, X, W: d_out.sum(axis=0)[None],
            "db has the shape (1, out), expected (out,)",
            "b is a vector, so db is one: without keepdims.",
            part="db",
        ),
        slip(
            lambda d_out, X, W: d_out.mean(axis=0),
            "db is the mean over the rows",
            "b is added to every row, so every row contributes to its slope: a sum, not a mean.",
            part="db",
        ),
        slip(
            lambda d_out, X, W: d_out @ (W if W.shape[0] == W.shape[1] else W.T),
            "for a square W, dX is d_out @ W",
            "Forward, W leads from inputs to outputs. Backward it leads from outputs to inputs.",
            part="dX",
        ),
    ],
    form="End with `return dX, dW, db`.",
    unchanged="d_out, X and W are needed by others: compute new arrays.",
    hints={"ValueError": "Write the shapes down: dW must be (in, out); X is (n, in), d_out is (n, out)."},
)


def _p(logits: Array, axis: int = 1) -> Array:
    e = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def _careless(logits: Array, shift: Any = 0.0) -> Array:
    e = np.exp(logits - shift)
    return e / e.sum(axis=1, keepdims=True)


def _truth(logits: Array, y: Array) -> Array:
    return np.eye(logits.shape[1])[y]


def _right(logits: Array, y: Array) -> Array:
    return (_p(logits) - _truth(logits, y)) / len(y)


def _softmax_cases(rng: np.random.Generator) -> Sequence[Case]:
    asked = [(1, 3, 1.0), (4, 3, 1.0), (3, 3, 2.0), (6, 5, 3.0), (3, 4, 400.0), (4, 3, 1.0)]
    cases = []
    for n, classes, spread in asked:
        logits = (spread * rng.normal(size=(n, classes))).round(2)
        # In the one row of the first case the class is not 0: else p - y and p look the same.
        cases.append({"logits": logits, "y": rng.integers(int(n == 1), classes, size=n)})
    cases[4]["logits"][0, 0] = 1000.0  # exp overflows
    cases[5]["logits"] += np.array([[0.0], [-1000.0], [1000.0], [0.0]])  # one maximum for all is not enough
    return cases


@of_answer
def _rows(case: Case, value: Any) -> None:
    """What is wrong with single rows."""
    logits, want, got = case["logits"], _right(**case), np.asarray(value)
    bad = np.flatnonzero(~np.isfinite(got).all(axis=1))
    if len(bad):
        raise Wrong(
            f"there are NaN or infinite values in row(s) {bad.tolist()}",
            "exp(1000) is infinite, exp(-1000) is 0; inf / inf and 0 / 0 are NaN. Which number may you "
            "subtract from the logits of a row?",
        )
    off = [i for i, row in enumerate(got) if not close(row, want[i])]
    if off and not np.isfinite(_careless(logits)[off]).all(axis=1).any():
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
            "In each row the probabilities sum to 1, and so does the truth.",
        )


def _columns(logits: Array, y: Array) -> Array:
    d = _p(logits)
    d[:, y] -= 1
    return d / len(y)


softmax_cross_entropy_backward = formula_task(
    "backward/softmax_cross_entropy_backward",
    "softmax_cross_entropy_backward(logits, y)",
    points=4,
    cases=_softmax_cases,
    right=_right,
    parts="One slope for each logit, in their shape. Which entries are off: those of the true class?",
    slips=[
        slip(
            lambda logits, y: -_right(logits, y),
            "the sign is wrong",
            "A larger logit of the true class makes the loss smaller: its slope is negative.",
        ),
        slip(
            lambda logits, y: _right(logits, y) * len(y),
            "every slope is n times too large",
            "The loss is the mean over the rows, so each row counts 1/n.",
        ),
        slip(
            lambda logits, y: _right(logits, y) / logits.shape[1],
            "every slope is C times too small",
            "The mean is over the rows, not over the entries: how many rows are there?",
        ),
        slip(
            lambda logits, y: _p(logits) / len(y),
            "these are the probabilities divided by n: the truth is missing",
            "The slope is a difference: from the probabilities the truth is taken away, before you divide.",
        ),
        slip(
            lambda logits, y: (_p(logits) - y[:, None]) / len(y),
            "the number of the class, y, is subtracted from every probability of its row",
            "y says at which place the truth is 1. Everywhere else it is 0.",
        ),
        slip(
            _columns,
            "1 is taken from whole columns",
            "d[:, y] means every row, in these columns. One entry of each row is meant.",
        ),
        slip(
            lambda logits, y: (_p(logits, axis=0) - _truth(logits, y)) / len(y),
            "the probabilities sum to one in each column, they should in each row",
            "A row is a sample and its classes compete: maximum and sum go along axis=1.",
        ),
        slip(
            lambda logits, y: (_careless(logits) - _truth(logits, y)) / len(y),
            "exp overflows: there are NaN values, as without a shift of the logits",
            "Adding the same number to all logits of a row changes no probability. Which one helps?",
        ),
        slip(
            lambda logits, y: (_careless(logits, logits.max()) - _truth(logits, y)) / len(y),
            "there are NaN values, as with one shift for all rows",
            "In a row far below the largest logit of all, every exp is 0. Each row needs its own.",
        ),
    ],
    last_rules=[_rows],
    unchanged="`logits -= …` and `d = logits` lead into the caller's array: make a new one.",
    hints={
        "ValueError": "Write down the shapes: a sum over axis=1 has shape (n,), with keepdims=True (n, 1).",
        "IndexError": "y holds one column number, 0 to C - 1, for each row: row numbers go with it.",
    },
)
