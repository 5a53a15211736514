# %% [markdown]
r"""
# Exercise 08 · Optimizers

Five tasks, 18 points, about 40 minutes. You write four optimizers, each in a form in which you may meet it
elsewhere, and let yours race on digits. Lesson: [08 · Optimizers](../../lessons/08_optimizers.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.
"""

# %%
import numpy as np

from helpers import data, splits
from helpers.checks import check
from helpers.nn import CrossEntropyLoss, Linear, ReLU, Sequential

# %% [markdown] task="optimizers/momentum"
r"""
## Task 1 · An optimizer that moves a network (3 points)

In the lesson, a rule returned its step. In a library an optimizer is an **object**: it is given the arrays of
a network once, keeps what it needs, and moves these arrays in place. Write the class `Momentum` with two
methods.

`__init__(self, parameters, lr, momentum=0.9, nesterov=False)`

- `parameters` is a dict: a name such as `"0.W"`, and the array of that parameter. The shapes differ.
- Keep the learning rate as `self.lr`. The caller may set `optimizer.lr` to another number between two steps;
  a step uses the number that is there.

`step(self, gradients)`

- `gradients` is a dict with the same names. Its arrays belong to the network, which **writes its next
  gradients into the same arrays**. Leave them as they are.
- Each parameter has a velocity $v$ of its own, which begins with 0. With $\mu$ for `momentum`, $\eta$ for
  `lr` and $g$ for the gradient, a step is

$$v \leftarrow \mu v + g, \qquad w \leftarrow w - \eta v$$

- With `nesterov=True` the second part is $w \leftarrow w - \eta\,(g + \mu v)$, with the new $v$.

Aloud: a share of the old velocity is kept, and the gradient is added. The weights move by the new velocity,
or, as Nesterov has it, by the gradient plus a share of the new velocity.

For example, with two gradients of 2:

    w = np.array([1.0])
    optimizer = Momentum({"w": w}, lr=0.1, momentum=0.5)
    optimizer.step({"w": np.array([2.0])})      w is now [0.8]
    optimizer.step({"w": np.array([2.0])})      w is now [0.5]

By hand: $v$ is 2 and then 0.5 · 2 + 2 = 3, so $w$ moves by 0.2 and by 0.3. With `nesterov=True` it moves by
0.1 · (2 + 0.5 · 2) = 0.3 and then by 0.1 · (2 + 0.5 · 3) = 0.35.
"""


# %% answer="optimizers/momentum"
class Momentum:
    """SGD with momentum for a dict of arrays, which it moves in place."""

    def __init__(self, parameters, lr, momentum=0.9, nesterov=False):
        ### BEGIN SOLUTION
        self.parameters, self.lr = parameters, lr
        self.momentum, self.nesterov = momentum, nesterov
        self.v = {name: np.zeros_like(p) for name, p in parameters.items()}
        ### END SOLUTION

    def step(self, gradients):
        ### BEGIN SOLUTION
        for name, p in self.parameters.items():
            g = gradients[name]
            v = self.momentum * self.v[name] + g
            self.v[name] = v
            p -= self.lr * (g + self.momentum * v if self.nesterov else v)
        ### END SOLUTION


# %% check="optimizers/momentum"
check("optimizers/momentum", Momentum)

# %% [markdown] task="optimizers/rmsprop_path"
r"""
## Task 2 · A path that can go on (3 points)

Somebody has written down the gradients of a whole training. Where do they lead? Write
`rmsprop_path(w, gradients, lr, s=None, rho=0.99, eps=1e-8)`.

- `w`, shape (p,), are the weights at the start, and row t of `gradients`, shape (T, p), is the gradient of
  step t.
- `s`, shape (p,), is the running mean of squared gradients, one number for each weight. If it is `None`, it
  begins with zeros. If an array is passed, the path **goes on** from there.
- In each step `s` comes first: a share `rho` of it is kept, the rest is the squared gradient. Then `w` moves
  against the gradient, `lr` times, divided by the root of `s` plus `eps`. `eps` stands outside of the root.

Return `path` and `s`: `path`, shape (T, p), holds in row t the weights **after** step t, and `s` is the mean
after the last step. Leave the arrays that you are given as they are.

    path, s = rmsprop_path(np.array([1.0]), np.array([[2.0], [0.0]]), lr=0.1, rho=0.75)
    →  path is array([[0.8], [0.8]]), s is array([0.75])

By hand: after the first step s is 0.75 · 0 + 0.25 · 4 = 1, so w moves by 0.1 · 2 / 1. In the second step s
becomes 0.75 · 1, and w stays, as its gradient is 0.
"""


