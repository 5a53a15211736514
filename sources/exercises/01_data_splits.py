# %% [markdown]
r"""
# Exercise 01 · Data splits

Five tasks, 20 points, about 40 minutes. Lesson: [01 · Data splits](../../lessons/01_data_splits.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you at once what is right, and for the first thing that is not, what came,
what was expected and a hint. You can check as often as you like.
"""

# %%
import numpy as np
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers import data
from helpers.checks import check

# %% [markdown] task="data_splits/holdout"
r"""
## Task 1 · Shuffle and cut (3 points)

Write `holdout(n_samples, test_size, rng)`. Return two arrays of row numbers, `train` and `test`, in this
order.

- Together they hold each of the numbers 0 … `n_samples` − 1 once, in any order.
- `test` has `round(n_samples * test_size)` of them, drawn by chance.
- All chance comes from `rng`, a NumPy generator: the same generator gives the same split, another one
  another.

For example, with `rng = np.random.default_rng(0)`, one possible answer is

    holdout(10, 0.3, rng)  →  (array([7, 3, 5, 9, 0, 8, 1]), array([4, 6, 2]))

Your rows may be others; 7 training rows and 3 test rows it has to be.

<details><summary>Hint</summary>

`rng.permutation(n_samples)` gives the numbers 0 … `n_samples` − 1 in random order. A piece of an array is
`order[a:b]`.
</details>
"""


# %% answer="data_splits/holdout"
def holdout(n_samples, test_size, rng):
    """Row numbers for training, shape (n_train,), and test, (n_test,)."""
    ### BEGIN SOLUTION
    order = rng.permutation(n_samples)
    n_test = round(n_samples * test_size)
    return order[n_test:], order[:n_test]
    ### END SOLUTION


# %% check="data_splits/holdout"
check("data_splits/holdout", holdout)

# %% [markdown] task="data_splits/stratified_holdout"
r"""
## Task 2 · Keep the classes (4 points)

Write `stratified_holdout(y, test_size, rng)`. `y`, shape (n,), holds the class of each row: whole numbers
or text, of any value. Return `train` and `test` as in task 1, so that every class is split by itself:

- of a class with m rows, `round(m * test_size)` are in `test`, **but at least one** (there is more than one
  fair way to round: up to one row more or less than `m * test_size` passes, too);
- which ones is chance, and all of it comes from `rng`;
- `y` is the same afterwards.

For example, with 7 rows of class a and 3 of class b, `test` has `round(1.75)` = 2 and `round(0.75)` = 1 of
them:

    y = np.array(["a", "b", "a", "a", "b", "a", "a", "a", "b", "a"])
    stratified_holdout(y, 0.25, rng)  →  e.g. (array([5, 9, 7, 0, 2, 8, 1]), array([3, 6, 4]))

<details><summary>Hint 1: the rows of a class</summary>

`np.unique(y)` gives the names of the classes. `np.flatnonzero(y == name)` gives the numbers of the rows
where the condition holds.
</details>

<details><summary>Hint 2: putting the pieces together</summary>

Collect the pieces of all classes in two lists, and join each with `np.concatenate(pieces)` at the end.
</details>
"""


# %% answer="data_splits/stratified_holdout"
def stratified_holdout(y, test_size, rng):
    """Row numbers for training and test; each class is split by itself."""
    ### BEGIN SOLUTION
    train, test = [], []
    for name in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == name))
        n_test = max(1, round(len(rows) * test_size))
        train.append(rows[n_test:])
        test.append(rows[:n_test])
    return np.concatenate(train), np.concatenate(test)
    ### END SOLUTION


# %% check="data_splits/stratified_holdout"
check("data_splits/stratified_holdout", stratified_holdout)

# %% [markdown] task="data_splits/k_fold"
r"""
## Task 3 · Let every row take a turn (4 points)

Write `k_fold(n_samples, n_splits, rng)`. Return a list of `n_splits` pairs `(train, validation)`.

- Every row number is in exactly one of the validation sets.
- In each pair, `train` holds all the other rows.
- The sizes of the validation sets differ by one at most.
- The rows are shuffled with `rng`.
- If `n_splits` is less than 2 or more than `n_samples`, raise a `ValueError` whose message names that
  number.

For example, 7 rows in 3 folds: validation sets of 3, 2 and 2 rows.

    k_fold(7, 3, rng)  →  e.g. [(array([6, 5, 0, 1]), array([2, 4, 3])),
                                (array([2, 4, 3, 0, 1]), array([6, 5])),
                                (array([2, 4, 3, 6, 5]), array([0, 1]))]

<details><summary>Hint 1: cutting into nearly equal pieces</summary>

`np.array_split(order, 3)` cuts an array into a list of three pieces whose lengths differ by one at most.
</details>

<details><summary>Hint 2: all the other folds</summary>

If `folds` is a list, `folds[:i] + folds[i + 1:]` is the list without number `i`. Or use `np.setdiff1d`.
</details>
"""


# %% answer="data_splits/k_fold"
def k_fold(n_samples, n_splits, rng):
    """A list of n_splits pairs of row numbers (train, validation)."""
    ### BEGIN SOLUTION
    if not 2 <= n_splits <= n_samples:
        raise ValueError(f"n_splits must be 2 to {n_samples}, got {n_splits}")
    folds, pairs = np.array_split(rng.permutation(n_samples), n_splits), []
    for i in range(n_splits):
        others = np.concatenate(folds[:i] + folds[i + 1 :])
        pairs.append((others, folds[i]))
    return pairs
    ### END SOLUTION


