"""Inputs that people of this trade report elsewhere, tried on the engine; each gets a number or words."""

import copy
import pickle
from itertools import product

import numpy as np
import pytest
import torch

from helpers import nn
from helpers.nn.autodiff import Value
from helpers.nn.gradient_check import layer_check
from helpers.training import evaluate, fit


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# Logits that are infinite, or as far apart as float32 goes -----------------------------------------------

LOGITS = [np.array([[1.0, 2.0, -np.inf]]), np.array([[3e38, -3e38, 0]], np.float32)]


@pytest.mark.parametrize("logits", LOGITS, ids=["-inf", "float32"])
@pytest.mark.parametrize("weight", [None, [2.0, 1.0, 3.0]], ids=["plain", "weighted"])
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("fleet", [False, True])
def test_cross_entropy_of_extreme_logits_is_pytorchs(logits, weight, soft, fleet):
    y = np.array([[0.75, 0.25, 0.0]], logits.dtype) if soft and np.isinf(logits).any() else None
    y = y if y is not None else np.array([[1.0, 0, 0]], logits.dtype) if soft else np.array([0])
    tensor = torch.tensor(logits, requires_grad=True)
    as_weight = None if weight is None else torch.tensor(weight, dtype=tensor.dtype)
    # (for probabilities PyTorch multiplies 0 by -inf: there the label stands in, of which it makes a number)
    if soft and y[0, 0] < 1:
        log_p = torch.log_softmax(tensor, -1)[:, :2]
        parts = log_p * torch.tensor(y)[:, :2] * (1 if as_weight is None else as_weight[:2])
        want = -parts.sum()
    else:
        reduction = "sum" if soft else "mean"
        want = torch.nn.functional.cross_entropy(
            tensor, torch.tensor([0]), weight=as_weight, reduction=reduction
        )
    want.backward()
    loss = nn.CrossEntropyLoss(weight=weight)
    if fleet:
        logits = np.stack([logits, logits]).view(nn.stack.Stack)
        y = np.stack([y, y]).view(nn.stack.Stack)
    np.testing.assert_allclose(loss.forward(logits, y), want.item(), rtol=1e-6)
    gradient = np.asarray(loss.backward())
    np.testing.assert_allclose(gradient[0] if fleet else gradient, tensor.grad.numpy(), atol=1e-6)


def test_binary_cross_entropy_of_infinite_logits_is_zero_where_they_are_right():
    loss = nn.BCEWithLogitsLoss()
    assert loss.forward(np.array([[np.inf, -np.inf]]), np.array([[1.0, 0.0]])) == 0
    assert loss.backward().tolist() == [[0, 0]]
    assert loss.forward(np.array([[-np.inf]]), np.array([[1.0]])) == np.inf


# No rows, lists, the wrong order -----------------------------------------------------------------------

LOSSES = [
    nn.MSELoss,
    nn.L1Loss,
    nn.RMSELoss,
    nn.HuberLoss,
    nn.HingeLoss,
    nn.SquaredHingeLoss,
    nn.ExponentialLoss,
    nn.BCEWithLogitsLoss,
    nn.CrossEntropyLoss,
]


def targets(loss, n):
    return np.zeros(n, int) if loss is nn.CrossEntropyLoss else np.ones((n, 2))


@pytest.mark.parametrize(("loss", "reduction"), list(product(LOSSES, ["mean", "sum", "none"])))
def test_a_loss_of_no_rows_is_refused(loss, reduction):
    made = loss() if loss is nn.RMSELoss else loss(reduction=reduction)
    with pytest.raises(ValueError, match=r"has no rows: y is \(0"):
        made.forward(np.zeros((0, 2)), targets(loss, 0))


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_want_arrays_and_forward_before_backward(loss):
    with pytest.raises(TypeError, match="needs predictions as an array, got list"):
        loss().forward([[0.0, 1.0]], targets(loss, 1))
    with pytest.raises(TypeError, match="needs y as an array, got list"):
        loss().forward(np.zeros((1, 2)), targets(loss, 1).tolist())
    with pytest.raises(AttributeError, match="Call forward first"):
        loss().backward()


LAYERS = [
    nn.Linear(2, 2, rng=rng()),
    nn.Embedding(3, 2, rng=rng()),
    nn.Flatten(),
    nn.Conv2d(1, 1, 2, rng=rng()),
    nn.MaxPool2d(2),
    nn.AvgPool2d(2),
    nn.BatchNorm(1),
    nn.LayerNorm(2),
    nn.RMSNorm(2),
    nn.Dropout(0.5, rng=rng()),
    nn.DropConnect(2, 2, rng=rng()),
    nn.FakeQuant(8),
    nn.RNN(2, 2, rng=rng()),
    nn.LSTM(2, 2, rng=rng()),
    nn.GRU(2, 2, rng=rng()),
    nn.Attention(2, rng=rng()),
    nn.Residual(nn.Tanh()),
    nn.Sequential(nn.Linear(2, 2, rng=rng())),
    *(make() for make in (nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Sigmoid, nn.Tanh, nn.Softmax)),
]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_layers_want_arrays_and_forward_before_backward(layer):
    with pytest.raises(TypeError, match="needs X as an array, got list"):
        layer.forward([[0.0, 1.0]])
    with pytest.raises(AttributeError, match="Call forward first"):
        layer.backward(np.ones((1, 1, 2, 2)))


def test_a_missing_attribute_hides_nothing_from_copies_and_hasattr():
    for one in (nn.Linear(2, 1, rng=rng()), nn.MSELoss()):
        assert not hasattr(one, "nothing_of_this_name")
        assert type(copy.deepcopy(one)) is type(pickle.loads(pickle.dumps(one))) is type(one)


