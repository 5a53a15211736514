# %% [markdown]
r"""
# 06 · Activations: you may have heard

What is said about activations and is not the lesson's own story: what they are, what they cost, how fast they
learn, where to look for a gradient that vanishes, and what to do about one that explodes. No other lesson
depends on it.

**Time:** {minutes} minutes.
**Before this:** the lesson, [06 · Activations](06_activations.ipynb).
"""

# %% jupyter={"source_hidden": true}
from itertools import pairwise

import numpy as np
import torch
from torch.nn import functional as F

from helpers import data
from helpers.claims import claim
from helpers.features import StandardScaler
from helpers.nn import (
    Adam,
    BatchNorm,
    ClipNorm,
    CrossEntropyLoss,
    Layer,
    LeakyReLU,
    Linear,
    MSELoss,
    ReLU,
    Sequential,
    Sigmoid,
    Tanh,
)
from helpers.nn.activations import sigmoid
from helpers.splits import three_way
from helpers.training import fit, sweep

digits = data.load_digits()
X, y = digits.X, digits.y
train, validation, test = three_way(len(y), 400, 373, np.random.default_rng(0))
Z = StandardScaler().fit(X[train]).transform(X)
learned, held_out = (Z[train], y[train]), (Z[validation], y[validation])


def network(bend, gain, num_hidden, norm=False):
    """A maker of networks: hidden layers of 64, weights of standard deviation gain / √64, biases 0."""

    def make(seed):
        rng, layers = np.random.default_rng(seed), []
        for n_in, n_out in pairwise([64] * (num_hidden + 1) + [10]):
            layer = Linear(n_in, n_out, rng=rng)
            layer.W[...] = rng.normal(0, gain / np.sqrt(n_in), (n_in, n_out))
            layer.b[...] = 0
            layers += (
                [layer, BatchNorm(n_out), bend()]
                if norm and n_out == 64
                else [layer, bend()]
            )
        return Sequential(*layers[:-1])

    return make


# %% [markdown]
r"""
## "Activations are monotone, differentiable and bounded"

A function is *monotone* if it only ever goes up. It is *bounded* if its values stay between two numbers. Take
five of them from −30 to 30, in steps of 0.01, and ask: the lowest and the highest value, the deepest fall
from one step to the next, and the slopes just left and right of 0.
"""

# %%
z = torch.linspace(-30, 30, 6001, dtype=torch.float64)
for name in ("sigmoid", "tanh", "relu", "silu", "gelu"):
    f = getattr(F, name)
    a, h = f(z), torch.tensor([-1e-6, 1e-6])
    fall = min(a.diff().min().item(), 0)
    left, right = ((f(h) - f(0 * h)) / h).tolist()
    print(f"{name:7} {a.min():5.2f} to {a.max():5.2f}", end="")
    print(f"  fall {fall:.4f}  slopes at 0: {left + 0:.2f}, {right:.2f}")

# %% jupyter={"source_hidden": true}
claim(
    "activations-are-monotonic",
    because="SiLU(−1.28) = −0.278 < SiLU(−5) = −0.033: from −5 to −1.28 it falls, and GELU does so too. "
    "Sigmoid, tanh and ReLU never fall.",
)
claim(
    "activations-are-differentiable",
    because="ReLU: (0 − 0)/h = 0 for every h < 0, and h/h = 1 ≠ 0 for every h > 0: no one slope at 0. "
    "PyTorch takes 0 there. The others in the table have one.",
)
claim(
    "activations-bound-the-range",
    because="max(0, z) = z for z > 0, so ReLU passes any bound, and SiLU and GELU follow it; "
    "0 < sigmoid < 1 and −1 < tanh < 1.",
)

# %% [markdown]
r"""
What one does ask of an activation is that it bends. Lesson 04: without a bend, all layers are one. In
mathematics a **linear function** obeys $f(a + b) = f(a) + f(b)$, a **non-linear function** does not. ReLU is
made of two straight pieces, and yet:
"""

# %% jupyter={"source_hidden": true}
claim(
    "relu-is-non-linear",
    because="ReLU(1) + ReLU(−1) = 1 + 0 = 1, and ReLU(1 + (−1)) = 0 ≠ 1.",
)

