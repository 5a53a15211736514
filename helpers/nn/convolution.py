"""Convolution and pooling: the same small detector at every place of a picture.

Pictures are X (n, channels, height, width), as in PyTorch. A convolution is a matrix product once every
patch of the picture is written into a row ("im2col"): out = patches Wᵀ + b. Backwards, every patch hands its
slopes back to the pixels that it saw.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.nn.base import Array, Layer, Shape, real_dtype
from helpers.nn.layers import is_whole, uniform, whole_number
from helpers.nn.stack import Stack


def pair(value: Any) -> tuple[int, int]:
    """3 → (3, 3); a pair stays as it is. Raises ValueError for anything else."""
    sizes = (value, value) if is_whole(value) else value
    if not (isinstance(sizes, tuple | list) and len(sizes) == 2 and all(map(is_whole, sizes))):
        raise ValueError(f"A size is a whole number or a pair of them, got {value!r}.")
    return tuple(sizes)


class Window(Layer):
    """What convolution and pooling share: a window that slides over padded pictures."""

    settings = ("kernel_size", "stride", "padding")
    outside = 0.0  # what the padding is filled with

    def __init__(self, kernel_size: Any, stride: Any, padding: Any):
        self.kernel_size, self.stride, self.padding = pair(kernel_size), pair(stride), pair(padding)
        if min(self.kernel_size) < 1 or min(self.stride) < 1 or min(self.padding) < 0:
            raise ValueError(
                "kernel_size and stride must be at least 1, padding at least 0, got "
                f"{self.kernel_size}, {self.stride}, {self.padding}."
            )

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 4:
            raise ValueError(f"{type(self).__name__} needs X (n, channels, height, width), got {shape}.")
        windows = zip(shape[-2:], self.kernel_size, self.stride, self.padding, strict=True)
        height, width = ((size + 2 * p - k) // s + 1 for size, k, s, p in windows)
        if min(height, width) < 1:
            raise ValueError(f"A window of {self.kernel_size} does not fit into a picture of {shape[-2:]}.")
        return *shape[:-2], height, width

    def patches(self, X: Array) -> list[Array]:
        """What each entry of the window sees as it slides over X: kh·kw arrays (n, C, out height, out width).

        They are views into a padded copy of X, `self.padded`.
        """
        self.check(X)
        (ph, pw), (*lead, H, W) = self.padding, X.shape
        self.padded = np.full((*lead, H + 2 * ph, W + 2 * pw), self.outside, real_dtype(X))
        self.padded[..., ph : ph + H, pw : pw + W] = X
        if isinstance(X, Stack):
            self.padded = self.padded.view(Stack)
        return self.views_into(self.padded)

    def views_into(self, padded: Array) -> list[Array]:
        """For each entry (i, j) of the window, the pixels of padded pictures that it meets."""
        (kh, kw), (sh, sw) = self.kernel_size, self.stride
        *_, H, W = padded.shape
        oh, ow = (H - kh) // sh + 1, (W - kw) // sw + 1
        places = [(i, j) for i in range(kh) for j in range(kw)]
        return [padded[..., i : i + sh * oh : sh, j : j + sw * ow : sw] for i, j in places]

    def scattered(self, parts: list[Array]) -> Array:
        """∂L/∂X from the slopes of each entry of the window: a pixel is in many patches, and they add up."""
        d_padded = np.zeros_like(self.padded)
        for view, part in zip(self.views_into(d_padded), parts, strict=True):
            view += part
        (ph, pw), (*_, H, W) = self.padding, d_padded.shape
        return d_padded[..., ph : H - ph, pw : W - pw]


class Conv2d(Window):
    """out[f] = b[f] + Σ over the window and the channels of W[f]·X.

    X (n, in_channels, height, width) → out (n, out_channels, out height, out width), where
    out height = ⌊(height + 2 padding - kernel) / stride⌋ + 1; W (out_channels, in_channels, kernel, kernel),
    b (out_channels,). W and b start uniform within ±1/√(in_channels · kernel²), as in PyTorch.
    Raises ValueError for other shapes.
    Sources: LeCun et al. (1998); Chellapilla et al., "High performance convolutional neural networks" (2006).

    >>> layer = Conv2d(1, 4, 3, padding=1, rng=np.random.default_rng(0))
    >>> layer.forward(np.zeros((2, 1, 8, 8))).shape
    (2, 4, 8, 8)
    """

    parameter_names = ("W", "b")
    W: Any
    b: Any

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        *,
        stride: Any = 1,
        padding: Any = 0,
        rng: np.random.Generator,
        dtype: Any = np.float64,
    ):
        super().__init__(kernel_size, stride, padding)
        whole_number("Conv2d", in_channels=in_channels, out_channels=out_channels)
        self.in_channels, self.out_channels = in_channels, out_channels
        kh, kw = self.kernel_size
        bound = 1 / np.sqrt(in_channels * kh * kw)
        self.W = uniform(rng, bound, (out_channels, in_channels, kh, kw), dtype)
        self.b = uniform(rng, bound, (out_channels,), dtype)

    def forward(self, X: Array) -> Array:
        # (n, C, oh, ow) for each of the kh·kw entries → rows (n·oh·ow, C·kh·kw)
        patches = np.moveaxis(np.stack(self.patches(X), axis=-1), -4, -2)
        self.columns = patches.reshape(*patches.shape[:-5], -1, self.matrix(self.W).shape[-1])
        out = self.columns @ self.matrix(self.W).T + self.b
        return np.moveaxis(out.reshape(*patches.shape[:-2], self.out_channels), -1, -3)

    def backward(self, d_out: Array) -> Array:
        places = np.moveaxis(d_out, -3, -1)
        d = places.reshape(*places.shape[:-4], -1, self.out_channels)
        self.dW = (d.mT @ self.columns).reshape(self.W.shape)
        self.db = d.sum(axis=0)
        d_patches = (d @ self.matrix(self.W)).reshape(*places.shape[:-1], self.in_channels, -1)
        d_patches = np.moveaxis(d_patches, -2, -4)
        return self.scattered([d_patches[..., k] for k in range(d_patches.shape[-1])])

    def matrix(self, W: Array) -> Array:
        """W as a matrix (out_channels, in_channels · kh · kw)."""
        return W.reshape(*W.shape[:-3], -1)

    def output_shape(self, shape: Shape) -> Shape:
        out_shape = super().output_shape(shape)
        if shape[-3] != self.in_channels:
            raise ValueError(
                f"Conv2d has W {self.W.shape}: it needs {self.in_channels} channels, got X {shape}."
            )
        return shape[0], self.out_channels, *out_shape[-2:]


class Pool(Window):
    """One number for each window and channel; the windows do not overlap unless `stride` says so."""

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0):
        super().__init__(kernel_size, kernel_size if stride is None else stride, padding)
        if any(2 * p > k for p, k in zip(self.padding, self.kernel_size, strict=True)):
            raise ValueError(
                f"padding may be at most half of kernel_size {self.kernel_size}, got {self.padding}: "
                "a window would see no pixel at all."
            )


class MaxPool2d(Pool):
    """The largest number in each window: X (n, C, height, width) → (n, C, out height, out width).

    `stride` is the size of the window unless you say otherwise. The gradient goes to the largest entry; among
    equals, to the first, row by row.
    Source: Ranzato et al., "Unsupervised learning of invariant feature hierarchies" (2007).

    >>> MaxPool2d(2).forward(np.arange(16.0).reshape(1, 1, 4, 4))[0, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """

    outside = -np.inf

    def forward(self, X: Array) -> Array:
        self.seen = self.patches(X)
        self.a = self.seen[0]
        for patch in self.seen[1:]:
            self.a = np.maximum(self.a, patch)
        return self.a.copy()

    def backward(self, d_out: Array) -> Array:
        left, parts = d_out, []  # what has not found its maximum yet
        for patch in self.seen:
            parts.append(left * (patch == self.a))
            left = left - parts[-1]
        return self.scattered(parts)


class AvgPool2d(Pool):
    """The mean of each window: X (n, C, height, width) → (n, C, out height, out width); padding counts as 0.

    Source: LeCun et al., "Gradient-based learning applied to document recognition" (1998).

    >>> AvgPool2d(2).forward(np.arange(16.0).reshape(1, 1, 4, 4))[0, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """

    def forward(self, X: Array) -> Array:
        patches = self.patches(X)
        return sum(patches[1:], patches[0]) / len(patches)

    def backward(self, d_out: Array) -> Array:
        size = self.kernel_size[0] * self.kernel_size[1]
        return self.scattered([d_out / size] * size)
