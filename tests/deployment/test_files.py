"""Files of networks: what goes in comes out to the bit, and all else is refused and changes nothing."""

import hashlib

import numpy as np
import pytest
from safetensors.numpy import save

from helpers.deployment.files import load_model, read_header, save_model
from helpers.deployment.folding import with_scaler
from helpers.features import MinMaxScaler, StandardScaler
from helpers.nn import BatchNorm, Linear, ReLU, Sequential


def network(seed: int, width: int = 5, dtype: type = np.float64) -> Sequential:
    rng = np.random.default_rng(seed)
    last = Linear(width, 2, rng=rng, dtype=dtype)
    return Sequential(Linear(3, width, rng=rng, dtype=dtype), BatchNorm(width, dtype=dtype), ReLU(), last)


@pytest.fixture
def saved(tmp_path):
    model = network(0)
    model.train()
    model.forward(np.random.default_rng(1).normal(size=(20, 3)))  # moves the running statistics
    path = tmp_path / "model.safetensors"
    return path, model.eval(), save_model(path, model, "1.0", unit="cm")


def test_what_was_saved_comes_back_to_the_bit(saved):
    path, model, fingerprint = saved
    other = network(7).eval()
    notes = load_model(path, other, fingerprint)
    assert (notes["version"], notes["unit"]) == ("1.0", "cm")
    X = np.random.default_rng(2).normal(size=(9, 3))
    np.testing.assert_array_equal(other.forward(X), model.forward(X))
    assert hashlib.sha256(path.read_bytes()).hexdigest() == fingerprint


def test_the_file_can_be_read_by_hand(saved):
    path, model, _ = saved
    content = path.read_bytes()
    begin, end = read_header(content)["0.W"]["data_offsets"]
    body = content[8 + int.from_bytes(content[:8], "little") :]
    np.testing.assert_array_equal(np.frombuffer(body[begin:end]).reshape(3, 5), model.layers[0].W)


def wrong_format(path, model):
    path.write_bytes(save(dict(model.parameters()), {"version": "1.0"}))


def cut_off(path, model):
    path.write_bytes(path.read_bytes()[:-9])


def a_pickle(path, model):
    path.write_bytes(b"cbuiltins\nprint\n(S'no'\ntR.")


def other_arrays(path, model):
    texts = read_header(path.read_bytes())["__metadata__"]
    path.write_bytes(save({**model.parameters()}, texts))  # without the running statistics


@pytest.mark.parametrize("spoil", [wrong_format, cut_off, a_pickle, other_arrays])
def test_another_file_is_refused_and_nothing_is_changed(saved, spoil, capsys):
    path, model, _ = saved
    spoil(path, model)
    other = network(7)
    before = other.flat.copy()
    with pytest.raises(ValueError, match=r"model\.safetensors"):
        load_model(path, other)
    np.testing.assert_array_equal(other.flat, before)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("other", [network(0, width=6), network(0, dtype=np.float32)])
def test_other_layers_are_refused(saved, other):
    with pytest.raises(ValueError, match="you gave"):
        load_model(saved[0], other)


def test_one_bit_is_found_by_the_fingerprint_only(saved):
    path, _, fingerprint = saved
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    load_model(path, network(7))
    with pytest.raises(ValueError, match="SHA-256"):
        load_model(path, network(7), fingerprint)


def test_an_older_file_stays_when_the_new_one_cannot_be_written(saved):
    path, model, fingerprint = saved
    with pytest.raises(TypeError, match="texts"):
        save_model(path, model, "1.1", rows=100)  # type: ignore[arg-type]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == fingerprint
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_scaler_in_the_first_layer_does_what_it_did_before():
    X = np.random.default_rng(0).normal(3, [1, 10, 0], size=(50, 3))
    for options in ({}, {"with_std": False}, {"with_mean": False}):
        scaler = StandardScaler(**options).fit(X)
        model = network(0).eval()
        before = model.flat.copy()
        raw = with_scaler(model, scaler)
        np.testing.assert_allclose(raw.forward(X), model.forward(scaler.transform(X)), atol=1e-9)
        np.testing.assert_array_equal(model.flat, before)


def test_a_scaler_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="2 features"):
        with_scaler(network(0), StandardScaler().fit(np.eye(2)))
    with pytest.raises(TypeError, match="Linear"):
        with_scaler(Sequential(ReLU()), StandardScaler().fit(np.eye(2)))
    with pytest.raises(TypeError, match="StandardScaler"):
        with_scaler(network(0), MinMaxScaler().fit(np.eye(3)))  # type: ignore[arg-type]
