"""Save a quantized network, and load it: codes take as many bits in the file as they have.

A network of `helpers.quantization.networks` is a row of layers, and a layer a handful of arrays and maps. All
of them go into one .npz file without pickle; what is read back computes the same to the bit.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from helpers.nn.base import Array, Layer
from helpers.nn.checkpoint import write_arrays
from helpers.nn.containers import Sequential
from helpers.nn.layers import Flatten
from helpers.quantization.aware import ELEMENTWISE
from helpers.quantization.maps import AffineMap
from helpers.quantization.networks import Dequantize, DynamicLinear, IntegerLinear, Lookup, Quantize
from helpers.quantization.packing import pack, unpack

__all__ = ["load_network", "save_network"]

KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (Quantize, Dequantize, IntegerLinear, Lookup, DynamicLinear, Flatten, *ELEMENTWISE)
}


def save_network(path: str | Path, network: Sequential) -> int:
    """Write a quantized network to `path` (.npz, no pickle inside) and return the size of the file in bytes.

    An older file of that name is replaced when the new one is complete, not before.
    Raises TypeError for a layer that is none of a quantized network.

    >>> import tempfile
    >>> from helpers.nn import Linear
    >>> from helpers.quantization.networks import quantize_dynamic
    >>> network, X = quantize_dynamic(Sequential(Linear(3, 2, rng=np.random.default_rng(0)))), np.ones((1, 3))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     size = save_network(f"{folder}/model.npz", network)
    ...     bool((load_network(f"{folder}/model.npz").forward(X) == network.forward(X)).all())
    True
    """
    layers, data = [], []
    for layer in network.layers:
        if type(layer) not in KINDS.values():
            raise TypeError(f"save_network knows {', '.join(KINDS)}; got {type(layer).__name__}.")
        arrays = {key: value for name in stored(layer) for key, value in parts(layer, name).items()}
        data += [value.tobytes() for value in arrays.values()]
        one: dict[str, Any] = {"kind": type(layer).__name__, "stored": stored(layer)}
        one["settings"] = {name: getattr(layer, name) for name in layer.settings}
        one["arrays"] = {key: [value.dtype.str, value.shape] for key, value in arrays.items()}
        layers.append(one)
    text = np.frombuffer(json.dumps(layers).encode(), np.uint8)
    write_arrays(path, {"text": text, "data": np.frombuffer(b"".join(data), np.uint8)})
    return Path(path).stat().st_size


def load_network(path: str | Path) -> Sequential:
    """The network that `save_network` wrote. Raises ValueError when the file is none of a network."""
    with np.load(path, allow_pickle=False) as file:
        if set(file) != {"text", "data"}:
            raise ValueError(f"{Path(path).name} holds no network: save_network writes one.")
        layers, data = json.loads(file["text"].tobytes()), file["data"].tobytes()
    made: list[Layer] = []
    start = 0
    for one in layers:
        own = {}
        for key, (dtype, shape) in one["arrays"].items():
            count = int(np.prod(shape, dtype=int))
            own[key] = np.frombuffer(data, dtype, count, start).reshape(shape)
            start += own[key].nbytes
        fields = {name: whole(own, name) for name in one["stored"]}
        made.append(KINDS[one["kind"]](**fields, **one["settings"]))
    return Sequential(*made).eval()  # type: ignore[return-value]


def stored(layer: Any) -> tuple[str, ...]:
    """The attributes that a layer is made of again."""
    return getattr(layer, "stored", ())


def parts(layer: Any, name: str) -> dict[str, Array]:
    """What is stored of an attribute: a map in three arrays, weights packed, anything else as it is."""
    value = getattr(layer, name)
    if isinstance(value, AffineMap):
        arrays = {
            "scale": value.scale,
            "zero_point": value.zero_point,
            "codes": np.asarray(value.codes, np.int32),
        }
        return {f"{name}.{part}": array for part, array in arrays.items()}
    if name != "W":
        return {name: np.asarray(value)}
    lowest, bits = layer.W_ruler.codes[0], layer.W_ruler.bits
    form = np.array([lowest, bits, *value.shape], np.int32)
    return {"W.packed": pack(value, lowest, bits), "W.form": form}


def whole(own: dict[str, Array], name: str) -> Any:
    """The attribute again."""
    if name in own:
        return own[name]
    if name == "W":
        lowest, bits, *shape = own["W.form"].tolist()
        return unpack(own["W.packed"], lowest, bits, tuple(shape), np.int8 if bits <= 8 else np.int16)
    scale, zero_point, codes = (own[f"{name}.{part}"] for part in ("scale", "zero_point", "codes"))
    return AffineMap(scale, zero_point, tuple(codes.tolist()))
