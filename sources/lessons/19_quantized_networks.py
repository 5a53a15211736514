# %% [markdown]
r"""
# 19 · Networks in integers: what they cost, and when they are faster

A watch or a sensor often computes in whole numbers only. This lesson makes such a network, lets it round
while it learns, shares the bits out among the layers, and asks what is faster in the end.

**You will be able to**

- compute a layer with whole numbers only, and bring its sums back to 8 bits;
- train a network with the rounding that it will have, and say when that is worth it;
- give each layer its own number of bits under a budget;
- say before you quantize whether it will save time, or only memory.

**Time:** {minutes} minutes.
**Before this:** maps, scale and zero point from [18](18_quantization.ipynb), the way back from
[05](05_backward.ipynb).
"""

# %% jupyter={"source_hidden": true}
import tempfile
import time
from copy import deepcopy
from functools import cache, partial
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from helpers import data
from helpers.claims import claim
from helpers.explore.quantized_networks import explorer
from helpers.figures import quantized_networks as figures
from helpers.figures import show
from helpers.glossary import terms
from helpers.nn import (
    Adam,
    CrossEntropyLoss,
    Linear,
    ReLU,
    Sequential,
    to_onnx,
)
from helpers.nn.initializers import he_normal
from helpers.quantization import affine, minmax, signed, symmetric
from helpers.quantization.aware import aware, closest
from helpers.quantization.files import load_network, save_network
from helpers.quantization.mixed import (
    allocate,
    sensitivity,
    weight_bits,
)
from helpers.quantization.networks import quantize_static, to_integers
from helpers.quantization.onnx import to_onnx as integers_to_onnx
from helpers.splits import three_way
from helpers.training import fit

digits = data.load_digits()
X, y = digits.X / 16, digits.y  # pixels from 0 to 1
train, validation, test = three_way(len(y), 400, 373, np.random.default_rng(0))
few = train[:200]  # pictures that ranges are taken from


def network(seed):
    """64-64-32-10 with relu, from He's start."""
    rng, layers = np.random.default_rng(seed), []
    for n_in, n_out in pairwise((64, 64, 32, 10)):
        layer = Linear(n_in, n_out, rng=rng)
        he_normal(layer.W, rng)
        layer.b[...] = 0
        layers += [layer, ReLU()]
    return Sequential(*layers[:-1])


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


def right(models, rows):
    """The share of these pictures that each model gets right."""
    answers = [model.forward(X[rows]).argmax(axis=1) for model in models]
    return np.mean(answers == y[rows], axis=1)


def best(candidates):
    """Of several lists of models, the one that is best on the validation pictures."""
    return max(candidates, key=lambda models: right(models, validation).mean())


def told(scores):
    return f"{scores.mean():.2f} ({scores.min():.2f} to {scores.max():.2f})"


nets = [trained(network(seed), 0.003, 20, seed) for seed in range(5)]

# %% [markdown]
r"""
## Three numbers

Lesson 18 left a network at 2 bits: three values a weight, $-s$, 0 and $s$. Much was lost. Can it be won back?

Five networks, 64-64-32-10, trained for 20 passes on 1,024 pictures of digits. Four versions of each:

- as trained, in 32 bits;
- *rounded*: the weights are moved to $-s$, 0 or $s$, where $s$ has the least squared error (lesson 18), one a
  layer or one a unit, whichever is better;
- *longer, then rounded*: ten more passes, then the same;
- *rounded while learning*: ten more passes, in which the forward pass uses the rounded weights, one $s$ a
  unit.

What goes from layer to layer has 8 bits in the last three. All choices, the rate of the ten passes too (of
three; a third of the lowest and three times the highest were worse), are made on 400 validation pictures; 373
test pictures judge. If the ten passes are what helps, the last two come out alike.

**Predict** the four accuracies.
"""


