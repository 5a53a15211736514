# %% [markdown]
r"""
# 01 · Data splits

A model that is judged on the rows it learned from is judged on its memory. This lesson is about the other
question, the one that matters: how good will it be on rows that it has never met?

**You will be able to**

- cut data into a training, a validation and a test set, and say what each of them may decide;
- choose between a random, a stratified, a grouped and a time split;
- recognise a leak by the score that it fakes;
- say how sure a test score is, and why a score that was used for choosing is too good.

**Time:** {minutes} minutes. **Before this:** [00 · Start](00_start.ipynb).
"""

# %%
import numpy as np
from scipy.stats import binomtest
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeClassifier
from torch import Generator
from torch.utils.data import random_split

from helpers import data
from helpers.claims import claim
from helpers.explore.data_splits import explorer
from helpers.figures import data_splits as figures
from helpers.figures import show
from helpers.glossary import terms
from helpers.splits import holdout, k_fold, stratified_holdout, time_split

# %% [markdown]
r"""
## 1. A perfect score

The *digits* **data set** (or *dataset*) holds 1797 **samples**. A sample is one example: here a picture of
8 × 8 grey values from 0 to 16, written as a row of 64 numbers. Each sample has a **label**, also called
**ground truth**: the digit that a person said it shows. Writing labels down is **data annotation**, and
people err, so a label can be wrong. (The digits are a small cousin of **MNIST**, 70,000 pictures of 28 ×
28, of which 60,000 are for training and 10,000 for testing.)

In code, `X` is a table with one sample per row, and `y` has one label per row.
"""

# %%
X, y = data.load_digits()
y_random = np.random.default_rng(0).permutation(y)  # the same labels, dealt out by chance
print("X", X.shape, "  y", y.shape)

show(
    figures.digits_with_labels(X, y, y_random),
    alt="Ten small pictures of the digits 0 to 9. Above each is its true label, below it a chance one.",
)

# %% [markdown]
r"""
The model is the simplest that there is: the **nearest neighbour**. A new picture gets the label of the
training picture that resembles it most. You will write it yourself in a minute; first use scikit-learn's.

Give it the labels **drawn by chance**, the orange ones under the pictures. They say nothing about what is
in them. It learns from half of the rows, and the other half is left aside.

Before you run the next cell: what share of the labels will it get right on the rows that it learned from?
And on the others?
"""

# %%
order = np.random.default_rng(0).permutation(len(X))
old, new = order[899:], order[:899]

for name, labels in {"true labels": y, "chance labels": y_random}.items():
    model = KNeighborsClassifier(n_neighbors=1).fit(X[old], labels[old])
    on_old, on_new = model.score(X[old], labels[old]), model.score(X[new], labels[new])
    print(f"{name:14} rows it learned from {on_old:.2f}   rows it has not seen {on_new:.2f}")

# %% [markdown]
r"""
On the rows that it learned from, the score is perfect **whatever the labels are**. Each row is its own
nearest neighbour, so the model looks the answer up. That number cannot tell sense from nonsense; the other
one can.

How well a model does on new samples of the same kind is called its **generalization**. The difference
between the two columns is the *generalization gap*: small for true labels, 0.9 for labels that mean
nothing.

### The model in two lines

Near means a small squared distance between the 64 grey values of a new row $a$ and of a training row $b$:

$$\lVert a-b\rVert^2 = \lVert b\rVert^2 - 2\,a\cdot b + \lVert a\rVert^2 .$$

The last part is the same for every training row, so it cannot change which of them is nearest, and the code
leaves it out. The middle part, for all new rows and all training rows at once, is one matrix product.
"""


# %%
def nearest_neighbour(X_train, y_train, X_new):
    """The label of the nearest training row, for each row of X_new."""
    distances = (X_train**2).sum(axis=1) - 2 * X_new @ X_train.T  # shape (new rows, training rows)
    return y_train[distances.argmin(axis=1)]


def accuracy(y_true, y_predicted):
    """The share of labels that are right."""
    return np.mean(y_true == y_predicted)


ours = nearest_neighbour(X[old], y[old], X[new])
theirs = KNeighborsClassifier(n_neighbors=1).fit(X[old], y[old]).predict(X[new])
print("same answers as scikit-learn:", np.array_equal(ours, theirs))
print("accuracy", round(accuracy(y[new], ours), 2))

