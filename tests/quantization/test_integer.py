"""Arithmetic in whole numbers: exact sums, and codes within one step of the float reference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.quantization.integer import accumulate, fixed_point, integer_bias, requantize
from helpers.quantization.maps import affine, minmax, signed, symmetric
from tests.thorough import examples

many = settings(max_examples=examples(50))
WIDE = {"lowest": -(2**30), "highest": 2**30}


def codes(rng, low, high, shape, dtype):
    return rng.integers(low, high + 1, shape).astype(dtype)


@many
@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(0, 255))
def test_the_sums_are_exact(seed, d_in, zero_point):
    rng = np.random.default_rng(seed)
    X, W = codes(rng, 0, 255, (5, d_in), np.uint8), codes(rng, -128, 127, (d_in, 3), np.int8)
    bias = codes(rng, -(2**20), 2**20, 3, np.int32)
    exact = [
        [sum((int(x) - zero_point) * int(w) for x, w in zip(row, column, strict=True)) for column in W.T]
        for row in X
    ]
    sums = accumulate(X, W, zero_point, bias)
    assert sums.dtype == np.int32
    assert (sums == np.array(exact) + bias).all()


def test_each_row_may_have_its_own_zero_point():
    rng = np.random.default_rng(0)
    X, W = codes(rng, 0, 255, (4, 6), np.uint8), codes(rng, -7, 7, (6, 3), np.int8)
    z = np.array([[0], [3], [128], [255]])
    each = [accumulate(X[i : i + 1], W, int(z[i, 0])) for i in range(4)]
    assert (accumulate(X, W, z) == np.concatenate(each)).all()


def test_a_sum_that_int32_does_not_hold_is_refused():
    X, W = np.full((1, 66_400), 255, np.uint8), np.full((66_400, 1), 127, np.int8)
    with pytest.raises(ValueError, match="int32 ends at 2147483647"):
        accumulate(X, W)
    assert accumulate(X[:, :66_000], W[:66_000])[0, 0] == 66_000 * 255 * 127
    with pytest.raises(ValueError, match="could reach"):
        accumulate(X[:, :66_000], W[:66_000], bias=np.array([2**30]))


@pytest.mark.parametrize("which", ["X", "W", "bias"])
def test_floats_are_no_codes(which):
    given = {"X": np.ones((1, 2), np.int8), "W": np.ones((2, 1), np.int8), "bias": np.ones(1, np.int32)}
    given[which] = given[which].astype(float)
    with pytest.raises(TypeError, match=f"{which} holds codes"):
        accumulate(**given)


def test_shapes_that_do_not_fit_are_told():
    with pytest.raises(ValueError, match=r"X \(1, 3\) and W \(2, 1\)"):
        accumulate(np.ones((1, 3), np.int8), np.ones((2, 1), np.int8))


@many
@given(st.floats(2**-31, 2**29))
def test_a_multiplier_is_hit_to_one_part_in_two_billion(multiplier):
    m, shift = fixed_point(multiplier)
    assert 2**30 <= m < 2**31
    assert abs(int(m) / 2 ** int(shift) / multiplier - 1) <= 2**-31


@pytest.mark.parametrize("multiplier", [0.0, -0.1, 2.0**-33, 2.0**31, np.nan, np.inf])
def test_a_multiplier_out_of_reach_is_refused(multiplier):
    with pytest.raises(ValueError, match="between 2\\^-31 and 2\\^30"):
        fixed_point([0.5, multiplier])


def test_a_multiplier_just_below_a_power_of_two():
    m, shift = fixed_point(1 - 2.0**-40)
    assert (int(m), int(shift)) == (2**30, 30)


@many
@given(st.integers(0, 2**32), st.floats(-20, -3), st.integers(0, 255))
def test_the_codes_are_the_float_references_or_one_step_beside(seed, power, zero_point):
    multiplier = 2**power
    rng = np.random.default_rng(seed)
    sums = rng.integers(-(2**24), 2**24, 500).astype(np.int32)
    exact = sums * np.float64(multiplier)
    got = requantize(sums, *fixed_point(multiplier), zero_point=zero_point, **WIDE)
    assert np.abs(got - (np.rint(exact) + zero_point)).max() <= 1
    # and where they differ, the exact value is half-way between both, up to the error of m
    assert np.abs(got - zero_point - exact).max() <= 0.5 + 2.0**-31 * np.abs(exact).max()


def test_a_half_is_rounded_up_and_codes_are_cut_off():
    half = fixed_point(0.5)
    sums = np.array([-3, -2, -1, 0, 1, 2, 3], np.int32)
    assert requantize(sums, *half, zero_point=0, **WIDE).tolist() == [-1, -1, 0, 0, 1, 1, 2]
    assert requantize(sums, *half, zero_point=1, lowest=0, highest=2).tolist() == [0, 0, 1, 1, 2, 2, 2]


def test_the_largest_sum_and_the_largest_multiplier_do_not_overflow():
    ends = np.array([-(2**31), 2**31 - 1], np.int32)
    got = requantize(ends, *fixed_point(1 - 2.0**-20), zero_point=0, lowest=-(2**31), highest=2**31 - 1)
    assert np.abs(got - ends * (1 - 2.0**-20)).max() <= 2


def test_sums_of_64_bits_are_refused():
    with pytest.raises(TypeError, match="int64"):
        requantize(np.array([1]), 2**30, 31, zero_point=0, lowest=0, highest=1)


@pytest.mark.parametrize("axis", [None, 1])
@many
@given(seed=st.integers(0, 2**32))
def test_a_layer_in_integers_is_the_layer_on_the_grids(axis, seed):
    """All of it: codes in, sums, bias, codes out, against the same numbers computed in float64."""
    rng = np.random.default_rng(seed)
    X, W, b = rng.normal(size=(20, 16)), rng.normal(size=(16, 4)) * rng.uniform(0.1, 2, 4), rng.normal(size=4)
    rx, rw = affine(*minmax(X)), symmetric(*minmax(W, axis=axis), signed(8))
    steps = rx.quantize(X).astype(float) - rx.zero_point  # rx(X) is float32: its last bits would show
    exact = (steps * float(rx.scale)) @ (rw.quantize(W) * rw.scale.astype(float)) + b
    ro = affine(*minmax(exact))
    scale = np.broadcast_to((rx.scale.astype(float) * rw.scale).ravel(), (4,))
    sums = accumulate(rx.quantize(X), rw.quantize(W), int(rx.zero_point), integer_bias(b, scale))
    assert np.abs(sums * scale - exact).max() <= scale.max() / 2 * 1.001  # the bias is rounded, nothing else
    got = requantize(
        sums, *fixed_point(scale / float(ro.scale)), zero_point=int(ro.zero_point), lowest=0, highest=255
    )
    assert np.abs(got.astype(int) - ro.quantize(exact)).max() <= 1
    assert (got == ro.quantize(exact)).mean() > 0.9


def test_a_bias_that_int32_does_not_hold_is_cut_off():
    assert np.abs(integer_bias(np.array([1e9, -1e9]), 1e-6)).max() <= 2**30
