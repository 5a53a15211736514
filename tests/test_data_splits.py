"""Lesson 01's own parts: figures refuse what they cannot draw; checks are quick and cannot be guessed."""

import time

import jupytext
import numpy as np
import pytest

from course.places import ROOT
from helpers.checks import grade, tasks_of
from helpers.figures import data_splits as figures

TASKS = tasks_of("data_splits")


@pytest.fixture(scope="module")
def solution():
    """The names that the solution's cells define, without running the checks."""
    notebook = jupytext.read(ROOT / "sources" / "exercises" / "01_data_splits.py")
    names: dict = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and "check" not in cell.metadata:
            exec(cell.source, names)
    return names


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_the_solution_gets_full_points_in_under_a_second(task, solution):
    grade(task, solution[task.name])  # the first call imports and loads
    start = time.process_time()
    report = grade(task, solution[task.name], seed=1)
    assert report.complete, report.finding
    assert time.process_time() - start < 1


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("constant", [True, False, 0, None])
def test_a_constant_finds_no_leak(constant, seed):
    (task,) = (task for task in TASKS if task.name == "find_the_leak")
    assert grade(task, lambda prepare, X_train, X_test: constant, seed=seed).points == 0


def test_points_are_between_ten_and_twenty():
    assert 10 <= sum(task.points for task in TASKS) <= 20
    assert all(3 <= task.points <= 5 for task in TASKS)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: figures.digits_with_labels(np.zeros((3, 64)), np.arange(3), np.arange(3)), "at least ten"),
        (lambda: figures.fold_map([]), "folds is empty"),
        (lambda: figures.picked_by_chance({"one": [0.5]}), "two named sequences; got 1"),
    ],
)
def test_a_figure_refuses_what_it_cannot_draw(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


def test_the_map_of_folds_marks_every_row_once():
    folds = [(np.array([1, 2, 3]), np.array([0])), (np.array([0]), np.array([1, 2, 3]))]
    ax = figures.fold_map(folds).axes[0]
    held = [bar for bar in ax.patches if bar.get_facecolor() != ax.patches[0].get_facecolor()]
    assert sorted(round(bar.get_x() + bar.get_width() / 2) for bar in held) == [0, 1, 2, 3]
