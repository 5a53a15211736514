# %% [markdown]
r"""
# 11 · Normalization: you may have heard

What is said about batch norm and its relatives, and is not the lesson's own story. Then thirty layers. No
other lesson depends on it.

**Time:** {minutes} minutes.
**Before this:** the lesson, [11 · Normalization](11_normalization.ipynb).
"""

# %% jupyter={"source_hidden": true}
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from helpers import data
from helpers.claims import claim
from helpers.features import StandardScaler
from helpers.nn import (
    SGD,
    BatchNorm,
    CrossEntropyLoss,
    Dropout,
    Fleet,
    LayerNorm,
    Linear,
    ReLU,
    Residual,
    RMSNorm,
    Sequential,
)
from helpers.nn.stack import Stack
from helpers.splits import three_way
from helpers.training import fit, sweep

digits = data.load_digits()
X, y = digits.X, digits.y
train, validation, test = three_way(len(y), 400, 373, np.random.default_rng(0))
Z = StandardScaler().fit(X[train]).transform(X)
sets = (Z[train], y[train]), (Z[validation], y[validation])


def linear(rng, n_in, n_out, gain):
    """Weights of standard deviation gain / √n_in, biases 0."""
    layer = Linear(n_in, n_out, rng=rng)
    layer.W[...] = rng.normal(0, gain / np.sqrt(n_in), (n_in, n_out))
    layer.b[...] = 0
    return layer


he = np.sqrt(2)


def network(norm=None, scale=1, num_hidden=3, after=False, width=32):
    """A maker of networks: hidden weights of scale times He's, a norm before ReLU or after it."""

    def make(seed):
        rng, layers = np.random.default_rng(seed), []
        for n_in, n_out in pairwise([64] + [width] * num_hidden):
            pair = [norm(n_out)] if norm else []
            pair = [ReLU(), *pair] if after else [*pair, ReLU()]
            layers += [linear(rng, n_in, n_out, scale * he), *pair]
        return Sequential(*layers, linear(rng, width, 10, 1))

    return make


def train_all(make, lrs, num_epochs=5, seeds=3, callbacks=()):
    """A table of settings: one for each rate, with the accuracies of all seeds at the end."""
    options = {
        "batch_size": 64,
        "num_epochs": num_epochs,
        "seeds": seeds,
        "every": 16 * num_epochs,
    }
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # some rates are meant to be too large
        return sweep(make, *sets, lr=lrs, callbacks=callbacks, **options)


def best(make, lrs, **options):
    """The accuracies of the seeds at the rate that is best on average."""
    return train_all(make, lrs, **options).best("accuracy").accuracy[-1]


def told(scores):
    return f"{scores.mean():.2f} ({scores.min():.2f} to {scores.max():.2f})"


# %% [markdown]
r"""
The data are the standardised digits: 1,024 pictures to learn from, 400 to choose by. As in the lesson, each
side has its own best learning rate, and several seeds.

## "Normalization relieves vanishing and exploding gradients"

Lesson 06 showed what twenty layers do to a signal on its way back. Here they are with norms, at three scales
of the weights: 0.3, 1 and 3 times He's. The number is the size of what comes back to the first layer's
output, over that of the last one's, as a power of ten. If a norm helps, its numbers are near 0 and do not
depend on the scale.
"""


# %%
def powers(norm, scale, seed):
    """The signal at the first relu over that at the last, log10."""
    model = network(norm, scale, num_hidden=20)(seed)
    loss, signals = CrossEntropyLoss(), []
    rows = train[:300]
    loss.forward(model.train().forward(Z[rows]), y[rows])
    d = loss.backward()
    for layer in reversed(model.layers):
        if isinstance(layer, ReLU):
            signals.append(np.sqrt(np.mean(d**2)))
        d = layer.backward(d)
    return np.log10(signals[-1] / signals[0])


