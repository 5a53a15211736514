"""The sandbox: bubblewrap around a warm parent, and one forked child with its own namespaces a submission.

A child sees the system and the environment read-only, the package `helpers` without its judges, an empty home
that is thrown away, no network, no other process, and the channel to the grader.
"""

import functools
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import psutil

from course.errors import CourseError
from course.grading import probes
from helpers.checks import wire
from helpers.checks.probing import Answer, TimeIsUp, time_limit

MEGABYTE = 1 << 20
MOST_QUESTIONS = 1000  # that one probe asks of the grader
ANSWERING = 3.0  # seconds for the answer to one of them
FIRST_USER = 60_001  # a user and group that nobody has; each worker of root's takes the next
ROOM = "course-nursery-"  # how the folders of nurseries begin
LEFT = 60.0  # seconds after which a room that nobody holds was left by a grader that was killed
WARM = ("numpy", "matplotlib.pyplot", "IPython.core.interactiveshell")
SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin")
FILES = ("/etc/ld.so.cache", "/etc/fonts", "/etc/localtime", "/etc/alternatives")
REFUSED = (
    "Submissions are run in a sandbox, and there is none here: {why}. Install bubblewrap (Debian, Ubuntu: "
    "apt-get install bubblewrap), or grade in a container (Containerfile, in the course's folder, says how). "
    "--unsafe-no-sandbox runs them as you, with all that you may read and write."
)


class Lost(Exception):
    """The child is gone, or says what it must not say: it is not asked anything more."""


@dataclass(frozen=True)
class Limits:
    """What a submission may use. Seconds by the clock on the wall; bytes."""

    cell: float = 20.0
    submission: float = 60.0
    memory: int = 2048 * MEGABYTE
    disk: int = 64 * MEGABYTE
    processes: int = 48
    margin: float = 1.5  # seconds after a time limit, for a child that could still say so itself


def why_not() -> str:
    """Why there is no sandbox here, or "".

    A trial run with the same namespaces decides, not the name of the system.
    """
    return _why_not(os.getuid() if hasattr(os, "getuid") else -1)


@functools.cache
def _why_not(_user: int) -> str:
    if not sys.platform.startswith("linux"):
        return f"bubblewrap needs Linux, and this is {sys.platform}"
    if shutil.which("bwrap") is None:
        return "the program bwrap is not installed"
    command = ["bwrap", *_namespaces(), "--ro-bind", "/", "/", "true"]
    tried = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    last = (tried.stderr.strip().splitlines() or ["it ended with an error"])[-1]
    return "" if tried.returncode == 0 else f"bubblewrap cannot make its namespaces ({last})"


def require(unsafe: bool = False) -> None:
    """Raise `CourseError` with what to do where there is no sandbox, unless going without was asked for."""
    if not unsafe and (why := why_not()):
        raise CourseError(REFUSED.format(why=why))


