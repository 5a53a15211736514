"""Task 5: an output and a loss for each of four real data sets. Judged is what the answers are worth."""

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers import data
from helpers.checks.blocks import leaves_input_unchanged
from helpers.checks.plain import short
from helpers.checks.probing import call
from helpers.checks.task import Case, Task, Wrong, all_of, verdict
from helpers.features import StandardScaler

Array = np.ndarray
Drawn = tuple[Array, Array, Array, Array]  # X, y, the rows to learn from, the new rows
COLUMNS = [1, 8, 9]  # of breast_cancer: texture, symmetry, fractal dimension; they leave doubts
MISSED = 10  # what a malignant row costs that is not called, in false alarms
_SEGMENTS = (  # for 0 … 9: top, two upper, middle, two lower, bottom segment of a pocket calculator
    "1110111 0010010 1011101 1011011 0111010 1101011 1101111 1010010 1111111 1111011"
)
LIT = np.array([[int(lit) for lit in digit] for digit in _SEGMENTS.split()])
# What one linear layer costs in 120 draws: with Huber's loss or the absolute error at most 0.55 (squared
# error: above 1.0); with a weight of 10 or a border of 1/11 at most 0.66 (with neither: above 0.85); with
# softmax and cross-entropy at most 0.26 (squared error, then softmax: above 0.57); with sigmoids and binary
# cross-entropy at most 0.25 (squared error or cross-entropy, then sigmoids: above 0.41).
LIMITS = {"progression": 0.6, "cancer": 0.7, "grower": 0.5, "segments": 0.3}


def _cases(rng: np.random.Generator) -> list[Case]:
    """Each problem twice, with other rows; columns are standardised by the training rows."""
    cases = []
    for problem, draw in DRAWS.items():
        for _ in range(2):
            X, y, train, new = draw(rng)
            Z = StandardScaler().fit(X[train]).transform(X)
            learn = _mistyped(y[train], rng) if problem == "progression" else y[train]
            case = {"problem": problem, "X": Z[train], "y": learn, "X_new": Z[new]}
            cases.append(case | {"secret": y[new]})
    return cases


