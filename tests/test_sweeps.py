"""A sweep gives the numbers of trainings one after the other, and says what cannot be trained."""

import numpy as np
import pytest

from helpers.nn import SGD, Adam, CrossEntropyLoss, Linear, ReLU, Sequential
from helpers.nn.schedules import ExponentialLR
from helpers.training import fit, predict, sweep

X = np.random.default_rng(0).normal(size=(60, 3))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
DATA, HELD_OUT = (X[:40], Y[:40]), (X[40:], Y[40:])


def make(seed):
    rng = np.random.default_rng(seed)
    return Sequential(Linear(3, 5, rng=rng), ReLU(), Linear(5, 2, rng=rng))


@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_each_setting_is_a_training_of_its_own(optimizer):
    found = sweep(
        make,
        DATA,
        HELD_OUT,
        lr=[0.01, 0.1],
        batch_size=[8, 16],
        num_epochs=[2, 3],
        seeds=[4, 7],
        optimizer=optimizer,
        schedule=lambda o: ExponentialLR(o, gamma=0.5),
    )
    assert [(one.batch_size, one.lr) for one in found] == [(8, 0.01), (8, 0.1), (16, 0.01), (16, 0.1)]
    for one, num_epochs in zip(found, (2, 2, 3, 3), strict=True):
        for k, seed in enumerate((4, 7)):
            model = make(seed)
            alone = optimizer(model, lr=one.lr)
            history = fit(
                model,
                CrossEntropyLoss(),
                alone,
                *DATA,
                batch_size=one.batch_size,
                num_epochs=num_epochs,
                rng=np.random.default_rng(seed),
                validation=HELD_OUT,
                schedule=ExponentialLR(alone, gamma=0.5),
                progress=False,
            )
            right = np.mean(predict(model, HELD_OUT[0]).argmax(axis=1) == HELD_OUT[1])
            np.testing.assert_allclose(one.loss[:, k], history["loss"], atol=1e-12)
            np.testing.assert_allclose(one.validation_loss[:, k], history["validation_loss"], atol=1e-12)
            assert one.accuracy[-1, k] == right
            assert one.steps.tolist() == history["step"].tolist()


def test_it_measures_after_every_so_many_steps():
    settings = {"lr": 0.1, "batch_size": 8, "num_epochs": 4, "seeds": 2}
    (by_epoch,), (by_step,) = (sweep(make, DATA, HELD_OUT, every=every, **settings) for every in (None, 5))
    assert by_step.steps.tolist() == by_epoch.steps.tolist() == [5, 10, 15, 20]
    np.testing.assert_allclose(by_step.loss, by_epoch.loss, atol=1e-12)
    np.testing.assert_array_equal(by_step.accuracy, by_epoch.accuracy)
    (often,) = sweep(make, DATA, HELD_OUT, every=2, **settings)
    assert often.steps.tolist() == [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]


def test_callbacks_are_called_for_each_batch_size():
    seen = []
    settings = {"lr": 0.1, "num_epochs": 1, "callbacks": [lambda run: seen.append(len(run.history.losses))]}
    sweep(make, DATA, HELD_OUT, batch_size=[10, 20], **settings)
    assert seen == [4, 2]


def test_the_best_is_the_lowest_loss_and_the_highest_accuracy():
    found = sweep(make, DATA, HELD_OUT, lr=[1e-6, 0.3, 1e9], batch_size=10, num_epochs=20)
    assert found.best().lr == found.best("accuracy").lr == 0.3
    assert found.last("accuracy").shape == (3, 3)


def test_it_prints_as_a_table():
    head, line = str(sweep(make, DATA, HELD_OUT, lr=0.3, batch_size=10, num_epochs=2)).splitlines()
    assert head.split("  ") == [
        "batch size",
        "learning rate",
        "steps",
        "training loss",
        "validation accuracy",
    ]
    assert line.split()[:3] == ["10", "0.3", "8"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seeds": 0}, "a seed"),
        ({"lr": []}, "a rate"),
        ({"num_epochs": [1, 2, 3]}, r"one number or 1, one for each batch size: got \[1, 2, 3\]"),
    ],
)
def test_what_cannot_be_trained_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        sweep(make, DATA, HELD_OUT, **{"lr": 0.1, "batch_size": 5, "num_epochs": 1} | settings)
