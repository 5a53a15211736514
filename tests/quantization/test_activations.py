"""Inputs in few bits: an outlier spoils one scale for all, and the three ways around it do what they say."""

import numpy as np
import pytest

from helpers.quantization.activations import per_tensor, per_token, smoothing, split_product

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 16))
X[:, 5] *= 60
W = RNG.normal(size=(16, 8)) / 4
ORDINARY = np.delete(np.arange(16), 5)


def error(product):
    return float(np.linalg.norm(product - X @ W) / np.linalg.norm(X[:, ORDINARY] @ W[ORDINARY]))


def test_one_scale_for_all_gives_the_others_what_the_outlier_leaves():
    step = abs(X).max() / 127
    got = per_tensor(X)
    assert abs(got - X).max() <= step / 2 * 1.001
    assert len(np.unique(got[:, ORDINARY])) < 20


def test_a_scale_a_token_is_at_most_half_a_step_of_that_token_off():
    steps = abs(X).max(axis=1, keepdims=True) / 127
    assert (abs(per_token(X) - X) <= steps / 2 * 1.001).all()
    assert error(per_token(X) @ W) < error(per_tensor(X) @ W)


def test_a_static_scale_clips_what_it_did_not_expect():
    assert per_tensor(X, largest=3.0).max() == pytest.approx(3.0)
    np.testing.assert_allclose(per_tensor(X, largest=abs(X).max()), per_tensor(X), rtol=1e-6)


def test_the_split_computes_the_large_features_exactly():
    large = np.array([5])
    assert error(split_product(X, W, large)) < 0.2 * error(per_token(X) @ W)
    only_large = np.zeros_like(X)
    only_large[:, 5] = X[:, 5]
    np.testing.assert_allclose(split_product(only_large, W, large), only_large @ W, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(split_product(X, W, np.arange(16)[:0]), split_product(X, W, []), rtol=1e-12)


def test_smoothing_leaves_the_product_and_shares_the_trouble():
    largest = abs(X).max(axis=0)
    s = smoothing(largest, W)
    np.testing.assert_allclose((X / s) @ (W * s[:, None]), X @ W, rtol=1e-9, atol=1e-9)
    of_x, of_w = abs(X / s).max(axis=0), abs(W * s[:, None]).max(axis=1)
    np.testing.assert_allclose(of_x, of_w, rtol=1e-9)  # a = 0.5: both are as large
    np.testing.assert_allclose(abs(X / smoothing(largest, W, 1)).max(axis=0), 1)
    assert (smoothing(np.zeros(16), W) > 0).all()
