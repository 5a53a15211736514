# %% [markdown]
r"""
# 00 · Start: from a table to a tested model

A model that learns from data is not magic and not large: here is one in eight lines, and you will run it
before you read about it.

**You will be able to**

- run a page like this one, and check an answer or move a slider in it,
- name the steps from a raw table to a model in use, and find the lesson that takes each of them apart,
- say what a model, a parameter and a hyperparameter are, and tell the kinds of learning from each other,
- answer fourteen things that people say about machine learning with a measurement.

**Time:** {minutes} minutes. After sections 1 to 3, the first ten of them, you can go on to [lesson
01](01_data_splits.ipynb). Sections 4 to 7 are for the reader who stays, now or later, and nothing in the next
lessons depends on them.

**Before this:** a little Python, and what an array is.
"""

# %% [markdown]
r"""
## 1. Five minutes

The grey boxes are cells with code. Click the first one and press **Shift+Enter**: it runs, and the next one
is selected. Go on like that down the page.
"""

# %%
import numpy as np

from helpers import data
from helpers.figures import show, start
from helpers.splits import holdout

# %% [markdown]
r"""
Here is a raw table. In the early 1990s, doctors in Wisconsin took a little tissue from 569 breast tumours,
and a program measured the cell nuclei under the microscope: 30 numbers for each tumour. Later each tumour
turned out to be malignant (cancer) or benign (harmless).
"""

# %%
table = data.load_breast_cancer()

print(table)
print(table.feature_names[:4])
for i in (0, 1, 19, 20):
    print(table.X[i, :4].round(1), "… 26 more …", table.target_names[table.y[i]])

# %% [markdown]
r"""
Can eight lines learn from the table to tell the two apart, for tumours that they have **not** seen? A
quarter of the rows is set aside for that question: 142 tumours.

Before you run the cell, make a guess. Someone who says "benign" every time is right about 92 of the 142.
How many will the eight lines get right?
"""

# %%
X, y = table
train, test = holdout(len(X), test_size=0.25, rng=np.random.default_rng(0))
Z = (X - X[train].mean(axis=0)) / X[train].std(axis=0)
w, b = np.zeros(30), 0.0
for _ in range(200):
    error = 1 / (1 + np.exp(-(Z[train] @ w + b))) - y[train]
    w, b = w - 0.5 * Z[train].T @ error / len(train), b - 0.5 * error.mean()
print("right about", np.sum((Z[test] @ w + b > 0) == y[test]), "of", len(test))

# %% [markdown]
r"""
139 of 142, and no line says what cancer looks like. That is **machine learning**: nobody writes the rule;
numbers in a formula are moved, a little at a time, until the formula fits the examples.

You need not understand the eight lines yet. Read them once with these words beside you:

1. the table becomes features `X` (30 numbers a tumour) and answers `y` (0 malignant, 1 benign);
2. some rows are set aside for the test;
3. every column is brought to the same scale;
4. the model gets its 31 numbers, all zero at first;
5. two hundred times,
6. it answers, and is told how wrong each answer was,
7. and every one of the 31 numbers is moved a little in the direction that makes the error smaller;
8. then it is asked about the rows that it has never seen.

Two values in the loop were not learned but chosen beforehand: `200` and `0.5`. Such a value is called a
**hyperparameter**. The 31 numbers that the loop finds are **parameters**.
"""

# %%
scores = Z[test] @ w + b
fig = start.answers(scores, y[test], table.target_names)
show(
    fig,
    alt="The 142 test tumours at the score that the model gives them. Malignant ones are left of zero, "
    "benign ones right of it, except three crosses close to zero: the three wrong answers.",
)

# %% [markdown]
r"""
Each dot is a tumour from the test set, and each cross a wrong answer. The three are close to zero, where
the model is least sure.

That was the whole trade in one screen. The twenty-one lessons that follow take the eight lines apart, and
ask at every piece: why so, what else, and how do you know?
"""

# %% [markdown]
r"""
## 2. How to use these pages

**A page is a notebook**: text, code that you can run and change, and the results of running it. Change a
number in the eight lines (`200` to `5`, or `0.5` to `50`), press Shift+Enter and look. (With `50`, NumPy
warns of an overflow: a number has become too large to hold. That does no harm here.) You cannot break
anything: *Kernel → Restart Kernel and Run All Cells* runs everything afresh, and `course reset NN` in a
terminal gives you an exercise as it was (and keeps a copy of yours).

**Exercises check themselves.** Every lesson after this one has an exercise with empty functions to fill in.
Under each stands a line with `check(...)`. It tells you how much passed and, for the first thing that
failed, what went in, what came out and a hint. Below is an answer to the first task of exercise 01 with a
mistake in it: it takes the first rows of the table as the test set, unshuffled.
"""

# %%
from contextlib import suppress

from helpers.checks import CheckFailed, check


def first_rows(n_samples, test_size, rng):
    n_test = round(n_samples * test_size)
    rows = np.arange(n_samples)
    return rows[n_test:], rows[:n_test]


