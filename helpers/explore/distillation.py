"""What a teacher says of a picture: the temperature, how long the teacher was trained, and the picture.

The teacher, a network 64-128-10, is trained once on 1,000 pictures of digits; its answers after several
numbers of epochs are kept. A soft label is softmax(z / T) of its outputs z (Hinton, Vinyals and Dean, 2015).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace

import numpy as np

from helpers import data
from helpers.explore.base import Control, Frame, Stage, within
from helpers.explore.view import explore
from helpers.figures import COLORS, subplots
from helpers.nn import AdamW, CrossEntropyLoss, Linear, ReLU, Sequential
from helpers.nn.activations import softmax
from helpers.training import Run, fit, predict

TEMPERATURES = (0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24)
EPOCHS = (1, 3, 10, 30, 100)
PICTURES = tuple(range(1, 21))
CURVE = np.geomspace(0.5, 24, 60)
MOST = float(np.log(10))
"""The entropy of ten equal probabilities."""


@dataclass(frozen=True)
class Answers:
    """Twenty new pictures (20, 64), two of each class, and by epochs the outputs (20, 10) of the teacher."""

    pictures: np.ndarray
    y: np.ndarray
    outputs: dict[int, np.ndarray]


@cache
def answers() -> Answers:
    """The teacher's outputs for the pictures, at each number of epochs; trained at the first call.

    >>> answers().y[:4].tolist(), answers().outputs[30].shape
    ([0, 0, 1, 1], (20, 10))
    """
    digits = data.load_digits()
    order = np.random.default_rng(0).permutation(len(digits.y))
    X, y = digits.X[order] / 16, digits.y[order]
    new = np.arange(1000, len(y))
    shown = np.concatenate([new[y[new] == digit][:2] for digit in range(10)])
    rng = np.random.default_rng(0)
    model = Sequential(Linear(64, 128, rng=rng), ReLU(), Linear(128, 10, rng=rng))
    outputs: dict[int, np.ndarray] = {}

    def keep(run: Run) -> None:
        epoch = len(run.history.epochs)
        if epoch in EPOCHS:
            outputs[epoch] = np.array(predict(model, X[shown]))

    fit(
        model,
        CrossEntropyLoss(),
        AdamW(model, lr=0.01),
        X[:1000],
        y[:1000],
        batch_size=100,
        num_epochs=EPOCHS[-1],
        rng=rng,
        callbacks=[keep],
        progress=False,
    )
    return Answers(X[shown], y[shown], outputs)


def entropy(p: np.ndarray) -> np.ndarray:
    """How undecided probabilities (…, C) are: -Σ p log p, 0 for a hard label and log C for equal ones.

    >>> entropy(np.array([[1.0, 0.0], [0.5, 0.5]])).round(3).tolist()
    [0.0, 0.693]
    """
    return -np.sum(p * np.log(np.where(p > 0, p, 1)), axis=-1) + 0.0


def sentence(y: int, p: np.ndarray) -> str:
    """The first two answers of a soft label, and how much the other classes get.

    >>> sentence(1, np.array([0.7, 0.2, 0.1]))
    'A picture of 1: the teacher says 0 with 0.700, then 1 with 0.200; all but the first get 0.300 together.'
    """
    first, second = np.argsort(-p, kind="stable")[:2]
    return (
        f"A picture of {y}: the teacher says {first} with {p[first]:.3f}, then {second} with "
        f"{p[second]:.3f}; all but the first get {1 - p[first]:.3f} together."
    )


@cache
def _stage() -> Stage:
    """The figure without anything in it, and the artists that each frame fills in."""
    fig, (left, middle, right) = subplots(ncols=3, width=8, height=3.1, width_ratios=(0.8, 1.2, 1.2))
    art = SimpleNamespace()
    art.picture = left.imshow(np.zeros((8, 8)), cmap="gray_r", vmin=0, vmax=1)
    left.set_axis_off()
    (art.shares,) = middle.plot([], [], color=COLORS["blue"], linewidth=9, solid_capstyle="butt")
    middle.set(xlim=(-0.6, 9.6), ylim=(0, 1.05), xlabel="class", title="soft label")
    middle.set_xticks(range(10))
    (art.curve,) = right.plot([], [], color=COLORS["blue"])
    (art.here,) = right.plot([], [], "o", color=COLORS["red"], markersize=8)
    right.axhline(MOST, color=COLORS["grey"], linestyle="--", linewidth=1.2)
    right.text(0.55, MOST + 0.03, "ten equal shares", va="bottom", fontsize=9, color=COLORS["grey"])
    right.set(xscale="log", xlim=(0.45, 27), ylim=(-0.06, 2.6), xlabel="temperature", title="its entropy")
    right.set_xticks((0.5, 1, 2, 4, 8, 16), ["0.5", "1", "2", "4", "8", "16"])
    right.minorticks_off()
    return Stage(fig, art)


def frame(picture: int, T: float, epochs: int) -> Frame:
    """One picture, its soft label, and the entropy of that label by temperature.

    Args:
        picture: which, one of `PICTURES`; two of each class, in the order of the classes.
        T: the temperature, one of `TEMPERATURES`.
        epochs: how long the teacher was trained, one of `EPOCHS`.

    Raises:
        ValueError: when a value is not one of its slider's.

    >>> frame(picture=1, T=24, epochs=1).sentence[:14]
    'A picture of 0'
    """
    within(CONTROLS, picture=picture, T=T, epochs=epochs)
    known = answers()
    z = known.outputs[epochs][picture - 1]
    p, y = softmax(z / T), int(known.y[picture - 1])
    curve = entropy(softmax(z / CURVE[:, None]))

    def paint(art: SimpleNamespace) -> None:
        art.picture.set_data(known.pictures[picture - 1].reshape(8, 8))
        art.shares.set_data(np.repeat(np.arange(10), 3), np.ravel([[0, share, np.nan] for share in p]))
        art.curve.set_data(CURVE, curve)
        art.here.set_data([T], [entropy(p)])

    alt = (
        f"A picture of {y}, ten bars with its soft label at temperature {T:g}, the highest {p.max():.3f}, "
        f"from a teacher of {epochs} epochs, and the entropy by temperature: {entropy(p):.3f} of at most "
        f"{MOST:.1f}."
    )
    return Frame(_stage().picture(alt, paint), sentence(y, p))


CONTROLS = (
    Control("picture", "picture", PICTURES, default=8),
    Control("T", "temperature T", TEMPERATURES, default=1),
    Control("epochs", "teacher's epochs", EPOCHS, default=30),
)


def explorer() -> None:
    """Show the explorer in a notebook."""
    explore(frame, CONTROLS)
