"""Mixed precision: which layer gets how many bits, when all of them together may only take so much room.

First ask each layer alone what it costs to give it few bits (`sensitivity`), then choose one number of bits
for each so that the costs add up to as little as the room allows (`allocate`). For the sum that is exact.
That the costs of layers add up is an assumption, and the network can tell whether it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from helpers.nn.base import Array
from helpers.nn.containers import Sequential
from helpers.nn.layers import Linear
from helpers.nn.losses import Loss
from helpers.quantization.aware import Range, bits_of_each, extremes
from helpers.quantization.maps import signed, symmetric
from helpers.training.loop import evaluate

__all__ = ["allocate", "sensitivity", "weight_bits", "with_weights_of"]


def with_weights_of(
    model: Sequential,
    bits: Sequence[int | None],
    *,
    per_channel: bool = True,
    weight_range: Range = extremes,
) -> Sequential:
    """A copy whose linear layers have weights on grids of so many bits; None leaves a layer as it is.

    It computes in floats, so it shows what the bits cost, not what they save.
    Raises ValueError when `bits` has not one entry for each linear layer.

    >>> rng = np.random.default_rng(0)
    >>> model = Sequential(Linear(4, 3, rng=rng), Linear(3, 2, rng=rng))
    >>> [len(np.unique(layer.W)) for layer in with_weights_of(model, [2, None], per_channel=False).layers]
    [3, 6]
    """
    copy = deepcopy(model)
    layers: list[Any] = [layer for layer in copy.leaves() if isinstance(layer, Linear)]
    for layer, b in zip(layers, bits_of_each(bits, len(layers)), strict=True):  # type: ignore[arg-type]
        if b is not None:
            low, high = weight_range(layer.W, signed(b), axis=1 if per_channel else None)
            layer.W[...] = symmetric(low, high, signed(b))(layer.W)
    return copy


def weight_bits(model: Sequential, choices: Sequence[int]) -> Array:
    """How many bits the weights of each linear layer take at each number of bits: (layers, choices).

    Scales and biases are not counted: they are the same for each choice.

    >>> weight_bits(Sequential(Linear(64, 10, rng=np.random.default_rng(0))), [4, 8])
    array([[2560, 5120]])
    """
    sizes = [layer.W.size for layer in model.leaves() if isinstance(layer, Linear)]
    return np.multiply.outer(sizes, choices)


def sensitivity(
    model: Sequential, loss: Loss, data: tuple[Array, Array], choices: Sequence[int], **options: Any
) -> Array:
    """How much the loss on data (X, y) rises when one layer alone gets so few bits: (layers, choices).

    The other layers stay as they are. The options are those of `with_weights_of`. Give data that the model
    was not trained on, and that do not judge it in the end.
    Source: the idea of Dong et al., "HAWQ" (2019), who estimate it from the Hessian.
    """
    num_layers = sum(isinstance(layer, Linear) for layer in model.leaves())
    before = float(evaluate(model, loss, data)["validation_loss"])
    rises = np.zeros((num_layers, len(choices)))
    for layer, choice in np.ndindex(rises.shape):
        bits = [choices[choice] if i == layer else None for i in range(num_layers)]
        coarse = with_weights_of(model, bits, **options)
        rises[layer, choice] = float(evaluate(coarse, loss, data)["validation_loss"]) - before
    return rises


def allocate(costs: Any, sizes: Any, budget: float) -> tuple[int, ...]:
    """For each layer the number of a choice, so that the costs add up to the least within the budget.

    `costs` and `sizes` (layers, choices) say what a choice costs and how much room it takes; the sum of the
    sizes is at most `budget`. Of several equally good ways it is one of the smallest.

    How: layer by layer, all sums that are worth keeping. A sum is not when another is neither larger nor more
    costly: whatever the layers to come add, they add to both. So nothing good is lost, and few sums are left.
    (A knapsack of which one thing is taken from each row.)
    Raises ValueError when not even the smallest choices fit, or the arrays are not two of one shape.

    >>> allocate(costs=[[5, 1, 0], [2, 1, 0]], sizes=[[2, 4, 8], [2, 4, 8]], budget=8)
    (1, 1)
    """
    costs, sizes = np.asarray(costs, float), np.asarray(sizes, float)
    if costs.shape != sizes.shape or costs.ndim != 2 or not costs.size:
        raise ValueError(f"costs and sizes are (layers, choices) both, got {costs.shape} and {sizes.shape}.")
    if not (np.isfinite(costs).all() and np.isfinite(sizes).all() and (sizes >= 0).all()):
        raise ValueError(
            "costs and sizes are finite numbers, sizes from 0 on; leave out a choice that has none."
        )
    if (smallest := sizes.min(axis=1).sum()) > budget:
        raise ValueError(f"The smallest choices together take {smallest:g}, the budget is {budget:g}.")
    kept: list[tuple[float, float, tuple[int, ...]]] = [(0.0, 0.0, ())]
    for layer_costs, layer_sizes in zip(costs, sizes, strict=True):
        longer = [
            (size + more_size, cost + more_cost, (*chosen, choice))
            for size, cost, chosen in kept
            for choice, (more_size, more_cost) in enumerate(zip(layer_sizes, layer_costs, strict=True))
            if size + more_size <= budget
        ]
        kept = []
        for size, cost, chosen in sorted(longer):  # from the smallest on: each that is kept must cost less
            if not kept or cost < kept[-1][1]:
                kept.append((size, cost, chosen))
    return kept[-1][2]
