"""Right and wrong, counted: everything here is read off the confusion matrix."""

import warnings
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from helpers import _inputs

Average = Literal["binary", "micro", "macro", "weighted"] | None
ZeroDivision = Literal["warn"] | float


def accuracy_score(y_true: ArrayLike, y_pred: ArrayLike, *, normalize: bool = True) -> float:
    """The share of predictions that are right (their number with `normalize=False`).

    `y_true`, `y_pred` (n,). ValueError for different lengths or missing entries.

    >>> accuracy_score(["cat", "dog", "dog", "cat"], ["cat", "dog", "cat", "cat"])
    0.75
    """
    true, pred = _labels(y_true, y_pred)
    right = true == pred
    return float(right.mean()) if normalize else float(right.sum())


def accuracy_interval(n_correct: int, n_samples: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Between which limits the true accuracy lies, when `n_correct` of `n_samples` test samples were right.

    Wilson's interval: all accuracies p for which the observed share is within z standard errors,
    z √(p (1 - p) / n). It stays within 0..1 and holds for small n and for 100 % right, where ± z √(…) at the
    observed share does not. The test samples must be independent. ValueError if n_correct is not in
    0..n_samples or confidence not between 0 and 1.
    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927.

    >>> [round(limit, 3) for limit in accuracy_interval(90, 100)]
    [0.826, 0.945]
    """
    n = _inputs.whole_number(n_samples, "n_samples", 1)
    k = _inputs.whole_number(n_correct, "n_correct", 0)
    if k > n:
        raise ValueError(f"n_correct={k} is more than n_samples={n}; pass counts, the right ones first")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
    z, p = NormalDist().inv_cdf((1 + confidence) / 2), k / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low = 0.0 if k == 0 else float(middle - half)
    return low, 1.0 if k == n else float(middle + half)


def confusion_matrix(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    normalize: Literal["true", "pred", "all"] | None = None,
) -> np.ndarray:
    """How many samples of class i (row) were taken for class j (column): (k, k) integers.

    The classes are all that occur, sorted, or `labels`, in that order (samples with others are left out).
    `normalize` divides by the sum of the rows ("true"), of the columns ("pred") or of all ("all"); an empty
    row or column stays 0. ValueError for different lengths, or if none of `labels` occurs in y_true.

    >>> confusion_matrix(["cat", "dog", "dog"], ["cat", "cat", "dog"]).tolist()
    [[1, 0], [1, 1]]
    """
    if normalize not in (None, "true", "pred", "all"):
        raise ValueError(f"normalize must be 'true', 'pred', 'all' or None, got {normalize!r}")
    true, pred = _labels(y_true, y_pred)
    names = _all_names(true, pred) if labels is None else _inputs.column(labels, "labels")
    if labels is not None and not np.isin(names, true).any():
        raise ValueError(f"none of labels={names.tolist()} occurs in y_true; check their spelling and type")
    place = {name: i for i, name in enumerate(names.tolist())}
    rows = np.array([place.get(name, -1) for name in true.tolist()])
    columns = np.array([place.get(name, -1) for name in pred.tolist()])
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    known = (rows >= 0) & (columns >= 0)
    np.add.at(counts, (rows[known], columns[known]), 1)
    if normalize is None:
        return counts
    total = {"true": counts.sum(axis=1, keepdims=True), "pred": counts.sum(axis=0), "all": counts.sum()}
    return counts / np.maximum(total[normalize], 1)


def balanced_accuracy_score(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """The mean over the classes of the share that was recognised: every class counts the same.

    Classes that are predicted but never true are left out.
    Source: Brodersen et al., "The balanced accuracy and its posterior distribution", ICPR 2010.

    >>> balanced_accuracy_score([0, 0, 0, 1], [0, 0, 0, 0])
    0.5
    """
    counts = confusion_matrix(y_true, y_pred)
    size = counts.sum(axis=1)
    return float(np.mean(np.diag(counts)[size > 0] / size[size > 0]))


def precision_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    pos_label: Any = 1,
    average: Average = "binary",
    zero_division: ZeroDivision = "warn",
) -> Any:
    """TP / (TP + FP): of those that were called positive, the share that is. Options: see `fbeta_score`.

    >>> precision_score([1, 0, 1, 1], [1, 1, 0, 0])
    0.5
    """
    tp, true, pred = _counts(y_true, y_pred, labels, pos_label, average)
    return _averaged(_divide(tp, pred, zero_division, "precision", "prediction"), true, average)


def recall_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    pos_label: Any = 1,
    average: Average = "binary",
    zero_division: ZeroDivision = "warn",
) -> Any:
    """TP / (TP + FN): of the positive ones, the share that was found. Options: see `fbeta_score`.

    >>> round(recall_score([1, 0, 1, 1], [1, 1, 0, 0]), 3)
    0.333
    """
    tp, true, _ = _counts(y_true, y_pred, labels, pos_label, average)
    return _averaged(_divide(tp, true, zero_division, "recall", "true sample"), true, average)


def f1_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    pos_label: Any = 1,
    average: Average = "binary",
    zero_division: ZeroDivision = "warn",
) -> Any:
    """The harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN). Options: see `fbeta_score`.

    >>> f1_score([1, 0, 1, 1], [1, 1, 0, 0])
    0.4
    """
    options: dict[str, Any] = {"labels": labels, "pos_label": pos_label, "average": average}
    return fbeta_score(y_true, y_pred, beta=1.0, zero_division=zero_division, **options)


def fbeta_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    beta: float,
    labels: ArrayLike | None = None,
    pos_label: Any = 1,
    average: Average = "binary",
    zero_division: ZeroDivision = "warn",
) -> Any:
    """The weighted harmonic mean of precision and recall; recall counts `beta` times as much (∞: alone).

    `average`: "binary" gives the score of the class `pos_label`; None an array with the score of every class;
    "macro" their mean, "weighted" their mean weighted by the size of the class, "micro" the score of all the
    counts added up. `labels` chooses and orders the classes. Where a score would be 0 / 0 (no positive was
    predicted, or there is none) it is `zero_division`; "warn" means 0 and a warning; NaN is left out of
    means. With one class only, "binary" takes `pos_label` for the positive class, whether it occurs or not.
    ValueError for different lengths, an unknown pos_label, or more than two classes with "binary".
    Source: van Rijsbergen, *Information Retrieval*, 1979.

    >>> round(fbeta_score([1, 0, 1, 1], [1, 1, 0, 0], beta=2), 3)
    0.357
    """
    if not beta > 0:
        raise ValueError(f"beta must be above 0 (2: recall counts double), got {beta}")
    tp, true, pred = _counts(y_true, y_pred, labels, pos_label, average)
    if beta > 1e100:  # recall, to the last digit
        scores = _divide(tp, true, zero_division, f"F{beta:g}", "true sample")
    else:
        below = beta**2 * true + pred
        scores = _divide((1 + beta**2) * tp, below, zero_division, f"F{beta:g}", "true sample or prediction")
    return _averaged(scores, true, average)


def _labels(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    true, pred = _inputs.column(y_true, "y_true"), _inputs.column(y_pred, "y_pred")
    _inputs.same_length(y_true=true, y_pred=pred)
    words = [a.dtype.kind in "US" or (a.dtype == object and isinstance(a[0], str)) for a in (true, pred)]
    if words[0] != words[1]:
        raise TypeError(
            f"y_true and y_pred mix words and numbers ({true[:1].tolist()} and {pred[:1].tolist()}); use the "
            f"same labels in both"
        )
    return true, pred


def _all_names(true: np.ndarray, pred: np.ndarray) -> np.ndarray:
    return _inputs.categories(np.concatenate([true, pred]), "y_true with y_pred")


def _counts(
    y_true: ArrayLike, y_pred: ArrayLike, labels: ArrayLike | None, pos_label: Any, average: Average
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True positives, members and predictions of each class that is asked for, each (k,)."""
    if average not in ("binary", "micro", "macro", "weighted", None):
        raise ValueError(
            f"average must be 'binary', 'micro', 'macro', 'weighted' or None (one per class), got {average!r}"
        )
    true, pred = _labels(y_true, y_pred)
    names = _all_names(true, pred)
    if average == "binary":
        names = _positive_class(names, pos_label)
    elif labels is not None:
        names = _inputs.column(labels, "labels")
    tp = np.array([np.sum((true == c) & (pred == c)) for c in names])
    sizes = [np.array([np.sum(a == c) for c in names]) for a in (true, pred)]
    if average == "micro":
        return tp.sum(keepdims=True), sizes[0].sum(keepdims=True), sizes[1].sum(keepdims=True)
    return tp, sizes[0], sizes[1]


