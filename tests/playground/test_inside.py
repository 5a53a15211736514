"""What the picture of the network is made of: the units' maps, the weights and their gradients, an edit."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pytest

from helpers.explore.playground import Session, Settings, as_code
from helpers.explore.playground.coarse import NOTHING, UNIT_GRID, Units
from helpers.explore.playground.problem import GRID, places
from helpers.training import predict


def activations(session: Session, layer: int) -> np.ndarray:
    """The activations (24 · 24, units) of a hidden layer, the long way round: the layers, one by one."""
    problem = session.problem
    X = problem.inputs_at(UNIT_GRID, session.settings.used_features).astype(float)
    layers = session.layers_after(X)
    linear = [i for i, one in enumerate(layers) if type(one).__name__ == "Linear"]
    for one in layers[: linear[layer + 1]]:
        one.eval()
        X = one.forward(X)
    session.model.train()
    return X


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"activation": "ReLU", "dropout": 0.3, "units": 3},
        {"batch_norm": True, "hidden_layers": 3, "activation": "sigmoid"},
        {"activation": "none", "features": ("x1", "x1²", "sin πx2")},
        {"data": "line", "units": 5},
        {"data": "digits"},
    ],
)
def test_the_maps_show_what_the_units_say(changes: dict[str, Any]) -> None:
    session = Session(Settings().but(**changes))
    session.step(20)
    found = session.units()
    assert len(found.maps) == len(found.limits) == session.settings.hidden_layers
    for i, (maps, limit) in enumerate(zip(found.maps, found.limits, strict=True)):
        expected = activations(session, i)
        assert maps.shape == (session.settings.units, UNIT_GRID, UNIT_GRID)
        assert maps.dtype == np.uint8
        assert limit == pytest.approx(np.abs(expected).max(), rel=1e-4)
        said = (maps.reshape(len(maps), -1).T.astype(float) - NOTHING) * limit / 127
        assert np.abs(said - expected).max() <= limit / 127 * 0.51


def test_a_small_map_lies_over_the_large_one() -> None:
    """Above on the map is above on the small one, and the points lie where the inputs say."""
    session = Session(Settings(hidden_layers=1, units=2, features=("x1", "x2")))
    session.model.flat[:] = 0
    session.set_weight(0, 0, 0, 1.0)  # the first unit looks at x1, the second at x2
    session.set_weight(0, 1, 1, 1.0)
    right, above = session.units().maps[0].astype(int)
    assert (np.diff(right, axis=1) >= 0).all()
    assert (np.diff(above, axis=0) <= 0).all()
    assert right[0, 0] < NOTHING < right[0, -1]
    x1, x2 = session.inputs().maps[0].astype(int)
    assert (np.diff(x1, axis=1) > 0).all()
    assert (np.diff(x2, axis=0) < 0).all()
    problem = session.problem
    centres = places(problem.extent)
    assert np.allclose(
        problem.on_map(centres[[0, GRID - 1, -1]]) * GRID, [[0.5, 0.5], [99.5, 0.5], [99.5, 99.5]]
    )
    assert ((problem.on_map() > 0) & (problem.on_map() < 1)).all()


def test_the_maps_are_made_while_one_looks() -> None:
    session = Session()
    session.step(50)
    seconds = []
    for _ in range(30):
        began = time.thread_time()
        session.units()
        seconds.append(time.thread_time() - began)
    assert min(seconds) < 0.001


def test_a_network_that_has_overflowed_has_maps() -> None:
    session = Session(Settings())
    session.model.flat[:] = np.inf
    assert all(math.isfinite(limit) and limit > 0 for limit in session.units().limits)
    assert Session(Settings(hidden_layers=0)).units() == Units([], [])


def test_weights_and_gradients_go_together() -> None:
    session = Session(Settings(l2=0.01))
    session.step(1)
    assert [W.shape for W in session.weights()] == [(2, 16), (16, 16), (16, 1)]
    assert [W.shape for W in session.gradients()] == [(2, 16), (16, 16), (16, 1)]
    before = [W.copy() for W in session.weights()]
    session.step(1)
    for old, new, gradient in zip(before, session.weights(), session.gradients(), strict=True):
        assert np.allclose(new, old - 0.3 * gradient, rtol=0, atol=1e-15)


def test_a_weight_that_is_set_counts_at_once_and_the_past_stays() -> None:
    session = Session()
    session.step(200)
    past, before = list(session.records), session.now()
    grid = session.predict_grid().copy()
    session.set_weight(2, 3, 0, 5.0)
    assert session.weights()[2][3, 0] == 5.0
    assert session.model.layers[-1].flat[3] == 5.0
    assert not np.array_equal(session.predict_grid(), grid)
    assert session.now().train_loss != before.train_loss
    assert session.now() == session._scores()
    assert session.records[: len(past)] == past
    for value in (1.0, 2.0, 3.0):  # a slider: only the last is kept
        session.set_weight(2, 3, 0, value)
    assert session.records[: len(past)] == past
    assert len(session.records) <= len(past) + 2
    assert "set by hand" in as_code(session)
    session.step(8)
    X = session.problem.X
    assert np.allclose(predict(session.model, X), session.model.eval().forward(X))
    session.reset()
    assert not session.edited


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ((3, 0, 0, 1.0), "layer is 3. Choose a whole number from 0 to 2."),
        ((-1, 0, 0, 1.0), "layer is -1"),
        ((0, 2, 0, 1.0), "row is 2. Choose a whole number from 0 to 1."),
        ((2, 0, 1, 1.0), "column is 1. Choose a whole number from 0 to 0."),
        ((0, 0, 0, math.nan), "A weight is a finite number, got nan."),
        ((0, 0, 0, "1"), "A weight is a finite number, got '1'."),
    ],
)
def test_a_weight_that_there_is_not_is_refused(where: Any, words: str) -> None:
    session = Session()
    before = session.model.flat.copy()
    with pytest.raises(ValueError, match=words):
        session.set_weight(*where)
    assert np.array_equal(session.model.flat, before)


@pytest.mark.parametrize("optimizer", ["SGD", "momentum", "Nesterov"])
def test_the_stable_rate_is_where_a_full_batch_turns(optimizer: str) -> None:
    settings = Settings().but(data="line", hidden_layers=0, batch_size=256, optimizer=optimizer)
    limit = Session(settings).stable_rate()
    assert limit is not None
    for lr, falls in ((0.95 * limit, True), (1.05 * limit, False)):
        session = Session(settings.but(lr=lr))
        session.step(400)
        assert (session.now().train_loss < session.records[0].train_loss) is falls


def test_the_stable_rate_is_of_now_and_only_where_there_is_one() -> None:
    session = Session()
    first = session.stable_rate()
    session.step(100)
    assert session.stable_rate() != first
    fresh = Session()
    fresh.step(100)
    assert session.stable_rate() == fresh.stable_rate()
    for changes in ({"optimizer": "Adam"}, {"batch_norm": True}, {"loss": "hinge"}):
        assert Session(Settings(**changes)).stable_rate() is None
