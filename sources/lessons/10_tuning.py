# %% [markdown]
r"""
# 10 · Tuning

The loop runs. Now its settings have to be found, kept from doing harm, and changed while it runs, within a
budget, and so that somebody else can repeat it.

**You will be able to**

- find a learning rate in one short run, and choose a schedule for it;
- read the loss curves, and stop in time;
- continue an interrupted run to the same bit;
- search for good settings by grid, at random and by Bayesian optimization, at equal cost.

**Time:** {minutes} minutes. **Before this:** lesson [09](09_training_loop.ipynb), the training loop.
"""

# %%
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import optuna
import torch

from helpers import data
from helpers.claims import claim
from helpers.figures import show
from helpers.figures import tuning as figures
from helpers.glossary import terms
from helpers.nn.activations import ReLU
from helpers.nn.clipping import ClipNorm
from helpers.nn.containers import Sequential
from helpers.nn.fleet import Fleet
from helpers.nn.layers import Linear
from helpers.nn.losses import CrossEntropyLoss
from helpers.nn.optimizers import SGD, Adam
from helpers.splits import three_way
from helpers.training import fit, predict

# %% [markdown]
r"""
## Ten times as long

Near a minimum every loss looks like a parabola, and what a batch tells about the slope is noisy (lesson 09).
So here is the smallest model of a training's end: the loss $\frac12 w^2$, whose slope is seen as
$w + \text{noise}$. Start at 3, take 500 steps at a learning rate of 0.1, and note the loss at the end; the
mean of 2,000 such runs.

**Predict:** if you train ten times as long, how much lower does the loss get?
"""


# %%
def loss_at_the_end(rates):
    """One step for each rate, in 2,000 runs at once: their mean loss."""
    rng, w = np.random.default_rng(0), np.full(2000, 3.0)
    for lr in rates:
        w -= lr * (w + rng.normal(size=2000))
    return np.mean(w**2 / 2)


for num_steps in (500, 5000):
    print(f"{num_steps:4} steps at a rate of 0.1: loss {loss_at_the_end([0.1] * num_steps):.3f}")

# %% [markdown]
r"""
Not at all: the runs have long been as near as the noise lets them. More time does not help, another setting
does. Which one, and how to find it without trying everything, is the subject of this lesson.

The data and the network are those of lesson 09: digits, 64–32–10, and 400 pictures to choose by. So is
`train_fleet`: it trains one network for each learning rate and seed, all at once.
"""

# %% jupyter={"source_hidden": true}
X, y = data.load_digits()
train, validation, test = three_way(len(X), 400, 373, np.random.default_rng(0))
X, y, X_validation, y_validation = X[train] / 16, y[train], X[validation] / 16, y[validation]


def network(seed, sizes=(64, 32, 10)):
    rng = np.random.default_rng(seed)
    layers = []
    for n_in, n_out in pairwise(sizes):
        layers += [Linear(n_in, n_out, rng=rng), ReLU()]
    return Sequential(*layers[:-1])  # no ReLU after the last layer


def accuracy(logits, y):
    return np.mean(logits.argmax(axis=-1) == y, axis=-1)


def generators(seeds):
    return [np.random.default_rng(seed) for seed in seeds]


def train_fleet(lrs, seeds, *, batch_size, num_epochs, on=(X, y), sizes=(64, 32, 10), **options):
    """One network for each learning rate and seed: the history as arrays (epochs, lrs, seeds)."""
    pairs = [(lr, seed) for lr in lrs for seed in seeds]
    fleet = Fleet([network(seed, sizes) for _, seed in pairs])
    optimizer = options.pop("optimizer", SGD)(fleet, lr=[lr for lr, _ in pairs])
    schedule = options.pop("schedule", lambda optimizer: None)(optimizer)
    settings = {
        "batch_size": batch_size,
        "num_epochs": num_epochs,
        "rng": generators(seed for _, seed in pairs),  # each shuffles for itself
        "validation": (X_validation, y_validation),
        "metrics": {"accuracy": accuracy},
        "schedule": schedule,
        "progress": False,
    }
    history = fit(fleet, CrossEntropyLoss(), optimizer, *on, **settings | options)
    names = ("loss", "validation_loss", "validation_accuracy")
    return {name: history[name].reshape(num_epochs, len(lrs), len(seeds)) for name in names}


