"""The figures of lesson 18: rounding and clipping, the choice of a range, three grids, the ladder of bits.

They take what the lesson measured and return a figure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from helpers.figures import COLORS, NAMES, all_finite, subplots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from helpers.quantization import AffineMap

__all__ = ["error_by_range", "grids_over_weights", "ladder", "staircase"]

LOOKS = (("blue", "o"), ("red", "^"), ("green", "s"), ("purple", "v"), ("orange", "D"))


def staircase(ruler: AffineMap) -> Figure:
    """What a map makes of each number, in its range and half of it beyond, and the error below.

    >>> from helpers.quantization import symmetric
    >>> [len(ax.lines) for ax in staircase(symmetric(-1, 1, (-3, 3))).axes]
    [4, 3]
    """
    low, high = (float(end) for end in ruler.range)
    step, wide = float(ruler.scale), (high - low) / 4
    x = np.linspace(low - wide, high + wide, 2001)
    fig, (top, bottom) = subplots(nrows=2, width=7, height=4.4, sharex=True, height_ratios=(1.6, 1))
    top.plot(x, x, color=COLORS["grey"], linewidth=1, linestyle=(0, (4, 3)))
    top.plot(x, ruler(x), color=COLORS["blue"], linewidth=1.8)
    top.set(ylabel="$\\hat x$, there and back")
    bottom.plot(x, x - ruler(x), color=COLORS["red"], linewidth=1.5)
    bottom.axhspan(-step / 2, step / 2, color=COLORS["light"], zorder=0)
    bottom.set(xlabel="x", ylabel="error")
    for ax in (top, bottom):
        for end in (low, high):
            ax.axvline(end, color=COLORS["grey"], linewidth=0.8)
    bottom.text(0, 1.1 * step, "rounding, at most s/2", ha="center", va="bottom", fontsize=9.5)
    top.text(low - wide, high, "clipped", ha="left", va="top", fontsize=9.5)
    top.text(high + wide, low, "clipped", ha="right", va="bottom", fontsize=9.5)
    return fig


def error_by_range(ends: Sequence[float], squares: Mapping[int, Sequence[float]]) -> Figure:
    """The mean squared error by the end of the range, a line for each bit width, its least point marked.

    Args:
        ends: the ends of the range, ascending.
        squares: by bits, the mean squared error at each end.

    >>> len(error_by_range([1, 2], {8: [0.1, 0.2]}).axes[0].lines)
    2
    """
    fig, ax = subplots(width=7, height=3.4)
    x = np.asarray(ends, float)
    for (bits, errors), (color, marker) in zip(squares.items(), LOOKS, strict=False):
        square = np.asarray(errors, float)
        all_finite(squares=square)
        best = square.argmin()
        ax.plot(x, square, color=COLORS[color], linewidth=1.6)
        ax.plot(x[best], square[best], marker, color=COLORS[color], markersize=8)
        ink = NAMES.get(COLORS[color], COLORS[color])
        ax.text(x[-1], square[-1], f"  {bits} bits", color=ink, va="center", fontsize=9.5)
    ax.set(
        yscale="log", xlabel="end of the range (the last is the largest weight)", ylabel="mean squared error"
    )
    return fig


def grids_over_weights(weights: np.ndarray, grids: Mapping[str, np.ndarray]) -> Figure:
    """A histogram of weights, and below it the marks of each grid.

    Args:
        weights: any shape.
        grids: by name, the numbers that exist.

    >>> len(grids_over_weights(np.zeros(3), {"a": np.arange(2)}).axes[1].lines)
    1
    """
    fig, (top, bottom) = subplots(nrows=2, width=7, height=3.6, sharex=True, height_ratios=(2, 1.1))
    weights = np.asarray(weights, float).ravel()
    all_finite(weights=weights)
    top.hist(weights, bins=80, color=COLORS["sky"])
    top.set(ylabel="weights")
    for row, (marks, (color, _)) in enumerate(zip(grids.values(), LOOKS, strict=False)):
        marks = np.asarray(marks, float)
        all_finite(marks=marks)
        bottom.plot(
            marks, np.full(len(marks), -row), "|", color=COLORS[color], markersize=14, markeredgewidth=2
        )
    bottom.set(yticks=[-row for row in range(len(grids))], ylim=(0.6 - len(grids), 0.6), xlabel="weight")
    bottom.set_yticklabels(list(grids))
    bottom.tick_params(axis="y", length=0)
    return fig


def ladder(widths: Sequence[int], accuracies: Mapping[str, Sequence[np.ndarray]]) -> Figure:
    """Accuracy by bits, equal distances between the widths: a line of means, bars from worst to best.

    Args:
        widths: bits, from many to few.
        accuracies: by name, at each width those of all networks.

    >>> len(ladder([8, 4], {"a": [np.ones(3), np.ones(3)]}).axes[0].lines)
    1
    """
    fig, ax = subplots(width=7, height=3.4)
    means_and_ends(ax, widths, accuracies, LOOKS)
    ax.set(xlabel="bits a weight", ylabel="accuracy", ylim=(0, 1.03))
    ax.legend(loc="lower left")
    return fig


def means_and_ends(
    ax: Axes,
    widths: Collection[int],
    accuracies: Mapping[str, Iterable[np.ndarray]],
    looks: Sequence[tuple[str, str]],
) -> None:
    """Lines of mean accuracies by bits, equal distances between the widths, with bars from worst to best.

    Args:
        ax: where to draw them.
        widths: bits, in the order of the axis.
        accuracies: by name, at each width those of all networks.
        looks: colour and marker of each line.

    >>> _, ax = subplots()
    >>> means_and_ends(ax, [8, 4], {"a": [np.ones(3), np.ones(3)]}, LOOKS)
    >>> [tick.get_text() for tick in ax.get_xticklabels()]
    ['8', '4']
    """
    places = np.arange(len(widths))
    for i, ((name, scores), (color, marker)) in enumerate(zip(accuracies.items(), looks, strict=False)):
        each = np.array([np.asarray(score, float) for score in scores])
        beside = places + 0.08 * (i - (len(accuracies) - 1) / 2)  # so that no bar hides another
        ax.vlines(beside, each.min(axis=1), each.max(axis=1), color=COLORS[color], linewidth=1.2)
        ax.plot(beside, each.mean(axis=1), marker + "-", color=COLORS[color], linewidth=1.5, label=name)
    ax.set_xticks(places, [str(bits) for bits in widths])
