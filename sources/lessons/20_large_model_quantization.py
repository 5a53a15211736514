# %% [markdown]
r"""
# 20 · A large model in few bits

Language models that people run at home have about four bits a weight. This lesson on **large-model
quantization** takes a real model apart, makes it a seventh as large, and measures what it still knows. One
question runs through it: **how many numbers share a scale?**

**You will be able to**

- say where the bytes of a transformer are, and count what a weight costs, scales included;
- quantize weights in groups, pack them, and judge the result by a task, not by the weights;
- find the features that spoil int8 inputs, and name three ways around them;
- estimate size and speed of a model with 7 or 70 billion weights.

**Time:** {minutes} minutes.
**Before this:** maps, scales and packing from [18](18_quantization.ipynb), integer products and the table of
the graphics card from [19](19_quantized_networks.ipynb). You need not know transformers.
"""

# %% jupyter={"source_hidden": true}
from time import perf_counter

import numpy as np
from safetensors.numpy import save

from helpers.claims import claim
from helpers.explore.large_model_quantization import explorer
from helpers.figures import large_model_quantization as figures
from helpers.figures import show
from helpers.glossary import terms
from helpers.minilm.measured import load_measured
from helpers.minilm.model import (
    attention,
    embed,
    embed_tokens,
    forward,
    layer_norm,
    linear,
    read_tokenizer,
    read_weights,
)
from helpers.minilm.observe import (
    MATRICES,
    TABLE,
    watch_inputs,
    with_matrices,
    with_products,
)
from helpers.minilm.retrieval import (
    interval,
    load_calibration,
    load_reference,
    load_terms,
    mean_reciprocal_rank,
    ranks,
    recall,
)
from helpers.minilm.sizes import megabytes, parts
from helpers.minilm.speed import (
    N_WEIGHTS,
    bandwidth_of_the_card,
    decode_on_a_card,
    most_tokens,
)
from helpers.quantization import (
    grouped,
    minmax,
    pack4,
    signed,
    symmetric,
    unpack4,
)
from helpers.quantization.activations import (
    per_tensor,
    per_token,
    smoothing,
    split_product,
)
from helpers.quantization.calibrated import awq, gptq
from helpers.quantization.groups import (
    bits_per_weight,
    round_to_nearest,
    with_float16_scale,
)
from helpers.sources import show_source

# %% [markdown]
r"""
## Fifteen values for a weight

The model is all-MiniLM-L6-v2: a transformer of the BERT family, trained by others on a billion pairs of
sentences. Its **parameter count** is 22.7 million, and it turns a text into a vector of length 1 with 384
entries. Texts that mean the same should point the same way.

The task: this course has 328 terms. From a term's *name* alone the model must find its *definition* among all
328, by the largest inner product. It is hard, since many definitions are alike; a guess is right once in 328.
What is counted is the share of names for which the right definition comes **first** (*recall at 1*).

Now the weights of its 36 matrices are rounded to 4 bits, 15 values from -7 to 7 times a scale. Once with one
scale for each matrix, and once with one scale for every 32 weights. Nothing is trained. (A script of the
course measured this, `python -m course.measure_minilm`, since the whole task takes about ten seconds for each
setting. Section 4 computes some of it anew.)

**Predict** the three shares.
"""

# %% jupyter={"source_hidden": true}
weights, tokenizer = read_weights(), read_tokenizer()
names, definitions = load_terms()
measured = load_measured()

# %% tags=["predict"]
found = {
    "float32": measured["weights/32/tensor/32"].ranks,
    "4 bits, a scale for each matrix": measured["weights/4/tensor/32"].ranks,
    "4 bits, a scale for 32 weights": measured["weights/4/32/32"].ranks,
}  # for each name, the place of the right definition, 1 to 328
for label, places in found.items():
    low, high = interval(places)
    print(f"{label:32} {recall(places):.2f} ({low:.2f} to {high:.2f})")

# %% [markdown]
r"""
<details><summary>What came out</summary>

0.26 in float32. With a scale for each matrix 0.11, less than half. With a scale for 32 weights 0.27: what
chance does, no loss that could be seen.

</details>

Both have 4 bits a weight. So "how many bits" is half of a question; the other half is who shares a scale.
"""

