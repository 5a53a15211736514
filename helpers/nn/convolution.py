"""Convolution and pooling: the same small detector at every place of a picture.

Pictures are X (n, channels, height, width), as in PyTorch. A convolution is a matrix product once every
patch of the picture is written into a column ("im2col"): out = [W; b]ᵀ [patches; 1]. In memory the samples
come last, so that a patch of a whole batch is copied in long runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.nn.base import Array, Layer, Parameter, Shape, aligned

TO_MEMORY = {4: (1, 2, 3, 0), 5: (0, 2, 3, 4, 1)}  # (K?, n, C, H, W) → (K?, C, H, W, n)
TO_PICTURES = {4: (3, 0, 1, 2), 5: (0, 4, 1, 2, 3)}  # and back


def pair(value: Any) -> tuple[int, int]:
    """3 → (3, 3); a pair stays as it is."""
    return (value, value) if isinstance(value, int | np.integer) else tuple(value)


class Window(Layer):
    """What convolution and pooling share: a window that slides over padded pictures."""

    settings = ("kernel_size", "stride", "padding")
    outside = 0.0  # what the padding is filled with
    padded: Array  # the pictures with their padding, (C, H, W, n)
    inside: Array  # the pictures in it, (n, C, H, W)
    patches: list[Array]  # for each entry of the window, what it sees: (C, out height, out width, n)

    def __init__(self, kernel_size: Any, stride: Any, padding: Any):
        self.kernel_size, self.stride, self.padding = pair(kernel_size), pair(stride), pair(padding)
        if min(self.kernel_size) < 1 or min(self.stride) < 1 or min(self.padding) < 0:
            raise ValueError(
                "kernel_size and stride must be at least 1, padding at least 0, got "
                f"{self.kernel_size}, {self.stride}, {self.padding}."
            )

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 4 + bool(self.models):
            raise ValueError(f"{type(self).__name__} needs X (n, channels, height, width), got {shape}.")
        windows = zip(shape[-2:], self.kernel_size, self.stride, self.padding, strict=True)
        height, width = ((size + 2 * p - k) // s + 1 for size, k, s, p in windows)
        if min(height, width) < 1:
            raise ValueError(f"A window of {self.kernel_size} does not fit into a picture of {shape[-2:]}.")
        return *shape[:-2], height, width

    def allocate(self, shape: Shape) -> dict[str, Any]:
        padded, inside, patches = self.pad(shape, self.outside)
        d_padded, d_inside, d_patches = self.pad(shape, 0)
        return {
            "padded": padded,
            "inside": inside,
            "patches": patches,
            "d_padded": d_padded,
            "dX": d_inside,
            "d_patches": d_patches,
        }

    def pad(self, shape: Shape, outside: float) -> tuple[Array, Array, list[Array]]:
        """Pictures of this shape with padding around them: all of it, the inside, the patches."""
        (kh, kw), (sh, sw), (ph, pw) = self.kernel_size, self.stride, self.padding
        H, W = shape[-2:]
        oh, ow = self.output_shape(shape)[-2:]
        pictures = self.new((*shape[:-2], H + 2 * ph, W + 2 * pw), outside)
        padded = pictures.transpose(TO_MEMORY[len(shape)])
        inside = pictures[..., ph : ph + H, pw : pw + W]
        places = [(i, j) for i in range(kh) for j in range(kw)]
        patches = [padded[..., i : i + sh * oh : sh, j : j + sw * ow : sw, :] for i, j in places]
        return padded, inside, patches

    def gathered(self) -> Array:
        """∂L/∂X, once every patch has added its part to `d_padded`."""
        return self.dX if self.keep else self.dX.copy(order="K")

    d_padded: Array
    d_patches: list[Array]


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
    W, b, dW, db = Parameter(), Parameter(), Parameter(), Parameter()
    columns: Array  # one column for each place of the window: its patch, and a 1
    entries: list[Array]  # the rows of `columns` for each entry of the window
    d_columns: Array
    d_entries: list[Array]
    out_2d: Array | None  # (out_channels, places)
    out_2d_shape: Shape
    out_shape: Shape  # (out_channels, out height, out width, n)

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
        self.in_channels, self.out_channels, self.dtype = in_channels, out_channels, np.dtype(dtype)
        self.own(W=(in_channels, *self.kernel_size, out_channels), b=(out_channels,))
        bound = 1 / np.sqrt(in_channels * self.kernel_size[0] * self.kernel_size[1])
        self.flat[:] = rng.uniform(-bound, bound, self.size)

    def forward(self, X: Array) -> Array:
        if X.shape != self.shape:
            self.prepare(X)
        self.inside[...] = X
        for entry, patch in zip(self.entries, self.patches, strict=True):
            entry[...] = patch
        out = self.Wb_T.dot(self.columns, out=self.out_2d)  # [W; b]ᵀ [patches; 1]
        return out.reshape(self.out_shape).transpose(TO_PICTURES[X.ndim])

    def backward(self, d_out: Array) -> Array:
        d = d_out.transpose(TO_MEMORY[d_out.ndim]).reshape(self.out_2d_shape)
        self.columns.dot(d.mT, out=self.dWb)
        if not self.needs_dX:
            return self.dX
        self.W_matrix.dot(d, out=self.d_columns)
        self.d_padded.fill(0)
        for d_entry, d_patch in zip(self.d_entries, self.d_patches, strict=True):
            d_patch += d_entry  # a pixel is in many patches: their gradients add up
        return self.gathered()

    def bind(self, flat: Array, d_flat: Array) -> None:
        super().bind(flat, d_flat)
        block = (*flat.shape[:-1], -1, self.out_channels)
        Wb, self.dWb = flat.reshape(block), d_flat.reshape(block)  # [W; b]
        self.Wb_T, self.W_matrix = self.factor(Wb.mT), self.factor(Wb[..., :-1, :])
        for name in ("W", "dW"):  # in the order of axes that PyTorch has
            self.views[name] = np.moveaxis(self.views[name], -1, -4)

    def output_shape(self, shape: Shape) -> Shape:
        out_shape = super().output_shape(shape)
        if shape[-3] != self.in_channels:
            raise ValueError(
                f"Conv2d has W {self.W.shape}: it needs {self.in_channels} channels, got X {shape}."
            )
        return *shape[:-3], self.out_channels, *out_shape[-2:]

    def allocate(self, shape: Shape) -> dict[str, Any]:
        *lead, n, F, oh, ow = self.output_shape(shape)
        arrays = super().allocate(shape)
        kernel, C = self.kernel_size, self.in_channels
        for d in ("", "d_") if self.needs_dX else ("",):
            columns = aligned((*lead, self.W_matrix.shape[-2] + (d == ""), oh * ow * n), self.dtype, fill=1)
            windows = columns[..., : self.W_matrix.shape[-2], :].reshape(*lead, C, *kernel, oh, ow, n)
            entries = [windows[..., i, j, :, :, :] for i in range(kernel[0]) for j in range(kernel[1])]
            arrays |= {d + "columns": self.factor(columns), d + "entries": entries}
        out_2d_shape = (*lead, F, oh * ow * n)
        out_2d = aligned(out_2d_shape, self.dtype) if self.keep else None
        return arrays | {
            "out_2d": out_2d,
            "out_2d_shape": out_2d_shape,
            "out_shape": (*lead, F, oh, ow, n),
        }


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
        if X.shape != self.shape:
            self.prepare(X)
        self.inside[...] = X
        self.a = self.patches[0].copy()
        for patch in self.patches[1:]:
            np.maximum(self.a, patch, out=self.a)
        return self.a.transpose(TO_PICTURES[X.ndim])

    def backward(self, d_out: Array) -> Array:
        left = d_out.transpose(TO_MEMORY[d_out.ndim])  # what has not found its maximum yet
        self.d_padded.fill(0)
        for patch, d_patch in zip(self.patches, self.d_patches, strict=True):
            part = left * (patch == self.a)
            d_patch += part
            left = left - part
        return self.gathered()


class AvgPool2d(Pool):
    """The mean of each window: X (n, C, height, width) → (n, C, out height, out width); padding counts as 0.

    Source: LeCun et al., "Gradient-based learning applied to document recognition" (1998).

    >>> AvgPool2d(2).forward(np.arange(16.0).reshape(1, 1, 4, 4))[0, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """

    def forward(self, X: Array) -> Array:
        if X.shape != self.shape:
            self.prepare(X)
        self.inside[...] = X
        total = self.patches[0].copy()
        for patch in self.patches[1:]:
            total += patch
        return (total / len(self.patches)).transpose(TO_PICTURES[X.ndim])

    def backward(self, d_out: Array) -> Array:
        share = d_out.transpose(TO_MEMORY[d_out.ndim]) / len(self.patches)
        self.d_padded.fill(0)
        for d_patch in self.d_patches:
            d_patch += share
        return self.gathered()
