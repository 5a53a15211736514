"""What a learner sees around a lesson: an unchanged copy, checks as cards, answers that are open on paper."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course import copies, lab
from tests.browser.notebook import error_outputs

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
LESSON = ROOT / "lessons" / "05_backward.ipynb"
DIRTY = "() => window.jupyterapp.shell.currentWidget.context.model.dirty"


def own_copy(folder: Path) -> Path:
    path = folder / LESSON.name
    path.write_text(copies.as_own(LESSON.read_bytes()), encoding="utf-8")
    return path


def test_a_copy_that_was_only_opened_counts_as_unchanged(open_notebook: Any, tmp_path: Path) -> None:
    notebook = open_notebook(own_copy(tmp_path))
    notebook.page.wait_for_timeout(3000)  # the kernel has said by then which Python it is
    assert notebook.page.evaluate(DIRTY) is False


def test_the_original_counts_as_changed(open_notebook: Any) -> None:
    """Else the test above would prove nothing."""
    notebook = open_notebook(LESSON)
    notebook.page.wait_for_function(DIRTY)


CHECKS = """
from helpers.checks.notebook import card
from helpers.checks.task import grade, find_task
from helpers._tables import show
from helpers.claims import claim
right = lambda n, test_size, rng: (lambda o, t: (o[t:], o[:t]))(rng.permutation(n), round(n * test_size))
for answer in (right, lambda n, test_size, rng: None):
    show(card(grade(find_task("data_splits/holdout"), answer)))
claim("random-split-is-enough", measured=0.03, what="what the split by row adds to the accuracy")
"""
SEEN = """cell => [...cell.querySelectorAll('.jp-RenderedHTML div[style]')].map(card => {
    const inner = card.querySelector('pre') ?? card;
    const style = getComputedStyle(inner);
    return {ink: style.color, ground: style.backgroundColor, space: style.whiteSpace, words: card.innerText,
            wide: card.scrollWidth <= card.clientWidth + 1};
})"""


def ratio(one: str, other: str) -> float:
    """The contrast of two colours "rgb(1, 2, 3)"."""

    def luminance(color: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@pytest.mark.parametrize("width", [1280, 700])
def test_cards_are_read_in_both_themes(open_notebook: Any, tmp_path: Path, theme: str, width: int) -> None:
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CHECKS)])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(made, tmp_path / "cards.ipynb")
    notebook = open_notebook(tmp_path / "cards.ipynb")
    page = notebook.page
    page.set_viewport_size({"width": width, "height": 900})
    notebook.theme(theme)
    page.wait_for_function(f"() => document.body.dataset.jpThemeName === '{theme}'")
    assert error_outputs([notebook.cells()[0] | {"outputs": notebook.run(0)}]) == []
    passed, failed, claimed = notebook.show(0).evaluate(SEEN)
    assert passed["words"].startswith("✓ passed all")
    assert failed["words"].startswith("passed 0 of")
    assert "\n" in failed["words"]
    assert failed["space"] == "pre-wrap"
    assert "Measured: what the split by row adds to the accuracy: 0.03 (expected" in claimed["words"]
    assert all(card["wide"] for card in (passed, failed, claimed))
    for card in (passed, failed):
        assert ratio(card["ink"], card["ground"]) >= 4.5, card
    ground = page.evaluate("() => getComputedStyle(document.querySelector('.jp-Notebook')).backgroundColor")
    assert ratio(claimed["ink"], ground) >= 4.5, claimed


def exported(folder: Path) -> Path:
    """The page that JupyterLab prints and exports, made with the settings that `course lab` gives it."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(extra_template_basedirs=[str(lab.TEMPLATES)], template_name="course")
    page, _ = exporter.from_filename(str(LESSON))
    (folder / "page.html").write_text(page, encoding="utf-8")
    return folder / "page.html"


SHOWN = """() => [...document.querySelectorAll('details > :not(summary)')].map(
    part => part.getBoundingClientRect().height > 0 && part.checkVisibility())"""


def test_folded_answers_are_open_on_paper(page: Any, tmp_path: Path) -> None:
    page.goto(exported(tmp_path).as_uri(), wait_until="domcontentloaded")
    assert not any(page.evaluate(SHOWN))  # on the screen a reader unfolds them
    page.emulate_media(media="print")
    shown = page.evaluate(SHOWN)
    assert len(shown) >= 3
    assert all(shown)
    page.emulate_media(media="screen")
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")  # for other browsers
    assert all(page.evaluate(SHOWN))
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert not any(page.evaluate(SHOWN))
