"""Task 2: a scaler that learns medians from the rows that it is fitted on, and from no others."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.blocks import close, expected_and_got, leaves_input_unchanged
from helpers.checks.formula import formula_task
from helpers.checks.probing import Seen
from helpers.checks.task import Case, Wrong, verdict

Array = np.ndarray
RTOL, ATOL = 1e-5, 1e-5  # for those who keep what they learn in float32


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    cases: list[Case] = []
    for n, m, d in [(5, 3, 2), (8, 4, 3), (40, 7, 4), (6, 5, 1), (7, 3, 2)]:
        X = rng.gamma(2.0, size=(n + m, d)) * 10.0 ** np.arange(d)
        X[n:] = 2 * X[n:] + 1
        cases.append({"X_train": X[:n].round(2), "X_new": X[n:].round(2)})
    cases[1]["X_train"][:, 1] = 7.5  # constant
    cases[2]["X_train"][np.arange(40) % 4 != 1, 2] = 0  # mostly 0
    cases[4] = {name: X.round().astype(int) for name, X in cases[4].items()}
    return cases


class MedianScaler:
    """The right scaler."""

    def fit(self, X: Array) -> "MedianScaler":
        self.center_ = np.median(X, axis=0)
        scale = np.median(np.abs(X - self.center_), axis=0)
        self.scale_ = np.where(scale == 0, 1, scale)
        return self

    def transform(self, X: Array) -> Array:
        return (X - self.center_) / self.scale_


def _probe(learner: Any, case: Case) -> Seen:
    """Both tables through one scaler; what it makes of the new rows later; and a scaler fitted twice."""
    X_train, X_new = case["X_train"], case["X_new"]
    scaler, other, third = learner(), learner(), learner()
    fitted = scaler.fit(X_train)
    answer = [scaler.transform(X_train), scaler.transform(X_new)]
    other.fit(X_new)
    later = scaler.transform(X_new)
    third.fit(X_new)
    third.fit(X_train)
    returned = "" if fitted is scaler else type(fitted).__name__
    return Seen(answer, returned=returned, later=later, twice=third.transform(X_new))


@verdict
def _returns(case: Case, value: Any) -> None:
    if any(Z is None for Z in value["answer"]):
        raise Wrong("transform returned None", "Is the line with `return` missing, or not reached?")
    if value["returned"]:
        what = f"fit returned an object of type {value['returned']}, expected the scaler itself"
        raise Wrong(what, "With `return self` at the end, MedianScaler().fit(X_train) gives a fitted scaler.")


@verdict
def _learns_in_fit_only(case: Case, value: Any) -> None:
    Z_new = value["answer"][1]
    if not close(value["later"], Z_new, RTOL, ATOL):
        what = "when another MedianScaler had been fitted, this one gave other numbers for the same rows"
        raise Wrong(what, "What fit learns belongs to the one object: self.center_ = … keeps it there.")
    if not close(value["twice"], Z_new, RTOL, ATOL):
        what = "a scaler that was fitted on other rows first, and then on X_train, gives other numbers"
        raise Wrong(what, "Every fit starts anew, and forgets what was learnt before.")


@verdict
def _columns_without_spread(case: Case, value: Any) -> None:
    X_train = case["X_train"]
    center = np.median(X_train, axis=0)
    for j in np.flatnonzero(np.median(np.abs(X_train - center), axis=0) == 0):
        for (name, X), Z in zip(case.items(), value["answer"], strict=True):
            want, got = X[:, j] - center[j], np.asarray(Z)[:, j]
            if not close(got, want, RTOL, ATOL):
                kind = "more than half equal" if np.ptp(X_train[:, j]) else "constant"
                what = f"in column {j} the median distance is 0, and of {name} came"
                hint = f"In X_train this column is {kind}. The task says what to divide by."
                raise Wrong(f"{what}\n{expected_and_got(want, got)}", hint)


median_scaler = formula_task(
    "features/median_scaler",
    "MedianScaler()",
    points=3,
    cases=_cases,
    probe=_probe,
    show=("X_train", "X_new"),
    right=MedianScaler,
    rules=[
        leaves_input_unchanged(hint="`X -= …` writes into the caller's table: compute a new one."),
        _returns,
    ],
    last_rules=[_learns_in_fit_only, _columns_without_spread],
    parts=dict.fromkeys(
        ("Z_train", "Z_new"),
        "Column by column: subtract the median of X_train, divide by the median distance to it.",
    ),
    slips=r"""
        return (X - self.center_) → self.fit(X)\nreturn (X - self.center_)
            the new rows were scaled by their own median and their own distances
            What fit learnt from X_train serves for all rows.
        np.median(np.abs(X - self.center_), axis=0) → np.std(X, axis=0)
            the columns were divided by their standard deviations
            Asked is the median of the distances to the median.
        np.median(np.abs(X - self.center_), axis=0) → np.mean(np.abs(X - self.center_), axis=0)
            the columns were divided by the mean distance
            Of the distances, too, the median is asked.
        np.abs(X - self.center_) → (X - self.center_)
            the columns were not divided: the median of x - median, with its sign, is 0
            A distance has no sign.
        (X - self.center_) / self.scale_ → X - self.center_ / self.scale_
            only the median was divided
            x - a / b is x - (a / b): put the difference in brackets.
        self.center_ = np.median(X, axis=0) → self.center_ = np.median(X)
            one median was taken of the whole table
            Each column has its own: which axis goes?
    """,
    rtol=RTOL,
    atol=ATOL,
    hints={
        "AttributeError": "The object has no such name. Is a method missing, or did fit not keep what it "
        "learnt (self.name = …)?",
        "NameError": "Did fit learn it? What fit keeps as self.name, transform reads as self.name. If it is "
        "a name of the notebook, run the cell that makes it.",
        "ValueError": "One number for each column has shape (d,): print the shapes in that line. An `if` "
        "decides once, np.where decides for each column.",
    },
)
