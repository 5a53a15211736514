# %% [markdown]
r"""
# 12 · Overfitting: you may have heard

Fourteen sentences that are told about overfitting and its remedies, each measured or closed by arithmetic,
with learning curves and ensembles on the way, and double descent at the end. No other lesson depends on it.

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
from sklearn.tree import DecisionTreeClassifier

from helpers import data
from helpers.claims import claim
from helpers.features import StandardScaler
from helpers.figures import overfitting as figures
from helpers.figures import show
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
from helpers.nn.activations import log_softmax, softmax
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


def draw(seed, noise):
    """All pictures in a new order, and labels; of the first 1,000 a share `noise` is wrong."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(digits.y))
    y = digits.y[order].copy()
    wrong = np.flatnonzero(rng.random(1000) < noise)
    y[wrong] += rng.integers(1, 10, len(wrong))
    return digits.X[order] / 16, y % 10


def train(
    n,
    num_epochs,
    lr=0.01,
    decay=0.0,
    batch_size=50,
    change=None,
    sgd=False,
    noise=0.0,
    look=None,
    seeds=SEEDS,
    **net,
):
    """Networks on n rows each: the fleet, all rows in each order, their labels, and what
    `look(fleet, rows, labels)` saw after each epoch."""
    X, y = map(np.array, zip(*(draw(s, noise) for s in seeds), strict=True))
    fleet = Fleet([network(seed, **net) for seed in seeds])
    seen = fit_each(
        fleet,
        CrossEntropyLoss(),
        SGD(fleet, lr=lr) if sgd else AdamW(fleet, lr=lr, weight_decay=decay),
        X[:, :n],
        y[:, :n],
        batch_size=batch_size,
        num_epochs=num_epochs,
        rng=np.random.default_rng(seeds[0]),
        change=change,
        watch=look and (lambda fleet: look(fleet, X, y)),
    )
    return fleet, X, y, np.array(seen)


def accuracy(fleet, X, y, start, stop=None):
    """The share of these rows that is as labelled, for each draw."""
    z = predict(fleet, X[:, start:stop].view(Stack))
    return np.mean(z.argmax(axis=-1) == y[:, start:stop], axis=1)


def scores(n, *args, **options):
    """Accuracy on the n training rows and on the last 797, for each draw."""
    fleet, X, y, _ = train(n, *args, **options)
    return accuracy(fleet, X, y, 0, n), accuracy(fleet, X, y, 1000)


def told(values):
    return f"{np.mean(values):.2f} ± {np.std(values):.2f}"


# %% [markdown]
r"""
## Three sentences about penalties

"**The penalty limits the higher-order parameters**", "L1 gives all weights the same penalty", and
"regularization yields **sparse weights**". The first two are arithmetic. Without any data, after 100 steps at
rate 0.01 with $\lambda = 0.5$:
"""

# %%
w = np.array([5.0, 1.0, 0.1, 0.001])
print("L2 leaves the share", np.full(4, (1 - 0.01) ** 100).round(3))
print("L1 leaves          ", np.maximum(w - 100 * 0.005, 0))
print("L1's price λ|w|    ", 0.5 * w)

# %% jupyter={"source_hidden": true}
claim(
    "penalty-limits-higher-order",
    because="(1 − 2 · 0.01 · 0.5)¹⁰⁰ = 0.366 for every weight: the penalty does not know which weight "
    "belongs to a "
    "high power. Where the high powers have the large weights, it takes most from them.",
)
claim(
    "l1-same-penalty",
    because="The pull is the same, λ = 0.5 for 5 and for 0.001. The price is not: 0.5 · 5 = 2.5 > 0.0005 = "
    "0.5 · 0.001.",
)

# %% [markdown]
r"""
For the third, take the *diabetes* patients with 50 columns of pure noise beside the ten real ones. 200 rows
to fit, the other 242 to judge; each λ by cross-validation; six splits. If both penalties made weights sparse,
both would have exact zeros.
"""

