"""What a network answers at each place of the map, and each of its units, as bytes for a picture."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.explore.playground.coarse import NOTHING, UNIT_GRID, as_bytes, units_of
from helpers.explore.playground.problem import GRID, Problem
from helpers.explore.playground.settings import FEATURES
from helpers.figures import COLORS

if TYPE_CHECKING:
    from helpers.explore.playground.session import Session

CLASS_COLOURS = (
    *(COLORS["blue"], COLORS["red"], "#28D07A", "#3E114A"),
    *("#3FC5D9", "#A95572", "#164100", "#1273FF", "#2D09F9", "#00008E"),
)
"""Of two classes the two that are told apart best; of ten, each apart from all others (see the tests)."""
TWO_LEVELS = 256
"""Shades of a map of two classes, from surely the first to surely the second."""
LEVELS = 24
"""Shades of one of many classes, from undecided to sure."""


def shades(outputs: np.ndarray, probabilities: bool) -> tuple[np.ndarray, list[np.ndarray]]:
    """Colour numbers (GRID, GRID) for outputs (places, outputs), and maps that are 0 where a border runs.

    With one output 0 is surely the first class and 255 surely the second; with several, each has LEVELS.
    """
    if outputs.shape[1] == 1:
        z = outputs[:, 0].reshape(GRID, GRID)
        sure = np.tanh(z / 2) if probabilities else np.clip(z, -1, 1)
        return (127.5 + 127.5 * sure).astype(np.uint8), [z]
    best = outputs.argmax(axis=1)
    two: np.ndarray = np.partition(outputs, -2, axis=1)[:, -2:]
    lead = two[:, 1] - two[:, 0]
    level = np.minimum(np.tanh(lead / 2 if probabilities else lead) * LEVELS, LEVELS - 1)
    index = (best * LEVELS + level.astype(np.int64)).reshape(GRID, GRID).astype(np.uint8)
    first = best.reshape(GRID, GRID)
    return index, [
        np.where(first == k, lead.reshape(GRID, GRID), -lead.reshape(GRID, GRID)) for k in set(best)
    ]


def borders(margins: list[np.ndarray]) -> list[np.ndarray]:
    """Where the margins (GRID, GRID) are 0: lines (points, 2), x to the right and y down, from 0 to 1."""
    import contourpy  # what matplotlib finds its contours with

    found: list[np.ndarray] = []
    for margin in margins:
        lines: Any = contourpy.contour_generator(z=margin, name="serial").lines(0.0)
        found += [(line + 0.5) / GRID for line in lines]
    return found


@lru_cache(maxsize=16)
def palette(num_classes: int) -> np.ndarray:
    """The colours of the numbers that `shades` gives, on white: (numbers, 3) bytes."""
    colours = [np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in CLASS_COLOURS[:num_classes]]
    if num_classes <= 2:
        sure = np.linspace(-1, 1, TWO_LEVELS)[:, None]
        rows = 255 + (0.04 + 0.56 * np.abs(sure)) * (np.where(sure < 0, *colours) - 255)
    else:
        strength = 0.06 + 0.54 * (np.arange(LEVELS) / (LEVELS - 1))[:, None]
        rows = np.concatenate([255 + strength * (colour - 255) for colour in colours])
    return rows.round().astype(np.uint8)


def sane(outputs: np.ndarray) -> np.ndarray:
    """The outputs without infinities, also of a network that has diverged."""
    return np.nan_to_num(outputs, posinf=1e6, neginf=-1e6).clip(-1e6, 1e6)


# The units ---------------------------------------------------------------------------------------------


def feature_maps(problem: Problem) -> np.ndarray:
    """What each of `FEATURES` is over the map, whether it is an input or not: (features, 24, 24) of bytes.

    For a regression, what the data do not have is 0 everywhere.
    """
    line = not problem.num_classes
    names = tuple(name for name in FEATURES if not (line and "x2" in name))
    found = np.full((len(FEATURES), UNIT_GRID, UNIT_GRID), NOTHING, np.uint8)
    values = problem.inputs_at(UNIT_GRID, names)
    for column, name in enumerate(names):
        found[FEATURES.index(name)] = as_bytes(values[:, column : column + 1])[0][0]
    return found


def unit_maps(session: Session) -> tuple[list[np.ndarray], list[float]]:
    """The maps of the units of each hidden layer and of the outputs, and the value that 255 stands for."""
    *hidden, answers = session.said()
    units = units_of(hidden)
    outputs = [as_bytes(one[:, None]) for one in answers.T]
    last = np.concatenate([maps for maps, _ in outputs])
    return [*units.maps, last], [*units.limits, max(limit for _, limit in outputs)]


# Words on the map --------------------------------------------------------------------------------------


@lru_cache(maxsize=32)
def class_places(problem: Problem, apart: float = 0.085) -> np.ndarray:
    """Where the name of each class stands (num_classes, 2), from 0 to 1 and down: near its points' middle.

    Names that would stand on one another are pushed apart until `apart` lies between any two.
    """
    of_class = [problem.points[problem.y == k] for k in range(problem.num_classes)]
    middles = np.array([np.median(points, axis=0) for points in of_class])
    at = problem.on_map(middles)
    for _ in range(200):
        gaps = at[:, None] - at[None]
        distance = np.maximum(np.hypot(gaps[..., 0], gaps[..., 1]), 1e-6)
        push = np.where((distance < apart) & (distance > 1e-5), (apart - distance) / distance / 2, 0)
        if not push.any():
            break
        at += 0.5 * (gaps * push[..., None]).sum(axis=1)
        at = at.clip(0.05, 0.95)
    return at
