"""A pipeline: transformers and a model as one, so that `fit` sees training data only, in every step."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike


class Pipeline:
    """Steps in a row: every step but the last transforms, the last transforms or predicts.

    `steps` is a list of (name, step). `fit(X, y)` fits each step on what the steps before it give;
    `transform`, `predict`, `predict_proba` and `score` only apply what was learnt. The last step may be a
    model, scikit-learn's too.
    ValueError for no steps, names that repeat, or a step before the last that cannot transform; calling what
    the last step cannot do is an AttributeError that says so.

    >>> from helpers.features import StandardScaler, PCA
    >>> pipeline = Pipeline([("scale", StandardScaler()), ("pca", PCA(1))])
    >>> pipeline.fit_transform([[0.0, 0.0], [1.0, 10.0], [2.0, 20.0]]).shape
    (3, 1)
    """

    def __init__(self, steps: list[tuple[str, Any]]) -> None:
        if not steps:
            raise ValueError("a pipeline needs at least one step, e.g. [('scale', StandardScaler())]")
        names = [name for name, _ in steps]
        if len(set(names)) < len(names):
            raise ValueError(f"the names of the steps must differ, got {names}")
        for name, step in steps[:-1]:
            if not hasattr(step, "transform"):
                raise ValueError(
                    f"step {name!r} ({type(step).__name__}) cannot transform; only the last may be a model"
                )
        self.steps = steps

    @property
    def named_steps(self) -> dict[str, Any]:
        """The steps by name."""
        return dict(self.steps)

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Fit every step on training data, each on the output of the one before."""
        for _, step in self.steps[:-1]:
            X = step.fit_transform(X, y)
        self.steps[-1][1].fit(X, y)
        return self

    def fit_transform(self, X: ArrayLike, y: Any = None) -> np.ndarray:
        """`fit`, then `transform`, for training data."""
        return self.fit(X, y).transform(X)

    def transform(self, X: ArrayLike) -> np.ndarray:
        """X (m, d) through all the steps."""
        return self._last("transform")(self._until_last(X))

    def predict(self, X: ArrayLike) -> np.ndarray:
        """What the model at the end predicts, (m,)."""
        return self._last("predict")(self._until_last(X))

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """The probabilities that the model at the end gives, (m, number of classes)."""
        return self._last("predict_proba")(self._until_last(X))

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        """The score of the model at the end."""
        return self._last("score")(self._until_last(X), y)

    def _until_last(self, X: Any) -> Any:
        for _, step in self.steps[:-1]:
            X = step.transform(X)
        return X

    def _last(self, method: str) -> Any:
        name, step = self.steps[-1]
        if not hasattr(step, method):
            raise AttributeError(f"the last step, {name!r} ({type(step).__name__}), has no {method}()")
        return getattr(step, method)


def make_pipeline(*steps: Any) -> Pipeline:
    """A pipeline whose steps are named after their types, in lower case.

    >>> from helpers.features import StandardScaler, PCA
    >>> list(make_pipeline(StandardScaler(), PCA(2)).named_steps)
    ['standardscaler', 'pca']
    """
    kinds = [type(step).__name__.lower() for step in steps]
    names = [f"{k}-{kinds[: i + 1].count(k)}" if kinds.count(k) > 1 else k for i, k in enumerate(kinds)]
    return Pipeline(list(zip(names, steps, strict=True)))