# %% [markdown]
r"""
## "With activations a network can approximate any function"

That is the theorem of **universal approximation** (*approximation of arbitrary functions*): for any
continuous function, on a closed and bounded region, with enough hidden units, there *are* weights that come
as near as you like. It says nothing about whether training finds them, or about places outside.

Fit $\sin x$ on $-\pi$ to $\pi$ with 1–64–64–1, five seeds. Then look at $\pi$ to $3\pi$, where no data were.
If "any function" were meant without conditions, the largest error would be small there as well. To say 0
everywhere has a largest error of 1.
"""


# %%
def largest_errors(bend, seed):
    rng, layers = np.random.default_rng(seed), []
    for n_in, n_out in ((1, 64), (64, 64)):
        layers += [Linear(n_in, n_out, rng=rng), bend()] if bend else []
    last = Linear(64 if bend else 1, 1, rng=rng)
    model = Sequential(*layers, last)
    inside = np.linspace(-np.pi, np.pi, 256)[:, None]
    outside = np.linspace(np.pi, 3 * np.pi, 256)[:, None]
    options = {"batch_size": 64, "num_epochs": 300, "progress": False}
    optimizer = Adam(model, lr=0.003)
    fit(
        model, MSELoss(), optimizer, inside, np.sin(inside), rng=rng, **options
    )
    errors = [model.forward(x) - np.sin(x) for x in (inside, outside)]
    return [np.abs(error).max() for error in errors]


for name, bend in {"tanh": Tanh, "ReLU": ReLU, "no bend": None}.items():
    runs = np.array([largest_errors(bend, seed) for seed in range(5)])
    inside, outside = runs.mean(axis=0)
    far = f"{runs[:, 1].min():.1f} to {runs[:, 1].max():.1f}"
    print(f"{name:7} inside {inside:.2f}, outside {outside:.1f} ({far})")
    if name == "tanh":
        outside_tanh = outside

# %% jupyter={"source_hidden": true}
claim(
    "activations-approximate-anything",
    measured=outside_tanh,
    digits=1,
    what="largest error for sin on π to 3π, fitted on −π to π with tanh (inside about 0.01), mean of 5 seeds",
)

# %% [markdown]
r"""
## "Sigmoid is slow because of the exponential"

Two meanings of slow: time and steps. Time first, in PyTorch, one thread, 1,024 rows, and layers of 64 and of
512 units. If the exponential mattered, a layer with sigmoid would take clearly longer than one with ReLU.
"""

# %% tags=["nbval-ignore-output"]
from time import thread_time

torch.set_num_threads(1)


def fastest(f, times=25):
    """The shortest of many times, in µs."""
    spent = []
    for _ in range(times):
        start = thread_time()
        f()
        spent.append(thread_time() - start)
    return 1e6 * min(spent)


bends = ("relu", "leaky_relu", "sigmoid", "silu", "gelu", "elu", "tanh")
print(torch.backends.cpu.get_cpu_capability())
for width in (64, 512):
    H, W = torch.randn(1024, width), torch.randn(width, width)
    product = fastest(lambda H=H, W=W: H @ W)
    cost = {}
    for name in bends:
        cost[name] = fastest(lambda name=name, H=H: getattr(F, name)(H))
    ns = {name: 1e3 * c / H.numel() for name, c in cost.items()}
    print(
        f"{width} units: H @ W takes {product:.0f} µs; a number costs, in ns:"
    )
    print("  ", ", ".join(f"{name} {c:.2f}" for name, c in ns.items()))
    layer = (product + cost["sigmoid"]) / (product + cost["relu"])
    print(f"   layer with sigmoid / layer with ReLU: {layer:.2f}")
claim(
    "sigmoid-slow-by-exponential",
    measured=layer,
    what="time of a layer of 512 with sigmoid over that with ReLU, PyTorch",
    timing=True,
)

