"""A polynomial through noisy points: degree, number of points and a penalty, and the two parts of its error.

The truth is sin(1.5 π x) on -1..1, seen at n places side by side with noise of standard deviation 0.3. The
fit is least squares with λ Σ w² added, ridge regression (Hoerl and Kennard, 1970). Such a fit is linear in y,
so bias and variance over all samples that could have been drawn need no sampling: they are two lines of
algebra.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from helpers.explore.base import Control, Frame, Stage, within
from helpers.explore.view import explore
from helpers.figures import COLORS, subplots

NOISE = 0.3
DEGREES = tuple(range(15))
POINTS = (10, 15, 20, 30, 50, 100)
PENALTIES = (0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
GRID = np.linspace(-0.95, 0.95, 191)
"""Where the error on new points is measured."""
GOOD = NOISE**2 / 2
"""A fit is good when bias² and variance together are at most half of the noise."""
LOWEST, HIGHEST = 1e-4, 10.0


def truth(x: np.ndarray) -> np.ndarray:
    """The curve from which the points are drawn, without their noise."""
    return np.sin(1.5 * np.pi * x)


def powers(x: np.ndarray, degree: int) -> np.ndarray:
    """The columns 1, x, …, x^degree.

    >>> powers(np.array([2.0, 3.0]), 2)
    array([[1., 2., 4.],
           [1., 3., 9.]])
    """
    return np.vander(x, degree + 1, increasing=True)


def fitting_matrix(x: np.ndarray, degree: int, penalty: float) -> np.ndarray:
    """The matrix A (degree + 1, n) that makes coefficients of targets: w = A y.

    Args:
        x: places (n,).
        penalty: λ in Σ(y - ŷ)² + λ Σ w²; 0 is least squares, and its shortest w if many fit.

    >>> A = fitting_matrix(np.array([0.0, 1.0, 2.0]), 1, 0.0)
    >>> (A @ [1.0, 3.0, 5.0]).round(6)
    array([1., 2.])
    """
    H = powers(x, degree)
    if penalty == 0:
        return np.linalg.pinv(H)
    return np.linalg.solve(H.T @ H + penalty * np.eye(degree + 1), H.T)


@dataclass(frozen=True)
class Parts:
    """The mean squared error on the points of the fit, and the parts of that on new ones, over all draws."""

    training: float
    bias: float
    variance: float

    @property
    def kind(self) -> str:
        """Good, or what most of the error is."""
        if self.bias + self.variance <= GOOD:
            return "A good fit"
        return "Underfitting" if self.bias > self.variance else "Overfitting"


@lru_cache(maxsize=1000)
def parts(degree: int, n: int, penalty: float) -> Parts:
    """Training error, bias² and variance of the fit, exactly.

    >>> parts(1, 20, 0.0).kind, parts(5, 20, 0.0).kind, parts(14, 15, 0.0).kind
    ('Underfitting', 'A good fit', 'Overfitting')
    """
    x = np.linspace(-1, 1, n)
    A = fitting_matrix(x, degree, penalty)
    on_grid, left = powers(GRID, degree) @ A, np.eye(n) - powers(x, degree) @ A
    return Parts(
        training=float(np.mean((left @ truth(x)) ** 2) + NOISE**2 * np.sum(left**2) / n),
        bias=float(np.mean((on_grid @ truth(x) - truth(GRID)) ** 2)),
        variance=float(NOISE**2 * np.mean(np.sum(on_grid**2, axis=1))),
    )


def sentence(degree: int, n: int, penalty: float) -> str:
    """Which part of the error is the larger one, in plain words.

    >>> sentence(1, 20, 0.0).split(":")[0]
    'Underfitting'
    """
    of = parts(degree, n, penalty)
    new = of.bias + of.variance + NOISE**2
    return (
        f"{of.kind}: over all draws of {n} points the error is {of.training:.3f} on these points and "
        f"{new:.3f} on new ones, which is bias² {of.bias:.3f}, variance {of.variance:.3f} and noise "
        f"{NOISE**2:.2f}."
    )


@lru_cache(maxsize=1)
def _stage() -> Stage:
    """The figure without anything in it, and the artists that each frame fills in."""
    fig, (left, right) = subplots(ncols=2, width=7.8, height=3.7, width_ratios=(1.25, 1))
    left.plot(GRID, truth(GRID), color=COLORS["grey"], linestyle="--", linewidth=1.4, label="truth")
    left.set(xlim=(-1.05, 1.05), ylim=(-2.4, 2.9), xticks=(-1, -0.5, 0, 0.5, 1), xlabel="x", ylabel="y")
    art = SimpleNamespace()
    (art.points,) = left.plot([], [], "o", color=COLORS["blue"], markersize=4.5)
    (art.fit,) = left.plot([], [], color=COLORS["ink"], label="fit")
    left.legend(loc="upper right", ncols=2, fontsize=9)
    right.set(yscale="log", xlim=(-0.5, 14.5), ylim=(LOWEST, HIGHEST), xlabel="degree")
    right.set_xticks(range(0, 15, 2))
    right.set_title("parts of the error on new points")
    looks = {"bias": ("blue", "-", "bias²"), "variance": ("red", (0, (5, 2)), "variance")}
    for name, (color, dash, label) in looks.items():
        (line,) = right.plot([], [], color=COLORS[color], linestyle=dash, label=label)
        (dot,) = right.plot([], [], "o", color=COLORS[color], markersize=8)
        setattr(art, name, line)
        setattr(art, f"{name}_here", dot)
    right.legend(loc="upper center", ncols=2, fontsize=9)
    return Stage(fig, art)


def frame(degree: int, n: int, penalty: float) -> Frame:
    """One draw of points with its fit, beside bias² and variance for every degree.

    Args:
        degree: of the polynomial, one of `DEGREES`.
        n: how many points, one of `POINTS`.
        penalty: λ, one of `PENALTIES`.

    Raises:
        ValueError: when a value is not one of its slider's.

    >>> frame(degree=14, n=15, penalty=0.0).sentence.split(":")[0]
    'Overfitting'
    """
    within(CONTROLS, degree=degree, n=n, penalty=penalty)
    x = np.linspace(-1, 1, n)
    y = truth(x) + NOISE * np.random.default_rng(3).normal(size=n)
    wide = np.linspace(-1, 1, 401)
    fit = powers(wide, degree) @ (fitting_matrix(x, degree, penalty) @ y)
    all_parts = [parts(d, n, penalty) for d in DEGREES]

    def paint(art: SimpleNamespace) -> None:
        art.points.set_data(x, y)
        art.fit.set_data(wide, np.clip(fit, -9, 9))
        for name in ("bias", "variance"):
            values = np.clip([getattr(one, name) for one in all_parts], LOWEST, HIGHEST)
            getattr(art, name).set_data(DEGREES, values)
            getattr(art, f"{name}_here").set_data([degree], [values[degree]])

    of = all_parts[degree]
    alt = (
        f"{n} noisy points on a wave and a polynomial of degree {degree}, λ = {penalty:g}. Beside it bias² "
        f"and variance by degree, on a logarithmic scale; at degree {degree} they are {of.bias:.3f} and "
        f"{of.variance:.3f}."
    )
    return Frame(_stage().picture(alt, paint), sentence(degree, n, penalty))


CONTROLS = (
    Control("degree", "degree", DEGREES, default=12),
    Control("n", "points", POINTS, default=15),
    Control("penalty", "penalty λ", PENALTIES, default=0.0),
)


def explorer() -> None:
    """Show the explorer in a notebook."""
    explore(frame, CONTROLS)
