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
    array = _words_or_numbers(values, name)
    if array.ndim != 1:
        raise ValueError(f"{name} must have shape (n,), one entry per sample; got shape {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name} is empty; at least one sample is needed")
    no_missing(array, name)
    return array


def missing(array: np.ndarray) -> np.ndarray:
    """True where an entry is NaN, NaT, None or pandas' NA; same shape as `array`."""
    if array.dtype.kind in "fcmM":
        return np.isnan(array) if array.dtype.kind in "fc" else np.isnat(array)
    if array.dtype.kind == "O":
        return np.array([_is_missing(v) for v in array.ravel()], dtype=bool).reshape(array.shape)
    return np.zeros(array.shape, dtype=bool)


def _is_missing(value: Any) -> bool:
    try:
        return value is None or bool(value != value)
    except TypeError:  # pandas' NA: neither true nor false that it differs from itself
        return True


def categories(values: np.ndarray, name: str, **kwargs: Any) -> Any:
    """`np.unique(values)`, with words for values that cannot be sorted together."""
    try:
        return np.unique(values, **kwargs)
    except TypeError:
        kinds = sorted({type(v).__name__ for v in values})
        raise TypeError(f"{name} mixes {' and '.join(kinds)}; convert it to one type, e.g. str") from None


class NotFittedError(ValueError):
    """A transformer was asked to transform before it was fitted."""


def table(X: Any, name: str = "X", missing_allowed: bool = False) -> np.ndarray:
    """`X` as a float64 array of shape (n, d) with at least one row and one column and no infinities."""
    array = _two_dimensional(np.asarray(X), name)
    if array.dtype.kind in "cmM":
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}; convert it first")
    if array.dtype.kind not in "buif":
        try:
            array = np.where(missing(array), np.nan, array).astype(np.float64)
        except (TypeError, ValueError):
            raise TypeError(
                f"{name} has entries that are not numbers (dtype {array.dtype}); encode categories first, "
                f"e.g. with OneHotEncoder"
            ) from None
    array = array.astype(np.float64, copy=False)
    if not missing_allowed:
        no_missing(array, name)
    if np.isinf(array).any():
        row, column = np.argwhere(np.isinf(array))[0]
        raise ValueError(f"{name} has an infinite value in row {row}, column {column}; correct or remove it")
    return array


def squarable(X: np.ndarray, name: str = "X") -> np.ndarray:
    """The table itself. ValueError for numbers whose squares are beyond what a float can say."""
    if np.abs(X).max() > 1e150:
        raise ValueError(
            f"{name} has numbers as large as {np.abs(X).max():.1g}; divide them by a larger unit"
        )
    return X


def category_table(X: Any, name: str = "X") -> np.ndarray:
    """`X` as an array of shape (n, d) of categories: words or numbers, none missing."""
    array = table_with_gaps(X, name)
    no_missing(array, name)
    return array


def table_with_gaps(X: Any, name: str = "X") -> np.ndarray:
    """`X` as an array of shape (n, d) of anything; entries may be missing."""
    array = _words_or_numbers(X, name)
    if array.dtype.kind == "U" and not isinstance(X, np.ndarray):
        array = np.asarray(X, dtype=object)  # else [["red", 3]] would become two words
    return _two_dimensional(array, name)


def _words_or_numbers(values: Any, name: str) -> np.ndarray:
    """`values` as an array that keeps what is missing: NumPy writes NaN among words as the word "nan"."""
    array = np.asarray(values)
    if array.dtype.kind != "U":
        return array
    if isinstance(values, np.ndarray):
        written = next((word for word in ("nan", "None") if (array == word).any()), None)
        if written is not None:
            raise ValueError(
                f"{name} holds the word {written!r}, which NumPy writes for a missing entry among words; "
                f"make the array with dtype=object, so that what is missing stays missing"
            )
        return array
    with_gaps = np.asarray(values, dtype=object)
    return with_gaps if missing(with_gaps).any() else array


def no_missing(array: np.ndarray, name: str) -> None:
    """ValueError that says how many entries are missing and where the first is."""
    places = np.argwhere(missing(array))
    if len(places):
        where = ", ".join(f"{axis} {i}" for axis, i in zip(("row", "column"), places[0], strict=False))
        raise ValueError(
            f"{name} has {len(places)} missing entries, the first in {where}; fill them first "
            f"(SimpleImputer) or remove those rows"
        )


def _two_dimensional(array: np.ndarray, name: str) -> np.ndarray:
    if array.ndim != 2:
        help = f"; for one feature write {name}[:, None]" if array.ndim == 1 else ""
        raise ValueError(f"{name} must have shape (n, d), one row per sample; got shape {array.shape}{help}")
    if 0 in array.shape:
        raise ValueError(f"{name} has shape {array.shape}; at least one row and one column are needed")
    return array


def same_length(**columns: np.ndarray) -> None:
    """ValueError that names both columns and both lengths if they differ."""
    (first, a), *others = columns.items()
    for name, b in others:
        if len(a) != len(b):
            raise ValueError(
                f"{first} has {len(a)} samples, but {name} has {len(b)}; they must be the same rows"
            )