# %% [markdown]
r"""
On the machine that built this page, with AVX-512 (instructions that take 16 numbers at once), sigmoid costs
about 4.5 times ReLU for a number; with AVX2 (8 at once) it was 7.5 times. But each number of a layer of 512
is 512 products first. In narrow layers the bend weighs more. And tanh, which learns faster than both below,
is here by far the dearest.

## "ReLU converges six times faster than sigmoid"

The sentence goes back to a figure in a paper on the network AlexNet: six times faster than **tanh**, to 25 %
training error, for one network on one data set (Krizhevsky, Sutskever and Hinton 2012). Count steps to the
same 25 % on 512 of the training pictures, each activation at the best of its rates, three seeds. Sigmoid once
at Xavier's scale and once at four times that (without the biases of the lesson). If six were a constant of
nature, it would come out at both depths, from both starts.
"""


# %%
def steps_to(goal, make, lrs, num_epochs, every=5):
    """Steps to an accuracy on 512 training rows, best rate, by seed."""
    some = Z[train][:512], y[train][:512]
    options = {"batch_size": 64, "num_epochs": num_epochs, "seeds": 3}
    with np.errstate(over="ignore", invalid="ignore"):
        runs = sweep(make, learned, some, lr=lrs, every=every, **options)
    found = []
    for run in runs:
        there = run.accuracy >= goal  # marks, seeds
        steps = np.where(
            there.any(axis=0), run.steps[there.argmax(axis=0)], np.inf
        )
        found.append(steps)
    return min(found, key=np.mean)


usual, wide = [0.1, 0.3, 1, 3], [0.3, 1, 3, 10]
contest = {
    "ReLU": (ReLU, np.sqrt(2), usual),
    "tanh": (Tanh, 1, usual),
    "sigmoid": (Sigmoid, 1, wide),
    "sigmoid x 4": (Sigmoid, 4, wide),
}
steps = {}
for depth in (1, 3):
    for name, (bend, gain, lrs) in contest.items():
        slow = name == "sigmoid" and depth == 3
        num_epochs, every = (12, 8) if slow else (2, 2)
        make = network(bend, gain, depth)
        counted = steps_to(0.75, make, lrs, num_epochs, every)
        steps[name, depth] = counted.mean()
        factor = counted.mean() / steps["ReLU", depth]
        low, high = counted.min(), counted.max()
        told = f"{counted.mean():3.0f} steps ({low:.0f} to {high:.0f})"
        print(f"{depth} hidden, {name:11} {told}, {factor:4.1f} x ReLU's")

# %% jupyter={"source_hidden": true}
by_depth = [steps["sigmoid", depth] / steps["ReLU", depth] for depth in (1, 3)]
claim(
    "relu-six-times-faster",
    measured=by_depth[1] / by_depth[0],
    digits=0,
    what="sigmoid's steps over ReLU's with three hidden layers, in parts of the same with one, 3 seeds",
)

# %% [markdown]
r"""
(With one hidden layer sigmoid is best at the largest rate; at 30 it needs more steps, not shown.) Nor is
ReLU faster than tanh here; it needs more steps at both depths. On another network and other data it was the
other way round.

## "Outputs should be centred on zero"

Four claims about the same thing. First what is plain: ReLU has no **zero-centred output**. For a standard
normal $z$ their average is half of the average of $|z|$:
"""

# %% jupyter={"source_hidden": true}
claim(
    "relu-mean-not-zero",
    because="∫ z φ(z) dz from 0 to ∞ = φ(0) = 1/√(2π) = 0.40 > 0, with φ the density of z.",
)

# %% [markdown]
r"""
**Zig-zag.** The slopes for the weights of one unit are `a.T @ dz` (a column of it). For *one* row, with
inputs `a` that are all positive, they all have the sign of `dz`: all weights go up or all go down. To get one
up and another down, the path has to go to and fro, in **zig-zag updates**. A batch adds up rows with
different signs of `dz`. Does it help? Count units of the second hidden layer whose 64 slopes all have one
sign, over the first 50 steps of a training. 1 would be zig-zag for all, as in one row; 0, none.
"""


