# %% [markdown]
r"""
# Exercise 06 · Activations

Five tasks, 17 points, about 40 minutes. At the end you look into networks that were trained with too large a
learning rate, and count what will never move again. Lesson:
[06 · Activations](../../lessons/06_activations.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.
"""

# %%
import numpy as np

from helpers import data
from helpers.checks import check
from helpers.nn import SGD, CrossEntropyLoss, Linear, ReLU, Sequential
from helpers.training import fit

# %% [markdown] task="activations/softplus"
r"""
## Task 1 · A ReLU with a round corner (3 points)

*Softplus* is $\log(1 + e^x)$. Far left of 0 it is nearly 0, far right it is nearly x, as ReLU is; between
them it has a round corner. Its slope is the sigmoid of x.

Write `softplus(x)`, where `x` is an array of any shape. Return two arrays of that shape, `value` and `slope`.
Numbers may be as large as 3000 or as small as -3000: both must still be right, and NumPy must not warn of
an overflow.

    softplus(np.array([0.0, np.log(3.0), -1000.0, 1000.0]))
    →  value = [0.6931, 1.3863, 0, 1000],  slope = [0.5, 0.75, 0, 1]

By hand: at x = 0 it is log(1 + 1) = log 2. At log 3 it is log(1 + 3) = log 4, and the slope is 3 / (1 + 3).

<details><summary>Hint 1: what overflows?</summary>

`np.exp(1000)` is infinite, `np.exp(-1000)` is 0. `np.where(…, A, B)` computes A and B for **all** entries and
chooses afterwards, so it warns if either overflows.

</details>

<details><summary>Hint 2: a large x</summary>

softplus(x) = x + softplus(-x), for each x: take the logarithm of $1 + e^x = e^x (e^{-x} + 1)$.

</details>
"""


# %% answer="activations/softplus"
def softplus(x):
    """log(1 + exp(x)) and its slope, in the shape of x."""
    ### BEGIN SOLUTION
    e = np.exp(-np.abs(x))
    value = np.maximum(x, 0) + np.log1p(e)
    slope = np.where(x >= 0, 1, e) / (1 + e)
    return value, slope
    ### END SOLUTION


# %% check="activations/softplus"
check("activations/softplus", softplus)

# %% [markdown] task="activations/softmax_along"
r"""
## Task 2 · Softmax along any axis, and its logarithm (3 points)

In a batch of rows the classes lie along axis 1. Elsewhere they lie along other axes: where a network judges
every pixel of a picture, its logits have the shape (classes, height, width), and the classes of each pixel
compete along axis 0. Write `softmax_along(logits, axis)` for an array with any number of axes. Return two
arrays of its shape:

- `p`, the softmax along that axis: what lies along it sums to 1;
- `log_p`, the natural logarithm of `p`.

Logits may be as large as 3000 or as small as -3000. `p` may then be 0, where the probability is too small
for a number; `log_p` must be right all the same, and NumPy must not warn.

    softmax_along(np.array([[0.0, 5.0], [np.log(3.0), 2005.0]]), axis=0)
    →  p = [[0.25, 0], [0.75, 1]],  log_p = [[-1.3863, -2000], [-0.2877, 0]]

By hand: in column 0, 1 and 3 compete: ¼ and ¾. In column 1, the first is $e^{-2000}$ of the second.

<details><summary>Hint: the log of p</summary>

p is a quotient. The logarithm of a quotient is a difference, and one of the two logarithms undoes an exp.

</details>
"""


# %% answer="activations/softmax_along"
def softmax_along(logits, axis):
    """Softmax along an axis, and its logarithm, in the shape of logits."""
    ### BEGIN SOLUTION
    z = logits - logits.max(axis=axis, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=axis, keepdims=True)
    return e / total, z - np.log(total)
    ### END SOLUTION


# %% check="activations/softmax_along"
check("activations/softmax_along", softmax_along)

