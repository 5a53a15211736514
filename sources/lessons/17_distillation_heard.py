# %% [markdown]
r"""
# 17 · Distillation: you may have heard

How the settings of the lesson were chosen, six questions that it leaves open, each with a small experiment,
and a sentence about Stable Diffusion. No other lesson depends on it.

**Time:** {minutes} minutes.
**Before this:** the lesson, [17 · Distillation](17_distillation.ipynb).
"""

# %% jupyter={"source_hidden": true}
from copy import deepcopy

import numpy as np

from helpers import data
from helpers.claims import claim
from helpers.figures import distillation as figures
from helpers.figures import show
from helpers.nn import (
    AdamW,
    CrossEntropyLoss,
    Fleet,
    Linear,
    ReLU,
    Sequential,
)
from helpers.nn.activations import softmax
from helpers.nn.stack import Stack
from helpers.quantization.groups import round_to_nearest
from helpers.training import fit_each, predict

digits = data.load_digits()


def draw(seeds):
    """The pictures (K, 1797, 64) in another order for each seed, and their labels."""
    orders = [
        np.random.default_rng(s).permutation(len(digits.y)) for s in seeds
    ]
    return digits.X[orders] / 16, digits.y[orders]


def fresh(width, K, start=100, times=1):
    """K untrained networks 64-width-10, each with its own start; all of them several times."""
    models = []
    for k in list(range(K)) * times:
        rng = np.random.default_rng(start + k)
        first, last = Linear(64, width, rng=rng), Linear(width, 10, rng=rng)
        models.append(Sequential(first, ReLU(), last))
    return Fleet(models)


def teach(
    fleet,
    pictures,
    target,
    T=1.0,
    lr=0.01,
    num_epochs=40,
    loss=None,
    penalty=None,
):
    """Train the networks on labels (K, n) or soft labels (K, n, 10), in batches of at most 100."""
    fit_each(
        fleet,
        loss or CrossEntropyLoss(temperature=T),
        AdamW(fleet, lr=lr),
        pictures,
        target,
        batch_size=100,
        num_epochs=num_epochs,
        rng=np.random.default_rng(0),
        penalty=penalty,
    )
    return fleet


def outputs(fleet, X):
    """The ten outputs of each network for its pictures (K, n, 64)."""
    return np.asarray(predict(fleet, X.view(Stack)))


def right(fleet, X, y):
    """The share of the 797 new pictures that each network gets right."""
    answers = outputs(fleet, X[:, 1000:]).argmax(axis=-1)
    return np.mean(answers == y[:, 1000:], axis=1)


def told(shares):
    return f"{np.mean(shares):.2f} ± {np.std(shares):.2f}"


# %% [markdown]
r"""
## How the settings were chosen

Each student of the lesson has its own best temperature, rate and number of epochs. To choose them by the
pictures on which they are then compared would be unfair, most of all to whoever has fewer settings to choose
from. So they were chosen on *other* draws, the seeds 20 to 25, with a teacher of their own, and the lesson's
table uses the seeds 0 to 4. Here is the part with 50 pictures and 600 epochs, on three of those draws. Every
rate gets the same starts:
"""

# %%
RATES = np.array([0.0003, 0.001, 0.003, 0.01, 0.03, 0.1])
Xc, yc = draw(range(20, 23))
zc = outputs(
    teach(fresh(128, 3, start=50), Xc[:, :1000], yc[:, :1000], num_epochs=20),
    Xc,
)
X6, y6 = np.tile(Xc, (6, 1, 1)), np.tile(yc, (6, 1))  # a copy for each rate
print("rate          " + "".join(f"{rate:8}" for rate in RATES))
for T in (None, 2, 4, 8):
    target = softmax(zc[:, :50] / T) if T else yc[:, :50]
    student = teach(
        fresh(16, 3, times=6),
        X6[:, :50],
        np.concatenate([target] * 6),
        T=T or 1,
        lr=np.repeat(RATES, 3),
        num_epochs=600,
    )
    by_rate = right(student, X6, y6).reshape(6, 3).mean(axis=1)
    name = f"soft, T = {T}" if T else "true labels"
    print(f"{name:14}" + "".join(f"{share:8.2f}" for share in by_rate))

