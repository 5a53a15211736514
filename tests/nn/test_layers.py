"""Every layer against its PyTorch twin in float64, and against numerical gradients in random shapes."""

import inspect

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.nn import activations as act
from helpers.nn.base import Layer
from helpers.nn.containers import Residual, Sequential
from helpers.nn.convolution import AvgPool2d, Conv2d, MaxPool2d
from helpers.nn.gradient_check import layer_check
from helpers.nn.layers import Embedding, Flatten, Linear
from helpers.nn.normalization import BatchNorm, LayerNorm, RMSNorm
from helpers.nn.regularization import DropConnect, Dropout
from helpers.nn.twins import from_torch

nn = torch.nn


def rng(seed=0):
    return np.random.default_rng(seed)


# name: (ours, PyTorch's, shape of X)
LAYERS = {
    "linear": (lambda: Linear(3, 4, rng=rng()), lambda: nn.Linear(3, 4), (5, 3)),
    "linear, batch of one": (lambda: Linear(3, 4, rng=rng()), lambda: nn.Linear(3, 4), (1, 3)),
    "linear without bias": (
        lambda: Linear(3, 4, bias=False, rng=rng()),
        lambda: nn.Linear(3, 4, bias=False),
        (5, 3),
    ),
    "linear, words": (lambda: Linear(3, 4, rng=rng()), lambda: nn.Linear(3, 4), (5, 6, 3)),
    "linear, one output": (lambda: Linear(3, 1, rng=rng()), lambda: nn.Linear(3, 1), (5, 3)),
    "relu": (act.ReLU, nn.ReLU, (5, 3)),
    "leaky relu": (lambda: act.LeakyReLU(0.2), lambda: nn.LeakyReLU(0.2), (5, 3)),
    "elu": (lambda: act.ELU(1.5), lambda: nn.ELU(1.5), (5, 3)),
    "gelu": (act.GELU, nn.GELU, (5, 3)),
    "gelu by tanh": (lambda: act.GELU("tanh"), lambda: nn.GELU("tanh"), (5, 3)),
    "silu": (act.SiLU, nn.SiLU, (5, 3)),
    "sigmoid": (act.Sigmoid, nn.Sigmoid, (5, 3)),
    "tanh": (act.Tanh, nn.Tanh, (5, 3)),
    "softmax": (act.Softmax, lambda: nn.Softmax(-1), (5, 3)),
    "flatten": (Flatten, nn.Flatten, (5, 2, 3, 4)),
    "conv": (lambda: Conv2d(2, 3, 3, rng=rng()), lambda: nn.Conv2d(2, 3, 3), (4, 2, 6, 5)),
    "conv, padding and stride": (
        lambda: Conv2d(2, 3, (3, 2), stride=(2, 1), padding=(1, 2), rng=rng()),
        lambda: nn.Conv2d(2, 3, (3, 2), stride=(2, 1), padding=(1, 2)),
        (4, 2, 7, 5),
    ),
    "conv, stride skips the rim": (
        lambda: Conv2d(1, 2, 2, stride=3, rng=rng()),
        lambda: nn.Conv2d(1, 2, 2, stride=3),
        (1, 1, 7, 7),
    ),
    "max pool": (lambda: MaxPool2d(2), lambda: nn.MaxPool2d(2), (4, 2, 6, 5)),
    "max pool, overlap and padding": (
        lambda: MaxPool2d(3, stride=2, padding=1),
        lambda: nn.MaxPool2d(3, stride=2, padding=1),
        (4, 2, 6, 5),
    ),
    "average pool": (lambda: AvgPool2d(2), lambda: nn.AvgPool2d(2), (4, 2, 6, 5)),
    "average pool, overlap and padding": (
        lambda: AvgPool2d(3, stride=2, padding=1),
        lambda: nn.AvgPool2d(3, stride=2, padding=1),
        (4, 2, 6, 5),
    ),
    "batch norm": (lambda: BatchNorm(3), lambda: nn.BatchNorm1d(3), (5, 3)),
    "batch norm of pictures": (
        lambda: BatchNorm(3, 1e-3, 0.3),
        lambda: nn.BatchNorm2d(3, 1e-3, 0.3),
        (2, 3, 4, 5),
    ),
    "layer norm": (lambda: LayerNorm(6), lambda: nn.LayerNorm(6), (5, 6)),
    "layer norm of sequences": (lambda: LayerNorm(6, eps=0.1), lambda: nn.LayerNorm(6, eps=0.1), (5, 2, 6)),
    "rms norm": (lambda: RMSNorm(6), lambda: nn.RMSNorm(6), (5, 2, 6)),
    "rms norm with eps": (lambda: RMSNorm(6, eps=0.1), lambda: nn.RMSNorm(6, eps=0.1), (1, 6)),
}


