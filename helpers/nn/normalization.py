"""Normalisation: keep the numbers between the layers in a range that is easy to learn from.

All of them compute x̂ = (x - mean) / √(variance + eps), then scale it and shift it by learnt numbers, and
differ in what they average over: a batch norm over the samples, a layer norm over the features.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.nn.base import Array, Layer, Shape
from helpers.nn.layers import real, whole_number
from helpers.nn.stack import each_shape, rows


class BatchNorm(Layer):
    """Each feature gets mean 0 and variance 1 over the batch, then a learnt scale and shift.

    X (n, features), or (n, channels, height, width) with one mean for a channel; `weight` and `bias`
    (features,). In evaluation the running mean and variance stand in for the batch's; as in PyTorch they move
    by `momentum` at each training step, and the running variance divides by n - 1.
    Raises ValueError for one value per feature in training: its variance says nothing.
    Source: Ioffe and Szegedy, "Batch normalization" (2015).

    >>> layer = BatchNorm(1)
    >>> layer.forward(np.array([[1.0], [3.0]])).round(3).ravel()
    array([-1.,  1.])
    >>> layer.running_mean
    array([0.2])
    """

    parameter_names = ("weight", "bias")
    settings = ("eps", "momentum")
    state_names = ("running_mean", "running_var")
    weight: Any
    bias: Any

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, dtype: Any = np.float64):
        whole_number("BatchNorm", num_features=num_features)
        if not eps >= 0 or not 0 <= (-1 if momentum is None else momentum) <= 1:
            raise ValueError(f"BatchNorm needs eps ≥ 0 and momentum in 0..1, got {eps} and {momentum}.")
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.weight, self.bias = np.ones(num_features, real(dtype)), np.zeros(num_features, dtype)
        self.running_mean, self.running_var = np.zeros(num_features, dtype), np.ones(num_features, dtype)

    def forward(self, X: Array) -> Array:
        self.check(X)
        values = self.rows(X)
        self.by_batch = self.training and not self.frozen
        if self.by_batch:
            mean, var = values.mean(axis=0), ((values - values.mean(axis=0)) ** 2).mean(axis=0)
            self.update(mean, var, values.shape[-2])
        else:
            mean, var = self.running_mean, self.running_var
        self.std = np.sqrt(var + self.eps)
        self.x_hat = (values - mean) / self.std
        return self.like(self.x_hat * self.weight + self.bias, X)

    def backward(self, d_out: Array) -> Array:
        d = self.rows(d_out)
        self.dbias = d.sum(axis=0)
        self.dweight = (d * self.x_hat).sum(axis=0)
        d_hat = d * self.weight
        if self.by_batch:  # mean and variance depend on every sample: take out what went through them
            d_hat = d_hat - d_hat.mean(axis=0) - self.x_hat * (d_hat * self.x_hat).mean(axis=0)
        return self.like(d_hat / self.std, d_out)

    def update(self, mean: Array, var: Array, n: int) -> None:
        """Move the running statistics towards those of a batch of n rows."""
        if n < 2:
            raise ValueError(
                "BatchNorm needs more than one value per feature in training: use a larger batch."
            )
        self.running_mean += self.momentum * (mean - self.running_mean)
        self.running_var += self.momentum * (var * (n / (n - 1)) - self.running_var)

    def rows(self, X: Array) -> Array:
        """X (n, C, H, W) as rows (H·W·n, C): every place of a picture is a sample of its channel."""
        if len(each_shape(X)) == 2:
            return X
        return rows(np.moveaxis(X, -3, -1))

    def like(self, values: Array, X: Array) -> Array:
        """Rows back in the shape of X."""
        if values.ndim == X.ndim:
            return values
        *lead, C, H, W = X.shape
        return np.moveaxis(values.reshape(*lead, H, W, C), -1, -3)

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) not in (2, 4) or shape[1] != self.num_features:
            raise ValueError(
                f"BatchNorm({self.num_features}) needs X (n, {self.num_features}) or "
                f"(n, {self.num_features}, height, width), got {shape}."
            )
        return shape


class LayerNorm(Layer):
    """Each sample gets mean 0 and variance 1 over its last axis, then a learnt scale and shift.

    X (n, …, features) → the same shape; `weight` and `bias` (features,). It does the same in training and in
    evaluation, and a batch of one is no trouble.
    Source: Ba, Kiros and Hinton, "Layer normalization" (2016).

    >>> LayerNorm(2).forward(np.array([[1.0, 3.0]])).round(3)
    array([[-1.,  1.]])
    """

    parameter_names: tuple[str, ...] = ("weight", "bias")
    settings = ("eps",)
    weight: Any
    bias: Any

    def __init__(self, num_features: int, eps: float = 1e-5, dtype: Any = np.float64):
        whole_number(type(self).__name__, num_features=num_features)
        if not eps >= 0:
            raise ValueError(f"{type(self).__name__} needs eps ≥ 0, got {eps}.")
        self.num_features, self.eps = num_features, eps
        self.weight, self.bias = np.ones(num_features, real(dtype)), np.zeros(num_features, dtype)

    def forward(self, X: Array) -> Array:
        self.check(X)
        centred = X - X.mean(axis=-1, keepdims=True)
        self.std = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + self.eps)
        self.x_hat = centred / self.std
        return self.x_hat * self.weight + self.bias

    def backward(self, d_out: Array) -> Array:
        self.dbias = rows(d_out).sum(axis=0)
        self.dweight = rows(d_out * self.x_hat).sum(axis=0)
        d_hat = d_out * self.weight
        through_mean = d_hat.mean(axis=-1, keepdims=True)
        through_std = self.x_hat * (d_hat * self.x_hat).mean(axis=-1, keepdims=True)
        return (d_hat - through_mean - through_std) / self.std

    def output_shape(self, shape: Shape) -> Shape:
        if shape[-1] != self.num_features:
            name = type(self).__name__
            raise ValueError(f"{name}({self.num_features}) needs X (n, …, {self.num_features}), got {shape}.")
        return shape


class RMSNorm(LayerNorm):
    """Divide each sample by the root of its mean square; a learnt scale, no shift.

    A layer norm without the subtraction. eps is added inside the root; None is the machine's epsilon.
    Source: Zhang and Sennrich, "Root mean square layer normalization" (2019).

    >>> RMSNorm(2).forward(np.array([[3.0, 4.0]])).round(3)
    array([[0.849, 1.131]])
    """

    parameter_names = ("weight",)

    def __init__(self, num_features: int, eps: float | None = None, dtype: Any = np.float64):
        super().__init__(num_features, float(np.finfo(dtype).eps) if eps is None else eps, dtype)

    def forward(self, X: Array) -> Array:
        self.check(X)
        self.rms = np.sqrt((X**2).mean(axis=-1, keepdims=True) + self.eps)
        self.x_hat = X / self.rms
        return self.x_hat * self.weight

    def backward(self, d_out: Array) -> Array:
        self.dweight = rows(d_out * self.x_hat).sum(axis=0)
        d_hat = d_out * self.weight
        return (d_hat - self.x_hat * (d_hat * self.x_hat).mean(axis=-1, keepdims=True)) / self.rms
