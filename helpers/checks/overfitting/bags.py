"""Task 4: bagging, judged by what each member was given and what it said.

A member of the check has its rows by heart, and says of others what stands in a table.
"""

from typing import Any

import numpy as np

from helpers.checks.blocks import close, expected_and_got, leaves_input_unchanged
from helpers.checks.plain import same_form, short
from helpers.checks.probing import Seen, call
from helpers.checks.randomness import drawn, new_seed
from helpers.checks.task import Case, Task, Wrong, all_of, verdict
from helpers.checks.watched import Journal

Array = np.ndarray
HEART = "Who was trained on a row may know it by heart: only the others say something new."
NOBODY = "Nobody can be asked about them: they do not count."
FIRST = "First the mean of the probabilities, for each row over those that have not seen it."
CALLS = "fit(X, y) trains a member and returns its function; that takes rows (k, d) and returns (k, classes)."


def _cases(rng: np.random.Generator) -> list[Case]:
    """Many members; as many rows as new ones; three, so that some rows are in every bag; one."""
    cases = []
    for n, m, num_models in [(60, 7, 12), (50, 50, 25), (60, 9, 3), (40, 5, 1)]:
        X, X_new = rng.normal(size=(n, 3)).round(3), rng.normal(size=(m, 3)).round(3)
        y = rng.permutation(np.arange(n) % 3)
        table = rng.dirichlet([0.6] * 3, size=(num_models, n + m)).round(4)
        table[:, np.arange(n), y] += 0.25  # better than a guess, on average
        table /= table.sum(axis=-1, keepdims=True)
        cases.append({"X": X, "y": y, "X_new": X_new, "num_models": num_models, "table": table})
        cases[-1]["seed"] = new_seed(rng)
    return cases


def by_heart(labels: Array) -> Array:
    """What a member says of rows that it was trained on, (k, 3)."""
    return np.where(np.arange(3) == np.asarray(labels)[:, None], 0.98, 0.01)


def _probe(learner: Any, case: Case) -> Seen:
    """The answer; and of each call of fit its rows and labels, with this seed, two others, and this again."""
    journal = Journal(np.concatenate([case["X"], case["X_new"]]))
    bags: list[list[Any]] = []

    def bag(rng: np.random.Generator) -> Any:
        bags.append([])

        def fit(X: Any, y: Any) -> Any:
            rows, labels = journal.rows_of(X), np.array(y)
            number = len(bags[-1]) % case["num_models"]
            bags[-1].append([rows, labels])

            def said(Z: Any) -> Array:
                asked = journal.rows_of(Z)
                if (asked < 0).any():
                    raise ValueError(f"member takes rows of X or of X_new, (k, 3); got shape {np.shape(Z)}")
                p = case["table"][number, asked].copy()
                seen = np.isin(asked, rows)
                p[seen] = by_heart(case["y"][asked[seen]])
                return p

            said.__qualname__ = "member"  # so they are called when a call does not fit
            return said

        fit.__qualname__ = "fit"
        return call(learner, fit, case["X"], case["y"], case["X_new"], case["num_models"], rng)

    return Seen(drawn(bag, case["seed"], times=3).value["answer"], bags=bags)


@verdict
def _form(case: Case, value: Any) -> None:
    answer, shape = value["answer"], (len(case["X_new"]), 3)
    if not isinstance(answer, list) or not same_form((0, 0), answer) or np.ndim(answer[1]):
        raise Wrong(f"expected p and a number, got {short(answer)}", "End with `return p, accuracy`.")
    if np.shape(answer[0]) != shape:
        what = f"the shape of p is {np.shape(answer[0])}, expected {shape}"
        raise Wrong(what, "One row for each row of X_new, with the probability of each class.")


