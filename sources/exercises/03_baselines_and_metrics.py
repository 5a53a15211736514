# %% [markdown]
r"""
# Exercise 03 · Baselines and metrics

Six tasks, 18 points, about 40 minutes. At the end a model on real tumours has to beat its baseline, row by
row. Lesson: [03 · Baselines and metrics](../../lessons/03_baselines_and_metrics.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.
"""

# %%
import numpy as np
from scipy.stats import binomtest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers import data, splits
from helpers.checks import check

# %% [markdown] task="baselines_and_metrics/confusion"
r"""
## Task 1 · Who is taken for whom (2 points)

With K classes a confusion matrix has K rows and K columns. Write `confusion(y, guess, K)`. Both `y`, the true
classes, and `guess` are arrays (n,) of whole numbers from 0 to K − 1. Return an array of whole numbers,
(K, K): in row i and column j stands how many rows of class i were taken for j.

A class that never comes has its row and its column all the same, of zeros.

    confusion(np.array([0, 0, 2, 2, 2]), np.array([0, 2, 2, 2, 0]), 3)
    →  array([[1, 0, 1],
              [0, 0, 0],
              [1, 0, 2]])

<details><summary>Hint: counting into a table</summary>

Start from `np.zeros((K, K), int)`. `zip(y, guess)` gives the pairs, one after the other.
</details>
"""


# %% answer="baselines_and_metrics/confusion"
def confusion(y, guess, K):
    """How many rows of class i were taken for class j; shape (K, K)."""
    ### BEGIN SOLUTION
    counts = np.zeros((K, K), int)
    for i, j in zip(y, guess, strict=True):
        counts[i, j] += 1
    return counts
    ### END SOLUTION


# %% check="baselines_and_metrics/confusion"
check("baselines_and_metrics/confusion", confusion)

# %% [markdown] task="baselines_and_metrics/by_class"
r"""
## Task 2 · Precision, recall and F1 of each class (3 points)

Each class can be the positive one in its turn. Write `by_class(counts)` for a confusion matrix as in task 1,
(K, K). Return three arrays of shape (K,): for each class its precision, its recall and its F1.

Where there would be 0/0, it is 0: the precision of a class that was never guessed, the recall of one that
never comes, and F1 where precision and recall are both 0.

    precision, recall, f1 = by_class(np.array([[2, 1, 0], [0, 0, 0], [2, 1, 4]]))
    precision  →  array([0.5, 0., 1.])     recall  →  array([0.6667, 0., 0.5714])
    f1  →  array([0.5714, 0., 0.7273])

<details><summary>Hint: the counts of one class</summary>

Class 2 as the positive one: what was found stands at `counts[2, 2]` (`np.diag(counts)` has it for all
classes). In which row or column are all rows *of* class 2, in which all that were *called* class 2?
</details>

<details><summary>Hint: no 0/0</summary>

`np.divide(a, b, out=np.zeros(len(a)), where=b > 0)` divides where b is positive, and leaves the zeros of
`out` elsewhere.
</details>
"""


# %% answer="baselines_and_metrics/by_class"
def by_class(counts):
    """Precision, recall and F1 of each class; 0 where there is 0/0."""

    ### BEGIN SOLUTION
    def share(a, b):
        return np.divide(a, b, out=np.zeros(len(a)), where=b > 0)

    found = np.diag(counts)
    called, there = counts.sum(axis=0), counts.sum(axis=1)
    precision, recall = share(found, called), share(found, there)
    return precision, recall, share(2 * precision * recall, precision + recall)
    ### END SOLUTION


# %% check="baselines_and_metrics/by_class"
check("baselines_and_metrics/by_class", by_class)

# %% [markdown] task="baselines_and_metrics/roc_points"
r"""
## Task 3 · The corners of a ROC curve (4 points)

The lesson went down the scores one row at a time. Rows with the same score cannot be told apart by any
threshold, so they have to be taken in **one** step. Write `roc_points(truth, score)`.

- `truth` (n,) is True for the positive rows, `score` (n,) holds numbers, high for positive. There is at least
  one row of each kind.
- Return two arrays, `fpr` and `tpr`, of the same length: one point for each different score, from the highest
  down, when all rows with *at least* that score are called positive.
- In front stands the point of nobody called, (0, 0). The last point is then (1, 1).

With truth [True, False, True, False] and score [0.9, 0.5, 0.5, 0.1]:

    fpr  →  array([0., 0., 0.5, 1.])      tpr  →  array([0., 0.5, 1., 1.])

<details><summary>Hint: the different scores</summary>

`np.unique(score)` gives them in ascending order, and `[::-1]` turns an array round.
</details>
"""


# %% answer="baselines_and_metrics/roc_points"
def roc_points(truth, score):
    """The two rates: (0, 0), then a point for each different score."""
    ### BEGIN SOLUTION
    fpr, tpr = [0.0], [0.0]
    for threshold in np.unique(score)[::-1]:
        called = score >= threshold
        fpr.append(called[~truth].mean())
        tpr.append(called[truth].mean())
    return np.array(fpr), np.array(tpr)
    ### END SOLUTION


# %% check="baselines_and_metrics/roc_points"
check("baselines_and_metrics/roc_points", roc_points)

