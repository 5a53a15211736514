"""What every layer promises: where its numbers live, copies, layers written by hand, arguments refused."""

import copy
import pickle

import numpy as np
import pytest

from helpers.nn import (
    Adagrad,
    Adam,
    BatchNorm,
    Conv2d,
    CrossEntropyLoss,
    DropConnect,
    Dropout,
    Embedding,
    Flatten,
    Fleet,
    HuberLoss,
    Layer,
    LayerNorm,
    Linear,
    MaxPool2d,
    Residual,
    RMSNorm,
    RMSprop,
    Sequential,
    Tanh,
)


def rng(seed=0):
    return np.random.default_rng(seed)


def network(seed=0, dtype=np.float64):
    inner = Residual(Linear(4, 4, rng=rng(seed), dtype=dtype), Tanh())
    return Sequential(
        Linear(3, 4, rng=rng(seed), dtype=dtype), BatchNorm(4, dtype=dtype), Sequential(inner), Flatten()
    )


def test_parameters_and_gradients_are_views_into_two_vectors_in_order():
    model = network()
    assert model.size == 16 + 8 + 20
    assert model.flat.ctypes.data % 64 == model.d_flat.ctypes.data % 64 == 0
    model.flat = np.arange(44.0)
    model.d_flat = -np.arange(44.0)
    np.testing.assert_array_equal(np.concatenate([p.ravel() for p in model.parameters().values()]), range(44))
    np.testing.assert_array_equal(
        np.concatenate([g.ravel() for g in model.gradients().values()]), model.d_flat
    )
    inner = model.layers[2].layers[0].layers[0]
    inner.W, inner.db = np.ones((4, 4)), np.full(4, 7.0)
    np.testing.assert_array_equal(model.flat[24:40], 1)
    np.testing.assert_array_equal(model.d_flat[-4:], 7)
    np.testing.assert_array_equal(model.layers[2].flat, model.flat[24:])
    inner.W += 1
    np.testing.assert_array_equal(model.flat[24:40], 2)


def test_values_and_gradients_survive_the_move_into_a_model():
    layer = Linear(3, 2, rng=rng())
    W = layer.W.copy()
    layer.dW = np.ones((3, 2))
    model = Sequential(layer, Linear(2, 1, rng=rng(1)))
    np.testing.assert_array_equal(model.layers[0].W, W)
    np.testing.assert_array_equal(model.d_flat, [1] * 6 + [0] * 5)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
@pytest.mark.parametrize("fleet", [False, True])
def test_a_copy_has_vectors_of_its_own(copied, fleet):
    model = Fleet([network(0), network(1)]) if fleet else network()
    other, before = copied(model), model.flat.copy()
    np.testing.assert_array_equal(other.flat, before)
    other.layers[0].W += 1
    other.layers[1].running_mean += 1
    assert (other.flat != before).any()
    np.testing.assert_array_equal(model.flat, before)
    np.testing.assert_array_equal(np.asarray(model.layers[1].running_mean), 0)
    Sequential(copied(model.layers[0]))  # a copy belongs to nobody
    with pytest.raises(ValueError, match="part of another model"):
        Sequential(other.layers[0])


def test_a_copied_layer_alone_has_its_parameters_in_its_vector():
    layer = Linear(3, 2, rng=rng())
    layer.flat += 1
    other, W = copy.deepcopy(layer), layer.W.copy()
    other.flat = 0
    np.testing.assert_array_equal(other.W, 0)
    np.testing.assert_array_equal(layer.W, W)


def test_in_another_dtype():
    model = network()
    model.layers[1].running_mean += 1
    single = model.astype(np.float32)
    assert single.dtype == single.forward(np.ones((3, 3), np.float32)).dtype == np.float32
    assert single.layers[1].running_mean.dtype == np.float32
    np.testing.assert_allclose(single.flat, model.flat, rtol=1e-6)
    single.flat[:] = 0
    assert model.dtype == np.float64
    assert (model.layers[0].W != 0).all()
    assert Fleet([network(), network(1)]).astype(np.float32).layers[0].W.dtype == np.float32


class Scale(Layer):
    """Written as a learner would; `gradient` is what its backward sets."""

    parameter_names = ("s",)

    def __init__(self, gradient=lambda d: d.sum(axis=0)):
        self.s, self.gradient = np.ones(3), gradient

    def forward(self, X):
        self.X = X
        return X * self.s

    def backward(self, d_out):
        self.ds = self.gradient(d_out * self.X)
        return d_out * self.s


@pytest.mark.parametrize(
    ("gradient", "shape"),
    [(lambda d: d, r"\(4, 3\)"), (lambda d: d.sum(axis=1), r"\(4,\)"), (np.sum, r"\(\)")],
)
def test_a_gradient_of_the_wrong_shape_is_refused_also_a_single_number(gradient, shape):
    model = Sequential(Scale(gradient))
    model.forward(np.ones((4, 3)))
    with pytest.raises(
        ValueError, match=rf"Scale\.ds has shape \(3,\), got {shape}\. .* of its parameter, s\."
    ):
        model.backward(np.ones((4, 3)))


def test_layers_written_by_hand_go_into_fleets():
    models = [Sequential(Linear(2, 3, rng=rng(seed)), Scale()) for seed in range(3)]
    fleet, X, d_out = Fleet(models), rng(5).normal(size=(4, 2)), rng(6).normal(size=(4, 3))
    out, dX = fleet.forward(X), fleet.backward(fleet.for_each(d_out))
    for k, model in enumerate(models):
        np.testing.assert_array_equal(out[k], model.forward(X))
        np.testing.assert_array_equal(dX[k], model.backward(d_out))
        np.testing.assert_array_equal(fleet.d_flat[k], model.d_flat)


