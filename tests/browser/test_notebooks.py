"""What a learner does first: read a lesson, move its slider, answer a task, be told that it is right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.browser.notebook import drawn, error_outputs, picture, redrawn, slider, words

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]


def test_lesson_05_runs_and_its_slider_moves_the_picture(open_notebook: Any) -> None:
    notebook = open_notebook(ROOT / "lessons" / "05_backward.ipynb")
    notebook.run_all()
    cells = notebook.cells()
    assert error_outputs(cells) == []
    assert all(cell["execution_count"] for cell in cells if cell["cell_type"] == "code" and cell["source"])

    cell = notebook.show(notebook.index("explorer()"))
    before, pixels = picture(cell), drawn(cell)
    slider(cell, "learning rate").focus()
    notebook.page.keyboard.press("ArrowRight")
    after = redrawn(cell, before)
    assert after.alt != before.alt
    assert drawn(cell) != pixels


def test_exercise_01_says_that_a_pasted_answer_passes(open_notebook: Any) -> None:
    name = "01_data_splits"
    solution = nbformat.read(ROOT / "solutions" / name / f"{name}.ipynb", as_version=4)
    check = next(cell.id for cell in solution.cells if cell.metadata.get("nbgrader", {}).get("grade"))
    answer = next(cell.source for cell in solution.cells if cell.id == f"{check}-answer")

    notebook = open_notebook(ROOT / "exercises" / name / f"{name}.ipynb")
    ids = [cell["id"] for cell in notebook.cells()]
    answer_index, check_index = ids.index(f"{check}-answer"), ids.index(check)
    for index, cell in enumerate(notebook.cells()[:answer_index]):
        if cell["cell_type"] == "code":
            notebook.run(index)

    notebook.run(answer_index)
    assert "passed all" not in words(notebook.run(check_index))  # the stub is no answer

    notebook.paste(answer_index, answer)
    assert "".join(notebook.cells()[answer_index]["source"]) == answer
    assert error_outputs([notebook.cells()[answer_index] | {"outputs": notebook.run(answer_index)}]) == []
    assert words(notebook.run(check_index)).strip().startswith("passed all")