# %% check="data_splits/k_fold"
check("data_splits/k_fold", k_fold)

# %% [markdown] task="data_splits/find_the_leak"
r"""
## Task 4 · Find the leak (4 points)

A colleague gives you functions `prepare(X_train, X_test)` that return the prepared rows, `Z_train` and
`Z_test`, of the same shapes. You cannot read their code. Does any of them let the test rows influence the
*training* rows?

Write `find_the_leak(prepare, X_train, X_test)`. Return `True` if `Z_train` depends on `X_test`, else
`False`. You may call `prepare` as often as you like, with whatever arrays you like, and you leave `X_train`
and `X_test` as they are.

Two such functions to try yours on are in the next cell:

    find_the_leak(clean, X_train, X_test)  →  False
    find_the_leak(leaky, X_train, X_test)  →  True

With `X_train` = [[1], [3]] and `X_test` = [[8]], `clean` subtracts 2 and gives `Z_train` = [[−1], [1]],
whatever the test row is; `leaky` subtracts 4 and gives [[−3], [−1]], and with another test row something
else.

<details><summary>Hint</summary>

Do an experiment: call `prepare` twice, with the same `X_train` and two very different sets of test rows. To
multiply all test rows by a number is not enough: what is above the middle stays above it, and a median need
not move. Shift them all to one side.
</details>
"""


# %%
def clean(X_train, X_test):
    """Subtract the mean of the training rows."""
    mean = X_train.mean(axis=0)
    return X_train - mean, X_test - mean


def leaky(X_train, X_test):
    """Subtract the mean of all rows."""
    mean = np.concatenate([X_train, X_test]).mean(axis=0)
    return X_train - mean, X_test - mean


# %% answer="data_splits/find_the_leak"
def find_the_leak(prepare, X_train, X_test):
    """True if the training rows that prepare returns depend on X_test."""
    ### BEGIN SOLUTION
    Z_train, _ = prepare(X_train, X_test)
    Z_train_again, _ = prepare(X_train, 10 * X_test + 1000)
    return not np.array_equal(Z_train, Z_train_again)
    ### END SOLUTION


# %% check="data_splits/find_the_leak"
check("data_splits/find_the_leak", find_the_leak)

# %% [markdown] task="data_splits/choose_honestly"
r"""
## Task 5 · Choose honestly (5 points)

How many neighbours should vote on whether a tumour is malignant? Choose the number without flattering
yourself. The next cell defines `score(candidate, train, rows)`: it trains a model with `candidate`
neighbours on the rows `train` of *breast_cancer* and returns its accuracy on the rows `rows`, both arrays
of row numbers.

Write `choose_honestly(y, candidates, score, rng)`:

1. Set aside a test set: a stratified fifth of all the rows (`test_size` 0.2).
2. Cut the remaining rows into 5 folds, once. For each candidate, average its scores over the 5 turns.
3. Take the candidate with the highest average, train it on **all** the remaining rows, and score it
   **once** on the test set.

Return the candidate and its test score: `(best, test_score)`. Use your functions from tasks 2 and 3.

For example, with the candidates 1 and 7, if the five scores of 1 average 0.951 and those of 7 average
0.967, then 7 is the choice. If `score(7, rest, test)` is 0.956, return `(7, 0.956)`.

The check watches what you ask `score` for: which rows trained, which rows chose, and which were kept for
the end.

<details><summary>Hint 1: positions and row numbers</summary>

`k_fold(len(rest), 5, rng)` returns positions in the array `rest`, from 0 to `len(rest)` − 1. The row
numbers that belong to positions `p` are `rest[p]`.
</details>

<details><summary>Hint 2: the place of the highest</summary>

`np.argmax(averages)` is the *position* of the highest average in the list.
</details>
"""

# %%
X, y = data.load_breast_cancer()


def score(candidate, train, rows):
    """Accuracy on `rows` of `candidate` neighbours in `train`, all scaled."""
    vote = KNeighborsClassifier(n_neighbors=candidate)
    model = make_pipeline(StandardScaler(), vote)  # scaled by `train`
    return model.fit(X[train], y[train]).score(X[rows], y[rows])


# %% answer="data_splits/choose_honestly"
def choose_honestly(y, candidates, score, rng):
    """The candidate with the best 5-fold score, and its test score."""
    ### BEGIN SOLUTION
    rest, test = stratified_holdout(y, 0.2, rng)
    folds = k_fold(len(rest), 5, rng)
    averages = []
    for candidate in candidates:
        turns = [score(candidate, rest[a], rest[b]) for a, b in folds]
        averages.append(np.mean(turns))
    best = candidates[np.argmax(averages)]
    return best, score(best, rest, test)
    ### END SOLUTION


# %% check="data_splits/choose_honestly"
check("data_splits/choose_honestly", choose_honestly)

# %% [markdown]
r"""
## Afterwards

All five pass? Then look at what an honest choice gives on all the data: in a new cell, run

    for seed in range(5):
        print(choose_honestly(y, [1, 3, 5, 7, 9, 15, 25], score, np.random.default_rng(seed)))

The choice changes with the seed, and the test score too, by about as much as $\sqrt{p(1-p)/113}$ says. What
would you tell somebody who asks which number of neighbours is best?
"""
