"""When an exercise is due, and what being late costs."""

import datetime
import math
from pathlib import Path
from typing import Any

from course import sources
from course.errors import CourseError
from course.grading import book as books
from course.places import ROOT

DAY = 86_400
_TABLE = "create table if not exists course_rule (assignment text primary key, percent float)"


def due(name: str, moment: str, percent: float = 0.0, root: Path = ROOT) -> datetime.datetime:
    """Set until when an exercise is due (UTC, or with its own time zone), and the percent a day late costs.

    A day that has begun counts; the percent are of the points that there are. Extensions that nbgrader knows
    count too. Raises `CourseError` for what is no time, and outside 0 to 100 percent.
    """
    source = sources.exercise(name, root)
    try:
        parsed = datetime.datetime.fromisoformat(moment)
    except ValueError:
        raise CourseError(
            f"{moment!r} is no time such as 2026-01-31 18:00 (UTC) or 2026-01-31 18:00+01:00."
        ) from None
    if not 0 <= percent <= 100:
        raise CourseError(f"A day late cannot cost {percent:g} percent: give 0 to 100.")
    if parsed.tzinfo is not None:
        parsed = parsed.astimezone(datetime.UTC).replace(tzinfo=None)
    from sqlalchemy import text

    with books.opened(root) as book:
        book.update_or_create_assignment(source.name, duedate=parsed)
        book.db.execute(text(_TABLE))
        book.db.execute(
            text("insert or replace into course_rule values (:a, :p)"), {"a": source.name, "p": percent}
        )
        book.db.commit()
        apply(book, source.name)
    return parsed


def apply(book: Any, assignment: str) -> dict[str, int]:
    """Bring the penalties of an exercise up to date, at once; returns the days late, by student."""
    from nbgrader.api import Assignment, SubmittedAssignment, SubmittedNotebook
    from sqlalchemy import or_, text

    book.db.execute(text(_TABLE))
    row = book.db.execute(
        text("select percent from course_rule where assignment = :a"), {"a": assignment}
    ).first()
    percent = row.percent if row else 0.0
    is_late = SubmittedAssignment.timestamp > Assignment.duedate
    was_late = SubmittedNotebook.late_submission_penalty.is_not(None)
    asked = (
        book.db.query(SubmittedAssignment)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .filter(Assignment.name == assignment, or_(is_late, was_late))
    )
    late = {}
    for submission in asked:
        seconds = submission.total_seconds_late if submission.timestamp and submission.duedate else 0
        days = math.ceil(max(seconds, 0) / DAY)
        if days:
            late[submission.student_id] = days
        for notebook in submission.notebooks:
            most = notebook.max_score or 0.0
            notebook.late_submission_penalty = (
                min(notebook.score or 0.0, most * percent / 100 * days) if days and percent else None
            )
    book.db.commit()
    return late