def _mistyped(y: Array, rng: np.random.Generator) -> Array:
    y = y.copy()
    y[rng.permutation(len(y))[: len(y) // 10]] *= 10
    return y


def _shuffled(X: Array, y: Array, n: int, m: int, rng: np.random.Generator) -> Drawn:
    """X, y, the numbers of n rows to learn from, and of m others."""
    order = rng.permutation(len(y))
    return X, y, order[:n], order[n : n + m]


def _progression(rng: np.random.Generator) -> Drawn:
    X, y = data.load_diabetes()
    return _shuffled(X, y / 100, 280, 162, rng)


def _cancer(rng: np.random.Generator) -> Drawn:
    """To learn from are 25 malignant rows and 250 benign ones; new are all others."""
    X, y = data.load_breast_cancer()
    malignant, benign = (rng.permutation(np.flatnonzero(y == name)) for name in (0, 1))
    train = rng.permutation(np.concatenate([malignant[:25], benign[:250]]))
    return X[:, COLUMNS], 1 - y, train, rng.permutation(np.setdiff1d(np.arange(len(y)), train))


def _grower(rng: np.random.Generator) -> Drawn:
    X, y = data.load_wine()
    return _shuffled(X, y, 118, 60, rng)


def _segments(rng: np.random.Generator) -> Drawn:
    X, digit = data.load_digits()
    return _shuffled(X, LIT[digit], 800, 500, rng)


DRAWS: dict[str, Callable[[np.random.Generator], Drawn]] = {
    "progression": _progression,
    "cancer": _cancer,
    "grower": _grower,
    "segments": _segments,
}


def _numbers(case: Case, answer: Any, each: str, width: tuple[int, ...] = ()) -> Array:
    """The answer as an array with a row for each new row; `each` says what is asked for one."""
    shape = (len(case["X_new"]), *width)
    try:
        numbers = np.asarray(answer, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise Wrong(f"expected numbers, got {short(answer)}", f"Asked is {each} for each new row.") from None
    if numbers.shape != shape:
        came = f"expected an array of shape {shape}, got {numbers.shape}"
        if numbers.shape[:1] == (len(case["X"]),):
            raise Wrong(came, "These are as many rows as X has. Asked are answers to X_new.")
        raise Wrong(came, f"Asked is {each} for each of the {shape[0]} new rows.")
    if bad := int((~np.isfinite(numbers)).sum()):
        what = f"{bad} of {numbers.size} numbers are NaN or infinite"
        raise Wrong(what, "Print what each line gives: where do they come up first?")
    return numbers


def _probabilities(case: Case, answer: Any, each: str, width: int) -> Array:
    p = _numbers(case, answer, each, (width,))
    if p.min() < -1e-6 or p.max() > 1 + 1e-6:
        what = f"probabilities lie between 0 and 1, and these from {p.min():.3g} to {p.max():.3g}"
        raise Wrong(what, "What makes probabilities of the outputs of a layer?")
    return np.clip(p, 1e-12, 1 - 1e-12)


def _judge_progression(case: Case, answer: Any) -> None:
    forecast, y = _numbers(case, answer, "one number"), case["secret"]
    error, high = np.abs(forecast - y).mean(), (forecast - y).mean()
    if error < LIMITS["progression"]:
        return
    what = f"the mean absolute error on new rows is {error:.3g}; it has to be below {LIMITS['progression']}"
    hint = f"Your forecasts run from {forecast.min():.2f} to {forecast.max():.2f}, the new targets from "
    hint += f"{y.min():.2f} to {y.max():.2f}."
    if 0.4 < high < 3:
        hint = f"They are {high:.2f} too high on average. One target of ten is ten times too large: how hard "
        hint += "does such a row pull?"
    elif forecast.std() < 0.1:
        hint = f"They hardly differ from row to row: {hint[0].lower()}{hint[1:]}"
    raise Wrong(what, hint)


def _judge_cancer(case: Case, answer: Any) -> None:
    called, y = _numbers(case, answer, "True or False"), case["secret"] == 1
    if other := called[(called != 0) & (called != 1)].tolist():
        what = f"expected True or False for each row, got {short(other[0])}"
        raise Wrong(what, "Where is the border between calling her and not? The two costs decide.")
    found, false = called[y].mean(), called[~y].mean()
    if (1 - found) + false < LIMITS["cancer"]:
        return
    what = f"{called[y].sum():.0f} of {y.sum()} malignant rows were called, and {called[~y].sum():.0f} of "
    what += f"{(~y).sum()} benign ones.\nThe shares of missed and of false alarms sum to "
    what += f"{1 - found + false:.3g}; it has to be below {LIMITS['cancer']}"
    hint = f"One that is missed costs as much as {MISSED} false alarms, and one row of eleven is malignant."
    if false > found + 0.1:
        hint = "A benign row is called more often than a malignant one. In y, 1 is malignant."
    elif found < 0.5:
        hint = f"More than half are missed. One of them costs as much as {MISSED} false alarms: what in your "
        hint += "answer says so?"
    elif false > 0.5:
        hint = f"More than half of the benign rows are called. {MISSED} of these cost as much as one missed."
    raise Wrong(what, hint)


def _judge_grower(case: Case, answer: Any) -> None:
    p, y = _probabilities(case, answer, "a probability for each of the three growers", 3), case["secret"]
    row = int(np.abs(p.sum(axis=1) - 1).argmax())
    if abs(p[row].sum() - 1) > 1e-4:
        what = f"the three probabilities of row {row} sum to {p[row].sum():.4g}"
        raise Wrong(what, "One of the three growers it is.")
    own, right = p[np.arange(len(y)), y], np.mean(p.argmax(axis=1) == y)
    loss = -np.log(own).mean()
    if loss < LIMITS["grower"]:
        return
    what = f"the mean of -log p of the true grower is {loss:.3g}; it has to be below {LIMITS['grower']}"
    hint = f"For the true grower p is largest in {right:.0%} of the new rows, and on average "
    hint += f"{own.mean():.2f}."
    if right > 0.9 and own.mean() < 0.7:
        hint += " It is right, and not sure: does your loss go on asking for more?"
    elif own.min() < 1e-4:
        hint += " Once it is below 0.0001: what is sure, and wrong, costs a great deal."
    elif right < 0.6:
        hint += " Do the losses of your training fall, and does row i of the answer belong to row i of X_new?"
    raise Wrong(what, hint)


def _judge_segments(case: Case, answer: Any) -> None:
    p, y = _probabilities(case, answer, "a probability for each of the seven segments", 7), case["secret"]
    if np.allclose(p.sum(axis=1), 1, atol=1e-3):
        what = "the seven probabilities of each row sum to 1"
        raise Wrong(what, "An 8 has all seven lit, a 1 has two. Do the segments compete?")
    if not ((p > 1e-9) & (p < 1 - 1e-9)).any():
        what = "only 0 and 1 came"
        raise Wrong(what, "Asked are probabilities: what is sure, and wrong, costs a great deal.")
    loss = -np.where(y == 1, np.log(p), np.log(1 - p)).mean()
    if loss < LIMITS["segments"]:
        return
    what = f"the mean binary cross-entropy is {loss:.3g}; it has to be below {LIMITS['segments']}"
    lit, dark = p[y == 1].mean(), p[y == 0].mean()
    hint = f"On average p is {lit:.2f} where a segment is lit, and {dark:.2f} where it is dark."
    if lowest := int((np.where(y == 1, p, 1 - p) < 1e-4).sum()):
        hint += f" What is true has a p below 0.0001 in {lowest} of {p.size} places: that costs a great deal."
    elif lit > dark + 0.1:
        hint += " Does your loss ask each segment for a probability of its own?"
    raise Wrong(what, hint)


JUDGES = {
    "progression": _judge_progression,
    "cancer": _judge_cancer,
    "grower": _judge_grower,
    "segments": _judge_segments,
}


@verdict
def _does_what_it_should(case: Case, answer: Any) -> None:
    JUDGES[case["problem"]](case, answer)


solve = Task(
    "losses/solve",
    points=5,
    cases=_cases,
    probe=lambda learner, case: call(learner, *case.values()),
    signature="solve(problem, X, y, X_new)",
    show=("problem",),
    hints={
        "ValueError": "Which targets does the message ask for, and which does the task list for the problem?",
        "TypeError": "Compare what this line is given with the lines that the task shows.",
        "KeyError": "The four names are progression, cancer, grower and segments.",
    },
    verdict=all_of(leaves_input_unchanged("X", "y", "X_new"), _does_what_it_should),
)
