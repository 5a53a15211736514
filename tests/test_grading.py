"""A teacher's way with a class: from release to export, and what people hand in besides."""

import csv
import hashlib
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import time
import zipfile
from contextlib import closing
from pathlib import Path

import nbformat
import psutil
import pytest
from sqlalchemy import text

from course import grading
from course.errors import CourseError
from course.grading import assignment as assignments
from course.grading import book as books
from course.grading import grade, sandbox, work
from course.grading.sandbox import MEGABYTE, Limits
from course.places import ROOT
from course.sources import Source
from helpers.checks import tasks_of
from tests.classroom import CLASS, NAME, blank, copy_of_course, hand_in, put, solved

SECRET = b"of the tests"
LIMITS = Limits(memory=600 * MEGABYTE, submission=20.0)

pytestmark = pytest.mark.skipif(
    bool(sandbox.why_not()) and "CI" not in os.environ, reason=f"no sandbox here: {sandbox.why_not()}"
)


def exported(root: Path, form: str = "csv") -> list[dict[str, str]]:
    grading.export(root / "marks.csv", root, form)
    with open(root / "marks.csv", newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


class Graded:
    """The class after its first grading, with the results as they came."""

    def __init__(self, root: Path) -> None:
        self.root = copy_of_course(root)
        self.archive = grading.release("01", root)
        hand_in(root, CLASS)
        self.before = {path: path.lstat().st_mtime_ns for path in sorted((root / "submitted").rglob("*"))}
        self.told: list[grading.Mark] = []
        self.marks = {
            mark.student: mark
            for mark in grading.autograde(
                "01", [], root, self.told.append, workers=2, limits=LIMITS, secret=SECRET
            )
        }


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> Graded:
    return Graded(tmp_path_factory.mktemp("a class? [1]"))


@pytest.mark.parametrize("student", CLASS)
def test_everybody_gets_what_the_work_is_worth(graded, student):
    learner, mark = CLASS[student], graded.marks[student]
    assert (mark.points, mark.most) == (learner.points, 20)
    assert (mark.state == "refused") == learner.refused == bool(mark.problem)
    assert learner.says in "; ".join([mark.problem, *mark.notes])


def test_marks_are_told_as_they_come_and_are_those_of_the_gradebook(graded):
    assert {mark.student: mark.points for mark in graded.told} == {
        student: mark.points for student, mark in graded.marks.items()
    }
    rows = {row["student_id"]: row for row in exported(graded.root)}
    assert {name: float(row["score"]) for name, row in rows.items()} == {
        student: mark.points for student, mark in graded.marks.items()
    }
    refused = {name for name, row in rows.items() if "needs review; refused" in row["flags"]}
    assert refused == {student for student, learner in CLASS.items() if learner.refused}
    assert rows["late"]["timestamp"].startswith("2026-02-03")


def test_what_was_handed_in_is_never_changed(graded):
    after = {path: path.lstat().st_mtime_ns for path in sorted((graded.root / "submitted").rglob("*"))}
    assert after == graded.before


def test_release_holds_the_notebook_alone(graded):
    assert zipfile.ZipFile(graded.archive).namelist() == [f"{NAME}/{NAME}.ipynb"]


def content(root: Path) -> str:
    """A hash of what nbgrader and we keep in the gradebook, but for the secrets of runs."""
    with closing(sqlite3.connect(root / "gradebook.db")) as book:
        lines = [line for line in book.iterdump() if not re.search('"course_(run|secret)"', line)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_the_second_time_only_what_is_new_is_graded(graded, monkeypatch):
    monkeypatch.setattr(work, "Nursery", None)  # nothing is run
    before = content(graded.root)
    marks = grading.autograde("01", [], graded.root)
    assert not any(mark.fresh for mark in marks)
    assert {mark.student: mark.points for mark in marks} == {
        student: mark.points for student, mark in graded.marks.items()
    }
    assert content(graded.root) == before


def test_formgrader_finds_its_notebook_and_its_grades(graded):
    path = graded.root / "autograded" / "partial" / NAME / f"{NAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    with books.opened(graded.root) as book:
        submission = book.find_submission(NAME, "partial")
        assert submission.score == 7
        assert not submission.needs_manual_grade
        assert book.find_submission(NAME, "empty").needs_manual_grade
        grades = {grade.name: grade.auto_score for grade in submission.notebooks[0].grades}
    checks = {cell.id: cell for cell in notebook.cells if cell.metadata.nbgrader.grade}
    assert checks.keys() == grades.keys()
    assert "is not written yet" in checks["data_splits-k_fold"].outputs[0].text


def test_a_page_for_each_student_names_tasks_points_and_hints(graded):
    pages = {page.parts[-3]: page.read_text(encoding="utf-8") for page in grading.feedback("01", graded.root)}
    assert pages.keys() == CLASS.keys()
    assert "Task 1 · Shuffle and cut" in pages["partial"]
    assert "7 of 20 points" in pages["partial"]
    assert "hint: Replace the line" in pages["partial"]
    assert "A person will look at it" in pages["no notebook"]
    assert not any("http:" in page or "https:" in page or "<script" in page for page in pages.values())
    (page,) = grading.feedback("01", graded.root, ["Jörg Müller"])
    assert page.is_file()


@pytest.mark.parametrize(("form", "column"), [("canvas", "SIS Login ID"), ("moodle", "ID number")])
def test_learning_platforms_get_their_columns(graded, form, column):
    rows = exported(graded.root, form)
    assert (graded.root / "marks.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    by_id = {row[column]: row[NAME] for row in rows}
    assert by_id["Jörg Müller"] == "20.0"


# What the gradebook keeps: one result after another, without running anything


def results_of(root: Path) -> dict[str, books.Result]:
    with books.opened(root) as book:
        return books.results(book, NAME)


def as_graded(results: dict[str, books.Result]):
    """In place of running submissions: the results that they got."""

    def grade_all(setting, jobs, *_):
        for job in jobs:
            known = results[job.student]
            yield work.Done(
                books.Result(**{**vars(known), "digest": job.digest, "release": setting.release}), "{}"
            )

    return grade_all


@pytest.fixture
def copied(graded, tmp_path, monkeypatch) -> Path:
    """A copy of the class, in which submissions get the results that they got."""
    monkeypatch.setattr(grade, "grade_all", as_graded(results_of(graded.root)))
    root = tmp_path / "class"
    shutil.copytree(graded.root, root, symlinks=True)
    return root


def set_by_hand(root: Path, student: str, points: float) -> None:
    with books.opened(root) as book:
        one = book.find_grade("data_splits-holdout", NAME, NAME, student)
        one.manual_score = points
        book.db.commit()


def test_a_mark_by_hand_stays_and_is_looked_at_after_a_new_submission(copied):
    set_by_hand(copied, "partial", 1)
    put(copied / "submitted/partial" / NAME, {**solved("holdout", "stratified_holdout"), "again": 1})
    (mark,) = grading.autograde("01", ["partial"], copied)
    assert (mark.points, mark.fresh) == (5, True)
    assert "a mark given by hand was kept" in mark.notes[-1]
    row = next(row for row in exported(copied) if row["student_id"] == "partial")
    assert row["flags"] == "needs review; marked by hand"
    (mark,) = grading.autograde("01", ["partial"], copied, force=True, again=True)
    assert mark.points == 7


def test_a_regrading_that_fails_takes_the_mark_and_the_page_away(copied, monkeypatch):
    grading.feedback("01", copied)

    def broken(setting, jobs, *_):
        for job in jobs:
            yield work.Done(books.Result(job.student, job.digest, setting.release, "failed", 20, "no power"))

    monkeypatch.setattr(grade, "grade_all", broken)
    (mark,) = grading.autograde("01", ["perfect"], copied, again=True)
    assert (mark.points, mark.problem) == (None, "no power")
    row = next(row for row in exported(copied) if row["student_id"] == "perfect")
    assert (row["score"], row["flags"]) == ("", "needs review; failed")
    assert not (copied / "feedback/perfect" / NAME).exists()


def test_a_corrected_text_and_changed_points_stop_nothing(copied, monkeypatch):
    prepared = assignments.prepared

    def with_points(points: float):
        exercise = prepared(Source("exercise", NAME, copied), copied)
        exercise.notebook.cells[0].source += " Corrected."
        exercise.notebook.cells.insert(
            1, nbformat.from_dict({**exercise.notebook.cells[0], "id": "one-more"})
        )
        exercise.notebook.cells[1].metadata = nbformat.from_dict(
            {"nbgrader": {**exercise.notebook.cells[0].metadata.nbgrader, "grade_id": "one-more"}}
        )
        for cell in exercise.notebook.cells:
            if cell.metadata.nbgrader.grade_id == "data_splits-holdout":
                cell.metadata.nbgrader.points = points
        return assignments.Assignment(exercise.source, exercise.file, exercise.notebook, f"with {points}")

    monkeypatch.setattr(assignments, "prepared", lambda source, root: with_points(6))
    marks = {mark.student: mark for mark in grading.autograde("01", ["blank"], copied, again=True)}
    assert marks["blank"].most == 23
    rows = {row["student_id"]: row for row in exported(copied)}
    assert (rows["partial"]["score"], rows["partial"]["max_score"]) == ("7.0", "20")
    assert rows["partial"]["flags"] == "stale"


def test_a_program_that_is_killed_anywhere_loses_nothing(copied):
    """Killed twenty times while marks are written, then left alone: as if it had never been killed."""
    want = {row["student_id"]: (row["score"], row["flags"]) for row in exported(copied)}
    for path in ("autograded", "feedback", "gradebook.db"):
        shutil.rmtree(copied / path) if (copied / path).is_dir() else (copied / path).unlink()
    exercise = assignments.prepared(Source("exercise", NAME, copied), copied)
    assignments.register(exercise, copied)
    rng, counts = random.Random(0), []
    for _ in range(20):
        child = os.fork()
        if child == 0:
            assignments.prepared = lambda source, root: exercise
            try:
                grading.autograde("01", [], copied)
            finally:
                os._exit(0)
        time.sleep(rng.uniform(0.05, 0.6))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        counts.append(len(results_of(copied)))
        for row in exported(copied):
            assert row["score"] in ("", want[row["student_id"]][0])
    assert counts == sorted(counts)
    grading.autograde("01", [], copied)
    assert {row["student_id"]: (row["score"], row["flags"]) for row in exported(copied)} == want
    with books.opened(copied) as book:
        assert book.db.execute(text("pragma integrity_check")).scalar() == "ok"
    assert not list((copied / "autograded").rglob(".old-*"))


def test_who_writes_into_submitted_while_it_is_graded_is_noticed(copied, monkeypatch):
    honest = as_graded(results_of(copied))

    def grade_all(setting, jobs, *_):
        yield from honest(setting, jobs)
        (copied / "submitted/partial" / NAME / "added.py").touch()

    monkeypatch.setattr(grade, "grade_all", grade_all)
    with pytest.raises(CourseError, match="changed while it was graded"):
        grading.autograde("01", ["partial"], copied, again=True)


@pytest.mark.skipif("COURSE_THOROUGH" not in os.environ, reason="takes minutes: only with --thorough")
def test_killed_while_submissions_run_loses_nothing_and_leaves_nothing(tmp_path):
    """Twenty times kill -9 with the sandbox at work, then left alone; what it had started ends with it."""
    root = copy_of_course(tmp_path / "class")
    for student in "abc":
        put(root / "submitted" / student / NAME, solved("holdout"))
    exercise = assignments.prepared(Source("exercise", NAME, root), root)
    assignments.register(exercise, root)
    rng = random.Random(0)
    for _ in range(20):
        child = os.fork()
        if child == 0:
            assignments.prepared = lambda source, root: exercise
            try:
                grading.autograde("01", [], root, limits=LIMITS, secret=SECRET)
            finally:
                os._exit(0)
        time.sleep(rng.uniform(0.1, 6))
        started = psutil.Process(child).children(recursive=True)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert not psutil.wait_procs(started, timeout=10)[1]
        assert {row["score"] for row in exported(root)} <= {"", "3.0"}
    grading.autograde("01", [], root, limits=LIMITS, secret=SECRET)
    assert [(row["score"], row["flags"]) for row in exported(root)] == [("3.0", "")] * 3


# Words for a teacher


def test_where_there_is_no_sandbox_it_refuses_and_says_how_to_go_on(monkeypatch, graded):
    monkeypatch.setattr(sandbox, "why_not", lambda: "this is another system")
    with pytest.raises(CourseError, match=r"this is another system.*--unsafe-no-sandbox"):
        grading.autograde("01", [], graded.root)


def test_words_for_a_teacher(graded, tmp_path):
    with pytest.raises(CourseError, match="There is no submission of 01_data_splits from nobody"):
        grading.autograde("01", ["nobody"], graded.root)
    with pytest.raises(CourseError, match="There is no submission of 05_backward at all"):
        grading.autograde("05", [], graded.root)
    with pytest.raises(CourseError, match="There is no gradebook yet"):
        grading.export(tmp_path / "marks.csv", tmp_path)
    with pytest.raises(CourseError, match="cannot be written"):
        grading.export(tmp_path, graded.root)
    with pytest.raises(CourseError, match="00 has no exercise"):
        grading.release("00", ROOT)
    with pytest.raises(CourseError, match="is graded yet"):
        grading.feedback("05", graded.root)


def test_a_wrong_source_is_not_released(graded, tmp_path):
    root = shutil.copytree(graded.root / "sources", tmp_path / "sources").parent
    shutil.copytree(graded.root / "solutions", root / "solutions")
    path = Source("exercise", NAME, root).path
    path.write_text(path.read_text(encoding="utf-8") + "\n# %%\nx = (\n", encoding="utf-8")
    with pytest.raises(CourseError, match="not valid Python"):
        grading.release("01", root)


def test_a_formula_in_a_name_stays_text(tmp_path):
    from course.grading.export import _plain

    assert _plain("=1+1") == "'=1+1"
    assert _plain(-1.0) == -1.0


def test_the_class_is_what_the_tests_think():
    assert len(CLASS) >= 24
    assert sum(task.points for task in tasks_of("data_splits")) == 20
    assert json.loads(blank())["nbformat"] == 4
