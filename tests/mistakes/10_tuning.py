"""Answers to exercise 10: the mistakes people make around a training loop, and right ones in another form."""

import copy
import pickle

import numpy as np

from tests.mistakes import alternative, mistake

# Task 1: early_stopping ---------------------------------------------------------------------------------


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


@mistake("tuning/early_stopping", hint="Patience is off")
def waits_one_epoch_too_long(model, train_epoch, validation_loss, patience, max_epochs):
    return _early(model, train_epoch, validation_loss, patience + 1, max_epochs)


@mistake("tuning/early_stopping", hint="Patience is off")
def stops_one_epoch_too_soon(model, train_epoch, validation_loss, patience, max_epochs):
    return _early(model, train_epoch, validation_loss, max(1, patience - 1), max_epochs)


@mistake("tuning/early_stopping", hint="set the counter back to 0")
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


@mistake("tuning/early_stopping", hint="compare with the best loss so far")
def compares_with_the_epoch_before(*arguments):
    return _early(*arguments, better=lambda new, best, before: new < before)


@mistake("tuning/early_stopping", hint="it must be lower")
def takes_a_tie_for_better(*arguments):
    return _early(*arguments, better=lambda new, best, before: new <= best)


@mistake("tuning/early_stopping", hint="A loss that is NaN is no improvement")
def takes_nan_for_better(*arguments):
    return _early(*arguments, better=lambda new, best, before: not new >= best)


@mistake("tuning/early_stopping", hint="The first loss may be NaN")
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


@mistake("tuning/early_stopping", hint="Keep a copy of the weights whenever a new best comes")
def never_restores(model, train_epoch, validation_loss, patience, max_epochs):
    last = []

    def train_and_keep():
        train_epoch()
        last[:] = [model.flat.copy()]

    answer = _early(model, train_and_keep, validation_loss, patience, max_epochs)
    model.flat[...] = last[0]
    return answer


@mistake("tuning/early_stopping", hint="another name for weights that go on moving")
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


@mistake("tuning/early_stopping", hint="Write into it: model.flat[...]")
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


@mistake("tuning/early_stopping", hint="restore after the loop")
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


@mistake("tuning/early_stopping", hint="epochs count from 1")
def counts_epochs_from_zero(*arguments):
    best_epoch, losses = _early(*arguments)
    return best_epoch - 1, losses


@mistake("tuning/early_stopping", hint="epochs count from 1")
def returns_the_last_epoch(*arguments):
    losses = _early(*arguments)[1]
    return len(losses), losses


@mistake("tuning/early_stopping", hint="is the most that may be run")
def knows_no_maximum(model, train_epoch, validation_loss, patience, max_epochs):
    return _early(model, train_epoch, validation_loss, patience, 1000)


@mistake("tuning/early_stopping", hint="not one earlier")
def ends_before_the_maximum(model, train_epoch, validation_loss, patience, max_epochs):
    return _early(model, train_epoch, validation_loss, patience, max_epochs - 1)


@mistake("tuning/early_stopping", hint="the validation loss of every epoch that was run")
def lists_the_best_losses_only(*arguments):
    best_epoch, losses = _early(*arguments)
    return best_epoch, losses[:best_epoch]


@mistake("tuning/early_stopping", hint="Return two things")
def returns_the_best_epoch_only(*arguments):
    return _early(*arguments)[0]


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


# Task 2: resume -----------------------------------------------------------------------------------------


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


@mistake("tuning/resume", hint="without them the next steps differ")
class ForgetsTheMomentum(_Checkpoint):
    def restore(self, model, optimizer, rng):
        super().restore(model, _WithoutRestoring(), rng)


@mistake("tuning/resume", hint="The order of the next epochs comes from rng")
class ForgetsTheGenerator(_Checkpoint):
    def restore(self, model, optimizer, rng):
        super().restore(model, optimizer, _WithoutRestoring())


