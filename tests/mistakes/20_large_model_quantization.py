"""Answers to exercise 20 that are no slips: mistakes people make, and right answers written in other ways."""

import numpy as np

from tests.mistakes import alternative, answers, mistake

answers(
    "large_model_quantization/pack_groups",
    wrong="""
        largest = … → …; W /= largest.max()
            changes its input W
        .astype(np.uint8) → .astype(np.int64)
            packed has to be of type uint8, got int64
        halves = … → halves = codes[: len(W) // 2 * 2] & 15
            the shape of packed is wrong
        halves[0::2] | halves[1::2] << 4 → halves[: len(halves) // 2] | halves[len(halves) // 2 :] << 4
            Take one column of this case: its scales, its codes, the two of a byte
        return packed, scales, → return scales, packed,
            End with `return packed, scales, bits`
        largest = … → largest = np.abs(W[: len(W) // g * g].reshape(-1, g, W.shape[1])).max(axis=1)
            for this W and this g
    """,
    right="""
        codes = … → codes = np.floor(W / np.where(each == 0, 1, each) + 0.5).astype(np.int8)
        8 * (packed.nbytes + scales.nbytes) / W.size → (packed.size + 2 * scales.size) / len(W) * 8 / len(W.T)
            int8 codes, a half rounded up
    """,
)


