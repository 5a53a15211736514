"""The figures of lesson 13: pictures and their feature maps, receptive fields, accuracy by labelled rows.

They take what the lesson computed and return a figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from helpers.figures import COLORS, all_finite, subplots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["accuracy_by_rows", "feature_maps", "receptive_fields", "two_orders"]

SIGNS = "RdBu_r"
"""The colours of a feature map: blue below 0, white at 0, red above."""


def two_orders(pictures: Mapping[str, np.ndarray]) -> Figure:
    """Rows of pictures, one below the other, a title above each row.

    Args:
        pictures: by title, pictures (m, height, width) from 0 (paper) up; as many in each row.

    >>> len(two_orders({"as they are": np.ones((4, 8, 8)), "shuffled": np.ones((4, 8, 8))}).axes)
    2
    """
    fig, axes = subplots(nrows=len(pictures), width=8, height=1.35 * len(pictures), squeeze=False)
    for ax, (title, of_row) in zip(axes[:, 0], pictures.items(), strict=True):
        _without_ticks(ax)
        ax.set_facecolor(COLORS["light"])
        # one image for the row: as many axes as pictures take seconds to lay out
        framed = [np.pad(one, 1, constant_values=np.nan) for one in of_row]
        ax.imshow(np.hstack(framed), cmap="gray_r", vmin=0)
        ax.set_title(title)
    return fig


def feature_maps(pictures: np.ndarray, maps: Mapping[str, np.ndarray]) -> Figure:
    """A row for each picture: itself, then what each filter answers; all maps have one scale.

    Args:
        pictures: (m, height, width), from 0 (paper) up.
        maps: by title, the answers (m, out height, out width) of one filter.

    >>> len(feature_maps(np.ones((2, 8, 8)), {"upright": np.ones((2, 6, 6))}).axes)
    5
    """
    fig, axes = subplots(
        nrows=len(pictures), ncols=1 + len(maps), width=7.2, height=1.9 * len(pictures) + 0.3, squeeze=False
    )
    for values in maps.values():
        all_finite(maps=values)
    limit = max(float(np.abs(values).max()) for values in maps.values()) or 1.0
    for number, (line, picture) in enumerate(zip(axes, pictures, strict=True)):
        for ax in line:
            _without_ticks(ax)
        line[0].imshow(picture, cmap="gray_r", vmin=0)
        for ax, values in zip(line[1:], maps.values(), strict=True):
            image = ax.imshow(values[number], cmap=SIGNS, vmin=-limit, vmax=limit)
    for ax, title in zip(axes[0], ("picture", *maps), strict=True):
        ax.set_title(title)
    fig.colorbar(image, ax=axes[:, 1:], shrink=0.7, label="answer of the filter")
    return fig


def receptive_fields(moved: Mapping[str, np.ndarray]) -> Figure:
    """How far each pixel moves a unit; pixels that never do are crossed out. Each panel has its own scale.

    Args:
        moved: by title, the mean change (height, width), 0 where a pixel does nothing.

    >>> fig = receptive_fields({"after layer 1": np.eye(8)})
    >>> len(fig.axes[0].lines[0].get_xdata())
    56
    """
    fig, axes = subplots(ncols=len(moved), width=2.6 * len(moved), height=3, squeeze=False)
    for ax, (title, values) in zip(axes[0], moved.items(), strict=True):
        all_finite(moved=values)
        _without_ticks(ax)
        ax.imshow(values, cmap="Reds", vmin=0)
        rows, columns = np.nonzero(values == 0)
        ax.plot(columns, rows, "x", color=COLORS["grey"], markersize=4, markeredgewidth=0.8)
        ax.set_title(title)
    return fig


def accuracy_by_rows(rows: Sequence[int], panels: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """Accuracy by the number of labelled rows: means of the draws, and bars from the worst to the best.

    Args:
        rows: how many labelled rows (m,), ascending.
        panels: by the panel's title, and in it by name, at most four, accuracies (m, draws); one scale.

    >>> len(accuracy_by_rows([10, 25], {"task": {"from scratch": np.ones((2, 4))}}).axes[0].lines)
    1
    """
    fig, axes = subplots(ncols=len(panels), width=4 * len(panels), height=3.4, sharey=True, squeeze=False)
    places = np.array(rows, float)
    all_finite(rows=places)
    for ax, (title, accuracies) in zip(axes[0], panels.items(), strict=True):
        for i, ((name, values), (color, marker)) in enumerate(zip(accuracies.items(), LOOKS, strict=False)):
            values, beside = np.asarray(values, float), places * 1.04 ** (i - (len(accuracies) - 1) / 2)
            ax.vlines(beside, values.min(axis=1), values.max(axis=1), color=COLORS[color], linewidth=1.2)
            ax.plot(
                beside, values.mean(axis=1), marker=marker, color=COLORS[color], linewidth=1.5, label=name
            )
        ax.set(xscale="log", xlabel="labelled rows of the new task", title=title)
        ax.set_xticks(places, [f"{row:g}" for row in places])
        ax.minorticks_off()
    axes[0, 0].set_ylabel("accuracy on new rows")
    axes[0, -1].legend(loc="lower right")
    return fig


def _without_ticks(ax: Axes) -> None:
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)


LOOKS = (("blue", "o"), ("red", "^"), ("green", "s"), ("purple", "D"))
