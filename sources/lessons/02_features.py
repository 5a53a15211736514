# %% [markdown]
r"""
# 02 · Features

A model never meets the wine, the patient or the town. It meets a row of numbers, and what you did to these
numbers decides what it can see.

**You will be able to**

- bring columns to one scale, and say why the scale is learnt on the training rows only;
- say what one badly scaled column does to gradient descent;
- choose between one-hot, ordinal and embedding, and live through an unknown category;
- clean a table, and tell noise in the labels from noise in the features.

**Time:** {minutes} minutes. **Before this:** [01 · Data splits](01_data_splits.ipynb).
"""

# %% jupyter={"source_hidden": true}
import numpy as np
import torch
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    OneHotEncoder,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)
from sklearn.tree import DecisionTreeClassifier

from helpers import data
from helpers.claims import claim
from helpers.explore.features import explorer
from helpers.figures import features as figures
from helpers.figures import show
from helpers.glossary import terms
from helpers.splits import holdout, k_fold, stratified_holdout


def nearest_neighbour(X_train, y_train, X_new):
    """The label of the nearest training row, for each row of X_new (lesson 01)."""
    distances = (X_train**2).sum(axis=1) - 2 * X_new @ X_train.T
    return y_train[distances.argmin(axis=1)]


def told(values, digits=2):
    """The mean and the spread (standard deviation) of several runs, as text."""
    return f"{np.mean(values):.{digits}f} ± {np.std(values):.{digits}f}"


# %% [markdown]
r"""
## The same wines, in grams

178 wines by three growers, 13 measurements each. One measurement is a **feature**; the row of
all 13 is the **feature vector** of that wine. Who grew it? Ask its five nearest neighbours (lesson 01). Two
columns, magnesium and proline, are presumably in milligrams; proline goes up to 1680. Give the same model

- all 13 columns,
- proline alone,
- all 13 columns, but magnesium and proline divided by 1000: in grams.

No wine changes. Predict the three accuracies before you run the cell.
"""


# %% tags=["predict"]
def scores(model, table, target):
    """Its scores on the test rows of 20 splits."""
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        train, test = holdout(len(table), 0.3, rng)
        model.fit(table[train], target[train])
        found.append(model.score(table[test], target[test]))
    return found


X, y = data.load_wine()  # X (178, 13), y (178,)
five = KNeighborsClassifier(5)
in_grams = X.copy()
in_grams[:, [4, 12]] /= 1000  # magnesium and proline
print("13 columns          ", told(scores(five, X, y)))
print("proline alone       ", told(scores(five, X[:, [12]], y)))
print("13 columns, in grams", told(scores(five, in_grams, y)))

