"""`course doctor`: each thing it looks at is found well and found ill."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from typer.testing import CliRunner

from course import cli, doctor
from course.errors import CourseError


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[doctor.Kernel]:
    with doctor.Kernel() as running:
        yield running


def save_solution(root: Path, *cells: tuple[str, bool]) -> None:
    """Save a solution of (code, is a check) cells."""
    path = root / "solutions" / "01_data_splits" / "01_data_splits.ipynb"
    path.parent.mkdir(parents=True)
    made = [nbformat.v4.new_markdown_cell("Task 1")]
    for code, graded in cells:
        made.append(nbformat.v4.new_code_cell(code, metadata={"nbgrader": {"grade": graded}}))
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)


def test_a_kernel_that_is_well(kernel: doctor.Kernel) -> None:
    assert doctor.look_at_kernel(kernel) == doctor.Finding("kernel", True, "starts and computes")


def test_a_kernel_of_another_python(kernel: doctor.Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.sys, "prefix", "/another/python")
    finding = doctor.look_at_kernel(kernel)
    assert not finding.well
    assert "jupyter kernelspec remove python3" in finding.advice


def test_a_kernel_that_cannot_compute() -> None:
    silly = SimpleNamespace(run=lambda _: "ModuleNotFoundError: No module named 'numpy'")
    finding = doctor.look_at_kernel(silly)  # type: ignore[arg-type]
    assert not finding.well
    assert "No module named 'numpy'" in finding.seen


def test_no_kernel_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: doctor.Kernel) -> None:
        raise RuntimeError("Kernel died before replying\nand more")

    monkeypatch.setattr(doctor.Kernel, "__enter__", refuse)
    last = list(doctor.examine())[-1]
    assert (last.subject, last.well, last.seen) == (
        "kernel",
        False,
        "no kernel starts: Kernel died before replying",
    )


def test_a_check_that_passes_and_cells_after_it_are_not_run(kernel: doctor.Kernel, tmp_path: Path) -> None:
    save_solution(tmp_path, ("x = 8", False), ("print(f'passed all {x}')", True), ("print(1 / 0)", True))
    assert doctor.look_at_check(kernel, tmp_path) == doctor.Finding(
        "check", True, "passed all 8", doctor_advice()
    )


def doctor_advice() -> str:
    """What the doctor says about a check that does not pass."""
    return "Undo your changes of helpers/ (`git status` shows them); if there are none, report what you see."


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("print('passed 6 of 8')", "passed 6 of 8"),
        ("print(1 / 0)", "ZeroDivisionError: division by zero"),
        ("pass", "nothing was printed"),
    ],
)
def test_a_check_that_does_not_pass(kernel: doctor.Kernel, tmp_path: Path, code: str, seen: str) -> None:
    save_solution(tmp_path, (code, True))
    finding = doctor.look_at_check(kernel, tmp_path)
    assert (finding.well, finding.seen) == (False, seen)


def test_no_solutions_and_a_solution_without_check(kernel: doctor.Kernel, tmp_path: Path) -> None:
    assert doctor.look_at_check(kernel, tmp_path).seen == "there are no solutions"
    save_solution(tmp_path, ("x = 8", False))
    with pytest.raises(CourseError, match="has no check"):
        doctor.look_at_check(kernel, tmp_path)


def test_versions(tmp_path: Path) -> None:
    (tmp_path / "requirements-model.txt").write_text("")
    (tmp_path / "requirements.txt").write_text("".join(f"no-such-{i}==1.0\n" for i in range(5)))
    finding = doctor.look_at_versions(tmp_path)
    assert not finding.well
    assert finding.seen.startswith("no-such-0 is missing, 1.0 is pinned; ")
    assert finding.seen.endswith(" and 2 more")
    (tmp_path / "requirements.txt").write_text("")
    assert doctor.look_at_versions(tmp_path).well


def test_python_programs_port_and_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for look in (doctor.look_at_python, doctor.look_at_programs, doctor.look_at_port, doctor.look_at_disk):
        assert look().well
    monkeypatch.setattr(doctor, "environment", lambda: {"PATH": str(tmp_path)})
    assert doctor.look_at_programs().seen == "missing: jupyter, alembic"
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=2e8))
    assert doctor.look_at_disk().seen == "0.2 GB free"
    assert not doctor.look_at_disk().well
    monkeypatch.setattr(doctor.sys, "version_info", (3, 10, 1, "final", 0))
    assert not doctor.look_at_python().well
    assert not doctor.look_at_port(0).well


@pytest.mark.parametrize("well", [True, False])
def test_the_command_says_what_to_do(well: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        doctor.Finding("disk", True, "9 GB free"),
        doctor.Finding("port", well, "seen", "End other servers."),
    ]
    monkeypatch.setattr(doctor, "examine", lambda: iter(found))
    done = CliRunner().invoke(cli.app, ["doctor"])
    assert done.exit_code == (0 if well else 1)
    assert ("All is well." in done.output) is well
    assert ("End other servers." in done.output) is not well


def test_an_unreadable_pin_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(json.dumps({"not": "a pin"}))
    versions = next(one for one in doctor.examine(tmp_path) if one.subject == "versions")
    assert not versions.well
    assert "is not a pin" in versions.seen
    assert sys.version_info >= (3, 11)
