"""A large class through a Dask cluster on this machine: is a mark lost, and does memory grow?

All is real but for one thing: submissions lie in files, two workers and a scheduler are processes of their
own, results go into a gradebook and into autograded/, and a worker is killed halfway. What is simulated is
the run of a submission in the sandbox: a hash of its cells gives the points.
"""

import contextlib
import csv
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from course import grading, sources
from course.errors import CourseError
from course.grading.arrange import Step
from course.grading.sitting import Outcome, TaskResult
from course.grading.work import Bench
from course.places import ROOT, environment
from helpers.checks import find_task

EXERCISE = "05_backward"
MEGABYTE = 1 << 20
ROWS = 10  # of the table


class Simulated(Bench):
    """A bench that takes a submission in and writes it down as ever, and runs nothing of it."""

    def sit(self, steps: Sequence[Step], student: str) -> Outcome:
        """Points from a hash of the answers."""
        outcome = Outcome()
        answers = "".join(step.source for step in steps if step.answer)
        for step in steps:
            if step.kind == "check":
                points, most = points_of(step.task, answers), find_task(step.task).points
                outcome.results[step.id] = TaskResult(step.task, points, most, 0, 4, "simulated")
        return outcome


def points_of(task: str, answers: str) -> float:
    """The simulated points of a task: other answers, other points."""
    return round(find_task(task).points * (hashlib.sha256((task + answers).encode()).digest()[0] % 5) / 4, 2)


@dataclass(frozen=True)
class Loopback:
    """A cluster on this machine: its address, and its processes."""

    address: str
    scheduler: psutil.Process
    nannies: psutil.Process

    @property
    def workers(self) -> list[psutil.Process]:
        """The processes that run submissions; each is begun again when it ends."""
        found = []
        for one in self.nannies.children():
            with contextlib.suppress(psutil.Error):  # one that has just ended
                if "spawn_main" in " ".join(one.cmdline()):
                    found.append(one)
        return found


@contextlib.contextmanager
def loopback(workers: int = 2) -> Iterator[Loopback]:
    """Start a scheduler and workers as a teacher would, and end them."""
    with tempfile.TemporaryDirectory(prefix="course-cluster-") as folder, contextlib.ExitStack() as stack:
        where = Path(folder) / "scheduler.json"
        local = ["--scheduler-file", str(where), "--no-dashboard", "--host", "127.0.0.1"]

        def start(*words: str) -> psutil.Process:
            command = [sys.executable, "-m", "dask", *words, *local]
            begun = subprocess.Popen(
                command, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            stack.callback(_end, begun)
            return psutil.Process(begun.pid)

        def address() -> str:
            try:
                return str(json.loads(where.read_text(encoding="utf-8"))["address"])
            except (OSError, ValueError):  # it is not there yet, or half of it
                return ""

        scheduler = start("scheduler", "--port", "0")
        _until(lambda: bool(address()))
        parts = ["--nworkers", str(workers), "--nthreads", "1", "--local-directory", folder]
        nannies = start("worker", *parts)
        yield Loopback(address(), scheduler, nannies)


def _end(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        for one in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
    process.wait()


def _until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise CourseError("The cluster did not start.")
        time.sleep(0.05)


def simulate(number: int, cluster: Loopback) -> list[dict[str, float]]:
    """Print the table and return its rows: marks so far, seconds, and MB of each kind of process.

    number: of submissions. Raises `CourseError` for a mark that is not there or not as it must be.
    """
    with tempfile.TemporaryDirectory(prefix="course-bench-") as folder:
        root = Path(folder)
        for name in ("sources", "solutions", "exercises"):
            shutil.copytree(ROOT / name, root / name)
        expected = hand_in(root, number)
        table = _Table(number, cluster)
        grading.autograde(EXERCISE, root=root, report=table.report, scheduler=cluster.address, make=Simulated)
        grading.export(root / "marks.csv", root)
        with open(root / "marks.csv", encoding="utf-8-sig", newline="") as file:
            exported = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    wrong = [student for student in expected if exported.get(student) != expected[student]]
    if wrong or len(exported) != number:
        raise CourseError(f"{len(wrong)} of {number} marks are lost or wrong, such as that of {wrong[:1]}.")
    print(f"\nAll {number} marks are exported, each as it must be, though a worker was killed halfway.")
    return table.rows


def hand_in(root: Path, number: int) -> dict[str, float]:
    """Let so many students hand in, each something else; returns what they must get."""
    notebook = json.loads(sources.exercise(EXERCISE, root).released.read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["id"].endswith("-answer")]
    tasks = [cell["id"].removesuffix("-answer").replace("-", "/", 1) for cell in cells]
    expected = {}
    for student in (f"student {count:05}" for count in range(number)):
        cells[0]["source"] = f"# {student}"
        answers = "".join("".join(cell["source"]) for cell in cells)
        expected[student] = round(sum(points_of(task, answers) for task in tasks), 4)
        place = root / "submitted" / student / EXERCISE
        place.mkdir(parents=True)
        (place / f"{EXERCISE}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    return expected


class _Table:
    """The table, as the marks come."""

    def __init__(self, number: int, cluster: Loopback) -> None:
        self.each = max(number // ROWS, 1)
        self.middle = number // 2
        self.cluster = cluster
        self.rows: list[dict[str, float]] = []
        self.marks = 0
        self.begin = time.perf_counter()
        print(
            f"{'marks':>7}{'seconds':>9}{'a second':>10}{'grader':>9}{'scheduler':>11}{'a worker':>10}  (MB)"
        )

    def report(self, _: grading.Mark) -> None:
        """Count a mark; say how things stand now and then, and kill a worker in the middle."""
        self.marks += 1
        if self.marks == self.middle:
            self.cluster.workers[0].kill()
        if self.marks % self.each == 0:
            self.tell()

    def tell(self) -> None:
        """A row of the table."""
        row = {
            "marks": self.marks,
            "seconds": time.perf_counter() - self.begin,
            "grader": _megabytes(psutil.Process()),
            "scheduler": _megabytes(self.cluster.scheduler),
            "worker": max(map(_megabytes, self.cluster.workers), default=0.0),
        }
        self.rows.append(row)
        rate = self.marks / row["seconds"]
        print(
            f"{self.marks:7}{row['seconds']:9.1f}{rate:10.1f}{row['grader']:9.0f}{row['scheduler']:11.0f}"
            f"{row['worker']:10.0f}",
            flush=True,
        )


def _megabytes(process: psutil.Process) -> float:
    try:
        return process.memory_info().rss / MEGABYTE
    except psutil.Error:
        return 0.0
