"""Task 5: units of trained networks that are off for every picture, and what stands still with them."""

import functools
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from helpers import data
from helpers.checks.blocks import leaves_input_unchanged
from helpers.checks.formula import slips_of
from helpers.checks.plain import first_of, short
from helpers.checks.probing import call
from helpers.checks.task import Case, Slip, Task, Wrong, all_of, verdict
from helpers.nn import SGD, CrossEntropyLoss, Linear, ReLU, Sequential
from helpers.training import fit

Array = np.ndarray
Net = tuple[list[Array], list[Array]]
FORM = "End with `return dead, frozen`: a list with an array for each hidden layer, and a whole number."


@functools.cache
def _trained(lr: float) -> Net:
    """Weights and biases of a network of 64-32-24-10 after four epochs with that learning rate."""
    X, y = data.load_digits()
    rng = np.random.default_rng(0)
    layers = [Linear(n_in, n_out, rng=rng) for n_in, n_out in pairwise([64, 32, 24, 10])]
    first, second, last = layers
    model = Sequential(first, ReLU(), second, ReLU(), last)
    X, y, optimizer = X[:1000] / 16, y[:1000], SGD(model, lr=lr)
    fit(model, CrossEntropyLoss(), optimizer, X, y, batch_size=20, num_epochs=4, rng=rng, progress=False)
    return [layer.W.copy() for layer in layers], [layer.b.copy() for layer in layers]


def _drawn(sizes: Sequence[int], rng: np.random.Generator) -> Net:
    """An untrained network of whole numbers; the first unit of each hidden layer is dead."""
    weights = [rng.integers(-3, 4, size=shape).astype(float) for shape in pairwise(sizes)]
    biases = [np.ones(n) for n in sizes[1:]]
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        W[:, 0], b[0] = -np.abs(W[:, 0]), -1.0
    return weights, biases


def _small(rng: np.random.Generator) -> tuple[Array, Net]:
    """Six rows for a network of 3-6-5-2, in which each slip is another; one unit is on for a single row."""
    fixed = np.random.default_rng(3100)
    X = fixed.integers(0, 4, size=(6, 3)).astype(float)
    weights, biases = _drawn([3, 6, 5, 2], fixed)
    biases[-1] = np.array([-100.0, 100.0])  # a logit that is negative for every row is no dead unit
    return rng.permutation(X), (weights, biases)


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    pictures = data.load_digits().X[:1000] / 16

    def some(n: int) -> Array:
        return pictures[rng.permutation(1000)[:n]]

    asked = [
        _small(rng),
        (some(200), _trained(0.8)),
        (some(200), _trained(0.1)),
        (some(3), _trained(0.5)),
        (some(60), _drawn([64, 12, 8, 10], rng)),
        (some(4), _drawn([64, 10], rng)),
        (some(1), _trained(0.8)),
    ]
    (first, *_), (b, b_next, _) = asked[4][1]
    first[:, 0], b[0] = 0, 0  # exactly 0 before ReLU
    b_next[:] = 10_000  # no dead unit
    return [{"X": X, "weights": list(weights), "biases": list(biases)} for X, (weights, biases) in asked]


def _right(X: Array, weights: Sequence[Array], biases: Sequence[Array]) -> tuple[list[Array], int]:
    a, off = X, [np.zeros(X.shape[1], bool)]
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        a = np.maximum(a @ W + b, 0)
        off.append((a == 0).all(axis=0))
    off.append(np.zeros(len(biases[-1]), bool))
    frozen = 0
    for before, own in pairwise(off):
        into, out_of = own[None, :], before[:, None]
        frozen += int((into | out_of).sum() + own.sum())
    dead = [np.flatnonzero(mask) for mask in off[1:-1]]
    return dead, frozen


