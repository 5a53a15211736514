# %% [markdown]
r"""
# Exercise 05 · Backward

Five tasks, 18 points, about 40 minutes. At the end you train a network with nothing but your own backward
pass. Lesson: [05 · Backward](../../lessons/05_backward.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.
"""

# %%
import numpy as np

from helpers.checks import check

# %% [markdown] task="backward/numerical_gradient"
r"""
## Task 1 · A gradient by nudging (2 points)

Write `numerical_gradient(f, x, eps=1e-5)`. `f` takes an array of the shape of `x` and returns one number.
Return the gradient, an array of floats in the shape of `x`, by two-sided differences: for each entry

$$\frac{f(x + \varepsilon) - f(x - \varepsilon)}{2 \varepsilon},$$

where only this one entry is moved. `x` may have any shape, and it may hold integers. Leave `x` as it was.

    numerical_gradient(lambda x: x[0] ** 2 * x[1], np.array([3.0, 5.0]))  →  array([30., 9.])

By hand: the slope for the first entry is 2 · 3 · 5 = 30, for the second 3² = 9.

<details><summary>Hint: how do I reach every entry of any shape?</summary>

`for i in np.ndindex(x.shape):` gives an index `i` that works as `x[i]`, also for matrices.

</details>
"""


# %% answer="backward/numerical_gradient"
def numerical_gradient(f, x, eps=1e-5):
    """The gradient of f at x by two-sided differences, in the shape of x."""
    ### BEGIN SOLUTION
    nudged = np.array(x, dtype=float)
    gradient = np.zeros(nudged.shape)
    for i in np.ndindex(nudged.shape):
        old = nudged[i]
        nudged[i] = old + eps
        above = f(nudged)
        nudged[i] = old - eps
        below = f(nudged)
        nudged[i] = old
        gradient[i] = (above - below) / (2 * eps)
    return gradient
    ### END SOLUTION


# %% check="backward/numerical_gradient"
check("backward/numerical_gradient", numerical_gradient)

# %% [markdown] task="backward/tied_backward"
r"""
## Task 2 · Backward where weights are shared (4 points)

An *autoencoder* squeezes each row of `X` into a few numbers and rebuilds the row from them. Here it does both
with the **same** weights:

    Z = X @ W + b;   H = np.maximum(Z, 0);   out = H @ W.T

Write `tied_backward(d_out, X, W, b)`. It is given

- `d_out`, shape (n, d): the slope of the loss for each entry of `out`,
- `X`, shape (n, d), `W`, shape (d, h), and `b`, shape (h,): what went in.

Return `dX, dW, db`: the slopes of the loss for `X`, `W` and `b`, in the shapes of `X`, `W` and `b`.

    d_out = np.array([[1.0, 0.0]]);  X = np.array([[3.0, 4.0]])
    W = np.array([[1.0], [2.0]]);  b = np.array([5.0])
    tied_backward(d_out, X, W, b)
    →  dX = [[1. 2.]],  dW = [[19.] [4.]],  db = [1.]

By hand: Z = H = 16, and out = [16, 32]. The first weight moves out₁ in two ways. Directly, by H = 16, since
out₁ is H times this weight. And through Z, which it moves by 3, while Z moves out₁ by 1: together 19. The
second weight is in out₁ only through Z, which it moves by 4.

<details><summary>Hint: where do I begin?</summary>

Give the two uses two names: `out = H @ V`, with `V = W.T`. Go backward through three layers that you know,
and write the shapes down. Then remember what happens to a number that is used twice.

</details>
"""


# %% answer="backward/tied_backward"
def tied_backward(d_out, X, W, b):
    """dX (n, d), dW (d, h) and db (h,) from d_out (n, d)."""
    ### BEGIN SOLUTION
    Z = X @ W + b
    H = np.maximum(Z, 0)
    dH = d_out @ W
    dZ = dH * (Z > 0)
    dX = dZ @ W.T
    dW = X.T @ dZ + d_out.T @ H
    db = dZ.sum(axis=0)
    return dX, dW, db
    ### END SOLUTION


