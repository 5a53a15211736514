# %% [markdown]
r"""
# 12 · Overfitting: the two parts of an error

A model that is right about every row it has seen can be wrong about the next one. This lesson takes the error
on new rows apart, and then tries eleven remedies on one network: what does each gain, and what does it cost?

**You will be able to**

- tell underfitting from overfitting, and measure bias and variance;
- write L1, L2, weight decay and dropout by hand;
- choose the strength of a remedy, and compare remedies fairly;
- say why training accuracy tells you little.

**Time:** {minutes} minutes.
**Before this:** lessons [01](01_data_splits.ipynb), [05](05_backward.ipynb) and
[08](08_optimizers.ipynb): validation rows, gradients, Adam.
"""

# %% jupyter={"source_hidden": true}
import numpy as np
import torch

from helpers import data
from helpers.claims import claim
from helpers.explore.overfitting import explorer
from helpers.figures import overfitting as figures
from helpers.figures import show
from helpers.glossary import terms
from helpers.nn import (
    SGD,
    AdamW,
    CrossEntropyLoss,
    DropConnect,
    Dropout,
    ElasticNet,
    Fleet,
    Linear,
    MSELoss,
    ReLU,
    Sequential,
    Tanh,
)
from helpers.nn.activations import softmax
from helpers.nn.stack import Stack
from helpers.training import fit_each, predict

# %% [markdown]
r"""
## One network, two sets of labels

Take 400 pictures of digits and a network 64–64–10. It has 4,810 numbers to adjust, 12 for each picture: it is
*oversized*. Train it for 40 epochs, four times, each time on other pictures. Then once more, but now 30 % of
the training labels are wrong: some other digit, drawn at random. The 697 new pictures by which it is judged
have the right labels both times.

**Predict:** how often is it right about the new pictures after training with right labels, and how often
after training with wrong ones? And is it better at the end of the training than in the middle?
"""


# %% jupyter={"source_hidden": true}
digits = data.load_digits()
SEEDS = range(4)


def draw(seed, noise):
    """All pictures in a new order, labels, and which are false. Of the first 1,100 a share `noise`:
    rows 0-399 are to train on, 400-799 are more of them, 800-1099 validate. The rest is new."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(digits.y))
    given = digits.y[order].copy()
    false = rng.random(len(given)) < noise
    false[1100:] = False
    given[false] += rng.integers(1, 10, false.sum())
    return digits.X[order] / 16, given % 10, false


def network(seed, width=64, p=0.0, q=0.0):
    """64-width-10, with dropout p of the hidden units, or DropConnect q."""
    rng = np.random.default_rng(seed)

    def layer(m, n):
        return DropConnect(m, n, p=q, rng=rng) if q else Linear(m, n, rng=rng)

    dropout = [Dropout(p, rng=rng)] if p else []
    return Sequential(layer(64, width), ReLU(), *dropout, layer(width, 10))


def train(
    noise=0.3,
    n=400,
    num_epochs=40,
    l1=0.0,
    l2=0.0,
    decay=0.0,
    smoothing=0.0,
    change=None,
    members=1,
    curve=False,
    seeds=SEEDS,
    **net,
):
    """Accuracy on training, validation and new rows, and the share of the false labels of the
    training rows that were learnt, (4, runs); with `curve` after each epoch."""
    drawn = [draw(seed, noise) for seed in seeds for _ in range(members)]
    rows, given, false = map(np.array, zip(*drawn, strict=True))
    fleet = Fleet(
        [
            network(100 * seed + m, **net)
            for seed in seeds
            for m in range(members)
        ]
    )

    def accuracy(fleet):
        p = softmax(predict(fleet, rows.view(Stack)))
        p = p.reshape(-1, members, *p.shape[1:]).mean(axis=1)
        as_given = p.argmax(axis=-1) == given[::members]
        learnt = (as_given & false[::members])[:, :n].sum(axis=1)
        return np.array(
            [
                as_given[:, :n].mean(axis=1),
                as_given[:, 800:1100].mean(axis=1),
                as_given[:, 1100:].mean(axis=1),
                learnt / np.maximum(1, false[::members, :n].sum(axis=1)),
            ]
        )

    seen = fit_each(
        fleet,
        CrossEntropyLoss(label_smoothing=smoothing),
        AdamW(fleet, lr=0.02, weight_decay=decay),
        rows[:, :n],
        given[:, :n],
        batch_size=100,
        num_epochs=num_epochs * 400 // n,  # the same number of steps
        rng=np.random.default_rng(seeds[0]),
        penalty=ElasticNet(fleet, l1 + 2 * l2, l1 / (l1 + 2 * l2))
        if l1 or l2
        else None,
        change=change,
        watch=accuracy if curve else None,
    )
    return np.array(seen) if curve else accuracy(fleet)


# %% tags=["predict"]
right_labels = train(noise=0, curve=True)  # epoch, kind of rows, run
wrong_labels = train(noise=0.3, curve=True)
for name, curve in {"right": right_labels, "30 % wrong": wrong_labels}.items():
    training, _, new, _ = curve[-1]
    print(f"{name:10} labels: training {training.mean():.2f}", end="")
    print(f", new {new.mean():.2f} ± {new.std():.2f}", end="")
    print(f"; best epoch on the way {curve[:, 2].mean(axis=1).max():.2f}")

# %% tags=["predict"] jupyter={"source_hidden": true}
show(
    figures.learning_by_heart(
        {
            name: (curve[:, 0].mean(axis=1), curve[:, 2].mean(axis=1))
            for name, curve in {
                "right labels": right_labels,
                "30 % of the labels wrong": wrong_labels,
            }.items()
        }
    ),
    alt="Two panels of accuracy by epoch. With right labels both lines rise and stay, training at 1, new "
    "rows "
    "just below. With wrong labels the new rows reach their highest after a few epochs and then fall, "
    "while training goes on rising.",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

With right labels the network learns its 400 rows by heart and is still right about 95 % of the new ones. With
wrong labels it rises to about 86 %, then *falls* to about 72 %, while it agrees with more and more of its
training labels, in the end with 88 %.

</details>

Is it the size of the network, or the labels? Four widths of the hidden layer, each with both sets of labels,
after 40 epochs:
"""

