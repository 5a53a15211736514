"""Bits for each layer of a network, and a budget: all ways to share the bits out, yours and the solver's.

The networks, one for each of five seeds, are 64-64-32-10, trained on 1,024 pictures of digits. Only the
weights are rounded (least squares, one scale a unit). The solver adds up what each layer alone costs on 400
validation pictures, on average; the accuracy is the mean of the five on 373 test pictures.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np

from helpers import data
from helpers.explore.base import Control, Frame, Stage, within
from helpers.explore.networks import relu_network
from helpers.explore.view import explore
from helpers.figures import COLORS, NAMES, subplots
from helpers.nn import Adam, CrossEntropyLoss, Linear, Sequential
from helpers.quantization.aware import closest
from helpers.quantization.maps import signed, symmetric
from helpers.quantization.mixed import allocate, sensitivity, weight_bits
from helpers.splits import three_way
from helpers.training import fit

BITS = (2, 3, 4, 5, 6, 8)
BUDGETS = (2, 2.25, 2.5, 3, 3.5, 4, 5, 6, 8)
SIZES = (64, 64, 32, 10)
SEEDS = 5
COUNTS = np.array([n_in * n_out for n_in, n_out in pairwise(SIZES)])
BYTES_BESIDE = 2 * 4 * sum(SIZES[1:])
"""A bias and a scale for each unit, 4 bytes each."""

Split = tuple[int, ...]


@lru_cache(maxsize=1)
def _digits() -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Training, validation and test pictures, each as (X, y)."""
    X, y = data.load_digits()
    rows = three_way(len(X), 400, 373, np.random.default_rng(0))
    return tuple((X[each] / 16, y[each]) for each in rows)


@lru_cache(maxsize=SEEDS)
def network(seed: int) -> Sequential:
    """The trained network of a seed.

    >>> network(0).size
    6570
    """
    model = relu_network(SIZES, np.random.default_rng(seed))
    options: dict[str, Any] = {
        "batch_size": 64,
        "num_epochs": 20,
        "rng": np.random.default_rng(seed),
        "progress": False,
    }
    fit(model, CrossEntropyLoss(), Adam(model, lr=0.003), *_digits()[0], **options)
    return model


@lru_cache(maxsize=1)
def accuracies() -> dict[Split, float]:
    """The test accuracy of every split of `BITS` among the three layers, the mean of the networks.

    >>> len(accuracies())
    216
    """
    each = [_accuracies(seed) for seed in range(SEEDS)]
    return {split: float(np.mean([one[split] for one in each])) for split in each[0]}


def _accuracies(seed: int) -> dict[Split, float]:
    X, y = _digits()[2]
    outputs: dict[Split, np.ndarray] = {(): X}  # layer by layer, so that splits share how they begin
    for layer in network(seed).layers:
        if isinstance(layer, Linear):
            coarse = {b: _rounded(layer.W, b) for b in BITS}
            outputs = {
                (*split, b): np.maximum(a, 0) @ W + layer.b  # the pixels are not below 0
                for split, a in outputs.items()
                for b, W in coarse.items()
            }
    return {split: float(np.mean(logits.argmax(axis=1) == y)) for split, logits in outputs.items()}


def _rounded(W: np.ndarray, bits: int) -> np.ndarray:
    codes = signed(bits)
    return symmetric(*closest(W, codes, axis=1), codes)(W).astype(float)


@lru_cache(maxsize=len(BUDGETS))
def solved(budget: float) -> Split:
    """The solver's split within so many bits a weight.

    >>> solved(4)
    (4, 4, 4)
    """
    choices = allocate(_costs(), weight_bits(network(0), BITS), budget * COUNTS.sum())
    return tuple(BITS[choice] for choice in choices)


@lru_cache(maxsize=1)
def _costs() -> np.ndarray:
    judge = CrossEntropyLoss(), _digits()[1], BITS
    each = [sensitivity(network(seed), *judge, weight_range=closest) for seed in range(SEEDS)]
    return np.mean(each, axis=0)


def bits_a_weight(split: Split) -> float:
    """How many bits a weight takes on average.

    >>> bits_a_weight((4, 4, 4))
    4.0
    """
    return float(COUNTS @ np.array(split) / COUNTS.sum())


def kilobytes(split: Split) -> float:
    """The network's size: weights, biases and scales.

    >>> kilobytes((8, 8, 8))
    7.312
    """
    return float(COUNTS @ np.array(split) / 8 + BYTES_BESIDE) / 1000


