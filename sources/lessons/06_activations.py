# %% [markdown]
r"""
# 06 · Activations: what the gradient passes through

On its way back, the gradient passes through every activation, and each multiplies it by its slope there.
Slopes and weights together decide whether a deep network learns anything.

**You will be able to**

- say the value and the slope of the usual activations, and check a slope;
- predict from slopes and weights what is left of a gradient after twenty layers;
- tell a vanishing gradient from an exploding one and from dead units, and say what helps;
- compute sigmoid and softmax so that they do not overflow.

**Time:** {minutes} minutes.
**Before this:** lesson [04](04_forward.ipynb) (Xavier and He), lesson [05](05_backward.ipynb) (the way back).
"""

# %% jupyter={"source_hidden": true}
from itertools import pairwise

import numpy as np
import torch
from scipy.special import ndtr
from torch.nn import functional as F

from helpers import data
from helpers.claims import claim
from helpers.explore.activations import explorer
from helpers.features import StandardScaler
from helpers.figures import activations as figures
from helpers.figures import show
from helpers.glossary import terms
from helpers.nn import (
    SGD,
    CrossEntropyLoss,
    Fleet,
    LeakyReLU,
    Linear,
    ReLU,
    Sequential,
    Sigmoid,
    Tanh,
)
from helpers.nn.activations import softmax
from helpers.splits import three_way
from helpers.training import fit, sweep

# %% [markdown]
r"""
## One layer, ten layers

A network for pictures of digits: 64 pixels, hidden layers of 64 units, ten logits. Three versions of it
differ only in the **activation function**:

- **ReLU**, $\max(0, z)$, which you know;
- **tanh**, a smooth step from −1 to 1;
- **sigmoid**, $1 / (1 + e^{-z})$, a smooth step from 0 to 1.

Each is trained for ten passes over 1,024 pictures, with three seeds and several learning rates, of which the
best on average counts. The weights start as lesson 04 says: at He's scale with ReLU, at Xavier's otherwise.

**Predict** the accuracy on the 400 pictures that the rate is chosen by: with one hidden layer, and with ten.
"""

# %% jupyter={"source_hidden": true}
digits = data.load_digits()
X, y = digits.X, digits.y
train, validation, test = three_way(len(y), 400, 373, np.random.default_rng(0))
Z = StandardScaler().fit(X[train]).transform(X)
sets = (Z[train], y[train]), (Z[validation], y[validation])


def network(bend, gain, num_hidden):
    """A maker of networks: weights of standard deviation gain / √n_in (1 / √n_in in the last layer)."""

    def make(seed):
        rng, layers = np.random.default_rng(seed), []
        sizes = [64] * (num_hidden + 1) + [10]
        for n_in, n_out in pairwise(sizes):
            layer = Linear(n_in, n_out, rng=rng)
            size = gain if n_out == 64 else 1
            layer.W[...] = rng.normal(0, size / np.sqrt(n_in), (n_in, n_out))
            layer.b[...] = 0
            layers += [layer, bend()]
        return Sequential(*layers[:-1])

    return make


def accuracy(make, lrs, seeds=3):
    """The validation accuracy of each seed at the best of the rates."""
    options = {"batch_size": 64, "num_epochs": 10, "seeds": seeds}
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # some rates are meant to be too large
        runs = sweep(make, *sets, lr=lrs, **options)
    return runs.best("accuracy").accuracy[-1]


