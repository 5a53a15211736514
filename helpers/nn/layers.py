"""Layers with weights. Forward and backward stand side by side so that they can be compared.

A linear layer computes out = X W + b. A column of ones makes the bias one more row of weights,
out = [X 1] [W; b]: a single product, and its gradient is a single product too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.nn.base import Array, Layer, Parameter, Shape, aligned


class Linear(Layer):
    """out = X W + b, the layer that every network is made of.

    X (n, in_features) → out (n, out_features); W (in_features, out_features), b (out_features,).
    Both start uniform within ±1/√in_features, as in PyTorch.
    Raises ValueError when X does not have `in_features` columns.
    Source: LeCun et al., "Efficient BackProp" (1998).

    >>> layer = Linear(3, 2, rng=np.random.default_rng(0))
    >>> out = layer.forward(np.ones((5, 3)))
    >>> layer.backward(np.ones((5, 2))).shape, layer.dW.shape, layer.db
    ((5, 3), (3, 2), array([5., 5.]))
    """

    parameter_names = ("W", "b")
    W, b, dW, db = Parameter(), Parameter(), Parameter(), Parameter()
    X1_T: Array  # [X 1], as it lies in memory: a row for each feature, then a row of ones
    X: Any = None  # the place of X in it
    d_rows: Array | None  # a place for d_out, sample by sample
    out_T: Array | None
    dX_T: Array | None

    def __init__(
        self, in_features: int, out_features: int, *, rng: np.random.Generator, dtype: Any = np.float64
    ):
        self.in_features, self.out_features, self.dtype = in_features, out_features, np.dtype(dtype)
        self.own(W=(in_features, out_features), b=(out_features,))
        bound = 1 / np.sqrt(in_features)
        self.flat[:] = rng.uniform(-bound, bound, self.size)

    def forward(self, X: Array) -> Array:
        if X is not self.X:  # the layer before may write straight into it: see `Sequential.reserve`
            if X.shape != self.shape:
                self.prepare(X)
            self.X[...] = X
        out_T = self.Wb_T.dot(self.X1_T, out=self.out_T)  # outᵀ = [W; b]ᵀ [X 1]ᵀ
        return self.out if self.keep else out_T.mT

    def backward(self, d_out: Array) -> Array:
        d = d_out
        if self.d_rows is not None:
            d = self.d_rows
            d[...] = d_out
        self.X1_T.dot(d, out=self.dWb)  # dW = Xᵀ d_out, db = 1ᵀ d_out
        if not self.needs_dX:
            return self.dX  # None: nobody in front is waiting for it
        dX_T = self.W_matrix.dot(d_out.mT, out=self.dX_T)  # dXᵀ = W d_outᵀ
        return self.dX if self.keep else dX_T.mT

    def bind(self, flat: Array, d_flat: Array) -> None:
        super().bind(flat, d_flat)
        block = (*flat.shape[:-1], self.in_features + 1, self.out_features)
        Wb, self.dWb = flat.reshape(block), d_flat.reshape(block)  # b lies behind W: [W; b]
        self.Wb_T, self.W_matrix = self.factor(Wb.mT), self.factor(Wb[..., :-1, :])

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != (3 if self.models else 2) or shape[-1] != self.in_features:
            raise ValueError(
                f"Linear({self.in_features}, {self.out_features}) needs X of shape (n, {self.in_features}), "
                f"got {shape}. W has shape {self.W.shape}."
            )
        return *shape[:-1], self.out_features

    def allocate(self, shape: Shape) -> dict[str, Any]:
        arrays = super().allocate(shape)
        X1 = self.new((*shape[:-1], self.in_features + 1), fill=1)
        d_rows = None
        # BLAS multiplies fastest what lies sample by sample. (The limits are where it was measured to pay.)
        if self.keep and not self.needs_dX and self.in_features >= 32:
            X1 = aligned(X1.shape, self.dtype, fill=1)  # the first layer: the data come that way
        elif self.keep and min(self.in_features, self.out_features) >= 64:
            d_rows = aligned(self.output_shape(shape), self.dtype)  # a wide layer: copying d_out pays
        out_T, dX_T = (a if a is None else a.mT for a in (arrays["out"], arrays["dX"]))
        kept = {"X1_T": self.factor(X1.mT), "X": X1[..., :-1], "d_rows": d_rows, "out_T": out_T, "dX_T": dX_T}
        return arrays | kept


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
    W, dW = Parameter(), Parameter()

    def __init__(
        self, num_embeddings: int, embedding_dim: int, *, rng: np.random.Generator, dtype: Any = np.float64
    ):
        self.num_embeddings, self.embedding_dim, self.dtype = num_embeddings, embedding_dim, np.dtype(dtype)
        self.own(W=(num_embeddings, embedding_dim))
        self.W = rng.normal(size=self.W.shape)

    def forward(self, X: Array) -> Array:
        if X.dtype.kind not in "iu" or (X.size and not 0 <= X.min() <= X.max() < self.num_embeddings):
            raise ValueError(
                f"Embedding needs integers in 0..{self.num_embeddings - 1}, got {X.dtype} {X.ravel()[:5]}."
            )
        # in a fleet, each model's words are looked up in its own table
        self.index = (np.arange(self.models).reshape(-1, *[1] * (X.ndim - 1)), X) if self.models else (X,)
        return self.W[self.index]

    def backward(self, d_out: Array) -> Array:
        self.dW[...] = 0
        np.add.at(self.dW, self.index, d_out)
        return np.zeros(self.index[-1].shape, self.dtype)

    def output_shape(self, shape: Shape) -> Shape:
        return *shape, self.embedding_dim


class Flatten(Layer):
    """X (n, a, b, …) → out (n, a·b·…): the same numbers, one row for each sample.

    >>> Flatten().forward(np.zeros((5, 2, 4, 4))).shape
    (5, 32)
    """

    def forward(self, X: Array) -> Array:
        self.shape = X.shape
        return X.reshape(self.output_shape(X.shape))

    def backward(self, d_out: Array) -> Array:
        return d_out.reshape(self.shape)

    def output_shape(self, shape: Shape) -> Shape:
        kept_axes = 2 if self.models else 1
        return *shape[:kept_axes], int(np.prod(shape[kept_axes:]))

    def allocate(self, shape: Shape) -> dict[str, Any]:
        return {}
