"""Asking a trained model what its score hides: attacks within ε, and exact Shapley values.

An attack follows the slope of the loss by the *input*; a Shapley value shares a change out over its causes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from helpers._inputs import whole_number
from helpers.nn.base import Array
from helpers.nn.fleet import num_models
from helpers.nn.losses import CrossEntropyLoss
from helpers.nn.stack import Stack

__all__ = ["attack", "attacked_batch", "input_gradient", "shapley"]

MOST_PARTS = 20
"""2^20 sets are a million answers of the model; each part more doubles them."""


def input_gradient(model: Any, X: Array, y: Array) -> Array:
    """The slope of the mean cross-entropy by each number of X; same shape as X.

    `X` (n, …) and labels `y` (n,); for a fleet of K models (K, n, …) and (K, n), each model's own.

    >>> from helpers.nn import Linear, Sequential
    >>> model = Sequential(Linear(2, 2, bias=False, rng=np.random.default_rng(0)))
    >>> model.layers[0].W[...] = np.eye(2)
    >>> input_gradient(model, np.zeros((1, 2)), np.array([0]))
    array([[-0.5,  0.5]])
    """
    loss = CrossEntropyLoss()
    if num_models(model):
        X, y = X.view(Stack), y.view(Stack)
    loss.forward(model.forward(X), y)
    return np.asarray(model.backward(loss.backward()))


def attack(
    model: Any,
    X: Array,
    y: Array,
    eps: Any,
    *,
    steps: int = 1,
    step: Any = None,
    rng: np.random.Generator | None = None,
) -> Array:
    """X changed by at most `eps` in each number, within 0..1, so that the loss of the true labels y grows.

    `steps` steps of size `step` (`eps` if not given) along the sign of the slope. One step from X is FGSM
    (Goodfellow and others, 2015); several, from a place drawn by `rng`, are PGD (Madry and others, 2018).
    `eps` and `step` are numbers, or for a fleet an array (K, 1, 1) for X (K, n, features). Raises ValueError
    when `eps` is below 0.

    >>> from helpers.nn import Linear, Sequential
    >>> model = Sequential(Linear(2, 2, bias=False, rng=np.random.default_rng(0)))
    >>> model.layers[0].W[...] = np.eye(2)
    >>> attack(model, np.array([[0.5, 0.95]]), np.array([0]), 0.1)
    array([[0.4, 1. ]])
    """
    if np.min(eps) < 0:
        raise ValueError(f"eps is how far a number may move, from 0 on; got {eps!r}.")
    step = eps if step is None else step
    low, high = np.maximum(X - eps, 0), np.minimum(X + eps, 1)
    changed = X if rng is None else rng.uniform(low, high)
    for _ in range(steps):
        changed = changed + step * np.sign(input_gradient(model, changed, y))
        changed = np.clip(changed, low, high)
    return changed


def attacked_batch(model: Any, batch: Array, eps: Any, rng: np.random.Generator) -> Array:
    """The batch attacked within `eps`, for adversarial training: one step of 1.25 ε from a drawn start.

    What the model itself answers stands for the labels. `model`, `batch` and `eps` are as in `attack`; so
    `change` of `helpers.training.fit_each` can use it. Source: Wong, Rice, Kolter, "Fast is better than
    free", 2020; for the labels Kurakin, Goodfellow, Bengio, "Adversarial machine learning at scale", 2017.

    >>> from helpers.nn import Linear, Sequential
    >>> model = Sequential(Linear(2, 2, bias=False, rng=np.random.default_rng(0)))
    >>> model.layers[0].W[...] = np.eye(2)
    >>> attacked_batch(model, np.array([[0.5, 0.1]]), 0.1, np.random.default_rng(0)).round(2)
    array([[0.4 , 0.18]])
    """
    out = model.forward(batch.view(Stack) if num_models(model) else batch)
    return attack(model, batch, np.asarray(out).argmax(axis=-1), eps, step=1.25 * eps, rng=rng)


def shapley(value: Callable[[Array], Array], parts: int) -> Array:
    """What each part adds to a value, averaged over all orders in which they can come in; shape (parts,).

    `value` takes sets, an array of bools (2^parts, parts) with a row for each, and gives their values
    (2^parts,). The results sum to the value of all parts less that of none.
    Raises ValueError when `parts` is not 1 to 20. Source: Shapley, "A value for n-person games", 1953.

    >>> shapley(lambda on: 3.0 * on[:, 0] + 2.0 * (on[:, 0] & on[:, 1]), 2)
    array([4., 1.])
    """
    parts = whole_number(parts, "parts", 1)
    if parts > MOST_PARTS:
        raise ValueError(f"parts is at most {MOST_PARTS}, since all 2^parts sets are valued; got {parts}.")
    numbers = np.arange(2**parts)
    on = (numbers[:, None] >> np.arange(parts)) % 2 == 1  # bit j of its number: is part j in the set?
    values, size = np.asarray(value(on)), on.sum(axis=1)
    share = np.array([1 / (parts * math.comb(parts - 1, s)) for s in range(parts)])
    without = [numbers[~on[:, j]] for j in range(parts)]
    return np.array([share[size[S]] @ (values[S + 2**j] - values[S]) for j, S in enumerate(without)])