# %%
left = {}
norms = {"none": None, "batch": BatchNorm, "layer": LayerNorm, "RMS": RMSNorm}
for name, norm in norms.items():
    for scale in (0.3, 1, 3):
        runs = [powers(norm, scale, seed) for seed in range(5)]
        left[name, scale] = np.mean(runs)
    three = [f"{left[name, scale]:5.1f}" for scale in (0.3, 1, 3)]
    print(f"{name:6}", *three)

# %% [markdown]
r"""
Without a norm nine or ten powers of ten are lost or won. With one, the scale is gone. Layer norm and RMS norm
stay near 0. But look at batch norm: the signal *grows*, at every scale, by a factor of about forty over
twenty layers. Yang and others (2019) proved that batch norm itself makes gradients explode with depth. It is
mild here; at thirty layers, below, it is not.
"""

# %% jupyter={"source_hidden": true}
claim(
    "norm-relieves-vanishing",
    measured=abs(left["none", 0.3])
    - max(abs(left[n, 0.3]) for n in ("batch", "layer")),
    digits=1,
    what="powers of ten that no norm loses over 20 layers at 0.3 times He's scale, less what BN or LN is "
    "off, 5 seeds",
)

# %% [markdown]
r"""
## "Normalization lowers the sensitivity to initialization"

Three hidden layers, first weights of 0.1, 1 and 10 times He's scale, five passes, the best of six rates from
0.0001 to 3. If the start did not matter, a row would hold three equal numbers.
"""

# %%
lrs = [0.0001, 0.001, 0.1, 0.3, 1, 3]
from_scale = {}
for name in ("none", "batch"):
    for scale in (0.1, 1, 10):
        from_scale[name, scale] = best(network(norms[name], scale), lrs).mean()
    row = [f"{from_scale[name, scale]:.2f}" for scale in (0.1, 1, 10)]
    print(f"{name:6}", *row)

# %% jupyter={"source_hidden": true}
worst = {
    n: min(from_scale[n, s] for s in (0.1, 1, 10)) for n in ("none", "batch")
}
claim(
    "norm-forgives-initialisation",
    measured=worst["batch"] - worst["none"],
    what="accuracy from the worst of three scales, with BN less without, each at its best rate, 3 seeds",
)

# %% [markdown]
r"""
Lower, and not gone. With batch norm, weights ten times too large do not change the output. But their gradient
is a tenth (see the lesson), so that beside their size a step is a hundred times shorter. Five passes are then
too few.

## Why ten times the rate? A brake that was not it

There is an old explanation: a step that is too long makes $W$ larger; a larger $W$ has a smaller gradient; so
the next steps are shorter, and batch norm brakes by itself. The control: after each step, put each column of
the hidden $W$ back to the length that it had after the first one. That takes the brake away. If it is the
reason, rate 2 must fail in the eight-layer network of the lesson (there it works, and without batch norm the
network guesses).
"""


# %%
class HoldLengths:
    """A callback of `fit`: hidden columns keep their first length."""

    def __init__(self):
        self.lengths = None

    def __call__(self, run):
        pass

    def on_step(self, run):
        layers = [one for one in run.model.layers if isinstance(one, Linear)]
        now = [np.linalg.norm(np.asarray(one.W), axis=-2) for one in layers]
        self.lengths = self.lengths or now  # those after the first step
        for one, n, first in zip(layers[:-1], now, self.lengths, strict=False):
            one.W *= (first / n)[..., None, :]


# %%
deep = network(BatchNorm, num_hidden=8)
held = train_all(deep, [2], num_epochs=8, callbacks=[HoldLengths()])
print("held: usable:", bool(held[0].accuracy[-1].mean() >= 0.75))

# %% [markdown]
r"""
Held, it does not fail. The brake may help. It is not why this rate works.

## Ten times the rate, some points: with which network?

The lesson's network is narrow: 32 units a layer. Here are eight layers of 64, from He's start, ten passes as
there, three seeds, at the largest rate that was usable in the lesson: 0.2 without batch norm, 2 with it. If
the lead of 0.05 in the lesson were a property of batch norm alone, it must come out again.
"""

