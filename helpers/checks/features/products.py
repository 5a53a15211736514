"""Task 1: squares and products of columns, in an order that the task names."""

from collections.abc import Sequence

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.task import Case

Array = np.ndarray


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    sizes = [(3, 2), (3, 3), (4, 1), (1, 4), (50, 6)]
    cases: list[Case] = [{"X": rng.uniform(-3, 3, size=size).round(1)} for size in sizes]
    cases.append({"X": rng.integers(100, 250, size=(2, 3)).astype(np.uint8)})
    cases.append({"X": rng.integers(-9, 9, size=(4, 5))})
    return cases


def _right(X: Array) -> Array:
    X = X.astype(float)
    d = X.shape[1]
    squares = [X[:, j] ** 2 for j in range(d)]
    products = [X[:, i] * X[:, j] for i in range(d) for j in range(i + 1, d)]
    return np.column_stack([X, *squares, *products])


squares_and_products = formula_task(
    "features/squares_and_products",
    "squares_and_products(X)",
    points=2,
    cases=_cases,
    right=_right,
    parts="From left to right: the columns of X, their squares, and the products of two different columns.",
    slips="""
        return np.column_stack([X, *squares, *products]) → return np.array([*X.T, *squares, *products])
            rows and columns have changed places
            A row of the answer is a row of X, with more entries.
        for j in range(i + 1, d) → for j in range(i, d)
        [X, *squares, *products] → [X, *products]
            a product comes before the last of the squares
            There are three groups of columns, one after the other: the second holds squares only.
        [X, *squares, *products] → [X, *products, *squares]
            the products come before the squares
            The squares are the second group, the products the third.
        for i in range(d) for j in range(i + 1, d) → for j in range(d) for i in range(j)
            the products are in another order
            First come all those with column 0, then those of column 1 with the ones after it, and so on.
        for j in range(i + 1, d) → for j in range(i, d)
            each square is there twice
            The third group has products of two different columns only.
        X = X.astype(float) → pass
            the squares and products were computed in uint8, where 255 + 1 is 0
            Make floats of X before you multiply.
    """,
    hints={
        "ValueError": "Write down the shapes that this line puts together. A column X[:, j] has shape (n,)."
    },
)
