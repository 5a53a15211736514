"""A class that is graded by a Dask cluster: two workers on this machine, which are killed now and then."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from course import bench_cluster
from course.bench_cluster import Loopback, Simulated
from course.errors import CourseError
from course.grading import cluster, sandbox
from course.grading.book import Result
from course.grading.sandbox import Limits
from course.grading.work import Done, Job, Setting, grade_all, spread
from tests.classroom import blank, solution
from tests.thorough import THOROUGH

thorough = pytest.mark.skipif(not THOROUGH, reason="takes long: with --thorough")
MANY = 200 if THOROUGH else 40
KILLER = "one that ends its worker"


class Deadly(Simulated):
    """A bench whose process ends when a certain student comes."""

    def grade(self, job: Job) -> Done:
        if job.student == KILLER:
            os._exit(1)
        return super().grade(job)


class Closing(Simulated):
    """A bench that says where it was closed."""

    def close(self) -> None:
        super().close()
        Path(os.environ["CLOSED"], str(os.getpid())).touch()


@pytest.fixture(scope="module")
def two_workers() -> Iterator[Loopback]:
    with bench_cluster.loopback(2) as started:
        yield started


@pytest.fixture
def setting() -> Setting:
    return Setting("data_splits", blank().encode(), "of the tests", b"secret", limits=Limits(submission=30))


def jobs(*students: str) -> list[Job]:
    return [Job(student, blank().replace("write your answer here", student).encode()) for student in students]


def test_no_grade_is_lost_when_a_worker_is_killed(two_workers, setting):
    students = [*map(str, range(MANY))]
    found = {}
    for done in cluster.grade_all(setting, jobs(*students), two_workers.address, Simulated):
        assert done.result.student not in found
        found[done.result.student] = done.result
        if len(found) == MANY // 5:
            two_workers.workers[0].kill()
    assert sorted(found, key=int) == students
    assert {result.state for result in found.values()} == {"graded"}
    local = {done.result.student: done.result for done in grade_all(setting, jobs("7", "30"), 1, Simulated)}
    assert local == {student: found[student] for student in local}


def test_processes_close_what_they_opened(setting, tmp_path, monkeypatch):
    """Else each grading by several processes leaves the files of their sandboxes."""
    monkeypatch.setenv("CLOSED", str(tmp_path))
    assert len(list(grade_all(setting, jobs("1", "2"), 2, Closing))) == 2
    assert len(list(tmp_path.iterdir())) == 2


class Paper:
    """Two places on paper; the worker of one submission ends each time."""

    def __init__(self) -> None:
        self.running: list[tuple[int, Job]] = []
        self.sent: list[str] = []

    @property
    def busy(self) -> bool:
        return bool(self.running)

    def free(self) -> list[int]:
        return sorted({0, 1} - {place for place, _ in self.running})

    def send(self, place: int, job: Job) -> None:
        self.running.append((place, job))
        self.sent.append(job.student)

    def finished(self) -> list[tuple[Job, Done | None]]:
        _, job = self.running.pop(0)
        return [(job, None if job.student == KILLER else Done(Result(job.student, "", "", "graded", 20)))]


def test_who_ends_three_workers_is_told_and_the_others_are_graded_once(setting):
    paper, students = Paper(), ["a", KILLER, *"bcdef"]
    found = [done.result for done in spread(paper, setting, jobs(*students))]
    assert Counter(result.student for result in found) == Counter(students)
    (failed,) = [result for result in found if result.state != "graded"]
    assert failed.problem == "its worker ended, 3 times; look what it does, then grade it again"
    assert Counter(paper.sent) == Counter([*students, KILLER, KILLER])


@thorough
@pytest.mark.parametrize("where", ["cluster", "processes"])
def test_who_really_ends_three_workers(where, two_workers, setting):
    given = jobs("a", "b", KILLER, *"cdefgh")
    if where == "cluster":
        found = [*cluster.grade_all(setting, given, two_workers.address, Deadly)]
    else:
        found = [*grade_all(setting, given, 2, Deadly)]
    states = {done.result.student: done.result.state for done in found}
    assert len(found) == len(states) == len(given)
    assert [student for student, state in states.items() if state == "failed"] == [KILLER]


@thorough
def test_a_class_from_its_files_to_the_export(two_workers):
    rows = bench_cluster.simulate(200, two_workers)
    assert [row["marks"] for row in rows] == list(range(20, 201, 20))


@pytest.mark.skipif(bool(sandbox.why_not()) and "CI" not in os.environ, reason="no sandbox here")
def test_a_worker_grades_as_this_process_does(two_workers, setting):
    one = Job("perfect", solution().encode())
    (done,) = cluster.grade_all(setting, [one], two_workers.address)
    assert sum(task["points"] for task in done.result.tasks.values()) == done.result.most == 20
    assert not [
        process for process in two_workers.nannies.children(recursive=True) if process.name() == "bwrap"
    ]


def test_a_worker_with_another_state_of_the_course_is_refused(two_workers, setting, monkeypatch):
    monkeypatch.setattr(cluster, "_state_of_course", lambda: "0123456789ab")
    cluster.facts.cache_clear()
    with pytest.raises(
        CourseError, match=r"not as this machine: the course is \w{12}, here 0123456789ab\. Every"
    ):
        list(cluster.grade_all(setting, jobs("a"), two_workers.address, Simulated))
    cluster.facts.cache_clear()


def test_where_nothing_answers_the_words_say_how_to_start_it(setting, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECTING", 0.3)
    for address in ("tcp://127.0.0.1:1", "nonsense://x"):
        with pytest.raises(CourseError, match=r"No Dask scheduler answers at .*dask scheduler"):
            list(cluster.grade_all(setting, jobs("a"), address, Simulated))


def test_submissions_are_read_as_there_are_places(two_workers, setting):
    read: list[str] = []

    def reading() -> Iterator[Job]:
        for job in jobs(*map(str, range(30))):
            read.append(job.student)
            yield job

    ahead = [
        len(read) - number
        for number, _ in enumerate(cluster.grade_all(setting, reading(), two_workers.address, Simulated))
    ]
    assert max(ahead) <= 4  # two that run, and two whose results have come


def test_when_the_scheduler_ends_it_says_so_and_what_came_is_kept(two_workers, setting, monkeypatch):
    """The last one: it ends the cluster."""
    monkeypatch.setattr(cluster, "CONNECTING", 0.5)
    results = cluster.grade_all(setting, jobs(*map(str, range(200))), two_workers.address, Simulated)
    assert next(results).result.state == "graded"
    two_workers.scheduler.kill()
    with pytest.raises(CourseError, match=r"The scheduler at .* is gone .*the same command goes on"):
        list(results)
