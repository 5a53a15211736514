"""Answers to exercise 01 that people give: wrong ones, each with its hint, and right ones in another form."""

import math
import random

import numpy as np

from helpers import splits
from tests.mistakes import alternative, mistake

# Task 1: holdout ----------------------------------------------------------------------------------------


@mistake("data_splits/holdout", hint="Shuffle before you cut")
def takes_the_last_rows(n_samples, test_size, rng):
    n_test = round(n_samples * test_size)
    rows = np.arange(n_samples)
    return rows[:-n_test], rows[-n_test:]


@mistake("data_splits/holdout", hint="Draw without replacement")
def draws_with_replacement(n_samples, test_size, rng):
    test = rng.integers(n_samples, size=round(n_samples * test_size))
    return np.setdiff1d(np.arange(n_samples), test), test


@mistake("data_splits/holdout", hint="Draw without replacement")
def forgets_replace_false(n_samples, test_size, rng):
    test = rng.choice(n_samples, size=round(n_samples * test_size))
    return np.delete(np.arange(n_samples), test), test


@mistake("data_splits/holdout", hint="int(…) cuts the decimals off")
def cuts_the_decimals(n_samples, test_size, rng):
    order = rng.permutation(n_samples)
    n_test = max(1, int(n_samples * test_size))
    return order[n_test:], order[:n_test]


@mistake("data_splits/holdout", hint="ceil rounds up only")
def rounds_up(n_samples, test_size, rng):
    order = rng.permutation(n_samples)
    n_test = math.ceil(n_samples * test_size)
    return order[n_test:], order[:n_test]


@mistake("data_splits/holdout", hint="Shuffle before you cut")
def starts_at_a_random_row(n_samples, test_size, rng):
    rows = np.roll(np.arange(n_samples), rng.integers(n_samples))
    n_test = round(n_samples * test_size)
    return rows[n_test:], rows[:n_test]


@mistake("data_splits/holdout", hint="Functions such as np.random.permutation")
def uses_the_global_generator(n_samples, test_size, rng):
    order = np.random.permutation(n_samples)  # noqa: NPY002
    n_test = round(n_samples * test_size)
    return order[n_test:], order[:n_test]


@mistake("data_splits/holdout", hint="make no generator of your own")
def makes_its_own_generator(n_samples, test_size, rng):
    order = np.random.default_rng(42).permutation(n_samples)
    n_test = round(n_samples * test_size)
    return order[n_test:], order[:n_test]


@mistake("data_splits/holdout", hint="np.flatnonzero(mask) turns a mask into row numbers")
def returns_masks(n_samples, test_size, rng):
    test = np.zeros(n_samples, dtype=bool)
    test[rng.permutation(n_samples)[: round(n_samples * test_size)]] = True
    return ~test, test


@mistake("data_splits/holdout", hint="training rows first")
def swaps_the_parts(n_samples, test_size, rng):
    order = rng.permutation(n_samples)
    n_test = round(n_samples * test_size)
    return order[:n_test], order[n_test:]


@mistake("data_splits/holdout", hint="Cut one shuffled order in two")
def draws_both_parts_separately(n_samples, test_size, rng):
    n_test = round(n_samples * test_size)
    train = rng.choice(n_samples, size=n_samples - n_test, replace=False)
    return train, rng.choice(n_samples, size=n_test, replace=False)


@mistake("data_splits/holdout", hint="belongs to the training set")
def loses_a_row(n_samples, test_size, rng):
    order = rng.permutation(n_samples)
    n_test = round(n_samples * test_size)
    return order[n_test + 1 :], order[:n_test]


@mistake("data_splits/holdout", hint="`return` gives it to the caller")
def prints_the_split(n_samples, test_size, rng):
    order = rng.permutation(n_samples)
    n_test = round(n_samples * test_size)
    print(order[n_test:], order[:n_test])


