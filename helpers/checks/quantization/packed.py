"""Task 5: two 4-bit codes in a byte, and back from any bytes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.plain import same_plain
from helpers.checks.probing import Seen
from helpers.checks.quantization.maps import kept_as
from helpers.checks.task import Case, Wrong, verdict

Array = np.ndarray


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """An even number; an odd one; two axes; three with an odd number; one code."""
    cases: list[Case] = []
    for shape in [(6,), (5,), (4, 3), (3, 1, 5), (1,)]:
        q = rng.integers(-8, 8, size=shape)
        q.flat[:3] = [rng.integers(-7, 0), -8, 7][: q.size]
        q.flat[-1] = rng.integers(1, 8)
        read = rng.integers(1, 256, size=(q.size + 1) // 2)
        read[0] = 16 * rng.integers(1, 8) + rng.integers(8, 16)  # a positive code behind a negative one
        read[1:2] = 16 * 8 + 7  # -8 behind 7
        cases.append({"q": q.astype(np.int8), "other": read.astype(np.uint8)})
    return cases


class Packed:
    """The right one."""

    def __init__(self, q: Array) -> None:
        self.shape, self.n = q.shape, q.size
        flat = q.ravel()
        half = (flat & 15).astype(np.uint8)
        half = np.append(half, np.zeros(self.n % 2, np.uint8))
        self.data = half[0::2] | half[1::2] << 4

    def codes(self) -> Array:
        first, second = self.data & 15, self.data >> 4
        q = np.stack([first, second], axis=1).ravel().astype(np.int8)
        q = np.where(q > 7, q - 16, q).astype(np.int8)
        return q[: self.n].reshape(self.shape)


def _probe(learner: Any, case: Case) -> Seen:
    """The bytes of q; the codes of them; and those of other bytes that were put in their place."""
    one = learner(case["q"])
    data, codes = one.data, one.codes()
    one.data = case["other"]
    return Seen([data, one.codes()], codes=codes)


@verdict
def _reads_the_bytes(case: Case, value: Any) -> None:
    if value["codes"] is None or value["answer"][0] is None:
        name = "codes() returned" if value["codes"] is None else "data is"
        raise Wrong(f"{name} None", "Is the line with `return` missing, or not reached?")
    if same_plain(value["codes"], value["answer"][1]):
        what = "when other bytes were put into data, codes() gave the same codes as before"
        raise Wrong(what, "It reads what self.data holds at that moment: a file may have been loaded.")


packed = formula_task(
    "quantization/packed",
    "Packed(q)",
    points=3,
    cases=_cases,
    right=Packed,
    probe=_probe,
    rules=[_reads_the_bytes],
    last_rules=[kept_as(0, "data", "uint8"), kept_as(1, "codes()", "int8")],
    parts={
        "data": "Take the first two codes: the bits of each, and where they go. f'{byte:08b}' shows bits.",
        "codes": "Take the first byte: its lower four bits, its upper four, and which numbers they are.",
    },
    slips="""
        half[0::2] | half[1::2] << 4 → half[0::2] << 4 | half[1::2]
        first, second = self.data & 15, self.data >> 4 → second, first = self.data & 15, self.data >> 4
            the first code of a pair lies in the upper half, in data and in codes()
            It belongs into the lower four bits.
        half[0::2] | half[1::2] << 4 → half[0::2] << 4 | half[1::2]
            in data the first code of a pair lies in the upper half
            It goes into the lower four bits.
        self.data = … → self.data = half[: len(half) // 2] | half[len(half) // 2 :] << 4
            in a byte of data lie codes that are no neighbours
            The first byte holds the first two codes.
        (flat & 15) → flat
            in data the bits of a negative code run into the upper half
            As int8, -1 is 11111111. Only four of these bits are the code.
        (flat & 15) → (flat + 8)
        np.where(q > 7, q - 16, q) → (q - 8)
            the codes were shifted by 8, in data and in codes()
            The two fit together. But it is not two's complement: there -1 is 1111.
        (flat & 15) → (flat + 8)
            in data the codes were shifted by 8
            A code is kept as it is in two's complement: 0 as 0000, -1 as 1111.
        (flat & 15) → (np.abs(flat) & 15)
            in data the signs are lost
            In two's complement -1 is 1111.
        flat = q.ravel() → flat = q.ravel(order="F")
            in data the codes were taken column by column
            Row by row: the last axis is the fastest.
        first, second = self.data & 15, self.data >> 4 → second, first = self.data & 15, self.data >> 4
            in codes() the two of each byte are swapped
            The first code of a pair lies in the lower four bits.
        np.stack([first, second], axis=1).ravel() → np.concatenate([first, second])
            codes() gives all lower halves first, then all upper ones
            The two halves of a byte are neighbours.
        np.where(q > 7, q - 16, q) → q
            codes() gives no negative number
            In two's complement the upper of the four bits is worth -8, not 8.
        q[: self.n].reshape(self.shape) → q[: self.n]
            codes() has lost the shape
            It gives the codes back in the shape of q.
    """,
    form="`data` is an array of bytes, and `codes()` returns an array of codes.",
    unchanged="`q += 8` and `q[q < 0] += 16` change what the caller passed: compute new arrays.",
    hints={
        "AttributeError": "The object keeps its bytes as `self.data`, and has a method `codes(self)`.",
        "ValueError: cannot reshape": "How many halves of bytes are there, and how many codes?",
        "ValueError: operands": "With an odd number of codes, the last one has no partner.",
        "ValueError: all input arrays": "With an odd number of codes, the last one has no partner.",
        "OverflowError": "The numbers of an int8 end at 127, those of a uint8 begin at 0.",
    },
)
