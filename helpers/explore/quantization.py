"""Bits, range and grid: where the marks lie among the weights, and what the network still gets right.

Three networks 64-64-32-10 are trained on 1,024 pictures of digits as in lesson 18; their weights, all layers
alike, go through the grid, and 773 new pictures judge them. Biases and activations stay as they are.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from helpers import data
from helpers.explore.base import Control, Frame, Stage, within
from helpers.explore.networks import relu_network
from helpers.explore.view import explore
from helpers.features import StandardScaler
from helpers.figures import COLORS, subplots
from helpers.nn import SGD, CrossEntropyLoss, Linear, Sequential
from helpers.quantization import affine, k_means, percentile, powers_of_two, signed, symmetric, unsigned
from helpers.splits import holdout
from helpers.training import fit

BITS = (2, 3, 4, 5, 6, 8)
SHARES = (80, 90, 95, 98, 99, 99.9, 100)
GRIDS = ("symmetric, per tensor", "symmetric, per channel", "affine, per channel", "k-means", "powers of two")
SEEDS, SHOWN = 3, 8
SIZES = (64, 64, 32, 10)
WEIGHTS = sum(n_in * n_out for n_in, n_out in pairwise(SIZES))
UNITS = sum(SIZES[1:])


class Outcome(NamedTuple):
    """What a setting leads to, means of the networks."""

    accuracy: float
    error: float
    size: float


@lru_cache(maxsize=1)
def _networks() -> tuple[list[Sequential], np.ndarray, np.ndarray]:
    """Trained networks, and the pictures that judge them."""
    X, y = data.load_digits()
    train, new = holdout(len(y), 773, np.random.default_rng(0))
    Z = StandardScaler().fit(X[train]).transform(X)
    networks = []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        network = relu_network(SIZES, rng)
        options: dict[str, Any] = {"batch_size": 32, "num_epochs": 20, "progress": False}
        fit(network, CrossEntropyLoss(), SGD(network, lr=0.1), Z[train], y[train], rng=rng, **options)
        network.eval()
        networks.append(network)
    return networks, Z[new], y[new]


def _weights(network: Sequential) -> list[np.ndarray]:
    return [layer.W for layer in network.layers if isinstance(layer, Linear)]


def ruler(W: np.ndarray, bits: int, share: float, grid: int) -> Any:
    """The map that a setting gives for one layer's weights (d_in, d_out).

    >>> ruler(np.array([[-1.0, 2.0]]), bits=3, share=100, grid=0).scale.round(3)
    np.float32(0.667)
    """
    name = GRIDS[grid]
    low, high = percentile(W, share, axis=1 if name.endswith("channel") else None)
    if name.startswith("symmetric"):
        return symmetric(low, high, signed(bits))
    if name.startswith("affine"):
        return affine(low, high, unsigned(bits))
    if name == "k-means":
        return k_means(W.clip(low, high), bits)
    return powers_of_two(low, high, bits)


@lru_cache(maxsize=256)
def outcome(bits: int, share: float, grid: int) -> Outcome:
    """Accuracy, relative error and size of a setting.

    The error is the root mean square of what each weight is off, over that of the weights; the size is in
    bytes, with the biases in 32 bits and what the maps themselves need.

    >>> outcome(8, 100, 0).accuracy > 0.9, outcome(8, 100, 0).size
    (True, 6900.0)
    """
    networks, X, y = _networks()
    right, errors = [], []
    for network in networks:
        a, off, all_squares = X, 0.0, 0.0
        for layer in network.layers:
            if isinstance(layer, Linear):
                W = ruler(layer.W, bits, share, grid)(layer.W)
                off, all_squares = off + np.sum((W - layer.W) ** 2), all_squares + np.sum(layer.W**2)
                a = a @ W + layer.b
            else:
                a = layer.forward(a)
        right.append(np.mean(a.argmax(axis=1) == y))
        errors.append(np.sqrt(off / all_squares))
    return Outcome(float(np.mean(right)), float(np.mean(errors)), _size(bits, grid))


def _size(bits: int, grid: int) -> float:
    """Codes, biases, and four bytes for each scale, a byte for each zero point, or the tables."""
    layers = len(SIZES) - 1
    of_maps = {0: 4 * layers, 1: 4 * UNITS, 2: 5 * UNITS, 3: 4 * layers * 2**bits, 4: layers}
    return WEIGHTS * bits / 8 + 4 * UNITS + of_maps[grid]


@lru_cache(maxsize=256)
def marks(bits: int, share: float, grid: int) -> list[np.ndarray]:
    """The numbers that exist in the first layer: a row for all of it, or one for each of `SHOWN` channels.

    >>> [len(row) for row in marks(2, 100, 0)], len(marks(2, 100, 1))
    ([3], 8)
    """
    map_ = ruler(_weights(_networks()[0][0])[0], bits, share, grid)
    if hasattr(map_, "table"):
        return [map_.table]
    codes = np.arange(map_.codes[0], map_.codes[1] + 1)[:, None]
    return list(map_.dequantize(codes).T[:SHOWN])


def sentence(bits: int, share: float, grid: int) -> str:
    """What is happening, in plain words.

    >>> sentence(8, 100, 0)[:51]
    '8 bits, symmetric, per tensor, range min-max: accur'
    """
    now = outcome(bits, share, grid)
    cover = "min-max" if share == 100 else f"{share:g} %"
    told = (
        f"{bits} bits, {GRIDS[grid]}, range {cover}: accuracy {now.accuracy:.2f}, the weights are off by "
        f"{100 * now.error:.2g} % of their size, {now.size / 1000:.1f} kB in place of "
        f"{4 * (WEIGHTS + UNITS) / 1000:.1f}."
    )
    accuracies = {other: outcome(bits, other, grid).accuracy for other in SHARES}
    best = max(SHARES, key=lambda other: (accuracies[other], other))
    if accuracies[best] - now.accuracy > 0.02:
        wider = "wider" if best > share else "narrower"
        return f"{told} A {wider} range would do better: {best:g} % gets {accuracies[best]:.2f}."
    return f"{told} No other range gains more than two points here."


@lru_cache(maxsize=1)
def _stage() -> Stage:
    """The histogram of the first layer's weights, and the artists that each frame fills in."""
    from matplotlib.collections import LineCollection

    fig, (top, bottom) = subplots(nrows=2, width=7.4, height=4.2, sharex=True, height_ratios=(2, 1.3))
    W = _weights(_networks()[0][0])[0].ravel()
    ends = 1.08 * np.abs(W).max()
    top.hist(W, bins=100, color=COLORS["sky"])
    top.set(ylabel="weights, layer 1", xlim=(-ends, ends))
    bottom.set(ylim=(-SHOWN, 1), yticks=[], xlabel="weight")
    bottom.set_ylabel("marks")
    art = SimpleNamespace()
    art.grid = LineCollection([], colors=COLORS["red"], linewidths=0.7)
    art.marks = LineCollection([], colors=COLORS["red"], linewidths=1.3)
    top.add_collection(art.grid, autolim=False)
    bottom.add_collection(art.marks, autolim=False)
    top.set_title(" ")  # keeps the place of what is told in each frame
    art.told = top.text(0, 1.03, "", transform=top.transAxes, fontsize=11, va="bottom")
    return Stage(fig, art)


