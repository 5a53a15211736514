"""A signal on its way back through many layers: how much is left in each, and on which slopes units stand.

Three hundred standardised pictures of digits go through layers of 64 units without bias, and the slopes of
softmax with cross-entropy come back. The weights are normal with standard deviation gain / √64: a gain of 1
is Xavier's scale, √2 is He's, 1/√3 that of PyTorch's Linear.
"""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from helpers import data
from helpers.explore.base import Control, Frame, Stage, within
from helpers.explore.forward import kind, number, pictures
from helpers.explore.view import explore
from helpers.figures import COLORS, subplots
from helpers.nn import ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Tanh
from helpers.nn.activations import softmax

GAINS = (0.3, 0.58, 0.8, 1.0, 1.2, 1.41, 2.0, 3.0, 4.0, 6.0, 8.0)
DEPTHS = (2, 3, 5, 10, 20, 30, 50)
BENDS = {
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "ReLU": ReLU,
    "leaky ReLU": LeakyReLU,
    "ELU": ELU,
    "SiLU": SiLU,
    "GELU": GELU,
}
ACTIVATIONS = tuple(BENDS)
SETTINGS = {0.58: "PyTorch's", 1.0: "Xavier", 1.41: "He"}
WIDTH, BINS, REACH, CUT_OFF = 64, 48, 6.0, 0.15
LOWEST, HIGHEST = 1e-16, 1e16


