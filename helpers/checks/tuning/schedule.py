"""Task 1 of exercise 10: the learning rates of a warm-up that goes over into a cosine."""

from collections.abc import Sequence

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.task import Case


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    up, down, whole = (int(rng.integers(low, high)) for low, high in ((3, 8), (12, 20), (7, 12)))
    asked = [(2, 6), (up, up + down), (0, whole), (1, whole - 1), (10 * up, 20 * down)]
    return [
        {"lr": round(float(rng.uniform(0.05, 2)), 3), "num_warmup": warmup, "num_steps": steps}
        for warmup, steps in asked
    ]


def _rates(lr: float, num_warmup: int, num_steps: int) -> np.ndarray:
    t, w = np.arange(num_steps), num_warmup
    up = (t[:w] + 1) / w if w else np.zeros(0)
    down = (1 + np.cos(np.pi * (t[w:] - w) / (num_steps - w))) / 2
    return lr * np.concatenate([up, down])


cosine_with_warmup = formula_task(
    "tuning/cosine_with_warmup",
    "cosine_with_warmup(lr, num_warmup, num_steps)",
    points=2,
    by_student=True,
    cases=_cases,
    right=_rates,
    parts="One rate for each step. Compare with the task's example: the first, the last of the warm-up, …",
    slips="""
        (t[:w] + 1) / w → t[:w] / w
            the first rate is 0, and the warm-up ends below lr
            The first step has a share of lr already, and the last one of the warm-up all of it.
        (t[w:] - w) / (num_steps - w) → t[w:] / num_steps
            after the warm-up the rate jumps down: the cosine has begun at step 0
            The cosine begins when the warm-up ends: how many steps has it gone by then?
        / (num_steps - w) → / num_steps
            the cosine is too slow: it would end num_warmup steps after the training
            How many steps are left for it?
        / (num_steps - w) → / (num_steps - w - 1)
            the last rate is 0
            A step with a rate of 0 is wasted: the cosine would reach 0 one step after the last.
        down = … → down = np.cos(np.pi * (t[w:] - w) / (num_steps - w))
            in the second half the rates are below 0
            A cosine goes from 1 to -1, the rate from lr to 0.
    """,
    form="One rate for each step, in a list or an array.",
    hints={"ZeroDivisionError": "num_warmup may be 0: then there is only the cosine."},
)
