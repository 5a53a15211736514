"""The drawings of lesson 01: each function takes results and returns a figure.

They stand here so that the lesson's cells hold the experiment and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from helpers.figures import COLORS, VALIDATION, subplots

__all__ = ["digits_with_labels", "fold_map", "picked_by_chance"]


def digits_with_labels(X: np.ndarray, y: np.ndarray, y_random: np.ndarray) -> Any:
    """Ten pictures in a row, with the true and the random label under each.

    Args:
        X: pictures of 8 × 8 grey values from 0 to 16, shape (n, 64) with n ≥ 10; the first ten are drawn.
        y: their labels, shape (n,).
        y_random: the labels that chance gave them, shape (n,).

    Raises:
        ValueError: when there are fewer than ten pictures, or they do not have 64 values.

    >>> fig = digits_with_labels(np.zeros((10, 64)), np.arange(10), np.arange(10))
    >>> len(fig.axes)
    10
    """
    X = np.asarray(X)
    if X.ndim != 2 or X.shape[0] < 10 or X.shape[1] != 64:
        raise ValueError(f"X must hold at least ten pictures of 64 values, shape (n, 64); got {X.shape}")
    fig, axes = subplots(ncols=10, width=8.0, height=1.55)
    for ax, picture, true, random in zip(axes, X, y, y_random, strict=False):
        ax.imshow(picture.reshape(8, 8), cmap="gray_r", vmin=0, vmax=16)
        ax.set(xticks=[], yticks=[])
        ax.grid(False)
        ax.spines[:].set_visible(False)
        ax.set_title(f"{true}", fontsize=12, loc="center", color=COLORS["ink"])
        ax.set_xlabel(f"{random}", fontsize=12, fontweight="bold", color=COLORS["red"])
    axes[0].set_ylabel("true above,\nrandom below", fontsize=8.5, rotation=0, ha="right", va="center")
    return fig


def fold_map(folds: Sequence[tuple[np.ndarray, np.ndarray]]) -> Any:
    """One line per fold: which rows train, and which are held out in that turn.

    Args:
        folds: pairs (training rows, validation rows), as `helpers.splits.k_fold` gives them.

    Raises:
        ValueError: when there is no fold.

    >>> fig = fold_map([(np.array([1]), np.array([0])), (np.array([0]), np.array([1]))])
    >>> fig.axes[0].get_xlabel()
    'row'
    """
    if not folds:
        raise ValueError("folds is empty; give at least one pair (training rows, validation rows)")
    n = sum(len(part) for part in folds[0])
    fig, ax = subplots(width=7.0, height=0.42 * len(folds) + 1.2)
    for turn, (training, validation) in enumerate(folds, start=1):
        trains = ax.bar(training, 0.7, width=0.9, bottom=turn - 0.35, color=COLORS["light"])
        held = ax.bar(validation, 0.7, width=0.9, bottom=turn - 0.35, color=VALIDATION["color"])
    fig.legend([held, trains], ["held out", "trains"], loc="outside upper right", ncols=2)
    ax.set(xlabel="row", xlim=(-0.7, n - 0.3), ylim=(len(folds) + 0.5, 0.5))
    ax.set_yticks(range(1, len(folds) + 1), [f"turn {turn}" for turn in range(1, len(folds) + 1)])
    ax.set_xticks(range(0, n, max(1, n // 20)))
    ax.grid(False)
    ax.spines[:].set_visible(False)
    return fig


def picked_by_chance(scores: Mapping[str, Sequence[float]]) -> Any:
    """The winners' scores on the rows that chose them and on fresh rows, one line per repetition.

    Args:
        scores: two named sequences of equal length with accuracies in [0, 1]; the first is where the winner
            was chosen.

    Raises:
        ValueError: when there are not exactly two sequences.

    >>> fig = picked_by_chance({"chosen on": [0.9, 1.0], "fresh": [0.8, 0.8]})
    >>> [label.get_text() for label in fig.axes[0].get_xticklabels()]
    ['chosen on', 'fresh']
    """
    if len(scores) != 2:
        raise ValueError(f"scores must hold two named sequences; got {len(scores)}: {list(scores)}")
    names, values = list(scores), np.array(list(scores.values()))
    fig, ax = subplots(width=5.2, height=3.4)
    spread = np.linspace(-0.09, 0.09, values.shape[1])  # side by side: equal scores do not hide each other
    ax.plot([spread, 1 + spread], values, color=COLORS["grey"], linewidth=1.0, alpha=0.5)
    for place, color in enumerate((VALIDATION["color"], COLORS["blue"])):
        ax.plot(place + spread, values[place], "o", color=color, alpha=0.75)
        mean = {"color": COLORS["ink"], "linewidth": 2.5, "zorder": 1.5}  # under the dots
        ax.hlines(values[place].mean(), place - 0.17, place + 0.17, **mean)
        side = "right" if place == 0 else "left"
        ax.text(place + (-0.2, 0.2)[place], values[place].mean(), f"{values[place].mean():.2f}",
                ha=side, va="center", fontweight="bold")  # fmt: skip
    ax.set(xlim=(-0.5, 1.5), ylabel="accuracy of the winner")
    ax.set_xticks([0, 1], names)
    ax.grid(axis="x", visible=False)
    return fig
