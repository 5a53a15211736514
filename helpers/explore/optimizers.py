"""One valley, six optimizers: what the learning rate and the angle of the valley do to each path.

The loss is w·A·w / 2, with curvature 1 along the valley and 100 across it; the angle turns both, and the
start with them. The steps are those of `helpers.nn.optimizers`, with their defaults and momentum 0.9.
"""

from __future__ import annotations

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

STEEPEST, STEPS, FAR_AWAY = 100.0, 100, 1e6
START = np.array([-0.9, 0.6])  # along and across the valley
ARRIVED = 0.001  # of the first loss, at most, is left after the last step
ANGLES = (0, 15, 30, 45)
LEARNING_RATES = (0.001, 0.002, 0.005, 0.01, 0.015, 0.018, 0.02, 0.03, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)

RULES: dict[str, Any] = {
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
    """What one rule does: the points (at most STEPS + 1, 2), the share of the first loss at each, and a word.

    The word is "divergent" (the rate is above the longest stable one), "arrived", "bouncing" (in the last ten
    steps it went ten times as far as it came) or "creeping".
    """

    points: np.ndarray
    left: np.ndarray
    kind: str

    @property
    def needed(self) -> int:
        """The step from which on next to nothing is left, if it has arrived."""
        return int(np.flatnonzero(self.left > ARRIVED)[-1]) + 1


def axes(angle: float) -> np.ndarray:
    """The directions along and across the valley, as columns.

    >>> axes(90).round().tolist()
    [[0.0, -1.0], [1.0, 0.0]]
    """
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return np.array([[c, -s], [s, c]])


def valley(angle: float) -> np.ndarray:
    """The matrix A of the valley, whose loss is w·A·w / 2.

    >>> valley(0).tolist()
    [[1.0, 0.0], [0.0, 100.0]]
    """
    return axes(angle) @ np.diag([1.0, STEEPEST]) @ axes(angle).T


@lru_cache(maxsize=len(NAMES) * len(LEARNING_RATES) * len(ANGLES))
def walk(optimizer: str, lr: float, angle: float) -> Walk:
    """A hundred steps of one of `NAMES` in the valley; fewer when it flies away.

    >>> walk("AdaGrad", 0.8, 0).needed, walk("AdaGrad", 0.8, 45).kind, walk("momentum", 0.05, 0).kind
    (3, 'creeping', 'divergent')
    """
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
    left = np.einsum("ni,ij,nj->n", track, A, track) / first
    if lr > LIMITS.get(optimizer, np.inf) / STEEPEST:
        return Walk(track, left, "divergent")
    if left[-1] <= ARRIVED:
        return Walk(track, left, "arrived")
    last = np.diff(track[-11:], axis=0)
    bounces = np.linalg.norm(last, axis=1).sum() > 10 * np.linalg.norm(last.sum(axis=0))
    return Walk(track, left, "bouncing" if bounces else "creeping")


def rates_that_arrive(optimizer: str, angle: float) -> list[float]:
    """Those of `LEARNING_RATES` with which the rule arrives in 100 steps.

    >>> rates_that_arrive("gradient descent", 45), rates_that_arrive("AdaGrad", 45)
    ([0.018], [])
    """
    return [lr for lr in LEARNING_RATES if walk(optimizer, lr, angle).kind == "arrived"]


def sentence(optimizer: int, lr: float, angle: float) -> str:
    """What is happening and why, in plain words.

    >>> print(sentence(3, 0.8, 0)[:48])
    Arrived: AdaGrad with lr 0.8 has less than 0.1 %
    """
    name = NAMES[optimizer]
    done, rates = walk(name, lr, angle), rates_that_arrive(name, angle)
    if done.kind == "divergent":
        what = "flies away"
    elif done.kind == "arrived":
        what = f"has less than 0.1 % of the loss left from step {done.needed} on"
    else:
        what = f"has {100 * done.left[-1]:.3g} % of the loss left after {STEPS} steps"
    if name in LIMITS:
        why = f"It is stable up to rate {LIMITS[name] / STEEPEST:.3g}, at every angle."
    elif angle == 0:
        why = "Each weight has its own ruler, and here the weights are the directions of the valley."
    else:
        why = f"Its rulers lie along the weights; the valley is turned by {angle}° against them."
    ends = " to ".join(f"{lr:g}" for lr in sorted({*rates[:1], *rates[-1:]}))
    found = f"rate{'s' if len(rates) > 1 else ''} {ends}" if rates else "no rate of the slider"
    who = f"{done.kind.capitalize()}: {name} with lr {lr:g}"
    return f"{who} {what}. {why} At {angle}° it arrives with {found}."


@lru_cache(maxsize=1)
def _stage() -> tuple[Stage, dict[int, Any]]:
    """The figure without a path in it, and the valley of each angle."""
    fig, (floor, loss) = subplots(ncols=2, width=7.8, height=3.9, width_ratios=(1, 1.1))
    valleys = {angle: rings(floor, valley(angle)) for angle in ANGLES}
    floor.set(xlabel="$w_1$", ylabel="$w_2$")
    loss.set(yscale="log", xlim=(-2, STEPS + 2), ylim=(1e-6, 30), xlabel="step", title="loss left")
    loss.axhline(ARRIVED, color=COLORS["grey"], linewidth=1.4, linestyle=":")
    loss.set_yticks([1, 0.1, 0.01, ARRIVED, 1e-6], ["all", "10 %", "1 %", "arrived: 0.1 %", "0.0001 %"])
    loss.minorticks_off()
    art, red = SimpleNamespace(), COLORS["red"]
    (art.path,) = floor.plot([], [], "o-", color=red, linewidth=1.3, ms=3.6, mew=0)
    (art.start,) = floor.plot([], [], "o", color="white", ms=8, mec=red, mew=2)
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
    done = walk(name, lr, angle)
    stage, valleys = _stage()

    def paint(art: SimpleNamespace) -> None:
        for turned, shading in valleys.items():
            shading.set_visible(turned == angle)
        art.path.set_data(*done.points.T)
        art.start.set_data(*done.points[:1].T)
        art.left.set_data(np.arange(len(done.left)), np.maximum(done.left, 1e-12))
        art.title.set_text(f"{name}, lr {lr:g}: {done.kind}")

    alt = (
        f"The path of {name} in a valley turned by {angle}°, learning rate {lr:g}: {done.kind}. "
        f"Beside it the loss left: {100 * done.left[-1]:.3g} % in the end."
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
