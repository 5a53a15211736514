# %% [markdown]
r"""
# 07 · Losses: you may have heard

Seven sentences that are told about losses, each measured or closed by arithmetic, and three things that only
a second reading wants. No other lesson depends on it.

**Time:** {minutes} minutes.
**Before this:** the lesson, [07 · Losses](07_losses.ipynb).
"""

# %% jupyter={"source_hidden": true}
import numpy as np
import torch
import torch.nn.functional as F

from helpers import data
from helpers.claims import claim
from helpers.explore.losses import fitted
from helpers.nn import (
    SGD,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    ExponentialLoss,
    Fleet,
    Linear,
    MSELoss,
    ReLU,
    RMSELoss,
    Sequential,
)
from helpers.splits import three_way
from helpers.training import evaluate, fit

# %% [markdown]
r"""
## "A loss is a non-negative real function"

Where do the losses of the lesson come from? One answer: the model gives a *distribution* in the place of a
number, and the loss is minus the log of the probability that the data had under it, their **likelihood**. If
the answer is yes or no, that is log loss. If it is a number $y$, scattered around the prediction $\hat y$ as
a bell curve with standard deviation $\sigma$, it is

$$-\log p(y) = \frac{(y - \hat y)^2}{2\sigma^2} + \log \sigma + \frac12 \log 2\pi$$

Aloud: the squared error over twice the variance, plus the log of the standard deviation, plus a constant.
With a fixed $\sigma$ only the first term moves: that is MSE. A pointed curve that falls off as
$e^{-\lvert y - \hat y\rvert}$ gives MAE in the same way. So "MSE supposes normal errors" is one reading; that
it asks for the mean is true of any errors.

But a *density* can be above 1, and then its log is positive. The loss of a prediction that is exactly right:
"""

# %%
one = torch.ones(1)
for sigma in (1.0, 0.1, 0.01):
    ours = np.log(sigma) + np.log(2 * np.pi) / 2
    variance = torch.tensor([sigma**2])
    theirs = F.gaussian_nll_loss(one, one, variance, full=True, eps=1e-9)
    print(f"σ = {sigma:4}: {ours:6.3f}   PyTorch's {theirs:6.3f}")

# %% jupyter={"source_hidden": true}
claim(
    "loss-is-non-negative",
    because="log 0.1 + ½ log 2π = −2.303 + 0.919 = −1.384 < 0. Adding 10 would change no slope: that a loss "
    "has a lower bound is what matters. MSE, MAE, hinge and cross-entropy with labels are never below 0.",
)

# %% [markdown]
r"""
## "The log amplifies errors"

It is told like this: between 0 and 1 the slope of the logarithm is above 1, so
$0.8 - 0.6 < \lvert\log 0.8 - \log 0.6\rvert$. The **natural logarithm in losses** is a convention. Does the
sentence survive another base?
"""

# %%
p = np.array([0.2, 0.43, 0.44, 0.6, 0.8])
print("p          ", p)
print("slope of ln", (1 / p).round(2))
print("of log₁₀   ", (1 / (p * np.log(10))).round(2))
for name, log in {"ln": np.log, "log₁₀": np.log10}.items():
    print(f"{name:5} 0.8 to 0.6: {log(0.8) - log(0.6):.3f}   error 0.200")

# %% jupyter={"source_hidden": true}
claim(
    "log-amplifies-errors",
    because="ln 0.8 − ln 0.6 = 0.288 > 0.2, but log₁₀ 0.8 − log₁₀ 0.6 = 0.125 < 0.2. The slope of log₁₀ p is "
    "1/(p ln 10), above 1 only for p < 0.434.",
)

# %% [markdown]
r"""
And a factor on all errors alike is only another learning rate. What does matter is that $-\log p$ treats them
*un*equally: from 0.2 to 0.1 costs as much as from 0.8 to 0.4.

## "MAE is the mean absolute deviation from the mean"

Two numbers with nearly one name. Least squares on the *diabetes* patients:
"""

