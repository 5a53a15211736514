"""Export an integer network as ONNX, so that a runtime with kernels for 8 bits can run it.

ONNX says it in pairs: codes → DequantizeLinear → an operation on floats → QuantizeLinear → codes. A runtime
recognises the pairs around a product of matrices and puts its integer kernel there; one without it computes
the floats, and the result is nearly the same. The weights lie in the file as int8, a byte each.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from helpers.nn.base import Shape
from helpers.nn.containers import Sequential
from helpers.nn.onnx import Graph, write
from helpers.quantization.maps import AffineMap
from helpers.quantization.networks import Dequantize, IntegerLinear, Quantize, sums_scale

__all__ = ["to_onnx"]


def to_onnx(network: Sequential, path: str | Path, shape: Shape) -> None:
    """Write an integer network of `quantize_static` or `to_integers` to `path`; run it with onnxruntime.

    `shape` is that of an input (n, in_features); any n will do later. The graph's input is "X", its output
    "out", both float32. Raises TypeError for a layer other than Quantize, IntegerLinear and Dequantize, and
    for codes of more than 8 bits.
    On x86 processors without VNNI the fastest kernel adds two products in 16 bits and cuts off what does not
    fit. The session option "session.x64quantprecision": "1" asks for an exact one, which is slower.
    Source: the ONNX operator specification, version 20: QuantizeLinear, DequantizeLinear.
    """
    graph = QuantizedGraph()
    name, values = graph.inputs(shape, whole=False)
    for layer in network.layers:
        if type(layer) is IntegerLinear:
            name = graph.linear(layer, name)
        elif type(layer) is Quantize:
            name = graph.codes(layer.ruler, name)
        elif type(layer) is not Dequantize:  # the codes have been turned into numbers already
            raise TypeError(
                f"to_onnx knows Quantize, IntegerLinear and Dequantize, got {type(layer).__name__}."
            )
    write(graph, path, name, values, network.output_shape(shape))


class QuantizedGraph(Graph):
    """A graph whose weights and values are codes."""

    def map_of(self, ruler: AffineMap) -> tuple[str, str]:
        """The scale and the zero point of a map, as vectors if it has one for each column."""
        if ruler.dtype.itemsize > 1:
            raise TypeError(f"to_onnx writes codes of up to 8 bits, got {ruler.codes}.")
        each = (-1,) if ruler.scale.size > 1 else ()
        zero_point = np.broadcast_to(ruler.zero_point, ruler.scale.shape).astype(ruler.dtype)
        return self.exact(ruler.scale.reshape(each)), self.exact(zero_point.reshape(each))

    def codes(self, ruler: AffineMap, X: str) -> str:
        """Numbers to codes, and back: the pair that a runtime looks for."""
        scale, zero_point = self.map_of(ruler)
        return self.node(
            "DequantizeLinear", self.node("QuantizeLinear", X, scale, zero_point), scale, zero_point
        )

    def linear(self, layer: Any, X: str) -> str:
        """The weights from their codes, the product, the bias, relu, and new codes."""
        scale = sums_scale(layer.W_ruler, layer.X_ruler, len(layer.bias)).astype(np.float32)
        W = self.node("DequantizeLinear", self.exact(layer.W), *self.map_of(layer.W_ruler), axis=1)
        zeros = np.zeros(len(scale), np.int32)
        b = self.node(
            "DequantizeLinear", self.exact(layer.bias), self.exact(scale), self.exact(zeros), axis=0
        )
        out = self.node("Gemm", X, W, b)
        return self.codes(layer.out_ruler, self.node("Relu", out) if layer.relu else out)
