# %% [markdown]
r"""
# Exercise 20 · A large model in few bits

Four tasks, 15 points, about 40 minutes. What makes a model of billions of weights small, on matrices that you
can print: groups that share a scale, inputs that stand out, bytes that are handed out layer by layer, and
rounding that looks at the inputs. Lesson:
[20 · A large model in few bits](../../lessons/20_large_model_quantization.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.
"""

# %%
import numpy as np

from helpers import data, nn
from helpers.checks import check
from helpers.training import fit

# %% [markdown] task="large_model_quantization/pack_groups"
r"""
## Task 1 · Groups in 4 bits, packed (4 points)

A column of `W` holds the weights of one output. Cut each column, from the top, into groups of `g` weights;
when `g` does not divide d_in, the last group is shorter. Each group has a scale of its own.

Write `pack_groups(W, g)` for `W` of shape (d_in, d_out). Return `packed, scales, bits`:

- `scales`, shape (groups, d_out), of type float16: the largest |w| of the group, divided by 7, as the float16
  nearest to that. From here on only this kept scale counts;
- `packed`, of type uint8, with d_out columns and half as many rows as `W` (rounded up). The code of a weight
  is the whole number nearest to w divided by its kept scale. Codes run from -7 to 7; in a group of zeros
  scale and codes are 0. Two codes lie in a byte as in exercise 18, but down each column: that of row 0 in the
  lower four bits, that of row 1 in the upper four, then rows 2 and 3, and so on. A negative code is written
  as in two's complement, so -1 is 1111. When d_in is odd, the last upper half is 0;
- `bits`: how many bits a weight takes, when all bytes of `packed` and of `scales` are counted.

For example:

    W = np.array([[1.4, 0.0], [-0.2, 0.5], [0.1, -3.5]])
    pack_groups(W, 2)
    →  packed = [[247 112] [7 9]],  bits = 16.0
       scales = [[0.2 0.0714] [0.0143 0.5]]

By hand: the codes of column 0 are 7, -1 | 7. 7 is 0111 and -1 is 1111, so the first byte is 11110111, which
is 247. Four bytes and four scales are 96 bits, for six weights. (Groups of 32 would cost less.)

No weight of the check is in the middle between two codes.

<details><summary>Hint: useful functions</summary>

`np.maximum.reduceat(a, starts)` takes the maximum from each start to the next, down the columns.
`np.repeat(scales, g, axis=0)` writes every scale g times. `q & 15` keeps the four lower bits of a whole
number, also of a negative one.

</details>
"""


# %% answer="large_model_quantization/pack_groups"
def pack_groups(W, g):
    """packed (half the rows), scales (groups, d_out), and bits a weight."""
    ### BEGIN SOLUTION
    largest = np.maximum.reduceat(np.abs(W), np.arange(0, len(W), g))
    scales = (largest / 7).astype(np.float16)
    each = np.repeat(scales, g, axis=0)[: len(W)].astype(float)
    codes = np.rint(W / np.where(each == 0, 1, each)).astype(int)
    halves = np.pad(codes & 15, [(0, len(W) % 2), (0, 0)])
    packed = (halves[0::2] | halves[1::2] << 4).astype(np.uint8)
    return packed, scales, 8 * (packed.nbytes + scales.nbytes) / W.size
    ### END SOLUTION


# %% check="large_model_quantization/pack_groups"
check("large_model_quantization/pack_groups", pack_groups)

# %% [markdown] task="large_model_quantization/split_outliers"
r"""
## Task 2 · Inputs that stand out (3 points)

A column of X holds one feature. LLM.int8() multiplies the few columns that hold large values in float, and
all others in 8 bits. In the lesson a feature is large when |x| goes above 6. Here the columns are compared
with each other.

Write `split_outliers(X, W, k)`, for inputs `X` of shape (n, d_in) and weights `W` of shape (d_in, d_out).
Return `large, share, out`:

- `large`, a list of column numbers, the smallest first: the columns of X whose largest |x| is **more than** k
  times that of the median column (`np.median` of all columns' largest |x|);
- `share`, a number from 0 to 1: what part of the range they cost. With one scale for all of X, the codes
  reach up to the largest |x| of X. The columns that are not large need them only up to the largest |x| among
  these columns. What lies above that is lost to them: which part of the way from 0 to the largest |x| of X is
  it? When no column is large, it is 0;
- `out`, shape (n, d_out), is X @ W, the large columns exact, the others on 8-bit grids with the codes -127 to
  127: X with a scale for each row, W with a scale for each column. Each scale is set by the largest |x| or
  |w| that it is **for**: the large columns of X and their rows of W are left out.

For example:

    X = np.array([[1.0, 0.3, 20.0], [-2.0, 2.54, 8.0]])
    W = np.array([[1.27], [0.5], [0.25]])
    split_outliers(X, W, 3)
    →  large = [2],  share = 0.873,  out = [[6.4196] [0.73]]

By hand: the columns reach to 2, 2.54 and 20, and 20 > 3 · 2.54. The others leave 1 - 2.54/20 of the range
unused. In row 0 the scale is 1/127, so 0.3 becomes 38/127; in W it is 0.01, and no weight moves. So the
output is 1.27 + 38/127 · 0.5 + 20 · 0.25.

There is always a column that is not large, no scale is 0, and no number is in the middle between two codes.
"""


