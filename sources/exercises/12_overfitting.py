# %% [markdown]
r"""
# Exercise 12 · Overfitting

Five tasks, 18 points, about 40 minutes. You write four remedies by hand. At the end a network has learnt
false labels by heart, and you keep it from that. Lesson: [12 ·
Overfitting](../../lessons/12_overfitting.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.
"""

# %%
import numpy as np

from helpers import data, nn
from helpers.checks import check
from helpers.training import fit

# %% [markdown] task="overfitting/penalised"
r"""
## Task 1 · A price for weights (3 points)

A linear model with one output says $\hat y = Xw + b$. Large weights are to cost something, so its loss is

$$\text{loss} = \frac1n \sum_i (\hat y_i - y_i)^2
 + \lambda_1 \sum_j \lvert w_j\rvert + \lambda_2 \sum_j w_j^2 .$$

Write `penalised(X, y, w, b, l1, l2)`. `X` has shape (n, d), `y` (n,), `w` (d,); `b` is a number, and so are
the strengths `l1` and `l2`, λ₁ and λ₂. `b` costs nothing. Return three things:

- `loss`, a number;
- `dw`, shape (d,), its slope for each weight. Where a weight is 0, the size $\lvert w_j\rvert$ has a corner.
  Take 0 for its slope there, as PyTorch does;
- `db`, a number, its slope for `b`.

For example:

    X, y = np.array([[1.0, 2.0], [3.0, 0.0]]), np.array([0.0, 1.0])
    penalised(X, y, np.array([1.0, -2.0]), 1.0, 0.5, 0.1)
    →  (8.5, array([ 7.7, -4.9]), 1.0)

By hand: the errors are -2 and 3, and their mean square is 6.5. The penalties are 0.5 · 3 and 0.1 · 5. From
the data come the slopes 7 and -4, from L1 0.5 and -0.5, from L2 0.2 and -0.4.
"""


# %% answer="overfitting/penalised"
def penalised(X, y, w, b, l1, l2):
    """The loss with both penalties, dw (d,), and db."""
    ### BEGIN SOLUTION
    error = X @ w + b - y
    loss = np.mean(error**2) + l1 * np.abs(w).sum() + l2 * np.sum(w**2)
    dw = 2 * error @ X / len(y) + l1 * np.sign(w) + 2 * l2 * w
    return loss, dw, 2 * error.mean()
    ### END SOLUTION


# %% check="overfitting/penalised"
check("overfitting/penalised", penalised)

# %% [markdown] task="overfitting/dropout"
r"""
## Task 2 · Dropout, there and back (4 points)

Write the class `Dropout`: inverted dropout as a layer of a network.

- `__init__(self, p, rng)` keeps both: the probability `p` that an entry becomes 0, from 0 to below 1, and a
  generator.
- `forward(self, X, training)` returns an array of the shape (n, d) of `X`. If `training` is True, each entry
  for itself becomes 0 with probability p, and the others grow so that the expected value of each entry stays
  what it was. Every call draws anew. If `training` is False, it returns `X`.
- `backward(self, d_out)` gets the slope of the loss for each entry of what the last `forward` returned,
  shape (n, d), and returns the slope for each entry of its `X`.

`X` and `d_out` stay as they are. `X` often comes from a ReLU: many of its entries are 0 already, and some of
these are kept.

For example, with p = 0.2, if the draw drops the first and the last entry:

    layer = Dropout(0.2, rng)
    layer.forward(np.array([[4.0, 0.0], [8.0, 2.0]]), True)   →  [[ 0. ,  0. ], [10. ,  0. ]]
    layer.backward(np.array([[1.0, 1.0], [1.0, 4.0]]))        →  [[ 0. ,  1.25], [ 1.25,  0. ]]
    layer.forward(np.array([[4.0, 0.0]]), False)              →  [[ 4. ,  0. ]]

<details><summary>Hint</summary>

What does `backward` have to know that only `forward` saw? Keep it in `self`, after each `forward`.
</details>
"""


# %% answer="overfitting/dropout"
class Dropout:
    """Entries become 0 with probability p in training; the mean stays."""

    def __init__(self, p, rng):
        ### BEGIN SOLUTION
        self.p, self.rng = p, rng
        ### END SOLUTION

    def forward(self, X, training):
        ### BEGIN SOLUTION
        self.factor = np.ones(X.shape)
        if training:
            keep = self.rng.random(X.shape) >= self.p
            self.factor = keep / (1 - self.p)
        return X * self.factor
        ### END SOLUTION

    def backward(self, d_out):
        ### BEGIN SOLUTION
        return d_out * self.factor
        ### END SOLUTION


