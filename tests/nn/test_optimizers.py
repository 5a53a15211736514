"""Optimizers and schedules: 200 steps along PyTorch's trajectories, to 1e-9."""

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler as torch_schedules

from helpers.nn import initializers, schedules
from helpers.nn import optimizers as optim
from helpers.nn.activations import Tanh
from helpers.nn.containers import Sequential
from helpers.nn.layers import Linear
from helpers.nn.losses import MSELoss
from helpers.nn.optimizers import LBFGS, SGD

T = torch.optim
OPTIMIZERS = {
    "sgd": (optim.SGD, T.SGD, {"lr": 0.05}),
    "momentum": (optim.SGD, T.SGD, {"lr": 0.05, "momentum": 0.9}),
    "momentum, weight decay": (optim.SGD, T.SGD, {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.01}),
    "weight decay": (optim.SGD, T.SGD, {"lr": 0.05, "weight_decay": 0.01}),
    "dampening": (optim.SGD, T.SGD, {"lr": 0.05, "momentum": 0.8, "dampening": 0.3}),
    "nesterov": (optim.SGD, T.SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    "adagrad": (optim.Adagrad, T.Adagrad, {"lr": 0.1}),
    "adagrad, all": (
        optim.Adagrad,
        T.Adagrad,
        {"lr": 0.1, "lr_decay": 0.01, "weight_decay": 0.01, "initial_accumulator_value": 0.1, "eps": 1e-3},
    ),
    "rmsprop": (optim.RMSprop, T.RMSprop, {"lr": 0.01}),
    "rmsprop, all": (
        optim.RMSprop,
        T.RMSprop,
        {"lr": 0.01, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.01, "momentum": 0.9, "centered": True},
    ),
    "adam": (optim.Adam, T.Adam, {"lr": 0.01}),
    "adam, all": (optim.Adam, T.Adam, {"lr": 0.01, "betas": (0.8, 0.9), "eps": 1e-2, "weight_decay": 0.01}),
    "adamw": (optim.AdamW, T.AdamW, {"lr": 0.01}),
    "adamw, all": (optim.AdamW, T.AdamW, {"lr": 0.01, "betas": (0.8, 0.9), "eps": 1e-2, "weight_decay": 0.1}),
}


class Twins:
    """One network twice: in NumPy with gradients written by hand, in PyTorch with autograd."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.model = Sequential(Linear(3, 5, rng=rng), Tanh(), Linear(5, 2, rng=rng))
        self.theirs = [torch.tensor(p, requires_grad=True) for p in self.model.parameters().values()]
        self.X, self.y = rng.normal(size=(40, 3)), rng.normal(size=(40, 2))
        self.loss = MSELoss()

    def step(self, optimizer, torch_optimizer, i):
        batch = slice(8 * (i % 5), 8 * (i % 5) + 8)
        self.loss.forward(self.model.forward(self.X[batch]), self.y[batch])
        self.model.backward(self.loss.backward())
        optimizer.step()
        W, b, V, c = self.theirs
        out = torch.tanh(torch.tensor(self.X[batch]) @ W + b) @ V + c
        torch_optimizer.zero_grad()
        torch.nn.functional.mse_loss(out, torch.tensor(self.y[batch])).backward()
        torch_optimizer.step()

    def same(self):
        for ours, theirs in zip(self.model.parameters().values(), self.theirs, strict=True):
            np.testing.assert_allclose(ours, theirs.detach(), atol=1e-9, rtol=0)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_two_hundred_steps_are_pytorchs(name):
    ours, theirs, arguments = OPTIMIZERS[name]
    twins = Twins()
    optimizer, torch_optimizer = ours(twins.model, **arguments), theirs(twins.theirs, **arguments)
    for i in range(200):
        twins.step(optimizer, torch_optimizer, i)
        if i in (0, 1, 9, 199):
            twins.same()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_defaults_are_pytorchs(name):
    ours, theirs, _ = OPTIMIZERS[name]
    twins = Twins()
    optimizer, torch_optimizer = ours(twins.model), theirs(twins.theirs)
    for i in range(5):
        twins.step(optimizer, torch_optimizer, i)
    twins.same()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_saved_state_continues_to_the_same_bit(name):
    make, _, arguments = OPTIMIZERS[name]
    rng = np.random.default_rng(1)
    gradients = rng.normal(size=(20, 3))

    def run(optimizer, model, steps):
        for g in steps:
            model.d_flat[:] = g
            optimizer.step()

    whole, first, second = (Sequential(Linear(2, 1, rng=np.random.default_rng(0))) for _ in range(3))
    run(make(whole, **arguments), whole, gradients)
    optimizer = make(first, **arguments)
    run(optimizer, first, gradients[:10])
    second.flat[:] = first.flat
    resumed = make(second, **arguments)
    resumed.load_state(optimizer.state())
    run(resumed, second, gradients[10:])
    np.testing.assert_array_equal(second.flat, whole.flat)


def test_lbfgs_solves_least_squares():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 4)), rng.normal(size=(30, 1))
    model, loss = Sequential(Linear(4, 1, rng=rng)), MSELoss()

    def closure():
        value = loss.forward(model.forward(X), y)
        model.backward(loss.backward())
        return value

    value = LBFGS(model, max_iter=50, tolerance_change=1e-15).step(closure)
    X1 = np.c_[X, np.ones(30)]
    expected = np.linalg.lstsq(X1, y, rcond=None)[0]
    np.testing.assert_allclose(model.flat, expected.ravel(), atol=1e-5)
    np.testing.assert_allclose(value, closure(), atol=1e-12)


S, TS = schedules, torch_schedules
SCHEDULES = {
    "constant": (S.ConstantLR, TS.ConstantLR, {"factor": 0.2, "total_iters": 3}),
    "constant by default": (S.ConstantLR, TS.ConstantLR, {}),
    "step": (S.StepLR, TS.StepLR, {"step_size": 4, "gamma": 0.3}),
    "exponential": (S.ExponentialLR, TS.ExponentialLR, {"gamma": 0.9}),
    "linear": (S.LinearLR, TS.LinearLR, {"start_factor": 0.1, "end_factor": 0.7, "total_iters": 7}),
    "linear by default": (S.LinearLR, TS.LinearLR, {}),
    "cosine": (S.CosineAnnealingLR, TS.CosineAnnealingLR, {"T_max": 30, "eta_min": 0.01}),
    "one cycle": (S.OneCycleLR, TS.OneCycleLR, {"max_lr": 0.5, "total_steps": 31}),
    "one cycle, straight": (
        S.OneCycleLR,
        TS.OneCycleLR,
        {
            "max_lr": 0.5,
            "total_steps": 31,
            "pct_start": 0.4,
            "anneal_strategy": "linear",
            "div_factor": 10.0,
            "final_div_factor": 50.0,
        },
    ),
}


def rates(schedule, optimizer, torch_schedule, torch_optimizer, arguments=lambda i: ()):
    """Both learning rates over 30 steps."""
    pairs = [(optimizer.lr, torch_optimizer.param_groups[0]["lr"])]
    for i in range(30):
        torch_optimizer.step()
        schedule.step(*arguments(i))
        torch_schedule.step(*arguments(i))
        pairs.append((optimizer.lr, torch_optimizer.param_groups[0]["lr"]))
    return np.array(pairs).T


def optimizer_pair(lr=0.2):
    model = Sequential(Linear(1, 1, rng=np.random.default_rng(0)))
    return SGD(model, lr=lr), torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)


@pytest.mark.parametrize("name", SCHEDULES)
def test_rates_are_pytorchs(name):
    ours, theirs, arguments = SCHEDULES[name]
    optimizer, torch_optimizer = optimizer_pair()
    torch_arguments = arguments | ({"cycle_momentum": False} if "cycle" in name else {})
    schedule, torch_schedule = ours(optimizer, **arguments), theirs(torch_optimizer, **torch_arguments)
    mine, other = rates(schedule, optimizer, torch_schedule, torch_optimizer)
    np.testing.assert_allclose(mine, other, rtol=1e-10)
    assert len(np.unique(mine)) > 1


@pytest.mark.parametrize("after", [False, True])
def test_warm_up_is_a_sequence_of_two(after):
    optimizer, torch_optimizer = optimizer_pair()
    then = S.CosineAnnealingLR(optimizer, T_max=25, eta_min=0.01) if after else None
    schedule = S.WarmupLR(optimizer, 6, start_factor=0.1, after=then)
    second = TS.CosineAnnealingLR if after else TS.ConstantLR
    arguments = {"T_max": 25, "eta_min": 0.01} if after else {"factor": 1.0}
    first = TS.LinearLR(torch_optimizer, start_factor=0.1, total_iters=6)
    torch_schedule = TS.SequentialLR(torch_optimizer, [first, second(torch_optimizer, **arguments)], [6])
    mine, other = rates(schedule, optimizer, torch_schedule, torch_optimizer)
    np.testing.assert_allclose(mine, other, rtol=1e-10)


@pytest.mark.parametrize(
    "arguments",
    [
        {"patience": 2},
        {"patience": 1, "factor": 0.5, "threshold": 0.3, "threshold_mode": "abs", "min_lr": 0.02},
        {"patience": 0, "factor": 0.5, "cooldown": 3},
        {"patience": 1, "mode": "max", "threshold": 0.1},
        {"patience": 0, "factor": 0.9, "eps": 0.015},
    ],
)
def test_reduce_on_plateau_is_pytorchs(arguments):
    losses = np.abs(np.random.default_rng(3).normal(size=30)).round(2) + np.exp(-np.arange(30) / 5)
    optimizer, torch_optimizer = optimizer_pair()
    schedule = S.ReduceLROnPlateau(optimizer, **arguments)
    torch_schedule = TS.ReduceLROnPlateau(torch_optimizer, **arguments)
    mine, other = rates(schedule, optimizer, torch_schedule, torch_optimizer, lambda i: (losses[i],))
    np.testing.assert_allclose(mine, other, rtol=1e-12)
    assert len(np.unique(mine)) > 2


@pytest.mark.parametrize("name", ["xavier_uniform", "xavier_normal", "he_uniform", "he_normal"])
@pytest.mark.parametrize("shape", [(300, 200), (40, 30, 5, 5)])
def test_initialisers_have_pytorchs_spread(name, shape):
    """The same variance as PyTorch's function, and for the uniform ones the same bounds."""
    ours = getattr(initializers, name)(np.empty(shape), np.random.default_rng(0))
    torch.manual_seed(0)
    theirs = torch.empty(shape[::-1] if len(shape) == 2 else shape)
    torch_name = name.replace("he_", "kaiming_") + "_"
    arguments = {"nonlinearity": "relu"} if name.startswith("he") else {}
    getattr(torch.nn.init, torch_name)(theirs, **arguments)
    assert abs(ours.var() / theirs.var().item() - 1) < 0.03
    assert abs(np.abs(ours).max() / theirs.abs().max().item() - 1) < (0.01 if "uniform" in name else 0.3)


def test_gains_are_pytorchs_and_the_simple_initialisers_do_what_they_say():
    for name in ("linear", "sigmoid", "tanh", "relu", "leaky_relu"):
        assert abs(initializers.gain(name) - torch.nn.init.calculate_gain(name)) < 1e-12
    W, rng = np.empty((100, 100)), np.random.default_rng(0)
    assert (initializers.zeros(W) == 0).all()
    assert (initializers.constant(W, 0.3) == 0.3).all()
    assert abs(initializers.uniform(W, rng, -1, 3).mean() - 1) < 0.05
    assert abs(initializers.normal(W, rng, 2, 0.5).std() - 0.5) < 0.02
    assert abs(W.mean() - 2) < 0.02
    with pytest.raises(ValueError, match=r"got shape \(3,\)"):
        initializers.fans(np.zeros(3))
    with pytest.raises(ValueError, match="'swish'"):
        initializers.gain("swish")


def test_settings_that_make_no_sense_are_refused():
    model = Sequential(Linear(1, 1, rng=np.random.default_rng(0)))
    for make, message in [
        (lambda: SGD(model, lr=-1), r"lr must be at least 0, got -1"),
        (lambda: SGD(model, lr=[0.1, 0.2]), r"per model of a fleet; got shape \(2,\)"),
        (lambda: SGD(model, nesterov=True), "nesterov needs a momentum"),
        (lambda: optim.Adam(model, betas=(1, 0.9)), r"0\.\.1, got \(1, 0\.9\)"),
        (lambda: S.OneCycleLR(SGD(model), 0.1, 10, anneal_strategy="step"), "'step'"),
        (lambda: S.OneCycleLR(SGD(model), 0.1, 10).rate(10), "10 steps; step 10"),
        (lambda: S.ReduceLROnPlateau(SGD(model), mode="low"), "'low'"),
        (lambda: S.ReduceLROnPlateau(SGD(model)).step(), "needs the loss"),
    ]:
        with pytest.raises(ValueError, match=message):
            make()
    with pytest.raises(TypeError, match="takes the model, got list"):
        SGD(list(model.parameters().values()))
