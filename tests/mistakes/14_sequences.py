"""Answers to exercise 14 that are no slips: mistakes people make, and right answers written in other ways."""

import math

import numpy as np

from tests.mistakes import alternative, answers

answers(
    "sequences/through_time",
    wrong=r"""
        dz = (dh + dH[:, t]) → dH[:, t] += dh; dz = dH[:, t]
            changes its input dH
        states = [h] → states = [h]; X = X[:, ::-1]
            what enters tanh is a sum of three
        return np.stack(states[1:], axis=1), … → return np.stack(states[1:], axis=1), dW_x, dW_h, db
            End with `return H, dW_x, dW_h, db, dh`
        for t in reversed(range(X.shape[1])): → for t in reversed(range(1, X.shape[1])):
            The first step meets a state as well
        for t in reversed(range(X.shape[1])): → for t in range(X.shape[1]):
            The same W_x is used in each step
        np.tanh( → np.arctan(
            what enters tanh is a sum of three
    """,
    right=r"""
        states = [h] → X, h, W_x, W_h, b, dH = (a.astype("f4") for a in (X, h, W_x, W_h, b, dH)); states = [h]
            in float32
    """,
)


@alternative("sequences/through_time")
def one_text_at_a_time(X, h, W_x, W_h, b, dH):
    H, dW_x, dW_h, db, dh = [], 0, 0, 0, []
    for x, state, slopes in zip(X, h, dH, strict=True):
        states = [state]
        for row in x:
            states.append(np.tanh(W_x.T @ row + W_h.T @ states[-1] + b))
        H.append(states[1:])
        back = np.zeros(len(state))
        for row, before, after, slope in list(zip(x, states, states[1:], slopes, strict=False))[::-1]:
            dz = (back + slope) / np.cosh(np.arctanh(after)) ** 2
            dW_x, dW_h, db = dW_x + np.outer(row, dz), dW_h + np.outer(before, dz), db + dz
            back = W_h @ dz
        dh.append(back)
    return [H, dW_x.tolist(), dW_h, db, dh]


answers(
    "sequences/attention",
    wrong=r"""
        largest = scores.max(axis=-1, keepdims=True) → largest = (Q @ K.mT).max(axis=-1, keepdims=True)
            What does your exp make of these?
        largest = np.where(seen.any(axis=-1, keepdims=True), largest, 0.0) → largest = 0.0
            What does your exp make of these?
        largest = np.where(seen.any(axis=-1, keepdims=True), largest, 0.0) → pass
            sees nothing; its weights sum to nan
        return weights @ V, weights → return weights, weights @ V
            what came is right, but in another order
        return weights @ V, weights → return weights @ V
            End with `return out, weights`
        e = np.exp(scores - largest) → V[...] = V; V *= 2; e = np.exp(scores - largest)
            changes its input V
    """,
    right=r"""
        scores = np.where(seen, scores, -np.inf) → scores = scores - 1e9 * ~seen
        largest = np.where(… → pass
        weights = e / np.where(total > 0, total, 1.0) → weights = e / total * seen
        return weights @ V, weights → return (weights @ V).astype("f4"), weights.tolist()
            a billion less, and float32
    """,
)


@alternative("sequences/attention")
def place_by_place(Q, K, V, seen):
    weights = np.zeros(seen.shape)
    for i, t in np.ndindex(seen.shape[:2]):
        places = [s for s in range(len(K[i])) if seen[i, t, s]]
        scores = [sum(a * b for a, b in zip(Q[i, t], K[i, s], strict=True)) for s in places]
        e = [math.exp((score - max(scores)) / len(Q[i, t]) ** 0.5) for score in scores]
        weights[i, t, places] = [x / sum(e) for x in e]
    return np.einsum("its,ism->itm", weights, V), weights


answers(
    "sequences/positions",
    wrong=r"""
        t = np.concatenate(… → t = np.array(lengths) - 1
            One row for each word
        return out → return out[None]
            the shape is wrong
        t[:, None] / base → np.deg2rad(t)[:, None] / base
            what is their angle?
        t[:, None] / base → 2 * np.pi * t[:, None] / base
            what is their angle?
        return out → return out / np.sqrt(d)
            what is their angle?
    """,
    right=r"""
        out = np.empty((len(t), d)) → out = np.empty((len(t), d), dtype=np.float32)
            in float32
    """,
)


@alternative("sequences/positions")
def number_by_number(lengths, d, base):
    rows = []
    for length in lengths:
        for t in range(length):
            angles = [t * math.exp(-2 * (column // 2) / d * math.log(base)) for column in range(d)]
            rows.append([math.cos(a) if i % 2 else math.sin(a) for i, a in enumerate(angles)])
    return rows


answers(
    "sequences/sample",
    wrong=r"""
        return np.full(size, logits.argmax()) → temperature = 1e-9
            has the same logit
        kept = logits >= np.sort(logits)[-top_k] → kept = (-logits).argsort().argsort() < top_k
            tokens have this logit
        (logits - logits.max()) / temperature → (logits - logits.max())
            These are the shares if the temperature plays no part
        (logits - logits.max()) / temperature → logits / temperature
            what you take e to the power of
        p=weights / weights.sum() → p=kept / kept.sum()
            all tokens that are left are equally likely
        rng.choice( → np.random.default_rng(0).choice(
            Nothing was drawn from the `rng` that is passed
    """,
    right=r"""
        kept = … → kept = …; z = np.where(kept, logits / temperature, -np.inf)
        weights = … → return [int(np.argmax(z + rng.gumbel(size=len(z)))) for _ in range(size)]
        return rng.choice(… → return None
            the largest after noise, and a list
    """,
)


@alternative("sequences/sample")
def one_by_one(logits, temperature, top_k, size, rng):
    order = sorted(range(len(logits)), key=lambda token: -logits[token])
    if temperature == 0:
        return [order[0]] * size
    order = [token for token in order if logits[token] >= logits[order[top_k - 1]]]
    steps = np.cumsum(np.exp((logits[order] - logits[order[0]]) / temperature))
    return [order[int(np.searchsorted(steps, rng.random() * steps[-1]))] for _ in range(size)]


answers(
    "sequences/perplexity",
    wrong=r"""
        padded = … → padded = " " * order + text + chr(10)
            Take one character of `new`
        (both[c, x] + alpha) → (both[c, x] or alpha)
            Take one character of `new`
        p = … → p = [both[c, x] / contexts[c] for c, x in pairs(new)]
            a count, or a product
        return np.exp(-np.mean(np.log(p))) → import math; return math.prod(p) ** (-1 / len(p))
            Which number is 0 here
        both = Counter(pairs(train)) → both = Counter(set(pairs(train)))
            Take one character of `new`
    """,
    right=r"""
        return np.exp(-np.mean(np.log(p))) → return np.float32(2 ** -np.log2(p).mean())
            with another base, in float32
    """,
)


@alternative("sequences/perplexity")
def with_tables(train, new, alphabet, order, alpha):
    counts, surprises = {}, []
    for texts in (train, new):
        for text in texts:
            context = ("\n",) * order
            for character in [*text, "\n"]:
                row = counts.setdefault(context, dict.fromkeys(alphabet, alpha))
                if texts is train:
                    row[character] += 1
                else:
                    surprises.append(math.log(sum(row.values()) / row[character]))
                context = (*context, character)[1:] if order else ()
    return math.exp(sum(surprises) / len(surprises))
