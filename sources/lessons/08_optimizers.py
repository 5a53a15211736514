# %% [markdown]
r"""
# 08 · Optimizers: from slopes to steps

Lesson 05 gave you the gradient: which way is down. How far to go, and whether to go exactly that way, it
does not say. That is the work of an **optimizer**: a rule that makes the next step out of the gradients seen
so far.

**You will be able to**

- say when a learning rate is too large, and what a long valley does to gradient descent;
- write the steps of momentum, AdaGrad, RMSProp, Adam and AdamW, and say what each one is good for;
- say why Adam corrects a bias, and why weight decay in Adam and in AdamW are two things;
- compare optimizers fairly, and say where the plain one wins.

**Time:** {minutes} minutes.
**Before this:** lessons [05](05_backward.ipynb), backward, and [02](02_features.ipynb), features.
"""

# %% jupyter={"source_hidden": true}
from functools import partial

import numpy as np
import torch

from helpers import data
from helpers.claims import claim
from helpers.explore.optimizers import explorer
from helpers.figures import optimizers as figures
from helpers.figures import show
from helpers.glossary import terms
from helpers.nn import SGD, Adam, Linear, ReLU, RMSprop, Sequential
from helpers.splits import three_way
from helpers.training import sweep

# %% [markdown]
r"""
## Turn the paper

Here is a valley with two weights: the loss is $\frac12 w_1^2 + \frac{100}2 w_2^2$. Across it is 100 times as
steep as along it. A matrix `A` holds the two numbers, and the gradient is `A @ w`. You can also turn the
valley on the paper, by any angle; its shape stays the same. (`Q.T` turns `w` back, the diagonal measures,
`Q` turns again.)
"""


# %%
def axes(degrees):
    """Along and across the valley: a direction in each column."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s], [s, c]])


def valley(degrees, steepest=100):
    """The matrix A: the loss is w @ A @ w / 2, its gradient A @ w."""
    Q = axes(degrees)
    return Q @ np.diag([1, steepest]) @ Q.T


# %% [markdown]
r"""
And here are three rules. Each gets the gradient `g` and may keep something in a `memory`. What it returns is
multiplied by the learning rate and subtracted from `w`. You need not see yet why anybody would use the second
and the third.
"""


# %%
class Memory:
    v = 0  # all begin with nothing
    s = 0
    t = 0


def gradient_descent(g, memory):
    return g


def momentum(g, memory, mu=0.9):
    memory.v = mu * memory.v + g  # older gradients count less and less
    return memory.v


def adagrad(g, memory):
    memory.s = memory.s + g**2  # for each weight, its own sum
    return g / (np.sqrt(memory.s) + 1e-10)


# %% jupyter={"source_hidden": true}
RATES = 10 ** np.arange(-3, 1.01, 0.1)  # 0.001 to 10
MOST = 600


def steps_needed(rule, degrees, steepest=100, seed=0, rates=RATES, most=MOST):
    """The steps from each of 100 starts until less than a thousandth of the loss stays, at the best rate."""
    angle = np.random.default_rng(seed).uniform(0, 2 * np.pi, 100)
    start = np.column_stack([np.cos(angle), np.sin(angle)]) @ axes(degrees).T
    A, memory, lr = valley(degrees, steepest), Memory(), rates[:, None, None]
    w = np.repeat(start[None], len(rates), axis=0)  # (rates, starts, 2)
    needed = np.zeros(w.shape[:2])
    goal = ((start @ A) * start).sum(axis=1) / 1000
    with np.errstate(all="ignore"):  # some rates are meant to be far too large
        for step in range(most):
            below = ((w @ A) * w).sum(axis=2) < goal
            needed[~below] = step + 1
            w = w - lr * rule(w @ A, memory)
    return needed[needed.mean(axis=1).argmin()]


# %% [markdown]
r"""
A folded cell counts the steps until less than a thousandth of the loss is left and it stays so (a rule that
shoots past has not arrived). It takes the average over 100 starts drawn on a circle, and at most 600 steps.
Each rule has its own best of 41 learning rates from 0.001 to 10. The starts turn with the valley.