# %% [markdown]
r"""
## 2. Three sets, three jobs

Holding rows back to measure with is the **holdout method**. One such set is not enough, because you also
have to *choose*: which model, how many neighbours, when to stop. (A number that you choose and the model
does not learn is a *hyperparameter*.) A score that you choose by becomes part of how the model was made;
section 6 measures what this does to it. So there are three sets:

| set | what it decides | you look |
| --- | --- | --- |
| **training set** | the *parameters*: what the model learns by itself | always |
| **validation set** (evaluation set) | your choices, called **model selection** | often; it wears out |
| **test set** | nothing; it is the last measurement | once |

Usual sizes are 70/15/15 and 80/10/10 percent. A **random split** shuffles the row numbers and cuts them.
Here for *breast_cancer*: 569 tumours, 30 measurements of each, class 0 malignant and class 1 benign.
"""

# %%
X_cancer, y_cancer = data.load_breast_cancer()
n = len(X_cancer)

order = np.random.default_rng(0).permutation(n)  # shuffle the row numbers …
n_validation = n_test = round(0.15 * n)
test, validation, training = np.split(order, [n_test, n_test + n_validation])  # … and cut them twice

print("training", len(training), "  validation", len(validation), "  test", len(test))
together = np.sort(np.concatenate([training, validation, test]))
print("every row is in exactly one set:", np.array_equal(together, np.arange(n)))

# %% [markdown]
r"""
PyTorch does the same with `random_split`. It shuffles with its own generator, so the rows differ; the sizes
agree. A part of it is a `Subset`, which also stores row numbers only, in `.indices`.
"""

# %%
parts = random_split(range(n), [0.70, 0.15, 0.15], generator=Generator().manual_seed(0))
print("PyTorch:", [len(part.indices) for part in parts])
print("same sizes:", [len(part) for part in parts] == [len(training), len(validation), len(test)])

# %% [markdown]
r"""
From here on, four functions from the course's library do the cutting. `holdout(n, size, rng)` is the
shuffle and one cut: it returns the row numbers for training and those for the test. A `size` below 1 is a
share of the rows, a whole number counts them. `stratified_holdout`, `k_fold` and `time_split` return row
numbers in the same way. In the exercise you write three of the four yourself.

**Why shuffle?** Imagine that whoever sent you the digits had sorted the file: first all zeros, then all
ones, up to the nines. You train on the first 80 % and test on the rest. Before you run the cell: what
accuracy do you expect?
"""

# %%
by_label = np.argsort(y, kind="stable")  # the row numbers of a sorted file
first, last = time_split(len(X), 0.2)  # cuts without shuffling

for name, rows in {
    "sorted by label": by_label,
    "shuffled": np.random.default_rng(0).permutation(len(X)),
}.items():
    train, test = rows[first], rows[last]
    score = accuracy(y[test], nearest_neighbour(X[train], y[train], X[test]))
    print(f"{name:16} digits in the test set: {np.unique(y[test])}   accuracy {score:.2f}")

# %% [markdown]
r"""
Almost never right: the model met no eight and no nine in training. Files are often sorted, by class, by
hospital, by date, so a split that only cuts depends on how the file was written.
"""

# %% [markdown]
r"""
## 3. Shuffling is not always enough

### Rare classes: stratify

Of the 569 tumours 37 % are malignant. A test set of 30 rows should have 11 of them. Draw a thousand random
test sets and see how many they have. A **stratified** split shuffles and cuts *each class by itself*, so
that a class with share $s$ of the data gets the share $s$ of the test set, up to rounding.
"""

# %%
malignant = y_cancer == 0


def share_in_test(split):
    _, test = split
    return malignant[test].mean()


random = [share_in_test(holdout(n, 30, np.random.default_rng(seed))) for seed in range(1000)]
stratified = [
    share_in_test(stratified_holdout(y_cancer, 30, np.random.default_rng(seed))) for seed in range(1000)
]
print(f"random     {min(random):.2f} to {max(random):.2f}")
print(f"stratified {min(stratified):.2f} to {max(stratified):.2f}")

show(
    figures.class_shares(random, stratified, malignant.mean()),
    alt="Share of malignant tumours in 1000 test sets of 30 rows, as two histograms. Random splits scatter "
    "from 0.13 to 0.73, stratified splits all stand at 0.37.",
)

# %% [markdown]
r"""
One random test set had 4 malignant tumours, another had 22. A model that finds malignant tumours badly
looks good on the first and bad on the second, and nothing about the model has changed.

### Rows that belong together: split by group

Take 300 pictures of digits and make six near-copies of each, moved by a pixel or with a little noise, as a
careless export of a video would. Then do what you did in section 1: throw the labels away and give each
*picture* a random one. Nothing about these labels can be learned, except by heart.

To keep the copies of a picture on one side, split the *names of the pictures*, then collect their rows.
"""


