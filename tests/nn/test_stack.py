"""A Stack does with K arrays what a loop over the models does with one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.nn.stack import Stack, each_shape, rows

# name: what the code of a layer may do with s (n, 4), t (2, n, 4), r (4,), M (4, 2), v ()
RULES = {
    "add": lambda s, t, r, M, v: s + s**2,
    "a row": lambda s, t, r, M, v: r - s,
    "a row to three axes": lambda s, t, r, M, v: t * r,
    "a matrix to three axes": lambda s, t, r, M, v: t / (1 + s**2),
    "a number": lambda s, t, r, M, v: v * t + 2,
    "compare": lambda s, t, r, M, v: s > r,
    "two results": lambda s, t, r, M, v: np.stack(np.modf(s), axis=-1),
    "matmul": lambda s, t, r, M, v: s @ M,
    "matmul, three axes": lambda s, t, r, M, v: t @ M,
    "transposed": lambda s, t, r, M, v: M.T @ s.T,
    "transposed row": lambda s, t, r, M, v: r.T,
    "dot": lambda s, t, r, M, v: s.dot(M),
    "sum": lambda s, t, r, M, v: s.sum(),
    "sum, axis": lambda s, t, r, M, v: t.sum(axis=1),
    "sum, axes": lambda s, t, r, M, v: t.sum(axis=(0, -1)),
    "np.sum": lambda s, t, r, M, v: np.sum(s, axis=0),
    "mean": lambda s, t, r, M, v: t.mean(),
    "mean, axis": lambda s, t, r, M, v: t.mean(axis=0),
    "mean, kept": lambda s, t, r, M, v: s - s.mean(axis=-1, keepdims=True),
    "np.mean": lambda s, t, r, M, v: np.mean(t, axis=(0, 2)),
    "var": lambda s, t, r, M, v: s.var(axis=0, ddof=1),
    "std": lambda s, t, r, M, v: np.std(s),
    "max": lambda s, t, r, M, v: s - s.max(axis=-1, keepdims=True),
    "min": lambda s, t, r, M, v: s.min(axis=0),
    "argmax": lambda s, t, r, M, v: s.argmax(axis=0),
    "argmin": lambda s, t, r, M, v: np.argmin(s, axis=1),
    "argsort": lambda s, t, r, M, v: s.argsort(axis=0),
    "cumsum": lambda s, t, r, M, v: np.cumsum(t, axis=1),
    "any": lambda s, t, r, M, v: (s > 1).any(axis=0),
    "where": lambda s, t, r, M, v: np.where(s > 0, s, 0),
    "where, a row": lambda s, t, r, M, v: np.where(s > 0, s, r),
    "clip": lambda s, t, r, M, v: np.clip(s, -1, 1),
    "concatenate": lambda s, t, r, M, v: np.concatenate([s, 2 * s], axis=-1),
    "stack": lambda s, t, r, M, v: np.stack([s, 2 * s], axis=-1),
    "index": lambda s, t, r, M, v: t[..., 1:3],
    "new axis": lambda s, t, r, M, v: s[..., None] * s[..., None, :],
    "ones like": lambda s, t, r, M, v: np.ones_like(s) - s,
    "rows": lambda s, t, r, M, v: rows(t),
}


def arrays(K, n, seed):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(K, *shape)) for shape in ((n, 4), (2, n, 4), (4,), (4, 2), ())]


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=8)
@given(K=st.integers(1, 5), n=st.integers(2, 5), seed=st.integers(0, 10_000))
def test_a_stack_is_the_loop_over_its_models(name, K, n, seed):
    rule, given_arrays = RULES[name], arrays(K, n, seed)
    together = rule(*(array.view(Stack) for array in given_arrays))
    alone = np.array([rule(*one) for one in zip(*given_arrays, strict=True)])
    assert type(together) is Stack
    assert together.shape == alone.shape
    assert together.dtype == alone.dtype
    np.testing.assert_allclose(np.asarray(together), alone, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("K", [1, 2, 4, 5])
def test_in_place_writes_into_the_same_memory_model_by_model(K):
    s, t, r, _, v = arrays(K, K, seed=0)
    expected = [(a - b) * c for a, b, c in zip(t, r, v, strict=True)]
    stack = t.view(Stack)
    same = stack
    stack -= r.view(Stack)
    stack *= v.view(Stack)
    assert stack is same
    np.testing.assert_array_equal(t, expected)
    out = np.empty_like(s).view(Stack)
    assert np.multiply(s.view(Stack), r.view(Stack), out=out) is out
    np.testing.assert_array_equal(np.asarray(out), [a * b for a, b in zip(s, r, strict=True)])
    whole, rest = np.empty((2, K, 4))
    np.modf(r.view(Stack), out=(whole.view(Stack), rest.view(Stack)))
    np.testing.assert_array_equal(whole + rest, r)


def test_an_ordinary_array_with_fewer_axes_is_for_all_models_and_one_with_as_many_counts_them():
    s = np.arange(24.0).reshape(2, 3, 4).view(Stack)
    row, matrix, whole = np.arange(4.0), np.arange(12.0).reshape(3, 4), np.arange(24.0).reshape(2, 3, 4)
    for k in range(2):
        for array in (row, matrix, 3.0):
            np.testing.assert_array_equal((s * array)[k], s[k] * array)
        np.testing.assert_array_equal((s * whole)[k], s[k] * whole[k])


def test_what_belongs_to_one_model_is_an_ordinary_array():
    s = np.arange(24.0).reshape(2, 3, 4).view(Stack)
    assert type(s[1]) is type(s[np.int64(1), 0]) is np.ndarray
    assert type(s[:, 0]) is type(s[..., 0]) is Stack
    assert [type(one) for one in s] == [np.ndarray] * 2
    np.testing.assert_array_equal(s[1, 2], [20, 21, 22, 23])
    assert each_shape(s) == (3, 4)
    assert each_shape(np.asarray(s)) == (2, 3, 4)
