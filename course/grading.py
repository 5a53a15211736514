"""A teacher's four steps, each nbgrader's own: release, autograde, feedback, export.

Submissions lie in submitted/STUDENT/NAME/NAME.ipynb; results go to autograded/, feedback/ and gradebook.db.
One submission that cannot be graded is reported and the class goes on.
"""

import csv
import logging
import os
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from course import build, sources
from course.errors import CourseError
from course.exercises import KeptLog, settings
from course.places import ROOT, environment
from course.sources import Source

Report = Callable[[str], None]

# Those of nbgrader's own export, which learning platforms read.
COLUMNS = [
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
]
# What nbgrader's log says, in words that tell a teacher what to look for.
_REASONS = {
    "DeadKernelError": "its code ends Python (exit(), os._exit) or needs more memory than there is: "
    "look for it in the notebook",
    "partial credit cannot be greater": "a check gave more points than there are: the notebook defines a "
    "`check` of its own",
}


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


def _succeed(api: Any, result: dict[str, Any], what: str) -> None:
    """Raise `CourseError` with nbgrader's reason if a step failed."""
    if not result["success"]:
        raise CourseError(f"{what}: {_reason(api, result)}")


def _reason(api: Any, result: dict[str, Any]) -> str:
    """Why a step failed: the last line of the first traceback that nbgrader logged.

    Raises `KeyboardInterrupt` if that is why: nbgrader takes Ctrl-C for the failure of one submission.
    """
    if "KeyboardInterrupt" in result.get("error", ""):
        raise KeyboardInterrupt
    logged = [record.getMessage() for record in api.log.records if record.levelno >= logging.ERROR]
    traces = [text for text in logged if "Traceback" in text]
    last = (*traces[:1], *logged[:1], result.get("error", ""))[0].strip().splitlines()
    line = last[-1] if last else "nbgrader gave no reason"
    return next((words for sign, words in _REASONS.items() if sign in line), line)


def register(source: Source, root: Path = ROOT) -> bytes:
    """Enter an assignment in the gradebook and return the notebook that learners get.

    Raises `CourseError` if its solution is not what its source gives.
    """
    # An exercises/ that a learner has worked in does not matter here: the release is made anew.
    found = build.check([str(source)], root)
    problems = [problem for problem in found if not problem.startswith("exercises/")]
    if problems:
        raise CourseError(problems[0])
    with tempfile.TemporaryDirectory(prefix="course-release-") as folder:
        api = _api(root, release_directory=folder)
        _succeed(api, api.generate_assignment(source.name), f"{source.name} cannot be released")
        return (Path(folder) / source.name / f"{source.name}.ipynb").read_bytes()


def release(name: str, root: Path = ROOT) -> Path:
    """Enter an assignment in the gradebook and pack it for the learners; returns release/NAME.zip.

    The notebook in exercises/ is not touched. Raises `CourseError` for an unknown or unbuilt exercise.
    """
    source = sources.exercise(name, root)
    notebook = register(source, root)
    archive = root / "release" / f"{source.name}.zip"
    archive.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(f"{source.name}/{source.name}.ipynb", notebook)
    return archive


def submissions(name: str, root: Path = ROOT) -> list[str]:
    """The students who handed in an exercise, by the names of their folders in submitted/."""
    source = sources.exercise(name, root)
    return sorted(path.parent.name for path in (root / "submitted").glob(f"*/{source.name}") if path.is_dir())


def autograde(
    name: str, students: list[str], root: Path = ROOT, report: Report = lambda _: None
) -> list[Mark]:
    """Grade the submissions of an exercise, one by one, with nbgrader; again, if they were graded before.

    `students`: names of folders in submitted/, all when empty. A submission that cannot be graded, or that
    lies where none is looked for, gets a `Mark` with its problem. What was handed in is never changed.
    Raises `CourseError` when there is nothing to grade.
    """
    source = sources.exercise(name, root)
    known = submissions(name, root)
    lost = {} if students else misplaced(root)
    unknown = sorted(set(students) - set(known))
    if unknown or not (known or lost):
        wanted = f"from {', '.join(unknown)}" if unknown else "at all"
        raise CourseError(
            f"There is no submission of {source.name} {wanted}. "
            f"Put it in submitted/STUDENT/{source.name}/{source.name}.ipynb."
        )
    released = nbformat.reads(register(source, root).decode("utf-8"), as_version=4)
    marks = []
    with tempfile.TemporaryDirectory(prefix="course-grade-") as folder:
        api = _api(root, submitted_directory=folder)
        for student in students or known:
            api.log.records.clear()
            place = Path(student) / source.name
            problem = _take_in(root / "submitted" / place, Path(folder) / place, released)
            if not problem:
                result = api.autograde(source.name, student)
                problem = "" if result["success"] else _reason(api, result)
            marks.append(_mark(api, source.name, student, problem))
            report(student)
        marks += [_mark(api, source.name, student, problem) for student, problem in lost.items()]
    return marks


def misplaced(root: Path = ROOT) -> dict[str, str]:
    """Notebooks in submitted/ that no exercise would find, by student, with what to do about them."""
    names = {source.name for source in sources.all_sources(root) if source.kind == "exercise"}
    found = {}
    for path in sorted((root / "submitted").glob("**/*.ipynb")):
        parts = path.relative_to(root / "submitted").parts
        if ".ipynb_checkpoints" not in parts and (len(parts) != 3 or parts[1] not in names):
            advice = "it belongs into submitted/STUDENT/EXERCISE/EXERCISE.ipynb"
            found[parts[0]] = f"{'/'.join(parts[1:]) or parts[0]} was not graded: {advice}"
    return found


