"""The figures of lesson 14: how far a slope comes back, where attention looked, perplexity by context.

They take what the lesson computed and return a figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from helpers.figures import COLORS, all_finite, subplots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["perplexity_by_context", "slopes_by_distance", "where_it_looked"]

LINES: list[dict[str, object]] = [
    {"color": COLORS["blue"], "linestyle": "-"},
    {"color": COLORS["red"], "linestyle": (0, (5, 2))},
    {"color": COLORS["green"], "linestyle": "-."},
    {"color": COLORS["ink"], "linestyle": ":"},
]
"""How the first, second, … line of a figure is drawn."""


def slopes_by_distance(slopes: Mapping[str, np.ndarray]) -> Figure:
    """How large the slope at an earlier word is, as a multiple of that at the last one.

    Args:
        slopes: by name, the sizes (T,) by how many steps back: 0, 1, ….

    >>> slopes_by_distance({"RNN": np.array([1.0, 0.5, 0.1])}).axes[0].get_yscale()
    'log'
    """
    fig, ax = subplots(width=7.4, height=3.4)
    for (name, values), look in zip(slopes.items(), LINES, strict=False):
        ax.plot(np.arange(len(values)), values, label=name, **look)
    ax.set_yscale("log")
    ax.set(xlabel="steps back", ylabel="slope, last word = 1")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig


def where_it_looked(labels: Sequence[str], weights: np.ndarray) -> Figure:
    """The weights with which one place looked at each of the others.

    Args:
        labels: what stands at each place, (T,) of them.
        weights: numbers from 0 to 1 (T,).

    >>> len(where_it_looked(["a = 1", "b = 3"], np.array([0.1, 0.9])).axes[0].patches)
    2
    """
    all_finite(weights=weights)
    fig, ax = subplots(width=7.4, height=2.6)
    ax.bar(np.arange(len(labels)), weights, width=0.6, color=COLORS["blue"])
    ax.set_xticks(np.arange(len(labels)), labels)
    ax.set(ylabel="weight", ylim=(0, 1.05))
    ax.grid(visible=False, axis="x")
    return fig


def perplexity_by_context(perplexities: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Perplexity by how many characters before are seen, on a scale of ratios.

    Args:
        perplexities: by name, numbers of characters (m,) and the perplexities with them (m,).

    >>> len(perplexity_by_context({"a": (np.array([1, 2]), np.array([9.0, 7.0]))}).axes[0].lines)
    1
    """
    fig, ax = subplots(width=7.4, height=3.4)
    for (name, (back, values)), look in zip(perplexities.items(), LINES, strict=False):
        ax.plot(back, values, marker="o", label=name, **look)
    ax.set_xscale("log")
    ticks = [1, 2, 3, 4, 6, 10, 16]
    ax.set_xticks(ticks, [str(tick) for tick in ticks])
    ax.minorticks_off()
    ax.set(xlabel="characters seen", ylabel="perplexity", ylim=(0, 20))
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig
