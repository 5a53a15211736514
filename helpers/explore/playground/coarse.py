"""The network in float32: half the time, and as good as the eye. For what is drawn in every picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.explore.playground import names
from helpers.explore.playground.problem import Problem
from helpers.explore.playground.records import Scores
from helpers.explore.playground.settings import Settings
from helpers.nn.containers import Sequential
from helpers.nn.fast import forward_for
from helpers.nn.layers import Linear

UNIT_GRID = 24
"""The map of a unit has UNIT_GRID × UNIT_GRID places, over the same square as the large map."""
NOTHING = 128
"""The byte of an activation of 0."""


@dataclass(frozen=True)
class Units:
    """What the units of each layer say over the map: `maps[i]` (units, 24, 24) of bytes, `limits[i]`.

    One scale for a layer: byte = 128 + 127 · activation / limit, with the largest |activation| of the layer
    as its limit. So 128 is 0, 255 is the limit and 1 its negative. Rows go from the top, columns from the
    left.
    """

    maps: list[np.ndarray]
    limits: list[float]


def units_of(layers: list[np.ndarray]) -> Units:
    """The maps of layers of which each says (places, units)."""
    said = [as_bytes(X) for X in layers]
    return Units([maps for maps, _ in said], [limit for _, limit in said])


def as_bytes(values: np.ndarray) -> tuple[np.ndarray, float]:
    """Activations (places, units) as maps (units, 24, 24) of bytes, and their limit; see `Units`.

    >>> maps, limit = as_bytes(np.linspace(-2, 1, 576)[:, None])
    >>> maps.shape, limit, maps[0, 0, 0], maps[0, -1, -1]
    ((1, 24, 24), 2.0, np.uint8(1), np.uint8(192))
    """
    values = np.nan_to_num(values, nan=0.0, posinf=1e30, neginf=-1e30)
    limit = float(np.abs(values).max()) or 1.0
    scaled = np.multiply(values, 127 / limit)
    scaled += NOTHING + 0.5
    maps = scaled.astype(np.uint8).T.reshape(-1, UNIT_GRID, UNIT_GRID)
    return np.ascontiguousarray(maps), limit


class Coarse:
    """A copy of a model in float32 that follows it: `grid`, `outputs` and `units` are of this moment."""

    def __init__(self, model: Sequential, settings: Settings, problem: Problem) -> None:
        self.model, self.problem = model, problem
        self.copy: Any = model.astype(np.float32).eval()
        self._grid = forward_for(self.copy, problem.grid.shape)
        rows = np.concatenate([problem.train, problem.validation])
        self._X = np.asfortranarray(problem.X[rows].astype(np.float32))
        self._y, self._targets = problem.y[rows], problem.targets[rows]
        if self._targets.dtype.kind == "f":
            self._targets = self._targets.astype(np.float32)
        self._forward = forward_for(self.copy, self._X.shape)
        self._loss = names.loss_part(settings.loss, problem.outputs)(reduction="none")
        self._parts = [slice(len(problem.train)), slice(len(problem.train), None)]
        self.small = problem.inputs_at(UNIT_GRID, settings.used_features)
        self._states = list(zip(self.copy.state().values(), model.state().values(), strict=True))

    def follow(self) -> None:
        """Take over the weights of the model, and what its batch norms have seen."""
        self.copy.flat = self.model.flat
        for mine, theirs in self._states:
            mine[...] = theirs

    def grid(self) -> np.ndarray:
        """The outputs (places, outputs) at the places of the map; the next call overwrites them."""
        with np.errstate(all="ignore"):
            self.follow()
            return self._grid(self.problem.grid)

    def outputs(self) -> np.ndarray:
        """The outputs (outputs, n) for the training points and then the validation points."""
        with np.errstate(all="ignore"):
            self.follow()
            return self._forward(self._X).T.copy()

    def scores(self, said: list[tuple[int, np.ndarray]]) -> list[Scores]:
        """Losses and scores of both parts, right to six digits, for the `outputs` of some steps."""
        steps, outputs = zip(*said, strict=True)
        at_once = np.array(outputs).mT  # in memory the points stay the last axis: long runs of numbers
        numbers = []
        with np.errstate(all="ignore"):
            losses = self._loss.values(at_once, self._targets).reshape(*at_once.shape[:2], -1)
            numbers += [losses[:, rows].mean(axis=(1, 2)) for rows in self._parts]
            numbers += [score(self.problem, at_once[:, rows], self._y[rows]) for rows in self._parts]
        return [Scores(*row) for row in zip(steps, *(one.tolist() for one in numbers), strict=True)]

    def said(self) -> list[np.ndarray]:
        """What each hidden layer and the output layer say (24 · 24, units) at the places of a small map."""
        found, X = [], self.small
        with np.errstate(all="ignore"):
            self.follow()
            for i, layer in enumerate(self.copy.layers):
                if i and isinstance(layer, Linear):  # what comes in is what the layer before says
                    found.append(X)
                X = layer.forward(X)
        return [*found, X]


def score(problem: Problem, outputs: np.ndarray, y: np.ndarray) -> Any:
    """The accuracy of outputs (…, n, outputs), for a regression R²: a number, or an array (…)."""
    if not problem.num_classes:
        return r_squared(outputs[..., 0], y)
    return np.count_nonzero(classes(outputs) == y, axis=-1) / len(y)


def classes(outputs: np.ndarray) -> np.ndarray:
    """The class that outputs (…, n, outputs) stand for."""
    return outputs[..., 0] > 0 if outputs.shape[-1] == 1 else outputs.argmax(axis=-1)


def r_squared(outputs: np.ndarray, y: np.ndarray) -> Any:
    """The share of the variance of y (n,) that outputs (…, n) explain."""
    unexplained, centred = outputs - y, y - y.mean()
    return 1 - np.vecdot(unexplained, unexplained) / (np.vecdot(centred, centred) or 1.0)
