"""Task 2: a table of reliability, and the expected calibration error."""

from collections.abc import Sequence

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.task import Case

Array = np.ndarray


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """Away from edges; few rows, with empty bins; then on edges that a float holds, and certain ones."""
    cases = [_away_from_edges(n, k, bins, rng) for n, k, bins in [(60, 3, 5), (7, 4, 10), (40, 2, 3)]]
    for n, bins in [(30, 4), (50, 8)]:
        largest = rng.choice([16, 12, 10, 8, 14], size=n)
        largest[:4] = 16, 12, 8, 14
        rest = np.stack([(16 - largest) // 2, 16 - largest - (16 - largest) // 2], axis=1)
        p = rng.permuted(np.column_stack([largest, rest]) / 16, axis=1)
        cases.append({"p": p, "y": _answered(p, rng), "bins": bins})
    return cases


def _answered(p: Array, rng: np.random.Generator) -> Array:
    """Labels of which about two in three are the model's answer."""
    other = (p.argmax(axis=1) + 1) % p.shape[1]
    y = np.where(rng.random(len(p)) < 0.67, p.argmax(axis=1), other)
    y[0], y[1] = p[0].argmax(), other[1]
    return y


def _away_from_edges(n: int, k: int, bins: int, rng: np.random.Generator) -> Case:
    while True:
        p = rng.dirichlet([0.5] * k, size=n).round(3)
        p[:, 0] += 1 - p.sum(axis=1)
        top = np.sort(p, axis=1)
        place = top[:, -1] * bins
        off = [abs(place - place.round()), bins * abs(top[:, -1] - top[:, -2]), p + 0.001]
        if min(one.min() for one in off) > 0.0005:
            return {"p": p, "y": _answered(p, rng), "bins": bins}


def _reliability(p: Array, y: Array, bins: int) -> tuple[Array, Array, float]:
    sure, correct = p.max(axis=1), p.argmax(axis=1) == y
    place = np.minimum((sure * bins).astype(int), bins - 1)
    share, (confidence, right) = np.zeros(bins), np.full((2, bins), np.nan)
    for j in set(place.tolist()):
        inside = place == j
        share[j] = inside.mean()
        confidence[j], right[j] = sure[inside].mean(), correct[inside].mean()
    gaps = np.nan_to_num(right - confidence)
    ece = share @ abs(gaps)
    return confidence, right, ece


SHAPES = "Write the shapes of this line down: there are n rows, each with one answer, and in one bin."
reliability = formula_task(
    "trust/reliability",
    "reliability(p, y, bins)",
    points=3,
    cases=_cases,
    right=_reliability,
    parts={
        "confidence": "Take one bin. Which rows are in it, and how sure is the model of each?",
        "right": "Take one bin. Which rows are in it, and which of them have y for their answer?",
        "ece": "Two rows of the table, and how many rows are in each bin: what does the task make of them?",
    },
    slips=r"""
        np.minimum((sure * bins).astype(int), bins - 1) → np.ceil(sure * bins).astype(int) - 1
            a confidence on an edge is in the bin below
            The task says which bin an edge belongs to.
        inside = place == j → inside = (place == j) & (sure < 1)
            rows with a confidence of 1 are in no bin
            They belong to the last one.
        sure, correct = p.max(axis=1), → sure, correct = p[np.arange(len(y)), y],
            the confidence is the probability of the true class
            How sure is the model of what it answers, right or wrong?
        np.full((2, bins), np.nan) → np.zeros((2, bins))
            empty bins have 0 in both arrays
            0 would say that there were rows, and none of them right. The task asks for another value.
        share @ abs(gaps) → abs(gaps).mean()
            in the ece all bins count the same, empty ones too
            A bin with one row in it weighs less than a bin with fifty.
        share @ abs(gaps) → abs(gaps)[share > 0].mean()
            in the ece all bins that hold rows count the same
            A bin with one row in it weighs less than a bin with fifty.
        share @ abs(gaps) → abs(share @ gaps)
            in the ece gaps above and below 0 make up for each other
            First the size of each gap, |right - confidence|, then the sum.
        share @ abs(gaps) → share @ gaps
            in the ece gaps above and below 0 make up for each other
            First the size of each gap, |right - confidence|, then the sum.
        share @ abs(gaps) → -share @ gaps
            in the ece gaps above and below 0 make up for each other
            First the size of each gap, |right - confidence|, then the sum.
        share @ abs(gaps) → abs(gaps).max()
            the ece is the largest gap alone
            All bins are in it, each with its share of the rows.
        share @ abs(gaps) → share @ abs(gaps) * len(y)
            each gap of the ece counts with the number of rows, not with their share
            A share of all n rows.
        share @ abs(gaps) → share @ gaps**2
            the gaps of the ece are squared
            Their sizes are asked for.
        share @ abs(gaps) → np.nan
            the ece is NaN
            Which bins have NaN, and what do they add?
    """,
    form="End with `return confidence, right, ece`: two arrays of shape (bins,), and a number.",
    hints={
        "IndexError: index": "Which number is this? The bins are 0 to bins - 1.",
        "IndexError": SHAPES,
        "ValueError": SHAPES,
        "TypeError: unhashable": SHAPES,
    },
)
