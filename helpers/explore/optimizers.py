"""One valley, six optimizers: what the learning rate and the angle of the valley do to each path.

The loss is w·A·w / 2, with curvature 1 along the valley and 100 across it; the angle turns both, and the
start with them. The steps are those of `helpers.nn.optimizers`, with their defaults and momentum 0.9. A rule
that adds up gradients takes the same steps at every angle; one that divides each weight's gradient by that
weight's own size does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from helpers.explore.base import Control, Frame, Stage, within
from helpers.explore.view import explore
from helpers.figures import COLORS, subplots
from helpers.figures.optimizers import rings
from helpers.nn import SGD, Adagrad, Adam, Linear, RMSprop, Sequential

STEEPEST, STEPS = 100.0, 100
START = np.array([-0.9, 0.6])
"""Along and across the valley."""
ARRIVED = 0.001
"""Arrived: at most this share of the first loss is left after the last step."""
FAR_AWAY = 1e6
ANGLES = (0, 15, 30, 45)
LEARNING_RATES = (0.001, 0.002, 0.005, 0.01, 0.015, 0.018, 0.02, 0.03, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)

RULES: dict[str, Callable[..., Any]] = {
    "gradient descent": SGD,
    "momentum": lambda model, lr: SGD(model, lr=lr, momentum=0.9),
    "Nesterov": lambda model, lr: SGD(model, lr=lr, momentum=0.9, nesterov=True),
    "AdaGrad": Adagrad,
    "RMSProp": RMSprop,
    "Adam": Adam,
}
NAMES = tuple(RULES)
LIMITS = {"gradient descent": 2.0, "momentum": 2 * 1.9, "Nesterov": 2 * 1.9 / 2.8}
"""λmax times the longest stable rate of the rules that have one: 2, 2 (1 + μ), 2 (1 + μ) / (1 + 2μ)."""


@dataclass(frozen=True)
class Walk:
    """What one rule does: the points (at most STEPS + 1, 2), and the share of the first loss at each."""

    points: np.ndarray
    left: np.ndarray

    @property
    def arrived(self) -> bool:
        """Whether next to nothing is left in the end."""
        return bool(self.left[-1] <= ARRIVED)

    @property
    def needed(self) -> int | None:
        """The first step from which on next to nothing is left; None if it has not arrived."""
        return int(np.flatnonzero(self.left > ARRIVED)[-1]) + 1 if self.arrived else None


def axes(angle: float) -> np.ndarray:
    """The directions along and across the valley, as columns.

    >>> axes(0)
    array([[ 1., -0.],
           [ 0.,  1.]])
    """
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return np.array([[c, -s], [s, c]])


def valley(angle: float) -> np.ndarray:
    """The matrix A of the valley, whose loss is w·A·w / 2.

    >>> valley(0)
    array([[  1.,   0.],
           [  0., 100.]])
    """
    return axes(angle) @ np.diag([1.0, STEEPEST]) @ axes(angle).T


@lru_cache(maxsize=len(NAMES) * len(LEARNING_RATES) * len(ANGLES))
def walk(optimizer: str, lr: float, angle: float) -> Walk:
    """A hundred steps of a rule in the valley; fewer when it flies away.

    Args:
        optimizer: one of `NAMES`.
        lr: learning rate, above 0.
        angle: by how many degrees the valley is turned.

    Raises:
        ValueError: when there is no such optimizer, or the rate is not above 0.

    >>> walk("AdaGrad", 0.8, 0).needed, walk("AdaGrad", 0.8, 45).needed
    (3, None)
    """
    if optimizer not in RULES or not lr > 0:
        raise ValueError(f"optimizer is one of {NAMES}, lr above 0; got {optimizer!r}, {lr!r}")
    model, A = Sequential(Linear(2, 1, rng=np.random.default_rng(0))), valley(angle)
    rule = RULES[optimizer](model, lr=lr)
    w, slope = model.flat[:2], model.d_flat[:2]  # the bias is not used
    model.d_flat[...], w[...] = 0, axes(angle) @ START
    points, first = [w.copy()], w @ A @ w
    while len(points) <= STEPS and w @ A @ w <= FAR_AWAY * first:
        slope[...] = A @ w
        rule.step()
        points.append(w.copy())
    track = np.array(points)
    return Walk(track, np.einsum("ni,ij,nj->n", track, A, track) / first)


@lru_cache(maxsize=len(NAMES) * len(ANGLES))
def rates_that_arrive(optimizer: str, angle: float) -> tuple[float, ...]:
    """Those of `LEARNING_RATES` with which the rule arrives in 100 steps.

    >>> rates_that_arrive("momentum", 0) == rates_that_arrive("momentum", 45)
    True
    """
    return tuple(lr for lr in LEARNING_RATES if walk(optimizer, lr, angle).arrived)


def verdict(optimizer: str, lr: float, angle: float) -> str:
    """What kind of walk this is: "divergent", "arrived", "nearly there", "bouncing" or "creeping".

    Divergent: it flew away, or is farther up than it began. Bouncing: in the last ten steps it went ten times
    as far as it came.

    >>> verdict("gradient descent", 0.03, 0), verdict("gradient descent", 0.001, 0), verdict("Adam", 0.1, 0)
    ('divergent', 'creeping', 'arrived')
    """
    done = walk(optimizer, lr, angle)
    if len(done.left) <= STEPS or (optimizer in LIMITS and done.left[-1] > 1):
        return "divergent"
    if done.arrived:
        return "arrived"
    if done.left[-1] <= 10 * ARRIVED:
        return "nearly there"
    tail = done.points[-11:]
    came = np.linalg.norm(tail[-1] - tail[0])
    return "bouncing" if np.linalg.norm(np.diff(tail, axis=0), axis=1).sum() > 10 * came else "creeping"


def sentence(optimizer: int, lr: float, angle: float) -> str:
    """What is happening and why, in plain words.

    >>> print(sentence(3, 0.8, 0)[:48])
    Arrived: AdaGrad with lr 0.8 has less than 0.1 %
    """
    name = NAMES[optimizer]
    done, kind = walk(name, lr, angle), verdict(name, lr, angle)
    who = f"{kind.capitalize()}: {name} with lr {lr:g}"
    if kind == "divergent":
        what = f"{who} flies away"
    elif done.needed is not None:
        what = f"{who} has less than 0.1 % of the loss left after {_steps(done.needed)}"
    else:
        what = f"{who} has {share(done.left[-1])} of the loss left after 100 steps"
    if name in LIMITS:
        why = f" The longest stable rate is {LIMITS[name] / STEEPEST:.3g}, at every angle."
    elif angle == 0:
        why = " Each weight has its own ruler, and here the weights are the directions of the valley."
    else:
        why = f" Its rulers lie along the weights; the valley is turned by {angle}° against them."
    rates = rates_that_arrive(name, angle)
    range_ = f"{rates[0]:g} to {rates[-1]:g}" if len(rates) > 1 else f"{rates[0]:g}" if rates else "none"
    return f"{what}.{why} Rates that arrive at {angle}°: {range_}."


def share(left: float) -> str:
    """A share of the first loss in a few characters.

    >>> share(0.1234), share(0.0042), share(37.0)
    ('12 %', '0.4 %', '37 times')
    """
    if left >= 2:
        return f"{left:.3g} times"
    return f"{100 * left:.0f} %" if left >= 0.01 else f"{100 * left:.1f} %"


def _steps(number: int) -> str:
    return "1 step" if number == 1 else f"{number} steps"


@lru_cache(maxsize=1)
def _stage() -> tuple[Stage, dict[int, Any]]:
    """The figure without anything in it, the artists that each frame fills in, and the valleys by angle."""
    fig, (floor, loss) = subplots(ncols=2, width=7.8, height=3.9, width_ratios=(1, 1.1))
    valleys = {angle: rings(floor, valley(angle)) for angle in ANGLES}
    floor.set(xlabel="$w_1$", ylabel="$w_2$")
    loss.set(yscale="log", xlim=(-2, STEPS + 2), ylim=(1e-6, 30), xlabel="step", title="loss left")
    loss.axhline(ARRIVED, color=COLORS["grey"], linewidth=1.4, linestyle=":")
    loss.set_yticks(
        [1, 0.1, 0.01, ARRIVED, 1e-4, 1e-5, 1e-6],
        ["all", "10 %", "1 %", "arrived: 0.1 %", "0.01 %", "0.001 %", "0.0001 %"],
    )
    loss.minorticks_off()
    art, red = SimpleNamespace(), COLORS["red"]
    (art.path,) = floor.plot([], [], "o-", color=red, linewidth=1.3, markersize=3.6, markeredgewidth=0)
    (art.start,) = floor.plot(
        [], [], "o", color="white", markersize=8, markeredgecolor=red, markeredgewidth=2
    )
    (art.left,) = loss.plot([], [], "-", color=red, linewidth=2)
    art.title = floor.set_title("gradient descent")
    return Stage(fig, art, above=list(floor.spines.values())), valleys


def frame(optimizer: int, lr: float, angle: float) -> Frame:
    """The path of 100 steps in the valley, beside the share of the loss that is left.

    Args:
        optimizer: the place of the rule in `NAMES`.
        lr: learning rate, above 0.
        angle: by how many degrees the valley is turned; one of `ANGLES`.

    Raises:
        ValueError: when a value is not one of its slider's.

    >>> frame(optimizer=0, lr=0.02, angle=0).sentence.split(":")[0]
    'Bouncing'
    """
    within(CONTROLS, optimizer=optimizer, lr=lr, angle=angle)
    name = NAMES[optimizer]
    done, kind = walk(name, lr, angle), verdict(name, lr, angle)
    stage, valleys = _stage()

    def paint(art: SimpleNamespace) -> None:
        for turned, shading in valleys.items():
            shading.set_visible(turned == angle)
        art.path.set_data(*done.points.T)
        art.start.set_data(*done.points[:1].T)
        art.left.set_data(np.arange(len(done.left)), np.maximum(done.left, 1e-12))
        art.title.set_text(f"{name}, lr {lr:g}: {kind}")

    alt = (
        f"The path of {name} in a valley turned by {angle}°, learning rate {lr:g}: {kind}. "
        f"After {_steps(len(done.left) - 1)} {share(done.left[-1])} of the loss is left."
    )
    return Frame(stage.picture(alt, paint, scene=angle), sentence(optimizer, lr, angle))


CONTROLS = (
    Control("optimizer", "optimizer", range(len(NAMES)), default=0, text=NAMES.__getitem__),
    Control("lr", "learning rate", LEARNING_RATES, default=0.01),
    Control("angle", "angle", ANGLES, default=0, text="{:g}°".format),
)


def explorer() -> None:
    """Show the explorer in a notebook."""
    explore(frame, CONTROLS)
