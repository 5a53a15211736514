"""How long a notebook computes, told so that a slower processor does not change the answer.

A limit in seconds judges the machine: the same lesson took 15 s on one and 40 s on another. So the kernel
times a small reference computation first, in its own process, and its run is told in units of that.
"""

import os
import time
from pathlib import Path
from typing import Any

import psutil

REFERENCE_SECONDS = 0.03  # what the reference takes on the machine that the limits were set on
VARIABLE = "COURSE_REFERENCE_FILE"
START = "__import__('course.watch', fromlist=['note']).note()"  # what a kernel runs first


def reference() -> float:
    """Seconds of processor time that a small computation takes here: the middle one of three.

    >>> reference() > 0
    True
    """
    times = []
    for _ in range(3):
        started = time.thread_time()
        sum(i * i % 7 for i in range(500_000))
        times.append(time.thread_time() - started)
    return sorted(times)[1]


def note() -> None:
    """In a kernel: write the seconds of the reference into the file that the variable names."""
    path = os.environ.pop(VARIABLE, "")
    if path:
        Path(path).write_text(str(reference()), encoding="utf-8")


class Watch:
    """Looks at a running kernel after each cell.

    client: of nbclient. file: where the kernel's `note` writes.
    """

    def __init__(self, client: Any, file: Path):
        self.client, self.file, self.used = client, file, 0.0
        client.on_cell_executed = lambda **_: self.look()

    def look(self) -> None:
        """Note what the main thread has computed: a BLAS thread that spins while it waits does no work."""
        process = psutil.Process(self.client.km.provisioner.pid)
        used = {thread.id: thread.user_time + thread.system_time for thread in process.threads()}
        main = used.get(process.pid, max(used.values(), default=0.0))  # the ids are others on some systems
        self.used = max(self.used, main)

    def seconds(self) -> float:
        """The seconds that the run would have taken on the machine that the limits were set on."""
        try:
            here = float(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # the kernel ended before it wrote
            here = REFERENCE_SECONDS
        return self.used * REFERENCE_SECONDS / here
