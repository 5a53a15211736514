"""Optimizers: how the gradient becomes a step.

The parameters of a model are one flat vector, so a step is a few lines of vector arithmetic.
"""

from __future__ import annotations

from helpers.nn.containers import Sequential


class SGD:
    """Gradient descent: parameters ← parameters - lr · gradient.

    >>> import numpy as np
    >>> from helpers.nn.layers import Linear
    >>> model = Sequential(Linear(1, 1, rng=np.random.default_rng(0)))
    >>> model.layers[0].W = [[1.0]]
    >>> model.layers[0].dW = [[0.5]]
    >>> SGD(model, lr=0.1).step()
    >>> model.layers[0].W
    array([[0.95]])
    """

    def __init__(self, model: Sequential, lr: float):
        self.model, self.lr = model, lr

    def step(self) -> None:
        """Take one step along the gradients of the last `backward`."""
        self.model.flat -= self.lr * self.model.d_flat
