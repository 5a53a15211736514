# %% [markdown]
r"""
# 10 · Tuning: you may have heard

What is said about rates, schedules and convergence and is not the lesson's own story, measured. No other
lesson depends on it.

**Time:** {minutes} minutes.
**Before this:** the lesson, [10 · Tuning](10_tuning.ipynb).
"""

# %% jupyter={"source_hidden": true}
from itertools import pairwise

import numpy as np
import torch

from helpers import data
from helpers.claims import claim
from helpers.nn import SGD, Adam, Linear, ReLU, Sequential, schedules
from helpers.nn.schedules import CosineAnnealingLR, StepLR, WarmupLR
from helpers.splits import three_way
from helpers.training import predict, sweep

X, y = data.load_digits()
train, validation, test = three_way(len(X), 400, 373, np.random.default_rng(0))
X_validation, y_validation = X[validation] / 16, y[validation]
X, y = X[train] / 16, y[train]
training_set, validation_set = (X, y), (X_validation, y_validation)


def network(seed, hidden=(32,)):
    rng, layers = np.random.default_rng(seed), []
    sizes = (64, *hidden, 10)
    for n_in, n_out in pairwise(sizes):
        layers += [Linear(n_in, n_out, rng=rng), ReLU()]
    return Sequential(*layers[:-1])  # no ReLU after the last layer


# %% [markdown]
r"""
Data and network are the lesson's: digits, 1,024 pictures to learn from, 400 to choose by, 64–32–10.

## "The rate is lowered after convergence to prevent overfitting"

Overfitting needs something that can only be learned by heart: 400 pictures, and for three in ten of them a
label drawn at random. Train with a constant rate of 0.3; lower it to 0.03 after 30 of 40 epochs; or let it
fall along a cosine. A smaller constant rate is there as a control, and longer cosines.

Two things could be at work. If a lower rate helps because the network *learns less*, then the training loss
stops falling with it, and a constant run of the same training loss is as good. If it helps because the
*noise settles*, the training loss falls faster, and at the same training loss the lowered rate is better.
"""

# %%
rng = np.random.default_rng(0)
X_few, y_bad = X[:400], y[:400].copy()
bad = rng.random(400) < 0.3
y_bad[bad] = rng.integers(10, size=bad.sum())


def wide_network(seed):
    return network(seed, hidden=(128,))


def lowered(optimizer):
    return StepLR(optimizer, step_size=30, gamma=0.1)


def cosine(num_epochs):
    return lambda optimizer: CosineAnnealingLR(optimizer, T_max=num_epochs)


ways = {
    "constant 0.3": (0.3, 40, None),
    "constant 0.15": (0.15, 40, None),
    "0.3, then 0.03": (0.3, 40, lowered),
    "cosine from 0.3": (0.3, 40, cosine(40)),
    "cosine, 80 epochs": (0.3, 80, cosine(80)),
    "cosine, 160 epochs": (0.3, 160, cosine(160)),
}
ends = {}
for name, (lr, num_epochs, schedule) in ways.items():
    options = {"lr": lr, "num_epochs": num_epochs, "schedule": schedule}
    sets = (X_few, y_bad), validation_set
    run = sweep(wide_network, *sets, batch_size=32, seeds=5, **options)[0]
    ends[name] = run.accuracy[-1]
    low, high = ends[name].min(), ends[name].max()
    print(f"{name:18} training loss {run.loss[-1].mean():.2f}", end="   ")
    print(f"accuracy {ends[name].mean():.2f} ({low:.2f} to {high:.2f})")

# %% [markdown]
r"""
The first and the third line have the same number of epochs and the same training loss, so they have learned
as much by heart. Yet the lowered rate is better:
"""

# %%
claim(
    "lower-rate-prevents-overfitting",
    measured=(ends["0.3, then 0.03"] - ends["constant 0.3"]).mean(),
    what="accuracy gained by lowering the rate, at equal epochs and "
    "training loss, 5 seeds",
)

# %% [markdown]
r"""
So it is the noise that settles. It is not a kind of early stopping: the cosine over 40 epochs comes less far
than the constant rate and is good, the step to 0.03 comes as far and is good, too. And it prevents nothing in
the end: over 160 epochs the cosine learns the wrong labels as well, and falls back.

## "The optimal rate is found by grid search, Bayesian optimization or simulated annealing"

**Simulated annealing** walks: a step to a worse place is accepted with probability $e^{-\Delta/T}$ (the
worse it is by $\Delta$, the rarer), and the *temperature* $T$ falls. It is hardly used for this. Its name
went over to learning rates, and not without reason: a large rate lets the noise of the batches carry the
weights about, as a high temperature does, and the noise dies down with the rate (Smith, Kindermans and Le
2018, who raised the batch size instead of lowering the rate, with much the same curves).

Is there an optimal rate to find? Let each of twenty seeds choose among rates that lie a factor of 1.26 apart,
by its own validation loss. If there is one, nearly all of them agree. The number for the verdict is the share
that chooses the commonest rate.
"""

# %%
lrs = 0.8 * 10 ** (np.arange(-8, 3) / 10)  # 0.13 to 1.3
options = {"lr": lrs, "batch_size": 32, "num_epochs": 10, "seeds": 20}
runs = sweep(network, training_set, validation_set, **options)
losses = runs.last("validation_loss")
winner = losses.argmin(axis=0)
seeds = np.arange(20)
rates, times = np.unique(lrs[winner].round(2), return_counts=True)
for rate, count in zip(rates, times, strict=True):
    print(f"rate {rate}: best for {count} seeds")
