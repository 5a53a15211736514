"""Task 3: of some limits the one that loses least, clipping included."""

from collections.abc import Sequence

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.task import Case

Array = np.ndarray


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """A few far outliers, no outlier with many bits, heavy tails, one-sided, and a single share."""
    cases: list[Case] = []
    for kind, n, bits, shares in [
        ("outliers", 300, 3, [80, 98, 99.5, 100]),
        ("plain", 150, 8, [90, 99, 100]),
        ("tails", 400, 3, [100, 99.5, 97, 93, 70]),
        ("one-sided", 200, 4, [85, 100, 97]),
        ("plain", 50, 2, [95]),
    ]:
        x = rng.normal(size=n) * rng.uniform(0.5, 3)
        if kind == "outliers":
            x[:3] = x.std() * np.array([-7.0, 8.5, -9.0])
        x = rng.standard_t(2, size=n) if kind == "tails" else np.abs(x) ** 1.5 if kind == "one-sided" else x
        cases.append({"x": rng.permutation(x), "bits": bits, "shares": shares})
    return cases


def _right(x: Array, bits: int, shares: list[float]) -> tuple[Array, float]:
    highest = 2 ** (bits - 1) - 1
    limits = np.percentile(np.abs(x), shares)
    scale = (limits / highest)[:, None]
    codes = np.clip(np.round(x / scale), -highest, highest)
    off = scale * codes - x
    errors = (off**2).mean(axis=1)
    return errors, limits[errors.argmin()]


choose_range = formula_task(
    "quantization/choose_range",
    "choose_range(x, bits, shares)",
    points=3,
    cases=_cases,
    right=_right,
    parts={
        "errors": "One number for each share, in their order. Take one share: its limit, the scale, the "
        "codes with the clipping, what comes back, and the mean of what it is off, squared.",
        "limit": "It is the limit whose error is the least.",
    },
    slips="""
        np.abs(x) → x
            the limits are percentiles of x
            Of a range around 0 the share is that of the |x| inside it.
        np.percentile(np.abs(x), shares) → np.percentile(np.abs(x), np.array(shares) / 100)
            the shares were divided by 100
            Which scale has the second argument of the function that you use?
        np.percentile(np.abs(x), shares) → np.abs(x).max() * np.array(shares) / 100
            the limits are shares of the largest |x|
            The share is one of the numbers: so many percent of them lie inside.
        np.clip(np.round(x / scale), -highest, highest) → np.round(x / scale)
            nothing was clipped
            There are 2 · highest + 1 codes. What lies beyond the limit gets the first or the last.
        np.clip(np.round(x / scale), -highest, highest) → np.clip(np.round(x / scale), -highest - 1, highest)
            the codes have one more below 0 than above
            The narrow codes leave it out.
        highest = … → highest = 2 ** (bits - 1)
            the codes run up to 2^(bits - 1)
            Narrow codes of 8 bits run from -127 to 127.
        highest = … → highest = 127
            the codes are those of 8 bits
            `bits` says how many there are.
        highest = … → highest = 2**bits - 1
            the codes run up to 2^bits - 1
            Half of them are for the numbers below 0.
        np.round( → np.trunc(
            the decimals of x / scale were cut off
            The nearest mark may be the next one.
        errors = … → errors = (off**2).mean(axis=1, where=np.abs(x) <= limits[:, None])
            what lies beyond the limit does not count
            A number that is clipped is wrong, too, and by how much?
        off = … → off = scale * codes - np.clip(x, -limits[:, None], limits[:, None])
            what comes back was compared with x after the clipping
            Clipping is a part of the error: compare with x as it was given.
        off = … → off = codes - x / scale
            the errors are counted in steps
            The steps differ from one limit to the next. What comes back is a number like x.
        off = … → off = codes - x
            codes were compared with x
            Which number does a code stand for?
        limits[errors.argmin()] → shares[errors.argmin()]
            limit is a share
            Asked is the number that this share of the |x| does not go beyond.
    """,
    form="End with `return errors, limit`: one number for each share, and a number.",
    unchanged="x is needed by others: compute new arrays.",
    hints={
        "ValueError: Percentiles": "np.percentile takes percent, np.quantile a share from 0 to 1.",
        "ValueError: Quantiles": "np.quantile takes a share from 0 to 1, np.percentile takes percent.",
        "ValueError: operands": "Write the shapes of this line down: x is (n,), there are k limits.",
        "TypeError: unsupported operand": "shares is a list: np.array(shares) computes with each.",
    },
)
