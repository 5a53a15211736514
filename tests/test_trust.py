"""Attacks stay within ε and do harm, a fleet is attacked as its models are, and Shapley values are exact."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.nn import CrossEntropyLoss, Fleet, Linear, Sequential, Tanh
from helpers.trust import attack, attacked_batch, input_gradient, shapley

RNG = np.random.default_rng(0)
X, Y = RNG.random((6, 5)), RNG.integers(0, 3, 6)


def network(seed: int) -> Sequential:
    rng = np.random.default_rng(seed)
    return Sequential(Linear(5, 8, rng=rng), Tanh(), Linear(8, 3, rng=rng))


def loss(model: Sequential, pictures: np.ndarray) -> float:
    return float(CrossEntropyLoss().forward(model.forward(pictures), Y))


def test_the_slope_by_the_input_is_the_one_that_differences_give() -> None:
    model, h = network(0), 1e-6
    slope = input_gradient(model, X, Y)
    for place in [(0, 0), (3, 2), (5, 4)]:
        up, down = X.copy(), X.copy()
        up[place] += h
        down[place] -= h
        assert slope[place] == pytest.approx((loss(model, up) - loss(model, down)) / (2 * h), rel=1e-5)


@pytest.mark.parametrize("steps", [1, 7])
def test_an_attack_stays_within_eps_and_raises_the_loss(steps: int) -> None:
    model = network(0)
    rng = np.random.default_rng(1) if steps > 1 else None
    changed = attack(model, X, Y, 0.05, steps=steps, step=0.05, rng=rng)
    assert np.abs(changed - X).max() <= 0.05 + 1e-12
    assert changed.min() >= 0
    assert changed.max() <= 1
    assert loss(model, changed) > loss(model, X)


def test_more_steps_do_at_least_the_harm_of_one() -> None:
    model = network(0)
    one, many = attack(model, X, Y, 0.3), attack(model, X, Y, 0.3, steps=40, step=0.02)
    assert loss(model, many) >= loss(model, one)


def test_eps_0_changes_nothing_and_below_0_is_refused() -> None:
    np.testing.assert_array_equal(attack(network(0), X, Y, 0.0, steps=3), X)
    with pytest.raises(ValueError, match="from 0 on"):
        attack(network(0), X, Y, -0.1)


def test_a_fleet_is_attacked_as_each_of_its_models() -> None:
    models, eps = [network(0), network(1)], [0.1, 0.2]
    apart = [attack(model, X, Y, e, steps=3, step=0.07) for model, e in zip(models, eps, strict=True)]
    both = attack(
        Fleet(models), np.stack([X, X]), np.stack([Y, Y]), np.array(eps)[:, None, None], steps=3, step=0.07
    )
    np.testing.assert_allclose(both, apart, atol=1e-12)


def test_a_batch_for_training_moves_by_eps_at_most_away_from_its_own_answer() -> None:
    model = network(0)
    says = model.forward(X).argmax(axis=-1)
    changed = attacked_batch(model, X, 0.1, np.random.default_rng(0))
    assert np.abs(changed - X).max() <= 0.1 + 1e-12
    own = CrossEntropyLoss()
    assert own.forward(model.forward(changed), says) > own.forward(model.forward(X), says)


def by_all_orders(value: np.ndarray, parts: int) -> np.ndarray:
    """The definition in words: what each part adds when it comes in, averaged over all orders."""
    total = np.zeros(parts)
    for order in itertools.permutations(range(parts)):
        inside = 0
        for part in order:
            total[part] += value[inside + 2**part] - value[inside]
            inside += 2**part
    return total / math.factorial(parts)


@given(st.integers(1, 5), st.integers(0, 1000))
def test_shapley_values_are_the_mean_over_all_orders_and_sum_to_the_whole(parts: int, seed: int) -> None:
    value = np.random.default_rng(seed).normal(size=2**parts)
    found = shapley(lambda on: value[on @ 2 ** np.arange(parts)], parts)
    np.testing.assert_allclose(found, by_all_orders(value, parts), atol=1e-12)
    assert found.sum() == pytest.approx(value[-1] - value[0])


@pytest.mark.parametrize("parts", [0, 21, 2.5])
def test_too_many_parts_or_none_are_refused(parts: float) -> None:
    with pytest.raises((ValueError, TypeError), match="parts"):
        shapley(lambda on: on.sum(axis=1), parts)  # type: ignore[arg-type]
