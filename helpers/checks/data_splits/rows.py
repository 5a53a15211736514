"""What every check of a split asks: each row once, and chance that comes from the generator that was passed.

The probe draws several splits (`draw`); a rule holds when it holds for each of them.
"""

from collections.abc import Callable
from inspect import isgenerator
from typing import Any

import numpy as np

from helpers.checks.plain import short
from helpers.checks.probing import call
from helpers.checks.task import Case, Rule

DRAWS = 6  # a property of chance is looked at in so many draws


def _n(case: Case) -> int:
    return len(case["y"]) if "y" in case else int(case["n_samples"])


def _is_rows(part: Any) -> bool:
    array = np.asarray(part)
    return array.ndim == 1 and (array.dtype.kind in "iu" or array.size == 0)


def is_pair_of_rows(pair: Any) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and _is_rows(pair[0]) and _is_rows(pair[1])


def draws(value: Any) -> list[Any]:
    """All splits that the probe collected: the one asked for, then those of other seeds."""
    return [value["split"], *value["others"]]


def sets(pair: Any) -> list[set[int]]:
    return [set(np.asarray(part).tolist()) for part in pair]


def first_of(items: set[int], most: int = 5) -> str:
    shown = ", ".join(str(item) for item in sorted(items)[:most])
    return shown + (", …" if len(items) > most else "")


def _twice(pair: Any) -> set[int]:
    parts = [np.unique(np.asarray(part, dtype=int), return_counts=True) for part in pair]
    return {int(row) for rows, counts in parts for row in rows[counts > 1]}


def two_parts(names: str) -> Rule:
    """The answer is two 1-D arrays (or lists) of whole numbers."""
    return Rule(
        lambda case, value: f"expected two arrays of row numbers, {names}; got {short(value['split'])}",
        lambda case, value: all(is_pair_of_rows(pair) for pair in draws(value)),
        "Return two arrays of row numbers, not a mask of True and False and not the rows themselves. "
        "np.flatnonzero(mask) turns a mask into row numbers.",
    )


def no_row_twice(hint: str) -> Rule:
    """No row stands twice in one part."""
    return Rule(
        lambda case, value: f"in one part a row occurs more than once: {first_of(_twice(value['split']))}",
        lambda case, value: not any(_twice(pair) for pair in draws(value)),
        hint,
    )


def no_row_in_both(hint: str) -> Rule:
    """The two parts are disjoint."""
    return Rule(
        lambda case, value: f"rows are in both parts: {first_of(set.intersection(*sets(value['split'])))}",
        lambda case, value: not any(set.intersection(*sets(pair)) for pair in draws(value)),
        hint,
    )


def every_row_once(hint: str) -> Rule:
    """Together the parts hold the row numbers 0 … n − 1."""

    def wrong(case: Case, pair: Any) -> tuple[set[int], set[int]]:
        got, want = set.union(*sets(pair)), set(range(_n(case)))
        return want - got, got - want

    def what(case: Case, value: Any) -> str:
        missing, alien = wrong(case, value["split"])
        if alien:
            return f"there are only the rows 0 to {_n(case) - 1}, but the answer has {first_of(alien)}"
        return f"rows are in neither part: {first_of(missing)} ({len(missing)} of {_n(case)})"

    return Rule(what, lambda case, value: not any(any(wrong(case, pair)) for pair in draws(value)), hint)


def same_again(what: str = "split") -> Rule:
    """The same generator gives the same answer."""
    return Rule(
        f"the same generator gives another {what} at the second call",
        lambda case, value: _plain(value["split"]) == _plain(value["again"]),
        "Use only `rng`. Functions such as np.random.permutation and random.shuffle keep a hidden state, "
        "so nobody can repeat your split.",
    )


def other_seed_other_split(what: str = "split") -> Rule:
    """Another generator gives another answer."""
    return Rule(
        f"six generators with different seeds give the same {what}",
        lambda case, value: any(_plain(value["split"]) != _plain(other) for other in value["others"]),
        "The `rng` that is passed decides the split: draw from it, and make no generator of your own.",
    )


def _plain(answer: Any) -> Any:
    """Row numbers as sorted lists: the order of the rows in a part is free."""
    if isinstance(answer, list) and any(isinstance(item, list | np.ndarray) for item in answer):
        return [_plain(item) for item in answer]
    return sorted(np.asarray(answer).tolist())


def draw(learner: Callable[..., Any], *arguments: Any, seed: int) -> dict[str, Any]:
    """One split, the same once more, and splits of other seeds."""

    def split(seed: int) -> Any:
        answer = call(learner, *arguments, np.random.default_rng(seed))
        return list(answer) if isgenerator(answer) else answer

    others = [split(seed + 1 + i) for i in range(DRAWS - 1)]
    return {"split": split(seed), "again": split(seed), "others": others}


def new_seed(rng: np.random.Generator) -> int:
    return int(rng.integers(1 << 30))


def stands_together(pair: Any) -> bool:
    rows = np.asarray(pair[1])
    return len(rows) > 1 and int(np.ptp(rows)) == len(rows) - 1
