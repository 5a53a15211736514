"""Fake quantisation: train with the rounding that the finished model will have.

x is divided by a scale s and rounded to one of 2^bits whole numbers, then multiplied by s again: an ordinary
number, but one on the grid. A staircase has slope 0 almost everywhere, so `backward` pretends: slope 1 where
x lies on the grid's range, 0 outside ("straight through").
"""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.nn.base import Array, Layer, needs_array, real_dtype
from helpers.nn.stack import each_shape


class FakeQuant(Layer):
    """out = s (clip(round(x / s) + z, lowest, highest) - z), of the shape of X, which may be any.

    Affine: the levels are 0..2^bits - 1, and the zero point z is the level of x = 0; the grid covers
    [low, high], stretched to contain 0. Symmetric: the levels are ±(2^(bits-1) - 1), z = 0, and the grid
    covers ±max(|low|, |high|). `limits=(low, high)` gives the range. Without it the range is observed while
    training: the smallest and the largest x of the first batch, moved by `momentum` towards those of each
    later batch; 1 means those of the current batch, 0 those of the first. With `axis`, each entry of X along
    that axis has a range of its own (`axis=1`: each column of a matrix). Ties round to the even level; s is a
    float32. The same bits as torch.fake_quantize_per_tensor_affine (of float32 also per_channel) with this
    `scale` and `zero_point`.

    Around weights, a layer passes its W through one that it keeps as an attribute, both ways:
    `self.quant = FakeQuant(4, symmetric=True, momentum=1)`, then forward
    `X @ self.quant.forward(self.W) + self.b`,
    backward `self.dW = self.quant.backward(X.mT @ d_out)` and `d_out @ self.quant.out.T`. Being no part of
    the model it stays in training mode, so with momentum=1 its range is always that of the W at hand.
    (`helpers.quantization.aware.AwareLinear` is such a layer.)

    Without limits, and before a batch was observed, evaluation leaves X as it is. Raises ValueError for bits
    outside of 2..16, or limits that are not low < high; so does `scale` as long as there is no range.
    Source: Jacob et al., "Quantization and training of neural networks" (2018).

    >>> layer = FakeQuant(2, limits=(0, 3))
    >>> layer.forward(np.array([-0.4, 0.6, 1.5, 2.5, 9.0]))
    array([0., 1., 2., 2., 3.])
    >>> layer.backward(np.ones(5))
    array([1., 1., 1., 1., 0.])
    """

    settings = ("bits", "symmetric", "limits", "momentum", "axis")
    state_names = ("low", "high")

    def __init__(
        self,
        bits: int = 8,
        *,
        symmetric: bool = False,
        limits: tuple[float, float] | None = None,
        momentum: float = 0.1,
        axis: int | None = None,
    ):
        if isinstance(bits, bool) or not isinstance(bits, int | np.integer) or not 2 <= bits <= 16:
            raise ValueError(f"bits is a whole number in 2..16, got {bits!r}.")
        if limits is not None and not -np.inf < limits[0] < limits[1] < np.inf:
            raise ValueError(f"limits are two numbers, low < high, got {limits}.")
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum is in 0..1, got {momentum}.")
        self.bits, self.symmetric, self.limits, self.momentum = bits, symmetric, limits, momentum
        self.axis = axis
        low, high = limits or (np.inf, -np.inf)  # the range of no numbers at all
        self.low, self.high = np.array(low, float), np.array(high, float)

    def forward(self, X: Array) -> Array:
        needs_array(self, X)
        if self.limits is None and self.training and not self.frozen:
            over = self.others(X)
            self.low = self.moved(self.low, X.min(axis=over, keepdims=self.axis is not None))
            self.high = self.moved(self.high, X.max(axis=over, keepdims=self.axis is not None))
        if not self.has_range:
            self.inside, self.out = np.True_, X
            return X
        s, z, (lowest, highest) = self.scale, self.zero_point, self.levels
        level = np.rint(X * (np.float32(1) / s)) + z
        self.inside = (lowest <= level) & (level <= highest)
        steps = (np.clip(level, lowest, highest) - z).astype(np.float32)
        self.out = (steps * s).astype(real_dtype(X))  # the grid is one of float32, whatever X is
        return self.out

    def backward(self, d_out: Array) -> Array:
        return d_out * self.inside

    def moved(self, old: Array, new: Any) -> Array:
        """The end of a range on its way to that of a new batch; the new one when there was none."""
        old = np.where(np.isfinite(old), old, new)
        return np.asanyarray((1 - self.momentum) * old + self.momentum * new)

    def others(self, X: Array) -> tuple[int, ...] | None:
        """The axes that share one range: all (None), or all but `axis`. Those of one model, in a fleet."""
        ndim = len(each_shape(X))
        return None if self.axis is None else tuple(i for i in range(ndim) if i != self.axis % ndim)

    @property
    def has_range(self) -> bool:
        """Whether limits were given, or a batch observed."""
        return bool(np.isfinite(np.asarray(self.low)).all())

    @property
    def levels(self) -> tuple[int, int]:
        """The lowest and the highest level: (0, 255) for 8 bits, symmetric (-127, 127)."""
        most = 2 ** (self.bits - 1) - 1
        return (-most, most) if self.symmetric else (0, 2**self.bits - 1)

    @property
    def scale(self) -> Any:
        """The distance s between two levels, float32; in a fleet (K,), with `axis` one for each entry."""
        if not self.has_range:
            raise ValueError("FakeQuant has seen no batch in training yet, so it has no range: give limits.")
        low, high = np.minimum(self.low, 0), np.maximum(self.high, 0)
        width = 2 * np.maximum(-low, high) if self.symmetric else high - low
        lowest, highest = self.levels
        tiny = np.finfo(np.float32).eps  # when all numbers are 0, as in PyTorch
        return np.maximum(width / (highest - lowest), tiny).astype(np.float32)

    @property
    def zero_point(self) -> Any:
        """The level z of x = 0; in a fleet (K,)."""
        if self.symmetric:
            return 0
        return np.clip(-np.rint(np.minimum(self.low, 0) / self.scale), *self.levels).astype(np.float32)
