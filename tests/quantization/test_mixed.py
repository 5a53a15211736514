"""Bits under a budget: the solver against exhaustive search, and what sensitivity measures."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.nn import CrossEntropyLoss, Linear, ReLU, Sequential
from helpers.quantization.maps import minmax, signed, symmetric
from helpers.quantization.mixed import allocate, sensitivity, weight_bits, with_weights_of
from tests.thorough import examples


def totals(costs, sizes, choice):
    layers = range(len(costs))
    return sum(sizes[i][choice[i]] for i in layers), sum(costs[i][choice[i]] for i in layers)


def exhaustive(costs, sizes, budget):
    """The least cost, and the least size at it, of all choices that fit."""
    found = []
    for choice in itertools.product(range(len(costs[0])), repeat=len(costs)):
        size, cost = totals(costs, sizes, choice)
        if size <= budget:
            found.append((cost, size))
    return min(found)


@settings(max_examples=examples(200))
@given(
    st.integers(1, 5).flatmap(
        lambda layers: st.integers(1, 4).flatmap(
            lambda choices: st.tuples(
                *(
                    st.lists(
                        st.lists(numbers, min_size=choices, max_size=choices),
                        min_size=layers,
                        max_size=layers,
                    )
                    for numbers in (st.integers(-20, 20), st.integers(0, 12))
                ),
                st.floats(0, 1),
            )
        )
    )
)
def test_it_finds_what_exhaustive_search_finds(problem):
    costs, sizes, share = problem
    smallest, largest = (sum(end(row) for row in sizes) for end in (min, max))
    budget = smallest + share * (largest - smallest)
    size, cost = totals(costs, sizes, allocate(costs, sizes, budget))
    assert size <= budget
    assert (cost, size) == exhaustive(costs, sizes, budget)


def test_thirty_layers_take_no_time():
    rng = np.random.default_rng(0)
    sizes = np.multiply.outer(rng.integers(1, 9, 30), [2, 3, 4, 6, 8])
    costs = -np.sort(-rng.random((30, 5)), axis=1)
    chosen = allocate(costs, sizes, budget=4 * sizes[:, 0].sum() / 2)
    size, cost = totals(costs, sizes, chosen)
    assert size <= 2 * sizes[:, 0].sum()
    assert cost < costs[:, 2].sum()  # 4 bits everywhere, of the same size


@pytest.mark.parametrize(
    ("costs", "sizes", "budget", "says"),
    [
        ([[1, 2]], [[4, 8]], 3, "smallest choices together take 4, the budget is 3"),
        ([[1, 2]], [[4]], 9, "(layers, choices) both"),
        ([1, 2], [4, 8], 9, "(layers, choices) both"),
        ([[1, np.nan]], [[4, 8]], 9, "finite"),
        ([[1, 2]], [[-4, 8]], 9, "from 0 on"),
    ],
)
def test_what_cannot_be_solved_is_told(costs, sizes, budget, says):
    with pytest.raises(ValueError, match=says.replace("(", r"\(").replace(")", r"\)")):
        allocate(costs, sizes, budget)


def model(seed=0):
    rng = np.random.default_rng(seed)
    return Sequential(Linear(6, 5, rng=rng), ReLU(), Linear(5, 3, rng=rng))


def test_only_the_layers_named_change_and_the_model_stays():
    net = model()
    before = net.flat.copy()
    coarse = with_weights_of(net, [3, None], per_channel=False)
    W = net.layers[0].W
    assert (symmetric(*minmax(W), signed(3))(W) == coarse.layers[0].W).all()
    assert (coarse.layers[2].W == net.layers[2].W).all()
    assert (net.flat == before).all()
    with pytest.raises(ValueError, match="one number or 2"):
        with_weights_of(net, [3])


def test_sensitivity_is_the_rise_of_one_layer_alone():
    rng = np.random.default_rng(1)
    net, X, y, loss = model(), rng.normal(size=(40, 6)), rng.integers(0, 3, 40), CrossEntropyLoss()
    rises = sensitivity(net, loss, (X, y), [2, 8])
    assert rises.shape == (2, 2)
    for layer, bits in ((0, [2, None]), (1, [None, 2])):
        rise = loss.forward(with_weights_of(net, bits).forward(X), y) - loss.forward(net.forward(X), y)
        assert rises[layer, 0] == pytest.approx(rise, abs=1e-12)
    assert np.abs(rises[:, 1]).max() < 0.01 < np.abs(rises[:, 0]).max()


def test_sizes_are_weights_times_bits():
    assert weight_bits(model(), [2, 8]).tolist() == [[60, 240], [30, 120]]
