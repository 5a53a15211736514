"""Where things are, and the environment that every program started by the course gets."""

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The folder of the repository."""

MINE = "my_notebooks"
"""The folder of a learner's own copies; git ignores it."""

START_LESSON = "lessons/00_start.ipynb"


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables for a program that the course starts.

    The programs of this Python come first on PATH: nbgrader calls `alembic` by name, and without this it
    finds another one or none.

    extra: variables that are added, or replace others.

    >>> environment({"LESSON": "01"})["LESSON"]
    '01'
    """
    variables = dict(os.environ)
    programs = str(Path(sys.executable).parent)
    if variables.get("PATH", "").split(os.pathsep)[0] != programs:
        variables["PATH"] = os.pathsep.join([programs, *filter(None, [variables.get("PATH")])])
    variables.update(extra or {})
    return variables


QUIET = "--log-level=ERROR"
"""A word for a Python kernel that keeps its warnings to itself; see `course.kernels`."""

WRITABLE = "make it writable, or name another folder (HOME, JUPYTER_RUNTIME_DIR, or where the course lies)."


def writable(folder: Path) -> bool:
    """Whether a file can be made in a folder, or the folder itself: tried, as rights alone do not tell.

    >>> writable(Path("/nowhere/at/all")) and os.name == "posix" and os.geteuid() != 0
    False
    """
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def unwritable(root: Path = ROOT) -> list[Path]:
    """The folders that the course must write into, and cannot: its own two, and Jupyter's for servers."""
    from jupyter_core.paths import jupyter_runtime_dir

    places = (root, root / MINE, Path(jupyter_runtime_dir()))
    return [place for place in places if not writable(place)]


def throwaway_homes(folder: Path) -> dict[str, str]:
    """Return variables that keep Jupyter, IPython and matplotlib inside `folder`, and make the folders.

    Tests use it, so that a person's own settings neither change a result nor are changed by one.

    folder: an existing folder, usually a temporary one.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     variables = throwaway_homes(Path(folder))
    >>> sorted(variables)[:2]
    ['IPYTHONDIR', 'JUPYTER_CONFIG_DIR']
    """
    names = ["IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR"]
    variables = {name: str(folder / name.lower()) for name in names}
    for place in variables.values():
        Path(place).mkdir(parents=True, exist_ok=True)
    return variables
