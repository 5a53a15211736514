# %% [markdown]
r"""
# 14 · Sequences: you may have heard

What a second reading of lesson 14 wants: where embeddings come from, the forget bias of an LSTM, what a
second side is worth, what a transformer adds to an n-gram, and temperature against top-k. No other lesson
depends on it.

**Time:** {minutes} minutes.
**Before this:** the lesson, [14 · Sequences](14_sequences.ipynb).
"""

# %% jupyter={"source_hidden": true}
import re
from collections import Counter

import numpy as np

from helpers.claims import claim
from helpers.nn import (
    LSTM,
    Adam,
    ClipNorm,
    CrossEntropyLoss,
    Embedding,
    Fleet,
    Linear,
    MSELoss,
    Sequential,
)
from helpers.nn.stack import Stack
from helpers.sequences import LETTERS, WINDOW, characters, definitions

text, number = definitions(), {c: i for i, c in enumerate(LETTERS)}

# %% [markdown]
r"""
## "In the embedding space features of the same type lie closer"

An *embedding* is a table: a row of numbers for each id, a word, a user, a shop. Its rows start at random, and
are trained like any weight. So why should similar things be neighbours in it?

40 ids, ten of each of four types that the network is not told. In the first world it must learn a vector for
each id that depends on its *type*, but for a little noise. In the second world each id has a vector of its
own, and the types mean nothing. If an embedding brought similar things together as such, same-type pairs
would be closer (a larger *cosine*, 1 for the same direction) in both worlds, and perhaps before training. If
it is the task that does it, only in the first, and only after training.
"""

# %%
types = np.repeat(np.arange(4), 10)
same = (types[:, None] == types) & ~np.eye(40, dtype=bool)
other = types[:, None] != types


def cosines(W):
    """Mean cosine of same-type and other pairs, in each table (K, 40, 8)."""
    W = W / np.linalg.norm(W, axis=-1, keepdims=True)
    all_pairs = W @ W.mT
    return all_pairs[:, same].mean(axis=1), all_pairs[:, other].mean(axis=1)


def world(by_type, seeds):
    """What each id must give: (seeds, 40, 6)."""
    Y = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        means = rng.normal(size=(40, 6))
        own = means[types] if by_type else means
        Y.append(own + 0.3 * rng.normal(size=(40, 6)))
    return np.array(Y)


def learn(Y, seeds, steps=300):
    models = []
    for seed in seeds:
        rng = np.random.default_rng(100 + seed)
        models.append(
            Sequential(Embedding(40, 8, rng=rng), Linear(8, 6, rng=rng))
        )
    fleet, loss = Fleet(models), MSELoss()
    before = cosines(np.array(fleet.layers[0].W))
    optimizer = Adam(fleet, lr=0.02)
    for _ in range(steps):
        loss.forward(fleet.forward(np.arange(40)), Y.view(Stack))
        fleet.backward(loss.backward())
        optimizer.step()
    return before, cosines(np.array(fleet.layers[0].W))


# %%
seeds, closer = range(5), {}
for name, by_type in {"types matter": True, "they do not": False}.items():
    for when, (a, b) in zip(
        ("before", "after"), learn(world(by_type, seeds), seeds), strict=True
    ):
        closer[name, when] = a - b
        print(f"{name:13} {when:6}: same type {a.mean():+.2f}", end="")
        print(
            f", others {b.mean():+.2f}, difference {np.mean(a - b):+.2f}",
            end="",
        )
        print(f" ± {np.std(a - b):.2f}")

# %% jupyter={"source_hidden": true}
after = closer["types matter", "after"] - closer["they do not", "after"]
claim(
    "embedding-neighbours-alike",
    measured=after.mean(),
    what="cosine of same-type less other pairs after training, where types matter less where not, 5 seeds",
)

# %% [markdown]
r"""
Only in the world where the type decides what to answer, and only after training. For words the task is to fit
their neighbours in texts; that brings words of similar use together, and makes a **word embedding**. A simple
one needs no network: count which words stand within three places of each other, take how much more often than
by chance (the logarithm, negative ones as 0), and keep the 30 strongest directions (SVD). From the course's
definitions, the words that occur at least eight times:
"""

# %%
lines = [
    re.findall("[a-z]+", line)
    for part in text.values()
    for line in part.split("\n")
]
often = Counter(word for line in lines for word in line)
words = sorted(word for word, times in often.items() if times >= 8)
row = {word: i for i, word in enumerate(words)}
together = np.zeros((len(words), len(words)))
for line in lines:
    for i, word in enumerate(line):
        for near in line[max(0, i - 3) : i]:
            if word in row and near in row:
                together[row[word], row[near]] += 1
                together[row[near], row[word]] += 1
