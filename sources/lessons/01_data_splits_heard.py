# %% [markdown]
r"""
# 01 · Data splits: you may have heard

Seven sentences that are often told about splits, each with a measurement or a definition, and what only a
second reading wants. No other lesson depends on this page; take what you like.

**Time:** {minutes} minutes. **Before this:** the lesson, [01 · Data splits](01_data_splits.ipynb).

`told` writes the mean of several runs, ± their spread (standard deviation).
"""

# %% jupyter={"source_hidden": true}
import numpy as np
from scipy.stats import binomtest
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeClassifier
from torch import Generator
from torch.utils.data import random_split

from helpers import data
from helpers.claims import claim
from helpers.splits import holdout, k_fold, three_way, time_split

X, y = data.load_digits()
X_cancer, y_cancer = data.load_breast_cancer()
n = len(X_cancer)


def told(values):
    """The mean and the spread (standard deviation) of several runs, as text."""
    return f"{np.mean(values):.2f} ± {np.std(values):.2f}"


def nearest_neighbour(X_train, y_train, X_new):
    """The label of the nearest training row, for each row of X_new."""
    squares = (X_train**2).sum(axis=1)
    distances = squares - 2 * X_new @ X_train.T
    return y_train[distances.argmin(axis=1)]


def accuracy(y_true, y_predicted):
    """The share of labels that are right."""
    return np.mean(y_true == y_predicted)


# %% [markdown]
r"""
## "The three sets must be disjoint"

What if they are not? Let $k$ neighbours vote. How large $k$ should be is a choice, so the validation set
makes it. Compare two: rows of their own, and the training rows once more. Three labels in ten are replaced
by chance ones, as careless annotation would. If overlap does no harm, both choices are equally good on clean
test rows.
"""


# %%
def with_errors(y, share, rng):
    """A copy of y, in which about that share is drawn anew by chance."""
    y = y.copy()
    hit = rng.random(len(y)) < share
    y[hit] = rng.integers(10, size=hit.sum())
    return y


disjoint, overlapping = [], []
for seed in range(10):
    rng = np.random.default_rng(seed)
    given = with_errors(y, 0.3, rng)
    train, validation, test = three_way(len(X), 0.2, 0.2, rng)
    models = [KNeighborsClassifier(k) for k in (1, 3, 5, 9, 15, 25, 45)]
    for model in models:
        model.fit(X[train], given[train])
    for rows, found in [(validation, disjoint), (train, overlapping)]:
        scores = [model.score(X[rows], given[rows]) for model in models]
        best = models[np.argmax(scores)]
        found.append(best.score(X[test], y[test]))

print("chosen on rows of their own: ", told(disjoint))
print("chosen on the training rows: ", told(overlapping))

# %% [markdown]
r"""
On rows that it has seen, one neighbour scores 1.00 and is chosen, errors and all. The number is what this
costs.
"""

# %%
claim(
    "sets-must-be-disjoint",
    measured=np.mean(disjoint) - np.mean(overlapping),
    what="test accuracy lost by choosing on the training rows",
)

# %% [markdown]
r"""
## "The validation set is for updating hyperparameters by hand"

By hand or by machine, the more you try, the more the best score flatters. A program searches 40 candidates
(five columns each) by 3-fold cross-validation, on pure noise, where the truth is 0.5. The honest way around
is *nested* cross-validation: an outer loop holds rows out, and the whole search runs inside, without them.
If a search by machine were safe, both scores would be 0.5.
"""


# %%
def search(X, y, candidates, rng):
    """The candidate with the best 3-fold score, and that score."""
    folds, means = k_fold(len(X), 3, rng), []
    for c in candidates:
        Z = X[:, c]
        turns = []
        for a, b in folds:
            guess = nearest_neighbour(Z[a], y[a], Z[b])
            turns.append(accuracy(y[b], guess))
        means.append(np.mean(turns))
    return candidates[np.argmax(means)], max(means)


best, nested = [], []
for seed in range(20):
    rng = np.random.default_rng(seed)
    noise, coin = rng.normal(size=(60, 200)), rng.integers(2, size=60)
    candidates = [rng.choice(200, 5, replace=False) for _ in range(40)]
    best.append(search(noise, coin, candidates, rng)[1])

    turns = []
    for a, b in k_fold(60, 3, rng):  # the search never sees the rows b
        c, _ = search(noise[a], coin[a], candidates, rng)
        guess = nearest_neighbour(noise[a][:, c], coin[a], noise[b][:, c])
        turns.append(accuracy(coin[b], guess))
    nested.append(np.mean(turns))

print("score of the best candidate", told(best))
print("nested                     ", told(nested))

# %%
claim(
    "validation-only-by-hand",
    measured=np.mean(best) - np.mean(nested),
    what="accuracy that a search by machine flatters itself by",
)

# %% [markdown]
r"""
## "Cross-validation is a remedy against overfitting"

It is a measuring instrument. The tree that you trained before is the same tree after. What can help is the
choice that you make with it. Here for a decision tree (a model that asks one question after the other),
trained on digits with three labels in ten drawn anew. The choice: how many rows a leaf, an end of the tree,
needs at least. The number is what the choice gains on the test set; 0 would mean that it helps nothing.
"""


# %%
def tree(leaf):
    return DecisionTreeClassifier(min_samples_leaf=leaf, random_state=0)


leaves = [1, 5, 10, 20, 40, 80]
plain, chosen = [], []
for seed in range(4):
    rng = np.random.default_rng(seed)
    train, test = holdout(len(X), 0.2, rng)
    given = with_errors(y, 0.3, rng)[train]
    means = []
    for leaf in leaves:
        means.append(cross_val_score(tree(leaf), X[train], given).mean())
    best = leaves[np.argmax(means)]
    for leaf, scores in [(1, plain), (best, chosen)]:
        model = tree(leaf).fit(X[train], given)
        scores.append(model.score(X[test], y[test]))

print("the tree as it comes:      ", told(plain))
print("the tree that folds choose:", told(chosen))

# %%
claim(
    "cross-validation-cures-overfitting",
    measured=np.mean(chosen) - np.mean(plain),
    what="test accuracy gained by the choice that cross-validation made",
)

# %% [markdown]
r"""
## "Even a very low training loss does not make validation superfluous"

The *loss* is what a network's training makes small; zero is perfect. A network of 256 hidden units sees 500
digits until its loss is below 0.1, once with the true labels, once with labels dealt out by chance. If a low
loss were enough to judge by, equal losses would mean equal scores on new rows.
"""

# %%
scores = {"true": [], "chance": []}
for seed in range(3):
    rng = np.random.default_rng(seed)
    old, new = np.split(rng.permutation(len(X)), [500])
    for name, labels in [("true", y), ("chance", rng.permutation(y))]:
        net = MLPClassifier(256, learning_rate_init=0.003, random_state=seed)
        net.loss_ = np.inf
        while net.loss_ > 0.1:
            net.partial_fit(X[old] / 16, labels[old], classes=range(10))
        scores[name].append(net.score(X[new] / 16, labels[new]))

for name, values in scores.items():
    print(f"{name:6} labels, training loss below 0.1: {told(values)}")

# %%
claim(
    "low-loss-still-needs-validation",
    measured=np.mean(scores["true"]) - np.mean(scores["chance"]),
    what="accuracy on new rows, true minus chance labels, at equal loss",
)

# %% [markdown]
r"""
## "Fine-tuning a pretrained model on little data needs no validation set"

A network has learned the digits 0 to 4. What its hidden layer computes describes the digits 5 to 9 too, so
only a new last layer, a linear classifier, is trained, with 20 labelled rows. It has a setting: the strength
of a penalty (lesson 12 says what that does). Without validation you take the one that fits the 20 rows best.
With five folds of these 20 rows, you take the one with the best average, and train it on all 20.

Two questions. Does validation *choose* better? A gain near 0 says no, one of 0.05 or more says yes. And does
it *tell* how good the model is?
"""

# %%
small, large = np.flatnonzero(y < 5), np.flatnonzero(y >= 5)
net = MLPClassifier((64,), learning_rate_init=0.003, random_state=0)
for _ in range(60):
    net.partial_fit(X[small] / 16, y[small], classes=range(5))
hidden = np.maximum(X / 16 @ net.coefs_[0] + net.intercepts_[0], 0)

