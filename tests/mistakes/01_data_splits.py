"""Answers to exercise 01 that people give: wrong ones, each with its hint, and right ones in another form."""

import random

import numpy as np

from helpers import splits
from tests.mistakes import alternative, mistake

# --- holdout -----------------------------------------------------------------------------------------------


def _cut(rows, k):
    return rows[k:], rows[:k]


@mistake("data_splits/holdout", hint="They run from 1 to 10. Rows are counted from 0")
def counts_from_one(n_samples, test_size, rng):
    return _cut(rng.permutation(n_samples) + 1, round(n_samples * test_size))


@mistake("data_splits/holdout", hint="after `a = rng.shuffle(b)`")
def takes_what_shuffle_returns(n_samples, test_size, rng):
    return _cut(rng.shuffle(np.arange(n_samples)), round(n_samples * test_size))


@mistake("data_splits/holdout", hint="n_samples * test_size is 0.7000000000000001")
def cuts_the_decimals(n_samples, test_size, rng):
    return _cut(rng.permutation(n_samples), int(n_samples * test_size))


@mistake("data_splits/holdout", hint="Numbers were drawn from `rng`, but the split does not depend on them")
def throws_the_permutation_away(n_samples, test_size, rng):
    rows = np.arange(n_samples)
    rng.permutation(rows)
    return _cut(rows, round(n_samples * test_size))


@mistake("data_splits/holdout", hint="some rows were never tested: 9")
def never_draws_the_last_row(n_samples, test_size, rng):
    test = rng.choice(n_samples - 1, size=round(n_samples * test_size), replace=False)
    return np.setdiff1d(np.arange(n_samples), test), test


@mistake("data_splits/holdout", hint="Some rows always go together")
def takes_every_kth_row(n_samples, test_size, rng):
    n_test = round(n_samples * test_size)
    step = n_samples // max(1, n_test)
    test = (rng.integers(n_samples) + step * np.arange(n_test)) % n_samples
    return np.setdiff1d(np.arange(n_samples), test), test


@alternative("data_splits/holdout")
def refuses_an_empty_test_set(n_samples, test_size, rng):
    return splits.holdout(n_samples, test_size, rng)


@alternative("data_splits/holdout")
def with_pythons_generator_seeded_by_rng(n_samples, test_size, rng):
    k = max(1, round(n_samples * test_size))
    test = random.Random(int(rng.integers(1 << 60))).sample(range(n_samples), k)
    return [sorted(set(range(n_samples)) - set(test)), test]


# --- stratified_holdout ------------------------------------------------------------------------------------


def _pieces(y, test_size, rng, size=lambda share: max(1, round(share)), draw=np.random.Generator.permutation):
    """For each class its training and its test rows."""
    rows = [draw(rng, np.flatnonzero(y == name)) for name in np.unique(y)]
    return [_cut(own, size(len(own) * test_size)) for own in rows]


def _joined(pieces):
    train, test = zip(*pieces, strict=True)
    return np.concatenate(train), np.concatenate(test)


@mistake("data_splits/stratified_holdout", hint="No row of class 1 came back")
def returns_inside_the_loop(y, test_size, rng):
    return _joined(_pieces(y, test_size, rng)[:1])


@mistake("data_splits/stratified_holdout", hint="as positions inside a class do")
def returns_positions_in_the_class(y, test_size, rng):
    return _joined(_pieces(y, test_size, rng, draw=lambda rng, rows: rng.permutation(len(rows))))


@mistake("data_splits/stratified_holdout", hint="train is a list of 2 pieces, not one array")
def does_not_join_the_pieces(y, test_size, rng):
    return tuple(zip(*_pieces(y, test_size, rng), strict=True))


@mistake("data_splits/stratified_holdout", hint="class 'unclear' has 0 rows in the test set")
def forgets_the_rare_class(y, test_size, rng):
    return _joined(_pieces(y, test_size, rng, size=round))


@mistake("data_splits/stratified_holdout", hint="One row more or less than the share passes")
def does_not_stratify(y, test_size, rng):
    return _cut(rng.permutation(len(y)), round(len(y) * test_size))


