# %% [markdown]
r"""
# 11 · Normalization: numbers taken from the batch

Many networks for pictures have batch norm, large language models have layer norm or a relative of it. This
lesson measures what such a layer buys, and what it costs.

**You will be able to**

- compute batch norm and layer norm by hand, forward and backward;
- say what batch norm gains over a network that starts well, and what the usual comparison hides;
- use training mode and evaluation mode as they are meant, and see what happens when you forget;
- choose a normalization for small batches.

**Time:** {minutes} minutes.
**Before this:** standardising from [02](02_features.ipynb), He's start from [04](04_forward.ipynb), the way
back from [05](05_backward.ipynb), learning rates from [09](09_training_loop.ipynb).
"""

# %% jupyter={"source_hidden": true}
from copy import deepcopy
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from helpers import data
from helpers.claims import claim
from helpers.explore.normalization import explorer
from helpers.features import StandardScaler
from helpers.figures import normalization as figures
from helpers.figures import show
from helpers.glossary import terms
from helpers.nn import (
    SGD,
    BatchNorm,
    CrossEntropyLoss,
    Fleet,
    Layer,
    LayerNorm,
    Linear,
    ReLU,
    Sequential,
)
from helpers.splits import three_way
from helpers.training import fit, sweep

# %% [markdown]
r"""
## Eight layers, six rates

Pictures of digits: 64 standardised pixels, **eight** hidden layers of 32 units with relu, ten logits. Four
versions of this network:

- the weights start as PyTorch's `nn.Linear` draws them;
- the same, and in each hidden layer a *batch norm* stands between `X @ W + b` and relu (section 1 says what
  it does);
- the weights start at He's scale (lesson 04);
- He's scale, and batch norm.

Each is trained for ten passes over 1,024 pictures in batches of 64, at six learning rates (the first two at
two of them), with three seeds. The best rate is chosen on 400 validation pictures. What is printed for it is
the accuracy on 373 others, the test pictures. A rate is called *usable* here if the three seeds together get
0.75 or more of the validation pictures right.

**Predict**, for each of the four: the test accuracy at its best rate, and its largest usable rate.
"""

# %% jupyter={"source_hidden": true}
digits = data.load_digits()
X, y = digits.X, digits.y
train, validation, test = three_way(len(y), 400, 373, np.random.default_rng(0))
Z = StandardScaler().fit(X[train]).transform(X)
sets = (Z[train], y[train]), (Z[validation], y[validation])
unseen = Z[test], y[test]  # they choose nothing


def network(norm=None, start="He", num_hidden=8, width=32, extra=None):
    """A maker of networks: Linear, then norm, then extra(rng), then ReLU, for each hidden layer."""

    def make(seed):
        rng, layers = np.random.default_rng(seed), []
        for n_in, n_out in pairwise([64] + [width] * num_hidden + [10]):
            layer = Linear(n_in, n_out, rng=rng)  # draws as nn.Linear does
            if start == "He":
                gain = np.sqrt(2) if n_out == width else 1
                layer.W[...] = rng.normal(
                    0, gain / np.sqrt(n_in), (n_in, n_out)
                )
                layer.b[...] = 0
            between = [norm(width)] if norm else []
            between += [extra(rng)] if extra else []
            layers += [layer, *between, ReLU()]
        return Sequential(
            *layers[: -1 - len(between)]
        )  # the last Linear is bare

    return make


