"""Tasks 2 and 3: the backward pass of a linear layer, and of softmax with cross-entropy."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks import blocks
from helpers.checks.backward.mistaken import Array, close, mistaken_for
from helpers.checks.plain import short
from helpers.checks.probing import call
from helpers.checks.task import Case, Rule, Task, all_of


def _dX(case: Case) -> Array:
    return case["d_out"] @ case["W"].T


def _dW(case: Case) -> Array:
    return case["X"].T @ case["d_out"]


def _db(case: Case) -> Array:
    return case["d_out"].sum(axis=0)


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


linear_backward = Task(
    id="backward/linear_backward",
    points=3,
    signature="linear_backward(d_out, X, W)",
    cases=_linear_cases,
    probe=lambda learner, case: call(learner, case["d_out"], case["X"], case["W"]),
    hints={
        "ValueError": "Write the shapes down: dW must be (in, out); X is (n, in), d_out is (n, out).",
    },
    verdict=all_of(
        Rule(
            lambda case, value: f"expected three arrays dX, dW, db, got {short(value)}",
            lambda case, value: isinstance(value, list) and len(value) == 3,
            "End with `return dX, dW, db`.",
        ),
        Rule(
            "dX and dW have changed places",
            lambda case, value: not (close(value[0], _dW(case)) and close(value[1], _dX(case))),
            "The order is dX, dW, db.",
        ),
        mistaken_for(
            lambda case: _dW(case).T,
            _dW,
            "dW is transposed",
            "The shape of dW is that of W, (in, out). Which of the two factors must be transposed?",
            key=1,
        ),
        mistaken_for(
            lambda case: _dW(case) / len(case["X"]),
            _dW,
            "dW is divided by the number of rows",
            "The mean over the batch belongs to the loss, so it is in d_out already. A layer only sums.",
            key=1,
        ),
        mistaken_for(
            lambda case: _db(case)[None],
            _db,
            "db has the shape (1, out), expected (out,)",
            "b is a vector, so db is one: sum over axis 0, without keepdims.",
            key=2,
        ),
        mistaken_for(
            lambda case: _db(case) / len(case["X"]),
            _db,
            "db is the mean over the rows",
            "b is added to every row, so every row contributes to its slope: a sum, not a mean.",
            key=2,
        ),
        mistaken_for(
            lambda case: case["d_out"] @ case["W"] if len(case["W"]) == len(case["W"].T) else _dX(case),
            _dX,
            "dX uses W where it needs its transpose",
            "Forward, W leads from inputs to outputs. Backward it leads from outputs to inputs: W.T.",
            key=0,
        ),
        blocks.same_shape(_dX, key=0, name="dX", hint="dX has the shape of X."),
        blocks.same_shape(_dW, key=1, name="dW", hint="dW has the shape of W."),
        blocks.same_shape(
            _db, key=2, name="db", hint="db has the shape of b, one slope for each output: which axis goes?"
        ),
        blocks.close_to(
            _dX, key=0, name="dX", hint="dX: row i of d_out, led back through W. A product with W transposed."
        ),
        blocks.close_to(
            _dW, key=1, name="dW", hint="dW: the sum over the rows of x_ik · d_out_ij. That is a product."
        ),
        blocks.close_to(_db, key=2, name="db", hint="db: d_out summed over the rows: which axis goes?"),
        blocks.leaves_input_unchanged(hint="d_out, X and W are needed by others: compute new arrays."),
    ),
)


def _softmax(case: Case, axis: int = 1) -> Array:
    z = case["logits"] - case["logits"].max(axis=axis, keepdims=True)
    return np.exp(z) / np.exp(z).sum(axis=axis, keepdims=True)


def _truth(case: Case) -> Array:
    return np.eye(case["logits"].shape[1])[case["y"]]


def _d_logits(case: Case) -> Array:
    return (_softmax(case) - _truth(case)) / len(case["y"])


def _row_sum_off(case: Case, value: Any) -> str:
    sums = np.sum(value, axis=1)
    row = int(np.abs(sums).argmax())
    return f"the slopes of row {row} sum to {sums[row]:.3g}, expected 0"


def _rows_off(case: Case, value: Any) -> list[int]:
    """The rows with a wrong slope."""
    want = _d_logits(case)
    return [i for i, row in enumerate(np.asarray(value)) if not close(row, want[i])]


def _overflow_hidden(case: Case, value: Any) -> bool:
    """Whether all wrong rows are rows whose probabilities, computed without care, are NaN."""
    with np.errstate(all="ignore"):
        e = np.exp(case["logits"])
        careless = set(np.flatnonzero(~np.isfinite(e / e.sum(axis=1, keepdims=True)).all(axis=1)).tolist())
    off = set(_rows_off(case, value))
    return bool(off) and off <= careless


def _softmax_cases(rng: np.random.Generator) -> Sequence[Case]:
    asked = [(1, 3, 1.0), (4, 3, 1.0), (3, 3, 2.0), (6, 5, 3.0), (3, 4, 400.0), (4, 3, 1.0)]
    cases = []
    for n, classes, spread in asked:
        logits = (spread * rng.normal(size=(n, classes))).round(2)
        cases.append({"logits": logits, "y": rng.integers(classes, size=n)})
    cases[4]["logits"][0, 0] = 1000.0  # exp overflows
    cases[5]["logits"] += np.array([[0.0], [-1000.0], [1000.0], [0.0]])  # one maximum for all is not enough
    return cases


softmax_cross_entropy_backward = Task(
    id="backward/softmax_cross_entropy_backward",
    points=4,
    signature="softmax_cross_entropy_backward(logits, y)",
    cases=_softmax_cases,
    probe=lambda learner, case: call(learner, case["logits"], case["y"]),
    hints={
        "ValueError": "(n, C) divided by (n,) does not fit. With keepdims=True the sums are (n, 1).",
        "IndexError": "p[np.arange(n), y] picks the true class of each row; y holds 0 to C - 1.",
    },
    verdict=all_of(
        blocks.same_shape(
            lambda case: case["logits"].shape,
            hint="One slope for each logit: the shape of the logits, (n, C).",
        ),
        Rule(
            "there are NaN or infinite values",
            lambda case, value: bool(np.all(np.isfinite(value))),
            "exp(1000) overflows, and 0 / 0 is NaN. Subtract from each row its own maximum: p stays.",
        ),
        mistaken_for(
            lambda case: -_d_logits(case),
            _d_logits,
            "the sign is wrong",
            "What the model believes minus what is true, p - 1 for the true class: its slope is negative.",
        ),
        mistaken_for(
            lambda case: _d_logits(case) * len(case["y"]),
            _d_logits,
            "every slope is n times too large",
            "The loss is the mean over the rows, so each row counts 1/n: divide by n.",
        ),
        mistaken_for(
            lambda case: _d_logits(case) / case["logits"].shape[1],
            _d_logits,
            "every slope is C times too small",
            "Divide by the number of rows, len(y), not by the number of entries.",
        ),
        mistaken_for(
            lambda case: _softmax(case) / len(case["y"]),
            _d_logits,
            "these are the probabilities divided by n: the truth is missing",
            "Take 1 away from the probability of the true class of each row, before you divide.",
        ),
        mistaken_for(
            lambda case: (_softmax(case, axis=0) - _truth(case)) / len(case["y"]),
            _d_logits,
            "the probabilities sum to one in each column, they should in each row",
            "A row is a sample and its classes compete: maximum and sum go along axis=1.",
        ),
        Rule(
            lambda case, value: (
                f"only rows with very large or very small logits are off: {_rows_off(case, value)}"
            ),
            lambda case, value: not _overflow_hidden(case, value),
            "exp(1000) overflows. np.nan_to_num or np.clip hide the NaN, but 0 is not the right number: "
            "change the logits so that exp stays finite.",
        ),
        Rule(
            _row_sum_off,
            lambda case, value: bool(np.allclose(np.sum(value, axis=1), 0, atol=1e-9)),
            "p sums to 1 and the truth sums to 1 in each row. keepdims=True? One 1 in each row, at column y?",
        ),
        blocks.leaves_input_unchanged(
            hint="`logits -= …` and `d_logits = logits` write into the caller's array. Make a new one."
        ),
        blocks.close_to(_d_logits, hint="(p - onehot(y)) / n, with p the softmax of each row."),
    ),
)