# %%
def one_sign(bend, batch_size, lr, seed):
    """The share of units whose slopes all have one sign."""
    model, rng = network(bend, 1, 2)(seed), np.random.default_rng(seed)
    loss, shares = CrossEntropyLoss(), []
    for _ in range(50):
        rows = rng.choice(train, 64, replace=False)
        for few in (rows[:batch_size], rows):  # look, then step with all 64
            loss.forward(model.forward(Z[few]), y[few])
            model.backward(loss.backward())
            if few is not rows:
                signs = np.sign(model.layers[2].dW).sum(axis=0)
                shares.append(np.mean(np.abs(signs) == 64))
        model.flat -= lr * model.d_flat
    return np.mean(shares)


alike = {}
for name, bend, lr in (("sigmoid", Sigmoid, 1), ("tanh", Tanh, 0.3)):
    for batch_size in (1, 8, 64):
        shares = [one_sign(bend, batch_size, lr, seed) for seed in range(3)]
        alike[name, batch_size] = np.mean(shares)
        told = f"{np.mean(shares):.2f} ± {np.std(shares):.2f}"
        print(f"{name:7} batch {batch_size:2}: {told}")

# %% jupyter={"source_hidden": true}
claim(
    "positive-inputs-zig-zag",
    measured=alike["sigmoid", 64],
    what="share of units whose 64 slopes have one sign, batches of 64, sigmoid (batch 1: all; tanh: none), "
    "3 seeds",
)

# %% [markdown]
r"""
**Does it slow learning?** Only a control can tell: sigmoid minus ½ has the same slopes everywhere, and
outputs around 0. Count steps to 95 % training accuracy with two hidden layers, each at its own best scale of
four and its own best of three rates, three seeds. If the mean does not matter, both need the same number.
"""


# %%
class Shifted(Layer):
    """Sigmoid minus a half."""

    def forward(self, X):
        self.a = sigmoid(X)
        return self.a - 0.5

    def backward(self, d_out):
        return d_out * self.a * (1 - self.a)


needed = {}
for bend, lrs in ((Sigmoid, [1, 3, 10]), (Shifted, [3, 10, 30])):
    at_best = []
    for gain in (2, 4, 8, 16):
        make = network(bend, gain, 2)
        at_best.append(steps_to(0.95, make, lrs, num_epochs=5, every=4))
    best = min(at_best, key=np.mean)
    needed[bend] = best.mean()
    by_gain = ", ".join(f"{counted.mean():.0f}" for counted in at_best)
    print(f"{bend.__name__:7} at gain 2, 4, 8, 16: {by_gain}", end="")
    print(f"; best {best.mean():.0f} ({best.min():.0f} to {best.max():.0f})")

# %% jupyter={"source_hidden": true}
claim(
    "non-zero-centred-is-slow",
    measured=needed[Sigmoid] / needed[Shifted],
    digits=1,
    what="steps of sigmoid over steps of sigmoid minus ½, to 95 % training accuracy, each at its best, 3 "
    "seeds",
)

# %% [markdown]
r"""
**"More diversity, more flexible tuning"?** A linear model with a bias can say the same with and without the
mean: $w \cdot x + b = w \cdot (x - m) + (b + w \cdot m)$. So flexibility is not it. What changes is the
valley in which descent walks (lesson 02). Logistic regression on *breast cancer*, each column scaled to 0…1,
as it is and minus its mean; five random halves of the rows; steps to a log loss of 0.1 at the best of six
rates. As a control Newton's method (lesson 08), which does not care about the shape of a valley. If centring
gave more flexibility, it would help Newton as well.
"""

# %%
cancer = data.load_breast_cancer()
columns = cancer.X - cancer.X.min(axis=0)
columns = columns / columns.max(axis=0)


def log_loss(A, labels, w):
    return np.mean(np.logaddexp(0, A @ w) - labels * (A @ w))


def steps_of(A, labels, step, goal=0.1, most=1000):
    """How many steps until the log loss is at the goal."""
    w = np.zeros(A.shape[1])
    for number in range(most):
        if log_loss(A, labels, w) <= goal:
            return number
        p = sigmoid(A @ w)
        w = w - step(A, A.T @ (p - labels) / len(labels), p)
    return most


