"""A fleet is the loop over its models, bit for bit."""

import copy

import numpy as np
import pytest

from helpers.nn import activations as act
from helpers.nn import losses, optimizers
from helpers.nn.clipping import ClipNorm, ClipValue
from helpers.nn.containers import Residual, Sequential
from helpers.nn.convolution import AvgPool2d, Conv2d, MaxPool2d
from helpers.nn.fleet import Fleet
from helpers.nn.layers import Embedding, Flatten, Linear
from helpers.nn.normalization import BatchNorm, LayerNorm, RMSNorm
from helpers.nn.regularization import L1, L2, DropConnect, Dropout
from helpers.nn.schedules import CosineAnnealingLR
from helpers.nn.stack import Stack
from helpers.training import fit, predict

K = 5
pytestmark = pytest.mark.usefixtures("edition")


def rng(seed):
    return np.random.default_rng(seed)


def mlp(*middle):
    return lambda seed: Sequential(
        Linear(3, 8, rng=rng(seed)), *[m(seed) for m in middle], Linear(8, 2, rng=rng(seed + 100))
    )


MODELS = {
    "tanh": (mlp(lambda s: act.Tanh()), (3,)),
    "deep": (mlp(lambda s: act.ReLU(), lambda s: Linear(8, 8, rng=rng(s)), lambda s: act.Sigmoid()), (3,)),
    "narrow": (mlp(lambda s: Linear(8, 1, rng=rng(s)), lambda s: Linear(1, 8, rng=rng(s))), (3,)),
    "wide": (
        lambda s: Sequential(
            Linear(64, 64, rng=rng(s)), act.Tanh(), Linear(64, 64, rng=rng(s)), Linear(64, 2, rng=rng(s))
        ),
        (64,),
    ),
    "elu": (mlp(lambda s: act.ELU()), (3,)),
    "gelu": (mlp(lambda s: act.GELU()), (3,)),
    "silu": (mlp(lambda s: act.SiLU()), (3,)),
    "leaky relu": (mlp(lambda s: act.LeakyReLU()), (3,)),
    "softmax": (mlp(lambda s: act.Softmax()), (3,)),
    "dropout": (mlp(lambda s: Dropout(0.3, rng=rng(s)), lambda s: act.Tanh()), (3,)),
    "dropconnect": (mlp(lambda s: DropConnect(8, 8, rng=rng(s)), lambda s: act.Tanh()), (3,)),
    "batch norm": (mlp(lambda s: BatchNorm(8), lambda s: act.Tanh()), (3,)),
    "layer norm": (mlp(lambda s: LayerNorm(8)), (3,)),
    "rms norm": (mlp(lambda s: RMSNorm(8)), (3,)),
    "residual": (mlp(lambda s: Residual(Linear(8, 8, rng=rng(s)), act.Tanh())), (3,)),
    "pictures": (
        lambda s: Sequential(
            Conv2d(1, 3, 3, padding=1, rng=rng(s)),
            BatchNorm(3),
            act.ReLU(),
            MaxPool2d(2),
            Conv2d(3, 4, 2, rng=rng(s)),
            AvgPool2d(2, stride=1),
            Flatten(),
            Linear(16, 2, rng=rng(s)),
        ),
        (1, 8, 8),
    ),
    "normed words": (
        lambda s: Sequential(
            Embedding(5, 3, rng=rng(s)),
            LayerNorm(3),
            RMSNorm(3),
            Flatten(),
            Linear(12, 2, rng=rng(s)),
        ),
        (4,),
    ),
    "words": (lambda s: Sequential(Embedding(5, 3, rng=rng(s)), Flatten(), Linear(12, 2, rng=rng(s))), (4,)),
}
CLASSES, NUMBERS, SIGNS = "classes", "numbers", "signs"
LOSSES = {
    "cross-entropy": (lambda: losses.CrossEntropyLoss(), CLASSES),
    "cross-entropy, all": (lambda: losses.CrossEntropyLoss(weight=[1, 3], label_smoothing=0.1), CLASSES),
    "mse": (losses.MSELoss, NUMBERS),
    "mse, sum": (lambda: losses.MSELoss(reduction="sum"), NUMBERS),
    "rmse": (losses.RMSELoss, NUMBERS),
    "l1": (losses.L1Loss, NUMBERS),
    "huber": (losses.HuberLoss, NUMBERS),
    "hinge": (losses.HingeLoss, SIGNS),
    "squared hinge": (losses.SquaredHingeLoss, SIGNS),
    "exponential": (losses.ExponentialLoss, SIGNS),
    "binary": (losses.BCEWithLogitsLoss, "shares"),
}
RATES = [0.001, 0.003, 0.01, 0.03, 0.1]
OPTIMIZERS = {
    "sgd": lambda m, k: optimizers.SGD(m, lr=np.array(RATES)[k]),
    "momentum": lambda m, k: optimizers.SGD(
        m, lr=0.01, momentum=np.linspace(0, 0.9, K)[k], weight_decay=np.array(RATES)[k]
    ),
    "dampening": lambda m, k: optimizers.SGD(m, lr=0.01, momentum=np.linspace(0, 0.9, K)[k], dampening=0.5),
    "nesterov": lambda m, k: optimizers.SGD(m, lr=np.array(RATES)[k], momentum=0.9, nesterov=True),
    "adagrad": lambda m, k: optimizers.Adagrad(m, lr=np.array(RATES)[k]),
    "rmsprop": lambda m, k: optimizers.RMSprop(m, lr=np.array(RATES)[k], momentum=0.5, centered=True),
    "adam": lambda m, k: optimizers.Adam(m, lr=np.array(RATES)[k], weight_decay=0.1),
    "adamw": lambda m, k: optimizers.AdamW(m, lr=np.array(RATES)[k], weight_decay=np.array(RATES)[k]),
}
ALL = slice(None)


