"""Answers to exercise 09: mistakes that no slip says, and right answers in another form."""

import copy
import random

import numpy as np

from helpers.training import fit
from tests.mistakes import alternative, mistake

# Task 1: mini_batches -----------------------------------------------------------------------------------


def _cut(order, batch_size, stride=None):
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    return [order[i : i + batch_size] for i in range(0, len(order), stride or batch_size)]


@mistake("training_loop/mini_batches", hint="its rows belong to the epoch too")
def drops_the_last_batch(n_samples, batch_size, rng):
    batches = _cut(rng.permutation(n_samples), batch_size)
    return [batch for batch in batches if len(batch) == batch_size] or batches


@mistake("training_loop/mini_batches", hint="no other takes")
def draws_every_batch_anew(n_samples, batch_size, rng):
    batches = _cut(np.arange(n_samples), batch_size)
    return [rng.choice(n_samples, size=len(batch), replace=False) for batch in batches]


@mistake("training_loop/mini_batches", hint="the rows of each batch stand side by side in the file")
def shuffles_the_batches_only(n_samples, batch_size, rng):
    *full, last = [rng.permutation(batch) for batch in _cut(np.arange(n_samples), batch_size)]
    rng.shuffle(full)
    return [*full, last]


@mistake("training_loop/mini_batches", hint="A file may be sorted")
def swaps_neighbours(n_samples, batch_size, rng):
    order = np.arange(n_samples)
    for i in range(n_samples - 1):
        if rng.random() < 0.5:
            order[[i, i + 1]] = order[[i + 1, i]]
    return _cut(order, batch_size)


@mistake("training_loop/mini_batches", hint="so that the generator moves on")
def draws_from_a_copy(n_samples, batch_size, rng):
    return _cut(copy.deepcopy(rng).permutation(n_samples), batch_size)


@mistake("training_loop/mini_batches", hint="The message does not name 0, the number that was given")
def refuses_with_an_unrelated_message(n_samples, batch_size, rng):
    if batch_size < 1:
        raise ValueError("n_samples must be positive")
    return _cut(rng.permutation(n_samples), batch_size)


@alternative("training_loop/mini_batches")
def as_a_generator_function(n_samples, batch_size, rng):
    _cut([], batch_size)
    left = np.argsort(rng.random(n_samples))
    while len(left):
        yield left[:batch_size]
        left = left[batch_size:]


@alternative("training_loop/mini_batches")
def with_lists_and_split(n_samples, batch_size, rng):
    if not batch_size > 0:
        raise ValueError(f"no batch has {batch_size} rows")
    rows = list(range(n_samples))
    random.Random(int(rng.integers(1 << 60))).shuffle(rows)
    return tuple(part.tolist() for part in np.split(rows, range(batch_size, n_samples, batch_size)))


# Task 2: train ------------------------------------------------------------------------------------------


def _gather(model, loss, X, y, scale=1):
    value = loss.forward(model.forward(X), y)
    model.backward(loss.backward() * scale)
    return value * len(y)


def _step(model, loss, optimizer, X, y, scale=1):
    value = _gather(model, loss, X, y, scale)
    optimizer.step()
    return value


def _loop(X, y, batch_size, num_epochs, draw, step):
    """The losses: `draw(n)` orders an epoch's rows, `step(X, y)` learns and gives its summed loss."""
    n = len(X)
    return [sum(step(X[r], y[r]) for r in _cut(draw(n), batch_size)) / n for _ in range(num_epochs)]


