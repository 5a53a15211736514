"""RNN, LSTM and GRU against PyTorch in float64, and against numerical gradients."""

import re

import numpy as np
import pytest
import torch

from helpers.nn.containers import Sequential
from helpers.nn.gradient_check import layer_check
from helpers.nn.initializers import orthogonal
from helpers.nn.layers import Linear
from helpers.nn.recurrent import GRU, LSTM, RNN
from helpers.nn.twins import from_torch, to_torch
from tests.nn.twin import copies_are_their_own, fleet_is_the_loop, rng, stays_float32

KINDS = pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
LAST = pytest.mark.parametrize("last", [False, True])


def twins(kind, last=False):
    torch.manual_seed(0)
    net = torch.nn.Sequential(getattr(torch.nn, kind.__name__)(3, 4, batch_first=True)).double()
    return from_torch(Sequential(kind(3, 4, last=last, rng=rng())), net), net


@KINDS
@LAST
def test_values_and_gradients_are_pytorchs(kind, last):
    model, net = twins(kind, last)
    for n, T in ((5, 7), (1, 1), (2, 3)):
        X = 2 * rng(n).normal(size=(n, T, 3))
        X_t = torch.tensor(X, requires_grad=True)
        expected, _ = net(X_t)
        expected = expected[:, -1] if last else expected
        out = model.forward(X)
        np.testing.assert_allclose(out, expected.detach(), rtol=0, atol=1e-10)
        d_out = rng(3).normal(size=out.shape)
        net.zero_grad()
        expected.backward(torch.tensor(d_out))
        np.testing.assert_allclose(model.backward(d_out), X_t.grad, rtol=0, atol=1e-10)
        layer, inner = model.layers[0], net[0]
        for ours, theirs in (
            (layer.dW_x.T, inner.weight_ih_l0),
            (layer.dW_h.T, inner.weight_hh_l0),
            (layer.db_x, inner.bias_ih_l0),
            (layer.db_h, inner.bias_hh_l0),
        ):
            np.testing.assert_allclose(ours, theirs.grad, rtol=0, atol=1e-10)


@KINDS
@LAST
def test_backward_is_the_numerical_gradient(kind, last):
    layer = kind(2, 3, last=last, rng=rng())
    assert max(layer_check(layer, rng(1).normal(size=(2, 4, 2)), rng(2)).values()) < 1e-6


@KINDS
def test_weights_go_to_pytorch_and_back(kind):
    model, net = twins(kind)
    for name, tensor in to_torch(model).items():
        np.testing.assert_array_equal(tensor, net.state_dict()[name])
    net.load_state_dict(to_torch(Sequential(kind(3, 4, rng=rng(9)))))
    assert not np.array_equal(from_torch(model, net).flat, twins(kind)[0].flat)


@KINDS
@LAST
def test_fleets_copies_and_float32(kind, last):
    def make(seed):
        return Sequential(kind(3, 4, last=last, rng=rng(seed)), Linear(4, 2, rng=rng(seed + 9)))

    X = rng(1).normal(size=(3, 5, 3))
    fleet_is_the_loop(make, X)
    copies_are_their_own(make, X)
    stays_float32(Sequential(kind(3, 4, last=last, rng=rng(), dtype=np.float32)), X.astype(np.float32))


@KINDS
def test_the_start_is_pytorchs(kind):
    layer = kind(50, 100, rng=rng())
    theirs = getattr(torch.nn, kind.__name__)(50, 100)
    for ours, tensor in zip(layer.parameters().values(), theirs.parameters(), strict=True):
        assert sorted(ours.shape) == sorted(tensor.shape)
        assert 0.95 * 0.1 < np.abs(ours).max() <= 0.1  # uniform within 1 / √100
        assert abs(ours.std() - 0.1 / np.sqrt(3)) < 0.005


def test_an_orthogonal_start_keeps_lengths():
    for shape in ((6, 6), (6, 4), (4, 6)):
        W = orthogonal(np.empty(shape), rng(), gain=2)
        small = W @ W.T if shape[0] <= shape[1] else W.T @ W
        np.testing.assert_allclose(small, 4 * np.eye(min(shape)), atol=1e-12)
    many = np.array([orthogonal(np.empty((2, 2)), rng(seed)) for seed in range(400)])
    assert abs(many.mean(axis=0)).max() < 0.1  # every direction equally often, as with PyTorch's signs
    layer = RNN(1, 8, rng=rng())
    orthogonal(layer.W_h, rng())
    assert layer.W_h is layer.views["W_h"]
    with pytest.raises(ValueError, match=r"got shape \(3,\)"):
        orthogonal(np.empty(3), rng())


@KINDS
def test_wrong_shapes_and_sizes_are_refused(kind):
    layer = kind(3, 4, rng=rng())
    for shape in ((5, 3), (5, 7, 2), (5, 0, 3)):
        with pytest.raises(ValueError, match=re.escape(f"(n, steps, 3), got {shape}. W_x has shape (3,")):
            layer.forward(np.zeros(shape))
    with pytest.raises(ValueError, match="hidden_size"):
        kind(3, 0, rng=rng())
    assert layer.output_shape((5, 7, 3)) == (5, 7, 4)
    assert kind(3, 4, last=True, rng=rng()).output_shape((5, 7, 3)) == (5, 4)
    assert "last=True" in repr(kind(3, 4, last=True, rng=rng()))


def test_a_memory_is_learnt():
    """The first number of a sequence, asked for at its end."""
    X = rng(1).choice([-1.0, 1.0], size=(64, 6, 1))
    model = Sequential(GRU(1, 8, last=True, rng=rng()), Linear(8, 1, rng=rng(1)))
    for _ in range(300):
        error = model.forward(X) - X[:, 0]
        model.backward(2 * error / len(X))
        model.flat -= 0.3 * model.d_flat
    assert (error**2).mean() < 0.05
