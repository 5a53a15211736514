"""Task 4: exact Shapley values of four features; the right ones come from sets and their weights."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from helpers.checks.formula import Formula, formula_task, slip
from helpers.checks.probing import call
from helpers.checks.task import Case

Array = np.ndarray
SETS = [S for size in range(5) for S in itertools.combinations(range(4), size)]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """Curved, with products of two and three; one feature that does nothing; one row; at last a plain sum."""
    cases: list[Case] = []
    for n, pairs, triple, bend in [(7, 1.0, 2.0, True), (9, 1.0, 0.0, False), (1, 0.7, -1.5, True)]:
        case = {"x": rng.uniform(0.5, 2, size=4).round(2), "rows": rng.normal(size=(n, 4)).round(2)}
        upper = np.triu(rng.uniform(0.3, 1, size=(4, 4)), 1) * pairs
        linear = rng.normal(size=4).round(2)
        cases.append({**case, "linear": linear, "pairs": upper.round(2), "triple": triple, "bend": bend})
    lazy = int(rng.integers(4))
    cases[1]["linear"][lazy] = 0.0
    cases[1]["pairs"][lazy] = cases[1]["pairs"][:, lazy] = 0.0
    plain = {**cases[0], "linear": rng.uniform(1, 3, size=4).round(2), "pairs": np.zeros((4, 4))}
    return [*cases, {**plain, "triple": 0.0, "bend": False}]


def model_of(case: Case) -> Callable[[Any], Array]:
    """The model of a case: a sum, products of pairs, one of the first three, perhaps bent by tanh."""

    def f(Z: Any) -> Array:
        rows = np.array(Z, float)
        if rows.ndim != 2 or rows.shape[1] != 4:
            raise ValueError(f"f takes rows Z, shape (k, 4); got shape {rows.shape}")
        score = rows @ case["linear"] + np.sum((rows @ case["pairs"]) * rows, axis=1)
        score = score + case["triple"] * rows[:, 0] * rows[:, 1] * rows[:, 2]
        bent: Array = 5 * np.tanh(score / 5) if case["bend"] else score
        return bent

    return f


def _probe(learner: Any, case: Case) -> Any:
    return call(learner, model_of(case), case["x"], case["rows"])


def _v(f: Any, x: Array, rows: Array, S: Sequence[int]) -> float:
    mixed = np.array(rows, float)
    mixed[:, list(S)] = x[list(S)]
    return float(f(mixed).mean())


def _by_sets(weight: Callable[[int], float], v: Callable[..., float] = _v) -> Formula:
    """What a feature adds to each set without it, times the weight of a set of that size, in all."""

    def shares(f: Any, x: Array, rows: Array) -> Array:
        values = {S: v(f, x, rows, S) for S in SETS}
        return np.array(
            [
                sum(weight(len(S)) * (values[tuple(sorted((*S, j)))] - values[S]) for S in SETS if j not in S)
                for j in range(4)
            ]
        )

    return shares


def _in_orders(size: int) -> float:
    """The share of orders in which exactly this set comes before one feature."""
    return math.factorial(size) * math.factorial(3 - size) / 24


def _of_sets_of(size: int) -> Callable[[int], float]:
    return lambda of: float(of == size) / math.comb(3, size)


def _in_one_order(f: Any, x: Array, rows: Array) -> Array:
    return np.diff([_v(f, x, rows, range(known)) for known in range(5)])


credit = formula_task(
    "trust/credit",
    "credit(f, x, rows)",
    points=4,
    cases=_cases,
    probe=_probe,
    show=("x", "rows"),
    right=_by_sets(_in_orders),
    parts="Print v of no feature, of each one, and of all. The last of these less the first is what the four "
    "shares are together: are yours?",
    slips=[
        slip(
            _by_sets(_of_sets_of(3)),
            "each feature gets what is lost when it alone is taken away",
            "That is one place in an order, the last. In how many orders is a feature elsewhere?",
        ),
        slip(
            _by_sets(_of_sets_of(0)),
            "each feature gets what it adds when it comes first",
            "That is one place in an order. What does it add when others are in already?",
        ),
        slip(
            _by_sets(lambda size: 1 / 8),
            "all sets without a feature count the same",
            "In how many of the 24 orders is exactly this set there before the feature? Count.",
        ),
        slip(
            _in_one_order,
            "the features come in in one order only, 0, 1, 2, 3",
            "There are 24 orders.",
        ),
        slip(
            _by_sets(lambda size: -_in_orders(size)),
            "all the shares have the wrong sign",
            "Which features does x give, those in the set or the others? And what is subtracted from what?",
        ),
        slip(
            _by_sets(lambda size: 24 * _in_orders(size)),
            "the shares of 24 orders are added up",
            "The task asks for their mean.",
        ),
        slip(
            _by_sets(_in_orders, lambda f, x, rows, S: _v(f, x, rows.mean(axis=0, keepdims=True), S)),
            "unknown features show the mean of rows",
            "First an answer for each mixed row, then the mean of the answers.",
        ),
        slip(
            _by_sets(_in_orders, lambda f, x, rows, S: _v(f, x, rows[:1], S)),
            "only the first of the rows gives the unknown features",
            "Each of them does, in turn.",
        ),
        slip(
            _by_sets(_in_orders, lambda f, x, rows, S: _v(f, x, rows[:1] * 0, S)),
            "unknown features are 0",
            "The rows give them.",
        ),
        slip(
            _by_sets(_in_orders, lambda f, x, rows, S: len(rows) * _v(f, x, rows, S)),
            "the answers to the mixed rows are added up",
            "v is their mean.",
        ),
    ],
    unchanged="The next set of features needs x and rows as they were: mix in a copy.",
    hints={
        "ValueError: f takes": "One row alone is x[None], of shape (1, 4).",
        "ValueError": "Write the shapes of this line down: mixed rows are (n, 4), and f gives n numbers.",
        "IndexError: too many": "x[(0, 1)] is row 0, column 1. Two features are a list, or a mask.",
        "IndexError": "Which number is an index in this line? The features are 0 to 3.",
    },
)