def newton(A, g, p):
    curvature = (A.T * (p * (1 - p))) @ A / len(A)
    return np.linalg.lstsq(curvature, g)[0]


runs = []
for seed in range(5):
    rows = np.random.default_rng(seed).permutation(len(columns))[:284]
    labels, run = cancer.y[rows], []
    for inputs in (columns[rows], columns[rows] - columns[rows].mean(axis=0)):
        A = np.column_stack([inputs, np.ones(len(rows))])
        descents = []
        for lr in (1, 3, 10, 30, 100, 300):
            counted = steps_of(A, labels, lambda A, g, p, lr=lr: lr * g)
            descents.append(counted)
        run += [min(descents), steps_of(A, labels, newton)]
    runs.append(run)
runs = np.array(runs)
for name, k in (("as it is", 0), ("centred", 2)):
    descent, others = runs[:, k], runs[:, k + 1]
    print(f"{name:8} descent {descent.min()} to {descent.max()} steps", end="")
    print(f", Newton {others.min()} to {others.max()}")

# %% jupyter={"source_hidden": true}
claim(
    "zero-mean-more-flexible",
    measured=np.mean(runs[:, 0] / runs[:, 2]),
    digits=0,
    what="steps of descent with columns as they are over steps with centred columns (Newton's: alike), 5 "
    "halves",
)

# %% [markdown]
r"""
## "Swish is the improved ReLU, and the most used"

Who uses what cannot be measured here.
"""

# %% jupyter={"source_hidden": true}
claim(
    "swish-is-most-used",
    source="Ramachandran, Zoph and Le 2017: Swish in the place of ReLU gained 0.9 % and 0.6 % top-1 accuracy "
    "on ImageNet for two networks. He and others 2016 (ResNet) use ReLU, Devlin and others 2018 (BERT) GELU, "
    "Touvron and others 2023 (Llama) SwiGLU, a gate with Swish.",
)

# %% [markdown]
r"""
## Where to look: at dz, or at dW?

Many pages compare the *weight* gradients `dW` of the first and of the last layer. The lesson looked at `dz`.
Take twenty layers of ReLU at PyTorch's scale, where `dz` vanishes, and five seeds. If `dW` shows that, too,
it is far smaller in the first layer than in the last one.
"""


# %%
def size(array):
    return np.sqrt(np.mean(array**2))


def way_back(model, rows):
    """The sizes of dz and dW, from the last layer to the first."""
    loss, dz, dW = CrossEntropyLoss(), [], []
    loss.forward(model.forward(Z[rows]), y[rows])
    d_out = loss.backward()
    for layer in model.layers[::-1]:
        d_in = layer.backward(d_out)
        if isinstance(layer, Linear):
            dz.append(size(d_out))
            dW.append(size(layer.dW))
        d_out = d_in
    return dz, dW


make, ratios = network(ReLU, 1 / np.sqrt(3), 20), []
for seed in range(5):
    dz, dW = way_back(make(seed), train[:300])
    # place -1: layer 1; place 1: layer 20 (place 0 gives the logits)
    ratios.append([dz[-1] / dz[1], dW[-1] / dW[1]])
for name, ratio in zip(("dz", "dW"), np.transpose(ratios), strict=True):
    print(f"{name}: layer 1 / layer 20 {ratio.min():.1g} to {ratio.max():.1g}")

# %% [markdown]
r"""
By `dW` all looks well. But `dW` is `a.T @ dz`, and at this scale the signal shrinks on the way forward, too:
in the first layers `dz` is tiny, in the last ones `a` is, and the products come out alike. All of them are
tiny. So look at `dz`.

## Would Adam have saved sigmoid?

In the lesson, sigmoid at Xavier's scale guessed with SGD, at every rate. Adam (lesson 08) divides each step
by the usual size of that weight's slope, so a tiny slope is no obstacle. If tiny slopes are all that is
wrong, Adam learns from the same start as well as SGD does with ten layers from the start "as tanh": 0.88.
"""