# %% answer="optimizers/rmsprop_path"
def rmsprop_path(w, gradients, lr, s=None, rho=0.99, eps=1e-8):
    """The weights after each step, (T, p), and the mean of squares, (p,)."""
    ### BEGIN SOLUTION
    if s is None:
        s = np.zeros_like(w)
    path = []
    for g in gradients:
        s = rho * s + (1 - rho) * g**2
        w = w - lr * g / (np.sqrt(s) + eps)
        path.append(w)
    return np.array(path), s
    ### END SOLUTION


# %% check="optimizers/rmsprop_path"
check("optimizers/rmsprop_path", rmsprop_path)

# %% [markdown] task="optimizers/adam_step"
r"""
## Task 3 · A step of Adam (4 points)

This form has no object and changes nothing: the memory comes in, and a new one goes out, as in JAX. Whoever
keeps an old one can go back to it. Write `adam_step(w, g, state, lr, betas=(0.9, 0.999), eps=1e-8)`.

- `w` and `g` are arrays of one shape: the weights and their gradient.
- `state` is `None` in the first step. Later it is the dict that the step before returned: `"v"`, the running
  mean of the gradients, `"s"`, that of their squares, both as they are **without** correction, and `"t"`, the
  number of steps so far.
- `betas` are β₁, for `v`, and β₂, for `s`.

In a step both means take in the gradient. Then each is corrected for its beginning at 0, and `w` moves by
`lr` times the corrected `v`, divided by the root of the corrected `s` plus `eps`, outside of the root. (In
the paper, and in PyTorch's documentation, `v` is called $m$ and `s` is called $v$.)

Return the new `w` and the new state. Leave `w`, `g` and `state` as they are.

    w, state = adam_step(np.array([1.0]), np.array([4.0]), None, lr=0.1, betas=(0.5, 0.75))
    →  w is array([0.9]), state is {"v": array([2.]), "s": array([4.]), "t": 1}
    w, state = adam_step(w, np.array([0.0]), state, lr=0.1, betas=(0.5, 0.75))
    →  w is array([0.8491]), state is {"v": array([1.]), "s": array([3.]), "t": 2}

By hand, the first: v is 0.5 · 4 = 2 and s is 0.25 · 16 = 4. Corrected they are 4 and 16, so w moves by
0.1 · 4 / √16 = 0.1.
"""


# %% answer="optimizers/adam_step"
def adam_step(w, g, state, lr, betas=(0.9, 0.999), eps=1e-8):
    """The new weights, and the new state: a dict with v, s and t."""
    ### BEGIN SOLUTION
    beta1, beta2 = betas
    if state is None:
        state = {"v": np.zeros_like(w), "s": np.zeros_like(w), "t": 0}
    t = state["t"] + 1
    v = beta1 * state["v"] + (1 - beta1) * g
    s = beta2 * state["s"] + (1 - beta2) * g**2
    v_hat = v / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    w = w - lr * v_hat / (np.sqrt(s_hat) + eps)
    return w, {"v": v, "s": s, "t": t}
    ### END SOLUTION


# %% check="optimizers/adam_step"
check("optimizers/adam_step", adam_step)

