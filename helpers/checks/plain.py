"""Plain data: the only thing that crosses between a learner's code and its judge.

Plain are None, booleans, numbers, strings, NumPy arrays of those, and lists and dicts of plain data.
Whatever else an answer holds becomes a note of its type, so that the judge never runs a method of an
object that a learner made.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

NOT_PLAIN = "not plain"
_PLAIN_KINDS = "biufcUS"  # booleans, integers, unsigned, floats, complex, text, bytes
_MAX_DEPTH = 8
_SHORT = 110  # characters of a value that are shown to a learner


def to_plain(value: Any, depth: int = 0) -> Any:
    """A copy of `value` as plain data; tuples become lists.

    Anything that is not plain becomes `{"not plain": "<name of its type>"}`.

    >>> to_plain((1, "a", np.float32(0.5)))
    [1, 'a', 0.5]
    >>> to_plain({3, 4})
    {'not plain': 'set'}
    """
    kind = type(value)
    if depth > _MAX_DEPTH:
        return {NOT_PLAIN: "a structure nested too deeply"}
    if value is None or kind in (bool, int, float, complex, str):
        return value
    if isinstance(value, np.generic) and value.dtype.kind in _PLAIN_KINDS:
        return value.item()
    if kind is np.ndarray:
        if value.dtype.kind in _PLAIN_KINDS:
            return value.copy()
        return {NOT_PLAIN: f"array with dtype {value.dtype}"}
    if kind in (list, tuple):
        return [to_plain(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {str(key): to_plain(item, depth + 1) for key, item in dict.items(value)}
    module = kind.__module__.split(".")[0]
    name = kind.__name__ if module in ("builtins", "__main__") else f"{module}.{kind.__name__}"
    return {NOT_PLAIN: name}


def type_that_is_not_plain(value: Any) -> str | None:
    """The name of the first type in `value` that could not cross, or None.

    >>> type_that_is_not_plain([1, {"not plain": "set"}])
    'set'
    """
    if isinstance(value, dict):
        if set(value) == {NOT_PLAIN}:
            return str(value[NOT_PLAIN])
        parts = list(value.values())
    elif isinstance(value, list):
        parts = value
    else:
        return None
    return next((name for name in map(type_that_is_not_plain, parts) if name), None)


def same_plain(a: Any, b: Any) -> bool:
    """Whether two plain values are equal to the bit (NaN equals NaN, dtypes and shapes count).

    >>> same_plain([np.array([1.0, np.nan])], [np.array([1.0, np.nan])])
    True
    """
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        numeric = a.dtype.kind in "fc"
        return a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b, equal_nan=numeric)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same_plain, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same_plain(a[key], b[key]) for key in a)
    return bool(a == b) or (isinstance(a, float) and a != a and b != b)


def same_form(want: Any, answer: Any) -> bool:
    """Whether an answer has the form of another: lists as long as its lists or tuples, numbers for numbers.

    >>> same_form(([1.0, 2.0], np.zeros(3)), [[0, np.ones(4)], [1, 2]]), same_form(1.0, "1")
    (True, False)
    """
    if isinstance(want, list | tuple):
        return (
            isinstance(answer, list | tuple)
            and len(answer) == len(want)
            and all(map(same_form, want, answer))
        )
    try:
        return np.asarray(answer).dtype.kind in "biufc"
    except ValueError:  # rows of different lengths
        return False


def short(value: Any, limit: int = _SHORT) -> str:
    """A value in at most about `limit` characters, for a line that a learner reads.

    >>> short(np.arange(6.0).reshape(2, 3))
    '[[0. 1. 2.] [3. 4. 5.]]'
    >>> short(np.zeros((100, 3)))
    'array of shape (100, 3): 0, 0, 0, 0, 0, 0, …'
    """
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            return short(value.item())
        text = " ".join(np.array2string(value, precision=6, threshold=24, max_line_width=10_000).split())
        if value.size <= 24 and len(text) <= limit:
            return text.replace("[ ", "[").replace(" ]", "]")
        rounded = value.dtype.kind in "fc"
        first = ", ".join(f"{item:.4g}" if rounded else short(item.item()) for item in value.flat[:6])
        return f"array of shape {value.shape}: {first}, …"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, (list, dict)):
        inner = (
            ", ".join(short(item, limit // 2) for item in value[:12]) + (", …" if len(value) > 12 else "")
            if isinstance(value, list)
            else ", ".join(f"{key}: {short(item, limit // 2)}" for key, item in value.items())
        )
        text = f"[{inner}]" if isinstance(value, list) else f"{{{inner}}}"
    elif isinstance(value, int) and value.bit_length() > 4 * limit:  # Python refuses to write very long ones
        text = f"a whole number of {value.bit_length()} bits"
    else:
        text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def first_of(items: Iterable[int], most: int = 5) -> str:
    """The smallest of some numbers, for a line that a learner reads.

    >>> first_of({3, 1, 2}, most=2)
    '1, 2, …'
    """
    ordered = sorted(items)
    return ", ".join(str(item) for item in ordered[:most]) + (", …" if len(ordered) > most else "")
