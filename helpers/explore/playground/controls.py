"""The table of the controls: which settings the page shows where, under which names, with which values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from helpers.explore.playground import settings as choices
from helpers.explore.playground.coarse import UNIT_GRID
from helpers.explore.playground.player import SPEEDS
from helpers.explore.playground.settings import GROUPS, LABELS
from helpers.explore.playground.shades import CLASS_COLOURS, LEVELS
from helpers.figures.style import TRAIN, VALIDATION


@dataclass(frozen=True)
class Input:
    """One control: `kind` is "slider", "choice", "switch" or "number"; `texts` is how its values are read."""

    name: str
    label: str
    group: str
    kind: str
    values: tuple[Any, ...] = ()
    texts: tuple[str, ...] = ()


def slider(name: str, values: Any, text: Callable[[Any], str] = "{:g}".format) -> Input:
    """A control with some values in order."""
    values = tuple(values)
    return Input(name, LABELS[name], group_of(name), "slider", values, tuple(map(text, values)))


def choice(name: str, values: tuple[str, ...]) -> Input:
    """A control with names to choose from."""
    return Input(name, LABELS[name], group_of(name), "choice", values, values)


def group_of(name: str) -> str:
    """Where a setting is folded away; "" where it is always in sight."""
    return next((group for group, names in GROUPS.items() if name in names), "")


INPUTS = (
    slider("lr", choices.LEARNING_RATES),
    slider("batch_size", choices.BATCH_SIZES),
    slider("noise", [round(0.05 * i, 2) for i in range(13)]),
    slider("train_share", [round(0.1 * i, 1) for i in range(1, 10)], lambda share: f"{100 * share:.0f} %"),
    Input("seed", LABELS["seed"], "Data", "number"),
    slider("hidden_layers", range(choices.MOST_LAYERS + 1)),
    slider("units", choices.UNITS),
    choice("activation", choices.ACTIVATIONS),
    choice("initialisation", choices.INITIALISATIONS),
    slider("dropout", [round(0.1 * i, 1) for i in range(9)]),
    Input("batch_norm", LABELS["batch_norm"], "Network", "switch"),
    choice("loss", choices.LOSSES),
    choice("optimizer", choices.OPTIMIZERS),
    slider("l1", choices.PENALTIES),
    slider("l2", choices.PENALTIES),
)
"""Data and features are not here: they are chosen in the picture."""

PRESETS: dict[str, dict[str, Any]] = {
    "too high": {"lr": 10.0},
    "a batch of one": {"batch_size": 1},
    "spiral": {"data": "spiral", "optimizer": "Adam", "lr": 0.02, "hidden_layers": 3},
}
"""What a button makes of the settings of the beginning, to begin with and to play."""


def hello(thumbnails: list[list[list[float]]]) -> dict[str, Any]:
    """What the page has to know once: its controls, and what the numbers mean that it is going to get."""
    return {
        "kind": "hello",
        "inputs": [asdict(one) for one in INPUTS],
        "data": choices.DATA,
        "features": choices.FEATURES,
        "thumbnails": thumbnails,
        "speeds": list(SPEEDS),
        "presets": list(PRESETS),
        "most_layers": choices.MOST_LAYERS,
        "unit_counts": choices.UNITS,
        "colours": CLASS_COLOURS,
        "levels": LEVELS,
        "unit": UNIT_GRID,
        "lines": {"training": line(TRAIN), "validation": line(VALIDATION)},
    }


def line(style: dict[str, Any]) -> dict[str, Any]:
    """A line's colour, and its dash in line widths as the page draws it.

    >>> line(VALIDATION)["dash"], line(TRAIN)["dash"]
    ((5, 2), ())
    """
    dash = style["linestyle"]
    return {"colour": style["color"], "dash": dash[1] if isinstance(dash, tuple) else ()}
