"""What goes into the sandbox and comes out of it; and that a right answer loses nothing on the way."""

import ast
import contextlib
import importlib
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import helpers
from course.grading import probes, sandbox
from course.grading.arrange import Step, arranged
from course.grading.receive import cells_of
from course.grading.sandbox import Limits, Lost, Nursery
from course.grading.sitting import safe_outputs, secret_of, sit
from course.grading.work import Bench, Job, Setting, modules_of
from course.sources import Source, all_sources
from helpers.checks import find_task, lessons_with_tasks, tasks_of, wire
from helpers.checks.plain import same_plain, to_plain
from helpers.checks.probing import Observation, observe
from tests.classroom import blank, cell_of, code, solution, solved
from tests.mistakes import FOLDER, Answer, load_answers
from tests.thorough import examples

needs_sandbox = pytest.mark.skipif(
    bool(sandbox.why_not()) and "CI" not in os.environ, reason=f"no sandbox here: {sandbox.why_not()}"
)
HOME = Path(helpers.__file__).parent
EXERCISES = [source for source in all_sources() if source.kind == "exercise"]
ALTERNATIVES = [answer for answer in load_answers() if answer.hint is None]

# The wire

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers(allow_nan=False)
    | st.text()
    | arrays.arrays(
        arrays.boolean_dtypes() | arrays.integer_dtypes() | arrays.floating_dtypes(sizes=(32, 64)),
        arrays.array_shapes(min_dims=0),
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=examples(100))
@given(plain)
def test_what_is_sent_arrives(value):
    arrived = wire.loads(wire.dumps(value))
    expected = to_plain(value)
    if isinstance(expected, np.ndarray):
        expected = expected.astype(expected.dtype.newbyteorder("="))
    assert same_plain(_native(arrived), _native(expected))


def _native(value):
    """The same in the byte order of this machine."""
    if isinstance(value, list):
        return [_native(item) for item in value]
    if isinstance(value, dict):
        return {key: _native(item) for key, item in value.items()}
    return value.astype(value.dtype.newbyteorder("=")) if isinstance(value, np.ndarray) else value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x04K\x01.",
        b"{}",
        b"NaN",
        b'{"array":["|O",[1],"AAAA"]}',
        b'{"array":["<f8",[-1],""]}',
        b'{"array":["<f8",[2],"AAAA"]}',
        b'{"array":["|u1",[0,99999999999],""]}',
        b'{"array":["|b1",[1],"Ag=="]}',
        b'{"array":["<U1",[1],"////fw=="]}',
        b'{"float":"1"}',
        b'{"int":5}',
        b'{"eval":"1"}',
        b'{"dict":{},"array":[]}',
        b"[" * 100_000,
        b"[" * 40 + b"]" * 40,
        b"9" * 10_000,
    ],
)
def test_what_is_not_plain_is_refused(data):
    with pytest.raises(wire.NotReadable):
        wire.loads(data)


@pytest.mark.parametrize(
    "change",
    [{"points": 20}, {"steps": -1}, {"steps": True}, {"changed": [1]}, {"error": {}}, {"seen": True}],
)
def test_an_observation_has_one_form(change):
    data = wire.from_observation(Observation(value=3), is_seen=False)
    assert wire.to_observation(wire.loads(wire.dumps(data))).value == 3
    with pytest.raises(wire.NotReadable):
        wire.to_observation({**data, **change})


# What is in the room


def test_no_judge_is_in_the_room(tmp_path):
    probes.write(tmp_path, HOME)
    text = "\n".join(path.read_text() for path in (tmp_path / "helpers/checks").rglob("*.py"))
    for word in (
        "slip(",
        "formula_task",
        "Wrong(",
        "Rule(",
        "verdict(",
        "@verdict",
        "TASKS",
        "hint=",
        "find_task",
    ):
        assert word not in text, word
    assert not (tmp_path / "helpers/checks/formula.py").exists()
    for path in (tmp_path / "helpers/checks").rglob("*.py"):
        ast.parse(path.read_text())


