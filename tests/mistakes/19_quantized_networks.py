"""Answers to exercise 19 that are no slips: mistakes people make, and right answers written in other ways."""

from fractions import Fraction

import numpy as np

from tests.mistakes import alternative, answers, mistake

answers(
    "quantized_networks/integer_linear",
    wrong="""
        return x @ w + ready, ready → return x @ w + ready
            End with `return acc, ready`
        return x @ w + ready, ready → return ready, x @ w + ready
            what came is right, but in another order
        return x @ w + ready, ready → return x @ w.astype(float) + ready, ready
            acc has to be of an integer type, got float64
        ready = bias - z_x * w.sum(axis=0) → bias -= z_x * w.sum(axis=0); ready = bias
            changes its input bias
        ready = bias - z_x * w.sum(axis=0) → ready = bias + len(w) * z_x * z_w - z_x * q_w.sum(axis=0)
            which number of this line does not fit
        w.sum(axis=0) → w.sum(axis=0, keepdims=True)
            the shape of ready is wrong
    """,
    right="""
        x, w = … → x, w = q_x.astype(float), q_w.astype(float) - z_w
        return x @ w + ready, ready → return (x @ w + ready).astype(int), ready.astype(np.int32)
            in float64, which holds sums of this size, and whole numbers at the end
    """,
)


@alternative("quantized_networks/integer_linear")
def number_by_number(q_x, z_x, q_w, z_w, bias):
    X, W, Z = q_x.tolist(), q_w.T.tolist(), z_w.tolist()
    acc = [
        [
            sum((a - z_x) * (b - z) for a, b in zip(x, w, strict=True)) + int(more)
            for w, z, more in zip(W, Z, bias, strict=True)
        ]
        for x in X
    ]
    ready = [int(more) - z_x * sum(b - z for b in w) for w, z, more in zip(W, Z, bias, strict=True)]
    return [acc, ready]


answers(
    "quantized_networks/requantize",
    wrong="""
        return m, shift, np.clip(q, lowest, highest) → return np.clip(q, lowest, highest), m, shift
            what came is right, but in another order
        return m, shift, np.clip(q, lowest, highest) → return np.clip(q, lowest, highest)
            End with `return m, shift, q`
        np.rint(fraction * 2**31).astype(np.int64) → np.rint(fraction * 2**31)
            a float
        return m, shift, np.clip(q, lowest, highest) → return m * 1.0, shift, np.clip(q, lowest, highest)
            m has to be of an integer type, got float64
        acc * m → acc.astype(np.float32) * m.astype(np.float32)
            a float
        product = acc * m → acc[:] = np.abs(acc); product = acc * m
            changes its input acc
    """,
    right="""
        size = (np.abs(product) + half) >> shift → size = (np.abs(product) + half) // 2**shift
        half = 1 << (shift - 1) → half = 2**shift // 2
            whole numbers divided in place of shifts
    """,
)


@alternative("quantized_networks/requantize")
def with_pythons_numbers(acc, M, zero_point, lowest, highest):
    ms, shifts = [], []
    for x in M.tolist():
        shift = 0
        while Fraction(x) * 2**shift < 2**30:
            shift += 1
        ms.append(round(Fraction(x) * 2**shift))
        shifts.append(shift)
    q = np.empty(acc.shape, np.int8 if lowest < 0 else np.uint8)
    for i, j in np.ndindex(q.shape):
        up, rest = divmod(abs(int(acc[i, j])) * ms[j], 2 ** shifts[j])
        up += 2 * rest >= 2 ** shifts[j]
        q[i, j] = min(max(zero_point + (up if acc[i, j] > 0 else -up), lowest), highest)
    return [ms, np.array(shifts), q]


answers(
    "quantized_networks/aware_linear",
    wrong="""
        W_hat = … → W /= scale; W_hat = np.rint(np.clip(W, -limit / scale, limit / scale)) * scale
            changes its input W
        W_hat = … → …; o = X @ W_hat + b
        return X @ W_hat + b, d_out @ W_hat.T, (X.T → return d_out @ W_hat.T, o, (X.T
            in another order
        return X @ W_hat + b, d_out @ W_hat.T, (X.T @ d_out) * inside → return X @ W_hat + b
            End with `return out, dX, dW`
        scale = … → scale = limit[:, None] / (2 ** (bits - 1) - 1)
            Take one column of W
        inside = np.abs(W) <= limit → inside = np.abs(W).max(axis=0) <= limit
            Take one weight inside its limit
    """,
    right="""
        inside = np.abs(W) <= limit → inside = np.abs(np.rint(W / scale)) <= limit / scale + 1e-6
        W_hat = … → W_hat = np.floor(np.clip(W, -limit, limit) / scale + 0.5) * scale
            inside is what needs no clipping of its code; a half is rounded up
    """,
)


