"""The console command `course`: each word is a thin layer over the tool that does the work."""

import os
import signal
import subprocess
import sys
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from course.errors import CourseError, told
from course.pipeline import pipeline
from course.places import MINE, ROOT, WRITABLE, environment, unwritable

if TYPE_CHECKING:
    from rich.progress import Progress

    from course.grading import Mark

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Open, check, build and grade the course Splits to Bits.",
)

Names = Annotated[
    list[str] | None, typer.Argument(help="Notebooks, such as 01 or 01_data_splits; all if none.")
]
Exercise = Annotated[str, typer.Argument(help="An exercise, such as 01 or 01_data_splits.")]
Students = Annotated[list[str] | None, typer.Argument(help="Names in submitted/; all if none.")]


class Group(StrEnum):
    """A part of the tests."""

    unit = "unit"
    notebooks = "notebooks"
    browser = "browser"


class Subject(StrEnum):
    """What a benchmark is about."""

    engine = "engine"
    explore = "explore"
    grading = "grading"
    gpu = "gpu"


def become(command: list[str], variables: dict[str, str]) -> NoReturn:
    """Replace this process by a program; on Windows, run it and end with its exit code."""
    sys.stdout.flush()
    if os.name != "nt":
        os.execve(command[0], command, variables)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the program too, which ends in its own way
    sys.exit(subprocess.call(command, env=variables))


@app.command()
def lab(
    port: Annotated[int, typer.Option(help="Where the server listens; if taken, the next free port.")] = 8888,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
) -> None:
    """Open JupyterLab on your own copies of the notebooks, in my_notebooks/, at the first lesson.

    Example: course lab --no-browser --port 8890
    """
    from course import copies
    from course.lab import free_port, lab_command, lab_settings

    chosen = free_port(port)
    if chosen != port:
        typer.echo(f"Port {port} is taken, so the course is at port {chosen}.")
    for place in unwritable():
        raise CourseError(f"JupyterLab cannot write into {place}: {WRITABLE}")
    for line in copies.refresh().lines(ROOT / MINE):
        typer.echo(line)
    typer.echo("JupyterLab starts; press Ctrl-C here to end it.")
    os.chdir(ROOT)
    become(lab_command(chosen, browser), environment(lab_settings()))


@app.command()
def build(
    names: Names = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail where one is out of date.")
    ] = False,
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Draw every picture anew, also where only pixels differ.")
    ] = False,
) -> None:
    """Make notebooks from their sources, and run them.

    Example: course build 01_data_splits
    """
    import course.build
    from course import sources

    chosen = list(names or [])
    if check:
        problems = course.build.check(chosen)
        if problems:
            raise CourseError("\n".join(problems))
        typer.echo("Every notebook is what its source gives.")
        return
    with progress_bar() as bar:
        task = bar.add_task("building", total=len(sources.choose(chosen)))

        def report(line: str) -> None:
            bar.console.print(f"built from {line}", highlight=False)
            bar.advance(task)

        course.build.build(chosen, report=report, new_pictures=pictures)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Number and slug of a lesson, such as 06_activations.")],
) -> None:
    """Make the files of a new lesson; none of them passes before it is written.

    Example: course new 06_activations
    """
    import course.new

    for path in course.new.new(name):
        typer.echo(_short(path))
    typer.echo('What each of them needs: CONTRIBUTING.md, "Add a lesson".')


@app.command("test")
def run_tests(
    group: Annotated[Group | None, typer.Argument(help="Only this part.")] = None,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Try the checks of exercises with twenty seeds, not three.")
    ] = False,
) -> None:
    """Run everything that CI checks: style, types, unit tests, notebooks, browser.

    Example: course test unit
    """
    from course.testing import run_all, stages

    chosen = [stage for stage in stages(thorough=thorough) if group is None or stage.group == group.value]
    raise typer.Exit(run_all(chosen))


@app.command()
def reset(
    notebook: Annotated[
        str, typer.Argument(help="An exercise, such as 01; or such as lessons/01_data_splits.")
    ],
) -> None:
    """Make your copy of an exercise or a lesson new; the present one is saved beside it.

    Example: course reset 01
    """
    from course import copies

    name, saved = copies.reset(notebook)
    kept = f" Your present one is in {_short(saved)}." if saved else ""
    typer.echo(f"{MINE}/{name} is new.{kept}")


