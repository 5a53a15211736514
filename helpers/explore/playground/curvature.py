"""The steepest curvature of a loss: what decides how large a learning rate may be."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np

from helpers.explore.playground.network import build_loss
from helpers.explore.playground.run import Run
from helpers.nn import Sequential
from helpers.nn.fast import Steps
from helpers.nn.losses import Loss

ROUNDS = 12
STEP = 1e-4
LIMITS = {"SGD": 2.0, "momentum": 2 * 1.9, "Nesterov": 2 * 1.9 / 2.8}
"""λmax times the longest rate that is stable on a bowl: 2 for gradient descent; with momentum μ = 0.9
2 (1 + μ), as Nesterov 2 (1 + μ) / (1 + 2μ). An optimizer that scales its steps has no such number."""
CORNERS = ("absolute error", "hinge")
"""Losses without curvature."""


def longest_stable_rate(session: Run) -> float | None:
    """The longest learning rate that is stable for a full batch where the network stands; see `LIMITS`."""
    settings = session.settings
    if (
        settings.optimizer not in LIMITS
        or settings.loss in CORNERS
        or settings.batch_norm
        or session.diverged
    ):
        return None
    curvature = curvature_of(session)
    return LIMITS[settings.optimizer] / curvature if 0 < curvature < np.inf else None


def curvature_of(session: Run) -> float:
    """The steepest curvature of the training loss, with its penalty, where the network stands."""
    problem, settings = session.problem, session.settings
    X, y = problem.X[problem.train], problem.targets[problem.train]
    return largest_curvature(session.model, build_loss(settings, problem), X, y, settings.l2)


def largest_curvature(model: Sequential, loss: Loss, X: np.ndarray, y: Any, l2: float = 0.0) -> float:
    """λmax of the loss over these rows, where the model stands now; NaN where the loss is not finite.

    Power iteration: a vector that is multiplied by the Hessian again and again turns towards its largest
    eigenvector. The product is a difference of two gradients, [∇L(w + εv) − ∇L(w − εv)] / 2ε.
    Source: LeCun, Simard and Pearlmutter, "Automatic learning rate maximization" (1993).

    Args:
        model: it is copied, and stays as it is.
        loss: with a mean over the rows; it is copied too.
        X: inputs, shape (n, features).
        y: what the loss compares the outputs with, n rows.
        l2: the strength of an L2 penalty, l2 · ‖w‖², which adds 2 · l2 to every curvature.

    >>> from helpers.nn import Linear, MSELoss
    >>> X = np.array([[1.0], [-1.0], [2.0], [-2.0]])
    >>> model = Sequential(Linear(1, 1, rng=np.random.default_rng(0)))  # the loss is a bowl
    >>> round(largest_curvature(model, MSELoss(), X, 3 * X), 3)  # 2 · the mean of x²
    5.0
    """
    gradient, here = gradient_of(model, loss, X, y)
    v = np.random.default_rng(0).normal(size=here.size)
    size = 0.0
    with np.errstate(all="ignore"):
        for _ in range(ROUNDS):
            v /= np.linalg.norm(v) or 1.0
            product = (gradient(here + STEP * v) - gradient(here - STEP * v)) / (2 * STEP)
            size, v = float(np.linalg.norm(product)), product
            if not np.isfinite(size) or size == 0:
                break
    return size + 2 * l2


def gradient_of(
    model: Sequential, loss: Loss, X: np.ndarray, y: Any
) -> tuple[Callable[[np.ndarray], np.ndarray], np.ndarray]:
    """The gradient of the loss over all rows as a function of the parameters; and where they are now."""
    copy = deepcopy(model)
    copy.eval()
    steps = Steps(copy, deepcopy(loss))
    here = copy.flat.copy()

    def gradient(w: np.ndarray) -> np.ndarray:
        copy.flat = w
        steps.gradient(X, y)
        return copy.d_flat.copy()

    return gradient, here