with suppress(CheckFailed):  # only here, so that the page can be run to its end
    check("data_splits/holdout", first_rows)

# %% [markdown]
r"""
And this is what a right answer gets:
"""

# %%
check("data_splits/holdout", holdout)

# %% [markdown]
r"""
You may run a check as often as you like.

**Sliders** let you try what would take many cells to write. Run the cell, then drag one, or click it and
use the arrow keys. Each lesson says what to predict before you move anything. Here it is the model of
section 1. How many does it get right after a single step? Guess, then set the steps to 1. Then guess again:
with a learning rate (the `0.5` in line 7) a thousand times smaller, what changes, the number of right
answers or how sure it is?
"""

# %%
from helpers.explore.start import explorer

explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

One step is enough for 129 of 142: from zero, it moves every one of the 30 numbers towards the side that its
column speaks for, and thirty columns that vote are rarely wrong together. The other 199 steps win ten more.
With the tiny rate it gets the same 129 right but stays close to 0.5: how sure it is changes, not who is
right. With the huge one it is certain of nearly everything, also where it is wrong.

</details>
"""

# %% [markdown]
r"""
Three more things come back in every lesson. A line such as `claim("…", measured=…)` takes something that
people say, compares it with what was just measured, and prints a verdict. Questions under **Think** have
their answers folded away. And a table of **terms**, in English and Chinese, closes the page.
"""

# %% [markdown]
r"""
## 3. The process, and the lesson for each step
"""

# %%
fig = start.process()
show(
    fig,
    alt="Four rows of boxes. The data: annotate, split, preprocess. The model: define, initialise. "
    "Training: forward, loss, backward, update, and an arrow from update back to forward, for every batch. "
    "The rest: validate, tune, test, save, deploy.",
)

# %% [markdown]
r"""
| step | what it is | in the eight lines | lesson |
| --- | --- | --- | --- |
| annotate | somebody finds out the right answers | the doctors, before line 1 | 03, 12 |
| split | set aside what the model is judged on | line 2 | [01 data splits](01_data_splits.ipynb) |
| preprocess | make the numbers fit to learn from | line 3 | 02 |
| define | choose the formula | `Z @ w + b` | 04, 06, 13, 14 |
| initialise | give the parameters their first values | line 4 | 04 |
| forward | let the model answer | line 6 | 04 |
| loss | one number for how wrong the answers are | not computed, only its slope | 07 |
| backward | for each parameter: which way is better? | `Z.T @ error` | [05 backward](05_backward.ipynb) |
| update | go a step that way | line 7 | 08 |
| validate | look at rows that it does not train on | left out | [10](10_tuning.ipynb), 12 |
| tune | choose hyperparameters by that | left out: 200 and 0.5 were a guess | [10](10_tuning.ipynb) |
| test | judge once, at the end | line 8 | [01](01_data_splits.ipynb), 03, 16 |
| save | keep the parameters | left out | 21 |
| deploy | make it small and fast, let others use it | left out | 17, 18, 19, 20, 21 |

The rows for choosing (validate, tune) and the rows for judging (test) have to be different ones, and the
test comes after the choosing. Lesson 01 shows what happens otherwise.

### The map

| | lessons |
| --- | --- |
| the data and the judge | [01 data splits](01_data_splits.ipynb) ([exercise][e01]), 02 features, 03 metrics |
| the engine, by hand | 04 forward, [05 backward](05_backward.ipynb) ([exercise][e05]), 06 activations |
| | 07 losses, 08 optimizers |
| training that works | [09 training loop](09_training_loop.ipynb) ([exercise][e09]) |
| | [10 tuning](10_tuning.ipynb) ([exercise][e10]), 11 normalization, 12 overfitting |
| other shapes of data | 13 convolution, 14 sequences, 15 generative models |
| can it be trusted | 16 trust |
| small enough to use | 17 distillation, 18 quantization, 19 quantized networks |
| | 20 large models in 4 bits, 21 deployment |

Lessons with a link are ready; the others are being written.

[e01]: ../exercises/01_data_splits/01_data_splits.ipynb
[e05]: ../exercises/05_backward/05_backward.ipynb
[e09]: ../exercises/09_training_loop/09_training_loop.ipynb
[e10]: ../exercises/10_tuning/10_tuning.ipynb

**That was the tour. The next page is [01 data splits](01_data_splits.ipynb).** If you are tired, go there
tomorrow. If you want to know what all the words are that you hear around this, stay: from here on every
section measures something.
"""

# %%
from collections import Counter
from itertools import pairwise

import torch
from sklearn import datasets
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import LinearRegression, LogisticRegression, Perceptron
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.semi_supervised import LabelSpreading
from torch import nn
from torch.nn.functional import cross_entropy

from helpers.claims import claim
from helpers.glossary import terms

torch.set_default_dtype(torch.float64)  # 16 digits: the same printed numbers on every processor
torch.set_num_threads(1)

# %% [markdown]
r"""
## 4. Machine learning and deep learning

A **model** is a function $\hat y = f_\theta(x)$: data $x$ goes in, a **predicted value** $\hat y$ comes
out, and the **parameters** $\theta$ are numbers inside that can be changed. In section 1 the formula was

