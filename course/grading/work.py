"""Grading one submission from its bytes, and doing so in several processes at once.

What a worker gets and gives back is plain; it never sees the gradebook. The one process that owns the
gradebook collects the results.
"""

import ast
import atexit
import ctypes
import hashlib
import json
import os
import signal
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

import nbformat

import helpers
from course.errors import CourseError
from course.grading.arrange import Step, arranged
from course.grading.book import FAILED, GRADED, REFUSED, Result
from course.grading.receive import Refused, cells_of
from course.grading.sandbox import Limits, Nursery
from course.grading.sitting import Outcome, secret_of, sit
from course.grading.written import executed

PR_SET_PDEATHSIG = 1
TRIES = 3  # of a submission whose worker ends


@dataclass(frozen=True)
class Setting:
    """What all submissions of a run have in common; sent once to each worker.

    `secret` is the run's, `teachers` stays from run to run: cases are drawn from the one or the other.
    """

    lesson: str
    released: bytes
    release: str
    secret: bytes
    teachers: bytes = b""
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
                Path(helpers.__file__).parent,
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
            return Done(self.result(job, REFUSED, str(refused), notes))
        try:
            outcome = self.sit(steps, job.student)
        except CourseError:
            raise
        except Exception as error:
            self.close()
            words = f"the grader itself stumbled ({type(error).__name__}: {str(error)[:200]}); grade it again"
            return Done(self.result(job, FAILED, words, notes))
        return self._done(job, steps, outcome, notes)

    def sit(self, steps: Sequence[Step], student: str) -> Outcome:
        """Run and judge the cells of a submission, in the sandbox."""
        personal = secret_of(self.setting.teachers, student)
        return sit(steps, self.nursery, self.setting.secret, personal)

    def result(self, job: Job, state: str, problem: str, notes: list[str]) -> Result:
        """What goes into the gradebook for a submission that was not run."""
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


class Places(Protocol):
    """Where submissions are graded, one at a time in each place. Use it in a `with` statement."""

    def free(self) -> list[Any]:
        """The places that have nothing to do; at least one where nothing runs."""

    def send(self, place: Any, job: Job) -> None:
        """Let a job be graded in a place."""

    def finished(self) -> list[tuple[Job, Done | None]]:
        """Wait for a job to end; None stands for what came of one whose worker has ended."""

    @property
    def busy(self) -> bool:
        """Whether anything runs."""


def grade_all(
    setting: Setting, jobs: Iterable[Job], workers: int = 1, make: Callable[..., Bench] = Bench
) -> Iterator[Done]:
    """The results of all jobs, as they come; `make` makes the bench of each process."""
    if workers <= 1:
        bench = make(setting)
        try:
            for job in jobs:
                yield bench.grade(job)
        finally:
            bench.close()
        return
    with Processes(setting, workers, make) as places:
        yield from spread(places, setting, jobs)


def spread(places: Places, setting: Setting, jobs: Iterable[Job]) -> Iterator[Done]:
    """Send jobs to places as these become free; a class is never in memory as a whole.

    A worker that ends costs only the job that it had, which is tried again. One that has ended as many as
    `TRIES` workers gets a FAILED and a sentence.
    """
    left, again, ends = iter(jobs), deque[Job](), Counter[str]()
    ready: list[Done] = []
    while True:
        for place in places.free():
            job = again.popleft() if again else next(left, None)
            if job is None:
                break
            places.send(place, job)
        yield from ready  # when the workers have something to do again
        ready = []
        if not places.busy:
            return
        for job, done in places.finished():
            if done is not None:
                ready.append(done)
                continue
            ends[job.student] += 1
            if ends[job.student] < TRIES:
                again.append(job)
            else:
                words = f"its worker ended, {TRIES} times; look what it does, then grade it again"
                ready.append(Done(Bench(setting).result(job, FAILED, words, list(job.notes))))


class Processes:
    """Places that are processes of this machine, each of which begins anew when it has ended."""

    def __init__(self, setting: Setting, number: int, make: Callable[..., Bench] = Bench) -> None:
        self.setting = setting
        self.make = make
        self.pools = {place: self._begun(place) for place in range(number)}
        self.running: dict[Future[Done], tuple[int, Job]] = {}

    def _begun(self, place: int) -> ProcessPoolExecutor:
        given = (self.make, self.setting, place, os.getpid())
        return ProcessPoolExecutor(1, get_context("spawn"), _begin, given)

    def free(self) -> list[int]:
        """The numbers of the processes that have nothing to do."""
        return sorted(self.pools.keys() - {place for place, _ in self.running.values()})

    def send(self, place: int, job: Job) -> None:
        """Let a process grade a job; one that ended while it had nothing to do is begun again."""
        try:
            future = self.pools[place].submit(_grade, job)
        except BrokenProcessPool:
            self._renew(place)
            future = self.pools[place].submit(_grade, job)
        self.running[future] = (place, job)

    def finished(self) -> list[tuple[Job, Done | None]]:
        """What has come, at least one."""
        found: list[tuple[Job, Done | None]] = []
        for future in wait(self.running, return_when=FIRST_COMPLETED).done:
            place, job = self.running.pop(future)
            try:
                found.append((job, future.result()))
            except BrokenProcessPool:
                self._renew(place)
                found.append((job, None))
        return found

    def _renew(self, place: int) -> None:
        self.pools[place].shutdown()
        self.pools[place] = self._begun(place)

    @property
    def busy(self) -> bool:
        """Whether anything runs."""
        return bool(self.running)

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, *_: object) -> None:
        for pool in self.pools.values():
            pool.shutdown(cancel_futures=True)  # and wait: a second call would not


_HERE: dict[str, Bench] = {}


def _begin(make: Callable[..., Bench], setting: Setting, number: int, parent: int) -> None:
    """Make this process a worker, which ends with the process that began it."""
    if hasattr(signal, "SIGKILL") and os.path.exists("/proc"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _HERE["bench"] = make(setting, number)
    atexit.register(_HERE["bench"].close)


def _grade(job: Job) -> Done:
    return _HERE["bench"].grade(job)
