"""Grading on several machines: submissions are spread over the workers of a Dask cluster.

Each thread of a worker gets one submission at a time, and the next when that has come back; so a worker that
dies has had no other. Only this process writes into the gradebook.

What goes to a worker is a submission, the released notebook and the secret of the run: workers are machines
of whoever grades. Into their sandboxes go probes and inputs only, as on one machine.
"""

import contextlib
import functools
import hashlib
import logging
import os
import platform
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import helpers
from course.errors import CourseError
from course.grading import sandbox
from course.grading.work import Bench, Done, Job, Setting, spread

CONNECTING = 10.0  # seconds until a scheduler answers
ABSENT = 60.0  # seconds that we wait for a worker where there is none
LOOKING = 1.0  # seconds between two looks at which workers there are
PACKAGES = ("distributed", "ipython", "nbformat", "numpy", "scipy", "scikit-learn", "torch")


def grade_all(
    setting: Setting, jobs: Iterable[Job], address: str, make: Callable[..., Bench] = Bench
) -> Iterator[Done]:
    """The results of all jobs, as they come from the cluster whose scheduler has this address.

    Raises `CourseError` where no scheduler answers, where there is no worker, for a worker that has another
    state of the course, and when the scheduler ends.
    """
    with _connected(address) as client, Workers(client, address, setting, make) as places:
        yield from spread(places, setting, jobs)


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Any]:
    from distributed import Client

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what happened is said in our words
    try:
        client = Client(address, timeout=CONNECTING)
    except (OSError, ValueError) as error:
        raise CourseError(
            f"No Dask scheduler answers at {address} ({str(error)[:200]}). Start one with "
            "`dask scheduler`, and workers with `dask worker ADDRESS --nthreads 1`."
        ) from None
    with contextlib.closing(client):
        yield client


@functools.cache
def facts(unsafe: bool) -> dict[str, str]:
    """What must be the same on all machines, or marks would depend on who graded; and what must be there."""
    found = {"Python": ".".join(platform.python_version_tuple()[:2]), "the course": _state_of_course()}
    for name in PACKAGES:
        found[name] = metadata.version(name)
    return {**found, "the sandbox": "" if unsafe else sandbox.why_not()}