# %%
X, y = data.load_diabetes()
H = np.column_stack([X, np.ones(len(y))])
prediction = H @ np.linalg.lstsq(H, y)[0]
print(f"mean |y - prediction|      {np.mean(np.abs(y - prediction)):.2f}")
print(f"mean |y - mean(y)|         {np.mean(np.abs(y - y.mean())):.2f}")
print(f"mean |y - median(y)|       {np.mean(np.abs(y - np.median(y))):.2f}")

# %% jupyter={"source_hidden": true}
claim(
    "mae-is-mean-deviation",
    because="MAE is the mean of |y − prediction|: 43.28 here. The mean of |y − mean(y)| is 65.76; it needs "
    "no model and does not fall by training.",
)

# %% [markdown]
r"""
Not even for a constant prediction would the mean be the best: the median is, as the lesson says.

## "MSE makes the distance of the points to the line minimal"

Which distance? MSE counts straight up and down, $y - \hat y$. The shortest way to a line is at a right angle,
and the line that is best for that, *total least squares*, comes from a singular value decomposition. If it
made no difference, the two slopes would agree. 200 points around $y = x$, twenty seeds, with noise in both
columns, or in $y$ alone:
"""


# %%
def both_lines(seed, noise_x, noise_y, n=200):
    """Slopes by MSE and by total least squares; ratio of the distances."""
    rng = np.random.default_rng(seed)
    t = rng.normal(size=n)
    x, y = t + rng.normal(0, noise_x, n), t + rng.normal(0, noise_y, n)
    x, y = x - x.mean(), y - y.mean()
    mse = (x @ y) / (x @ x)
    along = np.linalg.svd(np.column_stack([x, y]))[2][0]  # main direction
    total = along[1] / along[0]
    squared = [np.mean((y - b * x) ** 2) / (1 + b**2) for b in (mse, total)]
    return mse, total, squared[0] / squared[1]


for name, noise in {"noise in both": (0.5, 0.5), "in y": (0, 0.5)}.items():
    runs = np.array([both_lines(seed, *noise) for seed in range(20)])
    m, s = runs.mean(axis=0), runs.std(axis=0)
    print(f"{name:13} MSE {m[0]:.2f} ± {s[0]:.2f}", end="   ")
    print(f"right angle {m[1]:.2f} ± {s[1]:.2f}   ratio {m[2]:.2f}")

# %% [markdown]
r"""
With noise in both, the MSE line is too flat, and its mean squared distance at a right angle is 10 % above the
least. With noise in $y$ alone MSE finds the slope of 1, and the right angle is the wrong question. (To
*predict* $y$ from an $x$ that is just as noisy, the flat line is the one to take: it is the mean that MSE
asks for.)
"""

# %% jupyter={"source_hidden": true}
runs = np.array([both_lines(seed, 0.5, 0.5) for seed in range(20)])
claim(
    "mse-minimises-distance",
    measured=np.mean(runs[:, 1] - runs[:, 0]),
    what="slope of total least squares less that of MSE, noise of 0.5 in both columns, mean of 20 seeds",
)

# %% [markdown]
r"""
## "L1 loss is not smooth at zero and little used"

The corner is there. Does it hurt? Gradient descent on a line through 101 points, ten seeds, 500 steps, each
loss with its own best of seven constant rates. If the corner does no harm, MAE comes as close to its own best
line as the others to theirs. Then once more with rates that fall to 0.
"""


