"""Answers to exercise 09: the mistakes people make in a training loop, and right ones in another form."""

import copy
import pickle
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


# Task 4: early_stopping ---------------------------------------------------------------------------------


def _early(
    model, train_epoch, validation_loss, patience, max_epochs, better=lambda new, best, before: new < best
):
    """The right way, with another idea of what is better."""
    best, best_epoch, losses, kept = float("inf"), 0, [], None
    for epoch in range(1, max_epochs + 1):
        train_epoch()
        losses.append(validation_loss())
        if better(losses[-1], best, losses[-2] if epoch > 1 else float("inf")):
            best, best_epoch, kept = losses[-1], epoch, model.flat.copy()
        if epoch - best_epoch >= patience:
            break
    model.flat[...] = kept
    return best_epoch, losses


@mistake("training_loop/early_stopping", hint="Patience is off")
def waits_one_epoch_too_long(model, train_epoch, validation_loss, patience, max_epochs):
    return _early(model, train_epoch, validation_loss, patience + 1, max_epochs)


@mistake("training_loop/early_stopping", hint="Patience is off")
def stops_one_epoch_too_soon(model, train_epoch, validation_loss, patience, max_epochs):
    return _early(model, train_epoch, validation_loss, max(1, patience - 1), max_epochs)


@mistake("training_loop/early_stopping", hint="set the counter back to 0")
def never_resets_the_counter(model, train_epoch, validation_loss, patience, max_epochs):
    best, best_epoch, losses, waited = float("inf"), 0, [], 0
    for epoch in range(1, max_epochs + 1):
        train_epoch()
        losses.append(validation_loss())
        if losses[-1] < best:
            best, best_epoch, kept = losses[-1], epoch, model.flat.copy()
        else:
            waited += 1
        if waited == patience:
            break
    model.flat[...] = kept
    return best_epoch, losses


@mistake("training_loop/early_stopping", hint="compare with the best loss so far")
def compares_with_the_epoch_before(*arguments):
    return _early(*arguments, better=lambda new, best, before: new < before)


@mistake("training_loop/early_stopping", hint="it must be lower")
def takes_a_tie_for_better(*arguments):
    return _early(*arguments, better=lambda new, best, before: new <= best)


@mistake("training_loop/early_stopping", hint="A loss that is NaN is no improvement")
def takes_nan_for_better(*arguments):
    return _early(*arguments, better=lambda new, best, before: not new >= best)


@mistake("training_loop/early_stopping", hint="The first loss may be NaN")
def takes_the_first_loss_whatever_it_is(model, train_epoch, validation_loss, patience, max_epochs):
    best, best_epoch, losses, kept = None, 0, [], None
    for epoch in range(1, max_epochs + 1):
        train_epoch()
        losses.append(validation_loss())
        if best is None or losses[-1] < best:
            best, best_epoch, kept = losses[-1], epoch, model.flat.copy()
        elif epoch - best_epoch >= patience:
            break
    model.flat[...] = kept
    return best_epoch, losses


@mistake("training_loop/early_stopping", hint="Keep a copy of the weights whenever a new best comes")
def never_restores(model, train_epoch, validation_loss, patience, max_epochs):
    last = []

    def train_and_keep():
        train_epoch()
        last[:] = [model.flat.copy()]

    answer = _early(model, train_and_keep, validation_loss, patience, max_epochs)
    model.flat[...] = last[0]
    return answer


@mistake("training_loop/early_stopping", hint="another name for weights that go on moving")
def keeps_a_name_instead_of_a_copy(model, train_epoch, validation_loss, patience, max_epochs):
    best, best_epoch, losses = float("inf"), 0, []
    for epoch in range(1, max_epochs + 1):
        train_epoch()
        losses.append(validation_loss())
        if losses[-1] < best:
            best, best_epoch, kept = losses[-1], epoch, model.flat
        if epoch - best_epoch == patience:
            break
    model.flat[...] = kept
    return best_epoch, losses


