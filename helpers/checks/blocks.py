"""Building blocks of verdicts: rules that most tasks share, so that a task reads like its specification.

Each block makes a `Rule` (or a case, for `raises`). `expected` is a function of the case; `key` picks a
part of what the probe returned, when that is a dict (a name) or a list (a number); `name` is what the learner
calls that part.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.checks.plain import short
from helpers.checks.probing import Observation
from helpers.checks.task import Case, Rule

Expected = Callable[[Case], Any]
RTOL, ATOL = 1e-7, 1e-9  # room for another order of summation in float64, and for nothing else
SINGLE = 1e-5  # what a computation in float32 may be off, as a share of the largest number
_KINDS = {
    "b": "booleans",
    "i": "integers",
    "u": "integers",
    "f": "floats",
    "c": "complex numbers",
    "U": "text",
}


def part(value: Any, key: str | int | None) -> Any:
    """The part of a probe's value that a rule is about."""
    return value if key is None else value[key]


def _numbers(value: Any, key: str | int | None) -> np.ndarray:
    """That part as a numeric array; raises `TypeError` for text and ragged lists."""
    array = np.asarray(part(value, key))
    if array.dtype.kind not in "biufc":
        raise TypeError(f"not numeric: {array.dtype}")
    return array


def _named(key: str | int | None, name: str = "") -> str:
    if name or isinstance(key, str):
        return f" of {name or key}"
    return "" if key is None else f" of part {key + 1}"


def close(got: Any, want: Any, rtol: float = RTOL, atol: float = ATOL, single: bool = True) -> bool:
    """Whether |got - want| ≤ atol + rtol · |want| everywhere, in the same shape.

    Numbers that float32 can hold were computed in it, and may be off by `SINGLE` of the largest; where the
    task is about precision, `single=False` forbids that. NaN equals NaN; text is close to nothing.

    >>> close([1.0, 2.0], np.array([1.0, 2.0 + 1e-12])), close([1.0], [[1.0]]), close("1", 1)
    (True, False, False)
    >>> close(np.float32(0.100001), 0.1), close(np.float32(0.100001), 0.1, single=False)
    (True, False)
    """
    got, want = np.asarray(got), np.asarray(want, dtype=float)
    if got.dtype.kind not in "biuf" or got.shape != want.shape:
        return False
    if single and got.dtype.kind == "f" and is_single(got):
        largest = np.abs(want[np.isfinite(want)]).max(initial=0)
        rtol, atol = max(rtol, SINGLE), max(atol, SINGLE * float(largest))
    return bool(np.allclose(got, want, rtol=rtol, atol=atol, equal_nan=True))


def is_single(numbers: np.ndarray) -> bool:
    """Whether float32 holds all the numbers as they are: whoever computes in it gives such, in any dtype."""
    if numbers.dtype.itemsize == 2:  # float16 has three digits only
        return False
    with np.errstate(over="ignore"):
        return np.array_equal(numbers, numbers.astype(np.float32), equal_nan=True)


def expected_and_got(want: Any, got: Any) -> str:
    """Two lines that show two values; when they hardly differ, also by how much.

    Of arrays that are too long to be shown, the first place is named at which they differ.

    >>> print(expected_and_got(0.5, 0.25))
    expected: 0.5
    got:      0.25
    >>> print(expected_and_got(np.zeros((9, 9)), np.eye(9)).splitlines()[-1])
    first at [0, 0]: expected 0, got 1
    >>> print(expected_and_got(np.array([1.0, 2.0]), np.array([1.0, 2.0 + 3e-9])).splitlines()[-1])
    the largest difference is 3e-09
    """
    want, got = np.asarray(want), np.asarray(got)
    lines = [f"expected: {short(want)}", f"got:      {short(got)}"]
    if close(got, want, rtol=1e-4, atol=1e-7) and got.size:
        lines.append(f"the largest difference is {np.abs(np.subtract(got, want, dtype=float)).max():.1g}")
    elif (
        lines[0].endswith("…")
        and want.shape == got.shape
        and {want.dtype.kind, got.dtype.kind} <= set("biuf")
    ):
        place = tuple(np.argwhere(~np.isclose(got, want, rtol=SINGLE, equal_nan=True))[0].tolist())
        right, came = short(want[place].item()), short(got[place].item())
        lines.append(f"first at {list(place)}: expected {right}, got {came}")
    elif lines[0][10:] == lines[1][10:]:
        lines[1] += f" (dtype {got.dtype})"
    return "\n".join(lines)


