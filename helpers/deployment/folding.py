"""Preprocessing inside the network: a scaler becomes part of the first layer, so that nobody can forget it.

A standard scaler and a linear layer are both linear: ((x - mean) / scale) W + b = x (W / scale) + b - (mean /
scale) W.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from helpers.features import StandardScaler
from helpers.nn.containers import Sequential
from helpers.nn.layers import Linear

__all__ = ["with_scaler"]


def with_scaler(model: Sequential, scaler: StandardScaler) -> Sequential:
    """A copy of the model that takes rows as they are, and does what the scaler did in its first layer.

    Raises TypeError when the first layer is not Linear or the scaler no StandardScaler, ValueError when it
    has other features than the layer.

    >>> import numpy as np
    >>> X = np.array([[1.0, 10.0], [3.0, 30.0], [4.0, 80.0]])
    >>> scaler = StandardScaler().fit(X)
    >>> model = Sequential(Linear(2, 3, rng=np.random.default_rng(0), dtype=np.float64))
    >>> raw = with_scaler(model, scaler)
    >>> np.allclose(raw.forward(X), model.forward(scaler.transform(X)))
    True
    """
    made = deepcopy(model)
    first: Any = made.layers[0]
    if type(first) is not Linear:
        raise TypeError(f"The first layer must be Linear to take a scaler in, got {type(first).__name__}.")
    if not isinstance(scaler, StandardScaler):
        raise TypeError(f"The scaler must be a StandardScaler that was fitted, got {type(scaler).__name__}.")
    if scaler.mean_.shape != (first.in_features,):
        raise ValueError(
            f"The scaler has {scaler.mean_.shape[0]} features, the first layer takes {first.in_features}."
        )
    shift = scaler.mean_ if scaler.with_mean else 0 * scaler.mean_
    W = first.W / scaler.scale_[:, None]
    first.b -= shift @ W
    first.W[...] = W
    return made.eval()  # type: ignore[return-value]
