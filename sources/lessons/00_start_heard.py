# %% [markdown]
r"""
# 00 · Start: you may have heard

What people say about machine learning as a whole: its kinds, deep learning, the tools. Thirteen sentences,
each tested. No other lesson depends on this page. Where only three dots stand, code is folded that adds
nothing to the text; a click shows it.

**Time:** {minutes} minutes. **Before this:** the lesson, [00 · Start](00_start.ipynb).
"""

# %% jupyter={"source_hidden": true}
from collections import Counter
from itertools import pairwise

import numpy as np
import torch
from sklearn import datasets
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier

from helpers import data
from helpers.claims import claim
from helpers.figures import show, start
from helpers.glossary import terms
from helpers.nn import SGD, CrossEntropyLoss, Linear, MSELoss, ReLU, Sequential
from helpers.splits import holdout
from helpers.training import fit, predict

digits = data.load_digits()  # 1,797 handwritten digits of 8 × 8 pixels
X, y = digits.X / 16, digits.y


def told(name, scores):
    mean = np.mean(scores).round(2) + 0.0  # never -0.00
    print(f"{name:36} {mean:.2f} ± {np.std(scores, ddof=1):.2f}")


# %% [markdown]
r"""
Every number below is a mean over several draws of the rows and of the first weights (`seed`), with their
spread after the ±, the standard deviation. `told` prints both.

## 1. Deep learning

A model is a function $\hat y = f_\theta(x)$, read "y hat is f of x, with theta inside". Data $x$ go in, a
**predicted value** $\hat y$ comes out, and $\theta$ is all its parameters. **Model training** changes
$\theta$; **inference**, or prediction, uses $f$ with $\theta$ left alone. What a trained model knows is
spread over $\theta$: **knowledge representation in weights**.

**Deep learning** is machine learning with layers, one after another, each with its own parameters, trained
together. Here is such a model and its training (the words in it: lessons 04 to 09).
"""


# %%
def network(*sizes, seed=0):
    rng, layers = np.random.default_rng(seed), []
    for n_in, n_out in pairwise(sizes):  # 64, 32, 10: from 64 to 32, to 10
        layers += [Linear(n_in, n_out, rng=rng), ReLU()]
    return Sequential(*layers[:-1])  # no ReLU after the last


def train_net(net, X, y, *, lr=0.1, num_epochs=10, seed=0):
    how = {"batch_size": 32, "num_epochs": num_epochs, "progress": False}
    rng = np.random.default_rng(seed)  # shuffles
    fit(net, CrossEntropyLoss(), SGD(net, lr=lr), X, y, rng=rng, **how)
    return net


def accuracy(net, X, y):
    return np.mean(predict(net, X).argmax(axis=1) == y)


# %% [markdown]
r"""
**"The perceptron has an input, a hidden and an output layer."** It depends on whose.
"""

# %% jupyter={"source_hidden": true}
claim(
    "perceptron-has-hidden-layer",
    source="Rosenblatt 1958: sensory, association and response units, and only the "
    "last connections learn (in his machine, the Mark I, by its manual of 1960: "
    "400, 512 and 8). Minsky & Papert 1969: what one threshold unit, today's "
    "meaning of the word, can separate.",
)

# %% [markdown]
r"""
Take the word as it is used now: one unit that adds up its inputs and compares with a threshold, so one
straight line. XOR is true when exactly one of two inputs is. A line that says "true when either is" gets
three of the four cases right, and no line gets all four.

**"Deep learning extracts features by itself, so you need not select any."** Take 12 columns of noise, and let
the answer be whether columns 0 and 1 have the same sign. A network gets all 12. A simpler model, "do as your
nearest neighbours do", gets the right two from an expert. If the sentence is true, the expert wins nothing.
Each model has the best of three settings, chosen on validation rows and scored on others.
"""


# %%
def fitted(models, A, a, *judges):  # a score of each on each judge
    return [[m.fit(A, a).score(*judge) for judge in judges] for m in models]


def best(scores):  # (seeds, settings, 2): chosen by the first, told the last
    by_validation, by_test = np.moveaxis(np.array(scores), 2, 0)
    return by_test[:, by_validation.mean(axis=0).argmax()]