@lru_cache(maxsize=256)
def signal(depth: int, gain: float, activation: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The signal that comes back to each layer, the size of the slopes there, and z in the middle layer.

    Returns the size of dz by layer, in parts of the last one (depth,), the root mean square of the slopes by
    layer (depth,), and the shares of z in the middle layer by bin (48,), with what lies outside -6 to 6 in
    the outermost.

    >>> sizes, slopes, shares = signal(20, 1.0, "sigmoid")
    >>> bool(1e-13 < sizes[0] < 1e-11), bool(abs(slopes.mean() - 0.24) < 0.01)
    (True, True)
    """
    a, rng = pictures(), np.random.default_rng(0)
    truth = np.eye(10)[data.load_digits().y[: len(a)]]
    weights, slopes, shares = [], [], np.zeros(BINS)
    for layer in range(1, depth + 1):
        weights.append(rng.normal(0, gain / np.sqrt(WIDTH), (WIDTH, WIDTH)))
        z, bend = a @ weights[-1], BENDS[activation]()
        a = bend.forward(z)
        slopes.append(bend.backward(np.ones_like(z)))
        if layer == middle(depth):
            shares = np.histogram(z.clip(-REACH, REACH), BINS, (-REACH, REACH))[0] / z.size
    W_out = rng.normal(0, 1 / np.sqrt(WIDTH), (WIDTH, 10))
    d_out, sizes = (softmax(a @ W_out) - truth) @ W_out.T, []
    for W, slope in zip(reversed(weights), reversed(slopes), strict=True):
        dz = d_out * slope
        sizes.append(_size(dz))
        d_out = dz @ W.T
    return np.array(sizes[::-1]) / sizes[0], np.array([_size(slope) for slope in slopes]), shares


def _size(array: np.ndarray) -> float:
    return float(np.sqrt(np.mean(array**2)))


def middle(depth: int) -> int:
    """The number of the middle layer.

    >>> middle(2), middle(20)
    (1, 10)
    """
    return depth // 2


def sentence(depth: int, gain: float, activation: str) -> str:
    """What is left of the signal, and what the rule says, in plain words.

    >>> sentence(20, 1.0, "sigmoid").split(":")[0]
    'Vanished'
    """
    sizes, slopes, shares = signal(depth, gain, activation)
    steps = depth - 1
    slope = float(np.exp(np.mean(np.log(slopes[:-1]))))
    factor = sizes[0] ** (1 / steps)
    end = float(shares[0] + shares[-1])
    share = f"In layer {middle(depth)}, {100 * end:.0f} % of z lie beyond 5.75, on either side."
    return (
        f"{kind(sizes[0])}: of a signal of size 1 in layer {depth}, {number(sizes[0], digits=0)} is left in "
        f"layer 1, a factor of {factor:.2f} {'in one step' if steps == 1 else 'a step'} back. "
        f"The rule says gain times size of the slopes, {gain:g} · {slope:.2f} = {gain * slope:.2f}."
        f"{f' {share}' if end > 0.005 else ''}"
    )


@lru_cache(maxsize=1)
def _stage() -> Stage:
    """The figure without anything in it, and the artists that each frame fills in."""
    fig, (left, right) = subplots(ncols=2, width=7.8, height=3.6)
    art = SimpleNamespace()
    art.title = left.set_title("sigmoid")
    left.set(xlim=(-REACH, REACH), ylim=(-0.16, 1.22), yticks=(0, 0.25, 0.5, 0.75, 1))
    left.set(xlabel="z", ylabel="slope")
    edges = np.linspace(-REACH, REACH, BINS + 1)
    art.bars = left.stairs(np.zeros(BINS), edges, fill=True, color=COLORS["sky"], alpha=0.6)
    (art.slope,) = left.plot([], [], color=COLORS["ink"])
    art.where = left.text(
        0.02, 0.97, "layer 10", transform=left.transAxes, va="top", fontsize=9.5, color=COLORS["blue"]
    )
    right.set(yscale="log", xlim=(-1, DEPTHS[-1] + 1), ylim=(LOWEST, HIGHEST), xlabel="layer")
    right.set_yticks([1e-16, 1e-12, 1e-8, 1e-4, 1, 1e4, 1e8, 1e12, 1e16])
    right.minorticks_off()
    right.set_title("size of the signal back")
    right.axhline(1, color=COLORS["grey"], linewidth=1)
    (art.size,) = right.plot([], [], "o-", color=COLORS["red"], markersize=3.5, linewidth=1.4)
    return Stage(fig, art)


def frame(activation: int, depth: int, gain: float) -> Frame:
    """The slopes of an activation and where the units stand, beside the signal by layer on its way back.

    Args:
        activation: the place of its name in `ACTIVATIONS`, 0 to 6.
        depth: number of layers, one of `DEPTHS`.
        gain: the standard deviation of a weight times √n; one of `GAINS`.

    Raises:
        ValueError: when a value is not one of its slider's.

    >>> frame(activation=2, depth=20, gain=1.41).sentence.split(":")[0]
    'Kept'
    """
    within(CONTROLS, activation=activation, depth=depth, gain=gain)
    name = ACTIVATIONS[activation]
    sizes, _, shares = signal(depth, gain, name)
    z, bend = np.linspace(-REACH, REACH, 481), BENDS[name]()
    bend.forward(z)
    curve = bend.backward(np.ones_like(z))

    def paint(art: SimpleNamespace) -> None:
        art.title.set_text(f"{name}, gain {gain:g}{f' ({SETTINGS[gain]})' if gain in SETTINGS else ''}")
        art.bars.set_data(np.minimum(shares / CUT_OFF, 1))
        art.slope.set_data(z, curve)
        art.where.set_text(f"bars: z in layer {middle(depth)}\n(cut off at {100 * CUT_OFF:.0f} % a bar)")
        art.size.set_data(np.arange(1, depth + 1), sizes)

    mean = float(shares @ (np.arange(BINS) + 0.5) * 2 * REACH / BINS - REACH)
    alt = (
        f"Left, the slopes of {name} from z = -6 to 6, and a histogram of z in layer {middle(depth)} at gain "
        f"{gain:g}, around {mean:.1f}. Right, the size of the signal by layer on a logarithmic scale: "
        f"1 in layer {depth}, {number(sizes[0], digits=0)} in layer 1."
    )
    return Frame(_stage().picture(alt, paint), sentence(depth, gain, name))


CONTROLS = (
    Control("activation", "activation", tuple(range(len(BENDS))), default=0, text=ACTIVATIONS.__getitem__),
    Control("depth", "layers", DEPTHS, default=20),
    Control("gain", "gain", GAINS, default=1.0),
)


def explorer() -> None:
    """Show the explorer in a notebook."""
    explore(frame, CONTROLS)
