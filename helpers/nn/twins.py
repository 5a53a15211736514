"""Weights to and from PyTorch, so that two networks can start as twins.

Layer by layer, in order: PyTorch's `weight` of a linear layer is (out, in), ours (in, out); all else has the
same shape. Nothing here imports PyTorch before it is needed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.nn.base import Array, Layer
from helpers.nn.layers import Linear

NAMES = {"W": "weight", "b": "bias"}


def entries(model: Any) -> list[tuple[str, Layer, str, Array]]:
    """(PyTorch's name, layer, our name, our array) of every parameter and running statistic."""
    found = []
    for prefix, leaf in leaves_with_prefix(model, ""):
        for name, array in (leaf.parameters() | leaf.state()).items():
            found.append((prefix + NAMES.get(name, name), leaf, name, array))
    return found


def leaves_with_prefix(layer: Any, prefix: str) -> list[tuple[str, Layer]]:
    """The layers without children, with the prefix that a state dict of nested Sequentials has: "0.2."."""
    if not hasattr(layer, "layers"):
        return [(prefix, layer)]
    children = enumerate(layer.layers)
    return [pair for i, child in children for pair in leaves_with_prefix(child, f"{prefix}{i}.")]


def from_torch(model: Any, state_dict: Any) -> Any:
    """Copy a state dict, or the weights of a torch module, into the model, and return the model.

    The names must be those of a torch.nn.Sequential with the same layers in the same places. Raises
    ValueError for a name that is missing or left over, or a shape that does not fit; then nothing is copied.

    >>> from helpers.nn.containers import Sequential
    >>> model = Sequential(Linear(2, 1, rng=np.random.default_rng(0)))
    >>> weights = {"0.weight": np.array([[1.0, 2.0]]), "0.bias": np.array([3.0])}
    >>> from_torch(model, weights).forward(np.array([[1.0, 1.0]]))
    array([[6.]])
    """
    if hasattr(state_dict, "state_dict"):
        state_dict = state_dict.state_dict()
    given = {name: as_numpy(t) for name, t in state_dict.items() if not name.endswith("num_batches_tracked")}
    wanted = entries(model)
    names = {name for name, *_ in wanted}
    if names != set(given):
        raise ValueError(
            f"The names differ: {sorted(names - set(given))} are missing, "
            f"{sorted(set(given) - names)} are left over."
        )
    for name, leaf, _, array in wanted:
        if turned(given[name], leaf).shape != array.shape:
            raise ValueError(
                f"{name} has shape {given[name].shape}, {leaf!r} needs {turned(array, leaf).shape}."
            )
    for name, leaf, _, array in wanted:
        array[...] = turned(given[name], leaf)
    return model


def to_torch(model: Any) -> dict[str, Any]:
    """The model's weights as a PyTorch state dict: `net.load_state_dict(to_torch(model), strict=False)`.

    (strict=False because PyTorch's batch norm also counts its batches.)
    """
    import torch

    return {
        name: torch.from_numpy(np.ascontiguousarray(turned(array, leaf)).copy())
        for name, leaf, _, array in entries(model)
    }


def turned(array: Array, layer: Layer) -> Array:
    """A linear layer's matrix on its other side, any other array as it is."""
    return array.T if isinstance(layer, Linear) and array.ndim == 2 else array


def as_numpy(tensor: Any) -> Array:
    """A torch tensor, or an array, as an array."""
    return tensor.detach().cpu().numpy() if hasattr(tensor, "detach") else np.asarray(tensor)
