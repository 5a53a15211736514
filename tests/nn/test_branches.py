"""Concat and Tied: several ways through a model, and one matrix in two places, against PyTorch."""

import copy
import pickle

import numpy as np
import pytest
import torch

from helpers.nn.activations import Tanh
from helpers.nn.branches import Concat, Tied
from helpers.nn.containers import Residual, Sequential
from helpers.nn.fleet import Fleet
from helpers.nn.gradient_check import layer_check
from helpers.nn.layers import Embedding, Flatten, Linear
from helpers.nn.losses import MSELoss
from helpers.nn.optimizers import SGD, Adam
from helpers.nn.recurrent import RNN
from helpers.nn.twins import from_torch, to_torch
from helpers.training import fit, load_checkpoint, predict, save_checkpoint
from tests.nn.twin import copies_are_their_own, descend, fleet_is_the_loop, rng, stays_float32, step


def side_by_side(seed=0):
    """Both branches see the same X."""
    branches = Sequential(Linear(3, 4, rng=rng(seed)), Tanh()), Linear(3, 2, rng=rng(seed + 1))
    return Sequential(Concat(*branches), Linear(6, 2, rng=rng(seed + 2)))


def two_inputs(seed=0):
    """Words, and numbers beside them."""
    words = Sequential(Embedding(9, 4, rng=rng(seed)), Flatten())
    return Sequential(Concat(words, Linear(3, 2, rng=rng(seed))), Linear(10, 2, rng=rng(seed)))


X = rng(1).normal(size=(5, 3))
PAIR = rng(2).integers(9, size=(5, 2)), X


def test_branches_of_one_input_are_pytorchs():
    model, x = side_by_side(), torch.tensor(X, requires_grad=True)
    W, b, V, c, U, e = (torch.tensor(p, requires_grad=True) for p in model.parameters().values())
    expected = torch.cat([torch.tanh(x @ W + b), x @ V + c], dim=-1) @ U + e
    out, d_out = model.forward(X), rng(3).normal(size=(5, 2))
    np.testing.assert_allclose(out, expected.detach(), rtol=0, atol=1e-10)
    expected.backward(torch.tensor(d_out))
    np.testing.assert_allclose(model.backward(d_out), x.grad, rtol=0, atol=1e-10)
    for ours, theirs in zip(model.gradients().values(), (W, b, V, c, U, e), strict=True):
        np.testing.assert_allclose(ours, theirs.grad, rtol=0, atol=1e-10)
    assert max(layer_check(model, X, rng()).values()) < 1e-6


def test_branches_with_an_input_each_are_pytorchs():
    model, (words, numbers) = two_inputs(), PAIR
    x = torch.tensor(numbers, requires_grad=True)
    E, V, c, U, e = (torch.tensor(p, requires_grad=True) for p in model.parameters().values())
    expected = torch.cat([E[torch.tensor(words)].flatten(1), x @ V + c], dim=-1) @ U + e
    np.testing.assert_allclose(model.forward(PAIR), expected.detach(), rtol=0, atol=1e-10)
    d_out = rng(3).normal(size=(5, 2))
    expected.backward(torch.tensor(d_out))
    d_words, d_numbers = model.backward(d_out)
    assert d_words.shape == words.shape
    np.testing.assert_allclose(d_numbers, x.grad, rtol=0, atol=1e-10)
    for ours, theirs in zip(model.gradients().values(), (E, V, c, U, e), strict=True):
        np.testing.assert_allclose(ours, theirs.grad, rtol=0, atol=1e-10)


def test_branches_of_sequences():
    model, X = Concat(RNN(3, 2, rng=rng()), Linear(3, 1, rng=rng())), rng(1).normal(size=(2, 4, 3))
    assert model.forward(X).shape == model.output_shape((2, 4, 3)) == (2, 4, 3)
    assert max(layer_check(model, X, rng()).values()) < 1e-6


