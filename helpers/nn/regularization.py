"""What keeps a network from learning by heart: dropout, and penalties on large weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.nn.base import Array, Layer, marked, needs_array, real_dtype
from helpers.nn.clipping import norm
from helpers.nn.fleet import num_models
from helpers.nn.layers import Linear, generator
from helpers.nn.stack import Stack, rows


def draw(rng: Any, shape: tuple[int, ...]) -> Array:
    """Uniform numbers in 0..1; a fleet has a list of generators, one for each model."""
    if isinstance(rng, list):
        return np.stack([one.random(shape[1:]) for one in rng]).view(Stack)
    return rng.random(shape)


class Dropout(Layer):
    """In training each entry becomes 0 with probability p; the others grow by 1 / (1 - p), so the mean stays.

    In evaluation it does nothing. Raises ValueError for p outside of 0..1.
    Source: Srivastava et al., "Dropout" (2014).

    >>> Dropout(0.5, rng=np.random.default_rng(0)).forward(np.ones((1, 4)))
    array([[2., 0., 0., 0.]])
    """

    settings = ("p",)
    rng: Any

    def __init__(self, p: float = 0.5, *, rng: np.random.Generator):
        if not 0 <= p <= 1:
            raise ValueError(f"p is a probability in 0..1, got {p}.")
        self.p, self.rng = p, generator(rng)

    def forward(self, X: Array) -> Array:
        needs_array(self, X)
        if not self.training or self.p == 0:
            self.mask = X.dtype.type(1)
            return X
        keep = draw(self.rng, X.shape) >= self.p
        self.mask = keep * real_dtype(X).type(1 / (1 - self.p) if self.p < 1 else 0)
        return X * self.mask

    def backward(self, d_out: Array) -> Array:
        return d_out * self.mask

    def merge(self, layers: Sequence[Any]) -> None:
        super().merge(layers)
        self.rng = [layer.rng for layer in layers]


class DropConnect(Linear):
    """A linear layer that in training loses each weight with probability p; the others grow by 1 / (1 - p).

    One mask for a batch. In evaluation it is `Linear`.
    Source: Wan et al., "Regularization of neural networks using DropConnect" (2013).

    >>> layer = DropConnect(3, 2, p=0.5, rng=np.random.default_rng(0))
    >>> layer.forward(np.ones((4, 3))).shape
    (4, 2)
    """

    settings = ("p",)

    def __init__(
        self, in_features: int, out_features: int, *, p: float = 0.5, rng: Any, dtype: Any = np.float64
    ):
        if not 0 <= p < 1:
            raise ValueError(f"p is a probability below 1, got {p}.")
        super().__init__(in_features, out_features, rng=rng, dtype=dtype)
        self.p, self.rng = p, rng

    def forward(self, X: Array) -> Array:
        self.check(X)
        self.mask = self.W.dtype.type(1)
        if self.training:
            self.mask = (draw(self.rng, self.W.shape) >= self.p) * self.W.dtype.type(1 / (1 - self.p))
        self.X, self.W_used = X, self.W * self.mask
        return X @ self.W_used + self.b

    def backward(self, d_out: Array) -> Array:
        X, d = rows(self.X), rows(d_out)
        self.dW = X.mT @ d * self.mask
        self.db = d.sum(axis=0)
        return d_out @ self.W_used.T

    def merge(self, layers: Sequence[Any]) -> None:
        super().merge(layers)
        self.rng = [layer.rng for layer in layers]


class Penalty:
    """λ₁ Σ|w| + λ₂ Σw² over the weights of a model, added to the loss. Biases go free, as is the custom.

    `value()` is the penalty, `add_gradient(model)` adds λ₁ sign(w) + 2 λ₂ w to the gradients, as autograd
    would. `fit(..., penalty=L2(model, 1e-3))` does so before each step. In a fleet λ may be K numbers.
    `layers` names the layers whose weights count (all of them by default).
    Raises ValueError for a strength below 0, or a layer that is not in the model.

    >>> from helpers.nn import Linear, Sequential
    >>> model = Sequential(Linear(2, 1, rng=np.random.default_rng(0)))
    >>> model.layers[0].W = [[3.0], [-4.0]]
    >>> L1(model, 0.1).value().__round__(4), L2(model, 0.1).value().__round__(4)
    (0.7, 2.5)
    """

    def __init__(self, model: Any, l1: Any = 0.0, l2: Any = 0.0, *, layers: Sequence[Layer] | None = None):
        self.model = model
        self.l1, self.l2 = (self.coefficient(value) for value in (l1, l2))
        wanted = None
        if layers is not None:
            inside = {id(leaf) for layer in layers for leaf in layer.leaves()}
            own = [id(leaf) for leaf in model.leaves()]
            if not inside <= set(own):
                raise ValueError("`layers` are layers of the model: write layers=[model.layers[0]].")
            wanted = {leaf: float(leaf in inside) for leaf in own}
        self.marks = marked(model, wanted, "W")  # 1 where `flat` holds a weight that counts, else 0

    def coefficient(self, value: Any) -> Any:
        """λ as a number, or as a column (K, 1)."""
        value = np.asarray(value, self.model.dtype)
        if (value < 0).any():
            raise ValueError(f"A penalty's strength must be at least 0, got {value}.")
        if value.ndim and value.size != num_models(self.model):
            raise ValueError(f"A strength is one number, or one per model of a fleet; got {value.shape}.")
        return value.reshape(-1, 1) if value.ndim else value

    def value(self) -> Any:
        """The penalty, to be added to the loss: a float, or (K, 1) in a fleet."""
        w = self.model.flat * self.marks
        value = self.l1 * np.abs(w).sum(axis=-1, keepdims=w.ndim > 1) + self.l2 * norm(w) ** 2
        return value if w.ndim > 1 else float(value)

    def add_gradient(self, model: Any) -> None:
        """Add ∂penalty/∂parameters to the gradients."""
        w = model.flat * self.marks
        model.d_flat += self.l1 * np.sign(w) + 2 * self.l2 * w


class L1(Penalty):
    """λ Σ|w|: pulls every weight towards zero with the same force, and leaves many exactly there.

    Source: Tibshirani, "Regression shrinkage and selection via the lasso" (1996).
    """

    def __init__(self, model: Any, strength: Any, *, layers: Sequence[Layer] | None = None):
        super().__init__(model, l1=strength, layers=layers)


class L2(Penalty):
    """λ Σw²: pulls a weight towards zero in proportion to its size.

    Source: Hoerl and Kennard, "Ridge regression" (1970).
    """

    def __init__(self, model: Any, strength: Any, *, layers: Sequence[Layer] | None = None):
        super().__init__(model, l2=strength, layers=layers)


class ElasticNet(Penalty):
    """λ (ratio Σ|w| + (1 - ratio) ½ Σw²), scikit-learn's mixture of both.

    Source: Zou and Hastie, "Regularization and variable selection via the elastic net" (2005).
    """

    def __init__(self, model: Any, strength: Any, l1_ratio: float = 0.5):
        strength = np.asarray(strength)
        super().__init__(model, l1=strength * l1_ratio, l2=strength * (1 - l1_ratio) / 2)