# %% [markdown]
r"""
## 1. A rate to start with

Lesson 09 tried eleven learning rates, each about three times the one before, and the best was near 1. Was it
*the* best? Let each of five seeds choose one, by its own validation loss:
"""

# %%
lrs = np.geomspace(1e-4, 10, 11)
sweep = train_fleet(lrs, range(5), batch_size=32, num_epochs=10)
winners = lrs[np.nanargmin(sweep["validation_loss"][-1], axis=0)]
print("best rate by seed:", [f"{lr:.2g}" for lr in winners])
claim("search-finds-best-rate", measured=len(np.unique(winners)), digits=0)

# %% [markdown]
r"""
So many different winners among five. "The optimal learning rate" is hard to pin down; a good region is not.
"""

# %% [markdown]
r"""
### One short run instead of eleven: the learning-rate finder

Start with a tiny rate and multiply it after every step. While it is too small the loss stands still, then it
falls, then it explodes. Four epochs are enough (Smith 2017). To see past the noise the curve is the mean of
eight seeds, smoothed over seven steps.
"""

# %%
from helpers.nn.schedules import ExponentialLR

num_steps = 128
fleet = Fleet([network(seed) for seed in range(8)])
optimizer = SGD(fleet, lr=np.full(8, 1e-4))
schedule = ExponentialLR(optimizer, gamma=1e5 ** (1 / num_steps))
run = {"batch_size": 32, "num_epochs": 4, "rng": generators(range(8)), "progress": False}
history = fit(fleet, CrossEntropyLoss(), optimizer, X, y, schedule=schedule, schedule_per="step", **run)

rates = 1e-4 * 1e5 ** (np.arange(num_steps) / num_steps)
smooth = np.convolve(np.mean(history.losses, axis=1), np.ones(7) / 7, mode="same")[3:-3]
lowest = rates[3:-3][np.argmin(smooth)]
print(f"the loss is lowest at a rate of about {lowest:.1g}; a third of it is a safe start: {lowest / 3:.1g}")

# %%
fig = figures.finder(rates[3:-3], smooth, lowest)
show(fig, alt="The loss stays at 2.3 until a rate of 0.03, falls to its lowest near 1 and then jumps up.")

# %% [markdown]
r"""
## 2. Schedules

Far from the minimum you want large steps; near it the noise of the gradient throws you about, the more the
larger the steps. So let the rate fall. The noisy parabola of the opening again, 500 steps:
"""

# %%
cosine = [(1 + np.cos(np.pi * t / 500)) / 2 for t in range(500)]
rules = {
    "constant 0.1": [0.1] * 500,
    "constant 0.01": [0.01] * 500,
    "step 0.1, 0.01, 0.001": [0.1] * 250 + [0.01] * 125 + [0.001] * 125,
    "cosine 0.1 to 0": 0.1 * np.array(cosine),
    "0.1 / (1 + t/25)": 0.1 / (1 + np.arange(500) / 25),
}
floor = {}
for name, rates in rules.items():
    floor[name] = loss_at_the_end(rates)
    print(f"{name:22} loss at the end {floor[name]:.4f}")

