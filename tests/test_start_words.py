"""The sentences and the progress lines of start.py."""

import doctest
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.mark.parametrize(
    ("log", "told"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "disk is full",
        ),
        (
            "WARNING: Retrying … NewConnectionError: Failed to establish a new connection\n"
            "ERROR: No matching distribution found for torch==2.13.0",
            "check the network",
        ),
        ("socket.gaierror: Temporary failure in name resolution", "check the network"),
        ("ERROR: HTTPSConnectionPool: Read timed out.", "check the network"),
        ("SSLError: CERTIFICATE_VERIFY_FAILED", "certificate is not trusted"),
        ("ERROR: No matching distribution found for torch==2.13.0", "use Python 3.11 to 3.14, 64 bit"),
        ("HINT: This error might have occurred since … Windows Long Path support", "path is too long"),
        ("OSError: [WinError 126] The specified module could not be found", "Visual C++"),
        ("all well\nERROR: something odd.\nwords after it", "something odd; put that right"),
        ("no such word\n", "no such word; put that right"),
        ("", "nothing was said"),
    ],
)
def test_why_a_set_up_failed(start: ModuleType, log: str, told: str) -> None:
    said = start.explain(log, Path("setup.log"))
    assert told in said
    assert "again. The whole log: setup.log" in said
    assert "\n" not in said


def test_how_far_pip_is(start: ModuleType, tmp_path: Path) -> None:
    fetching = "Collecting six==1.17.0\n  Downloading six\nCollecting arrow==1.4.0\n"
    assert start.how_far(tmp_path, fetching, 150) == "fetching arrow, 2 of 150"
    packages = tmp_path / ("Lib" if os.name == "nt" else "lib/python3.11") / "site-packages"
    (packages / "six.dist-info").mkdir(parents=True)
    (packages / "six").mkdir()
    assert (
        start.how_far(tmp_path, fetching + "Installing collected packages: six\n", 150) == "unpacked 1 of 150"
    )
    assert start.how_far(tmp_path, "", 150) == ""
    assert start.how_far(tmp_path / "nothing-yet", "Installing collected packages: six\n", 150) == ""


def lines_of(start: ModuleType, live: bool, say: Callable[..., None]) -> str:
    """What Progress writes to a terminal (live) or a file."""

    class Stream:
        written = ""

        def isatty(self) -> bool:
            return live

        def write(self, text: str) -> None:
            self.written += text

        def flush(self) -> None:
            pass

    stream = Stream()
    progress = start.Progress(2, stream)
    progress.begin("making .venv")
    say(progress)
    progress.end()
    return stream.written


def test_progress_rewrites_its_line_on_a_terminal(start: ModuleType) -> None:
    written = lines_of(start, True, lambda progress: progress.tick("unpacked 3 of 9"))
    assert written.count("\r[1/2] making .venv") == 3
    assert "unpacked 3 of 9" in written
    assert written.count("\n") == 1


def test_progress_is_a_line_now_and_then_elsewhere(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (
        lines_of(start, False, lambda progress: progress.tick("soon"))
        == "[1/2] making .venv                   0 s\n"
    )
    monkeypatch.setattr(start, "SAID_EVERY", -1.0)
    assert "unpacked 3 of 9\n" in lines_of(start, False, lambda progress: progress.tick("unpacked 3 of 9"))


def test_the_examples_in_its_docstrings(start: ModuleType) -> None:
    outcome = doctest.testmod(start)
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_where_exec_is_missing_the_exit_code_comes_back(
    start: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows start.py stays and passes the command's exit code on."""
    handler = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(start, "WINDOWS", True)
    monkeypatch.setattr(start, "python_of", lambda _: Path(sys.executable))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "course.py").write_text("import sys; sys.exit(7 if sys.argv[1:] == ['doctor'] else 1)")
    try:
        assert start.go(tmp_path, ["doctor"]) == 7
    finally:
        signal.signal(signal.SIGINT, handler)
