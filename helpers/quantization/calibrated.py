"""Rounding that looks at the inputs: two ways to lose less at the same number of bits.

A layer is asked for X W, so what counts is not how far a weight moves, but how far X W does. Some texts show
what X is like; of them both methods keep `H` = Xᵀ X / n (d_in, d_in), since with D the change of W
the mean of |X D|² is the sum over D * (H D).
"""

from __future__ import annotations

import numpy as np

from helpers.quantization.groups import round_to_nearest, with_float16_scale
from helpers.quantization.maps import Array, minmax, signed, symmetric

BLOCK = 128


def gptq(W: Array, H: Array, bits: int, size: int) -> Array:
    """W (d_in, d_out) in groups; the rows below make up for each loss.

    Row after row: round the weights of one input; what that changes in X W is undone, as far as can be, by
    the rows that are not rounded yet. How much of it each of them takes stands in U, a factor of H⁻¹
    (a hundredth of H's mean diagonal is added to it, so that it can be inverted).
    Source: Frantar et al., "GPTQ" (2022).

    >>> W = np.array([[0.4], [1.4], [7.0]])
    >>> H = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.0], [0.0, 0.0, 1.0]])  # two inputs nearly say the same
    >>> round_to_nearest(W, 4, 3).ravel(), gptq(W, H, 4, 3).ravel()
    (array([0., 1., 7.], dtype=float32), array([0., 2., 7.]))
    """
    W, rounded = np.array(W, float), np.empty(W.shape)
    H = H + 0.01 * np.diag(H).mean() * np.eye(len(H))
    U = np.linalg.cholesky(np.linalg.inv(H)).T
    for start in range(0, len(W), BLOCK):
        end = min(start + BLOCK, len(W))
        errors = np.empty((end - start, W.shape[1]))
        for i in range(start, end):
            if i % size == 0:
                group = minmax(W[i : i + size], axis=1)
                ruler = with_float16_scale(symmetric(*group, signed(bits)))
            rounded[i] = ruler(W[i : i + 1])[0]
            errors[i - start] = (W[i] - rounded[i]) / U[i, i]
            W[i + 1 : end] -= np.outer(U[i, i + 1 : end], errors[i - start])
        W[end:] -= U[start:end, end:].T @ errors  # the rows below the block
    return rounded


def awq(W: Array, H: Array, sizes: Array, bits: int, size: int) -> Array:
    """W (d_in, d_out), stretched where inputs are large, then rounded.

    `sizes` (d_in,) is the mean of |x| of each input. A stretched row is rounded in finer steps than
    before, if it does not set the scale of its group. How strongly to stretch, sizes**a with a from 0 (not at
    all) to 1, is tried out: the least change of X W wins. The stretch is undone in the input, at one
    float16 more for each row.
    Source: Lin et al., "AWQ: activation-aware weight quantization" (2023).

    >>> W, inputs = np.array([[7.0], [0.4]]), np.array([0.01, 1.0])  # the second row meets much more
    >>> round_to_nearest(W, 4, 2).ravel(), awq(W, np.diag(inputs**2), inputs, 4, 2).ravel().round(1)
    (array([7., 0.], dtype=float32), array([7. , 0.4]))
    """
    best, least = W, np.inf
    for a in np.linspace(0, 1, 11):
        stretch = sizes**a
        stretch = (stretch / np.sqrt(stretch.max() * stretch.min()))[:, None]
        tried = round_to_nearest(W * stretch, bits, size) / stretch
        change = tried - W
        if (loss := np.sum(change * (H @ change))) < least:
            best, least = tried, loss
    return best
