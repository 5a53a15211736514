"""Batch size, norm and rate on digits: the loss that training saw, beside the loss in evaluation mode.

The network is 64-32-32-10 with He's start and, in each hidden layer, a norm before ReLU. It is trained with
SGD on 256 pictures for four passes; the validation set has 400. Each setting has three seeds.
"""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from helpers import data
from helpers.explore.base import Control, Frame, Stage, within
from helpers.explore.networks import relu_network
from helpers.explore.view import explore
from helpers.features import StandardScaler
from helpers.figures import COLORS, TRAIN, VALIDATION, subplots
from helpers.nn import BatchNorm, LayerNorm, Sequential
from helpers.splits import three_way
from helpers.training import Setting, Sweep, sweep

SIZES = (1, 2, 4, 8, 16, 64, 256)
RATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
NORMS: dict[str, Any] = {"no norm": None, "batch norm": BatchNorm, "layer norm": LayerNorm}
NAMES = tuple(NORMS)
PICTURES, EPOCHS, MARKS, SEEDS = 256, 4, 8, 3
FLOOR, CEILING = 0.04, 4.0
GUESS = 0.3
"""Below this accuracy the networks hardly do more than guess."""


@lru_cache(maxsize=1)
def _digits() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    X, y = data.load_digits()
    train, validation, _ = three_way(len(X), 400, 373, np.random.default_rng(0))
    Z, few = StandardScaler().fit(X[train]).transform(X), train[:PICTURES]
    return (Z[few], y[few]), (Z[validation], y[validation])


def _network(norm: str, seed: int) -> Sequential:
    return relu_network((64, 32, 32, 10), np.random.default_rng(seed), NORMS[norm])


@lru_cache(maxsize=len(SIZES) * len(NORMS))
def trainings(batch_size: int, norm: int) -> Sweep:
    """The curves of three networks at each of `RATES`; none where batch norm meets batches of one row.

    >>> trainings(64, 0)[0].accuracy.shape, len(trainings(1, 1))
    ((8, 3), 0)
    """
    name = NAMES[norm]
    if name == "batch norm" and batch_size == 1:
        return Sweep()
    return sweep(
        lambda seed: _network(name, seed),
        *_digits(),
        lr=RATES,
        batch_size=batch_size,
        num_epochs=EPOCHS,
        seeds=SEEDS,
        every=PICTURES * EPOCHS // batch_size // MARKS or 1,
    )


def training(batch_size: int, norm: int, lr: float) -> Setting | None:
    """The one of `trainings` with this rate; None where there is none."""
    settings = trainings(batch_size, norm)
    return settings[RATES.index(lr)] if settings else None


def sentence(batch_size: int, norm: int, lr: float) -> str:
    """What is happening, in plain words.

    >>> sentence(1, 1, 0.1)[:42]
    'One row has no spread: batch norm cannot t'
    """
    setting, name = training(batch_size, norm, lr), NAMES[norm].capitalize()
    if setting is None:
        return (
            f"One row has no spread: batch norm cannot train with batches of 1, at rate {lr:g} or any other."
        )
    score, seen, judged = _end(setting)
    opening = f"{name}, batches of {batch_size}, rate {lr:g}: "
    if not np.isfinite(judged):
        return f"{opening}the numbers became too large to compute with. This rate is too high."
    told = f"accuracy {score:.2f}, loss {seen:.2g} as training saw it and {judged:.2g} in evaluation mode."
    if NAMES[norm] == "batch norm" and batch_size == 2:
        return f"{opening}{told} Of two rows batch norm keeps the sign only."
    if score < GUESS:
        return f"{opening}{told} Hardly more than a guess: the rate is too high, or too low for so few steps."
    best = trainings(batch_size, norm).best("accuracy")
    ends = f"{best.lr:g}, with {best.accuracy[-1].mean():.2f}"
    return f"{opening}{told} The best of the six rates here is {ends}."


def _end(setting: Setting) -> tuple[float, float, float]:
    """Accuracy, training loss and validation loss at the last mark, means of the seeds."""
    with np.errstate(invalid="ignore"):
        means = [
            float(curve[-1].mean()) for curve in (setting.accuracy, setting.loss, setting.validation_loss)
        ]
    return means[0], means[1], means[2]


