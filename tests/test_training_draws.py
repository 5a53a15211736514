"""`fit_each`: K models, each on rows of its own."""

import numpy as np
import pytest

from helpers.nn import L2, SGD, Dropout, Fleet, Linear, MSELoss, Sequential, Tanh
from helpers.training import fit_each

K, N = 3, 12


def rng(seed=0):
    return np.random.default_rng(seed)


X = rng(1).normal(size=(K, N, 2))
X[..., 0] = np.arange(K * N).reshape(K, N)  # every row has a number of its own
X /= X.max()
Y = rng(2).normal(size=(K, N, 1))


def small(seed):
    return Sequential(Linear(2, 4, rng=rng(seed)), Tanh(), Linear(4, 1, rng=rng(seed + 10)))


def trained(fleet, X=X, Y=Y, **options):
    options = {"batch_size": 5, "num_epochs": 2, "rng": rng(3)} | options
    seen = fit_each(fleet, MSELoss(), SGD(fleet, lr=0.1), X, Y, **options)
    return fleet, seen


def test_each_model_learns_what_it_learns_alone_from_its_own_rows():
    whole = {"batch_size": N, "num_epochs": 20}  # with all rows in a batch their order is nothing
    together, _ = trained(Fleet([small(k) for k in range(K)]), **whole)
    for k in range(K):
        alone, _ = trained(Fleet([small(k)]), X[k : k + 1], Y[k : k + 1], **whole)
        np.testing.assert_allclose(together.flat[k], alone.flat[0], atol=1e-12)
    assert np.abs(together.flat[0] - together.flat[1]).max() > 1e-3


def test_batches_are_the_loop_written_out_for_one_model():
    fleet, _ = trained(Fleet([small(0)]), X[:1], Y[:1])
    model, shuffle, loss = small(0), rng(3), MSELoss()
    optimizer = SGD(model, lr=0.1)
    for _ in range(2):
        order = shuffle.permuted(np.arange(N)[None], axis=1)[0]
        for batch in (order[:5], order[5:10], order[10:]):
            loss.forward(model.forward(X[0][batch]), Y[0][batch])
            model.backward(loss.backward())
            optimizer.step()
    np.testing.assert_allclose(fleet.flat[0], model.flat, atol=1e-12)


def test_every_epoch_each_model_sees_each_of_its_rows_once_and_in_its_own_order():
    batches = []
    trained(Fleet([small(k) for k in range(K)]), change=lambda batch, rng: batches.append(batch) or batch)
    assert [len(batch[0]) for batch in batches] == [5, 5, 2] * 2
    for epoch in (batches[:3], batches[3:]):
        numbers = np.concatenate(epoch, axis=1)[..., 0]
        np.testing.assert_array_equal(np.sort(numbers, axis=1), X[..., 0])
        places = numbers.argsort(axis=1)
        assert (places[0] != places[1]).any()


def test_it_learns_from_the_changed_inputs_and_leaves_the_data_alone():
    before, fleet = X.copy(), Fleet([small(k) for k in range(K)])
    weights, biases = (np.array(a) for a in (fleet.layers[0].W, fleet.layers[0].b))

    def blacken(batch, rng):
        batch[...] = 0
        return batch

    trained(fleet, change=blacken)
    np.testing.assert_array_equal(np.asarray(fleet.layers[0].W), weights)
    assert np.abs(np.asarray(fleet.layers[0].b) - biases).max() > 0
    np.testing.assert_array_equal(X, before)


def test_watching_is_done_after_each_epoch_in_evaluation_mode():
    fleet = Fleet(
        [
            Sequential(Linear(2, 4, rng=rng(k)), Dropout(0.5, rng=rng(k)), Linear(4, 1, rng=rng(k)))
            for k in range(K)
        ]
    )
    modes = trained(fleet, num_epochs=3, watch=lambda fleet: (fleet.layers[1].training, fleet.flat.sum()))[1]
    assert [training for training, _ in modes] == [False] * 3
    assert len({total for _, total in modes}) == 3
    assert not fleet.layers[1].training


def test_a_penalty_pulls_at_every_step():
    plain, pulled = (Fleet([small(k) for k in range(K)]) for _ in range(2))
    trained(plain)
    trained(pulled, penalty=L2(pulled, 0.5))
    assert (np.abs(pulled.flat).sum(axis=1) < np.abs(plain.flat).sum(axis=1)).all()


@pytest.mark.parametrize("rows", [(X[:2], Y[:2]), (X, Y[:, :5]), (X[0], Y[0])], ids=["K", "n", "no K"])
def test_rows_that_are_not_those_of_k_models_are_refused(rows):
    fleet = Fleet([small(k) for k in range(K)])
    with pytest.raises(ValueError, match=r"each of 3 models"):
        trained(fleet, *rows)


def test_a_batch_has_a_row_or_more():
    with pytest.raises(ValueError, match="batch_size must be at least 1, got 0"):
        trained(Fleet([small(k) for k in range(K)]), batch_size=0)