@mistake("tuning/resume", hint="`rng = …` changes nothing outside")
class AssignsTheNameOfTheGenerator(_Checkpoint):
    def __init__(self, model, optimizer, rng):
        super().__init__(model, optimizer, rng)
        self.rng = copy.deepcopy(rng)

    def restore(self, model, optimizer, rng):
        super().restore(model, optimizer, _WithoutRestoring())
        rng = copy.deepcopy(self.rng)  # noqa: F841


@mistake("tuning/resume", hint="Assigning to the name `model` changes nothing")
class AssignsTheNameOfTheModel(_Checkpoint):
    def __init__(self, model, optimizer, rng):
        super().__init__(model, optimizer, rng)
        self.model = copy.deepcopy(model)

    def restore(self, model, optimizer, rng):
        optimizer.load_state(self.memory)
        rng.bit_generator.state = self.chance
        model = copy.deepcopy(self.model)  # noqa: F841


@mistake("tuning/resume", hint="Batch norm learns means and variances without a gradient")
class ForgetsTheRunningMeans(_Checkpoint):
    def restore(self, model, optimizer, rng):
        model.flat[...] = self.weights
        optimizer.load_state(self.memory)
        rng.bit_generator.state = self.chance


@mistake("tuning/resume", hint="A checkpoint is a copy")
class KeepsTheWeightsThemselves(_Checkpoint):
    def __init__(self, model, optimizer, rng):
        super().__init__(model, optimizer, rng)
        self.weights = model.flat


@mistake("tuning/resume", hint="A checkpoint is a copy")
class KeepsTheRunningMeansThemselves(_Checkpoint):
    def __init__(self, model, optimizer, rng):
        super().__init__(model, optimizer, rng)
        self.running = model.state()


@mistake("tuning/resume", hint="A checkpoint is a copy")
class KeepsTheOptimizerItself(_Checkpoint):
    def __init__(self, model, optimizer, rng):
        super().__init__(model, optimizer, rng)
        self.optimizer = optimizer

    def restore(self, model, optimizer, rng):
        self.memory = self.optimizer.state()
        super().restore(model, optimizer, rng)


@mistake("tuning/resume", hint="Write into it: model.flat[...]")
class NamesTheKeptWeights(_Checkpoint):
    def restore(self, model, optimizer, rng):
        super().restore(model, optimizer, rng)
        model.layers[0].W = 0
        model.flat = self.weights


@mistake("tuning/resume", hint="Write into it: model.flat[...]")
class NamesACopyOfTheKeptWeights(_Checkpoint):
    def restore(self, model, optimizer, rng):
        model.flat = self.weights.copy()
        optimizer.load_state(self.memory)
        rng.bit_generator.state = self.chance


@mistake("tuning/resume", hint="__init__ only looks and copies")
class DrawsFromTheGenerator(_Checkpoint):
    def __init__(self, model, optimizer, rng):
        self.seed = int(rng.integers(1 << 30))
        super().__init__(model, optimizer, rng)


@mistake("tuning/resume", hint="The order of the next epochs comes from rng")
class RemembersASeed(_Checkpoint):
    def restore(self, model, optimizer, rng):
        super().restore(model, optimizer, rng)
        rng.bit_generator.state = np.random.default_rng(0).bit_generator.state


@mistake("tuning/resume", hint="its restore(model, optimizer, rng)")
class RestoresWithoutArguments(_Checkpoint):
    def restore(self):
        pass


@mistake("tuning/resume", hint="Keep what the checkpoint needs in self")
class KeepsNothing:
    def __init__(self, model, optimizer, rng):
        weights = model.flat.copy()  # noqa: F841

    def restore(self, model, optimizer, rng):
        model.flat[...] = self.weights


@mistake("tuning/resume", hint="restore hands out copies too")
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
        for name, array in model.parameters().items():
            array[...] = self.model.parameters()[name]
        for layer, kept in zip(model.leaves(), self.model.leaves(), strict=True):
            for name in layer.state_names:
                setattr(layer, name, getattr(kept, name).copy())
        optimizer.load_state(self.optimizer.state())
        rng.bit_generator.state = self.rng.bit_generator.state


# Task 3: tune_in_a_budget -------------------------------------------------------------------------------

