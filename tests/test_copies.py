"""A learner's own copies: filled, kept up to date, never overwritten, whatever happens to them."""

import multiprocessing
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from typer.testing import CliRunner

from course import build, cli, copies, doctor, exercises, files, progress, sources
from course.copies import News, refresh
from course.errors import CourseError
from course.places import MINE, ROOT
from course.sources import Source

LESSON = "lessons/05_backward.ipynb"
HEARD = "lessons/05_backward_heard.ipynb"
EXERCISE = "exercises/01_data_splits/01_data_splits.ipynb"
SOLUTION = "solutions/01_data_splits/01_data_splits.ipynb"
ALL = [EXERCISE, LESSON, HEARD, SOLUTION]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course of two lessons and an exercise with its solution, never opened."""
    root = tmp_path / "my course"
    sources = ["lessons/05_backward.py", "lessons/05_backward_heard.py", "exercises/01_data_splits.py"]
    for name in [*ALL, *(f"sources/{source}" for source in sources)]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    return root


@pytest.fixture
def opened(course: Path) -> Path:
    refresh(course)
    return course


def edit(path: Path, change: Callable[[Any], object]) -> bytes:
    """Change a notebook as JupyterLab saves it, and return its bytes."""
    notebook = nbformat.read(path, as_version=4)
    change(notebook.cells)
    nbformat.write(notebook, path)
    return path.read_bytes()


def run_it(cells: Any) -> None:
    """Run All, as far as the file is concerned."""
    for cell in (cell for cell in cells if cell.cell_type == "code"):
        cell.execution_count = 99
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text="another\n")]


def write_in_it(cells: Any) -> None:
    cells[2].source += "\n# my own thought"


def new_version(root: Path, name: str) -> list[str]:
    """The course's next version of a notebook: its source and what is made of it; returns what changed."""
    kind = "lesson" if name.startswith("lessons") else "exercise"
    source = Source(kind, Path(name).stem, root)
    old = source.path.read_text(encoding="utf-8")
    source.path.write_text(old.replace('r"""\n', 'r"""\nA new sentence.\n\n', 1), encoding="utf-8")
    notebook = nbformat.read(source.built, as_version=4)
    for cell, new in zip(notebook.cells, sources.read(source).cells, strict=True):
        cell.source = new.source
    build.write(notebook, source.built)
    if kind == "lesson":
        return [copies._short(name)]
    source.released.unlink()
    exercises.generate(root, [source.name])
    return [copies._short(EXERCISE), copies._short(SOLUTION)]


def text(path: Path) -> str:
    return "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)


def lines(news: News) -> str:
    return "\n".join(news.lines(Path(MINE)))


def test_the_first_opening_fills_the_folder_in_the_same_places(course: Path) -> None:
    before = {name: (course / name).read_bytes() for name in ALL}
    news = refresh(course)
    assert len(news.made) == 4
    assert lines(news) == "Your own copies of 4 notebooks are in my_notebooks/; work in those."
    for name in ALL:
        assert text(course / MINE / name) == text(course / name)
        assert (course / name).read_bytes() == before[name]
    assert lines(refresh(course)) == ""  # an opening at which nothing happens says nothing


def test_a_copy_names_the_python_that_runs_it(opened: Path) -> None:
    from ipykernel.ipkernel import IPythonKernel

    copy, original = (nbformat.read(opened / folder / LESSON, as_version=4) for folder in (MINE, ""))
    assert copy.metadata.language_info == IPythonKernel.language_info
    assert original.metadata.language_info == {"name": "python"}
    assert copy.cells == original.cells


@pytest.mark.parametrize("name", [LESSON, EXERCISE])
def test_a_new_version_comes_where_nobody_wrote(opened: Path, name: str) -> None:
    edit(opened / MINE / name, run_it)  # to run it is not to write in it
    changed = new_version(opened, name)
    assert refresh(opened) == News(updated=changed)
    assert "A new sentence." in text(opened / MINE / name)
    changed = new_version(opened, name)
    assert refresh(opened) == News(updated=changed)  # and again


