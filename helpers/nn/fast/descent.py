"""The step of an optimizer on kept arrays."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy import add, divide, multiply, sqrt, subtract

from helpers.nn.base import Array, aligned_like
from helpers.nn.fast.forward import Call
from helpers.nn.fast.plan import methods_of_its_own
from helpers.nn.optimizers import SGD, Adam, AdamW


class Descent:
    """The step of SGD, Adam or AdamW. Hyperparameters that change between two steps are noticed."""

    calls: list[Call]
    lr = weight_decay = None  # those that the calls were written for

    def __init__(self, optimizer: Any):
        self.optimizer, self.model = optimizer, optimizer.model
        self.delta = aligned_like(self.model.flat)

    def number(self, value: Any) -> Array:
        """A number as an array of no dimension, which NumPy takes fastest; K numbers as a column."""
        return np.asarray(value, self.model.dtype)

    def begin(self) -> None:
        """Remember what the calls are written for. (Not K numbers: they may change in their place.)"""
        o, self.calls = self.optimizer, []
        self.lr = None if np.ndim(o.lr) else o.lr
        self.weight_decay = None if np.ndim(o.weight_decay) else o.weight_decay

    def decayed_gradient(self) -> Array:
        """The place of the gradient with the weight decay in it; adds the calls that put it there."""
        flat, d_flat, decay = self.model.flat, self.model.d_flat, self.optimizer.weight_decay
        if not np.any(decay):
            return d_flat
        g = aligned_like(flat)
        self.calls.append(partial(multiply, flat, self.number(decay * self.optimizer.decayed), g))
        self.calls.append(partial(add, g, d_flat, g))
        return g


class SGDDescent(Descent):
    """v ← momentum·v + g; parameters ← parameters - lr·v."""

    momentum = nesterov = None

    def __call__(self) -> None:
        o = self.optimizer
        if o.dampening:
            return o.step()
        same = o.lr is self.lr and o.momentum is self.momentum and o.weight_decay is self.weight_decay
        if not same or o.nesterov is not self.nesterov:
            self.write()
        if self.moving:
            o.t += 1
        for call in self.calls:
            call()
        return None

    def write(self) -> None:
        """Write the calls down for the hyperparameters of now."""
        self.begin()
        o, flat, delta = self.optimizer, self.model.flat, self.delta
        g = self.decayed_gradient()
        self.momentum, self.nesterov = (None if np.ndim(o.momentum) else o.momentum), o.nesterov
        self.moving = bool(np.any(o.momentum))
        if self.moving:
            momentum = self.number(o.momentum)
            self.calls += [partial(multiply, o.v, momentum, o.v), partial(add, o.v, g, o.v)]
            step = o.v
            if o.nesterov:
                step = aligned_like(flat)
                self.calls += [partial(multiply, o.v, momentum, step), partial(add, step, g, step)]
            g = step
        self.calls += [partial(multiply, g, self.number(o.lr), delta), partial(subtract, flat, delta, flat)]


class AdamDescent(Descent):
    """m̂ / (√v̂ + eps) with 1 - β₂ᵗ taken out of the root; AdamW's decay comes before it."""

    betas = None

    def __call__(self) -> None:
        o = self.optimizer
        if o.betas is not self.betas or o.lr is not self.lr or o.weight_decay is not self.weight_decay:
            self.write()
        for call in self.calls:
            call()
        g, tmp, flat = self.g, self.delta, self.model.flat
        o.t = t = o.t + 1
        beta1, beta2 = o.betas
        root = math.sqrt(1 - beta2**t)
        multiply(g, self.rest1, tmp)  # (1 - β₁) g
        multiply(o.m, self.beta1, o.m)
        add(o.m, tmp, o.m)
        multiply(tmp, g, tmp)
        multiply(tmp, self.rest2, tmp)  # (1 - β₂) g²
        multiply(o.v, self.beta2, o.v)
        add(o.v, tmp, o.v)
        sqrt(o.v, tmp)
        add(tmp, self.number(o.eps * root), tmp)
        divide(o.m, tmp, tmp)
        multiply(tmp, self.number(o.lr * (root / (1 - beta1**t))), tmp)
        subtract(flat, tmp, flat)

    def write(self) -> None:
        """The numbers for the hyperparameters of now, and the calls of the weight decay."""
        self.begin()
        o, flat = self.optimizer, self.model.flat
        self.betas = o.betas
        beta1, beta2 = o.betas
        self.beta1, self.beta2 = self.number(beta1), self.number(beta2)
        self.rest1, self.rest2 = self.number(1 - beta1), self.number((1 - beta2) / (1 - beta1))
        if isinstance(o, AdamW):
            self.g = self.model.d_flat
            self.calls.append(
                partial(multiply, flat, self.number(1 - o.lr * o.weight_decay * o.decayed), flat)
            )
        else:
            self.g = self.decayed_gradient()


def descent_of(optimizer: Any) -> Callable[[], None]:
    """The optimizer's step on kept arrays; its own `step` where that is not known, or layers are frozen."""
    known: dict[type, Any] = {SGD: SGDDescent, Adam: AdamDescent, AdamW: AdamDescent}
    if type(optimizer) not in known or methods_of_its_own(optimizer) or optimizer.shares() is not None:
        return optimizer.step
    return known[type(optimizer)](optimizer)