# %% [markdown]
r"""
For true labels the rate matters little, as long as it is not too low for 600 epochs. For soft labels T = 4
and 8 at 0.01 and 0.03 are alike. The lesson takes what was best over all six draws and over 100, 300 and 600
epochs: 0.003 and 600 for true labels (0.001 with 3,800), T = 8, 0.01 and 600 for soft ones, T = 2, 0.003 and
300 for even ones and for shuffled ones. With 1,000 pictures both did better the longer they were trained, up
to 120 epochs, but 16 and 8 units by less than 0.01 after the 40 of the lesson. With 4 units it was 0.05 and
more, and so those get 120.

## Should the true label be mixed in?

The usual loss is $\alpha L_\text{soft} + (1 - \alpha) L_\text{labels}$, with $T^2$ in $L_\text{soft}$. If the
true label added something, a mixture would be best:
"""

# %%
X, y = draw(range(5))  # the draws of the lesson
first, labels = X[:, :1000], y[:, :1000]
teacher = teach(fresh(128, 5, start=0), first, labels, num_epochs=20)
z = outputs(teacher, X)


class Mixed:
    """α T² times the softened loss, and 1 - α times that of the labels.

    The two targets stand side by side.
    """

    def __init__(self, alpha, T):
        self.soft, self.hard = (
            CrossEntropyLoss(temperature=T),
            CrossEntropyLoss(),
        )
        self.shares = alpha * T**2, 1 - alpha

    def forward(self, z, y):
        a, b = self.shares
        return a * self.soft(z, y[..., :10]) + b * self.hard(z, y[..., 10:])

    def backward(self):
        a, b = self.shares
        return a * self.soft.backward() + b * self.hard.backward()


both = np.concatenate([softmax(z / 8), np.eye(10)[y]], axis=-1)[:, :50]
few = {"lr": 0.01, "num_epochs": 600}
for alpha in (0.0, 0.1, 1.0):
    student = teach(fresh(16, 5), X[:, :50], both, loss=Mixed(alpha, 8), **few)
    print(f"α = {alpha}: {told(right(student, X, y))}")

# %% [markdown]
r"""
From a tenth on it makes no difference, with 50 pictures and a teacher that is right about nearly all of them.
A wrong teacher would be another matter.

## A teacher that knows no more than the student

Now the teacher has only the same 50 labels. Two things are often mixed up here. One is what *soft* labels
add. The other is what *more pictures* add, for a teacher can label pictures that nobody has labelled. So the
remaining 950 pictures come without their labels, and the teacher labels them, once with its first choice,
once softly. Temperature, rate and epochs were again chosen for each on the other draws:
"""

# %%
poor = teach(fresh(128, 5, start=0), X[:, :50], y[:, :50], num_epochs=400)
poor_z = outputs(poor, X)
guess = poor_z.argmax(axis=-1)
students = {
    "50, true labels": teach(
        fresh(16, 5), X[:, :50], y[:, :50], lr=0.003, num_epochs=600
    ),
    "50, soft labels": teach(
        fresh(16, 5), X[:, :50], softmax(poor_z[:, :50] / 4), 4, 0.01, 600
    ),
    "1,000, its first choice": teach(
        fresh(16, 5), first, guess[:, :1000], lr=0.003
    ),
    "1,000, its soft labels": teach(
        fresh(16, 5), first, softmax(poor_z[:, :1000] / 2), 2, lr=0.003
    ),
}
print(f"{'the teacher':24} {told(right(poor, X, y))}")
for name, student in students.items():
    print(f"{name:24} {told(right(student, X, y))}")

# %% [markdown]
r"""
A student comes up to its teacher, and a teacher of 50 labels does not stand high. Its soft labels for the
same pictures bring nothing. The further pictures bring 0.01 to 0.02, and labelled softly they are worth no
more than with the first choice. The 0.95 of the lesson came from what the other teacher had learnt from 1,000
labels.

## Is the more accurate teacher the better teacher?

Label smoothing (lesson 07) trains a network on labels of which a share is spread over all classes. Here is a
teacher with a tenth of smoothing beside the ordinary one, and the students that learn from their labels for
the same 50 pictures, at T = 1 and 8. Each of the four has the rate that was best for it on the other draws,
and 600 epochs. If accuracy were what makes a good teacher, the order would be the same:
"""

# %%
smooth = teach(
    fresh(128, 5, start=0),
    first,
    labels,
    num_epochs=20,
    loss=CrossEntropyLoss(label_smoothing=0.1),
)
for name, model, rates in (
    ("ordinary", teacher, {1: 0.01, 8: 0.01}),
    ("smoothed", smooth, {1: 0.01, 8: 0.003}),
):
    said = outputs(model, X)[:, :50]
    line = f"{name}: teacher {told(right(model, X, y))}, students"
    for T, lr in rates.items():
        student = teach(fresh(16, 5), X[:, :50], softmax(said / T), T, lr, 600)
        line += f"  {told(right(student, X, y))}"
    print(line)

