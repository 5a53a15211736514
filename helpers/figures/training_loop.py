"""The figures of lesson 09: rates, noise, batches by three rulers.

They take what the lesson measured and return a figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from helpers.figures import COLORS, CYCLE, NAMES, subplots
from helpers.training import Setting, Sweep  # noqa: F401 (Setting is for the examples)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "gradient_noise",
    "rate_sweep",
    "three_rulers",
]


def rate_sweep(runs: Sweep) -> Figure:
    """Training loss by epoch for each learning rate, and the accuracy in the end over the rate.

    Args:
        runs: a sweep of one batch size, with the learning rates in rising order.

    >>> runs = Sweep([Setting(8, lr, np.arange(3), *np.ones((3, 3, 2))) for lr in (0.1, 1.0)])
    >>> rate_sweep(runs).axes[1].get_xscale()
    'log'
    """
    import matplotlib

    fig, (left, right) = subplots(ncols=2, width=8, height=3.5)
    colors = matplotlib.colormaps["viridis"](np.linspace(0, 0.92, len(runs)))
    epochs = len(runs[0].loss)
    for run, color in zip(runs, colors, strict=True):
        left.plot(np.arange(1, epochs + 1), np.clip(run.loss.mean(axis=1), 0, 3), color=color)
    left.set(xlabel="epoch", ylabel="training loss", ylim=(0, 2.6), title="while it trains")
    left.set_xlim(1, 1.3 * epochs)
    left.set_xticks(range(2, epochs + 1, 2))
    for lr, end in _far_apart(runs):
        left.text(epochs * 1.02, end, f"lr {lr:.2g}", va="center", fontsize=9)
    lrs, scores = [run.lr for run in runs], runs.last("accuracy")
    right.plot(lrs, scores.mean(axis=1), color=COLORS["grey"], linewidth=1.2)
    for seed in scores.T:
        right.scatter(lrs, seed, c=colors, s=22, zorder=3)
    best = runs.best("accuracy")
    right.text(best.lr, best.accuracy[-1].max() + 0.05, f"best: {best.lr:.2g}", ha="center", fontsize=9)
    for run in [run for run in runs if run.lr > best.lr][:1]:
        right.text(run.lr, run.accuracy[-1].max() + 0.04, f"{run.lr:.2g}", ha="left", fontsize=9)
    right.set(xscale="log", xlabel="learning rate", ylabel="validation accuracy", ylim=(0, 1.08))
    right.set_title(f"in the end: {scores.shape[1]} seeds and their mean")
    return fig


def _far_apart(runs: Sweep) -> list[tuple[float, float]]:
    """The rates to be labelled, with the ends of their curves: the best and the next first, none too near."""
    ends = {run.lr: float(run.loss[-1].mean()) for run in runs}
    best = min(ends, key=lambda lr: ends[lr])
    first = [best] + [lr for lr in ends if lr > best][:1]
    chosen: list[tuple[float, float]] = []
    for lr in first + [lr for lr in ends if lr not in first]:
        if ends[lr] < 2.6 and all(abs(ends[lr] - other) > 0.12 for _, other in chosen):
            chosen.append((lr, ends[lr]))
    return chosen


def gradient_noise(batch_sizes: Sequence[int], errors: Sequence[float], length: float) -> Figure:
    """The distance between the gradient of a batch and the full one, beside 1/√B.

    Args:
        batch_sizes: the batch sizes B, shape (k,).
        errors: the distances, shape (k,).
        length: the length of the full gradient.

    >>> gradient_noise([1, 4], [2.0, 1.0], 0.5).axes[0].get_ylabel()
    'noise of the gradient'
    """
    fig, ax = subplots(width=6.8, height=3.3)
    B = np.asarray(batch_sizes, dtype=float)
    ax.loglog(B, errors[0] / np.sqrt(B / B[0]), color=COLORS["grey"], label=r"$\propto 1/\sqrt{B}$")
    ax.loglog(B, errors, "o", color=COLORS["red"], markersize=8, label="measured")
    ax.axhline(length, color=COLORS["blue"], linestyle="--", label="length of the full gradient")
    ax.set(xlabel="batch size B", ylabel="noise of the gradient")
    ax.set_xticks(B, [f"{b:g}" for b in B])
    ax.set_yticks([0.2, 0.5, 1, 2, 4], ["0.2", "0.5", "1", "2", "4"])
    ax.minorticks_off()
    ax.legend(loc="upper right")
    return fig


def three_rulers(runs: Sweep, overhead: float) -> Figure:
    """The best accuracy of all rates for each batch size, over epochs, over steps and over time.

    Args:
        runs: a sweep of several batch sizes. There are 1,024 training rows.
        overhead: the fixed cost of a step, in samples: a step costs `overhead` + B.

    >>> runs = Sweep([Setting(8, 0.1, np.array([4, 8]), *np.ones((3, 2, 2)))])
    >>> [ax.get_xlabel() for ax in three_rulers(runs, overhead=25).axes]
    ['epochs (samples seen)', 'steps (updates made)', 'time: steps × (25 + B) / 1000']
    """
    fig, axes = subplots(ncols=3, width=8.4, height=3.6, sharey=True)
    styles = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
    ends = (4, 128, 128 * (overhead + 32) / 1000)
    heights: list[dict[int, float]] = [{}, {}, {}]  # for each ruler, where the line of each batch size ends
    sizes = sorted({run.batch_size for run in runs})
    for k, batch_size in enumerate(sizes):
        mine = [run for run in runs if run.batch_size == batch_size]
        steps, best = mine[0].steps, np.max([run.accuracy.mean(axis=1) for run in mine], axis=0)
        rulers = (steps * batch_size / 1024, steps, steps * (overhead + batch_size) / 1000)
        for ax, ruler, end, height in zip(axes, rulers, ends, heights, strict=True):
            seen = ruler <= end
            ax.plot(ruler[seen], best[seen], color=CYCLE[k], linestyle=styles[k], linewidth=1.8)
            height[k] = float(best[seen][-1]) if seen.any() else 0.0
    labels = ("epochs (samples seen)", "steps (updates made)", f"time: steps × ({overhead:g} + B) / 1000")
    for ax, label, end, height in zip(axes, labels, ends, heights, strict=True):
        ax.set(xlim=(0, 1.24 * end), ylim=(0, 1.08))
        ax.set_xlabel(label, fontsize=9)
        for k, y in _spread(height, apart=0.06).items():
            color = NAMES.get(CYCLE[k], CYCLE[k])
            ax.text(1.02 * end, y, f"{sizes[k]}", color=color, fontsize=9, weight="bold", va="center")
    for ax, ticks in zip(axes, (range(5), range(0, 121, 40), range(0, 16, 5)), strict=True):
        ax.set_xticks(ticks)
    axes[0].set_ylabel("validation accuracy")
    axes[0].set_title("batch size at each line", fontsize=9.5)
    return fig


def _spread(heights: dict[int, float], apart: float) -> dict[int, float]:
    """The heights, moved up where one is nearer than `apart` to the one below it.

    >>> _spread({0: 0.5, 1: 0.75}, apart=0.25), _spread({0: 0.75, 1: 1.0}, apart=0.5)
    ({0: 0.5, 1: 0.75}, {0: 0.75, 1: 1.25})
    """
    spread: dict[int, float] = {}
    last = -np.inf
    for key in sorted(heights, key=lambda key: heights[key]):
        last = spread[key] = max(heights[key], last + apart)
    return spread
