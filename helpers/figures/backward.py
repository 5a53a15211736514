"""The figures of lesson 05: slopes, descents, a graph with its numbers, the step-size curve.

They take what the lesson computed and return a figure; nothing is computed here but the grid that a curve
needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.figures import COLORS, CYCLE, subplots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "curve_with_steps",
    "graph_of_one_neuron",
    "histogram_of_slopes",
    "step_size_curve",
]


def histogram_of_slopes(random: np.ndarray, gradient: float) -> Figure:
    """How steep random directions are, shape (k,), and the slope straight down the gradient.

    >>> histogram_of_slopes(np.array([-0.1, 0.0, 0.1]), gradient=-0.8).axes[0].get_xlabel()
    'change of the loss per unit of length'
    """
    fig, ax = subplots(width=6.8, height=2.8)
    reach = 1.12 * max(abs(gradient), float(np.abs(random).max()))
    ax.hist(random, bins=20, color=COLORS["blue"], label=f"{len(random):,} random directions")
    ax.axvline(gradient, color=COLORS["red"], linewidth=3, label="all small slopes together")
    ax.set(xlim=(-reach, reach), xlabel="change of the loss per unit of length", ylabel="directions")
    ax.legend(loc="upper right")
    return fig


def curve_with_steps(loss: Callable[[float], float], paths: Mapping[str, Sequence[float]]) -> Figure:
    """One panel per descent: the loss over one weight, and the points that the steps visit.

    Args:
        loss: the loss for one value of the weight.
        paths: by title, the weights visited, the start first.

    >>> len(curve_with_steps(lambda w: w * w, {"lr = 0.1": [1, 0.8], "lr = 1": [1, -1]}).axes)
    2
    """
    fig, axes = subplots(ncols=len(paths), width=8, height=2.9, sharey=True)
    everything = np.concatenate([np.asarray(path, dtype=float) for path in paths.values()])
    everything = everything[np.isfinite(everything)]  # a descent may run away
    margin = 0.1 * (everything.max() - everything.min() + 1e-9)
    grid = np.linspace(everything.min() - margin, everything.max() + margin, 200)
    for ax, (title, path), color in zip(np.atleast_1d(axes), paths.items(), CYCLE, strict=False):
        ax.plot(grid, [loss(float(w)) for w in grid], color=COLORS["grey"], linewidth=1.5)
        ax.plot(path, [loss(float(w)) for w in path], "o-", color=color, linewidth=1.2)
        ax.annotate(
            "start",
            (path[0], loss(float(path[0]))),
            textcoords="offset points",
            xytext=(-8, -3),
            ha="right",
        )
        ax.set(title=title, xlabel="weight w")
    np.atleast_1d(axes)[0].set_ylabel("loss")
    return fig


# The nodes of the neuron's graph: place, half the width of its box, and what stands in it.
_NODES = {
    "w": (0.0, 3.0, 0.2, "w"),
    "x": (0.0, 1.5, 0.2, "x"),
    "b": (0.0, 0.0, 0.2, "b"),
    "z": (2.1, 1.5, 0.68, "z = w x + b"),
    "a": (4.3, 1.5, 0.78, "a = max(z, 0)"),
    "e": (6.3, 1.5, 0.54, "e = y − a"),
    "L": (7.9, 1.5, 0.42, "L = e²"),
}
_EDGES = (("w", "z"), ("x", "z"), ("b", "z"), ("z", "a"), ("a", "e"), ("e", "L"))


def _arrow(ax: Axes, start: str, end: str, slope: float) -> None:
    """An arrow from box to box with its slope; one from another row ends beside the box's corner."""
    (x0, y0, half0, _), (x1, y1, half1, _) = _NODES[start], _NODES[end]
    aim = y1 + 0.1 * np.sign(y0 - y1)
    look = {"arrowstyle": "-|>", "color": COLORS["grey"], "shrinkA": 3, "shrinkB": 3, "linewidth": 1.4}
    ax.annotate("", xy=(x1 - half1, aim), xytext=(x0 + half0, y0), arrowprops=look)
    above = 0.2 if y0 == y1 else 0  # beside a short arrow, so that its head can be seen
    middle = ((x0 + half0 + x1 - half1) / 2, (y0 + aim) / 2 + above)
    patch = {"boxstyle": "round,pad=0.1", "facecolor": COLORS["card"], "edgecolor": "none"}
    text: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 11, "bbox": patch}
    ax.text(*middle, f"× {_number(slope)}", **text)


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def graph_of_one_neuron(
    values: Mapping[str, float], slopes: Mapping[str, float], local: Mapping[str, float]
) -> Figure:
    """The graph w, x, b → z → a → e → L of one neuron, with values (above) and slopes of L (below).

    Args:
        values: the value of each of w, x, b, z, a, e, L.
        slopes: ∂L/∂(name) for each of them.
        local: by where an arrow starts (w, x, b, z, a, e), the slope of the step that it stands for.

    Raises:
        KeyError: when a name is missing.

    >>> names = dict.fromkeys("wxbzaeL", 1.0)
    >>> len(graph_of_one_neuron(names, names, names).axes)
    1
    """
    fig, ax = subplots(width=8, height=3.7)
    for start, end in _EDGES:
        _arrow(ax, start, end, local[start])
    box = {"boxstyle": "round,pad=0.45", "facecolor": COLORS["card"], "edgecolor": COLORS["ink"]}
    big = {"ha": "center", "fontsize": 12.5}
    for name, (x, y, _, text) in _NODES.items():
        ax.text(x, y, text, va="center", bbox=box, **big)
        ax.text(x, y + 0.3, _number(values[name]), va="bottom", weight="bold", color=COLORS["blue"], **big)
        ax.text(x, y - 0.33, _number(slopes[name]), va="top", weight="bold", color=COLORS["red"], **big)
    ax.text(2.9, 3.0, "value: computed from left to right", color=COLORS["blue"], va="center", fontsize=12)
    ax.text(2.9, 2.5, "on an arrow: the slope of that step", color=COLORS["ink"], va="center", fontsize=12)
    ax.text(2.9, 0.0, "slope of L: from right to left", color=COLORS["red"], va="center", fontsize=12)
    ax.set(xlim=(-0.4, 8.5), ylim=(-0.75, 3.65))
    ax.axis("off")
    return fig


