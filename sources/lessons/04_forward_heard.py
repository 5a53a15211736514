# %% [markdown]
r"""
# 04 · Forward: you may have heard

What is said about layers, biases and first weights, and is not the lesson's own story. No other lesson
depends on it.

**Time:** {minutes} minutes.
**Before this:** the lesson, [04 · Forward](04_forward.ipynb).
"""

# %% jupyter={"source_hidden": true}
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from helpers import data
from helpers.claims import claim
from helpers.nn import Adam, CrossEntropyLoss, Linear, ReLU, Sequential, Tanh
from helpers.splits import three_way
from helpers.training import fit, sweep

digits = data.load_digits()
X, y = digits.X / 16, digits.y
train, validation, test = three_way(len(y), 400, 373, np.random.default_rng(0))

# %% [markdown]
r"""
The data are the digits again: 1,024 pictures to learn from, 400 to choose by, 373 to test.

## "Each layer analyses the previous layer's result further"

If each layer analysed further, the answer should be easier to read off from each layer than from the one
before. To read a layer, fit a linear model to its outputs, by least squares as in the lesson's opening, and
score it on other pictures. This is called a *linear probe*.

Three hidden layers of 32 with tanh are trained to tell even digits from odd ones. Two questions are asked of
each layer: is the digit even (what it was trained for), and *which* digit is it? The pixels themselves, and
the same network before training, are there as controls. Ten seeds.
"""


# %%
def outputs(model, X):
    """The pixels, then what each hidden layer gives."""
    found = [X]
    for layer in model.layers[:-1]:
        X = layer.forward(X)
        if isinstance(layer, Tanh):
            found.append(X)
    return found


def probe(model, labels):
    """The test accuracy of a linear probe on each of them."""
    scores = []
    for H in outputs(model, X):
        H = np.column_stack([H, np.ones(len(H))])
        one_hot = np.eye(labels.max() + 1)[labels[train]]
        w = np.linalg.lstsq(H[train], one_hot)[0]
        right = (H[test] @ w).argmax(axis=1) == labels[test]
        scores.append(right.mean())
    return scores


def probe_one_seed(seed):
    rng, layers = np.random.default_rng(seed), []
    for n_in, n_out in pairwise([64, 32, 32, 32]):
        layers += [Linear(n_in, n_out, rng=rng), Tanh()]
    model = Sequential(*layers, Linear(32, 2, rng=rng))
    before = probe(model, y)
    optimizer = Adam(model, lr=0.005)
    options = {"batch_size": 32, "num_epochs": 20, "progress": False}
    even = y % 2
    loss = CrossEntropyLoss()
    fit(model, loss, optimizer, X[train], even[train], rng=rng, **options)
    return probe(model, even), probe(model, y), before


# %%
runs = np.array([probe_one_seed(seed) for seed in range(10)])
names = ("even or odd", "which digit", "the same, untrained")
means, spreads = runs.mean(axis=0), runs.std(axis=0)
print(f"{'':20} pixels, layers 1, 2, 3 (mean ± spread of ten seeds)")
for i, name in enumerate(names):
    told = [
        f"{m:.2f} ± {s:.2f}" for m, s in zip(means[i], spreads[i], strict=True)
    ]
    print(f"{name:20}", ", ".join(told))

# %% [markdown]
r"""
The first hidden layer makes the trained question easier than the pixels did; the two others add a point at
most. The other question gets harder from layer to layer, and only by training: what does not serve the target
is given up.
"""

# %% jupyter={"source_hidden": true}
claim(
    "layers-analyse-further",
    measured=(runs[:, 1, 1] - runs[:, 1, 3]).mean(),
    what="accuracy for 'which digit' lost from hidden layer 1 to 3, trained on even or odd, mean of 10 seeds",
)

# %% [markdown]
r"""
Nor do the layers have to be of the same structure: 64–128–10 has two of different widths, and only one of
them has a relu.

## "The bias is usually a fixed parameter", "it shifts or scales the output"

A bias is a number of the layer like any weight. Ask PyTorch which of a layer's numbers training may move:
"""

# %%
layer = nn.Linear(1, 1)
for name, values in layer.named_parameters():
    print(name, values.requires_grad)

# %% jupyter={"source_hidden": true}
claim(
    "bias-is-fixed",
    because="The biases of nn.Linear (and of Keras's Dense) are learnable parameters, unless you leave them "
    "out with bias=False (use_bias=False).",
)

# %% [markdown]
r"""
What does one do? The outputs of a neuron with $w = 3$ for inputs 0, 1, 2, without a bias, with $b = 5$, and
with twice the weight:
"""

# %%
x = np.array([0.0, 1.0, 2.0])
for w, b in ((3, 0), (3, 5), (6, 0)):
    print(f"w = {w}, b = {b}: {w * x + b}")