@mistake("data_splits/holdout", hint="the first and the last too")
def never_draws_the_last_row(n_samples, test_size, rng):
    test = rng.choice(n_samples - 1, size=round(n_samples * test_size), replace=False)
    return np.setdiff1d(np.arange(n_samples), test), test


@mistake("data_splits/holdout", hint="every k-th row from a random start")
def takes_every_kth_row(n_samples, test_size, rng):
    n_test = round(n_samples * test_size)
    step = n_samples // max(1, n_test)
    test = (rng.integers(n_samples) + step * np.arange(n_test)) % n_samples
    return np.setdiff1d(np.arange(n_samples), test), test


@mistake("data_splits/holdout", hint="With k = 0, order[-k:] is order[0:]")
def counts_from_the_end(n_samples, test_size, rng):
    order, k = rng.permutation(n_samples), round(n_samples * test_size)
    return order[:-k], order[-k:]


@mistake("data_splits/holdout", hint="The size comes out by chance")
def tosses_a_coin_for_each_row(n_samples, test_size, rng):
    test = rng.random(n_samples) < test_size
    return np.flatnonzero(~test), np.flatnonzero(test)


@mistake("data_splits/holdout", hint="Row numbers are whole numbers (dtype int)")
def returns_floats(n_samples, test_size, rng):
    order, n_test = rng.permutation(n_samples).astype(float), round(n_samples * test_size)
    return order[n_test:], order[:n_test]


@mistake("data_splits/holdout", hint="one array came, two are needed")
def returns_the_test_rows_only(n_samples, test_size, rng):
    return rng.permutation(n_samples)[: round(n_samples * test_size)]


@mistake("data_splits/holdout", hint="one array came, two are needed")
def returns_a_list_of_the_test_rows(n_samples, test_size, rng):
    return returns_the_test_rows_only(n_samples, test_size, rng).tolist()


@alternative("data_splits/holdout")
def tests_one_row_at_least(n_samples, test_size, rng):
    order = rng.permutation(n_samples)
    train, test = np.split(order, [n_samples - max(1, round(n_samples * test_size))])
    return train, test


@alternative("data_splits/holdout")
def refuses_an_empty_test_set(n_samples, test_size, rng):
    return splits.holdout(n_samples, test_size, rng)


@alternative("data_splits/holdout")
def by_choice(n_samples, test_size, rng):
    test = rng.choice(n_samples, size=round(n_samples * test_size), replace=False)
    return np.setdiff1d(np.arange(n_samples), test), test


@alternative("data_splits/holdout")
def by_random_keys(n_samples, test_size, rng):
    order = np.argsort(rng.random(n_samples))
    train, test = np.split(order, [n_samples - round(n_samples * test_size)])
    return train, test


@alternative("data_splits/holdout")
def with_lists(n_samples, test_size, rng):
    rows = list(range(n_samples))
    rng.shuffle(rows)
    n_test = round(n_samples * test_size)
    return [rows[n_test:], rows[:n_test]]


@alternative("data_splits/holdout")
def with_pythons_generator_seeded_by_rng(n_samples, test_size, rng):
    test = random.Random(int(rng.integers(1 << 60))).sample(range(n_samples), round(n_samples * test_size))
    return sorted(set(range(n_samples)) - set(test)), test


# Task 2: stratified holdout -----------------------------------------------------------------------------


@mistake("data_splits/stratified_holdout", hint="Split class by class")
def does_not_stratify(y, test_size, rng):
    order = rng.permutation(len(y))
    n_test = round(len(y) * test_size)
    return order[n_test:], order[:n_test]


@mistake("data_splits/stratified_holdout", hint="Shuffle the rows of each class")
def takes_the_first_of_each_class(y, test_size, rng):
    test = []
    for name in np.unique(y):
        rows = np.flatnonzero(y == name)
        test.append(rows[: max(1, round(len(rows) * test_size))])
    test = np.concatenate(test)
    return np.setdiff1d(np.arange(len(y)), test), test


