"""Splits: which rows a model learns from, and which rows it is judged on.

Every function returns row numbers, not data, so that the same split serves `X`, `y`, the groups and
everything else that has one entry per sample. The idea is always the same: shuffle, then cut. What differs
is what is shuffled: rows, the rows of each class, whole groups, or (for time) nothing at all.

The share of n samples that goes into a part is `round(n * share)` (scikit-learn rounds a test set up). Where
several rows or classes have the same right to a place, `rng` decides. In `k_fold` and its kin, what
does not divide evenly goes to the first folds, one each.
"""

from typing import Any

import numpy as np

from helpers import _inputs

__all__ = [
    "group_holdout",
    "group_k_fold",
    "holdout",
    "k_fold",
    "stratified_holdout",
    "stratified_k_fold",
    "three_way",
    "time_split",
]

Split = tuple[np.ndarray, np.ndarray]


def holdout(n_samples: int, test_size: float, rng: np.random.Generator) -> Split:
    """Shuffle the rows and cut once: `train` and `test`, in shuffled order.

    `test_size` is a share between 0 and 1, or a whole number of samples. Together `train` and `test` have
    every row number in 0..n_samples-1 once. ValueError if one of them would be empty.
    Source: Hastie, Tibshirani and Friedman, *The Elements of Statistical Learning*, 7.2.

    >>> train, test = holdout(10, 0.3, np.random.default_rng(0))
    >>> len(train), len(test)
    (7, 3)
    """
    n_test = _size(n_samples, test_size, "test_size")
    order = _inputs.generator(rng).permutation(n_samples)
    return order[n_test:], order[:n_test]


