# %% [markdown]
r"""
# 14 · Sequences: what is kept, and how it is reached

The word "it" in a sentence means something that was said before. A network that reads word by word must have
kept it, or be able to look back. This lesson measures both ways, on tasks so small that you can see what each
of them loses.

**You will be able to**

- write a recurrent network and attention by hand, and a whole transformer block;
- measure how a gradient fades on its way back through time;
- say which tasks attention helps with, and what it does not know without positions;
- judge a language model by its perplexity, against a baseline that had a fair chance.

**Time:** {minutes} minutes.
**Before this:** lessons [04](04_forward.ipynb), [05](05_backward.ipynb) and [11](11_normalization.ipynb):
layers, gradients, layer norm.
"""

# %% jupyter={"source_hidden": true}
import numpy as np
import torch

from helpers.claims import claim
from helpers.explore.sequences import explorer
from helpers.figures import sequences as figures
from helpers.figures import show
from helpers.glossary import terms
from helpers.nn import (
    GRU,
    LSTM,
    RNN,
    Adam,
    Attention,
    ClipNorm,
    CrossEntropyLoss,
    Fleet,
    Layer,
    Linear,
    Position,
    ReLU,
    Residual,
    Sequential,
)
from helpers.nn.activations import softmax
from helpers.nn.stack import Stack
from helpers.sequences import (
    LETTERS,
    WINDOW,
    Last,
    character_model,
    characters,
    definitions,
)
from helpers.sources import show_source

# %% [markdown]
r"""
## What was the first word?

A sequence of random words, each one of four. After the last one the question is: what was the *first*?
Nothing else of it matters. With 5 words the answer lies four steps back, with 20 words 19 steps. To guess is
right one time in four.

Four networks read it, all with 16 units: a recurrent one (RNN), two recurrent ones with gates (LSTM and GRU)
that were made for long memories, and one with attention, which may look back. Each begins as PyTorch's does,
and is trained for 80 steps on 32 new sequences a step, with gradients clipped to a length of 1 (lesson 08),
four times from other starts. (The learning rates were chosen beforehand, from 0.01 to 0.3, with other starts
and other sequences.)

**Predict:** which of the four still knows the first of 5 words, and which the first of 20?
"""


# %% jupyter={"source_hidden": true}
WORDS, SEEDS = np.eye(4), range(4)
RATES = {  # at 5 words, at 20 words
    "RNN": (0.03, 0.03),
    "LSTM": (0.03, 0.03),
    "GRU": (0.1, 0.3),
    "LSTM, forget bias 3": (0.01, 0.01),
    "attention": (0.03, 0.03),
    "no positions": (0.03, 0.03),
}


def network(kind, seed, d=16):
    """What reads the words, and a linear layer that answers."""
    rng = np.random.default_rng(seed)
    if kind in ("attention", "no positions"):
        place = [Position(50, d)] if kind == "attention" else []
        read = Linear(4, d, rng=rng), *place, Attention(d, rng=rng), Last()
    else:
        cell = {"RNN": RNN, "GRU": GRU}.get(kind, LSTM)
        read = [cell(4, d, last=True, rng=rng)]
    if kind == "LSTM, forget bias 3":
        read[0].b_x[d : 2 * d] += 3  # the gates stand i, f, g, o
    return Sequential(*read, Linear(d, 4, rng=rng))


def train(fleet, lr, batch, steps, seed=0, look=()):
    """Train on fresh sequences, other ones for each network: accuracy on 500 new ones after each step in
    `look`, and at the end (…, K)."""
    rng, loss, optimizer = (
        np.random.default_rng(100 + seed),
        CrossEntropyLoss(),
        Adam(fleet, lr=lr),
    )
    X_new, y_new = batch(500, 1, np.random.default_rng(999 + seed))
    right = []
    for step in range(1, steps + 1):
        X, y = batch(32, fleet.num_models, rng)
        loss.forward(fleet.forward(X.view(Stack)), y.view(Stack))
        fleet.backward(loss.backward())
        ClipNorm(1.0)(fleet)
        optimizer.step()
        if step in (*look, steps):
            said = np.asarray(fleet.forward(X_new[0])).argmax(axis=-1)
            right.append((said == y_new[0]).mean(axis=1))
    return np.array(right)


def first_word(T):
    def batch(n, K, rng):
        words = rng.integers(4, size=(K, n, T))
        return WORDS[words], words[..., 0]

    return batch


