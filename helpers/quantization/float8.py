"""Floating point in 8 bits: e4m3 and e5m2. A sign, 4 or 5 bits of exponent, 3 or 2 bits of fraction.

value = ± 2^(exponent - bias) · (1 + fraction), or without the 1 when the exponent's bits are all 0. Without
the sign there are 127 numbers (124 in e5m2), ascending with their codes: a table, and rounding is a look-up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from helpers.quantization.lookup import nearest
from helpers.quantization.maps import Array, checked_scale, numbers

FORMATS = {"e4m3": (4, 3, 127), "e5m2": (5, 2, 124)}  # bits of exponent and of fraction; how many are finite


def magnitudes(name: str) -> Array:
    """All finite numbers of the format without a sign, ascending; the place is the code. float64.

    >>> magnitudes("e4m3")[[1, -1]].tolist(), magnitudes("e5m2")[[1, -1]].tolist()
    ([0.001953125, 448.0], [1.52587890625e-05, 57344.0])
    """
    if name not in FORMATS:
        raise ValueError(f"a format is one of {', '.join(FORMATS)}; got {name!r}")
    exponent_bits, fraction_bits, count = FORMATS[name]
    exponent, fraction = np.divmod(np.arange(count), 2**fraction_bits)
    bias, fraction = 2 ** (exponent_bits - 1) - 1, fraction / 2**fraction_bits
    return np.where(exponent > 0, 2.0 ** (exponent - bias) * (1 + fraction), 2.0 ** (1 - bias) * fraction)


@dataclass(frozen=True)
class Float8:
    """Numbers x → the 8 bits of the float8 nearest to x / scale, as a uint8 → that float8 times scale.

    Ties go to the even code, and what is too large becomes the largest number, as in PyTorch's cast to e4m3
    (its cast to e5m2 makes that infinite). Raises ValueError for another name, NaN, or a scale not above 0.
    Source: Micikevicius et al., "FP8 formats for deep learning" (2022).

    >>> eight = Float8("e4m3")
    >>> eight([0.1, 17.0, 1000.0]).tolist(), eight.quantize([1.0, -1.0])
    ([0.1015625, 16.0, 448.0], array([ 56, 184], dtype=uint8))
    """

    name: str
    scale: Any = 1.0

    def __post_init__(self) -> None:
        magnitudes(self.name)
        object.__setattr__(self, "scale", checked_scale(self.scale))

    def quantize(self, x: ArrayLike) -> Array:
        """The 8 bits, uint8: the sign is the highest."""
        shrunk = numbers(x) / self.scale
        return (nearest(magnitudes(self.name), np.abs(shrunk)) + 128 * np.signbit(shrunk)).astype(np.uint8)

    def dequantize(self, q: ArrayLike) -> Array:
        """The numbers that the 8 bits stand for, times scale; float32. NaN for a code of no finite number."""
        values = np.full(128, np.nan, np.float32)
        finite = magnitudes(self.name)
        values[: len(finite)] = finite
        return np.concatenate([values, -values])[np.asarray(q)] * self.scale

    def __call__(self, x: ArrayLike) -> Array:
        """There and back: the float8 that is kept in place of x, times scale."""
        return self.dequantize(self.quantize(x))

    @property
    def bits(self) -> int:
        """How many bits a code needs."""
        return 8


def float8(low: ArrayLike, high: ArrayLike, name: str = "e4m3") -> Float8:
    """The float8 whose scale brings the larger of |low| and |high| to the largest number: 448, or 57344.

    Numbers, or arrays with one range a channel, as for `symmetric`.

    >>> float8(-2.0, 1.0).scale == np.float32(2 / 448)
    np.True_
    """
    most = np.maximum(np.abs(low), np.abs(high))
    return Float8(name, np.where(most == 0, 1.0, most / magnitudes(name)[-1]))
