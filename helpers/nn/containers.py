"""Containers: layers put together into a model.

A `Sequential` runs its layers one after the other, and backwards in the opposite order: that is the
chain rule. All parameters of a model are views into one vector, `flat`, and all gradients into another,
`d_flat`, so that an optimizer's step is a handful of vector operations.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.nn.base import Array, Layer, Shape, aligned, aligned_like
from helpers.nn.layers import Linear


class Sequential(Layer):
    """Layers in a row: the output of each is the input of the next.

    Raises TypeError for anything but layers, ValueError for a layer that is given twice or that another model
    has.

    >>> from helpers.nn.activations import ReLU
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
        for layer in layers:
            if not isinstance(layer, Layer):
                raise TypeError(
                    f"{type(self).__name__} takes layers, got {layer!r}. Write Sequential(a, b), no list."
                )
        leaves = [leaf for layer in layers for leaf in layer.leaves()]
        if len({id(leaf) for leaf in leaves}) < len(leaves):
            raise ValueError(
                "The same layer is given twice. Make a second one: a layer remembers its last input."
            )
        if any(layer.owned for layer in layers):
            raise ValueError(
                "A layer is part of another model, which would lose it. Give a copy: copy.deepcopy(layer)."
            )
        dtypes = {leaf.dtype for leaf in leaves if leaf.size}
        if len(dtypes) > 1:
            raise ValueError(f"All layers of a model need one dtype, got {sorted(map(str, dtypes))}.")
        self.chain(layers)
        self.dtype = dtypes.pop() if dtypes else np.dtype(np.float64)
        for leaf in leaves:
            leaf.dtype = self.dtype
        flat = aligned((sum(layer.size for layer in layers),), self.dtype)
        if flat.size:
            np.concatenate([layer.flat for layer in layers if layer.size], out=flat)
        self.bind(flat, aligned_like(flat))

    def forward(self, X: Array) -> Array:
        for forward in self.forwards:
            X = forward(X)
        return X

    def backward(self, d_out: Array) -> Array:
        for backward in self.backwards:
            d_out = backward(d_out)
        return d_out

    def chain(self, layers: tuple[Layer, ...]) -> None:
        """Take these layers. Their methods are looked up once, not at every step."""
        self.layers = layers
        self.forwards = [layer.forward for layer in layers]
        self.backwards = [layer.backward for layer in reversed(layers)]

    def output_shape(self, shape: Shape) -> Shape:
        for layer in self.layers:
            shape = layer.output_shape(shape)
        return shape

    def leaves(self) -> list[Layer]:
        return [leaf for layer in self.layers for leaf in layer.leaves()]

    def bind(self, flat: Array, d_flat: Array) -> None:
        self.flat, self.d_flat = flat, d_flat
        start = 0
        for layer in self.layers:
            stop = start + layer.size
            if layer.size:
                layer.bind(flat[..., start:stop], d_flat[..., start:stop])
                layer.owned = True
            start = stop

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

    def reserve(self, shape: Shape) -> dict[str, Any]:
        """Allocate what all layers need for an input of this shape.

        A layer in front of a `Linear` writes straight into the place where that layer wants its input.
        """
        before: dict[str, Any] = {}
        for layer in self.layers:
            kept = layer.reserve(shape)
            one_linear_after_another = (
                "out_T" in before
            )  # it multiplies into out_T, which is `out` transposed
            if isinstance(layer, Linear) and before.get("out") is not None and not one_linear_after_another:
                before["out"] = kept["X"]
            before, shape = kept, layer.output_shape(shape)
        return {}

    def forget(self, *, keep: bool) -> None:
        for layer in self.layers:
            layer.forget(keep=keep)

    def summary(self, shape: Shape) -> str:
        """A table of the layers for an input of this shape (n, …): output shapes, parameters."""
        rows = [("layer", "output", "parameters")]
        for layer in self.layers:
            shape = layer.output_shape(shape)
            rows.append((type(layer).__name__, str(shape), f"{layer.size:,}"))
        rows.append(("total", "", f"{self.size:,}"))
        left, middle, right = (max(len(row[i]) for row in rows) for i in range(3))
        return "\n".join(f"{a:{left}}  {b:{middle}}  {c:>{right}}" for a, b, c in rows)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.layers))})"


class Residual(Sequential):
    """out = X + f(X), with f the layers given: the gradient always finds the way past them.

    Raises ValueError when f changes the shape.
    Source: He et al., "Deep residual learning for image recognition" (2016).

    >>> from helpers.nn.activations import Tanh
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
