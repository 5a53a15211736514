"""Logarithmic quantization: 0 and powers of two. Each step is as large as all below it together.

So the *relative* error is bounded: next to a power of two, x̂ is at most a third of x away. Multiplying by a
power of two is a shift.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from helpers.quantization.lookup import LookUpTable
from helpers.quantization.maps import signed


def powers_of_two(low: ArrayLike, high: ArrayLike, bits: int) -> LookUpTable:
    """0 and ±2^k for the 2^(bits-1) - 1 exponents k that end with the power nearest to max(|low|, |high|).

    A table of 2^bits - 1 numbers, so a code has `bits` bits. From 6 bits on the smallest powers are too small
    for a float32 and are left out. Raises ValueError for bits outside of 2..16, or a range that is only 0.
    Source: Miyashita et al., "Convolutional neural networks using logarithmic data representation" (2016).

    >>> powers_of_two(-3.5, 1, bits=3).table.tolist()
    [-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0]
    """
    most = float(max(np.abs(low).max(), np.abs(high).max()))
    if not 0 < most < np.inf:
        raise ValueError(f"a range of powers of two reaches beyond 0 and is finite, got {most}")
    share, exponent = np.frexp(most)  # most = share · 2^exponent, share in 1/2..1
    top = int(exponent) - (share < 0.75)
    _, count = signed(bits)
    powers = 2.0 ** np.arange(max(top - count + 1, np.finfo(np.float32).minexp), top + 1)
    return LookUpTable(np.concatenate([-powers[::-1], [0.0], powers]))
