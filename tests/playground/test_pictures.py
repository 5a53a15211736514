"""Pictures and messages: what is drawn is what the network says, and what is sent is what is drawn."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from helpers.explore.base import Frame
from helpers.explore.playground import Session, Settings, draw, network
from helpers.explore.playground import settings as choices
from helpers.explore.playground.message import MOST_POINTS, SHOWN, decode, encode, frame, scene
from helpers.explore.playground.problem import GRID
from helpers.explore.playground.shades import (
    CLASS_COLOURS,
    LEVELS,
    borders,
    class_places,
    feature_maps,
    palette,
    shades,
)
from helpers.training import predict
from tests.playground.chosen import any_settings

# The picture of a saved notebook ----------------------------------------------------------------------


def sound(picture: Frame) -> None:
    assert re.fullmatch(r"[A-Z0-9].*[.]", picture.sentence), picture.sentence
    assert re.fullmatch(r"[A-Z].*[.]", picture.alt), picture.alt
    assert not re.search(r"\b(nan|inf|None)\b", picture.alt), picture.alt
    with Image.open(io.BytesIO(picture.picture.data)) as image:
        assert image.format == "PNG"
        assert image.size == (2 * picture.picture.width, 2 * picture.picture.height)


@hypothesis_settings(max_examples=8)
@given(any_settings(), st.sampled_from([0, 1, 30]))
def test_every_setting_has_a_picture(chosen: Settings, steps: int) -> None:
    session = Session(chosen)
    session.step(steps)
    sound(draw(session))


def test_a_network_that_has_diverged_has_a_picture_and_a_message() -> None:
    session = Session(Settings().but(data="line", hidden_layers=0, lr=10.0))
    session.step(5000)
    for layer in network.linear_layers(session.model):
        layer.dW[...] = 1e200  # its square is more than a number can be
    sound(draw(session))
    header, buffer = frame(session)
    assert header["scores"]["train_loss"] == "∞"
    curves = decode(header, buffer)["curves"].reshape(-1, 5)
    assert np.isinf(curves[-1, 1])
    assert not np.isnan(curves).any()
    assert np.isfinite(decode(header, buffer)["line"]).all()


# Messages ---------------------------------------------------------------------------------------------


@hypothesis_settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(["u1", "u2", "f4"]), st.integers(0, 9)), max_size=6))
def test_what_is_encoded_can_be_decoded_and_is_aligned(kinds: list[tuple[str, int]]) -> None:
    types = {"u1": np.uint8, "u2": np.uint16, "f4": np.float32}
    arrays = {f"a{i}": np.arange(size).astype(types[kind]) for i, (kind, size) in enumerate(kinds)}
    header, buffer = encode({"kind": "test"}, arrays)
    assert len(buffer) % 4 == 0
    found = decode(header, buffer)
    assert list(found) == list(arrays)
    assert all(np.array_equal(found[name], arrays[name]) for name in arrays)


def test_what_the_page_does_not_know_is_not_sent() -> None:
    with pytest.raises(TypeError, match="a is of float64; what can be sent is u1, u2, f4"):
        encode({}, {"a": np.zeros(2)})


@hypothesis_settings(max_examples=25)
@given(any_settings(), st.sampled_from([0, 30]))
def test_a_frame_says_what_the_session_says(chosen: Settings, steps: int) -> None:
    session = Session(chosen)
    session.step(steps)
    header, buffer = frame(session)
    found, weights = decode(header, buffer), session.weights()
    assert header["shapes"] == [W.shape for W in weights]
    assert np.array_equal(found["weights"], np.concatenate([W.ravel() for W in weights]).astype(np.float32))
    units = sum(min(len(maps), SHOWN) for maps in session.units().maps) + session.problem.outputs
    assert len(found["units"]) == 24 * 24 * units
    assert ("line" in found) == session.settings.regression
    if not session.settings.regression:
        assert found["map"].max() < max(256, LEVELS * session.problem.num_classes)
        assert found["lengths"].sum() * 2 == len(found["border"])
    assert found["curves"][-5] == header["step"] == session.steps
    assert (header["step"], header["epoch"]) == (session.steps, session.epochs)


def test_a_frame_is_about_20_kb_also_after_a_long_training() -> None:
    session = Session()
    assert len(frame(session)[1]) < 25_000
    session.step(6000)
    header, buffer = frame(session)
    assert len(buffer) < 30_000
    found = decode(header, buffer)
    assert len(found["curves"]) <= 5 * (MOST_POINTS + 1)
    assert len(found["batches"]) <= 2 * (MOST_POINTS + 1)
    assert found["batches"][-2] == session.batch_losses.steps[-1]


def test_all_units_of_one_layer_come_when_they_are_wanted() -> None:
    session = Session(Settings(units=24))
    found = decode(*frame(session, opened=1))
    assert np.array_equal(found["opened"], session.units().maps[1].ravel())
    assert "opened" not in decode(*frame(session))


def test_a_scene_has_the_points_and_what_differs_from_the_start() -> None:
    session = Session(Settings(noise=0.4, batch_size=256))
    header, buffer = scene(session, Settings())
    found, problem = decode(header, buffer), session.problem
    assert np.allclose(found["points"].reshape(-1, 2), problem.points)
    assert np.array_equal(np.flatnonzero(found["is_training"]), np.sort(problem.train))
    assert header["changed"]["Data"] == "noise 0.4"
    assert header["link"] == session.settings.as_text()
    assert "256 is more than there are" in header["remark"]
    assert scene(Session(), Settings())[0]["remark"] == ""


def test_inputs_are_shown_whether_they_are_used_or_not() -> None:
    session = Session()
    maps = feature_maps(session.problem)
    assert np.array_equal(maps[choices.FEATURES.index("x1")][0], maps[0][-1])  # the same in every row
    assert maps[0, 0, 0] < 128 < maps[0, 0, -1]
    line = feature_maps(Session(Settings().but(data="line")).problem)
    assert (line[choices.FEATURES.index("x2")] == 128).all()


# Colours ----------------------------------------------------------------------------------------------


def test_the_map_shows_what_the_network_answers() -> None:
    session = Session()
    session.step(400)
    outputs = session.predict_grid()
    index, margins = shades(outputs, probabilities=True)
    exact = predict(session.model, session.problem.grid.astype(float))
    assert np.allclose(outputs, exact, atol=1e-3)
    clear = np.abs(exact[:, 0]).reshape(GRID, GRID) > 0.1
    assert np.array_equal((index > 127)[clear], (exact[:, 0] > 0).reshape(GRID, GRID)[clear])
    (line, *_) = borders(margins)
    left, right, bottom, top = session.problem.extent
    on_border = np.column_stack([left + line[:, 0] * (right - left), top - line[:, 1] * (top - bottom)])
    assert np.abs(predict(session.model, on_border)).max() < 0.2  # of logits from -10 to 10


def test_ten_classes_have_ten_colours() -> None:
    assert len(set(CLASS_COLOURS)) == 10
    outputs = np.eye(10)[np.arange(GRID * GRID) % 10] * 5
    index, margins = shades(outputs, probabilities=True)
    assert np.array_equal(index.ravel() // LEVELS, np.arange(GRID * GRID) % 10)
    assert len(margins) == 10


# What a reader sees who lacks one kind of cone: Machado, Oliveira and Fernandes (2009), severity 1
SEEN_AS = {
    "all cones": np.eye(3),
    "no green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
    "no red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
}


def lab(colours: tuple[str, ...], seen_as: Any) -> np.ndarray:
    """CIELAB (D65) of colours as they are seen."""
    rgb = np.array([[int(one[i : i + 2], 16) for i in (1, 3, 5)] for one in colours]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = (linear @ np.array(seen_as).T).clip(0, 1)
    xyz = linear @ np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]).T
    f = np.cbrt(np.maximum(xyz / [0.95047, 1, 1.08883], 1e-6))
    return np.column_stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])])


@pytest.mark.parametrize("eyes", SEEN_AS)
def test_ten_digits_are_told_apart_by_all_eyes(eyes: str) -> None:
    seen = lab(CLASS_COLOURS, SEEN_AS[eyes])
    apart = np.linalg.norm(seen[:, None] - seen[None], axis=-1)[np.triu_indices(10, 1)]
    assert apart.min() > 20  # 2.3 is a just noticeable difference


def test_two_class_maps_go_from_one_colour_by_white_to_the_other() -> None:
    colours = palette(2).astype(int)
    blue, red = (np.array([int(one[i : i + 2], 16) for i in (1, 3, 5)]) for one in CLASS_COLOURS[:2])
    assert np.abs(colours[0] - (255 + 0.6 * (blue - 255))).max() <= 1
    assert np.abs(colours[-1] - (255 + 0.6 * (red - 255))).max() <= 1
    assert colours[127:129].min() > 240


def test_names_of_digits_do_not_lie_on_each_other() -> None:
    for seed in range(8):
        at = class_places(Session(Settings(data="digits", seed=seed)).problem)
        gaps = np.linalg.norm(at[:, None] - at[None], axis=-1)[np.triu_indices(10, 1)]
        assert gaps.min() > 0.07  # 14 pixels of 206, and a letter is 9 wide and 11 high
