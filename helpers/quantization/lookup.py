"""Look-up tables: a code is a place in a list of any numbers, and the steps between them need not be equal.

k-means finds a list for given numbers: each number goes to the nearest entry, each entry to the mean of its
numbers, and again, until nothing moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from helpers.quantization.maps import Array, numbers, observed, unsigned

ROUNDS = 200


@dataclass(frozen=True)
class LookUpTable:
    """Numbers x → the places q of the nearest entries → the entries. Half-way the even place wins.

    `table` is ascending, float32, with 2..65536 entries; ValueError otherwise.

    >>> table = LookUpTable([-1.0, 0.0, 0.1, 2.0])
    >>> table.quantize([-7.0, 0.04, 0.06, 1.0])
    array([0, 1, 2, 2], dtype=uint8)
    >>> table([-7.0, 0.04, 0.06, 1.0])
    array([-1. ,  0. ,  0.1,  0.1], dtype=float32)
    """

    table: Any

    def __post_init__(self) -> None:
        table = np.asarray(self.table, np.float32)
        if table.ndim != 1 or not 2 <= len(table) <= 2**16 or not (np.diff(table) > 0).all():
            raise ValueError(f"a table has 2..65536 ascending numbers, got {self.table}")
        object.__setattr__(self, "table", table)

    def quantize(self, x: ArrayLike) -> Array:
        """The place of the entry nearest to x: uint8, or uint16 for more than 256 entries."""
        return nearest(self.table, numbers(x)).astype(np.min_scalar_type(len(self.table) - 1))

    def dequantize(self, q: ArrayLike) -> Array:
        """The entries at the places q, float32."""
        return self.table[np.asarray(q)]

    def __call__(self, x: ArrayLike) -> Array:
        """There and back: the entry that is kept in place of x."""
        return self.dequantize(self.quantize(x))

    @property
    def bits(self) -> int:
        """How many bits a place needs."""
        return (len(self.table) - 1).bit_length()


def nearest(table: Array, x: Array) -> Array:
    """The places in an ascending table of the entries nearest to x; half-way between two, the even place.

    >>> nearest(np.array([0.0, 1.0, 2.0]), np.array([0.5, 0.6, 1.5, 9.0])).tolist()
    [0, 1, 2, 2]
    """
    middles = (table[:-1].astype(np.float64) + table[1:]) / 2
    place = np.searchsorted(middles, x)  # a number in the middle counts to the lower entry
    tie = x == middles[np.minimum(place, len(middles) - 1)]
    return place + (tie & (place < len(middles)) & (place % 2 == 1))


def k_means(x: ArrayLike, bits: int, *, zero: bool = False) -> LookUpTable:
    """The table of 2^bits entries that k-means finds for x; with `zero` one of the entries stays 0.

    It has three starts, equal steps, equally many numbers to an entry, and one in between, and keeps the best
    end. No chance is involved. When x has no more than 2^bits different numbers, they are the table.
    Raises ValueError for bits outside of 2..16, infinite numbers, or fewer than two different ones.
    Source: Han et al., "Deep compression" (2016), 3.

    >>> k_means([0, 0.5, 1, 1.5, 5, 5.5, 9, 9.5], bits=2).table.tolist()
    [0.25, 1.25, 5.25, 9.25]
    """
    sorted_x, size = np.sort(observed(x).ravel()).astype(np.float64), unsigned(bits)[1] + 1
    different = np.unique(np.append(sorted_x, 0.0) if zero else sorted_x)
    if len(different) <= size:
        return LookUpTable(different)
    tables = [_settled(sorted_x, _start(sorted_x, size, power), zero) for power in (0, 2 / 3, 1)]
    return min(tables, key=lambda table: float(np.mean((table(sorted_x) - sorted_x) ** 2)))


def _start(sorted_x: Array, size: int, power: float) -> Array:
    """Entries with equal shares of Σ gap^power between them; 2/3 is best for many entries (Bennett 1948)."""
    way = np.concatenate([[0.0], np.cumsum(np.diff(sorted_x) ** power)])
    return np.interp((np.arange(size) + 0.5) / size * way[-1], way, sorted_x)


def _settled(sorted_x: Array, table: Array, zero: bool) -> LookUpTable:
    """Entries to the means of their numbers, until nothing moves. An entry without numbers stays."""
    sums = np.concatenate([[0.0], np.cumsum(sorted_x)])
    for _ in range(ROUNDS):
        ends = np.searchsorted(sorted_x, (table[:-1] + table[1:]) / 2)
        ends = np.concatenate([[0], ends, [len(sorted_x)]])
        counts = np.diff(ends)
        moved = np.where(counts > 0, np.diff(sums[ends]) / np.maximum(counts, 1), table)
        if zero:
            moved[np.abs(moved).argmin()] = 0
        if np.allclose(moved, table, rtol=0, atol=1e-12):
            break
        table = moved
    return LookUpTable(np.unique(table.astype(np.float32)))
