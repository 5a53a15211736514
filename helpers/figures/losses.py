"""The figures of lesson 07: five losses of one number, the cost and the pull of an error, the loss by score.

They take what the lesson computed and return a figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from helpers.figures import COLORS, subplots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["by_logit", "one_number", "values_and_pulls"]

LOOKS = {
    "MSE": ("blue", "-"),
    "MAE": ("red", "-"),
    "Huber": ("green", "--"),
    "hinge": ("purple", (0, (5, 1.5))),
    "log loss": ("ink", "-."),
    "squared, of σ": ("blue", "-"),
}
"""The colour and the dash of a loss, the same in every figure."""


def _lines(ax: Axes, x: np.ndarray, curves: Mapping[str, np.ndarray]) -> None:
    for name, y in curves.items():
        color, dash = LOOKS[name]
        ax.plot(x, y, color=COLORS[color], linestyle=dash, label=name)


def one_number(tried: np.ndarray, cost: Mapping[str, np.ndarray]) -> Figure:
    """The mean of each loss for every number that was tried, with its lowest point.

    Args:
        tried: the numbers (n,).
        cost: by the name of the loss, its mean for each number (n,); names as in `LOOKS`.

    >>> one_number(np.arange(3.0), {"MSE": np.array([1.0, 0.0, 1.0])}).axes[0].get_xlabel()
    'f, the one number'
    """
    fig, ax = subplots(width=7.6, height=3.7)
    _lines(ax, tried, cost)
    for name, values in cost.items():
        lowest = values.argmin()
        size = 12 if name == "MAE" else 8  # hinge has its lowest point in the same place
        ax.plot(tried[lowest], values[lowest], "o", color=COLORS[LOOKS[name][0]], markersize=size)
    ax.set(xlim=(-2, 2), ylim=(0, 3), xlabel="f, the one number", ylabel="mean loss of 100 drivers")
    ax.set_xticks([-2, -1, 0, 0.4, 1, 2], ["−2", "−1", "0", "0.4", "1", "2"])
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig


def values_and_pulls(
    error: np.ndarray, values: Mapping[str, np.ndarray], pulls: Mapping[str, np.ndarray]
) -> Figure:
    """What an error costs, beside how hard it pulls.

    Args:
        error: errors y - ŷ (n,), ascending.
        values, pulls: by the name of the loss, its value and its slope for each error (n,).

    >>> len(values_and_pulls(np.arange(3.0), {"MSE": np.arange(3.0)}, {"MSE": np.ones(3)}).axes)
    2
    """
    fig, (left, right) = subplots(ncols=2, width=8, height=3.3)
    _lines(left, error, values)
    _lines(right, error, pulls)
    left.set(title="loss", xlabel="error", ylim=(0, 4))
    right.set(title="its slope: the pull", xlabel="error", ylim=(-4, 4))
    right.legend(loc="upper left")
    return fig


def by_logit(score: np.ndarray, values: Mapping[str, np.ndarray], slopes: Mapping[str, np.ndarray]) -> Figure:
    """What a true class costs for every score, beside the slope in the score.

    Args:
        score: the score, or logit, of the true class (n,), ascending.
        values, slopes: by the name of the loss, its value and its slope for each score (n,).

    >>> len(by_logit(np.arange(3.0), {"hinge": np.arange(3.0)}, {"hinge": np.ones(3)}).axes)
    2
    """
    fig, (left, right) = subplots(ncols=2, width=8, height=3.3)
    _lines(left, score, values)
    _lines(right, score, slopes)
    left.set(title="loss, if the truth is yes", xlabel="score for yes", ylim=(0, 9))
    right.set(title="its slope in the score", xlabel="score for yes", ylim=(-1.1, 0.1))
    left.legend(loc="upper right")
    return fig
