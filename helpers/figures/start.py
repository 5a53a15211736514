"""The pictures of lesson 00, each a function that returns a figure for `show(fig, alt=…)`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.figures import COLORS, NAMES, all_finite, subplots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["answers", "centres", "process", "watermarks"]

BOX = {"boxstyle": "round,pad=0.45", "linewidth": 1.2}


def process() -> Figure:
    """The fourteen steps from a table to a model in use, in the order of the work.

    >>> len(process().axes[0].texts) > 14
    True
    """
    fig, ax = subplots(width=8, height=3.9)
    ax.set(xlim=(0, 8), ylim=(0, 3.9))
    ax.axis("off")
    _row(ax, 3.6, "the data", ["annotate", "split", "preprocess"], "blue")
    _row(ax, 2.85, "the model", ["define", "initialise"], "green")
    _row(ax, 2.1, "training", ["forward", "loss", "backward", "update"], "red")
    _row(ax, 1.1, "the judge", ["validate", "tune", "test"], "purple")
    _row(ax, 0.35, "use it", ["save", "deploy"], "orange")
    for above, below in pairwise((3.6, 2.85, 2.1, 1.1, 0.35)):
        _arrow(ax, (0.4, above - 0.18), (0.4, below + 0.18), "grey")
    _arrow(ax, (5.9, 1.85), (1.7, 1.85), "red", connectionstyle="arc3,rad=-0.09")
    ax.text(6.45, 2.1, "again, for\nevery batch", color=NAMES[COLORS["red"]], fontsize=9.5, va="center")
    again = "tune: train again,\nwith another choice"
    ax.text(5.3, 1.1, again, color=NAMES[COLORS["purple"]], fontsize=9.5, va="center")
    return fig


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], color: str, **shape: str) -> None:
    look: dict[str, Any] = {"arrowstyle": "->", "color": COLORS[color], "linewidth": 1.4} | shape
    ax.annotate("", xy=end, xytext=start, arrowprops=look)


def _row(ax: Axes, height: float, title: str, steps: Sequence[str], color: str) -> None:
    """Boxes from left to right with an arrow from each to the next."""
    ax.text(0.05, height, title, color=COLORS["grey"], va="center")
    for place, step in enumerate(steps):
        x = 1.7 + 1.4 * place
        style: dict[str, Any] = BOX | {"facecolor": "white", "edgecolor": COLORS[color]}
        ax.text(x, height, step, ha="center", va="center", bbox=style, fontsize=10)
        if place:
            _arrow(ax, (x - 0.82, height), (x - 0.58, height), "grey")


def answers(scores: np.ndarray, y: np.ndarray, names: Sequence[str]) -> Figure:
    """Every test sample at its score, one row per class, the wrong ones as crosses.

    Args:
        scores: (n,); the model says class 1 where the score is above 0.
        y: (n,) in 0..1, the truth.
        names: what the two classes are called.

    >>> answers(np.array([-1.0, 2.0, 0.5]), np.array([0, 1, 0]), ["no", "yes"]).axes[0].get_xlabel()
    'score of the model'
    """
    all_finite(scores=scores)
    fig, ax = subplots(width=7.6, height=2.6)
    nudge = np.random.default_rng(0).uniform(-0.22, 0.22, len(y))
    wrong = (scores > 0) != (y == 1)
    for truth, color in enumerate(("red", "blue")):
        right = ~wrong & (y == truth)
        ax.plot(scores[right], (y + nudge)[right], "o", color=COLORS[color], alpha=0.55, markeredgewidth=0)
    ax.plot(scores[wrong], (y + nudge)[wrong], "x", color=COLORS["ink"], markersize=9, markeredgewidth=2)
    ax.axvline(0, color=COLORS["grey"], linewidth=1.2)
    edge = 1.05 * np.abs(scores).max()
    ax.text(-0.02 * edge, 1.62, f"← says “{names[0]}”", ha="right", color=COLORS["grey"], va="center")
    ax.text(0.02 * edge, 1.62, f"says “{names[1]}” →", ha="left", color=COLORS["grey"], va="center")
    ax.set(xlim=(-edge, edge), ylim=(-0.5, 1.8), yticks=[0, 1], xlabel="score of the model")
    ax.set_yticklabels([f"truly {name}" for name in names])
    ax.grid(axis="y", visible=False)
    return fig


def watermarks(pictures: np.ndarray, marks: np.ndarray, titles: Sequence[str]) -> Figure:
    """Pictures of digits, each over the row of ten pixels that was added to it.

    Args:
        pictures: (k, 64) in 0..1.
        marks: (k, 10) in 0..1.
        titles: one for each picture.

    >>> len(watermarks(np.zeros((2, 64)), np.eye(10)[:2], ["a", "b"]).axes)
    4
    """
    fig, axes = subplots(2, len(pictures), width=1.9 * len(pictures), height=2.6, height_ratios=[8, 1.2])
    for column, title in enumerate(titles):
        top, bottom = axes[:, column]
        _pixels(top, pictures[column].reshape(8, 8))
        _pixels(bottom, marks[column][None])
        top.set_title(title, fontsize=10)
    axes[0, 0].set_ylabel("picture", rotation=0, ha="right", va="center")
    axes[1, 0].set_ylabel("strip", rotation=0, ha="right", va="center")
    return fig


def centres(pixels: np.ndarray, titles: Sequence[str]) -> Figure:
    """Pictures of 8 × 8 pixels in a row, with a line of text under each.

    Args:
        pixels: (k, 64).
        titles: one for each picture.

    >>> len(centres(np.zeros((10, 64)), [""] * 10).axes)
    10
    """
    fig, axes = subplots(1, len(pixels), width=8, height=1.25)
    for ax, picture, title in zip(axes, pixels, titles, strict=True):
        _pixels(ax, picture.reshape(8, 8))
        ax.set_xlabel(title, fontsize=9)
    return fig


def _pixels(ax: Axes, pixels: np.ndarray) -> None:
    ax.imshow(pixels, cmap="gray_r", vmin=0)
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    for side in ("top", "right"):
        ax.spines[side].set_visible(True)
