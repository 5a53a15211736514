"""The command `course`: what a person types, and what comes back."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import nbformat
import pytest
import typer
from jupyter_client import BlockingKernelClient
from typer.testing import CliRunner

from course import cli, lab, places, progress
from course.errors import CourseError

COMMANDS = sorted(typer.main.get_command(cli.app).commands)  # type: ignore[attr-defined]


def course(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a person does."""
    return subprocess.run(
        [sys.executable, "-m", "course", *words], capture_output=True, text=True, timeout=120, check=False
    )


def test_every_command_is_there() -> None:
    assert (
        sorted(
            [
                "lab",
                "build",
                "new",
                "test",
                "reset",
                "progress",
                "doctor",
                "release",
                "autograde",
                "bench",
                "pipeline",
                "feedback",
                "due",
                "enrol",
                "collect",
                "stats",
                "similar",
                "export",
            ]
        )
        == COMMANDS
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    done = CliRunner().invoke(cli.app, [name, "--help"])
    assert done.exit_code == 0
    assert re.search(rf"Example: course {name}\b", done.output)


def test_an_error_for_people_is_one_sentence() -> None:
    done = course("reset", "77_no_such_lesson")
    assert done.returncode == 1
    assert done.stdout == ""
    assert re.fullmatch(r"course: .*77_no_such_lesson.*\n", done.stderr)


def test_a_wrong_word_is_told() -> None:
    done = course("bild")
    assert done.returncode == 2
    assert "No such command 'bild'" in done.stderr
    assert "Traceback" not in done.stderr


# --- lab ---------------------------------------------------------------------------------------------------


def test_a_taken_port_gives_the_next_free_one() -> None:
    with socket.socket() as taken:
        taken.bind((lab.THIS_COMPUTER, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not lab.is_free(port)
        assert port < lab.free_port(port) <= port + lab.PORTS_TRIED


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_a_port_that_is_none(port: int) -> None:
    with pytest.raises(CourseError, match="is no port: choose one from 1024 to 65535"):
        lab.free_port(port)


def test_no_free_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab, "is_free", lambda _: False)
    with pytest.raises(CourseError, match="from 65500 to 65535 is taken: choose another"):
        lab.free_port(65_500)


def test_lab_opens_the_first_lesson_for_this_computer_only(tmp_path: Path) -> None:
    (tmp_path / "lessons").mkdir()
    (tmp_path / places.START_LESSON).touch()
    command = lab.lab_command(8899, browser=True, root=tmp_path)
    assert "--LabApp.default_url=/lab/tree/lessons/00_start.ipynb" in command
    assert f"--ServerApp.root_dir={tmp_path}" in command
    assert "--ServerApp.ip=127.0.0.1" in command
    assert "--ServerApp.port=8899" in command
    assert "--no-browser" not in command


NOTIFICATION = "@jupyterlab/apputils-extension:notification"


def ask(page: str, data: bytes | None = None) -> Any:
    """What a server answers; to a POST, where there is data."""
    request = urllib.request.Request(page, data, headers={"Authorization": "token secret"})
    with urllib.request.urlopen(request, timeout=60) as response:
        text = response.read().decode("utf-8")
    return json.loads(text) if "json" in response.headers["Content-Type"] else text


def wait_until_ready(connection: Path) -> None:
    """Return when a kernel answers: by then it has said what it says when it starts."""
    client = BlockingKernelClient(connection_file=str(connection))
    client.load_connection_file()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
    finally:
        client.stop_channels()


ELSEWHERE = """
import pathlib, sys
import course.places
course.places.ROOT = pathlib.Path(sys.argv.pop(1))
from course.cli import main
main()
"""


def test_lab_serves_a_learners_copies(tmp_path: Path) -> None:
    root = tmp_path / "course's folder"  # another one: a test leaves alone what a learner has
    (root / "lessons").mkdir(parents=True)
    shutil.copy(places.ROOT / places.START_LESSON, root / "lessons")
    shutil.copytree(places.ROOT / "course" / "jupyter", root / "course" / "jupyter")
    port = lab.free_port(8_950)
    variables = {**places.environment(places.throwaway_homes(tmp_path)), "JUPYTER_TOKEN": "secret"}
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-c", ELSEWHERE, str(root), "lab", "--no-browser", "--port", str(port)],
            env=variables,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            base, end = f"http://127.0.0.1:{port}", time.monotonic() + 60
            while lab.is_free(port) and time.monotonic() < end:
                assert server.poll() is None
                time.sleep(0.2)
            file = ask(f"{base}/api/contents/lessons/00_start.ipynb?content=0")
            setting = ask(f"{base}/lab/api/settings/{NOTIFICATION}")
            page = ask(f"{base}/nbconvert/html/lessons/00_start.ipynb")
            kernel = ask(f"{base}/api/kernels", b'{"name": "python3"}')
            wait_until_ready(tmp_path / "jupyter_runtime_dir" / f"kernel-{kernel['id']}.json")
        finally:
            server.terminate()
            server.wait(timeout=30)
    assert file["name"] == "00_start.ipynb"
    assert (root / places.MINE / "lessons" / "00_start.ipynb").exists()
    assert setting["schema"]["properties"]["fetchNews"]["default"] == "false"  # no question to a newcomer
    assert "details::details-content" in page  # what is folded is open on paper
    said = (tmp_path / "log").read_text(encoding="utf-8")
    assert "Your own copies of 1 notebooks" in said
    assert "encryption" not in said


# --- progress ----------------------------------------------------------------------------------------------


def check_cell(task: str, points: float, printed: str = "") -> nbformat.NotebookNode:
    """A check cell of an exercise as it is saved."""
    outputs = [nbformat.v4.new_output("stream", name="stdout", text=printed)] if printed else []
    grading = {"grade": True, "grade_id": task, "points": points, "locked": True, "solution": False}
    return nbformat.v4.new_code_cell("check(…)", outputs=outputs, metadata={"nbgrader": grading})


def save_exercise(root: Path, *cells: nbformat.NotebookNode) -> Path:
    """Save cells as the exercise 01_data_splits."""
    path = root / "exercises" / "01_data_splits" / "01_data_splits.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), path)
    return path


def test_progress_reads_what_the_checks_printed(tmp_path: Path) -> None:
    other = nbformat.v4.new_code_cell("print('passed all 3')")
    other.outputs = [nbformat.v4.new_output("stream", name="stdout", text="passed all 3 · 9 of 9 points\n")]
    save_exercise(
        tmp_path,
        other,
        check_cell("data_splits-holdout", 2, "passed all 8 · 2 of 2 points\n"),
        check_cell("data_splits-k_fold", 4, "passed 6 of 8\ninput: n_samples = 5\n"),
        check_cell("data_splits-leak", 3),
    )
    found = progress.reached(tmp_path)
    assert [(one.task, one.passed, one.total, one.earned) for one in found] == [
        ("data_splits/holdout", 8, 8, 2.0),
        ("data_splits/k_fold", 6, 8, 3.0),
        ("data_splits/leak", None, None, 0.0),
    ]


def test_progress_of_a_broken_notebook_says_what_to_do(tmp_path: Path) -> None:
    save_exercise(tmp_path).write_text("{")
    with pytest.raises(CourseError, match=r"01_data_splits.ipynb cannot be read .*`course reset 01`"):
        progress.reached(tmp_path)


def test_progress_shows_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_exercise(tmp_path, check_cell("data_splits-k_fold", 4, "passed 6 of 8\n"))
    found = progress.reached(tmp_path)
    monkeypatch.setattr(progress, "reached", lambda: found)
    done = CliRunner().invoke(cli.app, ["progress"])
    assert re.search(r"01_data_splits .* data_splits/k_fold .* 6 of 8 .* 3 of 4", done.output)
    assert re.search(r"all .* 3 of 4", done.output)


@pytest.mark.parametrize(
    ("encoding", "words"),
    [("cp932", ["progress"]), ("latin-1", ["build", "no_such"]), ("cp437", ["progress"])],
)
def test_a_console_without_our_signs_is_no_error(encoding: str, words: list[str]) -> None:
    variables = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "course", *words],
        env=variables,
        capture_output=True,
        cwd=places.ROOT,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    assert done.returncode == (1 if "no_such" in words else 0)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            PermissionError(13, "Permission denied", "exercises"),
            "exercises: Permission denied. Make the folder",
        ),
        (
            OSError(30, "Read-only file system", "exercises"),
            "Read-only file system. Make the folder writable",
        ),
        (OSError(28, "No space left on device", "marks.csv"), "Free some room on the disk"),
    ],
)
@pytest.mark.parametrize("command", ["reset", "release", "build"])
def test_a_place_that_cannot_be_written_is_told(command, error, words, monkeypatch, capsys) -> None:
    import course.build
    from course import copies, grading

    def fails(*_args: object, **_options: object) -> None:
        raise error

    for module, name in ((copies, "reset"), (course.build, "build"), (grading, "release")):
        monkeypatch.setattr(module, name, fails)
    monkeypatch.setattr(sys, "argv", ["course", command, "01"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 1
    assert words in capsys.readouterr().err


def test_lab_and_doctor_see_a_folder_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    from course import doctor, places

    monkeypatch.setattr(places, "writable", lambda folder: False)
    finding = doctor.look_at_folders()
    assert not finding.well
    assert "cannot write into" in finding.seen
    with pytest.raises(CourseError, match="cannot write into"):
        cli.lab(port=20_000, browser=False)
