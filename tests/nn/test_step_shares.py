"""What share of a step a layer takes: frozen layers, rates and decay by layer, penalties by layer."""

import numpy as np
import pytest
import torch

from helpers.nn import (
    L1,
    L2,
    LBFGS,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    BatchNorm,
    ClipNorm,
    ElasticNet,
    Fleet,
    Linear,
    MSELoss,
    RMSprop,
    Sequential,
    Tanh,
)
from helpers.nn.twins import to_torch
from helpers.training import fit

T = torch.optim
OPTIMIZERS = {
    "sgd": (SGD, T.SGD, {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.1}),
    "nesterov": (SGD, T.SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    "adagrad": (Adagrad, T.Adagrad, {"lr": 0.05, "weight_decay": 0.1}),
    "rmsprop": (RMSprop, T.RMSprop, {"lr": 0.01, "momentum": 0.5, "centered": True, "weight_decay": 0.1}),
    "adam": (Adam, T.Adam, {"lr": 0.01, "weight_decay": 0.1}),
    "adamw": (AdamW, T.AdamW, {"lr": 0.01, "weight_decay": 0.1}),
}
X, Y = np.random.default_rng(0).normal(size=(20, 3)), np.random.default_rng(1).normal(size=(20, 2))


def network(seed=0):
    rng = np.random.default_rng(seed)
    return Sequential(Linear(3, 5, rng=rng), Tanh(), BatchNorm(5), Linear(5, 2, rng=rng))


def torch_network():
    nn = torch.nn
    net = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.BatchNorm1d(5), nn.Linear(5, 2)).double()
    net.load_state_dict(to_torch(network()), strict=False)
    return net


def step(model, optimizer, loss=None):
    loss = loss or MSELoss()
    loss.forward(model.forward(X), Y)
    model.backward(loss.backward())
    optimizer.step()


def torch_step(net, optimizer):
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(net(torch.tensor(X)), torch.tensor(Y)).backward()
    optimizer.step()


def same(model, net, atol=1e-10):
    for name, ours in to_torch(model).items():
        np.testing.assert_allclose(ours, net.state_dict()[name], rtol=0, atol=atol, err_msg=name)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_frozen_layer_is_pytorchs_without_gradients(name):
    make, make_torch, arguments = OPTIMIZERS[name]
    model, net = network(), torch_network()
    for i in (0, 2):
        model.layers[i].freeze()
        net[i].requires_grad_(False)
    net[2].eval()
    optimizer, torch_optimizer = make(model, **arguments), make_torch(net.parameters(), **arguments)
    for _ in range(30):
        step(model, optimizer)
        torch_step(net, torch_optimizer)
    same(model, net)
    before = network()
    for i in (0, 2):
        for key, array in (model.layers[i].parameters() | model.layers[i].state()).items():
            np.testing.assert_array_equal(array, getattr(before.layers[i], key))
    model.freeze(False)
    step(model, optimizer)
    assert (model.layers[0].W != before.layers[0].W).all()
    assert (model.layers[2].running_mean != 0).all()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_layer_that_is_frozen_on_the_way_keeps_what_the_optimizer_remembers(name):
    make, _, arguments = OPTIMIZERS[name]
    model = network()
    optimizer, first = make(model, **arguments), model.layers[0].size
    for _ in range(3):
        step(model, optimizer)
    before = [model.flat.copy(), *(getattr(optimizer, vector).copy() for vector in optimizer.vectors)]
    model.layers[0].freeze()
    for _ in range(3):
        step(model, optimizer)
    after = [model.flat, *(getattr(optimizer, vector) for vector in optimizer.vectors)]
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(new[:first], old[:first])
    assert (model.flat != before[0])[first:].all()


