"""Tasks 3 and 4: the corners of a ROC curve, and AUC from ranks. Scores come more than once."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.formula import formula_task, of_answer
from helpers.checks.plain import same_form
from helpers.checks.task import Case, Wrong

Array = np.ndarray


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """Scores with many ties, perfect whole numbers, the wrong way round, and all equal.

    In the first case slips of AUC that have different words give different numbers.
    """
    first = {
        "truth": np.array([1, 0, 0, 1, 0, 0, 0, 1]) > 0,
        "score": np.array([6, 6, 4, 4, 2, 6, 5, 6]) / 10,
    }
    cases: list[Case] = [first]
    for n, step in [(14, 0.5), (16, 0.4), (40, 0.3), (25, 1.0), (11, 0.0)]:
        truth = rng.permutation(n) < n // 3
        score = rng.normal(size=n) + truth
        cases.append({"truth": truth, "score": (score // step * step).round(1) if step else score})
    cases.append({"truth": np.arange(7) > 3, "score": np.arange(7)})
    cases.append({"truth": np.arange(9) < 4, "score": np.array([1, 2, 4, 2, 3, 6, 5, 3, 7]) / 10})
    cases.append({"truth": np.array([True, False, True]), "score": np.full(3, 0.5)})
    return cases


def _roc_points(truth: Array, score: Array) -> tuple[Array, Array]:
    thresholds = np.unique(score)[::-1]
    called = score >= thresholds[:, None]
    fpr, tpr = called[:, ~truth].mean(axis=1), called[:, truth].mean(axis=1)
    return np.concatenate([[0.0], fpr]), np.concatenate([[0.0], tpr])


def _one_point_for_equal_scores(case: Case, answer: Any) -> None:
    n, different = len(case["score"]), len(np.unique(case["score"]))
    wrong = {n, n + 1} - {different + 1} if different < n else set()
    if same_form([0, 0], answer) and all(np.size(part) in wrong for part in answer):
        raise Wrong("equal scores have a point for each row", "Each different score has one point.")


roc_points = formula_task(
    "baselines_and_metrics/roc_points",
    "roc_points(truth, score)",
    points=4,
    cases=_cases,
    right=_roc_points,
    rules=[of_answer(_one_point_for_equal_scores)],
    parts={
        "fpr": "In front 0, then for each different score the share of the negative rows that is called.",
        "tpr": "In front 0, then for each different score the share of the positive rows that is called.",
    },
    slips="""
        return … → return fpr, tpr
            the point (0, 0) is missing
            In front stands the point of nobody called.
        np.unique(score)[::-1] → np.unique(score)
            the points do not begin at the highest score
            From the highest threshold down, more and more rows are called.
        score >= thresholds[:, None] → score > thresholds[:, None]
            rows with exactly the score of the threshold are not called
            All rows with at least that score are called.
        score >= thresholds[:, None] → score == thresholds[:, None]
            only rows with exactly that score are counted
            All rows with at least that score are called.
        fpr: called[:, ~truth].mean(axis=1), → called[:, ~truth].sum(axis=1),
            these are counts, asked are shares
            Of how many negative rows, and of how many positive ones?
        [[0.0], fpr]), np.concatenate([[0.0], tpr]) → [[0.0], tpr]), np.concatenate([[0.0], fpr])
            fpr and tpr have changed places
            First the share of the negative rows, then that of the positive ones.
        fpr: called[:, ~truth].mean(axis=1), → called[:, ~truth].sum(axis=1) / len(truth),
            negative rows that are called were divided by all rows
            Of how many rows is this a share?
        tpr: called[:, truth].mean(axis=1) → called[:, truth].sum(axis=1) / len(truth)
            positive rows that are called were divided by all rows
            Of how many rows is this a share?
        fpr: called[:, ~truth].mean(axis=1), → called[:, ~truth].sum(axis=1) / called.sum(axis=1),
            negative rows that are called were divided by all that are called
            The negative rows are the whole here, called or not.
        return … → return 1 - np.r_[0, fpr], 1 - np.r_[0, tpr]
            these are the shares that are not called
            Count the rows with at least the score of the threshold.
    """,
    form="Two arrays of the same length: one point in front, then one for each different score.",
)


def _auc(truth: Array, score: Array) -> float:
    below = (score[:, None] > score).sum(axis=1)
    equal = (score[:, None] == score).sum(axis=1)
    ranks = below + (equal + 1) / 2
    m, k = np.sum(truth), np.sum(~truth)
    return (ranks[truth].sum() - m * (m + 1) / 2) / (m * k)


auc_by_ranks = formula_task(
    "baselines_and_metrics/auc_by_ranks",
    "auc_by_ranks(truth, score)",
    points=3,
    cases=_cases,
    right=_auc,
    parts="Write down the ranks of the first case by hand, then their sum over the positive rows.",
    slips="""
        return … → auc = (ranks[truth].sum() - m * (m + 1) / 2) / (m * k); return max(auc, 1 - auc)
            an AUC below 0.5 was turned round
            Positive rows with low scores win few pairs, and the answer says so.
        return … → return np.mean(score[truth][:, None] > score[~truth])
            pairs with equal scores count nothing
            They count half, as in the lesson.
        return … → return np.mean(score[truth][:, None] >= score[~truth])
            pairs with equal scores count as won
            They count half, as in the lesson.
        ranks = below + (equal + 1) / 2 → ranks = np.argsort(np.argsort(score, kind="stable")) + 1
            equal scores do not share the mean of the places that they take
            Two rows on places 3 and 4 both have rank 3.5.
        ranks = below + (equal + 1) / 2 → ranks = np.argsort(np.argsort(score)) + 1
            equal scores do not share the mean of the places that they take
            Two rows on places 3 and 4 both have rank 3.5.
        ranks = below + (equal + 1) / 2 → ranks = np.searchsorted(np.unique(score), score) + 1
            the different scores were numbered: equal ones take one place together
            Each row takes a place. Two rows on places 3 and 4 both have rank 3.5.
        ranks = below + (equal + 1) / 2 → ranks = below + 1
            equal scores have the lowest of their places
            They share the mean of the places.
        ranks = below + (equal + 1) / 2 → ranks = below + equal
            equal scores have the highest of their places
            They share the mean of the places.
        ranks = below + (equal + 1) / 2 → ranks = below + (equal - 1) / 2
            the ranks begin at 0
            The lowest score has rank 1.
        ranks = below + (equal + 1) / 2 → ranks = len(score) + 1 - (below + (equal + 1) / 2)
            the highest score has rank 1
            The lowest has rank 1, the highest rank n.
        ranks = below + (equal + 1) / 2 → ranks = np.argsort(score, kind="stable") + 1
            argsort gave the rows in the order of their scores, not the rank of each row
            Where in that order does row 0 stand? That is its rank.
        ranks = below + (equal + 1) / 2 → ranks = np.argsort(score) + 1
            argsort gave the rows in the order of their scores, not the rank of each row
            Where in that order does row 0 stand? That is its rank.
        - m * (m + 1) / 2 → - 0
            nothing was taken off S
            Alone, m positive rows would have the ranks 1 to m.
        m * (m + 1) / 2 → m * (m - 1) / 2
            too little is taken off
            Alone, m positive rows would have the ranks 1 to m.
        ranks[truth] → ranks[~truth]
            these are the ranks of the negative rows
            S is the sum over the positive ones.
        / (m * k) → / (len(truth) * (len(truth) - 1) / 2)
            it was divided by the pairs of all rows
            A pair has one positive and one negative row.
        / (m * k) → / m * k
            it was divided by m, and multiplied by k
            Python goes from left to right: `a / b * c` is (a / b) · c.
        (ranks[truth].sum() - m * (m + 1) / 2) / (m * k) → ranks[truth].sum() - m * (m + 1) / 2 / (m * k)
            only what is taken off was divided
            Python divides before it subtracts.
    """,
    form="One number.",
)
