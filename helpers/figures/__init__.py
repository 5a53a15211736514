"""Figures in one look, each with a text that says what it shows.

    fig, ax = subplots(width=6.4, height=3.6)
    ax.plot(steps, losses)
    show(fig, alt="The loss falls from 2.3 to 0.1 in 200 steps.")

Matplotlib's pyplot keeps every figure alive and draws in the thread that it was imported in. Nothing here
uses it: a figure is an object, and it is gone when nobody holds it. Matplotlib is imported with the first.
"""

from __future__ import annotations

import base64
import html
import io
import struct
from typing import TYPE_CHECKING, Any

from helpers.figures.style import COLORS, CYCLE, NAMES, PIXELS_PER_INCH, RC, SHARPNESS, TRAIN, VALIDATION

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "COLORS",
    "CYCLE",
    "NAMES",
    "TRAIN",
    "VALIDATION",
    "Picture",
    "all_finite",
    "png",
    "show",
    "smaller",
    "subplots",
    "use_style",
]

LONGEST_SIDE = 20.0
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Picture:
    """A PNG with a text that says what it shows; a notebook displays it as one `<img alt="…">`.

    The picture is stored once, inside the HTML. JupyterLab drops the alt text of a bare `image/png`, but it
    keeps this `<img>`, also in a notebook that it does not trust yet.

    Args:
        data: the bytes of a PNG.
        alt: what a reader who cannot see the picture should know.
        width: width on the page, in CSS pixels; the height follows from the picture.

    Raises:
        ValueError: when `alt` is empty, or `data` is no PNG.

    >>> fig, ax = subplots(width=6.4, height=3.6)
    >>> picture = Picture(png(fig), alt="Empty axes.", width=640)
    >>> picture, picture.height
    (Empty axes., 360)
    """

    def __init__(self, data: bytes, alt: str, width: int) -> None:
        if data[:8] != PNG_SIGNATURE:
            raise ValueError(f"a picture is the bytes of a PNG; got bytes that begin with {data[:8]!r}")
        columns, rows = struct.unpack(">II", data[16:24])
        self.data = data
        self.alt = checked_alt(alt)
        self.width = width
        self.height = round(width * rows / columns)

    def __repr__(self) -> str:
        return self.alt

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": self.alt}

    def html(self) -> str:
        """The picture as one HTML element that needs no other file."""
        encoded = base64.b64encode(self.data).decode("ascii")
        return (
            f'<img alt="{html.escape(self.alt)}" width="{self.width}" height="{self.height}" '
            'decoding="sync" style="max-width: 100%; height: auto; border-radius: 6px;" '
            f'src="data:image/png;base64,{encoded}">'
        )


def checked_alt(alt: str) -> str:
    """`alt` without white space at its ends, on one line.

    >>> checked_alt("  A falling\\n line. ")
    'A falling line.'
    """
    if not isinstance(alt, str):
        raise TypeError(f"alt must be a sentence (str), got {type(alt).__name__}: {alt!r}")
    words = " ".join(alt.split())
    if not words:
        raise ValueError(
            "alt is empty. Say in a sentence what the figure shows: "
            "it is all that a reader who cannot see it gets."
        )
    return words


def use_style() -> None:
    """Give every figure that is made from now on the course's look.

    >>> use_style()
    >>> import matplotlib
    >>> matplotlib.rcParams["axes.prop_cycle"].by_key()["color"][0]
    '#0072B2'
    """
    import matplotlib
    from cycler import cycler

    settings: Any = matplotlib.rcParams
    settings.update(RC)
    settings["axes.prop_cycle"] = cycler(color=CYCLE)


def subplots(nrows: int = 1, ncols: int = 1, width: float = 6.4, height: float = 3.6, **options: Any) -> Any:
    """A figure in the course's look with `nrows` × `ncols` axes.

    Args:
        nrows: rows of axes.
        ncols: columns of axes.
        width: width of the whole figure in inches; one inch is 100 CSS pixels, a cell is about 8 inches wide.
        height: height of the whole figure in inches.
        **options: passed on to `matplotlib.figure.Figure.subplots`: `sharex`, `sharey`, `width_ratios`, ….

    Returns:
        `(fig, ax)` for one pair of axes, else `(fig, axes)` with axes as an array, as matplotlib does.

    Raises:
        ValueError: when a side is not between 0 and 20 inches.

    >>> fig, axes = subplots(ncols=2, width=8, height=3)
    >>> axes.shape
    (2,)
    """
    for name, side in {"width": width, "height": height}.items():
        if not 0 < side <= LONGEST_SIDE:
            raise ValueError(
                f"{name} is in inches, from 0 to {LONGEST_SIDE:g}; got {side!r}. A cell is 8 wide."
            )
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    use_style()
    fig = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(fig)
    return fig, fig.subplots(nrows, ncols, **options)


def all_finite(**arrays: Any) -> None:
    """Refuse numbers that have no place in a figure: for a line they are a gap, for a map they are nothing.

    Args:
        **arrays: by name, what is about to be drawn.

    Raises:
        ValueError: when one holds nan or inf.

    >>> all_finite(places=[0.0, float("nan")])
    Traceback (most recent call last):
    ...
    ValueError: places has numbers that are not finite (nan or inf), the first at 1: did a training diverge?
    """
    import numpy as np

    for name, array in arrays.items():
        wrong = np.argwhere(~np.isfinite(array))
        if len(wrong):
            place = ", ".join(map(str, wrong[0]))
            raise ValueError(
                f"{name} has numbers that are not finite (nan or inf), the first at {place}: "
                "did a training diverge?"
            )


def png(fig: Figure) -> bytes:
    """The figure as a PNG, sharp on a high-density screen and small in the notebook.

    >>> fig, ax = subplots(width=1, height=1)
    >>> png(fig)[:4]
    b'\\x89PNG'
    """
    file = io.BytesIO()
    fig.savefig(file, format="png", dpi=PIXELS_PER_INCH * SHARPNESS, pil_kwargs={"compress_level": 1})
    return _compressed(file.getvalue())


def smaller(picture: Picture) -> Picture:
    """The same picture in fewer bytes, to be stored in a notebook.

    >>> fig, ax = subplots(width=1, height=1)
    >>> smaller(Picture(png(fig), alt="Empty axes.", width=100))
    Empty axes.
    """
    return Picture(_compressed(picture.data), picture.alt, picture.width)


def _compressed(data: bytes) -> bytes:
    """A PNG of 256 colours chosen from its own: a third of the bytes, and no difference that the eye sees."""
    from PIL import Image

    colours = Image.open(io.BytesIO(data)).convert("RGB")
    colours = colours.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    file = io.BytesIO()
    colours.save(file, format="PNG", optimize=True)
    return file.getvalue()


def show(fig: Figure, alt: str) -> None:
    """Display a figure together with a text that says what it shows. Returns nothing, so it can end a cell.

    Args:
        fig: a matplotlib figure.
        alt: one or two sentences with what the figure shows, not what it is: "The error falls until 30
            neighbours, then rises", rather than "plot of the error".

    Raises:
        ValueError: when `alt` is empty.
        TypeError: when `fig` is no figure, or `alt` no text.

    >>> fig, ax = subplots()
    >>> show(fig, alt="Empty axes.")
    Empty axes.
    """
    if not hasattr(fig, "savefig"):
        raise TypeError(f"show needs the figure, as `show(fig, alt=…)`; got {type(fig).__name__}")
    words = checked_alt(alt)
    from IPython.display import display

    display(Picture(png(fig), words, width=round(fig.get_size_inches()[0] * PIXELS_PER_INCH)))
