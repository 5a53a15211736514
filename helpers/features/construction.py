"""New features from old ones: products of columns, and the directions in which the data spread most."""

from itertools import chain, combinations, combinations_with_replacement
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from helpers import _inputs
from helpers.features.base import Transformer, feature_names


class PolynomialFeatures(Transformer):
    """All products of up to `degree` columns: with them, a linear model can bend.

    For the columns a, b and degree 2: 1, a, b, a², ab, b². `interaction_only=True` leaves out powers (a²,
    b²), `include_bias=False` the column of ones. (m, d) → (m, C(d + degree, degree)), which grows fast.
    Learns `powers_` (n_output, d), the exponents of each product. ValueError if degree is below 0 or if
    nothing would come out.
    Source: Bishop, *Pattern Recognition and Machine Learning*, 1.1.

    >>> PolynomialFeatures(2).fit_transform([[2.0, 3.0]]).tolist()
    [[1.0, 2.0, 3.0, 4.0, 6.0, 9.0]]
    """

    def __init__(self, degree: int = 2, *, interaction_only: bool = False, include_bias: bool = True) -> None:
        _inputs.whole_number(degree, "degree", 0)
        if degree == 0 and not include_bias:
            raise ValueError("degree=0 with include_bias=False gives no columns; use a degree of at least 1")
        self.degree, self.interaction_only, self.include_bias = degree, interaction_only, include_bias

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        self.n_features_in_ = d = _inputs.table(X).shape[1]
        choose = combinations if self.interaction_only else combinations_with_replacement
        degrees = range(0 if self.include_bias else 1, self.degree + 1)
        products = chain.from_iterable(choose(range(d), k) for k in degrees)
        self.powers_ = np.array([np.bincount(columns, minlength=d) for columns in map(_ints, products)])
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        self._check_fitted()
        X = self._check_columns(_inputs.table(X))
        out = np.ones((len(X), len(self.powers_)))
        for k, powers in enumerate(self.powers_):
            for j in np.flatnonzero(powers):
                with np.errstate(over="ignore"):
                    out[:, k] *= X[:, j] ** powers[j]
        if not np.isfinite(out).all():
            raise ValueError("a product is larger than a number can be; scale the columns of X first")
        return out

    def get_feature_names_out(self, input_features: Any = None) -> list[str]:
        """The names of the columns that `transform` returns, such as "1", "a", "a b" and "a^2"."""
        self._check_fitted()
        names = feature_names(input_features, self.n_features_in_)
        factors = [
            [names[j] if row[j] == 1 else f"{names[j]}^{row[j]}" for j in np.flatnonzero(row)]
            for row in self.powers_
        ]
        return [" ".join(f) if f else "1" for f in factors]


def _ints(columns: tuple[int, ...]) -> np.ndarray:
    return np.array(columns, dtype=np.int64)  # an empty tuple would become floats


class PCA(Transformer):
    """Principal component analysis: the orthogonal directions along which the data vary most.

    With the training data centred, X = U S Vᵀ; the rows of Vᵀ are the directions. `transform` gives the
    coordinates along the first `n_components` of them, (m, d) → (m, n_components).
    `n_components`: None for all min(n, d), a number of directions, or, as a share below 1, as many as explain
    more than that share of the variance. `whiten=True` divides each coordinate by its standard deviation.
    Learns `mean_` (d,), `components_` (n_components, d), `explained_variance_`, `explained_variance_ratio_`,
    `singular_values_`. The largest entry (in size) of each direction is positive, and where several are
    equally large, up to rounding, the first of them: that settles the signs, in whatever order the rows come.
    (scikit-learn takes whichever rounding makes the largest. Directions that explain equally much, or
    nothing, are nobody's choice: any turn of them is as good.)
    ValueError if there are not so many directions. Scale the columns first if their units differ.
    Source: Pearson, 1901; Jolliffe, *Principal Component Analysis*.

    >>> pca = PCA(1).fit([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    >>> pca.components_.round(3), pca.explained_variance_ratio_.round(3)
    (array([[0.707, 0.707]]), array([1.]))
    """

    def __init__(self, n_components: int | float | None = None, *, whiten: bool = False) -> None:
        self.n_components, self.whiten = n_components, whiten

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        X = _inputs.squarable(_inputs.table(X))
        n, d = X.shape
        if n < 2:
            raise ValueError(f"PCA needs at least 2 samples to see how they vary, got {n}")
        self.mean_ = X.mean(axis=0)
        _, S, Vt = np.linalg.svd(X - self.mean_, full_matrices=False)
        size = np.abs(Vt)
        first_largest = (size >= (1 - 1e-6) * size.max(axis=1, keepdims=True)).argmax(axis=1)
        Vt *= np.sign(Vt[np.arange(len(Vt)), first_largest])[:, None]
        variance = S**2 / (n - 1)
        ratio = variance / variance.sum() if variance.sum() > 0 else np.zeros_like(variance)
        k = self._how_many(ratio, n, d)
        self.components_, self.singular_values_ = Vt[:k], S[:k]
        self.explained_variance_, self.explained_variance_ratio_ = variance[:k], ratio[:k]
        self.n_features_in_, self.n_components_ = d, k
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        self._check_fitted()
        Z = (self._check_columns(_inputs.table(X)) - self.mean_) @ self.components_.T
        return Z / self._spread() if self.whiten else Z

    def inverse_transform(self, Z: ArrayLike) -> np.ndarray:
        """Back to the original columns, as far as the kept directions reach: (m, n_components) → (m, d)."""
        self._check_fitted()
        Z = self._check_columns(_inputs.table(Z, "Z"), self.n_components_)
        return (Z * self._spread() if self.whiten else Z) @ self.components_ + self.mean_

    def _spread(self) -> np.ndarray:
        # A direction in which nothing varies has only rounding errors as coordinates: do not blow them up.
        return np.sqrt(self.explained_variance_).clip(min=np.finfo(float).eps)

    def _how_many(self, ratio: np.ndarray, n: int, d: int) -> int:
        k = self.n_components
        if k is None:
            return len(ratio)
        if isinstance(k, float | np.floating):
            if not 0 < k < 1:
                raise ValueError(f"n_components as a share of the variance must be between 0 and 1, got {k}")
            return min(int(np.searchsorted(ratio.cumsum(), k, side="right")) + 1, len(ratio))
        if _inputs.whole_number(k, "n_components", 1) > len(ratio):
            raise ValueError(
                f"n_components={k} is more than {len(ratio)}, which is all the directions that {n} samples "
                f"with {d} features have"
            )
        return int(k)
