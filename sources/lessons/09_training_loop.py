# %% [markdown]
r"""
# 09 · The training loop

Twelve lines train every network. What they do is decided by a few numbers that you choose, first of all by
the learning rate and the batch size. This lesson measures what those numbers do, so that you need not guess.

**You will be able to**

- write the training loop, and say what an epoch, a step and a batch are;
- find a good learning rate in one short run, and say why texts disagree about the batch size;
- choose a schedule, stop early, and continue an interrupted run to the same bit;
- search for good settings by grid, at random and by Bayesian optimization, at equal cost.

**Time:** 25 minutes. **Before this:** lessons [05](05_backward.ipynb), backward, and 08, optimizers.
"""

# %%
import math
import tempfile
import tracemalloc
from itertools import pairwise
from pathlib import Path

import numpy as np
import optuna
import torch

from helpers import data
from helpers.claims import claim
from helpers.figures import show
from helpers.figures import training_loop as figures
from helpers.glossary import terms
from helpers.nn.activations import ReLU
from helpers.nn.clipping import ClipNorm
from helpers.nn.containers import Sequential
from helpers.nn.fleet import Fleet
from helpers.nn.layers import Linear
from helpers.nn.losses import CrossEntropyLoss
from helpers.nn.optimizers import SGD, Adam
from helpers.nn.twins import to_torch
from helpers.splits import three_way

# %% [markdown]
r"""
## Twelve lines

The data are the digits: 1,024 pictures to learn from, 400 to choose by, 373 to be looked at once, at the
end. The network is 64–32–10.
"""

# %%
X, y = data.load_digits()
train, validation, test = three_way(len(X), 400, 373, np.random.default_rng(0))
X, y, X_validation, y_validation = X[train] / 16, y[train], X[validation] / 16, y[validation]


def network(seed, sizes=(64, 32, 10)):
    rng = np.random.default_rng(seed)
    layers = []
    for n_in, n_out in pairwise(sizes):
        layers += [Linear(n_in, n_out, rng=rng), ReLU()]
    return Sequential(*layers[:-1])  # no ReLU after the last layer


def accuracy(logits, y):
    return np.mean(logits.argmax(axis=-1) == y, axis=-1)


# %% [markdown]
r"""
And this is the **training loop**. Shuffle; take some samples; forward, backward, update; again.
"""


# %%
def train_in_twelve_lines(model, optimizer, X, y, batch_size, num_epochs, rng):
    criterion = CrossEntropyLoss()
    losses = []
    for _ in range(num_epochs):
        order = rng.permutation(len(X))  # every sample once, in a new order
        for start in range(0, len(X), batch_size):
            batch = order[start : start + batch_size]
            logits = model.forward(X[batch])  # forward
            losses.append(criterion.forward(logits, y[batch]))
            model.backward(criterion.backward())  # backward
            optimizer.step()  # update
    return losses


# %% [markdown]
r"""
`batch_size` says how many samples are looked at before each update. Train the same network twice, from the
same start, ten times through the same data, with the same learning rate. Only the batch size differs: 8,
then 512.

**Predict:** which one knows more digits in the end, and by how much?
"""

# %%
for batch_size in (8, 512):
    model = network(seed=0)
    optimizer = SGD(model, lr=0.1)
    train_in_twelve_lines(model, optimizer, X, y, batch_size, num_epochs=10, rng=np.random.default_rng(0))
    right = accuracy(model.forward(X_validation), y_validation)
    print(f"batch size {batch_size:3}: {right:.0%} of the validation pictures right")

# %% [markdown]
r"""
A wide gap, and yet you will read that large batches are better, from people who measured it too. Section 3
shows why both are right.

First a check that our loop does what everybody's does. PyTorch, from the same weights, over the same
batches:
"""

# %%
model, rng = network(seed=0), np.random.default_rng(0)
net = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10)).double()
net.load_state_dict(to_torch(model))

train_in_twelve_lines(model, SGD(model, lr=0.1), X, y, 32, num_epochs=3, rng=np.random.default_rng(0))

sgd = torch.optim.SGD(net.parameters(), lr=0.1)
for _ in range(3):
    order = rng.permutation(len(X))
    for start in range(0, len(X), 32):
        batch = order[start : start + 32]
        sgd.zero_grad()  # PyTorch adds to the gradients, so clear them
        torch.nn.functional.cross_entropy(net(torch.tensor(X[batch])), torch.tensor(y[batch])).backward()
        sgd.step()

difference = np.abs(net[0].weight.detach().numpy() - model.layers[0].W.T).max()
print("after 96 steps the weights of the first layer agree to 1e-12:", bool(difference < 1e-12))

# %% [markdown]
r"""
## 1. Epoch, batch, step

- A **batch** is the group of samples that are processed together for one gradient. Their number is the
  **batch size** $B$.
- A **step**, or **iteration**, is one update of the parameters.
- An **epoch** is one pass through the whole training set. The last batch may be smaller, so an epoch has
  $\lceil n/B \rceil$ steps (or $\lfloor n/B \rfloor$, if you drop the last batch: `drop_last`).

The batch size, the learning rate and the **number of epochs** are **hyperparameters**: settings that you
choose, while the parameters are what the gradient changes.
"""

# %%
for batch_size in (100, 32, 300):
    steps, last = math.ceil(1000 / batch_size), 1000 % batch_size or batch_size
    print(f"1000 samples, batch size {batch_size:3}: {steps:2} steps per epoch, the last batch has {last}")

claim("ten-updates-per-epoch", measured=math.ceil(1000 / 100), digits=0)
claim("epochs-are-iterations", measured=math.ceil(1000 / 32), digits=0)

# %% [markdown]
r"""
How often is a sample used in an epoch? `permutation` has each row number once. Some programs draw each batch
anew instead, with replacement. Then more than a third of the samples is missed:
"""

# %%
rng = np.random.default_rng(0)
shuffled = np.bincount(rng.permutation(1000), minlength=1000)
drawn = np.bincount(rng.integers(1000, size=1000), minlength=1000)
print(f"shuffled: each sample {shuffled.min()} to {shuffled.max()} times")
print(f"drawn:    each sample {drawn.min()} to {drawn.max()} times, {np.mean(drawn == 0):.0%} never")
claim("several-updates-per-epoch", measured=shuffled.max(), digits=0)

# %% [markdown]
r"""
### Many networks at once

From here on most numbers are averages over several seeds. To be quick, the library trains a **fleet**: the
same layers, with one more axis in front of every array, so that one product of matrices serves all of them.
`fit` is the loop above with what section 6 will add.
"""

# %%
from helpers.training import fit, predict