@mistake("data_splits/stratified_holdout", hint="Shuffle the rows of each class")
def shuffles_one_class_only(y, test_size, rng):
    train, test = [], []
    for i, name in enumerate(np.unique(y)):
        rows = np.flatnonzero(y == name)
        rows = rng.permutation(rows) if i == 0 else rows
        n_test = max(1, round(len(rows) * test_size))
        train.extend(rows[n_test:])
        test.extend(rows[:n_test])
    return train, test


@mistake("data_splits/stratified_holdout", hint="not positions inside a class")
def returns_positions_in_the_class(y, test_size, rng):
    train, test = [], []
    for name in np.unique(y):
        order = rng.permutation((y == name).sum())
        n_test = max(1, round(len(order) * test_size))
        train.append(order[n_test:])
        test.append(order[:n_test])
    return np.concatenate(train), np.concatenate(test)


@mistake("data_splits/stratified_holdout", hint="which need not be 0, 1, 2, …")
def assumes_classes_are_numbered(y, test_size, rng):
    train, test = [np.array([], dtype=int)], [np.array([], dtype=int)]
    for c in range(len(np.unique(y))):
        rows = rng.permutation(np.flatnonzero(y == c))
        n_test = round(len(rows) * test_size)
        train.append(rows[n_test:])
        test.append(rows[:n_test])
    return np.concatenate(train), np.concatenate(test)


@mistake("data_splits/stratified_holdout", hint="which need not be 0, 1, 2, …")
def knows_two_classes_only(y, test_size, rng):
    train, test = [], []
    for name in np.unique(y)[:2]:
        rows = rng.permutation(np.flatnonzero(y == name))
        n_test = max(1, round(len(rows) * test_size))
        train.extend(rows[n_test:])
        test.extend(rows[:n_test])
    return train, test


@mistake("data_splits/stratified_holdout", hint="max(1, …)")
def forgets_the_rare_class(y, test_size, rng):
    test = []
    for name in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == name))
        test.extend(rows[: round(len(rows) * test_size)])
    return np.setdiff1d(np.arange(len(y)), test), np.array(test)


@mistake("data_splits/stratified_holdout", hint="shuffle row numbers, not y")
def shuffles_the_labels(y, test_size, rng):
    rng.shuffle(y)
    test = []
    for name in np.unique(y):
        rows = np.flatnonzero(y == name)
        test.extend(rows[: max(1, round(len(rows) * test_size))])
    return np.setdiff1d(np.arange(len(y)), test), np.array(test)


@mistake("data_splits/stratified_holdout", hint="Split class by class")
def takes_the_same_number_of_each_class(y, test_size, rng):
    names = np.unique(y)
    n_each = max(1, round(len(y) * test_size / len(names)))
    test = []
    for name in names:
        test.extend(rng.permutation(np.flatnonzero(y == name))[:n_each])
    return np.setdiff1d(np.arange(len(y)), test), np.array(test)


@mistake("data_splits/stratified_holdout", hint="join the pieces with np.concatenate")
def does_not_join_the_pieces(y, test_size, rng):
    train, test = [], []
    for name in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == name))
        n_test = max(1, round(len(rows) * test_size))
        train.append(rows[n_test:])
        test.append(rows[:n_test])
    return train, test


@mistake("data_splits/stratified_holdout", hint="these are labels, not row numbers")
def returns_the_labels(y, test_size, rng):
    train, test = with_a_mask_and_rounding_up(y, test_size, rng)
    return y[train], y[test]


@mistake("data_splits/stratified_holdout", hint="make no generator of your own")
def seeds_inside(y, test_size, rng):
    return with_a_mask_and_rounding_up(y, test_size, np.random.default_rng(0))