def train_all(make, lrs, batch_size=64, num_epochs=10, seeds=3, judge=None):
    """A table of settings: one for each rate, with the accuracies of all seeds at the end."""
    options = {
        "batch_size": batch_size,
        "num_epochs": num_epochs,
        "seeds": seeds,
    }
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # some rates are meant to be too large
        return sweep(
            make,
            sets[0],
            judge or sets[1],
            lr=lrs,
            every=-(-1024 // batch_size) * num_epochs,
            **options,
        )


def best_on_test(make, lrs):
    """All runs, the rate that is best on the validation set, and what it gets on the test pictures."""
    runs = train_all(make, lrs)
    lr = runs.best("accuracy").lr
    return runs, lr, train_all(make, [lr], judge=unseen)[0].accuracy[-1]


# %% tags=["predict"]
lrs = [0.05, 0.1, 0.2, 0.5, 2, 5]
versions = {
    "PyTorch's start": (network(start="PyTorch's"), [0.2, 2]),
    "PyTorch's, BN": (network(BatchNorm, "PyTorch's"), [0.2, 2]),
    "He": (network(), lrs),
    "He, BN": (network(BatchNorm), lrs),
}
right, usable, best_lr, at_best = {}, {}, {}, {}
for name, (make, some_lrs) in versions.items():
    runs, best_lr[name], scores = best_on_test(make, some_lrs)
    right[name] = np.array([run.accuracy[-1] for run in runs])
    good = [run.lr for run in runs if run.accuracy[-1].mean() >= 0.75]
    usable[name] = max(good, default=0)
    at_best[name] = scores.mean()
    told = f"{scores.mean():.2f} ({scores.min():.2f} to {scores.max():.2f})"
    print(f"{name:15} {told}   usable up to {usable[name]:g}")

# %% jupyter={"source_hidden": true}
show(
    figures.accuracy_by_rate(
        lrs, {name: right[name] for name in ("He", "He, BN")}
    ),
    alt="Accuracy by learning rate on a logarithmic scale. He's start is good at 0.05 and 0.1, a little "
    "lower at 0.2, falls to a half at 0.5, and guesses at 2 and 5. With batch norm it is a little below He's "
    "at 0.05, good from 0.1 to 2, and falls to less than a third at 5.",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

PyTorch's start guesses at both rates. With batch norm it gets 0.95. He's start without batch norm gets
0.90, and with it 0.95. Usable: up to 0.2 with He's start alone, up to 2 with batch norm.

</details>

Between the first two lines batch norm seems to do everything. But the third line has no batch norm, and
learns. Most of that gap was a bad start, and batch norm is one way to mend it.

The fair comparison is between the last two lines, each at its own best rate. What is left there is some
points of accuracy, and a far wider range of rates that work. How many points, and how wide, hangs on the
set-up: this one, narrow and deep, was picked to show them. With twice the units the
[companion](11_normalization_heard.ipynb) finds less than half of the lead. And where "usable" ends depends on
the 0.75: with 0.5 or 0.85 in its place three groups of three seeds gave ratios from 4 to 20.
"""

# %% jupyter={"source_hidden": true}
claim(
    "batch-norm-keeps-accuracy",
    measured=at_best["He, BN"] - at_best["He"],
    what="test accuracy won by BN over He's start alone, eight layers, each at its best rate, 3 seeds",
)

# %% jupyter={"source_hidden": true}
claim(
    "batch-norm-allows-larger-rates",
    measured=usable["He, BN"] / usable["He"],
    digits=1,
    what="largest usable rate with BN over that without, both from He's start, 3 seeds",
)

# %% [markdown]
r"""
## 1. Comparable again

In lesson 02 you standardised the columns of the data: minus the mean, divided by the standard deviation.
After one layer that is undone: a unit's $z$ has whatever mean and spread the weights give it, and after each
step of training another one.

**Batch normalization (BN)** standardises again, inside the network, in every layer. The mean and the variance
are taken from the batch that is passing through, for each unit (each column) on its own:

$$\hat x = \frac{x - \mu_B}{\sqrt{\sigma_B^2 + \epsilon}}, \qquad \text{out} = \gamma\, \hat x + \beta$$

Aloud: x minus the batch's mean of this column, divided by the root of the batch's variance plus a tiny
$\epsilon$ (for columns that are constant). Then times $\gamma$ ("gamma"), plus $\beta$ ("beta"). These two
are parameters, one of each for each unit, and start at 1 and 0.
"""


# %%
def standardise(X, axis, eps=1e-5):
    """X minus its mean over the axis, over its standard deviation."""
    mean = X.mean(axis=axis, keepdims=True)
    std = np.sqrt(X.var(axis=axis, keepdims=True) + eps)
    return (X - mean) / std, std


def batch_norm(X, gamma, beta):
    x_hat, _ = standardise(X, axis=0)  # down each column
    return gamma * x_hat + beta


z = np.array([[1.0, 10.0], [2.0, 20.0], [6.0, 60.0]])  # 3 rows, 2 units
print(batch_norm(z, gamma=np.ones(2), beta=np.zeros(2)).round(2))

# %% [markdown]
r"""
Both columns come out alike: their scale is gone. The twin is `nn.BatchNorm1d`, for rows of features.
**BatchNorm1d / BatchNorm2d** are the same idea: for pictures of shape (n, channels, height, width) the second
one takes one mean for each channel, over all rows and places, `X.mean(axis=(0, 2, 3))`.
"""

# %%
rng = np.random.default_rng(0)
X_some = rng.normal(3, 5, size=(32, 4))
gamma, beta = rng.normal(size=4), rng.normal(size=4)
twin = nn.BatchNorm1d(4, dtype=torch.float64)
with torch.no_grad():
    twin.weight[:] = torch.tensor(gamma)
    twin.bias[:] = torch.tensor(beta)
theirs = twin(torch.tensor(X_some)).detach().numpy()
gap = np.abs(batch_norm(X_some, gamma, beta) - theirs).max()
print("equal to PyTorch's, to 1e-12:", bool(gap < 1e-12))

# %% [markdown]
r"""
Why $\gamma$ and $\beta$? So that a unit can leave mean 0 and spread 1 again, if that helps. You often hear
that batch norm *gives the next layer inputs with mean 0 and variance 1*. If so, "mean 0.0, spread 1.0" must
come out below. Between batch norm and the next layer stands relu, though.
"""

# %%
model = network(BatchNorm)(seed=0)


def next_inputs(model):
    """Mean and spread of what the layers after a batch norm get."""
    a, seen = Z[train], []
    for layer in model.train().layers[:-1]:
        a = layer.forward(a)
        if isinstance(layer, ReLU):
            seen.append((a.mean(), a.std()))
    return np.mean(seen, axis=0)


# %% jupyter={"source_hidden": true}
before = next_inputs(model)
optimizer, rng = SGD(model, lr=0.5), np.random.default_rng(0)
options = {"batch_size": 64, "num_epochs": 10, "progress": False}
fit(model, CrossEntropyLoss(), optimizer, *sets[0], rng=rng, **options)
after = next_inputs(model)

# %%
gammas = model.layers[1].weight
for when, (m, s) in {"at the start": before, "trained": after}.items():
    print(f"{when:12} mean {m:.1f}, spread {s:.1f}")
print(f"first gammas, trained: {gammas.min():.1f} to {gammas.max():.1f}")

# %% jupyter={"source_hidden": true}
claim(
    "batch-norm-gives-standard-inputs",
    measured=after[0],
    what="mean of what the next layer gets (BN, then relu), eight layers, trained; 0 if the claim were right",
)

# %% [markdown]
r"""
So "comparable", yes; "mean 0 and variance 1" only for $\hat x$ itself, in training.

**What the scale of W does now.** Nothing. Seven times the weights give seven times the $z$, which is
standardised to the same $\hat x$. And since it takes seven times the change of `W` to do the same to the
output, the slope is a seventh:
"""

# %%
W = np.random.default_rng(0).normal(size=(64, 32))


def out_and_slope(W):
    """Output, and the size of dW, for a loss that is sum(out³)."""
    W = torch.tensor(W, requires_grad=True)
    options = {"eps": 1e-12, "affine": False, "dtype": torch.float64}
    bn = nn.BatchNorm1d(32, **options)  # affine: gamma and beta
    out = bn(torch.tensor(Z[train]) @ W)
    (out**3).sum().backward()
    return out.detach().numpy(), W.grad.norm().item()


(out, slope), (out7, slope7) = out_and_slope(W), out_and_slope(7 * W)
print("same output, to 1e-9:", bool(np.abs(out - out7).max() < 1e-9))
print(f"dW at W over dW at 7 W: {slope / slope7:.2f}")

# %% [markdown]
r"""
That is why PyTorch's start, too small by a factor of 2.4 a layer, does no harm with batch norm. How strongly
a result hangs on the first weights is called its **sensitivity to initialization**; batch norm lowers it (the
companion measures by how much). It also means that a rate says something only beside the size of `W`: that is
why the fair comparison had He's start on both sides. And it is better to compare ranges: 0.05 to 2 is forty
times, 0.05 to 0.2 four.

## 2. The way back

Given `d_out`, the slopes for the output. Those for $\gamma$ and $\beta$ are sums over the rows, of `d_out *
x_hat` and of `d_out`. But `dX`? Each $\hat x$ depends on **all** rows of its column, since they make the mean
and the spread. So the slope of one $x$ comes back by three ways. With $\hat d = d_{\text{out}} \cdot \gamma$
and means down the column:

$$dX = \frac{1}{\text{std}} \left( \hat d \;-\; \overline{\hat d} \;-\;
\hat x \cdot \overline{\hat d\, \hat x}
\right)$$

Aloud: the direct way; less what goes through the mean; less what goes through the spread. Another reading:
adding a number to the whole column changes no output, nor does stretching it. So nothing may come back in
these two directions, and the last two terms take out just that.
"""


# %%
def standardise_backward(d_hat, x_hat, std, axis):
    through_mean = d_hat.mean(axis=axis, keepdims=True)
    overlap = (d_hat * x_hat).mean(axis=axis, keepdims=True)
    return (d_hat - through_mean - x_hat * overlap) / std


def batch_norm_backward(d_out, X, gamma):
    x_hat, std = standardise(X, axis=0)
    dgamma, dbeta = (d_out * x_hat).sum(axis=0), d_out.sum(axis=0)
    dX = standardise_backward(d_out * gamma, x_hat, std, axis=0)
    return dX, dgamma, dbeta


# %%
def agrees(ours, twin, d_out):
    """Are dX, dgamma and dbeta those that autograd finds?"""
    tX = torch.tensor(X_some, requires_grad=True)
    twin.zero_grad()
    twin(tX).backward(torch.tensor(d_out))
    theirs = tX.grad, twin.weight.grad, twin.bias.grad
    pairs = zip(ours, theirs, strict=True)
    return all(np.abs(a - b.numpy()).max() < 1e-12 for a, b in pairs)


d_out = np.random.default_rng(1).normal(size=X_some.shape)
ours = batch_norm_backward(d_out, X_some, gamma)
print("equal to autograd's, to 1e-12:", agrees(ours, twin, d_out))
print(
    "columns of dX add up to 0:",
    bool(np.abs(ours[0].sum(axis=0)).max() < 1e-12),
)
direct = d_out * gamma / standardise(X_some, axis=0)[1]
gap = np.abs(ours[0] - direct).max() / np.abs(ours[0]).max()
print(f"the direct way alone is off by {gap:.2f} of the largest entry")

# %% [markdown]
r"""
## 3. Where there is no batch

A trained network gets one picture. Which mean, which spread? One row has none. So a batch norm keeps
**running statistics**: in training, after each batch, its stored mean moves a tenth of the way towards the
batch's (the *momentum*, 0.1), and its stored variance too. In evaluation the stored numbers are used, and
stand still.

Two catches. For the stored variance PyTorch divides by $n - 1$, for the batch's own by $n$. And momentum is
the share of the *new* here (with `None`, all batches so far count the same). Keras calls the share that is
*kept* momentum, and has 0.99; take that number over to PyTorch, and little more than the last batch is
stored.
"""

# %%
running_mean, running_var = np.zeros(4), np.ones(4)
twin = nn.BatchNorm1d(4, dtype=torch.float64)
for step in range(20):
    batch = np.random.default_rng(step).normal(3, 5, size=(8, 4))
    twin(torch.tensor(batch))  # in training mode it stores, too
    running_mean += 0.1 * (batch.mean(axis=0) - running_mean)
    running_var += 0.1 * (batch.var(axis=0, ddof=1) - running_var)  # n - 1

twin.eval()  # from here on it uses what it has stored
theirs = twin(torch.tensor(X_some)).detach().numpy()
ours = (X_some - running_mean) / np.sqrt(running_var + 1e-5)
print(
    "equal in evaluation, to 1e-12:", bool(np.abs(ours - theirs).max() < 1e-12)
)

# %% [markdown]
r"""
So a batch norm is two functions, and `model.train()` and `model.eval()` switch between them. What if you
forget? Take the network that you trained above. It (one network, seed 0) is asked about the 400 validation
pictures in evaluation mode; then in training mode, in batches of 40 and of 2; then in batches of 40 again,
but sorted: first the zeros, then the ones, and so on. The pictures are the same 400 each time, and no weight
changes.

**Predict** the four accuracies.
"""


# %% tags=["predict"]
def ask(model, order, batch_size):
    """Accuracy in the model's mode, batch after batch, in this order."""
    answers = [
        model.forward(Z[rows]).argmax(axis=1)
        for rows in np.split(order, len(order) // batch_size)
    ]
    return np.mean(np.concatenate(answers) == y[order])


in_order = validation[np.argsort(y[validation], kind="stable")]
print(f"evaluation mode: {ask(model.eval(), validation, 40):.2f}")
forgotten = deepcopy(model).train()
print(f"training mode, 40 at a time: {ask(forgotten, validation, 40):.2f}")
print(f"training mode, 2 at a time:  {ask(forgotten, validation, 2):.1f}")
print(f"training mode, 40 sorted:    {ask(forgotten, in_order, 40):.1f}")
print(
    f"then in evaluation mode:     {ask(forgotten.eval(), validation, 40):.2f}"
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

0.95 in evaluation mode and 0.92 in training mode with 40 mixed pictures, which is easily overlooked. With 2
at a time it is 0.2, sorted 0.2.

</details>

In training mode the answer for a picture depends on the pictures beside it. In a batch of zeros, what makes a
zero is what is subtracted. A mixed batch hides the mistake, until users send one picture at a time, or data
come sorted. And forgetting leaves a trace: the stored numbers have moved towards the pictures that you only
wanted to ask about. (It did little harm here.)

The other way round is a mistake too: without `model.train()` after a validation, training goes on with stored
numbers that no longer move, while the weights do. (`dX` is another one then: stored numbers depend on no row,
so only the direct way is left.)

## 4. Small batches, and another axis

How good is the mean of a batch? Its error, in units of the spread, is about $1/\sqrt B$ for $B$ rows: 0.125
for 64, 0.7 for 2. And with 2 rows something odd happens:
"""

# %%
two = np.random.default_rng(0).normal(size=(2, 5))
print(standardise(two, axis=0)[0].round(2))
print(standardise(two[:1], axis=0)[0])

# %% [markdown]
r"""
One of two numbers is above their mean, the other below, both equally far: only the sign is left. Of one row
nothing is left (PyTorch refuses it with an error). This is the **batch-size dependence of BN**.

**Layer normalization (LN)** takes its numbers from elsewhere: for each *row* the mean and the spread of its
features. The same two functions with another axis. The twin is `nn.LayerNorm`; its `normalized_shape` says
how many of the last axes make one sample's features, and so share a mean.
"""

# %% jupyter={"source_hidden": true}
show(
    figures.axes_of_norms(),
    alt="Two tables of 6 rows (samples) and 5 columns (units). Batch norm: one column is marked, its mean "
    "and spread are taken down the column. Layer norm: one row is marked, its mean and spread are taken "
    "along it.",
)


# %%
def layer_norm(X, gamma, beta):
    x_hat, _ = standardise(X, axis=1)  # along each row
    return gamma * x_hat + beta


def layer_norm_backward(d_out, X, gamma):
    x_hat, std = standardise(X, axis=1)
    dgamma, dbeta = (d_out * x_hat).sum(axis=0), d_out.sum(axis=0)
    dX = standardise_backward(d_out * gamma, x_hat, std, axis=1)
    return dX, dgamma, dbeta


twin = nn.LayerNorm(4, dtype=torch.float64)  # 4: the size of the last axis
with torch.no_grad():
    twin.weight[:] = torch.tensor(gamma)
    twin.bias[:] = torch.tensor(beta)
theirs = twin(torch.tensor(X_some)).detach().numpy()
gap = np.abs(layer_norm(X_some, gamma, beta) - theirs).max()
print("forward equal to PyTorch's, to 1e-12:", bool(gap < 1e-12))
ours = layer_norm_backward(d_out, X_some, gamma)
print("backward equal to autograd's, to 1e-12:", agrees(ours, twin, d_out))

# %% [markdown]
r"""
$\gamma$ and $\beta$ still belong to the columns, so `dgamma` and `dbeta` are summed over the rows as before.
No batch, no running statistics, no second mode: `train()` and `eval()` do the same.
"""

# %% jupyter={"source_hidden": true}
claim(
    "batch-and-layer-norm-axes",
    because="BN takes mean and variance over axis 0 of (n, features), one pair a feature; LN over axis 1, "
    "one pair a sample.",
)

# %% jupyter={"source_hidden": true}
claim(
    "layer-norm-ignores-batch-size",
    because="LN's mean and variance are of one row: a row alone and the same row among 63 others give the "
    "same output. (The gradient is still a mean over the batch, as without any norm.)",
)

# %% [markdown]
r"""
Does it matter for learning? Two hidden layers, two passes, batches of 2, 16 and 64, and each of the nine
cells at its own best of four rates, three seeds. (Chosen on the validation pictures, which are also reported:
that flatters each cell a little, and cannot make a gap of tenths.) If only the noise of small batches
mattered, the networks without batch norm would suffer as well. **Predict** the three numbers in the column
for 2.
"""

# %% tags=["predict"]
rates_for = {  # small batches want small rates (lesson 09)
    2: [0.003, 0.01, 0.03, 0.1],
    16: [0.03, 0.1, 0.3, 1],
    64: [0.1, 0.3, 1, 3],
}
norms = {"none": None, "batch norm": BatchNorm, "layer norm": LayerNorm}
by_size = {}
for name, norm in norms.items():
    for batch_size, some_lrs in rates_for.items():
        make = network(norm, num_hidden=2)
        runs = train_all(make, some_lrs, batch_size, num_epochs=2)
        by_size[name, batch_size] = runs.best("accuracy").accuracy[-1]
    two, *others = (by_size[name, B].mean() for B in rates_for)
    print(f"{name:11} {two:.1f}", *(f"{m:.2f}" for m in others))

# %% jupyter={"source_hidden": true}
show(
    figures.accuracy_by_batch_size(by_size),
    alt="Accuracy by batch size, each at its best rate. Without a norm and with layer norm it is about 0.94 "
    "from 2 to 64. Batch norm is as good at 16 and 64, and near 0.5 at 2.",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

With batches of 2: 0.9 without a norm, 0.5 with batch norm, 0.9 with layer norm. From 16 on all three agree.
(One digit for batches of 2: batch norm's number differs from processor to processor.)

</details>
"""

# %% jupyter={"source_hidden": true}
claim(
    "batch-norm-small-batches",
    measured=by_size["batch norm", 2].mean(),
    digits=1,
    what="accuracy of BN with batches of 2 at its best rate; near 0.9, as without norm and with LN, if it "
    "did not suffer, 3 seeds",
)

# %% [markdown]
r"""
### Try it

The same network on fewer pictures, three seeds. The training loss is what training saw (with the batch's
numbers), the validation loss is in evaluation mode (with stored numbers). Before you move a slider: with
batch norm and batches of 2, which of the two losses suffers, or both? From which batch size on do the curves
with batch norm look like those with layer norm? And at batches of 64, which rate can batch norm bear that the
network without a norm cannot?
"""

# %%
explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

Both, and training more: of each picture it saw signs, whoever was beside it. At 8 or 16 the curves are alike.
At 64, batch norm still gets 0.87 at rate 3, where the network without a norm guesses.

</details>

## 5. The story that is told

Why does it work? The paper of 2015 answers: **internal covariate shift**. While a layer learns, the layers
before it change, and its inputs move; batch norm holds them in place. It sounds right. Santurkar and others
put it to the test in 2018: they brought the shift *back in*, behind the batch norm. If holding the inputs in
place is what helps, the gain must go.

So here is a layer that moves and stretches every unit at random, anew at each step, right behind the batch
norm, in training only:
"""


# %%
class Shake(Layer):
    """Each unit times one random number, plus another, at each step."""

    def __init__(self, strength, rng):
        self.strength, self.rng = strength, rng

    def forward(self, X):
        if not self.training:
            return X
        shape = (*X.shape[:-2], 1, X.shape[-1])  # the same for all rows
        self.scale = np.exp(self.strength * self.rng.normal(size=shape))
        return X * self.scale + self.strength * self.rng.normal(size=shape)

    def backward(self, d_out):
        return d_out * self.scale


# %% [markdown]
r"""
The *shift* of a step: how far the mean of a unit moves in it, in units of its own spread. It is measured at
what the sixth hidden layer gets, on the same 200 pictures before and after each step of two passes, three
seeds. The test accuracies (*not usable*: below 0.75) are those of ten passes at the best rate, as in the
opening; only the shaken ones had no choice and all run at 0.5. **Predict** their accuracy.
"""


# %% jupyter={"source_hidden": true}
class Shift:
    """A callback of `fit` that follows the inputs of a layer on fixed pictures, in training mode."""

    def __init__(self, before):
        self.before, self.means, self.spreads = before, [], []

    def __call__(self, run):
        pass

    def on_step(self, run):
        a = run.model.for_each(Z[train][:200])
        for layer in run.model.layers[: self.before]:
            a = layer.forward(a)
        self.means.append(np.asarray(a.mean(axis=-2)))
        self.spreads.append(np.asarray(a.std(axis=-2)))

    def typical(self):
        """The median over the units, averaged over steps and seeds."""
        moved = np.abs(np.diff(self.means, axis=0))
        spreads = np.array(self.spreads[:-1])
        alive = np.where(
            spreads > 1e-6, spreads, np.nan
        )  # no unit that is always 0
        return np.nanmedian(moved / alive, axis=2).mean()


def shift_of(make, lr, seeds=3):
    fleet = Fleet([make(seed) for seed in range(seeds)])
    sixth = [
        i for i, layer in enumerate(fleet.layers) if isinstance(layer, Linear)
    ][5]
    watch, rngs = (
        Shift(sixth),
        [np.random.default_rng(seed) for seed in range(seeds)],
    )
    options = {
        "batch_size": 64,
        "num_epochs": 2,
        "progress": False,
        "callbacks": [watch],
    }
    fit(
        fleet,
        CrossEntropyLoss(),
        SGD(fleet, lr=lr),
        *sets[0],
        rng=rngs,
        **options,
    )
    return watch.typical()


# %% tags=["predict"]
def shaken(strength):
    return network(BatchNorm, extra=lambda rng: Shake(strength, rng))


cases = {
    "He, no norm": (network(), best_lr["He"], at_best["He"]),
    "batch norm": (network(BatchNorm), best_lr["He, BN"], at_best["He, BN"]),
}
for strength in (0.2, 0.5):
    make = shaken(strength)
    scores = train_all(make, [0.5], judge=unseen)[0].accuracy[-1]
    cases[f"batch norm, shaken by {strength}"] = make, 0.5, scores.mean()
for name, (make, lr, score) in cases.items():
    told = f"{score:.2f}" if score >= 0.75 else "not usable"
    print(f"{name:26} shift {shift_of(make, lr):.2f}   {told}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

Batch norm does reduce the shift, from 0.09 to 0.01. Shaken by 0.2, the shift is 0.19, twice as large as
without any norm, and the accuracy is still 0.95, against 0.90. Shaken by 0.5, the network is not usable at
this rate.

</details>
"""

# %% jupyter={"source_hidden": true}
claim(
    "norm-reduces-covariate-shift",
    measured=cases["batch norm, shaken by 0.2"][2] - at_best["He"],
    what="test accuracy won over He alone by BN whose shift is made larger than He's; 0 or less if "
    "reducing the shift were what helps, 3 seeds",
)

# %% [markdown]
r"""
So the inputs may move twice as much as without batch norm, and nearly all of the gain stays. Holding them in
place is not what it came from. (Shaken by 0.5, it is gone, and more. Enough shift does harm; what the network
without batch norm has would hardly explain its lag.) Santurkar and others propose that the loss becomes
smoother, so that a step can be trusted over a longer way. That fits the wider range of rates; it is not
proved here.

## Think

1. Your validation loss jumps up and down from run to run, though no weight changes. The network has batch
   norm. What do you look at first?

<details><summary>Answer</summary>

Whether `model.eval()` was called. In training mode the answer depends on how the validation pictures are
shuffled into batches, and each run moves the stored numbers.

</details>

2. A network with batch norm in batches of 64 runs on a data set of 1,025 rows. What happens at the end of
   each pass?

<details><summary>Answer</summary>

The last batch has one row. PyTorch stops with an error (so do the helpers here). Two rows raise no
error and can do more harm: the companion shows it. Leave the last, incomplete batch out: `drop_last=True` in
a `DataLoader`.

</details>

3. With $\gamma$ and $\beta$ free, batch norm can undo itself: $\gamma = $ the spread, $\beta = $ the mean.
   Has nothing been gained then?

<details><summary>Answer</summary>

The functions that the network can compute are the same, but the way to them is not: mean and spread of a unit
are now two parameters of their own, and not the outcome of all weights before it. Nor does a scale of `W`
that is off do harm.

</details>

## Recap

- Batch norm standardises each unit over the batch, then scales and shifts by $\gamma$ and $\beta$.
- Against a bad start it looks like everything. Against He's start it won some points and ten times the rate.
- Its backward pass takes out what would only shift or stretch the column.
- It is two functions: the batch's numbers in training, stored ones in evaluation. Call `eval()`, and
  `train()`.
- With 2 rows only signs are left; layer norm takes its numbers along the row and has no such trouble.
"""

# %% jupyter={"source_hidden": true}
terms("11_normalization")

# %% [markdown]
r"""
Now you: [exercise 11](../exercises/11_normalization/11_normalization.ipynb). For a second reading: [what you
may have heard](11_normalization_heard.ipynb), with thirty layers and **residual connections**, RMSNorm,
dropout beside batch norm, and more. Next: lesson [12](12_overfitting.ipynb), overfitting.

Sources

- S. Ioffe, C. Szegedy, [Batch normalization](https://proceedings.mlr.press/v37/ioffe15.html), ICML 2015.
- J. L. Ba, J. R. Kiros, G. E. Hinton, [Layer normalization](https://arxiv.org/abs/1607.06450), 2016.
- S. Santurkar, D. Tsipras, A. Ilyas, A. Madry, [How does batch normalization help
  optimization?](https://arxiv.org/abs/1805.11604), NeurIPS 2018.
- Y. Wu, K. He, [Group normalization](https://arxiv.org/abs/1803.08494), ECCV 2018: small batches.
"""