by_net, by_all, by_expert = [], [], []
for seed in range(5):
    noise = np.random.default_rng(seed).normal(size=(3000, 12))
    same = (noise[:, 0] * noise[:, 1] > 0).astype(int)
    thirds = [*zip(np.split(noise, 3), np.split(same, 3), strict=True)]
    (A, a), *judges = thirds  # train, validation, test
    by_net.append([])
    for lr in (0.03, 0.1, 0.3):
        net = network(12, 64, 64, 2, seed=seed)
        train_net(net, A, a, lr=lr, num_epochs=40, seed=seed)
        by_net[-1].append([accuracy(net, *judge) for judge in judges])
    models = [KNeighborsClassifier(k) for k in (1, 5, 15)]
    by_all.append(fitted(models, A, a, *judges))
    two = [(part[:, :2], answers) for part, answers in judges]
    by_expert.append(fitted(models, A[:, :2], a, *two))


told("12 columns, neighbours", best(by_all))
told("12 columns, network", best(by_net))
told("the right two, neighbours", best(by_expert))

# %%
claim(
    "deep-learning-needs-no-features",
    measured=np.mean(best(by_expert) - best(by_net)),
    digits=3,
    what="accuracy that the expert's two columns win over the network",
)

# %% [markdown]
r"""
The network finds most of the pair by itself, and a simple model that is handed the pair does a little better.

**"Selecting features by hand guarantees that they are correct."** In the table above each of the two columns
alone tells nothing. Who judges columns one by one has no reason to keep them.
"""

# %% jupyter={"source_hidden": true}
claim(
    "manual-selection-is-correct",
    source="Guyon & Elisseeff 2003, section 3.3: two variables that are useless "
    "by themselves can be useful together.",
)

# %% [markdown]
r"""
**"Features that a network finds are not guaranteed to be the right ones."** Put a strip of ten pixels under
each digit. One of them is black and gives the answer away, as a hospital's stamp on its X-rays can. Then test
with random strips. If the network reads the digit, it loses little.
"""

# %% jupyter={"source_hidden": true}
fig = start.watermarks(X[:3], np.eye(10)[y[:3]], [f"digit {k}" for k in y[:3]])
show(
    fig,
    alt="A 0, a 1 and a 2 in coarse pixels. Under each a strip of ten pixels: the first, the second, "
    "the third of them is black.",
)

# %%
same_strip, random_strip, no_strip = [], [], []
for seed in range(3):
    rng = np.random.default_rng(seed)
    train, test = holdout(len(X), test_size=0.2, rng=rng)
    stamped = np.hstack([X, np.eye(10)[y]])  # row k of eye(10): 1 at k
    shuffled = np.hstack([X, np.eye(10)[rng.integers(10, size=len(y))]])
    net = train_net(network(74, 64, 10, seed=seed), stamped[train], y[train])
    same_strip.append(accuracy(net, stamped[test], y[test]))
    random_strip.append(accuracy(net, shuffled[test], y[test]))
    net = train_net(network(64, 64, 10, seed=seed), X[train], y[train])
    no_strip.append(accuracy(net, X[test], y[test]))

told("trained with strips, tested with them", same_strip)
told("trained with strips, random at test", random_strip)
told("trained without", no_strip)

# %% jupyter={"source_hidden": true}
claim(
    "learnt-features-can-mislead",
    measured=np.mean(np.subtract(no_strip, random_strip)),
    what="accuracy lost by learning from pictures with strips",
)

# %% [markdown]
r"""
A test set from the same hospital could not tell: there the score is nearly perfect.

## 2. Kinds of learning

| kind | what it learns from |
| --- | --- |
| **supervised learning** | inputs with answers: a category (**classification**), a number (**regression**) |
| **unsupervised learning** | inputs alone |
| **semi-supervised learning** | a few inputs with answers, and many without |
| **self-supervised learning** | inputs alone, a part of which is hidden and has to be predicted |
| **reinforcement learning** | rewards for what it did |
| transfer | data of its own, beginning with the parameters of an earlier model |
| **online learning** | a stream: each new sample is predicted first, then learned from |
| **continual learning** | one task after another, without forgetting the earlier ones |

**"Unsupervised learning serves clustering and dimensionality reduction."** **Clustering** sorts samples into
groups of similar ones; **dimensionality reduction** describes them with fewer numbers. Ask for ten groups of
digits, without labels. Only afterwards look whether a group holds one kind. Groups of the same sizes, filled
at random, show what chance gives. And with how few numbers (found by PCA, lesson 02) can a picture be told?
What will be mixed up?
"""


