"""A sweep: the same network trained with several learning rates, batch sizes and seeds, as a small table.

All rates and seeds of one batch size are one `Fleet`, so that eleven rates with five seeds take little more
time than one training. The numbers are those of 55 trainings one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.nn.base import Array
from helpers.nn.fleet import Fleet
from helpers.nn.history import History
from helpers.nn.losses import CrossEntropyLoss
from helpers.nn.optimizers import SGD
from helpers.training.loop import Run, evaluate, fit

__all__ = ["Setting", "Sweep", "sweep"]


@dataclass(frozen=True)
class Setting:
    """One line of a sweep: a batch size and a learning rate, and the curves of all its seeds.

    `steps` (marks,) says after which steps was measured; `loss` (the mean training loss since the mark
    before), `validation_loss` and `accuracy` (on the validation set) have shape (marks, seeds).
    """

    batch_size: int
    lr: float
    steps: Array
    loss: Array
    validation_loss: Array
    accuracy: Array


class Sweep(list[Setting]):
    """The settings of a sweep, in order: first by batch size, then by learning rate. It prints as a table."""

    def last(self, name: str) -> Array:
        """What "loss", "validation_loss" or "accuracy" was in the end, shape (settings, seeds)."""
        return np.array([getattr(setting, name)[-1] for setting in self])

    def best(self, name: str = "validation_loss") -> Setting:
        """The setting whose mean over the seeds is best in the end: the lowest, of "accuracy" the highest."""
        means = self.last(name).mean(axis=1)
        return self[int(np.nanargmax(means) if name == "accuracy" else np.nanargmin(means))]

    def __str__(self) -> str:
        lines = ["batch size  learning rate  steps  training loss  validation accuracy"]
        for one in self:
            scores = one.accuracy[-1]
            lines.append(
                f"{one.batch_size:10}  {one.lr:13.2g}  {one.steps[-1]:5}  {one.loss[-1].mean():13.2f}"
                f"  {scores.mean():.2f}, {scores.min():.2f} to {scores.max():.2f}"
            )
        return "\n".join(lines)

    __repr__ = __str__


def sweep(
    make: Callable[[int], Any],
    data: tuple[Any, Array],
    validation: tuple[Any, Array],
    *,
    lr: float | Sequence[float],
    batch_size: int | Sequence[int],
    num_epochs: int | Sequence[int],
    seeds: int | Iterable[int] = 3,
    every: int | None = None,
    optimizer: Callable[..., Any] = SGD,
    schedule: Callable[[Any], Any] | None = None,
    callbacks: Sequence[Callable[[Run], Any]] = (),
    **options: Any,
) -> Sweep:
    """Train a classifier with each learning rate, batch size and seed, and return the `Sweep`.

    - `make(seed)` gives a new network; the seed also shuffles. `seeds` are numbers, or how many (from 0 on).
    - `data` and `validation` are (X, y), with X (n, …) and labels y (n,).
    - `num_epochs` is one number, or one for each batch size.
    - It is measured after each epoch, or after `every` so many steps.
    - `optimizer(model, lr=…)` and `schedule(optimizer)` make what their names say.
    - `callbacks` and all other options, such as `schedule_per`, go to `fit`.

    Raises ValueError when there is nothing to train, or not one `num_epochs` for each batch size.

    >>> from helpers.nn import Linear, Sequential
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> data = X, (X[:, 0] > 0).astype(int)
    >>> def make(seed):
    ...     return Sequential(Linear(2, 2, rng=np.random.default_rng(seed)))
    >>> sweep(make, data, data, lr=[0.01, 1.0], batch_size=10, num_epochs=5)
    batch size  learning rate  steps  training loss  validation accuracy
            10           0.01     30           0.69  0.49, 0.22 to 0.72
            10              1     30           0.15  0.99, 0.98 to 1.00
    """
    lrs, sizes = [float(one) for one in np.atleast_1d(lr)], [int(one) for one in np.atleast_1d(batch_size)]
    chosen = list(range(seeds)) if isinstance(seeds, int) else list(seeds)
    if not (lrs and sizes and chosen):
        raise ValueError(f"A sweep needs a rate, a batch size and a seed: got {lrs}, {sizes} and {chosen}.")
    epochs = [num_epochs] * len(sizes) if isinstance(num_epochs, int) else list(num_epochs)
    if len(epochs) != len(sizes):
        raise ValueError(f"num_epochs is one number or {len(sizes)}, one for each batch size: got {epochs}.")
    found = Sweep()
    for size, many in zip(sizes, epochs, strict=True):
        fleet = Fleet([make(seed) for _ in lrs for seed in chosen])
        descent = optimizer(fleet, lr=[one for one in lrs for _ in chosen])
        marks = _Marks(validation, every)
        settings: dict[str, Any] = {
            "batch_size": size,
            "num_epochs": many,
            "rng": [np.random.default_rng(seed) for _ in lrs for seed in chosen],
            "validation": validation,
            "metrics": {"accuracy": _accuracy},
            "schedule": schedule(descent) if schedule else None,
            "callbacks": [marks, *callbacks],
            "progress": False,
        }
        fit(fleet, CrossEntropyLoss(), descent, *data, **settings | options)
        found += marks.settings(size, lrs, len(chosen))
    return found


def _accuracy(logits: Array, y: Array) -> Any:
    return np.mean(logits.argmax(axis=-1) == y, axis=-1)


class _Marks:
    """A callback of `fit` that measures after each epoch, or after `every` so many steps."""

    def __init__(self, validation: tuple[Any, Array], every: int | None):
        self.validation, self.every = validation, every
        self.rows: list[dict[str, Any]] = []

    def __call__(self, run: Run) -> None:
        if self.every is None:
            self.rows.append(run.history.epochs[-1])

    def on_step(self, run: Run) -> None:
        history: History = run.history
        if self.every is None or len(history.losses) % self.every:
            return
        loss = np.mean(history.losses[-self.every :], axis=0)
        measured = evaluate(run.model, CrossEntropyLoss(), self.validation, {"accuracy": _accuracy})
        self.rows.append({"step": len(history.losses), "loss": loss, **measured})

    def settings(self, batch_size: int, lrs: Sequence[float], num_seeds: int) -> list[Setting]:
        """What was measured, for each rate."""
        steps = np.array([row["step"] for row in self.rows])
        names = ("loss", "validation_loss", "validation_accuracy")
        curves = [np.reshape([row[name] for row in self.rows], (-1, len(lrs), num_seeds)) for name in names]
        return [
            Setting(batch_size, lr, steps, *(curve[:, k] for curve in curves)) for k, lr in enumerate(lrs)
        ]
