"""A drawing of a few hundred lines, dots and words, as SVG for a picture in motion, as PNG for one at rest.

Writing an SVG is putting together a text: a hundred times faster than drawing a figure, and sharp at any
zoom. A saved notebook keeps a PNG, which every reader of notebooks can show.
"""

from __future__ import annotations

import base64
import html
import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from helpers.figures import COLORS
from helpers.figures.style import PIXELS_PER_INCH

FONT = "DejaVu Sans, Verdana, Segoe UI, sans-serif"
ANCHOR = {"start": "left", "middle": "center", "end": "right"}


@dataclass
class Drawing:
    """A list of shapes in CSS pixels, the origin at the top left; the later ones lie on top.

    >>> drawing = Drawing(20, 10)
    >>> drawing.line(np.array([0, 20]), np.array([10, 0]), "#222222")
    >>> drawing.svg()[-74:]
    '<path d="M0 10L20 0" fill="none" stroke="#222222" stroke-width="1"/></svg>'
    """

    width: int
    height: int
    shapes: list[tuple[Any, ...]] = field(default_factory=list)

    def line(
        self,
        x: np.ndarray,
        y: np.ndarray,
        colour: str,
        width: float = 1.0,
        opacity: float = 1.0,
        dash: str = "",
    ) -> None:
        """A line through the points (x, y)."""
        self.shapes.append(("line", [(x, y)], colour, width, opacity, dash))

    def lines(self, paths: list[Any], colour: str, width: float = 1.0, opacity: float = 1.0) -> None:
        """Several lines of one kind; each path is (x, y)."""
        self.shapes.append(("line", paths, colour, width, opacity, ""))

    def dots(self, dots: Dots, *layers: tuple[str, float]) -> None:
        """Round dots, drawn once for each layer: its colour and its size."""
        self.shapes.append(("dots", dots, layers))

    def box(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """A filled rectangle."""
        self.shapes.append(("box", x, y, width, height, colour))

    def bars(self, x: np.ndarray, base: float, width: float, heights: np.ndarray, colour: str) -> None:
        """Filled bars that stand on `base`."""
        self.shapes.append(("bars", x, base, width, heights, colour))

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float = 11,
        anchor: str = "start",
        colour: str = COLORS["ink"],
        bold: bool = False,
        halo: bool = False,
    ) -> None:
        """Words on the base line y; `anchor` is "start", "middle" or "end", `halo` puts white around them."""
        self.shapes.append(("text", x, y, words, size, anchor, colour, bold, halo))

    def pixels(self, x: float, y: float, size: float, index: np.ndarray, palette: bytes) -> None:
        """A square picture of `size` from colour numbers (rows, columns) of a palette."""
        self.shapes.append(("pixels", x, y, size, index, palette))

    def svg(self) -> str:
        """The drawing as SVG."""
        body = "".join(SVG[shape[0]](*shape[1:]) for shape in self.shapes)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" '
            f'viewBox="0 0 {self.width} {self.height}" font-family="{FONT}">'
            f'<rect width="100%" height="100%" fill="{COLORS["card"]}"/>{body}</svg>'
        )

    def figure(self) -> Any:
        """The drawing as a matplotlib figure, for a PNG."""
        from helpers.figures import subplots

        fig, ax = subplots(width=self.width / PIXELS_PER_INCH, height=self.height / PIXELS_PER_INCH)
        fig.set_layout_engine("none")
        ax.set_position((0, 0, 1, 1))
        ax.set_axis_off()
        for order, shape in enumerate(self.shapes):
            AGG[shape[0]](ax, order, *shape[1:])
        ax.set(xlim=(0, self.width), ylim=(self.height, 0), aspect="auto")
        return fig


@dataclass(frozen=True)
class Dots:
    """Dots that stay where they are from picture to picture: their SVG is written once."""

    x: np.ndarray
    y: np.ndarray
    svg: str

    @classmethod
    def at(cls, x: np.ndarray, y: np.ndarray) -> Dots:
        """Dots at these places."""
        svg = "".join(f"M{a} {b}h0" for a, b in zip(tenths(x), tenths(y), strict=True))
        return cls(np.asarray(x), np.asarray(y), svg)


def tenths(values: Any) -> list[str]:
    """Numbers as text with one decimal, as short as they can be.

    >>> tenths(np.array([1.26, 3.0]))
    ['1.3', '3']
    """
    return [f"{value:g}" for value in np.round(np.asarray(values, np.float64), 1).tolist()]


def path(x: np.ndarray, y: np.ndarray) -> str:
    """The SVG path through points."""
    return "M" + "L".join(f"{a} {b}" for a, b in zip(tenths(x), tenths(y), strict=True))


def png_of(index: np.ndarray, palette: bytes) -> bytes:
    """Colour numbers (rows, columns) as a PNG with a palette, made in a hurry."""
    from PIL import Image

    image = Image.fromarray(index)
    image.putpalette(palette)
    file = io.BytesIO()
    image.save(file, format="PNG", compress_level=1)
    return file.getvalue()


