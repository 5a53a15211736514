"""Task 5 of exercise 01: choose a hyperparameter honestly. What is judged is the protocol, not the luck.

The learner's function gets `score(candidate, train, rows)`. The probe writes down every call of it; the
verdict reads from the list which rows trained, which chose, and which were kept for the end.
"""

from typing import Any

import numpy as np

from helpers import data
from helpers.checks.blocks import close, leaves_input_unchanged
from helpers.checks.plain import first_of, short
from helpers.checks.probing import Seen, call
from helpers.checks.randomness import drawn, new_seed
from helpers.checks.rows import off_share
from helpers.checks.task import Case, Task, Wrong, all_of, verdict

CANDIDATES = ([1, 3, 5, 9, 15], [25, 1, 7], [2, 50, 10, 4])
# Accuracy on the fold of the lowest row, and on the others. 7 has the best average, by 0.00004; 3 the best
# median and fold; 5 the best worst fold; where the scores of several candidates are added up, 8 or 5 wins.
HARD_FOLD = {8: (0.7, 0.9), 3: (0.3, 0.95), 7: (0.70004, 0.90004), 9: (0.7, 0.9), 5: (0.85, 0.85)}
FOLDS, TEST_SIZE = 5, 0.2


def _cases(rng: np.random.Generator) -> list[Case]:
    """A candidate has 90 to 97 % of the rows right, whatever trains it; the last case is of `HARD_FOLD`."""
    cases: list[Case] = []
    for candidates in (*CANDIDATES, list(HARD_FOLD)):
        y = rng.permutation(data.load_breast_cancer().y)[:400]
        share = rng.permutation(np.linspace(0.90, 0.97, len(candidates)))
        right = rng.random((len(y), len(candidates))) < share
        cases.append({"y": y, "candidates": candidates, "right": right.T, "seed": new_seed(rng)})
    return cases


def _row_numbers(rows: Any, n: int) -> np.ndarray:
    array = np.asarray(rows)
    if array.dtype == bool and array.shape == (n,):
        array = np.flatnonzero(array)
    numbers = array.ndim == 1 and array.dtype.kind in "iu" and array.size > 0
    if not numbers or array.min() < 0 or array.max() >= n:
        raise ValueError(f"score needs row numbers from 0 to {n - 1}, one at least; got {short(array)}")
    return array.copy()


def _probe(learner: Any, case: Case) -> Seen:
    """The choice, once more, and the calls of score: at first, with another seed, and once more."""
    candidates = list(case["candidates"])
    runs: list[list[Any]] = []

    def score(candidate: Any, train: Any, rows: Any) -> float:
        train, rows = (_row_numbers(part, len(case["y"])) for part in (train, rows))
        if candidate not in candidates:
            raise ValueError(f"score knows the candidates {candidates}; got {candidate}")
        result = float(case["right"][candidates.index(candidate), rows].mean())
        if candidates == list(HARD_FOLD):
            result = HARD_FOLD[candidate][0 if rows.min() < train.min() else 1]
        runs[-1].append([candidate, train, rows, result])
        return result

    def choose(rng: np.random.Generator) -> Any:
        runs.append([])
        return call(learner, case["y"], case["candidates"], score, rng)

    value = drawn(choose, case["seed"], times=2).value
    return Seen(value["answer"], runs=runs, again=value["again"])


@verdict
def _candidate_and_score(case: Case, value: Any) -> None:
    answer, candidates = value["answer"], case["candidates"]
    if isinstance(answer, list) and len(answer) == 2 and isinstance(answer[1], int | float):
        # A score of 1.0 may be among the candidates too.
        if answer[0] in candidates and (type(answer[0]), type(answer[1])) != (float, int):
            return
        position = isinstance(answer[0], int) and 0 <= answer[0] < len(candidates)
        if answer[1] not in candidates:
            hint = "This is a position in the list: return what stands there." if position else ""
            raise Wrong(f"{short(answer[0])} is not one of the candidates {candidates}", hint)
    hint = "The candidate comes first. Its score on the test rows, one number, is the second."
    raise Wrong(f"expected (best, test_score), got {short(answer)}", hint)


def _calls(value: Any, run: int = 0) -> list[tuple[Any, set[int], set[int], float]]:
    """Of one run: for each call of score the candidate, the training rows, the scored rows and the result."""
    return [(c, set(a.tolist()), set(b.tolist()), result) for c, a, b, result in value["runs"][run]]


@verdict
def _scored_on_new_rows(case: Case, value: Any) -> None:
    if not value["runs"][0]:
        raise Wrong("score was never called", "score(candidate, train, rows) gives the accuracy on `rows`.")
    for rows in (rows for _, *parts, _ in value["runs"][0] for rows in parts):
        if len(set(rows.tolist())) < len(rows):
            labels = set(rows.tolist()) <= set(case["y"].tolist())
            what = f"score was given rows that come more than once: {short(rows)}"
            raise Wrong(what, "These are labels; score asks for row numbers." if labels else "")
    if any(train & rows for _, train, rows, _ in _calls(value)):
        what = "a model was scored on rows that it was trained on"
        raise Wrong(what, "Such a score measures memory, and one neighbour wins.")