# %% [markdown]
r"""
A constant rate ends on a floor of about lr/4 and gets no lower, however long you train. Here 0.01 did well,
since 500 steps were just enough to arrive; who does not know that beforehand starts high and lets the rate
fall, and $1/t$ came lowest. A rule for that is a **learning-rate schedule**, also called *decay* or
*annealing*. With $T$ steps in all:

| schedule | rate after $t$ steps |
| --- | --- |
| **linear annealing** | $\eta_0 (1 - t/T)$ |
| **exponential decay** | $\eta_0 \gamma^t$ |
| **step decay** | $\eta_0 \gamma^{\lfloor t/s \rfloor}$: constant between milestones, then times $\gamma$ |
| **cosine annealing** | $\frac12 \eta_0 (1 + \cos(\pi t/T))$ |
| warm-up | from nearly 0 up to $\eta_0$, then one of the above |
| one-cycle | up to $\eta_0$ in the first 30 % of the steps and down to nearly 0, along cosines |
| **ReduceLROnPlateau** (dynamic adjustment) | times a factor, after some epochs without improvement |

In the library each is one formula. Those of PyTorch, epoch by epoch:
"""

# %%
from torch.optim import lr_scheduler

from helpers.nn import schedules

COSINE, STEPS = {"T_max": 20}, {"step_size": 10, "gamma": 0.1}
LINEAR, EXPONENTIAL = {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 20}, {"gamma": 0.9}
chosen = {"StepLR": STEPS, "ExponentialLR": EXPONENTIAL, "CosineAnnealingLR": COSINE, "LinearLR": LINEAR}


def rates_of(library, optimizer, name):
    schedule, rates = getattr(library, name)(optimizer, **chosen[name]), []
    for _ in range(41):
        rates.append(optimizer.param_groups[0]["lr"] if library is lr_scheduler else optimizer.lr)
        optimizer.step()
        schedule.step()
    return np.array(rates)


rates = {}
for name in chosen:
    theirs = rates_of(lr_scheduler, torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0), name)
    rates[name] = rates_of(schedules, SGD(network(seed=0), lr=1.0), name)
    same = bool(np.abs(rates[name] - theirs).max() < 1e-12)
    print(f"{name:18} agrees: {same}   epochs 0, 10, 20, 30, 40:", rates[name][::10].round(3))

# %%
show(
    figures.schedules(rates),
    alt="Four schedules over 40 epochs: a staircase, a decaying curve, a straight line that stays at 0.1, "
    "and a cosine that reaches 0 at epoch 20 and climbs back to 1.",
)

# %% [markdown]
r"""
Three things that people say can be read off. *"The schedule ends the training at the lowest rate."* No
schedule stops anything; the cosine even climbs back, after 40 epochs to this:
"""

# %%
claim("minimum-rate-ends-training", measured=rates["CosineAnnealingLR"][40])

# %% [markdown]
r"""
*"Step decay has different speeds in different stages."* Within a stage it does not decay at all, and between
stages it is always the same factor. How many different factors?
"""

# %%
factors = rates["StepLR"][1:] / rates["StepLR"][:-1]
drops = np.unique(factors[factors < 1].round(9))
print("from epoch to epoch the rate is multiplied by", np.unique(factors.round(9)))
claim("step-decay-by-stage", measured=len(drops), digits=0)

# %% [markdown]
r"""
*"Annealing avoids too large updates at the start."* It starts at the highest rate. Against a wild start there
is the **warm-up**. A deep network, five hidden layers, a rate that is a little too large for it, and Adam
(lesson 08), which divides each step by an average of the gradient's size, so that even the first steps have
full length. How far do the parameters move from step 1 to step 10, and where does the training end?
"""


# %%
class Distance:
    """A callback of fit: how far the parameters get from the first step to the tenth."""

    def __call__(self, run):
        pass

    def on_step(self, run):
        if len(run.history.losses) == 1:
            self.first = run.model.flat.copy()
        if len(run.history.losses) == 10:
            self.moved = np.linalg.norm(run.model.flat - self.first, axis=1).mean()


T, deep = 8 * 32, (64, 32, 32, 32, 32, 32, 10)


def constant(optimizer):
    return schedules.ConstantLR(optimizer, factor=1.0)


def annealed_to(T):
    return lambda optimizer: schedules.CosineAnnealingLR(optimizer, T_max=T)


