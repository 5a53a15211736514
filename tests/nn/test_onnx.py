"""What to_onnx writes gives the same numbers in onnxruntime as the model here."""

import subprocess
import sys

import numpy as np
import onnxruntime
import pytest

from helpers.nn import activations as act
from helpers.nn.attention import Attention, Position
from helpers.nn.branches import Concat, Tied
from helpers.nn.containers import Residual, Sequential
from helpers.nn.convolution import AvgPool2d, Conv2d, MaxPool2d
from helpers.nn.fleet import Fleet
from helpers.nn.layers import Embedding, Flatten, Linear
from helpers.nn.normalization import BatchNorm, LayerNorm, RMSNorm
from helpers.nn.onnx import LAYERS, to_onnx
from helpers.nn.regularization import DropConnect, Dropout
from tests.nn.twin import rng

F = np.float32
WORDS = (rng(1).integers(9, size=(4, 5)),)


def numbers(*shape):
    return (2 * rng(1).normal(size=shape).astype(F),)


def learnt_batch_norm():
    layer = BatchNorm(3, eps=1e-3, dtype=F)
    layer.running_mean[:], layer.running_var[:] = rng(2).normal(size=3), [0.5, 1, 2]
    layer.weight, layer.bias = rng(3).normal(size=3), rng(4).normal(size=3)
    return layer


def scaled(layer):
    for name, parameter in layer.parameters().items():
        parameter[...] = rng(len(name)).normal(size=parameter.shape)
    return layer


def linear(*sizes, **settings):
    return Linear(*sizes, rng=rng(0), dtype=F, **settings)


def words(*rest):
    table = Embedding(9, 4, rng=rng(0), dtype=F)
    return table, *[one(table) if one is Tied else one for one in rest]


# name: (layers, inputs)
MODELS = {
    "Linear": (lambda: (linear(3, 4),), numbers(5, 3)),
    "Linear of sequences": (lambda: (linear(3, 4),), numbers(5, 2, 3)),
    "Linear without bias": (lambda: (linear(3, 4, bias=False),), numbers(5, 3)),
    "DropConnect": (lambda: (DropConnect(3, 4, rng=rng(0), dtype=F),), numbers(5, 3)),
    "ReLU": (lambda: (act.ReLU(),), numbers(5, 3)),
    "LeakyReLU": (lambda: (act.LeakyReLU(0.2),), numbers(5, 3)),
    "ELU": (lambda: (act.ELU(1.5),), numbers(5, 3)),
    "GELU": (lambda: (act.GELU(),), numbers(5, 3)),
    "GELU by tanh": (lambda: (act.GELU("tanh"),), numbers(5, 3)),
    "SiLU": (lambda: (act.SiLU(),), numbers(5, 3)),
    "Sigmoid": (lambda: (act.Sigmoid(),), numbers(5, 3)),
    "Tanh": (lambda: (act.Tanh(),), numbers(5, 3)),
    "Softmax": (lambda: (act.Softmax(),), numbers(5, 2, 3)),
    "Flatten": (lambda: (Flatten(),), numbers(5, 2, 3, 4)),
    "Conv2d": (
        lambda: (Conv2d(2, 3, (3, 2), stride=(2, 1), padding=(1, 2), rng=rng(0), dtype=F),),
        numbers(4, 2, 7, 5),
    ),
    "MaxPool2d": (lambda: (MaxPool2d((3, 2), stride=2, padding=(1, 0)),), numbers(4, 2, 7, 6)),
    "AvgPool2d": (lambda: (AvgPool2d(3, stride=2, padding=1),), numbers(4, 2, 7, 6)),
    "BatchNorm": (lambda: (learnt_batch_norm(),), numbers(5, 3)),
    "BatchNorm of pictures": (lambda: (learnt_batch_norm(),), numbers(2, 3, 4, 5)),
    "LayerNorm": (lambda: (scaled(LayerNorm(6, eps=0.1, dtype=F)),), numbers(5, 2, 6)),
    "RMSNorm": (lambda: (scaled(RMSNorm(6, eps=0.1, dtype=F)),), numbers(5, 2, 6)),
    "Dropout": (lambda: (Dropout(0.5, rng=rng(0)),), numbers(5, 3)),
    "Embedding": (lambda: words(), WORDS),
    "Embedding behind Flatten": (lambda: (Flatten(), *words()), WORDS),
    "Position": (lambda: words(Position(7, 4)), WORDS),
    "Position, learned": (lambda: words(Position(7, 4, learned=True, rng=rng(0), dtype=F)), WORDS),
    "Tied": (lambda: words(act.Tanh(), Tied), WORDS),
    "Sequential": (lambda: (Sequential(linear(3, 4), act.Tanh()), linear(4, 2)), numbers(5, 3)),
    "Residual": (lambda: (Residual(linear(3, 3), act.Tanh()), act.ReLU()), numbers(5, 3)),
    "Concat": (lambda: (Concat(linear(3, 4), act.Tanh()), linear(7, 2)), numbers(5, 3)),
    "Concat of two inputs": (
        lambda: (Concat(Sequential(*words(), Flatten()), linear(3, 2)), linear(22, 2)),
        (*WORDS, *numbers(4, 3)),
    ),
    "Concat of two tables": (
        lambda: (Concat(*words(), Embedding(9, 3, rng=rng(1), dtype=F)), act.Tanh()),
        WORDS,
    ),
}


