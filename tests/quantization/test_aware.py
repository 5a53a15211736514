"""Quantization-aware training: the rounding is in the forward pass, the exact weights learn, one or many."""

import copy

import numpy as np
import pytest
import torch

from helpers.nn import SGD, Adam, CrossEntropyLoss, FakeQuant, Fleet, Linear, ReLU, Sequential
from helpers.quantization.aware import AwareLinear, aware, closest, extremes
from helpers.quantization.maps import signed, symmetric, unsigned
from helpers.quantization.networks import to_integers
from helpers.training import fit

rng = np.random.default_rng(3)
X = rng.normal(size=(240, 8))
Y = (X[:, :4] @ rng.normal(size=(4, 3))).argmax(axis=1)


def model(seed=0):
    rng = np.random.default_rng(seed)
    return Sequential(Linear(8, 16, rng=rng), ReLU(), Linear(16, 3, rng=rng))


def train(net, lr=0.01, num_epochs=8, seed=0, optimizer=Adam):
    options = {
        "batch_size": 40,
        "num_epochs": num_epochs,
        "rng": np.random.default_rng(seed),
        "progress": False,
    }
    fit(net, CrossEntropyLoss(), optimizer(net, lr=lr), X, Y, **options)
    return net


def accuracy(net):
    return (net.forward(X).argmax(axis=1) == Y).mean()


def loss_of(net):
    return CrossEntropyLoss().forward(net.forward(X).astype(float), Y)


TRAINED = train(model(), num_epochs=30)


@pytest.mark.parametrize("per_channel", [True, False])
def test_training_with_the_rounding_wins_back_what_rounding_lost(per_channel):
    options = {"bits": 2, "per_channel": per_channel, "weight_range": closest}
    rounded = to_integers(aware(TRAINED, X, **options))
    learnt = to_integers(train(aware(TRAINED, X, **options, weight_momentum=0), num_epochs=20))
    longer = to_integers(aware(train(copy.deepcopy(TRAINED), num_epochs=20), X, **options))
    assert accuracy(TRAINED) > 0.95
    assert loss_of(learnt) < 0.95 * min(loss_of(rounded), loss_of(longer))
    assert accuracy(learnt) > max(accuracy(rounded), accuracy(longer))


@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize("weight_range", [extremes, closest])
def test_slopes_are_those_of_pytorch_straight_through(per_channel, weight_range):
    net = aware(TRAINED, X, bits=3, per_channel=per_channel, weight_range=weight_range, weight_momentum=0)
    net.train()
    loss = CrossEntropyLoss()
    loss.forward(net.forward(X), Y)
    net.backward(loss.backward())
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in net.parameters().items()}
    out = torch.tensor(X)
    for i, layer in enumerate(net.layers):
        if isinstance(layer, AwareLinear):
            W = fake(tensors[f"{i}.W"], layer.quant)
            out = out @ W + tensors[f"{i}.b"]
        else:
            out = torch.relu(out) if isinstance(layer, ReLU) else fake(out, layer)
    torch.nn.functional.cross_entropy(out, torch.tensor(Y)).backward()
    for name, gradient in net.gradients().items():
        np.testing.assert_allclose(gradient, tensors[name].grad, rtol=1e-6, atol=1e-9)
        assert np.abs(gradient).max() > 0


def fake(x, quant):
    """PyTorch's own fake quantization with the grid of ours."""
    if quant.axis is None:
        z = int(quant.zero_point)
        return torch.fake_quantize_per_tensor_affine(x, float(quant.scale), z, *quant.levels)
    scale = torch.tensor(quant.scale.ravel())
    zeros = torch.zeros(len(scale), dtype=torch.int32)
    return torch.fake_quantize_per_channel_affine(x, scale, zeros, quant.axis, *quant.levels)


def test_the_exact_weights_learn_and_the_rounded_ones_compute():
    net = aware(TRAINED, X, bits=2, weight_momentum=0)
    layer = net.layers[1]
    before = layer.W.copy()
    train(net, num_epochs=1)
    assert (before != layer.W).any()
    out = layer.forward(np.eye(8)) - layer.b
    steps = out / layer.quant.scale
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-5)
    assert np.abs(steps).max() <= 1 + 1e-5


def test_ranges_stay_or_move_as_asked():
    for momentum in (0.0, 1.0):
        net = aware(TRAINED, X, bits=4, momentum=momentum, weight_momentum=momentum)
        ends = [
            (float(one.high), np.array(net.layers[1].high))
            for one in net.layers
            if isinstance(one, FakeQuant)
        ]
        train(net, lr=0.1, num_epochs=2)
        after = [
            (float(one.high), np.array(net.layers[1].high))
            for one in net.layers
            if isinstance(one, FakeQuant)
        ]
        same = [a == b and (c == d).all() for (a, c), (b, d) in zip(ends, after, strict=True)]
        assert all(same) if momentum == 0 else not any(same)


def test_to_integers_takes_the_range_of_the_weights_at_hand():
    """After the last step of a training W is not what the last forward pass saw."""
    net = aware(TRAINED, X, bits=4, weight_momentum=1)
    net.layers[1].W[...] *= 3
    W = net.layers[1].W.copy()
    made = to_integers(net).layers[1]
    np.testing.assert_array_equal(
        made.W_ruler.dequantize(made.W), symmetric(*extremes(W, None, axis=1), signed(4))(W)
    )


def test_a_copy_is_trained_and_the_model_stays():
    before = TRAINED.flat.copy()
    train(aware(TRAINED, X, bits=2), num_epochs=1)
    assert (TRAINED.flat == before).all()


@pytest.mark.parametrize("per_channel", [True, False])
def test_a_fleet_is_the_loop(per_channel):
    options = {"bits": 3, "per_channel": per_channel, "momentum": 0.1}
    alone = [train(aware(model(seed), X, **options), seed=seed, optimizer=SGD, lr=0.1) for seed in range(3)]
    fleet = Fleet([aware(model(seed), X, **options) for seed in range(3)])
    rngs = [np.random.default_rng(seed) for seed in range(3)]
    settings = {"batch_size": 40, "num_epochs": 8, "rng": rngs, "progress": False}
    fit(fleet, CrossEntropyLoss(), SGD(fleet, lr=[0.1] * 3), X, Y, **settings)
    for one, other in zip(fleet.unstack(), alone, strict=True):
        np.testing.assert_allclose(one.flat, other.flat, rtol=1e-9, atol=1e-12)
        assert (to_integers(one).forward(X) == to_integers(other).forward(X)).mean() > 0.999


def test_bits_of_each_layer():
    net = aware(TRAINED, X, bits=[2, 5])
    assert [layer.quant.bits for layer in net.layers if isinstance(layer, AwareLinear)] == [2, 5]
    with pytest.raises(ValueError, match="one number or 2"):
        aware(TRAINED, X, bits=[2])
    with pytest.raises(ValueError, match=r"2\.\.16"):
        aware(TRAINED, X, bits=1)


@pytest.mark.parametrize("codes", [signed(3), unsigned(3)])
def test_closest_is_nearer_than_extremes(codes):
    values = np.random.default_rng(0).standard_t(3, size=(400, 2))
    values = np.abs(values) if codes[0] == 0 else values
    errors = []
    for find in (closest, extremes):
        quant = FakeQuant(3, symmetric=codes[0] < 0, momentum=0, axis=1)
        quant.low, quant.high = find(values, codes, axis=1)
        errors.append(((quant.forward(values) - values) ** 2).mean(axis=0))
    assert (errors[0] < errors[1]).all()
