"""Grading a class: release, autograde, feedback, export.

Submissions lie in submitted/STUDENT/NAME/NAME.ipynb; results go to autograded/, feedback/ and gradebook.db,
which are nbgrader's, so that its Formgrader works as before. How a submission is run is ours:

    receive → arrange → sit (sandbox; judged outside) → record
"""

from course.grading.assignment import prepared, register
from course.grading.export import export
from course.grading.feedback import feedback
from course.grading.grade import Mark, autograde, submissions
from course.grading.late import due
from course.grading.people import collect, enrol
from course.grading.release import release
from course.grading.similar import similar
from course.grading.stats import stats

__all__ = [
    "Mark",
    "autograde",
    "collect",
    "due",
    "enrol",
    "export",
    "feedback",
    "prepared",
    "register",
    "release",
    "similar",
    "stats",
    "submissions",
]
