"""Bits and group size of a language model's 36 matrices: how large they are then, and what it still finds.

All 20 settings were measured (`python -m course.measure_minilm`): a setting takes the model ten seconds.
"""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from helpers.explore.base import Control, Frame, Stage, within
from helpers.explore.view import explore
from helpers.figures import COLORS, subplots
from helpers.minilm.measured import Measured, load_measured
from helpers.minilm.retrieval import interval, recall
from helpers.quantization.groups import bits_per_weight

BITS = (2, 3, 4, 8)
SIZES = ("tensor", "channel", "128", "64", "32")
WEIGHTS = (None, 768, 128, 64, 32)
"""How many weights share a scale, by size: a column has 384 or 1,536, on average 768 for each scale."""
SHARED = ("all of a matrix", "a column", "128 weights", "64 weights", "32 weights")
IN_MATRICES = 10_616_832
EDGES = (1, 10, 100, 328)
PLACES = ("first", "2 to 10", "11 to 100", "101 to 328")


@lru_cache(maxsize=len(BITS) * len(SIZES) + 1)
def setting(bits: int, size: int) -> Measured:
    """What was measured with these bits, and with the scales of `SIZES[size]`; 32 bits are the original."""
    return load_measured()[f"weights/{bits}/{'tensor' if bits == 32 else SIZES[size]}/32"]


def of_each(bits: int, size: int) -> float:
    """Bits a weight, with its share of a scale."""
    return bits_per_weight(bits, WEIGHTS[size])


def megabytes(bits: int, size: int) -> float:
    """The 36 matrices in MB."""
    return IN_MATRICES * of_each(bits, size) / 8e6


def places(ranks: np.ndarray) -> np.ndarray:
    """The share of names whose definition is first, 2nd to 10th, up to 100th, and later: (4,).

    >>> places(np.array([1, 5, 5, 300]))
    array([0.25, 0.5 , 0.  , 0.25])
    """
    return np.diff([0, *(float(np.mean(ranks <= edge)) for edge in EDGES)])


def sentence(bits: int, size: int) -> str:
    """What is happening, in plain words.

    >>> sentence(4, 0)[:44]
    '4 bits, a scale for all of a matrix: 5.3 MB,'
    """
    now, before = setting(bits, size), setting(32, 0)
    low, high = interval(now.ranks, before.ranks)
    change = recall(now.ranks) - recall(before.ranks)
    told = (
        f"{bits} bits, a scale for {SHARED[size]}: {megabytes(bits, size):.1f} MB, "
        f"{of_each(bits, size):.2f} bits a weight. It finds {recall(now.ranks):.0%} first"
    )
    if low <= 0 <= high:
        return f"{told}; the difference to float32 is within what chance does with 328 terms."
    return f"{told}, {abs(change) * 100:.0f} points {'less' if change < 0 else 'more'} than in float32."


@lru_cache(maxsize=1)
def _stage() -> Stage:
    """The figure without anything in it, and the artists that each frame fills in."""
    fig, (left, right) = subplots(ncols=2, width=7.6, height=3.5)
    before = setting(32, 0)
    for size in range(len(SIZES)):
        shares = [recall(setting(bits, size).ranks) for bits in BITS]
        left.plot([megabytes(bits, size) for bits in BITS], shares, ".", color=COLORS["grey"], markersize=5)
    left.axhline(recall(before.ranks), color=COLORS["ink"], linewidth=1)
    left.text(2.1, recall(before.ranks) + 0.006, "float32, 42 MB", fontsize=9)
    left.set(xlim=(2, 12), ylim=(-0.01, 0.34), xlabel="MB of the 36 matrices")
    left.set_title("share found first")
    rows = np.arange(len(PLACES))
    right.barh(rows + 0.2, places(before.ranks), height=0.36, color=COLORS["light"], label="float32")
    right.set_yticks(rows, PLACES)
    right.set(xlim=(0, 1), ylim=(3.6, -0.6), xlabel="share of the 328 names")
    right.set_title("place of the right definition")
    right.grid(visible=False, axis="y")
    art = SimpleNamespace()
    (art.point,) = left.plot([], [], "o", color=COLORS["red"], markersize=8)
    (art.bar,) = left.plot([], [], "-", color=COLORS["red"], linewidth=1.5)
    for row in rows:
        (bar,) = right.barh([row - 0.2], [0], height=0.36, color=COLORS["red"])
        setattr(art, f"place{row}", bar)
    right.legend(loc="lower right")
    return Stage(fig, art)


def frame(bits: int, size: int) -> Frame:
    """Size and finds of the model, its matrices in so many bits, with scales of so many weights.

    Args:
        bits: one of `BITS`.
        size: its number in `SIZES`.

    Raises:
        ValueError: when a value is not one of its slider's.

    >>> frame(bits=4, size=4).sentence[:31]
    '4 bits, a scale for 32 weights:'
    """
    within(CONTROLS, bits=bits, size=size)
    bits, size = int(bits), int(size)
    now = setting(bits, size)
    low, high = interval(now.ranks)
    shares = places(now.ranks)

    def paint(art: SimpleNamespace) -> None:
        art.point.set_data([megabytes(bits, size)], [recall(now.ranks)])
        art.bar.set_data([megabytes(bits, size)] * 2, [low, high])
        for row, share in enumerate(shares):
            getattr(art, f"place{row}").set_width(share)

    alt = (
        f"{bits} bits, a scale for {SHARED[size]}: {megabytes(bits, size):.1f} MB; {shares[0]:.0%} of the "
        f"definitions come first, {shares[1]:.0%} second to tenth, {shares[2] + shares[3]:.0%} later."
    )
    return Frame(_stage().picture(alt, paint), sentence(bits, size))


CONTROLS = (
    Control("bits", "bits", BITS, default=4, text="{:d}".format),
    Control("size", "a scale for", range(len(SIZES)), default=4, text=SHARED.__getitem__),
)


def explorer() -> None:
    """Show the explorer in a notebook."""
    explore(frame, CONTROLS)
