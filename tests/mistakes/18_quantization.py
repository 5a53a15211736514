"""Answers to exercise 18 that are no slips: mistakes people make, and right answers written in other ways."""

import numpy as np

from tests.mistakes import alternative, answers

answers(
    "quantization/affine",
    wrong="""
        .astype(np.uint8) → .round()
            q has the dtype float64, expected uint8
        x_hat = … → x /= scale; …
            changes its input x
        return scale, zero_point, q, x_hat → return q, x_hat, scale, zero_point
            what came is right, but in another order
        return scale, zero_point, q, x_hat → return q
            End with `return scale, zero_point, q, x_hat`
        x_hat = … → x_hat = scale * (q - zero_point)
            A byte cannot hold a negative number
        scale = (high - low) / 255 → scale = round((high - low) / 255, 2)
            The widened range, and the number of steps
    """,
    right=r"""
        q = … → x = np.clip(x, low, high) / scale\nq = np.floor(x + zero_point + 0.5).astype(np.uint8)
        return … → return [scale, float(zero_point), q, x_hat.astype("f4").tolist()]
            x is clipped first, and half is added before rounding down
    """,
)


@alternative("quantization/affine")
def marks_and_the_nearest(x, low, high):
    low, high = sorted([low, high, 0])[0], sorted([low, high, 0])[2]
    scale = np.float32((high - low) / 255)
    zero_point = np.rint(np.float32(-low) / scale).astype(np.int32)
    marks = scale * (np.arange(256) - zero_point)
    q = np.abs(x[..., None] - marks).argmin(axis=-1)
    return scale, zero_point, q.astype("uint8"), marks[q]


answers(
    "quantization/symmetric",
    wrong="""
        .astype(np.int8), scale → , scale
            q has the dtype float64, expected int8
        rows = np.moveaxis(W, axis, 0) → rows = np.moveaxis(W, axis, 0); rows *= 1.5; rows /= 1.4
            changes its input W
        return … → return scale, np.moveaxis(q, 0, axis).astype(np.int8)
            what came is right, but in another order
        return … → return q.astype(np.int8), scale
            the shape of q is wrong
        scale = … → scale = np.full(len(rows), np.abs(W).max() / last)
            Take one channel alone
        q = … → q = np.round(rows / scale)
            Write the shapes down
    """,
    right="""
        np.abs(rows.reshape(len(rows), -1)).max(axis=1) → np.array([max(r.max(), -r.min()) for r in rows])
        .astype(np.int8), scale → .astype("b"), scale.astype("f4")
            channel by channel, the scales in float32
    """,
)


@alternative("quantization/symmetric")
def take_by_take(W, bits, axis):
    n = W.shape[axis]
    limits = [float(np.abs(np.take(W, i, axis)).max()) for i in range(n)]
    scale = [limit / (2 ** (bits - 1) - 1) if limit else 1.0 for limit in limits]
    q = [np.sign(W).take(i, axis) * np.floor(abs(W.take(i, axis)) / scale[i] + 0.5) for i in range(n)]
    return [np.stack(q, axis=axis).astype(np.int8), scale]


answers(
    "quantization/choose_range",
    wrong="""
        return … → return limits[np.argmin(errors)], errors
            what came is right, but in another order
        limits = … → …; x -= 1; x += 1; x[0] *= 1.001
            changes its input x
        q = np.clip(np.round(x / s), -last, last) → q = np.clip(np.round(x / s), 0, last)
            Take one share
        return … → return limits[np.argmin(errors)]
            End with `return errors, limit`
        np.percentile(abs(x), share) → np.quantile(abs(x), share)
            np.quantile takes a share from 0 to 1
    """,
    right="""
        q = np.clip(np.round(x / s), -last, last) → q = np.round(np.clip(x, -limit, limit) / s)
        return … → return errors, min(zip(errors, limits))[1]
            x is clipped, not the codes, and the errors are a list
    """,
)


@alternative("quantization/choose_range")
def by_marks(x, bits, shares):
    limits = np.quantile(np.abs(x), np.array(shares) / 100)
    marks = limits[:, None] * np.linspace(-1, 1, 2**bits - 1)
    errors = (np.abs(x - marks[..., None]).min(axis=1) ** 2).mean(axis=-1)
    return [errors.tolist(), float(limits[errors == errors.min()][0])]


