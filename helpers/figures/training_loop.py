"""The figures of lesson 09: rates, noise, batches by three rulers.

They take what the lesson measured and return a figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from helpers.figures import COLORS, CYCLE, subplots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "gradient_noise",
    "rate_sweep",
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
