"""`course autograde`: what was handed in is run in the sandbox, judged here, and entered in the gradebook."""

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import helpers
from course import sources
from course.errors import CourseError
from course.grading import assignment as assignments
from course.grading import book as books
from course.grading import late
from course.grading.assignment import Assignment
from course.grading.book import FAILED, GRADED, REFUSED, Result, Standing
from course.grading.receive import HandedIn, Refused, handed_in, read, time_of
from course.grading.sandbox import Limits, require
from course.grading.work import Done, Job, Setting, grade_all, modules_of
from course.grading.written import put
from course.places import ROOT
from course.sources import Source

Report = Callable[["Mark"], None]


@dataclass(frozen=True)
class Mark:
    """What the gradebook holds for a submission after grading; `points` None where there is no mark.

    `state` is GRADED, REFUSED or FAILED, `problem` the reason for the last two; `notes` what was put right or
    wants a teacher's eye; `fresh` whether it was graded just now.
    """

    student: str
    points: float | None
    most: float
    problem: str = ""
    state: str = GRADED
    notes: tuple[str, ...] = ()
    fresh: bool = True
    result: Result | None = field(default=None, compare=False)


def submissions(name: str, root: Path = ROOT) -> list[str]:
    """The students who handed in an exercise, by the names of their folders in submitted/."""
    source = sources.exercise(name, root)
    return [one.student for one in handed_in(root / "submitted", source.name)]


def autograde(
    name: str,
    students: Iterable[str] = (),
    root: Path = ROOT,
    report: Report = lambda _: None,
    *,
    again: bool = False,
    force: bool = False,
    workers: int = 1,
    unsafe: bool = False,
    limits: Limits | None = None,
    secret: bytes | None = None,
) -> list[Mark]:
    """Grade the submissions of an exercise that are new or changed, and return the marks of all of them.

    `students`: names in submitted/, all when empty. `again`: grade also what has not changed. `force`: marks
    given by hand go. `workers`: processes that run submissions. `unsafe`: without the sandbox. `secret`: of
    the cases, drawn anew for each run. What was handed in is never changed. Raises `CourseError` when there
    is nothing to grade, or no sandbox.
    """
    require(unsafe)
    source = sources.exercise(name, root)
    chosen = _chosen(source, list(students), root)
    exercise = assignments.prepared(source, root)
    assignments.register(exercise, root)
    before = _sums(root)
    jobs = {one.student: _job(one) for one in chosen}
    with books.opened(root) as book:
        known = books.results(book, source.name)
        fresh = {
            student: job
            for student, job in jobs.items()
            if again or _is_new(job, known.get(student), root, source)
        }
        setting = Setting(
            name=source.name,
            lesson=source.slug,
            helpers=str(Path(helpers.__file__).parent),
            released=exercise.file,
            release=exercise.digest,
            secret=secret or books.secret_of_run(book, source.name, exercise.digest),
            modules=modules_of(exercise.notebook),
            limits=limits or Limits(),
            unsafe=unsafe,
        )
        for done in grade_all(setting, fresh.values(), workers):
            _keep(book, source, fresh[done.result.student], done, root, force)
            report(_mark(book, exercise, done.result, fresh=True))
        books.finish_run(book, source.name)
        late.apply(book, source.name)
        marks = _marks(book, exercise, jobs, fresh)
    if _sums(root) != before:
        raise CourseError(
            "submitted/ or helpers/ changed while it was graded. Look who writes there; grade again."
        )
    return marks


def _chosen(source: Source, students: list[str], root: Path) -> list[HandedIn]:
    every = handed_in(root / "submitted", source.name)
    known = {one.student: one for one in every}
    unknown = sorted(set(students) - set(known))
    if unknown or not every:
        wanted = f"from {', '.join(unknown)}" if unknown else "at all"
        raise CourseError(
            f"There is no submission of {source.name} {wanted}. "
            f"Put it in submitted/STUDENT/{source.name}/{source.name}.ipynb."
        )
    twice = {one.student for one in every if sum(other.student == one.student for other in every) > 1}
    for student in twice:
        why = "there are two submissions under this name: a folder, and a file beside it"
        known[student] = HandedIn(student, None, refused=why)
    return [known[student] for student in (students or known)]


def _job(one: HandedIn) -> Job:
    if one.path is None:
        return Job(one.student, None, one.notes, one.refused)
    time, trouble = time_of(one.folder)
    notes = (*one.notes, *([trouble] if trouble else []))
    try:
        return Job(one.student, read(one.path), notes, timestamp=time)
    except Refused as refused:
        return Job(one.student, None, notes, str(refused), time)


def _is_new(job: Job, known: Result | None, root: Path, source: Source) -> bool:
    if known is None or known.digest != job.digest or known.state == FAILED:
        return True
    return known.state == GRADED and not (root / "autograded" / job.student / source.name).is_dir()


def _keep(book: Any, source: Source, job: Job, done: Done, root: Path, force: bool) -> None:
    """Write what came of a submission: the files first, then the marks, in one transaction."""
    student = job.student
    files = {}
    if done.notebook:
        files[f"{source.name}.ipynb"] = done.notebook.encode("utf-8", "replace")
        if job.timestamp:
            files["timestamp.txt"] = job.timestamp.encode()
    put(root / "autograded" / student / source.name, files)
    put(root / "feedback" / student / source.name, {})  # it spoke of the mark before
    books.record(book, source.name, done.result, force)


def _mark(
    book: Any, exercise: Assignment, result: Result, *, fresh: bool, standing: Standing | None = None
) -> Mark:
    """What the gradebook holds for a result."""
    standing = standing or books.standings(book, exercise.name, result.student).get(result.student)
    notes = list(result.notes)
    if standing and standing.by_hand and standing.needs_review:
        notes.append("a mark given by hand was kept; look at it, or grade again with --force")
    if standing and standing.late_penalty:
        notes.append(f"late: {standing.late_penalty:g} points are taken off")
    if result.release != exercise.digest:
        notes.append("graded with an earlier state of the exercise; --all grades it again")
    marked = standing is not None and (result.state != FAILED or standing.by_hand)
    points = round(max(0.0, standing.points - standing.late_penalty), 4) if standing and marked else None
    return Mark(
        result.student, points, exercise.most, result.problem, result.state, tuple(notes), fresh, result
    )


def _marks(book: Any, exercise: Assignment, jobs: dict[str, Job], fresh: dict[str, Job]) -> list[Mark]:
    """The marks as the gradebook holds them, so that what is printed is what is exported."""
    known, standings = books.results(book, exercise.name), books.standings(book, exercise.name)
    return [
        _mark(book, exercise, known[student], fresh=student in fresh, standing=standings.get(student))
        for student in jobs
        if student in known
    ]


def _sums(root: Path) -> str:
    """A hash of all that is handed in and of the package that is taught, with no link followed."""
    total = hashlib.sha256()
    for home in (root / "submitted", Path(helpers.__file__).parent):
        for place, folders, files in os.walk(home):
            folders[:] = sorted(folder for folder in folders if folder != "__pycache__")
            for file in sorted(files):
                facts = os.lstat(os.path.join(place, file))
                line = f"{place}\0{file}\0{facts.st_size}\0{facts.st_mtime_ns}\0{facts.st_mode}\n"
                total.update(line.encode("utf-8", "surrogateescape"))
    return total.hexdigest()


__all__ = ["FAILED", "GRADED", "REFUSED", "Mark", "autograde", "submissions"]