def twins(name):
    """Our layer and PyTorch's with the same random weights, as one-layer models, and an input."""
    make, make_torch, shape = LAYERS[name]
    torch.manual_seed(1)
    model, net = Sequential(make()), nn.Sequential(make_torch()).double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.normal_()
    return from_torch(model, net), net, rng(2).normal(size=shape)


def torch_gradients(net):
    return {n: p.grad.numpy() for n, p in net.named_parameters()}


def same_gradients(model, net, atol=1e-10):
    for name, gradient in model.gradients().items():
        i, short = name.split(".")
        theirs = torch_gradients(net)[f"{i}.{ {'W': 'weight', 'b': 'bias'}.get(short, short) }"]
        if isinstance(model.layers[int(i)], Linear) and short == "W":
            theirs = theirs.T
        np.testing.assert_allclose(gradient, theirs, atol=atol, rtol=0)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", LAYERS)
def test_values_and_gradients_are_pytorchs(name, training):
    model, net, X = twins(name)
    model.train(training)
    net.train(training)
    for repeat in range(3):  # a kept array that is not cleaned shows the second time
        X = X + 0.1 * repeat
        X_t = torch.tensor(X, requires_grad=True)
        out, expected = model.forward(X), net(X_t)
        np.testing.assert_allclose(out, expected.detach(), atol=1e-10, rtol=0)
        d_out = rng(3).normal(size=out.shape)
        net.zero_grad()
        expected.backward(torch.tensor(d_out))
        np.testing.assert_allclose(model.backward(d_out), X_t.grad, atol=1e-10, rtol=0)
        same_gradients(model, net)
    for key, value in model.state().items():
        np.testing.assert_allclose(value, net.state_dict()[key], atol=1e-12)


@pytest.mark.parametrize("name", [name for name in LAYERS if LAYERS[name][0]().size or "pool" in name])
def test_float32_stays_float32(name):
    make, _, shape = LAYERS[name]
    layer = make()
    layer.views = {key: array.astype(np.float32) for key, array in getattr(layer, "views", {}).items()}
    for key in layer.state_names:
        setattr(layer, key, getattr(layer, key).astype(np.float32))
    out = layer.forward(rng().normal(size=shape).astype(np.float32))
    assert out.dtype == np.float32
    assert layer.backward(np.ones(out.shape, np.float32)).dtype == np.float32


@pytest.mark.parametrize(
    "make", [act.ReLU, act.Tanh, act.Sigmoid, act.ELU, act.GELU, act.SiLU, act.LeakyReLU]
)
def test_activations_keep_float32_and_survive_a_thousand(make):
    layer, X = make(), np.array([[-1000.0, -30, 0, 30, 1000]], np.float32)
    out = layer.forward(X)
    dX = layer.backward(np.ones_like(X))
    assert out.dtype == dX.dtype == np.float32
    assert np.isfinite(out).all()
    assert np.isfinite(dX).all()


SMOOTH = {
    "linear": lambda d: (Linear(d, 3, rng=rng()), (d,)),
    "elu": lambda d: (act.ELU(0.7), (d,)),
    "gelu": lambda d: (act.GELU(), (d,)),
    "gelu by tanh": lambda d: (act.GELU("tanh"), (d,)),
    "silu": lambda d: (act.SiLU(), (d,)),
    "sigmoid": lambda d: (act.Sigmoid(), (d,)),
    "tanh": lambda d: (act.Tanh(), (d,)),
    "softmax": lambda d: (act.Softmax(), (d,)),
    "relu": lambda d: (act.ReLU(), (d,)),
    "leaky relu": lambda d: (act.LeakyReLU(), (d,)),
    "batch norm": lambda d: (BatchNorm(d), (d,)),
    "layer norm": lambda d: (LayerNorm(d + 2), (d + 2,)),
    "rms norm": lambda d: (RMSNorm(d + 1), (d + 1,)),
    "conv": lambda d: (Conv2d(2, d, 2, padding=1, rng=rng()), (2, 3, 2)),
    "max pool": lambda d: (MaxPool2d(2, stride=1), (d, 3, 3)),
    "average pool": lambda d: (AvgPool2d((1, 2)), (d, 2, 4)),
    "flatten": lambda d: (Flatten(), (d, 2)),
    "residual": lambda d: (Residual(Linear(d, d, rng=rng()), act.Tanh()), (d,)),
}


