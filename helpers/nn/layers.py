"""Layers with weights. Forward and backward stand side by side so that they can be compared."""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.nn.base import Array, Layer, Shape, needs_array
from helpers.nn.stack import Stack, each_shape, rows


class Linear(Layer):
    """out = X W + b, the layer that every network is made of.

    X (n, …, in_features) → out (n, …, out_features); W (in_features, out_features), b (out_features,).
    Both start uniform within ±1/√in_features, as in PyTorch. `bias=False` leaves b out.
    Raises ValueError when the last axis of X is not `in_features` long, or a size is below 1.
    Source: LeCun et al., "Efficient BackProp" (1998).

    >>> layer = Linear(3, 2, rng=np.random.default_rng(0))
    >>> out = layer.forward(np.ones((5, 3)))
    >>> layer.backward(np.ones((5, 2))).shape, layer.dW.shape, layer.db
    ((5, 3), (3, 2), array([5., 5.]))
    """

    parameter_names: tuple[str, ...] = ("W", "b")
    W: Any
    b: Any

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        bias: bool = True,
        rng: np.random.Generator,
        dtype: Any = np.float64,
    ):
        whole_number("Linear", in_features=in_features, out_features=out_features)
        self.in_features, self.out_features = in_features, out_features
        bound = 1 / np.sqrt(in_features)
        self.W = uniform(rng, bound, (in_features, out_features), dtype)
        if bias:
            self.b = uniform(rng, bound, (out_features,), dtype)
        else:
            self.parameter_names = ("W",)
            self.b = np.zeros(out_features, dtype)

    def forward(self, X: Array) -> Array:
        self.check(X)
        self.X = X
        return X @ self.W + self.b

    def backward(self, d_out: Array) -> Array:
        X, d = rows(self.X), rows(d_out)  # (n, T, features) has n · T rows
        self.dW = X.mT @ d
        self.db = d.sum(axis=0)
        return d_out @ self.W.T

    def output_shape(self, shape: Shape) -> Shape:
        if shape[-1] != self.in_features:
            raise ValueError(
                f"Linear({self.in_features}, {self.out_features}) needs X of shape (n, {self.in_features}), "
                f"got {shape}. W has shape {self.W.shape}."
            )
        return *shape[:-1], self.out_features


class Embedding(Layer):
    """A table with one row for each word: X of row numbers (n, …) → out (n, …, embedding_dim).

    W (num_embeddings, embedding_dim) starts normal with variance 1, as in PyTorch. A word that occurs
    twice gets the sum of its gradients. `backward` returns zeros: a row number has no slope.
    Raises ValueError when X holds anything but integers in 0..num_embeddings - 1.
    Source: Bengio et al., "A neural probabilistic language model" (2003).

    >>> layer = Embedding(4, 2, rng=np.random.default_rng(0))
    >>> layer.forward(np.array([[0, 3, 3]])).shape
    (1, 3, 2)
    """

    parameter_names = ("W",)
    takes_indices = True
    W: Any

    def __init__(
        self, num_embeddings: int, embedding_dim: int, *, rng: np.random.Generator, dtype: Any = np.float64
    ):
        whole_number("Embedding", num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.W = generator(rng).normal(size=(num_embeddings, embedding_dim)).astype(real(dtype))

    def forward(self, X: Array) -> Array:
        needs_array(self, X)
        seen = np.asarray(X)
        if X.dtype.kind not in "iu" or (X.size and not 0 <= seen.min() <= seen.max() < self.num_embeddings):
            raise ValueError(
                f"Embedding needs integers in 0..{self.num_embeddings - 1}, got {X.dtype} {seen.ravel()[:5]}."
            )
        self.index: tuple[Array, ...] = (X,)
        if isinstance(self.W, Stack):  # in a fleet, each model's words are looked up in its own table
            self.index = (np.arange(len(self.W)).reshape(-1, *[1] * (X.ndim - 1)), np.asarray(X))
        return self.W[self.index]

    def backward(self, d_out: Array) -> Array:
        self.dW = np.zeros_like(self.W)
        np.add.at(np.asarray(self.dW), self.index, np.asarray(d_out))
        return np.zeros(self.index[-1].shape, self.W.dtype)

    def output_shape(self, shape: Shape) -> Shape:
        return *shape, self.embedding_dim


class Flatten(Layer):
    """X (n, a, b, …) → out (n, a·b·…): the same numbers, one row for each sample.

    >>> Flatten().forward(np.zeros((5, 2, 4, 4))).shape
    (5, 32)
    """

    def forward(self, X: Array) -> Array:
        self.check(X)
        self.X_shape = X.shape
        samples = X.shape[: X.ndim - len(each_shape(X)) + 1]
        return X.reshape(*samples, -1)

    def backward(self, d_out: Array) -> Array:
        return d_out.reshape(self.X_shape)

    def output_shape(self, shape: Shape) -> Shape:
        return shape[0], int(np.prod(shape[1:]))


def uniform(rng: np.random.Generator, bound: float, shape: Shape, dtype: Any) -> Array:
    """Numbers between -bound and bound."""
    return generator(rng).uniform(-bound, bound, shape).astype(real(dtype))


def whole_number(layer: str, **sizes: Any) -> None:
    """Raise ValueError for a size that is not a whole number from 1 on."""
    for name, size in sizes.items():
        if not is_whole(size) or size < 1:
            raise ValueError(f"{layer}: {name} is a whole number from 1 on, got {size!r}.")


def is_whole(value: Any) -> bool:
    """Whether it is a whole number."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def generator(rng: Any) -> np.random.Generator:
    """The generator itself. Raises TypeError for anything else, such as a seed."""
    if not hasattr(rng, "uniform") or not hasattr(rng, "permutation"):
        raise TypeError(f"rng is a generator, np.random.default_rng(seed), got {rng!r}.")
    return rng


def real(dtype: Any) -> np.dtype:
    """The dtype. Raises TypeError unless it is one of real numbers."""
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"A layer needs a dtype of real numbers, got {np.dtype(dtype)}.")
    return np.dtype(dtype)