penalties = [0.01, 0.1, 1, 10, 100]
seen, without, by_folds, folds_say = [], [], [], []
for seed in range(20):
    rng = np.random.default_rng(seed)
    few, rest = np.split(rng.permutation(large), [20])
    Z, labels = hidden[few], y[few]
    heads = [RidgeClassifier(penalty).fit(Z, labels) for penalty in penalties]
    fits = [head.score(Z, labels) for head in heads]
    folds = [cross_val_score(head, Z, labels, cv=KFold(5)) for head in heads]
    means = [scores.mean() for scores in folds]
    truth = [head.score(hidden[rest], y[rest]) for head in heads]
    seen.append(max(fits))
    without.append(truth[np.argmax(fits)])
    folds_say.append(max(means))
    by_folds.append(truth[np.argmax(means)])

print("without: the 20 rows say", told(seen), " the rest", told(without))
print("folds:   the folds say  ", told(folds_say), " the rest", told(by_folds))

# %%
claim(
    "fine-tuning-skips-validation",
    measured=np.mean(by_folds) - np.mean(without),
    digits=1,
    what="accuracy gained by choosing with folds of the 20 rows",
)

# %% [markdown]
r"""
For the *choice* nothing was gained here; a fold holds only four rows, which is perhaps too few to tell the
penalties apart. But the *estimate* is another matter. The 20 rows say that the model is perfect. The folds
come close to the truth on average, though what they say moves by 0.1 from one set of 20 rows to the next.

## "Online learning has no fixed validation set"

When rows arrive one after the other, predict each before you learn from it. Every row is a test row once,
and a training row ever after.
"""

# %%
claim(
    "online-learning-no-fixed-validation",
    because="Learning online is learning from each row when it comes. So a "
    "row can be scored before it is learned from (test, then train), and no "
    "rows need to be set aside.",
)

# %% [markdown]
r"""
## "Good generalization means that the model neither underfits nor overfits"

To *underfit* is to miss even the training rows; to *overfit*, as it is mostly told, is to learn them by
heart, errors included. Generalization is something else: few errors on new samples. Do the two go together?
A hundred trees that each grow until they know every training row vote, on digits with a fifth of the labels
drawn anew. Beside them stand forests whose leaves hold at least 2, 5 or 10 rows, the best of them picked
*afterwards*, by its test score, which favours it. If good generalization needed a good fit, the forest that
knows the errors by heart would lose clearly, by 0.05 or more.
"""

# %%
fits, by_heart, others = [], [], []
for seed in range(3):
    rng = np.random.default_rng(seed)
    given = with_errors(y, 0.2, rng)
    train, test = holdout(len(X), 0.3, rng)
    scores = []
    for leaf in (1, 2, 5, 10):
        model = ExtraTreesClassifier(random_state=seed, min_samples_leaf=leaf)
        model.fit(X[train], given[train])
        scores.append(model.score(X[test], y[test]))
        if leaf == 1:
            fits.append(model.score(X[train], given[train]))
    by_heart.append(scores[0])
    others.append(max(scores[1:]))

print("knows its rows by heart: training", told(fits))
print("                         test    ", told(by_heart))
print("best other forest:       test    ", told(others))

# %%
claim(
    "generalization-means-good-fit",
    measured=np.mean(by_heart) - np.mean(others),
    what="test accuracy, forest that knows errors by heart minus best other",
)

# %% [markdown]
r"""
So a model can know every wrong label and still answer new rows well. Not every model can: one nearest
neighbour also knows its rows by heart, and scored 0.72 at the top of this page. What the training score says
depends on the model; what new rows say does not.

## For a second reading

### Scaling before the split

Subtract a column's mean, divide by its spread: taken from all rows, this is a leak. How large is it, over 50
splits of the tumours?
"""


# %%
def scaled_score(train, test, fitted_on):
    known = X_cancer[fitted_on]
    Z = (X_cancer - known.mean(axis=0)) / known.std(axis=0)
    guess = nearest_neighbour(Z[train], y_cancer[train], Z[test])
    return accuracy(y_cancer[test], guess)


differences = []
for seed in range(50):
    train, test = holdout(n, 0.2, np.random.default_rng(seed))
    leaky = scaled_score(train, test, fitted_on=np.arange(n))
    differences.append(leaky - scaled_score(train, test, fitted_on=train))
print("all rows minus training rows:", told(differences))

