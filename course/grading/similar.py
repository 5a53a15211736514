"""Pairs of submissions whose answers are alike: a list to look at, not a verdict.

Names, layout, comments and texts are taken away before two answers are compared; short answers are alike by
nature, so only longer ones count.
"""

import io
import keyword
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from rapidfuzz.distance import Indel

from course import sources
from course.grading.book import ungraded
from course.grading.written import answers_in
from course.places import ROOT

SHORTEST = 40  # tokens; what is shorter is not compared
ALIKE = 0.9
_LAYOUT = {
    tokenize.NEWLINE,
    tokenize.NL,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.COMMENT,
    tokenize.ENDMARKER,
}


@dataclass(frozen=True)
class Pair:
    """Two students whose answers to a task are alike, from 0 to 1, and how long these are in tokens."""

    one: str
    other: str
    task: str
    alike: float
    tokens: int


def tokens(source: str) -> list[str]:
    """What is left of Python code without names and layout; of what is no code, its words.

    >>> tokens("def f(a):\\n    return a + 1  # one more")
    ['def', 'n1', '(', 'n2', ')', ':', 'return', 'n2', '+', '1']
    """
    found: list[str] = []
    names: dict[str, str] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
                found.append(names.setdefault(token.string, f"n{len(names) + 1}"))
            elif token.type == tokenize.STRING:
                found.append("text")
            elif token.type not in _LAYOUT:
                found.append(token.string)
    except (tokenize.TokenError, SyntaxError):
        return source.split()
    return found


def similar(name: str, root: Path = ROOT, alike: float = ALIKE) -> list[Pair]:
    """Pairs of answers that are alike, the most alike first.

    Raises `CourseError` if nothing was graded.
    """
    source = sources.exercise(name, root)
    answers = dict(_answers(root, source.name))
    if not answers:
        raise ungraded(source.name)
    found = []
    for one, other in combinations(sorted(answers), 2):
        for task in answers[one].keys() & answers[other].keys():
            a, b = answers[one][task], answers[other][task]
            if min(len(a), len(b)) < SHORTEST:
                continue
            share = Indel.normalized_similarity(a, b, score_cutoff=alike)
            if share >= alike:
                found.append(Pair(one, other, task, round(share, 3), min(len(a), len(b))))
    return sorted(found, key=lambda pair: (-pair.alike, -pair.tokens, pair.one, pair.other, pair.task))


def _answers(root: Path, name: str) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """The tokens of each student's answers, by task."""
    for path in sorted((root / "autograded").glob(f"*/{name}/{name}.ipynb")):
        own = {
            task: tokens(answer)
            for task, answer in answers_in(path).items()
            if "NotImplementedError(" not in answer
        }
        yield path.parts[-3], own
