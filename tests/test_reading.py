"""Reading time is counted, written and limited; a companion is handled like a lesson."""

from pathlib import Path

import pytest

from course import build, sources
from course.errors import CourseError
from course.reading import Reading, read, words
from course.sources import Source
from helpers.sources import text_of

HEAD = '# %% [markdown]\nr"""\n# A title\n\n**Time:** {minutes} minutes.\n"""\n'


def put(root: Path, text: str, name: str = "90_small", kind: str = "lesson") -> Source:
    source = Source(kind, name, root)
    source.path.parent.mkdir(parents=True, exist_ok=True)
    source.path.write_text(text, encoding="utf-8")
    return source


def prose(number: int) -> str:
    return '\n# %% [markdown]\nr"""\n' + "word " * number + '\n"""\n'


def counted(root: Path, text: str) -> Reading:
    """What a text adds to the count of a lesson that has only its head."""
    alone, more = (read(sources.read(put(root, each))) for each in (HEAD, HEAD + text))
    parts = ("words", "lines", "figures", "explorers")
    return Reading(**{part: getattr(more, part) - getattr(alone, part) for part in parts})


# The counter


def test_a_source_that_is_shown_is_code_to_read(tmp_path):
    text = "\n# %%\nfrom helpers.sources import show_source, text_of\nshow_source(text_of)\n"
    assert counted(tmp_path, text).lines == 2 + len(text_of(text_of).splitlines())


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("two words", 2),
        ("| a | table |\n| --- | --- |\n| of | four |", 4),
        ("- a list\n\n## and a heading", 5),
        ("[a link](../with/a-long/target.ipynb) and [another][e01]\n\n[e01]: ../exercises/01.ipynb", 4),
        ("<br>no <b>tags</b>", 2),
        ("seen <details><summary>and a summary</summary>\n\nbut not this\n\n</details> and this", 6),
        ("<details open>this stands open</details>", 3),
        ("", 0),
    ],
)
def test_words_are_what_a_reader_sees(text, number):
    assert words(text) == number


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        (prose(7), Reading(words=7)),
        ("\n# %%\na = 1\n\nb = 2  # why\n", Reading(lines=2)),
        ('\n# %% jupyter={"source_hidden": true}\na = 1\nshow(fig, alt="x")\n', Reading(figures=1)),
        ('\n# %%\nshow(fig, alt="x")\n', Reading(lines=1, figures=1)),
        ("\n# %%\nexplorer()\n", Reading(lines=1, explorers=1)),
        (
            "\n# %%\nfrom helpers.metrics import r2_score\nshow_source(r2_score, fold='r2')\n",
            Reading(lines=2),
        ),
        ("\n# %%\nname = 'show(fig)'\nobject.show(1)\n", Reading(lines=2)),
        ('\n# %% [markdown]\nr"""\n![A rising line](line.png)\n"""\n', Reading(words=3, figures=1)),
    ],
)
def test_each_kind_of_cell(tmp_path, text, reading):
    assert counted(tmp_path, text) == reading


@pytest.mark.parametrize(
    ("reading", "minutes"),
    [
        (Reading(words=200), 1),
        (Reading(words=201), 2),
        (Reading(lines=15), 1),
        (Reading(words=100, lines=7), 1),
        (Reading(figures=1), 1),
        (Reading(explorers=1), 3),
        (Reading(words=5900, figures=1, lines=1), 31),
    ],
)
def test_minutes(reading, minutes):
    assert reading.minutes == minutes


# The line "Time", and the limit


def test_the_minutes_are_written_into_the_notebook(tmp_path):
    source = put(tmp_path, HEAD + prose(1000))
    ids = [cell.id for cell in sources.read(source).cells]
    assert "**Time:** 6 minutes." in sources.read(source).cells[0].source
    put(tmp_path, HEAD + prose(2000))
    assert "**Time:** 11 minutes." in sources.read(source).cells[0].source
    assert sources.read(source).cells[0].id == ids[0]


@pytest.mark.parametrize("time", ["", "**Time:** 25 minutes.", "**Time:** {minutes}.", "{minutes} minutes."])
def test_a_lesson_says_its_time_where_the_build_writes_it(tmp_path, time):
    source = put(tmp_path, HEAD.replace("**Time:** {minutes} minutes.", time))
    with pytest.raises(CourseError, match=r"write `\*\*Time:\*\* \{minutes\} minutes\.` into its first cell"):
        sources.read(source)


@pytest.mark.parametrize(("name", "most"), [("90_small", 30), ("90_small_heard", 25)])
def test_a_notebook_over_its_limit_stops(tmp_path, name, most):
    put(tmp_path, HEAD)
    source = put(tmp_path, HEAD + prose(200 * most - 5), name)
    assert f"**Time:** {most} minutes." in sources.read(source).cells[0].source
    put(tmp_path, HEAD + prose(200 * most + 1), name)
    with pytest.raises(CourseError, match=rf"{name}\.py takes {most + 1} minutes to read, over {most}\."):
        sources.read(source)


# Companions


def test_a_companion_goes_with_its_lesson(tmp_path):
    for name in ("90_small", "90_small_heard", "91_other"):
        put(tmp_path, HEAD, name)
    both = ["90_small", "90_small_heard"]
    for asked in ("90", "90_small", "small"):
        assert [source.name for source in sources.choose([asked], tmp_path)] == both
    for asked in ("90_small_heard", "sources/lessons/90_small_heard.py"):
        assert [source.name for source in sources.choose([asked], tmp_path)] == both[1:]
    assert [source.name for source in sources.choose(["lessons/90_small.ipynb"], tmp_path)] == both[:1]


def test_a_companion_is_built_and_compared_like_a_lesson(tmp_path):
    for name in ("90_small", "90_small_heard"):
        put(tmp_path, HEAD + "\n# %%\nprint(6 * 7)\n", name)
    build.build([], tmp_path, print)
    heard = tmp_path / "lessons" / "90_small_heard.ipynb"
    assert '"42\\n"' in heard.read_text(encoding="utf-8")
    assert build.check([], tmp_path) == []
    heard.unlink()
    assert build.check(["90"], tmp_path) == [
        "lessons/90_small_heard.ipynb is not built. Run `course build 90_small_heard`."
    ]


@pytest.mark.parametrize("kind", ["lesson", "exercise"])
def test_a_companion_belongs_to_a_lesson(tmp_path, kind):
    if kind == "exercise":
        put(tmp_path, HEAD)
    source = put(tmp_path, HEAD, "90_small_heard", kind)
    with pytest.raises(CourseError, match="is a companion without a lesson"):
        sources.read(source)


COMPANIONS = [source for source in sources.all_sources() if source.is_companion]


@pytest.mark.parametrize("companion", COMPANIONS, ids=str)
def test_a_lesson_and_its_companion_link_to_each_other(companion):
    lesson = Source("lesson", companion.lesson)
    assert f"({companion.name}.ipynb)" in lesson.path.read_text(encoding="utf-8")
    assert f"({lesson.name}.ipynb)" in companion.path.read_text(encoding="utf-8")
