"""How a class did: for each task the share that solved it, the most frequent mistake, and the time."""

import statistics
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from course import sources
from course.grading import book as books
from course.grading.book import GRADED, Result
from course.places import ROOT


@dataclass(frozen=True)
class TaskStats:
    """One task in a class: how many answered, the shares that solved it and of the points, and the rest."""

    task: str
    answers: int
    solved: float
    points: float
    hint: str
    seen: int
    seconds: float


def of(results: Iterable[Result]) -> list[TaskStats]:
    """The statistics of the tasks, in the order of the exercise; an untouched stub is no answer."""
    graded = [result for result in results if result.state == GRADED]
    tasks = list(dict.fromkeys(task for result in graded for task in result.tasks))
    found = []
    for name in tasks:
        given = [result.tasks[name] for result in graded if name in result.tasks]
        given = [one for one in given if not one["untouched"]]
        hints = Counter(one["hint"] for one in given if one["hint"])
        hint, seen = hints.most_common(1)[0] if hints else ("", 0)
        number = max(len(given), 1)
        found.append(
            TaskStats(
                name,
                len(given),
                sum(one["points"] == one["most"] for one in given) / number,
                sum(one["points"] / one["most"] for one in given) / number,
                hint,
                seen,
                statistics.median([one["seconds"] for one in given] or [0.0]),
            )
        )
    return found


def stats(name: str, root: Path = ROOT, picture: Path | None = None) -> list[TaskStats]:
    """The statistics of an exercise, and a picture of them where that is asked for.

    Raises `CourseError` if nothing was graded.
    """
    source = sources.exercise(name, root)
    if not (root / "gradebook.db").exists():
        raise books.ungraded(source.name)
    with books.opened(root) as book:
        found = of(books.results(book, source.name).values())
    if not found:
        raise books.ungraded(source.name)
    if picture is not None:
        draw(found, picture)
    return found


def draw(found: list[TaskStats], picture: Path) -> None:
    """Draw the shares as bars, into a PNG or SVG file."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    fig = Figure(figsize=(7, 1 + 0.5 * len(found)), layout="constrained")
    FigureCanvasAgg(fig)
    ax = fig.add_subplot()
    names = [one.task.split("-", 1)[-1] for one in found][::-1]
    ax.barh(names, [100 * one.points for one in found][::-1], color="#9ecae1", label="points")
    ax.barh(names, [100 * one.solved for one in found][::-1], color="#3182bd", height=0.4, label="solved")
    ax.set_xlim(0, 100)
    ax.set_xlabel("percent of those who answered")
    ax.legend(loc="lower right")
    fig.savefig(picture)
