"""Classes to grade in tests: a copy of the course, and notebooks as learners really hand them in."""

import copy
import functools
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.places import ROOT
from course.sources import Source

NAME = "01_data_splits"
Notebook = dict[str, Any]


def copy_of_course(root: Path) -> Path:
    """Put what a class needs into a folder."""
    for folder in ("sources", "solutions", "exercises"):
        shutil.copytree(ROOT / folder, root / folder)
    return root


@functools.cache
def blank(name: str = NAME) -> str:
    """The exercise as it is handed out."""
    return Source("exercise", name).released.read_text(encoding="utf-8")


@functools.cache
def solution(name: str = NAME) -> str:
    """The exercise with all its answers."""
    return Source("exercise", name).built.read_text(encoding="utf-8")


def solved(*tasks: str, name: str = NAME) -> Notebook:
    """The exercise with the answers to these tasks; with all, when none is named."""
    notebook, answers = json.loads(blank(name)), json.loads(solution(name))
    sources = {cell["id"]: cell["source"] for cell in answers["cells"]}
    for cell in notebook["cells"]:
        own = cell["id"].removesuffix("-answer").split("-", 1)[-1]
        if cell["id"].endswith("-answer") and (not tasks or own in tasks):
            cell["source"] = sources[cell["id"]]
    return notebook


def cell_of(notebook: Notebook, cell_id: str) -> Notebook:
    """The cell with that id."""
    return next(cell for cell in notebook["cells"] if cell.get("id") == cell_id)