def warmed_up(optimizer):
    after = schedules.CosineAnnealingLR(optimizer, T_max=T - 26)
    return schedules.WarmupLR(optimizer, 26, start_factor=0.01, after=after)


moved = {}
settings = {"batch_size": 32, "num_epochs": 8, "sizes": deep, "optimizer": Adam, "schedule_per": "step"}
for name, schedule in {"constant": constant, "cosine": annealed_to(T), "warm-up": warmed_up}.items():
    watch = Distance()
    scores = train_fleet([0.02], range(4), schedule=schedule, callbacks=[watch], **settings)
    moved[name] = watch.moved
    print(f"{name:9} moved {watch.moved:5.2f}   accuracy {scores['validation_accuracy'][-1].mean():.2f}")

claim("annealing-tames-the-start", measured=moved["cosine"] / moved["constant"])

# %% [markdown]
r"""
### When did which schedule help?

The same network as before, batch size 16, twelve epochs, four seeds, three rates to start from. Written
is the validation loss.
"""

# %%
num_epochs, start_rates = 12, [0.03, 0.3, 0.9]
choices = {
    "constant": constant,
    "linear": lambda o: schedules.LinearLR(o, start_factor=1.0, end_factor=0.0, total_iters=num_epochs),
    "exponential": lambda o: schedules.ExponentialLR(o, gamma=0.01 ** (1 / num_epochs)),
    "step": lambda o: schedules.StepLR(o, step_size=4, gamma=0.1),
    "cosine": annealed_to(num_epochs),
    "warm-up": lambda o: schedules.WarmupLR(o, 2, start_factor=0.1, after=annealed_to(num_epochs - 2)(o)),
    "one-cycle": lambda o: schedules.OneCycleLR(o, max_lr=o.lr, total_steps=num_epochs + 1),
}
ends = {
    name: train_fleet(start_rates, range(4), batch_size=16, num_epochs=num_epochs, schedule=schedule)
    for name, schedule in choices.items()
}
print("start at    ", *(f"{lr:6}" for lr in start_rates))
for name, history in ends.items():
    print(f"{name:12}", *(f"{loss:6.2f}" for loss in history["validation_loss"][-1].mean(axis=1)))


def on_plateau(optimizer):
    return schedules.ReduceLROnPlateau(optimizer, factor=0.3, patience=0)


plateau = [
    [
        train_fleet([lr], [seed], batch_size=16, num_epochs=num_epochs, schedule=on_plateau)
        for seed in range(4)
    ]
    for lr in start_rates
]  # one network at a time: each decides for itself when to lower its rate
losses = [np.mean([run["validation_loss"][-1] for run in runs]) for runs in plateau]
print("plateau     ", *(f"{loss:6.2f}" for loss in losses))

# %% [markdown]
r"""
| setting | what helped |
| --- | --- |
| far too low a rate, 0.03 | nothing; what lowers it by the clock only shortens the way, and *plateau* waits |
| a good rate, 0.3 | hardly anything: the ends are alike, only too fast a decay (exponential) loses |
| near the cliff, 0.9 | all of them: the high rate covers ground, the falling rate settles |
| deep network, Adam, a little too high | warm-up; cosine alone starts as wildly as a constant rate |
| noisy slope near a minimum, 0.1 | all of them: the floor falls with the rate |

Schedules and rates belong together: with a schedule, start higher than you would without one.
"""

# %%
near_cliff = [ends[name]["loss"][-1, 2].mean() for name in ("constant", "cosine")]
print(f"training loss from a rate of 0.9: constant {near_cliff[0]:.2f}, cosine {near_cliff[1]:.2f}")
claim("cosine-converges-better", measured=near_cliff[0] / near_cliff[1], digits=1)

# %% [markdown]
r"""
## 3. A loop for real work

The twelve lines of lesson 09 train. These also look at validation data, move the rate, clip a gradient that
is too long, notice when the loss is no longer a number, stop in time, and bring back the best weights:
"""


