"""Checkpoints: save a training run, and go on later as if it had never stopped, to the same bit.

What the next step depends on is saved: parameters, running statistics, the optimizer's vectors, the
schedule's place, every random generator, and the history.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from helpers.nn.base import Array
from helpers.nn.history import History


def save_checkpoint(
    path: str | Path,
    model: Any,
    optimizer: Any,
    *,
    rng: Any = None,
    schedule: Any = None,
    history: History | None = None,
) -> None:
    """Write all that `load_checkpoint` needs to `path` (.npz, no pickle inside).

    rng: the generator, or in a fleet the list of generators, that `fit` shuffles with.
    """
    arrays: dict[str, Array] = {"model/flat": np.asarray(model.flat)}
    arrays |= {f"model/state/{name}": np.asarray(array) for name, array in model.state().items()}
    arrays |= {f"optimizer/{name}": np.asarray(value) for name, value in optimizer.state().items()}
    if history is not None:
        arrays["history/losses"] = np.asarray(history.losses)
    text = {
        "generators": [one.bit_generator.state for one in generators(model, rng)],
        "schedule": schedule.state() if schedule is not None else None,
        "epochs": [plain(row) for row in history.epochs] if history is not None else None,
    }
    arrays["text"] = np.asarray(json.dumps(text))
    with open(path, "wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def load_checkpoint(
    path: str | Path, model: Any, optimizer: Any, *, rng: Any = None, schedule: Any = None
) -> History:
    """Put a checkpoint into a model, optimizer, generator and schedule built as before; return the history.

    Give the history to `fit(..., history=history)` to continue. Raises ValueError when the checkpoint belongs
    to another model or to another number of generators; then nothing is changed.
    """
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    text = json.loads(str(arrays["text"]))
    states, found = text["generators"], generators(model, rng)
    if arrays["model/flat"].shape != model.flat.shape or len(states) != len(found):
        raise ValueError(
            f"The checkpoint has parameters {arrays['model/flat'].shape} and {len(states)} generators, "
            f"you gave {model.flat.shape} and {len(found)}. Build them as before."
        )
    model.flat[...] = arrays["model/flat"]
    for name, array in model.state().items():
        array[...] = arrays[f"model/state/{name}"]
    prefix = "optimizer/"
    optimizer.load_state({name[len(prefix) :]: arrays[name] for name in arrays if name.startswith(prefix)})
    for generator, state in zip(found, states, strict=True):
        generator.bit_generator.state = state
    if schedule is not None:
        schedule.load_state(text["schedule"])
    history = History()
    history.losses = list(arrays.get("history/losses", []))
    history.epochs = text["epochs"] or []
    return history


def generators(model: Any, rng: Any) -> list[Any]:
    """The generators of a run: those of the layers (dropout), then the one or those that shuffle."""
    owned = [leaf.rng for leaf in model.leaves() if hasattr(leaf, "rng")] + [rng]
    return [
        one
        for item in owned
        for one in (item if isinstance(item, list | tuple) else [item])
        if one is not None
    ]


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the history as JSON takes it."""
    return {name: value.tolist() if hasattr(value, "tolist") else value for name, value in row.items()}
