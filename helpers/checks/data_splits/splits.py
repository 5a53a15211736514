"""Tasks 1 to 3 of exercise 01: cut once, cut class by class, let every row take a turn.

A split is random, so no check asks for one particular split, only for what a right one has.
"""

from inspect import isgenerator
from typing import Any

import numpy as np

from helpers import data
from helpers.checks.blocks import leaves_input_unchanged, raises
from helpers.checks.data_splits.rows import (
    MANY_DRAWS,
    draw,
    every_row_once,
    in_each_draw,
    is_pair_of_rows,
    n_rows,
    no_row_in_both,
    no_row_twice,
    other_seed_other_split,
    same_again,
    sets,
    stands_together,
    two_parts,
)
from helpers.checks.plain import first_of, short
from helpers.checks.probing import Seen, call
from helpers.checks.randomness import DRAWS, draws, new_seed
from helpers.checks.task import Case, Rule, Task, all_of

# Task 1: holdout ----------------------------------------------------------------------------------------


def _n_test(case: Case) -> float:
    return case["n_samples"] * case["test_size"]


def _has_test_size(case: Case, rows: Any) -> bool:
    return abs(len(rows) - _n_test(case)) <= 0.5  # a half may be rounded up or down


def _holdout_cases(rng: np.random.Generator) -> list[Case]:
    asked = [(10, 0.3), (7, 0.1), (100, 0.29), (571, 0.2), (1797, 0.15), (200, 0.57), (5, 0.1)]
    cases: list[Case] = [{"n_samples": n, "test_size": size, "seed": new_seed(rng)} for n, size in asked]
    cases[0]["times"] = MANY_DRAWS
    return cases


def _holdout_probe(learner: Any, case: Case) -> Seen:
    n, size = case["n_samples"], case["test_size"]
    try:
        return draw(learner, n, size, seed=case["seed"], times=case.get("times", DRAWS))
    except ValueError:
        if round(_n_test(case)) > 0:
            raise
        refused = [np.arange(n), np.arange(0)]  # who refuses to test on no row is right, too
        return Seen(refused, again=refused, others=[])


def _sizes_of_tests(value: Any) -> list[int]:
    return sorted({len(pair[1]) for pair in draws(value)})


def _never_tested(case: Case, value: Any) -> set[int]:
    """Rows that no draw tests. Of 10 rows and 100 draws of 3, by chance: below 10 · 0.7^100 = 3e-15."""
    if len(draws(value)) < MANY_DRAWS:
        return set()
    return set(range(n_rows(case))) - set().union(*(sets(pair)[1] for pair in draws(value)))


def _kinds_of_tests(value: Any) -> int:
    return len({frozenset(sets(pair)[1]) for pair in draws(value)})


def _few_kinds(case: Case, value: Any) -> bool:
    """Whether so few test sets occur that one random number, such as a start, may decide them.

    A start among n rows gives n sets at most. Right answers give 120 sets of 3 of 10 rows: that 100 draws
    show only 20 of them has a chance below C(120, 20) · (20/120)^100 = 1e-55.
    """
    return len(draws(value)) >= MANY_DRAWS and _kinds_of_tests(value) <= 2 * n_rows(case)


