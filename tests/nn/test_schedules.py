"""Learning rate schedules: PyTorch's rates, step by step."""

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler as torch_schedules

from helpers.nn import schedules
from helpers.nn.containers import Sequential
from helpers.nn.fleet import Fleet
from helpers.nn.layers import Linear
from helpers.nn.losses import MSELoss
from helpers.nn.optimizers import SGD
from helpers.training import fit

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
    "one cycle, one step past its end": (S.OneCycleLR, TS.OneCycleLR, {"max_lr": 0.5, "total_steps": 30}),
    "one cycle, only down": (
        S.OneCycleLR,
        TS.OneCycleLR,
        {"max_lr": 0.5, "total_steps": 30, "pct_start": 0.0},
    ),
    "one cycle, top at once": (
        S.OneCycleLR,
        TS.OneCycleLR,
        {"max_lr": 0.5, "total_steps": 30, "pct_start": 0.01},
    ),
    "constant, no steps": (S.ConstantLR, TS.ConstantLR, {"factor": 0.2, "total_iters": 0}),
    "constant, one step": (S.ConstantLR, TS.ConstantLR, {"factor": 0.2, "total_iters": 1}),
    "linear, no steps": (S.LinearLR, TS.LinearLR, {"start_factor": 0.2, "total_iters": 0}),
    "linear, one step": (S.LinearLR, TS.LinearLR, {"start_factor": 0.2, "total_iters": 1}),
    "linear, to 0": (S.LinearLR, TS.LinearLR, {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 9}),
    "step of one": (S.StepLR, TS.StepLR, {"step_size": 1, "gamma": 0.9}),
    "step, nothing left": (S.StepLR, TS.StepLR, {"step_size": 4, "gamma": 0.0}),
    "exponential, gamma of 1": (S.ExponentialLR, TS.ExponentialLR, {"gamma": 1.0}),
    "exponential, growing": (S.ExponentialLR, TS.ExponentialLR, {"gamma": 1.5}),
    "cosine, back and forth": (S.CosineAnnealingLR, TS.CosineAnnealingLR, {"T_max": 1, "eta_min": 0.01}),
    "cosine, restarts": (S.CosineAnnealingLR, TS.CosineAnnealingLR, {"T_max": 7}),
    "cosine, upwards": (S.CosineAnnealingLR, TS.CosineAnnealingLR, {"T_max": 4, "eta_min": 0.5}),
}
STAYS = {"constant, no steps", "linear, no steps", "exponential, gamma of 1"}


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


@pytest.mark.parametrize("lr", [0.2, 0.0])
@pytest.mark.parametrize("name", SCHEDULES)
def test_rates_are_pytorchs(name, lr):
    ours, theirs, arguments = SCHEDULES[name]
    optimizer, torch_optimizer = optimizer_pair(lr)
    torch_arguments = arguments | ({"cycle_momentum": False} if "cycle" in name else {})
    schedule, torch_schedule = ours(optimizer, **arguments), theirs(torch_optimizer, **torch_arguments)
    mine, other = rates(schedule, optimizer, torch_schedule, torch_optimizer)
    np.testing.assert_allclose(mine, other, rtol=1e-10, atol=1e-15)
    assert lr == 0 or (len(np.unique(mine)) > 1) == (name not in STAYS)


@pytest.mark.parametrize("steps", [0, 1, 6])
@pytest.mark.parametrize("after", [False, True])
def test_warm_up_is_a_sequence_of_two(after, steps):
    optimizer, torch_optimizer = optimizer_pair()
    then = S.CosineAnnealingLR(optimizer, T_max=25, eta_min=0.01) if after else None
    schedule = S.WarmupLR(optimizer, steps, start_factor=0.1, after=then)
    second = TS.CosineAnnealingLR if after else TS.ConstantLR
    arguments = {"T_max": 25, "eta_min": 0.01} if after else {"factor": 1.0}
    first = TS.LinearLR(torch_optimizer, start_factor=0.1, total_iters=steps)
    torch_schedule = TS.SequentialLR(torch_optimizer, [first, second(torch_optimizer, **arguments)], [steps])
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
        {"patience": 0, "factor": 0.5, "threshold": 1.0},
    ],
)
@pytest.mark.parametrize("below", [0.0, 1.0, 10.0])
def test_reduce_on_plateau_is_pytorchs(arguments, below):
    losses = np.abs(np.random.default_rng(3).normal(size=30)).round(2) + np.exp(-np.arange(30) / 5)
    losses -= below  # a loss may be negative: a log-density's, for example
    optimizer, torch_optimizer = optimizer_pair()
    schedule = S.ReduceLROnPlateau(optimizer, **arguments)
    torch_schedule = TS.ReduceLROnPlateau(torch_optimizer, **arguments)
    mine, other = rates(schedule, optimizer, torch_schedule, torch_optimizer, lambda i: (losses[i],))
    np.testing.assert_allclose(mine, other, rtol=1e-12)
    assert below or len(np.unique(mine)) > 2


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("share", [0.85, 0.95, 1.05, 1.15])
@pytest.mark.parametrize("best", [-2.0, 2.0])
def test_the_share_of_a_negative_best_is_pytorchs(best, share, mode):
    optimizer, torch_optimizer = optimizer_pair()
    arguments = {"mode": mode, "patience": 0, "threshold": 0.1}
    schedule = S.ReduceLROnPlateau(optimizer, **arguments)
    torch_schedule = TS.ReduceLROnPlateau(torch_optimizer, **arguments)
    for loss in (best, best * share):
        schedule.step(loss)
        torch_schedule.step(loss)
    assert optimizer.lr == torch_optimizer.param_groups[0]["lr"]
    assert schedule.best == torch_schedule.best


