"""How plain data crosses between two processes: bytes that are read strictly, and never unpickled.

The text is JSON. What JSON lacks is an object with one key that names the kind: `array`, `dict`, `float`,
`complex`, `bytes`, `int`. Whoever reads trusts nothing: sizes, depths and kinds are checked.
"""

import base64
import json
import math
import re
from typing import Any

import numpy as np

from helpers.checks.plain import NOT_PLAIN, to_plain
from helpers.checks.probing import Observation

MOST_BYTES = 32_000_000
_MOST_ITEMS, _MOST_DEPTH, _MOST_BITS = 2_000_000, 16, 65_536
_MOST_ROOM = 100_000_000  # what the dimensions of an array may multiply to, those of length 0 left out
_DTYPE = re.compile(r"[|<](b1|[iu][1248]|f[248]|c8|c16|U\d{1,5}|S\d{1,5})")
_NUMBERS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class NotReadable(ValueError):
    """What came is not plain data as this module writes it."""


def dumps(value: Any) -> bytes:
    """Plain data as bytes; anything else becomes the note of its type that `to_plain` makes.

    >>> dumps([1, 0.5, float("nan"), {"a": None}])
    b'[1,0.5,{"float":"nan"},{"dict":{"a":null}}]'
    """
    return json.dumps(_packed(to_plain(value)), separators=(",", ":")).encode("ascii")


def _packed(value: Any) -> Any:
    if value is None or type(value) in (bool, str):
        return value
    if type(value) is int:
        if value.bit_length() > _MOST_BITS:
            return {"dict": {NOT_PLAIN: f"a whole number of {value.bit_length()} bits"}}
        return value if value.bit_length() < 64 else {"int": hex(value)}
    if type(value) is float:
        return value if math.isfinite(value) else {"float": repr(value)}
    if type(value) is complex:
        return {"complex": [_packed(value.real), _packed(value.imag)]}
    if type(value) is bytes:
        return {"bytes": base64.b64encode(value).decode("ascii")}
    if type(value) is list:
        return [_packed(item) for item in value]
    if type(value) is dict:
        return {"dict": {key: _packed(item) for key, item in value.items()}}
    return _packed_array(value)


def _packed_array(array: np.ndarray) -> Any:
    array = np.asarray(array, order="C")
    if array.dtype.kind in "fc" and array.dtype.itemsize > (8 if array.dtype.kind == "f" else 16):
        array = array.astype(float if array.dtype.kind == "f" else complex)
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return {"array": [array.dtype.str, list(array.shape), base64.b64encode(array.tobytes()).decode("ascii")]}


def loads(data: bytes) -> Any:
    """The plain data that `dumps` wrote. Raises `NotReadable` for anything else, however it was made.

    >>> loads(dumps({"x": np.arange(3), "y": (1, 2)}))
    {'x': array([0, 1, 2]), 'y': [1, 2]}
    """
    if len(data) > MOST_BYTES:
        raise NotReadable(f"{len(data)} bytes")
    try:
        return _Reader().unpacked(json.loads(data.decode("ascii"), parse_constant=_refuse))
    except NotReadable:
        raise
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError, MemoryError) as error:
        raise NotReadable(type(error).__name__) from None


def _refuse(name: str) -> None:
    raise NotReadable(name)


class _Reader:
    def __init__(self) -> None:
        self.items = 0

    def unpacked(self, value: Any, depth: int = 0) -> Any:
        self.items += 1
        if self.items > _MOST_ITEMS or depth > _MOST_DEPTH:
            raise NotReadable("too many parts")
        if isinstance(value, list):
            return [self.unpacked(item, depth + 1) for item in value]
        if not isinstance(value, dict):
            return value
        ((kind, content),) = value.items()
        if kind == "dict":
            return {key: self.unpacked(item, depth + 1) for key, item in content.items()}
        if kind == "float":
            return _NUMBERS[content]
        if kind == "complex":
            real, imag = (self.unpacked(part) for part in content)
            return complex(float(real), float(imag))
        if kind == "bytes":
            return base64.b64decode(content, validate=True)
        if kind == "int":
            if not isinstance(content, str) or len(content) > _MOST_BITS // 4 + 3:
                raise NotReadable("a long number")
            return int(content, 16)
        if kind == "array":
            return _array(*content)
        raise NotReadable(kind)


def _array(dtype: Any, shape: Any, content: Any) -> np.ndarray:
    if not isinstance(dtype, str) or not _DTYPE.fullmatch(dtype) or not isinstance(shape, list):
        raise NotReadable("an array of another kind")
    if len(shape) > 16 or not all(type(length) is int and length >= 0 for length in shape):
        raise NotReadable("the shape of an array")
    if math.prod(length or 1 for length in shape) > _MOST_ROOM:
        raise NotReadable("a large array")
    numbers = np.frombuffer(base64.b64decode(content, validate=True), np.dtype(dtype)).reshape(shape).copy()
    if numbers.dtype.kind == "b" and numbers.size and numbers.view("u1").max() > 1:
        raise NotReadable("a truth value")
    if numbers.dtype.kind == "U" and numbers.nbytes and numbers.reshape(-1).view("<u4").max() > 0x10FFFF:
        raise NotReadable("a character")
    return numbers


def from_observation(seen: Observation, *, is_seen: bool) -> dict[str, Any]:
    """What was observed, for `dumps`; `is_seen` where the probe returned a `Seen`."""
    return {**vars(seen), "answer": None, "seen": is_seen}


def to_observation(data: Any) -> Observation:
    """An observation of what `from_observation` made. Raises `NotReadable` for anything else."""
    kinds = {"printed": str, "changed": list, "timed_out": bool, "steps": int, "seen": bool}
    if not isinstance(data, dict) or data.keys() != {*kinds, "value", "answer", "error"}:
        raise NotReadable("not an observation")
    if any(type(data[name]) is not kind for name, kind in kinds.items()) or data["steps"] < 0:
        raise NotReadable("an observation of another form")
    if not all(isinstance(name, str) for name in data["changed"]):
        raise NotReadable("names that are none")
    value, answer = data["value"], data["value"]
    if data["seen"]:
        if not isinstance(value, dict) or "answer" not in value:
            raise NotReadable("no answer")
        answer = value["answer"]
    return Observation(
        value=value,
        answer=answer,
        printed=data["printed"][:2000],
        changed=[name[:100] for name in data["changed"][:20]],
        error=_error(data["error"]),
        timed_out=data["timed_out"],
        steps=data["steps"],
    )


def _error(error: Any) -> dict[str, Any] | None:
    if error is None:
        return None
    texts = {"type": 100, "message": 300, "line": 300, "function": 100}
    if not isinstance(error, dict) or error.keys() != {*texts, "kinds", "line_number", "arguments"}:
        raise NotReadable("an error of another form")
    if not all(isinstance(error[name], str) for name in texts) or type(error["arguments"]) is not bool:
        raise NotReadable("an error of another kind")
    if not isinstance(error["kinds"], list) or not all(isinstance(kind, str) for kind in error["kinds"]):
        raise NotReadable("an error of no kind")
    if not isinstance(error["line_number"], int | None):
        raise NotReadable("an error in no line")
    return {
        **{name: error[name][:most] for name, most in texts.items()},
        "kinds": [kind[:100] for kind in error["kinds"][:50]],
        "line_number": error["line_number"],
        "arguments": error["arguments"],
    }
