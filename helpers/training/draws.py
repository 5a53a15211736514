"""A fleet whose models learn from different rows: what an experiment over several draws of the data needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers import _inputs
from helpers.nn.base import Array
from helpers.nn.fleet import Fleet
from helpers.nn.losses import Loss
from helpers.nn.stack import Stack


def fit_each(
    fleet: Fleet,
    loss: Loss,
    optimizer: Any,
    X: Array,
    y: Array,
    *,
    batch_size: int,
    num_epochs: int,
    rng: np.random.Generator,
    penalty: Any = None,
    change: Callable[[Array, np.random.Generator], Array] | None = None,
    watch: Callable[[Fleet], Any] | None = None,
) -> list[Any]:
    """Train K models, each on rows of its own, and return what `watch` saw after each epoch.

    - `X` (K, n, …) and `y` (K, n, …) hold the rows of each model; `rng` shuffles them, each model's apart.
    - `penalty` adds its gradient before each step, as in `fit`.
    - `change(batch, rng)` makes other inputs of a batch (K, b, …) before it is learnt from: augmentation.
    - `watch(fleet)` is called after each epoch, in evaluation mode, in which the fleet is left.

    Raises ValueError when X and y are not K times as many rows, or `batch_size` is not 1 or more.

    >>> from helpers.nn import SGD, Linear, MSELoss, Sequential
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(2, 50, 1))
    >>> slopes = np.array([[[1.0]], [[3.0]]])
    >>> fleet = Fleet([Sequential(Linear(1, 1, rng=rng)) for _ in range(2)])
    >>> options = {"batch_size": 10, "num_epochs": 30, "rng": rng}
    >>> seen = fit_each(fleet, MSELoss(), SGD(fleet, lr=0.1), X, slopes * X, **options)
    >>> fleet.layers[0].W.ravel().round(2).tolist(), seen
    ([1.0, 3.0], [])
    """
    K = fleet.num_models
    if X.shape[:2] != y.shape[:2] or len(X) != K:
        raise ValueError(f"X and y hold n rows for each of {K} models: got {X.shape} and {y.shape}.")
    size = _inputs.whole_number(batch_size, "batch_size", 1)
    X, model, seen = np.asarray(X, fleet.dtype), np.arange(K)[:, None], []
    for _ in range(num_epochs):
        fleet.train()
        order = rng.permuted(np.tile(np.arange(X.shape[1]), (K, 1)), axis=1)
        for start in range(0, X.shape[1], size):
            rows = model, order[:, start : start + size]
            batch = X[rows] if change is None else change(X[rows], rng)
            loss.forward(fleet.forward(batch.view(Stack)), y[rows].view(Stack))
            fleet.backward(loss.backward())
            if penalty is not None:
                penalty.add_gradient(fleet)
            optimizer.step()
        fleet.eval()
        if watch is not None:
            seen.append(watch(fleet))
    return seen
