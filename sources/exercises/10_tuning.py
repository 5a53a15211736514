# %% [markdown]
r"""
# Exercise 10 · Tuning

Four tasks, 13 points, about 30 minutes. You write what a day at work adds to the training loop: a schedule,
stopping in time, going on after a break, and at the end a search on a budget. Lesson: [10 ·
Tuning](../../lessons/10_tuning.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.
"""

# %%
import numpy as np

from helpers import data, splits
from helpers.checks import check
from helpers.nn import SGD, CrossEntropyLoss, Linear, ReLU, Sequential

# %% [markdown] task="tuning/cosine_with_warmup"
r"""
## Task 1 · A warm-up, then a cosine (2 points)

Write `cosine_with_warmup(lr, num_warmup, num_steps)`. Return the learning rates of a training of `num_steps`
steps, one for each step, in a list or an array.

- In the first `num_warmup` steps the rate rises by equal amounts, from one `num_warmup`-th of `lr` in the
  first of them to `lr` itself in the last. `num_warmup` may be 0.
- The steps that are left are a cosine annealing of their own: it begins at `lr`, and would reach 0 one step
  after the last. There is at least one such step.

For example, 2 steps of warm-up and 4 of the cosine:

    cosine_with_warmup(1.0, 2, 6)  →  [0.5, 1.0, 1.0, 0.854, 0.5, 0.146]

<details><summary>Hint</summary>

The table of the lesson has the formula of the cosine. In it, which step is t = 0 here, and how long is T?
</details>
"""


# %% answer="tuning/cosine_with_warmup"
def cosine_with_warmup(lr, num_warmup, num_steps):
    """The learning rates of all steps: up to lr, then down along a cosine."""
    ### BEGIN SOLUTION
    up = lr * np.arange(1, num_warmup + 1) / max(num_warmup, 1)
    T = num_steps - num_warmup
    down = lr * (1 + np.cos(np.pi * np.arange(T) / T)) / 2
    return np.concatenate([up, down])
    ### END SOLUTION


# %% check="tuning/cosine_with_warmup"
check("tuning/cosine_with_warmup", cosine_with_warmup)

# %% [markdown] task="tuning/early_stopping"
r"""
## Task 2 · Stop in time (3 points)

Write `early_stopping(model, train_epoch, validation_loss, patience, max_epochs)`. `train_epoch()` trains
the model for one epoch and returns its training loss; `validation_loss()` returns its loss on the validation
rows, a number of any size. After each epoch ask for the validation loss, once.

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


# %% answer="tuning/early_stopping"
def early_stopping(model, train_epoch, validation_loss, patience, max_epochs):
    """The best epoch, whose weights are put back, and all losses."""
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


# %% check="tuning/early_stopping"
check("tuning/early_stopping", early_stopping)

# %% [markdown] task="tuning/resume"
r"""
## Task 3 · Resume to the same bit (4 points)

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


# %% answer="tuning/resume"
class Checkpoint:
    """All that the next step of a training depends on, at one moment."""

    def __init__(self, model, optimizer, rng):
        ### BEGIN SOLUTION
        self.weights = model.flat.copy()
        state = model.state()
        self.running = {name: array.copy() for name, array in state.items()}
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


# %% check="tuning/resume"
check("tuning/resume", Checkpoint)

# %% [markdown] task="tuning/tune_in_a_budget"
r"""
## Task 4 · Tune digits on a budget (4 points)

How well can a small network read handwritten digits if you may train for `budget` epochs **in all**, and
know neither the learning rate nor the batch size? Search at random, choose by the validation rows, and test
once.

The next cell makes `parts`, a dict with the pairs `parts["train"]`, `parts["validation"]` and
`parts["test"]`, each `(X, y)` of shapes (n, 64) and (n,); `build(lr)`, which returns a new network with its
loss and its optimizer, `model, loss, optimizer`; `train(model, loss, optimizer, X, y, batch_size, num_epochs,
rng)`, the loop of [exercise 09](../09_training_loop/09_training_loop.ipynb); and `accuracy(model, X, y)`.

Write `tune_in_a_budget(build, parts, num_epochs, budget, rng)`:

1. Make `budget // num_epochs` trials. Each draws its own learning rate between 0.001 and 1,
   **log-uniformly** ($10^u$ with $u$ uniform between −3 and 0), and a batch size, one of 8, 16, 32 and 64.
2. Each trial trains a new network for `num_epochs` epochs with `train`, and is scored by its accuracy on the
   validation rows.
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
names = ("train", "validation", "test")
parts = {n: (X[r] / 16, y[r]) for n, r in zip(names, rows, strict=True)}


def build(lr):
    """A new network 64-16-10, its loss and its optimizer."""
    rng = np.random.default_rng(0)
    first, last = Linear(64, 16, rng=rng), Linear(16, 10, rng=rng)
    model = Sequential(first, ReLU(), last)
    return model, CrossEntropyLoss(), SGD(model, lr=lr)


def train(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    """Train the model for some epochs, in shuffled batches."""
    for _ in range(num_epochs):
        order = rng.permutation(len(X))
        for start in range(0, len(X), batch_size):
            rows = order[start : start + batch_size]
            loss.forward(model.forward(X[rows]), y[rows])
            model.backward(loss.backward())
            optimizer.step()


def accuracy(model, X, y):
    """The share of rows whose largest logit is that of the true class."""
    return np.mean(model.forward(X).argmax(axis=1) == y)


# %% answer="tuning/tune_in_a_budget"
def tune_in_a_budget(build, parts, num_epochs, budget, rng):
    """Learning rate, batch size and test accuracy of the best trial."""
    ### BEGIN SOLUTION
    best_score, how_long = -1.0, (num_epochs, rng)
    for _ in range(budget // num_epochs):
        lr, batch_size = 10 ** rng.uniform(-3, 0), rng.choice([8, 16, 32, 64])
        model, loss, optimizer = build(lr)
        X, y = parts["train"]
        train(model, loss, optimizer, X, y, batch_size, *how_long)
        score = accuracy(model, *parts["validation"])
        if score > best_score:
            best_score, best = score, (lr, batch_size, model)
    lr, batch_size, model = best
    return lr, batch_size, accuracy(model, *parts["test"])
    ### END SOLUTION


# %% check="tuning/tune_in_a_budget"
check("tuning/tune_in_a_budget", tune_in_a_budget)

# %% [markdown]
r"""
## Afterwards

All four pass? Then spend the same budget in different ways. In a new cell, run

    for num_epochs in (1, 3, 10, 30):
        results = [tune_in_a_budget(build, parts, num_epochs, 60, np.random.default_rng(s)) for s in range(5)]
        print(num_epochs, [round(float(test_accuracy), 3) for _, _, test_accuracy in results])

With `num_epochs=1` you see 60 settings, each of them hardly trained; with 30 you see two. Which pays more,
and how far apart are five seeds of the same way? Then train one network of task 4 twice: once in one piece,
and once with a `Checkpoint` in the middle. Do the weights agree to the last digit?
"""
