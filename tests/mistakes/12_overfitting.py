"""Answers to exercise 12 that are no slips: mistakes people make, and right answers written in other ways."""

import numpy as np

from helpers import nn
from helpers.training import fit
from tests.mistakes import alternative, answers

answers(
    "overfitting/penalised",
    wrong=r"""
        return loss, dw, 2 * error.mean() → return dw, loss, 2 * error.mean()
            what came is right, but in another order
        return loss, dw, 2 * error.mean() → return loss, dw
            End with `return loss, dw, db`
        error = X @ w + b - y → w /= 2; error = X @ w + b - y
            changes its input w
        error = X @ w + b - y → error = y - X @ w - b
            Take l1 = l2 = 0 first, then one of them alone
        2 * error @ X / len(y) + … → 2 * error.mean() * X.mean(axis=0) + l1 * np.sign(w) + 2 * l2 * w
            Take l1 = l2 = 0 first, then one of them alone
        2 * l2 * w → 2 * l2 * np.sum(w)
            Take l1 = l2 = 0 first, then one of them alone
    """,
    right=r"""
        error = X @ w + b - y → X, y, w = X.astype("f4"), y.astype("f4"), w.astype("f4"); …
            in float32
    """,
)


@alternative("overfitting/penalised")
def row_by_row(X, y, w, b, l1, l2):
    loss, db = 0.0, 0.0
    dw = [(l1 if v > 0 else -l1 if v < 0 else 0) + 2 * l2 * v for v in w]
    for row, target in zip(X, y, strict=True):
        e = sum(x * v for x, v in zip(row, w, strict=True)) + b - target
        loss, db = loss + e * e / len(y), db + 2 * e / len(y)
        dw = [d + 2 * e * x / len(y) for d, x in zip(dw, row, strict=True)]
    return [loss + l1 * np.linalg.norm(w, 1) + l2 * w @ w, dw, db]


answers(
    "overfitting/dropout",
    wrong=r"""
        keep = self.rng.random(X.shape) >= self.p → keep = self.rng.random(X.shape) < self.p
            p is the probability of becoming 0
        self.factor = keep / (1 - self.p) → self.factor = keep
            The expected value of each entry is to stay
        keep = self.rng.random(X.shape) >= self.p → keep = self.rng.random(X.shape[1]) >= self.p
            each column of X is kept as a whole
        return X * self.factor → self.factor = self.factor * (X != 0); return X * self.factor
            out is 0 there in either case
        self.factor = np.ones(X.shape) → self.factor = np.full(X.shape, 1 - self.p)
            in evaluation out is not X
        self.factor = np.ones(X.shape) → if not training: return X
            after a pass in evaluation dX is not d_out
    """,
    right=r"""
        keep = self.rng.random(X.shape) >= self.p → keep = self.rng.binomial(1, 1 - self.p, X.shape)
        return d_out * self.factor → return (d_out * self.factor).astype("f4")
            with a binomial draw, and float32
    """,
)


@alternative("overfitting/dropout")
class ByPlaces:
    def __init__(self, p, rng):
        self.rng, self.p = rng, p

    def forward(self, X, training):
        self.scale = 1 / (1 - self.p) if training else 1
        out = X * self.scale
        self.places = [place for place in np.ndindex(X.shape) if training and self.rng.uniform() < self.p]
        for place in self.places:
            out[place] = 0
        return out.tolist()

    def backward(self, d_out):
        dX = self.scale * d_out
        for place in self.places:
            dX[place] = 0
        return dX


answers(
    "overfitting/augment",
    wrong=r"""
        sheet = … → sheet = np.pad(pictures, ((0, 0), (1, 1), (1, 1)), mode="wrap")
            come in again on the other side
        np.tile(labels, copies + 1) → np.repeat(labels, copies + 1)
            A moved digit is the same digit
        np.concatenate(found) → np.stack(found, axis=1).reshape(-1, h, w)
            They come first, as they are
        rng.integers(-1, 2, size=(n, 2)) → rng.integers(-1, 1, size=(n, 2))
            are -1, 0 or 1, all equally often
        rng.integers(-1, 2, size=(n, 2)) → np.tile(rng.integers(-1, 2, size=2), (n, 1))
            all pictures of a copy were moved alike
        found = [pictures] → found = []
            3 times as many
    """,
    right=r"""
        moved = np.zeros_like(pictures) → moved = np.roll(sheet, (0, 0), axis=(1, 2))
        moved[i] = … → moved[i] = np.roll(sheet[i], (down, right), axis=(0, 1))
        found.append(moved) → found.append(moved[:, 1:-1, 1:-1].astype("f4"))
            rolled on a larger sheet, in float32
    """,
)


