"""An attack on a picture of a digit: how far each pixel may move, and what the network then says.

Three networks 64-64-10 are trained once on 1,000 digits: on pictures as they are, and on pictures that were
attacked within 0.1 and 0.2 (adversarial training). The attack is PGD, 10 steps from the picture itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from helpers import data
from helpers.explore.base import Control, Frame, Stage, within
from helpers.explore.networks import relu_network
from helpers.explore.view import explore
from helpers.figures import COLORS, NAMES, subplots
from helpers.nn import Adam, CrossEntropyLoss, Fleet, Sequential
from helpers.nn.activations import softmax
from helpers.training import fit_each, predict
from helpers.trust import attack, attacked_batch

EPS = tuple(round(0.02 * i, 2) for i in range(16))
TRAINED = (0.0, 0.1, 0.2)
"""The ε of the adversarial training; 0 is training on pictures as they are."""
TRAINING, EPOCHS, STEPS = 1000, 25, 10


@lru_cache(maxsize=1)
def _digits() -> tuple[np.ndarray, np.ndarray]:
    """All pictures from 0 to 1 and their labels, in a drawn order."""
    X, y = data.load_digits()
    order = np.random.default_rng(0).permutation(len(y))
    return X[order] / 16, y[order]


@lru_cache(maxsize=1)
def networks() -> list[Sequential]:
    """The three trained networks, in the order of `TRAINED`.

    >>> len(networks())
    3
    """
    X, y = _digits()
    fleet = Fleet([relu_network((64, 64, 10), np.random.default_rng(1)) for _ in TRAINED])
    eps = np.array(TRAINED)[:, None, None]
    fit_each(
        fleet,
        CrossEntropyLoss(),
        Adam(fleet, lr=0.01),
        np.tile(X[:TRAINING], (len(TRAINED), 1, 1)),
        np.tile(y[:TRAINING], (len(TRAINED), 1)),
        batch_size=100,
        num_epochs=EPOCHS,
        rng=np.random.default_rng(2),
        change=lambda batch, rng: attacked_batch(fleet, batch, eps, rng),
    )
    return fleet.unstack()


@lru_cache(maxsize=10)
def picture_of(digit: int) -> np.ndarray:
    """A picture (64,) of this digit that was not trained on, and that all three networks know."""
    X, y = _digits()
    known = np.all([predict(net, X).argmax(axis=-1) == y for net in networks()], axis=0)
    return X[TRAINING:][(y == digit)[TRAINING:] & known[TRAINING:]][0]


@dataclass(frozen=True)
class Attacked:
    """The attacked picture (16, 64) and the probabilities (16, 10), one row for each of `EPS`."""

    pictures: np.ndarray
    p: np.ndarray

    @property
    def answers(self) -> np.ndarray:
        """The digit that the network says, for each ε."""
        return self.p.argmax(axis=1)


@lru_cache(maxsize=10 * len(TRAINED))
def attacked(digit: int, trained: float) -> Attacked:
    """The attacks on one picture of this digit, with every ε at once.

    >>> attacked(3, 0.0).p.shape, int(attacked(3, 0.0).answers[0])
    ((16, 10), 3)
    """
    net, eps = networks()[TRAINED.index(trained)], np.array(EPS)[:, None]
    X = np.tile(picture_of(digit), (len(EPS), 1))
    pictures = attack(net, X, np.full(len(EPS), digit), eps, steps=STEPS, step=eps / 4)
    return Attacked(pictures, softmax(predict(net, pictures)))


def sentence(eps: float, digit: int, trained: float) -> str:
    """What the network says to the attacked picture, in plain words.

    >>> sentence(0.0, 3, 0.0).split(":")[0], sentence(0.3, 3, 0.0).split(":")[0]
    ('Right', 'Fooled')
    """
    of, at = attacked(digit, trained), EPS.index(eps)
    answer, fooled = int(of.answers[at]), np.flatnonzero(of.answers != digit)
    kind = "Right" if answer == digit else "Fooled"
    change = f"first changes at ε = {EPS[fooled[0]]:.2f}" if len(fooled) else f"stays up to ε = {EPS[-1]:.2f}"
    return (
        f"{kind}: each pixel of this {digit} moves by at most {eps:.2f}, and the network says {answer} with "
        f"confidence {of.p[at, answer]:.2f}. Its answer {change}."
    )


@lru_cache(maxsize=1)
def _stage() -> Stage:
    """The figure without anything in it, and the artists that each frame fills in."""
    fig, (left, middle, right) = subplots(ncols=3, width=7.8, height=3.3, width_ratios=(1, 1, 1.5))
    art = SimpleNamespace()
    for name, ax in (("before", left), ("after", middle)):
        ax.set(xticks=[], yticks=[])
        ax.grid(visible=False)
        ax.spines[:].set_visible(True)
        setattr(art, name, ax.imshow(np.zeros((8, 8)), cmap="gray_r", vmin=0, vmax=1))
        setattr(art, f"{name}_says", ax.set_title("8: confidence 0.88"))
    left.set_xlabel("as it is")
    middle.set_xlabel("attacked")
    right.set(xlim=(-0.01, 0.31), ylim=(-0.03, 1.2), xlabel="ε of the attack", yticks=(0, 0.5, 1))
    right.set_title("probability")
    (art.true,) = right.plot([], [], color=COLORS["blue"], label="the true digit")
    (art.other,) = right.plot([], [], color=COLORS["red"], linestyle=(0, (5, 2)), label="the best other")
    (art.here,) = right.plot([], [], color=COLORS["grey"], linewidth=1.2)
    right.legend(loc="upper center", ncols=2, fontsize=9)
    return Stage(fig, art, above=[*left.spines.values(), *middle.spines.values()])


def frame(eps: float, digit: int, trained: float) -> Frame:
    """A picture before and after the attack, what the network says to both, and its confidence by ε.

    Args:
        eps: how far each pixel may move, one of `EPS`; white is 0, black 1.
        digit: which digit is attacked, 0 to 9.
        trained: the ε of the network's adversarial training, one of `TRAINED`.

    Raises:
        ValueError: when a value is not one of its slider's.

    >>> frame(eps=0.3, digit=3, trained=0.0).sentence.split(":")[0]
    'Fooled'
    """
    within(CONTROLS, eps=eps, digit=digit, trained=trained)
    of, at = attacked(digit, trained), EPS.index(eps)
    others = np.delete(of.p, digit, axis=1).max(axis=1)

    def paint(art: SimpleNamespace) -> None:
        for name, row in (("before", 0), ("after", at)):
            answer = int(of.answers[row])
            getattr(art, name).set_data(of.pictures[row].reshape(8, 8))
            says = getattr(art, f"{name}_says")
            says.set_text(f"{answer}: confidence {of.p[row, answer]:.2f}")
            says.set_color(COLORS["ink"] if answer == digit else NAMES[COLORS["red"]])
        art.true.set_data(EPS, of.p[:, digit])
        art.other.set_data(EPS, others)
        art.here.set_data([eps, eps], [-0.03, 1.03])

    training = f"attacked within {trained:g}" if trained else "as they are"
    alt = (
        f"A picture of a {digit} as it is, and attacked within {eps:.2f}; the network learnt from pictures "
        f"{training}. Beside them probabilities by ε: of the true digit {of.p[at, digit]:.2f}, of the best "
        f"other {others[at]:.2f}."
    )
    return Frame(_stage().picture(alt, paint), sentence(eps, digit, trained))


CONTROLS = (
    Control("eps", "ε of the attack", EPS, default=0.1, text="{:.2f}".format),
    Control("digit", "digit", tuple(range(10)), default=3),
    Control("trained", "ε in training", TRAINED, default=0.0),
)


def explorer() -> None:
    """Show the explorer in a notebook."""
    explore(frame, CONTROLS)