def data(shape, kind):
    X = rng(7).integers(5, size=(23, *shape)) if shape == (4,) else rng(7).normal(size=(23, *shape))
    y = {
        CLASSES: rng(8).integers(2, size=23),
        NUMBERS: rng(8).normal(size=(23, 2)),
        SIGNS: rng(8).choice([-1.0, 1.0], size=(23, 2)),
        "shares": rng(8).choice([0.0, 0.4, 1.0], size=(23, 2)),
    }[kind]
    return X, y


def compare(model="tanh", loss="cross-entropy", optimizer="sgd", one_generator=False, **extras):
    """Train K models in turn and as a fleet; all weights, statistics and losses must be equal."""
    make, shape = MODELS[model]
    make_loss, kind = LOSSES[loss]
    X, y = data(shape, kind)
    alone, together = [make(seed) for seed in range(K)], Fleet([make(seed) for seed in range(K)])

    def train(net, k, generators):
        step = OPTIMIZERS[optimizer](net, k)
        made = {name: value(net, step, k) for name, value in extras.items()}
        return fit(net, make_loss(), step, X, y, batch_size=5, num_epochs=2, rng=generators, **made)

    seeds = [0] * K if one_generator else range(K)
    histories = [train(net, k, rng(seeds[k])) for k, net in enumerate(alone)]
    history = train(together, ALL, rng(0) if one_generator else [rng(seed) for seed in seeds])
    for k, (one, member) in enumerate(zip(alone, together.unstack(), strict=True)):
        np.testing.assert_array_equal(member.flat, one.flat)
        for name, array in one.state().items():
            np.testing.assert_array_equal(member.state()[name], array)
        np.testing.assert_array_equal([row[k] for row in history.losses], histories[k].losses)
        if "validation" in extras:
            np.testing.assert_array_equal(history["validation_loss"][:, k], histories[k]["validation_loss"])


@pytest.mark.parametrize("model", MODELS)
def test_every_layer(model):
    compare(model=model)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss(loss):
    compare(loss=loss)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer(optimizer):
    compare(optimizer=optimizer)


EXTRAS = {
    "penalties": {"penalty": lambda m, o, k: L2(m, np.array(RATES)[k])},
    "one penalty": {"penalty": lambda m, o, k: L1(m, 0.01)},
    "clip": {"clip": lambda m, o, k: ClipNorm(0.5)},
    "clip values": {"clip": lambda m, o, k: ClipValue(0.05)},
    "schedule": {"schedule": lambda m, o, k: CosineAnnealingLR(o, T_max=5)},
    "accumulate": {"accumulate": lambda m, o, k: 3},
    "validation": {"validation": lambda m, o, k: data((3,), CLASSES)},
}


@pytest.mark.parametrize("name", EXTRAS)
def test_everything_fit_can_do(name):
    compare(**EXTRAS[name])