$$f_\theta(z) = \frac{1}{1 + e^{-(z \cdot w + b)}}$$

and $\theta$ was $w$ and $b$. **Model training** is changing $\theta$ until the average loss on the training
rows is small. **Inference**, or prediction, is using $f$ with $\theta$ left alone.

Where is what the model knows? In $\theta$, and nowhere else. That view is called **knowledge representation
in weights**. You can read it, a little:
"""

# %%
for i in np.argsort(-np.abs(w), kind="stable")[:3]:
    print(f"{table.feature_names[i]:21} {w[i]:+.1f}")

# %% [markdown]
r"""
All three are negative: nuclei that are dented, large or of unequal size speak against "benign". ("Worst" is
the mean of the three largest nuclei, "error" how much they differ.)

**Deep learning** is machine learning with a model made of layers, one after another, each with its own
parameters. The first layers compute something from the input, the next ones from that, and all are trained
together. Here is such a model and its training, in PyTorch. The four steps of the inner loop are those of
the table above.
"""


# %%
def network(*sizes, seed):
    torch.manual_seed(seed)  # initialise
    layers = []
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])  # no ReLU after the last one


def update(model, lr):
    with torch.no_grad():
        for parameter in model.parameters():
            parameter -= lr * parameter.grad
            parameter.grad = None


def fit(model, X, y, *, num_epochs=10, batch_size=32, lr=0.1):
    for _ in range(num_epochs):
        for batch in torch.randperm(len(X)).split(batch_size):
            loss = cross_entropy(model(X[batch]), y[batch])  # forward, loss
            loss.backward()
            update(model, lr)
    return model


def accuracy(model, X, y):
    return (model(X).argmax(dim=1) == y).double().mean().item()


# %% [markdown]
r"""
What do the layers buy? Take 12 columns of noise, and let the answer be whether column 0 and column 1 have
the same sign. Each column alone says nothing; only the two together do. Four ways to deal with it, 1,000
rows to learn from and 1,000 to be judged on, three draws:

- a person (or a customary test, the *F*-test) looks at each column alone and keeps the best two; then the
  model, here "do as your 15 nearest neighbours do", gets only those;
- the same model gets all 12 columns;
- a network with two hidden layers gets all 12 columns;
- someone who knows the subject gives the model the right two.

Predict the order before you run it.
"""


# %%
def neighbours(columns):
    model = KNeighborsClassifier(15).fit(X[:1000, columns], y[:1000])
    return model.score(X[1000:, columns], y[1000:])


right_pair, results = 0, []
for seed in range(3):
    X = np.random.default_rng(seed).normal(size=(2000, 12))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    chosen = SelectKBest(f_classif, k=2).fit(X[:1000], y[:1000]).get_support(indices=True)
    right_pair += set(chosen) == {0, 1}
    X_t, y_t = torch.tensor(X), torch.tensor(y)
    net = fit(network(12, 64, 64, 2, seed=seed), X_t[:1000], y_t[:1000], num_epochs=15, lr=0.3)
    by_network = accuracy(net, X_t[1000:], y_t[1000:])
    results.append([neighbours(chosen), neighbours(range(12)), by_network, neighbours([0, 1])])

by_test, by_all, by_network, by_expert = np.mean(results, axis=0)
print(f"the two best columns, each tested alone  {by_test:.2f}   (the right two: {right_pair} of 3 times)")
print(f"all 12 columns, neighbours               {by_all:.2f}")
print(f"all 12 columns, network                  {by_network:.2f}")
print(f"the right two, given by an expert        {by_expert:.2f}")

# %% [markdown]
r"""
That answers two things that you may have heard. *"Selecting features by hand guarantees that they are
correct."* And: *"deep learning extracts features by itself, so no selection is needed."* The network does
find the pair by itself, and yet a much simpler model that is handed the pair by an expert does better.
"""

# %%
claim("manual-selection-is-correct", measured=right_pair / 3)
claim("deep-learning-needs-no-features", measured=by_expert - by_network)

# %% [markdown]
r"""
And are the features that a network finds the right ones? Take 1,797 pictures of handwritten digits, 8 × 8
pixels, and put under each a strip of ten pixels, one of which is black and gives the answer away, as a
hospital's stamp on its X-rays can. Then test with strips that are random.
"""

# %%
digits = data.load_digits()
X, y = torch.tensor(digits.X / 16), torch.tensor(digits.y)
train, test = holdout(len(X), test_size=0.2, rng=np.random.default_rng(0))

honest_strip = torch.eye(10)[y]
random_strip = torch.eye(10)[np.random.default_rng(1).integers(10, size=len(y))]
stamped, misleading = torch.cat([X, honest_strip], dim=1), torch.cat([X, random_strip], dim=1)

fig = start.watermarks(X[:3], honest_strip[:3], [f"digit {k}" for k in y[:3]])
show(
    fig,
    alt="A 0, a 1 and a 2 in coarse pixels, each over a strip of ten pixels in which that place is black.",
)

# %%
with_strip = fit(network(74, 64, 10, seed=0), stamped[train], y[train])
without = fit(network(64, 64, 10, seed=0), X[train], y[train])

fooled = accuracy(with_strip, misleading[test], y[test])
seeing = accuracy(without, X[test], y[test])
print(f"trained with the strip, tested with it    {accuracy(with_strip, stamped[test], y[test]):.2f}")
print(f"trained with the strip, random at test    {fooled:.2f}")
print(f"trained without                           {seeing:.2f}")

# %% [markdown]
r"""
A nearly perfect test score, for the wrong reason. The test set came from the same hospital, so it could not
tell. Learned features are those that help **on the data that you have**.
"""

# %%
claim("learnt-features-can-mislead", measured=seeing - fooled)

# %% [markdown]
r"""
## 5. Kinds of learning

