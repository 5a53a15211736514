"""Schedules: how the learning rate changes during training.

Each is one formula, `rate(t)`: the learning rate after t steps. `schedule.step()` moves on by one, once for
each epoch or each batch as you like, and writes the rate into the optimizer. The names are PyTorch's.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


class Schedule:
    """The contract: `rate(t)` from `base_lr`, the optimizer's learning rate at the start.

    In a fleet `base_lr` is a column (K, 1), and the same formula gives K rates. To make all rates that follow
    larger or smaller, change `base_lr`: `step` would write over an lr set by hand, and raises ValueError.

    >>> schedule = ExponentialLR(Fixed(1.0), gamma=0.5)
    >>> schedule.base_lr = 3.0
    >>> schedule.step()
    >>> schedule.optimizer.lr
    1.5
    """

    needs_loss = False
    keeps_lr = True  # False: the rates do not come from the optimizer's, and one set by hand does not matter

    def __init__(self, optimizer: Any):
        self.optimizer, self.base_lr, self.t = optimizer, optimizer.lr, 0
        self.write()

    def rate(self, t: int) -> Any:
        """The learning rate after t steps."""
        raise NotImplementedError

    def step(self) -> None:
        """Move on by one. Raises ValueError when something else has changed the learning rate since."""
        if self.keeps_lr and self.written is not None and not np.array_equal(self.optimizer.lr, self.written):
            raise ValueError(
                f"This schedule left the learning rate at {self.written}, and now it is {self.optimizer.lr}: "
                "it was set by hand or by another schedule, and a step would write over it. Change base_lr "
                "of the schedule instead, or make a new schedule from here."
            )
        self.t += 1
        self.write()

    def write(self) -> None:
        """Give the optimizer its rate, and keep what it made of it."""
        self.optimizer.lr = self.rate(self.t)
        self.written: Any = np.array(self.optimizer.lr)  # a copy: `lr *= 2` changes a column in its place

    def state(self) -> dict[str, Any]:
        """What a checkpoint saves."""
        kinds = (int, float, np.generic, np.ndarray)  # in a fleet, rates are columns (K, 1)
        return {
            name: value
            for name, value in vars(self).items()
            if isinstance(value, kinds) and name != "written"
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Put back what `state` gave."""
        self.__dict__.update(state)
        self.written = None  # the optimizer's rate may be put back before this or after it


class ConstantLR(Schedule):
    """lr · factor for the first `total_iters` steps, then lr. With 0 of them the factor stays, as in PyTorch.

    Raises ValueError when `factor` is not in 0..1, or `total_iters` is not a whole number from 0 on.

    >>> [ConstantLR(Fixed(1.0), factor=0.5, total_iters=2).rate(t) for t in range(4)]
    [0.5, 0.5, 1.0, 1.0]
    """

    def __init__(self, optimizer: Any, factor: float = 1 / 3, total_iters: int = 5):
        refuse_unless((factor >= 0) & (factor <= 1), "factor must be between 0 and 1", factor)
        self.factor, self.total_iters = factor, whole("total_iters", total_iters, least=0)
        super().__init__(optimizer)

    def rate(self, t: int) -> Any:
        # PyTorch takes the factor off in step number total_iters, and there is no step number 0.
        return self.base_lr * (self.factor if t < self.total_iters or self.total_iters == 0 else 1)


