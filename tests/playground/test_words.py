"""The playground's sentences."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.explore.playground import Session, Settings, draw


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