def test_every_task_has_a_probe_that_can_be_taken_out():
    tasks = [task for lesson in lessons_with_tasks() for task in tasks_of(lesson)]
    text = probes.shaken(tasks, HOME / "checks")["probes.py"]
    assert all(repr(task.id) in text for task in tasks)


def test_secrets_of_a_case_stay_with_the_judge():
    task = find_task("data_splits/find_the_leak")
    case = next(iter(task.cases(np.random.default_rng(0))))
    sent = wire.dumps({key: value for key, value in case.items() if key != "secret"})
    assert b"all rows" not in sent
    seen = observe(task.probe, lambda prepare, *rest: True, case)
    assert seen.error is None
    assert task.judge(case, seen) is not None


# Right answers


@pytest.fixture(scope="module")
def nursery():
    with Nursery(HOME, limits=Limits(submission=30.0)) as made:
        yield made


@needs_sandbox
@pytest.mark.parametrize("source", EXERCISES, ids=str)
def test_a_solution_gets_full_points_through_the_sandbox(source: Source, nursery):
    released = nbformat.read(source.released, as_version=4)
    steps, notes = arranged(cells_of(source.built.read_bytes())[0], released)
    outcome = sit(steps, nursery, b"secret")
    assert outcome.points == sum(task.points for task in tasks_of(source.slug)), outcome
    assert not notes
    assert not outcome.notes


@needs_sandbox
@pytest.mark.parametrize("turn", range(max(Counter(answer.task for answer in ALTERNATIVES).values())))
@pytest.mark.parametrize("source", EXERCISES, ids=str)
def test_alternatives_get_full_points_through_the_sandbox(source: Source, turn: int, nursery):
    """One notebook holds an alternative of each task: a start of the sandbox each would take minutes.

    Behind its check stands the solution again: a later answer may build on it.
    """
    notebook = solved(name=source.name)
    for task in tasks_of(source.slug):
        of_task = [answer for answer in ALTERNATIVES if answer.task == task.id]
        if turn < len(of_task):
            own = cell_of(notebook, f"{task.id.replace('/', '-')}-answer")
            place = notebook["cells"].index(cell_of(notebook, task.id.replace("/", "-")))
            notebook["cells"].insert(place + 1, code("".join(own["source"])))
            own["source"] = in_one_cell(of_task[turn])
    steps, notes = arranged(
        cells_of(json.dumps(notebook).encode())[0], nbformat.read(source.released, as_version=4)
    )
    outcome = sit(steps, nursery, b"another secret")
    lost = {name: result for name, result in outcome.results.items() if result.points < result.most}
    assert not lost
    assert len(outcome.results) == len(tasks_of(source.slug))
    assert not notes


def in_one_cell(answer: Answer) -> str:
    """An answer as a learner would write it into its cell."""
    if answer.changes:
        return answer.texts()[-1]
    return "\n".join(written_out(answer.written, find_task(answer.task).name))


def written_out(answer: Any, name: str) -> list[str]:
    """The cells that define a function or a class of a file of answers, and give it that name."""
    text = (
        FOLDER / f"{answer.__module__.removeprefix('tests.mistakes.').removeprefix('mistakes_')}.py"
    ).read_text(encoding="utf-8")
    alone = _alone(answer.__name__, text).replace("from __future__ import annotations", "")
    return ["from __future__ import annotations\n" + alone, f"{name} = {answer.__name__}"]


