"""The playground's session: the same numbers as in one go, live changes, records, curvature."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from helpers.explore.playground import Session, Settings, network, words
from helpers.explore.playground import settings as choices
from helpers.explore.playground.curvature import largest_curvature
from helpers.explore.playground.message import frame
from helpers.explore.playground.problem import problem
from helpers.explore.playground.records import MOST_BATCHES, MOST_RECORDS
from helpers.explore.playground.session import enough


def test_pieces_are_the_same_as_one_go() -> None:
    pieces, at_once = Session(), Session()
    for n in (1, 2, 5, 100, 0, 92):
        assert pieces.step(n) == n
        frame(pieces)  # looking changes nothing
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
    assert words.sentence(session).startswith(f"The loss overflowed at step {taken}: the numbers")
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


def test_enough_is_200_steps_in_whole_epochs() -> None:
    for size in choices.BATCH_SIZES:
        session = Session(Settings(batch_size=size))
        assert 200 <= session.enough < 200 + session.steps_per_epoch
        assert session.enough % session.steps_per_epoch == 0
        assert session.enough == enough(session.settings)


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


def test_a_smooth_v_has_its_points_also_with_a_batch_of_one() -> None:
    """Of any part of a run, a hundredth of its steps lies between two points."""
    session = Session(Settings(batch_size=1))
    session.step(300)
    steps = np.array([one.step for one in session.records])
    assert (np.diff(steps) <= np.maximum(1, np.ceil(steps[:-1] / 100))).all()
    assert len(steps) >= 150
    session.change(lr=0.03)  # the dip after a change on the way is seen at once
    assert session.records[-1].step == 300
    session.step(10)
    assert session.records[-1].step >= 307


def test_the_records_are_those_of_the_network_to_six_digits() -> None:
    for changes in (
        {},
        {"batch_norm": True},
        {"data": "digits", "loss": "hinge"},
        {"dropout": 0.3, "l2": 0.01},
    ):
        session = Session(Settings().but(**changes))
        for _ in range(4):
            session.step(25)
            exact = session.now()
            session._record()
            recorded = session.records[-1]
            assert recorded.train_loss == pytest.approx(exact.train_loss, rel=1e-5)
            assert recorded.validation_loss == pytest.approx(exact.validation_loss, rel=1e-5)
            assert recorded.train_score == pytest.approx(exact.train_score, abs=0.01)
            assert (recorded.step, exact.step) == (session.steps, session.steps)


def test_each_batch_leaves_its_loss_in_bounded_memory() -> None:
    session = Session(Settings(batch_size=1, hidden_layers=0))
    session.step(100)
    assert list(session.batch_losses.steps) == list(range(1, 101))
    fresh = Session(Settings(batch_size=1, hidden_layers=0))
    values = []
    for _ in range(100):
        X, y = fresh._next_batch()
        values.append(fresh.loss.forward(fresh.model.forward(X), y))
        fresh._at -= 1
        fresh.step(1)
    assert session.batch_losses.values == pytest.approx(values, rel=1e-12)
    assert session.batch_losses.every == 1
    session.step(4900)
    kept = session.batch_losses
    assert kept.every > 1
    assert MOST_BATCHES / 2 <= len(kept.values) <= MOST_BATCHES
    assert (kept.steps[0], kept.steps[-1], len(kept.steps)) == (kept.every, 5000, len(kept.values))
    assert np.std(kept.values) > 0.05  # left out, not averaged
