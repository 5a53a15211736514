"""Answers to exercise 04 that are no slips: mistakes people make, and right answers written in other ways."""

from itertools import accumulate, pairwise

import numpy as np

from tests.mistakes import alternative, answers

answers(
    "forward/linear_columns",
    wrong=r"""
        b[:, None] → b.sum()
            Column j of the answer belongs to sample j
        return W @ X + b[:, None] → b.shape = (-1, 1)\nreturn W @ X + b
            changes its input b
        W @ X + b[:, None] → (W @ X + b[:, None]).astype(X.dtype)
            the value is off
        return W @ X + b[:, None] → return W @ X[:, 0] + b
            the shape is wrong: expected (3, 3), got (3,)
        return W @ X + b[:, None] → print(W @ X + b[:, None])
            prints its answer
    """,
    right="""
        W @ X + b[:, None] → (X.T.astype("f4") @ W.T.astype("f4") + b.astype("f4")).T.tolist()
            by rows, in float32, as lists
        W @ X + b[:, None] → np.column_stack([W, b]) @ np.vstack([X, np.ones(X.shape[1])])
            the bias as one more weight
    """,
)

answers(
    "forward/count_parameters",
    wrong=r"""
        range(num_layers) → range(len(sizes))
            Four widths make three layers
        num_layers = len(sizes) - 1 → num_layers = len(sizes) - 1; sizes.append(0)
            leave it as it is
        bias=True, tied=False → bias, tied
            cannot be called as the task asks
        sum(matrices) + sum(biases) → [*matrices, *biases]
            the shape is wrong: expected ()
        bias=True, tied=False → bias=False, tied=False
            the biases are missing
        sum(matrices) + sum(biases) → sum(matrices) + sum(set(biases))
            Write the shape of each array of this network down
    """,
    right=r"""
        return sum(matrices) + sum(biases) → return float(np.sum(matrices) + bias * (sum(sizes) - sizes[0]))
            as a float
    """,
)


@alternative("forward/count_parameters")
def arrays_and_a_dict(sizes, bias=True, tied=False):
    shapes = list(pairwise(sizes))
    last = len(shapes) - 1
    own = {min(i, last - i) if tied else i: np.zeros(shape) for i, shape in enumerate(shapes)}
    return sum(W.size + 0 for W in own.values()) + sum(n for _, n in shapes if bias)


answers(
    "forward/mlp_forward",
    wrong=r"""
        outputs[-1] = z → outputs[-1] = z.argmax(axis=1)
            the shape of array 3 is wrong
        outputs[-1] = z → outputs = np.concatenate([*outputs[:-1], z], axis=1)
            expected a list of 4 arrays
        outputs[-1] = z → outputs[-1] = np.maximum(z, 0)
            Shown is the first array that is off
        outputs[-1] = z → outputs[-1] = z; weights.pop()
            changes its input weights
        outputs[-1] = z → outputs.append(z)
            one array for each layer
    """,
    right=r"""
        a = X → a, (weights, biases) = X, [[p.astype("f4") for p in part] for part in (weights, biases)]
        z = a @ W + b → z = a.astype("f4") @ W + b
        a = activation(z) → a = np.array([activation(row) for row in z])
        outputs.append(a) → outputs.append(a.tolist())
            row by row, in float32, as lists
    """,
)


@alternative("forward/mlp_forward")
def a_fold(X, weights, biases, activation):
    after = [activation] * (len(weights) - 1) + [np.array]
    layers = zip(weights, biases, after, strict=True)
    return tuple(accumulate(layers, lambda a, layer: layer[2](a @ layer[0] + layer[1]), initial=X))[1:]


answers(
    "forward/he_uniform",
    wrong=r"""
        rng.uniform(-c, c, (n_in, n_out)) → rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out))
            lie outside of -c … c
        rng.uniform(-c, c, (n_in, n_out)) → rng.uniform(0, c, (n_in, n_out))
            Negative and positive numbers have to be equally likely
        rng.uniform(-c, c, (n_in, n_out)) → rng.uniform(-c / 2, c / 2, (n_in, n_out))
            the weights of layer 1 lie between -0.153 and 0.153, their variance is
        rng.uniform(-c, c, (n_in, n_out)) → np.tile(rng.uniform(-c, c, n_out), (n_in, 1))
            Each weight is a draw of its own
        weights, biases = [], [] → weights, biases = [], []; seed = rng.integers(1000)
        rng.uniform(-c, c, (n_in, n_out)) → np.random.default_rng(seed).uniform(-c, c, (n_in, n_out))
            Each layer goes on drawing
        return weights, biases → return list(zip(weights, biases))
            the first entry holds W and b of one layer
    """,
    right=r"""
        c = np.sqrt(6 / n_in) → c = np.float32(np.sqrt(6 / n_in))
        rng.uniform(-c, c, (n_in, n_out)) → c * (2 * rng.random((n_out, n_in), dtype="f4").T - 1)
            in float32, turned after the draw
        rng.uniform(-c, c, (n_in, n_out)) → rng.uniform(-c, c, n_in * n_out).reshape(n_in, n_out).tolist()
        np.zeros(n_out) → [0] * n_out
            as lists
    """,
)

answers(
    "forward/predict_digits",
    wrong=r"""
        weights = [state[name].T → weights = [state[name]
            a weight in state is (out, in)
        state[name].T for name in state if name.endswith("weight") → state[f"{i}.weight"].T for i in (0, 2)
        state[name] for name in state if name.endswith("bias") → state[f"{i}.bias"] for i in (0, 2)
            Print list(state)
        logits.max(axis=1, keepdims=True) → logits.mean(axis=1, keepdims=True)
            exp of a large number is inf
        np.maximum(z, 0) → np.tanh(z)
            Print what each step gives for this picture
        return p.argmax(axis=1), p → return (p > 0.5).argmax(axis=1), p
            The class is the digit that is most probable
        np.exp(logits - logits.max(axis=1, keepdims=True)) → np.exp(logits)
        e.sum(axis=1, keepdims=True) → e.sum(axis=1, keepdims=True); p = np.nan_to_num(p)
            sum to 0
    """,
    right=r"""
        return p.argmax(axis=1), p → return logits.argmax(axis=1).tolist(), p.astype("f4")
            in float32
    """,
)


@alternative("forward/predict_digits")
def by_columns(pictures, state, mean, std):
    a, arrays = pictures.reshape(-1, 64).T, list(state.values())
    a = (a - mean[:, None]) / (std + (std == 0))[:, None]
    for W, b in zip(arrays[::2], arrays[1::2], strict=True):
        z = W @ a + b[:, None]
        a = z * (z > 0)
    log_p = z - z.max(axis=0)
    log_p = log_p - np.log(np.exp(log_p).sum(axis=0))
    return [int(np.argmax(column)) for column in log_p.T], np.exp(log_p).T
