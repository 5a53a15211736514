"""One picture of the playground: the map, the two curves, the layers."""

from __future__ import annotations

import base64
import html
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.explore.base import Frame
from helpers.explore.playground import words
from helpers.explore.playground.drawing import Dots, Drawing
from helpers.explore.playground.problem import GRID, Problem
from helpers.figures import COLORS, Picture, png

if TYPE_CHECKING:
    from helpers.explore.playground.session import Scores, Session

WIDTH, HEIGHT = 860, 366
MAP = (12, 30, 306)
"""Left, top and size of the map."""
LOSS = (384, 46, 232, 112)
SCORE = (384, 220, 232, 116)
LAYERS = (660, 30, 188, 306)
"""Left, top, width and height of the other parts."""
INK, GREY, LIGHT = COLORS["ink"], "#666666", COLORS["light"]
TRAIN, VALIDATION = INK, COLORS["purple"]
CLASS_COLOURS = (
    *(COLORS[name] for name in ("blue", "red", "green", "purple", "orange", "sky")),
    "#8C6D31",
    "#5254A3",
    "#A5A500",
    "#767676",
)
LEVELS = 24
"""Shades of one class, from undecided to sure."""
PANELS = ("weights", "gradients")


@dataclass(frozen=True)
class PlaygroundFrame:
    """A drawing, what it shows in words, and the sentence that says what is happening."""

    drawing: Drawing
    alt: str
    sentence: str

    def html(self) -> str:
        """Picture and sentence for the notebook, as an SVG: made in a hurry, and sharp at any zoom."""
        encoded = base64.b64encode(self.drawing.svg().encode()).decode("ascii")
        return (
            f'<img alt="{html.escape(self.alt)}" width="{self.drawing.width}" height="{self.drawing.height}" '
            'decoding="sync" style="max-width: 100%; height: auto; border-radius: 6px;" '
            f'src="data:image/svg+xml;base64,{encoded}">\n{paragraph(self.sentence)}'
        )

    def still(self) -> Still:
        """The same as a PNG, which is shown wherever notebooks are shown; it takes a quarter of a second."""
        return Still(Picture(png(self.drawing.figure()), self.alt, self.drawing.width), self.sentence)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": f"{self.alt}\n{self.sentence}"}


