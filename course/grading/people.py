"""Who is in the class, and what they handed in elsewhere: rosters, and zip files of learning platforms."""

import csv
import re
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

from course import files, sources
from course.errors import CourseError
from course.grading import book as books
from course.grading.receive import MOST_BYTES, NOT_IN_A_NAME
from course.places import ROOT

# The columns that platforms use, in small letters, for what the gradebook keeps.
_COLUMNS = {
    "id": ("id", "student_id", "sis login id", "id number", "username", "student id"),
    "last_name": ("last_name", "last name", "surname"),
    "first_name": ("first_name", "first name"),
    "email": ("email", "email address", "e-mail"),
    "lms_user_id": ("lms_user_id", "lms user id", "canvas id"),
}
_MOODLE = re.compile(r"(?P<name>.+)_\d+_assignsubmission_file")
_CANVAS = re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<user>\d+)_\d+_.+")
MOST_FILES = 20_000


def enrol(path: Path, root: Path = ROOT) -> int:
    """Enter the people of a CSV file in the gradebook; returns how many.

    Its first line names the columns, at least one of `id` and `email`; commas or semicolons part them. Raises
    `CourseError` for a file that cannot be read as such.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(
            f"{path} cannot be read as UTF-8 ({type(error).__name__}). Save it as CSV UTF-8."
        ) from None
    lines = text.splitlines()
    parted = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
    rows = [
        {
            str(name).strip().lower(): (value or "").strip()
            for name, value in row.items()
            if isinstance(value, str)
        }
        for row in csv.DictReader(lines, delimiter=parted)
    ]
    people = [_person(row) for row in rows if any(row.values())]
    if not people or not all(person["id"] for person in people):
        raise CourseError(
            f"{path} needs a line of names with a column `id` or `email`, and a value in each row."
        )
    with books.opened(root) as book:
        for person in people:
            name = person.pop("id")
            book.update_or_create_student(name, **{key: value for key, value in person.items() if value})
    return len(people)


def _person(row: dict[str, str]) -> dict[str, str]:
    """What the gradebook keeps of a row; without markup: Formgrader puts names into its pages as they are."""
    row = {name: " ".join(NOT_IN_A_NAME.sub(" ", value).split()) for name, value in row.items()}
    found = {key: next((row[name] for name in names if row.get(name)), "") for key, names in _COLUMNS.items()}
    found["id"] = found["id"] or found["email"]
    return found


def collect(archive: Path, name: str, root: Path = ROOT) -> tuple[list[str], list[str]]:
    """Take the notebooks out of a platform's zip file into submitted/; returns whose, and what was left out.

    Canvas's names (surnamefirst_4711_99_file.ipynb), Moodle's folders (First Last_12_assignsubmission_file)
    and STUDENT/…/file.ipynb are understood. People of the roster are found by their number or name. The
    newest file of each counts. Raises `CourseError` for a file that is no zip file.
    """
    source = sources.exercise(name, root)
    with books.opened(root) as book:
        roster = _roster(book)
    taken: dict[str, tuple[Any, bytes]] = {}
    left_out = []
    try:
        with zipfile.ZipFile(archive) as packed:
            for entry in packed.infolist()[:MOST_FILES]:
                path = PurePosixPath(entry.filename)
                if entry.is_dir() or path.suffix != ".ipynb" or "__MACOSX" in path.parts:
                    continue
                if entry.file_size > MOST_BYTES:
                    left_out.append(f"{path.name}: more than 10 MB")
                    continue
                student = _student(path, roster)
                with packed.open(entry) as file:
                    data = file.read(MOST_BYTES + 1)
                if not student or student.startswith(".") or len(data) > MOST_BYTES:
                    left_out.append(f"{path}: whose is it?")
                elif student not in taken or taken[student][0] <= entry.date_time:
                    taken[student] = (entry.date_time, data)
    except (OSError, zipfile.BadZipFile, RuntimeError) as error:
        raise CourseError(f"{archive} cannot be read as a zip file ({error}).") from None
    for student, (_, data) in taken.items():
        folder = root / "submitted" / student / source.name
        if folder.is_symlink() or folder.parent.is_symlink():
            left_out.append(f"{student}: its folder is a link")
            continue
        files.write(folder / f"{source.name}.ipynb", data)
    return sorted(taken), left_out


def _roster(book: Any) -> dict[str, str]:
    """The ids of students by all that a platform may call them, in small letters without spaces."""
    found = {}
    for person in book.students:
        first, last = person.first_name or "", person.last_name or ""
        for key in (person.lms_user_id, f"{first}{last}", f"{last}{first}", person.id):
            if key and key.strip():
                found["".join(key.lower().split())] = person.id
    return found


def _student(path: PurePosixPath, roster: dict[str, str]) -> str:
    """Whose file it is: an id of the roster where that is known, else the name as the platform writes it."""
    folder = next((match for part in path.parts[:-1] if (match := _MOODLE.match(part))), None)
    canvas = _CANVAS.match(path.name)
    if folder:
        calls = [folder["name"]]
    elif canvas:
        calls = [canvas["user"], canvas["name"]]
    else:
        calls = [path.parts[0]] if len(path.parts) > 1 else []
    for call in calls:
        known = roster.get("".join(call.lower().split()))
        if known:
            return known
    return calls[-1].replace("/", "").strip() if calls else ""
