"""Export: write a model as an ONNX file, which runs without this library.

ONNX is a graph of operations with agreed names. Each layer adds its operations and its weights, in float32,
to the graph, as it is in evaluation: dropout is gone, a batch norm has its running statistics. The packages
`onnx` (writes) and `onnxruntime` (runs) are imported only when they are needed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from helpers.nn import activations as act
from helpers.nn.attention import Position
from helpers.nn.base import Layer, Shape
from helpers.nn.branches import Concat, Tied
from helpers.nn.containers import Residual, Sequential
from helpers.nn.convolution import AvgPool2d, Conv2d, MaxPool2d
from helpers.nn.fleet import num_models
from helpers.nn.layers import Embedding, Flatten, Linear
from helpers.nn.normalization import BatchNorm, LayerNorm, RMSNorm
from helpers.nn.regularization import DropConnect, Dropout

OPSET, IR_VERSION = 20, 10  # of 2023 and 2024: the first with Gelu, and what current runtimes read


def to_onnx(model: Sequential, path: str | Path, shape: Any) -> None:
    """Write the model to `path` as ONNX, in float32; run it with `onnxruntime.InferenceSession(path)`.

    shape: that of an input (n, …), as for `model.summary`; any n will do later. The graph's input is "X"
    (float32, int64 for row numbers; "X0", "X1", … when the first layer takes a tuple), its output "out".
    Raises ValueError for a shape that does not fit and for a fleet, TypeError for a layer that has no known
    translation; then nothing is written.
    Source: the ONNX operator specification, version 20.

    >>> import tempfile
    >>> import onnxruntime
    >>> model = Sequential(Linear(3, 2, rng=np.random.default_rng(0)), act.ReLU())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_onnx(model, f"{folder}/model.onnx", (1, 3))
    ...     session = onnxruntime.InferenceSession(f"{folder}/model.onnx")
    >>> session.run(None, {"X": np.zeros((5, 3), np.float32)})[0].shape
    (5, 2)
    """
    if num_models(model):
        raise ValueError("ONNX takes one model: write to_onnx(fleet.unstack()[k], …).")
    graph = Graph()
    names, values = graph.inputs(shape, model.takes_indices)
    write(graph, path, graph.layer(model, names), values, model.output_shape(shape))


def write(graph: Graph, path: str | Path, result: str, inputs: list[Any], shape: Shape) -> None:
    """Check the graph, whose value `result` has this shape, and write it; its output is called "out"."""
    from onnx import checker, helper, save

    graph.node("Identity", result, output="out")
    outputs = [graph.value("out", shape, whole=False)]
    made = helper.make_graph(graph.nodes, "model", inputs, outputs, graph.weights)
    opset = [helper.make_opsetid("", OPSET)]
    proto = helper.make_model(
        made, opset_imports=opset, ir_version=IR_VERSION, producer_name="splits-to-bits"
    )
    checker.check_model(proto, full_check=True)
    save(proto, str(path))


class Graph:
    """The operations and weights collected so far; a value is known by its name."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def node(self, operation: str, *inputs: Any, output: str = "", **settings: Any) -> str:
        """Add an operation on named values (an array becomes a weight), and return its output's name."""
        from onnx import helper

        names = [name if isinstance(name, str) else self.constant(name) for name in inputs]
        output = output or f"{operation}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, names, [output], **settings))
        return output

    def constant(self, values: Any) -> str:
        """Add an array: floats as float32, whole numbers as int64."""
        array = np.asarray(values)
        return self.exact(array.astype(np.float32 if array.dtype.kind == "f" else np.int64, copy=False))

    def exact(self, array: Any) -> str:
        """Add an array in its own dtype."""
        from onnx import numpy_helper

        name = f"weight_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name

    def layer(self, layer: Layer, X: Any) -> str:
        """Add a layer whose input is named X. Raises TypeError for one that is not in the table."""
        translate = LAYERS.get(type(layer))
        if translate is None:
            known = ", ".join(sorted(kind.__name__ for kind in LAYERS))
            raise TypeError(f"to_onnx does not know {type(layer).__name__}. It knows {known}.")
        return translate(self, layer, X)

    def inputs(self, shape: Any, whole: Any, name: str = "X") -> tuple[Any, list[Any]]:
        """The names and the descriptions of the model's inputs; `whole` as `takes_indices`."""
        if not isinstance(shape[0], tuple):
            # one input for all branches holds whole numbers if all of them look it up
            return name, [self.value(name, shape, bool(np.all(whole)))]
        several = whole if isinstance(whole, tuple) else (whole,) * len(shape)
        found = [self.inputs(s, w, f"{name}{i}") for i, (s, w) in enumerate(zip(shape, several, strict=True))]
        return tuple(names for names, _ in found), [value for _, values in found for value in values]

    def value(self, name: str, shape: Shape, whole: bool) -> Any:
        """The description of an input or output; n is left open."""
        from onnx import TensorProto, helper

        kind = TensorProto.INT64 if whole else TensorProto.FLOAT
        return helper.make_tensor_value_info(name, kind, ["n", *shape[1:]])


