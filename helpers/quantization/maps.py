"""Maps: from real numbers to whole numbers of few bits, and back.

A ruler is laid over the numbers. Its marks are `scale` apart and numbered with whole numbers, the codes; the
code of the real number 0 is the zero point. Quantizing writes down the code of the nearest mark,

    q = clip(round(x / scale) + zero_point, lowest, highest)

and dequantizing reads the mark, x̂ = scale (q - zero_point). Inside the range x̂ is at most scale / 2 from x.
These are the formulas of ONNX's QuantizeLinear and DequantizeLinear, to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from helpers import _inputs

Array = np.ndarray[Any, Any]
Codes = tuple[int, int]  # the lowest and the highest code, both in use

INT8: Codes = (-128, 127)
INT8_NARROW: Codes = (-127, 127)  # as many codes below 0 as above
UINT8: Codes = (0, 255)


def signed(bits: int, *, narrow: bool = True) -> Codes:
    """The codes of a signed whole number of 2..16 bits; `narrow` leaves out the one without a counterpart.

    >>> signed(4), signed(4, narrow=False)
    ((-7, 7), (-8, 7))
    """
    most = 2 ** (_bits(bits) - 1) - 1
    return (-most if narrow else -most - 1), most


def unsigned(bits: int) -> Codes:
    """The codes of a whole number of 2..16 bits without a sign.

    >>> unsigned(4)
    (0, 15)
    """
    return 0, 2 ** _bits(bits) - 1


@dataclass(frozen=True)
class AffineMap:
    """Numbers x of any shape → codes q of the same shape → the numbers x̂ that the codes stand for.

    `scale` (float32, above 0) is the distance between two marks, `zero_point` the code of 0, `codes` the
    lowest and the highest code. Scale and zero point are single numbers, one for the whole tensor, or arrays
    that broadcast against x: one a column of W (d_in, d_out) has the shape (1, d_out).
    Make one with `affine` or `symmetric`. Raises ValueError when a scale is not above 0, or a zero point is
    no code: it is never clamped, since then 0 would no longer be a mark.
    Source: Jacob et al., "Quantization and training of neural networks" (2018); ONNX, QuantizeLinear.

    >>> ruler = AffineMap(scale=0.5, zero_point=2, codes=(0, 7))
    >>> ruler.quantize([-1.0, 0.0, 0.6, 9.0])
    array([0, 2, 3, 7], dtype=uint8)
    >>> ruler.dequantize([0, 2, 3, 7])
    array([-1. ,  0. ,  0.5,  2.5], dtype=float32)
    """

    scale: Any
    zero_point: Any
    codes: Codes

    def __post_init__(self) -> None:
        lowest, highest = checked(self.codes)
        scale, zero_point = checked_scale(self.scale), np.asarray(self.zero_point)
        is_code = (lowest <= zero_point) & (zero_point <= highest) & (zero_point == np.rint(zero_point))
        if not is_code.all():
            raise ValueError(
                f"a zero point is one of the codes {lowest}..{highest}, got {self.zero_point}; "
                f"widen the range until it holds 0, as affine(low, high) does"
            )
        object.__setattr__(self, "scale", scale)
        object.__setattr__(self, "zero_point", zero_point.astype(np.int32))

    def quantize(self, x: ArrayLike) -> Array:
        """The code of the mark nearest to x, as the smallest integer type that holds all codes.

        Half-way between two marks the even one wins, counted from 0; what lies outside of the range gets the
        first or the last code. Raises ValueError for NaN.
        """
        x = numbers(x)
        with np.errstate(over="ignore"):  # far outside of the range; it is clipped
            q = np.rint(x / self.scale) + self.zero_point
        return np.clip(q, *self.codes).astype(self.dtype)

    def dequantize(self, q: ArrayLike) -> Array:
        """x̂ = scale (q - zero_point), float32."""
        steps = np.asarray(q) - self.zero_point  # an int32, so that int8 codes do not wrap around
        return self.scale * steps.astype(np.float32)

    def __call__(self, x: ArrayLike) -> Array:
        """There and back: x̂, the number on the grid that is kept in place of x; float32."""
        return self.dequantize(self.quantize(x))

    @property
    def dtype(self) -> np.dtype:
        """The smallest integer type that holds all codes: int8 for -7..7, uint8 for 0..15."""
        return integer_type(self.codes)

    @property
    def bits(self) -> int:
        """How many bits a code needs."""
        lowest, highest = self.codes
        return (highest - lowest).bit_length()

    @property
    def range(self) -> tuple[Array, Array]:
        """The first and the last mark: what lies outside is clipped."""
        lowest, highest = self.codes
        return self.dequantize(lowest), self.dequantize(highest)


def affine(low: ArrayLike, high: ArrayLike, codes: Codes = UINT8) -> AffineMap:
    """The map whose codes are spread evenly over [low, high]: scale = (high - low) / (highest - lowest).

    `low` and `high` are numbers, or arrays with one range a channel, as `minmax(W, axis=1)` gives them.
    A range without 0 is widened to hold it, so that 0 is a mark; one too narrow for a float32 gets scale 1.
    Raises ValueError for low > high, infinite ends, or codes that are not lowest < highest within 16 bits.
    Source: Jacob et al. (2018), 2.1.

    >>> ruler = affine(-1, 3)
    >>> round(float(ruler.scale), 5), int(ruler.zero_point)
    (0.01569, 64)
    >>> affine(2, 3, codes=(0, 15)).range  # widened to 0..3
    (np.float32(0.0), np.float32(3.0))
    """
    low, high = _range(low, high)
    lowest, highest = checked(codes)
    low, high = np.minimum(low, 0), np.maximum(high, 0)
    scale = _float32((high - low) / (highest - lowest))
    return AffineMap(scale, lowest - np.rint(low / scale), (lowest, highest))


def symmetric(low: ArrayLike, high: ArrayLike, codes: Codes = INT8_NARROW) -> AffineMap:
    """The map with zero point 0 whose codes cover ±max(|low|, |high|).

    scale = 2 max / (highest - lowest): max / 127 for the codes -127..127, max / 127.5 for -128..127.
    Arguments and errors as for `affine`; also a ValueError when the codes are neither -n..n nor -n - 1..n.
    Source: Krishnamoorthi, "Quantizing deep convolutional networks for efficient inference" (2018).

    >>> ruler = symmetric(-1.0, 0.5, signed(3))
    >>> ruler.dequantize([-3, 0, 3])
    array([-1.,  0.,  1.], dtype=float32)
    """
    low, high = _range(low, high)
    lowest, highest = checked(codes)
    if -lowest not in (highest, highest + 1):
        raise ValueError(f"symmetric codes are -n..n or -n - 1..n, got {codes}; e.g. signed(8)")
    scale = _float32(2 * np.maximum(abs(low), abs(high)) / (highest - lowest))
    return AffineMap(scale, np.zeros(scale.shape, int), (lowest, highest))


def minmax(x: ArrayLike, axis: int | None = None) -> tuple[Array, Array]:
    """The smallest and the largest number: of all of x, or of each entry (channel) of one `axis`.

    W (d_in, d_out) and axis=1 → two arrays (1, d_out), which broadcast against W. Raises ValueError for an
    empty x, for numbers that are not finite, and for an axis that x does not have.

    >>> low, high = minmax([[1.0, -2.0], [3.0, 4.0]], axis=1)
    >>> low.tolist(), high.tolist()
    ([[1.0, -2.0]], [[3.0, 4.0]])
    """
    x = observed(x)
    rest = others(x, axis)
    return x.min(rest, keepdims=axis is not None), x.max(rest, keepdims=axis is not None)


def grouped(W: ArrayLike, size: int) -> Array:
    """W (d_in, d_out) cut into groups of `size` weights of one column: (d_out · ⌈d_in / size⌉, size).

    A group is a row, so a scale a group is a scale a row: `symmetric(*minmax(G, axis=0))`. When `size` does
    not divide d_in, the last group of a column is filled up with 0, which changes no scale.
    Raises ValueError unless W has two axes and size is at least 1.

    >>> grouped(np.arange(6).reshape(3, 2), 2).tolist()
    [[0, 2], [4, 0], [1, 3], [5, 0]]
    """
    W, size = np.asarray(W), _inputs.whole_number(size, "size", 1)
    if W.ndim != 2:
        raise ValueError(f"W has shape (d_in, d_out), got {W.shape}")
    return np.pad(W.T, ((0, 0), (0, -len(W) % size))).reshape(-1, size)


def ungrouped(G: ArrayLike, shape: tuple[int, int]) -> Array:
    """The weights (d_in, d_out) that `grouped` cut into the rows of G; ValueError when the sizes do not fit.

    >>> W = np.arange(6).reshape(3, 2)
    >>> np.array_equal(ungrouped(grouped(W, 2), W.shape), W)
    True
    """
    G, (d_in, d_out) = np.asarray(G), shape
    if G.ndim != 2 or G.size != d_out * (d_in + -d_in % G.shape[1]):
        raise ValueError(f"groups of shape {G.shape} are no cut of weights of shape {shape}")
    return G.reshape(d_out, -1)[:, :d_in].T


def checked(codes: Codes) -> Codes:
    """The codes, or a ValueError unless they are lowest < highest and some integer type holds them."""
    lowest, highest = (int(code) for code in codes)
    if (lowest, highest) != tuple(codes) or not lowest < highest:
        raise ValueError(f"codes are two whole numbers, lowest < highest, got {codes}; e.g. signed(8)")
    integer_type((lowest, highest))
    return lowest, highest


def checked_scale(scale: Any) -> Array:
    """The scale, or scales, as float32; ValueError when one is not a finite number above 0."""
    kept = np.asarray(scale, np.float32)
    if not (np.isfinite(kept) & (kept > 0)).all():
        raise ValueError(f"a scale is a finite number above 0, got {scale}")
    return kept


def integer_type(codes: Codes) -> np.dtype:
    """The smallest integer type that holds both codes; ValueError when 16 bits are not enough."""
    lowest, highest = codes
    for name in ("uint8", "int8", "uint16", "int16"):
        if np.iinfo(name).min <= lowest and highest <= np.iinfo(name).max:
            return np.dtype(name)
    raise ValueError(f"codes have at most 16 bits, got {codes}; e.g. signed(16)")


def numbers(x: ArrayLike) -> Array:
    """x as an array of floats (float32 stays float32); ValueError when one of them is NaN."""
    x = np.asarray(x)
    x = x if x.dtype in (np.float32, np.float64) else x.astype(np.float64)
    if np.isnan(x).any():
        raise ValueError(f"x has {np.isnan(x).sum()} NaN among {x.size} numbers, and no code stands for NaN")
    return x


def observed(x: ArrayLike) -> Array:
    """x as an array of floats that has a range; ValueError when it is empty or a number is not finite."""
    x = numbers(x)
    if not x.size:
        raise ValueError(f"x is empty (shape {x.shape}); a range needs at least one number")
    if not np.isfinite(x).all():
        raise ValueError(f"x has {np.isinf(x).sum()} infinite among {x.size} numbers; a range is finite")
    return x


def others(x: Array, axis: int | None) -> tuple[int, ...] | None:
    """All axes but one; None, which NumPy reads as all, when no one is named. ValueError for one too many."""
    if axis is not None and axis not in range(-x.ndim, x.ndim):
        raise ValueError(f"axis is a whole number in {-x.ndim}..{x.ndim - 1} for shape {x.shape}, got {axis}")
    return None if axis is None else tuple(i for i in range(x.ndim) if i != axis % x.ndim)


def _bits(bits: int) -> int:
    if _inputs.whole_number(bits, "bits", 2) > 16:
        raise ValueError(f"bits is a whole number in 2..16, got {bits}")
    return int(bits)


def _range(low: ArrayLike, high: ArrayLike) -> tuple[Array, Array]:
    low, high = np.asarray(low, np.float64), np.asarray(high, np.float64)
    if not (np.isfinite(low) & np.isfinite(high) & (low <= high)).all():
        raise ValueError(f"a range is two finite numbers, low <= high, got {low} and {high}")
    return low, high


def _float32(scale: Array) -> Array:
    """The scale as it is stored; 1 where the range is too narrow for a float32."""
    return np.where(scale < np.finfo(np.float32).tiny, 1, scale).astype(np.float32)
