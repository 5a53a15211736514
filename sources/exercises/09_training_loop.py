# %% [markdown]
r"""
# Exercise 09 · The training loop

Six tasks, 20 points, about 40 minutes. You write the loop that trains every network, then what a day at
work adds to it, and at the end you tune a network on a budget. Lesson: [09 · Training
loop](../../lessons/09_training_loop.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.
"""

# %%
import numpy as np

from helpers import data, splits
from helpers.checks import check
from helpers.nn.activations import ReLU
from helpers.nn.containers import Sequential
from helpers.nn.layers import Linear
from helpers.nn.losses import CrossEntropyLoss
from helpers.nn.optimizers import SGD

# %% [markdown] task="training_loop/mini_batches"
r"""
## Task 1 · Mini-batches (2 points)

Write `mini_batches(n_samples, batch_size, rng)`. Return the batches of **one epoch**: a list of arrays of
row numbers.

- Together they hold each of the numbers 0 … `n_samples` − 1 once, in random order.
- Every batch has `batch_size` rows, except the last, which has what is left over.
- All chance comes from `rng`, and every call draws a new order from it.
- If `batch_size` is less than 1, raise a `ValueError` that says so.

For example, 7 rows in batches of 3: two batches of 3 rows, and one of 1.

    mini_batches(7, 3, rng)  →  e.g. [array([4, 0, 6]), array([2, 5, 1]), array([3])]

<details><summary>Hint</summary>

`range(0, n_samples, batch_size)` gives the places where the batches begin. A piece of an array that would
reach over its end is simply shorter.
</details>
"""


# %% answer="training_loop/mini_batches"
def mini_batches(n_samples, batch_size, rng):
    """The row numbers of one epoch, in shuffled batches: a list of arrays, each of shape (batch_size,)."""
    ### BEGIN SOLUTION
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    order = rng.permutation(n_samples)
    return [order[start : start + batch_size] for start in range(0, n_samples, batch_size)]
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
    Linear(2, 16, rng=np.random.default_rng(0)), ReLU(), Linear(16, 2, rng=np.random.default_rng(1))
)
loss = CrossEntropyLoss()
optimizer = SGD(model, lr=0.5)

X_moons, y_moons = data.two_moons(200, noise=0.15, rng=np.random.default_rng(2))


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
## Task 3 · A large batch in pieces (3 points)

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
    """One step after each `every` batches, along their common gradient; the number of steps."""
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

# %% [markdown] task="training_loop/early_stopping"
r"""
## Task 4 · Stop in time (3 points)

Write `early_stopping(model, train_epoch, validation_loss, patience, max_epochs)`. `train_epoch()` trains
the model for one epoch, and `validation_loss()` returns its loss on the validation rows, a number. After
each epoch ask for the validation loss.

- A loss that is **lower than all before** is a new best. A loss equal to the best is none, and NaN is none.
- Stop at the end of the epoch that is the `patience`-th in a row without a new best, or after `max_epochs`
  epochs.
- At the end, however it came, the model has the weights of the best epoch again. They all lie in one array,
  `model.flat`.
- Return `(best_epoch, losses)`: the number of the best epoch, counted from 1, and the list of the
  validation losses of all epochs that were run. At least one of them is a number.

For example, with `patience` 2 and validation losses 0.9, 0.7, 0.8, 0.7, 0.6, …: epoch 2 is the best, 3 and
4 bring no improvement, so training stops after epoch 4 and never sees the 0.6:

    early_stopping(model, train_epoch, validation_loss, patience=2, max_epochs=50)
    →  (2, [0.9, 0.7, 0.8, 0.7]), and the model has the weights it had after epoch 2

<details><summary>Hint 1: keeping weights</summary>

`kept = model.flat` is only a second name for the array that training goes on to change. `model.flat.copy()`
is an array of its own. To put numbers back into an array: `model.flat[...] = kept`.
</details>

<details><summary>Hint 2: how long has it been?</summary>

You need no counter: `epoch - best_epoch` is the number of epochs since the best.
</details>
"""


