"""Encoding: categories (words, codes) become numbers that a model can add and multiply."""

import warnings
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from helpers import _inputs
from helpers.features.base import Transformer, feature_names, one_of


class _Encoder(Transformer):
    """Finds, for each column, the place of every entry in the sorted list of that column's categories."""

    categories_: list[np.ndarray]

    def __init__(self, categories: Any, handle_unknown: str) -> None:
        self.categories, self.handle_unknown = categories, handle_unknown

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        X = _inputs.category_table(X)
        if isinstance(self.categories, str):
            lists = [_inputs.categories(c, f"column {j} of X") for j, c in enumerate(X.T)]
        else:
            lists = [
                np.array(names, dtype=object if X.dtype == object else None) for names in self.categories
            ]
            if len(lists) != X.shape[1]:
                raise ValueError(f"categories has {len(lists)} lists, but X has {X.shape[1]} columns")
            for j, names in enumerate(lists):
                _refuse_repeated(names.tolist(), j)
        self.n_features_in_, self.categories_ = X.shape[1], lists
        self._codes(X)
        return self

    def _codes(self, X: ArrayLike) -> np.ndarray:
        """(m, d) integers: the number of the category, -1 where it was not in the training data."""
        self._check_fitted()
        X = self._check_columns(_inputs.category_table(X))
        codes = np.empty(X.shape, dtype=np.int64)
        for j, names in enumerate(self.categories_):
            place = {name: k for k, name in enumerate(names.tolist())}
            codes[:, j] = [place.get(value, -1) for value in X[:, j].tolist()]
        if self.handle_unknown == "error" and (codes < 0).any():
            row, j = np.argwhere(codes < 0)[0]
            raise ValueError(
                f"unknown category {X[row, j : j + 1].tolist()[0]!r} in row {row}, column {j}; the known "
                f"ones are {self.categories_[j].tolist()}. Correct the entry, or choose another "
                f"handle_unknown when you make the {type(self).__name__}"
            )
        return codes


def _refuse_repeated(names: list[Any], j: int) -> None:
    if not names:
        raise ValueError(f"categories has an empty list for column {j}; name at least one category")
    repeated = [name for k, name in enumerate(names) if name in names[:k]]
    if repeated:
        raise ValueError(f"categories of column {j} has {repeated[0]!r} twice; each category needs one place")


class OneHotEncoder(_Encoder):
    """One column of zeros and ones per category: no category is larger than another.

    Learns `categories_`, the sorted categories of each column (or takes them from `categories`).
    `transform`: (m, d) words or numbers → (m, total number of categories) float64, dense.
    `drop="first"` leaves out the first of each column. An unknown category is a ValueError, or, with
    `handle_unknown="ignore"`, a row of zeros; with `drop="first"` the first category looks the same, so that
    comes with a warning. (scikit-learn's is sparse unless told otherwise, and takes NaN for a category.)

    >>> encoder = OneHotEncoder(handle_unknown="ignore").fit([["red"], ["blue"]])
    >>> encoder.transform([["red"], ["green"]]).tolist(), encoder.get_feature_names_out(["colour"])
    ([[0.0, 1.0], [0.0, 0.0]], ['colour_blue', 'colour_red'])
    """

    def __init__(
        self,
        *,
        categories: Any = "auto",
        drop: Literal["first"] | None = None,
        handle_unknown: Literal["error", "ignore"] = "error",
    ) -> None:
        one_of("drop", drop, (None, "first"))
        one_of("handle_unknown", handle_unknown, ("error", "ignore"))
        super().__init__(categories, handle_unknown)
        self.drop = drop

    def transform(self, X: ArrayLike) -> np.ndarray:
        codes = self._codes(X)
        first = 0 if self.drop is None else 1
        if first and (codes < 0).any():
            columns = np.flatnonzero((codes < 0).any(axis=0)).tolist()
            warnings.warn(
                f"unknown categories in columns {columns} became zeros, which is also what the first "
                f"category is with drop='first'; leave out drop to tell them apart",
                stacklevel=2,
            )
        blocks = zip(codes.T, self.categories_, strict=True)
        return np.hstack([c[:, None] == np.arange(first, len(names)) for c, names in blocks]).astype(float)

    def get_feature_names_out(self, input_features: list[str] | None = None) -> list[str]:
        """The names of the columns that `transform` returns: column_category."""
        self._check_fitted()
        names = feature_names(input_features, self.n_features_in_)
        first = 0 if self.drop is None else 1
        return [f"{name}_{c}" for name, cs in zip(names, self.categories_, strict=True) for c in cs[first:]]


class OrdinalEncoder(_Encoder):
    """Each category becomes its number in the sorted (or given) list: for categories that have an order.

    Pass the order, one list per column: `categories=[["small", "medium", "large"]]`.
    `transform`: (m, d) → (m, d) float64. An unknown category is a ValueError, or becomes `unknown_value` with
    `handle_unknown="use_encoded_value"`.

    >>> OrdinalEncoder(categories=[["small", "large"]]).fit_transform([["large"], ["small"]]).tolist()
    [[1.0], [0.0]]
    """

    def __init__(
        self,
        *,
        categories: Any = "auto",
        handle_unknown: Literal["error", "use_encoded_value"] = "error",
        unknown_value: float | None = None,
    ) -> None:
        one_of("handle_unknown", handle_unknown, ("error", "use_encoded_value"))
        if (handle_unknown == "error") != (unknown_value is None):
            raise ValueError(
                f"unknown_value={unknown_value!r} does not go with handle_unknown={handle_unknown!r}; give a "
                f"number together with 'use_encoded_value', and only then"
            )
        super().__init__(categories, handle_unknown)
        self.unknown_value = unknown_value

    def transform(self, X: ArrayLike) -> np.ndarray:
        codes = self._codes(X)
        unknown = -1.0 if self.unknown_value is None else self.unknown_value
        return np.where(codes < 0, unknown, codes.astype(np.float64))
