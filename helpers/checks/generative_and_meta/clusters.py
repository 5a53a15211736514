"""Task 2: k-means from several starts, each to its end, and the best end."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.formula import formula_task, of_answer
from helpers.checks.plain import same_form, short
from helpers.checks.task import Case, Wrong

Array = np.ndarray


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """More than one turn, several ends, ties in whole numbers, centres without rows, a long way."""
    cases = [_queue(rng, 12), _several(rng, n=14, k=3, d=2)]
    shift, scale = rng.integers(1, 20), rng.choice([1, 3])
    X = np.array([[0], [2], [4], [10], [100], [101]])
    starts = np.array([[[2], [20], [101]], [[0], [4], [100]], [[20], [2], [100]]])
    cases.append({"X": shift + scale * X[rng.permutation(6)], "starts": shift + scale * starts})
    X, far = rng.normal(4.0, 1.0, size=(9, 3)), rng.uniform(40, 50, size=3)
    cases.append({"X": X, "starts": np.array([[X[0], far, X[1], -far]])})
    return [*cases, _queue(rng, 80), _several(rng, n=60, k=6, d=2)]


def _queue(rng: np.random.Generator, n: int) -> Case:
    """Rows in a line, about 1 apart, and a start with three centres at one end."""
    X = np.column_stack([rng.uniform(0.95, 1.05, size=n).cumsum(), rng.uniform(0, 0.5, size=n)])
    return {"X": X, "starts": X[None, :3]}


def _several(rng: np.random.Generator, n: int, k: int, d: int) -> Case:
    """Four starts. The totals of the two in the middle are the lowest and the highest."""
    while True:
        middles = rng.uniform(2, 8, size=(k, d))
        X = middles[rng.integers(k, size=n)] + rng.normal(0.0, 0.8, size=(n, d))
        starts = [X[rng.permutation(n)[:k]] for _ in range(4)]
        starts.sort(key=lambda start: _k_means(X, start[None])[2])
        totals = np.array([_k_means(X, start[None])[2] for start in starts])
        if (np.diff(totals) > 0.001 * totals[1:]).all():
            return {"X": X, "starts": np.array(starts)[rng.choice([[1, 0, 3, 2], [2, 3, 0, 1]])]}


def _k_means(X: Array, starts: Array) -> tuple[Array, Array, float]:
    ends = []
    for start in starts:
        centres, before = start.astype(float), np.zeros(0)
        for _ in range(500):
            apart = ((X[:, None] - centres) ** 2).sum(axis=-1)
            groups = apart.argmin(axis=1)
            if np.array_equal(groups, before):
                break
            for number in np.unique(groups):
                rows = X[groups == number]
                centres[number] = rows.sum(axis=0) / max(len(rows), 1)
            before = groups
        total = apart.min(axis=1).sum()
        ends.append((centres, groups, float(total)))
    return min(ends, key=lambda end: end[2])


@of_answer
def _no_nan(case: Case, answer: Any) -> None:
    if same_form(_k_means(**case), answer) and np.isnan(np.asarray(answer[0])).any():
        hint = "What is the mean of no rows? The task says what becomes of such a centre."
        raise Wrong(f"there is NaN in the centres: got {short(answer[0])}", hint)


k_means = formula_task(
    "generative_and_meta/k_means",
    "k_means(X, starts)",
    points=4,
    cases=_cases,
    right=_k_means,
    rules=[_no_nan],
    parts={
        "centres": "Work through the example of the task: print the groups and the centres after each turn.",
        "groups": "For each row the number of the nearest of the centres that you return.",
        "total": "The squared distance of each row from the centre of its group, added up.",
    },
    slips=r"""
        return min(… → return ends[-1]
            this is the end of the last start
            Several starts came. Which of their ends has the lowest total?
        return min(… → return ends[0]
            this is the end of the first start
            Several starts came. Which of their ends has the lowest total?
        return min( → return max(
            this is the end with the highest total
            The rows are to be near their centres.
        for _ in range(500): → for _ in range(2):
            this is what comes after one turn
            Groups change when centres have moved. Go on until they do not.
        start.astype(float) → start.copy()
            the centres have lost their decimals
            The starts hold whole numbers here, and so does an array that is made like them.
        for number in np.unique(groups): → for number in range(len(centres)):
            a centre without rows has moved to 0
            It stays where it is.
        groups = … → groups = apart.shape[1] - 1 - apart[:, ::-1].argmin(axis=1)
            a row between two centres went to the one with the larger number
            At equal distance the smaller number has it.
        apart = … → apart = np.abs(X[:, None] - centres).sum(axis=-1)
            the distances were added up along the axes, without squares
            The squared distance is the sum of the squares of the differences.
        total: total = … → total = apart.min(axis=1).mean()
            the total was divided by the number of rows
            It is a sum.
        total = … → total = np.sqrt(apart.min(axis=1)).sum()
            the total adds up distances
            It is the sum of their squares, which is what the two steps make smaller.
    """,
    form="End with the centres, the groups and the total of one end: `return centres, groups, total`.",
    unchanged="`centres[0] = …` changes `starts` too, when `centres` is a part of it: work on a copy.",
    hints={
        "ValueError": "Write the shapes of this line down: X is (n, d), a start is (k, d).",
        "TimeIsUp": "Print the centres after each turn. Do they come to rest? Is NaN among them?",
    },
)
