"""What a task is, and how an answer to it is judged.

A task reads like its specification: the cases, what is run (probe), the rules an answer must keep
(verdict), each with the hint for the mistake that breaks it. The share of cases that pass gives the points.
"""

import functools
import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from helpers.checks.plain import short, type_that_is_not_plain
from helpers.checks.probing import TIME_LIMIT, Answer, Observation, now, observe

Case = dict[str, Any]
# Keys of a case that belong to the judge and never reach the learner's process.
JUDGE_ONLY = ("raises", "because", "hint", "names", "secret")
LOOK = "Run your function on the input above and look at that line."
NAME = "Run the cell that makes this name first (the imports are in the first cell), or correct its spelling."
NONE = (
    "A name in this line holds None. What works in place returns None: after `a = rng.shuffle(b)`, as after "
    "`a = b.sort()`, b has changed, and a is None."
)
POWER = "In Python `^` is no power, `**` is."
AND = "`&` comes before `==`: each of the two comparisons needs parentheses."
LOADING = (
    "The time was up while this line loaded a library. Write it above the function, and run that cell first: "
    "the check counts no time there."
)
TIME = (
    "A right answer takes a small part of that. Is there a loop that does not end, or that has far more "
    "turns than it needs?"
)
SHORT_LIMIT = 3.0  # seconds for what comes after the first case that fails
# How a judgement ends that looks for something in an answer where there is nothing of the kind.
_UNREADABLE = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError)


@dataclass(frozen=True)
class Finding:
    """What is wrong with an answer, in the words that the learner reads."""

    what: str
    hint: str = ""


@dataclass(frozen=True)
class Rule:
    """One property of a right answer.

    `what` says what is wrong when the property does not hold: a text, or a function of (case, value)
    that names both sides. `holds(case, value)` looks at what the probe returned; with
    `of="answer"` at the learner's part of it, with `of="observation"` at the whole `Observation`.

    >>> rule = Rule("the sum is off", lambda case, value: value == case["a"] + 1, hint="Add one.")
    >>> rule.holds({"a": 1}, 2)
    True
    """

    what: str | Callable[[Any, Any], str]
    holds: Callable[[Any, Any], bool]
    hint: str = ""
    of: str = "value"

    def __call__(self, case: Case, seen: Observation) -> Finding | None:
        """None if the rule holds, else what is wrong. A value that the rule cannot even read is wrong too."""
        about = {"value": seen.value, "answer": seen.answer, "observation": seen}[self.of]
        try:
            with np.errstate(all="ignore"):
                if self.holds(case, about):
                    return None
            what = self.what if isinstance(self.what, str) else self.what(case, about)
        except _UNREADABLE:
            return unreadable(seen)
        return Finding(what, self.hint)


Verdict = Callable[[Case, Observation], Finding | None]


class Wrong(Exception):
    """Ends a judgement at the first fault: what is wrong with the answer, and the hint for it.

    >>> raise Wrong("the sum is 4, expected 5", "Does it start at 0?")
    Traceback (most recent call last):
    helpers.checks.task.Wrong: the sum is 4, expected 5
    """

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.finding = Finding(what, hint)


def verdict(judge: Callable[[Case, Any], None]) -> Verdict:
    """A verdict from a plain function of (case, value), which raises `Wrong` at the first fault.

    `value` is what the probe returned: the answer, or the dict of a `Seen`. An answer that the function
    cannot read (it meets a `TypeError`, a `KeyError` …) is told to have an unexpected form.

    >>> @verdict
    ... def adds_one(case, value):
    ...     if value != case["a"] + 1:
    ...         raise Wrong(f"expected {case['a'] + 1}, got {value}", "Add one.")
    >>> adds_one({"a": 1}, Observation(value=3)).what
    'expected 2, got 3'
    """

    @functools.wraps(judge)
    def judged(case: Case, seen: Observation) -> Finding | None:
        try:
            with np.errstate(all="ignore"):
                judge(case, seen.value)
        except Wrong as wrong:
            return wrong.finding
        except _UNREADABLE:
            return unreadable(seen)
        return None

    return judged


def unreadable(seen: Observation) -> Finding:
    """What is said of an answer that a judgement cannot read: what it is, and nothing that is ours."""
    return Finding(
        f"the answer has an unexpected form: got {short(seen.answer)}",
        "Compare it with the example of the task: the same kinds of things, in the same order.",
    )


def all_of(*verdicts: Verdict) -> Verdict:
    """A verdict that reports the first finding of several; a `Rule` is a verdict too."""

    def first(case: Case, seen: Observation) -> Finding | None:
        return next((finding for one in verdicts if (finding := one(case, seen))), None)

    return first


@dataclass(frozen=True)
class Slip:
    """A wrong answer that a verdict knows: `answer` in a learner's place is told `what` and `hint`."""

    answer: Any
    what: str
    hint: str


