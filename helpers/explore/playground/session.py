"""A network in training that can be stopped, looked at, changed and taken further, step by step.

`step` is the loop of `helpers.training.fit`, cut into pieces: the same numbers come out, bit for bit.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from helpers.explore.playground import network
from helpers.explore.playground.coarse import Coarse, Units, score, units_of
from helpers.explore.playground.curvature import longest_stable_rate
from helpers.explore.playground.problem import problem
from helpers.explore.playground.records import MOST_RECORDS, BatchLosses, Scores, gap
from helpers.explore.playground.settings import LIVE, Settings
from helpers.explore.playground.story import Story
from helpers.nn.fast import Steps
from helpers.training import Batches, predict

ENOUGH_STEPS = 200


class Session:
    """The state of the playground: a network for some settings, and what happened to it so far.

    `steps` and `epochs` (complete ones) count; `records` are `Scores`, from before the first step on, each a
    hundredth of the steps after the one before, and thinned out as they become many; `batch_losses` are
    those of the single batches. `story` is what is said. `diverged` is set when a loss is no longer finite,
    and `step` then does nothing. `changed_on_the_way` says that a setting was changed without beginning anew,
    `edited` that a weight was set by hand.

    >>> session = Session(Settings(lr=0.3))
    >>> session.step(200)
    200
    >>> session.epochs, session.now().validation_loss < 0.4
    (25, True)
    """

    settings: Settings
    _now: Scores | None

    def __init__(self, settings: Settings | None = None) -> None:
        self.reset(settings or Settings())

    # What one can do ------------------------------------------------------------------------------

    def reset(self, settings: Settings | None = None) -> None:
        """Begin anew, with other settings if some are given: the seed's weights, no steps."""
        self.settings = settings = settings or self.settings
        self.problem = problem(settings)
        self._rng = self.problem.rng()
        self.model = network.build_model(settings, self.problem, self._rng)
        self.loss = network.build_loss(settings, self.problem)
        self.optimizer = network.build_optimizer(settings, self.model)
        self.penalty = network.build_penalty(settings, self.model)
        self._steps = Steps(self.model, self.loss, self.optimizer)
        self._coarse = Coarse(self.model, settings, self.problem)
        train, validation = self.problem.train, self.problem.validation
        X, y = self.problem.X, self.problem.targets
        self._parts = [(X[rows], y[rows], self.problem.y[rows]) for rows in (train, validation)]
        self.steps = self.epochs = 0
        self.diverged = self.changed_on_the_way = self.edited = False
        self._records: list[Scores] = []
        self._unmeasured: list[tuple[int, np.ndarray]] = []
        self.batch_losses = BatchLosses()
        self._stable_rate: tuple[int, float | None] | None = None
        self._begin_batches()
        self._remember()
        self._story = Story(self)

    def change(self, **changes: Any) -> bool:
        """Change settings. True when the network has to begin anew; the `LIVE` ones leave it its weights.

        Raises ValueError or TypeError, and changes nothing, when the settings do not make sense.
        """
        settings = self.settings.but(**changes)
        different = {name for name in changes if getattr(settings, name) != getattr(self.settings, name)}
        if not different:
            return False
        if self.steps == 0 or self.diverged or not different <= LIVE:
            self.reset(settings)
            return True
        if self.records[-1].step < self.steps:
            self._record()  # where a curve may turn, it has a point
        self.story.turn(self)
        self.settings, self.changed_on_the_way = settings, True
        self.optimizer.lr = settings.lr
        self.penalty = network.build_penalty(settings, self.model)
        self._stable_rate = None
        if "batch_size" in different:
            self._begin_batches()
        return False

    def step(self, n: int = 1) -> int:
        """Take n steps, one batch each; returns how many were taken (fewer when the loss overflows)."""
        if isinstance(n, bool) or not isinstance(n, int) or n < 0:
            raise ValueError(f"n is a number of steps, a whole number from 0 on; got {n!r}.")
        steps, penalty, losses, first = self._steps, self.penalty, self.batch_losses, self.steps
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for _ in range(0 if self.diverged else n):
                X, y = self._next_batch()
                value = steps.gradient(X, y)
                if penalty:
                    penalty.add_gradient(self.model)
                steps.descend()
                self.steps += 1
                losses.add(self.steps, value)
                if not value < np.inf:
                    self.diverged = True
                    self._story.look(self)
                    break
                self.epochs += self._at == len(self._batches)
                if self.steps >= self._next_record:
                    self._record()
        return self.steps - first

    def set_weight(self, layer: int, row: int, column: int, value: float) -> None:
        """Set one weight: of the layer with that number, from its input `row` to its unit `column`.

        All count from 0. What was recorded stays, and the new scores are recorded beside the old ones of this
        step: the curve jumps. Raises ValueError or TypeError for a weight or a number that there is not.
        """
        weights = self.weights()
        for name, at, count in (
            ("layer", layer, len(weights)),
            ("row", row, len(weights[layer]) if 0 <= layer < len(weights) else 0),
            ("column", column, weights[layer].shape[1] if 0 <= layer < len(weights) else 0),
        ):
            if not 0 <= at < count:
                raise ValueError(f"{name} is {at}. Choose a whole number from 0 to {count - 1}.")
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"A weight is a finite number, got {value!r}.")
        self._story.catch_up(self)  # what was seen until here is judged with the records of before
        weights[layer][row, column] = value
        self.edited, self._stable_rate = True, None
        while len(self.records) > 1 and self.records[-2].step == self.steps:
            self.records.pop()  # the scores of an edit just before
        self._now = None
        self._record()
        self.story.turn(self)

    # What one can ask -----------------------------------------------------------------------------

    @property
    def records(self) -> list[Scores]:
        """What was recorded. The newest are measured when somebody asks: several at once take less time."""
        if self._unmeasured:
            self._records += self._coarse.scores(self._unmeasured)
            self._unmeasured.clear()
        return self._records

    @property
    def story(self) -> Story:
        """What is said of the training, up to now."""
        self._story.catch_up(self)
        return self._story

    @property
    def unjudged(self) -> bool:
        """Whether it takes some time to know what is said."""
        return bool(self._story.waiting)

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch; the last one may be smaller."""
        return steps_per_epoch(self.settings)

    @property
    def enough(self) -> int:
        """200 steps, rounded up to complete epochs."""
        return enough(self.settings)

    def now(self) -> Scores:
        """How good the network is at this moment."""
        if self._now is None or self._now.step != self.steps:
            self._now = self._scores()
        return self._now

    def predict_grid(self) -> np.ndarray:
        """The network's outputs (places, outputs) at the places of the map, in float32.

        That is twice as fast as in float64 and as good as the eye. The next call overwrites them.
        """
        return self._coarse.grid()

    def answers(self) -> np.ndarray:
        """The outputs (24 · 24, outputs) over the map, from as many places as the maps of the units."""
        return self.said()[-1]

    def said(self) -> list[np.ndarray]:
        """What each hidden layer and the output layer say over the map: (24 · 24, units)."""
        return self._coarse.said()

    def units(self) -> Units:
        """What each hidden unit says over the map, as small maps of bytes, for each layer; see `Units`."""
        return units_of(self.said()[:-1])

    def inputs(self) -> Units:
        """The inputs over the map, as the maps of a first layer; they stay the same in training."""
        return units_of([self._coarse.small])

    def stable_rate(self) -> float | None:
        """An estimate of the largest learning rate with which a full batch would go downhill here.

        That is 2/λmax for gradient descent. None where curvature does not tell it: for an optimizer that
        scales its steps, a loss with corners, batch norm, or when the loss has overflowed. It takes a few
        milliseconds when the network has moved, so not for every picture.
        """
        if self._stable_rate is None or self._stable_rate[0] != self.steps:
            self._stable_rate = self.steps, longest_stable_rate(self)
        return self._stable_rate[1]

    def layers_after(self, X: np.ndarray) -> list[Any]:
        """The layers, after X (n, features) went forward through them."""
        predict(self.model, X)
        return list(self.model.layers)

    def gradient_norms(self) -> list[float]:
        """The norm of ∂L/∂W for the last batch, for each layer with weights."""
        with np.errstate(over="ignore", invalid="ignore"):  # of a network that has diverged
            return [float(np.linalg.norm(layer.dW)) for layer in network.linear_layers(self.model)]

    def weights(self) -> list[np.ndarray]:
        """The weights (inputs, units) of each layer that has some, without the biases; live."""
        return [layer.W for layer in network.linear_layers(self.model)]

    def gradients(self) -> list[np.ndarray]:
        """∂L/∂W (inputs, units) of each of these layers, for the last batch, with the penalty; live, too."""
        return [layer.dW for layer in network.linear_layers(self.model)]

    # How it is done -------------------------------------------------------------------------------

    def _begin_batches(self) -> None:
        X, y, _ = self._parts[0]
        self._batches = Batches(self.model, self.loss, X, y, self.settings.batch_size, self._rng)
        self.model.train()
        self._at = len(self._batches)
        self._now = None

    def _next_batch(self) -> Any:
        if self._at == len(self._batches):
            self._batches.shuffle()
            self._at = 0
        self._at += 1
        return self._batches.parts[self._at - 1]

    def _remember(self) -> None:
        self._next_record = self.steps + gap(self.steps)
        self._unmeasured.append((self.steps, self._coarse.outputs()))

    def _record(self) -> None:
        self._remember()
        if len(self._records) + len(self._unmeasured) > MOST_RECORDS:
            self._story.catch_up(self)
            self._records = self.records[::2]
        self._story.look(self)

    def _scores(self) -> Scores:
        numbers = []
        with np.errstate(all="ignore"):
            for X, target, y in self._parts:
                output = predict(self.model, X)
                numbers += [float(self.loss.forward(output, target)), score(self.problem, output, y)]
        return Scores(self.steps, numbers[0], numbers[2], numbers[1], numbers[3])


def steps_per_epoch(settings: Settings) -> int:
    """Batches in an epoch with these settings.

    >>> steps_per_epoch(Settings(batch_size=16)), steps_per_epoch(Settings(batch_size=100))
    (8, 2)
    """
    return -(-len(problem(settings).train) // settings.batch_size)


def enough(settings: Settings) -> int:
    """200 steps, rounded up to complete epochs.

    >>> enough(Settings(batch_size=16)), enough(Settings(batch_size=4))
    (200, 224)
    """
    per_epoch = steps_per_epoch(settings)
    return -(-ENOUGH_STEPS // per_epoch) * per_epoch
