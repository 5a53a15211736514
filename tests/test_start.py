"""start.py, what a newcomer meets first: small projects stand in for the course, pip and folders are real."""

import ast
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

START = Path(__file__).resolve().parents[1] / "start.py"

# A build backend in 15 lines: it makes the project importable and needs no package and no network.
BACKEND = """
import pathlib, zipfile

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "tiny_course-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory) / name, "w") as wheel:
        wheel.writestr("tiny_course.pth", str(pathlib.Path.cwd()))
        info = "tiny_course-1.0.dist-info/"
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: tiny-course\\nVersion: 1.0\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    return name
"""
PYPROJECT = """
[project]
name = "tiny-course"
version = "1.0"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
COURSE = """
import json, sys
print(json.dumps({"words": sys.argv[1:], "prefix": sys.prefix}))
sys.exit(7 if "fail" in sys.argv else 0)
"""


def make_wheel(folder: Path, version: str) -> str:
    """Make a wheel that holds what the trial imports; return the line that pins it."""
    path = folder / f"big-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for module in ("numpy", "torch", "jupyterlab", "matplotlib/__init__", "matplotlib/pyplot"):
            wheel.writestr(f"{module}.py", "")
        info = f"big-{version}.dist-info/"
        wheel.writestr(info + "METADATA", f"Metadata-Version: 2.1\nName: big\nVersion: {version}\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(info + "RECORD", "")
    return f"./{path.name}\n"


def make_model(folder: Path) -> str:
    """Make a wheel that carries a file and asks for a package that is nowhere; return its pin."""
    path = folder / "model-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("model/weights.bin", "")
        info = "model-1.0.dist-info/"
        metadata = "Metadata-Version: 2.1\nName: model\nVersion: 1.0\nRequires-Dist: nowhere-to-be-found\n"
        wheel.writestr(info + "METADATA", metadata)
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(info + "RECORD", "")
    return f"./{path.name}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small course in a folder with a space in its name, with start.py as it is."""
    root = tmp_path / "my course"
    (root / "course").mkdir(parents=True)
    shutil.copy(START, root)
    (root / "backend.py").write_text(BACKEND)
    (root / "pyproject.toml").write_text(PYPROJECT)
    (root / "helpers.py").write_text("")
    (root / "course" / "__main__.py").write_text(COURSE)
    (root / "course" / "cli.py").write_text("")
    (root / "requirements.txt").write_text(make_wheel(root, "1.0"))
    (root / "requirements-model.txt").write_text(make_model(root))
    return root


def variables(**more: str) -> dict[str, str]:
    """The environment of a start: no network, and a trap for a venv that reads other Pythons' variables."""
    return {**os.environ, "PIP_NO_INDEX": "1", "PYTHONPATH": str(START.parent / "tests"), **more}


