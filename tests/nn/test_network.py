"""A small network, forward and backward, against PyTorch and against numerical gradients."""

import copy

import numpy as np
import pytest
import torch

from helpers.nn.activations import ReLU, Tanh
from helpers.nn.containers import Sequential
from helpers.nn.gradient_check import gradient_check, layer_check, numerical_gradient
from helpers.nn.layers import Linear
from helpers.nn.losses import CrossEntropyLoss, MSELoss
from helpers.nn.optimizers import SGD


def network(rng, activation=Tanh):
    return Sequential(Linear(3, 5, rng=rng), activation(), Linear(5, 4, rng=rng))


def twin(model, activation):
    net = torch.nn.Sequential(torch.nn.Linear(3, 5), activation(), torch.nn.Linear(5, 4)).double()
    with torch.no_grad():
        for ours, theirs in ((model.layers[0], net[0]), (model.layers[2], net[2])):
            theirs.weight.copy_(torch.tensor(ours.W.T))
            theirs.bias.copy_(torch.tensor(ours.b))
    return net


@pytest.mark.parametrize(("activation", "torch_activation"), [(Tanh, torch.nn.Tanh), (ReLU, torch.nn.ReLU)])
@pytest.mark.parametrize("classify", [True, False])
def test_two_hundred_steps_of_sgd_are_pytorchs(activation, torch_activation, classify):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 3))
    y = rng.integers(4, size=20) if classify else rng.normal(size=(20, 4))
    model = network(rng, activation)
    net = twin(model, torch_activation)
    loss, torch_loss = (
        (CrossEntropyLoss(), torch.nn.CrossEntropyLoss()) if classify else (MSELoss(), torch.nn.MSELoss())
    )
    optimizer, torch_optimizer = SGD(model, lr=0.1), torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(200):
        value = loss.forward(model.forward(X), y)
        dX = model.backward(loss.backward())
        optimizer.step()
        X_t = torch.tensor(X, requires_grad=True)
        torch_optimizer.zero_grad()
        expected = torch_loss(net(X_t), torch.tensor(y))
        expected.backward()
        torch_optimizer.step()
        assert abs(value - expected.item()) < 1e-10
        np.testing.assert_allclose(dX, X_t.grad, atol=1e-10)
    np.testing.assert_allclose(model.layers[0].W, net[0].weight.detach().numpy().T, atol=1e-9)
    np.testing.assert_allclose(model.layers[2].db, net[2].bias.grad, atol=1e-10)


def test_the_gradient_of_a_whole_network_is_the_numerical_one():
    rng = np.random.default_rng(0)
    errors = layer_check(network(rng), rng.normal(size=(6, 3)), rng)
    assert set(errors) == {"X", "0.W", "0.b", "2.W", "2.b"}
    assert max(errors.values()) < 1e-7


def test_layer_check_finds_a_wrong_backward():
    class Wrong(Tanh):
        def backward(self, d_out):
            return -super().backward(d_out)

    rng = np.random.default_rng(0)
    assert layer_check(Wrong(), rng.normal(size=(2, 3)), rng)["X"] > 1
    assert gradient_check(lambda x: float((x**2).sum()), np.ones(3), 3 * np.ones(3)) > 0.3


def test_numerical_gradient_leaves_x_alone_and_refuses_float32():
    x = np.ones(3)
    numerical_gradient(lambda v: float(v.sum()), x)
    np.testing.assert_array_equal(x, np.ones(3))
    with pytest.raises(TypeError, match="float32"):
        numerical_gradient(lambda v: float(v.sum()), x.astype(np.float32))


def test_two_outputs_of_a_layer_do_not_share_memory():
    rng = np.random.default_rng(0)
    model = network(rng, ReLU)
    first = model.forward(np.ones((2, 3)))
    before = first.copy()
    model.forward(np.zeros((2, 3)))
    np.testing.assert_array_equal(first, before)


def test_setting_a_weight_writes_into_the_flat_vector():
    model = network(np.random.default_rng(0))
    model.layers[0].W = np.ones((3, 5))
    assert (model.flat[:15] == 1).all()
    with pytest.raises(ValueError, match=r"\(3, 5\), got \(5, 3\)"):
        model.layers[0].W = np.ones((5, 3))


def test_a_layer_has_one_model():
    model = network(np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"copy\.deepcopy"):
        Sequential(*model.layers[:2])
    hidden = Sequential(*copy.deepcopy(model.layers[:2]))
    X = np.ones((2, 3))
    np.testing.assert_array_equal(hidden.forward(X), model.layers[1].forward(model.layers[0].forward(X)))
    with pytest.raises(TypeError, match="int64"):
        Linear(2, 3, rng=np.random.default_rng(0), dtype=np.int64)


def test_wrong_shapes_are_named():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"\(n, 3\), got \(2, 4\)"):
        network(rng).forward(np.ones((2, 4)))
    with pytest.raises(ValueError, match=r"\(2, 4\) and \(3,\)"):
        CrossEntropyLoss().forward(np.ones((2, 4)), np.zeros(3, int))
    with pytest.raises(ValueError, match=r"\(2, 1\), y is \(2,\)"):
        MSELoss().forward(np.ones((2, 1)), np.ones(2))
    with pytest.raises(ValueError, match=r"0\.\.3"):
        CrossEntropyLoss().forward(np.ones((2, 4)), np.array([0, 4]))
