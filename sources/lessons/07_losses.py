# %% [markdown]
r"""
# 07 · Losses: the question that you ask

Training makes one number small. Which number that is, you choose, and the model answers the question that
your choice asks. If the answer looks strange, look at the question first.

**You will be able to**

- say what a model learns from MSE, MAE, Huber, cross-entropy and hinge;
- choose the output and the loss that belong together, and see the signs of a wrong pair;
- compute cross-entropy from logits, so that it cannot overflow;
- say what an outlier does, and what a weight for a rare class does.

**Time:** {minutes} minutes.
**Before this:** lesson [05](05_backward.ipynb): slopes, logits, softmax, cross-entropy.
"""

# %% jupyter={"source_hidden": true}
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.linear_model import QuantileRegressor
from sklearn.metrics import hinge_loss

from helpers import data
from helpers.claims import claim
from helpers.explore.losses import explorer
from helpers.features import StandardScaler
from helpers.figures import losses as figures
from helpers.figures import show
from helpers.glossary import terms
from helpers.nn import (
    SGD,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    Fleet,
    Linear,
    MSELoss,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
)
from helpers.splits import holdout, three_way
from helpers.training import fit

# %% [markdown]
r"""
## One junction, five losses

At a junction the road ends, and you turn right or left. Of 100 drivers, 70 turned right (write 1) and 30 left
(write −1). Nothing else is known, so a model has a single number $f$ to give, the same for every driver.

A **loss function** says how bad $f$ is for one driver, whose answer was $y$. Five of them:

- **MSE**: the error $y - f$, squared.
- **MAE**: the size of the error.
- **Huber**: half the square up to an error of 1, beyond that the size less ½.
- **hinge**: how far the *margin* $y f$ is below 1; nothing above. (The margin is positive where the sign of
  $f$ is right.)
- **log loss**: $\log(1 + e^{-y f})$, of which more below.

Training minimises the mean over all drivers, the **cost function**, or *objective*. Here no training is
needed: try every $f$ from −2 to 2 and keep the best. **Predict:** the data are the same. Will all five choose
the same number? Will any of them choose a number that no driver gave?
"""

# %% tags=["predict"]
y = np.repeat([1, -1], [70, 30])  # 70 times 1, 30 times -1
tried = np.linspace(-2, 2, 4001)
error = y - tried[:, None]  # 4001 rows, 100 columns
margin = y * tried[:, None]

losses = {
    "MSE": error**2,
    "Huber": np.where(abs(error) <= 1, error**2 / 2, abs(error) - 1 / 2),
    "MAE": abs(error),
    "hinge": np.maximum(1 - margin, 0),
    "log loss": np.log(1 + np.exp(-margin)),
}
cost = {name: loss.mean(axis=1) for name, loss in losses.items()}
best = {name: tried[values.argmin()] for name, values in cost.items()}
for name, f in best.items():
    print(f"{name:8} {f:5.2f}")

