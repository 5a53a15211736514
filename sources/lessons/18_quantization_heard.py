# %% [markdown]
r"""
# 18 · Quantization: you may have heard

What is said about ranges and codes, and is not the lesson's own story. Then what a second reading wants: four
ways to a range side by side, groups, packed codes, floats of 8 bits, and the same map in ONNX Runtime. No
other lesson depends on it.

**Time:** {minutes} minutes.
**Before this:** the lesson, [18 · Quantization](18_quantization.ipynb).
"""

# %% jupyter={"source_hidden": true}
from copy import deepcopy
from functools import partial
from itertools import pairwise

import numpy as np
import onnxruntime
import torch
from onnx import TensorProto, helper

from helpers import data
from helpers.claims import claim
from helpers.features import StandardScaler
from helpers.nn import SGD, CrossEntropyLoss, Linear, ReLU, Sequential
from helpers.nn.initializers import he_normal
from helpers.quantization import (
    INT8_NARROW,
    MovingRange,
    affine,
    entropy,
    float8,
    grouped,
    least_squares,
    minmax,
    pack4,
    percentile,
    signed,
    symmetric,
    ungrouped,
    unpack4,
    unsigned,
)
from helpers.splits import holdout
from helpers.training import fit

digits = data.load_digits()
X, y = digits.X, digits.y
train, new = holdout(len(y), 773, np.random.default_rng(0))
Z = StandardScaler().fit(X[train]).transform(X).astype(np.float32)


def trained(seed):
    """The lesson's network 64-64-32-10; its weights are kept as float32."""
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
odd = deepcopy(nets)
for net in odd:
    net.layers[0].W[0, 0] = 200  # of a pixel that is always dark


def after(change, nets=nets):
    """The share of the 773 new pictures that each network gets right, with changed weights."""
    right = []
    for net in nets:
        other = deepcopy(net)
        for layer in other.layers[::2]:
            layer.W = change(layer.W)
        right.append(np.mean(other.forward(Z[new]).argmax(axis=1) == y[new]))
    return np.array(right)


# %% [markdown]
r"""
The five networks are those of the lesson, and so are the pictures that judge them.

## "Asymmetric quantization uses a non-uniform range"

Asymmetric is about where 0 lies, uniform about how far apart the marks are. The marks of a 4-bit asymmetric
map over 0 to 8.725, and their distances:
"""

# %%
ruler = affine(0, 8.725, unsigned(4))
marks = ruler.dequantize(np.arange(16))
print(marks[:4].round(3), "…", marks[-1].round(3))
print("largest difference of two steps below 1e-6:", end=" ")
print(bool(np.ptp(np.diff(marks)) < 1e-6))

# %% jupyter={"source_hidden": true}
claim(
    "asymmetric-is-non-uniform",
    because="x̂ = s (q − z): from one code to the next it is s, whatever z is. The zero point moves the "
    "marks, all alike.",
)

# %% [markdown]
r"""
## "Asymmetric 8-bit codes may range over [-100, 155]"

There are 256 whole numbers from -100 to 155, so the count is right. Does 155 fit?
"""

# %%
print(np.array([155]).astype(np.int8))
ruler = affine(-100, 155)
print("scale:", ruler.scale, " zero point:", ruler.zero_point)
print("codes:", ruler.quantize([-100, 0, 155]))

# %% jupyter={"source_hidden": true}
claim(
    "codes-from-minus-100",
    because="155 > 127, the largest INT8: as 8 bits it reads 155 − 256 = −101. Codes are −128..127 or "
    "0..255. A real range −100..155 is mapped to 0..255 by s = 1, z = 100.",
)

# %% [markdown]
r"""
## Four ways to a range

The lesson had min-max, the percentile and least squares. The fourth compares histograms: *entropy*
calibration (TensorRT's) tries many ends, and takes the one whose coarse histogram says least wrong about the
fine one, by the Kullback-Leibler divergence $\sum p \log (p / q)$: how surprised somebody is who expects $q$
and meets $p$.

10,000 normal numbers, then the same with eight outliers at 50 and -50. The mean squared error, in
thousandths, is that of the 10,000 alone; before it stands the range. **Predict** which way keeps it low, at 8
bits and at 4.
"""