answers(
    "quantization/look_up",
    wrong="""
        table = table.astype(float) → table = table
            changes its input table
        for place in np.unique(codes): → for place in range(len(table)):
            NaN
        return … → return np.abs(x[..., None] - table).argmin(axis=-1), table
            what came is right, but in another order
        return … → return table, codes
            codes are those of the table before the last move
        return … → return table, np.abs(x.ravel()[:, None] - table).argmin(axis=-1)
            the shape of codes is wrong
        table[place] = x[codes == place].mean() → table[place] = x[codes == place].sum()
            Do one round by hand
    """,
    right="""
        codes = … → codes = ((x[..., None] - table) ** 2).argmin(-1)
        return … → return [list(table), np.abs(np.subtract.outer(x, table)).argmin(-1)]
            squared distances
    """,
)


@alternative("quantization/look_up")
def through_the_sorted_table(x, table, num_rounds):
    def places(table):
        order = np.argsort(table)
        middles = (table[order][1:] + table[order][:-1]) / 2
        return order[np.searchsorted(middles, x)].astype(np.uint8)

    for _ in range(num_rounds):
        q = places(table)
        table = np.array([x[q == i].mean() if np.any(q == i) else table[i] for i in range(len(table))])
    return table.tolist(), places(table).tolist()


answers(
    "quantization/packed",
    wrong="""
        self.data = half[::2] | half[1::2] << 4 → self.data = (half[::2] | half[1::2] << 4).view(np.int8)
            That is the other kind of byte
        half = np.empty(2 * len(self.data), dtype=np.int8) → half = np.empty(2 * len(self.data), dtype=int)
            codes() has the dtype int64, expected int8
        self.shape = q.shape → self.shape = q.shape; self.q = q.copy()
        half[half > 7] -= 16 → return self.q
            when other bytes were put into data
        self.shape = q.shape → q[q < 0] += 16; self.shape = q.shape
            changes its input q
        half = np.zeros(q.size + q.size % 2, dtype=np.uint8) → half = np.zeros(q.size, dtype=np.uint8)
            the last one has no partner
        return half[: np.prod(self.shape)].reshape(self.shape) → return half.reshape(self.shape)
            How many halves of bytes are there
    """,
    right="""
        half[: q.size] = q.ravel() & 0b1111 → half[: q.size] = np.where(q < 0, q + 16, q).ravel()
        self.data = half[::2] | half[1::2] << 4 → self.data = 16 * half[1::2] + half[::2]
        half[half > 7] -= 16 → half = (half ^ 8) - 8
            without bits: sums and remainders
    """,
)


@alternative("quantization/packed")
class ByteByByte:
    def __init__(self, q):
        flat = [int(code) % 16 for code in q.flat]
        pairs = zip(flat[::2], [*flat[1::2], 0], strict=False)
        self.n, self.like = len(flat), q.shape
        self.data = np.array([low + 16 * high for low, high in pairs], dtype=np.uint8)

    def codes(self):
        halves = [half for byte in self.data.tolist() for half in (byte % 16, byte // 16)]
        codes = [half - 16 * (half > 7) for half in halves[: self.n]]
        return np.array(codes, np.int8).reshape(self.like)


answers(
    "quantization/fewest_bits",
    wrong="""
        q, scale = symmetric(W, bits, axis=1) → q, scale = symmetric(W, bits, axis=0)
            Write the shapes of this line down
        W = q * scale → W[:] = q * scale
            No number of bits was good enough
        X = (np.maximum(X, 0) if number > 0 else X) @ W + b → X = np.maximum(X @ W + b, 0)
            the logits went through ReLU, too
        range(2, 9) → range(2, 8)
            Seven
        return seven, … → return seven, good[0]
            End with
        accuracies[bits] >= whole - loss → accuracies[bits] >= accuracies[8] - loss
            a width that loses just what is allowed was not chosen
    """,
    right="""
        W = q * scale → W = (q * scale).astype("f4")
        good = … → good = [bits for bits in accuracies if whole - accuracies[bits] <= loss]
            in float32
    """,
)


@alternative("quantization/fewest_bits")
def a_network_for_each(layers, X_val, y_val, X_test, y_test, loss):
    def rounded(W, highest):
        s = np.maximum(W.max(axis=0), -W.min(axis=0)) / highest
        return np.rint(W / s) * s

    def right(net, X, y):
        *hidden, (W, b) = net
        for V, c in hidden:
            X = (X @ V + c).clip(0)
        return sum((X @ W + b).argmax(axis=1) == y) / len(y)

    nets = [[(rounded(W, 2 ** (k - 1) - 1), b) for W, b in layers] for k in range(2, 9)]
    scores = [right(net, X_val, y_val) for net in nets]
    first = next(i for i, score in enumerate(scores) if score >= right(layers, X_val, y_val) - loss)
    return [np.array(scores), first + 2, right(nets[first], X_test, y_test)]
