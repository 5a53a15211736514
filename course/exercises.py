"""From solutions to exercises: nbgrader's own generate step, and how to tell that a learner was at work."""

import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from course.errors import CourseError
from course.places import ROOT

if TYPE_CHECKING:
    from course.sources import Source


def settings(root: Path) -> Any:
    """nbgrader's settings from nbgrader_config.py, for a course that lies in `root`."""
    from traitlets.config.loader import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    config.CourseDirectory.root = str(root)
    return config


def generate(root: Path, names: list[str]) -> None:
    """Make root/exercises/NAME of root/solutions/NAME, as nbgrader does, without its database.

    Answers become stubs, outputs go, cells are locked and get the checksums by which nbgrader sees changes.
    Raises `CourseError` with nbgrader's reason.
    """
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory

    for name in names:
        config = settings(root)
        config.CourseDirectory.assignment_id = name
        config.GenerateAssignment.no_database = True
        config.SaveCells.enabled = False
        config.GenerateAssignment.force = True
        log = KeptLog()
        directory = CourseDirectory(config=config)
        converter = GenerateAssignment(coursedir=directory, config=config, log=log)
        try:
            converter.start()
        except (Exception, SystemExit) as error:
            reasons = [record.getMessage() for record in log.records if record.levelno >= logging.ERROR]
            reason = reasons[0].strip().splitlines()[-1] if reasons else str(error)
            raise CourseError(f"nbgrader cannot make exercises/{name}: {reason}") from error
        released = root / "exercises" / name / f"{name}.ipynb"
        notebook = nbformat.read(released, as_version=nbformat.NO_CONVERT)
        released.write_text(as_text(notebook), encoding="utf-8", newline="\n")
        released.chmod(0o644)


def released_by(source: "Source", folder: Path) -> Path:
    """The exercise that the present solution gives, made in `folder`."""
    copy = folder / source.built.relative_to(source.root)
    copy.parent.mkdir(parents=True)
    shutil.copy2(source.built, copy)
    generate(folder, [source.name])
    return folder / source.released.relative_to(source.root)


def as_text(notebook: nbformat.NotebookNode) -> str:
    """The text of a notebook, of which git sees only what has changed."""
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n") + "\n"


class KeptLog(logging.Logger):
    """A logger that keeps what it is told instead of writing it to the screen."""

    def __init__(self) -> None:
        super().__init__("nbgrader", logging.INFO)
        self.records: list[logging.LogRecord] = []

    def handle(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.records.append(record)


def is_edited(path: Path) -> bool:
    """Whether somebody wrote into a released notebook: an answer, a change, a cell more.

    nbgrader stores a checksum with every cell it makes. A file that cannot be read counts as edited, so that
    nothing is overwritten by mistake.
    """
    from nbgrader.utils import compute_checksum

    try:
        notebook = nbformat.read(path, as_version=4)
        return any(
            "nbgrader" not in cell.metadata
            or cell.metadata.nbgrader.get("checksum") != compute_checksum(cell)
            for cell in notebook.cells
        )
    except Exception:
        return True
