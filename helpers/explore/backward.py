"""Gradient descent on a bowl: what the learning rate, the shape of the bowl and the number of steps do.

The bowl is L(w) = (w₁² + κ w₂²) / 2, its gradient (w₁, κ w₂). A step multiplies w₁ by 1 − lr and w₂ by
1 − lr κ, so it comes down as long as both are between −1 and 1: lr < 2 / λmax, where λmax = κ is the steepest
curvature. κ is also the condition number, steepest over flattest (Nocedal and Wright, 2006, chapter 3).
"""

from __future__ import annotations

import math
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from helpers.explore.base import Control, Frame, Stage, within
from helpers.explore.view import explore
from helpers.figures import COLORS, subplots

START = (-4.0, 2.0)
FAR_AWAY = 1e6
LEARNING_RATES = tuple(
    float(f"{digits}e{power}") for power in (-3, -2, -1, 0) for digits in (1, 1.5, 2, 3, 5, 7)
)[:-2]
CONDITIONS = (1, 2, 5, 10, 20, 50, 100)
STEPS = (1, 2, 5, 10, 20, 50, 100, 200)
LOSSES = 1024 * 0.5 ** np.arange(14)
"""The loss on each ring: half of that on the ring around it."""
CONTOURS = 2 * np.sqrt(2 * LOSSES)  # widths of the rings along w₁
NAMED = {8: "loss 8", 4: "4", 2: "2", 1: "1"}
"""The losses that stand at their rings, where w₂ = 0 and no path goes."""
NEAR = 0.05
"""A direction counts as done when at most this share of the way is left."""


def path(lr: float, condition: float, steps: int) -> np.ndarray:
    """The points that gradient descent visits on the bowl, from (−4, 2).

    Args:
        lr: learning rate, above 0.
        condition: κ, how many times steeper the bowl is along w₂ than along w₁; at least 1.
        steps: number of steps, at least 1.

    Returns:
        Array (at most steps + 1, 2); it ends early when the loss passes 10⁶.

    Raises:
        ValueError: when an argument is out of its range.

    >>> path(lr=0.5, condition=1, steps=2)
    array([[-4. ,  2. ],
           [-2. ,  1. ],
           [-1. ,  0.5]])
    """
    if not (lr > 0 and condition >= 1 and steps >= 1):
        raise ValueError(f"needs lr > 0, condition >= 1, steps >= 1; got {lr!r}, {condition!r}, {steps!r}")
    curvature = np.array([1.0, condition])
    points = [np.array(START)]
    while len(points) <= steps and bowl(points[-1], condition) <= FAR_AWAY:
        points.append(points[-1] - lr * curvature * points[-1])
    return np.array(points)


def bowl(w: np.ndarray, condition: float) -> np.ndarray:
    """The loss (w₁² + κ w₂²) / 2 at the points `w`, shape (…, 2), as an array of shape (…).

    >>> float(bowl(np.array([2.0, 1.0]), condition=10))
    7.0
    """
    return (w[..., 0] ** 2 + condition * w[..., 1] ** 2) / 2


def verdict(lr: float, condition: float, steps: int) -> str:
    """What kind of descent this is, in one word.

    "divergent", "on the edge", "zig-zag", "good", "too small", "long valley" or "too few steps".

    >>> verdict(lr=0.3, condition=10, steps=30), verdict(lr=0.001, condition=10, steps=30)
    ('divergent', 'too small')
    """
    flat, steep = 1 - lr, 1 - lr * condition
    if math.isclose(lr * condition, 2):
        return "on the edge"
    if steep < -1:
        return "divergent"
    if steep < -1 / 3:
        return "zig-zag"
    if max(abs(flat), abs(steep)) ** steps <= NEAR:
        return "good"
    if lr * condition < 0.3:
        return "too small"
    return "long valley" if abs(steep) ** steps <= NEAR else "too few steps"


SENTENCES = {
    "divergent": "Divergent: lr {lr:g} is above {limit}. {where} each step jumps past the "
    "minimum and lands {jump:.3g} times as far away on the other side, so the loss grows without end.",
    "on the edge": "On the edge: lr {lr:g} is exactly {limit}. {where} each step jumps past "
    "the minimum and lands just as far away on the other side, for ever.",
    "zig-zag": "Zig-zag: lr {lr:g} is close to {limit}. {where} each step jumps past the "
    "minimum and lands {jump:.2g} times as far away on the other side: it still comes down, and {after}.",
    "good": "Good: lr {lr:g} is well below {limit}, large enough for this bowl, and {after}.",
    "too small": "Too small: lr {lr:g} is far below {limit}. It is safe, but {after}; "
    "to get to 1 % would take {needed}.",
    "long valley": "A long valley: the steep direction is done, the flat one is not, and {after}. A larger "
    "lr would help there, but the steep one forbids more than {limit} (condition number {condition:g}).",
    "too few steps": "Too few steps: lr {lr:g} is well below {limit} and not small, but {after}; "
    "to get to 1 % would take {needed}.",
}


