"""A batching queue, computed exactly: who waits how long, given when requests come and what a batch takes.

One worker takes requests in the order in which they come, up to `max_batch` at once, and needs
`seconds(size)` for them. A batch starts when the worker is free and either the batch is full or its first
request has waited for the window. With a window of 0 it takes whatever waits at that moment.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["Served", "poisson_arrivals", "serve"]


@dataclass(frozen=True)
class Served:
    """What became of n requests.

    `latency` (n,) is the time from a request to its answer and `waited` (n,) the part before its batch began,
    in seconds; `sizes` (batches,) says how many were answered together; `throughput` is answers a second.
    """

    latency: np.ndarray
    waited: np.ndarray
    sizes: np.ndarray
    throughput: float


def serve(
    arrivals: np.ndarray, seconds: Callable[[int], float], max_batch: int = 1, window: float = 0.0
) -> Served:
    """Send all requests through the queue.

    arrivals: when they come, in seconds (n,), ascending.
    seconds: what a batch of so many takes.
    Raises ValueError for no or unsorted arrivals, a batch below 1 or a window below 0.

    >>> serve(np.array([0.0, 0.1, 0.2]), lambda size: 1.0).latency
    array([1. , 1.9, 2.8])
    >>> serve(np.array([0.0, 0.1, 0.2]), lambda size: 1.0, max_batch=8).latency
    array([1. , 1.9, 1.8])
    >>> serve(np.array([0.0, 0.1, 0.2]), lambda size: 1.0, max_batch=8, window=0.5).latency
    array([1.5, 1.4, 1.3])
    """
    come = np.asarray(arrivals, float).tolist()
    if not come or come != sorted(come):
        raise ValueError("arrivals must be at least one time, in ascending order.")
    if not (max_batch >= 1 and window >= 0):
        raise ValueError(f"max_batch is 1 or more and window 0 or more, got {max_batch} and {window}.")
    n, first, free = len(come), 0, 0.0
    begun, done, sizes = np.empty(n), np.empty(n), []
    while first < n:
        full = come[first + max_batch - 1] if first + max_batch <= n else float("inf")
        start = max(free, min(full, come[first] + window))
        end = min(first + max_batch, bisect_right(come, start, lo=first))
        free = start + seconds(end - first)
        begun[first:end], done[first:end] = start, free
        sizes.append(end - first)
        first = end
    return Served(done - arrivals, begun - arrivals, np.array(sizes), n / (free - come[0]))


def poisson_arrivals(n: int, per_second: float, rng: np.random.Generator) -> np.ndarray:
    """When n requests come that know nothing of each other, `per_second` of them on average, (n,).

    The gaps between them are exponential: a Poisson process.

    >>> times = poisson_arrivals(10_000, 50, np.random.default_rng(0))
    >>> round(10_000 / times[-1])
    50
    """
    return np.cumsum(rng.exponential(1 / per_second, n))
