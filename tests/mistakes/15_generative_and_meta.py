"""Answers to exercise 15 that are no slips: mistakes people make, and right answers written in other ways."""

import numpy as np

from tests.mistakes import alternative, answers

answers(
    "generative_and_meta/gan_losses",
    wrong=r"""
        np.logaddexp(0, -real).mean() → -np.log(p_real).mean()
            loss_D is not finite
        np.logaddexp(0, made).mean() → -np.log(np.clip(1 - p_made, 1e-7, 1)).mean()
            Two means are added, each over its own kind
        return … → return loss_D, loss_G
            End with `return (loss_D, (D_real, D_made)), (loss_G, G_made)`
        (p_real - 1) / len(real), p_made / len(made) → p_real - 1, p_made
            A nudge of the logit of one real point
        (p_real - 1) / len(real), … → (p_real - 1).mean(), p_made.mean()
            the shape of D_real is wrong
        loss_G = np.logaddexp(0, -made).mean() → loss_G = np.logaddexp(0, -made).sum()
            One mean, over the made points
    """,
    right=r"""
        np.exp(-np.logaddexp(0, -z)) → 1 / (1 + np.exp(-1.0 * z))
            exp overflows to infinity, and p is 0
    """,
)


@alternative("generative_and_meta/gan_losses")
def by_case_in_lists(real, made):
    def cost(z):  # -log of the sigmoid
        return np.maximum(-z, 0) + np.log1p(np.exp(-np.abs(z)))

    def p(z):
        return 0.5 + np.tanh(z / 2) / 2

    loss_D = np.mean(cost(real)) + np.mean(cost(-made))
    D_real, D_made, G_made = -p(-real) / real.size, p(made) / made.size, -p(-made) / made.size
    return [[float(loss_D), [D_real.tolist(), D_made.tolist()]], [np.mean(cost(made)), G_made.tolist()]]


answers(
    "generative_and_meta/k_means",
    wrong=r"""
        while not np.array_equal(groups, before): → for _ in range(50):
        np.unique(groups): → range(len(centres)):
            What is the mean of no rows?
        start.astype(float) → start
            changes its input starts
        while not np.array_equal(groups, before): → for _ in range(10):
            Work through the example of the task
        centres[number] = X[groups == number].mean(axis=0) → centres[number] = X[groups == number].mean()
            Work through the example of the task
        return min(ends, key=lambda end: end[2]) → return ends
            End with the centres, the groups and the total of one end
    """,
    endless=r"""
        np.unique(groups): → range(len(centres)):
            Is NaN among them
    """,
    right=r"""
        ((X[:, None] - centres) ** 2).sum(axis=-1) → np.linalg.norm(X[:, None] - centres, axis=-1)
        apart.min(axis=1).sum() → (apart.min(axis=1) ** 2).sum()
            by the distances themselves
    """,
)


@alternative("generative_and_meta/k_means")
def until_the_centres_rest(X, starts):
    best = None
    for start in starts.tolist():
        while True:
            groups = [min(range(len(start)), key=lambda j: sum((row - start[j]) ** 2)) for row in X]
            moved = [
                X[np.equal(groups, j)].mean(axis=0).tolist() if j in groups else centre
                for j, centre in enumerate(start)
            ]
            if np.allclose(moved, start, rtol=0, atol=1e-12):
                break
            start = moved
        total = sum(((row - start[j]) ** 2).sum() for row, j in zip(X, groups, strict=True))
        if best is None or total < best[2]:
            best = [start, groups, total]
    return best


answers(
    "generative_and_meta/episode",
    wrong=r"""
        Q.copy(), 0 → Q, 0
            changes its input Q
        s, earned = s_next, earned + r → earned = earned + r
            After a move, the agent is in the state that `step` gave
        rng.integers(Q.shape[1]) → rng.choice(np.delete(np.arange(Q.shape[1]), Q[s].argmax()))
            the best among them
        rng.random() < eps → np.random.random() < eps
            the same generator gives another episode
        if end: → if False:
            When `end` is True, the episode is over
        s, earned = s_next, earned + r → s, earned = s_next, gamma * earned + r
            All rewards of the episode are added
    """,
    right=r"""
        explore = … → best = np.flatnonzero(Q[s] == Q[s].max()); …
        a = … → a = int(rng.choice(Q.shape[1] if explore else best))
            equal ones are drawn among
    """,
)


@alternative("generative_and_meta/episode")
def by_probabilities_in_lists(Q, s, step, limit, alpha, gamma, eps, rng):
    table, rewards = [list(map(float, row)) for row in Q], []
    while len(rewards) < limit:
        p = np.full(len(table[s]), eps / len(table[s]))
        p[int(np.argmax(table[s]))] += 1 - eps
        a = rng.choice(len(p), p=p)
        r, after, end = step(s, a)
        rewards.append(r)
        target = r if end else r + gamma * max(table[after])
        table[s][a] = (1 - alpha) * table[s][a] + alpha * target
        if end:
            return table, sum(rewards)
        s = after
    return table, float(np.sum(rewards))


answers(
    "generative_and_meta/pca",
    wrong=r"""
        return V, → return V.T,
            the shape of V is wrong
        np.argmax(kept >= share) + 1 → int(share * X.shape[1])
            the shape of V is wrong
        mean = … → mean = new.mean(axis=0)
            Its rows are the first directions of X
        X - mean, full → (X - mean) / X.std(axis=0), full
            Its rows are the first directions of X
        return V, scores, lost → return V, scores
            End with `return V, scores, lost`
        return V, scores, lost → return V, np.abs(scores), lost
            Signs fit those of V
    """,
    right=r"""
        _, S, Vt = … → …; flip = np.where(np.arange(len(Vt)) % 2, 1, -1); Vt = Vt * flip[:, None]
        return V, scores, lost → return V.tolist(), scores.tolist(), lost.tolist()
            every other direction turned round, and lists
    """,
)


@alternative("generative_and_meta/pca")
def by_the_covariance(X, new, share):
    centre = np.mean(X, axis=0)
    values, vectors = np.linalg.eigh(np.cov(X.T))
    order = np.argsort(values)[::-1]
    k = 1
    while values[order[:k]].sum() < share * values.sum():
        k += 1
    W = vectors[:, order[:k]]
    scores = (new - centre) @ W
    return W.T, scores, ((new - centre) ** 2).sum(axis=1) - (scores**2).sum(axis=1)
