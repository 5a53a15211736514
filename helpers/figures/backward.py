"""The figures of lesson 05: slopes, descents, a graph with its numbers, the step-size curve, a boundary.

They take what the lesson computed and return a figure; nothing is computed here but the grid that a curve
or a map needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from helpers.figures import COLORS, CYCLE, subplots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "boundary_and_losses",
    "bowl_with_paths",
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
    ax.hist(random, bins=20, color=COLORS["blue"], label=f"{len(random)} random directions")
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


def bowl_with_paths(
    loss: Callable[[np.ndarray, np.ndarray], np.ndarray],
    paths: Mapping[str, np.ndarray],
    minimum: tuple[float, float],
) -> Figure:
    """Lines of equal loss over two parameters, and the ways down.

    Args:
        loss: the loss on a grid: two arrays of one shape → an array of that shape.
        paths: by name, the points visited, shape (steps + 1, 2), the start first.
        minimum: where the loss is smallest.

    >>> path = np.array([[2.0, 2.0], [1.0, 0.5]])
    >>> bowl_with_paths(lambda w, b: w**2 + b**2, {"lr = 0.1": path}, (0, 0)).axes[0].get_xlabel()
    'weight w'
    """
    fig, ax = subplots(width=6.4, height=4.6)
    points = np.concatenate([*paths.values(), [minimum]])
    low, high = points.min(axis=0) - 0.5, points.max(axis=0) + 0.5
    w, b = np.meshgrid(np.linspace(low[0], high[0], 150), np.linspace(low[1], high[1], 150))
    surface = loss(w, b)
    start = float(loss(points[:1, 0], points[:1, 1])[0])
    levels = np.geomspace(start / 600, start, 10)  # the last one runs through the start
    ax.contour(w, b, surface, levels=levels, colors=COLORS["grey"], linewidths=0.8)
    for (name, path), color in zip(paths.items(), CYCLE, strict=False):
        ax.plot(*path.T, "o-", color=color, linewidth=1.3, markersize=4, label=name)
    ax.plot(*minimum, "*", color=COLORS["ink"], markersize=13, label="minimum")
    ax.annotate("start", points[0], textcoords="offset points", xytext=(-6, -14), ha="right")
    ax.set(xlabel="weight w", ylabel="bias b", xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    ax.legend(loc="lower right", frameon=True, framealpha=1)
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


def _arrow(ax: Axes, start: str, end: str) -> None:
    """An arrow from box to box; one that comes from another row ends beside the box's corner."""
    (x0, y0, half0, _), (x1, y1, half1, _) = _NODES[start], _NODES[end]
    aim = y1 + 0.1 * np.sign(y0 - y1)
    look = {"arrowstyle": "-|>", "color": COLORS["grey"], "shrinkA": 3, "shrinkB": 3, "linewidth": 1.4}
    ax.annotate("", xy=(x1 - half1, aim), xytext=(x0 + half0, y0), arrowprops=look)


def graph_of_one_neuron(values: Mapping[str, float], slopes: Mapping[str, float]) -> Figure:
    """The graph w, x, b → z → a → e → L of one neuron, with values (above) and slopes of L (below).

    Args:
        values: the value of each of w, x, b, z, a, e, L.
        slopes: ∂L/∂(name) for each of them.

    Raises:
        KeyError: when a name is missing.

    >>> names = dict.fromkeys("wxbzaeL", 1.0)
    >>> len(graph_of_one_neuron(names, names).axes)
    1
    """
    fig, ax = subplots(width=8, height=3.7)
    for start, end in _EDGES:
        _arrow(ax, start, end)
    box = {"boxstyle": "round,pad=0.45", "facecolor": COLORS["card"], "edgecolor": COLORS["ink"]}
    big = {"ha": "center", "fontsize": 12.5}
    for name, (x, y, _, text) in _NODES.items():
        ax.text(x, y, text, va="center", bbox=box, **big)
        ax.text(x, y + 0.3, f"{values[name]:g}", va="bottom", weight="bold", color=COLORS["blue"], **big)
        ax.text(x, y - 0.33, f"{slopes[name]:g}", va="top", weight="bold", color=COLORS["red"], **big)
    ax.text(2.9, 3.0, "value: computed from left to right", color=COLORS["blue"], va="center", fontsize=12)
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
    fig, ax = subplots(width=6.8, height=3.8)
    ax.loglog(steps, one_sided, "o-", label="one-sided: (f(x + h) - f(x)) / h")
    ax.loglog(steps, two_sided, "s-", label="two-sided: (f(x + h) - f(x - h)) / 2h")
    ax.set(xlabel="step size h", ylabel="relative error of the gradient", ylim=(1e-12, 1e2))
    ax.text(2e-13, 1.5e-5, "rounding:\nerror grows as 1/h", color=COLORS["ink"], va="top")
    ax.text(0.3, 4e-8, "truncation:\ngrows as h, or h²", color=COLORS["ink"], ha="right", va="top")
    ax.legend(loc="upper center")
    return fig


def boundary_and_losses(
    predict: Callable[[np.ndarray], np.ndarray], X: np.ndarray, y: np.ndarray, losses: Sequence[float]
) -> Figure:
    """The training loss by step, and the plane coloured by the class that a model predicts.

    Args:
        predict: points (n, 2) → class 0 or 1, shape (n,).
        X: the training points, shape (n, 2).
        y: their classes, shape (n,).
        losses: the training loss after each step.

    >>> X = np.array([[0.0, 0.0], [1.0, 1.0]])
    >>> fig = boundary_and_losses(lambda P: P[:, 0] > 0.5, X, np.array([0, 1]), [0.7, 0.1])
    >>> fig.axes[0].get_ylabel()
    'training loss'
    """
    fig, (left, right) = subplots(ncols=2, width=8, height=3.3)
    left.plot(losses)
    left.set(xlabel="step", ylabel="training loss", ylim=(0, None))
    low, high = X.min(axis=0) - 0.3, X.max(axis=0) + 0.3
    first, second = np.meshgrid(np.linspace(low[0], high[0], 160), np.linspace(low[1], high[1], 160))
    classes = np.asarray(predict(np.column_stack([first.ravel(), second.ravel()]))).reshape(first.shape)
    fills = ["#D6E8F3", "#FBE3D4"]
    right.contourf(first, second, classes.astype(float), levels=[-0.5, 0.5, 1.5], colors=fills)
    for label, (color, marker) in enumerate([(COLORS["blue"], "o"), (COLORS["red"], "^")]):
        right.plot(*X[y == label].T, marker, color=color, markersize=4, label=f"class {label}")
    right.set(xlabel="first feature", ylabel="second feature")
    right.legend(loc="upper right", frameon=True)
    right.grid(visible=False)
    return fig