def _positive_class(names: np.ndarray, pos_label: Any) -> np.ndarray:
    if len(names) > 2:
        raise ValueError(
            f"average='binary' is for two classes, but there are {len(names)}: {names.tolist()}; use "
            f"'macro', 'weighted', 'micro' or None"
        )
    if len(names) == 2 and pos_label not in names.tolist():
        raise ValueError(
            f"pos_label={pos_label!r} is none of the classes {names.tolist()}; name the positive one"
        )
    return np.array([pos_label])


def _divide(above: np.ndarray, below: np.ndarray, zero_division: Any, score: str, what: str) -> np.ndarray:
    if zero_division != "warn" and not (zero_division in (0, 1) or np.isnan(zero_division)):
        raise ValueError(f"zero_division must be 0, 1, NaN or 'warn', got {zero_division!r}")
    empty = below == 0
    if zero_division == "warn" and empty.any():
        warnings.warn(
            f"{score} is 0 / 0 for {empty.sum()} of {len(empty)} classes: no {what}. It is set to 0; pass "
            f"zero_division to choose another value and to silence this",
            stacklevel=3,
        )
    value = 0.0 if zero_division == "warn" else float(zero_division)
    return np.where(empty, value, above / np.where(empty, 1, below))


def _averaged(scores: np.ndarray, weights: np.ndarray, average: Average) -> Any:
    if average is None:
        return scores
    known = ~np.isnan(scores)
    if not known.any():
        return float("nan")
    if average == "weighted" and weights[known].sum() > 0:
        return float(np.average(scores[known], weights=weights[known]))
    return float(scores[known].mean())