# %% [markdown] task="baselines_and_metrics/auc_by_ranks"
r"""
## Task 4 · AUC without a curve and without pairs (3 points)

The table of all pairs needs memory for each. There is a shorter way, by ranks. Sort all n scores; the lowest
has rank 1, the highest rank n; equal scores share the *mean* of the places that they take. With m positive
and k negative rows, and S the sum of the ranks of the positive ones,

$$\text{AUC} = \frac{S - m (m + 1) / 2}{m k}$$

In words: the sum of the ranks, less what the positives would have among themselves, is the number of pairs
that they win; divided by the number of all pairs.

Write `auc_by_ranks(truth, score)`, with `truth` and `score` as in task 3. It returns one number.

    auc_by_ranks(np.array([True, False, True, False]), np.array([0.9, 0.5, 0.5, 0.1]))  →  0.875

By hand: the ranks are 4, 2.5, 2.5 and 1, so S = 6.5, and (6.5 − 3) / 4 = 0.875.

<details><summary>Hint: places that are shared</summary>

For one score s: `np.sum(score < s)` rows are below it, and `np.sum(score == s)` share the next places. What
is the mean of those places?
</details>
"""


# %% answer="baselines_and_metrics/auc_by_ranks"
def auc_by_ranks(truth, score):
    """The chance that a positive row has the higher score."""
    ### BEGIN SOLUTION
    ranks = np.zeros(len(score))
    for s in np.unique(score):
        below, equal = np.sum(score < s), score == s
        ranks[equal] = below + (np.sum(equal) + 1) / 2  # the mean place
    m, k = np.sum(truth), np.sum(~truth)
    return (ranks[truth].sum() - m * (m + 1) / 2) / (m * k)
    ### END SOLUTION


# %% check="baselines_and_metrics/auc_by_ranks"
check("baselines_and_metrics/auc_by_ranks", auc_by_ranks)

# %% [markdown] task="baselines_and_metrics/skill"
r"""
## Task 5 · Better than which forecast? (2 points)

R² compares with the mean of the rows that are scored: nobody knows it beforehand. A forecaster could have
said the mean of the *training* rows. Write `skill(y_train, y, y_hat)`, of shapes (n,), (m,) and (m,): the
share of *that* baseline's squared error on the scored rows which is gone when one says `y_hat` instead.

It is 1 without an error, 0 for who says the training mean, and negative for worse.

    skill(np.array([1.0, 3.0]), np.array([2.0, 4.0, 6.0]), np.array([2.0, 5.0, 6.0]))  →  0.95

By hand: the training mean is 2, its squared errors are 0, 4 and 16, together 20; those of `y_hat` are
together 1.
"""


# %% answer="baselines_and_metrics/skill"
def skill(y_train, y, y_hat):
    """The share of the training mean's squared error that is gone."""
    ### BEGIN SOLUTION
    baseline = np.mean(y_train)
    return 1 - np.sum((y - y_hat) ** 2) / np.sum((y - baseline) ** 2)
    ### END SOLUTION


# %% check="baselines_and_metrics/skill"
check("baselines_and_metrics/skill", skill)

# %% [markdown] task="baselines_and_metrics/against_baseline"
r"""
## Task 6 · Beat the baseline, or not (4 points)

Write `against_baseline(model, baseline, X, y, train, test)`. `model` and `baseline` have `fit(X, y)` and
`predict(X)`; `train` and `test` are arrays of row numbers. Fit both on the training rows only, let both
predict the test rows, and return four numbers:

1. the model's accuracy minus the baseline's, on the test rows;
2. on how many test rows only the model is right;
3. on how many only the baseline is right;
4. how often a fair coin, tossed once for each row of 2 and 3, falls as unevenly as that or more, to
   whichever side. Without such a row it is 1.

For the last one, `binomtest(k, n).pvalue` gives it for k heads in n tosses (n at least 1), as in the lesson.

With the models of the next cell it is, rounded,

    against_baseline(model, baseline, X, y, train, test)  →  (0.351, 62, 2, 0.0)

The check brings models of its own. They write down on which rows they were fitted.
"""

# %%
X, y = data.load_breast_cancer()
train, test = splits.stratified_holdout(y, 0.3, np.random.default_rng(0))
baseline = DummyClassifier()
model = make_pipeline(StandardScaler(), LogisticRegression())


# %% answer="baselines_and_metrics/against_baseline"
def against_baseline(model, baseline, X, y, train, test):
    """Gain in accuracy, rows that only one has right, and the coin."""
    ### BEGIN SOLUTION
    model.fit(X[train], y[train])
    baseline.fit(X[train], y[train])
    A = model.predict(X[test]) == y[test]
    B = baseline.predict(X[test]) == y[test]
    only_A, only_B = np.sum(A & ~B), np.sum(B & ~A)
    n = only_A + only_B
    chance = binomtest(only_A, n).pvalue if n > 0 else 1.0
    return A.mean() - B.mean(), only_A, only_B, chance
    ### END SOLUTION


# %% check="baselines_and_metrics/against_baseline"
check("baselines_and_metrics/against_baseline", against_baseline)

# %% [markdown]
r"""
## Afterwards

Replace the baseline by one that people use, `KNeighborsClassifier(5)` behind a `StandardScaler`, and run
`against_baseline` once more. Which of the four numbers would you report, and to whom?
"""
