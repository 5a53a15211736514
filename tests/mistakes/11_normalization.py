"""Answers to exercise 11 that are no slips: mistakes people make, and right answers written in other ways."""

import numpy as np

from helpers import nn
from helpers.training import fit, predict
from tests.mistakes import alternative, answers

answers(
    "normalization/batch_norm",
    wrong=r"""
        (X - mean[:, None]) → (X - mean)
            the means went along the moments
        mean = X.mean(axis=(0, 2)) → mean = X.mean(axis=(0, 2)); X -= mean[:, None]; X += 0.5
            changes its input X
        + beta[:, None], mean, var → + beta[:, None], var, mean
            what came is right, but in another order
        mean = X.mean(axis=(0, 2)) → mean = X.mean(axis=0).mean(axis=0)
            out and mean are off
        + beta[:, None], mean, var → + beta[:, None]
            End with `return out, mean, var`
        var = X.var(axis=(0, 2)) → mean, var = X.mean(axis=(0, 2), keepdims=True), X.var(axis=(0, 2))
        (X - mean[:, None]) → (X - mean)
            the shape of mean is wrong
    """,
    right=r"""
        var = X.var(axis=(0, 2)) → var = (X * X).mean(axis=(0, 2)) - mean * mean
        + beta[:, None], mean, var → + beta[:, None], mean.tolist(), var.astype("f4")
            the mean of the squares, less the square of the mean; a list, and float32
    """,
)


@alternative("normalization/batch_norm")
def channel_by_channel(X, gamma, beta, eps):
    out, means, variances = np.empty(X.shape), [], []
    for c in range(X.shape[1]):
        x = X[:, c]
        means.append(x.sum() / x.size)
        variances.append(((x - means[c]) ** 2).sum() / x.size)
        out[:, c] = gamma[c] / (variances[c] + eps) ** 0.5 * (x - means[c]) + beta[c]
    return [out, means, variances]


answers(
    "normalization/batch_norm_backward",
    wrong=r"""
        x_hat = (out - beta) / gamma → out -= beta; x_hat = out / gamma
            changes its input out
        return d * gamma / std, dgamma, dbeta → return d * gamma / std, dbeta, dgamma
            what came is right, but in another order
        / len(out) → / out.size
            Try one column by hand
        return d * gamma / std, dgamma, dbeta → return d * gamma / std
            End with `return dX, dgamma, dbeta`
        dgamma = (d_out * x_hat).sum(axis=0) → dgamma = (d_out * x_hat).sum()
            the shape of dgamma is wrong
        * gamma / std, dgamma, dbeta → * gamma / std, dgamma, dbeta.sum()
            the shape of dbeta is wrong
    """,
    right=r"""
        d = d_out → d = d_out.copy()
        d = d_out - … → d -= d.mean(axis=0)\nd -= x_hat * (d * x_hat).mean(axis=0)
        d * gamma / std, → (d * gamma / std).astype("f4"),
            one after the other, dX in float32
    """,
)


@alternative("normalization/batch_norm_backward")
def by_the_whole_matrix(d_out, out, gamma, beta, std, training):
    n, d = out.shape
    x_hat = (out - beta) / gamma
    dX = np.zeros((n, d))
    for j in range(d):
        slopes = np.eye(n)  # of each x̂ for each x, times std
        if training:
            slopes -= (1 + np.outer(x_hat[:, j], x_hat[:, j])) / n
        dX[:, j] = slopes @ d_out[:, j] * gamma[j] / std[j]
    return dX.tolist(), np.einsum("nd,nd->d", d_out, x_hat), sum(d_out)


answers(
    "normalization/running_statistics",
    wrong=r"""
        if len(X) < 2: → if False:
            What is the variance of a single row
        raise ValueError(f"batch {number} has one row, and no variance") → continue
            What is the variance of a single row
        if len(X) < 2: → if number == 1 and len(X) < 2:
            the second batch has one row
        return mean, var → return var, mean
            what came is right, but in another order
        share = 1 / number if momentum is None else momentum → share = momentum
            In this case momentum is None
        d = batches[0].shape[1] → d = len(batches[0])
            a batch is (n, d)
    """,
    right=r"""
        mean = (1 - share) * mean + share * X.mean(axis=0) → mean += share * (X.mean(axis=0) - mean)
        var = (1 - share) … → V = np.cov(X.T).reshape(d, d); var += share * (np.diag(V) - var)
            in place, the variance from a covariance
    """,
)


