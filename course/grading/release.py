"""`course release`: an exercise is entered in the gradebook and packed for the class."""

import zipfile
from pathlib import Path

from course import sources
from course.grading.assignment import prepared, register
from course.places import ROOT


def release(name: str, root: Path = ROOT) -> Path:
    """Enter an exercise in the gradebook and pack it for the learners; returns release/NAME.zip.

    The notebook in exercises/ is not touched. Raises `CourseError` for an unknown or unbuilt exercise.
    """
    exercise = prepared(sources.exercise(name, root), root)
    register(exercise, root)
    archive = root / "release" / f"{exercise.name}.zip"
    archive.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(f"{exercise.name}/{exercise.name}.ipynb", exercise.file)
    return archive
