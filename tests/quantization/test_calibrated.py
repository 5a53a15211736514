"""GPTQ and AWQ: less error of X W than rounding to the nearest, and nothing without a reason."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.quantization.calibrated import awq, gptq
from helpers.quantization.groups import round_to_nearest
from tests.thorough import examples


def correlated(seed, d=48, n=400):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 6)) @ rng.normal(size=(6, d)) + 0.3 * rng.normal(size=(n, d))
    X[:, 3] *= 20  # one feature stands out
    return X, rng.normal(size=(d, 7))


def error(X, Q, W):
    return float(np.linalg.norm(X @ (Q - W)) / np.linalg.norm(X @ W))


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
@pytest.mark.parametrize("seed", range(3))
def test_both_lose_less_than_rounding_to_the_nearest_on_inputs_like_those_seen(bits, seed):
    X, W = correlated(seed)
    seen, new = X[:300], X[300:]
    H = seen.T @ seen / len(seen)
    nearest = error(new, round_to_nearest(W, bits, 16), W)
    assert error(new, gptq(W, H, bits, 16), W) < 0.9 * nearest
    assert error(new, awq(W, H, abs(seen).mean(axis=0), bits, 16), W) < nearest


def test_gptq_moves_the_weights_further_and_the_product_less():
    X, W = correlated(0)
    nearest, compensated = round_to_nearest(W, 3, 16), gptq(W, X.T @ X / len(X), 3, 16)
    assert np.linalg.norm(compensated - W) > np.linalg.norm(nearest - W)
    assert error(X, compensated, W) < error(X, nearest, W)


@pytest.mark.parametrize("size", [16, 32, 256])
def test_without_correlations_gptq_is_rounding_to_the_nearest(size):
    W = np.random.default_rng(0).normal(size=(256, 5))  # more rows than a block
    np.testing.assert_allclose(gptq(W, 3 * np.eye(256), 3, size), round_to_nearest(W, 3, size), rtol=1e-6)


def test_blocks_change_nothing(monkeypatch):
    X, W = correlated(1)
    H = X.T @ X / len(X)
    whole = gptq(W, H, 3, 16)
    monkeypatch.setattr("helpers.quantization.calibrated.BLOCK", 8)
    np.testing.assert_allclose(gptq(W, H, 3, 16), whole, rtol=1e-6)


def test_gptq_stays_on_the_grid_of_its_group():
    X, W = correlated(2)
    Q = gptq(W, X.T @ X / len(X), 3, 16)
    for start in range(0, 48, 16):
        for column in Q[start : start + 16].T:
            steps = np.unique(abs(column[column != 0]))
            np.testing.assert_allclose(steps / steps.min() % 1, 0, atol=1e-6)
            assert len(np.unique(column)) <= 7


def test_it_changes_no_argument():
    X, W = correlated(0)
    H, kept = X.T @ X / len(X), W.copy()
    copy = H.copy()
    gptq(W, H, 3, 16)
    awq(W, H, abs(X).mean(axis=0), 3, 16)
    np.testing.assert_array_equal(W, kept)
    np.testing.assert_array_equal(H, copy)


@settings(max_examples=examples(20))
@given(st.integers(0, 2**32 - 1))
def test_awq_is_never_worse_than_no_stretch(seed):
    rng = np.random.default_rng(seed)
    X, W = rng.normal(size=(50, 8)) * rng.uniform(0.1, 30, size=8), rng.normal(size=(8, 3))
    H = X.T @ X / len(X)
    got = awq(W, H, abs(X).mean(axis=0), 3, 8)
    assert error(X, got, W) <= error(X, round_to_nearest(W, 3, 8), W) + 1e-9
