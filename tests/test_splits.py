"""What every split promises, tried on data that Hypothesis invents."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import KFold, StratifiedKFold

from helpers import splits
from tests.thorough import examples

seeds = st.integers(0, 2**32 - 1)
shares = st.floats(0.05, 0.95)


def for_all(*strategies):
    """Hypothesis' `given`, with as many examples as the machine of a learner finishes in a moment."""
    return lambda test: settings(max_examples=examples(60))(given(*strategies)(test))


def rng(seed):
    return np.random.default_rng(seed)


def assert_partition(n, *parts):
    for part in parts:
        assert part.ndim == 1
        assert part.dtype.kind == "i"
        assert part.size > 0
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(n))


def assert_same(first, second):
    """Equal row for row: two splits, or two lists of splits."""
    for a, b in zip(first, second, strict=True):
        if isinstance(a, tuple):
            assert_same(a, b)
        else:
            np.testing.assert_array_equal(a, b)


@st.composite
def labels(draw, least=2):
    """Class labels, at least `least` of each class, in random order."""
    counts = draw(st.lists(st.integers(least, 30), min_size=1, max_size=6))
    y = np.repeat(np.arange(len(counts)), counts)
    return rng(draw(seeds)).permutation(y)


@for_all(st.integers(2, 300), shares, seeds)
def test_holdout_is_a_partition_of_the_asked_size(n, test_size, seed):
    if not 0 < round(n * test_size) < n:
        with pytest.raises(ValueError, match="choose a size"):
            splits.holdout(n, test_size, rng(seed))
        return
    train, test = splits.holdout(n, test_size, rng(seed))
    assert_partition(n, train, test)
    assert len(test) == round(n * test_size)
    assert_same((train, test), splits.holdout(n, test_size, rng(seed)))


def test_holdout_shuffles_and_seeds_differ():
    a, b = splits.holdout(100, 0.2, rng(0))[1], splits.holdout(100, 0.2, rng(1))[1]
    assert not np.array_equal(np.sort(a), np.sort(b))
    assert not np.array_equal(np.sort(a), np.arange(20))
    often = np.zeros(20)
    for seed in range(500):
        often[splits.holdout(20, 0.25, rng(seed))[1]] += 1
    assert often.min() > 80, "every row should be tested in about a quarter of 500 splits"
    assert often.max() < 170


@for_all(st.integers(3, 300), shares, shares, seeds)
def test_three_way(n, validation_size, test_size, seed):
    n_validation, n_test = round(n * validation_size), round(n * test_size)
    if min(n_validation, n_test) < 1 or n_validation + n_test >= n:
        with pytest.raises(ValueError, match="size"):
            splits.three_way(n, validation_size, test_size, rng(seed))
        return
    parts = splits.three_way(n, validation_size, test_size, rng(seed))
    assert_partition(n, *parts)
    assert [len(p) for p in parts] == [n - n_validation - n_test, n_validation, n_test]
    assert_same(parts, splits.three_way(n, validation_size, test_size, rng(seed)))


@for_all(labels(), shares, seeds)
def test_stratified_holdout_keeps_the_shares(y, test_size, seed):
    n, k, n_test = len(y), len(np.unique(y)), round(len(y) * test_size)
    if min(n_test, n - n_test) < k:
        with pytest.raises(ValueError, match="test_size"):
            splits.stratified_holdout(y, test_size, rng(seed))
        return
    train, test = splits.stratified_holdout(y, test_size, rng(seed))
    assert_partition(n, train, test)
    assert len(test) == n_test
    exact = np.bincount(y) * n_test / n
    assert np.abs(np.bincount(y[test], minlength=k) - exact).max() < 1
    assert_same((train, test), splits.stratified_holdout(y, test_size, rng(seed)))


def test_stratified_holdout_shuffles_within_and_between_classes():
    y = np.repeat([0, 1], 50)
    train, test = splits.stratified_holdout(y, 0.2, rng(0))
    assert set(y[test][:10]) == {0, 1}
    assert set(y[train][:10]) == {0, 1}
    assert not np.array_equal(test, np.sort(test))
    assert not np.array_equal(np.sort(test), np.sort(splits.stratified_holdout(y, 0.2, rng(1))[1]))


