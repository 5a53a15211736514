"""Packing: two 4-bit codes in one byte. No processor has a 4-bit number, so a file of them is packed.

The first code of a pair lies in the lower half of the byte, the second in the upper half, as in ONNX.
`pack`, for any number of bits, counts the codes from the lowest one: so `save_network` writes them.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from helpers.quantization.maps import Array


def pack4(q: ArrayLike) -> Array:
    """Whole numbers in -8..7, or in 0..15, of any shape → ⌈n / 2⌉ bytes (uint8), row by row.

    A negative number is kept as in two's complement: -1 is 1111. When n is odd, the last half byte is 0.
    Raises ValueError for other numbers.

    >>> [f"{byte:08b}" for byte in pack4([1, -1, 7])]
    ['11110001', '00000111']
    """
    q = np.asarray(q).ravel()
    lowest, highest = (q.min(), q.max()) if q.size else (0, 0)
    if q.dtype.kind not in "iu" or lowest < -8 or highest > (7 if lowest < 0 else 15):
        raise ValueError(
            f"4-bit codes are whole numbers in -8..7 or in 0..15, got {q.dtype} from {lowest} to {highest}"
        )
    halves = np.pad((q & 15).astype(np.uint8), (0, q.size % 2))
    return halves[0::2] | halves[1::2] << 4


def unpack4(packed: ArrayLike, shape: int | tuple[int, ...], *, signed: bool = True) -> Array:
    """The codes that `pack4` packed, in their `shape`: int8 in -8..7, or (signed=False) uint8 in 0..15.

    Raises ValueError when the bytes are not as many as the shape needs.

    >>> unpack4(pack4([1, -1, 7]), 3)
    array([ 1, -1,  7], dtype=int8)
    """
    packed, shape = np.asarray(packed), (shape,) if isinstance(shape, int) else tuple(shape)
    if packed.dtype != np.uint8 or packed.shape != ((prod(shape) + 1) // 2,):
        raise ValueError(
            f"{shape} codes are packed into {(prod(shape) + 1) // 2} bytes (uint8), "
            f"got {packed.dtype} of shape {packed.shape}"
        )
    q = np.stack([packed & 15, packed >> 4], axis=1).ravel()[: prod(shape)].reshape(shape)
    return (q.astype(np.int8) ^ 8) - 8 if signed else q  # the upper bit of the half byte is worth -8


def pack(codes: Array, lowest: int, bits: int) -> Array:
    """Codes of so many bits, the smallest `lowest`, as bytes without gaps: ⌈size · bits / 8⌉ of uint8.

    The bits of (code - lowest), lowest bit first, one code after the other. Where 4 bits are enough for both,
    `pack4` packs the same number of bytes.

    >>> [f"{byte:08b}" for byte in pack(np.array([-3, 0, 3]), lowest=-3, bits=3)]
    ['10011000', '00000001']
    """
    steps = np.asarray(codes).astype(np.int64).ravel() - lowest
    each = steps[:, None] >> np.arange(bits) & 1
    return np.packbits(each.astype(np.uint8), bitorder="little")


def unpack(packed: Array, lowest: int, bits: int, shape: tuple[int, ...], dtype: Any) -> Array:
    """The codes that `pack` packed, in their shape and dtype.

    >>> unpack(pack(np.array([-3, 0, 3]), -3, 3), -3, 3, (3,), np.int8)
    array([-3,  0,  3], dtype=int8)
    """
    count = prod(shape)
    each = np.unpackbits(packed, count=count * bits, bitorder="little").reshape(count, bits)
    return (each.astype(np.int64) @ (1 << np.arange(bits)) + lowest).astype(dtype).reshape(shape)
