"""A trained model of characters at work: where a place looks, and what it says comes next.

The model is the one of lesson 14, one transformer block that has read the course's definitions. It is trained
with the first picture, which takes some seconds, and kept.
"""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from helpers.explore.base import Control, Frame, Stage, within
from helpers.explore.view import explore
from helpers.figures import COLORS, subplots
from helpers.nn.base import Array
from helpers.sequences import LETTERS, WINDOW, characters, definitions, tempered

HEADS = (1, 2, 3, 4)
PLACES = tuple(range(2, WINDOW + 1))
TEMPERATURES = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0)
SHOWN = 10
"""How many of the likeliest characters are drawn."""
NEAR = 4
"""Characters up to so many places back are called near."""


@lru_cache(maxsize=1)
def read() -> tuple[str, Array, Array]:
    """The text, the scores of what comes next at each place (T, 39), and the weights (heads, T, T).

    >>> text, logits, weights = read()
    >>> len(text), logits.shape, weights.shape
    (16, (16, 39), (4, 16, 16))
    """
    text, model = definitions()["test"][1 : WINDOW + 1], characters()
    logits = model.logits(text)
    return text, logits, model.weights


def named(letter: str) -> str:
    """A character as it is shown: a space and the end of a line would not be seen.

    >>> named(" "), named("a")
    ('␣', 'a')
    """
    return {" ": "␣", "\n": "↵", "$": "formula"}.get(letter, letter)


def choices(p: Array) -> float:
    """Among how many equally likely ones one would be as uncertain: the exponential of the entropy.

    >>> float(choices(np.array([0.5, 0.5, 0.0])).round(6))
    2.0
    """
    some = p[p > 0]
    return np.exp(-np.sum(some * np.log(some)))


def sentence(place: int, head: int, temperature: float) -> str:
    """Where the head looks most, and how certain the guess is, in plain words.

    >>> sentence(12, 1, 1.0).split(" looks")[0]
    'Head 1'
    """
    text, logits, weights = read()
    looked, p = weights[head - 1, place - 1, :place], tempered(logits[place - 1], temperature)
    most, likely = int(looked.argmax()), int(p.argmax())
    back = place - 1 - most
    far = "at its own place" if back == 0 else f"{back} back"
    near = looked[-NEAR - 1 :].sum()
    return (
        f"Head {head} looks most at '{named(text[most])}', {far}, with {looked[most]:.2f}; "
        f"{100 * near:.0f} % of its weight is at most {NEAR} back. At temperature {temperature:g} "
        f"the likeliest next is '{named(LETTERS[likely])}' with {p[likely]:.2f}; this is as uncertain as "
        f"a draw among {choices(p):.1f}."
    )


@lru_cache(maxsize=1)
def _stage() -> Stage:
    """The figure without anything in it, and the artists that each frame fills in."""
    fig, (above, below) = subplots(nrows=2, width=7.8, height=4.6)
    art = SimpleNamespace()
    text = read()[0]
    above.set(xlim=(-0.7, WINDOW - 0.3), ylim=(0, 1.05), ylabel="weight")
    above.set_title("where this place looks")
    above.set_xticks(range(WINDOW), [named(letter) for letter in text], family="monospace", fontsize=11)
    above.grid(visible=False, axis="x")
    for i, bar in enumerate(above.bar(range(WINDOW), np.zeros(WINDOW), width=0.7, color=COLORS["blue"])):
        setattr(art, f"weight{i}", bar)
    (art.here,) = above.plot([], [], "v", color=COLORS["red"], markersize=8)
    below.set(xlim=(-0.7, SHOWN - 0.3), ylim=(-0.16, 1.05), ylabel="probability", xticks=[])
    below.set_title("what it says comes next")
    below.spines["bottom"].set_position(("data", 0))  # the letters stand under it, inside of the axes
    below.spines["left"].set_bounds(0, 1.05)
    for i, bar in enumerate(below.bar(range(SHOWN), np.zeros(SHOWN), width=0.6, color=COLORS["green"])):
        setattr(art, f"p{i}", bar)
        name = below.text(i, -0.04, "", ha="center", va="top", family="monospace", fontsize=11)
        setattr(art, f"letter{i}", name)
    return Stage(fig, art)


def frame(place: int, head: int, temperature: float) -> Frame:
    """The weights of one head at one place, and the next character's probabilities.

    Args:
        place: the character that was read last, one of `PLACES`.
        head: one of `HEADS`.
        temperature: what the scores are divided by, one of `TEMPERATURES`.

    Raises:
        ValueError: when a value is not one of its slider's.

    >>> frame(place=12, head=1, temperature=1.0).sentence.startswith("Head 1 looks most at")
    True
    """
    within(CONTROLS, place=place, head=head, temperature=temperature)
    _, logits, weights = read()
    looked, p = weights[head - 1, place - 1], tempered(logits[place - 1], temperature)
    order = np.argsort(-logits[place - 1])[:SHOWN]

    def paint(art: SimpleNamespace) -> None:
        for i in range(WINDOW):
            getattr(art, f"weight{i}").set_height(looked[i])
        art.here.set_data([place - 1], [0.98])
        for i, number in enumerate(order):
            getattr(art, f"p{i}").set_height(p[number])
            getattr(art, f"letter{i}").set_text(named(LETTERS[number]))

    first = named(LETTERS[order[0]])
    alt = (
        f"The first {WINDOW} characters of a text with the weights of head {head} at place {place}, the "
        f"largest {looked.max():.2f}; and bars for the {SHOWN} likeliest next characters at temperature "
        f"{temperature:g}, of which '{first}' has {p[order[0]]:.2f}."
    )
    return Frame(_stage().picture(alt, paint), sentence(place, head, temperature))


CONTROLS = (
    Control("place", "place", PLACES, default=12),
    Control("head", "head", HEADS, default=1),
    Control("temperature", "temperature", TEMPERATURES, default=1.0),
)


def explorer() -> None:
    """Show the explorer in a notebook."""
    explore(frame, CONTROLS)