def test_reduce_on_plateau_watches_one_number_and_cuts_the_rates_of_a_fleet():
    lr = np.array([0.1, 0.2, 0.001])
    models = [Sequential(Linear(1, 1, rng=np.random.default_rng(seed))) for seed in range(3)]
    optimizer = SGD(Fleet(models), lr=lr)
    schedule = S.ReduceLROnPlateau(optimizer, patience=0, min_lr=0.01)
    with pytest.raises(ValueError, match=r"one number, got an array of shape \(3,\).*mean"):
        schedule.step(np.ones(3))
    parameters = [torch.nn.Parameter(torch.zeros(1)) for _ in range(3)]
    groups = [{"params": [parameter], "lr": rate} for parameter, rate in zip(parameters, lr, strict=True)]
    torch_optimizer = torch.optim.SGD(groups)
    torch_schedule = TS.ReduceLROnPlateau(torch_optimizer, patience=0, min_lr=0.01)
    for loss in (np.ones(1), np.float32(2.0)):
        schedule.step(loss)
        torch_schedule.step(loss.item())
    np.testing.assert_allclose(optimizer.lr[:, 0], [group["lr"] for group in torch_optimizer.param_groups])
    assert "best" in schedule.state()
    schedule.step(np.float32(0.1))
    assert schedule.state()["best"] == np.float32(0.1)


def test_a_cycle_lasts_through_a_training_of_its_steps():
    optimizer, torch_optimizer = optimizer_pair()
    for strategy in ("cos", "linear"):
        arguments = {"max_lr": 0.5, "total_steps": 10, "anneal_strategy": strategy}
        schedule = S.OneCycleLR(optimizer, **arguments)
        torch_schedule = TS.OneCycleLR(torch_optimizer, **arguments, cycle_momentum=False)
        for _ in range(10):
            torch_optimizer.step()
            schedule.step()
            torch_schedule.step()
        # Along the straight line PyTorch's last rate is negative, which no optimizer of ours takes.
        assert optimizer.lr == pytest.approx(max(torch_optimizer.param_groups[0]["lr"], 0), rel=1e-12)
        for one in (schedule, torch_schedule):
            with pytest.raises(ValueError, match="11"):
                one.step()
        optimizer, torch_optimizer = optimizer_pair()
    model, X = optimizer.model, np.ones((20, 1))
    schedule = S.OneCycleLR(optimizer, max_lr=0.5, total_steps=10)
    settings = {"batch_size": 4, "num_epochs": 2, "rng": np.random.default_rng(0), "progress": False}
    history = fit(model, MSELoss(), optimizer, X, X, schedule=schedule, schedule_per="step", **settings)
    assert len(history.losses) == schedule.t == 10


def test_a_warm_up_before_a_cycle_leads_to_where_it_starts():
    optimizer, torch_optimizer = optimizer_pair()
    arguments = {"max_lr": 0.5, "total_steps": 30}
    schedule = S.WarmupLR(optimizer, 5, start_factor=0.1, after=S.OneCycleLR(optimizer, **arguments))
    second = TS.OneCycleLR(torch_optimizer, **arguments, cycle_momentum=False)
    first = TS.LinearLR(torch_optimizer, start_factor=0.1, total_iters=5)
    torch_schedule = TS.SequentialLR(torch_optimizer, [first, second], [5])
    mine, other = rates(schedule, optimizer, torch_schedule, torch_optimizer)
    np.testing.assert_allclose(mine, other, rtol=1e-10)


