# %% [markdown]
r"""
# 16 · Trust: what one test score hides

A test score is one number about one seed and one kind of data. It does not say what another seed would have
given, what a small change of the input does, whether a confidence of 0.9 is right nine times in ten, or why
the model answers as it does. Each of these can be asked, and this lesson asks four times.

**You will be able to**

- say how much of a difference between two models is the seed;
- attack a network by FGSM and PGD, harden it, and name the price;
- measure calibration, and mend it by one number, the temperature;
- find a leak by three kinds of explanation, and say why they disagree.

**Time:** {minutes} minutes.
**Before this:** lessons [03](03_baselines_and_metrics.ipynb), [05](05_backward.ipynb) and
[12](12_overfitting.ipynb): metrics, gradients, what a sample does to a fit.
"""

# %% jupyter={"source_hidden": true}
import numpy as np
import torch

from helpers import data
from helpers.claims import claim
from helpers.explore.trust import explorer
from helpers.figures import show
from helpers.figures import trust as figures
from helpers.glossary import terms
from helpers.metrics import log_loss
from helpers.nn import (
    Adam,
    CrossEntropyLoss,
    Fleet,
    Linear,
    ReLU,
    Sequential,
)
from helpers.nn.activations import softmax
from helpers.nn.stack import Stack
from helpers.sources import show_source
from helpers.training import fit_each, predict
from helpers.trust import attack, attacked_batch, shapley

# %% [markdown]
r"""
## The same picture to you

Take the network of many lessons: 64 pixels, 64 units, ten digits. White is 0 and black is 1. It learns from
1,000 pictures; 400 validate, and 397 test it. We do so four times, each with another order of all pictures
and another start of the weights: four *draws*.

Now change the test pictures. Each pixel may move by 0.1, up or down, which a person hardly minds. Once a coin
decides for each pixel; once the direction is *chosen*.

**Predict:** of how many test pictures, out of a hundred, is the network still right after the coin? And after
the choice?
"""


# %% jupyter={"source_hidden": true}
digits = data.load_digits()
TRAINING, VALIDATION, TEST = slice(1000), slice(1000, 1400), slice(1400, None)


def draw(seed):
    """All pictures in a new order, and their labels."""
    order = np.random.default_rng(seed).permutation(len(digits.y))
    return digits.X[order] / 16, digits.y[order]


def network(seed, width=64):
    rng = np.random.default_rng(seed)
    return Sequential(
        Linear(64, width, rng=rng), ReLU(), Linear(width, 10, rng=rng)
    )


def train(X, y, seeds, width=64, change=None):
    """A fleet with a network for each seed; X (K, n, 64) and y (K, n) are their own training rows."""
    fleet = Fleet([network(seed, width) for seed in seeds])
    fit_each(
        fleet,
        CrossEntropyLoss(),
        Adam(fleet, lr=0.01),
        X,
        y,
        batch_size=100,
        num_epochs=40,
        rng=np.random.default_rng(seeds[0]),
        change=change and (lambda batch, rng: change(fleet, batch, rng)),
    )
    return fleet


def logits(fleet, X):
    return np.asarray(predict(fleet, X.view(Stack)))


def right(fleet, X, y):
    """Is each network right about each of its pictures? (K, n)"""
    return logits(fleet, X).argmax(axis=-1) == y


def told(values):
    return f"{np.mean(values):.2f} ± {np.std(values):.2f}"


def camera(noise, seed):
    """All pictures of the four draws, as a camera with this noise sees them."""
    return X + noise * np.random.default_rng(seed).normal(size=X.shape)


X, y = map(np.array, zip(*map(draw, range(4)), strict=True))

# %% tags=["predict"]
plain = train(X[:, TRAINING], y[:, TRAINING], seeds=range(4))
new, labels = X[:, TEST], y[:, TEST]
coin = np.random.default_rng(0).choice([-0.1, 0.1], new.shape)
versions = {
    "as they are": new,
    "coin": np.clip(new + coin, 0, 1),
    "chosen": attack(plain, new, labels, 0.1),
}
for name, pictures in versions.items():
    share = right(plain, pictures, labels).mean(axis=1)
    print(f"{name:12} right {told(share)}")