# %% check="backward/tied_backward"
check("backward/tied_backward", tied_backward)

# %% [markdown] task="backward/soft_cross_entropy_backward"
r"""
## Task 3 · Soft targets and a temperature (4 points)

A teacher may not be sure: it says 70 % cat, 30 % fox. And the logits may be divided by a number $T$, the
*temperature*, before the softmax. The loss is the **mean** over the rows of

$$-\sum_j t_j \log p_j, \qquad p = \text{softmax}(z / T),$$

aloud: for each class, its target times the log of its probability, all added up, with a minus. Write
`soft_cross_entropy_backward(logits, targets, T)`, which returns the slope of the loss for each logit, shape
(n, C), and not the loss itself. `logits` and `targets` have shape (n, C), each row of `targets` sums to 1,
and `T` is a positive number. Logits may be as large as 3000 or as small as -3000; the result must still be
right.

    logits = np.array([[0.0, 0.0], [0.0, 2 * np.log(3.0)]]);  targets = np.array([[0.9, 0.1], [0.5, 0.5]])
    soft_cross_entropy_backward(logits, targets, 2.0)
    →  array([[-0.1  ,  0.1  ], [-0.0625,  0.0625]])

By hand, first row: p = (½, ½), minus the targets (-0.4, 0.4). Half of it counts, since n = 2, and half of
that, since a nudge of a logit moves z / T only half as far.

<details><summary>Hint: from one true class to several targets</summary>

In the lesson $-\log p_y$ was $-z_y + \log S$. Write $-\sum_j t_j \log p_j$ in the same way. The
$t_j$ sum to 1.

</details>

<details><summary>Hint: large logits</summary>

`np.exp(1000)` is infinite. Adding the same number to all logits of a row changes no probability, so you may
subtract one. Which one makes the largest exponent 0 in **every** row?

</details>
"""


# %% answer="backward/soft_cross_entropy_backward"
def soft_cross_entropy_backward(logits, targets, T):
    """The slope of the mean loss for each logit, shape (n, C)."""
    ### BEGIN SOLUTION
    shifted = (logits - logits.max(axis=1, keepdims=True)) / T
    p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    return (p - targets) / (T * len(logits))
    ### END SOLUTION


# %% check="backward/soft_cross_entropy_backward"
check("backward/soft_cross_entropy_backward", soft_cross_entropy_backward)

# %% [markdown] task="backward/autodiff_node"
r"""
## Task 4 · Other operations for your own autograd (4 points)

`Node` holds a number, `data`, and knows where it came from: `edges` is a list of pairs `(source, slope)`,
the nodes it was made from and its own slope with respect to each. Addition is done. Write

- `__truediv__(self, other)`, for `a / b` with another `Node`; the slope of $1/x$ is $-1/x^2$;
- `exp(self)`;
- `backward(self)`, which sets `grad` of every node of the graph to the slope of *this* node with respect to
  it. Unlike in the lesson, `grad` may still hold numbers of an earlier call: they are forgotten.

For example

    a, b = Node(6.0), Node(2.0)
    L = a / b + a
    L.backward()        →  L.data = 9, a.grad = 1.5, b.grad = -1.5
    L.backward()        →  the same again

By hand: a nudge of `a` moves `a / b` half as far, and moves the second `a` as well: ½ + 1. A nudge of `b`
moves `a / b` by -6 / 2², which is -1.5.

<details><summary>Hint: in which order?</summary>

A node may hand on its slope only when it has received all of its own. Collect the nodes so that each comes
after its sources (visit the sources first, then append the node, each node once), and walk the list from
the end.

</details>
"""


