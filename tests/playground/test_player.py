"""The player: what is trained when, what is shown when, and that no queue builds up."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import numpy as np
import pytest

from helpers.explore.playground import Session, Settings
from helpers.explore.playground.player import AHEAD, FRAME, PIECE, Player


class Stage:
    """A player and a page that answers each picture after a while, or never."""

    def __init__(self, settings: Settings | None = None, answers: bool = True, there: bool = True) -> None:
        self.frames: list[tuple[int, int, float]] = []  # number, steps, learning rate
        self.times: list[float] = []
        self.refused: list[str] = []
        self.answers = answers
        self.session = Session(settings)
        self.player = Player(self.session, asyncio.get_running_loop(), self.show, self.refused.append)
        if there:
            self.player.arrive()

    def show(self, number: int) -> None:
        self.frames.append((number, self.session.steps, self.session.settings.lr))
        self.times.append(time.perf_counter())
        if self.answers:
            self.player.loop.call_later(0.002, self.player.drawn, number)

    async def rest(self) -> None:
        """Until nothing is left to do."""
        await asyncio.sleep(0)
        deadline = time.perf_counter() + 20
        while self.player._task is None or not self.player._task.done():
            await asyncio.sleep(0.002)
            assert time.perf_counter() < deadline, "the player does not come to rest"
        self.player._task.result()


def play(scene: Any) -> None:
    asyncio.run(asyncio.wait_for(scene(), 60))


def test_a_change_at_rest_trains_anew_and_shows_the_end() -> None:
    async def scene() -> None:
        stage = Stage()
        stage.session.step(200)
        stage.player.change(lr=0.1)
        await stage.rest()
        expected = Session(Settings(lr=0.1))
        expected.step(200)
        assert stage.session.now() == expected.now()
        assert stage.frames[-1][1:] == (200, 0.1)
        stage.player.change(batch_size=4)
        await stage.rest()
        assert stage.session.steps == 224  # whole epochs

    play(scene)


def test_before_the_first_step_a_change_is_only_shown() -> None:
    async def scene() -> None:
        stage = Stage()
        stage.player.change(lr=0.1)
        await stage.rest()
        assert stage.frames[-1][1:] == (0, 0.1)

    play(scene)


def test_the_newest_wish_wins() -> None:
    async def scene() -> None:
        stage = Stage()
        threads = [
            threading.Thread(target=stage.player.change, kwargs={"lr": lr}) for lr in (0.01, 0.02, 0.03, 0.05)
        ]
        for thread in threads:
            thread.start()
            thread.join()
        await stage.rest()
        assert stage.session.settings.lr == 0.05
        assert {lr for _, _, lr in stage.frames} <= {0.3, 0.05}

    play(scene)


def test_a_large_network_leaves_the_loop_free() -> None:
    async def scene() -> None:
        stage = Stage(Settings(hidden_layers=6, units=64, batch_size=256))
        stage.player.play()
        await asyncio.sleep(0)
        gaps, last = [], time.thread_time()
        deadline = time.perf_counter() + 0.6
        while time.perf_counter() < deadline:
            await asyncio.sleep(0)
            gaps.append(time.thread_time() - last)  # of work, not of waiting for the processor
            last = time.thread_time()
        assert len(gaps) > 8
        assert sorted(gaps)[int(0.9 * len(gaps))] < 4 * PIECE  # a piece, its last steps and a picture
        stage.player.stop()
        await stage.rest()

    play(scene)


def test_playing_pausing_stepping_and_resetting() -> None:
    async def scene() -> None:
        stage = Stage()
        stage.player.play()
        await asyncio.sleep(0.5)
        stage.player.pause()
        await stage.rest()
        played = stage.session.steps
        assert played % 8 == 0
        assert played >= 16
        assert len(stage.frames) >= 2
        assert np.median(np.diff(stage.times)) > 0.8 * FRAME
        assert stage.frames[-1][1] == played
        stage.player.step()
        await stage.rest()
        assert stage.session.steps == played + 1
        stage.player.reset()
        await stage.rest()
        assert stage.session.steps == stage.frames[-1][1] == 0
        assert stage.refused == []

    play(scene)


def test_a_live_setting_moves_while_it_plays_and_another_begins_anew() -> None:
    async def scene() -> None:
        stage = Stage()
        stage.player.play()
        await asyncio.sleep(0.2)
        before = stage.session.steps
        stage.player.change(lr=0.01)
        await asyncio.sleep(0.1)
        assert stage.session.steps >= before
        assert stage.session.settings.lr == 0.01
        assert stage.player.playing
        stage.player.change(units=4)
        await asyncio.sleep(0.05)
        assert stage.session.settings.units == 4
        stage.player.step()
        await stage.rest()
        assert not stage.player.playing

    play(scene)


def test_a_wrong_setting_is_told_and_nothing_else_happens() -> None:
    async def scene() -> None:
        stage = Stage()
        stage.player.change(lr=-1)
        await stage.rest()
        assert stage.refused == ["lr is -1. Choose a number above 0 and up to 100."]
        assert stage.session.settings == Settings()

    play(scene)


def test_it_pauses_when_nobody_looks_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpers.explore.playground.player.UNWATCHED", 0.2)

    async def scene() -> None:
        stage = Stage(answers=False)
        stage.player.look(speed="as fast as it can")
        stage.player.play()
        await stage.rest()
        assert not stage.player.playing
        assert stage.refused[0].startswith("Paused: the page gave no sign of life for 0.2 seconds.")

    play(scene)


def test_nothing_is_shown_before_a_page_is_there() -> None:
    async def scene() -> None:
        stage = Stage(there=False)
        stage.player.step()
        await stage.rest()
        assert stage.session.steps == 1
        assert stage.frames == []
        stage.player.arrive()
        await stage.rest()
        assert [steps for _, steps, _ in stage.frames] == [1]

    play(scene)


def test_a_page_that_does_not_answer_gets_no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpers.explore.playground.player.PATIENCE", 0.3)

    async def scene() -> None:
        stage = Stage(answers=False)
        stage.player.play()
        await asyncio.sleep(0.25)
        assert len(stage.frames) == AHEAD
        trained = stage.session.steps
        await asyncio.sleep(0.02)
        assert stage.session.steps == trained  # a picture an epoch: the training waits as well
        await asyncio.sleep(0.2)
        assert len(stage.frames) == AHEAD + 1  # patience has an end, and one more is tried
        stage.answers = True
        stage.player.drawn(stage.frames[-1][0])
        await asyncio.sleep(0.2)
        assert len(stage.frames) > AHEAD + 2  # answered again, it goes on at once
        stage.player.stop()
        await stage.rest()

    play(scene)


def test_as_fast_as_it_can_trains_on_while_it_waits() -> None:
    async def scene() -> None:
        stage = Stage(answers=False)
        stage.player.look(speed="as fast as it can")
        stage.player.play()
        await asyncio.sleep(0.2)
        before = stage.session.steps
        await asyncio.sleep(0.1)
        assert len(stage.frames) <= AHEAD
        assert stage.session.steps > before
        stage.player.stop()
        await stage.rest()

    play(scene)


def test_calm_is_one_picture_a_second_and_no_slower_training() -> None:
    async def scene() -> None:
        stage = Stage()
        stage.player.look(calm=True)
        stage.player.play()
        await asyncio.sleep(1.6)
        stage.player.stop()
        await stage.rest()
        assert len(stage.frames) <= 4
        assert stage.session.steps >= 8 * 25  # 30 epochs a picture

    play(scene)


def test_a_weight_that_is_set_is_shown_and_a_wrong_one_refused() -> None:
    async def scene() -> None:
        stage = Stage()
        stage.player.edit(0, 1, 3, 2.5)
        await stage.rest()
        assert stage.session.weights()[0][1, 3] == 2.5
        stage.player.edit(0, 1, 99, 2.5)
        await stage.rest()
        assert "column is 99" in stage.refused[0]

    play(scene)


def test_a_job_waits_for_the_training_and_is_done_in_pieces() -> None:
    done: list[int] = []

    def job() -> Any:
        for i in range(5):
            time.sleep(PIECE)
            done.append(i)
            yield

    async def scene() -> None:
        stage = Stage()
        stage.player.work(job())
        await asyncio.sleep(PIECE * 1.5)
        assert len(done) < 5
        await stage.rest()
        assert done == [0, 1, 2, 3, 4]

    play(scene)


def test_a_stopped_player_does_nothing_more() -> None:
    async def scene() -> None:
        stage = Stage()
        stage.player.play()
        await asyncio.sleep(0.1)
        stage.player.stop()
        await stage.rest()
        count = len(stage.frames)
        stage.player.change(lr=0.1)
        await asyncio.sleep(0.05)
        assert len(stage.frames) == count

    play(scene)
