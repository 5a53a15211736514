"""Task 1: a gradient by nudging. The probe's function writes down where it was called."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from helpers.checks.formula import formula_task, slip
from helpers.checks.probing import Seen, call
from helpers.checks.task import Case, Wrong, verdict

Array = np.ndarray
FUNCTIONS: dict[str, Callable[[Array, Array], float]] = {
    "sum of c · x³": lambda x, c: float((c * x**3).sum()),
    "sum of c · sin(x)": lambda x, c: float((c * np.sin(x)).sum()),
    "(sum of c · x)²": lambda x, c: float((c * x).sum() ** 2),
}


def _two_sided(f: Callable[[Array], float], x: Array, eps: float) -> Array:
    units = eps * np.eye(x.size).reshape(x.size, *x.shape)
    return np.array([(f(x + unit) - f(x - unit)) / (2 * eps) for unit in units]).reshape(x.shape)


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    asked = [((3,), 1e-5), ((1,), 1e-5), ((4,), 0.01), ((2, 3), 1e-5), ((2, 1, 2), 0.02), ((3,), 1e-5)]
    cases: list[Case] = []
    for i, (shape, eps) in enumerate(asked):
        x: Array = rng.uniform(0.5, 2.0, size=shape).round(2)
        if i == len(asked) - 1:
            x = rng.integers(1, 5, size=shape)  # an array of integers cannot be nudged
        name = list(FUNCTIONS)[(0, 1, 0, 2, 1, 0)[i]]
        cases.append({"f": name, "x": x, "eps": eps, "c": rng.uniform(1.0, 2.0, size=shape).round(2)})
    return cases


def _probe(learner: Any, case: Case) -> Seen:
    """Run it on a function that writes down how far from x it was called, entry by entry."""
    x0, moves, dtypes = np.array(case["x"], dtype=float), [], set()

    def f(x: Array) -> float:
        if np.shape(x) != x0.shape:
            raise ValueError(f"f needs an array of the shape of x, {x0.shape}, and was given {np.shape(x)}")
        moves.append((np.asarray(x, dtype=float) - x0).ravel())
        dtypes.add(np.asarray(x).dtype.kind + str(np.asarray(x).dtype.itemsize))
        return FUNCTIONS[case["f"]](np.asarray(x, dtype=float), case["c"])

    gradient = call(learner, f, case["x"], case["eps"])
    return Seen(gradient, moves=np.array(moves).reshape(-1, x0.size), dtypes=sorted(dtypes))


@verdict
def _called_around_x(case: Case, value: Any) -> None:
    moves, x, eps = value["moves"], np.asarray(case["x"]), case["eps"]
    if not len(moves):
        raise Wrong("f was never called", "f is known only by its values: ask for them, near x.")
    if all(dtype.startswith("i") for dtype in value["dtypes"]):
        raise Wrong(
            f"f was given arrays of integers only, none of them {eps:g} away from x",
            "An array of integers keeps 2 where 2 + 1e-5 is written into it: nudge a copy that holds floats.",
        )
    if not moves.any():
        raise Wrong(
            "f was called at x only: no entry was moved",
            "Look at the array just before each call of f. `=` gives an array a second name; .copy() makes a "
            "second array.",
        )
    # A hundredth of eps: less is what rounding leaves.
    moved = (np.abs(moves) > eps / 100).sum(axis=1)
    first = int(moved[moved > 0][0]) if moved.any() else 0
    if first > 1:
        row = "In this x, x[i] is a whole row. " if x.ndim > 1 and first == x[0].size else ""
        raise Wrong(
            f"f was given x with {first} of {x.size} entries moved at once",
            f"{row}A slope belongs to one entry: move that one, and leave the others as they are.",
        )
    if moved.max() > 1:
        raise Wrong(
            f"f was given x with one entry moved, later with {moved.max()}",
            "Put an entry back before you nudge the next one: else the slopes mix.",
        )
    farthest = float(np.abs(moves).max())
    if value["dtypes"] == ["f4"]:
        raise Wrong(
            f"f was given arrays of float32: eps is {eps:g}, and x was moved by {farthest:.5g}",
            "float32 has 7 digits, and what is left of a nudge so small is rough: take float64.",
        )
    if abs(farthest - eps) > 1e-9:  # x + eps is rounded: a nudge of 1e-5 is exact to about 1e-11 of itself
        raise Wrong(
            f"eps is {eps:g}, but f was called {farthest:.4g} away from x",
            "Use the argument eps: farther, the curve bends; nearer, rounding eats the digits.",
        )
    if not moves.min() < 0 < moves.max():
        raise Wrong(
            f"f was called above or below x only: moved by {moves.min():.3g} to {moves.max():.3g}",
            "One-sided is too coarse. Each entry goes up by eps and down by eps, both times from x itself.",
        )


numerical_gradient = formula_task(
    "backward/numerical_gradient",
    "numerical_gradient(f, x, eps=1e-5)",
    points=2,
    cases=_cases,
    probe=_probe,
    show=("f", "x", "eps"),
    rules=[_called_around_x],
    right=_two_sided,
    slips=[
        slip(
            lambda f, x, eps: 2 * _two_sided(f, x, eps),
            "every slope is twice too large",
            "How far is it from x - eps to x + eps?",
        ),
        slip(
            lambda f, x, eps: _two_sided(f, x, eps) * eps**2,
            "every slope is eps² times what it should be",
            "a / 2 * eps multiplies by eps. Put the denominator in brackets.",
        ),
        slip(
            lambda f, x, eps: np.trunc(_two_sided(f, x, eps)),
            "the slopes have lost what comes after the point",
            "An array of integers holds integers only: which dtype has the array that collects the slopes?",
        ),
    ],
    parts="One slope for each entry of x, in the shape of x: two values of f, and the distance between them.",
    unchanged="Nudge a copy. Adding eps and taking it away again leaves a rounding error.",
    # Rounding: f is below 100 and eps 1e-5, so two right answers differ by less than 1e-7. For float32, a
    # nudge of 1e-5 is lost in rounding: this task is about precision.
    atol=1e-7,
    single=False,
    hints={
        "ValueError": "What f is given has the shape of x: nudge one entry of a copy, and pass all of it.",
        **dict.fromkeys(
            ("TypeError", "IndexError"),
            "Does this line fit an x of any shape? np.ndindex(x.shape) gives an index for each entry.",
        ),
    },
)