def _alone(name: str, text: str) -> str:
    """What of a file of answers one of them needs, without the marks that make a test of it."""
    needed, lines = {name}, []
    for node in reversed(ast.parse(text).body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            node.names = [alias for alias in node.names if (alias.asname or alias.name) in needed]
        elif not probes._defines(node) & needed:
            continue
        else:
            node.decorator_list = []  # type: ignore[attr-defined]
            needed |= probes._names(node)
        if not isinstance(node, ast.ImportFrom) or not re.match(r"helpers\.checks\.\w+\.", node.module or ""):
            lines += [ast.unparse(node)] if getattr(node, "names", True) else []
            continue
        module = importlib.import_module(node.module or "")  # an answer may borrow from the judge's side
        for alias in node.names:
            borrowed = inspect.getsource(getattr(module, alias.name))
            lines.append(_alone(alias.name, inspect.getsource(module)) or borrowed)
    return "\n".join(["from __future__ import annotations", *reversed(lines)])


# Limits


@needs_sandbox
def test_a_child_sees_nothing_of_the_next(nursery):
    places = "import os, builtins\nplaces = (os.environ['TMPDIR'] + '/left', '/dev/shm/left')\n"
    leave = places + "builtins.left = 1\nfor place in places: open(place, 'w').close()"
    look = places + "print(hasattr(builtins, 'left'), *map(os.path.exists, places))"
    for text, said in ((leave, None), (look, "False False False\n")):
        with nursery.child() as child:
            reply = child.ask({"do": "run", "source": text, "seconds": 5.0}, 8)
            assert reply["error"] == ""
            assert said is None or reply["outputs"][0]["text"] == said


@needs_sandbox
def test_a_child_that_is_gone_is_told_of(nursery):
    with pytest.raises(Lost, match="ended Python"), nursery.child() as child:
        child.ask({"do": "run", "source": "import os; os._exit(0)", "seconds": 5.0}, 8)


def test_outputs_hold_text_and_pictures_only():
    odd = [
        None,
        {"output_type": "stream", "text": 5},
        {"output_type": "error", "ename": 1, "evalue": None, "traceback": [1, "\x1b[31mred"]},
        {"output_type": "display_data", "data": {"text/html": "<b>", "image/png": "no picture"}},
    ]
    kept = safe_outputs(odd)
    assert [one["output_type"] for one in kept] == ["error", "display_data"]
    assert kept[0]["traceback"] == ["\ufffd[31mred"]
    assert kept[1]["data"] == {"text/plain": ""}
    nbformat.validate(
        nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(outputs=[nbformat.from_dict(one) for one in kept])]
        )
    )


def test_the_room_is_described(tmp_path):
    assert textwrap.dedent(sandbox.REFUSED).count("{why}") == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no nursery either")
def test_a_room_of_a_grader_that_was_killed_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    mine, lock = sandbox._room()
    child = os.fork()
    if child == 0:
        os.close(lock)  # a fork holds what it was born with
        sandbox._room()
        os._exit(0)
    os.waitpid(child, 0)
    (left,) = [room for room in tmp_path.iterdir() if room != mine]
    long_ago = time.time() - sandbox.LEFT - 1
    os.utime(mine, (long_ago, long_ago))
    young, second = sandbox._room()
    assert {mine, left, young} == set(tmp_path.iterdir())
    os.utime(left, (long_ago, long_ago))
    newest, third = sandbox._room()
    assert {mine, young, newest} == set(tmp_path.iterdir())
    for held in (lock, second, third):
        os.close(held)


# Variants


class Asked:
    """In place of a nursery: the cases that would be sent into it."""

    limits = Limits()

    def __init__(self) -> None:
        self.cases: list[dict] = []

    @contextlib.contextmanager
    def child(self):
        yield self

    def ask(self, order, seconds, answer=None):
        self.cases.append(order["case"])
        return {"seen": wire.from_observation(Observation(value=[0.0]), is_seen=False)}


def cases_of(task: str, student: str, run: bytes) -> list[dict]:
    asked = Asked()
    step = Step("check", "", task.replace("/", "-"), task, find_task(task).name)
    sit([step], asked, run, secret_of(b"the teacher's", student))  # type: ignore[arg-type]
    return asked.cases


def test_neighbours_have_other_numbers_and_each_always_the_same():
    own = cases_of("tuning/cosine_with_warmup", "Ann", b"one run")
    assert len({str(case) for case in own}) == len(own) > 3
    assert cases_of("tuning/cosine_with_warmup", "Ann", b"another run") == own
    others = [cases_of("tuning/cosine_with_warmup", f"student {n}", b"one run") for n in range(20)]
    assert len({str([case["num_steps"] for case in cases]) for cases in [own, *others]}) > 10
    shared = [cases_of("tuning/early_stopping", name, b"one run") for name in ("Ann", "Bob")]
    assert str(shared[0]) == str(shared[1]) != str(cases_of("tuning/early_stopping", "Ann", b"another run"))


