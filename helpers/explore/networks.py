"""The network of several explorers: linear layers with ReLU between them, from He's start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from helpers.nn import Linear, ReLU, Sequential
from helpers.nn.base import Layer
from helpers.nn.initializers import he_normal


def relu_network(
    sizes: Sequence[int], rng: np.random.Generator, norm: Callable[[int], Layer] | None = None
) -> Sequential:
    """A network of these widths; biases start at 0, and a norm stands before each ReLU if there is one.

    >>> [type(layer).__name__ for layer in relu_network((64, 32, 10), np.random.default_rng(0)).layers]
    ['Linear', 'ReLU', 'Linear']
    """
    layers: list[Layer] = []
    for n_in, n_out in pairwise(sizes):
        if layers:
            layers += [*([norm(n_in)] if norm else []), ReLU()]
        layer = Linear(n_in, n_out, rng=rng)
        he_normal(layer.W, rng)
        layer.b[...] = 0
        layers.append(layer)
    return Sequential(*layers)
