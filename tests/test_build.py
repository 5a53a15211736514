"""The pipeline: what is built is what the sources say, nothing leaks, and nobody's work is overwritten."""

import json
import shutil
from pathlib import Path

import nbformat
import pytest

from course import build, files, sources
from course.errors import CourseError
from course.exercises import is_edited
from course.places import ROOT
from course.sources import Source

LESSON = '''\
# %% [markdown]
r"""
# A small lesson about $\\alpha$

**Time:** {minutes} minutes.
"""

# %%
from helpers.figures import show, subplots

# %%
fig, ax = subplots()
ax.plot([1, 2, 3])
show(fig, alt="a line that rises")

# %%
print("one")
print("two")
'''


@pytest.fixture
def course(tmp_path) -> Path:
    """A course of one lesson, which is not built yet."""
    put(tmp_path, LESSON)
    return tmp_path


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A course of one lesson, built once, since a kernel takes a second."""
    root = tmp_path_factory.mktemp("built")
    put(root, LESSON)
    build.build([], root, print)
    return root


@pytest.fixture
def made(tmp_path, built) -> Path:
    """A copy of it."""
    return shutil.copytree(built, tmp_path / "made")


def put(root: Path, text: str, kind: str = "lesson", name: str = "90_small") -> Source:
    """Write a source."""
    source = Source(kind, name, root)
    source.path.parent.mkdir(parents=True, exist_ok=True)
    source.path.write_text(text, encoding="utf-8")
    return source


def exercise_text() -> str:
    """The source of a real exercise."""
    return Source("exercise", "01_data_splits").path.read_text(encoding="utf-8")


def all_bytes(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(root.rglob("*.ipynb"))}


class TestBuilding:
    def test_twice_gives_the_same_bytes(self, made):
        first = all_bytes(made)
        build.build([], made, print)
        assert first
        assert all_bytes(made) == first
        assert build.check([], made) == []

    def test_a_cell_that_times_something_keeps_the_times_of_its_first_build(self, course):
        timed = '\n# %% tags=["nbval-ignore-output"]\nimport time\nprint(time.time_ns())\n'
        put(course, LESSON + timed)
        build.build([], course, print)
        first = all_bytes(course)
        build.build([], course, print)
        assert all_bytes(course) == first
        put(course, LESSON + timed.replace("time_ns()", "time_ns() + 1"))
        build.build([], course, print)
        assert all_bytes(course) != first

    def test_a_cell_in_between_changes_no_other_id(self, course):
        before = [cell.id for cell in sources.read(Source("lesson", "90_small", course)).cells]
        source = put(course, LESSON.replace("# %%\nfig", "# %%\nx = 1\n\n# %%\nfig"))
        after = [cell.id for cell in sources.read(source).cells]
        assert len(after) == len(before) + 1
        assert [cell_id for cell_id in after if cell_id in before] == before

    def test_a_corrected_text_of_an_exercise_is_still_the_same_cell(self, tmp_path):
        source = put(tmp_path, exercise_text(), "exercise", "01_data_splits")
        before = [cell.metadata.nbgrader.grade_id for cell in sources.read(source).cells]
        corrected = exercise_text().replace("Five tasks", "5 tasks").replace("import numpy as np\n", "")
        put(tmp_path, corrected, "exercise", "01_data_splits")
        assert [cell.metadata.nbgrader.grade_id for cell in sources.read(source).cells] == before

    def test_equal_cells_get_different_ids(self, course):
        source = put(course, LESSON + "\n# %%\nprint(1)\n\n# %%\nprint(1)\n")
        ids = [cell.id for cell in sources.read(source).cells]
        assert len(set(ids)) == len(ids)

    def test_the_notebook_is_valid_and_was_run(self, built):
        notebook = nbformat.read(built / "lessons/90_small.ipynb", as_version=4)
        nbformat.validate(notebook)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert [cell.execution_count for cell in code] == [1, 2, 3]
        assert code[2].outputs[0].text == "one\ntwo\n"
        assert "a line that rises" in json.dumps(code[1].outputs)


STOPS = {
    "syntax error": (LESSON.replace('print("one")', 'print("one"'), "cell 4 .*is not valid Python"),
    "error in a cell": (LESSON.replace('print("one")', "print(1 / 0)"), "cell 4 .*ZeroDivisionError"),
    "figure without alt text": (LESSON.replace("a line that rises", ""), "cell 3 .*alt"),
    "picture that says nothing": (
        LESSON + "\n# %%\nfrom IPython.display import Image, display\n"
        'display(Image(data=b"\\x89PNG\\r\\n\\x1a\\n" + bytes(30), format="png", width=3, height=3))\n',
        "cell 5.* without alt text",
    ),
    "html picture that says nothing": (
        LESSON + "\n# %%\nfrom IPython.display import HTML, display\n"
        'display(HTML(\'<img width="3" src="data:,">\'))\n',
        "cell 5.* without alt text",
    ),
    "a warning": (
        LESSON + "\n# %%\nimport warnings\nwarnings.warn('old', stacklevel=1)\n",
        "cell 5 writes to standard error",
    ),
    "image in the text without words": (
        LESSON.replace("# A small", "![](x.png) A small"),
        "without alt text",
    ),
    "text that is not raw": (LESSON.replace('r"""', '"""'), 'between r""" and'),
    "text before the first cell": ("import numpy\n\n" + LESSON, "text before the first"),
    "a check in a lesson": (LESSON.replace("# %%\nfig", '# %% check="a/b"\nfig'), "no check cells"),
}


