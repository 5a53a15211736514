# %% [markdown]
r"""
# Exercise 16 · Trust

Five tasks, 17 points, about 40 minutes. You attack a model, check its confidence, plan a test with users, and
share a forecast out over its causes. At the end a model for the *breast cancer* cells is better than it
should be, and you find out what it looks at.
Lesson: [16 · Trust](../../lessons/16_trust.ipynb).

Some of this is also in `helpers.trust`. Here you write it yourself, with NumPy: leave that room closed.

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.
"""

# %%
from itertools import permutations
from statistics import NormalDist

import numpy as np

from helpers import data, nn
from helpers.checks import check
from helpers.features import StandardScaler
from helpers.training import fit

# %% [markdown] task="trust/fgsm"
r"""
## Task 1 · One step of attack (3 points)

A model without a hidden layer says `logits = X W + b`, and softmax makes probabilities p of them. Its loss
for a picture x of class y is the cross-entropy, $-\log p_y$.

Write `fgsm(X, y, W, b, eps)`. `X` has shape (n, d), n pictures whose pixels are in [0, 1]; `y` (n,) their
classes, 0 to k - 1; `W` (d, k), `b` (k,); `eps` is a number. Return two things:

- `X_adv`, shape (n, d): each pixel moved by `eps` to the side on which the loss of *its* picture grows. A
  pixel whose slope is 0 stays (the sign of 0 is 0). Then what lies outside [0, 1] goes to the nearer end;
- `fooled`, shape (n,): True for those pictures about which the model was right before, and is wrong after.
  It names the class with the largest logit.

Leave the arrays that were passed as they are. Logits can be large, 800 or more. For example:

    X = np.array([[0.6, 0.5, 0.3], [0.05, 0.95, 0.3]])
    W = np.array([[1.0, -1.0], [-1.0, 1.0], [0.0, 0.0]])
    fgsm(X, np.array([0, 0]), W, np.zeros(2), 0.1)
    →  X_adv = [[0.5 0.6 0.3] [0.  1.  0.3]],  fooled = [ True False]

By hand: class 0 gets more from pixel 0, and less from pixel 1. Both pictures are of class 0, so pixel 0 goes
down and pixel 1 up, as far as there is room. Pixel 2 has no weight. Picture 1 was taken for the other class
before, so nobody has fooled the model about it.

<details><summary>Hint: where is the slope?</summary>

You know the slope of the loss by the logits from lessons 05 and 07. How do the logits move with x?
</details>
"""


# %% answer="trust/fgsm"
def fgsm(X, y, W, b, eps):
    """The attacked pictures (n, d), and which of them fool."""
    ### BEGIN SOLUTION
    logits = X @ W + b
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    slope = (p - np.eye(len(b))[y]) @ W.T
    X_adv = np.clip(X + eps * np.sign(slope), 0, 1)
    before = logits.argmax(axis=1) == y
    after = (X_adv @ W + b).argmax(axis=1) == y
    return X_adv, before & ~after
    ### END SOLUTION


# %% check="trust/fgsm"
check("trust/fgsm", fgsm)

# %% [markdown] task="trust/reliability"
r"""
## Task 2 · Is 0.9 right nine times in ten? (3 points)

A model answers with the class of the largest probability, and this probability is its **confidence**. Cut
[0, 1] into `bins` bins of the same width, numbered from 0. Bin j holds the confidences from j/bins up to, but
not including, (j + 1)/bins: a confidence on an edge belongs to the bin *above*. Only 1 has no bin above, and
belongs to the last.

Write `reliability(p, y, bins)`. `p` has shape (n, k), and `y` (n,) holds the true classes, 0 to k - 1. Return
three things:

- `confidence`, shape (bins,): the mean confidence of the rows in each bin;
- `right`, shape (bins,): the share of the rows in each bin that are answered rightly;
- `ece`, the **expected calibration error**: the sizes |right - confidence| of the bins, each counted with the
  share of all n rows that is in its bin, and added up.

A bin without a row has NaN (`np.nan`) in both arrays, and adds nothing to `ece`. For example:

    p = np.array([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.0, 0.0, 1.0], [0.1, 0.8, 0.1]])
    reliability(p, np.array([0, 2, 2, 1]), 4)
    →  confidence = [nan nan 0.55 0.9],  right = [nan nan 0.5 1.],  ece = 0.075

By hand: bin 2 holds 0.5 and 0.6, of which the first is right. Bin 3 holds 0.8 and 1, both right. Half of the
rows are off by 0.05, the others by 0.1.
"""


