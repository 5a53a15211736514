"""A teacher's way with a class of three, and with submissions that are broken: from release to export."""

import csv
import dataclasses
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


def change(path: Path, change_cells) -> None:
    """Change the cells of a notebook that is handed in."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = change_cells(notebook.cells)
    nbformat.write(notebook, path)


def with_a_cell(text: str):
    """The cells with one in front that a learner added."""
    return lambda cells: [nbformat.v4.new_code_cell(text), *cells]


@pytest.fixture(scope="module")
def odd(tmp_path_factory) -> tuple[Path, dict[str, grading.Mark], dict[Path, bytes]]:
    """A class of odd submissions: its folder, its marks, and the bytes of what was handed in."""
    root = tmp_path_factory.mktemp("odd")
    for folder in ("sources", "solutions", "exercises"):
        shutil.copytree(ROOT / folder, root / folder)
    name = "01_data_splits"
    every = len(tasks_of("data_splits"))

    def hand_in(student: str, tasks: int = every, folder: str = name) -> Path:
        path = root / "submitted" / student / folder / f"{name}.ipynb"
        solved(name, tasks, path)
        return path

    gone = ("data_splits-holdout", "data_splits-holdout-answer", "data_splits-k_fold")
    change(hand_in("a task deleted"), lambda cells: [cell for cell in cells if cell.id not in gone])
    change(
        hand_in("checks deleted"),
        lambda cells: [cell for cell in cells if not cell.metadata.nbgrader.grade],
    )
    change(hand_in("ends, Python"), with_a_cell("import os\nos._exit(0)"))
    change(hand_in("own check"), with_a_cell("from helpers import checks\nchecks.check = lambda *a: 20"))
    change(hand_in("other cells"), lambda cells: [nbformat.v4.new_code_cell(cell.source) for cell in cells])
    (hand_in("no time").parent / "timestamp.txt").write_text("yesterday")
    (hand_in("in time").parent / "timestamp.txt").write_text("2026-01-31 12:00:00 UTC")
    bare = hand_in("bare")
    bare.write_text('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}', encoding="utf-8")
    change(hand_in("half a cell"), with_a_cell("pass"))
    change(
        root / "submitted/half a cell" / name / f"{name}.ipynb",
        lambda cells: [nbformat.from_dict({**cells[0], "metadata": {"nbgrader": {}}}), *cells[1:]],
    )
    other = nbformat.read(Source("exercise", "05_backward").released, as_version=4)
    change(hand_in("pasted"), lambda cells: [*cells, *other.cells])
    hand_in("wrong folder", folder="1_data_splits")
    before = {path: path.read_bytes() for path in sorted((root / "submitted").rglob("*.*"))}
    return root, {mark.student: mark for mark in grading.autograde("01", [], root)}, before


def test_odd_submissions_get_what_they_earn_or_a_reason(odd):
    _, marks, _ = odd
    assert {student: mark.points for student, mark in marks.items() if not mark.problem} == {
        "a task deleted": 17,
        "checks deleted": 20,
        "in time": 20,
        "half a cell": 20,
        "pasted": 20,
    }
    for student, words in {
        "ends, Python": "its code ends Python",
        "own check": "a `check` of its own",
        "other cells": "no cell of 01_data_splits is in it",
        "no time": "its timestamp.txt holds no time",
        "bare": "is not a notebook that can be read",
        "wrong folder": "1_data_splits/01_data_splits.ipynb was not graded",
    }.items():
        assert words in marks[student].problem
        assert marks[student].points is None
        assert marks[student].most == 20


def test_what_was_handed_in_is_never_changed(odd):
    root, _, before = odd
    assert {path: path.read_bytes() for path in sorted((root / "submitted").rglob("*.*"))} == before


def test_what_was_not_graded_has_no_mark_in_the_table(odd, tmp_path):
    root, marks, _ = odd
    grading.export(tmp_path / "marks.csv", root)
    with open(tmp_path / "marks.csv", newline="", encoding="utf-8") as file:
        scores = {row["student_id"]: row["score"] for row in csv.DictReader(file)}
    assert scores["in time"] == "20.0"
    assert scores["ends, Python"] == ""  # nbgrader holds a 0, and a name with a comma is one name
    assert all(scores.get(student, "") == "" for student, mark in marks.items() if mark.problem)
    with pytest.raises(CourseError, match="cannot be written"):
        grading.export(tmp_path, root)


def test_a_stopped_grading_stops():
    class Log:
        records = ()

    class Api:
        log = Log()

    with pytest.raises(KeyboardInterrupt):
        grading._reason(Api(), {"success": False, "error": "Traceback\nKeyboardInterrupt\n"})


def test_a_wrong_source_is_not_released(classroom, tmp_path):
    root = shutil.copytree(classroom / "sources", tmp_path / "sources").parent
    shutil.copytree(classroom / "solutions", root / "solutions")
    path = dataclasses.replace(Source("exercise", "01_data_splits"), root=root).path
    path.write_text(path.read_text(encoding="utf-8") + "\n# %%\nx = (\n", encoding="utf-8")
    with pytest.raises(CourseError, match="not valid Python"):
        grading.release("01", root)


def test_words_for_a_teacher(classroom, tmp_path):
    with pytest.raises(CourseError, match="There is no submission of 01_data_splits from nobody"):
        grading.autograde("01", ["nobody"], classroom)
    with pytest.raises(CourseError, match="There is no gradebook yet"):
        grading.export(tmp_path / "marks.csv", tmp_path)
    with pytest.raises(CourseError, match="00 has no exercise"):
        grading.release("00", ROOT)
