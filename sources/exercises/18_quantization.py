# %% [markdown]
r"""
# Exercise 18 · Quantization

Six short tasks, 20 points, about 40 minutes. You write the two maps that most tools use, choose a range and a
table, put two codes into a byte, and find out how few bits a network of digits can do with. NumPy is all you
need. Lesson: [18 · Quantization](../../lessons/18_quantization.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.

To *round* is to go to the nearest whole number, as `np.round` does. No number of a check lies half-way
between two marks.
"""

# %%
import numpy as np

from helpers import data
from helpers.checks import check
from helpers.nn import Adam, CrossEntropyLoss, Linear, ReLU, Sequential
from helpers.training import fit

# %% [markdown] task="quantization/affine"
r"""
## Task 1 · A byte for each number, and back (4 points)

An earlier batch has shown that the numbers of a layer lie between `low` and `high`. Now new ones come, `x`,
an array of any shape; some of them lie beyond. Write `affine(x, low, high)`, which keeps each as one of the
256 codes of `uint8`, as ONNX does:

- A range without 0 is **widened** until 0 is one of its ends. It may lie above 0 or below.
- `scale` is the distance between two marks: the code 0 stands at the low end of the range and 255 at the
  high end, at first.
- `zero_point` is the code of the number 0: the number of scales from the low end to 0, **rounded**. By this,
  all marks move a little, and 0 is one of them.
- `q = clip(round(x / scale) + zero_point, 0, 255)`, an array of dtype `uint8`.
- `x_hat = scale · (q - zero_point)`, the number on the mark.

Return `scale`, `zero_point`, `q` and `x_hat`; `low < high`, and not both are 0. For example

    affine(np.array([-2.0, 0.0, 1.2, 999.0]), -1.3, 126.2)
    →  scale = 0.5,  zero_point = 3,  q = [0 3 5 255],  x_hat = [-1.5  0.  1.  126.]

By hand: 127.5 / 255 is 0.5. From -1.3 to 0 it is 2.6 scales, so the code of 0 is 3. Now -2 is 4 scales below
0: its code would be -1, and is clipped to 0. That is 3 below the zero point, and -1.5.
"""


# %% answer="quantization/affine"
def affine(x, low, high):
    """Scale and zero point, the codes of x, and what they stand for."""
    ### BEGIN SOLUTION
    low, high = min(low, 0), max(high, 0)
    scale = (high - low) / 255
    zero_point = int(np.round(-low / scale))
    q = np.clip(np.round(x / scale) + zero_point, 0, 255).astype(np.uint8)
    x_hat = scale * (q.astype(float) - zero_point)
    return scale, zero_point, q, x_hat
    ### END SOLUTION


# %% check="quantization/affine"
check("quantization/affine", affine)

# %% [markdown] task="quantization/symmetric"
r"""
## Task 2 · A scale for each channel (3 points)

Weights are quantized without a zero point, and each *channel* with a scale of its own. What a channel is
depends on the layer: in this course a unit's weights are a column of W (in, out), PyTorch keeps them as a
row, and in a convolution (out, in, height, width) a channel is a block. So write `symmetric(W, bits, axis)`:
a channel is what lies at **one place of that axis**. W has two axes or more, and `axis` may be negative: -1
is the last one, as always in NumPy.

- The codes are narrow, as many below 0 as above: -127..127 for 8 bits, -7..7 for 4, -1..1 for 2.
- In each channel the largest |w| gets the last code or the first; `scale` is that |w| divided by the last
  code. A channel of zeros gets the scale 1.
- `q = round(w / scale)`.

Return `q`, of the shape of W and dtype `int8`, and `scale`, of shape (C,), where C is the number of channels.
For example

    W = np.array([[0.7, -6.0], [-0.32, 3.1]])
    symmetric(W, 4, 1)  →  q = [[ 7 -7] [-3  4]],  scale = [0.1  0.857]
    symmetric(W, 4, 0)  →  q = [[ 1 -7] [-1  7]],  scale = [0.857  0.443]

By hand: column 0 reaches up to 0.7, and 0.7 / 7 is 0.1. So -0.32 is 3.2 scales below 0.

`A.max(axis=(0, 2), keepdims=True)` is the largest over two axes at once, and `np.moveaxis(A, axis, 0)` brings
an axis to the front.
"""


# %% answer="quantization/symmetric"
def symmetric(W, bits, axis):
    """The codes (int8, in the shape of W) and a scale a channel, (C,)."""
    ### BEGIN SOLUTION
    last = 2 ** (bits - 1) - 1
    rows = np.moveaxis(W, axis, 0)
    scale = np.abs(rows.reshape(len(rows), -1)).max(axis=1) / last
    scale[scale == 0] = 1
    q = np.round(rows / scale.reshape(-1, *[1] * (W.ndim - 1)))
    return np.moveaxis(q, 0, axis).astype(np.int8), scale
    ### END SOLUTION