# Each kind of shape, written as SVG -------------------------------------------------------------------


def _svg_line(paths: list[Any], colour: str, width: float, opacity: float, dash: str) -> str:
    more = f' stroke-opacity="{opacity:g}"' * (opacity < 1) + f' stroke-dasharray="{dash}"' * bool(dash)
    d = "".join(path(x, y) for x, y in paths)
    return f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width:g}"{more}/>'


def _svg_dots(dots: Dots, layers: tuple[tuple[str, float], ...]) -> str:
    name = f"d{id(dots)}"
    uses = "".join(
        f'<use href="#{name}" stroke="{colour}" stroke-width="{size:g}"/>' for colour, size in layers
    )
    return f'<defs><path id="{name}" d="{dots.svg}" stroke-linecap="round"/></defs>{uses}'


def _svg_box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:.5g}" height="{height:g}" fill="{colour}"/>'


def _svg_bars(x: np.ndarray, base: float, width: float, heights: np.ndarray, colour: str) -> str:
    each = zip(tenths(x), tenths(heights), strict=True)
    d = "".join(f"M{a} {base:g}h{width:.3g}v-{h}h-{width:.3g}z" for a, h in each if h != "0")
    return f'<path d="{d}" fill="{colour}"/>'


def _svg_text(
    x: float, y: float, words: str, size: float, anchor: str, colour: str, bold: bool, halo: bool
) -> str:
    more = ' font-weight="bold"' * bold + f' text-anchor="{anchor}"' * (anchor != "start")
    more += ' stroke="#fff" stroke-width="3" paint-order="stroke" stroke-linejoin="round"' * halo
    more += f' font-size="{size:g}" fill="{colour}"'
    return f'<text x="{x:.5g}" y="{y:.5g}"{more}>{html.escape(words)}</text>'


def _svg_pixels(x: float, y: float, size: float, index: np.ndarray, palette: bytes) -> str:
    encoded = base64.b64encode(png_of(index, palette)).decode("ascii")
    return (
        f'<image x="{x:g}" y="{y:g}" width="{size:g}" height="{size:g}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{encoded}"/>'
    )


SVG: dict[str, Any] = {
    "line": _svg_line,
    "dots": _svg_dots,
    "box": _svg_box,
    "bars": _svg_bars,
    "text": _svg_text,
    "pixels": _svg_pixels,
}


# The same shapes, drawn by matplotlib; a CSS pixel is 0.72 points -------------------------------------

POINTS = 72 / PIXELS_PER_INCH


def _agg_line(
    ax: Any, z: int, paths: list[Any], colour: str, width: float, opacity: float, dash: str
) -> None:
    style = (0, tuple(float(part) for part in dash.split())) if dash else "-"
    for x, y in paths:
        ax.plot(x, y, color=colour, linewidth=width * POINTS, alpha=opacity, linestyle=style, zorder=z)


def _agg_dots(ax: Any, z: int, dots: Dots, layers: tuple[tuple[str, float], ...]) -> None:
    for colour, size in layers:
        ax.plot(dots.x, dots.y, "o", color=colour, ms=size * POINTS, mew=0, zorder=z, clip_on=False)


def _agg_box(ax: Any, z: int, x: float, y: float, width: float, height: float, colour: str) -> None:
    from matplotlib.patches import Rectangle

    ax.add_patch(Rectangle((x, y), width, height, facecolor=colour, linewidth=0, zorder=z))


def _agg_bars(
    ax: Any, z: int, x: np.ndarray, base: float, width: float, heights: np.ndarray, colour: str
) -> None:
    ax.bar(x, -heights, width=width, bottom=base, align="edge", color=colour, zorder=z)


def _agg_text(
    ax: Any,
    z: int,
    x: float,
    y: float,
    words: str,
    size: float,
    anchor: str,
    colour: str,
    bold: bool,
    halo: bool,
) -> None:
    from matplotlib.patheffects import withStroke

    ax.text(
        x,
        y,
        words,
        fontsize=size * POINTS,
        ha=ANCHOR[anchor],
        va="baseline",
        color=colour,
        weight="bold" if bold else "normal",
        zorder=z,
        path_effects=[withStroke(linewidth=3 * POINTS, foreground="white")] if halo else None,
    )


def _agg_pixels(ax: Any, z: int, x: float, y: float, size: float, index: np.ndarray, palette: bytes) -> None:
    colours = np.frombuffer(palette, np.uint8).reshape(-1, 3)[index]
    ax.imshow(colours, extent=(x, x + size, y + size, y), interpolation="bilinear", zorder=z)


AGG: dict[str, Any] = {
    "line": _agg_line,
    "dots": _agg_dots,
    "box": _agg_box,
    "bars": _agg_bars,
    "text": _agg_text,
    "pixels": _agg_pixels,
}
