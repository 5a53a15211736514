"""Tasks 1 and 2: numbers to codes and back with a zero point, and a scale for each channel.

No number of a case lies near the middle of two marks: how a tie is rounded is nobody's fault.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.formula import formula_task, of_answer
from helpers.checks.task import Case, Verdict, Wrong

Array = np.ndarray


def kept_as(part: int, name: str, dtype: str) -> Verdict:
    """That part of the answer, the codes or their bytes, has the type that the task asks for."""

    @of_answer
    def judge(case: Case, answer: Any) -> None:
        got = np.asarray(answer[part]).dtype
        if got != dtype:
            kept = (
                "That is the other kind of byte."
                if got.itemsize == 1
                else "Each then takes more than a byte."
            )
            raise Wrong(f"{name} has the dtype {got}, expected {dtype}", kept)

    return judge


# Task 1: affine ----------------------------------------------------------------------------------------


def _ranges(rng: np.random.Generator) -> Sequence[Case]:
    """Around 0; from 0 on; above it; below it; whole numbers in two axes. Some x lie beyond the range."""
    cases: list[Case] = []
    kinds: dict[str, Any] = {"around": 9, "from 0": 8, "above": 8, "below": 7, "whole": (3, 4)}
    for kind, shape in kinds.items():
        scale = 5.0 if kind == "whole" else float(rng.integers(200, 6000)) / 10_000
        zero_point = {"from 0": 0, "above": 0, "below": 255}.get(kind, int(rng.integers(60, 110)))
        low = -(zero_point - (0.2 if zero_point % 255 else 0)) * scale
        high = low + 255 * scale
        cut = float(rng.integers(40, 120)) * scale
        low, high = low + cut * (kind == "above"), high - cut * (kind == "below")
        steps = rng.integers(10, 246, size=shape) + np.resize([-0.4, -0.2, 0.2, 0.4], shape)
        steps.flat[:6] = [-60.4, zero_point, 310.2, 245.4, zero_point - 30.2, zero_point - 24.8]
        x = rng.permutation((scale * (steps - zero_point)).round(4).ravel()).reshape(shape)
        cases.append({"x": x, "low": round(low, 4), "high": round(high, 4)})
    cases[4]["x"] = cases[4]["x"].astype(int)
    return cases


def _affine(x: Array, low: float, high: float) -> tuple[float, int, Array, Array]:
    low, high = min(low, 0), max(high, 0)
    scale = (high - low) / 255
    zero_point = round(-low / scale)
    steps = np.round(x / scale)
    q = np.clip(steps + zero_point, 0, 255).astype(np.uint8)
    x_hat = scale * (q.astype(int) - zero_point)
    return scale, zero_point, q, x_hat


affine = formula_task(
    "quantization/affine",
    "affine(x, low, high)",
    points=4,
    cases=_ranges,
    right=_affine,
    parts={
        "scale": "The widened range, and the number of steps from its first mark to its last.",
        "zero_point": "It is the code of the number 0.",
        "q": "Take one x: how many scales is it away from 0? Round that, and count from the zero point.",
        "x_hat": "Take one code: how many codes is it away from the zero point, and how far is that?",
    },
    last_rules=[kept_as(2, "q", "uint8")],
    slips=r"""
        low, high = … → low, high = min(low, 0), high
            a range below 0 was not widened
            The zero point is a code, so it lies in 0..255. Is that so for this range?
        low, high = … → low, high = low, high
            the range does not hold 0, and was not widened
            The zero point is a code, so it lies in 0..255. Is that so for this range?
        low, high = … → low, high = low, high
        zero_point = … → zero_point = min(max(round(-low / scale), 0), 255)
            the zero point was moved to an end of the codes, and the range was left as it is
            Work out what comes back for an x at the other end of the range.
        low, high = … → low, high = min(x.min(), 0), max(x.max(), 0)
            the range is that of x
            `low` and `high` are given. They come from other data, and x may go beyond.
        / 255 → / 256
            the range was divided by 256
            There are 256 marks. How many steps lead from the first to the last?
        zero_point = … → zero_point = round(low / scale)
            the zero point has the wrong sign
            At `low` stands the code 0. How many steps is it from there to the number 0?
        zero_point = … → zero_point = -low / scale
        steps + zero_point → np.round(x / scale + zero_point)
            the zero point was not rounded
            It is a code. With this one, what comes back for an x that is 0?
        zero_point = … → zero_point = int(-low / scale)
            the decimals of the zero point were cut off
            It is rounded to the nearest whole number.
        zero_point = … → zero_point = round(-low / scale) - 128
        np.clip(steps + zero_point, 0, 255).astype(np.uint8) → np.clip(steps + zero_point, -128, 127)
            the codes run from -128 to 127
            Those are the codes of int8. Asked are 0..255.
        steps = … → steps = np.trunc(x / scale)
            the decimals of x / scale were cut off
            The nearest mark may be the next one.
        steps + zero_point → np.round((x - low) / scale)
        x_hat = … → x_hat = scale * q + low
            the codes count from low, and so does the way back
            What comes back for an x that is 0? Count from the zero point, both ways.
        steps + zero_point → np.round((x - low) / scale)
            the codes count from low
            An x that is 0 must get the zero point. Count from there.
        np.clip(steps + zero_point, 0, 255) → (steps + zero_point).astype(int)
            what lies beyond the range came out at the other end
            A byte holds 0..255. What is larger or smaller wraps around in it: what has to come before?
        np.clip(steps + zero_point, 0, 255).astype(np.uint8) → (steps + zero_point).astype(int)
            some codes lie below 0 or above 255
            What lies beyond the range gets the first code or the last.
        np.clip(steps + zero_point, 0, 255).astype(np.uint8) → np.clip(steps, 0, 255) + zero_point
            x / scale was clipped before the zero point was added
            0 and 255 are the ends of the codes.
        x_hat: q.astype(int) - zero_point → q - np.uint8(zero_point)
            in x_hat the differences have wrapped around
            A byte cannot hold a negative number: q has to be made wider before something is subtracted.
        x_hat: (q.astype(int) - zero_point) → q - zero_point
            x_hat is scale * q - zero_point
            First the steps from the zero point are counted, then they are multiplied.
        x_hat: x_hat = … → x_hat = np.clip(x, low, high)
            x_hat is x, clipped
            What comes back is a number on a mark. It can be told from q, scale and zero_point alone.
    """,
    form="End with `return scale, zero_point, q, x_hat`: two numbers, and two arrays in the shape of x.",
    unchanged="x is needed by others: compute new arrays.",
    hints={"TypeError: 'numpy.float64' object does not support item": "low and high are two numbers."},
)

# Task 2: symmetric, per channel ------------------------------------------------------------------------


def _weights(rng: np.random.Generator) -> Sequence[Case]:
    """Two axes, three, counted from the end, four with a channel of zeros, few bits."""
    cases: list[Case] = []
    for shape, axis, bits in [
        ((5, 3), 1, 8),
        ((3, 4, 2), 0, 4),
        ((4, 5), -1, 3),
        ((3, 4, 2, 2), 1, 8),
        ((6, 3), 0, 5),
    ]:
        highest, channels = 2 ** (bits - 1) - 1, shape[axis]
        rows = int(np.prod(shape)) // channels
        k = rng.integers(1 - highest, highest, size=(channels, rows)) + rng.choice(
            [-0.4, -0.3, 0.3, 0.4], rows
        )
        k[np.arange(channels), rng.integers(rows, size=channels)] = highest * (-1) ** np.arange(
            1, channels + 1
        )
        scale = rng.permutation(np.arange(1, channels + 1)) * rng.integers(2, 9) / 100
        if len(shape) == 4:
            scale[1] = 0
        others = [size for number, size in enumerate(shape) if number != axis % len(shape)]
        W = (k * scale[:, None]).round(5).reshape(channels, *others)
        cases.append({"W": np.moveaxis(W, 0, axis), "bits": bits, "axis": axis})
    return cases


def _symmetric(W: Array, bits: int, axis: int) -> tuple[Array, Array]:
    highest = 2 ** (bits - 1) - 1
    others = tuple(i for i in range(W.ndim) if i != axis % W.ndim)
    limit = np.abs(W).max(axis=others, keepdims=True)
    scale = np.where(limit == 0, 1, limit / highest)
    q = np.round(W / scale)
    return q.astype(np.int8), scale.ravel()


symmetric = formula_task(
    "quantization/symmetric",
    "symmetric(W, bits, axis)",
    points=3,
    cases=_weights,
    right=_symmetric,
    parts={
        "q": "Take one channel alone, as np.take(W, 0, axis): its largest weight, its scale, its codes.",
        "scale": "One for each channel, (C,): its largest |w| gets the last code. Of zeros alone it is 1.",
    },
    last_rules=[kept_as(0, "q", "int8")],
    slips="""
        axis % W.ndim → axis
            with a negative axis, all of W got one scale
            Here the axis is counted from the end. Which axes are the others?
        others = … → others = None
            all of W has one scale
            Each channel has its own: the numbers at one place of the axis.
        others = … → others = axis
            the largest weights were taken along the axis
            A channel is what lies at *one* place of the axis, over all others.
        highest = … → highest = 2 ** (bits - 1)
        q.astype(np.int8), → np.clip(q, -highest, highest - 1).astype(np.int8),
            the scale is the largest weight divided by 2^(bits - 1), and the codes are clipped
            The narrow codes leave one out: there are as many below 0 as above.
        highest = … → highest = 2 ** (bits - 1)
            the scale is the largest weight divided by 2^(bits - 1)
            Which code does the largest weight get? How many codes are there above 0?
        highest = … → highest = 127
            the codes are those of 8 bits
            `bits` says how many there are.
        limit = … → limit = W.max(axis=others, keepdims=True)
        q.astype(np.int8), → np.clip(q, -highest, highest).astype(np.int8),
            a scale comes from the largest weight, whatever lies below 0
            A channel may reach further on the negative side. Both sides have the same number of codes.
        limit = … → limit = W.max(axis=others, keepdims=True)
            a scale comes from the largest weight, whatever lies below 0
            A channel may reach further on the negative side. Both sides have the same number of codes.
        limit = … → limit = (W.max(axis=others, keepdims=True) - W.min(axis=others, keepdims=True)) / 2
            a scale comes from the largest and the smallest weight of a channel
            That is the range of an affine map. Here the zero point is 0: what is the range around it?
        np.where(limit == 0, 1, limit / highest) → limit / highest
            a channel of zeros has the scale 0
            0 / 0 is no number. The task says which scale it gets.
        q = … → q = np.trunc(W / scale)
            the decimals of W / scale were cut off
            The nearest mark may be the next one.
        q.astype(np.int8), → (q * scale),
            q holds weights
            They are what comes back. Asked are the codes, and the scales.
        scale: scale.ravel() → limit.ravel()
            scale holds the largest weight of each channel
            A scale is the distance of two marks.
    """,
    form="End with `return q, scale`: the codes in the shape of W, and one scale for each channel, (C,).",
    unchanged="W is needed by others: compute new arrays.",
    hints={
        "ValueError: operands": "Write the shapes down. `keepdims=True` keeps an axis of length 1.",
        "AxisError": "How many axes has W in this case?",
    },
)