# %%
wide = {}
for name, lr in {"none": 0.2, "batch": 2}.items():
    make = network(norms[name], num_hidden=8, width=64)
    wide[name] = train_all(make, [lr], 10)[0].accuracy[-1].mean()
print(f"without: {wide['none']:.1f}")
print("lead below 0.03:", bool(wide["batch"] - wide["none"] < 0.03))

# %% [markdown]
r"""
Rate 2 works again with batch norm. The lead is about 0.02 (its last digit differs from processor to
processor), less than half of the lesson's: how many points batch norm wins belongs to the network as much as
to batch norm.
"""

# %%
rng = np.random.default_rng(0)
z = Z[train] @ rng.normal(size=(64, 32))
for name, norm in {"batch": BatchNorm(32), "layer": LayerNorm(32)}.items():
    outs = []
    for _ in range(200):
        others = rng.choice(np.arange(1, 1024), 15, replace=False)
        outs.append(norm.forward(z[[0, *others]])[0])
    print(f"{name} norm: spread {np.std(outs, axis=0).mean():.2f}")

# %% [markdown]
r"""
That the noise *regularises* (helps on new pictures) is another thing. Take it away and see: 128 pictures,
batches of 16, but mean and spread of the batch norms are taken from all 128; only the 16 count in the loss.
Everything else is equal. If the noise regularises, the networks with noise get more right on the 400 new
ones, each side at its best of four rates, ten seeds.
"""


# %% jupyter={"source_hidden": true}
def noise_or_not(all_rows, lrs, seeds=10, num_epochs=20, size=16):
    """Accuracies (rates, seeds) on the validation set; statistics from all 128 rows or from the batch."""
    few, make = train[:128], network(BatchNorm, num_hidden=2)
    pairs = [(lr, seed) for lr in lrs for seed in range(seeds)]
    fleet = Fleet([make(seed) for _, seed in pairs])
    optimizer, loss = (
        SGD(fleet, lr=[lr for lr, _ in pairs]),
        CrossEntropyLoss(),
    )
    rngs = [np.random.default_rng(seed) for _, seed in pairs]
    fleet.train()
    for _ in range(num_epochs):
        orders = np.array([rng.permutation(128) for rng in rngs])
        for start in range(0, 128, size):
            rows = np.roll(orders, -start, axis=1)  # the batch comes first
            rows = few[rows if all_rows else rows[:, :size]]
            out = fleet.forward(Z[rows].view(Stack))
            loss.forward(out[:, :size], y[rows[:, :size]].view(Stack))
            d_out = np.zeros_like(out)
            d_out[:, :size] = loss.backward()
            fleet.backward(d_out)
            optimizer.step()
    logits = np.asarray(fleet.eval().forward(Z[validation]))
    return (
        (logits.argmax(axis=-1) == y[validation])
        .mean(axis=-1)
        .reshape(len(lrs), -1)
    )


# %%
noise_lrs = [0.3, 1, 2, 4]
scores = {
    "with noise": noise_or_not(all_rows=False, lrs=noise_lrs),
    "without": noise_or_not(all_rows=True, lrs=noise_lrs),
}
for name, by_rate in scores.items():
    print(f"{name:10}", *(f"{m:.2f}" for m in by_rate.mean(axis=1)))
differences = scores["with noise"] - scores["without"]
errors = differences.std(axis=1) / np.sqrt(10)
print("standard errors:", *(f"{e:.3f}" for e in errors[:3]))

# %% jupyter={"source_hidden": true}
at_best = {
    name: by_rate.mean(axis=1).max() for name, by_rate in scores.items()
}
claim(
    "norm-noise-regularises",
    measured=at_best["with noise"] - at_best["without"],
    what="accuracy won by the noise of batches of 16, each side at its best rate, 10 seeds; clearly "
    "above 0 if it regularised",
)

