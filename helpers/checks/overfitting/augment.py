"""Task 3: more pictures by moving those that are there. Each move is read from the picture that came."""

from typing import Any

import numpy as np

from helpers import data
from helpers.checks.blocks import leaves_input_unchanged
from helpers.checks.plain import short
from helpers.checks.probing import call
from helpers.checks.randomness import (
    beyond_chance,
    drawn,
    draws,
    in_each_draw,
    new_seed,
    other_seed_differs,
    same_again,
)
from helpers.checks.task import Case, Task, Wrong, all_of, verdict

Array = np.ndarray
MOVES = np.array([(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)])
OWN = "Each copy of each picture draws its own two numbers."
EXAMPLE = "Work through the example of the task: which pixel goes where, and what comes in?"


def _cases(rng: np.random.Generator) -> list[Case]:
    """Not square, with ink up to the edge; real digits; one that is moved so often that shares tell."""
    cases = []
    for n, height, width, copies in [(12, 4, 6, 3), (40, 8, 8, 1), (1, 3, 2, 1200), (9, 3, 4, 5)]:
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


def _all_moved(pictures: Array, mode: Any = "constant") -> Array:
    """Pictures (n, h, w) after each move, (9, n, h, w); `mode` is what np.pad has come in."""
    (_, h, w), sheet = pictures.shape, np.pad(pictures, ((0, 0), (1, 1), (1, 1)), mode=mode)
    return np.array([sheet[:, 1 - down :, 1 - right :][:, :h, :w] for down, right in MOVES])


def _fits(moved: Array, got: Any) -> Array:
    """Which of these moved pictures (9, n, h, w) each copy is, (copies + 1, 9, n)."""
    copies = np.asarray(got).reshape(-1, 1, *moved.shape[1:])
    return np.array((copies == moved).all(axis=(-2, -1)))


@verdict
@in_each_draw
def _form(case: Case, answer: Any) -> None:
    pictures, labels, copies = (case[name] for name in ("pictures", "labels", "copies"))
    if not isinstance(answer, list) or len(answer) != 2:
        raise Wrong(f"expected pictures and labels, got {short(answer)}", "Two arrays, in this order.")
    for name, part, given in zip(("pictures", "labels"), answer, (pictures, labels), strict=True):
        shape = (len(given) * (copies + 1), *given.shape[1:])
        if np.shape(part) != shape:
            what = f"the shape of the {name} is {np.shape(part)}, expected {shape}"
            raise Wrong(what, f"The {len(labels)} that are given, and {copies} times as many.")
    if not np.array_equal(answer[0][: len(labels)], pictures):
        raise Wrong("the pictures do not begin with those that were given", "They come first, as they are.")


@verdict
@in_each_draw
def _rows(case: Case, answer: Any) -> None:
    pictures, n = case["pictures"], len(case["labels"])
    fits = _fits(moved := _all_moved(pictures), answer[0]).any(axis=1).ravel()
    for row in np.flatnonzero(~fits)[:1].tolist():
        got, what = answer[0][row], f"row {row} should be picture {row % n}, moved by up to a pixel"
        if (others := np.flatnonzero((moved == got).all(axis=(-2, -1)).any(axis=0))).size:
            raise Wrong(f"{what}; it is picture {others[0]}", "First all pictures once more, then all again.")
        if (_all_moved(pictures[[row % n]], "wrap") == got).all(axis=(-2, -1)).any():
            raise Wrong(f"{what}; what left it has come in again on the other side", "Paper, 0, comes in.")
        what += f"\nthe picture: {short(pictures[row % n])}\ngot:         {short(np.asarray(got))}"
        raise Wrong(what, EXAMPLE)
    want, labels = np.tile(case["labels"], case["copies"] + 1), np.asarray(answer[1])
    if off := np.flatnonzero(labels != want).tolist():
        what = f"row {off[0]} is picture {off[0] % n}, of the digit {want[off[0]]}, and has the label "
        hint = "A moved digit is the same digit. In which order do the pictures come?"
        raise Wrong(f"{what}{labels[off[0]]}; {len(off)} labels are off", hint)


@verdict
def _chance(case: Case, value: Any) -> None:
    moved = _all_moved(case["pictures"])
    which = np.array([_fits(moved, came)[1:].argmax(axis=1) for came, _ in draws(value)])
    moves = MOVES[which]  # (draws, copies, n, 2)
    if which.shape[2] > 1 and (which == which[:, :, :1]).all():
        raise Wrong("all pictures of a copy were moved alike", OWN)
    if which.shape[1] > 1 and (which == which[:, :1]).all():
        raise Wrong("all copies of a picture were moved alike", OWN)
    shares = [(f"{by} (down, right)", (moves == by).all(axis=-1), 1 / 9) for by in map(tuple, MOVES.tolist())]
    for axis, way in enumerate(("down", "right")):
        shares += [(f"{by} {way}", moves[..., axis] == by, 1 / 3) for by in (-1, 0, 1)]
    for by, seen, p in shares:
        if beyond_chance(seen, p):
            what = (
                f"of {seen.size} copies {seen.sum()} were moved by {by}, expected about {p * seen.size:.0f}"
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