def generators(seeds):
    return [np.random.default_rng(seed) for seed in seeds]


def train_fleet(lrs, seeds, *, batch_size, num_epochs, on=(X, y), sizes=(64, 32, 10), **options):
    """One network for each learning rate and seed: the history as arrays (epochs, lrs, seeds)."""
    pairs = [(lr, seed) for lr in lrs for seed in seeds]
    fleet = Fleet([network(seed, sizes) for _, seed in pairs])
    optimizer = options.pop("optimizer", SGD)(fleet, lr=[lr for lr, _ in pairs])
    schedule = options.pop("schedule", lambda optimizer: None)(optimizer)
    settings = {
        "batch_size": batch_size,
        "num_epochs": num_epochs,
        "rng": generators(seed for _, seed in pairs),  # each shuffles for itself
        "validation": (X_validation, y_validation),
        "metrics": {"accuracy": accuracy},
        "schedule": schedule,
        "progress": False,
    }
    history = fit(fleet, CrossEntropyLoss(), optimizer, *on, **settings | options)
    names = ("loss", "validation_loss", "validation_accuracy")
    return {name: history[name].reshape(num_epochs, len(lrs), len(seeds)) for name in names}


# %% [markdown]
r"""
Its first use: why shuffle? Sort the pictures by class, so that a batch holds threes only, then fours only,
and leave the order as it is. Same number of steps, same learning rate, three seeds.
"""


# %%
class AsItIs:
    def permutation(self, n):
        return np.arange(n)


by_class = np.argsort(y, kind="stable")
settings = {"batch_size": 32, "num_epochs": 15}
mixed = train_fleet([0.1], range(3), **settings)["validation_accuracy"][-1].mean()
one_class = train_fleet([0.1], range(3), on=(X[by_class], y[by_class]), rng=AsItIs(), **settings)
one_class = one_class["validation_accuracy"][-1].mean()
print(f"shuffled {mixed:.2f}, sorted by class {one_class:.2f}")
claim("batch-mix-matches-set", measured=mixed - one_class)

# %% [markdown]
r"""
Each update makes the network better at one digit and worse at the others, and the last digits of the epoch
win. The number is the gap.
"""

# %% [markdown]
r"""
## 2. The learning rate

The **learning rate** scales each step: $\theta \leftarrow \theta - \text{lr} \cdot g$. Lesson 05 walked down
a parabola with it. Once more, $f(w) = w^2$ from $w = 1$, now with a hundred steps:
"""

# %%
distance = {}
for lr in (0.001, 0.1, 0.9, 0.99, 1.01, 1.1):
    w = 1.0
    for _ in range(100):
        w -= lr * 2 * w  # the slope of w² is 2w
    distance[lr] = abs(w)
    print(f"lr {lr:<5} distance from the minimum after 100 steps: {distance[lr]:.1e}")

claim("larger-initial-rate-faster", measured=distance[1.01])

# %% [markdown]
r"""
Larger is faster at first; at 0.5 a single step would do. Above that each step jumps across, so it is slower
again, and beyond a limit, 2 divided by the curvature, here 2/2 = 1, every step leads away: at 1.01 as far as
the claim's number. A network has many curvatures, which change while it trains, so measure the limit.
Eleven learning rates, each about three times the one before, five seeds, ten epochs: 55 networks.

**Predict:** how many of the eleven will end above 90 %?
"""

# %%
lrs = np.geomspace(1e-4, 10, 11)
sweep = train_fleet(lrs, range(5), batch_size=32, num_epochs=10)
for lr, scores in zip(lrs, sweep["validation_accuracy"][-1], strict=True):
    print(f"lr {lr:<7.2g} validation accuracy {scores.mean():.2f}")

# %%
fig = figures.rate_sweep(lrs, sweep["loss"], sweep["validation_accuracy"][-1])
show(
    fig,
    alt="Left: training loss by epoch; up to a rate of 0.01 it hardly falls, at 0.32 and 1 it falls fastest, "
    "from 3 on it stays above 2.3. Right: accuracy rises from 0.1 to 0.94 as the rate grows to 1, then drops "
    "to 0.1.",
)

# %% [markdown]
r"""
Two, and a third comes close. There are three regions. **Too small:** only patience is missing. **Good:**
about one factor of ten wide. **Too large:** the cliff. Note how near the best rate stands to it: a factor of
three above the best, all is lost. So search on a logarithmic scale, and rather stay a little below.

"The optimal learning rate" is hard to pin down. Each seed chose one, by its own validation loss:
"""

# %%
winners = lrs[np.nanargmin(sweep["validation_loss"][-1], axis=0)]
print("best rate by seed:", [f"{lr:.2g}" for lr in winners])

# %% [markdown]
r"""
### One short run instead of eleven: the learning-rate finder

Start with a tiny rate and multiply it after every step. While it is too small the loss stands still, then it
falls, then it explodes. Four epochs are enough (Smith 2017). To see past the noise the curve is the mean of
eight seeds, smoothed over seven steps.
"""

# %%
from helpers.nn.schedules import ExponentialLR

num_steps = 128
fleet = Fleet([network(seed) for seed in range(8)])
optimizer = SGD(fleet, lr=np.full(8, 1e-4))
schedule = ExponentialLR(optimizer, gamma=1e5 ** (1 / num_steps))
run = {"batch_size": 32, "num_epochs": 4, "rng": generators(range(8)), "progress": False}
history = fit(fleet, CrossEntropyLoss(), optimizer, X, y, schedule=schedule, schedule_per="step", **run)

rates = 1e-4 * 1e5 ** (np.arange(num_steps) / num_steps)
smooth = np.convolve(np.mean(history.losses, axis=1), np.ones(7) / 7, mode="same")[3:-3]
lowest = rates[3:-3][np.argmin(smooth)]
print(f"the loss is lowest at a rate of about {lowest:.1g}; a third of it is a safe start: {lowest / 3:.1g}")

# %%
fig = figures.finder(rates[3:-3], smooth, lowest)
show(fig, alt="The loss stays at 2.3 until a rate of 0.03, falls to its lowest near 1 and then jumps up.")

# %% [markdown]
r"""
## 3. The batch size

### What a batch is: a noisy estimate

The gradient of a batch is the mean of $B$ gradients of single samples. It estimates the mean over all of
them, and like the mean of any $B$ random numbers its error falls as $1/\sqrt B$. Measured, as the distance
between the gradient of a batch and the full gradient, 200 batches of each size:
"""

# %%
model, criterion = network(seed=0), CrossEntropyLoss()
train_in_twelve_lines(model, SGD(model, lr=0.1), X, y, 32, num_epochs=2, rng=np.random.default_rng(0))


