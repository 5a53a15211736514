"""Task 1: a loss with an L1 and an L2 penalty, and its slopes."""

from collections.abc import Sequence

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.task import Case

Array = np.ndarray


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """In the first no weight is 0; then weights of 0, one penalty alone, one row, whole numbers."""
    cases: list[Case] = []
    for n, d, l1, l2 in [(6, 3, 0.3, 0.2), (5, 4, 0.4, 0.1), (9, 2, 0.5, 0.0), (1, 5, 0.2, 0.7)]:
        X, y = rng.normal(size=(n, d)), rng.normal(2.0, 1.5, size=n)
        w = rng.uniform(0.6, 2.5, size=d) * np.where(rng.permutation(d) % 2, -1, 1)
        cases.append({"X": X.round(2), "y": y.round(2), "w": w.round(2)})
        cases[-1] |= {"b": round(float(rng.uniform(0.5, 2)), 2), "l1": l1, "l2": l2}
    w = cases[1]["w"]
    w[[w.argmin(), w.argmax()]] = 0.0
    whole = {"X": rng.integers(-4, 5, size=(7, 3)), "y": rng.integers(10, size=7), "w": np.array([2, 0, -3])}
    return [*cases, {**whole, "b": -1, "l1": 0.25, "l2": 0.5}]


def _penalised(X: Array, y: Array, w: Array, b: float, l1: float, l2: float) -> tuple[float, Array, float]:
    error = X @ w + b - y
    data = np.mean(error**2)
    loss = data + l1 * np.abs(w).sum() + l2 * (w**2).sum()
    slope = 2 * X.T @ error / len(y)
    dw = slope + l1 * np.sign(w) + 2 * l2 * w
    db = 2 * error.mean()
    return loss, dw, db


penalised = formula_task(
    "overfitting/penalised",
    "penalised(X, y, w, b, l1, l2)",
    points=3,
    cases=_cases,
    right=_penalised,
    parts={
        "loss": "Three numbers are added: the mean squared error, and two penalties.",
        "dw": "Three slopes are added for each weight. Take l1 = l2 = 0 first, then one of them alone.",
        "db": "What does a nudge of b do to each error, and to the penalties?",
    },
    slips=r"""
        l1 * np.abs(w).sum() + l2 * (w**2).sum() → l2 * np.abs(w).sum() + l1 * (w**2).sum()
        l1 * np.sign(w) + 2 * l2 * w → l2 * np.sign(w) + 2 * l1 * w
            l1 and l2 were taken for each other
            l1 is the price of the sizes, l2 that of the squares.
        dw: 2 * l2 * w → l2 * w
            in dw the pull of L2 is half as strong as it should be
            What is the slope of a square?
        dw: l1 * np.sign(w) + 2 * l2 * w → 0
            dw has no penalty in it
            The loss has three parts. Each has a slope for w.
        dw: np.sign(w) → w
            in dw the pull of L1 grows with the weight
            Draw |w|. How steep is it at 0.1, and how steep at 5?
        dw: np.sign(w) → np.abs(w)
            in dw the pull of L1 grows with the weight, and has lost its sign
            Draw |w|. How steep is it at 0.1, at 5, and at -5?
        dw: np.sign(w) → 1
            in dw the pull of L1 has one sign for all weights
            Draw |w|. Is it as steep at -5 as at 5?
        dw: np.sign(w) → np.where(w >= 0, 1, -1)
            L1 pulls a weight that is 0
            The task says which slope |w| has at 0.
        dw: np.sign(w) → np.where(w > 0, 1, -1)
            L1 pulls a weight that is 0
            The task says which slope |w| has at 0.
        dw: np.sign(w) → (w / np.abs(w))
            dw is NaN where a weight is 0
            That is 0 / 0. The task says which slope |w| has at 0.
        dw: slope + l1 * np.sign(w) + 2 * l2 * w → slope - l1 * np.sign(w) - 2 * l2 * w
            in dw the penalties have the wrong sign
            If a weight above 0 grows, does its price rise or fall?
        dw: l1 * np.sign(w) + 2 * l2 * w → (l1 * np.sign(w) + 2 * l2 * w) / len(y)
            in dw the penalties were divided by the number of rows
            The mean is one of squared errors. The price of a weight is the same for any number of rows.
        dw: 2 * X.T @ error / len(y) → 2 * X.T @ error
            in dw the slope of the data is that of a sum
            The mean over the rows: how many are there?
        dw: 2 * X.T @ error / len(y) → X.T @ error / len(y)
            in dw the slope of the data is half as steep as it should be
            What is the slope of a square?
        dw: return loss, dw, db → return loss, dw.astype(w.dtype), db
            the numbers of dw have lost their decimals
            w holds whole numbers here, and so does an array that is made like it.
        loss: l1 * np.abs(w).sum() + l2 * (w**2).sum() → 0
            the loss has no penalty in it
            Three numbers are added.
        loss: np.abs(w).sum() → w.sum()
            in the loss weights below 0 lower the price
            L1 adds up the sizes: -3 costs as much as 3.
        loss: + l2 * (w**2).sum() → + l2 * (w**2).sum() + l1 * abs(b) + l2 * b**2
            in the loss b pays the penalties, too
            Only the weights do.
        db: 2 * error.mean() → 2 * error.mean() + l1 * np.sign(b) + 2 * l2 * b
            in db b pays the penalties, too
            Only the weights do.
        db: 2 * error.mean() → 2 * error.sum()
            db is the slope of a sum
            The mean over the rows: how many are there?
    """,
    form="End with `return loss, dw, db`: a number, an array of shape (d,), and a number.",
    unchanged="The weights are needed by others: compute new arrays.",
    hints={
        "ValueError": "Write the shapes of this line down: X is (n, d), y is (n,), w is (d,).",
        "UFuncTypeError": "An array of whole numbers cannot take up decimals in place: make a new one.",
    },
)
