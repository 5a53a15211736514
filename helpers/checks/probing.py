"""The probe's side of a check: run a learner's code and write down what happened, as plain data.

Nothing here knows what the right answer is. What is written down: the value, what was printed, which
inputs were changed, the error with the learner's own line, and whether the time was up.
"""

import contextlib
import copy
import ctypes
import io
import linecache
import logging
import os
import re
import signal
import sys
import sysconfig
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from helpers.checks.plain import same_plain, to_plain

TIME_LIMIT = 10.0  # seconds for all cases of one check; a right answer needs well under one
_PRINTED_LIMIT = 2_000  # characters that are kept of what a learner prints
_CHECKS = str(Path(__file__).resolve().parent) + os.sep
_LIBRARIES = (
    str(Path(__file__).resolve().parent.parent) + os.sep,  # helpers
    sysconfig.get_path("stdlib") + os.sep,
    "<frozen",
    "<__array_function__",
)
# How Python says that a call does not fit: "f() takes 2 positional arguments but 3 were given".
_MISFIT = re.compile(r"(takes|expected|missing|multiple|unexpected).*argument|not callable")


Answer = Callable[..., Any]
_ANSWERS: list[Answer] = []  # who answers what the running probe asks; the last one


class TimeIsUp(BaseException):
    """Ends code that runs too long. Not an `Exception`, so that `except Exception` cannot swallow it."""


class ReturnedNothing(Exception):
    """The learner's function gave back None where a value was expected."""


class Seen:
    """What a probe returns when it saw more than the answer: the learner's answer, and the rest by name.

    A verdict reads both from one dict; a learner is shown the answer only.

    >>> Seen([0, 1], calls=2).value
    {'answer': [0, 1], 'calls': 2}
    """

    def __init__(self, answer: Any, **beside: Any) -> None:
        self.value = {"answer": answer, **beside}


@dataclass
class Observation:
    """What one run of a learner's code did, in plain data only.

    `value` is what the probe returned (of a `Seen`, the dict), `answer` the learner's part of it; `printed`
    the text that was printed; `changed` the names of the
    inputs that were modified in place; `error` None or a dict with `type` and `kinds` (the type and those
    that it derives from), `message`, `line_number`, `line` and `function` (the learner's own) and
    `arguments` (true when the call itself did not fit); `timed_out` whether the time limit ended it (`error`
    says in which line); `steps` the number of lines run, where the task counts them.
    """

    value: Any = None
    answer: Any = None
    printed: str = ""
    changed: list[str] = field(default_factory=list)
    error: dict[str, Any] | None = None
    timed_out: bool = False
    steps: int = 0


class _FirstWords(io.TextIOBase):
    """A text stream that keeps the beginning and lets the rest go."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        if len(self.text) < _PRINTED_LIMIT:
            self.text += text[: _PRINTED_LIMIT - len(self.text)]
        return len(text)


def call(learner: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """What the learner's function returns; None counts as a forgotten `return`.

    >>> call(abs, -2)
    2
    """
    value = learner(*arguments, **named)
    if value is None:
        raise ReturnedNothing
    return value


def ask(name: str, *arguments: Any) -> Any:
    """What the judge's side answers to a probe: the result of the task's function `outside[name]`.

    So a callback that a learner gets can depend on what the learner must find out, which is not in the
    process that runs the learner's code. Raises `ValueError` where that function cannot take the arguments.
    """
    return _ANSWERS[-1](name, *arguments)


def count_steps(run: Callable[[], Any]) -> tuple[Any, int]:
    """Run `run()` and count the lines and calls of Python code that are not the library's.

    A loop over rows takes more steps when there are more rows; array code does not.
    """
    steps = 0

    def watch(frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        nonlocal steps
        if _is_library(frame.f_code.co_filename):
            return None
        steps += 1
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        value = run()
    finally:
        sys.settrace(before)
    return value, steps


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TimeIsUp` in the running code after so many seconds."""
    if threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
        limit: contextlib.AbstractContextManager[None] = _limit_by_signal(seconds)
    else:  # Windows, or a thread of a kernel
        limit = _limit_by_thread(seconds)
    with limit:
        yield


