"""Answers to exercise 01 that people give: wrong ones, each with its hint, and right ones in another form."""

from tests.mistakes import answers

answers(
    "data_splits/holdout",
    wrong=r"""
        rng.permutation(n_samples) → rng.permutation(n_samples) + 1
            They run from 1 to 10. Rows are counted from 0
        rng.permutation(n_samples) → rng.shuffle(np.arange(n_samples))
            after `a = rng.shuffle(b)`
        round( → int(
            n_samples * test_size is 0.7000000000000001
        order = rng.permutation(n_samples) → order = np.arange(n_samples); rng.permutation(order)
            Numbers were drawn from `rng`, but the split does not depend on them
        n_test = … → …\ntest = rng.choice(n_samples - 1, n_test, replace=False)
        return … → return np.setdiff1d(order, test), test
            some rows were never tested: 9
        n_test = … → …\ntest = (order[0] + n_samples // max(1, n_test) * np.arange(n_test)) % n_samples
        return … → return np.setdiff1d(order, test), test
            Some rows always go together
    """,
    right=r"""
        n_test = … → …\nif n_test == 0: raise ValueError(f"no test row of {n_samples}")
            refuses an empty test set
        order = … → import random; order = list(range(n_samples))
        n_test = … → …\nrandom.Random(int(rng.integers(1 << 60))).shuffle(order)
        order[n_test:], order[:n_test] → [sorted(order[n_test:]), order[:n_test]]
            with Python's generator, seeded by rng
    """,
)

answers(
    "data_splits/stratified_holdout",
    wrong=r"""
        test.append(rows[:n_test]) → test.append(rows[:n_test]); break
            No row of class 1 came back
        np.flatnonzero(y == name) → (y == name).sum()
            as positions inside a class do
        return … → return train, test
            train is a list of 2 pieces, not one array
        max(1, round(len(rows) * test_size)) → round(len(rows) * test_size)
            class 'unclear' has 0 rows in the test set
        for name in np.unique(y): → for _ in range(1):
        np.flatnonzero(y == name) → len(y)
            One row more or less than the share passes
        rows = … → rows = np.flatnonzero(y == name); rows = np.roll(rows, rng.integers(len(rows)))
            the tested rows of class 0 follow each other
    """,
    right="""
        max(1, round(len(rows) * test_size)) → int(len(rows) * test_size) + 1
            one row more than the share
        rows = … → rows = sorted(np.flatnonzero(y == name), key=lambda _: rng.random())
        np.concatenate(train), np.concatenate(test) → sum(train, []), sum(test, [])
            as lists, in the order of random numbers
    """,
)

answers(
    "data_splits/k_fold",
    wrong=r"""
        np.array_split → np.split
            There is an answer to this input
        if not 2 <= n_splits <= n_samples: → if n_splits > n_samples:
            The message does not name 1, the number that was given
        f"n_splits must be 2 to {n_samples}, got {n_splits}" → "error"
            raise ValueError("error")
        np.concatenate(folds[:i] + folds[i + 1 :]) → folds[:i] + folds[i + 1 :]
            turn 1: train is a list of 4 pieces, not one array
        folds, pairs = np.array_split → cut, pairs = lambda: np.array_split
        others = … → folds = cut()\n…
            in the validation sets, rows come more than once
        folds, pairs = … → order, pairs = np.roll(np.arange(n_samples), rng.integers(n_samples)), []
        for i in range(n_splits): → folds = [order[i::n_splits] for i in range(n_splits)]\n…
            Some rows always go together
    """,
    right="""
        raise ValueError( → raise type("WrongNumberOfFolds", (ValueError,), {})(
        pairs.append((others, folds[i])) → yield others, folds[i]
        return pairs → return
            a generator, with an error of its own
        folds, pairs = … → fold, pairs = rng.permutation(n_samples) % n_splits, []
        np.concatenate(folds[:i] + folds[i + 1 :]) → np.flatnonzero(fold != i).tolist()
        folds[i] → np.flatnonzero(fold == i)
            by numbers of folds
    """,
)

answers(
    "data_splits/find_the_leak",
    wrong="""
        X_train, 10 * X_test + 1000 → X_train + 1000, X_test
            no two of 2 calls of prepare had the same X_train
        Z_train_again, _ = … → Z_train_again = X_train - X_train.mean(axis=0)
            prepare was called once
        10 * X_test + 1000 → X_test + 1
            A median moves when rows cross it
        10 * X_test + 1000 → X_test[::-1]
        np.array_equal → np.allclose
            the same rows, in another order
        Z_train, _ = → _, Z_train =
        Z_train_again, _ = → _, Z_train_again =
            Z_test may depend on X_test
        not np.array_equal(Z_train, Z_train_again) → str(…)
            This is of type str
    """,
    right="""
        10 * X_test + 1000 → X_test[:0]
        not np.array_equal(Z_train, Z_train_again) → int(np.abs(Z_train - Z_train_again).max() > 1e-12)
            leaves the test rows out
        10 * X_test + 1000 → -X_test
        not np.array_equal(Z_train, Z_train_again) → (Z_train != Z_train_again).any()
            turns the signs of the test rows
    """,
)

answers(
    "data_splits/choose_honestly",
    wrong=r"""
        averages = … → averages, seen = [], []
        turns = … → …; seen.extend(turns)
        np.mean(turns) → np.mean(seen)
            the average of the candidate's own five scores
        np.mean(turns) → round(np.mean(turns), 2)
            own five scores, and not rounded
        return … → return score(best, rest, test), best
            The candidate comes first
        rest[a], rest[b] → y[rest[a]], y[rest[b]]
            These are labels; score asks for row numbers
        turns = … → turns = score(candidate, rest, test)
        return … → return best, max(averages)
            If the test rows help to choose
        rest, test = … → rng = np.random.default_rng(0)\n…
            another generator gives the same test set
    """,
    right=r"""
        np.mean(turns) → np.sum(turns)
        rest[b]) for a → rest[b]) * len(b) for a
            with pooled hits
        folds = … → fold = np.full(len(y), -1)\nfold[rng.permutation(rest)] = np.arange(len(rest)) % 5
        averages = … → folds = [((fold >= 0) & (fold != i), fold == i) for i in range(5)]\n…
        rest[a], rest[b] → a, b
        best, score(best, rest, test) → [best, np.float32(score(best, fold >= 0, fold < 0))]
            with masks, in float32
    """,
)
