"""Task 5: predictions on wine, by steps fitted anew in each turn. Judged is which rows each step learnt from.

The steps are the probe's own. They write down the numbers of the rows that they are given: those of X, or
of what the step before made of them.
"""

from typing import Any

import numpy as np

from helpers import data
from helpers.checks.blocks import leaves_input_unchanged
from helpers.checks.features.gaps import of_known
from helpers.checks.plain import short
from helpers.checks.probing import Seen, call
from helpers.checks.task import Case, Task, Wrong, all_of, verdict
from helpers.checks.watched import UNKNOWN, Journal, noted
from helpers.features import make_pipeline

Array = np.ndarray
CULTIVARS = np.array(["Barolo", "Grignolino", "Barbera"])
STEPS = ["fill gaps", "scale", "model"]
EACH_TURN = "In each turn every step is fitted on the training rows of that turn, and on no other."


def _cases(rng: np.random.Generator) -> list[Case]:
    """Rows of wine, and five of its columns: not all are predicted right. In the last case some rows rest."""
    X, y = data.load_wine()
    cases = []
    for n, k, steps in [(44, 4, STEPS[1:]), (65, 5, STEPS), (33, 3, STEPS[2:]), (51, 3, STEPS)]:
        rows = rng.permutation(len(y))[:n]
        table = X[rows][:, rng.permutation(X.shape[1])[:5]]
        if steps == STEPS:
            table[rng.uniform(size=table.shape) < 0.1] = np.nan
        folds = []
        for held in np.array_split(rng.permutation(n), k):
            train = rng.permutation(np.setdiff1d(np.arange(n), held))
            folds.append([train[7:] if n == 51 else train, held])
        labels = CULTIVARS[y[rows]] if n == 65 else y[rows]
        cases.append({"X": table, "y": labels, "folds": folds, "steps": steps})
    return cases


class Watch:
    """What the steps of all turns were given, in order, and the rows that reach each place in the list."""

    def __init__(self, X: Array, steps: list[str]) -> None:
        self.rows = [Journal(X), *(Journal(X[:0]) for _ in steps[1:])]
        self.steps: list[Step] = []
        self.events: list[dict[str, Any]] = []

    def note(self, step: "Step", did: str, X: Array, y: Any = None) -> Array:
        """Write down that a step was given X; returns the numbers of its rows."""
        if step not in self.steps:
            self.steps.append(step)
        *before, rows = [journal.rows_of(X) for journal in self.rows[: step.place + 1]]
        early = [place for place, found in enumerate(before) if (found != UNKNOWN).any()]
        event = {"did": did, "place": step.place, "step": self.steps.index(step)}
        self.events.append({**event, "rows": rows, "early": early, "labels": y})
        return rows

    def __deepcopy__(self, memo: Any) -> "Watch":
        return self  # copies of a step write into the same book