# %% check="quantization/symmetric"
check("quantization/symmetric", symmetric)

# %% [markdown] task="quantization/choose_range"
r"""
## Task 3 · What the range costs (3 points)

A few numbers are far out. A range that holds them has coarse steps for all others; a narrower one clips them.
Write `choose_range(x, bits, shares)`, which tries both and more. `x` has shape (n,).

- For each percentage p of the list `shares`, the *limit* is the p-th percentile of |x|, as `np.percentile`
  gives it: p = 100 is the largest |x|.
- With a limit, x is quantized as in task 2, all with one scale: the limit gets the last of the narrow codes
  of `bits` bits. What lies beyond, on either side, is **clipped** to the last code or the first.
- The error of a limit is the mean of (x̂ - x)² over all n numbers, where x̂ is what comes back for x.

Return `errors`, one number for each share, in their order, and `limit`, the one with the least error. No
limit is 0. For example

    x = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 3.0])
    choose_range(x, 2, [50, 100])  →  errors = [0.571  0.857],  limit = 1

By hand: the narrow codes of 2 bits are -1, 0 and 1. With the limit 1, the marks are -1, 0 and 1: only 3 is
off, comes back as 1, and 2² / 7 is 0.571. With the limit 3, six numbers come back as 0.
"""


# %% answer="quantization/choose_range"
def choose_range(x, bits, shares):
    """The errors of all limits, and the limit with the least."""
    ### BEGIN SOLUTION
    last = 2 ** (bits - 1) - 1
    limits = [np.percentile(abs(x), share) for share in shares]
    errors = []
    for limit in limits:
        s = limit / last
        q = np.clip(np.round(x / s), -last, last)
        errors.append(np.mean((s * q - x) ** 2))
    return np.array(errors), limits[np.argmin(errors)]
    ### END SOLUTION


# %% check="quantization/choose_range"
check("quantization/choose_range", choose_range)

# %% [markdown] task="quantization/look_up"
r"""
## Task 4 · A table of any numbers (3 points)

The entries of a look-up table need not be equally far from each other. K-means moves them to where the
numbers are. Write `look_up(x, table, num_rounds)`: `x` has any shape, `table` has k entries **in any order**.
A round has two steps:

1. Each number of `x` goes to the entry that is nearest to it.
2. Each entry becomes the mean of its numbers. An entry that has none stays as it is.

After `num_rounds` rounds (there may be none) return `table`, in which each entry has kept its place, and
`codes`, in the shape of `x`: for each number the place of the entry that is nearest to it **now**. For
example

    x, table = np.array([0.0, 0.0, 5.0, 8.0]), np.array([9, 3, 99])
    look_up(x, table, 0)  →  table = [9 3 99],         codes = [1 1 1 0]
    look_up(x, table, 1)  →  table = [8.  1.667  99],  codes = [1 1 0 0]

By hand, one round: 5 is nearer to 3 than to 9, so the entry 3 becomes the mean of 0, 0 and 5. The entry 9 has
only the 8, and 99 has no number. Now 5 is nearer to 8.
"""


# %% answer="quantization/look_up"
def look_up(x, table, num_rounds):
    """The table after these rounds, and the nearest entry's place."""
    ### BEGIN SOLUTION
    table = table.astype(float)
    for _ in range(num_rounds):
        codes = np.abs(x[..., None] - table).argmin(axis=-1)
        for place in np.unique(codes):
            table[place] = x[codes == place].mean()
    return table, np.abs(x[..., None] - table).argmin(axis=-1)
    ### END SOLUTION


# %% check="quantization/look_up"
check("quantization/look_up", look_up)

# %% [markdown] task="quantization/packed"
r"""
## Task 5 · Two codes in a byte (3 points)

NumPy has no array of 4-bit numbers. Four bits save memory only where two codes share a byte. Write a class
`Packed` with

- `Packed(q)`, made of an array `q` of dtype `int8` and any shape, with codes from -8 to 7;
- its `data`, an array of dtype `uint8` with one axis: the n codes of q, row by row, **two in each byte**. The
  first of a pair lies in the lower four bits, the second in the upper four. When n is odd, the upper half of
  the last byte is 0;
- its method `codes()`, which returns the codes that are in `data` as an array of dtype `int8`, in the shape
  of q.

A code is kept as in two's complement: 0..7 are 0000..0111, and -8..-1 are 1000..1111. The lower four bits of
an int8 are just that. Keep the shape of q in the object, but not q: the check also puts other bytes into
`data`, as if they had been read from a file, and the upper half of an odd last byte may then hold anything.
For example

    packed = Packed(np.array([[1, -1, 7]], dtype=np.int8))
    packed.data     →  [241   7]     in bits: 1111 0001, 0000 0111
    packed.codes()  →  [[ 1 -1  7]]

By hand: 1 is 0001 and -1 is 1111. The first byte is 1111 0001, which is 15 · 16 + 1 = 241. On bits, `&`
keeps those that both numbers have, `|` those that one of them has, and `<< 4` and `>> 4` move them by four
places.
"""