class Still(Frame):
    """A frame at rest; its sentence stands where that of the frames in motion will stand."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": f"{self.picture.html()}\n{paragraph(self.sentence)}", "text/plain": repr(self)}


def paragraph(sentence: str) -> str:
    """The sentence as it stands under the picture; two lines high, so that nothing below it jumps."""
    return (
        f'<p style="margin: 8px 0 10px; padding-left: 12px; border-left: 4px solid {COLORS["blue"]}; '
        f'max-width: {WIDTH - 16}px; min-height: 3em;">{html.escape(sentence)}</p>'
    )


def draw(session: Session, panel: str = "weights", sentence: str | None = None) -> PlaygroundFrame:
    """The frame of a session; `sentence` keeps the words of an earlier frame, which saves their time."""
    if panel not in PANELS:
        raise ValueError(f'panel is "weights" or "gradients", got {panel!r}.')
    drawing = Drawing(WIDTH, HEIGHT)
    now = session.now()
    if session.settings.regression:
        draw_function(drawing, session)
    else:
        draw_map(drawing, session)
    records = session.records if session.records[-1].step == now.step else [*session.records, now]
    draw_loss(drawing, records)
    draw_score(drawing, records, session)
    (draw_weights if panel == "weights" else draw_gradients)(drawing, session)
    said = words.sentence(session) if sentence is None else sentence
    return PlaygroundFrame(drawing, words.alt(session, panel), said)


# The map ----------------------------------------------------------------------------------------------


def draw_map(drawing: Drawing, session: Session) -> None:
    """The class of each place as a colour, the border between the classes, and the points."""
    left, top, size = MAP
    problem, outputs = session.problem, np.nan_to_num(session.predict_grid()).clip(-1e6, 1e6)
    index, margins = shades(outputs, session.settings.loss == "cross-entropy")
    drawing.text(left, 18, f"after {words.steps(session.steps)}", 12, bold=True)
    drawing.pixels(left, top, size, index, palette(max(problem.num_classes, 2)))
    for margin in margins:
        drawing.lines(borders(margin), INK, 1.2, 0.75)
    for dots, colour, is_training in point_dots(problem):
        drawing.dots(dots, *point_layers(colour, is_training))
    if problem.num_classes > 3:
        for name, (x, y) in enumerate(class_centres(problem)):
            drawing.text(x, y + 6, str(name), 17, "middle", bold=True, halo=True)
    point_legend(drawing)


def point_layers(colour: str, is_training: bool) -> tuple[tuple[str, float], ...]:
    """A disc with a white rim for a training point, a ring for a validation point."""
    disc = (("#FFFFFF", 8.5), (colour, 6.5))
    return disc if is_training else (*disc, ("#FFFFFF", 3.0))


def point_legend(drawing: Drawing) -> None:
    left, top, size = MAP
    y = top + size + 20
    for x, name, ring in ((left + 5, "training point", False), (left + 125, "validation point", True)):
        spot = Dots.at(np.array([x]), np.array([y - 4]))
        drawing.dots(spot, *point_layers(GREY, is_training=not ring))
        drawing.text(x + 10, y, name, 11, colour=GREY)


def shades(outputs: np.ndarray, probabilities: bool) -> tuple[np.ndarray, list[np.ndarray]]:
    """Colour numbers (GRID, GRID) for outputs (places, outputs), and maps that are 0 where a border runs."""
    if outputs.shape[1] == 1:
        z = outputs[:, 0].reshape(GRID, GRID)
        sure = np.tanh(z / 2) if probabilities else np.clip(z, -1, 1)
        index = (sure > 0) * LEVELS + np.minimum(np.abs(sure) * LEVELS, LEVELS - 1).astype(np.int64)
        return index.astype(np.uint8), [z]
    best = outputs.argmax(axis=1)
    two: np.ndarray = np.partition(outputs, -2, axis=1)[:, -2:]
    lead = two[:, 1] - two[:, 0]
    level = np.minimum(np.tanh(lead / 2 if probabilities else lead) * LEVELS, LEVELS - 1)
    index = (best * LEVELS + level.astype(np.int64)).reshape(GRID, GRID).astype(np.uint8)
    first = best.reshape(GRID, GRID)
    return index, [
        np.where(first == k, lead.reshape(GRID, GRID), -lead.reshape(GRID, GRID)) for k in set(best)
    ]


@lru_cache(maxsize=16)
def palette(num_classes: int) -> bytes:
    """LEVELS shades from nearly white to the class's colour, for each class."""
    strength = 0.06 + 0.5 * (np.arange(LEVELS) / (LEVELS - 1))[:, None]
    colours = [np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in CLASS_COLOURS[:num_classes]]
    rows = [255 + strength * (colour - 255) for colour in colours]
    return np.concatenate(rows).round().astype(np.uint8).tobytes()


