# %% [markdown]
r"""
# 09 · The training loop

Twelve lines train every network. What they do is decided by a few numbers that you choose, first of all by
the learning rate and the batch size. This lesson measures what those numbers do, so that you need not guess.

**You will be able to**

- write the training loop, and say what an epoch, a step and a batch are;
- check a loop before you believe what it says;
- find a good learning rate, and say why texts disagree about the batch size;
- say what a batch costs in memory and time, and make a large one of small pieces.

**Time:** {minutes} minutes. **Before this:** lessons [05](05_backward.ipynb), backward, and 08, optimizers.
"""

# %%
import math
import tracemalloc
from itertools import pairwise

import numpy as np
import torch

from helpers import data
from helpers.claims import claim
from helpers.figures import show
from helpers.figures import training_loop as figures
from helpers.glossary import terms
from helpers.nn.activations import ReLU
from helpers.nn.containers import Sequential
from helpers.nn.fleet import Fleet
from helpers.nn.layers import Linear
from helpers.nn.losses import CrossEntropyLoss
from helpers.nn.optimizers import SGD
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
### What to check first

A loop with a mistake in it often trains too, only worse, and nothing tells you. Two checks take a minute and
find many such mistakes.

- **The first loss.** A network that knows nothing yet gives each of $C$ classes a probability of about $1/C$.
  So its first cross-entropy is about $\log C$. If it is far off, look at the initialisation and at the loss.
- **Twenty rows by heart.** Train on twenty rows only. A network with 2,410 parameters can learn these by
  heart, so the loss must fall to nearly zero. If it does not, forward, backward and update do not fit
  together, or the labels do not fit the rows.
"""

# %%
model = network(seed=0)
first = CrossEntropyLoss().forward(model.forward(X), y)
print(f"first loss {first:.1f}, log 10 is {math.log(10):.1f}")

few = X[:20], y[:20]
optimizer = SGD(model, lr=0.1)
losses = train_in_twelve_lines(model, optimizer, *few, 5, num_epochs=100, rng=np.random.default_rng(0))
by_heart = accuracy(model.forward(few[0]), few[1])
print(f"twenty rows by heart: loss {np.mean(losses[-4:]):.2f}, {by_heart:.0%} right")

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
`fit` is the loop above with what [lesson 10](10_tuning.ipynb) will add. (In Keras the parts have other names:
`compile` binds an optimizer, a loss and metrics to the model before its `fit` runs the loop.)
"""

# %%
from helpers.training import fit, predict


def generators(seeds):
    return [np.random.default_rng(seed) for seed in seeds]


def train_fleet(lrs, seeds, *, batch_size, num_epochs, on=(X, y), sizes=(64, 32, 10), **options):
    """One network for each learning rate and seed: the history as arrays (epochs, lrs, seeds)."""
    pairs = [(lr, seed) for lr in lrs for seed in seeds]
    fleet = Fleet([network(seed, sizes) for _, seed in pairs])
    optimizer = SGD(fleet, lr=[lr for lr, _ in pairs])
    settings = {
        "batch_size": batch_size,
        "num_epochs": num_epochs,
        "rng": generators(seed for _, seed in pairs),  # each shuffles for itself
        "validation": (X_validation, y_validation),
        "metrics": {"accuracy": accuracy},
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

Lesson 10 does it in one short run, and asks what a *best* rate is worth.
"""

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
from time import thread_time

seconds = {}
for batch_size in (1, 32, 256, 1024):
    model, times = network(seed=0), []
    optimizer = SGD(model, lr=0.01)
    for _ in range(3):
        start = thread_time()
        num_epochs = max(1, batch_size // 16)
        run = {"batch_size": batch_size, "num_epochs": num_epochs, "rng": np.random.default_rng(0)}
        history = fit(model, CrossEntropyLoss(), optimizer, X, y, progress=False, **run)
        times.append((thread_time() - start) / len(history.losses))
    seconds[batch_size] = min(times)
    per_second = batch_size / seconds[batch_size]
    print(f"B = {batch_size:4}: {1e6 * min(times):4.0f} µs per step, {per_second:9,.0f} samples per second")

per_sample = (seconds[1024] - seconds[256]) / (1024 - 256)
print(f"the fixed part of a step is worth {seconds[1] / per_sample - 1:.0f} samples")
assert 3 < seconds[1024] / seconds[1] < 2000
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
The number says how many digits agree. With **batch norm** (lesson 11) it is not the same:
each sample is compared with its 31 neighbours instead of 255. Accumulation saves memory, not time. `fit`
does it with `accumulate=8`.
"""

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
"""

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

## Recap

- An epoch is one pass through the data, a step is one update: $\lceil n/B \rceil$ steps per epoch.
- Before you believe a loop: the first loss is about $\log C$, and twenty rows can be learned by heart.
- The best learning rate stands close to the cliff: search on a logarithmic scale, and stay a little below.
- A batch's gradient has noise $\propto 1/\sqrt B$. Ask of every comparison of batch sizes: at equal epochs,
  steps or time?
- Memory grows with the batch, the time of an epoch falls with it until the machine is busy; accumulation
  makes a large batch of small ones.
"""

# %%
terms("09_training_loop")

# %% [markdown]
r"""
Now you: [exercise 09](../exercises/09_training_loop/09_training_loop.ipynb), from mini-batches to a large
batch in pieces. Next: [lesson 10](10_tuning.ipynb), schedules, stopping in time, and searching.

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
"""
