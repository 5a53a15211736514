"""Task 1 of exercise 09: the rows of an epoch, shuffled and cut into batches."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from helpers.checks.blocks import raises
from helpers.checks.plain import first_of, short
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
from helpers.checks.task import Case, Task, Wrong, all_of, verdict

ASKED = [(20, 5), (103, 16), (7, 3), (1797, 64), (9, 32), (12, 1)]
REFUSED = (0, -4)  # range refuses a step of 0 by itself, and makes no batches of a negative one


def _cases(rng: np.random.Generator) -> list[Case]:
    refused = [
        raises(
            ValueError,
            because=f"batch_size is {size}",
            names=size,
            hint="A batch has at least one row: what does your function do when it has not?",
            n_samples=10,
            batch_size=size,
            seed=new_seed(rng),
        )
        for size in REFUSED
    ]
    return [{"n_samples": n, "batch_size": size, "seed": new_seed(rng)} for n, size in ASKED] + refused


def _probe(learner: Any, case: Case) -> Any:
    def epoch(rng: np.random.Generator) -> Any:
        batches = call(learner, case["n_samples"], case["batch_size"], rng)
        return list(batches) if isinstance(batches, Iterator) else batches

    if case["batch_size"] < 1:  # to be refused
        return epoch(np.random.default_rng(case["seed"]))
    return drawn(epoch, case["seed"], next_too=True)


def _lists(batches: Any) -> list[list[int]]:
    return [np.asarray(batch).tolist() for batch in batches]


def _is_batch(batch: Any) -> bool:
    rows = np.asarray(batch)
    return rows.ndim == 1 and rows.dtype.kind in "iu"


def _even(n: int, parts: int) -> list[int]:
    """The sizes of nearly equal batches, as of np.array_split."""
    return [len(part) for part in np.array_split(np.arange(n), parts)]


@verdict
@in_each_draw
def _every_row_once(case: Case, answer: Any) -> None:
    n, size = case["n_samples"], case["batch_size"]
    if not (isinstance(answer, list | np.ndarray) and len(answer) and all(map(_is_batch, answer))):
        raise Wrong(
            f"expected a list of arrays of row numbers, got {short(answer)}",
            "A batch is one array of whole numbers, the rows that it takes; return all batches in a list.",
        )
    batches = _lists(answer)
    times = Counter(row for batch in batches for row in batch)
    strange, missing = times.keys() - set(range(n)), set(range(n)) - times.keys()
    if strange:
        raise Wrong(
            f"there are only the rows 0 to {n - 1}: got {first_of(strange)}",
            "Row numbers begin with 0 and end with n_samples - 1. X[-1] is the last row once more.",
        )
    wanted = [size] * (n // size) + [n % size] * (n % size > 0)
    sizes = [len(batch) for batch in batches]
    if sizes != wanted:
        hint = "Every batch has batch_size rows, and the last one what is left over."
        if [*sizes, len(missing)] == wanted:
            hint = "The last batch is smaller, and its rows belong to the epoch too."
        elif sizes == _even(n, size):
            hint = "batch_size is the number of rows in a batch, not the number of batches."
        elif sizes == _even(n, len(wanted)):
            hint = "These batches are nearly equal. Asked are full ones, and a last one with what is left."
        raise Wrong(
            f"the batches have {short(sizes)} rows, expected {short(wanted)}"
            + (f"; {len(missing)} of {n} rows are in no batch: {first_of(missing)}" if missing else ""),
            hint,
        )
    twice = [row for row, count in times.items() if count > 1]
    if twice:
        places = [number for number, batch in enumerate(batches, start=1) if twice[0] in batch]
        where = f"row {twice[0]} is in the batches {first_of(places)}"
        raise Wrong(
            f"{len(twice)} rows come more than once, and {len(missing)} never: "
            + (where if len(places) > 1 else f"row {twice[0]} is twice in batch {places[0]}"),
            "An epoch visits every row once: what one batch has taken, no other takes.",
        )


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
    verdict=all_of(
        _every_row_once,
        _shuffled,
        same_again("order", form=_lists),
        other_seed_differs("order", form=_lists),
        next_differs("batches", form=_lists),
    ),
)