# %% [markdown]
r"""
At rate 0.3 the noise is worth about a point. But without it a larger rate works better, and at the best rate
of each the noise wins nothing; in ten other groups of ten seeds it was between 0.002 and 0.023 behind. So
"noise", yes; "regularises" did not show, with this network, these pictures and batches of 16. And layer norm
has no such noise at all.

## "Batch norm relies on the central limit theorem"

The **central limit theorem** says that the sum of many independent numbers is nearly normal. You may read
that batch norm needs it, or makes its inputs normal. Standardise 100,000 exponential numbers, which are very
lopsided. *Skewness* is the mean cube after standardising; a normal distribution has 0.
"""

# %%
x = np.random.default_rng(0).exponential(size=(100_000, 1))
x_hat = BatchNorm(1).forward(x)
for name, values in {"before": x, "after": x_hat}.items():
    standard = (values - values.mean()) / values.std()
    print(f"{name:6} mean {abs(values.mean()):.1f}", end="")
    print(f"  spread {values.std():.1f}  skewness {np.mean(standard**3):.1f}")

# %% jupyter={"source_hidden": true}
claim(
    "batch-norm-needs-limit-theorem",
    because="x̂ = (x − mean)/std is a shift and a stretch: no sum of many, so no theorem, and the shape "
    "stays. Skewness before = skewness after.",
)

# %% [markdown]
r"""
## "A layer before batch norm has a bias of its own"

It may have one. Add 3 to the bias of a convolution (lesson 13) and of a Linear, each in front of a batch
norm:
"""

# %%
torch.manual_seed(0)
pictures = torch.rand(16, 1, 8, 8, dtype=torch.float64)
pairs = {
    "Conv2d": (nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4)),
    "Linear": (nn.Linear(8, 4), nn.BatchNorm2d(1)),
}
for name, (layer, bn) in pairs.items():
    layer, bn = layer.double(), bn.double()
    before = bn(layer(pictures))
    with torch.no_grad():
        layer.bias += 3
    same = (bn(layer(pictures)) - before).abs().max() < 1e-12
    print(name, "same output:", bool(same))

# %% jupyter={"source_hidden": true}
claim(
    "conv-bias-before-batch-norm",
    because="(z + b) − mean(z + b) = z − mean(z): whatever b is, it is gone. It runs, its slope is 0, and β "
    "does its work: write bias=False.",
)

# %% [markdown]
r"""
## "Batch norm goes before the activation"

There the paper of 2015 put it. Three hidden layers, before relu or after it, best of three rates, five seeds.
If the place mattered, one would win clearly.
"""

# %%
place = {}
for name, after in {"before relu": False, "after relu": True}.items():
    make = network(BatchNorm, after=after)
    place[name] = best(make, [0.3, 1, 3], seeds=5)
    print(f"{name:12} {told(place[name])}")

# %% jupyter={"source_hidden": true}
claim(
    "batch-norm-before-activation",
    measured=place["before relu"].mean() - place["after relu"].mean(),
    what="accuracy with BN before relu less that with BN after it, each at its best rate, 5 seeds",
)

# %% [markdown]
r"""
Both work. Before relu, the bias trick above applies, and a trained batch norm can be folded into the weights
before it (lesson 19).

## Batch norm and dropout

Dropout (lesson 12) sets outputs to 0 at random, in training, and enlarges the others so that the mean stays.
The *variance* does not stay: it is larger in training. A batch norm behind it stores the larger one, and
meets the smaller one in evaluation. The variance in evaluation over what the batch norm has stored, and the
accuracy, by where dropout (p = 0.5) stands:
"""


# %%
def with_dropout(places, p=0.5):
    """Three hidden layers; dropout after those in places."""

    def make(seed):
        rng, layers = np.random.default_rng(seed), []
        for k in (1, 2, 3):
            layers += [linear(rng, 64 if k == 1 else 32, 32, he)]
            layers += [BatchNorm(32), ReLU()]
            layers += [Dropout(p, rng=rng)] if k in places else []
        return Sequential(*layers, linear(rng, 32, 10, 1))

    return make


