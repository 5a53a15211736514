"""Taking a submission in: a file of a stranger becomes a list of cells, and nothing else of it is used.

What is read is a regular file inside the student's folder, of a limited size. Metadata, outputs, kernels and
the order of the cells are the file's own affair: only the texts of cells, and the ids by which an answer is
found, are taken out of it.
"""

import json
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MOST_BYTES = 10_000_000
MOST_CELLS = 2_000
MOST_TEXT = 2_000_000  # characters of all cells together
NOT_IN_A_NAME = re.compile(r"""[<>"`\\/\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]""")
_NO_CHARACTER = re.compile("[\ud800-\udfff\0]")
_COPY = re.compile(r"(?:\s*\(\d+\)|-Copy\d+|\s*[-–]\s*(?:copy|Kopie)|_\d{1,2})$", re.IGNORECASE)


class Refused(Exception):
    """A submission that cannot be taken in; the message says why, in words for a teacher."""


@dataclass(frozen=True)
class Cell:
    """What is used of a cell: `kind` is "code" or "text"; `id` the one that nbgrader gave it, or ""."""

    kind: str
    source: str
    id: str = ""


@dataclass(frozen=True)
class HandedIn:
    """Where a submission lies; `path` None where none could be meant, for the reason `refused`."""

    student: str
    path: Path | None
    notes: tuple[str, ...] = ()
    refused: str = ""
    folder: Path = field(default=Path())


def handed_in(submitted: Path, name: str) -> list[HandedIn]:
    """All submissions of the exercise `name`, by their students.

    Looked for in STUDENT/NAME/NAME.ipynb; and elsewhere, as long as there is no doubt which file is meant.
    """
    found = []
    for entry in sorted(_entries(submitted), key=lambda entry: entry.name):
        if entry.is_dir(follow_symlinks=False):
            one = _of_student(Path(entry.path), entry.name, name)
        elif entry.is_symlink():
            one = HandedIn(_shown(entry.name), None, refused=f"{_shown(entry.name)} is a link, not a folder")
        else:
            one = _flat(Path(entry.path), name)
        if one:
            found.append(_with_a_plain_name(one))
    return found


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.startswith(".")]
    except OSError:
        return []


def _shown(text: str) -> str:
    """A name in characters that every screen and file can hold."""
    return (
        text.encode("utf-8", "backslashreplace").decode("utf-8").encode("unicode_escape").decode("ascii")
        if (not text.isprintable())
        else text
    )


def _with_a_plain_name(one: HandedIn) -> HandedIn:
    bad = NOT_IN_A_NAME.search(one.student) or not one.student.isprintable() or len(one.student) > 120
    if not bad:
        return one
    why = "its folder's name has characters that no name has: rename the folder"
    return HandedIn(_shown(one.student)[:120], None, refused=why)


def _flat(path: Path, name: str) -> HandedIn | None:
    """A notebook that lies in submitted/ itself, with the student in its name."""
    if path.suffix != ".ipynb":
        return None
    stem = _COPY.sub("", path.stem)
    if name not in stem or stem == name:
        return None
    student = stem.replace(name, "").strip(" _-–")
    note = f"taken from submitted/{_shown(path.name)}"
    return HandedIn(student, path, (note,), folder=path.parent)


def _of_student(folder: Path, student: str, name: str) -> HandedIn | None:
    expected = folder / name / f"{name}.ipynb"
    if expected.parent.is_dir() and not expected.parent.is_symlink() and os.path.lexists(expected):
        return HandedIn(student, expected, folder=expected.parent)
    if (folder / name).is_symlink():
        return HandedIn(student, None, refused=f"{name} is a link, not a folder")
    named, beside = _notebooks(folder, name)
    for found in (named, beside):
        if len(found) == 1:
            where = _shown(found[0].relative_to(folder).as_posix())
            return HandedIn(student, found[0], (f"taken from {where}",), folder=found[0].parent)
        if found:
            names = ", ".join(_shown(path.relative_to(folder).as_posix()) for path in found[:4])
            why = f"which notebook is meant? there are {names}: keep one, as {name}/{name}.ipynb"
            return HandedIn(student, None, refused=why)
    if (folder / name).is_dir():
        return HandedIn(student, None, refused=f"there is no {name}.ipynb in it")
    return None