# %% tags=["predict"]
xavier, he = 1, np.sqrt(2)  # times 1/√64, of the hidden weights
cases = {
    "ReLU": (ReLU, he, [0.03, 0.1, 0.3]),
    "tanh": (Tanh, xavier, [0.1, 0.3, 1]),
    "sigmoid": (Sigmoid, xavier, [0.3, 1, 3]),
}
right = {}
for name, (bend, gain, lrs_of_ten) in cases.items():
    for num_hidden, lrs in ((1, [0.3, 1, 3, 10]), (10, lrs_of_ten)):
        scores = accuracy(network(bend, gain, num_hidden), lrs)
        right[name, num_hidden] = scores
        told = (
            f"{scores.mean():.2f} ({scores.min():.2f} to {scores.max():.2f})"
        )
        print(f"{name:7} {num_hidden:2} hidden: {told}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

With one hidden layer all three get 0.96. With ten, ReLU gets 0.92, tanh 0.95, and sigmoid 0.10: a guess. At
no rate from 0.03 to 30 was it better (a wider search, not shown). Nothing is broken: no overflow, no error.
By section 3 you will have ten layers of sigmoid that learn.

</details>

The three networks differ only in a function that takes one number and gives one number. This lesson is about
what such a function does to a gradient.

## 1. Value and slope

Lesson 05: a layer gets the slope of the loss for its *output*, `d_out`, and hands back that for its *input*.
An activation $\phi$ (say *phi*) takes each number $z$ by itself and puts out $a = \phi(z)$. So it multiplies
each slope by one number:

$$\frac{\partial L}{\partial z} \;=\; \frac{\partial L}{\partial a} \cdot \phi'(z)$$

Aloud: what comes back, times $\phi'(z)$, the slope of the activation at the $z$ that it got on the way
forward. The slopes:

- sigmoid (written $\sigma$): $a\,(1 - a)$, its output times what the output lacks to 1;
- tanh: $1 - a^2$, one less the square of its output;
- ReLU: 1 where $z > 0$, else 0. (At 0 it has none; one takes 0.)

All three follow from the output $a$ alone; nobody has to keep $z$.
"""


# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def relu(z):
    return np.maximum(z, 0)


functions = {  # the value, and the slope
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "ReLU": (relu, lambda z: np.where(z > 0, 1.0, 0.0)),
}


# %% jupyter={"source_hidden": true}
def agrees(function, slope, theirs):
    """Are value and slope PyTorch's, at 601 places from -6 to 6?"""
    z = np.linspace(-6, 6, 601)
    tz = torch.tensor(z, requires_grad=True)
    out = theirs(tz)
    out.sum().backward()  # tz.grad: the slope at each place
    gap = np.abs(function(z) - out.detach().numpy()).max()
    gap_slope = np.abs(slope(z) - tz.grad.numpy()).max()
    return max(gap, gap_slope) < 1e-12


for name, pair in functions.items():
    theirs = getattr(torch, name.lower())  # torch.sigmoid, ...
    same = agrees(*pair, theirs)  # *pair: the value, the slope
    print(f"{name:7} agrees with PyTorch: {same}")

# %% jupyter={"source_hidden": true}
show(
    figures.curves(functions),
    alt="Left the values: sigmoid climbs from 0 to 1, tanh from -1 to 1, ReLU is 0 and then z. Right the "
    "slopes: "
    "sigmoid's is a low hill of height 0.25 at z = 0, tanh's a narrower one of height 1, ReLU's jumps from 0 "
    "to 1 at 0.",
)

# %% [markdown]
r"""
Look at the right side. Sigmoid's hill is low, even at its top. And far from 0 both smooth steps are flat:
they **saturate**. (*Soft saturation*, since the slope gets small and is never exactly 0.)
"""

# %%
for z in (0.0, 2.0, 5.0, 10.0):
    slopes = [f"{slope(z):.1e}" for _, slope in functions.values()]
    print(f"z = {z:4}: sigmoid {slopes[0]}, tanh {slopes[1]}")

# %% jupyter={"source_hidden": true}
claim(
    "sigmoid-slope",
    because="a(1 − a) = 1/4 − (a − 1/2)² ≤ 1/4, and = only where a = 1/2, at z = 0.",
)

# %% jupyter={"source_hidden": true}
claim(
    "sigmoid-saturates",
    because="σ'(5) = 0.0066 and σ'(10) = 0.000045, against σ'(0) = 0.25: what comes back is multiplied by "
    "that, so all weights before the unit get that much less from this row.",
)

# %% [markdown]
r"""
At $z = 5$ tanh is flatter than sigmoid, by far. So tanh saturates too.

## 2. Twenty layers

Now the whole way. Call the slope of the loss for a layer's $z$ its **signal**, `dz`. It follows from the
signal of the next layer (⊙ is "times, entry by entry"):

$$dz_l \;=\; \left(dz_{l+1}\, W_{l+1}^\top\right) \odot\; \phi'(z_l)$$

Aloud: back through the next layer's weights, then times this layer's slopes. And so on, layer by layer.

How large is it at the front? As in lesson 04, the size of an array is the root of its mean square. Draw the
weights of layers of $n$ units independently, with standard deviation $\text{gain}/\sqrt n$. Then a step back
multiplies the size of the signal by about

$$\text{gain} \;\times\; \text{size of the slopes}$$

If that is below 1, little is left after twenty layers: the **vanishing gradient**. If it is above 1, the
signal grows: the **exploding gradient**.
"""

# %%
pictures = Z[train][:300]
truth = np.eye(10)[y[train][:300]]  # row i: 1 at the true digit


def draw(gain, seed, num_layers=20):
    """Pairs of W and b, 64 to 64, and the last W, 64 to 10."""
    rng, layers = np.random.default_rng(seed), []
    for _ in range(num_layers):
        W = rng.normal(0, gain / np.sqrt(64), (64, 64))
        layers.append((W, np.zeros(64)))
    return layers, rng.normal(0, 1 / np.sqrt(64), (64, 10))


def way_back(function, slope, layers, W_out):
    """The signals dz and the slopes, first layer first."""
    a, slopes = pictures, []
    for W, b in layers:
        z = a @ W + b
        slopes.append(slope(z))
        a = function(z)
    p = softmax(a @ W_out)
    da, signals = (p - truth) @ W_out.T / len(a), []
    for (W, _), s in zip(layers[::-1], slopes[::-1], strict=True):
        signals.append(da * s)  # dz of this layer
        da = signals[-1] @ W.T
    return signals[::-1], slopes


def size(array):
    return np.sqrt(np.mean(array**2))


# %% [markdown]
r"""
(`p - truth` is what softmax with cross-entropy hands back, lesson 05.) Does PyTorch's autograd find the same
`dz` in the first layer?
"""

# %% jupyter={"source_hidden": true}
layers, W_out = draw(gain=1, seed=0)
signals, _ = way_back(*functions["tanh"], layers, W_out)
a, first = torch.tensor(pictures), None
for W, b in layers:
    z = (a @ torch.tensor(W) + torch.tensor(b)).requires_grad_()
    first = z if first is None else first
    a = torch.tanh(z)
F.cross_entropy(
    a @ torch.tensor(W_out), torch.tensor(y[train][:300])
).backward()
gap = np.abs(first.grad.numpy() - signals[0]).max() / np.abs(signals[0]).max()
print(
    "autograd's dz of layer 1 agrees to 1e-10 of its largest entry:",
    bool(gap < 1e-10),
)

# %%
scales = {"PyTorch's": 1 / np.sqrt(3), "Xavier": xavier, "He": he}


def measure(name, gain, seeds=range(5)):
    """Sizes by layer, layer 20 as 1, and slope sizes, by seed."""
    by_layer, steep = [], []
    for seed in seeds:
        signals, slopes = way_back(*functions[name], *draw(gain, seed))
        by_layer.append([size(dz) / size(signals[-1]) for dz in signals])
        steep.append(np.mean([size(s) for s in slopes]))
    return np.array(by_layer), np.array(steep)


# %% [markdown]
r"""
**Predict:** sigmoid, Xavier's scale, 300 pictures. The signal in layer 20 has size 1. How large is it in
layer 1? Then tanh and ReLU, at three scales: that of PyTorch's `nn.Linear` (gain 0.58; biases stay 0),
Xavier's and He's.

Each line gives what is left in layer 1 (lowest and highest of five seeds), the factor a layer that this
makes, and the factor that the rule says.
"""

# %% tags=["predict"]
sizes, left = {}, {}  # by layer, and what is left in layer 1
for scale, gain in scales.items():
    for name in functions:
        by_layer, steep = measure(name, gain)
        sizes[scale, name] = np.exp(np.log(by_layer).mean(axis=0))
        low, high = by_layer[:, 0].min(), by_layer[:, 0].max()
        left[scale, name] = sizes[scale, name][0]
        a_layer = left[scale, name] ** (1 / 19)  # 19 steps back
        print(f"{scale:9} {name:7} left {low:.0e} to {high:.0e}", end="")
        print(f"  a layer {a_layer:.2f}, rule {gain * steep.mean():.2f}")

# %% tags=["predict"] jupyter={"source_hidden": true}
show(
    figures.signal_by_layer(sizes),
    alt="The size of the signal by layer on a logarithmic scale, layer 20 as 1. At PyTorch's scale all "
    "three fall "
    "towards layer 1: tanh to 2e-5, ReLU to 3e-8, sigmoid to 6e-17. At Xavier's tanh falls to 0.2, ReLU "
    "to 1e-3, sigmoid to 1e-12. At He's tanh and ReLU stay near 1, sigmoid falls to 3e-10.",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

For sigmoid at Xavier's scale about 1e-12: a millionth of a millionth. The rule, gain times slope, says 0.24 a
step, and $0.24^{19}$ is 2e-12.

</details>

So that is why sigmoid guessed. The signal says how much the loss would change if you moved `z`. In the first
layers that is next to nothing. The way forward has the same product: a small difference between two pictures
in layer 1 hardly arrives at layer 20.

Now read the table again.

- Sigmoid at Xavier's scale: its slopes are about 0.24, nearly the 0.25 of its top. **These units are not
  saturated at all**, and yet the signal vanishes: the top is too low.
- tanh and ReLU at PyTorch's scale: theirs vanishes, too, although their slopes reach 1.
"""

# %% jupyter={"source_hidden": true}
claim(
    "tanh-solves-vanishing",
    measured=-np.log10(left["PyTorch's", "tanh"]),
    digits=1,
    what="powers of ten that tanh loses over 20 layers at PyTorch's scale (at Xavier's: less than one), 5 "
    "seeds",
)

# %% jupyter={"source_hidden": true}
claim(
    "relu-never-vanishes",
    measured=-np.log10(left["PyTorch's", "ReLU"]),
    digits=1,
    what="powers of ten that ReLU loses over 20 layers at PyTorch's scale (at He's: about none), 5 seeds",
)

# %% [markdown]
r"""
**And exploding?** You may have heard that ReLU is the cause, since its outputs can be large. Take gain 2, and
as a control the same weights with no activation. If ReLU is the cause, the control explodes less.
"""

# %%
functions["none"] = (lambda z: z, lambda z: np.ones_like(z))
grown = {}
for name in ("none", "ReLU", "tanh"):
    powers = np.log10(measure(name, gain=2)[0][:, 0])
    grown[name] = powers.mean()
    print(f"{name:5} 10 to the {powers.mean():4.1f} ± {powers.std():.1f}")

# %% jupyter={"source_hidden": true}
claim(
    "relu-makes-gradients-explode",
    measured=grown["none"] - grown["ReLU"],
    digits=1,
    what="powers of ten that the control without activation grows more than ReLU, 20 layers, gain 2, 5 seeds",
)

# %% [markdown]
r"""
ReLU's slope is 0 or 1. It cannot enlarge anything; the weights do. And what multiplies the signal is the
slope, not the output.

## 3. Ten layers of sigmoid that learn

If the rule is right, sigmoid needs four times the weights: $4 \cdot \frac14 = 1$. But large weights push $z$
away from 0, onto the flat parts: sigmoid's outputs are around ½, so each next $z$ gets half the sum of its
weights on top, in every picture. A bias can take that away again.

How large must it be? Sigmoid is tanh in disguise:

$$\sigma(z) = \tfrac12 + \tfrac12 \tanh\tfrac z2$$

Aloud: tanh, at half of z, half as high, and raised by a half. So a sigmoid network with weights $4W$ and
biases $-2\sum W$ (the sums of the columns) computes what the tanh network with weights $W$ computes. (The
first layer sees pictures and no sigmoid: it has $2W$ and no bias.)
"""

# %%
layers, W_out = draw(gain=1, seed=0)
a_tanh = a_sigmoid = pictures
for k, (W, b) in enumerate(layers):
    W4, b4 = (2 * W, b) if k == 0 else (4 * W, -2 * W.sum(axis=0))
    a_tanh = np.tanh(a_tanh @ W + b)
    a_sigmoid = sigmoid(a_sigmoid @ W4 + b4)
gap = np.abs(a_sigmoid - (1 + a_tanh) / 2).max()
print("layer 20 agrees to 1e-12:", bool(gap < 1e-12))

# %% [markdown]
r"""
If sigmoid itself were the trouble, its signal would vanish here as well. **Predict** what is left after 20
layers, and how many pictures ten layers get right after training.
"""

# %% jupyter={"source_hidden": true}
kept = []
for seed in range(5):
    layers, W_out = draw(gain=1, seed=seed)
    disguised = [
        (2 * W, b) if k == 0 else (4 * W, -2 * W.sum(axis=0))
        for k, (W, b) in enumerate(layers)
    ]
    signals, _ = way_back(*functions["sigmoid"], disguised, 2 * W_out)
    kept.append(size(signals[0]) / size(signals[-1]))


def sigmoid_as_tanh(num_hidden):
    """A maker of sigmoid networks that compute what the tanh network of the same seed computes."""

    def make(seed):
        model = network(Sigmoid, 1, num_hidden)(seed)
        for k, layer in enumerate(model.layers[::2]):
            if k:
                layer.b[...] = -(1 if k == num_hidden else 2) * layer.W.sum(
                    axis=0
                )
            layer.W *= 2 if k in (0, num_hidden) else 4
        return model

    return make


# %% tags=["predict"]
told = f"{min(kept):.2f} to {max(kept):.2f}"
print("signal left in layer 1, 20 layers, 5 seeds:", told)
starts = {
    ("Xavier", 5): (network(Sigmoid, xavier, 5), [0.3, 1, 3, 10]),
    ("as tanh", 5): (sigmoid_as_tanh(5), [0.3, 1, 3, 10]),
    ("as tanh", 10): (sigmoid_as_tanh(10), [0.1, 0.3, 1]),
}
for (start, num_hidden), (make, lrs) in starts.items():
    scores = right[start, num_hidden] = accuracy(make, lrs)
    told = f"{scores.mean():.2f} ({scores.min():.2f} to {scores.max():.2f})"
    print(f"{num_hidden:2} hidden layers, {start:7}: {told}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

About a fifth of the signal is left, as with tanh, and not 1e-12. Five layers get 0.94 and ten 0.88, where at
Xavier's scale they guessed.

</details>
"""

# %% jupyter={"source_hidden": true}
claim(
    "sigmoid-layer-loses-75-percent",
    measured=1 - np.exp(np.log(kept).mean()) ** (1 / 19),
    what="share of the signal that a sigmoid layer loses when the weights are four times Xavier's, 5 seeds",
)

# %% jupyter={"source_hidden": true}
claim(
    "sigmoid-vanishes-in-5-layers",
    measured=right["as tanh", 5].mean() - right["Xavier", 5].mean(),
    what="accuracy of five sigmoid layers started as tanh, less that of five at Xavier's scale, 3 seeds",
)

# %% [markdown]
r"""
Same activation, same depth, other numbers to start from. So "sigmoid vanishes" is short for: sigmoid *at the
usual scales* vanishes. Keep the product of slope and weights near 1. (Would Adam have learned from Xavier's
scale? The [companion](06_activations_heard.ipynb) tries.)

### Try it

Left are the slopes of an activation; the bars show which $z$ the units of the middle layer got. Right is the
size of the signal by layer. Before you move a slider: at which gain does each of sigmoid, tanh and ReLU keep
its signal over 50 layers? At a gain of 4, what happens to tanh's units, and why does the signal grow all the
same?
"""

# %%
explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

ReLU at 1.41, tanh at 1.2. Sigmoid has no biases here, and none of the gains up to 8 keeps its signal: the
larger the weights, the more of its units stand on the flat parts. With tanh and gain 4, too, two thirds of
the z lie beyond ±1.5, on the flat parts. But the others have steep slopes, times 4.

</details>

## 4. Dead units

ReLU has a flat side where the slope is exactly 0. A unit whose $z$ is below 0 for one picture learns nothing
from that picture. If it is below 0 for **all** pictures, it learns nothing at all: a **dead ReLU**.

Back to one hidden layer of 64, and now the pixels as they are, only divided by 16: from 0 to 1. Train for ten
passes with five seeds. **Predict:** at rate 1 the network gets 0.95 right. At rate 2?
"""


# %%
def off_and_dead(model, X):
    """Of all outputs the share that is off; of units, the dead."""
    off = model.layers[0].forward(X) <= 0  # rows, units
    return off.mean(), off.all(axis=0).mean()  # all rows of a unit


# %% jupyter={"source_hidden": true}
pixels = X / 16
centred = pixels - pixels[train].mean(axis=0)
centred *= np.sqrt(
    np.mean(pixels[train] ** 2) / np.mean(centred[train] ** 2)
)  # as large as before


def train_all(bend, inputs, lrs, num_epochs=10, seeds=5):
    """Networks with one hidden layer of 64, trained: a list of `seeds` for each rate."""
    make, pairs = (
        network(bend, he, 1),
        [(lr, seed) for lr in lrs for seed in range(seeds)],
    )
    fleet = Fleet([make(seed) for _, seed in pairs])
    optimizer = SGD(fleet, lr=[lr for lr, _ in pairs])
    rngs = [np.random.default_rng(seed) for _, seed in pairs]
    options = {"batch_size": 64, "num_epochs": num_epochs, "progress": False}
    fit(
        fleet,
        CrossEntropyLoss(),
        optimizer,
        inputs[train],
        y[train],
        rng=rngs,
        **options,
    )
    models = fleet.unstack()
    return [models[i * seeds : (i + 1) * seeds] for i in range(len(lrs))]


def score(model, inputs):
    return np.mean(
        model.forward(inputs[validation]).argmax(axis=1) == y[validation]
    )


# %% tags=["predict"]
rates = [0.1, 0.3, 1, 2, 3, 5, 10]
trained = train_all(ReLU, pixels, rates)
off, dead, correct = np.zeros((3, len(rates), 5))
for i, models in enumerate(trained):
    for j, model in enumerate(models):
        off[i, j], dead[i, j] = off_and_dead(model, pixels[train])
        correct[i, j] = score(model, pixels)
    middle = np.median(correct[i])  # of the five seeds
    told = f"{middle:.2f} right" if middle > 0.2 else "a guess"
    print(f"rate {rates[i]:3}: {told}", end="")
    print(f", off {np.median(off[i]):.1f}, dead {np.median(dead[i]):.1f}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

A guess: nearly all units are dead. At rate 1 half of all outputs are 0 as well, but only two units of 64 are
dead.

</details>

An output of 0 is no illness; half of them are 0 in a healthy network. Dead is the unit that is off in every
row.
"""

# %% jupyter={"source_hidden": true}
best = int(correct.mean(axis=1).argmax())
claim(
    "dead-relu",
    measured=off[best].mean() - dead[best].mean(),
    what="share of outputs that are 0, less the share of units that are dead, at the best rate, 5 seeds",
)

# %% [markdown]
r"""
Why so suddenly? All pixels are 0 or above. For one picture, the slopes for all weights of a unit are
`dz` times a pixel, so none of them has the other sign: one large step can push a unit down for *every*
picture. If that is it, subtracting each pixel's mean should help. (The pixels are then enlarged, to be as
large as before: else a smaller step would explain it.)

And a **leaky ReLU**, which gives 0.01 z below 0, keeps a slope of 0.01 there. Do its units live?
"""

# %% jupyter={"source_hidden": true}
found = {"ReLU, pixels": (dead, correct)}
for name, bend, inputs in (
    ("leaky ReLU, pixels", LeakyReLU, pixels),
    ("ReLU, centred", ReLU, centred),
):
    runs = train_all(bend, inputs, rates)
    shares = [
        [off_and_dead(model, inputs[train])[1] for model in models]
        for models in runs
    ]
    scores = [[score(model, inputs) for model in models] for models in runs]
    found[name] = np.array(shares), np.array(scores)
    if bend is LeakyReLU:
        leaky = runs
show(
    figures.dead_units(rates, found),
    alt="Left, the share of units that are below 0 in every row. With pixels as they are it jumps from 0.03 "
    "at "
    "rate 1 to nearly 1 at rate 2, for ReLU, and to 0.85 for leaky ReLU; with centred pixels it is 0 up to "
    "rate 3, small at 5 and nearly 1 at 10. Right, the accuracy: from rate 2 on ReLU guesses, leaky ReLU is "
    "between; with centred pixels it is above 0.95 up to rate 5 and a guess at 10.",
)
for name, (_, scores) in found.items():
    means = scores.mean(axis=1)
    print(f"{name:18} best rate {rates[means.argmax()]}: {means.max():.2f}")

# %% [markdown]
r"""
Centring moves the cliff from between 1 and 2 to between 5 and 10. Leaky ReLU does not prevent the fall, it
survives it better. At their best rates ReLU and leaky ReLU are alike. Now train those that fell at rate 2 for
ten more passes, at 0.3:
"""

# %% jupyter={"source_hidden": true}
for name, models in (("ReLU", trained[3]), ("leaky ReLU", leaky[3])):
    before, after, moved = [], [], []
    for seed, model in enumerate(models):
        was_dead = (model.layers[0].forward(pixels[train]) <= 0).all(axis=0)
        W = model.layers[0].W.copy()
        before.append(score(model, pixels))
        options = {"batch_size": 64, "num_epochs": 10, "progress": False}
        rng = np.random.default_rng(seed)
        fit(
            model,
            CrossEntropyLoss(),
            SGD(model, lr=0.3),
            pixels[train],
            y[train],
            rng=rng,
            **options,
        )
        after.append(score(model, pixels))
        moved.append(np.abs((model.layers[0].W - W)[:, was_dead]).max())
    told = f"most seeds above 0.7 right: {np.median(before) > 0.7}, then {np.median(after) > 0.7}"
    print(f"{name:10} {told}; dead weights moved: {max(moved) > 0}")

# %% [markdown]
r"""
Not one weight of a dead ReLU moved. Its inputs are pixels, which never change: it is dead for good. (Nor do
the weights move that *read* a dead unit: their slope is `dz` times its output, 0.) Leaky ReLU's crept back.

## 5. The newer ones, and softmax

| | value | slope |
| --- | --- | --- |
| leaky ReLU | $z$, below 0 $\alpha z$ | 1, below 0 $\alpha$ (0.01) |
| **ELU** | $z$, below 0 $\alpha(e^z - 1)$ | 1, below 0 $\alpha e^z$ (α is 1) |
| **Swish** (*SiLU*) | $z\,\sigma(z)$ | $\sigma(z) + z\,\sigma(z)(1 - \sigma(z))$ |
| **GELU** | $z\,\Phi(z)$ | $\Phi(z) + z\,\Phi'(z)$ |

The last two are alike: $z$ times a smooth step; $\Phi(z)$ is the share of a standard normal distribution
below $z$. Their slope is that of a product: step, plus $z$ times the step's slope. In NumPy each is one line,
in the folded cell. What came out:
"""

# %% jupyter={"source_hidden": true}
newer = {
    "leaky ReLU": (
        lambda z: np.where(z > 0, z, 0.01 * z),
        lambda z: np.where(z > 0, 1, 0.01),
    ),
    "ELU": (
        lambda z: np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1),
        lambda z: np.where(z > 0, 1, np.exp(np.minimum(z, 0))),
    ),
    "SiLU": (
        lambda z: z * sigmoid(z),
        lambda z: sigmoid(z) + z * sigmoid(z) * (1 - sigmoid(z)),
    ),
    "GELU": (
        lambda z: z * ndtr(z),  # ndtr is Φ
        lambda z: ndtr(z) + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi),
    ),
}
theirs = (F.leaky_relu, F.elu, F.silu, F.gelu)
for (name, pair), function in zip(newer.items(), theirs, strict=True):
    print(f"{name:10} agrees with PyTorch: {agrees(*pair, function)}")

