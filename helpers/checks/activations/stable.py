"""Tasks 1 and 2: softplus with its slope, and softmax with its log, for numbers of any size."""

import linecache
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.blocks import close, expected_and_got
from helpers.checks.formula import formula_task, of_answer
from helpers.checks.probing import Seen, call
from helpers.checks.task import Case, Wrong, verdict

Array = np.ndarray
FAR = 30  # from here on exp(-x) is below what is told of a number near 1


def _watched(learner: Any, case: Case) -> Seen:
    """The answer, and the first warning of NumPy with the line that it came from."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        answer = call(learner, *case.values())
    told = [
        f"{one.message}\nin your line {one.lineno}: {linecache.getline(one.filename, one.lineno).strip()}"
        for one in caught
        if issubclass(one.category, RuntimeWarning)
    ]
    return Seen(answer, warned=told[:1])


def _off(got: Array, want: Array) -> list[tuple[int, ...]]:
    """The places at which an answer is off."""
    return [i for i in np.ndindex(want.shape) if not close(got[i], want[i])]


@verdict
def _quiet(case: Case, value: Any) -> None:
    for told in value["warned"]:
        what = f"NumPy warns: {told}"
        raise Wrong(what, "Print what goes into the function that is named there, for the input above.")


# Task 1: softplus --------------------------------------------------------------------------------------


def _softplus_cases(rng: np.random.Generator) -> Sequence[Case]:
    large = rng.uniform(800, 3000, size=6).round(1)
    mixed = np.concatenate([large, -large, rng.normal(size=6).round(2), [0.0, 40.0]])
    arrays = [
        [-2.3, -0.6, 0.4, 1.7, 0.0] + rng.uniform(-0.3, 0.3, size=5).round(2),
        rng.normal(size=(3, 4)).round(2) + np.eye(3, 4),
        rng.uniform(5, 14, size=(2, 3)).round(2) * [[1], [-1]],
        np.append(large[:3], 2.0),
        np.append(-large[:3], -2.0),
        rng.permutation(mixed).reshape(2, 5, 2),
    ]
    return [{"x": x} for x in arrays]


def _softplus(x: Array) -> tuple[Array, Array]:
    e = np.exp(-np.abs(x))
    value = np.maximum(x, 0) + np.log1p(e)
    slope = np.where(x >= 0, 1, e) / (1 + e)
    return value, slope


@of_answer
def _far_out(case: Case, answer: Any) -> None:
    """Whether only large and small inputs are off."""
    x = np.asarray(case["x"], float)
    for name, want, got in zip(("value", "slope"), _softplus(x), map(np.asarray, answer), strict=True):
        off = _off(got, want)
        if off and all(abs(x[i]) > FAR for i in off):
            i = off[0]
            what = f"{name} is off only where |x| is above {FAR}; for x = {x[i]:g}"
            hint = "Such x have their value and slope, too. Compare with those of their neighbours."
            raise Wrong(f"{what}\n{expected_and_got(want[i], got[i])}", hint)


softplus = formula_task(
    "activations/softplus",
    "softplus(x)",
    points=3,
    cases=_softplus_cases,
    probe=_watched,
    right=_softplus,
    parts={
        "value": "log(1 + exp(x)) for each entry of x: compare with the example of the task.",
        "slope": "The sigmoid for each entry of x: compare with the example of the task.",
    },
    last_rules=[_far_out, _quiet],
    slips=r"""
        value: value = … → value = np.log1p(np.exp(x))
            value is infinite where x is large
            exp(1000) is infinite, softplus(1000) is 1000. Which exponents never overflow?
        value: value = … → value = x + np.log1p(np.exp(-x))
            value is infinite, or NaN, where x is far below 0
            exp(1000) is infinite. What goes into exp for x = -1000?
        value: np.maximum(x, 0) → 0
            value goes to 0 far right of 0, too
            softplus(1000) is 1000, not 0.
        slope: slope = … → slope = np.exp(x) / (1 + np.exp(x))
            slope is NaN where x is large
            exp(1000) is infinite, and infinite / infinite is NaN.
        slope: np.where(x >= 0, 1, e) / (1 + e) → e / (1 + e) ** 2
            slope is the slope of the sigmoid
            Asked is the slope of softplus: the sigmoid itself.
        slope: np.where(x >= 0, 1, e) / (1 + e) → (x > 0)
            slope is that of ReLU
            softplus has a round corner: its slope goes from 0 to 1 little by little.
    """,
    form="End with `return value, slope`.",
    unchanged="`x -= …` and `x[x < 0] = …` write into the caller's array.",
    hints={
        "OverflowError": "`math.exp(1000)` is too large for a number. Which exponents never are?",
        "ValueError": "x has any shape. `if` and `max` need one number; np.where and np.maximum take all.",
    },
)

# Task 2: softmax and its log ---------------------------------------------------------------------------


def _softmax_cases(rng: np.random.Generator) -> Sequence[Case]:
    """First where all axes are equally long; the last three with large numbers."""
    asked = [((3, 3), 1), ((3, 4), 0), ((2, 3, 4), 1), ((5,), 0), ((4, 3), 1), ((3, 4), 0), ((2, 2, 3), 2)]
    cases: list[Case] = [
        {"logits": rng.normal(size=shape).round(2) * 2, "axis": axis} for shape, axis in asked
    ]
    far = rng.uniform(1000, 3000, size=3).round(1)
    cases[4]["logits"] += np.array([[far[0]], [-far[1]], [0.0], [far[2]]])
    cases[5]["logits"] += far[:, None] * [1, -1, 0, 1]
    cases[6]["logits"][0, 1] *= 1000
    return cases


def _softmax(logits: Array, axis: int) -> tuple[Array, Array]:
    z = logits - logits.max(axis=axis, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=axis, keepdims=True)
    p, log_p = e / total, z - np.log(total)
    return p, log_p


@of_answer
def _log_of_small(case: Case, answer: Any) -> None:
    """Whether the log is off only where the probability is tiny."""
    want, got = _softmax(**case)[1], np.asarray(answer[1])
    off = _off(got, want)
    if off and all(want[i] < -FAR for i in off):
        what = f"log_p is off only where p is tiny; there\n{expected_and_got(want[off[0]], got[off[0]])}"
        raise Wrong(what, "exp(-1000) is too small for a number, and 0 in its place has lost its log.")


@of_answer
def _sums(case: Case, answer: Any) -> None:
    """Whether the probabilities sum to 1 along the axis."""
    p, axis = np.asarray(answer[0]), case["axis"]
    sums = p.sum(axis=axis)
    if not np.isfinite(sums).all():
        hint = "Print what the first line gives for the input above: exp of a large number is infinite, and "
        raise Wrong("p has NaN or infinite values", hint + "0 / 0 is NaN.")
    worst = float(sums.flat[np.abs(sums - 1).argmax()])
    if abs(worst - 1) > 1e-4:
        what = f"p sums to {worst:.4g} along axis {axis}"
        raise Wrong(what, "Those that compete lie along `axis`: one of them it is, so they sum to 1.")
    want = _softmax(**case)[0]
    off = _off(p, want)
    if off and all(np.abs(np.take(case["logits"], i[axis], axis)).max() > 500 for i in off):
        what = f"p is off only where logits are beyond ±500\n{expected_and_got(want[off[0]], p[off[0]])}"
        raise Wrong(what, "Large logits compete like others: how far apart they are counts.")


softmax_along = formula_task(
    "activations/softmax_along",
    "softmax_along(logits, axis)",
    points=3,
    cases=_softmax_cases,
    probe=_watched,
    right=_softmax,
    parts={
        "p": "The softmax along the axis, in the shape of logits.",
        "log_p": "The natural logarithm of p, in the shape of logits.",
    },
    last_rules=[_sums, _log_of_small, _quiet],
    slips=r"""
        z = logits - logits.max(axis=axis, keepdims=True) → z = logits - logits.max(axis=-1, keepdims=True)
        total = e.sum(axis=axis, keepdims=True) → total = e.sum(axis=-1, keepdims=True)
            p sums to 1 along the last axis
            Along which one do those lie that compete? `axis` says it.
        p: z = logits - logits.max(axis=axis, keepdims=True) → z = logits - logits.max(axis=axis)
        total = e.sum(axis=axis, keepdims=True) → total = e.sum(axis=axis)
            maximum and sum were set against the wrong axis
            What shape has a maximum along an axis, and how is it broadcast? `keepdims` keeps its place.
        p: e = np.exp(z) → e = np.exp(logits)
            exp overflows: p has NaN values, as without a shift of the logits
            One number may be added to all that compete, and changes no p. Which one helps?
        p: z = … → z = logits - logits.max()
            p has NaN values, as with one shift for the whole array
            Far below the largest number of all every exp is 0. Each row along `axis` needs its own shift.
        e / total, z - np.log(total) → e / total, np.log(e / total)
            log_p is -inf where p is too small for a number
            log_p can be had without p: what is the log of a quotient?
        log_p: z - np.log(total) → logits - np.log(total)
            log_p is too large by the shift
            The sum was taken after the shift.
    """,
    form="End with `return p, log_p`.",
    unchanged="`logits -= …` writes into the caller's array: make a new one.",
    hints={
        "ValueError": "Write the shapes of this line down. A maximum along an axis has lost it, unless "
        "keepdims=True; Python's own `max` and `sum` know no axis."
    },
)
