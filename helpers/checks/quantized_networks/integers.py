"""Tasks 1 and 2: a linear layer on codes, and the way from its sums to new codes, all in whole numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.task import Case, Verdict, Wrong, verdict

Array = np.ndarray


def _whole(*names: str) -> Verdict:
    """All numbers are of an integer type."""

    @verdict
    def judge(case: Case, answer: Any) -> None:
        for name, part in zip(names, answer, strict=True):
            if (dtype := np.asarray(part).dtype).kind not in "iu":
                hint = "A chip without floats holds whole numbers: in which line do they become floats?"
                raise Wrong(f"{name} has to be of an integer type, got {dtype}", hint)

    return judge


# Task 1: the layer -------------------------------------------------------------------------------------


def _layers(rng: np.random.Generator) -> Sequence[Case]:
    """Small codes, and full ones, in squares; symmetric weights; uint8; sums above 2^24; one row alone."""

    def codes(low: int, high: int, *shape: int) -> Array:
        return rng.integers(low, high + 1, size=shape).astype(np.uint8 if high > 127 else np.int8)

    def case(q_x: Array, z_x: int, q_w: Array, z_w: Array) -> Case:
        bias = rng.integers(200, 900, size=z_w.shape).astype(np.int32) * rng.choice([-1, 1], size=z_w.shape)
        return {"q_x": q_x, "z_x": z_x, "q_w": q_w, "z_w": z_w, "bias": bias.astype(np.int32)}

    some = rng.integers(-9, 10, size=4).astype(np.int8) * 2 + 1
    full = case(codes(-128, 127, 4, 4), -101, codes(-128, 127, 4, 4), some - 60)
    full["q_x"][:, 0], full["q_w"][0] = 120, 115  # less their zero points, both are above 127
    return [
        case(codes(-4, 4, 3, 3), 2, codes(-3, 3, 3, 3), np.array([1, -1, 2], np.int8)),
        full,
        case(codes(-128, 127, 5, 300), 17, codes(-127, 127, 300, 2), np.zeros(2, np.int8)),
        case(codes(0, 255, 3, 20), 131, codes(-128, 127, 20, 4), some + 60),
        case(codes(90, 127, 3, 701), -125, codes(80, 127, 701, 2), np.array([-119, -90], np.int8)),
        case(codes(0, 255, 1, 9), 0, codes(-128, 127, 9, 1), np.array([-33], np.int8)),
    ]


def _linear(q_x: Array, z_x: int, q_w: Array, z_w: Array, bias: Array) -> tuple[Array, Array]:
    x, w, z = q_x.astype(np.int32), q_w.astype(np.int32), z_w.astype(np.int32)
    ready = bias - z_x * w.sum(axis=0) + len(w) * z_x * z
    acc = x @ w - x.sum(axis=1)[:, None] * z + ready
    return acc, ready


integer_linear = formula_task(
    "quantized_networks/integer_linear",
    "integer_linear(q_x, z_x, q_w, z_w, bias)",
    points=3,
    cases=_layers,
    right=_linear,
    rtol=0,
    atol=0,
    single=False,
    parts={
        "acc": "Take one row and one column of this case: subtract the zero points, then multiply and add.",
        "ready": "Multiply the brackets out, for one column: which products hold no code of x?",
    },
    last_rules=[_whole("acc", "ready")],
    slips="""
        x, w, z = … → x, w, z = q_x, q_w, z_w.astype(np.int32)
            acc is off, because the products were summed in the type of the codes
            What is `np.array([100], np.int8) @ np.array([2], np.int8)`?
        x, w, z = … → x, w, z = q_x.astype(np.int16), q_w.astype(np.int16), z_w.astype(np.int32)
            acc is off, because the products were summed in 16 bits
            The largest product alone is 128 · 128: how many of them does an int16 hold?
        acc: acc = … → acc = (q_x - z_x).astype(np.int32) @ (w - z) + bias
            acc is off, because z_x was subtracted in 8 bits
            What is `np.array([100], np.int8) - np.int8(-100)`?
        acc: acc = … → acc = (x - z_x) @ (q_w - z_w).astype(np.int32) + bias
            acc is off, because z_w was subtracted in 8 bits
            What is `np.array([100], np.int8) - np.int8(-100)`?
        acc: acc = … → acc = (q_x - z_x).astype(np.int32) @ (q_w - z_w).astype(np.int32) + bias
            acc is off, because both zero points were subtracted in 8 bits
            What is `np.array([100], np.int8) - np.int8(-100)`?
        acc: acc = … → acc = ((x - z_x).astype("f4") @ (w - z).astype("f4")).astype(int) + bias
            acc is off, because the sums were made in float32
            A float32 has 24 bits: which whole numbers above 2^24 can it hold?
        acc: acc = … → acc = x @ w + bias
            in acc both zero points are missing
            A code q stands for s (q - z). Which number does the code 0 stand for here?
        acc: acc = … → acc = (x - z_x) @ w + bias
            in acc z_w is missing
            Both codes have a zero point.
        acc: acc = … → acc = x @ (w - z) + bias
            in acc z_x is missing
            Both codes have a zero point.
        acc: acc = … → acc = (x - z_x) @ (w - z)
            in acc the bias is missing
            It is a whole number already, in the unit of the sums.
        acc: acc = … → acc = x @ w + ready
            in acc z_w times the sums of the rows is missing
            Multiply the brackets out: there are four products.
        acc: x.sum(axis=1)[:, None] * z → x.sum(axis=1) * z
            in acc the sums of the rows went along the columns
            One sum for each row of q_x, one zero point for each column of q_w: which shapes do they need?
        ready: ready = … → ready = bias - z_x * w.sum(axis=0)
            in ready the product of the two zero points is missing
            Multiply the brackets out: there are four products, and two hold no code of x.
        ready: + len(w) * z_x * z → + z_x * z_w * len(w)
            in ready the product of the two zero points has wrapped
            z_w holds codes of 8 bits: of which type is a product with it?
        ready: + len(w) * z_x * z → + z_x * z
            in ready the product of the two zero points came once
            How many terms has the sum? Each of them has that product.
        ready: bias - z_x * w.sum(axis=0) → bias + z_x * w.sum(axis=0)
            in ready z_x times the sums of the weights has the wrong sign
            Multiply the brackets out: which of the four products have a minus?
        ready: ready = … → ready = len(w) * z_x * z - z_x * w.sum(axis=0)
            in ready the bias is missing
            No code of x is in it.
        ready: ready = … → ready = bias
            ready is the bias alone
            Multiply the brackets out: which products hold no code of x?
        ready: w.sum(axis=0) → w.sum(axis=1)
            in ready the weights were summed along their rows
            One number for each column: the sum over what belongs to one output.
    """,
    form="End with `return acc, ready`, of shapes (n, n_out) and (n_out,).",
    unchanged="`q_x -= z_x` changes what the caller passed: compute a new array.",
    hints={
        "OverflowError": "Codes and zero points have 8 bits: which number of this line does not fit?",
        "ValueError: operands": "Write the shapes of this line down: q_x is (n, n_in), z_w is (n_out,).",
        "ValueError: matmul": "Write the shapes of this line down: q_x is (n, n_in), q_w is (n_in, n_out).",
    },
)

# Task 2: back to 8 bits --------------------------------------------------------------------------------

NEAR = 2**27  # (j NEAR)² is a half of 2^55 away from a whole number of them, for odd j


def _sums(rng: np.random.Generator) -> Sequence[Case]:
    """Halves, ordinary sums, products just below a half, both ends, and a ReLU at the zero point."""

    def sums(most: int, *shape: int) -> Array:
        return rng.integers(-most, most + 1, size=shape).astype(np.int32)

    halves = np.array([[10, 4, 40], [-10, -4, -40], [-6, -12, 24], [9, 20, 56]], np.int32)
    j = rng.permutation([9, 11, 13, 15])
    below = np.array([1, -1, 1])[:, None] * (j * NEAR - np.array([1, 1, 3])[:, None])
    below[2] = rng.integers(-(2**31), 2**31, size=4)
    ends = np.array([[2**31 - 1, 90], [-(2**31) + 1, -90], [40_000_000, 30], [-37_000_000, -25]], np.int32)
    int8, uint8 = {"lowest": -128, "highest": 127}, {"lowest": 0, "highest": 255}
    return [
        {"acc": halves, "M": np.array([0.25, 0.375, 0.0625]), "zero_point": 3, **int8},
        {"acc": sums(30_000, 4, 3), "M": rng.uniform(2e-3, 7e-3, size=3), "zero_point": 120, **uint8},
        {"acc": below.astype(np.int32), "M": (j * NEAR + 1) / 2.0**55, "zero_point": -4, **int8},
        {"acc": ends, "M": np.array([rng.uniform(2e-6, 3e-6), 1.7]), "zero_point": 20, **int8},
        {"acc": sums(50_000, 3, 5), "M": rng.uniform(2e-3, 5e-3, size=5), "zero_point": 31, **uint8}
        | {"lowest": 31},
    ]


def _requantize(
    acc: Array, M: Array, zero_point: int, lowest: int, highest: int
) -> tuple[Array, Array, Array]:
    fraction, exponent = np.frexp(M)
    m = np.rint(fraction * 2.0**31).astype(np.int64)
    shift = 31 - exponent.astype(np.int64)
    product = acc.astype(np.int64) * m
    half = 2 ** (shift - 1)
    steps = np.sign(product) * ((np.abs(product) + half) >> shift)
    q = np.clip(steps + zero_point, lowest, highest)
    return m, shift, q


requantize = formula_task(
    "quantized_networks/requantize",
    "requantize(acc, M, zero_point, lowest, highest)",
    points=4,
    cases=_sums,
    right=_requantize,
    rtol=0,
    atol=0,
    single=False,
    parts={
        "m": "Check M · 2^shift of one column: where does it lie, and which whole number is nearest?",
        "shift": "Check M · 2^shift of one column: it lies from 2^30 to 2^31.",
        "q": "Take one sum of this case, and do it with Python's own whole numbers, step by step.",
    },
    last_rules=[_whole("m", "shift", "q")],
    slips="""
        m: np.rint(fraction * 2.0**31) → np.floor(fraction * 2.0**31)
            m was cut off, not rounded
            Which whole number is nearest to M · 2^shift?
        m = … → m = np.rint(fraction * 2.0**32).astype(np.int64)
        shift = 31 - … → shift = 32 - exponent.astype(np.int64)
            m is 2^31 or above
            M · 2^shift lies from 2^30 to 2^31: compare with m.
        fraction, exponent = … → exponent = np.ceil(np.log2(M)).astype(int); fraction = M / 2.0**exponent
            where M is a power of 2, m is 2^31
            M · 2^shift lies from 2^30 to 2^31, the second not included.
        q: product = … → product = acc * m.astype(np.int32)
            in q the products have wrapped
            How many bits has the product of 31 and 31 bits, and how many the type of this one?
        q: half = … → half = 1 << (shift.astype(np.int32) - 1)
            in q what was added before the shift is not half of 2^shift
            Print it, and its type.
        q: steps = … → steps = (product + half) >> shift
            in q a half below zero was rounded up
            `-5 >> 1` is -3, since a shift rounds down. Compare the sums 10 and -10 in the first example.
        q: steps = … → steps = (product + np.sign(product) * half) >> shift
            in q most sums below zero are one step too low
            A shift rounds down, also below zero: on which side of zero is it safe?
        q: steps = … → steps = product >> shift
            in q the products were rounded down
            A shift throws bits away. What has to be done before, to get the nearest?
        q: steps = … → steps = np.sign(product) * (np.abs(product) >> shift)
            in q the products were cut off, not rounded
            What has to be added before, to get the nearest? If you add something, print it.
        q: steps = … → steps = np.rint(acc * M).astype(np.int64)
            in q a half was rounded to the even number
            Halves are rounded away from zero: what becomes of 10 · 0.25, as in the example?
        q: steps = … → steps = (np.sign(acc) * np.floor(np.abs(acc * M) + 0.5)).astype(np.int64)
            in q a sum just below a half was rounded as a half
            The product has up to 62 bits, and a float64 holds 53.
        q: q = … → q = np.clip(steps, lowest, highest) + zero_point
            q was cut off before the zero point was added
            Which numbers have to lie from lowest to highest?
        q: q = … → q = steps + zero_point
            q was not cut off at lowest and highest
            Which codes are there?
        q: q = … → q = np.clip((steps + zero_point).astype(np.int8), lowest, highest)
            q has wrapped: it became 8 bits before it was cut off
            What is `np.array([300]).astype(np.int8)`?
        q: q = … → q = np.clip(steps, lowest, highest)
            in q the zero point is missing
            Which code stands for the number 0?
    """,
    form="End with `return m, shift, q`, of shapes (d,), (d,) and (n, d).",
    unchanged="`acc += …` changes what the caller passed: compute a new array.",
    hints={
        "OverflowError": "Which number of this line is too large for the type of the others?",
        "TypeError: ufunc": "Shifts are for whole numbers: which of the two is a float?",
        "ValueError: operands": "Write the shapes of this line down: acc is (n, d), M is (d,).",
        "ValueError: Integers to negative": "In which type is this power computed, and is it above 0?",
    },
)
