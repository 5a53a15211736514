"""What trains while the notebook stays alive: short pieces of work on the event loop, the newest wish first.

A slider's callback may come in another thread than the cell (JupyterLab 4.6 runs them in a subshell). So a
callback only leaves its wish and wakes the loop; everything else happens there, one thing at a time.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from helpers.explore.playground.frame import PlaygroundFrame, draw
from helpers.explore.playground.session import Session

PIECE = 0.015
"""Seconds of work before others have their turn."""
FRAME = 1 / 30
"""Seconds between two pictures, at least."""
WORDS = 0.6
"""Seconds that a sentence stays while it plays, so that it can be read."""
SPEEDS = {"1 step": 1, "1 epoch": 0, "10 epochs": -10, "as fast as it can": 10**9}
"""Steps between two pictures; 0 is an epoch, −10 ten of them."""
UNWATCHED = 8.0
"""Seconds of playing without a sign of life from the page, once there was one, until it pauses."""
LONGEST = 600.0
"""Seconds of playing until it pauses by itself where no sign of life ever came."""


class Player:
    """Plays a session: takes wishes from any thread, works on `loop`, and hands each picture to `show`.

    `show(frame)` gets a picture, `refuse(words)` why a setting was refused, `paused()` is told when playing
    ends by itself. `job` is work in small pieces that runs when nothing else is to be done.
    """

    def __init__(
        self,
        session: Session,
        loop: asyncio.AbstractEventLoop,
        show: Callable[[PlaygroundFrame], Any],
        refuse: Callable[[str], Any] = lambda words: None,
        paused: Callable[[], Any] = lambda: None,
    ) -> None:
        self.session, self.loop = session, loop
        self.show, self.refuse, self.paused = show, refuse, paused
        self.playing = self.stopped = False
        self.panel, self.speed = "weights", "1 epoch"
        self._lock = threading.Lock()
        self._changes: dict[str, Any] = {}
        self._orders: list[Callable[[], None]] = []
        self._task: asyncio.Task[None] | None = None
        self._target = session.steps
        self._due = True
        self._last_frame = self._last_words = self._played = 0.0
        self._watched = False
        self._words: str | None = None
        self._job: Iterator[Any] | None = None

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

    def look(self, panel: str | None = None, speed: str | None = None) -> None:
        """Show another panel, or play at another speed."""
        self.do(lambda: self._look(panel, speed))

    def work(self, job: Iterator[Any]) -> None:
        """Do this in pieces, when nothing else is to be done; a newer job takes its place."""

        def take() -> None:
            self._job = job

        self.do(take)

    def alive(self) -> None:
        """The page is still there."""
        self._watched, self._played = True, 0.0

    def do(self, order: Callable[[], None]) -> None:
        """Call this on the loop, between two pieces of work."""
        with self._lock:
            self._orders.append(order)
        self._wake()

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
        if self._task is None or self._task.done():
            self._task = self.loop.create_task(self._run())

    async def _run(self) -> None:
        while not self.stopped:
            began = time.perf_counter()
            self._take_wishes()
            if self._finished():
                if self._due:
                    self._send()
                if self._job is None and not self.waiting:
                    return
                self._do_job(began)
                await asyncio.sleep(0.001)
                continue
            self._train(began)
            if self._finished() or time.perf_counter() - self._last_frame >= FRAME:
                self._send()
            await self._rest(began)

    def _finished(self) -> bool:
        if self.session.diverged:
            self._end_of_play()
        return not self.playing and (self.session.steps >= self._target or self.session.diverged)

    def _train(self, began: float) -> None:
        wanted = self._steps_of_a_frame() if self.playing else self._target - self.session.steps
        while wanted > 0 and not self.session.diverged and time.perf_counter() - began < PIECE:
            wanted -= self.session.step(min(wanted, 4))

    def _steps_of_a_frame(self) -> int:
        count = SPEEDS[self.speed]
        return count if count > 0 else max(1, -count) * self.session.steps_per_epoch

    async def _rest(self, began: float) -> None:
        worked = time.perf_counter() - began
        rest = max(0.001, FRAME - worked if self.playing else 0.0)
        await asyncio.sleep(rest)
        if self.playing:
            self._played += min(time.perf_counter() - began, 0.2)  # a cell that held the loop does not count
            if self._played > (UNWATCHED if self._watched else LONGEST):
                self._end_of_play()

    def _do_job(self, began: float) -> None:
        while self._job is not None and time.perf_counter() - began < PIECE:
            try:
                next(self._job)
            except StopIteration:
                self._job = None

    def _send(self) -> None:
        now = time.perf_counter()
        if not self.playing or now - self._last_words >= WORDS:
            self._words, self._last_words = None, now
        frame = draw(self.session, self.panel, self._words)
        self._words, self._last_frame, self._due = frame.sentence, now, False
        self.show(frame)

    def _take_wishes(self) -> None:
        with self._lock:
            changes, self._changes = self._changes, {}
            orders, self._orders = self._orders, []
        if changes:
            try:
                self._apply(changes)
            except (ValueError, TypeError) as problem:
                self.refuse(str(problem))
                self._due = True
        for order in orders:
            order()

    def _apply(self, changes: dict[str, Any]) -> None:
        session = self.session
        if self.playing:
            session.change(**changes)
        else:
            before = max(session.steps, self._target)
            session.reset(session.settings.but(**changes))
            per_epoch = session.steps_per_epoch
            self._target = -(-max(before, session.enough) // per_epoch) * per_epoch
            self._last_frame = time.perf_counter()  # what is done soon is shown once, when it is done
        self._due = True

    def _play(self) -> None:
        if self.session.diverged:
            self.session.reset()
        self.playing, self._played = True, 0.0

    def _pause(self) -> None:
        self.playing, self._due, self._target = False, True, self.session.steps

    def _end_of_play(self) -> None:
        if self.playing:
            self._pause()
            self.paused()

    def _step(self) -> None:
        if self.playing:
            self._end_of_play()
        self._target = self.session.steps + 1

    def _reset(self) -> None:
        self._end_of_play()
        self.session.reset()
        self._target, self._due = 0, True

    def _look(self, panel: str | None, speed: str | None) -> None:
        self.panel, self.speed = panel or self.panel, speed or self.speed
        self._due = True
