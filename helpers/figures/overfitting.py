"""The figures of lesson 12: memory at work, many fits, the two parts of an error, double descent.

They take what the lesson computed and return a figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from helpers.figures import COLORS, TRAIN, VALIDATION, all_finite, subplots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["double_descent", "learning_by_heart", "many_fits", "two_parts"]


def learning_by_heart(curves: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Accuracy on training and on new rows after each epoch, a panel for each training.

    Args:
        curves: by title, the accuracies (epochs,) on training rows and on new rows.

    >>> len(learning_by_heart({"a": (np.ones(3), np.ones(3)), "b": (np.ones(3), np.ones(3))}).axes)
    2
    """
    fig, axes = subplots(ncols=len(curves), width=8, height=3.3, sharey=True, squeeze=False)
    for ax, (title, (training, new)) in zip(axes[0], curves.items(), strict=True):
        epochs = np.arange(1, len(training) + 1)
        ax.plot(epochs, training, label="training rows", **TRAIN)
        ax.plot(epochs, new, label="new rows", **VALIDATION)
        ax.set(title=title, xlabel="epoch", ylim=(0, 1.03))
    axes[0][0].set_ylabel("accuracy")
    axes[0][-1].legend(loc="lower right")
    return fig


def many_fits(x: np.ndarray, truth: np.ndarray, fits: Mapping[str, np.ndarray]) -> Figure:
    """Fits to different draws of the points, their mean, and the truth; a panel for each kind of fit.

    Args:
        x, truth: places and the true values there, each (m,).
        fits: by title, the fitted values (draws, m).

    >>> len(many_fits(np.arange(3.0), np.ones(3), {"line": np.ones((5, 3))}).axes)
    1
    """
    fig, axes = subplots(ncols=len(fits), width=8.4, height=3.2, sharey=True, squeeze=False)
    for ax, (title, values) in zip(axes[0], fits.items(), strict=True):
        ax.plot(x, values.T, color=COLORS["sky"], linewidth=0.6, alpha=0.7)
        ax.plot(x, truth, color=COLORS["ink"], linestyle="--", label="truth")
        ax.plot(x, values.mean(axis=0, dtype=float), color=COLORS["red"], label="mean of the fits")
        ax.set(title=title, xlabel="x", ylim=(-2.6, 2.6))
    axes[0][0].legend(loc="upper left", fontsize=9)
    return fig


def two_parts(x: np.ndarray, parts: Mapping[str, np.ndarray], xlabel: str, log: bool = False) -> Figure:
    """Bias² and variance and what else is given, by the setting that trades them.

    Args:
        x: the setting (m,), ascending; `log` spaces it by ratios.
        parts: by name, errors (m,); names as in `LOOKS`.
        xlabel: what the setting is.

    >>> two_parts(np.arange(3.0), {"bias²": np.arange(3.0)}, "degree").axes[0].get_ylim()
    (np.float64(0.0), np.float64(0.7))
    """
    fig, ax = subplots(width=7.4, height=3.4)
    for name, values in parts.items():
        ax.plot(x, values, label=name, **LOOKS[name])
    ax.set(xlabel=xlabel, ylabel="mean squared error", ylim=(0, 0.7))
    if log:
        all_finite(x=x)
        ax.set_xscale("log")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig


def double_descent(numbers: np.ndarray, wrong: Mapping[str, np.ndarray], rows: int) -> Figure:
    """The share that is wrong by the number of features, and where there are as many as rows.

    Args:
        numbers: how many features (m,), ascending.
        wrong: by name ("training rows", "new rows"), shares (m, draws); their means are drawn.
        rows: how many rows were fitted.

    >>> len(double_descent(np.array([2, 4]), {"new rows": np.ones((2, 3))}, 3).axes[0].lines)
    2
    """
    fig, ax = subplots(width=7.4, height=3.4)
    all_finite(numbers=numbers)
    ax.axvline(rows, color=COLORS["grey"], linewidth=1)
    ax.text(rows * 0.94, 0.97, f"as many features\nas rows, {rows}", ha="right", va="top", fontsize=9)
    for name, shares in wrong.items():
        ax.plot(numbers, shares.mean(axis=1, dtype=float), label=name, **LOOKS[name])
    ax.set_xscale("log")
    ticks = [float(rows)]  # the others so far apart that their names do not touch
    for number in numbers[numbers > 0].tolist():
        if all(max(number / tick, tick / number) > 1.8 for tick in ticks):
            ticks.append(number)
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.set(xlabel="random features", ylabel="share wrong", ylim=(-0.03, 1))
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig


LOOKS = {
    "training rows": {**TRAIN, "linewidth": 1.4},
    "new rows": {**VALIDATION, "linewidth": 1.8},
    "bias²": {"color": COLORS["blue"], "linestyle": "-", "marker": "o"},
    "variance": {"color": COLORS["red"], "linestyle": "-.", "marker": "s"},
}
"""How each error is drawn."""
