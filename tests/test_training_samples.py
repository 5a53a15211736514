"""What `fit` does with samples: weights, rows of words, numbers of words, gradients seen on the way."""

import numpy as np
import pytest
import torch

from helpers.nn import (
    SGD,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    Embedding,
    Flatten,
    Fleet,
    LayerNorm,
    Linear,
    MSELoss,
    RMSELoss,
    Sequential,
    Tanh,
)
from helpers.training import fit, predict

pytestmark = pytest.mark.usefixtures("edition")


def rng(seed=0):
    return np.random.default_rng(seed)


X, LABELS, NUMBERS = rng(5).normal(size=(23, 3)), rng(6).integers(2, size=23), rng(7).normal(size=(23, 2))
WEIGHTS = rng(8).integers(4, size=23)


def small(seed=0, bias=True):
    return Sequential(Linear(3, 6, bias=bias, rng=rng(seed)), Tanh(), Linear(6, 2, rng=rng(seed + 1)))


LOSSES = {
    "mse": (MSELoss, {}, NUMBERS),
    "binary": (BCEWithLogitsLoss, {}, (NUMBERS > 0).astype(float)),
    "cross-entropy": (CrossEntropyLoss, {}, LABELS),
    "cross-entropy, all": (
        CrossEntropyLoss,
        {"weight": [1, 3], "label_smoothing": 0.1, "ignore_index": -1},
        np.where(np.arange(23) % 5 == 0, -1, LABELS),
    ),
}


def train(model, loss, y, X=X, **options):
    settings = {"batch_size": len(X), "num_epochs": 3, "rng": rng(1)} | options
    return fit(model, loss, SGD(model, lr=0.05), X, y, **settings)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("name", LOSSES)
def test_whole_numbers_as_weights_are_rows_that_come_so_often(name, reduction):
    make, options, y = LOSSES[name]
    weighted, repeated = small(), small()
    one = train(weighted, make(reduction=reduction, **options), y, sample_weight=WEIGHTS)
    other = train(
        repeated,
        make(reduction=reduction, **options),
        np.repeat(y, WEIGHTS, axis=0),
        np.repeat(X, WEIGHTS, axis=0),
    )
    np.testing.assert_allclose(one.losses, other.losses, rtol=1e-12)
    np.testing.assert_allclose(weighted.flat, repeated.flat, rtol=0, atol=1e-12)
    assert not np.allclose(weighted.flat, small().flat)


def test_a_weighted_root_mean_square():
    weighted, repeated = small(), small()
    train(weighted, RMSELoss(), NUMBERS, sample_weight=WEIGHTS)
    train(repeated, RMSELoss(), np.repeat(NUMBERS, WEIGHTS, axis=0), np.repeat(X, WEIGHTS, axis=0))
    np.testing.assert_allclose(weighted.flat, repeated.flat, rtol=0, atol=1e-12)


def test_weights_are_shuffled_with_their_rows():
    model, slow, loss, order = small(), small(), MSELoss(), rng(1)
    fit(
        model,
        loss,
        SGD(model, lr=0.1),
        X,
        NUMBERS,
        batch_size=5,
        num_epochs=2,
        rng=rng(1),
        sample_weight=WEIGHTS,
    )
    optimizer = SGD(slow, lr=0.1)
    for _ in range(2):
        rows = order.permutation(23)
        for i in range(0, 23, 5):
            batch = rows[i : i + 5]
            loss.forward(slow.forward(X[batch]), NUMBERS[batch], WEIGHTS[batch])
            slow.backward(loss.backward())
            optimizer.step()
    np.testing.assert_array_equal(model.flat, slow.flat)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("name", LOSSES)
def test_weighted_batches_gathered_are_the_large_batch(name, reduction):
    make, options, y = LOSSES[name]
    large, gathered = small(), small()
    for model, extras in ((large, {}), (gathered, {"batch_size": 5, "accumulate": 99})):
        train(model, make(reduction=reduction, **options), y, sample_weight=WEIGHTS, **extras)
    np.testing.assert_allclose(gathered.flat, large.flat, rtol=0, atol=1e-13)