# %%
def group_holdout(groups, test_size, rng):
    """Row numbers for training and test, with no group in both."""
    names = rng.permutation(np.unique(groups))
    in_test = np.isin(groups, names[: round(test_size * len(names))])
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


# %% [markdown]
r"""
Before you run the next cell, predict four numbers: true and random labels, split by row and split by
picture. (Each is an average over ten random seeds.)
"""


# %%
def score_on_copies(kind_of_labels, kind_of_split, seed):
    rng = np.random.default_rng(seed)
    X, y, picture = data.near_copies(n_pictures=300, copies=6, rng=rng)
    if kind_of_labels == "random":
        y = rng.integers(10, size=300)[picture]  # one random label per picture
    train, test = (
        group_holdout(picture, 0.2, rng) if kind_of_split == "by picture" else holdout(len(X), 0.2, rng)
    )
    return accuracy(y[test], nearest_neighbour(X[train], y[train], X[test]))


scores = {}
for labels in ("true", "random"):
    for split in ("by row", "by picture"):
        scores[labels, split] = np.mean([score_on_copies(labels, split, seed) for seed in range(10)])
        print(f"{labels:6} labels, split {split:10} {scores[labels, split]:.2f}")

# %% [markdown]
r"""
Split by row, the model is almost always right about labels that mean nothing: the test set holds copies of
training pictures. Split by picture, the truth appears, one in ten, a guess. With true labels the same
mistake is harder to see, since both scores look good. Only one of them is what a new picture would get.

Ask of every data set: **what was copied, measured twice, or taken from the same person, place or day?**
That is the unit to split by.

The next two numbers say how much the split by row adds to the score: for random labels, and for true ones.
"""

# %%
claim("sets-must-be-disjoint", measured=scores["random", "by row"] - scores["random", "by picture"])

# %%
claim("random-split-is-enough", measured=scores["true", "by row"] - scores["true", "by picture"])

# %% [markdown]
r"""
You need not make copies to meet this. The digits were written by 13 people, and the file seems to list them
one person after the other. Cut it as it is, without shuffling, and the last fifth is by people whose
writing the model has hardly seen.
"""

# %%
train, test = time_split(len(X), 0.2)
new_hands = accuracy(y[test], nearest_neighbour(X[train], y[train], X[test]))

shuffled = [holdout(len(X), 0.2, np.random.default_rng(seed)) for seed in range(10)]
known_hands = np.mean([accuracy(y[b], nearest_neighbour(X[a], y[a], X[b])) for a, b in shuffled])
print(f"shuffled {known_hands:.3f}    in the order of the file {new_hands:.3f}")

# %% [markdown]
r"""
More than three times as many errors. Neither number is wrong; they answer different questions: a new
picture by a known hand, or a picture by a new hand. Choose the split that resembles the use.

### Time: never train on the future

A random walk stands for a price or a temperature: each value is the last one plus chance. The model is
again the nearest neighbour, now in time. Will it do better when the test days are drawn at random, or when
they are the last 200 days?
"""

# %%
days = np.arange(1000.0)[:, None]
price = np.random.default_rng(0).normal(size=1000).cumsum()

for name, (train, test) in {
    "days drawn at random": holdout(1000, 0.2, np.random.default_rng(1)),
    "the last 200 days": time_split(1000, 0.2),
}.items():
    error = np.abs(nearest_neighbour(days[train], price[train], days[test]) - price[test]).mean()
    print(f"{name:21} mean error {error:.1f}")

# %% [markdown]
r"""
Filling a gap between yesterday and tomorrow is easy. Forecasting is hard, and it is what you will be asked
for. When rows have a time, the test set is the end of it.
"""

# %% [markdown]
r"""
## 4. Leaks in the preparation

A **leak** is any way by which the test rows influence the model. The near-copies were one. Others sit in
the code that *prepares* the data, before any split. Take a small study: 50 patients, 5000 genes measured in
each, and the question is who will fall ill. That is too many columns, so keep the 50 that differ most
between the two classes, then split, train and test.

Here the "genes" are pure noise and the labels are tossed with a coin. What score do you expect?
"""


# %%
def best_columns(X, y, n_columns=50):
    """The columns whose means differ most between class 0 and class 1."""
    difference = np.abs(X[y == 1].mean(axis=0) - X[y == 0].mean(axis=0))
    return np.argsort(difference)[-n_columns:]


