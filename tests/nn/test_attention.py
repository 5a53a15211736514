"""Attention and positions against PyTorch in float64, and against numerical gradients."""

import numpy as np
import pytest
import torch

from helpers.nn.activations import GELU
from helpers.nn.attention import Attention, Position
from helpers.nn.branches import Tied
from helpers.nn.containers import Residual, Sequential
from helpers.nn.fleet import Fleet
from helpers.nn.gradient_check import layer_check
from helpers.nn.layers import Embedding, Linear
from helpers.nn.losses import CrossEntropyLoss
from helpers.nn.normalization import LayerNorm
from helpers.nn.optimizers import Adam
from helpers.nn.twins import from_torch, to_torch
from helpers.training import fit, predict
from tests.nn.twin import copies_are_their_own, fleet_is_the_loop, rng, stays_float32

SETTINGS = pytest.mark.parametrize(("num_heads", "causal"), [(1, False), (2, True), (6, False), (3, True)])


def twins(num_heads=2, causal=False):
    """Ours and PyTorch's with the same random weights, biases too."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.MultiheadAttention(6, num_heads, batch_first=True)).double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.normal_()
    return from_torch(Sequential(Attention(6, num_heads, causal=causal, rng=rng())), net), net


@SETTINGS
@pytest.mark.parametrize("padded", [False, True])
def test_values_and_gradients_are_pytorchs(num_heads, causal, padded):
    model, net = twins(num_heads, causal)
    layer, theirs = model.layers[0], net[0]
    X, d_out = rng(1).normal(size=(3, 5, 6)), rng(2).normal(size=(3, 5, 6))
    padding = np.arange(5) >= np.array([[5], [3], [1]]) if padded else None
    X_t = torch.tensor(X, requires_grad=True)
    expected, weights = theirs(
        X_t,
        X_t,
        X_t,
        key_padding_mask=torch.tensor(padding) if padded else None,
        attn_mask=torch.ones(5, 5, dtype=torch.bool).triu(1) if causal else None,
        average_attn_weights=False,
    )
    for _ in range(2):
        np.testing.assert_allclose(layer.forward(X, padding), expected.detach(), rtol=0, atol=1e-10)
        np.testing.assert_allclose(layer.weights, weights.detach(), rtol=0, atol=1e-10)
        dX = layer.backward(d_out)
    expected.backward(torch.tensor(d_out))
    np.testing.assert_allclose(dX, X_t.grad, rtol=0, atol=1e-10)
    for ours, parameter in (
        (np.concatenate([layer.dW_q, layer.dW_k, layer.dW_v], axis=1).T, theirs.in_proj_weight),
        (np.concatenate([layer.db_q, layer.db_k, layer.db_v]), theirs.in_proj_bias),
        (layer.dW_o.T, theirs.out_proj.weight),
        (layer.db_o, theirs.out_proj.bias),
    ):
        np.testing.assert_allclose(ours, parameter.grad, rtol=0, atol=1e-10)


@pytest.mark.parametrize("causal", [False, True])
def test_a_head_is_pytorchs_scaled_dot_product(causal):
    layer, X = Attention(4, 2, causal=causal, rng=rng()), rng(1).normal(size=(2, 5, 4))
    layer.forward(X)
    Q, K, V = (torch.tensor(np.ascontiguousarray(part)) for part in (layer.Q, layer.K, layer.V))
    expected = torch.nn.functional.scaled_dot_product_attention(Q, K, V, is_causal=causal)
    np.testing.assert_allclose(layer.heads(layer.context), expected, rtol=0, atol=1e-10)


@SETTINGS
def test_backward_is_the_numerical_gradient(num_heads, causal):
    layer = Attention(6, num_heads, causal=causal, rng=rng())
    layer.b_k = rng(3).normal(size=6)
    errors = layer_check(layer, rng(1).normal(size=(2, 3, 6)), rng(2))
    errors.pop("b_k")  # it adds the same to all scores of a row: its slope is 0, but for rounding
    assert np.abs(layer.db_k).max() < 1e-12
    assert max(errors.values()) < 1e-6


def test_a_causal_layer_does_not_see_the_future_and_weights_sum_to_one():
    layer, X = Attention(4, 2, causal=True, rng=rng()), rng(1).normal(size=(2, 5, 4))
    before = layer.forward(X)
    X[:, 3:] += 1
    np.testing.assert_array_equal(layer.forward(X)[:, :3], before[:, :3])
    np.testing.assert_allclose(layer.weights.sum(axis=-1), 1)
    d_out = np.zeros((2, 5, 4))
    d_out[:, 1] = 1
    assert (layer.backward(d_out)[:, 2:] == 0).all()


def test_a_place_that_sees_nothing_gets_nothing_and_no_nan():
    layer, X = Attention(4, 2, causal=True, rng=rng()), rng(1).normal(size=(1, 3, 4))
    layer.b_o = [1, 2, 3, 4]
    padding = np.array([[True, False, False]])  # the first place may look at itself only, and may not
    out = layer.forward(X, padding)
    np.testing.assert_array_equal(out[0, 0], [1, 2, 3, 4])
    assert (layer.weights[0, :, 0] == 0).all()
    assert np.isfinite(layer.backward(np.ones((1, 3, 4)))).all()


def test_order_is_nothing_to_attention_without_positions():
    layer, X = Attention(4, 2, rng=rng()), rng(1).normal(size=(1, 5, 4))
    order = rng(2).permutation(5)
    np.testing.assert_allclose(layer.forward(X[:, order]), layer.forward(X)[:, order], atol=1e-12)
    both = Sequential(Position(5, 4), layer)
    assert np.abs(both.forward(X[:, order]) - both.forward(X)[:, order]).max() > 0.1


def test_weights_go_to_pytorch_and_back():
    model, net = twins()
    for name, tensor in to_torch(model).items():
        np.testing.assert_array_equal(tensor, net.state_dict()[name])
    assert set(to_torch(model)) == set(net.state_dict())


def test_the_start_is_pytorchs():
    layer, theirs = Attention(100, 4, rng=rng()), torch.nn.MultiheadAttention(100, 4)
    bound = theirs.in_proj_weight.abs().max().item()
    for W in (layer.W_q, layer.W_k, layer.W_v):
        assert abs(np.abs(W).max() - bound) < 1e-3
    assert abs(np.abs(layer.W_o).max() - theirs.out_proj.weight.abs().max().item()) < 1e-3
    assert not any(b.any() for b in (layer.b_q, layer.b_k, layer.b_v, layer.b_o))


@SETTINGS
def test_fleets_copies_and_float32(num_heads, causal):
    def make(seed):
        inner = Attention(6, num_heads, causal=causal, rng=rng(seed))
        return Sequential(inner, Linear(6, 2, rng=rng(seed + 9)))

    X = rng(1).normal(size=(3, 3, 6))
    fleet_is_the_loop(make, X)
    copies_are_their_own(make, X)
    single = Attention(6, num_heads, causal=causal, rng=rng(), dtype=np.float32)
    stays_float32(Sequential(single), X.astype(np.float32))


def test_padding_in_a_fleet():
    alone = [Sequential(Attention(4, 2, rng=rng(seed))) for seed in range(3)]
    fleet, X, padding = Fleet(alone), rng(1).normal(size=(2, 3, 4)), np.array([[0, 0, 1], [0, 1, 1]], bool)
    out = fleet.layers[0].forward(fleet.for_each(X), padding)
    for k, one in enumerate(alone):
        np.testing.assert_allclose(out[k], one.layers[0].forward(X, padding), atol=1e-13)


def test_positions_are_the_papers():
    out = Position(50, 6).forward(np.zeros((1, 20, 6)))[0]
    for t in (0, 1, 19):
        for i in (0, 1, 2):
            angle = t / 10_000 ** (2 * i / 6)
            np.testing.assert_allclose(out[t, 2 * i : 2 * i + 2], [np.sin(angle), np.cos(angle)], atol=1e-12)
    assert Position(3, 5).forward(np.ones((1, 3, 5))).shape == (1, 3, 5)  # an odd d has one cosine fewer
    assert Position(50, 6).size == 0


def test_learnt_positions_are_pytorchs():
    words, places = torch.nn.Embedding(9, 4).double(), torch.nn.Embedding(7, 4).double()
    model = Sequential(Embedding(9, 4, rng=rng()), Position(7, 4, learned=True, rng=rng()))
    from_torch(model, {"0.weight": words.weight, "1.weight": places.weight})
    X, d_out = rng(1).integers(9, size=(3, 5)), rng(2).normal(size=(3, 5, 4))
    expected = words(torch.tensor(X)) + places(torch.arange(5))
    np.testing.assert_allclose(model.forward(X), expected.detach(), rtol=0, atol=1e-12)
    expected.backward(torch.tensor(d_out))
    for _ in range(2):
        model.backward(d_out)
    np.testing.assert_allclose(model.layers[0].dW, words.weight.grad, rtol=0, atol=1e-12)
    np.testing.assert_allclose(model.layers[1].dW, places.weight.grad, rtol=0, atol=1e-12)
    assert 0.015 < Position(50, 50, learned=True, rng=rng()).W.std() < 0.025


@pytest.mark.parametrize("learned", [False, True])
def test_positions_in_fleets_copies_and_float32(learned):
    def make(seed):
        return Sequential(Position(7, 4, learned=learned, rng=rng(seed)), Linear(4, 2, rng=rng(seed + 9)))

    X = rng(1).normal(size=(3, 5, 4))
    fleet_is_the_loop(make, X)
    copies_are_their_own(make, X)
    layer = Position(7, 4, learned=learned, rng=rng(), dtype=np.float32)
    stays_float32(Sequential(layer, Linear(4, 2, rng=rng(), dtype=np.float32)), X.astype(np.float32))
    assert max(layer_check(Position(7, 4, learned=learned, rng=rng()), X, rng()).values()) < 1e-6


def transformer(seed=0, d=16):
    words = Embedding(8, d, rng=rng(seed))
    return Sequential(
        words,
        Position(12, d),
        Residual(LayerNorm(d), Attention(d, 2, causal=True, rng=rng(seed + 1))),
        Residual(
            LayerNorm(d), Linear(d, 2 * d, rng=rng(seed + 2)), GELU(), Linear(2 * d, d, rng=rng(seed + 3))
        ),
        Tied(words),
    )


def test_a_small_transformer_learns_to_name_the_word_before():
    X = rng(1).integers(8, size=(100, 10))
    before = np.roll(X, 1, axis=1)
    before[:, 0] = X[:, 0]
    model = transformer()
    fit(model, CrossEntropyLoss(), Adam(model, lr=0.01), X, before, batch_size=20, num_epochs=30, rng=rng(0))
    assert (predict(model, X).argmax(axis=-1) == before).mean() > 0.95
    weights = model.layers[2].layers[1].weights.mean(axis=(0, 1))  # what was learnt is there to be seen
    np.testing.assert_array_equal(weights.argmax(axis=1)[1:], np.arange(9))
    fleet_is_the_loop(transformer, X[:3], atol=1e-12)


def test_wrong_shapes_and_arguments_are_refused():
    layer = Attention(4, 2, rng=rng())
    with pytest.raises(ValueError, match=r"\(n, T, 4\), got \(2, 3, 5\).*\(4, 4\)"):
        layer.forward(np.zeros((2, 3, 5)))
    with pytest.raises(ValueError, match=r"\(n, T, 4\), got \(2, 4\)"):
        layer.forward(np.zeros((2, 4)))
    with pytest.raises(ValueError, match=r"shape \(2, 3\) .* bool \(3, 2\)"):
        layer.forward(np.zeros((2, 3, 4)), np.zeros((3, 2), bool))
    with pytest.raises(ValueError, match=r"booleans.*int64"):
        layer.forward(np.zeros((2, 3, 4)), np.zeros((2, 3), int))
    with pytest.raises(ValueError, match="divide embedding_dim 4, got 3"):
        Attention(4, 3, rng=rng())
    with pytest.raises(ValueError, match=r"up to 5, 4\), got \(2, 6, 4\)"):
        Position(5, 4).forward(np.zeros((2, 6, 4)))
    with pytest.raises(ValueError, match=r"up to 5, 4\), got \(2, 3, 3\)"):
        Position(5, 4).forward(np.zeros((2, 3, 3)))
    with pytest.raises(TypeError, match="rng is a generator"):
        Position(5, 4, learned=True)
    assert "causal=True" in repr(Attention(4, 2, causal=True, rng=rng()))
    assert "learned=False" in repr(Position(5, 4))