class TestStops:
    @pytest.mark.parametrize(("text", "words"), STOPS.values(), ids=STOPS.keys())
    def test_a_wrong_lesson_stops_with_file_and_cell_and_keeps_the_old(self, made, text, words):
        before = all_bytes(made)
        put(made, text)
        with pytest.raises(CourseError, match=rf"(?s)sources/lessons/90_small.py.*{words}"):
            build.build([], made, print)
        assert all_bytes(made) == before

    def test_the_place_of_an_error_is_found_in_any_locale(self, course, monkeypatch):
        """Python on Windows reads a file as cp1252 where no encoding is named."""
        read_text = Path.read_text
        monkeypatch.setattr(
            Path, "read_text", lambda self, encoding="cp1252", **rest: read_text(self, encoding, **rest)
        )
        put(course, LESSON.replace("A small", "A small ”").replace('print("one")', "print(1 / 0)"))
        with pytest.raises(CourseError, match=r"cell 4 .*ZeroDivisionError"):
            build.build([], course, print)

    def test_an_exercise_that_cannot_be_made_stops_no_other(self, course, monkeypatch):
        put(course, exercise_text(), "exercise", "01_data_splits")

        def fails(*_):
            raise CourseError("nbgrader cannot make it")

        monkeypatch.setattr(build, "generate", fails)
        monkeypatch.setattr(build, "run", lambda source, notebook, **_: notebook)
        with pytest.raises(CourseError, match="nbgrader cannot make it"):
            build.build([], course, print)
        assert [path.stem for path in all_bytes(course)] == ["90_small"]

    def test_a_lesson_that_runs_too_long(self, course, monkeypatch):
        monkeypatch.setattr(build, "LESSON_SECONDS", 0.1)
        with pytest.raises(CourseError, match=r"90_small.py: its run takes .* Use less data"):
            build.build([], course, print)
        assert all_bytes(course) == {}

    def test_the_other_lessons_are_still_built(self, course):
        put(course, LESSON.replace('print("one")', "print(1 / 0)"), name="91_wrong")
        with pytest.raises(CourseError, match="91_wrong"):
            build.build([], course, print)
        assert [path.stem for path in all_bytes(course)] == ["90_small"]

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ('# %% check="data_splits/holdout"', "# %%", r"calls check\(…\) but has no id"),
            ('# %% check="data_splits/holdout"', '# %% check=""', "a check cell without an id"),
            ('check="data_splits/k_fold"', 'check="data_splits/holdout"', "is there twice"),
            ('# %% answer="data_splits/holdout"', "# %%", "has no answer cell"),
            ('task="data_splits/holdout"', 'task="data_splits/hold_out"', "there is no task"),
            ("### END SOLUTION", "### END SOLUTON", "an answer needs the lines"),
            ("### BEGIN SOLUTION", "### BEGIN SOLUTION\n    ### BEGIN SOLUTION", "an answer needs the lines"),
            ("    ### BEGIN SOLUTION", "    # BEGIN SOLUTION\n    ### BEGIN SOLUTION", "is nearly"),
            ('check("data_splits/k_fold"', 'check("data_splits/holdout"', "this cell does not call check"),
            ('# %% [markdown] task="', '# %% [markdown] answer="', "a task is a text cell"),
        ],
    )
    def test_a_wrong_exercise_stops(self, tmp_path, old, new, words):
        source = put(tmp_path, exercise_text().replace(old, new, 1), "exercise", "01_data_splits")
        with pytest.raises(CourseError, match=words):
            sources.read(source)

    def test_a_typo_in_the_second_of_two_markers_leaks_no_answer(self, tmp_path):
        text = Source("exercise", "05_backward").path.read_text(encoding="utf-8")
        second = text.index("### BEGIN SOLUTION", text.index("def __truediv__") + 100)
        broken = text[:second] + text[second:].replace("### BEGIN SOLUTION", "### BEGIN SOLUTON", 1)
        source = put(tmp_path, broken, "exercise", "05_backward")
        with pytest.raises(CourseError, match=r"05_backward.py, cell .* in turn"):
            sources.read(source)

    def test_a_task_without_a_check(self, tmp_path):
        text = exercise_text().replace('# %% check="data_splits/holdout"\n', "# %%\npass\n", 1)
        text = text.replace('check("data_splits/holdout", holdout)\n', "", 1)
        source = put(tmp_path, text, "exercise", "01_data_splits")
        with pytest.raises(CourseError, match="'data_splits/holdout' has no check cell"):
            sources.read(source)

    def test_a_check_without_points(self, tmp_path, monkeypatch):
        import dataclasses

        import helpers.checks

        free = [dataclasses.replace(task, points=0) for task in helpers.checks.tasks_of("data_splits")]
        monkeypatch.setattr(helpers.checks, "tasks_of", lambda lesson: free)
        source = put(tmp_path, exercise_text(), "exercise", "01_data_splits")
        with pytest.raises(CourseError, match="gives no points"):
            sources.read(source)

    def test_an_unknown_name(self, course):
        with pytest.raises(CourseError, match="There are: 90_small"):
            build.build(["77"], course, print)


