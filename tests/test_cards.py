"""What a notebook shows of a check, and what it says when a check is run too early."""

import html
import re
import subprocess
import sys

import pytest

from course import sources
from course.sources import Source
from helpers.checks import notebook
from helpers.checks.notebook import tell
from helpers.checks.task import grade
from tests.test_checks import doubling

CARDS = {"green": lambda x: 2 * x, "amber": lambda x: 2 * x if len(x) < 100 else x, "red": lambda x: x}


def luminance(color: str) -> float:
    """The relative luminance of "#rrggbb", as WCAG defines it."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("answer", CARDS.values(), ids=CARDS)
def test_a_card_says_the_same_words_and_is_read_in_both_themes(answer):
    report = grade(doubling(), answer)
    card = notebook.card(report)
    assert card.plain == tell(report)
    assert html.unescape(re.sub("<[^>]+>", "", card.html)).removeprefix("✓ ") == card.plain
    assert ("✓" in card.html) is report.complete
    ground = re.search("background: (#......)", card.html)[1]
    for ink in re.findall('[ ;"]color: (#......)', card.html):
        light, dark = sorted((luminance(ground), luminance(ink)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_the_three_cards_differ():
    cards = [notebook.card(grade(doubling(), answer)).html for answer in CARDS.values()]
    assert len({re.search("solid (#......)", card)[1] for card in cards}) == 3


def in_cells(*cells: str) -> list[str]:
    """What a fresh notebook says when these cells are run."""
    code = [
        "from IPython.core.interactiveshell import InteractiveShell",
        "shell = InteractiveShell.instance()",
    ]
    code += [f"shell.run_cell({cell!r}, store_history=True)" for cell in cells]
    done = subprocess.run([sys.executable, "-c", "\n".join(code)], capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()


def test_a_check_that_is_run_before_all_other_cells_says_which_to_run():
    notebook_of = Source("exercise", "01_data_splits")
    check = next(cell.source for cell in sources.read(notebook_of).cells if cell.metadata.nbgrader.grade)
    assert in_cells(check) == [
        "CheckFailed: there is no `holdout` yet. Run the cell above that defines it, under that name."
    ]
    said = in_cells("def holdout(n_samples, test_size, rng):\n    return np.arange(3)", check)
    assert "name 'np' is not defined" in said
    assert "hint: Run the cell that makes this name first" in " ".join(said)
