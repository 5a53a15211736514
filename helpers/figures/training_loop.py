"""The figures of lesson 09: rates, batches by three rulers, schedules, curves, searches.

They take what the lesson measured and return a figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.figures import COLORS, CYCLE, subplots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "curves",
    "finder",
    "gradient_noise",
    "rate_sweep",
    "schedules",
    "search_progress",
    "three_rulers",
]


def rate_sweep(lrs: Sequence[float], losses: np.ndarray, accuracies: np.ndarray) -> Figure:
    """Training loss by epoch for each learning rate, and the accuracy in the end over the rate.

    Args:
        lrs: the learning rates, in rising order, shape (k,).
        losses: training losses, shape (epochs, k, seeds).
        accuracies: accuracies after the last epoch, shape (k, seeds).

    >>> fig = rate_sweep([0.1, 1.0], np.ones((3, 2, 2)), np.ones((2, 2)))
    >>> fig.axes[1].get_xscale()
    'log'
    """
    import matplotlib

    fig, (left, right) = subplots(ncols=2, width=8, height=3.5)
    colors = matplotlib.colormaps["viridis"](np.linspace(0, 0.92, len(lrs)))
    for lr, loss, color in zip(lrs, losses.mean(axis=2).T, colors, strict=True):
        left.plot(np.arange(1, len(loss) + 1), np.clip(loss, 0, 3), color=color, label=f"{lr:.2g}")
    left.set(xlabel="epoch", ylabel="training loss", ylim=(0, 2.6), title="while it trains")
    left.set_xlim(1, 1.3 * len(losses))
    left.set_xticks(range(2, len(losses) + 1, 2))
    for lr, end in _far_apart(lrs, losses[-1].mean(axis=1)):
        left.text(len(losses) * 1.02, end, f"lr {lr:.2g}", va="center", fontsize=9)
    right.plot(lrs, accuracies.mean(axis=1), color=COLORS["grey"], linewidth=1.2)
    for seed in accuracies.T:
        right.scatter(lrs, seed, c=colors, s=22, zorder=3)
    right.set(xscale="log", xlabel="learning rate", ylabel="validation accuracy", ylim=(0, 1))
    right.set_title("in the end")
    return fig


def _far_apart(lrs: Sequence[float], ends: np.ndarray) -> list[tuple[float, float]]:
    """The rates whose curves end far enough from each other to be labelled, with those ends."""
    chosen: list[tuple[float, float]] = []
    for lr, end in zip(lrs, ends, strict=True):
        if end < 2.6 and all(abs(end - other) > 0.12 for _, other in chosen):
            chosen.append((lr, float(end)))
    return chosen


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


def gradient_noise(batch_sizes: Sequence[int], errors: Sequence[float], length: float) -> Figure:
    """The distance between the gradient of a batch and the full one, beside 1/√B.

    Args:
        batch_sizes: the batch sizes B, shape (k,).
        errors: the distances, shape (k,).
        length: the length of the full gradient.

    >>> gradient_noise([1, 4], [2.0, 1.0], 0.5).axes[0].get_ylabel()
    'error of the gradient'
    """
    fig, ax = subplots(width=6.8, height=3.3)
    B = np.asarray(batch_sizes, dtype=float)
    ax.loglog(B, errors[0] / np.sqrt(B / B[0]), color=COLORS["grey"], label=r"$\propto 1/\sqrt{B}$")
    ax.loglog(B, errors, "o", color=COLORS["red"], markersize=8, label="measured")
    ax.axhline(length, color=COLORS["blue"], linestyle="--", label="length of the full gradient")
    ax.set(xlabel="batch size B", ylabel="error of the gradient")
    ax.set_xticks(B, [f"{b:g}" for b in B])
    ax.set_yticks([0.2, 0.5, 1, 2, 4], ["0.2", "0.5", "1", "2", "4"])
    ax.minorticks_off()
    ax.legend(loc="upper right")
    return fig


def three_rulers(watched: Mapping[int, tuple[np.ndarray, np.ndarray]], overhead: float) -> Figure:
    """The same accuracy curves over epochs, over steps and over time.

    Args:
        watched: by batch size B, the steps and the accuracies after them, shape (k,) each. There are 1,024
            training rows.
        overhead: the fixed cost of a step, in samples: a step costs `overhead` + B.

    >>> one = np.array([1, 2]), np.array([0.1, 0.2])
    >>> [ax.get_xlabel() for ax in three_rulers({8: one}, overhead=25).axes]
    ['epochs (samples seen)', 'steps (updates made)', 'time (thousand units)']
    """
    fig, axes = subplots(ncols=3, width=8.4, height=3.4, sharey=True)
    for (batch_size, (steps, accuracies)), color in zip(watched.items(), CYCLE, strict=False):
        rulers = (steps * batch_size / 1024, steps, steps * (overhead + batch_size) / 1000)
        for ax, ruler in zip(axes, rulers, strict=True):
            ax.plot(ruler, accuracies, color=color, linewidth=1.6, label=f"B = {batch_size}")
    labels = ("epochs (samples seen)", "steps (updates made)", "time (thousand units)")
    for ax, label, end in zip(axes, labels, (10, 384, 384 * (overhead + 32) / 1000), strict=True):
        ax.set(xlabel=label, xlim=(0, end), ylim=(0, 1))
    axes[0].set_ylabel("validation accuracy")
    axes[1].legend(loc="lower right")
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
