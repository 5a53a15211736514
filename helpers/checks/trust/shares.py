"""Task 4: exact Shapley values of four features; the right ones come from sets and their weights."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.probing import Seen, call
from helpers.checks.task import Case, Wrong, verdict

Array = np.ndarray
SETS = [set(S) for size in range(5) for S in itertools.combinations(range(4), size)]


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


def _probe(learner: Any, case: Case) -> Seen:
    return Seen(call(learner, model_of(case), case["x"], case["rows"]), borrowed=_borrowed(learner))


def _borrowed(learner: Any) -> bool:
    """Whether the function names something that is, or comes from, helpers.trust."""
    code = getattr(learner, "__code__", None)
    names = code.co_names if code else ()
    found = [learner.__globals__.get(name) for name in names]
    rooms = {str(getattr(thing, what, "")) for thing in found for what in ("__module__", "__name__")}
    return "helpers.trust" in {*names, *rooms}


@verdict
def _own_work(case: Case, value: Any) -> None:
    if value["borrowed"]:
        raise Wrong("credit uses helpers.trust", "Here you write it yourself: go through the 24 orders.")


def _credit(f: Any, x: Array, rows: Array) -> Array:
    weight = [6, 2, 2, 6]  # of 24 orders, those in which exactly a set of this size comes before j

    def v(S: set[int]) -> Any:
        mixed = rows.astype(float)
        mixed[:, list(S)] = x[list(S)]
        return f(mixed).mean()

    added = np.zeros(4)
    for S, j in itertools.product(SETS, range(4)):
        if j not in S:
            added[j] += weight[len(S)] * (v(S | {j}) - v(S))
    return added / 24


credit = formula_task(
    "trust/credit",
    "credit(f, x, rows)",
    points=4,
    cases=_cases,
    probe=_probe,
    show=("x", "rows"),
    right=_credit,
    rules=[_own_work],
    parts="Print v of no feature, of each one, and of all. The last of these less the first is what the four "
    "shares are together: are yours?",
    slips=r"""
        [6, 2, 2, 6] → [0, 0, 0, 24]
            each feature gets what is lost when it alone is taken away
            That is one place in an order, the last. In how many orders is a feature elsewhere?
        [6, 2, 2, 6] → [24, 0, 0, 0]
            each feature gets what it adds when it comes first
            That is one place in an order. What does it add when others are in already?
        [6, 2, 2, 6] → [3, 3, 3, 3]
            all sets without a feature count the same
            In how many of the 24 orders is exactly this set there before the feature? Count.
        [6, 2, 2, 6] → [24, 24, 24, 24]
        if j not in S: → if S == set(range(j)):
            the features come in in one order only, 0, 1, 2, 3
            There are 24 orders.
        v(S | {j}) - v(S) → v(S) - v(S | {j})
            all the shares have the wrong sign
            Which features does x give, those in the set or the others? And what is subtracted from what?
        added / 24 → added
            the shares of 24 orders are added up
            The task asks for their mean.
        rows.astype(float) → rows.mean(axis=0, keepdims=True)
            unknown features show the mean of rows
            First an answer for each mixed row, then the mean of the answers.
        rows.astype(float) → rows[:1].astype(float)
            only the first of the rows gives the unknown features
            Each of them does, in turn.
        rows.astype(float) → rows[:1] * 0.0
            unknown features are 0
            The rows give them.
        f(mixed).mean() → f(mixed).sum()
            the answers to the mixed rows are added up
            v is their mean.
    """,
    unchanged="The next set of features needs x and rows as they were: mix in a copy.",
    hints={
        "ValueError: f takes": "One row alone is x[None], of shape (1, 4).",
        "ValueError": "Write the shapes of this line down: mixed rows are (n, 4), and f gives n numbers.",
        "IndexError: too many": "x[(0, 1)] is row 0, column 1. Two features are a list, or a mask.",
        "IndexError": "Which number is an index in this line? The features are 0 to 3.",
    },
)
