"""Initialisers: where the weights start.

Each fills an array in place and returns it: `xavier_uniform(layer.W, rng)`. The spread is chosen so that a
signal keeps its size on the way through the layers. For W (fan_in, fan_out) every output is a sum of fan_in
products: to keep the variance, that of W has to be about 1 / fan_in.
"""

from __future__ import annotations

import math

import numpy as np

from helpers.nn.base import Array

GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2)}


def fans(W: Array) -> tuple[int, int]:
    """(fan_in, fan_out) of W (in, out), or of a convolution's W (out, in, height, width).

    Raises ValueError for an array with another number of dimensions: a bias has no fans.

    >>> fans(np.zeros((3, 5))), fans(np.zeros((8, 3, 5, 5)))
    ((3, 5), (75, 200))
    """
    if W.ndim == 2:
        return W.shape[0], W.shape[1]
    if W.ndim == 4:
        field = W.shape[2] * W.shape[3]
        return W.shape[1] * field, W.shape[0] * field
    raise ValueError(f"W must have 2 dimensions (in, out) or 4 (out, in, h, w), got shape {W.shape}.")


def gain(nonlinearity: str, negative_slope: float = 0.01) -> float:
    """How much an activation shrinks a signal, as a factor to make up for it: "relu" halves it, so √2.

    >>> round(gain("relu"), 4)
    1.4142
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + negative_slope**2))
    if nonlinearity not in GAINS:
        raise ValueError(f"No gain for {nonlinearity!r}. Known: {[*GAINS, 'leaky_relu']}.")
    return GAINS[nonlinearity]


def zeros(W: Array) -> Array:
    """All 0. For a weight matrix this is a trap: all units stay equal for ever."""
    W[...] = 0
    return W


def constant(W: Array, value: float) -> Array:
    """All `value`."""
    W[...] = value
    return W


def uniform(W: Array, rng: np.random.Generator, a: float = 0.0, b: float = 1.0) -> Array:
    """Uniform in a..b."""
    W[...] = rng.uniform(a, b, W.shape)
    return W


def normal(W: Array, rng: np.random.Generator, mean: float = 0.0, std: float = 1.0) -> Array:
    """Normal with this mean and standard deviation."""
    W[...] = rng.normal(mean, std, W.shape)
    return W


def xavier_uniform(W: Array, rng: np.random.Generator, gain: float = 1.0) -> Array:
    """Uniform with variance gain² · 2 / (fan_in + fan_out): keeps signals on the way there and back.

    Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward networks" (2010).

    >>> W = xavier_uniform(np.empty((200, 100)), np.random.default_rng(0))
    >>> bool(abs(W.var() * 150 - 1) < 0.05)
    True
    """
    bound = gain * math.sqrt(6 / sum(fans(W)))
    return uniform(W, rng, -bound, bound)


def xavier_normal(W: Array, rng: np.random.Generator, gain: float = 1.0) -> Array:
    """Normal with variance gain² · 2 / (fan_in + fan_out) (Glorot and Bengio, 2010)."""
    return normal(W, rng, std=gain * math.sqrt(2 / sum(fans(W))))


def he_uniform(W: Array, rng: np.random.Generator, nonlinearity: str = "relu") -> Array:
    """Uniform with variance gain² / fan_in, where gain makes up for the activation.

    Source: He et al., "Delving deep into rectifiers" (2015).
    """
    bound = gain(nonlinearity) * math.sqrt(3 / fans(W)[0])
    return uniform(W, rng, -bound, bound)


def orthogonal(W: Array, rng: np.random.Generator, gain: float = 1.0) -> Array:
    """W (in, out) with rows, or columns where they are fewer, at right angles to each other and `gain` long.

    A square one keeps the length of every vector, however often it is applied. Gates side by side are filled
    one by one: `orthogonal(layer.W_h[:, :hidden_size], rng)`. Raises ValueError for anything but a matrix.
    Source: Saxe et al., "Exact solutions to the nonlinear dynamics of learning" (2014).

    >>> W = orthogonal(np.empty((3, 3)), np.random.default_rng(0))
    >>> (W @ W.T).round(12) + 0
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 1.]])
    """
    if W.ndim != 2:
        raise ValueError(f"orthogonal needs a matrix (in, out), got shape {W.shape}.")
    tall = rng.normal(size=(max(W.shape), min(W.shape)))
    Q, R = np.linalg.qr(tall)
    Q = Q * np.sign(np.diag(R))  # without it, not all directions would be equally likely
    W[...] = gain * (Q if W.shape[0] >= W.shape[1] else Q.T)
    return W


def he_normal(W: Array, rng: np.random.Generator, nonlinearity: str = "relu") -> Array:
    """Normal with variance gain² / fan_in (He et al., 2015).

    >>> W = he_normal(np.empty((200, 100)), np.random.default_rng(0))
    >>> bool(abs(W.var() * 100 - 1) < 0.05)
    True
    """
    return normal(W, rng, std=gain(nonlinearity) / math.sqrt(fans(W)[0]))


glorot_uniform, glorot_normal = xavier_uniform, xavier_normal
