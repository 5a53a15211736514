"""The figures of lesson 02: two columns in two units, the map that an embedding found, two kinds of noise.

They take what the lesson measured and return a figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from helpers.figures import COLORS, all_finite, subplots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["found_map", "in_two_units", "two_noises"]

CLASS_COLORS = ("blue", "orange", "purple")
CLASS_MARKERS = ("o", "s", "^")


def in_two_units(tables: Mapping[str, np.ndarray], y: np.ndarray, labels: tuple[str, str]) -> Figure:
    """Two columns of each table, one panel a table, as long across as up for the same number.

    Args:
        tables: by title, the two columns, shape (n, 2).
        y: the class of each row, 0 to 2, shape (n,).
        labels: what the two columns are called.

    >>> in_two_units({"raw": np.eye(3, 2)}, np.arange(3), ("a", "b")).axes[0].get_xlabel()
    'a'
    """
    fig, axes = subplots(ncols=len(tables), width=8, height=3.4)
    for ax, (title, table) in zip(np.atleast_1d(axes), tables.items(), strict=True):
        for k, (color, marker) in enumerate(zip(CLASS_COLORS, CLASS_MARKERS, strict=True)):
            ax.plot(
                *table[y == k].T, marker, color=COLORS[color], markersize=4, alpha=0.8, label=f"grower {k}"
            )
        ax.set_aspect("equal", adjustable="datalim")
        ax.set(title=title, xlabel=labels[0], ylabel=labels[1])
    np.atleast_1d(axes)[0].legend(loc="upper left", markerscale=1.5)
    return fig


def found_map(places: np.ndarray, found: np.ndarray) -> Figure:
    """Where the towns are, and where the embedding put them, turned and moved so that both lie best on top.

    Args:
        places: the true places, shape (n, 2).
        found: two coordinates for each town, shape (n, 2); a map may come out turned or mirrored.

    >>> square = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> fig = found_map(square, 3 - square)
    >>> np.abs(fig.axes[0].lines[0].get_xdata() - square[:, 0]).max().round(9)
    np.float64(0.0)
    """
    all_finite(places=places, found=found)
    places, found = np.asarray(places, float), np.asarray(found, float)  # float16 has no linear algebra
    middle = places.mean(axis=0)
    centred = found - found.mean(axis=0)
    U, _, Vt = np.linalg.svd(centred.T @ (places - middle))
    turned = centred @ U @ Vt + middle
    fig, ax = subplots(width=5.2, height=4.4)
    ax.plot(*turned.T, "o", color=COLORS["red"], markersize=6, label="found from travel times", zorder=3)
    ax.plot(*places.T, "o", color=COLORS["ink"], markersize=9, fillstyle="none", label="true place")
    ax.plot(*np.stack([turned, places], axis=1).T, color=COLORS["grey"], linewidth=1)
    ax.set(aspect="equal", xlabel="west to east, hours", ylabel="south to north, hours")
    fig.legend(loc="outside upper right", ncols=2)
    return fig


def two_noises(clean: np.ndarray, noise: np.ndarray, slopes: tuple[float, float]) -> Figure:
    """The line y = x with noise in y, and with the same noise in x, each with the line that fits it.

    Args:
        clean: the true values of x and of y, shape (n,).
        noise: added to y in the left panel, to x in the right one, shape (n,).
        slopes: what was fitted, left and right.

    >>> len(two_noises(np.arange(3.0), np.zeros(3), (1.0, 1.0)).axes)
    2
    """
    all_finite(clean=clean, noise=noise)
    fig, axes = subplots(ncols=2, width=8, height=3.5, sharex=True, sharey=True)
    panels = [
        ("noise in the label y", clean, clean + noise),
        ("noise in the feature x", clean + noise, clean),
    ]
    ends = np.array([-3.5, 3.5])
    for ax, (title, x, y), slope in zip(axes, panels, slopes, strict=True):
        ax.plot(x, y, "o", color=COLORS["sky"], markersize=2.6, alpha=0.45)
        ax.plot(ends, ends, "--", color=COLORS["ink"], linewidth=1.6, label="the truth, slope 1")
        ax.plot(ends, slope * ends + y.mean() - slope * x.mean(), color=COLORS["red"], linewidth=2.4,
                label=f"fitted, slope {slope:.2f}")  # fmt: skip
        ax.set(title=title, xlabel="x as measured", xlim=(-4, 4), ylim=(-4, 4))
        ax.legend(loc="upper left")
    axes[0].set_ylabel("y as measured")
    return fig