@alternative("quantized_networks/aware_linear")
def nearest_of_the_grid(X, W, b, limit, bits, d_out):
    X, W, b, limit, d_out = (array.astype("f4") for array in (X, W, b, limit, d_out))
    most = 2 ** (bits - 1) - 1
    marks = np.arange(-most, most + 1)[:, None, None] * (limit / most)
    nearest = np.abs(marks - W).argmin(axis=0)
    W_hat = np.take_along_axis(marks, nearest[None], axis=0)[0].astype("f4")
    dW = np.einsum("ni,no->io", X, d_out)
    dW[np.clip(W, -limit, limit) != W] = 0
    return [X @ W_hat + b, np.einsum("no,io->ni", d_out, W_hat), dW]


answers(
    "quantized_networks/cheapest_plan",
    wrong="""
        size <= budget → size < budget
            takes exactly the budget
        (cost, size) < best[:2] → cost < best[0]
            Of plans that cost the same the smaller one is asked for
        raise ValueError(f"no plan fits into the budget of {budget}") → return [0] * len(costs)
            expected a ValueError, but it returned [0, 0, 0]
        return list(best[2]) → return best[2], best[0]
            For each layer, the number of a column
        return list(best[2]) → return sizes[layers, best[2]]
            and the columns are 0 to
    """,
    right="""
        return list(best[2]) → return np.array(best[2], float)
            column numbers as floats
    """,
)


@mistake("quantized_networks/cheapest_plan", hint="the least that a plan within the budget costs is")
def most_gain_for_its_room(costs, sizes, budget):
    plan = [0] * len(costs)
    if sizes[:, 0].sum() > budget:
        raise ValueError(f"no plan fits into {budget}")
    while True:
        room = budget - sum(sizes[i, j] for i, j in enumerate(plan))
        steps = [
            ((costs[i, j] - costs[i, j + 1]) / (sizes[i, j + 1] - sizes[i, j]), i)
            for i, j in enumerate(plan)
            if j + 1 < costs.shape[1] and sizes[i, j + 1] - sizes[i, j] <= room
        ]
        if not steps or max(steps)[0] <= 0:
            return plan
        plan[max(steps)[1]] += 1


@alternative("quantized_networks/cheapest_plan")
def layer_by_layer(costs, sizes, budget):
    kept = {0: (0, [])}  # by what is taken so far, the least cost and its plan
    for some_costs, some_sizes in zip(costs.tolist(), sizes.tolist(), strict=True):
        longer = {}
        for taken, (cost, plan) in kept.items():
            for j, (more, room) in enumerate(zip(some_costs, some_sizes, strict=True)):
                one = (cost + more, [*plan, j])
                if taken + room <= budget:
                    longer[taken + room] = min(one, longer.get(taken + room, one))
        kept = longer
    if not kept:
        raise ValueError(f"nothing fits into {budget}")
    return min((cost, taken, plan) for taken, (cost, plan) in kept.items())[2]


answers(
    "quantized_networks/compress",
    wrong="""
        alone = list(layers) → alone = layers
            changes its input layers
        return costs, bits, lost → return costs, bits, lost * len(y_new)
            The accuracy of the network as it is
        return costs, bits, lost → return bits, lost
            End with `return costs, bits, lost`
        W.size * k for → W.size * k / 32 for
            the weights take
    """,
    right="""
        costs[i, j] = … → costs[i, j] = loss(alone, X.astype("f4"), y) - loss(layers, X, y)
        return costs, bits, lost → return costs.astype("f4").tolist(), np.array(bits), float(lost)
            the pictures in float32; lists
    """,
)


@alternative("quantized_networks/compress")
def all_plans_of_the_digits(layers, X, y, X_new, y_new, choices, budget):
    def errors(weights, X, y):
        for number, (W, (_, b)) in enumerate(zip(weights, layers, strict=True)):
            X = (X.clip(0) if number else X) @ W + b
        p = np.exp(X - X.max(axis=1, keepdims=True))
        return -np.log(p[range(len(y)), y] / p.sum(axis=1)).mean(), (X.argmax(axis=1) != y).mean()

    def rounded(W, most):
        return np.rint(W / np.abs(W).max(axis=0) * most) / most * np.abs(W).max(axis=0)

    exact = [W for W, _ in layers]
    grids = [[rounded(W, 2 ** (k - 1) - 1) for k in choices] for W in exact]
    costs = [
        [errors([*exact[:i], W, *exact[i + 1 :]], X, y)[0] - errors(exact, X, y)[0] for W in grid]
        for i, grid in enumerate(grids)
    ]
    fits = []
    for plan in np.ndindex(*[len(choices)] * len(layers)):
        if sum(W.size * choices[j] for W, j in zip(exact, plan, strict=True)) <= budget:
            fits.append((sum(row[j] for row, j in zip(costs, plan, strict=True)), plan))
    plan = min(fits)[1]
    small = [grid[j] for grid, j in zip(grids, plan, strict=True)]
    lost = errors(small, X_new, y_new)[1] - errors(exact, X_new, y_new)[1]
    return costs, tuple(choices[j] for j in plan), lost
