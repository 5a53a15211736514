"""What all transformers have in common: the contract, and the two checks that keep it."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from helpers._inputs import NotFittedError


class Transformer:
    """The contract: `fit` learns from (n, d) training data, `transform` applies it to any (m, d) data.

    What `fit` learns is in attributes that end in an underscore. `transform` never changes its input.
    It raises NotFittedError (a ValueError) before `fit`, and ValueError for another number of columns, for
    missing or infinite values. `y` is accepted and ignored, so that transformers and models look alike.
    """

    n_features_in_: int

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        raise NotImplementedError

    def transform(self, X: ArrayLike) -> np.ndarray:
        raise NotImplementedError

    def fit_transform(self, X: ArrayLike, y: Any = None) -> np.ndarray:
        """`fit(X)`, then `transform(X)`: for training data only."""
        return self.fit(X, y).transform(X)

    def _check_fitted(self) -> None:
        if not hasattr(self, "n_features_in_"):
            name = type(self).__name__
            raise NotFittedError(f"this {name} has learnt nothing yet; call fit(X_train) before transform")

    def _check_columns(self, X: np.ndarray, expected: int | None = None) -> np.ndarray:
        self._check_fitted()
        expected = self.n_features_in_ if expected is None else expected
        if X.shape[1] != expected:
            raise ValueError(
                f"X has {X.shape[1]} columns, but this {type(self).__name__} expects {expected}, as in the "
                f"data that it was fitted on; pass the same columns in the same order"
            )
        return X


def one_of(name: str, value: Any, allowed: tuple[Any, ...]) -> None:
    """ValueError if `value` is none of those allowed."""
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}; got {value!r}")


def feature_names(given: Any, n_features: int) -> list[str]:
    """The names that were given, or x0, x1, … as in scikit-learn."""
    names = [f"x{j}" for j in range(n_features)] if given is None else [str(name) for name in given]
    if len(names) != n_features:
        raise ValueError(f"input_features has {len(names)} names, but there are {n_features} columns")
    return names