# %%
def purity(group):
    largest = [np.bincount(y[group == k]).max() for k in range(10)]
    return sum(largest) / len(y)


found, by_chance = [], []
for seed in range(3):
    groups = KMeans(10, n_init=4, random_state=seed).fit(X)
    found.append(purity(groups.labels_))
    mixed = np.random.default_rng(seed).permutation(groups.labels_)
    by_chance.append(purity(mixed))

told("digits in a group of their own kind", found)
told("the same, groups filled at random", by_chance)

kept = PCA().fit(X).explained_variance_ratio_.cumsum()
enough = np.sum(kept < 0.9) + 1
print(f"{enough} numbers instead of 64 keep 90 % of the variance")

# %% jupyter={"source_hidden": true}
mostly = [np.bincount(y[groups.labels_ == k]).argmax() for k in range(10)]
fig = start.centres(groups.cluster_centers_, [f"mostly {k}" for k in mostly])
show(
    fig,
    alt="The mean pictures of the ten groups; most can be read as digits, and no label was used.",
)

# %% jupyter={"source_hidden": true}
claim(
    "unsupervised-clusters-and-reduces",
    measured=np.mean(found),
    what="share of digits in a group of their own kind (by chance 0.13)",
)

# %% [markdown]
r"""
Most can be read, but two groups hold ones and none is mostly 8. A group is what lies close together, which
need not be what you had in mind.

**"Semi-supervised learning improves performance."** Two data sets. Digits, 50 of them labelled; and two
clouds of points, one above the other, whose classes are left and right, 20 labelled. Two methods, each beside
its twin that sees the labelled rows only: label spreading, which hands each label on to similar rows, beside
the nearest neighbour; self-training, which learns again from those of its own answers that it is sure of,
beside logistic regression. Will unlabelled rows help in both sets, in one, in none?
"""


# %%
def digits_set(seed):
    rows = np.random.default_rng(seed).permutation(len(X))
    return X[rows[:1438]], y[rows[:1438]], X[rows[1438:]], y[rows[1438:]], 50


def clouds_set(seed):
    rng, centers = np.random.default_rng(seed), np.array([[0.0, -3], [0, 3]])
    points, _ = data.blobs(2000, noise=1.0, centers=centers, rng=rng)
    side = (points[:, 0] > 0).astype(int)
    return points[:500], side[:500], points[500:], side[500:], 20


logistic = LogisticRegression(C=10, max_iter=500)
spreading = LabelSpreading(kernel="knn", n_neighbors=20)
twins = {
    "label spreading": (spreading, KNeighborsClassifier(1)),
    "self-training": (SelfTrainingClassifier(logistic), logistic),
}
gain = {}
for where, rows_of in {"digits": digits_set, "clouds": clouds_set}.items():
    for method, (both, few) in twins.items():
        for seed in range(5):
            A, a, B, b, n = rows_of(seed)
            known = np.where(np.arange(len(a)) < n, a, -1)  # -1: no label
            alone = few.fit(A[:n], a[:n]).score(B, b)
            with_all = both.fit(A, known).score(B, b)
            gain.setdefault((where, method), []).append(with_all - alone)
        told(f"{where}, gain of {method}", gain[where, method])

# %% [markdown]
r"""
The number for the verdict: how much more label spreading gains on digits than it moves, up or down, on the
clouds. If unlabelled rows helped as much on the clouds, or nowhere, it would be zero or below.
"""

# %%
on = {w: np.mean(gain[w, "label spreading"]) for w in ("digits", "clouds")}
claim(
    "unlabelled-data-helps",
    measured=on["digits"] - abs(on["clouds"]),
    what="gain in accuracy on digits, less the change on the clouds",
)

# %% [markdown]
r"""
Of digits that lie close together, most share a class; the border of the classes runs through the middle of
both clouds. Which of the two is yours, labelled test rows tell.

**"Self-supervised learning is overfitting that becomes right because the training set is the whole
internet."** A **large language model** such as **ChatGPT** learns to predict the next piece of text; nobody
labels anything. (Then people's demonstrations and ratings teach it to follow instructions.) Drawing from such
a model is **AI-generated content**, or generative AI. Here is the smallest relative. It counts which
character follows which piece of text, up to seven characters long. With a large `trust` it believes a long
piece after few sightings, with a small one it goes by shorter pieces.
"""