@pytest.mark.parametrize(("make", "inputs"), [(side_by_side, X), (two_inputs, PAIR)])
def test_branches_in_fleets_and_copies(make, inputs):
    fleet_is_the_loop(make, inputs)
    copies_are_their_own(make, inputs)


def test_branches_keep_float32():
    branches = [Linear(3, 2, rng=rng(seed), dtype=np.float32) for seed in range(2)]
    stays_float32(Sequential(Concat(*branches)), X.astype(np.float32))


def test_who_takes_row_numbers():
    assert side_by_side().takes_indices is False
    assert Concat(*(Embedding(3, 2, rng=rng()) for _ in range(2))).takes_indices is True
    assert two_inputs().takes_indices == (True, False)
    words = Concat(Flatten(), Sequential(Flatten(), Embedding(3, 2, rng=rng())), Concat(Tanh(), Tanh()))
    assert words.takes_indices == (False, True, False)


def test_a_summary_of_branches():
    lines = two_inputs().summary(((5, 2), (5, 3))).splitlines()
    assert lines[1].split() == ["Concat", "(5,", "10)", "44"]
    lines = side_by_side().layers[0].summary((5, 3)).splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["Sequential", "(5,", "4)", "16"],
        ["Linear", "(5,", "2)", "8"],
        ["total", "24"],
    ]


def test_branches_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="2 branches, got a tuple of 3 inputs"):
        two_inputs().forward((*PAIR, X))
    model = Concat(Linear(3, 2, rng=rng()), Linear(3, 2, rng=rng()))
    with pytest.raises(ValueError, match=r"\(5, 2\), \(4, 2\)"):
        model.forward((X, X[:4]))
    with pytest.raises(ValueError, match=r"\(5, 2\), \(4, 2\)"):
        model.output_shape(((5, 3), (4, 3)))
    with pytest.raises(ValueError, match=r"\(n, 3\), got \(5, 4\)"):
        model.forward(np.zeros((5, 4)))


def test_training_with_two_inputs(edition):
    """`fit`, `evaluate` and `predict` take the tuple; one model, and a fleet of models."""
    (words, numbers), y = PAIR, rng(4).normal(size=(5, 2))
    settings = {"batch_size": 2, "num_epochs": 2, "validation": (PAIR, y)}

    def train(model):
        fit(model, MSELoss(), SGD(model, lr=0.1), (words, numbers), y, rng=rng(0), **settings)
        return model

    alone, fleet = (
        [train(two_inputs(seed)) for seed in range(2)],
        train(Fleet([two_inputs(0), two_inputs(1)])),
    )
    by_hand = two_inputs(0)
    shuffle = rng(0)
    for _ in range(2):
        order = shuffle.permutation(5)
        for rows in (order[:2], order[2:4], order[4:]):
            error = by_hand.forward((words[rows], numbers[rows])) - y[rows]
            by_hand.backward(2 * error / error.size)
            by_hand.flat -= 0.1 * by_hand.d_flat
    np.testing.assert_allclose(alone[0].flat, by_hand.flat, rtol=0, atol=1e-13)
    for one, member in zip(alone, fleet.unstack(), strict=True):
        np.testing.assert_allclose(member.flat, one.flat, rtol=0, atol=1e-13)
    in_parts = predict(by_hand, PAIR, batch_size=2)
    np.testing.assert_allclose(in_parts, by_hand.forward(PAIR), rtol=0, atol=1e-14)


# Tied ------------------------------------------------------------------------------------------------


def language(seed=0, dtype=np.float64):
    words = Embedding(7, 4, rng=rng(seed), dtype=dtype)
    middle = Residual(Linear(4, 4, rng=rng(seed + 1), dtype=dtype), Tanh())
    return Sequential(words, middle, Tied(words))


def autoencoder(seed=0):
    code = Linear(3, 2, rng=rng(seed))
    return Sequential(code, Tanh(), Tied(code))


WORDS = rng(3).integers(7, size=(3, 5))