def ask(kind, T):
    """Four networks, and how often each is right."""
    fleet = Fleet([network(kind, seed) for seed in SEEDS])
    return fleet, train(fleet, RATES[kind][T > 5], first_word(T), 80)[-1]


# %% tags=["predict"]
def who(yes):
    return "all" if np.all(yes) else "some" if np.any(yes) else "none"


trained = {}
for kind in ("RNN", "LSTM", "GRU", "attention"):
    line = f"{kind:9} knows the first of"
    for T in (5, 20):
        trained[kind, T] = ask(kind, T)
        line += f"   {T:2} words: {who(trained[kind, T][1] > 0.7):4}"
    print(line)

# %% [markdown]
r"""
<details><summary>What came out</summary>

After 5 words all of them know it, in all four runs. After 20 words all runs of the GRU and of attention do,
and some of the plain RNN. The LSTM, which was invented for just this, knows it in none of the four. That is
not the last word on it: at the end of section 1 it gets another start.

</details>

A run "knows" the word when it is right more than 70 % of the time. (More exact numbers would not be the same
on your processor: the training of RNN and GRU is so sensitive that the last bit of a product changes them.)
Not one of the networks was told what to keep. Why do they differ so?

## 1. A state that fades

A **recurrent neural network (RNN)** has one vector for all that it has read, the state $h$. Each word changes
it, by the same weights at each step:

$$h_t = \tanh(x_t W_x + h_{t-1} W_h + b)$$

Aloud: the new state is the tanh of the word times one matrix plus the old state times another, plus a bias.
Data with an order, in which what came before informs what comes next, are the matter of **time-series
(sequence) modelling**: words, notes, temperatures. By hand, forwards; and then the way back, from the last
state to each word:
"""


# %%
def rnn_forward(X, W_x, W_h, b):
    h, states = np.zeros(len(b)), []
    for x in X:
        h = np.tanh(x @ W_x + h @ W_h + b)
        states.append(h)
    return np.array(states)


def rnn_slopes(states, d, W_x, W_h):
    """Slopes at all words, from the slope d at the last state."""
    dX = []
    for h in states[::-1]:
        d = d * (1 - h**2)  # back through tanh
        dX.append(d @ W_x.T)
        d = d @ W_h.T  # one step back in time
    return np.array(dX[::-1])


# %%
rng = np.random.default_rng(0)
X, d = rng.normal(size=(20, 4)), rng.normal(size=16)
layer = torch.nn.RNN(4, 16, batch_first=True).double()
with torch.no_grad():
    for p in layer.parameters():
        p.copy_(torch.tensor(rng.uniform(-0.25, 0.25, p.shape)))
W_x, W_h, b_x, b_h = (p.detach().numpy().T for p in layer.parameters())

X_t = torch.tensor(X[None], requires_grad=True)
out, _ = layer(X_t)
(out[0, -1] @ torch.tensor(d)).backward()

states = rnn_forward(X, W_x, W_h, b_x + b_h)
slopes = rnn_slopes(states, d, W_x, W_h)
print("states as PyTorch's:", np.allclose(states, out[0].detach()))
print("slopes as PyTorch's:", np.allclose(slopes, X_t.grad[0]))
sizes = np.linalg.norm(slopes, axis=1)
sizes /= sizes[-1]
print(f"5 words: {sizes[-5]:.0e}   20 words: {sizes[0]:.0e}")

# %% [markdown]
r"""
The last line is the size of the slope at the first word, as a multiple of that at the last. On the way
back $d$ is multiplied by $W_h^\top$ and by $1 - h^2 \le 1$ at *every* step. What shrinks by the same share at
each step shrinks as a power of the number of steps: the **vanishing gradient** (lesson 05 has met it in
depth; here the layers are the words).

The two gated networks put a sum beside the product. The **LSTM** has a cell $c$ next to its state,

$$c_t = f_t \odot c_{t-1} + i_t \odot \tilde c_t, \qquad h_t = o_t \odot \tanh(c_t),$$

aloud: the cell is the old one times the forget gate $f$, plus what is new times the input gate $i$; the state
shows of it what the output gate $o$ lets through. $\odot$ multiplies number by number, and each gate is a
sigmoid of word and state, between 0 and 1. The **GRU** has one gate $z$ for both, $h_t = (1 - z_t) \odot
\tilde h_t + z_t \odot h_{t-1}$ (some books swap $z$ and $1 - z$). Along the cell the way back is a product of
gates: with gates near 1 nothing is lost. But what are they at the start?
"""


