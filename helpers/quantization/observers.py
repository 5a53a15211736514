"""Observers: which range the codes should cover. A wide range clips nothing and has coarse steps.

Each takes numbers x and returns a range (low, high) for `affine` or `symmetric`; with an `axis`, one for
each of its entries, in a shape that broadcasts against x. `minmax`, which clips nothing, is in maps.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from helpers import _inputs
from helpers.quantization.maps import Array, minmax, observed, others, unsigned

Range = tuple[Array, Array]


def percentile(x: ArrayLike, share: float = 99.9, axis: int | None = None) -> Range:
    """The range that holds the middle `share` percent of the numbers; half of the rest lies at either end.

    Raises ValueError unless share is above 0 and at most 100.

    >>> low, high = percentile(np.arange(1001), share=99)
    >>> float(low), float(high)
    (5.0, 995.0)
    """
    if not 0 < share <= 100:
        raise ValueError(f"share is a percentage above 0 and at most 100, got {share}")
    x, tail = observed(x), (100 - share) / 2
    low, high = np.percentile(x, [tail, 100 - tail], axis=others(x, axis), keepdims=axis is not None)
    return low, high


def least_squares(
    x: ArrayLike, make: Callable[[Array, Array], Any], axis: int | None = None, num_steps: int = 100
) -> Range:
    """Of min-max and its shrunken copies, the range whose map has the least mean squared error.

    `make(low, high)` gives the map, such as `symmetric`; both ends are multiplied by 1/num_steps,
    2/num_steps, …, 1.
    Source: Banner et al., "Post training 4-bit quantization of convolutional networks" (2019).

    >>> from helpers.quantization.maps import signed, symmetric
    >>> x = np.append(np.linspace(-1, 1, 1000), 1.5)
    >>> low, high = least_squares(x, lambda low, high: symmetric(low, high, signed(4)))
    >>> round(float(high), 2)
    0.95
    """
    x = observed(x)
    low, high = minmax(x, axis)
    shares = np.arange(1, _inputs.whole_number(num_steps, "num_steps", 1) + 1) / num_steps
    squares = ((make(low * share, high * share)(x) - x) ** 2 for share in shares)
    errors = [square.mean(others(x, axis), keepdims=axis is not None) for square in squares]
    best = shares[np.argmin(errors, axis=0)]
    return low * best, high * best


def entropy(x: ArrayLike, bits: int = 8, num_bins: int = 2048) -> Range:
    """The range that changes the histogram of |x| least, by the Kullback-Leibler divergence.

    For each possible end the bins inside are merged into as many as there are codes on one side of 0, and
    spread again over the bins that had something in them. What lies beyond the end counts to its last bin.
    Symmetric, or from 0 when no number is negative (then all codes are on one side).
    Raises ValueError for bits outside of 2..16 and for num_bins below the number of codes.
    Source: Migacz, "8-bit inference with TensorRT", GTC 2017.

    >>> x = np.append(np.random.default_rng(0).normal(size=10_000), 40.0)
    >>> low, high = entropy(x)
    >>> bool(3 < high < 6), bool(low == -high)
    (True, True)
    """
    x = observed(x)
    one_sided = bool(x.min() >= 0)
    levels = (unsigned(bits)[1] + 1) // (1 if one_sided else 2)
    if num_bins < levels:
        raise ValueError(f"num_bins is at least the {levels} codes, got {num_bins}")
    counts, edges = np.histogram(np.abs(x), num_bins, (0, float(np.abs(x).max()) or 1.0))
    counts = counts.astype(float)
    last = np.arange(levels, num_bins + 1)
    high = edges[last[np.argmin([_divergence(counts, int(end), levels) for end in last])]]
    return np.array(0.0 if one_sided else -high), np.array(high)


def _divergence(counts: Array, end: int, levels: int) -> float:
    """Σ p log(p / q): p the bins up to `end`, the last with all beyond it; q what the codes keep of them."""
    p, inside = counts[:end].copy(), counts[:end]
    p[-1] += counts[end:].sum()
    level = np.arange(end) * levels // end
    filled = inside > 0
    sums, shares = np.bincount(level, inside, levels), np.bincount(level, filled, levels)
    q = filled * (sums / np.maximum(shares, 1))[level]
    p, q = p / p.sum(), (q + 1e-9) / (q + 1e-9).sum()  # no bin is quite impossible
    kept = p > 0
    return float(np.sum(p[kept] * np.log(p[kept] / q[kept])))


class MovingRange:
    """A range that follows the batches: (1 - momentum) of the old one and momentum of the new, end by end.

    `observe(x)` gives the range of one batch. Raises ValueError for a momentum outside of 0..1, and where
    `range` is asked for before the first batch.
    Source: Jacob et al., "Quantization and training of neural networks" (2018), 3.1.

    >>> moving = MovingRange(momentum=0.5)
    >>> for batch in ([0.0, 4.0], [-2.0, 8.0]):
    ...     low, high = moving.update(batch)
    >>> float(low), float(high)
    (-1.0, 6.0)
    """

    def __init__(self, momentum: float = 0.1, observe: Callable[[ArrayLike], Range] = minmax) -> None:
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum is in 0..1, got {momentum}")
        self.momentum, self.observe = momentum, observe
        self._range: Range | None = None

    def update(self, x: ArrayLike) -> Range:
        """Take one batch into account; the range after it."""
        new = self.observe(x)
        old = self._range or new
        low, high = ((1 - self.momentum) * a + self.momentum * b for a, b in zip(old, new, strict=True))
        self._range = low, high
        return self._range

    @property
    def range(self) -> Range:
        """(low, high) so far."""
        if self._range is None:
            raise ValueError("no batch has been observed yet: call update(x) first")
        return self._range
