"""The playground: a network that trains in the notebook while its settings move.

    from helpers.explore.playground import playground
    playground()

`Session` is all of it without a notebook: a network for some `Settings`, taken further step by step; `draw`
gives the picture of each moment. Inspired by TensorFlow Playground (Smilkov et al., 2017).
"""

from __future__ import annotations

from helpers.explore.playground.code import as_code
from helpers.explore.playground.frame import draw
from helpers.explore.playground.session import Session
from helpers.explore.playground.settings import Settings
from helpers.explore.playground.sweep import WhatIf, sweep
from helpers.explore.playground.view import playground

__all__ = ["Session", "Settings", "WhatIf", "as_code", "draw", "explorer", "playground", "sweep"]

explorer = playground
