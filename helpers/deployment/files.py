"""Save a network for use elsewhere, with its version, and load it: numbers and text, nothing that runs.

The file is a safetensors file: eight bytes that give the length of a header, the header in JSON (name, dtype,
shape and place of each array, and texts), then the numbers. Whoever reads it executes nothing. `load_model`
puts the numbers into a network that was built as the saved one was, and refuses all else.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from helpers.nn.base import Array
from helpers.nn.checkpoint import write_whole

__all__ = ["load_model", "read_header", "save_model"]

FORMAT = "splits-to-bits model 1"
"""What the texts of a file begin with: a reader of a later form knows that it has an old one."""


def save_model(path: str | Path, model: Any, version: str, **notes: str) -> str:
    """Write the network to `path` (safetensors) and return the SHA-256 of the file, its fingerprint.

    Parameters and running statistics are saved, a description of the layers, the version, and what else is
    noted. An older file of that name is replaced when the new one is complete, not before.
    Raises TypeError when the version or a note is no text.

    >>> import tempfile
    >>> import numpy as np
    >>> from helpers.nn import Linear, Sequential
    >>> old, new = (Sequential(Linear(2, 1, rng=np.random.default_rng(seed))) for seed in range(2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     fingerprint = save_model(f"{folder}/model.safetensors", old, "1.0", unit="pixels 0 to 16")
    ...     notes = load_model(f"{folder}/model.safetensors", new, fingerprint)
    >>> (old.flat == new.flat).all().item(), notes["version"], notes["unit"]
    (True, '1.0', 'pixels 0 to 16')
    """
    from safetensors.numpy import save

    texts = {"format": FORMAT, "layers": description(model), "version": version, **notes}
    if wrong := [name for name, text in texts.items() if not isinstance(text, str)]:
        raise TypeError(f"Notes of a file are texts; {wrong[0]} is {texts[wrong[0]]!r}.")
    content = save(arrays_of(model), texts)
    write_whole(path, lambda file: file.write(content))
    return hashlib.sha256(content).hexdigest()


def load_model(path: str | Path, model: Any, fingerprint: str = "") -> dict[str, str]:
    """Put a saved network into one that was built with the same layers; return the texts of the file.

    fingerprint: the SHA-256 that the file must have, if you know it.
    Raises ValueError when the file is another than that, is none of `save_model`, is damaged, or holds other
    layers; then nothing is changed.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    name, content = Path(path).name, Path(path).read_bytes()
    if fingerprint and hashlib.sha256(content).hexdigest() != fingerprint:
        raise ValueError(f"{name} is not the file that was asked for: its SHA-256 is another.")
    try:
        arrays, texts = load(content), read_header(content).get("__metadata__", {})
    except SafetensorError as error:
        raise ValueError(f"{name} is no safetensors file, or it is damaged: {error}.") from error
    if texts.get("format") != FORMAT:
        raise ValueError(f"{name} is no {FORMAT!r}: its format is {texts.get('format', 'not named')!r}.")
    if texts["layers"] != description(model):
        raise ValueError(f"{name} holds {texts['layers']}; you gave {description(model)}.")
    own = arrays_of(model)
    if {key: array.shape for key, array in own.items()} != {key: a.shape for key, a in arrays.items()}:
        raise ValueError(f"The arrays in {name} are not those of {texts['layers']}.")
    for key, array in own.items():
        array[...] = arrays[key]
    return texts


def read_header(content: bytes) -> dict[str, Any]:
    """The header of a safetensors file: {array: {dtype, shape, data_offsets}}, texts under "__metadata__".

    >>> import numpy as np
    >>> from safetensors.numpy import save
    >>> read_header(save({"b": np.zeros(2)}, {"version": "1.0"}))["b"]
    {'dtype': 'F64', 'shape': [2], 'data_offsets': [0, 16]}
    """
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length])


def arrays_of(model: Any) -> dict[str, Array]:
    """The parameters and running statistics of a network by name."""
    return {**model.parameters(), **{f"state/{name}": array for name, array in model.state().items()}}


def description(model: Any) -> str:
    """The layers and the dtype of a network in words; what two networks must have in common."""
    return f"{model!r} in {model.dtype}"
