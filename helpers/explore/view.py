"""The sliders around a frame function: a thin view, with nothing in it that is worth testing twice.

A live page shows the picture in a widget; the picture for the default values is a display of its own. So a
saved notebook, or one that is read on a web page, has that picture; only the sliders need a running kernel.
"""

from __future__ import annotations

import itertools
import textwrap
import threading
from collections.abc import Callable, Sequence
from typing import Any

from helpers.explore.base import Control, Frame
from helpers.explore.browser import Page


def explore(frame: Callable[..., Frame], controls: Sequence[Control]) -> None:
    """Show a frame with a slider for each parameter; without a kernel, the frame for the defaults remains.

    Args:
        frame: a pure function of keyword arguments, one for each control.
        controls: the sliders, from top to bottom.
    """
    from IPython.display import display

    first = frame(**{control.name: control.default for control in controls})
    try:
        page = Page("sliders")
    except ImportError:  # no anywidget: the picture is all there can be
        display(first.smaller())
        return
    Explorer(frame, controls, first, page.send).listen(page)
    display(page.bundle(in_words(controls)), raw=True)
    display(first.smaller())


def in_words(controls: Sequence[Control]) -> str:
    """What stands in the place of the sliders where there is no kernel to move them."""
    settings = ", ".join(f"{control.label} = {control.text(control.default)}" for control in controls)
    return textwrap.fill(f"Run this cell to get the sliders: {settings}", width=90)


class Explorer:
    """What connects the page with a frame function: it is told values, and sends their picture."""

    def __init__(
        self, frame: Callable[..., Frame], controls: Sequence[Control], first: Frame, send: Callable[..., Any]
    ) -> None:
        self.frame, self.controls, self.last, self.send = frame, controls, first, send
        self._numbers = itertools.count(1)
        self._newest = NewestWins(self._draw)

    def listen(self, page: Page) -> None:
        """From now on do what the page says."""
        page.listen(self.heard)

    def heard(self, told: dict[str, Any]) -> None:
        """One message of the page, in any thread."""
        if told.get("do") == "arrive":
            self.send({"kind": "hello", "controls": [spoken(control) for control in self.controls]})
            self._send(self.last)
        elif told.get("do") == "show":
            self._newest.ask(dict(told["values"]))

    def _draw(self, values: dict[str, Any]) -> None:
        self.last = self.frame(**values)
        self._send(self.last)

    def _send(self, frame: Frame) -> None:
        header = {
            "kind": "frame",
            "number": next(self._numbers),
            "alt": frame.alt,
            "sentence": frame.sentence,
        }
        self.send(header | {"width": frame.picture.width}, frame.picture.data)


def spoken(control: Control) -> dict[str, Any]:
    """A control for the page."""
    values = list(control.values)
    texts = [control.text(value) for value in values]
    names = {"name": control.name, "label": control.label, "start": control.default}
    return names | {"values": values, "texts": texts}


class NewestWins:
    """Does one thing at a time; of the wishes that come in meanwhile it keeps only the last.

    Messages may come in several threads. Whoever finds it at work leaves the wish and goes; the one that
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