# %% jupyter={"source_hidden": true}
show(
    figures.curves(newer),
    alt="Left the values: above 0 all four are near z; below 0 leaky ReLU is almost 0, ELU falls to -1, "
    "SiLU and "
    "GELU dip below 0 and come back. Right the slopes: leaky ReLU jumps to 1, ELU climbs to 1, SiLU and GELU "
    "are slightly negative on the left and above 1 around z = 1 to 3.",
)

# %% [markdown]
r"""
### Numbers that overflow

In `sigmoid`, `np.exp(-z)` is infinite for z below −710. The value is still right, 1/∞ = 0, but NumPy warns.
Multiply top and bottom by $e^z$, and it is the other side that fails:
"""

# %%
z = np.array([-1000.0, 1000.0])
with np.errstate(all="ignore"):  # no warnings in this block
    print("1 / (1 + exp(-z))     ", 1 / (1 + np.exp(-z)))
    print("exp(z) / (1 + exp(z)) ", np.exp(z) / (1 + np.exp(z)))

# %% [markdown]
r"""
∞/∞ is `nan`, not a number. Each form is safe on one side of 0, where its `exp` is at most 1. But
`np.where(z > 0, first, second)` computes both forms for *all* entries and chooses afterwards: it warns all
the same. What helps is one `exp` for both forms, of something that is never above 0. The exercise asks you
for it.

**Softmax** bends a whole row of logits at once, so each output has a slope for each logit: $p_i (1 - p_i)$
for its own, $-p_i\, p_j$ for another's. Aloud: what one class wins, the others lose, in proportion. It
saturates too: when a row is sure, all of these are near 0, also when it is sure and *wrong*. That is one
reason to take the logarithm:
"""