# %%
options = {"lr": [0.003, 0.01, 0.03], "batch_size": 64, "num_epochs": 10}
make = network(Sigmoid, 1, 10)  # ten layers at Xavier's scale
runs = sweep(make, learned, held_out, seeds=3, optimizer=Adam, **options)
scores = runs.best("accuracy").accuracy[-1]
print(f"above 0.3 right: {np.sum(scores > 0.3)} of 3")

# %% [markdown]
r"""
It hardly helps: about 0.2. (With five layers, not shown, it got from 0.4 to above 0.9, by the seed.)
So tiny slopes are not all. Perhaps the rest is the way forward, where the same product makes all pictures
look alike to the last layers.

## "Against explosion: clipping, initialisation, batch norm, and not another activation"

Make it explode: eight hidden layers with ReLU at twice He's scale. **Clipping** shortens a gradient that is
longer than 1 to length 1, all entries by the same factor. **Batch norm** brings the inputs of every
activation to one scale (lesson 11). Each remedy is tried at the best of its rates, with three seeds and six
passes. If the sentence is right, the first three help, and tanh or leaky ReLU with the same weights do not.
"""

# %%
twice, he = 2 * np.sqrt(2), np.sqrt(2)
remedies = {
    "nothing": (network(ReLU, twice, 8), [1e-4, 1e-3, 1e-2], None),
    "clipping": (network(ReLU, twice, 8), [0.1, 0.3, 1], ClipNorm(1)),
    "He's scale": (network(ReLU, he, 8), [0.05, 0.1, 0.2], None),
    "batch norm": (network(ReLU, twice, 8, norm=True), [0.3, 1, 3], None),
    "tanh": (network(Tanh, twice, 8), [0.1, 0.3, 1], None),
    "leaky ReLU": (network(LeakyReLU, twice, 8), [1e-4, 1e-3, 1e-2], None),
}
helped = {}
for name, (make, lrs, clip) in remedies.items():
    options = {"batch_size": 64, "num_epochs": 6, "seeds": 3, "clip": clip}
    with np.errstate(over="ignore", invalid="ignore"):
        runs = sweep(make, learned, held_out, lr=lrs, **options)
    scores = runs.best("accuracy").accuracy[-1]
    helped[name] = np.mean(scores > 0.75)
    told = f"above 0.75 right: {np.sum(scores > 0.75)} of 3"
    print(f"{name:10} {told}, at rate {runs.best('accuracy').lr:g}")

# %% jupyter={"source_hidden": true}
claim(
    "clipping-cures-explosion",
    measured=helped["tanh"] - helped["clipping"],
    digits=1,
    what="share of seeds above 0.75 right after six passes with tanh in the place of ReLU, less that with "
    "clipping, 3 seeds",
)

# %% [markdown]
r"""
On the machine that built this page the accuracies were 0.49, 0.58, 0.88, 0.94, 0.83 and 0.46. (Rounding
errors explode as well: on another processor the second and the fifth were 0.60 and 0.85.) The scale and batch
norm cure it. Clipping bounds the step; it helps, but slowly: after 25 passes (not shown) it was at 0.80, and
without it the network was still at 0.5, with tanh at 0.92. And another activation does help, if it bounds
what goes forward, as tanh does; one that grows like ReLU does not.

**Sources**

- K. Hornik, [Approximation capabilities of multilayer feedforward
  networks](https://doi.org/10.1016/0893-6080(91)90009-T), 1991; M. Leshno and others, 1993: which activations
  will do.
- A. Krizhevsky, I. Sutskever, G. Hinton, [ImageNet classification with deep convolutional neural
  networks](https://papers.nips.cc/paper/4824), 2012: six times, in figure 1.
- Y. LeCun, L. Bottou, G. Orr, K.-R. Müller, [Efficient BackProp](https://doi.org/10.1007/3-540-49430-8_2),
  1998: why to centre.
- P. Ramachandran, B. Zoph, Q. Le, [Searching for activation functions](https://arxiv.org/abs/1710.05941),
  2017.
- R. Pascanu, T. Mikolov, Y. Bengio, [On the difficulty of training recurrent neural
  networks](https://arxiv.org/abs/1211.5063), 2013: clipping.
"""
