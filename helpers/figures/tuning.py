"""The figures of lesson 10: schedules, the finder, curves, searches.

They take what the lesson measured and return a figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from helpers.figures import COLORS, CYCLE, NAMES, TRAIN, VALIDATION, subplots
from helpers.training import Setting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "curves",
    "finder",
    "schedules",
    "search_progress",
]


DASHES = {
    "step decay": "-",
    "exponential": "--",
    "linear": "-.",
    "cosine": "-",
    "warm-up, cosine": (0, (4, 1.5)),
}
NAME_AT = {
    "step decay": (4.2, 0.025),
    "exponential": (0.9, 0.2),
    "linear": (2.05, 0.67),
    "cosine": (6.35, 0.25),
    "warm-up, cosine": (5.6, 0.8),
}
"""Where the name of a schedule stands, free of the other lines: epoch and rate."""


def finder(rates: np.ndarray, losses: np.ndarray, lowest: float) -> Figure:
    """The loss while the learning rate grows after each step.

    Args:
        rates: the rate of each step, shape (steps,).
        losses: the smoothed loss of each step, shape (steps,).
        lowest: the rate with the lowest loss.

    >>> finder(np.array([0.1, 1.0]), np.array([2.0, 1.0]), 1.0).axes[0].get_xscale()
    'log'
    """
    fig, ax = subplots(width=6.8, height=3.1)
    ax.plot(rates, np.minimum(losses, 4), color=COLORS["blue"])
    ax.axvspan(lowest / 10, lowest / 2, color=COLORS["light"], label="worth trying")
    ax.axvline(lowest, color=COLORS["red"], linestyle=":", label="lowest loss")
    ax.set(
        xscale="log", xlabel="learning rate, multiplied after each step", ylabel="batch loss", ylim=(0, 3.5)
    )
    ax.legend(loc="lower left")
    return fig


def schedules(rates: Mapping[str, np.ndarray]) -> Figure:
    """Learning rates by epoch, one line for each schedule with its name beside it.

    Args:
        rates: by name, the rate of each step, 32 steps an epoch; names as in `NAME_AT`.

    >>> schedules({"linear": np.ones(64)}).axes[0].get_ylabel()
    'share of the highest rate'
    """
    fig, ax = subplots(width=7, height=3.4)
    for (name, values), color in zip(rates.items(), CYCLE, strict=False):
        epochs = np.arange(len(values)) / 32
        ax.plot(epochs, values, color=color, linestyle=DASHES[name])
        ax.text(*NAME_AT[name], name, color=NAMES.get(color, color), weight="bold", fontsize=10)
    ax.set(xlabel="epoch", ylabel="share of the highest rate", ylim=(-0.02, 1.08))
    return fig


def curves(runs: Mapping[str, Setting]) -> Figure:
    """Training and validation loss by epoch, a panel for each run, the best epoch marked.

    Args:
        runs: by title, a setting of a sweep; the mean over its seeds is drawn.

    >>> one = np.ones((3, 1))
    >>> run = Setting(32, 0.1, steps=np.arange(3), loss=one, validation_loss=one, accuracy=one)
    >>> curves({"a": run}).axes[0].get_title(loc="left")
    'a'
    """
    fig, axes = subplots(ncols=len(runs), width=8, height=3.3, sharey=True)
    for ax, (title, run) in zip(np.atleast_1d(axes), runs.items(), strict=True):
        training, validation = run.loss.mean(axis=1), run.validation_loss.mean(axis=1)
        epochs, best = np.arange(1, len(training) + 1), int(validation.argmin())
        ax.plot(epochs, training, label="training", **TRAIN)
        ax.plot(epochs, validation, label="validation", **VALIDATION)
        lowest = f"lowest: epoch {best + 1}"
        ax.plot(epochs[best], validation[best], "o", color=VALIDATION["color"], markersize=8, label=lowest)
        ax.set(title=title, xlabel="epoch", ylim=(0, 2))
        ax.legend(loc="upper right")
    np.atleast_1d(axes)[0].set_ylabel("loss")
    return fig


def search_progress(found: Mapping[str, np.ndarray]) -> Figure:
    """The best score so far by number of trials: the mean of all searches, and each of them.

    Args:
        found: by method, the best score after each trial, shape (trials, searches).

    >>> search_progress({"grid": np.ones((4, 2))}).axes[0].get_title(loc="left")
    'grid'
    """
    fig, axes = subplots(ncols=len(found), width=8.6, height=3.1, sharey=True)
    for ax, (name, best), color in zip(np.atleast_1d(axes), found.items(), CYCLE, strict=False):
        trials = np.arange(1, len(best) + 1)
        ax.plot(trials, best, color=COLORS["grey"], linewidth=0.8, alpha=0.6)
        ax.plot(trials, best.mean(axis=1), color=color, linewidth=2.8)
        ax.set(title=name, xlabel=f"trials\nmean in the end: {best[-1].mean():.2f}", ylim=(0, 1))
    np.atleast_1d(axes)[0].set_ylabel("best validation accuracy so far")
    return fig
