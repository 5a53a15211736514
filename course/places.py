"""Where things are, and the environment that every program started by the course gets."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The folder of the repository."""

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