**Predict:** along the axes, gradient descent needs 88 steps, momentum 62 and AdaGrad 3. Then the valley is
turned by 45 degrees. Which of these numbers change, and how much?
"""

# %% tags=["predict"]
needed = {}
for rule in (gradient_descent, momentum, adagrad):
    for degrees in (0, 45):
        needed[rule, degrees] = steps_needed(rule, degrees).mean()
    along, turned = needed[rule, 0], needed[rule, 45]
    print(f"{rule.__name__:16} {along:3.0f} steps, turned {turned:3.0f}")

# %% tags=["predict"] jupyter={"source_hidden": true}
shown = {
    "gradient descent": (gradient_descent, 0.018),
    "momentum": (momentum, 0.02),
    "AdaGrad": (adagrad, 0.8),
}


def path(rule, lr, degrees, num_steps=40):
    w, memory = axes(degrees) @ [-0.9, 0.6], Memory()
    points = [w]
    for _ in range(num_steps):
        w = w - lr * rule(valley(degrees) @ w, memory)
        points.append(w)
    return np.array(points)


show(
    figures.two_valleys(
        {
            degrees: {
                name: path(rule, lr, degrees)
                for name, (rule, lr) in shown.items()
            }
            for degrees in (0, 45)
        },
        [valley(0), valley(45)],
    ),
    alt="Forty steps of three rules in the valley, along the axes and turned by 45 degrees. Gradient descent "
    "and momentum take the same path in both, turned with the valley. AdaGrad goes straight to the middle in "
    "the first; in the second it stops on the floor of the valley and creeps.",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

Gradient descent and momentum need the same 88 and 62. AdaGrad goes from 3 to 112: the best of three became
the worst.

</details>

Nobody changed the problem, only which way the paper lies. Which rules can feel that, and why? The answer is
what this lesson is about.

## 1. One step, and how far

Take one weight and the loss $\frac12 \lambda w^2$ ("lambda"). $\lambda$ is its *curvature*: how fast the
slope $\lambda w$ grows as you walk away. **Gradient descent** steps against the slope, $\eta$ ("eta", the
learning rate) times:

$$w \;\leftarrow\; w - \eta\,\lambda w \;=\; (1 - \eta\lambda)\,w$$

Aloud: each step multiplies $w$ by one minus rate times curvature. So all that can happen is in that factor.
With curvature 1, after 100 steps from 1:
"""

# %%
for lr in (0.01, 0.1, 1, 1.9, 2, 2.1):
    print(f"rate {lr:<4}  factor {1 - lr:5.2f}", end="")
    print(f"  |w| after 100 steps {abs((1 - lr) ** 100):.1g}")

# %% [markdown]
r"""
A factor close to 1 creeps. One below 0 lands on the other side each time: **oscillation**. Beyond $-1$,
which is $\eta > 2/\lambda$, each step lands farther out: **divergence**. (In slang a run that ends so, with
a loss that explodes or is NaN, is a *furnace explosion*; the plain word is **training collapse**.)
**Convergence** is the opposite: more steps hardly change the loss any more.
"""

# %% jupyter={"source_hidden": true}
claim(
    "learning-rate-extremes",
    because="A step multiplies w by 1 − ηλ. |1 − ηλ| > 1 where η > 2/λ: it overshoots more each time. "
    "With ηλ = 0.01, 100 steps leave 0.99¹⁰⁰ = 0.37 of the way.",
)

# %% [markdown]
r"""
A valley has a curvature for each direction, here 1 and 100, but only one learning rate. The steep direction
allows at most 2/100. With that, the flat one moves by 2 percent a step. The ratio of the two curvatures is
the *condition number* $\kappa$ ("kappa") of lesson 02. It says how many times as far the flat direction
could go if it had a rate of its own.

Which data is the gradient of? Three words differ only in that:

| name | the gradient of one step is the mean over |
| --- | --- |
| gradient descent, in full *batch* gradient descent | all rows |
| **stochastic gradient descent (SGD)** | one row, drawn at random |
| **mini-batch gradient descent** | a few rows, say 32 |

In PyTorch all three are called `SGD`, and so they are here. (**Batch learning** is something else: all data
are there from the start, the opposite of online learning.) And the direction is a convention:
"""