# %%
def train_for_real(model, optimizer, X, y, validation, *, num_epochs, rng, schedule, patience):
    criterion, clip = CrossEntropyLoss(), ClipNorm(5.0)
    curves, best, best_epoch, best_weights = [], np.inf, 0, model.flat.copy()
    for epoch in range(num_epochs):
        model.train()  # dropout and batch norm: as in training
        order, losses = rng.permutation(len(X)), []
        for start in range(0, len(X), 32):
            batch = order[start : start + 32]
            losses.append(criterion.forward(model.forward(X[batch]), y[batch]))
            model.backward(criterion.backward())
            clip(model)  # no single batch throws the network away
            optimizer.step()
        if not np.isfinite(losses[-1]):
            raise FloatingPointError("the loss is not finite: try a learning rate ten times smaller")
        schedule.step()
        model.eval()  # dropout and batch norm: as in use
        on_validation = criterion.forward(model.forward(validation[0]), validation[1])
        curves.append((np.mean(losses), on_validation))
        if on_validation < best:
            best, best_epoch, best_weights = on_validation, epoch, model.flat.copy()
        elif epoch - best_epoch >= patience:
            break
    model.flat[:] = best_weights
    return np.array(curves)


# %% [markdown]
r"""
To see it work, make it hard: only 400 pictures, and three in ten labels replaced by chance. Such labels can
only be learned by heart.
"""

# %%
from helpers.training import EarlyStopping

rng = np.random.default_rng(0)
X_few, y_few = X[:400], y[:400].copy()
wrong = rng.random(400) < 0.3
y_few[wrong] = rng.integers(10, size=wrong.sum())

validation_set = (X_validation, y_validation)
ours, theirs = network(0, sizes=(64, 128, 10)), network(0, sizes=(64, 128, 10))
optimizers = [Adam(model, lr=6e-3) for model in (ours, theirs)]
falling = [schedules.ExponentialLR(optimizer, gamma=0.99) for optimizer in optimizers]

run = {"num_epochs": 100, "schedule": falling[0], "patience": 10, "rng": np.random.default_rng(0)}
curves = train_for_real(ours, optimizers[0], X_few, y_few, validation_set, **run)

run = {"batch_size": 32, "num_epochs": 100, "schedule": falling[1], "rng": np.random.default_rng(0)}
run |= {"validation": validation_set, "callbacks": [EarlyStopping(patience=10)], "clip": ClipNorm(5.0)}
history = fit(theirs, CrossEntropyLoss(), optimizers[1], X_few, y_few, progress=False, **run)

print(f"stopped after {len(curves)} epochs; the best was epoch {curves[:, 1].argmin() + 1}")
print("fit ends with the same weights, to 1e-8:", bool(np.abs(ours.flat - theirs.flat).max() < 1e-8))

# %% [markdown]
r"""
`fit` is this loop.

### Reading the curves

The **loss curves** (training curves) of such runs without a stop, for the wrong labels and for the right
ones, mean of three seeds:
"""

# %%
settings = {"batch_size": 32, "num_epochs": 60, "sizes": (64, 128, 10), "optimizer": Adam}
noisy = train_fleet([6e-3], range(3), on=(X_few, y_few), **settings)
clean = train_fleet([6e-3], range(3), **settings)
for name, run in {"wrong labels": noisy, "right labels": clean}.items():
    curve = run["validation_accuracy"].mean(axis=(1, 2))
    print(f"{name}, accuracy after epoch 2: {curve[1]:.2f}, 10: {curve[9]:.2f}, 60: {curve[59]:.2f}")

curve = noisy["validation_accuracy"].mean(axis=(1, 2))
claim("too-many-iterations-overfit", measured=curve.max() - curve[-1])

# %%
show(
    figures.curves({"30 % of 400 labels by chance": noisy, "1,024 right labels": clean}),
    alt="With wrong labels the training loss falls on while the validation loss turns and rises. With right "
    "labels both fall and stay down.",
)