class Language(torch.nn.Module):
    """The same in PyTorch, where `weight` is one parameter in two places."""

    def __init__(self):
        super().__init__()
        self.words, self.middle = torch.nn.Embedding(7, 4), torch.nn.Linear(4, 4)
        self.last = torch.nn.Linear(4, 7)
        self.last.weight = self.words.weight

    def forward(self, X):
        a = self.words(X)
        return self.last(a + torch.tanh(self.middle(a)))


def test_the_slopes_of_both_places_add_up_as_pytorchs():
    torch.manual_seed(0)
    model, net = language(), Language().double()
    names = {"words": "0", "middle": "1.0", "last": "2"}
    state = {names[key.split(".")[0]] + "." + key.split(".")[1]: p for key, p in net.state_dict().items()}
    from_torch(model, state)
    for name, tensor in to_torch(model).items():
        np.testing.assert_array_equal(tensor, state[name])
    for _ in range(3):  # what is left over from one step would show in the next
        out, expected = model.forward(WORDS), net(torch.tensor(WORDS))
        np.testing.assert_allclose(out, expected.detach(), rtol=0, atol=1e-10)
        d_out = rng(4).normal(size=out.shape)
        net.zero_grad()
        expected.backward(torch.tensor(d_out))
        model.backward(d_out)
        np.testing.assert_allclose(model.layers[0].dW, net.words.weight.grad, rtol=0, atol=1e-10)
        np.testing.assert_allclose(model.layers[2].db, net.last.bias.grad, rtol=0, atol=1e-10)
        model.flat -= 0.1 * model.d_flat
        with torch.no_grad():
            for parameter in net.parameters():
                parameter -= 0.1 * parameter.grad
    assert model.size == sum(p.numel() for p in net.parameters())


def test_a_tied_autoencoder_has_the_numerical_gradient():
    assert max(layer_check(autoencoder(), X, rng()).values()) < 1e-6


@pytest.mark.parametrize(("make", "inputs"), [(language, WORDS), (autoencoder, X)])
def test_ties_in_fleets_and_copies(make, inputs):
    fleet_is_the_loop(make, inputs)
    copies_are_their_own(make, inputs)
    fleet = Fleet([make(seed) for seed in range(3)])
    for model in (copy.deepcopy(make()), pickle.loads(pickle.dumps(make())), copy.deepcopy(fleet)):
        assert model.layers[-1].layer is model.layers[0]


def test_a_copy_in_the_middle_of_a_step_takes_nothing_along():
    model = language()
    d_out = rng(4).normal(size=model.forward(WORDS).shape)
    model.layers[-1].backward(d_out)
    copied = copy.deepcopy(model)
    np.testing.assert_array_equal(descend(copied, WORDS), descend(language(), WORDS))
    np.testing.assert_array_equal(descend(model, WORDS), descend(language(), WORDS))


def test_a_checkpoint_keeps_the_tie(tmp_path, edition):
    y = rng(4).normal(size=(3, 5, 7))

    def go_on(model, step, epochs, history=None):
        settings = {"batch_size": 2, "num_epochs": epochs, "rng": rng(0), "history": history}
        return fit(model, MSELoss(), step, WORDS, y, **settings)

    model, other = language(), language(seed=8)
    step, new_step = Adam(model, lr=0.1), Adam(other)
    save_checkpoint(tmp_path / "run.npz", model, step, history=go_on(model, step, 2))
    go_on(other, new_step, 2, load_checkpoint(tmp_path / "run.npz", other, new_step))
    go_on(model, step, 2)
    np.testing.assert_array_equal(other.flat, model.flat)
    untied = Sequential(Embedding(7, 4, rng=rng()), Residual(Linear(4, 4, rng=rng()), Tanh()))
    with pytest.raises(ValueError, match=r"model in run\.npz differs"):
        load_checkpoint(tmp_path / "run.npz", untied, Adam(untied))


