"""Forward, loss and backward as one list of calls, for batches of one size."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
from numpy import add, copyto, divide, exp, log, maximum, multiply, subtract

from helpers.nn.base import Array, Layer, Shape, aligned
from helpers.nn.containers import Sequential
from helpers.nn.convolution import Conv2d, MaxPool2d
from helpers.nn.fast.forward import PARTS, Call, Forward, product
from helpers.nn.fleet import Fleet
from helpers.nn.layers import Linear
from helpers.nn.losses import BCEWithLogitsLoss, CrossEntropyLoss, Loss, MSELoss
from helpers.nn.stack import Stack


class Plan(Forward):
    """`gradient(X, y)` gives the loss of a batch and leaves the gradients in `model.d_flat`.

    shape, y_shape: those of a batch of one model, (n, …).
    """

    def __init__(self, model: Layer, loss: Loss, shape: Shape, y_shape: Shape, y_dtype: Any):
        super().__init__(model, shape)
        self.loss, self.y_dtype = loss, np.dtype(y_dtype)
        self.y_by_feature = aligned((*self.lead, *y_shape[1:], self.n), y_dtype)
        self.y = self.by_sample(self.y_by_feature)
        self.slope = self.like(self.signal)  # ∂L/∂out
        self.count = math.prod(y_shape) if loss.reduction == "mean" else 1
        self.share = 1 / self.count
        self.total = LOSSES[type(loss)](self, loss)
        d: Any = self.slope
        for i, back in reversed(list(enumerate(self.backwards))):
            d = back(d, i > 0)  # nobody wants ∂L/∂X of the first layer

    def gradient(self, X: Array, y: Array) -> Any:
        """The loss of a batch: a float, for a fleet an array (K,)."""
        self.X[...] = X
        self.y[...] = y
        for call in self.calls:
            call()
        value = self.total() * self.share
        if self.lead:
            return self.plain_value() if np.isnan(value).any() else value
        return float(value) if value == value else self.plain_value()

    def plain_value(self) -> Any:
        """The loss by the plain class, which takes 0 · log 0 as 0; NaN stays NaN."""
        kind = Stack if self.lead else np.ndarray
        return self.loss.forward(self.out.view(kind), self.y.view(kind))


def in_rows(plan: Plan, array: Array) -> Array:
    """All entries of each model in one row, (N,) or (K, N): a view of an array that lies in one piece."""
    return array.reshape(*plan.lead, -1)


def inner(a: Array, b: Array) -> Call:
    """The call Σ a·b, for each model."""
    return partial(a.dot, b) if a.ndim == 1 else partial(np.vecdot, a, b)


# Each loss adds the calls that put ∂L/∂out into `slope`, and returns a call that gives its sum.


def mse(plan: Plan, loss: MSELoss) -> Call:
    """Σ error²; slope 2 error."""
    error = plan.like(plan.signal)
    plan.call(subtract, plan.signal, plan.y_by_feature, error)
    plan.call(multiply, error, plan.number(2 * plan.share), plan.slope)
    return inner(in_rows(plan, error), in_rows(plan, error))


def bce(plan: Plan, loss: BCEWithLogitsLoss) -> Call:
    """Σ log(1 + exp(z)) - y z; slope sigmoid(z) - y."""
    z, y = plan.like(plan.signal), plan.y_by_feature
    softplus, part, zero = plan.like(z), plan.like(z), plan.number(0)
    plan.call(copyto, z, plan.signal)
    plan.call(np.abs, z, softplus)  # log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)), without overflow
    plan.call(np.negative, softplus, softplus)
    plan.call(exp, softplus, softplus)
    plan.call(np.log1p, softplus, softplus)
    plan.call(maximum, z, zero, out=part)
    plan.call(add, softplus, part, softplus)
    plan.call(subtract, z, softplus, part)
    plan.call(exp, part, part)  # sigmoid(z)
    plan.call(subtract, part, y, part)
    plan.call(multiply, part, plan.number(plan.share), plan.slope)
    row = in_rows(plan, softplus)
    whole, true = inner(row, np.ones_like(row)), inner(in_rows(plan, z), in_rows(plan, y))
    return lambda: whole() - true()


def cross_entropy(plan: Plan, loss: CrossEntropyLoss) -> Call:
    """Σ log Σ exp(z) - target·z; slope p - target."""
    logits, C = plan.signal, plan.signal.shape[-2]
    z, e, target = plan.like(logits), plan.like(logits), plan.like(logits)
    top = aligned((*plan.lead, 1, plan.n), plan.dtype)
    sum_e, ones = plan.like(top), np.ones((*plan.lead, 1, C), plan.dtype)
    table = (1 - loss.label_smoothing) * np.eye(C) + loss.label_smoothing / C
    table = np.ascontiguousarray(table, plan.dtype)  # symmetric: a column for each class
    if plan.lead:
        plan.calls.append(lambda: copyto(target, table.take(plan.y, axis=0).mT))
    else:
        plan.call(table.take, plan.y, 1, target, "clip")  # (the labels are in range: `fit` has looked)
    plan.call(maximum.reduce, logits, -2, None, top, True)
    plan.call(subtract, logits, top, z)
    plan.call(exp, z, e)
    plan.calls.append(product(ones, e, sum_e))
    plan.call(divide, e, sum_e, e)  # p
    plan.call(subtract, e, target, e)
    plan.call(multiply, e, plan.number(plan.share), plan.slope)
    plan.call(log, sum_e, sum_e)
    row = in_rows(plan, sum_e)
    whole, true = inner(row, np.ones_like(row)), inner(in_rows(plan, target), in_rows(plan, z))
    return lambda: whole() - true()


LOSSES: dict[type, Any] = {MSELoss: mse, BCEWithLogitsLoss: bce, CrossEntropyLoss: cross_entropy}


METHODS = {"forward", "backward", "step", "update"}


def methods_of_its_own(thing: Any) -> set[str]:
    """The methods of a layer, loss or optimizer in whose place somebody has put a function of their own."""
    return METHODS & vars(thing).keys()


def knows_model(model: Layer, shape: Shape) -> bool:
    """Whether a plan knows every layer, for data of this shape (n, …)."""
    within = model.parts()
    if type(model) not in (Sequential, Fleet, *PARTS):
        return False
    if any(type(one) not in (Sequential, *PARTS) for one in within[1:]):
        return False  # such as a Residual in a Sequential, though all leaves are known
    if any(one.frozen or methods_of_its_own(one) for one in within):
        return False
    for leaf in model.leaves():  # each part is written for a number of axes
        axes = 4 if isinstance(leaf, Conv2d | MaxPool2d) else 2 if isinstance(leaf, Linear) else len(shape)
        if len(shape) != axes:
            return False
        shape = leaf.output_shape(shape)
    return len(shape) == 2


def knows_loss(loss: Loss, y: Array) -> bool:
    """Whether a plan knows the loss with its settings, for this kind of y."""
    if type(loss) not in LOSSES or loss.reduction == "none" or methods_of_its_own(loss):
        return False
    if isinstance(loss, CrossEntropyLoss):
        bare = loss.weight is None and loss.ignore_index is None and loss.temperature == 1
        return bare and y.dtype.kind in "iu"
    return not isinstance(loss, BCEWithLogitsLoss) or loss.pos_weight is None


def plan_for(model: Layer, loss: Loss, X: Array, y: Array) -> Plan | None:
    """The plan for batches like this one, or None where the plain classes have to do it.

    >>> from helpers.nn import BatchNorm, Linear, MSELoss, Sequential, Tanh
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(5, 2)), rng.normal(size=(5, 1))
    >>> model = Sequential(Linear(2, 8, rng=rng), Tanh(), Linear(8, 1, rng=rng))
    >>> round(plan_for(model, MSELoss(), X, y).gradient(X, y) - MSELoss().forward(model.forward(X), y), 12)
    0.0
    >>> plan_for(Sequential(Linear(2, 1, rng=rng), BatchNorm(1)), MSELoss(), X, y) is None
    True
    """
    lead = 1 if isinstance(X, Stack) else 0
    shape, y_shape = X.shape[lead:], y.shape[lead:]
    if not knows_loss(loss, y) or not knows_model(model, shape):
        return None
    out = model.output_shape(shape)
    if y_shape != (out[:1] if isinstance(loss, CrossEntropyLoss) else out):
        return None
    return Plan(model, loss, shape, y_shape, y.dtype)
