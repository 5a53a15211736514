"""Weights to and from PyTorch, so that two networks can start as twins.

Layer by layer, in order: PyTorch's matrices are (out, in), ours (in, out); all else has the same shape.
Nothing here imports PyTorch before it is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.nn.attention import Attention
from helpers.nn.base import Array, Layer
from helpers.nn.branches import Tied
from helpers.nn.layers import Linear
from helpers.nn.recurrent import Recurrent

NAMES = {"W": "weight", "b": "bias"}
# PyTorch's name: ours; where it keeps several of ours in one array, they lie one below the other
RECURRENT = {"weight_ih_l0": "W_x", "weight_hh_l0": "W_h", "bias_ih_l0": "b_x", "bias_hh_l0": "b_h"}
ATTENTION = {
    "in_proj_weight": "W_q W_k W_v",
    "in_proj_bias": "b_q b_k b_v",
    "out_proj.weight": "W_o",
    "out_proj.bias": "b_o",
}


@dataclass
class Entry:
    """One array of a PyTorch state dict, and those of ours (parameters, running statistics) that it holds."""

    name: str
    layer: Layer
    arrays: list[Array]  # turned to PyTorch's side; views, so that writing into them writes into the layer

    @property
    def shape(self) -> tuple[int, ...]:
        first = self.arrays[0].shape
        return (len(self.arrays) * first[0], *first[1:]) if first else first


def entries(model: Any) -> list[Entry]:
    """What a state dict of the model's twin holds, in order."""
    return [
        Entry(prefix + name, leaf, arrays)
        for prefix, leaf in leaves_with_prefix(model, "")
        for name, arrays in of_layer(leaf).items()
    ]


def of_layer(layer: Layer) -> dict[str, list[Array]]:
    """Our arrays by PyTorch's name, matrices turned to its side."""
    if isinstance(layer, Recurrent | Attention):
        names = RECURRENT if isinstance(layer, Recurrent) else ATTENTION
        return {name: [getattr(layer, own).T for own in ours.split()] for name, ours in names.items()}
    arrays = layer.parameters() | layer.state()
    if isinstance(layer, Tied):  # PyTorch lists the shared matrix twice
        arrays = {"W": layer.layer.W} | arrays
    if isinstance(layer, Linear):
        arrays["W"] = arrays["W"].T
    return {NAMES.get(name, name): [array] for name, array in arrays.items()}


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
    names = {entry.name for entry in wanted}
    if names != set(given):
        raise ValueError(
            f"The names differ: {sorted(names - set(given))} are missing, "
            f"{sorted(set(given) - names)} are left over."
        )
    for entry in wanted:
        if given[entry.name].shape != entry.shape:
            raise ValueError(
                f"{entry.name} has shape {given[entry.name].shape}, {entry.layer!r} needs {entry.shape}."
            )
    refuse_untied(wanted, given)
    for entry in wanted:
        parts = np.split(given[entry.name], len(entry.arrays)) if entry.shape else [given[entry.name]]
        for array, part in zip(entry.arrays, parts, strict=True):
            array[...] = part
    return model


def refuse_untied(wanted: list[Entry], given: dict[str, Array]) -> None:
    """Raise ValueError when the two places of a tied matrix are given different numbers."""
    first: dict[int, str] = {}
    for entry in wanted:
        key = entry.arrays[0].__array_interface__["data"][0]
        other = first.setdefault(key, entry.name)
        pair = given[other], given[entry.name]
        if pair[0].size and not any(np.array_equal(one, pair[1]) for one in (pair[0], pair[0].T)):
            raise ValueError(f"{other} and {entry.name} are one matrix in the model, but differ in the dict.")


def to_torch(model: Any) -> dict[str, Any]:
    """The model's weights as a PyTorch state dict: `net.load_state_dict(to_torch(model), strict=False)`.

    (strict=False because PyTorch's batch norm also counts its batches.)
    """
    import torch

    return {
        entry.name: torch.from_numpy(np.concatenate(entry.arrays) if entry.shape else entry.arrays[0].copy())
        for entry in entries(model)
    }


def as_numpy(tensor: Any) -> Array:
    """A torch tensor, or an array, as an array."""
    return tensor.detach().cpu().numpy() if hasattr(tensor, "detach") else np.asarray(tensor)
