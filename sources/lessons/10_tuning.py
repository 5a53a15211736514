# %% [markdown]
r"""
# 10 · Tuning

The loop runs. Now its settings have to be found within a budget, and kept so that others can repeat it.

**You will be able to**

- find a learning rate in one short run, and choose a schedule for it;
- read the loss curves, and stop in time;
- continue an interrupted run to the same bit;
- search for good settings at random, and say what a search has found.

**Time:** {minutes} minutes. **Before this:** lesson [09](09_training_loop.ipynb), the training loop.
"""

# %% jupyter={"source_hidden": true}
import tempfile

import numpy as np
import optuna
import torch

from helpers import data
from helpers.claims import claim
from helpers.figures import show
from helpers.figures import tuning as figures
from helpers.glossary import terms
from helpers.nn import SGD, Adam, CrossEntropyLoss, Linear, ReLU, Sequential
from helpers.nn.fleet import Fleet
from helpers.nn.schedules import CosineAnnealingLR, ExponentialLR
from helpers.splits import three_way
from helpers.training import (
    EarlyStopping,
    fit,
    load_checkpoint,
    predict,
    save_checkpoint,
    sweep,
)

# %% [markdown]
r"""
## Ten times as long

Near a minimum a smooth loss looks like a parabola, and what a batch tells about the slope is noisy (lesson
09). So here is a small model of a training's end: the loss $\frac12 w^2$, whose slope is seen as
$w + \text{noise}$. Start at 3, take 500 steps at a learning rate of 0.1, and note the loss at the end. The
function does 2,000 such runs at once, one for each place of the array `w`, and returns their mean loss.

**Predict:** if you train ten times as long, how much lower does the loss get?
"""


# %% tags=["predict"]
def loss_at_the_end(rates):
    """One step for each rate, in 2,000 runs at once: their mean loss."""
    rng, w = np.random.default_rng(0), np.full(2000, 3.0)
    for lr in rates:
        w = w - lr * (w + rng.normal(size=2000))
    return np.mean(w**2 / 2)


