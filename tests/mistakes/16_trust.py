"""Answers to exercise 16 that are no slips: mistakes people make, and right answers written in other ways."""

import itertools

import numpy as np
from scipy.stats import norm

from tests.mistakes import alternative, answers

answers(
    "trust/fgsm",
    wrong=r"""
        return X_adv, before & ~after → return before & ~after, X_adv
            what came is right, but in another order
        return X_adv, before & ~after → return X_adv
            End with `return X_adv, fooled`
        X_adv = … → X += eps * np.sign(slope); X_adv = np.clip(X, 0, 1)
            compute a new array
        return X_adv, before & ~after → return X_adv, before - after
            For True and False, `&` is and
        p = np.exp(logits - logits.max(axis=1, keepdims=True)) → p = np.exp(logits - logits.max(axis=0))
        p /= p.sum(axis=1, keepdims=True) → p /= p.sum(axis=0)
            what does a little more of each pixel do
        return X_adv, before & ~after → return X_adv, np.flatnonzero(before & ~after)
            Which pictures was the model right about before
    """,
    right=r"""
        X_adv = … → X_adv = np.minimum(1, np.maximum(0, X - eps * np.sign(-slope))).astype("f4")
        return X_adv, before & ~after → return X_adv, (before > after) * 1.0
            float32, and numbers in place of True and False
    """,
)


@alternative("trust/fgsm")
def pixel_by_pixel(X, y, W, b, eps):
    X_adv, fooled = [], []
    for x, t in zip(X, y, strict=True):
        z = x @ W + b
        p = 1 / np.exp(z - z[:, None]).sum(axis=1)
        slopes = [sum(p[k] * w[k] for k in range(len(b))) - w[t] for w in W]
        moved = [v + (eps if s > 0 else -eps if s < 0 else 0) for v, s in zip(x, slopes, strict=True)]
        X_adv.append([min(max(v, 0), 1) for v in moved])
        fooled.append(np.argmax(z) == t != np.argmax(np.array(X_adv[-1]) @ W + b))
    return [X_adv, fooled]


answers(
    "trust/reliability",
    wrong=r"""
        return confidence, right, ece → return right, confidence, ece
            what came is right, but in another order
        return confidence, right, ece → return ece
            End with `return confidence, right, ece`
        place = … → place = np.rint(sure * (bins - 1)).astype(int)
            Which rows are in it, and how sure is the model of each?
        place = … → place = np.digitize(sure, np.linspace(1 / p.shape[1], 1, bins + 1)[1:-1])
            Which rows are in it, and how sure is the model of each?
        sure[inside].mean() → (j + 0.5) / bins
            Which rows are in it, and how sure is the model of each?
        correct[inside].mean() → correct[inside].sum()
            which of them have y for their answer
    """,
    right=r"""
        place = … → place = np.digitize(sure, np.arange(1, bins) / bins)
            by digitize, with the edges on the right
    """,
)


@alternative("trust/reliability")
def row_by_row(p, y, bins):
    sums = np.zeros((bins, 3), np.float32)
    for row, label in zip(p.astype("f4"), y, strict=True):
        place = min(int(row.max() * bins), bins - 1)
        sums[place] += 1, row.max(), row.argmax() == label
    with np.errstate(invalid="ignore"):
        confidence, right = sums[:, 1:].T / sums[:, 0]
    return [confidence.tolist(), right, np.abs(sums[:, 2] - sums[:, 1]).sum() / len(y)]


answers(
    "trust/users",
    wrong=r"""
        return needed, normal.cdf(gap * np.sqrt(at_hand / V) - z_alpha) → return needed
            End with `return needed, reached`
        gap * np.sqrt(at_hand / V) - z_alpha → gap * np.sqrt(at_hand / V) + z_alpha
            which share lies below it
        gap * np.sqrt(at_hand / V) - z_alpha → gap * at_hand / V - z_alpha
            which share lies below it
        normal.cdf(… → normal.pdf(gap * np.sqrt(at_hand / V) - z_alpha)
            which share lies below it
        normal.inv_cdf, (1 - alpha / 2, power) → normal.cdf, (1 - alpha / 2, power)
            Compute z for α, z for the power
        V = p_a * (1 - p_a) + p_b * (1 - p_b) → V = np.sqrt(p_a * (1 - p_a)) + np.sqrt(p_b * (1 - p_b))
            Compute z for α, z for the power
    """,
    right=r"""
        needed = … → needed = -((z_alpha + z_power) ** 2 * V // -(gap**2))
            rounded up by dividing down
    """,
)