@mistake("training_loop/early_stopping", hint="Write into it: model.flat[...]")
def names_the_kept_weights(model, train_epoch, validation_loss, patience, max_epochs):
    best, best_epoch, losses = float("inf"), 0, []
    for epoch in range(1, max_epochs + 1):
        train_epoch()
        losses.append(validation_loss())
        if losses[-1] < best:
            best, best_epoch, kept = losses[-1], epoch, model.flat.copy()
        if epoch - best_epoch == patience:
            break
    model.flat = kept
    return best_epoch, losses


@mistake("training_loop/early_stopping", hint="restore after the loop")
def restores_only_when_patience_runs_out(model, train_epoch, validation_loss, patience, max_epochs):
    best, best_epoch, losses = float("inf"), 0, []
    for epoch in range(1, max_epochs + 1):
        train_epoch()
        losses.append(validation_loss())
        if losses[-1] < best:
            best, best_epoch, kept = losses[-1], epoch, model.flat.copy()
        if epoch - best_epoch == patience:
            model.flat[...] = kept
            break
    return best_epoch, losses


@mistake("training_loop/early_stopping", hint="epochs count from 1")
def counts_epochs_from_zero(*arguments):
    best_epoch, losses = _early(*arguments)
    return best_epoch - 1, losses


@mistake("training_loop/early_stopping", hint="epochs count from 1")
def returns_the_last_epoch(*arguments):
    losses = _early(*arguments)[1]
    return len(losses), losses


@mistake("training_loop/early_stopping", hint="is the most that may be run")
def knows_no_maximum(model, train_epoch, validation_loss, patience, max_epochs):
    return _early(model, train_epoch, validation_loss, patience, 1000)


@mistake("training_loop/early_stopping", hint="not one earlier")
def ends_before_the_maximum(model, train_epoch, validation_loss, patience, max_epochs):
    return _early(model, train_epoch, validation_loss, patience, max_epochs - 1)


@mistake("training_loop/early_stopping", hint="the validation loss of every epoch that was run")
def lists_the_best_losses_only(*arguments):
    best_epoch, losses = _early(*arguments)
    return best_epoch, losses[:best_epoch]


@mistake("training_loop/early_stopping", hint="Return two things")
def returns_the_best_epoch_only(*arguments):
    return _early(*arguments)[0]


@alternative("training_loop/early_stopping")
def with_a_counter_and_a_list_of_weights(model, train_epoch, validation_loss, patience, max_epochs):
    weights, losses, waited = [], [], 0
    while len(losses) < max_epochs and waited < patience:
        train_epoch()
        new, best = validation_loss(), np.nanmin([np.inf, *losses])
        losses.append(new)
        weights.append(model.flat.copy())
        waited = 0 if new < best else waited + 1
    best_epoch = int(np.nanargmin(losses)) + 1
    np.copyto(model.flat, weights[best_epoch - 1])
    return [best_epoch, np.array(losses)]


@alternative("training_loop/early_stopping")
def with_parameters_by_name_and_a_loss_before(model, train_epoch, validation_loss, patience, max_epochs):
    validation_loss()  # of the untrained model; it plays no part
    best, losses = (float("inf"), 0, {}), []
    for epoch in range(max_epochs):
        train_epoch()
        loss = validation_loss()
        losses += [loss]
        if loss < best[0]:
            best = loss, epoch + 1, copy.deepcopy(model.parameters())
        elif epoch + 1 >= best[1] + patience:
            break
    for name, array in model.parameters().items():
        array[...] = best[2][name]
    return best[1], losses


# Task 5: resume -----------------------------------------------------------------------------------------


class _Checkpoint:
    """A right checkpoint; the answers below change one thing each."""

    def __init__(self, model, optimizer, rng):
        self.weights = model.flat.copy()
        self.running = {name: array.copy() for name, array in model.state().items()}
        self.memory = optimizer.state()
        self.chance = rng.bit_generator.state

    def restore(self, model, optimizer, rng):
        model.flat[...] = self.weights
        for name, array in model.state().items():
            array[...] = self.running[name]
        optimizer.load_state(self.memory)
        rng.bit_generator.state = self.chance