by_chance = np.outer(together.sum(0), together.sum(0)) / together.sum()
stronger = np.maximum(np.log(np.maximum(together, 1e-9) / by_chance), 0)
U, strength, _ = np.linalg.svd(stronger)
vectors = U[:, :30] * np.sqrt(strength[:30])
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
for word in ("training", "weights", "gradient", "error", "mean"):
    nearest = np.argsort(-vectors @ vectors[row[word]])[1:4]
    print(f"{word:9}", ", ".join(words[i] for i in nearest))

# %% [markdown]
r"""
## "LSTM solves the vanishing gradient"

In the lesson it did not: as PyTorch begins them, no LSTM knew the first of 20 words. Its forget gates began
near one half. Gers and others (2000) let them begin near 1, and with that they learnt it. Did the others only
lack time, or room? The same task with twice as many steps and 24 units, from four starts, at a rate of 0.01,
with gradients clipped to a length of 1. (The rate was chosen of three with other starts, for the LSTM
with the bias. Without it none of five rates, from 0.003 to 0.3, was much better than a guess.) If the cell
alone solved it, the bias would not matter:
"""


# %%
def first_word(bias, seeds=range(4), T=20, steps=160):
    models, eye = [], np.eye(4)
    for seed in seeds:
        rng = np.random.default_rng(seed)
        cell = LSTM(4, 24, last=True, rng=rng)
        cell.b_x[24:48] += bias  # the gates stand i, f, g, o
        models.append(Sequential(cell, Linear(24, 4, rng=rng)))
    fleet, loss = Fleet(models), CrossEntropyLoss()
    optimizer, rng = Adam(fleet, lr=0.01), np.random.default_rng(50)
    for _ in range(steps):
        X = rng.integers(4, size=(len(models), 32, T))
        out = fleet.forward(eye[X].view(Stack))
        loss.forward(out, X[..., 0].view(Stack))
        fleet.backward(loss.backward())
        ClipNorm(1.0)(fleet)
        optimizer.step()
    X = rng.integers(4, size=(500, T))
    said = np.asarray(fleet.forward(eye[X])).argmax(axis=-1)
    return (said == X[:, 0]).mean(axis=1)


for bias in (0, 3):
    right = first_word(bias)
    knows = right > 0.7
    told = "all" if all(knows) else "some" if any(knows) else "none"
    print(f"forget bias {bias}: {told} of 4 know it")

# %% [markdown]
r"""
With the bias all four learnt it, without it none. So an LSTM can keep a word for 20 steps very well; what it
lacked in the lesson was a start from which that is soon found. (Jozefowicz and others, 2015, advise a bias of
1 or 2 from larger tasks. PyTorch's LSTM has none unless you set it.)

## What is a second side worth?

**GPT-3** reads from left to right, as the lesson's model does. **BERT** hides a word and looks at both sides.
How much easier is that? Without any network, by counting as the lesson's n-gram does: one model knows the
four characters before, the other two before and two behind. Both fall back on fewer, with the strength that
is best on the validation text:
"""


# %%
def context(line, i, left, right):
    return line[i - left : i] + "|" + line[i + 1 : i + 1 + right]


def count(shapes):
    counts, line = {}, text["train"]
    for i in range(8, len(line) - 8):
        for shape in shapes:
            key = context(line, i, *shape)
            seen = counts.setdefault((shape, key), np.zeros(len(LETTERS)))
            seen[number[line[i]]] += 1
    return counts


def probabilities(counts, shapes, s, part):
    """Of every third character of a part."""
    line, found = text[part], []
    for i in range(WINDOW, len(line) - 8, 3):
        p = np.full(len(LETTERS), 1 / len(LETTERS))
        for shape in shapes:
            seen = counts.get((shape, context(line, i, *shape)))
            if seen is not None:
                p = (seen + s * p) / (seen.sum() + s)
        found.append(p[number[line[i]]])
    return np.array(found)


def perplexity(p):
    return np.exp(-np.log(p).mean())


