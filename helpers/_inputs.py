"""The questions that every function here asks of its inputs, with answers that say what to do.

A wrong input is cheapest to find where it comes in. Each function returns the input in the form that the
caller needs, or raises an error that names what was given, what was expected and what to write instead.
"""

from typing import Any

import numpy as np


def generator(rng: Any) -> np.random.Generator:
    """`rng` itself if it is a NumPy generator, else a TypeError that says how to make one."""
    if not isinstance(rng, np.random.Generator):
        seed = rng if isinstance(rng, int | np.integer) else 0
        raise TypeError(
            f"rng must be a numpy.random.Generator, got {rng!r}; write rng=np.random.default_rng({seed})"
        )
    return rng


def whole_number(value: Any, name: str, at_least: int) -> int:
    """`value` as an int, or an error if it is not a whole number or is below `at_least`."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be a whole number, got {value!r} ({type(value).__name__})")
    if value < at_least:
        raise ValueError(f"{name} must be at least {at_least}, got {value}")
    return int(value)


def column(values: Any, name: str) -> np.ndarray:
    """`values` as a non-empty array of shape (n,) without missing entries."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name} must have shape (n,), one entry per sample; got shape {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name} is empty; at least one sample is needed")
    if missing(array).any():
        first = int(np.flatnonzero(missing(array))[0])
        raise ValueError(
            f"{name} has {int(missing(array).sum())} missing entries (the first in row {first}); "
            f"remove those rows or fill them first"
        )
    return array


def missing(array: np.ndarray) -> np.ndarray:
    """True where an entry is NaN, NaT or None; same shape as `array`."""
    if array.dtype.kind in "fcmM":
        return np.isnan(array) if array.dtype.kind in "fc" else np.isnat(array)
    if array.dtype.kind == "O":
        return np.array([v is None or v != v for v in array.ravel()], dtype=bool).reshape(array.shape)
    return np.zeros(array.shape, dtype=bool)


def categories(values: np.ndarray, name: str, **kwargs: Any) -> Any:
    """`np.unique(values)`, with words for values that cannot be sorted together."""
    try:
        return np.unique(values, **kwargs)
    except TypeError:
        kinds = sorted({type(v).__name__ for v in values})
        raise TypeError(f"{name} mixes {' and '.join(kinds)}; convert it to one type, e.g. str") from None