# %% [markdown]
r"""
Too small to see. It sees no labels, and a mean over 569 rows barely depends on 114 of them.

### Time, and new hands

In a random walk each value is the last one plus chance; some prices are nearly like that. The model is the
nearest neighbour in time. `days[:, None]` stands a row of numbers up as a table with one column, as the
model expects. Twenty walks:
"""

# %%
days = np.arange(1000.0)[:, None]  # shape (1000, 1)
at_random, at_the_end = [], []
for seed in range(20):
    rng = np.random.default_rng(seed)
    price = rng.normal(size=1000).cumsum()  # chance, added up
    splits = [holdout(1000, 0.2, rng), time_split(1000, 0.2)]
    for (a, b), errors in zip(splits, [at_random, at_the_end], strict=True):
        guess = nearest_neighbour(days[a], price[a], days[b])
        errors.append(np.abs(guess - price[b]).mean())

print("days drawn at random: mean error", told(at_random))
print("the last 200 days:    mean error", told(at_the_end))

# %% [markdown]
r"""
And a group split that you did not ask for: 13 people wrote the digits, and the file seems to list one person
after the other. Cut it without shuffling, and the last fifth is by people whose writing the model hardly
knows.
"""

# %%
a, b = time_split(len(X), 0.2)
in_order = accuracy(y[b], nearest_neighbour(X[a], y[a], X[b]))
shuffled = []
for seed in range(10):
    a, b = holdout(len(X), 0.2, np.random.default_rng(seed))
    shuffled.append(accuracy(y[b], nearest_neighbour(X[a], y[a], X[b])))
print(f"shuffled {told(shuffled)}, in the file's order {in_order:.2f}")

# %% [markdown]
r"""
Neither number is wrong. They answer different questions: a new picture by a known hand, or by a new hand.

### Wilson's interval

"Score ± 1.96 SE" gives 57 of 57 right an interval of no width. Wilson's (1927) has no such hole:

$$\frac{\hat p + \frac{z^2}{2n} \pm z\sqrt{\frac{\hat p(1-\hat p)}{n} + \frac{z^2}{4n^2}}}
{1 + \frac{z^2}{n}}, \qquad z = 1.96 .$$

Read it: $\hat p$, "p hat", is the measured share. It is pulled a little towards one half, as if about four
rows had been added, two right and two wrong; around it goes nearly the usual $z$ times SE. The limits stay
between 0 and 1.
"""


# %%
def wilson(n_right, n, z=1.96):
    """A 95 % interval for the true accuracy."""
    p = n_right / n
    middle = p + z**2 / (2 * n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return np.array([middle - half, middle + half]) / (1 + z**2 / n)


for n_right, of in [(54, 57), (57, 57), (9_650, 10_000)]:
    low, high = wilson(n_right, of)
    print(f"{n_right} of {of}: from {low:.3f} to {high:.3f}")
scipy = binomtest(54, 57).proportion_ci(method="wilson")
print("SciPy agrees:", np.allclose(wilson(54, 57), [*scipy], atol=1e-4))

# %% [markdown]
r"""
### The same in the libraries

PyTorch's `random_split` shuffles with its own generator, so the rows differ from ours; the sizes agree. A
part stores row numbers only, in `.indices`. scikit-learn's `KFold` cuts folds of our sizes.
"""

# %%
parts = random_split(range(n), [0.7, 0.15, 0.15], Generator().manual_seed(0))
print("PyTorch:", [len(part.indices) for part in parts])
ours = [len(held) for _, held in k_fold(n, 5, np.random.default_rng(0))]
print("folds:  ", ours == [len(held) for _, held in KFold(5).split(X_cancer)])

# %% [markdown]
r"""
Back to the lesson: [01 · Data splits](01_data_splits.ipynb).

**Sources**

- G. C. Cawley and N. L. C. Talbot, "On over-fitting in model selection and subsequent selection bias in
  performance evaluation", *Journal of Machine Learning Research* 11, 2010: nested cross-validation.
- C. Zhang and others, "Understanding deep learning requires rethinking generalization", *ICLR*, 2017.
- P. L. Bartlett and others, "Benign overfitting in linear regression", *PNAS* 117, 2020.
- E. B. Wilson, "Probable inference, the law of succession, and statistical inference", *JASA* 22, 1927.
"""
