"""The playground without a browser: settings, training, pictures, words, code, map, player and widgets."""

from __future__ import annotations

import asyncio
import contextlib
import io
import math
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

from helpers.explore.playground import Session, Settings, as_code, draw, network, sweep
from helpers.explore.playground import settings as choices
from helpers.explore.playground.curvature import largest_curvature
from helpers.explore.playground.frame import CLASS_COLOURS, GRID, LEVELS, PlaygroundFrame, palette, shades
from helpers.explore.playground.player import FRAME, PIECE, Player
from helpers.explore.playground.problem import problem
from helpers.explore.playground.session import MOST_RECORDS, enough
from helpers.explore.playground.sweep import window
from helpers.training import predict
from tests.thorough import examples

# Settings ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"data": "rings"}, 'data is \'rings\'. Choose "moons", "circle"'),
        ({"noise": -0.1}, "noise is -0.1. Choose a number from 0 to 1"),
        ({"noise": math.nan}, "noise is nan"),
        ({"train_share": 1.0}, "train_share is 1.0. Choose a number from 0.1 to 0.9"),
        ({"features": ()}, "a network needs an input"),
        ({"features": ("x3",)}, 'features has "x3"'),
        ({"features": "x1"}, "must be a tuple of names"),
        ({"hidden_layers": 7}, "hidden_layers is 7. Choose a whole number from 0 to 6"),
        ({"units": 2.5}, "units must be a whole number from 1 to 64, got 2.5"),
        ({"units": True}, "units must be a whole number"),
        ({"activation": "relu"}, "activation is 'relu'"),
        ({"initialisation": None}, "initialisation is None"),
        ({"loss": "Huber"}, '"Huber" needs a number, and the data "moons" ask for classes'),
        ({"data": "line"}, '"cross-entropy" needs classes'),
        ({"optimizer": "adam"}, "optimizer is 'adam'"),
        ({"lr": 0}, "lr is 0. Choose a number above 0 and up to 100"),
        ({"lr": "0.1"}, "lr must be a number above 0"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"l1": -1}, "l1 is -1"),
        ({"l2": math.inf}, "l2 is inf"),
        ({"dropout": 1.0}, "dropout is 1.0. Choose a number from 0 to 0.9"),
        ({"batch_norm": 1}, "batch_norm is on or off"),
        ({"batch_norm": True, "batch_size": 1}, "Batch norm needs at least 2 samples"),
        ({"batch_norm": True, "batch_size": 127}, "Batch norm needs at least 2 samples"),
        ({"data": "line", "loss": "Huber", "features": ("x2",)}, "have one input, x1"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_a_wrong_setting_is_refused_in_clear_words(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises((ValueError, TypeError)) as caught:
        Settings(**wrong)
    assert words in str(caught.value)
    assert str(caught.value).endswith(".")


def test_every_setting_is_checked() -> None:
    assert set(choices.CHECKS) == set(choices.NAMES)


def test_a_change_of_data_brings_a_loss_that_fits() -> None:
    line = Settings(features=("x2",)).but(data="line")
    assert (line.loss, line.used_features) == ("squared error", ("x1",))
    assert line.but(data="blobs").loss == "squared error"
    assert Settings().but(data="line").but(loss="Huber").but(data="moons").loss == "cross-entropy"
    with pytest.raises(ValueError, match='There is no setting "learning_rate"'):
        Settings().but(learning_rate=1)


# Training ---------------------------------------------------------------------------------------------


def run_code(session: Session) -> float:
    """The last validation loss of the session's code."""
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(as_code(session), names)
    loss = float(names["history"]["validation_loss"][-1])
    assert printed.getvalue() == f"validation loss {loss:.4f}\n"
    return loss


@st.composite
def any_settings(draw: st.DrawFn) -> Settings:
    def one(values: Any) -> Any:
        return draw(st.sampled_from(list(values)))

    data = one(choices.DATA)
    features = draw(st.lists(st.sampled_from(choices.FEATURES), min_size=1, max_size=7, unique=True))
    batch_norm = draw(st.booleans())
    return Settings(
        data=data,
        noise=one((0.0, 0.15, 0.6)),
        train_share=one((0.1, 0.3, 0.5, 0.9)),
        features=("x1", *features),
        hidden_layers=one((0, 1, 2, 6)),
        units=one((1, 3, 8)),
        activation=one(choices.ACTIVATIONS),
        initialisation=one(choices.INITIALISATIONS),
        loss=one(choices.losses_for(data)),
        optimizer=one(choices.OPTIMIZERS),
        lr=one((0.001, 0.01, 0.1)),
        batch_size=one((16, 64, 256)) if batch_norm else one((7, 16, 64, 256)),
        l1=one((0.0, 0.001)),
        l2=one((0.0, 0.01)),
        dropout=one((0.0, 0.3)),
        batch_norm=batch_norm,
        seed=one((0, 1, 5)),
    )


@hypothesis_settings(deadline=None, max_examples=examples(40))
@given(any_settings())
def test_the_code_trains_the_same_network_to_the_last_digit(chosen: Settings) -> None:
    session = Session(chosen)
    session.step(3 * session.steps_per_epoch)
    if not session.diverged and math.isfinite(session.now().validation_loss):
        assert run_code(session) == session.now().validation_loss


def test_the_code_is_for_200_steps_before_there_is_an_epoch_and_names_live_changes() -> None:
    fresh, trained = Session(), Session()
    trained.step(200)
    assert as_code(fresh) == as_code(trained)
    assert run_code(fresh) == trained.now().validation_loss
    trained.change(lr=0.1)
    assert as_code(trained).startswith("# Settings were changed while it trained")
    body = as_code(fresh).split("\n\n")[2]
    assert len([line for line in body.splitlines() if not line.startswith((" ", ")"))]) <= 10


def test_pieces_are_the_same_as_one_go() -> None:
    pieces, at_once = Session(), Session()
    for n in (1, 2, 5, 100, 0, 92):
        assert pieces.step(n) == n
        draw(pieces)  # looking changes nothing
    at_once.step(200)
    assert np.array_equal(pieces.model.flat, at_once.model.flat)
    assert pieces.now() == at_once.now()
    pieces.reset()
    assert (pieces.steps, pieces.epochs, len(pieces.records)) == (0, 0, 1)
    pieces.step(200)
    assert np.array_equal(pieces.model.flat, at_once.model.flat)
    with pytest.raises(ValueError, match="whole number from 0 on; got -1"):
        pieces.step(-1)


def test_a_live_change_keeps_the_weights_and_counts_from_the_next_step() -> None:
    session = Session()
    session.step(8)
    before = session.model.flat.copy()
    assert session.change(lr=0.001) is False
    assert np.array_equal(session.model.flat, before)
    session.step(1)
    assert np.allclose(session.model.flat, before - 0.001 * session.model.d_flat, rtol=0, atol=1e-15)
    assert session.change(batch_size=64) is False
    session.step(1)
    assert session.steps == 10
    assert session.changed_on_the_way
    assert session.change(lr=0.001) is False  # no change at all


@pytest.mark.parametrize("change", [{"units": 4}, {"seed": 2}, {"optimizer": "Adam"}, {"dropout": 0.5}])
def test_another_network_begins_anew(change: dict[str, Any]) -> None:
    session = Session()
    session.step(50)
    assert session.change(**change) is True
    assert (session.steps, session.changed_on_the_way) == (0, False)
    assert session.now() == Session(Settings(**change)).now()


@pytest.mark.parametrize("changes", [{}, {"batch_norm": True, "dropout": 0.2}, {"activation": "GELU"}])
def test_a_second_network_is_looked_at_as_the_first(changes: dict[str, Any]) -> None:
    session = Session(Settings(units=5))
    for seed in (2, 3):
        session.change(seed=seed, lr=0.1, **changes)
        session.step(9)
        fresh = Session(Settings(units=5, seed=seed, lr=0.1, **changes))
        fresh.step(9)
        assert session.now() == fresh.now()
        assert np.array_equal(session.predict_grid(), fresh.predict_grid())


def test_a_refused_change_leaves_all_as_it_was() -> None:
    session = Session()
    session.step(30)
    before = session.settings, session.steps, session.now()
    with pytest.raises(ValueError, match="lr is -1"):
        session.change(lr=-1, batch_size=32)
    assert (session.settings, session.steps, session.now()) == before


def test_it_stops_when_the_loss_overflows() -> None:
    session = Session(Settings().but(data="line", hidden_layers=0, lr=10.0))
    taken = session.step(5000)
    assert taken < 5000
    assert session.diverged
    assert session.step(5) == 0
    frame = draw(session)
    assert frame.sentence.startswith(f"The loss overflowed at step {taken}: with learning rate 10 ")
    assert parsed(frame)
    session.reset()
    assert not session.diverged


def test_records_stay_few_and_in_order() -> None:
    session = Session(Settings(batch_size=256, hidden_layers=0))
    session.step(9000)
    steps = [one.step for one in session.records]
    assert steps[0] == 0
    assert steps == sorted(set(steps))
    assert 100 < len(steps) <= MOST_RECORDS
    assert steps[-1] > 8900


def test_the_validation_points_are_never_trained_on() -> None:
    data = problem(Settings(train_share=0.3))
    assert sorted([*data.train, *data.validation]) == list(range(256))
    session = Session(Settings(train_share=0.3))
    session.problem.targets[session.problem.validation] *= -1  # the session has its own copy of the parts
    assert len(session._batches.sources[0]) == len(data.train) == 76


def test_digits_are_reduced_with_what_the_training_rows_tell() -> None:
    data = problem(Settings(data="digits"))
    train = data.points[data.train]
    assert np.allclose(train.mean(axis=0), 0)
    assert np.allclose(train.std(axis=0), 1)
    assert not np.allclose(data.points[data.validation].mean(axis=0), 0, atol=1e-3)


@pytest.mark.parametrize(
    "changes",
    [{}, {"data": "blobs"}, {"dropout": 0.2, "l2": 0.01, "batch_norm": True, "optimizer": "Adam"}],
)
def test_the_map_has_the_numbers_of_the_playground_itself(changes: dict[str, Any]) -> None:
    settings = Settings(units=4, train_share=0.2, **changes)
    *_, found = sweep(settings)
    assert found.done
    assert found.losses.shape == (6, 9)
    for row, size in list(enumerate(found.batch_sizes))[::2]:
        for column, lr in list(enumerate(found.learning_rates))[::4]:
            session = Session(settings.but(batch_size=size, lr=lr))
            session.step(session.enough)
            expected = session._scores().validation_loss
            assert found.losses[row, column] == expected or not math.isfinite(expected)
    lr, size = found.best
    assert found.losses[found.batch_sizes.index(size), found.learning_rates.index(lr)] == np.nanmin(
        found.losses
    )


@pytest.mark.parametrize("lr", [*choices.LEARNING_RATES, 0.0123])
@pytest.mark.parametrize("batch_size", choices.BATCH_SIZES)
def test_the_map_always_contains_where_one_is(lr: float, batch_size: int) -> None:
    rates = window(choices.LEARNING_RATES, lr, 9, 3)
    sizes = window(choices.BATCH_SIZES, batch_size, 6, 1)
    assert lr in rates
    assert batch_size in sizes
    assert 5 <= len(rates) <= 9
    assert len(sizes) == 6
    assert list(rates) == sorted(set(rates))


def test_a_batch_of_one_is_left_out_with_batch_norm() -> None:
    *_, found = sweep(Settings(batch_norm=True, batch_size=2, hidden_layers=1, units=2, train_share=0.1))
    assert found.batch_sizes[0] == 1
    assert np.isnan(found.losses[0]).all()
    assert np.isfinite(found.losses[1:]).any()


def test_enough_is_200_steps_in_whole_epochs() -> None:
    for size in choices.BATCH_SIZES:
        session = Session(Settings(batch_size=size))
        assert 200 <= session.enough < 200 + session.steps_per_epoch
        assert session.enough % session.steps_per_epoch == 0
        assert session.enough == enough(session.settings)


# Words ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "steps", "begins"),
    [
        ({}, 0, "Before the first step"),
        ({}, 200, "Learning: in 200 steps the training loss went from"),
        ({"initialisation": "zeros"}, 40, "All weights began at 0"),
        ({"lr": 0.001}, 200, "In 200 steps the loss has hardly moved"),
        ({"data": "xor", "hidden_layers": 0}, 400, "A network without hidden layers"),
        ({"data": "circle", "activation": "none"}, 400, "A network without an activation"),
        ({"data": "digits", "units": 32}, 4000, "It learns by heart: since step"),
        ({"data": "blobs"}, 400, "It has learnt this: 100 % of the points"),
        (
            {"data": "spiral", "activation": "ReLU", "optimizer": "Adam"},
            600,
            " of 32 ReLU units are never on",
        ),
        (
            {"batch_size": 4, "lr": 0.7, "noise": 0.4},
            2000,
            "The loss jumps up and down: each step follows only",
        ),
        (
            {"data": "line", "hidden_layers": 0, "lr": 1.5, "batch_size": 256},
            30,
            "The loss is rising: the learning",
        ),
    ],
)
def test_what_is_said(changes: dict[str, Any], steps: int, begins: str) -> None:
    session = Session(Settings().but(**changes))
    session.step(steps)
    assert begins in draw(session).sentence


def test_the_limit_that_is_named_is_that_of_the_bowl() -> None:
    settings = Settings().but(data="line", hidden_layers=0, batch_size=256)
    X = Session(settings).problem.X[Session(settings).problem.train]
    X1 = np.column_stack([X, np.ones(len(X))])
    limit = 2 / np.linalg.eigvalsh(2 * X1.T @ X1 / len(X)).max()
    session = Session(settings)
    train, loss = session.problem.train, network.build_loss(settings, session.problem)
    curvature = largest_curvature(session.model, loss, X, session.problem.targets[train])
    assert 2 / curvature == pytest.approx(limit, rel=1e-3)
    for lr, falls in ((0.9 * limit, True), (1.1 * limit, False)):
        session = Session(settings.but(lr=float(lr)))
        session.step(60)
        assert (session.now().train_loss < session.records[0].train_loss) is falls


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
