"""A fleet: K models of one shape, trained at once by the code of one.

Every parameter gets a leading axis of length K, so NumPy's cost per call is paid once for all of them: the
learning rates of a sweep, or the seeds of an experiment, for little more than the price of one. The numbers
are the same, bit for bit, as those of K models trained one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from helpers.nn.base import Array, Layer, Shape, needs_array
from helpers.nn.containers import Sequential
from helpers.nn.stack import Stack


class Fleet(Sequential):
    """K models with the same layers, as one model whose arrays have a leading axis K.

    X (n, …) is given to all of them, a Stack (K, n, …) to each its own; the output is a Stack (K, n, …).
    Optimizers take K learning rates, `fit` takes K generators. `unstack()` gives the models back.
    Raises ValueError when the models differ in their layers, or when one is given twice.

    >>> from helpers.nn import Linear
    >>> models = [Sequential(Linear(2, 1, rng=np.random.default_rng(seed))) for seed in range(5)]
    >>> fleet = Fleet(models)
    >>> fleet.forward(np.zeros((3, 2))).shape, fleet.flat.shape
    ((5, 3, 1), (5, 3))
    """

    def __init__(self, models: Sequence[Sequential]):
        kinds = {f"{model!r} in {model.dtype}" for model in models}
        if len(kinds) != 1:
            raise ValueError(
                f"A fleet needs models with the same layers, got {sorted(kinds) or 'no models'}."
            )
        if len({id(model) for model in models}) < len(models):
            raise ValueError("The same model is given twice. Make a copy: copy.deepcopy(model).")
        self.members, self.num_models = list(models), len(models)
        self.layers = deepcopy(models[0].layers)
        for leaf, *others in zip(self.leaves(), *(model.leaves() for model in models), strict=True):
            leaf.merge(others)
        self.gather()
        self.flat[:] = [model.flat for model in models]

    def gather(self, lead: Shape = ()) -> None:
        super().gather((self.num_models,))

    def forward(self, X: Array) -> Array:
        if not isinstance(X, tuple):
            needs_array(self, X)
        for layer in self.layers:
            X = layer.forward(self.for_each(X))
        return self.for_each(X)

    def backward(self, d_out: Array) -> Array:
        return super().backward(self.for_each(d_out))

    def astype(self, dtype: Any) -> Layer:
        copy: Any = super().astype(dtype)
        copy.members = [member.astype(dtype) for member in self.members]
        return copy

    def for_each(self, X: Any) -> Any:
        """X (n, …) as a Stack in which every model has it; a Stack as it is; of a tuple each."""
        if isinstance(X, tuple):
            return tuple(map(self.for_each, X))
        if isinstance(X, Stack):
            return X
        return np.broadcast_to(X, (self.num_models, *X.shape)).view(Stack)

    def unstack(self) -> list[Sequential]:
        """The models, with what they have learnt."""
        for k, member in enumerate(self.members):
            member.flat[:] = self.flat[k]
            for leaf, other in zip(self.leaves(), member.leaves(), strict=True):
                for name, array in leaf.state().items():
                    getattr(other, name)[...] = array[k]
        return self.members

    def summary(self, shape: Shape) -> str:
        """The table of one model for an input of this shape (n, …), and how many there are."""
        return f"{self.num_models} models\n{self.members[0].summary(shape)}"


def num_models(model: Layer) -> int:
    """K of a fleet, 0 of a single model."""
    return getattr(model, "num_models", 0)
