# %% [markdown]
r"""
# Exercise 19 · Networks in integers

Five tasks, 18 points, about 40 minutes. The first two make a layer that needs no floats, the third one that
learns with rounded weights. At the end you decide how many bits each layer of a network for digits gets.
Lesson: [19 · Networks in integers](../../lessons/19_quantized_networks.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.
"""

# %%
import numpy as np

from helpers import data, nn
from helpers.checks import check
from helpers.training import fit

# %% [markdown] task="quantized_networks/integer_linear"
r"""
## Task 1 · A layer on codes (3 points)

A code q with the scale s and the zero point z stands for the number s (q - z). So a linear layer on codes
needs the sums

$$\text{acc}_{ij} = \sum_k (q_x - z_x)_{ik}\, (q_w - z_w)_{kj} + \text{bias}_j,$$

all of them whole numbers: the *accumulators*. In the lesson the weights had the zero point 0. Here both sides
have one, and each column of weights has its own.

Multiply the brackets out, and some of what you get holds no code of x. It is the same for every input, so a
chip computes it once, beforehand. Write `integer_linear(q_x, z_x, q_w, z_w, bias)`:

- `q_x`, shape (n, n_in), are codes of type int8 or uint8, and `z_x`, a whole number, is their zero point;
- `q_w`, shape (n_in, n_out), are codes of type int8, and `z_w`, shape (n_out,), their zero points, int8, too;
- `bias`, shape (n_out,), is int32, and in the unit of the sums already.

Return `acc`, shape (n, n_out), and `ready`, shape (n_out,): for each column, the part of acc that holds no
code of x, with the bias in it. Both hold whole numbers, and all of them fit into an int32. For example:

    q_x, z_x = np.array([[100, 50]], np.int8), -10
    q_w, z_w = np.array([[90], [-70]], np.int8), np.array([5], np.int8)
    integer_linear(q_x, z_x, q_w, z_w, np.array([7], np.int32))
    →  acc = [[4857]],  ready = [107]

By hand: 110 · 85 - 60 · 75 + 7 = 4857. An int8 ends at 127, and NumPy gives no warning when a sum of int8
goes beyond it.
"""


# %% answer="quantized_networks/integer_linear"
def integer_linear(q_x, z_x, q_w, z_w, bias):
    """The sums acc (n, n_out), and their part without x, ready (n_out,)."""
    ### BEGIN SOLUTION
    x, w = q_x.astype(np.int32), q_w.astype(np.int32) - z_w
    ready = bias - z_x * w.sum(axis=0)
    return x @ w + ready, ready
    ### END SOLUTION


# %% check="quantized_networks/integer_linear"
check("quantized_networks/integer_linear", integer_linear)

# %% [markdown] task="quantized_networks/requantize"
r"""
## Task 2 · Back to 8 bits, without a float (4 points)

A sum of column j is worth `M[j]` steps of the output, where M is s_x s_w / s_out. Floats may be used
**once**, when the network is stored: there each M becomes two whole numbers,

$$M \approx \frac{m}{2^{\text{shift}}}.$$

Then every sum is multiplied by m, and divided by a power of two. Write
`requantize(acc, M, zero_point, lowest, highest)`. `acc`, shape (n, d), holds sums of type int32; `M`, shape
(d,), has one float above 0 for each column. Return three arrays of whole numbers:

- `shift`, shape (d,), such that M · 2^shift lies from 2^30 to 2^31, the second not included;
- `m`, shape (d,), the whole number nearest to M · 2^shift;
- `q`, shape (n, d): acc · m / 2^shift, rounded to the nearest whole number, plus `zero_point`. What is then
  below `lowest` or above `highest` becomes that.

Return them in the order `m, shift, q`. The lesson rounds a half up. Here a half goes **away from zero**, as
in some kernels for phones: 2.5 becomes 3, and -2.5 becomes -3. For example:

    acc = np.array([[10, 1000], [-10, -1000], [9, 90_000]], np.int32)
    requantize(acc, np.array([0.25, 0.003]), 5, -128, 127)
    →  m = [1073741824 1649267442],  shift = [32 39]
       q = [[8 8] [2 2] [7 127]]

By hand: 0.25 · 2^32 is 2^30. Ten quarters are 2.5, so 3 steps, and 5 more make 8. The last sum is worth 270
steps.

The products have up to 62 bits. An int64 has room for them. A float64 keeps 53 of them and a float32 24, and
the check has sums for which the last bits decide.

<details><summary>Hint: useful functions</summary>

`np.frexp(M)` writes each M as fraction · 2^exponent, with the fraction from ½ to 1, the second not included;
look at the type of the exponents. `a >> k` divides whole numbers by 2^k and rounds **down**, also below zero.

</details>
"""


