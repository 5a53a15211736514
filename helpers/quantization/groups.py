"""Weight-only quantization: a scale for each group of weights, and what that costs in bits.

A matrix W (d_in, d_out) is cut down each column into groups of `size` weights. Each group has a scale of its
own, kept as a float16 beside the codes, so a weight costs bits + 16 / size. When the model computes, W is
made from the codes again; the inputs stay as they are.
"""

from __future__ import annotations

import numpy as np

from helpers.quantization.maps import AffineMap, Array, grouped, minmax, signed, symmetric, ungrouped


def round_to_nearest(W: Array, bits: int, size: int | None = None) -> Array:
    """W on the grid: the nearest of 2^bits - 1 marks of its group; float32.

    Args:
        W: (d_in, d_out).
        bits: 2 to 16.
        size: how many weights of a column share a scale; None, when all of the matrix do.

    >>> W = np.array([[0.1, 7.0], [0.7, 0.4]])
    >>> round_to_nearest(W, bits=4).tolist()
    [[0.0, 7.0], [1.0, 0.0]]
    >>> round_to_nearest(W, bits=4, size=2).round(1)
    array([[0.1, 7. ],
           [0.7, 0. ]], dtype=float32)
    """
    if size is None:
        return with_float16_scale(symmetric(*minmax(W), signed(bits)))(W)
    groups = grouped(W, size)
    ruler = symmetric(*minmax(groups, axis=0), signed(bits))
    groups = with_float16_scale(ruler)(groups)
    return ungrouped(groups, (len(W), W.shape[1]))


def with_float16_scale(ruler: AffineMap) -> AffineMap:
    """The same map with scales of 16 bits, as files of weights keep them.

    >>> with_float16_scale(symmetric(-1, 1, signed(4))).scale
    array(0.14282227, dtype=float32)
    """
    tiny = np.float16(2**-24)  # the smallest above 0
    scale = np.maximum(ruler.scale.astype(np.float16), tiny)
    return AffineMap(scale, ruler.zero_point, ruler.codes)


def bits_per_weight(bits: int, size: int | None = None) -> float:
    """What a weight costs: its code, and its share of a float16 scale (nothing, when all weights share one).

    >>> [bits_per_weight(4, size) for size in (32, 64, 128)]
    [4.5, 4.25, 4.125]
    """
    return bits + (16 / size if size else 0)
