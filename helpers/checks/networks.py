"""Small networks for the digits that some tasks work on: plain lists of (W, b), relu between them."""

import functools
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from helpers import data
from helpers.nn import Adam, CrossEntropyLoss, Linear, ReLU, Sequential
from helpers.training import fit

Array = np.ndarray
Layers = Sequence[tuple[Array, Array]]
HELD_OUT = 900  # the pictures from here on train nothing


@functools.cache
def trained(*sizes: int) -> list[tuple[Array, Array]]:
    """The layers of a network of these sizes; relu is between them."""
    X, y = data.load_digits()
    rng = np.random.default_rng(0)
    linear = [Linear(n_in, n_out, rng=rng) for n_in, n_out in pairwise(sizes)]
    model = Sequential(*[layer for one in linear for layer in (one, ReLU())][:-1])
    fit(
        model,
        CrossEntropyLoss(),
        Adam(model, lr=0.01),
        X[:HELD_OUT] / 16,
        y[:HELD_OUT],
        batch_size=50,
        num_epochs=12,
        rng=rng,
        progress=False,
    )
    return [(layer.W.copy(), layer.b.copy()) for layer in linear]


def on_grid(W: Array, bits: int) -> Array:
    """Weights (n_in, n_out) at their nearest marks, with a scale for each column and so many bits.

    >>> on_grid(np.array([[1.0, 3.0], [2.9, 0.8]]), 2)
    array([[0. , 3. ],
           [2.9, 0. ]])
    """
    scale = np.abs(W).max(axis=0) / (2 ** (bits - 1) - 1)
    return np.rint(W / scale) * scale


def logits(layers: Layers, X: Array, bits: int = 0) -> Array:
    """What these layers say, (n, 10), with their weights on grids of so many bits, or (0) as they are."""
    a = z = X
    for W, b in layers:
        z = a @ (on_grid(W, bits) if bits else W) + b
        a = np.maximum(z, 0)
    return z
