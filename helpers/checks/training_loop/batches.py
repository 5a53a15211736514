"""Task 1 of exercise 09: the rows of an epoch, shuffled and cut into batches."""

from typing import Any

import numpy as np

from helpers.checks.blocks import raises
from helpers.checks.plain import short
from helpers.checks.probing import call
from helpers.checks.randomness import (
    drawn,
    draws,
    hardly_shuffled,
    in_each_draw,
    new_seed,
    next_differs,
    other_seed_differs,
    same_again,
)
from helpers.checks.rows import each_row_once, row_numbers
from helpers.checks.task import Case, Task, Wrong, all_of, verdict

ASKED = [(20, 5), (103, 16), (7, 3), (1797, 64), (9, 32), (12, 1)]
REFUSED = (0, -4)  # range refuses a step of 0 by itself, and makes no batches of a negative one


def _cases(rng: np.random.Generator) -> list[Case]:
    def case(n: int, size: int) -> Case:
        return {"n_samples": n, "batch_size": size, "seed": new_seed(rng)}

    hint = "A batch has at least one row: what does your function do when it has not?"
    return [case(n, size) for n, size in ASKED] + [
        raises(ValueError, because=f"batch_size is {size}", names=size, hint=hint, **case(10, size))
        for size in REFUSED
    ]


def _probe(learner: Any, case: Case) -> Any:
    n, size = case["n_samples"], case["batch_size"]
    seen = drawn(lambda rng: call(learner, n, size, rng), case["seed"], next_too=True)
    return seen if size >= 1 else seen.value["answer"]  # which is to be refused


def _lists(batches: Any) -> list[list[int]]:
    return [np.asarray(batch).tolist() for batch in batches]


@verdict
@in_each_draw
def _every_row_once(case: Case, answer: Any) -> None:
    n, size = case["n_samples"], case["batch_size"]
    if not (isinstance(answer, list | np.ndarray) and len(answer)):
        raise Wrong(f"expected a list of arrays of row numbers, got {short(answer)}")
    batches = {f"batch {i}": row_numbers(batch, f"batch {i}") for i, batch in enumerate(answer, 1)}
    sizes = [len(batch) for batch in batches.values()]
    wanted = [size] * (n // size) + [n % size] * (n % size > 0)
    if sizes != wanted:
        what = f"the batches have {short(sizes)} rows, expected {short(wanted)}"
        raise Wrong(what, f"Every batch has batch_size rows, the last one what is left over of the {n}.")
    each_row_once(batches, n, nowhere="in no batch")


@verdict
def _shuffled(case: Case, value: Any) -> None:
    n, epochs = case["n_samples"], [_lists(answer) for answer in draws(value)]
    orders = np.array([[row for batch in epoch for row in batch] for epoch in epochs])
    words = hardly_shuffled(orders.tolist(), n)
    cut = [batch for epoch in epochs for batch in epoch if len(batch) > 1]
    if not words and cut and n > case["batch_size"] and all(np.ptp(b) == len(b) - 1 for b in cut):
        words = "the rows of each batch stand side by side in the file"
    still = np.flatnonzero((orders == orders[0]).all(axis=0))
    if not words and n >= 20 and 0 < len(still) < n:  # by chance once in 100 000 checks
        words = f"with each of {len(orders)} generators row {orders[0, still[0]]} is number {still[0]}"
    if words:
        raise Wrong(words, "A file may be sorted: any row may come at any place of the epoch.")


mini_batches = Task(
    id="training_loop/mini_batches",
    points=2,
    signature="mini_batches(n_samples, batch_size, rng)",
    cases=_cases,
    probe=_probe,
    hints={"ValueError": "There is an answer to this input: batch_size is at least 1."},
    verdict=all_of(
        _every_row_once,
        _shuffled,
        same_again("order", form=_lists),
        other_seed_differs("order", form=_lists),
        next_differs("batches", form=_lists),
    ),
)