class _WithoutRestoring:
    """An optimizer or generator whose memory is not restored."""

    def load_state(self, state):
        pass

    bit_generator = type("Nothing", (), {"state": None})


@mistake("training_loop/resume", hint="without them the next steps differ")
class ForgetsTheMomentum(_Checkpoint):
    def restore(self, model, optimizer, rng):
        super().restore(model, _WithoutRestoring(), rng)


@mistake("training_loop/resume", hint="The order of the next epochs comes from rng")
class ForgetsTheGenerator(_Checkpoint):
    def restore(self, model, optimizer, rng):
        super().restore(model, optimizer, _WithoutRestoring())


@mistake("training_loop/resume", hint="`rng = …` changes nothing outside")
class AssignsTheNameOfTheGenerator(_Checkpoint):
    def __init__(self, model, optimizer, rng):
        super().__init__(model, optimizer, rng)
        self.rng = copy.deepcopy(rng)

    def restore(self, model, optimizer, rng):
        super().restore(model, optimizer, _WithoutRestoring())
        rng = copy.deepcopy(self.rng)  # noqa: F841


@mistake("training_loop/resume", hint="Assigning to the name `model` changes nothing")
class AssignsTheNameOfTheModel(_Checkpoint):
    def __init__(self, model, optimizer, rng):
        super().__init__(model, optimizer, rng)
        self.model = copy.deepcopy(model)

    def restore(self, model, optimizer, rng):
        optimizer.load_state(self.memory)
        rng.bit_generator.state = self.chance
        model = copy.deepcopy(self.model)  # noqa: F841


@mistake("training_loop/resume", hint="Batch norm learns means and variances without a gradient")
class ForgetsTheRunningMeans(_Checkpoint):
    def restore(self, model, optimizer, rng):
        model.flat[...] = self.weights
        optimizer.load_state(self.memory)
        rng.bit_generator.state = self.chance


@mistake("training_loop/resume", hint="A checkpoint is a copy")
class KeepsTheWeightsThemselves(_Checkpoint):
    def __init__(self, model, optimizer, rng):
        super().__init__(model, optimizer, rng)
        self.weights = model.flat


@mistake("training_loop/resume", hint="A checkpoint is a copy")
class KeepsTheRunningMeansThemselves(_Checkpoint):
    def __init__(self, model, optimizer, rng):
        super().__init__(model, optimizer, rng)
        self.running = model.state()


@mistake("training_loop/resume", hint="A checkpoint is a copy")
class KeepsTheOptimizerItself(_Checkpoint):
    def __init__(self, model, optimizer, rng):
        super().__init__(model, optimizer, rng)
        self.optimizer = optimizer

    def restore(self, model, optimizer, rng):
        self.memory = self.optimizer.state()
        super().restore(model, optimizer, rng)


@mistake("training_loop/resume", hint="Write into it: model.flat[...]")
class NamesTheKeptWeights(_Checkpoint):
    def restore(self, model, optimizer, rng):
        super().restore(model, optimizer, rng)
        model.layers[0].W = 0
        model.flat = self.weights


@mistake("training_loop/resume", hint="Write into it: model.flat[...]")
class NamesACopyOfTheKeptWeights(_Checkpoint):
    def restore(self, model, optimizer, rng):
        model.flat = self.weights.copy()
        optimizer.load_state(self.memory)
        rng.bit_generator.state = self.chance


@mistake("training_loop/resume", hint="__init__ only looks and copies")
class DrawsFromTheGenerator(_Checkpoint):
    def __init__(self, model, optimizer, rng):
        self.seed = int(rng.integers(1 << 30))
        super().__init__(model, optimizer, rng)


@mistake("training_loop/resume", hint="The order of the next epochs comes from rng")
class RemembersASeed(_Checkpoint):
    def restore(self, model, optimizer, rng):
        super().restore(model, optimizer, rng)
        rng.bit_generator.state = np.random.default_rng(0).bit_generator.state


