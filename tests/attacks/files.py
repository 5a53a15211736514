"""Attacks by files: each function makes a submission in `folder`, which is STUDENT/01_data_splits."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import nbformat

NAME = "01_data_splits.ipynb"


def _link(folder: Path, blank: str, root: Path) -> None:
    (folder / NAME).symlink_to(root / "solutions/01_data_splits/01_data_splits.ipynb")


def _linked_folder(folder: Path, blank: str, root: Path) -> None:
    folder.rmdir()
    folder.symlink_to(root / "submitted/honest/01_data_splits")


def _password_file(folder: Path, blank: str, root: Path) -> None:
    (folder / NAME).symlink_to("/etc/passwd")


def _pipe(folder: Path, blank: str, root: Path) -> None:
    os.mkfifo(folder / NAME)


def _socket(folder: Path, blank: str, root: Path) -> None:
    here = os.getcwd()
    os.chdir(folder)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(NAME)
    finally:
        os.chdir(here)


def _a_folder(folder: Path, blank: str, root: Path) -> None:
    (folder / NAME).mkdir()


def _too_large(folder: Path, blank: str, root: Path) -> None:
    with open(folder / NAME, "wb") as file:
        file.truncate(3 << 30)  # takes no room


def _deep(folder: Path, blank: str, root: Path) -> None:
    (folder / NAME).write_text('{"cells":' + "[" * 200_000)


def _numbers(folder: Path, blank: str, root: Path) -> None:
    (folder / NAME).write_text('{"cells": NaN, "nbformat": ' + "9" * 100_000 + "}")


def _many_cells(folder: Path, blank: str, root: Path) -> None:
    cell = {"cell_type": "code", "source": "x", "metadata": {}, "outputs": []}
    (folder / NAME).write_text(json.dumps({"cells": [cell] * 50_000}))


def _points_in_metadata(folder: Path, blank: str, root: Path) -> None:
    notebook = json.loads(blank)
    for cell in notebook["cells"]:
        grader = cell["metadata"]["nbgrader"]
        grader.update(points=1000, locked=False, solution=True)
        if grader["grade"]:
            cell["source"] = "20.0"
    notebook["metadata"] = {"kernelspec": {"name": "../../evil", "argv": ["sh"]}, "widgets": {"x": {}}}
    (folder / NAME).write_text(json.dumps(notebook))


def _checks_twice(folder: Path, blank: str, root: Path) -> None:
    notebook = nbformat.reads(blank, as_version=4)
    checks = [cell for cell in notebook.cells if cell.metadata.nbgrader.grade]
    for cell in [*checks, *checks]:
        notebook.cells.append(nbformat.from_dict({**cell, "source": "20.0"}))
    (folder / NAME).write_text(json.dumps(notebook))


def _metadata_of_every_kind(folder: Path, blank: str, root: Path) -> None:
    notebook = json.loads(blank)
    odd = [
        None,
        [],
        "x",
        {"grade_id": ["list"]},
        {"grade_id": {"a": 1}},
        {"grade_id": 5},
        {"grade_id": "x" * 10**5},
    ]
    for cell, strange in zip(notebook["cells"], odd * 9, strict=False):
        cell["metadata"] = {"nbgrader": strange}
        cell["id"] = strange
    notebook["cells"] += [None, 5, [], {"cell_type": "code"}, {"cell_type": "code", "source": 5}]
    (folder / NAME).write_text(json.dumps(notebook))


def _modules_beside(folder: Path, blank: str, root: Path) -> None:
    (folder / NAME).write_text(blank)
    fake = "def check(*a, **k): return 20.0\n"
    for name in (
        "ipykernel_launcher.py",
        "numpy.py",
        "json.py",
        "sitecustomize.py",
        "IPython.py",
        "nbgrader_config.py",
    ):
        (folder / name).write_text(fake)
    (folder / "helpers").mkdir()
    (folder / "helpers/__init__.py").write_text("")
    (folder / "helpers/checks.py").write_text(fake)


def _markup_in_text(folder: Path, blank: str, root: Path) -> None:
    notebook = json.loads(blank)
    bad = "<script>alert(1)</script><img src=x onerror=alert(2)>[a](javascript:alert(3))"
    bad += "\n````\n<iframe src=//x>"
    notebook["cells"].insert(0, {"cell_type": "markdown", "metadata": {}, "source": bad})
    notebook["cells"].insert(0, {"cell_type": "raw", "metadata": {"format": "text/html"}, "source": bad})
    (folder / NAME).write_text(json.dumps(notebook))


def _half_characters(folder: Path, blank: str, root: Path) -> None:
    notebook = json.loads(blank)
    notebook["cells"].insert(0, {"cell_type": "code", "metadata": {}, "source": "x = '\ud800'\n\0"})
    (folder / NAME).write_text(json.dumps(notebook))


def _time_of_another_kind(folder: Path, blank: str, root: Path) -> None:
    (folder / NAME).write_text(blank)
    (folder / "timestamp.txt").symlink_to("/dev/zero")


FILES: dict[str, Callable[[Path, str, Path], None]] = {
    "link to the solution": _link,
    "link to another's folder": _linked_folder,
    "link to the password file": _password_file,
    "a pipe": _pipe,
    "a socket": _socket,
    "a folder named as the notebook": _a_folder,
    "a file of three gigabytes": _too_large,
    "lists without end": _deep,
    "numbers that are none": _numbers,
    "fifty thousand cells": _many_cells,
    "points in the metadata": _points_in_metadata,
    "checks that are there three times": _checks_twice,
    "metadata of every kind": _metadata_of_every_kind,
    "modules beside the notebook": _modules_beside,
    "markup in the text": _markup_in_text,
    "half characters": _half_characters,
    "a time of another kind": _time_of_another_kind,
}
# Names of folders that are no names; a file system holds them all the same.
STUDENTS = ["a\nb", "<img src=x onerror=alert(1)>", "back`tick", "tab\there", "right\u202eleft"]
