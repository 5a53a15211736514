# %% [markdown]
r"""
# 09 · The training loop

Twelve lines train every network. What they do is decided by a few numbers that you choose, first of all by
the learning rate and the batch size. This lesson measures what those numbers do, so that you need not guess.

**You will be able to**

- write the training loop, and check it before you believe what it says;
- find a good learning rate, and say why texts disagree about the batch size;
- say what a batch costs in memory and time, and make a large one of small pieces.

**Time:** {minutes} minutes. **Before this:** lessons [05](05_backward.ipynb), backward, and
[08](08_optimizers.ipynb), optimizers.
"""

# %% jupyter={"source_hidden": true}
import math
from itertools import pairwise

import numpy as np
import torch

from helpers import data
from helpers.claims import claim
from helpers.figures import show
from helpers.figures import training_loop as figures
from helpers.glossary import terms
from helpers.nn import SGD, CrossEntropyLoss, Linear, ReLU, Sequential
from helpers.splits import three_way

# %% [markdown]
r"""
## Twelve lines

The data are the digits: 1,024 pictures to learn from, 400 to choose by, 373 to be looked at once, at the end
of [lesson 10](10_tuning.ipynb). The network is 64–32–10: 64 pixels, 32 hidden units, 10 classes.
"""

# %%
X, y = data.load_digits()
rng = np.random.default_rng(0)
train, validation, _ = three_way(len(X), 400, 373, rng)
X_validation, y_validation = X[validation] / 16, y[validation]
X, y = X[train] / 16, y[train]


def network(seed, sizes=(64, 32, 10)):
    rng = np.random.default_rng(seed)
    layers = []
    for n_in, n_out in pairwise(sizes):
        layers += [Linear(n_in, n_out, rng=rng), ReLU()]
    return Sequential(*layers[:-1])  # no ReLU after the last layer


# %% [markdown]
r"""
And this is the **training loop**. Shuffle; take some samples; forward, backward, update; again.
"""


# %%
def train_loop(model, optimizer, X, y, batch_size, num_epochs, rng):
    loss, losses = CrossEntropyLoss(), []
    for _ in range(num_epochs):
        order = rng.permutation(len(X))  # each row number once
        for start in range(0, len(X), batch_size):
            rows = order[start : start + batch_size]
            logits = model.forward(X[rows])
            losses.append(loss.forward(logits, y[rows]))
            slope = loss.backward()
            model.backward(slope)
            optimizer.step()
    return losses


# %% [markdown]
r"""
`X[rows]` picks the rows with these numbers, and a slice that would reach over the end is simply shorter. The
work is done by five calls. For a batch of $B$ rows:

| call | what it does |
| --- | --- |
| `model.forward(X[rows])` | the logits, shape (B, 10): a score for each class |
| `loss.forward(logits, y[rows])` | one number, the mean loss of these rows |
| `loss.backward()` | the slope of that loss for each logit, shape (B, 10) |
| `model.backward(slope)` | from it all gradients, in place of those of the batch before |
| `optimizer.step()` | moves all parameters a little against their gradients |

`batch_size` says how many samples are looked at before each update. Train the same network twice, from the
same start, ten times through the same data, with the same learning rate. Only the batch size differs: 8,
then 512.

**Predict:** which one knows more digits in the end, and by how much?
"""

# %% tags=["predict"]
for batch_size in (8, 512):
    model, rng = network(seed=0), np.random.default_rng(0)
    train_loop(model, SGD(model, lr=0.1), X, y, batch_size, 10, rng)
    guesses = model.forward(X_validation).argmax(axis=1)
    right = np.mean(guesses == y_validation)
    print(f"batch size {batch_size:3}: {right:.0%} of the validation pictures")

# %% [markdown]
r"""
<details><summary>What came out</summary>

94 % with batches of 8, 27 % with batches of 512.

</details>

And yet you will read that large batches are better, from people who measured it too. Section 3 asks whether
this comparison was fair.

First a check that our loop does what others do. PyTorch, from the same weights, over the same batches:
"""

# %%
from helpers.nn.twins import to_torch