# %% tags=["predict"]
ordinary = np.random.default_rng(0).normal(size=10_000)
for name, x in {
    "normal": ordinary,
    "with outliers": np.append(ordinary, [50.0, -50.0] * 4),
}.items():
    for bits in (8, 4):
        make = partial(symmetric, codes=signed(bits))
        ways = {
            "min-max": minmax(x),
            "percentile": percentile(x),
            "least squares": least_squares(x, make),
            "entropy": entropy(x, bits),
        }
        told = []
        for low, high in ways.values():
            square = np.mean((make(low, high)(ordinary) - ordinary) ** 2)
            told.append(f"±{high:4.1f}: {1000 * square:6.2f}")
        print(f"{name}, {bits} bits\n   ", "   ".join(told))

# %% [markdown]
r"""
<details><summary>What came out</summary>

(In the order min-max, percentile, least squares, entropy.) Without outliers least squares clips most at 4
bits, to ±2.2, and its error is half of min-max's. With them it keeps them, as in the lesson, and at 4 bits
every ordinary number becomes 0, with an error near 1000. Percentile and entropy cut the outliers off. No way
is best in both cases.

</details>

When the numbers come in batches, a range can follow them: after each batch its ends move a tenth of the way
to the batch's own. Such a **moving average** forgets a single odd batch. (Where the numbers drift, it comes
late.)
"""

# %%
moving, widest = MovingRange(momentum=0.1), 0.0
draw = np.random.default_rng(0)
for step in range(60):
    batch = draw.normal(size=64)
    if step == 30:
        batch[0] = 50  # one odd number
    _, high = moving.update(batch)
    widest = max(widest, batch.max())
    if step in (29, 30, 59):
        print(f"after batch {step}: moving {high:4.1f}, largest {widest:4.1f}")

# %% [markdown]
r"""
## Between tensor and channel: groups

A column of `W` has 64 or 32 weights here, thousands in a large model. A scale may serve fewer: a
*group* of 16 or 32 neighbours in a column. It costs bits: a scale of 16 bits for 16 weights is one bit a
weight. Here is what it buys at 3 and 2 bits, with bits a weight counted (scales in 16 bits):
"""


# %%
def in_groups(W, size, bits):
    G = grouped(W, size)  # one group a row
    ruler = symmetric(*minmax(G, axis=0), signed(bits))
    return ungrouped(ruler(G), W.shape)


weights = [layer.W for layer in nets[0].layers[::2]]
for bits in (3, 2):
    for size in (64, 32, 16, 8):
        right = after(partial(in_groups, size=size, bits=bits)).mean()
        num_scales = sum(len(grouped(W, size)) for W in weights)
        each = bits + 16 * num_scales / sum(W.size for W in weights)
        print(f"{bits} bits, groups of {size:2}: {right:.2f}", end="  ")
        print(f"({each:.2f} bits a weight)")

# %% [markdown]
r"""
Groups of 64 are whole columns: at 3 bits that was enough here. At 2 bits each halving of the group is worth
some points. But count the bits: groups of 8 at 2 bits need 4 bits a weight and get 0.87; a scale a column at
3 bits needs 3.26 and gets 0.95. Those bits were better spent on codes. Lesson 20 asks again, of a real model.

## Four bits in a file

No processor stores a 4-bit number by itself: two share a byte. By hand, the first code in the lower half:
"""

# %%
W = nets[0].layers[0].W
ruler = symmetric(*minmax(W, axis=1), signed(4))
q = ruler.quantize(W).ravel()
packed = (q[0::2] & 15) | (q[1::2] & 15) << 4
packed = packed.astype(np.uint8)
print(W.nbytes, "bytes,", q.nbytes, "as int8,", packed.nbytes, "packed")
print("as the helpers pack:", np.array_equal(packed, pack4(q)))

low = (packed & 15).astype(np.int8)
low = np.where(low > 7, low - 16, low)  # the fourth bit is worth -8
print("first codes back:", np.array_equal(low, q[0::2]))
print("all codes back:  ", np.array_equal(unpack4(packed, q.shape), q))

# %% [markdown]
r"""
## Floats of 8 bits

FP8 in the form *e4m3* has 4 bits of exponent and 3 of fraction; *e5m2* has 5 and 2. To round to e4m3, find
the power of two below the number; the marks up to the next one are an eighth of it apart. (Below $2^{-6}$
they stay $2^{-9}$ apart, and the largest number is 448.)
"""


