"""A service under load: how many requests come, how long a batch waits for more, how many it may hold.

One worker needs 10 ms for a call and half a millisecond for each row of it. The requests of a second come at
random (a Poisson process, the same draw for each setting), and `helpers.deployment.queueing` computes exactly
when each is answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from helpers.deployment.queueing import serve
from helpers.explore.base import Control, Frame, Stage, within
from helpers.explore.view import explore
from helpers.figures import COLORS, subplots

CALL, ROW = 0.010, 0.0005
"""What a call takes, and what each row of it adds, in seconds."""
LOADS = (5, 10, 20, 50, 80, 90, 100, 150, 200, 300, 400, 600, 800, 1000, 1200, 1500)
WINDOWS = (0, 1, 2, 5, 10, 20, 50)
BATCHES = (1, 2, 4, 8, 16, 32, 64)
REQUESTS = 1500
GAPS = np.random.default_rng(0).exponential(1, REQUESTS)
LOWEST, HIGHEST = 0.008, 30.0


def seconds(size: int) -> float:
    """What the worker needs for a batch.

    >>> round(seconds(1), 4), round(seconds(32), 4)
    (0.0105, 0.026)
    """
    return CALL + ROW * size


def capacity(batch: int) -> float:
    """How many requests a second full batches of this size can answer.

    >>> round(capacity(1)), round(capacity(32))
    (95, 1231)
    """
    return batch / seconds(batch)


@dataclass(frozen=True)
class Seen:
    """What 1,500 requests met: the median latency and that of the slowest in a hundred, in seconds; the mean
    batch; the answers a second."""

    median: float
    p99: float
    batch: float
    throughput: float


@lru_cache(maxsize=5000)
def seen(load: float, window: float, batch: int) -> Seen:
    """The queue at `load` requests a second, with a window in milliseconds.

    >>> seen(90, 0, 1).median > 2 * seen(90, 0, 32).median
    True
    """
    served = serve(np.cumsum(GAPS) / load, seconds, batch, window / 1000)
    median, p99 = np.quantile(served.latency, (0.5, 0.99))
    return Seen(float(median), float(p99), float(served.sizes.mean()), served.throughput)


def sentence(load: float, window: float, batch: int) -> str:
    """What a request meets, in plain words.

    >>> sentence(100, 0, 1).split(": ")[0]
    'More comes than the worker can do'
    """
    of = seen(load, window, batch)
    if load > capacity(batch):
        return (
            f"More comes than the worker can do: of {load:g} requests a second it answers at most "
            f"{capacity(batch):.0f}, so the queue grows for as long as this lasts. Here half of "
            f"{REQUESTS:,} requests took more than {1000 * of.median:,.0f} ms."
        )
    return (
        f"The worker keeps up: half of the answers come within {1000 * of.median:.0f} ms, 99 of 100 within "
        f"{1000 * of.p99:.0f} ms. It takes {of.batch:.1f} rows at a time, in "
        f"{of.throughput / of.batch:.0f} calls a second."
    )


@lru_cache(maxsize=1)
def _stage() -> Stage:
    """The figure without anything in it, and the artists that each frame fills in."""
    fig, (left, right) = subplots(ncols=2, width=7.8, height=3.7, width_ratios=(1.25, 1))
    for ax in (left, right):
        ax.set(xscale="log", yscale="log", xlabel="requests a second", xlim=(4.5, 1700))
        ax.set_xticks((10, 100, 1000), ("10", "100", "1000"))
    left.set(ylim=(LOWEST, HIGHEST), ylabel="latency")
    left.set_yticks((0.01, 0.1, 1, 10), ("10 ms", "100 ms", "1 s", "10 s"))
    right.set(ylim=(4.5, 1700), ylabel="answers a second")
    right.set_yticks((10, 100, 1000), ("10", "100", "1000"))
    alone = [seen(load, 0, 1) for load in LOADS]
    grey = {"color": COLORS["grey"], "linewidth": 1.2}
    left.plot(LOADS, [one.median for one in alone], label="one by one, median", **grey)
    right.plot(LOADS, [one.throughput for one in alone], label="one by one", **grey)
    art = SimpleNamespace()
    looks = {
        "median": (left, "blue", "-", "median"),
        "p99": (left, "red", (0, (5, 2)), "slowest of 100"),
        "throughput": (right, "blue", "-", "yours"),
    }
    for name, (ax, color, dash, label) in looks.items():
        (line,) = ax.plot([], [], color=COLORS[color], linestyle=dash, label=label)
        (dot,) = ax.plot([], [], "o", color=COLORS[color], markersize=8)
        setattr(art, name, line)
        setattr(art, f"{name}_here", dot)
    for ax in (left, right):
        ax.legend(loc="upper left", fontsize=9)
    return Stage(fig, art)


def frame(load: float, window: float, batch: int) -> Frame:
    """Latency and throughput over the load, with the chosen load marked.

    Args:
        load: requests a second, one of `LOADS`.
        window: how long the first of a batch waits for more, in milliseconds, one of `WINDOWS`.
        batch: how many rows a batch may have, one of `BATCHES`.

    Raises:
        ValueError: when a value is not one of its slider's.

    >>> frame(load=1500, window=0, batch=1).sentence.split(": ")[0]
    'More comes than the worker can do'
    """
    within(CONTROLS, load=load, window=window, batch=batch)
    load, window, batch = float(load), float(window), int(batch)
    curve = [seen(float(one), window, batch) for one in LOADS]
    here = seen(load, window, batch)

    def paint(art: SimpleNamespace) -> None:
        for name in ("median", "p99", "throughput"):
            getattr(art, name).set_data(LOADS, [getattr(one, name) for one in curve])
            getattr(art, f"{name}_here").set_data([load], [getattr(here, name)])

    alt = (
        f"Latency and answers a second by requests a second, all on logarithmic scales, for batches of up to "
        f"{batch} and a window of {window:g} ms, beside one by one. At {load:g} requests a second the median "
        f"latency is {1000 * here.median:,.0f} ms, that of the slowest in 100 {1000 * here.p99:,.0f} ms, and "
        f"{here.throughput:,.0f} a second are answered."
    )
    return Frame(_stage().picture(alt, paint), sentence(load, window, batch))


CONTROLS = (
    Control("load", "requests a second", LOADS, default=100),
    Control("window", "window", WINDOWS, default=0, text="{:g} ms".format),
    Control("batch", "largest batch", BATCHES, default=2),
)


def explorer() -> None:
    """Show the explorer in a notebook."""
    explore(frame, CONTROLS)