They differ in one thing: where the answer comes from that the model is corrected by.

| kind | corrected by | example |
| --- | --- | --- |
| supervised | answers that somebody gave | section 1 |
| unsupervised | nothing; it describes the inputs | groups of customers |
| semi-supervised | a few answers, and many inputs without | 50 labelled scans of 5,000 |
| self-supervised | a part of the input that was hidden | the next word of a text |
| reinforcement | a reward for what it did | a game |
| transfer | an earlier model's parameters as the start | a model of all animals, for your six breeds of dog |

### Supervised

In **supervised learning** every sample comes with its answer. When the answer is a category (malignant or
benign) the problem is called **classification**; when it is a number (how far a disease has gone in a
year), **regression**.

You may have heard that *linear and logistic regression relate two variables*, and that the logistic one
needs a yes-or-no answer. (Its name says regression, its use is classification: section 1 was one.) Predict
diabetes from one column, the best, and from all ten; then let a logistic regression tell ten digits apart.
$R^2$ is 1 for a perfect prediction and 0 for always answering the mean.
"""

# %%
diabetes = data.load_diabetes()
folds = KFold(10, shuffle=True, random_state=0)


def r_squared(columns):
    score = cross_val_score(LinearRegression(), diabetes.X[:, columns], diabetes.y, cv=folds, scoring="r2")
    return score.mean()


one, all_ten = max(r_squared([j]) for j in range(10)), r_squared(range(10))
ten_classes = LogisticRegression(max_iter=500).fit(X[train], y[train]).score(X[test], y[test])
print(f"diabetes, R²: best single column {one:.2f}, all ten columns {all_ten:.2f}")
print(f"digits, 64 columns and ten classes, accuracy of logistic regression: {ten_classes:.2f}")
claim("regression-takes-two-variables", measured=all_ten - one)

# %% [markdown]
r"""
### Unsupervised

In **unsupervised learning** there are no answers. **Clustering** sorts the samples into groups of similar
ones. **Dimensionality reduction** describes them with fewer numbers. Ask for ten groups of digits, without
saying what a digit is; only afterwards look at the labels, to see what each group mostly holds. What would
you expect to be mixed up?
"""

# %%
groups = KMeans(10, n_init=4, random_state=0).fit(digits.X)
mostly = [np.bincount(digits.y[groups.labels_ == k]).argmax() for k in range(10)]
purity = np.mean(np.array(mostly)[groups.labels_] == digits.y)

explained = PCA().fit(digits.X).explained_variance_ratio_.cumsum()
print(f"share of digits in a group of their own kind: {purity:.2f}")
print(f"numbers per picture that keep 90 % of the variance: {np.sum(explained < 0.9) + 1} of 64")

fig = start.centres(groups.cluster_centers_, [f"mostly {k}" for k in mostly])
show(fig, alt="The mean pictures of the ten groups; most are readable digits, and no label was used.")

# %%
claim("unsupervised-clusters-and-reduces", measured=purity)

# %% [markdown]
r"""
Most of the mean pictures can be read, although no label was used. But there are two groups of ones and none
for the 8: a group is whatever lies close together, not what you had in mind.

You can also draw new data from a model of what data look like. That is **AI-generated content**, or
generative AI: text, images or sound sampled from a model that has learned what such data are like. A small
one follows in a moment, and lesson 15 builds others.

### Semi-supervised

