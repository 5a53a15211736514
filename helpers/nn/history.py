"""What happened during training, step by step and epoch by epoch."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

import numpy as np

ADVICE = (
    "Try a learning rate ten times smaller; then look for inputs that were never scaled, NaN in the data, "
    "a log or a division by something that can be 0, and clip the gradient (clip=ClipNorm(1.0))."
)


class History:
    """The record of a training run; give it to `fit` again to go on where it stopped.

    `losses`: the loss at each step, on its batch. `epochs`: one dict for each epoch with "epoch", "step",
    "loss" (mean over its steps), "lr", and with a validation set "validation_loss" and the metrics.
    In a fleet each loss is an array (K,).

    >>> history = History()
    >>> history.losses += [2.0, 1.0]
    >>> history.end_epoch(steps=2, lr=0.1)
    >>> history
    History(1 epoch, 2 steps, loss 1.5)
    """

    def __init__(self) -> None:
        self.losses: list[Any] = []
        self.epochs: list[dict[str, Any]] = []
        self.interrupted = False

    def end_epoch(self, *, steps: int, **values: Any) -> None:
        """Close an epoch of this many steps, and record these values for it."""
        loss = reduce(add, self.losses[-steps:]) / steps  # (`sum` adds floats in another way than arrays)
        row = {"epoch": len(self.epochs) + 1, "step": len(self.losses), "loss": loss}
        self.epochs.append(row | values)

    def __getitem__(self, name: str) -> np.ndarray:
        """The values of one column of `epochs`, such as "loss" or "validation_loss"."""
        if not self.epochs or name not in self.epochs[-1]:
            known = list(self.epochs[-1]) if self.epochs else []
            raise KeyError(f"No {name!r} in this history. It has {known}.")
        return np.array([row[name] for row in self.epochs])

    @property
    def diverged(self) -> bool:
        """Whether a loss is NaN or infinite (in a fleet: of all models)."""
        return bool(self.losses) and not np.isfinite(self.losses[-1]).any()

    @property
    def advice(self) -> str:
        """What went wrong and what to try; empty when nothing did."""
        if not self.diverged:
            return ""
        finite = np.isfinite(self.losses)
        step = int(np.argmin(finite if finite.ndim == 1 else finite.any(axis=1)))
        last = self.losses[step - 1] if step else None
        before = "" if last is None else f" (the loss before was {np.min(last):.3g})"
        return f"The loss became {np.ravel(self.losses[step])[0]} at step {step + 1}{before}. {ADVICE}"

    def to_frame(self) -> Any:
        """The epochs as a pandas DataFrame. Raises ImportError when pandas is not installed."""
        import pandas  # type: ignore[import-untyped]

        return pandas.DataFrame(self.epochs)

    def plot(self, ax: Any, *, per: str = "epoch") -> Any:
        """Draw the loss on a matplotlib axes, per "epoch" or per "step", and return the axes."""
        if per not in ("epoch", "step"):
            raise ValueError(f'per is "epoch" or "step", got {per!r}.')
        if per == "step":
            ax.plot(np.arange(1, len(self.losses) + 1), self.losses, label="batch loss")
        else:
            ax.plot(self["epoch"], self["loss"], label="training loss")
            if "validation_loss" in self.epochs[-1]:
                ax.plot(self["epoch"], self["validation_loss"], label="validation loss")
        ax.set(xlabel=per, ylabel="loss")
        ax.legend()
        return ax

    def __repr__(self) -> str:
        if not self.epochs:
            return (
                f"History({len(self.losses):,} steps of the first epoch)" if self.losses else "History(empty)"
            )
        n, row = len(self.epochs), self.epochs[-1]
        parts = [f"{n} epoch{'s' * (n != 1)}", f"{len(self.losses):,} steps"]
        parts += [
            f"{key.replace('_', ' ')} {np.round(row[key], 4)}"
            for key in row
            if key not in ("epoch", "step", "lr")
        ]
        return f"History({', '.join(parts)})" + (f"\n{self.advice}" if self.diverged else "")
