"""The maps: what must hold of every ruler, and the same bits as ONNX Runtime and PyTorch."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from onnx import TensorProto, helper

from helpers.quantization import (
    INT8,
    INT8_NARROW,
    UINT8,
    AffineMap,
    affine,
    grouped,
    minmax,
    pack4,
    signed,
    symmetric,
    ungrouped,
    unpack4,
    unsigned,
)

ULP = 2.0**-23  # a float32 is known to this share of itself; scales and results are float32

any_bits = st.integers(2, 16)
ends = st.floats(-1e6, 1e6, width=32)
values = arrays(np.float32, st.integers(1, 40), elements=st.floats(-1e6, 1e6, width=32))


@st.composite
def rulers(draw):
    """A ruler of any scheme, any bits and any range."""
    low, high = sorted((draw(ends), draw(ends)))
    bits = draw(any_bits)
    kind = draw(st.sampled_from(["unsigned", "signed", "narrow", "full"]))
    if kind in ("narrow", "full"):
        return symmetric(low, high, signed(bits, narrow=kind == "narrow")), low, high
    return affine(low, high, unsigned(bits) if kind == "unsigned" else signed(bits, narrow=False)), low, high


@given(rulers(), st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_inside_the_range_the_largest_error_is_half_a_step(made, shares):
    ruler, low, high = made
    x = (low + np.array(shares + [0, 1]) * (high - low)).clip(low, high)
    rounding = 4 * ULP * max(abs(low), abs(high))  # of the float32 scale, 16 bits long, and of x̂
    assert np.abs(ruler(x) - x).max() <= ruler.scale / 2 + rounding


@given(rulers(), values)
def test_a_number_on_the_grid_stays_and_order_is_kept(made, x):
    ruler, _, _ = made
    once = ruler(x)
    np.testing.assert_array_equal(ruler(once), once)
    assert (np.diff(ruler.quantize(np.sort(x)).astype(int)) >= 0).all()
    assert ruler.codes[0] <= ruler.quantize(x).min() <= ruler.quantize(x).max() <= ruler.codes[1]


@given(rulers())
def test_every_code_survives_and_zero_is_a_mark(made):
    ruler, low, high = made
    every = np.arange(ruler.codes[0], ruler.codes[1] + 1)
    np.testing.assert_array_equal(ruler.quantize(ruler.dequantize(every)), every)
    assert ruler(0.0) == 0
    assert ruler.dequantize(ruler.zero_point) == 0
    first, last = ruler.range
    assert first <= min(low, 0) + 0.51 * ruler.scale
    assert last >= max(high, 0) - 0.51 * ruler.scale


@given(values, any_bits)
def test_symmetric_is_the_same_on_both_sides(x, bits):
    ruler = symmetric(*minmax(x), signed(bits))
    np.testing.assert_array_equal(ruler(-x), -ruler(x))


@given(arrays(np.float32, (5, 3), elements=st.floats(-100, 100, width=32)), any_bits)
def test_per_channel_is_one_ruler_a_channel(W, bits):
    ruler = affine(*minmax(W, axis=1), unsigned(bits))
    assert ruler.scale.shape == (1, 3)
    for j in range(3):
        alone = affine(*minmax(W[:, j]), unsigned(bits))
        np.testing.assert_array_equal(ruler(W)[:, j], alone(W[:, j]))


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 12))
def test_groups_are_put_together_again(d_in, d_out, size):
    W = np.random.default_rng(0).normal(size=(d_in, d_out))
    G = grouped(W, size)
    assert G.shape == (d_out * -(-d_in // size), size)
    np.testing.assert_array_equal(ungrouped(G, W.shape), W)
    np.testing.assert_array_equal(G[0, : min(size, d_in)], W[:size, 0])


@given(st.booleans(), st.data())
def test_packing_is_undone(signed_codes, data):
    shape = data.draw(st.tuples(st.integers(0, 5), st.integers(0, 5)))
    codes = st.integers(-8, 7) if signed_codes else st.integers(0, 15)
    q = data.draw(arrays(np.int8 if signed_codes else np.uint8, shape, elements=codes))
    packed = pack4(q)
    assert packed.nbytes == (q.size + 1) // 2
    back = unpack4(packed, shape, signed=signed_codes)
    np.testing.assert_array_equal(back, q)
    assert back.dtype == q.dtype


def test_packed_bytes_are_those_of_onnx():
    q = np.random.default_rng(0).integers(-8, 8, (3, 5)).astype(np.int8)
    tensor = helper.make_tensor("q", TensorProto.INT4, q.shape, q.ravel())
    stored = (
        np.frombuffer(tensor.raw_data, np.uint8) if tensor.raw_data else np.array(tensor.int32_data, np.uint8)
    )
    np.testing.assert_array_equal(pack4(q), stored)


def awkward(ruler, rng, far=1e30):
    """Ordinary numbers, marks, half-ways between marks, and far outside: (rows, channels)."""
    steps = np.concatenate([rng.normal(size=400) * 60, np.arange(-300, 300) / 2])
    channels = [np.concatenate([steps * s, [0, -0.0, far, -far]]) for s in np.ravel(ruler.scale)]
    return np.stack(channels, axis=1).astype(np.float32)


ONNX_TYPES = {"uint8": TensorProto.UINT8, "int8": TensorProto.INT8, "uint16": TensorProto.UINT16}
ONNX_TYPES["int16"] = TensorProto.INT16


def onnx_runs(ruler, X, axis=None, block=None):
    """Codes and numbers as ONNX Runtime computes them."""
    kind = ONNX_TYPES[ruler.dtype.name]
    shape = [] if axis is None else [X.shape[axis]]
    if block:
        shape = [X.shape[0], X.shape[1] // block]
    options = {} if axis is None else {"axis": axis}
    options |= {"block_size": block} if block else {}
    nodes = [
        helper.make_node("QuantizeLinear", ["X", "s", "z"], ["q"], **options),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["x"], **options),
    ]
    inputs = [
        helper.make_tensor_value_info("X", TensorProto.FLOAT, list(X.shape)),
        helper.make_tensor_value_info("s", TensorProto.FLOAT, shape),
        helper.make_tensor_value_info("z", kind, shape),
    ]
    outputs = [
        helper.make_tensor_value_info("q", kind, list(X.shape)),
        helper.make_tensor_value_info("x", TensorProto.FLOAT, list(X.shape)),
    ]
    graph = helper.make_graph(nodes, "there and back", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    feed = {"X": X, "s": ruler.scale.reshape(shape), "z": ruler.zero_point.astype(ruler.dtype).reshape(shape)}
    return session.run(None, feed)


SCHEMES = {
    "uint8": lambda low, high: affine(low, high, UINT8),
    "int8": lambda low, high: affine(low, high, INT8),
    "symmetric int8": lambda low, high: symmetric(low, high, INT8),
    "uint16": lambda low, high: affine(low, high, unsigned(16)),
    "int16": lambda low, high: symmetric(low, high, signed(16, narrow=False)),
}


@pytest.mark.parametrize("name", SCHEMES)
@pytest.mark.parametrize("axis", [None, 1])
def test_the_bits_are_those_of_onnx_runtime(name, axis):
    rng = np.random.default_rng(0)
    low, high = (-1.3, 2.1) if axis is None else (np.array([[-1.3, -0.1, 0.5]]), np.array([[2.1, 7.0, 0.9]]))
    ruler = SCHEMES[name](low, high)
    X = awkward(ruler, rng)
    q, x = onnx_runs(ruler, X, axis)
    np.testing.assert_array_equal(ruler.quantize(X), q)
    assert ruler.quantize(X).dtype == q.dtype
    assert ruler(X).tobytes() == x.tobytes()


def test_groups_are_onnx_blocks():
    W = np.random.default_rng(0).normal(size=(64, 5)).astype(np.float32)
    G = grouped(W, 16)
    ruler = symmetric(*minmax(G, axis=0), INT8)
    q, x = onnx_runs(ruler, np.ascontiguousarray(W.T), axis=1, block=16)
    np.testing.assert_array_equal(ungrouped(ruler.quantize(G), W.shape), q.T)
    np.testing.assert_array_equal(ungrouped(ruler(G), W.shape), x.T)


def beside_a_half(ruler, X):
    """Where x / s and x · (1 / s), both float32, do not round alike: PyTorch multiplies, ONNX divides."""
    return np.rint(X / ruler.scale) != np.rint(X * (np.float32(1) / ruler.scale))


@pytest.mark.parametrize("name", SCHEMES)
def test_the_bits_are_those_of_pytorch_per_tensor(name):
    ruler = SCHEMES[name](-1.3, 2.1)
    X = awkward(ruler, np.random.default_rng(1))
    x = torch.fake_quantize_per_tensor_affine(
        torch.tensor(X), float(ruler.scale), int(ruler.zero_point), *ruler.codes
    ).numpy()
    same = ~beside_a_half(ruler, X)
    assert same.mean() > 0.8
    np.testing.assert_array_equal(ruler(X)[same], x[same])
    assert np.abs(ruler(X) - x).max() <= 1.01 * ruler.scale


@pytest.mark.parametrize("name", ["uint8", "int8", "symmetric int8"])
def test_the_bits_are_those_of_pytorch_per_channel(name):
    low, high = np.array([[-1.3, -0.1, 0.5]]), np.array([[2.1, 7.0, 0.9]])
    ruler = SCHEMES[name](low, high)
    X = awkward(ruler, np.random.default_rng(1), far=1e6)  # PyTorch's integers overflow beyond
    x = torch.fake_quantize_per_channel_affine(
        torch.tensor(X), torch.tensor(ruler.scale[0]), torch.tensor(ruler.zero_point[0]), 1, *ruler.codes
    ).numpy()
    same = ~beside_a_half(ruler, X)
    assert same.mean() > 0.8
    np.testing.assert_array_equal(ruler(X)[same], x[same])


def test_known_values():
    ruler = affine(-1, 3)
    assert (ruler.scale, ruler.zero_point, ruler.bits) == (np.float32(4 / 255), 64, 8)
    assert symmetric(-2, 1).scale == np.float32(2 / 127)
    assert symmetric(-2, 1, INT8).scale == np.float32(4 / 255)
    assert symmetric(-2, 1, INT8_NARROW).codes == (-127, 127)
    assert affine(0, 0).scale == 1
    assert affine(0, 1e-44)(0) == 0
    assert affine(5, 6).range == (0, 6)  # widened, not shifted
    assert [signed(b) for b in (2, 16)] == [(-1, 1), (-32767, 32767)]
    assert [affine(-1, 1, unsigned(b)).dtype for b in (2, 8, 9, 16)] == ["uint8", "uint8", "uint16", "uint16"]


def test_codes_do_not_wrap_around():
    ruler = AffineMap(0.5, -128, INT8)
    assert ruler.dequantize(np.array([127], np.int8)) == 127.5


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: AffineMap(1.0, 300, UINT8), "widen the range"),
        (lambda: AffineMap(1.0, 0.5, UINT8), "zero point"),
        (lambda: AffineMap(0.0, 0, UINT8), "above 0"),
        (lambda: affine(2, 1), "low <= high"),
        (lambda: affine(0, np.inf), "finite"),
        (lambda: affine(0, 1, (0, 0)), "lowest < highest"),
        (lambda: affine(0, 1, (0, 2.5)), "whole numbers"),
        (lambda: affine(0, 1, (0, 70_000)), "16 bits"),
        (lambda: symmetric(-1, 1, UINT8), "symmetric codes"),
        (lambda: signed(1), "at least 2"),
        (lambda: unsigned(17), "2..16"),
        (lambda: affine(0, 1).quantize([0.0, np.nan]), "1 NaN among 2"),
        (lambda: minmax([]), "empty"),
        (lambda: minmax([1.0, np.inf]), "1 infinite among 2"),
        (lambda: minmax(np.zeros((2, 2)), axis=2), r"-2..1 for shape \(2, 2\), got 2"),
        (lambda: grouped(np.zeros(3), 2), "d_in, d_out"),
        (lambda: ungrouped(np.zeros((2, 2)), (3, 2)), "no cut"),
        (lambda: pack4([16]), "4-bit"),
        (lambda: pack4([-1, 8]), "4-bit"),
        (lambda: pack4([0.5]), "4-bit"),
        (lambda: unpack4(np.zeros(3, np.uint8), 7), "4 bytes"),
    ],
)
def test_what_is_wrong_is_said(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()