# %% [markdown]
r"""
What to look for: both curves high and flat, the rate is too small. Both jump, it is too large. Training
falls and validation rises, the network learns by heart: **early stopping** ends there and goes back to the
best epoch. Both fall, go on. A **stopping criterion** is the rule that ends the training: a budget of steps,
a loss that is low enough, or this one. With right labels there was nothing to stop; more epochs did no harm.

*"The rate is lowered after convergence to prevent overfitting."* On the parabola of section 2 there was
nothing to overfit, and lowering the rate still lowered the loss. That is its main effect; the number is the
floor of the constant rate over that of the cosine. But look at the wrong labels, now with SGD and 40 epochs:
"""

# %%
for name, schedule in {"constant": constant, "cosine": annealed_to(40)}.items():
    run = train_fleet(
        [0.3],
        range(4),
        schedule=schedule,
        **settings | {"num_epochs": 40, "optimizer": SGD},
        on=(X_few, y_few),
    )
    loss, score = run["loss"][-1].mean(), run["validation_accuracy"][-1].mean()
    print(f"{name:8} training loss {loss:.2f}, validation accuracy {score:.2f}")

claim("lower-rate-prevents-overfitting", measured=floor["constant 0.1"] / floor["cosine 0.1 to 0"], digits=1)

# %% [markdown]
r"""
With the cosine the training loss is *higher* and the accuracy too: the network came less far, so it learned
less by heart. Partly true, then, and a kind of early stopping.

### Stop today, continue tomorrow

**Model checkpointing** is saving a run at intervals, or whenever the validation improves. To *use* a model,
its weights are enough. To *continue*, everything is needed that the next step depends on. What happens if
you save the weights only? Adam, 45 epochs without a break, against 40 and 5.
"""

# %%
from helpers.training import load_checkpoint, save_checkpoint

folder = tempfile.TemporaryDirectory()
checkpoint = Path(folder.name) / "epoch_40.npz"


def go_on(model, optimizer, rng, num_epochs=5):
    run = {"batch_size": 32, "num_epochs": num_epochs, "rng": rng, "progress": False}
    return fit(model, CrossEntropyLoss(), optimizer, X, y, **run).losses


unbroken, rng = network(seed=0), np.random.default_rng(0)
optimizer = Adam(unbroken, lr=0.01)
go_on(unbroken, optimizer, rng, num_epochs=40)
save_checkpoint(checkpoint, unbroken, optimizer, rng=rng)
losses = go_on(unbroken, optimizer, rng)  # without a break


# %%
def resume(keep_optimizer=True, keep_generator=True):
    """The next five epochs from the checkpoint: the largest difference of a weight, and the losses."""
    model, rng = network(seed=1), np.random.default_rng(7)  # as different as can be
    optimizer = Adam(model, lr=0.01)
    load_checkpoint(
        checkpoint,
        model,
        optimizer if keep_optimizer else Adam(model),
        rng=rng if keep_generator else np.random.default_rng(),
    )
    losses = go_on(model, optimizer, rng)
    return np.abs(model.flat - unbroken.flat).max(), losses


(same, _), (difference, losses_new), (other_order, _) = resume(), resume(False), resume(True, False)
print("everything restored, the same to the last bit:", same == 0)
print(f"without the optimizer's state: a weight differs by {difference:.2f}")
print(f"without the generator's state: a weight differs by {other_order:.2f}")
before, after = np.mean(losses[:16]), np.mean(losses_new[:16])
print(f"loss over the next 16 steps: {before:.3f}, with a new Adam {after:.3f}")
folder.cleanup()

# %% [markdown]
r"""
Without Adam's averages the loss is twice as high for a while. *"Save the weights each epoch, change
hyperparameters by hand and continue."* It works, but it is another run, and nobody can repeat it who does not
know what you changed and when. Save all the state, and write changes down as a schedule.
"""

# %%
claim("save-and-change-by-hand", measured=difference)

