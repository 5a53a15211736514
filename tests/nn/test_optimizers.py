"""Optimizers: 200 steps along PyTorch's trajectories, to 1e-9."""

import numpy as np
import pytest
import torch

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


@pytest.mark.parametrize("key", ["lr", "weight_decay", "momentum"])
@pytest.mark.parametrize("name", ["sgd", "momentum, weight decay", "rmsprop, all", "adam", "adamw"])
def test_a_hyperparameter_may_change_on_the_way(name, key):
    ours, theirs, arguments = OPTIMIZERS[name]
    twins = Twins()
    optimizer, torch_optimizer = ours(twins.model, **arguments), theirs(twins.theirs, **arguments)
    for i in range(20):
        if i == 10 and hasattr(optimizer, key):  # Adam has no momentum of that name
            setattr(optimizer, key, 0.03)
            torch_optimizer.param_groups[0][key] = 0.03
        twins.step(optimizer, torch_optimizer, i)
    twins.same()


@pytest.mark.parametrize("name", ["adam", "adamw, all"])
def test_the_betas_may_change_on_the_way(name):
    ours, theirs, arguments = OPTIMIZERS[name]
    twins = Twins()
    optimizer, torch_optimizer = ours(twins.model, **arguments), theirs(twins.theirs, **arguments)
    for i in range(20):
        if i == 10:
            optimizer.betas = torch_optimizer.param_groups[0]["betas"] = (0.5, 0.97)
        twins.step(optimizer, torch_optimizer, i)
    twins.same()
    with pytest.raises(ValueError, match="betas"):
        optimizer.betas = (0.5, 1.0)


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


def test_settings_that_make_no_sense_are_refused():
    model = Twins().model
    for make, name in (
        (SGD, "dampening"),
        (optim.RMSprop, "alpha"),
        (optim.Adam, "eps"),
        (optim.Adagrad, "eps"),
    ):
        with pytest.raises(ValueError, match=f"{name} is one number"):
            make(model, **{name: np.full(model.size, 0.5)})
    model = Sequential(Linear(1, 1, rng=np.random.default_rng(0)))
    for make, message in [
        (lambda: SGD(model, lr=-1), r"lr must be at least 0, got -1"),
        (lambda: SGD(model, lr=[0.1, 0.2]), r"per model of a fleet; got shape \(2,\)"),
        (lambda: SGD(model, nesterov=True), "nesterov needs a momentum"),
        (lambda: optim.Adam(model, betas=(1, 0.9)), r"0\.\.1, got \(1, 0\.9\)"),
    ]:
        with pytest.raises(ValueError, match=message):
            make()
    with pytest.raises(TypeError, match="takes the model, got list"):
        SGD(list(model.parameters().values()))
