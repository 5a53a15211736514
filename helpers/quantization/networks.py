"""Networks in integers: what goes from layer to layer is codes, and no float is used on the way.

Static: the range of every layer's output is fixed beforehand, on some rows of data. Then a layer is a product
of integer matrices and a requantization (`IntegerLinear`). Dynamic: only the weights are codes; what a layer
gets is quantized when it comes, by its own range, and the sums go back to floats at once (`DynamicLinear`).
Both are made of a trained model of `helpers.nn`, and are models themselves: `forward`, `predict`, `evaluate`.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import numpy as np

from helpers.nn import activations as act
from helpers.nn.base import Array, Layer, Shape, needs_array
from helpers.nn.containers import Sequential
from helpers.nn.fake_quant import FakeQuant
from helpers.nn.layers import Flatten, Linear
from helpers.quantization.aware import AwareLinear, Range, aware, bits_of_each, extremes, folded, ruler
from helpers.quantization.integer import accumulate, fixed_point, integer_bias, requantize
from helpers.quantization.maps import UINT8, AffineMap, affine, minmax, signed, symmetric

__all__ = [
    "Dequantize",
    "DynamicLinear",
    "IntegerLinear",
    "Lookup",
    "Quantize",
    "quantize_dynamic",
    "quantize_static",
    "to_integers",
]


class Quantize(Layer):
    """Numbers (n, …) → their codes by a fixed map: the first step of an integer network."""

    stored = ("ruler",)

    def __init__(self, ruler: AffineMap):
        self.ruler = ruler

    def forward(self, X: Array) -> Array:
        needs_array(self, X)
        return self.ruler.quantize(X)


class Dequantize(Quantize):
    """Codes (n, …) → the numbers that they stand for: the last step."""

    def forward(self, X: Array) -> Array:
        needs_array(self, X)
        return self.ruler.dequantize(X)


class IntegerLinear(Layer):
    """Codes (n, in_features) → codes (n, out_features): integer sums of products, then fewer bits again.

    - `W` (in_features, out_features) holds codes; `W_ruler` is their map, of zero point 0.
    - `bias` (out_features,) int32 is b in units of s_x s_w.
    - `X_ruler` and `out_ruler` are the maps of what comes in and goes out.
    - `relu` cuts off at the code of 0: the activation costs nothing.

    >>> unit = symmetric(-1, 1)
    >>> layer = IntegerLinear.of(Linear(3, 2, rng=np.random.default_rng(0)), unit, unit, unit)
    >>> layer.forward(np.array([[127, 0, -127]], np.int8)).dtype
    dtype('int8')
    """

    stored = ("W", "bias", "W_ruler", "X_ruler", "out_ruler", "relu")

    def __init__(
        self,
        W: Array,
        bias: Array,
        W_ruler: AffineMap,
        X_ruler: AffineMap,
        out_ruler: AffineMap,
        relu: bool = False,
    ):
        self.W, self.bias, self.relu = W, bias, bool(relu)
        self.W_ruler, self.X_ruler, self.out_ruler = W_ruler, X_ruler, out_ruler
        multiplier = sums_scale(W_ruler, X_ruler, len(bias)) / np.float64(out_ruler.scale)
        self.m, self.shift = fixed_point(multiplier)

    @classmethod
    def of(
        cls, layer: Linear, W_ruler: AffineMap, X_ruler: AffineMap, out_ruler: AffineMap, relu: bool = False
    ) -> IntegerLinear:
        """The integer form of a layer with these maps."""
        bias = integer_bias(layer.b, sums_scale(W_ruler, X_ruler, layer.out_features))
        return cls(W_ruler.quantize(layer.W), bias, W_ruler, X_ruler, out_ruler, relu)

    def forward(self, X: Array) -> Array:
        needs_array(self, X)
        sums = accumulate(X, self.W, self.X_ruler.zero_point, self.bias)
        zero_point, (lowest, highest) = int(self.out_ruler.zero_point), self.out_ruler.codes
        ends = {"lowest": zero_point if self.relu else lowest, "highest": highest}
        return requantize(sums, self.m, self.shift, zero_point=zero_point, **ends).astype(
            self.out_ruler.dtype
        )

    def output_shape(self, shape: Shape) -> Shape:
        return *shape[:-1], self.W.shape[1]


class Lookup(Layer):
    """An activation on codes: a table with one entry for each code, whatever the function.

    >>> unit = symmetric(-4, 4)
    >>> Lookup.of(act.Tanh(), unit, symmetric(-1, 1)).forward(np.array([-127, 0, 127], np.int8))
    array([-127,    0,  127], dtype=int8)
    """

    stored = ("table", "X_ruler", "out_ruler")

    def __init__(self, table: Array, X_ruler: AffineMap, out_ruler: AffineMap):
        self.table, self.X_ruler, self.out_ruler = table, X_ruler, out_ruler

    @classmethod
    def of(cls, layer: Layer, X_ruler: AffineMap, out_ruler: AffineMap) -> Lookup:
        """The table of an activation between two maps."""
        lowest, highest = X_ruler.codes
        inputs = X_ruler.dequantize(np.arange(lowest, highest + 1))
        return cls(out_ruler.quantize(layer.forward(inputs[:, None])[:, 0]), X_ruler, out_ruler)

    def forward(self, X: Array) -> Array:
        needs_array(self, X)
        return self.table[X.astype(np.int32) - self.X_ruler.codes[0]]


class DynamicLinear(Layer):
    """out = X W + b with codes for W and, made on the spot, for X; float in, float out.

    Each row of X is quantized by its own smallest and largest number; with `by_row=False` all rows of the
    batch by theirs, and then an answer depends on the rows beside it. `W` (in_features, out_features) holds
    codes, `W_ruler` is their map, `b` (out_features,) float32.

    >>> layer = Linear(3, 2, rng=np.random.default_rng(0))
    >>> by_codes, X = DynamicLinear.of(layer, symmetric(*minmax(layer.W))), np.ones((1, 3))
    >>> bool(np.abs(by_codes.forward(X) - layer.forward(X)).max() < 0.01)
    True
    """

    stored = ("W", "b", "W_ruler", "by_row")

    def __init__(self, W: Array, b: Array, W_ruler: AffineMap, by_row: bool = True):
        self.W, self.b, self.W_ruler, self.by_row = W, b, W_ruler, bool(by_row)

    @classmethod
    def of(cls, layer: Linear, W_ruler: AffineMap, by_row: bool = True) -> DynamicLinear:
        """The dynamic form of a layer with this map."""
        return cls(W_ruler.quantize(layer.W), layer.b.astype(np.float32), W_ruler, by_row)

    def forward(self, X: Array) -> Array:
        needs_array(self, X)
        X_ruler = affine(*minmax(X, axis=0 if self.by_row else None), UINT8)
        sums = accumulate(X_ruler.quantize(X), self.W, X_ruler.zero_point)
        return sums * (X_ruler.scale * self.W_ruler.scale) + self.b

    def output_shape(self, shape: Shape) -> Shape:
        return *shape[:-1], self.W.shape[1]


def sums_scale(W_ruler: AffineMap, X_ruler: AffineMap, out_features: int) -> Array:
    """s_x s_w, what one unit of an accumulator is worth: (out_features,), float64."""
    scale = np.float64(X_ruler.scale) * W_ruler.scale.astype(np.float64)
    return np.broadcast_to(scale.ravel(), (out_features,))


def to_integers(model: Sequential) -> Sequential:
    """The integer network of a model with fake quantization, as `aware` makes it, trained on or not.

    Its codes are those that the fake quantization rounds to, or a step beside: the bias is rounded too, to
    units of s_x s_w, and a sum on the border of two steps may fall to the other side. Raises TypeError when
    the model has a layer that `aware` would not have made.
    """
    layers = list(model.layers)
    if not (layers and isinstance(layers[0], FakeQuant)):
        raise TypeError(
            "to_integers takes a model that begins with FakeQuant: aware(model, X), trained or not."
        )
    first = now = ruler(layers[0])
    made: list[Layer] = [Quantize(first)]
    for i, layer in enumerate(layers[1:], start=1):
        after = next((ruler(one) for one in layers[i:] if isinstance(one, FakeQuant)), None)
        if isinstance(layer, FakeQuant) or after is None:
            continue
        if isinstance(layer, AwareLinear):
            relu = isinstance(layers[i + 1], act.ReLU)
            layer.quant.forward(layer.W)  # its range may be that of W before the last step
            made.append(IntegerLinear.of(layer, ruler(layer.quant), now, after, relu))
        elif isinstance(layer, Flatten):
            made.append(deepcopy(layer))
            continue
        elif not (isinstance(layer, act.ReLU) and isinstance(layers[i - 1], AwareLinear)):
            made.append(Lookup.of(layer, now, after))
        now = after
    return Sequential(*made, Dequantize(now)).eval()  # type: ignore[return-value]


def quantize_static(
    model: Sequential,
    X: Array,
    *,
    bits: int | Sequence[int] = 8,
    activation_bits: int = 8,
    per_channel: bool = True,
    weight_range: Range = extremes,
    activation_range: Range = extremes,
) -> Sequential:
    """The integer network of a trained model, after training: its ranges are taken from the rows X (n, …).

    The arguments are those of `aware`; a few hundred rows like those to come are enough for X.
    Raises the errors of `aware`.

    >>> rng = np.random.default_rng(0)
    >>> model = Sequential(Linear(3, 4, rng=rng), act.ReLU(), Linear(4, 2, rng=rng))
    >>> X = rng.normal(size=(50, 3))
    >>> network = quantize_static(model, X)
    >>> bool(np.abs(network.forward(X) - model.forward(X)).max() < 0.02)
    True
    """
    return to_integers(
        aware(
            model,
            X,
            bits=bits,
            activation_bits=activation_bits,
            per_channel=per_channel,
            weight_range=weight_range,
            activation_range=activation_range,
        )
    )


def quantize_dynamic(
    model: Sequential,
    *,
    bits: int | Sequence[int] = 8,
    per_channel: bool = True,
    weight_range: Range = extremes,
    by_row: bool = True,
) -> Sequential:
    """The model with integer weights; what its linear layers get is quantized when it comes. Needs no data.

    The arguments are those of `aware` and `DynamicLinear`. Raises the errors of `aware`.

    >>> rng = np.random.default_rng(0)
    >>> model = Sequential(Linear(3, 4, rng=rng), act.ReLU(), Linear(4, 2, rng=rng))
    >>> X = rng.normal(size=(50, 3))
    >>> bool(np.abs(quantize_dynamic(model).forward(X) - model.forward(X)).max() < 0.02)
    True
    """
    plain = folded(model).layers
    chosen = bits_of_each(bits, sum(isinstance(layer, Linear) for layer in plain))
    made: list[Layer] = []
    for layer in plain:
        if isinstance(layer, Linear):
            codes = signed(chosen.pop(0))
            low, high = weight_range(layer.W, codes, axis=1 if per_channel else None)
            made.append(DynamicLinear.of(layer, symmetric(low, high, codes), by_row))
        else:
            made.append(deepcopy(layer))
    return Sequential(*made).eval()  # type: ignore[return-value]
