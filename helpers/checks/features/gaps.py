"""Task 4: gaps are filled with what the training rows say, and marked."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from helpers.checks.formula import formula_task, of_answer
from helpers.checks.plain import same_form
from helpers.checks.task import Case, Wrong

Array = np.ndarray
NAMES = ("Z_train", "Z_new")
RTOL = 1e-6  # medians in float32 among the floats of the table
LAST = "First the kept columns, filled with the medians of X_train, then the marks."


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def table(n: int, d: int, gaps: Sequence[tuple[int, int]] = ()) -> Array:
        X = rng.gamma(2.0, size=(n, d)).round(2) * 10.0 ** np.arange(d)
        for place in gaps:
            X[place] = np.nan
        return X

    def case(X_train: Array, X_new: Array) -> Case:
        return {"X_train": X_train, "X_new": 3 * X_new + 1}

    some = [(int(i), int(j)) for i, j in np.argwhere(rng.uniform(size=(60, 5)) < 0.2)]
    empty = [(i, j) for i in range(5) for j in (0, 2)]
    return [
        case(table(5, 2, [(1, 0), (3, 1)]), table(4, 2, [(0, 1), (2, 1)])),
        case(table(6, 3, [(2, 1), (4, 1)]), table(4, 3, [(0, 1), (1, 0)])),  # a gap in new rows only
        case(table(5, 3, [*((i, 1) for i in range(5)), (0, 2)]), table(3, 3, [(1, 1), (2, 2)])),
        case(table(4, 2), table(3, 2, [(0, 0), (1, 0), (2, 0)])),  # no gap in training, nothing in new
        case(table(60, 5, some), table(1, 5, [(0, 0), (0, 3)])),
        case(table(5, 4, [*empty, (1, 3)]), table(4, 4)),
    ]


def of_known(number: Callable[[Array], Any], X: Array) -> Array:
    """A number of the known entries of each column; 0 where there are none (`nanmedian` warns there)."""
    known = [column[~np.isnan(column)] for column in X.T]
    return np.array([number(entries) if len(entries) else 0.0 for entries in known])


def _right(X_train: Array, X_new: Array) -> Any:
    tables = []
    for X in (X_train, X_new):
        gaps = np.isnan(X_train)
        kept = ~gaps.all(axis=0)
        marked = gaps.any(axis=0)
        values = of_known(np.median, X_train)
        filled = np.where(np.isnan(X), values, X)[:, kept]
        marks = np.isnan(X)[:, kept & marked].astype(float)
        tables.append(np.column_stack([filled, marks]))
    return tables[0], tables[1]


@of_answer
def _no_gap_left(case: Case, answer: Any) -> None:
    for name, Z in zip(NAMES, answer, strict=True) if same_form((0, 0), answer) else ():
        if np.isnan(Z).any():
            row, *j = np.argwhere(np.isnan(Z))[0]
            empty = np.flatnonzero(np.isnan(case["X_train"]).all(axis=0))
            only = f" In X_train column {empty[0]} has no known entry: see the task." if len(empty) else ""
            what = f"{name} has NaN in row {row}" + "".join(f", column {number}" for number in j)
            raise Wrong(what, f"Is what was to fill it a number?{only}")


impute = formula_task(
    "features/impute",
    "impute(X_train, X_new)",
    points=4,
    cases=_cases,
    right=_right,
    rules=[_no_gap_left],
    unchanged="`X[np.isnan(X)] = …` writes into the caller's table: work on a copy, or use np.where.",
    parts=dict.fromkeys(NAMES, LAST),
    rtol=RTOL,
    slips="""
        gaps = np.isnan(X_train) → gaps = np.isnan(X)
        np.median, X_train → np.median, X
            Z_new was made of X_new alone: its medians, its kept columns, its marked ones
            All three are learnt from X_train, and serve for both tables.
        np.median, X_train → np.median, X
            the gaps of X_new were filled with the medians of X_new
            What fills a gap is learnt from X_train, and serves for all rows.
        np.median, X_train → np.median, np.concatenate([X_train, X_new])
            the medians were taken of the rows of both tables
            X_new has no part in them.
        np.median, X_train → np.mean, X_train
            the gaps were filled with means
            Asked is the median of the known entries.
        marked = gaps.any(axis=0) → marked = gaps.any(axis=0) | np.isnan(X_new).any(axis=0)
            a column is marked that has no gap in X_train
            X_train alone decides which columns are marked.
        marked = gaps.any(axis=0) → marked = np.isnan(X).any(axis=0)
            the marked columns of Z_new are those with a gap in X_new
            X_train alone decides which columns are marked, in both tables.
        kept = ~gaps.all(axis=0) → kept = gaps.any(axis=0) | True
            a column without a known entry in X_train is still there, filled with 0
            There is nothing to learn for it: leave it out of both tables.
        kept = ~gaps.all(axis=0) → kept = ~gaps.any(axis=0)
            every column with a gap in X_train was left out
            Only one without any known entry is: .all(axis=0) and .any(axis=0) differ.
    """,
    hints={
        "ValueError": "Which columns has each of the arrays in this line? Print their shapes.",
        "IndexError": "Print the shapes: a mask picks columns only if it has an entry for each of them.",
    },
)