@mistake("training_loop/resume", hint="its restore(model, optimizer, rng)")
class RestoresWithoutArguments(_Checkpoint):
    def restore(self):
        pass


@mistake("training_loop/resume", hint="Keep what the checkpoint needs in self")
class KeepsNothing:
    def __init__(self, model, optimizer, rng):
        weights = model.flat.copy()  # noqa: F841

    def restore(self, model, optimizer, rng):
        model.flat[...] = self.weights


@mistake("training_loop/resume", hint="restore hands out copies too")
class IsUsedUpByTheFirstRestore(_Checkpoint):
    def restore(self, model, optimizer, rng):
        super().restore(model, optimizer, rng)
        self.memory = {name: np.zeros_like(part) for name, part in self.memory.items()}


@alternative("training_loop/resume")
class AsBytes:
    def __init__(self, model, optimizer, rng):
        parts = model.flat, model.state(), optimizer.state(), rng.bit_generator.state
        self.bytes = pickle.dumps(parts)

    def restore(self, model, optimizer, rng):
        weights, running, memory, rng.bit_generator.state = pickle.loads(self.bytes)
        np.copyto(model.flat, weights)
        for name, array in model.state().items():
            np.copyto(array, running[name])
        optimizer.load_state(memory)


@alternative("training_loop/resume")
class AsCopiesOfTheObjects:
    def __init__(self, *objects):
        self.model, self.optimizer, self.rng = copy.deepcopy(objects)

    def restore(self, model, optimizer, rng):
        for name, array in model.parameters().items():
            array[...] = self.model.parameters()[name]
        for layer, kept in zip(model.leaves(), self.model.leaves(), strict=True):
            for name in layer.state_names:
                setattr(layer, name, getattr(kept, name).copy())
        optimizer.load_state(self.optimizer.state())
        rng.bit_generator.state = self.rng.bit_generator.state


# Task 6: tune_in_a_budget -------------------------------------------------------------------------------

SIZES = [8, 16, 32, 64]


def _accuracy(model, X, y):
    return np.mean(model.forward(X).argmax(axis=1) == y)


def _draw(rng):
    return 10 ** rng.uniform(-3, 0), rng.choice(SIZES)


def _trial(build, parts, num_epochs, rng, setting, part="validation", train="train"):
    lr, batch_size = setting
    model, loss, optimizer = build(lr)
    _train(model, loss, optimizer, *parts[train], batch_size, num_epochs, rng)
    return _accuracy(model, *parts[part]), lr, batch_size, model


def _search(build, parts, num_epochs, budget, rng, draw=_draw, **options):
    """All trials of a search with other settings."""
    number = budget // num_epochs
    return [_trial(build, parts, num_epochs, rng, draw(rng), **options) for _ in range(number)]


def _finish(trials, parts, choose=np.argmax):
    """The answer, from the trial with the highest score."""
    _, lr, batch_size, model = trials[choose([trial[0] for trial in trials])]
    return lr, batch_size, _accuracy(model, *parts["test"])


@mistake("training_loop/tune_in_a_budget", hint="Choose by the validation rows")
def tunes_on_the_test_rows(build, parts, num_epochs, budget, rng):
    return _finish(_search(build, parts, num_epochs, budget, rng, part="test"), parts)


@mistake("training_loop/tune_in_a_budget", hint="Choose by the validation rows")
def tests_every_trial(build, parts, num_epochs, budget, rng):
    trials = _search(build, parts, num_epochs, budget, rng)
    tests = [_accuracy(model, *parts["test"]) for *_, model in trials]
    best = int(np.argmax([score for score, *_ in trials]))
    return trials[best][1], trials[best][2], tests[best]


@mistake("training_loop/tune_in_a_budget", hint="not every trial was scored on all validation rows")
def chooses_by_the_training_rows(build, parts, num_epochs, budget, rng):
    return _finish(_search(build, parts, num_epochs, budget, rng, part="train"), parts)


