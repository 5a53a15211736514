"""Task 3: a linear layer with rounded weights, forward and straight through backward."""

from collections.abc import Sequence

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.task import Case

Array = np.ndarray


def _passes(rng: np.random.Generator) -> Sequence[Case]:
    """Square shapes first. No weight lies near the middle between two marks, or just outside its limit."""
    cases: list[Case] = []
    for n, n_in, n_out, bits in [(4, 4, 4, 3), (5, 3, 2, 4), (3, 6, 4, 2), (2, 5, 3, 8), (1, 4, 1, 3)]:
        most = 2 ** (bits - 1) - 1
        limit = rng.permutation(np.linspace(0.4, 1.6, n_out) if n_out > 1 else [0.7]).round(2)
        code = rng.integers(-most + 1, most, size=(n_in, n_out))
        W = (code + rng.uniform(0.1, 0.4, size=code.shape) * rng.choice([-1, 1], size=code.shape)) / most
        far = 1 + rng.uniform(1.6, 2.5, size=code.shape) / most
        kind = rng.permuted(np.arange(code.size)).reshape(code.shape) % 5  # at the limit, outside, 3 inside
        W = np.where(kind == 1, rng.choice([-1, 1], size=code.shape) * far, W) * limit
        W[kind == 0] = (rng.choice([-1, 1], size=code.shape) * limit)[kind == 0]
        rows = {"X": rng.normal(size=(n, n_in)).round(2), "W": W, "b": rng.normal(size=n_out).round(2)}
        cases.append({**rows, "limit": limit, "bits": bits, "d_out": rng.normal(size=(n, n_out)).round(2)})
    return cases


def _aware(X: Array, W: Array, b: Array, limit: Array, bits: int, d_out: Array) -> tuple[Array, Array, Array]:
    most = 2 ** (bits - 1) - 1
    scale = limit / most
    codes = np.clip(np.rint(W / scale), -most, most)
    W_hat = scale * codes
    inside = np.abs(W) <= limit
    out = X @ W_hat + b
    dX = d_out @ W_hat.T
    dW = (X.T @ d_out) * inside
    return out, dX, dW


aware_linear = formula_task(
    "quantized_networks/aware_linear",
    "aware_linear(X, W, b, limit, bits, d_out)",
    points=3,
    cases=_passes,
    right=_aware,
    parts={
        "out": "Take one column of W: its scale, its codes, what they stand for, and then the layer.",
        "dX": "Which weights did X meet in the forward pass?",
        "dW": "Take one weight inside its limit, and one outside: what slope does each get?",
    },
    slips="""
        out: out = … → out = X @ W + b
            out has the exact weights
            The forward pass computes with the numbers on the grid.
        out: codes = … → codes = np.rint(W / scale)
            in out a weight outside its limit was not cut off
            Which codes do these bits have?
        out: codes = … → codes = np.clip(np.trunc(W / scale), -most, most)
            in out the codes were cut off towards 0
            Which whole number is nearest to W / scale?
        out: codes = … → codes = np.clip(np.rint(W / scale), -most - 1, most)
            in out a code lies below the lowest
            The codes run from -most to most: as many below 0 as above.
        out: W_hat = … → W_hat = codes
            in out the codes stand in place of the weights
            What number does a code stand for?
        out: most = … → most = 2 ** (bits - 1)
            in out the highest code is 2^(bits - 1)
            Count the codes from the lowest to the highest: how many do these bits have?
        out: most = … → most = 2**bits - 1
            in out the highest code is 2^bits - 1
            Count the codes from the lowest to the highest: how many do these bits have?
        out: scale = … → scale = 2 * limit / (2**bits - 1)
            in out the scale is that of 2^bits codes, from -limit to limit
            The codes run from -most to most: at which code stands the limit?
        out: scale = … → scale = limit.max() / most
            in out all columns have the scale of the largest limit
            Each column has a limit of its own.
        out: scale = … → scale = np.abs(W).max(axis=0) / most
            in out the scale is that of the largest weight of a column
            The limit is given: what lies outside is cut off.
        out: X @ W_hat + b → X @ W_hat
            in out b is missing
            b is not rounded, but it is added.
        dX: d_out @ W_hat.T → d_out @ W.T
            dX has the exact weights
            Which weights did X meet in the forward pass?
        dX: d_out @ W_hat.T → d_out @ (W_hat * inside).T
            in dX the weights outside their limit count as 0
            Such a weight stands at its limit, and there X meets it.
        dX: d_out @ W_hat.T → d_out @ W_hat
            in dX the weights are not transposed
            d_out is (n, n_out), and dX is (n, n_in): which axis is summed?
        dW: inside = … → inside = True
            in dW a weight outside its limit has a slope
            Nudge such a weight: does anything move in the forward pass?
        dW: inside = … → inside = False
            dW is 0 everywhere
            That is the slope of a staircase. Straight through leaves the rounding out, on the way back.
        dW: inside = … → inside = np.abs(W) < limit
            dW is 0 for a weight at its limit
            The limit itself belongs to the inside.
        dW: * inside → * inside * scale
            dW was multiplied by the scale
            W is divided by the scale, rounded, and multiplied again: what is left without the rounding?
        dW: (X.T @ d_out) * inside → (d_out.T @ X) * inside
            in dW rows and columns are exchanged
            dW has the shape of W, (n_in, n_out): also where the two are equal, its rows belong to those of W.
        dW: * inside → * inside / len(X)
            dW is a mean over the rows
            A mean over the rows, if there is one, is in d_out already.
    """,
    form="End with `return out, dX, dW`, of shapes (n, n_out), (n, n_in) and (n_in, n_out).",
    unchanged="`W /= scale` changes the exact W, which the optimizer moves: compute a new array.",
    hints={
        "ValueError: operands": "Write the shapes of this line down: W is (n_in, n_out), limit is (n_out,).",
        "ValueError: matmul": "Write the shapes of this line down: X is (n, n_in), d_out is (n, n_out).",
        "TypeError: 'numpy.ndarray": "`d_out` is an array here, the slopes of the loss for out.",
    },
)
