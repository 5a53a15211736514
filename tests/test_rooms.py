"""The house has no circles: who imports whom, read from every module, also lazily and for types."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from course.places import ROOT

# Floors from the top to the ground; a module imports from its own floor or from below.
FLOORS = [
    ["course"],
    ["helpers.checks", "helpers.explore"],
    ["helpers.deployment"],
    ["helpers.quantization"],
    ["helpers.training"],
    ["helpers.nn"],
]
PLAYGROUND = ["names", "settings", "records", "problem", "network", "coarse", "run", "curvature", "evidence"]
PLAYGROUND += ["diagnoses", "story", "session", "words", "shades", "frame", "message", "sweep", "code"]
PLAYGROUND += ["player", "controls", "view"]


def modules(root: Path) -> dict[str, Path]:
    """The modules of both packages by their full names; a package is its `__init__`."""
    found = {}
    for path in sorted(path for package in ("helpers", "course") for path in (root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(name: str, known: dict[str, Path]) -> set[str]:
    """Which of the known modules a module imports, anywhere in it.

    `import own.package`, which takes nothing out of it, only asks where the other modules of the room lie.
    """
    found = set()
    for node in ast.walk(ast.parse(known[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if not name.startswith(alias.name + ".")}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in known else node.module)
    return found & set(known)


def graph(root: Path) -> dict[str, set[str]]:
    known = modules(root)
    return {name: imports(name, known) - {name} for name in known}


HOUSE = graph(ROOT)


def circle_in(house: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(house).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def floor_of(module: str) -> int | None:
    """The floor of a module; None for what serves all floors (data, figures, claims, …)."""
    for number, rooms in enumerate(FLOORS):
        if any(module == room or module.startswith(room + ".") for room in rooms):
            return number
    return None


def upward(house: dict[str, set[str]]) -> list[str]:
    """Imports of a higher floor, also by way of a module that belongs to none."""
    found = []
    for module, direct in house.items():
        seen, waiting = set(), list(direct)
        while waiting:
            other = waiting.pop()
            if other not in seen:
                seen.add(other)
                waiting += house[other] if floor_of(other) is None else []
        here = floor_of(module)
        above = [other for other in seen if here is not None and (floor_of(other) or 0) < here]
        found += [f"{module} → {other}" for other in sorted(above) if floor_of(other) is not None]
    return found


def test_there_is_no_circle():
    assert circle_in(HOUSE) == []


def test_no_arrow_goes_back_up():
    assert upward(HOUSE) == []


def test_the_library_does_not_know_the_tool():
    assert [
        name
        for name in HOUSE
        if name.startswith("helpers") and any(other.split(".")[0] == "course" for other in HOUSE[name])
    ] == []


def test_the_playground_has_one_order():
    """Who comes later may import who comes earlier."""
    package = "helpers.explore.playground."
    place = {package + name: number for number, name in enumerate(PLAYGROUND)}
    assert set(place) == {name for name in HOUSE if name.startswith(package)}
    back = [(one, other) for one in place for other in HOUSE[one] if place.get(other, -1) > place[one]]
    assert back == []


# That the reading of imports would see what it forbids

WRONG = {
    "a circle by a lazy import": {
        "helpers/a.py": "from helpers import b",
        "helpers/b.py": "def f():\n    from helpers.a import g",
    },
    "a circle by an import for types": {
        "helpers/a.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import helpers.b",
        "helpers/b.py": "import helpers.a",
    },
}
UPWARD = {
    "nn imports training": {"helpers/nn/x.py": "import helpers.training", "helpers/training.py": ""},
    "nn by way of figures": {
        "helpers/nn/x.py": "from helpers.figures import y",
        "helpers/figures/__init__.py": "",
        "helpers/figures/y.py": "from helpers import explore",
        "helpers/explore/__init__.py": "",
    },
    "checks import course": {"helpers/checks/x.py": "import course.cli", "course/cli.py": ""},
}


def written(root: Path, files: dict[str, str]) -> dict[str, set[str]]:
    for name, text in {"helpers/__init__.py": "", **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return graph(root)


@pytest.mark.parametrize("files", WRONG.values(), ids=WRONG)
def test_a_circle_is_seen(tmp_path, files):
    assert {"helpers.a", "helpers.b"} <= set(circle_in(written(tmp_path, files)))


@pytest.mark.parametrize("files", UPWARD.values(), ids=UPWARD)
def test_an_arrow_back_up_is_seen(tmp_path, files):
    house = written(tmp_path, files)
    assert circle_in(house) == []
    assert len(upward(house)) == 1
