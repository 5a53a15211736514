"""What the page says and what it is told: the playground without a browser, by its messages."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from typing import Any

import numpy as np
import pytest

from helpers.explore.browser import text_of, widget_class
from helpers.explore.playground import Session, Settings, playground, view, words
from helpers.explore.playground import settings as choices
from helpers.explore.playground.controls import INPUTS, PRESETS
from helpers.explore.playground.message import decode
from helpers.explore.playground.view import DOES, Playground, thumbnails
from tests.playground.test_player import Stage, play


class Page:
    """A page that answers each picture, and keeps what it was told, by kind."""

    def __init__(self, **settings: Any) -> None:
        self.told: list[tuple[dict[str, Any], bytes]] = []
        self.session = Session(Settings().but(**settings))
        self.home = Playground(self.session, self.hear, asyncio.get_running_loop())

    def hear(self, header: dict[str, Any], buffer: bytes = b"") -> None:
        self.told.append((json.loads(json.dumps(header)), buffer))
        if header["kind"] == "frame":
            self.home.player.loop.call_later(0.002, lambda: self.say("drawn", number=header["number"]))

    def say(self, do: str, /, **more: Any) -> None:
        self.home.heard({"do": do, **more})

    async def rest(self) -> None:
        await Stage.rest(self.home)  # type: ignore[arg-type]
        await asyncio.sleep(0.01)  # the answer to the last picture
        await Stage.rest(self.home)  # type: ignore[arg-type]

    def last(self, kind: str) -> dict[str, Any]:
        return [header for header, _ in self.told if header["kind"] == kind][-1]

    @property
    def sentence(self) -> str:
        return [header["sentence"] for header, _ in self.told if "sentence" in header][-1]


async def arrived(**settings: Any) -> Page:
    page = Page(**settings)
    page.say("arrive")
    await page.rest()
    return page


def test_a_page_that_arrives_is_told_everything_in_order() -> None:
    async def scene() -> None:
        page = await arrived()
        assert [header["kind"] for header, _ in page.told[:3]] == ["hello", "scene", "frame"]
        assert page.last("frame")["step"] == 0
        assert page.last("frame")["resting"]
        assert page.sentence.startswith("Before the first step")
        assert page.last("frame")["limit"] == pytest.approx(page.session.stable_rate())
        count = len(page.told)
        page.say("arrive")  # the page was loaded again
        await page.rest()
        assert [header["kind"] for header, _ in page.told[count : count + 3]] == ["hello", "scene", "frame"]

    play(scene)


def test_every_setting_can_be_changed_in_the_page() -> None:
    assert {one.name for one in INPUTS} | {"data", "features"} == set(choices.NAMES)
    for one in INPUTS:
        assert len(one.values) == len(one.texts)
        if one.values:
            assert getattr(Settings(), one.name) in one.values
        for value in one.values:
            if one.name != "loss":
                Settings(**{one.name: value})


def test_a_preset_begins_anew_and_plays() -> None:
    async def scene() -> None:
        page = await arrived(noise=0.4)
        page.say("preset", name="spiral")
        await asyncio.sleep(0.2)
        page.say("pause")
        await page.rest()
        assert page.session.settings == Settings().but(**PRESETS["spiral"])
        assert page.session.steps > 0
        assert page.last("scene")["settings"]["data"] == "spiral"

    play(scene)


def begun(name: str, seed: int, epochs: int) -> Session:
    """What a preset has become after some epochs of watching, about 25 of them a second."""
    session = Session(Settings().but(**PRESETS[name], seed=seed))
    session.step(epochs * session.steps_per_epoch)
    return session


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_preset_shows_what_its_name_says(seed: int) -> None:
    for epochs in (10, 40, 120):
        sentence = words.sentence(begun("too high", seed, epochs))
        assert sentence.startswith("The training loss has gone up"), sentence
        assert "learning rate 10 are too long" in sentence
    one = begun("a batch of one", seed, 60)
    assert "The training loss jumps up and down" in words.sentence(one)
    assert "The noise of 1 sample of 128 does that" in words.sentence(one)
    assert np.std(one.batch_losses.values[-1000:]) > 2 * one.story.recent.train_loss  # a noisy loss,
    assert one.now().validation_score > 0.85  # and it learns all the same
    assert one.settings.but(batch_size=16) == Settings(seed=seed)  # it is the batch that does it
    spiral = begun("spiral", seed, 125)
    assert words.sentence(spiral).startswith("Learning: in 1,000 steps")
    assert spiral.now().validation_score > 0.85


@pytest.mark.parametrize(
    ("changes", "steps", "shown"),
    [
        ({}, 200, True),
        ({"lr": 0.001}, 200, True),  # hardly moved, and a larger rate is what helps
        ({"data": "spiral", "lr": 10.0}, 400, False),  # 22,119, on a slider that ends at 10
        ({"data": "blobs"}, 2000, False),  # 363
        ({"data": "spiral"}, 4000, False),  # the others are on plateaus
        ({"l1": 0.1}, 1000, False),
        ({"activation": "sigmoid", "hidden_layers": 6}, 1000, False),
    ],
)
def test_the_limit_on_the_track_is_shown_where_it_tells_something(
    changes: dict[str, Any], steps: int, shown: bool
) -> None:
    session = Session(Settings().but(**changes))
    session.step(steps)
    assert session.stable_rate() is not None
    assert view.limit_on_the_track(session) == (session.stable_rate() if shown else None)


def test_a_change_is_shown_and_a_refusal_comes_back_as_words() -> None:
    async def scene() -> None:
        page = await arrived()
        page.say("change", settings={"data": "line"})
        await page.rest()
        assert page.last("scene")["settings"]["loss"] == "squared error"
        assert "the data “line”" in page.last("frame")["alt"]
        page.say("change", settings={"data": "moons"})
        page.say("change", settings={"batch_norm": True})
        await page.rest()
        page.say("change", settings={"batch_size": 1})
        await page.rest()
        assert "Batch norm needs at least 2 samples" in page.sentence
        assert page.last("frame")["refused"]
        assert page.last("scene")["settings"]["batch_size"] == 16
        page.say("change", settings={"lr": 0.1})
        await page.rest()
        assert not page.last("frame")["refused"]
        page.say("change", settings={"features": []})
        await page.rest()
        assert "a network needs an input" in page.sentence

    play(scene)


def test_the_picture_does_not_wait_for_the_words() -> None:
    async def scene() -> None:
        page = await arrived()
        page.session.step(200)
        page.session.story  # noqa: B018  all that waits is judged
        count = len(page.told)
        page.say("change", settings={"lr": 0.1})
        await page.rest()
        told = [header for header, _ in page.told[count:]]
        assert [header["kind"] for header in told] == ["scene", "frame", "words"]
        assert (told[1]["step"], told[1]["resting"], "sentence" in told[1]) == (200, True, False)
        expected = Session(Settings(lr=0.1))
        expected.step(200)
        assert told[2]["sentence"] == words.sentence(expected)
        assert told[2]["limit"] == pytest.approx(expected.stable_rate())

    play(scene)


def test_words_of_a_picture_that_is_gone_are_not_sent() -> None:
    async def scene() -> None:
        page = await arrived()
        page.session.step(200)
        page.home.show(1)
        page.say("change", settings={"lr": 0.1})  # before the words of the picture are looked for
        await page.rest()
        said = [header["sentence"] for header, _ in page.told if "sentence" in header]
        assert said[-1].startswith("Learning: in 200 steps")
        assert not any(one.startswith("Before the first step") for one in said[1:])

    play(scene)


def test_a_text_brings_settings_back() -> None:
    async def scene() -> None:
        page = await arrived(noise=0.4, units=4)
        text = page.last("scene")["link"]
        page.say("link", text="data=circle; lr=0.05")
        await page.rest()
        assert page.session.settings == Settings(data="circle", lr=0.05)
        page.say("link", text="lr=fast")
        await page.rest()
        assert "lr is a number" in page.sentence
        assert page.session.settings.lr == 0.05
        page.say("link", text=text)
        await page.rest()
        assert page.session.settings == Settings(noise=0.4, units=4)

    play(scene)


def test_weights_and_layers_follow_the_page() -> None:
    async def scene() -> None:
        page = await arrived()
        page.say("edit", layer=0, row=1, column=2, value=-3.0)
        page.say("open", what="layer", layer=1)
        await page.rest()
        header, buffer = [one for one in page.told if one[0]["kind"] == "frame"][-1]
        found = decode(header, buffer)
        assert found["weights"][16 + 2] == -3.0
        assert header["opened"] == 1
        assert len(found["opened"]) == 16 * 24 * 24

    play(scene)


def test_the_map_of_what_if_and_the_code_come_when_they_are_open() -> None:
    async def scene() -> None:
        page = await arrived(units=4)
        page.say("open", what="what if", on=True)
        page.say("open", what="code", on=True)
        await page.rest()
        found = page.last("what if")
        assert np.shape(found["losses"]) == np.shape(found["levels"]) == (6, 9)
        assert found["best"][0] in found["rates"]
        assert found["here"] == [0.3, 16]
        assert "batch_size=16" in page.last("code")["text"]
        page.say("change", settings={"lr": found["rates"][2], "batch_size": found["sizes"][4]})
        await page.rest()
        assert page.last("what if")["here"] == [found["rates"][2], found["sizes"][4]]
        assert f"batch_size={found['sizes'][4]}" in page.last("code")["text"]
        count = len(page.told)
        page.say("open", what="what if", on=False)
        page.say("change", settings={"lr": 0.2})
        await page.rest()
        assert "what if" not in [header["kind"] for header, _ in page.told[count:]]

    play(scene)


def test_what_it_does_not_know_it_leaves_alone() -> None:
    async def scene() -> None:
        page = await arrived()
        page.say("dance")
        page.home.heard({})
        page.say("look", speed="at once")
        await page.rest()
        assert page.home.player.speed == "1 epoch"

    play(scene)


def test_closing_ends_everything() -> None:
    async def scene() -> None:
        closed: list[bool] = []
        page = Page()
        page.home.end = lambda: closed.append(True)
        page.say("arrive")
        page.say("play")
        await asyncio.sleep(0.1)
        page.home.close()
        await page.rest()
        count = len(page.told)
        page.say("step")
        await asyncio.sleep(0.05)
        assert closed == [True]
        assert len(page.told) == count

    play(scene)


def test_the_page_says_only_what_the_kernel_knows_and_hears_only_what_it_sends() -> None:
    script = text_of(".js", "playground/tools", "playground/widget")
    said = set(re.findall(r'tell\((?:this\.playing \? )?"(\w+)"', script)) | {"play"}
    assert said == set(DOES)
    assert set(re.findall(r'told\.kind === "([a-z ]+)"', script)) == {
        "hello",
        "scene",
        "frame",
        "words",
        "code",
        "what if",
    }


def test_a_thumbnail_for_each_of_the_data() -> None:
    assert len(thumbnails()) == len(choices.DATA)
    for points in thumbnails():
        assert np.array(points).min() >= 0
        assert np.array(points)[:, :2].max() <= 1


def test_each_widget_has_its_own_style_sheet() -> None:
    pytest.importorskip("anywidget")
    names = [("playground/tools", "playground/widget"), ("sliders",)]
    classes = [widget_class(*name) for name in names]
    assert len({one.__name__ for one in classes}) == 2
    for one in classes:
        assert "export default" in one._esm
        assert ".sb-track" in one._css


# In a notebook ----------------------------------------------------------------------------------------


class Displayed:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.outputs: list[Any] = []
        monkeypatch.setattr("IPython.display.display", lambda what, **options: self.outputs.append(what))
        monkeypatch.setattr(view, "_SHOWN", {})


def test_a_notebook_keeps_words_and_a_picture_beside_the_widget(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("anywidget")
    shown = Displayed(monkeypatch)

    async def scene() -> None:
        playground("data=circle; lr=0.1", units=4)

    play(scene)
    widget, picture = shown.outputs
    assert set(widget) == {"text/plain", "application/vnd.jupyter.widget-view+json"}
    assert widget["text/plain"].startswith("Run this cell to get the playground. The picture is for circle,")
    bundle = picture._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/png", "text/plain"}
    assert "for the data “circle”, after 200 steps with learning rate 0.1" in bundle["text/plain"]
    assert 'class="sb-still"' in bundle["text/html"]


@pytest.mark.parametrize("missing", ["anywidget", "a loop"])
def test_without_anywidget_or_a_loop_a_picture_remains(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    shown = Displayed(monkeypatch)

    async def scene() -> None:
        playground(data="circle")

    if missing == "anywidget":
        widget_class.cache_clear()
        monkeypatch.setitem(sys.modules, "anywidget", None)
        play(scene)
    else:
        playground(data="circle")
    (picture,) = shown.outputs
    assert "for the data “circle”, after 200 steps" in picture.alt


def test_a_setting_that_makes_no_sense_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="lr is 0"):
        playground(lr=0)
    with pytest.raises(ValueError, match="is no setting"):
        playground("learning rate 3")
