# %% [markdown]
r"""
# Exercise 14 · Sequences

Five tasks, 19 points, about 40 minutes. You write what networks for sequences are made of. At the end you
measure how well the letters of this course's own definitions can be predicted. Lesson: [14 ·
Sequences](../../lessons/14_sequences.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.
"""

# %%
from collections import Counter

import numpy as np

from helpers.checks import check
from helpers.glossary import terms_of

# %% [markdown] task="sequences/through_time"
r"""
## Task 1 · One piece of a long text (4 points)

A text that is too long for one pass is read in pieces: an RNN begins a piece with the state that the piece
before has left. Its step is

$$h_t = \tanh(x_t W_x + h_{t-1} W_h + b).$$

Write `through_time(X, h, W_x, W_h, b, dH)`: the way through one piece, there and back, for n texts at once.

- `X` has shape (n, T, d), T steps of d numbers; `h` (n, k) is the state **before** the first step.
- `W_x` is (d, k), `W_h` (k, k), and `b` (k,).
- `dH` (n, T, k) holds, for each state, the slope of the loss **by what was read off that state itself**. A
  state moves the later ones of the piece as well. That share is not in it.

Return five arrays: `H` (n, T, k), all the states from the first step on; `dW_x`, `dW_h` and `db`, the slopes
for the parameters; and `dh` (n, k), the slope for the `h` that was passed. Leave the inputs as they are.

For example, with one text, two steps, and one number everywhere:

    X, h = np.array([[[0.0], [-1.0]]]), np.array([[0.0]])
    W_x, W_h, b = np.array([[1.0]]), np.array([[2.0]]), np.array([np.arctanh(0.5)])
    through_time(X, h, W_x, W_h, b, np.array([[[0.0], [4.0]]]))
    →  H = [[[0.5] [0.5]]],  dW_x = [[-3.]],  dW_h = [[1.5]],  db = [7.5],  dh = [[9.]]

By hand: in both steps the tanh of what comes in is 0.5, and there its slope is 0.75. Behind the second tanh
the slope is 4, before it 3. By the 2 of `W_h` that makes 6 for the first state, so 4.5 before the first tanh,
and 9 for `h`.
"""


# %% answer="sequences/through_time"
def through_time(X, h, W_x, W_h, b, dH):
    """H (n, T, k), then dW_x, dW_h, db and dh, shaped as W_x, W_h, b, h."""
    ### BEGIN SOLUTION
    states = [h]
    for t in range(X.shape[1]):
        states.append(np.tanh(X[:, t] @ W_x + states[-1] @ W_h + b))
    dW_x, dW_h, db, dh = 0, 0, 0, 0
    for t in reversed(range(X.shape[1])):
        dz = (dh + dH[:, t]) * (1 - states[t + 1] ** 2)
        dW_x = dW_x + X[:, t].T @ dz
        dW_h = dW_h + states[t].T @ dz
        db = db + dz.sum(axis=0)
        dh = dz @ W_h.T
    return np.stack(states[1:], axis=1), dW_x, dW_h, db, dh
    ### END SOLUTION


# %% check="sequences/through_time"
check("sequences/through_time", through_time)

# %% [markdown] task="sequences/attention"
r"""
## Task 2 · Looking into another text (4 points)

A translator looks, for each word that it writes, into the text that it translates. Such an attention is
between two sequences: the T places of one ask, the S places of the other answer.

Write `attention(Q, K, V, seen)` for n pairs of texts.

- `Q` (n, T, d) holds the queries, `K` (n, S, d) the keys, and `V` (n, S, m) the values.
- `seen` (n, T, S) is True where a place that asks may look at a place that answers. All others are hidden.

A query and a key give the score $q \cdot k / \sqrt d$. The softmax of the scores that a place sees gives its
weights; they sum to 1. What is hidden has the weight 0, and its score plays no part, however large it is.
A place that sees **nothing** gets nothing: all its weights are 0, and so is its `out`.

Return `out` (n, T, m), the values averaged with these weights, and `weights` (n, T, S). Scores can be
thousands above or below 0. Leave the inputs as they are.

For example, with one pair, three places that ask the same, two that answer, and d = 4:

    Q = np.array([[[2.0, 0.0, 0.0, 0.0]] * 3])
    K = np.array([[[0.0, 0.0, 0.0, 0.0], [np.log(3), 0.0, 0.0, 0.0]]])
    V = np.array([[[4.0], [8.0]]])
    attention(Q, K, V, np.array([[[True, True], [True, False], [False, False]]]))
    →  out = [[[7.] [4.] [0.]]],  weights = [[[0.25 0.75] [1.  0. ] [0.  0. ]]]

By hand: the scores are 0 and ln 3 for each. So the weights are as 1 to 3, and ¼ · 4 + ¾ · 8 = 7. The second
place sees one other only, the third sees none.
"""


