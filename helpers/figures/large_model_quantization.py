"""The figures of lesson 20: where the bytes are, what few bits cost, and the inputs that stand out.

They take what the lesson measured and return a figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from helpers.figures import COLORS, NAMES, subplots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["bytes_by_part", "inputs_by_feature", "ladder"]

LOOKS = (("ink", "x"), ("red", "^"), ("orange", "D"), ("green", "s"), ("blue", "o"))


def bytes_by_part(sizes: Mapping[str, Mapping[str, float]]) -> Figure:
    """A bar for each version of a model, cut into its parts.

    Args:
        sizes: by version, the MB of each part; the parts are the same in all.

    >>> len(bytes_by_part({"float32": {"table": 47.0, "matrices": 42.0}}).axes[0].patches)
    2
    """
    fig, ax = subplots(width=7.4, height=1.3 + 0.55 * len(sizes))
    totals = np.zeros(len(sizes))
    parts = list(next(iter(sizes.values())))
    for part, color in zip(parts, ("sky", "blue", "orange", "grey"), strict=False):
        widths = np.array([float(version[part]) for version in sizes.values()])
        widths[~np.isfinite(widths)] = np.nan  # a gap
        ax.barh(list(sizes), widths, left=totals, color=COLORS[color], height=0.6, label=part)
        totals = totals + widths
    for row, total in enumerate(totals):
        if np.isfinite(total):
            ax.text(total, row, f" {total:.0f} MB", va="center", fontsize=9.5)
    ax.set(xlabel="MB (millions of bytes)", xlim=(0, 1.12 * _largest(totals)))
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    fig.legend(loc="outside upper left", ncols=len(parts))
    return fig


def ladder(
    bits: Mapping[str, np.ndarray],
    shares: Mapping[str, np.ndarray],
    before: float,
    around: tuple[float, float],
) -> Figure:
    """What is found, by bits a weight, a line for each way to share scales.

    Args:
        bits: by way, the bits a weight of its settings, scales counted, in any order.
        shares: by way, the share that is found first in each of them.
        before: the share in float32.
        around: the interval of that share.

    >>> one = {"a scale for each matrix": np.array([4.0, 8.0])}
    >>> len(ladder(one, one, 0.26, (0.2, 0.3)).axes[0].lines)
    2
    """
    fig, ax = subplots(width=7.4, height=3.6)
    ax.axhspan(*around, color=COLORS["light"], zorder=0)
    ax.axhline(before, color=COLORS["grey"], linewidth=1)
    for (name, x), (color, marker) in zip(bits.items(), LOOKS, strict=False):
        x, y = np.asarray(x, float), np.asarray(shares[name], float)
        order = np.argsort(x)
        ax.plot(x[order], y[order], marker + "-", color=COLORS[color], linewidth=1.4, label=name)
    ax.set(xlabel="bits a weight, scales counted", ylabel="share found first", ylim=(-0.01, None))
    ax.set_xscale("log")
    ax.set_xticks([2, 3, 4, 6, 8], ["2", "3", "4", "6", "8"])
    ax.minorticks_off()
    if np.isfinite(around[1]):
        ax.text(8.6, around[1], "float32, and what chance does ", ha="right", va="bottom", fontsize=9.5)
    fig.legend(loc="outside right center", title="a scale for")
    return fig


def inputs_by_feature(largest: Sequence[np.ndarray], names: Sequence[str], marked: Sequence[int]) -> Figure:
    """The largest input of each feature, one column of points for each matrix.

    Args:
        largest: for each matrix, the largest |x| of its features (d,).
        names: of the matrices.
        marked: the numbers of the features to draw in colour.

    >>> len(inputs_by_feature([np.ones(4), np.ones(4)], ["0", "1"], [2]).axes[0].lines)
    3
    """
    fig, ax = subplots(width=7.4, height=3.3)
    for column, values in enumerate(largest):
        values = np.array(values, float)
        values[list(marked)] = np.nan  # drawn below
        beside = column + 0.5 * (np.arange(len(values)) / max(1, len(values) - 1) - 0.5)
        ax.plot(beside, values, ".", color=COLORS["grey"], markersize=3)
    for feature, (color, marker) in zip(marked, (("red", "o"), ("blue", "s"), ("green", "^")), strict=False):
        heights = np.array([float(values[feature]) for values in largest])
        ax.plot(range(len(heights)), heights, marker, color=COLORS[color], label=f"feature {feature}")
    ax.set_xticks(range(len(names)), list(names))
    ax.set(xlabel="layer", ylabel="largest |input|", ylim=(0, None))
    ax.legend(
        loc="upper right", labelcolor=[NAMES.get(COLORS[color], COLORS[color]) for color in ("red", "blue")]
    )
    return fig


def _largest(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.max(initial=0.0)) or 1.0
