"""Containers: layers put together into a model.

A `Sequential` runs its layers one after the other, and backwards in the opposite order: that is the
chain rule. All parameters of a model are views into one vector, `flat`, and all gradients into another,
`d_flat`, so that an optimizer's step is a handful of vector operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from helpers.nn.base import Array, Layer, Shape, needs_array, num_parameters
from helpers.nn.layers import Flatten


class Sequential(Layer):
    """Layers in a row: the output of each is the input of the next.

    Raises TypeError for anything but layers, ValueError for a layer that is given twice or that another model
    has.

    >>> import numpy as np
    >>> from helpers.nn import Linear, ReLU
    >>> rng = np.random.default_rng(0)
    >>> model = Sequential(Linear(2, 16, rng=rng), ReLU(), Linear(16, 1, rng=rng))
    >>> model.forward(np.zeros((5, 2))).shape
    (5, 1)
    >>> print(model.summary((5, 2)))
    layer   output   parameters
    Linear  (5, 16)          48
    ReLU    (5, 16)           0
    Linear  (5, 1)           17
    total                    65
    """

    def __init__(self, *layers: Layer):
        refuse(type(self).__name__, layers)
        self.layers: Sequence[Layer] = layers
        self.gather()

    def gather(self, lead: Shape = ()) -> None:
        leaves = self.leaves()
        for leaf in leaves:
            leaf.join(leaves)
        super().gather(lead)

    def forward(self, X: Array) -> Array:
        if not isinstance(X, tuple):
            needs_array(self, X)
        for layer in self.layers:
            X = layer.forward(X)
        return X

    def backward(self, d_out: Array) -> Array:
        for layer in reversed(self.layers):
            d_out = layer.backward(d_out)
        return d_out

    def output_shape(self, shape: Shape) -> Shape:
        return [shape, *self.shapes(shape)][-1]

    def shapes(self, shape: Shape) -> list[Shape]:
        """The shape of each layer's output."""
        found = []
        for layer in self.layers:
            shape = layer.output_shape(shape)
            found.append(shape)
        return found

    @property
    def takes_indices(self) -> Any:
        """Whether X holds whole numbers: its first layer (behind a Flatten) looks them up in a table.

        A tuple of such answers when that layer is a `Concat`, which takes several inputs.
        """
        return next((one.takes_indices for one in self.layers if not only_flattens(one)), False)

    def leaves(self) -> list[Layer]:
        return [leaf for layer in self.layers for leaf in layer.leaves()]

    def parts(self) -> list[Layer]:
        return [self, *(part for layer in self.layers for part in layer.parts())]

    def bind(self, flat: Array, d_flat: Array) -> None:
        start = 0
        for layer in self.layers:
            stop = start + num_parameters(layer)
            layer.bind(flat[..., start:stop], d_flat[..., start:stop])
            layer.owned = stop > start
            start = stop
        self.__dict__["vectors"] = (flat, d_flat)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.gather()

    def parameters(self) -> dict[str, Array]:
        """The parameters by name: "0.W" is W of the first layer."""
        return self.named("parameters")

    def gradients(self) -> dict[str, Array]:
        """The gradients by the names of `parameters`."""
        return self.named("gradients")

    def state(self) -> dict[str, Array]:
        """What is learnt without a gradient, by name: "1.running_mean"."""
        return self.named("state")

    def named(self, what: str) -> dict[str, Array]:
        """`parameters`, `gradients` or `state` of all layers, each name with the number of its layer."""
        return {
            f"{i}.{k}": v for i, layer in enumerate(self.layers) for k, v in getattr(layer, what)().items()
        }

    def summary(self, shape: Shape) -> str:
        """A table of the layers for an input of this shape (n, …): output shapes, parameters."""
        rows = [("layer", "output", "parameters")]
        for layer, out in zip(self.layers, self.shapes(shape), strict=True):
            rows.append((type(layer).__name__, str(out), f"{layer.size:,}"))
        rows.append(("total", "", f"{self.size:,}"))
        left, middle, right = (max(len(row[i]) for row in rows) for i in range(3))
        return "\n".join(f"{a:{left}}  {b:{middle}}  {c:>{right}}" for a, b, c in rows)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.layers))})"


def only_flattens(layer: Layer) -> bool:
    """Whether what comes in goes out unchanged but for its shape."""
    return all(isinstance(leaf, Flatten) for leaf in layer.leaves())


def refuse(kind: str, layers: Sequence[Any]) -> None:
    """Raise an error for layers that cannot be put into one model."""
    for layer in layers:
        if not isinstance(layer, Layer):
            raise TypeError(f"{kind} takes layers, got {layer!r}. Write {kind}(a, b), no list.")
    leaves = [leaf for layer in layers for leaf in layer.leaves()]
    if len({id(leaf) for leaf in leaves}) < len(leaves):
        raise ValueError(
            "The same layer is given twice. Make a second one: a layer remembers its last input."
        )
    if any(layer.owned for layer in layers):
        raise ValueError(
            "A layer is part of another model, which would lose it. Give a copy: copy.deepcopy(layer)."
        )
    dtypes = {str(leaf.views[name].dtype) for leaf in leaves for name in leaf.own_names()}
    if len(dtypes) > 1:
        raise ValueError(f"All layers of a model need one dtype, got {sorted(dtypes)}.")


class Residual(Sequential):
    """out = X + f(X), with f the layers given: the gradient always finds the way past them.

    Raises ValueError when f changes the shape.
    Source: He et al., "Deep residual learning for image recognition" (2016).

    >>> import numpy as np
    >>> from helpers.nn import Tanh
    >>> Residual(Tanh()).forward(np.zeros((1, 2)))
    array([[0., 0.]])
    """

    def forward(self, X: Array) -> Array:
        out = super().forward(X)
        if out.shape != X.shape:
            raise ValueError(f"Residual adds X {X.shape} to f(X) {out.shape}: f must keep the shape.")
        return X + out

    def backward(self, d_out: Array) -> Array:
        return d_out + super().backward(d_out)
