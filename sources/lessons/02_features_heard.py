# %% [markdown]
r"""
# 02 · Features: you may have heard

Three sentences that are told about features, and what only a second reading wants: outliers, a leak that is
not small, and PCA. No other lesson depends on this page.

**Time:** {minutes} minutes. **Before this:** the lesson, [02 · Features](02_features.ipynb).

`told` writes the mean of several runs, ± their spread (standard deviation).
"""

# %% jupyter={"source_hidden": true}
import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from helpers import data
from helpers.claims import claim
from helpers.figures import features as figures
from helpers.figures import show
from helpers.splits import holdout, stratified_holdout

X, y = data.load_wine()


def told(values):
    """The mean and the spread (standard deviation) of several runs, as text."""
    return f"{np.mean(values):.2f} ± {np.std(values):.2f}"


# %% [markdown]
r"""
## "The more dimensions, the more thoroughly the object is analysed"

Half of the wines train, half test, ten splits; columns are scaled, and cross-validation on the training rows
chooses the number of neighbours anew for each table. First 2 or 5 columns of the file, drawn by chance, then
all 13. Then add columns of pure noise. If more were always better, both would help.
"""

# %% jupyter={"source_hidden": true}
search = GridSearchCV(
    KNeighborsClassifier(), {"n_neighbors": [1, 5, 15]}, cv=3
)


def compare(model, make_tables, test_size):
    """The test scores of ten splits, by table; make_tables(rng) gives those of a split."""
    found = {}
    for seed in range(10):
        rng = np.random.default_rng(seed)
        train, test = stratified_holdout(y, test_size, rng)
        for name, table in make_tables(rng).items():
            model.fit(table[train], y[train])
            score = model.score(table[test], y[test])
            found.setdefault(name, []).append(score)
    for name, values in found.items():
        print(f"{name:22} {told(values)}")
    return found


def more_columns(rng):
    noise, order = rng.normal(size=(178, 1000)), rng.permutation(13)
    tables = {
        f"{d:2} columns of the file": X[:, order[:d]] for d in (2, 5, 13)
    }
    return tables | {
        f"13 and {d:4} of noise": np.c_[X, noise[:, :d]]
        for d in (13, 200, 1000)
    }


found = compare(make_pipeline(StandardScaler(), search), more_columns, 0.5)

# %% jupyter={"source_hidden": true}
claim(
    "more-dimensions-more-thorough",
    measured=np.mean(found["13 columns of the file"])
    - np.mean(found["13 and  200 of noise"]),
    what="accuracy lost by adding 200 columns of noise to 13 real ones",
)

# %% [markdown]
r"""
Real columns help, noise harms, and nothing in a column says which it is. Part of the trouble is the **curse
of dimensionality**: the data needed to cover a space grow with the number of its dimensions, often
exponentially. Distances lose their contrast on the way. 500 random points in a cube: how far is the nearest
one, as a share of the farthest? (20 draws.)
"""

# %%
for d in (2, 10, 100, 1000):
    shares = []
    for seed in range(20):
        points = np.random.default_rng(seed).uniform(size=(501, d))
        distances = np.linalg.norm(points[1:] - points[0], axis=1)
        shares.append(distances.min() / distances.max())
    print(f"{d:4} dimensions: {told(shares)}")

# %% [markdown]
r"""
## "Noise may come from redundant information"

**Redundant information** is what other columns tell already. Is it noise? Take 30 wines to train on. Once
each column stands in the table five times; once 52 columns of pure noise are added, just as many. The model
is a linear classifier, the strength of its penalty (lesson 12) chosen by cross-validation for each table. If
redundancy were noise, both would cost about the same.
"""

# %% jupyter={"source_hidden": true}
search = GridSearchCV(
    LogisticRegression(max_iter=1000), {"C": [0.01, 0.1, 1, 10]}, cv=3
)


def copies_or_noise(rng):
    return {
        "13 columns": X,
        "each five times": np.tile(X, 5),
        "52 of noise added": np.c_[X, rng.normal(size=(178, 52))],
    }


found = compare(make_pipeline(StandardScaler(), search), copies_or_noise, 148)

# %% jupyter={"source_hidden": true}
claim(
    "redundancy-is-noise",
    measured=np.mean(found["each five times"])
    - np.mean(found["52 of noise added"]),
    what="accuracy with each column five times, minus with as many columns of noise",
)

# %% [markdown]
r"""
Copies cost memory and time, and they make single weights arbitrary: without a penalty, five equal columns can
share one weight in any way. And copies of *some* columns do vote: a distance counts a column as often as it
stands there.

## "An embedding turns sex, coded 0/1, into a vector from which sex can be predicted accurately"

It does, and that says nothing. Here is an embedding that was *never trained*:
"""

# %%
torch.manual_seed(0)
table = torch.nn.Embedding(2, 2)  # two values, two numbers each
sex = np.random.default_rng(0).integers(2, size=200)
vectors = table(torch.tensor(sex)).detach().numpy()
model = KNeighborsClassifier(1).fit(vectors[:100], sex[:100])
print("accuracy on the other 100:", model.score(vectors[100:], sex[100:]))

# %% jupyter={"source_hidden": true}
claim(
    "embedding-predicts-sex",
    because="The vector was looked up with the code 0 or 1, so reading the code back from it returns the "
    "input. And from one number to two is no reduction.",
)

