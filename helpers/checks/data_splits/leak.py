"""Task 4 of exercise 01: a function that finds out whether a preparation lets test rows into training.

The learner gets functions `prepare(X_train, X_test) -> Z_train, Z_test`. Each comes in two kinds that differ
only in the rows it takes its statistics from: the training rows, or all of them.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.checks.blocks import leaves_input_unchanged
from helpers.checks.plain import short
from helpers.checks.probing import call
from helpers.checks.task import Case, Rule, Task, all_of

Prepare = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def _standardise(fit: np.ndarray, X: np.ndarray) -> np.ndarray:
    return (X - fit.mean(axis=0)) / fit.std(axis=0)


def _between_0_and_1(fit: np.ndarray, X: np.ndarray) -> np.ndarray:
    low, high = fit.min(axis=0), fit.max(axis=0)
    return (X - low) / (high - low)


def _minus_median(fit: np.ndarray, X: np.ndarray) -> np.ndarray:
    return X - np.median(fit, axis=0)


def _rank(fit: np.ndarray, X: np.ndarray) -> np.ndarray:
    return (fit[:, None] <= X).mean(axis=0)


_WAYS = {
    "standardise": _standardise,
    "scale to 0…1": _between_0_and_1,
    "subtract the median": _minus_median,
    "replace by ranks": _rank,
}


def make_prepare(way: str, rows: str) -> Prepare:
    """A preparation of that way, with statistics from the "training rows" or from "all rows".

    >>> prepare = make_prepare("subtract the median", "training rows")
    >>> prepare(np.array([[1.0], [3.0]]), np.array([[9.0]]))[1]
    array([[7.]])
    """
    transform = _WAYS[way]

    def prepare(X_train: np.ndarray, X_test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        fit = np.concatenate([X_train, X_test]) if rows == "all rows" else X_train
        return transform(fit, X_train), transform(fit, X_test)

    return prepare


def _cases(rng: np.random.Generator) -> list[Case]:
    """Each case has a clean and a leaking preparation, in random order, so that no constant answer passes."""
    cases = []
    for way in _WAYS:
        X_train = rng.normal(size=(int(rng.integers(20, 60)), int(rng.integers(2, 6))))
        X_test = 1 + 2 * rng.normal(size=(int(rng.integers(10, 20)), X_train.shape[1]))
        # So that test rows have a say in every statistic, also min and max, and in another one when negated.
        X_test[0], X_test[1] = 9, -7
        if way == "subtract the median":  # far from the middle, so that no multiple crosses it; more above
            far = np.where(np.arange(len(X_test)) % 4 == 1, -1, 1) * (4 + np.abs(X_test[:, 0]))
            X_test = far[:, None] + rng.uniform(size=X_test.shape)
        kinds = ["training rows", "all rows"]
        cases.append(
            {"way": way, "uses": rng.permutation(kinds).tolist(), "X_train": X_train, "X_test": X_test}
        )
    return cases


def _probe(learner: Any, case: Case) -> list[Any]:
    return [
        call(learner, make_prepare(case["way"], rows), case["X_train"], case["X_test"])
        for rows in case["uses"]
    ]


def _wanted(case: Case) -> list[bool]:
    return [rows == "all rows" for rows in case["uses"]]


def _said(case: Case, value: Any) -> str:
    for rows, answer, want in zip(case["uses"], value, _wanted(case), strict=True):
        if bool(answer) != want:
            return f"prepare = {case['way']}, fitted on {rows}: expected {want}, got {bool(answer)}"
    return "the answers are right"


find_the_leak = Task(
    id="data_splits/find_the_leak",
    points=4,
    signature="find_the_leak(prepare, X_train, X_test)",
    show=("way", "X_train", "X_test"),
    cases=_cases,
    probe=_probe,
    verdict=all_of(
        leaves_input_unchanged(
            hint="Change a copy of X_test for your second call; X_test itself stays as it is."
        ),
        Rule(
            lambda case, value: f"expected True or False, got {short(value[0])}",
            lambda case, value: all(isinstance(answer, bool | int) and answer in (0, 1) for answer in value),
            "Return one truth value for the whole array: np.array_equal(a, b), or (a != b).any().",
        ),
        Rule(
            _said,
            lambda case, value: [bool(answer) for answer in value] != [not want for want in _wanted(case)],
            "It is the wrong way round: True means that there is a leak.",
        ),
        Rule(
            _said,
            lambda case, value: not all(value),
            "Z_test may depend on X_test, that is its purpose. A leak shows in Z_train: compare that one "
            "only, and change nothing but the test rows.",
        ),
        Rule(
            _said,
            lambda case, value: case["way"] != "subtract the median" or any(value),
            "Doubling keeps what is above the middle above it, so a median does not move. Shift all test "
            "rows to one side, e.g. + 1000.",
        ),
        Rule(
            _said,
            lambda case, value: any(value),
            "Replace the test rows by very different numbers. The same rows in another order, or hardly "
            "changed, have the same mean, so nothing moves.",
        ),
        Rule(_said, lambda case, value: [bool(answer) for answer in value] == _wanted(case)),
    ),
)
