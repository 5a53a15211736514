"""What every layer has in common: the contract, and where its numbers live.

A layer has a `forward` that remembers what it needs and a `backward` that applies the chain rule:
it is given ∂L/∂(its output), writes ∂L/∂(its parameters) and returns ∂L/∂(its input).

Two decisions make the layers fast without making them longer:

- A batch X (n, features) is stored feature by feature: in memory the samples are the last axis. NumPy
  then works on long runs of numbers, and one more feature that is always 1 costs nothing.
- What depends on the size of a batch is allocated when the size changes, and kept.

(In a wide layer, some arrays lie sample by sample after all: see `Linear.allocate`.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, ClassVar

import numpy as np

Array = np.ndarray
Shape = tuple[int, ...]


def aligned(shape: Shape, dtype: Any, fill: float = 0) -> Array:
    """An array whose memory starts on a cache line (64 bytes): the processor reads it in fewer pieces.

    >>> array = aligned((2, 3), np.float32, fill=1)
    >>> array.shape, array.sum().item(), array.ctypes.data % 64
    ((2, 3), 6.0, 0)
    """
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    memory = np.empty(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    array = memory[start : start + size].view(dtype).reshape(shape)
    array.fill(fill)
    return array


def aligned_like(array: Array) -> Array:
    """Zeros in the shape and the dtype of the array, by `aligned`."""
    return aligned(array.shape, array.dtype)


def real_dtype(array: Array) -> np.dtype:
    """The array's dtype; for whole numbers and booleans that of the results they give, float64."""
    return array.dtype if array.dtype.kind == "f" else np.dtype(float)


class Stack(np.ndarray):
    """K matrices in one array, one for each model of a fleet: `A.dot(B)` multiplies them pair by pair.

    So the code of a layer is the same for one model and for K. All else is NumPy's own: arithmetic acts
    on each number, and `.mT` transposes each matrix. What is only added and multiplied number by number may
    be a plain array (K, …), for which NumPy is faster.

    >>> A = np.ones((4, 2, 3)).view(Stack)
    >>> A.dot(np.ones((4, 3, 5))).shape
    (4, 2, 5)
    """

    def dot(self, other: Any, out: Any = None) -> Any:
        one_term = self.shape[-1] == 1  # sums of one term, for which `matmul` has no fast way
        product = np.multiply if one_term else np.matmul
        return product(np.asarray(self), other, out=out).view(Stack)