# %%
print("          right labels             30 % wrong")
print("units  training  new          training  new")
for width in (4, 16, 64, 128):
    line = f"{width:5}"
    for noise, curve in ((0, right_labels), (0.3, wrong_labels)):
        training, _, new, _ = (
            curve[-1] if width == 64 else train(noise=noise, width=width)
        )
        line += f"      {training.mean():.2f}"
        line += f"  {new.mean():.2f} ± {new.std():.2f}"
    print(line)

# %% [markdown]
r"""
With right labels more units did no harm here, up to 128, which is 24 numbers to adjust for each picture. With
wrong labels they did: 64 and 128 units are behind 16.

To learn the peculiarities of a sample at the expense of new rows is **overfitting**. To miss what is there,
so that training and new rows are both bad, is **underfitting**; the first epochs show it, and so do 4 units.

Did it help to look at the new rows after each epoch? We looked, and the network went on:
"""

# %%
by_epoch = wrong_labels[:, 2].mean(axis=1)
print(f"best epoch less last epoch: {by_epoch.max() - by_epoch[-1]:.2f}")

# %% jupyter={"source_hidden": true}
claim(
    "evaluation-prevents-overfitting",
    measured=by_epoch.max() - by_epoch[-1],
    what="accuracy on new rows at its best epoch less that after epoch 40, watched at each, mean of 4 draws",
)

# %% [markdown]
r"""
To act on what is seen is another thing: to stop there is the first remedy of section 4.

## 1. Bias and variance

What is it that grows? For that we need a truth that we know. Take a wave, $f(x) = \sin(1.5\pi x)$, seen at 15
places with noise of standard deviation 0.3, and fit polynomials by least squares. Now the important step:
draw the noise **again**, 300 times, and fit each draw. Nobody can do so in real life, but it shows what might
have happened. (The coefficients of least squares are the targets times a matrix that depends on the places
alone; `np.linalg.pinv` computes it.)
"""

# %%
x, grid = np.linspace(-1, 1, 15), np.linspace(-0.95, 0.95, 191)
rng = np.random.default_rng(0)


def f(x):
    return np.sin(1.5 * np.pi * x)


Y = f(x) + 0.3 * rng.normal(size=(300, 15))  # a row is one draw


def fit_all(degree, penalty=0.0):
    """What the fits to all draws say on the training places and between."""
    H = np.vander(x, degree + 1)  # columns x^degree, …, x, 1
    price = np.sqrt(penalty) * np.eye(degree + 1)  # see section 2
    A = np.linalg.pinv(np.vstack([H, price]))[:, :15]
    W = Y @ A.T  # the coefficients, one row for each draw
    return W @ H.T, W @ np.vander(grid, degree + 1).T


