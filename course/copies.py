"""A learner's own copies of the notebooks: what `course lab` opens, so that the course's files do not change.

JupyterLab saves what a learner runs, and git refuses to bring a new version of a file that was changed. So
my_notebooks/, which git ignores, has the same folders as the course, filled when it is first opened. At each
later opening a new version of the course comes into the copies that nobody wrote in; where somebody did, the
copy stays, and `course reset` takes the new version. To have run a notebook is not to have written in it:
only the text of its cells counts. A copy that was deleted is made again.

What was copied stands in my_notebooks/.copies.json. Where that is lost, a copy that differs from the course
counts as written in.
"""

import contextlib
import datetime
import hashlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course import files
from course.errors import CourseError
from course.places import MINE, ROOT

if TYPE_CHECKING:
    from course.sources import Source

FOLDERS = ("lessons", "exercises", "solutions")
STATE = ".copies.json"
UNKNOWN = ""  # the words of a copy of which it is not known what the course wrote: they never fit


@dataclass(frozen=True)
class Copied:
    """What is known of a copy: hashes of the course's file that it was made of, and of the texts in it."""

    file: str
    words: str


@dataclass
class News:
    """What an opening found, by the names of notebooks."""

    made: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    taken_over: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def lines(self, folder: Path) -> Iterator[str]:
        """What a learner should know of it, a line for each."""
        if self.made:
            yield f"Your own copies of {len(self.made)} notebooks are in {folder.name}/; work in those."
        if self.taken_over:
            yield f"Your answers in {_listed(self.taken_over)} are now in {folder.name}/: go on there."
        if self.updated:
            yield f"New versions, since you had not written in them: {_listed(self.updated)}."
        if self.kept:
            yield (
                f"There are new versions of {_listed(self.kept)}; yours stay, since you wrote in them. "
                f"`course reset {self.kept[0]}` takes the new one and keeps a copy of yours."
            )
        if self.gone:
            yield f"No longer in the course, but you wrote in them, so they stay: {_listed(self.gone)}."
        if self.failed:
            yield f"Not brought up to date: {'; '.join(self.failed)}."


def _listed(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def originals(root: Path = ROOT) -> dict[str, Path]:
    """The course's notebooks by where they lie in it, such as "lessons/01_data_splits.ipynb"."""
    found = (path for folder in FOLDERS for path in sorted((root / folder).rglob("*.ipynb")))
    return {
        path.relative_to(root).as_posix(): path
        for path in found
        if ".ipynb_checkpoints" not in path.parts and ".saved-" not in path.name
    }


def refresh(root: Path = ROOT) -> News:
    """Make the copies that are missing, and bring those up to date that nobody wrote in.

    A copy that cannot be written is named in the result, and the others go on. Raises OSError where the
    folder itself cannot be made.
    """
    home = root / MINE
    home.mkdir(exist_ok=True)
    known, news = read_state(root), News()
    course = originals(root)
    try:
        for name, original in course.items():
            try:
                known[name] = _bring(root, name, original, known.get(name), news)
            except (OSError, ValueError, CourseError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it cannot be read"
                news.failed.append(f"{_short(name)} ({reason})")
        for name in [name for name in known if course and name not in course]:
            _let_go(home / name, _short(name), known.pop(name), news)
    finally:  # also when it is stopped in the middle
        _write_state(root, known)
    return news


def _bring(root: Path, name: str, original: Path, known: Copied | None, news: News) -> Copied:
    """Look after one copy, and return what is then known of it."""
    copy, data = root / MINE / name, original.read_bytes()
    there, now = copy.exists(), _hash(data)
    if there and known and known.file == now:
        return known
    theirs = words(data)  # raises ValueError for what is no notebook, such as half of a merge
    mine = _words_of(copy) if there else UNKNOWN
    free = not there or (known is not None and mine == known.words)
    if name.startswith("exercises/") and _holds_answers(original):
        return _take_over(root, name, mine, free, news)
    if not free:
        if mine != theirs and (known is None or known.words != theirs):
            news.kept.append(_short(name))
            return known or Copied(UNKNOWN, UNKNOWN)
        # The same words, or only pictures and numbers are new.
        return Copied(now, _of_the_course(root, name, theirs))
    files.write(copy, as_own(data))
    (news.updated if there else news.made).append(_short(name))
    return Copied(now, _of_the_course(root, name, theirs))


def _let_go(copy: Path, name: str, known: Copied, news: News) -> None:
    """A notebook that the course no longer has goes, unless somebody wrote in it."""
    if not copy.exists():
        return
    if _words_of(copy) != known.words:
        news.gone.append(name)
        return
    with contextlib.suppress(OSError):  # held open elsewhere, or not the last file of its folder
        copy.unlink()
        copy.parent.rmdir()


def _holds_answers(original: Path) -> bool:
    from course.exercises import is_edited

    return is_edited(original)


def _take_over(root: Path, name: str, mine: str, free: bool, news: News) -> Copied:
    """Bring answers that were written in the course's own exercises/ to the copies, and make that file new.

    Nothing is lost: where the copy holds other answers, these come to lie beside it.
    """
    from course import sources
    from course.exercises import released_by

    original, copy = root / name, root / MINE / name
    data = original.read_bytes()
    if mine != words(data):
        target = copy if free else free_name(copy)
        files.write(target, as_own(data))
        if _words_of(target) != words(data):
            raise CourseError(f"{target} is not what was written")
        news.taken_over.append(_short(name))
    with tempfile.TemporaryDirectory(prefix="course-copies-") as folder:
        made = released_by(sources.exercise(original.stem, root), Path(folder)).read_bytes()
    files.write(original, made)
    return Copied(_hash(made), words(made))


def _of_the_course(root: Path, name: str, theirs: str) -> str:
    """The words that the course wrote in a notebook: in the original, a person may have written, too."""
    from course import sources

    if name.startswith("exercises/"):
        return theirs
    kind = "lesson" if name.startswith("lessons/") else "exercise"
    try:
        return _hash_of_cells(sources.read(sources.Source(kind, Path(name).stem, root)).cells)
    except (OSError, CourseError):  # a source that is being written
        return UNKNOWN


def reset(name: str, root: Path = ROOT) -> tuple[str, Path | None]:
    """Make a copy new; returns which one, and where the present one was saved (None where there was none).

    name: an exercise, such as "01", or where a notebook lies, such as "lessons/01_data_splits". The only
    command that replaces what a learner wrote. Raises `CourseError` for an unknown name.
    """
    original, source = _meant(name, root)
    refresh(root)
    try:
        made = _new(original, source)
        where = original.relative_to(root).as_posix()
        text, fresh = as_own(made), Copied(_hash(made), words(made))
    except (OSError, ValueError):
        raise CourseError(
            f"{source.name} cannot be read, so nothing was changed. Run `course build {source.name}`."
        ) from None
    copy, saved = root / MINE / where, None
    if copy.exists():
        saved = free_name(copy)
        files.write(saved, copy.read_bytes())
    files.write(copy, text)
    _write_state(root, {**read_state(root), where: fresh})
    return _short(where), saved


def _meant(name: str, root: Path) -> tuple[Path, "Source"]:
    """The course's notebook that a name means, and its source; a bare number means an exercise."""
    from course import sources

    path = name.replace("\\", "/")
    found = sources.choose([path], root)
    named = [folder for folder in FOLDERS if f"/{folder}/" in f"/{path}"]
    if named:
        wanted = "lesson" if named[-1] == "lessons" else "exercise"
        found = [source for source in found if source.kind == wanted]
        if not found:
            raise CourseError(f"{name} is no notebook of the course.")
    source = min(found, key=lambda one: (one.kind != "exercise", one.is_companion))
    is_exercise = source.kind == "exercise" and named[-1:] != ["solutions"]
    return (source.released if is_exercise else source.built), source


def _new(original: Path, source: "Source") -> bytes:
    """A notebook as the course has it; an exercise is made of its solution."""
    from course.exercises import released_by

    if original != source.released:
        return original.read_bytes()
    words(source.built.read_bytes())  # raises ValueError where it is no notebook
    with tempfile.TemporaryDirectory(prefix="course-reset-") as folder:
        return released_by(source, Path(folder)).read_bytes()


def path_of(exercise: str, root: Path = ROOT) -> Path:
    """Where a learner works on an exercise: in their copy, or in the original as long as there is none."""
    copy = root / MINE / "exercises" / exercise / f"{exercise}.ipynb"
    return copy if copy.exists() else root / "exercises" / exercise / f"{exercise}.ipynb"


# --- Notebooks as bytes ------------------------------------------------------------------------------------


def words(data: bytes) -> str:
    """A hash of the texts of a notebook's cells. Raises ValueError for what is no notebook."""
    return _hash_of_cells(as_json(data)["cells"])


def as_json(data: bytes) -> dict[str, Any]:
    """A notebook as it is stored, a second sooner than by nbformat. Raises ValueError for what is none."""
    notebook = json.loads(data.decode("utf-8"))
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) and "source" in cell for cell in cells):
        raise ValueError("no notebook")
    return notebook


