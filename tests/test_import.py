"""What `import helpers` does, and what it leaves alone."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from course.places import ROOT

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
COUNT = "import threadpoolctl; print({pool['num_threads'] for pool in threadpoolctl.threadpool_info()})"


def run(code: str, **variables: str) -> str:
    """What a fresh Python prints."""
    clean = {name: value for name, value in os.environ.items() if name not in THREADS}
    done = subprocess.run(
        [sys.executable, "-c", code], env=clean | variables, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    "name", ["torch", "sklearn", "scipy", "IPython", "ipywidgets", "anywidget", "safetensors", "tokenizers"]
)
def test_no_large_package_comes_along(name):
    assert run(f"import helpers, helpers.data, sys; print({name!r} in sys.modules)") == "False"


def test_pyplot_stays_away():
    assert run("import helpers.figures, sys; print('matplotlib.pyplot' in sys.modules)") == "False"


@pytest.mark.parametrize(
    "imports",
    [
        "import helpers, numpy",
        "import numpy, helpers",
        "import numpy, torch, helpers",
        "import helpers, torch",
    ],
)
def test_one_thread_in_whatever_order(imports):
    assert run(f"{imports}; {COUNT}") == "{1}"


def test_torch_has_one_thread():
    assert run("import torch, helpers; print(torch.get_num_threads())") == "1"


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two processors to tell a difference")
def test_what_the_user_has_set_stands():
    assert run(f"import numpy, helpers; {COUNT}", OPENBLAS_NUM_THREADS="2") == "{2}"


def imported_by(path: Path) -> set[str]:
    """The modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


# A room, and what it must never import: course → checks, explore → training → nn → NumPy, never back up.
ABOVE = {
    "helpers": ["course", "tests"],
    "helpers/nn": ["helpers.training", "helpers.checks", "helpers.explore", "helpers.figures"],
    "helpers/training": ["helpers.checks", "helpers.explore", "helpers.figures"],
    "helpers/figures": ["helpers.checks", "helpers.explore"],
    "helpers/explore": ["helpers.checks"],
    "helpers/data": [
        "helpers.nn",
        "helpers.training",
        "helpers.checks",
        "helpers.explore",
        "sklearn",
        "torch",
    ],
    "helpers/checks": ["helpers.explore", "torch"],
}


@pytest.mark.parametrize("room", ABOVE)
def test_imports_run_one_way(room):
    path = ROOT / room
    files = [path] if path.is_file() else sorted(path.rglob("*.py"))
    assert files
    for file in files:
        upward = [
            name
            for name in imported_by(file)
            for above in ABOVE[room]
            if name == above or name.startswith(above + ".")
        ]
        assert not upward, f"{file.relative_to(ROOT)} imports {upward}"
