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
            the product is X @ W
            A number of the answer is a row of W times a sample, and a sample is a column of X.
        product = W @ X → product = X @ W
        b[:, None] → b
            the answer is X @ W + b, as for samples in rows and a W that is (in, out)
            Here samples are columns, and W is (out, in).
        product = W @ X → product = X @ W.T
        b[:, None] → b
            the answer is X @ W.T + b, as for samples in rows
            Here samples are columns.
        product = W @ X → product = X.T @ W
            the product is X.T @ W
            A number of the answer is a row of W times a sample, and a sample is a column of X.
        product = W @ X → product = W * X
            W and X were multiplied entry by entry
            An output is a sum over the inputs, not one product.
        return product + b[:, None] → return (product + b[:, None]).T
            samples are rows and outputs are columns
            Asked is (out, n): a sample is a column, as in X.
        return product + b[:, None] → return product
            b is missing
            Every output has a number that is added, whatever the sample.
        product = W @ X → product = W @ (X + b[:, None])
        return product + b[:, None] → return product
            b was added to the inputs
            It belongs to the outputs, after the weighted sum.
        return product + b[:, None] → return np.maximum(product + b[:, None], 0)
            there is a ReLU
            This is the layer alone: negative numbers stay.
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
        return sum(matrices[:own]) + biases → return sum(matrices) / (2 if tied else 1) + biases
            with tied=True the matrix in the middle counts half
            With three layers the one in the middle has no partner.
        biases = sum(sizes[1:]) if bias else 0 → biases = sum(sizes[1 : own + 1]) if bias else 0
            with tied=True the biases of the second half are missing
            Shared are the matrices. Every layer has its own biases.
        biases = sum(sizes[1:]) if bias else 0 → biases = 0
            the biases are missing
            With bias=True each output of a layer has one.
        biases = sum(sizes[1:]) if bias else 0 → biases = sum(sizes) if bias else 0
            there is a bias for each input of the network, too
            A layer has biases for what comes out of it. The inputs come out of no layer.
        biases = sum(sizes[1:]) if bias else 0 → biases = sum(sizes[:-1]) if bias else 0
            there is a bias for each input of a layer
            A layer has biases for what comes out of it.
        biases = sum(sizes[1:]) if bias else 0 → biases = len(matrices) if bias else 0
            there is one bias for each layer
            b has an entry for each output of its layer.
        biases = sum(sizes[1:]) if bias else 0 → biases = sum(sizes[1:])
            the biases were counted, with bias=False
            A layer without bias has its matrix only.
        biases = sum(sizes[1:]) if bias else 0 → biases = sum(sizes[1:-1]) if bias else 0
            the biases of the last layer are missing
            The last layer has a bias for each of its outputs, too.
        return sum(matrices[:own]) + biases → return sum(matrices[1:own]) + biases
            the matrix of the first layer is missing
            From the inputs to the first hidden units it is sizes[0] times sizes[1] weights.
        return sum(matrices[:own]) + biases → return matrices[-1] + (sizes[-1] if bias else 0)
            only the last layer was counted
            All layers count.
        return sum(matrices[:own]) + biases → return matrices[0] + (sizes[1] if bias else 0)
            only the first layer was counted
            All layers count.
        own = (len(matrices) + 1) // 2 if tied else len(matrices) → own = len(matrices) - 1
        sum(sizes[1:]) if → sum(sizes[1:-1]) if
            the last layer was not counted
            How many layers have four widths?
        (len(matrices) + 1) // 2 if tied else len(matrices) → (len(matrices) + 1) // 2
            without tied=True matrices were shared
            Then each layer has a matrix of its own.
        return sum(matrices[:own]) + biases → return np.prod(sizes) + biases
            the widths were all multiplied with each other
            The weights of different layers add up.
        return sum(matrices[:own]) + biases → return sum(sizes)
            the units were counted, not the weights
            Each pair of an input and an output of a layer has a weight.
        own = (len(matrices) + 1) // 2 if tied else len(matrices) → own = len(matrices)
            with tied=True the matrices of all layers were counted
            A matrix that is used twice has to be stored once.
        own = (len(matrices) + 1) // 2 if tied else len(matrices) → own = len(matrices)
        return sum(matrices[:own]) + biases → return (sum(matrices) + biases) / (2 if tied else 1)
            with tied=True all is half, the biases too
            Shared are the matrices. Every layer has its own biases.
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
        a = activation(z) if layer < len(weights) - 1 else z → a = z
            no layer has an activation
            All layers but the last have one.
        if layer < len(weights) - 1 → if layer < len(weights) - 2
            the last hidden layer has no activation
            All layers but the last have one.
        if layer < len(weights) - 1 → if layer == 0 < len(weights) - 1
            only the first layer has an activation
            All layers but the last have one.
        a = activation(z) if → a = np.maximum(z, 0) if
            the hidden layers have ReLU, another activation was passed
            Call the function that is given.
        a = activation(z) if → a = np.tanh(z) if
            the hidden layers have tanh, another activation was passed
            Call the function that is given.
        return out → return [X, *out[:-1]]
            the list holds what each layer is given
            Asked is what each layer gives.
        return out → return [out[-1] if a.shape == out[-1].shape else a for a in out]
            arrays of the list are all the same: they hold what came last
            A list holds the array itself, no copy: `a[:] = …` changes what it holds already.
        out.append(a) → out.append(z)
            the list holds what each layer has before its activation
            Asked is what it hands on to the next.
        out, a = [], X → out, a = [X], X
            X stands first in the list
            The list has one array for each layer; X is none.
        return out → return out[:-1]
            the logits are missing
            The last layer belongs into the list, too.
        return out → return out[-1]
            only the logits came
            Asked are the activations of all layers, in a list.
        return out → return out[::-1]
            the list begins with the last layer
            The order is that of the layers.
        return out → return [*out[:-1], activation(out[-1]) @ weights[-1] + biases[-1]]
            the last array went through the last layer twice
            After a loop over all layers X or a has been through the last one, too.
        z = a @ W + b → z = a @ W.T + b
            the inputs were multiplied by W.T
            W is (in, out) here.
        z = a @ W + b → z = a @ W
            the biases are missing
            Each layer adds its own.
        z = a @ W + b → z = X @ W + b
            each layer was given X
            A layer takes what the layer before gave.
        z = a @ W + b → z = activation(a) @ W + b
        a = activation(z) if layer < len(weights) - 1 else z → a = z
            the activation comes before each layer: X went through it
            X is given to the first layer as it is.
        z = a @ W + b → z = a @ W
        a = activation(z) if → a = activation(z) + b if
        else z → else z + b
            the biases were added after the activation
            They belong to the weighted sum.
        zip(weights, biases, strict=True) → zip(weights[::-1], biases[::-1], strict=True)
            the layers were gone through from the last to the first
            X goes into the first of the list.
        return out → e = np.exp(out[-1])\nreturn [*out[:-1], e / e.sum(axis=1, keepdims=True)]
            the last array holds probabilities
            Asked are the logits: what the last layer gives, as it is.
    """,
    form="A list with one array for each layer: those of the hidden layers, then the logits.",
    unchanged="X, weights and biases are needed by others. `weights.pop()` and `a += …` change them.",
    hints={
        "ValueError": "Write the shapes down: what this layer is given is (n, in), W is (in, out).",
        "IndexError": "How many layers has this network? One layer is a network, too.",
    },
)
