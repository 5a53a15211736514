"""Task 4 of exercise 09: the gradients of the samples tell how far that of a batch is from the full one."""

import math
from collections.abc import Sequence

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.task import Case

Array = np.ndarray


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    cases = []
    for n, p, size in [(4, 2, 10), (6, 3, 1), (5, 1, 4), (40, 8, 16), (3, 30, 64)]:
        gradients, direction = rng.normal(size=(n, p)), rng.normal(size=p)
        gradients -= gradients.mean(axis=0)
        # As in training: a mean that is not 0, and shorter than the noise.
        length = math.sqrt((gradients**2).sum() / n / rng.uniform(6, 60))
        gradients += length / np.linalg.norm(direction) * direction
        cases.append({"gradients": gradients.round(3), "batch_size": size})
    return cases


def _right(gradients: Array, batch_size: int) -> tuple[float, float, int]:
    full = gradients.mean(axis=0)
    length = float(np.linalg.norm(full))
    squares = ((gradients - full) ** 2).sum(axis=1)
    noise = math.sqrt(squares.mean() / batch_size)
    enough = math.ceil(squares.mean() / length**2)
    return length, noise, enough


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
    slips="""
        noise: squares.mean() / batch_size → squares.mean()
            the noise is that of a batch of one row
            How does the error of a mean fall with the number of rows?
        noise: math.sqrt(squares.mean() / batch_size) → math.sqrt(squares.mean()) / batch_size
            the noise falls as 1/B
            Four times the batch halves it.
        noise: sum(axis=1) → mean(axis=1)
            the noise is that of a single parameter, on average
            A squared distance is a sum over all parameters; only over the samples it is a mean.
        noise: (gradients - full) → gradients
            the distances are measured from 0
            What is a batch's gradient an estimate of? Its error is the distance from that.
        noise: squares.mean() / batch_size → squares.sum() / (len(squares) - 1) / batch_size
            the sum of the squared distances is divided by n - 1
            Batches are drawn from exactly these n rows: the plain mean over them is right.
        enough: math.ceil(squares.mean() / length**2) → math.ceil(math.sqrt(squares.mean()) / length)
            `enough` is as if the noise fell as 1/B
            Half the noise takes four times the rows.
        enough: math.ceil → math.floor
            with `enough` rows the noise is still above the length of the full gradient
            Rows come whole: which of the two neighbours is enough?
    """,
    form="End with `return length, noise, enough`.",
)
