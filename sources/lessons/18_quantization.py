# %% [markdown]
r"""
# 18 · Quantization: numbers and maps

A weight usually takes 32 bits. This lesson takes bits away, one after the other, and measures what goes with
them. It ends with the same network at 32, 16, 8, 6, 5, 4, 3 and 2 bits.

**You will be able to**

- read the bits of a number, and say what 8 of them can hold;
- map real numbers to whole ones and back, by hand, with a scale and a zero point;
- tell rounding from clipping, bound the first, and choose a range between the two;
- quantize a trained network, its weights and its activations, and say how many bits it needs.

**Time:** {minutes} minutes.
**Before this:** standardising from [02](02_features.ipynb), the forward pass from [04](04_forward.ipynb), the
training loop from [09](09_training_loop.ipynb).
"""

# %% jupyter={"source_hidden": true}
from copy import deepcopy
from functools import partial
from itertools import pairwise

import numpy as np
import torch

from helpers import data
from helpers.claims import claim
from helpers.explore.quantization import explorer
from helpers.features import StandardScaler
from helpers.figures import quantization as figures
from helpers.figures import show
from helpers.glossary import terms
from helpers.nn import SGD, CrossEntropyLoss, Linear, ReLU, Sequential
from helpers.nn.initializers import he_normal
from helpers.quantization import (
    affine,
    k_means,
    least_squares,
    minmax,
    percentile,
    powers_of_two,
    signed,
    symmetric,
    unsigned,
)
from helpers.splits import holdout
from helpers.training import fit

digits = data.load_digits()
X, y = digits.X, digits.y
train, new = holdout(len(y), 773, np.random.default_rng(0))
Z = StandardScaler().fit(X[train]).transform(X).astype(np.float32)


def trained(seed):
    """A network 64-64-32-10 from He's start, 20 passes with SGD; its weights are kept as float32."""
    rng, layers = np.random.default_rng(seed), []
    for n_in, n_out in pairwise((64, 64, 32, 10)):
        layer = Linear(n_in, n_out, rng=rng)
        he_normal(layer.W, rng)
        layer.b[...] = 0
        layers += [layer, ReLU()]
    net = Sequential(*layers[:-1])
    fit(
        net,
        CrossEntropyLoss(),
        SGD(net, lr=0.1),
        Z[train].astype(np.float64),
        y[train],
        rng=rng,
        batch_size=32,
        num_epochs=20,
        progress=False,
    )
    return net.astype(np.float32).eval()


nets = [trained(seed) for seed in range(5)]


def with_weights(net, change):
    """A copy of the network, with change(W) in place of each W."""
    other = deepcopy(net)
    for layer in other.layers[::2]:
        layer.W = change(layer.W)
    return other


def scores(nets):
    """The share of the 773 new pictures that each network gets right."""
    answers = [net.forward(Z[new]).argmax(axis=1) for net in nets]
    return np.mean(answers == y[new], axis=1)


def after(change, nets=nets):
    """The scores with changed weights."""
    return scores([with_weights(net, change) for net in nets])


# %% [markdown]
r"""
## Four bits, and one weight that does nothing

Five networks were trained on 1,024 pictures of digits: 64 standardised pixels, hidden layers of 64 and 32
units, ten logits. 773 new pictures judge them. Their weights are kept in 32 bits each.

Now every layer's weights are moved to the nearest of a few equally spaced numbers: 255 of them, which 8 bits
can tell apart, or 15 (4 bits), or 3 (2 bits).

And a second experiment. Pixel 0, in the corner, is dark in all pictures, so its input is always 0, and its
weights do nothing. Set a single one of them, of 6,464 in the network, to 200. The answers stay the same, as
you will see in the line for 32 bits. Then move the weights to 255 numbers, as before.

**Predict** the accuracies: with 8, 4 and 2 bits; and with 8 bits after that one weight was changed.
"""


# %%
def to_bits(W, bits):
    """The nearest of 2^bits - 1 equally spaced numbers."""
    most = 2 ** (bits - 1) - 1  # 127 for 8 bits
    step = np.abs(W).max() / most
    return np.rint(W / step) * step


odd = deepcopy(nets)
for net in odd:
    net.layers[0].W[0, 0] = 200

# %% tags=["predict"]
print(f"32 bits: {scores(nets).mean():.2f}")
for bits in (8, 4, 2):
    right = after(partial(to_bits, bits=bits))
    print(f"{bits:2} bits: {right.mean():.2f}")
