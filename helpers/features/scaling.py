"""Scaling: every column gets the same place and the same spread, whatever its unit.

Distances and gradients add up columns, so a column in milligrams would outvote one in kilograms.
All three scalers are (x - shift) / scale; they differ in what they take for the two.
"""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from helpers import _inputs
from helpers.features.base import Transformer


class _Scaler(Transformer):
    """(X - shift) / scale, column by column; the scalers differ in where the two come from."""

    scale_: np.ndarray
    _shift: np.ndarray

    def transform(self, X: ArrayLike) -> np.ndarray:
        self._check_fitted()
        return (self._check_columns(_inputs.table(X)) - self._shift) / self.scale_

    def inverse_transform(self, X: ArrayLike) -> np.ndarray:
        """Back to the original units: X (m, d) → (m, d)."""
        self._check_fitted()
        return self._check_columns(_inputs.table(X)) * self.scale_ + self._shift


class StandardScaler(_Scaler):
    """z = (x - mean) / standard deviation, for each column; a constant column becomes 0.

    Learns `mean_`, `var_` (divided by n) and `scale_`, each (d,).
    Source: Bishop, *Pattern Recognition and Machine Learning*, 9.1.

    >>> scaler = StandardScaler().fit([[1.0, 10.0], [3.0, 30.0]])
    >>> scaler.transform([[2.0, 40.0]])
    array([[0., 2.]])
    """

    def __init__(self, *, with_mean: bool = True, with_std: bool = True) -> None:
        self.with_mean, self.with_std = with_mean, with_std

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        X = _inputs.squarable(_inputs.table(X))
        n, self.n_features_in_ = X.shape
        mean = X.mean(axis=0)
        # The mean is rounded; what that leaves over is a mean of its own, and small enough to be exact.
        left_over = (X - mean).mean(axis=0)
        self.mean_ = mean + left_over
        self.var_ = (((X - mean) ** 2).mean(axis=0) - left_over**2).clip(min=0)
        # A constant column has variance 0 up to rounding; dividing by that would blow the rounding up.
        rounding = np.finfo(float).eps * n
        constant = self.var_ <= rounding * self.var_ + (rounding * self.mean_) ** 2
        self.scale_ = np.where(constant | (not self.with_std), 1.0, np.sqrt(self.var_))
        self._shift = self.mean_ if self.with_mean else np.zeros_like(self.mean_)
        return self


class MinMaxScaler(Transformer):
    """Moves and stretches each column so that its training values fill `feature_range` exactly.

    Learns `data_min_`, `data_max_`, each (d,); a constant column goes to the lower end. A column counts as
    constant when its range is rounding, at most 2e-15 of its largest value (in scikit-learn: when it is below
    2e-15, whatever the unit). New data may fall outside the range, unless `clip=True`.
    ValueError if feature_range is not (low, high) with low < high.

    >>> MinMaxScaler().fit([[0.0], [10.0]]).transform([[5.0], [20.0]]).tolist()
    [[0.5], [2.0]]
    """

    def __init__(self, feature_range: tuple[float, float] = (0.0, 1.0), *, clip: bool = False) -> None:
        low, high = feature_range
        if not low < high:
            raise ValueError(f"feature_range must be (low, high) with low < high, got {feature_range}")
        self.feature_range, self.clip = feature_range, clip

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        X = _inputs.table(X)
        self.n_features_in_ = X.shape[1]
        low, high = self.feature_range
        self.data_min_, self.data_max_ = X.min(axis=0), X.max(axis=0)
        self.data_range_ = self.data_max_ - self.data_min_
        self._range = _one_if_tiny(self.data_range_, self.data_min_, self.data_max_)
        with np.errstate(over="ignore", invalid="ignore"):  # for a range near the smallest of all numbers
            self.scale_ = (high - low) / self._range
            self.min_ = low - self.data_min_ * self.scale_
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        self._check_fitted()
        low, high = self.feature_range
        share = (self._check_columns(_inputs.table(X)) - self.data_min_) / self._range
        out = low * (1 - share) + high * share  # exact at both ends
        return out.clip(low, high) if self.clip else out

    def inverse_transform(self, X: ArrayLike) -> np.ndarray:
        """Back to the original units: X (m, d) → (m, d)."""
        self._check_fitted()
        low, high = self.feature_range
        share = (self._check_columns(_inputs.table(X)) - low) / (high - low)
        return share * self._range + self.data_min_


class RobustScaler(_Scaler):
    """(x - median) / (distance between two quantiles), for each column: outliers hardly move either.

    Learns `center_` and `scale_`, each (d,); where the two quantiles are equal, up to rounding, the column is
    only moved. ValueError if quantile_range is not 0 <= low < high <= 100.
    Source: Huber, *Robust Statistics*, 1981.

    >>> RobustScaler().fit([[1.0], [2.0], [3.0], [4.0], [500.0]]).transform([[5.0]])
    array([[1.]])
    """

    def __init__(
        self,
        *,
        with_centering: bool = True,
        with_scaling: bool = True,
        quantile_range: tuple[float, float] = (25.0, 75.0),
    ) -> None:
        low, high = quantile_range
        if not 0 <= low < high <= 100:
            raise ValueError(f"quantile_range must be (low, high) in percent, 0 to 100; got {quantile_range}")
        self.with_centering, self.with_scaling, self.quantile_range = (
            with_centering,
            with_scaling,
            quantile_range,
        )

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        X = _inputs.table(X)
        self.n_features_in_ = X.shape[1]
        self.center_ = np.median(X, axis=0)
        low, high = np.percentile(X, self.quantile_range, axis=0)
        self.scale_ = _one_if_tiny(high - low, low, high) if self.with_scaling else np.ones_like(low)
        self._shift = self.center_ if self.with_centering else np.zeros_like(low)
        return self


def _one_if_tiny(scale: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The scale, but 1 where high - low is no more than rounding of the two."""
    rounding = 10 * np.finfo(float).eps * np.maximum(np.abs(low), np.abs(high))
    return np.where(scale <= rounding, 1.0, scale)