for num_steps in (500, 5000):
    loss = loss_at_the_end([0.1] * num_steps)
    print(f"{num_steps:4} steps at a rate of 0.1: loss {loss:.3f}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

Not at all: the runs have long been as near as the noise lets them. More time does not help here, another
setting does.

</details>

How to find it without trying everything is the subject of this lesson.

The data and the network are those of lesson 09: digits, 1,024 pictures to learn from, 400 to choose by, 373
to be looked at once, and layers of 64, 32 and 10. `network(seed)` makes a new one.
"""

# %% jupyter={"source_hidden": true}
X, y = data.load_digits()
train, validation, test = three_way(len(X), 400, 373, np.random.default_rng(0))
X_test, y_test = X[test] / 16, y[test]
X_validation, y_validation = X[validation] / 16, y[validation]
X, y = X[train] / 16, y[train]
training_set, validation_set = (X, y), (X_validation, y_validation)
folder = tempfile.TemporaryDirectory()
path = f"{folder.name}/epoch_40.npz"


def network(seed, num_hidden=32):
    rng = np.random.default_rng(seed)
    first = Linear(64, num_hidden, rng=rng)
    return Sequential(first, ReLU(), Linear(num_hidden, 10, rng=rng))


# %% [markdown]
r"""
## 1. A rate to start with

A **learning-rate finder** is one short run: start with a tiny rate and multiply it after every step. While
it is too small the loss stands still, then it falls, then it jumps up. Four epochs are 128 steps here.
"""

# %%
NUM_STEPS = 128
rates = 1e-3 * 1e4 ** (np.arange(NUM_STEPS) / NUM_STEPS)  # 0.001 to 10


def finder(seed):
    """The loss of each step while the rate grows, smoothed."""
    model = network(seed)
    optimizer = SGD(model, lr=rates[0])
    grow = ExponentialLR(optimizer, gamma=rates[1] / rates[0])
    options = {"batch_size": 32, "num_epochs": 4, "progress": False}
    options |= {"schedule": grow, "schedule_per": "step"}  # adds two
    options["rng"] = np.random.default_rng(seed)
    history = fit(model, CrossEntropyLoss(), optimizer, X, y, **options)
    return np.convolve(history.losses, np.ones(7) / 7, mode="valid")


middle = rates[3:-3]  # a mean of seven steps belongs to its fourth
smooth = finder(seed=0)
lowest = middle[np.argmin(smooth)]
print(f"lowest at a rate of {lowest:.1f}; a third of it: {lowest / 3:.1f}")
others = [middle[np.argmin(finder(seed))] for seed in range(1, 10)]
print(f"nine other seeds: lowest at {min(others):.1f} to {max(others):.1f}")

# %% [markdown]
r"""
(`np.convolve(losses, np.ones(7) / 7, mode="valid")` is the mean of each seven neighbours: a single batch is
too noisy to read.) The lowest point depends on the seed, and soon after it the run breaks. So a rule of thumb
goes lower, say to a third. Smith (2017), who had the idea, let the rate grow along a straight line and read
the accuracy; this is the form in which it is mostly used today.
"""

# %% jupyter={"source_hidden": true}
show(
    figures.finder(middle, smooth, lowest),
    alt="The batch loss stays at 2.3 until a rate of about 0.05, falls to 1.5 at 0.7, "
    "marked as the lowest, and then jumps up. The region below the lowest point is marked as worth trying.",
)

# %% [markdown]
r"""
Was the advice good? Here is what it replaces: whole trainings at nine rates. `sweep` trains a network for
each rate and seed, five seeds here, and measures it on the validation set.
"""

# %%
lrs = [0.001, 0.01, 0.05, 0.1, 0.2, 0.4, 0.8, 2, 3.2]
options = {"lr": lrs, "batch_size": 32, "num_epochs": 10, "seeds": 5}
print(sweep(network, training_set, validation_set, **options))

# %% [markdown]
r"""
A third of the lowest point, 0.2, learns safely, but more slowly than 0.8. The lowest point itself would have
been better here; that of another seed, 1.4, is close to 2, where nothing is learnt. Look at the two ends,
too. Far too small and far too large a rate both leave the loss at 2.3, which is $\log 10$: what guessing
among ten digits costs. A flat curve does not say in which direction to go.

## 2. Schedules

Far from the minimum you want large steps. Near it the noise throws you about, the more the larger the steps
are. So let the rate fall. The parabola of the opening again, 500 steps:
"""


# %%
def cosine(lr, T):
    """The rates of T steps: from lr down to nearly 0."""
    t = np.arange(T)
    return lr * (1 + np.cos(np.pi * t / T)) / 2


def warm_up_then_line(lr, num_warmup, T):
    """Up from 0, then down along a straight line: two arrays, joined."""
    up = lr * np.arange(num_warmup) / num_warmup
    down = np.linspace(lr, 0, T - num_warmup)
    return np.concatenate([up, down])


rules = {
    "constant 0.1": [0.1] * 500,
    "constant 0.01": [0.01] * 500,
    "step 0.1, 0.01, 0.001": [0.1] * 250 + [0.01] * 125 + [0.001] * 125,
    "cosine 0.1": cosine(0.1, 500),
    "warm-up, then a line": warm_up_then_line(0.1, 50, 500),
}
for name, rule in rules.items():
    print(f"{name:22} loss at the end {loss_at_the_end(rule):.4f}")

# %% [markdown]
r"""
On this parabola a constant rate ends on a floor of about lr/4, however long you train. Here 0.01 did well:
500 steps were just enough to arrive. Who does not know that beforehand starts high and lets the rate fall.

A rule that gives the rate of each step is a **learning-rate schedule**. One that lowers it is called *decay*
or *annealing*; a schedule may also raise it, as a warm-up does. With $T$ steps in all and a start rate
$\eta_0$ (read "eta nought"):

| schedule | rate after $t$ steps | in words |
| --- | --- | --- |
| **linear annealing** | $\eta_0 (1 - t/T)$ | the share of steps that is left |
| **exponential decay** | $\eta_0 \gamma^t$ | times the same $\gamma$ ("gamma") after each step |
| **step decay** | $\eta_0 \gamma^{\lfloor t/s \rfloor}$ | times $\gamma$ after every $s$ steps |
| **cosine annealing** | $\frac12 \eta_0 (1 + \cos(\pi t/T))$ | half a wave, flat at both ends |
| warm-up | $\eta_0 t / T_w$, $T_w$ steps long | up from nearly 0, then one of the above |
| **ReduceLROnPlateau** (dynamic adjustment) | | times a factor when the loss no longer falls |
"""

# %% jupyter={"source_hidden": true}
from helpers.explore.tuning import NAMES, explorer
from helpers.explore.tuning import rates as rates_of

chosen = {name: rates_of(k, 1.0) for k, name in enumerate(NAMES) if k}
show(
    figures.schedules(chosen),
    alt="Five schedules over 12 epochs, each named at its line. Step decay is a staircase with drops at "
    "epochs 4 and 8, exponential falls fast and then slowly, linear is a straight line to 0, cosine is flat "
    "at both ends, and the last climbs to 1 in two epochs and then falls along a cosine.",
)

# %% [markdown]
r"""
PyTorch has the same rules, as objects that move the rate of an optimizer. One step a time, twice as long as
`T_max`:
"""

# %%
weight = torch.zeros(1, requires_grad=True)
optimizer = torch.optim.SGD([weight], lr=1.0)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=20)
theirs = []
for _ in range(41):
    theirs.append(optimizer.param_groups[0]["lr"])
    optimizer.step()
    schedule.step()
same = np.allclose(theirs[:20], cosine(1.0, 20))
print("the first 20 agree with ours:", same)
print("rate after 0, 10, 20, 30, 40 steps:", np.round(theirs[::10], 3) + 0.0)

# %% [markdown]
r"""
Three things that people say are settled by what a schedule *is*. It sets a rate, and nothing more: this one
even climbs back after step 20.
"""

# %% jupyter={"source_hidden": true}
claim(
    "minimum-rate-ends-training",
    because="A schedule gives the rate of the next step. The loop ends when its epochs are "
    "over, or when its stopping rule says so.",
)

# %% jupyter={"source_hidden": true}
claim(
    "step-decay-by-stage",
    because="The rate is constant within a stage, and each new stage has the rate of the "
    "last one times the same factor.",
)

# %% jupyter={"source_hidden": true}
claim(
    "annealing-tames-the-start",
    because="Annealing lowers the rate, so its first step has the highest of all. "
    "What makes the first steps small is a warm-up.",
)

# %% [markdown]
r"""
### Is a schedule better than a good constant rate?

At a rate that breaks the constant run, one that falls looks good for that reason alone. So let each side have
its own best start: five seeds choose it among five rates, twenty other seeds then compare. The loss of the
constant run divided by that of the cosine is 1 if the schedule does nothing, and below 1 if it does harm.
"""

# %%
lrs = [0.1, 0.2, 0.4, 0.8, 1.6]
sets = (training_set, validation_set)
options, end = {"batch_size": 16, "num_epochs": 12}, {}
for name, schedule in {
    "constant": None,
    "cosine": lambda optimizer: CosineAnnealingLR(optimizer, T_max=12),
}.items():
    options["schedule"] = schedule
    tried = sweep(network, *sets, lr=lrs, seeds=5, **options)
    best, others = tried.best().lr, range(5, 25)
    again = sweep(network, *sets, lr=best, seeds=others, **options)
    end[name] = again.last("validation_loss")[0]
    losses = tried.last("validation_loss").mean(axis=1)
    print(f"{name:8} loss by start rate:", *(f"{loss:.2f}" for loss in losses))
    mean, low, high = end[name].mean(), end[name].min(), end[name].max()
    print(f"         from {best}, other seeds: {mean:.2f}", end=" ")
    print(f"({low:.2f} to {high:.2f})")

claim(
    "cosine-converges-better",
    measured=end["constant"].mean() / end["cosine"].mean(),
    what="validation loss of the constant rate over that of the cosine, "
    "each from its best start",
)

# %% [markdown]
r"""
Better, but not by much; and from a low start the cosine is worse: it shortens steps that are too short
already. A schedule and its start rate belong together.

### Try it

Each setting shows three networks, and a dotted line where the best constant rate ended. Before you move a
slider: from 0.05, does a falling rate end higher or lower than a constant one? And which schedule survives
1.6, where a constant rate learns nothing?
"""

# %%
explorer()

# %% [markdown]
r"""
## 3. Stop in time

More epochs may also do harm. To see it, make the labels bad: 400 pictures, and for three in ten of them a
label drawn at random. Such labels can only be learned by heart. For comparison, the same 400 pictures with
their right labels. The optimizer is Adam (lesson 08), which adapts the step of each weight.
"""

# %%
rng = np.random.default_rng(0)
X_few, y_few, y_bad = X[:400], y[:400], y[:400].copy()
bad = rng.random(400) < 0.3
y_bad[bad] = rng.integers(10, size=bad.sum())


def wide_network(seed):
    return network(seed, num_hidden=128)


options = {"lr": 6e-3, "optimizer": Adam, "batch_size": 32, "num_epochs": 60}
runs, lost = {}, {}
for name, labels in {"wrong labels": y_bad, "right labels": y_few}.items():
    sets = (X_few, labels), validation_set
    run = runs[name] = sweep(wide_network, *sets, seeds=5, **options)[0]
    best = run.validation_loss.argmin(axis=0)  # one epoch for each seed
    at_best = run.accuracy[best, np.arange(5)]
    at_end = run.accuracy[-1]
    lost[name] = at_best - at_end
    first, last = best.min() + 1, best.max() + 1
    print(f"{name}: best epochs {first} to {last}, accuracy", end=" ")
    print(f"there {at_best.mean():.2f}, at the end {at_end.mean():.2f}")

# %% jupyter={"source_hidden": true}
show(
    figures.curves(
        {
            "400 pictures, 30 % wrong labels": runs["wrong labels"],
            "right labels": runs["right labels"],
        }
    ),
    alt="Two panels, mean of five seeds. With wrong labels the training loss falls on to 0.2 while the "
    "validation loss turns at epoch 16 and rises from 0.55 to 0.7. With right labels the training loss goes "
    "to 0, and the validation loss, lowest at epoch 18, rises only a little after it.",
)

# %% [markdown]
r"""
Here both losses have a lowest epoch, also that with right labels. What differs is what comes after it. If
too many epochs harm, the accuracy falls from there to the end.
"""

# %%
claim(
    "too-many-iterations-overfit",
    measured=lost["wrong labels"].mean(),
    what="accuracy lost from the epoch of lowest validation loss to "
    "epoch 60, wrong labels",
)

# %% [markdown]
r"""
With wrong labels a tenth is lost; with right ones nothing, although the validation loss has risen a little.

What to look for in such **loss curves** (training curves):

| you see | it may be |
| --- | --- |
| both high and flat | a rate too small, or far too large (section 1): try both |
| both jump | a rate too large, or single bad batches |
| training falls, validation rises | learning by heart: look at the accuracy, stop in time |
| both fall | not done: go on |

**Early stopping** watches the validation loss, ends the training when it has not improved for some epochs
(the *patience*), and goes back to the best epoch. It is one **stopping criterion**; others are a budget of
steps, or a loss that is low enough. On a curve that is already there, the rule reads:
"""


# %%
def where_to_stop(losses, patience):
    """The best epoch and the one that ends the training, counted from 1."""
    best, lowest = 0, np.inf
    for epoch, loss in enumerate(losses, start=1):
        if loss < lowest:
            best, lowest = epoch, loss
        if epoch - best == patience:
            break
    return best, epoch


curve = runs["wrong labels"].validation_loss[:, 0]  # the first seed
for patience in (1, 3, 10):
    best, last = where_to_stop(curve, patience)
    print(f"patience {patience:2}: stops after {last}, best {best}", end=", ")
    print(f"loss there {curve[best - 1]:.2f}")

# %% [markdown]
r"""
With little patience, the first zig-zag ends it. (A comparison with NaN is False, so an epoch without a loss
is no new best.) On the way you also need to keep the weights of the best epoch. They lie in one array,
`model.flat`, which training changes in place; a second name is not enough, it takes a copy:
"""

# %%
model = network(seed=0)
name, copy = model.flat, model.flat.copy()
model.flat += 1  # stands for an epoch of training
print("the second name went along:", np.array_equal(name, model.flat))
model.flat[...] = copy  # [...] writes the numbers into the array
print("the numbers are back:", np.array_equal(model.flat, copy))

# %% [markdown]
r"""
In `fit`, all this is one callback, an object that it calls after each epoch. It stops where our rule did:
"""

# %%
model = wide_network(seed=0)
optimizer = Adam(model, lr=6e-3)
options = {"batch_size": 32, "num_epochs": 60, "progress": False}
options |= {"validation": validation_set, "rng": np.random.default_rng(0)}
options["callbacks"] = [EarlyStopping(patience=10)]
history = fit(model, CrossEntropyLoss(), optimizer, X_few, y_bad, **options)
print(f"stopped after {len(history.epochs)} epochs")

# %% [markdown]
r"""
## 4. Stop today, continue tomorrow

**Model checkpointing** is saving a run at intervals, or whenever the validation improves. To *use* a model,
its weights are enough. To *continue*, you need all that the next step depends on. Two parts of that are easy
to forget: what the optimizer remembers, and where the generator is that shuffles. Both can be read as a
`state` and put back.
"""

# %%
model, rng = network(seed=0), np.random.default_rng(0)
print("Adam remembers:", ", ".join(Adam(model, lr=0.01).state()))
here = rng.bit_generator.state  # a dict
first = rng.permutation(6)
rng.bit_generator.state = here
print("the same shuffle again:", first, rng.permutation(6))

# %% [markdown]
r"""
`m` and `v` are Adam's running averages of the gradient and of its square. What if you save the weights
without them? Train for 40 epochs, save, and go on for five more: without a break, from the whole checkpoint,
and from one with a new Adam. If weights are enough, the loss after the break is the same, a ratio of 1.
"""


# %%
def go_on(model, optimizer, rng, num_epochs=5):
    options = {"batch_size": 32, "num_epochs": num_epochs, "progress": False}
    loss = CrossEntropyLoss()
    return fit(model, loss, optimizer, X, y, rng=rng, **options).losses


def resume(new_adam):
    model, rng = network(seed=99), np.random.default_rng(99)  # others
    optimizer = Adam(model, lr=0.01)
    load_checkpoint(path, model, optimizer, rng=rng)  # overwrites all three
    return go_on(model, Adam(model, lr=0.01) if new_adam else optimizer, rng)


same, ratios = [], []
for seed in range(5):
    model, rng = network(seed), np.random.default_rng(seed)
    optimizer = Adam(model, lr=0.01)
    go_on(model, optimizer, rng, num_epochs=40)
    save_checkpoint(path, model, optimizer, rng=rng)
    unbroken = go_on(model, optimizer, rng)
    same.append(resume(new_adam=False) == unbroken)
    with_new = resume(new_adam=True)
    ratios.append(np.mean(with_new[:16]) / np.mean(unbroken[:16]))
print("from the whole checkpoint, the same losses to the last bit:", same)
low, high = min(ratios), max(ratios)
print(f"with a new Adam, ratio by seed: {low:.1f} to {high:.1f}")

# %% jupyter={"source_hidden": true}
claim(
    "save-and-change-by-hand",
    measured=np.mean(ratios),
    digits=1,
    what="loss of the first 16 steps with a new Adam over that without a "
    "break, mean of 5 seeds",
)

# %% [markdown]
r"""
It trains on, but it is another run. So it is with a rate that is changed by hand on the way: nobody can
repeat it who does not know what you changed and when. Save all the state, and write a change down as a
schedule.

## 5. Search in a budget

**Hyperparameter tuning** is looking for settings with a good validation score, within a budget. Left to an
algorithm it is called **automated hyperparameter optimization (HPO)**. **Random search** draws each setting
at random. Here two: the learning rate, and the *weight decay*, which pulls every weight a little towards 0 in
each step (lesson 12). Neither is known to a factor of ten, so the *exponent* is drawn evenly (the setting
*log-uniformly*): `10 ** rng.uniform(-4, 1)` is as often between 0.001 and 0.01 as between 1 and 10. The
budget is 64 epochs: 16 trials of four.
"""


# %%
def accuracy(model, X, y):
    return np.mean(predict(model, X).argmax(axis=1) == y)


rng = np.random.default_rng(0)
options = {"batch_size": 32, "num_epochs": 4, "rng": rng, "progress": False}
best_score = -1.0
for trial in range(16):
    lr, decay = 10 ** rng.uniform(-4, 1), 10 ** rng.uniform(-6, -1)
    model = network(seed=trial)
    optimizer = SGD(model, lr=lr, weight_decay=decay)
    fit(model, CrossEntropyLoss(), optimizer, X, y, **options)
    score = accuracy(model, X_validation, y_validation)
    if score > best_score:
        best_score, best_lr, best_decay, winner = score, lr, decay, model
print(f"best of 16: rate {best_lr:.2f}, decay {best_decay:.0e},", end=" ")
print(f"validation {best_score:.2f}")

# %% [markdown]
r"""
The score that chose the winner may flatter it, as the best of 16 throws would. So now, once, the 373 pictures
that nobody has looked at, with the interval of lesson 01, $p \pm 1.96\sqrt{p(1-p)/n}$: about 95 of 100 such
intervals contain the true accuracy.
"""

# %%
p = accuracy(winner, X_test, y_test)
half = 1.96 * np.sqrt(p * (1 - p) / len(y_test))
print(f"test {p:.2f}, interval {p - half:.2f} to {p + half:.2f}")

# %% [markdown]
r"""
### Which search is best at equal cost?

- **Grid search** tries every combination of listed values: 4 rates × 4 decays, or 16 rates × 1 decay, if
  you know beforehand that the decay hardly matters here.
- **Bayesian optimization** learns from the trials so far. A model of the score (the *surrogate*) says which
  setting promises most (the *acquisition function*); try it, update the model, repeat. We take TPE from the
  library Optuna. Its surrogate is two densities, of settings that went well and of those that went badly.

Sixteen trials each, every trial four epochs on 512 pictures. As you would not know where the good region
lies, each of 24 searches begins its five powers of ten for the rate elsewhere. If a method finds *the*
optimum, none of the others finds anything better: what it misses to the best of all 64 trials is 0.

**Predict:** what validation accuracy does each of them find, on average?
"""

# %% jupyter={"source_hidden": true}
folder.cleanup()
optuna.logging.set_verbosity(optuna.logging.WARNING)
seeds = range(24)
lowest = np.array(
    [10.0 ** np.random.default_rng(seed).uniform(-5, -3) for seed in seeds]
)


def short_trainings(lrs, decays):
    """The validation accuracy of one network for each search, shape (searches,)."""
    fleet = Fleet([network(seed) for seed in seeds])
    run = {"batch_size": 32, "num_epochs": 4, "progress": False}
    run["rng"] = [np.random.default_rng(seed) for seed in seeds]
    fit(
        fleet,
        CrossEntropyLoss(),
        SGD(fleet, lr=lrs, weight_decay=decays),
        X[:512],
        y[:512],
        **run,
    )
    return np.mean(
        predict(fleet, X_validation).argmax(axis=-1) == y_validation, axis=-1
    )


def search(sampler, points=()):
    """The best accuracy so far after each of 16 trials, shape (16, searches)."""
    studies = [
        optuna.create_study(sampler=sampler(seed=seed), direction="maximize")
        for seed in seeds
    ]
    for seed, study in enumerate(studies):
        for lr, decay in np.random.default_rng(seed).permutation(points):
            study.enqueue_trial({"lr": lr, "decay": decay})
    found = []
    for _ in range(16):
        trials = [study.ask() for study in studies]
        places = [
            (
                trial.suggest_float("lr", 0, 5),
                trial.suggest_float("decay", -6, -1),
            )
            for trial in trials
        ]
        lr, decay = np.transpose(places)
        for study, trial, score in zip(
            studies,
            trials,
            short_trainings(lowest * 10.0**lr, 10.0**decay),
            strict=True,
        ):
            study.tell(trial, score)
        found.append([study.best_value for study in studies])
    return np.array(found)


def tpe(seed):
    return optuna.samplers.TPESampler(n_startup_trials=5, seed=seed)


grid = [
    (lr, decay)
    for lr in np.linspace(0, 5, 4)
    for decay in np.linspace(-6, -1, 4)
]
line = [(lr, -6) for lr in np.linspace(0, 5, 16)]
found = {
    "grid 4 × 4": search(optuna.samplers.RandomSampler, grid),
    "grid 16 × 1": search(optuna.samplers.RandomSampler, line),
    "random": search(optuna.samplers.RandomSampler),
    "Bayes (TPE)": search(tpe),
}

# %% tags=["predict"] jupyter={"source_hidden": true}
best_known = np.max([best[-1] for best in found.values()], axis=0)
missing = {name: best_known - best[-1] for name, best in found.items()}
for name, best in found.items():
    end, less = best[-1], missing[name].mean()
    print(f"{name:12} mean {end.mean():.2f}, worst {end.min():.2f},", end=" ")
    print(f"missing {less:.3f}")
gain = found["Bayes (TPE)"][-1] - found["random"][-1]
half = 1.96 * gain.std(ddof=1) / np.sqrt(len(gain))
print(f"TPE over random: {gain.mean():.2f} ± {half:.2f}")

# %% tags=["predict"] jupyter={"source_hidden": true}
show(
    figures.search_progress(found),
    alt="Best accuracy so far over 16 trials in four panels, each of 24 searches in grey and their mean: the "
    "4 × 4 grid ends lowest, random search above it, the 16 × 1 grid and TPE highest and close together.",
)

# %% jupyter={"source_hidden": true}
claim(
    "search-finds-best-hyperparameters",
    measured=missing["random"].mean(),
    what="accuracy that random search misses to the best known, "
    "mean of 24 searches",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

The 4 × 4 grid found 0.68 on average: it has only four learning rates, more than a power of ten apart, and
whether one of them is good is luck. Sixteen rates on a line, 0.86, do as well as TPE, 0.85, for somebody who
knows which setting matters. Random search, 0.81, tries sixteen rates without knowing that, but unevenly. TPE
begins like it, and then tries more where earlier trials went well.

</details>

None of them always has the best; even TPE misses a little. They find something good for what you pay. (The ±
is such an interval for the mean difference, search by search. A part of what is missing is luck: 0.01 is four
pictures.)

## Think

1. Your training loss is smooth, your validation loss zig-zags. Which learning rate is wrong?

<details><summary>Answer</summary>

Perhaps none. The printed training loss is a mean over all steps of an epoch, the validation loss is measured
at one place, on fewer samples. Lower the rate for an epoch: if the validation loss settles, the noise of the
last steps is a likely reason.

</details>

2. A colleague's schedule "beats the constant rate by far". What do you ask first?

<details><summary>Answer</summary>

At which rate did the constant run? And was that rate searched as long as the schedule's? With the rate of
section 2 that suits both, little is left of such a lead.

</details>

## Recap

- A finder shows the good region of rates in one short run; both too small and too large look flat.
- A constant rate ends on a floor of noise, a falling one below it. Compare each from its own best start.
- Early stopping keeps the best epoch. With wrong labels it mattered here, with right ones not.
- A run continues to the same bit if optimizer, generator and schedule are saved with the weights.
- Searches find good settings, not the best. Compare them at equal cost, and test once, with an interval.
"""

# %%
terms("10_tuning")

# %% [markdown]
r"""
Now you: [exercise 10](../exercises/10_tuning/10_tuning.ipynb), from a warm-up to a search in a budget. For a
second reading: [what you may have heard](10_tuning_heard.ipynb). Next: lesson
[11](11_normalization.ipynb), normalization, and what it
does to the usable learning rate.

Sources

- L. Smith, [Cyclical learning rates for training neural networks](https://arxiv.org/abs/1506.01186), 2017.
- P. Goyal and others, [Accurate, large minibatch SGD](https://arxiv.org/abs/1706.02677), 2017: warm-up.
- J. Bergstra, Y. Bengio,
  [Random search for hyper-parameter optimization](https://jmlr.org/papers/v13/bergstra12a.html), JMLR 2012;
  T. Akiba and others, [Optuna](https://arxiv.org/abs/1907.10902), 2019.
- L. Prechelt, "Early stopping – but when?", 1998.
"""
