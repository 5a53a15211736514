"""Tasks 1 to 3: a layer whose samples are columns, the number of parameters, and a net of any depth."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.probing import call
from helpers.checks.task import Case

Array = np.ndarray

# Task 1: a linear layer --------------------------------------------------------------------------------


def _layer_cases(rng: np.random.Generator) -> Sequence[Case]:
    """First where everything fits, then as many samples as outputs, then sizes that all differ."""
    cases: list[Case] = []
    for inputs, outputs, n in [(3, 3, 3), (2, 3, 3), (4, 2, 5), (3, 4, 1), (5, 1, 4), (64, 10, 30)]:
        X, W, b = (rng.normal(size=size).round(2) for size in ((inputs, n), (outputs, inputs), outputs))
        cases.append({"X": X, "W": W, "b": b + 3})
    cases[-1]["X"] = rng.integers(0, 17, size=(64, 30)).astype(np.uint8)
    return cases


def _layer(X: Array, W: Array, b: Array) -> Array:
    product = W @ X
    return product + b[:, None]


linear_columns = formula_task(
    "forward/linear_columns",
    "linear_columns(X, W, b)",
    points=2,
    cases=_layer_cases,
    right=_layer,
    parts="Column j of the answer belongs to sample j, and row i to output i.",
    slips="""
        return product + b[:, None] → return product + b
            b was added along the samples: sample j got entry j of b
            b has an entry for each output. Along which axis of (out, n) do the outputs lie?
        product = W @ X → product = W @ X.T
            W was multiplied by X.T: rows of X were taken for samples
            A sample is a column of X.
        product = W @ X → product = W.T @ X
            X was multiplied by W.T
            W has a row for each output here, not a column.
        product = W @ X → product = X @ W
        b[:, None] → b
            the answer is X @ W + b, as for samples in rows and a W that is (in, out)
            Here samples are columns, and W is (out, in).
        product = W @ X → product = X @ W.T
        b[:, None] → b
            the answer is X @ W.T + b, as for samples in rows
            Here samples are columns.
        return product + b[:, None] → return (product + b[:, None]).T
            samples are rows and outputs are columns
            Asked is (out, n): a sample is a column, as in X.
    """,
    unchanged="X, W and b are needed by others: compute a new array.",
    hints={"ValueError": "Write the shapes down: X is (in, n), W (out, in), b (out,), the answer (out, n)."},
)

# Task 2: the number of parameters ----------------------------------------------------------------------


def _count_cases(rng: np.random.Generator) -> Sequence[Case]:
    a, b, c, d = (int(k) for k in rng.choice(np.arange(4, 90, 2), size=4, replace=False))
    return [
        {"sizes": [a, b, c, d]},
        {"sizes": [a, b, c], "bias": False},
        {"sizes": [a, b]},
        {"sizes": [a, b, a], "tied": True},
        {"sizes": [a, b, b, a], "tied": True, "bias": False},
        {"sizes": [a, b, c, b, a], "tied": True},
        {"sizes": [c, c, c, c, c, c], "tied": True},
        {"sizes": [a, b, a], "tied": False, "bias": True},
    ]


def _count(sizes: Sequence[int], bias: bool = True, tied: bool = False) -> int:
    matrices = [n * m for n, m in pairwise(sizes)]
    own = (len(matrices) + 1) // 2 if tied else len(matrices)
    biases = sum(sizes[1:]) if bias else 0
    return sum(matrices[:own]) + biases


count_parameters = formula_task(
    "forward/count_parameters",
    "count_parameters(sizes, bias=True, tied=False)",
    points=3,
    cases=_count_cases,
    probe=lambda learner, case: call(learner, **case),
    right=_count,
    parts="Write the shape of each array of this network down: its matrices, then its biases.",
    unchanged="`sizes` is needed by others: leave it as it is.",
    form="Asked is one whole number.",
    slips="""
        own = (len(matrices) + 1) // 2 if tied else len(matrices) → own = len(matrices) // (2 if tied else 1)
            with tied=True the matrix in the middle is missing
            With three layers the one in the middle has no partner, and a matrix of its own.
        return sum(matrices[:own]) + biases → return sum(set(matrices[:own])) + biases
            matrices of one size were counted once, where two layers have each their own
            Two layers share a matrix because the task says so, not because they are of one size.
        biases = sum(sizes[1:]) if bias else 0 → biases = sum(sizes[1 : own + 1]) if bias else 0
            with tied=True the biases of the second half are missing
            Shared are the matrices. Every layer has its own biases.
        biases = sum(sizes[1:]) if bias else 0 → biases = 0
            the biases are missing
            With bias=True each output of a layer has one.
        biases = sum(sizes[1:]) if bias else 0 → biases = sum(sizes) if bias else 0
            there is a bias for each input of the network, too
            A layer has biases for what comes out of it. The inputs come out of no layer.
        own = (len(matrices) + 1) // 2 if tied else len(matrices) → own = len(matrices)
            with tied=True the matrices of all layers were counted
            A matrix that is used twice has to be stored once.
    """,
    hints={"IndexError": "Four widths make three layers: the last width begins no layer."},
)

# Task 3: a net of any depth ----------------------------------------------------------------------------

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "square": np.square,
}


def _net_cases(rng: np.random.Generator) -> Sequence[Case]:
    """First where every product fits."""
    cases = []
    asked: list[tuple[int, list[int], str]] = [
        (4, [4, 4, 4, 4, 4], "tanh"),
        (8, [2, 5, 4], "relu"),
        (5, [3, 2], "tanh"),
        (1, [3, 6, 2, 4], "square"),
        (6, [4, 5, 5, 5, 5, 3], "relu"),
    ]
    for n, sizes, name in asked:
        shapes = list(pairwise(sizes))
        weights = [rng.normal(size=shape).round(2) for shape in shapes]
        biases = [rng.uniform(0.2, 1.0, size=shape[1]).round(2) for shape in shapes]
        X = rng.normal(size=(n, sizes[0])).round(2)
        cases.append({"X": X, "weights": weights, "biases": biases, "activation": name})
    return cases


def _net(X: Array, weights: Any, biases: Any, activation: Callable[[Array], Array]) -> list[Array]:
    out, a = [], X
    for layer, (W, b) in enumerate(zip(weights, biases, strict=True)):
        z = a @ W + b
        a = activation(z) if layer < len(weights) - 1 else z
        out.append(a)
    return out


def _net_probe(learner: Any, case: Case) -> Any:
    return call(learner, case["X"], case["weights"], case["biases"], ACTIVATIONS[case["activation"]])


mlp_forward = formula_task(
    "forward/mlp_forward",
    "mlp_forward(X, weights, biases, activation)",
    points=3,
    cases=_net_cases,
    probe=_net_probe,
    right=_net,
    parts="Shown is the first array that is off. What comes before it is right.",
    slips=r"""
        a = activation(z) if layer < len(weights) - 1 else z → a = activation(z)
            the logits went through the activation, too
            The last layer has none.
        a = activation(z) if → a = np.maximum(z, 0) if
            the hidden layers have ReLU, another activation was passed
            Call the function that is given.
        return out → return [out[-1] if a.shape == out[-1].shape else a for a in out]
            arrays of the list are all the same: they hold what came last
            A list holds the array itself, no copy: `a[:] = …` changes what it holds already.
        out.append(a) → out.append(z)
            the list holds what each layer has before its activation
            Asked is what it hands on to the next.
        out, a = [], X → out, a = [X], X
            X stands first in the list
            The list has one array for each layer; X is none.
        return out → return [*out[:-1], activation(out[-1]) @ weights[-1] + biases[-1]]
            the last array went through the last layer twice
            After a loop over all layers X or a has been through the last one, too.
        z = a @ W + b → z = X @ W + b
            each layer was given X
            A layer takes what the layer before gave.
    """,
    form="A list with one array for each layer: those of the hidden layers, then the logits.",
    unchanged="X, weights and biases are needed by others. `weights.pop()` and `a += …` change them.",
    hints={
        "ValueError": "Write the shapes down: what this layer is given is (n, in), W is (in, out).",
        "IndexError": "How many layers has this network? One layer is a network, too.",
    },
)
