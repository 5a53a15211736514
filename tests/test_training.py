"""The training loop: PyTorch's loop with the same batches, resuming to the same bit, and what goes wrong."""

import copy
import pickle

import numpy as np
import pytest
import torch

from helpers import _progress
from helpers.nn import (
    L2,
    LBFGS,
    SGD,
    Adam,
    BatchNorm,
    ClipNorm,
    Conv2d,
    CrossEntropyLoss,
    Dropout,
    Embedding,
    Flatten,
    Fleet,
    Linear,
    MaxPool2d,
    MSELoss,
    ReLU,
    Residual,
    Sequential,
    Tanh,
)
from helpers.nn.schedules import CosineAnnealingLR
from helpers.nn.twins import from_torch, to_torch
from helpers.training import EarlyStopping, History, evaluate, fit, predict

LOSS = CrossEntropyLoss()
pytestmark = pytest.mark.usefixtures("edition")


def rng(seed=0):
    return np.random.default_rng(seed)


def small(seed=0, dtype=np.float64):
    layers = Linear(3, 6, rng=rng(seed), dtype=dtype), Tanh(), Linear(6, 2, rng=rng(seed + 1), dtype=dtype)
    return Sequential(*layers)


X, Y = rng(5).normal(size=(23, 3)), rng(6).integers(2, size=23)
FIT = {"batch_size": 5, "num_epochs": 3}


def picture_net(seed=0):
    return Sequential(
        Conv2d(1, 4, 3, padding=1, rng=rng(seed)),
        BatchNorm(4),
        ReLU(),
        MaxPool2d(2),
        Conv2d(4, 6, 3, padding=1, rng=rng(seed)),
        ReLU(),
        Flatten(),
        Linear(24, 3, rng=rng(seed)),
    )


def torch_picture_net():
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(24, 3),
    ).double()


def test_a_convolutional_network_learns_what_its_twin_in_pytorch_learns():
    pictures, labels = rng().normal(size=(20, 1, 4, 4)), rng().integers(3, size=20)
    model, net = picture_net(), torch_picture_net()
    net.load_state_dict(to_torch(model), strict=False)
    settings = {"batch_size": 6, "num_epochs": 4, "clip": ClipNorm(1)}
    history = fit(model, LOSS, Adam(model, lr=0.01), pictures, labels, rng=rng(1), **settings)
    X_t, y_t = torch.tensor(pictures), torch.tensor(labels)
    optimizer, shuffle, losses = torch.optim.Adam(net.parameters(), lr=0.01), rng(1), []
    for _ in range(4):
        order = shuffle.permutation(20)
        for i in range(0, 20, 6):
            batch = torch.tensor(order[i : i + 6])
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(X_t[batch]), y_t[batch])
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1)
            optimizer.step()
            losses.append(loss.item())
    np.testing.assert_allclose(history.losses, losses, atol=1e-9)
    for name, theirs in to_torch(model).items():
        np.testing.assert_allclose(theirs, net.state_dict()[name], atol=1e-9, err_msg=name)
    net.eval()
    np.testing.assert_allclose(predict(model, pictures), net(X_t).detach(), atol=1e-9)


def wide():
    return Sequential(
        Linear(64, 64, rng=rng()), Tanh(), Linear(64, 65, rng=rng()), ReLU(), Linear(65, 2, rng=rng())
    )


@pytest.mark.parametrize("make", [small, wide])
@pytest.mark.parametrize("loss", [LOSS, CrossEntropyLoss(weight=[1, 3])])
def test_fit_is_the_loop_written_out(make, loss, edition):
    quick, slow = make(), make()
    X = rng(5).normal(size=(23, quick.layers[0].in_features))
    history = fit(quick, loss, SGD(quick, lr=0.1), X, Y, rng=rng(1), **FIT)
    shuffle, optimizer, losses = rng(1), SGD(slow, lr=0.1), []
    for _ in range(3):
        order = shuffle.permutation(23)
        for i in range(0, 23, 5):
            batch = order[i : i + 5]
            losses.append(loss.forward(slow.forward(X[batch]), Y[batch]))
            slow.backward(loss.backward())
            optimizer.step()
    distance = 0 if edition == "plain" else 1e-13
    np.testing.assert_allclose(history.losses, losses, rtol=0, atol=distance)
    np.testing.assert_allclose(quick.flat, slow.flat, rtol=0, atol=distance)