holdout = Task(
    id="data_splits/holdout",
    points=3,
    signature="holdout(n_samples, test_size, rng)",
    cases=_holdout_cases,
    show=("n_samples", "test_size"),
    probe=_holdout_probe,
    verdict=all_of(
        *two_parts("train and test"),
        no_row_twice("Draw without replacement: rng.permutation(n_samples) has every row once."),
        no_row_in_both("Cut one shuffled order in two. What you draw separately can overlap."),
        every_row_once("What is not in the test set belongs to the training set."),
        Rule(
            lambda case, value: (
                f"the test set has {short(_sizes_of_tests(value))} rows in {len(draws(value))} splits, "
                f"expected {round(_n_test(case))} in each"
            ),
            lambda case, value: len(_sizes_of_tests(value)) == 1,
            "The size comes out by chance. A coin for each row gives about the right number; the task asks "
            "for exactly round(n_samples * test_size), in every split.",
        ),
        in_each_draw(
            lambda case, pair: "all rows are in the test set, and none is left to train on",
            lambda case, pair: len(pair[0]) > 0,
            "With k = 0, order[-k:] is order[0:], the whole array. Count from the front.",
        ),
        in_each_draw(
            lambda case, pair: "train and test are the wrong way round",
            lambda case, pair: not _has_test_size(case, pair[0]) or _has_test_size(case, pair[1]),
            "Return the training rows first, then the test rows.",
        ),
        in_each_draw(
            lambda case, pair: f"the test set has {len(pair[1])} rows, expected {round(_n_test(case))}",
            lambda case, pair: _has_test_size(case, pair[1]),
            "The test set has round(n_samples * test_size) rows. ceil rounds up only, and int(…) cuts the "
            "decimals off: 100 * 0.29 is 28.999999999999996 in floating point, so int gives 28.",
        ),
        Rule(
            lambda case, value: f"the test rows stand side by side: {first_of(sets(value['answer'])[1])}",
            lambda case, value: not all(stands_together(pair, n_rows(case)) for pair in draws(value)),
            "Shuffle before you cut: a file is often sorted, and its end is not like its beginning.",
        ),
        same_again,
        other_seed_other_split,
        Rule(
            lambda case, value: (
                f"in {len(draws(value))} splits some rows were never tested: "
                f"{first_of(_never_tested(case, value))}"
            ),
            lambda case, value: not _never_tested(case, value),
            "Every row must have its chance, the first and the last too. Which numbers do you draw from? In "
            "NumPy the end of a range does not belong to it.",
        ),
        Rule(
            lambda case, value: (
                f"{len(draws(value))} splits have only {_kinds_of_tests(value)} different test sets"
            ),
            lambda case, value: not _few_kinds(case, value),
            "Shuffle all rows. With every k-th row from a random start, only the start is chance, and rows "
            "that lie k apart always go together.",
        ),
    ),
)


# Task 2: stratified holdout -----------------------------------------------------------------------------


def _stratified_cases(rng: np.random.Generator) -> list[Case]:
    labels = [
        np.repeat([0, 1], [300, 100]),
        np.repeat([7, 3, 20], [40, 25, 61]),
        np.repeat(["benign", "malignant", "unclear"], [150, 80, 4]),
        data.load_breast_cancer().y,
        np.repeat([0, 1], [990, 10]),
    ]
    sizes = [0.25, 0.3, 0.1, 0.2, 0.2]
    return [
        {"y": rng.permutation(y), "test_size": t, "seed": new_seed(rng)}
        for y, t in zip(labels, sizes, strict=True)
    ]


def _counts(case: Case, pair: Any) -> list[tuple[Any, int, float]]:
    """For each class: its name, its rows in the test set, and its exact share."""
    tested = case["y"][np.asarray(pair[1], dtype=int)]
    names, counts = np.unique(case["y"], return_counts=True)
    return [
        (name, int((tested == name).sum()), float(count * case["test_size"]))
        for name, count in zip(names.tolist(), counts, strict=True)
    ]


def _off_share(case: Case, pair: Any) -> list[tuple[Any, int, float]]:
    # One row more or less than the exact share is right: there is more than one fair way to round.
    return [row for row in _counts(case, pair) if abs(row[1] - row[2]) >= 1]


def _unshuffled(case: Case, value: Any) -> list[Any]:
    """Classes whose test rows are the first, or the last, of the class in every draw.

    A class of fewer than 10 rows can have that by chance; one of 10 in 6 draws, once in 10 million times.
    """
    names, counts = np.unique(case["y"], return_counts=True)
    return [
        name
        for name, count in zip(names.tolist(), counts, strict=True)
        if count >= 10 and all(_takes_an_end(case["y"] == name, pair) for pair in draws(value))
    ]


