"""Every check is itself checked: against the solution, the stub, wrong answers and unusual right ones."""

from collections import Counter

import pytest

from helpers.checks import find_task, grade, lessons_with_tasks, tasks_of
from helpers.checks.notebook import tell
from tests.mistakes import Answer, load_answers

SEEDS = range(20)
TASKS = [task for lesson in lessons_with_tasks() for task in tasks_of(lesson)]
MISTAKES = [answer for answer in load_answers() if answer.hint is not None]
ALTERNATIVES = [answer for answer in load_answers() if answer.hint is None]


def in_one_line(text: str) -> str:
    """The words without the line breaks that a narrow page needs."""
    return " ".join(text.split())


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_every_task_has_five_mistakes_and_two_alternatives(task):
    count = Counter(answer.hint is None for answer in load_answers() if answer.task == task.id)
    assert count[False] >= 5
    assert count[True] >= 2


def test_answers_belong_to_tasks():
    assert {answer.task for answer in load_answers()} <= {task.id for task in TASKS}


def test_the_hints_of_a_task_differ():
    for task in TASKS:
        hints = [answer.hint for answer in MISTAKES if answer.task == task.id]
        assert len(set(hints)) >= 4, f"{task.id}: its mistakes get too few different hints"


@pytest.mark.parametrize("answer", MISTAKES, ids=str)
def test_a_mistake_gets_less_than_full_points_and_its_hint(answer: Answer, monkeypatch):
    task = find_task(answer.task)
    if answer.endless:
        monkeypatch.setattr("helpers.checks.task.TIME_LIMIT", 1.0)
    for seed in SEEDS[:2] if answer.endless else SEEDS:
        report = grade(task, answer.answer, seed=seed)
        assert report.points < task.points, f"seed {seed}: the mistake passes"
        told = tell(report)
        assert answer.hint is not None
        assert in_one_line(answer.hint) in in_one_line(told), f"seed {seed}: {told}"


@pytest.mark.parametrize("answer", ALTERNATIVES, ids=str)
def test_an_alternative_gets_full_points(answer: Answer):
    task = find_task(answer.task)
    for seed in SEEDS:
        report = grade(task, answer.answer, seed=seed)
        assert report.points == task.points, f"seed {seed}: {tell(report)}"