Labels are expensive, inputs are cheap. **Semi-supervised learning** uses a few labelled samples and many
unlabelled ones. It is said to *improve performance*. Two cases, five draws each. In the first, 50 labels
spread from picture to similar picture among 1,438 digits; the rival is the nearest of the 50.
"""


# %%
def digits_scores(seed):
    train, test = holdout(len(X), test_size=0.2, rng=np.random.default_rng(seed))
    labels = np.where(np.arange(len(train)) < 50, digits.y[train], -1)  # -1: no label
    pictures, unseen = digits.X[train], digits.X[test]
    few = KNeighborsClassifier(1).fit(pictures[:50], labels[:50])
    spread = LabelSpreading(kernel="knn", n_neighbors=10, alpha=0.2).fit(pictures, labels)
    return [few.score(unseen, digits.y[test]), spread.score(unseen, digits.y[test])]


# %% [markdown]
r"""
In the second case there are two clouds of points, one above the other, and the classes are left and right.
The method finds the two clouds, and gives each the label that most of its labelled points have. Which of
the two cases will gain from the unlabelled points?
"""


# %%
def clouds_scores(seed):
    places = np.array([[0.0, -3.0], [0.0, 3.0]])
    points, _ = data.blobs(600, noise=1.0, centers=places, rng=np.random.default_rng(seed))
    side = (points[:, 0] > 0).astype(int)  # left or right: across both clouds
    few = LogisticRegression().fit(points[:20], side[:20])
    cloud = KMeans(2, n_init=4, random_state=0).fit(points[:500]).predict(points)
    majority = np.array([np.bincount(side[:20][cloud[:20] == k]).argmax() for k in (0, 1)])
    return [few.score(points[500:], side[500:]), np.mean(majority[cloud[500:]] == side[500:])]


gains = []
for name, scores in {"digits": digits_scores, "two clouds": clouds_scores}.items():
    few, both = np.mean([scores(seed) for seed in range(5)], axis=0)
    gains.append(both - few)
    print(f"{name:10}  labelled only {few:.2f}, with the unlabelled too {both:.2f}")

# %% [markdown]
r"""
On digits the unlabelled pictures help; on the clouds they do great harm. Both methods assume that what lies
together belongs together. Digits are like that; the clouds were made so that they are not. No method can
tell you which of the two you have. A test set can. The number below is the difference between the two
gains.
"""

# %%
claim("unlabelled-data-helps", measured=gains[0] - gains[1])

# %% [markdown]
r"""
### Self-supervised

In **self-supervised learning** the answer is cut out of the input: hide the next letter of a text, and
predict it. Nobody has to label anything. A **large language model** such as **ChatGPT** is a large network
trained in this way on a great deal of text, and then tuned with people's demonstrations and ratings so that
it follows instructions.

Here is the smallest relative of it. It counts which character follows which piece of text, and mixes the
counts of long pieces with those of short ones. Its text: the descriptions of five data sets in
scikit-learn, 14,279 characters, the last fifth of which it does not read.
"""

# %%
sets = ("iris", "wine", "breast_cancer", "diabetes", "digits")
text = "".join(getattr(datasets, f"load_{name}")().DESCR for name in sets).lower()
cut = int(0.8 * len(text))
read, held_out = text[:cut], text[cut:]

alphabet = sorted(set(text))
counts = Counter(read[i : i + k] for k in range(9) for i in range(len(read) - k + 1))


def probability(character, before, order):
    p = 1 / len(alphabet)  # knows nothing
    for k in range(order):  # then looks back 0, 1, … order - 1 characters
        piece = before[len(before) - k :]
        p = (counts[piece + character] + 0.5 * p) / (counts[piece] + 0.5)
    return p


# %% [markdown]
r"""
Draw one character after another from it, and it writes:
"""

# %%
rng, written = np.random.default_rng(3), "the data "
while len(written) < 160:
    p = [probability(character, written[-4:], order=5) for character in alphabet]
    written += rng.choice(alphabet, p=np.divide(p, sum(p)))
print(" ".join(written.split()))

# %% [markdown]
r"""
You may have heard that self-supervised learning is *overfitting that becomes right because the training set
is the whole internet*. To overfit is to learn the training data by heart. A model's **perplexity** says how
many characters, on average, it is guessing among: 61 for one that knows nothing, 1 for one that is always
sure and right. Let the memory grow. What will happen to the perplexity on the text that it has read, and on
the text that it has not?
"""


# %%
def perplexity(text, order):
    p = [probability(text[i], text[i - 8 : i], order) for i in range(8, len(text))]
    return np.exp(-np.mean(np.log(p)))


orders = (1, 2, 3, 4, 6, 8)
on_read = [perplexity(read[:2000], order) for order in orders]
on_held_out = [perplexity(held_out, order) for order in orders]

for order, known, new in zip(orders, on_read, on_held_out, strict=True):
    print(f"pieces of {order}: read {known:4.1f}, not read {new:4.1f}")

fig = start.perplexities(orders, on_read, on_held_out)
show(
    fig,
    alt="Perplexity by length of piece. On the text it has read it falls to 1; on other text it falls until "
    "pieces of two characters and then rises above where it began.",
)

# %%
claim("self-supervision-is-overfitting", measured=on_held_out[-1] / min(on_held_out))

# %% [markdown]
r"""
Learning by heart makes the model worse on new text, and held-out text is what language models are judged
by. More text helps because there is more to learn from, not because it is remembered.

