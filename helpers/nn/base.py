"""What every layer has in common: the contract, and where its numbers live.

A layer has a `forward` that remembers what it needs and a `backward` that applies the chain rule:
it is given ∂L/∂(its output), writes ∂L/∂(its parameters) and returns ∂L/∂(its input).

All parameters of a model are views into one vector, `flat`, and all gradients into another, `d_flat`, so that
an optimizer's step is a handful of vector operations. Nothing here is about speed: see `helpers.nn.fast`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from helpers.nn.stack import Stack, each_shape

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


class Parameter:
    """An attribute of a layer that is always written in place, once it is there.

    The parameters of a model are views into one flat vector. `layer.W = values` therefore copies the
    values into the view; rebinding the name would cut the layer off from its optimizer in silence.
    """

    def __init__(self, name: str, owner: str):
        self.name, self.owner = name, owner  # "dW" and "W" for a gradient, "W" and "W" for a parameter

    def __get__(self, layer: Any, owner: type | None = None) -> Any:
        if layer is None:
            return self
        try:
            return layer.__dict__["views"][self.name]
        except KeyError:
            raise AttributeError(self.name) from None  # the layer says it in words

    def __set__(self, layer: Any, values: Any) -> None:
        views = layer.__dict__.setdefault("views", {})
        if self.owner not in layer.parameter_names:  # such as the b of a Linear without bias: no parameter
            views[self.name] = values
        elif self.name not in views:
            array = np.array(values)
            if array.dtype.kind != "f":
                raise TypeError(f"{type(layer).__name__}.{self.name} needs real numbers, got {array.dtype}.")
            views[self.name], views["d" + self.name] = array, np.zeros_like(array)
        else:
            view, shape = views[self.name], np.shape(values)
            is_gradient = self.name != self.owner
            if shape != view.shape and (is_gradient or shape):  # a number is a value for all of W, but no dW
                advice = "Build a new layer to change its size."
                if is_gradient:
                    advice = f"A gradient has the shape of its parameter, {self.owner}."
                raise ValueError(
                    f"{type(layer).__name__}.{self.name} has shape {view.shape}, got {shape}. {advice}"
                )
            view[...] = values
            for part in layer.__dict__.get("later", {}).pop(self.name, {}).values():
                view += part


class Layer:
    """The contract of a layer: `forward(X)`, then `backward(d_out)`.

    A subclass lists its parameters in `parameter_names` and makes them in `__init__`, `self.W = …`;
    `backward` writes their gradients, `self.dW = …`. It lists in `settings` the other numbers that make two
    layers differ, such as the p of a dropout, and in `state_names` what it learns without a gradient. That
    is enough: a layer that you write so trains as ours do.

    >>> class Scale(Layer):
    ...     parameter_names = ("s",)
    ...     def __init__(self, size):
    ...         self.s = np.ones(size)
    ...     def forward(self, X):
    ...         self.X = X
    ...         return X * self.s
    ...     def backward(self, d_out):
    ...         self.ds = (d_out * self.X).sum(axis=0)
    ...         return d_out * self.s
    >>> layer = Scale(3)
    >>> layer.backward(layer.forward(np.ones((4, 3)))).shape, layer.d_flat
    ((4, 3), array([4., 4., 4.]))
    """

    parameter_names: tuple[str, ...] = ()
    settings: ClassVar[tuple[str, ...]] = ()
    state_names: ClassVar[tuple[str, ...]] = ()  # what is learnt without a gradient: running means
    takes_indices: Any = False  # the numbers of words, say, which stay whole numbers
    training = True
    frozen = False
    owned = False  # by a container, in whose vector the parameters are

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name in cls.__dict__.get("parameter_names", ()):
            setattr(cls, name, Parameter(name, name))
            setattr(cls, "d" + name, Parameter("d" + name, name))

    def forward(self, X: Array) -> Array:
        """The layer's output for a batch X (n, …)."""
        raise NotImplementedError

    def backward(self, d_out: Array) -> Array:
        """∂L/∂X from d_out = ∂L/∂output, for the last batch that went forward."""
        raise NotImplementedError

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of the output for an input of this shape; refuses a shape that does not fit."""
        return shape

    def check(self, X: Array) -> None:
        """Raise ValueError for a batch whose shape does not fit, TypeError for what is no array."""
        needs_array(self, X)
        shape = each_shape(X)
        if len(shape) < 2:
            raise ValueError(f"{type(self).__name__} needs a batch (n, …), got shape {X.shape}: try X[None].")
        self.output_shape(shape)

    def __call__(self, X: Array) -> Array:
        return self.forward(X)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(nothing_kept(self, name))

    # Modes ---------------------------------------------------------------------------------------

    def train(self, training: bool = True) -> Layer:
        """Switch to training (dropout on, batch statistics), or with False to evaluation."""
        for layer in self.parts():
            layer.training = training
        return self

    def eval(self) -> Layer:
        """Switch to evaluation: no dropout, running statistics."""
        return self.train(False)

    def freeze(self, frozen: bool = True) -> Layer:
        """Keep what was learnt: an optimizer's step leaves this layer's parameters (and what it remembers
        of them) as they are, weight decay too, and running statistics stand still.

        `freeze(False)` undoes it. Make a new optimizer then: Adam counts its steps for all layers together,
        and a layer that begins late would begin with too long ones.
        """
        for layer in self.parts():
            layer.frozen = frozen
        return self

    def parts(self) -> list[Layer]:
        """The layer, and all layers in it, containers too."""
        return [self]

    def leaves(self) -> list[Layer]:
        """The layers without children, in order: a container lists those that it holds."""
        return [self]

    def join(self, leaves: Sequence[Layer]) -> None:
        """Become a part of a container with these leaves (an outer one calls it too, after the inner ones).

        Raises ValueError when this cannot work.
        """

    # Parameters ----------------------------------------------------------------------------------

    views: dict[str, Array]

    @property
    def flat(self) -> Array:
        """All parameters in one vector (size,), or in a fleet (K, size), of which they are views."""
        if "vectors" not in self.__dict__:
            self.gather()
        return self.__dict__["vectors"][0]

    @flat.setter
    def flat(self, values: Any) -> None:
        self.flat[...] = values  # in place, as every parameter: `model.flat -= lr * model.d_flat`

    @property
    def d_flat(self) -> Array:
        """All gradients in one vector, in the order of `flat`."""
        if "vectors" not in self.__dict__:
            self.gather()
        return self.__dict__["vectors"][1]

    @d_flat.setter
    def d_flat(self, values: Any) -> None:
        self.d_flat[...] = values

    @property
    def size(self) -> int:
        """The number of parameters (of one model)."""
        return self.flat.shape[-1]

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the parameters; float64 without any."""
        return self.flat.dtype

    def gather(self, lead: Shape = ()) -> None:
        """Move all parameters into one flat vector, all gradients into another; lead is (K,) in a fleet."""
        arrays = [leaf.views[name] for leaf in self.leaves() for name in leaf.own_names()]
        if arrays and isinstance(arrays[0], Stack):  # a part of a fleet, copied before the fleet is
            lead = arrays[0].shape[:1]
        dtype = np.result_type(*arrays) if arrays else np.dtype(np.float64)
        shape = *lead, num_parameters(self)
        self.bind(aligned(shape, dtype), aligned(shape, dtype))

    def own_names(self) -> tuple[str, ...]:
        """The names of the parameters. Raises ValueError when the layer has not made one that it lists."""
        missing = [name for name in self.parameter_names if name not in self.__dict__.get("views", {})]
        if missing:
            raise ValueError(
                f"{type(self).__name__} lists the parameters {self.parameter_names} but has no {missing}: "
                "set each in __init__, such as self.W = …."
            )
        return self.parameter_names

    @property
    def parameter_shapes(self) -> dict[str, Shape]:
        """The shapes of the parameters of one model, by name."""
        return {name: each_shape(self.views[name]) for name in self.own_names()}

    def bind(self, flat: Array, d_flat: Array) -> None:
        """Let the parameters be views into `flat` (K?, size), the gradients views into `d_flat`.

        They keep their values.
        """
        start = 0
        for name, shape in self.parameter_shapes.items():
            stop = start + math.prod(shape)
            for key, vector in ((name, flat), ("d" + name, d_flat)):
                view = vector[..., start:stop].reshape(*flat.shape[:-1], *shape)
                view[...] = self.views[key]
                self.views[key] = view.view(Stack) if flat.ndim > 1 else view
            start = stop
        self.__dict__["vectors"] = (flat, d_flat)

    def __copy__(self) -> Layer:
        return deepcopy(self)  # two layers cannot share parameters: each model has its own vector

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in ("vectors", "later")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Become a copy (deepcopy, pickle) with vectors of its own, into which its parameters are views."""
        self.__dict__.update(state)
        self.owned = False

    def astype(self, dtype: Any) -> Layer:
        """A copy with its parameters and running statistics in another dtype.

        >>> from helpers.nn import Linear
        >>> Linear(3, 2, rng=np.random.default_rng(0)).astype(np.float32).dtype
        dtype('float32')
        """
        copy = deepcopy(self)
        for leaf in copy.leaves():
            leaf.views = {name: array.astype(dtype) for name, array in leaf.__dict__.get("views", {}).items()}
            for name in leaf.state_names:
                setattr(leaf, name, getattr(leaf, name).astype(dtype))
        copy.gather()
        return copy

    def parameters(self) -> dict[str, Array]:
        """The parameters by name."""
        return {name: getattr(self, name) for name in self.parameter_names}

    def gradients(self) -> dict[str, Array]:
        """The gradients by parameter name, as the last `backward` left them."""
        return {name: getattr(self, "d" + name) for name in self.parameter_names}

    def add_later(self, name: str, gradient: Array, source: Layer) -> None:
        """Another layer uses a parameter too: add its part when `backward` next writes the gradient, "dW"."""
        self.__dict__.setdefault("later", {}).setdefault(name, {})[id(source)] = gradient

    def state(self) -> dict[str, Array]:
        """What is learnt without a gradient, such as running means, by name."""
        return {name: getattr(self, name) for name in self.state_names}

    def merge(self, layers: Sequence[Layer]) -> None:
        """Become the layer of a fleet: gather what these K layers have learnt without a gradient."""
        for name in self.state_names:
            setattr(self, name, np.stack([getattr(layer, name) for layer in layers]).view(Stack))

    def __repr__(self) -> str:
        sizes = [f"{name} {array.shape}" for name, array in self.parameters().items()]
        settings = [f"{name}={getattr(self, name)!r}" for name in self.settings]
        return f"{type(self).__name__}({', '.join(sizes + settings)})"


def num_parameters(model: Layer) -> int:
    """The number of parameters of one model, counted in its layers."""
    return sum(math.prod(shape) for leaf in model.leaves() for shape in leaf.parameter_shapes.values())


def moving(model: Layer, factors: Mapping[int, float] | None = None) -> Array | None:
    """A vector like `flat` of one model: 0 for parameters of frozen layers, 1 for others, or the factor that
    they have by `id` of their layer. None where all are 1.
    """
    frozen = {id(leaf): 0.0 for leaf in model.leaves() if leaf.frozen}
    return marked(model, {**(factors or {}), **frozen}) if factors or frozen else None


def needs_array(asker: Any, X: Any, name: str = "X") -> None:
    """Raise TypeError for a list, or anything else that is no array."""
    if not isinstance(X, np.ndarray):
        raise TypeError(
            f"{type(asker).__name__} needs {name} as an array, got {type(X).__name__}: np.array(…)."
        )


def nothing_kept(asker: Any, name: str) -> str:
    """What to say when an attribute is missing: most often one that `forward` keeps and `backward` needs."""
    kind = type(asker).__name__
    return f"{kind} has no {name!r} (yet): what backward needs, forward keeps. Call forward first."


def marked(model: Layer, wanted: Mapping[int, float] | None = None, names: str = "") -> Array:
    """A vector like `flat` of one model: for each parameter a number.

    It is 1 for parameters whose name begins with `names` (all of them for ""), else 0; times the number that
    `wanted` has for the layer (by `id`; layers that it does not name count 1).
    """
    parts = []
    for leaf in model.leaves():
        factor = 1.0 if wanted is None else wanted.get(id(leaf), 1.0)
        for name, shape in leaf.parameter_shapes.items():
            parts.append(np.full(math.prod(shape), factor * name.startswith(names)))
    return np.concatenate(parts).astype(model.dtype) if parts else np.zeros(0, model.dtype)