# %%
X, y = data.load_diabetes()
zeros, quality = [], []
for seed in range(6):
    rng = np.random.default_rng(seed)
    noisy = np.column_stack([X, rng.normal(size=(len(y), 50))])
    order = rng.permutation(len(y))
    a, b = order[:200], order[200:]
    Z = StandardScaler().fit(noisy[a]).transform(noisy)
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

80 rows, 100 columns. In one world only 5 of the 100 true coefficients are not 0, in the other all. If L1 were
for the first only, it would fail in the second. Error: squared distance from the true coefficients, as a
share of their own square; λ by cross-validation; six seeds.
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

A network with four hidden units underfits the digits: 400 rows with right labels, four draws. Dropout and
weight decay at several strengths, and twice the data. If they helped, the network would be right more often,
on new rows and on those of the training.
"""

# %%
cases = {
    "4 units": {},
    "dropout 0.1": {"p": 0.1},
    "dropout 0.3": {"p": 0.3},
    "decay 0.1": {"decay": 0.1},
    "decay 0.5": {"decay": 0.5},
    "64 units": {"width": 64},
}
under = {k: scores(400, 40, **({"width": 4} | v)) for k, v in cases.items()}
under["800 rows"] = scores(800, 20, width=4)
for name, (training, new) in under.items():
    print(f"{name:12} training {told(training)}   new {told(new)}")

# %% jupyter={"source_hidden": true}
plain = under["4 units"]
tried = ("dropout 0.1", "dropout 0.3", "decay 0.1", "decay 0.5")
claim(
    "regularization-cures-underfitting",
    measured=max(np.mean(under[k][1] - plain[1]) for k in tried),
    what="largest gain on new rows of four strengths of dropout and weight decay, 4 units, mean of 4 draws",
)

# %% [markdown]
r"""
For data there is a clearer case: two classes, an inner and an outer circle, and a linear model, whose bias no
number of rows removes. Then the same model with $x_1^2$ and $x_2^2$ beside $x_1$ and $x_2$:
"""

# %%
circles = {}
for n in (100, 1000, 10_000):
    for name in ("linear", "with squares"):
        right = []
        for seed in range(5):
            X, y = data.circle(n + 2000, rng=np.random.default_rng(seed))
            if name == "with squares":
                X = np.column_stack([X, X**2])
            model = LogisticRegression(C=100).fit(X[:n], y[:n])
            right.append(model.score(X[n:], y[n:]))
        circles[name, n] = np.array(right)
    print(f"{n:6} rows: linear {told(circles['linear', n])}", end="")
    print(f"   with squares {told(circles['with squares', n])}")

# %% jupyter={"source_hidden": true}
claim(
    "more-data-cures-underfitting",
    measured=np.mean(circles["with squares", 100] - circles["linear", 10_000]),
    what="accuracy on new rows with squares and 100 rows less that of the linear model with 10,000, 5 draws",
)

# %% [markdown]
r"""
## "More training data reduces overfitting": the learning curve