@alternative("trust/users")
def by_scipy(p_a, p_b, alpha, power, at_hand):
    z = norm.isf(alpha / 2), norm.isf(1 - power)
    spread = np.hypot(np.sqrt(p_a - p_a**2), np.sqrt(p_b - p_b**2))
    needed = np.ceil((sum(z) * spread / (p_b - p_a)) ** 2)
    return [needed, norm.sf(z[0] - abs(p_b - p_a) / spread * at_hand**0.5)]


answers(
    "trust/credit",
    wrong=r"""
        return added / 24 → return added.sum() / 24
            the shape is wrong
        return np.mean(f(mixed)) → return f(mixed)[0]
            only the first of the rows
        for order in permutations(range(4)): → for order in [np.random.permutation(4) for _ in range(24)]:
            Print v of no feature
        added = np.zeros(4) → from helpers.trust import shapley; added = np.zeros(4)
            Here you write it yourself
        mixed = … → mixed = rows; mixed[:, list(known)] = x[list(known)]
            mix in a copy
        mixed = np.where(np.isin(range(4), known), x, rows) → mixed = np.where(np.isin(range(4), known), x, 0)
            One row alone is x[None]
    """,
    right=r"""
        return added / 24 → return [float(one) / 24 for one in added]
            a list
    """,
)


@alternative("trust/credit")
def by_sets_at_once(f, x, rows):
    sets = np.array(list(itertools.product([False, True], repeat=4)))
    mixed = np.where(sets[:, None], x, rows).astype("f4")
    v = f(mixed.reshape(-1, 4)).reshape(16, -1).mean(axis=1).astype("f4").reshape(2, 2, 2, 2)
    weight = np.array([6, 2, 2, 6], "f4") / 24
    sizes = np.indices((2, 2, 2)).sum(axis=0)
    return [np.sum(weight[sizes] * np.diff(v, axis=j).squeeze(j)) for j in range(4)]


answers(
    "trust/suspect",
    wrong=r"""
        return loss, loss.argmax() → return loss
            End with `return loss, group`
        changed[:, columns] = X[order][:, columns] → rng.shuffle(changed[:, columns])
            and about nothing else
        changed[:, columns] = X[order][:, columns] → changed[:, columns] = rng.permuted(X[:, columns], axis=0)
            each column has an order of its own
        changed, order = X.copy(), … → changed, order = X.copy(), rng.integers(len(X), size=len(X))
            A new order holds each row once
        changed[:, columns] = X[order][:, columns] → changed = X[order]
            Only the columns of one group change at a time
        loss = np.zeros(len(groups)) → loss = np.zeros(len(groups)); rng = np.random.default_rng(0)
            All chance comes from the `rng`
    """,
    right=r"""
        changed[:, columns] = X[order][:, columns] → changed[:, columns] = rng.permutation(X[:, columns])
            rows of the group alone
    """,
)


@alternative("trust/suspect")
def all_in_one_call(predict, X, y, groups, repeats, rng):
    tall = []
    for columns in groups:
        orders = rng.random((repeats, len(X))).argsort(axis=1)
        for order in orders:
            mask = np.isin(np.arange(X.shape[1]), columns)
            tall.append(np.where(mask, X[order], X))
    said = np.asarray(predict(np.concatenate([X, *tall]).astype("f4"))).reshape(-1, len(X))
    right = (said == y).mean(axis=1)
    loss = right[0] - right[1:].reshape(len(groups), repeats).mean(axis=1)
    return loss.tolist(), int(np.argsort(loss)[-1])