def test_a_rate_set_by_hand_is_not_lost_silently():
    optimizer, torch_optimizer = optimizer_pair()
    schedule, torch_schedule = S.StepLR(optimizer, 4, 0.3), TS.StepLR(torch_optimizer, 4, 0.3)
    mine, other = rates(schedule, optimizer, torch_schedule, torch_optimizer)
    schedule.base_lr *= 7  # what PyTorch's makes of a rate set by hand
    torch_optimizer.param_groups[0]["lr"] *= 7
    mine, other = rates(schedule, optimizer, torch_schedule, torch_optimizer)
    np.testing.assert_allclose(mine[1:], other[1:], rtol=1e-10)
    optimizer.lr = 0.125
    with pytest.raises(ValueError, match=r"now it is 0.125.*Change base_lr"):
        schedule.step()
    assert (schedule.t, optimizer.lr) == (60, 0.125)
    S.StepLR(optimizer, 4, 0.3).step()
    schedule.load_state(schedule.state())  # a checkpoint puts the optimizer's rate back by itself
    schedule.step()
    models = [Sequential(Linear(1, 1, rng=np.random.default_rng(seed))) for seed in range(2)]
    optimizer = SGD(Fleet(models), lr=[0.1, 0.2])
    schedule = S.StepLR(optimizer, 4)
    schedule.step()
    optimizer.lr *= 0.5
    with pytest.raises(ValueError, match="set by hand"):
        schedule.step()


def test_a_cycle_and_a_plateau_take_a_rate_set_by_hand_as_pytorchs_do():
    for name, arguments, given in [
        ("OneCycleLR", (0.5, 60), ()),
        ("ReduceLROnPlateau", ("min", 0.9, 2), (1.0,)),
    ]:
        optimizer, torch_optimizer = optimizer_pair()
        schedule = getattr(S, name)(optimizer, *arguments)
        settings = {"cycle_momentum": False} if given == () else {}
        torch_schedule = getattr(TS, name)(torch_optimizer, *arguments, **settings)
        rates(schedule, optimizer, torch_schedule, torch_optimizer, lambda i, given=given: given)
        optimizer.lr = torch_optimizer.param_groups[0]["lr"] = 0.3
        mine, other = rates(
            schedule, optimizer, torch_schedule, torch_optimizer, lambda i, given=given: given
        )
        np.testing.assert_allclose(mine, other, rtol=1e-10)


def test_settings_that_make_no_sense_are_refused():
    model = Sequential(Linear(1, 1, rng=np.random.default_rng(0)))

    def cycle(**settings):
        return S.OneCycleLR(SGD(model), **({"max_lr": 0.1, "total_steps": 10} | settings))

    plateau = S.ReduceLROnPlateau(SGD(model))
    for make, message in [
        (lambda: cycle(anneal_strategy="step"), "'step'"),
        (lambda: cycle().rate(11), "10 steps; step 11"),
        (lambda: cycle(total_steps=0), "total_steps must be a whole number from 1 on, got 0"),
        (lambda: cycle(pct_start=1.0), "below 1, .* got 1.0 and 10"),
        (lambda: cycle(pct_start=0.1), "not exactly 1 .* got 0.1 and 10"),
        (lambda: cycle(pct_start=-0.1), "from 0 .* got -0.1 and 10"),
        (lambda: cycle(div_factor=0), "div_factor must be above 0, got 0"),
        (lambda: cycle(final_div_factor=0), "final_div_factor must be above 0, got 0"),
        (lambda: S.ConstantLR(SGD(model), 1.5), "factor must be between 0 and 1, got 1.5"),
        (lambda: S.ConstantLR(SGD(model), 0.5, -1), "total_iters must be a whole number from 0 on, got -1"),
        (lambda: S.LinearLR(SGD(model), 0.0), "start_factor must be above 0 and at most 1, got 0.0"),
        (lambda: S.LinearLR(SGD(model), 0.5, 1.5), "end_factor must be between 0 and 1, got 1.5"),
        (lambda: S.LinearLR(SGD(model), 0.5, 1.0, 2.5), "total_iters must be a whole .* got 2.5"),
        (lambda: S.StepLR(SGD(model), 0), "step_size must be a whole number from 1 on, got 0"),
        (lambda: S.StepLR(SGD(model), 2, -0.1), "gamma must be at least 0, got -0.1"),
        (lambda: S.ExponentialLR(SGD(model), -0.1), "gamma must be at least 0, got -0.1"),
        (lambda: S.CosineAnnealingLR(SGD(model), 0), "T_max must be above 0, got 0"),
        (lambda: S.WarmupLR(SGD(model), -1), "warmup_iters must be a whole number from 0 on, got -1"),
        (lambda: S.WarmupLR(SGD(model), 2, 1.5), "start_factor must be between 0 and 1, got 1.5"),
        (lambda: S.WarmupLR(plateau.optimizer, 2, after=plateau), "ReduceLROnPlateau of this one"),
        (lambda: S.WarmupLR(SGD(model), 2, after=S.StepLR(SGD(model), 2)), "StepLR of another one"),
        (lambda: S.ReduceLROnPlateau(SGD(model), mode="low"), "'low'"),
        (lambda: plateau.step(), "needs the loss"),
    ]:
        with pytest.raises(ValueError, match=message):
            make()
