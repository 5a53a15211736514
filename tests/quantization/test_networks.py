"""Networks in integers: what they answer, what they are made of, and what a file keeps of them."""

import numpy as np
import onnxruntime
import pytest

from helpers import nn
from helpers.data import load_digits
from helpers.nn import BatchNorm, Dropout, Flatten, Linear, ReLU, Sequential, Sigmoid, Tanh
from helpers.quantization.aware import aware, closest, extremes, folded
from helpers.quantization.files import load_network, save_network
from helpers.quantization.maps import AffineMap, minmax, signed, symmetric
from helpers.quantization.networks import (
    DynamicLinear,
    IntegerLinear,
    Lookup,
    quantize_dynamic,
    quantize_static,
    to_integers,
)
from helpers.quantization.onnx import to_onnx
from helpers.quantization.packing import pack, unpack
from helpers.training import predict

ROWS = np.random.default_rng(7).normal(size=(300, 20))


def network(*, activation=ReLU, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    sizes = (20, 16, 12, 5)
    layers = [
        layer for i in range(3) for layer in (Linear(*sizes[i : i + 2], rng=rng, dtype=dtype), activation())
    ]
    return Sequential(*layers[:-1])


def with_norms(seed=0):
    rng = np.random.default_rng(seed)
    model = Sequential(
        Linear(20, 16, bias=False, rng=rng),
        BatchNorm(16),
        ReLU(),
        Dropout(0.5, rng=rng),
        Linear(16, 5, rng=rng),
        BatchNorm(5),
    )
    for layer in (model.layers[1], model.layers[5]):
        layer.weight[...], layer.bias[...] = (
            rng.normal(size=layer.weight.shape),
            rng.normal(size=layer.bias.shape),
        )
    for _ in range(20):
        model.forward(ROWS[rng.permutation(300)[:50]])
    return model.eval()


MODELS = {
    "relu": network,
    "tanh": lambda: network(activation=Tanh),
    "sigmoid": lambda: network(activation=Sigmoid),
    "float32": lambda: network(dtype=np.float32),
    "norms": with_norms,
}


@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize("name", MODELS)
def test_eight_bits_answer_nearly_as_floats(name, per_channel):
    model = MODELS[name]().eval()
    exact = model.forward(ROWS)
    for made in (
        quantize_static(model, ROWS, per_channel=per_channel),
        quantize_dynamic(model, per_channel=per_channel),
    ):
        answers = made.forward(ROWS)
        assert 0 < np.abs(answers - exact).max() < 0.04 * np.abs(exact).max()
        assert (predict(made, ROWS) == answers).all()


@pytest.mark.parametrize("name", MODELS)
def test_between_quantize_and_dequantize_there_are_only_whole_numbers(name):
    values = ROWS
    layers = quantize_static(MODELS[name]().eval(), ROWS).layers
    for layer in layers[:-1]:
        values = layer.forward(values)
        assert values.dtype == np.uint8
    assert layers[-1].forward(values).dtype == np.float32


@pytest.mark.parametrize("bits", [2, 4, 8, [2, 8, 4]])
@pytest.mark.parametrize("name", ["relu", "tanh", "norms"])
def test_the_integers_are_those_of_the_fake_quantization(name, bits):
    model = MODELS[name]()
    if name == "norms" and not isinstance(bits, int):
        bits = bits[:2]
    fake = aware(model, ROWS, bits=bits, weight_range=closest)
    whole = to_integers(fake)
    step = float(whole.layers[-1].ruler.scale)
    gap = np.abs(whole.forward(ROWS) - fake.forward(ROWS)) / step
    # with few bits s_x s_w is large, and the bias is rounded to it: up to a few of the output's steps
    assert np.percentile(gap, 95) < (0.01 if bits == 8 else 2.5)
    assert gap.max() < 4.5
    same = whole.forward(ROWS).argmax(axis=1) == fake.forward(ROWS).argmax(axis=1)
    assert same.mean() > 0.97


def test_each_layer_is_within_one_step_of_the_float_reference():
    fake = aware(network(), ROWS)
    whole = to_integers(fake)
    codes = whole.layers[0].forward(ROWS)
    for layer in whole.layers[1:-1]:
        exact = layer.X_ruler.dequantize(codes).astype(float) @ layer.W_ruler.dequantize(layer.W).astype(
            float
        )
        scale = np.float64(layer.X_ruler.scale) * layer.W_ruler.scale.ravel()
        exact = exact + layer.bias * scale
        exact = np.maximum(exact, 0) if layer.relu else exact
        expected = layer.out_ruler.quantize(exact)
        codes = layer.forward(codes)
        assert np.abs(codes.astype(int) - expected).max() <= 1
        assert (codes == expected).mean() > 0.99


def test_few_bits_have_few_codes():
    layers = [
        layer for layer in quantize_static(network(), ROWS, bits=[2, 3, 8]).layers if hasattr(layer, "W")
    ]
    assert [(layer.W.min(), layer.W.max()) for layer in layers[:2]] == [(-1, 1), (-3, 3)]
    assert all(layer.W.dtype == np.int8 for layer in layers)


def test_relu_costs_nothing_and_other_activations_are_tables():
    kinds = [
        [type(one) for one in quantize_static(m, ROWS).layers[1:-1]]
        for m in (network(), network(activation=Tanh))
    ]
    assert kinds[0] == [IntegerLinear] * 3
    assert kinds[1] == [IntegerLinear, Lookup, IntegerLinear, Lookup, IntegerLinear]


def test_flatten_passes_codes_on():
    rng = np.random.default_rng(0)
    model = Sequential(Flatten(), Linear(20, 4, rng=rng), ReLU(), Linear(4, 3, rng=rng))
    X = ROWS.reshape(300, 4, 5)
    assert np.abs(quantize_static(model, X).forward(X) - model.forward(X)).max() < 0.05


def test_the_answer_for_a_row_depends_on_its_batch_only_if_asked():
    model = network()
    spoilt = np.concatenate([ROWS[:1], 50 * ROWS[1:2]])
    for by_row in (True, False):
        made = quantize_dynamic(model, by_row=by_row)
        alone, beside = made.forward(ROWS[:1]), made.forward(spoilt)[:1]
        assert (alone == beside).all() == by_row


def test_integers_stay_what_they_are_when_the_model_trains_on():
    model = network()
    made = quantize_static(model, ROWS)
    before = made.forward(ROWS)
    model.flat[...] += 1
    assert (made.forward(ROWS) == before).all()


def test_folding_changes_nothing_but_the_layers():
    model = with_norms()
    plain = folded(model)
    assert [type(layer).__name__ for layer in plain.layers] == ["Linear", "ReLU", "Linear"]
    np.testing.assert_allclose(plain.forward(ROWS), model.forward(ROWS), rtol=1e-10, atol=1e-12)
    assert plain.layers[0].parameters().keys() == {"W", "b"}


@pytest.mark.parametrize(
    "layers",
    [
        lambda rng: [BatchNorm(20), Linear(20, 2, rng=rng)],
        lambda rng: [Linear(20, 2, rng=rng), nn.Softmax()],
        lambda rng: [nn.DropConnect(20, 2, rng=rng)],
        lambda rng: [nn.Residual(Linear(20, 20, rng=rng))],
    ],
)
def test_a_layer_without_an_integer_form_is_told(layers):
    model = Sequential(*layers(np.random.default_rng(0))).eval()
    for make in (lambda: quantize_static(model, ROWS), lambda: quantize_dynamic(model)):
        with pytest.raises(TypeError, match="has no integer form here"):
            make()


def test_what_aware_did_not_make_is_refused():
    with pytest.raises(TypeError, match="begins with FakeQuant"):
        to_integers(network())


# Files

SAVED = {
    "static": lambda: quantize_static(network(), ROWS),
    "static, one scale": lambda: quantize_static(network(), ROWS, per_channel=False),
    "few bits": lambda: quantize_static(network(), ROWS, bits=[2, 3, 5]),
    "16 bits": lambda: quantize_static(network(), ROWS, bits=12),
    "tables": lambda: quantize_static(network(activation=Tanh), ROWS),
    "dynamic": lambda: quantize_dynamic(network(activation=Sigmoid)),
    "dynamic, one range a batch": lambda: quantize_dynamic(network(activation=nn.LeakyReLU), by_row=False),
    "norms": lambda: quantize_static(with_norms(), ROWS, bits=4),
}


@pytest.mark.parametrize("name", SAVED)
def test_a_loaded_network_answers_the_same_to_the_bit(name, tmp_path):
    made = SAVED[name]()
    size = save_network(tmp_path / "network.npz", made)
    loaded = load_network(tmp_path / "network.npz")
    answers, again = made.forward(ROWS), loaded.forward(ROWS)
    assert answers.dtype == again.dtype
    assert answers.tobytes() == again.tobytes()
    assert [type(layer) for layer in loaded.layers] == [type(layer) for layer in made.layers]
    assert size == (tmp_path / "network.npz").stat().st_size
    assert save_network(tmp_path / "again.npz", loaded) == size


def test_settings_of_activations_are_kept(tmp_path):
    made = quantize_dynamic(Sequential(Linear(20, 4, rng=np.random.default_rng(0)), nn.LeakyReLU(0.3)))
    save_network(tmp_path / "network.npz", made)
    assert load_network(tmp_path / "network.npz").layers[1].negative_slope == 0.3


def test_fewer_bits_make_a_smaller_file(tmp_path):
    rng = np.random.default_rng(0)
    model = Sequential(Linear(20, 400, rng=rng), ReLU(), Linear(400, 5, rng=rng))
    sizes = [save_network(tmp_path / "n.npz", quantize_static(model, ROWS, bits=bits)) for bits in (2, 4, 8)]
    weights = 400 * 25
    assert abs(sizes[2] - sizes[1] - weights * 4 // 8) < 16  # the header has a digit more or less
    assert abs(sizes[1] - sizes[0] - weights * 2 // 8) < 16


def test_an_older_file_stays_when_the_new_one_cannot_be_written(tmp_path, monkeypatch):
    def fails(file, **arrays):
        file.write(b"half")
        raise OSError("disk full")

    save_network(tmp_path / "n.npz", SAVED["norms"]())
    before = (tmp_path / "n.npz").read_bytes()
    monkeypatch.setattr(np, "savez", fails)
    with pytest.raises(OSError, match="disk full"):
        save_network(tmp_path / "n.npz", SAVED["tables"]())
    assert (tmp_path / "n.npz").read_bytes() == before


@pytest.mark.parametrize("bits", range(2, 13))
def test_packed_codes_come_back(bits):
    lowest, highest = signed(bits)
    codes = np.random.default_rng(bits).integers(lowest, highest + 1, (7, 3))
    packed = pack(codes, lowest, bits)
    assert packed.dtype == np.uint8
    assert packed.size == -(-21 * bits // 8)
    assert (unpack(packed, lowest, bits, (7, 3), np.int16) == codes).all()


def test_what_is_no_network_is_neither_saved_nor_loaded(tmp_path):
    with pytest.raises(TypeError, match="got Linear"):
        save_network(tmp_path / "n.npz", network())
    np.savez(tmp_path / "other.npz", W=np.ones(3))
    with pytest.raises(ValueError, match=r"other\.npz holds no network"):
        load_network(tmp_path / "other.npz")


# ONNX


@pytest.mark.parametrize("options", [{}, {"per_channel": False}, {"bits": [8, 4, 2]}])
def test_the_runtime_finds_the_same_codes(options, tmp_path):
    """To the step, once its kernels are told not to saturate; sums on a border may fall to the other side."""
    made = quantize_static(network(), ROWS, **options)
    to_onnx(made, tmp_path / "n.onnx", (1, 20))
    exact = onnxruntime.SessionOptions()
    exact.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(str(tmp_path / "n.onnx"), exact)
    theirs, ours = session.run(None, {"X": ROWS.astype(np.float32)})[0], made.forward(ROWS.astype(np.float32))
    steps = np.abs(theirs - ours) / float(made.layers[-1].ruler.scale)
    assert (steps < 0.01).mean() > 0.99
    assert steps.max() < 2.5


def test_a_scale_for_all_is_a_number_not_a_vector(tmp_path):
    import onnx

    to_onnx(quantize_static(network(), ROWS, per_channel=False), tmp_path / "n.onnx", (1, 20))
    graph = onnx.load(tmp_path / "n.onnx").graph
    axes = {weight.name: len(weight.dims) for weight in graph.initializer}
    maps = [node.input[1:] for node in graph.node if node.op_type == "QuantizeLinear"]
    assert [[axes[name] for name in one] for one in maps] == [[0, 0]] * 4


def test_the_runtime_uses_its_integer_kernels(tmp_path):
    import onnx

    to_onnx(quantize_static(network(), ROWS), tmp_path / "n.onnx", (1, 20))
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath, options.log_severity_level = str(tmp_path / "optimised.onnx"), 3
    onnxruntime.InferenceSession(str(tmp_path / "n.onnx"), options, providers=["CPUExecutionProvider"])
    kinds = [node.op_type for node in onnx.load(tmp_path / "optimised.onnx").graph.node]
    assert kinds == ["QuantizeLinear", "QGemm", "QGemm", "QGemm", "DequantizeLinear"]


def test_onnx_refuses_what_it_cannot_write(tmp_path):
    for made, says in (
        (quantize_static(network(activation=Tanh), ROWS), "got Lookup"),
        (quantize_static(network(), ROWS, bits=12), "up to 8 bits"),
    ):
        with pytest.raises(TypeError, match=says):
            to_onnx(made, tmp_path / "n.onnx", (1, 20))
        assert not (tmp_path / "n.onnx").exists()


def test_digits_keep_their_answers():
    """A real set, trained a little: 8 bits change next to nothing."""
    from helpers.nn import Adam, CrossEntropyLoss
    from helpers.training import fit

    digits = load_digits()
    X, y = digits.X / 16, digits.y
    rng = np.random.default_rng(0)
    model = Sequential(Linear(64, 32, rng=rng), ReLU(), Linear(32, 10, rng=rng))
    options = {"batch_size": 64, "num_epochs": 5, "rng": rng, "progress": False}
    fit(model, CrossEntropyLoss(), Adam(model, lr=0.01), X[:1000], y[:1000], **options)
    exact = model.forward(X[1000:]).argmax(axis=1)
    for made in (quantize_static(model, X[:200]), quantize_dynamic(model)):
        assert (made.forward(X[1000:]).argmax(axis=1) == exact).mean() > 0.98


def test_a_dynamic_layer_of_one_row_by_hand():
    layer = Linear(3, 2, rng=np.random.default_rng(0))
    W_ruler = symmetric(*minmax(layer.W, axis=1), signed(8))
    x = np.array([[-1.0, 0.0, 3.0]])
    X_ruler = AffineMap(np.float32(4 / 255), 64, (0, 255))
    expected = X_ruler(x).astype(float) @ W_ruler(layer.W).astype(float) + layer.b
    np.testing.assert_allclose(DynamicLinear.of(layer, W_ruler).forward(x), expected, rtol=1e-6)


def test_the_range_that_was_asked_for_is_the_one_that_is_used():
    wide, near = (quantize_static(network(), ROWS, bits=2, weight_range=find) for find in (extremes, closest))
    W = network().layers[0].W
    np.testing.assert_allclose(wide.layers[1].W_ruler.scale, np.abs(W).max(axis=0, keepdims=True), rtol=1e-6)
    assert (near.layers[1].W_ruler.scale < wide.layers[1].W_ruler.scale).all()
