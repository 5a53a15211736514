"""How long a graphics card takes for something: the clock of `course bench gpu`."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

Row = tuple[str, str, str, Any]
"""Experiment, setting, quantity and value, as in the stored table."""


def median_us(run: Callable[[], Any], *, repeats: int, inner: int = 1, warm_up: int = 5) -> float:
    """The median time of a call in microseconds, by CUDA events around `inner` calls."""
    import torch

    for _ in range(warm_up):
        run()
    torch.cuda.synchronize()
    times = []
    for _ in range(repeats):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        for _ in range(inner):
            run()
        end.record()
        torch.cuda.synchronize()
        times.append(1000 * start.elapsed_time(end) / inner)
    return statistics.median(times)