others = np.roll(winner, 1)
print(f"loss at the own best rate: {losses[winner, seeds].mean():.2f}")
print(f"loss at another seed's best: {losses[others, seeds].mean():.2f}")
claim(
    "search-finds-best-rate",
    measured=times.max() / 20,
    what="share of twenty seeds that have the commonest best rate",
)

# %% [markdown]
r"""
(`np.roll(winner, 1)` gives each seed the choice of its neighbour.) The region is easy to find, and in it
little depends on the exact point; the best one differs from seed to seed. (In ten other groups of twenty
seeds the share was 0.40 to 0.55, and the best rates were 0.2 to 1.)

## "Converged means that the error of any sample is stable"

Train for 60 epochs, look at the last ten, and note how far the loss of each validation picture moves from
one epoch to the next. If the saying is right, no single one moves much. Five seeds, with a constant rate and
with a cosine that ends at 0.
"""


# %%
class LossOfEach:
    """A callback: the loss of each picture after each epoch."""

    def __init__(self):
        self.epochs = []

    def __call__(self, run):
        logits = predict(run.model, X_validation)  # (seeds, pictures, classes)
        logits = logits - logits.max(axis=-1, keepdims=True)
        log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        self.epochs.append(-log_p[:, np.arange(400), y_validation])


largest = {}
for name, schedule in {"constant": None, "cosine": cosine(60)}.items():
    each = LossOfEach()
    options = {"lr": 0.1, "batch_size": 16, "num_epochs": 60, "seeds": 5}
    options |= {"schedule": schedule, "callbacks": [each]}
    sweep(network, training_set, validation_set, **options)
    last_ten = np.array(each.epochs[-10:])  # (epochs, seeds, pictures)
    moves = np.abs(np.diff(last_ten, axis=0))
    mean_moves = np.abs(np.diff(last_ten.mean(axis=2), axis=0))
    largest[name] = moves.max(axis=(0, 2))
    print(f"{name}: the mean loss, {last_ten.mean():.2f}, moves by", end=" ")
    print(f"{mean_moves.mean():.3f}")
    low, high = largest[name].min(), largest[name].max()
    print(f"   the loss of one picture by up to {low:.2f} to {high:.2f},")
    print("   depending on the seed")

# %%
claim(
    "converged-means-every-sample",
    measured=np.median(largest["constant"]),
    digits=1,
    what="largest move of a single picture's loss between epochs, "
    "constant rate, median of 5 seeds",
)

# %% [markdown]
r"""
With a constant rate the mean is stable and single pictures are not. With a rate that goes to 0 every sample
becomes stable, but then nothing moves any more, whether the network is good or not.

## Does a warm-up help where it should?

A deep network, five hidden layers, and Adam (lesson 08), which divides each step by an average of the
gradient's size, so that even the first steps have full length. Each schedule has its own best of five rates.
If the start does the harm, the warm-up should bear a higher rate than the cosine and end better.
"""


# %%
T = 8 * 32  # steps


def deep(seed):
    return network(seed, hidden=(32,) * 5)


def warmed_up(optimizer):
    after = CosineAnnealingLR(optimizer, T_max=T - 26)
    return WarmupLR(optimizer, 26, start_factor=0.01, after=after)


options = {"lr": [0.0025, 0.005, 0.01, 0.02, 0.04], "optimizer": Adam}
options |= {"seeds": 5, "batch_size": 32, "num_epochs": 8}
options |= {"schedule_per": "step"}
for name, schedule in {
    "constant": None,
    "cosine": cosine(T),
    "warm-up": warmed_up,
}.items():
    options["schedule"] = schedule
    runs = sweep(deep, training_set, validation_set, **options)
    means = runs.last("accuracy").mean(axis=1)
    scores = [f"{m:.2f}" if m > 0.7 else f"{m:.1f}" for m in means]
    print(f"{name:8} accuracy by rate:", *scores, end="   ")
    best = runs.best()
    print(f"loss from {best.lr}: {best.validation_loss[-1].mean():.2f}")

# %% [markdown]
r"""
It does, on this network: cosine alone is no better than a constant rate here, and with the warm-up the high
rates become usable. Five seeds, and differences of a few points at the best rates: a hint, not a law.

## The other schedules, beside PyTorch's

The same rates for 41 steps, to $10^{-12}$:
"""

# %%
chosen = {
    "StepLR": {"step_size": 10, "gamma": 0.1},
    "ExponentialLR": {"gamma": 0.9},
    "LinearLR": {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 20},
    "CosineAnnealingLR": {"T_max": 20},
}
for name, settings in chosen.items():
    weight = torch.zeros(1, requires_grad=True)
    theirs = torch.optim.SGD([weight], lr=1.0)
    ours = SGD(network(seed=0), lr=1.0)
    their_rule = getattr(torch.optim.lr_scheduler, name)(theirs, **settings)
    our_rule = getattr(schedules, name)(ours, **settings)
    apart = []
    for _ in range(41):
        apart.append(abs(theirs.param_groups[0]["lr"] - ours.lr))
        theirs.step()
        their_rule.step()
        our_rule.step()
    print(f"{name:18} agrees: {max(apart) < 1e-12}")

# %% [markdown]
r"""
Back to [the lesson](10_tuning.ipynb), or on to its [exercise](../exercises/10_tuning/10_tuning.ipynb).

Source

- S. Smith, P.-J. Kindermans, Q. Le, [Don't decay the learning rate, increase the batch
  size](https://arxiv.org/abs/1711.00489), ICLR 2018.
"""
