"""Judging scores and probabilities before a threshold turns them into classes.

`y_true` (n,) has two classes, `y_score` (n,) is higher where the positive class is more likely. Without
`pos_label`, the classes must be 0 and 1, or -1 and 1, and 1 is positive. With one class only, curves and
areas are a ValueError (scikit-learn warns and returns NaN, or 0).
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from helpers import _inputs

Curve = tuple[np.ndarray, np.ndarray, np.ndarray]


def roc_curve(
    y_true: ArrayLike, y_score: ArrayLike, *, pos_label: Any = None, drop_intermediate: bool = True
) -> Curve:
    """For every threshold: which share of the negatives and of the positives is called positive.

    Returns `fpr`, `tpr` and `thresholds`, each (k,), from (0, 0) at threshold ∞ to (1, 1). A sample is called
    positive if its score is at least the threshold, so equal scores make one step together.
    `drop_intermediate` leaves out points inside a straight piece. ValueError unless both classes occur.
    Source: Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 2006.

    >>> fpr, tpr, thresholds = roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> fpr.tolist(), tpr.tolist()
    ([0.0, 0.0, 0.5, 0.5, 1.0], [0.0, 0.5, 0.5, 1.0, 1.0])
    """
    positive, score = _two_classes(y_true, y_score, pos_label)
    fp, tp, thresholds = _counts_by_threshold(positive, score)
    if drop_intermediate and len(fp) > 2:
        bend = (np.diff(fp, n=2) != 0) | (np.diff(tp, n=2) != 0)
        keep = np.concatenate([[True], bend, [True]])
        fp, tp, thresholds = fp[keep], tp[keep], thresholds[keep]
    fp, tp, thresholds = np.append(0, fp), np.append(0, tp), np.append(np.inf, thresholds)
    return fp / fp[-1], tp / tp[-1], thresholds


def auc(x: ArrayLike, y: ArrayLike) -> float:
    """The area under a curve by the trapezoid rule. `x` must not turn back; at least two points.

    >>> auc([0.0, 0.5, 1.0], [0.0, 1.0, 1.0])
    0.75
    """
    x, y = _numbers(x, "x"), _numbers(y, "y")
    _inputs.same_length(x=x, y=y)
    if len(x) < 2:
        raise ValueError(f"an area needs at least 2 points, got {len(x)}")
    steps = np.diff(x)
    if (steps < 0).any() and (steps > 0).any():
        raise ValueError("x goes up and down; sort the points by x first")
    return abs(float(np.sum(steps * (y[1:] + y[:-1]) / 2)))


def roc_auc_score(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """The area under the ROC curve, as what it means: P(a positive scores higher than a negative).

    Equal scores count one half. Computed from ranks: the positives' ranks, added up, less the smallest
    sum that they could have, is the number of pairs in the right order. The larger of the two labels is
    positive.
    ValueError unless both classes occur.
    Source: Hanley and McNeil, "The meaning and use of the area under a ROC curve", Radiology 1982.

    >>> roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    labels = _inputs.column(y_true, "y_true")
    positive, score = _two_classes(labels, y_score, pos_label=_inputs.categories(labels, "y_true")[-1])
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[place]  # equal scores share the mean of their ranks
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    pairs_in_order = rank[positive].sum() - n_positive * (n_positive + 1) / 2
    return float(pairs_in_order / (n_positive * n_negative))


def precision_recall_curve(y_true: ArrayLike, y_score: ArrayLike, *, pos_label: Any = None) -> Curve:
    """For every threshold, from low to high: precision and recall of "score at least the threshold".

    Returns `precision`, `recall`, each (k + 1,), and `thresholds` (k,); the last point, with no threshold, is
    precision 1, recall 0. ValueError unless both classes occur.
    Source: Davis and Goadrich, "The relationship between precision-recall and ROC curves", ICML 2006.

    >>> precision, recall, thresholds = precision_recall_curve([0, 1, 1], [0.1, 0.4, 0.8])
    >>> precision.round(2).tolist(), recall.tolist()
    ([0.67, 1.0, 1.0, 1.0], [1.0, 1.0, 0.5, 0.0])
    """
    positive, score = _two_classes(y_true, y_score, pos_label)
    fp, tp, thresholds = _counts_by_threshold(positive, score)
    precision, recall = tp / (tp + fp), tp / tp[-1]
    return np.append(precision[::-1], 1.0), np.append(recall[::-1], 0.0), thresholds[::-1]


def average_precision_score(y_true: ArrayLike, y_score: ArrayLike, *, pos_label: Any = 1) -> float:
    """The area under the precision-recall curve in steps: Σ (gain in recall) · precision.

    Unlike the area under the ROC curve, it falls when the positives are rare. ValueError unless both
    classes occur.
    Source: Manning, Raghavan and Schütze, *Introduction to Information Retrieval*, 8.4.

    >>> round(average_precision_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 3)
    0.833
    """
    precision, recall, _ = precision_recall_curve(y_true, y_score, pos_label=pos_label)
    return float(-np.sum(np.diff(recall) * precision[:-1]))