def code(text: str) -> Notebook:
    """A cell that a learner added."""
    return {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": text}


def put(folder: Path, notebook: Notebook | bytes, name: str = f"{NAME}.ipynb") -> Path:
    """Write a notebook into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    data = notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()
    (folder / name).write_bytes(data)
    return folder / name


@dataclass(frozen=True)
class Learner:
    """How somebody hands in (given the student's folder), what it is worth, and what is said of it."""

    make: Callable[[Path], Any]
    points: float = 20
    says: str = ""
    refused: bool = False


def _with(change: Callable[[Notebook], Any]) -> Callable[[Path], Any]:
    """Hand in the solved notebook after a change."""

    def make(student: Path) -> None:
        notebook = copy.deepcopy(solved())
        put(student / NAME, change(notebook) or notebook)

    return make


def _version_3(notebook: Notebook) -> Notebook:
    cells = []
    for cell in notebook["cells"]:
        kept = {"cell_type": cell["cell_type"], "metadata": cell["metadata"]}
        kept["input" if cell["cell_type"] == "code" else "source"] = cell["source"]
        cells.append(kept)
    return {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {},
        "worksheets": [{"cells": cells, "metadata": {}}],
    }


def _without_ids(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        del cell["id"]


def _version_4_0(notebook: Notebook) -> None:
    _without_ids(notebook)
    notebook["nbformat_minor"] = 0


def _of_colab(notebook: Notebook) -> None:
    _without_ids(notebook)
    for cell in notebook["cells"]:
        cell["metadata"]["id"] = "aBcD1234"
        cell["metadata"]["colab"] = {"base_uri": "https://localhost:8080/"}
    notebook["metadata"].update(
        colab={"provenance": []}, widgets={"application/vnd.jupyter.widget-state+json": {}}
    )


def _of_vs_code(notebook: Notebook) -> None:
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"{number:08x}"
        cell["metadata"]["vscode"] = {"languageId": "python"}


def _metadata_lost(notebook: Notebook) -> None:
    _without_ids(notebook)
    for cell in notebook["cells"]:
        cell["metadata"] = {}


def _moved(notebook: Notebook) -> None:
    notebook["cells"] = [*notebook["cells"][2:], *notebook["cells"][:2]][::-1]


def _in_a_cell_of_its_own(notebook: Notebook) -> None:
    cell = cell_of(notebook, "data_splits-holdout-answer")
    own = code("".join(cell["source"]))
    cell["source"] = "".join(cell_of(json.loads(blank()), cell["id"])["source"])
    notebook["cells"].insert(1, own)


def _pasted_twice(notebook: Notebook) -> None:
    cells = notebook["cells"]
    place = cells.index(cell_of(notebook, "data_splits-k_fold-answer"))
    cells.insert(place, copy.deepcopy(cells[place]))


def _split(notebook: Notebook) -> None:
    cells = notebook["cells"]
    cell = cell_of(notebook, "data_splits-holdout-answer")
    lines = "".join(cell["source"]).splitlines(keepends=True)
    cell["source"] = "".join(lines[:3])
    cells.insert(cells.index(cell) + 1, code("".join(lines[3:])))


def _text_copied(notebook: Notebook) -> None:
    copied = copy.deepcopy(notebook["cells"][0])
    copied["metadata"] = {"nbgrader": {}}
    notebook["cells"].append(copied)


def _without(*ids: str) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] not in ids]

    return change


def _without_checks(notebook: Notebook) -> None:
    notebook["cells"] = [cell for cell in notebook["cells"] if not cell["metadata"]["nbgrader"]["grade"]]


def _talking(notebook: Notebook) -> None:
    talk = "import threading, sys, time\ndef talk():\n    for _ in range(50):\n"
    talk += "        print('working', file=sys.stderr); time.sleep(0.01)\n"
    notebook["cells"].insert(1, code(talk + "threading.Thread(target=talk, daemon=True).start()"))


def _endless(notebook: Notebook) -> None:
    stubborn = (
        "def k_fold(n_samples, n_splits, rng):\n    while True:\n        try:\n            n_samples += 1\n"
    )
    cell_of(notebook, "data_splits-k_fold-answer")["source"] = stubborn + "        except: pass"


def _ends_python(notebook: Notebook) -> None:
    notebook["cells"].insert(3, code("import os\nos._exit(1)"))


def _own_import(notebook: Notebook) -> None:
    cell = cell_of(notebook, "data_splits-code")
    cell["source"] = "".join(cell["source"]).replace(
        "import numpy as np", "import numpy as np\nimport math as m"
    )
    answer = cell_of(notebook, "data_splits-holdout-answer")
    answer["source"] = "".join(answer["source"]).replace("round(", "m.floor(0.5 + ")


def _half_a_character(notebook: Notebook) -> None:
    notebook["cells"].insert(0, {**code("x = '\ud83d'"), "cell_type": "markdown"})


def _flat(student: Path) -> None:
    put(student.parent, solved(), f"{student.name}_{NAME}.ipynb")


def _with_old_helpers(student: Path) -> None:
    put(student / NAME, solved())
    (student / NAME / "helpers").mkdir()
    (student / NAME / "helpers/__init__.py").write_text("raise RuntimeError('an old copy')")


def _with_a_lock_file(student: Path) -> None:
    put(student / NAME, solved())
    (student / NAME / f".#{NAME}.ipynb").symlink_to("nobody@nowhere.1234")


def _late(student: Path) -> None:
    put(student / NAME, solved())
    (student / NAME / "timestamp.txt").write_text("2026-02-03 10:00:00 UTC")


def _at_no_time(student: Path) -> None:
    put(student / NAME, solved())
    (student / NAME / "timestamp.txt").write_text("yesterday")


def _two_copies(student: Path) -> None:
    for number in (1, 2):
        put(student / NAME, solved(), f"{NAME} ({number}).ipynb")


CLASS: dict[str, Learner] = {
    "perfect": Learner(_with(lambda notebook: None)),
    "partial": Learner(lambda s: put(s / NAME, solved("holdout", "stratified_holdout")), 7),
    "blank": Learner(lambda s: put(s / NAME, blank().encode()), 0),
    "late": Learner(_late),
    "at no time": Learner(_at_no_time, says="timestamp.txt holds no time"),
    "Jörg Müller": Learner(_with(lambda notebook: None)),
    "q [1]": Learner(_with(lambda notebook: None)),
    "moved": Learner(_with(_moved), says="cells were moved"),
    "nbformat 3": Learner(_with(_version_3)),
    "nbformat 4.0": Learner(_with(_version_4_0)),
    "no ids": Learner(_with(_without_ids)),
    "colab": Learner(_with(_of_colab)),
    "vs code": Learner(_with(_of_vs_code)),
    "metadata lost": Learner(_with(_metadata_lost), says="found in a cell of its own"),
    "own cell": Learner(
        _with(_in_a_cell_of_its_own), says="the answer to holdout was found in a cell of its own"
    ),
    "browser": Learner(lambda s: put(s / NAME, solved(), f"{NAME} (1).ipynb"), says="taken from"),
    "too deep": Learner(lambda s: put(s / NAME / NAME, solved()), says="taken from"),
    "flat": Learner(_flat, says="taken from submitted/"),
    "wrong folder": Learner(lambda s: put(s / "1_data_splits", solved()), says="taken from"),
    "utf-8 with a mark": Learner(lambda s: put(s / NAME, b"\xef\xbb\xbf" + json.dumps(solved()).encode())),
    "utf-16": Learner(lambda s: put(s / NAME, json.dumps(solved()).encode("utf-16")), says="UTF-16"),
    "pasted twice": Learner(_with(_pasted_twice), says="is there 2 times"),
    "split": Learner(_with(_split), says="was split into two cells"),
    "text copied": Learner(_with(_text_copied)),
    "checks deleted": Learner(_with(_without_checks)),
    "task deleted": Learner(
        _with(_without("data_splits-holdout-answer", "data_splits-holdout")), 17, "answer to holdout is gone"
    ),
    "a thread that talks": Learner(_with(_talking)),
    "old helpers": Learner(_with_old_helpers),
    "lock file": Learner(_with_a_lock_file),
    "endless": Learner(_with(_endless), 11),
    "ends Python": Learner(_with(_ends_python), says="ended Python"),
    "own import": Learner(_with(_own_import), says="a cell that is not an answer was changed"),
    "half a character": Learner(_with(_half_a_character), says="characters that are none were replaced"),
    "no notebook": Learner(lambda s: put(s / NAME, b"{not a notebook"), 0, "not a notebook", refused=True),
    "empty": Learner(lambda s: (s / NAME).mkdir(parents=True), 0, f"there is no {NAME}.ipynb", refused=True),
    "other notebook": Learner(
        lambda s: put(s / NAME, {"cells": [code("x = 1")]}), 0, "no cell of this", refused=True
    ),
    "two copies": Learner(_two_copies, 0, "which notebook is meant", refused=True),
}


def hand_in(root: Path, learners: dict[str, Learner]) -> None:
    """Let a class hand in."""
    for student, learner in learners.items():
        (root / "submitted").mkdir(exist_ok=True)
        learner.make(root / "submitted" / student)