# %% jupyter={"source_hidden": true}
claim(
    "bias-shifts-or-scales",
    because="(w·x + b) − (w·x) = b, the same for every input: a shift. Scaling would be c·(w·x), which is a "
    "weight c·w.",
)

# %% [markdown]
r"""
Without it a line goes through the origin, whatever the data. On *diabetes* (442 patients, ten columns with
mean 0; the target is 152 on average) least squares explains, of these same rows, as a share of the
variance ($R^2$, lesson 03):
"""

# %%
X_diabetes, target = data.load_diabetes()
with_one = np.column_stack([X_diabetes, np.ones(len(target))])
for name, H in {"without bias": X_diabetes, "with bias": with_one}.items():
    w = np.linalg.lstsq(H, target)[0]
    R2 = 1 - np.mean((target - H @ w) ** 2) / target.var()
    print(f"{name:13} R² = {R2:.2f}")

# %% [markdown]
r"""
Below 0 is worse than to say 152 to everybody.

## "A linear function is a function of first degree"

Two words for two things. In school, and in "linear layer", $f(x) = 2x + 1$ is linear: its graph is a line. In
mathematics *linear* asks for more: $f(a + b) = f(a) + f(b)$. With a constant the function is called *affine*.
"""

# %% jupyter={"source_hidden": true}
claim(
    "linear-means-first-degree",
    because="Linear in the strict sense: f(a + b) = f(a) + f(b). For f(x) = 2x + 1, f(1 + 2) is 7, while "
    "f(1) + f(2) is 8: affine. In the loose sense of 'linear layer' it is linear.",
)

# %% [markdown]
r"""
## "Flatten turns 28 × 28 into 784 × 1"

The shapes, for five pictures, in NumPy and in PyTorch:
"""

# %%
pictures = np.zeros((5, 28, 28))
print("NumPy  ", pictures.reshape(5, -1).shape)
print("PyTorch", tuple(nn.Flatten()(torch.tensor(pictures)).shape))

# %% jupyter={"source_hidden": true}
claim(
    "flatten-makes-784",
    because="28 · 28 = 784 numbers for each picture; with n pictures the shape is (n, 784), not (784, 1).",
)

# %% [markdown]
r"""
You may also have heard that Flatten *loses* where the pixels stood. Shuffle the 64 pixels of all pictures in
one and the same way, and the rows of `W` with them. If the Dense layer had used which pixels are neighbours,
its outputs would change:
"""

# %%
rng = np.random.default_rng(0)
W, order = rng.normal(size=(64, 128)), rng.permutation(64)
gap = np.abs(X[:, order] @ W[order] - X @ W).max()
print("same outputs, to 1e-12:", bool(gap < 1e-12))

# %% [markdown]
r"""
Every number is still there, and its place in the row says where it stood. But for a Dense layer all places
are alike: it never knew which are neighbours. Lesson 13 has layers that do.

## Does the scale matter with one hidden layer?

The lesson trained ten hidden layers. Here is 64–128–10 from five scales, each with its own best of six rates,
five seeds, ten passes. If the scale mattered as much as there, most of them would fail.
"""


# %%
def network(scale):
    def make(seed):
        rng, layers = np.random.default_rng(seed), []
        for n_in, n_out in pairwise([64, 128, 10]):
            layer = Linear(n_in, n_out, rng=rng)
            layer.W[...] = rng.normal(0, scale(n_in, n_out), (n_in, n_out))
            layer.b[...] = 0
            layers += [layer, ReLU()]
        return Sequential(*layers[:-1])

    return make


scales = {
    "0.0001": lambda n_in, n_out: 0.0001,
    "0.01": lambda n_in, n_out: 0.01,
    "Xavier": lambda n_in, n_out: np.sqrt(2 / (n_in + n_out)),
    "He": lambda n_in, n_out: np.sqrt(2 / n_in),
    "1": lambda n_in, n_out: 1.0,
}
sets = (X[train], y[train]), (X[validation], y[validation])
lrs = [0.01, 0.03, 0.1, 0.3, 1, 3]
options = {"lr": lrs, "batch_size": 64, "num_epochs": 10, "seeds": 5}
for name, scale in scales.items():
    with np.errstate(over="ignore", invalid="ignore"):
        runs = sweep(network(scale), *sets, **options)
    scores = runs.best("accuracy").accuracy[-1]
    low, high = scores.min(), scores.max()
    print(f"{name:7} {scores.mean():.2f} ({low:.2f} to {high:.2f})")

# %% [markdown]
r"""
It matters little. A ten-thousandth is enough to make the units different, and one layer multiplies a wrong
factor only once. The two scales that keep the size are ahead by a few points after ten passes. What decides
at ten layers is a detail at one.

**Sources**

- G. Alain, Y. Bengio, [Understanding intermediate layers using linear classifier
  probes](https://arxiv.org/abs/1610.01644), 2016: the probes of the first section.
"""
