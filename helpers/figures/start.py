"""The pictures of lesson 00, each a function that returns a figure for `show(fig, alt=…)`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.figures import COLORS, subplots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["answers", "centres", "perplexities", "policy", "process", "watermarks"]

ARROWS = "↑↓←→"
BOX = {"boxstyle": "round,pad=0.45", "linewidth": 1.2}


def process() -> Figure:
    """The fourteen steps from a table to a model in use, in the order of the work.

    >>> len(process().axes[0].texts) > 14
    True
    """
    fig, ax = subplots(width=8, height=3.3)
    ax.set(xlim=(0, 8), ylim=(0, 3.3))
    ax.axis("off")
    _row(ax, 3.0, "the data", ["annotate", "split", "preprocess"], "blue")
    _row(ax, 2.25, "the model", ["define", "initialise"], "green")
    _row(ax, 1.45, "training", ["forward", "loss", "backward", "update"], "red")
    _row(ax, 0.4, "the rest", ["validate", "tune", "test", "save", "deploy"], "purple")
    loop = {"arrowstyle": "->", "color": COLORS["red"], "linewidth": 1.4, "connectionstyle": "arc3,rad=-0.09"}
    ax.annotate("", xy=(1.7, 1.2), xytext=(5.9, 1.2), arrowprops=loop)
    ax.text(6.45, 1.45, "again, for\nevery batch", color=COLORS["red"], fontsize=9.5, va="center")
    return fig


def _row(ax: Axes, height: float, title: str, steps: Sequence[str], color: str) -> None:
    """Boxes from left to right with an arrow from each to the next."""
    ax.text(0.05, height, title, color=COLORS["grey"], va="center")
    for place, step in enumerate(steps):
        x = 1.7 + 1.4 * place
        style: dict[str, Any] = BOX | {"facecolor": "white", "edgecolor": COLORS[color]}
        ax.text(x, height, step, ha="center", va="center", bbox=style, fontsize=10)
        if place:
            ax.annotate(
                "",
                xy=(x - 0.58, height),
                xytext=(x - 0.82, height),
                arrowprops={"arrowstyle": "->", "color": COLORS["grey"]},
            )


def answers(scores: np.ndarray, y: np.ndarray, names: Sequence[str]) -> Figure:
    """Every test sample at its score, one row per class, the wrong ones as crosses.

    Args:
        scores: (n,); the model says class 1 where the score is above 0.
        y: (n,) in 0..1, the truth.
        names: what the two classes are called.

    >>> answers(np.array([-1.0, 2.0, 0.5]), np.array([0, 1, 0]), ["no", "yes"]).axes[0].get_xlabel()
    'score of the model'
    """
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


def policy(Q: np.ndarray) -> Figure:
    """The best action in every square of a grid, on the value of that action; the goal is the last one.

    Args:
        Q: (squares, 4), the value of up, down, left, right in every square.

    >>> policy(np.zeros((16, 4))).axes[0].get_title(loc="left")
    'what the agent does in each square'
    """
    side = round(len(Q) ** 0.5)
    value = Q.max(axis=1)
    value[-1] = 1.0
    fig, ax = subplots(width=3.6, height=3.4)
    ax.imshow(value.reshape(side, side), cmap="Blues", vmin=0, vmax=1.6)
    for square in range(len(Q)):
        row, column = divmod(square, side)
        sign = "goal" if square == len(Q) - 1 else ARROWS[int(Q[square].argmax())]
        ax.text(column, row, sign, ha="center", va="center", fontsize=11 if sign == "goal" else 17)
    ax.set(xticks=[], yticks=[], title="what the agent does in each square")
    ax.grid(visible=False)
    return fig


def perplexities(orders: Sequence[int], train: Sequence[float], held_out: Sequence[float]) -> Figure:
    """Perplexity on the text that a model has read and on text that it has not, by how far it looks back.

    Args:
        orders: the models, 1 for single characters, 2 for pairs, ….
        train: one perplexity for each.
        held_out: one perplexity for each.

    >>> len(perplexities([1, 2], [20, 10], [24, 18]).axes[0].lines)
    2
    """
    fig, ax = subplots(width=6.4, height=3)
    ax.plot(orders, train, "o-", color=COLORS["blue"])
    ax.plot(orders, held_out, "s-", color=COLORS["red"])
    ax.text(orders[-1] + 0.15, train[-1], "text it has read", color=COLORS["blue"], va="center")
    ax.text(orders[-1] + 0.15, held_out[-1], "text it has not", color=COLORS["red"], va="center")
    ax.set(xlim=(orders[0] - 0.3, orders[-1] + 2.4), ylim=(0, None), xticks=list(orders))
    ax.set(xlabel="longest piece that it looks at, in characters", ylabel="perplexity")
    return fig
