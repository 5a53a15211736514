"""Task 1 of exercise 10: the learning rates of a warm-up that goes over into a cosine."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from helpers.checks.formula import formula_task, slip
from helpers.checks.task import Case

Array = np.ndarray


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    asked = [(2, 6), (5, 20), (0, 8), (1, 7), (30, 300)]
    return [
        {"lr": round(float(rng.uniform(0.05, 2)), 3), "num_warmup": warmup, "num_steps": steps}
        for warmup, steps in asked
    ]


def _rates(
    rise: Callable[[Array, int], Any] = lambda t, w: (t + 1) / w,
    fall: Callable[[Array, int, int], Any] = lambda t, w, n: (1 + np.cos(np.pi * (t - w) / (n - w))) / 2,
) -> Callable[[float, int, int], Array]:
    """The rates, from how they rise in steps t < w of n, and how they fall in the others."""

    def rates(lr: float, num_warmup: int, num_steps: int) -> Array:
        t = np.arange(num_steps)
        up = rise(t[:num_warmup], num_warmup) if num_warmup else []
        return lr * np.concatenate([up, fall(t[num_warmup:], num_warmup, num_steps)])

    return rates


cosine_with_warmup = formula_task(
    "tuning/cosine_with_warmup",
    "cosine_with_warmup(lr, num_warmup, num_steps)",
    points=2,
    cases=_cases,
    right=_rates(),
    parts="One rate for each step. Compare with the task's example: the first, the last of the warm-up, …",
    slips=[
        slip(
            _rates(rise=lambda t, w: t / w),
            "the first rate is 0, and the warm-up ends below lr",
            "The first step has a share of lr already, and the last one of the warm-up all of it.",
        ),
        slip(
            _rates(rise=lambda t, w: (t + 1) / (w + 1)),
            "the warm-up ends below lr",
            "The last of the num_warmup steps has all of lr.",
        ),
        slip(
            _rates(fall=lambda t, w, n: (1 + np.cos(np.pi * t / n)) / 2),
            "after the warm-up the rate jumps down: the cosine has begun at step 0",
            "The cosine begins when the warm-up ends: how many steps has it gone by then?",
        ),
        slip(
            _rates(fall=lambda t, w, n: (1 + np.cos(np.pi * (t - w) / n)) / 2),
            "the cosine is too slow: it would end num_warmup steps after the training",
            "How many steps are left for it?",
        ),
        slip(
            _rates(fall=lambda t, w, n: (1 + np.cos(np.pi * (t - w) / (n - w - 1))) / 2),
            "the last rate is 0",
            "A step with a rate of 0 is wasted: the cosine would reach 0 one step after the last.",
        ),
        slip(
            _rates(fall=lambda t, w, n: (1 + np.cos(np.pi * (t - w + 1) / (n - w))) / 2),
            "the cosine is one step ahead, so that the last rate is 0",
            "Its first step has all of lr.",
        ),
        slip(
            _rates(fall=lambda t, w, n: 1 + np.cos(np.pi * (t - w) / (n - w))),
            "after the warm-up the rate is twice as large",
            "1 + cos begins at 2.",
        ),
        slip(
            _rates(fall=lambda t, w, n: np.cos(np.pi * (t - w) / (n - w))),
            "in the second half the rates are below 0",
            "A cosine goes from 1 to -1, the rate from lr to 0.",
        ),
        slip(
            _rates(rise=lambda t, w: np.linspace(0, 1, w)),
            "the first rate is 0",
            "A step with a rate of 0 is wasted: the first one has a share of lr already.",
        ),
    ],
    form="One rate for each step, in a list or an array.",
    hints={"ZeroDivisionError": "num_warmup may be 0: then there is only the cosine."},
)