def test_after_fit_the_model_gives_new_arrays_again_and_the_gradient_of_its_input():
    model = small()
    fit(model, LOSS, SGD(model, lr=0.1), X, Y, rng=rng(1), **FIT)
    first = model.forward(X)
    before = first.copy()
    model.forward(X + 1)
    np.testing.assert_array_equal(first, before)
    assert model.backward(first).shape == X.shape
    assert not model.layers[0].training


@pytest.mark.parametrize("every", [2, 3, 99])
@pytest.mark.parametrize("options", [{}, {"reduction": "sum"}, {"weight": [1, 5]}], ids=str)
def test_accumulation_is_the_large_batch(every, options):
    large, small_batches, loss = small(), small(), CrossEntropyLoss(**options)
    fit(large, loss, SGD(large, lr=0.1), X, Y, batch_size=5 * every, num_epochs=3, rng=rng(1))
    optimizer = SGD(small_batches, lr=0.1)
    fit(small_batches, loss, optimizer, X, Y, batch_size=5, num_epochs=3, rng=rng(1), accumulate=every)
    np.testing.assert_allclose(small_batches.flat, large.flat, atol=1e-13)


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, copy.copy, lambda model: pickle.loads(pickle.dumps(model))]
)
def test_a_copy_is_a_model_of_its_own(copied):
    model, never_copied = small(), small()
    other = copied(model)
    for net in (other, never_copied):
        fit(net, LOSS, SGD(net, lr=0.1), X, Y, rng=rng(1), **FIT)
    np.testing.assert_array_equal(predict(other, X), predict(never_copied, X))
    np.testing.assert_array_equal(model.flat, small().flat)
    np.testing.assert_array_equal(model.layers[0].W.ravel(), small().flat[:18])


def test_early_stopping_starts_anew_with_another_training():
    stopping, first, second = EarlyStopping(patience=2), small(), small(3)
    options = {"validation": (X[:7], Y[:7]), "callbacks": [stopping], "rng": rng()} | FIT
    fit(first, LOSS, SGD(first, lr=0.1), X, Y, **options)
    best = first.flat.copy()
    history = fit(second, LOSS, SGD(second, lr=1e-9), X, Y, **options)
    assert stopping.best == min(history["validation_loss"])
    assert not np.allclose(second.flat, best)
    going_on = fit(second, LOSS, SGD(second, lr=1e-9), X, Y, history=history, **options)
    assert going_on is history
    assert stopping.best == min(history["validation_loss"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schedule_per": "batch"}, '"epoch" or "step"'),
        ({"accumulate": 0}, "accumulate"),
        ({"loss": CrossEntropyLoss(reduction="none")}, '"mean" or "sum"'),
        ({"penalty": L2(small(), 0.1)}, "penalty was made for another model"),
        ({"schedule": CosineAnnealingLR(SGD(small(), lr=1), T_max=3)}, "schedule was made for another"),
        ({"rng": 0}, "default_rng"),
        ({"y": np.eye(2, dtype=int)[Y]}, "probabilities"),
        ({"loss": CrossEntropyLoss(weight=[2.0])}, "each of 2 classes"),
    ],
)
def test_what_would_train_something_else_is_refused(change, message):
    model = small()
    settings = {"loss": LOSS, "y": Y, "rng": rng()} | FIT | change
    loss, y = settings.pop("loss"), settings.pop("y")
    with pytest.raises((ValueError, TypeError), match=message):
        fit(model, loss, SGD(model, lr=0.1), X, y, **settings)
    with pytest.raises(TypeError, match="closure"):
        fit(model, LOSS, LBFGS(model), X, Y, rng=rng(), **FIT)
    np.testing.assert_array_equal(model.flat, small().flat)


def test_a_loss_used_by_a_callback_measures_its_own_batch():
    model, seen = small(), []

    class Look:
        def __call__(self, run):
            pass

        def on_step(self, run):
            seen.append(LOSS.forward(run.model.forward(X[:2]), np.eye(2)[Y[:2]]))

    fit(model, LOSS, SGD(model, lr=0.1), X, Y, batch_size=4, num_epochs=1, rng=rng(), callbacks=[Look()])
    assert seen[-1] == pytest.approx(LOSS.forward(predict(model, X[:2]), Y[:2]))


