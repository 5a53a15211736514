"""Grading one submission from its bytes, and doing so in several processes at once.

What a worker gets and gives back is plain; it never sees the gradebook. The one process that owns the
gradebook collects the results.
"""

import ast
import ctypes
import hashlib
import json
import os
import signal
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import nbformat

from course.errors import CourseError
from course.grading.arrange import Step, arranged
from course.grading.book import FAILED, GRADED, REFUSED, Result
from course.grading.receive import Refused, cells_of
from course.grading.sandbox import Limits, Nursery
from course.grading.sitting import Outcome, sit
from course.grading.written import executed

PR_SET_PDEATHSIG = 1
TRIES = 2


@dataclass(frozen=True)
class Setting:
    """What all submissions of a run have in common; sent once to each worker."""

    name: str
    lesson: str
    helpers: str
    released: bytes
    release: str
    secret: bytes
    modules: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    unsafe: bool = False


@dataclass(frozen=True)
class Job:
    """One submission: its bytes, or the reason why there are none."""

    student: str
    data: bytes | None
    notes: tuple[str, ...] = ()
    refused: str = ""
    timestamp: str = ""

    @property
    def digest(self) -> str:
        """The hash of what was handed in, with its time; a changed one is graded again."""
        told = json.dumps([self.refused, self.timestamp, list(self.notes)]).encode("utf-8", "replace")
        return hashlib.sha256((self.data or b"") + b"\0" + told).hexdigest()


@dataclass(frozen=True)
class Done:
    """What came of a job: the result for the gradebook, and the notebook as it was run ("" if it was not)."""

    result: Result
    notebook: str = ""


def modules_of(released: nbformat.NotebookNode) -> tuple[str, ...]:
    """The modules that the cells of an exercise import, for the warm parent; with torch, which many use."""
    found = ["torch"]
    for cell in released.cells:
        if cell.cell_type != "code":
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Import):
                found += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(dict.fromkeys(found))


class Bench:
    """Where submissions are graded one after the other: a nursery, made anew if it should end."""

    def __init__(self, setting: Setting, number: int = 0) -> None:
        self.setting = setting
        self.number = number
        self.released = nbformat.reads(setting.released.decode("utf-8"), as_version=4)
        self.most = sum(c.metadata.nbgrader.points for c in self.released.cells if c.metadata.nbgrader.grade)
        self._nursery: Nursery | None = None

    @property
    def nursery(self) -> Nursery:
        """A nursery that is alive."""
        if self._nursery is not None and not self._nursery.alive:
            self.close()
        if self._nursery is None:
            setting = self.setting
            self._nursery = Nursery(
                Path(setting.helpers),
                [setting.lesson],
                setting.modules,
                setting.limits,
                number=self.number,
                unsafe=setting.unsafe,
            )
        return self._nursery

    def close(self) -> None:
        """End the nursery."""
        if self._nursery is not None:
            self._nursery.close()
        self._nursery = None

    def grade(self, job: Job) -> Done:
        """Grade one submission; whatever is wrong with it, or with the grading of it, is in the result."""
        notes = list(job.notes)
        try:
            if job.data is None:
                raise Refused(job.refused)
            cells, repaired = cells_of(job.data)
            steps, moved = arranged(cells, self.released)
            notes += [*repaired, *moved]
        except Refused as refused:
            return Done(self._result(job, REFUSED, str(refused), notes))
        try:
            outcome = sit(steps, self.nursery, self.setting.secret)
        except CourseError:
            raise
        except Exception as error:
            self.close()
            words = f"the grader itself stumbled ({type(error).__name__}: {str(error)[:200]}); grade it again"
            return Done(self._result(job, FAILED, words, notes))
        return self._done(job, steps, outcome, notes)

    def _result(self, job: Job, state: str, problem: str, notes: list[str]) -> Result:
        return Result(
            student=job.student,
            digest=job.digest,
            release=self.setting.release,
            state=state,
            most=self.most,
            problem=problem,
            notes=notes,
            timestamp=job.timestamp,
        )

    def _done(self, job: Job, steps: Sequence[Step], outcome: Outcome, notes: list[str]) -> Done:
        result = Result(
            student=job.student,
            digest=job.digest,
            release=self.setting.release,
            state=GRADED,
            most=self.most,
            notes=list(dict.fromkeys([*notes, *outcome.notes])),
            tasks={check: vars(one) for check, one in outcome.results.items()},
            seconds=round(outcome.seconds, 2),
            timestamp=job.timestamp,
        )
        return Done(result, executed(self.released, steps, outcome))


def grade_all(setting: Setting, jobs: Iterable[Job], workers: int = 1) -> Iterator[Done]:
    """The results of all jobs, as they come. A worker that dies costs its job a second try, then a FAILED."""
    if workers <= 1:
        bench = Bench(setting)
        try:
            for job in jobs:
                yield bench.grade(job)
        finally:
            bench.close()
        return
    yield from _in_processes(setting, list(jobs), workers)


def _in_processes(setting: Setting, jobs: list[Job], workers: int) -> Iterator[Done]:
    tries = dict.fromkeys((job.student for job in jobs), 0)
    waiting = jobs
    while waiting:
        context = get_context("spawn")
        numbers = context.Queue()
        for number in range(workers):
            numbers.put(number)
        again: list[Job] = []
        pool = ProcessPoolExecutor(workers, context, _begin, (setting, numbers, os.getpid()))
        try:
            running: dict[Future[Done], Job] = {}
            left = iter(waiting)
            for job in _some(left, 2 * workers):
                running[pool.submit(_grade, job)] = job
            while running:
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    job = running.pop(future)
                    try:
                        yield future.result()
                    except BrokenProcessPool:
                        again.append(job)
                        continue
                    for following in _some(left, 1):
                        running[pool.submit(_grade, following)] = following
        except BrokenProcessPool:
            pass
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        again += list(left)
        waiting = []
        for job in again:
            tries[job.student] += 1
            if tries[job.student] > TRIES:
                yield Done(Bench(setting)._result(job, FAILED, "its worker ended, twice; grade it again", []))
            else:
                waiting.append(job)


def _some(jobs: Iterator[Job], number: int) -> list[Job]:
    return [job for _, job in zip(range(number), jobs, strict=False)]


_HERE: dict[str, Any] = {}


def _begin(setting: Setting, numbers: Any, parent: int) -> None:
    """Make this process a worker, which ends with the process that began it."""
    if hasattr(signal, "SIGKILL") and os.path.exists("/proc"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _HERE["bench"] = Bench(setting, numbers.get())


def _grade(job: Job) -> Done:
    return _HERE["bench"].grade(job)
