"""Task 3: the size of an A/B test, and its power when there are fewer users."""

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.task import Case

NORMAL = NormalDist()


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """B above A and below; first not the z of the text; no size near a whole number, two below a half."""
    plans = [(0.01, 0.9, 1), (0.1, 0.7, -1), (0.05, 0.8, 1), (0.02, 0.95, -1), (0.2, 0.55, 1)]
    return [_plan(*plan, below=(0.4, 0.4, 0.9, 0.9, 0.9)[i], rng=rng) for i, plan in enumerate(plans)]


def _plan(alpha: float, power: float, sign: int, below: float, rng: np.random.Generator) -> Case:
    while True:
        p_a = round(float(rng.uniform(0.25, 0.75)), 2)
        p_b = round(p_a + sign * float(rng.uniform(0.02, 0.2)), 3)
        n = _size(p_a, p_b, alpha, power)
        if 0.1 < n % 1 < below and n < 40_000:
            part = round(n * float(rng.uniform(0.3, 0.8)))
            return {"p_a": p_a, "p_b": p_b, "alpha": alpha, "power": power, "at_hand": part}


def _size(p_a: float, p_b: float, alpha: float, power: float) -> float:
    z = NORMAL.inv_cdf(1 - alpha / 2) + NORMAL.inv_cdf(power)
    return z * z * (p_a * (1 - p_a) + p_b * (1 - p_b)) / (p_a - p_b) ** 2


def _users(p_a: float, p_b: float, alpha: float, power: float, at_hand: int) -> tuple[float, float]:
    z_alpha = NORMAL.inv_cdf(1 - alpha / 2)
    z_power = NORMAL.inv_cdf(power)
    V = p_a * (1 - p_a) + p_b * (1 - p_b)
    n = (z_alpha + z_power) ** 2 * V / (p_a - p_b) ** 2
    needed = math.ceil(n)
    z = abs(p_a - p_b) * math.sqrt(at_hand / V) - z_alpha
    return needed, NORMAL.cdf(z)


users = formula_task(
    "trust/users",
    "users(p_a, p_b, alpha, power, at_hand)",
    points=3,
    cases=_cases,
    right=_users,
    parts={
        "needed": "Compute z for α, z for the power, V and the difference one by one, and compare with the "
        "example: 1.960, 0.842, 0.1956, 0.02.",
        "reached": "Put at_hand in place of n. What is z for the power then, and which share lies below it?",
    },
    slips=r"""
        1 - alpha / 2 → 1 - alpha
            a false alarm on one side only was thought of
            The test is two-sided: how much of α is on each side?
        1 - alpha / 2 → alpha / 2
            z for α has the wrong sign
            Below it lies the share 1 - α/2, more than half.
        V = p_a * (1 - p_a) + p_b * (1 - p_b) → V = (p_a + p_b) * (1 - (p_a + p_b) / 2)
            V is twice the variance of the mean share
            Some books take this. The task adds the variances of the two arms.
        V = p_a * (1 - p_a) + p_b * (1 - p_b) → V = 2 * p_a * (1 - p_a)
            both arms have the variance of A
            B has a share of its own, and so its own variance.
        needed: math.ceil(n) → n
            needed is not rounded
            There are no parts of users.
        needed: math.ceil(n) → round(n)
            needed was rounded to the nearest whole number, or down
            With fewer users than n the power is missed: up, always.
        needed: math.ceil(n) → math.ceil(2 * n)
            needed is the number of users of both arms
            The task asks for one arm.
        needed: math.ceil(n) → 2 * math.ceil(n)
            needed is the number of users of both arms
            The task asks for one arm.
        needed: math.ceil(n) → math.ceil((z_alpha + z_power) * V / (p_a - p_b) ** 2)
            the sum of the two z is not squared
            Read the formula aloud.
        needed: math.ceil(n) → math.ceil((z_alpha**2 + z_power**2) * V / (p_a - p_b) ** 2)
            the two z are squared before they are added
            Read the formula aloud: which comes first?
        needed: z_power = NORMAL.inv_cdf(power) → z_power = NORMAL.inv_cdf(1 - power)
            z for the power has the wrong sign
            Below it lies the share `power`.
        reached: NORMAL.cdf(z) → z
            reached is z for the power, not a share
            Which share lies below it?
        reached: NORMAL.cdf(z) → 1 - NORMAL.cdf(z)
            reached is the chance to miss the difference
            Power is the chance to find it.
        reached: NORMAL.cdf(z) → NORMAL.cdf(z) + NORMAL.cdf(-z - 2 * z_alpha)
            reached counts the alarms on the wrong side, too
            Small as they are: the formula of the task has the right side only.
        reached: abs(p_a - p_b) → (p_a - p_b)
            a difference below 0 was taken as it is
            Whether A or B is ahead, the test finds it equally well: its size counts.
        reached: abs(p_a - p_b) → (p_b - p_a)
            a difference below 0 was taken as it is
            Whether A or B is ahead, the test finds it equally well: its size counts.
    """,
    form="End with `return needed, reached`: two numbers.",
    hints={
        "StatisticsError": "inv_cdf takes a share between 0 and 1, without the ends.",
        "ValueError": "What was put into this line, and what does it take? Print it.",
    },
)
