"""A signal on its way through many layers: how large it is, and how its values are spread, for one gain.

Three hundred standardised pictures of digits go through layers of 128 units without bias. The weights are
normal with variance gain² / n_in: a gain of 1 is Xavier's scale (for layers of equal width), √2 is He's.
"""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from helpers import data
from helpers.explore.base import Control, Frame, Stage, within
from helpers.explore.view import explore
from helpers.features import StandardScaler
from helpers.figures import COLORS, subplots

GAINS = (0.11, 0.3, 0.6, 0.8, 1.0, 1.2, 1.41, 1.7, 2.0, 3.0, 11.3)
"""0.11 and 11.3 are standard deviations of 0.01 and 1, with 128 inputs."""
DEPTHS = (1, 2, 3, 5, 10, 20, 30, 50)
ACTIVATIONS = ("tanh", "ReLU")
WIDTH, PICTURES, ROWS, BINS = 128, 300, 5, 41
RANGES = {"tanh": (-1.05, 1.05), "ReLU": (-0.05, 4.05)}
TICKS: dict[str, dict[float, str]] = {
    "tanh": {-1: "−1", -0.5: "−0.5", 0: "0", 0.5: "0.5", 1: "1"},
    "ReLU": {0: "0", 1: "1", 2: "2", 3: "3", 4: "4 or more"},
}
NEAR_ONE, MANY, CUT_OFF = 0.99, 0.25, 0.08
KINDS = ((0.01, "Vanished"), (1 / 3, "Shrinking"), (3, "Kept"), (100, "Growing"), (np.inf, "Exploded"))
NAMES = {0.11: "standard deviation 0.01", 1.0: "Xavier", 1.41: "He", 11.3: "standard deviation 1"}


@lru_cache(maxsize=1)
def pictures() -> np.ndarray:
    """The digits that go in, standardised: shape (300, 64)."""
    X = data.load_digits().X
    return StandardScaler().fit(X).transform(X)[:PICTURES]


