"""The forward pass is the published model's, whatever the order and the company of a text."""

import numpy as np
import pytest
import torch

from helpers.minilm.model import LAYERS, embed, linear, read_tokenizer, read_weights
from helpers.minilm.observe import MATRICES, TABLE, as_tensor, watch_inputs, with_matrices, with_products
from helpers.minilm.retrieval import load_reference
from helpers.minilm.sizes import IN_ALL, IN_MATRICES, IN_TABLE, megabytes, parts


@pytest.fixture(scope="module")
def weights():
    return read_weights()


@pytest.fixture(scope="module")
def tokenizer():
    return read_tokenizer()


def test_equal_to_what_another_program_computed(weights, tokenizer):
    texts, vectors = load_reference()
    np.testing.assert_allclose(embed(texts, tokenizer, weights), vectors, atol=1e-5)


def test_order_and_company_of_a_text_change_nothing(weights, tokenizer):
    texts, _ = load_reference()
    alone = torch.cat([embed([text], tokenizer, weights) for text in texts])
    np.testing.assert_allclose(embed(texts[::-1], tokenizer, weights).flip(0), alone, atol=1e-5)
    np.testing.assert_allclose(embed(texts, tokenizer, weights, batch_size=2), alone, atol=1e-5)


def test_a_wrong_weight_would_be_seen(weights, tokenizer):
    texts, vectors = load_reference()
    for name in ("embeddings.token_type_embeddings.weight", f"{MATRICES[-1]}.bias"):
        spoilt = {**weights, name: 1.2 * weights[name]}  # a shift would be taken out by the norm
        assert np.abs(embed(texts, tokenizer, spoilt).numpy() - vectors).max() > 1e-4, name


def test_all_products_go_through_linear_once(weights, tokenizer):
    called = []

    def counting(x, name, weights):
        called.append(name)
        return linear(x, name, weights)

    embed(["one"], tokenizer, weights, counting)
    assert called == list(MATRICES)
    assert len(MATRICES) == 6 * LAYERS


def test_what_is_watched_is_what_comes_in(weights, tokenizer):
    name = "encoder.layer.1.output.dense"
    texts = ["a short text", "and a text that is somewhat longer"]
    seen = watch_inputs(texts, tokenizer, weights, moments=True, keep=[name])
    X = np.concatenate(seen[name].by_text).astype(float)
    assert seen[name].n == len(X) == sum(len(tokenizer.encode(text).ids) for text in texts)
    np.testing.assert_allclose(seen[name].moments, X.T @ X / len(X), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(seen[name].largest, abs(X).max(axis=0))
    np.testing.assert_allclose(seen[name].sizes, abs(X).mean(axis=0))
    assert seen["encoder.layer.0.attention.self.key"] is seen["encoder.layer.0.attention.self.query"]
    assert list(seen[MATRICES[0]].by_text) == []
    assert set(seen) == set(MATRICES)


def test_replaced_matrices_and_products_are_used(weights, tokenizer):
    before = embed(["a text"], tokenizer, weights)
    same = with_matrices(weights, lambda name, W: W.copy())
    np.testing.assert_array_equal(embed(["a text"], tokenizer, same), before)
    product = with_products(lambda X, name, W: X @ W)
    np.testing.assert_allclose(embed(["a text"], tokenizer, weights, product), before, atol=1e-5)
    zero = with_matrices(weights, lambda name, W: 0 * W)
    assert (embed(["a text"], tokenizer, zero) - before).abs().max() > 0.01
    assert all(
        zero[name] is weights[name] for name in weights if name.removesuffix(".weight") not in MATRICES
    )


def test_a_tensor_is_a_copy():
    W = np.ones((2, 3))
    as_tensor(W)[0, 0] = 5
    assert W[0, 0] == 1


def test_sizes_are_counted(weights):
    counts = parts(weights)
    assert sum(counts.values()) == IN_ALL
    assert counts["attention"] + counts["feed-forward"] == IN_MATRICES
    assert counts["table of words"] == weights[TABLE].numel() == IN_TABLE
    assert megabytes(32, None) == 4 * IN_ALL / 1e6
