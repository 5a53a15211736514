"""What every check of a split asks: each row once, and chance that comes from the generator that was passed.

The probe draws several splits (`draw`); a rule holds when it holds for each of them.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.checks.plain import first_of, short
from helpers.checks.probing import Seen, call
from helpers.checks.randomness import DRAWS, drawn, draws
from helpers.checks.task import Case, Rule

MANY_DRAWS = 100  # where the rows are few, and a rule asks what can come out at all


def n_rows(case: Case) -> int:
    """How many rows are to be split."""
    return len(case["y"]) if "y" in case else int(case["n_samples"])


def _is_rows(part: Any) -> bool:
    if _is_pieces(part):
        return False
    array = np.asarray(part)
    return array.ndim == 1 and (array.dtype.kind in "iu" or array.size == 0)


def is_pair_of_rows(pair: Any) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and _is_rows(pair[0]) and _is_rows(pair[1])


def sets(pair: Any) -> list[set[int]]:
    return [set(np.asarray(part).tolist()) for part in pair]


def _twice(pair: Any) -> set[int]:
    parts = [np.unique(np.asarray(part, dtype=int), return_counts=True) for part in pair]
    return {int(row) for rows, counts in parts for row in rows[counts > 1]}


def in_each_draw(what: Callable[[Case, Any], str], holds: Callable[[Case, Any], bool], hint: str) -> Rule:
    """A rule for every split that the probe drew; `what` speaks of the first that breaks it."""
    return Rule(
        lambda case, value: what(case, next(split for split in draws(value) if not holds(case, split))),
        lambda case, value: all(holds(case, split) for split in draws(value)),
        hint,
    )


def two_parts(names: str) -> list[Rule]:
    """The answer is two arrays of row numbers; each way to miss that has its own words."""
    return [
        in_each_draw(
            lambda case, pair: f"one array came, two are needed: {names}; got {short(pair)}",
            lambda case, pair: not _is_one_array(pair),
            f"Return both, with a comma between them: {names}, in this order.",
        ),
        in_each_draw(
            lambda case, pair: (
                f"a part is a list of {len(next(filter(_is_pieces, pair)))} pieces, not one array"
            ),
            lambda case, pair: not (isinstance(pair, list) and any(map(_is_pieces, pair))),
            "One piece for each class: join the pieces with np.concatenate before you return.",
        ),
        in_each_draw(
            lambda case, pair: f"these are labels, not row numbers: {short(pair[0])}",
            lambda case, pair: not _are_labels(case, pair),
            "Return the numbers of the rows, and leave it to the caller to write y[train] and y[test].",
        ),
        in_each_draw(
            lambda case, pair: f"the row numbers have dtype {_float_part(pair)[0].dtype}",
            lambda case, pair: not _float_part(pair),
            "Row numbers are whole numbers (dtype int): with floats nobody can pick rows. np.zeros, np.empty "
            "and np.array([]) make floats unless you write dtype=int.",
        ),
        in_each_draw(
            lambda case, pair: f"expected two arrays of row numbers, {names}; got {short(pair)}",
            lambda case, pair: is_pair_of_rows(pair),
            "Return two arrays of row numbers, not a mask of True and False and not the rows themselves. "
            "np.flatnonzero(mask) turns a mask into row numbers.",
        ),
    ]


def _is_one_array(answer: Any) -> bool:
    if isinstance(answer, np.ndarray):
        return answer.ndim == 1
    return isinstance(answer, list) and (len(answer) == 1 or all(isinstance(row, int) for row in answer))


def _is_pieces(part: Any) -> bool:
    return isinstance(part, list) and any(isinstance(piece, list | np.ndarray) for piece in part)


def _are_labels(case: Case, pair: Any) -> bool:
    """Whether the parts hold nothing but names of classes, and more of them than there are classes."""
    if not (isinstance(pair, list) and all(np.ndim(part) == 1 for part in pair)):
        return False
    names = set(np.asarray(case.get("y", [])).tolist())
    values = [value for part in pair for value in np.asarray(part).tolist()]
    return len(values) > len(names) > 0 and set(values) <= names and not _has_masks(pair)


def _has_masks(pair: Any) -> bool:
    return any(np.asarray(part).dtype == bool for part in pair)


def _float_part(pair: Any) -> list[np.ndarray]:
    """The parts that hold floats, in a pair."""
    parts = [np.asarray(part) for part in pair] if isinstance(pair, list) and len(pair) == 2 else []
    return [part for part in parts if part.dtype.kind == "f" and part.ndim == 1 and part.size]


def no_row_twice(hint: str) -> Rule:
    """No row stands twice in one part."""
    return in_each_draw(
        lambda case, pair: f"in one part a row occurs more than once: {first_of(_twice(pair))}",
        lambda case, pair: not _twice(pair),
        hint,
    )


def no_row_in_both(hint: str) -> Rule:
    """The two parts are disjoint."""
    return in_each_draw(
        lambda case, pair: f"rows are in both parts: {first_of(set.intersection(*sets(pair)))}",
        lambda case, pair: not set.intersection(*sets(pair)),
        hint,
    )


def every_row_once(hint: str) -> Rule:
    """Together the parts hold the row numbers 0 … n − 1."""

    def what(case: Case, pair: Any) -> str:
        got, want = set.union(*sets(pair)), set(range(n_rows(case)))
        if got - want:
            return (
                f"there are only the rows 0 to {n_rows(case) - 1}, but the answer has {first_of(got - want)}"
            )
        return f"rows are in neither part: {first_of(want - got)} ({len(want - got)} of {len(want)})"

    return in_each_draw(what, lambda case, pair: set.union(*sets(pair)) == set(range(n_rows(case))), hint)


same_again = Rule(
    "the same generator gives another split at the second call",
    lambda case, value: _plain(value["answer"]) == _plain(value["again"]),
    "Use only `rng`. Functions such as np.random.permutation and random.shuffle keep a hidden state, "
    "so nobody can repeat your split.",
)

other_seed_other_split = Rule(
    lambda case, value: f"{len(draws(value))} generators with different seeds give the same split",
    lambda case, value: (
        _leaves_no_choice(case) or any(_plain(value["answer"]) != _plain(other) for other in value["others"])
    ),
    "The `rng` that is passed decides the split: draw from it, and make no generator of your own.",
)


def _leaves_no_choice(case: Case) -> bool:
    """Whether no row, or one of a few, is held out: then equal splits can be chance."""
    return "n_samples" in case and case["n_samples"] * case.get("test_size", 1) < 1


def _plain(answer: Any) -> Any:
    """Row numbers as sorted lists: the order of the rows in a part is free."""
    if isinstance(answer, list) and any(isinstance(item, list | np.ndarray) for item in answer):
        return [_plain(item) for item in answer]
    return sorted(np.asarray(answer).tolist())


def draw(learner: Callable[..., Any], *arguments: Any, seed: int, times: int = DRAWS) -> Seen:
    """One split, the same once more, and splits of other seeds: `times` different ones."""
    return drawn(lambda rng: call(learner, *arguments, rng), seed, times)


def stands_together(pair: Any, n: int) -> bool:
    """Whether the second part is one block of neighbours, where row 0 comes after row n - 1."""
    rows = np.sort(np.asarray(pair[1]))
    return len(rows) > 1 and int((np.diff(rows, append=rows[0] + n) > 1).sum()) <= 1