# %% [markdown]
r"""
An **embedding model** maps words, pictures or towns to vectors. What is worth measuring is whether things
that resemble each other lie close together, as the towns of the lesson did.

## For a second reading

### Outliers and three scalers

One in a hundred entries of the *training* rows has lost its decimal point (times 100). Five neighbours, 20
splits, clean test rows:
"""

# %%
for share in (0, 0.01):
    print(f"{share:.0%} of the entries spoilt")
    for scaler in (StandardScaler(), MinMaxScaler(), RobustScaler()):
        found = []
        for seed in range(20):
            rng = np.random.default_rng(seed)
            train, test = stratified_holdout(y, 0.3, rng)
            A = X[train].copy()
            A[rng.random(A.shape) < share] *= 100
            model = make_pipeline(scaler, KNeighborsClassifier(5))
            model.fit(A, y[train])
            found.append(model.score(X[test], y[test]))
        print(f"   {scaler!s:16} {told(found)}")

# %% [markdown]
r"""
On clean rows the three differ by less than their spread, and the robust one is not ahead. With outliers,
mean, spread and range are dragged along; median and middle half hardly move.

### A leak that is not small

A category with many values is often replaced by *the mean label of its rows*. That is a number learnt from
labels. A hundred towns, 300 rows, and labels tossed with a coin: the truth is 0.5.
"""


# %%
def mean_label(towns, labels, rows):
    """For every row the mean label of its town, learnt on these rows."""
    means = np.full(100, labels[rows].mean())  # for towns without a row
    for town in np.unique(towns[rows]):
        means[town] = labels[rows][towns[rows] == town].mean()
    return means[towns]


scores = {"all rows": [], "training rows": []}
for seed in range(50):
    rng = np.random.default_rng(seed)
    towns, coins = rng.integers(100, size=300), rng.integers(2, size=300)
    train, test = holdout(300, 0.3, rng)
    for name, rows in [("all rows", np.arange(300)), ("training rows", train)]:
        guess = mean_label(towns, coins, rows)[test] > 0.5
        scores[name].append(np.mean(guess == coins[test]))
for name, values in scores.items():
    print(f"means learnt on {name:13} {told(values)}")

# %% [markdown]
r"""
Compare it with the scaler's leak in the lesson, a fraction of a percentage point. What is learnt *with
labels* on test rows can fake a model out of nothing.

### PCA: the directions in which rows spread most

An embedding learns coordinates for a task. **Principal component analysis** finds some without any task:
centre the columns, then take the direction along which the rows vary most, then the next one at a right
angle, and so on. They come out of the singular value decomposition,

$$X - \text{mean} = U S V^\top .$$

Read it: the centred table is a product of three; the rows of $V^\top$ are the directions, and the squares of
the numbers in $S$, divided by $n - 1$, say how much the rows vary along each. The new coordinates are `(X -
mean) @ Vt.T`.
"""


# %%
def principal_directions(X):
    """Directions (one a row), and the share of the variance along each."""
    _, S, Vt = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    return Vt, S**2 / (S**2).sum()


scaled = (X - X.mean(axis=0)) / X.std(axis=0)
for name, table in {"as in the file": X, "standardized": scaled}.items():
    Vt, shares = principal_directions(table)
    theirs = PCA().fit(table)
    same = np.allclose(np.abs(Vt), np.abs(theirs.components_), atol=1e-6)
    print(f"{name:14} shares {shares[:3].round(3)}, agrees: {same}")

# %% [markdown]
r"""
(A direction may come out with the other sign; hence the absolute value.) In the units of the file the first
direction is proline, and has 99.8 %: PCA needs one scale as neighbours do. Standardized, how many of the 13
directions do five neighbours need? Scale and directions are learnt on the training rows of 20 splits.
"""

# %%
for k in (1, 2, 5, 13):
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        train, test = stratified_holdout(y, 0.3, rng)
        steps = StandardScaler(), PCA(k), KNeighborsClassifier(5)
        model = make_pipeline(*steps).fit(X[train], y[train])
        found.append(model.score(X[test], y[test]))
    print(f"{k:2} directions: {told(found)}")

# %% jupyter={"source_hidden": true}
seen = {}
for name, table in {"as in the file": X, "standardized": scaled}.items():
    Vt, _ = principal_directions(table)
    seen[name] = (table - table.mean(axis=0)) @ (
        Vt[:2] * np.sign(Vt[:2].sum(axis=1, keepdims=True))
    ).T
show(
    figures.in_two_units(seen, y, ("first direction", "second direction")),
    alt="All wines along the first two directions. As in the file they lie on a flat line; standardized, the "
    "three growers form three clouds, with little overlap.",
)

# %% [markdown]
r"""
Two are enough here, and two can be drawn. PCA looks at no label, so that is luck of a kind: the growers
happen to differ along the directions in which wines differ most. It is the *linear* view; lesson 15 has
curved ones.

Back to the lesson: [02 · Features](02_features.ipynb).

**Sources**

- R. Bellman, *Adaptive Control Processes*, 1961: the curse of dimensionality has its name from there.
- K. Beyer and others, "When is nearest neighbor meaningful?", *ICDT*, 1999: distances that lose their
  contrast.
- D. Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes", *SIGKDD
  Explorations* 3, 2001: mean labels as features.
- I. Jolliffe, *Principal Component Analysis*, 2nd edition, 2002.
"""
