"""How fast is grading? The same files, graded by nbgrader's own autograde and by ours, in one run.

Every submission imports NumPy and PyTorch and takes a step of an optimizer. nbgrader grades a few of them,
which is enough for its rate; ours grades all, with one worker and with two. The start of the warm parent is
in our times; so are the marks and the notebooks in autograded/. The machine's load is printed
with the table, for a rate says little on a busy one.
"""

import json
import shutil
import tempfile
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import psutil

from course import grading, sources
from course.errors import CourseError
from course.exercises import KeptLog, settings
from course.grading import book as books
from course.places import ROOT

EXERCISE = "05_backward"
TORCH = (
    "import torch\nweight = torch.zeros(3, requires_grad=True)\n"
    "optimizer = torch.optim.SGD([weight], lr=0.1)\n(weight - 1).square().sum().backward()\noptimizer.step()"
)
MEGABYTE = 1 << 20
# The aims: the least ratio to nbgrader's rate, and the most MB beyond the shared parent.
LEAST = {"1 worker": 10.0, "2 workers": 20.0}
MOST_MEMORY = 400.0


def bench(submissions: int = 100, by_nbgrader: int = 8) -> dict[str, float]:
    """Print the table, and return the rates (submissions a second) and the memory of a worker in MB."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="course-bench-") as folder:
        root = Path(folder)
        for name in ("sources", "solutions", "exercises"):
            shutil.copytree(ROOT / name, root / name)
        hand_in(root, submissions)
        print(conditions())
        print(f"{'':34}{'submissions':>12}{'seconds':>9}{'a second':>10}{'ratio':>8}")
        seconds = nbgrader_alone(root, by_nbgrader)
        found["nbgrader"] = by_nbgrader / seconds
        _line("nbgrader autograde, one process", by_nbgrader, seconds, 1.0)
        for workers in (1, 2):
            seconds, memory = ours(root, workers)
            name = f"{workers} worker{'s' if workers > 1 else ''}"
            found[name] = submissions / seconds
            _line(f"course autograde, {name}", submissions, seconds, found[name] / found["nbgrader"])
            found[f"memory, {name}"] = memory
    print(f"\nA submission adds at most {found['memory, 1 worker']:.0f} MB to the warm parent's memory.")
    print("\n".join([conditions(), *missed(found)]))
    return found


def conditions() -> str:
    """What the machine does besides: a table without it says nothing."""
    load = ", ".join(f"{one:.1f}" for one in psutil.getloadavg())
    return f"Load of the last 1, 5 and 15 minutes: {load}, on {psutil.cpu_count()} cores."


def missed(found: dict[str, float]) -> list[str]:
    """A line for each aim that was not reached.

    >>> missed({"nbgrader": 0.1, "1 worker": 1.1, "2 workers": 1.5, "memory, 1 worker": 14.0})
    ['Missed: 2 workers are 15.0 times as fast as nbgrader, the aim is 20.']
    """
    lines = []
    for name, least in LEAST.items():
        ratio = found[name] / found["nbgrader"]
        if ratio < least:
            verb = "are" if name.endswith("s") else "is"
            lines.append(
                f"Missed: {name} {verb} {ratio:.1f} times as fast as nbgrader, the aim is {least:g}."
            )
    if found["memory, 1 worker"] > MOST_MEMORY:
        lines.append(f"Missed: {found['memory, 1 worker']:.0f} MB a submission, the aim is {MOST_MEMORY:g}.")
    return lines


def _line(name: str, number: int, seconds: float, ratio: float) -> None:
    print(f"{name:34}{number:12}{seconds:9.1f}{number / seconds:10.2f}{ratio:7.1f}×", flush=True)


def hand_in(root: Path, number: int) -> None:
    """Let so many students hand in the solution, with a cell that uses PyTorch."""
    source = sources.exercise(EXERCISE, root)
    notebook = json.loads(source.built.read_text(encoding="utf-8"))
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "own",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    notebook["cells"].insert(2, {**cell, "source": TORCH})
    for student in range(number):
        place = root / "submitted" / f"student {student:05}" / EXERCISE
        place.mkdir(parents=True)
        (place / f"{EXERCISE}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def nbgrader_alone(root: Path, number: int) -> float:
    """Seconds that nbgrader takes for the first of them, in a class of its own; its marks must be full."""
    from nbgrader.apps import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory
    from sqlalchemy.exc import SAWarning

    own = root / "nbgrader"
    for name in ("solutions", "exercises"):
        shutil.copytree(root / name, own / name)
    for place in sorted((root / "submitted").iterdir())[:number]:
        shutil.copytree(place, own / "submitted" / place.name)
    config = settings(own)
    config.CourseDirectory.db_url = f"sqlite:///{own / 'gradebook.db'}"
    api = NbGraderAPI(CourseDirectory(config=config), config=config, log=KeptLog())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # nbgrader's own, a dozen lines for each submission
        api.generate_assignment(EXERCISE)
        begin = time.perf_counter()
        for place in sorted((own / "submitted").iterdir()):
            api.autograde(EXERCISE, place.name)
        seconds = time.perf_counter() - begin
    with api.gradebook as book:
        scores = [one.score for one in book.assignment_submissions(EXERCISE)]
    if len(scores) != number or len(set(scores)) != 1 or not scores[0]:
        raise CourseError(f"nbgrader did not grade the files as it should: {scores}.")
    return seconds


def ours(root: Path, workers: int) -> tuple[float, float]:
    """Seconds for the class from nothing to marks, and the most memory that a child had of its own, in MB."""
    for name in ("autograded", "gradebook.db"):
        path = root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    with books.opened(root):
        pass  # nbgrader's is made by its release, which is not timed either
    watch = _Watch()
    watch.start()
    begin = time.perf_counter()
    marks = grading.autograde(EXERCISE, root=root, workers=workers)
    seconds = time.perf_counter() - begin
    watch.stop()
    if any(mark.points != mark.most for mark in marks):
        raise CourseError("The solutions did not get full points.")
    return seconds, watch.most / MEGABYTE


class _Watch(threading.Thread):
    """Looks now and then at the memory that children of warm parents have to themselves."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most = 0
        self.done = threading.Event()

    def run(self) -> None:
        """Look until `stop` is called."""
        while not self.done.wait(0.2):
            for process in psutil.Process().children(recursive=True):
                try:
                    if process.uids().real >= 60_001:
                        self.most = max(self.most, process.memory_full_info().uss)
                except psutil.Error:
                    continue

    def stop(self) -> None:
        """End the watch."""
        self.done.set()
        self.join()
