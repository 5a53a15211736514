"""Observers: where each range must lie."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from helpers.nn import FakeQuant
from helpers.quantization import (
    MovingRange,
    affine,
    entropy,
    least_squares,
    minmax,
    percentile,
    signed,
    symmetric,
    unsigned,
)


def rng(seed=0):
    return np.random.default_rng(seed)


def with_outliers(n=10_000):
    return np.append(rng().normal(size=n), [50.0] * 10)


@given(arrays(np.float64, st.integers(1, 30), elements=st.floats(-100, 100)), st.floats(50, 100))
def test_percentiles_lie_inside_and_100_is_min_max(x, share):
    low, high = percentile(x, share)
    assert x.min() <= low <= high <= x.max()
    np.testing.assert_allclose(percentile(x, 100), minmax(x))


def test_percentile_leaves_half_of_the_rest_at_either_end():
    x = rng().normal(size=100_000)
    low, high = percentile(x, 99)
    assert np.mean(x < low) == pytest.approx(0.005, abs=1e-4)
    assert np.mean(x > high) == pytest.approx(0.005, abs=1e-4)


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_least_squares_is_the_best_of_its_grid(bits):
    x = with_outliers(2000)

    def make(low, high):
        return symmetric(low, high, signed(bits))

    def error(low, high):
        return np.mean((make(low, high)(x) - x) ** 2)

    low, high = least_squares(x, make)
    assert all(error(low, high) <= error(-50 * share, 50 * share) for share in (1, 0.5, 0.2, 0.1, 0.05, 0.02))
    assert error(low, high) <= error(*minmax(x))


def test_the_clip_of_a_gaussian_at_4_bits_is_the_known_one():
    _, high = least_squares(rng().normal(size=50_000), lambda low, high: affine(low, high, unsigned(4)))
    assert high == pytest.approx(2.5, abs=0.15)  # Banner et al. (2019), table 1: 2.55 sigma


def test_entropy_cuts_an_outlier_off_and_keeps_what_is_evenly_spread():
    low, high = entropy(with_outliers())
    assert 2.5 < high < 8
    assert low == -high
    flat = rng().uniform(-1, 1, 10_000)
    assert entropy(flat)[1] > 0.95
    one_sided = np.abs(with_outliers())
    assert entropy(one_sided)[0] == 0


def test_an_axis_gives_one_range_a_channel():
    W = rng().normal(size=(40, 3)) * [1, 10, 100]
    for observe in (minmax, percentile, lambda x, axis=None: least_squares(x, symmetric, axis)):
        low, high = observe(W, axis=1)
        assert low.shape == high.shape == (1, 3)
        for j in range(3):
            np.testing.assert_allclose(observe(W[:, j]), [low[0, j], high[0, j]])


def test_the_moving_range_is_that_of_fake_quant():
    moving, layer = MovingRange(momentum=0.25), FakeQuant(8, momentum=0.25)
    for seed in range(4):
        X = rng(seed).normal(size=(20, 3)) * (seed + 1)
        moving.update(X)
        layer.forward(X)
    np.testing.assert_allclose(moving.range, [layer.low, layer.high])
    ruler = affine(*moving.range)
    assert ruler.scale == layer.scale
    assert ruler.zero_point == layer.zero_point


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: percentile([1.0], 0), "percentage"),
        (lambda: percentile([]), "empty"),
        (lambda: percentile([1.0, -np.inf]), "infinite"),
        (lambda: least_squares([1.0, np.inf], symmetric), "infinite"),
        (lambda: entropy([]), "empty"),
        (lambda: entropy([1.0], bits=1), "at least 2"),
        (lambda: entropy(np.arange(5), num_bins=10), "at least the 256"),
        (lambda: MovingRange(momentum=2), "0..1"),
        (lambda: MovingRange().range, "no batch"),
    ],
)
def test_what_is_wrong_is_said(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()
