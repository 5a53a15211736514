"""Cells marked `predict`: a reader does not see what they put out, and CI compares it all the same."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from course import build, predictions, sources, testing
from course.errors import CourseError
from course.places import ROOT
from course.sources import Source

LESSON = '''\
# %% [markdown]
r"""
# A small lesson

**Time:** {minutes} minutes.
"""

# %% tags=["predict"]
print("first")
print("accuracy", 0.5 + 0.47)

# %% tags=["predict"]
from helpers.figures import show, subplots
fig, ax = subplots()
show(fig, alt="an empty picture")

# %% [markdown]
r"""
That was it.
"""

# %%
print("after it")
'''


def put(root: Path, text: str, kind: str = "lesson") -> Source:
    source = Source(kind, "90_small", root)
    source.path.parent.mkdir(parents=True, exist_ok=True)
    source.path.write_text(text, encoding="utf-8")
    return source


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of one lesson."""
    root = tmp_path_factory.mktemp("course")
    put(root, LESSON)
    build.build([], root, lambda _: None)
    (root / "solutions").mkdir()
    (root / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "nbval_sanitize.cfg", root / "tests")
    return root


@pytest.fixture
def course(built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(built, tmp_path / "course")


def lesson(root: Path) -> Path:
    return root / "lessons" / "90_small.ipynb"


def change(root: Path, edit: Callable[[Any], object]) -> None:
    notebook = nbformat.read(lesson(root), as_version=4)
    edit(notebook.cells)
    build.write(notebook, lesson(root))


def test_the_page_shows_no_answer_and_its_metadata_hold_it(course: Path) -> None:
    cells = nbformat.read(lesson(course), as_version=4).cells
    assert [(cell.execution_count, bool(cell.outputs)) for cell in cells if cell.cell_type == "code"] == [
        (None, False),
        (None, False),
        (3, True),
    ]
    assert cells[1].metadata.expected[0]["text"] == ["first\n", "accuracy 0.97\n"]  # a line each, for git
    picture = json.dumps(cells[2].metadata.expected)
    assert "an empty picture" in picture
    assert len(picture) < 2000  # no pixels
    assert build.check([], course) == []


def test_building_twice_gives_the_same_bytes(course: Path) -> None:
    before = lesson(course).read_bytes()
    build.build([], course, lambda _: None)
    assert lesson(course).read_bytes() == before


def ci_stage(root: Path, folder: Path) -> testing.Result:
    """What CI's stage says of the lesson."""
    stage = next(one for one in testing.stages(root) if one.title == "notebooks print the same")
    return testing.run_stage(stage, folder, root)


def spoil_number(cells: Any) -> None:
    cells[1].metadata.expected[0]["text"][1] = "accuracy 0.98\n"


def spoil_alt(cells: Any) -> None:
    data = cells[2].metadata.expected[0]["data"]
    data["text/html"] = [line.replace("empty", "full") for line in data["text/html"]]


def forget(cells: Any) -> None:
    del cells[1].metadata["expected"]


def run_as_a_reader_does(cells: Any) -> None:
    """Run All and save: the outputs come, the metadata stay."""
    cells[1].outputs, cells[1].execution_count = predictions.expected(cells[1]), 1


def test_ci_compares_what_is_kept_back(course: Path, tmp_path: Path) -> None:
    right = ci_stage(course, tmp_path)
    assert (right.passed, right.failed) == (3, 0), right.output
    change(course, lambda cells: (spoil_number(cells), spoil_alt(cells)))
    wrong = ci_stage(course, tmp_path)
    assert (wrong.passed, wrong.failed) == (1, 2), wrong.output
    body, _, _ = wrong.output.partition("short test summary")  # which repeats it in full where CI is set
    assert body.count("Cell outputs differ") == 2


def test_a_cell_of_which_nothing_is_stored_fails_too(course: Path) -> None:
    change(course, forget)
    item = SimpleNamespace(cell=nbformat.read(lesson(course), as_version=4).cells[1])
    predictions.pytest_itemcollected(item)
    assert item.cell.execution_count == 1
    assert item.cell.outputs[0].text == "nothing is stored: run `course build`\n"


@pytest.mark.parametrize("edit", [forget, run_as_a_reader_does])
def test_an_answer_that_shows_or_is_lost_is_found(course: Path, edit: Callable[[Any], object]) -> None:
    change(course, edit)
    found = "lessons/90_small.ipynb, cell 2 does not keep back what is to be guessed. Run `course build "
    assert build.check([], course)[-1].startswith(found)


@pytest.mark.parametrize("text", ["It is 0.97, as I said.", "It is 97 %."])
def test_a_number_that_the_text_gives_away_stops_the_build(course: Path, text: str) -> None:
    said = LESSON.replace('# %% tags=["predict"]\nfrom', "# %%\nfrom").replace(
        'print("accuracy"', 'print("rows", 1797)\nprint("accuracy"'
    )
    told = f'\n# %% [markdown]\nr"""\n{text} Of 1797 rows.\n"""\n\n# %%\nfrom'
    put(course, said.replace("\n# %%\nfrom", told))
    with pytest.raises(CourseError, match=r"cell 2: a reader is to guess 0.97, which stands in the text"):
        build.build([], course, lambda _: None)  # 1797 stands in the code, too, and is no secret
    put(course, said.replace("\n# %%\nfrom", told.replace(text, f"<details>{text}</details>")))
    build.build([], course, lambda _: None)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('print("first")\nprint("accuracy", 0.5 + 0.47)', "x = 1", "puts nothing out to guess"),
        ('tags=["predict"]', 'tags=["predict", "nbval-ignore-output"]', "a time cannot be compared"),
        ("# %% [markdown]", '# %% [markdown] tags=["predict"]', "only code of a lesson"),
    ],
)
def test_a_mark_that_makes_no_sense(course: Path, old: str, new: str, words: str) -> None:
    put(course, LESSON.replace(old, new, 1))
    with pytest.raises(CourseError, match=words):
        build.build([], course, lambda _: None)


def test_an_exercise_asks_for_no_guess(course: Path) -> None:
    with pytest.raises(CourseError, match="only code of a lesson"):
        sources.read(put(course, '# %% tags=["predict"]\nprint(1)\n', "exercise"))