@app.command()
def progress() -> None:
    """Show what you have reached in each exercise, from the saved notebooks.

    Example: course progress
    """
    from rich.console import Console
    from rich.table import Table

    from course.progress import reached

    tasks = reached()
    if not tasks:
        raise CourseError("There are no exercises yet: run `course build` first.")
    table = Table("exercise", "task", "checks passed", "points")
    for task in tasks:
        passed = "not run yet" if task.total is None else f"{task.passed} of {task.total}"
        table.add_row(task.exercise, task.task, passed, f"{task.earned:g} of {task.points:g}")
    earned, most = sum(task.earned for task in tasks), sum(task.points for task in tasks)
    table.add_section()
    table.add_row("all", "", "", f"{earned:g} of {most:g}")
    console = Console(highlight=False)
    console.print(table)
    console.print("Run a check and save the notebook to see it here.", style="dim")


@app.command()
def doctor() -> None:
    """Look at everything the course needs, and say what to do about what is missing.

    Example: course doctor
    """
    from course.doctor import examine

    ill = 0
    for finding in examine():
        typer.echo(f"{'well   ' if finding.well else 'PROBLEM'}  {finding.subject:9} {finding.seen}")
        if not finding.well:
            ill += 1
            typer.echo(f"         {'':9} {finding.advice}")
    if ill:
        raise CourseError("Not all is well; what to do stands under each problem.")
    typer.echo("All is well.")


@app.command()
def bench(
    subject: Annotated[Subject, typer.Argument(help="What is timed.")],
    simulate: Annotated[
        int,
        typer.Option(help="Grading only: so many submissions through a cluster on this machine.", min=0),
    ] = 0,
) -> None:
    """Time the engine, explorers, grading or a graphics card, and print a table; nothing else should run.

    Example: course bench engine
    """
    if subject is Subject.engine:
        from course.bench import engine

        engine()
    elif subject is Subject.grading:
        from course import bench_cluster, bench_grading

        if not simulate:
            bench_grading.bench()
            return
        with bench_cluster.loopback() as cluster:
            bench_cluster.simulate(simulate, cluster)
    elif subject is Subject.gpu:
        from course.bench_gpu import gpu

        gpu()
    else:
        from course.bench_explore import explore

        explore()


app.command()(pipeline)


@app.command()
def release(exercise: Exercise) -> None:
    """Enter an exercise in the gradebook, and pack it for the class.

    Example: course release 01
    """
    from course import grading

    typer.echo(f"{_short(grading.release(exercise))} is ready to hand out.")


@app.command()
def autograde(
    exercise: Exercise,
    students: Students = None,
    workers: Annotated[int, typer.Option(help="Processes that run submissions.", min=1)] = 1,
    scheduler: Annotated[
        str, typer.Option(help="Address of a Dask cluster that runs them instead, as tcp://10.0.0.1:8786.")
    ] = "",
    again: Annotated[
        bool, typer.Option("--all", help="Grade also what has not changed since it was graded.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Marks that were given by hand go.")] = False,
    unsafe: Annotated[
        bool, typer.Option("--unsafe-no-sandbox", help="Run what was handed in as you, without protection.")
    ] = False,
) -> None:
    """Grade what was handed in, in submitted/STUDENT/EXERCISE/; only what is new or has changed.

    Example: course autograde 01 --workers 2
    """
    from course import grading

    if unsafe:
        typer.echo("Without the sandbox: what was handed in can read and write all that you can.", err=True)
    chosen = list(students or [])
    with progress_bar() as bar:
        task = bar.add_task("grading", total=len(chosen or grading.submissions(exercise)))

        def report(mark: "Mark") -> None:
            bar.console.print(_line(mark), highlight=False, markup=False, soft_wrap=True)
            bar.advance(task)

        marks = grading.autograde(
            exercise,
            chosen,
            report=report,
            again=again,
            force=force,
            workers=workers,
            scheduler=scheduler,
            unsafe=unsafe,
        )
    for mark in marks:
        typer.echo(_line(mark))
    fresh = sum(mark.fresh for mark in marks)
    typer.echo(f"{fresh} graded now, {len(marks) - fresh} unchanged since they were graded.")
    if any(mark.problem for mark in marks):
        raise CourseError("Some submissions could not be graded; the reason stands beside each.")


def _line(mark: "Mark") -> str:
    """A mark as a line of the report, with all that a teacher should know of it."""
    points = "no mark" if mark.points is None else f"{mark.points:g} of {mark.most:g}"
    about = [mark.problem, *mark.notes]
    if mark.state == "refused":
        about.insert(0, "needs manual grading")
    return f"{mark.student:20} {points}  {'; '.join(filter(None, about))}".rstrip()