# %% answer="training_loop/early_stopping"
def early_stopping(model, train_epoch, validation_loss, patience, max_epochs):
    """Train until patience runs out and restore the best weights; the best epoch and all losses."""
    ### BEGIN SOLUTION
    best_loss, best_epoch, losses = float("inf"), 0, []
    for epoch in range(1, max_epochs + 1):
        train_epoch()
        losses.append(validation_loss())
        if losses[-1] < best_loss:
            best_loss, best_epoch = losses[-1], epoch
            best_weights = model.flat.copy()
        if epoch - best_epoch == patience:
            break
    model.flat[...] = best_weights
    return best_epoch, losses
    ### END SOLUTION


# %% check="training_loop/early_stopping"
check("training_loop/early_stopping", early_stopping)

# %% [markdown] task="training_loop/resume"
r"""
## Task 5 · Resume to the same bit (4 points)

A run takes a week, and the machine goes down on Friday. Write a class `Checkpoint`:

- `Checkpoint(model, optimizer, rng)` keeps all that the next step depends on, as it is at this moment. The
  run goes on untouched, and the checkpoint does not change with it.
- `restore(model, optimizer, rng)` puts it into another model, optimizer and generator of the same kind, in
  place. From there, training gives the same numbers as the run that was never interrupted, to the last bit.
  A checkpoint can be restored as often as one likes.

What is where:

| where | what |
| --- | --- |
| `model.flat` | all parameters, one array |
| `model.state()` | a dict from names to **the model's own arrays** that are learnt without a gradient |
| `optimizer.state()` | a dict with copies of all that the optimizer remembers, such as its momentum |
| `optimizer.load_state(state)` | puts such a dict back |
| `rng.bit_generator.state` | the state of the generator, a dict; you can read it and assign to it |

Without a gradient, batch norm learns its running means. A net without batch norm has an empty
`model.state()`.

    checkpoint = Checkpoint(model, optimizer, rng)         # train on: the losses are 0.412, 0.398, …
    checkpoint.restore(new_model, new_optimizer, new_rng)  # train on: the losses are 0.412, 0.398, …

For example, a weight that is 0.25 when the checkpoint is taken and 0.31 two epochs later is 0.25 after
`restore`, and the generator draws the same shuffles again.

<details><summary>Hint 1: what `restore` may do with its arguments</summary>

`model = …` inside a method gives the name to something else, and whoever called sees nothing of it. Write
into the arrays of the model that was passed: `model.flat[...] = …`.
</details>

<details><summary>Hint 2: the arrays of a dict</summary>

`{name: array.copy() for name, array in d.items()}` is a dict with a copy of each array. The way back goes
name by name, too.
</details>
"""


# %% answer="training_loop/resume"
class Checkpoint:
    """All that the next step of a training depends on, at one moment."""

    def __init__(self, model, optimizer, rng):
        ### BEGIN SOLUTION
        self.weights = model.flat.copy()
        self.running = {name: array.copy() for name, array in model.state().items()}
        self.optimizer_state = optimizer.state()
        self.generator_state = rng.bit_generator.state
        ### END SOLUTION

    def restore(self, model, optimizer, rng):
        ### BEGIN SOLUTION
        model.flat[...] = self.weights
        for name, array in model.state().items():
            array[...] = self.running[name]
        optimizer.load_state(self.optimizer_state)
        rng.bit_generator.state = self.generator_state
        ### END SOLUTION


# %% check="training_loop/resume"
check("training_loop/resume", Checkpoint)