# %%
sets = ("iris", "wine", "breast_cancer", "diabetes", "digits")
text = "".join(getattr(datasets, f"load_{s}")().DESCR for s in sets).lower()
alphabet = sorted(set(text))


def counted(read):
    counts = Counter()
    for k in range(9):  # pieces of 0, 1, … 8 characters
        counts.update(read[i : i + k] for i in range(len(read) - k + 1))
    return counts


def probability(character, before, counts, trust):
    p = 1 / len(alphabet)  # knows nothing
    for k in range(8):  # then looks back 0, 1, … 7 characters
        piece = before[len(before) - k :]
        seen = counts[piece + character]
        p = (seen * trust + p) / (counts[piece] * trust + 1)
    return p


counts, rng, written = counted(text), np.random.default_rng(3), "the data "
while len(written) < 150:
    p = [probability(c, written[-8:], counts, trust=0.1) for c in alphabet]
    written += rng.choice(alphabet, p=np.divide(p, sum(p)))
print(" ".join(written.split()))

# %% [markdown]
r"""
Is what it knows by heart what makes it good? **Perplexity** says among how many characters it is guessing, on
average: 61 for one that knows nothing, 1 for one that is sure and right. Five models at each `trust`; each
reads four fifths of the text and is tested on the other fifth. If overfitting is what makes it good, the best
on what was read is the best on the rest.
"""


# %%
def perplexity(text, counts, trust):
    p = []
    for i in range(8, len(text)):
        p.append(probability(text[i], text[i - 8 : i], counts, trust))
    return np.exp(-np.mean(np.log(p)))


trusts, fifth = (2, 0.5, 0.2, 0.1, 0.02), len(text) // 5
known, new = np.zeros((2, 5, len(trusts)))
for k in range(5):
    first, last = k * fifth, (k + 1) * fifth
    counts = counted(text[:first] + text[last:])
    for j, trust in enumerate(trusts):
        part = (text + text)[last : last + 1500]
        known[k, j] = perplexity(part, counts, trust)
        new[k, j] = perplexity(text[first:last], counts, trust)

for j, trust in enumerate(trusts):
    told(f"trust {trust}, read", known[:, j])
    told(f"trust {trust}, not read", new[:, j])

# %%
claim(
    "self-supervision-is-overfitting",
    measured=np.mean(new[:, 0] / new.min(axis=1)),
    digits=1,
    what="perplexity on new text, best by heart over best on new text",
)

# %% [markdown]
r"""
Of the five, the one that knows its text best by heart is the worst on new text.

**"Self-supervised learning learns representations without labels."** Hide half the pixels of each digit and
let a network fill them in. Then use what its inner layers compute for a classifier with 50 labels (logistic
regression; `C` says how freely its weights may grow). If it learned nothing, an untrained network's features
are as good. If its features are what you need, they beat the pixels.
"""


# %%
def inner(net, pictures):
    for layer in net.layers[:4]:  # Linear, ReLU, Linear, ReLU
        pictures = layer.forward(pictures)
    return pictures / pictures.std()


def with_50_labels(Z, train, test):  # half of the test rows choose C
    models = [LogisticRegression(C=C, max_iter=2000) for C in (1, 10, 100)]
    judges = [(Z[rows], y[rows]) for rows in np.split(test, [180])]
    return fitted(models, Z[train[:50]], y[train[:50]], *judges)


untrained, filled_in, pixels = [], [], []
for seed in range(5):
    rng = np.random.default_rng(seed)
    train, test = holdout(len(X), test_size=0.2, rng=rng)
    net = network(64, 64, 32, 64, seed=seed)
    untrained.append(with_50_labels(inner(net, X), train, test))
    pictures = np.tile(X[train], (10, 1))  # each picture ten times
    shown = pictures * (rng.random(pictures.shape) < 0.5)
    how = {"batch_size": 64, "num_epochs": 3, "progress": False}
    fit(net, MSELoss(), SGD(net, lr=8.0), shown, pictures, rng=rng, **how)
    filled_in.append(with_50_labels(inner(net, X), train, test))
    pixels.append(with_50_labels(X, train, test))