class TestCheck:
    def test_sees_every_difference(self, made):
        course, path = made, made / "lessons/90_small.ipynb"
        original = path.read_bytes()
        path.unlink()
        assert build.check([], course) == [
            "lessons/90_small.ipynb is not built. Run `course build 90_small`."
        ]
        path.write_bytes(original)
        for change, words in [
            (lambda nb: nb.cells[3].update(source='print("two")'), "cell 4 is not what"),
            (lambda nb: nb.cells[1].update(id="other"), "cell 2 is not what"),
            (lambda nb: nb.cells[1].metadata.update(tags=["nbval-ignore-output"]), "cell 2 is not what"),
            (lambda nb: nb.cells[3].update(execution_count=None), "cell 4 was not run"),
            (lambda nb: nb.cells.pop(), "has 3 cells"),
            (lambda nb: nb.metadata.kernelspec.update(name="mine"), "its metadata are not"),
            (lambda nb: nb.cells[0].update(attachments={"a.png": {"image/png": ""}}), "cell 1 is not what"),
        ]:
            notebook = nbformat.read(path, as_version=4)
            change(notebook)
            build.write(notebook, path)
            assert any(words in problem for problem in build.check([], course)), words
            path.write_bytes(original)
        for text in ("<<<<<<< HEAD\n", "", "{}"):
            path.write_text(text, encoding="utf-8")
            assert "90_small.ipynb is not a notebook that can be read" in build.check([], course)[0]
        path.write_bytes(original)
        shutil.copy2(path, path.with_name("91_orphan.ipynb"))
        assert build.check([], course) == [
            "lessons/91_orphan.ipynb has no source. Delete it, or write sources for it."
        ]

    def test_the_course_is_what_its_sources_give(self):
        assert build.check([]) == []


