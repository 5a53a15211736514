"""Losses: one number that says how wrong the predictions are, and the gradient that says which way.

`forward(predictions, y)` gives the number, `backward()` gives ∂L/∂predictions.
"""

from __future__ import annotations

import numpy as np

from helpers.nn.base import Array


class Loss:
    """The contract of a loss: `forward(predictions, y) → float`, then `backward() → ∂L/∂predictions`."""

    def forward(self, predictions: Array, y: Array) -> float:
        """The loss of a batch."""
        raise NotImplementedError

    def backward(self) -> Array:
        """∂L/∂predictions, the shape of the predictions of the last `forward`."""
        raise NotImplementedError

    def __call__(self, predictions: Array, y: Array) -> float:
        return self.forward(predictions, y)


class MSELoss(Loss):
    """Mean squared error: the mean of (prediction - y)² over all entries.

    predictions and y have the same shape. Raises ValueError when they do not.

    >>> loss = MSELoss()
    >>> loss.forward(np.array([[1.0], [2.0]]), np.array([[0.0], [2.0]]))
    0.5
    >>> loss.backward().ravel()
    array([1., 0.])
    """

    def forward(self, predictions: Array, y: Array) -> float:
        if predictions.shape != y.shape:
            raise ValueError(
                f"MSELoss needs equal shapes: predictions are {predictions.shape}, y is {y.shape}."
            )
        self.error = predictions - y
        flat = self.error.ravel()
        return float(flat.dot(flat)) / flat.size

    def backward(self) -> Array:
        return self.error * (2 / self.error.size)


class CrossEntropyLoss(Loss):
    """Softmax and cross-entropy in one: the mean of -log p[true class], from logits.

    logits (n, C), y (n,) integers in 0..C-1. The gradient is (p - onehot(y)) / n: what the network
    believes minus what is true. Raises ValueError for other shapes and labels.
    Source: Bishop, "Pattern Recognition and Machine Learning" (2006), 4.3.4.

    >>> loss = CrossEntropyLoss()
    >>> round(loss.forward(np.zeros((1, 2)), np.array([1])), 4)
    0.6931
    >>> loss.backward()
    array([[ 0.5, -0.5]])
    """

    def forward(self, logits: Array, y: Array) -> float:
        if logits.ndim != 2 or y.shape != logits.shape[:1]:
            raise ValueError(
                f"CrossEntropyLoss needs logits (n, C) and y (n,), got {logits.shape} and {y.shape}."
            )
        if y.dtype.kind not in "iu" or (y.size and not 0 <= y.min() <= y.max() < logits.shape[1]):
            raise ValueError(
                f"y must hold integers in 0..{logits.shape[1] - 1}, got {y.dtype} {np.unique(y)}."
            )
        self.rows, self.y = np.arange(len(y)), y
        shifted = logits - logits.max(axis=1, keepdims=True)
        p = np.exp(shifted)
        total = p.sum(axis=1, keepdims=True)
        self.p = p / total
        log_p = shifted[self.rows, y] - np.log(total[:, 0])
        return float(-log_p.mean())

    def backward(self) -> Array:
        d_logits = self.p.copy()
        d_logits[self.rows, self.y] -= 1
        return d_logits / len(self.y)