def _take_in(handed_in: Path, copy: Path, released: NotebookNode) -> str:
    """Copy a submission for nbgrader, with the cells put back that were deleted; why it cannot be, or "".

    Found before nbgrader enters a 0 for it. nbgrader puts checks back too, but gives up on the whole
    notebook when the answer above is gone as well.
    """
    path = handed_in / f"{handed_in.name}.ipynb"
    if not path.exists():
        return f"there is no {path.name} in it"
    try:
        notebook = nbformat.read(path, as_version=4)
        ids = [_grade_id(cell) for cell in notebook.cells]
    except Exception as error:  # nbformat raises many kinds for a file that is no notebook
        first = (str(error).splitlines() or [type(error).__name__])[0]
        return f"{path.name} is not a notebook that can be read ({first[:80]})"
    wanted = {_grade_id(cell) for cell in released.cells if _is_graded(cell)}
    twice = sorted({name for name in ids if name in wanted and ids.count(name) > 1})
    if twice:
        return f"the cell {twice[0]} is there twice: delete the one that does not count"
    if not wanted & set(ids):
        return f"no cell of {handed_in.name} is in it: is it another notebook, or were its cells copied?"
    if not _is_time(handed_in / "timestamp.txt"):
        return "its timestamp.txt holds no time such as 2026-01-31 12:00:00 UTC: correct or delete it"
    shutil.copytree(handed_in, copy)
    nbformat.write(_completed(notebook, released), copy / path.name)
    return ""


def _grade_id(cell: NotebookNode) -> str:
    """The id by which nbgrader knows a cell, "" for a cell that a learner added."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def _is_graded(cell: NotebookNode) -> bool:
    """Whether a released cell is an answer or a check."""
    return bool(cell.metadata.nbgrader.solution or cell.metadata.nbgrader.grade)


def _is_time(path: Path) -> bool:
    """Whether nbgrader can read the time of handing in, if there is one."""
    from nbgrader.utils import parse_utc

    try:
        text = path.read_text(encoding="utf-8").strip() if path.exists() else ""
        return not text or bool(parse_utc(text))
    except (ValueError, OverflowError):
        return False


def _completed(notebook: NotebookNode, released: NotebookNode) -> NotebookNode:
    """Put the answers and checks that were deleted back, each behind the cell that it follows.

    A cell that only looks like one of the exercise (pasted from another, or with half of nbgrader's
    metadata) becomes a cell of the learner's own.
    """
    known = {_grade_id(cell) for cell in released.cells}
    for cell in notebook.cells:
        if _grade_id(cell) not in known:
            cell.metadata.pop("nbgrader", None)
    ids = [_grade_id(cell) for cell in notebook.cells]
    place = -1
    for cell in released.cells:
        if _grade_id(cell) in ids:
            place = ids.index(_grade_id(cell))
        elif _is_graded(cell):
            place += 1
            notebook.cells.insert(place, cell)
            ids.insert(place, _grade_id(cell))
    return notebook


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
    source = sources.exercise(name, root)
    if not list((root / "autograded").glob(f"*/{source.name}")):
        raise CourseError(f"Nothing of {source.name} is graded yet. Run `course autograde {name}` first.")
    api = _api(root)
    _succeed(api, api.generate_feedback(source.name), f"the feedback on {source.name} cannot be written")
    return sorted((root / "feedback").glob(f"*/{source.name}/*.html"))


def export(to: Path, root: Path = ROOT) -> int:
    """Write all marks to a CSV file, in nbgrader's columns; returns the number of rows.

    A submission that is not there or was not graded has no mark: it is empty, not 0. Raises `CourseError`
    if there is no gradebook yet, or if the file cannot be written.
    """
    if not (root / "gradebook.db").exists():
        raise CourseError("There is no gradebook yet. Run `course autograde` first.")
    with _api(root).gradebook as book:
        rows = [_row(book, task, student, root) for task in book.assignments for student in book.students]
    try:
        with open(to, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    except OSError as error:
        raise CourseError(f"{to} cannot be written ({error.strerror}). Close it where it is open.") from None
    return len(rows)


def _row(book: Any, assignment: Any, student: Any, root: Path) -> dict[str, Any]:
    """The row of one student and one assignment; None becomes an empty field."""
    from nbgrader.api import MissingEntry

    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    row.update(assignment=assignment.name, duedate=assignment.duedate, max_score=assignment.max_score)
    row["student_id"] = student.id
    row.update({part: getattr(student, part) for part in ("last_name", "first_name", "email")})
    # nbgrader keeps a submission that failed as one with 0 points, but takes its folder away.
    if (root / "autograded" / student.id / assignment.name).is_dir():
        try:
            submission = book.find_submission(assignment.name, student.id)
        except MissingEntry:  # a folder from another gradebook
            return row
        penalty = submission.late_submission_penalty or 0.0
        row.update(timestamp=submission.timestamp, raw_score=submission.score)
        row.update(late_submission_penalty=penalty, score=max(0.0, submission.score - penalty))
    return row