before, after = [], []
for seed in range(40):
    rng = np.random.default_rng(seed)
    genes, ill = rng.normal(size=(50, 5000)), rng.integers(2, size=50)
    train, test = holdout(50, 0.3, rng)

    for columns, collected in [
        (best_columns(genes, ill), before),  # looks at all rows: the leak
        (best_columns(genes[train], ill[train]), after),  # looks at training rows only
    ]:
        kept = genes[:, columns]
        collected.append(accuracy(ill[test], nearest_neighbour(kept[train], ill[train], kept[test])))

print(f"columns chosen before the split {np.mean(before):.2f}    by training rows only {np.mean(after):.2f}")

# %% [markdown]
r"""
The first number is fake from end to end. Among 5000 columns of noise some agree with the coin by chance,
*in the test rows too*, because the test rows helped to choose them. Studies with exactly this fault have
been published.

Is every preparation that looks at all rows as bad? **Scaling** (subtracting a column's mean, dividing by
its standard deviation) is the usual example. Measure it on breast_cancer, over 50 splits.
"""


# %%
def cancer_score(train, test, fitted_on):
    """Test accuracy of the nearest neighbour, scaled with the mean and spread of the rows `fitted_on`."""
    mean, spread = X_cancer[fitted_on].mean(axis=0), X_cancer[fitted_on].std(axis=0)
    scaled = (X_cancer - mean) / spread
    return accuracy(y_cancer[test], nearest_neighbour(scaled[train], y_cancer[train], scaled[test]))


splits = [holdout(n, 0.2, np.random.default_rng(seed)) for seed in range(50)]
leaky = np.mean([cancer_score(train, test, fitted_on=np.arange(n)) for train, test in splits])
clean = np.mean([cancer_score(train, test, fitted_on=train) for train, test in splits])
print(f"scaled before the split {leaky:.2f}    scaled by training rows {clean:.2f}")

# %% [markdown]
r"""
No difference that anyone would notice: a mean over 569 rows hardly depends on which 114 of them you leave
out, and scaling does not look at labels. It is still the wrong order. With few rows, with outliers, or with
a step that *does* look at labels, the same line of code turns into the first case, and you cannot see from
a score which case you are in. So there is one rule for all of them: **split first; whatever learns from
data, learns from the training rows only.**
"""

# %% [markdown]
r"""
## 5. How sure is a test score?

A test set of $n$ rows is a sample too. If a model is right with probability $p$, its measured accuracy
scatters with the *standard error*

$$\text{SE} = \sqrt{\frac{p\,(1-p)}{n}} .$$

Check it: train one digits model once on 400 rows, note for each other row whether it is right, and draw
test sets of different sizes from these notes (with replacement, so a test set may be larger than they are).
"""

# %%
train, rest = holdout(len(X), len(X) - 400, np.random.default_rng(0))
right = nearest_neighbour(X[train], y[train], X[rest]) == y[rest]
p = right.mean()
print(f"accuracy {p:.3f}")

sizes, spread = [57, 180, 1000, 10_000], {}
rng = np.random.default_rng(0)
for size in sizes:
    measured = rng.choice(right, size=(2000, size)).mean(axis=1)  # 2000 test sets
    spread[size] = measured.std()
    print(f"{size:6} test rows: spread {spread[size]:.4f}   formula {np.sqrt(p * (1 - p) / size):.4f}")

show(
    figures.spread_by_size(sizes, list(spread.values()), p),
    alt="The spread of the measured accuracy falls with the square root of the number of test rows: "
    "2.2 points at 57 rows, 0.16 at 10,000. The four measured dots lie on the line of the formula.",
)

# %% [markdown]
r"""
Four times as many test rows halve the uncertainty. What counts is the **number** of test rows, not the
percentage: 10 % of breast_cancer are 57 rows, 1 % of a million are 10,000. A split into 98/1/1 can be the
better one. The next number says how many times larger the spread is with 57 rows than with 10,000.
"""

# %%
claim("usual-split-ratios", measured=spread[57] / spread[10_000], digits=1)

# %% [markdown]
r"""
To report a score, give an interval. "Score ± 1.96 SE" is the simplest 95 % interval, but a model with 57 of
57 right would get ± 0. Wilson's interval (1927) has no such hole:

$$\frac{\hat p + \frac{z^2}{2n} \pm z\sqrt{\frac{\hat p(1-\hat p)}{n} + \frac{z^2}{4n^2}}}
{1 + \frac{z^2}{n}}, \qquad z = 1.96 ,$$

where $\hat p$ is the measured share. Its limits stay between 0 and 1, and they never fall together.
"""


# %%
def wilson(n_right, n, z=1.96):
    """A 95 % interval for the true accuracy, from n_right of n test rows."""
    share = n_right / n
    middle = share + z**2 / (2 * n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)