# %% [markdown]
r"""
It is not. The smoothed teacher is no less accurate. At T = 1 its students are even ahead. But those of the
ordinary teacher gain 0.09 by T = 8, and its own gain nothing. Müller, Kornblith and Hinton (2019) found the
same and a reason: smoothing asks that all wrong classes get *the same*, and so it erases what the wrong
classes have to tell.

## Pruning, given more chances

In the lesson the pruned network of 592 weights stayed behind the student of 8 units. Did it have a fair
chance? Four ways to spend 30 epochs after the teacher's training: cut once, and fine-tune; six smaller cuts
with 5 epochs after each; a mask drawn at random; and the mask of the large weights on a network *before* its
training, which asks whether the mask is the find or the weights in it.
"""


# %%
def largest(sizes, keep):
    """For each layer, which sizes (K, m, n) are among the `keep` largest."""
    together = np.concatenate([s.reshape(len(s), -1) for s in sizes], axis=1)
    limit = np.sort(together, axis=1)[:, -keep]
    return [s >= limit[:, None, None] for s in sizes]


def by_magnitude(fleet, keep):
    sizes = [np.abs(np.asarray(layer.W)) for layer in fleet.layers[::2]]
    return largest(sizes, keep)


class Kept:
    """Keeps what the masks keep: in the weights, and in their slopes."""

    def __init__(self, masks):
        self.masks = masks

    def cut(self, fleet):
        fleet = deepcopy(fleet)
        for layer, mask in zip(fleet.layers[::2], self.masks, strict=True):
            layer.W *= mask
        return fleet

    def add_gradient(self, fleet):
        for layer, mask in zip(fleet.layers[::2], self.masks, strict=True):
            layer.dW *= mask


def pruned(fleet, masks, num_epochs=30):
    kept = Kept(masks)
    return teach(
        kept.cut(fleet),
        first,
        labels,
        lr=0.03,
        num_epochs=num_epochs,
        penalty=kept,
    )


rng, keep = np.random.default_rng(0), 592
masks = by_magnitude(teacher, keep)
chance = largest([rng.random(mask.shape) for mask in masks], keep)
slowly = teacher
for step in np.geomspace(9472, keep, 7)[1:].round().astype(int):
    slowly = pruned(slowly, by_magnitude(slowly, step), num_epochs=5)
ways = {
    "the largest": pruned(teacher, masks),
    "six cuts": slowly,
    "at random": pruned(teacher, chance),
    "the mask alone": pruned(fresh(128, 5, start=0), masks),
    "student, 8 units": teach(fresh(8, 5), first, labels),
}
for name, fleet in ways.items():
    print(f"{name:17} {told(right(fleet, X, y))}")

# %% [markdown]
r"""
The large weights are far better than any weights. But six cuts are no better than one, and the mask on an
untrained network does as well as with the trained weights: what was found is the mask (Frankle and Carbin saw
this in 2019, and more). None of them reaches the student of 8 units, which has as many weights. With twice as
many epochs, not shown here, one cut came to 0.93 and six cuts to 0.94.

## Fewer bits: a look ahead

The lesson's frontier has room on its left. A weight need not take 4 bytes: lesson 18 rounds it to one of a
few marks. Here is what that gives, before you know how it is done. In each column of a matrix the weights are
rounded to 255 marks (8 bits) or 15 (4 bits), equally far apart; the column keeps their distance in 2 bytes,
and biases stay. If bits were as hard to spare as weights, the new points would lie on the old line.
"""


# %%
def rounded(fleet, bits):
    """The networks with each column of weights on 2^bits - 1 marks."""
    fleet = deepcopy(fleet)
    for layer in fleet.layers[::2]:
        for k in range(5):
            W = layer.W[k]
            layer.W[k] = round_to_nearest(W, bits, size=len(W))
    return fleet


def taken(width, bits):
    """Bytes of a network: weights, a scale for each column, biases."""
    scales = 2 * (width + 10) if bits < 32 else 0
    return 74 * width * bits / 8 + scales + 4 * (width + 10)


networks = {  # by units
    4: teach(fresh(4, 5), first, labels, lr=0.003, num_epochs=120),
    8: ways["student, 8 units"],
    16: teach(fresh(16, 5), first, labels),
    128: teacher,
}
points = {}
print("units  bits   bytes")
for bits in (32, 8, 4):
    sizes, shares = [], []
    for width, fleet in networks.items():
        fleet = rounded(fleet, bits) if bits < 32 else fleet
        sizes.append(taken(width, bits))
        shares.append(right(fleet, X, y))
        print(f"{width:5} {bits:5} {sizes[-1]:7.0f}   {told(shares[-1])}")
    points[f"{bits} bits"] = np.array(sizes), np.array(shares)

