"""Weights in groups: the error is half a step of their own group, and a file of them has the bits counted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.quantization import grouped, minmax, pack4, signed, symmetric, unpack4
from helpers.quantization.groups import bits_per_weight, round_to_nearest, with_float16_scale
from tests.thorough import examples


@settings(max_examples=examples(60))
@given(st.integers(2, 8), st.sampled_from([1, 3, 8, 32, None]), st.integers(0, 2**32 - 1))
def test_no_weight_moves_by_more_than_half_a_step_of_its_group(bits, size, seed):
    rng = np.random.default_rng(seed)
    W = (rng.normal(size=(32, 5)) * 10.0 ** rng.uniform(-3, 3, size=(32, 5))).astype(np.float32)
    groups = grouped(W, size) if size else W.reshape(1, -1)
    step = abs(groups).max(axis=1, keepdims=True) / (2 ** (bits - 1) - 1)
    moved = abs(round_to_nearest(W, bits, size) - W)
    moved = grouped(moved, size) if size else moved.reshape(1, -1)
    # a float16 scale is off by 2⁻¹¹ at most (or 2⁻²⁵ where it is tiny), and the largest code multiplies that
    slack = (step * 2.0**-11 + 2.0**-25) * (2 ** (bits - 1) - 1)
    assert (moved <= step / 2 + slack * 1.01).all()


def test_rounding_twice_changes_nothing_more_and_zero_stays():
    W = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)
    W[5] = 0
    once = round_to_nearest(W, 4, 32)
    np.testing.assert_allclose(round_to_nearest(once, 4, 32), once, rtol=1e-3)
    assert (once[5] == 0).all()
    assert (round_to_nearest(np.zeros((4, 2)), 3, 2) == 0).all()


def test_an_outlier_spoils_its_own_group_only():
    W = np.random.default_rng(0).normal(size=(64, 2)).astype(np.float32)
    spoilt = W.copy()
    spoilt[40, 1] = 1000
    same = round_to_nearest(W, 4, 32) == round_to_nearest(spoilt, 4, 32)
    assert same[:, 0].all()
    assert same[:32, 1].all()
    assert (round_to_nearest(spoilt, 4, 32)[32:40, 1] == 0).all()
    assert (round_to_nearest(spoilt, 4) == 0).sum() == W.size - 1


@pytest.mark.parametrize("size", [32, 64, 128])
def test_packed_bytes_are_the_bits_that_are_counted(size):
    W = np.random.default_rng(0).normal(size=(384, 8)).astype(np.float32)
    groups = grouped(W, size)
    ruler = with_float16_scale(symmetric(*minmax(groups, axis=0), signed(4)))
    codes, scales = pack4(ruler.quantize(groups)), ruler.scale.astype(np.float16)
    assert 8 * (codes.nbytes + scales.nbytes) / W.size == bits_per_weight(4, size)
    np.testing.assert_array_equal(
        ruler.dequantize(unpack4(codes, groups.shape)), grouped(round_to_nearest(W, 4, size), size)
    )


def test_a_scale_fits_into_16_bits_and_never_becomes_zero():
    ruler = with_float16_scale(symmetric(-1e-9, 1e-9, signed(4)))
    assert ruler.scale == np.float16(ruler.scale) > 0