name = "features of an untrained network"
print(f"{name:36} {np.mean(best(untrained)):.1f}")
told("features of the one that fills in", best(filled_in))
told("the pixels as they are", best(pixels))

# %%
claim(
    "pretext-task-teaches-representations",
    measured=np.mean(best(filled_in) - best(untrained)),
    what="accuracy with 50 labels that filling in adds to the features",
)

# %% [markdown]
r"""
It learned something. But the pixels are as good: over 50 other draws it was 0.83 against their 0.82. (Of the
rates 4, 8 and 16 none was better by 0.01.)

**"Reinforcement learning is one of the deep-learning algorithms."** An **agent** acts, its **environment**
goes over into another state and hands out a **reward**, and the agent tries to collect as much reward as it
can.
"""

# %% jupyter={"source_hidden": true}
claim(
    "reinforcement-is-deep-learning",
    because="It is a kind of problem: act, get a reward, improve. What is learned "
    "may be a table with one row for each state, and no network.",
)

# %% [markdown]
r"""
**"Every company must build and train its own model."** You need to know whether a digit is odd, and can pay
for 20 labels. Somebody has trained a network to tell all ten digits apart, on 1,000 others. Your own best
model, or theirs and one line of your own? (Yours is chosen on 300 rows more, which is in its favour.)
"""

# %%
own, theirs = [], []
for seed in range(5):
    rows = np.random.default_rng(seed).permutation(len(X))
    yours, validation, test = np.split(rows[1000:], [20, 320])
    net = network(64, 64, 10, seed=seed)
    train_net(net, X[rows[:1000]], y[rows[:1000]])
    says = predict(net, X[test]).argmax(axis=1)
    theirs.append(np.mean(says % 2 == y[test] % 2))
    models = [KNeighborsClassifier(1)]
    models += [LogisticRegression(C=C, max_iter=500) for C in (0.1, 1, 10)]
    judges = [(X[part], y[part] % 2) for part in (validation, test)]
    own.append(fitted(models, X[yours], y[yours] % 2, *judges))

told("the best of your own, 20 labels", best(own))
told("theirs and one line", theirs)

# %%
claim(
    "every-company-trains-its-own",
    measured=np.mean(theirs - best(own)),
    what="accuracy that somebody else's network wins over your own model",
)

# %% [markdown]
r"""
Their problem contains yours. When it does not? A network that knows the digits 0 to 4 is trained further
(*fine-tuned*) on 25 pictures of 5 to 9, against one that begins from nothing. Each has the best of four
rates, chosen on 300 validation pictures.
"""

# %% jupyter={"source_hidden": true}
low, high = y < 5, np.flatnonzero(y >= 5)
from_nothing, fine_tuned = [], []
for seed in range(5):
    source = train_net(network(64, 64, 5, seed=seed), X[low], y[low])
    rows = np.random.default_rng(seed).permutation(high)
    few, *judges = np.split(rows, [25, 325])  # validation, test
    for scores in (from_nothing, fine_tuned):
        scores.append([])
        for lr in (0.2, 0.5, 1, 2):
            net = network(64, 64, 5, seed=seed + 100)
            if scores is fine_tuned:  # begins with their first layer
                net.layers[0].W[:] = source.layers[0].W
                net.layers[0].b[:] = source.layers[0].b
            train_net(net, X[few], y[few] - 5, lr=lr, num_epochs=100)
            scores[-1].append(
                [accuracy(net, X[part], y[part] - 5) for part in judges]
            )

told("from nothing", best(from_nothing))
told("fine-tuned", best(fine_tuned))

# %% [markdown]
r"""
Here there was nothing to win. Lesson 13 comes back to transfer.

**"ChatGPT has freed people from much of the work of labelling."** For some work that was found:
"""

# %% jupyter={"source_hidden": true}
claim(
    "chatgpt-frees-labellers",
    source="Gilardi, Alizadeh & Kubli 2023: on four sets of tweets and news it "
    "labelled more correctly than crowd workers, for about a thirtieth "
    "of the price.",
)

# %% [markdown]
r"""
What does a student learn from a machine's labels? An annotator learns from 100 true labels and labels 1,438
digits. Two students learn from those: one of the annotator's own kind, and one of another. Of the test
pictures that the annotator gets wrong, how many does a student get wrong **in the same way**?
"""