# %% answer="trust/reliability"
def reliability(p, y, bins):
    """Mean confidence and share right (bins,), and the ECE."""
    ### BEGIN SOLUTION
    sure, correct = p.max(axis=1), p.argmax(axis=1) == y
    place = np.minimum((sure * bins).astype(int), bins - 1)
    confidence, right, ece = np.full(bins, np.nan), np.full(bins, np.nan), 0
    for j in set(place):
        inside = place == j
        confidence[j] = sure[inside].mean()
        right[j] = correct[inside].mean()
        ece += inside.mean() * abs(right[j] - confidence[j])
    return confidence, right, ece
    ### END SOLUTION


# %% check="trust/reliability"
check("trust/reliability", reliability)

# %% [markdown] task="trust/users"
r"""
## Task 3 · How many users? (3 points)

An A/B test is to tell whether variant B makes another share of its users buy than variant A does. You expect
the shares $p_A$ and $p_B$. The test is *two-sided*: if the variants do not differ, it raises a false alarm
with the chance α, half of it on each side. If they differ as you expect, it is to find that with the chance
`power`. By the formula of the [companion](../../lessons/16_trust_heard.ipynb), each of the two arms needs

$$n = \frac{(z_\alpha + z_\text{power})^2\, V}{(p_A - p_B)^2}, \qquad V = p_A(1 - p_A) + p_B(1 - p_B)$$

users. Aloud: the squared sum of two numbers z, times the two variances, over the squared difference. Below
$z_\alpha$ lies the share 1 - α/2 of a standard normal distribution, and below $z_\text{power}$ the share
`power`. For α = 0.05 and a power of 0.8 they are the 1.96 and 0.84 of the companion.

Write `users(p_a, p_b, alpha, power, at_hand)`. Return two numbers:

- `needed`: the users that *each arm* needs, rounded **up** to a whole number;
- `reached`: the power of a test for which there are only `at_hand` users an arm. Solve the formula for
  $z_\text{power}$ (not rounded), and ask which share lies below it.

`NormalDist().inv_cdf(share)` gives the number below which that share lies, and `NormalDist().cdf(z)` the
share below z. (`norm.ppf` and `norm.cdf` of `scipy.stats` do the same.) For example:

    users(0.10, 0.12, 0.05, 0.8, 1000)   →  needed = 3839,  reached = 0.2981

By this formula, with 1,000 users an arm seven in ten of such tests find nothing.
"""


# %% answer="trust/users"
def users(p_a, p_b, alpha, power, at_hand):
    """Users that each arm needs, and the power with those at hand."""
    ### BEGIN SOLUTION
    normal, gap = NormalDist(), abs(p_a - p_b)
    z_alpha, z_power = map(normal.inv_cdf, (1 - alpha / 2, power))
    V = p_a * (1 - p_a) + p_b * (1 - p_b)
    needed = int(np.ceil((z_alpha + z_power) ** 2 * V / gap**2))
    return needed, normal.cdf(gap * np.sqrt(at_hand / V) - z_alpha)
    ### END SOLUTION


# %% check="trust/users"
check("trust/users", users)

# %% [markdown] task="trust/credit"
r"""
## Task 4 · Whose work was it? (4 points)

A model f makes a number from four features. For the row x it says more, or less, than on average. Which
feature made the difference? A **Shapley value** shares it out.

Let v(S) be what the model says when only the features in the set S are known: x gives these, and each of
`rows` gives the others in turn; v(S) is the **mean** of the answers to all these mixed rows. Now let the
features come in one after another. Each one adds something to v when it comes. How much depends on who is in
already, so take the mean over all 4! = 24 orders in which they can come in.

Write `credit(f, x, rows)`. `x` has shape (4,), `rows` (n, 4); `f(Z)` takes rows Z, shape (k, 4), and returns
k numbers. Return the exact Shapley values of the four features, shape (4,), without drawing anything.

For example, with one row of zeros and a model that multiplies two features:

    def f(Z):
        return Z[:, 0] * Z[:, 1] + 5 * Z[:, 2]

    credit(f, np.array([2.0, 3.0, 1.0, 4.0]), np.zeros((1, 4)))   →  [3. 3. 5. 0.]

By hand: of features 0 and 1, the one that comes first adds nothing, and the second adds 6. Each is second in
half of the orders.

`permutations(range(4))` gives all the orders. Together the four values are f of x, less the mean of f over
`rows`: 11 in the example.
"""


# %% answer="trust/credit"
def credit(f, x, rows):
    """What each of the four features adds, over all orders; (4,)."""

    ### BEGIN SOLUTION
    def v(known):
        mixed = np.where(np.isin(range(4), known), x, rows)
        return np.mean(f(mixed))

    added = np.zeros(4)
    for order in permutations(range(4)):
        for place, j in enumerate(order):
            added[j] += v(order[: place + 1]) - v(order[:place])
    return added / 24
    ### END SOLUTION


# %% check="trust/credit"
check("trust/credit", credit)