def test_early_stopping_goes_back_to_the_best_epoch_when_the_epochs_run_out():
    model = small()
    options = {"batch_size": 5, "num_epochs": 40, "validation": (X[:7], 1 - Y[:7]), "rng": rng()}
    history = fit(model, LOSS, SGD(model, lr=0.5), X, Y, callbacks=[EarlyStopping(patience=100)], **options)
    losses = history["validation_loss"]
    assert min(losses) < losses[-1]
    assert evaluate(model, LOSS, (X[:7], 1 - Y[:7]))["validation_loss"] == min(losses)


def test_early_stopping_goes_back_to_the_best_epoch():
    model = small()
    stopping = EarlyStopping(patience=2)
    seen = []

    def remember(run):
        seen.append(run.model.flat.copy())

    history = fit(
        model,
        LOSS,
        SGD(model, lr=0.5),
        X,
        Y,
        batch_size=5,
        num_epochs=500,
        rng=rng(),
        validation=(X[:7], 1 - Y[:7]),
        callbacks=[remember, stopping],
    )
    losses = history["validation_loss"]
    best = int(losses.argmin())
    assert len(losses) == best + 3 < 500
    assert stopping.best_epoch == best + 1
    np.testing.assert_array_equal(model.flat, seen[best])
    with pytest.raises(ValueError, match=r"watches 'validation_loss', the history has"):
        fit(model, LOSS, SGD(model), X, Y, rng=rng(), callbacks=[EarlyStopping(patience=1)], **FIT)


def test_a_loss_that_is_not_a_number_stops_the_training_and_says_what_to_try(capsys):
    model = small()
    history = fit(model, MSELoss(), SGD(model, lr=1e200), X, X[:, :2], batch_size=5, num_epochs=50, rng=rng())
    assert history.diverged
    assert len(history.epochs) < 50
    assert "learning rate ten times smaller" in history.advice
    assert f"at step {np.argmin(np.isfinite(history.losses)) + 1}" in history.advice
    assert history.advice in capsys.readouterr().out
    assert history.advice in repr(history)
    model = small()
    fine = fit(model, LOSS, SGD(model, lr=0.1), X, Y, rng=rng(), **FIT)
    assert not fine.diverged
    assert fine.advice == capsys.readouterr().out == ""


def test_control_c_keeps_what_was_learnt():
    model, start = small(), small()

    def interrupt(run):
        if len(run.history.epochs) == 2:
            raise KeyboardInterrupt

    history = fit(model, LOSS, SGD(model, lr=0.1), X, Y, rng=rng(), callbacks=[interrupt], **FIT)
    assert history.interrupted
    assert len(history.epochs) == 2
    assert (model.flat != start.flat).all()
    assert model.backward(model.forward(X)).shape == X.shape


def test_an_error_in_a_callback_leaves_the_model_usable():
    model = small()

    def fail(run):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        fit(model, LOSS, SGD(model, lr=0.1), X, Y, rng=rng(), callbacks=[fail], **FIT)
    assert model.backward(model.forward(X)).shape == X.shape
    assert not model.layers[0].training


def test_step_callbacks_schedules_and_penalties_are_called_when_they_should():
    class Steps:
        count = 0

        def on_step(self, run):
            self.count += 1

        def __call__(self, run):
            assert self.count == len(run.history.losses)

    model, steps = small(), Steps()
    optimizer = SGD(model, lr=0.1)
    schedule = CosineAnnealingLR(optimizer, T_max=15)
    arguments = {"rng": rng(), "callbacks": [steps], "schedule": schedule, "schedule_per": "step"}
    fit(model, LOSS, optimizer, X, Y, penalty=L2(model, 0.1), **arguments, **FIT)
    assert steps.count == 15
    assert abs(optimizer.lr) < 1e-12
    plain, decayed = small(), small()
    fit(plain, LOSS, SGD(plain, lr=0.1), X, Y, rng=rng(), penalty=L2(plain, 0.1), **FIT)
    fit(decayed, LOSS, SGD(decayed, lr=0.1), X, Y, rng=rng(), **FIT)
    assert np.abs(plain.layers[0].W).sum() < np.abs(decayed.layers[0].W).sum()


def test_validation_and_metrics_are_measured_in_evaluation_mode():
    model = Sequential(
        Linear(3, 6, rng=rng()), BatchNorm(6), Dropout(0.5, rng=rng()), Linear(6, 2, rng=rng())
    )
    accuracy = {"accuracy": lambda logits, y: float((logits.argmax(1) == y).mean())}
    history = fit(
        model, LOSS, SGD(model, lr=0.1), X, Y, rng=rng(), validation=(X, Y), metrics=accuracy, **FIT
    )
    logits = predict(model, X)
    assert history["validation_loss"][-1] == LOSS.forward(logits, Y)
    assert history["validation_accuracy"][-1] == (logits.argmax(1) == Y).mean()
    assert evaluate(model, LOSS, (X, Y)) == {"validation_loss": history["validation_loss"][-1]}
    model.train()
    predict(model, X)
    assert model.layers[1].training
    fleet = Fleet([small(seed) for seed in range(2)])
    row = evaluate(fleet, LOSS, (X, Y), accuracy)
    assert row["validation_loss"].shape == row["validation_accuracy"].shape == (2,)