def sentence(lr: float, condition: float, steps: int) -> str:
    """What is happening and why, in plain words.

    >>> sentence(lr=0.1, condition=5, steps=10).split(":")[0]
    'A long valley'
    """
    slowest = max(abs(1 - lr), abs(1 - lr * condition))
    comes_down = 0 < slowest < 1
    left = min(slowest, 1.0) ** steps
    return SENTENCES[verdict(lr, condition, steps)].format(
        lr=lr,
        condition=condition,
        where="In the steep direction" if condition > 1 else "In every direction",
        limit=f"2/λmax = {2 / condition:g}",
        jump=lr * condition - 1,
        after=f"after {_counted(steps)} {_percent(left)} of the distance is left",
        needed=_counted(math.ceil(math.log(0.01) / math.log(slowest))) if comes_down else "",
    )


def _counted(steps: int) -> str:
    return "1 step" if steps == 1 else f"{steps} steps"


def _percent(share: float) -> str:
    if share < 0.001:
        return "less than 0.1 %"
    return f"{100 * share:.2g} %" if share < 0.995 else "nearly all"


@lru_cache(maxsize=1)
def _stage() -> Stage:
    """The figure without anything in it, and the artists that each frame fills in."""
    import matplotlib
    from matplotlib.collections import EllipseCollection
    from matplotlib.ticker import MaxNLocator

    fig, (left, right) = subplots(ncols=2, width=7.6, height=3.3, width_ratios=(1.5, 1))
    left.set(
        xlim=(-5, 5), ylim=(-3.35, 3.35), aspect="equal", xlabel="$w_1$", ylabel="$w_2$", yticks=(-2, 0, 2)
    )
    right.set(yscale="log", ylim=(1e-5, 1e5), xlabel="step", title="loss")
    right.xaxis.set_major_locator(MaxNLocator(integer=True, steps=(1, 2, 5, 10)))
    shades = matplotlib.colormaps["Blues"](np.linspace(0.06, 0.62, len(CONTOURS)))
    art = SimpleNamespace()
    art.contours = EllipseCollection(
        CONTOURS,
        CONTOURS,
        0,
        units="xy",
        offsets=np.zeros((len(CONTOURS), 2)),
        offset_transform=left.transData,
    )
    art.contours.set(facecolor=shades, edgecolor=COLORS["card"], linewidth=0.7)
    left.add_collection(art.contours, autolim=False)
    red, ink = COLORS["red"], COLORS["ink"]
    (art.path,) = left.plot([], [], "o-", color=red, linewidth=1.6, markersize=4.5, markeredgewidth=0)
    (art.minimum,) = left.plot([0], [0], "+", color=ink, markersize=10, markeredgewidth=1.6)
    words: dict[str, Any] = {"fontsize": 8, "ha": "center", "va": "center", "color": ink}
    named = [left.text(math.sqrt(2 * loss), 0, name, **words) for loss, name in NAMED.items()]
    (art.end,) = left.plot([], [], "D", color=ink, markersize=6, markeredgecolor="white")
    (art.start,) = left.plot(*START, "o", color="white", markersize=8, markeredgecolor=red, markeredgewidth=2)
    art.label = left.annotate("start", START, xytext=(0, 8), textcoords="offset points", ha="center")
    (art.loss,) = right.plot([], [], "o-", color=red, linewidth=1.6, markersize=3.5, markeredgewidth=0)
    art.title = left.set_title("lr 0.001")
    return Stage(fig, art, above=[*left.spines.values(), *named])


def frame(lr: float, condition: float, steps: int) -> Frame:
    """The path of gradient descent on the bowl, seen from above, beside its loss.

    Args:
        lr: learning rate, above 0.
        condition: κ, how many times steeper the bowl is along w₂ than along w₁; at least 1.
        steps: number of steps, at least 1.

    Raises:
        ValueError: when a value is not one of its slider's.

    >>> frame(lr=0.3, condition=10, steps=50).sentence[:40]
    'Divergent: lr 0.3 is above 2/λmax = 0.2.'
    """
    within(CONTROLS, lr=lr, condition=condition, steps=steps)
    points = path(lr, condition, steps)
    loss = bowl(points, condition)

    def paint(art: SimpleNamespace) -> None:
        art.contours.set_widths(CONTOURS)
        art.contours.set_heights(CONTOURS / math.sqrt(condition))
        art.path.set_data(*points.T)
        art.end.set_data(*points[-1:].T)
        art.loss.set_data(np.arange(len(loss)), np.maximum(loss, 1e-30))
        art.loss.axes.set_xlim(-0.02 * steps, 1.02 * steps)
        art.title.set_text(f"lr = {lr:g},  2/λmax = {2 / condition:g}:  {verdict(lr, condition, steps)}")

    steep = f"{condition:g} times as steep along w2 as along w1"
    alt = (
        f"The path of gradient descent from (−4, 2) on a bowl "
        f"{steep if condition > 1 else 'equally steep everywhere'}, "
        f"with learning rate {lr:g}: {verdict(lr, condition, steps)}. "
        f"The loss goes from {loss[0]:.3g} to {loss[-1]:.3g} in {_counted(len(loss) - 1)}."
    )
    return Frame(_stage().picture(alt, paint, scene=steps), sentence(lr, condition, steps))


CONTROLS = (
    Control("lr", "learning rate", LEARNING_RATES, default=0.02),
    Control("condition", "condition number", CONDITIONS, default=10),
    Control("steps", "steps", STEPS, default=50),
)


def explorer() -> None:
    """Show the explorer in a notebook."""
    for steps in STEPS:
        frame(
            lr=0.05, condition=10, steps=steps
        )  # draws the axes once for each, so that no slider waits later
    explore(frame, CONTROLS)
