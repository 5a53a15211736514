"""Reverse-mode automatic differentiation: the whole idea.

Every operation makes a `Value` that knows where it came from: a list of edges (input, rule), where the
rule turns ∂L/∂(this value) into ∂L/∂(that input). `backward` walks the graph once, from the loss to the
inputs, and adds up what arrives along every edge. PyTorch's autograd is this, with more operations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray
Rule = Callable[[Array], Array]


class Value:
    """A number or an array that remembers how it was computed.

    `data` holds it (float64), `grad` is ∂L/∂data after `L.backward()`, of the same shape.
    At the edges value and slope are those of IEEE's arithmetic and of PyTorch: log 0 is -∞ and its slope
    ∞, so is that of √0; x ** 0 is 1 with slope 0 everywhere.
    Source: Griewank and Walther, "Evaluating Derivatives" (2008); Karpathy's micrograd made it small.

    >>> x = Value(3.0)
    >>> y = x * x + 2 * x  # x is used three times: the gradients add up
    >>> y.backward()
    >>> float(y.data), float(x.grad)
    (15.0, 8.0)
    """

    __array_ufunc__ = None  # array + Value asks Value, instead of making an array of Values

    def __init__(self, data: Any, edges: tuple[tuple[Value, Rule], ...] = ()):
        self.data = np.asarray(data, dtype=np.float64)
        self.grad = np.zeros_like(self.data)
        self.edges = edges

    def __add__(self, other: Any) -> Value:
        other = as_value(other)
        return Value(self.data + other.data, ((self, lambda d: d), (other, lambda d: d)))

    def __mul__(self, other: Any) -> Value:
        other = as_value(other)
        return Value(
            self.data * other.data, ((self, lambda d: d * other.data), (other, lambda d: d * self.data))
        )

    def __matmul__(self, other: Any) -> Value:
        other = as_value(other)
        if self.data.ndim != 2 or other.data.ndim != 2:
            raise ValueError(f"@ needs two matrices, got shapes {self.data.shape} and {other.data.shape}.")
        rules = (self, lambda d: d @ other.data.T), (other, lambda d: self.data.T @ d)
        return Value(self.data @ other.data, rules)

    def __pow__(self, power: float) -> Value:
        if isinstance(power, Value):
            raise TypeError("A Value is raised to a plain number. Write (exponent * base.log()).exp().")
        slope = power * self.data ** (power - 1.0) if power else 0.0  # x ** 0 is a constant, at 0 too
        return Value(self.data**power, ((self, lambda d: d * slope),))

    def exp(self) -> Value:
        out = np.exp(self.data)
        return Value(out, ((self, lambda d: d * out),))

    def log(self) -> Value:
        return Value(np.log(self.data), ((self, lambda d: d / self.data),))

    def tanh(self) -> Value:
        out = np.tanh(self.data)
        return Value(out, ((self, lambda d: d * (1 - out**2)),))

    def relu(self) -> Value:
        return Value(np.maximum(self.data, 0), ((self, lambda d: d * (self.data > 0)),))

    def sum(self, axis: int | None = None, keepdims: bool = False) -> Value:
        out = self.data.sum(axis=axis, keepdims=True)
        rule = lambda d: np.broadcast_to(d.reshape(out.shape), self.data.shape)  # noqa: E731
        return Value(out if keepdims else out.squeeze(axis), ((self, rule),))

    def backward(self) -> None:
        """Set `grad` of every value that this number was computed from (and forget earlier gradients)."""
        if self.data.size != 1:
            raise ValueError(
                f"backward starts from one number, this value has shape {self.data.shape}. Use .sum()."
            )
        nodes = topological_order(self)
        for node in nodes:
            node.grad = np.zeros_like(node.data)
        self.grad = np.ones_like(self.data)
        for node in reversed(nodes):
            for source, rule in node.edges:
                source.grad = source.grad + unbroadcast(rule(node.grad), source.data.shape)

    def __neg__(self) -> Value:
        return self * -1

    def __sub__(self, other: Any) -> Value:
        return self + -as_value(other)

    def __truediv__(self, other: Any) -> Value:
        return self * as_value(other) ** -1

    def __rsub__(self, other: Any) -> Value:
        return as_value(other) - self

    def __rtruediv__(self, other: Any) -> Value:
        return as_value(other) / self

    def __rmatmul__(self, other: Any) -> Value:
        return as_value(other) @ self

    __radd__, __rmul__ = __add__, __mul__

    def __repr__(self) -> str:
        return f"Value({self.data}, grad={self.grad})"


def as_value(x: Any) -> Value:
    """x itself if it is a Value, else a Value that holds it."""
    return x if isinstance(x, Value) else Value(x)


def topological_order(last: Value) -> list[Value]:
    """Every value that `last` was computed from, each after its inputs; `last` comes last.

    A stack instead of recursion: a graph may be deeper than Python's recursion limit.

    >>> a = Value(1.0)
    >>> b = a * a
    >>> [float(v.data) for v in topological_order(b + a)]
    [1.0, 1.0, 2.0]
    """
    order: list[Value] = []
    seen: set[int] = set()
    stack = [(last, False)]
    while stack:
        node, inputs_done = stack.pop()
        if inputs_done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((source, False) for source, _ in node.edges)
    return order


def unbroadcast(d: Array, shape: tuple[int, ...]) -> Array:
    """Sum d over the axes along which NumPy stretched an array of this shape: each copy's gradient counts.

    >>> unbroadcast(np.ones((4, 3)), (3,))
    array([4., 4., 4.])
    >>> unbroadcast(np.ones((4, 3)), (4, 1)).shape
    (4, 1)
    """
    d = d.sum(axis=tuple(range(d.ndim - len(shape))))
    stretched = tuple(i for i, size in enumerate(shape) if size == 1 and d.shape[i] > 1)
    return d.sum(axis=stretched, keepdims=True)
