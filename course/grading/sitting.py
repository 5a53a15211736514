"""One submission is run in a child and judged out here: the child gets inputs, and gives back what it saw.

Cases are drawn here, from a secret seed; the verdict is given here. Nothing that comes from the child is a
number of points.
"""

import hashlib
import hmac
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from course.grading.arrange import Step
from course.grading.sandbox import Child, Limits, Lost, Nursery
from helpers.checks import Task, find_task, wire
from helpers.checks.notebook import missing_name, tell
from helpers.checks.probing import TIME_LIMIT, Answer, Observation, TimeIsUp, time_limit
from helpers.checks.task import Case, Finding, Report, grade_runs

MOST_STARTS = 4  # children that are begun for one submission
JUDGING = 20.0  # seconds for the verdicts on one task; they take milliseconds


@dataclass(frozen=True)
class TaskResult:
    """What the answer to one task earned: `points` of `most`, the words for the learner, and its hint."""

    task: str
    points: float
    most: float
    passed: int
    total: int
    words: str
    hint: str = ""
    seconds: float = 0.0
    untouched: bool = False


@dataclass
class Outcome:
    """What running a submission gave: results by the ids of checks, outputs by the number of the step."""

    results: dict[str, TaskResult] = field(default_factory=dict)
    outputs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def points(self) -> float:
        """The sum of the points."""
        return round(sum(result.points for result in self.results.values()), 2)


class _Missing(Exception):
    """The name that a check takes is not there; `names` are those that are."""

    def __init__(self, names: list[str]) -> None:
        super().__init__()
        self.names = names


def seed_of(secret: bytes, task: str) -> int:
    """The seed of a task's cases, which nobody knows who does not have the secret."""
    return int.from_bytes(hmac.new(secret, task.encode(), hashlib.sha256).digest()[:16], "big")


def secret_of(teachers: bytes, student: str) -> bytes:
    """A student's own secret: always the same, and another for each neighbour."""
    return hmac.digest(teachers, student.encode("utf-8", "replace"), "sha256")


def sit(steps: Sequence[Step], nursery: Nursery, secret: bytes, personal: bytes = b"") -> Outcome:
    """Run and judge the cells of a submission, within the limits of the nursery.

    secret: what cases are drawn from; personal: the student's own, for tasks whose cases are `by_student`.

    A cell or an answer that ends its process, or does not end in time, costs itself: the others are run again
    without it.
    """
    return _Sitting(steps, nursery, secret, personal or secret).run()


class _Sitting:
    def __init__(self, steps: Sequence[Step], nursery: Nursery, secret: bytes, personal: bytes) -> None:
        self.steps = steps
        self.nursery = nursery
        self.limits: Limits = nursery.limits
        self.secret = secret
        self.personal = personal
        self.outcome = Outcome()
        self.skipped: dict[int, str] = {}  # cells that ended their process, and how
        self.begin = time.monotonic()

    @property
    def left(self) -> float:
        return self.begin + self.limits.submission - time.monotonic()

    def run(self) -> Outcome:
        for _ in range(MOST_STARTS):
            if self.left <= 0 or self._once():
                break
        for step in self.steps:
            if step.kind == "check" and step.id not in self.outcome.results:
                why = "" if self.left > 0 else f" The notebook ran for {self.limits.submission:.0f} s in all."
                self._give(
                    step, _nothing(step, f"this answer was not run: the notebook was stopped before.{why}")
                )
        self.outcome.seconds = time.monotonic() - self.begin
        return self.outcome

    def _once(self) -> bool:
        """Run everything that is still to be run; False if the child was lost on the way."""
        number = -1
        try:
            with self.nursery.child() as child:
                for number, step in enumerate(self.steps):
                    if self.left <= 0:
                        return True
                    if step.kind == "code" and number not in self.skipped:
                        self._run_cell(child, number, step)
                    elif step.kind == "check" and step.id not in self.outcome.results:
                        self._give(step, self._judged(child, step))
            return True
        except Lost as lost:
            self._lost(number, str(lost))
            return False

    def _run_cell(self, child: Child, number: int, step: Step) -> None:
        seconds = max(min(self.limits.cell, self.left), 0.1)
        reply = child.ask(
            {"do": "run", "source": step.source, "seconds": seconds}, seconds + self.limits.margin
        )
        self.outcome.outputs.setdefault(number, safe_outputs(reply.get("outputs")))
        if reply.get("error") == "TimeIsUp":
            self.outcome.notes.append(
                f"{_named(step, number)} did not end within {seconds:.0f} s and was stopped"
            )

    def _lost(self, number: int, why: str) -> None:
        step = self.steps[max(number, 0)]
        if step.kind == "check":
            self._give(
                step, _nothing(step, f"{step.name}: {why}", "TimeIsUp" if "within its time" in why else "")
            )
        else:
            self.skipped[number] = why
            text = f"This cell was stopped: {why}.\n"
            self.outcome.outputs[number] = [{"output_type": "stream", "name": "stderr", "text": text}]
        self.outcome.notes.append(f"{_named(step, number)}: {why}")

    def _give(self, step: Step, result: TaskResult) -> None:
        untouched = any(one.untouched for one in self.steps if one.id == f"{step.id}-answer")
        self.outcome.results[step.id] = replace(result, untouched=untouched)

    def _judged(self, child: Child, step: Step) -> TaskResult:
        task = find_task(step.task)
        begin = time.monotonic()

        def run(given: Case, seconds: float, answer: Answer) -> Observation:
            seconds = max(min(seconds, self.left), 0.1)
            order = {"do": "probe", "task": task.id, "name": step.name, "case": given, "seconds": seconds}
            order["counting"] = task.counting
            reply = child.ask(order, seconds + self.limits.margin, answer)
            if "names" in reply:
                names = reply["names"]
                raise _Missing([str(name)[:60] for name in names][:200] if isinstance(names, list) else [])
            try:
                return wire.to_observation(reply.get("seen"))
            except wire.NotReadable as error:
                raise Lost(f"it sent what is no answer ({error})") from None

        guarded = replace(task, verdict=_guarded(task))
        seed = seed_of(self.personal if task.by_student else self.secret, task.id)
        try:
            report = grade_runs(guarded, run, seed=seed)
        except _Missing as missing:
            return self._without_a_name(step, missing.names)
        hint = report.finding.hint if report.finding else ""
        return _result(report, tell(replace(report, task=task)), hint, time.monotonic() - begin)

    def _without_a_name(self, step: Step, names: list[str]) -> TaskResult:
        words = missing_name(step.name, dict.fromkeys(names, len))
        for number, why in self.skipped.items():
            words += f" Its cell, or one above, was stopped: {why}." if number >= 0 else ""
        return _nothing(step, words)