SIZES = [8, 16, 32, 64]


def _train(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    """The right loop."""
    for _ in range(num_epochs):
        order = rng.permutation(len(X))
        for start in range(0, len(X), batch_size):
            rows = order[start : start + batch_size]
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
    number = budget // num_epochs
    return [_trial(build, parts, num_epochs, rng, draw(rng), **options) for _ in range(number)]


def _finish(trials, parts, choose=np.argmax):
    """The answer, from the trial with the highest score."""
    _, lr, batch_size, model = trials[choose([trial[0] for trial in trials])]
    return lr, batch_size, _accuracy(model, *parts["test"])


@mistake("tuning/tune_in_a_budget", hint="Choose by the validation rows")
def tunes_on_the_test_rows(build, parts, num_epochs, budget, rng):
    return _finish(_search(build, parts, num_epochs, budget, rng, part="test"), parts)


@mistake("tuning/tune_in_a_budget", hint="Choose by the validation rows")
def tests_every_trial(build, parts, num_epochs, budget, rng):
    trials = _search(build, parts, num_epochs, budget, rng)
    tests = [_accuracy(model, *parts["test"]) for *_, model in trials]
    best = int(np.argmax([score for score, *_ in trials]))
    return trials[best][1], trials[best][2], tests[best]


@mistake("tuning/tune_in_a_budget", hint="not every trial was scored on all validation rows")
def chooses_by_the_training_rows(build, parts, num_epochs, budget, rng):
    return _finish(_search(build, parts, num_epochs, budget, rng, part="train"), parts)


@mistake("tuning/tune_in_a_budget", hint="keep its network instead of training again")
def trains_the_winner_again(build, parts, num_epochs, budget, rng):
    trials = _search(build, parts, num_epochs, budget, rng)
    _, lr, batch_size, _ = max(trials, key=lambda trial: trial[0])
    model = _trial(build, parts, num_epochs, rng, (lr, batch_size))[-1]
    return lr, batch_size, _accuracy(model, *parts["test"])


@mistake("tuning/tune_in_a_budget", hint="Every epoch of every network counts")
def takes_the_budget_for_trials(build, parts, num_epochs, budget, rng):
    return _finish(_search(build, parts, num_epochs, budget * num_epochs, rng), parts)


@mistake("tuning/tune_in_a_budget", hint="Use the whole budget")
def makes_ten_trials(build, parts, num_epochs, budget, rng):
    return _finish(_search(build, parts, num_epochs, 10 * num_epochs, rng), parts)


@mistake("tuning/tune_in_a_budget", hint="draw the exponent")
def draws_the_rate_uniformly(build, parts, num_epochs, budget, rng):
    draw = lambda rng: (rng.uniform(0.001, 1), rng.choice(SIZES))  # noqa: E731
    return _finish(_search(build, parts, num_epochs, budget, rng, draw), parts)


@mistake("tuning/tune_in_a_budget", hint="draw the exponent")
def takes_e_for_ten(build, parts, num_epochs, budget, rng):
    draw = lambda rng: (np.exp(rng.uniform(-3, 0)), rng.choice(SIZES))  # noqa: E731
    return _finish(_search(build, parts, num_epochs, budget, rng, draw), parts)


@mistake("tuning/tune_in_a_budget", hint="A grid repeats a few")
def tries_a_grid(build, parts, num_epochs, budget, rng):
    grid = iter([(lr, size) for lr in np.logspace(-3, 0, 12) for size in SIZES])
    return _finish(_search(build, parts, num_epochs, budget, rng, lambda rng: next(grid)), parts)


@mistake("tuning/tune_in_a_budget", hint="Each trial draws its batch size too")
def keeps_one_batch_size(build, parts, num_epochs, budget, rng):
    draw = lambda rng: (10 ** rng.uniform(-3, 0), 32)  # noqa: E731
    return _finish(_search(build, parts, num_epochs, budget, rng, draw), parts)


@mistake("tuning/tune_in_a_budget", hint="Each trial draws its batch size too")
def leaves_a_batch_size_out(build, parts, num_epochs, budget, rng):
    def draw(rng):
        return 10 ** rng.uniform(-3, 0), 2 ** rng.integers(3, 6)

    return _finish(_search(build, parts, num_epochs, budget, rng, draw), parts)


@mistake("tuning/tune_in_a_budget", hint="for the shuffling neither")
def shuffles_with_its_own_generator(build, parts, num_epochs, budget, rng):
    trials = [
        _trial(build, parts, num_epochs, np.random.default_rng(0), _draw(rng))
        for _ in range(budget // num_epochs)
    ]
    return _finish(trials, parts)


@mistake("tuning/tune_in_a_budget", hint="Learning rates lie between 0.001 and 1")
def turns_the_sign_round(build, parts, num_epochs, budget, rng):
    draw = lambda rng: (10 ** rng.uniform(0, 1), rng.choice(SIZES))  # noqa: E731
    return _finish(_search(build, parts, num_epochs, budget, rng, draw), parts)


@mistake("tuning/tune_in_a_budget", hint="call build(lr) in the loop")
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


@mistake("tuning/tune_in_a_budget", hint="Train on parts['train'] only")
def trains_on_the_validation_rows(build, parts, num_epochs, budget, rng):
    both = tuple(np.concatenate(pair) for pair in zip(parts["train"], parts["validation"], strict=True))
    trials = _search(build, {**parts, "both": both}, num_epochs, budget, rng, train="both")
    return _finish(trials, parts)


@mistake("tuning/tune_in_a_budget", hint="Equal chances")
def trains_one_epoch_less(build, parts, num_epochs, budget, rng):
    trials = [
        _trial(build, parts, max(1, num_epochs - 1), rng, _draw(rng)) for _ in range(budget // num_epochs)
    ]
    return _finish(trials, parts)


@mistake("tuning/tune_in_a_budget", hint="Choose the trial with the highest accuracy")
def chooses_the_lowest(build, parts, num_epochs, budget, rng):
    return _finish(_search(build, parts, num_epochs, budget, rng), parts, choose=np.argmin)


@mistake("tuning/tune_in_a_budget", hint="`model` is that of the last trial")
def tests_the_last_network(build, parts, num_epochs, budget, rng):
    trials = _search(build, parts, num_epochs, budget, rng)
    _, lr, batch_size, _ = max(trials[:-1], key=lambda trial: trial[0])
    return lr, batch_size, _accuracy(trials[-1][-1], *parts["test"])


@mistake("tuning/tune_in_a_budget", hint="so it flatters")
def returns_the_validation_score(build, parts, num_epochs, budget, rng):
    trials = _search(build, parts, num_epochs, budget, rng)
    score, lr, batch_size, model = max(trials, key=lambda trial: trial[0])
    _accuracy(model, *parts["test"])
    return lr, batch_size, score


@mistake("tuning/tune_in_a_budget", hint="not its exponent or the number of the trial")
def returns_the_exponent(build, parts, num_epochs, budget, rng):
    lr, *rest = _finish(_search(build, parts, num_epochs, budget, rng), parts)
    return np.log10(lr), *rest


@mistake("tuning/tune_in_a_budget", hint="All chance comes from `rng`")
def seeds_the_search(build, parts, num_epochs, budget, rng):
    return _finish(_search(build, parts, num_epochs, budget, np.random.default_rng(0)), parts)


@alternative("tuning/tune_in_a_budget")
def draws_all_settings_first(build, parts, num_epochs, budget, rng):
    number = budget // num_epochs
    rates = np.exp(rng.uniform(np.log(0.001), np.log(1), size=number)).tolist()
    settings = zip(rates, rng.choice(SIZES, size=number).tolist(), strict=True)
    trials = [_trial(build, parts, num_epochs, rng, setting) for setting in settings]
    return list(_finish(trials, parts))


@alternative("tuning/tune_in_a_budget")
def answers_with_an_array(build, parts, num_epochs, budget, rng):
    return np.array(_finish(_search(build, parts, num_epochs, budget, rng), parts))


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
