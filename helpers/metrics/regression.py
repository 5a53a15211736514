"""How far predicted numbers are from the true ones.

All take `y_true` and `y_pred` of the same shape, (n,) or, for several targets, (n, k); then `multioutput`
says whether the k results are averaged ("uniform_average") or returned ("raw_values"). All raise
ValueError for different shapes and for missing or infinite values.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from helpers import _inputs

Multioutput = Literal["uniform_average", "raw_values"]


def mean_squared_error(
    y_true: ArrayLike, y_pred: ArrayLike, *, multioutput: Multioutput = "uniform_average"
) -> Any:
    """The mean of (y - ŷ)²: one error of 10 counts as much as a hundred of 1. In squared units of y.

    >>> mean_squared_error([1.0, 2.0], [1.0, 4.0])
    2.0
    """
    y_true, y_pred = _pair(y_true, y_pred)
    return _combine(np.mean((y_true - y_pred) ** 2, axis=0), multioutput)


def root_mean_squared_error(
    y_true: ArrayLike, y_pred: ArrayLike, *, multioutput: Multioutput = "uniform_average"
) -> Any:
    """The root of the mean squared error, in the units of y.

    >>> root_mean_squared_error([0.0, 0.0], [3.0, 3.0])
    3.0
    """
    y_true, y_pred = _pair(y_true, y_pred)
    return _combine(np.sqrt(np.mean((y_true - y_pred) ** 2, axis=0)), multioutput)


def mean_absolute_error(
    y_true: ArrayLike, y_pred: ArrayLike, *, multioutput: Multioutput = "uniform_average"
) -> Any:
    """The mean of |y - ŷ|, in the units of y; an outlier counts for no more than its distance.

    >>> mean_absolute_error([1.0, 2.0], [1.0, 4.0])
    1.0
    """
    y_true, y_pred = _pair(y_true, y_pred)
    return _combine(np.mean(np.abs(y_true - y_pred), axis=0), multioutput)


def r2_score(y_true: ArrayLike, y_pred: ArrayLike, *, multioutput: Multioutput = "uniform_average") -> Any:
    """R² = 1 - Σ(y - ŷ)² / Σ(y - ȳ)²: the share of the spread of y that the predictions account for.

    1 is perfect, 0 is as good as always predicting the mean of these very y, and there is no lower bound.
    If all y are equal: 1 when the predictions are too, else 0. ValueError for fewer than two samples.
    Source: Wright, "Correlation and causation", 1921.

    >>> r2_score([1.0, 2.0, 3.0], [2.0, 2.0, 2.0])
    0.0
    """
    y_true, y_pred = _pair(y_true, y_pred)
    if len(y_true) < 2:
        raise ValueError("R² needs at least 2 samples, got 1: a single value has no spread to account for")
    residual = np.sum((y_true - y_pred) ** 2, axis=0)
    total = np.sum((y_true - y_true.mean(axis=0)) ** 2, axis=0)
    flat = (y_true == y_true[0]).all(axis=0)  # (the mean of equal numbers may be rounded: total is not 0)
    r2 = np.where(flat, np.where(residual == 0, 1.0, 0.0), 1 - residual / np.where(flat, 1.0, total))
    return _combine(r2, multioutput)


def _pair(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    true, pred = np.asarray(y_true), np.asarray(y_pred)
    if true.shape != pred.shape:
        raise ValueError(
            f"y_true has shape {true.shape}, but y_pred has {pred.shape}; make them the same with .ravel()"
        )
    as_table = [a[:, None] if a.ndim == 1 else a for a in (true, pred)]
    return _inputs.table(as_table[0], "y_true"), _inputs.table(as_table[1], "y_pred")


def _combine(values: np.ndarray, multioutput: str) -> Any:
    if multioutput == "raw_values":
        return values
    if multioutput != "uniform_average":
        raise ValueError(f"multioutput must be 'uniform_average' or 'raw_values', got {multioutput!r}")
    return float(values.mean())