for name, places in {
    "none": (),
    "behind all": (3,),
    "between": (1, 2, 3),
}.items():
    runs = train_all(with_dropout(places), [0.3, 1, 3])
    accuracy = runs.best("accuracy")
    model = with_dropout(places)(0)
    optimizer, rng = SGD(model, lr=accuracy.lr), np.random.default_rng(0)
    options = {"batch_size": 64, "num_epochs": 5, "progress": False}
    fit(model, CrossEntropyLoss(), optimizer, *sets[0], rng=rng, **options)
    a, ratios = Z[train], []
    for layer in model.layers:  # in evaluation mode, after fit
        if isinstance(layer, BatchNorm):
            ratios.append((a.var(axis=0) / layer.running_var).mean())
        a = layer.forward(a)
    scores = told(accuracy.accuracy[-1])
    print(f"{name:11} variance {ratios[-1]:.1f}   accuracy {scores}")

# %% [markdown]
r"""
Behind all batch norms dropout hardly touches what they store. Between them, the last one has stored a
variance nearly twice that of evaluation. (The accuracy is lower there for more than one reason: there is also
three times as much dropout. Whether it helps at all is the subject of lesson 12.)

## Accumulation does not give the large batch

Lesson 09: the gradients of eight batches of 8, averaged, are the gradient of a batch of 64. Under a batch
norm too?
"""

# %%
loss, rows = CrossEntropyLoss(), train[:64]


def gradient(model, rows):
    loss.forward(model.forward(Z[rows]), y[rows])
    model.backward(loss.backward())
    return model.d_flat.copy()


for name in ("none", "batch", "layer"):
    model = network(norms[name])(0).train()
    whole = gradient(model, rows)
    parts = [gradient(model, part) for part in np.split(rows, 8)]
    gap = np.linalg.norm(np.mean(parts, axis=0) - whole)
    print(f"{name:6} off by {100 * gap / np.linalg.norm(whole):.0f} %")

# %% [markdown]
r"""
Each part is normalised with the numbers of 8 rows. Accumulating adds up gradients; it cannot give a mean over
rows that are not there.

## A last batch of two rows

With 514 pictures and batches of 64 two rows are left over, and make a batch of their own: one step of nine.
Of two rows a batch norm keeps only signs. Six passes at rate 0.2, ten seeds; then the same without these two
pictures. If one small step of nine does not matter, the lines agree.
"""

