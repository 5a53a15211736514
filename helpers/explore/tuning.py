"""Schedules on digits: what a rule for the rate, and the rate it starts from, make of a training.

The network is 64-32-10, trained with SGD on 1,024 pictures in batches of 32 for 12 epochs, three seeds for
each setting; the validation set has 400 pictures. The rate moves after each step.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from helpers import data
from helpers.explore.base import Control, Frame, Stage, within
from helpers.explore.view import explore
from helpers.figures import COLORS, TRAIN, VALIDATION, subplots
from helpers.nn import Linear, ReLU, Sequential
from helpers.nn.schedules import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    Fixed,
    LinearLR,
    Schedule,
    StepLR,
    WarmupLR,
)
from helpers.splits import three_way
from helpers.training import Setting, sweep

START_RATES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
EPOCHS, STEPS_PER_EPOCH, SEEDS = 12, 32, 3
STEPS = EPOCHS * STEPS_PER_EPOCH
WARM_UP = STEPS // 6
LEARNT_NOTHING = 2.0
"""A mean validation loss above this: about log 10 = 2.3, what guessing all ten digits alike costs."""


def _warm_up_then_cosine(optimizer: Any) -> Schedule:
    after = CosineAnnealingLR(optimizer, T_max=STEPS - WARM_UP)
    return WarmupLR(optimizer, WARM_UP, start_factor=1 / WARM_UP, after=after)


SCHEDULES: dict[str, Callable[[Any], Schedule]] = {
    "constant": lambda optimizer: ConstantLR(optimizer, factor=1.0),
    "step decay": lambda optimizer: StepLR(optimizer, step_size=STEPS // 3, gamma=0.1),
    "exponential": lambda optimizer: ExponentialLR(optimizer, gamma=0.01 ** (1 / STEPS)),
    "linear": lambda optimizer: LinearLR(optimizer, start_factor=1.0, end_factor=0.0, total_iters=STEPS),
    "cosine": lambda optimizer: CosineAnnealingLR(optimizer, T_max=STEPS),
    "warm-up, cosine": _warm_up_then_cosine,
}
NAMES = tuple(SCHEDULES)


def rates(schedule: int, start_rate: float) -> np.ndarray:
    """The learning rate of each step, shape (384,), for the number of a schedule in `NAMES`.

    >>> rates(NAMES.index("cosine"), 0.8)[[0, 192]].round(2)
    array([0.8, 0.4])
    """
    rule = SCHEDULES[NAMES[schedule]](Fixed(start_rate))
    return np.array([float(rule.rate(t)) for t in range(STEPS)])


@lru_cache(maxsize=1)
def _digits() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    X, y = data.load_digits()
    train, validation, _ = three_way(len(X), 400, 373, np.random.default_rng(0))
    return (X[train] / 16, y[train]), (X[validation] / 16, y[validation])


def _network(seed: int) -> Sequential:
    rng = np.random.default_rng(seed)
    return Sequential(Linear(64, 32, rng=rng), ReLU(), Linear(32, 10, rng=rng))


@lru_cache(maxsize=len(NAMES))
def trainings(schedule: int) -> tuple[Setting, ...]:
    """What a schedule makes of each start rate: the curves of three networks, in the order of `START_RATES`.

    >>> [setting.lr for setting in trainings(0)][:2]
    [0.02, 0.05]
    """
    made = sweep(
        _network,
        *_digits(),
        lr=START_RATES,
        batch_size=32,
        num_epochs=EPOCHS,
        seeds=SEEDS,
        schedule=SCHEDULES[NAMES[schedule]],
        schedule_per="step",
    )
    return tuple(made)


def end(setting: Setting) -> float:
    """The mean validation loss of the three networks after the last epoch."""
    return float(setting.validation_loss[-1].mean())


def sentence(schedule: int, start_rate: float) -> str:
    """What is happening, in plain words, for one schedule and one start rate.

    >>> sentence(0, 1.6)[:55]
    'Constant from 1.6: the networks learn little or nothing'
    """
    settings = trainings(schedule)
    at = START_RATES.index(start_rate)
    loss, same_start = end(settings[at]), end(trainings(0)[at])
    score = settings[at].accuracy[-1]
    opening = f"{NAMES[schedule].capitalize()} from {start_rate:g}: "
    if loss > LEARNT_NOTHING:
        opening += f"the networks learn little or nothing, validation loss {loss:.2f}."
    else:
        opening += (
            f"validation loss {loss:.2f} in the end, accuracy {score.mean():.2f} "
            f"({score.min():.2f} to {score.max():.2f})."
        )
    ratio = loss / same_start
    against = "lower than" if ratio < 0.95 else "higher than" if ratio > 1.05 else "about as low as"
    if schedule and same_start > LEARNT_NOTHING:
        against = "A constant rate learns nothing from this start."
    elif schedule:
        against = f"That is {against} with a constant rate from the same start ({same_start:.2f})."
    else:
        against = "Compare the other schedules with it, from the same start and from their own best."
    best = min(settings, key=end)
    return f"{opening} {against} This schedule ends lowest from {best.lr:g} ({end(best):.2f})."


@lru_cache(maxsize=1)
def _stage() -> Stage:
    """The figure without anything in it, and the artists that each frame fills in."""
    fig, (left, right) = subplots(ncols=2, width=7.6, height=3.4, width_ratios=(1, 1.5))
    left.set(
        xlim=(-0.3, EPOCHS + 0.3), ylim=(0, 1.7), xlabel="epoch", ylabel="learning rate", xticks=(0, 4, 8, 12)
    )
    right.set(yscale="log", xlim=(0.7, EPOCHS + 0.3), ylim=(0.015, 4), xlabel="epoch", ylabel="loss")
    right.set(xticks=(1, 4, 8, 12), yticks=(0.02, 0.05, 0.1, 0.2, 0.5, 1, 2))
    right.yaxis.set_major_formatter("{x:g}")
    right.minorticks_off()
    art = SimpleNamespace()
    art.title = left.set_title("constant")
    (art.rate,) = left.plot([], [], color=COLORS["blue"])
    for number in range(SEEDS):
        for name, look in {"training": TRAIN, "validation": VALIDATION}.items():
            (line,) = right.plot([], [], linewidth=1.6, alpha=0.8, **look)
            setattr(art, f"{name}{number}", line)
            if number == 0:
                line.set_label(name)
    (art.best,) = right.plot([], [], ":", color=COLORS["blue"], linewidth=2, label="best constant rate")
    fig.legend(loc="outside lower right", ncols=3, handletextpad=0.5, columnspacing=1.6)
    return Stage(fig, art)


def frame(schedule: int, start_rate: float) -> Frame:
    """The rate beside the loss curves of three networks, for one schedule and one start rate.

    Args:
        schedule: its number in `NAMES`.
        start_rate: one of `START_RATES`; with a warm-up, the rate that it leads up to.

    Raises:
        ValueError: when a value is not one of its slider's.

    >>> frame(schedule=4, start_rate=0.8).sentence.split(":")[0]
    'Cosine from 0.8'
    """
    within(CONTROLS, schedule=schedule, start_rate=start_rate)
    settings = trainings(schedule)
    setting, moving = settings[START_RATES.index(start_rate)], rates(schedule, start_rate)
    lowest = end(min(trainings(0), key=end))
    epochs = np.arange(1, EPOCHS + 1)

    def paint(art: SimpleNamespace) -> None:
        art.title.set_text(f"{NAMES[schedule]}, {start_rate:g}")
        art.rate.set_data(np.arange(STEPS) / STEPS_PER_EPOCH, moving)
        for number in range(SEEDS):
            getattr(art, f"training{number}").set_data(epochs, setting.loss[:, number])
            getattr(art, f"validation{number}").set_data(epochs, setting.validation_loss[:, number])
        art.best.set_data([0, EPOCHS + 1], [lowest, lowest])

    alt = (
        f"Schedule: {NAMES[schedule]}, the rate is {moving[0]:.2g} at the first step, at most "
        f"{moving.max():.2g} and {moving[-1]:.2g} at the last. The training loss of three networks goes to "
        f"{setting.loss[-1].mean():.2f}, the validation loss to {end(setting):.2f}; "
        f"a dotted line marks {lowest:.2f}, the best of the constant rates."
    )
    return Frame(_stage().picture(alt, paint), sentence(schedule, start_rate))


def beside_the_slider(schedule: int) -> str:
    """What a schedule is called where there is room for one word; the picture has the whole name.

    >>> beside_the_slider(4), beside_the_slider(5)
    ('cosine', 'warm-up')
    """
    return NAMES[schedule].split(",")[0]


CONTROLS = (
    Control("schedule", "schedule", range(len(NAMES)), default=0, text=beside_the_slider),
    Control("start_rate", "start rate", START_RATES, default=0.8),
)


def explorer() -> None:
    """Show the explorer in a notebook."""
    for schedule in range(len(NAMES)):
        trainings(schedule)  # two seconds now, and no slider waits later
    explore(frame, CONTROLS)
