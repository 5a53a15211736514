"""How far a training is, in one line on the screen."""

from __future__ import annotations

import os
import sys
import time

import numpy as np

from helpers.nn.history import History


def is_silent() -> bool:
    """Whether HELPERS_PROGRESS=0 is set, so that a slow machine prints what a fast one does."""
    return os.environ.get("HELPERS_PROGRESS") == "0"


class ProgressBar:
    """One line on the screen, from the second second on, unless `is_silent`.

    A terminal gets the line on stderr; a notebook in an output of its own, which is empty at the end.
    """

    def __init__(self, num_epochs: int, wanted: bool):
        self.num_epochs, self.wanted = num_epochs, wanted and not is_silent()
        self.last, self.handle, self.shown = time.perf_counter() + 0.5, None, False

    def show(self, epoch: int, history: History) -> None:
        """Say how far the training is, at most twice a second."""
        now = time.perf_counter()
        if not self.wanted or now - self.last < 0.5:
            return
        self.last, self.shown = now, True
        done = round(20 * epoch / self.num_epochs)
        loss = np.mean(history.epochs[-1]["loss"])
        self.write(f"{'█' * done}{'░' * (20 - done)} epoch {epoch} of {self.num_epochs}, loss {loss:.4g}")

    def close(self) -> None:
        """Take the line away."""
        if self.shown:
            self.write("")

    def write(self, line: str) -> None:
        if "ipykernel" not in sys.modules:
            print(f"\r{line:80}\r", end="", file=sys.stderr, flush=True)
            return
        from IPython.display import display

        bundle = {"text/plain": line}
        if self.handle is None:
            self.handle = display(bundle, raw=True, display_id=True)
        else:
            self.handle.update(bundle, raw=True)