@alternative("data_splits/stratified_holdout")
def with_a_mask_and_rounding_up(y, test_size, rng):
    in_test = np.zeros(len(y), dtype=bool)
    for name in np.unique(y):
        rows = np.flatnonzero(y == name)
        n_test = max(1, int(np.ceil(len(rows) * test_size - 1e-9)))
        in_test[rng.choice(rows, size=n_test, replace=False)] = True
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


@alternative("data_splits/stratified_holdout")
def by_ranks_within_the_class(y, test_size, rng):
    order = rng.permutation(len(y))
    by_name = order[np.argsort(y[order], kind="stable")]
    _, start, counts = np.unique(y[by_name], return_index=True, return_counts=True)
    rank = np.arange(len(y)) - np.repeat(start, counts)
    in_test = rank < np.repeat(np.maximum(1, np.round(counts * test_size)), counts)
    return by_name[~in_test], by_name[in_test]


@alternative("data_splits/stratified_holdout")
def with_a_dictionary_of_lists(y, test_size, rng):
    rows = {}
    for row, name in enumerate(y.tolist()):
        rows.setdefault(name, []).append(row)
    train, test = [], []
    for members in rows.values():
        rng.shuffle(members)
        n_test = round(len(members) * test_size) or 1
        test += members[-n_test:]
        train += members[:-n_test]
    return train, test


# Task 3: k folds ----------------------------------------------------------------------------------------


def _turns(folds):
    return [(np.concatenate([*folds[:i], *folds[i + 1 :]]), fold) for i, fold in enumerate(folds)]


@mistake("data_splits/k_fold", hint="Shuffle before you cut")
def does_not_shuffle(n_samples, n_splits, rng):
    return _turns(np.array_split(np.arange(n_samples), n_splits))


@mistake("data_splits/k_fold", hint="Shuffle before you cut")
def starts_the_folds_at_a_random_row(n_samples, n_splits, rng):
    return _turns(np.array_split(np.roll(np.arange(n_samples), rng.integers(n_samples)), n_splits))


@mistake("data_splits/k_fold", hint="Only n_splits below 2 or above n_samples is to be refused")
def refuses_two_folds(n_samples, n_splits, rng):
    if n_splits <= 2 or n_splits > n_samples:
        raise ValueError(f"n_splits must be from 2 to {n_samples}, got {n_splits}")
    return splits.k_fold(n_samples, n_splits, rng)


@mistake("data_splits/k_fold", hint="also the rows that are left over")
def drops_what_is_left_over(n_samples, n_splits, rng):
    order, size = rng.permutation(n_samples), n_samples // n_splits
    return _turns([order[i * size : (i + 1) * size] for i in range(n_splits)])


@mistake("data_splits/k_fold", hint="Shuffle once, before the turns")
def shuffles_in_every_turn(n_samples, n_splits, rng):
    turns = []
    for i in range(n_splits):
        order = rng.permutation(n_samples)
        held = np.array_split(order, n_splits)[i]
        turns.append((np.setdiff1d(order, held), held))
    return turns


@mistake("data_splits/k_fold", hint="all the rows of the other folds, and no others")
def trains_on_everything(n_samples, n_splits, rng):
    order = rng.permutation(n_samples)
    return [(order, fold) for fold in np.array_split(order, n_splits)]


@mistake("data_splits/k_fold", hint="all the rows of the other folds, and no others")
def trains_on_the_next_fold_only(n_samples, n_splits, rng):
    folds = np.array_split(rng.permutation(n_samples), n_splits)
    return [(folds[(i + 1) % n_splits], fold) for i, fold in enumerate(folds)]


@mistake("data_splits/k_fold", hint="differ by one at most")
def gives_the_rest_to_the_last_fold(n_samples, n_splits, rng):
    order, size = rng.permutation(n_samples), n_samples // n_splits
    folds = [order[i * size : (i + 1) * size] for i in range(n_splits - 1)]
    return _turns([*folds, order[(n_splits - 1) * size :]])


