"""Another program that runs nodes in float32, and its faults. It knows no answers."""

from typing import Any

import numpy as np

Array = np.ndarray
NODES = {"MatMul": 1, "Add": 1, "Relu": 0}  # how many arrays a node has


def engine(nodes: Any, rows: Array, kind: str = "right") -> Array:
    """The logits (n, classes) of rows (n, d), computed by this kind of engine.

    Raises RuntimeError for a node that it cannot run.

    >>> engine([("MatMul", np.array([[3.0]], "f4")), ("Add", np.array([-29.0], "f4"))], np.array([[12.0]]))
    array([[7.]], dtype=float32)
    """
    dtype = np.float16 if kind == "float16" else np.float32
    X = rows.astype(dtype)
    for number, node in enumerate(nodes):
        if not isinstance(node, list | tuple) or not node:
            raise RuntimeError(f"engine: node {number} is no tuple that begins with its name: {node!r:.60}")
        op, *arrays = node
        name = f"engine: node {number}, {op}"
        if not isinstance(op, str) or NODES.get(op) != len(arrays):
            raise RuntimeError(f"{name}: with {len(arrays)} arrays there is no such operation")
        for array in arrays:
            if getattr(array, "dtype", None) != np.float32:
                was = getattr(array, "dtype", type(array).__name__)
                raise RuntimeError(f"{name}: float32 is expected, got {was}")
        X = _step(X, op, [array.astype(dtype) for array in arrays], name)
    X = X.astype(np.float32)
    if kind.startswith("one logit"):
        amount = np.abs(X).max() / 100
        X[7, 1] += {"higher": amount, "lower": -amount, "NaN": np.nan}[kind.split()[-1]]
    return X


def _step(X: Array, op: str, arrays: list[Array], name: str) -> Array:
    if op == "Relu":
        return np.maximum(X, 0)
    shape = arrays[0].shape
    fits = len(shape) == 2 and shape[0] == X.shape[1] if op == "MatMul" else shape == X.shape[1:]
    if not fits:
        raise RuntimeError(f"{name}: the shapes {X.shape} and {shape} do not fit")
    return X @ arrays[0] if op == "MatMul" else X + arrays[0]
