"""Clipping: a gradient that is too long is cut, so that one bad batch cannot throw the network away.

Give one to `fit(..., clip=ClipNorm(1.0))`, or call it on the model between `backward` and `step`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.nn.base import Array, moving


def norm(vector: Array) -> Any:
    """The length of a vector; for a fleet the length of each model's vector, (K, 1).

    >>> norm(np.array([3.0, 4.0]))
    5.0
    """
    length = np.sqrt(np.vecdot(vector, vector))
    return length[:, None] if vector.ndim > 1 else float(length)


@dataclass
class ClipNorm:
    """Shorten the gradient to `max_norm` if it is longer; its direction stays. Returns its length before.

    Frozen layers do not count: they take no step.

    Source: Pascanu et al., "On the difficulty of training recurrent neural networks" (2013).
    """

    max_norm: float

    def __call__(self, model: Any) -> Any:
        shares = moving(model)
        length = norm(model.d_flat if shares is None else model.d_flat * shares)
        model.d_flat *= np.minimum(1, self.max_norm / (length + 1e-6))  # 1e-6 as in PyTorch
        return length


@dataclass
class ClipValue:
    """Cut every entry of the gradient to ±clip_value. This may turn its direction."""

    clip_value: float

    def __call__(self, model: Any) -> None:
        np.clip(model.d_flat, -self.clip_value, self.clip_value, out=model.d_flat)
