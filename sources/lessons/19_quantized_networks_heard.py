# %% [markdown]
r"""
# 19 · Networks in integers: you may have heard

What is said about quantized networks and is not the lesson's own story, each with a measurement. No other
lesson depends on it.

**Time:** {minutes} minutes.
**Before this:** the lesson, [19 · Networks in integers](19_quantized_networks.ipynb).
"""

# %% jupyter={"source_hidden": true}
from copy import deepcopy
from itertools import pairwise, product

import numpy as np

from helpers import data
from helpers.figures import quantized_networks as figures
from helpers.figures import show
from helpers.nn import (
    Adam,
    BatchNorm,
    CrossEntropyLoss,
    FakeQuant,
    Linear,
    ReLU,
    Sequential,
)
from helpers.nn.initializers import he_normal
from helpers.quantization import signed, symmetric
from helpers.quantization.aware import (
    AwareLinear,
    aware,
    closest,
    folded,
)
from helpers.quantization.integer import accumulate, requantize
from helpers.quantization.mixed import allocate, sensitivity, weight_bits
from helpers.quantization.networks import (
    IntegerLinear,
    quantize_dynamic,
    quantize_static,
    to_integers,
)
from helpers.splits import three_way
from helpers.training import fit

digits = data.load_digits()
X, y = digits.X / 16, digits.y
train, validation, test = three_way(len(y), 400, 373, np.random.default_rng(0))
few = train[:200]


def network(seed, norm=False):
    """64-64-32-10 with relu, from He's start; with a batch norm in each hidden layer if asked."""
    rng, layers = np.random.default_rng(seed), []
    for n_in, n_out in pairwise((64, 64, 32, 10)):
        layer = Linear(n_in, n_out, rng=rng)
        he_normal(layer.W, rng)
        layer.b[...] = 0
        layers += [layer, *([BatchNorm(n_out)] if norm else []), ReLU()]
    return Sequential(*layers[: -2 if norm else -1])


def trained(model, lr, num_epochs, seed):
    """A copy, trained with Adam on the training pictures."""
    model = deepcopy(model)
    fit(
        model,
        CrossEntropyLoss(),
        Adam(model, lr=lr),
        X[train],
        y[train],
        batch_size=64,
        num_epochs=num_epochs,
        rng=np.random.default_rng(seed),
        progress=False,
    )
    return model


def right(models, rows=test, change=lambda pictures: pictures):
    """The share of these pictures that each model gets right."""
    answers = [
        model.forward(change(X[rows])).argmax(axis=1) for model in models
    ]
    return np.mean(answers == y[rows], axis=1)


def told(scores):
    return f"{scores.mean():.2f} ({scores.min():.2f} to {scores.max():.2f})"


nets = [trained(network(seed), 0.003, 20, seed) for seed in range(5)]

# %% [markdown]
r"""
Five networks for digits, as in the lesson: 64-64-32-10, trained for 20 passes on 1,024 pictures; 400 pictures
choose, 373 judge.

## "Calibrated once, a network is calibrated"

A static network has fixed ranges, taken from 200 pictures. Then somebody buys a better scanner, and the
pictures have twice the contrast: all pixels times two. A dynamic network takes its ranges from each row. If
the ranges of one day served for all, the two would do alike. Weights in 8 bits.
"""

# %%
static = [quantize_static(net, X[few]) for net in nets]
dynamic = [quantize_dynamic(net) for net in nets]
for name, models in {
    "floats": nets,
    "static": static,
    "dynamic": dynamic,
}.items():
    twice = right(models, change=lambda pictures: 2 * pictures)
    print(
        f"{name:8} as before {right(models).mean():.2f}   twice {told(twice)}"
    )

