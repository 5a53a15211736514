"""JupyterLab on the course: this computer only, the first free port, the first lesson in front."""

import os
import socket
import sys
from pathlib import Path

from course.errors import CourseError
from course.places import MINE, ROOT, START_LESSON

FIRST_PORT = 8888
PORTS_TRIED = 100
TEMPLATES = ROOT / "course" / "jupyter" / "templates"
THIS_COMPUTER = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of this computer."""
    with socket.socket() as probe:
        if os.name != "nt":  # a port that a server left a minute ago counts as free, as it does for Jupyter
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((THIS_COMPUTER, port))
        except OSError:
            return False
    return True


def free_port(first: int = FIRST_PORT) -> int:
    """Return the first free port from `first` on.

    first: a port from 1 to 65535. Raises CourseError when it is not, or when the next 100 ports are taken.

    >>> 20_000 <= free_port(20_000) < 20_100
    True
    """
    if not 1 <= first <= 65_535:
        raise CourseError(f"{first} is no port: choose one from 1024 to 65535, such as --port {FIRST_PORT}.")
    last = min(first + PORTS_TRIED, 65_536)
    for port in range(first, last):
        if is_free(port):
            return port
    raise CourseError(f"Every port from {first} to {last - 1} is taken: choose another one with --port.")


def lab_settings() -> dict[str, str]:
    """Return variables that give JupyterLab the course's defaults: no questions, no news from the network.

    What a person chooses in JupyterLab's own settings stays stronger.

    >>> "JUPYTER_CONFIG_PATH" in lab_settings()
    True
    """
    folders = [str(ROOT / "course" / "jupyter"), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    return {"JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, folders))}


def lab_command(port: int, browser: bool, root: Path = ROOT / MINE) -> list[str]:
    """Return the command that starts JupyterLab.

    port: where it listens. browser: whether it opens a browser. root: the folder that it shows, a learner's
    own copies and nothing else, so that no file of the course is saved by accident.

    >>> "--no-browser" in lab_command(8888, browser=False)
    True
    """
    page = f"/lab/tree/{START_LESSON}" if (root / START_LESSON).exists() else "/lab"
    command = [sys.executable, "-m", "jupyterlab", "-y"]  # -y: one Ctrl-C ends it, without a question
    command += [f"--ServerApp.root_dir={root}", f"--ServerApp.ip={THIS_COMPUTER}", f"--ServerApp.port={port}"]
    command += [f"--LabApp.default_url={page}", "--log-level=ERROR"]  # the address is shown all the same
    command += ["--AsyncMappingKernelManager.kernel_manager_class=course.kernels.QuietKernelManager"]
    # What "Print" and "Save and Export Notebook As HTML" make.
    command += [f"--HTMLExporter.extra_template_basedirs={TEMPLATES}", "--HTMLExporter.template_name=course"]
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append(
            "--allow-root"
        )  # in a container one often is root; the server is for this computer only
    return command