@mistake("data_splits/k_fold", hint="held out comes second")
def swaps_train_and_validation(n_samples, n_splits, rng):
    folds = np.array_split(rng.permutation(n_samples), n_splits)
    return [(held, train) for train, held in _turns(folds)]


@mistake("data_splits/k_fold", hint="`raise ValueError`")
def never_refuses(n_samples, n_splits, rng):
    folds = np.array_split(rng.permutation(n_samples), n_splits)
    return [(np.setdiff1d(np.arange(n_samples), fold), fold) for fold in folds]


@mistake("data_splits/k_fold", hint="it returned a ValueError; use raise")
def returns_the_error(n_samples, n_splits, rng):
    if not 2 <= n_splits <= n_samples:
        return ValueError("bad")
    return splits.k_fold(n_samples, n_splits, rng)


@mistake("data_splits/k_fold", hint="a ValueError came, without a word")
def refuses_without_a_word(n_samples, n_splits, rng):
    if not 2 <= n_splits <= n_samples:
        raise ValueError
    return splits.k_fold(n_samples, n_splits, rng)


@mistake("data_splits/k_fold", hint="every k-th row from a random start")
def deals_without_shuffling(n_samples, n_splits, rng):
    if not 2 <= n_splits <= n_samples:
        raise ValueError(f"n_splits must be from 2 to {n_samples}, got {n_splits}")
    order = np.roll(np.arange(n_samples), rng.integers(n_samples))
    return _turns([order[i::n_splits] for i in range(n_splits)])


@mistake("data_splits/k_fold", hint="one turn for each fold")
def returns_the_first_turn(n_samples, n_splits, rng):
    return _turns(np.array_split(rng.permutation(n_samples), n_splits))[:1]


@mistake("data_splits/k_fold", hint="a pair of arrays of row numbers")
def returns_the_folds(n_samples, n_splits, rng):
    return np.array_split(rng.permutation(n_samples), n_splits)


