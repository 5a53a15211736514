"""Fake quantisation against PyTorch, to the bit, and what a range is."""

import copy

import numpy as np
import pytest
import torch

from helpers.nn.base import Layer
from helpers.nn.containers import Sequential
from helpers.nn.fake_quant import FakeQuant
from helpers.nn.fleet import Fleet
from helpers.nn.layers import Linear
from helpers.nn.losses import MSELoss
from helpers.nn.optimizers import SGD
from helpers.training import fit, predict
from tests.nn.twin import copies_are_their_own, descend, fleet_is_the_loop, rng, step

CASES = {
    "8 bits": {"bits": 8, "limits": (-1.3, 2.1)},
    "4 bits": {"bits": 4, "limits": (-1.0, 0.7)},
    "2 bits": {"bits": 2, "limits": (-0.5, 0.5)},
    "16 bits": {"bits": 16, "limits": (-2.0, 2.0)},
    "above zero": {"bits": 4, "limits": (0.5, 2.0)},
    "below zero": {"bits": 4, "limits": (-2.0, -0.5)},
    "symmetric": {"bits": 8, "symmetric": True, "limits": (-1.3, 0.4)},
    "symmetric, 4 bits": {"bits": 4, "symmetric": True, "limits": (-0.1, 1.0)},
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", CASES)
def test_values_and_slopes_are_pytorchs_to_the_bit(name, dtype):
    layer = FakeQuant(**CASES[name])
    s = float(layer.scale)
    ties = s * (np.arange(-40, 40) / 2)  # on the levels and half-way between them
    X = np.concatenate([rng(1).normal(size=500) * 2, ties, [0.0, -0.0, 100, -100]]).astype(dtype)
    x = torch.tensor(X, requires_grad=True)
    expected = torch.fake_quantize_per_tensor_affine(x, s, int(layer.zero_point), *layer.levels)
    out, d_out = layer.forward(X), rng(2).normal(size=X.shape).astype(dtype)
    assert out.dtype == dtype
    assert out.tobytes() == expected.detach().numpy().tobytes()
    expected.backward(torch.tensor(d_out))
    dX = layer.backward(d_out)
    np.testing.assert_array_equal(dX, x.grad)
    assert dX.dtype == dtype
    assert 0 < (dX == 0).sum() < X.size
    np.testing.assert_array_equal(layer.forward(out), out)  # what is on the grid stays
    assert len(np.unique(out)) <= 2**layer.bits


@pytest.mark.parametrize("name", CASES)
def test_the_grid_covers_the_range_and_holds_zero(name):
    layer = FakeQuant(**CASES[name])
    (low, high), (lowest, highest) = CASES[name]["limits"], layer.levels
    s, z = float(layer.scale), float(layer.zero_point)
    assert layer.forward(np.zeros(1)) == 0
    assert (lowest - z) * s <= min(low, 0) + 0.51 * s
    assert (highest - z) * s >= max(high, 0) - 0.51 * s
    assert z == round(z)
    assert lowest <= z <= highest


@pytest.mark.parametrize("symmetric", [False, True])
def test_the_observed_range_is_that_of_pytorchs_observer(symmetric):
    layer = FakeQuant(8, symmetric=symmetric, momentum=0.25)
    observer = torch.ao.quantization.MovingAverageMinMaxObserver(
        averaging_constant=0.25,
        dtype=torch.qint8 if symmetric else torch.quint8,
        qscheme=torch.per_tensor_symmetric if symmetric else torch.per_tensor_affine,
        quant_min=layer.levels[0],
        quant_max=layer.levels[1],
    )
    for seed in range(4):
        X = rng(seed).normal(size=(5, 3)) + 0.3 * seed
        layer.forward(X)
        observer(torch.tensor(X))
        scale, zero_point = observer.calculate_qparams()
        np.testing.assert_allclose(layer.scale, scale.item(), rtol=1e-6)
        assert layer.zero_point == zero_point.item()
    before = layer.low.copy()
    layer.eval().forward(100 * X)
    layer.train().freeze().forward(100 * X)
    assert layer.low == before
    layer.freeze(False).forward(100 * X)
    assert layer.low < before


def test_the_levels():
    assert FakeQuant(8).levels == (0, 255)
    assert FakeQuant(8, symmetric=True).levels == (-127, 127)  # as many above 0 as below
    assert FakeQuant(2, symmetric=True).levels == (-1, 1)


def test_momentum_1_is_the_range_of_this_batch():
    layer = FakeQuant(4, momentum=1)
    for X in (rng(1).normal(size=9), 0.1 * rng(2).normal(size=9)):
        layer.forward(X)
        assert (layer.low, layer.high) == (X.min(), X.max())
    assert np.isfinite(FakeQuant(4).forward(np.zeros(3))).all()


def test_fleets_and_copies():
    def make(seed):
        first, last = Linear(3, 4, rng=rng(seed)), Linear(4, 2, rng=rng(seed + 9))
        return Sequential(first, FakeQuant(4, momentum=0.5), last)

    X = rng(1).normal(size=(3, 3))
    fleet_is_the_loop(make, X)
    copies_are_their_own(make, X)
    model = make(0)
    descend(model, X)
    assert copy.deepcopy(model).layers[1].low == model.layers[1].low
    model.state()["1.low"][...] = -7  # as a checkpoint writes it
    assert model.layers[1].low == -7
    assert "bits=4, symmetric=False, limits=None, momentum=0.5" in repr(model)


class Quantised(Linear):
    """A linear layer whose weights are rounded on their way in, as the docstring of FakeQuant says."""

    def __init__(self, *sizes, rng):
        super().__init__(*sizes, rng=rng)
        self.quant = FakeQuant(3, symmetric=True, momentum=1)

    def forward(self, X):
        self.X = X
        return X @ self.quant.forward(self.W) + self.b

    def backward(self, d_out):
        self.dW = self.quant.backward(self.X.mT @ d_out)
        self.db = d_out.sum(axis=0)
        return d_out @ self.quant.out.T


def test_around_weights():
    def make(seed):
        return Sequential(Quantised(3, 2, rng=rng(seed)))

    X = rng(1).normal(size=(5, 3))
    model = make(0)
    assert isinstance(model.layers[0], Layer)
    out, dX, _ = step(model, X)
    layer = model.layers[0]
    W = torch.tensor(layer.W, requires_grad=True)
    x = torch.tensor(X, requires_grad=True)
    expected = x @ torch.fake_quantize_per_tensor_affine(W, float(layer.quant.scale), 0, -3, 3)
    expected = expected + torch.tensor(layer.b)
    np.testing.assert_allclose(out, expected.detach(), atol=1e-12)
    expected.backward(torch.tensor(rng(5).normal(size=(5, 2))))
    np.testing.assert_allclose(dX, x.grad, atol=1e-12)
    np.testing.assert_allclose(layer.dW, W.grad, atol=1e-12)
    fleet_is_the_loop(make, X)
    copies_are_their_own(make, X)
    before = model.eval().forward(X)
    layer.W *= 10  # in evaluation too, the grid is that of the weights at hand
    np.testing.assert_allclose(model.forward(X) - layer.b, 10 * (before - layer.b), rtol=1e-5)


def test_a_fleet_with_limits():
    models = [Sequential(Linear(3, 2, rng=rng(seed)), FakeQuant(limits=(-1, 1))) for seed in range(2)]
    X = rng(1).normal(size=(4, 3))
    for out, model in zip(Fleet(models).forward(X), models, strict=True):
        np.testing.assert_array_equal(out, model.forward(X))


def test_wrong_arguments_are_refused():
    for bits in (1, 17, 8.0, True):
        with pytest.raises(ValueError, match=rf"2\.\.16, got {bits}"):
            FakeQuant(bits)
    for limits in ((1, 1), (2, 1), (0, np.inf), (np.nan, 1)):
        with pytest.raises(ValueError, match="low < high, got"):
            FakeQuant(limits=limits)
    with pytest.raises(ValueError, match=r"0\.\.1, got 2"):
        FakeQuant(momentum=2)
    with pytest.raises(ValueError, match="seen no batch"):
        _ = FakeQuant().scale


def test_without_a_range_evaluation_changes_nothing_and_fit_can_begin(edition):
    layer, X = FakeQuant(2), rng(1).normal(size=(8, 3))
    np.testing.assert_array_equal(layer.eval().forward(X), X)
    np.testing.assert_array_equal(layer.backward(X), X)
    model = Sequential(Linear(3, 3, rng=rng()), layer)
    history = fit(model, MSELoss(), SGD(model, lr=0.3), X, X, batch_size=4, num_epochs=30, rng=rng())
    assert history["loss"][-1] < history["loss"][0]
    assert len(np.unique(predict(model, X))) <= 4


@pytest.mark.parametrize("symmetric", [True, False])
def test_with_an_axis_each_column_has_its_own_grid_as_in_pytorch(symmetric):
    X = rng(1).normal(size=(30, 4)) * [0.1, 1, 5, 0.01]
    X = X.astype(np.float32)  # of float64 PyTorch keeps more bits here
    layer = FakeQuant(4, symmetric=symmetric, momentum=1, axis=1)
    x, out = torch.tensor(X, requires_grad=True), layer.forward(X)
    scale = torch.tensor(layer.scale.ravel())
    zeros = torch.tensor(np.broadcast_to(layer.zero_point, (1, 4)).ravel().astype(np.int32))
    expected = torch.fake_quantize_per_channel_affine(x, scale, zeros, 1, *layer.levels)
    assert out.tobytes() == expected.detach().numpy().tobytes()
    alone = [FakeQuant(4, symmetric=symmetric, momentum=1).forward(X[:, k]) for k in range(4)]
    np.testing.assert_array_equal(out, np.stack(alone, axis=1))
    d_out = rng(2).normal(size=X.shape).astype(np.float32)
    expected.backward(torch.tensor(d_out))
    np.testing.assert_array_equal(layer.backward(d_out), x.grad)
