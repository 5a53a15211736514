"""Who gets how many bits: rules that spend the same budget on the 36 matrices in different ways."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from helpers.minilm.observe import MATRICES

LADDER = (2, 3, 4, 6, 8)
POLICIES = ("measured", "busy layers low", "busy layers high")


def n_weights(name: str) -> int:
    """The weights of a matrix, which is also how many products a token costs there.

    >>> n_weights("encoder.layer.0.intermediate.dense"), n_weights("encoder.layer.0.attention.output.dense")
    (589824, 147456)
    """
    return 384 * (384 if "attention" in name else 1536)


def policy(rule: str, bits: float, damage: Mapping[str, float]) -> dict[str, int]:
    """The bits of each matrix, on average at most `bits` a weight.

    Args:
        rule: "measured" gives each next bit where it takes away most damage a bit; "busy layers low" gives
            them to the small matrices first, "busy layers high" to the large ones, the most damaged first.
        bits: the budget, from 2 on.
        damage: what each matrix costs, when it alone has 2 bits.

    >>> harm = dict.fromkeys(MATRICES, 0.001) | {MATRICES[0]: 0.5}
    >>> given = policy("measured", 2.1, harm)
    >>> given[MATRICES[0]], max(given[name] for name in MATRICES[1:])
    (6, 3)
    """
    given = dict.fromkeys(MATRICES, LADDER[0])
    left = (bits - LADDER[0]) * sum(map(n_weights, MATRICES))
    while steps := [name for name in MATRICES if (cost := _cost(name, given)) and cost <= left]:
        best = max(steps, key=lambda name: _worth(rule, name, given, damage))
        left -= _cost(best, given)
        given[best] = _next(given[best])
    return given


def _next(bits: int) -> int:
    return next(chain((b for b in LADDER if b > bits), (bits,)))


def _cost(name: str, given: Mapping[str, int]) -> int:
    return (_next(given[name]) - given[name]) * n_weights(name)


def _worth(rule: str, name: str, given: Mapping[str, int], damage: Mapping[str, float]) -> tuple[float, ...]:
    """Damage that the next step takes away, for each bit that it costs; before it, what the rule prefers."""
    gone = damage[name] * (_left(given[name]) - _left(_next(given[name])))
    worth = gone / _cost(name, given)
    if rule == "measured":
        return (worth,)
    return (-n_weights(name) if rule == "busy layers low" else n_weights(name), worth)


def _left(bits: int) -> float:
    """The share of the damage of 2 bits left: it goes with the step squared, 1 / (2^(bits-1) - 1)²."""
    return 1 / (2 ** (bits - 1) - 1) ** 2