@contextlib.contextmanager
def _limit_by_signal(seconds: float) -> Iterator[None]:
    def ring(*_: Any) -> None:
        raise TimeIsUp

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.2)  # again and again: a bare `except:` may swallow one
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _limit_by_thread(seconds: float) -> Iterator[None]:
    runner = threading.get_ident()
    done = threading.Event()

    def ring() -> None:
        wait = seconds
        while not done.wait(wait):
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(runner), ctypes.py_object(TimeIsUp))
            wait = 0.2

    bell = threading.Thread(target=ring, daemon=True)
    bell.start()
    try:
        yield
    finally:
        done.set()
        bell.join()


def observe(
    probe: Callable[[Any, Any], Any],
    learner: Any,
    case: Mapping[str, Any],
    *,
    seconds: float = TIME_LIMIT,
    counting: bool = False,
    answer: Answer | None = None,
) -> Observation:
    """Run the probe on a learner's object for one case and write down what happened.

    `answer` is what `ask` calls. Warnings and printed text are caught: `nbgrader` takes a line on standard
    error for a failure.

    >>> observe(lambda learner, case: learner(case["x"]), lambda x: x + 1, {"x": 2}).value
    3
    """
    given = copy.deepcopy(dict(case))
    seen = Observation()
    printed = _FirstWords()
    _ANSWERS.append(answer or _no_answer)
    try:
        with (
            contextlib.redirect_stdout(printed),
            _no_warnings(),
            time_limit(max(seconds, 0.01)),
        ):
            if counting:
                value, seen.steps = count_steps(lambda: probe(learner, given))
            else:
                value = probe(learner, given)
            seen.value = to_plain(value.value if isinstance(value, Seen) else value)
            seen.answer = seen.value["answer"] if isinstance(value, Seen) else seen.value
    except TimeIsUp as error:
        seen.timed_out, seen.error = True, describe_error(error)
    except (Exception, SystemExit) as error:
        seen.error = describe_error(error)
    finally:
        _ANSWERS.pop()
    seen.printed = printed.text
    seen.changed = [
        name for name, value in case.items() if not same_plain(to_plain(value), to_plain(given[name]))
    ]
    return seen


def _no_answer(name: str, *arguments: Any) -> Any:
    raise LookupError(f"nobody answers {name!r} here")


@contextlib.contextmanager
def _no_warnings() -> Iterator[None]:
    """Keep standard error empty; also of `logging`, whose handlers hold on to that of when they were made."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _is_library(filename: str) -> bool:
    """Whether code of that file is not the learner's own."""
    return filename.startswith(_LIBRARIES) or "site-packages" in filename or filename.endswith(".pyx")


def describe_error(error: BaseException) -> dict[str, Any]:
    """The type and message of an error, and the learner's own line that led to it."""
    frames = traceback.extract_tb(error.__traceback__)
    own = next((frame for frame in reversed(frames) if not _is_library(frame.filename)), None)
    line = linecache.getline(own.filename, own.lineno or 0).strip() if own else ""
    try:
        message = " ".join(str(error).split())[:300]
    except Exception:  # an exception of the learner's that cannot say what it is
        message = ""
    called_by_us = frames[-1].filename.startswith(_CHECKS)
    return {
        "type": type(error).__name__,
        "kinds": [kind.__name__ for kind in type(error).__mro__],
        "message": message,
        "line_number": own.lineno if own else None,
        "line": line or (own.line if own else "") or "",
        "function": own.name if own else "",
        "arguments": isinstance(error, TypeError) and called_by_us and bool(_MISFIT.search(message)),
    }


def now() -> float:
    """Seconds of a clock that only runs forward."""
    return time.perf_counter()
