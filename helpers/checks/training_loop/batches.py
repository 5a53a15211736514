"""Task 1 of exercise 09: the rows of an epoch, shuffled and cut into batches."""

from typing import Any

import numpy as np

from helpers.checks.blocks import raises
from helpers.checks.plain import first_of, short
from helpers.checks.probing import call
from helpers.checks.randomness import new_seed
from helpers.checks.task import Case, Rule, Task, all_of

ASKED = [(20, 5), (103, 16), (7, 3), (1797, 64), (9, 32), (12, 1)]
REFUSED = (0, -4)  # range refuses a step of 0 by itself, and makes no batches of a negative one


def _cases(rng: np.random.Generator) -> list[Case]:
    refused = [
        raises(
            ValueError,
            because=f"batch_size is {size}",
            hint="Test for it first: a batch has at least one row, if not raise a ValueError.",
            n_samples=10,
            batch_size=size,
            seed=new_seed(rng),
        )
        for size in REFUSED
    ]
    return [{"n_samples": n, "batch_size": size, "seed": new_seed(rng)} for n, size in ASKED] + refused


def _probe(learner: Any, case: Case) -> Any:
    """Two epochs from one generator, the first of them once more, and epochs of other generators."""

    def epoch(rng: np.random.Generator) -> Any:
        batches = call(learner, case["n_samples"], case["batch_size"], rng)
        return batches if isinstance(batches, np.ndarray) else list(batches)

    rng = np.random.default_rng(case["seed"])
    if case["batch_size"] < 1:  # to be refused
        return epoch(rng)
    first, second = epoch(rng), epoch(rng)
    again = epoch(np.random.default_rng(case["seed"]))
    others = [epoch(np.random.default_rng(case["seed"] + 1 + i)) for i in range(3)]
    return {"batches": first, "next": second, "again": again, "others": others}


def _lists(batches: Any) -> list[list[int]]:
    return [np.asarray(batch).tolist() for batch in batches]


def _is_batch(batch: Any) -> bool:
    rows = np.asarray(batch)
    return rows.ndim == 1 and rows.dtype.kind in "iu"


def _rows(value: Any) -> list[int]:
    return [row for batch in _lists(value["batches"]) for row in batch]


def _sizes(value: Any) -> list[int]:
    return [len(batch) for batch in value["batches"]]


def _wanted(case: Case) -> list[int]:
    n, size = case["n_samples"], case["batch_size"]
    return [size] * (n // size) + ([n % size] if n % size else [])


def _missing(case: Case, value: Any) -> set[int]:
    return set(range(case["n_samples"])) - set(_rows(value))


def _drops_the_rest(case: Case, value: Any) -> bool:
    rest = case["n_samples"] % case["batch_size"]
    return bool(rest) and _sizes(value) == _wanted(case)[:-1] and len(_missing(case, value)) == rest


def _in_file_order(case: Case, value: Any) -> bool:
    """Whether every batch is a piece of the file, as it stands there or shuffled only inside, or the epoch
    is the file itself from another row on."""
    n = case["n_samples"]
    if n >= 20 and np.isin(np.diff(_rows(value)) % n, (1, n - 1)).sum() > n / 2:
        return True
    batches = [batch for batch in _lists(value["batches"]) if len(batch) > 1]
    # With 7 rows that happens by chance, and with one batch always.
    return (
        bool(batches)
        and n > max(7, case["batch_size"])
        and all(max(batch) - min(batch) == len(batch) - 1 for batch in batches)
    )


mini_batches = Task(
    id="training_loop/mini_batches",
    points=2,
    signature="mini_batches(n_samples, batch_size, rng)",
    cases=_cases,
    probe=_probe,
    verdict=all_of(
        Rule(
            lambda case, value: f"expected a list of arrays of row numbers, got {short(value['batches'])}",
            lambda case, value: (
                isinstance(value["batches"], list | np.ndarray)
                and len(value["batches"]) > 0
                and all(map(_is_batch, value["batches"]))
            ),
            "Each batch is an array of row numbers: order[start : start + batch_size].",
        ),
        Rule(
            lambda case, value: (
                f"{len(_missing(case, value))} of {case['n_samples']} rows are in no batch: "
                f"those of the last one, which is smaller"
            ),
            lambda case, value: not _drops_the_rest(case, value),
            "Keep the last batch although it is smaller: its rows belong to the epoch too.",
        ),
        Rule(
            lambda case, value: (
                f"there are only the rows 0 to {case['n_samples'] - 1}: got {max(_rows(value))}"
            ),
            lambda case, value: min(_rows(value)) >= 0 and max(_rows(value)) < case["n_samples"],
            "Row numbers begin with 0 and end with n_samples - 1: rng.permutation(n_samples).",
        ),
        Rule(
            lambda case, value: (
                f"batches have {_sizes(value)[:8]} rows, expected {_wanted(case)[:8]}"
                + (", …" if len(_wanted(case)) > 8 else "")
            ),
            lambda case, value: _sizes(value) == _wanted(case) or len(_rows(value)) != case["n_samples"],
            "Every batch has batch_size rows, and the last one what is left over. batch_size is not the "
            "number of batches, and np.array_split makes all batches nearly equal.",
        ),
        Rule(
            lambda case, value: (
                f"in one epoch {len(_rows(value)) - len(set(_rows(value)))} rows come twice"
                + (f", and others never: {first_of(_missing(case, value))}" if _missing(case, value) else "")
            ),
            lambda case, value: sorted(_rows(value)) == list(range(case["n_samples"])),
            "An epoch visits every row once: draw one order of all rows, without replacement, and cut it.",
        ),
        Rule(
            "each batch is a piece of the file: its rows stand side by side there",
            lambda case, value: not _in_file_order(case, value),
            "Shuffle all the rows before you cut: in a sorted file a batch would hold one class only.",
        ),
        Rule(
            "the same generator gives other batches at the second try",
            lambda case, value: _lists(value["batches"]) == _lists(value["again"]),
            "Use only `rng`. np.random.permutation and random.shuffle keep a hidden state, so that nobody "
            "can repeat your run.",
        ),
        Rule(
            "generators with different seeds give the same batches",
            lambda case, value: any(_lists(value["batches"]) != _lists(one) for one in value["others"]),
            "The `rng` that is passed decides the order: draw from it, and make no generator of your own.",
        ),
        Rule(
            "two epochs from one generator have the same order",
            lambda case, value: _lists(value["batches"]) != _lists(value["next"]),
            "Every call draws anew from `rng`, not from a copy of it, so that each epoch has its own order.",
        ),
    ),
)