# %% jupyter={"source_hidden": true}
claim(
    "four-bits-lose-accuracy",
    measured=recall(found["4 bits, a scale for 32 weights"])
    - recall(found["4 bits, a scale for each matrix"]),
    what="share found first at 4 bits with a scale for 32 weights, less that with one a matrix; near 0, "
    "if the 4 bits decided",
)

# %% [markdown]
r"""
## 1. The model, and where its bytes are

`weights` is a dictionary with 103 tensors. Here is all that is done with them:
"""

# %%
show_source(linear, attention, forward)

# %% [markdown]
r"""
A text comes in as numbers of word pieces (`ids`). Each piece, or *token*, gets a row of a table, 384 numbers,
its *features*. Then six layers, each in two steps. *Attention*: three products make of each token a query, a
key and a value; a token's new features are a mean of all values, weighted by how well its query fits their
keys. It happens twelve times side by side, in *heads* of 32 numbers. *Feed-forward*: up to 1,536 numbers,
GELU (a smooth relu), down to 384. Each step is added to what was there, and layer norm (lesson 11) follows.
At the end the mean over the tokens is taken.

All that multiplies goes through `linear`. You will replace it below.
"""

# %% jupyter={"source_hidden": true}
show_source(
    layer_norm,
    embed_tokens,
    embed,
    fold="The other 28 lines: layer norm, the tables, texts in batches",
)

# %%
texts, theirs = load_reference()  # what the library transformers gives
ours = embed(texts, tokenizer, weights).numpy()
print("equal to theirs, to 1e-5:", bool(np.abs(ours - theirs).max() < 1e-5))

# %%
counts = parts(weights)
for kind, count in counts.items():
    share = count / sum(counts.values())
    print(f"{kind:14} {count:10,} weights, {share:.0%}")

# %% [markdown]
r"""
Half of the bytes are the **table of words**, 30,522 rows, of which a text reads a few. Nothing is multiplied
there, so no arithmetic gets faster by quantizing it; it only takes room. (In a model of billions of weights
the table is a few percent.)
"""

# %% jupyter={"source_hidden": true}
matrix_share = {
    kind: counts[kind] / (counts["feed-forward"] + counts["attention"])
    for kind in ("feed-forward", "attention")
}


def in_parts(bits, size, table_bits):
    """MB of each part."""
    whole = megabytes(bits, size, table_bits)
    table = whole - megabytes(bits, size, 32) + counts["table of words"] * 4e-6
    rest = counts["all others"] * 4e-6
    matrices = whole - table - rest
    return {
        "table of words": table,
        **{kind: matrices * share for kind, share in matrix_share.items()},
        "all others": rest,
    }


show(
    figures.bytes_by_part(
        {
            "float32": in_parts(32, None, 32),
            "matrices in 4 bits": in_parts(4, 32, 32),
            "the table, too": in_parts(4, 32, 4),
        }
    ),
    alt="Three bars. In float32 91 MB: half of it the table of words, a third feed-forward, a sixth "
    "attention, "
    "hardly anything else. With the matrices in 4 bits 54 MB, most of it the table. The table in 4 bits, "
    "too: "
    "13 MB.",
)

# %% [markdown]
r"""
## 2. A scale for fewer weights

Why did a scale for each matrix fail? Look at one of them:
"""

# %%
name = "encoder.layer.0.output.dense"
W = weights[name + ".weight"].T.numpy()  # PyTorch has (out, in)
step = symmetric(*minmax(W), signed(4)).scale
left = np.sum(round_to_nearest(W, bits=4) != 0)
print(f"shape {W.shape}, spread {W.std():.2f}, largest {abs(W).max():.1f}")
print(f"4 bits: marks {step:.2f} apart; {left} of {W.size:,} are not 0")

# %% [markdown]
r"""
The largest weight is 150 times their spread. The scale serves it, and nearly everything else becomes 0: the
matrix is switched off. With a scale for each group, only a group that holds such a weight suffers.

But a scale takes room too. As a float16 it has 16 bits, shared by the $g$ weights of its group:

$$\text{bits a weight} = b + \frac{16}{g}$$

Aloud: the bits of the code, plus this weight's share of the scale. Here is one matrix, really packed, two
codes in a byte:
"""