Self-supervised learning is also said to *learn representations without labels*: first hide half the pixels
of each digit and let a network fill them in, then use what its inner layer computes as features for a
classifier with only 50 labels. Is that better than the pixels themselves?
"""


# %%
def encoder(seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())


def fill_in(pictures, seed, steps=400):
    inner = encoder(seed)
    model = nn.Sequential(inner, nn.Linear(32, 64))
    for batch in pictures[torch.randint(len(pictures), (steps, 64))]:
        hidden = torch.rand(batch.shape) < 0.5
        loss = ((model(batch * ~hidden) - batch)[hidden] ** 2).mean()
        loss.backward()
        update(model, lr=8.0)
    return inner


# %%
def with_50_labels(features, train, test):
    features = features.detach().numpy()
    model = LogisticRegression(C=10, max_iter=2000).fit(features[train[:50]], digits.y[train[:50]])
    return model.score(features[test], digits.y[test])


results = []
for seed in range(3):
    train, test = holdout(len(X), test_size=0.2, rng=np.random.default_rng(seed))
    for features in (encoder(seed)(X), fill_in(X[train], seed)(X), X):
        results.append(with_50_labels(features, train, test))

untrained, filled_in, pixels = np.reshape(results, (3, 3)).mean(axis=0)
print(f"features of an untrained network           {untrained:.2f}")
print(f"features of the network that fills in      {filled_in:.2f}")
print(f"the pixels as they are                     {pixels:.2f}")
claim("pretext-task-teaches-representations", measured=filled_in - pixels)

# %% [markdown]
r"""
It learned a great deal, compared with where it began. But on pictures this small the pixels are as good.
Whether such features help you is a question to your data, not to the method.

### Reinforcement

In **reinforcement learning** nobody knows the right answer. An **agent** acts, its **environment** goes
over into another state and hands out a **reward**, and the agent tries to collect as much reward as it can
over time. The environment here has 4 × 4 squares. The agent begins at the top left; a step costs 0.04, and
reaching the bottom right pays 1. It keeps a table `Q` of what each action is worth in each square. After
each step it moves one number of that table towards the reward that came plus the worth of the best action
in the new square; one time in five it tries something at random.
"""


# %%
def step(square, action):
    row, column = divmod(square, 4)
    d_row, d_column = [(-1, 0), (1, 0), (0, -1), (0, 1)][action]  # up, down, left, right
    new = 4 * min(max(row + d_row, 0), 3) + min(max(column + d_column, 0), 3)
    return new, 1.0 if new == 15 else -0.04


rng, Q = np.random.default_rng(0), np.zeros((16, 4))
for _ in range(300):
    square = 0
    while square != 15:
        action = rng.integers(4) if rng.random() < 0.2 else Q[square].argmax()
        new, reward = step(square, action)
        Q[square, action] += 0.3 * (reward + 0.95 * Q[new].max() - Q[square, action])
        square = new


# %%
def walk(choose, square=0, steps=0):
    while square != 15 and steps < 200:
        square, _ = step(square, choose(square))
        steps += 1
    return steps


learned = walk(lambda square: Q[square].argmax())
at_random = np.mean([walk(lambda square: rng.integers(4)) for _ in range(200)])
print(f"steps to the goal: {learned} after learning (6 is the fewest), about {at_random:.0f} at random")
fig = start.policy(Q)
show(
    fig,
    alt="A grid of 4 × 4 squares. All arrows lead right or down to the goal, except in the top right corner.",
)

# %% [markdown]
r"""
Reinforcement learning is often *listed among the deep-learning algorithms*. What was trained here is a
table of 16 × 4 numbers. Reinforcement learning is a kind of problem; a deep network is one way to hold `Q`
when there are too many squares for a table. (The arrow in the top right corner is wrong: the agent was
hardly ever there. It learns only about what it tries.)
"""

# %%
claim("reinforcement-is-deep-learning", measured=learned, digits=0)

# %% [markdown]
r"""
### Transfer, and learning that goes on

In transfer learning a model that was trained for one problem is the start for another. *Every company must
build and train its own model*, you may hear. Suppose that you need to know whether a digit is odd, and can
pay for 20 labels. Somebody else has trained a network on 1,000 digits for another purpose, and you may use
it. Train your own, or use theirs, with one line of your own around it?
"""

# %%
own, theirs = [], []
for seed in range(3):
    rows = np.random.default_rng(seed).permutation(len(X))
    yours, test = rows[1000:1020], rows[1020:]
    their_network = fit(network(64, 64, 10, seed=seed), X[rows[:1000]], y[rows[:1000]])
    your_model = LogisticRegression(max_iter=500).fit(X[yours], y[yours] % 2)
    own.append(your_model.score(X[test], y[test] % 2))
    theirs.append(np.mean((their_network(X[test]).argmax(dim=1) % 2 == y[test] % 2).numpy()))

print(f"your own, 20 labels: {np.mean(own):.2f}   theirs and one line: {np.mean(theirs):.2f}")
claim("every-company-trains-its-own", measured=np.mean(theirs) - np.mean(own))

# %% [markdown]
r"""
It worked because their problem contains yours. The verdict also says that fine-tuning, training an existing
network a little further, takes fewer steps. Is that so when the problems differ? Below, a network that
knows the digits 0 to 4 is fine-tuned on 25 pictures of 5 to 9, ten updates, against one that begins from
nothing, at two learning rates.
"""

# %%
low, high = digits.y < 5, np.flatnonzero(digits.y >= 5)
rates, results = (0.1, 0.5), []
for seed in range(3):
    source = fit(network(64, 64, 5, seed=seed), X[low], y[low])
    rows = np.random.default_rng(seed).permutation(high)
    few, rest = rows[:25], rows[25:]
    for lr in rates:
        new, tuned = network(64, 64, 5, seed=seed), network(64, 64, 5, seed=seed)
        tuned[0].load_state_dict(source[0].state_dict())  # its first layer is the source's
        for model in (new, tuned):
            fit(model, X[few], y[few] - 5, num_epochs=10, lr=lr)
            results.append(accuracy(model, X[rest], y[rest] - 5))

for lr, (from_nothing, fine_tuned) in zip(rates, np.reshape(results, (3, 2, 2)).mean(axis=0), strict=True):
    print(f"learning rate {lr}: from nothing {from_nothing:.2f}, fine-tuned {fine_tuned:.2f}")

# %% [markdown]
r"""
At the first rate fine-tuning wins by far; at the second, which suits both better, there is nothing to win.
A comparison is fair only when both sides have what suits them. Lesson 13 comes back to transfer, with
pictures that have more in common.

