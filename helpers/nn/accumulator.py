"""Gradient accumulation: several small batches that make one large step."""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.nn.base import Layer


class Accumulator:
    """The gradient of several batches together: that of one batch with all their samples.

    What "mean" has divided each gradient by, it is multiplied with again; the sum is divided by all of it.
    every: batches to a step. num_batches: those of an epoch; the last step may have fewer.
    reduction: that of the loss.
    """

    def __init__(self, model: Layer, every: int, num_batches: int, reduction: str = "mean"):
        self.model, self.every, self.left, self.mean = model, every, num_batches, reduction == "mean"
        self.total, self.weight, self.count = np.zeros_like(model.d_flat), np.zeros(1), 0

    def complete(self, weight: Any) -> bool:
        """Add the gradient of a batch, whose mean was over `weight` entries (in a fleet K numbers).

        True when it is time for a step; then the whole is in `model.d_flat`.
        """
        weight = np.reshape(weight, (-1, 1))  # (1, 1) or (K, 1)
        self.total += (weight * self.model.d_flat).reshape(self.total.shape)
        self.weight, self.count, self.left = self.weight + weight, self.count + 1, self.left - 1
        if self.count < self.every and self.left:
            return False
        self.model.d_flat = (self.total / (self.weight if self.mean else 1)).reshape(self.total.shape)
        self.total[...] = 0
        self.weight, self.count = np.zeros(1), 0
        return True
