# %% [markdown]
r"""
# 12 · Overfitting: you may have heard

Fourteen sentences that are told about overfitting and its remedies, each measured or closed by arithmetic, and
two things that only a second reading wants. No other lesson depends on it.

**Time:** {minutes} minutes.
**Before this:** the lesson, [12 · Overfitting](12_overfitting.ipynb).
"""

# %% jupyter={"source_hidden": true}
import numpy as np
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.linear_model import (
    LassoCV,
    LinearRegression,
    LogisticRegression,
    RidgeCV,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from helpers import data
from helpers.claims import claim
from helpers.nn import (
    SGD,
    AdamW,
    BatchNorm,
    CrossEntropyLoss,
    Dropout,
    Fleet,
    Linear,
    ReLU,
    Sequential,
)
from helpers.nn.stack import Stack
from helpers.training import fit_each, predict

digits = data.load_digits()
SEEDS = range(4)


def network(seed, width=64, p=0.0, norm=False):
    """64-width-10 with batch norm, dropout p."""
    rng = np.random.default_rng(seed)
    middle = [BatchNorm(width)] if norm else []
    middle += [ReLU(), *([Dropout(p, rng=rng)] if p else [])]
    return Sequential(
        Linear(64, width, rng=rng), *middle, Linear(width, 10, rng=rng)
    )


def train(
    n,
    num_epochs,
    lr=0.01,
    decay=0.0,
    batch_size=50,
    change=None,
    sgd=False,
    seeds=SEEDS,
    **net,
):
    """Networks on n rows each: the fleet, all rows in each order, their labels, training losses by epoch."""
    orders = [
        np.random.default_rng(s).permutation(len(digits.y)) for s in seeds
    ]
    X, y = digits.X[orders] / 16, digits.y[orders]
    fleet = Fleet([network(seed, **net) for seed in seeds])
    optimizer = (
        SGD(fleet, lr=lr) if sgd else AdamW(fleet, lr=lr, weight_decay=decay)
    )

    def training_loss(fleet):
        z = predict(fleet, X[:, :n].view(Stack))
        z = z - z.max(axis=-1, keepdims=True)
        own = np.take_along_axis(z, y[:, :n, None], axis=-1)[..., 0]
        return (np.log(np.exp(z).sum(axis=-1)) - own).mean(axis=1)

    seen = fit_each(
        fleet,
        CrossEntropyLoss(),
        optimizer,
        X[:, :n],
        y[:, :n],
        batch_size=batch_size,
        num_epochs=num_epochs,
        rng=np.random.default_rng(seeds[0]),
        change=change,
        watch=training_loss if sgd else None,
    )
    return fleet, X, y, np.array(seen)


def scores(n, *args, **options):
    """Accuracy on the n training rows and on the last 797, for each draw."""
    fleet, X, y, _ = train(n, *args, **options)
    right = predict(fleet, X.view(Stack)).argmax(axis=-1) == y
    return right[:, :n].mean(axis=1), right[:, 1000:].mean(axis=1)


def told(values):
    return f"{np.mean(values):.2f} ± {np.std(values):.2f}"


# %% [markdown]
r"""
## Three sentences about penalties

"**The penalty limits the higher-order parameters**", "L1 gives all weights the same penalty", and "regularization
yields **sparse weights**". The first two are arithmetic. Without any data, after 100 steps at rate 0.01 with
$\lambda = 0.5$:
"""

# %%
w = np.array([5.0, 1.0, 0.1, 0.001])
print("L2 leaves the share", np.full(4, (1 - 0.01) ** 100).round(3))
print("L1 leaves          ", np.maximum(w - 100 * 0.005, 0))
print("L1's price λ|w|    ", 0.5 * w)

# %% jupyter={"source_hidden": true}
claim(
    "penalty-limits-higher-order",
    because="(1 − 2 · 0.01 · 0.5)¹⁰⁰ = 0.366 for every weight: the penalty does not know which weight belongs to a "
    "high power. In a polynomial the high powers have the large weights, so it takes most from them.",
)
claim(
    "l1-same-penalty",
    because="The pull is the same, λ = 0.5 for 5 and for 0.001. The price is not: 0.5 · 5 = 2.5 > 0.0005 = 0.5 · 0.001.",
)

# %% [markdown]
r"""
For the third, take the *diabetes* patients with 50 columns of pure noise beside the ten real ones. 200 rows to fit, the
other 242 to judge; each λ by cross-validation; six splits. If both penalties made weights sparse, both would
have exact zeros.
"""

# %%
X, y = data.load_diabetes()
zeros, quality = [], []
for seed in range(6):
    rng = np.random.default_rng(seed)
    Z = np.column_stack([X / X.std(axis=0), rng.normal(size=(len(y), 50))])
    order = rng.permutation(len(y))
    a, b = order[:200], order[200:]
    models = [
        LinearRegression(),
        RidgeCV(np.logspace(-1, 5, 25)),
        LassoCV(cv=5, alphas=25, max_iter=5000),
    ]
    fits = [model.fit(Z[a], y[a]) for model in models]
    zeros.append([np.sum(m.coef_ == 0) for m in fits])
    quality.append([m.score(Z[b], y[b]) for m in fits])
for i, name in enumerate(("none", "L2", "L1")):
    print(f"{name:5} zeros of 60: {np.mean(zeros, axis=0)[i]:3.0f}", end="")
    print(f"   R² {told(np.array(quality)[:, i])}")

# %% jupyter={"source_hidden": true}
claim(
    "regularization-makes-sparse",
    measured=np.mean(zeros, axis=0)[2] - np.mean(zeros, axis=0)[1],
    digits=0,
    what="exact zeros of 60 weights under L1 less those under L2, mean of 6 splits",
)

# %% [markdown]
r"""
## "L1 must be used under sparse conditions"

80 rows, 100 columns. In one world only 5 of the 100 true coefficients are not 0, in the other all. If L1 were for
the first only, it would fail in the second. Error: squared distance from the true coefficients, as a share of
their own square; λ by cross-validation; six seeds.
"""

# %%
error = {}
for name, k in {"sparse truth": 5, "dense truth": 100}.items():
    runs = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        X, truth = rng.normal(size=(80, 100)), np.zeros(100)
        truth[rng.permutation(100)[:k]] = rng.normal(size=k)
        y = X @ truth + 0.5 * rng.normal(size=80)
        l1 = LassoCV(cv=5, alphas=25, max_iter=20_000).fit(X, y)
        l2 = RidgeCV(np.logspace(-3, 4, 25)).fit(X, y)
        far = [np.sum((m.coef_ - truth) ** 2) for m in (l1, l2)]
        runs.append(np.array(far) / np.sum(truth**2))
    error[name] = np.array(runs)
    print(f"{name:12} L1 {told(error[name][:, 0])}", end="")
    print(f"   L2 {told(error[name][:, 1])}")

# %% jupyter={"source_hidden": true}
claim(
    "l1-only-when-sparse",
    measured=error["dense truth"][:, 0].mean(),
    what="error of L1 with a dense truth, where no fit at all has 1, mean of 6 seeds",
)

# %% [markdown]
r"""
With a dense truth L1 loses to L2, and still finds more than half.

## "To avoid underfitting use regularization or dropout", "… add training data"

A network with three hidden units underfits the digits: 400 rows with right labels, four draws. Dropout and weight
decay at several strengths, and twice the data. If they helped, the accuracy on the *training* rows would rise.
"""

# %%
cases = {
    "3 units": {},
    "dropout 0.1": {"p": 0.1},
    "dropout 0.3": {"p": 0.3},
    "decay 0.1": {"decay": 0.1},
    "decay 0.5": {"decay": 0.5},
    "64 units": {"width": 64},
}
under = {k: scores(400, 60, **({"width": 3} | v)) for k, v in cases.items()}
under["800 rows"] = scores(800, 30, width=3)
for name, (training, new) in under.items():
    print(f"{name:12} training {told(training)}   new {told(new)}")

# %% jupyter={"source_hidden": true}
plain = under["3 units"]
tried = ("dropout 0.1", "dropout 0.3", "decay 0.1", "decay 0.5")
claim(
    "regularization-cures-underfitting",
    measured=max(np.mean(under[k][1] - plain[1]) for k in tried),
    what="largest gain on new rows of four strengths of dropout and weight decay, 3 units, mean of 4 draws",
)

# %% [markdown]
r"""
For data there is a clearer case: two classes, an inner and an outer circle, and a linear model, whose bias no
number of rows removes. Then the same model with $x_1^2$ and $x_2^2$ beside $x_1$ and $x_2$:
"""

# %%
circles = {}
for n in (100, 1000, 10_000):
    X, y = data.circle(n, rng=np.random.default_rng(0))
    for name, Z in {"linear": X, "squares": np.column_stack([X, X**2])}.items():
        circles[name, n] = LogisticRegression(C=100).fit(Z, y).score(Z, y)
    print(f"{n:6}: linear {circles['linear', n]:.2f}", end="")
    print(f"   with squares {circles['squares', n]:.2f}")

# %% jupyter={"source_hidden": true}
claim(
    "more-data-cures-underfitting",
    measured=circles["squares", 100] - circles["linear", 10_000],
    what="training accuracy with squares and 100 rows less that of the linear model with 10,000",
)

# %% [markdown]
r"""
## "More training data reduces overfitting": the learning curve

A **learning curve** shows both accuracies by the number of rows. Is the gap closing? Then more rows may help. Are
both lines close together and too low? Then a better model. Digits with right labels, 64 units, the same number of steps:
"""

# %%
gap = {}
for n in (50, 100, 200, 400, 800):
    training, new = scores(n, 16_000 // n)
    gap[n] = training - new
    print(f"{n:4} rows: training {training.mean():.2f}, new {told(new)}")

# %% jupyter={"source_hidden": true}
claim(
    "more-data-reduces-overfitting",
    measured=np.mean(gap[50] - gap[800]),
    what="gap of accuracy, training less new, with 50 rows less that with 800, mean of 4 draws",
)

# %% [markdown]
r"""
## "Dropout slows training", "dropout makes the model converge quickly"

Both are told, so one is wrong. Epochs of SGD until the training loss, in evaluation mode, is below 0.2, each at
the better of two learning rates:
"""

# %%
needed = {}
for p in (0, 0.2, 0.5, 0.8):
    by_rate = []
    for lr in (0.3, 1):
        losses = train(400, 40, lr=lr, sgd=True, p=p)[3]
        by_rate.append(1 + np.argmax(losses < 0.2, axis=0))  # first epoch
    needed[p] = min(by_rate, key=np.mean)
    print(f"p = {p}: {np.mean(needed[p]):.0f} epochs ± {np.std(needed[p]):.0f}")

# %% jupyter={"source_hidden": true}
slower = np.mean(needed[0.5]) / np.mean(needed[0])
claim(
    "dropout-slows-training",
    measured=slower,
    what="epochs to a training loss of 0.2 with dropout 0.5, as a multiple of those without, mean of 4 draws",
)
claim(
    "dropout-converges-quickly",
    measured=np.mean(needed[0.8]) / np.mean(needed[0]),
    what="the same with dropout 0.8",
)
