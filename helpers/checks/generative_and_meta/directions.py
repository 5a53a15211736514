"""Task 4: PCA of real data, and what new rows lose by it. Of a direction and its opposite both are right."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers import data
from helpers.checks.formula import formula_task
from helpers.checks.probing import call
from helpers.checks.task import Case

Array = np.ndarray


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """Digits of one kind, and others; wine; fewer rows than columns; one direction, a share near 1."""
    pictures, digits = data.load_digits()
    pictures, digit = pictures / 16, rng.integers(10)
    own, others = (rng.permutation(pictures[digits == k]) for k in (digit, (digit + 1) % 10))
    wine, iris, cancer = (rng.permutation(load().X) for load in LOADS)
    few = rng.permutation(pictures)
    return [
        {"X": wine[:100] / wine.std(axis=0), "new": wine[100:105] / wine.std(axis=0), "share": 0.7},
        {"X": own[:100], "new": np.concatenate([own[100:108], others[:4]]), "share": 0.8},
        {"X": few[:25], "new": few[25:40], "share": 0.9},
        {"X": iris[:90], "new": iris[90:], "share": 0.5},
        {"X": cancer[:300], "new": cancer[300:320], "share": 0.999},
    ]


LOADS = data.load_wine, data.load_iris, data.load_breast_cancer


def _pca(X: Array, new: Array, share: float) -> tuple[Array, Array, Array]:
    mean = X.mean(axis=0)
    _, S, Vt = np.linalg.svd(X - mean, full_matrices=False)
    kept = np.cumsum(S**2) / np.sum(S**2)
    k = int((kept < share).sum()) + 1
    V = Vt[:k]
    scores = (new - mean) @ V.T
    rebuilt = mean + scores @ V
    lost = ((new - rebuilt) ** 2).sum(axis=1)
    return V, scores, lost


def _probe(learner: Any, case: Case) -> Any:
    """The answer with each direction turned to one side, and its scores with it."""
    answer = call(learner, *case.values())
    try:
        V, scores, lost = answer
        V, scores = np.asarray(V, dtype=float), np.asarray(scores, dtype=float)
    except (TypeError, ValueError):
        return answer
    if V.ndim != 2 or scores.ndim != 2 or len(V) != scores.shape[1]:
        return answer
    side = np.where(V @ np.cos(np.arange(V.shape[1])) < 0, -1, 1)
    return V * side[:, None], scores * side, lost


pca = formula_task(
    "generative_and_meta/pca",
    "pca(X, new, share)",
    points=4,
    cases=_cases,
    probe=_probe,
    right=_pca,
    rtol=1e-6,
    atol=1e-7,
    parts={
        "V": "Its rows are the first directions of X, seen from the mean; their number depends on `share`.",
        "scores": "How far is a new row from the mean of X, along each row of V? Signs fit those of V.",
        "lost": "Rebuild a new row from its scores, and compare: one number for each new row.",
    },
    slips=r"""
        mean = … → mean = np.zeros(X.shape[1])
            the mean was not taken off
            The first direction then leads to where the rows are, not along which they vary.
        mean = … → mean = X.mean()
            one mean was taken off all columns
            Each column has a mean of its own.
        kept = … → kept = np.cumsum(S) / np.sum(S)
            k was counted with the singular values themselves
            Their squares tell how the variance is distributed.
        k = … → k = max(int((kept < share).sum()), 1)
            the directions keep less than `share` of the variance
            The last one that is needed belongs to them.
        scores = … → scores = (new - new.mean(axis=0)) @ V.T
            the scores are seen from the mean of the new rows
            A new row must not move when others come with it: take the mean of X.
        scores = … → scores = new @ V.T
            the scores are seen from 0
            They are seen from the mean of X.
        scores = … → scores = (new - mean) @ V.T / S[:k]
            the scores were divided by the singular values
            They are distances along the directions, as they are.
        lost: rebuilt = … → rebuilt = scores @ V
            in lost the rebuilt rows lack the mean
            The scores are seen from the mean of X. Where does the way back end?
        lost: lost = … → lost = ((new - rebuilt) ** 2).mean(axis=1)
            lost was divided by the number of columns
            The squared distance is a sum over the columns.
        lost: lost = … → lost = np.sqrt(((new - rebuilt) ** 2).sum(axis=1))
            lost holds distances
            Their squares are asked.
        lost: lost = … → lost = ((new - rebuilt) ** 2).sum(axis=0)
            lost has a number for each column
            It is to have one for each new row.
    """,
    form="End with `return V, scores, lost`, of shapes (k, d), (m, k) and (m,).",
    unchanged="`X -= mean` changes what the caller passed: compute a new array.",
    hints={"ValueError": "Write the shapes of this line down: X is (n, d), new (m, d), V (k, d)."},
    show=("X", "new", "share"),
)