@alternative("large_model_quantization/pack_groups")
def weight_by_weight(W, g):
    d_in, d_out = W.shape
    packed = np.zeros((-(-d_in // 2), d_out), np.uint8)
    scales = np.zeros((-(-d_in // g), d_out), "f2")
    for i, j in np.ndindex(d_in, d_out):
        scales[i // g, j] = max(abs(w) for w in W[i // g * g : (i // g + 1) * g, j]) / 7
        code = round(W[i, j] / float(scales[i // g, j])) if W[i, j] else 0
        packed[i // 2, j] += (code + 16 * (code < 0)) * (16 if i % 2 else 1)
    return [packed, scales, (packed.size + 2 * scales.size) * 8 / (d_in * d_out)]


answers(
    "large_model_quantization/split_outliers",
    wrong="""
        x, w = X[:, ~is_large], W[~is_large] → X[:, is_large] = 0; x, w = X, W
            changes its input X
        out = small + X[:, is_large] @ W[is_large] → out = X @ W
            Take one row and one column: both scales
        np.median(reach) → np.sort(reach)[(len(reach) - 1) // 2]
            Print the largest |x| of each column of this X, and their median
        np.flatnonzero(is_large).tolist(), share, out → out, share, np.flatnonzero(is_large).tolist()
            what came is right, but in another order
        share = … → share = reach[is_large].max(initial=0) / reach.max()
            How far do the codes reach with the large columns
        s_x = … → s_x = np.abs(x).max(axis=1) / 127
            X is (n, d_in), W is (d_in, d_out)
    """,
    right="""
        x, w = … → x, w = X * ~is_large, W * ~is_large[:, None]
        np.rint(x / s_x) @ np.rint(w / s_w) → np.floor(x / s_x + 0.5) @ np.floor(w / s_w + 0.5)
            zeros in place of fewer columns, a half rounded up
    """,
)


@alternative("large_model_quantization/split_outliers")
def column_by_column(X, W, k):
    reach = [max(abs(x) for x in column) for column in X.T.tolist()]
    large = [j for j, r in enumerate(reach) if r > k * float(np.median(reach))]
    rest = [j for j in range(len(reach)) if j not in large]
    out = np.zeros((len(X), W.shape[1]))
    for i, o in np.ndindex(out.shape):
        s_x = max(abs(X[i, j]) for j in rest) / 127
        s_w = max(abs(W[j, o]) for j in rest) / 127
        out[i, o] = sum(round(X[i, j] / s_x) * round(W[j, o] / s_w) for j in rest) * s_x * s_w
        out[i, o] += sum(X[i, j] * W[j, o] for j in large)
    return np.array(large, int), (max(reach) - max(reach[j] for j in rest)) / max(reach), out


answers(
    "large_model_quantization/keep_in_8_bits",
    wrong="""
        new <= room → new < room
            The budget itself may be used up
        room = budget - sizes.sum() → room = budget
            A layer in 8 bits takes twice its size
        raise ValueError(f"4 bits for all do not fit into {budget}") → return []
            expected a ValueError, but it returned []
        lambda taken: (best[taken][0], -taken) → lambda taken: (best[taken][0], taken)
            Of lists with the same damage the smallest is asked for
    """,
    right="""
        return best[taken][1] → return np.array(best[taken][1], float)
            layer numbers as floats
    """,
)


@mistake("large_model_quantization/keep_in_8_bits", hint="It is the whole list that must be best")
def most_saved_for_its_room(damage4, damage8, sizes, budget):
    gains, kept = damage4 - damage8, []
    room = budget - sizes.sum()
    if room < 0:
        raise ValueError(f"nothing fits into {budget}")
    for i in np.argsort(-gains / sizes, kind="stable"):
        if gains[i] > 0 and sizes[i] <= room:
            kept.append(int(i))
            room -= sizes[i]
    return sorted(kept)


@alternative("large_model_quantization/keep_in_8_bits")
def table_of_rooms(damage4, damage8, sizes, budget):
    room = int(budget) - int(sum(sizes))
    if room < 0:
        raise ValueError(f"budget {budget} is too small")
    saved = np.zeros((len(sizes) + 1, room + 1), int)
    for i, size in enumerate(sizes):
        saved[i + 1] = saved[i]
        if size <= room:
            more = saved[i, : room + 1 - size] + damage4[i] - damage8[i]
            saved[i + 1, size:] = np.maximum(saved[i, size:], more)
    kept, at = [], int(saved[-1].argmax())  # the first of the largest: the least room
    for i in reversed(range(len(sizes))):
        if saved[i + 1, at] != saved[i, at]:
            kept.append(i)
            at -= sizes[i]
    return kept[::-1]


answers(
    "large_model_quantization/gptq",
    wrong="""
        rest, Q = W.copy(), → rest, Q = W,
            changes its input W
        H += … → H += 0.0
            What is added to the diagonal of H
        np.linalg.inv(H)).T → np.linalg.inv(H))
            Print what is subtracted from the rows below
        for i in range(len(W)): → for i in reversed(range(len(W))):
            Q is what rounding each weight by itself gives
        rest[i + 1 :] -= … → rest[i + 1 : i + 2] -= np.outer(U[i, i + 1 : i + 2], error)
            Do two rows of this case by hand
        return Q, *(lost / np.linalg.norm(exact)) → return Q
            End with `return Q, nearest, compensated`
    """,
    right="""
        H = X.T @ X / len(X) → X, W, X_new = (one.astype("f4") for one in (X, W, X_new)); H = X.T @ X
        np.linalg.norm(X_new @ R - exact) → np.sqrt(np.square(X_new @ (R - W)).sum())
            in float32, and H without the mean
    """,
)


@alternative("large_model_quantization/gptq")
def without_cholesky(W, X, bits, X_new):
    most = 2 ** (bits - 1) - 1
    scale = np.abs(W).max(axis=0) / most
    H = X.T @ X
    H[np.diag_indices(len(H))] += 0.01 * np.trace(H) / len(H)
    Q = W.copy()
    for i in range(len(W)):
        exact = Q[i].copy()
        Q[i] = np.clip(np.floor(exact / scale + 0.5), -most, most) * scale
        below = slice(i + 1, None)  # what is left of the inputs below, given that row i is as it is now
        Q[below] += np.linalg.solve(H[below, below], H[below, i : i + 1]) * (exact - Q[i])
    plain = (W / scale).round().clip(-most, most) * scale
    nearest, mine = (((X_new @ (R - W)) ** 2).sum() / ((X_new @ W) ** 2).sum() for R in (plain, Q))
    return [Q, nearest**0.5, mine**0.5]
