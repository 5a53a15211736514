"""The one room with the machinery: a training step as a list of NumPy calls on arrays that are kept.

The layers, losses and optimizers of `helpers.nn` are plain. For a model whose layers are all of exactly
known types, a `Plan` writes the same step down, once for each size of a batch, as calls without arguments; a
step is then `for call in calls: call()`. What no plan knows runs by the plain classes, with the same numbers
but for rounding. Nobody needs to read this to understand a network. What makes it faster:

- A batch is stored feature by feature: in memory the samples are the last axis, (features, n). NumPy then
  works on long runs of numbers, and one more feature that is always 1 makes the bias a row of the weights:
  out = [W; b]ᵀ [X 1]ᵀ is one product, and so is its gradient.
- Every result has an array that is kept; a layer writes straight into the place where the next one reads.
- Nothing is looked up, checked or allocated in a step.

In a fleet every array has a leading axis, (K, …), and products go pair by pair.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import helpers.nn.fast.pictures  # noqa: F401  (adds its parts)
from helpers.nn.base import Array, Layer, Shape
from helpers.nn.fast.descent import descent_of
from helpers.nn.fast.forward import Forward
from helpers.nn.fast.plan import Plan, knows_model, methods_of_its_own, plan_for
from helpers.nn.losses import Loss
from helpers.nn.stack import Stack

__all__ = ["Forward", "Plan", "Steps", "forward_for", "knows_model", "plan_for"]


def forward_for(model: Layer, shape: Shape, *, piece: int = 2500) -> Callable[[Array], Array]:
    """The forward pass for batches of this shape (n, …), written down; `model.forward` where it is not known.

    Many rows go through in pieces of that many, which stay in the processor's cache. What it gives is
    overwritten by the next call.

    >>> from helpers.nn import Linear
    >>> forward_for(Linear(2, 3, rng=np.random.default_rng(0)), (5000, 2))(np.ones((5000, 2))).shape
    (5000, 3)
    """
    if not knows_model(model, shape):
        return model.forward
    n, size = shape[0], min(shape[0], piece)
    forward = Forward(model, (size, *shape[1:]))
    if size == n:
        return forward.run
    lead = (slice(None),) * len(forward.lead)
    places = [slice(start, start + size) for start in (*range(0, n - size, size), n - size)]
    whole = np.empty((*forward.lead, n, *forward.out.shape[len(lead) + 1 :]), model.dtype)

    def run(X: Array) -> Array:
        for place in places:
            whole[(*lead, place)] = forward.run(X[(*lead, place)] if isinstance(X, Stack) else X[place])
        return whole

    return run


class Steps:
    """The steps of a training: `gradient(X, y)`, then `descend()` (which needs an optimizer).

    By plans where there are some; `fast=False` uses the plain classes only. X and y are a batch (n, …), in a
    fleet Stacks (K, n, …).

    >>> from helpers.nn import SGD, Linear, MSELoss, Sequential
    >>> rng = np.random.default_rng(0)
    >>> X, model = rng.normal(size=(20, 2)), Sequential(Linear(2, 1, rng=rng))
    >>> steps = Steps(model, MSELoss(), SGD(model, lr=0.1))
    >>> for _ in range(200):
    ...     loss = steps.gradient(X, X.sum(axis=1, keepdims=True))
    ...     steps.descend()
    >>> loss < 1e-3
    True
    """

    descend: Callable[[], None]

    def __init__(self, model: Layer, loss: Loss, optimizer: Any = None, *, fast: bool = True):
        self.model, self.loss, self.optimizer, self.fast = model, loss, optimizer, fast
        self.plans: dict[Any, Plan | None] = {}
        self.parts = [part for part in (*model.parts(), optimizer) if part is not None]
        self.seen: Any = None
        self.look_again()

    def look_again(self) -> None:
        """Notice what may have changed since the last step: layers frozen, or methods that were replaced."""
        seen = [(getattr(part, "frozen", None), methods_of_its_own(part)) for part in self.parts]
        if seen == self.seen:
            return
        self.seen = seen
        self.plans.clear()
        if self.optimizer is not None:
            self.descend = descent_of(self.optimizer) if self.fast else self.optimizer.step

    def gradient(self, X: Array, y: Array, sample_weight: Array | None = None) -> Any:
        """The loss of a batch; its gradients are in `model.d_flat` then."""
        try:
            plan = self.plans[X.shape]
        except (KeyError, AttributeError):  # a new shape, or a tuple of inputs
            plan = self.plan(X, y)
        if plan is not None and sample_weight is None:
            return plan.gradient(X, y)
        value = self.loss.forward(self.model.forward(X), y, sample_weight)
        self.model.backward(self.loss.backward())
        return value

    def count(self, X: Array, y: Array, sample_weight: Array | None = None) -> Any:
        """What "mean" has divided the last gradient by, for such a batch (K numbers in a fleet)."""
        plan = self.plan(X, y) if sample_weight is None else None  # no plan knows weights
        return self.loss.count if plan is None else plan.count

    def plan(self, X: Any, y: Array) -> Plan | None:
        """The plan for batches of this shape, if there is one."""
        if isinstance(X, tuple) or not self.fast:
            return None
        if X.shape not in self.plans:
            self.plans[X.shape] = plan_for(self.model, self.loss, X, y)
        return self.plans[X.shape]
