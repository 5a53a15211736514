"""Task 4: GPTQ on a small layer, and on the first layer of a network for the digits."""

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from helpers import data
from helpers.checks.formula import formula_task
from helpers.checks.networks import HELD_OUT, trained
from helpers.checks.task import Case

Array = np.ndarray


def _layers(rng: np.random.Generator) -> Sequence[Case]:
    """Small layers, whose inputs go up and down together; then one of the digits, whose X has pixels of 0."""
    cases = [_steady(partial(_small, *shape, rng)) for shape in [(8, 10, 3), (6, 5, 4), (7, 3, 2)]]
    (W, _), *_ = trained(64, 16, 10)
    X = data.load_digits().X[HELD_OUT:] / 16
    return cases + [_steady(partial(_of_digits, W, X, bits, rng)) for bits in (3, 4)]


def _small(d_in: int, d_out: int, bits: int, rng: np.random.Generator) -> Case:
    """Inputs near a plane. What the damping is, and what H is made from, shows in Q."""
    while True:
        shared = (rng.normal(size=(40, 2)) + 1) @ rng.uniform(0.2, 1, size=(2, d_in))
        rows = 0.1 * shared + 0.012 * rng.normal(size=shared.shape)
        W, X, X_new = rng.normal(size=(d_in, d_out)), rows[:15], rows[15:]
        ways = [_gptq(W, X, bits, X_new, damping)[0] for damping in (0.01, 0.0, 0.01 / float(np.mean(X**2)))]
        ways += [_gptq(W, X_new, bits, X_new)[0], _gptq(W, X - X.mean(axis=0), bits, X_new)[0]]
        if not any(np.allclose(*two) for two in itertools.combinations(ways, 2)):
            return {"W": W, "X": X, "bits": bits, "X_new": X_new}


def _of_digits(W: Array, X: Array, bits: int, rng: np.random.Generator) -> Case:
    rows = rng.permutation(len(X))
    return {"W": W, "X": X[rows[:200]], "bits": bits, "X_new": X[rows[200:500]]}


def _steady(draw: Callable[[], Case]) -> Case:
    """A case on which GPTQ gains, and whose codes do not hang on the last digits: float32 gives the same."""
    while True:
        case = draw()
        single: list[Any] = [
            one.astype("f4") if isinstance(one, np.ndarray) else one for one in case.values()
        ]
        (Q, nearest, compensated), (same, *_) = _gptq(*case.values()), _gptq(*single)
        if compensated < 0.8 * nearest and np.abs(Q - same).max() < 1e-5:
            return case


def _on_grid(W: Array, scale: Array, bits: int) -> Array:
    most = 2 ** (bits - 1) - 1
    return np.clip(np.rint(W / scale), -most, most) * scale


def _gptq(W: Array, X: Array, bits: int, X_new: Array, damping: float = 0.01) -> tuple[Array, float, float]:
    scale = np.abs(W).max(axis=0) / (2 ** (bits - 1) - 1)
    H = X.T @ X / len(X)
    H = H + damping * np.mean(np.diag(H)) * np.eye(len(H))
    U = np.linalg.cholesky(np.linalg.inv(H)).T
    rest, Q = W.copy(), np.zeros_like(W)
    for i in range(len(W)):
        Q[i] = _on_grid(rest[i], scale, bits)
        error = (rest[i] - Q[i]) / U[i, i]
        rest[i + 1 :] -= np.outer(U[i, i + 1 :], error)
    exact = X_new @ W
    size = float(np.linalg.norm(exact))
    nearest = float(np.linalg.norm(X_new @ _on_grid(W, scale, bits) - exact)) / size
    compensated = float(np.linalg.norm(X_new @ Q - exact)) / size
    return Q, nearest, compensated


gptq = formula_task(
    "large_model_quantization/gptq",
    "gptq(W, X, bits, X_new)",
    points=5,
    cases=_layers,
    right=_gptq,
    rtol=1e-5,  # a wrong code is off by a whole step
    parts={
        "Q": "Do two rows of this case by hand: scales, H, U, the error of row 0, and what row 1 is then.",
        "nearest": "The rows of X_new, the weights each at its nearest mark, and norm over norm.",
        "compensated": "The rows of X_new, the weights Q, and norm over norm.",
    },
    slips="""
        Q: U = … → U = np.eye(len(H))
            Q is what rounding each weight by itself gives
            Print what is subtracted from the rows below.
        Q: damping * np.mean(np.diag(H)) → 0
            Q was made without damping
            What is added to the diagonal of H?
        Q: damping * np.mean(np.diag(H)) → 0.01
            in Q the damping is 0.01 itself
            A hundredth of what is added to the diagonal?
        Q: U = … → U = np.linalg.inv(H)
            Q was made with the inverse of H itself, not with its factor U
            What is an upper triangle, and what is its product with itself?
        Q: / U[i, i] → * 1
            in Q the errors were not divided by U[i, i]
            What is lost in row i is not the error yet.
        Q: -= → +=
            in Q the rows below got the errors with the wrong sign
            When a weight went down, where must one go whose input rises with it?
        Q: error = … → error = (W[i] - Q[i]) / U[i, i]
            in Q the error is that against W, not against the row that was rounded
            Which row was rounded: what had the rows before handed down to it?
        Q: Q[i] = … → Q[i] = _on_grid(rest[i], np.abs(rest).max(axis=0) / (2 ** (bits - 1) - 1), bits)
            in Q the scales moved with the weights
            The scale of a column is fixed at the start.
        Q: H = X.T @ X / len(X) → H = X_new.T @ X_new / len(X_new)
            in Q H was made from the new rows
            The new rows are for the end: the weights must not know them.
        Q: H = X.T @ X / len(X) → H = np.cov(X.T)
            in Q H was made from inputs less their means
            The layer multiplies X as it is.
    """,
    form="End with `return Q, nearest, compensated`: an array (d_in, d_out), and two numbers.",
    unchanged="The rows below change: work on a copy of W, whose exact weights are needed at the end.",
    show=("W", "bits"),
    hints={
        "LinAlgError": "Print the diagonal of this H. Is a 0 on it, and what should damping add there?",
        "ValueError": "Write the shapes of this line down: W[i] is (d_out,), and so is the error.",
        "IndexError": "U is (d_in, d_in), and the rows of W are 0 to d_in - 1.",
    },
)