# %% [markdown] task="training_loop/tune_in_a_budget"
r"""
## Task 6 · Tune digits on a budget (4 points)

How well can a small network read handwritten digits if you may train for `budget` epochs **in all**, and
know neither the learning rate nor the batch size? Search at random, choose by the validation rows, and test
once.

The next cell makes `parts`, a dict with the pairs `parts["train"]`, `parts["validation"]` and
`parts["test"]`, each `(X, y)` of shapes (n, 64) and (n,); `build(lr)`, which returns a new network with its
loss and its optimizer, `model, loss, optimizer`; and `accuracy(model, X, y)`.

Write `tune_in_a_budget(build, parts, num_epochs, budget, rng)`:

1. Make `budget // num_epochs` trials. Each draws its own learning rate between 0.001 and 1,
   **log-uniformly** ($10^u$ with $u$ uniform between −3 and 0), and a batch size, one of 8, 16, 32 and 64.
2. Each trial trains a new network for `num_epochs` epochs with your `train`, and is scored by its accuracy
   on the validation rows.
3. The trial with the highest score wins; of equal ones, any. Only its network, as it is, meets the test
   rows.

Return `(lr, batch_size, test_accuracy)` of the winner. All chance comes from `rng`.

For example, with a budget of 7 epochs and 2 for each trial, there are 3 trials. If their settings and
validation accuracies are (0.004, 16): 0.41, (0.31, 32): 0.93 and (0.05, 8): 0.92, the second wins. If its
network is right on 0.91 of the test rows, return `(0.31, 32, 0.91)`.

<details><summary>Hint 1: drawing</summary>

`rng.uniform(a, b)` is a number between a and b, and `rng.choice([8, 16, 32, 64])` one of the four.
</details>

<details><summary>Hint 2: what to keep of a trial</summary>

The score, the two settings and the network itself. Then nothing has to be trained again.
</details>
"""

# %%
X, y = data.load_digits()
rows = splits.three_way(len(X), 0.2, 0.2, np.random.default_rng(0))
parts = {name: (X[r] / 16, y[r]) for name, r in zip(("train", "validation", "test"), rows, strict=True)}


def build(lr):
    """A new network 64-16-10, its loss and its optimizer."""
    rng = np.random.default_rng(0)
    model = Sequential(Linear(64, 16, rng=rng), ReLU(), Linear(16, 10, rng=rng))
    return model, CrossEntropyLoss(), SGD(model, lr=lr)


def accuracy(model, X, y):
    """The share of rows whose largest logit is that of the true class."""
    return np.mean(model.forward(X).argmax(axis=1) == y)


# %% answer="training_loop/tune_in_a_budget"
def tune_in_a_budget(build, parts, num_epochs, budget, rng):
    """Learning rate, batch size and test accuracy of the best of budget // num_epochs random trials."""
    ### BEGIN SOLUTION
    best_score = -1.0
    for _ in range(budget // num_epochs):
        lr, batch_size = 10 ** rng.uniform(-3, 0), rng.choice([8, 16, 32, 64])
        model, loss, optimizer = build(lr)
        train(model, loss, optimizer, *parts["train"], batch_size, num_epochs, rng)
        score = accuracy(model, *parts["validation"])
        if score > best_score:
            best_score, best = score, (lr, batch_size, model)
    lr, batch_size, model = best
    return lr, batch_size, accuracy(model, *parts["test"])
    ### END SOLUTION


# %% check="training_loop/tune_in_a_budget"
check("training_loop/tune_in_a_budget", tune_in_a_budget)

# %% [markdown]
r"""
## Afterwards

All six pass? Then spend the same budget in different ways. In a new cell, run

    for num_epochs in (1, 3, 10, 30):
        results = [tune_in_a_budget(build, parts, num_epochs, 60, np.random.default_rng(s)) for s in range(5)]
        print(num_epochs, [round(float(test_accuracy), 3) for _, _, test_accuracy in results])

With `num_epochs=1` you see 60 settings, each of them hardly trained; with 30 you see two. Which pays more,
and how far apart are five seeds of the same way? Then train the network of the moons (task 2) twice: once
in one piece, and once with a `Checkpoint` in the middle. Do the losses agree to the last digit?
"""