def run(path, inputs):
    session = onnxruntime.InferenceSession(path)
    names = [one.name for one in session.get_inputs()]
    return session.run(["out"], dict(zip(names, inputs, strict=True)))[0]


@pytest.mark.parametrize("name", MODELS)
def test_onnxruntime_gives_our_numbers(name, tmp_path):
    make, inputs = MODELS[name]
    model, path = Sequential(*make()).eval(), tmp_path / "model.onnx"
    X = inputs if len(inputs) > 1 else inputs[0]
    to_onnx(model, path, tuple(one.shape for one in inputs) if len(inputs) > 1 else X.shape)
    expected = model.forward(X)
    out = run(path, inputs)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, expected, rtol=1e-6, atol=1e-6)
    half = [one[:2] for one in inputs]  # another n than that of the export
    np.testing.assert_allclose(run(path, half), expected[:2], rtol=1e-6, atol=1e-6)


def test_every_layer_of_the_table_is_tried():
    kinds = {type(one) for make, _ in MODELS.values() for layer in make() for one in inside(layer)}
    assert set(LAYERS) <= kinds


def inside(layer):
    return [layer, *(one for child in getattr(layer, "layers", ()) for one in inside(child))]


def test_a_model_in_float64_and_in_training_mode_is_exported_as_in_evaluation(tmp_path):
    model = Sequential(Linear(3, 8, rng=rng(0)), BatchNorm(8), act.Tanh(), Dropout(0.5, rng=rng(0)))
    X = rng(1).normal(size=(6, 3))
    model.forward(X)
    to_onnx(model, tmp_path / "model.onnx", X.shape)
    assert model.training
    assert all(leaf.training for leaf in model.leaves())
    np.testing.assert_allclose(
        run(tmp_path / "model.onnx", [X.astype(F)]), model.eval().forward(X), rtol=0, atol=1e-6
    )


def test_what_it_cannot_write_is_refused_and_nothing_is_written(tmp_path):
    path = tmp_path / "model.onnx"

    class Mine(act.Tanh):
        pass

    with pytest.raises(TypeError, match=r"does not know Mine\. It knows AvgPool2d, "):
        to_onnx(Sequential(Linear(3, 2, rng=rng(0)), Mine()), path, (1, 3))
    with pytest.raises(TypeError, match="does not know Attention"):
        to_onnx(Sequential(Residual(Attention(4, rng=rng(0)))), path, (1, 3, 4))
    with pytest.raises(ValueError, match=r"\(n, 3\), got \(1, 4\)"):
        to_onnx(Sequential(Linear(3, 2, rng=rng(0))), path, (1, 4))
    fleet = Fleet([Sequential(Linear(3, 2, rng=rng(seed))) for seed in range(2)])
    with pytest.raises(ValueError, match="unstack"):
        to_onnx(fleet, path, (1, 3))
    assert not path.exists()


def test_the_library_is_imported_without_onnx():
    code = "import sys, helpers, helpers.nn; print([m for m in sys.modules if m.startswith('onnx')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