def test_predicting_in_batches_changes_nothing():
    model, fleet = small(), Fleet([small(0), small(1)])
    np.testing.assert_allclose(predict(model, X, batch_size=4), model.forward(X), atol=1e-15)
    out = predict(fleet, X, batch_size=4)
    np.testing.assert_allclose(out, np.asarray(fleet.forward(X)), atol=1e-15)
    assert type(out) is np.ndarray


def test_predictions_are_never_the_data_themselves():
    rows = X.copy()
    predict(Sequential(Flatten()), rows)[...] = 0
    np.testing.assert_array_equal(rows, X)


def test_predictions_made_during_training_are_ones_own():
    model, many = small(), rng(3).normal(size=(2500, 3))
    frames, losses = [], []

    def look(run):
        frames.append(predict(run.model, X))
        losses.append(LOSS.forward(run.model.forward(many), np.zeros(2500, int)))

    watched = {"callbacks": [look], "validation": (many, np.zeros(2500, int))}
    history = fit(model, LOSS, SGD(model, lr=0.1), X, Y, rng=rng(), **watched, **FIT)
    np.testing.assert_allclose(history["validation_loss"], losses, rtol=1e-12)
    assert not np.array_equal(frames[0], frames[1])
    np.testing.assert_allclose(frames[2], model.forward(X), atol=1e-15)


@pytest.mark.parametrize(
    "first", [ReLU(), Flatten(), Residual(Linear(3, 3, rng=rng())), Dropout(0.1, rng=rng()), BatchNorm(3)]
)
def test_any_layer_may_come_first(first):
    model = Sequential(copy.deepcopy(first), Linear(3, 2, rng=rng()))
    history = fit(model, LOSS, SGD(model, lr=0.1), X, Y, rng=rng(), **FIT)
    assert history["loss"][-1] < history["loss"][0]
    pictures = Sequential(MaxPool2d(2), Flatten(), Linear(4, 2, rng=rng()))
    fit(pictures, LOSS, SGD(pictures, lr=0.1), rng().normal(size=(23, 1, 4, 4)), Y, rng=rng(), **FIT)
    one = Linear(3, 2, rng=rng())
    fit(one, LOSS, SGD(one, lr=0.1), X, Y, rng=rng(), **FIT)


def test_an_optimizer_of_another_model_is_refused():
    with pytest.raises(ValueError, match="made for another model"):
        fit(small(), LOSS, SGD(small()), X, Y, rng=rng(), **FIT)
    fleet = Fleet([small(0), small(1)])
    stopping = EarlyStopping(patience=1, monitor="loss")
    with pytest.raises(ValueError, match="one model"):
        fit(fleet, LOSS, SGD(fleet), X, Y, rng=rng(), callbacks=[stopping], **FIT)


def test_float32_and_whole_numbers_are_taken():
    model = small(dtype=np.float32)
    history = fit(model, LOSS, Adam(model), X, Y, rng=rng(), **FIT)
    assert model.flat.dtype == predict(model, X).dtype == np.float32
    assert np.isfinite(history.losses).all()
    whole = np.round(X * 3).astype(int)
    a, b = small(), small()
    fit(a, LOSS, SGD(a, lr=0.1), whole, Y, rng=rng(), **FIT)
    fit(b, LOSS, SGD(b, lr=0.1), whole.astype(float), Y, rng=rng(), **FIT)
    np.testing.assert_array_equal(a.flat, b.flat)
    words = Sequential(Embedding(4, 3, rng=rng()), Flatten(), Linear(6, 2, rng=rng()))
    history = fit(words, LOSS, SGD(words, lr=0.5), rng().integers(4, size=(23, 2)), Y, rng=rng(), **FIT)
    assert history["loss"][-1] < history["loss"][0]


