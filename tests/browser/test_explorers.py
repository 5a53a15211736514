"""Explorers in a real JupyterLab: the sliders move by keyboard; picture, alt text and sentence follow."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.browser.notebook import drawn, error_outputs, picture, redrawn, slider

pytestmark = pytest.mark.browser

LABELS = {
    "data_splits": "test size",
    "baselines_and_metrics": "threshold",
    "backward": "learning rate",
    "tuning": "schedule",
    "features": "learning rate",
    "forward": "gain",
    "activations": "activation",
    "losses": "x of the red point",
    "optimizers": "learning rate",
    "normalization": "learning rate",
    "overfitting": "points",
    "convolution": "digit",
    "trust": "digit",
    "distillation": "temperature T",
    "sequences": "place",
    "generative_and_meta": "step",
    "quantization": "bits",
    "quantized_networks": "bits, layer 1",
    "large_model_quantization": "a scale for",
    "deployment": "largest batch",
}
TO_THE_LEFT = ("large_model_quantization", "generative_and_meta")  # their slider begins at its right end


def notebook_with(folder: Path, slug: str) -> Path:
    """A notebook that shows one explorer and nothing else."""
    cells = [f"from helpers.explore.{slug} import explorer", "explorer()"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / f"{slug}.ipynb"
    nbformat.write(notebook, path)
    return path


@pytest.mark.parametrize("slug", LABELS)
def test_picture_and_words_follow_the_keyboard(open_notebook: Any, tmp_path: Path, slug: str) -> None:
    notebook = open_notebook(notebook_with(tmp_path, slug))
    notebook.run_all()
    assert error_outputs(notebook.cells()) == []
    cell = notebook.show(1)
    first = picture(cell)
    assert first.alt
    assert first.sentence
    slider(cell, LABELS[slug]).focus()
    pixels = drawn(cell)
    seconds = []
    now = first
    for _ in range(3):
        start = time.perf_counter()
        notebook.page.keyboard.press("ArrowLeft" if slug in TO_THE_LEFT else "ArrowRight")
        before, now = now, redrawn(cell, now)
        seconds.append(time.perf_counter() - start)
        assert now.alt != before.alt
    assert now.sentence != first.sentence
    assert drawn(cell) != pixels
    assert sorted(seconds)[1] < 2  # 0.1 on a quiet machine

    cell.get_by_role("button", name="Reset").click()
    back = redrawn(cell, now)
    assert (back.alt, back.sentence) == (first.alt, first.sentence)


def test_sliders_are_read_by_name_and_value_and_tell_what_is_new(open_notebook: Any, tmp_path: Path) -> None:
    notebook = open_notebook(notebook_with(tmp_path, "backward"))
    notebook.run_all()
    cell = notebook.show(1)
    slider(cell, "learning rate")
    said = {one.get_attribute("aria-valuetext") for one in cell.get_by_role("slider").all()}
    assert said == {"learning rate 0.02", "condition number 10", "steps 50"}
    assert picture(cell).sentence == cell.get_by_role("status").inner_text()
    assert cell.locator(".sb-still").is_hidden()  # the picture of the saved notebook


def test_one_key_shortcuts_stay_outside(open_notebook: Any, tmp_path: Path) -> None:
    notebook = open_notebook(notebook_with(tmp_path, "backward"))
    notebook.run_all()
    slider(notebook.show(1), "steps").focus()
    for key in ("x", "b", "a", "d", "d"):
        notebook.page.keyboard.press(key)
    assert len(notebook.cells()) == 2