def gradient(model, X, y):
    criterion.forward(model.forward(X), y)
    model.backward(criterion.backward())
    return model.d_flat.copy()  # all gradients of the model, as one vector


full, rng = gradient(model, X, y), np.random.default_rng(1)
batch_sizes, errors = [1, 4, 16, 64, 256], []
for batch_size in batch_sizes:
    batches = rng.integers(len(X), size=(200, batch_size))
    squares = [np.sum((gradient(model, X[rows], y[rows]) - full) ** 2) for rows in batches]
    errors.append(np.sqrt(np.mean(squares)))

slope = np.polyfit(np.log(batch_sizes), np.log(errors), 1)[0]
print(f"length of the full gradient {np.linalg.norm(full):.2f}; error with B = 1: {errors[0]:.1f}")
claim("larger-batch-stabler-gradient", measured=slope)

# %%
fig = figures.gradient_noise(batch_sizes, errors, np.linalg.norm(full))
show(
    fig,
    alt="On logarithmic scales the error of the gradient falls along a line of slope -1/2, from 3.3 to 0.2.",
)

# %% [markdown]
r"""
The gradient of one sample is eight times as much noise as signal, and still its steps lead down on average.
Four times the batch halves the noise: four times the work for twice the precision.

### Three rulers

Back to the opening. Five batch sizes, the learning rate 0.1 for all, three seeds. Every few steps we write
down the accuracy. Then the same curves are measured with three rulers: by **epochs** (samples seen), by
**steps** (updates made), and by **time**, that is, by compute. A step costs a fixed effort to get going,
plus some for each sample; with this network and library the fixed part is worth about 40 samples (section 4
measures it), so we count $40 + B$ for a step.
"""


# %%
class Watch:
    """A callback of fit: the validation accuracy after every few steps."""

    def __init__(self, every):
        self.every, self.steps, self.accuracies = every, [], []

    def __call__(self, run):  # after each epoch: nothing to do
        pass

    def on_step(self, run):
        if len(run.history.losses) % self.every == 0:
            self.steps.append(len(run.history.losses))
            self.accuracies.append(accuracy(predict(run.model, X_validation), y_validation))


