"""Layers with weights. Forward and backward stand side by side so that they can be compared.

A linear layer computes out = X W + b. A column of ones makes the bias one more weight:
out = [X 1] [W; b], a single product, and its gradient is a single product too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.nn.base import Array, Layer, Parameter, Shape


class Linear(Layer):
    """out = X W + b, the layer that every network is made of.

    X (n, in_features) → out (n, out_features); W (in_features, out_features), b (out_features,).
    W starts uniform within ±1/√in_features, as in PyTorch, and so does b.
    Raises ValueError when X does not have `in_features` columns.
    Source: LeCun et al., "Efficient BackProp" (1998).

    >>> layer = Linear(3, 2, rng=np.random.default_rng(0))
    >>> out = layer.forward(np.ones((5, 3)))
    >>> layer.backward(np.ones((5, 2))).shape, layer.dW.shape, layer.db
    ((5, 3), (3, 2), array([5., 5.]))
    """

    parameter_names = ("W", "b")
    W, b, dW, db = Parameter(), Parameter(), Parameter(), Parameter()
    X1: Array  # [X 1]
    X: Array  # its first columns

    def __init__(
        self, in_features: int, out_features: int, *, rng: np.random.Generator, dtype: Any = np.float64
    ):
        self.in_features, self.out_features, self.dtype = in_features, out_features, np.dtype(dtype)
        bound = 1 / np.sqrt(in_features)
        self.Wb = rng.uniform(-bound, bound, (in_features + 1, out_features)).astype(dtype)
        self.dWb = np.zeros_like(self.Wb)
        self.W, self.b = self.Wb[:-1], self.Wb[-1]
        self.dW, self.db = self.dWb[:-1], self.dWb[-1]

    def bind(self, flat: Array, d_flat: Array) -> None:
        super().bind(flat, d_flat)
        self.Wb, self.dWb = flat.reshape(-1, self.out_features), d_flat.reshape(-1, self.out_features)

    def forward(self, X: Array) -> Array:
        if X.shape != self.shape:
            self.prepare(X.shape)
        np.copyto(self.X, X)
        return self.X1.dot(self.Wb, out=self.out)  # [X 1] [W; b]

    def backward(self, d_out: Array) -> Array:
        self.X1.T.dot(d_out, out=self.dWb)  # dW = Xᵀ d_out, db = Σ d_out
        return d_out.dot(self.W.T, out=self.dX)

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 2 or shape[1] != self.in_features:
            raise ValueError(
                f"Linear({self.in_features}, {self.out_features}) needs X of shape (n, {self.in_features}), "
                f"got {shape}. W has shape {self.W.shape}."
            )
        return shape[0], self.out_features

    def allocate(self, shape: Shape) -> dict[str, Any]:
        arrays = super().allocate(shape)
        X1 = np.ones((shape[0], self.in_features + 1), self.dtype)
        return arrays | {"X1": X1, "X": X1[:, :-1]}
