"""Task 5: permutation importance of groups, judged by what the model was asked."""

import zlib
from typing import Any

import numpy as np

from helpers import data
from helpers.checks.blocks import close, expected_and_got, leaves_input_unchanged
from helpers.checks.plain import first_of, same_form, short
from helpers.checks.probing import Seen, call
from helpers.checks.randomness import drawn, new_seed
from helpers.checks.task import Case, Task, Wrong, all_of, verdict

Array = np.ndarray
OWN = "Its row numbers are one order; every column of the group takes the rows in that order."
NONE = "Just before you ask, is your array another one than X? (`Z[:, columns]`, with a list, is a copy.)"
REST = "For each group begin with X as it is, in a copy."
ONE = "Only the columns of one group change at a time."
ROWS = "A new order holds each row once: nothing is drawn twice, nothing is added."
CHANCE = "All chance comes from the `rng` that is passed."
ASKED = "predict(Z) takes rows Z, shape (k, d), and returns their k classes."


def _cases(rng: np.random.Generator) -> list[Case]:
    """Cells with running numbers in 1 or 3 columns: one by one, by measurement, and a few of the groups."""
    cases = []
    for copies, repeats in [(1, 2), (3, 5), (3, 3)]:
        X, y = _with_numbers(copies, rng)
        shuffled = rng.permutation(X.shape[1])  # column number j is shuffled[j] of the data
        groups = [[j] for j in range(30 + copies)]
        if copies > 1:
            groups = [[j, j + 10, j + 20] for j in range(10)] + [list(range(30, 30 + copies))]
        groups = [np.argsort(shuffled)[one].tolist() for one in groups]
        groups = [groups[i] for i in rng.permutation(len(groups))]
        if repeats == 3:
            groups = groups[:4]
        train, test = X[:400, shuffled], X[400:, shuffled]
        w = np.linalg.solve(train.T @ train + 4 * np.eye(X.shape[1]), train.T @ (2 * y[:400] - 1))
        cases.append({"X": test, "y": y[400:], "groups": groups, "repeats": repeats, "w": w})
        cases[-1]["seed"] = new_seed(rng)
    return cases


