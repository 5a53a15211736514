"""The figures of lesson 10: schedules, the finder, curves, searches.

They take what the lesson measured and return a figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.figures import COLORS, CYCLE, subplots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "curves",
    "finder",
    "schedules",
    "search_progress",
]


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
    """Learning rates by epoch, one line for each schedule.

    Args:
        rates: by name, the rate at each epoch.

    >>> schedules({"constant": np.ones(3)}).axes[0].get_ylabel()
    'learning rate'
    """
    fig, ax = subplots(width=6.8, height=3.1)
    for (name, values), color in zip(rates.items(), CYCLE, strict=False):
        ax.plot(values, color=color, label=name, drawstyle="steps-post" if name == "StepLR" else "default")
    ax.set(xlabel="epoch", ylabel="learning rate", ylim=(0, 1.05))
    ax.legend(loc="upper center")
    return fig


def curves(runs: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Training and validation loss by epoch, a panel for each run, the best epoch marked.

    Args:
        runs: by title, a history with "loss" and "validation_loss", arrays (epochs, …) that are averaged.

    >>> run = {"loss": np.ones((3, 1)), "validation_loss": np.ones((3, 1))}
    >>> curves({"a": run}).axes[0].get_title(loc="left")
    'a'
    """
    fig, axes = subplots(ncols=len(runs), width=8, height=3.3, sharey=True)
    for ax, (title, run) in zip(np.atleast_1d(axes), runs.items(), strict=True):
        training, validation = (
            run[name].reshape(len(run[name]), -1).mean(axis=1) for name in ("loss", "validation_loss")
        )
        epochs, best = np.arange(1, len(training) + 1), int(validation.argmin())
        ax.plot(epochs, training, color=COLORS["blue"], label="training")
        ax.plot(epochs, validation, color=COLORS["red"], label="validation")
        ax.plot(epochs[best], validation[best], "o", color=COLORS["ink"], label=f"lowest: epoch {best + 1}")
        ax.set(title=title, xlabel="epoch", ylim=(0, 2))
        ax.legend(loc="upper right")
    np.atleast_1d(axes)[0].set_ylabel("loss")
    return fig


def search_progress(found: Mapping[str, np.ndarray]) -> Figure:
    """The best score so far by number of trials: the mean of all searches, and each of them.

    Args:
        found: by method, the best score after each trial, shape (trials, searches).

    >>> search_progress({"grid": np.ones((4, 2))}).axes[0].get_xlabel()
    'trials'
    """
    fig, axes = subplots(ncols=len(found), width=8, height=3.1, sharey=True)
    for ax, (name, best), color in zip(np.atleast_1d(axes), found.items(), CYCLE, strict=False):
        trials = np.arange(1, len(best) + 1)
        ax.plot(trials, best, color=COLORS["grey"], linewidth=0.8, alpha=0.6)
        ax.plot(trials, best.mean(axis=1), color=color, linewidth=2.8)
        end = f"mean of {best.shape[1]} in the end: {best[-1].mean():.2f}"
        ax.text(trials[-1], 0.03, end, ha="right", fontsize=9.5, color=color, weight="bold")
        ax.set(title=name, xlabel="trials", ylim=(0, 1))
    np.atleast_1d(axes)[0].set_ylabel("best validation accuracy so far")
    return fig
