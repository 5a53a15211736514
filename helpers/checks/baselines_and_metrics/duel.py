"""Task 6: a model against a baseline on the same rows of breast_cancer. Both write down what they get."""

from typing import Any

import numpy as np

from helpers import data
from helpers.checks.blocks import close, expected_and_got, leaves_input_unchanged
from helpers.checks.plain import short
from helpers.checks.probing import Seen, call
from helpers.checks.task import Case, Task, Wrong, all_of, verdict
from helpers.checks.watched import UNKNOWN, Journal, noted

Array = np.ndarray
NAMES = ("model", "baseline")
PARTS = {
    "the gain in accuracy": "Two shares of the test rows, one minus the other.",
    "the rows that only the model has right": "Count where it is right and the other is not.",
    "the rows that only the baseline has right": "Count where it is right and the other is not.",
}

TOSSES = (
    "In `binomtest(k, n)` n is the number of all tosses. It is 0 only where both have the same rows right, "
    "and the task says what the coin gives then."
)


def _cases(rng: np.random.Generator) -> list[Case]:
    """Rows of breast_cancer; the columns that each of the two sees. In the last case both see the same."""
    X, y = data.load_breast_cancer()
    cases = []
    for n, m, columns, of_baseline in [
        (60, 20, 4, []),
        (90, 41, 1, [0, 1, 2]),
        (80, 30, 5, [4]),
        (50, 9, 2, [0, 1]),
    ]:
        rows = rng.permutation(len(y))[:n]
        order = rng.permutation(n)
        picked = rng.choice([4, 8, 9, 11, 14, 18], size=5, replace=False)  # columns that tell little
        seen = [list(range(columns)), of_baseline]
        cases.append(
            {"X": X[rows][:, picked], "y": y[rows], "train": order[m:], "test": order[:m], "columns": seen}
        )
    return cases


class Classifier:
    """The class of the nearest mean in some columns; without columns, the most frequent class."""

    def __init__(self, name: str, columns: list[int], journal: Journal) -> None:
        self.name, self.columns, self.journal = name, columns, journal
        self.means: Array | None = None

    def fit(self, X: Any, y: Any) -> "Classifier":
        X, y = np.asarray(X, float), np.asarray(y)
        if X.ndim != 2 or y.shape != X.shape[:1]:
            raise ValueError(f"fit takes X (n, d) and y (n,), got shapes {X.shape} and {y.shape}")
        self.journal.note("fit", who=self.name, rows=self.journal.rows_of(X), labels=y)
        names, counts = np.unique(y, return_counts=True)
        self.names = names if self.columns else names[[counts.argmax()]]
        self.spread = X[:, self.columns].std(axis=0) + 1e-12
        self.means = np.array([X[y == name][:, self.columns].mean(axis=0) for name in self.names])
        return self

    def predict(self, X: Any) -> Array:
        if self.means is None:
            raise ValueError(f"the {self.name} was asked to predict, and was never fitted")
        X = np.asarray(X, float)
        self.journal.note("predict", who=self.name, rows=self.journal.rows_of(X))
        far = (X[:, None, self.columns] - self.means) / self.spread
        return self.names[(far**2).sum(axis=2).argmin(axis=1)]


def _probe(learner: Any, case: Case) -> Seen:
    """The four numbers, and what the two were given, in order."""
    journal = Journal(case["X"])
    pair = [Classifier(name, see, journal) for name, see in zip(NAMES, case["columns"], strict=True)]
    answer = call(learner, *pair, case["X"], case["y"], case["train"], case["test"])
    return Seen(answer, events=journal.events)


def _right(case: Case) -> tuple[Array, Array]:
    """On which test rows the model is right, and the baseline."""
    train, test = case["train"], case["test"]
    both = []
    for see in case["columns"]:
        one = Classifier("", see, Journal(case["X"])).fit(case["X"][train], case["y"][train])
        both.append(one.predict(case["X"][test]) == case["y"][test])
    return both[0], both[1]


def _chance(few: int, n: int) -> float:
    """How often a fair coin falls as unevenly as `few` of n or more, to whichever side."""
    from scipy.stats import binomtest

    return float(binomtest(few, n).pvalue) if n else 1.0


