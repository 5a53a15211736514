"""Arithmetic in whole numbers only: a matrix product of codes, and the way from its sums to new codes.

A code q of scale s and zero point z stands for the number s (q - z). Then a product X W + b becomes

    s_x s_w ( (q_x - z_x) @ q_w + b / (s_x s_w) )

and what is in the brackets are whole numbers. Their sums need 32 bits; the next layer wants 8 again. So they
are multiplied by M = s_x s_w / s_out, written as a whole number and a shift: M ≈ m / 2^shift.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.nn.base import Array

__all__ = ["accumulate", "fixed_point", "integer_bias", "requantize"]

INT32 = np.iinfo(np.int32)
MANTISSA_BITS, LARGEST_SHIFT = 31, 62


def accumulate(X: Array, W: Array, zero_point: Any = 0, bias: Array | None = None) -> Array:
    """(X - zero_point) @ W + bias in whole numbers: the accumulators, int32.

    - X (n, in_features) and W (in_features, out_features) hold codes; those of W have zero point 0.
    - `zero_point` is the code of X that stands for 0: a whole number, or (n, 1) with one for each row.
    - `bias` (out_features,) holds whole numbers in units of s_x s_w: see `integer_bias`.

    Raises TypeError for codes that are no integers, ValueError for shapes that do not fit, or when a sum
    could leave int32: then it would come out wrong without a word.
    Source: Jacob et al., "Quantization and training of neural networks" (2018), section 2.

    >>> accumulate(np.array([[130, 128]], np.uint8), np.array([[100], [-7]], np.int8), zero_point=128)
    array([[200]], dtype=int32)
    """
    for name, codes in (("X", X), ("W", W), ("bias", bias)):
        if codes is not None and np.asarray(codes).dtype.kind not in "iu":
            raise TypeError(f"{name} holds codes, whole numbers, got {np.asarray(codes).dtype}.")
    if X.shape[-1] != W.shape[0]:
        raise ValueError(f"X {X.shape} and W {W.shape} do not fit: (n, in_features) @ (in_features, out).")
    b = np.zeros(W.shape[1], np.int64) if bias is None else np.asarray(bias).astype(np.int64)
    refuse_overflow(X, W, zero_point, b)
    shifted = X.astype(np.int32) - np.asarray(zero_point, np.int32)
    return shifted @ W.astype(np.int32) + b.astype(np.int32)


def refuse_overflow(X: Array, W: Array, zero_point: Any, bias: Array) -> None:
    """Raise ValueError when codes of these dtypes could give a sum that int32 does not hold."""
    codes = np.iinfo(X.dtype)
    furthest = max(int(codes.max) - int(np.min(zero_point)), int(np.max(zero_point)) - int(codes.min))
    largest = furthest * np.abs(W.astype(np.int64)).sum(axis=0) + np.abs(bias)
    if largest.max(initial=0) > INT32.max:
        raise ValueError(
            f"A sum of {W.shape[0]} products could reach {largest.max()}, and int32 ends at {INT32.max}: "
            "use fewer bits, or split the sum."
        )


def integer_bias(b: Array, scale: Any) -> Array:
    """The bias b (out_features,) in units of `scale`, s_x s_w: int32.

    `scale` is one number, or (out_features,) when each column of W has its own. A bias that int32 does not
    hold is cut off at its end: that of a column whose weights are all (nearly) 0.

    >>> integer_bias(np.array([0.5, -0.25]), 0.001)
    array([ 500, -250], dtype=int32)
    """
    return np.clip(np.rint(b / np.asarray(scale, np.float64)), -INT32.max / 2, INT32.max / 2).astype(np.int32)


def fixed_point(multiplier: Any) -> tuple[Array, Array]:
    """Write multipliers as m / 2^shift with whole m of 31 bits: return m and shift, int64, of their shape.

    m / 2^shift differs from the multiplier by less than one part in 2^31.
    Raises ValueError for multipliers that are not between 2^-31 and 2^30.

    >>> m, shift = fixed_point(0.003)
    >>> int(m), int(shift), round(float(m / 2.0**shift), 15)
    (1649267442, 39, 0.003000000000611)
    """
    M = np.asarray(multiplier, np.float64)
    if not (np.isfinite(M) & (M > 0)).all():
        raise ValueError(f"A multiplier is between 2^-31 and 2^30, got {M}.")
    fraction, exponent = np.frexp(M)  # M = fraction · 2^exponent, fraction in [1/2, 1)
    m = np.rint(fraction * 2.0**MANTISSA_BITS).astype(np.int64)
    shift = MANTISSA_BITS - exponent.astype(np.int64)
    rounded_up = m == 2**MANTISSA_BITS  # 0.99999… has become 1: that is 1/2 of the next power
    m, shift = np.where(rounded_up, m // 2, m), np.where(rounded_up, shift - 1, shift)
    if not ((shift >= 1) & (shift <= LARGEST_SHIFT)).all():
        raise ValueError(f"A multiplier is between 2^-31 and 2^30, got {M}.")
    return m, shift


def requantize(
    accumulators: Array, m: Any, shift: Any, *, zero_point: int, lowest: int, highest: int
) -> Array:
    """The codes round(accumulators · m / 2^shift) + zero_point, cut off at lowest and highest, int32.

    Only whole numbers are used: a product of 64 bits, half of 2^shift to round, a shift to the right. (A half
    is rounded up.) The result is that of float arithmetic, or one step beside it where the exact value lies
    on the border of two steps. m and shift are those of `fixed_point`, numbers or (out_features,).
    Raises TypeError for accumulators that are not integers of up to 32 bits.

    >>> m, shift = fixed_point(0.003)
    >>> requantize(np.array([1000, -400, 10**6], np.int32), m, shift, zero_point=10, lowest=0, highest=255)
    array([ 13,   9, 255], dtype=int32)
    """
    acc = np.asarray(accumulators)
    if acc.dtype.kind not in "iu" or acc.dtype.itemsize > 4 or acc.dtype == np.uint32:
        raise TypeError(f"Accumulators are int32, got {acc.dtype}.")
    half = np.int64(1) << (np.asarray(shift, np.int64) - 1)
    steps = (acc.astype(np.int64) * m + half) >> shift
    return np.clip(steps + zero_point, lowest, highest).astype(np.int32)
