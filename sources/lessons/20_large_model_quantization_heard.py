# %% [markdown]
r"""
# 20 · Large model quantization: you may have heard

What people say about large models in few bits, and what only a second reading wants. No other lesson depends
on it.

**Time:** {minutes} minutes.
**Before this:** the lesson, [20 · A large model in few bits](20_large_model_quantization.ipynb).
"""

# %% jupyter={"source_hidden": true}
import numpy as np

from helpers.claims import claim
from helpers.minilm.measured import load_measured
from helpers.minilm.model import read_tokenizer, read_weights
from helpers.minilm.observe import MATRICES, PARTS, watch_inputs
from helpers.minilm.policies import n_weights, policy
from helpers.minilm.retrieval import interval, load_calibration, recall
from helpers.quantization import affine, grouped, minmax, ungrouped, unsigned
from helpers.quantization.activations import per_tensor, smoothing
from helpers.quantization.calibrated import gptq
from helpers.quantization.groups import (
    round_to_nearest,
    with_float16_scale,
)

weights, tokenizer = read_weights(), read_tokenizer()
measured = load_measured()
before = measured["weights/32/tensor/32"].ranks
kept = [f"encoder.layer.2.{part}.dense" for part in ("intermediate", "output")]
texts = load_calibration()[1::2][:64]
seen = watch_inputs(texts, tokenizer, weights, keep=kept)


def inputs_and_weights(name):
    """What the matrix is given in 64 texts (n, d_in), and its weights (d_in, d_out)."""
    X = np.concatenate(seen[name].by_text).astype(float)
    return X, weights[name + ".weight"].T.numpy()


# %% [markdown]
r"""
## "BERT has billions of parameters"

Count them. A layer of width $d$ has four matrices $d \times d$ in attention and two $d \times 4d$ in its
feed-forward part, with biases and two norms; before the layers come the tables of words, of 512 places and of
2 kinds.
"""


# %%
def bert(width, layers, words=30522):
    """The parameters of a BERT, pooler included."""
    tables = (words + 512 + 2) * width + 2 * width
    attention = 4 * (width * width + width)
    feed_forward = 2 * 4 * width * width + 4 * width + width
    norms = 2 * 2 * width
    pooler = width * width + width
    return tables + layers * (attention + feed_forward + norms) + pooler


print(f"BERT-base  {bert(768, 12) / 1e6:.1f} M")
print(f"BERT-large {bert(1024, 24) / 1e6:.1f} M")
print(
    "MiniLM, counted so and in its file:",
    bert(384, 6) == sum(w.numel() for w in weights.values()),
)

# %% jupyter={"source_hidden": true}
claim(
    "bert-has-billions",
    because="BERT-base 109.5 M, BERT-large 335.1 M < 1,000 M = one billion.",
)

# %% [markdown]
r"""
## "Large models have billions to hundreds of billions"

Those that are called so today, yes. Weights alone: 4 bytes each in float32, half a byte in 4 bits.
"""

# %%
for model, n in {"BERT-large": 335e6, "7 B": 6.74e9, "GPT-3": 175e9}.items():
    sizes = " ".join(f"{n * bits / 8e9:7.2f}" for bits in (32, 16, 8, 4))
    print(f"{model:10} {sizes} GB in 32, 16, 8 and 4 bits")

# %% jupyter={"source_hidden": true}
claim(
    "large-models-have-billions",
    source="Brown et al. 2020: GPT-3 has 175 B; Touvron et al. 2023: 7 B to 65 B.",
)

# %% [markdown]
r"""
## "Busy layers get few bits, sensitive layers get many"

That is advice for a **layer-wise quantization policy**, and it assumes that a layer is one or the other. Here
each of the 36 matrices alone was rounded to 2 bits (groups of 128); its *damage* is 1 - cosine to float32, on
texts outside of the task. A token costs as many products in a matrix as it has weights.

If the advice can be followed, damage must fall as products rise: a rank correlation (Spearman's) near -1. If
it is positive, the two halves of the advice contradict each other here.
"""

# %%
damage = {name: 1 - measured[f"alone/{name}"].cosine for name in MATRICES}
for part in PARTS:
    some = [name for name in MATRICES if name.split(".", 3)[3] == part]
    costs = [damage[name] for name in some]
    print(
        f"{part:22} {n_weights(some[0]):7,} products, "
        f"damage {min(costs):.3f} to {max(costs):.3f}"
    )


# %%
def mean_ranks(values):
    """Ranks from 0; equal values share the mean of theirs."""
    values = np.asarray(values)
    return np.array(
        [(values < v).sum() + ((values == v).sum() - 1) / 2 for v in values]
    )


products = [n_weights(name) for name in MATRICES]
both = mean_ranks(products), mean_ranks(list(damage.values()))
spearman = np.corrcoef(*both)[0, 1]
print(f"rank correlation of products and damage: {spearman:.2f}")

# %% jupyter={"source_hidden": true}
claim(
    "sensitive-layers-high-precision",
    measured=spearman,
    what="rank correlation of a matrix's products and its damage alone at 2 bits, 36 matrices; near -1, "
    "if busy layers were never the sensitive ones",
)

# %% [markdown]
r"""
So what does measuring buy? The same budget, bits on average over all matrices, given out in four ways: the
same for all; each next bit where it takes away most damage (*measured*); to the small matrices first (*busy
layers low*); to the large ones first.
"""

# %%
for budget in (2.5, 3.0):
    print(f"{budget} bits on average")
    ways = {
        rule: measured[f"policy/{budget}/{rule}"]
        for rule in ("measured", "busy layers low", "busy layers high")
    }
    if budget == 3:
        ways["the same for all"] = measured["weights/3/128/32"]
    for rule, one in ways.items():
        share = recall(one.ranks)
        print(f"  {rule:17} cosine {one.cosine:.2f}, found {share:.2f}")

