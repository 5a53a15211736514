"""What memory alone allows a large model: a token that is made reads every weight once."""

from __future__ import annotations

from typing import NamedTuple

from helpers._tables import rows


class Decode(NamedTuple):
    """How fast a model was, and how much memory the program held."""

    tokens_per_second: float
    gib: float


N_WEIGHTS = 6_476_005_376


def decode_on_a_card() -> dict[str, Decode]:
    """Random weights of the shapes of a 7 B model, one token at a time, on an NVIDIA H100 (gpu_h100.csv).

    >>> decode_on_a_card()["bf16"]
    Decode(tokens_per_second=178.9, gib=13.0)
    """
    found: dict[str, dict[str, float]] = {}
    for row in rows("gpu_h100.csv"):
        if row["experiment"].startswith("decode"):
            name = row["setting"].removesuffix(", one token at a time")
            found.setdefault(name, {})[row["quantity"]] = float(row["value"])
    return {name: Decode(one["tokens/s"], one["GiB"]) for name, one in found.items()}


def bandwidth_of_the_card() -> float:
    """Bytes a second that this card reads and writes while it copies.

    >>> bandwidth_of_the_card()
    3000000000000.0
    """
    (row,) = (row for row in rows("gpu_h100.csv") if row["experiment"] == "memory")
    return 1e12 * float(row["value"])


def most_tokens(n_weights: float, bits: float, bandwidth: float = 3e12) -> float:
    """Tokens a second when nothing but reading the weights takes time: bandwidth (bytes a second) / bytes.

    >>> round(most_tokens(7e9, 16))
    214
    """
    return bandwidth / (n_weights * bits / 8)
