"""Explorer of lesson 00: how far the eight lines have come after some steps, at some learning rate."""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from helpers import data
from helpers.explore.base import Control, Frame, Stage, within
from helpers.explore.view import explore
from helpers.figures import COLORS, subplots
from helpers.splits import holdout

__all__ = ["explorer", "frame"]

CONTROLS = [
    Control("steps", "steps", (0, 1, 2, 5, 10, 20, 50, 100, 200), 200),
    Control("lr", "learning rate", (0.0005, 0.005, 0.05, 0.5, 5, 50), 0.5),
]
MOST_STEPS = 200
NAMES = ("malignant", "benign")


def explorer() -> None:
    """Show the picture with sliders for the number of steps and the learning rate."""
    explore(frame, CONTROLS)


def frame(steps: int, lr: float) -> Frame:
    """The 142 test tumours at the probability of "benign" that the model gives them, and how many are right.

    Args:
        steps: how often the loop has run, 0 to 200.
        lr: how far each step goes, above 0.

    Raises:
        ValueError: when a value is not one of its slider's.

    >>> frame(steps=200, lr=0.5).sentence
    'After 200 steps at learning rate 0.5 the model is right about 139 of 142.'
    """
    within(CONTROLS, steps=steps, lr=lr)
    p, y = probabilities(lr)[steps], truth()
    wrong = np.where(y == 1, p < 0.5, p > 0.5)  # 0.5 itself is no answer yet
    height, sentence = y + _nudge(len(y)), _sentence(steps, lr, int((~wrong).sum()), p)

    def paint(art: SimpleNamespace) -> None:
        rows = {"malignant": ~wrong & (y == 0), "benign": ~wrong & (y == 1), "wrong": wrong}
        for name, chosen in rows.items():
            getattr(art, name).set_data(p[chosen], height[chosen])

    alt = f"Test tumours at their probability of being benign. {sentence}"
    return Frame(_stage().picture(alt, paint), sentence)


def _sentence(steps: int, lr: float, right: int, p: np.ndarray) -> str:
    if steps == 0:
        return f"Before the first step every number in the model is zero: it says 0.5 to all {len(p)}."
    unsure = int(((p > 0.25) & (p < 0.75)).sum())
    after = f"After {steps} step{'s' if steps > 1 else ''} at learning rate {lr:g}"
    words = f"{after} the model is right about {right} of {len(p)}."
    if unsure > len(p) // 2:
        words += f" But on {unsure} of them it is not sure: it says between 0.25 and 0.75."
    elif np.mean(np.minimum(p, 1 - p) < 0.001) > 0.9:
        words += " It is certain of nearly all its answers, also of those that are wrong."
    return words


@lru_cache(maxsize=8)
def probabilities(lr: float) -> np.ndarray:
    """What the eight lines say about the test rows after each step, shape (201, 142).

    >>> probabilities(0.5)[0, :2]
    array([0.5, 0.5])
    """
    X, y = data.load_breast_cancer()
    train, test = _rows()
    Z = (X - X[train].mean(axis=0)) / X[train].std(axis=0)
    w, b, said = np.zeros(Z.shape[1]), 0.0, []
    for _ in range(MOST_STEPS + 1):
        said.append(_sigmoid(Z[test] @ w + b))
        error = _sigmoid(Z[train] @ w + b) - y[train]
        w, b = w - lr * Z[train].T @ error / len(train), b - lr * error.mean()
    return np.array(said)


def truth() -> np.ndarray:
    """The truth about the test rows, shape (142,), 0 malignant and 1 benign."""
    return data.load_breast_cancer().y[_rows()[1]]


def _rows() -> tuple[np.ndarray, np.ndarray]:
    return holdout(569, test_size=0.25, rng=np.random.default_rng(0))


def _sigmoid(score: np.ndarray) -> np.ndarray:
    # The same as 1 / (1 + exp(-score)), and no overflow at the highest learning rate.
    return 0.5 * (1 + np.tanh(0.5 * score))


def _nudge(n: int) -> np.ndarray:
    """Up or down a little, so that dots at the same place can be told apart."""
    return np.random.default_rng(0).uniform(-0.22, 0.22, n)


@lru_cache(maxsize=1)
def _stage() -> Stage:
    """The figure without anything in it, and the artists that each frame fills in."""
    fig, ax = subplots(width=7.2, height=2.6)
    dots = {"markeredgewidth": 0, "alpha": 0.55, "clip_on": False}
    art = SimpleNamespace()
    (art.malignant,) = ax.plot([], [], "o", color=COLORS["red"], **dots)
    (art.benign,) = ax.plot([], [], "o", color=COLORS["blue"], **dots)
    cross = {"markersize": 9, "markeredgewidth": 2, "clip_on": False}
    (art.wrong,) = ax.plot([], [], "x", color=COLORS["ink"], **cross)
    ax.axvline(0.5, color=COLORS["grey"], linewidth=1.2)
    ax.text(0.49, 1.62, f"← says “{NAMES[0]}”", ha="right", color=COLORS["grey"], va="center")
    ax.text(0.51, 1.62, f"says “{NAMES[1]}” →", ha="left", color=COLORS["grey"], va="center")
    ax.set(xlim=(-0.01, 1.01), ylim=(-0.5, 1.8), yticks=[0, 1])
    ax.set(xlabel="probability of “benign” that the model gives")
    ax.set_yticklabels([f"truly {name}" for name in NAMES])
    ax.grid(axis="y", visible=False)
    return Stage(fig, art)