@verdict
def _bags(case: Case, value: Any) -> None:
    y, bags, n = case["y"], value["bags"][0], len(case["y"])
    if len(bags) != case["num_models"]:
        what = f"fit was called {len(bags)} times, expected {case['num_models']}"
        raise Wrong(what, "Each member is trained once, and asked as often as you like.")
    for number, (rows, labels) in enumerate(bags, start=1):
        if len(rows) != n:
            raise Wrong(f"member {number} was trained on {len(rows)} rows, expected {n}", "As many as X has.")
        if (rows < 0).any() or (rows >= n).any():
            raise Wrong(
                f"member {number} was trained on rows that are not in X", "It takes them as they are."
            )
        if not np.array_equal(y[rows], labels):
            what = f"member {number} was trained with the labels of other rows"
            raise Wrong(what, "X and y are cut by the same row numbers.")
        if len(set(rows.tolist())) == n:  # by chance once in 10¹⁶ bags
            what = f"member {number} was trained on each row once"
            raise Wrong(what, "A bag is drawn with replacement: some rows come twice, and others not at all.")
    if len(bags) > 1 and all(np.array_equal(bags[0][0], rows) for rows, _ in bags):
        raise Wrong("all members were trained on the same bag", "Each draws one of its own.")
    first, other, _, again = ([rows.tolist() for rows, _ in run] for run in value["bags"])
    if first != again or first == other:
        words = (
            "another generator leads to the same bags"
            if first == other
            else "the same generator leads to other bags"
        )
        raise Wrong(words, "All chance comes from the `rng` that is passed.")
    used = {row for run in value["bags"][:3] for rows, _ in run for row in rows.tolist()}
    if len(bags) > 10 and (never := set(range(n)) - used):  # by chance once in 10¹⁴
        what = f"in {3 * len(bags)} bags row {min(never)} of 0 to {n - 1} does not come once"
        raise Wrong(what, "Every row of X may come, also the first and the last.")


@verdict
def _mean(case: Case, value: Any) -> None:
    said, got = case["table"][:, len(case["y"]) :], value["answer"][0]
    votes = (said.argmax(axis=-1)[..., None] == np.arange(3)).mean(axis=0)
    if not close(got, said.mean(axis=0)):
        if close(got, votes):
            raise Wrong("p holds the shares of votes", "How sure each member is counts: its probabilities.")
        both = expected_and_got(said.mean(axis=0), got)
        raise Wrong(f"p is off\n{both}", "The mean over the members of what each says of X_new.")


@verdict
def _out_of_bag(case: Case, value: Any) -> None:
    y, bags, got = case["y"], value["bags"][0], value["answer"][1]
    n = len(y)
    out = 1 - np.array([np.isin(np.arange(n), rows) for rows, _ in bags])[..., None]  # (members, n, 1)
    said = np.where(out, case["table"][:, :n], by_heart(y))
    right = (said * out).sum(axis=0).argmax(axis=-1) == y
    asked = np.asarray(out.any(axis=0))[:, 0]
    if close(got, want := right[asked].mean()):
        return
    what = f"the accuracy should be {want:.4f}, got {got:.4f}"
    each = [(p.argmax(axis=-1) == y)[o[:, 0] == 1].mean() for p, o in zip(said, out, strict=True)]
    for other, words, hint in (
        (
            (said.sum(axis=0).argmax(axis=-1) == y).mean(),
            "if members are asked about rows of their bag",
            HEART,
        ),
        (right.mean(), f"if the {(~asked).sum()} rows that are in every bag count too", NOBODY),
        (np.mean(each), "if the accuracies of the members are averaged", FIRST),
    ):
        if close(got, other):
            raise Wrong(f"{what}\nthis is what comes {words}", hint)
    raise Wrong(what, "Take one row of X. Which members have not seen it, and what do they say on average?")


bagging = Task(
    "overfitting/bagging",
    points=4,
    signature="bagging(fit, X, y, X_new, num_models, rng)",
    cases=_cases,
    probe=_probe,
    show=("X", "y", "X_new", "num_models"),
    hints={
        "TypeError": CALLS,
        "AttributeError": CALLS,
        "ValueError: member takes": "Which rows, and in which shape, does this line pass on?",
        "ValueError": "Write the shapes of this line down: a member returns (k, classes) for k rows.",
    },
    verdict=all_of(leaves_input_unchanged("X", "y", "X_new"), _form, _bags, _mean, _out_of_bag),
)
