# %% [markdown]
r"""
# 09 · You may have heard…

Seven things that people say about epochs, rates and batches, and what is behind them. This is the companion
of [lesson 09](09_training_loop.ipynb), for a second reading; no other lesson needs it.

**Time:** {minutes} minutes. **Before this:** [lesson 09](09_training_loop.ipynb).
"""

# %%
from itertools import pairwise

import numpy as np

from helpers import data
from helpers.claims import claim
from helpers.nn import SGD, CrossEntropyLoss, Linear, ReLU, Sequential
from helpers.splits import three_way
from helpers.training import sweep

# %% [markdown]
r"""
The pictures and the network are those of the lesson.
"""

# %% jupyter={"source_hidden": true}
X, y = data.load_digits()
train, validation, _ = three_way(len(X), 400, 373, np.random.default_rng(0))
X_validation, y_validation = X[validation] / 16, y[validation]
X, y = X[train] / 16, y[train]
digits = {"data": (X, y), "validation": (X_validation, y_validation)}


def network(seed, sizes=(64, 32, 10)):
    rng = np.random.default_rng(seed)
    layers = []
    for n_in, n_out in pairwise(sizes):
        layers += [Linear(n_in, n_out, rng=rng), ReLU()]
    return Sequential(*layers[:-1])  # no ReLU after the last layer


# %% [markdown]
r"""
## Words

**"Epochs are called the number of iterations."** In older libraries a setting `max_iter` counts epochs, so
the words do get mixed. They are two things:
"""

# %%
claim(
    "epochs-are-iterations",
    because="An iteration is one update. An epoch is one pass through "
    "the data and has as many iterations as it has batches.",
)

# %% [markdown]
r"""
**"Within an epoch each sample takes part in one or more updates."** The loop of the lesson deals the rows
out: `permutation` has each row number once. A loop that draws each batch anew, with replacement, is another
thing:
"""

# %%
rng = np.random.default_rng(0)
dealt = np.bincount(rng.permutation(1000), minlength=1000)
drawn = np.bincount(rng.integers(1000, size=1000), minlength=1000)
print(f"dealt: each sample {dealt.min()} to {dealt.max()} times")
print(f"drawn: each sample {drawn.min()} to {drawn.max()} times, "
      f"{np.mean(drawn == 0):.0%} never")  # fmt: skip

claim(
    "several-updates-per-epoch",
    because="An epoch is one pass: every sample is in exactly one batch, "
    "and so in one update. Drawn with replacement there is no pass, "
    "and a sample may be in none.",
)

# %% [markdown]
r"""
## Rates

**"A larger initial learning rate reaches the region of the minimum faster."** Take $f(w) = w^2$, whose slope
is $2w$. A step makes $w$ into $w - \text{lr} \cdot 2w = (1 - 2\,\text{lr})\,w$: each step multiplies $w$ by
the same factor. The distance from the minimum after a hundred steps from 1 is that factor to the power of
100:
"""

# %%
for lr in (0.001, 0.1, 0.5, 0.9, 0.99, 1.01):
    factor = 1 - 2 * lr
    far = abs(factor) ** 100
    print(f"lr {lr:<5} factor {factor:6.3f}, after 100 steps {far:.1e}")

claim(
    "larger-initial-rate-faster",
    because="w ← (1 - 2·lr)·w: nearer to 0 in each step while 0 < lr < 1, "
    "fastest at lr = 0.5, away from it above 1",
)

# %% [markdown]
r"""
How fast the slope changes, here 2, is called the *curvature*. The best rate of a parabola is 1 divided by it,
and above 2 divided by it every step leads away. A network has many curvatures, which change while it trains.

## Batches

**"Too small a batch makes the model hard to converge."** Batch size 1 against 32, seven rates each, the best
by the mean of four seeds, three epochs. If the saying is right, 1 stays behind at any rate.
"""

# %%
rates = [0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6]
settings = {"batch_size": [1, 32], "num_epochs": 3, "seeds": 4}
runs = sweep(network, **digits, lr=rates, **settings)


def reached(run):
    return run.accuracy[-1].mean()


ones, others = runs[:7], runs[7:]
print("rate        ", *(f"{lr:5}" for lr in rates))
for name, group in {"batch size 1": ones, "32": others}.items():
    print(f"{name:12}", *(f"{reached(run):5.1f}" for run in group))

best = [max(group, key=reached) for group in (ones, others)]
for run in best:
    spread = run.accuracy[-1].std()
    print(f"best of {run.batch_size:2}: lr {run.lr}, ± {spread:.2f} (seeds)")
claim(
    "tiny-batch-hardly-converges",
    measured=reached(best[0]) - reached(best[1]),
    what="accuracy with 1 minus that with 32, each at its best rate",
)

# %% [markdown]
r"""
With the rates that suit 32, from 0.4 on, a batch of one learns nothing. With its own it does as well in three
epochs, or a little better. What is hard is a rate that belongs to another batch size.

**"Traditional models prefer small batches, large models large ones."** So vary the size: 16 hidden units
against 128, eight times as many parameters. For each, how many steps does it take to 90 % with batches of 8,
and with batches of 256, at the best of five rates? The first divided by the second is what the larger batch
gains. If large models prefer large batches, it is clearly larger for the large network.
"""


# %%
def steps_to_90(runs):
    """The fewest steps after which the mean accuracy of a rate is 90 %."""
    there = [(run.steps, run.accuracy.mean(axis=1) >= 0.9) for run in runs]
    return min(steps[yes][0] for steps, yes in there if yes.any())