@app.command()
def due(
    exercise: Exercise,
    moment: Annotated[str, typer.Argument(help="Such as 2026-01-31 18:00 (UTC) or 2026-01-31 18:00+01:00.")],
    percent: Annotated[
        float, typer.Option(help="Of all points, taken off for each day that has begun.")
    ] = 0.0,
) -> None:
    """Set until when an exercise is due, and what being late costs.

    Example: course due 01 "2026-01-31 18:00+01:00" --percent 10
    """
    from course import grading

    typer.echo(f"Due {grading.due(exercise, moment, percent)} UTC; {percent:g} percent off for a day late.")


@app.command()
def enrol(
    roster: Annotated[Path, typer.Argument(help="A CSV file with id, last_name, first_name, email.")],
) -> None:
    """Enter the people of a class in the gradebook.

    Example: course enrol roster.csv
    """
    from course import grading

    typer.echo(f"{grading.enrol(roster)} people are in the gradebook.")


@app.command()
def collect(
    exercise: Exercise,
    archive: Annotated[Path, typer.Argument(help="The zip file of all submissions, from Canvas or Moodle.")],
) -> None:
    """Put what was handed in on a learning platform into submitted/.

    Example: course collect 01 submissions.zip
    """
    from course import grading

    students, left_out = grading.collect(archive, exercise)
    for line in left_out:
        typer.echo(f"left out: {line}")
    typer.echo(f"{len(students)} submissions are in submitted/.")


@app.command()
def stats(
    exercise: Exercise,
    picture: Annotated[Path | None, typer.Option(help="A PNG file for a picture of it.")] = None,
) -> None:
    """Show how the class did: who solved what, and the most frequent mistake of each task.

    Example: course stats 01 --picture stats.png
    """
    from rich.console import Console
    from rich.table import Table

    from course import grading

    table = Table("task", "answers", "solved", "points", "seconds", "most frequent hint")
    for one in grading.stats(exercise, picture=picture):
        hint = f"{one.seen} × {one.hint}" if one.seen else ""
        numbers = [str(one.answers), f"{one.solved:.0%}", f"{one.points:.0%}", f"{one.seconds:.2f}"]
        table.add_row(one.task, *numbers, hint)
    Console(markup=False).print(table)


@app.command()
def similar(exercise: Exercise) -> None:
    """List pairs of submissions whose answers are alike; to look at, not a verdict.

    Example: course similar 01
    """
    from course import grading

    pairs = grading.similar(exercise)
    for pair in pairs:
        typer.echo(f"{pair.alike:.0%} of {pair.tokens:4} tokens  {pair.task:40} {pair.one} · {pair.other}")
    typer.echo(f"{len(pairs)} pairs. Short answers are alike by nature: read before you ask.")


@app.command()
def feedback(exercise: Exercise, students: Students = None) -> None:
    """Write a page for each student that shows points and hints.

    Example: course feedback 01
    """
    from course import grading

    pages = grading.feedback(exercise, students=list(students or []))
    typer.echo(f"{len(pages)} pages written, as {_short(pages[0])}." if pages else "No page was written.")


@app.command()
def export(
    to: Annotated[Path, typer.Option(help="The file to write.")] = Path("marks.csv"),
    form: Annotated[str, typer.Option("--format", help="csv, canvas or moodle.")] = "csv",
) -> None:
    """Write the marks of the class to a CSV file.

    Example: course export --format canvas --to marks.csv
    """
    from course import grading

    typer.echo(f"{to}: {grading.export(to, form=form)} rows.")


def _short(path: Path) -> str:
    """A path as a person reads it: from the course's folder on."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def progress_bar() -> "Progress":
    """A bar for a long command, on standard error so that the output stays clean."""
    from rich.console import Console
    from rich.progress import Progress

    return Progress(console=Console(stderr=True), transient=True)


def main() -> None:
    """Run the command; what a person can put right is told in one sentence, without a traceback."""
    os.environ.update(environment())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # "·" on a console that has no such sign becomes "?"
            stream.reconfigure(errors="replace")
    try:
        app()
    except CourseError as error:
        print(f"course: {error}", file=sys.stderr)
    except OSError as error:
        if not told(error):
            raise
        print(f"course: {told(error)}", file=sys.stderr)
    else:
        return
    sys.exit(1)