def classify(model, n=21, batch_size=4, **options):
    X, y = rng(1).normal(size=(n, 3)), rng(2).integers(0, 2, n)
    optimizer = nn.SGD(model, lr=0.1)
    options = {"num_epochs": 1, "rng": rng(), "progress": False, **options}
    return fit(model, nn.CrossEntropyLoss(), optimizer, X, y, batch_size=batch_size, **options)


def test_an_empty_validation_set_is_refused_before_the_first_step():
    model = nn.Sequential(nn.Linear(3, 2, rng=rng()))
    before = model.flat.copy()
    with pytest.raises(ValueError, match=r"have no rows: y is \(0,\)"):
        classify(model, validation=(np.zeros((0, 3)), np.zeros(0, int)))
    with pytest.raises(ValueError, match="have no rows"):
        evaluate(model, nn.CrossEntropyLoss(), (np.zeros((0, 3)), np.zeros(0, int)))
    assert (model.flat == before).all()


# Batch norm and a batch of one row ---------------------------------------------------------------------


def normed():
    return nn.Sequential(nn.Linear(3, 4, rng=rng()), nn.BatchNorm(4), nn.Linear(4, 2, rng=rng()))


@pytest.mark.parametrize(
    ("n", "batch_size", "which"),
    [
        (21, 4, r"the last batch has 1 row \(21 = 5 · 4 \+ 1\)"),
        (21, 10, r"the last batch has 1 row \(21 = 2 · 10 \+ 1\)"),
        (3, 1, "each batch has 1 row"),
        (1, 8, "the only batch has 1 row"),
    ],
)
def test_batch_norm_with_a_last_batch_of_one_row_is_refused_before_the_first_step(n, batch_size, which):
    for model in (normed(), nn.Fleet([normed(), normed()])):
        before = model.flat.copy()
        with pytest.raises(ValueError, match=which):
            classify(model, n, batch_size)
        assert (model.flat == before).all()


def test_batch_norm_with_other_last_batches_trains():
    assert len(classify(normed(), 22, 4).losses) == 6
    assert len(classify(normed().freeze(), 21, 4).losses) == 6  # its statistics stand still
    pictures = nn.Sequential(
        nn.Conv2d(1, 2, 1, rng=rng()), nn.BatchNorm(2), nn.Flatten(), nn.Linear(8, 2, rng=rng())
    )
    X, y = rng().normal(size=(5, 1, 2, 2)), np.array([0, 1, 0, 1, 0])
    options = {"batch_size": 4, "num_epochs": 1, "rng": rng(), "progress": False}
    history = fit(pictures, nn.CrossEntropyLoss(), nn.SGD(pictures, lr=0.1), X, y, **options)
    assert len(history.losses) == 2  # one picture has four values for each channel


# Modes, checks of gradients, edges of the autodiff -----------------------------------------------------


@pytest.mark.parametrize(
    "make", [lambda *a: nn.Sequential(*a), nn.Residual, lambda *a: nn.Fleet([nn.Sequential(*a)])]
)
def test_eval_and_train_are_seen_on_containers(make):
    model = make(nn.Tanh(), nn.Dropout(0.5, rng=rng()))
    assert model.eval().training is False
    assert model.train().training is True
    assert all(leaf.training for leaf in model.leaves())


@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_layer_check_forgives_rounding_where_the_true_gradient_is_zero(scale):
    model = nn.Sequential(nn.Linear(3, 4, rng=rng()), nn.BatchNorm(4))
    model.layers[1].weight *= scale
    errors = layer_check(model, rng(1).normal(size=(6, 3)), rng(2))
    assert errors["0.b"] < 1e-6
    assert max(errors.values()) < 1e-6


def test_layer_check_still_finds_a_small_gradient_that_is_wrong():
    class Wrong(nn.Linear):
        def backward(self, d_out):
            dX = super().backward(d_out)
            self.db = 1e-3 + self.db  # a thousandth too much
            return dX

    layer = Wrong(2, 1, rng=rng())
    assert layer_check(layer, rng(1).normal(size=(4, 2)), rng(2))["b"] > 1e-5


EDGES = [
    (lambda x: x**0, 0.0),
    (lambda x: 3 * x**0 + 2 * x**1 + x**2, 0.0),
    (lambda x: x**0, -2.0),
    (lambda x: x**1, 0.0),
    (lambda x: x**0.5, 0.0),
    (lambda x: x**-1, 0.0),
    (lambda x: x**-0.5, 0.0),
    (lambda x: x**2, np.inf),
    (lambda x: x**0, np.nan),
    (lambda x: x**0.5, -1.0),
    (lambda x: x.log(), 0.0),
    (lambda x: x.exp(), -np.inf),
    (lambda x: x.exp(), 1000.0),
    (lambda x: x.tanh(), np.inf),
    (lambda x: 1 / x, 0.0),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy says that a number is beyond the edge
@pytest.mark.parametrize(("f", "at"), EDGES)
def test_autodiff_at_the_edges_is_pytorchs(f, at):
    ours, theirs = Value(at), torch.tensor(at, dtype=torch.float64, requires_grad=True)
    value, want = f(ours), f(theirs)
    value.backward()
    want.backward()
    np.testing.assert_allclose(value.data, want.item())
    np.testing.assert_allclose(ours.grad, theirs.grad.item())


def test_autodiff_says_what_a_power_may_be():
    with pytest.raises(TypeError, match="raised to a plain number"):
        Value(2.0) ** Value(3.0)
