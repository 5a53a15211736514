"""Answers to exercise 06 that are no slips: mistakes people make, and right answers written in other ways."""

from itertools import pairwise

import numpy as np

from tests.mistakes import alternative, answers

answers(
    "activations/softplus",
    wrong=r"""
        value = np.maximum(x, 0) + np.log1p(e) → value = np.log1p(np.exp(np.clip(x, -500, 500)))
            value is off only where |x| is above 30
        value = np.maximum(x, 0) + np.log1p(e) → value = np.where(x > 20, x, np.log1p(np.exp(x)))
            NumPy warns: overflow encountered in exp
        slope = np.where(x >= 0, 1, e) / (1 + e) → slope = 1 / (1 + np.exp(-x))
            Print what goes into the function that is named there
        return value, slope → return slope, value
            what came is right, but in another order
        return value, slope → return value
            End with `return value, slope`
        e = np.exp(-np.abs(x)) → x[x == 0] = 1e-12; e = np.exp(-np.abs(x))
            changes its input x
    """,
    right="""
        value = np.maximum(x, 0) + np.log1p(e) → value = np.logaddexp(0, x).tolist()
            by the logarithm of a sum of two exps, as a list
        e = np.exp(-np.abs(x)) → x = x.astype("f4"); e = np.exp(-np.abs(x))
        slope = np.where(x >= 0, 1, e) / (1 + e) → slope = (1 + np.tanh(x / 2)) / 2
            in float32, with tanh
    """,
)

answers(
    "activations/softmax_along",
    wrong=r"""
        z - np.log(total) → np.log(e / total + 1e-12)
            log_p is off only where p is tiny
        z - np.log(total) → np.log(np.clip(e / total, 1e-15, 1))
            has lost its log
        z = logits - logits.max(axis=axis, keepdims=True) → z = np.clip(logits, -500, 500)
            Large logits compete like others
        return e / total, z - np.log(total) → return z - np.log(total), e / total
            what came is right, but in another order
        z = logits - logits.max(axis=axis, keepdims=True) → z = logits; z -= z.max(axis, keepdims=True)
            changes its input logits
        return e / total, z - np.log(total) → return e / total
            End with `return p, log_p`
    """,
    right="""
        e = np.exp(z) → z = z.astype("f4"); e = np.exp(z)
            in float32
    """,
)


@alternative("activations/softmax_along")
def row_by_row(logits, axis):
    moved = np.moveaxis(logits, axis, -1)
    rows = moved.reshape(-1, moved.shape[-1])
    log_p = np.array([row - np.logaddexp.reduce(row) for row in rows]).reshape(moved.shape)
    log_p = np.moveaxis(log_p, -1, axis)
    return np.exp(log_p).tolist(), log_p


answers(
    "activations/slope_from_output",
    wrong=r"""
        raise ValueError(f"the output of {name!r} does not tell its slope") → return None
            it returned None
        raise ValueError(f"the output of {name!r} does not tell its slope") → raise ValueError
            without a word
        return np.where(a > 0, 1.0, 0.0) → return 1.0 if a > 0 else 0.0
            np.where takes all
        name == "relu" → name == "ReLU"
            The name above is one of the five
        return np.where(a > 0, 1.0, 0.0) → a[a > 0] = 1; return a
            changes its input a
        raise ValueError(f"the output of {name!r} does not tell its slope") → return np.ones_like(a)
            Which line of yours is run for another name
    """,
    right=r"""
        return np.where(a > 0, 1.0, 0.0) → return a > 0
        return np.where(a > 0, 1.0, a + alpha) → return a + np.where(a > 0, 1 - a, alpha)
            booleans, and a sum
    """,
)


@alternative("activations/slope_from_output")
def a_table(name, a, alpha):
    slopes = {
        "sigmoid": lambda a: 0.25 - (a - 0.5) ** 2,
        "tanh": lambda a: (1 - a) * (1 + a),
        "relu": np.sign,
        "leaky_relu": lambda a: 1 if a > 0 else alpha,
        "elu": lambda a: 1 if a > 0 else alpha * np.exp(np.log1p(a / alpha)),
    }
    if name not in slopes:
        raise ValueError(f"{name} is not one of {list(slopes)}")
    return np.vectorize(slopes[name], otypes=[float])(a).tolist()


answers(
    "activations/prelu_backward",
    wrong=r"""
        .sum(axis=0) → .sum(axis=0, keepdims=True)
            the shape of d_alpha is wrong
        .sum(axis=0) → * 1
            the shape of d_alpha is wrong
        dX = d_out * np.where(on, 1, alpha) → dX = d_out; dX[~on] *= 0.5
            changes its input d_out
        return dX, d_alpha → return d_alpha, dX
            what came is right, but in another order
        dX = d_out * np.where(on, 1, alpha) → dX = d_out.copy(); dX[~on] *= alpha
            the mask picks has one axis
        return dX, d_alpha → return dX
            End with `return dX, d_alpha`
    """,
    right=r"""
        dX = d_out * np.where(on, 1, alpha) → d = d_out.astype("f4"); dX = np.where(X > 0, d, alpha * d)
        return dX, d_alpha → return dX.tolist(), d_alpha
            in float32, as lists
    """,
)


@alternative("activations/prelu_backward")
def column_by_column(d_out, X, alpha):
    dX, d_alpha = np.zeros(X.shape), []
    for j, slope in enumerate(alpha):
        for i in range(len(X)):
            dX[i, j] = d_out[i, j] * (1 if X[i, j] > 0 else slope)
        d_alpha.append(d_out[:, j] @ np.minimum(X[:, j], 0))
    return dX, d_alpha


answers(
    "activations/dead_units",
    wrong=r"""
        dead.append(np.flatnonzero(off)) → dead.append(off)
            np.flatnonzero(mask) gives the numbers
        return dead, frozen → return np.concatenate([*dead, []]), frozen
            hidden layers
        (a == 0).all(axis=0) → a.mean(axis=0) < 0.01
            is not dead: it is on for
        weights[-1].shape[1] → 1
            dead is right, frozen is off
        return dead, frozen → z = a @ weights[-1]; return [*dead, np.flatnonzero((z < 0).all(0))], frozen
            The last layer gives the logits
        dead.append(np.flatnonzero(off)) → dead.append(np.argwhere(off))
            np.flatnonzero(mask) gives the numbers
    """,
    right=r"""
        dead.append(np.flatnonzero(off)) → dead.append([int(unit) for unit in np.flatnonzero(off)][::-1])
        return dead, frozen → return tuple(dead), float(frozen)
            as lists, the last unit first
    """,
)


@alternative("activations/dead_units")
def masks_of_all_parameters(X, weights, biases):
    alive = [np.ones(X.shape[1], bool)]
    for W, b in zip(weights, biases, strict=True):
        z = X @ W + b
        alive.append((z > 0).any(axis=0))
        X = z * (z > 0)
    alive[-1][:] = True
    moving = [np.outer(old, new).sum() + new.sum() for old, new in pairwise(alive)]
    return [np.where(~on)[0] for on in alive[1:-1]], sum(p.size for p in weights + biases) - sum(moving)