def _state_of_course() -> str:
    """A hash of the files that decide about marks."""
    total = hashlib.sha256()
    for home in (Path(helpers.__file__).parent, Path(__file__).parent):
        for path in sorted(home.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                total.update(f"{path.relative_to(home).as_posix()}\0".encode() + path.read_bytes())
    return total.hexdigest()[:12]


class NotPrepared(Exception):
    """A worker began anew, and does not know what it is to do."""


class Workers:
    """Places that are threads of a cluster's workers."""

    def __init__(self, client: Any, address: str, setting: Setting, make: Callable[..., Bench]) -> None:
        self.client = client
        self.address = address
        self.given = (os.urandom(8).hex(), setting, make)
        self.unsafe = setting.unsafe
        self.threads: dict[str, int] = {}
        self.coming: dict[str, Any] = {}
        self.running: dict[Any, tuple[str, Job]] = {}
        self.looked = 0.0
        self.sent = 0

    @property
    def busy(self) -> bool:
        """Whether anything runs."""
        return bool(self.running)

    def free(self) -> list[str]:
        """The addresses of workers, once for each thread that has nothing to do."""
        self._look()
        end = time.monotonic() + ABSENT
        while not self.threads:
            if time.monotonic() > end:
                raise CourseError(
                    f"There is no worker at {self.address}. Start some with `dask worker {self.address} "
                    "--nthreads 1`, in the course's folder. What is graded is kept: the same command goes on."
                )
            time.sleep(0.2)
            self._look()
        taken = Counter(place for place, _ in self.running.values())
        return [place for place, all_ in self.threads.items() for _ in range(all_ - taken[place])]

    def send(self, place: str, job: Job) -> None:
        """Let a worker grade a job; no other may take it."""
        self.sent += 1
        try:
            future = self.client.submit(
                _grade,
                self.given[0],
                job,
                key=("course", self.given[0], self.sent),  # one group: Dask remembers every group's name
                workers=[place],
                allow_other_workers=False,
            )
        except Exception as error:
            raise self._gone(error) from None
        self.running[future] = (place, job)

    def _gone(self, error: Exception) -> CourseError:
        return CourseError(
            f"The scheduler at {self.address} is gone ({type(error).__name__}). What is graded is kept: "
            "the same command goes on."
        )

    def finished(self) -> list[tuple[Job, Done | None]]:
        """What has come, at least one."""
        from distributed import CancelledError, wait

        while True:
            with contextlib.suppress(TimeoutError, CancelledError):
                wait(list(self.running), timeout=LOOKING, return_when="FIRST_COMPLETED")
            self._look()
            ended = [
                future
                for future, (place, _) in self.running.items()
                if future.status != "pending" or place not in self.threads
            ]
            if ended:
                return [self._taken(future) for future in ended]

    def _taken(self, future: Any) -> tuple[Job, Done | None]:
        place, job = self.running.pop(future)
        try:
            return job, self._came(future, place)
        finally:
            with contextlib.suppress(Exception):
                future.cancel()  # what waits for a worker that is gone
            future.release()

    def _came(self, future: Any, place: str) -> Done | None:
        from distributed import CancelledError, KilledWorker

        try:
            if future.status in ("finished", "error"):
                return future.result(timeout=CONNECTING)
        except NotPrepared:
            self.threads.pop(place, None)
        except (CancelledError, KilledWorker, OSError, TimeoutError):
            pass
        except CourseError as error:
            raise CourseError(f"The worker {place} cannot go on: {error}") from None
        return None

    def _look(self) -> None:
        """See which workers there are, and prepare those that are new."""
        if time.monotonic() < self.looked + LOOKING and self.threads:
            return
        try:
            there = dict(self.client.nthreads())
        except Exception as error:
            raise self._gone(error) from None
        self.looked = time.monotonic()
        self.threads = {place: threads for place, threads in there.items() if place in self.threads}
        self._prepare(there)

    def _prepare(self, there: dict[str, int]) -> None:
        """Ask new workers to make ready, and take in those that are; the others grade meanwhile."""
        from distributed import CancelledError, KilledWorker

        for place in there:
            if place not in self.threads and place not in self.coming:
                self.sent += 1
                self.coming[place] = self.client.submit(
                    _made_ready,
                    self.unsafe,
                    *self.given,
                    key=("course", self.given[0], self.sent),
                    workers=[place],
                    allow_other_workers=False,
                )
        for place, future in list(self.coming.items()):
            if place in there and future.status == "pending":
                continue
            del self.coming[place]
            if place not in there:  # it is gone again
                continue
            try:
                theirs = future.result(timeout=CONNECTING)
            except (CancelledError, KilledWorker, OSError, TimeoutError):
                continue
            except Exception as error:
                raise CourseError(f"The worker {place} cannot grade: {error!r}. {AS_HERE}") from None
            self._compare(place, theirs)
            self.threads[place] = there[place]

    def _compare(self, place: str, theirs: dict[str, str]) -> None:
        other = [
            f"{name} is {theirs[name]}, here {it}" for name, it in facts(True).items() if theirs[name] != it
        ]
        if theirs["the sandbox"]:
            other = [f"it has no sandbox, as {theirs['the sandbox']}"]
        if other:
            raise CourseError(f"The worker {place} is not as this machine: {'; '.join(other)}. {AS_HERE}")

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        for future in self.running:
            with contextlib.suppress(Exception):
                future.cancel()
        with contextlib.suppress(Exception):  # of a worker or a scheduler that is gone
            self.client.run(_end, workers=list(self.threads), on_error="ignore")


AS_HERE = (
    "Every worker needs the same commit of the course, its requirements.txt installed, and bubblewrap; start "
    "it in the course's folder, with the course's Python."
)


# On a worker

_RUN: dict[str, tuple[Setting, Callable[..., Bench]]] = {}
_BENCHES: dict[int, Bench] = {}


def _begin(run: str, setting: Setting, make: Callable[..., Bench]) -> None:
    """Keep what all submissions of a run have in common; what is left of an earlier run is ended."""
    _end()
    _RUN[run] = (setting, make)


def _made_ready(unsafe: bool, run: str, setting: Setting, make: Callable[..., Bench]) -> dict[str, str]:
    """What this worker is, ready for a run."""
    _begin(run, setting, make)
    return facts(unsafe)


def _end() -> None:
    """End the warm parents."""
    _RUN.clear()
    while _BENCHES:
        _BENCHES.popitem()[1].close()


def _grade(run: str, job: Job) -> Done:
    thread = threading.get_ident()
    if run not in _RUN:
        raise NotPrepared
    if thread not in _BENCHES:
        setting, make = _RUN[run]
        _BENCHES[thread] = make(setting, (os.getpid() + len(_BENCHES)) % 4000)
    return _BENCHES[thread].grade(job)
