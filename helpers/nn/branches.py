"""Branches: several ways through a model side by side, and one matrix that serves in two places.

Where a value is used twice, its slopes add up: the X that all branches of a `Concat` see, and the W that a
`Tied` layer shares.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.nn.base import Array, Layer, Shape
from helpers.nn.containers import Sequential
from helpers.nn.layers import Embedding, Linear
from helpers.nn.stack import each_shape, rows


class Concat(Sequential):
    """The outputs of several branches, side by side on the last axis: out = [f₁(X), f₂(X), …].

    Each branch gets X (n, …, features); when X is a tuple, branch i gets X[i]. The outputs may differ in
    their last axis only. `backward` returns the sum of the branches' dX, or a tuple of them.
    Raises ValueError for a tuple with another number of inputs, or outputs that do not fit together.
    Source: Szegedy et al., "Going deeper with convolutions" (2015).

    >>> from helpers.nn import Flatten
    >>> rng = np.random.default_rng(0)
    >>> words = Sequential(Embedding(9, 4, rng=rng), Flatten())
    >>> model = Sequential(Concat(words, Linear(3, 2, rng=rng)), Linear(10, 1, rng=rng))
    >>> model.forward((np.array([[0, 8], [1, 1]]), np.zeros((2, 3)))).shape
    (2, 1)
    >>> model.takes_indices
    (True, False)
    """

    several = False  # whether the last X was a tuple

    def forward(self, X: Any) -> Array:
        self.several = isinstance(X, tuple)
        inputs = self.one_each(X)
        outputs = [branch.forward(x) for branch, x in zip(self.layers, inputs, strict=True)]
        refuse_other_places([each_shape(out) for out in outputs])
        self.ends = np.cumsum([out.shape[-1] for out in outputs])[:-1]
        return np.concatenate(outputs, axis=-1)

    def backward(self, d_out: Array) -> Any:
        parts = np.split(d_out, self.ends, axis=-1)
        pairs = list(zip(self.layers, parts, strict=True))
        dX = [branch.backward(part) for branch, part in reversed(pairs)][::-1]
        return tuple(dX) if self.several else sum(dX[1:], dX[0])

    def one_each(self, X: Any) -> Sequence[Any]:
        """The input of each branch."""
        if isinstance(X, tuple) and len(X) != len(self.layers):
            raise ValueError(f"Concat has {len(self.layers)} branches, got a tuple of {len(X)} inputs.")
        return X if isinstance(X, tuple) else [X] * len(self.layers)

    def shapes(self, shape: Any) -> list[Shape]:
        each = shape if isinstance(shape[0], tuple) else (shape,) * len(self.layers)
        return [branch.output_shape(s) for branch, s in zip(self.layers, self.one_each(each), strict=True)]

    def output_shape(self, shape: Any) -> Shape:
        shapes = self.shapes(shape)
        refuse_other_places(shapes)
        return *shapes[0][:-1], sum(one[-1] for one in shapes)

    @property
    def takes_indices(self) -> Any:
        """Whether X holds whole numbers: for each branch, or one answer when all give the same."""
        answers = tuple(branch.takes_indices for branch in self.layers)
        return answers[0] if len(set(answers)) == 1 else answers


def refuse_other_places(shapes: Sequence[Shape]) -> None:
    """Raise ValueError for shapes that differ in more than their last axis."""
    if len({shape[:-1] for shape in shapes}) > 1:
        raise ValueError(f"Concat joins outputs that differ in their last axis only, got {list(shapes)}.")


class Tied(Layer):
    """out = X Wᵀ + b with the W of an earlier layer of the model: what turned words into vectors turns back.

    X (n, …, m) → out (n, …, k) for W (k, m) of an `Embedding` or a `Linear`; b (k,) is its own and starts
    at 0. The slopes of both places add up in the other layer's dW, when `backward` has come to it.
    Raises TypeError for another layer, ValueError when a model is made in which the layer comes later, and in
    `forward` when the model does not have it.
    Source: Press and Wolf, "Using the output embedding to improve language models" (2017).

    >>> words = Embedding(9, 4, rng=np.random.default_rng(0))
    >>> model = Sequential(words, Tied(words))
    >>> model.forward(np.array([[0, 8, 3]])).shape
    (1, 3, 9)
    >>> print(model.summary((1, 3)))
    layer      output     parameters
    Embedding  (1, 3, 4)          36
    Tied       (1, 3, 9)           9
    total                         45
    """

    parameter_names = ("b",)
    settings = ("layer",)
    b: Array

    def __init__(self, layer: Any):
        if not isinstance(layer, Embedding | Linear):
            raise TypeError(f"Tied shares the W of an Embedding or a Linear, got {layer!r}.")
        self.layer, self.steps_back = layer, 0  # leaves from here back to it in the model; 0: it is not there
        self.b = np.zeros(layer.W.shape[0], layer.W.dtype)

    def forward(self, X: Array) -> Array:
        self.check(X)
        if not self.steps_back:
            raise self.misplaced()
        self.X = X
        return X @ self.layer.W.T + self.b

    def backward(self, d_out: Array) -> Array:
        X, d = rows(self.X), rows(d_out)
        self.layer.add_later("dW", d.mT @ X, self)
        self.db = d.sum(axis=0)
        return d_out @ self.layer.W

    def join(self, leaves: Sequence[Layer]) -> None:
        places = {id(leaf): place for place, leaf in enumerate(leaves)}
        own = places[id(self)]
        self.steps_back = own - places.get(id(self.layer), own)
        if self.steps_back < 0:
            raise self.misplaced()

    def misplaced(self) -> ValueError:
        return ValueError(
            "Tied needs its layer in the same model, before itself: backward goes from the end to the start, "
            f"where the slopes of both places add up. Write Sequential(layer, …, Tied(layer)); got {self!r}."
        )

    def output_shape(self, shape: Shape) -> Shape:
        k, m = each_shape(self.layer.W)
        if shape[-1] != m:
            raise ValueError(f"Tied needs X of shape (n, …, {m}), got {shape}. W has shape {(k, m)}.")
        return *shape[:-1], k

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}, {self.steps_back} back)"
