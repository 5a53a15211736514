"""Tasks 1 to 3 of exercise 01: cut once, cut class by class, let every row take a turn.

A split is random, so no check asks for one particular split, only for what a right one has.
"""

from typing import Any

import numpy as np

from helpers import data
from helpers.checks.blocks import leaves_input_unchanged, raises
from helpers.checks.plain import first_of, short
from helpers.checks.probing import Seen, call
from helpers.checks.randomness import drawn, draws, in_each_draw, new_seed, other_seed_differs, same_again
from helpers.checks.rows import each_row_once, off_share, two_parts
from helpers.checks.task import Case, Task, Wrong, all_of, verdict

MANY_DRAWS = 100  # where the rows are few, and a rule asks what can come out at all
PARTS = ("train", "test")
WRONG_WAY_ROUND = (
    "the two parts are the wrong way round",
    "First come the training rows, then those that are held out.",
)


def _in_any_order(answer: Any) -> Any:
    """Row numbers as sorted lists: the order of the rows in a part is free."""
    if any(isinstance(item, list | np.ndarray) for item in answer):
        return [_in_any_order(item) for item in answer]
    return sorted(np.asarray(answer).tolist())


def _side_by_side(rows: Any, n: int) -> bool:
    """Whether some of n rows are one block of neighbours, where row 0 comes after row n - 1."""
    rows = np.sort(np.asarray(rows))
    return len(rows) > 1 and int((np.diff(rows, append=rows[0] + n) > 1).sum()) <= 1


FAIR_SPLITS = [same_again("split", _in_any_order), other_seed_differs("split", _in_any_order)]

# Task 1: holdout ----------------------------------------------------------------------------------------


def _holdout_cases(rng: np.random.Generator) -> list[Case]:
    asked = [(10, 0.3), (7, 0.1), (100, 0.29), (571, 0.2), (1797, 0.15), (200, 0.57), (5, 0.1)]
    times = [MANY_DRAWS, 6, 6, 6, 6, 6, 6]
    return [
        {"n_samples": n, "test_size": size, "seed": new_seed(rng), "times": k}
        for (n, size), k in zip(asked, times, strict=True)
    ]


def _holdout_probe(learner: Any, case: Case) -> Seen:
    n, size = case["n_samples"], case["test_size"]
    try:
        return drawn(lambda rng: call(learner, n, size, rng), case["seed"], case["times"])
    except ValueError:
        if round(n * size) > 0:
            raise
        refused = [np.arange(n), np.arange(0)]  # who refuses to test on no row is right, too
        return Seen(refused, again=refused, others=[], drew=False)


@verdict
@in_each_draw
def _all_rows_in_two_parts(case: Case, pair: Any) -> None:
    each_row_once(dict(zip(PARTS, two_parts(pair, PARTS), strict=True)), case["n_samples"])


@verdict
def _test_size(case: Case, value: Any) -> None:
    n, size = case["n_samples"], case["test_size"]
    sizes = sorted({len(test) for _, test in draws(value)})
    if all(abs(k - n * size) <= 0.5 for k in sizes):  # a half may be rounded up or down
        return
    if len(sizes) == 1 and sizes[0] < n and abs(n - sizes[0] - n * size) <= 0.5:
        raise Wrong(*WRONG_WAY_ROUND)
    hint = "How do your slices read for no row?" if sizes == [n] else "The task asks to round it."
    if len(sizes) > 1:
        hint = "Chance decides which rows are tested, not how many."
    what = f"the test set has {' or '.join(map(str, sizes))} of {n} rows, expected {round(n * size)}"
    raise Wrong(what, f"n_samples * test_size is {n * size!r}. {hint}")


@verdict
def _every_row_has_its_chance(case: Case, value: Any) -> None:
    n, tests = case["n_samples"], [sorted(np.asarray(test).tolist()) for _, test in draws(value)]
    if all(_side_by_side(test, n) for test in tests):
        what = f"in each of {len(tests)} splits the test rows stand side by side in the file"
        raise Wrong(f"{what}: {first_of(tests[0])}", "Rows from all over the file have to come together.")
    # Of 10 rows and 100 draws of 3, some row is never tested with a chance below 10 · 0.7^100 = 3e-15.
    never, kinds = set(range(n)) - {row for test in tests for row in test}, set(map(tuple, tests))
    if never and len(tests) == MANY_DRAWS:
        what = f"in {len(tests)} splits some rows were never tested: {first_of(never)}"
        raise Wrong(what, "Every row must have its chance, the first and the last too.")
    # A start among n rows gives n sets at most; right answers give 120 sets of 3 of 10 rows. That 100 draws
    # show only 20 of them has a chance below C(120, 20) · (20/120)^100 = 1e-55.
    if len(kinds) <= 2 * n and len(tests) == MANY_DRAWS:
        what = f"{len(tests)} splits have only {len(kinds)} different test sets, as {short(list(min(kinds)))}"
        raise Wrong(what, "Some rows always go together. Each row has to be free to meet any other.")


holdout = Task(
    "data_splits/holdout",
    points=3,
    cases=_holdout_cases,
    probe=_holdout_probe,
    signature="holdout(n_samples, test_size, rng)",
    show=("n_samples", "test_size"),
    verdict=all_of(
        _all_rows_in_two_parts,
        _test_size,
        same_again("split", _in_any_order),
        # Of 7 rows and a test set of one, six equal splits can be chance.
        other_seed_differs("split", _in_any_order, unless=lambda case: case["n_samples"] < 10),
        _every_row_has_its_chance,
    ),
)

# Task 2: stratified holdout -----------------------------------------------------------------------------