class StepLR(Schedule):
    """lr · gamma^⌊t / step_size⌋: a staircase.

    Raises ValueError when `step_size` is not a whole number from 1 on, or `gamma` is below 0.

    >>> [StepLR(Fixed(1.0), step_size=2, gamma=0.5).rate(t) for t in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(self, optimizer: Any, step_size: int, gamma: float = 0.1):
        refuse_unless(gamma >= 0, "gamma must be at least 0", gamma)
        self.step_size, self.gamma = whole("step_size", step_size, least=1), gamma
        super().__init__(optimizer)

    def rate(self, t: int) -> Any:
        return self.base_lr * self.gamma ** (t // self.step_size)


class ExponentialLR(Schedule):
    """lr · gamma^t. Raises ValueError when `gamma` is below 0.

    >>> [ExponentialLR(Fixed(1.0), gamma=0.5).rate(t) for t in range(3)]
    [1.0, 0.5, 0.25]
    """

    def __init__(self, optimizer: Any, gamma: float):
        refuse_unless(gamma >= 0, "gamma must be at least 0", gamma)
        self.gamma = gamma
        super().__init__(optimizer)

    def rate(self, t: int) -> Any:
        return self.base_lr * self.gamma**t


class LinearLR(Schedule):
    """From lr · start_factor in a straight line to lr · end_factor after `total_iters` steps; then it stays.

    With 0 steps it stays at lr · start_factor, as in PyTorch.
    Raises ValueError when a factor is not in 0..1 (start_factor: nor 0, as in PyTorch), or `total_iters` is
    not a whole number from 0 on.

    >>> [LinearLR(Fixed(1.0), start_factor=0.5, total_iters=2).rate(t) for t in range(4)]
    [0.5, 0.75, 1.0, 1.0]
    """

    def __init__(
        self, optimizer: Any, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5
    ):
        fits = (start_factor > 0) & (start_factor <= 1)
        refuse_unless(fits, "start_factor must be above 0 and at most 1", start_factor)
        refuse_unless((end_factor >= 0) & (end_factor <= 1), "end_factor must be between 0 and 1", end_factor)
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = whole("total_iters", total_iters, least=0)
        super().__init__(optimizer)

    def rate(self, t: int) -> Any:
        share = min(t, self.total_iters) / max(self.total_iters, 1)  # of no steps, nothing is ever done
        return self.base_lr * (self.start_factor + (self.end_factor - self.start_factor) * share)


class CosineAnnealingLR(Schedule):
    """From lr to eta_min along half a cosine, in `T_max` steps (and up again after that, as in PyTorch).

    Source: Loshchilov and Hutter, "SGDR" (2017). Raises ValueError when `T_max` is not above 0.

    >>> [round(CosineAnnealingLR(Fixed(1.0), T_max=2).rate(t), 4) for t in range(3)]
    [1.0, 0.5, 0.0]
    """

    def __init__(self, optimizer: Any, T_max: int, eta_min: float = 0.0):
        refuse_unless(T_max > 0, "T_max must be above 0", T_max)
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer)

    def rate(self, t: int) -> Any:
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * t / self.T_max)) / 2


class WarmupLR(Schedule):
    """A straight line from lr · start_factor up to lr in `warmup_iters` steps, then the schedule `after`.

    `after` is made with the same optimizer and counts from the end of the warm-up; None stays at lr. In
    PyTorch this is SequentialLR([LinearLR(…), after], [warmup_iters]).
    Source: Goyal et al., "Accurate, large minibatch SGD" (2017).
    Raises ValueError when `warmup_iters` is not a whole number from 0 on, `start_factor` is not in 0..1, or
    `after` belongs to another optimizer or needs a loss.

    >>> optimizer = Fixed(1.0)
    >>> schedule = WarmupLR(optimizer, 2, start_factor=0.5, after=ExponentialLR(optimizer, gamma=0.1))
    >>> [schedule.rate(t) for t in range(4)]
    [0.5, 0.75, 1.0, 0.1]
    """

    def __init__(
        self, optimizer: Any, warmup_iters: int, start_factor: float = 1 / 3, after: Schedule | None = None
    ):
        fits = (start_factor >= 0) & (start_factor <= 1)
        refuse_unless(fits, "start_factor must be between 0 and 1", start_factor)
        self.warmup_iters = whole("warmup_iters", warmup_iters, least=0)
        self.start_factor, self.after = start_factor, after
        if after is not None:
            if after.needs_loss or after.optimizer is not optimizer:
                raise ValueError(
                    "`after` must be a schedule of the same optimizer that needs no loss; got "
                    f"{type(after).__name__} of {'this' if after.optimizer is optimizer else 'another'} one."
                )
            optimizer.lr = after.base_lr
        super().__init__(optimizer)

    def rate(self, t: int) -> Any:
        if t < self.warmup_iters:
            return self.base_lr * (self.start_factor + (1 - self.start_factor) * t / self.warmup_iters)
        return self.base_lr if self.after is None else self.after.rate(t - self.warmup_iters)


class OneCycleLR(Schedule):
    """Up from max_lr / div_factor to max_lr, then down to a 10,000th of the start, along cosines.

    `pct_start` is the share of `total_steps` on the way up; "linear" takes straight lines. (PyTorch moves the
    momentum the other way unless told `cycle_momentum=False`; this schedule leaves it alone.)
    Source: Smith and Topin, "Super-convergence" (2019).

    The cycle has the rates of steps 0 to total_steps - 1. Training that steps after each batch takes one
    step more, with whose rate nothing is trained: it is PyTorch's too, or 0 where PyTorch's is below 0.
    Raises ValueError for a step beyond, and for settings of which no cycle can be made.

    >>> schedule = OneCycleLR(Fixed(1.0), max_lr=1.0, total_steps=10)
    >>> [round(schedule.rate(t), 2) for t in (0, 2, 9)]
    [0.04, 1.0, 0.0]
    """

    keeps_lr = False

    def __init__(
        self,
        optimizer: Any,
        max_lr: float,
        total_steps: int,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
    ):
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f'anneal_strategy is "cos" or "linear", got {anneal_strategy!r}.')
        for name, value in (("div_factor", div_factor), ("final_div_factor", final_div_factor)):
            refuse_unless(value > 0, f"{name} must be above 0", value)
        self.total_steps = whole("total_steps", total_steps, least=1)
        # PyTorch divides by zero here: by a way up that ends where it starts, or by a way down of no steps.
        if not 0 <= pct_start < 1 or pct_start * total_steps == 1:
            raise ValueError(
                "pct_start must be from 0 to below 1, and pct_start · total_steps not exactly 1 (a way up "
                f"that ends at step 0); got {pct_start} and {total_steps}. Change pct_start a little."
            )
        self.max_lr, self.pct_start, self.anneal_strategy = max_lr, pct_start, anneal_strategy
        self.initial_lr = max_lr / div_factor
        self.min_lr = self.initial_lr / final_div_factor
        optimizer.lr = self.initial_lr  # and so base_lr: what a warm-up before the cycle leads up to
        super().__init__(optimizer)

    def rate(self, t: int) -> Any:
        if t > self.total_steps:
            raise ValueError(f"This cycle has {self.total_steps} steps; step {t} is past its end.")
        top, last = self.pct_start * self.total_steps - 1, self.total_steps - 1
        if t <= top:
            return self.between(self.initial_lr, self.max_lr, t / top)
        rate = self.between(self.max_lr, self.min_lr, (t - top) / (last - top))
        # One step past the end a straight line is below 0, a rate that no optimizer takes.
        return np.maximum(rate, 0.0) if t == self.total_steps else rate

    def between(self, start: Any, end: Any, share: float) -> Any:
        """The rate when this share of the way from start to end is done."""
        if self.anneal_strategy == "cos":
            share = (1 - math.cos(math.pi * share)) / 2
        return start + (end - start) * share


class ReduceLROnPlateau(Schedule):
    """lr ← lr · factor when the loss has not improved for more than `patience` steps.

    `step(loss)` takes what is watched; `mode="max"` for a score that should rise. It is better only by the
    share `threshold` (or by that much, `threshold_mode="abs"`). After a cut, `cooldown` steps do not count.
    Raises ValueError for settings that make no sense, and for a `step` that is not given one number.

    >>> schedule = ReduceLROnPlateau(Fixed(1.0), patience=1)
    >>> for loss in [1.0, 1.0, 1.0]:
    ...     schedule.step(loss)
    >>> float(schedule.optimizer.lr)
    0.1
    """

    needs_loss = True

    def __init__(
        self,
        optimizer: Any,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float = 0.0,
        eps: float = 1e-8,
    ):
        if mode not in ("min", "max") or threshold_mode not in ("rel", "abs") or not 0 < factor < 1:
            raise ValueError(
                'mode is "min" or "max", threshold_mode "rel" or "abs", factor between 0 and 1; '
                f"got {mode!r}, {threshold_mode!r}, {factor}."
            )
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.threshold_mode, self.cooldown = threshold, threshold_mode, cooldown
        self.min_lr, self.eps = min_lr, eps
        self.best: float
        self.best, self.bad, self.resting = float("inf") if mode == "min" else -float("inf"), 0, 0

    def step(self, loss: float | None = None) -> None:
        """Look at the loss (or score), and cut the rate if it is time."""
        if loss is None:
            raise ValueError("ReduceLROnPlateau.step needs the loss that it watches.")
        if np.size(loss) != 1:
            raise ValueError(
                f"ReduceLROnPlateau watches one number, got an array of shape {np.shape(loss)}. For a fleet, "
                "give step the mean of the losses, in a callback of `fit`; or train each model on its own."
            )
        loss = float(np.asarray(loss).item())  # a NumPy float32 would be missing in a checkpoint
        if self.better(loss):
            self.best, self.bad = loss, 0
        else:
            self.bad += 1
        if self.resting > 0:
            self.resting, self.bad = self.resting - 1, 0
        if self.bad > self.patience:
            old = self.optimizer.lr  # in a fleet a column
            new = np.maximum(old * self.factor, self.min_lr)
            self.optimizer.lr = np.where(old - new > self.eps, new, old)
            self.resting, self.bad = self.cooldown, 0

    def better(self, loss: float) -> bool:
        """Whether the loss is better than the best so far, by enough to count."""
        sign = 1 if self.mode == "min" else -1
        # The share is of `best`, not of its size: PyTorch's choice. With a best below 0 it points the other
        # way, and a loss a little worse than the best still counts as better.
        rel = self.threshold_mode == "rel"
        limit = self.best * (1 - sign * self.threshold) if rel else self.best - sign * self.threshold
        return sign * loss < sign * limit


class Fixed:
    """A stand-in for an optimizer: something with a learning rate, to look at a schedule without training.

    >>> Fixed(0.1).lr
    0.1
    """

    def __init__(self, lr: float):
        self.lr = lr


def whole(name: str, value: Any, *, least: int) -> int:
    """The value as an int. Raises ValueError when it is not a whole number, or below `least`.

    >>> whole("step_size", 3.0, least=1)
    3
    """
    refuse_unless(value >= least and value % 1 == 0, f"{name} must be a whole number from {least} on", value)
    return int(value)


def refuse_unless(fits: Any, rule: str, value: Any) -> None:
    """Raise ValueError, with the rule and the value, unless the value (or all of an array) fits.

    >>> refuse_unless(2 > 0, "T_max must be above 0", 2)
    """
    if not np.all(fits):
        raise ValueError(f"{rule}, got {value}.")