# %% jupyter={"source_hidden": true}
show(
    figures.many_fits(
        grid,
        f(grid),
        {f"degree {d}": fit_all(d)[1][:40] for d in (1, 5, 12)},
    ),
    alt="Three panels, each with 40 fits, their mean and the true wave. Degree 1: the lines lie close "
    "together "
    "and far from the wave. Degree 5: close together and on the wave. Degree 12: their mean is near the "
    "wave, "
    "but single fits swing far away from it, most at the ends.",
)

# %% [markdown]
r"""
Two different failures. The straight lines agree with each other, and are wrong together. The fits of degree
12 are nearly right on average (at the ends the mean of 40 still wavers), and no single one is. The first is
called **bias** (systematic error), the second **variance**. For the squared error on a new point, over all
draws, they add up:

$$\mathbb E\big[(y - \hat f(x))^2\big] = \underbrace{\big(\mathbb E[\hat f(x)] - f(x)\big)^2}_{\text{bias}^2}
 + \underbrace{\mathbb E\big[(\hat f(x) - \mathbb E[\hat f(x)])^2\big]}_{\text{variance}} + \sigma^2$$

Aloud: the expected squared error is the distance of the mean fit from the truth, squared, plus how far single
fits scatter around their mean, squared, plus the noise $\sigma^2$ of the new point itself. The last part,
0.09 here, no model can remove. With $\mathbb E$ as a mean over the draws, it is two lines:
"""


# %%
def bias_and_variance(fits):
    mean = fits.mean(axis=0)  # over the draws
    return np.mean((mean - f(grid)) ** 2), fits.var(axis=0).mean()


noise = 0.3**2
parts = {}
print("degree  training  bias²   variance  new = bias² + variance + noise")
for degree in (0, 1, 3, 5, 7, 9, 11, 12, 13):
    on_training, between = fit_all(degree)
    bias, variance = bias_and_variance(between)
    error = np.mean((Y - on_training) ** 2)
    parts[degree] = error, bias, variance, bias + variance + noise
    print(f"{degree:6} {error:8.3f} {bias:8.3f} {variance:8.3f}", end="")
    print(f" {bias + variance + noise:9.3f}")

# %% jupyter={"source_hidden": true}
columns = np.array(list(parts.values())).T
show(
    figures.two_parts(
        np.array(list(parts)),
        dict(
            zip(
                ("training rows", "bias²", "variance", "new rows"),
                columns,
                strict=True,
            )
        ),
        "degree of the polynomial",
    ),
    alt="Errors by degree. On training rows the error falls from 0.6 to 0. Bias² falls from 0.48 to 0 at "
    "degree 5. "
    "Variance rises slowly and then steeply from degree 10 on. The error on new rows is lowest at degree 5.",
)

# %% [markdown]
r"""
The error on the training rows, the *goodness of fit on training data*, only ever gets better. If a better fit
generalised better, degree 13 would have the lowest error on new points. It has the highest.
"""

# %% jupyter={"source_hidden": true}
claim(
    "better-fit-generalises-better",
    measured=parts[13][3] / parts[5][3],
    what="error on new points of degree 13, which fits the training points better, as a multiple of degree 5",
)
claim(
    "bias-makes-unstable",
    because="Bias is what is left of the error when the fits to all draws are averaged; how unstable a "
    "single "
    "fit is, is the variance. The parameter b of a layer, also called bias, is another thing.",
)

# %% [markdown]
r"""
How rich the set of functions is that a model can represent is its **model capacity (complexity)**: here the
degree, in a network the width, the depth, and how large the weights may become. From degree 1 on bias² falls
to 0 (what comes back at 12 and 13 is the chance of 300 draws) and variance grows. Is that so for networks,
too? The same 15 places, 20 draws, a network 1–width–1 with tanh, trained by Adam for 700 steps:
"""


# %% jupyter={"source_hidden": true}
def net_fits(width, decay=0.0, draws=20):
    models = []
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        first, last = Linear(1, width, rng=rng), Linear(width, 1, rng=rng)
        first.W *= 4  # waves, not lines, at the start
        first.b[...] = rng.normal(size=width)
        models.append(Sequential(first, Tanh(), last))
    fleet = Fleet(models)
    fit_each(
        fleet,
        MSELoss(),
        AdamW(fleet, lr=0.02, weight_decay=decay),
        np.tile(x[:, None], (draws, 1, 1)),
        Y[:draws, :, None],
        batch_size=15,
        num_epochs=700,
        rng=np.random.default_rng(0),
    )
    return (
        predict(fleet, x[:, None])[..., 0],
        predict(fleet, grid[:, None])[..., 0],
    )