# %% [markdown] task="activations/slope_from_output"
r"""
## Task 3 · The slope, when the input is forgotten (3 points)

A layer that keeps its input and its output for the backward pass needs twice the memory. Many activations
need the output only: their slope at x can be told from `a`, what they put out for x.

Write `slope_from_output(name, a, alpha)`. `a` is an array of any shape, of **outputs**. Return the slopes, in
the shape of `a`. `name` is one of these:

- `"sigmoid"`, `"tanh"`, `"relu"`;
- `"leaky_relu"`: x where x > 0, else alpha · x;
- `"elu"`: x where x > 0, else alpha · (eˣ - 1).

`alpha` is a positive number, which the first three do not use. Where `a` is exactly 0, the last three have
the slope of their **left** side. For any other name raise a `ValueError` with a message. For
`"swish"` nobody could answer: it goes down and up again, so that one output has two inputs.

    slope_from_output("sigmoid", np.array([0.5, 0.9]), 1.0)    →  array([0.25, 0.09])
    slope_from_output("elu", np.array([2.0, -0.3]), 0.5)       →  array([1. , 0.2])

By hand, the last: -0.3 is 0.5 · (eˣ - 1), so 0.5 · eˣ is 0.2. And that is the slope of ELU there.
"""


# %% answer="activations/slope_from_output"
def slope_from_output(name, a, alpha):
    """The slopes of an activation where it put out a, in its shape."""
    ### BEGIN SOLUTION
    if name == "sigmoid":
        return a * (1 - a)
    if name == "tanh":
        return 1 - a**2
    if name == "relu":
        return np.where(a > 0, 1.0, 0.0)
    if name == "leaky_relu":
        return np.where(a > 0, 1.0, alpha)
    if name == "elu":
        return np.where(a > 0, 1.0, a + alpha)
    raise ValueError(f"the output of {name!r} does not tell its slope")
    ### END SOLUTION


# %% check="activations/slope_from_output"
check("activations/slope_from_output", slope_from_output)

# %% [markdown] task="activations/prelu_backward"
r"""
## Task 4 · Leaky ReLU with a slope that is learned (4 points)

In a *PReLU* each unit learns its own slope below 0. In the forward pass

    out = np.where(X > 0, X, alpha * X)

where `X` has shape (n, d), n rows and d units, and `alpha` has shape (d,) and any sign. Write
`prelu_backward(d_out, X, alpha)`, where `d_out`, shape (n, d), is the slope of the loss for each entry of
`out`. Return

- `dX`, shape (n, d): the slope of the loss for each entry of `X`;
- `d_alpha`, shape (d,): that for each entry of `alpha`.

At exactly 0 take the left side, as the forward pass does.

    d_out = np.array([[1.0, 10.0], [2.0, 20.0]])
    X = np.array([[3.0, -1.0], [-4.0, -2.0]])
    prelu_backward(d_out, X, np.array([0.5, 0.1]))
    →  dX = [[1. 1.] [1. 2.]],  d_alpha = [ -8. -50.]

By hand: in the first column only the second row is below 0. There out = alpha · (-4): a nudge of x moves it
0.5 as far, and 2 · 0.5 = 1; a nudge of alpha moves it -4 times as far, and 2 · (-4) = -8.

<details><summary>Hint: one alpha, n rows</summary>

The alpha of a unit is used in each row. What happens to the slopes of a number that is used more than once?

</details>
"""


# %% answer="activations/prelu_backward"
def prelu_backward(d_out, X, alpha):
    """dX (n, d) and d_alpha (d,) from d_out (n, d)."""
    ### BEGIN SOLUTION
    on = X > 0
    dX = d_out * np.where(on, 1, alpha)
    d_alpha = (d_out * np.where(on, 0, X)).sum(axis=0)
    return dX, d_alpha
    ### END SOLUTION


# %% check="activations/prelu_backward"
check("activations/prelu_backward", prelu_backward)

