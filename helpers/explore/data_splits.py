"""How far a test score moves by luck alone: the size of the test set, and the seed that drew it.

One data set (breast_cancer), one model (least squares on standardised features, trained on the other rows),
and 200 ways to draw the test rows. Nothing but the draw changes from dot to dot.

For n test rows and an accuracy p, about 95 % of the scores fall within p ± 1.96 √(p (1 − p) / n).
"""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from helpers import data
from helpers.explore.base import Control, Frame, Stage, within
from helpers.explore.view import explore
from helpers.figures import COLORS, subplots

N_SEEDS = 200
PERCENTS = (5, 10, 15, 20, 30, 40, 50)
LOWEST_SCORE = 0.8


def test_rows(percent: float) -> int:
    """The number of test rows for a test size in percent of the 569 rows.

    >>> test_rows(10)
    57
    """
    return round(len(_table()[1]) * percent / 100)


@lru_cache(maxsize=1)
def _table() -> tuple[np.ndarray, np.ndarray]:
    X, y = data.load_breast_cancer()
    return X, 2.0 * y - 1.0


@lru_cache(maxsize=1)
def _orders() -> np.ndarray:
    n = len(_table()[1])
    return np.array([np.random.default_rng(seed).permutation(n) for seed in range(N_SEEDS)])


@lru_cache(maxsize=len(PERCENTS))
def scores(percent: float) -> np.ndarray:
    """The test accuracy for each of the 200 splits, shape (200,): split by seed, train on the rest, test.

    Args:
        percent: size of the test set in percent of the rows.

    Raises:
        ValueError: when fewer than one row, or more than half of them, would be test rows.

    >>> scores(10).shape
    (200,)
    """
    X, y = _table()
    n_test = test_rows(percent)
    if not 1 <= n_test <= len(y) / 2:
        raise ValueError(f"the test size is between 1 row and 50 % of {len(y)} rows, got {percent!r} %")
    rows = _orders()
    test, train = rows[:, :n_test], rows[:, n_test:]
    # All splits at once: X_train is (200, rows, features). Mean and scale come from the training rows alone.
    X_train, y_train = X[train], y[train]
    mean, scale = X_train.mean(axis=1, keepdims=True), X_train.std(axis=1, keepdims=True)
    X_train, X_test = (X_train - mean) / scale, (X[test] - mean) / scale
    centre = y_train.mean(axis=1, keepdims=True)
    transposed = X_train.transpose(0, 2, 1)
    weights = np.linalg.solve(transposed @ X_train, transposed @ (y_train - centre)[:, :, None])
    predicted = np.sign((X_test @ weights)[:, :, 0] + centre)
    result = np.mean(predicted == y[test], axis=1)
    result.flags.writeable = False  # it is handed out again and again
    return result