def step_size_curve(steps: np.ndarray, one_sided: np.ndarray, two_sided: np.ndarray) -> Figure:
    """Relative error of a numerical gradient over its step size, both on logarithmic scales.

    Args:
        steps: the step sizes, shape (k,).
        one_sided: errors of (f(x + h) - f(x)) / h, shape (k,).
        two_sided: errors of (f(x + h) - f(x - h)) / 2h, shape (k,).

    >>> h = np.array([1e-2, 1e-4])
    >>> step_size_curve(h, h, h**2).axes[0].get_xscale()
    'log'
    """
    # What rounding leaves differs by some per cent between processors: draw tenths of a power of ten.
    with np.errstate(divide="ignore"):  # no error at all has no place on the scale
        one_sided, two_sided = (10 ** np.round(np.log10(errors), 1) for errors in (one_sided, two_sided))
    fig, ax = subplots(width=6.8, height=3.8)
    ax.loglog(steps, one_sided, "o-", label="one-sided: (f(x + h) − f(x)) / h")
    ax.loglog(steps, two_sided, "s-", label="two-sided: (f(x + h) − f(x − h)) / 2h")
    ax.set(xlabel="step size h", ylabel="relative error of the gradient", ylim=(1e-12, 1e2))
    ax.text(2e-13, 1.5e-5, "rounding:\nerror grows as 1/h", color=COLORS["ink"], va="top")
    ax.text(0.3, 4e-8, "truncation:\ngrows as h, or h²", color=COLORS["ink"], ha="right", va="top")
    ax.legend(loc="upper center")
    return fig
