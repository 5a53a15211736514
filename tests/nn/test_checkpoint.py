"""Save, load, go on: the same bits as a run that never stopped."""

import numpy as np
import pytest

from helpers.nn.activations import Tanh
from helpers.nn.containers import Residual, Sequential
from helpers.nn.fleet import Fleet
from helpers.nn.layers import Linear
from helpers.nn.losses import CrossEntropyLoss
from helpers.nn.normalization import BatchNorm
from helpers.nn.optimizers import SGD, Adam
from helpers.nn.regularization import Dropout
from helpers.nn.schedules import CosineAnnealingLR, ReduceLROnPlateau
from helpers.training import fit, load_checkpoint, save_checkpoint

LOSS = CrossEntropyLoss()


def rng(seed=0):
    return np.random.default_rng(seed)


def small(seed=0):
    return Sequential(Linear(3, 6, rng=rng(seed)), Tanh(), Linear(6, 2, rng=rng(seed + 1)))


X, Y = rng(5).normal(size=(23, 3)), rng(6).integers(2, size=23)


def resumable(seed=0):
    dropout = rng(seed + 7)
    model = Sequential(
        Linear(3, 6, rng=rng(seed)),
        BatchNorm(6),
        Dropout(0.2, rng=dropout),
        Residual(Tanh()),
        Linear(6, 2, rng=rng(1)),
    )
    optimizer = Adam(model, lr=0.01)
    return model, optimizer, CosineAnnealingLR(optimizer, T_max=6), rng(seed + 1)


def test_a_run_that_was_saved_and_loaded_goes_on_to_the_same_bit(tmp_path):
    model, optimizer, schedule, shuffle = resumable()
    whole = fit(model, LOSS, optimizer, X, Y, batch_size=5, num_epochs=6, rng=shuffle, schedule=schedule)
    other, optimizer, schedule, shuffle = resumable()
    settings = {"batch_size": 5, "num_epochs": 3}
    history = fit(other, LOSS, optimizer, X, Y, rng=shuffle, schedule=schedule, **settings)
    path = tmp_path / "run.npz"
    save_checkpoint(path, other, optimizer, rng=shuffle, schedule=schedule, history=history)
    again, optimizer, schedule, shuffle = resumable(seed=40)
    history = load_checkpoint(path, again, optimizer, rng=shuffle, schedule=schedule)
    history = fit(again, LOSS, optimizer, X, Y, rng=shuffle, schedule=schedule, history=history, **settings)
    np.testing.assert_array_equal(again.flat, model.flat)
    np.testing.assert_array_equal(again.state()["1.running_var"], model.state()["1.running_var"])
    np.testing.assert_array_equal(history.losses, whole.losses)
    np.testing.assert_array_equal(history["lr"], whole["lr"])
    assert list(history["epoch"]) == [1, 2, 3, 4, 5, 6]


def test_a_schedule_that_watches_the_loss_resumes_too(tmp_path):
    def build():
        model = small()
        optimizer = SGD(model, lr=5.0)
        return model, optimizer, ReduceLROnPlateau(optimizer, patience=0, factor=0.5)

    def run(parts, rng_, epochs, history=None):
        model, optimizer, schedule = parts
        arguments = {"batch_size": 5, "num_epochs": epochs, "rng": rng_, "history": history}
        return fit(model, LOSS, optimizer, X, Y, schedule=schedule, validation=(X, Y), **arguments)

    whole = run(build(), rng(1), 8)
    first, shuffle = build(), rng(1)
    run(first, shuffle, 4)
    save_checkpoint(tmp_path / "a.npz", first[0], first[1], rng=shuffle, schedule=first[2])
    second, shuffle = build(), rng(9)
    load_checkpoint(tmp_path / "a.npz", second[0], second[1], rng=shuffle, schedule=second[2])
    assert list(run(second, shuffle, 4)["lr"]) == list(whole["lr"][4:])
    assert len(set(whole["lr"])) > 2


def test_a_fleet_resumes(tmp_path):
    def build():
        fleet = Fleet([small(seed) for seed in range(3)])
        return fleet, Adam(fleet, lr=[0.1, 0.01, 0.001]), [rng(seed) for seed in range(3)]

    fleet, optimizer, shuffles = build()
    fit(fleet, LOSS, optimizer, X, Y, batch_size=5, num_epochs=4, rng=shuffles)
    part, optimizer, shuffles = build()
    history = fit(part, LOSS, optimizer, X, Y, batch_size=5, num_epochs=2, rng=shuffles)
    save_checkpoint(tmp_path / "a.npz", part, optimizer, rng=shuffles, history=history)
    again, optimizer, shuffles = build()
    history = load_checkpoint(tmp_path / "a.npz", again, optimizer, rng=shuffles)
    fit(again, LOSS, optimizer, X, Y, batch_size=5, num_epochs=2, rng=shuffles, history=history)
    np.testing.assert_array_equal(again.flat, fleet.flat)


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    model = small()
    save_checkpoint(tmp_path / "a.npz", model, SGD(model), rng=rng())
    other = Sequential(Linear(3, 2, rng=rng()))
    with pytest.raises(ValueError, match=r"\(38,\) and 1 generators, you gave \(8,\) and 1"):
        load_checkpoint(tmp_path / "a.npz", other, SGD(other), rng=rng())