def wilson_interval(score: float, n: int) -> tuple[float, float]:
    """The 95 % interval for an accuracy that was measured on `n` rows (Wilson, 1927).

    Unlike p ± 1.96 √(p (1 − p) / n) it stays between 0 and 1, and does not vanish at a score of 1.

    >>> low, high = wilson_interval(54 / 57, 57)
    >>> round(low, 2), round(high, 2)
    (0.86, 0.98)
    """
    z2 = 1.96**2
    middle = (score + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2) * np.sqrt(score * (1 - score) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return float(middle - half), float(middle + half)


def half_width(score: float, n: int) -> float:
    """Half the width of the 95 % band around a true accuracy: 1.96 √(p (1 − p) / n).

    >>> round(half_width(0.95, 57), 3)
    0.057
    """
    return float(1.96 * np.sqrt(score * (1 - score) / n))


def sentence(percent: float, seed: int) -> str:
    """What is happening, in plain words, for one test size and one seed."""
    n, everything = test_rows(percent), scores(percent)
    score, average = float(everything[seed]), float(everything.mean())
    low, high = wilson_interval(score, n)
    luck = 100 * half_width(average, n)
    opening = (
        f"With {n} test rows the score moves by ±{luck:.0f} points from luck alone: 200 draws gave "
        f"{everything.min():.2f} to {everything.max():.2f}, on average {average:.2f}."
    )
    off = 100 * (score - average) / luck
    looks = "about as good as" if abs(off) < 1 / 3 else "better than" if off > 0 else "worse than"
    verdict = (
        f"Seed {seed} makes the model look {looks} it is: {score:.2f}, which by itself says no more than "
        f"{low:.2f} to {high:.2f}."
    )
    too_many = ", more than there are" if 4 * n > len(_table()[1]) else ""
    return f"{opening} {verdict} Half as much luck would take four times as many rows ({4 * n}{too_many})."


@lru_cache(maxsize=1)
def _stage() -> Stage:
    """The figure without anything in it, and the artists that each frame fills in."""
    from matplotlib.collections import PolyCollection

    fig, (left, right) = subplots(ncols=2, width=7.6, height=3.7, sharey=True, width_ratios=(5, 1))
    blue, red = COLORS["blue"], COLORS["red"]
    left.set(
        xlim=(-5, N_SEEDS + 4), ylim=(LOWEST_SCORE, 1.012), xlabel="seed of the split", ylabel="test accuracy"
    )
    right.set(xlim=(0, 1.08), xticks=[], xlabel="how often")
    for ax in (left, right):
        ax.grid(axis="x", visible=False)
    art = SimpleNamespace()
    art.title = left.set_title("200 splits")
    art.band = left.axhspan(
        0.9, 1, color=COLORS["yellow"], alpha=0.45, linewidth=0, label="95 % by the formula"
    )
    art.average = left.axhline(0.95, color=COLORS["ink"], linewidth=1, linestyle=(0, (5, 3)), label="average")
    (art.dots,) = left.plot([], [], "o", color=blue, markersize=3.6, markeredgewidth=0, label="one split")
    (art.interval,) = left.plot([], [], "-", color=red, linewidth=2.6, solid_capstyle="butt")
    (art.chosen,) = left.plot([], [], "o", color=red, markersize=8, markeredgecolor="white")
    art.chosen.set_label("the chosen seed and its interval")
    art.counts = right.add_collection(PolyCollection([], color=blue, linewidth=0))
    art.chosen_count = right.add_collection(PolyCollection([], color=red, linewidth=0))
    fig.align_xlabels()
    fig.legend(loc="outside lower left", ncols=4, handletextpad=0.4, columnspacing=1.4)
    return Stage(fig, art)


def frame(test_percent: float, seed: int) -> Frame:
    """The scores of all 200 splits for one test size, with the split of one seed marked.

    Args:
        test_percent: size of the test set in percent of the rows, up to 50.
        seed: the split that is marked, 0 to 199.

    Raises:
        ValueError: when a value is not one of its slider's.

    >>> frame(test_percent=10, seed=0).sentence.split(":")[0]
    'With 57 test rows the score moves by ±5 points from luck alone'
    """
    within(CONTROLS, test_percent=test_percent, seed=seed)
    everything, n = scores(test_percent), test_rows(test_percent)
    score, average = float(everything[seed]), float(everything.mean())
    low, high = wilson_interval(score, n)
    half = half_width(average, n)

    def paint(art: SimpleNamespace) -> None:
        art.title.set_text(f"{N_SEEDS} splits, each with {n} test rows")
        art.band.set_y(average - half)
        art.band.set_height(min(2 * half, 1 - average + half))
        art.average.set_ydata([average, average])
        art.dots.set_data(np.arange(N_SEEDS), everything)
        art.interval.set_data([seed, seed], [low, high])
        art.chosen.set_data([seed], [score])
        bars = _bars(everything, n)
        art.counts.set_verts(list(bars.values()))
        art.chosen_count.set_verts([bars[score]])

    alt = (
        f"{N_SEEDS} dots, one for each way to draw {n} test rows: accuracies from "
        f"{everything.min():.2f} to {everything.max():.2f} around {average:.2f}. "
        f"Seed {seed} is marked at {score:.2f}, with an interval from {low:.2f} to {high:.2f}."
    )
    return Frame(_stage().picture(alt, paint), sentence(test_percent, seed))


def _bars(everything: np.ndarray, n: int) -> dict[float, np.ndarray]:
    """For each score that occurs, the corners of a bar as high as one test row is worth, up to a limit."""
    values, counts = np.unique(everything, return_counts=True)
    lengths, half = counts / counts.max(), min(0.4 / n, 0.008)
    corners = np.array([[0, -1], [1, -1], [1, 1], [0, 1]])
    return {
        float(value): corners * (length, half) + (0, value)
        for value, length in zip(values, lengths, strict=True)
    }


CONTROLS = (
    Control("test_percent", "test size", PERCENTS, default=10, text="{:g} %".format),
    Control("seed", "seed", range(N_SEEDS), default=7),
)


def explorer() -> None:
    """Show the explorer in a notebook."""
    for percent in PERCENTS:
        scores(percent)  # a third of a second now, and no slider waits later
    explore(frame, CONTROLS)