# %%
groups = grouped(W, 32)  # 32 weights of a column: one row
ruler = with_float16_scale(symmetric(*minmax(groups, axis=0), signed(4)))
codes = pack4(ruler.quantize(groups))
scales = ruler.scale.astype(np.float16)
kept = codes.nbytes + scales.nbytes
print(f"{W.nbytes:,} bytes before, {kept:,} packed")
print(f"{8 * kept / W.size} bits a weight; counted: {bits_per_weight(4, 32)}")

unpacked = ruler.dequantize(unpack4(codes, groups.shape))
same = np.array_equal(unpacked, grouped(round_to_nearest(W, 4, 32), 32))
print("unpacked, the same numbers:", same)

# %% [markdown]
r"""
The same for all 36 matrices, and a scale for each word in the table, gives a file:
"""


# %% jupyter={"source_hidden": true}
def packed_model(size=32):
    """The bytes of a file with everything in 4 bits but biases, norms and places."""
    kept = {}
    for name, w in weights.items():
        in_matrix = name.removesuffix(".weight") in MATRICES
        if not in_matrix and name != TABLE:
            kept[name] = w.numpy()
            continue
        groups = grouped(w.T.numpy(), size if in_matrix else 384)
        ruler = with_float16_scale(
            symmetric(*minmax(groups, axis=0), signed(4))
        )
        kept[name] = pack4(ruler.quantize(groups))
        kept[name + ".scale"] = ruler.scale.astype(np.float16)
    return save(kept)


# %%
file = packed_model()
print(f"{len(file) / 1e6:.1f} MB; counted: {megabytes(4, 32, 4):.1f} MB")

# %% [markdown]
r"""
A seventh. What does it find, and the others? Twenty settings on the whole task:
"""

# %% jupyter={"source_hidden": true}
ways = {
    "a matrix": ("tensor", None),
    "a column": ("channel", 768),  # 384 or 1,536 weights, on average so many
    "128 weights": (128, 128),
    "64 weights": (64, 64),
    "32 weights": (32, 32),
}
steps = (2, 3, 4, 8)
show(
    figures.ladder(
        {
            way: np.array([bits_per_weight(bits, each) for bits in steps])
            for way, (_, each) in ways.items()
        },
        {
            way: np.array(
                [
                    recall(measured[f"weights/{bits}/{size}/32"].ranks)
                    for bits in steps
                ]
            )
            for way, (size, _) in ways.items()
        },
        recall(found["float32"]),
        interval(found["float32"]),
    ),
    alt="Share found first by bits a weight. A scale for a matrix: 0.02 at 2 bits, 0.08 at 3, 0.11 at 4, "
    "0.24 at "
    "8. A scale for a column: 0.17 at 3, 0.23 at 4. Groups of 128, 64 and 32: 0.03 at 2 bits, 0.2 at 3, "
    "about 0.25 at 4, and as float32, 0.26, at 8.",
)


# %% jupyter={"source_hidden": true}
def scores(one, before):
    """Cosine, share found, and the interval of its change."""
    low, high = interval(one.ranks, before)
    change = f"{low:z6.3f} to {high:z6.3f}"
    return f"{one.cosine:.4f}   {recall(one.ranks):.2f}   {change}"


# %%
print("bits  group  cosine   found   change            MRR")
for bits, size in ((8, 128), (4, 128), (4, 32), (3, 32), (2, 32)):
    one = measured[f"weights/{bits}/{size}/32"]
    row = scores(one, found["float32"])
    print(f"{bits:4}  {size:5}  {row}   {mean_reciprocal_rank(one.ranks):.2f}")

# %% [markdown]
r"""
The grey band is what chance does to 0.26. The column *change* is sharper, since it compares term by term: at
8 bits, and at 4 bits in groups, no loss can be seen; at 3 bits some points are lost, in groups of 32 just
beyond what chance does; and at **2 bits** three values are left for a weight and the model breaks. This is
the region of **extreme low-bit quantization (4 bits or fewer)**.

The *cosine* to the vectors of float32 needs no answers and is finer: it falls before the task suffers, and
tells groups of 32 from groups of 128 where the task hardly does. *MRR* is the mean of 1 / place. Report the
task with its interval, and the cosine beside it. Which point of the curve you take is the
**precision-performance trade-off**.

### Try it

Bits and groups of the same model. Before you move a slider: which finds more, 3 bits with groups of 32 (3.5
bits a weight) or 4 bits with a scale for each column (4.02)? And what do small groups save at 2 bits?
"""