# %% [markdown] task="optimizers/adamw"
r"""
## Task 4 · AdamW for a network (4 points)

Write the class `AdamW`. Like `Momentum` of task 1 it is given a dict of arrays and moves them in place; for
the step itself, `adam_step` is at hand.

`__init__(self, parameters, lr, weight_decay=0.01, betas=(0.9, 0.999), eps=1e-8)`. As in task 1, `lr` may be
changed from outside.

`step(self, gradients)`, for each parameter that has a gradient:

- First it shrinks: `lr` times `weight_decay` times the parameter is subtracted from it. Only **weights**
  shrink, the parameters whose names end in `W`, such as `"0.W"`. Biases, `"0.b"`, do not, nor do any others.
- Then comes Adam's step. Each parameter has a memory of its own, and what was shrunk away does not enter it.
- **A parameter whose name is missing in `gradients` is skipped**, as if there were no step for it: it does
  not shrink, its memory stays, its step is not counted. (So it is in PyTorch when a gradient is `None`, as
  for a part of a network that was not used.)

For example, in a first step of Adam each entry moves by the learning rate:

    W, b = np.array([[2.0]]), np.array([2.0])
    optimizer = AdamW({"0.W": W, "0.b": b}, lr=0.1, weight_decay=0.5)
    optimizer.step({"0.W": np.array([[3.0]]), "0.b": np.array([3.0])})
    →  W is array([[1.8]]), b is array([1.9])

By hand: W shrinks by 0.1 · 0.5 · 2 = 0.1 to 1.9, and moves by 0.1. b only moves.

<details><summary>Hint: writing into an array</summary>

`p[...] = new` puts the numbers of `new` into the array `p`.
</details>
"""


# %% answer="optimizers/adamw"
class AdamW:
    """Adam with decoupled decay of the weights, for a dict of arrays."""

    def __init__(
        self,
        parameters,
        lr,
        weight_decay=0.01,
        betas=(0.9, 0.999),
        eps=1e-8,
    ):
        ### BEGIN SOLUTION
        self.parameters, self.lr = parameters, lr
        self.weight_decay, self.options = weight_decay, (betas, eps)
        self.states = dict.fromkeys(parameters)  # None for each
        ### END SOLUTION

    def step(self, gradients):
        ### BEGIN SOLUTION
        for name, g in gradients.items():
            p, state = self.parameters[name], self.states[name]
            if name.endswith("W"):
                p -= self.lr * self.weight_decay * p
            new, state = adam_step(p, g, state, self.lr, *self.options)
            p[...] = new
            self.states[name] = state
        ### END SOLUTION


# %% check="optimizers/adamw"
check("optimizers/adamw", AdamW)

# %% [markdown] task="optimizers/race"
r"""
## Task 5 · A fair race on digits (4 points)

With which optimizer does a network read digits best? A race is fair when each has its own best learning rate,
chosen on validation rows. A verdict is honest when it tells a lead from luck. Write
`race(run, rates, tuning_seeds, seeds)`.

- `rates` is a dict: the name of each optimizer, and the list of the learning rates to try for it. The lists
  may be of different lengths. There are two optimizers or more.
- `run(name, lr, seed, part)` trains a new network with that optimizer and learning rate. The seed decides its
  start and its batches, so optimizers with one seed have the same. It returns the accuracy on the rows of
  `part`, `"validation"` or `"test"`.

Return three things:

1. `best`, a dict: for each optimizer the learning rate with the highest mean validation accuracy over
   `tuning_seeds`. Of equal ones, any.
2. `scores`, a dict: for each optimizer an array with its test accuracies at that rate, one for each of
   `seeds`, in their order.
3. `winner`: the name of the optimizer with the highest mean test accuracy, but only if its lead is **more
   than two standard errors**, and else `None`. For that, take the optimizer with the second highest mean.
   With each seed there is a gap between the two. The lead is the mean of the gaps. Its standard error is
   their standard deviation, with n − 1, divided by the root of n, where n is the number of seeds.

For example, with test accuracies of Adam (0.95, 0.93, 0.91) and of SGD (0.93, 0.89, 0.88), the gaps are 0.02,
0.04 and 0.03. Their mean is 0.03, their standard deviation 0.01, and two standard errors are 0.0115: Adam
wins. With gaps of −0.02, 0.04 and 0.04 the lead is 0.02, two standard errors are 0.04, and nobody wins.

The next cell makes a `run` that trains on digits, for three optimizers, all of which are yours. The check has
a quicker one: its accuracies stand in a table.

<details><summary>Hint 1: the largest of several</summary>

`grid[np.argmax(means)]` is the entry of `grid` that belongs to the largest of `means`. `sorted(names, key=f)`
sorts names by what the function `f` gives for each.
</details>

<details><summary>Hint 2: the standard deviation</summary>

`np.std` divides by n, unless you tell it `ddof=1`.
</details>
"""

