"""Task 3: sines and cosines for the places of several texts in one row."""

from collections.abc import Sequence

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.task import Case

Array = np.ndarray


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """Several texts; one alone; texts of one word; two columns; a base that is no round number."""
    shapes = [(3, 6, 60.0), (1, 8, 10_000.0), (5, 4, 20.0), (2, 2, 50.0), (4, 10, 777.5)]
    cases: list[Case] = [
        {"lengths": rng.integers(2, 9, size=texts).tolist(), "d": d, "base": base}
        for texts, d, base in shapes
    ]
    cases[2]["lengths"][1:3] = [1, 1]
    return cases


def _positions(lengths: list[int], d: int, base: float) -> Array:
    place = np.concatenate([np.arange(length) for length in lengths])[:, None]
    power = np.arange(0, d, 2) / d
    angles = place / base**power
    out = np.empty((len(place), d))
    out[:, 0::2] = np.sin(angles)
    out[:, 1::2] = np.cos(angles)
    return out


positions = formula_task(
    "sequences/positions",
    "positions(lengths, d, base)",
    points=3,
    cases=_cases,
    right=_positions,
    parts="One row for each word. Take one, and one pair of columns: what is their angle?",
    slips=r"""
        place = … → place = np.arange(sum(lengths))[:, None]
            the places go on from one text to the next
            Each text counts its own, from 0.
        np.arange(length) for → np.arange(length) + 1 for
            the places begin at 1
            The first word of a text is at place 0.
        place = … → place = np.arange(sum(lengths))[:, None] + 1
            the places go on from one text to the next, and begin at 1
            Each text counts its own, from 0.
        angles = … → angles = place / 10000.0**power
            the base is 10000, whatever was passed
            `base` is an argument.
        power = … → power = np.arange(d // 2) / d
            the powers are i / d
            In the formula i is doubled.
        power = … → power = np.arange(0, d, 2) * 2 / d
            the powers are 4 i / d
            In the formula i is doubled once. Which i do columns 4 and 5 have?
        angles = … → angles = place * base**power
            the places were multiplied, and the columns turn faster and faster
            In the formula they are divided.
        angles = … → angles = place / (base * power)
            base was multiplied by 2i / d
            `**` is the power in Python.
        out[:, 1::2] = … → out[:, 1::2] = np.cos(place / base ** (np.arange(1, d, 2) / d))
            the cosines turn more slowly than the sines of their pair
            The two columns of a pair have one angle.
        out[:, 0::2] = … → out[:, : d // 2] = np.sin(angles)
        out[:, 1::2] = … → out[:, d // 2 :] = np.cos(angles)
            all sines come first, then all cosines
            They take turns: sine, cosine, sine, cosine.
        out[:, 0::2] = … → out[:, 0::2] = np.cos(angles)
        out[:, 1::2] = … → out[:, 1::2] = np.sin(angles)
            the cosines stand where the sines should be
            The first column of a pair is the sine.
        np.empty((len(place), d)) → np.empty((len(place), d), dtype=int)
            the numbers have lost their decimals
            An array that is made for whole numbers cuts what is written into it.
    """,
    form="One array of shape (sum of the lengths, d).",
    hints={
        "ValueError": "Write the shapes of this line down. There are d / 2 angles for each word.",
        "IndexError": "Columns 2i and 2i + 1: how far may i go?",
    },
)