# %%
explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

They are alike, 0.22 and 0.23: here a small group was worth about half a bit. At 2 bits no group helps: 0.02
to 0.04.

</details>

## 3. Inputs that stand out

So far only weights were stored in few bits; the products were computed in float (**weight-only**). To
multiply in int8, the inputs of each matrix must be int8 as well. Their scale is not known beforehand. It can
be fixed from other texts (*static*), or taken from each input as it comes (**dynamic quantization**): one for
a batch, or one for each token.

What are inputs like? Here are 96 texts that are not in the task (claims of this course, with their reasons),
and for the first feed-forward matrix of each layer the largest $|x|$ of each of its 384 features:
"""

# %% jupyter={"source_hidden": true}
layer = "encoder.layer.2.intermediate.dense"
calibration = load_calibration()[::2][:96]
seen = watch_inputs(calibration, tokenizer, weights, keep=[layer])
ups = [f"encoder.layer.{i}.intermediate.dense" for i in range(6)]

show(
    figures.inputs_by_feature(
        [seen[each].largest for each in ups], range(6), [99, 223]
    ),
    alt="For each of six layers, 384 points: the largest input of each feature. Most lie below 5. Feature 99 "
    "stands out in every layer, near 30 in the first four; feature 223 lies between 7 and 15 from layer "
    "1 on.",
)

# %%
largest = seen[layer].largest
median, step = np.median(largest), 2 * largest.max() / 254
print(f"feature 99 reaches {largest[99]:.0f}, the median one {median:.1f}")
print(f"int8 with one scale: {median / step:.0f} marks up to the median's")

every = np.concatenate([seen[each].largest for each in MATRICES])
print(f"all matrices: {np.mean(every > 6):.1%} of the features go above 6")

# %% [markdown]
r"""
The same feature, 99, in every layer: an **outlier feature**. The sums can carry it from layer to layer. With
one scale for all, it takes 127 marks, and leaves half of the features nine or fewer. In models from 6.7
billion weights on such features appear in all layers and made plain int8 fail (Dettmers and others, 2022).
Three ways around:

- **A scale for each token**: a token without large values has fine steps. (One for each *feature* would be
  better still, but a sum over features cannot be taken in integers when each has its own scale.)
- **LLM.int8()**: multiply the few features with $|x| > 6$ in float, all others in int8, and add. Exact for
  these few, whose weights stay in float, at the price of a second product.
- **SmoothQuant**: divide feature $j$ by $s_j$, and multiply row $j$ of `W` by it. $XW$ stays what it was, and
  the trouble is shared between X and W.
"""

# %% jupyter={"source_hidden": true}
show_source(per_tensor, per_token, fold="A scale for all, or for each token")
show_source(split_product, fold="LLM.int8()")
show_source(smoothing, fold="SmoothQuant")

# %% [markdown]
r"""
All with weights in int8, a scale for each column, and inputs in int8; LLM.int8() has a scale for each token,
too. What is fixed beforehand comes from 214 texts outside of the task. SmoothQuant is used where a layer norm
comes before, since there the division goes into the norm's $\gamma$ and costs nothing, with $a = 0.5$ as is
usual (the companion tries others). **Predict**: which loses most of the cosine, and does the task notice?
"""

# %% tags=["predict"]
told = {
    "static": "static, one scale",
    "tensor": "dynamic, a scale a batch",
    "token": "dynamic, a scale a token",
    "split": "LLM.int8()",
    "smooth static": "SmoothQuant, static",
    "smooth token": "SmoothQuant, a scale a token",
}
print(f"{'':29} cosine   found   change")
for way, words in told.items():
    one = measured[f"inputs/8/{way}"]
    print(f"{words:29} {scores(one, found['float32'])}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

With one scale the cosine is 0.981, static or for each batch: a scale that is taken when the input comes won
nothing by that alone. A scale for each token: 0.997. LLM.int8() 0.9995, about what weights in int8 have with
inputs in float (0.9996). Smoothing helps the static scale to 0.986, and the one for each token to 0.9992.
The task notices none of it: against float32 no change is beyond what chance does with 328 terms. In larger
models these outliers do more harm, says the paper on LLM.int8().

</details>
"""

