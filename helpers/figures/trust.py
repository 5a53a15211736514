"""The figures of lesson 16: pictures and their changed versions, reliability, and maps of credit.

They take what the lesson computed and return a figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from helpers.figures import COLORS, NAMES, all_finite, subplots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["credit_maps", "reliability", "versions_of_pictures"]

BINS = 10
FEWEST = 10
"""A bin with fewer answers is not drawn: its share is chance."""


def versions_of_pictures(
    versions: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]], labels: np.ndarray
) -> Figure:
    """The same pictures in several versions, a row each; above each what the network answers, and how sure.

    Args:
        versions: by name, pictures (n, 64) from 0 to 1, answers (n,) and confidences (n,).
        labels: the true digits (n,); an answer that differs is red.

    >>> one = np.zeros((2, 64)), np.array([1, 2]), np.array([0.5, 1])
    >>> len(versions_of_pictures({"as is": one}, np.array([1, 3])).axes)
    2
    """
    fig, axes = subplots(len(versions), len(labels), width=7.8, height=1.62 * len(versions), squeeze=False)
    for row, (name, (pictures, answers, confidences)) in zip(axes, versions.items(), strict=True):
        all_finite(pictures=pictures, confidences=confidences)
        for ax, picture, answer, confidence, label in zip(
            row, pictures, answers, confidences, labels, strict=True
        ):
            ax.imshow(picture.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
            ax.grid(visible=False)
            ax.spines[:].set_visible(True)
            color = COLORS["ink"] if answer == label else NAMES[COLORS["red"]]
            ax.set_title(f"{answer:g}: {confidence:.2f}", color=color, fontsize=10, loc="center")
        row[0].set_ylabel(name)
    return fig


def reliability(answers: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """How often answers are right by how sure the model was, a panel for each model.

    Args:
        answers: by title, confidences (n,) from 0 to 1 and whether each answer was right (n,). They are put
            into ten bins; bins with fewer than ten answers are left out.

    >>> len(reliability({"a": (np.full(20, 0.9), np.ones(20))}).axes)
    1
    """
    fig, axes = subplots(ncols=len(answers), width=8, height=3.2, sharey=True, squeeze=False)
    for ax, (title, (confidences, right)) in zip(axes[0], answers.items(), strict=True):
        all_finite(confidences=confidences, right=right)
        bins = np.minimum((BINS * confidences).astype(int), BINS - 1)
        many = [b for b in range(BINS) if np.sum(bins == b) >= FEWEST]
        sure = [confidences[bins == b].mean(dtype=float) for b in many]
        share = [right[bins == b].mean(dtype=float) for b in many]
        ax.plot([0, 1], [0, 1], color=COLORS["grey"], linestyle="--", linewidth=1.2, label="calibrated")
        ax.plot(sure, share, "o-", color=COLORS["blue"], markersize=5, label="answers")
        ax.set(title=title, xlabel="confidence", xlim=(0, 1.03), ylim=(0, 1.03), aspect="equal")
    axes[0][0].set_ylabel("share right")
    axes[0][0].legend(loc="upper left", fontsize=9)
    return fig


def credit_maps(maps: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """What each of 4 × 4 patches of a picture adds, with the number in it.

    Args:
        maps: by row and by title, values (16,), from the top left patch to the bottom right one. All share
            one scale of colours.

    >>> len(credit_maps({"one spot": {"a": np.zeros(16), "b": np.ones(16)}}).axes)
    2
    """
    columns = max(len(row) for row in maps.values())
    fig, axes = subplots(len(maps), columns, width=7.8, height=2.5 * len(maps), squeeze=False)
    every = np.concatenate([values for row in maps.values() for values in row.values()]).astype(float)
    all_finite(values=every)
    top = max(np.abs(every).max(), 1e-9)
    for row, (name, by_title) in zip(axes, maps.items(), strict=True):
        for ax, (title, values) in zip(row, by_title.items(), strict=True):
            ax.imshow(values.reshape(4, 4).astype(float), cmap="PuOr_r", vmin=-top, vmax=top)
            for (i, j), value in np.ndenumerate(values.reshape(4, 4)):
                color = COLORS["card"] if abs(value) > 0.6 * top else COLORS["ink"]
                ax.text(
                    j,
                    i,
                    f"{round(float(value), 2) + 0.0:.2f}",
                    ha="center",
                    va="center",
                    fontsize=9,
                    color=color,
                )
            ax.set(title=title, xticks=[], yticks=[])
            ax.grid(visible=False)
        row[0].set_ylabel(name)
    return fig
