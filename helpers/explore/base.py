"""What an explorer is made of: a `Frame` for each setting of its `Control`s, drawn on a `Stage`.

A frame is a pure function's result: the same parameters give the same picture and the same sentence, with or
without a notebook around it. So an explorer is tested like any other function.
"""

from __future__ import annotations

import base64
import html
import io
import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from helpers.figures import Picture, smaller
from helpers.figures.style import PIXELS_PER_INCH, SHARPNESS

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Frame:
    """One picture of an explorer, and the sentence that says what is happening in it.

    Args:
        picture: a PNG with its alt text.
        sentence: what the reader sees and why, in one or two sentences of plain text.
    """

    picture: Picture
    sentence: str

    @property
    def alt(self) -> str:
        """What the picture shows, for a reader who cannot see it."""
        return self.picture.alt

    def smaller(self) -> Frame:
        """The same frame with fewer bytes, for the notebook; a frame in motion has no time for that."""
        return Frame(smaller(self.picture), self.sentence)

    def __repr__(self) -> str:
        return f"{self.alt}\n{self.sentence}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Picture and sentence, for a saved notebook; the PNG once more for readers that leave out HTML.

        The class lets a live page hide it beside the widget that shows the same.
        """
        sentence = f'<p style="margin: 4px 0 12px; max-width: 760px;">{html.escape(self.sentence)}</p>'
        return {
            "text/html": f'<div class="sb-still">{self.picture.html()}\n{sentence}</div>',
            "image/png": base64.b64encode(self.picture.data).decode("ascii"),
            "text/plain": repr(self),
        }


@dataclass(frozen=True)
class Control:
    """One slider: a parameter of the frame function and the values it can take, in order.

    Args:
        name: the parameter's name in the frame function.
        label: what the reader sees beside the slider.
        values: at least two values, ascending. A scale with equal ratios is a list such as 0.1, 0.2, 0.5, 1.
        default: the value at the start and after "Reset"; one of `values`.
        text: turns a value into what is read beside the slider, with its unit.

    Raises:
        ValueError: when the values are too few or not ascending, or the default is not among them.

    >>> Control("lr", "learning rate", (0.01, 0.1, 1), default=0.1).text(0.1)
    '0.1'
    """

    name: str
    label: str
    values: Sequence[float]
    default: float
    text: Callable[[Any], str] = "{:g}".format

    def __post_init__(self) -> None:
        values = list(self.values)
        if len(values) < 2 or values != sorted(set(values)):
            raise ValueError(f"{self.name}: a slider needs two or more ascending values, got {values}")
        if self.default not in values:
            raise ValueError(f"{self.name}: the default {self.default!r} is not one of the values {values}")


def within(controls: Sequence[Control], **values: Any) -> None:
    """Refuse what the sliders cannot show: picture and sentence of an explorer are made for their values.

    Args:
        controls: the sliders of the explorer.
        **values: by name, what is about to be drawn.

    Raises:
        ValueError: when one is not among the values of its slider.

    >>> within([Control("lr", "learning rate", (0.01, 1), default=1)], lr=7)
    Traceback (most recent call last):
    ...
    ValueError: lr is one of the 2 values of its slider, from 0.01 to 1; got 7
    """
    for control in controls:
        value, possible = values[control.name], control.values
        if value not in possible:
            raise ValueError(
                f"{control.name} is one of the {len(possible)} values of its slider, "
                f"from {possible[0]:g} to {possible[-1]:g}; got {value!r}"
            )


class Stage:
    """A figure whose scenery is drawn once; only the `moving` artists are drawn again for each frame.

    Drawing ticks, labels and contours takes three quarters of the time of a picture. They are kept as pixels,
    per scene, and each frame is painted on a copy (blitting).

    A slider's callback may come in another thread than the cell, so the artists are changed in one place
    only: in the function that is handed to `picture`.

    Args:
        fig: a figure with the Agg canvas, such as `helpers.figures.subplots` makes.
        art: the artists that change from frame to frame, by name.
        above: artists that stand still, but have to be drawn above those, such as the spines.

    >>> from helpers.figures import subplots
    >>> fig, ax = subplots(width=1, height=1)
    >>> stage = Stage(fig, SimpleNamespace(title=ax.set_title("")))
    >>> stage.picture("An empty square.", lambda art: art.title.set_text("empty"))
    An empty square.
    """

    def __init__(self, fig: Figure, art: SimpleNamespace, above: Sequence[Artist] = ()) -> None:
        fig.set_dpi(PIXELS_PER_INCH * SHARPNESS)
        fig.draw_without_rendering()  # lets the layout find its place once, then stand still
        fig.set_layout_engine("none")
        self.fig = fig
        self._art = art
        self._moving = [*vars(art).values(), *above]
        for artist in self._moving:
            artist.set_animated(True)
        self._lock = threading.Lock()
        self._scenes: dict[Hashable, Any] = {}

    def picture(
        self, alt: str, paint: Callable[[SimpleNamespace], object], scene: Hashable = None
    ) -> Picture:
        """The figure after `paint(art)`, as a PNG that was made in a hurry.

        Args:
            alt: what the picture shows.
            paint: gives the artists the data of this frame; nobody else draws meanwhile.
            scene: a name for the state of everything that does not move; a new name draws it afresh.
        """
        from PIL import Image

        canvas: Any = self.fig.canvas
        with self._lock:
            paint(self._art)
            if scene not in self._scenes:
                canvas.draw()
                self._scenes[scene] = canvas.copy_from_bbox(self.fig.bbox)
            canvas.restore_region(self._scenes[scene])
            for artist in self._moving:
                self.fig.draw_artist(artist)
            size = canvas.get_width_height(physical=True)
            pixels = Image.frombuffer("RGBA", size, canvas.buffer_rgba()).convert("RGB")
        file = io.BytesIO()
        pixels.save(file, format="PNG", compress_level=1)
        return Picture(file.getvalue(), alt, width=round(self.fig.get_size_inches()[0] * PIXELS_PER_INCH))
