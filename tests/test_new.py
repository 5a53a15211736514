"""A new lesson's files are frames: tidy, and refused everywhere until they are written."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from course import build, sources
from course.errors import CourseError
from course.new import FILES, MARK, new, unwritten
from course.places import ROOT

NAME = "20_large_model_quantization"  # the longest name
OWN = {"course/new.py", "tests/test_new.py", "CONTRIBUTING.md"}  # they speak of the mark


@pytest.fixture
def made(tmp_path) -> list[Path]:
    return new(NAME, tmp_path)


def test_the_files_are_those_of_the_table_in_contributing(made, tmp_path):
    paths = [path.relative_to(tmp_path).as_posix() for path in made]
    assert paths == [each.format(name=NAME, slug=NAME[3:]) for each in FILES]
    listed = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = [listed.find(f"| `{each.format(name='NN_slug', slug='slug')}` |") for each in FILES]
    assert -1 not in rows
    assert rows == sorted(rows)


def test_each_file_carries_the_mark_and_is_valid_python(made):
    for path in made:
        text = path.read_text(encoding="utf-8")
        assert unwritten(text), path.name
        ast.parse(text)


def test_ruff_has_nothing_to_say(made):
    config = ["--config", str(ROOT / "pyproject.toml")]
    for words in (["check", "--extend-ignore=E402"], ["format", "--check"]):  # as pyproject does for sources
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, *config, *map(str, made)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_build_refuses_each_source(made, tmp_path):
    for source in sources.all_sources(tmp_path):
        with pytest.raises(CourseError, match=r"is not written yet: line \d+ still says"):
            sources.read(source)
    with pytest.raises(CourseError) as stop:
        build.build([], tmp_path, print)
    assert str(stop.value).count("is not written yet") == 3
    assert list(tmp_path.rglob("*.ipynb")) == []


def test_a_lesson_without_marks_is_built(made, tmp_path):
    """What the frame says besides is right: the line of the time, the call of terms."""
    lesson = tmp_path / "sources" / "lessons" / f"{NAME}.py"
    lesson.write_text(lesson.read_text(encoding="utf-8").replace(MARK, "words"), encoding="utf-8")
    build.build([f"lessons/{NAME}.py"], tmp_path, print)
    assert (tmp_path / "lessons" / f"{NAME}.ipynb").exists()


def test_what_is_there_stays(made, tmp_path):
    written, package = made[0], made[3]
    written.write_text("mine", encoding="utf-8")
    package.unlink()
    package.with_suffix("").mkdir()  # checks may be a folder
    made[1].unlink()
    assert new(NAME, tmp_path) == [made[1]]
    assert written.read_text(encoding="utf-8") == "mine"
    with pytest.raises(CourseError, match="has all its files"):
        new(NAME, tmp_path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("quantized_networks", "is not named like"),
        ("19_Quantized", "is not named like"),
        ("19_x_heard", "is not named like"),
        ("../19_x", "is not named like"),
        ("19_quantisation", "The lessons of the tables are: 00_start, 01_data_splits"),
    ],
)
def test_a_wrong_name_makes_nothing(tmp_path, name, words):
    with pytest.raises(CourseError, match=words):
        new(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_frame_is_left_in_the_course():
    paths = [
        path
        for folder in ("sources", "helpers", "course", "tests", "docs")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".py", ".md")
    ]
    paths += [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    left = {
        f"{path.relative_to(ROOT).as_posix()}:{line}"
        for path in paths
        for line in unwritten(path.read_text(encoding="utf-8"))
        if path.relative_to(ROOT).as_posix() not in OWN
    }
    assert left == set(), "these files were made by `course new` and are not written yet"