# %% answer="quantized_networks/requantize"
def requantize(acc, M, zero_point, lowest, highest):
    """m (d,) and shift (d,) with M ≈ m / 2^shift, and the codes q (n, d)."""
    ### BEGIN SOLUTION
    fraction, exponent = np.frexp(M)
    m = np.rint(fraction * 2**31).astype(np.int64)
    shift = 31 - exponent.astype(np.int64)
    product = acc * m
    half = 1 << (shift - 1)
    size = (np.abs(product) + half) >> shift
    q = np.sign(product) * size + zero_point
    return m, shift, np.clip(q, lowest, highest)
    ### END SOLUTION


# %% check="quantized_networks/requantize"
check("quantized_networks/requantize", requantize)

# %% [markdown] task="quantized_networks/aware_linear"
r"""
## Task 3 · A layer that learns with rounded weights (3 points)

In quantization-aware training a layer computes with the weights that the integers will stand for, and the
optimizer moves the exact ones. Write one pass of such a layer, forward and backward, in one function:
`aware_linear(X, W, b, limit, bits, d_out)`.

- `X` is (n, n_in), `W` (n_in, n_out), `b` (n_out,).
- The codes are symmetric: the whole numbers from -(2^(bits - 1) - 1) to 2^(bits - 1) - 1, so -3 to 3 for 3
  bits, and the zero point is 0. The highest code of a column stands for its `limit`; `limit` is (n_out,), all
  above 0. A weight becomes the nearest number on this grid. What lies outside of -limit to limit becomes the
  nearer end.
- `d_out`, shape (n, n_out), are the slopes of the loss for the output.

Return `out` (n, n_out), and the slopes `dX` (n, n_in) and `dW` (n_in, n_out). For dW the rounding is left out
on the way back: a weight from -limit to limit, both ends included, gets the slope that its rounded weight
gets, and a weight outside gets 0. (The lesson lets it through half a step further out. The check has no
weight in between, so both will do.) For example:

    X, b, limit = np.array([[1.0, 2.0, 1.0]]), np.array([0.5]), np.array([3.0])
    W = np.array([[1.2], [-0.7], [4.0]])
    aware_linear(X, W, b, limit, 3, np.array([[10.0]]))
    →  out = [[2.5]],  dX = [[10. -10. 30.]],  dW = [[10.] [20.] [0.]]

By hand: with 3 bits and the limit 3 the grid is -3, -2, … 3. The weights become 1, -1 and 3, and 1 - 2 + 3 +
0.5 is 2.5. The check has no weight in the middle between two marks of the grid.
"""


# %% answer="quantized_networks/aware_linear"
def aware_linear(X, W, b, limit, bits, d_out):
    """out (n, n_out), dX (n, n_in), and dW (n_in, n_out) straight through."""
    ### BEGIN SOLUTION
    scale = limit / (2 ** (bits - 1) - 1)
    inside = np.abs(W) <= limit
    W_hat = np.rint(np.clip(W, -limit, limit) / scale) * scale
    return X @ W_hat + b, d_out @ W_hat.T, (X.T @ d_out) * inside
    ### END SOLUTION


# %% check="quantized_networks/aware_linear"
check("quantized_networks/aware_linear", aware_linear)

# %% [markdown] task="quantized_networks/cheapest_plan"
r"""
## Task 4 · The best plan for a budget (4 points)

Each layer of a network gets one of several numbers of bits, as in the lesson's `allocate`. Two tables, both
of shape (layers, choices), say what that costs (by how much the loss rises) and how much room it takes:

    costs = np.array([[9, 4, 1], [8, 2, 0]])
    sizes = np.array([[20, 30, 40], [10, 15, 20]])

Write `cheapest_plan(costs, sizes, budget)`. A *plan* is one column number for each layer. Return the plan, a
list or an array, whose costs add up to the least of all plans whose sizes add up to at most `budget`.

- When several cost the same, take one of those that take the least room.
- A cost may be below 0: sometimes rounding happens to help.
- When no plan fits, raise a `ValueError` whose message says the budget.

There are at most 6 layers and 4 choices. For example:

    cheapest_plan(costs, sizes, 50)   →  [1, 2]
    cheapest_plan(costs, sizes, 45)   →  [1, 1]
    cheapest_plan(costs, sizes, 29)   →  ValueError

By hand: the plan [1, 2] costs 4 + 0 and takes 30 + 20, all of the budget of 50. The plan [2, 0] takes 50,
too, and costs 9.
"""


# %% answer="quantized_networks/cheapest_plan"
def cheapest_plan(costs, sizes, budget):
    """For each layer the number of a column: least cost, then least size."""
    ### BEGIN SOLUTION
    layers = np.arange(len(costs))
    best = None
    for plan in np.ndindex(*[costs.shape[1]] * len(costs)):
        cost, size = costs[layers, plan].sum(), sizes[layers, plan].sum()
        if size <= budget and (best is None or (cost, size) < best[:2]):
            best = cost, size, plan
    if best is None:
        raise ValueError(f"no plan fits into the budget of {budget}")
    return list(best[2])
    ### END SOLUTION


