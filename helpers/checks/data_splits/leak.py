"""Task 4 of exercise 01: a function that finds out whether a preparation lets test rows into training.

The learner gets functions `prepare(X_train, X_test) -> Z_train, Z_test`. Each comes in two kinds that differ
only in the rows it takes its statistics from: the training rows, or all of them. The probe writes down every
call, so the verdict knows whether the experiment could tell the two apart.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.checks.blocks import leaves_input_unchanged
from helpers.checks.plain import short
from helpers.checks.probing import Seen, ask, call
from helpers.checks.task import Case, Task, Wrong, all_of, verdict

Array = np.ndarray
# From the rows that give the statistics, and X.
_WAYS: dict[str, Callable[[Array, Array], Array]] = {
    "standardises": lambda fit, X: (X - fit.mean(axis=0)) / fit.std(axis=0),
    "scales to 0…1": lambda fit, X: (X - fit.min(axis=0)) / np.ptp(fit, axis=0),
    "subtracts the median": lambda fit, X: X - np.median(fit, axis=0),
    "replaces by ranks": lambda fit, X: (fit[:, None] <= X).mean(axis=0),
    "divides the last column by its largest entry": lambda fit, X: np.column_stack(
        [X[:, :-1], X[:, -1] / fit[:, -1].max()]
    ),
}


def _cases(rng: np.random.Generator) -> list[Case]:
    """Each case has clean and leaking preparations in random order, against constants and guesses."""
    cases = []
    for way in _WAYS:
        X_train = rng.normal(size=(int(rng.integers(20, 60)), int(rng.integers(2, 6))))
        X_test = 1 + 2 * rng.normal(size=(int(rng.integers(10, 20)), X_train.shape[1]))
        # So that test rows have a say in every statistic, also min and max, and in another one when negated.
        X_test[0], X_test[1] = 9, -7
        if way == "subtracts the median":  # far from the middle, so that no multiple crosses it; more above
            far = np.where(np.arange(len(X_test)) % 4 == 1, -1, 1) * (4 + np.abs(X_test[:, 0]))
            X_test = far[:, None] + rng.uniform(size=X_test.shape)
        both = ["training rows", "all rows"]
        secret = {"uses": rng.permutation([*both, *rng.choice(both, 4)]).tolist()}
        cases.append({"way": way, "turns": 6, "X_train": X_train, "X_test": X_test, "secret": secret})
    return cases


def _prepare(case: Case, turn: int, X_train: Array, X_test: Array) -> list[Array]:
    """What the preparation of that turn makes of the rows; of which kind it is, only the judge knows."""
    all_rows = case["secret"]["uses"][turn] == "all rows"
    fit = np.concatenate([X_train, X_test]) if all_rows else X_train
    return [_WAYS[case["way"]](fit, X_train), _WAYS[case["way"]](fit, X_test)]


def _probe(learner: Any, case: Case) -> Seen:
    """The answers, and for each the calls: X_train, X_test and Z_train."""
    answers, journals = [], []
    for turn in range(case["turns"]):
        calls: list[Any] = []

        def watched(X_train: Array, X_test: Array, turn: int = turn, calls: list[Any] = calls) -> Any:
            calls.append([np.array(X_train), np.array(X_test)])
            Z_train, Z_test = ask("prepare", turn, X_train, X_test)
            calls[-1].append(Z_train.copy())
            return Z_train, Z_test

        answers.append(call(learner, watched, case["X_train"], case["X_test"]))
        journals.append(calls)
    return Seen(answers, calls=journals)


@verdict
def _true_or_false(case: Case, value: Any) -> None:
    for answer in value["answer"]:
        if not isinstance(answer, bool | int) or answer not in (0, 1):
            hint = f"This is of type {type(answer).__name__}: return one truth value."
            raise Wrong(f"expected True or False, got {short(answer)}", hint)


def _pairs(calls: list[Any]) -> list[tuple[Any, Any]]:
    """The pairs of calls with the same training rows and other test rows."""
    return [
        (one, other)
        for i, one in enumerate(calls)
        for other in calls[:i]
        if np.array_equal(one[0], other[0]) and not np.array_equal(one[1], other[1])
    ]


@verdict
def _an_experiment(case: Case, value: Any) -> None:
    for calls in value["calls"]:
        if len(calls) < 2:
            what = f"prepare was {('never called', 'called once')[len(calls)]}"
            raise Wrong(what, "One result does not show whether other test rows would give another.")
        if not _pairs(calls):
            what = f"no two of {len(calls)} calls of prepare had the same X_train and different X_test"
            raise Wrong(what, "To see what X_test does to Z_train, change X_test and nothing else.")


@verdict
def _finds_it(case: Case, value: Any) -> None:
    uses = case["secret"]["uses"]
    wanted = [rows == "all rows" for rows in uses]
    said = [bool(answer) for answer in value["answer"]]
    for rows, got, want, calls in zip(uses, said, wanted, value["calls"], strict=True):
        what = f"a prepare that {case['way']}, with the statistics of {rows}: expected {want}, got {got}"
        if got == want:
            continue
        pairs, hint = _pairs(calls), "In your calls Z_train was the same, whatever the test rows"
        one, other = (np.sort(call[1], axis=0) for call in pairs[0])
        moved = max(float(np.abs(a[2] - b[2]).max()) for a, b in pairs)
        if said == [not one for one in wanted]:
            hint = "It is the wrong way round: True means that there is a leak."
        elif not want:
            hint += ". Z_test may depend on X_test: that is its purpose."
        elif np.array_equal(one, other):
            hint = "In your calls X_test held the same rows, in another order: a mean does not see that."
        elif np.isin(one, other).all() or np.isin(other, one).all():
            hint = "In your calls one X_test held no value that the other had not: a maximum may stay."
        elif moved:
            hint = f"In your calls Z_train moved, by {moved:.2g}, when X_test changed: that is the leak."
        elif case["way"] == "subtracts the median":
            hint += ". A median moves when rows cross it, from one side to the other."
        raise Wrong(what, hint)


find_the_leak = Task(
    "data_splits/find_the_leak",
    points=4,
    cases=_cases,
    probe=_probe,
    outside={"prepare": _prepare},
    signature="find_the_leak(prepare, X_train, X_test)",
    show=("X_train", "X_test"),
    verdict=all_of(
        leaves_input_unchanged(hint="Change a copy for your second call."),
        _true_or_false,
        _an_experiment,
        _finds_it,
    ),
)