def test_parameters_of_a_subclass_and_of_whole_numbers():
    class Shifted(Scale):
        parameter_names = ("s", "shift")

        def __init__(self):
            super().__init__()
            self.shift = np.zeros(3)

    assert list(Sequential(Shifted()).parameters()) == ["0.s", "0.shift"]
    assert list(Sequential(Scale()).parameters()) == ["0.s"]

    class Whole(Scale):
        def __init__(self):
            self.s = np.ones(3, int)

    with pytest.raises(TypeError, match=r"Whole\.s needs real numbers, got int64"):
        Whole()
    with pytest.raises(AttributeError, match=r"Linear has no 'dW' \(yet\)"):
        Linear.__new__(Linear).dW  # noqa: B018


def test_train_eval_and_freeze_reach_every_layer():
    model = network()
    for switch, name, value in ((model.eval, "training", False), (model.train, "training", True)):
        switch()
        assert {getattr(leaf, name) for leaf in model.leaves()} == {value}
    assert model.freeze() is model
    assert all(leaf.frozen for leaf in model.leaves())
    model.layers[2].freeze(False)
    assert [leaf.frozen for leaf in model.leaves()] == [True, True, False, False, True]


def test_a_frozen_batch_norm_uses_its_running_statistics():
    layer = BatchNorm(2)
    layer.freeze()
    X = np.array([[0.0, 1.0], [2.0, 5.0]])
    np.testing.assert_allclose(layer.forward(X), X / np.sqrt(1 + 1e-5))
    np.testing.assert_array_equal(layer.running_var, 1)
    np.testing.assert_allclose(layer.backward(np.ones((2, 2))), 1 / np.sqrt(1 + 1e-5))


def test_who_takes_indices():
    table, dense = Embedding(5, 3, rng=rng()), Linear(6, 2, rng=rng())
    assert Sequential(copy.copy(table), Flatten()).takes_indices
    assert Sequential(Flatten(), copy.copy(table)).takes_indices
    assert Sequential(Sequential(Flatten(), copy.copy(table)), Flatten()).takes_indices
    assert not Sequential(Flatten(), copy.copy(dense)).takes_indices
    assert not Sequential(dense, table).takes_indices
    assert not Sequential(Flatten()).takes_indices


def one():
    return Sequential(Linear(2, 1, rng=rng()))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Linear(0, 8, rng=rng()), ValueError, "in_features is a whole number from 1 on, got 0"),
        (lambda: Linear(8, 2.0, rng=rng()), ValueError, r"out_features .* got 2\.0"),
        (lambda: Linear(True, 2, rng=rng()), ValueError, "got True"),
        (lambda: Linear(2, 8, rng=0), TypeError, r"default_rng\(seed\), got 0"),
        (lambda: Embedding(-1, 3, rng=rng()), ValueError, "num_embeddings .* got -1"),
        (lambda: Embedding(2, 3, rng=0), TypeError, "got 0"),
        (lambda: Dropout(0.5, rng=0), TypeError, "got 0"),
        (lambda: DropConnect(2, 3, rng=0), TypeError, "got 0"),
        (lambda: BatchNorm(3, eps=-1), ValueError, "got -1"),
        (lambda: BatchNorm(10, 1e-3, None), ValueError, "got 0.001 and None"),
        (lambda: LayerNorm([5]), ValueError, r"num_features .* got \[5\]"),
        (lambda: LayerNorm(5, eps=-1), ValueError, "LayerNorm needs eps ≥ 0, got -1"),
        (lambda: RMSNorm(5, eps=-1), ValueError, "RMSNorm needs eps ≥ 0, got -1"),
        (lambda: Conv2d(1, 2, (1, 2, 3), rng=rng()), ValueError, r"got \(1, 2, 3\)"),
        (lambda: Conv2d(1, 2, (1.5, 2), rng=rng()), ValueError, r"got \(1\.5, 2\)"),
        (lambda: Conv2d(1, 2, 3, padding="same", rng=rng()), ValueError, "got 'same'"),
        (lambda: Conv2d(1, 0, 3, rng=rng()), ValueError, "out_channels .* got 0"),
        (lambda: MaxPool2d(2, stride=True), ValueError, "got True"),
        (lambda: Adam(one(), eps=-1), ValueError, "eps must be at least 0, got -1"),
        (lambda: Adam(one(), betas=0.9), ValueError, r"betas are two numbers in 0\.\.1, got 0\.9"),
        (lambda: RMSprop(one(), alpha=-1), ValueError, "alpha must be at least 0, got -1"),
        (lambda: Adagrad(one(), lr_decay=-1), ValueError, "lr_decay must be at least 0, got -1"),
        (lambda: CrossEntropyLoss(temperature=0), ValueError, "temperature must be above 0, got 0"),
        (lambda: HuberLoss(delta=float("nan")), ValueError, "above 0, got nan"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_modes_reach_containers_in_containers():
    inner = Residual(Linear(2, 2, rng=rng()))
    model = Sequential(Sequential(inner), Tanh())
    model.freeze().eval()
    assert [part.training for part in model.parts()] == [False] * 5
    assert [part.frozen for part in model.parts()] == [True] * 5
    assert inner in model.parts()


def test_a_fleet_in_another_dtype_gives_its_models_in_it():
    fleet = Fleet([Sequential(Linear(2, 1, rng=rng(seed))) for seed in range(2)]).astype(np.float32)
    assert {model.dtype for model in fleet.unstack()} == {np.dtype(np.float32)}
    assert np.shape(fleet.backward(np.ones(np.shape(fleet.forward(np.ones((3, 2))))[1:]))) == (2, 3, 2)


def test_words_behind_a_container_that_only_flattens():
    model = Sequential(Sequential(Flatten()), Embedding(5, 3, rng=rng()))
    assert model.takes_indices