nn, rng, model = torch.nn, np.random.default_rng(0), network(seed=0)
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)).double()
net.load_state_dict(to_torch(model))
sgd, loss = torch.optim.SGD(net.parameters(), lr=0.1), nn.CrossEntropyLoss()
for _ in range(3):
    order = rng.permutation(len(X))
    for start in range(0, len(X), 32):
        rows = order[start : start + 32]
        sgd.zero_grad()  # PyTorch adds to the gradients: clear them
        loss(net(torch.tensor(X[rows])), torch.tensor(y[rows])).backward()
        sgd.step()

train_loop(model, SGD(model, lr=0.1), X, y, 32, 3, np.random.default_rng(0))
theirs = net[0].weight.detach().numpy()
agree = bool(np.abs(theirs - model.layers[0].W.T).max() < 1e-12)
print("the weights after 96 steps agree to 1e-12:", agree)

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
model, rng = network(seed=0), np.random.default_rng(0)
first = CrossEntropyLoss().forward(model.forward(X), y)
print(f"first loss {first:.1f}, log 10 is {math.log(10):.1f}")

losses = train_loop(model, SGD(model, lr=0.1), X[:20], y[:20], 5, 100, rng)
right = np.mean(model.forward(X[:20]).argmax(axis=1) == y[:20])
print(f"twenty rows: loss {np.mean(losses[-4:]):.2f}, {right:.0%} right")

# %% [markdown]
r"""
## 1. Epoch, batch, step

- A **batch** is the group of samples that are processed together for one gradient. Their number is the
  **batch size** $B$.
- A **step**, or **iteration**, is one update of the parameters.
- An **epoch** is one pass through the whole training set. The last batch may be smaller, so $n$ samples make
  $\lceil n/B \rceil$ steps: $n$ divided by $B$, rounded up. (Drop the last batch, and you round down.)

The batch size, the learning rate and the **number of epochs** are **hyperparameters**: settings that you
choose, while the parameters are what the gradient changes. (In Keras, `compile` binds an optimizer, a loss
and metrics to a model, and its `fit` runs the loop.)
"""


# %%
def steps_per_epoch(n, batch_size):
    if batch_size < 1:  # makes no sense: stop, and say what came
        raise ValueError(f"a batch has 1 row or more, got {batch_size}")
    return math.ceil(n / batch_size)


print(steps_per_epoch(1000, 32), "steps, the last with", 1000 % 32, "rows")
claim(
    "ten-updates-per-epoch",
    because="1,000 samples / 100 a batch = 10 batches, one update for each",
)

# %% [markdown]
r"""
## 2. The learning rate

The **learning rate** scales each step: $\theta \leftarrow \theta - \text{lr} \cdot g$, the parameters become
what they were, minus the rate times their gradient. Eleven learning rates, each about three times the one
before; five seeds, so that you see how far chance goes; ten epochs. These are 55 networks. The library's
`sweep` trains them side by side and gives a table, one line for each rate.

**Predict:** how many of the eleven will end above 90 %?
"""

# %% tags=["predict"]
from helpers.training import sweep

digits = {"data": (X, y), "validation": (X_validation, y_validation)}
rates = np.geomspace(1e-4, 10, 11)  # from 0.0001 to 10, equal factors
settings = {"batch_size": 32, "num_epochs": 10, "seeds": 5}
runs = sweep(network, **digits, lr=rates, **settings)
print(runs)