def frame(bits: int, share: float, grid: int) -> Frame:
    """The weights with the marks below them, for a bit width, a range and a grid.

    Args:
        bits: one of `BITS`.
        share: which percentage of the weights lies inside the range, one of `SHARES`; 100 is min-max.
        grid: its number in `GRIDS`.

    Raises:
        ValueError: when a value is not one of its slider's.

    >>> frame(bits=2, share=100, grid=0).sentence[:30]
    '2 bits, symmetric, per tensor,'
    """
    within(CONTROLS, bits=bits, share=share, grid=grid)
    bits, share, grid = int(bits), float(share), int(grid)
    now, rows = outcome(bits, share, grid), marks(bits, share, grid)
    per_channel = len(rows) > 1
    heights = [(-row - 0.7, -row + 0.1) for row in range(SHOWN)] if per_channel else [(1.0 - SHOWN, 0.6)]

    def paint(art: SimpleNamespace) -> None:
        top = art.told.axes.get_ylim()[1]
        art.grid.set_segments([] if per_channel else [[(m, 0), (m, top)] for m in rows[0]])
        art.marks.set_segments(
            [[(m, y0), (m, y1)] for row, (y0, y1) in zip(rows, heights, strict=True) for m in row]
        )
        thin = np.clip(20 / len(rows[0]), 0.15, 0.8)  # so that many marks do not run together
        art.grid.set_linewidth(thin)
        art.marks.set_linewidth(1.5 * thin)
        below = f"; below, the marks of {SHOWN} of {SIZES[1]} channels, a row each" if per_channel else ""
        art.told.set_text(f"accuracy {now.accuracy:.2f}, {now.size / 1000:.1f} kB{below}")

    where = f"{SHOWN} rows of marks, one a channel" if per_channel else f"{len(rows[0])} marks"
    low, high = min(row[0] for row in rows), max(row[-1] for row in rows)
    alt = (
        f"A histogram of weights, a bell around 0, with {where} from {low:.2f} to {high:.2f}. "
        f"{bits} bits, {GRIDS[grid]}, {share:g} % inside. Accuracy {now.accuracy:.2f}, "
        f"{now.size / 1000:.1f} kB."
    )
    return Frame(_stage().picture(alt, paint), sentence(bits, share, grid))


CONTROLS = (
    Control("bits", "bits", BITS, default=4),
    Control("share", "inside the range", SHARES, default=100, text="{:g} %".format),
    Control("grid", "grid", range(len(GRIDS)), default=0, text=GRIDS.__getitem__),
)


def explorer() -> None:
    """Show the explorer in a notebook."""
    explore(frame, CONTROLS)
