"""What the session remembers of a training, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

MOST_RECORDS = 400
MOST_BATCHES = 2000


class Scores(NamedTuple):
    """How good the network is after `step` steps; `score` is the accuracy, for a regression R²."""

    step: int
    train_loss: float
    validation_loss: float
    train_score: float
    validation_score: float


@dataclass
class BatchLosses:
    """The loss of each batch; of every second one when they are more than 2,000, then of every fourth, ….

    `values[i]` is the loss of the batch of step `(i + 1) · every`, before that step. Batches are left out,
    not averaged: the spread stays as it was.

    >>> losses = BatchLosses()
    >>> for step in range(1, 5001):
    ...     losses.add(step, float(step))
    >>> losses.every, len(losses.values), losses.values[:2], losses.steps[-1]
    (4, 1250, [4.0, 8.0], 5000)
    """

    values: list[float] = field(default_factory=list)
    every: int = 1

    def add(self, step: int, loss: float) -> None:
        """Take the loss of a step; where they become too many, every second one is left out."""
        if step % self.every == 0:
            self.values.append(loss)
        if len(self.values) > MOST_BATCHES:
            self.every *= 2
            self.values = self.values[1::2]

    @property
    def steps(self) -> range:
        """The steps that the values belong to."""
        return range(self.every, self.every * len(self.values) + 1, self.every)


def gap(step: int) -> int:
    """Steps from the record at this step to the next: a hundredth of them, so that any part has its points.

    >>> gap(0), gap(100), gap(101), gap(4000)
    (1, 1, 2, 40)
    """
    return max(1, -(-step // 100))