@pytest.fixture(scope="module")
def with_exercise(tmp_path_factory) -> Path:
    """A course of one real exercise, built."""
    root = tmp_path_factory.mktemp("course")
    put(root, exercise_text(), "exercise", "01_data_splits")
    build.build([], root, print)
    return root


def answer_in(path: Path, text: str) -> None:
    """Write into the first answer cell of an exercise, as a learner does."""
    notebook = nbformat.read(path, as_version=4)
    cell = next(cell for cell in notebook.cells if cell.metadata.nbgrader.solution)
    cell.source = text
    nbformat.write(notebook, path)


class TestLearnersWork:
    def test_a_build_never_overwrites_it(self, with_exercise, tmp_path):
        root = shutil.copytree(with_exercise, tmp_path / "course")
        path = root / "exercises/01_data_splits/01_data_splits.ipynb"
        assert not is_edited(path)
        answer_in(path, "def holdout(n_samples, test_size, rng):\n    return mine")
        before = path.read_bytes()
        with pytest.raises(CourseError, match="holds somebody's answers"):
            build.build([], root, print)
        assert path.read_bytes() == before

    def test_a_file_that_is_held_open_elsewhere(self, with_exercise, tmp_path, monkeypatch):
        root = shutil.copytree(with_exercise, tmp_path / "course")
        before = all_bytes(root)

        def held(*_):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(files.os, "replace", held)
        with pytest.raises(CourseError, match="Close it where it is open"):
            build.build([], root, print)
        assert all_bytes(root) == before
        assert list(root.rglob(".new-*")) == []

    @pytest.mark.parametrize("text", ["{broken", "", "[]"])
    def test_a_file_that_cannot_be_read_counts_as_work(self, tmp_path, text):
        path = tmp_path / "x.ipynb"
        path.write_text(text)
        assert is_edited(path)

    def test_a_cell_of_ones_own_counts_as_work(self, with_exercise, tmp_path):
        path = tmp_path / "x.ipynb"
        notebook = nbformat.read(
            with_exercise / "exercises/01_data_splits/01_data_splits.ipynb", as_version=4
        )
        notebook.cells.append(nbformat.v4.new_code_cell("my_notes = 1"))
        nbformat.write(notebook, path)
        assert is_edited(path)


def solution_lines(source: Source) -> list[str]:
    """The lines of the answers in an exercise's source."""
    lines, inside = [], False
    for line in source.path.read_text(encoding="utf-8").splitlines():
        if line.strip() == "### END SOLUTION":
            inside = False
        if inside and line.strip() and not line.strip().startswith("#"):
            lines.append(line.strip())
        if line.strip() == "### BEGIN SOLUTION":
            inside = True
    return lines


