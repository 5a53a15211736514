"""Look-up tables, powers of two and float8: what holds of every map, and PyTorch's casts."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from helpers.quantization import (
    Float8,
    LookUpTable,
    float8,
    k_means,
    least_squares,
    minmax,
    powers_of_two,
    signed,
    symmetric,
)
from helpers.quantization.float8 import magnitudes
from helpers.quantization.lookup import nearest

values = arrays(np.float32, st.integers(3, 40), elements=st.floats(-1e4, 1e4, width=16)).filter(
    lambda x: len(np.unique(x)) > 2
)
MAPS = {
    "k-means": lambda x: k_means(x, 3),
    "k-means with 0": lambda x: k_means(x, 3, zero=True),
    "powers of two": lambda x: powers_of_two(*minmax(x), 4),
    "e4m3": lambda x: float8(*minmax(x), "e4m3"),
    "e5m2": lambda x: float8(*minmax(x), "e5m2"),
}


@pytest.mark.parametrize("name", MAPS)
@given(values)
def test_what_holds_of_every_map(name, x):
    table = MAPS[name](x)
    once = table(x)
    np.testing.assert_array_equal(table(once), once)
    assert (np.diff(table(np.sort(x))) >= 0).all()
    assert once.dtype == np.float32
    if name != "k-means":
        assert table(0.0) == 0


@given(values, st.integers(2, 6))
def test_no_entry_is_nearer(x, bits):
    table = k_means(x, bits).table.astype(float)
    best = np.abs(x[:, None].astype(float) - table).min(axis=1)
    np.testing.assert_allclose(np.abs(table[nearest(table, x)] - x), best, rtol=0, atol=1e-9)


def test_k_means_has_settled_and_beats_equal_steps():
    x = np.random.default_rng(0).standard_t(4, 5000)
    for bits in (2, 3, 4, 6):
        table = k_means(x, bits)
        q = table.quantize(x)
        means = [x[q == code].mean() for code in np.unique(q)]
        np.testing.assert_allclose(table.table[np.unique(q)], means, atol=2e-3)
        equal = LookUpTable(np.linspace(*minmax(x), 2**bits))
        assert np.mean((table(x) - x) ** 2) < 0.7 * np.mean((equal(x) - x) ** 2)
        assert table.bits == bits
    assert 0 in k_means(x, 4, zero=True).table


@pytest.mark.parametrize("tail", ["normal", "laplace", "lognormal"])
def test_k_means_is_no_worse_than_any_other_grid(tail):
    rng = np.random.default_rng(2)  # with these numbers, equal steps or shares alone end badly
    x = rng.choice([-1, 1], 5000) * np.abs(getattr(rng, tail)(0, 2, 5000))
    for bits in (3, 4, 5):
        uniform = partial(symmetric, codes=signed(bits))
        others = [uniform(*least_squares(x, uniform)), powers_of_two(*minmax(x), bits)]
        best = min(np.mean((grid(x) - x) ** 2) for grid in others)
        assert np.mean((k_means(x, bits)(x) - x) ** 2) <= best


def test_few_different_numbers_are_kept_exactly():
    x = np.array([0.1, -7.0, 0.1, 3.0])
    np.testing.assert_array_equal(k_means(x, 2)(x), x.astype(np.float32))


@given(st.floats(1e-3, 1e3), st.integers(3, 6))
def test_powers_of_two_bound_the_relative_error(most, bits):
    table = powers_of_two(-most, most, bits)
    smallest = table.table[table.table > 0][0]
    x = np.geomspace(max(smallest, most / 1e6), most, 200)
    assert (np.abs(table(x) - x) / x).max() <= 1 / 3 + 1e-6
    exponents = np.log2(table.table[table.table > 0])
    np.testing.assert_array_equal(exponents, np.rint(exponents))
    assert len(table.table) <= 2**bits - 1
    assert abs(table.table[-1] - most) <= min(abs(table.table[-1] * share - most) for share in (0.5, 2))


TWINS = {"e4m3": torch.float8_e4m3fn, "e5m2": torch.float8_e5m2}


@pytest.mark.parametrize("name", TWINS)
def test_float8_has_the_bits_of_pytorchs_cast(name):
    rng = np.random.default_rng(0)
    ordinary = rng.normal(size=20_000) * np.exp(rng.uniform(-14, 13, 20_000))
    marks = magnitudes(name)
    ties = np.concatenate([marks, (marks[1:] + marks[:-1]) / 2, [1e9, np.inf, 0.0]])
    beside = np.nextafter(ties.astype(np.float32), np.float32(0))
    x = np.concatenate([ordinary, ties, -ties, beside]).astype(np.float32)
    twin = torch.tensor(x).to(TWINS[name])
    eight, theirs = Float8(name), twin.to(torch.float32).numpy()
    fits = np.isfinite(theirs)  # in e5m2 PyTorch makes what is too large infinite
    np.testing.assert_array_equal(eight.quantize(x)[fits], twin.view(torch.uint8).numpy()[fits])
    np.testing.assert_array_equal(eight(x)[fits], theirs[fits])
    np.testing.assert_array_equal(np.abs(eight(x)[~fits]), marks[-1])
    every = np.arange(256).astype(np.uint8)
    decoded = torch.tensor(every).view(TWINS[name]).to(torch.float32).numpy()
    fits = np.isfinite(decoded)
    np.testing.assert_array_equal(eight.dequantize(every)[fits], decoded[fits])


def test_float8_per_channel():
    W = np.random.default_rng(0).normal(size=(20, 3)) * [0.01, 1, 100]
    eight = float8(*minmax(W, axis=1))
    assert eight.scale.shape == (1, 3)
    assert np.abs(eight(W) / W - 1).max(initial=0, where=np.abs(W) > 1e-3 * np.abs(W).max(0)) <= 1 / 16
    np.testing.assert_array_equal(eight(W)[:, 1], float8(*minmax(W[:, 1]))(W[:, 1]))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: LookUpTable([1.0, 0.0]), "ascending"),
        (lambda: LookUpTable([1.0]), "2..65536"),
        (lambda: k_means([1.0, 1.0], 2), "ascending"),
        (lambda: k_means([1.0, 2.0], 1), "at least 2"),
        (lambda: k_means([1.0, 2.0, np.inf], 2), "infinite"),
        (lambda: float8(np.nan, 1), "above 0"),
        (lambda: powers_of_two(0, 0, 4), "beyond 0"),
        (lambda: Float8("e3m4"), "one of e4m3, e5m2"),
        (lambda: Float8("e4m3", scale=0), "above 0"),
        (lambda: Float8("e4m3")(np.nan), "NaN"),
    ],
)
def test_what_is_wrong_is_said(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()
