"""Answers to exercise 09: the mistakes people make in a training loop, and right ones in another form."""

import copy
import random

import numpy as np

from helpers.training import fit
from tests.mistakes import alternative, mistake

# Task 1: mini_batches -----------------------------------------------------------------------------------


def _batches(n_samples, batch_size, rng):
    """The right batches."""
    order = rng.permutation(n_samples)
    return [order[start : start + batch_size] for start in range(0, n_samples, batch_size)]


def _refuse(batch_size):
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")


@mistake("training_loop/mini_batches", hint="Keep the last batch although it is smaller")
def drops_the_last_batch(n_samples, batch_size, rng):
    _refuse(batch_size)
    order = rng.permutation(n_samples)
    return [order[i * batch_size : (i + 1) * batch_size] for i in range(n_samples // batch_size)]


@mistake("training_loop/mini_batches", hint="Shuffle all the rows before you cut")
def forgets_to_shuffle(n_samples, batch_size, rng):
    _refuse(batch_size)
    return [np.arange(n_samples)[i : i + batch_size] for i in range(0, n_samples, batch_size)]


@mistake("training_loop/mini_batches", hint="Shuffle all the rows before you cut")
def shuffles_the_batches_only(n_samples, batch_size, rng):
    _refuse(batch_size)
    starts = range(0, n_samples, batch_size)
    batches = [np.arange(i, min(i + batch_size, n_samples)) for i in starts]
    full = rng.permutation(len(batches) - 1)
    return [*(rng.permutation(batches[i]) for i in full), batches[-1]]


@mistake("training_loop/mini_batches", hint="draw one order of all rows, without replacement")
def draws_every_batch_anew(n_samples, batch_size, rng):
    _refuse(batch_size)
    sizes = [len(batch) for batch in _batches(n_samples, batch_size, rng)]
    return [rng.choice(n_samples, size=size, replace=False) for size in sizes]


@mistake("training_loop/mini_batches", hint="draw one order of all rows, without replacement")
def fills_the_last_batch_up(n_samples, batch_size, rng):
    _refuse(batch_size)
    order = rng.permutation(n_samples)
    order = np.concatenate([order, order[: -n_samples % batch_size]])
    return list(order.reshape(-1, min(batch_size, len(order))))


@mistake("training_loop/mini_batches", hint="batch_size is not the number of batches")
def takes_it_for_the_number_of_batches(n_samples, batch_size, rng):
    _refuse(batch_size)
    return np.array_split(rng.permutation(n_samples), batch_size)


@mistake("training_loop/mini_batches", hint="makes all batches nearly equal")
def evens_the_batches_out(n_samples, batch_size, rng):
    _refuse(batch_size)
    return np.array_split(rng.permutation(n_samples), -(-n_samples // batch_size))


@mistake("training_loop/mini_batches", hint="keep a hidden state")
def uses_the_global_generator(n_samples, batch_size, rng):
    _refuse(batch_size)
    order = np.random.permutation(n_samples)  # noqa: NPY002
    return [order[i : i + batch_size] for i in range(0, n_samples, batch_size)]


@mistake("training_loop/mini_batches", hint="make no generator of your own")
def makes_its_own_generator(n_samples, batch_size, rng):
    _refuse(batch_size)
    return _batches(n_samples, batch_size, np.random.default_rng(0))


@mistake("training_loop/mini_batches", hint="each epoch has its own order")
def draws_from_a_copy(n_samples, batch_size, rng):
    _refuse(batch_size)
    return _batches(n_samples, batch_size, copy.deepcopy(rng))


@mistake("training_loop/mini_batches", hint="a batch has at least one row")
def accepts_no_rows(n_samples, batch_size, rng):
    return _batches(n_samples, max(1, batch_size), rng)


@mistake("training_loop/mini_batches", hint="Row numbers begin with 0")
def counts_rows_from_one(n_samples, batch_size, rng):
    _refuse(batch_size)
    return [batch + 1 for batch in _batches(n_samples, batch_size, rng)]


@mistake("training_loop/mini_batches", hint="a batch has at least one row")
def leaves_the_refusal_to_range(n_samples, batch_size, rng):
    return _batches(n_samples, batch_size, rng)


@mistake("training_loop/mini_batches", hint="Run your function on the input above")
def refuses_one_row(n_samples, batch_size, rng):
    if batch_size <= 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    return _batches(n_samples, batch_size, rng)


@mistake("training_loop/mini_batches", hint="Shuffle all the rows before you cut")
def begins_anywhere_in_the_file(n_samples, batch_size, rng):
    _refuse(batch_size)
    order = np.roll(np.arange(n_samples), rng.integers(n_samples))
    return [order[i : i + batch_size] for i in range(0, n_samples, batch_size)]


@alternative("training_loop/mini_batches")
def as_a_generator_function(n_samples, batch_size, rng):
    _refuse(batch_size)
    left = np.argsort(rng.random(n_samples))
    while len(left):
        yield left[:batch_size]
        left = left[batch_size:]


@alternative("training_loop/mini_batches")
def with_lists_and_split(n_samples, batch_size, rng):
    if not batch_size > 0:
        raise ValueError("an empty batch")
    rows = list(range(n_samples))
    random.Random(int(rng.integers(1 << 60))).shuffle(rows)
    return tuple(part.tolist() for part in np.split(rows, range(batch_size, n_samples, batch_size)))


# Task 2: train ------------------------------------------------------------------------------------------


def _step(model, loss, optimizer, X, y):
    value = loss.forward(model.forward(X), y)
    model.backward(loss.backward())
    optimizer.step()
    return value


def _train(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    """The right loop."""
    losses = []
    for _ in range(num_epochs):
        batches = _batches(len(X), batch_size, rng)
        losses.append(sum(len(r) * _step(model, loss, optimizer, X[r], y[r]) for r in batches) / len(X))
    return losses


@mistake("training_loop/train", hint="optimizer.step() moves the parameters")
def forgets_the_step(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    losses = []
    for _ in range(num_epochs):
        total = 0
        for r in _batches(len(X), batch_size, rng):
            total += len(r) * loss.forward(model.forward(X[r]), y[r])
            model.backward(loss.backward())
        losses.append(total / len(X))
    return losses


@mistake("training_loop/train", hint="one for each batch, not one for each epoch")
def steps_once_an_epoch(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    losses = []
    for _ in range(num_epochs):
        total = 0
        for r in _batches(len(X), batch_size, rng):
            total += len(r) * loss.forward(model.forward(X[r]), y[r])
            model.backward(loss.backward())
        optimizer.step()
        losses.append(total / len(X))
    return losses


@mistake("training_loop/train", hint="one for each batch, not one for each epoch")
def trains_on_everything_at_once(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    return [_step(model, loss, optimizer, X, y) for _ in range(num_epochs)]


@mistake("training_loop/train", hint="The order for each batch")
def steps_before_backward(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    losses = []
    for _ in range(num_epochs):
        total = 0
        for r in _batches(len(X), batch_size, rng):
            total += len(r) * loss.forward(model.forward(X[r]), y[r])
            optimizer.step()
            model.backward(loss.backward())
        losses.append(total / len(X))
    return losses


@mistake("training_loop/train", hint="inside the loop over the epochs")
def cuts_the_batches_once(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    batches, losses = _batches(len(X), batch_size, rng), []
    for _ in range(num_epochs):
        losses.append(sum(len(r) * _step(model, loss, optimizer, X[r], y[r]) for r in batches) / len(X))
    return losses


@mistake("training_loop/train", hint="Shuffle in every epoch")
def never_shuffles(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    losses = []
    for _ in range(num_epochs):
        total = 0
        for i in range(0, len(X), batch_size):
            r = slice(i, i + batch_size)
            total += len(X[r]) * _step(model, loss, optimizer, X[r], y[r])
        losses.append(total / len(X))
    return losses


@mistake("training_loop/train", hint="cut by the same row numbers")
def shuffles_X_without_y(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    losses = []
    for _ in range(num_epochs):
        total, mixed = 0, X[rng.permutation(len(X))]
        for i in range(0, len(X), batch_size):
            r = slice(i, i + batch_size)
            total += len(y[r]) * _step(model, loss, optimizer, mixed[r], y[r])
        losses.append(total / len(X))
    return losses


@mistake("training_loop/train", hint="the last, smaller one too")
def leaves_the_last_batch_out(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    losses = []
    for _ in range(num_epochs):
        batches = _batches(len(X), batch_size, rng)
        batches = [r for r in batches if len(r) == batch_size] or batches
        losses.append(sum(len(r) * _step(model, loss, optimizer, X[r], y[r]) for r in batches) / len(X))
    return losses


@mistake("training_loop/train", hint="Weigh each batch by its number of rows")
def averages_the_batches(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    losses = []
    for _ in range(num_epochs):
        batches = _batches(len(X), batch_size, rng)
        losses.append(np.mean([_step(model, loss, optimizer, X[r], y[r]) for r in batches]))
    return losses


@mistake("training_loop/train", hint="add up over the batches")
def keeps_the_last_loss(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    losses = []
    for _ in range(num_epochs):
        for r in _batches(len(X), batch_size, rng):
            value = _step(model, loss, optimizer, X[r], y[r])
        losses.append(value)
    return losses


@mistake("training_loop/train", hint="gives the mean over a batch")
def adds_the_batches_up(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    losses = []
    for _ in range(num_epochs):
        batches = _batches(len(X), batch_size, rng)
        losses.append(sum(_step(model, loss, optimizer, X[r], y[r]) for r in batches))
    return losses


@mistake("training_loop/train", hint="Divide the sum over the rows by len(X)")
def forgets_to_divide(*arguments):
    return [len(arguments[3]) * value for value in _train(*arguments)]


@mistake("training_loop/train", hint="One number for each epoch")
def one_loss_for_each_step(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    losses = []
    for _ in range(num_epochs):
        for r in _batches(len(X), batch_size, rng):
            losses.append(_step(model, loss, optimizer, X[r], y[r]))
    return losses


@mistake("training_loop/train", hint="no further pass over the data")
def measures_after_the_epoch(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    losses = []
    for _ in range(num_epochs):
        for r in _batches(len(X), batch_size, rng):
            _step(model, loss, optimizer, X[r], y[r])
        losses.append(loss.forward(model.forward(X), y))
    return losses


@mistake("training_loop/train", hint="There is no zero_grad")
def writes_another_library(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    for _ in range(num_epochs):
        for r in _batches(len(X), batch_size, rng):
            optimizer.zero_grad()
            _step(model, loss, optimizer, X[r], y[r])
    return [0.0] * num_epochs


@mistake("training_loop/train", hint="Only optimizer.step() moves the parameters")
def moves_the_parameters_twice(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    losses = []
    for _ in range(num_epochs):
        total = 0
        for r in _batches(len(X), batch_size, rng):
            total += len(r) * _step(model, loss, optimizer, X[r], y[r])
            model.flat -= optimizer.lr * model.d_flat
        losses.append(total / len(X))
    return losses


@mistake("training_loop/train", hint="make none of your own")
def seeds_inside(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    return _train(model, loss, optimizer, X, y, batch_size, num_epochs, np.random.default_rng(0))


@alternative("training_loop/train")
def with_the_library(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    options = {"batch_size": batch_size, "num_epochs": num_epochs, "rng": rng, "progress": False}
    values = iter(fit(model, loss, optimizer, X, y, **options).losses)
    starts = range(0, len(X), batch_size)
    return [
        np.average([next(values) for _ in starts], weights=[min(batch_size, len(X) - i) for i in starts])
        for _ in range(num_epochs)
    ]


@alternative("training_loop/train")
def with_calls_and_a_measured_sum(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    losses = np.zeros(num_epochs)
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


def _gather(model, loss, X, y):
    loss.forward(model.forward(X), y)
    model.backward(loss.backward())
    return model.d_flat


@mistake("training_loop/accumulate", hint="Imagine that the memory holds one batch")
def joins_the_batches(model, loss, optimizer, batches, every):
    groups = [batches[i : i + every] for i in range(0, len(batches), every)]
    for group in groups:
        _step(model, loss, optimizer, *(np.concatenate(part) for part in zip(*group, strict=True)))
    return len(groups)


@mistake("training_loop/accumulate", hint="is ordinary training")
def steps_after_every_batch(model, loss, optimizer, batches, every):
    for X, y in batches:
        _step(model, loss, optimizer, X, y)
    return -(-len(batches) // every)


@mistake("training_loop/accumulate", hint="model.backward overwrites model.d_flat")
def expects_backward_to_add_up(model, loss, optimizer, batches, every):
    steps = 0
    for i, (X, y) in enumerate(batches, start=1):
        _gather(model, loss, X, y)
        if i % every == 0 or i == len(batches):
            optimizer.step()
            steps += 1
    return steps


@mistake("training_loop/accumulate", hint="Weigh it by its number of rows and divide the sum")
def adds_the_means(model, loss, optimizer, batches, every):
    total, steps = 0, 0
    for i, (X, y) in enumerate(batches, start=1):
        total = total + _gather(model, loss, X, y)
        if i % every == 0 or i == len(batches):
            model.d_flat[...] = total
            optimizer.step()
            total, steps = 0, steps + 1
    return steps


@mistake("training_loop/accumulate", hint="Divide the sum by the number of rows in the group")
def adds_the_rows(model, loss, optimizer, batches, every):
    total, steps = 0, 0
    for i, (X, y) in enumerate(batches, start=1):
        total = total + len(y) * _gather(model, loss, X, y)
        if i % every == 0 or i == len(batches):
            model.d_flat[...] = total
            optimizer.step()
            total, steps = 0, steps + 1
    return steps


@mistake("training_loop/accumulate", hint="weigh each gradient by its number of rows")
def averages_the_means(model, loss, optimizer, batches, every):
    gradients, steps = [], 0
    for i, (X, y) in enumerate(batches, start=1):
        gradients.append(_gather(model, loss, X, y).copy())
        if i % every == 0 or i == len(batches):
            model.d_flat[...] = np.mean(gradients, axis=0)
            optimizer.step()
            gradients, steps = [], steps + 1
    return steps


@mistake("training_loop/accumulate", hint="The last group may have fewer batches")
def divides_by_every(model, loss, optimizer, batches, every):
    total, rows, steps = 0, 0, 0
    for i, (X, y) in enumerate(batches, start=1):
        total, rows = total + len(y) * _gather(model, loss, X, y), rows + len(y)
        if i % every == 0 or i == len(batches):
            full = i % every == 0
            model.d_flat[...] = total / (rows if full else every * len(batches[0][1]))
            optimizer.step()
            total, rows, steps = 0, 0, steps + 1
    return steps


@mistake("training_loop/accumulate", hint="the next group begins from zero")
def never_resets(model, loss, optimizer, batches, every):
    total, rows, steps = 0, 0, 0
    for i, (X, y) in enumerate(batches, start=1):
        total, rows = total + len(y) * _gather(model, loss, X, y), rows + len(y)
        if i % every == 0 or i == len(batches):
            model.d_flat[...] = total / rows
            optimizer.step()
            steps += 1
    return steps


@mistake("training_loop/accumulate", hint="the next group begins from zero")
def resets_the_sum_but_not_the_rows(model, loss, optimizer, batches, every):
    total, rows, steps = 0, 0, 0
    for i, (X, y) in enumerate(batches, start=1):
        total, rows = total + len(y) * _gather(model, loss, X, y), rows + len(y)
        if i % every == 0 or i == len(batches):
            model.d_flat[...] = total / rows
            optimizer.step()
            total, steps = 0, steps + 1
    return steps


@mistake("training_loop/accumulate", hint="a group that is not complete takes its step too")
def forgets_what_is_left(model, loss, optimizer, batches, every):
    total, rows, steps = 0, 0, 0
    for i, (X, y) in enumerate(batches, start=1):
        total, rows = total + len(y) * _gather(model, loss, X, y), rows + len(y)
        if i % every == 0:
            model.d_flat[...] = total / rows
            optimizer.step()
            total, rows, steps = 0, 0, steps + 1
    return steps


@mistake("training_loop/accumulate", hint="Count the batches from 1")
def counts_from_zero(model, loss, optimizer, batches, every):
    total, rows, steps = 0, 0, 0
    for i, (X, y) in enumerate(batches):
        total, rows = total + len(y) * _gather(model, loss, X, y), rows + len(y)
        if i % every == 0 or i == len(batches) - 1:
            model.d_flat[...] = total / rows
            optimizer.step()
            total, rows, steps = 0, 0, steps + 1
    return steps


@mistake("training_loop/accumulate", hint="Write into it: model.d_flat[...]")
def names_another_array(model, loss, optimizer, batches, every):
    total, rows, steps = 0, 0, 0
    for i, (X, y) in enumerate(batches, start=1):
        total, rows = total + len(y) * _gather(model, loss, X, y), rows + len(y)
        if i % every == 0 or i == len(batches):
            model.d_flat = total / rows
            optimizer.step()
            total, rows, steps = 0, 0, steps + 1
    return steps


@mistake("training_loop/accumulate", hint="not another name for model.d_flat")
def keeps_another_name(model, loss, optimizer, batches, every):
    total, rows, steps = model.d_flat, 0, 0
    for i, (X, y) in enumerate(batches, start=1):
        total += len(y) * _gather(model, loss, X, y)
        rows += len(y)
        if i % every == 0 or i == len(batches):
            model.d_flat[...] = total / rows
            optimizer.step()
            rows, steps = 0, steps + 1
    return steps


@mistake("training_loop/accumulate", hint="Return how many steps were taken")
def counts_batches(model, loss, optimizer, batches, every):
    with_a_scaled_slope(model, loss, optimizer, batches, every)
    return len(batches) + 1


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
def with_gradients_by_name(model, loss, optimizer, batches, every):
    waiting, steps = [], 0
    while batches:
        (X, y), batches = batches[0], batches[1:]
        _gather(model, loss, X, y)
        waiting.append((len(y), {name: array.copy() for name, array in model.gradients().items()}))
        if len(waiting) < every and batches:
            continue
        rows = sum(n for n, _ in waiting)
        for name, array in model.gradients().items():
            array[...] = sum(n / rows * kept[name] for n, kept in waiting)
        optimizer.step()
        waiting, steps = [], steps + 1
    return np.int64(steps)


@alternative("training_loop/accumulate")
def with_a_running_mean(model, loss, optimizer, batches, every):
    mean, rows, steps = np.zeros(model.size), 0, 0
    for i, (X, y) in enumerate(batches):
        _gather(model, loss, X, y)
        rows += len(y)
        mean += (model.d_flat - mean) * len(y) / rows
        if (i + 1) % every == 0 or i + 1 == len(batches):
            model.d_flat[:] = mean
            optimizer.step()
            mean, rows, steps = np.zeros(model.size), 0, steps + 1
    return steps
