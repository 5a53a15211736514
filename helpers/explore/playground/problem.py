"""What the playground learns from: the data of a setting, split in two, and the map on which it is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from helpers import data, splits
from helpers.explore.playground.settings import SAMPLES, Settings, validation_size
from helpers.features import PCA, StandardScaler

GRID = 100
"""The map has GRID × GRID places; a regression has as many places along its one axis."""

RECIPES: dict[str, Any] = {
    "moons": data.two_moons,
    "circle": data.circle,
    "xor": data.xor,
    "spiral": data.spiral,
    "blobs": data.blobs,
}
LINE = (0.0, 0.8)
NOISE_SCALE = {"spiral": 0.25, "xor": 0.5, "circle": 0.7}
"""How much of the noise a data set takes: what blurs two moons would wipe out a spiral."""

COLUMNS = {
    "x1": lambda X: X[:, 0],
    "x2": lambda X: X[:, 1],
    "x1²": lambda X: X[:, 0] ** 2,
    "x2²": lambda X: X[:, 1] ** 2,
    "x1·x2": lambda X: X[:, 0] * X[:, 1],
    "sin πx1": lambda X: np.sin(np.pi * X[:, 0]),
    "sin πx2": lambda X: np.sin(np.pi * X[:, 1]),
}


@dataclass(frozen=True, eq=False)
class Problem:
    """The data of one setting. `train` and `validation` are row numbers; `X` (n, features) are the inputs.

    `points` (n, 2) are the places on the map (for a regression x and y), `targets` what the loss compares
    with, `grid` (places, features) the inputs of every place of the map, row by row from the top;
    `extent` (left, right, bottom, top). `rng` stands where the data end: the network is drawn from here.
    """

    points: np.ndarray
    X: np.ndarray
    y: np.ndarray
    targets: np.ndarray
    train: np.ndarray
    validation: np.ndarray
    extent: tuple[float, float, float, float]
    grid: np.ndarray = field(repr=False)
    rng_state: Any = field(repr=False)
    num_classes: int = 0
    outputs: int = 1

    def inputs_at(self, size: int, features: tuple[str, ...]) -> np.ndarray:
        """The inputs (size · size, features), in float32, of the places of a smaller map, row by row.

        A regression has one input only: its map is the same in every row.
        """
        if self.num_classes:
            return columns(places(self.extent, size=size), features).astype(np.float32)
        along = columns(places(self.extent, line=True, size=size), features)
        return np.tile(along, (size, 1)).astype(np.float32)

    def on_map(self, points: np.ndarray | None = None) -> np.ndarray:
        """Where points (n, 2), by default those of the data, lie on the map: from the left and from the top.

        In shares of the map's side, so 0 to 1.

        >>> shares = problem(Settings()).on_map()
        >>> shares.shape, bool((shares > 0).all() and (shares < 1).all())
        ((256, 2), True)
        """
        left, right, bottom, top = self.extent
        points = self.points if points is None else points
        return np.column_stack(
            [(points[:, 0] - left) / (right - left), (top - points[:, 1]) / (top - bottom)]
        )

    def rng(self) -> np.random.Generator:
        """A generator that goes on where the data and the split stopped."""
        rng = np.random.default_rng()
        rng.bit_generator.state = self.rng_state
        return rng


def problem(settings: Settings) -> Problem:
    """The data for these settings; the same object for settings that differ only in the network.

    >>> two = problem(Settings(train_share=0.25))
    >>> two.X.shape, len(two.train), two.grid.shape
    ((256, 2), 64, (10000, 2))
    """
    return _problem(
        settings.data,
        float(settings.noise),
        float(settings.train_share),
        settings.used_features,
        settings.loss == "cross-entropy",
        settings.seed,
    )


@lru_cache(maxsize=32)
def _problem(
    name: str, noise: float, share: float, features: tuple[str, ...], by_label: bool, seed: int
) -> Problem:
    rng = np.random.default_rng(seed)
    X, y = draw(name, noise, rng)
    train, validation = splits.holdout(len(X), validation_size(share), rng)
    if name == "digits":
        X = two_components(X, train)
    points = np.column_stack([X[:, 0], y]) if name == "line" else X
    extent = around(points, square=name != "line")
    grid = places(extent, line=name == "line")
    num_classes = 0 if name == "line" else int(y.max()) + 1
    return Problem(
        points=points,
        X=columns(X, features),
        y=y,
        targets=targets(y, num_classes, by_label),
        train=train,
        validation=validation,
        extent=extent,
        grid=np.asfortranarray(columns(grid, features).astype(np.float32)),
        rng_state=rng.bit_generator.state,
        num_classes=num_classes,
        outputs=num_classes if num_classes > 2 else 1,
    )


def draw(name: str, noise: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """SAMPLES points and their classes (for "line": one input and a number)."""
    if name == "line":
        return data.noisy_polynomial(SAMPLES, noise=noise, coefficients=LINE, rng=rng)
    if name == "digits":
        X, y = data.load_digits()
        rows = rng.choice(len(X), size=SAMPLES, replace=False)
        return X[rows] + 16 * noise * rng.normal(size=(SAMPLES, 64)), y[rows]
    return RECIPES[name](SAMPLES, noise=round(noise * NOISE_SCALE.get(name, 1), 6), rng=rng)


def two_components(X: np.ndarray, train: np.ndarray) -> np.ndarray:
    """64 pixels as two numbers: principal components of the training rows, scaled by the training rows."""
    Z = PCA(2).fit(X[train]).transform(X)
    return StandardScaler().fit(Z[train]).transform(Z)


def columns(X: np.ndarray, features: tuple[str, ...]) -> np.ndarray:
    """The features, side by side: (n, number of features)."""
    return np.column_stack([COLUMNS[name](X) for name in features])


def targets(y: np.ndarray, num_classes: int, by_label: bool) -> np.ndarray:
    """What the loss compares the outputs with: labels for the cross-entropy, else −1 and 1, or numbers."""
    if not num_classes:
        return y[:, None]
    if num_classes == 2:
        return y[:, None] * 1.0 if by_label else 2.0 * y[:, None] - 1
    return y if by_label else 2.0 * np.eye(num_classes)[y] - 1


def around(points: np.ndarray, square: bool) -> tuple[float, float, float, float]:
    """The part of the plane to be drawn: all points and a margin, equally scaled where it is a map."""
    low, high = points.min(axis=0), points.max(axis=0)
    middle, half = (low + high) / 2, (high - low) / 2 * 1.08 + 1e-9
    if square:
        half[:] = half.max()
    return (
        float(middle[0] - half[0]),
        float(middle[0] + half[0]),
        float(middle[1] - half[1]),
        float(middle[1] + half[1]),
    )


def places(extent: tuple[float, float, float, float], line: bool = False, size: int = GRID) -> np.ndarray:
    """The size × size places of the map, row by row from the top; for a line, those along x."""
    left, right, bottom, top = extent
    if line:
        return np.linspace(left, right, size)[:, None]
    centres = (np.arange(size) + 0.5) / size
    x, y = left + centres * (right - left), top - centres * (top - bottom)
    return np.column_stack([np.tile(x, size), np.repeat(y, size)])
