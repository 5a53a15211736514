"""Rules that name a mistake by its number: they compute what that mistake gives, and compare.

A slope that is transposed, twice too large or without its 1/n is recognised, and gets a hint of its own.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.checks import blocks
from helpers.checks.blocks import close
from helpers.checks.task import Case, Rule

Array = np.ndarray
Right = Callable[[Case], Any]


def mistaken_for(wrong: Right, right: Right, what: str, hint: str, key: int | str | None = None) -> Rule:
    """A rule that is broken by exactly what one mistake gives (where that is not right by chance).

    >>> rule = mistaken_for(lambda case: -case["x"], lambda case: case["x"], "the sign is wrong", "")
    >>> rule.holds({"x": 1.0}, -1.0), rule.holds({"x": 0.0}, 0.0), rule.holds({"x": 1.0}, 5.0)
    (False, True, True)
    """

    def holds(case: Case, value: Any) -> bool:
        got = blocks.part(value, key)
        return not close(got, wrong(case)) or close(got, right(case))

    return Rule(what, holds, hint)
