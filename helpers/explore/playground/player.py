"""What trains while the notebook stays alive: short pieces of work on the event loop, the newest wish first.

A message from the page may come in another thread than the cell (JupyterLab 4.6 takes them in a subshell). So
it only leaves its wish and wakes the loop; everything else happens there, one thing at a time.

The page answers each picture when it has drawn it, and at most `AHEAD` are on their way without an answer. So
no queue builds up, and the page sees the newest state there is, however slow it is.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from helpers.explore.playground.session import Session
from helpers.explore.playground.words import PAUSED

PIECE = 0.015
"""Seconds of work before others have their turn."""
FRAME = 1 / 30
"""Seconds between two pictures, at least."""
CALM = 1.0
"""The same where the reader asked for less motion."""
AHEAD = 2
"""Pictures that may be on their way: one is drawn while the next one comes. With one alone, the way there and
back would set the pace: 65 ms on a busy machine with two cores, 15 pictures a second instead of 30."""
PATIENCE = 1.0
"""Seconds after which a picture goes out although the page did not answer."""
SOON = 0.1
"""What is trained anew within this many seconds is shown once, when it is done."""
SPEEDS = {"1 step": 1, "1 epoch": 0, "10 epochs": -10, "as fast as it can": 10**9}
"""Steps between two pictures; 0 is an epoch, −10 ten of them."""
UNWATCHED = 8.0
"""Seconds of playing without an answer from the page, until it pauses."""


class Player:
    """Plays a session: takes wishes from any thread, works on `loop`, and has each picture shown.

    `show(number)` sends a picture, which the page answers by `drawn(number)`; nothing is sent before the
    first `arrive()`. `refuse(words)` is told why a setting was refused, `changed()` that settings or data are
    others.
    `job` is work in small pieces that runs when nothing else is to be done.
    """

    def __init__(
        self,
        session: Session,
        loop: asyncio.AbstractEventLoop,
        show: Callable[[int], Any],
        refuse: Callable[[str], Any] = lambda words: None,
        changed: Callable[[], Any] = lambda: None,
    ) -> None:
        self.session, self.loop = session, loop
        self.show, self.refuse, self.changed = show, refuse, changed
        self.playing = self.stopped = self.arrived = False
        self.speed, self.pause_between = "1 epoch", FRAME
        self._lock = threading.Lock()
        self._changes: dict[str, Any] = {}
        self._orders: list[Callable[[], None]] = []
        self._task: asyncio.Task[None] | None = None
        self._target = session.steps
        self._due = True
        self._sent = self._drawn = 0
        self._last_frame = -PATIENCE
        self._heard = time.perf_counter()
        self._left = 0
        self._quiet_until = 0.0
        self._job: Iterator[Any] | None = None
        self._news = asyncio.Event()

    # Wishes, from any thread ----------------------------------------------------------------------

    def change(self, **settings: Any) -> None:
        """Change settings. What plays goes on; what rests is trained anew, for as many steps as before."""
        with self._lock:
            self._changes.update(settings)
        self._wake()

    def play(self) -> None:
        """Train and show, until `pause`."""
        self.do(self._play)

    def pause(self) -> None:
        """Stop where it is."""
        self.do(self._pause)

    def step(self) -> None:
        """Pause, and take one step."""
        self.do(self._step)

    def reset(self) -> None:
        """Pause, and go back to the weights of the beginning."""
        self.do(self._reset)

    def begin(self, **settings: Any) -> None:
        """With these settings, from the first weights on, play."""
        self.do(lambda: self._begin(settings))

    def look(self, speed: str | None = None, calm: bool | None = None) -> None:
        """Play at another speed; with fewer pictures where the reader asked for less motion."""
        self.do(lambda: self._look(speed, calm))

    def edit(self, layer: int, row: int, column: int, value: float) -> None:
        """Give one weight another value."""
        self.do(lambda: self._edit(layer, row, column, value))

    def work(self, job: Iterator[Any]) -> None:
        """Do this in pieces, when nothing else is to be done; a newer job takes its place."""

        def take() -> None:
            self._job = job

        self.do(take)

    def arrive(self) -> None:
        """A page is there and wants to see where things are."""

        def take() -> None:
            self.arrived = self._due = True
            self._drawn, self._heard = self._sent, time.perf_counter()

        self.do(take)

    def drawn(self, number: int) -> None:
        """The page has drawn this picture."""

        def take() -> None:
            self._drawn, self._heard = max(self._drawn, number), time.perf_counter()

        self.do(take)

    def do(self, order: Callable[[], None]) -> None:
        """Call this on the loop, between two pieces of work."""
        with self._lock:
            self._orders.append(order)
        self._wake()

    def due(self) -> None:
        """Show where things are, although nothing was trained; on the loop."""
        self._due = True

    @property
    def busy(self) -> bool:
        """Whether there is more to come: it plays, trains, or has changes to look at."""
        trains = self.session.steps < self._target and not self.session.diverged
        return self.playing or trains or bool(self._changes)

    @property
    def waiting(self) -> bool:
        """Whether there are wishes that were not looked at yet."""
        return bool(self._changes or self._orders)

    def stop(self) -> None:
        """End for good."""
        self.stopped = True
        self._wake()

    # What is done about them, on the loop ---------------------------------------------------------

    def _wake(self) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._start)

    def _start(self) -> None:
        self._news.set()
        if self._task is None or self._task.done():
            self._task = self.loop.create_task(self._run())

    async def _run(self) -> None:
        while not self.stopped:
            began = time.perf_counter()
            self._news.clear()
            self._take_wishes()
            self._pause_where_nobody_looks()
            if self._due_now():
                self._send()
            if self._trains():
                self._train(began)
                await asyncio.sleep(0)
            elif self._job is not None:
                self._do_job(began)
                await asyncio.sleep(0.001)
            elif (self._due and self.arrived) or self.playing:
                await self._wait()
            elif not self.waiting:
                return

    async def _wait(self) -> None:
        """Until there is news, or the time of the next picture has come."""
        at = self._last_frame + (self.pause_between if self._answered() else PATIENCE)
        try:
            await asyncio.wait_for(self._news.wait(), max(0.001, at - time.perf_counter()))
        except TimeoutError:
            return

    def _pause_where_nobody_looks(self) -> None:
        if self.playing and time.perf_counter() - self._heard > UNWATCHED:
            self._end_of_play()
            self.refuse(PAUSED["unwatched"].format(seconds=UNWATCHED))

    def _answered(self) -> bool:
        return self._sent - self._drawn < AHEAD

    def _due_now(self) -> bool:
        """Whether a picture is wanted, and the page is ready for it."""
        if not self._due or not self.arrived:
            return False
        now = time.perf_counter()
        if not self.playing and self._trains() and now < self._quiet_until:
            return False
        waited = now - self._last_frame
        if not self._answered():
            return waited > PATIENCE
        return waited >= (self.pause_between if self.playing else FRAME if self._trains() else 0)

    def _trains(self) -> bool:
        """Whether there is training to be done before the next picture."""
        if self.session.diverged:
            self._end_of_play()
            return False
        return self._left > 0 if self.playing else self.session.steps < self._target

    def _train(self, began: float) -> None:
        session = self.session
        while time.perf_counter() - began < PIECE and self._trains():
            wanted = self._left if self.playing else self._target - session.steps
            self._left -= session.step(min(wanted, 4))
        if not self.playing or self._left <= 0 or self._steps_of_a_frame() >= 10**9:
            self._due = True

    def _steps_of_a_frame(self) -> int:
        count = SPEEDS[self.speed]
        steps = count if count > 0 else max(1, -count) * self.session.steps_per_epoch
        return steps * max(1, round(self.pause_between / FRAME))

    def _do_job(self, began: float) -> None:
        while self._job is not None and time.perf_counter() - began < PIECE:
            try:
                next(self._job)
            except StopIteration:
                self._job = None

    def _send(self) -> None:
        now = time.perf_counter()
        late = now - self._last_frame - self.pause_between
        # a picture that is a little late does not make all the later ones late
        self._last_frame = now - late if self.playing and 0 < late < self.pause_between / 2 else now
        self._sent += 1
        self._due, self._left = False, self._steps_of_a_frame() if self.playing else 0
        self.show(self._sent)

    def _take_wishes(self) -> None:
        with self._lock:
            changes, self._changes = self._changes, {}
            orders, self._orders = self._orders, []
        if changes:
            self._trying(lambda: self._apply(changes))
        for order in orders:
            order()

    def _trying(self, order: Callable[[], None]) -> None:
        """Do it, or say why it is refused."""
        try:
            order()
        except (ValueError, TypeError) as problem:
            self.refuse(str(problem))
            self.changed()
        self._due = True

    def _apply(self, changes: dict[str, Any]) -> None:
        session = self.session
        if self.playing:
            session.change(**changes)
        else:
            before = max(session.steps, self._target)
            session.reset(session.settings.but(**changes))
            per_epoch = session.steps_per_epoch
            self._target = -(-before // per_epoch) * per_epoch
            self._quiet_until = time.perf_counter() + SOON
        self.changed()

    def _edit(self, layer: int, row: int, column: int, value: float) -> None:
        self._trying(lambda: self.session.set_weight(layer, row, column, value))

    def _begin(self, settings: dict[str, Any]) -> None:
        def anew() -> None:
            self.session.reset(self.session.settings.but(**settings))
            self.changed()
            self._target = 0
            self._play()

        self._trying(anew)

    def _play(self) -> None:
        if self.session.diverged:
            self.session.reset()
        self.playing, self._due, self._heard = True, True, time.perf_counter()

    def _pause(self) -> None:
        self.playing, self._due, self._target = False, True, self.session.steps

    def _end_of_play(self) -> None:
        if self.playing:
            self._pause()

    def _step(self) -> None:
        self._end_of_play()
        self._target = self.session.steps + 1

    def _reset(self) -> None:
        self._end_of_play()
        self.session.reset()
        self._target, self._due = 0, True

    def _look(self, speed: str | None, calm: bool | None) -> None:
        if speed in SPEEDS:
            self.speed = speed
        if calm is not None:
            self.pause_between = CALM if calm else FRAME
        self._left = min(self._left, self._steps_of_a_frame())
        self._due = True
