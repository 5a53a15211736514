"""Convolution and pooling as calls on kept arrays: pictures lie in memory as (channels, height, width, n).

With the samples last, a patch of a whole batch is copied in long runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import add, copyto, maximum, multiply, subtract

from helpers.nn.base import Array, aligned
from helpers.nn.convolution import Conv2d, MaxPool2d
from helpers.nn.fast.forward import PARTS, Forward, product


def padded(plan: Forward, layer: Any, X: Array, outside: float) -> tuple[Array, Array, list[Array]]:
    """Room for pictures like X with padding around them: all of it, the inside, and the patches."""
    (kh, kw), (sh, sw), (ph, pw) = layer.kernel_size, layer.stride, layer.padding
    *front, H, W, n = X.shape
    whole = aligned((*front, H + 2 * ph, W + 2 * pw, n), plan.dtype, fill=outside)
    oh, ow = (H + 2 * ph - kh) // sh + 1, (W + 2 * pw - kw) // sw + 1
    places = [(i, j) for i in range(kh) for j in range(kw)]
    patches = [whole[..., i : i + sh * oh : sh, j : j + sw * ow : sw, :] for i, j in places]
    return whole, whole[..., ph : ph + H, pw : pw + W, :], patches


def columns(plan: Forward, layer: Conv2d, places: tuple[int, ...]) -> tuple[Array, list[Array]]:
    """Room for the patches as columns (C·kh·kw, oh·ow·n), and the part of it for each entry of the window."""
    C, (kh, kw) = layer.in_channels, layer.kernel_size
    matrix = aligned((*plan.lead, C * kh * kw, int(np.prod(places))), plan.dtype)
    windows = matrix.reshape(*plan.lead, C, kh, kw, *places)
    return matrix, [windows[..., i, j, :, :, :] for i in range(kh) for j in range(kw)]


def conv2d(plan: Forward, layer: Conv2d, X: Array, first: bool) -> Array:
    """Each patch becomes a column; then it is one product."""
    _, inside, patches = padded(plan, layer, X, 0)
    places, F = patches[0].shape[-3:], layer.out_channels
    matrix, entries = columns(plan, layer, places)
    shape = (*plan.lead, F, matrix.shape[-2])
    W, dW = np.asarray(layer.W).reshape(shape), np.asarray(layer.dW).reshape(shape)
    out = aligned((*plan.lead, F, matrix.shape[-1]), plan.dtype)
    for place, source in ((inside, X), *zip(entries, patches, strict=True)):
        plan.call(copyto, place, source)
    plan.calls.append(product(W, matrix, out))
    plan.call(add, out, np.asarray(layer.b)[..., None], out)

    def back(d: Array, wanted: bool) -> Array | None:
        d = d.reshape(out.shape)
        plan.calls.append(product(d, matrix.mT, dW))
        plan.call(add.reduce, d, -1, None, np.asarray(layer.db))
        if not wanted:
            return None
        d_whole, d_inside, d_patches = padded(plan, layer, X, 0)
        d_matrix, d_entries = columns(plan, layer, places)
        plan.calls.append(product(W.mT, d, d_matrix))
        plan.call(d_whole.fill, 0)
        for d_entry, d_patch in zip(d_entries, d_patches, strict=True):
            plan.call(add, d_patch, d_entry, d_patch)  # a pixel is in many patches: their slopes add up
        return d_inside

    plan.backwards.append(back)
    return out.reshape(*plan.lead, F, *places)


def max_pool(plan: Forward, layer: MaxPool2d, X: Array, first: bool) -> Array:
    """The largest number in each window; its slope goes to the first that is as large."""
    _, inside, patches = padded(plan, layer, X, -np.inf)
    a = plan.like(patches[0])
    plan.call(copyto, inside, X)
    plan.call(copyto, a, patches[0])
    for patch in patches[1:]:
        plan.call(maximum, a, patch, out=a)

    def back(d: Array, wanted: bool) -> Array | None:
        if not wanted:
            return None
        d_whole, d_inside, d_patches = padded(plan, layer, X, 0)
        left, part, hit = plan.like(a), plan.like(a), np.zeros(a.shape, bool)
        plan.call(copyto, left, d)  # what has not found its maximum yet
        plan.call(d_whole.fill, 0)
        for patch, d_patch in zip(patches, d_patches, strict=True):
            plan.call(np.equal, patch, a, hit)
            plan.call(multiply, left, hit, part)
            plan.call(add, d_patch, part, d_patch)
            plan.call(subtract, left, part, left)
        return d_inside

    plan.backwards.append(back)
    return a


PARTS[Conv2d], PARTS[MaxPool2d] = conv2d, max_pool
