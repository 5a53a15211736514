"""One point away from twelve others: what the fitted line makes of it depends on the loss.

The twelve lie around y = 1 + x/2. The losses are Huber's ("Robust estimation of a location parameter", 1964)
for several δ, with the mean absolute error and the mean squared error at the ends (δ = 0, δ = ∞). The pull of
a point is the slope of its loss in its error.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from types import SimpleNamespace

import numpy as np

from helpers.explore.base import Control, Frame, Stage, within
from helpers.explore.view import explore
from helpers.figures import COLORS, subplots

DELTAS = (0.0, 0.3, 1.0, 3.0, np.inf)
LOSSES = ("MAE", "Huber, δ = 0.3", "Huber, δ = 1", "Huber, δ = 3", "MSE")
PLACES = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15)
HEIGHTS = (-10, -6, -3, 0, 2, 4, 6, 8, 11, 15, 20)
SHAPES = ("a step from -1 to 1", *["rising around 0, then flat at δ"] * 3, "a straight line without end")
LEFT, RIGHT, FARTHEST = -0.7, 15.7, 24.0
ON_THE_LINE = 1e-3
SLIGHT, STRONG = 0.15, 1.0


@lru_cache(maxsize=1)
def _others() -> tuple[np.ndarray, np.ndarray]:
    """The twelve points that stay: x from 0 to 6, y around 1 + x/2."""
    x = np.linspace(0, 6, 12)
    return x, 1 + x / 2 + np.random.default_rng(4).normal(0, 0.6, 12)


def pull(error: np.ndarray, delta: float) -> np.ndarray:
    """How hard a point pulls the line up, for its error y - ŷ: the slope of |e| (δ = 0), of ½ e² (δ = ∞).

    >>> pull(np.array([-5.0, 0.5]), 1.0), pull(np.array([-5.0, 0.5]), 0.0)
    (array([-1. ,  0.5]), array([-1.,  1.]))
    """
    return np.sign(error) if delta == 0 else np.clip(error, -delta, delta)


def fitted(x: np.ndarray, y: np.ndarray, delta: float) -> tuple[float, float]:
    """Intercept and slope of the line with the lowest loss.

    Args:
        x, y: the points, each (n,).
        delta: where Huber's loss becomes straight; 0 is MAE, ∞ is MSE.

    >>> x = np.arange(4.0)
    >>> [round(value, 6) for value in fitted(x, 2 * x + 1, np.inf)]
    [1.0, 2.0]
    >>> [round(value, 6) for value in fitted(x, 2 * x + [1, 1, 1, 9], 0)]
    [1.0, 2.0]
    """
    if delta == 0:
        return _through_two(x, y)
    H, weights = np.column_stack([np.ones_like(x), x]), np.ones_like(x)
    for _ in range(1 if np.isinf(delta) else 300):
        intercept, slope = np.linalg.solve(H.T @ (H * weights[:, None]), H.T @ (weights * y))
        weights = np.minimum(1, delta / np.maximum(np.abs(y - intercept - slope * x), 1e-12))
    return float(intercept), float(slope)


def _through_two(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """The best line for MAE: one of the best goes through two of the points, so all pairs are tried."""
    i, j = np.array([(i, j) for i, j in combinations(range(len(x)), 2) if x[i] != x[j]]).T
    slopes = (y[j] - y[i]) / (x[j] - x[i])
    intercepts = y[i] - slopes * x[i]
    best = np.abs(y - intercepts[:, None] - slopes[:, None] * x).sum(axis=1).argmin()
    return float(intercepts[best]), float(slopes[best])


@lru_cache(maxsize=2000)
def lines(place: float, height: float, loss: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Intercept and slope with the red point, and without it.

    >>> lines(5, 20, 4)[0][1] > lines(5, 20, 0)[0][1]
    True
    """
    x, y = _others()
    delta = DELTAS[loss]
    return fitted(np.append(x, place), np.append(y, height), delta), fitted(x, y, delta)


