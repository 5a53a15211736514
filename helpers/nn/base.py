"""What every layer and loss has in common: the contract, and arrays that are kept between steps.

A layer has a `forward` that remembers what it needs and a `backward` that applies the chain rule:
it is given ∂L/∂(its output), writes ∂L/∂(its parameters) and returns ∂L/∂(its input).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

Array = np.ndarray
Shape = tuple[int, ...]


class Parameter:
    """An attribute of a layer that is always written in place.

    The parameters of a model are views into one flat vector. `layer.W = values` therefore copies the
    values into the view; rebinding the name would cut the layer off from its optimizer in silence.
    (There is no `__get__`: reading `layer.W` finds the array itself, at the speed of any attribute.)
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    if TYPE_CHECKING:

        def __get__(self, layer: Any, owner: type | None = None) -> Array: ...

    def __set__(self, layer: Any, values: Any) -> None:
        array = layer.__dict__.get(self.name)
        if array is None:
            layer.__dict__[self.name] = np.asarray(values)
        elif array is not values:
            if np.shape(values) != array.shape:
                raise ValueError(
                    f"{type(layer).__name__}.{self.name} has shape {array.shape}, got {np.shape(values)}. "
                    "Build a new layer to change its size."
                )
            array[...] = values


class Kept:
    """Arrays that depend on the shape of a batch are allocated when the shape changes, then kept.

    What a caller receives is a new array each time, as in NumPy. While `fit` trains, `keep_outputs`
    is on: results are then written into kept arrays as well, which the next call overwrites.
    """

    shape: Shape | None = None
    keep_outputs = False

    def prepare(self, shape: Shape) -> None:
        """Get the arrays for an input of this shape (refuses a shape that does not fit)."""
        kept = self.__dict__.setdefault("kept", {})
        if shape not in kept:
            if len(kept) > 3:
                kept.clear()
            kept[shape] = self.allocate(shape)
        self.__dict__.update(kept[shape])
        self.shape = shape

    def allocate(self, shape: Shape) -> dict[str, Any]:
        """The arrays needed for an input of this shape, by attribute name."""
        raise NotImplementedError

    def reset(self, keep_outputs: bool) -> None:
        """Forget the arrays; from now on keep results (or stop keeping them)."""
        self.kept: dict[Shape, dict[str, Any]] = {}
        self.shape = None
        self.keep_outputs = keep_outputs


class Layer(Kept):
    """The contract of a layer: `forward(X)`, then `backward(d_out)`.

    Subclasses name their parameters in `parameter_names`; the gradient of `W` is `dW`.
    """

    parameter_names: ClassVar[tuple[str, ...]] = ()
    dtype: Any = np.float64
    training = True
    needs_dX = True  # the first layer of a model under training has nobody to pass ∂L/∂X to
    out: Array | None = None
    dX: Array | None = None

    def forward(self, X: Array) -> Array:
        """The layer's output for a batch X (batch, …)."""
        raise NotImplementedError

    def backward(self, d_out: Array) -> Array:
        """∂L/∂X from d_out = ∂L/∂output, for the last batch that went forward."""
        raise NotImplementedError

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of the output for an input of this shape; refuses a shape that does not fit."""
        return shape

    def allocate(self, shape: Shape) -> dict[str, Any]:
        out_shape = self.output_shape(shape)
        if not self.keep_outputs:
            return {"out": None, "dX": None}
        dX = np.empty(shape, self.dtype) if self.needs_dX else None
        return {"out": np.empty(out_shape, self.dtype), "dX": dX}

    def __call__(self, X: Array) -> Array:
        return self.forward(X)

    def leaves(self) -> list[Layer]:
        """The layers without children, in order: a container lists those that it holds."""
        return [self]

    @property
    def size(self) -> int:
        """The number of parameters."""
        return sum(array.size for array in self.parameters().values())

    def bind(self, flat: Array, d_flat: Array) -> None:
        """Move the parameters into the vector `flat` and the gradients into `d_flat`; keep views of them."""
        start = 0
        for name in self.parameter_names:
            for full_name, vector in ((name, flat), ("d" + name, d_flat)):
                array = self.__dict__[full_name]
                view = vector[start : start + array.size].reshape(array.shape)
                view[...] = array
                self.__dict__[full_name] = view
            start += array.size

    def parameters(self) -> dict[str, Array]:
        """The parameters by name."""
        return {name: getattr(self, name) for name in self.parameter_names}

    def gradients(self) -> dict[str, Array]:
        """The gradients by parameter name, as the last `backward` left them."""
        return {name: getattr(self, "d" + name) for name in self.parameter_names}

    def train(self, training: bool = True) -> Layer:
        """Switch to training (dropout on, batch statistics), or with False to evaluation."""
        for leaf in self.leaves():
            leaf.training = training
        return self

    def eval(self) -> Layer:
        """Switch to evaluation: no dropout, running statistics."""
        return self.train(False)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name} {array.shape}" for name, array in self.parameters().items())
        return f"{type(self).__name__}({sizes})"
