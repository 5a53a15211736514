"""The game of two networks on a ring of eight clouds, step by step, for several ratios of their rates.

All ratios are played at once, from one start, the first time that a picture is asked for; what the two
networks were like every 50 steps is kept.
"""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from helpers.explore.base import Control, Frame, Stage, within
from helpers.explore.view import explore
from helpers.figures import COLORS, subplots
from helpers.generative_and_meta import Game, covered, ring

RATIOS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""How many times as large the generator's learning rate is as the discriminator's; their product stays."""
RATE = 0.002
STEPS = tuple(range(0, 601, 50))
EDGE = 1.6
_SIDE = np.linspace(-EDGE, EDGE, 41)
GRID = np.stack(np.meshgrid(_SIDE, _SIDE), axis=-1).reshape(-1, 2)


@lru_cache(maxsize=1)
def played() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What was kept: made points, what the discriminator believes on the grid, how many clouds are hit.

    Shapes (steps, ratios, 400, 2), (steps, ratios, 41, 41) and (steps, ratios).
    """
    ratios = np.array(RATIOS)
    game = Game([0] * len(RATIOS), lr_g=RATE * np.sqrt(ratios), lr_d=RATE / np.sqrt(ratios))
    points, beliefs, hits = [], [], []
    for step in range(STEPS[-1] + 1):
        if step in STEPS:
            made = game.made(1000, np.random.default_rng(1))
            seen = game.judged(np.broadcast_to(GRID, (len(RATIOS), *GRID.shape)))
            points.append(made[:, :400])
            beliefs.append(seen.reshape(len(RATIOS), len(_SIDE), len(_SIDE)))
            hits.append(covered(made))
        game.step()
    return np.array(points), np.array(beliefs), np.array(hits)


def in_words(ratio: float) -> str:
    """Which of the two learns faster.

    >>> in_words(0.25), in_words(1.0), in_words(2.0)
    ('the discriminator 4 times as fast', 'both equally fast', 'the generator 2 times as fast')
    """
    if ratio == 1:
        return "both equally fast"
    who = "generator" if ratio > 1 else "discriminator"
    return f"the {who} {max(ratio, 1 / ratio):g} times as fast"


def sentence(step: int, ratio: float, hit: int) -> str:
    """How far the generator has come.

    >>> sentence(600, 4.0, 1)
    'The generator 4 times as fast, after 600 steps: made points lie on 1 of the 8 clouds.'
    """
    words = in_words(ratio)
    return (
        f"{words[0].upper()}{words[1:]}, after {step} steps: made points lie on {hit or 'none'} of the 8 "
        "clouds."
    )


@lru_cache(maxsize=1)
def _stage() -> Stage:
    """The figure without anything in it, and the artists that each frame fills in."""
    fig, (left, right) = subplots(ncols=2, width=7.8, height=3.7, width_ratios=(1.1, 1))
    art = SimpleNamespace()
    art.belief = left.imshow(
        np.zeros((41, 41)),
        extent=(-EDGE, EDGE) * 2,
        origin="lower",
        cmap="Greys",
        vmin=0,
        vmax=1.6,
        alpha=0.9,
    )
    art.real = left.scatter(*ring(300, np.random.default_rng(0)).T, s=6, color=COLORS["orange"], label="real")
    (art.made,) = left.plot([], [], ".", color=COLORS["blue"], markersize=4, alpha=0.7, label="made")
    left.set(xlim=(-EDGE, EDGE), ylim=(-EDGE, EDGE), xticks=[], yticks=[])
    left.set_title("darker: taken for real")
    left.legend(
        loc="upper center", bbox_to_anchor=(0.5, 0), ncols=2, fontsize=9, markerscale=2, frameon=False
    )
    (art.hits,) = right.plot([], [], color=COLORS["ink"])
    (art.here,) = right.plot([], [], "o", color=COLORS["red"], markersize=8)
    right.set(xlim=(-20, STEPS[-1] + 20), ylim=(-0.4, 8.4), xlabel="step", ylabel="clouds covered")
    return Stage(fig, art)


def frame(step: int, ratio: float) -> Frame:
    """Real and made points over what the discriminator takes for real, and the clouds covered so far.

    Args:
        step: steps of both networks so far, one of `STEPS`.
        ratio: the generator's learning rate divided by the discriminator's, one of `RATIOS`.

    Raises:
        ValueError: when a value is not one of its slider's.

    >>> frame(step=0, ratio=1.0).sentence
    'Both equally fast, after 0 steps: made points lie on none of the 8 clouds.'
    """
    within(CONTROLS, step=step, ratio=ratio)
    points, beliefs, hits = played()
    t, r = STEPS.index(step), RATIOS.index(ratio)

    def paint(art: SimpleNamespace) -> None:
        art.belief.set_data(beliefs[t, r])
        art.made.set_data(*points[t, r].T)
        art.hits.set_data(STEPS[: t + 1], hits[: t + 1, r])
        art.here.set_data([step], [hits[t, r]])

    hit = int(hits[t, r])
    alt = (
        f"Eight real clouds on a ring, and the points of a generator after {step} steps, "
        f"{in_words(ratio)}; {hit} of the clouds are covered. Beside it the clouds covered by step."
    )
    return Frame(_stage().picture(alt, paint), sentence(step, ratio, hit))


CONTROLS = (
    Control("step", "step", STEPS, default=600),
    Control("ratio", "generator's rate / discriminator's", RATIOS, default=0.25),
)


def explorer() -> None:
    """Show the explorer in a notebook."""
    explore(frame, CONTROLS)