# %%
RUNNERS = {
    "SGD": lambda parameters, lr: Momentum(parameters, lr, momentum=0.0),
    "momentum": lambda parameters, lr: Momentum(parameters, lr),
    "Adam": lambda parameters, lr: AdamW(parameters, lr, weight_decay=0.0),
}

X, y = data.load_digits()
rows = splits.three_way(len(X), 0.2, 0.2, np.random.default_rng(0))
names = ("train", "validation", "test")
parts = {n: (X[r] / 16, y[r]) for n, r in zip(names, rows, strict=True)}


def run(name, lr, seed, part):
    """Accuracy on a part, after 150 steps of a new network 64-32-10."""
    rng = np.random.default_rng(seed)
    first, last = Linear(64, 32, rng=rng), Linear(32, 10, rng=rng)
    model, loss = Sequential(first, ReLU(), last), CrossEntropyLoss()
    optimizer = RUNNERS[name](model.parameters(), lr)
    X, y = parts["train"]
    for _ in range(150):
        rows = rng.choice(len(X), size=32)
        loss.forward(model.forward(X[rows]), y[rows])
        model.backward(loss.backward())
        optimizer.step(model.gradients())
    X, y = parts[part]
    return np.mean(model.forward(X).argmax(axis=1) == y)


# %% answer="optimizers/race"
def race(run, rates, tuning_seeds, seeds):
    """Each optimizer's best rate and test accuracies, and who won."""
    ### BEGIN SOLUTION
    best, scores = {}, {}
    for name, grid in rates.items():
        means = []
        for lr in grid:
            runs = [run(name, lr, seed, "validation") for seed in tuning_seeds]
            means.append(np.mean(runs))
        lr = best[name] = grid[np.argmax(means)]
        scores[name] = np.array([run(name, lr, s, "test") for s in seeds])
    ranking = sorted(scores, key=lambda name: scores[name].mean())
    gaps = scores[ranking[-1]] - scores[ranking[-2]]
    clear = gaps.mean() > 2 * gaps.std(ddof=1) / np.sqrt(len(gaps))
    return best, scores, ranking[-1] if clear else None
    ### END SOLUTION


# %% check="optimizers/race"
check("optimizers/race", race)

# %% [markdown]
r"""
## Afterwards

All five pass? Then let yours race. In a new cell, run

    rates = {
        "SGD": [0.03, 0.1, 0.3, 1.0, 3.0],
        "momentum": [0.01, 0.03, 0.1, 0.3, 1.0],
        "Adam": [0.001, 0.003, 0.01, 0.03, 0.1],
    }
    best, scores, winner = race(run, rates, range(3), range(10, 20))
    for name in rates:
        s = scores[name]
        print(f"{name:9} rate {best[name]:<5} {s.mean():.3f} ({s.min():.3f} to {s.max():.3f})")
    print("winner:", winner)

Is any best rate the first or the last of its list? Then its list should go on. Is there a run far below the
others of its row, and what did three tuning seeds know of it? Who wins if all three get the same rate, 0.01
or 0.3? And who after 1,000 steps in place of 150?
"""