# %%
def relative_slopes(cell, T=30):
    """Size of the slopes by how many steps back, last word = 1."""
    rng = np.random.default_rng(5)
    out = cell.forward(WORDS[rng.integers(4, size=(50, T))])
    dX = cell.backward(rng.normal(size=out.shape))
    sizes = np.linalg.norm(dX, axis=-1).mean(axis=0)[::-1]
    return sizes / sizes[0]


RECURRENT = "RNN", "GRU", "LSTM", "LSTM, forget bias 3"
at_start = {}
for kind in RECURRENT:
    cells = [network(kind, seed).layers[0] for seed in range(3)]
    at_start[kind] = np.median([relative_slopes(c) for c in cells], axis=0)
for name, sizes in at_start.items():
    print(f"{name:20} 5 words {sizes[4]:.0e}   20 words {sizes[19]:.0e}")

# %% jupyter={"source_hidden": true}
show(
    figures.slopes_by_distance(at_start),
    alt="Slope by steps back before any training, on a logarithmic scale. RNN, GRU and LSTM fall along "
    "nearly straight lines to about a millionth after 30 steps. The LSTM with forget bias 3 stays near 0.4.",
)

# %% [markdown]
r"""
Before training, the gates are near one half, and GRU and LSTM fade alike, the RNN no less. An
LSTM whose forget gates begin near 1 (a bias of 3: sigmoid 0.95) does not. PyTorch's does not begin so.

So the start does not tell GRU and LSTM apart. What of the end? We take the recurrent networks of the 20
words, and train four more: LSTMs with that bias, at a rate chosen for them as for the others. In which of all
these is the slope at the first word now at least a tenth of that at the last? **Predict:** does the bias make
the LSTM know the word?
"""