def _guarded(task: Task) -> Any:
    """The verdict of a task, with a limit of time, that answers whatever comes."""

    def verdict(case: Case, seen: Observation) -> Finding | None:
        try:
            with time_limit(JUDGING):
                return task.verdict(case, seen)
        except (TimeIsUp, Exception) as error:
            return Finding(
                f"the answer could not be judged ({type(error).__name__})",
                "Compare its form and its size with the example of the task.",
            )

    return verdict


def _result(report: Report, words: str, hint: str, seconds: float) -> TaskResult:
    task = report.task
    points = report.points
    if not 0 <= points <= task.points:  # also for what is no number
        return TaskResult(task.id, 0.0, task.points, 0, report.total, "the points were out of range")
    return TaskResult(task.id, points, task.points, report.passed, report.total, words, hint, seconds)


def _nothing(step: Step, words: str, kind: str = "") -> TaskResult:
    """No points, and why."""
    task = find_task(step.task)
    hint = task.hints.get(kind, "") if kind else ""
    if kind == "TimeIsUp":
        words = f"{task.name} was still running after {TIME_LIMIT:.0f} seconds and was stopped"
    return TaskResult(task.id, 0.0, task.points, 0, 0, words + (f"\nhint: {hint}" if hint else ""), hint)


def _named(step: Step, number: int) -> str:
    if step.kind == "check":
        return f"the answer to {step.task}"
    if step.answer:
        return f"the cell {step.id}"
    return f"cell {number + 1}"


def safe_outputs(outputs: Any) -> list[dict[str, Any]]:
    """What a cell put out, as a notebook may keep it: text and checked pictures, and nothing that runs."""
    kept: list[dict[str, Any]] = []
    for one in outputs[:300] if isinstance(outputs, list) else []:
        if not isinstance(one, dict):
            continue
        kind = one.get("output_type")
        if kind == "stream" and isinstance(one.get("text"), str):
            name = "stderr" if one.get("name") == "stderr" else "stdout"
            kept.append({"output_type": "stream", "name": name, "text": _text(one["text"])})
        elif kind == "error":
            trace = one.get("traceback")
            lines = (
                [_text(line) for line in trace if isinstance(line, str)] if isinstance(trace, list) else []
            )
            kept.append(
                {
                    "output_type": "error",
                    "ename": _text(str(one.get("ename"))[:100]),
                    "evalue": _text(str(one.get("evalue"))[:1000]),
                    "traceback": lines[:2000],
                }
            )
        elif kind in ("execute_result", "display_data") and isinstance(one.get("data"), dict):
            data = {"text/plain": _text(str(one["data"].get("text/plain", "")))}
            picture = one["data"].get("image/png")
            if isinstance(picture, str) and is_picture(picture):
                data["image/png"] = picture
            kept.append({"output_type": "display_data", "data": data, "metadata": {}})
    return kept


def _text(text: str) -> str:
    """Text without characters that do something: escapes of a terminal, other controls, halves of pairs."""
    text = text[:70_000].encode("utf-8", "replace").decode("utf-8")
    return "".join(c if c in "\n\t" or (c >= " " and c not in "\x7f\x9b") else "\ufffd" for c in text)


def is_picture(text: str) -> bool:
    """Whether a text is a PNG of a size that a page can show."""
    import base64
    import binascii

    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    if data[:16] != b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" or len(data) > 2_000_000 or len(data) < 33:
        return False
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    return 0 < width <= 5000 and 0 < height <= 5000
