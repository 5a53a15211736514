"""Answers to exercise 07 that are no slips: mistakes people make, and right answers written in other ways."""

import numpy as np
from scipy.special import log_softmax

from helpers import nn
from helpers.nn.activations import sigmoid, softmax
from helpers.training import fit
from tests.mistakes import alternative, answers

answers(
    "losses/weighted_huber",
    wrong=r"""
        each = … → each = error**2 / 2 if size <= delta else delta * (size - delta / 2)
            chooses row by row
        share = weight / weight.sum() → weight /= weight.sum(); share = weight
            A step such as `-=` or `/=`
        return (share * each).sum(), → return (share * each).mean(),
            the value of loss is off
        return … → return (share * each).sum()
            expected loss, slope, got
        share * np.clip(error, -delta, delta) → np.gradient(share * each)
            how much does the loss grow if only this one is nudged up
    """,
    right=r"""
        np.where(size <= delta, error**2 / 2, delta * (size - delta / 2)) → kept * (size - kept / 2)
        size = np.abs(error) → …; kept = np.minimum(size, delta)
        np.clip(error, -delta, delta) → np.sign(error) * kept
            both branches in one formula
    """,
)


@alternative("losses/weighted_huber")
def row_by_row_in_single_precision(y_hat, y, delta, weight):
    total, loss, slope = np.float32(sum(weight)), np.float32(0), []
    for a, b, w in zip(y_hat.astype("f4"), y.astype("f4"), weight.astype("f4"), strict=True):
        e = a - b
        if -delta < e < delta:
            loss, one = loss + w * e * e / 2, e
        else:
            one = np.float32(delta if e > 0 else -delta)
            loss += w * one * (e - one / 2)
        slope.append(w * one / total)
    return [np.float32(loss / total), slope]


answers(
    "losses/bce_with_logits",
    wrong=r"""
        minus_log_p = np.logaddexp(0, -z) → minus_log_p = np.log(1 + np.exp(-z))
            with large logits the value of loss is off
        minus_log_p = np.logaddexp(0, -z) → minus_log_p = np.log(1 + np.exp(np.clip(-z, -500, 500)))
            What do you get for each of them
        minus_log_p = np.logaddexp(0, -z) → y -= 0.5; y += 0.5; z *= 1.5; minus_log_p = np.logaddexp(0, -z)
            changes its input z
        return each.mean(), → return each.mean(axis=0),
            the shape of loss is wrong
        each.mean(), slope / z.size → slope / z.size, each.mean()
            in another order
    """,
    right=r"""
        p = np.exp(-minus_log_p) → p = 0.5 * (1 + np.tanh(z / 2))
        minus_log_p = … → minus_log_p = np.maximum(-z, 0) + np.log1p(np.exp(-np.abs(z)))
        np.logaddexp(0, z) → (z + minus_log_p)
            by hand, with tanh
    """,
)


@alternative("losses/bce_with_logits")
def entry_by_entry(z, y, pos_weight):
    n, k = z.shape
    loss, slope = 0.0, [[0.0] * k for _ in range(n)]
    for i in range(n):
        for j in range(k):
            tail = np.log1p(np.exp(-abs(z[i, j])))
            p = np.exp(-max(-z[i, j], 0) - tail)
            loss += pos_weight[j] * y[i, j] * (max(-z[i, j], 0) + tail)
            loss += (1 - y[i, j]) * (max(z[i, j], 0) + tail)
            slope[i][j] = (p * (1 - y[i, j] + pos_weight[j] * y[i, j]) - pos_weight[j] * y[i, j]) / (n * k)
    return loss / (n * k), slope


answers(
    "losses/smoothed_cross_entropy",
    wrong=r"""
        shifted = … → shifted = logits
            Which step is the first not to be finite
        np.log(np.exp(shifted).sum(axis=1, keepdims=True)) → 0
        shifted = … → e = np.exp(logits - logits.max(axis=1, keepdims=True))
        log_p = shifted - → log_p = np.log(e / e.sum(axis=1, keepdims=True) + 1e-12) -
            alone has the loss
        shifted = … → logits -= logits.max(axis=1, keepdims=True); shifted = logits
            changes its input logits
        -(target * log_t).sum() / n → eps * np.log(C)
            Which probabilities would be best for these targets
    """,
    right=r"""
        log_t = … → log_t = np.log(target + 1e-12)
        np.full((n, C), eps / C) → (eps / C * np.ones((n, C)))
        target[np.arange(n), y] += 1 - eps → target = target + (1 - eps) * np.eye(C)[y]
            from rows of the identity; the log of 0 kept off
    """,
)