def sentence(first: int, second: int, third: int, budget: float) -> str:
    """What is happening, in plain words.

    >>> sentence(8, 8, 8, 3)[:67]
    'Bits 8, 8, 8: 8.00 a weight, 7.3 kB, accuracy 0.97; over the budget'
    """
    yours, best = (first, second, third), solved(budget)
    size = bits_a_weight(yours)
    inside = "over the budget" if size > budget else "within the budget"
    told = f"Bits {first}, {second}, {third}: {size:.2f} a weight, {kilobytes(yours):.1f} kB, "
    told += f"accuracy {accuracies()[yours]:.2f}; {inside} of {budget:g}."
    if yours == best:
        return f"{told} It is the solver's choice too."
    solver = f"{', '.join(map(str, best))} ({bits_a_weight(best):.2f} a weight)"
    return f"{told} The solver takes {solver} and gets {accuracies()[best]:.2f}."


@lru_cache(maxsize=1)
def _stage() -> Stage:
    """The figure with all splits, and the artists that each frame moves."""
    fig, ax = subplots(width=7.6, height=3.8)
    sizes, scores = zip(*((bits_a_weight(one), score) for one, score in accuracies().items()), strict=True)
    ax.plot(sizes, scores, ".", color=COLORS["grey"], markersize=5, alpha=0.55, label="a split")
    uniform = [(b,) * 3 for b in BITS]
    ax.plot(
        [bits_a_weight(one) for one in uniform],
        [accuracies()[one] for one in uniform],
        "s",
        color=COLORS["ink"],
        markersize=6,
        label="the same bits for all",
    )
    art = SimpleNamespace()
    art.budget = ax.axvline(2, color=COLORS["red"], linestyle="--", linewidth=1.4)
    (art.solver,) = ax.plot([], [], "*", color=COLORS["green"], markersize=15, label="the solver's")
    (art.yours,) = ax.plot(
        [],
        [],
        "o",
        color=COLORS["blue"],
        markersize=11,
        markerfacecolor="none",
        markeredgewidth=2.4,
        label="yours",
    )
    art.named = ax.text(0, 0, "budget", color=NAMES[COLORS["red"]], fontsize=9.5, va="bottom")
    ax.set(xlabel="bits a weight, on average", ylabel="test accuracy", xlim=(1.8, 8.2))
    low = min(scores)
    ax.set_ylim(low - 0.03, 1.02)
    art.named.set_y(low - 0.02)
    fig.legend(loc="outside right upper")
    return Stage(fig, art)


def frame(first: int, second: int, third: int, budget: float) -> Frame:
    """All splits by size and accuracy, with yours, the solver's and the budget.

    Args:
        first: bits of the first layer, one of `BITS`.
        second: those of the second.
        third: those of the third.
        budget: bits a weight, one of `BUDGETS`.

    Raises:
        ValueError: when a value is not one of its slider's.

    >>> frame(first=4, second=4, third=4, budget=4).sentence.split(":")[0]
    'Bits 4, 4, 4'
    """
    within(CONTROLS, first=first, second=second, third=third, budget=budget)
    yours, best = (int(first), int(second), int(third)), solved(float(budget))

    def paint(art: SimpleNamespace) -> None:
        art.budget.set_xdata([budget, budget])
        art.named.set_x(budget + 0.06 if budget < 7 else budget - 0.06)
        art.named.set_ha("left" if budget < 7 else "right")
        for artist, split in ((art.yours, yours), (art.solver, best)):
            artist.set_data([bits_a_weight(split)], [accuracies()[split]])

    alt = (
        f"Test accuracy over bits a weight for all 216 splits. Yours is at {bits_a_weight(yours):.2f} bits "
        f"and {accuracies()[yours]:.2f}, the solver's for a budget of {budget:g} at "
        f"{bits_a_weight(best):.2f} bits and {accuracies()[best]:.2f}."
    )
    return Frame(_stage().picture(alt, paint), sentence(*yours, float(budget)))


CONTROLS = (
    Control("first", "bits, layer 1", BITS, default=3),
    Control("second", "bits, layer 2", BITS, default=3),
    Control("third", "bits, layer 3", BITS, default=3),
    Control("budget", "budget, bits a weight", BUDGETS, default=2.5),
)


def explorer() -> None:
    """Show the explorer in a notebook."""
    explore(frame, CONTROLS)
