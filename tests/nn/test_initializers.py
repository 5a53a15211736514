"""Where weights start: the spread of PyTorch's functions and layers."""

import numpy as np
import pytest
import torch

from helpers.nn import initializers
from helpers.nn.convolution import Conv2d
from helpers.nn.layers import Embedding, Linear


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


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda rng: Linear(300, 400, rng=rng), lambda: torch.nn.Linear(300, 400)),
        (lambda rng: Conv2d(20, 300, (5, 4), rng=rng), lambda: torch.nn.Conv2d(20, 300, (5, 4))),
        (lambda rng: Embedding(300, 400, rng=rng), lambda: torch.nn.Embedding(300, 400)),
    ],
)
def test_layers_start_as_wide_as_pytorchs(ours, theirs):
    torch.manual_seed(0)
    layer, net = ours(np.random.default_rng(0)), theirs()
    assert abs(layer.W.std() / net.weight.std().item() - 1) < 0.02
    if hasattr(layer, "b"):
        assert abs(np.abs(layer.b).max() / net.bias.abs().max().item() - 1) < 0.02
        assert abs(layer.b.std() / net.bias.std().item() - 1) < 0.15
