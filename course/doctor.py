"""`course doctor`: looks at everything the course needs, and says what to do about what is missing."""

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from course import copies, pins
from course.errors import CourseError
from course.lab import FIRST_PORT, free_port
from course.places import MINE, QUIET, ROOT, WRITABLE, environment, unwritable

FREE_GB = 1.0
SECONDS = 60
AGAIN = "Delete the folder .venv and run `python3 start.py` (with conda: make the environment again)."


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether it is well, what was seen, and what to do if it is not."""

    subject: str
    well: bool
    seen: str
    advice: str = ""


def look_at_python() -> Finding:
    """The Python that runs the course."""
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), f"{version} in {sys.prefix}", AGAIN)


def look_at_versions(root: Path = ROOT) -> Finding:
    """The installed packages against requirements.txt."""
    different = pins.differences(root)
    if not different:
        return Finding("versions", True, f"{len(pins.pinned_here(root))} packages as pinned")
    more = f" and {len(different) - 3} more" if len(different) > 3 else ""
    return Finding("versions", False, "; ".join(different[:3]) + more, AGAIN)


def look_at_programs() -> Finding:
    """The programs that the course calls by name."""
    path = environment()["PATH"]
    missing = [name for name in ("jupyter", "alembic") if shutil.which(name, path=path) is None]
    return Finding("programs", not missing, f"missing: {', '.join(missing)}" if missing else "found", AGAIN)


def look_at_port(first: int = FIRST_PORT) -> Finding:
    """A free port for JupyterLab."""
    try:
        port = free_port(first)
    except CourseError as error:
        return Finding(
            "port", False, str(error), "End other servers (`jupyter server list`), or give --port."
        )
    return Finding("port", True, f"{port} is free")


def look_at_disk(root: Path = ROOT) -> Finding:
    """Room for notebooks, checkpoints and a class's submissions."""
    free = shutil.disk_usage(root).free / 1e9
    return Finding("disk", free >= FREE_GB, f"{free:.1f} GB free", f"Free at least {FREE_GB:.0f} GB.")


def look_at_folders(root: Path = ROOT) -> Finding:
    """Folders that must be writable: for answers and copies of them, and for running kernels."""
    bad = unwritable(root)
    seen = f"cannot write into {', '.join(map(str, bad))}" if bad else "writable"
    return Finding("folders", not bad, seen, WRITABLE.capitalize())


def look_at_copies(root: Path = ROOT) -> Finding:
    """A learner's own copies: whether there are any, and whether it is known what was copied."""
    course, known = copies.originals(root), copies.read_state(root)
    made = [name for name in course if (root / MINE / name).exists()]
    if not made:
        return Finding("copies", True, f"none yet; `course lab` makes them in {MINE}/")
    seen = f"{len(made)} of {len(course)} notebooks in {MINE}/"
    if known:
        return Finding("copies", True, seen)
    advice = "Nothing is lost: yours stay, and `course lab` finds out again which of them you wrote in."
    return Finding("copies", False, f"{seen}, but {copies.STATE} is missing or broken", advice)


class Kernel:
    """A notebook kernel, started like a lesson's; use it with `with`."""

    def __enter__(self) -> "Kernel":
        from jupyter_client.manager import start_new_kernel

        self.manager, self.client = start_new_kernel(
            startup_timeout=SECONDS,
            kernel_name="python3",
            cwd=str(ROOT),
            env=environment(),
            extra_arguments=[QUIET],
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, code: str) -> str:
        """Run a cell and return what it printed or showed, or the error's name and message."""
        said: list[str] = []

        def keep(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                said.append(content["text"])
            elif message["msg_type"] == "display_data":
                said.append(content["data"].get("text/plain", "") + "\n")
            elif message["msg_type"] == "error":
                said.append(f"{content['ename']}: {content['evalue']}")

        self.client.execute_interactive(code, timeout=SECONDS, output_hook=keep, allow_stdin=False)
        return "".join(said).strip()


def look_at_kernel(kernel: Kernel) -> Finding:
    """That a kernel computes, and that it is this Python's and not another's."""
    said = kernel.run("import sys, numpy, helpers\nprint(int(numpy.arange(7).sum()))\nprint(sys.prefix)")
    result, _, prefix = said.partition("\n")
    if result != "21":
        return Finding("kernel", False, f"it computes, but says {said!r}", AGAIN)
    if Path(prefix).resolve() != Path(sys.prefix).resolve():
        advice = "Remove the other kernel: `jupyter kernelspec remove python3`, then look again."
        return Finding("kernel", False, f"another Python answers: {prefix}", advice)
    return Finding("kernel", True, "starts and computes")


def cells_of_first_task(notebook: Path) -> list[str]:
    """Return the code of a solution up to and including its first check."""
    cells = []
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "code":
            cells.append(cell.source)
            if cell.metadata.get("nbgrader", {}).get("grade"):
                return cells
    raise CourseError(f"{notebook.name} has no check: get the file again with `git checkout solutions`.")


def look_at_check(kernel: Kernel, root: Path = ROOT) -> Finding:
    """That the first check of the course passes for its solution."""
    notebooks = sorted((root / "solutions").glob("[0-9]*/*.ipynb"))
    if not notebooks:
        return Finding("check", False, "there are no solutions", "Get them again: `git checkout solutions`.")
    said = ""
    for code in cells_of_first_task(notebooks[0]):
        said = kernel.run(code)
    well = re.search(r"^passed all \d+", said, re.MULTILINE) is not None
    advice = (
        "Undo your changes of helpers/ (`git status` shows them); if there are none, report what you see."
    )
    return Finding("check", well, said.splitlines()[0] if said else "nothing was printed", advice)


def _guarded(subject: str, look: Callable[[], Finding]) -> Finding:
    """Look, and turn whatever goes wrong into a finding: the doctor itself never falls over."""
    try:
        return look()
    except Exception as error:
        return Finding(subject, False, f"{type(error).__name__}: {error}".splitlines()[0], AGAIN)


def examine(root: Path = ROOT) -> Iterator[Finding]:
    """Look at everything, one after the other.

    root: the folder of the course.
    """
    yield look_at_python()
    yield _guarded("versions", lambda: look_at_versions(root))
    yield look_at_programs()
    yield look_at_port()
    yield look_at_disk(root)
    yield _guarded("folders", lambda: look_at_folders(root))
    yield _guarded("copies", lambda: look_at_copies(root))
    try:
        with Kernel() as kernel:
            yield _guarded("kernel", lambda: look_at_kernel(kernel))
            yield _guarded("check", lambda: look_at_check(kernel, root))
    except Exception as error:
        yield Finding("kernel", False, f"no kernel starts: {error}".splitlines()[0], AGAIN)