# %% jupyter={"source_hidden": true}
claim(
    "optimizers-minimise-or-maximise",
    because="A loss is something to minimise: w − η∇L. What is to be maximised, J, becomes the loss −J, "
    "whose step w − η∇(−J) goes up J; torch.optim has maximize=True for it.",
)

# %% [markdown]
r"""
## 2. Remember where you were going

With a rate near the limit, the gradient across the valley changes its sign at every step; along it, it
always points the same way. **Momentum** adds the past up, so the first cancels and the second grows:

$$v \leftarrow \mu v + g, \qquad w \leftarrow w - \eta v$$

Aloud: keep a share $\mu$ ("mu") of the old velocity, add the gradient, step by the velocity. Try it on two
made-up gradients:
"""

# %%
steady, flipping = Memory(), Memory()
for step in range(100):
    momentum(1, steady)
    momentum((-1) ** step, flipping)
print(f"always 1: v = {steady.v:.2f}   1, -1, 1, …: v = {flipping.v:.2f}")

# %% [markdown]
r"""
A steady slope counts $1/(1-\mu) = 10$ times, a flipping one about half. **Nesterov's** version steps by
$g + \mu v$, the velocity that the next step would have if the gradient stayed as it is.

Does that help, or does momentum only take longer steps? Give both their best learning rate, and momentum its
best $\mu$ of eight. If it were only the length, gradient descent at its own best would be as fast.
"""


# %%
def nesterov(g, memory, mu=0.9):
    memory.v = mu * memory.v + g
    return g + mu * memory.v


# %% jupyter={"source_hidden": true}
saved = {}
for steepest in (10, 100, 1000):
    options = {"degrees": 0, "steepest": steepest}
    options |= {"rates": 10 ** np.arange(-3.3, 0.31, 0.1)}
    most = max(250, int(2.5 * steepest))
    plain = steps_needed(gradient_descent, most=most, **options)
    best = {}
    for name, rule in {"momentum": momentum, "Nesterov": nesterov}.items():
        runs = [
            steps_needed(partial(rule, mu=mu), most=300, **options)
            for mu in (0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98)
        ]
        best[name] = min(runs, key=np.mean)
    saved[steepest] = plain.mean() / best["momentum"].mean()
    told = "  ".join(
        f"{name} {runs.mean():2.0f}" for name, runs in best.items()
    )
    print(
        f"condition number {steepest:4}: gradient descent {plain.mean():3.0f}  {told}"
        f"  (√κ = {np.sqrt(steepest):.0f})"
    )

# %% jupyter={"source_hidden": true}
claim(
    "momentum-is-faster",
    measured=saved[1000],
    digits=1,
    what="times as many steps without momentum, condition number 1000, each at its best settings",
)

# %% [markdown]
r"""
The longer the valley, the more it saves. Theory (Polyak, 1964) says that with the best settings the steps
grow like $\kappa$ without and like $\sqrt\kappa$ with momentum. In a round bowl, $\kappa = 1$, there is
nothing to save: gradient descent with $\eta = 1/\lambda$ arrives in one step. And momentum has one more
number to choose. With 0.9, as at the beginning, condition number 100 took it 62 steps; with its best, 0.7, it
takes 24.

Neither rule can tell how the paper lies. Both only add up gradients, and if the valley turns, all of these
turn with it.

## 3. A ruler for each weight

**AdaGrad** does something else: it divides each weight's gradient by the root of the sum of that weight's
own squared gradients. A weight with steep slopes gets short steps, one with flat slopes long ones: an
**adaptive learning rate**. Along the axes, this makes the valley round. But it measures along the axes of
the *weights*. In the turned valley both weights feel the steep direction, both are divided by the same large
number, and the valley stays as long as it was.

The sum never shrinks, so neither does what divides. **RMSProp** replaces it by a running mean, which forgets.
**Adam** is RMSProp with momentum, and with one more thing, its *bias correction*:
"""