@verdict
def _test_rows_kept_for_the_end(case: Case, value: Any) -> None:
    *before, (_, _, test, _) = _calls(value)
    n, used = len(case["y"]), set().union(*(train | rows for _, train, rows, _ in before))
    if early := [candidate for candidate, _, rows, _ in before if rows == test]:
        what = f"the rows of the last score were scored before, for {first_of(early)}"
        raise Wrong(what, "A test set is used once. If the test rows help to choose, their score flatters.")
    if test & used:
        hint = f"In use were {len(used)} of the {n} rows; the test rows are none of them."
        if used == set(range(n - len(test))):
            hint = f"In use were 0 to {max(used)}, as positions in a list of the {len(used)} other rows are."
        raise Wrong(f"the rows of the last score were in use before: {first_of(test & used)}", hint)
    for run in (0, 1):  # one test set that is not stratified may have the shares by chance
        last = np.array(sorted(_calls(value, run)[-1][2]))
        for name, count, share in off_share(case["y"], last, TEST_SIZE):
            what = f"the last score was on {len(last)} of {n} rows, {count} of them of class {name}"
            hint = "A stratified fifth of all the rows is for the test, the others train."
            raise Wrong(f"{what}, where its share is {share:.1f}", hint)


@verdict
def _five_folds_for_each(case: Case, value: Any) -> None:
    *before, (_, _, test, _) = _calls(value)
    rest, cuts = set(range(len(case["y"]))) - test, set()
    for candidate in case["candidates"]:
        own = [(train, rows) for name, train, rows, _ in before if name == candidate]
        cuts.add(frozenset(frozenset(rows) for _, rows in own))
        each_once = sorted(row for _, rows in own for row in rows) == sorted(rest)
        if len(own) != FOLDS or not each_once or any(train != rest - rows for train, rows in own):
            sizes = [f"{len(train)} train and {len(rows)} are scored" for train, rows in own]
            what = f"before the end, candidate {candidate} had {len(own)} turns: {'; '.join(sizes)}"
            hint = (
                f"In five turns each of the {len(rest)} rows outside the test set is scored once, as part of "
            )
            raise Wrong(what, hint + "a fold, and the other four folds train.")
    if len(cuts) > 1:
        raise Wrong("the candidates were compared on different folds", "Cut the folds once, for all of them.")


@verdict
def _highest_average_tested(case: Case, value: Any) -> None:
    *before, (tested, train, test, result) = _calls(value)
    best, test_score = value["answer"]
    # The mean of the five scores, and the share of all rows that are right: both are fair.
    own = {c: [(r, len(rows)) for name, _, rows, r in before if name == c] for c in case["candidates"]}
    means = {c: np.mean([r for r, _ in scores]) for c, scores in own.items()}
    pooled = {c: sum(r * n for r, n in scores) / len(train) for c, scores in own.items()}
    if all(averages[best] < max(averages.values()) - 1e-9 for averages in (means, pooled)):
        what = ", ".join(f"{name}: {mean:.5f}" for name, mean in means.items())
        hint = "The highest wins. Each is the average of the candidate's own five scores, and not rounded."
        highest = int(np.argmax(list(means.values())))
        if best == highest:
            hint = f"{best} is the position of the highest in the list: return what stands there."
        raise Wrong(f"candidate {best} was chosen, but the average scores are {what}", hint)
    rest = len(case["y"]) - len(test)
    if tested != best or len(train) != rest:
        what = f"the last score was for candidate {tested}, trained on {len(train)} rows"
        raise Wrong(what, f"Returned is {best}: at the end all {rest} rows outside the test set train it.")
    if not close(test_score, result):
        what = f"the returned score is {test_score:.7g}, but on the test rows it was {result:.7g}"
        raise Wrong(what, "Return the score on the test rows, as it is.")


@verdict
def _rng_decides(case: Case, value: Any) -> None:
    first, other, again = ([rows for _, _, rows, _ in _calls(value, run)] for run in range(3))
    if first != again or value["answer"] != value["again"]:
        what = f"a second call, with the same generator, gave {short(value['again'])}"
        what += " and scored other rows" if first != again else ""
        raise Wrong(what, "All chance comes from `rng`, in the test split and in the folds.")
    for part, rows, others in [("test set", first[-1:], other[-1:]), ("folds", first[:-1], other[:-1])]:
        if rows == others:
            raise Wrong(f"another generator gives the same {part}", "The `rng` that is passed decides.")


choose_honestly = Task(
    "data_splits/choose_honestly",
    points=5,
    cases=_cases,
    probe=_probe,
    signature="choose_honestly(y, candidates, score, rng)",
    show=("y", "candidates"),
    verdict=all_of(
        leaves_input_unchanged("y", "candidates"),
        _candidate_and_score,
        _scored_on_new_rows,
        _test_rows_kept_for_the_end,
        _five_folds_for_each,
        _highest_average_tested,
        _rng_decides,
    ),
)
