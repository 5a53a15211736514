"""Inputs in few bits, too: what large features do to the scale of all others, and three ways around it.

The products X W of a large model are fast in int8 only when X is int8 as well. X is not known beforehand, so
its scale is taken when it comes (dynamic) or from earlier texts (static). Here X (n, d_in) and W (d_in,
d_out) are rounded and multiplied as floats, which gives what the integers would give, up to float rounding.
"""

from __future__ import annotations

import numpy as np

from helpers.quantization.maps import Array, minmax, signed, symmetric


def per_tensor(X: Array, bits: int = 8, largest: float | None = None) -> Array:
    """X on one grid: to its own largest |x| (dynamic) or a given one.

    >>> per_tensor(np.array([[0.2, 127.0]])).tolist()
    [[0.0, 127.0]]
    """
    low, high = minmax(X) if largest is None else (-largest, largest)
    return symmetric(low, high, signed(bits))(X)


def per_token(X: Array, bits: int = 8) -> Array:
    """X with a scale for each row, taken when it comes.

    >>> per_token(np.array([[0.2, 127.0], [0.2, 1.27]])).round(2)
    array([[  0.  , 127.  ],
           [  0.2 ,   1.27]], dtype=float32)
    """
    return symmetric(*minmax(X, axis=0), signed(bits))(X)


def split_product(X: Array, W: Array, large: Array, bits: int = 8) -> Array:
    """X W, the few `large` features in float, all others in `bits`.

    `large` holds the numbers of these features. Source: Dettmers et al., "LLM.int8()" (2022).

    >>> X = np.array([[0.3, 0.7, 100.0]])
    >>> split_product(X, np.eye(3), large=np.array([2])).round(2).tolist()
    [[0.3, 0.7, 100.0]]
    """
    rest = np.delete(np.arange(len(W)), large)
    of_weights = symmetric(*minmax(W[rest], axis=1), signed(bits))
    small = per_token(X[:, rest], bits) @ of_weights(W[rest])
    return small + X[:, large] @ W[large]


def smoothing(largest: Array, W: Array, a: float = 0.5) -> Array:
    """By what each feature of X is divided, and its row of W multiplied: s.

    X W = (X / s)(s W): the product stays.
    s = largest|x|^a / largest|w|^(1-a) hands a part of the trouble to W.
    `largest` (d_in,) is the largest |x| of each feature in some texts; W (d_in, d_out) → s (d_in,).
    Source: Xiao et al., "SmoothQuant" (2023).

    >>> smoothing(np.array([1.0, 100.0]), np.ones((2, 3))).tolist()
    [1.0, 10.0]
    """
    tiny = np.finfo(np.float32).tiny
    of_weights = np.maximum(abs(W).max(axis=1), tiny)
    return np.maximum(largest, tiny) ** a / of_weights ** (1 - a)
