"""The fast edition is the plain one: every layer, loss and optimizer that a plan knows, to 1e-12."""

import copy

import numpy as np
import pytest

from helpers.nn import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    BatchNorm,
    BCEWithLogitsLoss,
    Concat,
    Conv2d,
    CrossEntropyLoss,
    Dropout,
    Flatten,
    Fleet,
    Layer,
    Linear,
    MaxPool2d,
    MSELoss,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Tanh,
    Tied,
)
from helpers.nn.clipping import ClipNorm
from helpers.nn.fast import Forward, Steps, forward_for, plan_for
from helpers.nn.fast.descent import AdamDescent, SGDDescent, descent_of
from helpers.nn.fast.forward import PARTS
from helpers.nn.fast.plan import LOSSES as PLANNED
from helpers.nn.regularization import L2
from helpers.nn.stack import Stack
from helpers.training import fit, load_checkpoint, predict, save_checkpoint

N = 22  # in batches of 5: the last has 2


def rng(seed=0):
    return np.random.default_rng(seed)


def dense(*middle, outputs=3, features=4, bias=True):
    """A model for each seed, with these layers in the middle."""

    def make(seed, outputs=outputs):
        layers = [Linear(features, 8, bias=bias, rng=rng(seed))]
        layers += [one(seed) for one in middle]
        return Sequential(*layers, Linear(8, outputs, rng=rng(seed + 50)))

    return make, (features,)


def pictures(seed, outputs=3):
    conv = (
        Conv2d(1, 3, 3, padding=1, rng=rng(seed)),
        ReLU(),
        MaxPool2d(2),
        Conv2d(3, 4, 2, stride=2, rng=rng(seed)),
    )
    return Sequential(*conv, Tanh(), MaxPool2d(2, stride=1), Flatten(), Linear(4, outputs, rng=rng(seed)))


