"""`course test`: what counts as passed, and that nothing hangs or hides."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import yaml

from course import cli, testing
from course.places import ROOT


def stage(*words: str, limit: float = 60, is_pytest: bool = False, may_skip: bool = True) -> testing.Stage:
    variables = {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"
    }  # a stage of these tests needs none, and they take long
    return testing.Stage("a stage", "unit", list(words), limit, variables, is_pytest, may_skip)


def test_all_stages_in_their_order() -> None:
    titles = [one.title for one in testing.stages()]
    assert titles[:4] == ["lint", "format", "types", "unit tests"]
    assert titles[4:6] == ["the engine, broken on purpose", "notebooks as their sources"]
    assert titles[-3:] == ["notebooks print the same", "… on another processor", "browser"]
    assert {one.group for one in testing.stages()} == set(testing.GROUPS) == {one.value for one in cli.Group}
    assert all(30 <= one.limit <= 1_800 for one in testing.stages())
    (other,) = [one for one in testing.stages() if one.variables]
    assert other.variables == {"OPENBLAS_CORETYPE": "Haswell", "ATEN_CPU_CAPABILITY": "avx2"}


def test_thorough_tries_more_seeds() -> None:
    (unit,) = [one for one in testing.stages(thorough=True) if one.title == "unit tests"]
    assert unit.variables == {"COURSE_THOROUGH": "1"}


@pytest.mark.parametrize(("ci", "may_skip"), [("true", False), (None, True)])
def test_the_browser_may_be_skipped_but_not_in_ci(
    ci: str | None, may_skip: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    if ci:
        monkeypatch.setenv("CI", ci)
    assert testing.stages()[-1].may_skip is may_skip


@pytest.mark.parametrize(
    ("code", "counted", "is_pytest", "may_skip", "expected"),
    [
        (0, None, False, True, (1, 0, "")),
        (1, None, False, True, (0, 1, "ended with code 1")),
        (None, None, False, True, (0, 1, "stopped after 60 s")),
        (0, (5, 0, 1), True, True, (5, 0, "")),
        (1, (5, 2, 0), True, True, (5, 2, "")),
        (0, (5, 0, 1), True, False, (5, 1, "1 skipped, which CI does not allow")),
        (5, (0, 0, 0), True, True, (0, 1, "no test ran")),
        (3, None, True, True, (0, 1, "pytest ended with code 3 before its tests")),
        (1, (5, 0, 0), True, True, (5, 1, "ended with code 1")),
        (None, (5, 0, 0), True, True, (5, 1, "stopped after 60 s")),
    ],
)
def test_a_stage_passes_only_if_everything_says_so(
    code: int | None,
    counted: tuple[int, int, int] | None,
    is_pytest: bool,
    may_skip: bool,
    expected: tuple[int, int, str],
) -> None:
    result = testing.judge(stage(is_pytest=is_pytest, may_skip=may_skip), code, 1.0, counted, "")
    assert (result.passed, result.failed, result.why) == expected


@pytest.fixture(autouse=True)
def no_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    """No list of fonts is made for stages that draw nothing."""
    monkeypatch.setattr(testing, "warm_up", lambda folder: None)


def write_test(root: Path, body: str) -> None:
    (root / "test_it.py").write_text(f"import pytest\n\n\n{body}\n")


def test_a_run_counts_goes_on_after_a_failure_and_closes_with_the_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_test(
        tmp_path,
        "def test_well(): pass\ndef test_ill(): assert 1 == 2\ndef test_no(): pytest.skip('no reason')",
    )
    chosen = [
        stage("pytest", "-q", "-p", "no:cacheprovider", is_pytest=True),
        stage("this", limit=0.01),
        stage("compileall", "-q", "."),
    ]
    assert testing.run_all(chosen, tmp_path) == 1
    said = capsys.readouterr().out
    assert said.splitlines()[-1] == "2 passed, 2 failed, 1 skipped"
    assert "assert 1 == 2" in said
    assert "stopped after 0 s" in said


def test_a_run_in_which_all_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_test(tmp_path, "def test_well(): pass\ndef test_better(): pass")
    assert testing.run_all([stage("pytest", "-q", "-p", "no:cacheprovider", is_pytest=True)], tmp_path) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 0 failed"
    assert testing.run_all([], tmp_path) == 1  # where nothing ran, nothing is proven


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX sleep")
def test_a_stage_that_hangs_is_stopped_with_its_children(tmp_path: Path) -> None:
    (tmp_path / "hang.py").write_text(
        "import subprocess, pathlib\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        "pathlib.Path('pid').write_text(str(child.pid))\n"
        "child.wait()\n"
    )
    result = testing.run_stage(stage("hang", limit=6), tmp_path, tmp_path)
    assert result.why == "stopped after 6 s"
    child = int((tmp_path / "pid").read_text())
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_stages_see_nothing_of_a_persons_settings(tmp_path: Path) -> None:
    (tmp_path / "say.py").write_text(
        "import jupyter_core.paths as p, matplotlib, shutil\n"
        "print(p.jupyter_config_dir(), p.jupyter_data_dir(), p.jupyter_runtime_dir())\n"
        "print(matplotlib.get_configdir())\n"
        "print(shutil.which('alembic'))\n"
    )
    lines = testing.run_stage(stage("say"), tmp_path, tmp_path).output.splitlines()
    assert all(place.startswith(str(tmp_path)) for place in [*lines[0].split(), lines[1]])
    assert Path(lines[2]).parent == Path(sys.executable).parent


def test_long_output_is_shown_from_its_end() -> None:
    text = testing.shown("\n".join(map(str, range(500))))
    assert text.splitlines()[0] == "… 300 lines before these"
    assert text.splitlines()[-1] == "499"


def test_ci_and_the_workflow_run_the_one_command() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert script.startswith("#!/usr/bin/env bash\n")
    assert script.splitlines()[-1] == "exec python3 start.py test"
    steps = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))["jobs"]
    assert steps["everything"]["steps"][-1] == {"run": ".ci/run"}
    assert steps["set-up"]["steps"][-1] == {"run": "python start.py doctor"}
    assert set(steps["set-up"]["strategy"]["matrix"]["os"]) == {"macos-latest", "windows-latest"}
    if os.name != "nt":
        assert os.access(ROOT / ".ci" / "run", os.X_OK)
        assert subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=False).returncode == 0