# %%
def distance(seed, pull, delta, falling, num_steps=500):
    """How far the parameters end from the best, at the best rate."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=101)
    y = 1 + 2 * x + rng.normal(size=101)
    H, ends = np.column_stack([np.ones(101), x]), []
    for lr in (0.01, 0.03, 0.1, 0.3, 0.6, 1, 3):
        w = np.zeros(2)
        for k in range(num_steps):
            share = 1 - k / num_steps if falling else 1
            w = w + share * lr * H.T @ pull(y - H @ w) / 101
            if np.abs(w).max() > 1e6:  # this rate diverges
                break
        ends.append(np.abs(w - fitted(x, y, delta)).max())
    return min(ends)


far = {}
for falling in (False, True):
    for name, pull, delta in (
        ("MSE", lambda e: e, np.inf),
        ("Huber", lambda e: np.clip(e, -1, 1), 1),
        ("MAE", np.sign, 0),
    ):
        runs = [distance(s, pull, delta, falling) for s in range(10)]
        far[name, falling] = np.median(runs)
        rate = "falling" if falling else "constant"
        told = "below 1e-10"
        if far[name, falling] > 1e-10:
            told = f"{far[name, falling]:.0e}"
        print(f"{name:5} {rate:8} rate: {told}")

# %% jupyter={"source_hidden": true}
claim(
    "l1-loss-not-smooth",
    measured=far["MAE", False],
    digits=4,
    what="distance from its best line after 500 steps at the best constant rate, MAE, median of 10 seeds",
)

# %% [markdown]
r"""
So it does not settle: it steps across the corner, back and forth. A falling rate makes that a hundredth
(a twentieth, with ten other seeds). For "little used" there is no experiment here, only a look around: the
boxes of the detector DETR (2020) and the pictures of pix2pix (2016) are trained with L1 among other terms,
the boxes of Fast R-CNN (2015) with a Huber loss.

## "RMSE is a regression loss beside MSE"

