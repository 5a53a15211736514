"""What is written of a graded submission: its notebook in autograded/, as it was run.

The text of learners and the output of their code are shown as text, never as markup: whoever opens the page
in Formgrader is logged in there.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat import NotebookNode

from course.grading.arrange import Step

if TYPE_CHECKING:
    from course.grading.sitting import Outcome

_FENCES = re.compile(r"^[`~]{3,}", re.MULTILINE)


def executed(released: NotebookNode, steps: Sequence[Step], outcome: "Outcome") -> str:
    """The notebook as it was run: the teacher's cells with the learner's answers, outputs and results."""
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in released.cells}
    made: list[dict[str, Any]] = []
    count = 0
    for number, step in enumerate(steps):
        if step.kind == "text":
            made.append(_text_cell(cells.get(step.id), step, number))
            continue
        count += 1
        outputs: list[dict[str, Any]] = outcome.outputs.get(number, [])
        if step.kind == "check":
            result = outcome.results[step.id]
            outputs = [{"output_type": "stream", "name": "stdout", "text": result.words + "\n"}]
        metadata = dict(cells[step.id].metadata) if step.id else {}
        cell = _cell("code", step.source, step.id or f"own-{number}", metadata)
        made.append({**cell, "execution_count": count, "outputs": outputs})
    notebook = {"cells": made, "metadata": dict(released.metadata), "nbformat": 4, "nbformat_minor": 5}
    return nbformat.writes(nbformat.from_dict(notebook), version=nbformat.NO_CONVERT)


def _cell(kind: str, source: str, name: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """A cell; nbformat's own makers validate each, which takes longer than all the rest."""
    return {"cell_type": kind, "id": name, "metadata": dict(metadata), "source": source}


def _text_cell(teachers: NotebookNode | None, step: Step, number: int) -> dict[str, Any]:
    if teachers is not None:
        return _cell("markdown", teachers.source, step.id, teachers.metadata)
    longest = max((len(fence) for fence in _FENCES.findall(step.source)), default=2)
    fence = "`" * max(longest + 1, 4)
    return _cell("markdown", f"{fence}text\n{step.source}\n{fence}", f"own-{number}", {})


def answers_in(path: Path) -> dict[str, str]:
    """The answers in a notebook of autograded/, by the id of their check; none of what is no file of ours."""
    if not path.is_file() or path.is_symlink():
        return {}
    cells = nbformat.read(path, as_version=4).cells
    return {cell.id.removesuffix("-answer"): cell.source for cell in cells if cell.id.endswith("-answer")}


def put(folder: Path, files: dict[str, bytes]) -> None:
    """Replace a folder by one with these files, so that no half of it is ever there; {} takes it away.

    No link is followed: a link in its place is taken away, not what it points to.
    """
    parent = folder.parent
    parent.mkdir(parents=True, exist_ok=True)
    if parent.is_symlink():
        raise OSError(f"{parent.name} is a link")
    for left in parent.glob(".old-*"):  # by a program that was killed
        shutil.rmtree(left, ignore_errors=True)
    old = Path(tempfile.mkdtemp(prefix=".old-", dir=parent))
    try:
        if files:
            new = old / "new"
            new.mkdir()
            for name, data in files.items():
                (new / name).write_bytes(data)
        if os.path.lexists(folder):
            os.replace(folder, old / "old")
        if files:
            os.replace(old / "new", folder)
    finally:
        shutil.rmtree(old, ignore_errors=True)
