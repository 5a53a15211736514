"""Answers to exercise 10: mistakes that no slip says, and right answers in another form."""

import copy
import pickle

import numpy as np

from tests.mistakes import alternative, mistake

# Task 1: cosine_with_warmup -----------------------------------------------------------------------------


@alternative("tuning/cosine_with_warmup")
def step_by_step_as_a_squared_sine(lr, num_warmup, num_steps):
    rates = []
    for t in range(num_steps):
        left = (num_steps - t) / (num_steps - num_warmup)
        rates.append(lr * (t + 1) / num_warmup if t < num_warmup else lr * np.sin(np.pi / 2 * left) ** 2)
    return rates


# Task 2: early_stopping ---------------------------------------------------------------------------------


def _early(model, train_epoch, validation_loss, patience, max_epochs, keep=np.copy, restore=np.copyto):
    """The right way, or with weights that are kept or put back otherwise."""
    best, best_epoch, losses, kept = float("inf"), 0, [], None
    for epoch in range(1, max_epochs + 1):
        train_epoch()
        losses.append(validation_loss())
        if losses[-1] < best:
            best, best_epoch, kept = losses[-1], epoch, keep(model.flat)
        if epoch - best_epoch == patience:
            break
    restore(model.flat, kept)
    return best_epoch, losses


@mistake("tuning/early_stopping", hint="weights are those of epoch 7, the last")
def keeps_a_name_instead_of_a_copy(*arguments):
    return _early(*arguments, keep=lambda flat: flat)


@mistake("tuning/early_stopping", hint="the last, where max_epochs ended it")
def restores_only_when_patience_runs_out(model, *functions_and_limits):
    best = []
    answer = _early(model, *functions_and_limits, restore=lambda flat, kept: best.append(kept))
    if len(answer[1]) < functions_and_limits[-1]:
        model.flat[...] = best[0]
    return answer


@mistake("tuning/early_stopping", hint="was called 3 times after epoch 1")
def asks_three_times(model, train_epoch, validation_loss, patience, max_epochs):
    def ask():
        return max(validation_loss() for _ in range(3))

    return _early(model, train_epoch, ask, patience, max_epochs)


@mistake("tuning/early_stopping", hint="was called before the first epoch, and 0 times after epoch")
def asks_before_training(model, train_epoch, validation_loss, patience, max_epochs):
    losses = [validation_loss()]
    return _early(model, train_epoch, lambda: (losses.append(9), losses[-1])[1], patience, max_epochs)


@mistake("tuning/early_stopping", hint="is the most that may be run")
def knows_no_maximum(model, train_epoch, validation_loss, patience, max_epochs):
    return _early(model, train_epoch, validation_loss, patience, 1000)


@mistake("tuning/early_stopping", hint="the last ones too")
def lists_the_best_losses_only(*arguments):
    best_epoch, losses = _early(*arguments)
    return best_epoch, losses[:best_epoch]


@alternative("tuning/early_stopping")
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


@alternative("tuning/early_stopping")
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


# Task 3: resume -----------------------------------------------------------------------------------------


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


@mistake("tuning/resume", hint="restore does not change the optimizer's memory")
class ForgetsTheMomentum(_Checkpoint):
    def restore(self, model, optimizer, rng):
        super().restore(model, copy.deepcopy(optimizer), rng)


@mistake("tuning/resume", hint="restore does not change the running statistics")
class ForgetsTheRunningMeans(_Checkpoint):
    def restore(self, model, optimizer, rng):
        super().restore(copy.deepcopy(model), optimizer, rng)
        model.flat[...] = self.weights


@mistake("tuning/resume", hint="must be part of the objects that it is given")
class AssignsTheNameOfTheModel(_Checkpoint):
    def restore(self, model, optimizer, rng):
        model = copy.deepcopy(model)
        super().restore(model, optimizer, rng)


@mistake("tuning/resume", hint="brings back the generator's state of the end")
class KeepsTheGeneratorItself(_Checkpoint):
    def __init__(self, model, optimizer, rng):
        super().__init__(model, optimizer, rng)
        self.rng = rng

    def restore(self, model, optimizer, rng):
        super().restore(model, optimizer, rng)
        rng.bit_generator.state = self.rng.bit_generator.state


@mistake("tuning/resume", hint="__init__ only looks and copies")
class DrawsFromTheGenerator(_Checkpoint):
    def __init__(self, model, optimizer, rng):
        self.seed = int(rng.integers(1 << 30))
        super().__init__(model, optimizer, rng)


