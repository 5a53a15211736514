"""Task 1: groups of weights with a scale each, in 4 bits, two codes a byte."""

from collections.abc import Sequence

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.task import Case, Wrong, verdict

Array = np.ndarray


def _group(rng: np.random.Generator, rows: int) -> Array:
    """Weights whose largest stands at a clear float16; one weight has another code with the exact scale."""
    kept = float(np.float16(rng.uniform(1.05, 1.35) * 2.0 ** -rng.integers(2, 9)))
    exact = kept * (1 + rng.choice([-2e-4, 2e-4]))  # float16 are 7e-4 apart here
    codes = rng.integers(-6, 7, size=rows) + rng.uniform(0.1, 0.4, size=rows) * rng.choice([-1, 1], size=rows)
    weights = exact * codes
    weights[:2] = [-7 * exact, 3.25 * (kept + exact)][:rows]
    return rng.permutation(weights)


def _matrices(rng: np.random.Generator) -> Sequence[Case]:
    """A square one first; then a last group that is shorter, an odd number of rows, zeros, one group."""
    cases: list[Case] = []
    for d_in, d_out, g in [(4, 4, 2), (8, 3, 4), (10, 2, 4), (7, 3, 3), (12, 2, 4), (5, 1, 32)]:
        starts = range(0, d_in, g)
        columns = [
            np.concatenate([_group(rng, min(g, d_in - start)) for start in starts]) for _ in range(d_out)
        ]
        cases.append({"W": np.stack(columns, axis=1), "g": g})
    cases[4]["W"][4:8, 1] = 0.0
    cases[5]["W"][:] = np.abs(cases[5]["W"])
    return cases


def _pack_groups(W: Array, g: int) -> tuple[Array, Array, float]:
    starts = np.arange(0, len(W), g)
    largest = np.maximum.reduceat(np.abs(W), starts)
    scales = (largest / 7).astype(np.float16)
    each = scales.astype(float)[np.arange(len(W)) // g]
    codes = np.rint(np.divide(W, each, where=each > 0, out=np.zeros(W.shape))).astype(int)
    padded = np.concatenate([codes, np.zeros((len(W) % 2, W.shape[1]), int)])
    lower, upper = padded[0::2], padded[1::2]
    packed = ((lower & 15) | ((upper & 15) << 4)).astype(np.uint8)
    bits = (8 * packed.size + 16 * scales.size) / W.size
    return packed, scales, bits


@verdict
def _types(case: Case, answer: list[Array]) -> None:
    for name, part, asked in zip(("packed", "scales"), answer, (np.uint8, np.float16), strict=False):
        if (dtype := np.asarray(part).dtype.newbyteorder("=")) != asked:
            what = f"{name} has to be of type {np.dtype(asked)}, got {dtype}"
            raise Wrong(what, "What a file keeps are bytes: how many does a number of this type take?")


pack_groups = formula_task(
    "large_model_quantization/pack_groups",
    "pack_groups(W, g)",
    points=4,
    cases=_matrices,
    right=_pack_groups,
    parts={
        "packed": "Take one column of this case: its scales, its codes, the two of a byte, the byte in bits.",
        "scales": "Take one group of this case: its largest |w|, a seventh of that, and at last the float16.",
        "bits": "Count the bytes of packed and of scales, eight bits each: for how many weights are they?",
    },
    last_rules=[_types],
    slips="""
        scales: np.abs(W) → W
            in scales the largest weight counts, not the largest |w|
            Which weight of a group lies furthest from 0?
        scales: largest / 7 → largest / 7.5
            scales are those of 16 codes
            Which code does the largest |w| get?
        packed: each = … → each = (largest / 7)[np.arange(len(W)) // g]
            packed holds codes that were made with scales that are not float16
            Who unpacks has the kept scales only: which code is then nearest to w?
        packed: np.rint( → np.trunc(
            in packed the codes were cut off towards 0
            Which whole number is nearest to w / scale?
        packed: (lower & 15) → lower
            in packed a negative code has filled the upper half of its byte
            Write -1 in eight bits. Which of them belong to its half?
        packed: packed = … → packed = ((upper & 15) | ((lower & 15) << 4)).astype(np.uint8)
            in packed the two halves of the bytes are exchanged
            The first of two rows lies in the lower four bits.
        packed: packed = … → packed = ((lower + 8) | ((upper + 8) << 4)).astype(np.uint8)
            packed holds code + 8, not two's complement
            How is -1 written in four bits, as the task asks?
        bits: bits = … → bits = 4 + 16 / g
            bits is 4 + 16 / g, as if all groups were full
            How many scales are there, and how many bytes?
    """,
    form="End with `return packed, scales, bits`: two arrays and a number.",
    unchanged="`W /= …` changes what the caller passed: compute a new array.",
    hints={
        "ValueError: operands": "Write the shapes of this line down, for this W and this g.",
        "ValueError: cannot reshape": "Write the shapes down. Does g divide d_in here, and is d_in even?",
        "TypeError: ufunc": "`&`, `|` and `<<` are for whole numbers: print the dtype of what stands there.",
        "IndexError": "Print the index and the shape. Does g divide d_in here, and is d_in even?",
    },
)
