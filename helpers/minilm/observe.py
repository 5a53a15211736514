"""What comes into each matrix of the model, and the model with other matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from helpers.minilm.model import LAYERS, Product, Weights, embed, linear

Array = np.ndarray[Any, Any]

PARTS = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
MATRICES = tuple(f"encoder.layer.{i}.{part}" for i in range(LAYERS) for part in PARTS)
"""The 36 matrices that multiply; their weights are `name + ".weight"`, (out, in)."""
TABLE = "embeddings.word_embeddings.weight"


@dataclass
class Inputs:
    """What a matrix was given: n tokens with d_in features."""

    n: int = 0
    moments: Any = 0.0  # Xᵀ X / n, float64 (d_in, d_in)
    largest: Any = 0.0  # the largest |x| of each feature (d_in,)
    sizes: Any = 0.0  # the mean |x| of each feature (d_in,)
    by_text: list[Array] = field(default_factory=list)  # the tokens of each text, where they are kept

    def see(self, X: Array, moments: bool = True) -> None:
        """Take in more tokens (n, d_in)."""
        X = X.astype(float)
        share = len(X) / (self.n + len(X))
        self.n += len(X)
        if moments:
            self.moments = (1 - share) * self.moments + share * (X.T @ X / len(X))
        self.sizes = (1 - share) * self.sizes + share * abs(X).mean(axis=0)
        self.largest = np.maximum(self.largest, abs(X).max(axis=0))


def watch_inputs(
    texts: Sequence[str],
    tokenizer: Tokenizer,
    weights: Weights,
    *,
    moments: bool = False,
    keep: Sequence[str] = (),
) -> dict[str, Inputs]:
    """What the matrices of the model are given when it reads these texts, by name.

    `moments` takes longer. Of the matrices that `keep` names, all inputs are kept.

    The texts go through one by one, since padding would be counted. Query, key and value get the same.
    """
    seen = {name: Inputs() for name in MATRICES if not name.endswith(("key", "value"))}

    def watching(x: Tensor, name: str, weights: Weights) -> Tensor:
        if name in seen:
            seen[name].see(x[0].numpy(), moments)
        if name in keep:
            seen[name].by_text.append(x[0].numpy().copy())
        return linear(x, name, weights)

    embed(texts, tokenizer, weights, watching, batch_size=1)
    for name in MATRICES:
        part = name.rsplit(".", 1)[1]
        if part in ("key", "value"):
            seen[name] = seen[name.removesuffix(part) + "query"]
    return seen


def with_matrices(weights: Weights, change: Callable[[str, Array], Array]) -> Weights:
    """The weights with each of the 36 matrices replaced by `change(name, W)`, where W is (d_in, d_out)."""
    changed = dict(weights)
    for name in MATRICES:
        W = weights[name + ".weight"].T.numpy()
        changed[name + ".weight"] = as_tensor(change(name, W)).T
    return changed


def as_tensor(W: Array) -> Tensor:
    """A float32 tensor of its own."""
    return torch.tensor(np.ascontiguousarray(W, np.float32))


def with_products(product: Callable[[Array, str, Array], Array]) -> Product:
    """A `linear` for `embed` that multiplies with `product(X, name, W)`, X (n, d_in), W (d_in, d_out)."""

    def replaced(x: Tensor, name: str, weights: Weights) -> Tensor:
        W = weights[name + ".weight"].T.numpy()
        out = product(x.reshape(-1, x.shape[-1]).numpy(), name, W)
        return as_tensor(out).view(*x.shape[:-1], -1) + weights[name + ".bias"]

    return replaced