def _hash_of_cells(cells: list[Any]) -> str:
    texts = [[cell.get("cell_type"), "".join(cell["source"])] for cell in cells]
    return _hash(json.dumps(texts).encode())


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:20]


def _words_of(copy: Path) -> str:
    """The words of a copy; of one that cannot be read, some that nothing else has."""
    try:
        return words(copy.read_bytes())
    except (OSError, ValueError):
        return "unreadable"


def as_own(data: bytes) -> str:
    """A notebook as a learner's copy: it names this Python, else JupyterLab would, and mark it as changed."""
    from ipykernel.ipkernel import IPythonKernel

    notebook = as_json(data)
    notebook.setdefault("metadata", {})["language_info"] = dict(IPythonKernel.language_info)
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


# --- Files -------------------------------------------------------------------------------------------------


def read_state(root: Path = ROOT) -> dict[str, Copied]:
    """What was copied; nothing where that file is missing or cannot be read."""
    try:
        found = json.loads((root / MINE / STATE).read_text(encoding="utf-8"))
        return {name: Copied(str(one["file"]), str(one["words"])) for name, one in found.items()}
    except (OSError, ValueError, AttributeError, TypeError, KeyError):
        return {}


def _write_state(root: Path, known: dict[str, Copied]) -> None:
    state = {name: asdict(one) for name, one in sorted(known.items())}
    files.write(root / MINE / STATE, json.dumps(state, indent=1) + "\n")


def free_name(path: Path) -> Path:
    """A name beside `path`, with the time in it, that no file has yet."""
    moment = datetime.datetime.now().strftime("%Y-%m-%d-%H%M%S")
    number, free = 1, path.with_name(f"{path.stem}.saved-{moment}.ipynb")
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}.saved-{moment}-{number}.ipynb")
    return free


def _short(name: str) -> str:
    """How a notebook is named to a person: "exercises/01_data_splits", "lessons/01_data_splits".

    >>> _short("exercises/01_data_splits/01_data_splits.ipynb"), _short("lessons/00_start.ipynb")
    ('exercises/01_data_splits', 'lessons/00_start')
    """
    return f"{name.split('/')[0]}/{Path(name).stem}"
