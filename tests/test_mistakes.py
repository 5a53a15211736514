"""Every check is itself checked: against slips and other wrong answers, and unusual right ones."""

import ast
from collections import Counter
from pathlib import Path

import pytest

import helpers.checks
from helpers.checks import find_task, grade, lessons_with_tasks, tasks_of
from helpers.checks.notebook import tell
from tests.mistakes import Answer, load_answers
from tests.thorough import THOROUGH

SEEDS = range(20 if THOROUGH else 3)
MOST_MISTAKES = 6  # more is a sign that the verdict looks for too much
ALTERNATIVES_EACH = 2
TASKS = [task for lesson in lessons_with_tasks() for task in tasks_of(lesson)]
SLIPS = [pytest.param(task, one, id=f"{task.id}: {one.what}") for task in TASKS for one in task.slips]
MISTAKES = [answer for answer in load_answers() if answer.hint is not None]
ALTERNATIVES = [answer for answer in load_answers() if answer.hint is None]
UNREADABLE = "the answer has an unexpected form"


def in_one_line(text: str) -> str:
    """The words without the line breaks that a narrow page needs."""
    return " ".join(text.split())


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_every_task_has_five_mistakes_and_two_alternatives(task):
    count = Counter(answer.hint is None for answer in load_answers() if answer.task == task.id)
    assert len(task.slips) + count[False] >= 5
    assert count[True] == ALTERNATIVES_EACH
    assert count[False] <= MOST_MISTAKES


def test_answers_belong_to_tasks():
    assert {answer.task for answer in load_answers()} <= {task.id for task in TASKS}


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_the_hints_of_a_task_differ(task):
    hints = {answer.hint for answer in MISTAKES if answer.task == task.id} | {one.hint for one in task.slips}
    assert len(hints) >= 4, "its mistakes get too few different hints"


@pytest.mark.parametrize(("task", "slip"), SLIPS)
def test_a_slip_gets_its_words(task, slip):
    for seed in SEEDS:
        report = grade(task, slip.answer, seed=seed)
        assert report.finding is not None, f"seed {seed}: the slip passes"
        assert (report.finding.what, report.finding.hint) == (slip.what, slip.hint), f"seed {seed}"


@pytest.mark.parametrize("answer", MISTAKES, ids=str)
def test_a_mistake_gets_less_than_full_points_and_its_hint(answer: Answer, monkeypatch):
    task = find_task(answer.task)
    if answer.endless:
        monkeypatch.setattr("helpers.checks.task.TIME_LIMIT", 1.0)
    for seed in SEEDS[:1] if answer.endless else SEEDS:
        report = grade(task, answer.answer, seed=seed)
        assert report.points < task.points, f"seed {seed}: the mistake passes"
        told = in_one_line(tell(report))
        assert answer.hint is not None
        assert in_one_line(answer.hint) in told, f"seed {seed}: {told}"
        assert UNREADABLE not in told or UNREADABLE in answer.hint, f"seed {seed}: {told}"


@pytest.mark.parametrize("answer", ALTERNATIVES, ids=str)
def test_an_alternative_gets_full_points(answer: Answer):
    task = find_task(answer.task)
    for seed in SEEDS:
        report = grade(task, answer.answer, seed=seed)
        assert report.points == task.points, f"seed {seed}: {tell(report)}"


def imported(path: Path) -> set[str]:
    """The names of the modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("lesson", sorted(lessons_with_tasks()))
def test_a_lesson_imports_no_other_lessons_checks(lesson):
    home = Path(helpers.checks.__file__).parent
    files = [*home.glob(f"{lesson}.py"), *(home / lesson).rglob("*.py")]
    others = tuple(f"helpers.checks.{other}" for other in lessons_with_tasks() if other != lesson)
    for path in files:
        strangers = {name for name in imported(path) if name.startswith(others)}
        assert not strangers, f"{path.name}: move what both need to a module that belongs to no lesson"


def test_what_all_checks_share_imports_no_lesson():
    home = Path(helpers.checks.__file__).parent
    lessons = lessons_with_tasks()
    for path in home.glob("*.py"):
        if path.stem not in lessons:
            assert not {
                n for n in imported(path) if n.startswith(tuple(f"helpers.checks.{x}" for x in lessons))
            }