gain = {}
for hidden in (16, 128):
    steps = {}
    for B, num_epochs in {8: 3, 256: 30}.items():
        runs = sweep(
            lambda seed: network(seed, (64, hidden, 10)),  # noqa: B023
            **digits,
            lr=[0.1, 0.2, 0.4, 0.8, 1.6],
            batch_size=B,
            num_epochs=num_epochs,
            seeds=4,
            every=2,
        )
        steps[B] = steps_to_90(runs)
    gain[hidden] = steps[8] / steps[256]
    print(f"{hidden:3} units: {steps[8]} steps with 8, {steps[256]} with 256, "
          f"{gain[hidden]:.1f} times fewer")  # fmt: skip

claim(
    "batch-size-fits-model-size",
    measured=gain[128] / gain[16],
    what="what the larger batch gains with 128 units, over that with 16",
)

# %% [markdown]
r"""
Not here: the large network needs fewer steps, but it gains no more from the larger batch. Among language
models of very different sizes the useful batch depended on the loss that was reached, and not on the size
itself (Kaplan 2020). Large models reach a lower loss. That may be what the saying has seen.

**"The class mix of a batch should match the whole set."** Four ways to make 32 batches: with the mix of the
whole set in each; shuffled, so that the mix is left to chance; one class in each batch, the batches in random
order; and the same sorted, all zeros, then all ones. Six rates for each way, four seeds, ten epochs. If the
mix must match, the first beats the second. If it does not matter, the third is as good as the second.
"""

# %%
by_class = np.argsort(y, kind="stable")  # all zeros, then all ones, …
ends = np.cumsum(np.bincount(y))[:-1]
one_class = []
for rows in np.split(by_class, ends):
    one_class += np.array_split(rows, len(rows) // 32)


def same_mix(rng):
    order = rng.permutation(len(X))
    order = order[np.argsort(y[order], kind="stable")]
    return [order[first::32] for first in range(32)]  # dealt like cards


def in_any_order(rng):
    return [one_class[i] for i in rng.permutation(len(one_class))]


ways = {
    "the same mix": same_mix,
    "shuffled": lambda rng: np.array_split(rng.permutation(len(X)), 32),
    "one class, any order": in_any_order,
    "one class, sorted": lambda rng: one_class,
}


def accuracy_after(batches_of, lr, seed):
    model, rng = network(seed), np.random.default_rng(seed)
    loss = CrossEntropyLoss()
    optimizer = SGD(model, lr=lr)
    for _ in range(10):
        for rows in batches_of(rng):
            loss.forward(model.forward(X[rows]), y[rows])
            model.backward(loss.backward())
            optimizer.step()
    guesses = model.forward(X_validation).argmax(axis=1)
    return np.mean(guesses == y_validation)


rates, ends_at = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8), {}
for name, batches_of in ways.items():
    scores = [
        [accuracy_after(batches_of, lr, seed) for seed in range(4)]
        for lr in rates  # one list of seeds for each rate
    ]
    best = max(scores, key=np.mean)
    ends_at[name] = np.mean(best)
    print(f"{name:20} {np.mean(best):.2f}, {min(best):.2f} to {max(best):.2f}")

claim(
    "batch-mix-matches-set",
    measured=ends_at["shuffled"] - ends_at["one class, any order"],
    what="accuracy shuffled minus one class a batch, in random order",
)

# %% [markdown]
r"""
The exact mix gained nothing over chance. Batches of one class cost much, and when they come sorted, about as
much again and more. So shuffle; that is enough here.

**"Smaller batches may generalise better."** Keskar (2017) found that on pictures, from MNIST to CIFAR. To
compare generalization alone, stop each run when its training loss is below 0.1, and give each batch size the
best of its rates, a factor of two apart, from very slow to too large. 400 pictures, four seeds. A rate at
which a seed does not get there is left out.
"""

# %%
few = (X[:400], y[:400])
grids = {
    8: (80, 50, [0.025, 0.05, 0.1, 0.2, 0.4, 0.8]),
    400: (230, 4, [0.4, 0.8, 1.6]),
}
at_same_loss = {}
for B, (num_epochs, every, lrs) in grids.items():
    options = {"num_epochs": num_epochs, "batch_size": B, "seeds": 4}
    options["every"] = every  # measure after so many steps
    runs = sweep(network, few, digits["validation"], lr=lrs, **options)
    found = {}
    for run in runs:
        there = run.loss < 0.1
        if there.any(axis=0).all():
            found[run.lr] = run.accuracy[there.argmax(axis=0), range(4)]
    print(f"batch size {B:3}", end=" ")
    for lr, scores in found.items():
        print(f"  {lr:g}: {scores.mean():.3f}", end="")
    best = max(found.values(), key=np.mean)
    at_same_loss[B] = best.mean()
    print(f"   best ± {best.std():.3f}")

claim(
    "smaller-batch-generalises-better",
    measured=round(at_same_loss[8] - at_same_loss[400], 3) + 0.0,
    digits=3,
    what="accuracy with 8 minus that with 400, at the same training loss",
)

# %% [markdown]
r"""
Nothing to be seen here: the rates differ as much as the batch sizes do. Repeated with ten other groups of
seeds, the difference was -0.002 to 0.005, on average 0.001, less than one of 400 pictures. On larger tasks a
gap was found; longer training, or a tuned rate, closed it (Hoffer 2017, Goyal 2017).

Back to [lesson 09](09_training_loop.ipynb), or on to [lesson 10](10_tuning.ipynb).

Sources

- N. Keskar and others, [On large-batch training for deep learning](https://arxiv.org/abs/1609.04836), 2017;
  E. Hoffer and others, [Train longer, generalize better](https://arxiv.org/abs/1705.08741), 2017;
  P. Goyal and others, [Accurate, large minibatch SGD](https://arxiv.org/abs/1706.02677), 2017.
- J. Kaplan and others, [Scaling laws for neural language models](https://arxiv.org/abs/2001.08361), 2020.
"""
