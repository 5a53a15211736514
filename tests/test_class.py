"""What is round a grading: rosters, files from learning platforms, being late, statistics, answers alike."""

import csv
import datetime
import shutil
import zipfile
from pathlib import Path

import nbformat
import pytest

from course import grading
from course.errors import CourseError
from course.grading import assignment as assignments
from course.grading import book as books
from course.grading import late
from course.grading.similar import tokens
from course.grading.stats import of
from course.grading.written import put
from course.sources import Source
from tests.classroom import NAME, blank, copy_of_course


@pytest.fixture(scope="module")
def registered(tmp_path_factory) -> Path:
    """A class whose gradebook has the exercise, and nothing else; made once, since that takes seconds."""
    root = copy_of_course(tmp_path_factory.mktemp("registered"))
    assignments.register(assignments.prepared(Source("exercise", NAME, root), root), root)
    return root


@pytest.fixture
def room(tmp_path, registered) -> Path:
    """A copy of that class."""
    return shutil.copytree(registered, tmp_path / "class")


def task(points: float, most: float, hint: str = "", untouched: bool = False) -> dict:
    return {
        "points": points,
        "most": most,
        "hint": hint,
        "seconds": 0.5,
        "untouched": untouched,
        "words": hint or "passed all",
    }


def enter(root: Path, student: str, holdout: dict, when: str = "") -> None:
    result = books.Result(
        student, "d", "r", books.GRADED, 20, tasks={"data_splits-holdout": holdout}, timestamp=when
    )
    with books.opened(root) as book:
        books.record(book, NAME, result)
        late.apply(book, NAME)


@pytest.mark.parametrize("parted", [",", ";"])
def test_a_roster_names_people_in_pages_and_tables(room, parted):
    rows = ["Student ID,Last Name,First Name,Email Address", "jm,Müller,Jörg,jm@example.org"]
    (room / "roster.csv").write_text("\n".join(rows).replace(",", parted), encoding="utf-8-sig")
    assert grading.enrol(room / "roster.csv", room) == 1
    enter(room, "jm", task(3, 3))
    grading.export(room / "marks.csv", room)
    with open(room / "marks.csv", encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["last_name"], row["first_name"], row["score"]) == ("Müller", "Jörg", "3.0")
    (page,) = grading.feedback("01", room)
    assert "Jörg Müller" in page.read_text(encoding="utf-8")


def test_a_roster_without_ids_is_refused(room):
    (room / "roster.csv").write_text("name\nJörg")
    with pytest.raises(CourseError, match="column `id` or `email`"):
        grading.enrol(room / "roster.csv", room)


def test_files_of_canvas_and_moodle_find_their_people(room):
    (room / "roster.csv").write_text(
        "id,last_name,first_name,canvas id\njm,Müller,Jörg,4711\n", encoding="utf-8"
    )
    grading.enrol(room / "roster.csv", room)
    with zipfile.ZipFile(room / "all.zip", "w") as packed:
        packed.writestr("mullerjorg_LATE_4711_99_01_data_splits-1.ipynb", blank())
        packed.writestr("Ann Lee_12_assignsubmission_file/01_data_splits.ipynb", blank())
        packed.writestr("../../evil.ipynb", blank())
        packed.writestr("loose.ipynb", blank())
        packed.writestr("big/01.ipynb", b"x" * 11_000_000)
    students, left_out = grading.collect(room / "all.zip", "01", room)
    assert students == ["Ann Lee", "jm"]
    assert len(left_out) == 3
    assert sorted(grading.submissions("01", room)) == ["Ann Lee", "jm"]
    with pytest.raises(CourseError, match="cannot be read as a zip file"):
        grading.collect(room / "roster.csv", "01", room)


def test_being_late_costs_what_was_said_and_an_extension_counts(room):
    for student, when in (
        ("a", "2026-01-31 17:00:00"),
        ("b", "2026-02-01 17:00:01"),
        ("c", "2026-02-03 17:00:01"),
    ):
        enter(room, student, task(3, 3), when)
    grading.due("01", "2026-01-31 18:00+01:00", 5, room)
    with books.opened(room) as book:
        assert {n: s.late_penalty for n, s in books.standings(book, NAME).items()} == {"a": 0, "b": 2, "c": 3}
        book.grant_extension(NAME, "b", days=2)
        assert late.apply(book, NAME) == {"c": 4}
    grading.export(room / "marks.csv", room)
    with open(room / "marks.csv", encoding="utf-8-sig", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {name: row["score"] for name, row in rows.items()} == {"a": "3.0", "b": "3.0", "c": "0.0"}
    assert [name for name, row in rows.items() if "late" in row["flags"]] == ["c"]
    with pytest.raises(CourseError, match="is no time"):
        grading.due("01", "soon", 0, room)
    assert grading.due("01", "2026-01-31", 0, room) == datetime.datetime(2026, 1, 31)


def test_statistics_name_the_most_frequent_mistake(room):
    for number, one in enumerate(
        [task(3, 3), task(1.5, 3, "Shuffle"), task(0, 3, "Shuffle"), task(0, 3, untouched=True)]
    ):
        enter(room, f"s{number}", one)
    (found,) = grading.stats("01", room, room / "stats.png")
    assert (found.answers, found.hint, found.seen) == (3, "Shuffle", 2)
    assert found.solved == pytest.approx(1 / 3)
    assert found.points == pytest.approx(0.5)
    assert (room / "stats.png").read_bytes().startswith(b"\x89PNG")
    assert of([]) == []


def test_an_answer_with_other_names_is_alike_and_another_is_not(room):
    ours = "def k_fold(n, k, rng):\n    order = rng.permutation(n)\n    folds = []\n"
    ours += "    for part in np.array_split(order, k):\n"
    ours += "        rest = np.setdiff1d(order, part)\n        folds.append((rest, part))\n    return folds\n"
    theirs = ours.replace("order", "o").replace("part", "p").replace("folds", "f") + "# my own work\n"
    other = "def k_fold(n, k, rng):\n    rows = list(range(n))\n    rng.shuffle(rows)\n    return [(\n"
    other += "        sorted(set(rows) - set(rows[i::k])), rows[i::k]) for i in range(k)]\n"
    for student, text in {"a": ours, "b": theirs, "c": other}.items():
        cell = nbformat.v4.new_code_cell(text, id="data_splits-k_fold-answer")
        page = nbformat.writes(nbformat.v4.new_notebook(cells=[cell]))
        put(room / "autograded" / student / NAME, {f"{NAME}.ipynb": page.encode()})
    (pair,) = grading.similar("01", room)
    assert (pair.one, pair.other, pair.alike) == ("a", "b", 1.0)
    assert tokens("not python (") == ["not", "python", "("]
