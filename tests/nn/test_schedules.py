"""Learning rate schedules: PyTorch's rates, step by step."""

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler as torch_schedules

from helpers.nn import schedules
from helpers.nn.containers import Sequential
from helpers.nn.layers import Linear
from helpers.nn.optimizers import SGD

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


def test_settings_that_make_no_sense_are_refused():
    model = Sequential(Linear(1, 1, rng=np.random.default_rng(0)))
    for make, message in [
        (lambda: S.OneCycleLR(SGD(model), 0.1, 10, anneal_strategy="step"), "'step'"),
        (lambda: S.OneCycleLR(SGD(model), 0.1, 10).rate(10), "10 steps; step 10"),
        (lambda: S.ReduceLROnPlateau(SGD(model), mode="low"), "'low'"),
        (lambda: S.ReduceLROnPlateau(SGD(model)).step(), "needs the loss"),
    ]:
        with pytest.raises(ValueError, match=message):
            make()
