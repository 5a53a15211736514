"""Recurrent layers: one step for each word, and a state h that carries what was read so far.

h_t = f(x_t W_x + b_x, h_{t-1} W_h + b_h), with the same weights at each step t. `backward` goes from the last
step to the first: the slope of h_t comes from its own output and from the step after it. The gates stand side
by side in W_x and W_h, in PyTorch's order.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from helpers.nn.activations import sigmoid
from helpers.nn.base import Array, Layer, Shape
from helpers.nn.layers import uniform, whole_number
from helpers.nn.stack import rows


class Recurrent(Layer):
    """What RNN, LSTM and GRU share: the way along the steps, there and back.

    A subclass says what one step does: `step(x, u, h)` returns the next h and what the way back needs, for
    x = x_t W_x + b_x and u = h W_h + b_h; `step_back(dh, *kept)` returns the slopes of x, of u, and of h
    where it is used besides u.
    """

    parameter_names = ("W_x", "W_h", "b_x", "b_h")
    settings = ("last",)
    gates: ClassVar[int]
    W_x: Array
    W_h: Array
    b_x: Array
    b_h: Array

    def __init__(
        self,
        in_features: int,
        hidden_size: int,
        *,
        last: bool = False,
        rng: np.random.Generator,
        dtype: Any = np.float64,
    ):
        whole_number(type(self).__name__, in_features=in_features, hidden_size=hidden_size)
        self.in_features, self.hidden_size, self.last = in_features, hidden_size, last
        bound, width = 1 / np.sqrt(hidden_size), self.gates * hidden_size
        self.W_x = uniform(rng, bound, (in_features, width), dtype)
        self.W_h = uniform(rng, bound, (hidden_size, width), dtype)
        self.b_x, self.b_h = uniform(rng, bound, (width,), dtype), uniform(rng, bound, (width,), dtype)

    def step(self, x: Array, u: Array, h: Array) -> tuple[Array, tuple[Array, ...]]:
        raise NotImplementedError

    def step_back(self, dh: Array, *kept: Array) -> tuple[Array, Array, Any]:
        raise NotImplementedError

    def forward(self, X: Array) -> Array:
        self.check(X)
        from_X = X @ self.W_x + self.b_x
        h = np.zeros_like(from_X[..., 0, : self.hidden_size])
        states, self.kept = [h], []
        for t in range(X.shape[-2]):
            h, kept = self.step(from_X[..., t, :], h @ self.W_h + self.b_h, h)
            states.append(h)
            self.kept.append(kept)
        self.X, self.before = X, np.stack(states[:-1], axis=-2)
        return h if self.last else np.stack(states[1:], axis=-2)

    def backward(self, d_out: Array) -> Array:
        steps, dh = len(self.kept), d_out if self.last else np.zeros_like(d_out[..., 0, :])
        parts = []
        for t in reversed(range(steps)):
            d_x, d_u, d_h = self.step_back(dh if self.last else dh + d_out[..., t, :], *self.kept[t])
            dh = d_u @ self.W_h.T + d_h
            parts.append((d_x, d_u))
        d_x, d_u = (np.stack(part[::-1], axis=-2) for part in zip(*parts, strict=True))
        self.dW_x, self.db_x = rows(self.X).mT @ rows(d_x), rows(d_x).sum(axis=0)
        self.dW_h, self.db_h = rows(self.before).mT @ rows(d_u), rows(d_u).sum(axis=0)
        return d_x @ self.W_x.T

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 3 or shape[-1] != self.in_features or shape[1] < 1:
            raise ValueError(
                f"{type(self).__name__}({self.in_features}, {self.hidden_size}) needs X of shape "
                f"(n, steps, {self.in_features}), got {shape}. W_x has shape {self.W_x.shape}."
            )
        return (shape[0], self.hidden_size) if self.last else (*shape[:-1], self.hidden_size)


class RNN(Recurrent):
    """h_t = tanh(x_t W_x + b_x + h_{t-1} W_h + b_h): the simplest memory.

    X (n, T, in_features) → out (n, T, hidden_size), all the states; with `last=True` (n, hidden_size), the
    last one. W_x (in_features, hidden_size), W_h (hidden_size, hidden_size), b_x and b_h (hidden_size,), all
    uniform within ±1/√hidden_size at the start, as in PyTorch (`initializers.orthogonal(layer.W_h, rng)`
    keeps a signal's size over many steps). The state before the first step is 0.
    Raises ValueError for another shape.
    Source: Elman, "Finding structure in time" (1990).

    >>> layer = RNN(3, 5, rng=np.random.default_rng(0))
    >>> layer.forward(np.zeros((2, 7, 3))).shape
    (2, 7, 5)
    """

    gates = 1

    def step(self, x: Array, u: Array, h: Array) -> tuple[Array, tuple[Array, ...]]:
        h = np.tanh(x + u)
        return h, (h,)

    def step_back(self, dh: Array, *kept: Array) -> tuple[Array, Array, Any]:
        (h,) = kept
        d = dh * (1 - h**2)
        return d, d, 0


class LSTM(Recurrent):
    """A memory cell c beside the state: c_t = f c_{t-1} + i g, h_t = o tanh(c_t).

    The gates i (what comes in), f (what is kept), o (what is shown) are sigmoids, g is a tanh, of
    x_t W_x + b_x + h_{t-1} W_h + b_h; they stand in the order i, f, g, o in W_x (in_features, 4 hidden_size).
    The way back along c is a product of the gates f only. Shapes, `last` and the start as in `RNN`.
    Sources: Hochreiter and Schmidhuber (1997); Gers et al., "Learning to forget" (2000).

    >>> LSTM(3, 5, last=True, rng=np.random.default_rng(0)).forward(np.zeros((2, 7, 3))).shape
    (2, 5)
    """

    gates = 4
    c: Any  # the cell, on the way forward
    dc: Any  # its slope, on the way back

    def forward(self, X: Array) -> Array:
        self.c = 0
        return super().forward(X)

    def backward(self, d_out: Array) -> Array:
        self.dc = 0
        return super().backward(d_out)

    def step(self, x: Array, u: Array, h: Array) -> tuple[Array, tuple[Array, ...]]:
        i, f, g, o = np.split(x + u, 4, axis=-1)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        c, self.c = self.c, f * self.c + i * g
        a = np.tanh(self.c)
        return o * a, (i, f, g, o, c, a)

    def step_back(self, dh: Array, *kept: Array) -> tuple[Array, Array, Any]:
        i, f, g, o, c, a = kept
        dc = self.dc + dh * o * (1 - a**2)
        self.dc = dc * f
        slopes = dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g**2), dh * a * o * (1 - o)
        d = np.concatenate(slopes, axis=-1)
        return d, d, 0


class GRU(Recurrent):
    """A state that is partly kept: h_t = (1 - z) n + z h_{t-1}.

    r and z are sigmoids of x_t W_x + b_x + h_{t-1} W_h + b_h, and n = tanh(x + r u) of the two sums x and u
    apart; they stand in the order r, z, n in W_x (in_features, 3 hidden_size). Shapes, `last` and the start
    as in `RNN`.
    Source: Cho et al., "Learning phrase representations using RNN encoder-decoder" (2014), with r behind the
    product as in PyTorch.

    >>> GRU(3, 5, rng=np.random.default_rng(0)).forward(np.zeros((2, 7, 3))).shape
    (2, 7, 5)
    """

    gates = 3

    def step(self, x: Array, u: Array, h: Array) -> tuple[Array, tuple[Array, ...]]:
        (x_r, x_z, x_n), (u_r, u_z, u_n) = np.split(x, 3, axis=-1), np.split(u, 3, axis=-1)
        r, z = sigmoid(x_r + u_r), sigmoid(x_z + u_z)
        n = np.tanh(x_n + r * u_n)
        return (1 - z) * n + z * h, (r, z, n, u_n, h)

    def step_back(self, dh: Array, *kept: Array) -> tuple[Array, Array, Any]:
        r, z, n, u_n, h = kept
        d_n = dh * (1 - z) * (1 - n**2)
        d_r, d_z = d_n * u_n * r * (1 - r), dh * (h - n) * z * (1 - z)
        d_x, d_u = np.concatenate((d_r, d_z, d_n), axis=-1), np.concatenate((d_r, d_z, d_n * r), axis=-1)
        return d_x, d_u, dh * z
