"""The figures of lesson 03: ROC curves, and the maps of its companion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from helpers.figures import COLORS, NAMES, all_finite, subplots
from helpers.metrics import roc_curve

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["maps", "roc_curves"]

STYLES = (("blue", "-"), ("red", (0, (5, 1.5))), ("green", (0, (1.5, 1.2))))
PLACES = ((0.45, 0.84), (0.1, 0.97), (0.47, 0.25))
"""Where the name of each curve stands: false-positive rate, true-positive rate."""


def roc_curves(
    truth: np.ndarray, scores: Mapping[str, np.ndarray], marked: Sequence[float] = (0.5, 0.3, 0.1)
) -> Figure:
    """ROC curves, each named beside its line; on the first one, some thresholds are marked.

    Args:
        truth: True for positive, shape (n,).
        scores: by name, up to three arrays (n,).
        marked: the thresholds that are written at the first curve.

    >>> truth = np.array([True, False, True])
    >>> roc_curves(truth, {"one": np.array([0.9, 0.2, 0.4])}).axes[0].get_xlabel()
    'false-positive rate: healthy people who are called'
    """
    fig, ax = subplots(width=5.6, height=4.6)
    ax.plot([0, 1], [0, 1], ":", color=COLORS["grey"], linewidth=1.4)
    gap = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}  # lets a line end before a name
    ax.text(0.72, 0.72, "a coin", color=COLORS["grey"], ha="center", va="center", bbox=gap)
    for (name, p), (color, dash), at in zip(scores.items(), STYLES, PLACES, strict=False):
        fpr, tpr, _ = roc_curve(truth, p)
        ax.plot(fpr, tpr, color=COLORS[color], linestyle=dash)
        shade = NAMES.get(COLORS[color], COLORS[color])
        ax.text(*at, name, color=shade, weight="bold", fontsize=10, bbox=gap)
    p = next(iter(scores.values()))
    for threshold in marked:
        x, y = np.mean(p[~truth] >= threshold), np.mean(p[truth] >= threshold)
        ax.plot(x, y, "o", color=COLORS["ink"])
        ax.text(x + 0.02, y - 0.045, f"{threshold:g}", fontsize=9.5)
    ax.set(
        xlabel="false-positive rate: healthy people who are called",
        ylabel="true-positive rate: ill people who are found",
        xlim=(-0.02, 1.02),
        ylim=(-0.02, 1.04),
        aspect="equal",
    )
    return fig


def maps(places: Mapping[str, np.ndarray], digits: np.ndarray) -> Figure:
    """Maps of pictures of digits side by side, each picture written as its digit.

    Args:
        places: by title, the coordinates of the n pictures, shape (n, 2).
        digits: what each picture shows, shape (n,).

    >>> len(maps({"a": np.zeros((2, 2)), "b": np.zeros((2, 2))}, np.array([1, 2])).axes)
    2
    """
    fig, axes = subplots(ncols=len(places), width=2.9 * len(places), height=3.0, squeeze=False)
    all_finite(**places)
    names = ("blue", "red", "green", "purple", "orange", "sky", "ink", "grey")
    for ax, (title, xy) in zip(axes[0], places.items(), strict=True):
        for (x, y), digit in zip(xy, digits, strict=True):
            ax.text(x, y, f"{digit}", color=COLORS[names[digit % len(names)]], fontsize=6.5)
        low, high = xy.min(axis=0), xy.max(axis=0)
        margin = 0.05 * (high - low) + 1e-9
        ax.set(xlim=(low[0] - margin[0], high[0] + margin[0]), ylim=(low[1] - margin[1], high[1] + margin[1]))
        ax.set(xticks=(), yticks=(), title=title)
    return fig
