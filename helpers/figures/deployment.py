"""The figures of lesson 21: requests that wait alone or together, alarms beside accuracy, and two clients.

They take what the lesson computed and return a figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from helpers.figures import COLORS, all_finite, subplots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["alarms_and_accuracy", "percentiles", "waiting"]


def waiting(arrivals: np.ndarray, served: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Each request as a line from its arrival to its answer, thick while it is computed; a panel a rule.

    Args:
        arrivals: when they come, in seconds (n,).
        served: by title, the latency and the part of it before the batch began, each (n,).

    >>> one = np.ones(3), np.zeros(3)
    >>> len(waiting(np.arange(3.0), {"alone": one, "together": one}).axes)
    2
    """
    fig, axes = subplots(ncols=len(served), width=8, height=3.2, sharey=True, sharex=True, squeeze=False)
    rows = np.arange(1, len(arrivals) + 1)
    for ax, (title, (latency, waited)) in zip(axes[0], served.items(), strict=True):
        all_finite(arrivals=arrivals, latency=latency, waited=waited)
        come, begun, done = (
            1000 * np.asarray(t, float) for t in (arrivals, arrivals + waited, arrivals + latency)
        )
        ax.hlines(rows, come, begun, color=COLORS["orange"], linewidth=1.6, label="waits")
        ax.hlines(rows, begun, done, color=COLORS["blue"], linewidth=5, label="is computed")
        ax.plot(come, rows, "o", color=COLORS["ink"], markersize=3.5, label="comes")
        ax.set(title=title, xlabel="ms")
    axes[0][0].set(ylabel="request", ylim=(len(arrivals) + 0.8, 0.2))
    axes[0][-1].legend(loc="upper right", fontsize=9)
    return fig


def alarms_and_accuracy(shares: np.ndarray, curves: Mapping[str, np.ndarray]) -> Figure:
    """Shares of windows with an alarm and of right answers, by the share of rows that have changed.

    Args:
        shares: of the rows that have changed (m,), ascending.
        curves: by name, values between 0 and 1 (m,).

    >>> len(alarms_and_accuracy(np.arange(3.0), {"a": np.ones(3), "b": np.ones(3)}).axes[0].lines)
    2
    """
    fig, ax = subplots(width=7.4, height=3.4)
    looks = zip(("red", "blue", "green"), ("-", (0, (5, 2)), "-."), ("o", "s", "D"), strict=True)
    for (name, values), (color, dash, marker) in zip(curves.items(), looks, strict=False):
        ax.plot(shares, values, color=COLORS[color], linestyle=dash, marker=marker, label=name)
    ax.set(xlabel="share of the rows that have changed", ylim=(-0.03, 1.03))
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig


def percentiles(latencies: Mapping[str, np.ndarray]) -> Figure:
    """The share of requests that took longer than a time, both logarithmic: tails side by side.

    Args:
        latencies: by name, seconds (n,); two at most.

    >>> len(percentiles({"a": np.arange(1.0, 9.0)}).axes[0].lines)
    1
    """
    fig, ax = subplots(width=7.4, height=3.4)
    for (name, latency), dash in zip(latencies.items(), ("-", (0, (5, 2))), strict=False):
        all_finite(latency=latency)
        ordered = np.sort(np.asarray(latency, float))
        share = 1 - np.arange(len(ordered)) / len(ordered)
        ax.plot(1000 * ordered, share, drawstyle="steps-pre", linestyle=dash, label=name)
    ax.set(xscale="log", yscale="log", xlabel="latency in ms", ylabel="share that took as long or longer")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig
