# %% [markdown]
r"""
# Exercise 07 · Losses

Five tasks, 19 points, about 40 minutes. At the end you choose an output and a loss for four real data sets,
and what your choice costs on new rows is measured. Lesson: [07 · Losses](../../lessons/07_losses.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.
"""

# %%
import numpy as np

from helpers import data, nn
from helpers.checks import check
from helpers.nn.activations import sigmoid, softmax
from helpers.training import fit

# %% [markdown] task="losses/weighted_huber"
r"""
## Task 1 · Huber's loss, with weights (3 points)

Some rows were measured more carefully than others, and should count more. Write
`weighted_huber(y_hat, y, delta, weight)` for predictions `y_hat`, targets `y` and weights `weight`, all of
shape (n,), and a positive number `delta`. A row with the error $e = \hat y - y$ has the loss

$$\tfrac12 e^2 \text{ where } |e| \le \delta, \quad \delta (|e| - \tfrac12 \delta) \text{ beyond},$$

a parabola that goes on as a straight line. The loss is the **weighted mean** over the rows: each counts
`weight` times, and the sum is divided by the sum of the weights. Return two things:

- the loss, one number;
- its slope for each prediction, shape (n,): how much the loss grows if that prediction is nudged up.

Leave `y_hat`, `y` and `weight` as they are. For example

    weighted_huber(np.array([1.5, 6.0]), np.array([1.0, 10.0]), 2.0, np.array([3.0, 1.0]))
    →  (1.59375, array([ 0.375, -0.5  ]))

By hand: the errors are 0.5 and -4. The first row has 0.125, the second 2 · (4 - 1) = 6, so the loss is
(3 · 0.125 + 1 · 6) / 4. The slope of the first row's own loss is 0.5 and that of the second -2; weighted and
divided, 3 · 0.5 / 4 and -2 / 4.
"""


# %% answer="losses/weighted_huber"
def weighted_huber(y_hat, y, delta, weight):
    """The weighted mean of Huber's loss, and its slopes (n,)."""
    ### BEGIN SOLUTION
    error = y_hat - y
    size = np.abs(error)
    each = np.where(size <= delta, error**2 / 2, delta * (size - delta / 2))
    share = weight / weight.sum()
    return (share * each).sum(), share * np.clip(error, -delta, delta)
    ### END SOLUTION


# %% check="losses/weighted_huber"
check("losses/weighted_huber", weighted_huber)

# %% [markdown] task="losses/bce_with_logits"
r"""
## Task 2 · Many questions, and a rare yes (4 points)

A network has k outputs, and each answers a question of its own with yes or no. Yes is rare for some of them,
so a positive is made to count more. Write `bce_with_logits(z, y, pos_weight)` for

- logits `z`, shape (n, k), and `p` = sigmoid(`z`);
- targets `y`, shape (n, k), from 0 to 1: 0.7 is allowed, when seven of ten people said yes;
- `pos_weight`, shape (k,): one weight for each output.

The loss is the **mean over all n · k entries** of

$$-w \, y \log p - (1 - y) \log (1 - p),$$

aloud: minus the log of p counts `pos_weight` times and as far as the target is yes; minus the log of 1 - p as
far as it is no. The logarithm is the natural one. Return the loss and its slope for each **logit**, (n, k).

Logits may be as large as 10,000 or as small as -10,000, and the result must still be right: an output that is
sure and wrong has to pay for it.

    z = np.array([[0.0, 1000.0]]);  y = np.array([[1.0, 0.0]])
    bce_with_logits(z, y, np.array([3.0, 2.0]))
    →  (501.0397…, array([[-0.75,  0.5 ]]))

By hand: the first p is ½, and 3 · log 2 = 2.0794…. The second p is 1, and the log of 1 - p is -1000. Half of
the sum is the loss. The slopes of the two entries are 3 · (½ - 1) and 1; half of each.

<details><summary>Hint: large logits</summary>

Write p as $1 / (1 + e^{-z})$. Then $-\log p$ is the log of a sum of two exponentials, and
`np.logaddexp(a, b)` computes $\log(e^a + e^b)$ for a and b of any size.
</details>
"""


# %% answer="losses/bce_with_logits"
def bce_with_logits(z, y, pos_weight):
    """The mean loss over all entries, and its slopes (n, k)."""
    ### BEGIN SOLUTION
    minus_log_p = np.logaddexp(0, -z)
    p = np.exp(-minus_log_p)
    each = pos_weight * y * minus_log_p + (1 - y) * np.logaddexp(0, z)
    slope = (1 - y) * p - pos_weight * y * (1 - p)
    return each.mean(), slope / z.size
    ### END SOLUTION


# %% check="losses/bce_with_logits"
check("losses/bce_with_logits", bce_with_logits)

# %% [markdown] task="losses/smoothed_cross_entropy"
r"""
## Task 3 · How low can it go? (4 points)

With *label smoothing* the target of a row is not one class. A share `eps` of it is spread evenly over **all**
C classes, the true one among them, and the rest is on the true class. With eps = 0.3 and three classes the
targets are 0.1, 0.1 and 0.8. The loss is the mean over the rows of $-\sum_c t_c \log p_c$ with
p = softmax(logits), aloud: for each class, its target times the log of its probability, all added up, with a
minus.

Such a loss does not go down to 0. Write `smoothed_cross_entropy(logits, y, eps)` for logits of shape (n, C)
and true classes `y`, (n,). It returns two numbers:

- the loss;
- its *floor*: the lowest loss that any logits could have for these targets.

`eps` is from 0 to 1, both allowed. Logits may be as large as 10,000 or as small as -10,000.

    smoothed_cross_entropy(np.array([[0.0, 0.0], [0.0, 1000.0]]), np.array([0, 1]), 0.2)
    →  (50.3465…, 0.3250…)

By hand: the targets are 0.9 and 0.1. The first row has p = (½, ½) and the loss log 2 = 0.6931…. In the second
row log p is -1000 and 0, and the targets are 0.1 and 0.9: the loss is 100.

<details><summary>Hint: the floor</summary>

A row asks for the probabilities t. Which p could suit it best, and what is the loss then? A target of 0 costs
nothing.
</details>

<details><summary>Hint: large logits</summary>

The log of a share is a difference: $\log p_c = z_c - \log \sum_j e^{z_j}$. Adding one number to all logits of
a row changes none of its probabilities, so you may subtract one, too.
</details>
"""


# %% answer="losses/smoothed_cross_entropy"
def smoothed_cross_entropy(logits, y, eps):
    """The mean loss with smoothed targets, and the lowest there is."""
    ### BEGIN SOLUTION
    n, C = logits.shape
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    target = np.full((n, C), eps / C)
    target[np.arange(n), y] += 1 - eps
    log_t = np.log(np.where(target > 0, target, 1))  # 0 · log 0 is 0
    return -(target * log_p).sum() / n, -(target * log_t).sum() / n
    ### END SOLUTION


# %% check="losses/smoothed_cross_entropy"
check("losses/smoothed_cross_entropy", smoothed_cross_entropy)

# %% [markdown] task="losses/multiclass_hinge"
r"""
## Task 4 · Ahead by a margin (3 points)

The hinge loss of the lesson knows two classes. With more of them, the score of the true class has to
**lead**: it has to be above the best score among all *other* classes by at least `margin`. A row that keeps
this costs nothing. Else it costs what its lead is short of the margin; and if another class is ahead, the
lead is negative.

Write `multiclass_hinge(scores, y, margin)` for scores of shape (n, C), C at least 2, true classes `y`, (n,),
and a positive number `margin`. Return the mean over the rows, and its slope for each score, shape (n, C). No
two scores of a row are equal, and no row leads by exactly `margin`. Leave `scores` as it is.

    scores = np.array([[3.0, 1.0, 2.5], [1.0, 4.0, 0.0]])
    multiclass_hinge(scores, np.array([0, 1]), 1.0)
    →  (0.25, array([[-0.5,  0. ,  0.5], [ 0. ,  0. ,  0. ]]))

By hand: in the first row class 0 leads by 3 - 2.5 = 0.5, and 0.5 is short of 1. In the second row class 1
leads by 3. The mean is 0.25. Only a nudge of the first row's own score, or of its best rival, moves it.

<details><summary>Hint: the best of the others</summary>

In a copy of the scores, what number could you write in place of each row's own score so that it can never be
the largest?
</details>
"""


# %% answer="losses/multiclass_hinge"
def multiclass_hinge(scores, y, margin):
    """The mean of what the leads are short of, and its slopes (n, C)."""
    ### BEGIN SOLUTION
    n, rows = len(y), np.arange(len(y))
    others = scores.astype(float)  # a copy
    others[rows, y] = -np.inf
    rival = others.argmax(axis=1)
    short = np.maximum(0, margin - (scores[rows, y] - scores[rows, rival]))
    pull = (short > 0) / n
    slope = np.zeros(scores.shape)
    slope[rows, y], slope[rows, rival] = -pull, pull
    return short.mean(), slope
    ### END SOLUTION


# %% check="losses/multiclass_hinge"
check("losses/multiclass_hinge", multiclass_hinge)

