"""Where the bytes of the model are, and how many are left."""

from __future__ import annotations

from helpers.minilm.model import Weights
from helpers.minilm.observe import MATRICES, TABLE
from helpers.quantization.groups import bits_per_weight

IN_ALL, IN_MATRICES, IN_TABLE = 22_713_216, 10_616_832, 11_720_448


def parts(weights: Weights) -> dict[str, int]:
    """How many weights each kind of part has, the largest first.

    >>> from helpers.minilm.model import read_weights
    >>> parts(read_weights())
    {'table of words': 11720448, 'feed-forward': 7077888, 'attention': 3538944, 'all others': 375936}
    """
    counts = dict.fromkeys(("table of words", "feed-forward", "attention", "all others"), 0)
    for name, w in weights.items():
        matrix = name.removesuffix(".weight") in MATRICES
        of_attention = "attention" in name
        kind = "table of words" if name == TABLE else "all others"
        counts[("attention" if of_attention else "feed-forward") if matrix else kind] += w.numel()
    return counts


def megabytes(bits: int, size: int | None, table_bits: int = 32) -> float:
    """The size of the model in MB (10⁶ bytes): matrices in groups, a scale for each word, the rest float32.

    >>> megabytes(32, None), round(megabytes(4, 32), 1), round(megabytes(4, 32, table_bits=4), 1)
    (90.852864, 54.4, 13.4)
    """
    of_matrix = 32 if bits == 32 else bits_per_weight(bits, size)
    of_word = 32 if table_bits == 32 else bits_per_weight(table_bits, 384)
    return (IN_MATRICES * of_matrix + IN_TABLE * of_word + 32 * (IN_ALL - IN_MATRICES - IN_TABLE)) / 8e6
