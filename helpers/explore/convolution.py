"""A filter drawn by hand, in three stripes, and its feature map: what it finds in a digit, without learning.

The filter has 3 × 3 weights, alike along each stripe. The picture has 8 × 8 pixels from 0 (paper) to 1 (ink)
and a border of one pixel of paper around it (padding), so that the map has 8 × 8 places, too.
"""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from helpers import data
from helpers.explore.base import Control, Frame, Stage, within
from helpers.explore.view import explore
from helpers.figures import COLORS, subplots
from helpers.figures.convolution import SIGNS

DIGITS = tuple(range(10))
WEIGHTS = (-2, -1, 0, 1, 2)
TURNS = ("upright", "level")
"""How the stripes lie: side by side, or one above the other."""


@lru_cache(maxsize=1)
def _pictures() -> np.ndarray:
    """One picture (8, 8) of each digit; the first ten rows of the data are 0 to 9."""
    return data.load_digits().X[:10].reshape(10, 8, 8) / 16


def kernel(first: float, middle: float, last: float, turn: int) -> np.ndarray:
    """The filter (3, 3) with these three stripes.

    >>> kernel(-1, 0, 1, 0)
    array([[-1.,  0.,  1.],
           [-1.,  0.,  1.],
           [-1.,  0.,  1.]])
    """
    stripes = np.tile([float(first), float(middle), float(last)], (3, 1))
    return stripes.T if TURNS[turn] == "level" else stripes


