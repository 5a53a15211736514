"""`course new NN_slug`: the files of a lesson, each with its frame and nothing that looks like content.

Every file carries the mark below where something has to be written. A source with the mark is not built, and
a test fails for any file that has it, so a frame cannot be taken for a lesson.
"""

import re
from pathlib import Path

from course.errors import CourseError
from course.places import ROOT

MARK = "(to be written)"
_NAME = re.compile(r"\d\d_[a-z][a-z0-9_]*")

LESSON = '''\
# %% [markdown]
r"""
# {number} · {title}

{mark}: one sentence that says why anyone needs this.

**You will be able to**

- {mark}

**Time:** {{minutes}} minutes. **Before this:** {mark}
"""

# %% [markdown]
r"""
## Recap

- {mark}
"""

# %%
from helpers.glossary import terms

terms("{name}")

# %% [markdown]
r"""
Now you: [exercise {number}](../exercises/{name}/{name}.ipynb).
For a second reading: [what you may have heard]({name}_heard.ipynb).
Next: {mark}

Sources

- {mark}
"""
'''

COMPANION = '''\
# %% [markdown]
r"""
# {number} · {title}: you may have heard

What is said about this lesson's subject and is not its own story, measured. No other lesson depends on it.

**Time:** {{minutes}} minutes.
**Before this:** the lesson, [{number} · {title}]({name}.ipynb).

{mark}
"""
'''

EXERCISE = '''\
# %% [markdown]
r"""
# Exercise {number} · {title}

{mark}: how many tasks, points and minutes, and what they are about.
Lesson: [{number} · {title}](../../lessons/{name}.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.
"""
'''

CHECKS = '''\
"""The tasks of exercise {number}: {mark}."""

from helpers.checks.task import Task

TASKS: list[Task] = []
'''

MISTAKES = '''\
"""Answers to exercise {number}: {mark}."""
'''

FIGURES = '''\
"""The figures of lesson {number}: {mark}.

They take what the lesson measured and return a figure.
"""

__all__: list[str] = []
'''

FILES = {
    "sources/lessons/{name}.py": LESSON,
    "sources/lessons/{name}_heard.py": COMPANION,
    "helpers/figures/{slug}.py": FIGURES,
    "helpers/checks/{slug}.py": CHECKS,
    "sources/exercises/{name}.py": EXERCISE,
    "tests/mistakes/{name}.py": MISTAKES,
}
"""In the order in which they are written."""


def new(name: str, root: Path = ROOT) -> list[Path]:
    """Write the files of a lesson that are not there yet, and return them; what is there stays as it is.

    name: the number and slug of a lesson that the tables of terms and claims know. Raises `CourseError` for
    another name, and where every file is there.

    >>> new("5_backward")
    Traceback (most recent call last):
    ...
    course.errors.CourseError: '5_backward' is not named like 01_data_splits: two digits, then a slug.
    """
    from helpers._tables import rows

    if not _NAME.fullmatch(name) or name.endswith("_heard"):
        raise CourseError(f"{name!r} is not named like 01_data_splits: two digits, then a slug.")
    known = sorted({row["lesson"] for row in rows("terms.csv") + rows("claims.csv")})
    if name not in known:
        raise CourseError(
            f"No term or claim belongs to {name}. The lessons of the tables are: {', '.join(known)}."
        )
    number, slug = name.split("_", 1)
    parts = {"name": name, "number": number, "slug": slug, "mark": MARK}
    parts["title"] = slug.replace("_", " ").capitalize()
    texts = {root / path.format(**parts): text.format(**parts) for path, text in FILES.items()}
    missing = {path: text for path, text in texts.items() if not _is_there(path)}
    if not missing:
        raise CourseError(f"{name} has all its files; nothing was written.")
    for path, text in missing.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(missing)


def unwritten(text: str) -> list[int]:
    """The lines of a text that still have the mark.

    >>> unwritten("a\\n- (to be written)\\n")
    [2]
    """
    return [number for number, line in enumerate(text.splitlines(), 1) if MARK in line]


def _is_there(path: Path) -> bool:
    """Whether the file, or a package of that name, is there."""
    return path.exists() or path.with_suffix("").is_dir()
