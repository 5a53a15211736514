"""What the sentences rest on: smoothed losses, the state of the units, trials from where the network is."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Any

import numpy as np

from helpers.explore.playground import network
from helpers.explore.playground.coarse import UNIT_GRID
from helpers.explore.playground.records import Scores
from helpers.explore.playground.run import Run
from helpers.nn.activations import ReLU, Sigmoid, Tanh
from helpers.nn.fast import Steps
from helpers.nn.normalization import BatchNorm

EPOCHS, FEWEST = 10, 40
"""Losses are averaged over so many epochs and steps, or a tenth of the steps; but at most over a third."""
TRIAL_STEPS = 30
ENOUGH_RECORDS = 8
"""With fewer an average is as noisy as what it is made of."""
STEP = attrgetter("step")


@dataclass(frozen=True)
class Mean:
    """Averages over some records, from the step `begin` to the step `end`."""

    begin: int
    end: int
    train_loss: float
    validation_loss: float
    validation_score: float

    @classmethod
    def of(cls, records: list[Scores]) -> Mean:
        """The averages of these records, at least one."""
        _, train, validation, _, score = np.array(records).mean(axis=0).tolist()
        return cls(records[0].step, records[-1].step, train, validation, score)

    @property
    def middle(self) -> int:
        """The step that stands for them."""
        return (self.begin + self.end) // 2


@dataclass
class Past:
    """What the losses are compared with, from the step `since` of the last change on.

    `first` is where they were then, `best` and `lowest` where the smoothed validation and training loss were
    smallest; `kept` is what took long to find out, with its step.
    """

    since: int
    first: Mean
    best: Mean = field(init=False)
    lowest: Mean = field(init=False)
    kept: dict[str, tuple[int, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.best = self.lowest = self.first

    def remember(self, recent: Mean) -> None:
        """Take these averages in."""
        if recent.validation_loss < self.best.validation_loss:
            self.best = recent
        if recent.train_loss < self.lowest.train_loss:
            self.lowest = recent


class Evidence:
    """What can be seen of a session at the last record of its step, compared with its `past`.

    `recent` are the averages of the last epochs; `kind` is the diagnosis of before, which needs less to stay
    than another to take its place.
    """

    def __init__(self, session: Run, past: Past, kind: str = "") -> None:
        self.session, self.settings, self.past, self.kind = session, session.settings, past, kind
        self.steps = session.steps - past.since
        self.width = window(self.steps, session.steps_per_epoch)
        records = session.records
        end = bisect_right(records, session.steps, key=STEP)
        newest = records[end - 1].step
        begin = bisect_left(records, max(past.since, newest - 2 * self.width), key=STEP)
        middle = bisect_right(records, newest - self.width, begin, end, key=STEP)
        self.late, self.early = records[middle:end], records[begin:middle]
        self.recent = Mean.of(self.late)

    @cached_property
    def before(self) -> Mean:
        """The averages of as many epochs before `recent`; where there are none, where it all began."""
        return Mean.of(self.early) if self.early else self.past.first

    @cached_property
    def noise(self) -> float:
        """The spread (standard deviation) of the training losses that `recent` is the average of."""
        return float(np.std([one.train_loss for one in self.late]))

    @property
    def falling(self) -> bool:
        """Whether the smoothed training loss is still going down, by more than noise."""
        share = {"resting": 0.04, "learning": 0.01}.get(self.kind, 0.02)
        fell = self.before.train_loss - self.recent.train_loss
        return fell > max(share * self.before.train_loss, 0.3 * self.noise)

    @property
    def moved(self) -> bool:
        """Whether the smoothed training loss has got away from where it began."""
        return self.recent.train_loss < 0.9 * self.past.first.train_loss

    @cached_property
    def jumps(self) -> float:
        """How far the training loss goes up and down about its trend, as a share of it; 0 if it does not."""
        losses = np.array([one.train_loss for one in self.late])
        if len(losses) < 6:
            return 0.0
        bends = losses[1:-1] - (losses[:-2] + losses[2:]) / 2
        turns = np.count_nonzero(np.diff(np.sign(np.diff(losses)))) / (len(losses) - 2)
        return float(np.abs(bends).mean() / losses.mean()) if turns > 0.4 else 0.0

    @cached_property
    def activations(self) -> list[np.ndarray]:
        """The outputs (n, units) of each activation for the training points."""
        layers = self.session.layers_after(self.session.problem.X[self.session.problem.train])
        return [layer.a for layer in layers if isinstance(layer, (ReLU, Tanh, Sigmoid))]

    def dead_units(self) -> tuple[int, int]:
        """How many ReLU units are on for no training point, and how many there are."""
        if self.settings.activation != "ReLU":
            return 0, 0
        highest = np.concatenate([a.max(axis=0) for a in self.activations] or [np.zeros(0)])
        return int((highest <= 0).sum()), len(highest)

    def saturated_share(self) -> float:
        """The share of the tanh or sigmoid outputs at their ends, where the curve is flat."""
        name = self.settings.activation
        if name not in ("tanh", "sigmoid") or not self.activations:
            return 0.0
        ends = [np.abs(a if name == "tanh" else 2 * a - 1) > 0.98 for a in self.activations]
        return float(np.mean([one.mean() for one in ends]))

    def zero_share(self) -> float:
        """The share of the weights at 0, as near as the steps of an L1 penalty allow."""
        weights = np.concatenate([W.ravel() for W in self.session.weights()])
        near = max(1e-3, 2 * self.settings.lr * self.settings.l1)
        return float((np.abs(weights) <= near).mean())

    def all_alike(self) -> bool:
        """Whether the units of each hidden layer all have the same weights."""
        hidden = self.session.weights()[:-1]
        return bool(hidden) and all(len(W.T) > 1 and np.ptp(W, axis=1).max() == 0 for W in hidden)

    def straight(self) -> bool:
        """Whether the border between two classes is a straight line on the map."""
        if self.session.problem.num_classes != 2:
            return False
        points = crossings(self.session.answers()[:, 0].reshape(UNIT_GRID, UNIT_GRID))
        if len(points) < 6:
            return False
        width = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)[1] / len(points) ** 0.5
        return bool(width < 0.25)

    def trial(self, factor: float = 1.0) -> np.ndarray:
        """The training losses of 30 steps from here with all points, at `factor` times the learning rate.

        It is a copy that is trained, without dropout.
        """
        losses: np.ndarray = self._kept(f"trial {factor}", lambda: trial(self.session, factor))
        return losses

    def stable_rate(self) -> float | None:
        """The longest learning rate that a full batch bears; see `Session.stable_rate`."""
        rate: float | None = self._kept("rate", self.session.stable_rate)
        return rate

    def _kept(self, name: str, find: Callable[[], Any]) -> Any:
        """What `find` gives, or gave within the last third of the steps: it takes milliseconds."""
        found = self.past.kept.get(name)
        if found is None or self.session.steps - found[0] > max(self.width, self.steps // 3):
            found = self.past.kept[name] = self.session.steps, find()
        return found[1]


def window(steps: int, steps_per_epoch: int) -> int:
    """The number of steps over which to average; see EPOCHS.

    >>> window(200, 8), window(4000, 8), window(200, 128), window(200, 1)
    (66, 400, 66, 40)
    """
    return max(1, min(max(EPOCHS * steps_per_epoch, FEWEST, steps // 10), steps // 3))


def crossings(z: np.ndarray) -> np.ndarray:
    """The places (n, 2) between neighbours of z (rows, columns) where it changes its sign, in cells.

    >>> crossings(np.array([[-1.0, 1.0], [-3.0, 1.0]])).tolist()
    [[0.5, 0.0], [0.75, 1.0]]
    """
    found = []
    for values, along in ((z, 0), (z.T, 1)):
        rows, left = np.nonzero((values[:, :-1] > 0) != (values[:, 1:] > 0))
        a, b = values[rows, left], values[rows, left + 1]
        place = np.column_stack([left + a / (a - b), rows])
        found.append(place[:, ::-1] if along else place)
    return np.concatenate(found)


def trial(session: Run, factor: float) -> np.ndarray:
    """See `Evidence.trial`."""
    model, optimizer = deepcopy((session.model, session.optimizer))
    for leaf in model.leaves():
        leaf.training = isinstance(leaf, BatchNorm)
    optimizer.lr = optimizer.lr * factor
    penalty = network.build_penalty(session.settings, model)
    steps = Steps(model, network.build_loss(session.settings, session.problem), optimizer)
    rows = session.problem.train
    X, y = session.problem.X[rows], session.problem.targets[rows]
    losses: list[Any] = []
    with np.errstate(all="ignore"):
        for _ in range(TRIAL_STEPS):
            losses.append(steps.gradient(X, y))
            if penalty:
                penalty.add_gradient(model)
            steps.descend()
        losses.append(steps.gradient(X, y))
    return np.array(losses)


def calm(losses: np.ndarray) -> bool:
    """Whether losses go down without jumps.

    >>> calm(np.array([1.0, 0.9, 0.85, 0.84])), calm(np.array([1.0, 0.2, 1.1, 0.3]))
    (True, False)
    """
    rises = np.diff(losses) > 1e-3 * losses[0]
    return bool(np.isfinite(losses).all() and losses[-1] <= losses[0] and rises.mean() < 0.1)
