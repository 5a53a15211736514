"""The speed of the playground, measured as a reader meets it.

The kernel is a real one, and a slider is moved by the message that a notebook sends; the browser is a real
one too, where there is one. Beside it stands the plain way to do the same: a slider with `interactive`, a new
matplotlib figure and `contourf` for each of its values.

Other work on the machine makes every figure larger: quiet it first, and trust the ratio.
"""

from __future__ import annotations

import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any

import psutil

from course.lab import free_port, lab_command
from course.places import QUIET, ROOT, environment, throwaway_homes

EVENTS = 60
PLAIN_EVENTS = 12
SECONDS = 5.0
LIMIT = 60.0
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
SETUP = "from helpers.explore.playground import playground, sweep, view, Settings"
TRAINED = "for home in view._SHOWN.values():\n    home.session.step(200)\n    home.player.do(home.player.due)"
PLAIN = """
import numpy as np, ipywidgets
import matplotlib.pyplot as plt
from IPython.display import display
from helpers.explore.playground import Session, Settings

def picture(lr):
    session = Session(Settings(lr=lr))
    session.step(200)
    left, right, bottom, top = session.problem.extent
    fig, (map_, curve) = plt.subplots(1, 2, figsize=(8.6, 3.7))
    answers = 1 / (1 + np.exp(-session.predict_grid().reshape(100, 100)))
    x, y = np.linspace(left, right, 100), np.linspace(top, bottom, 100)
    map_.contourf(x, y, answers, levels=20, cmap="RdBu_r")
    map_.scatter(*session.problem.points.T, c=session.problem.y, s=12)
    curve.plot([one.step for one in session.records], [one.train_loss for one in session.records])
    curve.plot([one.step for one in session.records], [one.validation_loss for one in session.records])
    plt.show()

%matplotlib inline
slider = ipywidgets.FloatSlider(0.3, min=0.01, max=1, step=0.01, description="learning rate")
out = ipywidgets.interactive_output(picture, {"lr": slider})
display(slider, out)
"""
MAP = """
import time
list(sweep(Settings()))
taken = []
for _ in range(5):
    wall, work = time.perf_counter(), time.thread_time()
    list(sweep(Settings()))
    taken.append((time.thread_time() - work, time.perf_counter() - wall))
print(sorted(taken)[2])
"""


@dataclass(frozen=True)
class Row:
    """One line of the table: what was measured, the result, what was aimed at, and whether it holds."""

    what: str
    measured: str
    aim: str = ""
    holds: bool | None = None


def explore() -> list[Row]:
    """Measure, print the table, and return its rows. Takes about a minute.

    Raises RuntimeError when a kernel does not answer.
    """
    rows = []
    for row in (row for part in (in_the_kernel, in_the_browser) for row in part()):
        mark = {True: "reached", False: "missed", None: ""}[row.holds]
        print(f"{row.what:46} {row.measured:24} {row.aim:8} {mark}".rstrip(), flush=True)
        rows.append(row)
    if hasattr(os, "getloadavg"):
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the end")
    return rows


def milliseconds(seconds: list[float]) -> tuple[float, float]:
    """Median and 95th percentile, in milliseconds.

    >>> milliseconds([0.001, 0.002, 0.003])
    (2.0, 3.0)
    """
    ordered = sorted(seconds)
    return 1e3 * statistics.median(ordered), 1e3 * ordered[min(round(0.95 * len(ordered)), len(ordered) - 1)]


# In the kernel ----------------------------------------------------------------------------------------