for n_right, n_rows in [(54, 57), (57, 57), (9_650, 10_000)]:
    low, high = wilson(n_right, n_rows)
    print(f"{n_right:5} of {n_rows:6} right: {n_right / n_rows:.3f}, 95 % interval {low:.3f} to {high:.3f}")

scipy = binomtest(54, 57).proportion_ci(0.95, method="wilson")
print("SciPy agrees:", np.allclose(wilson(54, 57), [scipy.low, scipy.high], atol=1e-4))

# %% [markdown]
r"""
### Few rows: let every row take a turn

With 100 rows you cannot spare many for measuring. **Cross-validation** uses all of them for both jobs, one
after the other. **k-fold cross-validation** cuts the shuffled rows into $k$ parts (folds). In each of $k$
turns one fold is held out, a model is trained on the others and scored on the fold. The estimate is the
average of the $k$ scores,

$$\frac1k\sum_{j=1}^{k} S_j .$$
"""

# %%
show(
    figures.fold_map(k_fold(20, 5, np.random.default_rng(0))),
    alt="Five turns over 20 rows. In each turn four other rows, in blue, are held out and sixteen train. "
    "After five turns each row was held out once.",
)

# %% [markdown]
r"""
Blue rows are held out, grey rows train. The library does the same: the sizes of the folds agree, and so do
the scores when scikit-learn is given our folds.
"""

# %%
folds = k_fold(len(X), 5, np.random.default_rng(0))
ours = [accuracy(y[held], nearest_neighbour(X[train], y[train], X[held])) for train, held in folds]
theirs = cross_val_score(KNeighborsClassifier(n_neighbors=1), X, y, cv=folds)

print("sizes agree: ", [len(held) for _, held in folds] == [len(held) for _, held in KFold(5).split(X)])
print("scores agree:", np.allclose(ours, theirs), "  mean", f"{np.mean(ours):.3f}")

# %% [markdown]
r"""
Now the question: you own 100 tumours. One holdout of 20 rows, or five folds: whose estimate is nearer to
the truth? Here the truth is known, since we can look at the other 469. The next cell does this 100 times
and prints the typical error, the root of the mean squared difference.
"""

# %%
truth, one_holdout, five_folds = [], [], []
for seed in range(100):
    rng = np.random.default_rng(seed)
    mine, others = holdout(n, n - 100, rng)
    truth.append(cancer_score(mine, others, fitted_on=mine))

    turns = [(mine[train], mine[held]) for train, held in k_fold(100, 5, rng)]
    scores = [cancer_score(train, held, fitted_on=train) for train, held in turns]
    one_holdout.append(scores[0])
    five_folds.append(np.mean(scores))


def typical_error(estimates):
    return np.sqrt(np.mean((np.array(estimates) - truth) ** 2))


print(f"one holdout {typical_error(one_holdout):.3f}    five folds {typical_error(five_folds):.3f}")

# %%
claim("k-fold-for-small-data", measured=typical_error(one_holdout) / typical_error(five_folds))

# %% [markdown]
r"""
The estimate by five folds is almost twice as near, for five times the work. Note what is measured in each
turn: the whole procedure, scaling included, is repeated on the rows of that turn, so nothing leaks. When
the classes are uneven, cut the folds class by class (*stratified k-fold*); when rows belong together, deal
out whole groups.
"""

# %% [markdown]
r"""
## 6. Whatever chooses is flattered

Ask 500 people to guess 100 coin tosses, and keep the best. Everybody's true accuracy is 0.5. What did the
best one score?
"""

# %%
winners, later = [], []
for seed in range(50):
    rng = np.random.default_rng(seed)
    tosses, guesses = rng.integers(2, size=100), rng.integers(2, size=(500, 100))
    winners.append((guesses == tosses).mean(axis=1).max())
    later.append(np.mean(rng.integers(2, size=10_000) == rng.integers(2, size=10_000)))  # the winner again

print(f"the best of 500: {np.mean(winners):.2f}    the same person, 10,000 new tosses: {np.mean(later):.2f}")

# %% [markdown]
r"""
Nobody was good at it. The best was lucky, and luck does not come along to the next test.

With real models the best of many is good *and* lucky. A hundred configurations of the tumour classifier,
each with another pair of the 30 measurements, are trained on 100 rows. Take the one that scores best on a
"test set" of 40 rows, and score it again on the 429 rows that nobody has touched. Twenty repetitions.
"""


