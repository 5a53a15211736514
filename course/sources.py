"""Reading a source: a text file in jupytext's percent format becomes a notebook without outputs.

A lesson may have a companion, NN_slug_heard; it is a lesson in every respect but its limit of minutes.
Cell ids are derived, so that building twice changes no byte. Those of a lesson from what a cell says: a cell
that is put in between changes no other cell's id. Those of an exercise from what it is for, never from its
words: the gradebook knows its cells by them, and a corrected text is still the same cell.
"""

import ast
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from course import predictions, reading
from course.errors import CourseError
from course.new import MARK, unwritten
from course.places import ROOT

COMPANION = "_heard"
ROLES = ("task", "answer", "check")
_MARKER = re.compile(r"^# %%", re.MULTILINE)
_CHECK = re.compile(r"^\s*check\(", re.MULTILINE)
_BEGIN, _END = "### BEGIN SOLUTION", "### END SOLUTION"
_NEARLY_A_MARKER = re.compile(r"#.*\bsolut|^###", re.IGNORECASE)
_IMAGE_WITHOUT_WORDS = re.compile(r"!\[\s*\]\(")
_NAME = re.compile(r"^\d\d_[a-z0-9_]+$")
# Above every check, so that it can be run before the cell with the imports: then it says what is missing.
CHECK_IMPORT = "from helpers.checks import check\n"
_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


@dataclass(frozen=True)
class Source:
    """One source file. `kind` is "lesson" or "exercise", `name` its number and slug."""

    kind: str
    name: str
    root: Path = field(default=ROOT)

    @property
    def path(self) -> Path:
        """The text file that a maintainer edits."""
        return self.root / "sources" / f"{self.kind}s" / f"{self.name}.py"

    @property
    def built(self) -> Path:
        """The notebook with outputs that is made of it."""
        if self.kind == "lesson":
            return self.root / "lessons" / f"{self.name}.ipynb"
        return self.root / "solutions" / self.name / f"{self.name}.ipynb"

    @property
    def released(self) -> Path:
        """The notebook that a learner gets (of an exercise)."""
        return self.root / "exercises" / self.name / f"{self.name}.ipynb"

    @property
    def slug(self) -> str:
        """The name without its number: the name of the module with the checks."""
        return self.lesson.split("_", 1)[1]

    @property
    def lesson(self) -> str:
        """The lesson that a notebook belongs to: its own name, or for a companion that of its lesson.

        >>> Source("lesson", "01_data_splits_heard").lesson
        '01_data_splits'
        """
        return self.name.removesuffix(COMPANION)

    @property
    def is_companion(self) -> bool:
        """Whether it is what a second reading of a lesson wants."""
        return self.name.endswith(COMPANION)

    def __str__(self) -> str:
        return f"sources/{self.kind}s/{self.name}.py"


def all_sources(root: Path = ROOT) -> list[Source]:
    """Every lesson with its companion, and every exercise, in the order of the course."""
    return [
        Source(kind, path.stem, root)
        for kind in ("lesson", "exercise")
        for path in sorted((root / "sources" / f"{kind}s").glob("*.py"))
    ]


def choose(names: list[str], root: Path = ROOT) -> list[Source]:
    """The sources that are meant by "01", "01_data_splits", "data_splits" or a path; all, when none is named.

    The first three mean a lesson, its companion and its exercise; "01_data_splits_heard" the companion alone.

    Raises `CourseError` that lists what there is.
    """
    sources = all_sources(root)
    if not names:
        return sources
    chosen = []
    for name in names:
        stem = Path(name).stem
        found = [
            source for source in sources if stem in (source.name, source.name[:2], source.lesson, source.slug)
        ]
        if "/" in name or "\\" in name:
            found = [source for source in found if stem == source.name] or found
            found = [source for source in found if source.kind in Path(name).as_posix()] or found
        if not found:
            known = ", ".join(sorted({source.name for source in sources}))
            raise CourseError(f"There is no lesson or exercise {name!r}. There are: {known}.")
        chosen += [source for source in found if source not in chosen]
    return chosen


def exercise(name: str, root: Path = ROOT) -> Source:
    """The one exercise that a name means. Raises `CourseError` if there is none."""
    found = [source for source in choose([name], root) if source.kind == "exercise"]
    if not found:
        raise CourseError(f"{name} has no exercise.")
    return found[0]