# %% check="overfitting/dropout"
check("overfitting/dropout", Dropout)

# %% [markdown] task="overfitting/augment"
r"""
## Task 3 · More digits (3 points)

A digit that is written a pixel further left is the same digit. So labelled pictures can be had for nothing.

Write `augment(pictures, labels, copies, rng)`. `pictures` has shape (n, h, w), h rows of w pixels each;
`labels` (n,). Return two arrays:

- pictures, shape ((copies + 1) · n, h, w): first all that were given, as they are and in their order, then
  all of them once more, moved, and so on, `copies` times;
- their labels, shape ((copies + 1) · n,).

Each copy of each picture draws two numbers of its own from `rng`: by how many pixels it moves down, and by
how many it moves right. Both are -1, 0 or 1, each equally often (-1 is up, or left). What leaves the picture
is lost. What comes in is paper, and paper is 0.

Leave the arrays that were passed as they are. For example, with one picture, of the digit 7:

    augment(np.array([[[1, 2, 3], [4, 5, 6]]]), np.array([7]), 2, rng)

    →  e.g. pictures  [[1, 2, 3], [4, 5, 6]]     as it was
                      [[0, 4, 5], [0, 0, 0]]     one up, one right
                      [[0, 0, 0], [1, 2, 3]]     one down
            labels    [7, 7, 7]

<details><summary>Hint</summary>

Paste the picture into the middle of a larger sheet of zeros, and cut a window out of that. Where does the
window begin, if the picture is to move down?
</details>
"""


# %% answer="overfitting/augment"
def augment(pictures, labels, copies, rng):
    """The pictures, then moved copies of all of them; and the labels."""
    ### BEGIN SOLUTION
    n, h, w = pictures.shape
    sheet = np.pad(pictures, ((0, 0), (1, 1), (1, 1)))
    found = [pictures]
    for _ in range(copies):
        moves = rng.integers(-1, 2, size=(n, 2))
        moved = np.zeros_like(pictures)
        for i, (down, right) in enumerate(moves):
            moved[i] = sheet[i, 1 - down :, 1 - right :][:h, :w]
        found.append(moved)
    return np.concatenate(found), np.tile(labels, copies + 1)
    ### END SOLUTION


# %% check="overfitting/augment"
check("overfitting/augment", augment)

# %% [markdown] task="overfitting/bagging"
r"""
## Task 4 · Bagging, and a score for nothing (4 points)

*Bagging* makes an ensemble of models that differ: each member is trained on a **bag**, a sample of the
training rows that has as many rows as there are, drawn **with replacement**. So some rows are in a bag twice
or more, and more than a third of them are not in it at all. These are *out of bag* for that member: on them
it can be tested, without a single validation row.

Write `bagging(fit, X, y, X_new, num_models, rng)`. `X` has shape (n, d) and `y` (n,), with the classes 0, 1
and so on; `X_new` (m, d). The function `fit(X, y)` trains a member on the rows that it is given, and returns
another function, say `member`: `member(rows)` gives the probabilities of the classes, shape (k, classes), for
k rows.

Call `fit` `num_models` times, with a new bag each time, and return two things:

- `p`, shape (m, classes): for each row of `X_new` the **mean** of the members' probabilities;
- `accuracy`, a number from 0 to 1. For each row of `X`, take the mean of the probabilities of those members
  that did not have it in their bag; the class with the largest one is the answer. The accuracy is the share
  of right answers, among the rows for which there is such a member.

For example, 4 rows, 3 members, whose bags hold the rows 0, 0, 1, 3 and 0, 1, 2, 2 and 0, 1, 1, 3. Row 0 is in
every bag, and so is row 1: they do not count. Row 2 is judged by the first and the third member together,
row 3 by the second alone. If one of the two is right, the accuracy is 0.5.
"""


# %% answer="overfitting/bagging"
def bagging(fit, X, y, X_new, num_models, rng):
    """The mean probabilities for X_new, and the out-of-bag accuracy."""
    ### BEGIN SOLUTION
    n, p, sums, asked = len(X), 0, 0, np.zeros(len(X), bool)
    for _ in range(num_models):
        bag = rng.integers(n, size=n)
        member = fit(X[bag], y[bag])
        p = p + member(X_new) / num_models
        out = ~np.isin(np.arange(n), bag)
        sums = sums + member(X) * out[:, None]
        asked = asked | out
    right = sums.argmax(axis=1) == y
    return p, right[asked].mean()
    ### END SOLUTION


