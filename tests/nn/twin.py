"""What the tests of the layers share: the same check for single models, copies and fleets."""

import copy
import pickle

import numpy as np

from helpers.nn.fleet import Fleet
from helpers.nn.stack import Stack, each_shape

K = 3


def rng(seed=0):
    return np.random.default_rng(seed)


def step(model, X, seed=5):
    """One pass forward and backward with random slopes: (out, dX, gradient)."""
    out = model.forward(X)
    d_out = rng(seed).normal(size=each_shape(out))
    d_out = np.broadcast_to(d_out, out.shape).astype(model.dtype)
    dX = model.backward(d_out.view(Stack) if isinstance(out, Stack) else d_out)
    return out, dX, model.d_flat.copy()


def descend(model, X, steps=3):
    """A few steps of gradient descent; returns the parameters."""
    for _ in range(steps):
        model.flat -= 0.1 * step(model, X)[2]
    return model.flat


def copies_are_their_own(make, X):
    """Copies (deepcopy, pickle) train like the model, and leave it alone."""
    model = make(0)
    start = model.flat.copy()
    for copied in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(descend(copied, X), descend(make(0), X))
        np.testing.assert_array_equal(model.flat, start)


def fleet_is_the_loop(make, X, atol=1e-13):
    """A fleet of K models gives the numbers of the K models one after the other."""
    alone, fleet = [make(seed) for seed in range(K)], Fleet([make(seed) for seed in range(K)])
    together = step(fleet, X)
    for k, one in enumerate(alone):
        out, dX, gradient = step(one, X)
        np.testing.assert_allclose(together[0][k], out, rtol=0, atol=atol)
        for ours, theirs in zip(each(together[1]), each(dX), strict=True):
            np.testing.assert_allclose(ours[k], theirs, rtol=0, atol=atol)
        np.testing.assert_allclose(together[2][k], gradient, rtol=0, atol=atol)
    descend(fleet, X)
    for one, member in zip(alone, fleet.unstack(), strict=True):
        np.testing.assert_allclose(member.flat, descend(one, X), rtol=0, atol=10 * atol)
        for name, array in one.state().items():
            np.testing.assert_allclose(member.state()[name], array, rtol=0, atol=atol)


def each(dX):
    return dX if isinstance(dX, tuple) else (dX,)


def stays_float32(model, X):
    out, dX, gradient = step(model, X)
    assert {out.dtype, gradient.dtype, *(one.dtype for one in each(dX))} == {np.dtype(np.float32)}