def linear(graph: Graph, layer: Any, X: str) -> str:
    return graph.node("Add", graph.node("MatMul", X, layer.W), layer.b)


def tied(graph: Graph, layer: Any, X: str) -> str:
    return graph.node("Add", graph.node("MatMul", X, layer.layer.W.T), layer.b)


def position(graph: Graph, layer: Any, X: str) -> str:
    steps = graph.node("Shape", X, start=1, end=2)  # T, as the only entry of a vector
    return graph.node("Add", X, graph.node("Slice", layer.W, np.array([0]), steps))


def conv(graph: Graph, layer: Any, X: str) -> str:
    return graph.node("Conv", X, layer.W, layer.b, **window(layer))


def window(layer: Any) -> dict[str, Any]:
    """A window's settings: ONNX names the padding of each side."""
    settings = {"kernel_shape": layer.kernel_size, "strides": layer.stride, "pads": layer.padding * 2}
    return {name: [int(size) for size in sizes] for name, sizes in settings.items()}


def batch_norm(graph: Graph, layer: Any, X: str) -> str:
    statistics = layer.weight, layer.bias, layer.running_mean, layer.running_var
    return graph.node("BatchNormalization", X, *statistics, epsilon=layer.eps)


def rms_norm(graph: Graph, layer: Any, X: str) -> str:
    square = graph.node("ReduceMean", graph.node("Mul", X, X), np.array([-1]))
    rms = graph.node("Sqrt", graph.node("Add", square, np.array(layer.eps)))
    return graph.node("Mul", graph.node("Div", X, rms), layer.weight)


def sequential(graph: Graph, layer: Any, X: Any) -> str:
    for inner in layer.layers:
        X = graph.layer(inner, X)
    return X


def concat(graph: Graph, layer: Any, X: Any) -> str:
    pairs = zip(layer.layers, layer.one_each(X), strict=True)
    return graph.node("Concat", *(graph.layer(branch, x) for branch, x in pairs), axis=-1)


def operation(name: str, **settings: Any) -> Callable[[Graph, Any, str], str]:
    """A layer that is one operation of ONNX without weights."""
    return lambda graph, layer, X: graph.node(name, X, **settings)


LAYERS: dict[type, Callable[[Graph, Any, Any], str]] = {
    Linear: linear,
    DropConnect: linear,
    Tied: tied,
    Embedding: lambda graph, layer, X: graph.node("Gather", layer.W, X),
    Position: position,
    Flatten: operation("Flatten"),
    Dropout: lambda graph, layer, X: X,
    act.ReLU: operation("Relu"),
    act.LeakyReLU: lambda graph, layer, X: graph.node("LeakyRelu", X, alpha=layer.negative_slope),
    act.ELU: lambda graph, layer, X: graph.node("Elu", X, alpha=layer.alpha),
    act.GELU: lambda graph, layer, X: graph.node("Gelu", X, approximate=layer.approximate),
    act.SiLU: lambda graph, layer, X: graph.node("Mul", X, graph.node("Sigmoid", X)),
    act.Sigmoid: operation("Sigmoid"),
    act.Tanh: operation("Tanh"),
    act.Softmax: operation("Softmax", axis=-1),
    Conv2d: conv,
    MaxPool2d: lambda graph, layer, X: graph.node("MaxPool", X, **window(layer)),
    AvgPool2d: lambda graph, layer, X: graph.node("AveragePool", X, count_include_pad=1, **window(layer)),
    BatchNorm: batch_norm,
    LayerNorm: lambda graph, layer, X: graph.node(
        "LayerNormalization", X, layer.weight, layer.bias, epsilon=layer.eps
    ),
    RMSNorm: rms_norm,
    Sequential: sequential,
    Residual: lambda graph, layer, X: graph.node("Add", X, sequential(graph, layer, X)),
    Concat: concat,
}