# Other ways to run: without the sandbox, and as a user who is not root


def test_without_the_sandbox_right_is_right_and_what_does_not_end_is_ended():
    """--unsafe-no-sandbox: no protection, but the same verdicts and limits of time."""
    limits, warm = Limits(cell=2.0, submission=20.0, margin=0.3), modules_of(nbformat.reads(blank(), 4))[1:]
    setting = Setting(
        "data_splits", blank().encode(), "", b"secret", modules=warm, limits=limits, unsafe=True
    )
    others = psutil.Process().children(recursive=True)  # warm parents of other tests
    bench = Bench(setting)
    notebook = solved("holdout")
    loop = "while True:\n    try:\n        pass\n    except BaseException:\n        pass"
    notebook["cells"].insert(0, code(f"import os\nos.fork()\n{loop}"))
    begin = time.monotonic()
    try:
        found = [
            bench.grade(Job(name, text)).result
            for name, text in {"right": solution().encode(), "endless": json.dumps(notebook).encode()}.items()
        ]
        assert [sum(task["points"] for task in result.tasks.values()) for result in found] == [20, 3]
        assert any("did not end within 2 s" in note or "within its time" in note for note in found[1].notes)
        assert time.monotonic() - begin < 60
    finally:
        bench.close()
    _until_gone(psutil.Process(), "nursery.py", others)


def _until_gone(
    above: psutil.Process, word: str, others: Sequence[psutil.Process] = (), seconds: float = 5.0
) -> None:
    """Wait until no process below this one, but for the others, has the word in its command."""
    end = time.monotonic() + seconds
    while left := [
        one for one in above.children(recursive=True) if one not in others and word in " ".join(_command(one))
    ]:
        assert time.monotonic() < end, left
        time.sleep(0.05)


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


_AS_ANOTHER = """
import os, sys
sys.path.insert(0, sys.argv[1])
from course.grading.sandbox import Limits
from course.grading.work import Bench, Job, Setting
from pathlib import Path
blank = Path(sys.argv[2]).read_bytes()
setting = Setting("data_splits", blank, "", b"secret", limits=Limits(submission=30.0))
bench = Bench(setting)
result = bench.grade(Job("me", Path(sys.argv[3]).read_bytes())).result
bench.close()
print(os.getuid(), sum(task["points"] for task in result.tasks.values()), result.notes)
"""


def _opened() -> list[str]:
    """Words before a command, so that whoever is not root may read Python and the course where they lie."""
    words = ["bwrap", "--dev-bind", "/", "/", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    homes = {Path(sys.prefix), Path(sys.base_prefix), HOME.parent}
    closed = {above for home in homes for above in home.parents if not above.stat().st_mode & 1}
    for above in sorted(closed):
        words += ["--tmpfs", str(above)]
    for home in sorted(home for home in homes if closed & set(home.parents)):
        for above in [*reversed(home.parents)][1:]:
            words += ["--perms", "0755", "--dir", str(above)]
        words += ["--ro-bind", str(home), str(home)]
    return [*words, "--"]


@needs_sandbox
@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="the other tests run as a user")
def test_it_works_for_a_user_who_is_not_root():
    place = Path(tempfile.mkdtemp(prefix="course-user-", dir="/tmp"))
    try:
        place.chmod(0o777)
        (place / "blank.ipynb").write_text(blank())
        (place / "mine.ipynb").write_text(json.dumps(solved("holdout")))
        words = [*_opened(), "setpriv", "--reuid", "60001", "--regid", "60001", "--clear-groups"]
        words += [sys.executable, "-c", _AS_ANOTHER, str(HOME.parent)]
        words += [str(place / "blank.ipynb"), str(place / "mine.ipynb")]
        environment = {"PATH": os.environ["PATH"], "HOME": str(place), "MPLCONFIGDIR": str(place)}
        done = subprocess.run(
            words, env=environment, cwd=place, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.stdout.strip() == "60001 3.0 []", done.stderr[-2000:]
    finally:
        shutil.rmtree(place)
