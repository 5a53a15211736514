"""The playground in a notebook: what goes between the page and a `Player`, and the picture that stays."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from helpers.explore.browser import Page
from helpers.explore.playground import message, words
from helpers.explore.playground.code import as_code
from helpers.explore.playground.controls import PRESETS, hello
from helpers.explore.playground.frame import draw
from helpers.explore.playground.player import Player
from helpers.explore.playground.problem import problem
from helpers.explore.playground.session import Session
from helpers.explore.playground.settings import DATA, LEARNING_RATES, Settings
from helpers.explore.playground.sweep import WhatIf, sweep

WORDS = 0.6
"""Seconds between two sentences while it plays."""
READING_TIME = 6.0
"""Seconds for which it is said why a setting was refused."""
THUMBNAIL = 70
"""Points in the small picture of a data set."""
PLATEAUS = ("alike", "collapsed", "dead", "vanishing", "saturated")
"""Diagnoses of a network on a plateau."""
_SHOWN: dict[str, Playground] = {}
_NAMES = itertools.count()


def playground(link: str = "", **settings: Any) -> None:
    """Show the playground; without a kernel, the picture of these settings after 200 steps remains.

    `settings` are those of `Settings`, for another start: `playground(data="spiral", lr=0.03)`; `link` is the
    text that the playground gives for its settings: `playground("data=spiral; lr=0.03")`.
    Running the cell again ends what it showed before. Raises ValueError for settings that make no sense.
    """
    from IPython.display import display

    start = Settings.from_text(link).but(**settings)
    later = Session(start)
    later.step(later.enough)
    cell = this_cell()
    if cell in _SHOWN:
        _SHOWN.pop(cell).close()
    try:
        page = Page("playground/tools", "playground/widget")
        loop = asyncio.get_running_loop()
    except (ImportError, RuntimeError):  # no anywidget, or no event loop: a picture is all there can be
        display(draw(later))
        return
    display(page.bundle(in_words(start)), raw=True)
    display(draw(later))
    _SHOWN[cell] = Playground(Session(start), page.send, loop, page.close)
    page.listen(_SHOWN[cell].heard)


def in_words(settings: Settings) -> str:
    """What stands in the place of the controls where there is no kernel."""
    return (
        "Run this cell to get the playground. The picture is for "
        f"{settings.data},\n{settings.hidden_layers} hidden layers of {settings.units} {settings.activation} "
        f"units, {settings.optimizer} with learning rate {settings.lr:g} and batches of "
        f"{settings.batch_size}."
    )


def this_cell() -> str:
    """The id of the cell that is running, where the front end tells it; else a new name each time."""
    from IPython import get_ipython

    shell = get_ipython()
    try:
        header = shell.get_parent() if hasattr(shell, "get_parent") else shell.parent_header
        return str(header["metadata"]["cellId"])
    except (AttributeError, KeyError, TypeError):
        return f"unknown {next(_NAMES)}"


@cache
def thumbnails() -> list[list[list[float]]]:
    """For each of `DATA` some points: x and y from 0 to 1, y down, and the class."""
    found = []
    for name in DATA:
        data = problem(Settings().but(data=name))
        classes = data.y if data.num_classes else np.zeros(len(data.y))
        found.append(np.column_stack([data.on_map(), classes])[:THUMBNAIL].round(3).tolist())
    return found


class Playground:
    """What connects the page with the player: `heard` takes the page's messages, `send` is given the answers.

    A message is a dict with `do`, one of the names in `DOES`; what it does not know it leaves alone.
    """

    def __init__(
        self,
        session: Session,
        send: Callable[..., Any],
        loop: asyncio.AbstractEventLoop,
        end: Callable[[], Any] = lambda: None,
    ) -> None:
        self.session, self.send, self.end = session, send, end
        self.start = session.settings
        self.open: set[str] = set()
        self.opened_layer: int | None = None
        self.refused, self.refused_until, self.last_words = "", 0.0, -math.inf
        self.coded: Any = None
        self.mapped: Settings | None = None
        self.player = Player(session, loop, self.show, self.refuse, self.scene)

    # What the page says, in any thread --------------------------------------------------------------

    def heard(self, told: dict[str, Any]) -> None:
        """One message of the page."""
        does = DOES.get(str(told.get("do", "")))
        if does is None:
            return
        if told["do"] not in ("arrive", "drawn", "open", "look"):
            self.refused = ""  # whoever does something new has read it
        does(self, told)

    def arrived(self, told: dict[str, Any]) -> None:
        """A page is there: tell it everything."""
        self.player.do(self.greet)
        self.player.look(calm=bool(told.get("calm")))
        self.player.arrive()

    def change(self, told: dict[str, Any]) -> None:
        """A setting was moved."""
        changes = dict(told["settings"])
        if "features" in changes:
            changes["features"] = tuple(changes["features"])
        self.player.change(**changes)

    def bring_back(self, told: dict[str, Any]) -> None:
        """A text with settings was pasted."""
        try:
            everything = vars(Settings.from_text(str(told["text"])))
        except (ValueError, TypeError) as problem:
            reason = str(problem)
            self.player.do(lambda: self.refuse(reason))
            self.player.do(self.show_soon)
            return
        self.player.change(**everything)

    def preset(self, told: dict[str, Any]) -> None:
        """A preset was chosen: the settings of the beginning, but for these."""
        self.player.begin(**vars(Settings().but(**PRESETS[told["name"]])))

    def opens(self, told: dict[str, Any]) -> None:
        """Something folded was opened or closed: the code, the map of what if, or all units of a layer."""
        if told["what"] == "layer":
            self.opened_layer = told.get("layer")
        elif told.get("on"):
            self.open.add(told["what"])
        else:
            self.open.discard(told["what"])
        self.player.do(self.show_soon)

    # What the player says, on the event loop --------------------------------------------------------

    def greet(self) -> None:
        """All that a page has to know, before the first picture."""
        self.coded = self.mapped = None
        self.send(hello(thumbnails()) | {"speed": self.player.speed})
        self.scene()

    def show_soon(self) -> None:
        """Show where things are, although nothing was trained."""
        self.player.due()

    def scene(self) -> None:
        """Settings or data are others, or a setting was refused and goes back."""
        self.send(*message.scene(self.session, self.start))

    def show(self, number: int) -> None:
        """Send the picture of this moment."""
        header, buffer = message.frame(self.session, self.opened_layer)
        header |= {"number": number, "playing": self.player.playing, "resting": not self.player.busy}
        now = time.monotonic()
        later = self.session.unjudged and not self.player.playing
        if not later and (not self.player.playing or now - self.last_words >= WORDS):
            self.last_words = now
            header |= self.words(now)
        self.send(header, buffer)
        if later:
            self.player.do(self.say)
        if not self.player.busy:
            self.at_rest()

    def say(self) -> None:
        """Send the words for the last picture, which did not wait; a newer one will bring its own."""
        if not self.player.busy:
            self.send({"kind": "words"} | self.words(time.monotonic()) | {"resting": True})

    def words(self, now: float) -> dict[str, Any]:
        """What is happening, and the largest learning rate that the curvature allows here."""
        refused = bool(self.refused) and (now < self.refused_until or not self.player.playing)
        sentence = self.refused if refused else words.sentence(self.session)
        return {"sentence": sentence, "refused": refused, "limit": limit_on_the_track(self.session)}

    def refuse(self, reason: str) -> None:
        """A setting made no sense, or playing ended by itself: say why with the next picture."""
        self.refused, self.refused_until = reason, time.monotonic() + READING_TIME
        self.last_words = -math.inf

    def at_rest(self) -> None:
        """Bring up to date what would be too much for every picture, where it is open."""
        session = self.session
        state = (session.settings, session.epochs, session.changed_on_the_way, session.edited)
        if "code" in self.open and self.coded != state:
            self.coded = state
            self.send({"kind": "code", "text": as_code(self.session)})
        if "what if" in self.open and self.mapped != self.session.settings:
            self.mapped = self.session.settings
            self.player.work(self.fill_map())

    def fill_map(self) -> Any:
        """The job that fills the map of what if, row by row."""
        rows = -1
        for found in sweep(self.session.settings):
            finished = int((found.losses == found.losses).any(axis=1).sum())
            if finished != rows or found.done:
                rows = finished
                self.send(spoken_map(found))
            yield

    def close(self) -> None:
        """End it, and take it away from the page."""
        self.player.stop()
        self.end()


DOES: dict[str, Callable[[Playground, dict[str, Any]], Any]] = {
    "arrive": Playground.arrived,
    "drawn": lambda home, told: home.player.drawn(int(told["number"])),
    "change": Playground.change,
    "link": Playground.bring_back,
    "preset": Playground.preset,
    "play": lambda home, told: home.player.play(),
    "pause": lambda home, told: home.player.pause(),
    "step": lambda home, told: home.player.step(),
    "reset": lambda home, told: home.player.reset(),
    "look": lambda home, told: home.player.look(told.get("speed"), told.get("calm")),
    "edit": lambda home, told: home.player.edit(told["layer"], told["row"], told["column"], told["value"]),
    "open": Playground.opens,
}


def limit_on_the_track(session: Session) -> float | None:
    """The longest stable rate where it tells something; None beyond the slider, and on a plateau.

    Where the loss is flat, so is its curvature: 2/λmax says what that place bears, not what the way bears.
    """
    rate, story = session.stable_rate(), session.story
    flat = story.kind in PLATEAUS or (story.kind == "stuck" and not story.facts["faster"])
    return None if rate is None or flat or rate > LEARNING_RATES[-1] else rate


def spoken_map(found: WhatIf) -> dict[str, Any]:
    """The map of what if for the page: its losses in words, and how dark each is from 0 to 1."""
    return {
        "kind": "what if",
        "sentence": found.sentence(),
        "rates": found.learning_rates,
        "sizes": found.batch_sizes,
        "here": [found.settings.lr, found.settings.batch_size],
        "best": found.best if found.done and np.isfinite(found.losses).any() else None,
        "losses": [[short_loss(float(loss)) for loss in row] for row in found.losses],
        "levels": levels(found.losses),
    }


def short_loss(loss: float) -> str:
    """A loss for a small cell.

    >>> short_loss(0.28668), short_loss(12.3456), short_loss(float("nan")), short_loss(1e9)
    ('0.287', '12.3', '–', '> 999')
    """
    if math.isnan(loss):
        return "–"
    if loss >= 999.5:
        return "> 999"
    return f"{loss:.3f}" if loss < 10 else f"{loss:.3g}"


def levels(losses: np.ndarray) -> list[list[float | None]]:
    """How dark each cell is: 0 for the best, 1 for ten times the best or more, by the logarithm.

    >>> levels(np.array([[0.1, 0.31622776601, 5.0, np.nan]]))
    [[0.0, 0.5, 1.0, None]]
    """
    if not np.isfinite(losses).any():
        return [[None] * losses.shape[1] for _ in losses]
    with np.errstate(all="ignore"):
        ratio = np.log10(losses / np.nanmin(losses)).clip(0, 1)
    return [[None if math.isnan(one) else round(float(one), 3) for one in row] for row in ratio]