# %% answer="large_model_quantization/split_outliers"
def split_outliers(X, W, k):
    """The large columns, their share of the range, and X W (n, d_out)."""
    ### BEGIN SOLUTION
    reach = np.abs(X).max(axis=0)
    is_large = reach > k * np.median(reach)
    share = 1 - reach[~is_large].max() / reach.max()
    x, w = X[:, ~is_large], W[~is_large]
    s_x = np.abs(x).max(axis=1, keepdims=True) / 127
    s_w = np.abs(w).max(axis=0) / 127
    small = np.rint(x / s_x) @ np.rint(w / s_w) * s_x * s_w
    out = small + X[:, is_large] @ W[is_large]
    return np.flatnonzero(is_large).tolist(), share, out
    ### END SOLUTION


# %% check="large_model_quantization/split_outliers"
check("large_model_quantization/split_outliers", split_outliers)

# %% [markdown] task="large_model_quantization/keep_in_8_bits"
r"""
## Task 3 · Who stays in 8 bits (3 points)

A model must fit into a memory. All of its layers go to 4 bits, but for some that may stay in 8. Its layers
are very unequal: a table of words can hold half of all bytes.

Write `keep_in_8_bits(damage4, damage8, sizes, budget)`:

- `damage4` and `damage8`, shape (layers,), say how much worse the model gets when this layer is in 4 bits,
  and how much when it is in 8 bits. The damages of all layers add up. Now and then rounding happens to help:
  8 bits may do more damage than 4, and a damage may be below 0;
- `sizes`, shape (layers,), is how many kilobytes a layer takes in **4 bits**. In 8 bits it takes twice that;
- `budget`: all layers together may take so many kilobytes.

All are whole numbers. Return a list of the layers that stay in 8 bits, the smallest number first, so that the
damage is the least that the budget allows. When several lists do the same damage, return one of those that
take the least room. When not even 4 bits for all fit, raise a `ValueError` whose message says the budget.

There are up to 40 layers, and the budget is at most 2,000. For example:

    damage4, damage8 = np.array([70, 50, 45]), np.array([10, 5, 0])
    sizes = np.array([6, 5, 5])
    keep_in_8_bits(damage4, damage8, sizes, 26)   →  [1, 2]
    keep_in_8_bits(damage4, damage8, sizes, 22)   →  [0]
    keep_in_8_bits(damage4, damage8, sizes, 15)   →  ValueError

By hand: in 4 bits all take 16, and 26 leave 10 more. Layer 0 saves most damage, also for its size: 60 for 6.
But then 4 are left, for which there is no layer. Layers 1 and 2 take 10, and save 90.

<details><summary>Hint: 40 layers have a million million choices</summary>

Too many to try. Go layer by layer, and keep for each amount of room that can be taken so far the best list
only, with its damage. A layer to come adds the same to all lists that take the same room. Lesson 19 has this
for several numbers of bits.

</details>
"""


# %% answer="large_model_quantization/keep_in_8_bits"
def keep_in_8_bits(damage4, damage8, sizes, budget):
    """The layers that stay in 8 bits: least damage, then least room."""
    ### BEGIN SOLUTION
    room = budget - sizes.sum()
    if room < 0:
        raise ValueError(f"4 bits for all do not fit into {budget}")
    best = {0: (0, [])}  # by the room taken: what is saved, and by whom
    for i, size in enumerate(sizes):
        for taken, (saved, kept) in list(best.items()):
            more = saved + damage4[i] - damage8[i], [*kept, i]
            new = taken + size
            if new <= room and (new not in best or more[0] > best[new][0]):
                best[new] = more
    taken = max(best, key=lambda taken: (best[taken][0], -taken))
    return best[taken][1]
    ### END SOLUTION


# %% check="large_model_quantization/keep_in_8_bits"
check("large_model_quantization/keep_in_8_bits", keep_in_8_bits)