# %%
def rmsprop(g, memory, rho=0.99):
    memory.s = rho * memory.s + (1 - rho) * g**2
    return g / (np.sqrt(memory.s) + 1e-8)


def adam(g, memory, beta1=0.9, beta2=0.999):
    memory.t += 1
    memory.v = beta1 * memory.v + (1 - beta1) * g
    memory.s = beta2 * memory.s + (1 - beta2) * g**2
    v_hat = memory.v / (1 - beta1**memory.t)
    s_hat = memory.s / (1 - beta2**memory.t)
    return v_hat / (np.sqrt(s_hat) + 1e-8)


# %% [markdown]
r"""
Aloud: the mean of the recent gradients, divided by the root of the mean of their recent squares. (Kingma and
Ba call them $m$ and $v$; here $v$ stays the velocity.) Both means begin at 0, so at first they are too small.
After $t$ steps with a gradient of 1 they are $1 - \beta^t$, and Adam divides by just that.

What if you leave it out? Two means are too small, one on top and one below. **Predict:** are the first steps
then too short, or too long? Here is the length of a step, in learning rates, for a gradient that is always 1
(with the correction it is always 1):
"""

# %% tags=["predict"]
t = np.array([1, 2, 10, 100, 1000, 10_000])
length = (1 - 0.9**t) / np.sqrt(1 - 0.999**t)
for step, times in zip(t, length, strict=True):
    print(f"step {step:6}: {times:.1f}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

Too long: 3.2 times in the first step, 6.5 times in the tenth. The mean of squares is the slower one, so it
is missing more, and it stands below: in the first step 0.1 is divided by $\sqrt{0.001} = 0.032$.

</details>

With the correction, Adam's first step has the length of the learning rate for each weight, however steep it
is. Now all rules beside PyTorch's: 200 steps in a valley turned by 30 degrees.
"""

# %%
twins = {
    gradient_descent: torch.optim.SGD,
    momentum: partial(torch.optim.SGD, momentum=0.9),
    nesterov: partial(torch.optim.SGD, momentum=0.9, nesterov=True),
    adagrad: torch.optim.Adagrad,
    rmsprop: torch.optim.RMSprop,
    adam: torch.optim.Adam,
}
A, lr = valley(30), 0.01
for rule, twin in twins.items():
    w, memory = np.array([-1.0, 0.5]), Memory()
    theirs = torch.tensor(w, requires_grad=True)
    optimizer = twin([theirs], lr=lr)
    for _ in range(200):
        w = w - lr * rule(A @ w, memory)
        theirs.grad = torch.tensor(A) @ theirs.detach()
        optimizer.step()
    gap = np.abs(w - theirs.detach().numpy()).max()
    print(f"{rule.__name__:16} equal to 1e-12: {bool(gap < 1e-12)}")

# %% [markdown]
r"""
How much does Adam feel the turn? And is it the ruler that makes it fast, or the momentum? `beta1=0` leaves
the momentum out. If the ruler were all, the two lines would be alike.
"""

# %%
for name, rule in {
    "Adam": adam,
    "without momentum": partial(adam, beta1=0),
}.items():
    for degrees in (0, 15, 45):
        needed[name, degrees] = steps_needed(rule, degrees).mean()
    told = [f"{needed[name, d]:3.0f}" for d in (0, 15, 45)]
    print(f"{name:16} at 0, 15, 45 degrees:", *told)

# %% jupyter={"source_hidden": true}
claim(
    "adaptive-is-faster",
    measured=needed[gradient_descent, 0] / needed[adagrad, 0],
    digits=0,
    what="times as many steps with gradient descent as with AdaGrad, along the axes, each at its best rate",
)

# %% [markdown]
r"""
Adam hardly feels this turn, and the momentum does most of the work: alone, with the same 0.9, it needs 62
steps at every angle. Adam's ruler alone is no better than gradient descent's 88 along the axes, and turned it
needs three times as many. AdaGrad's needs 3, and turned 112. So a ruler can help where the weights themselves
are the directions in which the curvature differs: columns in other units, say. Section 5 tries that.

Could a rule learn the directions too? The matrix `A` knows them. **Newton's method**, a *second-order* one,
steps by $A^{-1} g$ and is at the bottom of any such valley in one step:
"""

# %%
w = axes(45) @ [-1.0, 0.5]
w = w - np.linalg.solve(valley(45), valley(45) @ w)
print("after one step of Newton's method:", np.abs(w).max().round(12))

# %% [markdown]
r"""
Its price is a matrix with a row and a column for each weight: for the 9,610 of lesson 04, 92 million numbers.
The companion races it against gradient descent on real data, together with L-BFGS, which gets by without the
matrix.

### Try it

A valley with condition number 100, 100 steps. You choose the rule, the learning rate and the angle. Before
you move anything: find a rate with which AdaGrad arrives at 0 degrees. Then turn to 45 and look for another
one that does. Which rule has the *widest* range of rates that arrive?
"""

# %%
explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

At 0 degrees AdaGrad arrives with all rates from 0.1 on; at 45 degrees with none in 100 steps. Momentum
(0.002 to 0.03) and gradient descent (0.018 alone) have the same rates at every angle. The widest range is
RMSProp's at 0 degrees, from 0.01 to the end of the slider; at 45 degrees it shrinks to 0.1 alone. Adam's
goes to the end at every angle, at 45 degrees from 0.2: as wide as momentum's. A wide range is worth much to
those who have no time to search.

</details>

## 4. Weight decay, and the W in AdamW

*Weight decay* pulls all weights towards 0, each step a little (lesson 12 says what for). There are two ways
to write it, with a strength $\lambda$ (another lambda, alas):

- **L2 penalty**: add $\frac{\lambda}{2}|w|^2$ to the loss, so $\lambda w$ to the gradient: `rule(g + decay *
  w)`.
- **Decoupled**: step as if there were none, and shrink the weights beside it: `w - lr * decay * w`.

For gradient descent the two are the same line. For Adam, who divides? Two weights start at 1. The data want
nothing of either: both gradients are pure noise, of size 10 for the first and 0.1 for the second.
**Predict:** which weight does Adam with an L2 penalty of 0.1 pull to 0 faster?
"""


# %% tags=["predict"]
def step_with_decay(g, w, memory, decoupled, decay=0.1):
    if decoupled:  # AdamW
        return adam(g, memory) + decay * w
    return adam(g + decay * w, memory)  # Adam with an L2 penalty


def pulled(decoupled, lr=0.01, num_steps=500):
    """Two weights, the mean of 1,000 runs."""
    rng, memory = np.random.default_rng(0), Memory()
    w = np.ones((1000, 2))
    for _ in range(num_steps):
        g = rng.normal(size=w.shape) * [10, 0.1]
        w = w - lr * step_with_decay(g, w, memory, decoupled)
    return w.mean(axis=0)


for name, decoupled in {"Adam + L2": False, "AdamW": True}.items():
    noisy, quiet = pulled(decoupled)
    print(f"{name:9}  noisy weight {noisy:.1f}, quiet weight {quiet:.1f}")
print(f"shrunk 500 times by lr · decay: {(1 - 0.01 * 0.1) ** 500:.1f}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

With L2 the noisy weight keeps 0.9 of its size, and of the quiet one nothing is left. With AdamW both keep
0.6.

</details>

The penalty is part of the gradient, so Adam divides it too: by 10 for the first weight, by little for the
second. **AdamW** (Loshchilov and Hutter, 2019) keeps the decay out of that division, and all weights shrink
by the same factor. Beside PyTorch's, 200 steps again:
"""

# %%
for name, twin in {
    "Adam + L2": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
}.items():
    w, memory = np.array([-1.0, 0.5]), Memory()
    theirs = torch.tensor(w, requires_grad=True)
    optimizer = twin([theirs], lr=lr, weight_decay=0.1)
    for _ in range(200):
        w = w - lr * step_with_decay(A @ w, w, memory, name == "AdamW")
        theirs.grad = torch.tensor(A) @ theirs.detach()
        optimizer.step()
    gap = np.abs(w - theirs.detach().numpy()).max()
    print(f"{name:9} equal to 1e-12: {bool(gap < 1e-12)}")

# %% [markdown]
r"""
With a decay of 0 there is no difference at all. That matters when you read other people's code:
"""

# %% jupyter={"source_hidden": true}
claim(
    "textual-inversion-uses-adamw",
    source="AUTOMATIC1111, stable-diffusion-webui, 2022: its textual_inversion.py calls "
    "torch.optim.AdamW([embedding.vec], lr=…); in later versions with weight_decay=0.0, which is Adam.",
)

# %% [markdown]
r"""
## 5. A fair race

A race is fair if each runner has its own best learning rate, chosen on data that do not count, and if luck is
shown. Here are four courses.

1. *Digits*: 64–32–10 with relu, ten passes over 1,024 pictures in batches of 32.
2. *Wrong labels*: the same, but three in ten training labels are replaced by random ones.
3. *Other units*: each pixel is multiplied by its own factor between 0.03 and 30.
4. *Guess a pixel*: a linear model, 40 pictures, guess one pixel from the other 63; 1,000 steps, all rows in
   each.

For each runner, two (in the fourth five) draws of the data choose the rate on the validation sets. Ten
other draws are scored on their test sets. You may have heard that SGD is slower but ends higher, and that
Adam is faster but less stable on noisy data. If that is so, SGD is ahead at the end of course 1, and Adam
spreads more in course 2.
"""

# %% jupyter={"source_hidden": true}
digits = data.load_digits()
grey = digits.X / 16


def pictures(draw, wrong=0.0, other_units=False):
    """Training, validation and test set; only training labels are wrong."""
    rng = np.random.default_rng(draw)
    factors = 10 ** rng.uniform(-1.5, 1.5, 64) if other_units else 1
    train, validation, test = three_way(len(grey), 400, 373, rng)
    labels = digits.y.copy()
    changed = train[rng.random(len(train)) < wrong]
    labels[changed] = rng.integers(0, 10, len(changed))
    return [
        (grey[rows] * factors, labels[rows])
        for rows in (train, validation, test)
    ]


def network(seed):
    rng = np.random.default_rng(seed)
    first = Linear(64, 32, rng=rng)
    return Sequential(first, ReLU(), Linear(32, 10, rng=rng))


RUNNERS = {  # the maker, and a rate about in the middle of its eleven
    "SGD": (SGD, 10**-0.25),
    "momentum": (partial(SGD, momentum=0.9), 10**-1.25),
    "RMSProp": (RMSprop, 10**-2.25),
    "Adam": (Adam, 10**-1.75),
}
OPTIONS = {"batch_size": 32, "num_epochs": 10}


def race(course):
    """For each runner its rate, and the test accuracy after each pass, shape (10 passes, 10 runs)."""
    chosen, found = {}, {}
    for name, (maker, middle) in RUNNERS.items():
        options = OPTIONS | {"optimizer": maker}
        rates = middle * 10 ** np.arange(-1.5, 1.01, 0.25)
        scores = 0.0
        for draw in range(2):
            train, validation, _ = course(draw)
            runs = sweep(
                network, train, validation, lr=rates, seeds=[draw], **options
            )
            scores = scores + runs.last("accuracy")[:, 0]
        lr = chosen[name] = rates[np.argmax(scores)]
        runs = []
        for draw in range(10, 20):
            train, _, test = course(draw)
            runs.append(
                sweep(network, train, test, lr=lr, seeds=[draw], **options)[0]
            )
        found[name] = np.concatenate([run.accuracy for run in runs], axis=1)
    return chosen, found


def pixels(draws, rows=40):
    """Training, validation and test sets of several draws: X (draws, n, 63) and y (draws, n)."""
    X, y = [], []
    lively = np.flatnonzero(grey.std(axis=0) > 0.2)
    for draw in draws:
        rng = np.random.default_rng(draw)
        order, guessed = rng.permutation(len(grey)), rng.choice(lively)
        centred = (grey - grey.mean(axis=0))[order]
        X.append(np.delete(centred, guessed, axis=1))
        y.append(centred[:, guessed])
    X, y = np.array(X), np.array(y)
    parts = slice(rows), slice(rows, rows + 400), slice(-373, None)
    return [(X[:, part], y[:, part]) for part in parts]


def guess_pixels(rule, rates, draws, part, num_steps=1000):
    """The squared error as a share of the variance, for each rate and draw, in validation (1) or test (2)."""
    sets = pixels(draws)
    X, y = sets[0]
    products = X.mT @ X / X.shape[1]
    target = (X.mT @ y[..., None] / X.shape[1])[..., 0]
    w, memory = np.zeros((len(draws), len(rates), X.shape[2])), Memory()
    with np.errstate(all="ignore"):
        for _ in range(num_steps):
            g = w @ products - target[:, None]
            w = w - rates[:, None] * rule(g, memory)
        X, y = sets[part]
        errors = np.mean((w @ X.mT - y[:, None]) ** 2, axis=2)
        return (errors / y.var(axis=1)[:, None]).T


# %% jupyter={"source_hidden": true}
def table(title, chosen, errors):
    print(title)
    for name, values in errors.items():
        told = (
            f"{values.mean():.2f} ({values.min():.2f} to {values.max():.2f})"
        )
        print(f"  {name:9} {told}  rate {chosen[name]:.2g}")


courses = {
    "digits": pictures,
    "wrong labels": partial(pictures, wrong=0.3),
    "other units": partial(pictures, other_units=True),
}
results, errors = {}, {}
for title, course in courses.items():
    chosen, results[title] = race(course)
    errors[title] = {
        name: 1 - accuracy[-1] for name, accuracy in results[title].items()
    }
    table(f"{title}: share of test pictures wrong", chosen, errors[title])

errors["guess a pixel"], chosen = {}, {}
for name, rule, middle in (
    ("SGD", gradient_descent, 1e-2),
    ("momentum", momentum, 1e-3),
    ("RMSProp", rmsprop, 1e-4),
    ("Adam", adam, 1e-4),
):
    rates = middle * 10 ** np.arange(-1, 1.01, 0.25)
    scores = guess_pixels(rule, rates, range(5), part=1).mean(axis=1)
    chosen[name] = rates[np.nanargmin(scores)]
    (errors["guess a pixel"][name],) = guess_pixels(
        rule, np.array([chosen[name]]), range(10, 20), part=2
    )
title = "guess a pixel: squared error over variance"
table(title, chosen, errors["guess a pixel"])

# %% jupyter={"source_hidden": true}
show(
    figures.race(
        errors,
        dict.fromkeys(courses, "share of test pictures wrong")
        | {"guess a pixel": "squared error / variance"},
    ),
    alt="Four panels, a dot a run and a bar at the mean. Digits and wrong labels: the four runners "
    "overlap. Other units: RMSProp and Adam are near 0.1, most runs of SGD and momentum near 0.2. Guess a "
    "pixel: SGD and momentum have a lower mean than RMSProp and Adam.",
)


def passes(accuracy):
    """Until 90 % of the test pictures are right, on average; 11 where that is never reached."""
    reached = accuracy >= 0.9
    return np.where(reached.any(axis=0), reached.argmax(axis=0) + 1, 11).mean()


for title in courses:
    told = [
        f"{name} {passes(runs):.0f}" for name, runs in results[title].items()
    ]
    print(f"passes until 90 % are right, {title:12}:", ", ".join(told))

# %% [markdown]
r"""
Which leads are luck? SGD and Adam ran on the same ten draws, so take the gap in each draw. The mean of the
gaps counts as a lead if it is more than two *standard errors* from 0: their spread, over $\sqrt{10}$. In
hundredths:
"""

# %%
for title, runners in errors.items():
    gaps = 100 * (runners["SGD"] - runners["Adam"])
    error = gaps.std(ddof=1) / np.sqrt(len(gaps))  # spread with n - 1
    told = f"{round(gaps.mean()):3} ± {round(2 * error)}"
    ahead = f"SGD ahead in {np.sum(gaps < 0)} of {len(gaps)}"
    print(f"{title:13}  SGD's error minus Adam's: {told}, {ahead}")

# %% jupyter={"source_hidden": true}
claim(
    "sgd-slow-adam-unstable",
    measured=100
    * (errors["digits"]["Adam"].mean() - errors["digits"]["SGD"].mean()),
    digits=0,
    what="percentage points by which SGD ends above Adam, digits, each at its best rate, 10 runs",
)

# %% [markdown]
r"""
Course 1 is a draw: Adam is there a pass sooner, and at the end nobody is ahead. So is course 2 here. In
twelve other races like it (not shown), SGD spread more in seven, and Adam ended ahead in eight: nothing of
what is said shows. Course 3 is where the ruler helps: half as many mistakes, though one of SGD's ten runs
gets as far. (Scaling the columns, lesson 02, takes such units away.) In course 4 plain gradient descent
wins, in nine of the ten draws, and momentum with it. What costs Adam so much there? The companion tries three
answers. Wilson and others (2017) found networks, too, that plain SGD served better.

So no rule wins everywhere, and small leads need many runs. Start with Adam or AdamW where columns
or layers differ in scale, or when there is no time to search for a rate. Try SGD with momentum, at its own
best rate, before you call it slower.

## Think

1. Somebody multiplies the loss by 1,000. What changes for gradient descent, and what for Adam?

<details><summary>Answer</summary>

All gradients are 1,000 times as large. Gradient descent steps 1,000 times as far, so its rate has to be a
thousandth. Adam divides by the root of the mean square, which grows by 1,000 too: the same steps (but for the
tiny 1e-8).

</details>

2. With $\mu = 0.9$ a steady slope counts ten times. You go from SGD with rate 0.1 to momentum. Which rate do
   you try first?

<details><summary>Answer</summary>

0.01: on a steady slope it then moves as far as before. In the race the best rate of momentum was between a
sixth and a tenth of SGD's.

</details>

3. Why does AdaGrad need no turn to be slow in a long training?

<details><summary>Answer</summary>

Its sum only grows, so all of its steps shrink for ever, by about one over the root of the number of steps,
needed or not. RMSProp forgets old squares and does not.

</details>

4. How many numbers does each optimizer keep for a network of 9,610 parameters?

<details><summary>Answer</summary>

Plain SGD none, momentum, AdaGrad and RMSProp 9,610, Adam and AdamW 19,220. Newton's method would hold 92
million.

</details>

## Recap

- An optimizer makes the next step out of the gradients so far. With a rate above 2 / curvature it diverges.
- Momentum adds gradients up: what flips cancels, what stays grows. In a long valley it saves most of the
  steps.
- AdaGrad, RMSProp and Adam divide each weight's gradient by its own size: that helps along the axes of the
  weights, and less or not at all in a turned valley.
- Without bias correction Adam's first steps are several times too long. AdamW keeps weight decay out of the
  division.
- A fair race has the best rate for each, several runs, and their spread. Plain descent wins some.
"""

# %% jupyter={"source_hidden": true}
terms("08_optimizers")

# %% [markdown]
r"""
Now you: [exercise 08](../exercises/08_optimizers/08_optimizers.ipynb). For a second reading: [what you may
have heard](08_optimizers_heard.ipynb), with Newton, minima, saddles, clipping, and why plain descent won a
race. Next: lesson [09](09_training_loop.ipynb), the training loop.

Sources

- B. T. Polyak, [Some methods of speeding up the convergence of iteration
  methods](https://doi.org/10.1016/0041-5553(64)90137-5), 1964: momentum.
- J. Duchi, E. Hazan, Y. Singer, [Adaptive subgradient methods](https://jmlr.org/papers/v12/duchi11a.html),
  *JMLR* 12, 2011: AdaGrad.
- D. P. Kingma, J. Ba, [Adam](https://arxiv.org/abs/1412.6980), ICLR 2015; I. Loshchilov, F. Hutter,
  [Decoupled weight decay regularization](https://arxiv.org/abs/1711.05101), ICLR 2019.
- A. C. Wilson and others, [The marginal value of adaptive gradient methods in machine
  learning](https://arxiv.org/abs/1705.08292), NeurIPS 2017.
"""
