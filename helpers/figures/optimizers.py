"""The figures of lesson 08: the same steps in a valley and in that valley turned, and a race with its luck.

They take what the lesson measured and return a figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from helpers.figures import COLORS, subplots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.contour import QuadContourSet
    from matplotlib.figure import Figure

__all__ = ["race", "rings", "two_valleys"]

LOOKS = (("blue", "o"), ("green", "s"), ("red", "^"), ("purple", "D"))
"""Colour and marker of the first, second, … rule."""
HALF = 1.15
"""The squares go from -HALF to HALF in both weights."""


def rings(ax: Axes, A: np.ndarray) -> QuadContourSet:
    """The valley w·A·w / 2 as shaded rings; each ring has a quarter of the loss of the one around it.

    >>> fig, ax = subplots()
    >>> shading = rings(ax, np.eye(2))
    >>> [round(float(end), 2) for end in ax.get_xlim()]
    [-1.15, 1.15]
    """
    import matplotlib

    side = np.linspace(-HALF, HALF, 161)
    w = np.stack(np.meshgrid(side, side), axis=-1)
    loss = np.einsum("...i,ij,...j", w, A, w) / 2
    levels = loss.max() * 4.0 ** np.arange(-8, 1)
    shades = matplotlib.colormaps["Blues_r"](np.linspace(0.38, 0.94, len(levels)))
    shading = ax.contourf(side, side, loss, levels=levels, colors=shades, extend="both")
    ax.plot(0, 0, "+", color=COLORS["ink"], markersize=10, markeredgewidth=1.6)
    ax.set(xlim=(-HALF, HALF), ylim=(-HALF, HALF), aspect="equal", xticks=(-1, 0, 1), yticks=(-1, 0, 1))
    ax.grid(visible=False)
    return shading


def two_valleys(paths: Mapping[int, Mapping[str, np.ndarray]], valleys: Sequence[np.ndarray]) -> Figure:
    """The paths of some rules, one panel for each angle of the valley.

    Args:
        paths: by angle in degrees, then by rule, the points (steps + 1, 2).
        valleys: the matrix A of each angle, in the same order.

    >>> two_valleys({0: {"a": np.zeros((3, 2))}}, [np.eye(2)]).axes[0].get_title(loc="left")
    'along the axes'
    """
    fig, axes = subplots(ncols=len(paths), width=8, height=4.2, sharey=True)
    for ax, (degrees, rules), A in zip(np.atleast_1d(axes), paths.items(), valleys, strict=True):
        rings(ax, A)
        for (name, points), (color, marker) in zip(rules.items(), LOOKS, strict=False):
            ax.plot(*points.T, marker + "-", color=COLORS[color], markersize=4, linewidth=1.2, label=name)
        start = next(iter(rules.values()))[0]
        ax.plot(*start, "o", color="white", markersize=9, markeredgecolor=COLORS["ink"], markeredgewidth=1.6)
        ax.set(title=f"turned by {degrees}°" if degrees else "along the axes", xlabel="$w_1$")
    np.atleast_1d(axes)[0].set_ylabel("$w_2$")
    fig.legend(*np.atleast_1d(axes)[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return fig


def race(errors: Mapping[str, Mapping[str, np.ndarray]], units: Mapping[str, str]) -> Figure:
    """What each runner leaves wrong, one panel a course: a dot for each run, and a bar at their mean.

    Args:
        errors: by course, then by runner, the error of each run, shape (runs,).
        units: by course, what the error is.

    >>> race({"digits": {"SGD": np.array([0.1, 0.2])}}, {"digits": "share wrong"}).axes[0].get_xlabel()
    'share wrong'
    """
    fig, axes = subplots(ncols=2, nrows=-(-len(errors) // 2), width=8, height=4.6)
    for ax, (course, runners) in zip(np.ravel(axes), errors.items(), strict=False):
        for row, (values, (color, marker)) in enumerate(zip(runners.values(), LOOKS, strict=False)):
            ax.plot(
                values, np.full(len(values), row), marker, color=COLORS[color], markersize=4.5, alpha=0.55
            )
            ax.plot([values.mean()] * 2, [row - 0.32, row + 0.32], "-", color=COLORS["ink"], linewidth=2.4)
        ax.set(title=course, xlabel=units[course], xlim=(0, None), ylim=(len(runners) - 0.5, -0.5))
        ax.set_yticks(range(len(runners)), list(runners))
        ax.grid(axis="y", visible=False)
    return fig
