"""Losses: one number that says how wrong the predictions are, and the gradient that says which way.

`forward(predictions, y)` gives the number, `backward()` gives ∂L/∂predictions. `reduction` is PyTorch's:
"mean" over all entries, "sum", or "none" (one value for each). A fleet of K models gives K numbers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy import exp, log, maximum

from helpers.nn.base import Array, Stack, real_dtype


@lru_cache
def ones(size: int, dtype: np.dtype) -> Array:
    """Ones; the product with them is a sum, and twice as fast as `sum` for a small array."""
    return np.ones(size, dtype)


def rows(values: Array) -> Array:
    """The entries of each model of a fleet in a row, (K, N), in the order in which they lie in memory."""
    return np.asarray(values).transpose(0, *range(values.ndim - 1, 0, -1)).reshape(len(values), -1)


def inner(a: Array, b: Array) -> Any:
    """Σ a·b over all entries: a float, or (K,) for a fleet of K models."""
    if isinstance(a, Stack):
        row = rows(a)
        return np.vecdot(row, row if b is a else rows(b))
    row = a.T.ravel()  # in a model, samples lie last in memory, and nothing is copied
    return float(row.dot(row if b is a else b.T.ravel()))


def total(values: Array) -> Any:
    """Σ of all entries: a float, or (K,) for a fleet of K models."""
    if isinstance(values, Stack):
        row = rows(values)
        return np.vecdot(row, ones(row.shape[-1], row.dtype))
    return float(values.T.ravel().dot(ones(values.size, values.dtype)))


@lru_cache
def number(value: float, dtype: np.dtype) -> Array:
    """A number as an array of no dimension, which NumPy takes faster than a Python number."""
    return np.asarray(value, dtype)


def each(numbers: Any, like: Array) -> Any:
    """A number as it is; K numbers of a fleet in a shape that stretches over an array (K, …)."""
    return numbers if np.ndim(numbers) == 0 else numbers.reshape(-1, *[1] * (like.ndim - 1))


class Loss:
    """The contract of a loss: `forward(predictions, y)`, then `backward()`.

    Most losses are a value and a slope for each entry: a subclass says what they are in `values`, which
    sets `self.slope` and returns the values.
    """

    slope: Array  # ∂(value of an entry)/∂(its prediction), but for a constant factor
    factor = 1
    takes_labels = False  # y may be the numbers of classes
    checked = False  # `fit` has checked all data: a batch only when its shape is new
    shape: Any = None  # of the y that `count` and `share` are for
    count: Any
    share: Array  # factor / count

    def __init__(self, *, reduction: str = "mean"):
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f'reduction is "mean", "sum" or "none", got {reduction!r}.')
        self.reduction = reduction

    def values(self, predictions: Array, y: Array) -> Array:
        """The loss of each entry; sets `self.slope`, its derivative but for `factor`, to the same shape."""
        raise NotImplementedError

    def check(self, predictions: Array, y: Array) -> None:
        """Raise ValueError when predictions and y do not go together."""
        if predictions.shape != y.shape:
            raise ValueError(
                f"{type(self).__name__} needs equal shapes: predictions are {predictions.shape}, "
                f"y is {y.shape}. For one output, use y[:, None]."
            )

    def forward(self, predictions: Array, y: Array) -> Any:
        """The loss of a batch: a float (an array if reduction is "none")."""
        if not self.checked:
            self.shape, y = None, self.like(y, predictions)
        if y.shape != self.shape:
            self.check(predictions, y)
            self.measure(predictions, y)
        if self.reduction == "none":
            return self.values(predictions, y)
        return self.total(predictions, y) / self.count

    def like(self, y: Array, predictions: Array) -> Array:
        """y in the dtype of the predictions, so that the gradient is what the model computes with."""
        if predictions.dtype.kind != "f" or (self.takes_labels and y.dtype.kind in "iu"):
            return y
        return y.astype(predictions.dtype, copy=False)

    def measure(self, predictions: Array, y: Array) -> None:
        """What "mean" divides by, for a batch of this size; and what it makes of the slope."""
        self.shape = y.shape
        self.count = self.entries(y) if self.reduction == "mean" else 1
        self.share = each(np.asarray(self.factor / self.count, real_dtype(predictions)), predictions)

    def backward(self) -> Array:
        """∂L/∂predictions for the last `forward`, in the shape of the predictions."""
        return self.slope * self.share

    def total(self, predictions: Array, y: Array) -> Any:
        """The sum of the values."""
        return total(self.values(predictions, y))

    def entries(self, y: Array) -> Any:
        """What "mean" divides by: the number of values (of one model)."""
        return y.size // len(y) if isinstance(y, Stack) else y.size

    def __call__(self, predictions: Array, y: Array) -> Any:
        return self.forward(predictions, y)


class MSELoss(Loss):
    """Mean squared error: (prediction - y)².

    predictions and y have one shape. Raises ValueError when they do not.
    Source: Legendre, "Nouvelles méthodes pour la détermination des orbites des comètes" (1805).

    >>> loss = MSELoss()
    >>> loss.forward(np.array([[1.0], [2.0]]), np.array([[0.0], [2.0]]))
    0.5
    >>> loss.backward().ravel()
    array([1., 0.])
    """

    factor = 2  # the slope of error² is 2 error

    def values(self, predictions: Array, y: Array) -> Array:
        self.slope = predictions - y
        return self.slope * self.slope

    def total(self, predictions: Array, y: Array) -> Any:
        self.slope = predictions - y
        return inner(self.slope, self.slope)


class L1Loss(Loss):
    """Mean absolute error: |prediction - y|; slope ±1, and 0 where the prediction is exact.

    >>> L1Loss().forward(np.array([[1.0], [2.0]]), np.array([[0.0], [2.0]]))
    0.5
    """

    def values(self, predictions: Array, y: Array) -> Array:
        error = predictions - y
        self.slope = np.sign(error)
        return np.abs(error)


MAELoss = L1Loss


class RMSELoss(Loss):
    """Root mean squared error: √(mean (prediction - y)²), in the units of y. The gradient at 0 is taken as 0.

    >>> RMSELoss().forward(np.array([[3.0], [1.0]]), np.array([[0.0], [-2.0]]))
    3.0
    """

    def __init__(self) -> None:
        super().__init__(reduction="mean")

    def forward(self, predictions: Array, y: Array) -> Any:
        self.check(predictions, y)
        error = predictions - self.like(y, predictions)
        n = self.entries(y)
        rmse = np.sqrt(inner(error, error) / n)
        scale = np.divide(1, rmse * n, where=rmse > 0, out=np.zeros_like(rmse, error.dtype))
        self.slope = error * each(scale, error)
        return rmse if isinstance(error, Stack) else float(rmse)

    def backward(self) -> Array:
        return self.slope


class HuberLoss(Loss):
    """½ error² up to delta, from there on a straight line: an outlier pulls no harder than delta.

    Source: Huber, "Robust estimation of a location parameter" (1964).

    >>> HuberLoss(delta=1.0, reduction="none").forward(np.array([[0.5, 3.0]]), np.zeros((1, 2)))
    array([[0.125, 2.5  ]])
    """

    def __init__(self, *, delta: float = 1.0, reduction: str = "mean"):
        super().__init__(reduction=reduction)
        if not delta > 0:
            raise ValueError(f"delta must be above 0, got {delta}.")
        self.delta = delta

    def values(self, predictions: Array, y: Array) -> Array:
        error = predictions - y
        self.slope = np.clip(error, -self.delta, self.delta)
        return self.slope * (error - 0.5 * self.slope)  # ½ error², and delta (|error| - ½ delta) outside


class HingeLoss(Loss):
    """max(0, 1 - y·score) for y in {-1, 1}: no loss once the score is on the right side by 1.

    `squared=True` squares it. Raises ValueError for other labels.
    Source: Cortes and Vapnik, "Support-vector networks" (1995).

    >>> HingeLoss(reduction="none").forward(np.array([[0.5, 3.0, -1.0]]), np.array([[1, 1, 1]]))
    array([[0.5, 0. , 2. ]])
    """

    def __init__(self, *, squared: bool = False, reduction: str = "mean"):
        super().__init__(reduction=reduction)
        self.squared = squared

    def check(self, predictions: Array, y: Array) -> None:
        super().check(predictions, y)
        check_signs(self, y)

    def values(self, predictions: Array, y: Array) -> Array:
        short = np.maximum(1 - y * predictions, 0)
        self.slope = -y * (2 * short if self.squared else np.sign(short))
        return short * short if self.squared else short


class SquaredHingeLoss(HingeLoss):
    """max(0, 1 - y·score)² for y in {-1, 1}.

    >>> SquaredHingeLoss().forward(np.array([[-1.0]]), np.array([[1]]))
    4.0
    """

    def __init__(self, *, reduction: str = "mean"):
        super().__init__(squared=True, reduction=reduction)


class ExponentialLoss(Loss):
    """exp(-y·score) for y in {-1, 1}: what AdaBoost minimises. Raises ValueError for other labels.

    Source: Friedman, Hastie and Tibshirani, "Additive logistic regression" (2000).

    >>> ExponentialLoss().forward(np.array([[0.0]]), np.array([[1]]))
    1.0
    """

    def check(self, predictions: Array, y: Array) -> None:
        super().check(predictions, y)
        check_signs(self, y)

    def values(self, predictions: Array, y: Array) -> Array:
        values = np.exp(-y * predictions)
        self.slope = -y * values
        return values


def check_signs(loss: Loss, y: Array) -> None:
    """Raise ValueError unless every label is -1 or 1."""
    if not np.isin(y, (-1, 1)).all():
        raise ValueError(
            f"{type(loss).__name__} needs labels -1 and 1, got {np.unique(y)[:5]}. Use 2 * y - 1."
        )


class BCEWithLogitsLoss(Loss):
    """Sigmoid and binary cross-entropy in one: -log p of what is true, from logits.

    logits and y have one shape; y in 0..1. `pos_weight` makes a positive count that many times.
    The slope is sigmoid(z) - y: what the network believes minus what is true.
    Source: Bishop, "Pattern Recognition and Machine Learning" (2006), 4.3.2.

    >>> loss = BCEWithLogitsLoss()
    >>> loss.forward(np.array([[0.0, 1000.0]]), np.array([[1.0, 1.0]])).__round__(4)
    0.3466
    >>> loss.backward()
    array([[-0.25,  0.  ]])
    """

    def __init__(self, *, pos_weight: Any = None, reduction: str = "mean"):
        super().__init__(reduction=reduction)
        self.pos_weight = pos_weight

    def check(self, predictions: Array, y: Array) -> None:
        super().check(predictions, y)
        if y.size and not 0 <= y.min() <= y.max() <= 1:
            raise ValueError(f"BCEWithLogitsLoss needs y in 0..1, got {y.min()}..{y.max()}.")

    def values(self, predictions: Array, y: Array) -> Array:
        z = predictions
        softplus = np.abs(z)  # log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)), without overflow; in place
        np.negative(softplus, out=softplus)
        np.log1p(np.exp(softplus, out=softplus), out=softplus)
        softplus += np.maximum(z, number(0, z.dtype))
        p = np.exp(z - softplus)  # sigmoid(z)
        if self.pos_weight is None:
            self.slope = p - y
            return softplus - y * z
        weight = y * np.asarray(self.pos_weight, z.dtype)
        self.slope = (1 - y) * p - weight * (1 - p)
        return (1 - y) * softplus + weight * (softplus - z)


class CrossEntropyLoss(Loss):
    """Softmax and cross-entropy in one: -log p[true class], from logits.

    logits (n, C); y (n,) integers in 0..C-1, or (n, C) probabilities. `label_smoothing` ε moves ε of the
    target from the true class to all classes alike; `weight` (C,) makes classes count more, and "mean" then
    divides by the sum of the weights. The slope is p - target: what the network believes minus what is true.
    Raises ValueError for other shapes and labels.
    Source: Bishop (2006), 4.3.4; Szegedy et al., "Rethinking the Inception architecture" (2016).

    >>> loss = CrossEntropyLoss()
    >>> round(loss.forward(np.zeros((1, 2)), np.array([1])), 4)
    0.6931
    >>> loss.backward()
    array([[ 0.5, -0.5]])
    """

    takes_labels = True

    def __init__(self, *, weight: Any = None, label_smoothing: float = 0.0, reduction: str = "mean"):
        super().__init__(reduction=reduction)
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"label_smoothing must be in 0..1, got {label_smoothing}.")
        self.weight = None if weight is None else np.asarray(weight)
        self.label_smoothing = label_smoothing
        self.column = np.ones((0, 1))

    def check(self, predictions: Array, y: Array) -> None:
        if predictions.shape not in (y.shape, (*y.shape, *predictions.shape[-1:])):
            raise ValueError(
                f"CrossEntropyLoss needs logits (n, C) and y (n,), got {predictions.shape} and {y.shape}."
            )
        if self.weight is not None and self.weight.shape != predictions.shape[-1:]:
            raise ValueError(
                f"weight needs a number for each of {predictions.shape[-1]} classes, got {self.weight.shape}."
            )
        if predictions.shape == y.shape:
            if y.dtype.kind != "f":
                raise ValueError(
                    f"y (n, C) must hold probabilities, got {y.dtype}: y.astype(float), or y.argmax(axis=-1)."
                )
            return
        if y.dtype.kind not in "iu" or (y.size and not 0 <= y.min() <= y.max() < predictions.shape[-1]):
            raise ValueError(
                f"y must hold integers in 0..{predictions.shape[-1] - 1}, got {y.dtype} {np.unique(y)[:5]}."
            )

    def values(self, predictions: Array, y: Array) -> Array:
        z, log_sum, target = self.parts(predictions, y)
        return log_sum[..., 0] - (target * z).sum(axis=-1)  # -Σ target·log p

    def total(self, predictions: Array, y: Array) -> Any:
        z, log_sum, target = self.parts(predictions, y)
        return total(log_sum) - inner(target, z)

    def parts(self, predictions: Array, y: Array) -> tuple[Array, Array, Array]:
        """z and log Σ exp(z), whose difference is log p, and the target. Sets `slope`."""
        z = predictions - maximum.reduce(predictions, axis=-1, keepdims=True)
        e, target = exp(z), self.target(y, z)
        sum_e = e.dot(self.column)
        if self.weight is None and y.ndim < z.ndim:  # the target sums to 1
            self.slope = e / sum_e - target  # p - target
            return z, log(sum_e), target
        share = target.dot(self.column)
        self.slope = e * (share / sum_e) - target
        return z, share * log(sum_e), target

    def target(self, y: Array, z: Array) -> Array:
        """The probabilities (n, C) that the network should give, times the weights of the classes."""
        C = z.shape[-1]
        if len(self.column) != C or self.column.dtype != z.dtype:
            self.column = np.ones((C, 1), z.dtype)
            weight = np.ones(C) if self.weight is None else self.weight
            smooth = (1 - self.label_smoothing) * np.eye(C) + self.label_smoothing / C
            self.table = (smooth * weight).astype(z.dtype)  # a row for each class
            self.table_T = self.table.T.copy()
        if y.ndim == z.ndim:
            return y.dot(self.table)
        columns = self.table_T.take(y, axis=1)  # (C, n), so that the samples lie last in memory
        if isinstance(z, Stack):  # the same for each model: (K, C, n)
            return np.moveaxis(np.moveaxis(columns, 0, 1).copy(), 1, -1).view(Stack)
        return columns.T if z.ndim == 2 else np.moveaxis(columns, 0, -1)

    def entries(self, y: Array) -> Any:
        if y.dtype.kind == "f":
            return super().entries(y[..., 0])  # a row of probabilities is one value
        if self.weight is None:
            return super().entries(y)
        counted = self.weight[y]
        return counted.sum(axis=-1)

    def measure(self, predictions: Array, y: Array) -> None:
        super().measure(predictions, y)
        if self.weight is not None:
            self.shape = None  # not for the next y of this shape: its classes weigh something else
