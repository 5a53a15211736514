"""Activation functions: what bends a network's straight lines.

Each acts on every number by itself, so its backward is d_out times the slope at that number.
"""

from __future__ import annotations

import numpy as np

from helpers.nn.base import Array, Layer

ONE = np.array(1.0)  # an array of no dimension: NumPy takes it faster than a Python number


class ReLU(Layer):
    """max(x, 0); slope 1 where x > 0, else 0 (at 0 too, as in PyTorch).

    Source: Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines" (2010).

    >>> ReLU().forward(np.array([[-1.0, 0.0, 2.0]]))
    array([[0., 0., 2.]])
    """

    def forward(self, X: Array) -> Array:
        if X.shape != self.shape:
            self.prepare(X.shape)
        self.a = np.maximum(X, 0, out=self.out)
        return self.a

    def backward(self, d_out: Array) -> Array:
        slope = np.sign(self.a, out=self.dX)  # 1 where the unit is on, 0 where it is off
        return np.multiply(d_out, slope, out=slope)


class Sigmoid(Layer):
    """1 / (1 + exp(-x)); slope a (1 - a), at most a quarter.

    >>> Sigmoid().forward(np.array([[0.0, 1000.0, -1000.0]]))
    array([[0.5, 1. , 0. ]])
    """

    def forward(self, X: Array) -> Array:
        if X.shape != self.shape:
            self.prepare(X.shape)
        a = np.tanh(np.multiply(X, 0.5, out=self.out), out=self.out)  # the same curve; never overflows
        self.a = np.multiply(np.add(a, 1, out=a), 0.5, out=a)
        return self.a

    def backward(self, d_out: Array) -> Array:
        slope = np.subtract(ONE, self.a, out=self.dX)
        np.multiply(slope, self.a, out=slope)
        return np.multiply(d_out, slope, out=slope)


class Tanh(Layer):
    """tanh(x); slope 1 - a².

    >>> Tanh().forward(np.array([[0.0, 1000.0]]))
    array([[0., 1.]])
    """

    def forward(self, X: Array) -> Array:
        if X.shape != self.shape:
            self.prepare(X.shape)
        self.a = np.tanh(X, out=self.out)
        return self.a

    def backward(self, d_out: Array) -> Array:
        slope = np.multiply(self.a, self.a, out=self.dX)
        np.subtract(ONE, slope, out=slope)
        return np.multiply(d_out, slope, out=slope)
