"""Checkpoints: save a training run, and go on later as if it had never stopped, to the same bit.

What the next step depends on is saved: parameters, running statistics, the optimizer's vectors and
hyperparameters, the schedule's place, every random generator, and the history. A description of the parts is
saved beside it, so that a file is never put into parts that it does not fit.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from helpers.nn.base import Array
from helpers.nn.history import History
from helpers.nn.optimizers import LBFGS
from helpers.nn.schedules import Schedule

ADVICE = {
    "model": "Build it with the layers, settings and dtype that it had.",
    "parameters": "Build the model with the sizes that it had.",
    "running statistics": "Build the model with the sizes that it had.",
    "optimizer": "Make one of the kind that is in the file.",
    "optimizer's state": "Make the optimizer from the same model and by the same class.",
    "schedule": "Give schedule=… of the kind that is in the file; leave it out if the file has none.",
    "generators": "Give rng=…, and each layer its generator, of the kinds that are in the file; and where a "
    "number comes twice, the same generator twice.",
}


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

    An older file of that name is replaced when the new one is complete, not before.
    rng: the generator, or in a fleet the list of generators, that `fit` shuffles with. Raises TypeError for
    one that is no np.random.Generator.
    """
    arrays: dict[str, Array] = {"model/flat": np.asarray(model.flat)}
    arrays |= {f"model/state/{name}": np.asarray(array) for name, array in model.state().items()}
    arrays |= {f"optimizer/{name}": value for name, value in memory(optimizer).items()}
    if history is not None:
        arrays["history/losses"] = np.asarray(history.losses)
    text = {
        "description": description(model, optimizer, schedule, rng),
        "generators": [one.bit_generator.state for one in generators(model, rng)],
        "schedule": [one.state() for one in chain(schedule)],
        "epochs": history.epochs if history is not None else [],
    }
    arrays["text"] = np.asarray(json.dumps(text, default=to_json))
    write_arrays(path, arrays)


def write_arrays(path: str | Path, arrays: dict[str, Array]) -> None:
    """Write an .npz file of exactly this name, whole or not at all."""
    write_whole(path, lambda file: np.savez(file, allow_pickle=False, **arrays))