# %% jupyter={"source_hidden": true}
claim(
    "dynamic-quantization-adapts",
    measured=(1 - measured["inputs/8/static"].cosine)
    / (1 - measured["inputs/8/token"].cosine),
    digits=0,
    what="how many times as far from float32 (1 - cosine) static int8 inputs are as those with a scale for "
    "each token; 1 if dynamic ranges did not matter",
)

# %% jupyter={"source_hidden": true}
claim(
    "same-methods-for-large-models",
    source="Dettmers et al. 2022: from 6.7 B weights on outlier features appear in all layers, and int8 "
    "without a "
    "split fails; Xiao et al. 2023: smoothing; Frantar et al. 2022: error compensation.",
)

# %% [markdown]
r"""
## 4. Rounding that looks at the inputs

Back to the weights. Round-to-nearest looks at one weight at a time. But a layer is asked for $XW$, and there
the error of one weight can be *made up for* by others, if their inputs go up and down together.

- **GPTQ** rounds one row of `W` (one input) after the other, and moves the rows that are not rounded yet so
  that $XW$ changes least. How much each moves follows from $H = X^\top X / n$ of some texts.
- **AWQ** stretches the rows whose inputs are large before it rounds, and shrinks them again after: they get
  finer steps. How strongly is tried out, with the same $H$.
"""

# %% jupyter={"source_hidden": true}
show_source(gptq, fold="GPTQ")
show_source(awq, fold="AWQ")

# %% [markdown]
r"""
Both keep the bits (AWQ adds 16 for each row). One matrix, 3 bits in groups of 128, and 50 of the 96 texts to
learn $H$ from; the error is that of $XW$ on the other 46 texts, in five draws of the 50. If knowing the
inputs did not help, the three would be equal.
"""


# %%
def three_errors(seed, bits=3, size=128):
    """Relative error of X W on other texts: to the nearest, GPTQ, AWQ."""
    order = np.random.default_rng(seed).permutation(96)
    X, others = (
        np.concatenate([seen[layer].by_text[i] for i in part]).astype(float)
        for part in (order[:50], order[50:])
    )
    H = X.T @ X / len(X)
    W = weights[layer + ".weight"].T.numpy()
    rounded = (
        round_to_nearest(W, bits, size),
        gptq(W, H, bits, size),
        awq(W, H, abs(X).mean(axis=0), bits, size),
    )
    norm = np.linalg.norm
    return [norm(others @ (Q - W)) / norm(others @ W) for Q in rounded]


errors = np.array([three_errors(seed) for seed in range(5)])
for method, column in zip(
    ("to the nearest", "GPTQ", "AWQ"), errors.T, strict=True
):
    print(f"{method:15} {column.min():.2f} to {column.max():.2f}")

# %% jupyter={"source_hidden": true}
claim(
    "large-model-needs-tuning",
    measured=(errors[:, 1] / errors[:, 0]).mean(),
    what="error of X W by GPTQ over that of round-to-nearest, 3 bits, groups of 128, texts that it has not "
    "seen, 5 draws; 1 if calibration did not help",
)

# %% [markdown]
r"""
A third less, in this matrix; in others of the same layer it was a fifth to a quarter.

And on the task? All 36 matrices at 128 weights a group, *change* against round-to-nearest. Here $H$ comes
from 64 texts in the float32 model. (The paper on GPTQ takes the inputs that the layers rounded before give;
that was not tried here.)
"""

