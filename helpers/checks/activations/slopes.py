"""Tasks 3 and 4: the slope of an activation from its output alone, and the backward pass of PReLU."""

from collections.abc import Sequence

import numpy as np

from helpers.checks.blocks import raises
from helpers.checks.formula import formula_task
from helpers.checks.task import Case

Array = np.ndarray

# Task 3: slopes from outputs ---------------------------------------------------------------------------


def _output_cases(rng: np.random.Generator) -> Sequence[Case]:
    """What sigmoid, tanh … have put out, with some exact zeros; then names without such a slope."""
    x = rng.normal(size=(3, 4)).round(2) * 2
    x[0, 0], x[1, 1], x[2, 2] = 0, 1.5, -1.2
    alpha = round(float(rng.uniform(0.1, 0.4)), 2)

    def below(part: Array) -> Array:
        return np.where(x > 0, x, part).round(6)

    asked = [
        ("sigmoid", (1 / (1 + np.exp(-x))).round(6), alpha),
        ("tanh", np.tanh(x).round(6), alpha),
        ("relu", np.maximum(x, 0), alpha),
        ("leaky_relu", below(alpha * x), alpha),
        ("elu", below(2 * alpha * np.expm1(x)), 2 * alpha),
        ("elu", below(1.7 * np.expm1(x))[0], 1.7),
        ("relu", np.array([[0, 3, 0], [1, 0, 2]]), 0.01),
    ]
    other = "The task names five. Which line of yours is run for another name?"
    return [
        *({"name": name, "a": a, "alpha": alpha} for name, a, alpha in asked),
        *(
            raises(ValueError, because=f"name is {name!r}", hint=other, name=name, a=x, alpha=alpha)
            for name in ("swish", "gelu")
        ),
    ]


def _slope_from_output(name: str, a: Array, alpha: float) -> Array:
    on = a > 0
    sigmoid = a * (1 - a)
    tanh = 1 - a**2
    step = np.where(on, 1.0, 0.0)
    leaky = np.where(on, 1.0, alpha)
    elu = np.where(on, 1.0, a + alpha)
    return {"sigmoid": sigmoid, "tanh": tanh, "relu": step, "leaky_relu": leaky, "elu": elu}[name]


slope_from_output = formula_task(
    "activations/slope_from_output",
    "slope_from_output(name, a, alpha)",
    points=3,
    cases=_output_cases,
    right=_slope_from_output,
    parts="One slope for each entry of a. Take an x, compute a and the slope by hand, and compare.",
    slips="""
        sigmoid = … → s = 1 / (1 + np.exp(-a)); sigmoid = s * (1 - s)
            a was taken for the input of the sigmoid
            It has been through the sigmoid already: a is what came out.
        tanh = … → tanh = 1 - np.tanh(a) ** 2
            a was taken for the input of tanh
            It has been through tanh already: a is what came out.
        tanh = … → tanh = a * (1 - a)
            tanh has the slope of the sigmoid
            In the middle, where a is 0, tanh rises at 45 degrees.
        step = … → step = np.where(a >= 0, 1.0, 0.0)
            where ReLU put out 0 the slope is 1
            It puts out 0 for every negative input. Which slope does it have there?
        elu = … → elu = np.where(on, 1.0, alpha * np.exp(a))
            a was taken for the input of ELU
            It has been through ELU already. Solve a = alpha · (exp(x) - 1) for alpha · exp(x).
        elu = … → elu = np.where(on, 1.0, a + 1)
            the slope of ELU is that for alpha = 1
            alpha is given.
        elu = … → elu = np.where(on, 1.0, alpha * (a + 1))
            the slope of ELU is that of alpha · (exp(x) - 1), with a put in place of exp(x) - 1
            a holds the factor alpha already.
    """,
    unchanged="`a[a > 0] = 1` writes into the caller's array: make a new one.",
    hints={
        "ValueError: The truth value": "a has any shape. `if` needs one number; np.where takes all.",
        "ValueError": "Is this your own `raise`? The name above is one of the five, spelled as in the task.",
        "KeyError": "The five names are those of the task.",
    },
)

# Task 4: PReLU -----------------------------------------------------------------------------------------


def _prelu_cases(rng: np.random.Generator) -> Sequence[Case]:
    """First as many rows as units; units that are always on, always off; exact zeros; one row."""
    cases = []
    for n, units in [(3, 3), (4, 2), (5, 3), (1, 4), (6, 1), (40, 5)]:
        X, d_out = rng.normal(size=(2, n, units)).round(2)
        X[0, 0], X[n // 2, 0], X[-1] = -1.3, 0.7, -np.abs(X[-1]) - 0.1
        alpha = rng.uniform(0.1, 0.6, size=units).round(2)
        cases.append({"d_out": d_out, "X": X, "alpha": alpha})
    cases[2]["X"][1] = 0.0
    cases[2]["X"][:, 0] = np.abs(cases[2]["X"][:, 0])
    cases[5]["X"] = cases[5]["X"].round().astype(int)
    cases[5]["alpha"][0] = -0.5
    return cases


def _prelu(d_out: Array, X: Array, alpha: Array) -> tuple[Array, Array]:
    on = X > 0
    dX = d_out * np.where(on, 1, alpha)
    d_alpha = (d_out * np.where(on, 0, X)).sum(axis=0)
    return dX, d_alpha


prelu_backward = formula_task(
    "activations/prelu_backward",
    "prelu_backward(d_out, X, alpha)",
    points=4,
    cases=_prelu_cases,
    right=_prelu,
    parts={
        "dX": "dX has the shape of X. How far does an output move when its x is nudged?",
        "d_alpha": "d_alpha has the shape of alpha. How far does an output move when its alpha is nudged?",
    },
    slips="""
        dX: dX = … → dX = np.where(on, 1, alpha) + 0 * d_out
            dX is the slope of PReLU alone
            What came from behind, d_out, is multiplied by it.
        dX: np.where(on, 1, alpha) → np.where(on, 1, 0)
            dX is 0 where x is not positive: the backward pass of ReLU
            It leaks: what is the slope there?
        dX: np.where(on, 1, alpha) → np.where(X >= 0, 1, alpha)
            dX has the slope 1 where x is 0
            The task says which side 0 belongs to.
        d_alpha: np.where(on, 0, X) → X
            d_alpha counts entries with a positive x
            Their output does not depend on alpha.
        d_alpha: np.where(on, 0, X) → np.where(on, 0, 1)
            d_alpha is the sum of d_out where x is not positive
            The output there is alpha · x: a nudge of alpha moves it by how much?
        d_alpha: .sum(axis=0) → .sum(axis=0) / len(X)
            d_alpha was divided by the number of rows
            alpha is used in each row, and the shares add up: a sum, not a mean.
        d_alpha: .sum(axis=0) → .sum() + 0 * alpha
            d_alpha is the sum over all units
            Each unit has an alpha of its own.
    """,
    form="End with `return dX, d_alpha`.",
    unchanged="`d_out[X < 0] *= …` and `dX = d_out` lead into the caller's array: make a new one.",
    hints={
        "ValueError": "Write the shapes of this line down. X and a mask of it are (n, d), alpha is (d,); "
        "what the mask picks has one axis.",
    },
)