# %%
def pair_score(pair, train, rows):
    """Accuracy on `rows` of the nearest neighbour in `train`, by two of the 30 columns."""
    two = X_cancer[:, pair]
    scaled = (two - two[train].mean(axis=0)) / two[train].std(axis=0)
    return accuracy(y_cancer[rows], nearest_neighbour(scaled[train], y_cancer[train], scaled[rows]))


chosen_on, fresh_scores = [], []
for seed in range(20):
    rng = np.random.default_rng(seed)
    train, reused, fresh = np.split(rng.permutation(n), [100, 140])
    pairs = [rng.choice(30, size=2, replace=False) for _ in range(100)]

    scores = [pair_score(pair, train, reused) for pair in pairs]
    best = pairs[np.argmax(scores)]
    chosen_on.append(max(scores))
    fresh_scores.append(pair_score(best, train, fresh))

show(
    figures.picked_by_chance({"rows that chose it": chosen_on, "fresh rows": fresh_scores}),
    alt="Twenty winners, each a line from its accuracy on the 40 rows that chose it to that on fresh rows. "
    "All but one fall; the averages are 0.97 and 0.90.",
)

# %% [markdown]
r"""
That is what happens if you test, change the model because the result was poor, and test again on the same
rows. The test set has become a validation set. Go back to validation data to improve, and get fresh rows
for a new test. The number is the average drop, before rounding:
"""

# %%
claim("change-model-after-testing", measured=np.mean(chosen_on) - np.mean(fresh_scores))

# %% [markdown]
r"""
And the validation set: may it decide *parameters*, too? Then it would be training data. Add the validation
rows to what the model learns from, and look at the score on them. The number says by how much that score is
too good.
"""

# %%
on_validation, on_test = [], []
for seed in range(20):
    test, validation, training = np.split(np.random.default_rng(seed).permutation(n), [85, 170])
    both = np.concatenate([training, validation])
    on_validation.append(cancer_score(both, validation, fitted_on=both))
    on_test.append(cancer_score(both, test, fitted_on=both))

print(f"validation {np.mean(on_validation):.2f}    test {np.mean(on_test):.2f}")
claim("validation-set-adjusts-parameters", measured=np.mean(on_validation) - np.mean(on_test))

# %% [markdown]
r"""
## Try it

One data set, one kind of model; you choose how many rows are held out for the test and which seed draws
them. Before you move anything: at a test size of 10 %, how far apart will the best and the worst of 200
seeds be? Then make the test set larger until the yellow band, where about 95 % of the dots should lie, is
half as wide. How many rows does it take, and what is left to train on?
"""

# %%
explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

At 10 %, 57 rows, the worst seed gets 0.89 and the best 1.00, with the same data and the same kind of model.
Half the band takes four times as many rows: 228, or 40 %, which leaves 341 to train on. The best and the
worst do not come together as fast as the band does: of 200 draws, one or two are always far out.

</details>
"""

# %% [markdown]
r"""
## You may have heard

Six more sentences that are often told, each with a measurement. You need not follow every line of the code;
read the question, guess, and look at the numbers.