@mistake("data_splits/stratified_holdout", hint="the tested rows of class 0 follow each other")
def starts_at_a_random_row_of_each_class(y, test_size, rng):
    return _joined(_pieces(y, test_size, rng, draw=lambda rng, rows: np.roll(rows, rng.integers(len(rows)))))


@alternative("data_splits/stratified_holdout")
def one_row_more_than_the_share(y, test_size, rng):
    return _joined(_pieces(y, test_size, rng, size=lambda share: int(share) + 1))


@alternative("data_splits/stratified_holdout")
def by_ranks_within_the_class(y, test_size, rng):
    order = rng.permutation(len(y))
    by_name = order[np.argsort(y[order], kind="stable")]
    _, start, counts = np.unique(y[by_name], return_index=True, return_counts=True)
    rank = np.arange(len(y)) - np.repeat(start, counts)
    in_test = rank < np.repeat(np.maximum(1, np.round(counts * test_size)), counts)
    return by_name[~in_test].tolist(), by_name[in_test].tolist()


# --- k_fold ------------------------------------------------------------------------------------------------


def _turns(folds):
    return [(np.concatenate([*folds[:i], *folds[i + 1 :]]), fold) for i, fold in enumerate(folds)]


@mistake("data_splits/k_fold", hint="There is an answer to this input")
def cuts_with_np_split(n_samples, n_splits, rng):
    return _turns(np.split(rng.permutation(n_samples), n_splits))


@mistake("data_splits/k_fold", hint="The message does not name 1, the number that was given")
def leaves_one_fold_to_numpy(n_samples, n_splits, rng):
    if n_splits > n_samples:
        raise ValueError(f"{n_splits} folds of {n_samples} rows")
    return _turns(np.array_split(rng.permutation(n_samples), n_splits))


@mistake("data_splits/k_fold", hint='raise ValueError("error")')
def says_error(n_samples, n_splits, rng):
    if not 2 <= n_splits <= n_samples:
        raise ValueError("error")
    return splits.k_fold(n_samples, n_splits, rng)


@mistake("data_splits/k_fold", hint="turn 1: train is a list of 4 pieces, not one array")
def does_not_join_the_folds(n_samples, n_splits, rng):
    folds = np.array_split(rng.permutation(n_samples), n_splits)
    return [(folds[:i] + folds[i + 1 :], fold) for i, fold in enumerate(folds)]


@mistake("data_splits/k_fold", hint="in the validation sets, rows come more than once")
def shuffles_in_every_turn(n_samples, n_splits, rng):
    return [_turns(np.array_split(rng.permutation(n_samples), n_splits))[i] for i in range(n_splits)]


@mistake("data_splits/k_fold", hint="Some rows always go together")
def deals_without_shuffling(n_samples, n_splits, rng):
    order = np.roll(np.arange(n_samples), rng.integers(n_samples))
    return _turns([order[i::n_splits] for i in range(n_splits)])


@alternative("data_splits/k_fold")
def as_a_generator(n_samples, n_splits, rng):
    if not 1 < n_splits <= n_samples:
        raise type("WrongNumberOfFolds", (ValueError,), {})(f"n_splits={n_splits}")
    fold = rng.permutation(n_samples) % n_splits
    for i in range(n_splits):
        yield np.flatnonzero(fold != i).tolist(), np.flatnonzero(fold == i)


# --- find_the_leak -----------------------------------------------------------------------------------------


@mistake("data_splits/find_the_leak", hint="no two of 2 calls of prepare had the same X_train")
def moves_the_training_rows(prepare, X_train, X_test):
    return not np.allclose(prepare(X_train, X_test)[0], prepare(X_train + 1000, X_test)[0])


@mistake("data_splits/find_the_leak", hint="prepare was called once")
def subtracts_the_mean_itself(prepare, X_train, X_test):
    return not np.allclose(prepare(X_train, X_test)[0], X_train - X_train.mean(axis=0))


@mistake("data_splits/find_the_leak", hint="A median moves when rows cross it")
def adds_one(prepare, X_train, X_test):
    return not np.allclose(prepare(X_train, X_test)[0], prepare(X_train, X_test + 1)[0])


@mistake("data_splits/find_the_leak", hint="the same rows, in another order")
def only_reorders_the_test_rows(prepare, X_train, X_test):
    return not np.allclose(prepare(X_train, X_test)[0], prepare(X_train, X_test[::-1])[0])


