# %% [markdown]
r"""
# 01 · Data splits

A model that is judged on the rows it learned from is judged on its memory. This lesson is about the other
question, the one that matters: how good will it be on rows that it has never met?

**You will be able to**

- cut data into a training, a validation and a test set, and say what each of them may decide;
- choose between a random, a stratified, a grouped and a time split;
- say how sure a test score is, and whether two models really differ;
- recognise a leak by the score that it fakes.

**Time:** {minutes} minutes. **Before this:** [00 · Start](00_start.ipynb).
"""

# %% jupyter={"source_hidden": true}
import numpy as np
from scipy.stats import binomtest
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from helpers import data
from helpers.claims import claim
from helpers.explore.data_splits import explorer
from helpers.figures import data_splits as figures
from helpers.figures import show
from helpers.glossary import terms
from helpers.splits import holdout, k_fold, stratified_holdout, time_split


def told(values):
    """The mean and the spread (standard deviation) of several runs, as text."""
    return f"{np.mean(values):.2f} ± {np.std(values):.2f}"


# %% [markdown]
r"""
## 1. Old rows and new rows

The *digits* **data set** (or *dataset*) holds 1,797 **samples**. A sample is one example: here a picture of
8 × 8 grey values from 0 to 16, written as a row of 64 numbers. Each sample has a **label**, also called
**ground truth**: the digit that a person said it shows. Writing labels down is **data annotation**, and
people err, so a label can be wrong. (A larger cousin is **MNIST**: 70,000 pictures of 28 × 28.)

In code, `X` is a table with one sample per row, and `y` has one label per row.

Chance comes from a *generator*, called `rng` (random number generator). In `np.random.default_rng(0)` the 0
is its **seed**: the same seed gives the same numbers, so you see what this page shows. Another seed is
another draw. `rng.permutation(y)` is `y` in shuffled order.
"""

# %%
X, y = data.load_digits()
rng = np.random.default_rng(0)
y_random = rng.permutation(y)  # the same labels, dealt out by chance
print("X", X.shape, "  y", y.shape)

# %% jupyter={"source_hidden": true}
show(
    figures.digits_with_labels(X, y, y_random),
    alt="Ten small pictures of the digits 0 to 9. Above each is its true label, below it a chance one.",
)

# %% [markdown]
r"""
The model is the **nearest neighbour**. A new picture gets the label of the training picture that resembles
it most. First use scikit-learn's.

Give it the labels **drawn by chance**, the orange ones under the pictures. They say nothing about what is
in them. It learns from half of the rows, and the other half is left aside. A list of row numbers in brackets
picks these rows: `X[old]`.

Before you run the next cell: what share of the labels will it get right on the rows that it learned from?
And on the others?
"""

# %% tags=["predict"]
order = np.random.default_rng(0).permutation(len(X))
old, new = order[899:], order[:899]

