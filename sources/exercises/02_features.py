# %% [markdown]
r"""
# Exercise 02 · Features

Five tasks, 18 points, about 40 minutes. At the end you fit whole rows of steps on wine, turn by turn, and no
held-out row has a say in any of them. Lesson: [02 · Features](../../lessons/02_features.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.
"""

# %%
import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from helpers import data, splits
from helpers.checks import check

# %% [markdown] task="features/squares_and_products"
r"""
## Task 1 · Squares and products (2 points)

A linear model can bend if it is given squares and products. Write `squares_and_products(X)` for a table `X`,
(n, d), with any number d of columns. Return floats, (n, d + d + d(d − 1)/2): from left to right three groups,

1. the columns of `X`,
2. the square of each column,
3. the product of each two different columns, each pair once: first column 0 with 1, 2, …, then column 1 with
   2, 3, …, and so on.

`X` may hold whole numbers, also of dtype `uint8`, which ends at 255: there 200 · 200 does not fit, so compute
in floats. `X` stays as it is.

    squares_and_products(np.array([[2, 3, 10]]))  →  array([[2., 3., 10., 4., 9., 100., 6., 20., 30.]])

<details><summary>Hint: putting columns side by side</summary>

Collect them in a list, each of shape (n,), and call `np.column_stack` at the end.
</details>
"""


# %% answer="features/squares_and_products"
def squares_and_products(X):
    """The columns of X, (n, d), their squares, and products of two."""
    ### BEGIN SOLUTION
    X = X.astype(float)
    d = X.shape[1]
    products = [X[:, i] * X[:, j] for i in range(d) for j in range(i + 1, d)]
    return np.column_stack([X, X**2, *products])
    ### END SOLUTION


# %% check="features/squares_and_products"
check("features/squares_and_products", squares_and_products)

# %% [markdown] task="features/median_scaler"
r"""
## Task 2 · A scaler that outliers do not move (3 points)

One wrong entry can move a mean and a standard deviation by any amount, a median hardly. Write a class
`MedianScaler` with two methods.

- `fit(X)`, with `X` (n, d), learns two numbers for each column: its median, and the *median distance* to it,
  the median of |x − median| over the column. It returns the scaler itself (`self`).
- `transform(X)`, with any rows (m, d), subtracts the first and divides by the second, column by column. It
  learns nothing. It returns a new table, (m, d), and leaves `X` as it is.

Where the median distance is 0, divide by 1. (That is so in a constant column, and in any column of which more
than half the entries are equal.)

    X_train = np.array([[1.0, 5.0], [2.0, 5.0], [4.0, 5.0], [8.0, 5.0], [900.0, 5.0]])
    scaler = MedianScaler().fit(X_train)
    scaler.transform(np.array([[4.0, 5.0], [7.0, 6.0]]))  →  array([[0., 0.], [1., 1.]])

By hand: the median of column 0 is 4, the distances to it are 3, 2, 0, 4 and 896, and their median is 3. So 7
becomes (7 − 4) / 3 = 1.
"""


# %% answer="features/median_scaler"
class MedianScaler:
    """Each column minus its median, divided by the median distance to it."""

    def fit(self, X):
        ### BEGIN SOLUTION
        self.center_ = np.median(X, axis=0)
        distance = np.median(np.abs(X - self.center_), axis=0)
        self.scale_ = np.where(distance == 0, 1, distance)
        return self
        ### END SOLUTION

    def transform(self, X):
        ### BEGIN SOLUTION
        return (X - self.center_) / self.scale_
        ### END SOLUTION


# %% check="features/median_scaler"
check("features/median_scaler", MedianScaler)

# %% [markdown] task="features/one_hot"
r"""
## Task 3 · Categories, also those that come tomorrow (4 points)

A category that no training row has gives a column of zeros in training, and a model learns nothing from that.
So rare categories share one last column, and unknown ones go where the rare ones are.

Write `one_hot(train, new, min_count)`. `train`, (n,), and `new`, (m,), are columns of categories: words or
whole numbers. Return two tables `Z_train`, (n, K + 1), and `Z_new`, (m, K + 1), of zeros and ones.

- The first K columns belong to the categories with **at least** `min_count` rows in `train`, in sorted order.
- The last column is for all others: categories that are rarer in `train`, and those that only `new` has.
- Each row has one 1, in the column where its category belongs. No category is an error.
- Any word can be a category. In some data `other` is one.

With `min_count` 2, the categories `a` and `c` have columns, `b` is rare and `z` is unknown:

    train, new = np.array(["c", "a", "b", "a", "c"]), np.array(["z", "c", "b"])
    one_hot(train, new, 2)  →  Z_train = [[0, 1, 0], [1, 0, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0]]
                               Z_new   = [[0, 0, 1], [0, 1, 0], [0, 0, 1]]

<details><summary>Hint 1: how often each category comes</summary>

`names, counts = np.unique(train, return_counts=True)` gives the categories, sorted, and how many rows each
has.
</details>

<details><summary>Hint 2: none of them</summary>

In a table of booleans, `~table.any(axis=1)` is True for the rows that are False everywhere.
</details>
"""


# %% answer="features/one_hot"
def one_hot(train, new, min_count):
    """Both columns as zeros and ones; the last column is for others."""
    ### BEGIN SOLUTION
    names, counts = np.unique(train, return_counts=True)
    known = names[counts >= min_count]

    def encode(column):
        is_known = column[:, None] == known
        return np.column_stack([is_known, ~is_known.any(axis=1)]).astype(float)

    return encode(train), encode(new)
    ### END SOLUTION


# %% check="features/one_hot"
check("features/one_hot", one_hot)

