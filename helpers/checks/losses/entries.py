"""Tasks 1 and 2: losses of single entries with their slopes. Huber with weights, and binary cross-entropy."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.blocks import close, expected_and_got
from helpers.checks.formula import formula_task, of_answer
from helpers.checks.task import Case, Wrong

Array = np.ndarray

# Task 1: Huber's loss, weighted ------------------------------------------------------------------------


def _forecasts(rng: np.random.Generator) -> Sequence[Case]:
    """Errors on both sides and on both branches, but for one row alone; a weight of 0, and whole targets."""
    cases: list[Case] = []
    for n, delta in [(6, 1.5), (9, 2.5), (1, 0.5), (5, 30.0), (12, 0.2)]:
        y = rng.integers(-9, 10, size=n)
        large, sign = np.arange(n) % 3 > 0, np.where(np.arange(n) % 2, -1, 1)
        size = delta * np.where(large, rng.uniform(1.5, 4, size=n), rng.uniform(0.2, 0.6, size=n))
        weight = rng.uniform(0.2, 3.0, size=n).round(1)
        cases.append({"y_hat": (y + sign * size).round(2), "y": y * 1.0, "delta": delta, "weight": weight})
    cases[1]["weight"][0] = 0.0
    cases[3]["y"] = cases[3]["y"].astype(int)
    return cases


def _huber(y_hat: Array, y: Array, delta: float, weight: Array) -> tuple[float, Array]:
    error = y_hat - y
    size = np.abs(error)
    total = weight.sum()
    each = np.where(size <= delta, error**2 / 2, delta * (size - delta / 2))
    one = np.clip(error, -delta, delta)
    loss = (weight * each).sum() / total
    slope = weight * one / total
    return loss, slope


weighted_huber = formula_task(
    "losses/weighted_huber",
    "weighted_huber(y_hat, y, delta, weight)",
    points=3,
    cases=_forecasts,
    right=_huber,
    parts={
        "loss": "Compute one row by hand: which branch is it on, and how much does it weigh?",
        "slope": "One slope for each prediction: how much does the loss grow if only this one is nudged up?",
    },
    slips="""
        return loss, slope → return loss * total, slope * total
            both are sums: they were not divided by the sum of the weights
            Give every row the weight 2: a mean stays what it was.
        loss: error**2 / 2 → error**2
            the two branches do not meet at |error| = delta
            Put delta into both for |error|: they must give the same number.
        loss: delta * (size - delta / 2) → delta * (error - delta / 2)
            a large negative error counts as a gain
            The straight branch grows on both sides.
        loss: loss = … → loss = (weight * each).mean()
            the loss was divided by the number of rows
            Give every row the weight 2: a weighted mean stays what it was.
        slope: one = … → one = error
            the slope of a large error grows with the error
            On a straight line the slope is the same everywhere.
        slope: one = … → one = np.where(size <= delta, error, delta)
            large errors pull upwards on both sides
            A prediction that is far too low: does the loss fall or grow when it is nudged up?
        slope: one = … → one = np.where(size <= delta, 2 * error, delta * np.sign(error))
            on the parabola the slopes are twice too large
            The slopes of both branches meet at delta, too.
        slope: slope = … → slope = weight * one / len(y)
            the slopes were divided by the number of rows
            The loss is divided by something else, and so are its slopes.
    """,
    form="Two things, in this order: the loss, one number, and the slopes, of shape (n,).",
    unchanged="A step such as `-=` or `/=` changes what the caller passed: compute new arrays.",
    hints={"ValueError": "All rows are in one array here. np.where(condition, a, b) chooses row by row."},
)

# Task 2: binary cross-entropy from logits --------------------------------------------------------------


def _answers(rng: np.random.Generator) -> Sequence[Case]:
    """First logits that any way can take, with targets that are 0, 1 or between; then very large ones."""
    cases: list[Case] = []
    for n, k, largest in [(6, 2, 5), (4, 4, 2), (1, 3, 4), (5, 1, 6), (8, 3, 1000), (3, 5, 10_000)]:
        z = rng.uniform(-largest, largest, size=(n, k)).round(2)
        y = rng.integers(0, 2, size=(n, k)).astype(float)
        if largest < 6:
            y.flat[1::2] = rng.uniform(0.1, 0.9, size=y.size // 2).round(2)
        pos_weight = rng.uniform(1.5, 9.0, size=k).round(1)
        cases.append({"z": z, "y": y, "pos_weight": pos_weight})
    cases[3]["y"] = cases[3]["y"].astype(int)
    for case in cases[4:]:  # one that is sure and wrong on either side, and one that is right
        case["z"][0, :3] = np.array([1, -1, 1]) * (40 if len(case["z"]) == 8 else 10_000)
        case["y"][0, :3] = 0, 1, 1
    return cases


def _bce(z: Array, y: Array, pos_weight: Array) -> tuple[float, Array]:
    p = np.exp(-np.logaddexp(0, -z))
    yes, no = np.logaddexp(0, -z), np.logaddexp(0, z)  # -log p and -log(1 - p)
    one = pos_weight * y * yes + (1 - y) * no
    up = (1 - y) * p - pos_weight * y * (1 - p)
    loss = one.mean()
    slope = up / z.size
    return loss, slope


@of_answer
def _large(case: Case, answer: Any) -> None:
    z, y = case["z"], case["y"]
    want = _bce(**case)[0]
    if (bad := ~np.isfinite(answer[1])).any():
        what = f"{bad.sum()} of {z.size} slopes are NaN or infinite, first that for z = {z[bad][0]:g}"
        raise Wrong(what, "exp of a number above 709 is inf. Print what each step gives for this z.")
    if np.abs(z).max() < 20 or close(answer[0], want):
        return
    what = f"with large logits the value of loss is off\n{expected_and_got(want, answer[0])}"
    hint = f"Alone, z = {z[0, 0]:g} with the target {y[0, 0]:g} costs {z[0, 0]:g}, and z = {z[0, 1]:g} with "
    hint += f"the target {y[0, 1]:g} and a weight of 1 costs {-z[0, 1]:g}. What do you get for each of them?"
    raise Wrong(what, hint)


bce_with_logits = formula_task(
    "losses/bce_with_logits",
    "bce_with_logits(z, y, pos_weight)",
    points=4,
    cases=_answers,
    right=_bce,
    parts={
        "loss": "One entry by hand: -log p as far as it is yes, -log(1 - p) as far as no; the weight.",
        "slope": "One slope for each logit: how much does the loss grow if only this logit is nudged up?",
    },
    last_rules=[_large],
    slips="""
        loss: one = … → one = y * yes + (1 - y) * no
            pos_weight is missing in the loss
            A positive counts pos_weight times, each output with its own.
        loss: one = … → one = pos_weight * (y * yes + (1 - y) * no)
            in the loss the negatives were weighted, too
            pos_weight is for what is true; what is not true counts once.
        loss: one = … → one = np.where(y > 0.5, pos_weight * yes, no)
            targets between 0 and 1 were taken for 0 or 1
            With a target of 0.7 both parts count, one by 0.7 and one by 0.3.
        loss: loss = one.mean() → loss = one.sum() / len(z)
            the loss was divided by the number of rows
            Asked is the mean over all n · k entries.
        loss: loss = one.mean() → loss = one.mean() / np.log(10)
            the logarithm is that of base 10
            Asked is the natural logarithm.
        slope: up = … → up = ((1 - y) * p - pos_weight * y * (1 - p)) * p * (1 - p)
            the slope of the sigmoid was counted twice
            In the slope for a logit, p (1 - p) cancels.
        slope: up = … → up = (1 - y) / (1 - p) - pos_weight * y / p
            these are the slopes for the probabilities
            Asked are those for the logits: the sigmoid's slope is missing.
        slope: up = … → up = p - pos_weight * y
            for positives p was not weighted
            For a target of 1 all of p - 1 is weighted.
        slope: slope = … → slope = up / len(z)
            the slopes were divided by the number of rows
            The loss is a mean over all n · k entries.
    """,
    form="Two things, in this order: the loss, one number, and the slopes, of shape (n, k).",
    unchanged="z, y and pos_weight are needed by others: compute new arrays.",
    hints={"ValueError": "Write the shapes of this line down: z and y are (n, k), pos_weight is (k,)."},
)