def close_to(
    expected: Expected,
    *,
    rtol: float = RTOL,
    atol: float = ATOL,
    single: bool = True,
    hint: str = "",
    key: str | int | None = None,
    name: str = "",
) -> Rule:
    """The numbers agree, as `close` says.

    >>> close_to(lambda case: case["x"] + 1).holds({"x": 1.0}, 2.0 + 1e-12)
    True
    """

    def holds(case: Case, value: Any) -> bool:
        return close(_numbers(value, key), expected(case), rtol, atol, single)

    def what(case: Case, value: Any) -> str:
        both = expected_and_got(expected(case), _numbers(value, key))
        return f"the value{_named(key, name)} is off\n{both}"

    return Rule(what, holds, hint)


def same_shape(expected: Expected, *, hint: str = "", key: str | int | None = None, name: str = "") -> Rule:
    """The shape is that of `expected(case)`: an array, or a shape given as a tuple.

    >>> same_shape(lambda case: (2, 3)).holds({}, np.zeros((2, 3)))
    True
    """

    def shape(case: Case) -> tuple[int, ...]:
        want = expected(case)
        return want if isinstance(want, tuple) else np.shape(want)

    return Rule(
        lambda case, value: (
            f"the shape{_named(key, name)} is wrong: expected {shape(case)}, got {np.shape(part(value, key))}"
        ),
        lambda case, value: np.shape(part(value, key)) == shape(case),
        hint,
    )


def same_dtype(kind: str, *, hint: str = "", key: str | int | None = None) -> Rule:
    """The numbers are of a kind: "f" floats, "i" integers (signed or not), "b" booleans, "U" text."""
    allowed = "iu" if kind in "iu" else kind

    def got(value: Any) -> np.dtype:
        return np.asarray(part(value, key)).dtype

    return Rule(
        lambda case, value: f"expected {_KINDS[kind]}{_named(key)}, got dtype {got(value)}",
        lambda case, value: got(value).kind in allowed,
        hint,
    )


def no_nan(*, hint: str = "", key: str | int | None = None) -> Rule:
    """No number is NaN or infinite."""

    def holds(case: Case, value: Any) -> bool:
        return bool(np.all(np.isfinite(_numbers(value, key))))

    def what(case: Case, value: Any) -> str:
        bad = int(np.sum(~np.isfinite(_numbers(value, key))))
        return f"{bad} of the numbers{_named(key)} are NaN or infinite: got {short(part(value, key))}"

    return Rule(what, holds, hint or "Where can 0/0, log(0) or exp of a large number come from?")


def leaves_input_unchanged(*names: str, hint: str = "") -> Rule:
    """The learner's code does not modify the named inputs (all inputs, when none is named)."""

    def changed(seen: Observation) -> list[str]:
        return [name for name in seen.changed if not names or name in names]

    return Rule(
        lambda case, seen: f"your code changes its input {' and '.join(changed(seen))}",
        lambda case, seen: not changed(seen),
        hint or "Whoever calls you still needs the input as it was: work on a copy, x.copy().",
        of="observation",
    )


def no_loop_over_rows(rows: Callable[[Case], int], *, most: int = 60, hint: str = "") -> Rule:
    """No Python loop over the rows: the number of lines run stays small. The task needs `counting=True`.

    `most` lines are allowed whatever the size; make cases whose `rows(case)` is well above it.
    """
    return Rule(
        lambda case, seen: f"{seen.steps} lines of Python ran for {rows(case)} rows: a loop over the rows",
        lambda case, seen: seen.steps <= most or rows(case) <= most,
        hint or "NumPy works on whole arrays at once: replace the loop by one expression on the array.",
        of="observation",
    )


def raises(
    error: type[Exception], *, because: str, hint: str = "", names: int | str | None = None, **inputs: Any
) -> Case:
    """A case that must be refused with an error of that type; its message has to hold `names`.

    >>> raises(ValueError, because="test_size is 1.5", test_size=1.5)["raises"]
    'ValueError'
    """
    case: Case = {**inputs, "raises": error.__name__, "because": because}
    if names is not None:
        case["names"] = str(names)
    return {**case, "hint": hint} if hint else case
