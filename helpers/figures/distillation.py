"""The figures of lesson 17: a label that gets softer, and accuracy by bytes.

They take what the lesson computed and return a figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from helpers.figures import COLORS, all_finite, subplots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["frontier", "soft_labels"]

LOOKS = (("grey", "s"), ("blue", "o"), ("red", "^"), ("green", "D"))
BYTES = (200, 500, 1000, 2000, 5000, 10_000, 20_000, 40_000, 100_000)


def soft_labels(pictures: np.ndarray, labels: Mapping[float, np.ndarray]) -> Figure:
    """Pictures, a row for each, and beside them what the teacher answers at each temperature.

    Args:
        pictures: (m, 64), 8 × 8 pixels each.
        labels: by temperature, the ten probabilities of each picture (m, 10).

    >>> len(soft_labels(np.ones((2, 64)), {1: np.ones((2, 10)) / 10}).axes)
    4
    """
    all_finite(**{f"labels at T = {T:g}": shares for T, shares in labels.items()})
    m = len(pictures)
    fig, axes = subplots(m, 1 + len(labels), width=8, height=1.6 * m + 0.5, squeeze=False)
    for row, (line, picture) in enumerate(zip(axes, pictures, strict=True)):
        line[0].imshow(np.asarray(picture).reshape(8, 8), cmap="gray_r")
        line[0].set_axis_off()
        for ax, (T, shares) in zip(line[1:], labels.items(), strict=True):
            ax.bar(range(10), shares[row], color=COLORS["blue"], width=0.7)
            ax.set(ylim=(0, 1.05), yticks=(0, 0.5, 1))
            ax.set_xticks(range(10))
            if ax is not line[1]:
                ax.set_yticklabels([])
            if row == 0:
                ax.set_title(f"T = {T:g}")
            if row == m - 1:
                ax.set_xlabel("class")
        line[1].set_ylabel("probability")
    return fig


def frontier(models: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Accuracy by bytes: for each way a line through the means, bars from worst to best.

    Args:
        models: at most four ways by name, each with the bytes (m,) of its sizes and their accuracies
            (m, runs).

    >>> len(frontier({"alone": (np.array([1000, 2000]), np.ones((2, 3)))}).axes[0].lines)
    1
    """
    fig, ax = subplots(width=7.6, height=3.8)
    for (name, (sizes, accuracies)), (color, marker) in zip(models.items(), LOOKS, strict=False):
        all_finite(bytes=sizes)
        ax.vlines(
            sizes,
            accuracies.min(axis=1),
            accuracies.max(axis=1),
            color=COLORS[color],
            linewidth=1.1,
            alpha=0.6,
        )
        means = accuracies.mean(axis=1, dtype=float)
        ax.plot(sizes, means, marker + "-", color=COLORS[color], linewidth=1.5, label=name)
    ax.set(xscale="log", xlabel="bytes", ylabel="accuracy on new pictures")
    low, high = ax.get_xlim()
    ticks = [tick for tick in BYTES if low <= tick <= high]
    ax.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    ax.minorticks_off()
    ax.legend(loc="lower right")
    return fig
