"""Task 3: more pictures by moving those that are there. Each move is read from the picture that came."""

from typing import Any

import numpy as np

from helpers import data
from helpers.checks.blocks import leaves_input_unchanged
from helpers.checks.plain import short
from helpers.checks.probing import call
from helpers.checks.randomness import drawn, draws, in_each_draw, new_seed, other_seed_differs, same_again
from helpers.checks.task import Case, Task, Wrong, all_of, verdict

Array = np.ndarray
MOVES = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
CHANCE = 6  # standard errors that a count may be off
OWN = "Each copy of each picture draws its own two numbers."


def _cases(rng: np.random.Generator) -> list[Case]:
    """Pictures that are not square, with ink up to the edge; real digits; a single picture."""
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
    (h, w), wide = picture.shape, np.zeros((3 * picture.shape[0], 3 * picture.shape[1]))
    wide[h + down : 2 * h + down, w + right : 2 * w + right] = picture
    return wide[h : 2 * h, w : 2 * w]


def _move(picture: Array, got: Array) -> tuple[int, int] | None:
    """By how much a picture was moved, if that is what became of it."""
    return next((by for by in MOVES if np.array_equal(_moved(picture, *by), got)), None)


@verdict
@in_each_draw
def _form(case: Case, answer: Any) -> None:
    pictures, labels, copies = (case[name] for name in ("pictures", "labels", "copies"))
    n = len(labels) * (copies + 1)
    if not isinstance(answer, list) or len(answer) != 2:
        raise Wrong(f"expected pictures and labels, got {short(answer)}", "Two arrays, in this order.")
    for name, part, shape in zip(
        ("pictures", "labels"), answer, ((n, *pictures.shape[1:]), (n,)), strict=True
    ):
        if np.shape(part) != shape:
            what = f"the shape of the {name} is {np.shape(part)}, expected {shape}"
            raise Wrong(what, f"The {len(labels)} that are given, and {copies} times as many.")
    if not np.array_equal(answer[0][: len(labels)], pictures):
        raise Wrong("the pictures do not begin with those that were given", "They come first, as they are.")


@verdict
@in_each_draw
def _rows(case: Case, answer: Any) -> None:
    pictures, n = case["pictures"], len(case["labels"])
    for row, got in enumerate(np.asarray(answer[0])):
        picture, what = pictures[row % n], f"row {row} should be picture {row % n}, moved by up to a pixel"
        if _move(picture, got) is None:
            if other := [i for i in range(n) if _move(pictures[i], got)]:
                raise Wrong(
                    f"{what}; it is picture {other[0]}", "First all pictures once more, then all again."
                )
            if any(np.array_equal(np.roll(picture, by, axis=(0, 1)), got) for by in MOVES):
                raise Wrong(
                    f"{what}; what left it has come in again on the other side", "Paper, 0, comes in."
                )
            what += f"\nthe picture: {short(picture)}\ngot:         {short(got)}"
            raise Wrong(
                what, "Work through the example of the task: which pixel goes where, and what comes in?"
            )
    want, labels = np.tile(case["labels"], case["copies"] + 1), np.asarray(answer[1])
    if off := np.flatnonzero(labels != want).tolist():
        what = f"row {off[0]} is picture {off[0] % n}, of the digit {want[off[0]]}, and has the label "
        hint = "A moved digit is the same digit. In which order do the pictures come?"
        raise Wrong(f"{what}{short(labels[off[0]])}; {len(off)} labels are off", hint)


@verdict
def _chance(case: Case, value: Any) -> None:
    pictures, copies = case["pictures"], case["copies"]
    n = len(pictures)
    moves = np.array(
        [
            [_move(pictures[row % n], picture) for row, picture in enumerate(np.asarray(came))]
            for came, _ in draws(value)
        ]
    ).reshape(-1, copies + 1, n, 2)[:, 1:]  # (draws, copies, n, 2)
    if n > 1 and (moves == moves[:, :, :1]).all():
        raise Wrong("all pictures of a copy were moved alike", OWN)
    if copies > 1 and (moves == moves[:, :1]).all():
        raise Wrong("all copies of a picture were moved alike", OWN)
    total = moves.size // 2
    for by in MOVES:
        count = int((moves == by).all(axis=-1).sum())
        if abs(count - total / 9) > CHANCE * np.sqrt(total * 8 / 81):
            what = (
                f"of {total} copies {count} were moved by {by} (down, right), expected about {total / 9:.0f}"
            )
            raise Wrong(what, "Down and right each are -1, 0 or 1, all equally often.")


augment = Task(
    "overfitting/augment",
    points=3,
    signature="augment(pictures, labels, copies, rng)",
    cases=_cases,
    probe=_probe,
    hints={"ValueError": "Write the shapes of this line down: pictures is (n, height, width)."},
    verdict=all_of(
        *(leaves_input_unchanged("pictures", "labels"), _form, _rows),
        *(same_again("set"), other_seed_differs("set"), _chance),
    ),
)