@alternative("losses/smoothed_cross_entropy")
def by_another_library(logits, y, eps):
    log_p, C = log_softmax(logits, axis=1), logits.shape[1]
    hard = np.mean([-log_p[row, label] for row, label in enumerate(y)])
    t = [1 - eps + eps / C] + [eps / C] * (C - 1)
    return (1 - eps) * hard - eps * log_p.mean(), sum(-share * np.log(share) for share in t if share)


answers(
    "losses/multiclass_hinge",
    wrong=r"""
        others = scores.astype(float) → others = scores
            changes its input scores
        others = scores.astype(float) → others = scores.copy()
        others[rows, y] = -np.inf → others = np.delete(others, y, axis=1)
            scores is (n, C), y is (n,)
        margin - (scores[rows, y] - scores[rows, rival]) → margin - abs(scores[rows, y] - scores[rows, rival])
            Compute one row by hand
        slope[rows, y], slope[rows, rival] = → slope[:, y], slope[:, rival] =
            Nudge one score of one row up
    """,
    right=r"""
        rival = others.argmax(axis=1) → rival = np.argsort(others, axis=1)[:, -1]
        slope = np.zeros(scores.shape) → slope = np.zeros(scores.shape, "f4")
            by sorting, the slopes in float32
    """,
)


@alternative("losses/multiclass_hinge")
def with_masks(scores, y, margin):
    mine = np.eye(scores.shape[1], dtype=bool)[y]
    own = scores[mine][:, None]
    best = np.max(scores, axis=1, where=~mine, initial=-np.inf, keepdims=True)
    pays = own - best < margin
    slope = (pays & ~mine & (scores == best)).astype(float) - (pays & mine)
    return np.where(pays, margin - own + best, 0).sum() / len(y), slope / len(y)


answers(
    "losses/solve",
    wrong=r"""
        nn.HuberLoss(delta=0.5) → nn.HuberLoss(delta=100)
            too high on average
        pos_weight=10 → pos_weight=1
            More than half are missed
        softmax(z) if problem == "grower" else sigmoid(z) → sigmoid(z)
            One of the three growers it is
        softmax(z) if problem == "grower" else sigmoid(z) → softmax(z)
            Do the segments compete
        (3, nn.CrossEntropyLoss()) → (3, nn.HuberLoss())
        targets = … → targets = np.eye(3)[y] if problem == "grower" else y.reshape(len(y), outputs)
            It is right, and not sure
        (7, nn.BCEWithLogitsLoss()) → (7, nn.HuberLoss())
            a probability of its own
    """,
    right=r"""
        nn.BCEWithLogitsLoss(pos_weight=10) → nn.BCEWithLogitsLoss()
        return z[:, 0] > 0 if → return (11 * sigmoid(z[:, 0]) > 1).astype(int).tolist() if
            the costs are in the border; as a list
    """,
)


@alternative("losses/solve")
def with_a_hidden_layer(problem, X, y, X_new):
    choices = {"progression": (1, nn.L1Loss()), "grower": (3, nn.CrossEntropyLoss())}
    k, loss = choices.get(problem, (7, nn.BCEWithLogitsLoss()))
    if problem == "cancer":
        k, loss = 1, nn.BCEWithLogitsLoss(pos_weight=10)
    rng = np.random.default_rng(1)
    model = nn.Sequential(nn.Linear(X.shape[1], 16, rng=rng), nn.ReLU(), nn.Linear(16, k, rng=rng))
    settings = {"batch_size": 50, "num_epochs": 40, "rng": rng, "progress": False}
    fit(model, loss, nn.Adam(model, lr=0.01), X, y.reshape(-1, 1) if k == 1 else y, **settings)
    z = model.forward(X_new)
    outputs = {"progression": z.ravel, "cancer": lambda: z.ravel() > 0, "grower": lambda: softmax(z)}
    return outputs.get(problem, lambda: sigmoid(z))()