@mistake("data_splits/find_the_leak", hint="Z_test may depend on X_test")
def compares_the_test_part(prepare, X_train, X_test):
    return not np.array_equal(prepare(X_train, X_test)[1], prepare(X_train, X_test + 1000)[1])


@mistake("data_splits/find_the_leak", hint="This is of type str")
def returns_a_word(prepare, X_train, X_test):
    return str(not np.array_equal(prepare(X_train, X_test)[0], prepare(X_train, X_test + 1000)[0]))


@alternative("data_splits/find_the_leak")
def leaves_the_test_rows_out(prepare, X_train, X_test):
    with_test, without = prepare(X_train, X_test)[0], prepare(X_train, X_test[:0])[0]
    return int(np.abs(with_test - without).max() > 1e-12)


@alternative("data_splits/find_the_leak")
def turns_the_signs_of_the_test_rows(prepare, X_train, X_test):
    return (prepare(X_train, X_test)[0] != prepare(X_train, -X_test)[0]).any()


# --- choose_honestly ---------------------------------------------------------------------------------------


def _chosen(y, candidates, score, rng, average=np.mean):
    """The candidate with the highest average, and the rows that train it and test it."""
    rest, test = splits.stratified_holdout(y, 0.2, rng)
    folds = splits.k_fold(len(rest), 5, rng)
    averages = [average([score(c, rest[a], rest[b]) for a, b in folds]) for c in candidates]
    return candidates[int(np.argmax(averages))], rest, test


@mistake("data_splits/choose_honestly", hint="the average of the candidate's own five scores")
def never_empties_the_list(y, candidates, score, rng):
    so_far = []
    best, rest, test = _chosen(y, candidates, score, rng, lambda new: np.mean(so_far.extend(new) or so_far))
    return best, score(best, rest, test)


@mistake("data_splits/choose_honestly", hint="own five scores, and not rounded")
def rounds_the_averages(y, candidates, score, rng):
    best, rest, test = _chosen(y, candidates, score, rng, lambda scores: round(np.mean(scores), 2))
    return best, score(best, rest, test)


@mistake("data_splits/choose_honestly", hint="The candidate comes first")
def returns_the_score_first(y, candidates, score, rng):
    best, rest, test = _chosen(y, candidates, score, rng)
    return score(best, rest, test), best


@mistake("data_splits/choose_honestly", hint="These are labels; score asks for row numbers")
def passes_labels(y, candidates, score, rng):
    best, rest, test = _chosen(y, candidates, lambda c, a, b: score(c, y[a], y[b]), rng)
    return best, score(best, rest, test)


@mistake("data_splits/choose_honestly", hint="If the test rows help to choose")
def chooses_on_the_test_rows(y, candidates, score, rng):
    rest, test = splits.stratified_holdout(y, 0.2, rng)
    scores = [score(c, rest, test) for c in candidates]
    return candidates[int(np.argmax(scores))], max(scores)


@mistake("data_splits/choose_honestly", hint="another generator gives the same test set")
def makes_its_own_generator(y, candidates, score, rng):
    return with_masks_in_float32(y, candidates, score, np.random.default_rng(0))


@alternative("data_splits/choose_honestly")
def with_pooled_hits(y, candidates, score, rng):
    rest, test = one_row_more_than_the_share(y, 0.2, rng)
    turns = [(rest[a], rest[b]) for a, b in splits.stratified_k_fold(y[rest], 5, rng)]
    best = max(candidates, key=lambda c: sum(score(c, a, b) * len(b) for a, b in turns))
    return best, score(best, rest, test)


@alternative("data_splits/choose_honestly")
def with_masks_in_float32(y, candidates, score, rng):
    rest, _ = by_ranks_within_the_class(y, 0.2, rng)
    fold = np.full(len(y), -1)
    fold[rng.permutation(rest)] = np.arange(len(rest)) % 5
    table = [[score(c, (fold >= 0) & (fold != i), fold == i) for c in candidates] for i in range(5)]
    averages = np.mean(table, axis=0, dtype=np.float32)
    best = candidates[np.flatnonzero(averages == averages.max())[-1]]
    return [best, np.float32(score(best, fold >= 0, fold == -1))]
