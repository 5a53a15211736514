"""What a test does with a notebook that is open in JupyterLab.

JupyterLab keeps only the cells near the screen in the page. What is stored is therefore read from the
notebook's model, and a cell is scrolled to before anything in it is touched.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

RUN_LIMIT = 120_000

READY = """() => {
    const panel = window.jupyterapp?.shell?.currentWidget;
    return panel?.content?.model && panel?.sessionContext?.session?.kernel?.status === 'idle';
}"""
CELLS = "() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells"
SHOW = """async index => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = index;
    await notebook.scrollToItem(index, 'start');
}"""
PICTURE = """cell => {
    const image = cell.querySelector('.sb-explorer img');
    const sentence = cell.querySelector('.sb-explorer .sb-words')?.innerText ?? '';
    return image?.complete && image.naturalWidth > 100 ? [image.src, image.alt, sentence] : null;
}"""
THEME = "async theme => { await jupyterapp.commands.execute('apputils:change-theme', { theme }); }"
RUN_ALL = "async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
RUN_ONE = "async () => { await window.jupyterapp.commands.execute('notebook:run-cell'); }"


class Notebook:
    """The notebook in the current tab; waits on creation until its kernel is idle."""

    def __init__(self, page: Any) -> None:
        self.page = page
        page.wait_for_function(READY, timeout=60_000)

    def cells(self) -> list[dict[str, Any]]:
        """The cells as they would be saved now."""
        return self.page.evaluate(CELLS)

    def run_all(self) -> None:
        """Run every cell, as the menu does, and wait until all are done."""
        self.page.set_default_timeout(RUN_LIMIT)
        self.page.evaluate(RUN_ALL)
        self.page.wait_for_function(READY)
        self.page.set_default_timeout(30_000)

    def theme(self, name: str) -> None:
        """Change to a theme, such as "JupyterLab Dark"."""
        self.page.evaluate(THEME, name)

    def index(self, text: str) -> int:
        """The number of the first code cell that contains a text."""
        for number, cell in enumerate(self.cells()):
            if cell["cell_type"] == "code" and text in "".join(cell["source"]):
                return number
        raise AssertionError(f"no code cell contains {text!r}")

    def show(self, index: int) -> Any:
        """Scroll to a cell and select it; returns its element."""
        self.page.evaluate(SHOW, index)
        cell = self.page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{index}"]')
        cell.wait_for()
        return cell

    def paste(self, index: int, text: str) -> None:
        """Replace what is written in a code cell, through its editor."""
        editor = self.show(index).locator(".cm-content")
        editor.click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text)

    def run(self, index: int) -> list[dict[str, Any]]:
        """Run one cell and return its outputs."""
        self.show(index)
        self.page.evaluate(RUN_ONE)
        self.page.wait_for_function(READY)
        return self.cells()[index]["outputs"]


def words(outputs: list[dict[str, Any]]) -> str:
    """All that a cell printed or raised, as one text."""
    found: list[Any] = []
    for output in outputs:
        found += (
            output.get("text", []),
            output.get("traceback", []),
            output.get("data", {}).get("text/plain", []),
        )
    return "\n".join("".join(part) for part in found)


def error_outputs(cells: list[dict[str, Any]]) -> list[str]:
    """Whatever went wrong in some cells: exceptions, and anything written to stderr."""
    return [
        f"cell {number}: {words([output])}"
        for number, cell in enumerate(cells)
        for output in cell.get("outputs", [])
        if output["output_type"] == "error" or output.get("name") == "stderr"
    ]


@dataclass(frozen=True)
class Seen:
    """An explorer's picture as it stands in the page."""

    source: str
    alt: str
    sentence: str


def picture(cell: Any) -> Seen:
    """The picture in a cell's output, once it is loaded."""
    return _wait_for_picture(cell, lambda seen: True, "there is no picture")


def redrawn(cell: Any, before: Seen) -> Seen:
    """The picture as soon as it is another one."""
    return _wait_for_picture(cell, lambda seen: seen.source != before.source, f"still: {before.alt}")


def _wait_for_picture(cell: Any, good: Callable[[Seen], bool], problem: str, limit: float = 15.0) -> Seen:
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        found = cell.evaluate(PICTURE)  # all at once: the element is replaced when the picture changes
        if found and good(Seen(*found)):
            return Seen(*found)
        time.sleep(0.005)
    raise AssertionError(f"after {limit:g} s {problem}")


def drawn(cell: Any) -> bytes:
    """The picture's pixels on the screen."""
    return bytes(cell.locator(".sb-explorer img").screenshot())


def slider(cell: Any, label: str) -> Any:
    """The slider with a label, as the keyboard and a screen reader find it."""
    found = cell.get_by_role("slider", name=label)
    found.wait_for()
    return found
