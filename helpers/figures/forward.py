"""The figures of lesson 04: what a model says everywhere, the perceptron, one picture's way, sizes by depth.

They take what the lesson measured and return a figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.figures import COLORS, NAMES, all_finite, subplots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["one_picture", "perceptrons", "regions", "sizes_by_layer"]

SCALES = {"0.01": "purple", "Xavier": "blue", "He": "green", "1": "red"}
"""The colour of a start, by the name that the lesson gives it."""
MARKERS = {"0.01": "v", "Xavier": "o", "He": "s", "1": "^"}


def regions(X: np.ndarray, y: np.ndarray, answers: Mapping[str, np.ndarray]) -> Figure:
    """The points, on what each model answers everywhere in the square from -1 to 1.

    Args:
        X, y: the points (n, 2) and their classes, 0 or 1.
        answers: by title, the classes on a square grid of side m, shape (m, m), first axis upwards.

    >>> regions(np.zeros((2, 2)), np.array([0, 1]), {"a": np.eye(3)}).axes[0].get_title(loc="left")
    'a'
    """
    from matplotlib.colors import ListedColormap

    fig, axes = subplots(ncols=len(answers), width=8, height=3, sharey=True)
    colors = ListedColormap(["#CFE3F2", "#F9DCC8"])
    for ax, (title, classes) in zip(np.atleast_1d(axes), answers.items(), strict=True):
        ax.imshow(classes, extent=(-1, 1, -1, 1), origin="lower", cmap=colors, vmin=0, vmax=1)
        for label, (color, marker) in enumerate((("blue", "o"), ("red", "x"))):
            ax.plot(*X[y == label].T, marker, color=COLORS[color], markersize=3.2)
        ax.set(title=title, xticks=(-1, 0, 1), yticks=(-1, 0, 1), aspect="equal")
        ax.grid(visible=False)
    return fig


def perceptrons() -> Figure:
    """The perceptron as it was built, beside what the word means today.

    >>> len(perceptrons().axes)
    2
    """
    fig, (left, right) = subplots(ncols=2, width=8, height=3.3, width_ratios=(1.7, 1))
    rng = np.random.default_rng(3)
    places = {0: np.linspace(0.5, 5.5, 7), 1: np.linspace(0, 6, 8), 2: np.linspace(2, 4, 2)}
    for start in places[0]:
        for end in rng.choice(places[1], 3, replace=False):
            left.plot((0, 1), (start, end), color=COLORS["grey"], linewidth=0.8, zorder=1)
    _all_to_all(left, 1, places[1], 2, places[2])
    for x, name in enumerate(("S: 400 photocells", "A: 512 units", "R: 8 units")):
        _units(left, x, places[x])
        left.text(x, 6.7, name, ha="center", fontsize=9.5)
    left.text(0.5, -1.25, "by chance, fixed", ha="center", color=COLORS["grey"], fontsize=9.5)
    left.text(1.5, -1.25, "trained", ha="center", color=NAMES[COLORS["red"]], fontsize=9.5)
    _all_to_all(right, 0, places[0][1:-1], 1, np.array([3.0]))
    _units(right, 0, places[0][1:-1])
    _units(right, 1, np.array([3.0]))
    for x, name in enumerate(("inputs", "one unit")):
        right.text(x, 6.7, name, ha="center", fontsize=9.5)
    right.text(0.5, -1.25, "trained", ha="center", color=NAMES[COLORS["red"]], fontsize=9.5)
    for ax, title, end in ((left, "as Rosenblatt built it", 2), (right, "the word today", 1)):
        ax.set(title=title, xlim=(-0.5, end + 0.5), ylim=(-1.7, 7.3))
        ax.set_axis_off()
        ax.title.set_visible(True)
    return fig


def _units(ax: Axes, x: float, ys: np.ndarray) -> None:
    ax.plot(
        np.full(len(ys), x), ys, "o", color="white", markeredgecolor=COLORS["ink"], markersize=10, zorder=2
    )


def _all_to_all(ax: Axes, x: float, starts: np.ndarray, to: float, ends: np.ndarray) -> None:
    for start in starts:
        for end in ends:
            ax.plot((x, to), (start, end), color=COLORS["red"], linewidth=1.3, zorder=1)


def one_picture(picture: np.ndarray, hidden: np.ndarray, p: np.ndarray) -> Figure:
    """One picture on its way through the network: 64 pixels, 128 hidden units, 10 probabilities.

    Args:
        picture: grey values (64,).
        hidden: outputs of the hidden units (128,).
        p: probability of each class (10,).

    >>> len(one_picture(np.zeros(64), np.zeros(128), np.ones(10) / 10).axes)
    3
    """
    all_finite(picture=picture, hidden=hidden, p=p)
    fig, (left, middle, right) = subplots(ncols=3, width=8, height=2.7, width_ratios=(1, 1.6, 1.9))
    left.imshow(picture.reshape(8, 8), cmap="gray_r")
    left.set_title("X: 64 pixels")
    middle.imshow(hidden.reshape(8, 16), cmap="viridis")
    middle.set_title("a: 128 hidden units")
    for ax in (left, middle):
        ax.set(xticks=[], yticks=[], anchor="N")
        ax.grid(visible=False)
        ax.spines[:].set_visible(True)
    middle.set_xlabel("the darkest are 0")
    right.bar(range(10), p, color=COLORS["blue"])
    right.set(title="p: 10 probabilities", xticks=range(10), ylim=(0, 1.05), xlabel="digit")
    return fig


def sizes_by_layer(sizes: Mapping[tuple[str, str], Sequence[float]]) -> Figure:
    """The size of the signal by layer, a panel for each activation and a line for each start.

    Args:
        sizes: by (activation, start), the root mean square of each layer's outputs; starts as in `SCALES`.

    >>> sizes_by_layer({("tanh", "He"): [1.0, 0.5]}).axes[0].get_title(loc="left")
    'tanh'
    """
    looks = {name: {"color": COLORS[color], "marker": MARKERS[name]} for name, color in SCALES.items()}
    fig, axes = by_layer(sizes, looks, height=3.3, decades=5)
    axes[0].set_ylabel("size of the outputs")
    axes[0].legend(title="scale", loc="upper left", fontsize=9)
    return fig


def by_layer(
    sizes: Mapping[tuple[str, str], Sequence[float]],
    looks: Mapping[str, Mapping[str, Any]],
    height: float,
    decades: int,
) -> tuple[Figure, np.ndarray]:
    """A figure and its panels, with a line through some sizes from the first layer to the last.

    Args:
        sizes: by (panel, line), one for each layer.
        looks: how a line is drawn, by its name.
        height: in inches.
        decades: from one name on the logarithmic axis to the next.

    >>> by_layer({("tanh", "He"): [1.0, 0.5]}, {"He": {}}, height=3, decades=5)[1].shape
    (1,)
    """
    from matplotlib.ticker import LogLocator

    panels = list(dict.fromkeys(panel for panel, _ in sizes))
    fig, axes = subplots(ncols=len(panels), width=8, height=height, sharey=True, squeeze=False)
    for ax, panel in zip(axes[0], panels, strict=True):
        for (place, name), size in sizes.items():
            if place == panel:
                ax.plot(np.arange(1, len(size) + 1), size, label=name, **looks[name])
        ax.set(title=panel, yscale="log", xlabel="layer", xticks=(1, 5, 10, 15, 20))
        ax.yaxis.set_major_locator(LogLocator(base=10**decades))
    return fig, axes[0]