def test_equal_remainders_are_shared_out_by_chance():
    y = np.repeat(np.arange(4), 5)  # a test set of 10: two and a half of each class
    got = np.array([np.bincount(y[splits.stratified_holdout(y, 10, rng(s))[1]]) for s in range(200)])
    assert (got.mean(axis=0) > 2.3).all()
    assert (got.mean(axis=0) < 2.7).all()


@for_all(st.lists(st.integers(0, 12), min_size=2, max_size=80), shares, seeds)
def test_group_holdout_shares_no_group(groups, test_size, seed):
    groups = np.array([f"patient {g}" for g in groups])
    k = len(np.unique(groups))
    if k < 2 or max(1, round(k * test_size)) >= k:
        with pytest.raises(ValueError, match="group"):
            splits.group_holdout(groups, test_size, rng(seed))
        return
    train, test = splits.group_holdout(groups, test_size, rng(seed))
    assert_partition(len(groups), train, test)
    assert not set(groups[train]) & set(groups[test])
    assert len(set(groups[test])) == max(1, round(k * test_size))
    assert_same((train, test), splits.group_holdout(groups, test_size, rng(seed)))


def test_group_holdout_draws_the_groups():
    groups = np.repeat(np.arange(20), 3)
    tests = {tuple(splits.group_holdout(groups, 0.2, rng(s))[1]) for s in range(20)}
    assert len(tests) > 15


@for_all(st.integers(2, 300), shares)
def test_time_split_trains_on_the_past(n, test_size):
    if not 0 < round(n * test_size) < n:
        return
    train, test = splits.time_split(n, test_size)
    assert_partition(n, train, test)
    assert train.max() < test.min()
    assert len(test) == round(n * test_size)


@for_all(st.integers(2, 120), st.data())
def test_k_fold_tests_every_row_once(n, draw):
    k, seed = draw.draw(st.integers(2, n)), draw.draw(seeds)
    folds = splits.k_fold(n, k, rng(seed))
    for train, test in folds:
        assert_partition(n, train, test)
    assert_partition(n, *[test for _, test in folds])
    sizes = [len(test) for _, test in KFold(k).split(np.zeros(n))]
    assert [len(test) for _, test in folds] == sizes
    assert_same(folds, splits.k_fold(n, k, rng(seed)))


def test_k_fold_shuffles():
    assert not np.array_equal(splits.k_fold(50, 5, rng(0))[0][1], splits.k_fold(50, 5, rng(1))[0][1])


@for_all(labels(least=5), st.integers(2, 5), seeds)
def test_stratified_k_fold_spreads_each_class(y, k, seed):
    folds = splits.stratified_k_fold(y, k, rng(seed))
    for train, test in folds:
        assert_partition(len(y), train, test)
        exact = np.bincount(y) / k
        assert np.abs(np.bincount(y[test], minlength=len(exact)) - exact).max() < 1
    assert_partition(len(y), *[test for _, test in folds])
    ours = sorted(len(test) for _, test in folds)
    assert ours == sorted(len(test) for _, test in StratifiedKFold(k).split(y, y))
    assert_same(folds, splits.stratified_k_fold(y, k, rng(seed)))


@for_all(st.lists(st.integers(0, 12), min_size=2, max_size=80), st.data())
def test_group_k_fold_shares_no_group(groups, draw):
    groups = np.array(groups)
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        return
    k, seed = draw.draw(st.integers(2, n_groups)), draw.draw(seeds)
    folds = splits.group_k_fold(groups, k, rng(seed))
    for train, test in folds:
        assert_partition(len(groups), train, test)
        assert not set(groups[train]) & set(groups[test])
    assert_partition(len(groups), *[test for _, test in folds])
    assert np.ptp([len(set(groups[test])) for _, test in folds]) <= 1
    assert_same(folds, splits.group_k_fold(groups, k, rng(seed)))


def test_labels_may_be_words_and_sizes_may_be_counts():
    y = np.array(["cat"] * 6 + ["dog"] * 3)
    _, test = splits.stratified_holdout(y, 3, rng(0))
    assert sorted(y[test]) == ["cat", "cat", "dog"]
    assert len(splits.holdout(10, np.int64(4), rng(0))[1]) == 4
    assert len(set(y[splits.group_holdout(y, 1, rng(0))[1]])) == 1
    assert splits.time_split(4, 1)[1].tolist() == [3]