# %% [markdown]
r"""
They do not. The floats are as good as before: with relu and small biases, twice the input is nearly twice the
logits. The static network cuts off what it has never seen, and loses three points; the dynamic one loses
nothing. So ranges belong to the data that they were taken from. Take them from data like those to come, and
look again when the data change. (Lesson 18 has the other side: a dynamic range that many rows share can be
spoilt by one of them.)

## "Batch norm costs time in use"

Not behind a linear layer. In evaluation a batch norm is a stretch and a shift of each unit, and the weights
before it can do both (lesson 11 promised this):

$$W \leftarrow W \cdot \frac{\gamma}{\text{std}}, \qquad b \leftarrow (b - \mu)\,\frac{\gamma}{\text{std}} +
\beta$$

Aloud: each column of $W$ times its $\gamma$ over its spread; the bias less the stored mean, stretched
likewise, plus $\beta$. This is *folding*. But columns that were alike are then stretched differently, and
share a scale less well. At 4 bits, one scale a layer and one a unit:
"""

# %%
normed = [
    trained(network(seed, norm=True), 0.003, 20, seed) for seed in range(5)
]
plain = [folded(net) for net in normed]
gap = max(
    np.abs(one.forward(X[test]) - other.forward(X[test])).max()
    for one, other in zip(normed, plain, strict=True)
)
print("layers:", len(normed[0].layers), "and", len(plain[0].layers))
print("same logits, to 1e-9:", bool(gap < 1e-9))


def spread_of_columns(nets):
    """Largest weights of the columns of W: the largest over the smallest."""
    largest = [np.abs(net.layers[0].W).max(axis=0) for net in nets]
    return np.mean([one.max() / one.min() for one in largest])


print(
    f"columns differ: {spread_of_columns(normed):.0f} times unfolded,", end=" "
)
print(f"{spread_of_columns(plain):.0f} folded")

# %%
for bits in (4, 3):
    for name, each in {"one a layer": False, "one a unit": True}.items():
        models = [
            quantize_static(
                net, X[few], bits=bits, weight_range=closest, per_channel=each
            )
            for net in normed
        ]
        print(f"{bits} bits, {name:12} {told(right(models))}")

# %% [markdown]
r"""
The norm is gone, and the logits are the same. As for the price: after folding the columns differ threefold
instead of twofold, and at 4 and at 3 bits one scale a layer does nearly as well as one a
unit. A null result, for this network. Nagel and others (2021) show networks for pictures whose
channels differ far more after folding, and one scale a layer ruins them.

## "You cannot train through a staircase"

The true slope of rounding is 0. The lesson handed it straight through. Is that what helps? The control has
the true slope for the weights, 0, so that only the biases learn. (What goes from layer to layer is handed
through in both; otherwise nothing would come back at all.) Weights of 2 bits, ten passes, each at its best of
four rates, five seeds.
"""


# %%
class TrueSlope(FakeQuant):
    """Rounds as FakeQuant does, and does not pretend."""

    def backward(self, d_out):
        return 0 * d_out


def two_bits(net, true_slope):
    model = aware(net, X[few], bits=2, weight_range=closest, momentum=0.1)
    for layer in model.layers:
        if isinstance(layer, AwareLinear) and true_slope:
            layer.quant.__class__ = TrueSlope
    return model


def best_of_rates(models, lrs=(0.001, 0.01, 0.03, 0.1)):
    runs = [
        [
            to_integers(trained(model, lr, 10, seed))
            for seed, model in enumerate(models)
        ]
        for lr in lrs
    ]
    return max(runs, key=lambda models: right(models, validation).mean())


# %%
for name, true_slope in {
    "true slope": True,
    "straight through": False,
}.items():
    start = [two_bits(net, true_slope) for net in nets]
    if true_slope:
        print(
            f"{'no training':17}", told(right(list(map(to_integers, start))))
        )
    print(f"{name:17}", told(right(best_of_rates(start))))

# %% [markdown]
r"""
More is won with the weights fixed than one would guess: the biases alone, learning under the rounding, bring
0.85 to 0.95. (Perhaps rounding shifts what a unit gets, and the bias shifts it back.) Handing the slope
through the weights' rounding wins the rest, to 0.97; in ten other groups of five networks it was ahead of the
biases each time, by one to two points. So you can come far without it, and it is what closes the gap.
Correcting the biases alone, without labels, is a known step of PTQ too (Nagel and others, 2021).

## "What single layers cost adds up"

That is what the solver of the lesson assumes. Here are all 216 splits of 2, 3, 4, 5, 6 and 8 bits among the
three layers, for the first network: the sum of the rises of single layers, and the rise when all three are
rounded. If costs add up, the points lie on the line.
"""

