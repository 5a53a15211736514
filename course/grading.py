"""A teacher's four steps, each nbgrader's own: release, autograde, feedback, export.

Submissions lie in submitted/STUDENT/NAME/NAME.ipynb; results go to autograded/, feedback/ and gradebook.db.
One submission that cannot be graded is reported and the class goes on.
"""

import os
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from course import build, sources
from course.errors import CourseError
from course.exercises import KeptLog, settings
from course.places import ROOT, environment
from course.sources import Source

Report = Callable[[str], None]


@dataclass(frozen=True)
class Mark:
    """What one submission earned; `problem` says why it could not be graded (then `points` is None)."""

    student: str
    points: float | None
    most: float
    problem: str = ""


def _api(root: Path, **directories: str) -> Any:
    """nbgrader's programming interface for the class that lies in `root`."""
    from nbformat.warnings import MissingIDFieldWarning
    from nbgrader.apps import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory
    from sqlalchemy.exc import SAWarning

    os.environ["PATH"] = environment()["PATH"]  # nbgrader calls `alembic` by name
    warnings.filterwarnings("ignore", category=SAWarning)
    warnings.filterwarnings("ignore", category=MissingIDFieldWarning)  # a deleted cell, put back
    config = settings(root)
    config.CourseDirectory.update(directories)
    config.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}"
    return NbGraderAPI(CourseDirectory(config=config), config=config, log=KeptLog())


def _exercise(name: str, root: Path) -> Source:
    found = [source for source in sources.choose([name], root) if source.kind == "exercise"]
    if not found:
        raise CourseError(f"{name} has no exercise.")
    return found[0]


def _succeed(result: dict[str, Any], what: str) -> None:
    """Raise `CourseError` with nbgrader's reason if a step failed."""
    if not result["success"]:
        raise CourseError(f"{what}: {_reason(result)}")


def _reason(result: dict[str, Any]) -> str:
    """The line of nbgrader's log that says why a step failed."""
    lines = [
        line.strip() for line in (result.get("log") or result.get("error") or "").splitlines() if line.strip()
    ]
    telling = [line for line in lines if "Error:" in line and "There was an error" not in line]
    return (telling or lines or ["nbgrader gave no reason"])[-1]


def register(source: Source, root: Path = ROOT) -> bytes:
    """Enter an assignment in the gradebook and return the notebook that learners get.

    Raises `CourseError` if its solution is not what its source gives.
    """
    problems = [problem for problem in build.check([str(source)], root) if problem.startswith("solutions/")]
    if problems:
        raise CourseError(problems[0])
    with tempfile.TemporaryDirectory(prefix="course-release-") as folder:
        api = _api(root, release_directory=folder)
        _succeed(api.generate_assignment(source.name), f"{source.name} cannot be released")
        return (Path(folder) / source.name / f"{source.name}.ipynb").read_bytes()


def release(name: str, root: Path = ROOT) -> Path:
    """Enter an assignment in the gradebook and pack it for the learners; returns release/NAME.zip.

    The notebook in exercises/ is not touched. Raises `CourseError` for an unknown or unbuilt exercise.
    """
    source = _exercise(name, root)
    notebook = register(source, root)
    archive = root / "release" / f"{source.name}.zip"
    archive.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(f"{source.name}/{source.name}.ipynb", notebook)
    return archive


def submissions(name: str, root: Path = ROOT) -> list[str]:
    """The students who handed in an exercise, by the names of their folders in submitted/."""
    source = _exercise(name, root)
    return sorted(path.parent.name for path in (root / "submitted").glob(f"*/{source.name}") if path.is_dir())


def autograde(
    name: str, students: list[str], root: Path = ROOT, report: Report = lambda _: None
) -> list[Mark]:
    """Grade the submissions of an exercise, one by one, with nbgrader; again, if they were graded before.

    `students`: names of folders in submitted/, all when empty. A submission that cannot be graded gets a
    `Mark` with its problem. Raises `CourseError` when there is nothing to grade.
    """
    source = _exercise(name, root)
    known = submissions(name, root)
    unknown = sorted(set(students) - set(known))
    if unknown or not known:
        wanted = f"from {', '.join(unknown)}" if unknown else "at all"
        raise CourseError(
            f"There is no submission of {source.name} {wanted}. "
            f"Put it in submitted/STUDENT/{source.name}/{source.name}.ipynb."
        )
    register(source, root)
    api = _api(root)
    marks = []
    for student in students or known:
        problem = _unreadable(root / "submitted" / student / source.name / f"{source.name}.ipynb")
        if not problem:
            result = api.autograde(source.name, student)
            problem = "" if result["success"] else _reason(result)
        marks.append(_mark(api, source.name, student, problem))
        report(student)
    return marks


def _unreadable(path: Path) -> str:
    """Why a submitted file cannot be graded at all, or "". Found before nbgrader enters a 0 for it."""
    if not path.exists():
        return f"there is no {path.name} in it"
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:
        return f"{path.name} is not a notebook that can be read ({str(error).splitlines()[0]})"
    graded = [cell.metadata.nbgrader.grade_id for cell in notebook.cells if "nbgrader" in cell.metadata]
    twice = sorted({name for name in graded if graded.count(name) > 1})
    return f"the cell {twice[0]} is there twice: delete the one that does not count" if twice else ""


def _mark(api: Any, assignment: str, student: str, problem: str) -> Mark:
    """The points that the gradebook holds for a submission."""
    with api.gradebook as book:
        most = book.find_assignment(assignment).max_score
        points = None if problem else book.find_submission(assignment, student).score
    return Mark(student, points, most, problem)


def feedback(name: str, root: Path = ROOT) -> list[Path]:
    """Write the feedback pages of all graded submissions of an exercise; returns their paths.

    Raises `CourseError` if nothing was graded, or with nbgrader's reason.
    """
    source = _exercise(name, root)
    if not list((root / "autograded").glob(f"*/{source.name}")):
        raise CourseError(f"Nothing of {source.name} is graded yet. Run `course autograde {name}` first.")
    _succeed(_api(root).generate_feedback(source.name), f"the feedback on {source.name} cannot be written")
    return sorted((root / "feedback").glob(f"*/{source.name}/*.html"))


def export(to: Path, root: Path = ROOT) -> int:
    """Write all marks to a CSV file, as nbgrader exports them; returns the number of rows.

    Raises `CourseError` if there is no gradebook yet.
    """
    from nbgrader.plugins import CsvExportPlugin

    if not (root / "gradebook.db").exists():
        raise CourseError("There is no gradebook yet. Run `course autograde` first.")
    plugin = CsvExportPlugin(log=KeptLog())
    plugin.to = str(to)
    with _api(root).gradebook as book:
        plugin.export(book)
    return len(to.read_text(encoding="utf-8").splitlines()) - 1
