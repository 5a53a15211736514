"""Answers to exercise 17 that are no slips: mistakes people make, and right answers written in other ways."""

import numpy as np
from scipy.special import logsumexp

from helpers import nn
from helpers.nn.activations import softmax
from helpers.training import fit
from tests.mistakes import alternative, answers

answers(
    "distillation/distillation_loss",
    wrong=r"""
        z = z - z.max(axis=1, keepdims=True) → pass
            Which step is the first to meet such a number
        z = z - z.max(axis=1, keepdims=True) → e = np.exp(z - z.max(axis=1, keepdims=True))
        return z - … → return np.log(e / e.sum(axis=1, keepdims=True))
            with large outputs loss is not finite
        return z - … → return np.log(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True) + 1e-12)
            with large outputs the value of loss is off
        z = z - z.max(axis=1, keepdims=True) → z -= z.max(axis=1, keepdims=True)
            changes its input z
        return share[0] * soft + … → return dz, share[0] * soft + share[1] * labels
            what came is right, but in another order
        np.exp(log_softmax(teacher_z / T)), np.eye(C)[y] → np.exp(log_softmax(teacher_z)) / T, np.eye(C)[y]
            Take alpha = 1 first, then alpha = 0
    """,
    right=r"""
        n, C = z.shape → n, C = z.shape; z, teacher_z = z.astype("f4"), teacher_z.astype("f4")
        np.eye(C)[y] → np.eye(C, dtype="f4")[y]
            in float32
    """,
)


@alternative("distillation/distillation_loss")
def row_by_row(z, teacher_z, y, T, alpha):
    loss, dz = 0.0, []
    for own, told, label in zip(z, teacher_z, y, strict=True):
        log_q, log_p = told / T - logsumexp(told / T), own / T - logsumexp(own / T)
        log_1, q, n = own - logsumexp(own), np.exp(log_q), len(z)
        loss += -alpha * T * T * (q @ log_p) / n - (1 - alpha) * log_1[label] / n
        dz.append(alpha * T * (np.exp(log_p) - q) / n + (1 - alpha) * np.exp(log_1) / n)
        dz[-1][label] -= (1 - alpha) / n
    return [loss, dz]


answers(
    "distillation/largest_weights",
    wrong=r"""
        order = … → order = np.argsort(sizes)[::-1]
            of several weights that are equally large
        stays[order[:keep]] = True → stays = sizes >= sizes[order[max(keep, 1) - 1]]
            weights that are equally large some stay here, and some are cut
        stays[order[:keep]] = True → stays[np.argsort(sizes, kind="stable")[-keep:]] = True
            of several weights that are equally large
        sizes = … → sizes = np.concatenate([(np.abs(W) / np.abs(W).max()).ravel() for W in weights])
            Put the sizes of all layers in one row
        return … → return stays
            A list with a mask for each layer
        return … → return [np.where(row.reshape(W.shape), W, 0) for row, W in zip(rows, weights)]
            something else than True and False
    """,
    right=r"""
        order = … → order = np.lexsort((np.arange(len(sizes)), -sizes))
        return … → return [row.reshape(W.shape).astype(int) for row, W in zip(rows, weights)]
            by size and place, and masks of whole numbers
    """,
)


@alternative("distillation/largest_weights")
def place_by_place(weights, keep):
    places = [(-abs(v), k, at) for k, W in enumerate(weights) for at, v in np.ndenumerate(W)]
    masks = [np.zeros_like(W) for W in weights]
    for _, k, at in sorted(places)[:keep]:
        masks[k][at] = 1
    return tuple(mask.tolist() for mask in masks)


answers(
    "distillation/fine_tune",
    wrong=r"""
        losses.append(… → losses = loss.forward(model.forward(X[rows]), y[rows])
            what loss.forward returned for each batch
        return losses → return np.mean(losses)
            what loss.forward returned for each batch
        for rows in batches: → optimizer = nn.SGD(model, lr=0.1, momentum=0.9)\nfor rows in batches:
            Look at what came before that forward pass
        optimizer.step() → optimizer.step(); optimizer.step()
            Look at what came before that forward pass
        layer.W *= mask → layer.W *= mask; layer.b *= 0
            Which of them is the first to be off
        return losses → return model
            fine_tune returned something of type
    """,
    right=r"""
        layer.W *= mask → layer.W[~mask] = 0
        return losses → return np.array(losses, "f4")
            by index, and losses in float32
    """,
)


@alternative("distillation/fine_tune")
def slopes_too(model, masks, loss, optimizer, X, y, batches):
    linear, losses = [layer for layer in model.layers if isinstance(layer, nn.Linear)], ()
    for i in range(len(batches) + 1):
        for layer, mask in zip(linear, masks, strict=True):
            layer.W = np.where(mask, layer.W, 0.0)
        if i == len(batches):
            return losses
        losses += (float(loss(model(X[batches[i]]), y[batches[i]])),)
        model.backward(loss.backward())
        for layer, mask in zip(linear, masks, strict=True):
            layer.dW = layer.dW * mask
        optimizer.step()
    return losses


answers(
    "distillation/distil",
    wrong=r"""
        T = 8 → T = 1
            What else does the teacher say
        rng=rng, **options) → rng=rng, **options); return model.forward
            End with `return model`
        softmax(teacher_z / T), rng=rng → teacher_z.argmax(axis=1), rng=rng
            What else does the teacher say
        hidden, last = … → hidden, last = nn.Linear(64, 128, rng=rng), nn.Linear(128, 10, rng=rng)
            1210 are allowed
        fit(… → rng = np.random.default_rng(); …
            All chance comes from the `rng`
        "num_epochs": 100 → "num_epochs": 3
            Print the losses that `fit` returns
    """,
)


@alternative("distillation/distil")
def only_the_teacher_softened(X, teacher_z, rng):
    hidden, last = (nn.Linear(a, b, rng=rng, dtype="f4") for a, b in [(64, 16), (16, 10)])
    model = nn.Sequential(hidden, nn.ReLU(), last)
    q = np.exp(teacher_z / 8 - logsumexp(teacher_z / 8, axis=1, keepdims=True))
    settings = {"batch_size": 10, "num_epochs": 100, "progress": False}
    fit(
        model,
        nn.CrossEntropyLoss(),
        nn.Adam(model, lr=0.01),
        X.astype("f4"),
        q.astype("f4"),
        rng=rng,
        **settings,
    )
    return model.train()


@alternative("distillation/distil")
def by_hand_with_momentum(X, teacher_z, rng):
    T, model = 8, nn.Sequential(nn.Linear(64, 16, rng=rng), nn.Tanh(), nn.Linear(16, 10, rng=rng))
    q, optimizer = softmax(teacher_z / T), nn.SGD(model, lr=0.02, momentum=0.9)
    for _ in range(600):
        rows = rng.choice(len(X), 20, replace=False)
        p = softmax(model.forward(X[rows]) / T)
        model.backward(T * (p - q[rows]) / len(rows))
        optimizer.step()
    return model
