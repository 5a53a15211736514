"""Task 2: the columns of X that stand out, what they cost, and the product in two parts."""

from collections.abc import Sequence

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.task import Case

Array = np.ndarray


# How far each column of X reaches, with k = 3 (a column of negative numbers has a minus). In the first,
# columns of 4.8 to 17 are not large, the mean column reaches to 21, and the median of all |x| is about 3.
# In the second the median lies between 1.3 and 1.5, and 3.6 is large only for the median of all |x|.
REACHES = [
    (7, [2.5, 4.8, 6.4, 7.2, 17.0, 32.0, -80.0], 7),
    (5, [0.7, 0.8, 0.9, 1.0, 1.1, 1.3, 1.5, 3.6, 4.0, 4.35, 5.5, -30.0], 3),
    (4, [1.0, 1.25, 1.375, 1.5, 1.75, 4.5, 9.0], 2),  # 4.5 is 3 times 1.5
    (8, [1.0, 1.2, 1.4, 1.6], 4),
    (1, [0.5, 0.7, -8.0], 2),
]


def _inputs(rng: np.random.Generator) -> Sequence[Case]:
    """A medium column and two large ones; an even number; one at the bound exactly; none; one row alone."""
    cases: list[Case] = []
    for n, reaches, d_out in REACHES:
        reach = rng.permutation(reaches)
        X = rng.uniform(-0.9, 0.9, size=(n, len(reach))) * reach
        X[rng.integers(n, size=len(reach)), np.arange(len(reach))] = reach * rng.choice(
            [-1, 1], size=len(reach)
        )
        X = np.where(reach < 0, -np.abs(X), X)
        W = rng.normal(size=(len(reach), d_out)) * rng.uniform(0.5, 2, size=d_out)
        W[np.abs(reach) > 4] *= 4
        cases.append({"X": X, "W": W, "k": 3})
    return cases


def _split_outliers(X: Array, W: Array, k: float) -> tuple[Array, float, Array]:
    reach = np.abs(X).max(axis=0)
    is_large = reach > k * np.median(reach)
    share = 1 - reach[~is_large].max() / reach.max()
    x, w = X[:, ~is_large], W[~is_large]
    s_x = np.abs(x).max(axis=1, keepdims=True) / 127
    s_w = np.abs(w).max(axis=0) / 127
    small = (np.rint(x / s_x) * s_x) @ (np.rint(w / s_w) * s_w)
    out = small + X[:, is_large] @ W[is_large]
    large = np.flatnonzero(is_large)
    return large, share, out


split_outliers = formula_task(
    "large_model_quantization/split_outliers",
    "split_outliers(X, W, k)",
    points=3,
    cases=_inputs,
    right=_split_outliers,
    parts={
        "large": "Print the largest |x| of each column of this X, and their median.",
        "share": "How far do the codes reach with the large columns, and how far without them?",
        "out": "Take one row and one column: both scales, the codes, and then the large columns' part.",
    },
    slips="""
        large: > k → >= k
            large has a column that reaches exactly k times as far as the median one
            More than k times is asked.
        large: reach = … → reach = X.max(axis=0)
            large is found by the largest x, not the largest |x|
            How far from 0 does a column of negative numbers reach?
        large: np.median(reach) → reach.mean()
            large is found by the mean column
            What does one very large column do to a mean, and what to the median?
        large: np.median(reach) → np.median(np.abs(X))
            large is found by the median of all |x|
            Each column has one largest |x|: the median is that of these numbers.
        large: reach > k * np.median(reach) → reach > 6
            large is found by |x| > 6
            Here the columns are compared with the median column.
        large: np.flatnonzero(is_large) → is_large
            large holds True and False
            Asked are the numbers of the columns.
        share: 1 - reach → reach
            share is what is left of the range
            What part lies above that?
        out: s_x = … → s_x = np.abs(X).max(axis=1, keepdims=True) / 127
            in out the scales of X are those of all columns
            A scale is set by the numbers that it is for: what was taken out?
        out: s_w = … → s_w = np.abs(W).max(axis=0) / 127
            in out the scales of W are those of all rows
            A scale is set by the numbers that it is for: which rows of W meet the large columns?
        out: s_x = … → s_x = np.abs(x).max() / 127
            in out all rows of X have one scale
            Each row of X has its own.
    """,
    form="End with `return large, share, out`: column numbers, one number, and an array (n, d_out).",
    unchanged="Rounding or zeroing in place changes what the caller passed: compute a new array.",
    hints={
        "ValueError: zero-size": "Of which columns is this the largest, and how many are they in this case?",
        "ValueError: operands": "Write the shapes of this line down: X is (n, d_in), W is (d_in, d_out).",
        "ValueError: matmul": "Write the shapes of this line down: which rows of W belong to these columns?",
        "IndexError": "Numbers pick columns, and so do True and False: print what picks here, and its dtype.",
    },
)
