"""Settings that Hypothesis chooses."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from helpers.explore.playground import Settings
from helpers.explore.playground import settings as choices


@st.composite
def any_settings(draw: st.DrawFn) -> Settings:
    def one(values: Any) -> Any:
        return draw(st.sampled_from(list(values)))

    data = one(choices.DATA)
    features = draw(st.lists(st.sampled_from(choices.FEATURES), min_size=1, max_size=7, unique=True))
    batch_norm = draw(st.booleans())
    return Settings(
        data=data,
        noise=one((0.0, 0.15, 0.6)),
        train_share=one((0.1, 0.3, 0.5, 0.9)),
        features=("x1", *features),
        hidden_layers=one((0, 1, 2, 6)),
        units=one((1, 3, 8)),
        activation=one(choices.ACTIVATIONS),
        initialisation=one(choices.INITIALISATIONS),
        loss=one(choices.losses_for(data)),
        optimizer=one(choices.OPTIMIZERS),
        lr=one((0.001, 0.01, 0.1)),
        batch_size=one((16, 64, 256)) if batch_norm else one((7, 16, 64, 256)),
        l1=one((0.0, 0.001)),
        l2=one((0.0, 0.01)),
        dropout=one((0.0, 0.3)),
        batch_norm=batch_norm,
        seed=one((0, 1, 5)),
    )
