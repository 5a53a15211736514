"""The gradebook: nbgrader's database, and beside its tables two of ours that say how a mark came about.

One submission is one transaction: a program that is killed leaves every mark either whole or as it was.
"""

import datetime
import json
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course.errors import CourseError
from course.places import ROOT, environment

GRADED, REFUSED, FAILED = "graded", "refused", "failed"
_TABLES = (
    "create table if not exists course_result (assignment text, student text, digest text, release text, "
    "state text, result text, graded_at text, primary key (assignment, student))",
    "create table if not exists course_run (assignment text primary key, secret text, release text, "
    "unfinished integer)",
    "create table if not exists course_secret (secret text)",
    # nbgrader's tables are looked through row by row without these: for a large class, at every mark
    "create index if not exists course_of_student on submitted_assignment (student_id)",
    "create index if not exists course_of_assignment on submitted_notebook (assignment_id)",
    "create index if not exists course_of_notebook on grade (notebook_id)",
    "create index if not exists course_of_cell on grade (cell_id)",
    "create index if not exists course_of_comment on comment (notebook_id)",
)


@dataclass(frozen=True)
class Result:
    """How one submission was graded.

    `digest` is the hash of what was handed in, `release` that of the exercise; `state` GRADED, REFUSED (it is
    nothing that can be graded: 0 points until a person has looked) or FAILED (no mark, the grader's own
    trouble); `problem` the reason for the last two; `tasks` what each check gave; `notes` what was repaired.
    """

    student: str
    digest: str
    release: str
    state: str
    most: float
    problem: str = ""
    notes: list[str] = field(default_factory=list)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    seconds: float = 0.0
    timestamp: str = ""


def ungraded(assignment: str, whose: str = "") -> CourseError:
    """What is said where results are asked for and there are none."""
    return CourseError(
        f"Nothing of {assignment}{whose} is graded yet. Run `course autograde {assignment}` first."
    )


@contextmanager
def opened(root: Path = ROOT) -> Iterator[Any]:
    """The gradebook of the class that lies in `root`; it is made if there is none."""
    from nbgrader.api import Gradebook
    from sqlalchemy import text
    from sqlalchemy.exc import SAWarning

    from course.exercises import settings

    os.environ["PATH"] = environment()["PATH"]  # nbgrader calls `alembic` by name
    warnings.filterwarnings("ignore", category=SAWarning)
    name = settings(root).CourseDirectory.course_id
    with Gradebook(_address(root / "gradebook.db"), name) as book:
        for table in _TABLES:
            book.db.execute(text(table))
        book.db.commit()
        yield book


def _address(path: Path) -> str:
    """A path as the address of a database; a `?` in it begins no question."""
    from sqlalchemy.engine import URL

    return URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)


def secret_of_run(book: Any, assignment: str, release: str) -> bytes:
    """The secret of the run that was begun and not finished, else of a new one."""
    from sqlalchemy import text

    row = book.db.execute(
        text("select secret, release, unfinished from course_run where assignment = :a"), {"a": assignment}
    ).first()
    if row and row.unfinished and row.release == release:
        return bytes.fromhex(row.secret)  # so that it gives the marks that it would have given
    secret = os.urandom(32)
    book.db.execute(
        text("insert or replace into course_run values (:a, :s, :r, 1)"),
        {"a": assignment, "s": secret.hex(), "r": release},
    )
    book.db.commit()
    return secret


def secret_of_teacher(book: Any) -> bytes:
    """The secret of this gradebook, drawn once."""
    from sqlalchemy import text

    row = book.db.execute(text("select secret from course_secret")).first()
    if row is not None:
        return bytes.fromhex(row.secret)
    secret = os.urandom(32)
    book.db.execute(text("insert into course_secret values (:s)"), {"s": secret.hex()})
    book.db.commit()
    return secret


def finish_run(book: Any, assignment: str) -> None:
    """The run has reached its end: the next one gets a secret of its own."""
    from sqlalchemy import text

    book.db.execute(text("update course_run set unfinished = 0 where assignment = :a"), {"a": assignment})
    book.db.commit()


def results(book: Any, assignment: str, student: str | None = None) -> dict[str, Result]:
    """How the submissions of an exercise (or the one of a student) were graded, by student."""
    from sqlalchemy import text

    only = "" if student is None else "and student = :s"
    rows = book.db.execute(
        text(f"select student, result from course_result where assignment = :a {only} order by student"),
        {"a": assignment, **({"s": student} if only else {})},
    )
    return {row.student: Result(**json.loads(row.result)) for row in rows}


def record(book: Any, assignment: str, result: Result, force: bool = False) -> None:
    """Enter a result in one transaction.

    Marks and comments that a person gave stay, unless `force`; then the grade asks to be looked at.
    """
    try:
        _enter(book, assignment, result, force)
        book.db.commit()
    except BaseException:
        book.db.rollback()
        raise