given = list(policy("measured", 3.0, damage).values())
for bits in sorted(set(given)):
    print(f"measured, 3.0: {given.count(bits)} matrices have {bits} bits")

# %% [markdown]
r"""
Giving the busy layers few bits is the worst of all, as the correlation says. But measuring does not beat
equal bits either, 0.76 against 0.75 in cosine at 3 bits, and the task cannot tell them apart: of 36 matrices
it leaves 32 at 3 bits. At 2.5 bits every way loses more than half of what was found. A policy guards against
a bad rule; a gain over equal bits is not seen here.

## How far down can the table of words go?

It holds half of the bytes, and nothing is multiplied there. A scale for each word, the matrices in float32:
"""

# %%
for bits in (8, 4, 3, 2):
    one = measured[f"weights/32/tensor/{bits}"]
    low, high = interval(one.ranks, before)
    share = recall(one.ranks)
    print(
        f"{bits} bits: cosine {one.cosine:.3f}, found {share:.2f}, "
        f"change {low:z.2f} to {high:z.2f}"
    )

# %% [markdown]
r"""
Down to 3 bits no change could be seen in what is found, though the cosine falls; at 2 bits more than half is
lost. So nearly half of the file goes at once, without touching a product: the table in 4 bits takes 41 of 91
MB away.

## How sure is GPTQ's lead?

Two draws of 64 texts to learn $H$ from, 3 bits in groups of 128, all matrices:
"""

# %%
nearest = measured["weights/3/128/32"]
print(
    f"nearest: cosine {nearest.cosine:.2f}, found {recall(nearest.ranks):.2f}"
)
for method in ("gptq", "awq"):
    runs = [measured[f"{method}/3/128/{draw}"] for draw in range(2)]
    cosines = ", ".join(f"{run.cosine:.2f}" for run in runs)
    shares = ", ".join(f"{recall(run.ranks):.2f}" for run in runs)
    low, high = interval(runs[0].ranks, nearest.ranks)
    print(f"{method}: cosine {cosines}; found {shares}")
    print(f"  change of found against nearest: {low:z.2f} to {high:z.2f}")

# %% [markdown]
r"""
From one draw to the other the cosine changes by less than 0.01, so its gain does not hang on the texts that
were drawn. In what is found none is seen: the interval of the change holds 0.

A control: if the features were independent and equally large ($H$ a multiple of the identity), there would be
nothing to make up for, and GPTQ must be round-to-nearest.
"""

# %%
X, W = inputs_and_weights(kept[0])
identity = np.eye(len(W))
same = np.allclose(gptq(W, identity, 3, 128), round_to_nearest(W, 3, 128))
print("without correlations GPTQ is round-to-nearest:", same)

# %% [markdown]
r"""
## How much to smooth?

SmoothQuant's $s_j = \max|x_j|^a / \max|w_j|^{1-a}$. With $a = 0$ only `W` is made even, with $a = 1$ all
trouble goes into `W`. Two matrices, one behind a layer norm and one behind GELU; inputs static with one
scale, weights in int8 with a scale for each column. If $a$ did not matter, a column would hold one number:
"""


# %%
def error(X, W, a):
    """Relative error of the int8 product, smoothed with a; None: not."""
    s = np.ones(len(W))
    if a is not None:
        s = smoothing(abs(X).max(axis=0), W, a)
    product = per_tensor(X / s) @ round_to_nearest(W * s[:, None], 8, len(W))
    return np.linalg.norm(product - X @ W) / np.linalg.norm(X @ W)


behind = [inputs_and_weights(name) for name in kept]
print("a     norm   GELU")
for a in (None, 0, 0.25, 0.5, 0.75, 1):
    both = "  ".join(f"{error(*each, a):.3f}" for each in behind)
    print(f"{a!s:4}  {both}")

# %% [markdown]
r"""
It matters, and not alike. Behind the norm the usual $a = 0.5$ leaves less than half of the error, and 0.75
less than a quarter. Behind GELU 0.5 more than doubles it, and 1 takes away two thirds. So a number that is
right for one matrix may hurt in another: tune it, on texts that are not in the task. (Behind GELU there is no
norm to put the division into; it would cost time. The lesson smooths behind norms only.)

## Symmetric or affine groups?

Files in 4 bits often keep a zero point beside the scale (*affine*): all 16 codes are used, and a group need
not be even around 0. It costs bits of its own, as many as a code for each group: at 4 bits in groups of 32 an
eighth of a bit a weight.
"""

# %%
exact = X @ W
for bits in (4, 3, 2):
    groups = grouped(W, 32)
    ruler = affine(*minmax(groups, axis=0), unsigned(bits))
    with_zero = ungrouped(with_float16_scale(ruler)(groups), W.shape)
    errors = [
        np.linalg.norm(X @ (Q - W)) / np.linalg.norm(exact)
        for Q in (round_to_nearest(W, bits, 32), with_zero)
    ]
    print(f"{bits} bits: symmetric {errors[0]:.2f}, affine {errors[1]:.2f}")

# %% [markdown]
r"""
In this matrix the fewer the bits, the more a zero point gains: at 2 bits it is a fourth value where there
were three.

**Sources**

- J. Devlin and others, [BERT](https://arxiv.org/abs/1810.04805), NAACL 2019.
- T. Brown and others, [Language models are few-shot learners](https://arxiv.org/abs/2005.14165), NeurIPS
  2020.
- Z. Dong and others, [HAWQ](https://arxiv.org/abs/1905.03696), ICCV 2019: sensitivity by layer.
- H. Touvron and others, [LLaMA](https://arxiv.org/abs/2302.13971), 2023.
"""
