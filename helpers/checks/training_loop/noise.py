"""Task 4 of exercise 09: the gradients of the samples tell how far that of a batch is from the full one."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from helpers.checks.formula import formula_task, slip
from helpers.checks.task import Case

Array = np.ndarray


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    cases = []
    for n, p, size in [(4, 2, 10), (6, 3, 1), (5, 1, 4), (40, 8, 16), (3, 30, 64)]:
        gradients, direction = rng.normal(size=(n, p)), rng.normal(size=p)
        # As in training: a mean that is not 0, and shorter than the noise.
        length = math.sqrt(_square(gradients) / rng.uniform(6, 60))
        gradients += length / np.linalg.norm(direction) * direction - gradients.mean(axis=0)
        cases.append({"gradients": gradients.round(3), "batch_size": size})
    return cases


def _square(gradients: Array) -> float:
    """The mean squared distance of a single gradient from the full one."""
    return float(((gradients - gradients.mean(axis=0)) ** 2).sum(axis=1).mean())


def _length(gradients: Array) -> float:
    return float(np.linalg.norm(gradients.mean(axis=0)))


def _right(gradients: Array, batch_size: int) -> tuple[float, float, int]:
    length, square = _length(gradients), _square(gradients)
    return length, math.sqrt(square / batch_size), math.ceil(square / length**2)


def _noise_of(square: Callable[[Array, Array], Any]) -> Callable[[Array, int], float]:
    """The noise when a square is taken of the deviations d (n, p), or of the gradients g themselves."""
    return lambda g, batch_size: math.sqrt(square(g - g.mean(axis=0), g) / batch_size)


gradient_noise = formula_task(
    "training_loop/gradient_noise",
    "gradient_noise(gradients, batch_size)",
    points=2,
    cases=_cases,
    right=_right,
    parts={
        "length": "The full gradient is the mean over the samples: one number for each parameter.",
        "noise": "Begin with batches of one row: the root of the mean squared distance from the full one.",
        "enough": "A whole number: with one row less, the noise is above the length of the full gradient.",
    },
    slips=[
        slip(
            lambda g, size: np.linalg.norm(g, axis=1).mean(),
            "the length is the mean length of the gradients of the samples",
            "The full gradient is a vector; what points in opposite directions cancels in it.",
            part="length",
        ),
        slip(
            lambda g, size: math.sqrt(_square(g)),
            "the noise is that of a batch of one row",
            "How does the error of a mean fall with the number of rows?",
            part="noise",
        ),
        slip(
            lambda g, size: math.sqrt(_square(g)) / size,
            "the noise falls as 1/B",
            "Four times the batch halves it.",
            part="noise",
        ),
        slip(
            _noise_of(lambda d, g: np.linalg.norm(d, axis=1).mean() ** 2),
            "the noise comes from the mean distance",
            "Asked is the root of the mean of the squared distances, which is larger.",
            part="noise",
        ),
        slip(
            _noise_of(lambda d, g: (d**2).mean()),
            "the noise is that of a single parameter, on average",
            "A squared distance is a sum over all parameters; only over the samples it is a mean.",
            part="noise",
        ),
        slip(
            _noise_of(lambda d, g: (g**2).sum(axis=1).mean()),
            "the distances are measured from 0",
            "What is a batch's gradient an estimate of? Its error is the distance from that.",
            part="noise",
        ),
        slip(
            _noise_of(lambda d, g: (d**2).sum() / (len(d) - 1)),
            "the sum of the squared distances is divided by n - 1",
            "Batches are drawn from exactly these n rows: the plain mean over them is right.",
            part="noise",
        ),
        slip(
            lambda g, size: math.ceil(math.sqrt(_square(g)) / _length(g)),
            "`enough` is as if the noise fell as 1/B",
            "Half the noise takes four times the rows.",
            part="enough",
        ),
        slip(
            lambda g, size: math.floor(_square(g) / _length(g) ** 2),
            "with `enough` rows the noise is still above the length of the full gradient",
            "Rows come whole: which of the two neighbours is enough?",
            part="enough",
        ),
    ],
    form="End with `return length, noise, enough`.",
)