**"The validation set is for updating hyperparameters by hand."** By hand or by machine, the more you try,
the more the best score flatters. Here a program searches 40 candidates (five columns each) by 3-fold
cross-validation, on pure noise where the truth is 0.5. The honest way around is *nested* cross-validation:
an outer loop holds rows out, and the whole search runs inside, without them. The number is the flattery,
best score minus nested score.
"""


# %%
def search(X, y, candidates, rng):
    """The candidate columns with the best 3-fold score, and that score."""
    folds, scores = k_fold(len(X), 3, rng), []
    for c in candidates:
        turns = [accuracy(y[b], nearest_neighbour(X[a][:, c], y[a], X[b][:, c])) for a, b in folds]
        scores.append(np.mean(turns))
    return candidates[np.argmax(scores)], max(scores)


best_scores, nested_scores = [], []
for seed in range(12):
    rng = np.random.default_rng(seed)
    noise, coin = rng.normal(size=(60, 200)), rng.integers(2, size=60)
    candidates = [rng.choice(200, size=5, replace=False) for _ in range(40)]
    best_scores.append(search(noise, coin, candidates, rng)[1])

    for a, b in k_fold(60, 3, rng):
        c, _ = search(noise[a], coin[a], candidates, rng)  # the search never sees the rows b
        nested_scores.append(accuracy(coin[b], nearest_neighbour(noise[a][:, c], coin[a], noise[b][:, c])))

print(f"score of the best candidate {np.mean(best_scores):.2f}    nested {np.mean(nested_scores):.2f}")
claim("validation-only-by-hand", measured=np.mean(best_scores) - np.mean(nested_scores))

# %% [markdown]
r"""
**"Cross-validation is a remedy against overfitting."** It is a measuring instrument. Using it changes no
model; what helps is the choice that you make with it. Here for a decision tree (a model that asks one
question after the other), trained on digits of which 30 % got a label by chance. The number is what the
choice gains on the test set:
"""

# %%
train, test = holdout(len(X), 0.2, np.random.default_rng(0))
y_noisy = y[train].copy()
replaced = np.random.default_rng(0).random(len(train)) < 0.3
y_noisy[replaced] = np.random.default_rng(1).integers(10, size=replaced.sum())


def tree(rows_per_leaf):
    return DecisionTreeClassifier(min_samples_leaf=rows_per_leaf, random_state=0)


def test_score(rows_per_leaf):
    return tree(rows_per_leaf).fit(X[train], y_noisy).score(X[test], y[test])


before = test_score(1)
cv_scores = {leaf: cross_val_score(tree(leaf), X[train], y_noisy, cv=5).mean() for leaf in (1, 5, 10, 20)}
after = test_score(1)
best_leaf = max(cv_scores, key=cv_scores.get)

print(f"before cross-validation {before:.2f}    after it {after:.2f}    the same tree")
print(f"the tree that it chooses, with at least {best_leaf} rows in each leaf: {test_score(best_leaf):.2f}")
claim("cross-validation-cures-overfitting", measured=test_score(best_leaf) - before)

# %% [markdown]
r"""
**"Even a very low training loss does not make validation superfluous."** The *loss* is what a network's
training makes small; zero is perfect. Section 1 again, with a network of 512 hidden units that sees 500
digits with chance labels 150 times. The number is the accuracy on new rows.
"""

# %%
net = MLPClassifier((512,), learning_rate_init=0.003, batch_size=64, random_state=0)
for _ in range(150):
    net.partial_fit(X[:500] / 16, y_random[:500], classes=np.arange(10))

on_old, on_new = net.score(X[:500] / 16, y_random[:500]), net.score(X[500:] / 16, y_random[500:])
print(f"training loss {net.loss_:.2f}    accuracy in training {on_old:.2f}    on new rows {on_new:.2f}")
claim("low-loss-still-needs-validation", measured=on_new)

# %% [markdown]
r"""
**"When you fine-tune a pretrained model on little data, you may do without a validation set."** A network
has learned the digits 0 to 4. What its hidden layer computes describes the digits 5 to 9 too, so a linear
classifier on top of it is fitted with only 20 labelled rows, for six strengths of a penalty (what a penalty
does comes in lesson 12). Without validation you take the strength that fits the 20 rows best: the weakest.
With five folds of these 20 rows, you take the one with the best average. The number says by how much the
score on the 20 rows is too good.
"""

# %%
small, large = np.flatnonzero(y < 5), np.flatnonzero(y >= 5)
pretrained = MLPClassifier((64,), learning_rate_init=0.003, random_state=0)
for _ in range(60):
    pretrained.partial_fit(X[small] / 16, y[small], classes=np.arange(5))
hidden = np.maximum(X / 16 @ pretrained.coefs_[0] + pretrained.intercepts_[0], 0)

results = []
for seed in range(10):
    few, rest = np.split(np.random.default_rng(seed).permutation(large), [20])
    heads = [RidgeClassifier(alpha=penalty) for penalty in (0.001, 0.01, 0.1, 1, 10, 100)]
    by_folds = [cross_val_score(head, hidden[few], y[few], cv=KFold(5)).mean() for head in heads]
    on_few = [head.fit(hidden[few], y[few]).score(hidden[few], y[few]) for head in heads]
    on_rest = [head.score(hidden[rest], y[rest]) for head in heads]
    results.append([on_few[0], on_rest[0], max(by_folds), on_rest[np.argmax(by_folds)], max(on_rest)])

on_few, weakest, estimate, by_folds, best = np.mean(results, axis=0)
print(f"weakest penalty: on its 20 rows {on_few:.2f}, on the rest {weakest:.2f}")
print(f"chosen by folds: by the folds   {estimate:.2f}, on the rest {by_folds:.2f}")
print(f"best of the six, known only afterwards:      {best:.2f}")
claim("fine-tuning-skips-validation", measured=on_few - weakest)

# %% [markdown]
r"""
For the *choice* little was lost: 20 rows in folds choose hardly better than no validation at all. But the
*estimate* is another matter. The 20 rows say that the model is perfect. The folds come close to the truth.