# %% jupyter={"source_hidden": true}
show(
    figures.frontier(points),
    alt="Accuracy by bytes, whose axis is logarithmic, with a line for 32, 8 and 4 bits; each goes from 4 "
    "units to the teacher's 128. The line of 8 bits has the same heights as that of 32, much further left; "
    "that of 4 bits lies further left still, and a little lower with 4 units.",
)

# %% [markdown]
r"""
They do not. At 8 bits nothing is lost, for a quarter to a third of the bytes: all points move to the left. At
4 bits little is lost, most with 4 units. A student of 16 units with 4 bits takes 748 bytes and is right about
0.96; the one of 4 units takes more with its 32 bits, and is right about 0.88. Small in bits goes further here
than small in units.

## Factorisation

A matrix of 64 × 128 can be replaced by two thin ones, 64 × r and r × 128. The best pair, in squared error,
comes from the *singular value decomposition* (`np.linalg.svd`): keep the r largest of its 64 parts.
"""


# %%
def thin(r):
    """Networks 64-r-128-10 with the teacher's first matrix in r parts."""
    U, S, V = np.linalg.svd(np.asarray(teacher.layers[0].W))
    models = []
    for k in range(5):
        rng = np.random.default_rng(k)
        narrow = Linear(64, r, bias=False, rng=rng)
        wide, last = Linear(r, 128, rng=rng), Linear(128, 10, rng=rng)
        narrow.W[...], wide.W[...] = U[k, :, :r] * S[k, :r], V[k, :r]
        wide.b[...], last.b[...] = (teacher.layers[i].b[k] for i in (0, 2))
        last.W[...] = teacher.layers[2].W[k]
        models.append(Sequential(narrow, wide, ReLU(), last))
    return Fleet(models)


for r in (16, 8, 4):
    fleet = thin(r)
    at_once = right(fleet, X, y)
    tuned = right(teach(fleet, first, labels, num_epochs=20), X, y)
    print(
        f"r = {r:2}, {192 * r + 1280} weights: at once {told(at_once)}, "
        f"fine-tuned {told(tuned)}"
    )

# %% [markdown]
r"""
At r = 8, with 30 % of the weights, fine-tuning brings everything back, and no list of places is needed. At r
= 4 it does not: 2,048 weights in this form do worse than the 592 of a student of 8 units.

## "Stable Diffusion 1.5 and 2.0 are distilled models"

No experiment can tell where weights come from. Those who trained them wrote it down. A distilled model has a
teacher, and in the usual case it is smaller, or takes fewer steps. Version 1.5 was resumed from the weights
of version 1.2 and trained for another 595,000 steps on LAION pictures, with the loss of any diffusion model;
it has the same U-Net of 860 million weights. Version 2.0 was trained from the start, for 550,000 steps at 256
× 256 and 850,000 at 512 × 512, with another text encoder. No teacher occurs in either. There *are* distilled
ones: BK-SDM (Kim and others, 2023) removes blocks of the U-Net of 1.4 and distils what is left, 0.58 in place
of 0.86 billion weights; SD-Turbo (Sauer and others, 2023) distils 2.1 into one to four steps.
"""

# %% jupyter={"source_hidden": true}
claim(
    "stable-diffusion-is-distilled",
    source="Rombach and Esser 2022, the authors' model cards: 1.5 was resumed from 1.2 for 595,000 steps and "
    "has the same U-Net of 860 million weights; 2.0 was trained from the start. Neither names a teacher.",
)

# %% [markdown]
r"""
Sources

- R. Rombach, P. Esser, model cards of Stable Diffusion
  [v1](https://github.com/CompVis/stable-diffusion/blob/main/Stable_Diffusion_v1_Model_Card.md), with the
  checkpoints of [1.5](https://github.com/runwayml/stable-diffusion), and
  [v2](https://github.com/Stability-AI/stablediffusion/blob/main/modelcard.md), 2022.
- B.-K. Kim and others, [BK-SDM](https://arxiv.org/abs/2305.15798), 2023; A. Sauer and others, [Adversarial
  diffusion distillation](https://arxiv.org/abs/2311.17042), 2023.
- R. Müller, S. Kornblith, G. Hinton, [When does label smoothing help?](https://arxiv.org/abs/1906.02629),
  NeurIPS 2019.
- J. Frankle, M. Carbin, [The lottery ticket hypothesis](https://arxiv.org/abs/1803.03635), ICLR 2019: masks
  on networks before their training.
- D. Blalock and others, [What is the state of neural network pruning?](https://arxiv.org/abs/2003.03033),
  MLSys 2020: how to compare fairly.
"""
