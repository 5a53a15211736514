"""Activation functions: what bends a network's straight lines.

Each acts on every number by itself, so its backward is d_out times the slope at that number. (Softmax is
the exception: it makes a whole row sum to one.) `a` is the output, remembered for the backward pass.
"""

from __future__ import annotations

import math

import numpy as np

from helpers.nn.base import Array, Layer, needs_array, real_dtype


def sigmoid(X: Array) -> Array:
    """1 / (1 + exp(-x)) for each entry, without overflow: exp never sees a number above zero.

    >>> sigmoid(np.array([0.0, 1000.0, -1000.0]))
    array([0.5, 1. , 0. ])
    """
    e = np.exp(-np.abs(X))
    return np.where(X >= 0, 1, e) / (1 + e)


def log_sigmoid(X: Array) -> Array:
    """log sigmoid(x) = min(x, 0) - log(1 + exp(-|x|)), which neither overflows nor rounds to log 0.

    >>> log_sigmoid(np.array([0.0, -1000.0])).round(4)
    array([-6.931e-01, -1.000e+03])
    """
    return np.minimum(X, 0) - np.log1p(np.exp(-np.abs(X)))


def softmax(logits: Array) -> Array:
    """exp(z) / Σ exp(z) along the last axis; subtracting the largest z first keeps exp from overflowing.

    >>> softmax(np.array([[1000.0, 1000.0]]))
    array([[0.5, 0.5]])
    """
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def log_softmax(logits: Array) -> Array:
    """log softmax(z) along the last axis: z - max - log Σ exp(z - max). A z of -inf gives -inf.

    >>> log_softmax(np.array([[1000.0, 1000.0, -np.inf]])).round(4)
    array([[-0.6931, -0.6931,    -inf]])
    """
    with np.errstate(over="ignore"):  # further below the maximum than a number can say is -inf
        z = logits - logits.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


class ReLU(Layer):
    """max(x, 0); slope 1 where x > 0, else 0 (at 0 too, as in PyTorch).

    Source: Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines" (2010).

    >>> ReLU().forward(np.array([[-1.0, 0.0, 2.0]]))
    array([[0., 0., 2.]])
    """

    def forward(self, X: Array) -> Array:
        needs_array(self, X)
        self.a = np.maximum(X, 0)
        return self.a

    def backward(self, d_out: Array) -> Array:
        return d_out * (self.a > 0)


class LeakyReLU(Layer):
    """x where x > 0, else negative_slope · x, so that no unit dies.

    Source: Maas et al., "Rectifier nonlinearities improve neural network acoustic models" (2013).

    >>> LeakyReLU(0.1).forward(np.array([[-1.0, 2.0]]))
    array([[-0.1,  2. ]])
    """

    settings = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01):
        self.negative_slope = negative_slope

    def forward(self, X: Array) -> Array:
        needs_array(self, X)
        kind = real_dtype(X).type
        self.slope = np.where(X > 0, kind(1), kind(self.negative_slope))
        return X * self.slope

    def backward(self, d_out: Array) -> Array:
        return d_out * self.slope


class ELU(Layer):
    """x where x > 0, else α (exp(x) - 1): a smooth bend that levels off at -α.

    Source: Clevert et al., "Fast and accurate deep network learning by exponential linear units" (2016).

    >>> ELU().forward(np.array([[-1000.0, 2.0]]))
    array([[-1.,  2.]])
    """

    settings = ("alpha",)

    def __init__(self, alpha: float = 1.0):
        self.alpha = alpha

    def forward(self, X: Array) -> Array:
        needs_array(self, X)
        self.below = self.alpha * np.expm1(np.minimum(X, 0))
        self.on = X > 0
        return np.where(self.on, X, self.below)

    def backward(self, d_out: Array) -> Array:
        return d_out * np.where(self.on, 1, self.below + self.alpha)


class GELU(Layer):
    """x Φ(x), with Φ the share of a standard normal below x; slope Φ(x) + x φ(x).

    `approximate="tanh"` uses the paper's approximation, as PyTorch's argument of that name does.
    Source: Hendrycks and Gimpel, "Gaussian error linear units" (2016).

    >>> GELU().forward(np.array([[0.0, 1.0]])).round(4)
    array([[0.    , 0.8413]])
    """

    settings = ("approximate",)

    def __init__(self, approximate: str = "none"):
        if approximate not in ("none", "tanh"):
            raise ValueError(f'approximate is "none" or "tanh", got {approximate!r}.')
        self.approximate = approximate

    def forward(self, X: Array) -> Array:
        needs_array(self, X)
        self.X = X
        if self.approximate == "none":
            from scipy.special import erf

            self.share = 0.5 * (1 + erf(X / math.sqrt(2)))
            self.density = np.exp(-0.5 * X**2) / math.sqrt(2 * math.pi)
        else:
            c = math.sqrt(2 / math.pi)
            t = np.tanh(c * (X + 0.044715 * X**3))
            self.share = 0.5 * (1 + t)
            self.density = 0.5 * (1 - t**2) * c * (1 + 3 * 0.044715 * X**2)
        return X * self.share

    def backward(self, d_out: Array) -> Array:
        return d_out * (self.share + self.X * self.density)


class SiLU(Layer):
    """x · sigmoid(x), also called Swish; slope s + x s (1 - s).

    Source: Ramachandran et al., "Searching for activation functions" (2017).

    >>> SiLU().forward(np.array([[0.0, 1000.0]]))
    array([[   0., 1000.]])
    """

    def forward(self, X: Array) -> Array:
        needs_array(self, X)
        self.s = sigmoid(X)
        self.a = X * self.s
        return self.a

    def backward(self, d_out: Array) -> Array:
        return d_out * (self.s + self.a * (1 - self.s))


class Sigmoid(Layer):
    """1 / (1 + exp(-x)); slope a (1 - a), at most a quarter.

    >>> Sigmoid().forward(np.array([[0.0, 1000.0, -1000.0]]))
    array([[0.5, 1. , 0. ]])
    """

    def forward(self, X: Array) -> Array:
        needs_array(self, X)
        self.a = sigmoid(X)
        return self.a

    def backward(self, d_out: Array) -> Array:
        return d_out * (self.a * (1 - self.a))


class Tanh(Layer):
    """tanh(x); slope 1 - a².

    >>> Tanh().forward(np.array([[0.0, 1000.0]]))
    array([[0., 1.]])
    """

    def forward(self, X: Array) -> Array:
        needs_array(self, X)
        self.a = np.tanh(X)
        return self.a

    def backward(self, d_out: Array) -> Array:
        return d_out * (1 - self.a**2)


class Softmax(Layer):
    """exp(z) / Σ exp(z) along the last axis: a row of probabilities.

    To train with it, use CrossEntropyLoss on the logits instead: it does both at once, and stays exact.
    Source: Bridle, "Probabilistic interpretation of feedforward classification network outputs" (1990).

    >>> Softmax().forward(np.zeros((1, 4)))
    array([[0.25, 0.25, 0.25, 0.25]])
    """

    def forward(self, X: Array) -> Array:
        needs_array(self, X)
        self.p = softmax(X)
        return self.p

    def backward(self, d_out: Array) -> Array:
        # ∂pⱼ/∂xᵢ = pⱼ(1 - pᵢ) for i = j, else -pⱼpᵢ; so dXᵢ = pᵢ (dᵢ - Σⱼ dⱼpⱼ)
        return self.p * (d_out - (d_out * self.p).sum(axis=-1, keepdims=True))