@lru_cache(maxsize=len(GAINS) * len(ACTIVATIONS))
def signal(gain: float, activation: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What each of 50 layers gives out: its size, a histogram of its values, and the share close to ±1.

    Returns the root mean square (50,), the shares of the values by bin (50, 41), with what lies outside the
    range in the outermost bins, and the share of values above 0.99 in size (50,).

    >>> size, counts, near_one = signal(1.41, "ReLU")
    >>> size.shape, counts.shape, bool(0.3 < size[-1] < 3)
    ((50,), (50, 41), True)
    """
    a, rng = pictures(), np.random.default_rng(0)
    low, high = RANGES[activation]
    size, counts, near_one = [], [], []
    for _ in range(DEPTHS[-1]):
        z = a @ rng.normal(0, gain / np.sqrt(a.shape[1]), (a.shape[1], WIDTH))
        a = np.tanh(z) if activation == "tanh" else np.maximum(z, 0)
        size.append(np.sqrt(np.mean(a**2)))
        counts.append(np.histogram(a.clip(low, high), BINS, (low, high))[0] / a.size)
        near_one.append(np.mean(np.abs(a) > NEAR_ONE))
    return np.array(size), np.array(counts), np.array(near_one)


def number(value: float, digits: int = 1) -> str:
    """A size in a few characters; `digits` are those after the point of one that is very large or small.

    >>> number(0.8), number(12345.0), number(6.5e-23), number(7.1e-23, digits=0)
    ('0.80', '1.2e+04', '6.5e-23', '7e-23')
    """
    return f"{value:.2f}" if 0.01 <= value < 100 else f"{value:.{digits}e}"


def kind(change: float) -> str:
    """What has become of a signal whose size is `change` times that of before.

    >>> kind(1e-12), kind(0.5)
    ('Vanished', 'Kept')
    """
    return next(name for limit, name in KINDS if change < limit)


def sentence(depth: int, gain: float, activation: str) -> str:
    """What has become of the signal, in plain words.

    >>> sentence(20, 0.11, "tanh").split(":")[0]
    'Vanished'
    """
    size, _, near_one = signal(gain, activation)
    last, saturated = float(size[depth - 1]), float(near_one[depth - 1])
    if activation == "tanh" and saturated > MANY:
        return (
            f"Saturated: {100 * saturated:.0f} % of the outputs of layer {depth} lie within 0.01 of -1 or 1, "
            f"where tanh is flat. Their size, {number(last)}, does not show it."
        )
    came_in = float(np.sqrt(np.mean(pictures() ** 2)))
    factor = (last / came_in) ** (1 / depth)
    rule = f" The rule says gain/√2 = {gain / np.sqrt(2):.2f}." if activation == "ReLU" else ""
    step = "for this layer" if depth == 1 else "a layer on average"
    return (
        f"{kind(last / came_in)}: the size is {number(came_in)} in the pictures and {number(last)} after "
        f"layer {depth}, a factor of {factor:.2f} {step}.{rule}"
    )


@lru_cache(maxsize=1)
def _stage() -> Stage:
    """The figure without anything in it, and the artists that each frame fills in."""
    fig, (left, right) = subplots(ncols=2, width=7.8, height=3.9, width_ratios=(1.15, 1))
    art = SimpleNamespace(left=left)
    art.title = left.set_title("tanh")
    left.set(
        xlabel=f"value of an output (bars are cut off at {100 * CUT_OFF:.0f} % of all)",
        ylim=(0, ROWS),
        yticks=[],
    )
    left.grid(axis="y", visible=False)
    for row in range(ROWS):
        patch = left.stairs(np.zeros(BINS), np.arange(BINS + 1.0), fill=True, color=COLORS["blue"])
        setattr(art, f"bars{row}", patch)
        name = left.text(-0.02, row + 0.3, "layer 50", ha="right", transform=left.get_yaxis_transform())
        setattr(art, f"name{row}", name)
    right.set(yscale="log", xlim=(-1, DEPTHS[-1] + 1), ylim=(1e-8, 1e8), xlabel="layer")
    right.set_title("size (root mean square)")
    right.axhline(1, color=COLORS["grey"], linewidth=1)
    (art.size,) = right.plot([], [], "o-", color=COLORS["red"], markersize=3.5, linewidth=1.4)
    return Stage(fig, art)


def _shown(depth: int) -> list[int]:
    """The layers whose histograms are drawn: at most five, evenly from the first to the last.

    >>> _shown(2), _shown(20)
    ([1, 2], [1, 6, 10, 15, 20])
    """
    return sorted({round(layer) for layer in np.linspace(1, depth, ROWS)})


def frame(depth: int, gain: float, activation: int) -> Frame:
    """Histograms of the outputs of some layers, beside their size by layer.

    Args:
        depth: number of layers, 1 to 50.
        gain: the standard deviation of a weight times √n_in; one of `GAINS`.
        activation: 0 for tanh, 1 for ReLU.

    Raises:
        ValueError: when a value is not one of its slider's.

    >>> frame(depth=20, gain=1.41, activation=1).sentence.split(":")[0]
    'Kept'
    """
    within(CONTROLS, depth=depth, gain=gain, activation=activation)
    name = ACTIVATIONS[activation]
    size, counts, _ = signal(gain, name)
    layers, edges = _shown(depth), np.linspace(*RANGES[name], BINS + 1)

    def paint(art: SimpleNamespace) -> None:
        art.left.set_xlim(RANGES[name])
        art.left.set_xticks(list(TICKS[name]), list(TICKS[name].values()))
        art.title.set_text(f"{name}, gain {gain:g}{f' ({NAMES[gain]})' if gain in NAMES else ''}")
        for row in range(ROWS):
            bars, label = getattr(art, f"bars{row}"), getattr(art, f"name{row}")
            used, floor = row < len(layers), ROWS - 1 - row
            shares = counts[layers[row] - 1] if used else np.zeros(BINS)
            bars.set_data(floor + 0.9 * np.minimum(shares / CUT_OFF, 1), edges, floor)
            label.set_text(f"layer {layers[row]}" if used else "")
            label.set_y(floor + 0.3)
        art.size.set_data(np.arange(1, depth + 1), size[:depth])

    which = f"layers {', '.join(map(str, layers))} give" if depth > 1 else "layer 1 gives"
    alt = (
        f"Histograms of what {which} out, {name}, gain {gain:g}. "
        f"Beside them the size by layer: {number(size[0])} after the first, "
        f"{number(size[depth - 1])} after layer {depth}."
    )
    return Frame(_stage().picture(alt, paint, scene=name), sentence(depth, gain, name))


CONTROLS = (
    Control("depth", "layers", DEPTHS, default=20),
    Control("gain", "gain", GAINS, default=1.0),
    Control("activation", "activation", (0, 1), default=0, text=ACTIVATIONS.__getitem__),
)


def explorer() -> None:
    """Show the explorer in a notebook."""
    explore(frame, CONTROLS)
