"""The forward pass of a model as a list of calls, for batches of one size."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy import add, copyto, maximum, multiply, sign, square, subtract, tanh

from helpers.nn.activations import ReLU, Sigmoid, Tanh
from helpers.nn.base import Array, Layer, Shape, aligned
from helpers.nn.fleet import num_models
from helpers.nn.layers import Flatten, Linear

Call = Callable[[], Any]
WIDE_INPUT, WIDE = 32, 64  # where another order in memory was measured to pay: see `linear`


def product(A: Array, B: Array, out: Array) -> Call:
    """The call out ← A B; in a fleet, (K, …), pair by pair."""
    if A.ndim == 2:
        return partial(A.dot, B, out)
    one_term = A.shape[-1] == 1  # sums of one term, for which `matmul` has no fast way
    return partial(multiply if one_term else np.matmul, A, B, out)


class Forward:
    """The forward pass of a model, written down for batches of this shape (n, …).

    `X` is where a batch goes in and `out` where the outputs come out, (n, …) or in a fleet (K, n, …). Both
    are views into kept arrays, which the next batch overwrites.

    >>> from helpers.nn import Sequential
    >>> model = Sequential(Linear(2, 3, rng=np.random.default_rng(0)), Tanh())
    >>> X = np.ones((5, 2))
    >>> bool(np.allclose(Forward(model, X.shape).run(X), model.forward(X), rtol=0, atol=1e-15))
    True
    """

    def __init__(self, model: Layer, shape: Shape):
        self.model, self.shape, self.n, self.dtype = model, shape, shape[0], model.dtype
        self.lead = (num_models(model),) if num_models(model) else ()
        self.calls: list[Call] = []
        self.backwards: list[Callable[[Array, bool], Array | None]] = []  # for each layer
        self.wholes: dict[int, tuple[Array, Array]] = {}
        layers = model.leaves()
        self.all_tanh = self.room_for_tanh(layers, shape)
        self.signal = self.input(layers[0], shape[1:])
        self.X = self.by_sample(self.signal)
        for i, layer in enumerate(layers):
            self.signal = PARTS[type(layer)](self, layer, self.signal, i == 0)
        self.out = self.by_sample(self.signal)

    def room_for_tanh(self, layers: list[Layer], shape: Shape) -> Array:
        """One array for the outputs of all tanh layers, each with its ones: 1 - a² is one call then."""
        rows = 0
        for layer in layers:
            shape = layer.output_shape(shape)
            rows += (shape[-1] + 1) * (type(layer) is Tanh and len(shape) == 2)
        self.used_rows, self.slopes = 0, np.zeros(0)
        return aligned((*self.lead, rows, self.n), self.dtype, fill=1)

    def input(self, layer: Layer, shape: Shape) -> Array:
        """The place of the data."""
        if len(shape) > 1:
            return aligned((*self.lead, *shape, self.n), self.dtype)
        if isinstance(layer, Linear) and layer.in_features >= WIDE_INPUT and not self.lead:
            # wide data come sample by sample, and the product reads them so
            return self.but_for_ones(aligned((self.n, shape[0] + 1), self.dtype, fill=1).T)
        return self.features(shape[0])

    def features(self, size: int) -> Array:
        """A kept array (K?, size, n), behind which lies a row of ones for a bias."""
        return self.but_for_ones(aligned((*self.lead, size + 1, self.n), self.dtype, fill=1))

    def but_for_ones(self, whole: Array) -> Array:
        """All but the last row. `with_ones` finds the whole again."""
        part = whole[..., :-1, :]
        self.wholes[id(part)] = (whole, part)
        return part

    def with_ones(self, X: Array) -> Array:
        """[X 1]ᵀ: X with the row of ones behind it; copied to such a place where it has none."""
        if id(X) not in self.wholes:
            place = self.features(X.shape[-2])
            self.call(copyto, place, X)
            X = place
        return self.wholes[id(X)][0]

    def by_sample(self, signal: Array) -> Array:
        """(K?, …, n) seen as (K?, n, …)."""
        return np.moveaxis(signal, -1, len(self.lead))

    def like(self, array: Array) -> Array:
        """A kept array of this shape."""
        return aligned(array.shape, self.dtype)

    def output_like(self, X: Array) -> Array:
        """A kept array for the output of an activation: like X, with ones behind it if it has rows."""
        return self.features(X.shape[-2]) if X.ndim == len(self.lead) + 2 else self.like(X)

    def number(self, value: float) -> Array:
        """A number as an array of no dimension, which NumPy takes fastest."""
        return np.asarray(value, self.dtype)

    def call(self, function: Any, *arguments: Any, **named: Any) -> None:
        """Do this at each step from now on."""
        self.calls.append(partial(function, *arguments, **named))

    def run(self, X: Array) -> Array:
        """The outputs for a batch; overwritten by the next."""
        copyto(self.X, X)
        for call in self.calls:
            call()
        return self.out


# Each part adds its forward calls, and to `backwards` a function that adds the backward calls: it is given
# the place of ∂L/∂out and whether anybody wants ∂L/∂X, whose place it returns.


def linear(plan: Forward, layer: Linear, X: Array, first: bool) -> Array:
    """out = [W; b]ᵀ [X 1]ᵀ."""
    bias = len(layer.parameter_names) == 2
    block = (*plan.lead, layer.in_features + bias, layer.out_features)
    W_b, dW_b = layer.flat.reshape(block), layer.d_flat.reshape(block)  # b lies behind W
    X_1, out = plan.with_ones(X) if bias else X, plan.features(layer.out_features)
    plan.calls.append(product(W_b.mT, X_1, out))
    # BLAS multiplies fastest what lies sample by sample: for a wide layer it pays to copy d so
    wide = not first and not plan.lead and min(layer.in_features, layer.out_features) >= WIDE

    def back(d: Array, wanted: bool) -> Array | None:
        d_rows = d.mT
        if wide:
            d_rows = aligned(d_rows.shape, plan.dtype)
            plan.call(copyto, d_rows, d.mT)
        plan.calls.append(product(X_1, d_rows, dW_b))
        if not wanted:
            return None
        dX = aligned((*plan.lead, layer.in_features, plan.n), plan.dtype)
        plan.calls.append(product(W_b[..., : layer.in_features, :], d, dX))
        return dX

    plan.backwards.append(back)
    return out


def relu(plan: Forward, layer: ReLU, X: Array, first: bool) -> Array:
    """max(x, 0)."""
    a, slope = plan.output_like(X), plan.like(X)
    plan.call(maximum, X, plan.like(X), out=a)  # an array of zeros: faster than the number 0

    def back(d: Array, wanted: bool) -> Array:
        plan.call(sign, a, slope)  # 1 where the unit is on, 0 where it is off
        plan.call(multiply, slope, d, slope)
        return slope

    plan.backwards.append(back)
    return a


def tanh_part(plan: Forward, layer: Tanh, X: Array, first: bool) -> Array:
    """tanh(x); slope 1 - a²."""
    if X.ndim > len(plan.lead) + 2:
        return tanh_of_pictures(plan, X)
    start, stop = plan.used_rows, plan.used_rows + X.shape[-2]
    plan.used_rows = stop + 1
    a = plan.but_for_ones(plan.all_tanh[..., start : stop + 1, :])
    plan.call(tanh, X, a)

    def back(d: Array, wanted: bool) -> Array:
        if stop + 1 == plan.used_rows:  # the last of them, the first on the way back: for all
            plan.slopes = plan.like(plan.all_tanh)
            plan.call(square, plan.all_tanh, plan.slopes)
            plan.call(subtract, plan.number(1), plan.slopes, plan.slopes)
        dX = plan.like(X)
        plan.call(multiply, plan.slopes[..., start:stop, :], d, dX)
        return dX

    plan.backwards.append(back)
    return a


def tanh_of_pictures(plan: Forward, X: Array) -> Array:
    """tanh(x) of pictures, (K?, C, H, W, n)."""
    a, slope = plan.like(X), plan.like(X)
    plan.call(tanh, X, a)

    def back(d: Array, wanted: bool) -> Array:
        plan.call(square, a, slope)
        plan.call(subtract, plan.number(1), slope, slope)
        plan.call(multiply, slope, d, slope)
        return slope

    plan.backwards.append(back)
    return a


def sigmoid_part(plan: Forward, layer: Sigmoid, X: Array, first: bool) -> Array:
    """1 / (1 + exp(-x)) = (1 + tanh(x / 2)) / 2."""
    a, slope, half, one = plan.output_like(X), plan.like(X), plan.number(0.5), plan.number(1)
    plan.call(multiply, X, half, a)
    plan.call(tanh, a, a)
    plan.call(add, a, one, a)
    plan.call(multiply, a, half, a)

    def back(d: Array, wanted: bool) -> Array:
        plan.call(subtract, one, a, slope)
        plan.call(multiply, slope, a, slope)
        plan.call(multiply, slope, d, slope)
        return slope

    plan.backwards.append(back)
    return a


def flatten(plan: Forward, layer: Flatten, X: Array, first: bool) -> Array:
    """(K?, C, H, W, n) → (K?, C·H·W, n)."""
    lead = len(plan.lead)
    flat = plan.features(math.prod(X.shape[lead:-1]))
    plan.call(copyto, flat.reshape(X.shape), X)
    plan.backwards.append(lambda d, wanted: d.reshape(X.shape))
    return flat


PARTS: dict[type, Any] = {
    Linear: linear,
    ReLU: relu,
    Tanh: tanh_part,
    Sigmoid: sigmoid_part,
    Flatten: flatten,
}
