"""The figures of lesson 11: accuracy by rate and by batch size, and along which axis a norm works.

They take what the lesson measured and return a figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from helpers.figures import COLORS, NAMES, subplots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["accuracy_by_batch_size", "accuracy_by_rate", "axes_of_norms"]

ROWS, COLUMNS = 6, 5
LOOKS = (("red", "^"), ("green", "s"), ("blue", "o"))


def accuracy_by_rate(lrs: Sequence[float], accuracies: Mapping[str, np.ndarray]) -> Figure:
    """The accuracy at each learning rate: a line through the means of the seeds, a bar from worst to best.

    Args:
        lrs: the rates, ascending.
        accuracies: at most three, by name, each of shape (rates, seeds).

    >>> len(accuracy_by_rate([0.1, 1], {"He": np.zeros((2, 3))}).axes[0].lines)
    1
    """
    fig, ax = subplots(width=7.6, height=3.4)
    for (name, scores), (color, marker) in zip(accuracies.items(), LOOKS, strict=False):
        _mean_and_range(ax, np.asarray(lrs, float), np.asarray(scores, float), COLORS[color], marker, name)
    ax.set(xscale="log", xlabel="learning rate", ylabel="accuracy", ylim=(0, 1.03))
    ax.set_xticks(list(lrs), [f"{lr:g}" for lr in lrs])
    ax.minorticks_off()
    fig.legend(loc="outside right upper")
    return fig


def accuracy_by_batch_size(accuracies: Mapping[tuple[str, int], np.ndarray]) -> Figure:
    """The accuracy by batch size, a line for each norm.

    Args:
        accuracies: by (norm, batch size), those of the seeds, shape (seeds,).

    >>> len(accuracy_by_batch_size({("none", 2): np.ones(3), ("none", 4): np.ones(3)}).axes[0].lines)
    1
    """
    fig, ax = subplots(width=7, height=3.2)
    norms = list(dict.fromkeys(norm for norm, _ in accuracies))
    sizes = np.array(sorted({size for _, size in accuracies}))
    for i, (norm, (color, marker)) in enumerate(zip(norms, LOOKS, strict=False)):
        scores = np.array([accuracies[norm, size] for size in sizes], float)
        beside = sizes * 1.06 ** (i - (len(norms) - 1) / 2)  # so that no marker hides another
        _mean_and_range(ax, beside, scores, COLORS[color], marker, norm)
    ax.set(xscale="log", xlabel="batch size", ylabel="accuracy", ylim=(0, 1.03))
    ax.set_xticks(sizes, [str(size) for size in sizes])
    ax.minorticks_off()
    ax.legend(loc="lower right")
    return fig


def _mean_and_range(ax: Axes, x: np.ndarray, scores: np.ndarray, color: str, marker: str, name: str) -> None:
    ax.vlines(x, scores.min(axis=1), scores.max(axis=1), color=color, linewidth=1.2)
    ax.plot(x, scores.mean(axis=1), marker + "-", color=color, linewidth=1.5, label=name)


def axes_of_norms() -> Figure:
    """Two tables of samples and units: what a batch norm and what a layer norm takes its mean from.

    >>> [ax.get_title(loc="left") for ax in axes_of_norms().axes]
    ['batch norm', 'layer norm']
    """
    fig, axes = subplots(ncols=2, width=7, height=2.9)
    for ax, title, color in zip(axes, ("batch norm", "layer norm"), ("green", "blue"), strict=True):
        down = title == "batch norm"
        marked = np.zeros((ROWS, COLUMNS), bool)
        marked[(slice(None), 1) if down else 2] = True
        words = f"one mean, one spread\nfor this {'unit, over the batch' if down else 'sample'}"
        place = (1.0, ROWS - 0.25) if down else (COLUMNS - 0.3, 2.0)
        for row, column in np.ndindex(marked.shape):
            face = COLORS[color] if marked[row, column] else "white"
            ax.fill(
                column + np.array([-0.5, 0.5, 0.5, -0.5]),
                row + np.array([-0.5, -0.5, 0.5, 0.5]),
                facecolor=face,
                edgecolor=COLORS["grey"],
                linewidth=0.8,
            )
        ax.text(*place, words, ha="center" if down else "left", va="top" if down else "center",
                color=NAMES.get(COLORS[color], COLORS[color]), fontsize=9.5)  # fmt: skip
        ax.set(title=title, xlim=(-1.6, 9), ylim=(ROWS + 1.2, -1.3), aspect="equal")
        ax.text((COLUMNS - 1) / 2, -0.65, "units", ha="center", va="bottom", fontsize=9.5)
        ax.text(-0.7, (ROWS - 1) / 2, "samples", ha="right", va="center", rotation=90, fontsize=9.5)
        ax.set_axis_off()
        ax.title.set_visible(True)
    return fig