def _namespaces() -> list[str]:
    words = ["--die-with-parent", "--new-session", "--unshare-pid", "--unshare-net", "--unshare-ipc"]
    words += ["--unshare-uts", "--hostname", "grading", "--cap-add", "CAP_SYS_ADMIN"]
    if os.getuid():
        return ["--unshare-user", *words]
    return [*words, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_KILL"]


def _mounts(room: Path) -> list[str]:
    """What is seen inside. The children of the environment, not itself: it may be closed to others."""
    words = ["--tmpfs", "/", "--dev", "/dev"]
    for writable in sorted({"/tmp", SCRATCH}):
        words += ["--tmpfs", writable]
    words += ["--dir", f"{SCRATCH}/home"]
    for place in map(Path, SYSTEM):
        if place.is_symlink():
            words += ["--symlink", os.readlink(place), str(place)]
        elif place.exists():
            words += ["--ro-bind", str(place), str(place)]
    for name in FILES:
        if Path(name).exists():
            words += ["--ro-bind", name, name]
    for prefix in sorted({sys.prefix, sys.base_prefix}):
        if not prefix.startswith("/usr"):
            for folder in [*reversed(Path(prefix).parents), Path(prefix)][1:]:  # else only for their owner
                words += ["--perms", "0755", "--dir", str(folder)]
            for child in sorted(Path(prefix).iterdir()):
                if child.is_dir() or child.is_file():
                    words += ["--ro-bind", str(child), str(child)]
    for site in {path for path in sys.path if path.endswith("-packages")}:
        for package in ("helpers", "course"):  # an installed copy would have the judges
            if (Path(site) / package).is_dir():
                words += ["--tmpfs", f"{site}/{package}"]
    closed = ["/dev", "/"] if SCRATCH == "/tmp" else ["/dev", "/tmp", "/"]
    words += ["--ro-bind", str(room), "/room"]
    return [*words, *(word for place in closed for word in ("--remount-ro", place))]


# A child's own place for files hides what lies there: not /tmp where the environment is under it.
UNDER_TMP = any(Path(prefix).is_relative_to("/tmp") for prefix in (sys.prefix, sys.base_prefix))
SCRATCH = "/scratch" if UNDER_TMP else "/tmp"

ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": f"{SCRATCH}/home",
    "TMPDIR": SCRATCH,
    "USER": "learner",
    "LOGNAME": "learner",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "IPYTHONDIR": f"{SCRATCH}/home/ipython",
    "MPLCONFIGDIR": f"{SCRATCH}/home/matplotlib",
    "MPLBACKEND": "agg",
    "HELPERS_PROGRESS": "0",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


def _room() -> tuple[Path, int]:
    """A new folder for a nursery, and the lock that this process holds on it; those of killed graders go."""
    import fcntl  # not on Windows, where there is no nursery

    for left in Path(tempfile.gettempdir()).glob(f"{ROOM}*"):
        with suppress(OSError):  # somebody holds it, or it is another user's
            held = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                if time.time() - os.fstat(held).st_mtime > LEFT:
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(held)
    folder = Path(tempfile.mkdtemp(prefix=ROOM))
    folder.chmod(0o755)
    lock = os.open(folder, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return folder, lock


class Nursery:
    """A warm parent in its sandbox, from which children are forked. Use it in a `with` statement.

    modules: what is imported before the first fork. number: which of several workers this is.
    """

    def __init__(
        self,
        helpers: Path,
        lessons: Iterable[str] = (),
        modules: Iterable[str] = (),
        limits: Limits | None = None,
        *,
        number: int = 0,
        unsafe: bool = False,
    ) -> None:
        require(unsafe)
        self.limits = limits or Limits()
        self.unsafe = unsafe
        self.folder, self.lock = _room()
        self.process: subprocess.Popen[bytes] | None = None
        try:
            probes.write(self.folder, helpers, lessons)
            inside = Path(__file__).parent / "inside"
            for name in ("nursery.py", "session.py"):
                shutil.copy2(inside / name, self.folder)
            self._start([*WARM, "helpers.checks.probes", *modules], number)
        except BaseException:
            self.close()
            raise

    def _start(self, modules: list[str], number: int) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        room = str(self.folder) if self.unsafe else "/room"
        settings = {
            "room": room,
            "modules": modules,
            "environment": {} if self.unsafe else ENVIRONMENT,
            "sandbox": not self.unsafe,
            "user": 0 if self.unsafe or os.getuid() else FIRST_USER + number,
            "disk": self.limits.disk,
            "scratch": SCRATCH,
            "processes": self.limits.processes + (_tasks_of_user() if os.getuid() else 0),
        }
        python = [sys.executable, "-I", f"{room}/nursery.py", str(theirs.fileno()), json.dumps(settings)]
        variables = dict(os.environ, MPLBACKEND="agg") if self.unsafe else {}
        if not self.unsafe:
            clear = ["--clearenv", *(word for pair in ENVIRONMENT.items() for word in ("--setenv", *pair))]
            python = ["bwrap", *_namespaces(), *_mounts(self.folder), *clear, "--", *python]
            variables = {"PATH": os.environ.get("PATH", "/usr/bin")}
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115  (until it is closed)
        self.process = subprocess.Popen(
            python,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.errors,
            env=variables,
            cwd="/",
        )
        theirs.close()
        self.control.settimeout(120)
        try:
            ready = self.control.recv(64) == b"ready"
        except OSError:
            ready = False
        if not ready:
            self.errors.seek(0)
            said = self.errors.read().decode("utf-8", "replace").strip().splitlines() or ["no word"]
            raise CourseError(f"The sandbox could not be started: {said[-1]}")
        own = _memory_of(self.process.pid)
        self.base = max(memory.vms for memory in own)
        self.shared = max(memory.rss - memory.shared for memory in own)

    @property
    def alive(self) -> bool:
        """Whether the warm parent is there."""
        return self.process is not None and self.process.poll() is None

    @contextmanager
    def child(self) -> Iterator["Child"]:
        """A fresh child; everything of it is ended afterwards."""
        channel, theirs = socket.socketpair()
        leash, held = socket.socketpair()
        with channel, leash:
            try:
                most = str(self.base + self.limits.memory).encode()
                socket.send_fds(self.control, [most], [theirs.fileno(), held.fileno()])
            except OSError:
                raise Lost("the sandbox itself has ended") from None
            finally:
                theirs.close()
                held.close()
            assert self.process is not None
            yield Child(channel, self.process.pid, self.shared, self.limits)

    def close(self) -> None:
        """End the warm parent with all that came from it, and take its files away."""
        if self.process is not None:
            self.control.close()
            try:
                self.process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.errors.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1

    def __enter__(self) -> "Nursery":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Child:
    """The grader's end of the channel to one child. Nothing that comes over it is trusted."""

    HEAD = struct.Struct(">I")

    def __init__(self, channel: socket.socket, nursery: int, shared: int, limits: Limits) -> None:
        self.channel = channel
        self.nursery = nursery
        self.shared = shared
        self.limits = limits

    def ask(self, order: dict[str, Any], seconds: float, answer: Answer | None = None) -> dict[str, Any]:
        """Send an order and return the reply to this order. Raises `Lost` with the reason when none comes.

        answer: what a question of the probe is answered with, on the way.
        """
        nonce = os.urandom(16).hex()
        end = time.monotonic() + seconds
        try:
            self._send({**order, "nonce": nonce}, end)
            for _ in range(MOST_QUESTIONS):
                reply = self._receive(end)
                if not isinstance(reply, dict) or reply.pop("nonce", None) != nonce:
                    raise Lost("it sent an answer to no question")
                if answer is None or "ask" not in reply:
                    return reply
                self._send(_answered(answer, reply), end)
        except TimeoutError:
            raise Lost("it did not end within its time and was stopped") from None
        except OSError:
            raise Lost("its code ended Python (exit, a crash, or more memory than there is)") from None
        except wire.NotReadable as error:
            raise Lost(f"it sent what is no answer ({error})") from None
        raise Lost(f"it asked more than {MOST_QUESTIONS} times")

    def _send(self, message: dict[str, Any], end: float) -> None:
        data = wire.dumps(message)
        self.channel.settimeout(max(end - time.monotonic(), 0.1))
        self.channel.sendall(self.HEAD.pack(len(data)) + data)

    def _receive(self, end: float) -> Any:
        (size,) = self.HEAD.unpack(self._exactly(self.HEAD.size, end))
        if size > wire.MOST_BYTES:
            raise Lost("it sent more than an answer can hold")
        return wire.loads(self._exactly(size, end))

    def _exactly(self, size: int, end: float) -> bytes:
        """So many bytes before the time is over, looking now and then at the memory that is used."""
        pieces, missing = [], size
        while missing:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.channel.settimeout(min(left, 0.25))
            try:
                piece = self.channel.recv(min(missing, 1 << 20))
            except TimeoutError:
                self._weigh()
                continue
            if not piece:
                raise OSError("closed")
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def _weigh(self) -> None:
        """Raise `Lost` when all that came from the child holds more than one may, beyond what it shares."""
        used = _memory_of(self.nursery)
        own = sum(max(memory.rss - memory.shared - self.shared, 0) for memory in used)
        if own > self.limits.memory:
            raise Lost(f"it used more than {self.limits.memory // MEGABYTE} MB of memory")


def _answered(answer: Answer, question: dict[str, Any]) -> dict[str, Any]:
    """The answer to a question that a stranger asked."""
    name, arguments = question.get("ask"), question.get("arguments")
    try:
        with time_limit(ANSWERING), np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return {"value": answer(name, *(arguments if isinstance(arguments, list) else []))}
    except (TimeIsUp, Exception) as error:
        return {"error": f"{type(error).__name__}: {str(error)[:200]}"}


def _memory_of(pid: int) -> list[Any]:
    """The memory of each process below one, without those that have just ended."""
    found = []
    try:
        below = psutil.Process(pid).children(recursive=True) or [psutil.Process(pid)]
    except psutil.NoSuchProcess:
        return [psutil.Process().memory_info()]
    for process in below:
        try:
            found.append(process.memory_info())
        except psutil.Error:
            continue
    return found or [psutil.Process().memory_info()]


def _tasks_of_user() -> int:
    """How many threads this user runs: a limit of processes counts them all, on some kernels."""
    total = 0
    for process in psutil.process_iter(["uids", "num_threads"]):
        uids = process.info["uids"]
        total += process.info["num_threads"] or 0 if uids and uids.real == os.getuid() else 0
    return total
