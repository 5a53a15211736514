"""Tasks 2 and 3: backward through shared weights, and through softmax with soft targets and a temperature."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.blocks import close
from helpers.checks.formula import formula_task, of_answer
from helpers.checks.task import Case, Wrong

Array = np.ndarray


def _tied_cases(rng: np.random.Generator) -> Sequence[Case]:
    cases = []
    for n, inputs, hidden in [(4, 3, 3), (2, 3, 2), (3, 3, 3), (1, 4, 2), (5, 2, 1), (40, 6, 5)]:
        X, d_out = rng.normal(size=(2, n, inputs)).round(2)
        W = rng.normal(size=(inputs, hidden)).round(2)
        X[-1] *= np.sign((X @ W)[-1, 0]) or 1  # in each case at least one unit is on
        b = rng.uniform(0.05, 0.2, size=hidden).round(2)
        cases.append({"d_out": d_out, "X": X, "W": W, "b": b})
    return cases


def _tied(d_out: Array, X: Array, W: Array, b: Array) -> Any:
    Z = X @ W + b
    H = np.maximum(Z, 0)
    dZ = d_out @ W * (Z > 0)
    dX, db = dZ @ W.T, dZ.sum(axis=0)
    return dX, X.T @ dZ + d_out.T @ H, db


tied_backward = formula_task(
    "backward/tied_backward",
    "tied_backward(d_out, X, W, b)",
    points=4,
    cases=_tied_cases,
    right=_tied,
    parts={
        "dX": "dX has the shape of X. Go from the output to the input: W.T, then ReLU, then W.",
        "dW": "dW has the shape of W. W is used in two places: which slope comes from each?",
        "db": "db has the shape of b: one slope for each hidden unit, over all rows.",
    },
    slips="""
        * (Z > 0) → * 1
            all three slopes are as if there were no ReLU
            Where Z was not positive, nothing passes.
        * (Z > 0) → * (d_out @ W > 0)
            slopes passed ReLU where they are positive themselves
            ReLU lets a slope through where Z was positive, whatever its own sign.
        Z = X @ W + b → Z = X @ W
            the slopes are those of a Z without b
            Compare your forward pass with that of the task.
        dW: + d_out.T @ H → + 0
            dW is the share of the first use of W only
            W is used twice, in X @ W and in H @ W.T, and both shares count.
        dW: X.T @ dZ + → 0 +
            dW is the share of the second use of W only
            W is used twice, in X @ W and in H @ W.T, and both shares count.
        dW: X.T @ dZ + d_out.T @ H → (X.T @ dZ + d_out.T @ H) / 2
            dW is half of what it should be
            What is used twice gets two shares, and they add up: a sum, not a mean.
        dW: d_out.T @ H → d_out.T @ Z
            the second share of dW is computed with Z
            What was multiplied by W.T is H, the output of ReLU.
        db: dZ.sum(axis=0) → (d_out @ W).sum(axis=0)
            db is as if there were no ReLU
            b stands before ReLU: where Z was not positive, nothing passes.
    """,
    form="End with `return dX, dW, db`.",
    unchanged="d_out, X, W and b are needed by others: compute new arrays.",
    hints={
        "ValueError": "Write the shapes down: X and d_out are (n, d), W is (d, h), Z, H and dH are (n, h)."
    },
)


def _soft(logits: Array, targets: Array, T: float) -> Array:
    z = logits / T
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return (p - targets) / (T * len(logits))


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
    want, got = _soft(**case), np.asarray(value)
    if bad := np.flatnonzero(~np.isfinite(got).all(axis=1)).tolist():
        hint = "exp(1000) is infinite, exp(-1000) is 0; inf / inf and 0 / 0 are NaN. Which number may you "
        hint += "subtract from the logits of a row?"
        raise Wrong(f"there are NaN or infinite values in row(s) {bad}", hint)
    off = [i for i, row in enumerate(got) if not close(row, want[i])]
    if off and (np.abs(case["logits"][off] / case["T"]).max(axis=1) > 700).all():
        hint = (
            "What np.nan_to_num or np.clip put in place of an overflow is no probability: change the logits "
        )
        hint += "before exp, so that it stays finite."
        raise Wrong(f"only rows with very large or very small logits are off: {off}", hint)
    row = int(np.abs(got.sum(axis=1)).argmax())
    if abs(got[row].sum()) > 1e-6:
        hint = "In each row the probabilities sum to 1, and so do the targets."
        raise Wrong(f"the slopes of row {row} sum to {got[row].sum():.3g}, expected 0", hint)


soft_cross_entropy_backward = formula_task(
    "backward/soft_cross_entropy_backward",
    "soft_cross_entropy_backward(logits, targets, T)",
    points=4,
    cases=_soft_cases,
    right=_soft,
    parts="One slope for each logit, in their shape.",
    slips="""
        (p - targets) → (targets - p)
            the sign is wrong
            Where the target is above p, a larger logit makes the loss smaller: its slope is negative.
        (T * len(logits)) → T
            every slope is n times too large
            The loss is the mean over the rows, so each row counts 1/n.
        (T * len(logits)) → (T * logits.size)
            every slope is C times too small: it was divided by the number of all logits
            The loss is the mean over the rows. How many are they?
        (T * len(logits)) → len(logits)
            every slope is T times what it should be
            How far does a logit divided by T move when you nudge the logit?
        (T * len(logits)) → len(logits) * T
            every slope is T² times what it should be
            Nudge a logit by a little: a logit divided by T moves less far when T is large.
        z = logits / T → z = logits
            the probabilities are those of T = 1
            p is the softmax of the logits divided by T.
        z = logits / T → z = logits
        (T * len(logits)) → len(logits)
            the slopes are those of T = 1
            T belongs into the softmax, and it changes how far a nudge of a logit goes.
        (p - targets) → (p - np.eye(len(targets[0]))[targets.argmax(axis=1)])
            only the largest target of each row was used, as a 1
            The targets are shares of every class: none of them is left out.
        z - z.max(axis=1, keepdims=True) → z - z.max(axis=0)
        e.sum(axis=1, keepdims=True) → e.sum(axis=0)
            the probabilities sum to one in each column, they should in each row
            A row is a sample and its classes compete: maximum and sum go along axis=1.
        z - z.max(axis=1, keepdims=True) → z
            exp overflows: there are NaN values, as without a shift of the logits
            Adding the same number to all logits of a row changes no probability. Which one helps?
        z.max(axis=1, keepdims=True) → z.max()
            there are NaN values, as with one shift for all rows
            In a row far below the largest logit of all, every exp is 0. Each row needs its own.
    """,
    last_rules=[_rows],
    unchanged="`logits -= …` and `d = logits` lead into the caller's array: make a new one.",
    hints={
        "ValueError": "Write down the shapes: a sum over axis=1 has shape (n,), with keepdims=True (n, 1)."
    },
)