# %% answer="quantization/packed"
class Packed:
    """4-bit codes, two in a byte of `data`."""

    ### BEGIN SOLUTION
    def __init__(self, q):
        self.shape = q.shape
        half = np.zeros(q.size + q.size % 2, dtype=np.uint8)
        half[: q.size] = q.ravel() & 0b1111
        self.data = half[::2] | half[1::2] << 4

    def codes(self):
        half = np.empty(2 * len(self.data), dtype=np.int8)
        half[::2] = self.data & 0b1111
        half[1::2] = self.data >> 4
        half[half > 7] -= 16
        return half[: np.prod(self.shape)].reshape(self.shape)
        ### END SOLUTION


# %% check="quantization/packed"
check("quantization/packed", Packed)

# %% [markdown] task="quantization/fewest_bits"
r"""
## Task 6 · How few bits will do? (4 points)

`layers` is a trained network: a list of pairs `(W, b)`, W of shape (in, out) and b (out,), with a ReLU
between each two layers and ten logits at the end. The next cell trains one on digits. Its weights are to be
kept with as few bits as possible. Write

    fewest_bits(layers, X_val, y_val, X_test, y_test, loss)

For each number of bits, 2, 3, …, 8, take each W there and back, as in task 2, with **one scale for each
column**; the biases and what flows through the network stay floats. Return

- `accuracies`, seven numbers: the accuracy on the validation rows with 2, 3, …, 8 bits;
- `bits`, the smallest of the seven whose accuracy on the validation rows is at least that of the weights as
  they are, minus `loss`;
- `test_accuracy`, that of the network of `bits` bits on the test rows.

An accuracy is the share of the rows whose largest logit is that of their digit. Leave `layers` as they are.
You may use your `symmetric` of task 2. With the network of the next cell it is

    fewest_bits(layers, *validation, *test, loss=0.01)
    →  accuracies = [0.44 0.93 0.96 …],  bits = 4,  test_accuracy = 0.97
"""

# %%
X, y = data.load_digits()
X, order = X / 16, np.random.default_rng(0).permutation(len(y))
train, val, rest = order[:1000], order[1000:1400], order[1400:]
validation, test = (X[val], y[val]), (X[rest], y[rest])

rng = np.random.default_rng(0)
hidden, last = Linear(64, 24, rng=rng), Linear(24, 10, rng=rng)
model = Sequential(hidden, ReLU(), last)
adam = Adam(model, lr=0.01)
digits = {"X": X[train], "y": y[train], "batch_size": 50, "num_epochs": 12}
fit(model, CrossEntropyLoss(), adam, **digits, rng=rng, progress=False)
layers = [(hidden.W, hidden.b), (last.W, last.b)]


# %% answer="quantization/fewest_bits"
def fewest_bits(layers, X_val, y_val, X_test, y_test, loss):
    """Accuracies with 2 to 8 bits, the fewest, the test accuracy."""

    ### BEGIN SOLUTION
    def accuracy(X, y, bits=None):
        for number, (W, b) in enumerate(layers):
            if bits is not None:
                q, scale = symmetric(W, bits, axis=1)
                W = q * scale
            X = (np.maximum(X, 0) if number > 0 else X) @ W + b
        return np.mean(X.argmax(axis=1) == y)

    whole = accuracy(X_val, y_val)
    accuracies = {bits: accuracy(X_val, y_val, bits) for bits in range(2, 9)}
    good = [bits for bits in accuracies if accuracies[bits] >= whole - loss]
    seven = list(accuracies.values())
    return seven, good[0], accuracy(X_test, y_test, good[0])
    ### END SOLUTION


# %% check="quantization/fewest_bits"
check("quantization/fewest_bits", fewest_bits)

# %% [markdown]
r"""
## Afterwards

All six pass? Then try a table in place of a scale. Three bits are eight entries for all weights of a layer.
In a new cell, run

    tables = []
    for W, b in layers:
        table, codes = look_up(W, np.quantile(W, np.linspace(0.02, 0.98, 8)), 30)
        tables.append((table[codes], b))

and compare the accuracy on the validation rows with that of three bits and of four. Which of the two ways has
more to keep beside the codes? Then give a whole matrix one scale, and see what that costs.
"""