def log_loss(y_true: ArrayLike, y_proba: ArrayLike, *, labels: ArrayLike | None = None) -> float:
    """The mean of -ln(probability given to the true class): 0 is perfect, ln K is a guess among K.

    `y_proba`: (n,) probabilities of the second class, or (n, K), columns in the order of the sorted classes,
    rows that sum to 1. `labels`: all classes, if not all occur in y_true. Probabilities of 0 count as 2e-16.
    ValueError for probabilities outside 0..1, rows that do not sum to 1, or another number of classes; so one
    class only needs `labels`. (Of rows that do not sum to 1 scikit-learn warns; since 1.9 it says `y_proba`.)
    Source: Good, "Rational decisions", 1952.

    >>> round(log_loss([0, 1], [0.5, 0.5]), 4)
    0.6931
    """
    true = _inputs.column(y_true, "y_true")
    names = _inputs.categories(true if labels is None else np.asarray(labels), "labels")
    p = np.asarray(y_proba)
    p = _inputs.table(p[:, None] if p.ndim == 1 else p, "y_proba")
    _inputs.same_length(y_true=true, y_proba=p)
    _probabilities(p, "y_proba")
    if p.shape[1] == 1:
        p = np.hstack([1 - p, p])
    if len(names) != p.shape[1]:
        raise ValueError(
            f"y_proba has probabilities of {p.shape[1]} classes, but there are {len(names)}, "
            f"{names.tolist()}; pass all the classes as labels=[…]"
        )
    if not np.isin(true, names).all():
        raise ValueError(f"y_true has classes that are not in labels={names.tolist()}")
    if not np.allclose(p.sum(axis=1), 1, atol=1e-6):
        worst = int(np.abs(p.sum(axis=1) - 1).argmax())
        raise ValueError(
            f"row {worst} of y_proba sums to {p[worst].sum():.4g}, not to 1; apply softmax first"
        )
    chosen = p[np.arange(len(true)), np.searchsorted(names, true)]
    eps = np.finfo(float).eps
    return float(-np.log(chosen.clip(eps, 1 - eps)).mean())


def brier_score_loss(y_true: ArrayLike, y_proba: ArrayLike, *, pos_label: Any = None) -> float:
    """The mean of (probability - outcome)², the outcome being 1 for the positive class and 0 for the other.

    `y_proba` (n,), probabilities of the positive class. ValueError if they are outside 0..1.
    Source: Brier, "Verification of forecasts expressed in terms of probability", 1950.

    >>> brier_score_loss([0, 1], [0.5, 0.5])
    0.25
    """
    positive, p = _two_classes(y_true, y_proba, pos_label, name="y_proba", both=False)
    _probabilities(p, "y_proba")
    return float(np.mean((p - positive) ** 2))


def _numbers(values: ArrayLike, name: str) -> np.ndarray:
    array = _inputs.column(values, name)
    return _inputs.table(array[:, None], name)[:, 0]


def _probabilities(p: np.ndarray, name: str) -> None:
    if p.min() < 0 or p.max() > 1:
        raise ValueError(f"{name} must be probabilities, 0 to 1; got values from {p.min():g} to {p.max():g}")


def _two_classes(
    y_true: ArrayLike, y_score: ArrayLike, pos_label: Any, name: str = "y_score", both: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Which samples are positive (n,) bool, and their scores (n,)."""
    true, score = _inputs.column(y_true, "y_true"), _numbers(y_score, name)
    _inputs.same_length(y_true=true, **{name: score})
    names = _inputs.categories(true, "y_true").tolist()
    if len(names) > 2:
        raise ValueError(f"y_true has {len(names)} classes, {names}; compare one with the rest: y_true == c")
    if pos_label is None:
        if not (set(names) <= {0, 1} or set(names) <= {-1, 1}):
            raise ValueError(f"the classes are {names}; say which one is positive: pos_label={names[-1]!r}")
        pos_label = 1
    if both and len(names) < 2:
        raise ValueError(f"y_true has only the class {names[0]!r}; both classes are needed here")
    if len(names) == 2 and pos_label not in names:
        raise ValueError(f"pos_label={pos_label!r} is none of the classes {names}; name the positive one")
    return true == pos_label, score


def _counts_by_threshold(positive: np.ndarray, score: np.ndarray) -> Curve:
    """For each different score, highest first: how many negatives and positives score at least that much."""
    order = np.argsort(-score, kind="stable")
    last_of_equals = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    tp = np.cumsum(positive[order])[last_of_equals]
    return last_of_equals + 1 - tp, tp, score[order][last_of_equals]