# %% tags=["predict"] jupyter={"source_hidden": true}
show(
    figures.one_number(tried, cost),
    alt="Five curves of the mean loss against f. The lowest points: MSE 0.40, Huber 0.57, log loss 0.85, MAE "
    "and hinge 1.00, both in a corner.",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

Four different answers: 0.40, 0.57, 1.00, 1.00 and 0.85. Nobody drove to 0.4: that is the field between the
two roads.

</details>

None of them is a mistake. Each answers its own question.

- MSE asks for the **mean**, $(70 - 30)/100$.
- MAE asks for the **median**, the value in the middle of the sorted list.
- Huber asks for something **in between**.
- Hinge asks for a **side**, with a margin of 1.
- Log loss asks for a **probability**. Its $f$ is a logit; the *sigmoid* makes a probability of it:
"""


# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


print(f"probability of right: {sigmoid(best['log loss']):.2f}")

# %% [markdown]
r"""
70 of 100. The **loss value** itself says little: 0.84 for MSE and 0.60 for MAE are in other units, and
neither is a share of anything.

## 1. A number: mean, median, in between

Why these answers? At the lowest point the slopes of all samples add up to 0 (lesson 05), or change sign
there, as in the corner of MAE, where samples lie exactly on $\hat y$. With the error $e = y - \hat y$:

| loss | of one sample | its slope in $e$ | so at the best place |
| --- | --- | --- | --- |
| **mean squared error** (MSE, L2 loss) | $e^2$ | $2e$ | the errors add up to 0: the mean |
| **mean absolute error** (MAE, L1 loss) | $\lvert e\rvert$ | −1 or 1 | as many above as below: the median |
| **Huber loss**, up to $\lvert e\rvert = \delta$ | $\frac12 e^2$ | $e$ | in between |
| beyond | $\delta\,(\lvert e\rvert - \frac12\delta)$ | $-\delta$ or $\delta$ | |

Aloud: Huber is half the square of the error as long as the error is at most delta; then a straight line goes
on with the slope that the curve had there. (In $\hat y$ the slope has the other sign, since a larger
$\hat y$ makes $e$ smaller; and a mean over $n$ samples divides it by $n$.)

Think of the slope as a **pull**. With MSE a point pulls harder the farther it is away. With MAE each pulls
with the same force. With Huber the force stops growing at $\delta$.
"""

# %%
pulls = {
    "MSE": lambda e: 2 * e,
    "MAE": np.sign,
    "Huber": lambda e: np.clip(e, -1, 1),  # below -1 it is -1, above 1 it is 1
}
twins = {"MSE": F.mse_loss, "MAE": F.l1_loss, "Huber": F.huber_loss}
zero = torch.zeros(6, dtype=torch.float64)
for name, pull in pulls.items():
    e = torch.linspace(-3, 4, 6, dtype=torch.float64, requires_grad=True)
    twins[name](e, zero, reduction="sum").backward()  # no division by n
    gap = np.abs(pull(e.detach().numpy()) - e.grad.numpy()).max()
    print(f"{name:5} pulls as PyTorch's does: {bool(gap < 1e-12)}")

# %% jupyter={"source_hidden": true}
e = np.linspace(-3, 3, 601)
values = {
    "MSE": e**2,
    "MAE": abs(e),
    "Huber": np.where(abs(e) <= 1, e**2 / 2, abs(e) - 1 / 2),
}
show(
    figures.values_and_pulls(
        e, values, {name: pull(e) for name, pull in pulls.items()}
    ),
    alt="Left, three losses by error: MSE bends upwards, MAE is a V with its corner at 0, Huber is round "
    "at 0 and then straight. Right, their slopes: a straight line without end, a step from -1 to 1, and a "
    "slope that stops at -1 and 1.",
)

# %% [markdown]
r"""
### A slip of the decimal point

For a line, or a table with ten columns, the same pulls act. Let `H` be the table with a column of ones beside
it, for the constant. With MSE the best weights come in one go, by **least squares** (`np.linalg.lstsq`). For
the others there is an old trick: do least squares again and again, and let each point count pull / error,
with the error from the round before. Then its squared error pulls as hard as it should.
"""


# %%
def fit_line(H, y, pull, num_rounds=60):
    w = np.linalg.lstsq(H, y)[0]
    for _ in range(num_rounds):
        error = np.maximum(np.abs(y - H @ w), 1e-3)  # no division by 0
        root = np.sqrt(pull(error) / error)
        w = np.linalg.lstsq(H * root[:, None], y * root)[0]
    return w


# %% jupyter={"source_hidden": true}
X_diabetes, progress = data.load_diabetes()
H = np.column_stack([X_diabetes, np.ones(len(progress))])
ours = np.abs(progress - H @ fit_line(H, progress, np.sign, 200)).mean()
twin = QuantileRegressor(alpha=0).fit(
    X_diabetes, progress
)  # the median, by linear programming
theirs = np.abs(progress - twin.predict(X_diabetes)).mean()
print(
    f"lowest MAE on all 442 rows: ours {ours:.2f}, scikit-learn's {theirs:.2f}"
)

# %% [markdown]
r"""
Take the *diabetes* patients: 300 to learn from, 142 to test. The target, how far the illness went in a year,
lies between 25 and 346. In 15 of the 300 rows somebody lost the decimal point: the target is ten times too
large. The test rows are right.

If all losses suffered alike, the choice would not matter. **Predict:** by how much does the test error grow
for each, when 5 % of the training targets are wrong? (Huber's $\delta$ is 30; from 10 to 100 it makes a
difference of less than 1. Twenty splits, mean absolute error on the test rows.)
"""

# %% tags=["predict"]
pulls["Huber"] = lambda e: np.clip(e, -30, 30)
slip = {name: [] for name in pulls}
for seed in range(20):
    rng = np.random.default_rng(seed)
    train, test = holdout(len(progress), 142, rng)
    wrong = progress.copy()
    wrong[rng.choice(train, 15, replace=False)] *= 10
    for name, pull in pulls.items():
        errors = []
        for target in (progress, wrong):
            w = fit_line(H[train], target[train], pull)
            errors.append(np.abs(progress[test] - H[test] @ w).mean())
        slip[name].append(errors)

for name, errors in slip.items():
    (clean, dirty), spread = np.mean(errors, axis=0), np.std(errors, axis=0)
    print(f"{name:5} {clean:4.1f} ± {spread[0]:.1f}", end="   with the slip ")
    print(f"{dirty:5.1f} ± {spread[1]:.1f}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

The error of the MSE fit doubles, from 44.3 to about 94. The two others grow by less than 1.

</details>

This is called **sensitivity to outliers**. Is there a price for being insensitive? On right targets MSE is a
little ahead here, with MAE as the judge of all three. But Huber with $\delta = 100$, which one error in
twenty exceeds on right targets, is level with it, and grows by only about half a point with the slip.
"""

# %% jupyter={"source_hidden": true}
by_seed = np.array(slip["MSE"])
claim(
    "mse-sensitive-to-outliers",
    measured=np.mean(by_seed[:, 1] / by_seed[:, 0]),
    what="test MAE of the MSE fit with 5 % of the targets ten times too large, as a multiple of that without",
)

# %% [markdown]
r"""
That is no reason to use MAE everywhere. A far point may be true. If few customers pay most of the bill, the
sum of the bills is n times the *mean*, and a model of the median would miss it.

### Try it

Twelve points stay. You move the red one, and choose the loss from MAE over Huber to MSE. **Predict** first:
with MSE, does the red point turn the line most at the end of the row ($x = 6$) or in its middle ($x = 3$)?
And is MAE safe from *every* far point? Try $x = 15$ with $y = -10$. (MSE is drawn with the ½ of Huber, so its
pull is $e$ and not $2e$. A factor on all points alike does not move the line.)
"""

# %%
explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

In the middle it lifts the line and does not turn it; at the end it turns it. And MAE is not safe: at
$x = 15$, $y = -10$ its slope falls from 0.57 to 0.03. MAE limits how hard a point pulls, but far to the side
each pull has a long lever. It protects against a wrong $y$, not against a wrong $x$.

</details>

## 2. Yes or no: a probability

Now $y$ is 1 or 0, **binary classification**, and the model gives the probability $p$ of 1. It pays $-\log$ of
the probability that it gave to what happened:

$$L = -\big[\,y \log p + (1 - y) \log(1 - p)\,\big], \qquad p = \sigma(z)$$

Aloud: if $y$ is 1, minus the log of $p$; if $y$ is 0, minus the log of one minus $p$. This is **binary
cross-entropy**, or **log loss**; with labels ±1 it is the fifth loss of the opening. The probability that a
model gives to the class it names is its **confidence**. What does it pay, and how hard is its logit $z$
pulled? The chain rule makes the slope $p - y$, as in lesson 05. Beside it the other idea that comes to mind,
$(y - p)^2$ of the same $p$. Its slope is $2\,(p - y) \cdot p\,(1 - p)$, where $p\,(1 - p)$ is the slope of
the sigmoid. The truth is $y = 1$:
"""

# %%
print("   p   -log p   slope   (1-p)²   slope")
for p in (0.99, 0.8, 0.5, 0.2, 0.01, 0.0001):
    cross_entropy_slope, squared_slope = p - 1, 2 * (p - 1) * p * (1 - p)
    print(f"{p:6g} {-np.log(p):6.4f} {cross_entropy_slope:7.2f}", end="")
    print(f" {(1 - p) ** 2:8.4f} {squared_slope:8.4f}")

# %% jupyter={"source_hidden": true}
claim(
    "larger-error-larger-cross-entropy",
    because="0.01 < 0.22 < 0.69 < 1.61 < 4.61 < 9.21 as p falls: −log p grows without bound, and its "
    "slope p − 1 goes to −1. That of (1−p)² goes to 0.",
)

# %% [markdown]
r"""
You may find 0.0969 in print for $p = 0.8$. That is a logarithm to the base 10.
"""

# %% jupyter={"source_hidden": true}
claim(
    "cross-entropy-in-base-10",
    because="−ln 0.8 = 0.2231 and −ln 0.5 = 0.6931. −log₁₀ 0.8 = 0.2231 / ln 10 = 0.2231 / 2.3026 = 0.0969: "
    "every loss and every slope by the same factor, as with a smaller learning rate.",
)

# %% [markdown]
r"""
Look at the last row of the table. The model is sure and wrong, and the squared error hardly pulls. Does that
matter? Perhaps a larger learning rate makes up for it. A network (30–32–1, on *breast cancer*: is the tumour
benign?) starts with its last bias at 0, −8 or −20, so it says no to everybody, more or less firmly. Each
start has its own best of seven learning rates up to 30,000, chosen on 100 validation rows; five splits,
twenty passes. In how many splits are more than 80 of 100 test rows right?
"""


# %% jupyter={"source_hidden": true}
def train_all(
    X, T, num_outputs, last, loss, lrs, seed, bias=0, sizes=(100, 100)
):
    """The outputs for all rows, one network for each learning rate; and the validation and test rows."""
    train, validation, test = three_way(
        len(X), *sizes, np.random.default_rng(seed)
    )
    Z, models = StandardScaler().fit(X[train]).transform(X), []
    for _ in lrs:
        rng = np.random.default_rng(seed)
        hidden, output = (
            Linear(X.shape[1], 32, rng=rng),
            Linear(32, num_outputs, rng=rng),
        )
        output.b[...] = bias
        models.append(
            Sequential(hidden, ReLU(), output, *(layer() for layer in last))
        )
    fleet = Fleet(models)  # all at once
    rngs = [np.random.default_rng(seed) for _ in lrs]
    options = {"batch_size": 64, "num_epochs": 20, "progress": False}
    with np.errstate(
        all="ignore"
    ):  # the largest rates are meant to be too large
        fit(
            fleet,
            loss,
            SGD(fleet, lr=np.array(lrs)),
            Z[train],
            T[train],
            rng=rngs,
            **options,
        )
        return np.asarray(fleet.forward(Z)), validation, test


def scores_of(score, *what, seeds=range(5), **options):
    """For each split the test score at the learning rate whose validation score is best."""
    scores = []
    for seed in seeds:
        outputs, validation, test = train_all(*what, seed=seed, **options)
        finite = [
            score(o, validation) if np.isfinite(o).all() else -np.inf
            for o in outputs
        ]
        scores.append(score(outputs[np.argmax(finite)], test))
    return np.array(scores)


cancer = data.load_breast_cancer()
benign = cancer.y[:, None].astype(float)


def right_at(threshold):
    return lambda outputs, rows: np.mean(
        (outputs[rows, 0] > threshold) == cancer.y[rows]
    )


def told(scores):
    return f"{scores.mean():.2f} ± {scores.std():.2f}"


# %% jupyter={"source_hidden": true}
rates = [0.03, 0.3, 3, 30, 300, 3000, 30_000]
for bias in (0, -8, -20):
    cross = scores_of(
        right_at(0),
        cancer.X,
        benign,
        1,
        [],
        BCEWithLogitsLoss(),
        rates,
        bias=bias,
    )
    squared = scores_of(
        right_at(0.5),
        cancer.X,
        benign,
        1,
        [Sigmoid],
        MSELoss(),
        rates,
        bias=bias,
    )
    good = [f"{np.sum(scores > 0.8)} of 5" for scores in (cross, squared)]
    print(f"last bias {bias:3}: log loss {good[0]}   squared error {good[1]}")

# %% [markdown]
r"""
From a usual start the two are alike (0.97 right on average), and at −8 a larger rate makes up for nearly all
of it: about 0.95 is right, with log loss 0.97. At −20 it is 0.37, with log loss 0.96. At −12, tried
apart, it depends on the split whether the squared error escapes: from 0.53 to 0.96 in fifteen of them, 0.84
on average, where log loss has at least 0.91. We took −20, which you will hardly meet, because there none of
these rates moves it. (Far larger ones, up to three billion, do, and most often too far: in twenty splits 0.72
on average, from 0.53 to 0.95.) So sigmoid with squared error is no disaster; it is a pair that gets stuck
when it is very sure and wrong.

### From logits, not from probabilities

Written as above, the loss has a trap. The same network, trained on all rows for 300 passes with the rate 0.3,
is right for nearly all of them. **Predict** its loss by the formula, in NumPy's usual float64: about 0.7,
about 0.01, or something else?
"""

# %% jupyter={"source_hidden": true}
Z = (cancer.X - cancer.X.mean(axis=0)) / cancer.X.std(axis=0)
rng = np.random.default_rng(0)
model = Sequential(Linear(30, 32, rng=rng), ReLU(), Linear(32, 1, rng=rng))
options = {
    "batch_size": 32,
    "num_epochs": 300,
    "progress": False,
    "rng": rng,
}
fit(model, BCEWithLogitsLoss(), SGD(model, lr=0.3), Z, benign, **options)
z, y = model.forward(Z)[:, 0], cancer.y

# %% tags=["predict"]
print(f"right: {np.mean((z > 0) == y):.3f}")
p = sigmoid(z)
with np.errstate(divide="ignore", invalid="ignore"):  # no warnings
    terms_of_loss = -(y * np.log(p) + (1 - y) * np.log(1 - p))
print("loss by the formula:", terms_of_loss.mean())
print("some probabilities are exactly 1:", bool(np.any(p == 1)))

# %% [markdown]
r"""
<details><summary>What came out</summary>

`nan`, not a number. From $z = 37$ on, $1 + e^{-z}$ rounds to 1, so $p$ is exactly 1, $\log(1 - p)$ is
$-\infty$, and $0 \cdot \infty$ is `nan`. (In float32 that begins at 17.) Nothing is wrong with these answers;
they are right, and sure.

</details>

To cut $p$ off just below 1 hides the `nan`, and takes the slope away as well. Better: never make $p$. Give a
"no" the logit 0 and a "yes" the logit $z$. Then softmax gives the sigmoid, and in logits the loss is short:

$$\frac{e^z}{e^0 + e^z} = \frac{1}{1 + e^{-z}} = \sigma(z), \qquad
-\log p_y = \log\big(e^{z_1} + e^{z_2} + \dots\big) - z_y$$

Aloud: the log of the sum of all exponentials, minus the logit of the true class. Take the largest logit out
of the sum first, and no exponent is above 0. (NumPy has it ready for two logits, 0 and $z$:
`np.logaddexp(0, z)`.)
"""


# %%
def log_sum_exp(logits):
    top = logits.max(axis=1)
    return top + np.log(np.exp(logits - top[:, None]).sum(axis=1))


def cross_entropy(logits, y):
    return (log_sum_exp(logits) - logits[np.arange(len(y)), y]).mean()


two_logits = np.column_stack([np.zeros_like(z), z])
ours = cross_entropy(two_logits, y)
theirs = F.binary_cross_entropy_with_logits(
    torch.tensor(z), torch.tensor(y, dtype=torch.float64)
)
print(f"loss from logits: {ours:.1g}")
print("equal to PyTorch's, to 1e-12:", bool(abs(ours - theirs) < 1e-12))
print("z = 1000, y = 0:", cross_entropy(np.array([[0.0, 1000.0]]), [0]))

# %% jupyter={"source_hidden": true}
claim(
    "sigmoid-or-softmax-binary",
    because="softmax(z₀, z₁)₁ = e^z₁ / (e^z₀ + e^z₁) = 1 / (1 + e^−(z₁−z₀)) = σ(z₁ − z₀). The second logit "
    "is not needed, and does no harm.",
)

# %% [markdown]
r"""
### A weight for the rare class

Somebody finds 30 left-turners too few and lets each count three times (`pos_weight` and `weight` in PyTorch).
What does the model say then?
"""

# %%
y = np.repeat([1, -1], [70, 30])
counts = np.where(y == -1, 3, 1)
weighted = np.average(losses["log loss"], axis=1, weights=counts)
print(f"probability of right: {sigmoid(tried[weighted.argmin()]):.4f}")
print(f"70 / (70 + 3 · 30) = {70 / (70 + 3 * 30):.4f}")

# %% [markdown]
r"""
It answers for another junction, with 90 left-turners. **Class weights** change the question. The decision
tips to left, as with another threshold (lesson 03), and 0.44 is no longer how many turn right.

## 3. One of several, and a side

With $C$ classes, one of which is true, nothing new is needed: `cross_entropy` above takes any number of
logits. It is called **categorical cross-entropy**,

$$L = -\frac1n \sum_{i=1}^n \sum_{c=1}^C y_{ic} \log p_{ic}$$

Aloud: for each sample, minus the log of the probability of its true class ($y_{ic}$ is 1 there, else 0); then
the mean. With whole numbers as labels, as ours, Keras calls it **sparse categorical cross-entropy**: the same
number. More generally, the **cross-entropy loss** takes any target probabilities in the place of the 0s and
the 1. Its slope in each logit is what you know from lesson 05, $p_c - y_c$, divided by $n$ for the mean.

A model that knows nothing gives each class $1/C$ and pays $-\log \frac1C = \log C$. That is what the first
loss of your training should be:
"""

# %%
digits = data.load_digits()
torch.manual_seed(0)
new = torch.nn.Sequential(
    torch.nn.Linear(64, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10)
).double()
with torch.no_grad():
    logits = new(torch.tensor(digits.X / 16))
    theirs = F.cross_entropy(logits, torch.tensor(digits.y))
    one_hot = torch.eye(10, dtype=torch.float64)[digits.y]  # 0s and a 1
    rows = F.cross_entropy(logits, one_hot)
ours = cross_entropy(logits.numpy(), digits.y)
print("equal to PyTorch's, to 1e-12:", bool(abs(ours - theirs) < 1e-12))
print("the same from rows of 0s and a 1:", bool(abs(ours - rows) < 1e-12))
print(f"first loss {ours:.2f}, log 10 = {np.log(10):.2f}")
print(
    "100 times the logits:",
    round(cross_entropy(100 * logits.numpy(), digits.y), 1),
)

# %% [markdown]
r"""
Far above $\log C$, the network begins sure of something without a reason: check scales and pairs.

**Hinge loss** asks for less than a probability. For $y = \pm 1$ and a score $f$ it is $\max(0, 1 - y f)$:
what is missing to a margin of 1. Its slope in $f$ is $-y$ where something is missing, else 0.
"""

# %%
f, y = np.array([-2.0, 0.0, 0.5, 1.0, 10.0]), np.ones(5)
hinge = np.maximum(0, 1 - y * f)
print("hinge   ", hinge)
print("log loss", np.log(1 + np.exp(-y * f)).round(2))
twin = hinge_loss([1, -1], [0.5, 3.0])  # the mean of 0.5 and 4
print("scikit-learn's:", twin, " ours:", np.mean([1 - 0.5, 1 + 3.0]))

# %% jupyter={"source_hidden": true}
f = np.linspace(-8, 4, 481)
p = sigmoid(f)
show(
    figures.by_logit(
        f,
        {
            "log loss": np.log(1 + np.exp(-f)),
            "hinge": np.maximum(1 - f, 0),
            "squared, of σ": (1 - p) ** 2,
        },
        {
            "log loss": p - 1,
            "hinge": -(f < 1).astype(float),
            "squared, of σ": 2 * (p - 1) * p * (1 - p),
        },
    ),
    alt="Left, the loss for a true class by its score: log loss and hinge rise to the left, nearly straight "
    "and straight, hinge is 0 from 1 on, the squared error of the sigmoid levels off at 1. Right, their "
    "slopes: log loss and hinge go to -1 on the left, that of the squared error returns to 0.",
)

# %% jupyter={"source_hidden": true}
claim(
    "hinge-widens-margin",
    because="max(0, 1 − yf) = 0 for every yf ≥ 1: at 1 and at 10 it is 0, so nothing is won beyond 1. And an "
    "unsure answer, f = 0, costs 1 < 3, the cost of a wrong one at yf = −2.",
)

# %% [markdown]
r"""
## 4. Pairs

The output says what *can* be answered, the loss what is *asked*. They belong together:

| question | output | loss | read off |
| --- | --- | --- | --- |
| a number | linear | MSE, Huber, MAE | the number |
| yes or no | one logit | binary cross-entropy | $\sigma(z)$ |
| exactly one of $C$ | $C$ logits | cross-entropy | softmax |
| any of $C$ | $C$ logits | the mean of $C$ binary cross-entropies | $\sigma$ of each |

The third is **single-label multi-class classification**, the fourth **multi-label classification**. In
PyTorch, and in our `helpers.nn`, the losses are called `MSELoss`, `HuberLoss`, `L1Loss`; `BCEWithLogitsLoss`
for the second and the fourth; and `CrossEntropyLoss`. These last two take logits, so no sigmoid and no
softmax stands before them.

And if you do not keep to it? Four wrong pairs, beside the right ones:

- *diabetes*, the progress standardised: **relu** at the end, then MSE;
- *breast cancer*, benign or not: **softmax** of one single output, then MSE;
- *digits*: **softmax, then cross-entropy** from logits;
- *digits*: the digit as **one number**, rounded, with MSE.

Each pair gets a network with 32 hidden units and its own best of five learning rates, chosen on validation
rows; the score is that of the test rows, five splits. It is $R^2$ for the progress, else the share that is
right; 1 is perfect. **Predict** which wrong pairs fail, and which one nobody will notice.
"""

# %% jupyter={"source_hidden": true}
target = ((progress - progress.mean()) / progress.std())[:, None]
y = digits.y


def R2(outputs, rows):
    return (
        1 - np.mean((target[rows] - outputs[rows]) ** 2) / target[rows].var()
    )


def digit(outputs, rows):
    return np.mean(outputs[rows].argmax(axis=1) == y[rows])


def rounded(outputs, rows):
    return np.mean(outputs[rows, 0].round() == y[rows])


small, middle, large = (
    [0.003, 0.01, 0.03, 0.1, 0.3],
    [0.03, 0.1, 0.3, 1, 3],
    [0.1, 0.3, 1, 3, 10],
)
N, T, P = (
    (X_diabetes, target),
    (cancer.X, benign),
    (digits.X / 16, y),
)
number = y[:, None].astype(float)
one, yes = right_at(0), right_at(0.5)
MSE, BCE, CE = MSELoss(), BCEWithLogitsLoss(), CrossEntropyLoss()
pairs = {
    "a number, R²  linear + MSE": (R2, *N, 1, [], MSE, small),
    "a number, R²  relu + MSE": (R2, *N, 1, [ReLU], MSE, small),
    "yes or no     one logit + BCE": (one, *T, 1, [], BCE, middle),
    "yes or no     softmax of one": (yes, *T, 1, [Softmax], MSE, middle),
    "one of ten    ten logits + CE": (digit, *P, 10, [], CE, middle),
    "one of ten    softmax, then CE": (digit, *P, 10, [Softmax], CE, large),
    "one of ten    as a number": (rounded, P[0], number, 1, [], MSE, small),
}

# %% tags=["predict"] jupyter={"source_hidden": true}
for name, what in pairs.items():
    print(f"{name:31} {told(scores_of(*what))}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

Three fail. With **relu** at the end no prediction is below 0, which is the mean, so it has no right number
for a patient below it ($R^2$ 0.29 in place of 0.48; the linear network loses about as much if you cut its
predictions off at 0). **Softmax of one output** is always 1: it says yes to everybody, its slope is 0, and it
learns nothing. **The digit as a number** asks how *large* an 8 is, and 7 is then nearly right (0.42).

The accuracy does not notice **softmax, then cross-entropy**, which takes softmax again: 0.96 as before.

</details>

Accuracy only sees which class is first, so the loss has to tell you. The second softmax sees numbers from 0
to 1, and the best it can get are a 1 and nine 0s. Then $p = e/(e + 9)$, which is 0.23, and the loss
stays above $-\log \frac{e}{e + 9} = 1.46$ however well the network does. A loss with a floor is a sign.

### Several labels

For every digit ask three things at once: is it even, is it at least 5, has it a loop (0, 6, 8, 9)? An 8 is
all three, a 1 is none. The right pair, written out:
"""

# %%
labels = np.column_stack([y % 2 == 0, y >= 5, np.isin(y, [0, 6, 8, 9])]) * 1.0

rng = np.random.default_rng(0)
model = Sequential(Linear(64, 32, rng=rng), ReLU(), Linear(32, 3, rng=rng))
options = {"batch_size": 64, "num_epochs": 20, "progress": False}
X = digits.X / 16
fit(
    model, BCEWithLogitsLoss(), SGD(model, lr=1), X, labels, rng=rng, **options
)
p = sigmoid(model.forward(X))
for i in (8, 1, 4):
    print(f"a {y[i]}:", p[i].round(1))

# %% [markdown]
r"""
Three answers, each for itself; they need not add up to 1. Now the wrong pair. Count a picture as right if all
three answers are. Three sigmoids against softmax, which gets a fourth output for "none", and as target 1
shared among the true ones. If the pairing were mere custom, the two would be equal. And the other way round:
ten sigmoids in the place of softmax for one of ten.
"""

# %% jupyter={"source_hidden": true}
shares = np.column_stack([labels, labels.sum(axis=1) == 0]) * 1.0
shares /= shares.sum(axis=1, keepdims=True)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def all_three(p, rows, threshold=0.5):
    return np.mean(((p[rows] > threshold) == labels[rows]).all(axis=1))


rates = [0.3, 1, 3, 10]
more = {"sizes": (400, 373)}
sigmoids = scores_of(
    lambda z, rows: all_three(z, rows, 0),  # p > 0.5 where z > 0
    digits.X / 16,
    labels,
    3,
    [],
    BCEWithLogitsLoss(),
    rates,
    **more,
)
halves, own = [], []
for seed in range(5):
    outputs, validation, test = train_all(
        digits.X / 16,
        shares,
        4,
        [],
        CrossEntropyLoss(),
        rates,
        seed=seed,
        **more,
    )
    probabilities = [
        softmax(z)[:, :3] for z in outputs if np.isfinite(z).all()
    ]
    at_half = max(
        probabilities, key=lambda p, rows=validation: all_three(p, rows)
    )
    halves.append(all_three(at_half, test))
    p, t = max(
        ((p, t) for p in probabilities for t in np.arange(0.05, 0.55, 0.05)),
        key=lambda pair, rows=validation: all_three(pair[0], rows, pair[1]),
    )
    own.append(all_three(p, test, t))
ten = scores_of(
    digit,
    digits.X / 16,
    np.eye(10)[y],
    10,
    [],
    BCEWithLogitsLoss(),
    [*rates, 30],
    **more,
)
print(f"three labels: sigmoids, p > 0.5           {told(sigmoids)}")
print(f"              softmax,  p > 0.5           {told(np.array(halves))}")
print(f"              softmax,  its own threshold {told(np.array(own))}")
print(f"one of ten:   ten sigmoids, the largest   {told(ten)}")

# %% jupyter={"source_hidden": true}
claim(
    "multi-label-uses-sigmoid",
    measured=np.mean(sigmoids - halves),
    what="share of pictures with all three labels right, lost by softmax at p > 0.5, mean of 5 splits",
)

# %% [markdown]
r"""
Read as probabilities, the shares of softmax fail: they add up to 1, so two true labels cannot both be above
½. But the network is not at fault. With a threshold chosen on the validation rows (about 0.1) it answers
nearly as well as the sigmoids (in ten other groups of splits between half a point ahead and two points
behind), and ten sigmoids are as good at one of ten. What the right pair gives you is
an output that you can *read*.

## Think

1. You train with MAE to predict how long parcels take. The boss asks how many hours all parcels of next week
   will take together. What is wrong?

<details><summary>Answer</summary>

The sum is n times the mean, and MAE gives medians. A few parcels take very long, so the sum of the medians is
too small. Train with MSE, or predict more than one number.

</details>

2. A network for 1,000 classes starts with a loss of 6.9, another one with 38. What do you know?

<details><summary>Answer</summary>

$\log 1000 = 6.9$: the first begins without an opinion. The second is sure and wrong: its first logits are far
too large (inputs that were not scaled, weights that are too large), or the labels do not fit the outputs.

</details>

3. All samples are classified rightly with a margin above 1. What does hinge still change, and what does log
   loss?

<details><summary>Answer</summary>

Hinge: nothing, its slope is 0 everywhere. Log loss goes on: its slope is never quite 0, so the logits grow
without end, as those of the network above that reached `nan`.

</details>

## Recap

- The loss is the question: MSE asks for the mean, MAE for the median, Huber in between, log loss for a
  probability, hinge for a side.
- The slope of the loss is a pull; MSE lets far points pull without limit.
- Compute cross-entropy from logits; the first loss is $\log C$.
- A weight for a class changes the question.
- Output and loss are a pair; accuracy does not see every wrong one.
"""

# %% jupyter={"source_hidden": true}
terms("07_losses")

# %% [markdown]
r"""
Now you: [exercise 07](../exercises/07_losses/07_losses.ipynb). For a second reading: [what you may have
heard](07_losses_heard.ipynb). Next: lesson [08](08_optimizers.ipynb), what to do with the slope.

Sources

- P. Huber, [Robust estimation of a location parameter](https://doi.org/10.1214/aoms/1177703732), *Annals of
  Mathematical Statistics* 35, 1964.
- C. Bishop, *Pattern Recognition and Machine Learning*, 2006: sections 1.5.5 and 4.3.
- C. Cortes, V. Vapnik, [Support-vector networks](https://doi.org/10.1007/BF00994018), *Machine Learning* 20,
  1995.
- T. Gneiting, [Making and evaluating point forecasts](https://arxiv.org/abs/0912.0902), *Journal of the
  American Statistical Association* 106, 2011: which loss asks for which number.
"""