@mistake("training_loop/tune_in_a_budget", hint="keep its network instead of training again")
def trains_the_winner_again(build, parts, num_epochs, budget, rng):
    trials = _search(build, parts, num_epochs, budget, rng)
    _, lr, batch_size, _ = max(trials, key=lambda trial: trial[0])
    model = _trial(build, parts, num_epochs, rng, (lr, batch_size))[-1]
    return lr, batch_size, _accuracy(model, *parts["test"])


@mistake("training_loop/tune_in_a_budget", hint="Every epoch of every network counts")
def takes_the_budget_for_trials(build, parts, num_epochs, budget, rng):
    return _finish(_search(build, parts, num_epochs, budget * num_epochs, rng), parts)


@mistake("training_loop/tune_in_a_budget", hint="Use the whole budget")
def makes_ten_trials(build, parts, num_epochs, budget, rng):
    return _finish(_search(build, parts, num_epochs, 10 * num_epochs, rng), parts)


@mistake("training_loop/tune_in_a_budget", hint="draw the exponent")
def draws_the_rate_uniformly(build, parts, num_epochs, budget, rng):
    draw = lambda rng: (rng.uniform(0.001, 1), rng.choice(SIZES))  # noqa: E731
    return _finish(_search(build, parts, num_epochs, budget, rng, draw), parts)


@mistake("training_loop/tune_in_a_budget", hint="draw the exponent")
def takes_e_for_ten(build, parts, num_epochs, budget, rng):
    draw = lambda rng: (np.exp(rng.uniform(-3, 0)), rng.choice(SIZES))  # noqa: E731
    return _finish(_search(build, parts, num_epochs, budget, rng, draw), parts)


@mistake("training_loop/tune_in_a_budget", hint="A grid repeats a few")
def tries_a_grid(build, parts, num_epochs, budget, rng):
    grid = iter([(lr, size) for lr in np.logspace(-3, 0, 12) for size in SIZES])
    return _finish(_search(build, parts, num_epochs, budget, rng, lambda rng: next(grid)), parts)


@mistake("training_loop/tune_in_a_budget", hint="Each trial draws its batch size too")
def keeps_one_batch_size(build, parts, num_epochs, budget, rng):
    draw = lambda rng: (10 ** rng.uniform(-3, 0), 32)  # noqa: E731
    return _finish(_search(build, parts, num_epochs, budget, rng, draw), parts)


@mistake("training_loop/tune_in_a_budget", hint="Each trial draws its batch size too")
def leaves_a_batch_size_out(build, parts, num_epochs, budget, rng):
    def draw(rng):
        return 10 ** rng.uniform(-3, 0), 2 ** rng.integers(3, 6)

    return _finish(_search(build, parts, num_epochs, budget, rng, draw), parts)


