"""The playground without a browser: settings, training, pictures, words, code, map, player and widgets."""

from __future__ import annotations

import asyncio
import io
import re
import threading
import time
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from helpers.explore.playground import Session, Settings, draw, network
from helpers.explore.playground import settings as choices
from helpers.explore.playground.frame import CLASS_COLOURS, GRID, LEVELS, PlaygroundFrame, palette, shades
from helpers.explore.playground.player import FRAME, PIECE, Player
from helpers.training import predict
from tests.playground.chosen import any_settings
from tests.thorough import examples

# Pictures ---------------------------------------------------------------------------------------------


def parsed(frame: PlaygroundFrame) -> ET.Element:
    svg = frame.drawing.svg()
    assert not re.search(r"\b(nan|inf|None)\b", svg), re.search(r".{60}\b(nan|inf|None)\b.{60}", svg)
    assert re.fullmatch(r"[A-Z0-9].*[.]", frame.sentence), frame.sentence
    assert re.fullmatch(r"[A-Z].*[.]", frame.alt), frame.alt
    assert frame.alt in frame.html().replace("&lt;", "<").replace("&amp;", "&")
    return ET.fromstring(svg)


@hypothesis_settings(deadline=None, max_examples=examples(40))
@given(any_settings(), st.sampled_from([0, 1, 30]), st.sampled_from(["weights", "gradients"]))
def test_every_setting_has_a_picture(chosen: Settings, steps: int, panel: str) -> None:
    session = Session(chosen)
    session.step(steps)
    assert parsed(draw(session, panel)).get("width") == "860"


@pytest.mark.parametrize("data", ["moons", "line", "digits"])
def test_a_picture_at_rest_is_a_png(data: str) -> None:
    session = Session(Settings().but(data=data))
    session.step(10)
    still = draw(session).still()
    with Image.open(io.BytesIO(still.picture.data)) as picture:
        assert picture.format == "PNG"
        assert picture.size[0] == 2 * still.picture.width


def test_an_unknown_panel_is_refused() -> None:
    with pytest.raises(ValueError, match="got 'activations'"):
        draw(Session(), "activations")