A **learning curve** shows both accuracies by the number of rows. Is the gap closing? Then more rows may help.
Are both lines close together and too low? Then a better model. Digits with right labels, 64 units, the same
number of steps:
"""

# %%
for n in (50, 200, 800):
    training, new = scores(n, 12_000 // n)
    print(f"{n:4} rows: training {told(training)}, new {told(new)}")

# %% [markdown]
r"""
The gap shrinks. But a gap alone is no harm (the lesson's second question). So once more with 30 % wrong
labels, and 50 passes over the rows, however many they are. What is lost is the accuracy at the best epoch
less that at the end. If more rows were a remedy for *that*, with 800 there would be little to lose:
"""

# %%
lost = {}
for n in (100, 800):
    seen = train(
        n, 50, noise=0.3, look=lambda *given: accuracy(*given, start=1000)
    )[3]
    best = seen[seen.mean(axis=1).argmax()]
    lost[n] = best - seen[-1]
    print(
        f"{n:4} rows: best epoch {told(best)}, last {told(seen[-1])}", end=""
    )
    print(f", lost {told(lost[n])}")

# %% jupyter={"source_hidden": true}
claim(
    "more-data-reduces-overfitting",
    measured=np.mean(lost[100] - lost[800]),
    what="accuracy lost after the best epoch with 100 rows less that with 800, wrong labels, mean of 4 draws",
)

# %% [markdown]
r"""
With more rows the accuracy on new rows is higher, at its best and at the end. What is lost by training too
long is not smaller: as much with 800 rows as with 100, after as many passes. More rows did not spare anybody
the choice of the epoch. (As many passes over 800 rows are eight times as many steps. With as many *steps* as
400 rows, each false label is seen half as often, and in the lesson's table 800 rows gain 0.13.)

## "Dropout slows training", "dropout makes the model converge quickly"

Both are told, so one is wrong. Epochs of SGD until the training loss, in evaluation mode, is below 0.2, each
at the best of three learning rates:
"""


# %%
def training_loss(fleet, X, y):
    log_p = log_softmax(predict(fleet, X[:, :400].view(Stack)))
    own = np.take_along_axis(log_p, y[:, :400, None], axis=-1)[..., 0]
    return -own.mean(axis=1)


needed = {}
for p in (0, 0.5):
    by_rate = []
    for lr in (0.3, 0.6, 1.2):
        losses = train(400, 25, lr=lr, sgd=True, p=p, look=training_loss)[3]
        by_rate.append(1 + np.sum(losses >= 0.2, axis=0))  # epochs above
    needed[p] = min(by_rate, key=np.mean)
    print(
        f"p = {p}: {np.mean(needed[p]):.0f} epochs ± {np.std(needed[p]):.0f}"
    )

# %% jupyter={"source_hidden": true}
slower = np.mean(needed[0.5]) / np.mean(needed[0])
claim(
    "dropout-slows-training",
    measured=slower,
    what="epochs to a training loss of 0.2 with dropout 0.5, as a multiple of those without, mean of 4 draws",
)
claim(
    "dropout-converges-quickly",
    measured=np.mean(needed[0.5] < needed[0]),
    what="share of four draws in which dropout 0.5 needed fewer epochs than none",
)

# %% [markdown]
r"""
## "Batch norm reduces overfitting", "with batch norm dropout is less needed"

For that there must be something to reduce: the 400 rows with 30 % wrong labels of the lesson, 40 epochs, each
network at four learning rates, without dropout and with the 0.6 of the lesson. Nothing is chosen by the new
rows: what is compared is each network at the rate with which it *fits* best. (A lower one is a way of
stopping early.) If batch norm reduced overfitting, it would be ahead on new rows. If it made dropout less
needed, dropout would gain less beside it.
"""

# %%
RATES = np.array([0.003, 0.01, 0.03, 0.1])


def at_each_rate(**net):
    """Accuracy on training rows and on new ones, (rate, draw) each."""
    fleet, X, y, _ = train(
        400,
        40,
        lr=np.repeat(RATES, len(SEEDS)),
        batch_size=100,
        noise=0.3,
        seeds=[*SEEDS] * len(RATES),
        **net,
    )
    parts = accuracy(fleet, X, y, 0, 400), accuracy(fleet, X, y, 1000)
    return [part.reshape(len(RATES), len(SEEDS)) for part in parts]


new, gain = {}, {}
print("                      rate  " + "   ".join(f"{r:4}" for r in RATES))
for name, norm in {"neither": False, "batch norm": True}.items():
    fit, without = at_each_rate(norm=norm)
    _, beside = at_each_rate(norm=norm, p=0.6)
    best = fit.mean(axis=1).argmax()
    new[name], gain[name] = without[best], beside[best] - without[best]
    for what, values in {
        "training": fit,
        "new": without,
        "new, dropout": beside,
    }.items():
        line = "   ".join(f"{v:.2f}" for v in values.mean(axis=1))
        print(f"{name:10} {what:12}     {line}")
    print(f"at rate {RATES[best]}: new {told(new[name])}", end="")
    print(f", dropout gains {told(gain[name])}")

# %% jupyter={"source_hidden": true}
claim(
    "batch-norm-reduces-overfitting",
    measured=np.mean(new["batch norm"] - new["neither"]),
    what="accuracy on new rows with batch norm less that without, 30 % wrong labels, mean of 4 draws",
)
claim(
    "batch-norm-replaces-dropout",
    measured=np.mean(gain["batch norm"] - gain["neither"]),
    what="gain by dropout beside batch norm less its gain without, 30 % wrong labels, mean of 4 draws",
)

# %% [markdown]
r"""
Where each fits best, batch norm has learnt its labels, the false ones too, no less than the network without
it, and ends at about the same accuracy on new rows. At the lowest rate it fits them much sooner, and is
behind. Dropout gains nearly as much beside it as without it. They can be used together, but one was no
substitute for the other here. (In the network of Ioffe and Szegedy, 2015, it was: they left dropout out.)
Dropout *before* a batch norm is another matter: lesson 11's companion shows that the variance which is stored
is then that of training, and too large for evaluation (Li and others, 2019).

## "Augmentation adds diversity without adding samples"

A shifted digit is a new sample, though no independent one. What it adds shows on a question that the old rows
do not ask: new pictures that are themselves moved. And a change that does not keep the label, a mirror,
harms:
"""


# %%
def shift(batch, rng, share=0.5):
    """Move a share of the pictures (K, b, 64) by up to a pixel."""
    pictures = batch.reshape(-1, 8, 8)
    n = len(pictures)
    wide = np.zeros((n, 10, 10))
    wide[:, 1:9, 1:9] = pictures
    corner = rng.integers(3, size=(n, 2))
    corner[rng.random(n) >= share] = 1
    moved = np.empty((n, 8, 8))
    for r, c in np.ndindex(3, 3):
        these = (corner == (r, c)).all(axis=1)
        moved[these] = wide[these, r : r + 8, c : c + 8]
    return moved.reshape(batch.shape)


def mirror(batch, rng):
    pictures = batch.reshape(*batch.shape[:2], 8, 8)
    chosen = rng.random(batch.shape[:2]) < 0.5
    turned = np.where(chosen[..., None, None], pictures[..., ::-1], pictures)
    return turned.reshape(batch.shape)


on = {}
for name, change in {"none": None, "shift": shift, "mirror": mirror}.items():
    fleet, X, y, _ = train(200, 60, change=change)
    moved = shift(X[:, 1000:], np.random.default_rng(5), 1)
    for kind, Z in {"as they are": X[:, 1000:], "moved": moved}.items():
        right = predict(fleet, Z.view(Stack)).argmax(axis=-1) == y[:, 1000:]
        on[name, kind] = right.mean(axis=1)
    print(f"{name:6} as they are {told(on[name, 'as they are'])}", end="")
    print(f"   moved {told(on[name, 'moved'])}")

# %% jupyter={"source_hidden": true}
claim(
    "augmentation-adds-no-samples",
    measured=np.mean(on["shift", "moved"] - on["none", "moved"]),
    what="accuracy on moved new pictures, trained with shifts less without, mean of 4 draws",
)

# %% [markdown]
r"""
## "Combining models raises accuracy and stability"

**Ensemble learning** makes one answer of many: **model fusion (prediction combination)** by **voting** (the
class that most name), by averaging the probabilities, by **weighted averaging**, or with weights that are the
probabilities of the models given the data, **Bayesian model averaging**. When can it help? Let $M$ errors
have variance $s^2$ each, and let any two be correlated with $\rho$. The variance of their mean is $\rho s^2 +
\frac{1-\rho}{M}s^2$: only what they do *not* share averages out. Eight copies of one network ($\rho = 1$),
eight networks from other starts, and eight decision trees on rows drawn with replacement, 200 rows. If
combining as such helped, all would gain:
"""


# %%
def members(seed, bootstrap):
    """Probabilities (8, new rows, 10) of eight networks on 200 rows."""
    X, y = draw(seed, 0)
    rng = np.random.default_rng(seed)
    rows = np.tile(np.arange(200), (8, 1))
    rows = rng.integers(200, size=(8, 200)) if bootstrap else rows
    fleet = Fleet([network(100 * seed + m) for m in range(8)])
    fit_each(
        fleet,
        CrossEntropyLoss(),
        AdamW(fleet, lr=0.01),
        X[rows],
        y[rows],
        batch_size=50,
        num_epochs=25,
        rng=rng,
    )
    return softmax(predict(fleet, X[1000:]))


def trees(seed):
    X, y = draw(seed, 0)
    model = BaggingClassifier(DecisionTreeClassifier(), 8, random_state=seed)
    model.fit(X[:200], y[:200])
    return np.array([t.predict_proba(X[1000:]) for t in model.estimators_])


networks = [members(seed, bootstrap=False) for seed in SEEDS]
of = {
    "8 copies": [np.repeat(p[:1], 8, axis=0) for p in networks],
    "8 networks": networks,
    "… on drawn rows": [members(seed, bootstrap=True) for seed in SEEDS],
    "8 trees": [trees(seed) for seed in SEEDS],
}
gain = {}
for name, probabilities in of.items():
    single, together, differ = [], [], []
    for seed, p in zip(SEEDS, probabilities, strict=True):
        y = draw(seed, 0)[1][1000:]
        votes = p.argmax(axis=-1)
        single.append(np.mean(votes == y))
        together.append(np.mean(p.mean(axis=0).argmax(axis=-1) == y))
        pairs = votes[:, None] != votes[None]  # the diagonal is no pair
        differ.append(pairs.sum() / (8 * 7 * len(y)))
    gain[name] = np.array(together) - np.array(single)
    print(
        f"{name:15} single {told(single)}   together {told(together)}", end=""
    )
    print(f"   gain {np.mean(gain[name]):.3f}   differ {told(differ)}")

# %% jupyter={"source_hidden": true}
claim(
    "ensembles-raise-accuracy",
    measured=np.mean(gain["8 trees"] - gain["8 networks"]),
    what="gain of 8 trees by averaging, over a single one, less the gain of 8 networks, mean of 4 draws",
)

# %% [markdown]
r"""
`differ` is the share of new pictures on which two members disagree: copies on none, networks from other
starts on 2 %, trees on nearly half. In this order they gain. Is disagreement all it takes? Networks on drawn
rows disagree more and gain more, but each alone is worse, and together they end where the others end, at
0.93. (Whether a worse member simply leaves more to gain, this table does not say.)

## "Bagging, boosting and stacking improve performance"

Three ways to get members that differ. **Bagging** fits each to rows drawn with replacement, and averages.
**Boosting** adds weak models one after another, each for what is still wrong: **AdaBoost** gives wrong rows
more weight, **gradient boosting (GBM)** fits the slope of the loss; **XGBoost** and **LightGBM** are fast
libraries for it. **Stacking** trains a model on the out-of-fold answers of others. If all of them improved
every model, each line of this table would be ahead of its base. Breast cancer, 300 rows to fit, five splits,
30 members:
"""

# %%
cancer = data.load_breast_cancer()


def stump():
    return DecisionTreeClassifier(max_depth=1, random_state=0)


def tree():
    return DecisionTreeClassifier(random_state=0)


def several():
    return [
        ("tree", tree()),
        ("line", make_pipeline(StandardScaler(), LogisticRegression())),
        ("near", make_pipeline(StandardScaler(), KNeighborsClassifier())),
    ]


makers = {
    "stump": stump,
    "bagged stumps": lambda: BaggingClassifier(stump(), 30, random_state=0),
    "boosted stumps": lambda: AdaBoostClassifier(
        stump(), n_estimators=30, random_state=0
    ),
    "deep tree": tree,
    "bagged trees": lambda: BaggingClassifier(tree(), 30, random_state=0),
    "boosted trees": lambda: AdaBoostClassifier(
        tree(), n_estimators=30, random_state=0
    ),
    "line alone": lambda: several()[1][1],
    "neighbours alone": lambda: several()[2][1],
    "vote of three": lambda: VotingClassifier(several(), voting="soft"),
    "stack of three": lambda: StackingClassifier(several(), cv=5),
}
right = {name: [] for name in makers}
for seed in range(5):
    order = np.random.default_rng(seed).permutation(len(cancer.y))
    a, b = order[:300], order[300:]
    for name, make in makers.items():
        model = make().fit(cancer.X[a], cancer.y[a])
        right[name].append(model.score(cancer.X[b], cancer.y[b]))
for name, values in right.items():
    print(f"{name:16} {told(values)}")

# %% jupyter={"source_hidden": true}
boosting = np.mean(right["boosted stumps"]) - np.mean(right["stump"])
bagging = np.mean(right["bagged stumps"]) - np.mean(right["stump"])
claim(
    "bagging-boosting-stacking",
    measured=boosting - bagging,
    what="gain of stumps by boosting less their gain by bagging, mean of 5 splits",
)

# %% [markdown]
r"""
Boosting helps stumps, bagging hardly; bagging helps deep trees, boosting not. Perhaps since a stump has bias
and a deep tree variance, as Breiman and the others say; this table does not take the two apart. And the best
single model of the three is not beaten by voting or stacking here.

## Double descent

Beyond the point where a model can fit its training rows exactly, many settings of its weights do so. Which
one do you get, and is it worse than that of a smaller model? Belkin and others (2019) found that the error on
new rows rises up to that point and then *falls again*. A simple case: features $\max(0, \mathbf x^\top V)$
with a random $V$ that is never trained, and least squares on them, of all exact fits the one with the
smallest weights (`np.linalg.pinv`). 200 digits, 20 % of the labels wrong:
"""

# %%
numbers = (20, 50, 100, 150, 200, 300, 500, 1000, 3000)
wrong = np.zeros((2, len(numbers), len(SEEDS)))  # training, new
for seed in SEEDS:
    X, y = draw(seed, 0.2)
    V = np.random.default_rng(seed).normal(size=(64, max(numbers)))
    for i, number in enumerate(numbers):
        H = np.maximum(X @ V[:, :number], 0)
        W = np.linalg.pinv(H[:200]) @ np.eye(10)[y[:200]]
        off = (H @ W).argmax(axis=1) != y
        wrong[:, i, seed - SEEDS[0]] = off[:200].mean(), off[1000:].mean()
for number, new in zip(numbers, wrong[1], strict=True):
    print(f"{number:5} features: wrong on new rows {told(new)}")

# %% jupyter={"source_hidden": true}
show(
    figures.double_descent(
        np.array(numbers),
        {"training rows": wrong[0], "new rows": wrong[1]},
        rows=200,
    ),
    alt="Share of labels that are wrong by the number of random features, 20 to 3,000. On the training rows "
    "it falls to 0 at 200 features, as many as rows, and stays there. On new rows it falls to 0.25 at 50 "
    "features, rises to 0.72 at 200, and falls again to 0.24 at 3,000.",
)

# %% [markdown]
r"""
Left of the line it is the story of the lesson. At the line, where exactly one setting of the weights fits,
the fit is at its worst. Right of it there are ever more to choose from, the smallest is taken, and the error
falls again, here to about that of the first valley. Nakkiran and others (2020) saw the same in deep networks,
most with wrong labels. So "more capacity, more overfitting" is half of the story, and a fit of all training
rows tells neither way.

Sources

- M. Belkin and others, [Reconciling modern machine-learning practice and the classical bias–variance
  trade-off](https://doi.org/10.1073/pnas.1903070116), *PNAS* 116, 2019.
- P. Nakkiran and others, [Deep double descent](https://arxiv.org/abs/1912.02292), ICLR 2020.
- X. Li and others, [Understanding the disharmony between dropout and batch
  normalization](https://arxiv.org/abs/1801.05134), CVPR 2019.
- L. Breiman, [Bagging predictors](https://doi.org/10.1007/BF00058655), *Machine Learning* 24, 1996; Y.
  Freund, R. Schapire, [AdaBoost](https://doi.org/10.1006/jcss.1997.1504), 1997; D. Wolpert, [Stacked
  generalization](https://doi.org/10.1016/S0893-6080(05)80023-1), 1992.
"""