@pytest.mark.parametrize("name", [LESSON, EXERCISE])
def test_what_somebody_wrote_in_stays_and_is_told_until_it_is_reset(opened: Path, name: str) -> None:
    mine = edit(opened / MINE / name, write_in_it)
    assert refresh(opened) == News()
    new_version(opened, name)
    for _ in range(2):
        news = refresh(opened)
        assert news.kept == [copies._short(name)]
        assert f"`course reset {copies._short(name)}` takes the new one and keeps a copy" in lines(news)
        assert (opened / MINE / name).read_bytes() == mine
    where, saved = copies.reset(copies._short(name), opened)
    assert where == copies._short(name)
    assert saved is not None
    assert saved.read_bytes() == mine
    assert "A new sentence." in text(opened / MINE / name)
    assert refresh(opened) == News()
    assert refresh(opened) == News()


def test_new_pictures_alone_are_no_news_for_what_somebody_wrote_in(opened: Path) -> None:
    mine = edit(opened / MINE / LESSON, write_in_it)
    edit(opened / LESSON, run_it)
    assert refresh(opened) == News()
    assert (opened / MINE / LESSON).read_bytes() == mine


def test_a_copy_that_was_deleted_or_renamed_is_made_again(opened: Path) -> None:
    (opened / MINE / EXERCISE).unlink()
    (opened / MINE / LESSON).rename(opened / MINE / "lessons" / "mine.ipynb")
    assert refresh(opened) == News(made=["lessons/05_backward", "exercises/01_data_splits"])
    assert (opened / MINE / "lessons" / "mine.ipynb").exists()


def test_a_lesson_that_was_renamed_in_the_course(opened: Path) -> None:
    mine = edit(opened / MINE / HEARD, write_in_it)
    edit(opened / MINE / LESSON, run_it)
    (opened / LESSON).rename(opened / "lessons" / "05_gradients.ipynb")
    (opened / HEARD).unlink()
    news = refresh(opened)
    assert news == News(made=["lessons/05_gradients"], gone=["lessons/05_backward_heard"])
    assert not (opened / MINE / LESSON).exists()  # only run: the course took it back
    assert (opened / MINE / HEARD).read_bytes() == mine
    assert refresh(opened) == News()  # told once


def test_a_course_without_any_notebook_takes_nothing_back(opened: Path) -> None:
    for folder in copies.FOLDERS:
        shutil.rmtree(opened / folder)
    assert refresh(opened) == News()
    assert all((opened / MINE / name).exists() for name in ALL)