def test_a_fleet_with_weights():
    alone, fleet = [small(seed) for seed in range(3)], Fleet([small(seed) for seed in range(3)])
    history = train(fleet, CrossEntropyLoss(), LABELS, sample_weight=WEIGHTS, batch_size=5)
    losses = [
        train(one, CrossEntropyLoss(), LABELS, sample_weight=WEIGHTS, batch_size=5).losses for one in alone
    ]
    np.testing.assert_allclose(np.array(history.losses).T, losses, rtol=1e-14)
    for one, member in zip(alone, fleet.unstack(), strict=True):
        np.testing.assert_array_equal(member.flat, one.flat)


@pytest.mark.parametrize("weights", [np.ones(22), np.ones((23, 1)), -np.ones(23), np.full(23, np.nan)])
def test_other_weights_are_refused(weights):
    with pytest.raises(ValueError, match="one number from 0 on for each of 23 samples"):
        train(small(), MSELoss(), NUMBERS, sample_weight=weights)


def words(seed=0):
    layers = Linear(3, 4, bias=False, rng=rng(seed)), LayerNorm(4), Linear(4, 2, rng=rng(seed))
    return Sequential(*layers)


@pytest.mark.parametrize("weight", [None, [1.0, 3.0]])
def test_a_label_for_every_word_is_pytorchs(weight):
    X, y = rng(1).normal(size=(12, 5, 3)), rng(2).integers(2, size=(12, 5))
    y[:, -1] = -100
    model, fleet, generator = words(), Fleet([words(0), words(1)]), rng(1)
    loss = CrossEntropyLoss(ignore_index=-100, weight=weight)
    for net in (model, fleet):
        settings = {"batch_size": 5, "num_epochs": 2, "rng": rng(1)}
        history = fit(net, loss, SGD(net, lr=0.1), X, y, **settings)
    theirs = [torch.tensor(p, requires_grad=True) for p in words().parameters().values()]
    optimizer = torch.optim.SGD(theirs, lr=0.1)
    for _ in range(2):
        order = generator.permutation(12)
        for i in range(0, 12, 5):
            batch, (W, scale, shift, V, c) = order[i : i + 5], theirs
            hidden = torch.nn.functional.layer_norm(torch.tensor(X[batch]) @ W, (4,), scale, shift)
            value = torch.nn.functional.cross_entropy(
                (hidden @ V + c).movedim(-1, 1),
                torch.tensor(y[batch]),
                weight=None if weight is None else torch.tensor(weight, dtype=torch.float64),
            )
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
    expected = np.concatenate([p.detach().numpy().ravel() for p in theirs])
    np.testing.assert_allclose(model.flat, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(fleet.unstack()[0].flat, expected, rtol=0, atol=1e-12)
    assert history.losses[-1][0] == pytest.approx(value.item(), abs=1e-12)
    assert predict(model, X).shape == (12, 5, 2)


def test_numbers_of_words_stay_whole_behind_a_flatten():
    X, y = rng(1).integers(5, size=(23, 2, 2)), rng(2).normal(size=(23, 4, 3))
    model = Sequential(Flatten(), Embedding(5, 3, rng=rng()))
    history = fit(model, MSELoss(), SGD(model, lr=1), X, y, batch_size=5, num_epochs=3, rng=rng())
    assert history["loss"][-1] < history["loss"][0]
    assert predict(model, X).shape == (23, 4, 3)


def test_a_callback_can_have_the_gradient_of_the_input():
    seen = []

    class Look:
        def __call__(self, run):
            pass

        def on_step(self, run):
            seen.append(run.model.backward(np.ones(run.model.forward(X).shape)))

    model = small()
    train(model, CrossEntropyLoss(), LABELS, callbacks=[Look()], num_epochs=1)
    model.forward(X)
    np.testing.assert_array_equal(seen[-1], model.backward(np.ones((23, 2))))
    other = small()
    train(other, CrossEntropyLoss(), LABELS, num_epochs=1)
    np.testing.assert_array_equal(model.flat, other.flat)  # and the training goes on as if nobody had looked