def borders(margin: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Where `margin` (GRID, GRID) is 0, as lines on the picture."""
    import contourpy  # what matplotlib finds its contours with

    left, top, size = MAP
    cell = size / GRID
    found: Any = contourpy.contour_generator(z=margin, name="serial").lines(0.0)
    return [(left + (line[:, 0] + 0.5) * cell, top + (line[:, 1] + 0.5) * cell) for line in found]


def on_map(problem: Problem, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places of the plane as places of the picture."""
    left, right, bottom, top = problem.extent
    x = MAP[0] + MAP[2] * (points[:, 0] - left) / (right - left)
    return x, MAP[1] + MAP[2] * (top - points[:, 1]) / (top - bottom)


_DOTS: dict[int, tuple[Problem, list[tuple[Dots, str, bool]]]] = {}


def point_dots(problem: Problem) -> list[tuple[Dots, str, bool]]:
    """The points by class, those of training last, on top: dots, colour, is it training."""
    kept = _DOTS.get(id(problem))
    if kept is None or kept[0] is not problem:
        if len(_DOTS) > 32:
            _DOTS.clear()
        kept = _DOTS[id(problem)] = problem, make_dots(problem)
    return kept[1]


def make_dots(problem: Problem) -> list[tuple[Dots, str, bool]]:
    classes = problem.y if problem.num_classes else np.zeros(len(problem.y), int)
    groups = []
    for rows, is_training in ((problem.validation, False), (problem.train, True)):
        for k in range(max(problem.num_classes, 1)):
            chosen = rows[classes[rows] == k]
            groups.append((Dots.at(*on_map(problem, problem.points[chosen])), CLASS_COLOURS[k], is_training))
    return groups


def class_centres(problem: Problem) -> np.ndarray:
    """The middle of each class's points, on the picture (num_classes, 2)."""
    middles = [np.median(problem.points[problem.y == k], axis=0) for k in range(problem.num_classes)]
    return np.column_stack(on_map(problem, np.array(middles)))


def draw_function(drawing: Drawing, session: Session) -> None:
    """A regression: the points, and the line that the network draws through them."""
    left, top, size = MAP
    problem = session.problem
    drawing.text(left, 18, f"after {words.steps(session.steps)}", 12, bold=True)
    drawing.box(left, top, size, size, "#F5F5F3")
    for dots, colour, is_training in point_dots(problem):
        drawing.dots(dots, *point_layers(colour, is_training))
    low, high = problem.extent[2:]
    y = np.clip(np.nan_to_num(session.predict_grid()[:, 0]), low, high)
    drawing.line(
        left + size * np.linspace(0, 1, GRID), top + size * (high - y) / (high - low), COLORS["red"], 3
    )
    point_legend(drawing)


# The curves -------------------------------------------------------------------------------------------


def draw_loss(drawing: Drawing, records: list[Scores]) -> None:
    """Training and validation loss, on a logarithmic scale."""
    curves = [[one.train_loss for one in records], [one.validation_loss for one in records]]
    values = np.nan_to_num(np.array(curves), nan=1e6, posinf=1e6).clip(1e-6, 1e6)
    low, high = math.floor(math.log10(values.min())), math.ceil(math.log10(values.max()))
    high = max(high, low + 1)
    ticks = [(10.0**power, f"{10.0**power:g}") for power in range(low, high + 1)][:: (high - low) // 5 + 1]
    if high - low == 1:
        ticks += [(digit * 10.0**low, f"{digit * 10.0**low:g}") for digit in (2, 5)]
    axes(drawing, LOSS, "loss", [((math.log10(v) - low) / (high - low), name) for v, name in ticks])
    heights = (np.log10(values) - low) / (high - low)
    two_curves(drawing, LOSS, records, heights, [words.brief(curve[-1]) for curve in curves])


def draw_score(drawing: Drawing, records: list[Scores], session: Session) -> None:
    """Accuracy, or R², of both parts."""
    regression = session.settings.regression
    low = 0.4 if session.problem.num_classes == 2 else 0.0
    curves = np.array([[one.train_score for one in records], [one.validation_score for one in records]])
    ticks = [low, (low + 1) / 2, 1.0]
    names = [f"{tick:g}" if regression else words.percent(tick) for tick in ticks]
    places = [((tick - low) / (1 - low), name) for tick, name in zip(ticks, names, strict=True)]
    axes(drawing, SCORE, "R²" if regression else "accuracy", places)
    heights = (np.nan_to_num(curves, nan=-1, neginf=-1).clip(low, 1) - low) / (1 - low)
    two_curves(drawing, SCORE, records, heights, [words.level(session, curve[-1]) for curve in curves])
    left, top, width, height = SCORE
    last = max(records[-1].step, 1)
    drawing.text(left, top + height + 20, "0", 11, "middle", GREY)
    drawing.text(left + width, top + height + 20, words.steps(last), 11, "end", GREY)


def axes(
    drawing: Drawing, place: tuple[int, int, int, int], title: str, ticks: list[tuple[float, str]]
) -> None:
    """Title, grid lines and their labels; a tick is (height between 0 and 1, label)."""
    left, top, width, height = place
    drawing.text(left, top - 28, title, 12, bold=True)
    for share, name in ticks:
        y = top + height * (1 - share)
        drawing.line(np.array([left, left + width]), np.array([y, y]), LIGHT)
        drawing.text(left - 6, y + 4, name, 10.5, "end", GREY)


def two_curves(
    drawing: Drawing,
    place: tuple[int, int, int, int],
    records: list[Scores],
    heights: np.ndarray,
    ends: list[str],
) -> None:
    left, top, width, height = place
    steps = np.array([one.step for one in records])
    x = left + width * steps / max(steps[-1], 1)
    for curve, colour, thick in zip(heights, (TRAIN, VALIDATION), (1.6, 2.6), strict=True):
        drawing.line(x, top + height * (1 - curve), colour, thick)
    for name, end, colour, at in (
        ("training", ends[0], TRAIN, left),
        ("validation", ends[1], VALIDATION, left + width // 2),
    ):
        drawing.line(np.array([at, at + 12]), np.array([top - 15, top - 15]), colour, 2.6)
        drawing.text(at + 17, top - 11, f"{name} {end}", 11, colour=GREY)


# The layers -------------------------------------------------------------------------------------------


def rows_of_layers(count: int) -> list[tuple[float, float]]:
    """Top and height of the row of each layer."""
    _, top, _, height = LAYERS
    each = height / count
    return [(top + i * each, each) for i in range(count)]


def layer_name(i: int, count: int) -> str:
    return "output layer" if i == count - 1 else f"layer {i + 1}"


def draw_weights(drawing: Drawing, session: Session) -> None:
    """How the weights of each layer are distributed, all on one scale."""
    left, top, width, height = LAYERS
    weights = [np.nan_to_num(W.ravel(), nan=0.0, posinf=0, neginf=0) for W in session.weights()]
    limit = nice(max(float(np.abs(w).max()) for w in weights))
    drawing.text(left, 18, "weights", 12, bold=True)
    edges = np.linspace(-limit, limit, 24)
    bar = width / 23
    for i, (row, each) in enumerate(rows_of_layers(len(weights))):
        counts = np.histogram(weights[i], edges)[0]
        base = row + each - 4
        tall = (each - 22) * counts / max(counts.max(), 1)
        drawing.bars(left + bar * np.arange(23), round(base, 1), bar - 1, tall, COLORS["blue"])
        drawing.line(np.array([left, left + width]), np.array([base, base]), GREY, 0.8)
        drawing.text(left, row + 11, layer_name(i, len(weights)), 10.5, colour=GREY)
    base_y = top + height + 14
    for x, name, anchor in (
        (left, f"−{limit:g}", "start"),
        (left + width / 2, "0", "middle"),
        (left + width, f"{limit:g}", "end"),
    ):
        drawing.text(x, base_y, name, 10.5, anchor, GREY)


def draw_gradients(drawing: Drawing, session: Session) -> None:
    """The norm of each layer's gradient, on a logarithmic scale from 10⁻⁶ to 10²."""
    left, top, width, height = LAYERS
    drawing.text(left, 18, "gradient norm", 12, bold=True)
    norms = session.gradient_norms()
    for i, (row, each) in enumerate(rows_of_layers(len(norms))):
        norm = norms[i] if math.isfinite(norms[i]) else 1e9
        share = min(max((math.log10(max(norm, 1e-12)) + 6) / 8, 0.0), 1.0)
        thick = min(each - 26, 26)
        drawing.box(left, row + 18, width, thick, "#F0F0EE")
        drawing.box(left, row + 18, width * share, thick, COLORS["blue"])
        drawing.text(left, row + 11, layer_name(i, len(norms)), 10.5, colour=GREY)
        drawing.text(left + width, row + 11, words.brief(norms[i]), 10.5, "end", INK)
    for x, name, anchor in (
        (left, "1e-6", "start"),
        (left + width / 2, "0.01", "middle"),
        (left + width, "100", "end"),
    ):
        drawing.text(x, top + height + 14, name, 10.5, anchor, GREY)


def nice(value: float) -> float:
    """The next of 0.1, 0.2, 0.5, 1, 2, 5, … above a value.

    >>> nice(0.37), nice(3.0), nice(0.0)
    (0.5, 5.0, 0.1)
    """
    value = max(value, 0.1)
    power = 10.0 ** math.floor(math.log10(value))
    return next(round(digit * power, 12) for digit in (1, 2, 5, 10) if digit * power >= value * (1 - 1e-9))