watched = {}
for batch_size, num_epochs in {2: 10, 8: 10, 32: 12, 128: 48, 512: 192}.items():
    watch = Watch(every=max(4, 64 // batch_size))
    train_fleet([0.1], range(3), batch_size=batch_size, num_epochs=num_epochs, callbacks=[watch])
    watched[batch_size] = np.array(watch.steps), np.mean(watch.accuracies, axis=1)

# %%
rulers = {
    "10 epochs": lambda B: 10 * 1024 / B,  # how many steps of batch size B that is
    "384 steps": lambda B: 384,
    "equal time": lambda B: 384 * (40 + 32) / (40 + B),
}
reached = {
    name: [np.interp(num_steps(B), *watched[B]) for B in watched] for name, num_steps in rulers.items()
}
print("batch size ", *(f"{B:5}" for B in watched))
for name, scores in reached.items():
    print(f"{name:11}", *(f"{score:5.2f}" for score in scores))

# %%
fig = figures.three_rulers(watched, overhead=40)
show(
    fig,
    alt="Accuracy by batch size with three axes. By epochs batch 2 and 8 rise first, by steps 32 to 512 do, "
    "by time batch 8 leads.",
)

# %% [markdown]
r"""
Three rulers, three winners.

- By **epochs** the small batch wins: it makes 5,120 updates where the large one makes 20.
- By **steps** the large batches win, and by little: from 32 on nothing is gained, though an update at 512
  has looked at 16 times as many samples.
- By **time** the middle wins, 8 and 32: at 2 the fixed effort eats the time, at 512 the samples do.

So ask about batch sizes: *at equal what?* On a graphics card the fixed part can be worth
thousands of samples, so there the third ruler looks more like the second. That is why people with large
machines speak well of large batches.
"""

# %% [markdown]
r"""
Two claims can be closed with the table: the first with the accuracy at 8 minus that at 512, after equal
epochs; the second with the spread from 8 to 512, after equal steps. This small model takes any batch size, if
it gets the steps.
"""

# %%
claim("bigger-batch-is-better", measured=reached["10 epochs"][1] - reached["10 epochs"][4])
claim("batch-size-fits-model-size", measured=max(reached["384 steps"][1:]) - min(reached["384 steps"][1:]))

# %% [markdown]
r"""
### With a learning rate for each

The comparison was not fair: a cleaner gradient bears a larger step. So give each batch size the best of
three learning rates, and count how long it takes to reach 90 %.
"""

# %%
lrs = [0.1, 0.3, 1.0]
samples = {}
for batch_size, num_epochs in {4: 3, 32: 4, 256: 20, 1024: 60}.items():
    watch = Watch(every=4)
    train_fleet(lrs, range(2), batch_size=batch_size, num_epochs=num_epochs, callbacks=[watch])
    curves = np.reshape(watch.accuracies, (-1, len(lrs), 2)).mean(axis=2)
    first = np.where(curves.max(axis=0) >= 0.9, (curves >= 0.9).argmax(axis=0), 10**6)
    steps, best = watch.steps[first.min()], lrs[first.argmin()]
    samples[batch_size] = steps * batch_size
    print(f"B = {batch_size:4}, lr {best:.1f}: 90 % after {steps:3} steps = {samples[batch_size]:6,} samples")

claim("large-batches-converge-slowly", measured=samples[1024] / samples[4], digits=0)

# %% [markdown]
r"""
The best rate grows with the batch, and so does what a step achieves, until a *critical batch size*: 1024
needs as many steps as 256, and three of four samples are wasted. It lies where the noise of the gradient no
longer matters next to the gradient itself (McCandlish 2018). The claim is closed with the ratio of the
samples, 1024 to 4.

At the other end, does a batch of one train at all? It needs a smaller rate:
"""

# %%
ones = train_fleet([0.5, 0.1, 0.02], range(3), batch_size=1, num_epochs=3)["validation_accuracy"][-1]
for lr, scores in zip((0.5, 0.1, 0.02), ones, strict=True):
    print(f"batch size 1, lr {lr:<4}: {scores.mean():.2f}")
claim("tiny-batch-hardly-converges", measured=ones[2].mean() - ones[0].mean())

# %% [markdown]
r"""
Too small a batch is hard to train with the rate of a larger one. That is all. (The number is the accuracy at
0.02 minus that at 0.5.)
"""

# %% [markdown]
r"""
## 4. What a batch costs

### Memory

The backward pass needs what the forward pass computed, and keeps it for every sample of the batch. Python
can tell how much memory is held; here after a forward pass through a wider network:
"""


# %%
def bytes_of_arrays():
    """What NumPy's arrays take that were made since tracemalloc.start(); the kernel's own are left out."""
    arrays = tracemalloc.DomainFilter(True, np.lib.tracemalloc_domain)
    traces = tracemalloc.take_snapshot().filter_traces([arrays])
    return sum(trace.size for trace in traces.traces)


wide = network(seed=0, sizes=(64, 256, 256, 10))
kept = {}
for batch_size in (32, 256, 1024):
    wide.forget(keep=False)
    tracemalloc.start()
    wide.forward(np.zeros((batch_size, 64)))
    kept[batch_size] = bytes_of_arrays()
    tracemalloc.stop()
    print(f"batch size {batch_size:4}: {kept[batch_size] / 2**20:5.2f} MiB kept for the backward pass")

print(f"parameters (the same again for gradients, twice more for Adam): {wide.flat.nbytes / 2**20:.2f} MiB")
claim("larger-batch-more-memory", measured=kept[1024] / kept[32], digits=0)

# %% [markdown]
r"""
Parameters, gradients and the optimizer's state do not grow with the batch; the kept values grow in
proportion to it. All of it must fit into the memory of the device, the **GPU memory** of a graphics card.
When it does not, training ends with **out of memory (OOM)**, and the first remedy is a smaller batch.

### Time

The only cell of this lesson that looks at a clock:
"""

# %% tags=["nbval-ignore-output"]
from time import process_time

seconds = {}
for batch_size in (1, 32, 256, 1024):
    model, times = network(seed=0), []
    optimizer = SGD(model, lr=0.01)
    for _ in range(3):
        start = process_time()
        num_epochs = max(1, batch_size // 16)
        run = {"batch_size": batch_size, "num_epochs": num_epochs, "rng": np.random.default_rng(0)}
        history = fit(model, CrossEntropyLoss(), optimizer, X, y, progress=False, **run)
        times.append((process_time() - start) / len(history.losses))
    seconds[batch_size] = min(times)
    per_second = batch_size / seconds[batch_size]
    print(f"B = {batch_size:4}: {1e6 * min(times):4.0f} µs per step, {per_second:9,.0f} samples per second")

per_sample = (seconds[1024] - seconds[256]) / (1024 - 256)
print(f"the fixed part of a step is worth {seconds[1] / per_sample - 1:.0f} samples")
assert 3 < seconds[1024] / seconds[1] < 300
claim("larger-batch-slower-update", measured=seconds[1024] / seconds[1], digits=0)
claim("larger-batch-faster-epoch", measured=(seconds[256] / 256) / (seconds[1024] / 1024))

# %% [markdown]
r"""
The first claim is closed with the time of a step at 1024 over that at 1, the second with the speed of an
epoch at 1024 over that at 256. From 1 to 256 an epoch becomes many times faster, since the fixed part is
paid less often. After that nothing is gained: the machine is busy with samples.

### A large batch in small pieces

If 256 samples do not fit, take 8 times 32, add up the gradients, divide by 8 and step once. This is
**gradient accumulation**. A mean of means of equal size is the mean, so nothing changes:
"""


# %%
def accumulated(model, X, y, micro_batch):
    total = np.zeros_like(model.flat)
    for start in range(0, len(X), micro_batch):
        part = slice(start, start + micro_batch)
        total += gradient(model, X[part], y[part]) * len(X[part])
    return total / len(X)


def relative_difference(model):
    large, in_pieces = gradient(model, X[:256], y[:256]), accumulated(model, X[:256], y[:256], 32)
    return np.linalg.norm(large - in_pieces) / np.linalg.norm(large)


from helpers.nn.normalization import BatchNorm

rng = np.random.default_rng(0)
with_batch_norm = Sequential(Linear(64, 32, rng=rng), BatchNorm(32), ReLU(), Linear(32, 10, rng=rng))
plain, normed = relative_difference(network(seed=0)), relative_difference(with_batch_norm)
print(f"without batch norm: less than 1e-15: {plain < 1e-15}")
print(f"with batch norm:    {normed:.2f}")
claim("accumulation-gives-large-batch", measured=int(-np.log10(plain)), digits=0)

# %% [markdown]
r"""
The number says how many digits agree. With **batch norm** (lesson 10) it is not the same:
each sample is compared with its 31 neighbours instead of 255. Accumulation saves memory, not time. `fit`
does it with `accumulate=8`.
"""

# %% [markdown]
r"""
## 5. Schedules

Far from the minimum you want large steps; near it the noise of the gradient throws you about, the more the
larger the steps. Where it ends is clear on the parabola $\frac12 w^2$ with a noisy slope $w + \text{noise}$,
2,000 runs of 500 steps:
"""

# %%
cosine = [(1 + np.cos(np.pi * t / 500)) / 2 for t in range(500)]
rules = {
    "constant 0.1": [0.1] * 500,
    "constant 0.01": [0.01] * 500,
    "step 0.1, 0.01, 0.001": [0.1] * 250 + [0.01] * 125 + [0.001] * 125,
    "cosine 0.1 to 0": 0.1 * np.array(cosine),
    "0.1 / (1 + t/25)": 0.1 / (1 + np.arange(500) / 25),
}
floor = {}
for name, rates in rules.items():
    rng, w = np.random.default_rng(0), np.full(2000, 3.0)
    for lr in rates:
        w -= lr * (w + rng.normal(size=2000))
    floor[name] = np.mean(w**2 / 2)
    print(f"{name:22} loss at the end {floor[name]:.4f}")

# %% [markdown]
r"""
A constant rate ends on a floor of about lr/4 and gets no lower, however long you train. Here 0.01 did well,
since 500 steps were just enough to arrive; who does not know that beforehand starts high and lets the rate
fall, and $1/t$ came lowest. A rule for that is a **learning-rate schedule**, also called *decay* or
*annealing*. With $T$ steps in all:

| schedule | rate after $t$ steps |
| --- | --- |
| **linear annealing** | $\eta_0 (1 - t/T)$ |
| **exponential decay** | $\eta_0 \gamma^t$ |
| **step decay** | $\eta_0 \gamma^{\lfloor t/s \rfloor}$: constant between milestones, then times $\gamma$ |
| **cosine annealing** | $\frac12 \eta_0 (1 + \cos(\pi t/T))$ |
| warm-up | from nearly 0 up to $\eta_0$, then one of the above |
| one-cycle | up to $\eta_0$ in the first 30 % of the steps and down to nearly 0, along cosines |
| **ReduceLROnPlateau** (dynamic adjustment) | times a factor, after some epochs without improvement |

In the library each is one formula. Those of PyTorch, epoch by epoch:
"""

# %%
from torch.optim import lr_scheduler

from helpers.nn import schedules

COSINE, STEPS = {"T_max": 20}, {"step_size": 10, "gamma": 0.1}
LINEAR, EXPONENTIAL = {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 20}, {"gamma": 0.9}
chosen = {"StepLR": STEPS, "ExponentialLR": EXPONENTIAL, "CosineAnnealingLR": COSINE, "LinearLR": LINEAR}


def rates_of(library, optimizer, name):
    schedule, rates = getattr(library, name)(optimizer, **chosen[name]), []
    for _ in range(41):
        rates.append(optimizer.param_groups[0]["lr"] if library is lr_scheduler else optimizer.lr)
        optimizer.step()
        schedule.step()
    return np.array(rates)


rates = {}
for name in chosen:
    theirs = rates_of(lr_scheduler, torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0), name)
    rates[name] = rates_of(schedules, SGD(network(seed=0), lr=1.0), name)
    same = bool(np.abs(rates[name] - theirs).max() < 1e-12)
    print(f"{name:18} agrees: {same}   epochs 0, 10, 20, 30, 40:", rates[name][::10].round(3))

# %%
show(
    figures.schedules(rates),
    alt="Four schedules over 40 epochs: a staircase, a decaying curve, a straight line that stays at 0.1, "
    "and a cosine that reaches 0 at epoch 20 and climbs back to 1.",
)

# %% [markdown]
r"""
Three things that people say can be read off. *"The schedule ends the training at the lowest rate."* No
schedule stops anything; the cosine even climbs back, after 40 epochs to this:
"""

# %%
claim("minimum-rate-ends-training", measured=rates["CosineAnnealingLR"][40])

# %% [markdown]
r"""
*"Step decay has different speeds in different stages."* Within a stage it does not decay at all, and between
stages it is always the same factor. How many different factors?
"""

# %%
factors = rates["StepLR"][1:] / rates["StepLR"][:-1]
drops = np.unique(factors[factors < 1].round(9))
print("from epoch to epoch the rate is multiplied by", np.unique(factors.round(9)))
claim("step-decay-by-stage", measured=len(drops), digits=0)

# %% [markdown]
r"""
*"Annealing avoids too large updates at the start."* It starts at the highest rate. Against a wild start there
is the **warm-up**. A deep network, five hidden layers, a rate that is a little too large for it, and Adam
(lesson 08), which divides each step by an average of the gradient's size, so that even the first steps have
full length. How far do the parameters move from step 1 to step 10, and where does the training end?
"""


# %%
class Distance:
    """A callback of fit: how far the parameters get from the first step to the tenth."""

    def __call__(self, run):
        pass

    def on_step(self, run):
        if len(run.history.losses) == 1:
            self.first = run.model.flat.copy()
        if len(run.history.losses) == 10:
            self.moved = np.linalg.norm(run.model.flat - self.first, axis=1).mean()


T, deep = 8 * 32, (64, 32, 32, 32, 32, 32, 10)


def constant(optimizer):
    return schedules.ConstantLR(optimizer, factor=1.0)


def annealed_to(T):
    return lambda optimizer: schedules.CosineAnnealingLR(optimizer, T_max=T)


def warmed_up(optimizer):
    after = schedules.CosineAnnealingLR(optimizer, T_max=T - 26)
    return schedules.WarmupLR(optimizer, 26, start_factor=0.01, after=after)


moved = {}
settings = {"batch_size": 32, "num_epochs": 8, "sizes": deep, "optimizer": Adam, "schedule_per": "step"}
for name, schedule in {"constant": constant, "cosine": annealed_to(T), "warm-up": warmed_up}.items():
    watch = Distance()
    scores = train_fleet([0.02], range(4), schedule=schedule, callbacks=[watch], **settings)
    moved[name] = watch.moved
    print(f"{name:9} moved {watch.moved:5.2f}   accuracy {scores['validation_accuracy'][-1].mean():.2f}")

claim("annealing-tames-the-start", measured=moved["cosine"] / moved["constant"])

# %% [markdown]
r"""
### When did which schedule help?

The same network as before, batch size 16, twelve epochs, four seeds, three rates to start from. Written
is the validation loss.
"""

# %%
num_epochs, start_rates = 12, [0.03, 0.3, 0.9]
choices = {
    "constant": constant,
    "linear": lambda o: schedules.LinearLR(o, start_factor=1.0, end_factor=0.0, total_iters=num_epochs),
    "exponential": lambda o: schedules.ExponentialLR(o, gamma=0.01 ** (1 / num_epochs)),
    "step": lambda o: schedules.StepLR(o, step_size=4, gamma=0.1),
    "cosine": annealed_to(num_epochs),
    "warm-up": lambda o: schedules.WarmupLR(o, 2, start_factor=0.1, after=annealed_to(num_epochs - 2)(o)),
    "one-cycle": lambda o: schedules.OneCycleLR(o, max_lr=o.lr, total_steps=num_epochs + 1),
}
ends = {
    name: train_fleet(start_rates, range(4), batch_size=16, num_epochs=num_epochs, schedule=schedule)
    for name, schedule in choices.items()
}
print("start at    ", *(f"{lr:6}" for lr in start_rates))
for name, history in ends.items():
    print(f"{name:12}", *(f"{loss:6.2f}" for loss in history["validation_loss"][-1].mean(axis=1)))


def on_plateau(optimizer):
    return schedules.ReduceLROnPlateau(optimizer, factor=0.3, patience=0)


plateau = [
    [
        train_fleet([lr], [seed], batch_size=16, num_epochs=num_epochs, schedule=on_plateau)
        for seed in range(4)
    ]
    for lr in start_rates
]  # one network at a time: each decides for itself when to lower its rate
losses = [np.mean([run["validation_loss"][-1] for run in runs]) for runs in plateau]
print("plateau     ", *(f"{loss:6.2f}" for loss in losses))

# %% [markdown]
r"""
| setting | what helped |
| --- | --- |
| far too low a rate, 0.03 | nothing; what lowers it by the clock only shortens the way, and *plateau* waits |
| a good rate, 0.3 | hardly anything: the ends are alike, only too fast a decay (exponential) loses |
| near the cliff, 0.9 | all of them: the high rate covers ground, the falling rate settles |
| deep network, Adam, a little too high | warm-up; cosine alone starts as wildly as a constant rate |
| noisy slope near a minimum, 0.1 | all of them: the floor falls with the rate |

Schedules and rates belong together: with a schedule, start higher than you would without one.
"""

# %%
near_cliff = [ends[name]["loss"][-1, 2].mean() for name in ("constant", "cosine")]
print(f"training loss from a rate of 0.9: constant {near_cliff[0]:.2f}, cosine {near_cliff[1]:.2f}")
claim("cosine-converges-better", measured=near_cliff[0] / near_cliff[1], digits=1)

# %% [markdown]
r"""
## 6. A loop for real work

Twelve lines train. These also look at validation data, move the rate, clip a gradient that is too long,
notice when the loss is no longer a number, stop in time, and bring back the best weights:
"""


# %%
def train_for_real(model, optimizer, X, y, validation, *, num_epochs, rng, schedule, patience):
    criterion, clip = CrossEntropyLoss(), ClipNorm(5.0)
    curves, best, best_epoch, best_weights = [], np.inf, 0, model.flat.copy()
    for epoch in range(num_epochs):
        model.train()  # dropout and batch norm: as in training
        order, losses = rng.permutation(len(X)), []
        for start in range(0, len(X), 32):
            batch = order[start : start + 32]
            losses.append(criterion.forward(model.forward(X[batch]), y[batch]))
            model.backward(criterion.backward())
            clip(model)  # no single batch throws the network away
            optimizer.step()
        if not np.isfinite(losses[-1]):
            raise FloatingPointError("the loss is not finite: try a learning rate ten times smaller")
        schedule.step()
        model.eval()  # dropout and batch norm: as in use
        on_validation = criterion.forward(model.forward(validation[0]), validation[1])
        curves.append((np.mean(losses), on_validation))
        if on_validation < best:
            best, best_epoch, best_weights = on_validation, epoch, model.flat.copy()
        elif epoch - best_epoch >= patience:
            break
    model.flat[:] = best_weights
    return np.array(curves)


# %% [markdown]
r"""
To see it work, make it hard: only 400 pictures, and three in ten labels replaced by chance. Such labels can
only be learned by heart.
"""

# %%
from helpers.training import EarlyStopping

rng = np.random.default_rng(0)
X_few, y_few = X[:400], y[:400].copy()
wrong = rng.random(400) < 0.3
y_few[wrong] = rng.integers(10, size=wrong.sum())

validation_set = (X_validation, y_validation)
ours, theirs = network(0, sizes=(64, 128, 10)), network(0, sizes=(64, 128, 10))
optimizers = [Adam(model, lr=6e-3) for model in (ours, theirs)]
falling = [schedules.ExponentialLR(optimizer, gamma=0.99) for optimizer in optimizers]

run = {"num_epochs": 100, "schedule": falling[0], "patience": 10, "rng": np.random.default_rng(0)}
curves = train_for_real(ours, optimizers[0], X_few, y_few, validation_set, **run)

run = {"batch_size": 32, "num_epochs": 100, "schedule": falling[1], "rng": np.random.default_rng(0)}
run |= {"validation": validation_set, "callbacks": [EarlyStopping(patience=10)], "clip": ClipNorm(5.0)}
history = fit(theirs, CrossEntropyLoss(), optimizers[1], X_few, y_few, progress=False, **run)

print(f"stopped after {len(curves)} epochs; the best was epoch {curves[:, 1].argmin() + 1}")
print("fit ends with the same weights, to 1e-8:", bool(np.abs(ours.flat - theirs.flat).max() < 1e-8))

# %% [markdown]
r"""
`fit` is this loop. In Keras the parts have other names: `compile` binds an optimizer, a loss and metrics to
the model before its `fit` runs the loop.

### Reading the curves

The **loss curves** (training curves) of such runs without a stop, for the wrong labels and for the right
ones, mean of three seeds:
"""

# %%
settings = {"batch_size": 32, "num_epochs": 60, "sizes": (64, 128, 10), "optimizer": Adam}
noisy = train_fleet([6e-3], range(3), on=(X_few, y_few), **settings)
clean = train_fleet([6e-3], range(3), **settings)
for name, run in {"wrong labels": noisy, "right labels": clean}.items():
    curve = run["validation_accuracy"].mean(axis=(1, 2))
    print(f"{name}, accuracy after epoch 2: {curve[1]:.2f}, 10: {curve[9]:.2f}, 60: {curve[59]:.2f}")

curve = noisy["validation_accuracy"].mean(axis=(1, 2))
claim("too-many-iterations-overfit", measured=curve.max() - curve[-1])

# %%
show(
    figures.curves({"30 % of 400 labels by chance": noisy, "1,024 right labels": clean}),
    alt="With wrong labels the training loss falls on while the validation loss turns and rises. With right "
    "labels both fall and stay down.",
)

# %% [markdown]
r"""
What to look for: both curves high and flat, the rate is too small. Both jump, it is too large. Training
falls and validation rises, the network learns by heart: **early stopping** ends there and goes back to the
best epoch. Both fall, go on. A **stopping criterion** is the rule that ends the training: a budget of steps,
a loss that is low enough, or this one. With right labels there was nothing to stop; more epochs did no harm.

*"The rate is lowered after convergence to prevent overfitting."* On the parabola of section 5 there was
nothing to overfit, and lowering the rate still lowered the loss. That is its main effect; the number is the
floor of the constant rate over that of the cosine. But look at the wrong labels, now with SGD and 40 epochs:
"""

# %%
for name, schedule in {"constant": constant, "cosine": annealed_to(40)}.items():
    run = train_fleet(
        [0.3],
        range(4),
        schedule=schedule,
        **settings | {"num_epochs": 40, "optimizer": SGD},
        on=(X_few, y_few),
    )
    loss, score = run["loss"][-1].mean(), run["validation_accuracy"][-1].mean()
    print(f"{name:8} training loss {loss:.2f}, validation accuracy {score:.2f}")

claim("lower-rate-prevents-overfitting", measured=floor["constant 0.1"] / floor["cosine 0.1 to 0"], digits=1)

# %% [markdown]
r"""
With the cosine the training loss is *higher* and the accuracy too: the network came less far, so it learned
less by heart. Partly true, then, and a kind of early stopping.

### Stop today, continue tomorrow

**Model checkpointing** is saving a run at intervals, or whenever the validation improves. To *use* a model,
its weights are enough. To *continue*, everything is needed that the next step depends on. What happens if
you save the weights only? Adam, 45 epochs without a break, against 40 and 5.
"""

# %%
from helpers.training import load_checkpoint, save_checkpoint

folder = tempfile.TemporaryDirectory()
checkpoint = Path(folder.name) / "epoch_40.npz"


def go_on(model, optimizer, rng, num_epochs=5):
    run = {"batch_size": 32, "num_epochs": num_epochs, "rng": rng, "progress": False}
    return fit(model, CrossEntropyLoss(), optimizer, X, y, **run).losses


unbroken, rng = network(seed=0), np.random.default_rng(0)
optimizer = Adam(unbroken, lr=0.01)
go_on(unbroken, optimizer, rng, num_epochs=40)
save_checkpoint(checkpoint, unbroken, optimizer, rng=rng)
losses = go_on(unbroken, optimizer, rng)  # without a break


# %%
def resume(keep_optimizer=True, keep_generator=True):
    """The next five epochs from the checkpoint: the largest difference of a weight, and the losses."""
    model, rng = network(seed=1), np.random.default_rng(7)  # as different as can be
    optimizer = Adam(model, lr=0.01)
    load_checkpoint(
        checkpoint,
        model,
        optimizer if keep_optimizer else Adam(model),
        rng=rng if keep_generator else np.random.default_rng(),
    )
    losses = go_on(model, optimizer, rng)
    return np.abs(model.flat - unbroken.flat).max(), losses


(same, _), (difference, losses_new), (other_order, _) = resume(), resume(False), resume(True, False)
print("everything restored, the same to the last bit:", same == 0)
print(f"without the optimizer's state: a weight differs by {difference:.2f}")
print(f"without the generator's state: a weight differs by {other_order:.2f}")
before, after = np.mean(losses[:16]), np.mean(losses_new[:16])
print(f"loss over the next 16 steps: {before:.3f}, with a new Adam {after:.3f}")
folder.cleanup()

# %% [markdown]
r"""
Without Adam's averages the loss is twice as high for a while. *"Save the weights each epoch, change
hyperparameters by hand and continue."* It works, but it is another run, and nobody can repeat it who does not
know what you changed and when. Save all the state, and write changes down as a schedule.
"""

# %%
claim("save-and-change-by-hand", measured=difference)

# %% [markdown]
r"""
## 7. Searching

**Hyperparameter tuning** is looking for settings with a good validation score, within a budget. Left to an
algorithm it is called **automated hyperparameter optimization (HPO)**.

- **Grid search** tries every combination of listed values: 4 learning rates × 4 weight decays = 16.
- **Random search** draws each setting at random. Sixteen draws try sixteen *different* learning rates, and
  if the weight decay hardly matters, that is four times as many chances.
- **Bayesian optimization** learns from the trials so far. A model of the score (the *surrogate*) says
  which setting promises most (the *acquisition function*); try it, update the model, repeat. We use Optuna's
  TPE: its surrogate is two densities, one of the settings that went well, one of those that went badly.
- **Simulated annealing** walks: a step to a worse place is accepted with probability $e^{-\Delta/T}$, and the
  temperature $T$ falls. It has only the name in common with learning-rate annealing, and is hardly used for
  this.

Sixteen trials each. One trial is a short training: 512 pictures, four epochs. The learning rate ranges over
five powers of ten, the weight decay too. As you do not know beforehand where the good region lies, each of
twelve searches begins its range of learning rates elsewhere.

**Predict:** what validation accuracy has each of the three found in the end, on average?
"""

# %%
optuna.logging.set_verbosity(optuna.logging.WARNING)
seeds = range(12)
lowest = [10.0 ** rng.uniform(-5, -3) for rng in generators(seeds)]


def short_training(lrs, weight_decays):
    """The validation accuracy of one network for each search, shape (searches,)."""
    fleet = Fleet([network(seed) for seed in seeds])
    optimizer = SGD(fleet, lr=lrs, weight_decay=weight_decays)
    run = {"batch_size": 32, "num_epochs": 4, "rng": generators(seeds), "progress": False}
    fit(fleet, CrossEntropyLoss(), optimizer, X[:512], y[:512], **run)
    return accuracy(predict(fleet, X_validation), y_validation)


# %%
def search(sampler, points=()):
    """The best accuracy so far after each of 16 trials, shape (16, searches)."""
    studies = [optuna.create_study(sampler=sampler(seed), direction="maximize") for seed in seeds]
    for study, rng in zip(studies, generators(seeds), strict=True):
        for point in rng.permutation(points):
            study.enqueue_trial(dict(zip(("lr", "decay"), point, strict=True)))
    found = []
    for _ in range(16):
        trials = [study.ask() for study in studies]
        places = [(trial.suggest_float("lr", 0, 5), trial.suggest_float("decay", -6, -1)) for trial in trials]
        lr, decay = np.transpose(places)
        scores = short_training(lowest * 10.0**lr, 10.0**decay)
        for study, trial, score in zip(studies, trials, scores, strict=True):
            study.tell(trial, score)
        found.append([study.best_value for study in studies])
    return np.array(found)


grid = [(lr, decay) for lr in np.linspace(0, 5, 4) for decay in np.linspace(-6, -1, 4)]
found = {
    "grid": search(lambda seed: optuna.samplers.RandomSampler(seed), points=grid),
    "random": search(lambda seed: optuna.samplers.RandomSampler(seed)),
    "Bayes (TPE)": search(lambda seed: optuna.samplers.TPESampler(n_startup_trials=5, seed=seed)),
}
for name, best in found.items():
    print(f"{name:12} after 16 trials: mean {best[-1].mean():.2f}, worst of twelve {best[-1].min():.2f}")

# %%
show(
    figures.search_progress(found),
    alt="Best accuracy so far over 16 trials, each of 12 searches in grey and their mean: the grid ends "
    "lowest, random search above it, and TPE is highest from the sixth trial on.",
)
claim("search-finds-best-hyperparameters", measured=found["random"][-1].mean() - found["grid"][-1].mean())

# %% [markdown]
r"""
The grid has only four learning rates, more than a power of ten apart; whether one of them is good is luck.
Random search depends less on it. TPE begins with the same five draws and spends the others where those went
well. None of them finds *the* optimum; they find something good for what you pay. *"The optimal learning rate
is found by search"*: in section 2 the five seeds disagreed about it. So many different winners among five:
"""

# %%
claim("search-finds-best-rate", measured=len(np.unique(winners)), digits=0)

# %% [markdown]
r"""
## Try it

A network that trains under your hands. Before you touch it, predict:

1. Raise the **learning rate** slowly. Which do you see first, a loss that zig-zags, or one that explodes?
2. At a rate where it just still trains, take a **batch size** of 1. What happens to the loss curve?
3. Then lower the rate by a factor of ten. Does it come to rest?

<details><summary>Answer</summary>

With the settings it begins with: the zig-zag comes first, from a rate of 1 on; at 3 the loss rises. At a rate
of 2 a batch of one is too noisy, and the loss rises. At 0.3 it falls again, but a batch of one goes on
jumping when you play on: its floor is lower, not gone.

</details>
"""

# %%
from helpers.explore.playground import explorer

explorer()

# %% [markdown]
r"""
## You may have heard

**"Smaller batches generalise better."** Keskar (2017) found that on large tasks. To compare generalization
alone, stop each run at the same training loss, 0.05, and give each batch size a rate that suits it. 400
pictures, four seeds. The number is the accuracy at 8 minus that at 400.
"""

# %%
few, at_same_loss = (X[:400], y[:400]), {}
for batch_size, lr, num_epochs in ((8, 0.05, 65), (64, 0.3, 75), (400, 1.0, 170)):
    run = train_fleet([lr], range(4), batch_size=batch_size, num_epochs=num_epochs, on=few)
    there = (run["loss"][:, 0] < 0.05).argmax(axis=0)  # by seed, the first epoch below 0.05
    at_same_loss[batch_size] = run["validation_accuracy"][there, 0, range(4)].mean()
    print(
        f"batch size {batch_size:3}: epoch {there.mean() + 1:3.0f}, accuracy {at_same_loss[batch_size]:.3f}"
    )
claim("smaller-batch-generalises-better", measured=at_same_loss[8] - at_same_loss[400])

# %% [markdown]
r"""
No gap here. It has been found on larger tasks; longer training or a tuned rate closed it there (Hoffer 2017,
Goyal 2017).

**"Converged means that the error of any sample is stable."** The loss of each validation sample over the
last ten of 60 epochs. The number is the largest move of a single one.
"""

# %%
each = []


def loss_of_each(run):
    logits = predict(run.model, X_validation)
    each.append(CrossEntropyLoss(reduction="none").forward(logits, y_validation))


model = network(seed=0)
run = {"batch_size": 16, "num_epochs": 60, "rng": np.random.default_rng(0), "callbacks": [loss_of_each]}
fit(model, CrossEntropyLoss(), SGD(model, lr=0.1), X, y, progress=False, **run)

last_ten = np.array(each[-10:])
moves = np.abs(np.diff(last_ten, axis=0))
mean_moves = np.abs(np.diff(last_ten.mean(axis=1)))
print(f"mean over all samples: {last_ten.mean():.2f}, moves by {mean_moves.mean():.3f}")
print(f"single samples: half of them move by less than {np.median(moves):.4f}, one by {moves.max():.1f}")
claim("converged-means-every-sample", measured=moves.max(), digits=1)

# %% [markdown]
r"""
## The test set, once

All choices above were made on the validation set. So the 373 pictures that nobody has looked at may speak
now, for one network: batch size 32, a start near the cliff, a cosine, twenty epochs.
"""

# %%
X_all, y_all = data.load_digits()
model = network(seed=0)
optimizer = SGD(model, lr=0.8)
schedule = schedules.CosineAnnealingLR(optimizer, T_max=20)
run = {"batch_size": 32, "num_epochs": 20, "rng": np.random.default_rng(0), "schedule": schedule}
fit(model, CrossEntropyLoss(), optimizer, X, y, progress=False, **run)
print(f"validation {accuracy(predict(model, X_validation), y_validation):.2f}")
print(f"test       {accuracy(predict(model, X_all[test] / 16), y_all[test]):.2f}")

# %% [markdown]
r"""
## Think

1. 60,000 samples, batch size 128, 10 epochs. How many steps? How many with accumulation over 4 batches?

<details><summary>Answer</summary>

$\lceil 60000/128 \rceil = 469$ steps per epoch, 4,690 in all. With accumulation
$\lceil 469/4 \rceil = 118$ per epoch, 1,180 in all.

</details>

2. You double the batch size and keep the epochs. Someone tells you to double the learning rate as well. Why,
   and when does it fail?

<details><summary>Answer</summary>

Half as many steps, each twice as long, cover the same way, as long as the gradient hardly changes within
two small steps (Goyal 2017). It fails at the cliff: the limit 2/curvature does not move with the batch size,
so beyond some batch the doubled rate diverges. A warm-up helps for a while.

</details>

3. Your training loss is smooth, your validation loss zig-zags. Which learning rate is wrong?

<details><summary>Answer</summary>

Perhaps none. The printed training loss is a mean over all steps of an epoch, the validation loss is measured
at one place, on fewer samples. Lower the rate for an epoch: if the validation loss settles, it was the
noise of the last steps.

</details>

4. You resume a run from its weights, and for a few steps the loss is higher than before the break. Why?

<details><summary>Answer</summary>

Adam started with empty averages. Its first steps after the break have the full length of the learning rate
in every direction, also where the gradient is mostly noise, until its averages are filled again.

</details>

## Recap

- An epoch is one pass through the data, a step is one update: $\lceil n/B \rceil$ steps per epoch.
- The best learning rate stands close to the cliff: search on a logarithmic scale, and stay a little below.
- A batch's gradient has noise $\propto 1/\sqrt B$. Ask of every comparison of batch sizes: at equal epochs,
  steps or time?
- A schedule goes with a high start; a warm-up is what protects the start; neither stops the training.
- A run can be continued to the same bit, if optimizer, schedule and generator are saved with the weights.
- With few trials, random search beats the grid when few settings matter, and learning from the trials beats
  both.
"""

# %%
terms("09_training_loop")

# %% [markdown]
r"""
Now you: [exercise 09](../exercises/09_training_loop/09_training_loop.ipynb), from mini-batches to a search in
a budget. Next: lesson 10, normalization, and what it does to the usable learning rate.

Sources

- H. Robbins, S. Monro, [A stochastic approximation method](https://doi.org/10.1214/aoms/1177729586), 1951:
  where steps along a noisy gradient begin.
- S. McCandlish and others, [An empirical model of large-batch training](https://arxiv.org/abs/1812.06162),
  2018; C. Shallue and others,
  [Measuring the effects of data parallelism](https://jmlr.org/papers/v20/18-789.html), JMLR 2019.
- P. Goyal and others, [Accurate, large minibatch SGD](https://arxiv.org/abs/1706.02677), 2017: warm-up, and
  rates that grow with the batch.
- N. Keskar and others, [On large-batch training for deep learning](https://arxiv.org/abs/1609.04836), 2017;
  E. Hoffer and others, [Train longer, generalize better](https://arxiv.org/abs/1705.08741), 2017.
- L. Smith, [Cyclical learning rates for training neural networks](https://arxiv.org/abs/1506.01186), 2017:
  the learning-rate finder.
- J. Bergstra, Y. Bengio,
  [Random search for hyper-parameter optimization](https://jmlr.org/papers/v13/bergstra12a.html), JMLR 2012;
  T. Akiba and others, [Optuna](https://arxiv.org/abs/1907.10902), 2019.
- L. Prechelt, "Early stopping – but when?", 1998.
"""