# %%
def rounded(models, bits):
    return best(
        [
            quantize_static(
                model,
                X[few],
                bits=bits,
                weight_range=closest,
                per_channel=one_a_unit,
            )
            for model in models
        ]
        for one_a_unit in (False, True)
    )


def ten_more(models, lr):
    return [trained(model, lr, 10, seed) for seed, model in enumerate(models)]


def longer(models, bits, lrs):
    return best(rounded(ten_more(models, lr), bits) for lr in lrs)


def while_learning(models, bits, lrs):
    # momentum: the ranges of what goes from layer to layer follow the batches
    rounding = {"bits": bits, "weight_range": closest, "momentum": 0.1}
    copies = [aware(model, X[few], **rounding) for model in models]
    runs = (ten_more(copies, lr) for lr in lrs)
    return best([to_integers(copy) for copy in run] for run in runs)


# %% tags=["predict"]
lrs = [0.001, 0.01, 0.03]
versions = {
    "32 bits": nets,
    "rounded": rounded(nets, 2),
    "longer, then rounded": longer(nets, 2, lrs),
    "rounded while learning": while_learning(nets, 2, lrs),
}
two_bits = {name: right(models, test) for name, models in versions.items()}
for name, scores in two_bits.items():
    print(f"{name:22} {told(scores)}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

0.97 in 32 bits; 0.85 rounded; 0.86 after ten more passes and rounding; 0.97 rounded while learning.

</details>

The **loss of accuracy through quantization** is what a network gets right less than in 32 bits. Nearly all of
it is won back, and the ten passes alone do not explain it: it is the rounding inside. (In ten other groups of
five networks ten plain passes won 5 to 12 points, the passes with rounding 12 to 24: most of them lost more
at first than these five.) This is
**quantization-aware training (QAT)**; rounding a finished network is *post-training quantization* (PTQ).
Section 2 opens QAT up. First: what is it that runs in the end?
"""

# %% jupyter={"source_hidden": true}
claim(
    "qat-reduces-loss",
    measured=(
        two_bits["rounded while learning"] - two_bits["longer, then rounded"]
    ).mean(),
    what="test accuracy of QAT less that of as many more passes and PTQ, 2-bit weights, each at its best, "
    "5 seeds; 0 if the passes were what helps",
)

# %% [markdown]
r"""
## 1. Only whole numbers

A code $q$ stands for $s\,(q - z)$. Put that into a layer, weights with $z = 0$:

$$X W + b \;=\; s_x s_w \Big[ (q_x - z_x)\, q_w + \frac{b}{s_x s_w} \Big]$$

Aloud: the scales come out in front; in the brackets are whole numbers, once the bias is rounded to units of
$s_x s_w$. This is **integer-only** inference. Here is the first layer by hand, in 8 bits:
"""

# %%
layer = nets[0].layers[0]
outputs = np.maximum(layer.forward(X[few]), 0)  # after relu
x_ruler = affine(*minmax(X[few]))
w_ruler = symmetric(*minmax(layer.W, axis=1))  # one scale a unit
out_ruler = affine(*minmax(outputs))

q_x, q_w = x_ruler.quantize(X[test]), w_ruler.quantize(layer.W)
unit = np.float64(x_ruler.scale) * w_ruler.scale.ravel()  # s_x s_w
q_b = np.rint(layer.b / unit).astype(np.int32)
shifted = q_x.astype(np.int32) - x_ruler.zero_point
sums = shifted @ q_w.astype(np.int32) + q_b
print("codes:", q_x.dtype, q_w.dtype, " sums:", sums.dtype)
print("16 bits would hold all sums:", bool(np.abs(sums).max() < 2**15))

# %% [markdown]
r"""
The sums, the *accumulators*, need 32 bits. The next layer wants codes of 8 bits again: $q = M \cdot
\text{sum}$ with $M = s_x s_w / s_{\text{out}}$, a small number and not a whole one. So write it as a whole
number over a power of two, $M \approx m / 2^{\text{shift}}$. (`np.frexp` writes a number as a fraction from ½
to 1 times a power of two, and so finds the shift.) Dividing by a power of two is a shift of the bits, `>>`;
adding half of it first makes that round.
"""

# %%
M = unit / out_ruler.scale
shift = 31 - np.frexp(M)[1].astype(np.int64)  # so that m has 31 bits
m = np.rint(M * 2.0**shift).astype(np.int64)
half = np.int64(1) << (shift - 1)
codes = (sums.astype(np.int64) * m + half) >> shift
codes = np.clip(codes + out_ruler.zero_point, 0, 255)  # and that is relu

in_floats = np.clip(np.rint(sums * M) + out_ruler.zero_point, 0, 255)
print("largest difference from floats, in codes:", end=" ")
print("at most 1" if np.abs(codes - in_floats).max() <= 1 else "more")

# %% [markdown]
r"""
The range after relu begins at 0, so its zero point is 0, and cutting off at 0 *is* relu. No float was used
between the codes that came in and those that go out: `m` and `shift` are made once, beforehand.

`quantize_static` does this for all layers. Its twin is a maintained runtime, `onnxruntime`: it gets the
network as a file and has integer kernels of its own. And a network that is saved and loaded must answer the
same, to the bit.
"""

# %%
in_8_bits = quantize_static(nets[0], X[few])
first = in_8_bits.layers[1].forward(in_8_bits.layers[0].forward(X[test]))
print("first layer as by hand:", bool((first == codes).all()))

folder = Path(tempfile.mkdtemp())
size = save_network(folder / "digits.npz", in_8_bits)
loaded = load_network(folder / "digits.npz")
logits = in_8_bits.forward(X[test])
print("loaded, same bits:", bool((loaded.forward(X[test]) == logits).all()))
print(f"file: {size / 1000:.0f} kB; in float32: {4 * nets[0].size / 1000:.0f}")


# %% [markdown]
r"""
Of the 10 kB 6.5 are the weights, a byte each; the rest is biases, scales and names. Now the runtime. On some
processors its fastest kernel for 8 bits adds two products in 16 bits and cuts off what does not fit there;
`exact` asks for one that does not.
"""


# %%
def session(path, exact=False):
    """The file in onnxruntime, with one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    if exact:
        options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(path, options)


integers_to_onnx(in_8_bits, folder / "digits.onnx", (1, 64))
runtime = session(folder / "digits.onnx", exact=True)
theirs = runtime.run(None, {"X": X[test].astype(np.float32)})[0]
same = (theirs.argmax(axis=1) == logits.argmax(axis=1)).mean()
print("onnxruntime, same answers:", "99 % or more" if same >= 0.99 else same)

# %% jupyter={"source_hidden": true}
claim(
    "integers-become-floats",
    because="sum · m >> shift = round(s_x s_w / s_out · sum): codes in, codes out, no float between. Weights "
    "alone in few bits (lesson 20) do become floats first: s_w q_w · x.",
)

# %% [markdown]
r"""
## 2. Training with the rounding

Why not simply train the rounded weights? Rounding is a staircase. Nudge a weight, and most of the time the
rounded one stays where it is: the slope is 0, and there is nothing to learn from. The **straight-through**
trick keeps both: the forward pass uses the rounded weight $\hat w$, the backward pass pretends that
$\hat w = w$.

$$\hat w = s \cdot \mathrm{clip}\big(\mathrm{round}(w / s), -k, k\big), \qquad
\frac{\partial L}{\partial w} := \frac{\partial L}{\partial \hat w}
\ \text{ where } |\mathrm{round}(w / s)| \le k, \quad 0 \text{ elsewhere}$$

Aloud: round in front, and hand the slope through on the way back, as if nothing had happened. $k$ is 1 for 2
bits. The exact $w$ is kept while training: many small steps add up in it, until $\hat w$ tips over.
"""

# %% jupyter={"source_hidden": true}
show(
    figures.staircase(),
    alt="Left: the rounded weight over the exact one, a staircase with the steps -s, 0 and s, beside the "
    "straight line. Right: its slope is 0 with single spikes; the slope used in training is 1 from -1.5 s to "
    "1.5 s and 0 outside.",
)


# %%
def fake_quant(w, s, k):
    level = np.rint(w / s)
    inside = np.abs(level) <= k  # where the slope is handed through
    return s * np.clip(level, -k, k), inside


w = np.random.default_rng(0).normal(size=(64, 32)).astype(np.float32)
w_hat, inside = fake_quant(w, s=np.float32(0.5), k=1)
twin = torch.tensor(w, requires_grad=True)
theirs = torch.fake_quantize_per_tensor_affine(twin, 0.5, 0, -1, 1)
theirs.sum().backward()
print("forward as PyTorch:", bool((theirs.detach().numpy() == w_hat).all()))
print("slopes as PyTorch:", bool((twin.grad.numpy() == inside).all()))

# %% [markdown]
r"""
In the course's library `aware` puts this around the weights of a copy, and behind each layer for what comes
out; `fit` trains it as ever; `to_integers` takes the codes out. What did the ten passes do?
"""

# %%
copy = aware(nets[0], X[few], bits=2, weight_range=closest, momentum=0.1)
before = to_integers(copy).layers
after = to_integers(trained(copy, 0.001, 10, seed=0)).layers
for i in (1, 2, 3):
    tipped = (before[i].W != after[i].W).mean()
    print(f"layer {i}: {tipped:.2f} of the codes changed")

# %% [markdown]
r"""
A few weights in a hundred went to another of the three values. (Not all of the gain is theirs: with the
weights fixed, the biases alone, learning under the rounding, come to 0.95. The
[companion](19_quantized_networks_heard.ipynb) has that control.) Is QAT worth it at more bits? Five seeds,
each side at its best as before (of two rates from 3 bits on). **Predict**: with how many bits do the three
ways come out alike?
"""

# %% tags=["predict"]
by_bits = {
    "rounded": {2: two_bits["rounded"]},
    "longer, then rounded": {2: two_bits["longer, then rounded"]},
    "rounded while learning": {2: two_bits["rounded while learning"]},
}
for bits in (3, 4):
    models = rounded(nets, bits)
    by_bits["rounded"][bits] = right(models, test)
    models = longer(nets, bits, [0.001, 0.01])
    by_bits["longer, then rounded"][bits] = right(models, test)
    models = while_learning(nets, bits, [0.001, 0.01])
    by_bits["rounded while learning"][bits] = right(models, test)
for name, scores in by_bits.items():
    print(f"{name:22}", *(f"{s.mean():.2f}" for s in scores.values()))

# %% jupyter={"source_hidden": true}
show(
    figures.accuracy_by_bits(by_bits, two_bits["32 bits"].mean()),
    alt="Test accuracy by bits a weight, a bar from the worst to the best of five seeds. At 2 bits rounded "
    "while learning is a tenth above the other two, which lie together; at 3 bits a point or two above them; "
    "at 4 bits all three are within a point of 32 bits.",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

At 4 bits there is nothing to win back. At 3 bits 0.95 rounded, 0.96 after ten more passes, 0.97 while
learning: half of what QAT seems to win came from the passes. Only 2 bits need it.

</details>

QAT costs a training, with data and labels. PTQ costs some pictures and a second. So try PTQ first, and look
at how much is missing.
"""

# %% [markdown]
r"""
## 3. Bits under a budget

Must all layers have the same number of bits? In **mixed-precision quantization** each has its own. First ask
each layer alone: how much does the loss on the validation pictures rise if only its weights are rounded (PTQ,
least squares, a scale a unit)?
"""

# %%
loss, choices = CrossEntropyLoss(), [2, 3, 4, 5, 6, 8]
judge = X[validation], y[validation]
options = {"weight_range": closest}
costs = [sensitivity(net, loss, judge, choices, **options) for net in nets]
sizes = weight_bits(nets[0], choices)  # (layers, choices)
for i, rises in enumerate(np.mean(costs, axis=0)):
    first_three = "  ".join(f"{rise:.2f}" for rise in rises[:3])
    print(f"layer {i + 1}: {sizes[i, 0] // 2:4} weights  {first_three}")

# %% [markdown]
r"""
The columns are 2, 3 and 4 bits. At 2 bits the last layer costs the most, and it is tiny: more bits are cheap
there.

Now the choice: one number of bits for each layer, so that the rises add up to the least, and the sizes to no
more than the budget. `allocate` finds the best exactly: it goes layer by layer and keeps each partial sum
that no other beats in both size and cost. (That the rises of single layers add up is an assumption. The
[companion](19_quantized_networks_heard.ipynb) tests it.)

Budgets are in bits a weight. *Uniform*: all layers have the same bits, as many as fit. *Chance*: the mean of
up to twelve splits drawn from those that fill the budget to a tenth of a bit. Scales and biases are the same
for all and not counted. **Predict**: at 2.25, 2.5, 3 and 4, where will the solver be ahead of uniform bits?
"""

# %% jupyter={"source_hidden": true}
counts = sizes[:, 0] / choices[0]
splits = list(product(choices, repeat=3))
bits_of_split = np.array([counts @ np.array(s) for s in splits]) / counts.sum()


@cache
def coarse(seed, layer, bits):
    """The weights of a layer on their grid of so many bits."""
    W, codes = nets[seed].layers[2 * layer].W, signed(bits)
    return symmetric(*closest(W, codes, axis=1), codes)(W)


def score_of(seed, split):
    """Test accuracy with so many bits in each layer."""
    a = X[test]
    for i, bits in enumerate(split):
        b = nets[seed].layers[2 * i].b
        a = np.maximum(a, 0) @ coarse(seed, i, bits) + b
    return np.mean(a.argmax(axis=1) == y[test])


def chance(seed, budget, rng):
    """The mean of up to twelve splits of about this size."""
    fills = (bits_of_split <= budget) & (bits_of_split > budget - 0.1)
    near = np.flatnonzero(fills)
    drawn = rng.choice(near, min(12, len(near)), replace=False)
    return np.mean([score_of(seed, splits[k]) for k in drawn])


# %% tags=["predict"]
mixed = {}
for budget in (2.25, 2.5, 3, 4):
    rows, rng = [], np.random.default_rng(0)
    for seed, cost in enumerate(costs):
        chosen = allocate(cost, sizes, budget * counts.sum())
        solver = score_of(seed, [choices[c] for c in chosen])
        uniform = score_of(seed, [int(budget)] * 3)
        rows.append((uniform, chance(seed, budget, rng), solver))
    mixed[budget] = np.mean(rows, axis=0)
    line = "uniform {:.2f}  chance {:.2f}  solver {:.2f}"
    print(f"{budget:4} bits ", line.format(*mixed[budget]))

# %% [markdown]
r"""
<details><summary>What came out</summary>

2.25 bits: 0.85 uniform, 0.88 chance, 0.88 solver. 2.5: 0.85, 0.89 and 0.89. At 3 bits 0.95, 0.91 and 0.94,
at 4 bits 0.97, 0.93 and 0.97.

</details>

**At the size of uniform bits the solver won nothing.** In ten other groups of five networks its lead at 3
bits was between -0.01 and 0.02. Perhaps there is too little to trade: the two large layers have 95 % of the
weights and cost about the same. At 2.25 and 2.5 uniform bits cannot use the room. There the solver is ahead
of them, by 3 and 4 points here and 7 to 20 in those groups; but so is chance, with as much room. What the
solver does is to keep you from a bad split: chance is three or four points lower at 3 and 4 bits.
"""

# %% jupyter={"source_hidden": true}
rise = np.mean(costs, axis=0)[:, 0] / counts
claim(
    "mixed-precision-by-layer",
    measured=rise[-1] / rise[0],
    digits=0,
    what="rise of the loss a weight at 2 bits, last layer over first, 5 seeds; 1 if layers were alike",
)

# %% [markdown]
r"""
### Try it

The five networks, the bits of their three layers, and a budget. Each grey point is a way to share out the
bits; yours is marked, and so are the uniform ones and the solver's. Before you move a slider: which layer
would you give 2 bits first, and how small can the network be made with 0.95 of the pictures right?
"""

# %%
explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

Not layer 3: at 8, 8, 2 the network gets 0.90, with 7.7 bits a weight. At 2, 8, 8 it gets 0.92, and at 8, 2, 8
still 0.94, so layer 2 bears it best. No split below 3 bits a weight reaches 0.95; 3, 3, 3 is the smallest.

</details>

## 4. What is faster

int8 is a quarter of the bytes of float32. Is it four times as fast? First NumPy: `A @ A` for a matrix of
256 × 256 whole numbers from -4 to 4, as float32, as int8, and, for comparison, as float16, which has half of
the bytes. **Predict**: how many times as long as float32 do the two take?
"""


# %%
def seconds(run, repeats):
    """The fastest of several runs: the one that was disturbed least."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


# %% tags=["predict"]
A = np.random.default_rng(0).integers(-4, 5, size=(256, 256))
times = {}
for dtype in (np.float32, np.int8, np.float16):
    matrix = A.astype(dtype)
    repeats = 20 if dtype is np.float32 else 2  # a short run is disturbed more
    times[dtype] = seconds(lambda matrix=matrix: matrix @ matrix, repeats)
for dtype in (np.int8, np.float16):
    ratio = times[dtype] / times[np.float32]
    how = "more than 5 times as long" if ratio > 5 else f"{ratio:.1f} times"
    print(f"{np.dtype(dtype).name:8} {how}")
wrapped = (A.astype(np.int8) @ A.astype(np.int8) != A @ A).mean()
print("int8 sums that are wrong:", "many" if wrapped > 0.05 else wrapped)

# %% [markdown]
r"""
<details><summary>What came out</summary>

Both take more than five times as long. (Where this page was made int8 took about 70 times as long, float16
several hundred.) And many of the int8 sums are wrong: they are int8 as well, and wrap around.

</details>

It is not that integers are slow: float16 is a float. For float32 and float64 NumPy calls a **kernel**, a
routine that somebody tuned for this processor (BLAS), and for other types it has none. So this lesson's NumPy
shows what integers compute, not how fast.

A runtime has kernels. Two layers of $n \times n$ with relu between, random weights, in onnxruntime with one
thread, as float32 and as int8, for 1 and for 32 rows at once. **Predict**: where is int8 ahead, and by how
much, at $n = 256$ and at 2048?
"""

# %% jupyter={"source_hidden": true}
faster, file_ratio = {}, {}


def two_files(n):
    """The same random network in float32 and in int8, in onnxruntime, and the sizes of the files."""
    rng = np.random.default_rng(0)
    first, second = (Linear(n, n, rng=rng, dtype=np.float32) for _ in range(2))
    model = Sequential(first, ReLU(), second)
    rows = rng.normal(size=(32, n)).astype(np.float32)
    paths = folder / f"float{n}.onnx", folder / f"int{n}.onnx"
    to_onnx(model, paths[0], (1, n))
    integers_to_onnx(quantize_static(model, rows), paths[1], (1, n))
    return (
        rows,
        [session(path) for path in paths],
        [path.stat().st_size for path in paths],
    )


def compare(n):
    """Time both for 1 and 32 rows, in turn, and keep float32's time over int8's."""
    rows, sessions, sizes_of_files = two_files(n)
    file_ratio[n] = sizes_of_files[1] / sizes_of_files[0]
    for batch in (1, 32):
        feed = {"X": rows[:batch]}
        both = [[], []]
        for _ in range(12):
            for each, one in zip(both, sessions, strict=True):
                run = partial(one.run, None, feed)
                each.append(seconds(run, 2))
        fastest = [min(each[1:]) for each in both]
        faster[n, batch] = fastest[0] / fastest[1]


# %% tags=["nbval-ignore-output"]
print("   n        1 row       32 rows")
for n in (256, 512, 1024, 2048):
    compare(n)
    print(f"{n:4}", *(f"{faster[n, rows]:7.1f} times" for rows in (1, 32)))
assert faster[2048, 32] > 0.2  # NumPy's int8 was below that

# %%
for n, share in file_ratio.items():
    print(f"{n:4}: the int8 file has {share:.3f} of the bytes")

# %% [markdown]
r"""
The table is from the machine that made this page, and so is what follows; run it on yours. Its processor has
instructions that multiply and add many bytes at once, and somebody wrote a kernel for them: **low-precision
hardware support**. On one without them int8 may win less, or nothing. At $n = 256$ and one row there is
next to nothing in it here either: perhaps the call itself takes as long as the product. More than four times
is more than the bytes alone explain; perhaps int8's fit into a nearer memory, a cache, and float32's do not.

**A graphics card.** You need none: `helpers/data/gpu_h100.csv` holds what was measured on an NVIDIA H100 (if
you have a card, `course bench gpu` measures the same on it). First the product of two 8192 × 8192 matrices,
in TFLOP/s, 10¹² multiplications and additions a second. **Predict**: how many times as fast as FP32 are BF16
(16 bits), INT8 and FP8?
"""

# %% tags=["predict"]
products = data.load_gpu_products()[8192]
for name in ("fp32", "tf32", "bf16", "int8", "fp8"):
    print(f"{name}: {products[name]:6.0f} TFLOP/s")

# %% [markdown]
r"""
<details><summary>What came out</summary>

FP32 52, BF16 686: 13 times. INT8 760, little more than BF16 with twice the bits. FP8 1,363, twice as much: as
many bits as INT8, another kernel.

</details>

(TF32 is a float of 19 bits in the place of an FP32 one.) Now a single layer of a large language model, 4096 ×
11008 weights, for one token, that is, one row. In BF16 it takes 39 µs. **Predict** the microseconds: with
weights in INT8 or in INT4, which are read, turned to BF16, and multiplied; and with both sides in INT8.
"""

# %% tags=["predict"]
layers = data.load_gpu_layers()
for name in ("bf16", "int8 both", "int8 weights", "int4 weights"):
    print(f"{name:12} {layers[1][name]:4.0f} µs")

# %% [markdown]
r"""
<details><summary>What came out</summary>

INT4 weights 17 µs, both in INT8 25, and INT8 weights 266: a kernel that nobody tuned.

</details>

Why do fewer bits help at all, with one row? Arithmetic tells. The layer has 45 million weights, in BF16 90
MB, and the card's memory delivers 3 TB a second: 30 µs to read them, which is most of the 39. Its $2 \cdot
45$ million operations take 0.13 µs at 686 TFLOP/s. So memory is what waits, and fewer bytes are less waiting.
With more rows the weights are read once for all of them, and the arithmetic grows.

**Predict** the time of INT4 weights for 64 and for 4,096 tokens, beside BF16's 38 and 517 µs.
"""

# %% tags=["predict"]
for tokens in (1, 64, 4096):
    bf16, int4 = layers[tokens]["bf16"], layers[tokens]["int4 weights"]
    print(f"{tokens:4} tokens: bf16 {bf16:5.0f}   int4 weights {int4:5.0f} µs")

# %% jupyter={"source_hidden": true}
show(
    figures.layer_times(layers),
    alt="Time of the layer over the number of tokens, both logarithmic. BF16 is level near 39 microseconds "
    "up to 64 tokens and rises to 517 at 4,096, along its two bounds, reading and computing. Both in INT8 "
    "stays close to it, a little below at the left. INT4 weights begin below, at 17, cross BF16 after 8 "
    "tokens and rise to 12,150. INT8 weights begin at 266 and rise to 400,000.",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

201 µs for 64 tokens, five times as long as BF16, and 12,150 for 4,096, more than twenty times.

</details>

The grey lines are the two bounds for BF16: reading the weights, and computing. The measured times run along
whichever is higher. INT4's kernel takes about 3 µs for each token from 64 on, as if none shared anything with
the others. So, for weights in few bits: **fewer bits are faster only where memory is what waits, and a kernel
exists.** For one user's chat, one token at a time, that is the case. For many at once, or a long prompt, look
at the table again. Where arithmetic is what waits, both sides must be in few bits, with hardware and a kernel
for them, as in the FP8 product.
"""

# %% jupyter={"source_hidden": true}
claim(
    "quantization-lowers-complexity",
    source="helpers/data/gpu_h100.csv (NVIDIA H100, PyTorch 2.11): a layer of 4096 × 11008 takes 17 µs with "
    "INT4 weights and 39 in BF16 for 1 token, 12,150 and 517 for 4,096, with as many products.",
)

# %% [markdown]
r"""
## Think

1. Your network has 8-bit weights, and no int8 kernel on its processor. What have you won?

<details><summary>Answer</summary>

Three quarters of the file and of the memory, a shorter download. Perhaps speed, where reading the weights is
what takes the time and turning codes into floats is cheap. Perhaps less speed.

</details>

2. A layer has 100,000 inputs with 8-bit codes on both sides. Are 32 bits enough for its sums?

<details><summary>Answer</summary>

Not for certain: $100{,}000 \cdot 255 \cdot 127 = 3.2 \cdot 10^9$, and int32 ends at $2.1 \cdot 10^9$. Real
sums hardly get there, but when one does, it wraps around without a word. (The helpers refuse such a layer.)

</details>

3. QAT with 8 bits made your network half a point better. What do you compare it with before you believe it?

<details><summary>Answer</summary>

With the same further passes without the rounding, each at its best rate, over several seeds. At 3 bits that
comparison took half of what QAT seemed to win.

</details>

## Recap

- Whole numbers in, sums in 32 bits, one multiplication and one shift, whole numbers out; relu is a cut.
- QAT rounds in the forward pass and hands the slope straight through. It won ten points at 2 bits, none at 4.
- Under a budget, bits go where they are cheap. At the size of uniform bits that won nothing here; in between
  it used room that they leave empty.
- A quantized network is saved and loaded to the bit; its 8-bit weights take a quarter of the room.
- Faster is another question: a kernel must exist, and for weights alone memory must be what waits.
"""

# %% jupyter={"source_hidden": true}
terms("19_quantized_networks")

# %% [markdown]
r"""
Now you: [exercise 19](../exercises/19_quantized_networks/19_quantized_networks.ipynb). For a second reading:
[what you may have heard](19_quantized_networks_heard.ipynb), with batch norm folded away, ranges made on the
spot, and whether the slope must be handed straight through. Next: [20, a real language
model](20_large_model_quantization.ipynb).

Sources

- B. Jacob and others, [Quantization and training of neural networks for efficient integer-arithmetic-only
  inference](https://arxiv.org/abs/1712.05877), CVPR 2018.
- Y. Bengio, N. Léonard, A. Courville, [Estimating or propagating gradients through stochastic
  neurons](https://arxiv.org/abs/1308.3432), 2013: straight through.
- Z. Dong and others, [HAWQ: Hessian-aware quantization](https://arxiv.org/abs/1905.03696), ICCV 2019: mixed
  precision.
- S. Williams, A. Waterman, D. Patterson, "Roofline", Communications of the ACM, 2009: the two bounds.
"""
