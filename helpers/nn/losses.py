"""Losses: one number that says how wrong the predictions are, and the gradient that says which way.

`forward(predictions, y)` gives the number, `backward()` gives ∂L/∂predictions. `reduction` is PyTorch's:
"mean" over all entries, "sum", or "none" (one value for each). A fleet of K models gives K numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.nn.activations import log_sigmoid, log_softmax, sigmoid
from helpers.nn.base import Array, needs_array, nothing_kept
from helpers.nn.stack import Stack, each_shape


class Loss:
    """The contract of a loss: `forward(predictions, y)`, then `backward()`.

    A subclass says what the value of each entry is, in `values`, and its slope, in `slopes`. What is the
    same for all losses is here: the mean or the sum, and weights for the samples.
    """

    takes_labels = False  # y may be the numbers of classes

    def __init__(self, *, reduction: str = "mean"):
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f'reduction is "mean", "sum" or "none", got {reduction!r}.')
        self.reduction = reduction

    def values(self, predictions: Array, y: Array) -> Array:
        """The loss of each entry."""
        raise NotImplementedError

    def slopes(self) -> Array:
        """∂(value of an entry)/∂(its prediction), for the last `values`."""
        raise NotImplementedError

    def check(self, predictions: Array, y: Array) -> None:
        """Raise ValueError when predictions and y do not go together."""
        if each_shape(predictions) != each_shape(y):
            raise ValueError(
                f"{type(self).__name__} needs equal shapes: predictions are {predictions.shape}, "
                f"y is {y.shape}. For one output, use y[:, None]."
            )

    def forward(self, predictions: Array, y: Array, sample_weight: Array | None = None) -> Any:
        """The loss of a batch: a float (an array if reduction is "none").

        `sample_weight` (n,) makes rows count more; "mean" then divides by the sum of the weights.
        Raises ValueError for shapes that do not go together, and for no rows (with any reduction: of nothing
        there is nothing to learn); TypeError for lists.
        """
        needs_array(self, predictions, "predictions")
        needs_array(self, y, "y")
        y = self.like(y, predictions)
        self.check(predictions, y)
        if y.size == 0:
            raise ValueError(f"{type(self).__name__} has no rows: y is {y.shape}. Leave out an empty batch.")
        values = self.values(predictions, y)
        self.weights = 1 if sample_weight is None else spread(sample_weight, values)
        self.count: Any = 1
        if self.reduction == "none":
            return self.weights * values
        if self.reduction == "mean":
            self.count = self.weights_total(values, y)
        return one_number((self.weights * values).sum() / self.count)

    def backward(self) -> Array:
        """∂L/∂predictions for the last `forward`, in the shape of the predictions."""
        slopes = self.slopes()
        weights = spread(self.weights, slopes)
        return (weights * slopes / self.count).astype(slopes.dtype, copy=False)

    def weights_total(self, values: Array, y: Array) -> Any:
        """What "mean" divides by: the number of values, each as often as it counts."""
        counted = self.importance(y) * self.weights * np.ones_like(values)
        total = counted.sum()
        if not np.all(np.asarray(total)):
            raise ValueError(
                f"{type(self).__name__} has no entry to take the mean of: nothing in y {y.shape} counts."
            )
        return total if isinstance(total, Stack) else float(total)

    def importance(self, y: Array) -> Any:
        """How often an entry counts in the mean."""
        return 1

    def like(self, y: Array, predictions: Array) -> Array:
        """y in the dtype of the predictions, so that the gradient is what the model computes with."""
        if predictions.dtype.kind != "f" or (self.takes_labels and y.dtype.kind in "iu"):
            return y
        return y.astype(predictions.dtype, copy=False)

    def __call__(self, predictions: Array, y: Array) -> Any:
        return self.forward(predictions, y)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(nothing_kept(self, name))


def one_number(value: Any) -> Any:
    """A float, or for a fleet the ordinary array (K,)."""
    return np.asarray(value) if np.ndim(value) else float(value)


def spread(weights: Any, values: Array) -> Any:
    """Weights (n,) in a shape that stretches over values (n, …)."""
    if np.ndim(weights) == 0:
        return weights
    return weights.reshape(weights.shape + (1,) * (values.ndim - weights.ndim))


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

    def values(self, predictions: Array, y: Array) -> Array:
        self.error = predictions - y
        return self.error**2

    def slopes(self) -> Array:
        return 2 * self.error


class L1Loss(Loss):
    """Mean absolute error: |prediction - y|; slope ±1, and 0 where the prediction is exact.

    >>> L1Loss().forward(np.array([[1.0], [2.0]]), np.array([[0.0], [2.0]]))
    0.5
    """

    def values(self, predictions: Array, y: Array) -> Array:
        self.error = predictions - y
        return np.abs(self.error)

    def slopes(self) -> Array:
        return np.sign(self.error)


MAELoss = L1Loss


class RMSELoss(MSELoss):
    """Root mean squared error: √(mean (prediction - y)²), in the units of y. The gradient at 0 is taken as 0.

    >>> RMSELoss().forward(np.array([[3.0], [1.0]]), np.array([[0.0], [-2.0]]))
    3.0
    """

    def __init__(self) -> None:
        super().__init__(reduction="mean")

    def forward(self, predictions: Array, y: Array, sample_weight: Array | None = None) -> Any:
        mse = super().forward(predictions, y, sample_weight)
        self.rmse = np.sqrt(mse)
        return one_number(self.rmse)

    def backward(self) -> Array:
        # ∂√m = ∂m / 2√m
        halved = np.divide(0.5, self.rmse, where=self.rmse > 0, out=np.zeros_like(self.rmse))
        gradient = super().backward()
        return gradient * spread(halved, gradient).astype(gradient.dtype)


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
        self.error = predictions - y
        size = np.abs(self.error)
        return np.where(size <= self.delta, 0.5 * self.error**2, self.delta * (size - 0.5 * self.delta))

    def slopes(self) -> Array:
        return np.clip(self.error, -self.delta, self.delta)


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
        self.y, self.short = y, np.maximum(1 - y * predictions, 0)
        return self.short**2 if self.squared else self.short

    def slopes(self) -> Array:
        return -self.y * (2 * self.short if self.squared else np.sign(self.short))


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
        self.y, self.value = y, np.exp(-y * predictions)
        return self.value

    def slopes(self) -> Array:
        return -self.y * self.value


def check_signs(loss: Loss, y: Array) -> None:
    """Raise ValueError unless every label is -1 or 1."""
    if not np.isin(np.asarray(y), (-1, 1)).all():
        raise ValueError(
            f"{type(loss).__name__} needs labels -1 and 1, got {np.unique(y)[:5]}. Use 2 * y - 1."
        )


def times(share: Array, log_p: Array) -> Array:
    """share · log p, where a share of 0 makes 0 also of a log p of -∞."""
    return share * np.where(share == 0, 0, log_p)


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
        self.pos_weight = None if pos_weight is None else np.asarray(pos_weight)

    def check(self, predictions: Array, y: Array) -> None:
        super().check(predictions, y)
        seen = np.asarray(y)
        if seen.size and not 0 <= seen.min() <= seen.max() <= 1:
            raise ValueError(f"BCEWithLogitsLoss needs y in 0..1, got {seen.min()}..{seen.max()}.")
        shape = () if self.pos_weight is None else self.pos_weight.shape
        if shape != predictions.shape[predictions.ndim - len(shape) :]:
            raise ValueError(
                f"pos_weight {shape} does not fit logits {predictions.shape}: one for each output."
            )

    def values(self, predictions: Array, y: Array) -> Array:
        weight = 1 if self.pos_weight is None else self.pos_weight.astype(predictions.dtype)
        self.p, self.yes, self.no = sigmoid(predictions), weight * y, 1 - y
        return -times(self.yes, log_sigmoid(predictions)) - times(self.no, log_sigmoid(-predictions))

    def slopes(self) -> Array:
        return self.no * self.p - self.yes * (1 - self.p)


class CrossEntropyLoss(Loss):
    """Softmax and cross-entropy in one: -log p[true class], from logits.

    logits (n, …, C); y (n, …) integers in 0..C-1, or (n, …, C) probabilities. `label_smoothing` ε moves ε of
    the target from the true class to all classes alike; `weight` (C,) makes classes count more, and "mean"
    then divides by the sum of the weights; rows whose y is `ignore_index` count nothing; `temperature` T
    divides the logits. The slope is (p - target) / T: what the network believes minus what is true.
    Raises ValueError for other shapes and labels.
    Source: Bishop (2006), 4.3.4; Szegedy et al., "Rethinking the Inception architecture" (2016).

    >>> loss = CrossEntropyLoss()
    >>> round(loss.forward(np.zeros((1, 2)), np.array([1])), 4)
    0.6931
    >>> loss.backward()
    array([[ 0.5, -0.5]])
    """

    takes_labels = True

    def __init__(
        self,
        *,
        weight: Any = None,
        label_smoothing: float = 0.0,
        ignore_index: int | None = None,
        temperature: float = 1.0,
        reduction: str = "mean",
    ):
        super().__init__(reduction=reduction)
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"label_smoothing must be in 0..1, got {label_smoothing}.")
        if not temperature > 0:
            raise ValueError(f"temperature must be above 0, got {temperature}.")
        self.weight = None if weight is None else np.asarray(weight)
        self.label_smoothing, self.ignore_index, self.temperature = label_smoothing, ignore_index, temperature

    def check(self, predictions: Array, y: Array) -> None:
        logits, labels = each_shape(predictions), each_shape(y)
        if logits not in (labels, (*labels, *logits[-1:])):
            raise ValueError(
                f"CrossEntropyLoss needs logits (n, C) and y (n,), got {predictions.shape} and {y.shape}."
            )
        if self.weight is not None and self.weight.shape != logits[-1:]:
            raise ValueError(
                f"weight needs a number for each of {logits[-1]} classes, got {self.weight.shape}."
            )
        if logits == labels:
            if y.dtype.kind != "f":
                raise ValueError(
                    f"y (n, C) must hold probabilities, got {y.dtype}: y.astype(float), or y.argmax(axis=-1)."
                )
            return
        seen = np.asarray(y)
        seen = seen[seen != self.ignore_index] if self.ignore_index is not None else seen
        if y.dtype.kind not in "iu" or (seen.size and not 0 <= seen.min() <= seen.max() < logits[-1]):
            raise ValueError(
                f"y must hold integers in 0..{logits[-1] - 1}, got {y.dtype} {np.unique(seen)[:5]}."
            )

    def values(self, predictions: Array, y: Array) -> Array:
        self.log_p = log_softmax(predictions / self.temperature)
        self.target = self.shares(y, self.log_p)
        return -times(self.target, self.log_p).sum(axis=-1)

    def slopes(self) -> Array:
        share = self.target.sum(axis=-1, keepdims=True)  # 1, but for weights and rows that are ignored
        return (np.exp(self.log_p) * share - self.target) / self.temperature

    def shares(self, y: Array, log_p: Array) -> Array:
        """The probabilities (n, …, C) that the network should give, times the weights of the classes."""
        C = log_p.shape[-1]
        weight = np.ones(C) if self.weight is None else self.weight
        smooth = ((1 - self.label_smoothing) * np.eye(C) + self.label_smoothing / C) * weight
        if y.ndim == log_p.ndim:
            return y @ smooth.astype(log_p.dtype)
        target = smooth.astype(log_p.dtype)[self.known(y)]  # a row for each class
        if self.ignore_index is not None:
            target[y == self.ignore_index] = 0
        return target.view(type(log_p))

    def known(self, y: Array) -> Array:
        """y as numbers of classes, 0 for what is ignored."""
        return np.where(y == self.ignore_index, 0, y) if self.ignore_index is not None else y

    def importance(self, y: Array) -> Any:
        """The weight of the true class; a row of probabilities counts once."""
        if y.dtype.kind == "f":
            return 1
        weight = 1 if self.weight is None else self.weight[self.known(y)].view(type(y))
        return weight * (y != self.ignore_index) if self.ignore_index is not None else weight
