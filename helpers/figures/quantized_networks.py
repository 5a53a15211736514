"""The figures of lesson 19: a staircase and its slope, accuracy by bits, a large layer's time, sums of rises.

They take what the lesson measured, or the stored table, and return a figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from helpers.figures import COLORS, subplots
from helpers.figures.quantization import means_and_ends

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["accuracy_by_bits", "layer_times", "staircase", "sums_of_rises"]

LOOKS = (("orange", "^"), ("blue", "s"), ("green", "o"))
WEIGHTS, BYTES_A_SECOND, OPERATIONS_A_SECOND = 4096 * 11008, 3.0e12, 686e12


def staircase() -> Figure:
    """The rounded weight over the exact one for three values, and the two slopes: the true and the used.

    >>> [ax.get_title(loc="left") for ax in staircase().axes]
    ['forward: the weight that is used', 'backward: its slope']
    """
    fig, (left, right) = subplots(ncols=2, width=7.6, height=2.9)
    w = np.linspace(-2.4, 2.4, 481)
    left.plot(w, w, "--", color=COLORS["grey"], linewidth=1.2, label="exact")
    left.plot(w, np.clip(np.rint(w), -1, 1), color=COLORS["blue"], linewidth=1.8, label="rounded")
    left.set(
        title="forward: the weight that is used", xlabel="w / s", ylabel="rounded w / s", ylim=(-2.5, 2.5)
    )
    right.vlines([-0.5, 0.5], 0, 1.8, color=COLORS["blue"], linewidth=1.4)
    right.hlines(0, -2.4, 2.4, color=COLORS["blue"], linewidth=1.8, label="true: 0, with spikes")
    used = np.abs(w) <= 1.5
    right.step(w, used, color=COLORS["red"], linewidth=1.8, where="mid", label="used: straight through")
    right.set(title="backward: its slope", xlabel="w / s", ylabel="slope", ylim=(-0.15, 2.9))
    for ax in (left, right):
        ax.legend(loc="upper left", fontsize=9)
    return fig


def accuracy_by_bits(accuracies: Mapping[str, Mapping[int, np.ndarray]], exact: float) -> Figure:
    """The accuracy by bits a weight: for each way a line through the means, bars from worst to best.

    Args:
        accuracies: at most three ways by name, each with those of the seeds (seeds,) by the same bits.
        exact: the accuracy in 32 bits, a dashed line.

    >>> len(accuracy_by_bits({"rounded": {2: np.ones(3), 8: np.ones(3)}}, 1.0).axes[0].lines)
    2
    """
    fig, ax = subplots(width=7.6, height=3.4)
    widths = next(iter(accuracies.values()))
    means_and_ends(ax, widths, {name: by_bits.values() for name, by_bits in accuracies.items()}, LOOKS)
    ax.axhline(exact, linestyle="--", color=COLORS["grey"], linewidth=1.2, label="32 bits")
    ax.set(xlabel="bits a weight", ylabel="test accuracy")
    ax.legend(loc="lower right")
    return fig


def layer_times(layers: Mapping[int, Mapping[str, float]]) -> Figure:
    """The time of a layer of 4096 × 11008 by the number of tokens, and what bf16 could take at best.

    Args:
        layers: tokens → number format → microseconds, as `helpers.data.load_gpu_layers` gives it.

    >>> from helpers.data import load_gpu_layers
    >>> len(layer_times(load_gpu_layers()).axes[0].lines)
    6
    """
    fig, ax = subplots(width=7.6, height=3.9)
    tokens = np.array(list(layers), float)
    shown = {"int8 weights": ("red", "v"), "int4 weights": ("orange", "^"), "bf16": ("blue", "s")}
    shown["int8 both"] = ("green", "o")
    for name, (color, marker) in shown.items():
        times = [layers[count][name] for count in layers]
        ax.plot(tokens, times, marker + "-", color=COLORS[color], linewidth=1.5, label=name)
    reading = np.full(len(tokens), 2 * WEIGHTS / BYTES_A_SECOND * 1e6)
    computing = 2 * WEIGHTS * tokens / OPERATIONS_A_SECOND * 1e6
    for bound, label, style in ((reading, "bf16: reading", "--"), (computing, "bf16: computing", ":")):
        ax.plot(tokens, bound, style, color=COLORS["grey"], linewidth=1.3, label=label)
    ax.set(xscale="log", yscale="log", xlabel="tokens at once", ylabel="microseconds", ylim=(8, 1e6))
    ax.set_xticks(tokens, [f"{count:,.0f}" for count in tokens])
    ax.minorticks_off()
    fig.legend(loc="outside right upper")
    return fig


def sums_of_rises(summed: np.ndarray, joint: np.ndarray) -> Figure:
    """The rise of a loss when all layers are rounded, over the sum of the rises of single layers.

    Args:
        summed: the sums (splits,); those below 0.001 are left out, as are such joint rises.
        joint: the rises together (splits,).

    >>> len(sums_of_rises(np.array([0.01, 0.1]), np.array([0.02, 0.2])).axes[0].lines)
    2
    """
    fig, ax = subplots(width=5.2, height=3.6)
    summed, joint = np.asarray(summed, float), np.asarray(joint, float)
    shown = (summed > 1e-3) & (joint > 1e-3)
    ax.plot(summed[shown], joint[shown], ".", color=COLORS["blue"], markersize=6, label="a split of bits")
    ax.plot([1e-3, 1], [1e-3, 1], "--", color=COLORS["grey"], linewidth=1.3, label="costs add up")
    ax.set(xscale="log", yscale="log", xlabel="sum of the rises of single layers", ylabel="rise together")
    ax.legend(loc="upper left")
    return fig
