"""Losses and penalties against PyTorch: value and gradient, each reduction, and logits of a thousand."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from helpers.nn import losses
from helpers.nn.activations import Tanh, softmax
from helpers.nn.clipping import ClipNorm, ClipValue
from helpers.nn.containers import Sequential
from helpers.nn.gradient_check import gradient_check
from helpers.nn.layers import Linear
from helpers.nn.normalization import BatchNorm
from helpers.nn.regularization import L1, L2, ElasticNet


def torch_reduce(values, reduction):
    return {"mean": values.mean, "sum": values.sum, "none": lambda: values}[reduction]()


WEIGHT = np.array([0.5, 2.0, 1.0, 3.0])
# name: (our class with its arguments, PyTorch's function of p, y, reduction, the kind of y)
LOSSES = {
    "mse": (losses.MSELoss, {}, lambda p, y, r: F.mse_loss(p, y, reduction=r), "numbers"),
    "l1": (losses.L1Loss, {}, lambda p, y, r: F.l1_loss(p, y, reduction=r), "numbers"),
    "huber": (losses.HuberLoss, {}, lambda p, y, r: F.huber_loss(p, y, reduction=r), "numbers"),
    "huber 0.3": (
        losses.HuberLoss,
        {"delta": 0.3},
        lambda p, y, r: F.huber_loss(p, y, reduction=r, delta=0.3),
        "numbers",
    ),
    "hinge": (losses.HingeLoss, {}, lambda p, y, r: torch_reduce(F.relu(1 - y * p), r), "signs"),
    "squared hinge": (
        losses.SquaredHingeLoss,
        {},
        lambda p, y, r: torch_reduce(F.relu(1 - y * p) ** 2, r),
        "signs",
    ),
    "exponential": (losses.ExponentialLoss, {}, lambda p, y, r: torch_reduce(torch.exp(-y * p), r), "signs"),
    "binary": (
        losses.BCEWithLogitsLoss,
        {},
        lambda p, y, r: F.binary_cross_entropy_with_logits(p, y, reduction=r),
        "shares",
    ),
    "binary, weighted": (
        losses.BCEWithLogitsLoss,
        {"pos_weight": WEIGHT},
        lambda p, y, r: F.binary_cross_entropy_with_logits(
            p, y, reduction=r, pos_weight=torch.tensor(WEIGHT)
        ),
        "shares",
    ),
    "cross-entropy": (
        losses.CrossEntropyLoss,
        {},
        lambda p, y, r: F.cross_entropy(p, y, reduction=r),
        "classes",
    ),
    "cross-entropy, weighted": (
        losses.CrossEntropyLoss,
        {"weight": WEIGHT},
        lambda p, y, r: F.cross_entropy(p, y, reduction=r, weight=torch.tensor(WEIGHT)),
        "classes",
    ),
    "cross-entropy, smoothed": (
        losses.CrossEntropyLoss,
        {"label_smoothing": 0.2},
        lambda p, y, r: F.cross_entropy(p, y, reduction=r, label_smoothing=0.2),
        "classes",
    ),
    "cross-entropy, weighted and smoothed": (
        losses.CrossEntropyLoss,
        {"weight": WEIGHT, "label_smoothing": 0.2},
        lambda p, y, r: F.cross_entropy(p, y, reduction=r, label_smoothing=0.2, weight=torch.tensor(WEIGHT)),
        "classes",
    ),
    "cross-entropy, soft targets": (
        losses.CrossEntropyLoss,
        {"weight": WEIGHT, "label_smoothing": 0.1},
        lambda p, y, r: F.cross_entropy(p, y, reduction=r, label_smoothing=0.1, weight=torch.tensor(WEIGHT)),
        "probabilities",
    ),
    "cross-entropy, ignored": (
        losses.CrossEntropyLoss,
        {"ignore_index": 2, "label_smoothing": 0.2, "weight": WEIGHT},
        lambda p, y, r: F.cross_entropy(
            p, y, reduction=r, ignore_index=2, label_smoothing=0.2, weight=torch.tensor(WEIGHT)
        ),
        "classes",
    ),
    "cross-entropy, temperature": (
        losses.CrossEntropyLoss,
        {"temperature": 2.5},
        lambda p, y, r: F.cross_entropy(p / 2.5, y, reduction=r),
        "classes",
    ),
}


def targets(kind, rng, shape):
    return {
        "numbers": lambda: rng.normal(size=shape),
        "signs": lambda: rng.choice([-1.0, 1.0], size=shape),
        "shares": lambda: rng.choice([0.0, 0.3, 1.0], size=shape),
        "classes": lambda: rng.integers(shape[1] - 1, size=shape[0]),  # the last class stays empty
        "probabilities": lambda: softmax(rng.normal(size=shape)),
    }[kind]()


@pytest.mark.parametrize("scale", [1, 1000])
@pytest.mark.parametrize("n", [1, 7])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", LOSSES)
def test_value_and_gradient_are_pytorchs(name, reduction, n, scale):
    make, arguments, torch_loss, kind = LOSSES[name]
    if name == "exponential":
        scale = min(scale, 10)
    rng = np.random.default_rng(n)
    p = rng.normal(size=(n, 4)) * scale
    y = targets(kind, rng, p.shape)
    loss = make(reduction=reduction, **arguments)
    p_t = torch.tensor(p, requires_grad=True)
    expected = torch_loss(p_t, torch.tensor(y), reduction)
    value = loss.forward(p, y)
    assert isinstance(value, float) or reduction == "none"
    np.testing.assert_allclose(value, expected.detach(), rtol=1e-12, atol=1e-10)
    expected.sum().backward()
    np.testing.assert_allclose(loss.backward(), p_t.grad, rtol=1e-12, atol=1e-10)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", [name for name in LOSSES if name.startswith("cross-entropy")])
def test_a_class_for_each_word_is_pytorchs(name, reduction):
    make, arguments, torch_loss, kind = LOSSES[name]
    rng = np.random.default_rng(3)
    p, y = rng.normal(size=(6, 5, 4)), targets(kind, rng, (30, 4))
    y = y.reshape(6, 5, *y.shape[1:])
    loss, p_t = make(reduction=reduction, **arguments), torch.tensor(p, requires_grad=True)
    y_t = torch.tensor(y) if y.ndim == 2 else torch.tensor(y).movedim(-1, 1)
    expected = torch_loss(p_t.movedim(-1, 1), y_t, reduction)
    np.testing.assert_allclose(loss.forward(p, y), expected.detach(), rtol=1e-12)
    expected.sum().backward()
    np.testing.assert_allclose(loss.backward(), p_t.grad, rtol=1e-12, atol=1e-14)


EXTREME = [
    ([[1.0, -np.inf, 0.0]], np.float64),  # a class that cannot be
    ([[3e38, -3e38, 0.0]], np.float32),  # a difference that overflows
    ([[-3e38, -np.inf, -3e38]], np.float32),
]


@pytest.mark.parametrize("arguments", [{}, {"label_smoothing": 0.1}, {"weight": [1.0, 0.5, 0.25]}], ids=str)
@pytest.mark.parametrize("label", [0, 1, 2])
@pytest.mark.parametrize(("logits", "dtype"), EXTREME)
def test_logits_at_the_end_of_the_numbers_are_pytorchs(logits, dtype, label, arguments):
    logits = np.array(logits, dtype)
    theirs = torch.tensor(logits, requires_grad=True)
    extra = {k: torch.tensor(v, dtype=theirs.dtype) if k == "weight" else v for k, v in arguments.items()}
    expected = F.cross_entropy(theirs, torch.tensor([label]), **extra)
    expected.backward()
    loss = losses.CrossEntropyLoss(**arguments)
    np.testing.assert_allclose(loss.forward(logits, np.array([label])), expected.detach(), rtol=1e-6)
    np.testing.assert_allclose(loss.backward(), theirs.grad, rtol=1e-6, atol=1e-12)


def test_binary_logits_at_the_end_of_the_numbers():
    logits = np.array([[np.inf, -np.inf, 3e38, -3e38]], np.float32)
    for y, values in ((1.0, [0, np.inf, 0, 3e38]), (0.0, [np.inf, 0, 3e38, 0])):
        loss = losses.BCEWithLogitsLoss(reduction="none")
        np.testing.assert_allclose(loss.forward(logits, np.full((1, 4), y)), [values], rtol=1e-6)
        np.testing.assert_array_equal(loss.backward(), np.array([[1, 0, 1, 0]]) - y)


def test_a_mean_of_nothing_is_refused():
    loss = losses.CrossEntropyLoss(ignore_index=-1)
    with pytest.raises(ValueError, match="nothing in y"):
        loss.forward(np.zeros((2, 3)), np.array([-1, -1]))
    with pytest.raises(ValueError, match=r"0\.\.2, got int64 \[-2\]"):
        loss.forward(np.zeros((2, 3)), np.array([-1, -2]))
    loss = losses.CrossEntropyLoss(ignore_index=-1, reduction="sum")
    assert loss.forward(np.zeros((2, 3)), np.array([-1, -1])) == 0
    assert (loss.backward() == 0).all()


def test_the_weight_of_a_sample_multiplies_its_loss_and_its_slope():
    p, y, weight = np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros((2, 2)), np.array([1.0, 3.0])
    for reduction, expected, count in (("mean", 80 / 8, 8), ("sum", 80, 1), ("none", p**2 * [[1], [3]], 1)):
        loss = losses.MSELoss(reduction=reduction)
        np.testing.assert_allclose(loss.forward(p, y, weight), expected)
        np.testing.assert_allclose(loss.backward(), 2 * p * [[1], [3]] / count)
    loss = losses.CrossEntropyLoss(weight=[1.0, 3.0])
    expected = F.cross_entropy(torch.tensor(p), torch.tensor([0, 1]), reduction="none").numpy()
    value = loss.forward(p, np.array([0, 1]), np.array([2.0, 5.0]))
    assert value == pytest.approx((2 * expected[0] + 15 * expected[1]) / 17)


@pytest.mark.parametrize("name", LOSSES)
def test_the_gradient_is_the_numerical_one(name):
    make, arguments, _, kind = LOSSES[name]
    rng = np.random.default_rng(0)
    p = rng.normal(size=(3, 4))
    y = targets(kind, rng, p.shape)
    loss = make(**arguments)
    loss.forward(p, y)
    assert gradient_check(lambda p: loss.forward(p, y), p, loss.backward().copy()) < 1e-6


def test_rmse_is_the_root_and_its_gradient_at_zero_is_zero():
    rng = np.random.default_rng(0)
    p, y = rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    p_t = torch.tensor(p, requires_grad=True)
    expected = torch.sqrt(F.mse_loss(p_t, torch.tensor(y)))
    expected.backward()
    loss = losses.RMSELoss()
    np.testing.assert_allclose(loss.forward(p, y), expected.item(), atol=1e-12)
    np.testing.assert_allclose(loss.backward(), p_t.grad, atol=1e-12)
    assert loss.forward(y, y) == 0
    assert (loss.backward() == 0).all()


def test_slopes_at_the_bends_are_pytorchs():
    for name, p, y in [("l1", 2.0, 2.0), ("huber", 3.0, 2.0), ("hinge", 1.0, 1.0)]:
        make, arguments, torch_loss, _ = LOSSES[name]
        p_t = torch.full((1, 1), p, dtype=torch.float64, requires_grad=True)
        torch_loss(p_t, torch.full((1, 1), y, dtype=torch.float64), "mean").backward()
        loss = make(**arguments)
        loss.forward(np.full((1, 1), p), np.full((1, 1), y))
        assert loss.backward()[0, 0] == p_t.grad.item(), name


def test_float32_stays_float32():
    rng = np.random.default_rng(0)
    for name, (make, arguments, _, kind) in LOSSES.items():
        p = rng.normal(size=(3, 4)).astype(np.float32)
        y = targets(kind, rng, p.shape)
        loss = make(**arguments)
        loss.forward(p, y)  # in float64, or whole numbers
        assert loss.backward().dtype == np.float32, name


@pytest.mark.parametrize(
    ("loss", "p", "y", "message"),
    [
        (losses.MSELoss(), np.zeros((2, 1)), np.zeros(2), r"\(2, 1\), y is \(2,\)"),
        (losses.HingeLoss(), np.zeros((2, 1)), np.zeros((2, 1)), r"2 \* y - 1"),
        (losses.ExponentialLoss(), np.zeros((2, 1)), np.zeros((2, 1)), r"-1 and 1, got \[0\.\]"),
        (losses.BCEWithLogitsLoss(), np.zeros((2, 1)), np.full((2, 1), 2.0), r"got 2\.0\.\.2\.0"),
        (losses.CrossEntropyLoss(), np.zeros((2, 3)), np.zeros(3, int), r"\(2, 3\) and \(3,\)"),
        (losses.CrossEntropyLoss(), np.zeros((2, 3)), np.array([0, 3]), r"0\.\.2"),
        (losses.CrossEntropyLoss(), np.zeros((2, 3)), np.array([0, -1]), r"0\.\.2"),
        (losses.CrossEntropyLoss(), np.zeros((2, 3)), np.zeros(2), "float64"),
    ],
)
def test_targets_that_do_not_fit_are_refused(loss, p, y, message):
    with pytest.raises(ValueError, match=message):
        loss.forward(p, y)


def test_arguments_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="'average'"):
        losses.MSELoss(reduction="average")
    with pytest.raises(ValueError, match="above 0, got 0"):
        losses.HuberLoss(delta=0)
    with pytest.raises(ValueError, match=r"0\.\.1, got 2"):
        losses.CrossEntropyLoss(label_smoothing=2)


def model_and_weights():
    rng = np.random.default_rng(0)
    model = Sequential(Linear(3, 4, rng=rng), BatchNorm(4), Tanh(), Linear(4, 2, rng=rng))
    return model, [torch.tensor(model.layers[i].W, requires_grad=True) for i in (0, 3)]


PENALTIES = {
    "l1": (lambda m: L1(m, 0.3), lambda w: 0.3 * w.abs().sum()),
    "l2": (lambda m: L2(m, 0.3), lambda w: 0.3 * (w**2).sum()),
    "elastic": (lambda m: ElasticNet(m, 0.3, 0.2), lambda w: 0.06 * w.abs().sum() + 0.12 * (w**2).sum()),
}


@pytest.mark.parametrize("name", PENALTIES)
def test_penalties_are_what_autograd_says_and_leave_biases_alone(name):
    model, weights = model_and_weights()
    make, torch_penalty = PENALTIES[name]
    penalty, expected = make(model), sum(torch_penalty(w) for w in weights)
    expected.backward()
    before = model.flat.copy()
    model.d_flat[:] = 1
    assert abs(penalty.value() - expected.item()) < 1e-10
    penalty.add_gradient(model)
    np.testing.assert_allclose(model.layers[0].dW, 1 + weights[0].grad.numpy(), atol=1e-12)
    np.testing.assert_allclose(model.layers[3].dW, 1 + weights[1].grad.numpy(), atol=1e-12)
    for gradient in (model.layers[0].db, model.layers[1].dweight, model.layers[1].dbias, model.layers[3].db):
        np.testing.assert_array_equal(gradient, 1)
    np.testing.assert_array_equal(model.flat, before)
    with pytest.raises(ValueError, match=r"at least 0, got -1"):
        L2(model, -1)


@pytest.mark.parametrize("scale", [0.01, 10])
def test_clipping_is_pytorchs(scale):
    model, _ = model_and_weights()
    gradient = np.random.default_rng(0).normal(size=model.size) * scale
    for clip, torch_clip in (
        (ClipNorm(1.5), lambda p: torch.nn.utils.clip_grad_norm_(p, 1.5)),
        (ClipValue(0.5), lambda p: torch.nn.utils.clip_grad_value_(p, 0.5)),
    ):
        parameter = torch.nn.Parameter(torch.zeros(model.size, dtype=torch.float64))
        parameter.grad = torch.tensor(gradient)
        model.d_flat[:] = gradient
        length, expected = clip(model), torch_clip([parameter])
        if expected is not None:
            assert abs(length - expected.item()) < 1e-10
        np.testing.assert_allclose(model.d_flat, parameter.grad, atol=1e-12)