# %%
loss, choices = CrossEntropyLoss(), [2, 3, 4, 5, 6, 8]
judge = X[validation], y[validation]
grids = [
    {
        bits: symmetric(*closest(W, signed(bits), axis=1), signed(bits))(W)
        for bits in choices
    }
    for W in (layer.W for layer in nets[0].layers[::2])
]


def logits(net, split, rows):
    """With so many bits in each layer."""
    a = X[rows]
    for i, bits in enumerate(split):
        a = np.maximum(a, 0) @ grids[i][bits] + net.layers[2 * i].b
    return a


net = nets[0]
exact = loss.forward(net.forward(X[validation]), y[validation])
costs = sensitivity(net, loss, judge, choices, weight_range=closest)
splits = list(product(choices, repeat=3))
summed = np.array(
    [
        sum(costs[i, choices.index(bits)] for i, bits in enumerate(split))
        for split in splits
    ]
)
joint = np.array(
    [
        loss.forward(logits(net, split, validation), y[validation]) - exact
        for split in splits
    ]
)

# %% jupyter={"source_hidden": true}
show(
    figures.sums_of_rises(summed, joint),
    alt="The joint rise of the loss over the sum of the rises of single layers, for 216 splits, both "
    "logarithmic. All lie close to the diagonal, from 0.001 to 0.3, most of them a little above it.",
)

# %%
ranks = [np.argsort(np.argsort(values)) for values in (summed, joint)]
large = summed > 0.02
ratio = np.median(joint[large] / summed[large])
print(f"rank correlation: {np.corrcoef(*ranks)[0, 1]:.2f}")
print(f"where the sum is above 0.02: joint over sum, median {ratio:.1f}")
sizes = weight_bits(net, choices)
counts = sizes[:, 0] / choices[0]
for budget in (2.5, 3, 3.5, 4):
    chosen = [
        choices[c] for c in allocate(costs, sizes, budget * counts.sum())
    ]
    fits = [
        i
        for i, split in enumerate(splits)
        if counts @ np.array(split) <= budget * counts.sum()
    ]
    best = splits[min(fits, key=lambda i: joint[i])]
    lost = joint[splits.index(tuple(chosen))] - joint[splits.index(best)]
    print(
        f"{budget:3} bits: solver {chosen}, best {list(best)}, by {lost:.3f}"
    )


# %% [markdown]
r"""
They nearly do. The order of the splits by their sum is nearly that by their joint rise, and together it is
about a tenth more than the sum. From 3 bits on the solver is within 0.01 of the best split on these 400
pictures. At 2.5 bits it misses it by 0.07: where the errors are large, a tenth more or less decides. This is
one small network with three layers. In deep ones errors can grow from layer to layer; the check is the same,
on a few splits.

## "Bits by layer, or even by neuron"

By layer is what the lesson does. Single units differ too. The hidden units of the first layer, one at a time,
each with only its own 64 weights at 2 bits; the rise of the validation loss, mean of five networks. Half of
the validation pictures choose the six units that cost most, the other half says what they cost. If units were
alike, a tenth of them would account for a tenth of the sum.
"""


# %%
def rises_of_units(net, rows):
    """The rise of the loss on these rows with one column of W at 2 bits."""
    layer, rises = net.layers[0], []
    exact = loss.forward(net.forward(X[rows]), y[rows])
    codes = signed(2)
    coarse = symmetric(*closest(layer.W, codes, axis=1), codes)(layer.W)
    for unit in range(layer.W.shape[1]):
        kept = layer.W[:, unit].copy()
        layer.W[:, unit] = coarse[:, unit]
        now = loss.forward(net.forward(X[rows]), y[rows])
        rises.append(now - exact)
        layer.W[:, unit] = kept
    return np.array(rises)