def run(root: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run start.py as a person does, and see that it never shows a traceback."""
    done = subprocess.run(
        [sys.executable, str(root / "start.py"), *words],
        cwd=root.parent,
        env=variables(**more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence of a start that ended with exit code 1."""
    assert done.returncode == 1, done
    said = [line for line in done.stderr.splitlines() if line]
    assert len(said) == 1
    assert said[0].startswith("start.py: ")
    return said[0]


def test_a_set_up_from_the_first_start_to_new_pins_and_a_moved_folder(
    project: Path, start: ModuleType
) -> None:
    first = run(project)
    assert first.returncode == 0, first
    assert "[1/5] making .venv" in first.stdout
    assert "[3/5] installing the model" in first.stdout
    assert "[5/5] trying it out" in first.stdout
    assert list((project / ".venv").glob("[Ll]ib/**/model/weights.bin"))  # without what it asks for
    assert json.loads(first.stdout.splitlines()[-1])["words"] == ["lab"]
    assert start.state(project) == "good"
    assert not (project / ".venv" / "tmp").exists()

    seconds = []
    for _ in range(3):  # the best of three: other tests run at the same time
        begin = time.monotonic()
        second = run(project, "test", "unit")
        seconds.append(time.monotonic() - begin)
        assert json.loads(second.stdout) == {"words": ["test", "unit"], "prefix": str(project / ".venv")}
    assert min(seconds) < 2
    assert run(project, "fail").returncode == 7

    # Then the pins change, and the folder moves: in the same test, since each set-up takes seconds.
    keep = project / ".venv" / "still-here"
    keep.touch()
    (project / "requirements.txt").write_text(make_wheel(project, "2.0"))
    assert start.state(project) == "stale"
    assert "bringing .venv up to date" in run(project).stdout
    assert start.state(project) == "good"
    assert keep.exists()  # brought up to date, not made again
    assert list((project / ".venv").glob("[Ll]ib/**/big-2.0.dist-info"))

    moved = project.rename(project.with_name("elsewhere"))
    assert start.state(moved) == "broken"
    done = run(moved, "doctor")
    assert json.loads(done.stdout.splitlines()[-1])["prefix"] == str(moved / ".venv")
    assert not (moved / ".venv" / "still-here").exists()


def test_a_set_up_that_fails_is_told_and_is_never_good(project: Path, start: ModuleType) -> None:
    (project / "requirements.txt").write_text("six==1.17.0\n")
    closed = {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}
    closed |= {"PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": "", "PIP_CONFIG_FILE": os.devnull}
    said = refusal(run(project, **closed))
    assert "cannot be reached; check the network" in said
    assert str(project / ".venv" / "setup.log") in said
    assert start.state(project) == "broken"

    (project / "requirements.txt").write_text(make_wheel(project, "1.0"))
    (project / "helpers.py").write_text("1 / 0\n")
    assert "ZeroDivisionError: division by zero; put that right" in refusal(run(project))
    assert start.state(project) == "broken"


def hear_ctrl_c() -> None:
    """A shell that starts the tests in the background makes them, and so their children, deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_stops_cleanly(project: Path, start: ModuleType) -> None:
    (project / "backend.py").write_text("import time\ntime.sleep(60)\n")
    child = subprocess.Popen(
        [sys.executable, "start.py"],
        cwd=project,
        env=variables(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hear_ctrl_c,
    )
    assert child.stdout is not None
    while "installing the packages" not in child.stdout.readline():
        assert child.poll() is None
    time.sleep(0.5)
    os.killpg(child.pid, signal.SIGINT)
    _, said = child.communicate(timeout=30)
    assert child.returncode == 130
    assert "Stopped before the end" in said
    assert "Traceback" not in said
    assert start.state(project) == "broken"


@pytest.mark.parametrize("sign", ["pyvenv.cfg", "notes.txt"])
def test_a_venv_of_someone_else_stays_as_it_is(project: Path, sign: str) -> None:
    (project / ".venv").mkdir()
    (project / ".venv" / sign).write_text("mine")
    assert "was not made by start.py, so it stays as it is" in refusal(run(project))
    assert [path.name for path in (project / ".venv").iterdir()] == [sign]


def test_a_file_in_the_place_of_the_venv_is_refused(project: Path) -> None:
    (project / ".venv").write_text("mine")
    assert "was not made by start.py" in refusal(run(project))
    assert (project / ".venv").read_text() == "mine"


def test_two_starts_at_once(project: Path, start: ModuleType) -> None:
    with start.claim(project / ".venv"):
        assert "Another start.py is setting up the course: wait" in refusal(run(project))


@pytest.mark.parametrize("spoil", ["no stamp", "half a stamp", "another version", "no python", "odd stamp"])
def test_what_is_not_complete_is_broken(tmp_path: Path, start: ModuleType, spoil: str) -> None:
    for name in ("requirements.txt", "requirements-model.txt", "pyproject.toml"):
        (tmp_path / name).write_text("")
    venv = tmp_path / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    (venv / start.MARK).touch()
    stamp = start.stamp_for(tmp_path)
    (venv / start.STAMP).write_text(json.dumps(stamp))
    assert start.state(tmp_path) == "good"
    match spoil:
        case "no stamp":
            (venv / start.STAMP).unlink()
        case "half a stamp":
            (venv / start.STAMP).write_text(json.dumps(stamp)[:20])
        case "another version":
            (venv / start.STAMP).write_text(json.dumps({**stamp, "python": "3.99"}))
        case "no python":
            start.python_of(venv).unlink()
        case "odd stamp":
            (venv / start.STAMP).write_text("[]")
    assert start.state(tmp_path) == "broken"


def in_process(start: ModuleType, root: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Run start.py's main here, expect exit code 1, and return its sentence."""
    assert start.main([], root) == 1
    return capsys.readouterr().err.strip()


def test_a_disk_with_too_little_room(
    project: Path, start: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(start.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**11, 10**11, 10**9))
    said = in_process(start, project, capsys)
    assert "has 1.0 GB free and the set-up needs about 3 GB: free some space" in said
    assert not (project / ".venv" / "pyvenv.cfg").exists()


def test_a_disk_that_fills_up(
    project: Path, start: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(start, "install", full)
    assert "The disk is full: free about 3 GB, then run" in in_process(start, project, capsys)


def test_a_folder_that_may_not_be_written(
    project: Path, start: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(project / ".venv"))

    monkeypatch.setattr(start, "claim", forbidden)
    said = in_process(start, project, capsys)
    assert "Permission denied" in said
    assert "put that right" in said


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_python_without_venv(
    project: Path,
    start: ModuleType,
    missing: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(start.importlib.util, "find_spec", lambda name: None if name == missing else name)
    assert "sudo apt install python3-venv" in in_process(start, project, capsys)


def test_a_python_that_is_too_old_is_told_so() -> None:
    pretend = (
        f"import runpy, sys; sys.version_info = (3, 9, 1); runpy.run_path({str(START)!r}, None, '__main__')"
    )
    done = subprocess.run([sys.executable, "-c", pretend], capture_output=True, text=True, check=False)
    assert "This is Python 3.9, but the course needs Python 3.11 or newer." in refusal(done)


def old_python(name: str) -> str | None:
    """The path of an old Python that runs, from PATH or among pyenv's."""
    found = [
        shutil.which(name),
        *Path.home().glob(f".pyenv/versions/{name.removeprefix('python')}.*/bin/python"),
    ]
    for program in filter(None, found):
        if subprocess.run([str(program), "-c", ""], capture_output=True, check=False).returncode == 0:
            return str(program)
    return None


@pytest.mark.parametrize("name", ["python3.6", "python3.7", "python3.8", "python3.9", "python3.10"])
def test_a_real_old_python_is_told_so(name: str) -> None:
    program = old_python(name)
    if program is None:
        pytest.skip(f"{name} is not here")
    done = subprocess.run([program, str(START)], capture_output=True, text=True, check=False)
    assert "but the course needs Python 3.11 or newer." in refusal(done)


def test_an_old_python_can_read_the_file() -> None:
    ast.parse(START.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_only_the_standard_library_is_imported() -> None:
    imported = set()
    for node in ast.walk(ast.parse(START.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).split(".")[0])
    assert imported <= sys.stdlib_module_names


def test_help_sets_nothing_up(project: Path) -> None:
    done = run(project, "--help")
    assert done.returncode == 0
    assert "python3 start.py test" in done.stdout
    assert not (project / ".venv").exists()
