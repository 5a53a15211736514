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

# %% [markdown] task="backward/linear_backward"
r"""
## Task 2 · Backward through a linear layer (3 points)

Forward, the layer computes `out = X @ W + b`. Write `linear_backward(d_out, X, W)`. It is given

- `d_out`, shape (n, out): the slope of the loss for each entry of the output,
- `X`, shape (n, in), and `W`, shape (in, out): what went in.

Return `dX, dW, db`: the slopes of the loss for `X`, `W` and `b`, in the shapes of `X`, `W` and `b`.

    d_out = np.array([[1.0], [2.0]]);  X = np.array([[3.0, 4.0], [5.0, 6.0]]);  W = np.array([[10.0], [20.0]])
    linear_backward(d_out, X, W)
    →  dX = [[10. 20.] [20. 40.]],  dW = [[13.] [16.]],  db = [3.]

By hand: the first weight meets 3 in the first row and 5 in the second, so its slope is 1 · 3 + 2 · 5 = 13.

<details><summary>Hint: which one is transposed?</summary>

Write the shapes down. From (n, in) and (n, out) only one product has the shape (in, out).

</details>
"""


# %% answer="backward/linear_backward"
def linear_backward(d_out, X, W):
    """dX (n, in), dW (in, out) and db (out,) from d_out (n, out)."""
    ### BEGIN SOLUTION
    dX = d_out @ W.T
    dW = X.T @ d_out
    db = d_out.sum(axis=0)
    return dX, dW, db
    ### END SOLUTION


# %% check="backward/linear_backward"
check("backward/linear_backward", linear_backward)

# %% [markdown] task="backward/softmax_cross_entropy_backward"
r"""
## Task 3 · Backward through softmax and cross-entropy (4 points)

The loss is the **mean** over the rows of $-\log p_y$, where $p$ is the softmax of the row and $y$ the true
class. Write `softmax_cross_entropy_backward(logits, y)`, which returns the slope of the loss for each
logit, shape (n, C), and not the loss itself. `logits` has shape (n, C), `y` has shape (n,) and holds
integers from 0 to C - 1. Logits may be as large as 1000 or as small as -1000; the result must still be
right.

    softmax_cross_entropy_backward(np.array([[0.0, 0.0], [0.0, np.log(3.0)]]), np.array([0, 1]))
    →  array([[-0.25 ,  0.25 ], [ 0.125, -0.125]])

By hand, second row: p = (1/4, 3/4), the truth is (0, 1), the difference (1/4, -1/4), and half of it counts,
since n = 2.

<details><summary>Hint: large logits</summary>

`np.exp(1000)` is infinite. Adding the same number to all logits of a row changes no probability, so you may
subtract one. Which one makes the largest exponent 0 in **every** row?

</details>
"""


# %% answer="backward/softmax_cross_entropy_backward"
def softmax_cross_entropy_backward(logits, y):
    """The slope of the mean cross-entropy for each logit, shape (n, C)."""
    ### BEGIN SOLUTION
    shifted = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    p[np.arange(len(y)), y] -= 1
    return p / len(y)
    ### END SOLUTION


# %% check="backward/softmax_cross_entropy_backward"
check("backward/softmax_cross_entropy_backward", softmax_cross_entropy_backward)

# %% [markdown] task="backward/autodiff_node"
r"""
## Task 4 · A node of your own autograd (4 points)

`Node` holds a number, `data`, and knows where it came from: `edges` is a list of pairs `(source, slope)`,
the nodes it was made from and its own slope with respect to each. Addition is done. Write

- `__mul__(self, other)`, for `a * b` with another `Node`;
- `tanh(self)`; its slope is $1 - \tanh^2(\text{data})$;
- `backward(self)`, which sets `grad` of every node of the graph to the slope of *this* node with respect to
  it. All `grad` are 0 before.

For example

    a, b = Node(2.0), Node(3.0)
    L = a * b + a
    L.backward()        →  L.data = 8, a.grad = 4, b.grad = 2

By hand: a nudge of `a` moves `a * b` three times as far, and moves the second `a` as well: 3 + 1 = 4.

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
        self.edges = edges  # pairs (source, slope of this node with respect to that source)

    def __add__(self, other):
        return Node(self.data + other.data, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other):
        ### BEGIN SOLUTION
        return Node(self.data * other.data, [(self, other.data), (other, self.data)])
        ### END SOLUTION

    def tanh(self):
        ### BEGIN SOLUTION
        t = np.tanh(self.data)
        return Node(t, [(self, 1 - t**2)])
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
        self.grad = 1.0
        for node in reversed(order):
            for source, slope in node.edges:
                source.grad += slope * node.grad
        ### END SOLUTION


# %% check="backward/autodiff_node"
check("backward/autodiff_node", Node)

# %% [markdown] task="backward/train_moons"
r"""
## Task 5 · Train a network with nothing but these (5 points)