def test_small_batches_with_weights_and_smoothing():
    X, y = rng(7).normal(size=(20, 3)), rng(8).integers(2, size=20)
    loss, settings = LOSSES["cross-entropy, all"][0], {"batch_size": 3, "num_epochs": 3}
    alone, together = (
        [MODELS["deep"][0](seed) for seed in range(K)],
        Fleet([MODELS["deep"][0](s) for s in range(K)]),
    )
    fit(together, loss(), optimizers.SGD(together, lr=0.1), X, y, rng=rng(0), **settings)
    for one, member in zip(alone, together.unstack(), strict=True):
        fit(one, loss(), optimizers.SGD(one, lr=0.1), X, y, rng=rng(0), **settings)
        np.testing.assert_array_equal(member.flat, one.flat)


def test_a_class_for_each_word():
    # (`dot` adds the numbers of an array of three dimensions in another order than `matmul`)
    X, y = rng(7).integers(5, size=(K, 4)), rng(8).integers(5, size=(K, 4))  # as many samples as models
    alone = [Sequential(Embedding(5, 5, rng=rng(s)), LayerNorm(5)) for s in range(K)]
    together = Fleet([Sequential(Embedding(5, 5, rng=rng(s)), LayerNorm(5)) for s in range(K)])
    for net in (*alone, together):
        fit(
            net,
            losses.CrossEntropyLoss(),
            optimizers.SGD(net, lr=1),
            X,
            y,
            rng=rng(0),
            batch_size=3,
            num_epochs=2,
        )
    for one, member in zip(alone, together.unstack(), strict=True):
        np.testing.assert_allclose(member.flat, one.flat, rtol=0, atol=1e-14)
    for outputs, one in zip(together.forward(X), alone, strict=True):
        np.testing.assert_allclose(outputs, one.forward(X), rtol=0, atol=1e-14)


def test_one_generator_shuffles_for_all():
    compare(one_generator=True)


def test_a_stack_of_inputs_gives_each_model_its_own():
    models = [MODELS["tanh"][0](seed) for seed in range(K)]
    fleet, X = Fleet(models), rng(0).normal(size=(K, 4, 3))
    out = fleet.forward(X.view(Stack))
    in_parts = predict(fleet, X.view(Stack), batch_size=3)
    for k, model in enumerate(models):
        np.testing.assert_array_equal(out[k], model.forward(X[k]))
        np.testing.assert_array_equal(in_parts[k], predict(model, X[k], batch_size=3))


def test_a_copied_fleet_is_a_fleet_of_its_own():
    make, (X, y) = MODELS["dropout"][0], data((3,), CLASSES)
    fleets = [Fleet([make(seed) for seed in range(K)]) for _ in range(2)]
    fleets.append(copy.deepcopy(fleets[1]))
    for fleet in (fleets[0], fleets[2]):
        step = optimizers.SGD(fleet, lr=0.1)
        fit(fleet, losses.CrossEntropyLoss(), step, X, y, batch_size=5, num_epochs=2, rng=rng(0))
    np.testing.assert_array_equal(fleets[2].flat, fleets[0].flat)
    np.testing.assert_array_equal(fleets[2].unstack()[1].forward(X), fleets[0].unstack()[1].forward(X))
    np.testing.assert_array_equal(fleets[1].flat[1], make(1).flat)


def test_models_that_differ_are_refused():
    with pytest.raises(ValueError, match="same layers"):
        Fleet([MODELS["tanh"][0](0), MODELS["elu"][0](0)])
    with pytest.raises(ValueError, match=r"negative_slope=0\.1.*negative_slope=0\.9"):
        Fleet([Sequential(act.LeakyReLU(slope)) for slope in (0.1, 0.9)])
    with pytest.raises(ValueError, match=r"float32.*float64"):
        Fleet([Sequential(Linear(1, 1, rng=rng(0), dtype=kind)) for kind in (np.float32, np.float64)])
    with pytest.raises(ValueError, match="no models"):
        Fleet([])
    with pytest.raises(ValueError, match="twice"):
        Fleet([MODELS["tanh"][0](0)] * 2)
    fleet = Fleet([MODELS["tanh"][0](seed) for seed in range(2)])
    X, y = data((3,), CLASSES)
    step, loss = optimizers.SGD(fleet, lr=0.1), losses.CrossEntropyLoss()
    with pytest.raises(ValueError, match="2 models, got 3"):
        fit(fleet, loss, step, X, y, batch_size=5, num_epochs=1, rng=[rng(0)] * 3)