def _takes_an_end(of_class: np.ndarray, pair: Any) -> bool:
    places = np.flatnonzero(np.isin(np.flatnonzero(of_class), np.asarray(pair[1], dtype=int)))
    n, k = int(of_class.sum()), len(places)
    return places.tolist() in (list(range(k)), list(range(n - k, n)))


def _absent(case: Case, pair: Any) -> list[Any]:
    return [name for name, count, _ in _counts(case, pair) if count == 0]


def _share_is_off(case: Case, pair: Any) -> str:
    name, count, share = _off_share(case, pair)[0]
    return f"class {name!r} has {count} rows in the test set; its share is {share:.1f}"


stratified_holdout = Task(
    id="data_splits/stratified_holdout",
    points=4,
    signature="stratified_holdout(y, test_size, rng)",
    cases=_stratified_cases,
    probe=lambda learner, case: draw(learner, case["y"], case["test_size"], seed=case["seed"]),
    verdict=all_of(
        leaves_input_unchanged(
            "y", hint="Whoever calls you still needs y in its order: shuffle row numbers, not y."
        ),
        *two_parts("train and test"),
        no_row_twice(
            "Collect row numbers, not positions inside a class: np.flatnonzero(y == name) gives the row "
            "numbers of a class, and rng.permutation shuffles them."
        ),
        no_row_in_both("Cut the shuffled rows of each class once: one piece for test, the rest for train."),
        every_row_once(
            "Visit every class that occurs: np.unique(y) gives their names, which need not be 0, 1, 2, …"
        ),
        in_each_draw(
            lambda case, pair: f"a class has no row in the test set: {_absent(case, pair)[0]!r}",
            lambda case, pair: not _absent(case, pair),
            "Each class has at least one row in the test set, also when its share rounds to 0: max(1, …).",
        ),
        in_each_draw(
            _share_is_off,
            lambda case, pair: not _off_share(case, pair),
            "Split class by class: from a class with n rows, round(n * test_size) go to the test set.",
        ),
        Rule(
            lambda case, value: (
                f"the test set has the first or the last rows of class {_unshuffled(case, value)[0]!r}"
            ),
            lambda case, value: not _unshuffled(case, value),
            "Shuffle the rows of each class before you cut them.",
        ),
        same_again,
        other_seed_other_split,
    ),
)


# Task 3: k folds ----------------------------------------------------------------------------------------


def _k_fold_cases(rng: np.random.Generator) -> list[Case]:
    cases: list[Case] = [
        {"n_samples": n, "n_splits": k, "seed": new_seed(rng)}
        for n, k in [(60, 5), (14, 5), (103, 10), (569, 2), (8, 8)]
    ]
    refused = [(10, 1, "one fold leaves nothing to train on"), (10, 11, "11 folds of 10 samples")]
    return cases + [
        raises(ValueError, because=why, n_samples=n, n_splits=k, seed=new_seed(rng)) for n, k, why in refused
    ]


def _held(folds: Any) -> np.ndarray:
    return np.concatenate([np.asarray(fold[1], dtype=int) for fold in folds])


def _sizes(folds: Any) -> list[int]:
    return [len(fold[1]) for fold in folds]


def _each_row_held_once(case: Case, folds: Any) -> bool:
    return np.array_equal(np.sort(_held(folds)), np.arange(case["n_samples"]))


def _not_held_once(case: Case, folds: Any) -> str:
    rows, counts = np.unique(_held(folds), return_counts=True)
    never = set(range(case["n_samples"])) - set(rows.tolist())
    if never:
        return f"rows are in no validation set: {first_of(never)} ({len(never)} of {case['n_samples']})"
    return f"rows are in more than one validation set: {first_of(set(rows[counts > 1].tolist()))}"


