"""How often the sentence changes its mind: 24 settings, 4 seeds, 200 epochs.

`course test --thorough` runs it all; else it is one seed and 50 epochs.
`python -m tests.playground.test_flips` prints the table.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from helpers.explore.playground import Session, Settings

THOROUGH = "COURSE_THOROUGH" in os.environ
EPOCHS, SEEDS = (200, (1, 2, 3, 4)) if THOROUGH else (50, (1,))
CHANGES: list[dict[str, Any]] = [
    {},
    {"lr": 0.03},
    {"lr": 1.0},
    {"lr": 3.0},
    {"lr": 10.0},
    {"lr": 0.03, "batch_size": 1},
    {"batch_size": 1},
    {"batch_size": 4},
    {"batch_size": 256},
    {"data": "circle"},
    {"data": "xor", "noise": 0.4},
    {"data": "spiral"},
    {"data": "spiral", "optimizer": "Adam", "lr": 0.01},
    {"data": "blobs"},
    {"data": "line", "lr": 0.1},
    {"data": "digits"},
    {"data": "digits", "hidden_layers": 0},
    {"activation": "ReLU"},
    {"activation": "sigmoid", "hidden_layers": 6},
    {"optimizer": "momentum", "lr": 0.1},
    {"l1": 0.03},
    {"dropout": 0.5},
    {"batch_norm": True},
    {"units": 1},
]


def told(changes: dict[str, Any], seed: int, epochs: int) -> list[str]:
    """The diagnoses, one after the other, without the opening."""
    session = Session(Settings().but(seed=seed, **changes))
    kinds: list[str] = []
    for _ in range(epochs):
        session.step(session.steps_per_epoch)
        if session.story.kind not in ("opening", *kinds[-1:]):
            kinds.append(session.story.kind)
    return kinds


def test_the_sentence_seldom_changes_its_mind() -> None:
    """63 times in 200 epochs, it was, with the first of these settings."""
    flips = np.array([[len(told(one, seed, EPOCHS)) - 1 for seed in SEEDS] for one in CHANGES])
    assert len(CHANGES) == 24
    assert flips[0].max() <= 3
    assert np.median(flips) <= 2
    assert np.mean(flips <= 3) >= 0.9
    assert flips.max() <= 6
    assert flips.mean() > 0.1  # it does change its mind


if __name__ == "__main__":
    print("| settings | changes of 4 seeds in 200 epochs | what was said, seed 1 |\n| --- | --- | --- |")
    for one in CHANGES:
        runs = [told(one, seed, 200) for seed in (1, 2, 3, 4)]
        counts = ", ".join(str(len(kinds) - 1) for kinds in runs)
        print(f"| {Settings().but(**one).as_text()} | {counts} | {', '.join(runs[0])} |")
