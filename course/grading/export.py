"""`course export`: the marks of the class as a table that a spreadsheet or a learning platform reads."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.errors import CourseError
from course.grading import book as books
from course.grading.book import FAILED, REFUSED, Result, Standing
from course.places import ROOT

FORMATS = ("csv", "canvas", "moodle")
# Those of nbgrader's own export, and what a teacher should look at before the marks go out.
COLUMNS = [
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score", "flags", "problem"),
]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Entry:
    """What is exported of one student and one exercise; `score` None where there is no mark."""

    assignment: str
    student: Any
    score: float | None = None
    raw: float | None = None
    penalty: float | None = None
    most: float = 0.0
    flags: tuple[str, ...] = ()
    problem: str = ""
    timestamp: str = ""
    due: str = ""


def export(to: Path, root: Path = ROOT, form: str = "csv") -> int:
    """Write all marks to a CSV file; returns the number of rows.

    form: "csv" has one row for each student and exercise, with flags; "canvas" and "moodle" one for each
    student, as these import it. A submission that is not there or was not graded has no mark: empty, not 0.
    The file begins with the mark by which spreadsheets know UTF-8. Raises `CourseError` if there is no
    gradebook yet, or if the file cannot be written.
    """
    if form not in FORMATS:
        raise CourseError(f"There is no format {form!r}; there are {', '.join(FORMATS)}.")
    if not (root / "gradebook.db").exists():
        raise CourseError("There is no gradebook yet. Run `course autograde` first.")
    with books.opened(root) as book:
        entries = list(all_entries(book))
        rows = {"csv": _rows, "canvas": _canvas, "moodle": _moodle}[form](entries)
    try:
        with open(to, "w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([[_plain(cell) for cell in row] for row in rows])
    except OSError as error:
        raise CourseError(f"{to} cannot be written ({error.strerror}). Close it where it is open.") from None
    return len(rows) - (2 if form == "canvas" else 1)


def _plain(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return "'" + cell
    return "" if cell is None else cell


def all_entries(book: Any) -> Iterable[Entry]:
    """Every student with every exercise, in the order of the gradebook."""
    students = sorted(book.students, key=lambda student: student.id)
    for assignment in sorted(book.assignments, key=lambda one: one.name):
        standings = books.standings(book, assignment.name)
        results = books.results(book, assignment.name)
        release = books.release_of(book, assignment.name)
        for student in students:
            yield _entry(assignment, student, standings.get(student.id), results.get(student.id), release)


def _entry(
    assignment: Any, student: Any, standing: Standing | None, result: Result | None, release: str
) -> Entry:
    most = assignment.max_score
    due = assignment.duedate.isoformat(" ") if assignment.duedate else ""
    if standing is None:
        return Entry(assignment.name, student, most=most, due=due)
    flags = []
    if standing.needs_review:
        flags.append("needs review")
    if standing.by_hand:
        flags.append("marked by hand")
    if result is not None and result.state in (REFUSED, FAILED):
        flags.append(result.state)
    if result is not None and release and result.release != release:
        flags.append("stale")
        most = result.most
    if standing.late_penalty or standing.late:
        flags.append("late")
    marked = standing.counts(result)
    return Entry(
        assignment.name,
        student,
        score=standing.score if marked else None,
        raw=standing.points if marked else None,
        penalty=standing.late_penalty if marked else None,
        most=most,
        flags=tuple(flags),
        problem=result.problem if result else "",
        timestamp=result.timestamp if result else "",
        due=due,
    )


def _rows(entries: list[Entry]) -> list[list[Any]]:
    rows: list[list[Any]] = [list(COLUMNS)]
    for one in entries:
        person = one.student
        rows.append(
            [
                *(one.assignment, one.due, one.timestamp, person.id),
                *(person.last_name, person.first_name, person.email),
                *(one.raw, one.penalty, one.score, one.most, "; ".join(one.flags), one.problem),
            ]
        )
    return rows


def _by_student(entries: list[Entry]) -> tuple[dict[str, float], dict[str, dict[str, Entry]]]:
    """The most points of each exercise, and the entries of each student."""
    most: dict[str, float] = {}
    people: dict[str, dict[str, Entry]] = {}
    for one in entries:
        most[one.assignment] = max(most.get(one.assignment, 0.0), one.most)
        people.setdefault(one.student.id, {})[one.assignment] = one
    return most, people


def _canvas(entries: list[Entry]) -> list[list[Any]]:
    """Canvas's gradebook: people by their login, an exercise a column, and what there is to earn above."""
    most, people = _by_student(entries)
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *most]
    rows: list[list[Any]] = [head, ["    Points Possible", "", "", "", "", *most.values()]]
    for name, own in people.items():
        person = next(iter(own.values())).student
        shown = ", ".join(filter(None, [person.last_name, person.first_name])) or name
        rows.append([shown, person.lms_user_id, name, name, "", *(own[one].score for one in most)])
    return rows


def _moodle(entries: list[Entry]) -> list[list[Any]]:
    """What Moodle's "Import from CSV file" reads: people by their id number or their address."""
    most, people = _by_student(entries)
    rows: list[list[Any]] = [["ID number", "First name", "Last name", "Email address", *most]]
    for name, own in people.items():
        person = next(iter(own.values())).student
        who = [name, person.first_name, person.last_name, person.email]
        rows.append([*who, *(own[one].score for one in most)])
    return rows