class Kernel:
    """A kernel, and the messages that a notebook would exchange with it."""

    def __init__(self, client: Any, pid: int) -> None:
        self.client, self.process = client, psutil.Process(pid)
        self.widgets: dict[str, str] = {}  # description → id

    def run(self, code: str) -> str:
        """Run a cell; returns what it printed."""
        message = self.client.execute(code)
        printed = ""
        for kind, content, parent in self.messages():
            if kind == "comm_open":
                state = content["data"].get("state", {})
                name = "playground" if "_esm" in state else str(state.get("description", ""))
                self.widgets[name] = content["comm_id"]
            elif kind == "error":
                raise RuntimeError("\n".join(content["traceback"]))
            elif kind == "stream" and parent == message:
                printed += content["text"]
            elif kind == "status" and content["execution_state"] == "idle" and parent == message:
                return printed
        raise RuntimeError("the kernel stopped answering")

    def messages(self, seconds: float = LIMIT) -> Iterator[tuple[str, dict[str, Any], str]]:
        """What the kernel publishes: kind, content, id of the request."""
        deadline = time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            try:
                message = self.client.get_iopub_msg(timeout=left)
            except Empty:
                return
            yield message["msg_type"], message["content"], message["parent_header"].get("msg_id", "")

    def work(self) -> float:
        """Seconds of processor time that the kernel has used so far, in all its threads."""
        used = self.process.cpu_times()
        return float(used.user + used.system)

    def move(self, description: str, **state: Any) -> None:
        """Tell a widget that the reader moved it."""
        self.send(description, {"method": "update", "state": state, "buffer_paths": []})

    def tell(self, do: str, **more: Any) -> None:
        """Tell the playground what its page would say."""
        self.send("playground", {"method": "custom", "content": {"do": do, **more}})

    def send(self, description: str, data: dict[str, Any]) -> None:
        """A message to a widget."""
        content = {"comm_id": self.widgets[description], "data": data}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", content))

    def frames(self, seconds: float = LIMIT) -> Iterator[dict[str, Any]]:
        """The headers of the playground's pictures, each answered at once, as a fast page would."""
        for kind, content, _ in self.messages(seconds):
            header = content["data"].get("content", {}) if kind == "comm_msg" else {}
            if header.get("kind") == "frame":
                self.tell("drawn", number=header["number"])
                yield header

    def figure(self) -> None:
        """Wait for the next figure of the plain way."""
        for kind, content, _ in self.messages():
            if kind == "display_data" and "Figure" in content["data"].get("text/plain", ""):
                return
        raise RuntimeError("no figure came")


@contextmanager
def kernel() -> Iterator[Kernel]:
    """A fresh kernel with nobody's settings."""
    from jupyter_client.manager import start_new_kernel

    with tempfile.TemporaryDirectory() as folder:
        variables = environment(throwaway_homes(Path(folder)))
        manager, client = start_new_kernel(
            kernel_name="python3", env=variables, cwd=str(ROOT), extra_arguments=[QUIET]
        )
        try:
            yield Kernel(client, int(manager.provisioner.pid))  # type: ignore[union-attr]
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


def in_the_kernel() -> list[Row]:
    """Slider to picture, playing, the map; and the plain way."""
    with kernel() as fresh:
        fresh.run(SETUP)
        start = time.perf_counter()
        fresh.run("playground()")
        first = time.perf_counter() - start
        fresh.run(TRAINED)
        ours, work_each = slider_events(fresh)
        frames, epochs = playing(fresh)
        work, wall = (1e3 * float(number) for number in fresh.run(MAP).strip("()\n").split(","))
    with kernel() as fresh:
        fresh.run(PLAIN)
        plain = plain_events(fresh)
    median, slowest = milliseconds(ours)
    plain_median, plain_slowest = milliseconds(plain)
    return [
        Row(f"kernel: slider to picture, median of {EVENTS}", f"{median:.1f} ms"),
        Row("kernel: slider to picture, 95th percentile", f"{slowest:.1f} ms"),
        Row("kernel: its processor time for each of them", f"{1e3 * work_each:.1f} ms"),
        compared("kernel: the plain way, median", plain_median, median, at_least=7),
        compared("kernel: the plain way, 95th percentile", plain_slowest, slowest, at_least=5),
        Row("kernel: playing, pictures a second", f"{frames:.1f}", "20", frames >= 20),
        Row("kernel: playing, epochs a second", f"{epochs:.1f}", "20", epochs >= 20),
        Row(
            "kernel: map of 54 networks, processor time",
            f"{work:.0f} ms, {work / plain_median:.1f} pictures of the plain way",
            "≤ 1.5 pictures",
            work <= 1.5 * plain_median,
        ),
        Row("kernel: map of 54 networks, on the clock", f"{wall:.0f} ms"),
        Row("kernel: first picture of the cell", f"{1e3 * first:.0f} ms"),
    ]