def three_way(
    n_samples: int, validation_size: float, test_size: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shuffle and cut twice: `train` to learn from, `validation` to choose by, `test` to be judged on once.

    Both sizes are shares of all the samples (or whole numbers of them); the training set is what is left.
    The three have every row number once, in shuffled order. ValueError if one of them would be empty.

    >>> [len(part) for part in three_way(200, 0.15, 0.15, np.random.default_rng(0))]
    [140, 30, 30]
    """
    n_validation = _size(n_samples, validation_size, "validation_size")
    n_test = _size(n_samples, test_size, "test_size")
    if n_validation + n_test >= n_samples:
        raise ValueError(
            f"validation_size={validation_size} and test_size={test_size} take {n_validation} + {n_test} of "
            f"{n_samples} samples and leave none to train on; make them smaller"
        )
    order = _inputs.generator(rng).permutation(n_samples)
    test, validation, train = np.split(order, [n_test, n_test + n_validation])
    return train, validation, test


def stratified_holdout(y: Any, test_size: float, rng: np.random.Generator) -> Split:
    """Split so that every class has (nearly) the same share in `train` and `test`, in shuffled order.

    `y` (n,) are the classes. The size of the test set is that of `holdout`, and each class has its exact
    share of it, rounded up or down. ValueError if a class has a single member (it can only be on one side)
    or if a part has fewer samples than there are classes.
    Source: Kohavi, "A study of cross-validation and bootstrap", IJCAI 1995.

    >>> y = np.array([0] * 8 + [1] * 4)
    >>> train, test = stratified_holdout(y, 0.25, np.random.default_rng(0))
    >>> np.bincount(y[train]), np.bincount(y[test])
    (array([6, 3]), array([2, 1]))
    """
    y, rng = _inputs.column(y, "y"), _inputs.generator(rng)
    n_test = _size(len(y), test_size, "test_size")
    names, y, counts = _inputs.categories(y, "y", return_inverse=True, return_counts=True)
    _enough_of_each(names, counts, 2, "a stratified split puts some of each class on both sides")
    if min(n_test, len(y) - n_test) < len(names):
        raise ValueError(
            f"test_size={test_size} gives {len(y) - n_test} training and {n_test} test samples for "
            f"{len(names)} classes; both parts need at least as many samples as there are classes"
        )
    # The exact share of class c in the test set is counts[c] · n_test / n. Everyone gets the whole part;
    # what is left goes to the largest remainders, equal ones in random order.
    share, remainder = np.divmod(counts * n_test, len(y))
    first = np.lexsort([rng.permutation(len(names)), -remainder])
    share[first[: n_test - share.sum()]] += 1
    order = rng.permutation(len(y))
    members = [order[y[order] == c] for c in range(len(names))]
    test = np.concatenate([rows[:k] for rows, k in zip(members, share, strict=True)])
    train = np.concatenate([rows[k:] for rows, k in zip(members, share, strict=True)])
    return rng.permutation(train), rng.permutation(test)


def group_holdout(groups: Any, test_size: float, rng: np.random.Generator) -> Split:
    """Split whole groups: the rows of one patient, picture or day are all on one side.

    `groups` (n,) says which group a row is in. `test_size` is a share of the *groups*, rounded, at least one
    (or a whole number of groups). `train` and `test` keep the order of the rows.
    ValueError if fewer than two groups, or if no group is left to train on.

    >>> groups = np.array(["a", "a", "b", "c", "c"])
    >>> train, test = group_holdout(groups, 0.34, np.random.default_rng(0))
    >>> set(groups[train]) & set(groups[test])
    set()
    """
    groups, rng = _inputs.column(groups, "groups"), _inputs.generator(rng)
    names, group = _inputs.categories(groups, "groups", return_inverse=True)
    if len(names) < 2:
        raise ValueError(f"groups has one group only ({names[0]}); a split by group needs at least two")
    n_test = _size(len(names), test_size, "test_size", "groups", at_least_one=True)
    in_test = np.isin(group, rng.permutation(len(names))[:n_test])
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


def time_split(n_samples: int, test_size: float) -> Split:
    """Train on the past, test on the future: the last rows are the test set, nothing is shuffled.

    The rows must be in the order of time. ValueError if one of the parts would be empty.

    >>> time_split(5, 0.4)
    (array([0, 1, 2]), array([3, 4]))
    """
    n_test = _size(n_samples, test_size, "test_size")
    return np.arange(n_samples - n_test), np.arange(n_samples - n_test, n_samples)


def k_fold(n_samples: int, n_splits: int, rng: np.random.Generator) -> list[Split]:
    """Deal the shuffled rows into `n_splits` folds; each fold is the test set once.

    Returns `n_splits` pairs `(train, test)`, rows in order. The sizes of the folds differ by one at most.
    ValueError if n_splits < 2 or n_splits > n_samples.
    Source: Stone, "Cross-validatory choice and assessment of statistical predictions", 1974.

    >>> [test.size for train, test in k_fold(10, 3, np.random.default_rng(0))]
    [4, 3, 3]
    """
    _inputs.whole_number(n_samples, "n_samples", 1)
    _check_n_splits(n_splits, n_samples, "samples")
    return _deal(_inputs.generator(rng).permutation(n_samples), n_splits)


def stratified_k_fold(y: Any, n_splits: int, rng: np.random.Generator) -> list[Split]:
    """Like `k_fold`, with the members of each class spread evenly over the folds.

    Shuffled rows are sorted by class, then dealt like cards: so both the sizes of the folds and the number of
    each class in them differ by one at most. `y` (n,); rows in order.
    ValueError if n_splits < 2 or if a class has fewer than n_splits members.
    Source: Kohavi, "A study of cross-validation and bootstrap", IJCAI 1995.

    >>> y = np.array([0, 0, 0, 0, 1, 1])
    >>> [y[test].tolist() for train, test in stratified_k_fold(y, 2, np.random.default_rng(0))]
    [[0, 0, 1], [0, 0, 1]]
    """
    y, rng = _inputs.column(y, "y"), _inputs.generator(rng)
    _check_n_splits(n_splits, len(y), "samples")
    names, y, counts = _inputs.categories(y, "y", return_inverse=True, return_counts=True)
    _enough_of_each(names, counts, n_splits, f"n_splits={n_splits} puts some of each class in every fold")
    order = rng.permutation(len(y))
    return _deal(order[np.argsort(y[order], kind="stable")], n_splits)


def group_k_fold(groups: Any, n_splits: int, rng: np.random.Generator) -> list[Split]:
    """Like `k_fold`, dealing whole groups: no group is in the training and the test set of one split.

    `groups` (n,); the number of *groups* per fold differs by one at most, the number of rows may differ more.
    ValueError if n_splits < 2 or there are fewer than n_splits groups.

    >>> groups = np.array(["a", "a", "b", "c"])
    >>> [len(set(groups[test])) for train, test in group_k_fold(groups, 3, np.random.default_rng(0))]
    [1, 1, 1]
    """
    groups, rng = _inputs.column(groups, "groups"), _inputs.generator(rng)
    names, group = _inputs.categories(groups, "groups", return_inverse=True)
    _check_n_splits(n_splits, len(names), "groups")
    by_group = _deal(rng.permutation(len(names)), n_splits)
    tests = [np.isin(group, test) for _, test in by_group]
    return [(np.flatnonzero(~in_test), np.flatnonzero(in_test)) for in_test in tests]


def _deal(order: np.ndarray, n_splits: int) -> list[Split]:
    """The i-th row of `order` goes into fold i mod n_splits."""
    fold = np.empty(len(order), dtype=np.int64)
    fold[order] = np.arange(len(order)) % n_splits
    return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(n_splits)]


def _size(n: int, size: float, name: str, what: str = "samples", at_least_one: bool = False) -> int:
    """How many of `n` a part of this size has: at least one, and at least one is left over."""
    _inputs.whole_number(n, f"n_{what}", 1)
    if isinstance(size, bool) or not isinstance(size, int | float | np.integer | np.floating):
        raise TypeError(f"{name} must be a share between 0 and 1 or a number of {what}, got {size!r}")
    if isinstance(size, int | np.integer):
        count = int(size)
    elif 0 < size < 1:
        count = max(round(n * float(size)), 1 if at_least_one else 0)
    else:
        raise ValueError(f"{name} must be a share between 0 and 1, or a whole number of {what}; got {size!r}")
    if n < 2:
        raise ValueError(f"there must be at least 2 {what} to split, got {n}")
    if not 0 < count < n:
        empty = "is nothing in that part" if count <= 0 else "leaves nothing to train on"
        raise ValueError(
            f"{name}={size!r} of {n} {what} is {count}: that {empty}; choose a size that gives 1 to {n - 1}"
        )
    return count


def _check_n_splits(n_splits: int, n: int, what: str) -> None:
    _inputs.whole_number(n_splits, "n_splits", 2)
    if n_splits > n:
        raise ValueError(
            f"n_splits={n_splits} is more than the {n} {what}; every fold needs at least one, so use 2 to {n}"
        )


def _enough_of_each(names: np.ndarray, counts: np.ndarray, needed: int, why: str) -> None:
    if counts.min() < needed:
        rare = int(counts.argmin())
        raise ValueError(
            f"class {names[rare].item()!r} has {counts[rare]} of the {counts.sum()} samples, but {why}, so "
            f"each needs at least {needed}; merge it with another class, or do not stratify"
        )
