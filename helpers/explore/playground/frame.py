"""The playground at rest, for a saved notebook: network, map and curves as a PNG that every reader shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.explore.base import Frame
from helpers.explore.playground import shades, words
from helpers.explore.playground.problem import GRID
from helpers.explore.playground.settings import FEATURES
from helpers.figures import COLORS, Picture, png
from helpers.figures.style import PIXELS_PER_INCH, TRAIN, VALIDATION

if TYPE_CHECKING:
    from helpers.explore.playground.session import Session

WIDTH, HEIGHT = 860, 380
NETWORK = (52, 40, 300, 300)
MAP = (404, 40, 240, 240)
LOSS = (702, 44, 146, 108)
SCORE = (702, 218, 146, 108)
"""Left, top, width and height of the parts, in pixels."""
INK, GREY = COLORS["ink"], "#595959"
SHOWN = 8
SIZE = 26


def draw(session: Session) -> Frame:
    """The picture of a session at this moment, with what it shows and what is happening in words."""
    from helpers.figures import subplots

    fig, ax = subplots(width=WIDTH / PIXELS_PER_INCH, height=HEIGHT / PIXELS_PER_INCH)
    fig.set_layout_engine("none")
    ax.set_position((0, 0, 1, 1))
    ax.set_axis_off()
    ax.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0))
    draw_network(ax, session)
    (draw_function if session.settings.regression else draw_map)(axes(fig, MAP), session)
    draw_loss(axes(fig, LOSS), session)
    draw_score(axes(fig, SCORE), session)
    return Frame(Picture(png(fig), alt(session), WIDTH), words.sentence(session))


def alt(session: Session) -> str:
    """What the picture shows."""
    now, settings = session.now(), session.settings
    count = settings.hidden_layers
    layers = f"{count} hidden layer{'s' * (count > 1)} of {settings.units} {settings.activation} units"
    seen = f"What the network answers at each place of the plane, for the data “{settings.data}”"
    if settings.regression:
        seen = f"The line that the network draws through the data “{settings.data}”"
    score = "R²" if settings.regression else "accuracy"
    return (
        f"{seen}, after {words.steps(session.steps)} with learning rate {settings.lr:g} and batches of "
        f"{settings.batch_size} ({layers if count else 'no hidden layers'}). Beside it the network with what "
        f"each unit computes, and the curves of loss and {score}: training loss {short(now.train_loss)} and "
        f"{score} {words.level(session, now.train_score)}, validation loss {short(now.validation_loss)} and "
        f"{score} {words.level(session, now.validation_score)}."
    )


def short(value: float) -> str:
    """A loss for a label: ∞ where it is beyond all numbers.

    >>> short(0.6931), short(float("inf")), short(float("nan"))
    ('0.69', '∞', '∞')
    """
    return words.brief(value) if math.isfinite(value) else "∞"


def spoken_loss(session: Session, value: float) -> str:
    return short(value)


def axes(fig: Any, place: tuple[int, int, int, int]) -> Any:
    """Axes at a place in pixels."""
    left, top, width, height = place
    return fig.add_axes((left / WIDTH, 1 - (top + height) / HEIGHT, width / WIDTH, height / HEIGHT), zorder=2)


# The network -------------------------------------------------------------------------------------------


def draw_network(ax: Any, session: Session) -> None:
    """Inputs, units as small pictures of what they say, and links as wide as their weights."""
    settings = session.settings
    maps = [shades.feature_maps(session.problem)[[FEATURES.index(name) for name in settings.used_features]]]
    maps += shades.unit_maps(session)[0]
    shown = [one[: len(one) if i == len(maps) - 1 else SHOWN] for i, one in enumerate(maps)]
    places = [spread(i, len(shown), len(one)) for i, one in enumerate(shown)]
    draw_links(ax, session, places)
    colours = shades.palette(2)
    for i, (column, at) in enumerate(zip(shown, places, strict=True)):
        for number, (picture, (x, y)) in enumerate(zip(column, at, strict=True)):
            half = unit_size(len(at)) / 2
            edges = (x - half, x + half, y + half, y - half)
            ax.imshow(colours[picture], extent=edges, interpolation="bilinear", zorder=2, aspect="auto")
            if i == 0:
                ax.text(x - half - 4, y, settings.used_features[number], ha="right", va="center", size=7.5)
        title(ax, i, places, len(maps[i]) - len(column))
    ax.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0))


def title(ax: Any, i: int, places: list[np.ndarray], more: int) -> None:
    x, last = places[i][0, 0], i == len(places) - 1
    name = "inputs" if i == 0 else "output" if last else f"layer {i}"
    ax.text(x, 20, name, ha="center", va="baseline", size=8, color=GREY)
    if more > 0:
        ax.text(x, NETWORK[1] + NETWORK[3] + 14, f"+{more} more", ha="center", size=7.5, color=GREY)


def unit_size(count: int) -> float:
    return min(SIZE, 0.86 * NETWORK[3] / max(count, 1))


def spread(column: int, columns: int, count: int) -> np.ndarray:
    """The middles of the units of a column (count, 2)."""
    left, top, width, height = NETWORK
    x = left + SIZE / 2 + (width - SIZE) * column / max(columns - 1, 1)
    pitch = min(height / max(count, 1), 37)
    y = top + height / 2 + pitch * (np.arange(count) - (count - 1) / 2)
    return np.column_stack([np.full(count, x), y])


def draw_links(ax: Any, session: Session, places: list[np.ndarray]) -> None:
    """A line for each weight: positive ones red and solid, negative ones blue and dashed."""
    from matplotlib.collections import LineCollection

    weights = [np.nan_to_num(W, posinf=0, neginf=0) for W in session.weights()]
    most = max(1.0, *(float(np.abs(W).max()) for W in weights))
    for W, before, after in zip(weights, places[:-1], places[1:], strict=True):
        ends = [(i, j) for i in range(len(before)) for j in range(len(after))]
        for colour, style, sign in (("red", "-", 1), ("blue", (0, (3, 1.5)), -1)):
            chosen = [(i, j) for i, j in ends if sign * W[i, j] > 0]
            lines = [(before[i], after[j]) for i, j in chosen]
            widths = [0.3 + 3.2 * abs(W[i, j]) / most for i, j in chosen]
            options: Any = {"linewidths": widths, "linestyles": [style], "alpha": 0.75, "zorder": 1}
            ax.add_collection(LineCollection(lines, colors=COLORS[colour], **options), autolim=False)


# The map -----------------------------------------------------------------------------------------------


def draw_map(ax: Any, session: Session) -> None:
    """The class of each place as a colour, the border between the classes, and the points."""
    problem, outputs = session.problem, shades.sane(session.predict_grid())
    left, right, bottom, top = problem.extent
    index, margins = shades.shades(outputs, session.settings.loss == "cross-entropy")
    colours = shades.palette(max(problem.num_classes, 2))[index]
    ax.imshow(colours, extent=problem.extent, interpolation="bilinear", aspect="auto")
    for line in shades.borders(margins):
        ax.plot(left + line[:, 0] * (right - left), top - line[:, 1] * (top - bottom), color=INK, lw=0.9)
    draw_points(ax, session)
    if problem.num_classes > 3:
        for name, (x, y) in enumerate(shades.class_places(problem)):
            place = (left + x * (right - left), top - y * (top - bottom))
            named(ax, *place, str(name), size=12, weight="bold", ha="center", va="center")
    ax.set(xlim=(left, right), ylim=(bottom, top), xlabel="x1", ylabel="x2")
    ax.grid(visible=False)
    dress(ax, f"after {words.steps(session.steps)}")


def draw_points(ax: Any, session: Session) -> None:
    """Discs to train on, rings to validate with, in the colours of the classes."""
    problem = session.problem
    classes = problem.y if problem.num_classes else np.zeros(len(problem.y), int)
    for k in range(max(problem.num_classes, 1)):
        colour = shades.CLASS_COLOURS[k]
        for rows, face, size in ((problem.train, colour, 4.2), (problem.validation, "none", 4.6)):
            at = problem.points[rows[classes[rows] == k]]
            rim = "#FFFFFF" if face == colour else colour
            ax.plot(*at.T, "o", ms=size, mfc=face, mec=rim, mew=0.5 if face == colour else 1.1)
    handles = [("o", GREY, "training"), ("o", "none", "validation")]
    for shape, face, name in handles:
        ax.plot([], [], shape, ms=4.6, mfc=face, mec=GREY, mew=1.1, label=f"{name} point")
    ax.legend(
        loc="upper left",
        bbox_to_anchor=(-0.06, -0.16),
        ncols=2,
        fontsize=7.5,
        handletextpad=0.2,
        columnspacing=1,
        borderpad=0,
    )


def draw_function(ax: Any, session: Session) -> None:
    """A regression: the points, and the line that the network draws through them."""
    left, right, low, high = session.problem.extent
    draw_points(ax, session)
    y = shades.sane(session.predict_grid())[:, 0]
    ax.plot(np.linspace(left, right, GRID), y, color=COLORS["red"], lw=2.2)
    ax.set(xlim=(left, right), ylim=(low, high), xlabel="x1", ylabel="y")
    dress(ax, f"after {words.steps(session.steps)}")


# The curves --------------------------------------------------------------------------------------------


def draw_loss(ax: Any, session: Session) -> None:
    """Training and validation loss on a logarithmic scale; what is no number lies above it, as ∞."""
    values = two_curves(ax, session, "train_loss", "validation_loss", spoken_loss)
    finite = values[np.isfinite(values) & (values > 0)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.1, 1.0)
    low, high = max(low, 1e-6), min(high, 1e6)
    ax.set(yscale="log", ylim=(10 ** math.floor(math.log10(low)), 10 ** (math.floor(math.log10(high)) + 1)))
    ax.minorticks_off()
    ax.yaxis.set_major_formatter("{x:g}")
    dress(ax, "loss")


def draw_score(ax: Any, session: Session) -> None:
    """Accuracy from 0 to 100 % with a line for chance, or R² of both parts."""
    two_curves(ax, session, "train_score", "validation_score", words.level)
    regression = session.settings.regression
    if regression:
        ax.set(ylim=(-0.05, 1.05))
    else:
        ax.axhline(1 / session.problem.num_classes, color=GREY, lw=0.9, ls=(0, (1, 2)))
        ax.set(ylim=(-0.02, 1.02), yticks=[0, 0.5, 1], yticklabels=["0 %", "50 %", "100 %"])
    ax.set(xlabel="step")
    dress(ax, "R²" if regression else "accuracy")


def two_curves(ax: Any, session: Session, train: str, validation: str, named_by: Any) -> np.ndarray:
    """Both curves and, under them, their names and last values."""
    now = session.now()
    records = [*session.records, now]
    steps = [one.step for one in records]
    values = np.array([[getattr(one, name) for one in records] for name in (train, validation)])
    for style, row in ((TRAIN, values[0]), (VALIDATION, values[1])):
        ax.plot(steps, row, lw=1.6, **style)
    ax.set_xlim(0, max(steps[-1], 1))
    names = [f"training {named_by(session, values[0][-1])}", f"validation {named_by(session, values[1][-1])}"]
    for place, name, style in zip((1.14, 1.03), names, (TRAIN, VALIDATION), strict=True):
        options: Any = {"transform": ax.transAxes, "size": 7, "color": style["color"]}
        ax.text(1, place, name, ha="right", va="baseline", **options)
    return values


def dress(ax: Any, name: str) -> None:
    """The title and small letters on the axes."""
    ax.set_title(name, fontsize=8.5, pad=6)
    ax.tick_params(labelsize=7, length=2)
    ax.xaxis.label.set_size(7.5)
    ax.yaxis.label.set_size(7.5)


def named(ax: Any, x: float, y: float, text: str, **options: Any) -> None:
    """A word with white around it."""
    from matplotlib.patheffects import withStroke

    ax.text(x, y, text, path_effects=[withStroke(linewidth=2.4, foreground="white")], **options)
