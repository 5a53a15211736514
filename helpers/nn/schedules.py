"""Schedules: how the learning rate changes during training.

Each is one formula, `rate(t)`: the learning rate after t steps. `schedule.step()` moves on by one, once for
each epoch or each batch as you like, and writes the rate into the optimizer. The names are PyTorch's.
"""

from __future__ import annotations

import math
from typing import Any


class Schedule:
    """The contract: `rate(t)` from `base_lr`, the optimizer's learning rate at the start.

    In a fleet `base_lr` is a column (K, 1), and the same formula gives K rates.
    """

    needs_loss = False

    def __init__(self, optimizer: Any):
        self.optimizer, self.base_lr, self.t = optimizer, optimizer.lr, 0
        optimizer.lr = self.rate(0)

    def rate(self, t: int) -> Any:
        """The learning rate after t steps."""
        raise NotImplementedError

    def step(self) -> None:
        """Move on by one."""
        self.t += 1
        self.optimizer.lr = self.rate(self.t)

    def state(self) -> dict[str, Any]:
        """What a checkpoint saves."""
        return {name: value for name, value in self.__dict__.items() if isinstance(value, int | float)}

    def load_state(self, state: dict[str, Any]) -> None:
        """Put back what `state` gave."""
        self.__dict__.update(state)


class ConstantLR(Schedule):
    """lr · factor for the first `total_iters` steps, then lr.

    >>> [ConstantLR(Fixed(1.0), factor=0.5, total_iters=2).rate(t) for t in range(4)]
    [0.5, 0.5, 1.0, 1.0]
    """

    def __init__(self, optimizer: Any, factor: float = 1 / 3, total_iters: int = 5):
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer)

    def rate(self, t: int) -> Any:
        return self.base_lr * (self.factor if t < self.total_iters else 1)


class StepLR(Schedule):
    """lr · gamma^⌊t / step_size⌋: a staircase.

    >>> [StepLR(Fixed(1.0), step_size=2, gamma=0.5).rate(t) for t in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(self, optimizer: Any, step_size: int, gamma: float = 0.1):
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def rate(self, t: int) -> Any:
        return self.base_lr * self.gamma ** (t // self.step_size)


class ExponentialLR(Schedule):
    """lr · gamma^t.

    >>> [ExponentialLR(Fixed(1.0), gamma=0.5).rate(t) for t in range(3)]
    [1.0, 0.5, 0.25]
    """

    def __init__(self, optimizer: Any, gamma: float):
        self.gamma = gamma
        super().__init__(optimizer)

    def rate(self, t: int) -> Any:
        return self.base_lr * self.gamma**t


class LinearLR(Schedule):
    """From lr · start_factor in a straight line to lr · end_factor after `total_iters` steps; then it stays.

    >>> [LinearLR(Fixed(1.0), start_factor=0.5, total_iters=2).rate(t) for t in range(4)]
    [0.5, 0.75, 1.0, 1.0]
    """

    def __init__(
        self, optimizer: Any, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5
    ):
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer)

    def rate(self, t: int) -> Any:
        share = min(t, self.total_iters) / self.total_iters
        return self.base_lr * (self.start_factor + (self.end_factor - self.start_factor) * share)


class CosineAnnealingLR(Schedule):
    """From lr to eta_min along half a cosine, in `T_max` steps (and up again after that, as in PyTorch).

    Source: Loshchilov and Hutter, "SGDR" (2017).

    >>> [round(CosineAnnealingLR(Fixed(1.0), T_max=2).rate(t), 4) for t in range(3)]
    [1.0, 0.5, 0.0]
    """

    def __init__(self, optimizer: Any, T_max: int, eta_min: float = 0.0):
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer)

    def rate(self, t: int) -> Any:
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * t / self.T_max)) / 2


class WarmupLR(Schedule):
    """A straight line from lr · start_factor up to lr in `warmup_iters` steps, then the schedule `after`.

    `after` is made with the same optimizer and counts from the end of the warm-up; None stays at lr. In
    PyTorch this is SequentialLR([LinearLR(…), after], [warmup_iters]).
    Source: Goyal et al., "Accurate, large minibatch SGD" (2017).

    >>> optimizer = Fixed(1.0)
    >>> schedule = WarmupLR(optimizer, 2, start_factor=0.5, after=ExponentialLR(optimizer, gamma=0.1))
    >>> [schedule.rate(t) for t in range(4)]
    [0.5, 0.75, 1.0, 0.1]
    """

    def __init__(
        self, optimizer: Any, warmup_iters: int, start_factor: float = 1 / 3, after: Schedule | None = None
    ):
        self.warmup_iters, self.start_factor, self.after = warmup_iters, start_factor, after
        if after is not None:
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

    >>> schedule = OneCycleLR(Fixed(1.0), max_lr=1.0, total_steps=10)
    >>> [round(schedule.rate(t), 2) for t in (0, 2, 9)]
    [0.04, 1.0, 0.0]
    """

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
        self.max_lr, self.total_steps, self.pct_start = max_lr, total_steps, pct_start
        self.anneal_strategy, self.initial_lr = anneal_strategy, max_lr / div_factor
        self.min_lr = self.initial_lr / final_div_factor
        super().__init__(optimizer)

    def rate(self, t: int) -> Any:
        if t >= self.total_steps:
            raise ValueError(f"This cycle has {self.total_steps} steps; step {t} is past its end.")
        top, last = self.pct_start * self.total_steps - 1, self.total_steps - 1
        if t <= top:
            return self.between(self.initial_lr, self.max_lr, t / top)
        return self.between(self.max_lr, self.min_lr, (t - top) / (last - top))

    def between(self, start: float, end: float, share: float) -> float:
        """The rate when this share of the way from start to end is done."""
        if self.anneal_strategy == "cos":
            share = (1 - math.cos(math.pi * share)) / 2
        return start + (end - start) * share