# %% answer="sequences/attention"
def attention(Q, K, V, seen):
    """out (n, T, m), and the weights (n, T, S)."""
    ### BEGIN SOLUTION
    scores = Q @ K.swapaxes(1, 2) / np.sqrt(Q.shape[-1])
    scores = np.where(seen, scores, -np.inf)
    largest = scores.max(axis=-1, keepdims=True)
    largest = np.where(seen.any(axis=-1, keepdims=True), largest, 0.0)
    e = np.exp(scores - largest)
    total = e.sum(axis=-1, keepdims=True)
    weights = e / np.where(total > 0, total, 1.0)
    return weights @ V, weights
    ### END SOLUTION


# %% check="sequences/attention"
check("sequences/attention", attention)

# %% [markdown] task="sequences/positions"
r"""
## Task 3 · Where in which text (3 points)

Attention knows no order, so each word is told its place. To waste no room, several short texts are often
packed into one row, one behind the other. Each of them counts its own places: 0, 1, 2 and so on.

Write `positions(lengths, d, base)`. `lengths` is a list of whole numbers: how many words each text of the
row has, at least 1. Return an array of shape (sum of the lengths, d), where `d` is even. For the word at
place t of **its own text**

$$\text{column } 2i:\ \sin\frac{t}{\text{base}^{2i/d}}, \qquad
\text{column } 2i + 1:\ \cos\frac{t}{\text{base}^{2i/d}}, \qquad i = 0, \dots, \tfrac d2 - 1 .$$

So sines and cosines take turns, and the two of a pair turn equally fast. For example:

    positions([1, 2], 4, 100.0)
    →  array([[0.        , 1.        , 0.        , 1.        ],
              [0.        , 1.        , 0.        , 1.        ],
              [0.84147098, 0.54030231, 0.09983342, 0.99500417]])

By hand: both texts begin at place 0, with sin 0 = 0 and cos 0 = 1. The last word is at place 1. Its two
angles are 1 / 1 and 1 / 100^½ = 0.1.
"""


# %% answer="sequences/positions"
def positions(lengths, d, base):
    """Sines and cosines of the place in each text, (sum of lengths, d)."""
    ### BEGIN SOLUTION
    t = np.concatenate([np.arange(length) for length in lengths])
    angles = t[:, None] / base ** (np.arange(0, d, 2) / d)
    out = np.empty((len(t), d))
    out[:, 0::2], out[:, 1::2] = np.sin(angles), np.cos(angles)
    return out
    ### END SOLUTION


# %% check="sequences/positions"
check("sequences/positions", positions)

# %% [markdown] task="sequences/sample"
r"""
## Task 4 · What comes next (4 points)

A language model gives a logit for each token that may come next. Which one comes is drawn.

Write `sample(logits, temperature, top_k, size, rng)`. `logits` has shape (V,), one for each token. Draw
`size` tokens, each by itself, and return their numbers, from 0 to V - 1, as an array of shape (size,).

- Only tokens with one of the `top_k` largest logits may come; `top_k` is from 1 to V. **A tie** keeps them
  all: a token whose logit equals the `top_k`-th largest stays, so more than `top_k` may be left.
- Of those, each comes with a probability in proportion to $e^{\text{logit}/\text{temperature}}$.
- `temperature` is 0 or above. At 0 nothing is left to chance: the token with the largest logit comes, every
  time. If several have it, it is the first of them.

Logits may be in the thousands, and the temperature may be small. All chance comes from `rng`. Leave `logits`
as they are. For example:

    logits = np.array([0.0, np.log(3), -4.0, np.log(3), np.log(9)])
    sample(logits, 0.0, 5, 3, rng)  →  array([4, 4, 4])
    sample(logits, 1.0, 2, 8, rng)  →  e.g. array([4, 4, 1, 4, 3, 4, 4, 1])
    sample(logits, 0.5, 2, 8, rng)  →  e.g. array([4, 4, 4, 4, 4, 3, 4, 4])

By hand: the second largest logit is ln 3, and two tokens have it. So 1, 3 and 4 are left. At temperature 1
they come as 3 to 3 to 9. At 0.5 each logit counts double: as 9 to 9 to 81.
"""