@pytest.mark.parametrize(
    "source", [source for source in sources.all_sources() if source.kind == "exercise"], ids=str
)
class TestReleasedExercises:
    def test_hold_no_line_of_an_answer(self, source):
        notebook = nbformat.read(source.released, as_version=4)
        answers = solution_lines(source)
        assert len(answers) >= 10
        for cell in notebook.cells:
            lines = {line.strip() for line in cell.source.splitlines()}
            if cell.metadata.nbgrader.solution:
                assert not lines & set(answers)
            assert not {line for line in lines if len(line) > 25} & set(answers)

    def test_hold_no_output_no_marker_no_hidden_test(self, source):
        text = source.released.read_text(encoding="utf-8")
        notebook = nbformat.read(source.released, as_version=4)
        assert all(not cell.outputs for cell in notebook.cells if cell.cell_type == "code")
        for word in ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TEST"):
            assert word not in text

    def test_are_untouched(self, source):
        assert not is_edited(source.released)

    def test_ask_for_ten_to_twenty_points_in_three_to_six_tasks(self, source):
        notebook = nbformat.read(source.released, as_version=4)
        points = [cell.metadata.nbgrader.points for cell in notebook.cells if cell.metadata.nbgrader.grade]
        assert 3 <= len(points) <= 6
        assert 10 <= sum(points) <= 20


def test_ignored_outputs_are_few():
    """Only a cell that times something may be spared from the comparison; each is known here."""
    spared = [
        (source.name, cell.source)
        for source in sources.all_sources()
        for cell in sources.read(source).cells
        if "nbval-ignore-output" in cell.metadata.get("tags", [])
    ]
    assert len(spared) <= 6, spared
    for name, text in spared:
        assert "assert" in text or "timing=True" in text, (
            f"{name}: nothing holds the ratio that it talks about"
        )


def test_the_root_is_the_repository():
    assert (ROOT / "sources").is_dir()


class TestOtherMachines:
    def picture(self, pixels: str, alt: str = "a line") -> list:
        html = f'<img alt="{alt}" src="data:image/png;base64,{pixels}">'
        return [nbformat.v4.new_output("display_data", {"text/html": html, "text/plain": alt})]

    @pytest.mark.parametrize(
        ("alt", "new_pictures", "kept"),
        [("a line", False, True), ("another", False, False), ("a line", True, False)],
    )
    def test_a_stored_picture_stays_where_all_words_do(self, made, alt, new_pictures, kept):
        source = Source("lesson", "90_small", made)
        stored = nbformat.read(source.built, as_version=4)
        stored.cells[2].outputs = self.picture("AAAA")
        build.write(stored, source.built)
        drawn = nbformat.read(source.built, as_version=4)
        drawn.cells[2].outputs = self.picture("BBBB", alt)
        result = build._keep_stored(source, drawn, new_pictures=new_pictures)
        assert ("AAAA" in str(result.cells[2].outputs)) is kept

    def test_the_limit_counts_in_references_of_the_same_process(self, tmp_path):
        from types import SimpleNamespace

        from course import watch

        looking = watch.Watch(SimpleNamespace(), tmp_path / "reference")
        looking.used = 40.0
        assert looking.seconds() == 40.0  # the kernel wrote nothing
        looking.file.write_text(str(2 * watch.REFERENCE_SECONDS))
        assert looking.seconds() == pytest.approx(20.0)

    def test_threads_beside_the_main_one_do_not_count(self, tmp_path):
        import subprocess
        import sys
        from types import SimpleNamespace

        from course import watch

        spin = "import hashlib, threading, time\nb = bytes(10**8)\n"
        spin += "def work():\n    while True: hashlib.sha256(b)\n"
        spin += "threading.Thread(target=work, daemon=True).start()\n"
        child = subprocess.Popen([sys.executable, "-c", spin + "time.sleep(2)"])
        try:
            pid = SimpleNamespace(km=SimpleNamespace(provisioner=SimpleNamespace(pid=child.pid)))
            looking = watch.Watch(pid, tmp_path / "reference")
            import time

            time.sleep(1.5)
            looking.look()
            assert looking.used < 0.5
        finally:
            child.kill()
            child.wait()

    def test_a_folder_that_is_read_only_gets_its_sentence(self, tmp_path, monkeypatch):
        made = tmp_path / "made"
        made.write_text("new")

        def fails(*_args, **_options):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(files, "open", fails, raising=False)
        monkeypatch.setattr(Path, "unlink", fails)
        with pytest.raises(CourseError, match="make its folder writable"):
            build._put(made, tmp_path / "there.ipynb")
