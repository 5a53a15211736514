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