# %% check="quantized_networks/cheapest_plan"
check("quantized_networks/cheapest_plan", cheapest_plan)

# %% [markdown] task="quantized_networks/compress"
r"""
## Task 5 · Bits for a network of the digits (4 points)

The next cell trains a network on 900 pictures of digits. As plain data it is a list `layers` of pairs (W, b),
with a ReLU between one and the next. Four functions are given: `on_grid` rounds the weights of one layer,
each column on a symmetric grid up to its own largest weight; `logits`, `loss` and `accuracy` use a list of
layers.

Write `compress(layers, X, y, X_new, y_new, choices, budget)`. `X`, `y` are the rows that decide, and `X_new`,
`y_new` rows for the end. `choices` is a list of numbers of bits, as [2, 3, 4, 5]. Return

- `costs`, shape (layers, choices): by how much the loss on `X`, `y` rises when the weights of this layer
  **alone** are rounded to so many bits, and the other layers are as they were;
- `bits`, one number of bits for each layer: the plan with the lowest sum of costs. All weights together may
  take at most `budget` bits, where a weight of a layer with k bits takes k. The biases are not rounded, and
  not counted;
- `lost`, the loss of accuracy on the new rows: the accuracy of the network as it is, minus that of the
  network in which every layer has its `bits`. It is a share, so 0.05 when 5 of 100 rows more are wrong.

You can use your answer to task 4. The check has other networks, of two to four layers. `layers` stays as it
is.

In a new cell, run `compress(digits_layers, *val, *new, [2, 3, 4, 5], budget)` with the budget 6784, which is
2 bits for each weight, and with 7500. What do the 716 bits more go to, and what do they save?
"""

# %%
X, y = data.load_digits()
X, order = X / 16, np.random.default_rng(0).permutation(len(y))
train, val, new = ((X[r], y[r]) for r in np.split(order, [900, 1300]))


def on_grid(W, bits):
    """W with each column on a symmetric grid of so many bits."""
    scale = np.abs(W).max(axis=0) / (2 ** (bits - 1) - 1)
    return np.rint(W / scale) * scale


def logits(layers, X):
    """What a network of these layers says, (n, 10)."""
    for W, b in layers[:-1]:
        X = np.maximum(X @ W + b, 0)
    W, b = layers[-1]
    return X @ W + b


def loss(layers, X, y):
    """The cross-entropy of these layers, a mean over the rows."""
    return nn.CrossEntropyLoss().forward(logits(layers, X), y)


def accuracy(layers, X, y):
    """The share of the rows that these layers get right."""
    return np.mean(logits(layers, X).argmax(axis=1) == y)


rng = np.random.default_rng(0)
linear = [
    nn.Linear(*shape, rng=rng) for shape in [(64, 32), (32, 32), (32, 10)]
]
model = nn.Sequential(linear[0], nn.ReLU(), linear[1], nn.ReLU(), linear[2])
optimizer = nn.Adam(model, lr=0.005)
options = {"batch_size": 32, "num_epochs": 12, "rng": rng, "progress": False}
fit(model, nn.CrossEntropyLoss(), optimizer, *train, **options)
digits_layers = [(layer.W, layer.b) for layer in linear]


# %% answer="quantized_networks/compress"
def compress(layers, X, y, X_new, y_new, choices, budget):
    """costs (layers, choices), the bits of each layer, and what is lost."""
    ### BEGIN SOLUTION
    costs = np.zeros((len(layers), len(choices)))
    for i, (W, b) in enumerate(layers):
        for j, k in enumerate(choices):
            alone = list(layers)
            alone[i] = on_grid(W, k), b
            costs[i, j] = loss(alone, X, y) - loss(layers, X, y)
    sizes = np.array([[W.size * k for k in choices] for W, _ in layers])
    bits = [choices[j] for j in cheapest_plan(costs, sizes, budget)]
    pairs = zip(layers, bits, strict=True)
    small = [(on_grid(W, k), b) for (W, b), k in pairs]
    lost = accuracy(layers, X_new, y_new) - accuracy(small, X_new, y_new)
    return costs, bits, lost
    ### END SOLUTION


# %% check="quantized_networks/compress"
check("quantized_networks/compress", compress)

# %% [markdown]
r"""
## Afterwards

All five pass? The plan of task 5 takes it for granted that costs add up. Does your network agree? In a new
cell, compare the sum of the costs of your plan with the rise of the loss when all its layers are rounded at
once.

Then put a layer of task 5 through tasks 1 and 2: make codes of `X` and of `W`, sum them up, and requantize
the sums with M = s_x s_w / s_out. How far are the codes from `X @ W + b`, in steps of the output?
"""