class TestAnswersInTheOldPlace:
    """A learner of an earlier version worked in exercises/ itself."""

    def test_are_taken_over_and_git_sees_no_change(self, course: Path) -> None:
        fresh = (course / EXERCISE).read_bytes()
        edit(course / EXERCISE, write_in_it)
        answers = text(course / EXERCISE)
        news = refresh(course)
        assert news.taken_over == ["exercises/01_data_splits"]
        assert "Your answers in exercises/01_data_splits are now in my_notebooks/: go on there." in lines(
            news
        )
        assert text(course / MINE / EXERCISE) == answers
        assert (course / EXERCISE).read_bytes() == fresh
        assert refresh(course) == News()
        new_version(course, EXERCISE)
        assert refresh(course).kept == ["exercises/01_data_splits"]  # they count as written in
        assert text(course / MINE / EXERCISE) == answers

    def test_come_to_lie_beside_other_answers(self, opened: Path) -> None:
        mine = edit(opened / MINE / EXERCISE, write_in_it)
        edit(opened / EXERCISE, lambda cells: cells.append(nbformat.v4.new_code_cell("other = 1")))
        assert refresh(opened).taken_over == ["exercises/01_data_splits"]
        assert (opened / MINE / EXERCISE).read_bytes() == mine
        (beside,) = (opened / MINE / EXERCISE).parent.glob("*.saved-*")
        assert "other = 1" in text(beside)

    def test_stay_where_they_are_when_they_cannot_be_written(
        self, course: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers = edit(course / EXERCISE, write_in_it)
        monkeypatch.setattr(files, "write", refusing(EXERCISE, files.write))
        assert refresh(course).failed == ["exercises/01_data_splits (Permission denied)"]
        assert (course / EXERCISE).read_bytes() == answers

    def test_of_which_the_course_file_cannot_be_made_new(self, course: Path) -> None:
        edit(course / EXERCISE, write_in_it)
        (course / SOLUTION).write_text("<<<<<<< HEAD")
        for _ in range(2):
            news = refresh(course)
            assert "exercises/01_data_splits (" in "; ".join(news.failed)
            assert text(course / MINE / EXERCISE) == text(course / EXERCISE)
        assert list((course / MINE / EXERCISE).parent.glob("*.saved-*")) == []

    def test_a_note_in_a_lesson_of_the_course_counts_as_written(self, course: Path) -> None:
        edit(course / LESSON, write_in_it)
        refresh(course)
        assert "my own thought" in text(course / MINE / LESSON)
        shutil.copy(ROOT / LESSON, course / LESSON)  # as `git checkout` does
        assert refresh(course) == News()
        new_version(course, LESSON)
        assert refresh(course).kept == ["lessons/05_backward"]
        assert "my own thought" in text(course / MINE / LESSON)


def refusing(part: str, write: Callable[..., None]) -> Callable[..., None]:
    """A `write` that cannot write one file, as in a folder that is read-only."""

    def refuse(path: Path, content: str | bytes) -> None:
        if part in path.as_posix():
            raise PermissionError(13, "Permission denied", str(path))
        write(path, content)

    return refuse


def test_one_that_cannot_be_written_stops_no_other(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "write", refusing(HEARD, files.write))
    news = refresh(course)
    assert news.failed == ["lessons/05_backward_heard (Permission denied)"]
    assert len(news.made) == 3
    monkeypatch.undo()
    assert refresh(course) == News(made=["lessons/05_backward_heard"])


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_really_read_only(course: Path) -> None:
    course.chmod(0o555)
    try:
        with pytest.raises(PermissionError):
            refresh(course)
    finally:
        course.chmod(0o755)


def test_an_original_that_is_half_of_a_merge_is_left_out(opened: Path) -> None:
    before = (opened / MINE / LESSON).read_bytes()
    (opened / LESSON).write_text("<<<<<<< HEAD")
    (opened / EXERCISE).write_text('{"cells": [3]}')
    assert refresh(opened).failed == [
        "lessons/05_backward (it cannot be read)",
        "exercises/01_data_splits (it cannot be read)",
    ]
    assert (opened / MINE / LESSON).read_bytes() == before
    with pytest.raises(CourseError, match="cannot be read, so nothing was changed"):
        copies.reset("lessons/05_backward", opened)
    assert (opened / MINE / LESSON).read_bytes() == before


def test_a_copy_that_cannot_be_read_counts_as_written_in(opened: Path) -> None:
    (opened / MINE / LESSON).write_text("{half of")
    new_version(opened, LESSON)
    assert refresh(opened).kept == ["lessons/05_backward"]
    assert (opened / MINE / LESSON).read_text() == "{half of"


@pytest.mark.parametrize("left", ["", '{"lessons/05_backw', "[]", '{"a": 3}', None])
def test_a_state_that_is_half_written_or_lost(opened: Path, left: str | None) -> None:
    mine = edit(opened / MINE / HEARD, write_in_it)
    file = opened / MINE / copies.STATE
    file.unlink() if left is None else file.write_text(left)
    finding = doctor.look_at_copies(opened)
    assert not finding.well
    assert "missing or broken" in finding.seen
    news = refresh(opened)
    assert news == News(kept=["lessons/05_backward_heard"])
    assert (opened / MINE / HEARD).read_bytes() == mine
    new_version(opened, LESSON)
    assert refresh(opened).updated == ["lessons/05_backward"]  # it is known again that nobody wrote in it
    assert doctor.look_at_copies(opened).well


def test_a_crash_in_the_middle(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Path] = []
    replace = os.replace

    def crash(new: str, path: Path) -> None:
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(path)
        replace(new, path)

    monkeypatch.setattr(files.os, "replace", crash)
    with pytest.raises(KeyboardInterrupt):
        refresh(course)
    monkeypatch.undo()
    assert not (course / MINE / copies.STATE).exists()
    assert list((course / MINE).rglob(".new-*")) == []
    news = refresh(course)
    assert len(news.made) == 2
    assert not any((news.kept, news.failed))
    assert len(copies.read_state(course)) == 4


def test_two_labs_at_once(course: Path) -> None:
    context = multiprocessing.get_context("spawn")
    labs = [context.Process(target=refresh, args=(course,)) for _ in range(2)]
    for lab in labs:
        lab.start()
    for lab in labs:
        lab.join(60)
    assert [lab.exitcode for lab in labs] == [0, 0]
    assert len(copies.read_state(course)) == 4
    assert all(text(course / MINE / name) == text(course / name) for name in ALL)
    assert refresh(course) == News()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("01", "exercises/01_data_splits"),
        ("data_splits", "exercises/01_data_splits"),
        ("exercises\\01_data_splits", "exercises/01_data_splits"),
        ("my_notebooks\\exercises\\01_data_splits\\01_data_splits.ipynb", "exercises/01_data_splits"),
        ("solutions/01_data_splits", "solutions/01_data_splits"),
        ("05", "lessons/05_backward"),  # here it has no exercise
        ("lessons\\05_backward.ipynb", "lessons/05_backward"),
        ("lessons/05_backward_heard", "lessons/05_backward_heard"),
        ("05_backward_heard", "lessons/05_backward_heard"),
    ],
)
def test_reset_knows_what_is_meant_also_by_a_path_of_windows(opened: Path, name: str, meant: str) -> None:
    assert copies.reset(name, opened)[0] == meant


