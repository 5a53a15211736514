"""Lesson 00: its explorer at the ends of every slider, and its pictures."""

import numpy as np
import pytest

from helpers.explore.start import CONTROLS, frame, probabilities, truth
from helpers.figures import start


def _right(steps: int, lr: float) -> int:
    return int(((probabilities(lr)[steps] > 0.5) == truth()).sum())


@pytest.mark.parametrize("steps", [CONTROLS[0].values[0], CONTROLS[0].values[-1]])
@pytest.mark.parametrize("lr", [CONTROLS[1].values[0], CONTROLS[1].values[-1]])
def test_a_frame_at_the_ends_of_the_sliders(steps: int, lr: float) -> None:
    shown = frame(steps=steps, lr=lr)
    assert shown.picture.data.startswith(b"\x89PNG")
    assert shown.sentence in shown.alt
    assert (f"right about {_right(steps, lr)} of 142" in shown.sentence) == (steps > 0)


def test_the_same_parameters_give_the_same_frame_whatever_came_before() -> None:
    first = frame(steps=10, lr=0.5)
    frame(steps=200, lr=50)
    again = frame(steps=10, lr=0.5)
    assert again.picture.data == first.picture.data
    assert again.sentence == first.sentence


def test_another_step_is_another_picture() -> None:
    assert frame(steps=1, lr=0.5).picture.data != frame(steps=2, lr=0.5).picture.data


def test_the_loop_is_the_eight_lines_of_the_lesson() -> None:
    """One step and two hundred, as the lesson's text says."""
    assert (_right(1, 0.5), _right(200, 0.5)) == (129, 139)


def test_wrong_answers_are_crosses_and_nothing_else_is() -> None:
    fig = start.answers(np.array([-2.0, -1.0, 1.0, 3.0]), np.array([0, 1, 1, 0]), ["no", "yes"])
    crosses = [line for line in fig.axes[0].lines if line.get_marker() == "x"]
    assert sorted(crosses[0].get_xdata()) == [-1.0, 3.0]


def test_each_picture_stands_over_its_strip() -> None:
    axes = start.watermarks(np.zeros((2, 64)), np.eye(10)[:2], ["a", "b"]).axes
    assert [ax.get_ylabel() for ax in axes] == ["picture", "", "strip", ""]
    np.testing.assert_array_equal(axes[3].images[0].get_array(), np.eye(10)[1:2])
