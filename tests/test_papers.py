"""README and CONTRIBUTING tell the truth: links lead somewhere, commands exist, the map is right."""

import re

import pytest

from course.cli import app
from helpers._tables import ROOT, is_ready, rows

PAPERS = ["README.md", "CONTRIBUTING.md"]
LESSONS = sorted({row["lesson"] for row in rows("terms.csv")})
COMMANDS = {
    str(each.name or each.callback.__name__).replace("_", "-")
    for each in app.registered_commands
    if each.callback
}


def read(paper: str) -> str:
    return (ROOT / paper).read_text(encoding="utf-8")


def code_of(text: str) -> list[str]:
    """What stands between backticks or in an indented block of a paper."""
    return re.findall(r"`([^`]+)`", text) + re.findall(r"^ {4,}(\S.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("paper", PAPERS)
def test_links_lead_to_files(paper):
    links = re.findall(r"\]\(([^)#]+)", read(paper))
    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert missing == []


@pytest.mark.parametrize("paper", PAPERS)
def test_commands_exist(paper):
    found = [
        word
        for code in code_of(read(paper))
        for word in re.findall(r"(?:\bcourse|python3 start\.py) ([a-z]+)", " ".join(code.split()))
    ]
    assert len(found) >= 5
    assert [word for word in found if word not in COMMANDS] == []


def test_the_map_has_every_lesson_and_links_those_that_are_ready():
    lines = dict(re.findall(r"^\| (\d\d) \| (.+)$", read("README.md"), re.MULTILINE))
    assert sorted(lines) == [name[:2] for name in LESSONS]
    for name in LESSONS:
        title = name[3:].replace("_", " ")
        link = f"[{title}](lessons/{name}.ipynb)"
        assert lines[name[:2]].startswith(link if is_ready(name) else f"{title} |"), name
        has_exercise = (ROOT / "sources" / "exercises" / f"{name}.py").exists()
        has_companion = is_ready(f"{name}_heard")
        assert (f"(lessons/{name}_heard.ipynb)" in lines[name[:2]]) is has_companion, name
        assert (f"(exercises/{name}/{name}.ipynb)" in lines[name[:2]]) is has_exercise, name


def test_the_picture_of_a_lesson_has_alt_text():
    assert re.search(r"!\[[^\]]{40,}\]\(docs/lesson\.png\)", read("README.md"))


@pytest.mark.parametrize("paper", PAPERS)
def test_no_paper_names_an_index(paper):
    assert not re.search(r"https?://\S*(whl|simple|index)", read(paper))
