"""Imputation: what to write where nothing was measured."""

from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from helpers import _inputs
from helpers.features.base import Transformer, one_of


class SimpleImputer(Transformer):
    """Fills the missing entries of a column with one value, learnt from the column's known training entries.

    `strategy`: "mean" or "median" (numbers only), "most_frequent" (the smallest of the most frequent) or
    "constant" (`fill_value`). NaN and None count as missing. `add_indicator=True` appends a column of zeros
    and ones for each column with gaps in training: that a value is missing can itself say something.
    Learns `statistics_` (d,). ValueError if a column has no known value to learn from, but for "constant",
    which keeps such a column and fills it. (scikit-learn leaves such columns out, "constant" included, unless
    `keep_empty_features=True`.)
    Source: Little and Rubin, *Statistical Analysis with Missing Data*, 4.

    >>> SimpleImputer().fit([[1.0], [3.0], [np.nan]]).transform([[np.nan], [5.0]]).tolist()
    [[2.0], [5.0]]
    """

    def __init__(
        self,
        *,
        strategy: Literal["mean", "median", "most_frequent", "constant"] = "mean",
        fill_value: Any = None,
        add_indicator: bool = False,
    ) -> None:
        one_of("strategy", strategy, ("mean", "median", "most_frequent", "constant"))
        if (strategy == "constant") != (fill_value is not None):
            raise ValueError(
                f"fill_value={fill_value!r} does not go with strategy={strategy!r}; give a value together "
                f"with 'constant', and only then"
            )
        self.strategy, self.fill_value, self.add_indicator = strategy, fill_value, add_indicator

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        X = self._table(X)
        statistics = [self._statistic(column, j) for j, column in enumerate(X.T)]
        self.statistics_ = np.array(statistics, dtype=X.dtype)
        self.indicator_features_ = np.flatnonzero(_inputs.missing(X).any(axis=0))
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        self._check_fitted()
        X = self._check_columns(self._table(X))
        gaps = _inputs.missing(X)
        filled = np.where(gaps, self.statistics_, X)
        if not self.add_indicator:
            return filled
        return np.hstack([filled, gaps[:, self.indicator_features_].astype(filled.dtype)])

    def _table(self, X: ArrayLike) -> np.ndarray:
        """Numbers become float64; words stay what they are, if the strategy can do with words."""
        words = np.asarray(X).dtype.kind not in "buif" and self.strategy in ("most_frequent", "constant")
        return _inputs.table_with_gaps(X).astype(object) if words else _inputs.table(X, missing_allowed=True)

    def _statistic(self, column: np.ndarray, j: int) -> Any:
        if self.strategy == "constant":
            return self.fill_value
        known = column[~_inputs.missing(column)]
        if len(known) == 0:
            raise ValueError(
                f"column {j} of X has no value at all to learn its {self.strategy} from; drop the column, "
                f"or use strategy='constant'"
            )
        if self.strategy == "mean":
            return known.mean()
        if self.strategy == "median":
            return np.median(known)
        values, counts = _inputs.categories(known, f"column {j} of X", return_counts=True)
        return values[counts.argmax()]
