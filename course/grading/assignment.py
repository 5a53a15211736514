"""The teacher's side of an exercise: the notebook that learners get, and its entry in the gradebook."""

import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from course import build, sources
from course.errors import CourseError
from course.exercises import released_by
from course.grading.book import opened
from course.places import ROOT
from course.sources import Source


@dataclass(frozen=True)
class Assignment:
    """An exercise as it is handed out, its bytes, and a `digest` that changes with what gives points."""

    source: Source
    file: bytes
    notebook: NotebookNode
    digest: str

    @property
    def name(self) -> str:
        """The name of the exercise, and of the assignment in the gradebook."""
        return self.source.name

    @property
    def most(self) -> float:
        """The points that there are."""
        return sum(self.points.values())

    @property
    def points(self) -> dict[str, float]:
        """The points of each check, by the id of its cell."""
        return {
            cell.metadata.nbgrader.grade_id: float(cell.metadata.nbgrader.points)
            for cell in self.notebook.cells
            if cell.metadata.nbgrader.grade
        }


def prepared(source: Source, root: Path = ROOT) -> Assignment:
    """The exercise as its source gives it. Raises `CourseError` if its solution is of another source."""
    if problems := build.differences(source, sources.read(source)):
        raise CourseError(problems[0])
    # Made anew: in exercises/ a learner may have worked.
    with tempfile.TemporaryDirectory(prefix="course-release-") as folder:
        data = released_by(source, Path(folder)).read_bytes()
    notebook = nbformat.reads(data.decode("utf-8"), as_version=4)
    return Assignment(source, data, notebook, _digest(notebook, source))


def _digest(notebook: NotebookNode, source: Source) -> str:
    """A hash of what decides about points: the cells that are run, their points, and the checks."""
    import helpers.checks

    home = Path(helpers.checks.__file__).parent
    files = [*home.glob("*.py"), *home.glob(f"{source.slug}/*.py")]
    code = [
        [cell.metadata.nbgrader.grade_id, cell.metadata.nbgrader.get("points"), cell.source]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]
    sums = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)]
    return hashlib.sha256(json.dumps([code, sums]).encode()).hexdigest()


def register(assignment: Assignment, root: Path = ROOT) -> None:
    """Enter an exercise in the gradebook, or bring its entry up to date, also when there are marks already.

    nbgrader's own step refuses to add or remove a cell then. Here the marks of cells that stay are kept.
    """
    from nbgrader.api import GradeCell, MissingEntry, SolutionCell

    with opened(root) as book:
        try:
            entry = book.find_assignment(assignment.name)
        except MissingEntry:
            entry = book.add_assignment(assignment.name)
        names = [notebook.name for notebook in entry.notebooks]
        if assignment.name not in names:
            kernel = json.dumps(assignment.notebook.metadata.get("kernelspec", {}))
            book.add_notebook(assignment.name, assignment.name, kernelspec=kernel)
        notebook = book.find_notebook(assignment.name, assignment.name)
        wanted = {
            cell.metadata.nbgrader.grade_id: cell
            for cell in assignment.notebook.cells
            if "nbgrader" in cell.metadata
        }
        for kind, role in ((GradeCell, "grade"), (SolutionCell, "solution")):
            _bring_up_to_date(
                book, notebook, kind, {k: c for k, c in wanted.items() if c.metadata.nbgrader[role]}
            )
        _source_cells(book, notebook, wanted)
        book.db.commit()


def _bring_up_to_date(book: Any, notebook: Any, kind: Any, wanted: dict[str, NotebookNode]) -> None:
    from nbgrader.api import Comment, Grade, GradeCell

    there = {cell.name: cell for cell in book.db.query(kind).filter(kind.notebook_id == notebook.id)}
    part = Grade if kind is GradeCell else Comment
    for name in there.keys() - wanted.keys():
        book.db.query(part).filter(part.cell_id == there[name].id).delete()
        book.db.delete(there[name])
    for name, cell in wanted.items():
        entry = there.get(name) or kind(name=name, notebook=notebook)
        if kind is GradeCell:
            entry.max_score, entry.cell_type = float(cell.metadata.nbgrader.points), cell.cell_type
        book.db.add(entry)
        book.db.flush()
        have = {one.notebook_id for one in book.db.query(part).filter(part.cell_id == entry.id)}
        for submitted in notebook.submissions:
            if submitted.id not in have:
                book.db.add(part(cell_id=entry.id, notebook=submitted))


def _source_cells(book: Any, notebook: Any, wanted: dict[str, NotebookNode]) -> None:
    from nbgrader.api import SourceCell

    there = {cell.name: cell for cell in notebook.source_cells}
    for name in there.keys() - wanted.keys():
        book.db.delete(there[name])
    for name, cell in wanted.items():
        entry = there.get(name) or SourceCell(name=name, notebook=notebook, cell_type=cell.cell_type)
        entry.cell_type, entry.source = cell.cell_type, cell.source
        entry.locked = bool(cell.metadata.nbgrader.locked)
        entry.checksum = cell.metadata.nbgrader.get("checksum")
        book.db.add(entry)