@mistake("tuning/resume", hint="a second restore from the same checkpoint")
class IsUsedUpByTheFirstRestore(_Checkpoint):
    def restore(self, model, optimizer, rng):
        super().restore(model, optimizer, rng)
        self.memory = {name: np.zeros_like(part) for name, part in self.memory.items()}


@alternative("tuning/resume")
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


@alternative("tuning/resume")
class AsCopiesOfTheObjects:
    def __init__(self, *objects):
        self.model, self.optimizer, self.rng = copy.deepcopy(objects)

    def restore(self, model, optimizer, rng):
        kept = {**self.model.parameters(), **self.model.state()}
        for name, array in {**model.parameters(), **model.state()}.items():
            array[...] = kept[name]
        optimizer.load_state(self.optimizer.state())
        rng.bit_generator.state = self.rng.bit_generator.state


# Task 4: tune_in_a_budget -------------------------------------------------------------------------------

SIZES = [8, 16, 32, 64]


def _train(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    """The right loop."""
    for _ in range(num_epochs):
        order = rng.permutation(len(X))
        for rows in np.split(order, range(batch_size, len(X), batch_size)):
            loss.forward(model.forward(X[rows]), y[rows])
            model.backward(loss.backward())
            optimizer.step()


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
    return [_trial(build, parts, num_epochs, rng, draw(rng), **options) for _ in range(budget // num_epochs)]


def _finish(trials, parts):
    """The answer, from the trial with the highest score."""
    _, lr, batch_size, model = max(trials, key=lambda trial: trial[0])
    return lr, batch_size, _accuracy(model, *parts["test"])


@mistake("tuning/tune_in_a_budget", hint="If test rows help to choose")
def tunes_on_the_test_rows(build, parts, num_epochs, budget, rng):
    return _finish(_search(build, parts, num_epochs, budget, rng, part="test"), parts)


@mistake("tuning/tune_in_a_budget", hint="a network that is trained again counts again")
def trains_the_winner_again(build, parts, num_epochs, budget, rng):
    trials = _search(build, parts, num_epochs, budget, rng)
    _, lr, batch_size, _ = max(trials, key=lambda trial: trial[0])
    model = _trial(build, parts, num_epochs, rng, (lr, batch_size))[-1]
    return lr, batch_size, _accuracy(model, *parts["test"])


@mistake("tuning/tune_in_a_budget", hint="it is the exponent that is uniform")
def draws_the_rate_uniformly(build, parts, num_epochs, budget, rng):
    def draw(rng):
        return rng.uniform(0.001, 1), rng.choice(SIZES)

    return _finish(_search(build, parts, num_epochs, budget, rng, draw), parts)


@mistake("tuning/tune_in_a_budget", hint="tries the same learning rates")
def tries_a_grid(build, parts, num_epochs, budget, rng):
    grid = zip(np.geomspace(0.001, 1, budget // num_epochs), SIZES * 12, strict=False)
    return _finish(_search(build, parts, num_epochs, budget, rng, lambda rng: next(grid)), parts)


@mistake("tuning/tune_in_a_budget", hint="the best trial has")
def returns_the_settings_of_another_trial(build, parts, num_epochs, budget, rng):
    trials = sorted(_search(build, parts, num_epochs, budget, rng), key=lambda trial: -trial[0])
    return trials[-1][1], trials[-1][2], _finish(trials, parts)[2]


@mistake("tuning/tune_in_a_budget", hint="so it flatters")
def returns_the_validation_score(build, parts, num_epochs, budget, rng):
    trials = _search(build, parts, num_epochs, budget, rng)
    return *_finish(trials, parts)[:2], max(score for score, *_ in trials)


@alternative("tuning/tune_in_a_budget")
def draws_all_settings_first_and_trains_in_float32(build, parts, num_epochs, budget, rng):
    number = budget // num_epochs
    parts = {name: (X.astype(np.float32), y) for name, (X, y) in parts.items()}
    rates = np.exp(rng.uniform(np.log(0.001), np.log(1), size=number)).tolist()
    settings = zip(rates, rng.choice(SIZES, size=number).tolist(), strict=True)
    trials = [_trial(build, parts, num_epochs, rng, setting) for setting in settings]
    return np.array(_finish(trials, parts), np.float32)


@alternative("tuning/tune_in_a_budget")
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
