"""The figures of lesson 15: what generators make of a ring, maps of one cloud, two ways along a cliff.

They take what the lesson computed and return a figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from helpers.figures import COLORS, all_finite, subplots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["error_by_rate", "maps_of_one_cloud", "on_the_ring", "two_ways"]


def on_the_ring(real: np.ndarray, made: Mapping[str, Sequence[np.ndarray]], titles: Sequence[str]) -> Figure:
    """Made points over real ones: a row for each training, a column for each time.

    Args:
        real: points of the data (n, 2), drawn in grey.
        made: by name, points (m, 2) at each time.
        titles: what each column is.

    >>> len(on_the_ring(np.ones((2, 2)), {"a": [np.ones((3, 2))]}, ["step 1"]).axes)
    1
    """
    fig, axes = subplots(
        nrows=len(made), ncols=len(titles), width=7.2, height=2.4 * len(made) + 0.3, squeeze=False
    )
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title)
    for row, (name, pictures), color in zip(axes, made.items(), ("blue", "red", "green"), strict=False):
        for ax, points in zip(row, pictures, strict=True):
            ax.plot(*np.asarray(real, float).T, "o", markersize=3, color=COLORS["light"])
            ax.plot(*np.asarray(points, float).T, "o", markersize=2, color=COLORS[color], alpha=0.6)
            ax.set(xlim=(-1.6, 1.6), ylim=(-1.6, 1.6), xticks=[], yticks=[], aspect="equal")
        row[0].set_ylabel(name)
    return fig


def maps_of_one_cloud(maps: Mapping[str, np.ndarray]) -> Figure:
    """The same rows in several maps; the scale of a map says nothing, so it is left out.

    Args:
        maps: by title, places (n, 2).

    >>> len(maps_of_one_cloud({"data": np.ones((3, 2)), "map": np.ones((3, 2))}).axes)
    2
    """
    fig, axes = subplots(ncols=len(maps), width=8.2, height=2.9, squeeze=False)
    for ax, (title, places) in zip(axes[0], maps.items(), strict=True):
        ax.plot(*np.asarray(places, float).T, "o", markersize=3, color=COLORS["blue"])
        ax.set(title=title, xticks=[], yticks=[])
        ax.set_aspect("equal", adjustable="datalim")
    return fig


def two_ways(ways: Mapping[str, Sequence[tuple[int, int]]], shape: tuple[int, int]) -> Figure:
    """Ways over a grid whose lowest row, but for its two ends, is a cliff.

    Args:
        ways: by name, the states (row, column) from start to goal; row 0 is at the top.
        shape: rows and columns of the grid.

    >>> len(two_ways({"a": [(3, 0), (2, 0), (2, 11), (3, 11)]}, (4, 12)).axes[0].lines)
    1
    """
    rows, columns = shape
    fig, ax = subplots(width=7.4, height=3)
    ax.fill_between([0.5, columns - 1.5], rows - 1.5, rows - 0.5, color=COLORS["light"])
    ax.text(columns / 2 - 0.5, rows - 1, "cliff, −100", ha="center", va="center")
    for (name, way), (color, dash) in zip(
        ways.items(), (("red", "-"), ("blue", (0, (5, 2))), ("green", ":")), strict=False
    ):
        down, right = np.asarray(way, float).T
        ax.plot(right, down, color=COLORS[color], linestyle=dash, marker="o", markersize=4, label=name)
    ax.text(0, rows - 0.8, "start", ha="center", va="top")
    ax.text(columns - 1, rows - 0.8, "goal", ha="center", va="top")
    ax.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))
    ax.set_xticks(np.arange(columns) + 0.5, [])
    ax.set_yticks(np.arange(rows) + 0.5, [])
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(ways))
    return fig


def error_by_rate(rates: np.ndarray, errors: Mapping[str, np.ndarray]) -> Figure:
    """Error by learning rate, on logarithmic scales: the mean over the seeds, and each seed as a dot.

    Args:
        rates: learning rates (r,), ascending.
        errors: by name, errors (r, seeds).

    >>> len(error_by_rate(np.array([0.1, 1.0]), {"a": np.ones((2, 3))}).axes[0].lines)
    4
    """
    fig, ax = subplots(width=6.6, height=3.4)
    all_finite(rates=rates)
    looks = (("red", "o", "-"), ("blue", "s", (0, (5, 2))))
    for (name, values), (color, marker, dash) in zip(errors.items(), looks, strict=False):
        mean = values.mean(axis=1, dtype=float)
        ax.plot(rates, mean, color=COLORS[color], marker=marker, linestyle=dash, label=name)
        ax.plot(rates, values, color=COLORS[color], marker=".", linestyle="", alpha=0.5)
    ax.set(xscale="log", yscale="log", xlabel="learning rate", ylabel="mean squared error")
    ax.set_xticks(rates, [f"{rate:g}" for rate in np.asarray(rates).tolist()])
    ax.minorticks_off()
    ax.legend(loc="upper center")
    return fig
