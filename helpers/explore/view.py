"""The sliders around a frame function: a thin view, with nothing in it that is worth testing twice.

The picture is a display of its own that is updated in place, not a widget. So a saved notebook, or one that
is read on a web page, shows the picture for the default values; only the sliders need a running kernel.
"""

from __future__ import annotations

import textwrap
import threading
from collections.abc import Callable, Sequence
from typing import Any

from helpers.explore.base import Control, Frame

LABEL_WIDTH = "130px"
SLIDER_WIDTH = "480px"


def explore(frame: Callable[..., Frame], controls: Sequence[Control]) -> None:
    """Show a frame with a slider for each parameter; without a kernel, the frame for the defaults remains.

    Args:
        frame: a pure function of keyword arguments, one for each control.
        controls: the sliders, from top to bottom.
    """
    from IPython.display import display

    defaults = {control.name: control.default for control in controls}
    first = frame(**defaults).smaller()
    sliders, reset, view = _widgets(controls)
    display({"text/plain": _in_words(controls), **view}, raw=True)
    handle = display(first, display_id=True)
    if sliders and handle is not None:
        _connect(sliders, reset, defaults, lambda values: handle.update(frame(**values)))


def _in_words(controls: Sequence[Control]) -> str:
    """What stands in the place of the sliders where there is no kernel to move them."""
    settings = ", ".join(f"{control.label} = {control.text(control.default)}" for control in controls)
    return textwrap.fill(f"Run this cell to get the sliders: {settings}", width=90)


def _widgets(controls: Sequence[Control]) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    """A slider per control, the reset button, and what shows them; nothing where ipywidgets is missing."""
    try:
        import ipywidgets
    except ImportError:
        return {}, None, {}
    sliders = {
        control.name: ipywidgets.SelectionSlider(
            options=[(control.text(value), value) for value in control.values],
            value=control.default,
            description=control.label,
            continuous_update=True,
            layout={"width": SLIDER_WIDTH, "max_width": "100%"},
            style={"description_width": LABEL_WIDTH},
        )
        for control in controls
    }
    reset = ipywidgets.Button(
        description="Reset",
        tooltip="Put every slider back to where it started",
        layout={"width": "90px", "margin": f"2px 2px 8px calc({LABEL_WIDTH} + 8px)"},
    )
    box = ipywidgets.VBox([*sliders.values(), reset])
    view = {"version_major": 2, "version_minor": 0, "model_id": box.model_id}
    return sliders, reset, {"application/vnd.jupyter.widget-view+json": view}


def _connect(
    sliders: dict[str, Any], reset: Any, defaults: dict[str, Any], draw: Callable[[dict[str, Any]], None]
) -> None:
    newest = NewestWins(draw)

    def moved(change: Any = None) -> None:
        newest.ask({name: slider.value for name, slider in sliders.items()})

    def back(button: Any) -> None:
        for name, slider in sliders.items():
            slider.unobserve(moved, "value")
            slider.value = defaults[name]
            slider.observe(moved, "value")
        moved()

    for slider in sliders.values():
        slider.observe(moved, "value")
    reset.on_click(back)


class NewestWins:
    """Does one thing at a time; of the wishes that come in meanwhile it keeps only the last.

    Callbacks may come from several threads. Whoever finds it at work leaves the wish and goes; the one that
    is at work looks again before it stops.

    >>> done = NewestWins(print)
    >>> done.ask({"lr": 0.1})
    {'lr': 0.1}
    """

    def __init__(self, do: Callable[[dict[str, Any]], None]) -> None:
        self._do = do
        self._wish: dict[str, Any] | None = None
        self._at_work = threading.Lock()

    def ask(self, wish: dict[str, Any]) -> None:
        """Do this next, unless something newer comes first."""
        self._wish = wish
        while self._wish is not None and self._at_work.acquire(blocking=False):
            try:
                newest, self._wish = self._wish, None
                if newest is not None:
                    self._do(newest)
            finally:
                self._at_work.release()