# %% jupyter={"source_hidden": true}
students = {"logistic": logistic, "5 neighbours": KNeighborsClassifier(5)}
right = {name: [] for name in students}
repeated = {name: [] for name in students}
annotator_right = []
for seed in range(5):
    rng = np.random.default_rng(seed)
    train, test = holdout(len(X), test_size=0.2, rng=rng)
    annotator = LogisticRegression(max_iter=500)
    annotator.fit(X[train[:100]], y[train[:100]])
    labels, said = annotator.predict(X[train]), annotator.predict(X[test])
    wrong = said != y[test]
    annotator_right.append(np.mean(~wrong))
    for name, student in students.items():
        answers = student.fit(X[train], labels).predict(X[test])
        right[name].append(np.mean(answers == y[test]))
        repeated[name].append(np.mean(answers[wrong] == said[wrong]))

told("annotator, right", annotator_right)
for name in students:
    told(f"student ({name}), right", right[name])
    told("   the annotator's errors repeated", repeated[name])
    wins = np.sum(np.array(right[name]) > annotator_right)
    print(f"   better than the annotator in {wins} of 5 draws")

# %% [markdown]
r"""
A student of the same kind repeats most of the errors. The other repeats fewer than half, and beats its
annotator each time. You needed true labels to know.

## 3. Tools

A **machine-learning framework** is a library with arrays, automatic derivatives, layers and optimizers.

| framework | what it is for |
| --- | --- |
| **PyTorch** | ordinary Python, line by line; this course's twin |
| **TensorFlow** | Google's; built first and run later in version 1, run at once since 2.0 (2019) |
| **Keras** | a short way to write models, on TensorFlow, JAX or PyTorch |
| **JAX** | NumPy's functions with derivatives, compiled |

**"PyTorch uses a dynamic graph."** A **computational graph** says which operation made which number out of
which; going through it backwards gives the slopes. A **dynamic computation graph** is built anew in each
forward pass. This loop doubles a number until it is past 100, so its slope must be 2 for each turn,
multiplied. A graph that was fixed in the first pass would be right for the first value only, one in four.
"""

# %%
right_slopes = 0
for value in (3.0, 7.0, 30.0, 99.0):
    x = torch.tensor(value, requires_grad=True)
    out, turns = x, 0
    while out < 100:
        out, turns = 2 * out, turns + 1
    out.backward()
    right_slopes += x.grad.item() == 2**turns
    print(f"from {value:2.0f}: {turns} turns, slope {x.grad.item():.0f}")

claim(
    "pytorch-graph-is-dynamic",
    measured=right_slopes / 4,
    what="share of the slopes that are right",
)

# %% [markdown]
r"""
**"Training and using a model both need compute."** **Compute** is arithmetic, counted in floating-point
operations; here nearly all of it is multiplying matrices. A **GPU** has thousands of small arithmetic units
that work at the same time. A **TPU** is Google's chip, built around large grids of multipliers.
"""

# %% jupyter={"source_hidden": true}
claim(
    "training-and-use-need-compute",
    because="For each layer and row: answering is 1 matrix product; training is 1 "
    "forward + 2 backward (slopes of the weights, and of the input, which the "
    "first layer can leave out), so about 3 = 1 + 2.",
)

# %% [markdown]
r"""
## Recap

- Layers find features by themselves: those that help on the data that you have.
- The kinds of learning differ in where the correction comes from.
- Unlabelled rows, transfer and machine labels help in one case and not in the next: measure it.

Back to the lesson: [00 · Start](00_start.ipynb). Next: [01 data splits](01_data_splits.ipynb).

**Sources**

- F. Rosenblatt, "The perceptron", *Psychological Review* 65, 1958; M. Minsky, S. Papert, *Perceptrons*, 1969.
- I. Guyon, A. Elisseeff, "An introduction to variable and feature selection", *JMLR* 3, 2003.
- R. Geirhos et al., "Shortcut learning in deep neural networks", *Nature Machine Intelligence* 2, 2020.
- R. Sutton, A. Barto, *Reinforcement Learning: An Introduction*, 2nd ed., 2018.
- F. Gilardi, M. Alizadeh, M. Kubli, "ChatGPT outperforms crowd workers for text-annotation tasks", *PNAS*
  120, 2023.
"""

# %%
terms("00_start")
