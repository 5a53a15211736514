"""What a hostile submission leaves in a teacher's pages does nothing there: shown by a real browser.

The page of feedback, nbgrader's own feedback, and Formgrader, where the teacher is logged in. The result is
entered by hand, with hostile text in every place that a learner can reach.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from course import grading
from course.exercises import KeptLog, settings
from course.grading import assignment as assignments
from course.grading import book as books
from course.grading.arrange import arranged
from course.grading.receive import cells_of
from course.grading.sitting import Outcome, TaskResult, safe_outputs
from course.grading.written import executed, put
from course.places import ROOT
from course.sources import Source
from tests.browser.conftest import Lab, free_port, wait_until_up
from tests.classroom import NAME, code, copy_of_course, solved

pytestmark = pytest.mark.browser

HOST = "evil.example"
BAD = (
    f'</pre></textarea></title>"\'><script>window.pwned = 1; alert(1)</script><img src="http://{HOST}/x.png" '
    f'onerror="window.pwned = 1; alert(2)"><svg onload="window.pwned = 1"></svg>'
    f'<iframe src="http://{HOST}/f"></iframe>'
    f"[a](javascript:window.pwned=1) ![b](http://{HOST}/y.png) $\\href{{javascript:alert(3)}}{{x}}$"
)
STUDENT = "jm"


def hostile() -> bytes:
    """A notebook with markup in an answer and in cells of its own."""
    notebook = solved()
    notebook["cells"][2:2] = [
        {"cell_type": "markdown", "metadata": {}, "source": BAD + "\n````\n" + BAD},
        {"cell_type": "raw", "metadata": {"format": "text/html"}, "source": BAD},
        code(f"'''{BAD}'''\n# {BAD}"),
    ]
    return json.dumps(notebook).encode()


def outputs() -> list[dict[str, Any]]:
    """What a hostile cell says that it put out."""
    kinds = dict.fromkeys(("text/plain", "text/html", "image/svg+xml", "text/markdown", "text/latex"), BAD)
    data = {**kinds, "application/javascript": "window.pwned = 1", "image/png": BAD}
    return [
        {"output_type": "display_data", "data": data, "metadata": {"image/png": {"width": BAD}}},
        {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1},
        {"output_type": "stream", "name": BAD, "text": BAD + "\x1b[31m" + BAD},
        {
            "output_type": "error",
            "ename": BAD,
            "evalue": BAD,
            "traceback": [BAD, "\x1b]8;;http://x\x1b\\" + BAD],
        },
    ]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class with one student, whose hostile submission was graded."""
    root = copy_of_course(tmp_path_factory.mktemp("class"))
    shutil.copy(ROOT / "nbgrader_config.py", root)
    exercise = assignments.prepared(Source("exercise", NAME, root), root)
    assignments.register(exercise, root)
    name = BAD.replace('"', '""')
    (root / "roster.csv").write_text(
        f'id,last_name,first_name,email\n{STUDENT},"{name}","{name}",x@example.org\n'
    )
    grading.enrol(root / "roster.csv", root)
    steps, notes = arranged(cells_of(hostile())[0], exercise.notebook)
    outcome = Outcome(
        outputs={n: safe_outputs(outputs()) for n, step in enumerate(steps) if step.kind == "code"}
    )
    for step in steps:
        if step.kind == "check":
            outcome.results[step.id] = TaskResult(step.task, 1.0, 3.0, 1, 3, f"got {BAD}", BAD)
    result = books.Result(
        STUDENT,
        "d",
        exercise.digest,
        books.GRADED,
        20,
        BAD,
        [*notes, BAD],
        {k: vars(v) for k, v in outcome.results.items()},
    )
    put(
        root / "autograded" / STUDENT / NAME,
        {f"{NAME}.ipynb": executed(exercise.notebook, steps, outcome).encode()},
    )
    with books.opened(root) as book:
        books.record(book, NAME, result)
    return root