def feature_map(picture: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """What the filter answers at each place of the picture (height, width), in a border of paper.

    >>> feature_map(np.eye(3), np.ones((3, 3)))
    array([[2., 2., 1.],
           [2., 3., 2.],
           [1., 2., 2.]])
    """
    wide = np.pad(picture, 1)
    windows = np.lib.stride_tricks.sliding_window_view(wide, (3, 3))
    return np.asarray(np.einsum("hwij,ij->hw", windows, weights))


def strongest(answers: np.ndarray) -> tuple[int, int]:
    """Row and column of the answer that is farthest from 0; among equals the first, row by row.

    >>> strongest(np.array([[1.0, -3.0], [3.0, 0.0]]))
    (0, 1)
    """
    row, column = np.unravel_index(np.abs(answers).round(9).argmax(), answers.shape)
    return int(row), int(column)


def kind(first: float, middle: float, last: float) -> str:
    """What such a filter is called.

    >>> kind(-1, 0, 1), kind(-1, 2, -1), kind(1, 1, 1), kind(0, 0, 0)
    ('an edge filter', 'a line filter', 'a blur', 'no filter at all')
    """
    if first == middle == last == 0:
        return "no filter at all"
    if first + middle + last == 0:
        return "an edge filter" if first == -last else "a line filter" if first == last else "a mixed filter"
    return "a blur" if first == middle == last else "a filter that also answers to plain ink"


def sentence(digit: int, first: float, middle: float, last: float, turn: int) -> str:
    """What the filter does with a flat area, and where it answers most, in plain words.

    >>> sentence(1, 0, 0, 0, 0)
    'Digit 1, stripes 0, 0, 0, upright: no filter at all. Every answer is 0.'
    """
    opening = f"Digit {digit}, stripes {first}, {middle}, {last}, {TURNS[turn]}: {kind(first, middle, last)}."
    if first == middle == last == 0:
        return f"{opening} Every answer is 0."
    answers = feature_map(_pictures()[digit], kernel(first, middle, last, turn))
    row, column = strongest(answers)
    total = 3 * (first + middle + last)
    flat = "nothing to an even area" if total == 0 else f"{total} to an area full of ink"
    return (
        f"{opening} Its weights add up to {total}, so it answers {flat}. Here its strongest answer is "
        f"{answers[row, column]:.1f}, in row {row + 1}, column {column + 1}."
    )


def square(x: float, y: float, size: float) -> tuple[list[float], list[float]]:
    """The corners of a square as a closed line: x and y.

    >>> square(0, 1, 2)
    ([0, 2, 2, 0, 0], [1, 1, 3, 3, 1])
    """
    return [x, x + size, x + size, x, x], [y, y, y + size, y + size, y]


@lru_cache(maxsize=1)
def _stage() -> Stage:
    """The figure without anything in it, and the artists that each frame fills in."""
    fig, axes = subplots(ncols=3, width=7.6, height=3.0, width_ratios=(1, 0.6, 1))
    for ax, title in zip(axes, ("picture and its border", "filter", "feature map"), strict=True):
        ax.set(xticks=[], yticks=[], title=title)
        ax.grid(visible=False)
    left, middle, right = axes
    art = SimpleNamespace()
    art.picture = left.imshow(np.zeros((10, 10)), cmap="gray_r", vmin=0, vmax=1)
    # (half of the colours only, so that dark numbers can be read on all of them)
    art.filter = middle.imshow(np.zeros((3, 3)), cmap=SIGNS, vmin=-4, vmax=4)
    art.answers = right.imshow(np.zeros((8, 8)), cmap=SIGNS, vmin=-1, vmax=1)
    for i, j in np.ndindex(3, 3):
        number = middle.text(j, i, "", ha="center", va="center", color=COLORS["ink"])
        setattr(art, f"number{i}{j}", number)
    (art.border,) = left.plot(*square(0.5, 0.5, 8), color=COLORS["grey"], linewidth=0.8, linestyle=":")
    here = {"color": COLORS["orange"], "linewidth": 2.2, "clip_on": False}
    (art.window,) = left.plot(*square(0, 0, 3), **here)
    (art.place,) = right.plot(*square(0, 0, 1), **here)
    return Stage(fig, art)


def frame(digit: int, first: int, middle: int, last: int, turn: int) -> Frame:
    """A digit, a filter of three stripes, and the filter's answer at each place.

    Args:
        digit: which picture, 0 to 9.
        first, middle, last: the weight of each stripe, one of `WEIGHTS`.
        turn: its number in `TURNS`.

    Raises:
        ValueError: when a value is not one of its slider's.

    >>> frame(digit=1, first=-1, middle=0, last=1, turn=0).sentence.split(".")[0]
    'Digit 1, stripes -1, 0, 1, upright: an edge filter'
    """
    within(CONTROLS, digit=digit, first=first, middle=middle, last=last, turn=turn)
    picture, weights = _pictures()[digit], kernel(first, middle, last, turn)
    answers = feature_map(picture, weights)
    row, column = strongest(answers)
    limit = float(np.abs(answers).max()) or 1.0

    def paint(art: SimpleNamespace) -> None:
        art.picture.set_data(np.pad(picture, 1))
        art.filter.set_data(weights)
        for i, j in np.ndindex(3, 3):
            getattr(art, f"number{i}{j}").set_text(f"{weights[i, j]:g}")
        art.answers.set_data(answers)
        art.answers.set_clim(-limit, limit)
        # (the window of the first answer begins in the corner of the border)
        art.window.set_data(*square(column - 0.5, row - 0.5, 3))
        art.place.set_data(*square(column - 0.5, row - 0.5, 1))

    low, high = np.round([answers.min(), answers.max()], 1) + 0.0  # + 0.0: never "-0.0"
    alt = (
        f"A digit {digit} of 8 by 8 pixels, a filter with {TURNS[turn]} stripes {first}, {middle} and "
        f"{last}, and its feature map, from {low:.1f} to {high:.1f}. A frame marks the answer in row "
        f"{row + 1}, column {column + 1}, and the window that it comes from."
    )
    return Frame(_stage().picture(alt, paint), sentence(digit, first, middle, last, turn))


CONTROLS = (
    Control("digit", "digit", DIGITS, default=4),
    Control("first", "first stripe", WEIGHTS, default=-1),
    Control("middle", "middle stripe", WEIGHTS, default=0),
    Control("last", "last stripe", WEIGHTS, default=1),
    Control("turn", "stripes", range(len(TURNS)), default=0, text=TURNS.__getitem__),
)


def explorer() -> None:
    """Show the explorer in a notebook."""
    explore(frame, CONTROLS)
