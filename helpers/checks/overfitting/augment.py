"""Task 3: more pictures by moving those that are there. Each shift is read from the picture that came."""

from typing import Any

import numpy as np

from helpers import data
from helpers.checks.blocks import leaves_input_unchanged
from helpers.checks.plain import short
from helpers.checks.probing import call
from helpers.checks.randomness import (
    drawn,
    draws,
    in_each_draw,
    new_seed,
    other_seed_differs,
    same_again,
)
from helpers.checks.task import Case, Task, Wrong, all_of, verdict

Array = np.ndarray
SHIFTS = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
CHANCE = 6  # standard errors that a share may be off
HINT = "Work through the example of the task by hand: which pixel goes where, and what comes in?"


def _cases(rng: np.random.Generator) -> list[Case]:
    """Pictures that are not square, with ink up to the edge; real digits; one copy, and one picture."""
    cases = []
    for n, height, width, copies in [(12, 4, 6, 3), (40, 8, 8, 1), (1, 5, 3, 40), (9, 3, 4, 5)]:
        pictures = rng.integers(1, 17, size=(n, height, width)).astype(float)
        labels = rng.permutation(np.arange(n) % 10)
        if height == 8:
            X, y = data.load_digits()
            rows = rng.permutation(len(y))[:n]
            pictures, labels = X[rows].reshape(-1, 8, 8), y[rows]
        cases.append({"pictures": pictures, "labels": labels, "copies": copies, "seed": new_seed(rng)})
    return cases


def _probe(learner: Any, case: Case) -> Any:
    given = case["pictures"], case["labels"], case["copies"]
    return drawn(lambda rng: call(learner, *given, rng), case["seed"])


def _moved(picture: Array, down: int, right: int) -> Array:
    """A picture (h, w) moved by so many pixels; what leaves it is lost, and paper comes in."""
    height, width = picture.shape
    wide = np.zeros((3 * height, 3 * width))
    wide[height + down :, width + right :][:height, :width] = picture
    return wide[height : 2 * height, width : 2 * width]


def _shift_of(picture: Array, got: Array) -> tuple[int, int] | None:
    """By how much a picture was moved, if that is what became of it."""
    return next((by for by in SHIFTS if np.array_equal(_moved(picture, *by), got)), None)


@verdict
@in_each_draw
def _form(case: Case, answer: Any) -> None:
    pictures, labels = case["pictures"], case["labels"]
    n, (_, *size) = len(pictures) * (case["copies"] + 1), pictures.shape
    if not isinstance(answer, list) or len(answer) != 2:
        raise Wrong(f"expected pictures and labels, got {short(answer)}", "End with `return` and the two arrays.")
    for name, part, shape in zip(("pictures", "labels"), answer, ((n, *size), (n,)), strict=True):
        if np.shape(part) != shape:
            what = f"the {name} have the shape {np.shape(part)}, expected {shape}"
            raise Wrong(what, f"{len(pictures)} are given, and {case['copies']} times as many are added.")
    if not np.array_equal(answer[0][: len(pictures)], pictures):
        raise Wrong("the pictures do not begin with those that were given", "They come first, as they are.")


@verdict
@in_each_draw
def _pictures(case: Case, answer: Any) -> None:
    pictures, came = case["pictures"], np.asarray(answer[0])
    n = len(pictures)
    for row in range(n, len(came)):
        picture, got = pictures[row % n], came[row]
        if _shift_of(picture, got) is not None:
            continue
        what = f"row {row} should be picture {row % n}, moved by up to a pixel"
        if other := [i for i in range(n) if _shift_of(pictures[i], got) is not None]:
            raise Wrong(f"{what}; it is picture {other[0]}", "First all pictures once more, then all again.")
        for down, right in SHIFTS:
            if np.array_equal(np.roll(picture, (down, right), axis=(0, 1)), got):
                raise Wrong(f"{what}; what left it has come in again on the other side", "Paper, 0, comes in.")
            if np.array_equal(_moved(picture, 2 * down, 2 * right), got):
                raise Wrong(f"{what}; it was moved by two pixels", "One pixel at most, in each direction.")
        raise Wrong(f"{what}\nthe picture: {short(picture)}\ngot:         {short(got)}", HINT)


@verdict
@in_each_draw
def _labels(case: Case, answer: Any) -> None:
    want, got = np.tile(case["labels"], case["copies"] + 1), np.asarray(answer[1])
    if off := np.flatnonzero(got != want).tolist():
        row = off[0]
        what = f"row {row} is picture {row % len(case['labels'])}, of the digit {want[row]}, "
        hint = "A moved digit is the same digit. In which order do the pictures come?"
        raise Wrong(f"{what}and has the label {short(got[row])}; off are {len(off)} labels", hint)


def _shifts(case: Case, value: Any) -> Array:
    """What was drawn, (draws, copies, n, 2)."""
    n = len(case["pictures"])
    shifts = [
        [_shift_of(case["pictures"][row % n], np.asarray(came)[row]) for row in range(n, len(came))]
        for came, _ in draws(value)
    ]
    return np.array(shifts).reshape(len(shifts), case["copies"], n, 2)


@verdict
def _chance(case: Case, value: Any) -> None:
    shifts = _shifts(case, value)
    num_draws, copies, n, _ = shifts.shape
    hint = "Each copy of each picture draws its own two numbers."
    if n > 1 and (shifts == shifts[:, :, :1]).all():
        raise Wrong("all pictures of a copy were moved alike", hint)
    if copies > 1 and (shifts == shifts[:, :1]).all():
        raise Wrong("all copies of a picture were moved alike", hint)
    total, counts = num_draws * copies * n, {by: int((shifts == by).all(axis=-1).sum()) for by in SHIFTS}
    away = CHANCE * np.sqrt(total * 8 / 81)
    for by, count in counts.items():
        if abs(count - total / 9) > away:
            what = f"of {total} copies {count} were moved by {by} (down, right), expected about {total / 9:.0f}"
            seen = ", ".join(f"{by}: {count}" for by, count in counts.items())
            raise Wrong(f"{what}\nall: {seen}", "Down and right each are -1, 0 or 1, all equally often.")


augment = Task(
    "overfitting/augment",
    points=3,
    signature="augment(pictures, labels, copies, rng)",
    cases=_cases,
    probe=_probe,
    hints={
        "ValueError": "Write the shapes of this line down: pictures is (n, height, width).",
        "IndexError": "Rows run from 0 to height - 1, columns from 0 to width - 1.",
    },
    verdict=all_of(
        leaves_input_unchanged("pictures", "labels"),
        *(_form, _pictures, _labels),
        same_again("set"),
        other_seed_differs("set"),
        _chance,
    ),
)
