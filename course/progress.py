"""What a learner has reached, read from the saved outputs of the exercises' checks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.copies import as_json, path_of
from course.errors import CourseError
from course.places import ROOT


@dataclass(frozen=True)
class Reached:
    """What the saved output of one check says; `passed` and `total` are None before its first run."""

    exercise: str
    task: str
    points: float
    passed: int | None = None
    total: int | None = None

    @property
    def earned(self) -> float:
        """The points earned: the share of the cases that passed.

        >>> Reached("01_data_splits", "data_splits/holdout", points=2, passed=6, total=8).earned
        1.5
        """
        return round(self.points * self.passed / self.total, 2) if self.passed and self.total else 0.0


def printed_by(cell: dict[str, Any]) -> str:
    """Return the text of what a cell printed or showed when it was last run and saved."""
    texts = [
        output["text"] if output.get("name") == "stdout" else output.get("data", {}).get("text/plain", "")
        for output in cell.get("outputs", [])
    ]
    return "\n".join("".join(text) for text in texts)


def reached_in(path: Path) -> list[Reached]:
    """Return what was reached in one exercise, task by task in the order of the notebook.

    path: the exercise's notebook. Raises CourseError when the file cannot be read.
    """
    from helpers.checks.notebook import read

    try:
        cells = as_json(path.read_bytes())["cells"]
    except (OSError, ValueError) as error:
        name = path.stem.split("_")[0]
        raise CourseError(
            f"{path.name} cannot be read ({type(error).__name__}): `course reset {name}` makes it new "
            "and keeps a copy."
        ) from None
    found = []
    for cell in cells:
        grading = cell.get("metadata", {}).get("nbgrader", {})
        if cell.get("cell_type") == "code" and grading.get("grade"):
            passed, total = read(printed_by(cell)) or (None, None)
            task = grading["grade_id"].replace("-", "/")
            found.append(Reached(path.stem, task, float(grading["points"]), passed, total))
    return found


def reached(root: Path = ROOT) -> list[Reached]:
    """Return what was reached in every exercise of the course.

    root: the folder of the course. Raises CourseError when a notebook cannot be read.
    """
    folders = sorted(folder for folder in (root / "exercises").glob("[0-9]*") if folder.is_dir())
    notebooks = [path_of(folder.name, root) for folder in folders]
    return [task for path in notebooks if path.exists() for task in reached_in(path)]