# %% answer="backward/autodiff_node"
class Node:
    """A number that remembers how it was computed."""

    def __init__(self, data, edges=()):
        self.data, self.grad = data, 0.0
        self.edges = edges  # pairs (source, slope of this node for it)

    def __add__(self, other):
        return Node(self.data + other.data, [(self, 1.0), (other, 1.0)])

    def __truediv__(self, other):
        ### BEGIN SOLUTION
        edges = [(self, 1 / other.data), (other, -self.data / other.data**2)]
        return Node(self.data / other.data, edges)
        ### END SOLUTION

    def exp(self):
        ### BEGIN SOLUTION
        e = np.exp(self.data)
        return Node(e, [(self, e)])
        ### END SOLUTION

    def backward(self):
        ### BEGIN SOLUTION
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for source, _ in node.edges:
                    visit(source)
                order.append(node)

        visit(self)
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            for source, slope in node.edges:
                source.grad += slope * node.grad
        ### END SOLUTION


# %% check="backward/autodiff_node"
check("backward/autodiff_node", Node)

# %% [markdown] task="backward/train_autoencoder"
r"""
## Task 5 · Train the autoencoder (4 points)

Write `train_autoencoder(X, start, lr, num_steps)` for the network of task 2. It shall rebuild its input: the
loss is the **mean over all entries** of (out - X)², and `X` is given, not learned. `start` is a list `[W, b]`
of shapes (d, h) and (h,); `X` has shape (n, d). Take `num_steps` steps of gradient descent, each on **all**
rows with the learning rate `lr`. Return

- the list `[W, b]` after the last step, and leave `start` as it was;
- the losses, one per step: what the forward pass of the step gave, before its update.

Use your own function from task 2.

    X = np.array([[1.0, 1.0]]);  start = [np.array([[0.0], [1.0]]), np.array([1.0])]
    train_autoencoder(X, start, lr=0.1, num_steps=1)
    →  W = [[0.1] [0.7]],  b = [0.9],  losses = [1.]

By hand: Z = H = 2 and out = [0, 2], so out - X = [-1, 1]. The loss is 1, and its slope for out is
2 · [-1, 1] / 2 = [-1, 1]. Then dW = [[-1] [3]] and db = [1].

<details><summary>Hint: what happens in a step?</summary>

Forward, and the loss. Then its slope for each entry of `out`: the slope of a square, and how many entries
there are. Then task 2. Only when all slopes are there, update.

</details>
"""


# %% answer="backward/train_autoencoder"
def train_autoencoder(X, start, lr, num_steps):
    """The parameters after the last step, and the loss of each step."""
    ### BEGIN SOLUTION
    W, b = (part.copy() for part in start)
    losses = []
    for _ in range(num_steps):
        out = np.maximum(X @ W + b, 0) @ W.T
        losses.append(np.mean((out - X) ** 2))
        d_out = 2 * (out - X) / X.size
        _, dW, db = tied_backward(d_out, X, W, b)
        W -= lr * dW
        b -= lr * db
    return [W, b], losses
    ### END SOLUTION


# %% check="backward/train_autoencoder"
check("backward/train_autoencoder", train_autoencoder)

# %% [markdown]
r"""
## Afterwards

All five pass? Then squeeze pictures of 64 pixels into 16 numbers. In a new cell, run

    from helpers import data
    rng = np.random.default_rng(0)
    X = data.load_digits().X / 16
    start = [rng.normal(size=(64, 16)) / 8, np.zeros(16)]
    (W, b), losses = train_autoencoder(X[:1000], start, lr=1.0, num_steps=500)
    rebuilt = np.maximum(X[1000:] @ W + b, 0) @ W.T
    mean_picture = X[:1000].mean(axis=0)
    print(losses[0], losses[-1])
    print(np.mean((rebuilt - X[1000:]) ** 2), np.mean((mean_picture - X[1000:]) ** 2))

The last number is what you get without any network, by rebuilding every picture as the mean picture. Change
`lr` until it breaks. Then let task 1 judge task 3: is
`numerical_gradient(lambda z: loss_of(z, targets, T), logits)` what
`soft_cross_entropy_backward(logits, targets, T)` says, for a `loss_of` that you write? How many digits agree,
and which `eps` gives the most?
"""