def read(source: Source) -> NotebookNode:
    """The notebook that a source describes, without outputs.

    Raises `CourseError` with file, cell, line and what to do, for anything that is wrong with the source.
    """
    if not _NAME.match(source.name):
        raise CourseError(f"{source} is not named like 01_data_splits.py: rename it.")
    if source.is_companion:
        _check_companion(source)
    text = source.path.read_text(encoding="utf-8")
    if lines := unwritten(text):
        raise CourseError(f"{source} is not written yet: line {lines[0]} still says {MARK!r}.")
    raw = jupytext.reads(text, fmt="py:percent")
    lines = [text[: match.start()].count("\n") + 1 for match in _MARKER.finditer(text)]
    if len(lines) != len(raw.cells):
        raise CourseError(f"{source}, line 1: there is text before the first `# %%`. Put a marker above it.")
    places = [f"{source}, cell {number} (line {line})" for number, line in enumerate(lines, 1)]
    for cell, place in zip(raw.cells, places, strict=True):
        _check_cell(cell, place, source)
    if source.kind == "exercise":
        _check_tasks(raw.cells, places, source)
    cells = _with_ids(raw.cells, source)
    if source.kind == "lesson":
        _write_time(cells, source)
    metadata = {"kernelspec": _KERNEL, "language_info": {"name": "python"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    notebook.nbformat_minor = 5
    return notebook


def role_of(cell: NotebookNode) -> tuple[str, str] | None:
    """("check", "data_splits/holdout") for a cell that has a part in a task, else None."""
    return next(((role, cell.metadata[role]) for role in ROLES if role in cell.metadata), None)


def _check_companion(source: Source) -> None:
    lesson = Source("lesson", source.lesson, source.root)
    if source.kind != "lesson" or not lesson.path.exists():
        raise CourseError(f"{source} is a companion without a lesson. Write {lesson} first, or rename it.")


def _write_time(cells: list[NotebookNode], source: Source) -> None:
    """Put the counted minutes into the line "Time". Raises `CourseError` where there are too many."""
    minutes, most = reading.read(nbformat.v4.new_notebook(cells=cells)).minutes, reading.limit(source.name)
    head = cells[0] if cells else None
    if head is None or head.cell_type != "markdown" or head.source.count(reading.PLACEHOLDER) != 1:
        raise CourseError(
            f"{source}: write `{reading.PLACEHOLDER}` into its first cell; it is filled in here."
        )
    if minutes > most:
        raise CourseError(
            f"{source} takes {minutes} minutes to read, over {most}. Cut it, fold what is plumbing "
            f"(jupyter.source_hidden), or move a part to {source.lesson}{COMPANION}."
        )
    head.source = head.source.replace("{minutes}", str(minutes))


def is_folded(cell: NotebookNode) -> bool:
    """Whether a cell's source is folded away: a reader sees only what it puts out."""
    return bool(cell.metadata.get("jupyter", {}).get("source_hidden"))


def _check_cell(cell: NotebookNode, place: str, source: Source) -> None:
    if cell.cell_type == "markdown":
        if cell.metadata.get("cell_marker") != 'r"""':
            raise CourseError(f'{place}: write the text between r""" and """, so that \\ keeps its meaning.')
        if _IMAGE_WITHOUT_WORDS.search(cell.source):
            raise CourseError(f"{place}: a figure without alt text. Say between the brackets what it shows.")
    elif cell.cell_type == "code":
        try:
            ast.parse(cell.source)
        except SyntaxError as error:
            line = f" line {error.lineno} of the cell" if error.lineno else ""
            raise CourseError(f"{place}:{line} is not valid Python ({error.msg}). Correct it.") from None
    if predictions.TAG in cell.metadata.get("tags", []):
        _check_prediction(cell, place, source)
    role = role_of(cell)
    if role and source.kind == "lesson":
        raise CourseError(f"{place}: a lesson has no {role[0]} cells. Move it to sources/exercises.")
    if role and cell.cell_type != ("markdown" if role[0] == "task" else "code"):
        raise CourseError(f"{place}: a task is a text cell; its answer and its check are code. Correct it.")
    if role and role[1] in ("", None, True):
        raise CourseError(f'{place}: a {role[0]} cell without an id. Write {role[0]}="lesson/name".')
    if source.kind == "exercise" and cell.cell_type == "code" and not role and _CHECK.search(cell.source):
        raise CourseError(
            f'{place}: this cell calls check(…) but has no id. Write `# %% check="lesson/name"` above it.'
        )


def _check_prediction(cell: NotebookNode, place: str, source: Source) -> None:
    if source.kind != "lesson" or cell.cell_type != "code":
        raise CourseError(f"{place}: only code of a lesson is marked `predict`. Take the mark away.")
    if "nbval-ignore-output" in cell.metadata.tags:
        raise CourseError(f"{place}: a time cannot be compared, so nobody can guess it. Take one tag away.")


def _check_tasks(cells: list[NotebookNode], places: list[str], source: Source) -> None:
    """Every task of the lesson has its text, one answer and one check, and the check gives points."""
    from helpers.checks import lessons_with_tasks, tasks_of

    points = (
        {task.id: task.points for task in tasks_of(source.slug)}
        if source.slug in lessons_with_tasks()
        else {}
    )
    seen: dict[tuple[str, str], str] = {}
    for cell, place in zip(cells, places, strict=True):
        role = role_of(cell)
        if role is None:
            continue
        if role in seen:
            raise CourseError(
                f"{place}: {role[0]} {role[1]!r} is there twice (see {seen[role]}). Rename one."
            )
        if role[1] not in points:
            raise CourseError(
                f"{place}: there is no task {role[1]!r}. Add it to TASKS in helpers/checks/{source.slug}.py."
            )
        if role[0] == "check" and not 0 < points[role[1]] < float("inf"):
            raise CourseError(
                f"{place}: the check of {role[1]!r} gives no points. Set Task(points=…) above 0."
            )
        if role[0] == "answer":
            _check_markers(cell, place)
        if role[0] == "check" and not re.match(rf"\s*check\(\s*[\"']{role[1]}[\"']", cell.source):
            raise CourseError(
                f'{place}: this cell does not call check("{role[1]}", …). Correct its id, or the call.'
            )
        seen[role] = place
    for task in points:
        for kind in ROLES:
            if (kind, task) not in seen:
                raise CourseError(
                    f'{source}: task {task!r} has no {kind} cell. Add a cell marked {kind}="{task}".'
                )


def _check_markers(cell: NotebookNode, place: str) -> None:
    """BEGIN and END in turn, and nothing that is nearly one.

    nbgrader takes a marker with a typo for code, and releases the answer that it should have hidden.
    """
    lines = [line.strip() for line in cell.source.splitlines()]
    markers = [line for line in lines if line in (_BEGIN, _END)]
    if not markers or markers != [_BEGIN, _END] * (len(markers) // 2):
        raise CourseError(f"{place}: an answer needs the lines `{_BEGIN}` and `{_END}`, in turn. Add them.")
    for line in lines:
        if line not in markers and _NEARLY_A_MARKER.search(line):
            raise CourseError(f"{place}: {line!r} is nearly `{_BEGIN}` or `{_END}`. Correct it.")


def _with_ids(cells: list[NotebookNode], source: Source) -> list[NotebookNode]:
    """New cells that hold nothing but source, id, tags, whether they are folded, and nbgrader's metadata."""
    times: Counter[str] = Counter()
    named = []
    for cell in cells:
        role = role_of(cell)
        if role:
            cell_id = role[1].replace("/", "-") + ("" if role[0] == "check" else f"-{role[0]}")
        else:
            name = _plain_name(cell, source)
            times[name] += 1
            cell_id = name if times[name] == 1 else f"{name}-{times[name]}"
        metadata: dict[str, Any] = {}
        if cell.metadata.get("tags"):
            metadata["tags"] = list(cell.metadata["tags"])
        if is_folded(cell):
            metadata["jupyter"] = {"source_hidden": True}
        if source.kind == "exercise":
            metadata["nbgrader"] = _nbgrader_metadata(cell_id, role)
        make = getattr(nbformat.v4, f"new_{cell.cell_type}_cell")
        text = CHECK_IMPORT + cell.source if role and role[0] == "check" else cell.source
        named.append(make(text, id=cell_id, metadata=metadata))
    return named


def _plain_name(cell: NotebookNode, source: Source) -> str:
    """The name of a cell that has no part in a task."""
    if source.kind == "exercise":
        return f"{source.slug}-{'text' if cell.cell_type == 'markdown' else 'code'}"
    return hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:10]


def _nbgrader_metadata(cell_id: str, role: tuple[str, str] | None) -> dict[str, Any]:
    """nbgrader's standard metadata: answers are open, everything else is locked, checks give points."""
    from helpers.checks import find_task

    kind = role[0] if role else ""
    metadata: dict[str, Any] = {
        "grade": kind == "check",
        "grade_id": cell_id,
        "locked": kind != "answer",
        "schema_version": 3,
        "solution": kind == "answer",
        "task": False,
    }
    if role and kind == "check":
        metadata["points"] = find_task(role[1]).points
    return metadata