@alternative("data_splits/k_fold")
def deals_like_cards(n_samples, n_splits, rng):
    if n_splits < 2 or n_splits > n_samples:
        raise ValueError(f"n_splits must be from 2 to {n_samples}, got {n_splits}")
    fold = rng.permutation(n_samples) % n_splits
    return [(np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(n_splits)]


@alternative("data_splits/k_fold")
def as_a_generator(n_samples, n_splits, rng):
    if not 1 < n_splits <= n_samples:
        raise ValueError("n_splits")
    rows = list(range(n_samples))
    rng.shuffle(rows)
    for i in range(n_splits):
        held = rows[i::n_splits]
        yield sorted(set(rows) - set(held)), held


@alternative("data_splits/k_fold")
def as_a_tuple(n_samples, n_splits, rng):
    return tuple(splits.k_fold(n_samples, n_splits, rng))


class WrongNumberOfFolds(ValueError):
    """An error of one's own is a ValueError too."""


@alternative("data_splits/k_fold")
def refuses_with_an_error_of_its_own(n_samples, n_splits, rng):
    if not 2 <= n_splits <= n_samples:
        raise WrongNumberOfFolds(f"{n_splits} folds of {n_samples} rows")
    return splits.k_fold(n_samples, n_splits, rng)


# Task 4: find the leak ----------------------------------------------------------------------------------


@mistake("data_splits/find_the_leak", hint="compare that one only")
def compares_the_test_part(prepare, X_train, X_test):
    _, before = prepare(X_train, X_test)
    _, after = prepare(X_train, X_test + 1000)
    return not np.array_equal(before, after)


@mistake("data_splits/find_the_leak", hint="The same rows in another order")
def only_reorders_the_test_rows(prepare, X_train, X_test):
    before, _ = prepare(X_train, X_test)
    after, _ = prepare(X_train, X_test[::-1])
    return not np.allclose(before, after)


@mistake("data_splits/find_the_leak", hint="hardly changed")
def hardly_changes_the_test_rows(prepare, X_train, X_test):
    before, _ = prepare(X_train, X_test)
    after, _ = prepare(X_train, X_test * (1 + 1e-9))
    return not np.allclose(before, after)


@mistake("data_splits/find_the_leak", hint="wrong way round")
def answers_the_opposite(prepare, X_train, X_test):
    before, _ = prepare(X_train, X_test)
    after, _ = prepare(X_train, 100 * X_test + 7)
    return np.array_equal(before, after)


@mistake("data_splits/find_the_leak", hint="X_test itself stays as it is")
def changes_the_input(prepare, X_train, X_test):
    before, _ = prepare(X_train, X_test)
    X_test += 1000
    after, _ = prepare(X_train, X_test)
    return not np.array_equal(before, after)


@mistake("data_splits/find_the_leak", hint="one truth value for the whole array")
def returns_an_array(prepare, X_train, X_test):
    before, _ = prepare(X_train, X_test)
    after, _ = prepare(X_train, X_test + 1000)
    return before != after


@mistake("data_splits/find_the_leak", hint="Replace the test rows by very different numbers")
def looks_for_copied_rows(prepare, X_train, X_test):
    Z_train, Z_test = prepare(X_train, X_test)
    return bool((Z_train[:, None] == Z_test).all(axis=2).any())


@mistake("data_splits/find_the_leak", hint="change nothing but the test rows")
def changes_the_training_rows(prepare, X_train, X_test):
    before, _ = prepare(X_train, X_test)
    after, _ = prepare(2 * X_train + X_test.max(), X_test)
    return not np.array_equal(before, after)


@mistake("data_splits/find_the_leak", hint="Shift all test rows to one side, e.g. + 1000.")
def doubles_the_test_rows(prepare, X_train, X_test):
    return not np.allclose(prepare(X_train, X_test)[0], prepare(X_train, 2 * X_test)[0])


@alternative("data_splits/find_the_leak")
def puts_training_rows_in_the_place_of_test_rows(prepare, X_train, X_test):
    return not np.allclose(prepare(X_train, X_test)[0], prepare(X_train, X_train)[0])


@alternative("data_splits/find_the_leak")
def leaves_the_test_rows_out(prepare, X_train, X_test):
    with_test, without = prepare(X_train, X_test)[0], prepare(X_train, X_test[:0])[0]
    return (with_test != without).any()


@alternative("data_splits/find_the_leak")
def tries_zeros_as_test_rows(prepare, X_train, X_test):
    difference = prepare(X_train, X_test)[0] - prepare(X_train, np.zeros_like(X_test))[0]
    return int(np.abs(difference).max() > 1e-12)


@alternative("data_splits/find_the_leak")
def turns_the_signs_of_the_test_rows(prepare, X_train, X_test):
    return not np.array_equal(prepare(X_train, X_test)[0], prepare(X_train, -X_test)[0])


# Task 5: choose honestly --------------------------------------------------------------------------------


def _averages(folds, rest, candidates, score):
    return [np.mean([score(c, rest[a], rest[b]) for a, b in folds]) for c in candidates]


@mistake("data_splits/choose_honestly", hint="If the test rows help to choose")
def chooses_on_the_test_rows(y, candidates, score, rng):
    rest, test = splits.stratified_holdout(y, 0.2, rng)
    scores = [score(c, rest, test) for c in candidates]
    best = candidates[int(np.argmax(scores))]
    return best, score(best, rest, test)


@mistake("data_splits/choose_honestly", hint="A test set is used once")
def prints_the_test_score_first(y, candidates, score, rng):
    rest, test = splits.stratified_holdout(y, 0.2, rng)
    averages = _averages(splits.k_fold(len(rest), 5, rng), rest, candidates, score)
    best = candidates[int(np.argmax(averages))]
    print(score(best, rest, test))
    return best, score(best, rest, test)


def _unwritten(y, test_size, rng):
    raise NotImplementedError("write your answer here")


@mistake("data_splits/choose_honestly", hint="_unwritten is not written yet, and choose_honestly needs it")
def skipped_task_2(y, candidates, score, rng):
    rest, test = _unwritten(y, 0.2, rng)
    return candidates[0], score(candidates[0], rest, test)


@mistake("data_splits/choose_honestly", hint="the row numbers are rest[positions]")
def takes_positions_for_row_numbers(y, candidates, score, rng):
    rest, test = splits.stratified_holdout(y, 0.2, rng)
    folds = splits.k_fold(len(rest), 5, rng)
    averages = [np.mean([score(c, a, b) for a, b in folds]) for c in candidates]
    best = candidates[int(np.argmax(averages))]
    return best, score(best, rest, test)


@mistake("data_splits/choose_honestly", hint="cut only the others into folds")
def cuts_all_rows_into_folds(y, candidates, score, rng):
    rest, test = splits.stratified_holdout(y, 0.2, rng)
    averages = _averages(splits.k_fold(len(y), 5, rng), np.arange(len(y)), candidates, score)
    best = candidates[int(np.argmax(averages))]
    return best, score(best, rest, test)


@mistake("data_splits/choose_honestly", hint="chose it, so it flatters")
def returns_the_validation_score(y, candidates, score, rng):
    rest, test = splits.stratified_holdout(y, 0.2, rng)
    averages = _averages(splits.k_fold(len(rest), 5, rng), rest, candidates, score)
    best = candidates[int(np.argmax(averages))]
    score(best, rest, test)
    return best, float(max(averages))


@mistake("data_splits/choose_honestly", hint="After the choice comes one more call")
def never_tests(y, candidates, score, rng):
    rest, _ = splits.stratified_holdout(y, 0.2, rng)
    averages = _averages(splits.k_fold(len(rest), 5, rng), rest, candidates, score)
    return candidates[int(np.argmax(averages))], float(max(averages))


@mistake("data_splits/choose_honestly", hint="not the candidate that stands there")
def returns_the_position(y, candidates, score, rng):
    rest, test = splits.stratified_holdout(y, 0.2, rng)
    averages = _averages(splits.k_fold(len(rest), 5, rng), rest, candidates, score)
    best = int(np.argmax(averages))
    return 100 + best, score(candidates[best], rest, test)


def _by(summary, y, candidates, score, rng):
    rest, test = splits.stratified_holdout(y, 0.2, rng)
    folds = splits.k_fold(len(rest), 5, rng)
    totals = [summary([score(c, rest[a], rest[b]) for a, b in folds]) for c in candidates]
    best = candidates[int(np.argmax(totals))]
    return best, score(best, rest, test)


@mistake("data_splits/choose_honestly", hint="a median, a maximum or a single fold forgets the hard ones")
def takes_the_median(y, candidates, score, rng):
    return _by(np.median, y, candidates, score, rng)


@mistake("data_splits/choose_honestly", hint="highest average")
def takes_the_best_fold(y, candidates, score, rng):
    return _by(max, y, candidates, score, rng)


@mistake("data_splits/choose_honestly", hint="highest average")
def takes_the_best_worst_fold(y, candidates, score, rng):
    return _by(min, y, candidates, score, rng)


@mistake("data_splits/choose_honestly", hint="highest average")
def takes_the_last_fold(y, candidates, score, rng):
    return _by(lambda scores: scores[-1], y, candidates, score, rng)


@mistake("data_splits/choose_honestly", hint="train, test is the order")
def swaps_test_and_rest(y, candidates, score, rng):
    test, rest = splits.stratified_holdout(y, 0.2, rng)
    averages = _averages(splits.k_fold(len(rest), 5, rng), rest, candidates, score)
    best = candidates[int(np.argmax(averages))]
    return best, score(best, rest, test)


@mistake("data_splits/choose_honestly", hint="highest average")
def takes_the_smallest(y, candidates, score, rng):
    rest, test = splits.stratified_holdout(y, 0.2, rng)
    averages = _averages(splits.k_fold(len(rest), 5, rng), rest, candidates, score)
    best = candidates[int(np.argmin(averages))]
    return best, score(best, rest, test)


@mistake("data_splits/choose_honestly", hint="train on all remaining rows")
def keeps_the_last_turns_training_rows(y, candidates, score, rng):
    rest, test = splits.stratified_holdout(y, 0.2, rng)
    folds = splits.k_fold(len(rest), 5, rng)
    best = candidates[int(np.argmax(_averages(folds, rest, candidates, score)))]
    return best, score(best, rest[folds[-1][0]], test)


@mistake("data_splits/choose_honestly", hint="Cut the folds once")
def cuts_new_folds_for_each_candidate(y, candidates, score, rng):
    rest, test = splits.stratified_holdout(y, 0.2, rng)
    averages = [_averages(splits.k_fold(len(rest), 5, rng), rest, [c], score)[0] for c in candidates]
    best = candidates[int(np.argmax(averages))]
    return best, score(best, rest, test)


@mistake("data_splits/choose_honestly", hint="Such a score measures memory")
def chooses_on_the_training_rows(y, candidates, score, rng):
    rest, test = splits.stratified_holdout(y, 0.2, rng)
    best = candidates[int(np.argmax([score(c, rest, rest) for c in candidates]))]
    return best, score(best, rest, test)


@mistake("data_splits/choose_honestly", hint="takes five turns")
def uses_one_validation_set(y, candidates, score, rng):
    rest, test = splits.stratified_holdout(y, 0.2, rng)
    train, validation = splits.holdout(len(rest), 0.2, rng)
    averages = [score(c, rest[train], rest[validation]) for c in candidates]
    best = candidates[int(np.argmax(averages))]
    return best, score(best, rest, test)


@mistake("data_splits/choose_honestly", hint="stratified_holdout(y, 0.2, rng)")
def holds_out_half(y, candidates, score, rng):
    rest, test = splits.stratified_holdout(y, 0.5, rng)
    averages = _averages(splits.k_fold(len(rest), 5, rng), rest, candidates, score)
    best = candidates[int(np.argmax(averages))]
    return best, score(best, rest, test)


@mistake("data_splits/choose_honestly", hint="so that others can repeat your choice")
def forgets_the_generator(y, candidates, score, rng):
    return with_pooled_hits(y, candidates, score, np.random.default_rng())


@alternative("data_splits/choose_honestly")
def with_pooled_hits(y, candidates, score, rng):
    rest, test = splits.stratified_holdout(y, 0.2, rng)
    turns = [(rest[a], rest[b]) for a, b in splits.stratified_k_fold(y[rest], 5, rng)]
    hits = {c: sum(score(c, a, b) * len(b) for a, b in turns) for c in candidates}
    best = max(candidates, key=hits.get)
    return best, score(best, rest, test)


@alternative("data_splits/choose_honestly")
def fold_by_fold_with_masks(y, candidates, score, rng):
    _, test = with_a_mask_and_rounding_up(y, 0.2, rng)
    rest = np.setdiff1d(np.arange(len(y)), test)
    fold = np.full(len(y), -1)
    fold[rng.permutation(rest)] = np.arange(len(rest)) % 5
    table = np.zeros((5, len(candidates)))
    for turn in range(5):
        for i, candidate in enumerate(candidates):
            table[turn, i] = score(candidate, (fold >= 0) & (fold != turn), fold == turn)
    averages = table.mean(axis=0)
    winners = [c for c, mean in zip(candidates, averages, strict=True) if mean == averages.max()]
    return [winners[-1], score(winners[-1], fold >= 0, fold == -1)]