def write_whole(path: str | Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a file of exactly this name; an older one is there until the new one is complete."""
    unfinished = Path(f"{path}.unfinished")
    with open(unfinished, "wb") as file:
        write(file)
    unfinished.replace(path)


def load_checkpoint(
    path: str | Path, model: Any, optimizer: Any, *, rng: Any = None, schedule: Any = None
) -> History:
    """Put a checkpoint into a model, optimizer, generator and schedule built as before; return the history.

    The hyperparameters become those of the file. Give the history to `fit(..., history=history)` to continue.
    Raises ValueError when the file is no checkpoint, or when it was saved with other layers, sizes, settings,
    or with another kind of optimizer, schedule or generator; then nothing is changed.

    >>> import tempfile
    >>> from helpers.nn.containers import Sequential
    >>> from helpers.nn.layers import Linear
    >>> from helpers.nn.optimizers import SGD, Adam
    >>> old, new = (Sequential(Linear(2, 1, rng=np.random.default_rng(seed))) for seed in range(2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_checkpoint(f"{folder}/run.npz", old, Adam(old, lr=0.1))
    ...     history = load_checkpoint(f"{folder}/run.npz", new, Adam(new))
    ...     (old.flat == new.flat).all().item()
    ...     try:
    ...         history = load_checkpoint(f"{folder}/run.npz", new, SGD(new))
    ...     except ValueError as error:
    ...         print(str(error)[:77])
    True
    The optimizer in run.npz differs from yours: the file has Adam, you gave SGD.
    """
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    text = json.loads(str(arrays.get("text", "{}")), object_hook=from_json)
    refuse_other(Path(path).name, text.get("description"), description(model, optimizer, schedule, rng))
    model.flat[...] = arrays["model/flat"]
    for name, array in model.state().items():
        array[...] = arrays[f"model/state/{name}"]
    if names := list(memory(optimizer)):
        optimizer.load_state({name: arrays[f"optimizer/{name}"] for name in names})
    for generator, state in zip(generators(model, rng), text["generators"], strict=True):
        generator.bit_generator.state = state
    for one, state in zip(chain(schedule), text["schedule"], strict=True):
        one.load_state(state)
    history = History()
    history.losses, history.epochs = list(arrays.get("history/losses", [])), text["epochs"]
    return history


def description(model: Any, optimizer: Any, schedule: Any, rng: Any) -> dict[str, list[str]]:
    """What the parts of a run must have in common with those that go on with it, in words."""
    with np.printoptions(legacy="1.25"):  # a setting that is a NumPy number reads as Python's: 0.5
        layers = [f"{i}: {layer!r}" for i, layer in enumerate(getattr(model, "layers", [model]))]
    vectors = getattr(optimizer, "vectors", ())
    state = memory(optimizer)
    found = [one.bit_generator for one in generators(model, rng)]
    numbers = {id(one): number for number, one in enumerate(dict.fromkeys(found), start=1)}
    return {
        "model": [f"{type(model).__name__} in {model.dtype}", *layers],
        "parameters": [f"{name} {array.shape}" for name, array in model.parameters().items()],
        "running statistics": [f"{name} {array.shape}" for name, array in model.state().items()],
        "optimizer": [type(optimizer).__name__],
        # a hyperparameter may be one number or one for each model: its shape does not count
        "optimizer's state": [f"{name} {state[name].shape}" if name in vectors else name for name in state],
        "schedule": [kind(one) for one in chain(schedule)],
        "generators": [f"{type(one).__name__} (no. {numbers[id(one)]})" for one in found],
    }


def refuse_other(file: str, saved: dict[str, list[str]] | None, given: dict[str, list[str]]) -> None:
    """Raise ValueError for the first part in which the two descriptions differ."""
    if saved is None:
        raise ValueError(
            f"{file} has no description of its run: it is no checkpoint, or one of an earlier version of the "
            "engine. Save it again with save_checkpoint. Nothing is changed."
        )
    for part, advice in ADVICE.items():
        if saved[part] != given[part]:
            raise ValueError(
                f"The {part} in {file} {'differ' if part.endswith('s') else 'differs'} from yours: "
                f"the file has {differing(saved[part], given[part])}, "
                f"you gave {differing(given[part], saved[part])}. {advice} Nothing is changed."
            )


def differing(words: list[str], others: list[str]) -> str:
    """The words that the others do not have; all of them if only the order or the count differs."""
    return ", ".join([word for word in words if word not in others] or words) or "none"


def memory(optimizer: Any) -> dict[str, Array]:
    """What an optimizer remembers from step to step: LBFGS, which starts afresh at each, nothing."""
    return {} if isinstance(optimizer, LBFGS) else optimizer.state()


def chain(schedule: Any) -> list[Any]:
    """The schedule and those inside of it, such as the one after a warm-up; none for None."""
    if schedule is None:
        return []
    inside = [value for value in vars(schedule).values() if isinstance(value, Schedule)]
    return [schedule, *(one for value in inside for one in chain(value))]


def kind(schedule: Any) -> str:
    """The class and the settings that are words, which `state` does not save: "OneCycleLR(…='cos')"."""
    words = [f"{name}={value!r}" for name, value in vars(schedule).items() if isinstance(value, str)]
    return f"{type(schedule).__name__}({', '.join(words)})"


def generators(model: Any, rng: Any) -> list[Any]:
    """The generators of a run: those of the layers (dropout), then the one or those that shuffle."""
    owned = [leaf.rng for leaf in model.leaves() if hasattr(leaf, "rng")] + [rng]
    found = [
        one
        for item in owned
        for one in (item if isinstance(item, list | tuple) else [item])
        if one is not None
    ]
    for one in found:
        if not hasattr(one, "bit_generator"):
            raise TypeError(f"A generator must be a np.random.default_rng(seed), got {one!r}.")
    return found


def to_json(value: Any) -> Any:
    """What JSON does not know: NumPy's numbers, and arrays (of some generators, and of a fleet's history)."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return {"dtype": value.dtype.str, "array": value.tolist()}
    raise TypeError(f"A checkpoint holds numbers, texts and arrays, got {value!r}.")


def from_json(entry: dict[str, Any]) -> Any:
    """The way back from `to_json`."""
    return np.array(entry["array"], entry["dtype"]) if entry.keys() == {"dtype", "array"} else entry