# %% answer="sequences/sample"
def sample(logits, temperature, top_k, size, rng):
    """Numbers of `size` tokens that were drawn, (size,)."""
    ### BEGIN SOLUTION
    if temperature == 0:
        return np.full(size, logits.argmax())
    kept = logits >= np.sort(logits)[-top_k]
    weights = np.exp((logits - logits.max()) / temperature) * kept
    return rng.choice(len(logits), size=size, p=weights / weights.sum())
    ### END SOLUTION


# %% check="sequences/sample"
check("sequences/sample", sample)

# %% [markdown] task="sequences/perplexity"
r"""
## Task 5 · How surprising are the definitions? (4 points)

The next cell takes all definitions of this course's terms. An **n-gram model** predicts each character from
the few before it, its *context*, by counting. It is what a network has to beat.

Write `perplexity(train, new, alphabet, order, alpha)`. `train` and `new` are lists of texts. `alphabet` is a
string with every character that may come, each once; one of them is the end sign `"\n"`, which stands in no
text. `order` is the length of the context, 0 or more.

- Each text is read by itself, from its first character on. After its last one comes the end sign: that is
  **predicted too**, so a text of m characters has m + 1 that count. Before the first one think as many end
  signs as the context needs.
- In `train`, count how often each character came after each context. With V characters in the alphabet,

$$p(c \mid \text{context}) = \frac{\text{count}(\text{context}, c) + \alpha}
{\text{count}(\text{context}) + \alpha V} ,$$

where count(context) is how often **any** character came after it, and `alpha` (above 0) a count that each
character gets for nothing. So what never came is not impossible. (With alpha = 1 this is the crude smoothing
of the lesson, which adds one. A smaller alpha is less crude.)

Return the perplexity on `new`, a number: e to the power of the mean of $-\ln p$, over all characters that
count, of all texts together. For example:

    perplexity(["ab"], ["ab"], "ab\n", 1, 1.0)        →  2.0
    perplexity(["ab"], ["ab", "b"], "ab\n", 1, 1.0)   →  2.2973967…

By hand: in training a came after the sign, b after a, and the sign after b, each once. So each of these has
the probability (1 + 1) / (1 + 3), and all others have ¼. The text ab asks for ½, ½, ½, and b for ¼ and ½. The
product of these five is 2⁻⁶, and 2 to the power of 6/5 is 2.297.

<details><summary>Hint</summary>

With `padded = "\n" * order + text + "\n"`, what stands at the place i, and what in the `order` places before
it? `Counter` (the first cell has it) counts anything that a dictionary takes as a key.
</details>
"""

# %%
texts = [term.definition for n in range(22) for term in terms_of(f"{n:02}")]
texts = np.random.default_rng(0).permutation(texts).tolist()
alphabet = "".join(sorted({"\n", *"".join(texts)}))
print(len(texts), "texts,", len(alphabet), "characters; the first text:")
print(texts[0])


# %% answer="sequences/perplexity"
def perplexity(train, new, alphabet, order, alpha):
    """The perplexity on `new` of an n-gram model counted on `train`."""

    ### BEGIN SOLUTION
    def pairs(texts):
        for text in texts:
            padded = "\n" * order + text + "\n"
            for i in range(order, len(padded)):
                yield padded[i - order : i], padded[i]

    both = Counter(pairs(train))
    contexts = Counter(context for context, _ in pairs(train))
    total = alpha * len(alphabet)
    p = [(both[c, x] + alpha) / (contexts[c] + total) for c, x in pairs(new)]
    return np.exp(-np.mean(np.log(p)))
    ### END SOLUTION


# %% check="sequences/perplexity"
check("sequences/perplexity", perplexity)

# %% [markdown]
r"""
## Afterwards

All five pass? Then see how far the characters before help. In a new cell, run

    train, new = texts[:250], texts[250:]
    for order in range(6):
        tried = [perplexity(train, new, alphabet, order, alpha) for alpha in (0.001, 0.01, 0.1, 1.0)]
        print(order, np.round(tried, 1), round(perplexity(train, train, alphabet, order, 0.01), 1))

The last column is the perplexity on the training texts. A guess among all characters would have the
perplexity `len(alphabet)`. From which order on do training and new texts part? Where is the best number for
new ones, and what does a larger alpha do at order 5? Would you choose order and alpha on the texts on which
you report the perplexity?

These numbers cannot be compared with those of the lesson, though both come from the same definitions. Why
not? (Which characters do its texts have?)
"""