@mistake("training_loop/train", hint="not one for each epoch")
def steps_once_an_epoch(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    losses = []
    for _ in range(num_epochs):
        losses += _loop(X, y, batch_size, 1, rng.permutation, lambda *b: _gather(model, loss, *b))
        optimizer.step()
    return losses


@mistake("training_loop/train", hint="every epoch has the same batches")
def makes_a_generator_in_the_loop(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    def draw(n):
        return np.random.default_rng(0).permutation(n)

    return _loop(X, y, batch_size, num_epochs, draw, lambda *b: _step(model, loss, optimizer, *b))


@mistake("training_loop/train", hint="cut by the same row numbers")
def shuffles_X_without_y(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    X = X[rng.permutation(len(X))]
    return _loop(X, y, batch_size, num_epochs, rng.permutation, lambda *b: _step(model, loss, optimizer, *b))


@mistake("training_loop/train", hint="in step 1 the gradient is not that of its batch")
def divides_the_slope(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    def step(X, y):
        return _step(model, loss, optimizer, X, y, scale=1 / len(y))

    return _loop(X, y, batch_size, num_epochs, rng.permutation, step)


@mistake("training_loop/train", hint="passes that no backward pass followed")
def measures_after_the_epoch(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    losses = []
    for _ in range(num_epochs):
        _loop(X, y, batch_size, 1, rng.permutation, lambda *b: _step(model, loss, optimizer, *b))
        losses.append(loss.forward(model.forward(X), y))
    return losses


@mistake("training_loop/train", hint="the parameters were changed, and not by optimizer.step()")
def moves_the_parameters_twice(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    def step(X, y):
        value = _step(model, loss, optimizer, X, y)
        model.flat[...] -= optimizer.lr * model.d_flat
        return value

    return _loop(X, y, batch_size, num_epochs, rng.permutation, step)


@alternative("training_loop/train")
def with_the_library(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    options = {"batch_size": batch_size, "num_epochs": num_epochs, "rng": rng, "progress": False}
    values = iter(fit(model, loss, optimizer, X, y, **options).losses)
    rows = [len(batch) for batch in _cut(range(len(X)), batch_size)]
    return [np.average([next(values) for _ in rows], weights=rows) for _ in range(num_epochs)]


@alternative("training_loop/train")
def in_float32_with_calls_and_a_second_look(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    losses, X = np.zeros(num_epochs, np.float32), X.astype(np.float32)
    for step in range(num_epochs * (k := -(-len(X) // batch_size))):
        epoch, batch = divmod(step, k)
        if batch == 0:
            order = np.argsort(rng.random(len(X)))
        rows, order = order[:batch_size], order[batch_size:]
        losses[epoch] += loss(model(X[rows]), y[rows]) * rows.size / y.size
        slope = loss.backward()
        loss.forward(model.forward(X[rows]), y[rows])  # a second look before the step changes nothing
        model.backward(slope)
        optimizer.step()
    return losses


# Task 3: accumulate -------------------------------------------------------------------------------------


def _accumulate(model, loss, optimizer, batches, every, put=None, ends=lambda i, every: (i + 1) % every == 0):
    """The right way; `put` writes the gradient somewhere, `ends` tells when a group ends."""
    total, rows, steps = np.zeros_like(model.d_flat), 0, 0
    for i, (X, y) in enumerate(batches):
        _gather(model, loss, X, y)
        total += len(y) * model.d_flat
        rows += len(y)
        if ends(i, every) or i + 1 == len(batches):
            (model.d_flat if put is None else put(model))[...] = total / rows
            optimizer.step()
            total[...], rows, steps = 0, 0, steps + 1
    return steps


@mistake("training_loop/accumulate", hint="The memory holds one batch")
def joins_the_batches(model, loss, optimizer, batches, every):
    groups = [batches[i : i + every] for i in range(0, len(batches), every)]
    for group in groups:
        _step(model, loss, optimizer, *(np.concatenate(part) for part in zip(*group, strict=True)))
    return len(groups)


@mistake("training_loop/accumulate", hint="is ordinary training")
def steps_after_every_batch(model, loss, optimizer, batches, every):
    return _accumulate(model, loss, optimizer, batches, 1) // every


@mistake("training_loop/accumulate", hint="expected [3, 6]")
def counts_from_zero(*arguments):
    return _accumulate(*arguments, ends=lambda i, every: i % every == 0)


@mistake("training_loop/accumulate", hint="model.flat holds the parameters, model.d_flat the gradient")
def writes_the_gradient_into_the_parameters(*arguments):
    return _accumulate(*arguments, put=lambda model: model.flat)


@mistake("training_loop/accumulate", hint="model.backward overwrites model.d_flat")
def expects_backward_to_add_up(*arguments):
    return _accumulate(*arguments, put=lambda model: np.zeros(model.size))


@mistake("training_loop/accumulate", hint="under whatever name")
def keeps_another_name(model, loss, optimizer, batches, every):
    total, rows, steps = model.d_flat, 0, 0
    for i, (X, y) in enumerate(batches, start=1):
        _gather(model, loss, X, y)
        total += len(y) * model.d_flat
        rows += len(y)
        if i % every == 0 or i == len(batches):
            model.d_flat[...] = total / rows
            optimizer.step()
            rows, steps = 0, steps + 1
    return steps


@alternative("training_loop/accumulate")
def with_a_scaled_slope(model, loss, optimizer, batches, every):
    starts = range(0, len(batches), every)
    for start in starts:
        group = batches[start : start + every]
        rows, parts = sum(len(y) for _, y in group), []
        for X, y in group:
            loss(model(X), y)
            model.backward(loss.backward() * len(y) / rows)
            parts.append(np.array(model.d_flat))
        np.sum(parts, axis=0, out=model.d_flat)
        optimizer.step()
    return len(starts)


@alternative("training_loop/accumulate")
def with_a_running_mean_in_float32(model, loss, optimizer, batches, every):
    mean, rows, steps = np.zeros(model.size, np.float32), 0, 0
    for i, (X, y) in enumerate(batches):
        _gather(model, loss, X, y)
        rows += len(y)
        mean += ((model.d_flat - mean) * len(y) / rows).astype(np.float32)
        if (i + 1) % every == 0 or i + 1 == len(batches):
            model.d_flat[:] = mean
            optimizer.step()
            mean[:], rows, steps = 0, 0, steps + 1
    return np.int64(steps)


# Task 4: gradient_noise ---------------------------------------------------------------------------------


@alternative("training_loop/gradient_noise")
def from_the_covariance_and_by_trying(gradients, batch_size):
    square = np.trace(np.atleast_2d(np.cov(gradients.T, ddof=0)))
    length, enough = np.sum(gradients.mean(0) ** 2) ** 0.5, 1
    while (square / enough) ** 0.5 > length:
        enough += 1
    return [length, (square / batch_size) ** 0.5, np.float32(enough)]