Write `train_moons(X, y, start, lr, num_steps)`. The network is linear, ReLU, linear, with softmax and
cross-entropy: `start` is a list `[W1, b1, W2, b2]` of shapes (2, h), (h,), (h, 2) and (2,); `X` has shape
(n, 2), and `y` holds the classes 0 and 1. Take `num_steps` steps of gradient descent, each on **all** rows
with the learning rate `lr`. Return

- the list `[W1, b1, W2, b2]` after the last step, and leave `start` as it was;
- the losses, one per step: the mean of $-\log p_y$ that the forward pass of the step gave, before its
  update.

Use your own functions from tasks 2 and 3.

    X, y = np.array([[1.0, 2.0]]), np.array([0])
    start = [np.zeros((2, 1)), np.ones(1), np.zeros((1, 2)), np.zeros(2)]
    train_moons(X, y, start, lr=0.1, num_steps=1)
    →  W1 = [[0.] [0.]],  b1 = [1.],  W2 = [[0.05 -0.05]],  b2 = [0.05 -0.05],  losses = [0.6931]

By hand: the hidden unit outputs 1, both logits are 0, so p = (½, ½), the loss is log 2, and d_logits = (-½,
½).

<details><summary>Hint: what happens in a step?</summary>

Forward: `Z`, then `A`, then the logits; keep `Z` and `A`. Backward, in the opposite order: the slopes of
the logits, the second linear layer, ReLU (where was `Z` positive?), the first linear layer. Only when all
slopes are there, update.

</details>
"""


# %% answer="backward/train_moons"
def train_moons(X, y, start, lr, num_steps):
    """The parameters after the last step, and the loss of each step."""
    ### BEGIN SOLUTION
    W1, b1, W2, b2 = (part.copy() for part in start)
    losses = []
    for _ in range(num_steps):
        Z = X @ W1 + b1
        A = np.maximum(Z, 0)
        logits = A @ W2 + b2
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        losses.append(-log_p[np.arange(len(y)), y].mean())
        dA, dW2, db2 = linear_backward(softmax_cross_entropy_backward(logits, y), A, W2)
        _, dW1, db1 = linear_backward(dA * (Z > 0), X, W1)
        for part, d in ((W1, dW1), (b1, db1), (W2, dW2), (b2, db2)):
            part -= lr * d
    return [W1, b1, W2, b2], losses
    ### END SOLUTION


# %% check="backward/train_moons"
check("backward/train_moons", train_moons)

# %% [markdown]
r"""
## Afterwards

All five pass? Then see your network learn. In a new cell, run

    from helpers import data
    rng = np.random.default_rng(0)
    X, y = data.two_moons(400, noise=0.15, rng=rng)
    start = [rng.normal(size=(2, 16)), np.zeros(16), rng.normal(size=(16, 2)) / 4, np.zeros(2)]
    (W1, b1, W2, b2), losses = train_moons(X[:200], y[:200], start, lr=0.5, num_steps=500)
    predicted = (np.maximum(X[200:] @ W1 + b1, 0) @ W2 + b2).argmax(axis=1)
    print(losses[0], losses[-1], np.mean(predicted == y[200:]))

and change `lr` until it breaks. Then let task 1 judge task 3: is
`numerical_gradient(lambda z: loss_of(z, y), logits)` what `softmax_cross_entropy_backward(logits, y)` says,
for a `loss_of` that you write? How many digits agree, and which `eps` gives the most?
"""