def compared(work: str, theirs: float, ours: float, *, at_least: float) -> Row:
    """A row that says how many times as long another way takes, in the same run."""
    ratio = theirs / ours
    return Row(work, f"{theirs:.0f} ms, {ratio:.1f}× as long", f"≥ {at_least:g}×", ratio >= at_least)


def slider_events(fresh: Kernel) -> tuple[list[float], float]:
    """Seconds from the message of a slider to its picture, one at a time; and the kernel's work for each."""
    from helpers.explore.playground.settings import LEARNING_RATES

    fresh.tell("arrive")
    next(fresh.frames())
    seconds, before = [], 0.0
    for i in range(EVENTS + 5):
        start = time.perf_counter()
        fresh.tell("change", settings={"lr": LEARNING_RATES[6 + (7 * i) % 18]})  # 0.001 to 0.7, in leaps
        next(header for header in fresh.frames() if header["resting"] and header["step"] == 200)
        seconds.append(time.perf_counter() - start)
        time.sleep(0.03)
        if i == 4:
            before = fresh.work()
    return seconds[5:], (fresh.work() - before) / EVENTS


def plain_events(fresh: Kernel) -> list[float]:
    """The same for the plain way."""
    seconds = []
    for i in range(PLAIN_EVENTS + 2):
        start = time.perf_counter()
        fresh.move("learning rate", value=0.1 + 0.03 * i)
        fresh.figure()
        seconds.append(time.perf_counter() - start)
        time.sleep(0.1)
    return seconds[2:]


def playing(fresh: Kernel) -> tuple[float, float]:
    """Pictures a second and epochs a second while it plays."""
    fresh.tell("play")
    first = next(header for header in fresh.frames() if header["playing"])
    start, last = time.perf_counter(), first
    for header in fresh.frames(SECONDS):
        last = header
    taken = time.perf_counter() - start
    fresh.tell("pause")
    time.sleep(0.5)
    return (last["number"] - first["number"]) / taken, (last["step"] - first["step"]) / 8 / taken


# In the browser ---------------------------------------------------------------------------------------

RUN_ALL = "async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
READY = """() => {
    const panel = window.jupyterapp?.shell?.currentWidget;
    return panel?.content?.model && panel?.sessionContext?.session?.kernel?.status === 'idle';
}"""
RATE = """async seconds => {
    const state = document.querySelector('.sb-playground').dataset;
    const before = { ...state }, start = performance.now();
    await new Promise(resolve => setTimeout(resolve, 1000 * seconds));
    const taken = (performance.now() - start) / 1000;
    return [(state.picture - before.picture) / taken, (state.step - before.step) / 8 / taken];
}"""
# From the key itself, not from the order to press it, to the picture: the frame in which it is painted.
KEY = """() => new Promise(resolve => {
    const root = document.querySelector('.sb-playground');
    let pressed;
    window.addEventListener('keydown', key => { pressed = key.timeStamp; }, { once: true, capture: true });
    const watch = new MutationObserver(() => {
        if (root.dataset.resting !== 'true') return;
        watch.disconnect();
        resolve(performance.now() - pressed);
    });
    watch.observe(root, { attributes: true, attributeFilter: ['data-picture'] });
})"""
PLAIN_KEY = """() => new Promise(resolve => {
    const cell = [...document.querySelectorAll('.jp-Cell')].at(-1);
    const image = () => cell.querySelector('.jp-OutputArea-output img');
    const before = image().src;
    let pressed;
    window.addEventListener('keydown', key => { pressed = key.timeStamp; }, { once: true, capture: true });
    const look = () => {
        const now = image();
        if (now?.complete && now.naturalWidth && now.src !== before) resolve(performance.now() - pressed);
        else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})"""