@dataclass(frozen=True)
class Task:
    """One task of an exercise.

    `id` is "lesson/name"; `cases(rng)` makes a list of dicts of plain data; `probe(learner, case)` runs the
    learner's object on one case; `verdict(case, observation)` judges; `slips` are wrong answers that the
    verdict knows, for the tests; `hints` gives a hint for a type of error ("IndexError", or "TimeIsUp" at the
    time limit), or for how its words begin ("ValueError: k ("; what is longer stands first); `signature` is
    how the task asks for it; `show` names the inputs that are printed on a failure (all by default);
    `counting` asks for the number of lines run; `outside` are functions of (case, …) that a probe reaches
    with `ask`: they know what a case keeps under "secret"; `by_student` draws the cases of a graded
    submission from the student's name, so that neighbours have other numbers.
    """

    id: str
    points: float
    cases: Callable[[np.random.Generator], Sequence[Case]]
    probe: Callable[[Any, Any], Any]
    verdict: Verdict
    slips: Sequence["Slip"] = ()
    hints: Mapping[str, str] = field(default_factory=dict)
    signature: str = ""
    show: tuple[str, ...] | None = None
    counting: bool = False
    outside: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    by_student: bool = False

    @property
    def name(self) -> str:
        """The name of the function or class that the learner writes."""
        return self.signature.split("(")[0] or self.id.split("/")[1]

    def judge(self, case: Case, seen: Observation) -> Finding | None:
        """None for a right answer, else the first thing that is wrong with it."""
        if "raises" in case and not seen.timed_out:
            return _judge_refusal(self, case, seen)
        return _judge_the_run(self, seen) or self.verdict(case, seen)


@dataclass(frozen=True)
class Report:
    """The outcome of a check: how many cases passed, and the first that did not."""

    task: Task
    passed: int
    total: int
    case: Case | None = None
    finding: Finding | None = None

    @property
    def points(self) -> float:
        """The points earned: finite, between 0 and the task's points."""
        return round(self.task.points * self.passed / self.total, 2)

    @property
    def complete(self) -> bool:
        """Whether every case passed."""
        return self.passed == self.total


def grade(task: Task, learner: Any, *, seed: int = 0) -> Report:
    """Run a task's cases on a learner's object and judge them. The same seed gives the same cases.

    A task that runs out of time is not run on further cases. Once a case has failed, the others together
    get `SHORT_LIMIT` at most: whoever waits for them knows already that something is wrong.
    """

    def run(given: Case, seconds: float, answer: Answer) -> Observation:
        return observe(task.probe, learner, given, seconds=seconds, counting=task.counting, answer=answer)

    return grade_runs(task, run, seed=seed)


def grade_runs(task: Task, run: Callable[[Case, float, Answer], Observation], *, seed: int = 0) -> Report:
    """Like `grade`, where `run(inputs, seconds, answer)` runs the probe, perhaps in another process.

    `answer(name, *arguments)` is what the probe's `ask` is answered with.
    """

    def answering(case: Case) -> Answer:
        return lambda name, *arguments: task.outside[name](case, *arguments)

    cases = list(task.cases(np.random.default_rng(seed)))
    end = now() + TIME_LIMIT
    passed, first_case, first_finding, stopped = 0, None, None, False
    for case in cases:
        given = {key: value for key, value in case.items() if key not in JUDGE_ONLY}
        if stopped:
            break
        seen = run(given, end - now(), answering(case))
        finding = task.judge(case, seen)
        stopped = seen.timed_out
        if finding is None:
            passed += 1
        elif first_finding is None:
            first_case, first_finding = case, finding
            end = min(end, now() + SHORT_LIMIT)
    return Report(task, passed, len(cases), first_case, first_finding)


def _judge_the_run(task: Task, seen: Observation) -> Finding | None:
    """What every task asks for: it ends, raises nothing, and gives back a value of a kind we can read."""
    if seen.timed_out:
        error = seen.error or {"line": ""}
        loading = error["line"].startswith(("import ", "from "))
        return Finding(
            f"{task.name} was still running after {TIME_LIMIT:.0f} seconds and was stopped{_where(error)}",
            LOADING if loading else task.hints.get("TimeIsUp", TIME),
        )
    if seen.error:
        return _judge_error(task, seen)
    if seen.answer is None:
        return _nothing_returned(task, seen)
    alien = type_that_is_not_plain(seen.value)
    if alien:
        return Finding(
            f"{task.name} returned something of type {alien}, which the check cannot read",
            "Return NumPy arrays, numbers, strings, lists or dicts, as the task says.",
        )
    return None


def _nothing_returned(task: Task, seen: Observation) -> Finding:
    if seen.printed.strip():
        return Finding(
            f"{task.name} prints its answer and returns None",
            "Printing shows a value to you; `return` gives it to the caller. Replace print(…) by return ….",
        )
    return Finding(f"{task.name} returned None", "Is the line with `return` missing, or not reached?")