def _notebooks(folder: Path, name: str) -> tuple[list[Path], list[Path]]:
    """Notebooks in a student's folder: those of that name, as a browser writes it; and others in NAME/."""
    named: list[Path] = []
    beside: list[Path] = []
    looked = 0
    for place, folders, files in os.walk(folder, followlinks=False):
        depth = len(Path(place).relative_to(folder).parts)
        folders[:] = (
            sorted(f for f in folders if not f.startswith(".") and f != "__MACOSX") if depth < 4 else []
        )
        for file in sorted(files):
            looked += 1
            if looked > 2000:
                return named, beside
            path = Path(place, file)
            if path.suffix.lower() != ".ipynb" or file.startswith(".") or path.is_symlink():
                continue
            if _COPY.sub("", path.stem) == name:
                named.append(path)
            elif place == str(folder / name):
                beside.append(path)
    return named, beside


def read(path: Path) -> bytes:
    """The bytes of a submission. Raises `Refused` for a link, a device, a pipe, and a file too large."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        if path.is_symlink():
            raise Refused(f"{path.name} is a link, not a file")
        handle = os.open(path, flags)
    except OSError as error:
        raise Refused(f"{_shown(path.name)} cannot be opened ({error.strerror})") from None
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise Refused(f"{_shown(path.name)} is not a file that can be read")
        if facts.st_size > MOST_BYTES:
            raise Refused(f"{_shown(path.name)} has {facts.st_size / 1e6:.0f} MB; 10 MB is the most")
        with os.fdopen(os.dup(handle), "rb") as file:
            data = file.read(MOST_BYTES + 1)
    finally:
        os.close(handle)
    if len(data) > MOST_BYTES:
        raise Refused(f"{_shown(path.name)} has more than 10 MB")
    return data


def cells_of(data: bytes) -> tuple[list[Cell], list[str]]:
    """The cells of a notebook of any format, and what was repaired. Raises `Refused` if it is none."""
    text, notes = _text_of(data)
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError, MemoryError):
        raise Refused("it is not a notebook that can be read (not JSON)") from None
    raw = _raw_cells(notebook)
    if raw is None:
        raise Refused("it is not a notebook that can be read (it has no cells)")
    if len(raw) > MOST_CELLS:
        raise Refused(f"it has {len(raw)} cells; {MOST_CELLS} is the most")
    cells = [cell for one in raw if (cell := _cell(one))]
    if sum(len(cell.source) for cell in cells) > MOST_TEXT:
        raise Refused("its cells hold more than two million characters")
    if len(cells) < len(raw):
        notes.append("cells that are none were left out")
    if any("\ufffd" in cell.source for cell in cells):
        notes.append("characters that are none were replaced")
    return cells, notes


def _text_of(data: bytes) -> tuple[str, list[str]]:
    for start, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(start):
            try:
                return data.decode(encoding), [f"it is written in {encoding.upper()}, which was read"]
            except UnicodeDecodeError:
                break
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace"), ["it is not written in UTF-8"]


def _raw_cells(notebook: Any) -> list[Any] | None:
    """The list of cells, of nbformat 4 or 3."""
    if not isinstance(notebook, dict):
        return None
    if isinstance(notebook.get("cells"), list):
        return notebook["cells"]
    sheets = notebook.get("worksheets")
    if isinstance(sheets, list) and all(isinstance(sheet, dict) for sheet in sheets):
        return [
            cell
            for sheet in sheets
            for cell in (sheet.get("cells") or [])
            if isinstance(sheet.get("cells"), list)
        ]
    return None


def _cell(raw: Any) -> Cell | None:
    if not isinstance(raw, dict):
        return None
    source = raw.get("source", raw.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return None
    source = _NO_CHARACTER.sub("\ufffd", source.replace("\r\n", "\n"))
    kind = "code" if raw.get("cell_type") == "code" else "text"
    metadata = raw.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    ids = [one for one in (grade_id, raw.get("id")) if isinstance(one, str) and len(one) < 200]
    return Cell(kind, source, ids[0] if ids else "")


def time_of(folder: Path) -> tuple[str, str]:
    """When it was handed in, as timestamp.txt says; and what is wrong with that, or ""."""
    from nbgrader.utils import parse_utc

    path = folder / "timestamp.txt"
    if not os.path.lexists(path):
        return "", ""
    try:
        if path.is_symlink() or path.stat().st_size > 1000:
            raise Refused("")
        text = read(path).decode("utf-8-sig").strip()
        return (str(parse_utc(text)), "") if text else ("", "")
    except (Refused, OSError, ValueError, OverflowError, TypeError):
        return (
            "",
            "timestamp.txt holds no time such as 2026-01-31 12:00:00 UTC, so whether it is late is open",
        )