def test_the_map_shows_what_the_network_answers() -> None:
    session = Session()
    session.step(400)
    outputs = session.predict_grid()
    index, _ = shades(outputs, probabilities=True)
    exact = predict(session.model, session.problem.grid.astype(float))
    assert np.allclose(outputs, exact, atol=1e-3)
    assert np.array_equal(index // LEVELS, (exact[:, 0] > 0).reshape(GRID, GRID))
    colours = np.frombuffer(palette(2), np.uint8).reshape(-1, 3)
    assert len(colours) == 2 * LEVELS
    surest = colours[2 * LEVELS - 1].astype(int)
    red = np.array([int(CLASS_COLOURS[1][i : i + 2], 16) for i in (1, 3, 5)])
    assert np.abs(surest - (255 + 0.56 * (red - 255))).max() <= 1


def test_ten_classes_have_ten_colours() -> None:
    assert len(set(CLASS_COLOURS)) == 10
    outputs = np.eye(10)[np.arange(GRID * GRID) % 10] * 5
    index, margins = shades(outputs, probabilities=True)
    assert np.array_equal(index.ravel() // LEVELS, np.arange(GRID * GRID) % 10)
    assert len(margins) == 10


# The player -------------------------------------------------------------------------------------------


class Stage:
    """A player whose pictures are collected, with when they came."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.frames: list[PlaygroundFrame] = []
        self.times: list[float] = []
        self.refused: list[str] = []
        self.pauses = 0
        self.session = Session(settings)
        self.player = Player(
            self.session, asyncio.get_running_loop(), self.show, self.refused.append, self.paused
        )

    def show(self, frame: PlaygroundFrame) -> None:
        self.frames.append(frame)
        self.times.append(time.perf_counter())

    def paused(self) -> None:
        self.pauses += 1

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
        stage.player.change(lr=0.1)
        await stage.rest()
        expected = Session(Settings(lr=0.1))
        expected.step(200)
        assert stage.session.now() == expected.now()
        assert "after 200 steps with learning rate 0.1 " in stage.frames[-1].alt
        stage.player.change(batch_size=4)
        await stage.rest()
        assert stage.session.steps == 224

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
        assert all("learning rate 0.05" in frame.alt for frame in stage.frames)

    play(scene)


def test_a_large_network_leaves_the_loop_free() -> None:
    async def scene() -> None:
        stage = Stage(Settings(hidden_layers=6, units=64, batch_size=256))
        stage.player.change(seed=2)
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
        assert f"after {played} steps" in stage.frames[-1].alt
        stage.player.step()
        await stage.rest()
        assert stage.session.steps == played + 1
        stage.player.reset()
        await stage.rest()
        assert stage.session.steps == 0
        assert "after 0 steps" in stage.frames[-1].alt
        assert stage.pauses == 0

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
        assert stage.pauses == 1
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


def test_it_pauses_when_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpers.explore.playground.player.UNWATCHED", 0.2)

    async def scene() -> None:
        stage = Stage()
        stage.player.play()
        await asyncio.sleep(0.05)
        stage.player.alive()
        await stage.rest()
        assert stage.pauses == 1
        assert not stage.player.playing

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


# The widgets ------------------------------------------------------------------------------------------


class Notebook:
    """What the view puts into a notebook."""

    def __init__(self, **settings: Any) -> None:
        from helpers.explore.playground.controls import Controls
        from helpers.explore.playground.view import Playground

        self.bundles: list[dict[str, str]] = []
        self.session = Session(Settings().but(**settings))
        self.session.step(self.session.enough)
        self.controls = Controls(self.session.settings)
        self.home = Playground(self.session, self.controls, asyncio.get_running_loop(), self.bundles.append)

    async def rest(self) -> None:
        await Stage.rest(self.home)  # type: ignore[arg-type]


@pytest.fixture
def no_new_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The names under which cells are known stay as they are."""
    monkeypatch.setattr("helpers.explore.playground.view._SHOWN", {})


def test_a_widget_for_every_setting() -> None:
    async def scene() -> None:
        notebook = Notebook()
        assert set(notebook.controls.by_name) | {"features"} == set(choices.NAMES)
        for name, widget in notebook.controls.by_name.items():
            assert widget.value == getattr(Settings(), name)

    play(scene)


def test_a_slider_moves_the_picture_and_a_refusal_puts_it_back() -> None:
    async def scene() -> None:
        notebook = Notebook()
        widgets = notebook.controls.by_name
        widgets["data"].value = "line"
        await notebook.rest()
        assert widgets["loss"].value == "squared error"
        assert "the data “line”" in notebook.bundles[-1]["text/plain"]
        assert notebook.controls.features[1].disabled
        widgets["data"].value = "moons"
        await notebook.rest()
        widgets["batch_norm"].value = True
        await notebook.rest()
        widgets["batch_size"].value = 1
        await notebook.rest()
        assert "Batch norm needs at least 2 samples" in notebook.bundles[-1]["text/html"]
        assert widgets["batch_size"].value == 16
        widgets["lr"].value = 0.1
        await notebook.rest()
        assert "Batch norm needs" not in notebook.bundles[-1]["text/html"]

    play(scene)


def test_the_last_input_cannot_be_taken_away() -> None:
    async def scene() -> None:
        notebook = Notebook()
        for button in notebook.controls.features[:2]:
            button.value = False
        await notebook.rest()
        assert "a network needs an input" in notebook.bundles[-1]["text/html"]
        assert any(button.value for button in notebook.controls.features)

    play(scene)


def test_the_map_and_the_code_open_and_a_cell_moves_the_sliders() -> None:
    async def scene() -> None:
        notebook = Notebook(units=4)
        controls = notebook.controls
        controls.map_button.value = True
        await notebook.rest()
        assert controls.found is not None
        assert controls.found.done
        row, column = 4, 2
        assert sum("●" in cell.description for cells in controls.cells for cell in cells) == 1
        assert sum("★" in cell.description for cells in controls.cells for cell in cells) <= 1
        before = controls.found
        controls.cells[row][column].click()
        await notebook.rest()
        assert notebook.session.settings.batch_size == before.batch_sizes[row]
        assert controls.by_name["lr"].value == before.learning_rates[column]
        assert controls.cells[4][2].tooltip.startswith("learning rate")
        controls.code_button.value = True
        await notebook.rest()
        assert f"batch_size={before.batch_sizes[row]}" in controls.code.value

    play(scene)


def test_play_button_and_closing() -> None:
    async def scene() -> None:
        notebook = Notebook()
        notebook.controls.play.value = True
        await asyncio.sleep(0.2)
        assert notebook.controls.play.description == "Pause"
        assert notebook.controls.pulse.playing
        notebook.home.player.step()
        await notebook.rest()
        assert notebook.controls.play.description == "Play"
        assert not notebook.controls.pulse.playing
        notebook.home.close()
        assert notebook.home.player.stopped

    play(scene)


def test_without_a_loop_a_picture_remains(capsys: pytest.CaptureFixture[str]) -> None:
    from helpers.explore.playground import playground

    playground(data="circle")
    assert "for the data “circle”, after 200 steps" in capsys.readouterr().out
    with pytest.raises(ValueError, match="lr is 0"):
        playground(lr=0)


def test_the_gradients_of_a_network_that_has_diverged_are_drawn_without_a_warning():
    session = Session()
    for layer in network.linear_layers(session.model):
        layer.dW[...] = 1e200  # its square is more than a number can be
    assert draw(session, panel="gradients").html()
