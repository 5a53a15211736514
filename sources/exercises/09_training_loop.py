# %% [markdown]
r"""
# Exercise 09 · The training loop

Four tasks, 12 points, about 25 minutes. You write the loop that trains every network, a large batch from
small pieces, and what a batch knows of the full gradient. Lesson: [09 · Training
loop](../../lessons/09_training_loop.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.
"""

# %%
import numpy as np

from helpers import data
from helpers.checks import check
from helpers.nn import SGD, CrossEntropyLoss, Linear, ReLU, Sequential

# %% [markdown] task="training_loop/mini_batches"
r"""
## Task 1 · Mini-batches (2 points)

Write `mini_batches(n_samples, batch_size, rng)`. Return the batches of **one epoch**: a list of arrays of
row numbers.

- Together they hold each of the numbers 0 … `n_samples` − 1 once, in random order.
- Every batch has `batch_size` rows, except the last, which has what is left over.
- All chance comes from `rng`, and every call draws a new order from it.
- If `batch_size` is less than 1, raise a `ValueError` whose message names the value.

For example, 7 rows in batches of 3: two batches of 3 rows, and one of 1.

    mini_batches(7, 3, rng)  →  e.g. [array([4, 0, 6]), array([2, 5, 1]), array([3])]

<details><summary>Hint</summary>

`range(0, n_samples, batch_size)` gives the places where the batches begin. A piece of an array that would
reach over its end is simply shorter.
</details>
"""


# %% answer="training_loop/mini_batches"
def mini_batches(n_samples, batch_size, rng):
    """The row numbers of one epoch, in shuffled batches: a list of arrays."""
    ### BEGIN SOLUTION
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    order = rng.permutation(n_samples)
    starts = range(0, n_samples, batch_size)
    return [order[start : start + batch_size] for start in starts]
    ### END SOLUTION


# %% check="training_loop/mini_batches"
check("training_loop/mini_batches", mini_batches)

# %% [markdown] task="training_loop/train"
r"""
## Task 2 · The loop (4 points)

From here on you have three objects. The next cell makes them; five calls are all you need.

| call | what it does |
| --- | --- |
| `model.forward(X)` | the logits, shape (n, C), for rows `X`, shape (n, d) |
| `loss.forward(logits, y)` | the mean loss over these n rows, a number |
| `loss.backward()` | the slope of that loss for each logit, shape (n, C) |
| `model.backward(slope)` | computes all gradients and **overwrites** those of the call before |
| `optimizer.step()` | moves all parameters along these gradients |

Write `train(model, loss, optimizer, X, y, batch_size, num_epochs, rng)`. `X` has shape (n, d), `y` shape
(n,). Train for `num_epochs` epochs, with new batches from your `mini_batches` in each, and one step for
each batch. Return a list of `num_epochs` losses: for each epoch the **mean over its rows** of the losses
that `loss.forward` gave on the way.

For example, an epoch of 7 rows in batches of 3, 3 and 1, whose losses are 0.6, 0.4 and 1.0, has the loss
(3 · 0.6 + 3 · 0.4 + 1 · 1.0) / 7 = 0.571. The row of the last batch counts as much as any other.

    train(model, loss, optimizer, X, y, batch_size=3, num_epochs=2, rng=rng)  →  e.g. [0.571, 0.502]

<details><summary>Hint 1: the rows of a batch</summary>

If `rows` is an array of row numbers, `X[rows]` and `y[rows]` are these rows and their labels.
</details>

<details><summary>Hint 2: what happens for a batch?</summary>

In the order of the table: the five calls are five steps, and each uses what the one before gave.
</details>
"""

# %%
model = Sequential(
    Linear(2, 16, rng=np.random.default_rng(0)),
    ReLU(),
    Linear(16, 2, rng=np.random.default_rng(1)),
)
loss = CrossEntropyLoss()
optimizer = SGD(model, lr=0.5)

rng = np.random.default_rng(2)
X_moons, y_moons = data.two_moons(200, noise=0.15, rng=rng)