@pytest.mark.parametrize("name", SMOOTH)
@settings(max_examples=6)
@given(n=st.integers(3, 5), d=st.integers(1, 4), seed=st.integers(0, 10_000))
def test_backward_is_the_numerical_gradient(name, n, d, seed):
    layer, shape = SMOOTH[name](d)
    X = rng(seed).normal(size=(n, *shape)) * 2
    if "relu" in name or "elu" in name:
        X += 0.01 * np.sign(X)  # away from the bend
    if name == "batch norm":
        layer.weight = rng(seed).normal(size=d)
        X += 5 * np.arange(n)[:, None]  # rows apart: a variance near 0 has no reliable difference quotient
    errors = layer_check(layer, X, rng(seed + 1))
    assert max(errors.values()) < 2e-6, errors


def test_dropconnect_in_evaluation_is_linear_and_in_training_its_mask_explains_everything():
    layer, X = DropConnect(4, 3, p=0.5, rng=rng()), rng(1).normal(size=(5, 4))
    linear = Linear(4, 3, rng=rng())
    linear.W, linear.b = layer.W, layer.b
    np.testing.assert_allclose(layer.eval().forward(X), linear.forward(X), atol=1e-14)
    d_out = rng(2).normal(size=(5, 3))
    np.testing.assert_allclose(layer.backward(d_out), linear.backward(d_out), atol=1e-14)
    np.testing.assert_allclose(layer.dW, linear.dW, atol=1e-14)
    layer.train()
    out = layer.forward(X)
    assert set(np.unique(layer.mask)) == {0, 2}
    linear.W = layer.W * layer.mask
    np.testing.assert_allclose(out, linear.forward(X), atol=1e-14)
    np.testing.assert_allclose(layer.backward(d_out), linear.backward(d_out), atol=1e-14)
    np.testing.assert_allclose(layer.dW, linear.dW * layer.mask, atol=1e-14)
    np.testing.assert_allclose(layer.db, linear.db, atol=1e-14)


def test_dropout_keeps_the_mean_and_sends_the_gradient_where_the_signal_went():
    layer, X = Dropout(0.25, rng=rng()), np.ones((200, 50))
    out = layer.forward(X)
    assert set(np.unique(out)) == {0, 1 / 0.75}
    assert abs((out == 0).mean() - 0.25) < 0.02
    np.testing.assert_array_equal(layer.backward(X), out)
    np.testing.assert_array_equal(layer.eval().forward(X), X)
    np.testing.assert_array_equal(layer.backward(X), X)
    assert (Dropout(1.0, rng=rng()).forward(X) == 0).all()


def test_embedding_is_pytorchs_and_a_word_that_comes_twice_counts_twice():
    layer = Embedding(5, 3, rng=rng())
    net = nn.Embedding(5, 3).double()
    from_torch(Sequential(layer), {"0.weight": net.weight})
    X = np.array([[0, 3, 3], [4, 0, 3]])
    out, expected = layer.forward(X), net(torch.tensor(X))
    np.testing.assert_array_equal(out, expected.detach())
    d_out = rng().normal(size=out.shape)
    expected.backward(torch.tensor(d_out))
    for _ in range(2):
        assert (layer.backward(d_out) == 0).all()
        np.testing.assert_allclose(layer.dW, net.weight.grad, atol=1e-12)


def test_ties_in_a_max_pool_send_the_gradient_to_the_first_maximum():
    layer = MaxPool2d(2)
    layer.forward(np.zeros((1, 1, 4, 4)))
    dX = layer.backward(np.arange(1.0, 5).reshape(1, 1, 2, 2))
    np.testing.assert_array_equal(dX[0, 0, ::2, ::2], [[1, 2], [3, 4]])
    assert dX.sum() == 10


def test_residual_is_pytorchs_sum():
    model = Sequential(Residual(Linear(3, 3, rng=rng()), act.Tanh()), Linear(3, 2, rng=rng(1)))
    X, d_out = rng(2).normal(size=(4, 3)), rng(3).normal(size=(4, 2))
    X_t = torch.tensor(X, requires_grad=True)
    W, b, V, c = (torch.tensor(p, requires_grad=True) for p in model.parameters().values())
    expected = (X_t + torch.tanh(X_t @ W + b)) @ V + c
    np.testing.assert_allclose(model.forward(X), expected.detach(), atol=1e-12)
    expected.backward(torch.tensor(d_out))
    np.testing.assert_allclose(model.backward(d_out), X_t.grad, atol=1e-12)
    np.testing.assert_allclose(model.layers[0].layers[0].dW, W.grad, atol=1e-12)
    np.testing.assert_allclose(model.layers[1].db, c.grad, atol=1e-12)