Two more words belong here. In **online learning** the data come as a stream, and the model is updated with
each sample or small chunk; it is judged by predicting each one before it learns from it. In **continual
learning** the problem itself changes, one task after another, and the difficulty is not to forget the
earlier ones.
"""

# %% [markdown]
r"""
## 6. Tools: frameworks and machines

A **machine-learning framework** is a library with arrays, automatic derivatives, ready-made layers,
optimizers and ways to save the result. You write the forward pass; it works out the backward one.

| framework | what it is for |
| --- | --- |
| **PyTorch** | ordinary Python, line by line; most research and most published models; this course's twin |
| **TensorFlow** | Google's; computations are built, then run; on phones and in many older systems |
| **Keras** | a short way to write models (stack, compile, fit) on top of TensorFlow, JAX or PyTorch |
| **JAX** | NumPy's functions with derivatives, compiled for accelerators; research on large machines |

For tables, scikit-learn is often all that you need.

How does a framework know the derivative? It keeps a **computational graph**: which operation made which
number out of which. Going through it backwards gives the gradient; lesson 05 builds one in 30 lines. A
**dynamic computation graph** is built anew in every forward pass, so it may depend on the data. This loop
doubles a number until it is past 100. How often depends on the number; the slope of the result must be 2
for each turn, multiplied.
"""

# %%
as_it_must_be = 0
for value in (3.0, 7.0, 30.0, 99.0):
    x = torch.tensor(value, requires_grad=True)
    out, turns = x, 0
    while out < 100:
        out, turns = 2 * out, turns + 1
    out.backward()
    as_it_must_be += x.grad.item() == 2**turns
    print(f"from {value:2.0f}: {turns} turns, slope {x.grad.item():.0f}")

claim("pytorch-graph-is-dynamic", measured=as_it_must_be / 4)

# %% [markdown]
r"""
**Compute** is the amount of arithmetic that hardware can do, counted in floating-point operations. Nearly
all of it, in these models, is multiplying matrices. A **GPU** is a processor with thousands of small
arithmetic units that work at the same time, made for graphics and good at just that. A **TPU** is Google's
chip with little else on it than one large grid of multipliers, for numbers of low precision. This course
needs neither.

*Training and using a model both need compute*, and you can work out how much. In the forward pass each
weight costs a multiplication and an addition for every row. In the backward pass each weight costs that
twice more: once for its own gradient, and once for the gradient of the layer's input, which the first layer
does not need. For a network of 64, 512, 512 and 10:
"""

# %%
weights = np.array([64 * 512, 512 * 512, 512 * 10])
forward = 2 * weights.sum()
backward = 4 * weights.sum() - 2 * weights[0]
print(f"one answer {forward:,} operations, one row of a training step {forward + backward:,}")
print(f"ratio {(forward + backward) / forward:.1f}")

# %% [markdown]
r"""
That was a prediction. And on the clock? The count leaves out what costs time besides arithmetic: keeping
the values of the forward pass, and making room for each gradient. So expect a larger ratio, and another one
on your machine.
"""

# %% tags=["nbval-ignore-output"]
from statistics import median
from timeit import repeat

net = network(64, 512, 512, 10, seed=0)
rows, truth = torch.randn(256, 64), torch.randint(10, (256,))


def use():
    with torch.no_grad():
        net(rows)


def train_step():
    cross_entropy(net(rows), truth).backward()


ms = {run.__name__: 1000 * median(repeat(run, number=1, repeat=9)) for run in (use, train_step)}
ratio = ms["train_step"] / ms["use"]
assert 1.3 < ratio < 12
print(f"256 answers {ms['use']:.1f} ms, a training step with 256 rows {ms['train_step']:.1f} ms")
claim("training-and-use-need-compute", measured=ratio, digits=1)

# %% [markdown]
r"""
And training does that for every row, in every round through the data, while an answer is needed once.
"""

# %% [markdown]
r"""
## 7. You may have heard