# %%
z, truth_is = np.array([0.0, 800.0, 3.0]), 0  # sure, and wrong
e = np.exp(z - z.max())
p = e / e.sum()
print("p of the true class", p[0], " its slope", p[0] * (1 - p[0]))
with np.errstate(divide="ignore"):
    print("log(p):", np.log(p[0]))
log_p = torch.log_softmax(torch.tensor(z), dim=0)
print("log_softmax:", log_p[0].item(), " slope of -log p:", p[0] - 1)

# %% [markdown]
r"""
p is too small for a number, its logarithm is not: take the logarithm of the formula, as the loss of lesson 05
did, not of the result. And the slope of $-\log p$ is $p - 1$, as large as it can be: the logarithm undoes the
flat side. Hence cross-entropy works on logits.

## Think

1. A network has 30 layers of tanh at half of Xavier's scale. What is left of the signal in layer 1?

<details><summary>Answer</summary>

Small weights keep z near 0, where tanh's slope is 1. So the factor is about 0.5 a layer, and $0.5^{29}$ is
2e-9.

</details>

2. A colleague replaces ReLU with leaky ReLU, since the network does not learn, and it still does not. What
   would you print first?

<details><summary>Answer</summary>

The size of dz by layer and the share of units that are dead. If no unit is dead, ReLU was not the trouble:
leaky ReLU has nearly the same slopes.

</details>

## Recap

- An activation multiplies what comes back by its slope: at most ¼ for sigmoid, at most 1 for tanh and ReLU.
- A step back multiplies the signal by about gain × size of the slopes; below 1 it vanishes, above 1 it
  explodes.
- No activation is safe or lost by itself: scale and slope decide together.
- A zero is normal, a dead unit is zero in every row; too large a rate kills, above all with positive inputs.
- `exp` never of a large number: shift first, and take the logarithm of the formula.
"""

# %% jupyter={"source_hidden": true}
terms("06_activations")

# %% [markdown]
r"""
Now you: [exercise 06](../exercises/06_activations/06_activations.ipynb). For a second reading: [what you may
have heard](06_activations_heard.ipynb), with what activations cost, and whether ReLU is six times faster.
Next: lesson [07](07_losses.ipynb), losses.

Sources

- X. Glorot, Y. Bengio, [Understanding the difficulty of training deep feedforward neural
  networks](https://proceedings.mlr.press/v9/glorot10a.html), AISTATS 2010: signals by layer, both ways.
- K. He and others, [Delving deep into rectifiers](https://arxiv.org/abs/1502.01852), ICCV 2015.
- A. Maas and others, [Rectifier nonlinearities improve neural network acoustic
  models](https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf), 2013: leaky ReLU.
- D. Hendrycks, K. Gimpel, [Gaussian error linear units](https://arxiv.org/abs/1606.08415), 2016.
"""
