"""A cell marked `predict` asks for a guess: a lesson is shipped without what it puts out.

What it puts out is compared all the same. It lies in the cell's metadata, where nobody reads it by accident
and where it stays when a reader runs the lesson and saves it; its pictures are left out, since they are not
compared. This module is also the plugin of pytest that gives it back to nbval (`-p course.predictions`):
nbval compares nothing in a cell that was never run, and so would pass such a cell in silence.
"""

import re
from collections.abc import Iterator
from typing import Any

import nbformat
from nbformat import NotebookNode

from course import reading

TAG, KEY = "predict", "expected"
DIGITS = 3  # a shorter number, such as 12 or 0.5, stands in a text by chance
_PICTURE = re.compile(r"data:image/png;base64,[A-Za-z0-9+/=]+")
_PLACEHOLDER = "data:image/png;base64,PICTURE"  # what nbval_sanitize.cfg makes of every picture
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w]|\.\d)")
_PERCENT = re.compile(r"(?<![\w.])(\d\d)(?= ?%)")


def is_prediction(cell: NotebookNode) -> bool:
    """Whether a cell asks for a guess."""
    return cell.cell_type == "code" and TAG in cell.metadata.get("tags", [])


def hide(notebook: NotebookNode) -> NotebookNode:
    """Move what the cells marked `predict` put out to their metadata; the cells look as if never run."""
    for cell in filter(is_prediction, notebook.cells):
        cell.metadata[KEY] = [_stored(output) for output in cell.outputs]
        cell.outputs, cell.execution_count = [], None
    return notebook


def _stored(output: NotebookNode) -> dict[str, Any]:
    """An output without pixels, its texts in lines, so that a difference shows in the line where it is."""
    kept = dict(output)
    if "text" in kept:
        kept["text"] = kept["text"].splitlines(keepends=True)
    if "data" in kept:
        kept["data"] = {
            kind: without_pixels(text).splitlines(keepends=True) if isinstance(text, str) else text
            for kind, text in kept["data"].items()
            if not kind.startswith("image/") or kind == "image/svg+xml"
        }
    return kept


def without_pixels(text: str) -> str:
    """A text in which every picture is what nbval takes it for: the same as any other."""
    return _PICTURE.sub(_PLACEHOLDER, text)


def expected(cell: NotebookNode) -> list[NotebookNode]:
    """What a cell marked `predict` must put out, as outputs. Raises KeyError when nothing is stored."""
    outputs = []
    for stored in cell.metadata[KEY]:
        output = dict(stored)
        if "text" in output:
            output["text"] = "".join(output["text"])
        if "data" in output:
            output["data"] = {kind: _joined(text) for kind, text in output["data"].items()}
        outputs.append(nbformat.from_dict(output))
    return outputs


def _joined(text: Any) -> Any:
    is_lines = isinstance(text, list) and all(isinstance(line, str) for line in text)
    return "".join(text) if is_lines else text


def shown(cell: NotebookNode) -> list[NotebookNode]:
    """What a cell puts out when it is run, kept back or not."""
    return expected(cell) if KEY in cell.metadata else cell.get("outputs", [])


def given_away(notebook: NotebookNode) -> Iterator[tuple[int, list[str]]]:
    """Each cell marked `predict` whose numbers the text after it repeats: its number, and they.

    Only numbers of three digits or more count that nobody has read before, and only text that is not folded.
    """
    known = ""
    for number, cell in enumerate(notebook.cells, 1):
        known += "\n" + cell.source
        if not is_prediction(cell):
            continue
        said = _words(shown(cell))
        new = {one for one in _numbers(said) if len(one.replace(".", "")) >= DIGITS} - _numbers(known)
        found = sorted(new & _numbers(_text_after(notebook, number)))
        if found:
            yield number, found


def _words(outputs: list[NotebookNode]) -> str:
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs]
    return "\n".join(texts)


def _numbers(text: str) -> set[str]:
    """The numbers in a text; 97 % is 0.97, too.

    >>> sorted(_numbers("0.97 of 1797, or 97 %"))
    ['0.97', '1797', '97']
    """
    return {*_NUMBER.findall(text), *(f"0.{one}" for one in _PERCENT.findall(text))}


def _text_after(notebook: NotebookNode, number: int) -> str:
    """What a reader sees of the text cells between cell `number` and the next code."""
    seen = []
    for cell in notebook.cells[number:]:
        if cell.cell_type != "markdown":
            break
        seen.append(reading.unfolded(cell.source))
    return "\n".join(seen)


def pytest_itemcollected(item: Any) -> None:
    """Give nbval what is stored of a cell, and a count, without which it would compare nothing."""
    cell = getattr(item, "cell", None)
    if isinstance(cell, NotebookNode) and is_prediction(cell):
        stored = cell.metadata.get(KEY)
        cell.outputs = expected(cell) if stored else [_NOTHING]
        cell.execution_count = 1


_NOTHING = nbformat.from_dict(
    {"output_type": "stream", "name": "stdout", "text": "nothing is stored: run `course build`\n"}
)