class Watched:
    """A page, and what happened in it that should not."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.dialogs: list[str] = []
        self.asked: list[str] = []
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: self.asked.append(request.url))

    def open(self, url: str, ready: str) -> None:
        self.page.goto(url)
        self.page.wait_for_selector(ready, state="attached")
        self.page.wait_for_timeout(500)  # what would run late

    def is_unharmed(self) -> None:
        assert not self.dialogs
        assert not [url for url in self.asked if HOST in url]
        assert [frame.evaluate("window.pwned") for frame in self.page.frames] == [None] * len(
            self.page.frames
        )
        assert not self.page.query_selector_all("a[href^='javascript:window.pwned'], iframe[src*='evil']")


@pytest.fixture
def watched(page: Any) -> Watched:
    page.route(f"**://{HOST}/**", lambda route: route.abort())
    return Watched(page)


def test_the_browser_would_run_it(watched: Watched, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(f"<!doctype html><p>{BAD}</p>")
    watched.open((tmp_path / "page.html").as_uri(), "p")
    assert watched.dialogs
    assert [url for url in watched.asked if HOST in url]
    with pytest.raises(AssertionError):
        watched.is_unharmed()


def test_a_page_of_feedback_runs_and_loads_nothing(watched: Watched, graded: Path) -> None:
    (page,) = grading.feedback("01", graded)
    watched.open(page.as_uri(), "h2")
    watched.is_unharmed()
    assert watched.asked == [page.as_uri()]
    assert "window.pwned = 1; alert(1)" in watched.page.inner_text("body")


def test_nbgraders_own_feedback_is_made_of_what_we_wrote(
    watched: Watched, graded: Path, tmp_path: Path
) -> None:
    from nbgrader.apps import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    root = shutil.copytree(graded, tmp_path / "class")
    shutil.rmtree(root / "feedback", ignore_errors=True)
    config = settings(root)
    config.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}"
    api = NbGraderAPI(CourseDirectory(config=config), config=config, log=KeptLog())
    done = api.generate_feedback(NAME, STUDENT, force=True)
    assert done["success"], done
    page = root / "feedback" / STUDENT / NAME / f"{NAME}.html"
    assert "Score: 5.0 / 20.0" in page.read_text(encoding="utf-8")
    watched.open(page.as_uri(), "#toc")
    watched.is_unharmed()


@pytest.fixture
def formgrader(browser: Any, graded: Path, tmp_path: Path) -> Iterator[Lab]:
    """A Jupyter server with Formgrader, in the folder of the class."""
    token, port = secrets.token_hex(16), free_port()
    places = {
        name: str(tmp_path)
        for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    }
    command = [
        sys.executable,
        "-m",
        "jupyter_server",
        f"--ServerApp.root_dir={graded}",
        "--no-browser",
        "--allow-root",
    ]
    command += [f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1", f"--IdentityProvider.token={token}"]
    command += ["--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}"]
    environment = os.environ | places
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    with (tmp_path / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=graded, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        started = Lab(f"http://127.0.0.1:{port}", token, graded)
        wait_until_up(started, server, tmp_path / "server.log")
        yield started
    finally:
        server.kill()
        server.wait()


def test_formgrader_shows_it_as_text(watched: Watched, formgrader: Lab) -> None:
    """Names come from a platform, where people write their own; Formgrader shows them as they are."""
    watched.page.set_extra_http_headers({"Authorization": f"token {formgrader.token}"})
    with books.opened(formgrader.folder) as book:
        submission = book.find_submission_notebook(NAME, NAME, STUDENT).id
    for place, ready in {
        f"submissions/{submission}/": "#notebook",
        f"gradebook/{NAME}/{NAME}/": "tbody a",
        f"manage_submissions/{NAME}": "tbody a",
        "manage_students/": "tbody a",
    }.items():
        watched.open(f"{formgrader.url}/formgrader/{place}", ready)
        watched.is_unharmed()
        if place.startswith("submissions"):
            assert "window.pwned = 1; alert(1)" in watched.page.inner_text("#notebook")
    assert "script window.pwned = 1; alert(1)" in watched.page.inner_text("tbody")
