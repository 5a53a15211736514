"""A teacher's way with a class of three, and with submissions that are broken: from release to export."""

import csv
import shutil
import zipfile
from pathlib import Path

import nbformat
import pytest

from course import grading
from course.errors import CourseError
from course.places import ROOT
from course.sources import Source
from helpers.checks import tasks_of

EXERCISES = ["01_data_splits", "05_backward"]


def solved(name: str, tasks: int, path: Path) -> float:
    """Hand in an exercise with its first tasks solved; returns the points that they are worth."""
    source = Source("exercise", name)
    notebook = nbformat.read(source.released, as_version=4)
    solutions = {cell.id: cell.source for cell in nbformat.read(source.built, as_version=4).cells}
    chosen = tasks_of(source.slug)[:tasks]
    for task in chosen:
        cell_id = task.id.replace("/", "-") + "-answer"
        next(cell for cell in notebook.cells if cell.id == cell_id).source = solutions[cell_id]
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    return sum(task.points for task in chosen)


@pytest.fixture(scope="module")
def classroom(tmp_path_factory) -> Path:
    """A copy of the course that a class hands in to."""
    root = tmp_path_factory.mktemp("class")
    for folder in ("sources", "solutions", "exercises"):
        shutil.copytree(ROOT / folder, root / folder)
    return root


@pytest.mark.parametrize("name", EXERCISES)
def test_from_release_to_export(classroom, name):
    tasks = len(tasks_of(name[3:]))
    handed_in = {"perfect": tasks, "half": tasks // 2, "blank": 0}
    archive = grading.release(name[:2], classroom)
    assert zipfile.ZipFile(archive).namelist() == [f"{name}/{name}.ipynb"]
    expected = {
        student: solved(name, count, classroom / "submitted" / student / name / f"{name}.ipynb")
        for student, count in handed_in.items()
    }

    marks = {mark.student: mark for mark in grading.autograde(name, [], classroom)}

    full = sum(task.points for task in tasks_of(name[3:]))
    assert expected["perfect"] == full > expected["half"] > expected["blank"] == 0
    assert {student: mark.points for student, mark in marks.items()} == expected
    assert all(mark.most == full and not mark.problem for mark in marks.values())

    pages = grading.feedback(name, classroom)
    assert sorted(page.parts[-3] for page in pages) == ["blank", "half", "perfect"]
    assert "is not written yet" in pages[0].read_text(encoding="utf-8")

    assert grading.export(classroom / "marks.csv", classroom) >= 3
    with open(classroom / "marks.csv", newline="", encoding="utf-8") as file:
        rows = {
            row["student_id"]: float(row["score"])
            for row in csv.DictReader(file)
            if row["assignment"] == name
        }
    assert rows == expected


def test_a_broken_submission_does_not_stop_the_class(classroom):
    name = "01_data_splits"
    place = classroom / "submitted"
    points = solved(name, 1, place / "good" / name / f"{name}.ipynb")
    broken = place / "broken" / name / f"{name}.ipynb"
    broken.parent.mkdir(parents=True)
    broken.write_text("{not a notebook")
    (place / "empty" / name).mkdir(parents=True)
    twice = place / "twice" / name / f"{name}.ipynb"
    solved(name, 1, twice)
    notebook = nbformat.read(twice, as_version=4)
    graded = next(cell for cell in notebook.cells if cell.metadata.nbgrader.grade)
    notebook.cells.append(nbformat.from_dict({**graded, "id": "copy"}))
    nbformat.write(notebook, twice)

    students = ["broken", "empty", "good", "twice"]
    marks = {mark.student: mark for mark in grading.autograde("01", students, classroom)}

    assert marks["good"].points == points
    assert "is not a notebook that can be read" in marks["broken"].problem
    assert "there is no 01_data_splits.ipynb" in marks["empty"].problem
    assert "is there twice" in marks["twice"].problem
    assert all(marks[student].points is None for student in ("broken", "empty", "twice"))


def test_a_deleted_check_gives_nothing_and_partial_work_its_share(classroom):
    name = "01_data_splits"
    path = classroom / "submitted" / "deleted" / name / f"{name}.ipynb"
    solved(name, len(tasks_of("data_splits")), path)
    notebook = nbformat.read(path, as_version=4)
    first = next(cell for cell in notebook.cells if cell.metadata.nbgrader.solution)
    first.source = "def another_name():\n    pass"
    notebook.cells = [cell for cell in notebook.cells if cell.id != "data_splits-k_fold"]
    nbformat.write(notebook, path)
    full = {task.id: task.points for task in tasks_of("data_splits")}

    (mark,) = grading.autograde("01", ["deleted"], classroom)

    # nbgrader puts the deleted check back, so its answer counts; the renamed answer does not.
    assert mark.points == sum(full.values()) - full["data_splits/holdout"]


def test_words_for_a_teacher(classroom, tmp_path):
    with pytest.raises(CourseError, match="There is no submission of 01_data_splits from nobody"):
        grading.autograde("01", ["nobody"], classroom)
    with pytest.raises(CourseError, match="There is no gradebook yet"):
        grading.export(tmp_path / "marks.csv", tmp_path)
    with pytest.raises(CourseError, match="00 has no exercise"):
        grading.release("00", ROOT)