# %% [markdown] task="features/impute"
r"""
## Task 4 · Fill the gaps, and say where they were (4 points)

Write `impute(X_train, X_new)` for two tables of floats, (n, d) and (m, d), in which a gap is NaN. Return two
tables `Z_train` and `Z_new`, both with the same columns:

1. the columns of `X`, each gap filled by the median of the known entries of that column **in `X_train`**.
   A column without any known entry in `X_train` is left out of both tables: there is nothing to learn for it;
2. then the marks: for each column that is not left out and has a gap **in `X_train`**, in order, a column
   with 1 where there was a gap in that table, else 0.

`X_train` and `X_new` stay as they are.

For example (arrays, with nan for NaN): column 0 has no gap in `X_train`, column 1 has one, and in column 2
nothing is known.

    X_train = [[1, 2, nan], [3, nan, nan], [5, 6, nan]]    X_new = [[nan, nan, 7]]
    impute(X_train, X_new)  →  Z_train = [[1, 2, 0], [3, 4, 1], [5, 6, 0]]
                               Z_new   = [[3, 4, 1]]

<details><summary>Hint: three masks</summary>

`np.isnan(X_train)` is a table of booleans. `.all(axis=0)` and `.any(axis=0)` make one boolean of each column,
and `X[:, keep]` takes the columns where a boolean array `keep`, (d,), is True.
</details>
"""


# %% answer="features/impute"
def impute(X_train, X_new):
    """Both tables with gaps filled by training medians, and marks."""
    ### BEGIN SOLUTION
    gaps = np.isnan(X_train)
    keep = ~gaps.all(axis=0)
    marked = keep & gaps.any(axis=0)
    medians = np.nanmedian(X_train[:, keep], axis=0)

    def fill(X):
        filled = np.where(np.isnan(X[:, keep]), medians, X[:, keep])
        return np.column_stack([filled, np.isnan(X[:, marked])])

    return fill(X_train), fill(X_new)
    ### END SOLUTION


# %% check="features/impute"
check("features/impute", impute)

# %% [markdown] task="features/out_of_fold"
r"""
## Task 5 · Predicted by those who never saw it (5 points)

Where every row is held out once, every row can be predicted by a model that has never seen it. Such
*out-of-fold* predictions show which rows are hard, and two models can be compared row by row. They are honest
only if every step before the model learns anew in each turn, too: a scaler that was fitted before the folds
were cut has seen the rows that it is judged on.

Write `out_of_fold(make_steps, X, y, folds)`.

- `make_steps()` gives a list of **new** steps, each time that you call it. The last is a model with
  `fit(X, y)` and `predict(X)`; the ones before it, none or several, have `fit(X)` and `transform(X)`.
- `folds` is a list of pairs `(train, held_out)` of row numbers, one pair for each turn. Together the held-out
  parts hold each row once.
- In each turn take new steps. Fit each on the training rows of that turn, as the steps before have made
  them, and the model on what comes out and its labels. Send the held-out rows through the same steps.
- Return an array of shape (n,): entry i is the label that is predicted for row i in the turn in which it is
  held out. `y`, (n,), holds whole numbers or words, and so does the answer.

For example, with two turns, `folds = [([1, 3], [0, 2]), ([0, 2], [1, 3])]`: if the model of the first turn
predicts `["b", "a"]` for its held-out rows and that of the second `["c", "b"]`, the answer is

    out_of_fold(make_steps, X, y, folds)  →  array(["b", "c", "a", "b"])

The next cell has what you need to try it on wine. The check brings wine too, and steps of its own, one, two
or three. They write down which rows they are given: what they were fitted on, in which turn, and what they
were asked for. Scikit-learn's `Pipeline` takes neither them nor your scaler: write out what it does.

<details><summary>Hint 1: the last of a list</summary>

`*steps, model = make_steps()` calls the last element `model`, and makes a list `steps` of the others.
</details>

<details><summary>Hint 2: an array to fill</summary>

`np.empty_like(y)` is an array like `y`, with entries yet to be written; `a[rows] = values` writes some of
them.
</details>
"""

# %%
X, y = data.load_wine()
folds = splits.stratified_k_fold(y, 5, np.random.default_rng(0))


def make_steps():
    """Your scaler, and a vote of 5 neighbours, both new."""
    return [MedianScaler(), KNeighborsClassifier(n_neighbors=5)]


# %% answer="features/out_of_fold"
def out_of_fold(make_steps, X, y, folds):
    """For each row its prediction, (n,), by steps fitted on other rows."""
    ### BEGIN SOLUTION
    predictions = np.empty_like(y)
    for train, held_out in folds:
        *steps, model = make_steps()
        Z_train, Z_held_out = X[train], X[held_out]
        for step in steps:
            step.fit(Z_train)
            Z_train = step.transform(Z_train)
            Z_held_out = step.transform(Z_held_out)
        model.fit(Z_train, y[train])
        predictions[held_out] = model.predict(Z_held_out)
    return predictions
    ### END SOLUTION


# %% check="features/out_of_fold"
check("features/out_of_fold", out_of_fold)

# %% [markdown]
r"""
## Afterwards

All five pass? Then ask what your scaler is worth on wine. In a new cell, run

    scaled = out_of_fold(make_steps, X, y, folds)
    raw = out_of_fold(lambda: [KNeighborsClassifier(n_neighbors=5)], X, y, folds)
    print(np.mean(scaled == y), np.mean(raw == y))
    print(np.sum((scaled == y) & (raw != y)), np.sum((scaled != y) & (raw == y)))

The second line counts the wines that only one of the two has right, as in lesson 01. Then find out which of
the 13 columns decides the vote without a scaler.
"""