# %% [markdown] task="losses/solve"
r"""
## Task 5 · Four problems, four answers (5 points)

Write `solve(problem, X, y, X_new)`. It trains a network on the rows of `X`, shape (n, d), with the targets
`y`, and returns an answer to each of the m rows of `X_new`, shape (m, d). Columns are standardised already.
`problem` is one of four names:

- `"progression"`: how far diabetes has gone after a year, in hundreds; `y` has shape (n,), and the numbers
  lie between 0.25 and 3.5. But one target of ten was **typed with a digit too many**, and is ten times too
  large. Return m forecasts, shape (m,). On new rows, which have no such mistakes, the mean absolute error has
  to be below 0.6.
- `"cancer"`: `y`, shape (n,), is 1 for malignant tissue, one row of eleven, and 0 for benign. Return True for
  each row that you would call back, and else False, shape (m,). A malignant row that is missed costs **as
  much as ten false alarms**, and there are ten benign rows for each malignant one. So the share of the
  malignant rows that you miss and the share of the benign rows that you call cost the same. Their sum is 1 if
  you call nobody, and if you call everybody; it has to be below 0.7.
- `"grower"`: a wine comes from one of three growers, and `y`, shape (n,), holds 0, 1 or 2. Return
  probabilities, shape (m, 3). The mean of -log p of the true grower has to be below 0.5.
- `"segments"`: a handwritten digit is to be shown on a pocket calculator. It lights some of seven
  **segments**: two for a 1, seven for an 8. `y`, shape (n, 7), is 1 where a segment is lit, and else 0.
  Return for each segment the probability that it is lit, shape (m, 7). The mean binary cross-entropy has to
  be below 0.3.

One linear layer is enough for each of them, `nn.Linear(inputs, outputs, rng=rng)`, with `nn.Adam(model,
lr=0.02)` and

    fit(model, loss, optimizer, X, targets, rng=rng, **settings)

What you have to find for each problem is the number of outputs, the loss, and what makes an answer of the
outputs. `nn` has `MSELoss`, `RMSELoss`, `L1Loss`, `HuberLoss`, `HingeLoss`, `ExponentialLoss`,
`BCEWithLogitsLoss` and `CrossEntropyLoss`; `help(nn.HuberLoss)` says what one of them takes.

The next cell makes `settings`, and draws such data, so that you can try things out. The check draws other
rows.

<details><summary>Hint: shapes</summary>

A layer with one output gives (n, 1), and most losses want targets of that shape: `y[:, None]`. With
`z[:, 0]` you get back to (m,).
</details>
"""

# %%
settings = {"batch_size": 32, "num_epochs": 60, "progress": False}

order = np.random.default_rng(0).permutation
LIT = (
    "1110111 0010010 1011101 1011011 0111010 "  # for 0 … 4
    "1101011 1101111 1010010 1111111 1111011"  # for 5 … 9
)
lit = np.array([[int(s) for s in digit] for digit in LIT.split()])

diabetes, cancer = data.load_diabetes(), data.load_breast_cancer()
wine, digits = data.load_wine(), data.load_digits()
few = np.r_[np.flatnonzero(cancer.y == 0)[:35], np.flatnonzero(cancer.y)]
tables = {  # X, the true y, and the number of rows to learn from
    "progression": (diabetes.X, diabetes.y / 100, 280),
    "cancer": (cancer.X[few][:, [1, 8, 9]], 1 - cancer.y[few], 275),
    "grower": (wine.X, wine.y, 118),
    "segments": (digits.X, lit[digits.y], 800),
}
problems = {}
for name, (X, y, n) in tables.items():
    train, new = np.split(order(len(y)), [n])
    mean, std = X[train].mean(axis=0), X[train].std(axis=0)
    Z, y_train = (X - mean) / np.where(std == 0, 1, std), y[train]
    if name == "progression":
        y_train[::10] *= 10
    problems[name] = {"X": Z[train], "y": y_train, "X_new": Z[new]}
    print(f"{name:12} X {Z[train].shape}, y {y_train.shape}: {y_train[:2]} …")


# %% answer="losses/solve"
def solve(problem, X, y, X_new):
    """The answers of a network that learns X, y to the rows of X_new."""
    ### BEGIN SOLUTION
    outputs, loss = {
        "progression": (1, nn.HuberLoss(delta=0.5)),
        "cancer": (1, nn.BCEWithLogitsLoss(pos_weight=10)),
        "grower": (3, nn.CrossEntropyLoss()),
        "segments": (7, nn.BCEWithLogitsLoss()),
    }[problem]
    rng = np.random.default_rng(0)
    model = nn.Linear(X.shape[1], outputs, rng=rng)
    targets = y[:, None] if outputs == 1 else y
    adam = nn.Adam(model, lr=0.02)
    fit(model, loss, adam, X, targets, rng=rng, **settings)
    z = model.forward(X_new)
    if outputs == 1:
        return z[:, 0] > 0 if problem == "cancer" else z[:, 0]
    return softmax(z) if problem == "grower" else sigmoid(z)
    ### END SOLUTION


# %% check="losses/solve"
check("losses/solve", solve)

# %% [markdown]
r"""
## Afterwards

All five pass? Then see what other choices do. In a new cell, run

    forecast = solve("progression", **problems["progression"])
    print(np.median(forecast), np.median(problems["progression"]["y"]))

and put `nn.MSELoss()` into `solve` in place of your loss. How far do the forecasts move? In
`"cancer"`, count the rows that are called with a weight of 1, 10 and 100. Which other way is there to say
that a missed one costs ten false alarms, with a loss that has no weights?
"""