def test_the_part_of_the_tie_is_added_once():
    model, alone = language(), Sequential(Embedding(7, 4, rng=rng()))
    step(model, WORDS)
    for net in (model, alone):
        d_out = rng(6).normal(size=net.layers[0].forward(WORDS).shape)
        net.layers[0].backward(d_out)
    np.testing.assert_array_equal(model.layers[0].dW, alone.layers[0].dW)


def test_two_ties_of_one_matrix():
    words = Embedding(5, 3, rng=rng())
    model = Sequential(words, Concat(Tied(words), Tied(words)))
    _, _, gradient = step(model, np.array([[1, 2]]))
    total, d_out = 0, rng(5).normal(size=(1, 2, 10))
    for part in (d_out[..., :5], d_out[..., 5:]):
        words = Embedding(5, 3, rng=rng())
        single = Sequential(words, Tied(words))
        single.forward(np.array([[1, 2]]))
        single.backward(part)
        total = total + single.layers[0].dW
    np.testing.assert_allclose(gradient[:15].reshape(5, 3), total, atol=1e-12)


def test_a_tie_across_containers():
    """The layer in one part of a model, the tie in another: as an encoder and a decoder have it."""

    def make(seed):
        words = Embedding(7, 4, rng=rng(seed))
        decoder = Sequential(Linear(4, 4, rng=rng(seed)), Tied(words))
        return Sequential(Sequential(words, Tanh()), decoder)

    def flat(seed):
        words = Embedding(7, 4, rng=rng(seed))
        return Sequential(words, Tanh(), Linear(4, 4, rng=rng(seed)), Tied(words))

    np.testing.assert_array_equal(descend(make(0), WORDS), descend(flat(0), WORDS))
    fleet_is_the_loop(make, WORDS)
    copies_are_their_own(make, WORDS)
    with pytest.raises(ValueError, match="same model, before itself"):
        copy.deepcopy(make(0).layers[1]).forward(np.zeros((2, 4)))


def test_ties_keep_float32():
    out, _, gradient = step(language(dtype=np.float32), WORDS)
    assert out.dtype == gradient.dtype == np.float32


def test_ties_that_cannot_work_are_refused():
    words, other = Embedding(7, 4, rng=rng()), Linear(4, 4, rng=rng())
    with pytest.raises(ValueError, match="same model, before itself"):
        Sequential(other, Tied(words), words)
    assert not words.owned  # a model that was refused keeps no layer
    model = Sequential(words, Residual(Linear(4, 7, rng=rng()), Linear(7, 4, rng=rng())), Tied(words))
    for lonely in (
        Tied(model.layers[0]),
        Sequential(Linear(4, 4, rng=rng()), Tied(model.layers[0])),
        Sequential(Embedding(7, 4, rng=rng()), copy.deepcopy(model.layers[-1])),
    ):
        with pytest.raises(ValueError, match="same model, before itself"):
            lonely.forward(np.zeros((2, 4), int))
    words = Embedding(7, 4, rng=rng())
    with pytest.raises(TypeError, match="Embedding or a Linear, got Tanh"):
        Tied(Tanh())
    tied = Tied(words)
    model = Sequential(words, tied)
    with pytest.raises(ValueError, match=r"\(n, …, 4\), got \(2, 3\)\. W has shape \(7, 4\)"):
        tied.forward(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"0\.weight and 1\.weight are one matrix"):
        from_torch(
            model,
            {"0.weight": np.ones((7, 4)), "1.weight": np.zeros((7, 4)), "1.bias": np.zeros(7)},
        )
    assert (words.W != 1).all()  # nothing was copied


def test_what_is_tied_to_what_makes_models_differ():
    def make(which):
        pair = [Linear(3, 3, rng=rng()), Linear(3, 3, rng=rng())]
        return Sequential(*pair, Tied(pair[which]))

    assert repr(make(0)) != repr(make(1))
    with pytest.raises(ValueError, match="same layers"):
        Fleet([make(0), make(1)])
