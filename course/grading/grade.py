"""`course autograde`: what was handed in is run in the sandbox, judged here, and entered in the gradebook."""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import helpers
from course import sources
from course.errors import CourseError
from course.grading import assignment as assignments
from course.grading import book as books
from course.grading import cluster, late
from course.grading.assignment import Assignment
from course.grading.book import FAILED, GRADED, REFUSED, Result, Standing
from course.grading.receive import HandedIn, Refused, handed_in, read, time_of
from course.grading.sandbox import Limits, require
from course.grading.work import Bench, Done, Job, Setting, grade_all, modules_of
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
    scheduler: str = "",
    unsafe: bool = False,
    limits: Limits | None = None,
    secret: bytes | None = None,
    make: Callable[..., Bench] = Bench,
) -> list[Mark]:
    """Grade the submissions of an exercise that are new or changed, and return the marks of all of them.

    `students`: names in submitted/, all when empty. `again`: grade also what has not changed. `force`: marks
    given by hand go. `workers`: processes that run submissions; `scheduler`: the address of a Dask cluster
    that does it instead. `unsafe`: without the sandbox. `secret`: of the cases, drawn anew for each run.
    `make`: makes what grades one submission after the other, for a simulation. What was handed in is never
    changed. Raises `CourseError` when there is nothing to grade, no sandbox, or no cluster as there must be.
    """
    if not scheduler:
        require(unsafe)
    source = sources.exercise(name, root)
    chosen = _chosen(source, list(students), root)
    exercise = assignments.prepared(source, root)
    assignments.register(exercise, root)
    before = _sums(root)
    with books.opened(root) as book:
        known = books.results(book, source.name)
        fresh = [one for one in chosen if again or _is_new(_job(one), known.get(one.student), root, source)]
        setting = Setting(
            lesson=source.slug,
            released=exercise.file,
            release=exercise.digest,
            secret=secret or books.secret_of_run(book, source.name, exercise.digest),
            teachers=secret or books.secret_of_teacher(book),
            modules=modules_of(exercise.notebook),
            limits=limits or Limits(),
            unsafe=unsafe,
        )
        jobs = map(_job, fresh)  # read one by one, when there is a place for it
        if scheduler:
            results = cluster.grade_all(setting, jobs, scheduler, make)
        else:
            results = grade_all(setting, jobs, workers, make)
        for done in results:
            _keep(book, source, done, root, force)
            report(_mark(book, exercise, done.result, fresh=True))
        books.finish_run(book, source.name)
        late.apply(book, source.name)
        marks = _marks(book, exercise, chosen, {one.student for one in fresh})
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
    counted = Counter(one.student for one in every)
    for student in (student for student, times in counted.items() if times > 1):
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


def _keep(book: Any, source: Source, done: Done, root: Path, force: bool) -> None:
    """Write what came of a submission: the files first, then the marks, in one transaction."""
    student, timestamp = done.result.student, done.result.timestamp
    files = {}
    if done.notebook:
        files[f"{source.name}.ipynb"] = done.notebook.encode("utf-8", "replace")
        if timestamp:
            files["timestamp.txt"] = timestamp.encode()
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
    points = standing.score if standing and standing.counts(result) else None
    return Mark(result.student, points, exercise.most, result.problem, result.state, tuple(notes), fresh)


def _marks(book: Any, exercise: Assignment, chosen: list[HandedIn], fresh: set[str]) -> list[Mark]:
    """The marks as the gradebook holds them, so that what is printed is what is exported."""
    known, standings = books.results(book, exercise.name), books.standings(book, exercise.name)
    return [
        _mark(book, exercise, known[student], fresh=student in fresh, standing=standings.get(student))
        for student in (one.student for one in chosen)
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