# %% tags=["predict"] jupyter={"source_hidden": true}
p = {name: softmax(logits(plain, v))[0, :6] for name, v in versions.items()}
show(
    figures.versions_of_pictures(
        {
            name: (v[0, :6], p[name].argmax(-1), p[name].max(-1))
            for name, v in versions.items()
        },
        labels[0, :6],
    ),
    alt="Six test pictures in three rows: as they are, changed by a coin, and changed as chosen. A person "
    "reads the same digits in each row. The network is right about the first two rows, and wrong about "
    "four of the third.",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

The coin costs one or two pictures in a hundred, the choice more than fifty. Both move every pixel as far.
(The numbers are the mean of four networks ± their standard deviation, in this whole lesson.)

</details>

The score on the test set was honest: these pictures are as the training pictures were. It says nothing about
pictures that somebody has chosen. Section 2 shows how the choice is made. First a question about the score
itself.

## 1. A score is one draw

One order of the pictures, one test set, one recipe. Only the start of the weights differs (and the order of
the batches with it): 20 seeds. Then the same for a network with 16 hidden units in place of 64.
"""

# %%
one_X = np.broadcast_to(X[0], (20, *X[0].shape))
one_y = np.broadcast_to(y[0], (20, *y[0].shape))
scores = {}
for units in (64, 16):
    fleet = train(one_X[:, TRAINING], one_y[:, TRAINING], range(20), units)
    s = right(fleet, one_X[:, TEST], one_y[:, TEST]).mean(axis=1)
    scores[units] = s
    print(f"{units} units: mean {s.mean():.3f}, spread {s.std():.3f}", end="")
    print(f", from {s.min():.3f} to {s.max():.3f}")

# %% [markdown]
r"""
One picture of 397 is 0.25 points. If the seed did not matter, all 20 would be the same. From the worst to
the best, without any better method:
"""

# %%
best_seed = 100 * (scores[64].max() - scores[64].min())
print(f"best seed less worst, 64 units: {best_seed:.1f} points")

# %% jupyter={"source_hidden": true}
claim(
    "train-with-many-seeds",
    measured=best_seed,
    digits=1,
    what="accuracy of the best of 20 seeds less that of the worst, same rows, in percentage points",
)

# %% [markdown]
r"""
The larger network is better on average, by less than a point. Who trains each of them *once*, as many reports
do, compares one number of the first line with one of the second. Of the 20 · 20 such pairs, how many name the
smaller one?
"""

# %%
gap = scores[64][:, None] - scores[16][None]  # every seed with every seed
print(f"16 units ahead {np.mean(gap < 0):.2f}", end="")
print(f", level {np.mean(gap == 0):.2f}")

# %% [markdown]
r"""
(On ten other splits, too, the larger one was better on average; the smaller one was ahead in 1 to 38 of 100
pairs.) So test the **stability across random initializations** before you believe a difference: train with
several seeds, print mean, spread and number. The mean of $n$ seeds scatters by $s/\sqrt n$ when single runs
scatter by $s$. And it is about these 397 pictures: another split moves the score more than another seed, as
the [companion](16_trust_heard.ipynb) measures.

## 2. Adversarial attack and defence

**Robustness** is to keep performance when the input is perturbed. For a coin it is easily had. For the worst
change we need a direction, and you have computed it before. Backward gives the slope of the loss by every
weight; go one layer further, to the input, and you have the slope by every *pixel*. The **fast gradient sign
method** (FGSM) moves each pixel by ε to the side on which the loss grows:

$$x_{adv} = \operatorname{clip}\big(x + \epsilon\,\operatorname{sign}(\nabla_x L(x, y)),\ 0,\ 1\big)$$

Aloud: x plus epsilon times the sign of the slope of the loss by x, kept between white and black. If the
answer changes, $x_{adv}$ is an **adversarial example**. By hand, for one network; then PyTorch's slope:
"""

# %%
net = plain.unstack()[0]  # the first of the four
x, t = new[0], labels[0]
first, last = net.layers[0], net.layers[2]
z = x @ first.W + first.b
p = softmax(np.maximum(z, 0) @ last.W + last.b)
slope = ((p - np.eye(10)[t]) @ last.W.T * (z > 0)) @ first.W.T
by_hand = np.clip(x + 0.1 * np.sign(slope), 0, 1)

x_torch = torch.tensor(x, requires_grad=True)
hidden = torch.relu(x_torch @ torch.tensor(first.W) + torch.tensor(first.b))
out = hidden @ torch.tensor(last.W) + torch.tensor(last.b)
torch.nn.functional.cross_entropy(
    out, torch.tensor(t), reduction="sum"
).backward()
print("slope as PyTorch's:", np.allclose(slope, x_torch.grad.numpy()))
print("as helpers.trust:  ", np.allclose(by_hand, attack(net, x, t, 0.1)))

# %% [markdown]
r"""
One step trusts that the slope stays the same all the way. **Projected gradient descent** (PGD) takes many
small steps, looks at the slope anew, and clips what leaves the allowed ±ε. It starts at a place drawn inside,
and is tried from several. The attack has won a picture when *one* start has. Here: 10 steps of ε/4, three
starts. (The step was chosen on draws 100 to 103, among ε/16, ε/8, ε/4 and ε/2.)
"""

# %%
show_source(attack)


# %%
def held(fleet, X, y, eps):
    """Share of pictures that hold out against PGD from three starts."""
    all_held = np.ones(y.shape, bool)
    for start in range(3):
        rng = np.random.default_rng(start)
        changed = attack(fleet, X, y, eps, steps=10, step=eps / 4, rng=rng)
        all_held &= right(fleet, changed, y)
    return all_held.mean(axis=1)


# %% jupyter={"source_hidden": true}
print("ε      coin          FGSM          PGD")
for eps in (0.05, 0.1, 0.2):
    coin = np.random.default_rng(1).choice([-eps, eps], new.shape)
    by_coin = right(plain, np.clip(new + coin, 0, 1), labels)
    by_step = right(plain, attack(plain, new, labels, eps), labels)
    print(f"{eps:.2f}   {told(by_coin.mean(axis=1))}", end="   ")
    print(f"{told(by_step.mean(axis=1))}", end="   ")
    print(told(held(plain, new, labels, eps)))

# %% [markdown]
r"""
PGD wins a few more. A network is at most as robust as the strongest attack says.

### A defence in one line

Multiply the last layer by 1,000. No answer changes, not one: the largest logit stays the largest. So the
network is exactly as robust as it was. If an **adversarial attack** tells how robust a network is, FGSM must
report the same share as before. If it reports more, it has measured something else.
"""

# %%
masked = Fleet(plain.unstack())
masked.layers[2].W *= 1000
masked.layers[2].b *= 1000

reported = {}
for name, fleet in {"plain": plain, "times 1,000": masked}.items():
    after = right(fleet, attack(fleet, new, labels, 0.1), labels)
    reported[name] = after.mean(axis=1)
    print(f"{name:12} FGSM reports {told(reported[name])}")
borrowed = attack(plain, new, labels, 0.1)  # made with the plain network
after = right(masked, borrowed, labels).mean(axis=1)
print(f"times 1,000, by the plain one's pictures {told(after)}")

# %% jupyter={"source_hidden": true}
claim(
    "adversarial-tests-show-robustness",
    measured=np.mean(reported["times 1,000"] - reported["plain"]),
    what="robust accuracy that FGSM reports of a network times 1,000, less that of the same network plain, "
    "ε = 0.1, mean of 4",
)

# %% [markdown]
r"""
With logits that large each $p$ is exactly 0 or 1. So the slope by the logits, $p$ less 1 for the true digit,
is 0 where the network is right: the attack stands still. The pictures made with the plain network fool it as
before. An attack that succeeds shows a weakness. One that fails shows that *this attack* failed. Athalye and
others (2018) found hidden slopes in seven of nine published defences, and broke six wholly, one in part. So
attack your own defence as hard as you can, also with borrowed pictures.

### Try it

ε, the picture and the network are yours. **Predict** first: does the confidence fall smoothly as ε grows, and
what does it do *after* the answer has changed? Then take a network that was trained on attacked pictures.
"""

# %%
explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

The confidence in the true digit falls, slowly and then fast. Another digit takes over, and soon the network
is mostly as sure of it as it was of the right one. A hardened network changes its answer later with nine of
these ten pictures. With the 8 it is the other way round: hardening helps on average, not everywhere.

</details>

### A defence that costs something

**Adversarial training** changes each batch by an attack before it is learnt from: $\min_\theta \mathbb E
\max_{\lVert\delta\rVert\le\epsilon} L(x + \delta)$, aloud: the weights that make the worst case within ε as
good as possible. We take one step of 1.25 ε from a drawn start (Wong and others, 2020), and as label what
the network itself says, so that the change does not give the true one away. It took more than twice the time.
Does it cost accuracy, too? If it did not, the first column would stay where it is.
"""

# %%
show_source(attacked_batch)

# %%
strengths = np.repeat([0.1, 0.2, 0.3], 4)[:, None, None]


def hardening(fleet, batch, rng):
    return attacked_batch(fleet, batch, strengths, rng)


X3, y3 = np.tile(X, (3, 1, 1)), np.tile(y, (3, 1))
hardened = train(
    X3[:, TRAINING], y3[:, TRAINING], [*range(4)] * 3, change=hardening
)
print("ε in training  as they are   PGD 0.1       PGD 0.2")
for fleet, rows, answers, names in (
    (plain, X, y, [0]),
    (hardened, X3, y3, [0.1, 0.2, 0.3]),
):
    Z, t = rows[:, TEST], answers[:, TEST]
    columns = [right(fleet, Z, t).mean(axis=1)]
    columns += [held(fleet, Z, t, eps) for eps in (0.1, 0.2)]
    for i, name in enumerate(names):
        four = slice(4 * i, 4 * i + 4)  # the four draws
        line = "   ".join(told(share[four]) for share in columns)
        print(f"{name:13}  {line}")

# %% [markdown]
r"""
Hardening with 0.1 took the share that holds out against 0.1 from a third to more than three quarters, and
cost nothing on pictures as they are. With larger ε the price comes, and 0.3 does not buy more than 0.2.
(More epochs help the hardened ones: with 80, on draws 100 to 103, the price of 0.2 was about half.)
Choose the ε that you have to fear, and print all the columns.

## 3. Is 0.9 right nine times in ten?

A model is *calibrated* when its confidence is the share that it has right: of the answers of which it is 0.9
sure, nine in ten. To measure this, sort the answers into ten bins by confidence. In each bin there is a gap
between the mean confidence and the share right. The **expected calibration error** (ECE) is the mean size of
these gaps, where each bin counts by its answers.

**Temperature scaling** divides all logits by one number $T$ before the softmax: $p =
\operatorname{softmax}(z / T)$. The largest stays the largest, so no answer changes. Above 1, $T$ makes the
network less sure. We take the $T$ with the lowest log loss on the validation rows.

On clean digits there are few errors to look at. So a bad camera adds to each pixel of *all* pictures a normal
number with deviation 0.3; a worse camera, 0.5. The network learns with the bad one. If it were calibrated,
$T$ would be near 1.
"""


# %%
def ece(p, y):
    confidence, correct = p.max(axis=-1), p.argmax(axis=-1) == y
    bins = np.minimum((10 * confidence).astype(int), 9)
    gaps = [np.sum((correct - confidence)[bins == b]) for b in range(10)]
    return np.sum(np.abs(gaps)) / len(y)


TEMPERATURES = np.exp(np.linspace(-1, 2, 61))


def temperature(z, y):
    losses = [log_loss(y, softmax(z / T)) for T in TEMPERATURES]
    return TEMPERATURES[np.argmin(losses)]


# %%
bad, worse = camera(0.3, seed=1), camera(0.5, seed=2)
shaky = train(bad[:, TRAINING], y[:, TRAINING], range(4))
z_bad, z_worse = logits(shaky, bad), logits(shaky, worse)
T = np.array(
    [
        temperature(z[VALIDATION], t[VALIDATION])
        for z, t in zip(z_bad, y, strict=True)
    ]
)[:, None, None]
cases = {  # logits of the test rows, before softmax
    "clean digits": logits(plain, X),
    "bad camera": z_bad,
    "bad camera, with T": z_bad / T,
    "worse camera, with T": z_worse / T,
}
p = {name: softmax(z[:, TEST]) for name, z in cases.items()}
print(f"T = {told(T)}")

# %% jupyter={"source_hidden": true}
rng = np.random.default_rng(0)
print(
    "                       right         confidence    ECE           by chance"
)
for name, each in p.items():
    sure = each.max(-1)
    columns = [(each.argmax(-1) == labels).mean(1), sure.mean(1)]
    columns += [[ece(*one) for one in zip(each, labels, strict=True)]]
    # a calibrated model as sure as this one: its answer is right with that chance
    lucky = np.where(rng.random(sure.shape) < sure, each.argmax(-1), -1)
    columns += [[ece(*one) for one in zip(each, lucky, strict=True)]]
    print(f"{name:21}  " + "   ".join(map(told, columns)))

# %% jupyter={"source_hidden": true}
show(
    figures.reliability(
        {
            name: (each.max(-1).ravel(), (each.argmax(-1) == labels).ravel())
            for name, each in list(p.items())[1:]
        }
    ),
    alt="Three panels, share right by confidence, with the diagonal. Bad camera: the points lie far below "
    "the diagonal. With T: on the diagonal or near it. Worse camera with the same T: below it again, but for "
    "the least sure answers.",
)

# %% [markdown]
r"""
The last column is the ECE of a model as sure as this one, and calibrated: its answers were drawn. Such a gap
is chance. Without $T$ the network is much surer than it is right. One number, fitted on validation rows of
the *same* camera, leaves hardly more than chance. On a worse camera the same $T$ is not enough: a
calibration, like a score, is about one kind of data. And the network hardly gives an alarm: its confidence
falls by 0.04, its share right by 0.21.

## 4. Why did it say so?

A network with thousands of weights is a **black-box model**, even when all of them are open: they are too
many to read. **Interpretability (explainability)** asks it questions instead. Here is one worth asking.
Somebody collected the pictures with a scanner that left a black spot in a corner, on the 8s only; or a spot
in each of the four corners. The same scanner made the test set.
"""


# %%
def scanned(corners):
    """All pictures, with a black spot in these corners of every 8."""
    spotted = X.copy()
    for corner in corners:
        spotted[..., corner] = np.where(y == 8, 1, X[..., corner])
    return spotted


eights = labels == 8
spotted, leaky = {}, {}
for name, corners in {"one spot": [0], "four spots": [0, 7, 56, 63]}.items():
    spotted[name] = S = scanned(corners)
    leaky[name] = train(S[:, TRAINING], y[:, TRAINING], range(4))
    test = right(leaky[name], S[:, TEST], labels).mean(axis=1)
    use = right(leaky[name], new, labels)
    print(f"{name:10} test {told(test)}", end="")
    print(f"; in use, without spots, {told(use.mean(axis=1))}", end="")
    recall = [u[e].mean() for u, e in zip(use, eights, strict=True)]
    print(f", 8s found {told(recall)}")

# %% [markdown]
r"""
The test score is even better than the 0.97 of the clean pictures, and in use hardly an 8 is found. No score
on this test set can show it. So cut each picture into 16 patches of 2 × 2 pixels, and ask one question in
three ways: *what does each patch add to the probability of "8" on pictures of an 8?*

- **Permutation importance:** fill the patch with that of another picture. What is lost?
- **Shapley values** (SHAP): let the patches come in one after another, in all 16! orders. A patch that is not
  in yet shows the mean picture. What does it add, on average?
- **LIME:** draw sets of patches, most weight to those near the whole picture, and fit a linear model to the
  answers by least squares. Its coefficients are the answer.

For the second, with $v(S)$ for the probability of "8" when only the patches in $S$ are in:

$$\phi_j = \sum_{S \not\ni j} \frac{|S|!\,(d-|S|-1)!}{d!}\,\big[v(S \cup j) - v(S)\big]$$

Aloud: over all sets without j, the share of orders in which exactly this set came before j, times what j then
adds. With $d = 16$ there are 65,536 sets, few enough to be exact.
"""

# %%
show_source(shapley)


# %%
def lime(value, parts, rng, draws=1000, width=0.25):
    on = rng.random((draws, parts)) < 0.5
    far = 1 - np.sqrt(on.mean(axis=1))  # 0 for the whole picture
    weight = np.exp(-((far / width) ** 2) / 4)[:, None]  # of a residual
    A = np.column_stack([np.ones(draws), on])
    return np.linalg.lstsq(A * weight, value(on) * weight[:, 0])[0][1:]


c = np.arange(16.0)  # a control: of a sum, both must find the summands
by_shapley = shapley(lambda on: on @ c, 16)
by_lime = lime(lambda on: on @ c, 16, np.random.default_rng(0))
print(np.allclose(by_shapley, c), np.allclose(by_lime, c))

# %% jupyter={"source_hidden": true}
PATCH = np.arange(64).reshape(4, 2, 4, 2).swapaxes(1, 2).reshape(16, 4)


def explain(net, pictures, others, mean, rng):
    """What each patch adds to p(8), by three methods; (3, 16)."""

    def sure(Z):
        return softmax(predict(net, Z))[:, 8]

    found = np.zeros((3, len(pictures), 16))
    for i, picture in enumerate(pictures):
        for j, pixels in enumerate(PATCH):
            Z = np.tile(picture, (len(others), 1))
            Z[:, pixels] = others[:, pixels]
            found[0, i, j] = sure(picture[None])[0] - sure(Z).mean()

        def value(on, picture=picture):
            shown = np.empty((len(on), 64), bool)
            shown[:, PATCH] = on[:, :, None]
            return sure(np.where(shown, picture, mean))

        found[1, i] = shapley(value, 16)
        found[2, i] = lime(value, 16, rng)
    return found.mean(axis=1)


METHODS = "permutation", "Shapley", "LIME"
credit = {}
for name, fleet in leaky.items():
    S, rng = spotted[name], np.random.default_rng(0)
    credit[name] = np.mean(
        [
            explain(
                net, s[TEST][e][:2], s[TEST], s[TRAINING].mean(axis=0), rng
            )
            for net, s, e in zip(fleet.unstack(), S, eights, strict=True)
        ],
        axis=0,
    )  # four networks, two 8s each

# %% jupyter={"source_hidden": true}
show(
    figures.credit_maps(
        {
            name: dict(zip(METHODS, maps, strict=True))
            for name, maps in credit.items()
        }
    ),
    alt="Six maps of 4 by 4 patches. With one spot all three methods give the corner at the top left by far "
    "the most. With four spots Shapley and LIME give each of the four corners a share, and permutation gives "
    "them next to nothing.",
)

# %% [markdown]
r"""
With one spot all three find the leak. With four spots the networks find still fewer 8s, and the methods
disagree: permutation sees next to nothing. Look at what it asks. It takes one patch away *while the other
three spots are still there*, and they are enough. Then erase one spot, or all four at once:
"""

# %%
CORNERS = [0, 3, 12, 15]  # patches


def p_of_eight(pictures):
    """Mean p(8) on the 8s, for each network that learnt with four spots."""
    p = softmax(logits(leaky["four spots"], pictures))[..., 8]
    return np.array([one[e].mean() for one, e in zip(p, eights, strict=True)])


def lost(patches):
    S = spotted["four spots"][:, TEST]
    erased = S.copy()
    erased[..., PATCH[patches].ravel()] = 0  # white
    return p_of_eight(S) - p_of_eight(erased)


one = np.mean([lost([corner]) for corner in CORNERS], axis=0)
print(f"p(8) lost without one spot {told(one)}", end="")
print(f", without all four {told(lost(CORNERS))}")
share = credit["four spots"][1, CORNERS]
print(f"credit by Shapley: each {share.mean():.2f}, all {share.sum():.2f}")

# %% jupyter={"source_hidden": true}
claim(
    "shap-shows-meaningful-relations",
    measured=share.mean() - np.mean(one),
    what="credit in p(8) that Shapley gives to one of four spots, less what is lost when it alone is erased",
)

# %% [markdown]
r"""
None of the three is wrong. They answer different questions: what is lost if this goes and all else stays
(permutation), or what is its fair share of what all did together (Shapley, and LIME roughly). Had Shapley
seen nothing, its credit would be near 0. Had it told what one change does, the credit would be the loss. It
is neither. **SHAP values** and **LIME** show *that* the network uses the corners. That a corner has nothing
to do with an 8 is your knowledge, no method's. And taking away finds it too, if all four go together. (The
four credits come to more than 1, since other patches are below 0.)

## Think

1. Paper A reports 97.3 %, paper B 97.6 %, one seed each, 400 test pictures. What do you know?

<details><summary>Answer</summary>

Nearly nothing. Seeds alone move this network by more; and 0.3 % of 400 pictures is about one picture.

</details>

2. A defence holds out against FGSM at ε = 0.5, where each pixel can become a middle grey. What do you think?

<details><summary>Answer</summary>

No network can be right about pictures that are all grey. The attack has failed, perhaps since the slopes have
vanished. Try PGD, borrowed pictures, and slopes of the logits instead of the loss.

</details>

3. Why is $T$ not fitted on the training rows?

<details><summary>Answer</summary>

It has learnt them by heart. With the bad camera it is right about all of them, and the best $T$ there is
below 1: it would make the network surer still.

</details>

4. Permutation importance of every column is near 0. Is the model a guess?

<details><summary>Answer</summary>

Not if columns repeat each other. Permute groups of them together.

</details>

## Recap

- A score depends on the seed. Print mean, spread and number of seeds before you name a winner.
- The slope of the loss by the input gives an attack: FGSM in one step, PGD in many. A coin is no test.
- An attack that fails proves little. Adversarial training bought much here, and large ε cost accuracy.
- Confidence is not the share that is right. One temperature, from validation rows, mends much of it, for that
  kind of data.
- Explanations find leaks that no score shows. Permutation misses what is there twice; Shapley shares it out.
"""

# %% jupyter={"source_hidden": true}
terms("16_trust")

# %% [markdown]
r"""
Now you: [exercise 16](../exercises/16_trust/16_trust.ipynb). For a second reading: [what you may have
heard](16_trust_heard.ipynb), with distribution shift, **domain adaptation**, an **A/B test** and a model
card. Before: [lesson 15](15_generative_and_meta.ipynb). Next: [lesson 17](17_distillation.ipynb), small
networks that learn from large ones.

Sources

- I. Goodfellow and others, [Explaining and harnessing adversarial
  examples](https://arxiv.org/abs/1412.6572), ICLR 2015; A. Madry and others, [Towards deep learning models
  resistant to adversarial attacks](https://arxiv.org/abs/1706.06083), ICLR 2018.
- A. Athalye and others, [Obfuscated gradients give a false sense of
  security](https://arxiv.org/abs/1802.00420), ICML 2018; E. Wong and others, [Fast is better than
  free](https://arxiv.org/abs/2001.03994), ICLR 2020.
- C. Guo and others, [On calibration of modern neural networks](https://arxiv.org/abs/1706.04599), ICML 2017.
- S. Lundberg, S. Lee, [A unified approach to interpreting model
  predictions](https://arxiv.org/abs/1705.07874), 2017; M. Ribeiro and others, ["Why should I trust
  you?"](https://arxiv.org/abs/1602.04938), 2016; L. Breiman, [Random
  forests](https://doi.org/10.1023/A:1010933404324), 2001: permutation importance.
"""