for name, labels in {"true": y, "chance": y_random}.items():
    model = KNeighborsClassifier(n_neighbors=1)
    model.fit(X[old], labels[old])
    on_old = model.score(X[old], labels[old])
    on_new = model.score(X[new], labels[new])
    print(f"{name:6} labels: old rows {on_old:.2f}, new rows {on_new:.2f}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

On the rows that it learned from, the score is perfect, 1.00, **whatever the labels are**. Each row is its own
nearest neighbour, so the model looks the answer up. On new rows it is 0.98 for true labels and 0.10, a guess,
for labels that mean nothing.

</details>

The first number cannot tell sense from nonsense; the second can. How well a model does on new samples of the
same kind is called its **generalization**. The difference between the two is the *generalization gap*.

### The model in three lines

Near means a small squared distance between the 64 grey values of a new row $a$ and of a training row $b$:

$$\lVert a-b\rVert^2 = \lVert b\rVert^2 - 2\,a\cdot b + \lVert a\rVert^2 .$$

Read it: subtract value by value, square, add up; that is the squares of $b$, minus twice the products of $a$
and $b$, plus the squares of $a$. The last part is the same for every training row, so it cannot change which
is nearest, and the code leaves it out. `X_new @ X_train.T` holds the products of every new row (down) with
every training row (across).
"""


# %%
def nearest_neighbour(X_train, y_train, X_new):
    """The label of the nearest training row, for each row of X_new."""
    squares = (X_train**2).sum(axis=1)  # one number per training row
    distances = squares - 2 * X_new @ X_train.T
    return y_train[distances.argmin(axis=1)]  # the place of the smallest


def accuracy(y_true, y_predicted):
    """The share of labels that are right."""
    return np.mean(y_true == y_predicted)


ours = nearest_neighbour(X[old], y[old], X[new])
model = KNeighborsClassifier(n_neighbors=1).fit(X[old], y[old])
same = np.array_equal(ours, model.predict(X[new]))
print("same answers as scikit-learn:", same)
print("accuracy", round(accuracy(y[new], ours), 2))

# %% [markdown]
r"""
## 2. Three sets, three jobs

Holding rows back to measure with is the **holdout method**. One such set is not enough, since you also have
to *choose*: which model, how many neighbours (a *hyperparameter*: you choose it, the model does not learn
it). A score that you choose by becomes part of how the model was made; section 5 measures what this does to
it. So there are three sets:

| set | what it decides | you look |
| --- | --- | --- |
| **training set** | the *parameters*: what the model learns by itself | always |
| **validation set** (evaluation set) | your choices, called **model selection** | often; it wears out |
| **test set** | nothing; it is the last measurement | once |

You may hear it told otherwise:
"""

# %% jupyter={"source_hidden": true}
claim(
    "validation-set-adjusts-parameters",
    because="The rows that parameters are fitted to are training rows, by "
    "the meaning of the word. Validation rows choose between models that "
    "were fitted without them.",
)

# %% [markdown]
r"""
A **random split** shuffles the row numbers and cuts them. Here 15 % for validation and 15 % for the test of
*breast_cancer*: 569 tumours, 30 measurements of each, class 0 malignant and class 1 benign.
"""

# %%
X_cancer, y_cancer = data.load_breast_cancer()
n = len(X_cancer)

order = np.random.default_rng(0).permutation(n)  # shuffle …
size = round(0.15 * n)
test, validation, training = np.split(order, [size, 2 * size])  # … cut
print(len(training), len(validation), len(test))

# %% [markdown]
r"""
`holdout(n, size, rng)` of the course's library is the shuffle and one cut; it returns the row numbers for
training and those for the test. A `size` below 1 is a share, a whole number counts rows.

**Why shuffle?** Suppose that the file of digits had been sorted: first all zeros, then all ones, up to the
nines. You train on the first 80 % and test on the rest. Before you run the cell: what accuracy do you
expect?
"""

# %% tags=["predict"]
by_label = np.argsort(y, kind="stable")  # the rows of a sorted file
shuffled = np.random.default_rng(0).permutation(len(X))
first, last = time_split(len(X), 0.2)  # cuts without shuffling

for name, rows in {"sorted": by_label, "shuffled": shuffled}.items():
    train, test = rows[first], rows[last]
    guess = nearest_neighbour(X[train], y[train], X[test])
    print(f"{name:8} tested on the digits {np.unique(y[test])}")
    print(f"{'':8} accuracy {accuracy(y[test], guess):.2f}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

Almost never right: the model met no eight and no nine in training.

</details>

A split that only cuts depends on how the file was written. The three must be **disjoint**: no row in two of
them. Section 1 showed what a model knows about a row that it has seen. (The
[companion](01_data_splits_heard.ipynb) measures what an overlap does to a choice.)

## 3. Shuffling is not always enough

### Rare classes: stratify

Of the 569 tumours 37 % are malignant. A test set of 30 rows should have 11 of them. A **stratified** split
shuffles and cuts *each class by itself* (`np.flatnonzero(y == 0)` gives the row numbers of class 0), then
joins the pieces (`np.concatenate`). Draw a thousand test sets in both ways.
"""

# %%
malignant = y_cancer == 0
random, stratified = [], []
for seed in range(1000):
    _, test = holdout(n, 30, np.random.default_rng(seed))
    random.append(malignant[test].mean())
    rng = np.random.default_rng(seed)
    _, test = stratified_holdout(y_cancer, 30, rng)
    stratified.append(malignant[test].mean())

print(f"random     {min(random):.2f} to {max(random):.2f}")
print(f"stratified {min(stratified):.2f} to {max(stratified):.2f}")

# %% [markdown]
r"""
One random test set had 4 malignant tumours, another had 22. A model that finds them badly looks good on the
first and bad on the second, and nothing about the model has changed.

### Rows that belong together: split by group

Take 300 pictures of digits and make six near-copies of each, moved by a pixel or with a little noise, as a
careless export of a video would. Then give each *picture* a random label. Nothing about these labels can be
learned, except by heart.

To keep the copies of a picture on one side, split the *names of the pictures*, then collect their rows.
`np.isin(groups, chosen)` says for each row, True or False, whether its group is among the chosen ones; `~`
turns True into False.
"""


# %%
def group_holdout(groups, test_size, rng):
    """Row numbers for training and test, with no group in both."""
    names = rng.permutation(np.unique(groups))
    if len(names) < 2:  # stop, and say what came
        raise ValueError(f"a split needs 2 groups, got {len(names)}")
    n_test = round(test_size * len(names))
    in_test = np.isin(groups, names[:n_test])
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


# %% [markdown]
r"""
(`raise ValueError(…)` stops the function with a message.)

Before you run the next cell, predict four numbers: true and random labels, split by row and split by
picture. Each is the mean of ten seeds, ± their spread (standard deviation); `told` writes it so. If a random
split were enough, the two splits would agree.
"""


# %% tags=["predict"]
def score_on_copies(labels, split, seed):
    rng = np.random.default_rng(seed)
    X, y, picture = data.near_copies(n_pictures=300, copies=6, rng=rng)
    if labels == "random":
        y = rng.integers(10, size=300)[picture]  # one for each picture
    if split == "by row":
        train, test = holdout(len(X), 0.2, rng)
    else:
        train, test = group_holdout(picture, 0.2, rng)
    guess = nearest_neighbour(X[train], y[train], X[test])
    return accuracy(y[test], guess)


copies = {}
for labels in ("true", "random"):
    for split in ("by row", "by picture"):
        runs = [score_on_copies(labels, split, s) for s in range(10)]
        copies[labels, split] = np.mean(runs)
        print(f"{labels:6} labels, split {split:10} {told(runs)}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

Split by row, the model is almost always right about labels that mean nothing: the test set holds copies of
training pictures. Split by picture, the truth appears, one in ten, a guess. With true labels the same
mistake is harder to see, since both scores look good.

</details>

The box tells how much the split by row adds when the labels are true.
"""

# %%
claim(
    "random-split-is-enough",
    measured=copies["true", "by row"] - copies["true", "by picture"],
    what="accuracy that the split by row adds, with true labels",
)

# %% [markdown]
r"""
Ask of every data set: **what was copied, measured twice, or taken from the same person, place or day?**
That is the unit to split by.

### Time: never train on the future

When rows have a time, a random split asks the model to fill a gap between yesterday and tomorrow. That is
easier than to forecast (the companion measures it). Where the model is to forecast, the test set is the end
of the time. **Choose the split that resembles the use.**

## 4. How sure is a test score?

A test set of $n$ rows is a sample too. If a model is right with probability $p$, its measured accuracy
scatters with the *standard error*

$$\text{SE} = \sqrt{\frac{p\,(1-p)}{n}} .$$

Read it: the share that is right times the share that is wrong, divided by the number of test rows, and the
root of that. Four times as many rows halve it. About 95 % of the scores lie within 1.96 SE of $p$. Usual
sizes are 70/15/15 and 80/10/10 percent, but what counts is the **number** of test rows. Take $p$ = 0.95:
"""

# %% jupyter={"source_hidden": true}
claim(
    "usual-split-ratios",
    because="10 % of 569 rows: √(0.95 · 0.05 / 57) = 0.029. "
    "1 % of a million rows: √(0.95 · 0.05 / 10,000) = 0.0022.",
)

# %% [markdown]
r"""
So report a score with its interval, score ± 1.96 SE, when it is not close to 0 or 1 and the test set not
small. (57 of 57 right would get ± 0. The companion has Wilson's interval, which has no such hole.)

### Two models on the same rows

Does it help to feed the model the square roots of the grey values? Both are tested on the same 899 rows.
"""

# %%
right = {}
for name, Z in {"grey values": X, "square roots": np.sqrt(X)}.items():
    right[name] = nearest_neighbour(Z[old], y[old], Z[new]) == y[new]
    p = right[name].mean()
    half = 1.96 * np.sqrt(p * (1 - p) / len(new))
    print(f"{name:12} {p:.3f}   from {p - half:.3f} to {p + half:.3f}")

# %% [markdown]
r"""
The intervals overlap. That settles nothing: both tests met the same hard rows. On the same rows, compare row
by row. Where both are right, or both wrong, there is nothing to learn. Look at the *discordant* rows, where
one is right and the other wrong: `A & ~B`, A and not B. If both models were equally good, each such row
would be the toss of a coin.
"""

# %%
A, B = right.values()
only_A, only_B = np.sum(A & ~B), np.sum(B & ~A)
chance = binomtest(only_A, only_A + only_B).pvalue
print("only A right:", only_A, "  only B right:", only_B)
print(f"a coin is as uneven as that, or more, in {chance:.1%} of cases")

# %% [markdown]
r"""
Fifteen rows differ, and twelve of them speak for the plain grey values; a coin does that rarely. So the
roots probably do harm. (Had you compared twenty pairs of models, one such result would be no surprise.)

### Few rows: let every row take a turn

With 100 rows you cannot spare many for measuring. **Cross-validation** uses all of them for both jobs, one
after the other. **k-fold cross-validation** cuts the shuffled rows into $k$ parts (folds). In each of $k$
turns one fold is held out, a model is trained on the others and scored on the fold. The estimate is the
average of the scores, $\frac1k\sum_{j=1}^{k} S_j$: add up the $k$ scores, divide by $k$.

`np.array_split` cuts, also where it does not come out even:
"""

# %%
print(np.array_split(np.array([6, 2, 0, 5, 1, 4, 3]), 3))

# %% jupyter={"source_hidden": true}
show(
    figures.fold_map(k_fold(20, 5, np.random.default_rng(0))),
    alt="Five turns over 20 rows. In each turn four other rows, dark, are held out and sixteen, pale, "
    "train. After five turns each row was held out once.",
)

# %% [markdown]
r"""
You own 100 tumours, the other 469 tell the truth. Whose estimate is nearer to it: one holdout, at its best
size, or five folds? A ratio of errors above 1 speaks for the folds, below 1 for the holdout.

Two details. Measurements are **scaled** first: subtract a column's mean, divide by its spread, both from the
training rows. And `k_fold(100, …)` returns *positions* from 0 to 99 in your list of rows; `mine[a]` turns
positions into row numbers.
"""


# %%
def cancer_score(train, test, columns=slice(None)):
    """Test accuracy by some columns; slice(None) means all of them."""
    Z = X_cancer[:, columns]
    Z = (Z - Z[train].mean(axis=0)) / Z[train].std(axis=0)
    guess = nearest_neighbour(Z[train], y_cancer[train], Z[test])
    return accuracy(y_cancer[test], guess)


sizes = [20, 30, 40, 50, 60]
errors = {name: [] for name in [*sizes, "five folds"]}
for seed in range(100):
    rng = np.random.default_rng(seed)
    mine, others = holdout(n, n - 100, rng)
    truth = cancer_score(mine, others)

    for size in sizes:
        a, b = holdout(100, size, rng)
        errors[size].append(cancer_score(mine[a], mine[b]) - truth)

    folds = k_fold(100, 5, rng)
    scores = [cancer_score(mine[a], mine[b]) for a, b in folds]
    errors["five folds"].append(np.mean(scores) - truth)

typical = {}
for name, values in errors.items():
    typical[name] = np.sqrt(np.mean(np.square(values)))
    print(f"{name!s:10} {typical[name]:.3f}")

# %% [markdown]
r"""
Printed is the typical error, the root of the mean of the squared errors over 100 draws, of a holdout of 20
to 60 rows, and of five folds.
"""

# %%
folds_error = typical.pop("five folds")
claim(
    "k-fold-for-small-data",
    measured=min(typical.values()) / folds_error,
    what="typical error of the best single holdout / of five folds",
)

# %% [markdown]
r"""
Each turn repeats everything, scaling included, on its own rows. You keep none of the five models. The folds
choose; then **train the choice anew on all the rows that took part**, and only then look at the test set.
Here they choose the number of neighbours that vote (`cross_val_score` makes five folds, class by class):
"""

# %%
rest, test = holdout(len(X), 0.2, np.random.default_rng(0))
candidates, averages = [1, 3, 5, 9, 15, 25], []
for k in candidates:
    model = KNeighborsClassifier(k)
    averages.append(cross_val_score(model, X[rest], y[rest]).mean())

best = candidates[np.argmax(averages)]
final = KNeighborsClassifier(best).fit(X[rest], y[rest])  # all of them
print(f"{best} neighbours, test {final.score(X[test], y[test]):.2f}")

# %% [markdown]
r"""
## 5. Whatever chooses is flattered

Ask 500 people to guess 100 coin tosses, and keep the best. The true accuracy of each is 0.5. What did the
best one score?
"""

# %% tags=["predict"]
winners = []
for seed in range(50):
    rng = np.random.default_rng(seed)
    tosses = rng.integers(2, size=100)
    guesses = rng.integers(2, size=(500, 100))
    winners.append((guesses == tosses).mean(axis=1).max())
print("the best of 500:", told(winners))

# %% [markdown]
r"""
Nobody was good at it: each is right half of the time, in the long run. The best was lucky, and luck does not
come along to the next test.

With real models the best of many is good *and* lucky. A hundred versions of the tumour classifier, each with
two measurements drawn by chance, are trained on 100 rows. Take the one that scores best on a "test set" of
40 rows, and score it again on the 429 rows that nobody has touched. Twenty repetitions. If choosing cost
nothing, both scores would agree.
"""

# %%
chosen_on, fresh_scores = [], []
for seed in range(20):
    rng = np.random.default_rng(seed)
    train, reused, fresh = np.split(rng.permutation(n), [100, 140])
    pairs = [rng.choice(30, size=2, replace=False) for _ in range(100)]

    scores = [cancer_score(train, reused, pair) for pair in pairs]
    best = pairs[np.argmax(scores)]
    chosen_on.append(max(scores))
    fresh_scores.append(cancer_score(train, fresh, best))

# %% jupyter={"source_hidden": true}
show(
    figures.picked_by_chance(
        {"rows that chose it": chosen_on, "fresh rows": fresh_scores}
    ),
    alt="Twenty winners, each a line from its accuracy on the 40 rows that chose it to that on fresh rows. "
    "All but one fall; the averages are 0.97 and 0.90.",
)

# %% [markdown]
r"""
That is what happens if you test, change the model because the result was poor, and test again on the same
rows: the test set has become a validation set. The number is the average drop.
"""

# %%
claim(
    "change-model-after-testing",
    measured=np.mean(chosen_on) - np.mean(fresh_scores),
    what="accuracy on the rows that chose the model, minus on fresh rows",
)

# %% [markdown]
r"""
### Leaks: choices that you do not notice

A **leak** is any way by which the test rows influence the model. It often sits in the code that *prepares*
the data. Take 50 patients and 2,000 genes: who will fall ill? That is too many columns, so keep the 50 that
differ most between the two classes, then split, train and test. Here the "genes" are pure noise and the
labels are tossed with a coin. What score do you expect?
"""


# %% tags=["predict"]
def best_columns(X, y):
    """The 50 columns whose means differ most between the classes."""
    means = X[y == 1].mean(axis=0), X[y == 0].mean(axis=0)
    return np.argsort(np.abs(means[0] - means[1]))[-50:]


scores = {"all rows": [], "training rows": []}
for seed in range(400):
    rng = np.random.default_rng(seed)
    genes, ill = rng.normal(size=(50, 2000)), rng.integers(2, size=50)
    train, test = holdout(50, 0.3, rng)
    for name, rows in [("all rows", np.arange(50)), ("training rows", train)]:
        Z = genes[:, best_columns(genes[rows], ill[rows])]
        guess = nearest_neighbour(Z[train], ill[train], Z[test])
        scores[name].append(accuracy(ill[test], guess))

for name, values in scores.items():
    error = np.std(values) / np.sqrt(len(values))
    print(f"{name:13} {np.mean(values):.2f} ± {2 * error:.2f}")

# %% [markdown]
r"""
(Here ± is two standard errors of the mean.)

<details><summary>What came out</summary>

The first number is fake from end to end, the second is the truth, a half. Among 2,000 columns of noise some
agree with the coin by chance, *in the test rows too*, because the test rows helped to choose them.

</details>

Studies with exactly this fault have been published.

Scaling before the split is a leak too, but a small one: it sees no labels, so it cannot pick what fits them
(the companion measures it). A score does not tell you which case you are in, and the right order costs
nothing. So there is one rule: **split first; whatever learns from data, learns from the training rows
only.** To test a preparation that you cannot read, run it twice with the same training rows and very
different test rows: if what it makes of the training rows changes, it leaks.

## Try it

One data set, one kind of model; you choose how many rows are held out for the test and which seed draws
them. First guess: at a test size of 10 %, how far apart are the best and the worst of 200
seeds? Then make the test set larger until the yellow band, score ± 1.96 SE, is half as wide. How many
rows does it take, and what is left to train on?
"""

# %%
explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

At 10 %, 57 rows, the worst seed gets 0.89 and the best 1.00, with the same data and the same kind of model.
Half the band takes four times as many rows: 228, or 40 %, which leaves 341 to train on. The best and the
worst come together more slowly than the band does: from 0.105 apart to 0.075.

</details>

## Think

**1.** Two models were tested on the same 57 rows: A got 54 right, B got 52. A colleague wants to publish
that A is better. What do you say?

<details><summary>Answer</summary>

Ask for the discordant rows. There are at least two. If A alone is right in two and B alone in none, two coins
fell on the same side, which happens half of the time. If it is 5 against 3, it says even less. These rows
cannot tell the models apart.
</details>

**2.** You predict for a hospital whether a scan shows a tumour. There are 4,000 scans of 900 patients, from
2019 to 2025, and 6 % show a tumour. What do you split by?

<details><summary>Answer</summary>

By patient in any case, since scans of one patient resemble each other. If the model is for the coming
years, by time too: the test patients are those of the last year. And look at the share of tumours in every
part; with 6 % it can go astray, so stratify the patients by whether they have one.
</details>

**3.** Somebody fills missing values with the column's median, over all rows, and then runs 5-fold
cross-validation. Is this a leak? How large?

<details><summary>Answer</summary>

Yes: the held-out rows took part in the median. It is probably small, like scaling, because no label is
involved and a median over many rows hardly moves. Do it inside each turn all the same, and you do not have
to argue about it.
</details>

## Recap

- A score on training rows measures memory. Judge a model on rows that took no part in making it.
- Training rows decide the parameters, validation rows your choices, test rows nothing.
- Shuffle before you cut; stratify rare classes; keep groups together; put the test at the end of time.
- A score has an uncertainty, $\sqrt{p(1-p)/n}$; two models on the same rows are compared row by row.
- Split first. Whatever chooses is flattered by the rows that it chose by.

**Now do it yourself:** [exercise 01](../exercises/01_data_splits/01_data_splits.ipynb). **For a second
reading:** [01 · You may have heard](01_data_splits_heard.ipynb). **Next:**
[02 · Features](02_features.ipynb).
"""

# %%
terms("01_data_splits")

# %% [markdown]
r"""
**Sources**

- R. Kohavi, "A study of cross-validation and bootstrap for accuracy estimation and model selection",
  *IJCAI*, 1995.
- Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
  *Psychometrika* 12, 1947: discordant rows.
- C. Ambroise and G. J. McLachlan, "Selection bias in gene extraction on the basis of microarray
  gene-expression data", *PNAS* 99, 2002.
- T. Hastie, R. Tibshirani and J. Friedman, *The Elements of Statistical Learning*, 2nd edition, Springer
  2009, chapter 7.
"""