SLIPS = slips_of(
    _right,
    r"""
        (a == 0).all → (a == 0).any
            units that are off for some rows were taken for dead
            A dead unit is off for all of them.
        a = np.maximum(a @ W + b, 0) → a = a @ W + b
        (a == 0).all → (a <= 0).all
            the next layer was given what came before ReLU
            ReLU stands between two layers: the second never sees a negative number.
        np.maximum(a @ W + b, 0) → np.maximum(a @ W, 0)
            the biases were left out of the forward pass
            A layer adds its own before ReLU.
        + own.sum() → + 0
            frozen leaves the biases of dead units out
            The bias of a dead unit gets no slope, either.
        (into | out_of).sum() + own.sum() → (into + 0 * out_of).sum()
            frozen counts the weights that lead into dead units only
            Their biases stand still, too, and so do the weights that read them.
        (into | out_of).sum() → (0 * into + out_of).sum() + (into + 0 * out_of).sum()
            frozen counts a weight between two dead units twice
            It leads into one and reads the other, and it is one weight.
        pairwise(off): → pairwise(off[:-1]):
            frozen leaves the weights of the last layer out
            The last layer reads the units of the layer before it, dead ones, too.
    """,
)


def _same(one: Any, other: Any) -> bool:
    """Whether two answers of the right form hold the same units, in any order, and the same number."""
    return bool(one[1] == other[1]) and _units(one) == _units(other)


def _units(answer: Any) -> list[Any]:
    layers = [np.asarray(units) for units in answer[0]]
    return [(units.ndim, np.sort(units, axis=None).tolist()) for units in layers]


@verdict
def _judge(case: Case, answer: Any) -> None:
    (dead, frozen), n = _right(**case), len(case["X"])
    parts = answer if isinstance(answer, list) and len(answer) == 2 else [None, None]
    if not isinstance(parts[0], list | np.ndarray) or not isinstance(parts[1], int | float):
        raise Wrong(f"expected a list and a number, got {short(answer)}", FORM)
    if len(answer[0]) != len(dead):
        last = "The last layer gives the logits: it has no ReLU." if len(answer[0]) == len(dead) + 1 else FORM
        raise Wrong(f"dead has {len(answer[0])} entries, there are {len(dead)} hidden layers", last)
    if _same(answer, (dead, frozen)):
        return
    for one in SLIPS:
        if _same(answer, one.formula(**case)):
            raise Wrong(one.what, one.hint)
    a = case["X"]
    for layer, units in enumerate(answer[0]):
        a = np.maximum(a @ case["weights"][layer] + case["biases"][layer], 0)
        _one_layer(f"hidden layer {layer + 1}", np.asarray(units), (a > 0).sum(axis=0), n)
    what = f"dead is right, frozen is off\nexpected: {frozen}\ngot:      {short(answer[1])}"
    hint = "Draw the example of the task, cross the dead units out, and count what leads into or out of one."
    raise Wrong(what, hint)


def _one_layer(where: str, got: Array, rows_on: Array, n: int) -> None:
    """Compare the dead units of one layer; `rows_on` says for each unit for how many of n rows it is on."""
    if got.dtype == bool or got.ndim != 1 or (got.size and got.dtype.kind not in "iu"):
        what = f"expected the numbers of the dead units of {where}, got {short(got)}"
        raise Wrong(what, "np.flatnonzero(mask) gives the numbers where a mask of True and False is True.")
    units, want = set(got.tolist()), set(np.flatnonzero(rows_on == 0).tolist())
    if strange := units - set(range(len(rows_on))):
        what = f"{where} has the units 0 to {len(rows_on) - 1}, got {first_of(strange)}"
        raise Wrong(what, "A unit is a column of the activations.")
    if len(got) > len(units):
        raise Wrong(f"{where} has units that come twice: {short(got)}", "Each dead unit has one number.")
    if extra := units - want:
        unit = min(extra)
        what = f"unit {unit} of {where} is not dead: it is on for {rows_on[unit]} of {n} rows"
        raise Wrong(what, "A dead unit is off for all of them.")
    if missing := want - units:
        what = f"dead units of {where} are missing: {first_of(missing)} ({len(missing)} of {len(want)})"
        raise Wrong(what, f"Each of them is off for all {n} rows.")


dead_units = Task(
    "activations/dead_units",
    points=4,
    cases=_cases,
    probe=lambda learner, case: call(learner, case["X"], case["weights"], case["biases"]),
    signature="dead_units(X, weights, biases)",
    slips=[Slip(one.formula, one.what, one.hint) for one in SLIPS],
    verdict=all_of(_judge, leaves_input_unchanged()),
    hints={
        "ValueError": "Write the shapes of this line down: X is (n, d), W is (in, out), b is (out,). What is "
        "returned is a list, since its arrays have different lengths.",
        "IndexError": "How many hidden layers has this network? There may be none.",
    },
)
