"""Task 4: k-means finds a table, and each number gets the place of the nearest entry."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.task import Case

Array = np.ndarray
TRIES = 1000  # draws of numbers for a case; the hardest one needs about 7


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """Two entries; many rounds, the entries in no order; two axes; an entry without numbers; no round."""
    cases: list[Case] = []
    asked: list[tuple[Any, list[float], int]] = [
        (12, [-3.1, 2.2], 1),
        (40, [-4, 0, 1, 5], 2),
        ((8, 5), [-2.4, 0.3, 1.7, 2.9], 3),
        (30, [50.0, -3.2, -1.1, 0.2, 2.3], 2),
        ((4, 4), [-1.6, 0.4, 2.3], 0),
    ]
    for shape, table, num_rounds in asked:
        for _ in range(TRIES):
            x, entries = 2 * rng.laplace(size=shape), rng.permutation(table)
            if num_rounds == 0 or _moves(x, entries, num_rounds):
                break
        else:
            raise RuntimeError(f"in {TRIES} draws no numbers of shape {shape} move {table} in each round")
        cases.append({"x": x, "table": entries, "num_rounds": num_rounds})
    return cases


def _moves(x: Array, table: Array, num_rounds: int) -> bool:
    """Whether the last round that is asked for changes codes, and so would two more."""
    codes = [_right(x, table, num_rounds + more)[1] for more in (-1, 0, 1, 2)]
    return not any(np.array_equal(one, other) for one, other in pairwise(codes))


def _nearest(x: Array, table: Array) -> Array:
    return np.abs(x[..., None] - table).argmin(axis=-1)


def _right(x: Array, table: Array, num_rounds: int) -> tuple[Array, Array]:
    k = len(table)
    for _ in range(num_rounds):
        home = _nearest(x, table).ravel()
        counts = np.bincount(home, minlength=k)
        sums = np.bincount(home, x.ravel(), minlength=k)
        means = sums / np.maximum(counts, 1)
        table = np.where(counts > 0, means, table)
    codes = _nearest(x, table)
    return table, codes


look_up = formula_task(
    "quantization/look_up",
    "look_up(x, table, num_rounds)",
    points=3,
    cases=_cases,
    right=_right,
    parts={
        "table": "Do one round by hand: which numbers go to an entry, and what is their mean?",
        "codes": "For each number the place of the nearest entry, in the table that is returned.",
    },
    slips="""
        codes = … → codes = home.reshape(x.shape) if num_rounds else _nearest(x, table)
            codes are those of the table before the last move
            The entries have moved since: which is the nearest now?
        table = … → table = means
            an entry that no number is nearest to became 0
            It stays where it is.
        table = … → table = sums / np.where(counts > 0, counts, np.nan)
            an entry that no number is nearest to became NaN
            The mean of no numbers does not exist: the entry stays where it is.
        table = … → table = np.where(counts > 0, means, table).astype(table.dtype)
            the new entries have lost their decimals
            The table holds whole numbers here, and so does a copy of it.
        range(num_rounds) → range(1)
            the table is that after one round
            `num_rounds` says how many there are, and each begins with the choice of the nearest.
        range(num_rounds) → range(100)
            the rounds went on until nothing moved
            `num_rounds` says how many, and there may be none.
        range(num_rounds) → range(num_rounds + 1)
            there was one round too many
            With num_rounds=0 the table is returned as it came.
        k = … → k = len(table); table = np.sort(table)
            the table was sorted
            Each entry keeps its place.
        codes: return table, codes → return table, table[codes]
            codes holds the entries
            Asked are their places in the table.
        codes: codes = … → codes = np.clip(np.searchsorted(np.sort(table), x), 0, k - 1)
            codes hold the next entry above, in a sorted table
            The nearest one may be below. And the entries stand in no order.
    """,
    form="End with `return table, codes`: k numbers, and a code for each number of x, in its shape.",
    unchanged="`table[i] = …` changes what the caller passed: work on a copy.",
    hints={
        "ValueError: operands": "Write the shapes of this line down: x has any shape, the table k entries.",
        "IndexError": "The codes have the shape of x, however many axes it has.",
        "UnboundLocalError": "With no round at all, no line before has given that name a value.",
    },
)
