"""The training loop: shuffle, take a batch, forward, loss, backward, step; again.

`fit` is that loop with what a day at work adds to it: a validation set, a schedule, early stopping, Ctrl-C.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.nn.base import Array, Stack
from helpers.nn.checkpoint import load_checkpoint, save_checkpoint
from helpers.nn.history import History
from helpers.nn.layers import Embedding
from helpers.nn.losses import Loss
from helpers.nn.optimizers import LBFGS

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
    X: Array,
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
    history: History | None = None,
    progress: bool = True,
) -> History:
    """Train the model on X (n, …), y (n, …) in shuffled batches, and return the `History`.

    - `rng` shuffles; a fleet of K models takes one generator, or K of them, one for each model.
    - `validation` is (X, y); its loss and the `metrics`, name → f(predictions, y), are recorded each epoch.
    - `callbacks` are called with the `Run` after each epoch; `run.stop = True` ends the training. The methods
      `on_step` and `on_end` of a callback, if it has them, are called after each step and at the end.
    - `schedule` moves the learning rate after each "epoch", or after each "step" (`schedule_per`).
    - `penalty` adds its gradient, `clip` shortens the gradient, before each step. (The recorded loss is that
      of the data, without the penalty.)
    - `accumulate` batches are averaged into one step: the step of a batch that many times as large.
    - `history` of an earlier call is continued.

    Ctrl-C ends the training and keeps what was learnt; so does a loss that is not finite, with advice in the
    history. Raises ValueError when X, y and batch_size do not go together.

    >>> from helpers.nn.containers import Sequential
    >>> from helpers.nn.layers import Linear
    >>> from helpers.nn.losses import MSELoss
    >>> from helpers.nn.optimizers import SGD
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(100, 1))
    >>> model = Sequential(Linear(1, 1, rng=rng))
    >>> fit(model, MSELoss(), SGD(model, lr=0.1), X, 2 * X + 1, batch_size=10, num_epochs=20, rng=rng)
    History(20 epochs, 200 steps, loss 0.0)
    """
    refuse(model, loss, optimizer, schedule, schedule_per, penalty, accumulate)
    history = history or History()
    history.interrupted = False
    run = Run(model, optimizer, history, schedule)
    batches = Batches(model, loss, X, y, batch_size, rng)
    after_backward = [penalty.add_gradient] if penalty else []
    after_backward += [clip] if clip else []
    after_step = [callback.on_step for callback in callbacks if hasattr(callback, "on_step")]
    if schedule is not None and schedule_per == "step":
        after_step.append(lambda run: schedule.step())
    bar = ProgressBar(num_epochs, progress)
    try:
        with training(model, loss, batches), np.errstate(over="ignore", invalid="ignore"):
            for epoch in range(num_epochs):
                batches.shuffle()
                one_epoch(run, loss, batches, after_backward, after_step, accumulate)
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
    run: Run, loss: Loss, batches: Batches, after_backward: list[Any], after_step: list[Any], accumulate: int
) -> None:
    """The loop itself: every batch once."""
    model, optimizer, losses = run.model, run.optimizer, run.history.losses
    gathered = Accumulator(model, accumulate, len(batches)) if accumulate > 1 else None
    for X, y in batches:
        losses.append(loss.forward(model.forward(X), y))
        model.backward(loss.backward())
        if gathered and not gathered.complete(y, loss):
            continue
        for adjust in after_backward:
            adjust(model)
        optimizer.step()
        for notify in after_step:
            notify(run)


class Batches:
    """The data in batches, in a new order after each `shuffle`.

    The shuffled data lie in one kept array, of which the batches are views: a new order is one indexed copy
    for an epoch, and a batch costs nothing.
    """

    def __init__(self, model: Any, loss: Loss, X: Array, y: Array, batch_size: int, rng: Any):
        X, y = np.asarray(X), np.asarray(y)
        n = len(X)
        if len(y) != n or n == 0:
            raise ValueError(
                f"X and y must have the same number of samples, at least one: {X.shape} and {y.shape}."
            )
        if not (isinstance(batch_size, int | np.integer) and batch_size >= 1):
            raise ValueError(f"batch_size must be a whole number from 1 on, got {batch_size!r}.")
        rows_of_a_table = isinstance(model.leaves()[0], Embedding)
        self.X = X if rows_of_a_table else X.astype(model.dtype, copy=False)
        self.y = y if loss.takes_labels and y.dtype.kind in "iu" else y.astype(model.dtype, copy=False)
        self.models, self.n = model.models, n
        self.rngs = list(rng) if isinstance(rng, Sequence) else [rng]
        if not all(hasattr(one, "permutation") for one in self.rngs):
            raise TypeError(f"rng must be a generator, np.random.default_rng(seed), got {rng!r}.")
        if len(self.rngs) not in (1, self.models):
            raise ValueError(
                f"rng is one generator or one for each of {self.models} models, got {len(self.rngs)}."
            )
        orders = (len(self.rngs),) if self.models else ()
        self.X_shuffled = np.empty((*orders, *self.X.shape), self.X.dtype)
        self.y_shuffled = np.empty((*orders, *self.y.shape), self.y.dtype)
        batches = [slice(i, i + batch_size) for i in range(0, n, batch_size)]
        self.parts = [(self.part(self.X_shuffled, b), self.part(self.y_shuffled, b)) for b in batches]

    def part(self, shuffled: Array, batch: slice) -> Array:
        """A batch; in a fleet a `Stack` with one for each model, or with one that all models look at."""
        if not self.models:
            return shuffled[batch]
        own = shuffled[:, batch]
        return np.broadcast_to(own, (self.models, *own.shape[1:])).view(Stack)

    def shuffle(self) -> None:
        """Draw a new order; in a fleet one for each model, if there is a generator for each."""
        orders = [rng.permutation(self.n) for rng in self.rngs]
        order = np.array(orders) if self.models else orders[0]
        # (the order is always in range; with mode="raise" NumPy would make a copy first, to be safe)
        self.X.take(order, axis=0, out=self.X_shuffled, mode="clip")
        self.y.take(order, axis=0, out=self.y_shuffled, mode="clip")

    def __iter__(self) -> Iterator[tuple[Array, Array]]:
        return iter(self.parts)

    def __len__(self) -> int:
        return len(self.parts)


class Accumulator:
    """The gradient of several batches together: that of one batch with all their samples.

    What "mean" has divided each gradient by, it is multiplied with again; the sum is divided by all of it.
    """

    def __init__(self, model: Any, every: int, num_batches: int):
        self.model, self.every, self.left = model, every, num_batches
        self.total, self.weight, self.count = np.zeros_like(model.d_flat), np.zeros(1), 0

    def complete(self, y: Array, loss: Loss) -> bool:
        """Add the gradient of a batch; True when it is time for a step, with the whole in `model.d_flat`."""
        weight = np.reshape(loss.entries(y) if loss.reduction == "mean" else 1, (-1, 1))  # (1, 1) or (K, 1)
        self.total += (weight * self.model.d_flat).reshape(self.total.shape)
        self.weight, self.count, self.left = self.weight + weight, self.count + 1, self.left - 1
        if self.count < self.every and self.left:
            return False
        divisor = self.weight if loss.reduction == "mean" else 1
        self.model.d_flat[...] = (self.total / divisor).reshape(self.total.shape)
        self.total[...] = self.weight[...] = self.count = 0
        return True


@contextmanager
def training(model: Any, loss: Loss, batches: Batches) -> Iterator[None]:
    """Training mode: results go into kept arrays, and y is looked at once instead of at every step."""
    batches.X_shuffled[...], batches.y_shuffled[...] = batches.X, batches.y
    outputs = model.output_shape(batches.X_shuffled.shape)
    predictions = np.broadcast_to(model.dtype.type(0), outputs)  # of the right shape, in the memory of one
    loss.check(predictions, batches.y_shuffled)
    first = model.layers[0] if hasattr(model, "layers") else model
    model.train()
    model.forget(keep=True)
    first.needs_dX = False
    for shape in {X.shape for X, _ in batches}:
        model.reserve(shape)
    loss.checked, loss.shape = True, None
    try:
        yield
    finally:
        first.needs_dX, loss.checked = True, False
        model.forget(keep=False)
        model.eval()


def evaluate(
    model: Any,
    loss: Loss,
    data: tuple[Array, Array] | None,
    metrics: dict[str, Callable[[Array, Array], Any]] | None = None,
) -> dict[str, Any]:
    """The loss and the metrics of the model on data (X, y), in evaluation mode; {} without data.

    >>> from helpers.nn.containers import Sequential
    >>> from helpers.nn.layers import Linear
    >>> from helpers.nn.losses import MSELoss
    >>> model = Sequential(Linear(1, 1, rng=np.random.default_rng(0)))
    >>> model.flat[:] = 1
    >>> evaluate(model, MSELoss(), (np.zeros((4, 1)), np.zeros((4, 1))))
    {'validation_loss': 1.0}
    """
    if data is None:
        return {}
    X, y = (np.asarray(a) for a in data)
    predictions = predict(model, X)
    if y.dtype.kind not in "iu" or not loss.takes_labels:
        y = y.astype(model.dtype, copy=False)
    y_each = np.broadcast_to(y, (model.models, *y.shape)).view(Stack) if model.models else y
    checked, loss.checked = loss.checked, False
    row = {"validation_loss": loss.forward(predictions, y_each)}
    loss.checked = checked
    for name, metric in (metrics or {}).items():
        scores = [metric(p, y) for p in predictions] if model.models else metric(predictions, y)
        row["validation_" + name] = np.array(scores) if model.models else scores
    return row


def predict(model: Any, X: Array, *, batch_size: int = 1024) -> Array:
    """The model's output for X (n, …) in evaluation mode; the mode is as before afterwards.

    A large X goes through in batches of `batch_size`, so that memory does not grow with it.

    >>> from helpers.nn.containers import Sequential
    >>> from helpers.nn.layers import Linear
    >>> predict(Sequential(Linear(3, 2, rng=np.random.default_rng(0))), np.zeros((5, 3))).shape
    (5, 2)
    """
    modes = [leaf.training for leaf in model.leaves()]
    model.eval()
    X = np.asanyarray(X)
    X = X if isinstance(model.leaves()[0], Embedding) else X.astype(model.dtype, copy=False)
    lead = (slice(None),) * isinstance(X, Stack)  # a Stack (K, n, …) has an X for each model of a fleet
    starts = range(0, max(X.shape[len(lead)], 1), batch_size)
    try:  # the outputs are copied, since `fit` may be reusing its arrays
        parts = [model.forward(X[(*lead, slice(i, i + batch_size))]).copy() for i in starts]
    finally:
        for leaf, mode in zip(model.leaves(), modes, strict=True):
            leaf.training = mode
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts, axis=1 if model.models else 0).view(type(parts[0]))


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


class ProgressBar:
    """One line on the screen, from the second second on. HELPERS_PROGRESS=0 in the environment: never.

    A terminal gets the line on stderr; a notebook in an output of its own, which is empty at the end.
    """

    def __init__(self, num_epochs: int, wanted: bool):
        self.num_epochs, self.wanted = num_epochs, wanted and os.environ.get("HELPERS_PROGRESS") != "0"
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