def sentence(place: float, height: float, loss: int) -> str:
    """What the red point does to the line, in plain words.

    >>> sentence(6, 20, 4).split(":")[0], sentence(6, 20, 0).split(":")[0]
    ('Dragged', 'Hardly moved')
    """
    (a, b), (a0, b0) = lines(place, height, loss)
    x, y = _others()
    moved = float(np.mean(np.abs(a + b * x - a0 - b0 * x)))
    kind = "Hardly moved" if moved < SLIGHT else "Moved" if moved < STRONG else "Dragged"
    errors = np.append(y, height) - a - b * np.append(x, place)
    errors[np.abs(errors) < ON_THE_LINE] = 0
    pulls = np.abs(pull(errors, DELTAS[loss]))
    where = (
        f"The red point is off by {abs(errors[-1]):.1f} and has {100 * pulls[-1] / pulls.sum():.0f} % of all "
        "the pull."
        if errors[-1]
        else "The line goes through the red point."
    )
    return (
        f"{kind}: with {LOSSES[loss]} the slope is {b:.2f}, without the red point {b0:.2f}; at the twelve "
        f"others the line moves by {moved:.2f} on average. {where}"
    )


@lru_cache(maxsize=1)
def _stage() -> Stage:
    """The figure without anything in it, and the artists that each frame fills in."""
    fig, (left, right) = subplots(ncols=2, width=7.8, height=3.7, width_ratios=(1.35, 1))
    left.plot(*_others(), "o", color=COLORS["blue"], markersize=5)
    left.set(xlim=(LEFT, RIGHT), ylim=(-11, 26), xlabel="x", ylabel="y")
    art = SimpleNamespace()
    art.title = left.set_title("MSE")
    ends = {"color": COLORS["grey"], "linestyle": "--", "linewidth": 1.4}
    (art.without,) = left.plot([], [], label="without the red point", **ends)
    (art.line,) = left.plot([], [], color=COLORS["ink"], label="with it")
    (art.red,) = left.plot([], [], "s", color=COLORS["red"], markersize=8)
    left.legend(loc="upper left", ncols=2, fontsize=9)
    right.set(xlim=(-FARTHEST, FARTHEST), xlabel="error of a point", title="pull of each point")
    (art.curve,) = right.plot([], [], color=COLORS["grey"], linewidth=1.4)
    (art.dots,) = right.plot([], [], "o", color=COLORS["blue"], markersize=5)
    (art.dot,) = right.plot([], [], "s", color=COLORS["red"], markersize=8)
    return Stage(fig, art)


def frame(place: float, height: float, loss: int) -> Frame:
    """The line with and without the red point, beside how hard each point pulls.

    Args:
        place: x of the red point, one of `PLACES`.
        height: y of the red point, one of `HEIGHTS`.
        loss: 0 for MAE, 1 to 3 for Huber with a growing δ, 4 for MSE.

    Raises:
        ValueError: when a value is not one of its slider's.

    >>> frame(place=6, height=20, loss=4).sentence.split(":")[0]
    'Dragged'
    """
    within(CONTROLS, place=place, height=height, loss=loss)
    (a, b), (a0, b0) = lines(place, height, loss)
    x, y = _others()
    delta, ends = DELTAS[loss], np.array([LEFT, RIGHT])
    errors, error = y - a - b * x, np.array([height - a - b * place])
    grid = np.sort(np.append(np.linspace(-FARTHEST, FARTHEST, 97), [-1e-9, 1e-9]))
    top = 1.25 * float(pull(grid, delta).max())

    def paint(art: SimpleNamespace) -> None:
        art.curve.axes.set_ylim(-top, top)  # each loss is a scene of its own
        art.title.set_text(LOSSES[loss])
        art.without.set_data(ends, a0 + b0 * ends)
        art.line.set_data(ends, a + b * ends)
        art.red.set_data([place], [height])
        art.curve.set_data(grid, pull(grid, delta))
        art.dots.set_data(errors, pull(errors, delta))
        art.dot.set_data(error, pull(error, delta))

    alt = (
        f"Twelve points along a line, and a red one at x {place:g}, y {height:g}. {LOSSES[loss]}: the fitted "
        f"line has slope {b:.2f}, without the red point {b0:.2f}. Beside it the pull of each point by its "
        f"error: {SHAPES[loss]}."
    )
    return Frame(_stage().picture(alt, paint, scene=loss), sentence(place, height, loss))


CONTROLS = (
    Control("place", "x of the red point", PLACES, default=6),
    Control("height", "y of the red point", HEIGHTS, default=20),
    Control("loss", "loss", tuple(range(len(LOSSES))), default=4, text=LOSSES.__getitem__),
)


def explorer() -> None:
    """Show the explorer in a notebook."""
    explore(frame, CONTROLS)