def _with_numbers(copies: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """The cells (569, 30 + copies) in a new order, each column with mean 0 and deviation 1."""
    X, y = data.load_breast_cancer()
    order = rng.permutation(len(y))
    running = np.argsort(np.argsort(y[order] + rng.random(len(y))))
    office = 5 * running[:, None] + rng.integers(5, size=(len(y), copies))
    X = np.column_stack([X[order], office])
    return (X - X.mean(axis=0)) / X.std(axis=0), y[order]


def _probe(learner: Any, case: Case) -> Seen:
    """The answer; and of each run what the model was asked, by three seeds and the first one again."""
    runs: list[list[Any]] = []
    X, n = case["X"].copy(), len(case["y"])

    def run(rng: np.random.Generator) -> Any:
        runs.append([])

        def predict(Z: Any) -> Array:
            rows = np.array(Z, float)
            if rows.ndim != 2 or rows.shape[1:] != case["w"].shape:
                raise ValueError(f"predict takes rows Z, shape (k, {len(case['w'])}); got shape {rows.shape}")
            said = (rows @ case["w"] > 0).astype(int)
            for start in range(0, len(rows), n):  # who asks about many changes at once is understood
                block = slice(start, start + n)
                runs[-1].append(_asked(rows[block], X, said[block]))
            return said

        predict.__qualname__ = "predict"  # so it is called when a call does not fit
        groups = [list(group) for group in case["groups"]]
        return call(learner, predict, case["X"], case["y"], groups, case["repeats"], rng)

    return Seen(drawn(run, case["seed"], times=3).value["answer"], runs=runs)


def _asked(Z: Array, X: Array, said: Array) -> dict[str, Any]:
    """Of n rows that the model was asked about: what differs from X, and what it said."""
    if len(Z) != len(X):
        return {"rows": len(Z)}
    Z, X = Z.astype(np.float32), X.astype(np.float32)
    columns = np.flatnonzero((Z != X).any(axis=0))
    new, old = Z[:, columns], X[:, columns]
    together = np.array_equal(new[np.lexsort(new.T)], old[np.lexsort(old.T)]) if len(columns) else True
    alone = np.array_equal(np.sort(new, axis=0), np.sort(old, axis=0))
    facts = {"columns": columns.tolist(), "together": together, "alone": alone, "said": said}
    return {"rows": len(Z), **facts, "mark": zlib.crc32(new.tobytes())}


@verdict
def _form(case: Case, value: Any) -> None:
    answer, many = value["answer"], len(case["groups"])
    if not isinstance(answer, list) or not same_form((0, 0), answer) or np.ndim(answer[1]):
        raise Wrong(f"expected loss and a number, got {short(answer)}", "End with `return loss, group`.")
    if np.shape(answer[0]) != (many,):
        what = f"the shape of loss is {np.shape(answer[0])}, expected {(many,)}"
        raise Wrong(what, "One number for each group: the mean over its repeats.")


@verdict
def _changes(case: Case, value: Any) -> None:
    n, run, groups = len(case["y"]), value["runs"][0], [set(group) for group in case["groups"]]
    for size in [one["rows"] for one in run if one["rows"] != n]:
        raise Wrong(f"predict was asked about {size} rows, X has {n}", "The accuracy is over all rows of X.")
    changed = [one for one in run if one["columns"]]
    if not changed:
        raise Wrong("predict was asked about X as it is, and about nothing else", NONE)
    for one in changed:
        columns = set(one["columns"])
        which = f"the column{'s' * (len(columns) > 1)} {first_of(columns)}"
        inside = [group for group in groups if group <= columns]
        if columns not in groups:
            what = f"predict was asked about rows that differ from X in {which}, which is no group"
            if len(columns) == len(case["w"]):
                raise Wrong("predict was asked about rows that differ from X in all columns", ONE)
            if len(inside) > 1 and columns == set.union(*inside):
                raise Wrong(f"{what}, but {len(inside)} of them", REST)
            part = any(columns < group for group in groups)
            raise Wrong(what, "The columns of a group move all at once." if part else ONE)
        if not one["together"]:
            if one["alone"]:
                raise Wrong(f"in {which}, a group, each column has an order of its own", OWN)
            raise Wrong(f"in {which}, a group, stands what is not the rows of X in another order", ROWS)


@verdict
def _repeats(case: Case, value: Any) -> None:
    for number, group in enumerate(case["groups"]):
        marks = [one["mark"] for one in value["runs"][0] if set(one["columns"]) == set(group)]
        if len(marks) != case["repeats"]:
            what = f"predict was asked about group {number} in {len(marks)} other orders"
            raise Wrong(f"{what}, expected {case['repeats']}", "`repeats` times for each group.")
        if len(set(marks)) < len(marks):
            raise Wrong(f"the rows of group {number} come in the same order twice", "Each time draws anew.")
    first, other, _, again = ([one["mark"] for one in run if one["columns"]] for run in value["runs"])
    if first != again:
        raise Wrong("the same generator leads to other orders", CHANCE)
    if first == other:
        raise Wrong("another generator leads to the same orders", CHANCE)


@verdict
def _numbers(case: Case, value: Any) -> None:
    (got, group), y = value["answer"], case["y"]
    before = np.mean((case["X"] @ case["w"] > 0) == y)
    run = value["runs"][0]
    after = np.array(
        [
            np.mean([one["said"] == y for one in run if set(one["columns"]) == set(group)])
            for group in case["groups"]
        ]
    )
    want = before - after
    if not close(got, want):
        what = f"loss is off\n{expected_and_got(want, got)}"
        for other, words, hint in (
            (-want, "this is the accuracy after, less the one before", "Lost is what was there and is gone."),
            (after, "this is the accuracy after the change", "How much less is it than before?"),
            (1 - after, "this is the error after the change", "By how much did it grow?"),
            (want * case["repeats"], "this is a sum over the repeats", "The mean is asked for."),
            (abs(want), "this is the size of the loss", "It can be below 0."),
        ):
            if close(got, other):
                raise Wrong(f"{what}\n{words}", hint)
        raise Wrong(what, "Once the accuracy of X as it is; for each group the mean of `repeats` others.")
    if group not in range(len(want)):
        raise Wrong(f"group is {short(group)}, expected a number from 0 to {len(want) - 1}", "Its place.")
    if want[int(group)] < want.max() - 1e-9:
        what = f"group is {short(group)}, which loses {want[int(group)]:.4f}; group {want.argmax()} loses "
        raise Wrong(f"{what}{want.max():.4f}", "The number of the group that loses most.")


suspect = Task(
    "trust/suspect",
    points=4,
    signature="suspect(predict, X, y, groups, repeats, rng)",
    cases=_cases,
    probe=_probe,
    show=("X", "y", "groups", "repeats"),
    hints={
        "ValueError: predict takes": ASKED,
        "ValueError": "Write the shapes of this line down: a group of g columns is (n, g).",
        "IndexError": "Which number counts rows here, which columns, and which groups?",
    },
    verdict=all_of(leaves_input_unchanged("X", "y"), _form, _changes, _repeats, _numbers),
)
