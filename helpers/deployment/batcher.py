"""A batcher: requests that come one by one are answered together.

The rule is that of `helpers.deployment.queueing`, at work: a batch starts when the worker is free and the
batch is full, or its first request has waited for the window. The model runs in a thread beside, so that
requests can come in meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Batcher"]


@dataclass
class Request:
    """A row that waits for its answer."""

    row: np.ndarray
    came: float
    answer: asyncio.Future[Any]


@dataclass
class Batcher:
    """`await batcher(row)` gives the row's answer; `run` is the worker and goes on until it is cancelled.

    - `predict` takes rows (n, …), n from 1 to `max_batch`, and returns n answers.
    - `window` is how many seconds a first request waits for others.
    - `sizes` keeps how many rows each batch had.

    Raises ValueError for a batch below 1 or a window below 0. What `predict` raises, all who wait for that
    batch are told; the next batch runs.

    >>> async def ask_three():
    ...     batcher = Batcher(lambda X: X.sum(axis=1), max_batch=8, window=0.05)
    ...     worker = asyncio.create_task(batcher.run())
    ...     answers = await asyncio.gather(*(batcher(np.full(2, i)) for i in range(3)))
    ...     worker.cancel()
    ...     return [int(answer) for answer in answers], batcher.sizes
    >>> asyncio.run(ask_three())
    ([0, 2, 4], [3])
    """

    predict: Callable[[np.ndarray], Any]
    max_batch: int = 16
    window: float = 0.0
    sizes: list[int] = field(default_factory=list)
    _waiting: asyncio.Queue[Request] = field(default_factory=asyncio.Queue, init=False, repr=False)

    def __post_init__(self) -> None:
        if not (self.max_batch >= 1 and self.window >= 0):
            raise ValueError(
                f"max_batch is 1 or more and window 0 or more, got {self.max_batch} and {self.window}."
            )

    async def __call__(self, row: np.ndarray) -> Any:
        """The answer to one row (…)."""
        loop = asyncio.get_running_loop()
        request = Request(row, loop.time(), loop.create_future())
        self._waiting.put_nowait(request)
        return await request.answer

    async def run(self) -> None:
        """Take a batch, answer it, again."""
        while True:
            batch = await self._gather()
            self.sizes.append(len(batch))
            try:
                answers = await asyncio.to_thread(self.predict, np.stack([one.row for one in batch]))
                pairs = list(zip(batch, answers, strict=True))
            except Exception as error:
                for one in batch:
                    if not one.answer.done():
                        one.answer.set_exception(error)
                continue
            for one, answer in pairs:
                if not one.answer.done():  # who asked may have gone
                    one.answer.set_result(answer)

    async def _gather(self) -> list[Request]:
        """The next batch: what waits, and what comes within the window of the first."""
        batch = [await self._waiting.get()]
        deadline = batch[0].came + self.window
        while len(batch) < self.max_batch:
            if not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
                continue
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                break
            try:
                batch.append(await asyncio.wait_for(self._waiting.get(), left))
            except TimeoutError:
                break
        return batch