# %% [markdown] task="large_model_quantization/gptq"
r"""
## Task 4 · GPTQ on a layer for digits (5 points)

The next cell trains a network on 900 pictures of digits, and takes its first layer: the weights
`digits_W`, 200 pictures `calibration`, and 400 others, `fresh`. `on_grid(W, scale, bits)` is given: it rounds
weights of shape (d_in, d_out), or one row of them, on grids with a scale for each column.

The layer computes X W. Row i of W holds the weights of input i. When it is rounded, X W moves. The rows that
are *not rounded yet* can take most of that back, as far as their inputs go up and down together with input i.
How much each one takes follows from H:

$$H = X^\top X / n + 0.01\, \bar{h}\, I, \qquad U^\top U = H^{-1}, \quad U \text{ upper triangular,}$$

aloud: the products of each two inputs, a mean over the n rows, as in the lesson. Here to each number on the
diagonal comes a hundredth of $\bar{h}$, the mean of the diagonal (*damping*), since some pixels are always 0.
(`np.eye` makes I, with 1 on the diagonal and 0 elsewhere.) `np.linalg.inv(H)` is the inverse $H^{-1}$, and
Cholesky takes that apart: `np.linalg.cholesky(A)` gives a lower triangle L with L Lᵀ = A.

Go through the rows of W from the first to the last. Round row i. What was lost in it (what was rounded, less
what came out), divided by U[i, i], is the `error`, shape (d_out,). Then from each row j below, subtract
U[i, j] times the error. So a later row is rounded with all that the rows before have handed down to it.

Write `gptq(W, X, bits, X_new)`. Return `Q, nearest, compensated`:

- `Q`, shape (d_in, d_out), the rounded weights. The scale of each column is fixed at the start: its largest
  |w| stands for the highest code, 2^(bits - 1) - 1;
- `nearest`: the relative error of the layer's output on the new rows when each weight of W goes to its
  nearest mark. With weights R in place of W, that is the norm of X_new (R - W), divided by the norm of
  X_new W (`np.linalg.norm`);
- `compensated`: the same for Q.

For example, with three inputs, of which the first two nearly say the same:

    W = np.array([[0.4], [1.4], [7.0]])
    X = np.array([[2.0, 2.0, 0.0], [-1.0, -1.1, 0.0], [0.0, 0.0, 1.0]])
    gptq(W, X, 4, X)   →  Q = [[0.] [2.] [7.]],  nearest = 0.223,  compensated = 0.059

By hand: 0.4 becomes 0, and row 1 takes over nearly 0.4 from it. So it is rounded from about 1.8, to 2.

In a new cell, run `gptq(digits_W, calibration, 3, fresh)`. How much of the error is left? And which weights
are nearer to W, Q or those that each went to the nearest mark?
"""

# %%
X, y = data.load_digits()
X, order = X / 16, np.random.default_rng(0).permutation(len(y))
train, calibration, fresh = np.split(order[:1500], [900, 1100])
rng = np.random.default_rng(0)
first, second = nn.Linear(64, 24, rng=rng), nn.Linear(24, 10, rng=rng)
model = nn.Sequential(first, nn.ReLU(), second)
optimizer = nn.Adam(model, lr=0.005)
options = {"batch_size": 32, "num_epochs": 12, "rng": rng, "progress": False}
fit(model, nn.CrossEntropyLoss(), optimizer, X[train], y[train], **options)
digits_W, calibration, fresh = first.W, X[calibration], X[fresh]


def on_grid(W, scale, bits):
    """W, (d_in, d_out) or one row, on symmetric grids: scale is (d_out,)."""
    most = 2 ** (bits - 1) - 1
    return np.clip(np.rint(W / scale), -most, most) * scale


# %% answer="large_model_quantization/gptq"
def gptq(W, X, bits, X_new):
    """Q (d_in, d_out), and the output's errors: to the nearest, and of Q."""
    ### BEGIN SOLUTION
    scale = np.abs(W).max(axis=0) / (2 ** (bits - 1) - 1)
    H = X.T @ X / len(X)
    H += 0.01 * np.diag(H).mean() * np.eye(len(H))
    U = np.linalg.cholesky(np.linalg.inv(H)).T
    rest, Q = W.copy(), np.zeros(W.shape)
    for i in range(len(W)):
        Q[i] = on_grid(rest[i], scale, bits)
        error = (rest[i] - Q[i]) / U[i, i]
        rest[i + 1 :] -= np.outer(U[i, i + 1 :], error)
    exact = X_new @ W
    both = [on_grid(W, scale, bits), Q]
    lost = [np.linalg.norm(X_new @ R - exact) for R in both]
    return Q, *(lost / np.linalg.norm(exact))
    ### END SOLUTION


# %% check="large_model_quantization/gptq"
check("large_model_quantization/gptq", gptq)

# %% [markdown]
r"""
## Afterwards

All four pass? Pack `digits_W` with task 1 in groups of 16, and write the way back, from the bytes and the
scales to the weights. How many bits does a weight take, and what is the error on the fresh pictures?

Then give task 4 a layer whose inputs have nothing to do with each other, `X = rng.normal(size=(2000, 64))`.
What does GPTQ gain there, and why?
"""