# %% tags=["predict"] jupyter={"source_hidden": true}
show(
    figures.rate_sweep(runs),
    alt="Left: training loss by epoch; up to a rate of 0.01 it hardly falls, at 0.32 and 1 it falls fastest, "
    "at 3.2 it stays above 2.3. Right: accuracy rises from 0.1 to 0.94 as the rate grows to 1, the best, "
    "then drops to 0.1 at 3.2.",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

Two, and a third comes close. There are three regions. **Too small:** after ten epochs the loss has hardly
moved. **Good:** about one factor of ten wide. **Too large:** the cliff. The best rate of this grid stands
next to it: one place further, and the network only guesses.

</details>

At 3.2 the loss does not explode. It stays near 2.3, which is $\log 10$, the loss of guessing. What happened?
Count the hidden units that are off, 0 after the ReLU, for every picture:
"""

# %%
for lr in (0.32, 1.0, 3.2):
    model, rng = network(seed=0), np.random.default_rng(0)
    train_loop(model, SGD(model, lr=lr), X, y, 32, 10, rng)
    hidden = model.layers[1].forward(model.layers[0].forward(X))
    off = np.mean((hidden == 0).all(axis=0))
    print(f"lr {lr:<4}: {off:.0%} of the units are off for every picture")

# %% [markdown]
r"""
Steps that are too long have pushed all units to where their slope is 0, and nothing brings them back. The
output no longer depends on the picture. So a loss that stays flat and high has two possible causes: the rate
is far too small, or far too large. Search on a logarithmic scale, and rather stay a little below the best.
"""

# %% [markdown]
r"""
## 3. The batch size

### What a batch is: a noisy estimate

The gradient of a batch is the mean of the gradients of its $B$ samples. It estimates the **full gradient**,
the mean over all training samples. How far off is it? Each gradient here is a vector of 2,410 numbers, one
for each parameter. `np.linalg.norm` gives the length of a vector: the root of the sum of its squares. The
**noise** of a batch is the typical length of (its gradient − the full one): square these lengths, average,
take the root.

With batches of one there are only 1,024 different ones, so the noise can be computed without drawing:
"""

# %%
model, loss = network(seed=0), CrossEntropyLoss()
rng = np.random.default_rng(0)
train_loop(model, SGD(model, lr=0.1), X, y, 32, 2, rng)


def gradient(model, X, y):
    loss.forward(model.forward(X), y)
    model.backward(loss.backward())
    return model.d_flat.copy()  # all gradients, as one vector


full = gradient(model, X, y)
one_by_one = np.array([gradient(model, X[[i]], y[[i]]) for i in range(len(X))])
squared = np.sum((one_by_one - full) ** 2, axis=1)  # one for each sample
noise_of_one = np.sqrt(squared.mean())
length = np.linalg.norm(full)
print(f"length of the full gradient {length:.2f}, noise {noise_of_one:.1f}")

# %% [markdown]
r"""
The gradient of one sample is eight times as much noise as signal. For larger batches draw 200 of each size:
"""

# %%
batch_sizes, noises, rng = [1, 4, 16, 64, 256], [], np.random.default_rng(1)
for batch_size in batch_sizes:
    batches = rng.integers(len(X), size=(200, batch_size))
    errors = [gradient(model, X[rows], y[rows]) - full for rows in batches]
    noises.append(np.sqrt(np.mean(np.sum(np.square(errors), axis=1))))
    expected = noise_of_one / np.sqrt(batch_size)
    print(f"B = {batch_size:3}: {noises[-1]:.1f}, expected {expected:.1f}")

claim(
    "larger-batch-stabler-gradient",
    because="variance of a mean of B draws = variance of one / B",
)

# %% jupyter={"source_hidden": true}
show(
    figures.gradient_noise(batch_sizes, noises, length),
    alt="On logarithmic scales the noise falls along a line of slope -1/2, from 3.3 to 0.2, and crosses the "
    "length of the full gradient, 0.39, near a batch size of 70.",
)

# %% [markdown]
r"""
Four times the batch halves the noise: four times the work for twice the precision. At which batch size is
the noise as long as the full gradient? There $3.3/\sqrt B = 0.39$. Solve it for $B$: multiply by $\sqrt B$,
divide by 0.39, square.
"""

# %%
scale = (noise_of_one / length) ** 2
print(f"noise and gradient are equally long at B = {scale:.0f}")

# %% [markdown]
r"""
McCandlish and others (2018) call this number the **noise scale**. Below it, twice the batch makes each step
nearly twice as good; far above it a step hardly gets better. They found that it says roughly where that
turns, at the *critical batch size*. Keep the number 70 in mind. It belongs to this moment: as training goes
on the full gradient gets shorter, and the scale grows.

### Three rulers

Back to the opening. Was it fair? Both batch sizes had the same learning rate, but a cleaner gradient bears
longer steps. So now each batch size may choose among seven rates, the best by the mean of four seeds. And
there are three ways to say *as long*: by **epochs** (samples seen), by **steps** (updates made), and by
**time**. A step costs a fixed effort to get going, plus some for each sample. With this network and
our loop the fixed part is worth about 100 samples (section 4 measures it), so a step counts $100 + B$ units.

If bigger is better, 512 leads by every ruler. If small is better, 2 does.
"""

# %%
sizes = [2, 8, 32, 128, 512]
runs = sweep(
    network,
    **digits,
    lr=[0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6],
    batch_size=sizes,
    num_epochs=[4, 4, 4, 16, 64],  # enough of each for all three rulers
    seeds=4,
    every=4,  # measure after every four steps
)


def best_after(batch_size, steps):
    """The accuracies (seeds,) of the best rate after so many steps."""
    mine = [run for run in runs if run.batch_size == batch_size]
    scores = [run.accuracy[run.steps <= steps][-1] for run in mine]
    return max(scores, key=np.mean)


rulers = {
    "4 epochs": lambda B: 4 * 1024 / B,  # as a number of steps
    "128 steps": lambda B: 128,
    "equal time": lambda B: 128 * (100 + 32) / (100 + B),
}
print("batch size ", *(f"{B:11}" for B in sizes))
for name, steps in rulers.items():
    scores = [best_after(B, steps(B)) for B in sizes]
    print(f"{name:11}", *(f"  {s.mean():.2f} ± {s.std():.2f}" for s in scores))

# %% jupyter={"source_hidden": true}
show(
    figures.three_rulers(runs, overhead=100),
    alt="The best accuracy of seven rates, for five batch sizes, over three axes. By epochs 2 and 8 rise "
    "first, by steps 32, 128 and 512 together, by time 32.",
)

# %% [markdown]
r"""
(± is the standard deviation over the seeds.) Three rulers, three answers.

- By **epochs** the small batches win, and 2, 8 and 32 are close together: they make many updates where the
  large one makes few.
- By **steps** the large batches win, and by little: above 32 not much is gained, though an update at 512 has
  looked at 16 times as many samples.
- By **time** the middle wins: at 2 the fixed effort eats the time, at 512 the samples do.

So ask about batch sizes: *at equal what?* The claim takes the first ruler, 8 against 512:
"""

# %%
# 4 epochs are 512 steps of 8, or 8 steps of 512
gap = best_after(8, 512).mean() - best_after(512, 8).mean()
claim(
    "bigger-batch-is-better",
    measured=gap,
    what="accuracy with 8 minus 512, 4 epochs, each at its best rate",
)

# %% [markdown]
r"""
The same runs, asked another way: how long until the mean reaches 90 %, each batch size at its fastest rate?
"Large batches converge slowly" would show in both columns.
"""

# %%
needed = {}
for run in runs:
    there = run.accuracy.mean(axis=1) >= 0.9
    if there.any():  # argmax of True and False: the first True
        way = run.steps[there.argmax()], run.lr
        needed[run.batch_size] = min(way, needed.get(run.batch_size, way))
for B, (steps, lr) in needed.items():
    print(f"B = {B:3}, lr {lr:.1f}: {steps:3} steps = {steps * B:6,} samples")

claim(
    "large-batches-converge-slowly",
    measured=needed[512][0] * 512 / (needed[8][0] * 8),
    digits=0,
    what="samples needed with 512, as a multiple of those with 8",
)

# %% [markdown]
r"""
Up to 32 a larger batch saves steps, and it takes a larger rate to do so. From there on nearly nothing: 512
needs about as many steps as 128. The turn lies between 32 and 128, and the noise scale was
70. (It is a rough guide: one network, at one moment.)
"""

# %% [markdown]
r"""
## 4. What a batch costs

### Memory

The backward pass needs what the forward pass computed, and keeps it for every sample of the batch. In a
network 64–256–256–10 each sample leaves the 256 outputs of both ReLUs and 10 logits: 522 numbers of 8
bytes. Python can tell whether that is so:
"""

# %% jupyter={"source_hidden": true}
import tracemalloc


def mebibytes_of_arrays():
    """What NumPy's arrays take that were made since tracemalloc.start(); the kernel's own are left out."""
    arrays = tracemalloc.DomainFilter(True, np.lib.tracemalloc_domain)
    traces = tracemalloc.take_snapshot().filter_traces([arrays])
    return sum(trace.size for trace in traces.traces) / 2**20


# %%
for batch_size in (32, 1024):
    wide = network(seed=0, sizes=(64, 256, 256, 10))
    batch = np.zeros((batch_size, 64))
    tracemalloc.start()
    logits = wide.forward(batch)
    kept, expected = mebibytes_of_arrays(), batch_size * 522 * 8 / 2**20
    tracemalloc.stop()
    print(f"B = {batch_size:4}: {kept:.2f} MiB kept, {expected:.2f} expected")

print(f"parameters, whatever the batch: {wide.flat.nbytes / 2**20:.2f} MiB")
claim(
    "larger-batch-more-memory",
    because="1,024 rows · 522 numbers · 8 bytes = 32 times 32 · 522 · 8",
)

# %% [markdown]
r"""
Parameters, gradients and the optimizer's own numbers do not grow with the batch; the kept values do. All of
it must fit into the memory of the device, the **GPU memory** of a graphics card. When it does not, training
ends with **out of memory (OOM)**, and the first remedy is a smaller batch.

### Time

The only cell of this lesson that looks at a clock. It times our loop, each batch size three times, and takes
the fastest. Two numbers are for claims: the time of a step at 1,024 over that at 1, and the time of an epoch
at 256 over that at 1,024. If a larger batch made every epoch faster, the second would stay near 4.
"""

# %% tags=["nbval-ignore-output"]
from time import thread_time

step = {}
for B in (1, 32, 256, 1024):
    times, num_epochs = [], max(1, B // 16)
    for _ in range(3):
        model, start = network(seed=0), thread_time()
        sgd = SGD(model, lr=0.01)
        losses = train_loop(model, sgd, X, y, B, num_epochs, rng)
        times.append((thread_time() - start) / len(losses))
    step[B] = min(times)
    print(f"B = {B:4}: {1e6 * step[B]:5.0f} µs a step, "
          f"{1e3 * step[B] * 1024 / B:6.1f} ms an epoch")  # fmt: skip

per_sample = (step[1024] - step[256]) / (1024 - 256)
print(f"the fixed part is worth {step[1] / per_sample - 1:.0f} samples")
claim(
    "larger-batch-slower-update",
    measured=step[1024] / step[1],
    digits=0,
    what="time of a step at 1,024 over that at 1",
    timing=True,
)
claim(
    "larger-batch-faster-epoch",
    measured=(step[256] / 256) / (step[1024] / 1024),
    digits=1,
    what="time of an epoch at 256 over that at 1,024",
    timing=True,
)

# %% [markdown]
r"""
From 1 to 256 an epoch becomes many times faster, since the fixed part is paid less often. After that little
is gained: the machine is busy with samples.

### On a graphics card

How does this look on a large card? The course needs none, so here is a table, measured with PyTorch 2.11 on
an NVIDIA H100 with 80 GB. (If you have a card: `course bench gpu` measures the same on yours.) The CNN, a
network for pictures (lesson 13), gets pictures of 32 × 32 pixels.

**Predict:** how much longer does a step of our 64–32–10 take for 32,768 samples than for one?
"""

# %% tags=["predict"] jupyter={"source_hidden": true}
table = data.load_gpu_steps()
for name in ("64-32-10", "small CNN 32x32"):
    print(name)
    for B, (microseconds, mebibytes) in table[name].items():
        print(f"{B:10,}: {microseconds / 1000:5.1f} ms {mebibytes:8,.0f} MiB")

# %% [markdown]
r"""
<details><summary>What came out</summary>

Hardly longer: 0.5 to 1.0 ms from 1 to 262,144 samples, without any order up to 32,768. What is timed there
is nearly all Python, and the card being told what to do. Recorded once and replayed as one piece (a *CUDA
graph*), the same step takes 31 µs for 1 sample and 80 µs for 4,096. The CNN has real work: 1.5 ms for one
picture, 56 ms for 8,192; from 512 on its time grows with the batch. Its memory grows from 79 MiB for 8
pictures to 10.2 GiB for 8,192. (At 1 it is higher: that was the first run, and
perhaps the library tried out what is fast.) A batch of 65,536 still fits, 131,072 is out of memory.

So on a card the fixed part of a small network is worth tens of thousands of samples.

</details>

The larger the fixed part, the more the third ruler looks like the second. Perhaps that is why people with
large machines speak well of large batches.

### A large batch in small pieces

If 256 samples do not fit, take 8 times 32, add up the gradients, divide, and step once. This is **gradient
accumulation**. The pieces may differ in size, if each counts by its rows.
(The folded cell compares it with one batch, for 8 equal and for 4 unequal pieces.)
"""


# %%
def accumulated(model, X, y, pieces):
    total = np.zeros_like(model.d_flat)
    for rows in pieces:  # `+=` adds into the array that is there
        total += len(rows) * gradient(model, X[rows], y[rows])
    return total / sum(len(rows) for rows in pieces)


# %% jupyter={"source_hidden": true}
def difference(model, pieces):
    large = gradient(model, X[:256], y[:256])
    in_pieces = accumulated(model, X, y, pieces)
    return np.linalg.norm(large - in_pieces) / np.linalg.norm(large)


equal = np.split(np.arange(256), 8)
unequal = np.split(np.arange(256), [100, 150, 250])  # 100, 50, 100, 6 rows
for pieces in (equal, unequal):
    small = bool(difference(network(seed=0), pieces) < 1e-14)
    print(f"{len(pieces)} pieces: the same but for rounding: {small}")

claim(
    "accumulation-gives-large-batch",
    because="(32·m₁ + … + 32·m₈) / 256 = the mean over all 256 rows, "
    "where m₁ to m₈ are the means of the pieces",
)

# %% [markdown]
r"""
To step with it, put it where the optimizer looks: `model.d_flat[...] = total` writes into that array instead
of making a new one. It saves memory, not time. And it is not the same with **batch norm** (lesson 11), which
compares each sample with the others of its piece.
"""

# %% [markdown]
r"""
## Try it

A network that trains under your hands. Before you touch it, predict:

1. Raise the **learning rate** slowly. Which do you see first, a loss that zig-zags, or one that explodes?
2. At a rate where it just still trains, take a **batch size** of 1. What happens to the loss curve?
3. Then lower the rate by a factor of ten: live, and again after a reset. Does it come to rest?

<details><summary>Answer</summary>

With the settings it begins with: the zig-zag comes first and grows slowly; up to 3 it still trains. From 5 on
the loss jumps far above where it began. At 2 a batch of one does the same: it jumps between 1 and 10 and
learns nothing that lasts. At 0.2 it comes down, but not to rest. Live, it mostly stays between 0.5 and 1.5,
perhaps because the weights have become large; after a reset it gets to about 0.1, and still jumps up to 0.5
and more.

</details>
"""

# %%
from helpers.explore.playground import explorer

explorer()

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
two small steps (Goyal 2017). It fails near the cliff: there is a longest step that this network bears, also
with the full gradient. In the table of section 3 the fastest rate stops growing with the batch.

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
batch in pieces. More claims, measured: [You may have heard…](09_training_loop_heard.ipynb). Next:
[lesson 10](10_tuning.ipynb), schedules, stopping in time, and searching.

Sources

- H. Robbins, S. Monro, [A stochastic approximation method](https://doi.org/10.1214/aoms/1177729586), 1951:
  where steps along a noisy gradient begin.
- S. McCandlish and others, [An empirical model of large-batch training](https://arxiv.org/abs/1812.06162),
  2018; C. Shallue and others,
  [Measuring the effects of data parallelism](https://jmlr.org/papers/v20/18-789.html), JMLR 2019.
- P. Goyal and others, [Accurate, large minibatch SGD](https://arxiv.org/abs/1706.02677), 2017: rates that
  grow with the batch.
"""
