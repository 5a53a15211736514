"""What of a training is looked at to judge it: whoever looks need not know the whole `Session`."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from helpers.explore.playground.problem import Problem
from helpers.explore.playground.records import Scores
from helpers.explore.playground.settings import Settings
from helpers.nn.containers import Sequential


class Run(Protocol):
    """A network in training; `Session` is one, and says what each part is."""

    settings: Settings
    problem: Problem
    model: Sequential
    optimizer: Any
    steps: int
    diverged: bool

    @property
    def records(self) -> list[Scores]: ...

    @property
    def steps_per_epoch(self) -> int: ...

    def weights(self) -> list[np.ndarray]: ...

    def answers(self) -> np.ndarray: ...

    def layers_after(self, X: np.ndarray) -> list[Any]: ...

    def gradient_norms(self) -> list[float]: ...

    def stable_rate(self) -> float | None: ...


class Moment:
    """All that a step changes in a run, copied: some microseconds now, to look at it later."""

    def __init__(self, run: Run) -> None:
        self.steps, self.diverged = run.steps, run.diverged
        self._arrays = [array.copy() for array in arrays(run)]
        self._t = run.optimizer.t

    def put_back(self, run: Run) -> None:
        """Make the run what it was."""
        run.steps, run.diverged = self.steps, self.diverged
        for array, kept in zip(arrays(run), self._arrays, strict=True):
            array[...] = kept
        run.optimizer.t = self._t


def arrays(run: Run) -> list[np.ndarray]:
    """The parameters, their gradients, what norms have seen, and what the optimizer remembers; live."""
    model, optimizer = run.model, run.optimizer
    kept = [getattr(optimizer, name) for name in optimizer.vectors]
    return [model.flat, model.d_flat, *model.state().values(), *kept]
