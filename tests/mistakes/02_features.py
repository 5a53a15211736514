"""Answers to exercise 02 that are no slips: mistakes people make, and right answers written in other ways."""

from collections import Counter

import numpy as np

from helpers.features import make_pipeline
from tests.mistakes import alternative, answers

answers(
    "features/squares_and_products",
    wrong="""
        np.column_stack → np.hstack
            A column X[:, j] has shape (n,)
        X**2 → 2 * X
            the columns of X, their squares
        X = X.astype(float) → Z = X.astype(float); X *= 2; X = Z
            changes its input X
    """,
    right="""
        X.astype(float) → X.astype("f4")
            in float32
        d = X.shape[1] → i, j = np.triu_indices(X.shape[1], 1)
        [X[:, i] * X[:, j] for i in range(d) for j in range(i + 1, d)] → (X[:, i] * X[:, j]).T
        np.column_stack([X, X**2, *products]) → np.vstack([X.T, X.T**2, *products]).T.tolist()
            with arrays of numbers
    """,
)

answers(
    "features/median_scaler",
    wrong=r"""
        return self → pass
            fit returned an object of type NoneType
        np.where(distance == 0, → np.where(X.std(axis=0) == 0,
            In X_train this column is more than half equal
        np.where(distance == 0, 1, distance) → distance + 1e-8
            In X_train this column is constant
        self.center_ = np.median(X, axis=0) → type(self).center_ = np.median(X, axis=0)
            this one gave other numbers for the same rows
        self.center_ = np.median(X, axis=0) → self.__dict__.setdefault("center_", np.median(X, axis=0))
            Every fit starts anew
        return (X - self.center_) / self.scale_ → X[:] = (X - self.center_) / self.scale_; return X
            writes into the caller's table
    """,
    right=r"""
        self.center_ = np.median(X, axis=0) → self.center_ = np.median(X, axis=0).astype("f4")
            keeps what it learns in float32
        self.center_ = np.median(X, axis=0) → self.rows = X.copy()\nreturn self\nself.center_ = 0
        return (X - self.center_) / self.scale_ → center = np.median(self.rows, axis=0)\nreturn s
        return s → s = np.median(abs(self.rows - center), axis=0)\nreturn (X - center) / (s + (s == 0))
            learns nothing but the rows
    """,
)

answers(
    "features/one_hot",
    wrong=r"""
        return encode(train), encode(new) → return encode(train), encode(new.astype(train.dtype))
            of category 'other tree', is off
        is_known = column[:, None] == known → at = {name: k for k, name in enumerate(known)}
        np.column_stack([is_known, ~is_known.any(axis=1)]) → np.eye(len(known) + 1)[[at[c] for c in column]]
            This category has no place in your dictionary
        is_known = column[:, None] == known → at = known.tolist().index
        np.column_stack([is_known, ~is_known.any(axis=1)]) → np.eye(len(known) + 1)[[at(c) for c in column]]
            If it is about a category: none is an error
        def encode(column): → train[~np.isin(train, known)] = train[0]\ndef encode(column):
            changes its input train
    """,
    right=r"""
        is_known = column[:, None] == known → places = {c: k for k, c in enumerate(known)}; k = len(known)
        np.column_stack([is_known, ~is_known.any(axis=1)]) → np.eye(k + 1)[[places.get(c, k) for c in column]]
        .astype(float) → .astype(bool)
            booleans, rows of a unit matrix
    """,
)


@alternative("features/one_hot")
def counts_and_lists(train, new, min_count):
    counts = Counter(train.tolist())
    known = sorted(name for name, count in counts.items() if count >= min_count)
    return [
        [[*(int(c == k) for k in known), int(c not in known)] for c in part.tolist()] for part in (train, new)
    ]


answers(
    "features/impute",
    wrong=r"""
        np.nanmedian(X_train[:, keep], axis=0) → np.median(X_train[:, keep], axis=0)
            Is what was to fill it a number
        keep = ~gaps.all(axis=0) → keep = np.full(gaps.shape[1], True)
            In X_train column 1 has no known entry
        marked = keep & gaps.any(axis=0) → marked = gaps.any(axis=0)
            the shape of Z_train is wrong: expected (5, 3), got (5, 4)
        return fill(X_train), fill(X_new) → out = fill(X_train), fill(X_new)\nX_new[:] = 0\nreturn out
            writes into the caller's table
    """,
    right=r"""
        def fill(X): → def fill(X):\n    X = X.astype("f4")
        return np.column_stack([filled, np.isnan(X[:, marked])]) → marks = np.isnan(X[:, marked])\nreturn rows
        return rows → return [[*a, *b] for a, b in zip(filled, marks)]
            in float32, as lists
        medians = … → import pandas; medians = pandas.DataFrame(X_train).median().to_numpy()[keep]
            by another library
    """,
)

answers(
    "features/out_of_fold",
    wrong=r"""
        predictions = np.empty_like(y) → predictions = np.empty_like(y); all_steps = make_steps()
        *steps, model = make_steps() → *steps, model = all_steps
            one and the same step 'scale' was fitted in two turns
        step.fit(Z_train) → step.fit(np.concatenate([Z_train, Z_held_out]))
            the step 'scale' was fitted on all 44 rows, held out or not
        for step in steps: → for step in steps[:1]:
            the step 'model' was asked to fit, with rows that had not gone through 'scale'
        step.transform(Z_held_out) → step.fit(Z_held_out).transform(Z_held_out)
            those that are held out in a turn
        model.fit(Z_train, y[train]) → model.fit(Z_train, y[: len(train)])
            with the labels of other rows
        return predictions → return np.concatenate([predictions[held_out] for _, held_out in folds])
            the predictions are in the order of the turns
    """,
    right=r"""
        predictions = np.empty_like(y) → predictions = [None] * len(y); X = X.astype("f4")
        predictions[held_out] = model.predict(Z_held_out) → for i, z in zip(held_out, Z_held_out): p(i, z)
        model.fit(Z_train, y[train]) → fitted = model.fit(Z_train, y[train])\nto = predictions.__setitem__
        to = predictions.__setitem__ → p = lambda i, z: predictions.__setitem__(i, fitted.predict(z[None])[0])
            in float32, row by row
    """,
)


@alternative("features/out_of_fold")
def a_pipeline_of_the_course(make_steps, X, y, folds):
    said = [make_pipeline(*make_steps()).fit(X[train], y[train]).predict(X[rows]) for train, rows in folds]
    return np.concatenate(said)[np.argsort(np.concatenate([rows for _, rows in folds]))].astype(object)