# %%
print("width            training  bias²   variance   new")
for width, decay in ((1, 0), (2, 0), (16, 0), (16, 0.3)):
    on_training, between = net_fits(width, decay)
    bias, variance = bias_and_variance(between)
    error = np.mean((Y[:20] - on_training) ** 2)
    name = f"{width}, decay {decay}" if decay else f"{width}"
    print(f"{name:15} {error:8.2f} {bias:8.2f} {variance:8.2f}", end="")
    print(f" {bias + variance + noise:8.2f}")

# %% [markdown]
r"""
Bias falls with the width. Variance does not simply grow: it was largest with two units. Sixteen units follow
the noise, for their error on the training rows is below the 0.09 of the noise itself. The last line is the
same network with *weight decay*, of which more below: its variance is smaller, and it pays with a worse fit
of the training rows. Look for this trade in what follows. **Regularization** is any change that is meant to
lower the error on new rows and not that on the training rows.

## 2. A penalty: from variance to bias

To swing far a polynomial needs large coefficients: on −1..1 it is nowhere larger than the sum of their sizes.
So add a price for them to the loss, with a **regularization coefficient** $\lambda$:

$$L + \lambda \sum_j w_j^2 \quad\text{(L2 regularization)}, \qquad
  L + \lambda \sum_j \lvert w_j\rvert \quad\text{(L1 regularization)}$$

Aloud: the loss plus lambda times the sum of the squared weights, or of their sizes. For polynomials L2 is the
argument `penalty` of `fit_all`, and called ridge regression. (It is least squares with one more row for each
$w_j$, which asks that $\sqrt\lambda\,w_j$ be 0.) Degree 13, and nine strengths:
"""

# %%
strengths = 10.0 ** np.arange(-8, 1)
traded = [bias_and_variance(fit_all(13, s)[1]) for s in strengths]
for s, (bias, variance) in list(zip(strengths, traded, strict=True))[::2]:
    print(f"λ = {s:6g}: bias² {bias:.3f}, variance {variance:.3f}")

# %% jupyter={"source_hidden": true}
bias, variance = np.array(traded).T
show(
    figures.two_parts(
        strengths,
        {
            "bias²": bias,
            "variance": variance,
            "new rows": bias + variance + noise,
        },
        "λ, degree 13",
        log=True,
    ),
    alt="Errors by λ, whose axis is logarithmic. Variance falls as λ grows, bias² rises from about 0.01 on. "
    "The error on new rows is lowest in between, near 0.001.",
)

# %% [markdown]
r"""
From left to right you walk from over- to underfitting, without a change of the degree. The best place is in
the middle, and rows that were not trained on can find it.

### Try it

Degree, points and λ are yours. At degree 12 with 15 points the variance is large. **Predict** first: which
slider makes it small *without* making the bias large, more points or a larger λ? And for degree 1: do more
points help?
"""

# %%
explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

More points make it small and leave the bias where it is. A λ of 0.001 makes it small too, with hardly any
bias; a larger one brings more. At degree 1 the bias stays at 0.5 or so with any number of points.

</details>

## 3. Remedies by hand

