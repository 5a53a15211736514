"""Attention: every place of a sequence looks at the others, and takes from those that answer its question.

Each place asks a query q, offers a key k and a value v: out = Σ softmax(q·k / √d) v. That knows no order, so
a position is added to the words first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.nn.activations import softmax
from helpers.nn.base import Array, Layer, Shape, real_dtype
from helpers.nn.layers import generator, real, uniform, whole_number
from helpers.nn.stack import each_shape, rows


class Attention(Layer):
    """Multi-head self-attention: softmax(Q Kᵀ / √(d / num_heads)) V in each head, then W_o.

    X (n, T, d) → out (n, T, d), d = embedding_dim; W_q, W_k, W_v, W_o (d, d) and b_q, b_k, b_v, b_o (d,).
    Head i has the i-th of num_heads equal parts of the columns. With `causal=True` place t sees places 0..t.
    `forward(X, padding)` hides the places where padding (n, T) is True; a place that sees nothing gets
    nothing (0 before W_o). `weights` (n, num_heads, T, T) are kept: row t says where place t looked.
    The weights start as in PyTorch: W_q, W_k, W_v uniform within ±√(6 / 4d), W_o within ±1/√d, biases 0.
    Raises ValueError for other shapes, or when num_heads does not divide embedding_dim.
    Source: Vaswani et al., "Attention is all you need" (2017).

    >>> layer = Attention(4, 2, causal=True, rng=np.random.default_rng(0))
    >>> layer.forward(np.ones((1, 3, 4))).shape
    (1, 3, 4)
    >>> layer.weights[0, 1].round(2)
    array([[1.  , 0.  , 0.  ],
           [0.5 , 0.5 , 0.  ],
           [0.33, 0.33, 0.33]])
    """

    parameter_names = ("W_q", "W_k", "W_v", "b_q", "b_k", "b_v", "W_o", "b_o")
    settings = ("num_heads", "causal")
    W_q: Array
    W_k: Array
    W_v: Array
    W_o: Array
    b_q: Array
    b_k: Array
    b_v: Array
    b_o: Array

    def __init__(
        self,
        embedding_dim: int,
        num_heads: int = 1,
        *,
        causal: bool = False,
        rng: np.random.Generator,
        dtype: Any = np.float64,
    ):
        whole_number("Attention", embedding_dim=embedding_dim, num_heads=num_heads)
        if embedding_dim % num_heads:
            raise ValueError(f"num_heads must divide embedding_dim {embedding_dim}, got {num_heads}.")
        self.embedding_dim, self.num_heads, self.causal = embedding_dim, num_heads, causal
        d, bound = embedding_dim, np.sqrt(6 / (4 * embedding_dim))
        self.W_q, self.W_k, self.W_v = (uniform(rng, bound, (d, d), dtype) for _ in range(3))
        self.W_o = uniform(rng, 1 / np.sqrt(d), (d, d), dtype)
        self.b_q, self.b_k, self.b_v, self.b_o = (np.zeros(d, dtype) for _ in range(4))

    def forward(self, X: Array, padding: Array | None = None) -> Array:
        self.check(X)
        self.X = X
        self.Q = self.heads(X @ self.W_q + self.b_q)
        self.K = self.heads(X @ self.W_k + self.b_k)
        self.V = self.heads(X @ self.W_v + self.b_v)
        scores = self.Q @ self.K.mT * self.scale
        seen = self.seen(padding)
        self.weights = softmax(np.where(seen, scores, np.finfo(scores.dtype).min)) * seen
        self.context = self.joined(self.weights @ self.V)
        return self.context @ self.W_o + self.b_o

    def backward(self, d_out: Array) -> Array:
        self.dW_o = rows(self.context).mT @ rows(d_out)
        self.db_o = rows(d_out).sum(axis=0)
        d = self.heads(d_out @ self.W_o.T)
        d_weights = d @ self.V.mT
        d_scores = self.weights * (d_weights - (d_weights * self.weights).sum(axis=-1, keepdims=True))
        dQ = self.joined(d_scores @ self.K * self.scale)
        dK = self.joined(d_scores.mT @ self.Q * self.scale)
        dV = self.joined(self.weights.mT @ d)
        X = rows(self.X)
        self.dW_q, self.dW_k, self.dW_v = X.mT @ rows(dQ), X.mT @ rows(dK), X.mT @ rows(dV)
        self.db_q, self.db_k, self.db_v = rows(dQ).sum(axis=0), rows(dK).sum(axis=0), rows(dV).sum(axis=0)
        return dQ @ self.W_q.T + dK @ self.W_k.T + dV @ self.W_v.T

    @property
    def scale(self) -> float:
        """1 / √(numbers in a head): a sum of that many products has about variance 1 again."""
        return (self.num_heads / self.embedding_dim) ** 0.5

    def heads(self, X: Array) -> Array:
        """(n, T, d) → (n, num_heads, T, d / num_heads)."""
        return X.reshape(*X.shape[:-1], self.num_heads, -1).swapaxes(-2, -3)

    def joined(self, X: Array) -> Array:
        """The way back: (n, num_heads, T, d / num_heads) → (n, T, d)."""
        places = X.swapaxes(-2, -3)
        return places.reshape(*places.shape[:-2], -1)

    def seen(self, padding: Array | None) -> Array:
        """True where a place (row) may look at another one (column): (T, T), with padding (n, 1, T, T)."""
        T = self.X.shape[-2]
        seen = np.tri(T, dtype=bool) if self.causal else np.ones((T, T), bool)
        if padding is None:
            return seen
        n_and_T = each_shape(self.X)[:-1]
        if padding.dtype != bool or each_shape(padding) != n_and_T:
            raise ValueError(
                f"padding is a mask of booleans of shape {n_and_T} for X {each_shape(self.X)}, "
                f"got {padding.dtype} {padding.shape}."
            )
        return seen & ~padding[..., None, None, :]

    def output_shape(self, shape: Shape) -> Shape:
        d = self.embedding_dim
        if len(shape) != 3 or shape[-1] != d:
            raise ValueError(f"Attention({d}) needs X (n, T, {d}), got {shape}. W_q has shape {(d, d)}.")
        return shape


class Position(Layer):
    """Add to each word a vector that says where it stands: out = X + W[:T].

    X (n, T, d) → the same shape, T up to max_length; W (max_length, d), d = embedding_dim. Without `learned`
    W[t] holds sin(t / 10000^(2i/d)) and cos of the same at 2i and 2i + 1, and is no parameter. With it, W is
    learnt and starts normal with standard deviation 0.02; this needs rng.
    Raises ValueError for another d, or a sequence longer than max_length.
    Source: Vaswani et al., "Attention is all you need" (2017).

    >>> Position(8, 4).forward(np.zeros((1, 2, 4))).round(2)
    array([[[0.  , 1.  , 0.  , 1.  ],
            [0.84, 0.54, 0.01, 1.  ]]])
    """

    parameter_names: tuple[str, ...] = ("W",)
    settings = ("max_length", "embedding_dim", "learned")
    W: Array

    def __init__(
        self,
        max_length: int,
        embedding_dim: int,
        *,
        learned: bool = False,
        rng: np.random.Generator | None = None,
        dtype: Any = np.float64,
    ):
        whole_number("Position", max_length=max_length, embedding_dim=embedding_dim)
        self.max_length, self.embedding_dim, self.learned = max_length, embedding_dim, learned
        if learned:
            self.W = generator(rng).normal(0, 0.02, (max_length, embedding_dim)).astype(real(dtype))
        else:
            self.parameter_names = ()
            self.W = waves(max_length, embedding_dim)

    def forward(self, X: Array) -> Array:
        self.check(X)
        return X + self.W[..., : X.shape[-2], :].astype(real_dtype(X))

    def backward(self, d_out: Array) -> Array:
        if self.learned:
            dW = np.zeros_like(self.W)
            dW[..., : d_out.shape[-2], :] = d_out.sum(axis=0)
            self.dW = dW
        return d_out

    def output_shape(self, shape: Shape) -> Shape:
        longest, d = self.max_length, self.embedding_dim
        if len(shape) != 3 or shape[-1] != d or shape[1] > longest:
            raise ValueError(f"Position({longest}, {d}) needs X (n, up to {longest}, {d}), got {shape}.")
        return shape


def waves(length: int, d: int) -> Array:
    """A sine and a cosine for each pair of columns, from fast ones to slow ones: (length, d).

    >>> waves(2, 2).round(2)
    array([[0.  , 1.  ],
           [0.84, 0.54]])
    """
    angles = np.arange(length)[:, None] / 10_000 ** (np.arange(0, d, 2) / d)
    W = np.empty((length, d))
    W[:, 0::2], W[:, 1::2] = np.sin(angles), np.cos(angles[:, : d // 2])
    return W
