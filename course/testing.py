"""`course test`: everything that CI checks, stage by stage, with a table of what took how long.

A stage that fails does not stop the others; a stage that hangs is stopped at its time limit. The closing line
counts the tests that really ran, so it can be trusted (and read by a machine).
"""

import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from course.places import ROOT, environment, throwaway_homes

GROUPS = ("unit", "notebooks", "browser")
SHOWN_LINES = 200
UNIT = "not notebooks and not browser and not mutants"
QUIET = {"HELPERS_PROGRESS": "0"}  # a progress bar would be an output more on a slow machine
# OpenBLAS and PyTorch take other code paths with these, as they would on another processor.
OTHER_PROCESSOR = {"OPENBLAS_CORETYPE": "Haswell", "ATEN_CPU_CAPABILITY": "avx2"}


@dataclass(frozen=True)
class Stage:
    """One step of the tests.

    group: one of GROUPS. command: the words after `python -m`. limit: seconds until it is stopped.
    is_pytest: its tests are counted one by one; any other stage counts as one test.
    may_skip: False where a skipped test is a failure.
    """

    title: str
    group: str
    command: list[str]
    limit: float
    variables: Mapping[str, str] = field(default_factory=dict)
    is_pytest: bool = False
    may_skip: bool = True


@dataclass(frozen=True)
class Result:
    """How a stage ended: counts of tests, seconds, and a few words when it failed."""

    stage: Stage
    seconds: float
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    why: str = ""
    output: str = ""


def stages(root: Path = ROOT, *, thorough: bool = False) -> list[Stage]:
    """Return the stages in their order.

    root: the folder of the course. thorough: whether the checks of exercises are tried with many seeds.

    >>> [stage.title for stage in stages()][:2]
    ['lint', 'format']
    """
    more_seeds = {"COURSE_THOROUGH": "1"} if thorough else None
    found = [
        Stage("lint", "unit", ["ruff", "check", "."], 60),
        Stage("format", "unit", ["ruff", "format", "--check", "."], 60),
        Stage("types", "unit", ["mypy"], 300),
        _pytest("unit tests", "unit", ["-m", UNIT, "-n", "2"], 900, more_seeds),
        _pytest("the engine, broken on purpose", "unit", ["-m", "mutants", "tests/nn"], 900),
        Stage("notebooks as their sources", "notebooks", ["course", "build", "--check"], 300),
    ]
    if any("mark.notebooks" in path.read_text(encoding="utf-8") for path in (root / "tests").rglob("*.py")):
        found.append(_pytest("pipeline tests", "notebooks", ["-m", "notebooks", "-n", "2"], 900))
    notebooks = ["lessons", "solutions", "--nbval", "--nbval-current-env", "--nbval-cell-timeout=120"]
    if (root / "tests" / "nbval_sanitize.cfg").exists():
        notebooks.append("--nbval-sanitize-with=tests/nbval_sanitize.cfg")
    by_file = ["-n", "2", "--dist", "loadfile"]
    notebooks += ["-p", "course.predictions", *by_file]
    browser = ["tests", "-m", "browser", *by_file]
    found += [
        _pytest("notebooks print the same", "notebooks", notebooks, 900),
        _pytest("… on another processor", "notebooks", notebooks, 900, OTHER_PROCESSOR),
        _pytest("browser", "browser", browser, 900, may_skip="CI" not in os.environ),
    ]
    return found


def _pytest(
    title: str,
    group: str,
    words: list[str],
    limit: float,
    variables: Mapping[str, str] | None = None,
    may_skip: bool = True,
) -> Stage:
    return Stage(title, group, ["pytest", "-q", *words], limit, variables or {}, True, may_skip)


def stop_with_children(process: subprocess.Popen[bytes]) -> None:
    """Stop a process and everything it started, kernels and browsers included."""
    try:
        family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    except psutil.NoSuchProcess:
        family = []
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue
    process.wait()
    psutil.wait_procs(family, timeout=10)


def counts(report: Path) -> tuple[int, int, int] | None:
    """Return (passed, failed, skipped) from a JUnit report, or None where pytest wrote none."""
    try:
        suites = list(ElementTree.parse(report).getroot().iter("testsuite"))
    except (OSError, ElementTree.ParseError):
        return None
    total, errors, failures, skipped = (
        sum(int(suite.get(name, 0)) for suite in suites)
        for name in ("tests", "errors", "failures", "skipped")
    )
    return total - errors - failures - skipped, errors + failures, skipped