# %%
for num_rows in (514, 512):
    rows = train[:num_rows]
    options = {"batch_size": 64, "num_epochs": 6, "seeds": 10}
    options["every"] = 6 * -(-num_rows // 64)  # one mark, at the end
    make = network(BatchNorm)
    runs = sweep(make, (Z[rows], y[rows]), sets[1], lr=[0.2], **options)
    scores = runs[0].accuracy[-1]
    lost = bool(scores.min() < 0.5)
    print(f"{num_rows}: mean {scores.mean():.1f}, worst below 0.5: {lost}")

# %% [markdown]
r"""
One step of nine on two rows costs accuracy, and in the worst seed much of it. `drop_last=True` in a
`DataLoader` leaves such a batch out.

## RMSNorm

Many large language models leave out the mean. **RMSNorm** divides each row by its root mean square, and
scales:
"""


# %%
def rms_norm(X, gamma, eps=1e-6):
    return gamma * X / np.sqrt((X**2).mean(axis=1, keepdims=True) + eps)


rows_of = np.random.default_rng(0).normal(size=(5, 4))
twin = nn.RMSNorm(4, eps=1e-6, dtype=torch.float64)
theirs = twin(torch.tensor(rows_of)).detach().numpy()
gap = np.abs(rms_norm(rows_of, np.ones(4)) - theirs).max()
print("equal to PyTorch's, to 1e-12:", bool(gap < 1e-12))
for name in ("layer", "RMS"):
    print(f"{name:6} {told(best(network(norms[name]), [0.1, 0.3, 1]))}")

# %% [markdown]
r"""
One mean less to compute, and here no difference that three seeds show.

## Thirty layers, and residual connections

A **residual connection** adds a block's input to its output, $y = x + F(x)$. Backwards, $dy$ arrives at $x$
twice: through $F$, and as it is. Here $F$ is relu, then Linear, with a batch norm in front or without one.
Without, the second term makes the signal grow, so the weights of $F$ are smaller: variance $2 / (30 \cdot
n_{\text{in}})$. Three passes, best of three rates (a first search, not shown, found where they lie), three
seeds. If skips did not matter, each pair of lines would agree.
"""


# %% jupyter={"source_hidden": true}
def blocks(depth, skip, norm):
    """A maker of networks: Linear, then blocks of (norm), ReLU, Linear, with a skip or without."""
    gain = he / np.sqrt(depth) if skip and not norm else he

    def make(seed):
        rng = np.random.default_rng(seed)
        layers = [linear(rng, 64, 32, 1)]
        for _ in range(depth):
            block = [norm(32)] if norm else []
            block += [ReLU(), linear(rng, 32, 32, gain)]
            layers += [Residual(*block)] if skip else block
        layers += [norm(32)] if norm else []
        return Sequential(*layers, ReLU(), linear(rng, 32, 10, 1))

    return make


# %%
cases = [  # blocks, norm, skips, rates
    (4, "batch", False, [0.1, 0.3, 1]),
    (4, "batch", True, [0.1, 0.3, 1]),
    (30, "none", False, [0.01, 0.03, 0.1]),
    (30, "none", True, [0.01, 0.03, 0.1]),
    (30, "batch", False, [0.1, 0.3, 1]),
    (30, "batch", True, [0.3, 1, 3]),
]
with_skips = {}
for depth, name, skip, some_lrs in cases:
    make = blocks(depth, skip, norms[name])
    scores = best(make, some_lrs, num_epochs=3)
    with_skips[depth, name, skip] = scores.mean()
    kind = "skips" if skip else "plain"
    result = told(scores) if scores.mean() >= 0.5 else "below 0.5"
    print(f"{depth:2} blocks, norm {name:5}, {kind}: {result}")

# %% jupyter={"source_hidden": true}
won = {
    d: with_skips[d, "batch", True] - with_skips[d, "batch", False]
    for d in (4, 30)
}
claim(
    "residual-speeds-convergence",
    measured=won[30] - won[4],
    digits=1,
    what="accuracy after 3 passes that skips win at 30 blocks with BN, less what they win at 4, 3 seeds",
)

# %% [markdown]
r"""
With four blocks the skips win a point or two. With thirty they decide: the plain network fails, **with batch
norm too** (perhaps for the growing signal above). With skips it learns, even without any norm, if the weights
start small.

## "In transformers, layer norm comes before the activation"

That is not where it stands. The first transformer normalised the *sum* $x + F(x)$ of a residual block
("post-LN"); most later ones normalise the *input* of $F$ ("pre-LN"), as the blocks above do. Lesson 14 builds
one.
"""

# %% jupyter={"source_hidden": true}
claim(
    "layer-norm-before-activation",
    source="Vaswani et al. 2017: layer norm of x + F(x); Xiong et al. 2020: of the input of F, which trains "
    "without a warm-up of the rate.",
)

# %% [markdown]
r"""
**Sources**

- G. Yang and others, [A mean field theory of batch normalization](https://arxiv.org/abs/1902.08129), ICLR
  2019.
- K. He, X. Zhang, S. Ren, J. Sun, [Deep residual learning](https://arxiv.org/abs/1512.03385), CVPR 2016.
- X. Li and others, [Understanding the disharmony between dropout and batch
  normalization](https://arxiv.org/abs/1801.05134), CVPR 2019.
- B. Zhang, R. Sennrich, [Root mean square layer normalization](https://arxiv.org/abs/1910.07467), NeurIPS
  2019.
- R. Xiong and others, [On layer normalization in the transformer
  architecture](https://arxiv.org/abs/2002.04745), ICML 2020.
"""
