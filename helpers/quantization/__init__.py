"""Quantization: numbers of few bits in place of 32, and what that costs.

A map says which numbers exist (the marks of a ruler, or a table), finds the nearest one and names it with a
whole number. Every map has `quantize` (numbers → codes), `dequantize` (codes → numbers), and called like a
function it goes there and back. It needs a range; a range is a pair (low, high), for a tensor or for each
channel, and comes from the numbers: `affine(*minmax(x))`.
"""

from helpers.quantization.float8 import Float8, float8
from helpers.quantization.logarithmic import powers_of_two
from helpers.quantization.lookup import LookUpTable, k_means
from helpers.quantization.maps import (
    INT8,
    INT8_NARROW,
    UINT8,
    AffineMap,
    affine,
    grouped,
    minmax,
    signed,
    symmetric,
    ungrouped,
    unsigned,
)
from helpers.quantization.observers import MovingRange, entropy, least_squares, percentile
from helpers.quantization.packing import pack4, unpack4

__all__ = [
    "INT8",
    "INT8_NARROW",
    "UINT8",
    "AffineMap",
    "Float8",
    "LookUpTable",
    "MovingRange",
    "affine",
    "entropy",
    "float8",
    "grouped",
    "k_means",
    "least_squares",
    "minmax",
    "pack4",
    "percentile",
    "powers_of_two",
    "signed",
    "symmetric",
    "ungrouped",
    "unpack4",
    "unsigned",
]