for name, shapes in {
    "four before": [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0)],
    "two before, two behind": [(0, 0), (1, 0), (1, 1), (2, 1), (2, 2)],
}.items():
    counts = count(shapes)
    by_s = {
        s: perplexity(probabilities(counts, shapes, s, "validation"))
        for s in (1, 3, 10, 30)
    }
    s = min(by_s, key=by_s.get)
    p = probabilities(counts, shapes, s, "test")
    print(f"{name:23} s = {s:2}: perplexity on the test {perplexity(p):.1f}")

# %% [markdown]
r"""
To fill a gap is much easier than to go on. That is no fault of GPT: who fills gaps cannot write a text from
left to right. For the same reason the two perplexities measure different tasks.

How large are they? A block of width $d$ has about $12 d^2$ weights: $4d^2$ in attention ($W_q, W_k, W_v,
W_o$) and $8d^2$ in the small network, which is $4d$ wide. BERT adds its table of 30,522 tokens:
"""

# %%
print(
    f"GPT-3      96 blocks, d = 12,288: {96 * 12 * 12288**2 / 1e9:.0f} · 10⁹"
)
bert = 12 * 12 * 768**2 + 30_522 * 768
print(f"BERT base  12 blocks, d = 768:    {bert / 1e6:.0f} · 10⁶")

# %% [markdown]
r"""
Told are 175 · 10⁹ and 110 · 10⁶; what is missing is positions, norms, biases and GPT-3's own table.

## Does the transformer add anything?

In the lesson the n-gram won. Does the transformer know something that the n-gram does not? Mix the two
probabilities, with the share that is best on the validation text. If it knew nothing of its own, the best
share would be 0:
"""

# %%
shapes = [(k, 0) for k in range(6)]
counts, parts = count(shapes), {}
for part in ("validation", "test"):
    ngram = probabilities(counts, shapes, 10, part)
    surprise = characters().surprise(text[part], every=3)
    parts[part] = ngram, np.exp(-surprise[: len(ngram)])


def mixed(part, share):
    ngram, transformer = parts[part]
    return perplexity((1 - share) * ngram + share * transformer)


shares = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
best = min(shares, key=lambda share: mixed("validation", share))
print(
    f"n-gram alone {mixed('test', 0):.2f}, transformer {mixed('test', 1):.2f}",
    end="",
)
print(f", mixed with a share of {best}: {mixed('test', best):.2f}")

# %% [markdown]
r"""
## Temperature or top-k?

Both make a text safer and duller. Safe: the share of its words that occur in the training text. Dull: the
share of its words that it has said before. Twenty texts of 100 characters with each setting, three seeds for
the draws:
"""

# %%
known = set(re.findall("[a-z]+", text["train"]))
print("                     known words    said before")
for how in (
    {"temperature": 0.3},
    {"temperature": 0.7},
    {"temperature": 1.0},
    {"top_k": 3},
    {"top_k": 8},
):
    safe, dull = [], []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        lines = characters().sample(20, 100, rng, **how)
        words = [re.findall("[a-z]+", line)[:-1] for line in lines]
        many = [word for line in words for word in line]
        safe.append(np.mean([word in known for word in many]))
        dull.append(
            np.mean([1 - len(set(line)) / len(line) for line in words])
        )
    ((name, value),) = how.items()
    print(
        f"{name:11} {value:3}     {np.mean(safe):.2f} ± {np.std(safe):.2f}",
        end="",
    )
    print(f"    {np.mean(dull):.2f} ± {np.std(dull):.2f}")

# %% [markdown]
r"""
More known words go with more repetition, down the whole table: no row is ahead of another in both. So here
top-k and temperature are two ways along the same trade, and what the text is for decides how far to go.

## Think

You train embeddings of shops from what each sells in a week, and find that two far apart in the city are
neighbours. Is the table wrong?

<details><summary>Answer</summary>

No. It was trained to tell what is sold, so neighbours are those that sell alike. Where they stand it was not
asked.

</details>

Sources

- F. Gers, J. Schmidhuber, F. Cummins, [Learning to forget](https://doi.org/10.1162/089976600300015015),
  *Neural Computation* 12, 2000; R. Jozefowicz and others, [An empirical exploration of recurrent network
  architectures](https://proceedings.mlr.press/v37/jozefowicz15.html), 2015.
- J. Devlin and others, [BERT](https://arxiv.org/abs/1810.04805), 2019; T. Brown and others,
  [Language models are few-shot learners](https://arxiv.org/abs/2005.14165), 2020: GPT-3.
- O. Levy, Y. Goldberg, [Neural word embedding as implicit matrix
  factorization](https://papers.nips.cc/paper/5477), NeurIPS 2014.
"""
