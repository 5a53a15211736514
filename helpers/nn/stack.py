"""K arrays in one, for a fleet: what a layer does with one array, it does with K of them."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray


class Stack(np.ndarray):
    """K arrays of one shape, one for each model of a fleet; the first axis counts the models.

    Arithmetic goes model by model: (K, n, 3) + (K, 3) adds the row of each model to the rows of that model,
    `@` multiplies the matrices pair by pair, `.T` transposes each, and `sum(axis=0)`, `mean()`,
    `argmax(axis=-1)` mean the axes of one model's array. So the code of a layer is the same for one model and
    for K. An ordinary array with fewer axes is the same for all models. `stack[k]` is the ordinary array of
    model k. (Shapes, slices and `np.concatenate` do count the first axis: write them from the end, axis=-1.)

    >>> W, b = np.ones((4, 2, 3)).view(Stack), np.arange(12.0).reshape(4, 3).view(Stack)
    >>> out = np.ones((5, 2)) @ W + b
    >>> out.shape, out.sum(axis=0).shape, out.mean(), out[3][0]
    ((4, 5, 3), (4, 3), Stack([ 3.,  6.,  9., 12.]), array([11., 12., 13.]))
    """

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        if method == "reduce":
            options["axis"] = own_axes(options.get("axis", 0), np.ndim(inputs[0]))
        elif method == "__call__":
            inputs = lined_up(inputs)
        if out is not None:
            options["out"] = tuple(one if one is None else np.asarray(one) for one in out)
        result = getattr(ufunc, method)(*map(plain, inputs), **options)
        if out is not None:
            return out[0] if len(out) == 1 else out
        return tuple(map(stacked, result)) if isinstance(result, tuple) else stacked(result)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        args = lined_up(args) if function is np.where else args
        result = super().__array_function__(function, types, args, kwargs)
        return stacked(result) if getattr(result, "shape", ())[:1] == self.shape[:1] else result

    def __getitem__(self, key: Any) -> Any:
        first = key[0] if isinstance(key, tuple) else key
        if isinstance(first, int | np.integer):
            return np.asarray(self)[key]
        return super().__getitem__(key)

    def __iter__(self) -> Any:
        return iter(np.asarray(self))

    def mean(  # type: ignore[override]
        self, axis: Any = None, dtype: Any = None, out: None = None, *, keepdims: bool = False
    ) -> Any:
        """The mean of each model's array, over all of it or over some of its axes."""
        total = self.sum(axis=axis, dtype=dtype, keepdims=keepdims)
        return total / (self.size // total.size)

    @property
    def T(self) -> Any:
        """Each matrix transposed."""
        return self.mT if self.ndim > 2 else self


def one_by_one(name: str) -> Any:
    """A method of arrays that goes through the models in turn."""

    def method(self: Stack, *arguments: Any, **options: Any) -> Any:
        results = []
        for k, one in enumerate(self):
            own = (value[k] if isinstance(value, Stack) else value for value in arguments)
            results.append(getattr(one, name)(*own, **options))
        return np.array(results).view(Stack)

    return method


for _name in ("argmax", "argmin", "argsort", "cumsum", "cumprod", "dot", "std", "var"):
    setattr(Stack, _name, one_by_one(_name))  # NumPy's own would count the models as rows


def plain(value: Any) -> Any:
    """A Stack as an ordinary array, anything else as it is."""
    return np.asarray(value) if isinstance(value, Stack) else value


def stacked(value: Any) -> Any:
    """An array as a Stack, anything else as it is."""
    return value.view(Stack) if isinstance(value, np.ndarray) else value


def own_axes(axis: Any, ndim: int) -> Any:
    """The axes of one model's array as axes of a Stack with `ndim` axes."""
    if axis is None:
        return tuple(range(1, ndim))
    if isinstance(axis, tuple):
        return tuple(own_axes(one, ndim) for one in axis)
    return axis + 1 if axis >= 0 else axis


def lined_up(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Give Stacks with fewer axes new ones behind the first, so that each model meets its own numbers.

    An array that has as many axes as a Stack counts the models already.
    """
    ndim = max(np.ndim(one) for one in inputs)
    return tuple(widened(one, ndim) if isinstance(one, Stack) else one for one in inputs)


def widened(stack: Array, ndim: int) -> Array:
    """(K, …) → (K, 1, …, 1, …) with `ndim` axes."""
    return np.asarray(stack).reshape(stack.shape[:1] + (1,) * (ndim - stack.ndim) + stack.shape[1:])


def each_shape(X: Array) -> tuple[int, ...]:
    """The shape of the array that one model sees: a Stack's first axis does not count.

    >>> each_shape(np.zeros((5, 3))), each_shape(np.zeros((4, 5, 3)).view(Stack))
    ((5, 3), (5, 3))
    """
    return X.shape[1:] if isinstance(X, Stack) else X.shape


def rows(X: Array) -> Array:
    """(n, …, features) → (n · …, features): every place is a row. (A Stack keeps its first axis.)

    >>> rows(np.zeros((5, 4, 3))).shape, rows(np.zeros((2, 5, 4, 3)).view(Stack)).shape
    ((20, 3), (2, 20, 3))
    """
    lead = X.shape[:1] if isinstance(X, Stack) else ()
    return X.reshape(*lead, -1, X.shape[-1])
