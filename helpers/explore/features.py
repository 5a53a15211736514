"""The scale of one column: what it does to the path of gradient descent, and what it leaves alone.

Two columns of the diabetes patients, body mass index and blood pressure, each with mean 0 and spread 1; the
second is then multiplied by a scale s. The model is w₁ z₁ + w₂ s z₂, the loss half the mean squared error. In
the *effects* v = (w₁, s w₂) the loss does not depend on s, so the picture of the bowl stands still, and only
the path changes. The curvatures are the eigenvalues of the table's own products, divided by the number of
rows; the largest over the smallest is the condition number (Nocedal and Wright, 2006, chapter 3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from helpers import data
from helpers.explore.base import Control, Frame, Stage, within
from helpers.explore.view import explore
from helpers.figures import COLORS, subplots

SCALES = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)
LEARNING_RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3)
STEPS = 100
ARRIVED = 0.01
"""Arrived: at most this share of the way down from the start to the lowest loss is left."""
SMALL = 0.15
"""A rate below this share of the limit 2/λmax is small for every direction."""
FAR_AWAY = 1e6


@dataclass(frozen=True)
class Descent:
    """What gradient descent does with one scale and one learning rate, before any picture.

    Args:
        effects: the points v = (w₁, s w₂) that it visits, shape (at most STEPS + 1, 2).
        left: the share of the way down that is left at each of them, 1 at the start.
        limit: the learning rate above which it diverges, 2/λmax.
        condition: the condition number, λmax/λmin.
        growth: how many times as far from the minimum each step lands, in the steepest direction.
        needed: the number of steps until `ARRIVED`; None when it diverges.
    """

    effects: np.ndarray
    left: np.ndarray
    limit: float
    condition: float
    growth: float
    needed: int | None


@lru_cache(maxsize=1)
def _columns() -> tuple[np.ndarray, np.ndarray]:
    """The products of the two columns, (2, 2), and the effects with the lowest loss, (2,)."""
    X, y = data.load_diabetes(scaled=False)
    Z, target = X[:, [2, 3]], (y - y.mean()) / y.std()
    Z = (Z - Z.mean(axis=0)) / Z.std(axis=0)
    products = Z.T @ Z / len(Z)
    return products, np.linalg.solve(products, Z.T @ target / len(Z))


def _curvatures(scale: float) -> tuple[np.ndarray, np.ndarray]:
    """The curvatures for the weights, ascending, and their directions as columns."""
    products, _ = _columns()
    stretch = np.diag([1.0, scale])
    return np.linalg.eigh(stretch @ products @ stretch)


def descend(scale: float, lr: float) -> Descent:
    """Gradient descent from weights of 0, with the second column `scale` times as wide as the first.

    Raises:
        ValueError: when the scale or the learning rate is not above 0.

    >>> run = descend(scale=10, lr=0.01)
    >>> round(run.condition, 1), round(run.limit, 4), run.needed
    (118.9, 0.02, 232)
    """
    if not (scale > 0 and lr > 0):
        raise ValueError(f"needs scale > 0 and lr > 0; got {scale!r}, {lr!r}")
    curvatures, directions = _curvatures(scale)
    lowest = _columns()[1] / np.array([1.0, scale])  # as weights
    start = directions.T @ -lowest
    factors = 1 - lr * curvatures
    way_down = float(curvatures @ start**2)

    def left(steps: np.ndarray | int) -> np.ndarray:
        with np.errstate(over="ignore"):  # where it diverges
            return (factors ** (2 * np.asarray(steps)[..., None]) * start**2) @ curvatures / way_down

    shares = left(np.arange(STEPS + 1))
    shares = shares[: int((shares <= FAR_AWAY).sum())]  # it only grows once it is that large
    turned = start * factors ** np.arange(len(shares))[:, None]
    effects = (lowest + turned @ directions.T) * [1.0, scale]
    return Descent(
        effects,
        shares,
        limit=float(2 / curvatures[-1]),
        condition=float(curvatures[-1] / curvatures[0]),
        growth=float(abs(factors[-1])),
        needed=_steps_until(left) if np.abs(factors).max() < 1 else None,
    )


def _steps_until(left: Callable[[int], np.ndarray]) -> int:
    """The first number of steps after which at most `ARRIVED` is left, found by halving."""
    low, high = 0, 1
    while left(high) > ARRIVED:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if left(middle) > ARRIVED else (low, middle)
    return high


@lru_cache(maxsize=len(SCALES))
def fewest(scale: float) -> tuple[float, int]:
    """The learning rate that arrives first, of 103 up to the limit, and the steps that it takes.

    >>> fewest(1)[1], fewest(10)[1]
    (2, 119)
    """
    limit = descend(scale, 1.0).limit
    # The widest scales want a rate very close to the limit.
    shares = [*np.arange(0.01, 1, 0.01).tolist(), 0.993, 0.995, 0.997, 0.999]
    runs = {limit * share: descend(scale, limit * share).needed for share in shares}
    return min(((lr, steps) for lr, steps in runs.items() if steps is not None), key=lambda pair: pair[1])


def verdict(scale: float, lr: float) -> str:
    """What kind of descent this is: "divergent", "arrived", "too small" or "one weight creeps".

    >>> verdict(scale=10, lr=0.01), verdict(scale=10, lr=0.05), verdict(scale=1, lr=0.5)
    ('one weight creeps', 'divergent', 'arrived')
    """
    run = descend(scale, lr)
    if run.needed is None:
        return "divergent"
    if run.needed <= STEPS:
        return "arrived"
    return "too small" if lr < SMALL * run.limit else "one weight creeps"


SENTENCES = {
    "divergent": "lr {lr:g} is above the limit 2/λmax = {limit:.2g}, and each step lands {growth:.3g} times "
    "as far from the minimum.",
    "arrived": "lr {lr:g} is below the limit 2/λmax = {limit:.2g}, and {needed} are enough to leave less "
    "than 1 % of the way down.",
    "too small": "lr {lr:g} is far below the limit 2/λmax = {limit:.2g}. After 100 steps {left} of the way "
    "down is left; down to 1 % takes {needed}.",
    "one weight creeps": "lr {lr:g} is below the limit 2/λmax = {limit:.2g}, which the {wide} column sets. "
    "Its weight is soon there, the other creeps: after 100 steps {left} of the way down is left; down to "
    "1 % takes {needed}.",
}


def sentence(scale: float, lr: float) -> str:
    """What is happening and why, in plain words.

    >>> print(sentence(scale=1, lr=0.3)[:75])
    Equal scales, condition number 2.31: lr 0.3 is below the limit 2/λmax = 1.4
    """
    run = descend(scale, lr)
    ratio = "Equal scales" if scale == 1 else f"Blood pressure {scale:g} times as wide as the mass index"
    what = SENTENCES[verdict(scale, lr)].format(
        lr=lr,
        limit=run.limit,
        growth=run.growth,
        needed=_counted(run.needed or 0),
        left=f"{100 * run.left[-1]:.0f} %",
        wide="wide second" if scale > 1 else "wide first",
    )
    best, steps = fewest(scale)
    return f"{ratio}, condition number {run.condition:.3g}: {what} The best lr, {best:.3g}, takes {steps}."


def _counted(steps: int) -> str:
    if steps >= 10_000:
        steps = round(steps, 3 - len(str(steps)))
    return "1 step" if steps == 1 else f"{steps:,} steps"


@lru_cache(maxsize=1)
def _stage() -> Stage:
    """The figure without anything in it, and the artists that each frame fills in."""
    import matplotlib

    fig, (bowl, loss) = subplots(ncols=2, width=7.6, height=3.3, width_ratios=(1.35, 1))
    products, lowest = _columns()
    across, up = np.meshgrid(np.linspace(-0.25, 1.15, 141), np.linspace(-0.35, 0.85, 121))
    away = np.stack([across, up], axis=-1) - lowest
    height = np.einsum("...i,ij,...j", away, products, away)
    levels = (lowest @ products @ lowest) * 2.0 ** np.arange(-8, 4)
    shades = matplotlib.colormaps["Blues_r"](np.linspace(0.38, 0.94, len(levels)))
    bowl.contourf(across, up, height, levels=levels, colors=shades, extend="min")
    bowl.grid(False)
    red, ink = COLORS["red"], COLORS["ink"]
    bowl.plot(*lowest, "+", color=ink, markersize=10, markeredgewidth=1.6)
    bowl.set(
        xlim=(-0.25, 1.15),
        ylim=(-0.35, 0.85),
        xlabel="effect of the mass index, $w_1$",
        ylabel="effect of pressure, $s \\cdot w_2$",
    )
    loss.set(yscale="log", xlim=(-2, STEPS + 2), ylim=(1e-3, 20), xlabel="step", title="way down left")
    reference = descend(1, fewest(1)[0]).left
    loss.plot(reference, color=COLORS["grey"], linestyle="--", linewidth=1.4, label="equal scales, best lr")
    loss.axhline(ARRIVED, color=COLORS["light"], linewidth=1.4)
    loss.set_yticks([1, 0.1, 0.01, 0.001], ["all", "10 %", "1 %", "0.1 %"])
    loss.legend(loc="upper right")
    art = SimpleNamespace()
    (art.path,) = bowl.plot([], [], "o-", color=red, linewidth=1.4, markersize=4, markeredgewidth=0)
    (art.start,) = bowl.plot(0, 0, "o", color="white", markersize=8, markeredgecolor=red, markeredgewidth=2)
    art.label = bowl.annotate("start", (0, 0), xytext=(-6, 8), textcoords="offset points", ha="right")
    (art.left,) = loss.plot([], [], "-", color=red, linewidth=2)
    art.title = bowl.set_title("scale 1")
    return Stage(fig, art, above=list(bowl.spines.values()))


def frame(scale: float, lr: float) -> Frame:
    """The path of 100 steps over the bowl in effects, beside the share of the way down that is left.

    Args:
        scale: how many times as wide the second column is as the first, above 0.
        lr: learning rate, above 0.

    Raises:
        ValueError: when a value is not one of its slider's.

    >>> frame(scale=20, lr=0.3).sentence[:60]
    'Blood pressure 20 times as wide as the mass index, condition'
    """
    within(CONTROLS, scale=scale, lr=lr)
    run, kind = descend(scale, lr), verdict(scale, lr)

    def paint(art: SimpleNamespace) -> None:
        art.path.set_data(*run.effects.T)
        art.left.set_data(np.arange(len(run.left)), np.maximum(run.left, 1e-12))
        art.title.set_text(f"s = {scale:g}, lr = {lr:g}: {kind}")

    end = f"{100 * run.left[-1]:.0f} %" if run.left[-1] < 10 else "far more than all"
    wide = "as wide as" if scale == 1 else f"{scale:g} times as wide as"
    alt = (
        f"The path of gradient descent over a bowl, second column {wide} the first, "
        f"learning rate {lr:g}: {kind}. After {_counted(len(run.left) - 1)} {end} of the way down is left."
    )
    return Frame(_stage().picture(alt, paint), sentence(scale, lr))


CONTROLS = (
    Control("scale", "scale of column 2", SCALES, default=10),
    Control("lr", "learning rate", LEARNING_RATES, default=0.01),
)


def explorer() -> None:
    """Show the explorer in a notebook."""
    explore(frame, CONTROLS)
