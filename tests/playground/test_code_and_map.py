"""The playground's code and its what-if map: the numbers of the playground itself, to the last digit."""

from __future__ import annotations

import contextlib
import io
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from helpers.explore.playground import Session, Settings, as_code, sweep
from helpers.explore.playground import settings as choices
from helpers.explore.playground.sweep import window
from tests.playground.chosen import any_settings
from tests.thorough import examples


def run_code(session: Session) -> float:
    """The last validation loss of the session's code."""
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(as_code(session), names)
    loss = float(names["history"]["validation_loss"][-1])
    assert printed.getvalue() == f"validation loss {loss:.4f}\n"
    return loss


@hypothesis_settings(max_examples=examples(40))
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
