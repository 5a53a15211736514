"""Task 2 of exercise 08: the path that RMSProp takes, and a stop on the way."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.optimizers.steps import away_from_0
from helpers.checks.task import Case

Array = np.ndarray


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """Slopes that differ by far; the defaults; paths that go on; at last a weight without a slope."""
    cases: list[Case] = []
    asked: list[tuple[int, int, dict[str, Any]]] = [
        (3, 2, {"s": None, "rho": 0.8, "eps": 0.1}),
        (4, 3, {"s": None, "rho": 0.9, "eps": 0.5}),
        (5, 4, {}),
        (3, 3, {"s": rng.uniform(0.5, 4.0, size=3).round(2), "rho": 0.9, "eps": 1e-3}),
        (1, 2, {"s": np.array([0.25, 4.0]), "rho": 0.75, "eps": 0.5}),
        (6, 5, {"s": None, "rho": 0.99, "eps": 1e-3}),
    ]
    for n, p, more in asked:
        steep = rng.permutation(10.0 ** np.linspace(-1, 1, p)) if p > 1 else np.ones(1)
        g = rng.uniform(0.5, 2.0, size=(n, p)) * rng.choice([-1, 1], size=(n, p)) * steep
        g[0, 0] = -abs(g[0, 0])
        cases.append({"w": away_from_0(rng, (p,)), "gradients": g.round(3), "lr": 0.1, **more})
    cases[-1]["gradients"][:, 0] = 0.0
    return cases


def _path(
    w: Array, gradients: Array, lr: float, s: Any = None, rho: float = 0.99, eps: float = 1e-8
) -> tuple[Array, Array]:
    s = np.zeros_like(w) if s is None else s
    path = []
    for g in gradients:
        s = rho * s + (1 - rho) * g**2
        root = np.sqrt(s)
        w = w - lr * g / (root + eps)
        path.append(w)
    return np.array(path), s


rmsprop_path = formula_task(
    "optimizers/rmsprop_path",
    "rmsprop_path(w, gradients, lr, s=None, rho=0.99, eps=1e-8)",
    points=3,
    cases=_cases,
    right=_path,
    parts={
        "path": "Work out the first row by hand: first s, then where w is after it.",
        "s": "After the first step s is a share of g², plus what is left of the s before.",
    },
    hints={
        "ValueError: The truth value": "An array has a truth value for each entry; `s is None` has one. "
        "np.maximum takes the larger of two, entry by entry.",
    },
    form="End with `return path, s`: an array of shape (T, p), and one of shape (p,).",
    unchanged="w and s belong to the caller, who may need them again: `w -= …` and `s *= …` change them.",
    slips="""
        root = np.sqrt(s) → root = s
            the gradient was divided by the mean of the squares, not by its root
            A step has the unit of w: what must the divisor be so that the unit of g cancels?
        np.sqrt(s) → np.sqrt(s + eps)
        (root + eps) → root
            eps is under the root
            It is added to the root, after it was drawn.
        rho * s + (1 - rho) * g**2 → (1 - rho) * s + rho * g**2
            rho and 1 - rho have changed places
            With rho = 0.99 most of the old s is kept.
        rho * s + (1 - rho) * g**2 → s + g**2
            s is the sum of all squares, as AdaGrad has it
            RMSProp forgets: rho of the old s stays.
        root = np.sqrt(s) → root = np.sqrt(s / (1 - rho ** (1 + len(path))))
            there is a bias correction
            Adam has it. RMSProp takes s as it is.
        path: path.append(w) → path = path or [w + lr * g / (root + eps)]; path.append(w)
            path has one row more than there are gradients: it begins with the start
            Row t is the place after step t, and the start is after none.
        path: np.array(path) → np.array([w for _ in path])
            all rows of path are the last place
            A list holds the array itself: `w -= …` changes what it holds already.
    """,
)
