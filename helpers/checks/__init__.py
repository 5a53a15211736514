"""Checks of exercises: one definition of a task serves the notebook, the grader and the tests.

A check runs the learner's code on cases made from a seed (the *probe*), and judges what came back
(the *verdict*). The two never share state: only plain arrays, numbers, strings, lists and dicts cross
from one to the other, so the probe can run in another process than the verdict.

    score = points · (cases passed) / (cases)
"""

from helpers.checks.notebook import CheckFailed, Points, check
from helpers.checks.task import Rule, Task, all_of, find_task, grade, lessons_with_tasks, tasks_of

__all__ = [
    "CheckFailed",
    "Points",
    "Rule",
    "Task",
    "all_of",
    "check",
    "find_task",
    "grade",
    "lessons_with_tasks",
    "tasks_of",
]