# %% check="overfitting/bagging"
check("overfitting/bagging", bagging)

# %% [markdown] task="overfitting/close_the_gap"
r"""
## Task 5 · Close the gap (4 points)

The next cell takes 400 pictures of digits, and gives 30 % of them a false label. `overfit(X, y, rng)` trains
a network on them. It agrees with most of the labels it has seen, false ones too. With those of pictures that
are new to it, of which 30 % are false as well, it agrees far less often. Run the cell.

Write `close_the_gap(X, y, rng)`: train a network on the pictures `X` (400, 64) and their labels `y` (400,),
and return it. Begin with the lines of `overfit`, and use whichever remedies you like. Two things are asked:

- the **gap**, its accuracy on `X` and `y` less its accuracy on new pictures with labels like these, is
  0.15 or less;
- of the new pictures it is **right** about 0.8 or more, by their true labels.

The check trains on other pictures, three times, and judges by those that are left. It numbers the ten classes
in another way each time, so you know of the digits only what `X` and `y` tell. All chance comes from `rng`.
The network is one that `nn.Sequential` makes, and is judged in evaluation mode.

To choose a strength, use `report` on the pictures of this notebook, as below.

<details><summary>Hint: what there is</summary>

`nn.AdamW(model, lr=…, weight_decay=…)`; `nn.L1(model, …)` and `nn.L2(model, …)`, for the argument `penalty`
of `fit`; `nn.Dropout(…, rng=rng)`, a layer; `nn.CrossEntropyLoss(label_smoothing=…)`. `help(…)` tells about
each. Moved digits are in task 3. How many epochs there are, and how many units, is up to you.
</details>
"""

# %%
pictures, digits = data.load_digits()
rng = np.random.default_rng(0)
order = rng.permutation(len(digits))
X_all, true = pictures[order] / 16, digits[order]
false = (true + rng.integers(1, 10, len(true))) % 10  # some other digit
y_all = np.where(rng.random(len(true)) < 0.3, false, true)


def overfit(X, y, rng):
    """A network that learns what it is given by heart."""
    hidden = nn.Linear(64, 64, rng=rng)
    model = nn.Sequential(hidden, nn.ReLU(), nn.Linear(64, 10, rng=rng))
    loss, optimizer = nn.CrossEntropyLoss(), nn.Adam(model, lr=0.02)
    settings = {"batch_size": 100, "num_epochs": 50, "progress": False}
    fit(model, loss, optimizer, X, y, rng=rng, **settings)
    return model


def report(model):
    """How it does on the 400 pictures of its training, and on others."""
    said = model.eval().forward(X_all).argmax(axis=-1)
    training = np.mean(said[:400] == y_all[:400])
    new = np.mean(said[400:] == y_all[400:])
    print(f"training {training:.2f}, new {new:.2f}", end="")
    print(f": gap {training - new:.2f};", end=" ")
    print(f"right {np.mean(said[400:] == true[400:]):.2f}")


report(overfit(X_all[:400], y_all[:400], np.random.default_rng(0)))


# %% answer="overfitting/close_the_gap"
def close_the_gap(X, y, rng):
    """A network that has learnt less by heart, and knows more."""
    ### BEGIN SOLUTION
    hidden, last = nn.Linear(64, 64, rng=rng), nn.Linear(64, 10, rng=rng)
    dropout = nn.Dropout(0.5, rng=rng)
    model = nn.Sequential(hidden, nn.ReLU(), dropout, last)
    optimizer = nn.AdamW(model, lr=0.02, weight_decay=1.0)
    options = {"num_epochs": 50, "batch_size": 100, "progress": False}
    fit(model, nn.CrossEntropyLoss(), optimizer, X, y, rng=rng, **options)
    return model
    ### END SOLUTION


# %% check="overfitting/close_the_gap"
check("overfitting/close_the_gap", close_the_gap)

# %% [markdown]
r"""
## Afterwards

All five pass? Then close the gap in a way that helps nobody. In a new cell, run

    for num_epochs in (1, 2, 5, 10, 50):
        model = nn.Sequential(nn.Linear(64, 64, rng=rng), nn.ReLU(), nn.Linear(64, 10, rng=rng))
        fit(model, nn.CrossEntropyLoss(), nn.Adam(model, lr=0.02), X_all[:400], y_all[:400],
            batch_size=100, num_epochs=num_epochs, rng=rng, progress=False)
        report(model)

Where is the gap smallest, and is the network best there? Which number would you have looked at, if the column
`right` could not be had? Then give your answer to task 5 the true labels, `true[:400]`. Does the remedy still
help?
"""
