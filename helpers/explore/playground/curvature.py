"""The steepest curvature of the training loss: what decides how large a learning rate may be."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np

from helpers.explore.playground import network

if TYPE_CHECKING:
    from helpers.explore.playground.session import Session

ROUNDS = 12
STEP = 1e-4


def largest_curvature(session: Session) -> float:
    """λmax of the training loss where the network stands now; NaN where the loss is not finite.

    Power iteration: a vector that is multiplied by the Hessian again and again turns towards its largest
    eigenvector. The product is a difference of two gradients, [∇L(w + εv) − ∇L(w − εv)] / 2ε, over the whole
    training set. Source: LeCun, Simard and Pearlmutter, "Automatic learning rate maximization" (1993).

    >>> from helpers.explore.playground.session import Session
    >>> from helpers.explore.playground.settings import Settings
    >>> session = Session(Settings().but(data="line", hidden_layers=0))  # the loss is a bowl
    >>> X = session.problem.X[session.problem.train]
    >>> X1 = np.column_stack([X, np.ones(len(X))])
    >>> exact = np.linalg.eigvalsh(2 * X1.T @ X1 / len(X)).max()
    >>> bool(np.isclose(largest_curvature(session), exact, rtol=1e-3))
    True
    """
    gradient, here = gradient_of(session)
    v = np.random.default_rng(0).normal(size=here.size)
    size = 0.0
    with np.errstate(all="ignore"):
        for _ in range(ROUNDS):
            v /= np.linalg.norm(v) or 1.0
            product = (gradient(here + STEP * v) - gradient(here - STEP * v)) / (2 * STEP)
            size, v = float(np.linalg.norm(product)), product
            if not np.isfinite(size) or size == 0:
                break
    return size + 2 * session.settings.l2


def gradient_of(session: Session) -> tuple[Callable[[np.ndarray], np.ndarray], np.ndarray]:
    """The gradient of the whole training loss as a function of the parameters; and where they are now."""
    problem = session.problem
    model = deepcopy(session.model)
    model.bind(session.model.flat.copy(), np.zeros(model.size))
    model.forget(keep=False)
    model.layers[0].needs_dX = True
    model.eval()
    loss = network.build_loss(session.settings, problem)
    X, y = problem.X[problem.train], problem.targets[problem.train]
    here = model.flat.copy()

    def gradient(w: np.ndarray) -> np.ndarray:
        model.flat[:] = w
        loss.forward(model.forward(X), y)
        model.backward(loss.backward())
        return model.d_flat.copy()

    return gradient, here
