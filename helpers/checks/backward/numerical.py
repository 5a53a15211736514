"""Task 1: a gradient by nudging. The probe's function writes down where it was called."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.probing import Seen, call
from helpers.checks.task import Case, Wrong, verdict

Array = np.ndarray
FUNCTIONS: dict[str, Callable[[Array, Array], float]] = {
    "sum of c · x³": lambda x, c: float((c * x**3).sum()),
    "sum of c · sin(x)": lambda x, c: float((c * np.sin(x)).sum()),
    "(sum of c · x)²": lambda x, c: float((c * x).sum() ** 2),
}


def _two_sided(f: Callable[[Array], float], x: Array, eps: float) -> Array:
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        nudge = np.zeros(x.shape)
        nudge[i] = eps
        gradient[i] = (f(x + nudge) - f(x - nudge)) / (2 * eps)
    return gradient


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    asked = [((3,), 1e-5, 0), ((1,), 1e-5, 1), ((4,), 0.01, 0), ((2, 3), 1e-5, 2), ((2, 1, 2), 0.02, 1)]
    cases: list[Case] = []
    for shape, eps, number in [*asked, ((3,), 1e-5, 0)]:
        x, c = rng.uniform(0.5, 2.0, size=shape).round(2), rng.uniform(1.0, 2.0, size=shape).round(2)
        cases.append({"f": list(FUNCTIONS)[number], "x": x, "eps": eps, "c": c})
    cases[-1]["x"] = rng.integers(1, 5, size=3)  # an array of integers cannot be nudged
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
        hint = "An array of integers keeps 2 where 2 + 1e-5 is written into it: nudge a copy with floats."
        raise Wrong(f"f was given arrays of integers only, none of them {eps:g} away from x", hint)
    if not moves.any():
        hint = "Look at the array before each call of f. `=` gives an array a second name; .copy() makes a "
        raise Wrong("f was called at x only: no entry was moved", hint + "second array.")
    # A hundredth of eps: less is what rounding leaves.
    moved = (np.abs(moves) > eps / 100).sum(axis=1)
    first, farthest = int(moved[moved > 0][0]), float(np.abs(moves).max())
    if moved.max() > 1:
        row = "In this x, x[i] is a whole row. " if x.ndim > 1 and first == x[0].size else ""
        hint = f"{row}A slope belongs to one entry: move that one, and leave the others as they are."
        if first == 1:
            hint = "Put an entry back before you nudge the next one: else the slopes mix."
        raise Wrong(f"f was given x with {moved.max()} of {x.size} entries moved at once", hint)
    # x + eps is rounded: a nudge of 1e-5 is exact to about 1e-11 of itself.
    if abs(farthest - eps) > 1e-9:
        hint = "Use the argument eps: farther, the curve bends; nearer, rounding eats the digits."
        if value["dtypes"] == ["f4"]:
            hint = "f was given float32, with 7 digits: what is left of so small a nudge is rough."
        raise Wrong(f"eps is {eps:g}, but f was called {farthest:.5g} away from x", hint)
    if not moves.min() < 0 < moves.max():
        what = f"f was called above or below x only: moved by {moves.min():.3g} to {moves.max():.3g}"
        raise Wrong(what, "One-sided is too coarse. Each entry goes up and down by eps, from x itself.")


numerical_gradient = formula_task(
    "backward/numerical_gradient",
    "numerical_gradient(f, x, eps=1e-5)",
    points=2,
    cases=_cases,
    probe=_probe,
    show=("f", "x", "eps"),
    rules=[_called_around_x],
    right=_two_sided,
    slips="""
        (2 * eps) → eps
            every slope is twice too large
            How far is it from x - eps to x + eps?
        (2 * eps) → 2 * eps
            every slope is eps² times what it should be
            a / 2 * eps multiplies by eps. Put the denominator in brackets.
        gradient = np.zeros(x.shape) → gradient = np.zeros(x.shape, int)
            the slopes have lost what comes after the point
            An array of integers holds integers only: which dtype has the array that collects the slopes?
    """,
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