**L1 and L2.** The slope of $\lambda w^2$ is $2\lambda w$: large weights are pulled hard, small ones hardly.
The slope of $\lambda \lvert w\rvert$ is $\lambda$ times the sign: all are pulled alike.
"""

# %%
w, strength, lr = np.array([5.0, -1.0, 0.1, 0.001]), 0.5, 0.01
pull_l2, pull_l1 = 2 * strength * w, strength * np.sign(w)

for name, pull in {"L2": pull_l2, "L1": pull_l1}.items():
    t = torch.tensor(w, requires_grad=True)
    (strength * (t**2 if name == "L2" else t.abs()).sum()).backward()
    print(name, pull, "as PyTorch's:", np.allclose(pull, t.grad.numpy()))

# %% [markdown]
r"""
A step of gradient descent against the L2 pull is $w \leftarrow w - \eta\,2\lambda w = (1 - 2\eta\lambda)\,w$:
every weight loses the same *share*, here 1 %. After 100 steps without any data:
"""

# %%
by_l2, by_l1 = w.copy(), w.copy()
for _ in range(100):
    by_l2 -= lr * 2 * strength * by_l2
    step = lr * strength * np.sign(by_l1)
    by_l1 -= np.clip(step, -abs(by_l1), abs(by_l1))  # do not cross 0
print("L2", by_l2.round(4), " shares left", (by_l2 / w).round(3))
print("L1", by_l1.round(4))

# %% jupyter={"source_hidden": true}
claim(
    "l2-spares-small-weights",
    because="2 · 0.5 · 0.001 = 0.001 < 5 = 2 · 0.5 · 5, so the pull on a small weight is small. But the "
    "share is the "
    "same: 0.99¹⁰⁰ = 0.366 of each is left, and none is 0. L1 takes 0.005 a step from each.",
)

# %% [markdown]
r"""
**Weight decay** multiplies by $1 - \eta\lambda$ at each step. For plain SGD that is L2 with half the
$\lambda$; for Adam it is not, since Adam divides the L2 pull by its own size (lesson 08). PyTorch's
`weight_decay` of SGD, and ours:
"""

# %%
model = Sequential(Linear(4, 1, bias=False, rng=np.random.default_rng(0)))
model.layers[0].W = w[:, None]
t = torch.nn.Parameter(torch.tensor(w[:, None]))
t.grad = torch.zeros_like(t)  # no data: only the decay
torch.optim.SGD([t], lr=0.01, weight_decay=1.0).step()
model.d_flat[...] = 0
SGD(model, lr=0.01, weight_decay=1.0).step()
print("by hand ", (w * (1 - 0.01 * 1.0)).round(5))
print("PyTorch ", t.detach().numpy()[:, 0].round(5))
print("helpers ", model.layers[0].W[:, 0].round(5))

# %% [markdown]
r"""
**Dropout** sets each hidden activation to 0 with probability $p$, the **dropout rate**, anew in each training
step, and multiplies the others by $1/(1-p)$, so that their mean stays. In evaluation it does nothing. The
idea of those who invented it: a unit should be of use without counting on any other one, and the network is,
in effect, another one at each step.
"""


# %%
def dropout(a, p, rng):
    keep = rng.random(a.shape) >= p
    return a * keep / (1 - p)


a = np.ones((1000, 100))
ours = dropout(a, 0.2, np.random.default_rng(0))
torch.manual_seed(0)
layer = torch.nn.Dropout(0.2)
theirs = layer(torch.ones(1000, 100)).numpy()
for name, out in {"by hand": ours, "PyTorch": theirs}.items():
    print(f"{name}: zeros {np.mean(out == 0):.2f}", end="")
    print(f", others {out.max():.2f}, mean {out.mean():.2f}")
layer.eval()
print("in evaluation:", layer(torch.ones(1, 4)).numpy()[0])

# %% jupyter={"source_hidden": true}
claim(
    "dropout-disables-20-percent",
    because="0.20 of the entries = 0 in a training step, others each time; the rest grow to 1 / 0.8 = 1.25. "
    "In evaluation 0 % are off: all units work, and nothing is scaled.",
)

# %% [markdown]
r"""
**DropConnect** does the same to single weights. **Label smoothing** moves a share ε of each target to all
classes (lesson 07). **Data augmentation** trains on changed pictures whose label stays: here each is moved by
up to a pixel, another way each time. (*Flip, rotate, crop* are usual for photographs. A flipped 2 is no 2.)
"""


# %%
def shift(batch, rng, share):
    """Move a share of the pictures (K, b, 64) by up to a pixel."""
    pictures = batch.reshape(-1, 8, 8)
    n = len(pictures)
    wide = np.zeros((n, 10, 10))  # a frame of one pixel
    wide[:, 1:9, 1:9] = pictures
    corner = rng.integers(3, size=(n, 2))  # 0, 1 or 2 from the top, left
    corner[rng.random(n) >= share] = 1  # in the middle: not moved
    moved = np.empty((n, 8, 8))
    for r, c in np.ndindex(3, 3):
        these = (corner == (r, c)).all(axis=1)
        moved[these] = wide[these, r : r + 8, c : c + 8]
    return moved.reshape(batch.shape)


# %% [markdown]
r"""
**Early stopping** ends where the validation accuracy was best. **More data** and a **smaller net** leave
fewer numbers to adjust for each row. An **ensemble** averages the answers of several networks.
"""

# %% jupyter={"source_hidden": true}
claim(
    "early-stopping",
    because="It stops when the validation metric has not improved for a set number of epochs, the patience, "
    "and "
    "goes back to the best epoch (Prechelt 1998). `EarlyStopping` of lesson 10 does both.",
)

# %% [markdown]
r"""
## 4. All of them on the same network