shares, same, lowered = [], [], []
for net in nets:
    choosing, rises = (
        rises_of_units(net, half) for half in np.split(validation, 2)
    )
    six = np.argsort(choosing)[-6:]
    all_rises = rises[rises > 0].sum()
    shares.append(rises[six].sum() / all_rises)
    same.append(np.sort(rises)[-6:].sum() / all_rises)
    lowered.append((rises < 0).mean())
print(f"6 of 64 units: {np.mean(shares):.1f} of all rises", end=", ")
print(f"chosen on the same pictures: {np.mean(same):.1f}")
print(f"units whose rounding lowers the loss: {np.mean(lowered):.1f}")

# %% [markdown]
r"""
Six units of 64 carry two tenths of all rises, twice what alike units would (in four of the five networks; in
one nothing). Chosen and measured on the same pictures they seem to carry four tenths: half of that is the
choice. Rounding three units in ten even lowers the loss on these pictures. So units differ, but it takes more
pictures to say which. And bits by unit are hardly used: a kernel wants whole blocks of one format, and the
bits of each unit would have to be looked up. What is common is a *scale* for each unit, as in this lesson;
and keeping a few outstanding columns in 16 bits (lesson 20).

## "Eight bits times eight bits are sixteen"

One product fits 16 bits. A sum of 64 does not. What if the accumulators had fewer than 32 bits and wrapped
around, as integers do? The 8-bit networks again, with the sums cut to so many bits:
"""


# %%
def with_sums_of(network, bits):
    """Logits with accumulators of so many bits, which wrap around."""
    values = network.layers[0].forward(X[test])
    for layer in network.layers[1:]:
        if isinstance(layer, IntegerLinear):
            z = layer.X_ruler.zero_point
            sums = accumulate(values, layer.W, z, layer.bias).astype(np.int64)
            half = 2 ** (bits - 1)
            sums = (sums + half) % (2 * half) - half
            zero_point = int(layer.out_ruler.zero_point)
            values = requantize(
                sums.astype(np.int32),
                layer.m,
                layer.shift,
                zero_point=zero_point,
                lowest=zero_point if layer.relu else 0,
                highest=255,
            ).astype(np.uint8)
        else:
            values = layer.forward(values)
    return values


for bits in (32, 20, 19, 18, 17, 16):
    answers = [with_sums_of(net, bits).argmax(axis=1) for net in static]
    print(f"{bits} bits: {np.mean(answers == y[test]):.2f}")

# %% [markdown]
r"""
Down to 19 bits nothing happens. With 18 some sums wrap, and a large positive one becomes a large negative
one: 0.83. With 17 the network guesses. There is no gentle decline, unlike with fewer bits in the codes, and
no error is raised. With 32 bits there is room for sums of 66,000 products of 8-bit codes at least, so
everybody uses them.

## "Fewer bits, faster products"

The stored table again (NVIDIA H100): products of $n \times n$ matrices, in TFLOP/s.
"""

# %%
products = data.load_gpu_products()
names = ["fp32", "tf32", "bf16", "int8", "fp8"]
print("   n", *(f"{name:>6}" for name in names))
for n, by_name in products.items():
    print(f"{n:4}", *(f"{by_name[name]:6.0f}" for name in names))

# %% [markdown]
r"""
At $n = 1024$ FP8 is slower than BF16, and all formats lie between 31 and 90. A product of that size is over
before the card is busy: its $2 \cdot 1024^3 = 2.1 \cdot 10^9$ operations would take 3 µs at 686 TFLOP/s, as
long as it takes to start one. At 8192 the formats are apart. So "INT8 has so many TOPS" on a data sheet says
what a large enough product can reach.

**Sources**

- B. Jacob and others, [Quantization and training of neural networks for efficient integer-arithmetic-only
  inference](https://arxiv.org/abs/1712.05877), CVPR 2018: folding batch norm is section 3.2.
- M. Nagel and others, [A white paper on neural network quantization](https://arxiv.org/abs/2106.08295), 2021.
- P. Yin and others, [Understanding straight-through estimator in training activation quantized neural
  nets](https://arxiv.org/abs/1903.05662), ICLR 2019.
- `helpers/data/gpu_h100.csv`, made by `course bench gpu`.
"""