@lru_cache(maxsize=1)
def _stage() -> Stage:
    """The figure without anything in it, and the artists that each frame fills in."""
    fig, (left, right) = subplots(ncols=2, width=7.6, height=3.5)
    for ax in (left, right):
        ax.set(xlim=(0.3, EPOCHS + 0.1), xlabel="pass over the pictures", xticks=range(1, EPOCHS + 1))
    left.set(yscale="log", ylim=(FLOOR, CEILING), yticks=(0.05, 0.1, 0.2, 0.5, 1, 2))
    left.yaxis.set_major_formatter("{x:g}")
    left.minorticks_off()
    left.hlines(np.log(10), 0.3, EPOCHS + 0.1, color=COLORS["grey"], linewidth=1)
    left.text(EPOCHS + 0.1, np.log(10), " a guess", color=COLORS["grey"], fontsize=9, va="center")
    right.set(ylim=(0, 1.02))
    right.set_title("accuracy, evaluation mode")
    art = SimpleNamespace()
    left.set_title("loss")
    art.none = left.text(
        0.5, 0.45, "", transform=left.transAxes, ha="center", va="center", color=COLORS["ink"], fontsize=10.5
    )
    looks = {
        "training": (left, TRAIN, "training"),
        "validation": (left, VALIDATION, "validation, evaluation mode"),
        "accuracy": (right, VALIDATION, ""),
    }
    for number in range(SEEDS):
        for name, (ax, look, label) in looks.items():
            (line,) = ax.plot([], [], linewidth=1.6, alpha=0.85, **look)
            setattr(art, f"{name}{number}", line)
            if number == 0 and label:
                line.set_label(label)
    art.setting = fig.text(0.99, 0.036, "", ha="right", va="bottom", fontsize=10)  # on the line of the legend
    fig.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=2)
    return Stage(fig, art)


def frame(batch_size: int, norm: int, lr: float) -> Frame:
    """Losses and accuracy of three networks, for one batch size, one norm and one learning rate.

    Args:
        batch_size: one of `SIZES`.
        norm: its number in `NAMES`.
        lr: one of `RATES`.

    Raises:
        ValueError: when a value is not one of its slider's.

    >>> frame(batch_size=64, norm=1, lr=1.0).sentence.split(":")[0]
    'Batch norm, batches of 64, rate 1'
    """
    within(CONTROLS, batch_size=batch_size, norm=norm, lr=lr)
    setting = training(batch_size, norm, lr)
    passes = setting.steps * batch_size / PICTURES if setting else np.empty(0)
    nothing = np.empty((0, SEEDS))

    def paint(art: SimpleNamespace) -> None:
        art.none.set_text("" if setting else "batch norm needs\ntwo rows or more")
        art.setting.set_text(f"{NAMES[norm]}, batches of {batch_size}, rate {lr:g}")
        curves = (setting.loss, setting.validation_loss, setting.accuracy) if setting else (nothing,) * 3
        for number in range(SEEDS):
            for name, curve in zip(("training", "validation", "accuracy"), curves, strict=True):
                shown = np.where(np.isfinite(curve[:, number]), curve[:, number], np.nan)
                shown = shown if name == "accuracy" else shown.clip(FLOOR, CEILING)
                getattr(art, f"{name}{number}").set_data(passes, shown)

    alt = f"{NAMES[norm].capitalize()}, batches of {batch_size}, rate {lr:g}. "
    if setting is None:
        alt += "No curves: batch norm needs two rows or more."
    else:
        score, seen, judged = _end(setting)
        losses = f"to {seen:.2g} in training and {judged:.2g} in evaluation mode"
        losses = losses if np.isfinite(judged) else "out of the picture"
        alt += f"The loss of three networks goes {losses}, the accuracy to {score:.2f}."
    return Frame(_stage().picture(alt, paint), sentence(batch_size, norm, lr))


CONTROLS = (
    Control("batch_size", "batch size", SIZES, default=16),
    Control("norm", "norm", range(len(NAMES)), default=1, text=NAMES.__getitem__),
    Control("lr", "learning rate", RATES, default=0.1),
)


def explorer() -> None:
    """Show the explorer in a notebook."""
    explore(frame, CONTROLS)
