"""Task 5 of exercise 01: choose a hyperparameter honestly. What is judged is the protocol, not the luck.

The learner's function gets `score(candidate, train, rows)`. The probe writes down every call of it; the
verdict reads from the list which rows trained, which chose, and which were kept for the end.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers import data
from helpers.checks.blocks import leaves_input_unchanged
from helpers.checks.plain import short
from helpers.checks.probing import Seen, call
from helpers.checks.randomness import new_seed
from helpers.checks.task import Case, Rule, Task, all_of

CANDIDATES = ([1, 3, 5, 9, 15], [25, 1, 7], [2, 50, 10, 4])
HARD_FOLD = {3: (0.30, 0.95), 5: (0.85, 0.85), 7: (0.70, 0.90)}  # accuracy on the hard fold, on the others
FOLDS, TEST_SIZE = 5, 0.2


def neighbours_score(X: np.ndarray, y: np.ndarray) -> Callable[[int, Any, Any], float]:
    """`score(candidate, train, rows)`: accuracy on `rows` of a vote among `candidate` neighbours in `train`.

    Columns are scaled with the mean and spread of the training rows.

    >>> score = neighbours_score(np.array([[0.0], [1.0], [9.0], [8.0]]), np.array([0, 0, 1, 1]))
    >>> score(1, [0, 2], [1, 3])
    1.0
    """

    def score(candidate: int, train: Any, rows: Any) -> float:
        train, rows = _row_numbers(train, len(y)), _row_numbers(rows, len(y))
        mean, spread = X[train].mean(axis=0), X[train].std(axis=0) + 1e-12
        a, b = (X[train] - mean) / spread, (X[rows] - mean) / spread
        nearest = np.argsort((a**2).sum(axis=1) - 2 * b @ a.T, axis=1)[:, :candidate]
        votes = y[train][nearest].mean(axis=1)
        return float(np.mean((votes > 0.5) == (y[rows] == 1)))

    return score


def _row_numbers(rows: Any, n: int) -> np.ndarray:
    array = np.asarray(rows)
    if array.dtype == bool and array.shape == (n,):
        array = np.flatnonzero(array)
    if array.ndim != 1 or array.dtype.kind not in "iu" or array.size == 0:
        raise ValueError(f"score needs row numbers, shape (m,) with m ≥ 1; got {short(array)}")
    if array.min() < 0 or array.max() >= n:
        raise ValueError(f"score knows the rows 0 to {n - 1}; got a row {int(array.max())}")
    return array


def one_hard_fold(n: int) -> Callable[[int, Any, Any], float]:
    """A `score` as of a small file with one hard corner: the fold with the first training row differs.

    That is one fold of the five, whatever the cut. 7 has the best average, 3 the best median and best fold,
    5 the best worst fold.

    >>> score = one_hard_fold(10)
    >>> score(3, [1, 2], [0, 5]), score(3, [0, 2], [1, 5])
    (0.3, 0.95)
    """

    def score(candidate: int, train: Any, rows: Any) -> float:
        hard = _row_numbers(rows, n).min() < _row_numbers(train, n).min()
        return HARD_FOLD.get(candidate, (0.5, 0.5))[0 if hard else 1]

    return score


def _cases(rng: np.random.Generator) -> list[Case]:
    y = data.load_breast_cancer().y
    return [
        {"y": y[rows], "candidates": candidates, "rows": rows, "seed": new_seed(rng)}
        for candidates in (*CANDIDATES, list(HARD_FOLD))
        for rows in [np.sort(rng.permutation(len(y))[:400])]
    ]


def _probe(learner: Any, case: Case) -> Seen:
    X, calls = data.load_breast_cancer().X[case["rows"]], []
    hard = case["candidates"] == list(HARD_FOLD)
    inner = one_hard_fold(len(X)) if hard else neighbours_score(X, case["y"].copy())

    def score(candidate: Any, train: Any, rows: Any) -> float:
        result = inner(candidate, train, rows)
        calls.append(
            {"candidate": candidate, "train": np.array(train), "rows": np.array(rows), "result": result}
        )
        return result

    def choose() -> Any:
        return call(learner, case["y"], case["candidates"], score, np.random.default_rng(case["seed"]))

    answer = choose()
    protocol = list(calls)
    again = choose()
    same_rows = [_rows(one["rows"]) for one in protocol] == [
        _rows(one["rows"]) for one in calls[len(protocol) :]
    ]
    return Seen(answer, calls=protocol, again=again, same_rows=same_rows)


def _rows(part: Any) -> set[int]:
    array = np.asarray(part)
    return set((np.flatnonzero(array) if array.dtype == bool else array).tolist())


def _used(calls: list[Any]) -> set[int]:
    return set().union(*(_rows(one["train"]) | _rows(one["rows"]) for one in calls))


def _test(value: Any) -> set[int]:
    return _rows(value["calls"][-1]["rows"])


def _only_the_winner_again(value: Any) -> bool:
    """Whether there are further scores on the test rows, all of the candidate of the last one."""
    again = [one["candidate"] for one in value["calls"][:-1] if _rows(one["rows"]) == _test(value)]
    return bool(again) and all(candidate == value["calls"][-1]["candidate"] for candidate in again)


def _turns(value: Any, candidate: Any) -> list[Any]:
    return [one for one in value["calls"][:-1] if one["candidate"] == candidate]


def _five_folds_each(case: Case, value: Any) -> bool:
    rest = set(range(len(case["y"]))) - _test(value)
    for candidate in case["candidates"]:
        turns = _turns(value, candidate)
        held = sorted(row for one in turns for row in _rows(one["rows"]))
        if len(turns) != FOLDS or held != sorted(rest):
            return False
        if any(_rows(one["train"]) != rest - _rows(one["rows"]) for one in turns):
            return False
    return True


def _not_five_folds(case: Case, value: Any) -> str:
    for candidate in case["candidates"]:
        turns = len(_turns(value, candidate))
        if turns != FOLDS:
            return f"before the end, candidate {candidate} was scored in {turns} turns, expected {FOLDS}"
    return "the validation rows of the five turns are not the rows outside the test set, each of them once"


def _same_folds(case: Case, value: Any) -> bool:
    folds = [{frozenset(_rows(one["rows"])) for one in _turns(value, c)} for c in case["candidates"]]
    return all(fold == folds[0] for fold in folds)


def _averages(case: Case, value: Any) -> dict[Any, list[float]]:
    """For each candidate the mean of its folds, and the share of all rows that are right: both are fair."""
    result = {}
    for candidate in case["candidates"]:
        scores = [one["result"] for one in _turns(value, candidate)]
        sizes = [len(_rows(one["rows"])) for one in _turns(value, candidate)]
        result[candidate] = [float(np.mean(scores)), float(np.average(scores, weights=sizes))]
    return result


def _is_best(case: Case, value: Any) -> bool:
    averages = _averages(case, value)
    chosen = averages[value["answer"][0]]
    return any(chosen[i] >= max(one[i] for one in averages.values()) - 1e-9 for i in (0, 1))


def _not_best(case: Case, value: Any) -> str:
    averages = ", ".join(f"{name}: {mean:.4f}" for name, (mean, _) in _averages(case, value).items())
    return f"candidate {value['answer'][0]} was chosen, but the average scores are {averages}"


def _shares(case: Case, value: Any) -> list[tuple[int, float]]:
    tested = case["y"][sorted(_test(value))]
    return [(int((tested == c).sum()), float((case["y"] == c).sum() * TEST_SIZE)) for c in (0, 1)]


def _is_the_training_part(case: Case, value: Any) -> bool:
    return abs(len(_test(value)) - (1 - TEST_SIZE) * len(case["y"])) <= 2


choose_honestly = Task(
    id="data_splits/choose_honestly",
    points=5,
    signature="choose_honestly(y, candidates, score, rng)",
    show=("y", "candidates"),
    cases=_cases,
    probe=_probe,
    verdict=all_of(
        leaves_input_unchanged("y", "candidates"),
        Rule(
            lambda case, value: f"expected (best, test_score), got {short(value['answer'])}",
            lambda case, value: len(value["answer"]) == 2 and isinstance(value["answer"][1], int | float),
            "Return two things: the candidate that you chose, and its score on the test rows.",
        ),
        Rule(
            lambda case, value: (
                f"{short(value['answer'][0])} is not one of the candidates {case['candidates']}"
            ),
            lambda case, value: value["answer"][0] in case["candidates"],
            "np.argmax gives a position in the list, not the candidate that stands there.",
        ),
        Rule(
            "score was never called",
            lambda case, value: len(value["calls"]) > 0,
            "score(candidate, train, rows) trains on the rows `train` and gives the accuracy on `rows`.",
        ),
        Rule(
            lambda case, value: (
                f"score was called {len(value['calls'])} times: folds only, no test at the end"
            ),
            lambda case, value: len(value["calls"]) != FOLDS * len(case["candidates"]),
            "After the choice comes one more call, for the winner on the test rows.",
        ),
        Rule(
            "a model was scored on rows that it was trained on",
            lambda case, value: not any(_rows(one["train"]) & _rows(one["rows"]) for one in value["calls"]),
            "Such a score measures memory, and one neighbour wins. Score on the fold that is held out.",
        ),
        Rule(
            "the winner was scored more than once on the test rows",
            lambda case, value: not _only_the_winner_again(value),
            "A test set is used once. Keep the result in a variable: test_score = score(best, rest, test).",
        ),
        Rule(
            "several candidates were scored on the same rows as the winner at the end",
            lambda case, value: not any(_rows(one["rows"]) == _test(value) for one in value["calls"][:-1]),
            "If the test rows help to choose, their score flatters. Choose by cross-validation on the "
            "other rows, then score once, the winner only.",
        ),
        Rule(
            "the rows of the last score were in use before",
            lambda case, value: not _test(value) & _used(value["calls"][:-1]),
            "Set the test rows aside first, and cut only the others into folds. k_fold(len(rest), …) gives "
            "positions in the list `rest`; the row numbers are rest[positions].",
        ),
        Rule(
            lambda case, value: (
                f"the last score was on {len(_test(value))} of {len(case['y'])} rows, expected about a fifth"
            ),
            lambda case, value: not _is_the_training_part(case, value),
            "This is the training part: train, test is the order in which stratified_holdout returns them.",
        ),
        Rule(
            lambda case, value: (
                "in the test set the classes have "
                + " and ".join(
                    f"{count} rows (a fifth is {share:.1f})" for count, share in _shares(case, value)
                )
            ),
            lambda case, value: all(abs(count - share) < 1 for count, share in _shares(case, value)),
            "The test set is a stratified fifth of all the rows: stratified_holdout(y, 0.2, rng).",
        ),
        Rule(
            _not_five_folds,
            _five_folds_each,
            "Each candidate takes five turns. In each turn one fold of the remaining rows is scored, and "
            "the other four folds train.",
        ),
        Rule(
            "the candidates were compared on different folds",
            _same_folds,
            "Cut the folds once, before you go through the candidates, or luck takes part in the choice.",
        ),
        Rule(
            _not_best,
            _is_best,
            "Take the candidate with the highest average over its five folds, np.mean: a median, a maximum "
            "or a single fold forgets the hard ones.",
        ),
        Rule(
            lambda case, value: (
                f"the last score was for {value['calls'][-1]['candidate']}, "
                f"the choice is {value['answer'][0]}"
            ),
            lambda case, value: value["calls"][-1]["candidate"] == value["answer"][0],
            "The last step is score(best, …, test).",
        ),
        Rule(
            "the chosen candidate was not trained on all the rows outside the test set",
            lambda case, value: (
                _rows(value["calls"][-1]["train"]) == set(range(len(case["y"]))) - _test(value)
            ),
            "When the choice is made, the folds have done their work: train on all remaining rows.",
        ),
        Rule(
            lambda case, value: (
                f"the returned score is {value['answer'][1]:.4f}, "
                f"but on the test rows it was {value['calls'][-1]['result']:.4f}"
            ),
            lambda case, value: abs(value["answer"][1] - value["calls"][-1]["result"]) < 1e-9,
            "Return the score on the test rows. The average of the winner's folds chose it, so it flatters.",
        ),
        Rule(
            lambda case, value: (
                f"a second call, with the same generator, gave {value['again']}"
                + ("" if value["same_rows"] else " and scored other rows")
            ),
            lambda case, value: value["same_rows"] and value["answer"] == value["again"],
            "Use only `rng`, in the test split and in the folds, so that others can repeat your choice.",
        ),
    ),
)