class ReduceLROnPlateau(Schedule):
    """lr ← lr · factor when the loss has not improved for more than `patience` steps.

    `step(loss)` takes what is watched; `mode="max"` for a score that should rise. It is better only by the
    share `threshold` (or by that much, `threshold_mode="abs"`). After a cut, `cooldown` steps do not count.

    >>> schedule = ReduceLROnPlateau(Fixed(1.0), patience=1)
    >>> for loss in [1.0, 1.0, 1.0]:
    ...     schedule.step(loss)
    >>> schedule.optimizer.lr
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
        self.best, self.bad, self.resting = float("inf") if mode == "min" else -float("inf"), 0, 0

    def step(self, loss: float | None = None) -> None:
        """Look at the loss (or score), and cut the rate if it is time."""
        if loss is None:
            raise ValueError("ReduceLROnPlateau.step needs the loss that it watches.")
        if self.better(loss):
            self.best, self.bad = loss, 0
        else:
            self.bad += 1
        if self.resting > 0:
            self.resting, self.bad = self.resting - 1, 0
        if self.bad > self.patience:
            lr = max(self.optimizer.lr * self.factor, self.min_lr)
            if self.optimizer.lr - lr > self.eps:
                self.optimizer.lr = lr
            self.resting, self.bad = self.cooldown, 0

    def better(self, loss: float) -> bool:
        """Whether the loss is better than the best so far, by enough to count."""
        sign = 1 if self.mode == "min" else -1
        if self.best in (float("inf"), -float("inf")):
            return sign * loss < sign * self.best
        margin = self.threshold * (abs(self.best) if self.threshold_mode == "rel" else 1)
        return sign * loss < sign * self.best - margin


class Fixed:
    """A stand-in for an optimizer: something with a learning rate, to look at a schedule without training.

    >>> Fixed(0.1).lr
    0.1
    """

    def __init__(self, lr: float):
        self.lr = lr
