"""What if: the validation loss of 54 networks, for 9 learning rates and 6 batch sizes around a setting.

The nine of one batch size are trained as a fleet, by the code of one network; each number is the one that the
playground itself would reach with that setting, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from helpers.explore.playground import network
from helpers.explore.playground.problem import problem
from helpers.explore.playground.session import ENOUGH_STEPS, enough
from helpers.explore.playground.settings import BATCH_SIZES, LEARNING_RATES, Settings
from helpers.nn import Fleet
from helpers.nn.fast import Steps
from helpers.training import Batches, evaluate

NUM_RATES, NUM_SIZES = 9, 6
RATE_STRIDE = 3
"""Every third learning rate of the slider: about a factor of three."""


@dataclass
class WhatIf:
    """`losses` (batch sizes, learning rates): the validation loss after `enough` steps; NaN where not yet."""

    settings: Settings
    learning_rates: tuple[float, ...]
    batch_sizes: tuple[int, ...]
    losses: np.ndarray = field(repr=False)
    done: bool = False

    @property
    def best(self) -> tuple[float, int]:
        """Learning rate and batch size of the smallest loss."""
        row, column = np.unravel_index(np.nanargmin(self.losses), self.losses.shape)
        return self.learning_rates[column], self.batch_sizes[row]

    def sentence(self) -> str:
        """What the map says."""
        if not np.isfinite(self.losses).any():
            return "The first numbers are on their way."
        lr, size = self.best
        found = (
            f"After {ENOUGH_STEPS} steps (rounded up to whole epochs) the lowest validation loss is "
            f"{np.nanmin(self.losses):.2g}, with learning rate {lr:g} and batches of {size}."
        )
        return found + (
            " ★ is the lowest, ● is where you are; choose a cell to go there." if self.done else ""
        )


def window(values: tuple[float, ...], current: float, count: int, stride: int) -> tuple[float, ...]:
    """`count` of the values, `stride` apart, with the current one as near to the middle as can be.

    >>> window((1, 2, 4, 8, 16), 8, count=3, stride=1)
    (4, 8, 16)
    """
    at = int(np.argmin(np.abs(np.log(np.array(values) / current))))
    line = [*values[at % stride :: stride]]
    first = min(max(line.index(values[at]) - count // 2, 0), max(len(line) - count, 0))
    chosen = line[first : first + count]
    chosen[chosen.index(values[at])] = current  # also a value that the slider does not have
    return tuple(chosen)


def sweep(settings: Settings) -> Iterator[WhatIf]:
    """Compute the map in small pieces: yields the same `WhatIf` as it fills; the last time it is done.

    >>> *_, last = sweep(Settings(hidden_layers=0))
    >>> last.losses.shape, last.done
    ((6, 9), True)
    """
    rates = window(LEARNING_RATES, settings.lr, NUM_RATES, RATE_STRIDE)
    sizes = tuple(int(size) for size in window(BATCH_SIZES, settings.batch_size, NUM_SIZES, 1))
    found = WhatIf(settings, rates, sizes, np.full((len(sizes), len(rates)), np.nan))
    for row, size in enumerate(sizes):
        if size > 1 or not settings.batch_norm:
            for losses in one_fleet(settings.but(batch_size=size), rates):
                if losses is not None:
                    found.losses[row] = losses
                yield found
    found.done = True
    yield found


def one_fleet(settings: Settings, rates: tuple[float, ...]) -> Iterator[np.ndarray | None]:
    """Train one network for each learning rate; None after a few steps each, the losses at the end."""
    data = problem(settings)
    rngs = [data.rng() for _ in rates]
    fleet = Fleet([network.build_model(settings, data, rng) for rng in rngs])
    optimizer = network.build_optimizer(settings, fleet, lr=np.array(rates))
    loss, penalty = network.build_loss(settings, data), network.build_penalty(settings, fleet)
    X, y = data.X[data.train], data.targets[data.train]
    shuffles = rngs if settings.dropout else rngs[0]  # without dropout all nine would draw the same orders
    batches, steps = Batches(fleet, loss, X, y, settings.batch_size, shuffles), Steps(fleet, loss, optimizer)
    fleet.train()
    for _ in range(enough(settings) // len(batches)):
        batches.shuffle()
        for i, batch in enumerate(batches):
            with np.errstate(all="ignore"):
                steps.gradient(*batch)
                if penalty:
                    penalty.add_gradient(fleet)
                steps.descend()
            if i % 16 == 15:
                yield None
        yield None
    with np.errstate(all="ignore"):
        yield np.asarray(
            evaluate(fleet, loss, (data.X[data.validation], data.targets[data.validation]))["validation_loss"]
        )