# %% [markdown]
r"""
## 4. Searching

**Hyperparameter tuning** is looking for settings with a good validation score, within a budget. Left to an
algorithm it is called **automated hyperparameter optimization (HPO)**.

- **Grid search** tries every combination of listed values: 4 learning rates × 4 weight decays = 16.
- **Random search** draws each setting at random. Sixteen draws try sixteen *different* learning rates, and
  if the weight decay hardly matters, that is four times as many chances.
- **Bayesian optimization** learns from the trials so far. A model of the score (the *surrogate*) says
  which setting promises most (the *acquisition function*); try it, update the model, repeat. We use Optuna's
  TPE: its surrogate is two densities, one of the settings that went well, one of those that went badly.
- **Simulated annealing** walks: a step to a worse place is accepted with probability $e^{-\Delta/T}$, and the
  temperature $T$ falls. It has only the name in common with learning-rate annealing, and is hardly used for
  this.

Sixteen trials each. One trial is a short training: 512 pictures, four epochs. The learning rate ranges over
five powers of ten, the weight decay too. As you do not know beforehand where the good region lies, each of
twelve searches begins its range of learning rates elsewhere.

**Predict:** what validation accuracy has each of the three found in the end, on average?
"""

# %%
optuna.logging.set_verbosity(optuna.logging.WARNING)
seeds = range(12)
lowest = [10.0 ** rng.uniform(-5, -3) for rng in generators(seeds)]


def short_training(lrs, weight_decays):
    """The validation accuracy of one network for each search, shape (searches,)."""
    fleet = Fleet([network(seed) for seed in seeds])
    optimizer = SGD(fleet, lr=lrs, weight_decay=weight_decays)
    run = {"batch_size": 32, "num_epochs": 4, "rng": generators(seeds), "progress": False}
    fit(fleet, CrossEntropyLoss(), optimizer, X[:512], y[:512], **run)
    return accuracy(predict(fleet, X_validation), y_validation)


# %%
def search(sampler, points=()):
    """The best accuracy so far after each of 16 trials, shape (16, searches)."""
    studies = [optuna.create_study(sampler=sampler(seed), direction="maximize") for seed in seeds]
    for study, rng in zip(studies, generators(seeds), strict=True):
        for point in rng.permutation(points):
            study.enqueue_trial(dict(zip(("lr", "decay"), point, strict=True)))
    found = []
    for _ in range(16):
        trials = [study.ask() for study in studies]
        places = [(trial.suggest_float("lr", 0, 5), trial.suggest_float("decay", -6, -1)) for trial in trials]
        lr, decay = np.transpose(places)
        scores = short_training(lowest * 10.0**lr, 10.0**decay)
        for study, trial, score in zip(studies, trials, scores, strict=True):
            study.tell(trial, score)
        found.append([study.best_value for study in studies])
    return np.array(found)


grid = [(lr, decay) for lr in np.linspace(0, 5, 4) for decay in np.linspace(-6, -1, 4)]
found = {
    "grid": search(lambda seed: optuna.samplers.RandomSampler(seed), points=grid),
    "random": search(lambda seed: optuna.samplers.RandomSampler(seed)),
    "Bayes (TPE)": search(lambda seed: optuna.samplers.TPESampler(n_startup_trials=5, seed=seed)),
}
for name, best in found.items():
    print(f"{name:12} after 16 trials: mean {best[-1].mean():.2f}, worst of twelve {best[-1].min():.2f}")

# %%
show(
    figures.search_progress(found),
    alt="Best accuracy so far over 16 trials, each of 12 searches in grey and their mean: the grid ends "
    "lowest, random search above it, and TPE is highest from the sixth trial on.",
)
claim("search-finds-best-hyperparameters", measured=found["random"][-1].mean() - found["grid"][-1].mean())

# %% [markdown]
r"""
The grid has only four learning rates, more than a power of ten apart; whether one of them is good is luck.
Random search depends less on it. TPE begins with the same five draws and spends the others where those went
well. None of them finds *the* optimum; they find something good for what you pay. So it was with the best
rate in section 1.
"""

