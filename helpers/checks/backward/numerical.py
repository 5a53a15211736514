"""Task 1: a gradient by nudging. The probe's function writes down where it was called."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from helpers.checks import blocks
from helpers.checks.backward.mistaken import Array, close, mistaken_for
from helpers.checks.plain import short
from helpers.checks.probing import Seen, call
from helpers.checks.task import Case, Rule, Task, all_of

FUNCTIONS: dict[str, Callable[[Array, Array], float]] = {
    "sum of c · x³": lambda x, c: float((c * x**3).sum()),
    "sum of c · sin(x)": lambda x, c: float((c * np.sin(x)).sum()),
    "(sum of c · x)²": lambda x, c: float((c * x).sum() ** 2),
}


def _two_sided(case: Case) -> Array:
    """The answer: (f(x + ε) - f(x - ε)) / 2ε for each entry."""
    return (_nudged(case, case["eps"]) - _nudged(case, -case["eps"])) / (2 * case["eps"])


def _nudged(case: Case, eps: float) -> Array:
    """f with each entry of x moved by eps in turn, in the shape of x."""
    x, f = np.asarray(case["x"], dtype=float), FUNCTIONS[case["f"]]
    units = np.eye(x.size).reshape(x.size, *x.shape)
    return np.array([f(x + eps * unit, case["c"]) for unit in units]).reshape(x.shape)


def _numerical_gradient_cases(rng: np.random.Generator) -> Sequence[Case]:
    asked = [((3,), 1e-5), ((1,), 1e-5), ((4,), 0.01), ((2, 3), 1e-5), ((2, 1, 2), 0.02), ((3,), 1e-5)]
    cases: list[Case] = []
    for i, (shape, eps) in enumerate(asked):
        x: Array = rng.uniform(0.5, 2.0, size=shape).round(2)
        if i == len(asked) - 1:
            x = rng.integers(1, 5, size=shape)  # an array of integers cannot be nudged
        name = list(FUNCTIONS)[(0, 1, 0, 2, 1, 0)[i]]
        cases.append({"f": name, "x": x, "eps": eps, "c": rng.uniform(1.0, 2.0, size=shape).round(2)})
    return cases


def _probe_numerical_gradient(learner: Any, case: Case) -> Seen:
    """Run it on a function that writes down where it was called: how far, and along how many entries."""
    x0, moves, moved = np.array(case["x"], dtype=float), [], []

    def f(x: Array) -> float:
        if np.shape(x) != x0.shape:
            raise ValueError(f"f needs an array of the shape of x, {x0.shape}, and was given {np.shape(x)}")
        away = np.asarray(x, dtype=float) - x0
        moves.append(float(away.flat[np.abs(away).argmax()]))
        moved.append(int((np.abs(away) > 1e-13).sum()))
        return FUNCTIONS[case["f"]](np.asarray(x, dtype=float), case["c"])

    gradient = call(learner, f, case["x"], case["eps"])
    return Seen(gradient, moves=np.array(moves), moved=np.array(moved))


def _step_is_eps(case: Case, value: Any) -> bool:
    # 1e-9: x + eps is rounded to a multiple of 2e-16, so a nudge of 1e-5 is exact to about 1e-11 of itself.
    return abs(_farthest(value) - case["eps"]) < 1e-9


def _farthest(value: Any) -> float:
    return float(np.abs(value["moves"]).max(initial=0))


def _off_by(case: Case, value: Any) -> str:
    return (
        f"the gradient is off\nexpected: {short(_two_sided(case))}\ngot:      {short(value['answer'])}"
        f"\nlargest difference: {np.abs(np.asarray(value['answer']) - _two_sided(case)).max():.1g}"
    )


numerical_gradient = Task(
    id="backward/numerical_gradient",
    points=2,
    signature="numerical_gradient(f, x, eps=1e-5)",
    cases=_numerical_gradient_cases,
    probe=_probe_numerical_gradient,
    show=("f", "x", "eps"),
    hints={
        "ValueError": "f takes the whole array, in the shape of x. Nudge one entry of a copy, pass it all.",
        "TypeError": "x may have any shape: `for i in np.ndindex(x.shape)` gives an index for each entry.",
        "IndexError": "x may have any shape: `for i in np.ndindex(x.shape)` gives an index for each entry.",
    },
    verdict=all_of(
        Rule(
            "f was given x with several entries moved at once",
            lambda case, value: value["moved"].max(initial=0) <= 1,
            "Put an entry back before you nudge the next one: else the slopes mix.",
        ),
        blocks.leaves_input_unchanged(
            "x",
            hint="Nudge a copy, x.astype(float). Adding eps and taking it away leaves a rounding error.",
        ),
        Rule(
            "f was never called",
            lambda case, value: len(value["moves"]) > 0,
            "f is known only by its values: call it at x + eps and at x - eps, for each entry.",
        ),
        Rule(
            lambda case, value: f"f was never called away from x (x has dtype {np.asarray(case['x']).dtype})",
            lambda case, value: bool(np.abs(value["moves"]).max(initial=0) > 0),
            "An array of integers cannot hold 2 + 1e-5, it keeps 2. Take x.astype(float).",
        ),
        Rule(
            lambda case, value: (
                f"eps is {case['eps']:g}, but f was called {_farthest(value):.3g} away from x"
            ),
            _step_is_eps,
            "Use the argument eps: farther, the curve bends; nearer, rounding eats the digits.",
        ),
        Rule(
            "f was called on one side of x only",
            lambda case, value: value["moves"].min(initial=0) < 0 < value["moves"].max(initial=0),
            "One-sided is too coarse: take the difference of f at x + eps and at x - eps.",
        ),
        blocks.same_shape(
            lambda case: np.shape(case["x"]),
            key="answer",
            hint="One slope for each entry of x: the result has the shape of x.",
        ),
        mistaken_for(
            lambda case: 2 * _two_sided(case),
            _two_sided,
            "every slope is twice too large",
            "From x - eps to x + eps it is two steps: divide by 2 · eps.",
            key="answer",
        ),
        mistaken_for(
            lambda case: _two_sided(case) * case["eps"] ** 2,
            _two_sided,
            "every slope is eps² times too large",
            "a / 2 * eps multiplies by eps. Put the denominator in brackets: a / (2 * eps).",
            key="answer",
        ),
        mistaken_for(
            lambda case: np.trunc(_two_sided(case)),
            _two_sided,
            "the slopes have lost what comes after the point",
            "np.zeros_like of an array of integers holds integers only. Make the result with dtype=float.",
            key="answer",
        ),
        # Rounding: f is below 100 here and eps 1e-5, so two right answers differ by less than 1e-8.
        Rule(
            _off_by,
            lambda case, value: close(value["answer"], _two_sided(case), rtol=1e-7, atol=1e-7),
            "(f(x + eps) - f(x - eps)) / (2 · eps), for one entry after the other.",
        ),
    ),
)
