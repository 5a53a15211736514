"""The training loop: shuffle, take a batch, forward, loss, backward, step; again.

`fit` is that loop with what a day at work adds to it: a validation set, a schedule, early stopping, Ctrl-C.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers._progress import ProgressBar
from helpers.nn.accumulator import Accumulator
from helpers.nn.base import Array
from helpers.nn.checkpoint import load_checkpoint, save_checkpoint
from helpers.nn.fast import Steps, forward_for, knows_model
from helpers.nn.fleet import num_models
from helpers.nn.history import History
from helpers.nn.losses import Loss
from helpers.nn.normalization import BatchNorm
from helpers.nn.optimizers import LBFGS
from helpers.nn.stack import Stack

__all__ = [
    "EarlyStopping",
    "History",
    "Run",
    "evaluate",
    "fit",
    "load_checkpoint",
    "predict",
    "save_checkpoint",
]


@dataclass
class Run:
    """What a callback is given after each epoch: look at it, change it, or set `stop`."""

    model: Any
    optimizer: Any
    history: History
    schedule: Any = None
    stop: bool = False


def fit(
    model: Any,
    loss: Loss,
    optimizer: Any,
    X: Any,
    y: Array,
    *,
    batch_size: int,
    num_epochs: int,
    rng: Any,
    validation: tuple[Array, Array] | None = None,
    callbacks: Sequence[Callable[[Run], Any]] = (),
    metrics: dict[str, Callable[[Array, Array], Any]] | None = None,
    schedule: Any = None,
    schedule_per: str = "epoch",
    penalty: Any = None,
    clip: Callable[[Any], Any] | None = None,
    accumulate: int = 1,
    sample_weight: Array | None = None,
    history: History | None = None,
    progress: bool = True,
    fast: bool = True,
) -> History:
    """Train the model on X (n, …), y (n, …) in shuffled batches, and return the `History`.

    X may be a tuple of arrays, for a model with several inputs.
    - `rng` shuffles; a fleet of K models takes one generator, or K of them, one for each model.
    - `validation` is (X, y); its loss and the `metrics`, name → f(predictions, y), are recorded each epoch.
    - `callbacks` are called with the `Run` after each epoch; `run.stop = True` ends the training. The methods
      `on_step` and `on_end` of a callback, if it has them, are called after each step and at the end.
    - `schedule` moves the learning rate after each "epoch", or after each "step" (`schedule_per`).
    - `penalty` adds its gradient, `clip` shortens the gradient, before each step. (The recorded loss is that
      of the data, without the penalty.)
    - `accumulate` batches are averaged into one step: the step of a batch that many times as large.
    - `sample_weight` (n,) makes samples count more; the mean over a batch divides by the sum of its weights.
    - `history` of an earlier call is continued.
    - `fast=False` runs the plain layers, losses and optimizers, without the plans of `helpers.nn.fast`.

    Ctrl-C ends the training and keeps what was learnt; so does a loss that is not finite, with advice in the
    history. Raises ValueError when X, y and batch_size do not go together.

    >>> from helpers.nn import SGD, Linear, MSELoss, Sequential
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(100, 1))
    >>> model = Sequential(Linear(1, 1, rng=rng))
    >>> fit(model, MSELoss(), SGD(model, lr=0.1), X, 2 * X + 1, batch_size=10, num_epochs=20, rng=rng)
    History(20 epochs, 200 steps, loss 0.0)
    """
    refuse(model, loss, optimizer, schedule, schedule_per, penalty, accumulate)
    if validation is not None:
        at_least_one_row(validation)
    history = history or History()
    history.interrupted = False
    run = Run(model, optimizer, history, schedule)
    batches = Batches(model, loss, X, y, batch_size, rng, sample_weight)
    steps = Steps(model, loss, optimizer, fast=fast)
    after_backward = [penalty.add_gradient] if penalty else []
    after_backward += [clip] if clip else []
    after_step = [callback.on_step for callback in callbacks if hasattr(callback, "on_step")]
    if schedule is not None and schedule_per == "step":
        after_step.append(lambda run: schedule.step())
    bar = ProgressBar(num_epochs, progress)
    try:
        model.train()
        with np.errstate(over="ignore", invalid="ignore"):
            for epoch in range(num_epochs):
                batches.shuffle()
                steps.look_again()
                one_epoch(run, steps, batches, after_backward, after_step, accumulate)
                history.end_epoch(
                    steps=len(batches),
                    lr=getattr(optimizer, "lr", None),
                    **evaluate(model, loss, validation, metrics or {}),
                )
                if schedule is not None and schedule_per == "epoch":
                    schedule.step(*([monitored(history)] if schedule.needs_loss else []))
                for callback in callbacks:
                    callback(run)
                if run.stop or history.diverged:
                    break
                bar.show(epoch + 1, history)
    except KeyboardInterrupt:
        history.interrupted = True
    finally:
        model.eval()
    for callback in callbacks:
        if hasattr(callback, "on_end"):
            callback.on_end(run)
    bar.close()
    if history.diverged and progress:
        print(history.advice)
    return history


def refuse(
    model: Any, loss: Loss, optimizer: Any, schedule: Any, schedule_per: str, penalty: Any, accumulate: Any
) -> None:
    """Raise ValueError or TypeError for what `fit` cannot train with, instead of training something else."""
    for name, made in (("optimizer", optimizer), ("penalty", penalty)):
        if getattr(made, "model", model) is not model:
            raise ValueError(f"The {name} was made for another model. Make it from the model that you train.")
    if getattr(schedule, "optimizer", optimizer) is not optimizer:
        raise ValueError("The schedule was made for another optimizer. Make it from the one that you give.")
    if schedule_per not in ("epoch", "step"):
        raise ValueError(f'schedule_per is "epoch" or "step", got {schedule_per!r}.')
    if not (isinstance(accumulate, int | np.integer) and accumulate >= 1):
        raise ValueError(f"accumulate must be a whole number from 1 on, got {accumulate!r}.")
    if getattr(loss, "reduction", "mean") == "none":
        raise ValueError('fit needs one number for a batch: a loss with reduction "mean" or "sum".')
    if isinstance(optimizer, LBFGS):
        raise TypeError(
            "LBFGS asks for the loss several times in a step. Give its step a closure; see its docstring."
        )


def monitored(history: History) -> Any:
    """What a schedule looks at: the validation loss, or the training loss where there is none."""
    return history.epochs[-1].get("validation_loss", history.epochs[-1]["loss"])


def one_epoch(
    run: Run,
    steps: Steps,
    batches: Batches,
    after_backward: list[Any],
    after_step: list[Any],
    accumulate: int,
) -> None:
    """The loop itself: every batch once."""
    model, losses = run.model, run.history.losses
    gathered = Accumulator(model, accumulate, len(batches), steps.loss.reduction) if accumulate > 1 else None
    for batch in batches:
        losses.append(steps.gradient(*batch))
        if gathered and not gathered.complete(steps.count(*batch)):
            continue
        for adjust in after_backward:
            adjust(model)
        steps.descend()
        for notify in after_step:
            notify(run)
            steps.look_again()  # a callback may freeze a layer


class Batches:
    """The data in batches, in a new order after each `shuffle`: (X, y), or (X, y, sample_weight).

    The shuffled data lie in kept arrays, of which the batches are views: a new order is one indexed copy
    for an epoch, and a batch costs nothing. Raises ValueError for data that do not go together.
    """

    def __init__(
        self,
        model: Any,
        loss: Loss,
        X: Any,
        y: Array,
        batch_size: int,
        rng: Any,
        sample_weight: Array | None = None,
    ):
        self.num_models = num_models(model)
        X, y = as_input(model, X), np.asarray(y)
        if y.dtype.kind in "cmMUS":
            raise TypeError(f"y must hold real numbers, or the numbers of classes, got {y.dtype}.")
        inputs = X if isinstance(X, tuple) else (X,)
        self.n = n = len(y)
        if n == 0 or any(len(one) != n for one in inputs):
            shapes = " and ".join(str(one.shape) for one in (*inputs, y))
            raise ValueError(f"X and y must have the same number of samples, at least one: {shapes}.")
        if not (isinstance(batch_size, int | np.integer) and batch_size >= 1):
            raise ValueError(f"batch_size must be a whole number from 1 on, got {batch_size!r}.")
        y = y if loss.takes_labels and y.dtype.kind in "iu" else y.astype(model.dtype, copy=False)
        weights = [] if sample_weight is None else [weights_for(sample_weight, n, model.dtype)]
        self.rngs = generators(rng, self.num_models)
        first = predict(model, tuple(one[:1] for one in X) if isinstance(X, tuple) else X[:1])
        lead = (self.num_models,) if self.num_models else ()
        outputs = np.broadcast_to(first, (*lead, n, *first.shape[len(lead) + 1 :]))  # as if for all rows
        loss.check(outputs.view(Stack) if lead else outputs, for_each(model, y))
        refuse_single_row(model, n, batch_size)
        self.sources = (*inputs, y, *weights)
        orders = (len(self.rngs),) if self.num_models else ()
        self.shuffled = [np.empty((*orders, *source.shape), source.dtype) for source in self.sources]
        self.parts = []
        for start in range(0, n, batch_size):
            part = [self.part(array, slice(start, start + batch_size)) for array in self.shuffled]
            k = len(inputs)
            self.parts.append((tuple(part[:k]) if isinstance(X, tuple) else part[0], *part[k:]))

    def part(self, shuffled: Array, batch: slice) -> Array:
        """A batch; in a fleet a `Stack` with one for each model, or with one that all models look at."""
        if not self.num_models:
            return shuffled[batch]
        own = shuffled[:, batch]
        return np.broadcast_to(own, (self.num_models, *own.shape[1:])).view(Stack)

    def shuffle(self) -> None:
        """Draw a new order; in a fleet one for each model, if there is a generator for each."""
        orders = [rng.permutation(self.n) for rng in self.rngs]
        order = np.array(orders) if self.num_models else orders[0]
        for source, shuffled in zip(self.sources, self.shuffled, strict=True):
            # (the order is always in range; with mode="raise" NumPy would make a copy first, to be safe)
            source.take(order, axis=0, out=shuffled, mode="clip")

    def __iter__(self) -> Iterator[Any]:
        return iter(self.parts)

    def __len__(self) -> int:
        return len(self.parts)


def refuse_single_row(model: Any, n: int, batch_size: int) -> None:
    """Raise ValueError when a batch norm will meet a batch of one value per feature.

    It has just seen one row: where that row gives a feature one value only, so will a batch of one row.
    """
    last = n % batch_size or min(batch_size, n)
    single = [
        leaf
        for leaf in model.leaves()
        if isinstance(leaf, BatchNorm) and not leaf.frozen and leaf.x_hat.shape[-2] == 1
    ]
    if single and last == 1:
        which = f"the last batch has 1 row ({n} = {n // batch_size} · {batch_size} + 1)"
        which = "each batch has 1 row" if batch_size == 1 else "the only batch has 1 row" if n == 1 else which
        raise ValueError(
            f"BatchNorm needs more than one value per feature in training, but {which}: "
            "choose another batch_size, or leave out a row."
        )


def generators(rng: Any, num_models: int) -> list[Any]:
    """The generators that shuffle: one, or in a fleet also one for each model. Raises an error for others."""
    found = list(rng) if isinstance(rng, Sequence) else [rng]
    if not all(hasattr(one, "permutation") for one in found):
        raise TypeError(f"rng must be a generator, np.random.default_rng(seed), got {rng!r}.")
    if len(found) not in (1, num_models):
        raise ValueError(f"rng is one generator or one for each of {num_models} models, got {len(found)}.")
    return found


def weights_for(sample_weight: Array, n: int, dtype: Any) -> Array:
    """The weights (n,) of the samples. Raises ValueError for others, or one below 0."""
    weights = np.asarray(sample_weight, dtype)
    if weights.shape != (n,) or not (weights >= 0).all():
        raise ValueError(
            f"sample_weight is one number from 0 on for each of {n} samples, got {weights.shape}."
        )
    return weights


def as_input(model: Any, X: Any) -> Any:
    """X in the dtype of the model, but for what it looks up in a table; a tuple part by part."""
    if isinstance(X, tuple):
        flags = (
            model.takes_indices if isinstance(model.takes_indices, tuple) else (model.takes_indices,) * len(X)
        )
        return tuple(in_dtype(one, model.dtype, flag) for one, flag in zip(X, flags, strict=True))
    return in_dtype(X, model.dtype, model.takes_indices)


def in_dtype(X: Any, dtype: Any, takes_indices: Any) -> Array:
    """An array in this dtype; one of indices as it is."""
    X = np.asanyarray(X)
    if X.dtype.kind in "cmMUS":
        raise TypeError(f"A model computes with real numbers, got {X.dtype}: convert X first.")
    return X if takes_indices else X.astype(dtype, copy=False)


def for_each(model: Any, y: Array) -> Array:
    """y as each model of a fleet sees it, a Stack (K, n, …); for a single model as it is."""
    return model.for_each(y) if num_models(model) else y


def evaluate(
    model: Any,
    loss: Loss,
    data: tuple[Any, Array] | None,
    metrics: dict[str, Callable[[Array, Array], Any]] | None = None,
) -> dict[str, Any]:
    """The loss and the metrics of the model on data (X, y), in evaluation mode; {} without data.

    >>> from helpers.nn import Linear, MSELoss, Sequential
    >>> model = Sequential(Linear(1, 1, rng=np.random.default_rng(0)))
    >>> model.flat[:] = 1
    >>> evaluate(model, MSELoss(), (np.zeros((4, 1)), np.zeros((4, 1))))
    {'validation_loss': 1.0}
    """
    if data is None:
        return {}
    at_least_one_row(data)
    X, y = data[0], np.asarray(data[1])
    predictions = predict(model, X)
    fleet = num_models(model)
    by_model = predictions.view(Stack) if fleet else predictions
    row = {"validation_loss": loss.forward(by_model, for_each(model, y))}
    for name, metric in (metrics or {}).items():
        row["validation_" + name] = (
            np.array([metric(p, y) for p in predictions]) if fleet else metric(predictions, y)
        )
    return row


def at_least_one_row(data: tuple[Any, Array]) -> None:
    """Raise ValueError for data (X, y) without rows, of which there is no loss."""
    if len(data[1]) == 0:
        raise ValueError(
            f"The data to evaluate have no rows: y is {np.shape(data[1])}. Give some, or no validation."
        )


def predict(model: Any, X: Any, *, batch_size: int = 2500) -> Array:
    """The model's output for X (n, …) in evaluation mode; the mode is as before afterwards.

    A large X goes through in batches of `batch_size`, so that memory does not grow with it. X may be a tuple
    of arrays; in a fleet also a Stack (K, n, …), with an X for each model. A fleet's output is (K, n, …).

    >>> from helpers.nn import Linear, Sequential
    >>> predict(Sequential(Linear(3, 2, rng=np.random.default_rng(0))), np.zeros((5, 3))).shape
    (5, 2)
    """
    modes = [leaf.training for leaf in model.leaves()]
    model.eval()
    X = as_input(model, X)
    inputs = X if isinstance(X, tuple) else (X,)
    lead = (slice(None),) * isinstance(inputs[0], Stack)
    n = inputs[0].shape[len(lead)]
    try:
        if n > batch_size and not isinstance(X, tuple) and knows_model(model, X.shape[len(lead) :]):
            return forward_for(model, X.shape[len(lead) :], piece=batch_size)(X)
        parts = []
        for start in range(0, max(n, 1), batch_size):
            batch = tuple(one[(*lead, slice(start, start + batch_size))] for one in inputs)
            parts.append(np.asarray(model.forward(batch if isinstance(X, tuple) else batch[0])))
    finally:
        for leaf, mode in zip(model.leaves(), modes, strict=True):
            leaf.training = mode
    return parts[0].copy() if len(parts) == 1 else np.concatenate(parts, axis=1 if num_models(model) else 0)


class EarlyStopping:
    """A callback: stop when `monitor` has not improved for `patience` epochs, and end at the best.

    Source: Prechelt, "Early stopping - but when?" (1998).

    >>> EarlyStopping(patience=3).best
    inf
    """

    def __init__(self, *, patience: int, monitor: str = "validation_loss", min_delta: float = 0.0):
        self.patience, self.monitor, self.min_delta = patience, monitor, min_delta
        self.begin(None)

    def begin(self, history: History | None) -> None:
        """Forget the best epoch of another training."""
        self.history = history
        self.best, self.best_epoch, self.weights = float("inf"), 0, None
        self.state: dict[str, Array] = {}

    def __call__(self, run: Run) -> None:
        row = run.history.epochs[-1]
        if run.history is not self.history:  # a new training; one that goes on brings its history along
            self.begin(run.history)
        if self.monitor not in row:
            raise ValueError(
                f"EarlyStopping watches {self.monitor!r}, the history has {list(row)}: give `validation`."
            )
        if np.ndim(row[self.monitor]):
            raise ValueError("EarlyStopping watches one model; in a fleet each would stop at its own epoch.")
        if row[self.monitor] < self.best - self.min_delta:
            self.best, self.best_epoch = row[self.monitor], row["epoch"]
            self.weights = run.model.flat.copy()
            self.state = {name: array.copy() for name, array in run.model.state().items()}
        elif row["epoch"] - self.best_epoch >= self.patience:
            run.stop = True

    def on_end(self, run: Run) -> None:
        """Go back to the best epoch, however the training ended."""
        if self.weights is not None:
            run.model.flat[...] = self.weights
            for name, array in run.model.state().items():
                array[...] = self.state[name]
