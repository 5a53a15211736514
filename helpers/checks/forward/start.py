"""Task 4: He's initialisation with uniform numbers. Judged is what chance gives in several draws together."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from helpers.checks.blocks import leaves_input_unchanged
from helpers.checks.formula import slips_of
from helpers.checks.plain import short
from helpers.checks.probing import Seen, call
from helpers.checks.randomness import (
    drawn,
    draws,
    in_each_draw,
    new_seed,
    next_differs,
    other_seed_differs,
    same_again,
)
from helpers.checks.task import Case, Slip, Task, Wrong, all_of, verdict

Array = np.ndarray
DRAWS = 4  # pooled, so that a layer has 1,600 weights at least
# How many standard errors a right answer may be off. Three numbers of each of seven layers are looked at: one
# of them is further off by chance in fewer than one of ten million checks.
ERRORS = 6.0
SIZES = ([64, 128, 10], [150, 40, 90, 30], [300, 4, 100])


def _cases(rng: np.random.Generator) -> list[Case]:
    return [{"sizes": list(sizes), "seed": new_seed(rng)} for sizes in SIZES]


def _probe(learner: Any, case: Case) -> Seen:
    return drawn(lambda rng: call(learner, case["sizes"], rng), case["seed"], DRAWS, next_too=True)


def _right(sizes: Sequence[int], rng: np.random.Generator) -> tuple[list[Array], list[Array]]:
    weights, biases = [], []
    for n, m in pairwise(sizes):
        c = np.sqrt(6 / n)
        weights.append(rng.uniform(-c, c, (n, m)))
        biases.append(np.zeros(m))
    return weights, biases


# Wrong spreads, each of them another than the right one in every layer but perhaps the first.
SPREADS = slips_of(
    _right,
    """
    c = np.sqrt(6 / n) → c = np.sqrt(2 / n)
        the spread is that of uniform numbers between -c and c for c = √(2 / n_in)
        Their variance is c² / 3, and that shall be 2 / n_in.
    c = np.sqrt(6 / n) → c = np.sqrt(6 / m)
        the spread is that for n_out in the place of n_in
        What is added up for one unit? So many weights share the variance.
    c = np.sqrt(6 / n) → c = np.sqrt(6 / (n + m))
        the variance is 2 / (n_in + n_out), as Xavier has it
        He's is 2 / n_in: there n_out has no say.
    c = np.sqrt(6 / n) → c = np.sqrt(3 / n)
        the variance is 1 / n_in, half of what it should be
        ReLU lets about half of the signal through. Asked is the variance that makes up for it.
    c = np.sqrt(6 / n) → c = np.sqrt(3) * 2 / n
        the spread is 2 / n_in
        2 / n_in is the variance. The spread, or standard deviation, is its root.
    c = np.sqrt(6 / n) → c = np.sqrt(6 / sizes[0])
        every layer has the spread of the first
        n_in is the number of inputs of the layer, not of the network.
    """,
)


def _layers(case: Case) -> list[tuple[int, int]]:
    return list(pairwise(case["sizes"]))


@verdict
@in_each_draw
def _form(case: Case, answer: Any) -> None:
    shapes: dict[str, list[Any]] = {"weights": _layers(case), "biases": [(m,) for _, m in _layers(case)]}
    lists = isinstance(answer, list) and all(isinstance(part, list) for part in answer)
    arrays = lists and all(isinstance(array, np.ndarray) for part in answer for array in part)
    if arrays and [[array.ndim for array in part] for part in answer] == [[2, 1]] * len(_layers(case)):
        raise Wrong("the first entry holds W and b of one layer", "Asked are all matrices, then all biases.")
    if not isinstance(answer, list) or len(answer) != 2:
        raise Wrong(f"expected weights, biases; got {short(answer)}", "End with `return weights, biases`.")
    for (name, want), part in zip(shapes.items(), answer, strict=True):
        if not isinstance(part, list) or len(part) != len(want):
            what = f"{name} is to be a list of {len(want)} arrays, one for each layer"
            raise Wrong(f"{what}; got {short(part)}", f"{len(case['sizes'])} sizes make {len(want)} layers.")
        got = [np.shape(array) for array in part]
        if got != want:
            turned = name == "weights" and got == [shape[::-1] for shape in want]
            hint = "They are turned: W is (in, out) here." if turned else "W is (in, out), b is (out,)."
            raise Wrong(f"the shapes in {name} are {got}, expected {want}", hint)


def _of_layer(value: Any, layer: int) -> Array:
    """The weights of a layer in all draws."""
    return np.concatenate([np.ravel(weights[layer]).astype(float) for weights, _ in draws(value)])


def _spreads(case: Case, value: Any) -> Array:
    return np.array([np.sqrt(np.mean(_of_layer(value, k) ** 2)) for k in range(len(_layers(case)))])


@verdict
def _biases_and_mean(case: Case, value: Any) -> None:
    for _, biases in draws(value):
        for number, b in enumerate(biases, start=1):
            if np.any(np.asarray(b) != 0):
                raise Wrong(f"the biases of layer {number} are not all 0: {short(b)}", "The task asks for 0.")
    for number, _ in enumerate(_layers(case), start=1):
        w = _of_layer(value, number - 1)
        if not np.isfinite(w).all():
            raise Wrong(f"layer {number} has weights that are NaN or infinite", "Print c of each layer.")
        if abs(w.mean()) > ERRORS * np.sqrt(np.mean(w**2) / len(w)):
            what = (
                f"the weights of layer {number} have the mean {w.mean():.3g}, their spread is {w.std():.3g}"
            )
            raise Wrong(what, "Negative and positive numbers have to be equally likely.")


@verdict
def _each_its_own(case: Case, value: Any) -> None:
    for number, W in enumerate(value["answer"][0], start=1):
        w = np.ravel(W).astype(float)
        different = len(np.unique((w / max(np.abs(w).max(), 1e-300)).round(7)))
        if different < 0.9 * len(w) and w.any():
            what = (
                f"among the {len(w)} weights of layer {number} the number of different values is {different}"
            )
            raise Wrong(what, "Each weight is a draw of its own.")


@verdict
def _each_layer_draws(case: Case, value: Any) -> None:
    for number, pair in enumerate(pairwise(value["answer"][0]), start=1):
        first, second = (np.ravel(W).astype(float)[:100] for W in pair)
        if np.allclose(second * first[0], first * second[0], rtol=1e-5, atol=0):
            what = f"layer {number + 1} has the numbers of layer {number}, times {second[0] / first[0]:.3g}"
            raise Wrong(what, "Each layer goes on drawing from `rng`.")


@verdict
def _spread(case: Case, value: Any) -> None:
    layers = _layers(case)
    got, n = _spreads(case, value), np.array([len(_of_layer(value, k)) for k in range(len(layers))])
    # The root of a mean of n squares of uniform numbers is off by √(0.2 / n) of itself, on average.
    room = ERRORS * np.sqrt(0.2 / n)
    want = np.array([np.sqrt(2 / inputs) for inputs, _ in layers])
    if (np.abs(got / want - 1) <= room).all():
        return
    for one in SPREADS:
        other = _spreads(case, {"answer": one.formula(case["sizes"], np.random.default_rng(0)), "others": []})
        if (np.abs(got - other) <= 2.5 * room * other).all():  # a single draw of the slip: twice the error
            raise Wrong(one.what, one.hint)
    layer = int(np.flatnonzero(np.abs(got / want - 1) > room)[0])
    w, n_in = _of_layer(value, layer), layers[layer][0]
    what = f"the weights of layer {layer + 1} lie between {w.min():.3f} and {w.max():.3f}, their variance is"
    raise Wrong(
        f"{what} {got[layer] ** 2:.3g}; expected 2 / {n_in} = {2 / n_in:.3g}",
        "Uniform numbers between -c and c have the variance c² / 3, as the task says.",
    )


@verdict
def _uniform(case: Case, value: Any) -> None:
    for number, (inputs, _) in enumerate(_layers(case), start=1):
        w, c = np.abs(_of_layer(value, number - 1)), np.sqrt(6 / inputs)
        outside, half = np.mean(w > c * (1 + 1e-6)), np.mean(w < c / 2)
        if outside:
            what = f"{outside:.1%} of the weights of layer {number} lie outside of -c … c, c = {c:.4f}"
            raise Wrong(what, "The variance is right. Uniform numbers of that variance end at c.")
        if abs(half - 1 / 2) > ERRORS * np.sqrt(0.25 / len(w)):
            what = f"{half:.0%} of the weights of layer {number} are nearer to 0 than to ±{c:.4f}"
            raise Wrong(what, "The variance is right. Of uniform numbers half are.")


he_uniform = Task(
    "forward/he_uniform",
    points=4,
    cases=_cases,
    probe=_probe,
    signature="he_uniform(sizes, rng)",
    slips=[Slip(one.formula, one.what, one.hint) for one in SPREADS],
    verdict=all_of(
        leaves_input_unchanged("sizes"),
        _form,
        same_again("start"),
        _each_its_own,
        _biases_and_mean,
        _spread,
        other_seed_differs("start"),
        next_differs("start"),
        _each_layer_draws,
        _uniform,
    ),
)