def test_the_data_are_left_alone():
    before = X.copy(), Y.copy()
    model = small()
    fit(model, LOSS, SGD(model, lr=0.1), X, Y, rng=rng(), validation=(X, Y), **FIT)
    np.testing.assert_array_equal(X, before[0])
    np.testing.assert_array_equal(Y, before[1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": Y[:5]}, r"\(23, 3\) and \(5,\)"),
        ({"X": X[:0], "y": Y[:0]}, "at least one"),
        ({"batch_size": 0}, "from 1 on, got 0"),
        ({"batch_size": 2.5}, "got 2.5"),
        ({"X": X[:, :2]}, r"\(n, 3\), got \(1, 2\)"),
        ({"y": Y + 1}, r"0\.\.1, got int64"),
        ({"y": Y.astype(float)}, "float64"),
        ({"rng": [rng(), rng()]}, "got 2"),
    ],
)
def test_data_that_do_not_go_together_are_refused(change, message):
    model = small()
    arguments = {"X": X, "y": Y, "rng": rng()} | FIT | change
    with pytest.raises(ValueError, match=message):
        fit(model, CrossEntropyLoss(), SGD(model, lr=0.1), **arguments)
    np.testing.assert_array_equal(model.flat, small().flat)


def test_history_names_what_it_has_and_draws_itself():
    from matplotlib.figure import Figure

    history = History()
    assert repr(history) == "History(empty)"
    with pytest.raises(KeyError, match=r"No 'loss'"):
        history["loss"]
    model = small()
    history = fit(model, LOSS, SGD(model, lr=0.1), X, Y, rng=rng(), validation=(X, Y), **FIT)
    with pytest.raises(KeyError, match=r"No 'accuracy'.*validation_loss"):
        history["accuracy"]
    ax = Figure().subplots()
    assert len(history.plot(ax).lines) == 2
    assert len(history.plot(Figure().subplots(), per="step").lines[0].get_xdata()) == 15
    with pytest.raises(ValueError, match="'batch'"):
        history.plot(ax, per="batch")
    np.testing.assert_allclose(history["loss"], np.reshape(history.losses, (3, 5)).mean(axis=1))


def test_the_progress_bar_waits_a_second_and_takes_itself_away(monkeypatch, capsys):
    history, clock = History(), iter([0.0, 0.9, 1.1, 1.2, 3.0])
    history.losses = [1.0]
    history.end_epoch(steps=1)
    monkeypatch.setattr(_progress.time, "perf_counter", lambda: next(clock))
    monkeypatch.delitem(_progress.sys.modules, "ipykernel", raising=False)
    monkeypatch.delenv("HELPERS_PROGRESS", raising=False)
    bar = _progress.ProgressBar(4, True)
    shown = []
    for epoch in range(1, 5):
        bar.show(epoch, history)
        shown.append("epoch" in capsys.readouterr().err)
    assert shown == [False, True, False, True]
    bar.close()
    assert capsys.readouterr().err.strip() == ""
    monkeypatch.setenv("HELPERS_PROGRESS", "0")
    monkeypatch.setattr(_progress.time, "perf_counter", iter([0.0, 9.0]).__next__)
    _progress.ProgressBar(4, True).show(1, history)
    assert capsys.readouterr().err == ""


def test_weights_go_to_pytorch_and_back():
    model, other = picture_net(), picture_net(seed=3)
    net = torch_picture_net()
    net.load_state_dict(to_torch(model), strict=False)
    from_torch(other, net)
    np.testing.assert_array_equal(other.flat, model.flat)
    pictures = rng().normal(size=(5, 1, 4, 4))
    net.eval()
    np.testing.assert_allclose(
        other.eval().forward(pictures), net(torch.tensor(pictures)).detach(), atol=1e-12
    )
    nested = Sequential(Residual(Linear(2, 2, rng=rng())), Linear(2, 1, rng=rng()))
    assert list(to_torch(nested)) == ["0.0.weight", "0.0.bias", "1.weight", "1.bias"]


def test_a_state_dict_that_does_not_fit_changes_nothing():
    model = small()
    before = model.flat.copy()
    weights = to_torch(model)
    with pytest.raises(ValueError, match=r"\['2.bias'\] are missing, \['2.extra'\] are left over"):
        from_torch(model, {name.replace("2.bias", "2.extra"): w for name, w in weights.items()})
    weights["0.weight"] = weights["0.weight"] + 1
    weights["2.weight"] = weights["2.weight"].T
    with pytest.raises(ValueError, match=r"2.weight has shape \(6, 2\)"):
        from_torch(model, weights)
    np.testing.assert_array_equal(model.flat, before)