The root is the same question in other units. Its slope is that of MSE, divided by twice the RMSE:
"""

# %%
rng = np.random.default_rng(0)
errors = rng.normal(size=(5, 1))
for size in (10, 1, 0.01):
    mse, rmse = MSELoss(), RMSELoss()
    mse.forward(size * errors, np.zeros((5, 1)))
    value = rmse.forward(size * errors, np.zeros((5, 1)))
    ratio = mse.backward() / rmse.backward()
    length = np.linalg.norm(rmse.backward())
    same = bool(np.allclose(ratio, 2 * value))
    print(f"RMSE {value:7.4f}: ratio 2 RMSE {same}, slope {length:.4f}")

# %% jupyter={"source_hidden": true}
claim(
    "rmse-beside-mse",
    because="√a < √b wherever 0 ≤ a < b, so both have the same best model. ∂RMSE = ∂MSE / (2 RMSE): the same "
    "direction, but its length does not shrink near a perfect fit, as with a corner.",
)

# %% [markdown]
r"""
As a *number to report* it is useful: its unit is that of $y$. (It is not the mean of the batches' RMSEs.)

## "The loss is only used in training"

If so, the loss on rows that are not trained on would be good for nothing. Train 64–64–10 on 300 digits with
four learning rates for 200 passes, and then choose rate and pass: by the lowest *training* loss, or by the
lowest loss on 400 *validation* rows. Who is closer to the mark on 1,097 test rows? Eight splits. If both
choices are as good, the validation loss was of no use.
"""

# %% jupyter={"source_hidden": true}
digits = data.load_digits()
pictures, label = digits.X / 16, digits.y


def chosen(seed, lrs=(0.03, 0.1, 0.3, 1), every=10, rounds=20):
    """Test loss and accuracy of the network that the training loss, and the validation loss, would choose."""
    order = np.random.default_rng(seed).permutation(len(label))
    rows = {
        "train": order[:300],
        "validation": order[300:700],
        "test": order[700:],
    }
    models = []
    for _ in lrs:
        rng = np.random.default_rng(seed)
        models.append(
            Sequential(
                Linear(64, 64, rng=rng), ReLU(), Linear(64, 10, rng=rng)
            )
        )
    fleet, loss = Fleet(models), CrossEntropyLoss()
    optimizer = SGD(fleet, lr=np.array(lrs))
    rngs = [np.random.default_rng(seed) for _ in lrs]
    options = {"batch_size": 32, "num_epochs": every, "progress": False}
    seen = {name: [] for name in rows}
    right = []
    for _ in range(rounds):
        fit(
            fleet,
            loss,
            optimizer,
            pictures[rows["train"]],
            label[rows["train"]],
            rng=rngs,
            **options,
        )
        for name, where in rows.items():
            told = evaluate(
                fleet,
                loss,
                (pictures[where], label[where]),
                {"right": lambda z, y: np.mean(z.argmax(axis=1) == y)},
            )
            seen[name].append(told["validation_loss"])
        right.append(
            told["validation_right"]
        )  # of the last one, the test rows
    test, right = np.array(seen["test"]).ravel(), np.array(right).ravel()
    picks = [
        np.array(seen[name]).ravel().argmin()
        for name in ("train", "validation")
    ]
    return [(test[pick], right[pick]) for pick in picks]


# %%
runs = np.array([chosen(seed) for seed in range(8)])
for i, name in enumerate(("training", "validation")):
    (loss, right), spread = runs[:, i].mean(axis=0), runs[:, i].std(axis=0)
    print(f"by the {name:10} loss: test loss {loss:.2f}", end="")
    print(f" ± {spread[0]:.2f}, right {right:.3f} ± {spread[1]:.3f}")

# %% jupyter={"source_hidden": true}
claim(
    "loss-only-in-training",
    measured=np.mean(runs[:, 0, 0] / runs[:, 1, 0]),
    what="test loss of the choice by training loss, as a multiple of that by validation loss, 8 splits",
)

# %% [markdown]
r"""
So it is of use: in twenty other groups of eight splits the ratio was between 1.07 and 1.23. (Only for the
loss: in 17 of these groups the choice by validation loss was a little *less* often right, by up to half a
point. What to choose by depends on what you need, the probability or the class.)

## Label smoothing

Cross-entropy with labels is never content: its slope is 0 only at $p = 1$, which no logit reaches. **Label
smoothing** with $\varepsilon = 0.1$ moves a tenth of the target to all $C$ classes alike. That is another
question again. For one sample of ten classes, which $p$ of the true class has the lowest loss?
"""

# %%
lead = np.linspace(0, 12, 1201)  # logit of the true class, the others 0
logits = np.column_stack([lead, np.zeros((1201, 9))])
target = np.zeros(1201, dtype=int)
p = 1 / (1 + 9 * np.exp(-lead))
for smoothing in (0, 0.1):
    loss = CrossEntropyLoss(label_smoothing=smoothing, reduction="none")
    values = loss.forward(logits, target)
    theirs = F.cross_entropy(
        torch.tensor(logits),
        torch.tensor(target),
        label_smoothing=smoothing,
        reduction="none",
    ).numpy()
    same = bool(np.abs(values - theirs).max() < 1e-12)
    i = values.argmin()
    print(f"ε = {smoothing}: best lead {lead[i]:.1f}, p {p[i]:.2f}", end="")
    print(f", loss {values[i]:.2f}; as PyTorch's: {same}")

# %% [markdown]
r"""
Without smoothing, the best is the end of what was tried. With it, $1 - \varepsilon + \varepsilon/C = 0.91$,
and the loss cannot fall below 0.50, although nothing is wrong. Do not compare losses with and without. What
it does for test accuracy is a matter of lesson 12.

## Exponential loss

$e^{-yf}$ for $y = \pm 1$, the loss behind AdaBoost, is **exponential loss**. At the junction it answers half
the log-odds, $\frac12 \log\frac{70}{30} = 0.42$. Who is wrong with a wide margin pulls very hard:
"""

# %%
margin = np.array([[-5.0, -2.0, 0.0, 2.0]])
yes = np.ones((1, 4))
ours = ExponentialLoss(reduction="none")
print("margin     ", margin[0])
print("exponential", ours.forward(margin, yes)[0].round(2))
print("log loss   ", np.logaddexp(0, -margin)[0].round(2))
m = torch.tensor(margin, requires_grad=True)
torch.exp(-m).sum().backward()
same = np.abs(ours.backward() - m.grad.numpy()).max() < 1e-12
print("slopes as PyTorch's:", bool(same))

# %% [markdown]
r"""
A single wrong label at a margin of −5 counts as 148 undecided ones. (`np.logaddexp(0, z)` is
$\log(1 + e^z)$, without overflow.)

## A weight for the rare class, or another threshold?

The lesson's junction says that a class weight changes the probability. Does it give a better *ranking* too,
or only what a threshold could have done? Is the picture an 8 (one in ten)? A network 64–32–1 without a
weight, read at $p > 0.1$, and one with a weight of 9 for the eights, read at ½. If the weight taught
something of its own, it would be ahead. Six splits, rates chosen on the validation rows by the error that
counts both classes alike.
"""


# %% jupyter={"source_hidden": true}
def eights(seed, weight, threshold, lrs=(0.03, 0.1, 0.3, 1)):
    """Recall, false-alarm rate and mean probability on the test rows."""
    eight = (label == 8) * 1.0
    train, validation, test = three_way(
        len(label), 400, 373, np.random.default_rng(seed)
    )
    models = []
    for _ in lrs:
        rng = np.random.default_rng(seed)
        models.append(
            Sequential(Linear(64, 32, rng=rng), ReLU(), Linear(32, 1, rng=rng))
        )
    fleet = Fleet(models)
    fit(
        fleet,
        BCEWithLogitsLoss(pos_weight=np.array([weight])),
        SGD(fleet, lr=np.array(lrs)),
        pictures[train],
        eight[train, None],
        batch_size=32,
        num_epochs=10,
        progress=False,
        rng=[np.random.default_rng(seed) for _ in lrs],
    )
    p = 1 / (1 + np.exp(-np.asarray(fleet.forward(pictures))[..., 0]))

    def rates(p, rows):
        said, true = p[rows] > threshold, eight[rows] == 1
        return said[true].mean(), said[~true].mean()

    best = max(
        p,
        key=lambda one: rates(one, validation)[0] - rates(one, validation)[1],
    )
    return *rates(best, test), best[test].mean()


# %%
for name, weight, threshold in (
    ("no weight, p > 0.1", 1.0, 0.1),
    ("weight 9,  p > 0.5", 9.0, 0.5),
):
    runs = np.array([eights(seed, weight, threshold) for seed in range(6)])
    recall, alarms, mean_p = runs.mean(axis=0)
    spread = runs.std(axis=0)
    print(f"{name}: found {recall:.2f} ± {spread[0]:.2f}", end="")
    print(f", false alarms {alarms:.2f} ± {spread[1]:.2f}", end="")
    print(f", mean p {mean_p:.2f}")

# %% [markdown]
r"""
The weight is not ahead: here it did nothing that the threshold did not do. It does change $p$. One picture in
ten is an 8; without the weight the mean $p$ is about that, with it nearly twice as much.

**Sources**

- C. Bishop, *Pattern Recognition and Machine Learning*, 2006, section 1.2.5: squared error as a likelihood.
- G. Golub, C. Van Loan, [An analysis of the total least squares
  problem](https://doi.org/10.1137/0717073), *SIAM Journal on Numerical Analysis* 17, 1980.
- J. Friedman, T. Hastie, R. Tibshirani, [Additive logistic
  regression](https://doi.org/10.1214/aos/1016218223), *Annals of Statistics* 28, 2000: exponential loss.
- C. Szegedy and others, [Rethinking the Inception architecture](https://arxiv.org/abs/1512.00567), 2015:
  label smoothing.
- N. Carion and others, [DETR](https://arxiv.org/abs/2005.12872), 2020; P. Isola and others,
  [pix2pix](https://arxiv.org/abs/1611.07004), 2016; R. Girshick, [Fast
  R-CNN](https://arxiv.org/abs/1504.08083), 2015.
"""