def _is_partition(n: int, fold: Any) -> bool:
    return sorted(np.concatenate([np.asarray(part, dtype=int) for part in fold]).tolist()) == list(range(n))


def _not_a_partition(case: Case, folds: Any) -> str:
    n = case["n_samples"]
    turn, fold = next((i, fold) for i, fold in enumerate(folds, 1) if not _is_partition(n, fold))
    both = set.intersection(*sets(fold))
    if both:
        return f"turn {turn}: rows are in train and in validation: {first_of(both)}"
    return f"turn {turn}: both parts have {sum(map(len, fold))} rows together, expected {n}, each once"


def _all_folds(value: Any) -> list[frozenset[int]]:
    return [frozenset(sets(fold)[1]) for folds in draws(value) for fold in folds]


def _folds_come_back(case: Case, value: Any) -> bool:
    """Whether two draws share a fold. Of 60 rows in folds of 12, by chance: 435 pairs / C(60, 12) = 3e-10."""
    return case["n_samples"] >= 60 and len(set(_all_folds(value))) < len(_all_folds(value))


def _k_fold_probe(learner: Any, case: Case) -> Any:
    n, k = case["n_samples"], case["n_splits"]
    if not 2 <= k <= n:  # a case that is to be refused: what came is shown as it is
        answer = call(learner, n, k, np.random.default_rng(case["seed"]))
        return list(answer) if isgenerator(answer) else answer
    return draw(learner, n, k, seed=case["seed"])


k_fold = Task(
    id="data_splits/k_fold",
    points=4,
    signature="k_fold(n_samples, n_splits, rng)",
    cases=_k_fold_cases,
    probe=_k_fold_probe,
    hints={
        "ValueError": "Is it your own refusal? Only n_splits below 2 or above n_samples is to be refused.",
    },
    verdict=all_of(
        in_each_draw(
            lambda case, folds: f"expected a list of pairs (train, validation), got {short(folds)}",
            lambda case, folds: isinstance(folds, list) and all(map(is_pair_of_rows, folds)),
            "Each turn is a pair of arrays of row numbers: (train, validation).",
        ),
        in_each_draw(
            lambda case, folds: f"expected {case['n_splits']} turns, got {len(folds)}",
            lambda case, folds: len(folds) == case["n_splits"],
            "There is one turn for each fold.",
        ),
        in_each_draw(
            lambda case, folds: "train and validation are the wrong way round",
            lambda case, folds: case["n_splits"] < 3 or sum(_sizes(folds)) <= case["n_samples"] * 1.5,
            "Return (train, validation): the one fold that is held out comes second.",
        ),
        in_each_draw(
            _not_held_once,
            _each_row_held_once,
            "Shuffle once, before the turns, and give every row to exactly one fold, also the rows that are "
            "left over when n_samples / n_splits is no whole number.",
        ),
        in_each_draw(
            _not_a_partition,
            lambda case, folds: all(_is_partition(case["n_samples"], fold) for fold in folds),
            "In each turn the training rows are all the rows of the other folds, and no others.",
        ),
        in_each_draw(
            lambda case, folds: f"the folds have {_sizes(folds)} rows",
            lambda case, folds: max(_sizes(folds)) - min(_sizes(folds)) <= 1,
            "Sizes of folds differ by one at most: deal what is left over to different folds. "
            "np.array_split does it.",
        ),
        Rule(
            "the rows of a fold stand side by side in the file",
            lambda case, value: not all(stands_together(fold, n_rows(case)) for fold in value["answer"]),
            "Shuffle before you cut: in a sorted file a fold would hold one class only.",
        ),
        same_again,
        other_seed_other_split,
        Rule(
            "generators with different seeds give some of the same folds",
            lambda case, value: not _folds_come_back(case, value),
            "Shuffle all rows. With every k-th row from a random start, only the start is chance, and rows "
            "that lie k apart always go together.",
        ),
    ),
)