def _stratified_cases(rng: np.random.Generator) -> list[Case]:
    asked = [
        (np.repeat([0, 1], [300, 100]), 0.25),
        (np.repeat([7, 3, 20], [40, 25, 61]), 0.3),
        (np.repeat(["benign", "malignant", "unclear"], [150, 80, 4]), 0.1),
        (data.load_breast_cancer().y, 0.2),
        (np.repeat([0, 1], [990, 10]), 0.2),
    ]
    return [{"y": rng.permutation(y), "test_size": size, "seed": new_seed(rng)} for y, size in asked]


@verdict
@in_each_draw
def _each_class_is_split(case: Case, pair: Any) -> None:
    y, size = case["y"], case["test_size"]
    train, test = two_parts(pair, PARTS, labels=y)
    each_row_once({"train": train, "test": test}, len(y), y)
    for name, count, share in off_share(y, test, size):
        if not any(off_share(y, train, size)):
            raise Wrong(*WRONG_WAY_ROUND)
        what = f"class {name!r} has {count} rows in the test set; its share is {share:.1f}"
        raise Wrong(what, "One row more or less than the share passes, but each class has one at least.")


@verdict
def _chance_in_each_class(case: Case, value: Any) -> None:
    tests = [np.asarray(test, dtype=int) for _, test in draws(value)]
    for name, n in zip(*np.unique(case["y"], return_counts=True), strict=True):
        places = [np.flatnonzero(np.isin(np.flatnonzero(case["y"] == name), test)) for test in tests]
        # 7 of 25 rows follow each other in 1 of 19,000 draws; here they do in each of six.
        if n >= 20 and all(_side_by_side(place, n) for place in places):
            what = f"in {len(tests)} splits the tested rows of class {name.item()!r} follow each other"
            raise Wrong(what, "Chance decides in every class which rows are tested.")


stratified_holdout = Task(
    "data_splits/stratified_holdout",
    points=4,
    cases=_stratified_cases,
    probe=lambda learner, case: drawn(
        lambda rng: call(learner, case["y"], case["test_size"], rng), case["seed"]
    ),
    signature="stratified_holdout(y, test_size, rng)",
    verdict=all_of(
        leaves_input_unchanged("y", hint="Whoever calls you still needs y in its order."),
        _each_class_is_split,
        *FAIR_SPLITS,
        _chance_in_each_class,
    ),
)

# Task 3: k folds ----------------------------------------------------------------------------------------


def _k_fold_cases(rng: np.random.Generator) -> list[Case]:
    def case(n: int, k: int) -> Case:
        return {"n_samples": n, "n_splits": k, "seed": new_seed(rng)}

    return [
        *(case(n, k) for n, k in [(60, 5), (14, 5), (103, 10), (569, 2), (8, 8)]),
        raises(ValueError, because="one fold leaves nothing to train on", names=1, **case(10, 1)),
        raises(ValueError, because="11 folds of 10 samples", names=11, **case(10, 11)),
        raises(ValueError, because="-2 folds", names=-2, **case(10, -2)),
    ]


def _k_fold_probe(learner: Any, case: Case) -> Any:
    n, k = case["n_samples"], case["n_splits"]
    seen = drawn(lambda rng: call(learner, n, k, rng), case["seed"])
    return seen if 2 <= k <= n else seen.value["answer"]


@verdict
@in_each_draw
def _every_row_takes_its_turn(case: Case, folds: Any) -> None:
    n, k = case["n_samples"], case["n_splits"]
    if not isinstance(folds, list):
        raise Wrong(f"expected a list of pairs (train, validation), got {short(folds)}")
    names = ("train", "validation")
    turns = [two_parts(pair, names, where=f"turn {i}: ") for i, pair in enumerate(folds, 1)]
    if len(turns) != k:
        raise Wrong(f"expected {k} turns, got {len(turns)}")
    trained, held = (sum(map(len, part)) for part in zip(*turns, strict=True))
    if k > 2 and (trained, held) == (n, n * (k - 1)):
        raise Wrong(*WRONG_WAY_ROUND)
    validation = {f"turn {i}": held for i, (_, held) in enumerate(turns, 1)}
    each_row_once(validation, n, where="in the validation sets, ", nowhere="in no turn")
    for i, pair in enumerate(turns, 1):
        each_row_once(dict(zip(names, pair, strict=True)), n, where=f"turn {i}: ")
    sizes = [len(held) for _, held in turns]
    if max(sizes) - min(sizes) > 1:
        raise Wrong(f"the folds have {short(sizes)} rows; their sizes should differ by one at most")


@verdict
def _folds_are_shuffled(case: Case, value: Any) -> None:
    n = case["n_samples"]
    if all(_side_by_side(held, n) for _, held in value["answer"]):
        what = "the rows of each fold stand side by side in the file"
        raise Wrong(what, "In a sorted file such a fold holds one class only.")
    # Of 60 rows in folds of 12, two of 30 are the same with a chance of 435 pairs / C(60, 12) = 3e-10.
    folds = [tuple(sorted(np.asarray(held).tolist())) for turns in draws(value) for _, held in turns]
    if n >= 60 and len(set(folds)) < len(folds):
        again = next(fold for fold in folds if folds.count(fold) > 1)
        what = f"generators with different seeds give some of the same folds, such as {first_of(again)}"
        raise Wrong(what, "Some rows always go together. Each row has to be free to meet any other.")


k_fold = Task(
    "data_splits/k_fold",
    points=4,
    cases=_k_fold_cases,
    probe=_k_fold_probe,
    signature="k_fold(n_samples, n_splits, rng)",
    hints={"ValueError": "There is an answer to this input: n_splits is from 2 to n_samples."},
    verdict=all_of(_every_row_takes_its_turn, *FAIR_SPLITS, _folds_are_shuffled),
)
