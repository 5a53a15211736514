"""What lesson 15 and its explorer share: eight clouds on a ring, two networks that play, and a cliff.

The game is that of Goodfellow and others, "Generative adversarial nets" (2014); the ring is that of Metz and
others, "Unrolled generative adversarial networks" (2017); the cliff is that of Sutton and Barto,
"Reinforcement Learning" (2018), example 6.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from helpers import _inputs
from helpers.nn import Adam, Fleet, LeakyReLU, Linear, ReLU, Sequential
from helpers.nn.activations import sigmoid
from helpers.nn.base import Array, Layer
from helpers.nn.stack import Stack

_ANGLES = 2 * np.pi * np.arange(8) / 8
CENTRES = np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)])
"""The middles of the eight clouds (8, 2), on a circle of radius 1."""
SPREAD = 0.05
"""The standard deviation of a cloud."""


def ring(shape: int | tuple[int, ...], rng: np.random.Generator) -> Array:
    """Points of the eight clouds, each cloud as likely as the others.

    Args:
        shape: how many points; the result has one more axis, of length 2.

    >>> ring((3, 100), np.random.default_rng(0)).shape
    (3, 100, 2)
    """
    middle = CENTRES[rng.integers(8, size=shape)]
    return middle + SPREAD * rng.normal(size=middle.shape)


def covered(points: Array) -> Array:
    """How many of the eight clouds are hit: by at least 2 % of the points, within 0.2 of the middle.

    Args:
        points: (…, n, 2); the result has the shape in front.

    >>> covered(np.array([CENTRES, np.tile(CENTRES[0], (8, 1))]))
    array([8, 1])
    """
    far = np.linalg.norm(np.asarray(points)[..., None, :] - CENTRES, axis=-1)
    return ((far < 4 * SPREAD).mean(axis=-2) >= 0.02).sum(axis=-1)


def network(sizes: Sequence[int], seed: int, between: type[Layer]) -> Sequential:
    """Linear layers of these widths with an activation between them.

    >>> [type(layer).__name__ for layer in network((2, 8, 1), 0, ReLU).layers]
    ['Linear', 'ReLU', 'Linear']
    """
    rng = np.random.default_rng(seed)
    layers: list[Layer] = []
    for n_in, n_out in pairwise(sizes):
        layers += [*([between()] if layers else []), Linear(n_in, n_out, rng=rng)]
    return Sequential(*layers)


class Game:
    """A generator against a discriminator on the ring, once for each seed.

    Args:
        seeds: one game each; all are played at once, as a `Fleet`.
        lr_g, lr_d: the learning rates of the generator and of the discriminator (Adam, β₁ = 0.5).
        at_once: how many points the discriminator sees as one input: 1, or 2 and more side by side, which
            must divide `batch_size` (Lin and others, "PacGAN", 2018).

    Raises:
        ValueError: when `at_once` does not divide `batch_size`.

    >>> game = Game([0, 1], lr_g=0.001, lr_d=0.004)
    >>> game.step()
    >>> game.made(100).shape
    (2, 100, 2)
    """

    def __init__(
        self, seeds: Sequence[int], lr_g: float, lr_d: float, at_once: int = 1, batch_size: int = 64
    ) -> None:
        _inputs.whole_number(at_once, "at_once", 1)
        if batch_size % at_once:
            raise ValueError(f"at_once must divide batch_size = {batch_size}, got {at_once}")
        self.seeds, self.at_once, self.batch_size = list(seeds), at_once, batch_size
        self.G = Fleet([network((2, 32, 32, 2), seed, ReLU) for seed in seeds])
        self.D = Fleet([network((2 * at_once, 32, 32, 1), 1000 + seed, LeakyReLU) for seed in seeds])
        self.improve_G = Adam(self.G, lr=lr_g, betas=(0.5, 0.999))
        self.improve_D = Adam(self.D, lr=lr_d, betas=(0.5, 0.999))
        self.rng = np.random.default_rng(self.seeds)

    def made(self, n: int, rng: np.random.Generator | None = None) -> Array:
        """n points of each generator (K, n, 2), from noise z of two numbers each."""
        z = (rng or self.rng).normal(size=(len(self.seeds), n, 2))
        return np.asarray(self.G.forward(z.view(Stack)))

    def judged(self, points: Array) -> Array:
        """The discriminator's p that points (K, n, 2) are real: (K, n / at_once, 1)."""
        groups = points.reshape(len(self.seeds), -1, 2 * self.at_once)
        return np.asarray(sigmoid(self.D.forward(groups.view(Stack))))

    def step(self) -> None:
        """One step of the discriminator, then one of the generator."""
        K, n = len(self.seeds), self.batch_size
        inputs = n // self.at_once  # of the discriminator, real ones and made ones
        p = self.judged(np.concatenate([ring((K, n), self.rng), self.made(n)], axis=1))
        truth = np.zeros_like(p)
        truth[:, :inputs] = 1  # the real ones come first
        self.D.backward(((p - truth) / inputs).view(Stack))
        self.improve_D.step()

        p = self.judged(self.made(n))
        d_points = self.D.backward(((p - 1) / inputs).view(Stack))  # as if they were real
        self.G.backward(np.asarray(d_points).reshape(K, n, 2).view(Stack))
        self.improve_G.step()


ROWS, COLUMNS = 4, 12
START, GOAL = (3, 0), (3, 11)
MOVES = {"up": (-1, 0), "right": (0, 1), "down": (1, 0), "left": (0, -1)}
"""The four actions, and how they change row and column; the rows are counted from the top."""


def walk(state: tuple[int, int], action: int) -> tuple[tuple[int, int], int]:
    """One move on the cliff: the next state (row, column) and the reward.

    A move costs 1; at the wall you stay where you are. The lowest row between start and goal is the cliff:
    who steps there falls, which costs 100, and is back at the start.

    >>> walk((3, 0), 0), walk((3, 0), 1)
    (((2, 0), -1), ((3, 0), -100))
    """
    down, right = list(MOVES.values())[action]
    row = min(max(state[0] + down, 0), ROWS - 1)
    column = min(max(state[1] + right, 0), COLUMNS - 1)
    if row == ROWS - 1 and 0 < column < COLUMNS - 1:
        return START, -100
    return (row, column), -1