# %% [markdown] task="activations/dead_units"
r"""
## Task 5 · Find the dead units (4 points)

The next cell trains a network of 64–32–24–10 with ReLU on pictures of digits, with a learning rate that is
far too large. Write `dead_units(X, weights, biases)`, which says what is left of such a network.

- `X` has shape (n, d). `weights` is a list of matrices (in, out), `biases` a list of arrays (out,), those of
  the first layer first. ReLU follows every layer but the last, for any number of layers: with one layer there
  is no hidden one.
- A hidden unit is **dead** if ReLU puts out 0 for **every** row of X.

Return

- `dead`: a list with an array for each hidden layer, the numbers of its dead units, counted from 0;
- `frozen`: how many weights and biases stand still because of them, in the whole network. Into a dead unit
  lead its own weights and its bias, and ReLU lets no slope through to them. The weights with which the next
  layer reads it are multiplied by 0 for each row, so their slope is 0, too. Count these three kinds and no
  others, each number once.

For example, with d = 2, three units, then two, then one:

    X = np.array([[1.0, 0.0], [0.0, 2.0]])
    weights = [np.array([[1.0, -1.0, 1.0], [1.0, -1.0, -1.0]]), np.ones((3, 2)), np.ones((2, 1))]
    biases = [np.array([0.0, -1.0, 0.0]), np.array([0.0, -9.0]), np.array([0.0])]
    dead_units(X, weights, biases)  →  ([array([1]), array([1])], 9)

By hand: unit 1 of the first layer gives -2 and -3 before ReLU, unit 1 of the second -7 and -7. Frozen are,
in the first layer, 2 weights and a bias; in the second, 3 weights and a bias of the dead unit, and the one
weight with which its neighbour reads the dead unit before; in the last, 1 weight: 3 + 5 + 1.
"""

# %%
X, y = data.load_digits()
X = X / 16

rng = np.random.default_rng(0)
layers = [Linear(64, 32, rng=rng), Linear(32, 24, rng=rng)]
layers.append(Linear(24, 10, rng=rng))
model = Sequential(layers[0], ReLU(), layers[1], ReLU(), layers[2])
settings = {"batch_size": 20, "num_epochs": 4, "progress": False}
optimizer = SGD(model, lr=0.8)
fit(model, CrossEntropyLoss(), optimizer, X, y, rng=rng, **settings)

weights = [layer.W for layer in layers]
biases = [layer.b for layer in layers]
print([W.shape for W in weights])


# %% answer="activations/dead_units"
def dead_units(X, weights, biases):
    """Numbers of the dead units by layer, and how many parameters freeze."""
    ### BEGIN SOLUTION
    dead, frozen = [], 0
    a, off = X, np.zeros(X.shape[1], dtype=bool)
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        a = np.maximum(a @ W + b, 0)
        before, off = off, (a == 0).all(axis=0)
        dead.append(np.flatnonzero(off))
        frozen += np.sum(before[:, None] | off) + off.sum()
    frozen += off.sum() * weights[-1].shape[1]
    return dead, frozen
    ### END SOLUTION


# %% check="activations/dead_units"
check("activations/dead_units", dead_units)

# %% [markdown]
r"""
## Afterwards

All five pass? Then see how much of the network above is left. In a new cell, run

    dead, frozen = dead_units(X, weights, biases)
    total = sum(W.size for W in weights) + sum(b.size for b in biases)
    print([len(units) for units in dead], frozen, total)
    print(np.mean(model.forward(X).argmax(axis=1) == y))

Train it again with `lr=0.1`, `0.3` and `0.5`, each with three seeds. In which layer are the dead ones, and
from which rate on do they cost accuracy? Then let `numerical_gradient` of exercise 05 judge task 4, or put
`np.arange(-3, 3, 0.1)` through Swish and find two inputs with the same output and different slopes.
"""
