"""What lesson 14 shares with its explorer: the last place, the text, the model of characters, sampling."""

import numpy as np
import pytest

from helpers._tables import rows
from helpers.explore import sequences as explorer
from helpers.nn.containers import Sequential
from helpers.nn.fleet import Fleet
from helpers.nn.gradient_check import layer_check
from helpers.nn.recurrent import RNN
from helpers.sequences import LETTERS, WINDOW, Last, characters, definitions, encode, tempered


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def model():
    return characters()


def test_the_last_place_and_its_slope():
    X = rng().normal(size=(2, 4, 3))
    np.testing.assert_array_equal(Last().forward(X), X[:, -1])
    assert max(layer_check(Last(), X, rng(1)).values()) < 1e-6
    with pytest.raises(ValueError, match=r"T from 1 on, got \(2, 0, 3\)"):
        Last().forward(np.zeros((2, 0, 3)))


def test_the_last_place_in_a_fleet_is_that_of_a_recurrent_layer():
    def make(seed, last):
        layer = RNN(3, 4, last=last, rng=rng(seed))
        return Sequential(layer) if last else Sequential(layer, Last())

    X, d = rng(1).normal(size=(5, 6, 3)), rng(2).normal(size=(5, 4))
    ours, theirs = (Fleet([make(seed, last) for seed in range(3)]) for last in (False, True))
    np.testing.assert_allclose(np.asarray(ours.forward(X)), np.asarray(theirs.forward(X)), atol=1e-12)
    np.testing.assert_allclose(np.asarray(ours.backward(d)), np.asarray(theirs.backward(d)), atol=1e-12)


def test_every_definition_is_in_one_text():
    texts = definitions()
    assert [text.count("\n") - 1 for text in texts.values()] == [len(rows("terms.csv")) - 80, 40, 40]
    lines = [line for text in texts.values() for line in text.split("\n") if line]
    assert len(lines) == len(set(lines)) == len(rows("terms.csv"))
    assert "".join(LETTERS[i] for i in encode(texts["test"])) == texts["test"]


def test_a_temperature_sharpens_and_top_k_cuts():
    logits = rng().normal(size=(3, len(LETTERS)))
    plain = tempered(logits)
    np.testing.assert_allclose(plain, np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))
    cold, three = tempered(logits, temperature=0.1), tempered(logits, top_k=3)
    assert (cold.max(axis=1) > plain.max(axis=1)).all()
    assert ((three > 0).sum(axis=1) == 3).all()
    np.testing.assert_allclose(three.sum(axis=1), 1)
    with pytest.raises(ValueError, match="above 0, got 0"):
        tempered(logits, temperature=0)


def test_the_model_learnt_and_does_not_see_what_it_is_asked_for(model):
    text = definitions()["validation"][:400]
    surprise = model.surprise(text)
    assert np.exp(surprise.mean()) < 8 < len(LETTERS)
    changed = text[:-1] + ("a" if text[-1] != "a" else "b")
    np.testing.assert_allclose(model.surprise(changed)[:-1], surprise[:-1], atol=1e-12)
    assert model.surprise(changed)[-1] != surprise[-1]


def test_a_shorter_look_back_is_that_of_a_shorter_text(model):
    text = definitions()["test"][: WINDOW + 1]
    (surprise,) = model.surprise(text, back=5)
    p = tempered(model.logits(text[-6:-1])[-1])
    np.testing.assert_allclose(surprise, -np.log(p[encode(text[-1])[0]]), atol=1e-12)


def test_samples_are_drawn_from_the_probabilities(model):
    first = model.sample(2000, 1, rng(), temperature=0.8)
    p = tempered(model.logits("\n")[-1], temperature=0.8)
    shares = np.array([first.count(letter) for letter in LETTERS]) / 2000
    np.testing.assert_allclose(shares, p, atol=0.05)
    assert model.sample(2, 30, rng(1)) == model.sample(2, 30, rng(1))
    assert len(set(model.sample(3, 30, rng(1), top_k=1))) == 1  # nothing is left to chance


def test_what_the_explorer_says_is_what_the_model_did():
    text, logits, weights = explorer.read()
    np.testing.assert_allclose(weights.sum(axis=-1), 1)
    told = explorer.sentence(10, 2, 1.0)
    most = int(weights[1, 9].argmax())
    assert f"Head 2 looks most at '{explorer.named(text[most])}'" in told
    assert f"with {weights[1, 9, most]:.2f}" in told
    assert f"'{explorer.named(LETTERS[logits[9].argmax()])}'" in told
