"""The one look of every figure: colours that colour-blind readers can tell apart, on a light card.

The colours are those of Okabe and Ito, "Color Universal Design" (2008). A figure is always dark ink on white,
also when JupyterLab is dark: it then reads as a card, and no colour has to work on two backgrounds.
"""

from __future__ import annotations

from typing import Any

COLORS: dict[str, str] = {
    "blue": "#0072B2",
    "red": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
    "ink": "#222222",
    "grey": "#767676",
    "light": "#E3E3E0",
    "card": "#FFFFFF",
}
"""The palette by name. `yellow` and `light` are for areas: a thin line in them is hard to see on white."""

CYCLE: list[str] = [COLORS[name] for name in ("blue", "red", "green", "purple", "orange", "sky", "ink")]
"""The order in which the lines of one plot take their colours."""

TRAIN: dict[str, Any] = {"color": COLORS["ink"], "linestyle": "-"}
VALIDATION: dict[str, Any] = {"color": "#AA3377", "linestyle": (0, (5, 2))}
"""Lines of training and of validation in the whole course: `ax.plot(epochs, losses, **TRAIN)`.

Dark and solid, or purple and dashed: told apart by lightness, hue and dash, and neither is the colour of
one of the first classes in `CYCLE`. Dash lengths are in line widths, as matplotlib counts them.
"""

NAMES: dict[str, str] = {
    COLORS["red"]: "#AD4B00",
    COLORS["green"]: "#007A58",
    COLORS["purple"]: "#A34A7A",
    COLORS["orange"]: "#8A5F00",
    COLORS["sky"]: "#1F6F9C",
}
"""The darker shade in which a line's name stands beside it: thin letters need more contrast than a line."""

PIXELS_PER_INCH = 100
"""A figure 6.4 inches wide is 640 CSS pixels wide on the page."""

SHARPNESS = 2
"""Picture pixels per CSS pixel: sharp on a high-density screen."""

RC: dict[str, Any] = {
    "figure.facecolor": COLORS["card"],
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
    "figure.dpi": PIXELS_PER_INCH,
    "savefig.facecolor": COLORS["card"],
    "axes.facecolor": COLORS["card"],
    "axes.edgecolor": COLORS["grey"],
    "axes.labelcolor": COLORS["ink"],
    "axes.titlecolor": COLORS["ink"],
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10.5,
    "axes.linewidth": 0.8,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same letters on every machine
    "font.size": 10.5,
    "grid.color": COLORS["light"],
    "grid.linewidth": 0.8,
    "image.cmap": "cividis",
    "legend.frameon": False,
    "legend.fontsize": 10,
    "lines.linewidth": 2.0,
    "lines.markersize": 5.5,
    "text.color": COLORS["ink"],
    "xtick.color": COLORS["grey"],
    "ytick.color": COLORS["grey"],
    "xtick.labelcolor": COLORS["ink"],
    "ytick.labelcolor": COLORS["ink"],
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
}
"""Matplotlib's settings for this look; `helpers.figures.subplots` applies them, with `CYCLE`."""