@mistake("training_loop/tune_in_a_budget", hint="for the shuffling neither")
def shuffles_with_its_own_generator(build, parts, num_epochs, budget, rng):
    trials = [
        _trial(build, parts, num_epochs, np.random.default_rng(0), _draw(rng))
        for _ in range(budget // num_epochs)
    ]
    return _finish(trials, parts)


@mistake("training_loop/tune_in_a_budget", hint="Learning rates lie between 0.001 and 1")
def turns_the_sign_round(build, parts, num_epochs, budget, rng):
    draw = lambda rng: (10 ** rng.uniform(0, 1), rng.choice(SIZES))  # noqa: E731
    return _finish(_search(build, parts, num_epochs, budget, rng, draw), parts)


@mistake("training_loop/tune_in_a_budget", hint="call build(lr) in the loop")
def builds_one_network(build, parts, num_epochs, budget, rng):
    model, loss, optimizer = build(0.1)
    best = -1
    for _ in range(budget // num_epochs):
        optimizer.lr, batch_size = _draw(rng)
        _train(model, loss, optimizer, *parts["train"], batch_size, num_epochs, rng)
        score = _accuracy(model, *parts["validation"])
        if score > best:
            best, lr, size = score, optimizer.lr, batch_size
    return lr, size, _accuracy(model, *parts["test"])


@mistake("training_loop/tune_in_a_budget", hint="Train on parts['train'] only")
def trains_on_the_validation_rows(build, parts, num_epochs, budget, rng):
    both = tuple(np.concatenate(pair) for pair in zip(parts["train"], parts["validation"], strict=True))
    trials = _search(build, {**parts, "both": both}, num_epochs, budget, rng, train="both")
    return _finish(trials, parts)


@mistake("training_loop/tune_in_a_budget", hint="Equal chances")
def trains_one_epoch_less(build, parts, num_epochs, budget, rng):
    trials = [
        _trial(build, parts, max(1, num_epochs - 1), rng, _draw(rng)) for _ in range(budget // num_epochs)
    ]
    return _finish(trials, parts)


@mistake("training_loop/tune_in_a_budget", hint="Choose the trial with the highest accuracy")
def chooses_the_lowest(build, parts, num_epochs, budget, rng):
    return _finish(_search(build, parts, num_epochs, budget, rng), parts, choose=np.argmin)


@mistake("training_loop/tune_in_a_budget", hint="`model` is that of the last trial")
def tests_the_last_network(build, parts, num_epochs, budget, rng):
    trials = _search(build, parts, num_epochs, budget, rng)
    _, lr, batch_size, _ = max(trials[:-1], key=lambda trial: trial[0])
    return lr, batch_size, _accuracy(trials[-1][-1], *parts["test"])


@mistake("training_loop/tune_in_a_budget", hint="so it flatters")
def returns_the_validation_score(build, parts, num_epochs, budget, rng):
    trials = _search(build, parts, num_epochs, budget, rng)
    score, lr, batch_size, model = max(trials, key=lambda trial: trial[0])
    _accuracy(model, *parts["test"])
    return lr, batch_size, score


@mistake("training_loop/tune_in_a_budget", hint="not its exponent or the number of the trial")
def returns_the_exponent(build, parts, num_epochs, budget, rng):
    lr, *rest = _finish(_search(build, parts, num_epochs, budget, rng), parts)
    return np.log10(lr), *rest


@mistake("training_loop/tune_in_a_budget", hint="All chance comes from `rng`")
def seeds_the_search(build, parts, num_epochs, budget, rng):
    return _finish(_search(build, parts, num_epochs, budget, np.random.default_rng(0)), parts)


@alternative("training_loop/tune_in_a_budget")
def draws_all_settings_first(build, parts, num_epochs, budget, rng):
    number = budget // num_epochs
    rates = np.exp(rng.uniform(np.log(0.001), np.log(1), size=number)).tolist()
    settings = zip(rates, rng.choice(SIZES, size=number).tolist(), strict=True)
    trials = [_trial(build, parts, num_epochs, rng, setting) for setting in settings]
    return list(_finish(trials, parts))


@alternative("training_loop/tune_in_a_budget")
def answers_with_an_array(build, parts, num_epochs, budget, rng):
    return np.array(_finish(_search(build, parts, num_epochs, budget, rng), parts))


@alternative("training_loop/tune_in_a_budget")
def scores_in_pieces(build, parts, num_epochs, budget, rng):
    def right(model, part):
        rows = zip(parts[part][0], parts[part][1], strict=True)
        return sum(int(model.forward(x[None]).argmax() == label) for x, label in rows) / len(parts[part][1])

    best = None
    while budget >= num_epochs:
        budget -= num_epochs
        lr, size = rng.uniform(-3, 0), 2 ** rng.integers(3, 7)
        model, loss, optimizer = build(10**lr)
        _train(model, loss, optimizer, *parts["train"], size, num_epochs, rng)
        score = _accuracy(model, *parts["validation"])
        if best is None or score >= best[0]:
            best = score, 10**lr, int(size), model
    return best[1], best[2], right(best[3], "test")
