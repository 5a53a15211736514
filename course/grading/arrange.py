"""A learner's cells in the teacher's notebook: answers by their ids, everything else as the teacher wrote it.

Cells that were deleted, doubled, split or moved are put right where the answer can be found, with a note.
"""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from nbformat import NotebookNode

from course.grading.receive import Cell, Refused

_CHECK = re.compile(r"""check\(\s*["']([\w/]+)["']\s*,\s*(\w+)\s*\)""")


@dataclass(frozen=True)
class Step:
    """A cell of the notebook that is run: `kind` is "text", "code" or "check".

    `id` is the teacher's, "" for a cell of the learner's own; `task` and `name` are those of a check, and of
    the answer to it.
    """

    kind: str
    source: str
    id: str = ""
    task: str = ""
    name: str = ""
    answer: bool = False
    untouched: bool = False


def arranged(cells: Sequence[Cell], released: NotebookNode) -> tuple[list[Step], list[str]]:
    """The cells to run, in the teacher's order, and notes about what was put right.

    Raises `Refused` if nothing of the exercise can be found in it.
    """
    return _Arranging(cells, released).steps()


class _Arranging:
    def __init__(self, cells: Sequence[Cell], released: NotebookNode) -> None:
        self.released = released.cells
        self.notes: list[str] = []
        known = {cell.metadata.nbgrader.grade_id: cell for cell in self.released}
        self.names = _names_of_answers(self.released)
        self.mine: dict[str, list[str]] = {}  # by the teacher's id
        self.own: dict[str, list[Cell]] = {}  # a learner's cells behind the teacher's cell that they follow
        place, order = "", []
        for cell in cells:
            there = known.get(cell.id)
            if there is not None and ("code" if there.cell_type == "code" else "text") == cell.kind:
                self.mine.setdefault(cell.id, []).append(cell.source)
                order.append(cell.id)
                place = cell.id
            elif cell.source.strip():
                self.own.setdefault(place, []).append(cell)
        answers = [name for name in order if name in self.names]
        wanted = [name for name in self.names if name in answers]
        if list(dict.fromkeys(answers)) != wanted:
            self.notes.append("its cells were moved; they were run in the order of the exercise")
        if not self.mine and not any(self._own_for(name) for name in self.names):
            raise Refused("no cell of this exercise is in it: is it another notebook?")

    def steps(self) -> tuple[list[Step], list[str]]:
        answers = {name: self._answer(name) for name in self.names}
        steps = [self._own_step(cell) for cell in self.own.get("", [])]
        for cell in self.released:
            grader = cell.metadata.nbgrader
            name = grader.grade_id
            if name in answers:
                source = answers[name]
                same = _bare(source) == _bare(cell.source)
                steps.append(Step("code", source, name, answer=True, untouched=same))
            elif grader.grade:
                task, variable = _checked(cell.source)
                steps.append(Step("check", cell.source, name, task, variable))
            else:
                steps.append(Step("code" if cell.cell_type == "code" else "text", cell.source, name))
                steps += self._changed(cell)
            steps += [self._own_step(own) for own in self.own.get(name, [])]
        return steps, self.notes

    def _own_step(self, cell: Cell) -> Step:
        return Step(cell.kind, cell.source)

    def _changed(self, cell: NotebookNode) -> list[Step]:
        """The learner's version of a code cell that is the teacher's: it may import what an answer needs."""
        name = cell.metadata.nbgrader.grade_id
        others = [
            text for text in self.mine.get(name, []) if _bare(text) != _bare(cell.source) and text.strip()
        ]
        if cell.cell_type != "code" or not others:
            return []
        self.notes.append("a cell that is not an answer was changed; both were run")
        return [Step("code", text) for text in others]

    def _answer(self, cell_id: str) -> str:
        """The answer to a task, wherever it is."""
        stub = next(cell.source for cell in self.released if cell.metadata.nbgrader.grade_id == cell_id)
        task = cell_id.removesuffix("-answer").split("-", 1)[-1]
        texts = [text for text in self.mine.get(cell_id, []) if _bare(text) != _bare(stub) and text.strip()]
        if len(texts) > 1:
            joined = "\n".join(texts)
            self.notes.append(f"the answer to {task} is there {len(texts)} times; all were run")
            return joined if _parses(joined) else "\n\n".join(texts)
        if texts:
            return self._with_its_other_half(cell_id, texts[0], task)
        elsewhere = self._own_for(cell_id)
        if elsewhere:
            place, cell = elsewhere[-1]
            self.own[place].remove(cell)
            self.notes.append(f"the answer to {task} was found in a cell of its own")
            return cell.source
        if cell_id not in self.mine:
            self.notes.append(f"the cell for the answer to {task} is gone")
        return stub

    def _with_its_other_half(self, cell_id: str, text: str, task: str) -> str:
        """A cell that was split in the middle of a function, with the part behind it."""
        behind = self.own.get(cell_id, [])
        if behind and behind[0].kind == "code" and not (_parses(text) and _parses(behind[0].source)):
            joined = f"{text}\n{behind[0].source}"
            if _parses(joined):
                behind.pop(0)
                self.notes.append(f"the answer to {task} was split into two cells; they were joined")
                return joined
        return text

    def _own_for(self, cell_id: str) -> list[tuple[str, Cell]]:
        """A learner's own cells that define what an answer must define, and where they are."""
        name = re.escape(self.names[cell_id])
        defines = re.compile(rf"^(?:(?:async +)?def|class) +{name}\b|^{name} *=", re.MULTILINE)
        return [
            (place, cell)
            for place, cells in self.own.items()
            for cell in cells
            if cell.kind == "code"
            and defines.search(cell.source)
            and "NotImplementedError(" not in cell.source
        ]


def _names_of_answers(cells: Sequence[NotebookNode]) -> dict[str, str]:
    """What each answer cell must define, by the cell's id: the name that the check of its task takes."""
    taken = {}
    for cell in cells:
        if cell.metadata.nbgrader.grade:
            task, name = _checked(cell.source)
            taken[task.replace("/", "-") + "-answer"] = name
    return {
        cell.metadata.nbgrader.grade_id: taken[cell.metadata.nbgrader.grade_id]
        for cell in cells
        if cell.metadata.nbgrader.solution
    }


def _checked(source: str) -> tuple[str, str]:
    """The task and the name in the teacher's check cell."""
    match = _CHECK.search(source)
    if match is None:
        raise ValueError(f"a check cell calls check(task, name) with a name; this one is {source!r}")
    return match.group(1), match.group(2)


def _bare(text: str) -> str:
    return "".join(text.split())


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
