"""The playground in a real JupyterLab: it plays, follows the sliders and stops, and other cells run."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.browser.notebook import Notebook, Seen, error_outputs, picture, redrawn, slider, words

pytestmark = pytest.mark.browser

CELLS = ("from helpers.explore.playground import playground", "playground()", "print(6 * 7)")


KERNEL = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.id"


def last_activity(lab: Any, kernel: str) -> str:
    """When the kernel last said something."""
    with urllib.request.urlopen(f"{lab.url}/api/kernels/{kernel}?token={lab.token}", timeout=5) as answer:
        return str(json.load(answer)["last_activity"])


def notebook_with(folder: Path, cells: tuple[str, ...] = CELLS) -> Path:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / "playground.ipynb"
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def opened(open_notebook: Any, tmp_path: Path) -> tuple[Notebook, Any]:
    """The notebook after all its cells ran, and the cell with the playground."""
    notebook = open_notebook(notebook_with(tmp_path))
    notebook.run_all()
    assert error_outputs(notebook.cells()) == []
    cell = notebook.show(1)
    cell.get_by_role("button", name="Step").wait_for()
    return notebook, cell


def settled(cell: Any, seconds: float = 0.5) -> Seen:
    """The picture once it no longer changes."""
    now = picture(cell)
    still_since = time.monotonic()
    while time.monotonic() - still_since < seconds:
        time.sleep(0.05)
        if picture(cell).source != now.source:
            now, still_since = picture(cell), time.monotonic()
    return now


def test_the_learning_rate_moves_the_picture(opened: tuple[Notebook, Any]) -> None:
    notebook, cell = opened
    before = picture(cell)
    assert "after 200 steps with learning rate 0.3" in before.alt
    slider(cell, "learning rate").focus()
    notebook.page.keyboard.press("ArrowRight")
    assert redrawn(cell, before)
    assert "after 200 steps with learning rate 0.5" in settled(cell).alt


def test_it_plays_while_other_cells_run_and_stops_when_its_cell_runs_again(
    opened: tuple[Notebook, Any],
) -> None:
    notebook, cell = opened
    before = picture(cell)
    cell.get_by_role("button", name="Play").click()
    playing = redrawn(cell, before)
    assert words(notebook.run(2)).strip() == "42"
    cell = notebook.show(1)
    assert redrawn(cell, playing)
    notebook.run(1)
    cell = notebook.show(1)
    again = settled(cell)
    assert "after 200 steps" in again.alt
    cell.get_by_role("button", name="Play").wait_for()


def test_it_plays_on_while_its_page_is_open_and_pauses_when_it_is_closed(
    open_notebook: Any, tmp_path: Path, page: Any, lab: Any
) -> None:
    impatient = "from helpers.explore.playground import playground, player; player.UNWATCHED = 4"
    notebook = open_notebook(notebook_with(tmp_path, (impatient, "playground()")))
    notebook.run_all()
    cell = notebook.show(1)
    cell.locator("button.widget-toggle-button", has_text="Play").click()
    time.sleep(8)
    assert cell.locator("button.widget-toggle-button", has_text="Pause").count() == 1
    kernel = page.evaluate(KERNEL)
    page.close()
    time.sleep(8)  # the page's last sign of life, and UNWATCHED
    earlier = last_activity(lab, kernel)
    time.sleep(2)
    assert last_activity(lab, kernel) == earlier


def test_step_and_reset(opened: tuple[Notebook, Any]) -> None:
    _, cell = opened
    now = picture(cell)
    cell.get_by_role("button", name="Step").click()
    now = redrawn(cell, now)
    assert "after 201 steps" in now.alt
    cell.get_by_role("button", name="Reset").click()
    now = redrawn(cell, now)
    assert "after 0 steps" in now.alt
    assert now.sentence.startswith("Before the first step")


def test_the_map_moves_the_sliders_and_the_code_follows(opened: tuple[Notebook, Any]) -> None:
    notebook, cell = opened
    before = picture(cell)
    cell.get_by_text("What if?").click()
    target = cell.locator("button[title^='learning rate 0.1, batch size 64']")
    target.wait_for()
    target.click()
    assert redrawn(cell, before)
    after = settled(cell)
    assert "learning rate 0.1 and batches of 64" in after.alt
    cell.get_by_text("Copy as code").click()
    notebook.page.wait_for_function(
        "() => document.querySelector('.jp-Cell textarea')?.value.includes('batch_size=64')"
    )