**"Online learning has no fixed validation set."** When rows arrive one after the other, predict each before
you learn from it: *test, then train*. Every row is a test row once, and a training row ever after. The
number is the accuracy of the last 500 predictions.
"""

# %%
order = np.random.default_rng(0).permutation(len(X))
hits = []
for i in range(1, len(X)):
    known, now = order[:i], order[i : i + 1]
    hits.append(accuracy(y[now], nearest_neighbour(X[known], y[known], X[now])))

print(f"first 50 predictions {np.mean(hits[:50]):.2f}    last 500 {np.mean(hits[-500:]):.2f}")
claim("online-learning-no-fixed-validation", measured=np.mean(hits[-500:]))

# %% [markdown]
r"""
**"Good generalization means that the model neither underfits nor overfits."** (To *underfit* is to miss
even the training rows, to *overfit* is to learn them by heart.) Good generalization means few errors on new
samples. The nearest neighbour learns every training row by heart, and on clean labels it generalises well.
When a part of the training labels is replaced by chance, it no longer does. The number is the test accuracy
of the model that knows its clean training labels by heart.
"""

# %%
train, test = holdout(len(X), 0.2, np.random.default_rng(0))
on_test = {}
for share in (0.0, 0.2, 0.4):
    labels, rng = y.copy(), np.random.default_rng(1)
    replaced = rng.random(len(y)) < share
    labels[replaced] = rng.integers(10, size=replaced.sum())
    on_train = accuracy(labels[train], nearest_neighbour(X[train], labels[train], X[train]))
    on_test[share] = accuracy(y[test], nearest_neighbour(X[train], labels[train], X[test]))
    print(f"labels replaced {share:4.0%}    training {on_train:.2f}    test {on_test[share]:.2f}")

claim("generalization-means-good-fit", measured=on_test[0.0])

# %% [markdown]
r"""
## Think

**1.** Two models were tested on the same 57 rows: A got 54 right, B got 52. A colleague wants to publish
that A is better. What do you say?

<details><summary>Answer</summary>

54 of 57 is 0.95, with a 95 % interval from 0.86 to 0.98; 52 of 57 is 0.91, well inside it. Two rows decide,
so these data cannot tell the models apart. More test rows, or k-fold on all rows, would say more.
</details>

**2.** You predict for a hospital whether a scan shows a tumour. There are 4000 scans of 900 patients, from
2019 to 2025, and 6 % show a tumour. What do you split by?

<details><summary>Answer</summary>

By patient in any case, since scans of one patient resemble each other. If the model is for the coming
years, by time too: the test patients are those of the last year. And look at the share of tumours in every
part; with 6 % it can go astray, so stratify the patients by whether they have one.
</details>

**3.** Somebody fills missing values with the column's median, over all rows, and then runs 5-fold
cross-validation. Is this a leak? How large?

<details><summary>Answer</summary>

Yes: the held-out rows took part in the median. It is probably small, like the scaling in section 4, because
a median over many rows hardly moves and no label is involved. Do it inside each turn all the same: it costs
nothing, and you do not have to argue about it.
</details>

**4.** Your validation score has risen for weeks while you tried 300 configurations. How do you find out how
much of it is flattery?

<details><summary>Answer</summary>

Score the winner once on the test set that you have kept aside. The drop from validation to test is the
flattery, up to the standard error of the test score.
</details>
"""

# %% [markdown]
r"""
## Recap

- A score on training rows measures memory. Judge a model on rows that took no part in making it.
- Training rows decide the parameters, validation rows your choices, test rows nothing.
- Shuffle before you cut; stratify rare classes; keep groups together; put the test at the end of time.
- Split first. Whatever learns from data (scaling, choosing columns, filling gaps) learns from training rows
  only.
- A score has an uncertainty, $\sqrt{p(1-p)/n}$, and a score that was used for choosing is too good besides.

**Now do it yourself:** [exercise 01](../exercises/01_data_splits/01_data_splits.ipynb). **Next:** lesson
02, features.
"""

# %%
terms("01_data_splits")

# %% [markdown]
r"""
**Sources**

- R. Kohavi, "A study of cross-validation and bootstrap for accuracy estimation and model selection",
  *IJCAI*, 1995.
- C. Ambroise and G. J. McLachlan, "Selection bias in gene extraction on the basis of microarray
  gene-expression data", *PNAS* 99, 2002: section 4's mistake, found in published studies.
- G. C. Cawley and N. L. C. Talbot, "On over-fitting in model selection and subsequent selection bias in
  performance evaluation", *Journal of Machine Learning Research* 11, 2010.
- T. Hastie, R. Tibshirani and J. Friedman, *The Elements of Statistical Learning*, 2nd edition, Springer
  2009, chapter 7.
"""