def test_running_statistics_serve_in_evaluation():
    layer, X = BatchNorm(2, momentum=0.5), np.array([[0.0, 1.0], [2.0, 5.0]])
    layer.forward(X)
    np.testing.assert_allclose(layer.running_mean, [0.5, 1.5])
    np.testing.assert_allclose(layer.running_var, [0.5 + 1, 0.5 + 4])  # the unbiased variances are 2 and 8
    out = layer.eval().forward(np.array([[0.5, 1.5]]))
    np.testing.assert_allclose(out, 0, atol=1e-12)


REFUSED = {
    "columns": (lambda: Linear(3, 2, rng=rng()), (4, 2), r"\(n, 3\), got \(4, 2\)"),
    "no batch": (lambda: Linear(3, 2, rng=rng()), (3,), r"got shape \(3,\)"),
    "two axes before": (lambda: Linear(3, 2, rng=rng()), (4, 3, 5), r"\(n, 3\), got \(4, 3, 5\)"),
    "dropconnect": (lambda: DropConnect(3, 2, rng=rng()), (4, 2), r"\(n, 3\), got \(4, 2\)"),
    "channels": (lambda: Conv2d(3, 2, 3, rng=rng()), (4, 2, 5, 5), r"3 channels, got X \(4, 2, 5, 5\)"),
    "picture too small": (
        lambda: Conv2d(1, 2, 3, rng=rng()),
        (4, 1, 2, 5),
        r"\(3, 3\) does not fit .* \(2, 5\)",
    ),
    "no picture": (lambda: MaxPool2d(2), (4, 6), r"got \(4, 6\)"),
    "features": (lambda: BatchNorm(3), (4, 2), r"\(n, 3\) or .* got \(4, 2\)"),
    "one row": (lambda: BatchNorm(3), (1, 3), "larger batch"),
    "last axis": (lambda: LayerNorm(3), (4, 2), r"\(n, …, 3\), got \(4, 2\)"),
    "last axis, rms": (lambda: RMSNorm(3), (4, 2), r"RMSNorm\(3\)"),
    "residual": (lambda: Residual(Linear(3, 2, rng=rng())), (4, 3), r"\(4, 3\) to f\(X\) \(4, 2\)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_shape_is_refused_with_both_shapes_named(name):
    make, shape, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        make().forward(np.zeros(shape))


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match=r"0\.\.3, got int64"):
        Embedding(4, 2, rng=rng()).forward(np.array([[4]]))
    with pytest.raises(ValueError, match="float64"):
        Embedding(4, 2, rng=rng()).forward(np.array([[1.0]]))
    with pytest.raises(ValueError, match=r"got 1\.5"):
        Dropout(1.5, rng=rng())
    with pytest.raises(ValueError, match=r"below 1, got 1\.0"):
        DropConnect(2, 2, p=1.0, rng=rng())
    with pytest.raises(ValueError, match="'erf'"):
        act.GELU("erf")
    with pytest.raises(ValueError, match=r"at least 1.*\(0, 0\)"):
        MaxPool2d(0)
    with pytest.raises(TypeError, match=r"Sequential\(a, b\)"):
        Sequential([Linear(2, 2, rng=rng())])
    layer = Linear(2, 2, rng=rng())
    with pytest.raises(ValueError, match="given twice"):
        Sequential(layer, layer)
    with pytest.raises(ValueError, match=r"float32.*float64"):
        Sequential(layer, Linear(2, 2, rng=rng(), dtype=np.float32))


def test_settings_are_all_arguments_that_make_no_arrays():
    seen_otherwise = {
        "rng",
        "dtype",
        "layers",
        "models",
        "in_features",
        "out_features",
        "bias",
        "in_channels",
    }
    seen_otherwise |= {"out_channels", "num_features", "num_embeddings", "embedding_dim"}  # in the shapes
    seen_otherwise |= {"hidden_size"}
    kinds = [Layer]
    for kind in kinds:
        kinds += kind.__subclasses__()
        if kind.__module__.startswith("helpers.nn") and kind.__init__ is not object.__init__:
            arguments = set(inspect.signature(kind).parameters)
            assert arguments - seen_otherwise == set(kind.settings) - seen_otherwise, kind
            assert set(kind.settings) <= arguments, kind


def test_whole_numbers_as_input():
    X = np.array([[-1, 2]])
    np.testing.assert_array_equal(act.LeakyReLU(0.1).forward(X), [[-0.1, 2]])
    assert set(np.unique(Dropout(0.5, rng=rng()).forward(np.ones((9, 9), int)))) == {0, 2}


def test_a_window_that_would_see_padding_only_is_refused():
    with pytest.raises(ValueError, match="half of kernel_size"):
        MaxPool2d(2, padding=2)