# %%
print("                cosine   found   change")
for bits in (4, 3, 2):
    nearest = measured[f"weights/{bits}/128/32"].ranks
    for method, key in {
        "nearest": f"weights/{bits}/128/32",
        "GPTQ": f"gptq/{bits}/128/0",
        "AWQ": f"awq/{bits}/128/0",
    }.items():
        row = scores(measured[key], nearest)
        print(f"{bits} bits  {method:7} {row}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

By the cosine GPTQ is closest at 4 and 3 bits: 0.97 against 0.94, and 0.83 against 0.75; AWQ lies between. By
the task nothing can be told at 4 and 3 bits: the shares differ by less than chance does. At 2 bits all three
break, GPTQ most. So the products came out closer, and what that is worth on a task needs more terms, or a
harder one, to be seen.

</details>

Are the stored numbers those of this machine? A sample: 64 names in three settings, and the whole task in one.
"""

# %% jupyter={"source_hidden": true}
few = names[:64]
before = embed(few, tokenizer, weights)


def sample(weights, linear=linear):
    """Mean cosine to float32 of the first 64 names."""
    return float(
        (embed(few, tokenizer, weights, linear) * before).sum(dim=1).mean()
    )


in_int8 = with_matrices(
    weights, lambda name, W: round_to_nearest(W, 8, len(W))
)
anew = {
    "weights/3/64/32": sample(
        with_matrices(weights, lambda name, W: round_to_nearest(W, 3, 64))
    ),
    "weights/2/32/32": sample(
        with_matrices(weights, lambda name, W: round_to_nearest(W, 2, 32))
    ),
    "inputs/8/token": sample(
        in_int8, with_products(lambda X, name, W: per_token(X) @ W)
    ),
}
in_4_bits = with_matrices(weights, lambda name, W: round_to_nearest(W, 4, 32))
places = ranks(
    embed(names, tokenizer, in_4_bits),
    embed(definitions, tokenizer, in_4_bits),
)
same = np.mean(places == measured["weights/4/32/32"].ranks)

# %%
for key, value in anew.items():
    agree = abs(value - measured[key].sample) < 0.002
    print(f"{key:16} cosine as stored: {agree}")
print(f"weights/4/32/32  places as stored, 98 % of them: {same > 0.98}")

# %% [markdown]
r"""
## 5. What it buys

**Room**, always: 91 MB became 13. **Speed** is another matter. One token and one matrix, here: the product in
float32, against unpacking 4-bit codes first.
"""

# %% tags=["nbval-ignore-output"] jupyter={"source_hidden": true}
x = np.ones((1, 1536), np.float32)
W = weights[name + ".weight"].T.numpy()


def seconds(run):
    """The shortest of 20 runs."""
    times = []
    for _ in range(20):
        start = perf_counter()
        run()
        times.append(perf_counter() - start)
    return min(times)


def from_codes():
    G = ruler.dequantize(unpack4(codes, groups.shape))
    return x @ G.reshape(W.shape[::-1]).T


slower = seconds(from_codes) / seconds(lambda: x @ W)
print(f"4 bits take {slower:.0f} times as long as float32")
assert slower > 3

# %% [markdown]
r"""
Many times slower: NumPy writes every weight out as a float before it multiplies. It needs a program, a
*kernel*, that unpacks a few weights while it multiplies. Where there is one, 4 bits are fast, for a reason
that has nothing to do with arithmetic. To make one token, a language model reads **every weight once**. On a
graphics card that takes longer than the products:

$$\text{tokens a second} \le \frac{\text{bytes a second}}{\text{bytes of the weights}}$$

An NVIDIA H100 was measured (lesson 19's table): 6.5 billion random weights of the shapes of a 7 B model, one
token at a time, and a memory of 3.0 TB/s. **Predict**: what share of its limit does each format reach?
"""

# %% tags=["predict"]
formats = {"fp32": 32, "bf16": 16, "int4 in groups of 128": 4 + 32 / 128}
for name, bits in formats.items():  # int4 here: a scale and a zero a group
    speed, gib = decode_on_a_card()[name]
    limit = most_tokens(N_WEIGHTS, bits, bandwidth_of_the_card())
    size = N_WEIGHTS * bits / 8 / 2**30
    print(f"{name:22} {size:4.1f} GiB counted, {gib:4.1f} held")
    reached = f"{speed:.0f} measured: {speed / limit:.0%}"
    print(f"{limit:26.0f} tokens/s at most, {reached}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

88 %, 77 % and 46 % of the limit: 102, 179 and 405 tokens a second. The fewer bytes there are to read, the
more everything else weighs, which no bits were taken from. Each program held 0.9 to 1.0 GiB more than its
weights.

</details>

So an eighth of the bytes gave four times the speed. Two things end it. **Many tokens at once** (64 users, or
a long question) read the weights once for all of them: then arithmetic is what takes time, and int4 was
slower, 201 µs against 38 for one layer (lesson 19). And **what is not weights** stays: the *KV cache*, the
keys and values of all tokens so far.

By arithmetic, for the published shapes of a model with 7 and one with 70 billion weights:
"""

# %%
card = bandwidth_of_the_card()
shapes = {  # weights, layers, numbers a key (or value) has
    "7 B": (6.74e9, 32, 4096),
    "70 B": (68.98e9, 80, 1024),  # 8 heads of keys for 64 of queries
}
for model, (n, layers, width) in shapes.items():
    for bits in (16, 8, 4.125):
        gb, limit = n * bits / 8e9, most_tokens(n, bits, card)
        size = f"{gb:5.1f} GB, {limit:3.0f} tokens/s at most"
        print(f"{model:4} {bits:6} bits: {size}")
    cache = layers * 2 * width * 2  # keys and values, 2 bytes each
    cache *= 8 * 4096 / 1e9
    print(f"     KV cache, 8 texts of 4,096 tokens: {cache:.1f} GB")

# %% [markdown]
r"""
70 B in 16 bits need two cards of 80 GB; in 4 bits they fit on one, twice. And the 7 B model in 4 bits is
smaller than the cache of eight long texts.
"""

# %% jupyter={"source_hidden": true}
claim(
    "int8-large-model-quarter",
    because="7 B: float32 27.0 GB, int8 6.7 GB = 1/4; but shipped in 16 bits, 13.5 GB, so 1/2; the KV "
    "cache of "
    "8 × 4096 tokens, 17.2 GB, stays.",
)

# %% jupyter={"source_hidden": true}
claim(
    "quantized-needs-hardware",
    source="gpu_h100.csv: int4 405 tokens/s against 179 in bf16; one layer, 64 tokens at once: 201 µs "
    "against 38; "
    "int8 weights through a kernel that nobody tuned: 266 µs against 39.",
)

# %% [markdown]
r"""
## Think

1. A file says "4-bit, group size 128". How large is a 13 B model in it?

<details><summary>Answer</summary>

4 + 16/128 = 4.125 bits a weight with float16 scales: 13e9 · 4.125 / 8 = 6.7 GB, and more with zero points.
The table of words and the norms are often left in 16 bits.

</details>

2. Somebody shows that the weights of their 4-bit model are off by less than those of yours. Is theirs better?

<details><summary>Answer</summary>

Not by that. GPTQ moves weights *further* from where they were than round-to-nearest does (a test of this
course holds it), and $XW$ less. Compare on a task, on texts that nothing was calibrated with.

</details>

3. Why does a scale for each *feature* of X not solve the outliers?

<details><summary>Answer</summary>

$XW$ sums over features. With a scale for each, every term of the sum has its own, and none can be taken out
of the integer sum. SmoothQuant is the way to have it: it moves the scale of the feature into `W`, before `W`
is rounded.

</details>

## Recap

- Bits a weight are the code and its share of the scale: $b + 16/g$. In groups of 32, 4 bits lost nothing
  that this task could see; with a scale for each matrix more than half was lost.
- Judge by a task, with an interval, and by the cosine; not by the error of the weights.
- A few features are many times as large as the others, and spoil a scale that all share. A scale for each
  token, a split or smoothing lets int8 live with them.
- GPTQ and AWQ look at the inputs: at 3 and 4 bits, less error in the products at the same bits.
- Room is won everywhere. Speed is won where reading weights is what takes time, and a kernel exists.
"""

# %% jupyter={"source_hidden": true}
terms("20_large_model_quantization")

# %% [markdown]
r"""
Now you: [exercise 20](../exercises/20_large_model_quantization/20_large_model_quantization.ipynb). For a
second reading: [what you may have heard](20_large_model_quantization_heard.ipynb), with a **layer-wise
quantization policy** under a budget, the table of words in 2 bits, and how sure all this is. Next:
[21, deployment](21_deployment.ipynb).

Sources

- T. Dettmers and others, [LLM.int8()](https://arxiv.org/abs/2208.07339), NeurIPS 2022.
- G. Xiao and others, [SmoothQuant](https://arxiv.org/abs/2211.10438), ICML 2023.
- E. Frantar and others, [GPTQ](https://arxiv.org/abs/2210.17323), ICLR 2023.
- J. Lin and others, [AWQ](https://arxiv.org/abs/2306.00978), MLSys 2024.
- H. Touvron and others, [Llama 2](https://arxiv.org/abs/2307.09288), 2023: the shapes of 7 B and 70 B.
- W. Wang and others, [MiniLM](https://arxiv.org/abs/2002.10957), NeurIPS 2020.
"""
