"""The playground's settings: what is refused and in which words, and the text that brings them back."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from helpers.explore.playground import Settings
from helpers.explore.playground import settings as choices
from tests.playground.chosen import any_settings
from tests.thorough import examples


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
    assert line.but(data="circle").loss == "cross-entropy"  # not the one that the line left behind
    assert Settings(loss="hinge").but(data="blobs").loss == "hinge"
    assert line.but(data="moons", loss="squared error").loss == "squared error"  # as it was asked for
    assert Settings().but(data="line").but(loss="Huber").but(data="moons").loss == "cross-entropy"
    with pytest.raises(ValueError, match='There is no setting "learning_rate"'):
        Settings().but(learning_rate=1)


@hypothesis_settings(max_examples=examples(200))
@given(any_settings())
def test_the_text_of_settings_brings_them_back(chosen: Settings) -> None:
    assert Settings.from_text(chosen.as_text()) == chosen


def test_the_text_is_short_and_forgives_spaces() -> None:
    assert Settings().as_text() == "data=moons"
    assert Settings().but(data="line").as_text() == "data=line"
    assert Settings.from_text("") == Settings()
    read = Settings.from_text("  data = spiral ;\n lr=1e-2;; features = x1 + sin πx2; batch_norm=on;")
    assert read == Settings(data="spiral", lr=0.01, features=("x1", "sin πx2"), batch_norm=True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("spiral", '"spiral" is no setting. Write parts such as lr=0.1'),
        ("learning_rate=1", '"learning_rate=1" is no setting'),
        ("lr=0.1; lr=0.2", "lr is given twice"),
        ("lr=fast", '"lr=fast" does not say what it should: lr is a number, such as lr=0.3'),
        ("lr=nan", "lr is nan. Choose a number above 0"),
        ("units=2.5", "units is a whole number, such as units=16"),
        ("batch_norm=yes", "batch_norm is on or off, such as batch_norm=off"),
        ("data=rings", "data is 'rings'. Choose"),
        ("features=", "a network needs an input"),
        ("features=x1+x3", 'features has "x3"'),
        ("data=line; loss=hinge", '"hinge" needs classes'),
        ("x" * 10_000, "…"),
        (3, "The settings are a text such as 'data=moons; lr=0.1', got 3"),
    ],
)
def test_a_text_that_is_wrong_is_refused_in_clear_words(text: Any, words: str) -> None:
    with pytest.raises((ValueError, TypeError)) as caught:
        Settings.from_text(text)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 400
    assert str(caught.value).endswith(".")


def test_changes_are_told_by_group() -> None:
    nothing: dict[str, list[str]] = {"Data": [], "Network": [], "Training": []}
    assert Settings(data="spiral", lr=1.0, batch_size=1).changes() == nothing  # those are always in sight
    assert Settings().but(data="line").changes() == nothing
    much = Settings(train_share=0.3, units=8, batch_norm=True, features=("x1",), l2=1e-4, loss="hinge")
    assert much.changes() == {
        "Data": ["training part 30 %"],
        "Network": ["inputs x1", "units in each layer 8", "batch norm on"],
        "Training": ["loss hinge", "L2 penalty 0.0001"],
    }
    assert much.changes(much) == nothing
    assert Settings().changes(much)["Network"] == [
        "inputs x1, x2",
        "units in each layer 16",
        "batch norm off",
    ]


def test_every_setting_has_a_name_and_is_shown_once() -> None:
    folded = [name for names in choices.GROUPS.values() for name in names]
    assert sorted([*folded, "data", "lr", "batch_size"]) == sorted(choices.NAMES)
    assert set(choices.LABELS) == set(choices.NAMES)
