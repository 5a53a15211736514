"""Normalisation: keep the numbers between the layers in a range that is easy to learn from.

All of them compute x̂ = (x - mean) / √(variance + eps), then scale it and shift it by learnt numbers, and
differ in what they average over: a batch norm over the samples, a layer norm over the features.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from helpers.nn.base import Array, Layer, Parameter, Shape


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
    weight, bias, dweight, dbias = Parameter(), Parameter(), Parameter(), Parameter()

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, dtype: Any = np.float64):
        self.num_features, self.eps, self.momentum, self.dtype = num_features, eps, momentum, np.dtype(dtype)
        self.own(weight=(num_features,), bias=(num_features,))
        self.weight = 1
        self.running_mean = np.zeros(num_features, dtype)
        self.running_var = np.ones(num_features, dtype)

    def forward(self, X: Array) -> Array:
        if X.shape != self.shape:
            self.prepare(X)
        rows = self.rows(X)
        if self.training:
            mean, var = self.mean(rows), self.mean((rows - self.mean(rows)) ** 2)
            self.update(mean, var, rows.shape[-2])
        else:
            mean, var = self.running_mean, self.running_var
        self.std = np.sqrt(var + self.eps)
        self.x_hat = (rows - mean) / self.std
        return self.like(self.x_hat * self.weight + self.bias, X)

    def backward(self, d_out: Array) -> Array:
        d = self.rows(d_out)
        self.dbias[...] = d.sum(axis=-2, keepdims=bool(self.models))
        self.dweight[...] = (d * self.x_hat).sum(axis=-2, keepdims=bool(self.models))
        d_hat = d * self.weight
        if self.training:  # mean and variance depend on every sample: take out what went through them
            d_hat = d_hat - self.mean(d_hat) - self.x_hat * self.mean(d_hat * self.x_hat)
        return self.like(d_hat / self.std, d_out)

    def mean(self, rows: Array) -> Array:
        """The mean over the samples, in the shape of the parameters."""
        return rows.mean(axis=-2, keepdims=bool(self.models))

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
        if X.ndim - bool(self.models) == 2:
            return X
        lead = X.shape[: bool(self.models)]
        return np.moveaxis(X, (-3, -4), (len(lead), -1)).reshape(*lead, self.num_features, -1).mT

    def like(self, rows: Array, X: Array) -> Array:
        """Rows back in the shape of X."""
        if rows.ndim == X.ndim:
            return rows
        lead, (n, C, H, W) = X.shape[:-4], X.shape[-4:]
        return np.moveaxis(rows.mT.reshape(*lead, C, H, W, n), -1, len(lead))

    def output_shape(self, shape: Shape) -> Shape:
        axis = 2 if self.models else 1
        if len(shape) not in (axis + 1, axis + 3) or shape[axis] != self.num_features:
            raise ValueError(
                f"BatchNorm({self.num_features}) needs X (n, {self.num_features}) or "
                f"(n, {self.num_features}, height, width), got {shape}."
            )
        return shape

    def allocate(self, shape: Shape) -> dict[str, Any]:
        self.output_shape(shape)
        return {}


class LayerNorm(Layer):
    """Each sample gets mean 0 and variance 1 over its last axis, then a learnt scale and shift.

    X (n, …, features) → the same shape; `weight` and `bias` (features,). It does the same in training and in
    evaluation, and a batch of one is no trouble.
    Source: Ba, Kiros and Hinton, "Layer normalization" (2016).

    >>> LayerNorm(2).forward(np.array([[1.0, 3.0]])).round(3)
    array([[-1.,  1.]])
    """

    parameter_names: ClassVar[tuple[str, ...]] = ("weight", "bias")
    settings = ("eps",)
    weight, bias, dweight, dbias = Parameter(), Parameter(), Parameter(), Parameter()

    def __init__(self, num_features: int, eps: float = 1e-5, dtype: Any = np.float64):
        self.num_features, self.eps, self.dtype = num_features, eps, np.dtype(dtype)
        self.own(weight=(num_features,), bias=(num_features,))
        self.weight = 1

    def forward(self, X: Array) -> Array:
        self.output_shape(X.shape)
        centred = X - X.mean(axis=-1, keepdims=True)
        self.std = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + self.eps)
        self.x_hat = centred / self.std
        return self.x_hat * self.over(self.weight, X) + self.over(self.bias, X)

    def backward(self, d_out: Array) -> Array:
        self.dbias[...] = self.over_samples(d_out)
        self.dweight[...] = self.over_samples(d_out * self.x_hat)
        d_hat = d_out * self.over(self.weight, d_out)
        through_mean = d_hat.mean(axis=-1, keepdims=True)
        through_std = self.x_hat * (d_hat * self.x_hat).mean(axis=-1, keepdims=True)
        return (d_hat - through_mean - through_std) / self.std

    def over_samples(self, values: Array) -> Array:
        """The sum over all axes but the last (and, in a fleet, the first), in the shape of the parameters."""
        return values.sum(axis=tuple(range(bool(self.models), values.ndim - 1))).reshape(self.weight.shape)

    def over(self, parameter: Array, X: Array) -> Array:
        """A parameter in a shape that stretches over X: in a fleet (K, 1, …, features)."""
        return parameter.reshape(-1, *[1] * (X.ndim - 2), self.num_features) if self.models else parameter

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
        self.num_features, self.dtype = num_features, np.dtype(dtype)
        self.eps = float(np.finfo(dtype).eps) if eps is None else eps
        self.own(weight=(num_features,))
        self.weight = 1

    def forward(self, X: Array) -> Array:
        self.output_shape(X.shape)
        self.rms = np.sqrt((X**2).mean(axis=-1, keepdims=True) + self.eps)
        self.x_hat = X / self.rms
        return self.x_hat * self.over(self.weight, X)

    def backward(self, d_out: Array) -> Array:
        self.dweight[...] = self.over_samples(d_out * self.x_hat)
        d_hat = d_out * self.over(self.weight, d_out)
        return (d_hat - self.x_hat * (d_hat * self.x_hat).mean(axis=-1, keepdims=True)) / self.rms
