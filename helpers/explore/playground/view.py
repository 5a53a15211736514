"""The playground in a notebook: widgets around a `Player`, and a picture that is updated in place."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import Any

from helpers.explore.playground.code import as_code
from helpers.explore.playground.controls import Controls
from helpers.explore.playground.frame import PlaygroundFrame, draw, paragraph
from helpers.explore.playground.player import Player
from helpers.explore.playground.session import Session
from helpers.explore.playground.settings import Settings
from helpers.explore.playground.sweep import WhatIf, sweep

WIDGET = "application/vnd.jupyter.widget-view+json"
BELOW = "With a kernel: what the loss would be for 54 other settings, and this network as code."
READING_TIME = 6.0
"""Seconds for which it is said why a setting was refused, while it plays."""
_SHOWN: dict[str, Playground] = {}
_NAMES = itertools.count()


def playground(**settings: Any) -> None:
    """Show the playground; without a kernel, the picture of these settings after 200 steps remains.

    `settings` are those of `Settings`, for another start: `playground(data="spiral", lr=0.03)`.
    Running the cell again ends what it showed before. Raises ValueError for settings that make no sense.
    """
    from IPython.display import display

    session = Session(Settings().but(**settings))
    session.step(session.enough)
    cell = this_cell()
    if cell in _SHOWN:
        _SHOWN.pop(cell).close()
    first = draw(session)
    try:
        controls = Controls(session.settings)
        loop = asyncio.get_running_loop()
    except (ImportError, RuntimeError):  # no ipywidgets, or no event loop: a picture is all there can be
        display(first.still())
        return
    display(in_words(session.settings, controls.top), raw=True)
    handle = display(first.still(), display_id=True)
    display({"text/plain": BELOW, **view_of(controls.bottom)}, raw=True)
    _SHOWN[cell] = Playground(session, controls, loop, lambda bundle: handle.update(bundle, raw=True))


def in_words(settings: Settings, widget: Any) -> dict[str, Any]:
    """The controls, and what stands in their place where there is no kernel."""
    words = (
        "Run this cell to get the controls of the playground. The picture is for "
        f"{settings.data},\n{settings.hidden_layers} hidden layers of {settings.units} {settings.activation} "
        f"units, {settings.optimizer} with learning rate {settings.lr:g} and batches of "
        f"{settings.batch_size}."
    )
    return {"text/plain": words, **view_of(widget)}


def view_of(widget: Any) -> dict[str, Any]:
    return {WIDGET: {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}}


def this_cell() -> str:
    """The id of the cell that is running, where the front end tells it; else a new name each time."""
    from IPython import get_ipython

    shell = get_ipython()
    try:
        header = shell.get_parent() if hasattr(shell, "get_parent") else shell.parent_header
        return str(header["metadata"]["cellId"])
    except (AttributeError, KeyError, TypeError):
        return f"unknown {next(_NAMES)}"


class Playground:
    """What connects the widgets with the player. `show` puts a frame into the notebook."""

    def __init__(
        self,
        session: Session,
        controls: Controls,
        loop: asyncio.AbstractEventLoop,
        show: Callable[[Any], Any],
    ) -> None:
        self.session, self.controls, self.show = session, controls, show
        self.refused, self.refused_until = "", 0.0
        self.player = Player(session, loop, self.shown, self.refuse, self.paused)
        controls.connect(self)
        self.update_code()

    # Called by the widgets, from any thread -------------------------------------------------------

    def changed(self, name: str, value: Any) -> None:
        """A setting was moved."""
        self.refused = ""
        self.player.change(**{name: value})

    def play(self, on: bool) -> None:
        """The play button was pressed."""
        (self.player.play if on else self.player.pause)()

    def opened(self) -> None:
        """The map or the code was opened, or closed."""
        self.player.do(self.refresh)

    # Called by the player, on the event loop ------------------------------------------------------

    def refresh(self) -> None:
        """Bring code and map up to date, where they are open."""
        self.update_code()
        if self.controls.map_is_open and self.controls.map_of != self.session.settings:
            self.player.work(self.fill_map())

    def shown(self, frame: PlaygroundFrame) -> None:
        """A new picture."""
        bundle = frame._repr_mimebundle_()
        if self.refused and time.monotonic() < self.refused_until:
            bundle["text/html"] = bundle["text/html"].replace(
                paragraph(frame.sentence), paragraph(self.refused), 1
            )
        self.show(bundle)
        if not self.player.playing:
            self.at_rest()

    def at_rest(self) -> None:
        """Bring up to date what would be too much for every picture."""
        if not self.player.waiting:  # else a slider would be moved back under the reader's hand
            self.controls.follow(self.session.settings)
        self.refresh()

    def refuse(self, words: str) -> None:
        """A setting made no sense: say why, and put the widgets back."""
        self.refused, self.refused_until = words, time.monotonic() + READING_TIME
        self.controls.follow(self.session.settings)

    def paused(self) -> None:
        """Playing ended by itself."""
        self.controls.show_paused()

    def update_code(self) -> None:
        """The code for the present settings."""
        if self.controls.code_is_open:
            code = as_code(self.session)
            self.controls.code.rows, self.controls.code.value = code.count("\n") + 1, code

    def fill_map(self) -> Any:
        """The job that fills the map, row by row."""
        rows = 0
        for found in sweep(self.session.settings):
            finished = int((found.losses == found.losses).any(axis=1).sum())
            if finished != rows or found.done:
                rows = finished
                self.controls.show_map(found)
            yield

    def go_to(self, found: WhatIf, row: int, column: int) -> None:
        """A cell of the map was chosen."""
        self.player.change(lr=found.learning_rates[column], batch_size=found.batch_sizes[row])

    def close(self) -> None:
        """End it, and take its widgets away."""
        self.player.stop()
        self.controls.close()
