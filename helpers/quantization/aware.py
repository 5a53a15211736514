"""Quantization-aware training: a network that rounds while it learns.

`aware` puts fake quantization into a copy of a model: around the weights of each linear layer, and behind
each layer for what comes out of it. The forward pass then computes with the numbers that the integers will
stand for; the backward pass goes straight through the rounding (`helpers.nn.FakeQuant`). Train the copy with
`helpers.training.fit` as any model; `to_integers` of `helpers.quantization.networks` makes codes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from helpers.nn import activations as act
from helpers.nn.base import Array, Layer
from helpers.nn.containers import Sequential
from helpers.nn.fake_quant import FakeQuant
from helpers.nn.layers import Flatten, Linear
from helpers.nn.normalization import BatchNorm
from helpers.nn.regularization import Dropout
from helpers.nn.stack import rows
from helpers.quantization.maps import AffineMap, Codes, affine, minmax, symmetric
from helpers.quantization.observers import least_squares

__all__ = ["AwareLinear", "Range", "aware", "closest", "extremes", "folded", "ruler"]

Range = Callable[..., tuple[Any, Any]]
"""f(x, codes, axis=…) → (low, high): which range of x the codes shall cover; with an axis, one each entry."""
ELEMENTWISE = (act.ReLU, act.LeakyReLU, act.ELU, act.GELU, act.SiLU, act.Sigmoid, act.Tanh)


def extremes(x: Array, codes: Codes, axis: int | None = None) -> tuple[Any, Any]:
    """`minmax`, whatever the codes are: nothing is clipped."""
    return minmax(x, axis=axis)


def closest(x: Array, codes: Codes, axis: int | None = None) -> tuple[Any, Any]:
    """`least_squares`: the range whose codes are nearest to x on average; what lies far out is clipped."""
    make = symmetric if codes[0] < 0 else affine
    return least_squares(x, lambda low, high: make(low, high, codes), axis=axis, num_steps=40)


class AwareLinear(Linear):
    """A linear layer that computes with rounded weights and learns the exact ones: out = X fake(W) + b.

    Made from a `Linear` and a symmetric `FakeQuant` for its W. The exact W is what an optimizer moves; a
    weight that lies between two steps of the grid can so gather many small changes until it tips over.
    With momentum=1 the grid always spans the W at hand, with 0 it stays where it was.
    Source: Jacob et al., "Quantization and training of neural networks" (2018), section 3.

    >>> layer = Linear(2, 1, rng=np.random.default_rng(0))
    >>> layer.W[...], layer.b[...] = [[1.0], [-0.4]], 0
    >>> AwareLinear(layer, FakeQuant(2, symmetric=True, momentum=1)).forward(np.eye(2)).ravel()
    array([1., 0.])
    """

    state_names = ("low", "high")

    def __init__(self, layer: Linear, quant: FakeQuant):
        self.in_features, self.out_features = layer.in_features, layer.out_features
        self.parameter_names = layer.parameter_names
        self.W, self.b = layer.W.copy(), layer.b.copy()
        self.quant = quant

    def forward(self, X: Array) -> Array:
        self.check(X)
        self.X = X
        return X @ self.quant.forward(self.W) + self.b

    def backward(self, d_out: Array) -> Array:
        X, d = rows(self.X), rows(d_out)
        self.dW = self.quant.backward(X.mT @ d)
        self.db = d.sum(axis=0)
        return d_out @ self.quant.out.T

    @property
    def low(self) -> Array:
        """The lower end of the range of W, a running statistic like that of a `FakeQuant`."""
        return self.quant.low

    @low.setter
    def low(self, value: Array) -> None:
        self.quant.low = value

    @property
    def high(self) -> Array:
        """The upper end."""
        return self.quant.high

    @high.setter
    def high(self, value: Array) -> None:
        self.quant.high = value

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}, quant={self.quant!r})"


def aware(
    model: Sequential,
    X: Array,
    *,
    bits: int | Sequence[int] = 8,
    activation_bits: int = 8,
    per_channel: bool = True,
    weight_range: Range = extremes,
    activation_range: Range = extremes,
    momentum: float = 0.0,
    weight_momentum: float = 0.0,
) -> Sequential:
    """A copy of a trained model with fake quantization in it; its first ranges come from the rows X (n, …).

    - `bits` of the weights: one number, or one for each linear layer, in their order.
    - `per_channel` gives each column of W, the weights of one unit, a scale of its own.
    - `weight_range` and `activation_range` find a range, f(x, codes, axis=…) → (low, high): `extremes`, or
      `closest`, which serves few bits better.
    - In training the ranges move by `momentum` and `weight_momentum` towards those of the batch and of W:
      0 keeps what `activation_range` or `weight_range` found, 1 takes the newest smallest and largest number.

    A batch norm behind a linear layer is folded into it, dropout is left out. The model may be made of linear
    layers, these two, `Flatten` and activations that work entry by entry. Raises TypeError for another layer,
    ValueError for a number of bits that is not 2..16, or not one for each linear layer.

    >>> rng = np.random.default_rng(0)
    >>> model = Sequential(Linear(3, 4, rng=rng), act.ReLU(), Linear(4, 2, rng=rng))
    >>> [type(layer).__name__ for layer in aware(model, rng.normal(size=(8, 3)), bits=4).layers]
    ['FakeQuant', 'AwareLinear', 'ReLU', 'FakeQuant', 'AwareLinear', 'FakeQuant']
    """
    plain = folded(model).layers
    chosen = bits_of_each(bits, sum(isinstance(layer, Linear) for layer in plain))
    made: list[Layer] = []

    def watch(values: Array) -> None:
        """Put a fake quantization for these values behind what was made so far."""
        quant = FakeQuant(activation_bits, momentum=momentum)
        made.append(with_range(quant, *activation_range(values, quant.levels)))

    values = np.asarray(X)
    watch(values)
    for layer, after in zip(plain, [*plain[1:], None], strict=True):
        values = layer.forward(values)
        if isinstance(layer, Linear):
            axis, b = 1 if per_channel else None, chosen.pop(0)
            quant = FakeQuant(b, symmetric=True, momentum=weight_momentum, axis=axis)
            low, high = weight_range(layer.W, quant.levels, axis=axis)
            made.append(AwareLinear(layer, with_range(quant, low, high)))
        else:
            made.append(deepcopy(layer))
        waits_for_relu = isinstance(layer, Linear) and isinstance(after, act.ReLU)  # both are one step
        if not waits_for_relu and not isinstance(layer, Flatten):
            watch(values)
    return Sequential(*made).eval()  # type: ignore[return-value]


def with_range(quant: FakeQuant, low: Any, high: Any) -> FakeQuant:
    """A fake quantization that begins with this range, from which training may move it."""
    quant.low, quant.high = np.asarray(low, float), np.asarray(high, float)
    return quant


def bits_of_each(bits: int | Sequence[int], num_layers: int) -> list[int]:
    """One number of bits for each linear layer. Raises ValueError for another count."""
    chosen = [bits] * num_layers if isinstance(bits, int | np.integer) else list(bits)
    if len(chosen) != num_layers:
        raise ValueError(f"bits is one number or {num_layers}, one for each linear layer, got {bits}.")
    return chosen


def folded(model: Sequential) -> Sequential:
    """A copy in evaluation mode without batch norms and dropout: it computes the same with fewer layers.

    In evaluation a batch norm behind a linear layer is a stretch and a shift of each unit, which the weights
    can do: W ← W · weight / std, b ← (b - running mean) · weight / std + bias.
    Raises TypeError for a layer that has no integer form here.

    >>> rng = np.random.default_rng(0)
    >>> model = Sequential(Linear(3, 4, rng=rng), BatchNorm(4), act.ReLU(), Dropout(0.5, rng=rng)).eval()
    >>> folded(model)
    Sequential(Linear(W (3, 4), b (4,)), ReLU())
    """
    made: list[Layer] = []
    for layer in model.layers:
        if isinstance(layer, BatchNorm) and made and type(made[-1]) is Linear:
            before: Any = made.pop()
            stretch = layer.weight / np.sqrt(layer.running_var + layer.eps)
            made.append(linear(before.W * stretch, (before.b - layer.running_mean) * stretch + layer.bias))
        elif type(layer) is Linear or isinstance(layer, (Flatten, *ELEMENTWISE)):
            made.append(deepcopy(layer))
        elif not isinstance(layer, Dropout):
            known = ", ".join(kind.__name__ for kind in (Linear, BatchNorm, Dropout, Flatten, *ELEMENTWISE))
            raise TypeError(
                f"{type(layer).__name__} has no integer form here. A model may have {known}; a batch norm "
                "stands behind a Linear."
            )
    return Sequential(*made).eval()  # type: ignore[return-value]


def linear(W: Array, b: Array) -> Linear:
    """A layer with these weights, W (in_features, out_features) and b (out_features,)."""
    layer = Linear(*W.shape, rng=np.random.default_rng(0), dtype=W.dtype)
    layer.W[...], layer.b[...] = W, b
    return layer


def ruler(quant: FakeQuant) -> AffineMap:
    """The map of a fake quantization: the same grid, with codes.

    >>> ruler(FakeQuant(8, limits=(-1, 3))).quantize([0.0, 3.0])
    array([ 64, 255], dtype=uint8)
    """
    return AffineMap(np.asarray(quant.scale), np.asarray(quant.zero_point), quant.levels)