print(f"32 bits, one weight at 200: {scores(odd).mean():.2f}")
spoilt = after(partial(to_bits, bits=8), odd)
print(f" 8 bits, one weight at 200: {spoilt.mean():.2f}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

0.96 at 32, at 8 and at 4 bits, and 0.35 at 2. With the odd weight, 0.96 at 32 bits, and 0.10, a guess, at 8.

</details>

Seven eighths of the memory were not needed: fifteen different numbers a layer do as well. But one weight that
does nothing ruined the whole network. To see why, start with what a number is.

## 1. The bits of a number

**FP32**, a 32-bit floating point number, has three fields: one bit for the sign, 8 for an exponent, 23 for a
fraction. Its value is

$$x = (-1)^{\text{sign}} \cdot 2^{\,\text{exponent} - 127} \cdot (1 + \text{fraction} / 2^{23})$$

Aloud: a power of two says how large the number is, the fraction where it lies between this power and the
next.
"""


# %%
def fields(x):
    bits = f"{np.float32(x).view(np.uint32):032b}"  # the same 32 bits
    return bits[0], bits[1:9], bits[9:]


for x in (1.0, -6.5, 0.1):
    print(f"{x:5}", *fields(x))

sign, exponent, fraction = (int(field, base=2) for field in fields(-6.5))
print((-1) ** sign * 2.0 ** (exponent - 127) * (1 + fraction / 2**23))

# %% [markdown]
r"""
-6.5 is $-2^2 \cdot 1.625$. The fraction of 0.1 never ends, so it is cut: even FP32 rounds. (An exponent of
eight zeros has a rule of its own; 0 is written so.) Shorter floats give bits of either field away. In *e4m3*,
one of two kinds with 8 bits, 4 are the exponent's and 3 the fraction's:
"""

# %%
for name in ("float32", "float16", "bfloat16", "float8_e4m3fn"):
    info = torch.finfo(getattr(torch, name))
    told = f"largest {info.max:<8.2g} after 1 comes 1 + {info.eps:.2g}"
    print(f"{name:13} {info.bits:2} bits  {told}")

# %% [markdown]
r"""
A float's steps grow with the number. A whole number has no fields, and all its steps are 1. **INT8** counts
from -128 to 127: 8 bits, of which the highest is worth -128.
"""

# %%
for q in (100, -100, -128):
    print(f"{q:4} = {np.int8(q).view(np.uint8):08b}")

# %% [markdown]
r"""
The **bit width** $b$ is how many bits a number has: $2^b$ different codes, 256 for 8 bits, 16 for 4. **Neural
network quantization** writes weights, activations or both as such codes. It needs a rule for what a code
stands for.

## 2. There and back

Lay a ruler over the numbers. Its marks are $s$ apart (the **scale**), and each has a code. Say that the
numbers lie between -1 and 3, the **quantization range**, and the codes are 0 to 255. By hand:

- 256 marks have 255 gaps: $s = (3 - (-1)) / 255 = 0.01569$.
- 0 lies $1 / s = 63.75$ gaps above -1. It should be exactly on a mark, since zeros are everywhere (after
  relu, at borders of pictures), so round: the code of 0 is 64. It is called the **zero point** $z$.
- 0.5 is $0.5 / s = 31.9$ gaps above 0: code 64 + 32 = 96. It stands for $s\,(96 - 64) = 0.502$.

$$q = \mathrm{clip}(\mathrm{round}(x / s) + z,\; q_{\min},\; q_{\max}) \qquad\qquad \hat x = s\,(q - z)$$

Aloud: the **quantize operation** divides by the scale, rounds, adds the zero point, and stops at the first
and the last code. The **dequantize operation** subtracts the zero point and multiplies by the scale.
"""


# %%
def map_of(low, high, q_min=0, q_max=255):
    low, high = min(low, 0), max(high, 0)  # 0 must lie in the range
    s = np.float32((high - low) / (q_max - q_min))
    z = q_min - np.rint(low / s)
    return s, z


def quantize(x, s, z, q_min=0, q_max=255):
    return np.clip(np.rint(x / s) + z, q_min, q_max)


def dequantize(q, s, z):
    return s * (q - z)


s, z = map_of(-1, 3)
x = np.array([-1, 0, 0.5, 3, 5])
q = quantize(x, s, z)
print("s, z:", s.round(5), z)
print("codes:", q)
print("back: ", dequantize(q, s, z).round(3))

# %% [markdown]
r"""
5 came back as the last mark: it was clipped. (Rounding $z$ has moved all marks by a quarter of a step.) They
are equally far apart, so this is **linear (uniform) quantization**. With a zero point that need not be 0 it
is called **asymmetric (affine) quantization**. **Symmetric quantization**, as in `to_bits`, fixes $z = 0$ and
covers $\pm \max|x|$ with the codes -127 to 127: $s = \max|x| / 127$.

The helpers have both, `affine` and `symmetric`, each of which takes a range and the codes: `unsigned(8)` is 0
to 255, `signed(8)` is -127 to 127. PyTorch goes there and back in one call, `fake_quantize`:
"""

# %%
x = np.random.default_rng(0).normal(size=10_000).astype(np.float32)
s, z = map_of(x.min(), x.max())
ours = dequantize(quantize(x, s, z), s, z)
ruler = affine(*minmax(x), unsigned(8))  # smallest, largest; codes 0..255
theirs = torch.fake_quantize_per_tensor_affine(
    torch.tensor(x), float(s), int(z), quant_min=0, quant_max=255
)
print("equal to the helpers':", np.array_equal(ours, ruler(x)))
print("equal to PyTorch's:   ", np.array_equal(ours, theirs.numpy()))

# %% [markdown]
r"""
You may read that symmetric quantization uses the codes -128 to 127. Does that fit?
"""

# %% jupyter={"source_hidden": true}
claim(
    "symmetric-range-from-minus-128",
    because="-128 has no counterpart, +128 > 127: with s = max|x| / 128, +max|x| is clipped to 127 / 128 = "
    "0.992 of it. With -127..127 and s = max|x| / 127, both ends are exact.",
)

# %% [markdown]
r"""
## 3. Where the error comes from

The **quantization error** $x - \hat x$ has two sources. Here is a ruler of 3 bits over -1 to 1. Inside,
*rounding*: no number is further than half a step from its mark. Outside, *clipping*: the error grows without
bound.
"""

# %% jupyter={"source_hidden": true}
show(
    figures.staircase(symmetric(-1, 1, signed(3))),
    alt="Above, a staircase of seven steps from -1 to 1, which stays flat outside. Below, the error: a "
    "sawtooth between minus and plus half a step inside the range, and a straight line that grows outside "
    "of it.",
)

# %% [markdown]
r"""
So inside the range the bound is $s/2$. If a number is equally likely to lie anywhere between two marks, the
mean square of the error is $s^2/12$. Measured, on the first layer's weights of network 0. The last column is
the ratio of the two mean squares, of weights and errors, in decibels ($10 \log_{10}$ of it): 6 dB more
says that the error's is a quarter.
"""

# %%
W = nets[0].layers[0].W
for bits in (8, 7, 6, 5, 4, 3, 2):
    ruler = symmetric(*minmax(W), signed(bits))
    error, s = W - ruler(W), ruler.scale
    largest = np.abs(error).max() / s
    square = np.mean(error**2) / (s**2 / 12)
    signal = 10 * np.log10(np.mean(W**2) / np.mean(error**2))
    told = f"{largest:.2f} s, mean square {square:.2f} s²/12"
    print(f"{bits} bits: largest {told}, {signal:4.1f} dB")

# %% [markdown]
r"""
The bound holds at every width. A bit less doubles the step, and costs about 6 dB. (With few bits more: from
7 marks to 3 the step triples. And most weights then lie near the middle one, not equally likely anywhere.)

**A smaller range** makes the steps finer, and clips. Here is the mean squared error as the end of the range
moves in from the largest weight:
"""

# %% jupyter={"source_hidden": true}
ends = np.abs(W).max() * np.linspace(0.2, 1, 33)
squares = {}
for bits in (8, 4, 3, 2):
    rulers = [symmetric(-end, end, signed(bits)) for end in ends]
    squares[bits] = [np.mean((ruler(W) - W) ** 2) for ruler in rulers]

# %% jupyter={"source_hidden": true}
show(
    figures.error_by_range(ends, squares),
    alt="Mean squared error by the end of the range, a line for each bit width, on a logarithmic scale. "
    "With 8 bits the error is least close to the largest weight. With 4, 3 and 2 bits the least error lies "
    "further and further in, and to the left of it all lines run together: there clipping decides.",
)

# %% [markdown]
r"""
With 8 bits, clip next to nothing. With 2, clip a lot. Choosing a range from numbers seen is called
**calibration** (by **range statistics**). The three usual ways, on the odd weight, at 8 bits; each layer has
its own range:

- *min-max*: clip nothing;
- *percentile*: keep, say, the middle 99.9 % inside;
- *least squares*: of many ends, the one with the least mean squared error.

**Predict**: which of them saves the network from its odd weight?
"""

# %% tags=["predict"]
observers = {
    "min-max": minmax,
    "percentile": percentile,  # 99.9 %
    "least squares": partial(least_squares, make=symmetric),
}


def clipped(W, observe):
    return symmetric(*observe(W))(W)


for name, observe in observers.items():
    end = np.abs(observe(odd[0].layers[0].W)).max()
    right = after(partial(clipped, observe=observe), odd).mean()
    print(f"{name:13}  first layer ±{end:5.1f}  accuracy {right:.2f}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

The percentile, with 0.96. Least squares keeps the range at ±200 and gets 0.10, like min-max: to be 199 off
for one weight costs more squares than to lose the 4,095 others of its layer.

</details>

So that is what happened in the opening. An **outlier** stretched the step to $200/127 = 1.6$, and all other
weights, below 1, were rounded to 0. Which range is best depends on what the number is for, and the error
alone does not know. Here the outlier did nothing. Had the network needed it, clipping it might have been the
mistake. And 200 is very far out. With less, less is lost:
"""

# %%
for far in (20, 50, 100, 200):
    for net in odd:
        net.layers[0].W[0, 0] = far
    right = after(partial(to_bits, bits=8), odd).mean()
    print(f"one weight at {far:3}: {right:.2f}")

# %% [markdown]
r"""
There is a way that asks for no decision: give each column of `W`, which is each unit, or *channel*, a ruler
of its own. Then an outlier spoils one column. **Per tensor** is one scale a layer, **per channel** one a
column.
"""

# %%
per_channel = symmetric(*minmax(odd[0].layers[0].W, axis=1), signed(8))
print("scales:", per_channel.scale.shape, "for W:", W.shape)
saved = after(partial(clipped, observe=partial(minmax, axis=1)), odd)
print(f"8 bits per channel, one weight at 200: {saved.mean():.2f}")

fake_quantize = torch.fake_quantize_per_channel_affine
scales = torch.tensor(per_channel.scale[0])
zeros = torch.zeros(64, dtype=torch.int32)
theirs = fake_quantize(torch.tensor(W), scales, zeros, 1, -127, 127)
print("equal to PyTorch's:", np.array_equal(per_channel(W), theirs.numpy()))

# %% [markdown]
r"""
## 4. Steps that are not equal

Weights crowd around 0, so perhaps marks should too. In **non-uniform quantization** a code is a place in a
**look-up table (LUT)** of any numbers. k-means finds a table: each weight goes to the nearest entry, each
entry moves to the mean of its weights, and again.
"""


# %%
def table_for(w, size, rounds=50):
    table = np.linspace(w.min(), w.max(), size)
    for _ in range(rounds):
        nearest = np.abs(w[:, None] - table).argmin(axis=1)
        for k in range(size):
            if np.any(nearest == k):
                table[k] = w[nearest == k].mean()
    return table


print("by hand:     ", table_for(W.ravel(), 4).round(2))
print("the helpers':", k_means(W, 2).table.round(2))

# %% [markdown]
r"""
The other way bends the scale instead: **non-linear quantization** sends a number through a curve first, and
has equal steps after it. With a logarithm, **logarithmic quantization**, the marks are powers of two, $\pm
2^k$ and 0, and a product is a shift of bits. Its *relative* error is at most a third, as far down as the
exponents reach.
"""

# %% jupyter={"source_hidden": true}
show(
    figures.grids_over_weights(
        W,
        {
            "uniform": symmetric(
                *least_squares(
                    W, lambda low, high: symmetric(low, high, signed(3))
                ),
                signed(3),
            ).dequantize(np.arange(-3, 4)),
            "k-means": k_means(W, 3).table,
            "powers of 2": powers_of_two(*minmax(W), 3).table,
        },
    ),
    alt="A histogram of the first layer's weights, a bell around 0. Below it the marks of three grids of 3 "
    "bits. The uniform ones are equally far apart; those of k-means lie closer around 0 than outside; the "
    "powers of two leave the widest gaps outside.",
)

# %% jupyter={"source_hidden": true}
claim(
    "non-uniform-is-linear",
    because="Linear quantization has equal steps by definition; the steps of a k-means table differ.",
)

# %% [markdown]
r"""
*Logarithmic quantization suits unevenly distributed weights*, you may hear. Trained weights are one thing;
"uneven" may also mean a long tail, as in Student's distribution with three degrees of freedom. Both grids get
their range of least error. If the sentence holds, "powers" beats "uniform" wherever the tails are long.
**Predict** for 4 bits, then for 8.
"""

# %% jupyter={"source_hidden": true}
draw = np.random.default_rng(0)
samples = {
    "trained": [net.layers[0].W for net in nets],
    "Laplace": draw.laplace(size=(5, 4096)),
    "Student": draw.standard_t(3, size=(5, 4096)),
}


def decibels(x, make, bits):
    """Mean square of x over that of its error, at the range of least error."""

    def ruler(low, high):
        return make(low, high, bits)

    error = ruler(*least_squares(x, ruler, num_steps=40))(x) - x
    return 10 * np.log10(np.mean(x**2) / np.mean(error**2))


grids = {
    "uniform": lambda low, high, bits: symmetric(low, high, signed(bits)),
    "powers": powers_of_two,
}

# %% tags=["predict"]
dB = {}
for name, draws in samples.items():
    for bits in (4, 8):
        for grid, make in grids.items():
            values = [decibels(x, make, bits) for x in draws]
            dB[name, bits, grid] = np.array(values)
        told = [f"{dB[name, bits, grid].mean():4.0f} dB" for grid in grids]
        print(f"{name} {bits} bits: uniform {told[0]}, powers {told[1]}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

At 4 bits the powers win about 3 dB on Student's long tail; on Laplace's shorter one they lose 1 or 2, and on
the trained weights 5. At 8 bits they lose everywhere: more exponents add numbers near 0, and none where the
weights are.

</details>
"""

# %% jupyter={"source_hidden": true}
won = dB["Student", 4, "powers"] - dB["Student", 4, "uniform"]
claim(
    "logarithmic-suits-uneven-weights",
    measured=won.mean(),
    digits=1,
    what="decibels that powers of two win over equal steps at 4 bits on Student's distribution, each at its "
    "best range, 5 draws; 0 or less if they did not suit it",
)

# %% [markdown]
r"""
So it depends. Trained weights here look like a bell, and on a bell equal steps beat powers of two. A table
never needs to be worse than the two others at the same bits, since both are tables. What it costs is the
looking up.

## 5. A network after training

Changing a finished network is **post-training quantization**. First the weights alone, at every width: equal
steps with the range min-max, per tensor and per channel; per tensor with the range of least squares; and a
table, a layer each. Symmetric codes leave one out: with 2 bits there are three marks, but a table has four.
So the affine map, with all four and its best range, runs too. **Predict** where the accuracy bends, and in
which order.
"""


# %%
def uniform(W, bits, axis=None):
    return symmetric(*minmax(W, axis), signed(bits))(W)


def best_range(W, bits, make=symmetric, codes=signed):
    make = partial(make, codes=codes(bits))
    return make(*least_squares(W, make))(W)


def from_table(W, bits):
    return k_means(W, bits)(W)


# %% tags=["predict"]
widths = (32, 16, 8, 6, 5, 4, 3, 2)
changes = {
    "per tensor": uniform,
    "per channel": partial(uniform, axis=1),
    "best range": best_range,
    "affine": partial(best_range, make=affine, codes=unsigned),
    "k-means": from_table,
}
ladder = {name: [scores(nets)] for name in changes}  # 32 bits
for bits in widths[1:]:
    for name, change in changes.items():
        ladder[name].append(after(partial(change, bits=bits)))
print("bits", *ladder, sep="  ")
for i, bits in enumerate(widths):
    told = [f"{s[i].mean():{len(name)}.2f}" for name, s in ladder.items()]
    print(f"{bits:4}", *told, sep="  ")

# %% tags=["predict"] jupyter={"source_hidden": true}
show(
    figures.ladder(widths, ladder),
    alt="Accuracy by bits, from 32 down to 2, five lines with a bar from the worst to the best of five "
    "networks. All are level down to 4 bits. At 3 bits per tensor falls behind. At 2 bits per tensor "
    "gets a third, per channel about 0.6, the best range 0.8, the affine map and the k-means table 0.9.",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

Down to 4 bits nothing is lost, whichever way. At 3 bits per tensor with min-max falls to 0.91. At 2 bits it
gets 0.35; a scale a column 0.64; the same three marks drawn in to their best range 0.81; four marks, equally
far apart, 0.88; and the four that k-means has chosen 0.92. Most is won by where the marks lie and how many
there are. Unequal steps add little: of two other groups of five networks, in one the affine map was level
with the table.

</details>

**What is saved?** This network has 6,464 weights and 106 biases; biases stay as they are.
"""

# %% jupyter={"source_hidden": true}
claim(
    "int8-quarter-size",
    because="4 · 6,570 = 26,280 bytes in FP32. Weights in INT8, biases and 106 scales in FP32: 6,464 + 424 "
    "+ 424 = 7,312 bytes, 0.28 of it; of a layer of 4096 × 4096 without biases, 0.2502. Against FP16 it is "
    "a half, and activations are not counted.",
)

# %% [markdown]
r"""
**Activations.** To multiply whole numbers, the inputs of each layer must be codes too. Their range is not
known before a picture comes. Two ways:

- *static*: before use, run some pictures through, note the range at each layer, and keep it;
- *dynamic*: take the range from what is there, each time.

Weights have 8 bits per channel, activations are affine with `bits`:
"""


# %%
def quantized(net, X, bits, observe, ranges=None):
    """Logits; the ranges are observed in X, unless they are given."""
    a, seen = X, []
    for layer in net.layers:
        if isinstance(layer, Linear):
            seen.append(observe(a))
            low, high = ranges[len(seen) - 1] if ranges else seen[-1]
            a = affine(low, high, unsigned(bits))(a)
            W = symmetric(*minmax(layer.W, axis=1))(layer.W)
            a = a @ W + layer.b
        else:
            a = layer.forward(a)
    return a, seen


def accuracy(net, bits, observe, calibrate=False):
    ranges = None
    if calibrate:  # 200 pictures of the training set
        _, ranges = quantized(net, Z[train][:200], 16, observe)
    logits, _ = quantized(net, Z[new], bits, observe, ranges)
    return np.mean(logits.argmax(axis=1) == y[new])


# %% [markdown]
r"""
Five versions: static with min-max, and with the percentile 99.9; dynamic with one range for all 773 pictures
at once, by either; and dynamic with a range for each picture (`axis=0`: each row). **Predict** their order at
8 bits, and at 4.
"""

# %% tags=["predict"]
versions = {
    "static, min-max": (minmax, True),
    "static, percentile": (percentile, True),
    "dynamic, all at once": (minmax, False),
    "the same, percentile": (percentile, False),
    "dynamic, each picture": (lambda a: minmax(a, axis=0), False),
}
acts = {
    (name, bits): np.array([accuracy(net, bits, *version) for net in nets])
    for name, version in versions.items()
    for bits in (8, 4)
}
for name in versions:
    told = [f"{acts[name, bits].mean():.2f}" for bits in (8, 4)]
    print(f"{name:22} 8 bits {told[0]}   4 bits {told[1]}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

At 8 bits there is nothing between them. At 4, a range for each picture gets 0.96, the percentile 0.95,
min-max 0.88, and a range for all 773 at once 0.18, unless it is a percentile.

</details>

Standardised pixels have outliers. In one of the 773 pictures a pixel that was nearly always dark in training
is 77 standard deviations from its mean, and its range serves all. The percentile leaves it out, and the same
batch does as well as the others. The rule of section 3 holds here too: the more numbers share a scale, the
more one of them can spoil. Dynamic by itself is no merit; what counts is who shares.
"""

# %% jupyter={"source_hidden": true}
gain = acts["static, percentile", 4] - acts["static, min-max", 4]
claim(
    "range-from-statistics",
    measured=gain.mean(),
    what="accuracy at 4-bit activations won by the 99.9 percentile over min-max, both from the same 200 "
    "pictures, 5 networks; 0 if any statistic would do",
)

# %% [markdown]
r"""
After relu no number is negative. A symmetric ruler spends half of its codes on numbers that never come, so
its steps are twice as long: the mean squared error should be about four times that of the affine one. Both
have their range of least error, at 8 bits; weights, which lie on both sides of 0, are the control:
"""

# %%
codes = {affine: unsigned(8), symmetric: signed(8, narrow=False)}


def square(x, make):
    ruler = partial(make, codes=codes[make])
    return np.mean((ruler(*least_squares(x, ruler))(x) - x) ** 2)


ratios = {"after relu": [], "weights": []}
for net in nets:
    a = np.maximum(net.layers[0].forward(Z[train]), 0)
    for name, x in {"after relu": a, "weights": net.layers[2].W}.items():
        ratios[name].append(square(x, symmetric) / square(x, affine))
for name, each in ratios.items():
    print(f"{name:10} symmetric / affine: {np.mean(each):.1f}")

# %% jupyter={"source_hidden": true}
claim(
    "asymmetric-suits-skew",
    measured=np.mean(ratios["after relu"]),
    digits=1,
    what="mean squared error of symmetric over asymmetric, outputs of relu, 8 bits, each at its best "
    "range, 5 networks; near 1, as for weights, if it were no gain",
)

# %% [markdown]
r"""
### Try it

The same network, three seeds, weights only. The histogram shows the first layer's weights, the ticks below it
the marks. Before you move a slider: at 2 bits per tensor, does the accuracy rise or fall when only 95 % of
the weights are kept inside the range? And at 8 bits? Which grid is best at 3 bits, which at 2?
"""

# %%
explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

At 2 bits it rises, from 0.4 to nearly 0.8: the marks move to where the weights are. At 8 bits it falls a
little, since clipping is all that is left to gain or lose. At 3 bits the grids lie within a few points of
each other. At 2 bits k-means and the affine map are ahead: they have four marks, the others three.

</details>

## Think

1. A ruler covers 0.5 to 2 with 8 bits. Where does it start, and why?

<details><summary>Answer</summary>

At 0: the range is widened, so that 0 is a mark. Without that $s$ would be $1.5/255$ and the zero point
$-0.5/s = -85$, which is no code. If you clipped it to 0, the codes would cover 0 to 1.5, and all above would
be lost.

</details>

2. `np.int8(100) - np.int8(-100)` gives -56. What does that mean for `dequantize`?

<details><summary>Answer</summary>

200 does not fit 8 bits, and wraps around. Turn codes into wider whole numbers before you subtract the zero
point, as the helpers do (here floats did it).

</details>

3. You double the number of weights and halve their bits. Same memory. Which is better?

<details><summary>Answer</summary>

It has to be measured, and the answer may change with the width: from 8 to 4 bits the network above lost
nothing, from 4 to 2 most of its accuracy.

</details>

## Recap

- A code of $b$ bits stands for one of $2^b$ numbers: $q = \mathrm{clip}(\mathrm{round}(x/s) + z)$, and back
  $\hat x = s\,(q - z)$. 0 is always a mark.
- Inside the range the error is at most $s/2$; a bit less costs 6 dB. Outside it is clipped.
- An outlier stretches the step for all that share its scale. Share less: a scale a column, a range a picture.
- On a bell equal steps beat powers of two, and a table adds a little to them. Powers of two win on long
  tails, at few bits.
- After training, 8 and 4 bits cost this network nothing, 3 bits a few points, and 2 bits most of it, unless
  the marks are chosen well.
"""

# %% jupyter={"source_hidden": true}
terms("18_quantization")

# %% [markdown]
r"""
Now you: [exercise 18](../exercises/18_quantization/18_quantization.ipynb). For a second reading: [what you
may have heard](18_quantization_heard.ipynb), with groups, packed 4-bit codes, 8-bit floats and two more ways
to a range. Next: lesson
[19](19_quantized_networks.ipynb), where the whole numbers do the arithmetic themselves.

Sources

- B. Jacob and others, [Quantization and training of neural networks for efficient integer-arithmetic-only
  inference](https://arxiv.org/abs/1712.05877), CVPR 2018: scale and zero point.
- R. Krishnamoorthi, [Quantizing deep convolutional networks for efficient
  inference](https://arxiv.org/abs/1806.08342), 2018: per channel.
- R. Banner and others, [Post training 4-bit quantization of convolutional
  networks](https://arxiv.org/abs/1810.05723), NeurIPS 2019: where to clip.
- S. Han, H. Mao, W. Dally, [Deep compression](https://arxiv.org/abs/1510.00149), ICLR 2016: k-means tables.
"""