# %% tags=["predict"] jupyter={"source_hidden": true}
trained[RECURRENT[-1], 20] = ask(RECURRENT[-1], 20)
for kind in RECURRENT:
    fleet, right = trained[kind, 20]
    ends = [relative_slopes(net.layers[0], 20)[-1] for net in fleet.unstack()]
    print(f"{kind:20} knows the word: {who(right > 0.7):4} of 4", end="")
    print(f"   slope arrives: {who(np.array(ends) > 0.1)}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

With the bias the slope arrives in all four, and all know the word. (Of twelve others nine did; eight of the
twelve had helped to choose the rate.) Without it neither.

</details>

Where all four know the word, the slope arrives in all four. The GRUs have learnt that, out of a slope of about a
ten-thousandth. (Adam divides a slope by its own size, so small ones can still move the weights.) As
PyTorch begins them, the LSTMs have not, in 80 steps. That is a matter of the start, not of what an
LSTM can hold: begun elsewhere, it keeps the word as well. So gates do not keep anything by
themselves. They make it *possible to learn* to keep.
"""

# %% jupyter={"source_hidden": true}
knows = {
    T: np.mean([trained[k, T][1] > 0.7 for k in ("GRU", "LSTM")])
    for T in (5, 20)
}
claim(
    "rnn-keeps-history",
    measured=knows[5] - knows[20],
    what="share of GRUs and LSTMs that know the first of 5 words less that of 20 words, 4 runs each",
)

# %% [markdown]
r"""
If a network kept its history by being recurrent, the number of words would not matter, and this would be 0.
If none could keep 19 steps, it would be 1. It is in between, since the GRU did and the LSTM did not: what is
kept must be learnt.

## 2. Looking back

The other way keeps everything, and looks. In **attention** each place asks a question, the *query* $q$; each
place offers a *key* $k$ that says what it can answer, and a *value* $v$, its answer. Which key fits the query
decides how much of which value is taken:

$$\mathrm{softmax}\!\left(\frac{QK^\top}{\sqrt d}\right) V$$

Aloud: all queries times all keys, divided by the root of their length, a softmax over the keys, and with
these weights a mean of the values. The root keeps the products at about variance 1. There is no step by step:
from any place to any other it is *one* step, 19 words back or one.
"""


# %%
def attention(Q, K, V):
    weights = softmax(Q @ K.T / np.sqrt(Q.shape[-1]))
    return weights @ V, weights


Q, K, V = rng.normal(size=(3, 6, 8))
theirs = torch.nn.functional.scaled_dot_product_attention(
    *map(torch.tensor, (Q[None], K[None], V[None]))
)
print("as PyTorch's:", np.allclose(attention(Q, K, V)[0], theirs[0]))

# %% [markdown]
r"""
Read it as a dictionary with soft keys. Three entries, and a query that is nearly the second key, made longer
step by step:
"""

# %%
keys, values = np.eye(3), np.array([[10.0], [20.0], [30.0]])
for length in (0, 2, 5, 10):
    query = length * np.array([[0.2, 0.9, 0.1]])
    answer, weights = attention(query, keys, values)
    print(f"length {length:2}: weights {weights[0].round(2)}", end="")
    print(f", answer {answer[0, 0]:.1f}")

# %% [markdown]
r"""
With a query of 0 it is the plain mean, with a long one it is a look-up. Training moves between the two.

**When does that help?** "Attention speeds up convergence by better information flow." Two tasks on the same
sequences. Each has eight entries, a key and a value of four, in random order; at the end stands a key that
asks. *Look up*: what is the value of that key? *Count*: how many of the values are 0 (3 stands for 3 and
more)? Two networks, equal but for one layer: attention, or a plain mean over all places with a matrix of its
own. If attention were an accelerator as such, it would be ahead on both. If it helps to find one thing among
many, it would be ahead on the first only.
"""


# %% jupyter={"source_hidden": true}
class Mean(Layer):
    """Every place gets the mean of all."""

    def forward(self, X):
        self.T = X.shape[-2]
        mean = np.asarray(X).mean(axis=-2, keepdims=True)
        return np.broadcast_to(mean, X.shape).view(type(X))

    def backward(self, d_out):
        d = np.asarray(d_out).sum(axis=-2, keepdims=True) / self.T
        return np.broadcast_to(d, d_out.shape).view(type(d_out))


def entries(task):
    """Eight entries (key, value) and a key that asks: 9 places of 20 numbers."""

    def batch(n, K, rng):
        keys = rng.permuted(np.tile(np.arange(8), (K, n, 1)), axis=-1)
        values = rng.integers(4, size=(K, n, 8))
        asked = rng.integers(8, size=(K, n, 1))
        X = np.zeros((K, n, 9, 20))
        X[..., :8, :8], X[..., :8, 8:12] = np.eye(8)[keys], np.eye(4)[values]
        X[..., 8, 12:] = np.eye(8)[np.take_along_axis(keys, asked, -1)[..., 0]]
        if task == "look up":
            return X, np.take_along_axis(values, asked, -1)[..., 0]
        return X, np.minimum((values == 0).sum(axis=-1), 3)

    return batch


# %%
def reader(mixing, seed, d=32):
    rng = np.random.default_rng(seed)
    mix = [Attention(d, rng=rng)]
    if mixing == "mean":
        mix = [Mean(), Linear(d, d, rng=rng)]
    return Sequential(
        Linear(20, d, rng=rng),
        ReLU(),
        Residual(*mix),
        Last(),
        Linear(d, 64, rng=rng),
        ReLU(),
        Linear(64, 4, rng=rng),
    )


RATE = {"look up": 0.01, "count": 0.03}  # chosen of three, other seeds
STEPS = {"look up": (15, 50, 150), "count": (15, 50)}
last, fleets = {}, {}
for task in ("look up", "count"):
    for mixing in ("attention", "mean"):
        fleet = Fleet([reader(mixing, seed) for seed in SEEDS])
        right = train(
            fleet, RATE[task], entries(task), STEPS[task][-1], look=STEPS[task]
        )
        last[task, mixing], fleets[task, mixing] = right[-1], fleet
        told = ", ".join(f"{r.mean():.2f} ± {r.std():.2f}" for r in right)
        print(f"{task:8} {mixing:10} after {STEPS[task]} steps: {told}")

# %% jupyter={"source_hidden": true}
gain = {t: (last[t, "attention"] - last[t, "mean"]).mean() for t in RATE}
claim(
    "attention-speeds-convergence",
    measured=gain["look up"] - gain["count"],
    what="accuracy by attention less that by a mean, looking up less counting, at the end, mean of 4 seeds",
)

# %% [markdown]
r"""
For counting, a mean is all one needs, and attention gains nothing. To find one entry among eight it
is another matter. Where did the trained one look?
"""

# %% jupyter={"source_hidden": true}
X, y = entries("look up")(1, 1, np.random.default_rng(7))
net = fleets["look up", "attention"].unstack()[0]
said = net.forward(X[0]).argmax()
weights = net.layers[2].layers[0].weights[0, 0, -1]
print("asked for key", X[0, 0, 8, 12:].argmax(), "· right:", said == y[0, 0])

# %% jupyter={"source_hidden": true}
places = [
    f"key {x[:8].argmax()}\nvalue {x[8:12].argmax()}" for x in X[0, 0, :8]
]
show(
    figures.where_it_looked([*places, "the\nquestion"], weights),
    alt="Weights of the last place over nine places: nearly all lies on the entry whose key was asked for.",
)

# %% [markdown]
r"""
### Positions taken away

Attention found the first word, in the opening. But nothing in the formula says where a key *stands*. There
was one more layer: **positional encoding** adds to each word a vector that depends on its place alone, sines
and cosines of different speeds. Take it away:
"""

# %% jupyter={"source_hidden": true}
for T in (5, 20):
    fleet, right = ask("no positions", T)
    print(f"{T:2} words: without positions {right.mean():.2f}", end="")
    print(f", with them {trained['attention', T][1].mean():.1f}")

words = WORDS[np.random.default_rng(8).integers(4, size=(1, 20))]
shuffled = words[:, np.r_[np.random.default_rng(9).permutation(19), 19]]
for name, kind in {
    "without": fleet,
    "with": trained["attention", 20][0],
}.items():
    change = kind.forward(words) - kind.forward(shuffled)
    same = np.abs(np.asarray(change)).max() < 1e-9
    print(f"{name} positions, after shuffling: logits", end=" ")
    print("the same" if same else "change")

# %% [markdown]
r"""
Shuffle all words but the last, and the answer stays the same to the last digit: without positions a sequence
is a bag. Why is it still right half of the time with 5 words? It names the most frequent of the first four,
and that is the first one in 0.53 of all cases (the mean count of the most frequent, 2.125, divided by 4).

## 3. A transformer block by hand

A **Transformer** alternates two steps on a stack of places, each behind a layer norm (lesson 11) and each
added to what was there: attention, in which places exchange, and a small network on each place alone.

$$X \leftarrow X + \mathrm{attention}(\mathrm{norm}(X)), \qquad
  X \leftarrow X + \mathrm{mlp}(\mathrm{norm}(X))$$

With *heads*, the columns are cut into parts, and each part looks for itself. With a *causal* mask a place
does not see what comes after it. That is all; here it is, against PyTorch's `TransformerEncoderLayer`:
"""


# %%
def norm(X, scale, shift):
    z = X - X.mean(axis=-1, keepdims=True)
    return z / np.sqrt(X.var(axis=-1, keepdims=True) + 1e-5) * scale + shift


def self_attention(X, W_in, b_in, W_out, b_out, heads):
    Q, K, V = np.split(X @ W_in.T + b_in, 3, axis=-1)
    parts = []
    for q, k, v in zip(
        *(np.split(A, heads, axis=-1) for A in (Q, K, V)), strict=True
    ):
        scores = q @ k.T / np.sqrt(q.shape[-1])
        scores[np.triu_indices(len(X), 1)] = -np.inf  # not the future
        parts.append(softmax(scores) @ v)
    return np.concatenate(parts, axis=-1) @ W_out.T + b_out


def block(X, p, heads):
    W_in, b_in, W_out, b_out, W_1, b_1, W_2, b_2, *norms = p
    X = X + self_attention(
        norm(X, *norms[:2]), W_in, b_in, W_out, b_out, heads
    )
    hidden = np.maximum(norm(X, *norms[2:]) @ W_1.T + b_1, 0)
    return X + hidden @ W_2.T + b_2


# %%
theirs = torch.nn.TransformerEncoderLayer(
    16, 4, 32, dropout=0, norm_first=True, batch_first=True
).double()
with torch.no_grad():
    for p in theirs.parameters():
        p.copy_(torch.tensor(rng.normal(size=p.shape)))
X = rng.normal(size=(10, 16))
mask = torch.ones(10, 10, dtype=torch.bool).triu(1)
out = theirs(torch.tensor(X[None]), src_mask=mask)[0].detach().numpy()
ours = block(X, [p.detach().numpy() for p in theirs.parameters()], heads=4)
print("as PyTorch's:", np.allclose(ours, out))

# %% [markdown]
r"""
Large language models are tall stacks of this block, behind a table with a vector for each *token* (a piece of
a word): **GPT-3** has 96 of them, each with the causal mask; **BERT** has 12 or 24, without one, so that each
word sees both sides. (The companion counts their parameters, and measures what the second side is worth.)

## 4. A model of characters

To name the next word, given those before, needs no labels: the text has them. This is **self-supervised
learning**, and a task of **natural language processing (NLP)**, as is all that a machine does with language.
Our text is the course's own: its 328 definitions, in small letters, each formula replaced by `$`. 248 of them
are for training, 40 for validation, 40 for the test. A *perplexity* of 6 means that the model is as uncertain
as if it drew among 6 equally likely characters; it is the exponential of the mean cross-entropy. All 39 alike
would be 39.

The rival first. An **n-gram** model keeps the last few characters, exactly, and nothing else: it counts what
followed them in training. What was never seen gets 0, and one 0 makes the perplexity infinite. So it needs
*smoothing*. The crude kind adds 1 to each count. A fair kind falls back, step by step, on shorter contexts:

$$p_k = \frac{\text{count}_k + s \cdot p_{k-1}}{\text{total}_k + s}$$

Aloud: the counts after the last $k$ characters, plus $s$ counts shared out as the guess from one character
fewer says.
"""

# %%
text, number = definitions(), {c: i for i, c in enumerate(LETTERS)}
counts = {}
for i in range(8, len(text["train"])):
    for k in range(8):
        before = text["train"][i - k : i]
        seen = counts.setdefault(before, np.zeros(len(LETTERS)))
        seen[number[text["train"][i]]] += 1


def fall_back(before, s):
    p = np.full(len(LETTERS), 1 / len(LETTERS))
    for k in range(len(before) + 1):
        seen = counts.get(before[len(before) - k :])
        if seen is None:
            break
        p = (seen + s * p) / (seen.sum() + s)
    return p


def add_one(before, s=1):
    seen = counts.get(before, np.zeros(len(LETTERS)))
    return (seen + s) / (seen.sum() + s * len(LETTERS))


# %% jupyter={"source_hidden": true}
def surprise(model, text, back, s):
    """-log p of every third character, given `back` before it."""
    at = range(WINDOW, len(text), 3)
    p = [model(text[i - back : i], s)[number[text[i]]] for i in at]
    return -np.log(p)


def perplexity(surprises):
    return np.exp(surprises.mean())


# %%
ngram, crude = {}, {}
for back in range(1, 8):
    by_s = {
        s: perplexity(surprise(fall_back, text["validation"], back, s))
        for s in (3, 10, 30)
    }
    ngram[back] = by_s
    crude[back] = perplexity(surprise(add_one, text["validation"], back, 1))
    print(f"{back} back:  s = 3, 10, 30: ", end="")
    print(*(f"{p:5.1f}" for p in by_s.values()), end="")
    print(f"   add one: {crude[back]:5.1f}")

# %% [markdown]
r"""
Four to six characters with $s = 10$ are best; we take five. Crude smoothing is worse the longer the context:
at five, a factor of four. Whoever takes *that* for the baseline beats it easily.

Now the transformer: one block between a table of letters and a linear layer, with 48 numbers a place, four
heads, and 16 characters in view.
"""

# %%
show_source(character_model, fold="how the model is built")
model = characters()  # 800 steps of Adam on 16 windows each

BACK = (1, 2, 3, 4, 6, 10, 16)
looked = {
    back: perplexity(model.surprise(text["validation"], back, every=3))
    for back in BACK
}
print("transformer, by how far back it may look:")
print("  ".join(f"{back}: {p:.1f}" for back, p in looked.items()))

best_ngram = surprise(fall_back, text["test"], 5, 10)
transformer = model.surprise(text["test"], every=3)
print(f"test: n-gram {perplexity(best_ngram):.1f}", end="")
print(f", transformer {perplexity(transformer):.1f}")

# %% jupyter={"source_hidden": true}
show(
    figures.perplexity_by_context(
        {
            "transformer": (np.array(BACK), np.array(list(looked.values()))),
            "n-gram, falls back": (
                np.array(list(ngram)),
                np.array([min(by_s.values()) for by_s in ngram.values()]),
            ),
            "n-gram, add one": (
                np.array(list(crude)),
                np.array(list(crude.values())),
            ),
        }
    ),
    alt="Perplexity by characters seen. The transformer falls from 12 to about 6 at four characters and "
    "stays there. The n-gram that falls back goes from 11 to 5 at four. The n-gram that adds one is "
    "lowest at two, and rises to 19 and more.",
)

# %% [markdown]
r"""
Here the n-gram wins, at every length. Was the transformer stopped too early? Yes: trained two and four
times as long, its perplexity on the test was 5.1 and 4.9 where this was written (one run each). So it was
still falling, and still behind the n-gram's 4.6, which had counted in a fraction of a second. The same look
back helped no more then: it *may* look 16 characters back, and gains next to nothing beyond four or six. This
is a result about 24,000 characters and seconds of training, not about transformers: GPT-3 was trained on 300
thousand million tokens. (The companion mixes the two.)

To **sample** a text, draw the next character from $p$, append it, and ask again. Divide the logits
by a *temperature* before the softmax, and the likely ones become more likely (below 1) or less (above).
*Top-k* keeps the k likeliest only:
"""

# %%
for how in (
    {"temperature": 0.3},
    {"temperature": 0.7},
    {"temperature": 1.5},
    {"top_k": 3},
):
    line = model.sample(1, 60, np.random.default_rng(2), **how)[0]
    print(str(how).ljust(22), line.replace("\n", "/"))

# %% [markdown]
r"""
### Try it

The model has read a piece of the test text. (If you start here, it is trained first, which takes some
seconds.) *Place* is where it stands, *head* which of its four heads you
watch, *temperature* what its guess is divided by. **Predict** first: will a head look back far, or at its
neighbours? And at which temperature does it choose among about two characters?
"""

# %%
explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

Mostly at neighbours: most of the weight lies on the last few characters, as the perplexities above said. The
likeliest character stays the same at all temperatures; how much is left for the others does not. At place 12
the guess is as uncertain as a draw among two somewhere between 0.3 and 0.5.

</details>

## Think

1. An RNN's slope shrinks by a third at each step. What is left of it after 10 steps, and after 50?

<details><summary>Answer</summary>

$(2/3)^{10} = 0.017$ and $(2/3)^{50} = 1.6 \cdot 10^{-9}$.

</details>

2. Attention over $T$ places computes $T \times T$ scores. Twice as long a text costs how much more? And an
   RNN?

<details><summary>Answer</summary>

Four times as many scores, and twice as many steps. That is what looking back costs; the RNN pays with what it
forgets.

</details>

3. A model without a causal mask is trained to name the next character, and reaches a perplexity of 1. Is it
   good?

<details><summary>Answer</summary>

It sees the character that it is asked for: a leak (lesson 01).

</details>

4. Temperature 0.01 and top-1: what do they have in common?

<details><summary>Answer</summary>

Both name the likeliest character, always the same one. So texts from them tend to go in circles.

</details>

## Recap

- A recurrent state is changed at each step, and slopes on the way back are multiplied at each step: before
  training they faded by about four to five powers of ten in 20 words, with gates or without.
- Gates make it possible to learn to keep. In 80 steps the GRU did; the LSTM did when its forget gates
  began near 1.
- Attention reaches any place in one step. It helped to find one thing among many, and not to count.
- Without positions, attention reads a bag.
- A transformer block is attention and a small network, each behind a norm and added. On 24,000 characters an
  n-gram with fair smoothing beat one that was trained for some seconds.
"""

# %% jupyter={"source_hidden": true}
terms("14_sequences")

# %% [markdown]
r"""
Now you: [exercise 14](../exercises/14_sequences/14_sequences.ipynb). For a second reading: [what you may have
heard](14_sequences_heard.ipynb), with embeddings, the forget bias and both sides of a word. Next: lesson 15,
networks that make pictures, and others.

Sources

- S. Hochreiter, J. Schmidhuber, [Long short-term memory](https://doi.org/10.1162/neco.1997.9.8.1735), *Neural
  Computation* 9, 1997; Y. Bengio and others, [Learning long-term dependencies with gradient descent is
  difficult](https://doi.org/10.1109/72.279181), 1994.
- K. Cho and others, [Learning phrase representations using RNN
  encoder-decoder](https://arxiv.org/abs/1406.1078), 2014: the GRU.
- A. Vaswani and others, [Attention is all you need](https://arxiv.org/abs/1706.03762), 2017.
- S. Chen, J. Goodman, [An empirical study of smoothing techniques for language
  modeling](https://aclanthology.org/P96-1041/), 1996.
"""