def in_the_browser() -> list[Row]:
    """The same in JupyterLab and Chromium, from key to picture; or a row that says what is missing."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return [Row("browser", "not measured: the package playwright is missing")]
    if program is None:
        return [Row("browser", f"not measured: none of {', '.join(BROWSERS)} is installed")]
    with ExitStack() as stack:
        url = stack.enter_context(laboratory())
        playwright = stack.enter_context(sync_playwright())
        page = playwright.chromium.launch(executable_path=program, args=list(SWITCHES)).new_page()
        page.goto(url)
        page.wait_for_function(READY, timeout=1e3 * LIMIT)
        page.evaluate(RUN_ALL)
        page.wait_for_function("() => document.querySelector('.sb-playground')?.dataset.step === '200'")
        page.wait_for_function(READY, timeout=1e3 * LIMIT)
        time.sleep(1)
        return [*keys(page), *pictures(page)]


def keys(page: Any) -> list[Row]:
    """From an arrow key on the learning rate to the next picture on the page; the same for the plain way."""
    page.get_by_role("slider", name="learning rate").first.focus()
    ours = key_by_key(page, KEY, 24)
    page.locator(".widget-slider .noUi-handle").focus()
    plain = key_by_key(page, PLAIN_KEY, 12)
    median, slowest = milliseconds(ours)
    return [
        Row("browser: key to picture, median", f"{median:.0f} ms", "≤ 60 ms", median <= 60),
        Row("browser: key to picture, 95th percentile", f"{slowest:.0f} ms"),
        compared("browser: the plain way, median", milliseconds(plain)[0], median, at_least=7),
    ]


def key_by_key(page: Any, script: str, count: int) -> list[float]:
    """Seconds from a key to its picture, without the first four."""
    taken = []
    for i in range(count + 4):
        page.evaluate(f"() => {{ window.taken = ({script})(); }}")
        page.keyboard.press("ArrowLeft" if i % 8 < 4 else "ArrowRight")
        taken.append(page.evaluate("() => window.taken") / 1e3)
        time.sleep(0.1)
    return taken[4:]


def pictures(page: Any) -> list[Row]:
    """Pictures and epochs a second while it plays, as they are on the page; alone and beside other work."""
    page.get_by_role("button", name="Play", exact=True).click()
    time.sleep(1)
    frames, epochs = page.evaluate(RATE, SECONDS)
    with busy():
        time.sleep(1)
        busy_frames, _ = page.evaluate(RATE, SECONDS)
    return [
        Row("browser: playing, pictures a second", f"{frames:.1f}", "30", frames >= 29),
        Row("browser: playing, epochs a second", f"{epochs:.1f}", "20", epochs >= 20),
        Row("browser: the same, all processors busy", f"{busy_frames:.1f}", "15", busy_frames >= 15),
    ]


@contextmanager
def busy() -> Iterator[None]:
    """One process that computes on each processor."""
    work = [sys.executable, "-c", "while True: pass"]
    others = [subprocess.Popen(work) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


@contextmanager
def laboratory() -> Iterator[str]:
    """JupyterLab with one notebook; the address at which it is open."""
    import nbformat

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        cells = [nbformat.v4.new_code_cell(cell) for cell in (SETUP, "playground()", TRAINED, PLAIN)]
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        (folder / "work").mkdir()
        nbformat.write(notebook, folder / "work" / "playground.ipynb")
        token, port = secrets.token_hex(16), free_port()
        command = [*lab_command(port, browser=False, root=folder / "work")]
        command += [f"--IdentityProvider.token={token}", "--LabApp.expose_app_in_browser=True"]
        variables = environment(throwaway_homes(folder) | {"PYTHONPATH": str(ROOT)})
        server = subprocess.Popen(
            command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        address = f"http://127.0.0.1:{port}"
        try:
            wait_for(f"{address}/api?token={token}", server)
            yield f"{address}/lab/tree/playground.ipynb?token={token}&reset"
        finally:
            server.terminate()
            server.wait(timeout=30)


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    """Return when the server answers."""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("JupyterLab did not start")


if __name__ == "__main__":
    sys.exit(0 if explore() else 1)