Back to 400 pictures with 30 % wrong labels. Every remedy gets the same number of steps, and its own best
strength. Two draws are for choosing it: the strength with the highest mean accuracy on their 300
**validation** rows, of whose labels 30 % are wrong too, as they would be. Then four *other* draws are trained
with it, and only these are in the table. If the kind of remedy were what counts, one would win clearly. If
all only trade the same two parts, many should end near each other.
"""


# %%
def shifts(share):
    return {"change": lambda batch, rng: shift(batch, rng, share)}


remedies = {  # by strength, what it gives to the training
    "fewer units": {n: {"width": n} for n in (6, 12, 24)},
    "L1": {s: {"l1": s} for s in (0.001, 0.003, 0.006)},
    "L2": {s: {"l2": s} for s in (0.002, 0.006, 0.02)},
    "weight decay": {s: {"decay": s} for s in (0.3, 1, 3)},
    "dropout": {p: {"p": p} for p in (0.4, 0.6, 0.8)},
    "DropConnect": {q: {"q": q} for q in (0.1, 0.25, 0.4)},
    "label smoothing": {e: {"smoothing": e} for e in (0.7, 0.9, 0.98)},
    "shifts": {s: shifts(s) for s in (0.25, 0.5, 0.75)},
}
FOR_CHOICE, FOR_THE_TABLE = range(4, 6), range(8, 12)


def best(settings, **others):
    """The strength preferred by the validation rows ([1])."""
    score = {
        s: train(seeds=FOR_CHOICE, **setting, **others)[1].mean()
        for s, setting in settings.items()
    }
    return max(score, key=score.get)


watched = train(seeds=FOR_THE_TABLE, curve=True)  # epoch, kind of rows, run
stop = watched[:, 1].argmax(axis=0)  # each run by its own validation rows
found = {
    "nothing": ("", watched[-1]),
    "stop early": (
        f"epoch {1 + stop.mean():.0f}",
        watched[stop, :, range(4)].T,
    ),
}
for name, settings in remedies.items():
    chosen = best(settings)
    found[name] = chosen, train(seeds=FOR_THE_TABLE, **settings[chosen])
found["800 rows"] = "", train(seeds=FOR_THE_TABLE, n=800)
found["average of 5"] = "", train(seeds=FOR_THE_TABLE, members=5)

# %% jupyter={"source_hidden": true}
COSTS = {
    "nothing": "",
    "stop early": "validation rows; saves steps",
    "fewer units": "a search; saves work",
    "L1": "a search",
    "L2": "a search",
    "weight decay": "a search",
    "dropout": "a search; random numbers",
    "DropConnect": "a search; many random numbers",
    "label smoothing": "a search; p is no probability",
    "shifts": "must know what keeps a label",
    "800 rows": "400 more labels",
    "average of 5": "5 trainings, 5 answers at use",
}
none = found["nothing"][1][2]
print("                best     training false  new           gain   costs")
for name, (strength, (training, _, new, false)) in found.items():
    line = f"{name:15} {strength!s:9} {training.mean():5.2f}  "
    line += f"{false.mean():5.2f}  {new.mean():.2f} ± {new.std():.2f}  "
    line += f"{(new - none).mean():+.2f}  " if name != "nothing" else ""
    print((line + COSTS[name]).rstrip())

# %% [markdown]
r"""
(Accuracies, mean of four draws with their spread; on the training rows with the labels that were given, of
which 70 % are right. `false` is the share of the false ones that the network has learnt to give. `gain` is
the mean of four differences. `stop early` ends each run at its own best epoch by its own validation rows; the
mean epoch is shown.)

Read the column `false` against `new`. Without a remedy the network gives 61 % of the false labels that it was
trained on. The remedies that gain most have left it few of them, 3 to 19 %. They also agree with fewer of all
training labels, 69 to 75 %: that is the fit that was given up.

