"""Containers: layers put together into a model.

A `Sequential` runs its layers one after the other, and backwards in the opposite order: that is the
chain rule. All parameters of a model are views into one flat vector, `flat`, and all gradients into
another, `d_flat`, so that an optimizer's step is a handful of vector operations.
"""

from __future__ import annotations

import numpy as np

from helpers.nn.base import Array, Layer, Shape


class Sequential(Layer):
    """Layers in a row: the output of each is the input of the next.

    >>> from helpers.nn.activations import ReLU
    >>> from helpers.nn.layers import Linear
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
                    f"Sequential takes layers, got {layer!r}. Write Sequential(a, b), not a list."
                )
        self.layers = layers
        self.flatten()

    def forward(self, X: Array) -> Array:
        for layer in self.layers:
            X = layer.forward(X)
        return X

    def backward(self, d_out: Array) -> Array:
        for layer in reversed(self.layers):
            d_out = layer.backward(d_out)
        return d_out

    def leaves(self) -> list[Layer]:
        return [leaf for layer in self.layers for leaf in layer.leaves()]

    def output_shape(self, shape: Shape) -> Shape:
        for layer in self.layers:
            shape = layer.output_shape(shape)
        return shape

    def parameters(self) -> dict[str, Array]:
        """The parameters by name: "0.W" is W of the first layer."""
        return {f"{i}.{k}": v for i, layer in enumerate(self.layers) for k, v in layer.parameters().items()}

    def gradients(self) -> dict[str, Array]:
        """The gradients by the names of `parameters`."""
        return {f"{i}.{k}": v for i, layer in enumerate(self.layers) for k, v in layer.gradients().items()}

    def flatten(self) -> None:
        """Move all parameters into one vector `flat`, all gradients into `d_flat`; layers keep views."""
        leaves = self.leaves()
        size = sum(leaf.size for leaf in leaves)
        dtypes = {leaf.dtype for leaf in leaves if leaf.size}
        if len(dtypes) > 1:
            raise ValueError(f"All layers of a model need one dtype, got {sorted(map(str, dtypes))}.")
        self.dtype = dtypes.pop() if dtypes else np.dtype(np.float64)
        self.flat, self.d_flat = np.zeros(size, self.dtype), np.zeros(size, self.dtype)
        start = 0
        for leaf in leaves:
            stop = start + leaf.size
            leaf.bind(self.flat[start:stop], self.d_flat[start:stop])
            start = stop

    @property
    def size(self) -> int:
        """The number of parameters."""
        return sum(leaf.size for leaf in self.leaves())

    def summary(self, shape: Shape) -> str:
        """A table of the layers for an input of this shape (batch, …): output shapes, parameters."""
        rows = [("layer", "output", "parameters")]
        for layer in self.layers:
            shape = layer.output_shape(shape)
            rows.append((type(layer).__name__, str(shape), f"{layer.size:,}"))
        rows.append(("total", "", f"{self.size:,}"))
        left, middle, right = (max(len(row[i]) for row in rows) for i in range(3))
        return "\n".join(f"{a:{left}}  {b:{middle}}  {c:>{right}}" for a, b, c in rows)