**"The perceptron has an input, a hidden and an output layer."** Rosenblatt's perceptron of 1958 has no
hidden layer: it is one unit that adds up its inputs and compares with a threshold. That decides what it can
learn. AND is true for (1, 1) only; XOR is true when exactly one input is. One straight line separates the
first, none the second.
"""

# %%
corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


def best_of_ten(model, truth):
    fits = (model.set_params(random_state=seed).fit(corners, truth) for seed in range(10))
    return max(fitted.score(corners, truth) for fitted in fits)


for name, truth in {"AND": [0, 0, 0, 1], "XOR": [0, 1, 1, 0]}.items():
    perceptron = best_of_ten(Perceptron(tol=None), truth)
    hidden = best_of_ten(MLPClassifier(8, activation="tanh", solver="lbfgs"), truth)
    print(f"{name}: best of 10 seeds, perceptron {perceptron:.2f}, with a hidden layer {hidden:.2f}")

claim("perceptron-has-hidden-layer", measured=perceptron)

# %% [markdown]
r"""
**"ChatGPT has freed people from much of the work of labelling."** Labels by a model are cheap. How good is
a second model that learns from them? Here people label 100 digits, a first model learns from these and
labels all 1,438 of the training set, and a second model learns from its labels. For comparison: the same
with true labels.
"""

# %%
results = []
for seed in range(3):
    train, test = holdout(len(X), test_size=0.2, rng=np.random.default_rng(seed))
    annotator = LogisticRegression(max_iter=500).fit(X[train[:100]], y[train[:100]])
    for labels in (annotator.predict(X[train]), digits.y[train]):
        second = LogisticRegression(max_iter=500).fit(X[train], labels)
        results += [np.mean(labels == digits.y[train]), second.score(X[test], y[test])]

labels_right, by_machine, _, by_people = np.reshape(results, (3, 4)).mean(axis=0)
print(f"labels by the model: {labels_right:.2f} right; learning from them: {by_machine:.2f}")
print(f"learning from true labels: {by_people:.2f}")
claim("chatgpt-frees-labellers", measured=by_people - by_machine)

# %% [markdown]
r"""
The second model inherits the first one's errors, nearly all of them. And to know that, you needed true
labels for the test set. That part of the work stays with people.
"""

# %% [markdown]
r"""
## 8. Think

1. The eight lines were right about 139 of 142. Are they better than a model that is right about 137 of the
   same 142?

<details><summary>An answer</summary>

You cannot tell from one test set. Two more or fewer right answers out of 142 is what another shuffle of the
rows gives: with the seeds 0 to 5 the same eight lines get between 137 and 141. Lesson 01 works out how sure
a test score is.

</details>

2. Line 3 takes the mean and the spread from `X[train]`, not from all of `X`. Why go to the trouble?

<details><summary>An answer</summary>

The test rows stand for data that do not exist yet. Whatever is computed with their help lets a little of
them into the model. Here it would hardly change the score; lesson 01 shows a case where it changes
everything.

</details>

3. In the strip experiment, would a larger test set from the same hospital have shown the mistake?

<details><summary>An answer</summary>

No. Every picture in it would carry an honest strip. Only data from elsewhere, or a look at what the model
uses, can show it. Lesson 16 does both.

</details>

4. A company has a million unlabelled photos and 200 labelled ones. Which kinds of learning could it try,
   and what does it need in any case?

<details><summary>An answer</summary>

Transfer from an existing model and supervised learning on the 200 first, since that is the least work; then
semi-supervised or self-supervised learning with the million. In any case it needs labelled photos that none
of these has seen, to find out which was best.

</details>
"""

# %% [markdown]
r"""
## Recap

- A model is a formula with numbers in it; training moves the numbers until the answers fit the examples.
- Parameters are learned, hyperparameters are chosen, and a test on rows that were never seen is the judge.
- The loop is always forward, loss, backward, update; the steps around it decide whether the result is worth
  anything.
- Kinds of learning differ in where the correction comes from: people, nobody, a few labels, the input
  itself, a reward, an earlier model.
- What people say can be measured. Of the fourteen sentences on this page, four are true as they are told.

**Next:** [01 data splits](01_data_splits.ipynb), why a model is judged on data that it has not seen, and
how to cut a table without fooling yourself. This lesson has no exercise.

**Sources**

- T. Mitchell, *Machine Learning*, McGraw-Hill, 1997, chapter 1: what it means to learn from experience.
- I. Goodfellow, Y. Bengio, A. Courville, *Deep Learning*, MIT Press, 2016, chapter 5 (free at
  deeplearningbook.org).
- R. Sutton, A. Barto, *Reinforcement Learning: An Introduction*, 2nd ed., MIT Press, 2018: the agent, the
  reward, and `Q`.
- R. Geirhos et al., "Shortcut learning in deep neural networks", *Nature Machine Intelligence* 2, 2020:
  more strips under pictures.
- N. Street, W. Wolberg, O. Mangasarian, "Nuclear feature extraction for breast tumor diagnosis", 1993: the
  table of section 1.
"""

# %%
terms("00_start")
