"""The drawings of lesson 01: each function takes results and returns a figure.

They stand here so that the lesson's cells hold the experiment and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from helpers.figures import COLORS, subplots

__all__ = ["class_shares", "digits_with_labels", "fold_map", "picked_by_chance", "spread_by_size"]


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


def class_shares(random: Sequence[float], stratified: Sequence[float], truth: float) -> Any:
    """How the share of one class in the test set scatters: random splits against stratified ones.

    Args:
        random: shares in [0, 1] of many random test sets.
        stratified: shares in [0, 1] of as many stratified test sets.
        truth: the share in all the data.

    >>> fig = class_shares([0.3, 0.4, 0.5], [0.37, 0.37, 0.37], 0.37)
    >>> fig.axes[1].get_xlabel()
    'share of malignant tumours in the test set'
    """
    fig, axes = subplots(nrows=2, width=7.0, height=3.4, sharex=True)
    edges = (np.arange(31) - 0.5) / 30  # one bar for each possible count in 30 rows
    panels = [("random split", random, COLORS["blue"]), ("stratified split", stratified, COLORS["red"])]
    for ax, (name, shares, color) in zip(axes, panels, strict=True):
        ax.hist(shares, bins=edges, color=color, edgecolor=COLORS["card"], linewidth=0.6)
        ax.axvline(
            truth, color=COLORS["ink"], linestyle=":", linewidth=1.8, label=f"all the data: {truth:.2f}"
        )
        ax.set(title=name, ylabel="test sets", xlim=(0, 0.8))
    axes[0].legend(loc="upper right")
    axes[1].set_xlabel("share of malignant tumours in the test set")
    return fig


def spread_by_size(sizes: Sequence[int], spread: Sequence[float], accuracy: float) -> Any:
    """The spread of measured accuracies against the size of the test set, beside √(p(1 − p)/n).

    Args:
        sizes: numbers of test rows n.
        spread: standard deviation of the accuracies that were measured with so many rows.
        accuracy: the true accuracy p, in [0, 1].

    Raises:
        ValueError: when `sizes` and `spread` have different lengths.

    >>> fig = spread_by_size([10, 1000], [0.09, 0.01], 0.9)
    >>> fig.axes[0].get_xscale()
    'log'
    """
    if len(sizes) != len(spread):
        raise ValueError(f"sizes and spread must be of one length; got {len(sizes)} and {len(spread)}")
    n = np.geomspace(20, 20_000, 100)
    fig, ax = subplots(width=7.0, height=3.2)
    ax.plot(n, 100 * np.sqrt(accuracy * (1 - accuracy) / n), label=r"formula $\sqrt{p(1-p)/n}$")
    ax.plot(sizes, 100 * np.asarray(spread), "o", color=COLORS["red"], markersize=8, label="measured")
    ax.set(xscale="log", yscale="log", xlabel="rows in the test set", ylabel="spread, percentage points")
    ax.set_xticks([30, 100, 300, 1000, 3000, 10000], ["30", "100", "300", "1000", "3000", "10 000"])
    ax.set_yticks([0.2, 0.5, 1, 2, 5], ["0.2", "0.5", "1", "2", "5"])
    ax.minorticks_off()
    ax.legend(loc="upper right")
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
    fig, ax = subplots(width=7.0, height=0.42 * len(folds) + 0.9)
    for turn, (training, validation) in enumerate(folds, start=1):
        ax.bar(training, 0.7, width=0.9, bottom=turn - 0.35, color=COLORS["light"])
        ax.bar(validation, 0.7, width=0.9, bottom=turn - 0.35, color=COLORS["blue"])
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
    ax.plot([0, 1], values, color=COLORS["grey"], linewidth=1.0, alpha=0.5)
    for place, color in enumerate((COLORS["red"], COLORS["blue"])):
        ax.plot(np.full(values.shape[1], place), values[place], "o", color=color, alpha=0.75)
        ax.hlines(values[place].mean(), place - 0.14, place + 0.14, color=COLORS["ink"], linewidth=2.5)
        side = "right" if place == 0 else "left"
        ax.text(place + (-0.18, 0.18)[place], values[place].mean(), f"{values[place].mean():.2f}",
                ha=side, va="center", fontweight="bold")  # fmt: skip
    ax.set(xlim=(-0.5, 1.5), ylabel="accuracy of the winner")
    ax.set_xticks([0, 1], names)
    ax.grid(axis="x", visible=False)
    return fig
