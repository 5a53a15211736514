"""Task 1: a file of parameters is read, and refused when it is not what the program needs."""

import contextlib
import io
import pickle
from typing import Any

import numpy as np

from helpers.checks.blocks import raises
from helpers.checks.plain import short
from helpers.checks.probing import call
from helpers.checks.task import Case, Task, Wrong, verdict

Array = np.ndarray
RAN = "a program in the file has run"
VERSIONS = ["digits 1.0", "digits 1.1"]
KNOWS = "Compare the names in the file with those of `shapes`, in both directions."
NAMES = "archive.files holds all names: ask it before you read one."
FINITE = "np.isfinite is False for NaN and for both infinities."
NOTHING_RUNS = "np.load runs nothing as long as allow_pickle stays False: then a ValueError comes by itself."


class _Program:
    """What pickle writes down of it is a call of print: harmless, and it can be seen."""

    def __reduce__(self) -> tuple[Any, ...]:
        return print, (RAN,)


def _file(arrays: dict[str, Any]) -> Array:
    """The bytes of the .npz file (n,)."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    return np.frombuffer(file.getvalue(), np.uint8)


def _cases(rng: np.random.Generator) -> list[Case]:
    """Two files that are right, and each fault by itself in one that is right but for that."""
    d, h = (int(size) for size in rng.permutation([3, 4, 5, 6])[:2])
    shapes = {"0.W": (d, h), "0.b": (h,), "2.W": (h, 2), "2.b": (2,)}
    good: dict[str, Any] = {"version": VERSIONS[1]}
    good |= {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}

    def case(**changes: Any) -> Case:
        arrays = {key: array for key, array in {**good, **changes}.items() if array is not None}
        return _case(_file(arrays), {key: _words(array) for key, array in arrays.items()}, shapes)

    def holding(name: str, number: float) -> dict[str, Array]:
        array = good[name].copy()
        array.flat[rng.integers(array.size)] = number
        return {name: array}

    first = good["0.W"]
    backwards = dict(reversed(good.items()))
    right = [case(), _case(_file(backwards), {key: _words(a) for key, a in backwards.items()}, shapes)]
    # Names, what is wrong, the change, and the hint that the framework's own would not give.
    faults: list[tuple[str, str, dict[str, Any], str]] = [
        ("version", "the file has no version", {"version": None}, NAMES),
        ("version", "the version 'digits 1' is not known", {"version": "digits 1"}, ""),
        ("version", "the version 'digits 2.0' is not known", {"version": "digits 2.0"}, ""),
        ("2.b", "2.b is missing", {"2.b": None}, KNOWS),
        ("4.W", "4.W is in the file, and not in shapes", {"4.W": first}, KNOWS),
        ("0.W", f"0.W has shape {(h, d)}", {"0.W": first.T}, "As many numbers are not the same shape."),
        ("2.W", f"2.W has shape {(h, 1)}", {"2.W": good["2.W"][:, :1]}, "Look at each number of the shape."),
        ("0.b", f"0.b has shape {(1, h)}", {"0.b": good["0.b"][None]}, "(1, h) is not (h,)."),
        ("0.W", "0.W is float64", {"0.W": first.astype(float)}, "Look at array.dtype."),
        ("2.b", "2.b is int32", {"2.b": np.array([1, 2], np.int32)}, "Look at array.dtype."),
        ("2.W", "2.W holds NaN", holding("2.W", np.nan), FINITE),
        ("0.b", "0.b holds infinity", holding("0.b", np.inf), FINITE),
        ("0.b", "0.b holds minus infinity", holding("0.b", -np.inf), FINITE),
    ]
    refused = [
        raises(ValueError, because=because, names=name, hint=hint, **case(**change))
        for name, because, change, hint in faults
    ]
    program = np.array([_Program()] + [None] * (h - 1), dtype=object)
    alone = np.frombuffer(pickle.dumps(_Program()), np.uint8)
    for because, given in (
        ("0.b is a pickle", case(**{"0.b": program})),
        ("the file is a pickle", _case(alone, {"a pickle": "a program"}, shapes)),
    ):
        refused.append(raises(ValueError, because=because, hint=NOTHING_RUNS, **given))
    return [*right, *refused]


def _words(array: Any) -> str:
    return array if isinstance(array, str) else f"{array.dtype} {array.shape}"


def _case(content: Array, holds: dict[str, str], shapes: dict[str, tuple[int, ...]]) -> Case:
    """What a file `holds` is for the learner to read."""
    as_lists = {name: list(shape) for name, shape in shapes.items()}
    return {"holds": holds, "shapes": as_lists, "versions": VERSIONS, "content": content}


def _probe(learner: Any, case: Case) -> Any:
    """The answer, or that a program in the file has run, whatever came of it."""
    shapes = {name: tuple(shape) for name, shape in case["shapes"].items()}
    printed, failed, answer = io.StringIO(), None, None
    with contextlib.redirect_stdout(printed):
        try:
            answer = call(learner, io.BytesIO(case["content"].tobytes()), shapes, list(case["versions"]))
        except Exception as error:
            failed = error
    if RAN in printed.getvalue():
        return RAN
    print(printed.getvalue(), end="")
    if failed:
        raise failed
    return answer


@verdict
def _as_saved(case: Case, answer: Any) -> None:
    with np.load(io.BytesIO(case["content"].tobytes())) as archive:
        saved = {name: archive[name] for name in archive.files}
    if not isinstance(answer, dict):
        raise Wrong(f"expected a dict of arrays by name, got {short(answer)}", "End with `return found`.")
    if "version" in answer:
        raise Wrong("the version is among the parameters", "The dict holds what is in `shapes`.")
    if set(answer) != set(case["shapes"]):
        what = f"expected the names {', '.join(case['shapes'])}; got {', '.join(answer) or 'none'}"
        raise Wrong(what, "The dict holds each parameter of `shapes`, under its name.")
    for name, got in answer.items():
        if not isinstance(got, np.ndarray) or got.dtype != np.float32:
            raise Wrong(f"{name} is no array of float32: got {short(got)}", "Return it as it was read.")
        if not np.array_equal(got, saved[name]):
            what = (
                f"{name} is not what the file holds\nexpected: {short(saved[name])}\ngot:      {short(got)}"
            )
            raise Wrong(what, "Return it as it was read.")


load = Task(
    "deployment/load",
    points=4,
    signature="load(file, shapes, versions)",
    cases=_cases,
    probe=_probe,
    show=("holds", "shapes", "versions"),
    hints={
        "ValueError": "This file is as it should be. Which of your tests refuses it?",
        "UnpicklingError": "np.savez writes no pickle: read it with np.load.",
        "KeyError": "Which names does the file hold, and which does `shapes`?",
    },
    verdict=_as_saved,
)