Eight remedies end between 0.87 and 0.89, and the draws of most of them overlap: from four draws no winner can
be named. But they do not *cost* the same. To stop early was the cheapest here. (It had 40 epochs to choose
from, the others three strengths.) Fewer units and label smoothing helped less, though at their own best
strength. The average of five networks gained little: together they give as many of the false labels as
one does.

The order is not to be relied on. With two other sets of six draws, not shown here, other strengths were
chosen, 800 rows were first, DropConnect fell back to 0.83 and dropout once to 0.81. What stayed: stopping
early was at 0.86 and 0.87, and fewer units and the average of five were last, at 0.78 to 0.79. Another data
set may rank them in another way.

If there is nothing to gain, a penalty gains nothing. L2 with right labels, its strength chosen anew
(the weakest of three was the best):
"""

# %%
strengths_right = {s: {"l2": s} for s in (0.0001, 0.001, 0.01)}
chosen = best(strengths_right, noise=0)
without, with_l2 = (
    train(noise=0, seeds=FOR_THE_TABLE, **setting)[2]
    for setting in ({}, strengths_right[chosen])
)
gain_right = (with_l2 - without).mean()
gain_wrong = (found["L2"][1][2] - none).mean()
print(f"L2 gains {gain_wrong:+.2f} with wrong labels", end="")
print(f" and {gain_right:+.2f} with right ones (λ = {chosen})")

# %% jupyter={"source_hidden": true}
claim(
    "l1-l2-prevent-overfitting",
    measured=gain_wrong - gain_right,
    what="gain in accuracy by L2 with 30 % wrong labels, less its gain with right ones, mean of 4 draws",
)

# %% [markdown]
r"""
## Think

1. Training accuracy 0.71, validation accuracy 0.70, and people reach 0.95 on the same rows. Which of the
   remedies do you try?

<details><summary>Answer</summary>

None. Both are bad and close together: the error is bias. More capacity, better features or a longer training
can help; a remedy against variance would take away from the fit.

</details>

2. Training accuracy 1.00, validation accuracy 0.95. Is that overfitting?

<details><summary>Answer</summary>

The gap alone does not say. The network of the opening with right labels has it, and hardly an epoch on the
way was better. What counts is whether the error on new rows could be lower, not whether there is a gap.

</details>

3. You fit one line to each of many draws. Their mean is right. Is your line good?

<details><summary>Answer</summary>

Its bias is 0. You have one draw and one line, and how far a single line is off is the variance.

</details>

4. You chose λ on the validation rows. What is the accuracy there now good for?

<details><summary>Answer</summary>

It is a little too good, since it was used to choose. The table judges on rows that nobody chose by.

</details>

## Recap

- The error on new rows is bias² + variance + noise. With the degree of a polynomial the first falls and the
  second grows.
- A better fit of the training rows is no promise for new ones. An oversized network did little harm until
  labels were wrong.
- L2 takes the same share of every weight, L1 the same amount. Weight decay is L2 only for plain SGD.
- Dropout zeroes with probability $p$ in training, scales the rest by $1/(1-p)$, and rests in evaluation.
- Each remedy has its own best strength, found on validation rows. At their best many ended near each other;
  compare what they cost.
"""

# %% jupyter={"source_hidden": true}
terms("12_overfitting")

# %% [markdown]
r"""
Now you: [exercise 12](../exercises/12_overfitting/12_overfitting.ipynb). For a second reading: [what you may
have heard](12_overfitting_heard.ipynb), with learning curves, ensembles and double descent. Next: [lesson
13](13_convolution.ipynb), convolution.

Sources

- S. Geman, E. Bienenstock, R. Doursat, [Neural networks and the bias/variance
  dilemma](https://doi.org/10.1162/neco.1992.4.1.1), *Neural Computation* 4, 1992.
- C. Zhang and others, [Understanding deep learning requires rethinking
  generalization](https://arxiv.org/abs/1611.03530), ICLR 2017: networks that learn random labels.
- N. Srivastava and others, [Dropout](https://jmlr.org/papers/v15/srivastava14a.html), *JMLR* 15, 2014; L. Wan
  and others, [Regularization of neural networks using
  DropConnect](https://proceedings.mlr.press/v28/wan13.html), 2013.
- A. Hoerl, R. Kennard, [Ridge regression](https://doi.org/10.1080/00401706.1970.10488634), *Technometrics*
  12, 1970; R. Tibshirani, [The lasso](https://doi.org/10.1111/j.2517-6161.1996.tb02080.x), 1996.
"""