@verdict
def _fitted_on_training_rows(case: Case, value: Any) -> None:
    train, n = set(case["train"].tolist()), len(case["y"])
    for who in NAMES:
        fits = noted(value["events"], did="fit", who=who)
        if not fits:
            raise Wrong(f"the {who} was not fitted", "Fit both, on the training rows.")
        for event in fits:
            rows = set(event["rows"].tolist())
            what = f"the {who} was fitted on {len(event['rows'])} rows"
            if UNKNOWN in rows:
                raise Wrong(f"{what} that are not all rows of X", "Hand the rows of X on as they are.")
            if len(rows) == n:
                raise Wrong(f"{what}: on all that there are, test rows too", "Only X[train] is for fitting.")
            if rows == set(case["test"].tolist()):
                raise Wrong(f"{what}: the test rows", "Fitting is for the training rows.")
            if rows != train:
                raise Wrong(f"{what}, and these are not the {len(train)} training rows", "X[train] has them.")
            if not np.array_equal(event["labels"], case["y"][event["rows"]]):
                raise Wrong(f"{what} with the labels of other rows", "X and y are cut by the same numbers.")


@verdict
def _asked_about_test_rows(case: Case, value: Any) -> None:
    test = set(case["test"].tolist())
    for who in NAMES:
        asked = noted(value["events"], did="predict", who=who)
        rows = {row for event in asked for row in event["rows"].tolist()}
        if not asked:
            raise Wrong(f"the {who} was never asked to predict", "Let both predict the test rows.")
        if not test <= rows:
            what = f"the {who} was asked about {len(test & rows)} of the {len(test)} test rows"
            raise Wrong(what, "The four numbers are about all test rows, and about these only.")


@verdict
def _four_numbers(case: Case, value: Any) -> None:
    answer = value["answer"]
    try:
        form = np.shape(answer) == (4,) and np.asarray(answer).dtype.kind in "biuf"
    except ValueError:
        form = False
    if not form:
        raise Wrong(f"expected four numbers, got {short(answer)}", "In the order of the task's list.")


@verdict
def _values(case: Case, value: Any) -> None:
    A, B = _right(case)
    gain, only_A, only_B = A.mean() - B.mean(), int(np.sum(A & ~B)), int(np.sum(B & ~A))
    n = only_A + only_B
    got = np.asarray(value["answer"], float)
    if only_A != only_B and close(got[:3], [-gain, only_B, only_A]):
        raise Wrong("model and baseline have changed places", "The gain is the model's minus the baseline's.")
    if gain and close(got[0], -gain):
        raise Wrong("the gain has the other sign", "It is the model's accuracy minus the baseline's.")
    if only_A != only_B and close(got[1:3], [only_B, only_A]):
        raise Wrong("the two counts have changed places", "First the rows that only the model has right.")
    if close(got[1:3], [A.sum(), B.sum()]) and n != A.sum() + B.sum():
        raise Wrong(
            "the counts are of all rows that each has right", "Rows that both have right tell nothing."
        )
    for (name, hint), came, want in zip(PARTS.items(), got, (gain, only_A, only_B), strict=False):
        if not close(came, want, rtol=1e-6, atol=1e-9):
            raise Wrong(f"{name}: the number is off\n{expected_and_got(want, came)}", hint)
    want = _chance(only_A, n)
    if close(got[3], want, rtol=1e-6, atol=1e-12):
        return
    both = expected_and_got(want, got[3])
    if not n:
        raise Wrong(f"both have the same rows right\n{both}", "The task says what the coin gives then.")
    if close(2 * got[3], want, rtol=1e-6, atol=1e-12):
        raise Wrong(f"the coin: one side was counted\n{both}", "As unevenly, to whichever side.")
    if close(got[3], _chance(only_A, len(A)), rtol=1e-6) or close(
        got[3], _chance(int(A.sum()), len(A)), rtol=1e-6
    ):
        raise Wrong(f"the coin was tossed for all test rows\n{both}", "It is tossed where they differ.")
    raise Wrong(f"the coin: the number is off\n{both}", f"It is tossed {n} times here.")


against_baseline = Task(
    "baselines_and_metrics/against_baseline",
    points=4,
    cases=_cases,
    probe=_probe,
    signature="against_baseline(model, baseline, X, y, train, test)",
    show=("train", "test"),
    hints={
        "ValueError: n must be": TOSSES,
        "ValueError: k (": TOSSES,
        "AttributeError: 'Classifier'": "The task names what the two have: fit and predict.",
    },
    verdict=all_of(
        leaves_input_unchanged("X", "y", "train", "test"),
        _fitted_on_training_rows,
        _asked_about_test_rows,
        _four_numbers,
        _values,
    ),
)