def _enter(book: Any, assignment: str, result: Result, force: bool) -> None:
    from sqlalchemy import text

    submitted = _submitted(book, assignment, result.student)
    before = results(book, assignment, result.student).get(result.student)
    changed = before is None or before.digest != result.digest
    submitted.timestamp = _time(result.timestamp)
    for notebook in submitted.notebooks:
        for grade in notebook.grades:
            points = result.tasks.get(grade.cell.name, {}).get("points", 0.0)
            grade.auto_score = None if result.state == FAILED else float(points)
            if force:
                grade.manual_score = None
            by_hand = grade.manual_score is not None
            grade.needs_manual_grade = result.state != GRADED or (by_hand and changed)
        for comment in notebook.comments:
            task = result.tasks.get(comment.cell.name.removesuffix("-answer"), {})
            comment.auto_comment = "No response." if task.get("untouched") else None
    book.db.execute(
        text("insert or replace into course_result values (:a, :s, :d, :r, :state, :result, :at)"),
        {
            "a": assignment,
            "s": result.student,
            "d": result.digest,
            "r": result.release,
            "state": result.state,
            "result": json.dumps(vars(result)),
            "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        },
    )


def _submitted(book: Any, assignment: str, student: str) -> Any:
    """nbgrader's entry of a submission, made in this transaction if there is none."""
    from nbgrader.api import Assignment, Comment, Grade, Student, SubmittedAssignment, SubmittedNotebook

    db = book.db
    entry = db.query(Assignment).filter(Assignment.name == assignment).one()
    found = (
        db.query(SubmittedAssignment)
        .filter(SubmittedAssignment.assignment_id == entry.id, SubmittedAssignment.student_id == student)
        .one_or_none()
    )
    if found is not None:
        return found
    person = db.get(Student, student)
    if person is None:
        person = Student(id=student)
        db.add(person)
    submitted = SubmittedAssignment(assignment=entry, student=person)
    for notebook in entry.notebooks:
        copy = SubmittedNotebook(notebook=notebook, assignment=submitted)
        for cell in notebook.grade_cells:
            Grade(cell_id=cell.id, cell=cell, notebook=copy)
        for cell in notebook.solution_cells:
            Comment(cell_id=cell.id, cell=cell, notebook=copy)
    db.add(submitted)
    db.flush()
    return submitted


def _time(text: str) -> datetime.datetime | None:
    from nbgrader.utils import parse_utc

    return parse_utc(text) if text else None


@dataclass(frozen=True)
class Standing:
    """What the gradebook holds for one submission: `points` with those that a person gave."""

    student: str
    points: float
    most: float
    needs_review: bool
    by_hand: bool
    late_penalty: float
    late: bool = False

    @property
    def score(self) -> float:
        """The points that are left when those for being late are taken off."""
        return round(max(0.0, self.points - self.late_penalty), 4)

    def counts(self, result: Result | None) -> bool:
        """Whether it is a mark: it was graded, or a person gave points."""
        return self.by_hand or (result is not None and result.state != FAILED)


def standings(book: Any, assignment: str, student: str | None = None) -> dict[str, Standing]:
    """The marks of all submissions of an exercise (or of one student's), by student, in one query."""
    from sqlalchemy import text

    only = "" if student is None else "and s.student_id = :s"  # so that an index finds that one
    rows = book.db.execute(
        text(
            f"""
            select s.student_id as student,
                   sum(coalesce(g.manual_score, g.auto_score, 0) + coalesce(g.extra_credit, 0)) as points,
                   sum(c.max_score) as most, max(g.needs_manual_grade) as review,
                   max(g.manual_score is not null) as by_hand,
                   max(coalesce(n.late_submission_penalty, 0)) as penalty,
                   max(s.timestamp > a.duedate and s.extension is null) as late
            from submitted_assignment s
            join assignment a on a.id = s.assignment_id
            join submitted_notebook n on n.assignment_id = s.id
            join grade g on g.notebook_id = n.id
            join grade_cells c on c.id = g.cell_id
            where a.name = :a {only}
            group by s.student_id order by s.student_id
            """
        ),
        {"a": assignment, **({"s": student} if only else {})},
    )
    return {
        row.student: Standing(
            row.student,
            round(row.points, 6),
            row.most,
            bool(row.review),
            bool(row.by_hand),
            row.penalty,
            bool(row.late),
        )
        for row in rows
    }


def release_of(book: Any, assignment: str) -> str:
    """The digest of the exercise as it was when it was last graded, or ""."""
    from sqlalchemy import text

    row = book.db.execute(
        text("select release from course_run where assignment = :a"), {"a": assignment}
    ).first()
    return row.release if row else ""


def name_of(book: Any, student: str) -> str:
    """A student's name as the roster has it, else the id."""
    from nbgrader.api import Student

    person = book.db.get(Student, student)
    names = [person.first_name, person.last_name] if person else []
    return " ".join(filter(None, names)) or student


def remarks(book: Any, assignment: str, student: str) -> dict[str, dict[str, Any]]:
    """What a person gave or said in Formgrader, by the ids of checks."""
    from sqlalchemy import text

    rows = book.db.execute(
        text(
            """
            select b.name as name, g.manual_score as manual_score, null as comment
            from submitted_assignment s join assignment a on a.id = s.assignment_id
            join submitted_notebook n on n.assignment_id = s.id join grade g on g.notebook_id = n.id
            join base_cell b on b.id = g.cell_id where a.name = :a and s.student_id = :s
            union all
            select b.name, null, k.manual_comment
            from submitted_assignment s join assignment a on a.id = s.assignment_id
            join submitted_notebook n on n.assignment_id = s.id join comment k on k.notebook_id = n.id
            join base_cell b on b.id = k.cell_id where a.name = :a and s.student_id = :s
            """
        ),
        {"a": assignment, "s": student},
    )
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        own = found.setdefault(row.name.removesuffix("-answer"), {})
        if row.manual_score is not None:
            own["manual_score"] = row.manual_score
        if row.comment:
            own["comment"] = row.comment
    return found
