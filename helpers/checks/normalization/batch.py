"""Tasks 1 and 2: batch norm of recordings, and its way back when only the output was kept."""

from collections.abc import Sequence

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.task import Case

Array = np.ndarray

# Task 1: forward ---------------------------------------------------------------------------------------


def _recordings(rng: np.random.Generator) -> Sequence[Case]:
    """In the first as many channels as moments; then one moment, one recording, a constant one."""
    cases: list[Case] = []
    for n, C, L, eps in [(4, 3, 3, 0.3), (6, 2, 5, 0.1), (5, 4, 1, 0.2), (1, 3, 8, 0.1), (7, 3, 4, 1e-5)]:
        X = rng.normal(size=(n, C, L)) * rng.uniform(0.8, 2, size=(C, 1)) + rng.uniform(-4, 4, size=(C, 1))
        gamma = rng.uniform(0.4, 0.8, size=C) * rng.choice([-1, 1], size=C) + 1
        beta = rng.uniform(1.0, 3.0, size=C)
        cases.append({"X": X.round(2), "gamma": gamma.round(2), "beta": beta.round(2), "eps": eps})
    cases[1]["X"] = (4 * cases[1]["X"]).astype(int)
    cases[4]["X"][:, 0] = 7.0
    return cases


def _forward(X: Array, gamma: Array, beta: Array, eps: float) -> tuple[Array, Array, Array]:
    axes = (0, 2)
    mean = X.mean(axis=axes, keepdims=True)
    var = X.var(axis=axes, keepdims=True)
    std = np.sqrt(var + eps)
    x_hat = (X - mean) / std
    out = gamma[:, None] * x_hat + beta[:, None]
    return out, mean.ravel(), var.ravel()


batch_norm = formula_task(
    "normalization/batch_norm",
    "batch_norm(X, gamma, beta, eps)",
    points=3,
    cases=_recordings,
    right=_forward,
    parts={
        "out": "Take one channel alone, as X[:, c]: what is its mean, its variance, and what becomes of it?",
        "mean": "One number for each channel, over all recordings and all moments.",
        "var": "One number for each channel: the mean of the squared distances from its mean.",
    },
    slips="""
        var = … → var = X.var(axis=axes, keepdims=True, ddof=1)
            the variance was divided by one less than the number of values
            The batch is normalised by its own variance, divided by the number of values.
        out: axes = (0, 2) → axes = 0
            in out each moment of a channel has a mean of its own
            All moments of a channel share one mean and one variance.
        out: axes = (0, 2) → axes = 2
            in out each recording has a mean of its own
            All recordings of the batch share one mean and one variance for a channel.
        out: std = … → std = np.sqrt(var) + eps
            in out eps was added to the root
            It is added to the variance, before the root.
        out: (X - mean) / std → (X - mean.ravel()) / std
            in out the means went along the moments
            NumPy lines up the last axes. Which axis of X has the channels?
        out: gamma[:, None] * x_hat + beta[:, None] → gamma * x_hat + beta
            gamma and beta went along the moments
            NumPy lines up the last axes. Which axis of X has the channels?
        out: return out, → return out.astype(X.dtype),
            the numbers of out have lost their decimals
            X holds whole numbers here, and so does an array that is made like it.
        axes = (0, 2) → axes = 0; rows = X.reshape(-1, len(gamma))
        mean = … → mean = rows.mean(axis=axes)
        var = … → var = rows.var(axis=axes)
        x_hat = … → x_hat = (rows - mean) / std
        out = … → out = (gamma * x_hat + beta).reshape(X.shape)
            reshape has put numbers of different channels into one column
            reshape keeps the numbers in their order, and the moments come last: look at the first row of it.
    """,
    form="End with `return out, mean, var`, of shapes (n, C, L), (C,) and (C,).",
    unchanged="`X -= mean` changes what the caller passed: compute a new array.",
    hints={"ValueError: operands": "Write the shapes of this line down: X is (n, C, L), gamma is (C,)."},
)

# Task 2: backward --------------------------------------------------------------------------------------


def _passes(rng: np.random.Generator) -> Sequence[Case]:
    """Training, then evaluation, by turns. `std` has eps in it, and the stored numbers fit only roughly."""
    cases: list[Case] = []
    for n, d, training in [(5, 3, True), (6, 3, False), (4, 4, True), (1, 2, False), (9, 1, True)]:
        X = rng.normal(size=(n, d)) * rng.uniform(0.8, 2.5, size=d)
        mean, std = rng.uniform(-1, 1, size=d), rng.uniform(0.4, 0.8, size=d)
        if training:
            mean, std = X.mean(axis=0), np.sqrt(X.var(axis=0) + 0.1)
        gamma = rng.uniform(1.3, 2.5, size=d) * rng.choice([-1, 1], size=d)
        beta = rng.uniform(0.5, 2.0, size=d)
        out = gamma * (X - mean) / std + beta
        d_out = rng.normal(size=(n, d)).round(2)
        given = {"d_out": d_out, "out": out, "gamma": gamma, "beta": beta, "std": std}
        cases.append({**given, "training": training})
    return cases


def _backward(
    d_out: Array, out: Array, gamma: Array, beta: Array, std: Array, training: bool
) -> tuple[Array, Array, Array]:
    x_hat = (out - beta) / gamma
    dbeta = d_out.sum(axis=0)
    dgamma = (d_out * x_hat).sum(axis=0)
    d_hat = d_out * gamma
    by_mean = d_hat.mean(axis=0)
    by_std = x_hat * (d_hat * x_hat).mean(axis=0)
    back = d_hat - by_mean - by_std if training else d_hat
    dX = back / std
    return dX, dgamma, dbeta


batch_norm_backward = formula_task(
    "normalization/batch_norm_backward",
    "batch_norm_backward(d_out, out, gamma, beta, std, training)",
    points=4,
    cases=_passes,
    right=_backward,
    parts={
        "dX": "In training x̂ moves by three ways: x itself, the mean, the spread. Try one column by hand.",
        "dgamma": "gamma stands in every row: how much does the loss grow if it is nudged up?",
        "dbeta": "beta stands in every row: how much does the loss grow if it is nudged up?",
    },
    slips="""
        x_hat = … → x_hat = out
            out was taken for x̂
            out is x̂ scaled and shifted: how do you get back?
        x_hat = … → x_hat = (out - out.mean(axis=0)) / out.std(axis=0)
            out was normalised again
            x̂ can be told from out exactly, with gamma and beta. In std there was an eps, too.
        dX: if training else d_hat → if True else d_hat
            in evaluation dX came back through the batch's mean and spread
            In evaluation both are stored numbers. Which ways are open then?
        dX: back = … → back = d_hat
            in training dX has the direct way only
            A nudge of one x moves the mean and the spread of its column, and with them every x̂ in it.
        dX: d_hat - by_mean - by_std → d_hat - by_mean
            in training dX lacks what goes through the spread
            A nudge of one x moves the spread of its column, too.
        dX: d_hat - by_mean - by_std → d_hat - by_std
            in training dX lacks what goes through the mean
            A nudge of one x moves the mean of its column, too.
        dX: d_hat = d_out * gamma → d_hat = d_out
            dX has no gamma
            Between out and x̂ stands a scale.
        dX: back / std → back
            dX was not divided by std
            Ten times the spread: a nudge of x moves x̂ a tenth as far.
    """,
    form="End with `return dX, dgamma, dbeta`, of shapes (n, d), (d,) and (d,).",
    unchanged="`out -= beta` changes what the caller passed: compute a new array.",
    hints={"ValueError: operands": "Write the shapes of this line down: out is (n, d), gamma is (d,)."},
)