class Parameter:
    """An attribute of a layer that is always written in place.

    The parameters of a model are views into one flat vector. `layer.W = values` therefore copies the
    values into the view; rebinding the name would cut the layer off from its optimizer in silence.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, layer: Any, owner: type | None = None) -> Array:
        return layer.views[self.name]

    def __set__(self, layer: Any, values: Any) -> None:
        view = layer.views[self.name]
        if np.shape(values) != view.shape and np.shape(values) != ():
            raise ValueError(
                f"{type(layer).__name__}.{self.name} has shape {view.shape}, got {np.shape(values)}. "
                "Build a new layer to change its size."
            )
        view[...] = values


class Layer:
    """The contract of a layer: `forward(X)`, then `backward(d_out)`.

    A subclass lists its parameters in `parameter_names`; the gradient of `W` is `dW`. It lists in `settings`
    the other numbers that make two layers differ, such as the p of a dropout. `forward` returns a
    new array each time, as NumPy does; only while `fit` trains (`keep` is on) are results written into kept
    arrays, which the next call overwrites.
    """

    parameter_names: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[tuple[str, ...]] = ()
    state_names: ClassVar[tuple[str, ...]] = ()  # what is learnt without a gradient: running means
    dtype: Any = np.dtype(np.float64)
    training = True
    keep = False
    needs_dX = True  # the first layer of a model under training has nobody to pass ∂L/∂X to
    models = 0  # K in a fleet of K models
    kept: dict[Shape, dict[str, Any]] | None = None  # arrays for each shape of X
    shape: Shape | None = None  # of the last X
    X: Any = None  # the last X, where results are kept
    out: Any = None  # kept results: None stands for a new array
    dX: Any = None

    def forward(self, X: Array) -> Array:
        """The layer's output for a batch X (n, …)."""
        raise NotImplementedError

    def backward(self, d_out: Array) -> Array:
        """∂L/∂X from d_out = ∂L/∂output, for the last batch that went forward."""
        raise NotImplementedError

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of the output for an input of this shape; refuses a shape that does not fit."""
        return shape

    def __call__(self, X: Array) -> Array:
        return self.forward(X)

    def train(self, training: bool = True) -> Layer:
        """Switch to training (dropout on, batch statistics), or with False to evaluation."""
        for leaf in self.leaves():
            leaf.training = training
        return self

    def eval(self) -> Layer:
        """Switch to evaluation: no dropout, running statistics."""
        return self.train(False)

    def leaves(self) -> list[Layer]:
        """The layers without children, in order: a container lists those that it holds."""
        return [self]

    # Parameters ----------------------------------------------------------------------------------

    def own(self, **shapes: Shape) -> None:
        """Make the parameters with these shapes, and gradients beside them, in two flat vectors."""
        if self.dtype.kind != "f":
            raise TypeError(f"{type(self).__name__} needs a dtype of real numbers, got {self.dtype}.")
        size = sum(math.prod(shape) for shape in shapes.values())
        self.parameter_shapes = shapes
        self.bind(aligned((size,), self.dtype), aligned((size,), self.dtype))

    def bind(self, flat: Array, d_flat: Array) -> None:
        """Let the parameters be views into `flat` (K?, size), the gradients views into `d_flat`."""
        self.flat, self.d_flat, self.views = flat, d_flat, {}
        lead, start = flat.shape[:-1], 0
        for name, shape in self.parameter_shapes.items():
            # a vector in a fleet becomes a row per model, so that it still stretches over the batch
            view_shape = (*lead, 1, *shape) if lead and len(shape) == 1 else (*lead, *shape)
            stop = start + math.prod(shape)
            self.views[name] = flat[..., start:stop].reshape(view_shape)
            self.views["d" + name] = d_flat[..., start:stop].reshape(view_shape)
            start = stop

    parameter_shapes: dict[str, Shape]
    views: dict[str, Array]
    flat: Array = np.zeros(0)
    d_flat: Array = np.zeros(0)

    @property
    def size(self) -> int:
        """The number of parameters (of one model)."""
        return self.flat.shape[-1]

    owned = False  # by a container, in whose vector the parameters are

    def __copy__(self) -> Layer:
        return deepcopy(self)  # two layers cannot share parameters: each model has its own vector

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Become a copy (deepcopy, pickle) with vectors of its own, into which its parameters are views."""
        for name, value in state.items():
            setattr(self, name, value)
        self.owned = False
        if "flat" in state:
            flat, d_flat = aligned_like(self.flat), aligned_like(self.d_flat)
            flat[...], d_flat[...] = self.flat, self.d_flat
            self.bind(flat, d_flat)
        self.forget(keep=False)

    def parameters(self) -> dict[str, Array]:
        """The parameters by name."""
        return {name: getattr(self, name) for name in self.parameter_names}

    def gradients(self) -> dict[str, Array]:
        """The gradients by parameter name, as the last `backward` left them."""
        return {name: getattr(self, "d" + name) for name in self.parameter_names}

    def state(self) -> dict[str, Array]:
        """What is learnt without a gradient, such as running means, by name."""
        return {name: getattr(self, name) for name in self.state_names}

    def merge(self, layers: Sequence[Layer]) -> None:
        """Become the layer of a fleet: gather what these K layers have learnt without a gradient."""
        for name in self.state_names:
            arrays = np.stack([getattr(layer, name) for layer in layers])
            setattr(self, name, arrays[:, None] if arrays.ndim == 2 else arrays)

    def __repr__(self) -> str:
        sizes = [f"{name} {array.shape}" for name, array in self.parameters().items()]
        settings = [f"{name}={getattr(self, name)!r}" for name in self.settings]
        return f"{type(self).__name__}({', '.join(sizes + settings)})"

    # Kept arrays ---------------------------------------------------------------------------------

    def prepare(self, X: Array) -> None:
        """Get ready for this X: the kept arrays for its shape, by `allocate` if the shape is new."""
        self.X = X if self.keep else None  # in `fit`, the same array again needs no `prepare` (`is`)
        if X.shape == self.shape:
            return
        kept = self.kept.get(X.shape) if self.kept else None
        if kept is None:
            if X.ndim < 2:
                raise ValueError(
                    f"{type(self).__name__} needs a batch (n, …), got shape {X.shape}: try X[None]."
                )
            if not self.size and X.dtype.kind == "f":
                self.dtype = X.dtype
            kept = self.reserve(X.shape)
        for name, array in kept.items():
            setattr(self, name, array)  # (`__dict__.update` would make every attribute slower to read)
        self.shape = X.shape

    def reserve(self, shape: Shape) -> dict[str, Any]:
        """The kept arrays for an input of this shape, allocated if there are none."""
        if self.kept is None:
            self.kept = {}
        if shape not in self.kept:
            if len(self.kept) == 8:  # an explorer may ask for many shapes
                self.kept.clear()
            self.kept[shape] = self.allocate(shape)
        return self.kept[shape]

    def allocate(self, shape: Shape) -> dict[str, Any]:
        """The arrays that a batch of this shape needs, by attribute name."""
        out_shape = self.output_shape(shape)
        if not self.keep:
            return {"out": None, "dX": None}
        return {"out": self.new(out_shape), "dX": self.new(shape) if self.needs_dX else None}

    def new(self, shape: Shape, fill: float = 0) -> Array:
        """An array (n, …), or (K, n, …) in a fleet, that is stored with the samples as the last axis."""
        lead = 1 if self.models else 0
        memory = aligned((*shape[:lead], *shape[lead + 1 :], shape[lead]), self.dtype, fill)
        return np.moveaxis(memory, -1, lead)

    def factor(self, array: Array) -> Array:
        """The array as a factor of a matrix product: in a fleet a `Stack`."""
        return array.view(Stack) if self.models else array

    def forget(self, *, keep: bool) -> None:
        """Drop the kept arrays; from now on keep results as well, or not."""
        self.kept = self.shape = self.X = self.out = self.dX = None
        self.keep, self.needs_dX = keep, True