# %%
def to_e4m3(x):
    power = 2.0 ** np.floor(np.log2(np.maximum(np.abs(x), 2.0**-6)))
    step = power / 8
    return np.clip(np.rint(x / step) * step, -448, 448)


x = (np.random.default_rng(0).normal(size=10_000) * 10).astype(np.float32)
theirs = torch.tensor(x).to(torch.float8_e4m3fn).to(torch.float32)
print("equal to PyTorch's cast:", np.array_equal(to_e4m3(x), theirs.numpy()))

# %% [markdown]
r"""
INT8 and FP8 have the same bits, and spend them differently. The networks' weights in both, per tensor, the
largest weight on the largest number; then the same with the lesson's odd weight of 200. **Predict** the four.
"""


# %% tags=["predict"]
def to_int8(W):
    return symmetric(*minmax(W), INT8_NARROW)(W)


def to_fp8(W):
    return float8(*minmax(W), "e4m3")(W)


for name, change in {"int8": to_int8, "e4m3": to_fp8}.items():
    first = np.array([net.layers[0].W for net in nets])
    errors = np.array([change(W) for W in first]) - first
    off = np.sqrt(np.mean(errors**2) / np.mean(first**2))
    print(f"{name}: off by {100 * off:.1f} %", end="  ")
    print(f"accuracy {after(change).mean():.2f}", end="  ")
    print(f"odd weight {after(change, odd).mean():.2f}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

With the weights as they are, INT8 is off by 0.9 % and e4m3 by 2.6 %; both networks get 0.96. With the odd
weight INT8 gets 0.10, and e4m3 still 0.96.

</details>

A float's marks lie closer the smaller the number. So what is small beside an outlier still finds a mark
nearby, and nobody has to choose a range. For that it pays with coarser steps where most weights are. It works
as far down as the exponents reach. A thousand times further out:
"""

# %%
far = deepcopy(nets)
for net in far:
    net.layers[0].W[0, 0] = 200_000
print(f"e4m3, one weight at 200,000: {after(to_fp8, far).mean():.2f}")

# %% [markdown]
r"""
## The same map elsewhere

ONNX is a file format for networks; lesson 21 exports to it. Its operators `QuantizeLinear` and
`DequantizeLinear` are the two formulas of the lesson. ONNX Runtime computes them:
"""


# %% jupyter={"source_hidden": true}
def in_onnx_runtime(x, ruler):
    """The codes that ONNX Runtime finds for x."""
    node = helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"])
    inputs = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, list(x.shape)),
        helper.make_tensor_value_info("s", TensorProto.FLOAT, []),
        helper.make_tensor_value_info("z", TensorProto.UINT8, []),
    ]
    outputs = [
        helper.make_tensor_value_info("q", TensorProto.UINT8, list(x.shape))
    ]
    graph = helper.make_graph([node], "codes", inputs, outputs)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10
    )
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    feed = {
        "x": x,
        "s": ruler.scale,
        "z": ruler.zero_point.astype(np.uint8),
    }
    return session.run(None, feed)[0]


# %%
x = np.random.default_rng(0).normal(size=100_000).astype(np.float32)
ruler = affine(*minmax(x))
onnx = in_onnx_runtime(x, ruler)
print("ONNX Runtime, equal:", np.array_equal(ruler.quantize(x), onnx))

half = ruler.scale * (np.arange(-90, 90) + np.float32(0.5))  # between marks
ours = ruler(half)
theirs = torch.fake_quantize_per_tensor_affine(
    torch.tensor(half), float(ruler.scale), int(ruler.zero_point), 0, 255
).numpy()
print("PyTorch, half-way between marks, equal:", end=" ")
print(np.sum(ours == theirs), "of", len(half))

# %% [markdown]
r"""
ONNX divides by $s$, PyTorch multiplies by $1/s$. In exact arithmetic that is the same; in FP32 the two
quotients may differ in their last bit, and where a number lies half-way between two marks the last bit
decides. It is one step, on few numbers, and no bug. But "the same to the bit" needs the same arithmetic, not
only the same formula.

**Sources**

- S. Migacz, [8-bit inference with
  TensorRT](https://on-demand.gputechconf.com/gtc/2017/presentation/s7310-8-bit-inference-with-tensorrt.pdf),
  GTC 2017: entropy calibration.
- P. Micikevicius and others, [FP8 formats for deep learning](https://arxiv.org/abs/2209.05433), 2022.
- [ONNX operators](https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html): `QuantizeLinear`.
"""
