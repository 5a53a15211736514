"""What `python -m course.measure_minilm` found: for each way to shrink the model, what it finds and is like.

weights/BITS/SIZE/TABLE    the 36 matrices rounded to the nearest, a scale for SIZE weights ("tensor",
                           "channel" or a number), the table of words in TABLE bits, a scale for each word
gptq/BITS/SIZE/DRAW, awq/… the same with rounding that looks at the inputs of 64 texts, drawn with seed DRAW
inputs/BITS/WAY            matrices in int8, their inputs in BITS, in one WAY of `course.measure_minilm`
policy/BITS/RULE           matrices in 2 to 8 bits each, BITS on average, given out by a RULE
alone/MATRIX               only this matrix, in 2 bits; likeness on the calibration texts, no ranks
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from helpers._tables import DATA

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Measured:
    """The rank of the right definition for each term (328,), and mean cosines to the float32 vectors.

    `cosine` is that of all names and definitions, `sample` that of the first 64 names: quick to compute anew.
    """

    ranks: Array
    cosine: float
    sample: float


@cache
def load_measured() -> dict[str, Measured]:
    """All of it, by name.

    >>> load_measured()["weights/32/tensor/32"].cosine
    1.0
    """
    with np.load(DATA / "minilm_measured.npz", allow_pickle=False) as file:
        rows = zip(*(file[column] for column in ("name", "ranks", "cosine", "sample")), strict=True)
        return {str(name): Measured(ranks.astype(int), float(c), float(s)) for name, ranks, c, s in rows}