@alternative("overfitting/augment")
def pixel_by_pixel(pictures, labels, copies, rng):
    n, height, width = pictures.shape
    down, right = rng.choice([-1, 0, 1], size=(2, copies * n))
    found = np.concatenate([pictures, np.zeros((copies * n, height, width))])
    for k in range(copies * n):
        for r in range(height):
            for c in range(width):
                if 0 <= r - down[k] < height and 0 <= c - right[k] < width:
                    found[n + k, r, c] = pictures[k % n, r - down[k], c - right[k]]
    return found.tolist(), list(labels) * (copies + 1)


answers(
    "overfitting/bagging",
    wrong=r"""
        bag = rng.integers(n, size=n) → bag = rng.permutation(n)
            A bag is drawn with replacement
        member = fit(X[bag], y[bag]) → member = fit(X[bag], y)
            with the labels of other rows
        bag = rng.integers(n, size=n) → bag = np.random.default_rng(0).integers(n, size=n)
            all members were trained on the same bag
        out = … → out = np.ones(n, bool)
            Who was trained on a row may know it by heart
        right[asked].mean() → right.mean()
            in every bag count too
        member(X_new) / num_models → np.eye(3)[member(X_new).argmax(axis=1)] / num_models
            p holds the shares of votes
    """,
    right=r"""
        bag = … → bag = rng.choice(n, n)
        out = … → out = np.bincount(bag, minlength=n) == 0
        return p, right[asked].mean() → return p.astype("f4"), float(right[asked].mean())
            counts, and float32
    """,
)


@alternative("overfitting/bagging")
def members_first(fit, X, y, X_new, num_models, rng):
    bags = [sorted(rng.choice(len(y), len(y)).tolist()) for _ in range(num_models)]
    members = [fit(X[bag], y[bag]) for bag in bags]
    right = []
    for i, label in enumerate(y):
        said = [member(X[i : i + 1])[0] for member, bag in zip(members, bags, strict=True) if i not in bag]
        if said:
            right.append(int(np.argmax(np.mean(said, axis=0)) == label))
    return [np.mean([member(X_new) for member in members], axis=0).tolist(), sum(right) / len(right)]


answers(
    "overfitting/close_the_gap",
    wrong=r"""
        weight_decay=1.0 → weight_decay=0.0
        nn.Dropout(0.5, rng=rng) → nn.ReLU()
            The gap is to be 0.15 or less
        "num_epochs": 50 → "num_epochs": 1
            The gap is small enough
        return model → hidden.W *= 0; return model
            a small gap alone is worth nothing
        fit(… → X, y = data.load_digits(); X = X / 16; …
            The gap is small enough
        fit(… → rng = np.random.default_rng(); …
            All chance comes from the `rng`
        return model → return model.forward
            End with `return model`
    """,
)


@alternative("overfitting/close_the_gap")
def by_hand_with_l2_and_dropout(X, y, rng):
    hidden, last = (nn.Linear(64, width, rng=rng, dtype=np.float32) for width in (64, 10))
    model = nn.Sequential(hidden, nn.ReLU(), nn.Dropout(0.5, rng=rng), last)
    loss, optimizer = nn.CrossEntropyLoss(), nn.Adam(model, lr=0.02)
    penalty, X = nn.L2(model, 0.004), X.astype("f4")
    for _ in range(300):
        rows = rng.choice(len(X), 100, replace=False)
        loss.forward(model.forward(X[rows]), y[rows])
        model.backward(loss.backward())
        penalty.add_gradient(model)
        optimizer.step()
    return model


@alternative("overfitting/close_the_gap")
def some_pictures_moved(X, y, rng):
    model = nn.Sequential(nn.Linear(64, 64, rng=rng), nn.ReLU(), nn.Linear(64, 10, rng=rng))
    loss, optimizer = nn.CrossEntropyLoss(), nn.AdamW(model, lr=0.02, weight_decay=1.0)
    sheet = np.pad(X.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    for _ in range(50):
        corners = np.where(rng.random((len(X), 1)) < 0.3, rng.integers(3, size=(len(X), 2)), 1)
        moved = [one[r : r + 8, c : c + 8].ravel() for one, (r, c) in zip(sheet, corners, strict=True)]
        fit(model, loss, optimizer, np.array(moved), y, batch_size=100, num_epochs=1, rng=rng, progress=False)
    return model.train()