def run_stage(
    stage: Stage, folder: Path, root: Path = ROOT, tick: Callable[[str], None] = lambda _: None
) -> Result:
    """Run one stage to its end or its time limit.

    folder: for its output. root: where it runs. tick: called about twice a second with what it printed.
    """
    log, report = folder / "output.txt", folder / "report.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", *stage.command]
    if stage.is_pytest:
        command.append(f"--junitxml={report}")
    begin = time.monotonic()
    code: int | None = None
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=root,
            env=environment({**QUIET, **throwaway_homes(folder / "homes"), **stage.variables}),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            while code is None and (left := begin + stage.limit - time.monotonic()) > 0:
                try:
                    code = process.wait(timeout=min(0.5, left))
                except subprocess.TimeoutExpired:
                    tick(log.read_text(encoding="utf-8", errors="replace"))
        finally:
            if code is None:
                stop_with_children(process)
    seconds = time.monotonic() - begin
    output = log.read_text(encoding="utf-8", errors="replace")
    return judge(stage, code, seconds, counts(report) if stage.is_pytest else None, output)


def judge(
    stage: Stage, code: int | None, seconds: float, counted: tuple[int, int, int] | None, output: str
) -> Result:
    """Return the result of a stage: it passed only if its exit code, its tests and their number say so.

    code: its exit code, None if it was stopped at its limit. counted: (passed, failed, skipped) of pytest.
    """
    passed, failed, skipped = counted or (0, 0, 0)
    why = ""
    if code is None:
        why = f"stopped after {stage.limit:.0f} s"
    elif stage.is_pytest and counted is None:
        why = f"pytest ended with code {code} before its tests"
    elif stage.is_pytest and passed + failed + skipped == 0:
        why = "no test ran"
    elif code and not failed:
        why = f"ended with code {code}"
    elif skipped and not stage.may_skip:
        why = f"{skipped} skipped, which CI does not allow"
    if why or failed:
        failed = max(failed, 1)
    elif not stage.is_pytest:
        passed = 1
    return Result(stage, seconds, passed, failed, skipped, why, output)


def percent(output: str) -> int:
    """Return how far pytest is, from what it printed.

    >>> percent("..... [ 12%]\\n..... [ 25%]\\n..")
    25
    """
    found = re.findall(r"\[\s*(\d+)%\]", output[-5000:])
    return int(found[-1]) if found else 0


def shown(output: str) -> str:
    """Return the end of a failed stage's output."""
    lines = output.rstrip().splitlines()
    left_out = len(lines) - SHOWN_LINES
    head = [f"… {left_out} lines before these"] if left_out > 0 else []
    return "\n".join(head + lines[-SHOWN_LINES:])


def closing_line(results: list[Result]) -> str:
    """Return the last line: how many tests passed, failed and were skipped.

    >>> closing_line([])
    '0 passed, 0 failed'
    """
    passed, failed, skipped = (
        sum(getattr(result, name) for result in results) for name in ("passed", "failed", "skipped")
    )
    return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")


def run_all(chosen: list[Stage], root: Path = ROOT) -> int:
    """Run stages one after the other, say how each ended, and return the exit code.

    chosen: the stages. root: the folder of the course.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.table import Table

    console = Console(highlight=False, markup=False, soft_wrap=True)
    results = []
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with tempfile.TemporaryDirectory(prefix="course-test-", ignore_cleanup_errors=True) as temporary:
        warm_up(Path(temporary))
        for stage in chosen:
            console.print(f"{stage.title} …")
            with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
                task = bar.add_task(stage.title, total=100)

                def tick(output: str, bar: Progress = bar, task: object = task) -> None:
                    bar.update(task, completed=percent(output))  # type: ignore[arg-type]

                result = run_stage(stage, Path(temporary), root, tick)
            results.append(result)
            console.print(f"    {describe(result)} in {result.seconds:.0f} s")
            if result.failed:
                console.print(shown(result.output))
    table = Table("stage", "result", "tests", "seconds", title="What took how long")
    for result in results:
        tests = str(result.passed + result.failed) if result.stage.is_pytest else ""
        table.add_row(result.stage.title, describe(result), tests, f"{result.seconds:.0f}")
    console.print(table)
    print(closing_line(results), flush=True)
    ran = any(result.passed for result in results)
    return 0 if ran and not any(result.failed for result in results) else 1


def describe(result: Result) -> str:
    """Return the outcome of a stage in a few words."""
    if not result.failed:
        return "passed" + (f", {result.skipped} skipped" if result.skipped else "")
    return "failed: " + (result.why or f"{result.failed} of {result.failed + result.passed}")


def warm_up(folder: Path) -> None:
    """Let matplotlib list the fonts once; else it says so, in the middle of a notebook's output."""
    variables = environment({**os.environ, **throwaway_homes(folder / "homes")})
    subprocess.run(
        [sys.executable, "-c", "import matplotlib.font_manager"], env=variables, check=False, timeout=300
    )
