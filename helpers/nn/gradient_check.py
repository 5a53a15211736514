"""Is this gradient right? Nudge every entry, watch the loss, compare.

f'(x) ≈ (f(x + ε) - f(x - ε)) / 2ε. Slow, and right to about ten digits in float64: a judge for any
`backward` that is written by hand.

Where the true gradient is 0, as for a bias before a batch norm, rounding alone makes a numerical gradient of
about |f| · 2e-16 / ε. The checks therefore forgive a difference of that size, too (ten times, as f rounds).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray
RIGHT = 1e-6  # below this relative error a gradient is right


def numerical_gradient(f: Callable[[Array], float], x: Array, eps: float = 1e-5) -> Array:
    """The gradient of f at x by central differences, two calls of f for each entry of x.

    f maps an array of x's shape to one number. x is float64; it is left as it was. The result has the
    shape of x. Raises TypeError when x is not an array of float64: a nudge would be rounded away.
    Source: Nocedal and Wright, "Numerical Optimization" (2006), 8.1.

    >>> numerical_gradient(lambda x: float((x**2).sum()), np.array([1.0, -3.0])).round(6)
    array([ 2., -6.])
    """
    if not isinstance(x, np.ndarray) or x.dtype != np.float64:
        raise TypeError(
            f"x must be a float64 array, got {getattr(x, 'dtype', type(x).__name__)}. Convert it first."
        )
    gradient = np.empty_like(x)
    nudged = x.copy()
    for i in np.ndindex(x.shape):
        nudged[i] = x[i] + eps
        above = f(nudged)
        nudged[i] = x[i] - eps
        below = f(nudged)
        nudged[i] = x[i]
        gradient[i] = (above - below) / (2 * eps)
    return gradient


def relative_error(a: Array, b: Array, floor: float = 0.0) -> float:
    """The largest difference between a and b, relative to the largest entry of either (0 when both are 0).

    Entries below `floor` count as that large.

    >>> relative_error(np.array([2.0, 0.0]), np.array([2.0, 1.0]))
    0.5
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        raise ValueError(f"The gradients have different shapes: {a.shape} and {b.shape}.")
    scale = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0), floor)
    return float(np.abs(a - b).max(initial=0) / scale) if scale > 0 else 0.0


def gradient_check(f: Callable[[Array], float], x: Array, gradient: Array, eps: float = 1e-5) -> float:
    """The relative error of `gradient` as the gradient of f at x: below 1e-6 it is right.

    f maps an array of x's shape to one number; gradient has the shape of x (ValueError if not).

    >>> x = np.array([1.0, -3.0])
    >>> gradient_check(lambda x: float((x**2).sum()), x, 2 * x) < 1e-6
    True
    >>> gradient_check(lambda x: float((x**2).sum()), x, 3 * x) < 1e-6
    False
    """
    return error_beyond_rounding(numerical_gradient(f, x, eps), gradient, abs(f(x)) / eps)


def error_beyond_rounding(numerical: Array, gradient: Array, steepest: float) -> float:
    """The relative error, where the rounding of f, |f| / ε being `steepest`, counts as right."""
    return relative_error(numerical, gradient, floor=10 * np.finfo(float).eps * steepest / RIGHT)


def layer_check(layer: Any, X: Array, rng: np.random.Generator, eps: float = 1e-5) -> dict[str, float]:
    """The relative errors of a layer's backward: for its input "X" and for each of its parameters.

    The loss is a weighted sum of the output with random weights. X (batch, …) is float64; the layer must
    give the same output each time it is called (seed a dropout again before each call, or leave it out).

    >>> from helpers.nn.layers import Linear
    >>> rng = np.random.default_rng(0)
    >>> errors = layer_check(Linear(3, 2, rng=rng), rng.normal(size=(4, 3)), rng)
    >>> {name: error < 1e-6 for name, error in errors.items()}
    {'X': True, 'W': True, 'b': True}
    """
    weights = rng.normal(size=layer.forward(X).shape)

    def loss_of_input(X: Array) -> float:
        return float((layer.forward(X) * weights).sum())

    def loss_of(parameter: Array) -> Callable[[Array], float]:
        def loss(values: Array) -> float:
            parameter[...] = values
            return loss_of_input(X)

        return loss

    steepest = float(np.abs(layer.forward(X) * weights).sum()) / eps  # its parts may cancel each other
    dX = layer.backward(weights).copy()
    gradients = {name: gradient.copy() for name, gradient in layer.gradients().items()}
    errors = {"X": error_beyond_rounding(numerical_gradient(loss_of_input, X, eps), dX, steepest)}
    for name, parameter in layer.parameters().items():
        start = parameter.copy()
        numerical = numerical_gradient(loss_of(parameter), start, eps)
        errors[name] = error_beyond_rounding(numerical, gradients[name], steepest)
        parameter[...] = start
    return errors
