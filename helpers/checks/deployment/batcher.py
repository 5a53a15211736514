"""Task 3: requests that are answered together, in whole milliseconds, so that every tie is exact."""

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.task import Case

Array = np.ndarray


def _cases(rng: np.random.Generator) -> list[Case]:
    """Those of the task, each rule by itself, and crowds: a quiet one, a busy one, ties, no window."""
    few = [
        _case([0, 22, 23, 40, 50, 61], [1, 2, 2, 1, 1, 3], 4, 20, 5, 1),
        _case([0, 3, 4, 30, 41], [1, 2, 2, 1, 1], 4, 10, 5, 1),
        _case([7, 9, 12, 12, 13], [1, 1, 1, 1, 1], 8, 5, 2, 3),
        _case([2, 2, 3, 4, 20, 25], [2, 3, 1, 3, 1, 1], 4, 9, 30, 2),
        _case([5, 6, 7, 8, 9], [1, 3, 1, 1, 2], 3, 20, 1, 4),
    ]
    for n, gap, most, *numbers in [
        (40, 9, 3, 6, 12, 1, 1),
        (60, 3, 4, 8, 10, 6, 2),
        (40, 4, 1, 3, 5, 2, 1),
        (50, 5, 3, 5, 0, 6, 2),
    ]:
        arrivals = np.cumsum(rng.integers(0, gap, n)) + 1
        few.append(_case(arrivals, rng.integers(1, most + 1, n), *numbers))
    return few


def _case(arrivals: Array | list[int], rows: Array | list[int], *numbers: int) -> Case:
    names = ("max_rows", "window", "per_call", "per_row")
    given = {"arrivals": np.array(arrivals), "rows": np.array(rows)}
    return {**given, **dict(zip(names, numbers, strict=True))}


def _batches(
    arrivals: Array, rows: Array, max_rows: int, window: int, per_call: int, per_row: int
) -> tuple[Array, Array]:
    n = len(arrivals)
    batch, answered = np.zeros(n, int), np.zeros(n, int)
    first = number = free = 0
    while first < n:
        fitting = np.cumsum(rows[first:]) <= max_rows
        end = first + fitting.sum()
        reached = rows[first:end].sum() == max_rows
        after = arrivals[end] if end < n else np.inf
        full = arrivals[end - 1] if reached else after
        waited = arrivals[first] + window
        start = max(free, min(full, waited))
        end = first + np.sum(arrivals[first:end] <= start)
        own = rows[first:end]
        taken = own.sum()
        free = start + per_call + per_row * taken
        batch[first:end] = number
        answered[first:end] = free
        first, number = end, number + 1
    return batch, answered


LAST = "Look at the first request that differs: when is its batch full, and when does its window end?"

batches = formula_task(
    "deployment/batches",
    "batches(arrivals, rows, max_rows, window, per_call, per_row)",
    points=4,
    cases=_cases,
    right=_batches,
    parts={"batch": LAST, "answered": "When does that batch start, and how many rows does it have?"},
    slips=r"""
        full = arrivals[end - 1] if reached else after → full = arrivals[end - 1] if reached else np.inf
            only a batch of max_rows rows counts as full
            What if the next request has arrived and would be too much?
        full = arrivals[end - 1] if reached else after → full = after
            a batch of max_rows rows waits for one more request
            With `max_rows` rows it is full already.
        max(free, min(full, waited)) → min(full, waited)
            a batch starts while the worker is busy
            There is one worker: when is it done with the batch before?
        max(free, min(full, waited)) → max(free, waited)
            a batch that is full waits on for its window
            It starts as soon as one of the two is true.
        max(free, min(full, waited)) → max(free, full if full < np.inf else waited)
            a batch waits longer than the window of its first request
            When that window ends, it starts with those that are there.
        waited = arrivals[first] + window → waited = max(arrivals[first], free) + window
            the window begins only when the worker is free
            It is the first request that waits: since when?
        waited = arrivals[first] + window → waited = arrivals[first]
            nobody waits for the window
            A first request waits for others up to `window`.
        arrivals[first:end] <= start → arrivals[first:end] < max(start, arrivals[first] + 1)
            who arrives at the very moment of the start is left behind
            The task says what happens then.
        fitting = np.cumsum(rows[first:]) <= max_rows → fitting = np.arange(1, n - first + 1) <= max_rows
        reached = rows[first:end].sum() == max_rows → reached = end - first == max_rows
            max_rows counts requests
            A request may bring several rows.
        per_row * taken → per_row * (end - first)
            per_row is paid for each request
            A request may bring several rows.
        answered: answered[first:end] = free → answered[first:end] = start
            answered tells when the batches start
            A batch takes per_call + per_row · k.
        answered: return batch, answered → return batch, answered - arrivals
            answered tells how long each request waits
            The time when it is answered is asked for, not the latency.
        answered: answered[first:end] = free → answered[first:end] = start + per_call + per_row * own.cumsum()
            the requests of a batch are answered one after another
            All are answered when the batch is done.
        batch: return batch, answered → return batch + 1, answered
            the batches are counted from 1
            The first one has the number 0.
        batch: return batch, answered → return np.flatnonzero(np.diff(batch, prepend=-1))[batch], answered
            batch holds the number of the first request
            The batches are counted: 0, 1, and so on.
    """,
    form="End with `return batch, answered`: two arrays of shape (n,).",
    hints={"IndexError": "Which batch is the last one? There may be no request after it."},
)