GOOD = np.random.default_rng(0)
REFUSED = [
    (
        lambda: splits.holdout(10, 0.0, GOOD),
        ValueError,
        "test_size must be a share between 0 and 1, .* got 0.0",
    ),
    (lambda: splits.holdout(10, 1.0, GOOD), ValueError, "share between 0 and 1, .* got 1.0"),
    (lambda: splits.holdout(10, -0.2, GOOD), ValueError, "got -0.2"),
    (lambda: splits.holdout(10, float("nan"), GOOD), ValueError, "got nan"),
    (lambda: splits.holdout(10, 20, GOOD), ValueError, "is 20: that leaves nothing to train on"),
    (lambda: splits.holdout(10, 0, GOOD), ValueError, "is 0: that is nothing in that part"),
    (lambda: splits.holdout(3, 0.1, GOOD), ValueError, "gives 1 to 2"),
    (lambda: splits.holdout(3, 0.9, GOOD), ValueError, "nothing to train on"),
    (lambda: splits.holdout(1, 0.5, GOOD), ValueError, "at least 2 samples to split, got 1"),
    (lambda: splits.holdout(10, "0.2", GOOD), TypeError, "got '0.2'"),
    (lambda: splits.holdout(10, True, GOOD), TypeError, "got True"),
    (lambda: splits.holdout(10.0, 0.2, GOOD), TypeError, "n_samples must be a whole number, got 10.0"),
    (lambda: splits.holdout(10, 0.2, 42), TypeError, r"rng=np.random.default_rng\(42\)"),
    (lambda: splits.three_way(10, 0.5, 0.5, GOOD), ValueError, "take 5 \\+ 5 of 10 samples"),
    (lambda: splits.three_way(10, 0.01, 0.5, GOOD), ValueError, "validation_size=0.01"),
    (
        lambda: splits.stratified_holdout([0, 0, 0, 1], 0.5, GOOD),
        ValueError,
        "class 1 has 1 of the 4 samples",
    ),
    (lambda: splits.stratified_holdout(["a", "a", "b"], 1, GOOD), ValueError, "class 'b' has 1"),
    (
        lambda: splits.stratified_holdout([0, 0, 1, 1, 2, 2], 0.3, GOOD),
        ValueError,
        "2 test samples for 3 classes",
    ),
    (lambda: splits.stratified_holdout(np.zeros((4, 2)), 0.5, GOOD), ValueError, r"got shape \(4, 2\)"),
    (lambda: splits.stratified_holdout([0, 1, np.nan, 1], 0.5, GOOD), ValueError, "1 missing .* in row 2"),
    (lambda: splits.stratified_holdout([], 0.5, GOOD), ValueError, "y is empty"),
    (lambda: splits.group_holdout([1, 1, 1], 0.5, GOOD), ValueError, "one group only"),
    (
        lambda: splits.group_holdout([1, 2], 0.9, GOOD),
        ValueError,
        "2 groups is 2: that leaves nothing to train",
    ),
    (
        lambda: splits.group_holdout(np.array(["a", 1], dtype=object), 0.5, GOOD),
        TypeError,
        "groups mixes int and str",
    ),
    (
        lambda: splits.group_holdout(np.array(["a", None], dtype=object), 0.5, GOOD),
        ValueError,
        "groups has 1 missing",
    ),
    (lambda: splits.time_split(5, 1.5), ValueError, "got 1.5"),
    (lambda: splits.k_fold(3, 4, GOOD), ValueError, "n_splits=4 is more than the 3 samples; .* use 2 to 3"),
    (lambda: splits.k_fold(3, 1, GOOD), ValueError, "n_splits must be at least 2, got 1"),
    (lambda: splits.k_fold(3, 2.0, GOOD), TypeError, "n_splits must be a whole number"),
    (
        lambda: splits.stratified_k_fold([0, 0, 0, 1, 1], 3, GOOD),
        ValueError,
        "class 1 has 2 of the 5 .* least 3",
    ),
    (lambda: splits.group_k_fold([1, 1, 2], 3, GOOD), ValueError, "more than the 2 groups"),
]


@pytest.mark.parametrize(("call", "error", "words"), REFUSED)
def test_refused_with_clear_words(call, error, words):
    with pytest.raises(error, match=words):
        call()