# %% jupyter={"source_hidden": true}
pair = X[:, [12, 6]]
show(
    figures.in_two_units(
        {
            "as in the table": pair,
            "each divided by its spread": pair / pair.std(axis=0),
        },
        y,
        ("proline", "flavanoids"),
    ),
    alt="Two columns of the wines, a unit as long across as up. As in the table, proline from 278 to 1680 "
    "draws all wines into one flat line. Divided by their spreads, the three growers form three clouds.",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

0.68, 0.65 and 0.95. The other twelve columns add next to nothing to proline, until two of the 13 change their
unit.

</details>

A distance adds up squared differences. Over all pairs of wines these are, on average, twice the variance of
their column. How much of the sum is proline?
"""

# %%
spreads = X.var(axis=0)
print(f"proline's share of the sum: {spreads[12] / spreads.sum():.1%}")

# %% [markdown]
r"""
The model is nearly blind to the other columns. Whoever chose the units chose the neighbours.

(You may have heard that writing an object as a vector of features is *data annotation*.)
"""

# %% jupyter={"source_hidden": true}
claim(
    "feature-vector-is-annotation",
    because="Annotation writes down y, what is to be predicted. The feature vector is X, what it is "
    "predicted from; making it is feature extraction.",
)

# %% [markdown]
r"""
## 1. One scale

Rewriting columns so that a model can use them is **data transformation**, a part of **data preprocessing**.
**Feature scaling** brings columns to comparable ranges. Three ways:

| | formula | read aloud |
| --- | --- | --- |
| **standardization** (z-score) | $z = (x - \mu)/\sigma$ | minus the mean, over the standard deviation |
| **min-max normalization** | $x' = (x - \min)/(\max - \min)$ | from 0, the smallest, to 1, the largest |
| robust scaling | $(x - q_{50})/(q_{75} - q_{25})$ | minus the middle value, over the middle half's width |

A quarter of the rows lie below $q_{25}$; $q_{50}$ is the median. Each way has two halves: **learn** two
numbers per column, **apply** them. A class keeps the halves apart. `fit` learns, and returns the object
itself, so that calls can be chained; `transform` applies. `np.where(a, b, c)` takes `b` where `a` is true,
else `c`.
"""


# %%
class Standardizer:
    def fit(self, X):
        self.mean_ = X.mean(axis=0)  # one number per column
        self.std_ = X.std(axis=0)
        self.std_ = np.where(self.std_ == 0, 1, self.std_)  # constant column
        return self

    def transform(self, X):
        return (X - self.mean_) / self.std_


# %% [markdown]
r"""
Beside scikit-learn's, fitted on training rows `A` and applied to test rows `B`:
"""

# %%
train, test = holdout(178, 0.3, np.random.default_rng(0))
A, B = X[train], X[test]
low, high = A.min(axis=0), A.max(axis=0)
q25, q75 = np.percentile(A, [25, 75], axis=0)
ours = {
    StandardScaler(): Standardizer().fit(A).transform(B),
    MinMaxScaler(): (B - low) / (high - low),
    RobustScaler(): (B - np.median(A, axis=0)) / (q75 - q25),
}
for theirs, table in ours.items():
    same = np.allclose(theirs.fit(A).transform(B), table)
    print(f"{theirs!s:16} agrees: {same}")

# %% [markdown]
r"""
Which way? On clean columns they differ little. An **outlier**, a value far from all others, drags mean,
spread and range along and hardly moves the median (the companion measures that).

### Why only the training rows?

Whatever learns from data learns from the training rows only: lesson 01's rule. What does breaking it fake
here? Accuracy of one nearest neighbour scaled by *all* rows, minus scaled by the training rows, in percentage
points: 1000 splits, ± two standard errors.
"""


# %%
def scaled_score(fitted_on, train, test):
    Z = Standardizer().fit(X[fitted_on]).transform(X)
    guess = nearest_neighbour(Z[train], y[train], Z[test])
    return np.mean(guess == y[test])


for n_train in (10, 30, 120):
    leak = []
    for seed in range(1000):
        rows = np.random.default_rng(seed).permutation(178)  # all
        train, test = rows[:n_train], rows[n_train:]
        honest = scaled_score(train, train, test)
        leak.append(scaled_score(rows, train, test) - honest)
    points, error = 100 * np.mean(leak), 200 * np.std(leak) / np.sqrt(1000)
    print(f"{n_train:3} training rows: {points:+.1f} ± {error:.1f} points")

# %% [markdown]
r"""
Real and small; with 120 rows, too small to see. (Choosing columns before the split, in lesson 01, faked far
more; there the labels leaked.) A better reason: when the model is *used*, new rows come a few at a time,
perhaps all from one grower. Scale such a delivery by its own mean and spread, as `fit_transform` on the test
rows does. What happens?
"""

# %% tags=["predict"]
kept, refitted, own_spread = [], [], []
for seed in range(20):
    train, test = stratified_holdout(y, 0.3, np.random.default_rng(seed))
    scaler = Standardizer().fit(X[train])
    model = KNeighborsClassifier(5).fit(scaler.transform(X[train]), y[train])
    for grower in range(3):
        delivery = test[y[test] == grower]
        kept.append(model.score(scaler.transform(X[delivery]), y[delivery]))
        own = Standardizer().fit(X[delivery])
        refitted.append(model.score(own.transform(X[delivery]), y[delivery]))
        own.mean_ = scaler.mean_  # its own spread, but not its own mean
        own_spread.append(model.score(own.transform(X[delivery]), y[delivery]))
print("scaled by the training rows:", told(kept))
print("scaled by itself:           ", told(refitted))
print("only the spread by itself:  ", told(own_spread))

# %% [markdown]
r"""
<details><summary>What came out</summary>

0.97 and 0.37, hardly more than a guess. It is the mean that does it: with the mean of the training rows and
the delivery's own spread it is 0.98.

</details>

A mean of 0 for every delivery wipes out what tells the growers apart. The scale belongs to the model: learnt
once, kept, and applied to whatever comes.

### Who needs it?

Two models get raw and scaled columns: nearest neighbours, and a decision tree, which asks of one column at a
time whether it is above some value. Each has its own best number of neighbours, or depth. (Eight splits;
cross-validation on the training rows chooses.) If it is the *algorithm* that requires scaling, the first
gains and the second does not.
"""

# %% jupyter={"source_hidden": true}
candidates = {
    "neighbours": (KNeighborsClassifier(), {"model__n_neighbors": [1, 5, 15]}),
    "tree": (
        DecisionTreeClassifier(random_state=0),
        {"model__max_depth": [2, 3, 5]},
    ),
}
gain = {}
for name, (model, settings) in candidates.items():
    found = {}
    for kind, scaler in {
        "raw": "passthrough",
        "scaled": StandardScaler(),
    }.items():
        steps = Pipeline([("scale", scaler), ("model", model)])
        found[kind] = []
        for seed in range(8):
            train, test = holdout(178, 0.3, np.random.default_rng(seed))
            search = GridSearchCV(steps, settings, cv=3).fit(
                X[train], y[train]
            )
            found[kind].append(search.score(X[test], y[test]))
    gain[name] = np.mean(found["scaled"]) - np.mean(found["raw"])
    print(
        f"{name:10}  raw {told(found['raw'])}   scaled {told(found['scaled'])}"
    )

# %% jupyter={"source_hidden": true}
claim(
    "scaling-fits-the-algorithm",
    measured=gain["neighbours"] - gain["tree"],
    what="accuracy that scaling gains, neighbours minus tree",
)

# %% [markdown]
r"""
A change of units keeps the order within a column, and the tree's questions see only order. You may also have
heard that standardizing *reduces the influence of noise*.
"""

# %% jupyter={"source_hidden": true}
claim(
    "scaling-reduces-noise",
    because="(signal + noise - m)/s = (signal - m)/s + noise/s: both are "
    "divided by the same s, and signal/noise = (signal/s)/(noise/s).",
)

# %% [markdown]
r"""
Beside other columns, noise in large units is toned down and noise in tiny units is turned *up*. Scaling gives
each column one vote, deserved or not.

## 2. What gradient descent makes of it

Many models learn by **gradient descent**. They take many small steps that make the *loss* smaller, the number
that says how wrong they are. In a step each weight, here 0 at first, moves against its slope: how fast the
loss grows with this weight alone (lesson 05). One number, the learning rate `lr`, sets the length of the
steps **for all weights**. For a linear model `Z @ w` and half the mean squared error the slopes are `Z.T @ (Z
@ w - t) / n`.

442 diabetes patients, body mass index and blood pressure, standardized; the target is how far the disease had
gone a year later. Multiply the second column by a scale: how many steps until 1 % of the way down is left, at
the best `lr` for that scale?

How sharply the loss bends, in its steepest and in its flattest direction, is told by the *eigenvalues*
$\lambda$ (lambda) of `Z.T @ Z` divided by $n$. Their ratio is the **condition number**:

$$\kappa = \lambda_{\max} / \lambda_{\min}$$

Aloud: the sharpest bend over the flattest. Beyond `lr` $= 2/\lambda_{\max}$ the steps jump farther
and farther.
"""

# %%
patients, progress = data.load_diabetes(scaled=False)
bmi_and_pressure = patients[:, [2, 3]]
Z = Standardizer().fit(bmi_and_pressure).transform(bmi_and_pressure)
t = (progress - progress.mean()) / progress.std()


def steps_needed(Z, lr, at_most=1000):
    best = np.linalg.lstsq(Z, t)[0]  # least squares, no descent
    lowest = np.mean((Z @ best - t) ** 2)
    goal = lowest + 0.01 * (np.mean(t**2) - lowest)
    w = np.zeros(2)
    for step in range(at_most):
        error = Z @ w - t
        if np.mean(error**2) <= goal:
            return step
        w = w - lr * Z.T @ error / len(Z)
    return at_most


for scale in (0.1, 1, 10):
    scaled = Z * [1, scale]
    bends = np.linalg.eigvalsh(scaled.T @ scaled / len(Z))  # flat, steep
    rates = np.arange(0.1, 1, 0.01) * 2 / bends[-1]
    fewest = min(steps_needed(scaled, lr) for lr in rates)
    print(f"scale {scale:4}: condition number {bends[-1] / bends[0]:5.1f}, "
          f"{fewest:3} steps")  # fmt: skip

# %% jupyter={"source_hidden": true}
table = scaled.T @ scaled
print(
    "np.linalg.cond agrees:",
    np.isclose(bends[-1] / bends[0], np.linalg.cond(table)),
)
raw, standard = X - X.mean(axis=0), Standardizer().fit(X).transform(X)
raw, standard = (np.linalg.cond(table.T @ table) for table in (raw, standard))
print(
    f"all 13 columns of wine: raw {raw / 1e6:.0f} million, standardized {standard:.0f}"
)

# %% [markdown]
r"""
Two steps, or about a hundred. The widest column sets the limit for `lr`, and with so small a rate the other
weight creeps. Scaling does not make $\kappa$ = 1: columns that go together (here with a correlation of 0.40)
keep it above that.

**Try it.** You see the loss, a bowl over the two weights, and the path of the descent. The axes are
*effects*, weight times spread, so the bowl stays the same whatever the scale: units change only the path.
Predict: at scale 10 and `lr` = 0.01, which way does the path set out, and which way does it creep? Then look
for a rate at which scale 20 arrives within 100 steps.
"""

# %%
explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

It jumps straight up, along the wide column, then creeps down to the right. At scale 20 no rate is enough:
beyond 0.005 it diverges, and the best takes 468 steps. At scale 1, two steps do.

</details>

## 3. Categories

A **continuous feature** is a number whose differences mean something. A **discrete (categorical) feature** is
one of a few values: grower, town, blood group.

**One-hot**: one column per category and a single 1 in each row, a **discrete encoding** without order.
`column[:, None]` stands $m$ words up as a column; compared with a row of $K$ words it gives a table of $m$ by
$K$ True and False.
"""


# %%
def one_hot(column, categories):
    """Words (m,) and known words (K,) to a table (m, K) of 0 and 1."""
    return (column[:, None] == categories).astype(float)


towns = np.array(["Rome", "Oslo", "Rome", "Lima"])  # training rows
known, counts = np.unique(towns, return_counts=True)
print("known:", known, "  rows:", counts)
new = np.array(["Oslo", "Kyiv"])
print(one_hot(new, known))

encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
theirs = encoder.fit(towns[:, None]).transform(new[:, None])
print("agrees:", np.array_equal(one_hot(new, known), theirs))

# %% [markdown]
r"""
Kyiv was in no training row, so its row is all zeros: none of the known. (A column of its own would be 0 in
every training row, and nothing could be learnt about its weight. Rare categories are often put together in
one column "other"; unknown ones can join them.) Without `handle_unknown` the program stops. How often would
that be? A thousand towns, the second half as frequent as the first, the third a third, and so on; 1000
training rows.
"""

# %% jupyter={"source_hidden": true}
try:
    OneHotEncoder().fit(towns[:, None]).transform(new[:, None])
except ValueError as error:
    print("ValueError:", error)

share = 1 / np.arange(1, 1001)
unseen = []
for seed in range(20):
    rng = np.random.default_rng(seed)
    old, new = rng.choice(1000, (2, 1000), p=share / share.sum())
    unseen.append(np.mean(~np.isin(new, old)))
print("new rows with a town that no training row had:", told(unseen))

# %% [markdown]
r"""
One row in five. A program that stops at an unknown town would seldom get through ten rows.

**Ordinal**: one column, 0, 1, 2 …, in an order that *you* give. Is that not simpler? Predict the alcohol of a
wine from its grower, with the numbers of the file and with the growers renumbered. Printed is $R^2$ on test
rows, the share of the variation that the model explains (lesson 03).
"""

# %%
alcohol = X[:, 0]
line = LinearRegression()
for code in ([0, 1, 2], [1, 2, 0], [0, 2, 1]):
    numbers = np.array(code)[y]  # grower k gets code[k]
    print(code, told(scores(line, numbers[:, None], alcohol)))
table = one_hot(y, np.arange(3))
print("one-hot  ", told(scores(line, table, alcohol)))

# %% [markdown]
r"""
Only the names changed. (The last order happens to be that of the growers' mean alcohol.) Numbers claim an
order and equal distances, and a linear model believes them. Where the order is real, that helps: the mass
index in ten classes (below 20, below 22, …), as in a questionnaire, predicts the progress of diabetes. Which
is better with 20 training rows, and with 300? (50 splits.)
"""

# %% tags=["predict"] jupyter={"source_hidden": true}
level = np.searchsorted(
    np.arange(20, 37, 2), patients[:, 2], side="right"
)  # 0 to 9
tables = {"ordinal": level[:, None], "one-hot": one_hot(level, np.arange(10))}
for n_train in (20, 300):
    for name, table in tables.items():
        errors = []
        for seed in range(50):
            rows = np.random.default_rng(seed).permutation(442)
            train, test = rows[:n_train], rows[n_train:]
            model = LinearRegression().fit(table[train], progress[train])
            guess = model.predict(table[test])
            errors.append(np.abs(guess - progress[test]).mean())
        print(f"{n_train:3} rows, {name:7}: mean error {told(errors, 1)}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

With 20 rows a mean error of 54.6 for the ordinal column and 64.5 for one-hot; with 300, 53.2 and 53.6.

</details>

With few rows the ordinal column wins: one slope to learn, not ten averages. With many it hardly matters.

**Embedding**: a short vector for each category, *learnt* like a weight. It is a table `W` with a row for each
category, and looking a row up is one-hot times `W`.
"""

# %%
table = torch.nn.Embedding(40, 4)  # 40 towns, 4 numbers each
W = table.weight.detach().numpy()
looked_up = table(torch.tensor([7, 2])).detach().numpy()
multiplied = one_hot(np.array([7, 2]), np.arange(40)) @ W
print("look-up = one-hot @ W:", np.allclose(looked_up, multiplied))

# %% [markdown]
r"""
What for? Forty towns lie somewhere. You know the travel times of three pairs in ten, with errors of 5 %, and
want the others. One-hot columns in a linear model give each town one number to add. An embedding gives it two
or four, and the prediction is the distance between two vectors. Gradient descent finds them (in PyTorch,
folded; lessons 05 and 08).
"""


# %% jupyter={"source_hidden": true}
def travel(seed):
    """Places of 40 towns, the pairs (780, 2), their times in hours, and the rows to train and test on."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(0, 10, (40, 2))
    pairs = np.stack(np.triu_indices(40, 1), axis=1)
    hours = np.linalg.norm(places[pairs[:, 0]] - places[pairs[:, 1]], axis=1)
    hours *= np.exp(rng.normal(0, 0.05, len(hours)))
    return places, pairs, hours, *holdout(len(hours), 0.7, rng)


# %% jupyter={"source_hidden": true}
def learn_towns(pairs, hours, seed, size):
    """The vectors (40, size) whose distances come closest to the hours."""
    torch.manual_seed(seed)
    table = torch.nn.Embedding(40, size)
    optimizer = torch.optim.Adam(table.parameters(), lr=0.1)  # lesson 08
    start, end = torch.tensor(pairs).T
    for _ in range(300):
        optimizer.zero_grad()
        guess = (table(start) - table(end)).norm(dim=1)
        ((guess - torch.tensor(hours)) ** 2).mean().backward()
        optimizer.step()
    return table.weight.detach().numpy()


# %% jupyter={"source_hidden": true}
errors = {
    "the mean of the known": [],
    "one number a town": [],
    "two numbers, distance": [],
    "four, distance": [],
}
for seed in range(5):
    places, pairs, hours, train, test = travel(seed)
    for size, name in [(2, "two numbers, distance"), (4, "four, distance")]:
        vectors = learn_towns(pairs[train], hours[train], seed, size)
        between = vectors[pairs[:, 0]] - vectors[pairs[:, 1]]
        guess = np.linalg.norm(between, axis=1)
        errors[name].append(np.abs(guess - hours)[test].mean())

    two = one_hot(pairs[:, 0], np.arange(40)) + one_hot(
        pairs[:, 1], np.arange(40)
    )
    guess = LinearRegression().fit(two[train], hours[train]).predict(two)
    errors["one number a town"].append(np.abs(guess - hours)[test].mean())
    errors["the mean of the known"].append(
        np.abs(hours[train].mean() - hours)[test].mean()
    )
for name, values in errors.items():
    print(f"{name:21} mean error {told(values)} hours")

# %% jupyter={"source_hidden": true}
centred = vectors - vectors.mean(axis=0)
directions = np.linalg.svd(centred, full_matrices=False)[2]
show(
    figures.found_map(places, centred @ directions[:2].T),
    alt="A map of 40 towns, ten hours wide. 37 of the places that were learnt lie within half an hour of the "
    "true place, the others within 1.3 hours.",
)

# %% [markdown]
r"""
Nobody told the model where the towns lie. Its vectors of four, seen along the two directions in which they
spread most (PCA, in the companion), turned and laid over the map, show it. (Two numbers a town could hold
that map, but from a random start the descent does not find it.) The form matters too: no sum of two numbers
is a distance. An embedding can pay where categories are many and resemble each other in ways that the task
reveals. Is it always smaller?
"""

# %% jupyter={"source_hidden": true}
claim(
    "embeddings-reduce-parameters",
    because="10,000 values into 128 units: one-hot 10,000 · 128 = 1,280,000 "
    "weights; through 16 numbers 10,000 · 16 + 16 · 128 = 162,048. "
    "Two values: 2 · 128 = 256 < 2 · 2 + 2 · 128 = 260.",
)

# %% [markdown]
r"""
An unknown town has no row in it either: keep one row for "other".

### Columns from columns

**Feature engineering** makes columns out of what you know. A product of two, an *interaction*, shows a linear
model what neither says alone. Here are 400 points in a square around 0; the label says whether the two
coordinates differ in sign:
"""


# %%
def products(X):
    """The columns of X, then x_i · x_j for all i ≤ j."""
    columns = [X]
    for i in range(X.shape[1]):
        for j in range(i, X.shape[1]):
            columns.append(X[:, i] * X[:, j])
    return np.column_stack(columns)


points, label = data.xor(400, noise=0.1, rng=np.random.default_rng(0))
theirs = PolynomialFeatures(2, include_bias=False).fit_transform(points)
print("agrees:", np.allclose(products(points), theirs))
model = LogisticRegression()
print("two columns  ", told(scores(model, points, label)))
print("with products", told(scores(model, products(points), label)))

# %% [markdown]
r"""
(Convert to floats first: pixels stored as `uint8` end at 255, and 200 · 200 gives 64.) From $d$ columns come
$d(d+3)/2$: 104 from 13, 2144 from 64. Networks can build such columns in their hidden layers: **automatic
feature extraction**, or *representation learning*.

## 4. Dirty tables

**Data cleaning** asks three questions of every table: what is missing, what cannot be, what is there twice?
"""

# %%
dirty = patients[:5, [0, 2, 3]].copy()  # age, mass index, blood pressure
dirty = np.vstack([dirty, dirty[2]])
dirty[1, 1], dirty[4, 0] = np.nan, 999  # nan: "not a number"
print(dirty)

print("missing by column:", np.isnan(dirty).sum(axis=0))
print("impossible ages:  ", np.flatnonzero(dirty[:, 0] > 120))
print("different rows:   ", len(np.unique(dirty, axis=0)), "of", len(dirty))

# %% [markdown]
r"""
A duplicate on both sides of a split is a leak (lesson 01): keep one. An impossible value is a missing one in
disguise: make it `nan`. **Missing values** are filled with the column's median, learnt on the training rows,
and a mark, a column of 0 and 1, remembers where:
"""


# %%
class Imputer:
    def fit(self, X):
        self.median_ = np.nanmedian(X, axis=0)  # of the entries that are there
        self.gaps_ = np.isnan(X).any(axis=0)  # columns with a gap
        return self

    def transform(self, X):
        missing = np.isnan(X)
        filled = np.where(missing, self.median_, X)
        return np.hstack([filled, missing[:, self.gaps_]])


dirty[4, 0] = np.nan
theirs = SimpleImputer(strategy="median", add_indicator=True).fit(dirty)
ours = Imputer().fit(dirty).transform(dirty)
print("agrees:", np.allclose(ours, theirs.transform(dirty)))
print(ours[[1, 4]])

# %% [markdown]
r"""
(`.any(axis=0)` asks of each column, `axis=1` of each row, whether any entry is True, `.all` whether all are.
A column without any entry has no median; drop it: `X[:, ~np.isnan(X_train).all(axis=0)]`.) Is the mark worth
a column? Three mass indices in ten are lost: by chance, or six in ten of the heavier half, who would rather
not be weighed. Mean error of the predicted progress without the column, with 999 for what is missing, with
the median, and with median and mark:
"""

# %% jupyter={"source_hidden": true}
sex_pressure_bmi = patients[:, [1, 3, 2]]
heavy = patients[:, 2] > np.median(patients[:, 2])
for who, chance in {
    "anyone": 0.3 + 0 * heavy,
    "the heavier": 0.6 * heavy,
}.items():
    errors = {"without": [], "999": [], "median": [], "and mark": []}
    for seed in range(30):
        rng = np.random.default_rng(seed)
        table = sex_pressure_bmi.copy()
        table[rng.random(442) < chance, 2] = np.nan
        train, test = holdout(442, 142, rng)
        filled = Imputer().fit(table[train]).transform(table)
        ways = (
            table[:, :2],
            np.nan_to_num(table, nan=999),
            filled[:, :3],
            filled,
        )
        for way, found in zip(ways, errors.values(), strict=True):
            model = LinearRegression().fit(way[train], progress[train])
            guess = model.predict(way[test])
            found.append(np.abs(guess - progress[test]).mean())
    print(f"missing for {who}:")
    print(
        "  ",
        ", ".join(
            f"{name} {told(found, 1)}" for name, found in errors.items()
        ),
    )

# %% [markdown]
r"""
Where values are missing by chance, a code left in makes the column nearly worthless, and the mark gains
nothing. Where being missing says something, the mark gains much. You seldom know which.

### All steps in a row

Each step is fitted on what the steps before it make of the *training* rows. `make_steps` makes new ones for
each split, so that nothing is carried over:
"""


# %%
def fit_and_score(steps, X_train, y_train, X_test, y_test):
    for step in steps[:-1]:
        X_train = step.fit(X_train).transform(X_train)
        X_test = step.transform(X_test)
    return steps[-1].fit(X_train, y_train).score(X_test, y_test)


def make_steps():
    return [Imputer(), Standardizer(), KNeighborsClassifier(5)]


# %%
gappy = X.copy()
gappy[np.random.default_rng(0).random(X.shape) < 0.1] = np.nan
folds, ours = k_fold(178, 5, np.random.default_rng(0)), []
for a, b in folds:
    score = fit_and_score(make_steps(), gappy[a], y[a], gappy[b], y[b])
    ours.append(score)
print("five folds:", told(ours))

# %% jupyter={"source_hidden": true}
imputer = SimpleImputer(strategy="median", add_indicator=True)
pipeline = make_pipeline(imputer, StandardScaler(), KNeighborsClassifier(5))
theirs = cross_val_score(pipeline, gappy, y, cv=folds)
print("make_pipeline gives the same:", np.array_equal(ours, theirs))

# %% [markdown]
r"""
## 5. Noise in labels, noise in features

**Noise** is what chance adds to a number, and no other column predicts it. It can sit in $y$ or in $x$. Take
$y = x$, and add noise as wide as $x$ itself, once to $y$, once to $x$. Which of the two bends the fitted
slope, and do more rows help?
"""


# %% tags=["predict"]
def slope(x, y):
    """Of the straight line with the least squared error."""
    x = x - x.mean()
    return (x * y).mean() / (x * x).mean()


for n in (50, 500, 50_000):
    in_y, in_x = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        clean, noise = rng.normal(size=(2, n))
        in_y.append(slope(clean, clean + noise))
        in_x.append(slope(clean + noise, clean))
    print(f"{n:6} rows: noise in y {told(in_y)}, in x {told(in_x)}")

# %% jupyter={"source_hidden": true}
clean, noise = np.random.default_rng(0).normal(size=(2, 2000))
slopes = slope(clean, clean + noise), slope(clean + noise, clean)
show(
    figures.two_noises(clean, noise, slopes),
    alt="2,000 points about the line y = x. With noise in y the fitted line has slope 0.98, on the truth; "
    "with noise in x it has slope 0.50, much flatter.",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

Noise in y leaves the slope at 1, the closer the more rows. Noise in x makes it 0.50, with 50 rows as with
50,000.

</details>

Noise in the label scatters, and more rows average it away. Noise in a feature *flattens*: independent noise
multiplies the slope by

$$\frac{\text{var}(x)}{\text{var}(x) + \text{var}(\text{noise})} ,$$

the variance of the true $x$ divided by that of the measured one. Here that is one half, and no number of rows
repairs it. (For *predicting* from equally noisy rows the flat line is the better one.)

You may have heard that *noise makes models overfit or underfit*: learn errors by heart, or miss what is
there. Up to 40 % of the digits' training labels are drawn anew. One nearest neighbour believes each label;
the other model lets $k$ neighbours vote, and cross-validation on the noisy rows chooses $k$. If noise made
*models* overfit, both would lose on clean test rows; if underfit, the voting one would miss true labels of
its own training rows.
"""

# %% jupyter={"source_hidden": true}
X_digits, y_digits = data.load_digits()
search = GridSearchCV(
    KNeighborsClassifier(), {"n_neighbors": [1, 3, 5, 9, 15, 25]}, cv=3
)
for share in (0, 0.2, 0.4):
    one, vote, on_given, on_true = [], [], [], []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        train, test = holdout(1797, 0.3, rng)
        given = y_digits[train].copy()
        hit = rng.random(len(given)) < share
        given[hit] = rng.integers(10, size=hit.sum())
        guess = nearest_neighbour(X_digits[train], given, X_digits[test])
        one.append(np.mean(guess == y_digits[test]))
        search.fit(X_digits[train], given)
        vote.append(search.score(X_digits[test], y_digits[test]))
        guess = search.predict(X_digits[train])
        on_given.append(np.mean(guess == given))
        on_true.append(np.mean(guess == y_digits[train]))
    print(
        f"{share:3.0%} of labels drawn anew: one {told(one)}, voting {told(vote)}"
    )
    print(
        f"    voting, training rows: given labels {told(on_given)}, true ones {told(on_true)}"
    )

# %% jupyter={"source_hidden": true}
claim(
    "noise-makes-over-or-underfit",
    measured=np.mean(vote) - np.mean(one),
    what="test accuracy at 40 % noise, voting neighbours minus one",
)

# %% [markdown]
r"""
The model that fits every row overfits; the one that may vote loses little. On the labels it was given it
scores 0.61, as if it underfitted; on the true labels of the same rows it is nearly perfect. On new rows with
such labels no model can be expected to score above 0.64 (0.6, and one in ten of the others by luck): noise in
labels is a floor under the error that you *measure*.

## Think

**1.** A colleague standardizes all rows, then cuts folds. Done right, the score hardly changes. Why insist?

<details><summary>Answer</summary>

The same habit with another step (choosing columns, filling by a mean per class) leaks much, and a score does
not tell which case you are in. And the scaler has to exist before the first delivery comes.

</details>

**2.** A column holds 8000 different postcodes, as numbers. Ordinal, one-hot or embedding?

<details><summary>Answer</summary>

Not ordinal: 10117 is not more than 10115 in any way that the task knows. With many rows for each postcode,
one-hot or an embedding. With few, put together what belongs together (the first two digits). And keep a way
through for a new postcode.

</details>

**3.** A clinic trained a linear model on readings of a noisy device and buys a precise one. What about the
slope?

<details><summary>Answer</summary>

It is too flat for the precise readings; it was right for noisy ones. Train again on readings of the new
device.

</details>

## Recap

- Distances and gradient steps add up columns; without scaling, units decide. Trees do not care.
- Fit on training rows, keep, apply to whatever comes: scalers, fillings, lists of categories.
- One badly scaled column raises the condition number: a single learning rate cannot suit all weights.
- One-hot without order, ordinal with a real one, an embedding for many that resemble each other. An unknown
  category gets zeros, never a crash.
- Independent noise in a target averages out; in a feature it flattens the slope.

**Now do it yourself:** [exercise 02](../exercises/02_features/02_features.ipynb). **For a second reading:**
[02 · You may have heard](02_features_heard.ipynb). **Next:** lesson 03, baselines and metrics.
"""

# %% jupyter={"source_hidden": true}
terms("02_features")

# %% [markdown]
r"""
**Sources**

- T. Hastie, R. Tibshirani, J. Friedman, *The Elements of Statistical Learning*, 2nd edition, 2009.
- J. Nocedal and S. Wright, *Numerical Optimization*, 2006, chapter 3: condition number and steps.
- R. Little and D. Rubin, *Statistical Analysis with Missing Data*: when a gap says something.
- W. Fuller, *Measurement Error Models*, 1987: what noise in a feature does to a slope.
"""