@alternative("normalization/running_statistics")
def by_weights(batches, momentum):
    if any(len(X) == 1 for X in batches):
        raise ValueError("a batch of one row has no variance")
    k = len(batches)
    weights = np.ones(k) / k
    if momentum is not None:
        weights = momentum * (1 - momentum) ** np.arange(k - 1, -1, -1)
    mean = sum(w * X.mean(axis=0) for w, X in zip(weights, batches, strict=True))
    var = sum(w * np.var(X, axis=0) * len(X) / (len(X) - 1) for w, X in zip(weights, batches, strict=True))
    return [list(mean), list(var + 1 - weights.sum())]


answers(
    "normalization/layer_norm",
    wrong=r"""
        axes = tuple(range(X.ndim - gamma.ndim, X.ndim)) → axes = -gamma.ndim
            alone was normalised
        var = … → var = X.var(axis=axes)
            Take one sample alone
        centred = … → X -= X.mean(axis=axes, keepdims=True); centred = X
            changes its input X
        return … → X = X.astype(float); X[:] = gamma * centred / np.sqrt(var + eps) + beta
            Is the line with `return` missing
    """,
    right=r"""
        centred = X - … → X, gamma, beta = X.astype("f4"), gamma.astype("f4"), beta.astype("f4"); …
        var + eps → var + np.float32(eps)
            in float32
    """,
)


@alternative("normalization/layer_norm")
def as_rows(X, gamma, beta, eps):
    rows = np.reshape(X, (-1, gamma.size)).astype("f4")
    x_hat = [(row - row.mean()) / np.sqrt(row.var() + np.float32(eps)) for row in rows]
    return (np.array(x_hat).reshape(X.shape) * gamma + beta).astype("f4").tolist()


answers(
    "normalization/mend",
    wrong=r"""
        if len(rows) == 1: → if False:
            How many rows has the batch
        model.eval() → pass
            as X_val gets in training mode
        model.train() → pass
            stood still
        model.train() → model.eval()
            the momentum how far
        momentum=0.1 → momentum=0.9
            mostly that of the last batch
        said = … → said, y_val = model.forward(X).argmax(axis=1), y
            Which rows, and which mode
    """,
)


@alternative("normalization/mend")
def with_fit(X, y, X_val, y_val, batch_size, num_epochs, rng):
    def hidden(n_in):
        return nn.Linear(n_in, 32, rng=rng), nn.BatchNorm(32), nn.ReLU()

    model = nn.Sequential(*hidden(64), *hidden(32), nn.Linear(32, 10, rng=rng))
    n, accuracies = len(X) - (len(X) % batch_size == 1), []
    loss, sgd = nn.CrossEntropyLoss(), nn.SGD(model, lr=0.2)
    for _ in range(num_epochs):
        fit(model, loss, sgd, X[:n], y[:n], batch_size=batch_size, num_epochs=1, rng=rng, progress=False)
        accuracies.append(float((predict(model, X_val).argmax(axis=1) == y_val).mean()))
    return [model, np.array(accuracies)]


@alternative("normalization/mend")
def statistics_of_all_rows(X, y, X_val, y_val, batch_size, num_epochs, rng):
    """The momentum stays; the last batch that is seen before an evaluation is all of X."""
    layers = []
    for n_in in (64, 32):
        layers += [nn.Linear(n_in, 32, rng=rng), nn.BatchNorm(32, momentum=0.9), nn.ReLU()]
    model = nn.Sequential(*layers, nn.Linear(32, 10, rng=rng))
    loss, optimizer, accuracies = nn.CrossEntropyLoss(), nn.SGD(model, lr=0.2), []
    for _ in range(num_epochs):
        model.train()
        for rows in np.array_split(rng.permutation(len(X)), len(X) // batch_size):
            loss.forward(model.forward(X[rows]), y[rows])
            model.backward(loss.backward())
            optimizer.step()
        model.forward(X)
        model.eval()
        accuracies.append(
            sum(model.forward(row[None]).argmax() == label for row, label in zip(X_val, y_val, strict=True))
        )
    return model, [right / len(y_val) for right in accuracies]