def test_lbfgs_and_clipping_leave_frozen_layers_out():
    model, loss = network(), MSELoss()
    start = model.flat.copy()
    model.layers[0].freeze()
    model.layers[2].freeze()

    def closure():
        value = loss.forward(model.forward(X), Y)
        model.backward(loss.backward())
        return value

    first = closure()
    still = model.layers[0].size + model.layers[2].size
    model.d_flat = 1
    assert ClipNorm(0.5)(model) == pytest.approx(np.sqrt(model.size - still))
    assert np.linalg.norm(model.d_flat[still:]) == pytest.approx(0.5, abs=1e-6)
    assert LBFGS(model).step(closure) < first
    np.testing.assert_array_equal(model.flat[:still], start[:still])
    assert (model.flat != start)[still:].all()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_rates_by_layer_are_pytorchs_groups(name):
    make, make_torch, arguments = OPTIMIZERS[name]
    model, net = network(), torch_network()
    optimizer = make(model, lr_factors={model.layers[0]: 0.1, model.layers[3]: 2}, **arguments)
    lr = arguments["lr"]
    groups = [
        {"params": net[0].parameters(), "lr": 0.1 * lr},
        {"params": net[2].parameters(), "lr": lr},
        {"params": net[3].parameters(), "lr": 2 * lr},
    ]
    torch_optimizer = make_torch(groups, **arguments)
    for _ in range(30):
        step(model, optimizer)
        torch_step(net, torch_optimizer)
    same(model, net)


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if "weight_decay" in OPTIMIZERS[name][2]])
def test_decay_without_biases_is_pytorchs_groups(name):
    make, make_torch, arguments = OPTIMIZERS[name]
    model, net = network(), torch_network()
    optimizer = make(model, decay_biases=False, **arguments)
    weights, others = [net[0].weight, net[3].weight], [net[0].bias, *net[2].parameters(), net[3].bias]
    groups = [{"params": weights}, {"params": others, "weight_decay": 0.0}]
    torch_optimizer = make_torch(groups, **arguments)
    for _ in range(30):
        step(model, optimizer)
        torch_step(net, torch_optimizer)
    same(model, net)


@pytest.mark.parametrize("name", ["sgd", "adamw"])
@pytest.mark.parametrize("option", ["frozen", "factors", "no biases"])
def test_a_fleet_does_it_for_each_model(name, option):
    make, _, arguments = OPTIMIZERS[name]
    fleet, alone = Fleet([network(seed) for seed in range(3)]), [network(seed) for seed in range(3)]
    for model in (fleet, *alone):
        options = {"no biases": {"decay_biases": False}, "factors": {"lr_factors": {model.layers[0]: 0.3}}}
        if option == "frozen":
            model.layers[0].freeze()
            model.layers[2].freeze()
        optimizer = make(model, **arguments, **options.get(option, {}))
        fit(model, MSELoss(), optimizer, X, Y, batch_size=7, num_epochs=3, rng=np.random.default_rng(0))
    for member, one in zip(fleet.unstack(), alone, strict=True):
        np.testing.assert_array_equal(member.flat, one.flat)
        np.testing.assert_array_equal(member.layers[2].running_mean, one.layers[2].running_mean)


def test_layers_of_another_model_and_factors_below_0_are_refused():
    model, other = network(), network()
    with pytest.raises(ValueError, match="layers of the model"):
        SGD(model, lr_factors={other.layers[0]: 0.1})
    with pytest.raises(ValueError, match=r"lr_factors must be at least 0, got -1"):
        SGD(model, lr_factors={model.layers[0]: -1})
    with pytest.raises(ValueError, match="layers of the model"):
        L2(model, 0.1, layers=[other.layers[0]])


def test_a_penalty_of_some_layers():
    model = network()
    W = model.layers[3].W
    penalty = L2(model, 0.3, layers=[model.layers[3], model.layers[1]])
    assert penalty.value() == pytest.approx(0.3 * (W**2).sum())
    model.d_flat = np.ones(model.size)
    penalty.add_gradient(model)
    np.testing.assert_allclose(model.layers[3].dW, 1 + 0.6 * W, rtol=1e-14)
    for gradient in (model.layers[0].dW, model.layers[3].db, model.layers[2].dweight):
        np.testing.assert_array_equal(gradient, 1)
    assert L1(model, 0.3, layers=[model.layers[0]]).value() == pytest.approx(
        0.3 * np.abs(model.layers[0].W).sum()
    )
    fleet = Fleet([network(0), network(1)])
    first = fleet.layers[0]
    values = L2(fleet, [0.1, 0.2], layers=[first]).value()
    np.testing.assert_allclose(
        values.ravel(), [0.1 * (first.W[0] ** 2).sum(), 0.2 * (first.W[1] ** 2).sum()], rtol=1e-14
    )
    with pytest.raises(ValueError, match="one number, or one per model"):
        ElasticNet(fleet, [0.1, 0.2, 0.3])