@pytest.mark.parametrize("name", ["42", "lessons/01_data_splits", "exercises/05_backward"])
def test_reset_of_what_is_not_there(opened: Path, name: str) -> None:
    with pytest.raises(
        CourseError, match=r"There is no lesson or exercise '42'|is no notebook of the course"
    ):
        copies.reset(name, opened)


def test_reset_keeps_a_copy_each_time_and_needs_only_the_solution(opened: Path) -> None:
    mine = edit(opened / MINE / EXERCISE, write_in_it)
    (opened / EXERCISE).write_text("<<<<<<< HEAD")
    saved = [copies.reset("01", opened)[1], copies.reset("01", opened)[1]]
    assert saved[0] is not None
    assert saved[0].read_bytes() == mine
    assert saved[0] != saved[1]
    assert "my own thought" not in text(opened / MINE / EXERCISE)


def test_reset_without_a_solution_changes_nothing(opened: Path) -> None:
    mine = edit(opened / MINE / EXERCISE, write_in_it)
    (opened / SOLUTION).write_text("<<<<<<< HEAD")
    with pytest.raises(CourseError, match="cannot be read, so nothing was changed"):
        copies.reset("01", opened)
    assert (opened / MINE / EXERCISE).read_bytes() == mine


def test_progress_reads_the_copies(opened: Path) -> None:
    def passed(cells: Any) -> None:
        cell = next(cell for cell in cells if cell.metadata.nbgrader.grade)
        words = "passed all 7 · 3 of 3 points"
        cell.outputs = [nbformat.v4.new_output("display_data", {"text/html": "…", "text/plain": words})]

    edit(opened / MINE / EXERCISE, passed)
    assert sum(task.earned for task in progress.reached(opened)) == 3
    shutil.rmtree(opened / MINE)
    assert sum(task.earned for task in progress.reached(opened)) == 0


def test_git_and_the_linter_do_not_see_the_folder() -> None:
    assert f"/{MINE}/" in (ROOT / ".gitignore").read_text().splitlines()
    assert f'"{MINE}/*"' in (ROOT / "pyproject.toml").read_text()


def test_the_commands_say_what_they_did(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "reset", lambda name: ("exercises/01_a", ROOT / MINE / "saved.ipynb"))
    said = CliRunner().invoke(cli.app, ["reset", "01"]).output
    assert said == "my_notebooks/exercises/01_a is new. Your present one is in my_notebooks/saved.ipynb.\n"
    monkeypatch.setattr(copies, "refresh", lambda: News(made=["lessons/00_start"]))
    monkeypatch.setattr(cli, "become", lambda command, variables: print(*command))
    said = CliRunner().invoke(cli.app, ["lab", "--no-browser"]).output
    assert re.search(r"Your own copies of 1 note.*\nJupyterLab starts.*\n.*root_dir=\S+my_notebooks ", said)
