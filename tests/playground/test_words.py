"""The playground's sentences: run to a point, and see what is said there and what is not.

The cases of `FALSE_BEFORE` were seen to be false in an earlier edition; each names what was wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from helpers.explore.playground import Session, Settings, words
from helpers.explore.playground.evidence import calm, trial
from helpers.explore.playground.message import frame
from helpers.explore.playground.story import OPENING
from tests.playground.chosen import any_settings
from tests.thorough import examples

LONGEST = 240
"""Letters in two lines of 848 pixels."""


def run(steps: int, **changes: Any) -> Session:
    session = Session(Settings().but(**changes))
    session.step(steps)
    return session


def said_on_the_way(session: Session, steps: int) -> Iterator[str]:
    for _ in range(steps // 8):
        session.step(8)
        yield words.sentence(session)


@pytest.mark.parametrize(
    ("changes", "steps", "begins"),
    [
        ({}, 0, "Before the first step"),
        ({}, 30, "In 30 steps the training loss went from 0.73 to"),
        ({}, 200, "Learning: in 200 steps the training loss went from 0.73 to"),
        ({"initialisation": "zeros"}, 40, "All weights began at 0"),
        ({"lr": 0.001}, 200, "In 200 steps the training loss has hardly moved"),
        (
            {"data": "xor", "hidden_layers": 0},
            400,
            "A network without hidden layers is linear: its border is a st",
        ),
        ({"data": "circle", "activation": "none"}, 400, "A network without an activation is linear"),
        ({"data": "digits", "units": 32}, 4000, "It learns by heart: since step"),
        ({"data": "blobs"}, 400, "It has learnt this: 100 % of the points"),
        (
            {"data": "spiral", "activation": "ReLU", "optimizer": "Adam"},
            600,
            "31 of 32 ReLU units are off for",
        ),
        ({"lr": 1.0}, 1000, "The training loss jumps up and down, by about"),
        (
            {"data": "line", "hidden_layers": 0, "lr": 1.5, "batch_size": 256},
            30,
            "The training loss has gone up, fr",
        ),
        ({"optimizer": "Adam", "lr": 0.3}, 200, "% of the tanh outputs are at their ends"),
        ({"data": "line"}, 2000, "The training loss hardly falls now"),
    ],
)
def test_what_is_said(changes: dict[str, Any], steps: int, begins: str) -> None:
    assert begins in words.sentence(run(steps, **changes))


FALSE_BEFORE = [
    # settings, steps, what is said, what is not
    ({"l1": 0.1}, 1000, ["of the weights are at 0 under L1 0.1"], ["learning rate"]),
    ({"l2": 0.1}, 1000, ["of the weights are at 0 under L2 0.1"], ["learning rate"]),
    ({"data": "xor", "noise": 0.4}, 400, ["On points that it never saw the loss is 0.38,"], ["as good"]),
    ({"lr": 10.0}, 200, ["gone up", "learning rate 10"], ["noise", "trusts", "samples"]),
    ({"lr": 10.0}, 1000, ["gone up", "learning rate 10"], ["noise", "trusts", "samples"]),
    ({"data": "spiral"}, 4000, ["hardly moved", "Give it time, or try Adam"], ["units"]),
    (
        {"activation": "sigmoid", "hidden_layers": 6},
        1000,
        ["gradients vanish", "at the output layer", "at the first layer"],
        ["plateau", "learning rate"],
    ),
    ({"l1": 0.03}, 2000, ["hardly falls now", "border is straight: L1 0.03 holds"], ["earning"]),
    ({"dropout": 0.5}, 2000, ["hardly falls now", "border is straight", "dropout"], ["earning"]),
    ({"units": 1}, 2000, ["hardly falls now", "border is straight: with one unit"], ["earning"]),
    ({"data": "digits"}, 400, ["two numbers of each picture, not its 64 pixels"], []),
    ({"data": "digits"}, 4000, ["learns by heart", "two numbers of each picture"], []),
    (
        {"data": "digits", "hidden_layers": 0},
        1000,
        ["linear", "borders between two classes are straight", "two numbers of each picture"],
        ["a straight line"],
    ),
    ({"batch_size": 256}, 200, ["A batch of 256 is all 128 training points."], []),
]


@pytest.mark.parametrize(("changes", "steps", "said", "unsaid"), FALSE_BEFORE)
def test_what_was_false_is_true(
    changes: dict[str, Any], steps: int, said: list[str], unsaid: list[str]
) -> None:
    sentence = words.sentence(run(steps, **changes))
    assert [one for one in said if one not in sentence] == [], sentence
    assert [one for one in unsaid if one in sentence] == [], sentence


def test_nobody_is_told_to_try_what_is_on() -> None:
    """A spiral with Adam was told to try Adam."""
    with_it = run(160, data="spiral", optimizer="Adam", lr=0.01, hidden_layers=3)
    assert with_it.story.kind == "stuck"
    assert words.sentence(with_it).endswith("Give it time.")
    assert words.sentence(run(160, data="spiral")).endswith("Give it time, or try Adam.")
    vanished = run(1000, activation="sigmoid", hidden_layers=6, batch_norm=False)
    assert words.sentence(vanished).endswith("Try tanh or ReLU, batch norm, or fewer layers.")
    for changes, ways in (
        ({"activation": "tanh"}, "Try batch norm or fewer layers."),
        ({"batch_norm": True}, "Try tanh or ReLU or fewer layers."),
        ({"activation": "tanh", "batch_norm": True}, "Try fewer layers."),
    ):
        vanished.settings = Settings(activation="sigmoid", hidden_layers=6).but(**changes)
        assert words.vanishing(vanished, {}).endswith(ways)
    full = run(200, optimizer="Adam", lr=0.3)
    assert "or smaller first weights" in words.sentence(full)
    full.settings = full.settings.but(initialisation="small")
    assert words.sentence(full).endswith("Try a smaller learning rate.")


def test_a_trial_of_long_ago_is_not_told() -> None:
    """At step 640 it said that a trial "ended at 0.65", of a loss that was at 0.62 by then."""
    told = 0
    for seed in (1, 2, 3):
        session = Session(Settings(data="spiral", optimizer="Adam", lr=0.01, hidden_layers=3, seed=seed))
        for sentence in said_on_the_way(session, 1200):
            if found := re.search(r"A trial of 30 steps ended at ([\d.]+),", sentence):
                assert float(found[1]) < 1.03 * session.now().train_loss + 0.005  # it began about here
                told += 1
    assert told > 10


def test_noise_does_not_change_the_mind_of_the_moons() -> None:
    """At 950 to 1,000 steps the sentence flipped with every step; and 63 times in 200 epochs."""
    session = run(944)
    kinds = set()
    for _ in range(56):
        session.step(1)
        kinds.add(session.story.kind)
    assert len(kinds) == 1
    session.step(600)
    assert session.story.flips <= 3


def test_what_does_not_rise_is_not_said_to_rise() -> None:
    """Rate 2, then a batch of one, then 0.2, live: it said "rising" for 1,000 steps without a trend."""
    for first, seed in ((200, 1), (400, 1), (400, 2), (400, 3)):
        session = run(first, lr=2.0, seed=seed)
        before = session.now().train_loss
        session.change(batch_size=1)
        assert words.sentence(session).startswith(f"Changed at step {first}: the weights stay.")
        session.step(800)
        assert words.sentence(session).startswith("The training loss has gone up")
        late = [one.train_loss for one in session.records if one.step > first + 400]
        assert np.mean(late) > 2 * before
        session.change(lr=0.2)
        for sentence in said_on_the_way(session, 2400):
            assert "gone up" not in sentence
            assert "rising" not in sentence


def test_noise_is_blamed_only_where_all_points_fall_calmly() -> None:
    blamed = run(1000, lr=1.0)
    assert "The noise of 16 samples of 128 does that" in words.sentence(blamed)
    assert calm(trial(blamed, 1.0))
    assert blamed.settings.lr < (blamed.stable_rate() or 0)
    control = Session(Settings(lr=1.0, batch_size=256))  # the control: all points from here, for longer
    control.model.flat[:] = blamed.model.flat
    control.step(100)
    losses = np.array([one.train_loss for one in control.records])
    assert np.abs(np.diff(losses[1:], 2)).mean() / losses.mean() < 0.02
    full = run(400, lr=10.0, batch_size=256)
    assert "noise" not in words.sentence(full)
    assert "2/λmax is about" in words.sentence(run(60, data="line", hidden_layers=0, lr=1.1, batch_size=256))


def test_the_penalty_that_is_blamed_did_it() -> None:
    for changes in ({"l1": 0.1}, {"l2": 0.1}, {"l1": 0.1, "l2": 0.1}):
        session, control = run(1000, **changes), run(1000)
        assert np.ptp(session.answers()) < 0.1
        assert np.ptp(control.answers()) > 1
    assert "under L1 0.1 and L2 0.1" in words.sentence(session)


def test_the_gradients_that_vanish_are_those_of_the_picture() -> None:
    session = run(400, activation="sigmoid", hidden_layers=6)
    norms = session.gradient_norms()
    assert norms[0] < 1e-4 * norms[-1]
    sentence = words.sentence(session)
    assert words.brief(norms[0]) in sentence
    assert words.brief(norms[-1]) in sentence


def test_by_heart_is_told_with_averages_that_the_curves_have() -> None:
    session = run(4000, data="digits")
    best, recent = session.story.facts["best"], session.story.recent
    late = [one.validation_loss for one in session.records if one.step >= recent.begin]
    assert recent.validation_loss == pytest.approx(np.mean(late), rel=0.05)
    assert best.validation_loss < session.now().validation_loss / 1.15
    assert f"from {words.brief(best.validation_loss)} to " in words.sentence(session)
    assert words.brief(recent.validation_loss) in words.sentence(session)


def test_a_sentence_is_of_its_moment() -> None:
    session = Session()
    for _ in range(40):
        session.step(8)
        said, now = words.sentence(session), session.now()
        if session.story.kind in ("opening", "learning"):
            assert f"n {session.steps} steps" in said
            assert f"to {words.brief(now.train_loss)}." in said


def test_looking_changes_nothing_and_one_go_tells_the_same() -> None:
    pieces, at_once = Session(Settings(lr=1.0)), run(1200, lr=1.0)
    for n in (1, 2, 7, 90, 300, 800):
        pieces.step(n)
        frame(pieces)
    assert words.sentence(pieces) == words.sentence(at_once)
    assert pieces.story.flips == at_once.story.flips


@pytest.mark.parametrize(
    "changes",
    [
        {"lr": 0.001, "optimizer": "Adam"},
        {"lr": 3.0, "optimizer": "momentum"},
        {"batch_norm": True, "dropout": 0.3},
        {"activation": "sigmoid", "hidden_layers": 6},
    ],
)
def test_what_is_judged_later_is_judged_as_it_was(changes: dict[str, Any]) -> None:
    """A picture does not wait for the sentence, so up to 32 looks are judged together; all else stays."""
    at_once, later = Session(Settings(**changes)), Session(Settings(**changes))
    for change in ({"lr": 0.02}, {"batch_size": 4}):
        for _ in range(300):
            at_once.step(1)
            kind = at_once.story.kind
        later.step(300)
        assert later.unjudged
        assert np.array_equal(later.model.flat, at_once.model.flat)
        assert (later.story.kind, later.story.flips) == (kind, at_once.story.flips)
        assert later.story.facts.keys() == at_once.story.facts.keys()
        assert words.sentence(later) == words.sentence(at_once)
        assert np.array_equal(later.model.flat, at_once.model.flat)
        for session in (at_once, later):
            session.change(**change)


def test_a_diagnosis_lasts_ten_epochs_before_it_takes_the_place_of_another() -> None:
    session = Session(Settings(lr=3.0))
    story, settled = session.story, 0
    for _ in range(1600):
        kind = story.kind
        session.step(1)
        if kind not in ("opening", story.kind):
            assert session.steps - settled >= 80
        if kind != story.kind:
            settled = session.steps
            assert settled >= min(80, OPENING)
    assert story.flips >= 1


def test_an_overflow_is_said_at_once() -> None:
    session = Session(Settings().but(data="line", hidden_layers=0, lr=10.0))
    session.step(5000)
    assert words.sentence(session).startswith(f"The loss overflowed at step {session.steps}")


def test_what_has_just_ended_is_not_said_any_more() -> None:
    """A diagnosis stays for ten epochs, but not against what the picture shows."""
    said = set()
    for changes in ({"data": "circle"}, {"lr": 1.5, "seed": 2}, {"lr": 3.0}):
        session = Session(Settings(**changes))
        for sentence in said_on_the_way(session, 800):
            now, first = session.now().train_loss, session.records[0].train_loss
            late = np.mean([one.train_loss for one in session.records[-20:]])
            assert "hardly moved" not in sentence or now > 0.85 * first
            assert not sentence.startswith("Learning") or now < first
            if found := re.search(r"it stayed around ([\d.]+)\.", sentence):
                assert float(found[1]) == pytest.approx(late, rel=0.25)
            said.add(sentence[:12])
    assert len(said) >= 4


@pytest.mark.parametrize(
    "changes", [*(case[0] for case in FALSE_BEFORE), {"lr": 1.0, "dropout": 0.2}, {"l1": 0.1, "l2": 0.1}]
)
def test_a_sentence_has_two_lines_at_most(changes: dict[str, Any]) -> None:
    session = Session(Settings().but(**changes))
    for sentence in said_on_the_way(session, 400):
        assert len(sentence) <= LONGEST, sentence
        assert sentence.endswith(".")
        assert not any(word in sentence for word in ("because", "nan", "None", "  "))


@hypothesis_settings(max_examples=examples(60))
@given(any_settings(), st.sampled_from([10.0, 1.0, 0.01]))
def test_every_setting_has_a_sentence(chosen: Settings, lr: float) -> None:
    session = Session(chosen.but(lr=lr))
    for sentence in said_on_the_way(session, 160):
        assert re.fullmatch(r"[A-Z0-9].*[.]", sentence)
        assert len(sentence) <= LONGEST, sentence
        assert "nan" not in sentence


def test_a_loss_of_0_has_a_sentence() -> None:
    for loss in ("hinge", "squared hinge"):
        session = run(2000, data="blobs", loss=loss, noise=0.0)
        assert words.sentence(session).endswith(".")
        session.set_weight(0, 0, 0, 1e300)
        session.step(300)
        assert words.sentence(session).endswith(".")


def test_why_playing_ended_has_words() -> None:
    assert words.PAUSED["unwatched"].format(seconds=8.0) == (
        "Paused: the page gave no sign of life for 8 seconds. Press Play to go on."
    )