# %% answer="training_loop/train"
def train(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    """Train the model; the mean loss of each epoch, over its rows."""
    ### BEGIN SOLUTION
    losses = []
    for _ in range(num_epochs):
        total = 0.0
        for rows in mini_batches(len(X), batch_size, rng):
            total += len(rows) * loss.forward(model.forward(X[rows]), y[rows])
            model.backward(loss.backward())
            optimizer.step()
        losses.append(total / len(X))
    return losses
    ### END SOLUTION


# %% check="training_loop/train"
check("training_loop/train", train)

# %% [markdown] task="training_loop/accumulate"
r"""
## Task 3 · A large batch in pieces (4 points)

Your memory holds batches of 4 rows, but you want the steps of batches of 12. So you take three batches, one
after the other, before each step, and let the step see their common gradient.

Write `accumulate(model, loss, optimizer, batches, every)`. `batches` is a list of pairs `(X, y)`, of shapes
(m, d) and (m,); m may differ from batch to batch. Go through them once, in their order, and take a step
after each `every` batches. If the last group has fewer batches, it takes its step too. Return the number of
steps.

- All gradients of the model lie in one array, `model.d_flat`; `model.backward` overwrites it, and
  `optimizer.step()` reads it.
- The step of a group uses the gradient of the **mean loss over all rows of the group**, as if they had been
  one batch.

By hand: a group has batches of 4, 4 and 2 rows, and for one weight their gradients are 1, 2 and 6. The step
sees (4 · 1 + 4 · 2 + 2 · 6) / 10 = 2.4, not their mean 3 and not their sum 9.

    accumulate(model, loss, optimizer, seven_batches, every=3)  →  3

<details><summary>Hint 1: writing into an array</summary>

`model.d_flat[...] = g` puts the numbers of `g` into the array that the optimizer reads.
</details>

<details><summary>Hint 2: keeping a sum</summary>

`total = np.zeros_like(model.d_flat)` is an array of your own. What has to be there besides the sum when the
step comes, and what has to happen to both afterwards?
</details>
"""


# %% answer="training_loop/accumulate"
def accumulate(model, loss, optimizer, batches, every):
    """A step after each `every` batches, along their common gradient."""
    ### BEGIN SOLUTION
    total, num_rows, num_steps = np.zeros_like(model.d_flat), 0, 0
    for number, (X, y) in enumerate(batches, start=1):
        loss.forward(model.forward(X), y)
        model.backward(loss.backward())
        total += len(y) * model.d_flat
        num_rows += len(y)
        if number % every == 0 or number == len(batches):
            model.d_flat[...] = total / num_rows
            optimizer.step()
            total[...], num_rows = 0, 0
            num_steps += 1
    return num_steps
    ### END SOLUTION


# %% check="training_loop/accumulate"
check("training_loop/accumulate", accumulate)

# %% [markdown] task="training_loop/gradient_noise"
r"""
## Task 4 · The noise of a batch (2 points)

The lesson drew 200 batches of each size to see how far their gradients lie from the full one. With the
gradients of the single samples at hand, nothing has to be drawn.

Write `gradient_noise(gradients, batch_size)`. Row i of `gradients`, shape (n, p), is the gradient of sample
i, one number for each of p parameters. A batch has `batch_size` rows drawn from these n with replacement, and
its gradient is their mean. Return `(length, noise, enough)`:

- `length`, the length of the full gradient, which is the mean of all n;
- `noise`, the root of the mean squared distance between the gradient of a batch and the full one. For batches
  of one row it is the mean over the n samples; for larger ones it falls as the lesson has shown;
- `enough`, the smallest batch size whose noise is not larger than `length`, a whole number.

By hand: the gradients (2, 0), (0, 0), (1, 2) and (1, −2) have the mean (1, 0), of length 1. Their squared
distances from it are 1, 1, 4 and 4, on average 2.5. So the noise of batches of 10 is 0.5, and of batches of
1, 2 and 3 it is 1.58, 1.12 and 0.91: 3 rows are enough.

    gradient_noise(np.array([[2, 0], [0, 0], [1, 2], [1, -2]]), 10)  →  (1.0, 0.5, 3)

<details><summary>Hint 1: a distance for each row</summary>

`((A - b) ** 2).sum(axis=1)` are the squared distances of the rows of `A` from the vector `b`.
</details>

<details><summary>Hint 2: enough</summary>

Write down that the noise equals the length, and solve for the batch size. `math.ceil` or `np.ceil` rounds up.
</details>
"""


# %% answer="training_loop/gradient_noise"
def gradient_noise(gradients, batch_size):
    """Length of the full gradient, noise of a batch, rows that are enough."""
    ### BEGIN SOLUTION
    full = gradients.mean(axis=0)
    length = np.linalg.norm(full)
    mean_square = ((gradients - full) ** 2).sum(axis=1).mean()
    noise = np.sqrt(mean_square / batch_size)
    enough = int(np.ceil(mean_square / length**2))
    return length, noise, enough
    ### END SOLUTION


# %% check="training_loop/gradient_noise"
check("training_loop/gradient_noise", gradient_noise)

# %% [markdown]
r"""
## Afterwards

All four pass? Then watch the loop at work. In a new cell, run

    print(train(model, loss, optimizer, X_moons, y_moons, 16, 20, np.random.default_rng(3)))

The network of task 2 learns the moons. Which loss does it end at with batches of 1, and of 200, from a new
network each time? And what learning rate does the batch of 200 need to get as far in 20 epochs?
"""