MODELS = {
    "linear": (lambda seed, outputs=3: Sequential(Linear(4, outputs, rng=rng(seed))), (4,)),
    "linear alone": (lambda seed, outputs=3: Linear(4, outputs, rng=rng(seed)), (4,)),
    "two linears": dense(lambda s: Linear(8, 8, rng=rng(s)), bias=False),
    "one feature": dense(lambda s: Linear(8, 1, rng=rng(s)), lambda s: Linear(1, 8, rng=rng(s)), features=1),
    "tanh": dense(lambda s: Tanh()),
    "relu": dense(lambda s: ReLU()),
    "sigmoid": dense(lambda s: Sigmoid()),
    "activation first": (lambda s, outputs=3: Sequential(Tanh(), Linear(4, outputs, rng=rng(s))), (4,)),
    "deep": dense(lambda s: Tanh(), lambda s: Sequential(Linear(8, 8, rng=rng(s)), ReLU())),
    "wide": (
        lambda s, outputs=3: Sequential(
            Linear(64, 64, rng=rng(s)),
            ReLU(),
            Linear(64, 66, rng=rng(s)),
            Tanh(),
            Linear(66, outputs, rng=rng(s)),
        ),
        (64,),
    ),
    "pictures": (pictures, (1, 8, 8)),
    "flat pictures": (lambda s, outputs=3: Sequential(Flatten(), Linear(8, outputs, rng=rng(s))), (2, 2, 2)),
}
LOSSES = {
    "mse": (MSELoss, lambda: rng(8).normal(size=(N, 3))),
    "mse, sum": (lambda: MSELoss(reduction="sum"), lambda: rng(8).normal(size=(N, 3))),
    "binary": (BCEWithLogitsLoss, lambda: rng(8).choice([0.0, 0.4, 1.0], size=(N, 3))),
    "cross-entropy": (CrossEntropyLoss, lambda: rng(8).integers(3, size=N)),
    "cross-entropy, smoothed": (
        lambda: CrossEntropyLoss(label_smoothing=0.2),
        lambda: rng(8).integers(3, size=N),
    ),
}
OPTIMIZERS = {
    "sgd": lambda m: SGD(m, lr=0.02),
    "sgd, decay": lambda m: SGD(m, lr=0.02, weight_decay=0.1, decay_biases=False),
    "momentum": lambda m: SGD(m, lr=0.01, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda m: SGD(m, lr=0.01, momentum=0.9, nesterov=True),
    "adam": lambda m: Adam(m, lr=0.01),
    "adam, all": lambda m: Adam(m, lr=0.01, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.01),
    "adamw": lambda m: AdamW(m, lr=0.01, weight_decay=0.1),
    "adamw, weights": lambda m: AdamW(m, lr=0.01, weight_decay=0.1, decay_biases=False),
    "adagrad": lambda m: Adagrad(m, lr=0.01),  # by its own step, behind planned gradients
}


def data(shape, loss):
    return rng(7).normal(size=(N, *shape)), LOSSES[loss][1]()


def train(model, loss, optimizer, X, y, *, fast, num_epochs=40, **extras):
    """200 steps and more, with a ragged last batch."""
    return fit(
        model, loss, optimizer, X, y, batch_size=5, num_epochs=num_epochs, rng=rng(1), fast=fast, **extras
    )


def same(make, make_loss, make_optimizer, X, y, **extras):
    """Train both editions; parameters, losses and the optimizer's vectors agree to 1e-12."""
    models, losses, optimizers = [], [], []
    for fast in (True, False):
        model = make()
        optimizer = make_optimizer(model)
        made = {name: value(model, optimizer) for name, value in extras.items()}
        losses.append(np.array(train(model, make_loss(), optimizer, X, y, fast=fast, **made).losses))
        models.append(model)
        optimizers.append(optimizer)
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(models[0].flat, models[1].flat, rtol=0, atol=1e-12)
    for name, value in optimizers[1].state().items():
        np.testing.assert_allclose(optimizers[0].state()[name], value, rtol=1e-10, atol=1e-12, err_msg=name)
    assert not np.array_equal(models[0].flat, make().flat)


def test_the_tables_here_have_all_that_a_plan_knows():
    seen = {type(leaf) for make, _ in MODELS.values() for leaf in make(0).leaves()}
    assert seen == set(PARTS)
    assert {type(make()) for make, _ in LOSSES.values()} == set(PLANNED)
    kinds = {type(descent_of(make(MODELS["tanh"][0](0)))) for make in OPTIMIZERS.values()}
    assert {SGDDescent, AdamDescent} <= kinds


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_with_every_optimizer(loss, optimizer):
    make, shape = MODELS["tanh"]
    X, y = data(shape, loss)
    assert plan_for(make(0), LOSSES[loss][0](), X[:5], y[:5]) is not None
    same(lambda: make(0), LOSSES[loss][0], OPTIMIZERS[optimizer], X, y)


@pytest.mark.parametrize("loss", ["mse", "binary", "cross-entropy"])
@pytest.mark.parametrize("model", MODELS)
def test_every_layer_with_every_kind_of_loss(model, loss):
    make, shape = MODELS[model]
    X, y = data(shape, loss)
    assert plan_for(make(0), LOSSES[loss][0](), X[:5], y[:5]) is not None
    same(lambda: make(0), LOSSES[loss][0], OPTIMIZERS["sgd"], X, y)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", LOSSES)
def test_fleets(loss, optimizer):
    make, shape = MODELS["deep"]
    X, y = data(shape, loss)
    same(lambda: Fleet([make(seed) for seed in range(3)]), LOSSES[loss][0], OPTIMIZERS[optimizer], X, y)


@pytest.mark.parametrize("model", [name for name in MODELS if name != "linear alone"])
def test_fleets_of_every_layer(model):
    make, shape = MODELS[model]
    X, y = data(shape, "cross-entropy")
    same(lambda: Fleet([make(seed) for seed in range(3)]), CrossEntropyLoss, OPTIMIZERS["sgd"], X, y)


EXTRAS = {
    "penalty": {"penalty": lambda m, o: L2(m, 0.1)},
    "clip": {"clip": lambda m, o: ClipNorm(0.2)},
    "accumulate": {"accumulate": lambda m, o: 3},
    "validation": {"validation": lambda m, o: data((4,), "cross-entropy")},
    "nesterov comes later": {"callbacks": lambda m, o: [lambda run: setattr(o, "nesterov", True)]},
    "momentum changes": {"callbacks": lambda m, o: [lambda run: setattr(run.optimizer, "momentum", 0.5)]},
    "rate changes at each step": {
        "callbacks": lambda m, o: [OnStep(lambda run: setattr(o, "lr", o.lr * 0.99))]
    },
    "decay changes": {"callbacks": lambda m, o: [lambda run: setattr(run.optimizer, "weight_decay", 0.2)]},
    "gradients are looked at": {"callbacks": lambda m, o: [OnStep(lambda run: run.model.d_flat.sum())]},
    "a layer is frozen": {
        "callbacks": lambda m, o: [OnStep(lambda run: m.layers[0].freeze(len(run.history.losses) > 9))]
    },
}


class OnStep:
    def __init__(self, on_step):
        self.on_step = on_step

    def __call__(self, run):
        pass


@pytest.mark.parametrize("name", EXTRAS)
def test_everything_fit_can_do(name):
    X, y = data((4,), "cross-entropy")
    make = MODELS["tanh"][0]
    same(lambda: make(0), CrossEntropyLoss, lambda m: SGD(m, lr=0.05, momentum=0.3), X, y, **EXTRAS[name])


@pytest.mark.parametrize("edition_after", [True, False])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_run_resumed_from_a_checkpoint_in_either_edition(tmp_path, optimizer, edition_after):
    make, shape = MODELS["deep"]
    X, y = data(shape, "cross-entropy")
    whole, first, second = make(0), make(0), make(1)
    train(whole, CrossEntropyLoss(), OPTIMIZERS[optimizer](whole), X, y, fast=False, num_epochs=20)
    one, other, generator = OPTIMIZERS[optimizer](first), OPTIMIZERS[optimizer](second), rng(1)
    settings = {"batch_size": 5, "num_epochs": 10}
    fit(first, CrossEntropyLoss(), one, X, y, rng=generator, **settings)
    save_checkpoint(tmp_path / "run.npz", first, one, rng=generator)
    again = rng(3)
    load_checkpoint(tmp_path / "run.npz", second, other, rng=again)
    fit(second, CrossEntropyLoss(), other, X, y, rng=again, fast=edition_after, **settings)
    np.testing.assert_allclose(second.flat, whole.flat, rtol=0, atol=1e-12)


class Louder(Tanh):
    def forward(self, X):
        return 2 * super().forward(X)


def hooked():
    layer = Tanh()
    layer.backward = lambda d_out: 0.5 * d_out
    return layer


def tied_ends(layer):
    return Sequential(layer, Tanh(), Tied(layer))


UNKNOWN = {
    "a subclass": lambda: Sequential(Linear(4, 3, rng=rng()), Louder()),
    "a subclass inside": lambda: Sequential(Linear(4, 3, rng=rng()), Sequential(Louder())),
    "a hook": lambda: Sequential(Linear(4, 3, rng=rng()), hooked()),
    "a frozen layer": lambda: Sequential(Linear(4, 3, rng=rng()).freeze(), Tanh()),
    "batch norm": lambda: Sequential(Linear(4, 3, rng=rng()), BatchNorm(3)),
    "dropout": lambda: Sequential(Dropout(0.5, rng=rng()), Linear(4, 3, rng=rng())),
    "residual": lambda: Sequential(Residual(Linear(4, 4, rng=rng()), Tanh()), Linear(4, 3, rng=rng())),
    "a residual as the model": lambda: Residual(Linear(4, 4, rng=rng())),
    "a residual further in": lambda: Sequential(
        Sequential(Residual(Linear(4, 4, rng=rng()), Tanh())), Linear(4, 3, rng=rng())
    ),
    "branches": lambda: Sequential(
        Sequential(Concat(Linear(4, 2, rng=rng()), Linear(4, 2, rng=rng()))), Linear(4, 3, rng=rng())
    ),
    "a tie": lambda: tied_ends(Linear(4, 3, rng=rng())),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_a_plan_does_not_know_runs_plain_with_the_same_result(name):
    model = UNKNOWN[name]()
    X = rng(7).normal(size=(N, 4))
    y = rng(8).normal(size=model.forward(X).shape)
    assert plan_for(model, MSELoss(), X[:5], y[:5]) is None
    a, b = copy.deepcopy(model), copy.deepcopy(model)
    for net, fast in ((a, True), (b, False)):
        train(net, MSELoss(), SGD(net, lr=0.1), X, y, fast=fast, num_epochs=2)
    np.testing.assert_array_equal(a.flat, b.flat)


def test_other_losses_and_kinds_of_data_run_plain():
    X, y, labels = rng(7).normal(size=(5, 4)), rng(8).normal(size=(5, 3)), np.arange(5) % 3
    model = MODELS["tanh"][0](0)
    assert plan_for(model, MSELoss(reduction="none"), X, y) is None
    assert plan_for(model, CrossEntropyLoss(weight=[1, 2, 3]), X, labels) is None
    assert plan_for(model, CrossEntropyLoss(ignore_index=0), X, labels) is None
    assert plan_for(model, CrossEntropyLoss(temperature=2), X, labels) is None
    assert plan_for(model, CrossEntropyLoss(), X, np.eye(3)[labels]) is None
    assert plan_for(model, BCEWithLogitsLoss(pos_weight=2), X, y) is None
    assert plan_for(model, MSELoss(), rng().normal(size=(5, 2, 4)), rng().normal(size=(5, 2, 3))) is None
    assert plan_for(model, type("Mine", (MSELoss,), {})(), X, y) is None


def test_a_hand_written_layer_trains():
    class Scale(Layer):
        parameter_names = ("s",)

        def __init__(self, size):
            self.s = np.ones(size)

        def forward(self, X):
            self.X = X
            return X * self.s

        def backward(self, d_out):
            self.ds = (d_out * self.X).sum(axis=0)
            return d_out * self.s

    X = rng().normal(size=(40, 3))
    model = Sequential(Scale(3))
    fit(model, MSELoss(), SGD(model, lr=0.5), X, X * [1, -2, 3], batch_size=8, num_epochs=30, rng=rng())
    np.testing.assert_allclose(model.layers[0].s, [1, -2, 3], atol=1e-3)


def test_a_layer_without_the_parameter_that_it_lists_is_refused():
    class Forgetful(Layer):
        parameter_names = ("W",)

    with pytest.raises(ValueError, match=r"Forgetful lists the parameters .* has no \['W'\]"):
        Sequential(Forgetful())


def test_a_known_optimizer_with_a_step_of_its_own_is_left_alone():
    model = MODELS["tanh"][0](0)
    optimizer = SGD(model, lr=0.1)
    optimizer.step = lambda: None
    assert descent_of(optimizer) is optimizer.step
    assert descent_of(LBFGSLike(model)).__func__ is LBFGSLike.step


class LBFGSLike(SGD):
    pass


def test_a_loss_that_is_infinite_on_the_way_is_the_plain_one():
    model = Sequential(Linear(3, 3, rng=rng()))
    model.flat = 0
    model.layers[0].b = [1.0, 2.0, -np.inf]
    X, y = np.zeros((2, 3)), np.array([0, 0])
    plan = plan_for(model, CrossEntropyLoss(), X, y)
    with np.errstate(invalid="ignore"):
        assert plan.gradient(X, y) == pytest.approx(1.3132616875182228)
    fleet = Fleet([model, copy.deepcopy(model)])
    stacked = [np.broadcast_to(array, (2, *array.shape)).view(Stack) for array in (X, y)]
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(
            plan_for(fleet, CrossEntropyLoss(), *stacked).gradient(*stacked), 1.3132616875182228
        )


@pytest.mark.parametrize("model", MODELS)
def test_forward_alone_and_predictions_of_many_rows(model):
    make, shape = MODELS[model]
    net, X = make(0), rng(7).normal(size=(2500, *shape))
    np.testing.assert_allclose(Forward(net, X.shape).run(X), net.forward(X), rtol=0, atol=1e-13)
    np.testing.assert_allclose(predict(net, X, batch_size=1000), net.forward(X), rtol=0, atol=1e-13)
    fleet = Fleet([Sequential(make(0)), Sequential(make(1))])
    out, expected = predict(fleet, X, batch_size=1000), fleet.forward(X)
    np.testing.assert_allclose(np.asarray(out), np.asarray(expected), rtol=0, atol=1e-13)
    frozen = copy.deepcopy(net).freeze()
    assert forward_for(frozen, X.shape) == frozen.forward


def test_float32_stays_float32():
    for make, kind in ((MSELoss, "mse"), (CrossEntropyLoss, "cross-entropy"), (BCEWithLogitsLoss, "binary")):
        X, y = data((4,), kind)
        model = Sequential(
            Linear(4, 8, rng=rng(), dtype=np.float32), Tanh(), Linear(8, 3, rng=rng(), dtype=np.float32)
        )
        X = X.astype(np.float32)
        plan = plan_for(model, make(), X, y if y.dtype.kind == "i" else y.astype(np.float32))
        assert plan.slope.dtype == plan.out.dtype == np.float32
        plan.gradient(X, y)
        plain = copy.deepcopy(model)
        loss = make()
        loss.forward(plain.forward(X), y)
        plain.backward(loss.backward())
        np.testing.assert_allclose(model.d_flat, plain.d_flat, rtol=1e-4, atol=1e-6)


def test_steps_notice_what_was_frozen_between_two_of_them():
    model = MODELS["tanh"][0](0)
    X, y = data((4,), "mse")
    steps = Steps(model, MSELoss(), SGD(model, lr=0.1))
    steps.gradient(X, y)
    steps.descend()
    model.layers[0].freeze()
    steps.look_again()
    before = model.layers[0].W.copy()
    steps.gradient(X, y)
    steps.descend()
    np.testing.assert_array_equal(model.layers[0].W, before)


CHANGES = {
    "lr": 0.003,
    "momentum": 0.5,
    "weight_decay": 0.3,
    "betas": (0.5, 0.9),
    "eps": 0.1,
    "dampening": 0.4,
}


def with_a_change(optimizer, key, value, *, in_place=False):
    """Parameters after 30 steps of both editions, in the middle of which a hyperparameter changes."""
    X, y = data((4,), "mse")
    found = []
    for fast in (True, False):
        make = MODELS["tanh"][0]
        model = Fleet([make(0), make(1)]) if in_place else make(0)
        made = OPTIMIZERS[optimizer](model)
        if in_place:
            setattr(made, key, [0.0, 0.0] if key == "momentum" else [0.01, 0.02])
            X, y = (np.broadcast_to(array, (2, *array.shape[-2:])).view(Stack) for array in (X, y))
        steps = Steps(model, MSELoss(), made, fast=fast)
        for i in range(30):
            if i == 15 and in_place:
                getattr(made, key)[...] = value
            elif i == 15:
                setattr(made, key, value)
            steps.gradient(X, y)
            steps.descend()
        found.append(model.flat.copy())
    return found


@pytest.mark.parametrize("key", CHANGES)
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam", "adam, all", "adamw"])
def test_a_hyperparameter_that_changes_between_two_steps_is_noticed(optimizer, key):
    if hasattr(OPTIMIZERS[optimizer](MODELS["tanh"][0](0)), key):
        fast, plain = with_a_change(optimizer, key, CHANGES[key])
        np.testing.assert_allclose(fast, plain, rtol=0, atol=1e-12)


@pytest.mark.parametrize("key", ["lr", "momentum", "weight_decay"])
@pytest.mark.parametrize("optimizer", ["momentum", "adam", "adamw"])
def test_numbers_for_each_model_that_change_in_their_place_are_noticed(optimizer, key):
    if hasattr(OPTIMIZERS[optimizer](MODELS["tanh"][0](0)), key):
        fast, plain = with_a_change(optimizer, key, 0.1, in_place=True)
        np.testing.assert_allclose(fast, plain, rtol=0, atol=1e-12)


def test_weights_of_samples_are_counted_though_there_is_a_plan():
    (X, y), weight = data((4,), "mse"), np.arange(N) % 3
    models = [MODELS["tanh"][0](0) for _ in range(2)]
    steps = [Steps(model, MSELoss(), fast=fast) for model, fast in zip(models, (True, False), strict=True)]
    for one in steps:
        one.gradient(X, y)
    values = [one.gradient(X, y, weight) for one in steps]
    assert values[0] == values[1] != steps[0].gradient(X, y)
    assert steps[1].count(X, y) == 3 * weight.sum()


def test_overlapping_patches_and_ties_share_the_slope_as_in_the_plain_layers():
    layers = Conv2d(1, 2, 2, rng=rng()), Conv2d(2, 2, 2, rng=rng(1)), MaxPool2d(2), Flatten()
    model = Sequential(*layers, Linear(2, 3, rng=rng(2)))
    X, y, loss = np.ones((4, 1, 5, 5)), rng().normal(size=(4, 3)), MSELoss()
    X[2:] = rng(3).normal(size=(2, 1, 5, 5))
    plan_for(model, loss, X, y).gradient(X, y)
    planned = model.d_flat.copy()
    loss.forward(model.forward(X), y)
    model.backward(loss.backward())
    np.testing.assert_allclose(planned, model.d_flat, rtol=0, atol=1e-13)


def test_logits_of_thousands_do_not_overflow():
    model = Sequential(Linear(3, 3, rng=rng()))
    X, y = 3000 * rng().normal(size=(6, 3)), np.arange(6) % 3
    expected = CrossEntropyLoss().forward(model.forward(X), y)
    assert plan_for(model, CrossEntropyLoss(), X, y).gradient(X, y) == pytest.approx(expected, rel=1e-12)
    assert np.isfinite(model.d_flat).all()


def test_steps_notice_a_method_that_was_replaced_between_two_of_them():
    model = MODELS["tanh"][0](0)
    X, y = data((4,), "mse")
    steps = Steps(model, MSELoss())
    steps.gradient(X, y)
    layer = model.layers[1]
    layer.forward = lambda X: 2 * Tanh.forward(layer, X)
    steps.look_again()
    assert steps.gradient(X, y) == MSELoss().forward(model.forward(X), y)


def test_steps_notice_a_container_inside_that_got_a_forward_of_its_own():
    inner = Sequential(Linear(4, 4, rng=rng()), Tanh())
    model = Sequential(inner, Linear(4, 3, rng=rng()))
    X, y = data((4,), "mse")
    steps = Steps(model, MSELoss(), SGD(model, lr=0.1))
    steps.gradient(X, y)
    inner.forward = lambda X: 2 * Sequential.forward(inner, X)
    steps.look_again()
    assert steps.gradient(X, y) == MSELoss().forward(model.forward(X), y)
