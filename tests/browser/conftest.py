"""A real JupyterLab in a real browser: one server for the session, a fresh page and copy for each test.

The server sees none of the user's own settings: its home, configuration and data are empty folders.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.browser.notebook import Notebook

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "microsoft-edge")
START_LIMIT = 60.0
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


def unavailable(reason: str) -> NoReturn:
    """Skip on a machine without a browser; in CI, where nobody would notice a skipped test, fail."""
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(f"browser tests must run in CI: {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium from the system, driven by Playwright."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        unavailable("the package playwright is not installed (it is in the extra [test])")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        unavailable(
            f"none of the programs {', '.join(BROWSERS)} is on the PATH; Debian: apt-get install chromium"
        )
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, headless=True, args=list(SWITCHES))
        yield chromium
        chromium.close()


class Lab:
    """A running JupyterLab server and the folder that it shows."""

    def __init__(self, url: str, token: str, folder: Path) -> None:
        self.url, self.token, self.folder = url, token, folder

    def copy(self, notebook: Path) -> str:
        """A fresh copy of a notebook for one test (kernels outlive a closed page); its path in the server."""
        target = self.folder / secrets.token_hex(4) / notebook.name
        target.parent.mkdir()
        shutil.copy(notebook, target)
        return target.relative_to(self.folder).as_posix()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def lab(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab on a free port, started with empty settings, gone at the end of the session."""
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("course")
    settings = home / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
    places = {"HOME": "", "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "IPYTHONDIR": "ipython"}
    places |= {"JUPYTER_RUNTIME_DIR": "runtime", "JUPYTERLAB_SETTINGS_DIR": "settings"}
    environment = os.environ | {name: str(home / place) for name, place in places.items()}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    token, port = secrets.token_hex(16), free_port()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--ServerApp.root_dir={folder}"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1"]
    command += [f"--IdentityProvider.token={token}", "--LabApp.expose_app_in_browser=True"]
    command.append("--JupyterNotebookApp.expose_app_in_browser=True")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    log = home / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        started = Lab(f"http://127.0.0.1:{port}", token, folder)
        wait_until_up(started, server, log)
        yield started
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_until_up(lab: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{lab.url}/api?token={lab.token}", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(
        f"JupyterLab did not start within {START_LIMIT:g} s:\n{log.read_text()[-3000:]}", pytrace=False
    )


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page with its own cookies, the size of a laptop's screen, sharp as one."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, device_scale_factor=2)
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def open_notebook(lab: Lab, page: Any) -> Any:
    """A function that opens a copy of a notebook and waits until its kernel is ready."""

    def opened(path: Path) -> Notebook:
        if not path.is_file():
            pytest.fail(f"{path} is missing: build the notebooks first (`course build`)", pytrace=False)
        workspace, name = secrets.token_hex(4), lab.copy(path)
        page.goto(f"{lab.url}/lab/workspaces/{workspace}/tree/{name}?token={lab.token}&reset")
        return Notebook(page)

    return opened
