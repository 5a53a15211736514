"""The figures of lesson 06: activations beside their slopes, the signal on its way back, units that are off.

They take what the lesson measured and return a figure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.figures import COLORS, subplots
from helpers.figures.forward import by_layer

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["curves", "dead_units", "signal_by_layer"]

STYLES: dict[str, dict[str, Any]] = {
    "sigmoid": {"color": COLORS["blue"], "linestyle": "-"},
    "tanh": {"color": COLORS["red"], "linestyle": (0, (6, 2))},
    "ReLU": {"color": COLORS["green"], "linestyle": (0, (2, 1.2))},
    "leaky ReLU": {"color": COLORS["blue"], "linestyle": "-"},
    "ELU": {"color": COLORS["red"], "linestyle": (0, (6, 2))},
    "GELU": {"color": COLORS["green"], "linestyle": (0, (2, 1.2))},
    "SiLU": {"color": COLORS["purple"], "linestyle": (0, (6, 2, 1.5, 2))},
}
"""How an activation is drawn; the first three and the last four share no figure, so they share colours."""
MARKERS = {"sigmoid": "o", "tanh": "s", "ReLU": "^"}


def curves(functions: Mapping[str, tuple[Callable, Callable]], reach: float = 6.0) -> Figure:
    """Activations, and beside them their slopes.

    Args:
        functions: by name as in `STYLES`, the activation and its slope; both take and give arrays.
        reach: z runs from -reach to reach.

    >>> curves({"tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2)}).axes[1].get_title(loc="left")
    'slope'
    """
    fig, axes = subplots(ncols=2, width=8, height=3.0)
    z = np.linspace(-reach, reach, 601)
    for name, pair in functions.items():
        for ax, function in zip(axes, pair, strict=True):
            ax.plot(z, function(z), label=name, **STYLES[name])
    for ax, title in zip(axes, ("value", "slope"), strict=True):
        ax.set(title=title, xlabel="z", xlim=(-reach, reach))
    axes[0].set_ylim(-1.3, 2.6)
    axes[1].set_ylim(-0.17, 1.22)
    axes[1].set_yticks((0, 0.25, 0.5, 0.75, 1))
    axes[0].legend(loc="upper left")
    return fig


def signal_by_layer(sizes: Mapping[tuple[str, str], Sequence[float]]) -> Figure:
    """The size of the signal that comes back to each layer, a panel for each scale of the weights.

    Args:
        sizes: by (scale, activation), the sizes from the first layer to the last, in parts of the last one.

    >>> signal_by_layer({("Xavier", "tanh"): [0.5, 1.0]}).axes[0].get_title(loc="left")
    'Xavier'
    """
    looks = {name: {"marker": marker, "markersize": 4, **STYLES[name]} for name, marker in MARKERS.items()}
    fig, axes = by_layer(sizes, looks, height=3.2, decades=4)
    axes[0].set_ylabel("size, last layer = 1")
    axes[-1].legend(loc="lower right")
    return fig


def dead_units(lrs: Sequence[float], found: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """The share of dead units and the accuracy, by learning rate.

    Args:
        lrs: the learning rates (m,).
        found: by name, the share of dead units and the accuracy, each (m, seeds).

    >>> dead_units([0.1, 1.0], {"a": (np.zeros((2, 3)), np.ones((2, 3)))}).axes[1].get_title(loc="left")
    'accuracy'
    """
    fig, axes = subplots(ncols=2, width=8, height=3.2, sharey=True)
    looks = zip((COLORS["green"], COLORS["blue"], COLORS["orange"]), ("^-", "o--", "s:"), strict=True)
    for (name, both), (color, line) in zip(found.items(), looks, strict=False):
        for ax, values in zip(axes, both, strict=True):
            _means(ax, lrs, values, line, color=color, label=name)
    for ax, title in zip(axes, ("share of dead units", "accuracy"), strict=True):
        ax.set(title=title, xscale="log", xlabel="learning rate", ylim=(-0.05, 1.05))
        ax.set_xticks(lrs, [f"{lr:g}" for lr in lrs])
        ax.minorticks_off()
    axes[1].legend(loc="lower left")
    return fig


def _means(ax: Axes, lrs: Sequence[float], values: np.ndarray, line: str, **look: Any) -> None:
    """A line through the means, and a bar from the lowest seed to the highest."""
    means = values.mean(axis=1)
    ax.plot(lrs, means, line, **look)
    ax.vlines(lrs, values.min(axis=1), values.max(axis=1), color=look["color"], linewidth=1.2)
