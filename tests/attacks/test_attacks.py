"""A class of hostile submissions beside two honest ones: what each earns, and what it could do."""

import csv
import os
import re
import socket
import time
from pathlib import Path

import nbformat
import numpy as np
import psutil
import pytest

from course import grading
from course.grading import sandbox
from course.grading.sandbox import MEGABYTE, Limits
from course.grading.sitting import is_picture
from course.places import ROOT
from helpers.checks import find_task
from helpers.checks.notebook import NOTEBOOK_SEED
from tests.attacks import CODE, FILES
from tests.attacks.files import STUDENTS
from tests.classroom import blank, copy_of_course, solution

NAME = "01_data_splits"
LIMITS = Limits(cell=1.0, submission=4.0, memory=300 * MEGABYTE, disk=16 * MEGABYTE, processes=24, margin=0.5)
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
CANARY = "a word that only the teacher knows"

pytestmark = pytest.mark.skipif(
    bool(sandbox.why_not()) and "CI" not in os.environ, reason=f"no sandbox here: {sandbox.why_not()}"
)


def table() -> dict[str, bool]:
    """What somebody can work out at home: the answers to the cases of the notebook's own seed."""
    cases = find_task("data_splits/find_the_leak").cases(np.random.default_rng(NOTEBOOK_SEED))
    return {str(float(case["X_train"].sum())): True for case in cases}


class Class:
    """The class after one grading: its folder, its marks, its feedback."""

    def __init__(self, root: Path) -> None:
        self.root = root
        copy_of_course(root)
        with socket.create_server(("127.0.0.1", 0)) as self.server:
            self.hand_in()
            self.before = self.everything()
            self.processes = {process.pid for process in psutil.process_iter()}
            begin = time.monotonic()
            self.lines: list[str] = []
            marks = grading.autograde(
                "01",
                [],
                root,
                lambda mark: self.lines.append(mark.student),
                workers=2,
                limits=LIMITS,
                secret=b"of the tests",
            )
            self.seconds = time.monotonic() - begin
            self.server.settimeout(0.01)
            try:
                self.server.accept()
                self.reached = True
            except TimeoutError:
                self.reached = False
        self.marks = {mark.student: mark for mark in marks}
        grading.feedback("01", root)

    def folder(self, student: str) -> Path:
        place = self.root / "submitted" / student / NAME
        place.mkdir(parents=True)
        return place

    def hand_in(self) -> None:
        (self.root / "secret.txt").write_text(CANARY)
        for student, text in {"honest": solution(), "zz last": solution()}.items():
            (self.folder(student) / f"{NAME}.ipynb").write_text(text)
        port = str(self.server.getsockname()[1])
        for student, code in CODE.items():
            for key, value in {
                "root": str(self.root),
                "course": str(ROOT),
                "port": port,
                "table": str(table()),
            }.items():
                code = code.replace("{" + key + "}", value)
            code = code.replace("{{", "{").replace("}}", "}")
            notebook = nbformat.reads(blank(), as_version=4)
            notebook.cells.insert(0, nbformat.v4.new_code_cell(code, id="attack"))
            (self.folder(student) / f"{NAME}.ipynb").write_text(nbformat.writes(notebook))
        for student, make in FILES.items():
            make(self.folder(student), blank(), self.root)
        for student in STUDENTS:
            (self.folder(student) / f"{NAME}.ipynb").write_text(blank())

    def everything(self) -> dict[str, tuple[int, int]]:
        """The files of the class and of the course that no grading may touch."""
        homes = [self.root / "submitted", self.root / "solutions", self.root / "sources", ROOT / "helpers"]
        found = {}
        for home in homes:
            for place, _, files in os.walk(home):
                for file in files:
                    if "__pycache__" not in place:
                        facts = os.lstat(os.path.join(place, file))
                        found[f"{place}/{file}"] = (facts.st_size, facts.st_mtime_ns)
        return found

    def written_about(self, student: str) -> str:
        """All that was written down about a submission."""
        places = [self.root / "autograded" / student, self.root / "feedback" / student]
        return "".join(
            path.read_text(encoding="utf-8")
            for place in places
            for path in place.rglob("*")
            if path.is_file()
        )


@pytest.fixture(scope="module")
def attacked(tmp_path_factory) -> Class:
    return Class(tmp_path_factory.mktemp("attacked"))


@pytest.mark.parametrize("kind", [*CODE, *FILES])
def test_an_attack_earns_nothing_and_is_told_of(attacked, kind):
    mark = attacked.marks[kind]
    assert mark.points == 0
    assert mark.state == "graded" or (mark.state == "refused" and mark.problem)
    text = attacked.written_about(kind)
    assert CANARY not in text
    assert "order[n_test:]" not in text, "it shows a line of the solution"
    assert not live_markup(attacked.root, kind)


def live_markup(root: Path, student: str) -> list[str]:
    """What of a learner's could run or load in a browser that shows what was written about the submission."""
    found = []
    for path in (root / "feedback" / student).rglob("*.html"):
        found += re.findall(
            r"<(?:script|img|iframe|svg|link|object)|\son\w+=", re.sub("<pre>.*?</pre>", "", path.read_text())
        )
        found += re.findall("<(?!/?pre>)", "".join(re.findall("<pre>.*?</pre>", path.read_text(), re.S)))
    for path in (root / "autograded" / student).rglob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type != "code" and "nbgrader" not in cell.metadata:
                lines = cell.source.split("\n")
                fence = lines[0].removesuffix("text")
                if (
                    cell.cell_type == "raw"
                    or lines[-1] != fence
                    or any(fence in line for line in lines[1:-1])
                ):
                    found.append(cell.source)
            for output in cell.get("outputs", []):
                found += [kind for kind in output.get("data", {}) if kind not in ("text/plain", "image/png")]
                if not is_picture(output.get("data", {}).get("image/png", PIXEL)):
                    found.append("no picture")
    return found


def test_there_are_enough_kinds():
    assert len(CODE) + len(FILES) >= 40


def test_the_honest_keep_their_marks(attacked):
    assert attacked.marks["honest"].points == attacked.marks["zz last"].points == 20


def test_nothing_outside_was_touched(attacked):
    assert attacked.everything() == attacked.before
    assert not attacked.reached
    assert not list(attacked.root.glob("**/attack.py"))
    assert not (ROOT / "attack.py").exists()


def test_folders_whose_names_are_none_are_told_of(attacked):
    odd = [mark for mark in attacked.marks.values() if "rename the folder" in mark.problem]
    assert len(odd) == len(STUDENTS)


def test_no_process_is_left(attacked):
    assert not [one for one in psutil.Process().children(recursive=True) if one.name() == "bwrap"]
    # those of another test's sandbox have one above them; what had got away would have none
    for process in psutil.process_iter(["uids"]):
        if process.info["uids"] and 60_001 <= process.info["uids"].real < 60_010:
            assert "bwrap" in [above.name() for above in process.parents()] or not process.is_running()


def test_the_time_of_all_is_bounded(attacked):
    per_attack = LIMITS.submission + 4 * LIMITS.margin
    assert attacked.seconds < (len(CODE) + len(FILES)) * per_attack / 2 + 60


def test_what_is_printed_is_exported(attacked, tmp_path):
    grading.export(tmp_path / "marks.csv", attacked.root)
    with open(tmp_path / "marks.csv", newline="", encoding="utf-8-sig") as file:
        exported = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    known = {student: mark.points for student, mark in attacked.marks.items()}
    assert exported == known