# %% [markdown] task="trust/suspect"
r"""
## Task 5 · Too good (4 points)

The next cell loads the *breast cancer* cells: ten measurements, each in three columns (mean, error and
worst). Somebody has joined the tables of three offices, and each table brought a column of running numbers.
The offices had put the malignant cases first. So the numbers tell the class, in the test set, too, and three
times over. A patient who is new has a number at the end, whatever the class. Run the cell.

The names of the columns would tell you. Suppose that you had none, and could only ask the model.
**Permutation importance** of a *group* of columns: bring the rows of these columns into another order, and
leave all other columns as they are. How much accuracy is lost?

Write `suspect(predict, X, y, groups, repeats, rng)`. `X` has shape (n, d), `y` (n,) holds the classes;
`predict(Z)` takes rows Z, shape (k, d), and returns their k classes. `groups` is a list of lists of column
numbers; no column is in two of them. For each group do this `repeats` times: draw a new order of the n rows
from `rng` (each row once, as `rng.permutation` does), and give the columns of the group the rows in that
order, **all of them the same**: what stood together in a row of the group still does. Then ask the model.
Return two things:

- `loss`, shape (number of groups,): the accuracy on X as it is, less the accuracy after the change, the mean
  over the `repeats`. It can be below 0;
- `group`, the number of the group that loses most.

Leave `X` as it is. For example, where the model looks at column 0 only:

    X = np.array([[1, 7, 4], [0, 8, 5], [1, 9, 6], [0, 3, 2]])
    suspect(lambda Z: Z[:, 0], X, np.array([1, 0, 1, 0]), [[1, 2], [0]], 2, rng)
    →  e.g. loss = [0.   0.75],  group = 1

if the two orders of group 1 leave it right about two of the four rows, then about none. Group 0 may then be
[[9 6] [7 4] [3 2] [8 5]], and nobody looks there.

In a new cell, run `suspect(predict, X_test, y_test, groups, 20, rng)` with the groups `one_by_one`, and with
`by_name`. Which of the two gives the numbers away, and how far is the first ahead of the second in each?
"""

# %%
cells = data.load_breast_cancer()
rng = np.random.default_rng(0)
order = rng.permutation(len(cells.y))
y = cells.y[order]
running = np.argsort(np.argsort(y + rng.random(len(y))))  # malignant first
starts, steps = np.array([1000, 52000, 300]), np.array([3, 7, 2])
office = (
    starts + steps * running[:, None] + rng.integers(steps, size=(len(y), 3))
)
X = np.column_stack([cells.X[order], office])
X = StandardScaler().fit(X[:350]).transform(X)
X_test, y_test = X[350:], y[350:]

linear = nn.Linear(33, 2, rng=rng)
model = nn.Sequential(linear)
fit(
    model,
    nn.CrossEntropyLoss(),
    nn.AdamW(model, lr=0.01, weight_decay=0.1),
    X[:350],
    y[:350],
    batch_size=50,
    num_epochs=40,
    rng=rng,
    progress=False,
)


def predict(Z):
    """The classes (k,) of k rows; 1 is benign."""
    return model.forward(Z).argmax(axis=1)


one_by_one = [[j] for j in range(33)]
by_name = [[j, j + 10, j + 20] for j in range(10)] + [[30, 31, 32]]
new = X_test.copy()
new[:, 30:] = X[:, 30:].max(axis=0)  # the numbers that a new patient gets
print(f"accuracy on test {np.mean(predict(X_test) == y_test):.3f}", end="")
print(f", on new patients {np.mean(predict(new) == y_test):.3f}")


# %% answer="trust/suspect"
def suspect(predict, X, y, groups, repeats, rng):
    """What each group loses, (groups,), and the one that loses most."""
    ### BEGIN SOLUTION
    before = np.mean(predict(X) == y)
    loss = np.zeros(len(groups))
    for number, columns in enumerate(groups):
        for _ in range(repeats):
            changed, order = X.copy(), rng.permutation(len(X))
            changed[:, columns] = X[order][:, columns]
            after = np.mean(predict(changed) == y)
            loss[number] += (before - after) / repeats
    return loss, loss.argmax()
    ### END SOLUTION


# %% check="trust/suspect"
check("trust/suspect", suspect)

# %% [markdown]
r"""
## Afterwards

All five pass? Then train the model of task 5 again, without the columns 30 to 32. How often is it right about
new patients now? And by what could you have noticed, had nobody told you about the numbers?

Then attack what you can see. Train `nn.Linear(64, 10)` on 1,000 digits, divided by 16, in the way of task 5,
and give its `W` and `b` to `fgsm`, with the other 797. How many does ε = 0.1 fool, and how many a coin that
moves each pixel by as much? At last ask `reliability` in ten bins, before and after the attack. Does the
confidence give an alarm?
"""
