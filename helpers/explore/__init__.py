"""Explorers: a picture and a sentence that follow sliders.

Each is one module with the name of its lesson: a pure function `frame(...)`, and `explorer()`, which shows it
in a notebook. A new one is made of `Frame`, `Control` and `Stage`; `explore` puts the sliders around it.
"""

from helpers.explore.base import Control, Frame, Stage
from helpers.explore.view import explore

__all__ = ["Control", "Frame", "Stage", "explore"]