class Step:
    """A step that fills gaps with medians, or scales; or a model that takes the class of the nearest mean."""

    learnt: Any = None

    def __init__(self, kind: str, place: int, watch: Watch) -> None:
        self.kind, self.place, self.watch = kind, place, watch

    def fit(self, X: Any, y: Any = None) -> "Step":
        X, y = np.array(X, dtype=float), None if y is None else np.array(y)
        if self.kind == "model" and np.shape(y) != (len(X),):
            raise ValueError(f"the model needs a label for each of {len(X)} rows, and y is {short(y)}")
        self.watch.note(self, "fit", X, y)
        if self.kind == "model":
            self.learnt = np.unique(y), np.array([X[y == name].mean(axis=0) for name in np.unique(y)])
        elif self.kind == "scale":
            self.learnt = X.mean(axis=0), X.std(axis=0) + 1e-12
        else:
            self.learnt = of_known(np.median, X)
        return self

    def transform(self, X: Any) -> Array:
        X, rows = self._given(X, "transform", self.kind != "model")
        fill = self.kind == "fill gaps"
        Z = np.where(np.isnan(X), self.learnt, X) if fill else (X - self.learnt[0]) / self.learnt[1]
        after = self.watch.rows[self.place + 1]
        after.number.update(zip(after.keys(Z), rows.tolist(), strict=True))
        return Z

    def fit_transform(self, X: Any, y: Any = None) -> Array:
        return self.fit(X, y).transform(X)

    def predict(self, X: Any) -> Array:
        X, _ = self._given(X, "predict", self.kind == "model")
        names, means = self.learnt
        return names[((X[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)]

    def _given(self, X: Any, did: str, can: bool) -> tuple[Array, Array]:
        if not can:
            raise AttributeError(f"the step '{self.kind}' has no {did}")
        if self.learnt is None:
            raise ValueError(f"the step '{self.kind}' was asked to {did}, and has learnt nothing yet")
        table = np.array(X, dtype=float)
        return table, self.watch.note(self, did, table)


def _probe(learner: Any, case: Case) -> Seen:
    """The predictions, and what the steps were given."""
    watch = Watch(case["X"], case["steps"])

    def make_steps() -> list[Step]:
        return [Step(kind, place, watch) for place, kind in enumerate(case["steps"])]

    answer = call(learner, make_steps, case["X"], case["y"], [tuple(pair) for pair in case["folds"]])
    answer = answer.tolist() if isinstance(answer, np.ndarray) else answer
    return Seen(answer, events=watch.events)


def _right(make_steps: Any, X: Array, y: Array, folds: Any) -> Array:
    predictions = np.empty_like(y)
    for train, held in folds:
        predictions[held] = make_pipeline(*make_steps()).fit(X[train], y[train]).predict(X[held])
    return predictions


def _set(rows: Array) -> set[int]:
    return set(rows.tolist())


@verdict
def _form(case: Case, value: Any) -> None:
    answer, y = value["answer"], case["y"]
    if not isinstance(answer, list) or any(map(np.ndim, answer)) or len(answer) != len(y):
        raise Wrong(f"expected {len(y)} predictions, one for each row of X, got {short(answer)}")


@verdict
def _from_step_to_step(case: Case, value: Any) -> None:
    for event in value["events"]:
        if (event["rows"] != UNKNOWN).all():
            continue
        place = event["place"]
        what = f"the step '{case['steps'][place]}' was asked to {event['did']}, with rows"
        if event["early"]:
            what += f" that had not gone through '{case['steps'][event['early'][-1]]}'"
            raise Wrong(what, "Each step takes what the step before made, of held-out rows too.")
        what += f" that '{case['steps'][place - 1]}' did not make" if place else " that are not in X"
        raise Wrong(what, "Rows are handed on as they are.")


@verdict
def _fitted_on_training_rows(case: Case, value: Any) -> None:
    n, folds = len(case["y"]), [(_set(train), _set(held)) for train, held in case["folds"]]
    fits = noted(value["events"], did="fit")
    learnt: dict[int, set[int]] = {}
    for event in fits:
        rows, name = _set(event["rows"]), case["steps"][event["place"]]
        what = f"the step '{name}' was fitted on {len(rows)} of {n} rows"
        if len(rows) == n:
            raise Wrong(f"the step '{name}' was fitted on all {n} rows, held out or not", EACH_TURN)
        if any(rows == held for _, held in folds):
            raise Wrong(f"{what}: those that are held out in a turn", EACH_TURN)
        if len(rows) < len(event["rows"]) or all(rows != train for train, _ in folds):
            raise Wrong(f"{what}, and in no turn are these the training rows", EACH_TURN)
        if learnt.setdefault(event["step"], rows) != rows:
            what = f"one and the same step '{name}' was fitted in two turns"
            raise Wrong(what, "It may keep something of its first fit. make_steps() gives new ones.")
        if name == "model" and not np.array_equal(event["labels"], case["y"][event["rows"]]):
            what = "the model was fitted on rows with the labels of other rows"
            raise Wrong(what, "X and y are cut by the same row numbers.")
    for number, (train, _) in enumerate(folds, start=1):
        fitted = {event["place"] for event in fits if _set(event["rows"]) == train}
        for place, name in enumerate(case["steps"]):
            if place not in fitted:
                raise Wrong(f"in turn {number} the step '{name}' was not fitted", EACH_TURN)


@verdict
def _predictions(case: Case, value: Any) -> None:
    right, got = _probe(_right, case).value["answer"], value["answer"]
    if got == right:
        return
    if got == [right[row] for _, held in case["folds"] for row in held.tolist()]:
        what = "the predictions are in the order of the turns"
        raise Wrong(what, "Row i of the answer belongs to row i of X.")
    for number, (_, held) in enumerate(case["folds"], start=1):
        for row in held.tolist():
            if got[row] != right[row]:
                what = f"row {row} is held out in turn {number}, and its prediction is off"
                both = f"expected: {right[row]!r}\ngot:      {short(got[row])}"
                raise Wrong(f"{what}\n{both}", "Expected is what the model of that turn says of it.")


out_of_fold = Task(
    "features/out_of_fold",
    points=5,
    cases=_cases,
    probe=_probe,
    signature="out_of_fold(make_steps, X, y, folds)",
    show=("steps", "X"),
    hints={
        "AttributeError": "The last step is the model, with fit and predict; the others have fit and "
        "transform. The Pipeline of scikit-learn takes steps of its own kind only.",
        "ValueError": "Is it about a label? y may hold words. Else: which rows does this line hand to which "
        "step? The list of steps has any length from 1 on.",
    },
    verdict=all_of(
        leaves_input_unchanged("X", "y", "folds"),
        _form,
        _from_step_to_step,
        _fitted_on_training_rows,
        _predictions,
    ),
)