# %% [markdown]
r"""
## You may have heard

**"Converged means that the error of any sample is stable."** The loss of each validation sample over the
last ten of 60 epochs. The number is the largest move of a single one.
"""

# %%
each = []


def loss_of_each(run):
    logits = predict(run.model, X_validation)
    each.append(CrossEntropyLoss(reduction="none").forward(logits, y_validation))


model = network(seed=0)
run = {"batch_size": 16, "num_epochs": 60, "rng": np.random.default_rng(0), "callbacks": [loss_of_each]}
fit(model, CrossEntropyLoss(), SGD(model, lr=0.1), X, y, progress=False, **run)

last_ten = np.array(each[-10:])
moves = np.abs(np.diff(last_ten, axis=0))
mean_moves = np.abs(np.diff(last_ten.mean(axis=1)))
print(f"mean over all samples: {last_ten.mean():.2f}, moves by {mean_moves.mean():.3f}")
print(f"single samples: half of them move by less than {np.median(moves):.4f}, one by {moves.max():.1f}")
claim("converged-means-every-sample", measured=moves.max(), digits=1)

# %% [markdown]
r"""
## The test set, once

All choices above were made on the validation set. So the 373 pictures that nobody has looked at may speak
now, for one network: batch size 32, a start near the cliff, a cosine, twenty epochs.
"""

# %%
X_all, y_all = data.load_digits()
model = network(seed=0)
optimizer = SGD(model, lr=0.8)
schedule = schedules.CosineAnnealingLR(optimizer, T_max=20)
run = {"batch_size": 32, "num_epochs": 20, "rng": np.random.default_rng(0), "schedule": schedule}
fit(model, CrossEntropyLoss(), optimizer, X, y, progress=False, **run)
print(f"validation {accuracy(predict(model, X_validation), y_validation):.2f}")
print(f"test       {accuracy(predict(model, X_all[test] / 16), y_all[test]):.2f}")

# %% [markdown]
r"""
## Think

1. Your training loss is smooth, your validation loss zig-zags. Which learning rate is wrong?

<details><summary>Answer</summary>

Perhaps none. The printed training loss is a mean over all steps of an epoch, the validation loss is measured
at one place, on fewer samples. Lower the rate for an epoch: if the validation loss settles, it was the
noise of the last steps.

</details>

2. You resume a run from its weights, and for a few steps the loss is higher than before the break. Why?

<details><summary>Answer</summary>

Adam started with empty averages. Its first steps after the break have the full length of the learning rate
in every direction, also where the gradient is mostly noise, until its averages are filled again.

</details>

## Recap

- A finder shows the good region of rates in one short run; the single best rate depends on the seed.
- A constant rate ends on a floor of noise. A schedule goes with a high start; a warm-up is what protects the
  start; neither stops the training.
- Early stopping keeps the best epoch, where training falls and validation rises.
- A run can be continued to the same bit, if optimizer, schedule and generator are saved with the weights.
- With few trials, random search beats the grid when few settings matter, and learning from the trials beats
  both.
"""

# %%
terms("10_tuning")

# %% [markdown]
r"""
Now you: [exercise 10](../exercises/10_tuning/10_tuning.ipynb), from early stopping to a search in a budget.
Next: lesson 11, normalization, and what it does to the usable learning rate.

Sources

- P. Goyal and others, [Accurate, large minibatch SGD](https://arxiv.org/abs/1706.02677), 2017: warm-up, and
  rates that grow with the batch.
- L. Smith, [Cyclical learning rates for training neural networks](https://arxiv.org/abs/1506.01186), 2017:
  the learning-rate finder.
- J. Bergstra, Y. Bengio,
  [Random search for hyper-parameter optimization](https://jmlr.org/papers/v13/bergstra12a.html), JMLR 2012;
  T. Akiba and others, [Optuna](https://arxiv.org/abs/1907.10902), 2019.
- L. Prechelt, "Early stopping – but when?", 1998.
"""