def _judge_error(task: Task, seen: Observation) -> Finding:
    error = seen.error or {}
    kind, message = error["type"], error["message"]
    if kind == "ReturnedNothing":
        return _nothing_returned(task, seen)
    if kind == "NotImplementedError":
        stub = error["function"]
        needed = f"{stub} is not written yet, and {task.name} needs it"
        return Finding(
            needed if stub not in ("", "<lambda>", task.name) else f"{task.name} is not written yet",
            "Replace the line `raise NotImplementedError(…)` by your answer and run the cell, then this one.",
        )
    if error["arguments"] and "not callable" in message:
        return Finding(
            f"{task.name} is no longer a function: {message}",
            f"Did a cell write `{task.name} = …`? Run the cell with `def {task.name}` again, then this one.",
        )
    if error["arguments"]:
        asked = task.signature or task.name
        return Finding(
            f"{task.name} cannot be called as the task asks: {message}",
            f"The task asks for {asked}. Compare the number of arguments, their order and their names.",
        )
    what = f"{kind}{_where(error)}\n{message}" if message else f"{kind}{_where(error)}"
    told = [(start, hint) for start, hint in task.hints.items() if f"{kind}: {message}".startswith(start)]
    if "'NoneType'" in message:  # the task may know better which name that is
        return Finding(what, next((hint for start, hint in told if start != kind), NONE))
    if "'bitwise_xor'" in message or "for ^:" in message:
        return Finding(what, POWER)
    if "truth value" in message and re.search(r"==[^()]*&|&[^()]*==", error["line"]):
        return Finding(what, AND)
    return Finding(what, told[0][1] if told else NAME if kind == "NameError" else LOOK)


def _where(error: Mapping[str, Any]) -> str:
    return f" in your line {error['line_number']}: {error['line']}" if error["line"] else ""


def _judge_refusal(task: Task, case: Case, seen: Observation) -> Finding | None:
    """Judge a case that must be refused with an error of a named type."""
    wanted, because = case["raises"], case.get("because", "the input is wrong")
    got = seen.error["type"] if seen.error else None
    if seen.error and wanted in seen.error["kinds"]:
        return _judge_message(seen.error, case, f"{because}: a {got} came")
    if got == "NotImplementedError" or (seen.error and seen.error["arguments"]):
        return _judge_error(task, seen)
    returned = type_that_is_not_plain(seen.answer) or ""
    if returned.endswith("Error"):
        return Finding(
            f"{because}: it returned a {returned}; use raise",
            "`return` hands the error over as if it were an answer, and the caller goes on with it.",
        )
    came = f"{got} came" if got and got != "ReturnedNothing" else f"it returned {short(seen.answer)}"
    hint = case.get("hint") or f"Test for it first and `raise {wanted}` with a message that names the value."
    return Finding(f"{because}: expected a {wanted}, but {came}", hint)


def _judge_message(error: Mapping[str, Any], case: Case, came: str) -> Finding | None:
    """Whether an error says something, and names what is wrong where the case asks for it."""
    wanted, message = case["raises"], error["message"]
    if not message:
        return Finding(
            f"{came}, without a word",
            f"Whoever reads the error asks what is wrong: {wanted}(…) takes a message that says it.",
        )
    if "names" in case and not re.search(rf"(?<![\w.-]){re.escape(case['names'])}(?!\w)", message):
        given = ", the number that was given" if re.fullmatch(r"-?[\d.]+", case["names"]) else ""
        return Finding(
            f"{came}{_where(error)}\n{message}",
            f"The message does not name {case['names']}{given}: write it into a {wanted} of your own.",
        )
    return None


def lessons_with_tasks() -> list[str]:
    """The names of the modules in `helpers.checks` that define tasks.

    >>> "data_splits" in lessons_with_tasks()
    True
    """
    import helpers.checks as package

    shared = {"blocks", "changes", "formula", "networks", "notebook", "plain", "probing"}
    shared |= {"randomness", "rows", "task", "watched", "wire"}
    return sorted({module.name for module in pkgutil.iter_modules(package.__path__)} - shared)


def tasks_of(lesson: str) -> list[Task]:
    """The tasks of a lesson, in the order of the exercise. Raises `ValueError` for an unknown lesson."""
    known = lessons_with_tasks()
    if lesson not in known:
        raise ValueError(f"no exercise belongs to {lesson!r}; there are exercises for {', '.join(known)}")
    return list(importlib.import_module(f"helpers.checks.{lesson}").TASKS)


def find_task(task_id: str) -> Task:
    """The task with that id. Raises `ValueError` that names the nearest ones."""
    lesson, _, _ = task_id.partition("/")
    for task in tasks_of(lesson):
        if task.id == task_id:
            return task
    known = ", ".join(task.id for task in tasks_of(lesson))
    raise ValueError(f"there is no task {task_id!r}; {lesson} has {known}")
