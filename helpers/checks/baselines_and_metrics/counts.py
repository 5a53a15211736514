"""Tasks 1, 2 and 5: a confusion matrix, the shares in it, and a forecast against the training mean."""

from collections.abc import Sequence

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.task import Case

Array = np.ndarray


def _guesses(rng: np.random.Generator) -> Sequence[Case]:
    """Guesses with more mistakes one way than the other; in some cases a class never comes, or is last."""
    cases: list[Case] = []
    for n, K, missing in [(16, 4, None), (20, 2, None), (15, 3, 1), (30, 5, 4)]:
        names = np.setdiff1d(np.arange(K), [missing])
        y = rng.choice(names, size=n)
        guess = np.where(rng.uniform(size=n) < 0.5, y, names[rng.integers(len(names), size=n) // 2])
        cases.append({"y": y, "guess": guess, "K": K})
    return cases


def _confusion(y: Array, guess: Array, K: int) -> Array:
    counts = np.zeros((K, K), int)
    for i, j in zip(y, guess, strict=True):
        counts[i, j] += 1
    return counts


confusion = formula_task(
    "baselines_and_metrics/confusion",
    "confusion(y, guess, K)",
    points=2,
    cases=_guesses,
    right=_confusion,
    parts="Take the first pair of a true class and a guess: in which row and in which column is it counted?",
    slips="""
        counts[i, j] += 1 → counts[j, i] += 1
            rows and columns have changed places
            The row is the true class, the column the guess.
        counts[i, j] += 1 → counts[i, j] = 1
            each entry is 1 at most
            A pair that comes again has to be counted again.
        return counts → return counts[::-1, ::-1]
            the classes are in descending order
            Class 0 has the first row and the first column.
        return counts → return counts / counts.sum()
            these are shares of all rows
            Asked are counts.
        return counts → return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
            these are shares of each row
            Asked are counts.
        return counts → return counts[:, np.unique(y)][np.unique(y)]
            classes that never come are missing
            There are K rows and K columns, whichever classes come.
        counts[i, j] += 1 → counts[i, j] += i != j
            right guesses are not counted
            They stand on the diagonal.
        counts[i, j] += 1 → counts[i, j] += i == j
            only right guesses are counted
            The mistakes stand beside the diagonal.
    """,
    hints={"IndexError": "The classes are the numbers 0 to K - 1, also those that do not come."},
)


def _matrices(rng: np.random.Generator) -> Sequence[Case]:
    """Counts of K classes; one class is never guessed, one never comes, one does neither."""
    cases: list[Case] = []
    for K in (2, 3, 4, 5):
        counts = rng.integers(1, 20, size=(K, K)) + np.triu(rng.integers(20, 40, size=(K, K)), 1)
        counts += np.diag(rng.integers(5, 30, size=K))
        if K > 2:
            counts[:, 0] = 0
        if K > 3:
            counts[1] = 0
        if K > 4:
            counts[2], counts[:, 2] = 0, 0
        cases.append({"counts": counts})
    return cases


def _share(a: Array, b: Array) -> Array:
    return np.divide(a, b, out=np.zeros(len(a)), where=b > 0)


def _by_class(counts: Array) -> tuple[Array, Array, Array]:
    found, called, there = np.diag(counts), counts.sum(axis=0), counts.sum(axis=1)
    precision, recall = _share(found, called), _share(found, there)
    f1 = _share(2 * precision * recall, precision + recall)
    return precision, recall, f1


by_class = formula_task(
    "baselines_and_metrics/by_class",
    "by_class(counts)",
    points=3,
    cases=_matrices,
    right=_by_class,
    parts={
        "precision": "Of those that were called this class, the share that is of it; 0 where there is none.",
        "recall": "Of those that are of this class, the share that was called it; 0 where there is none.",
        "f1": "Two times the product of precision and recall, divided by their sum; 0 where the sum is 0.",
    },
    slips="""
        return precision, recall, f1 → return recall, precision, f1
            precision and recall have changed places
            Row i holds the rows that are of class i, column i those that were called class i.
        precision: _share(found, called), → _share(found, np.full(len(found), counts.sum())),
            each count was divided by all rows
            Which rows were called this class?
        recall: _share(found, there) → _share(found, np.full(len(found), counts.sum()))
            each count was divided by all rows
            Which rows are of this class?
        precision: _share(found, called), → _share(found, found + called),
            the right guesses are counted twice below
            Right guesses are called this class, too: a sum over rows or columns has them already.
        f1: f1 = _share(2 * precision * recall, precision + recall) → f1 = (precision + recall) / 2
            this is the plain mean of precision and recall
            The harmonic mean is nearer to the smaller of them.
        f1: 2 * precision * recall → precision * recall
            it is half of what it should be
            Let precision and recall both be 1: F1 is 1, too.
        f1: f1 = _share(2 * precision * recall, precision + recall) → f1 = np.sqrt(precision * recall)
            this is the geometric mean of precision and recall
            F1 is their harmonic mean.
    """,
    unchanged="Make new arrays.",
    form="Three arrays of shape (K,), in this order: precision, recall, F1.",
)


def _forecasts(rng: np.random.Generator) -> Sequence[Case]:
    """Numbers far from the training mean and near it; one forecast is perfect, one worse than the mean."""
    cases: list[Case] = []
    for n, m, shift, noise in [(4, 3, 1, 1), (9, 5, 20, 2), (30, 12, -3, 0), (7, 1, 5, 2), (8, 6, 1, 30)]:
        y = rng.normal(10, 4, size=m).round(1)
        y_hat = y + noise * rng.uniform(0.5, 1.5, size=m).round(1) * rng.choice([-1, 1], size=m)
        cases.append({"y_train": rng.normal(10 + shift, 4, size=n).round(1), "y": y, "y_hat": y_hat})
    return cases


def _skill(y_train: Array, y: Array, y_hat: Array) -> float:
    baseline = np.mean(y_train)
    return 1 - np.sum((y - y_hat) ** 2) / np.sum((y - baseline) ** 2)


skill = formula_task(
    "baselines_and_metrics/skill",
    "skill(y_train, y, y_hat)",
    points=2,
    cases=_forecasts,
    right=_skill,
    parts="One minus a ratio: above are the squared errors of y_hat, below those of the training mean.",
    slips="""
        np.mean(y_train) → np.mean(y)
            the baseline is the mean of the scored rows
            That is R². This baseline knows y_train only.
        np.mean(y_train) → np.median(y_train)
            the baseline is the median of the training rows
            Asked is their mean.
        np.sum((y - baseline) ** 2) → np.sum((y_train - baseline) ** 2)
            the baseline's errors are those on the training rows
            Both forecasts are judged on the same rows, those of y.
        np.sum((y - baseline) ** 2) → (np.mean((y_train - baseline) ** 2) * len(y))
            the baseline's errors are those on the training rows
            Both forecasts are judged on the same rows, those of y.
        return 1 - np.sum → return np.sum
            this is the share that is left
            Asked is the share that is gone.
        return 1 - … → return 1 - np.sqrt(np.sum((y - y_hat) ** 2) / np.sum((y - baseline) ** 2))
            a root was taken
            The share is one of squared errors.
        return 1 - … → return 1 - np.abs(y - y_hat).sum() / np.abs(y - baseline).sum()
            these are sizes of errors, not their squares
            Square each error before you add.
        return 1 - … → return 1 - np.sum(y - y_hat) ** 2 / np.sum(y - baseline) ** 2
            errors were added before they were squared
            Then errors up and down cancel. Which of the two is done first?
        np.sum((y - y_hat) ** 2) → np.sum(y - y_hat) ** 2
            errors were added before they were squared
            Then errors up and down cancel. Which of the two is done first?
        return 1 - … → return 1 - np.sum((y - baseline) ** 2) / np.sum((y - y_hat) ** 2)
            the ratio is upside down
            The baseline's squared error is the whole.
        (y - y_hat) ** 2 → (y_hat - baseline) ** 2
            above stands how far y_hat is from the training mean
            The error of a forecast is its distance from y.
    """,
    form="One number.",
)
