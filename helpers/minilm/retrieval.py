"""The task: find the definition of a term by its name, among all definitions of the course.

The texts are the course's tables of terms and of claims as they stood when the model was measured; they are
kept in minilm_texts.csv, so that a better definition does not move the numbers of a lesson.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers._tables import DATA, rows

Array = np.ndarray[Any, Any]


def load_terms() -> tuple[list[str], list[str]]:
    """Names and definitions, in the same order.

    >>> names, definitions = load_terms()
    >>> names[0], definitions[0][:40]
    ('machine learning', 'Building programs whose behaviour is fit')
    """
    terms = [row for row in rows("minilm_texts.csv") if row["kind"] == "term"]
    return [row["name"] for row in terms], [row["text"] for row in terms]


def load_calibration() -> list[str]:
    """Other texts, none of the task: claims and their reasons. What is chosen is chosen with them.

    >>> len(load_calibration())
    214
    """
    return [row["text"] for row in rows("minilm_texts.csv") if row["kind"] == "calibration"]


def ranks(names: Array, definitions: Array) -> Array:
    """The place of the right definition in each name's list, 1 for the best.

    Both are unit vectors (n, d), row by row of the same term; n whole numbers. Of equal ones the right one
    counts as last: a model that says the same of all texts finds nothing.

    >>> ranks(np.eye(2), np.array([[0.6, 0.8], [0.0, 1.0]]))
    array([1, 1])
    >>> ranks(np.ones((3, 1)), np.ones((3, 1)))
    array([3, 3, 3])
    """
    likeness = np.asarray(names) @ np.asarray(definitions).T
    right = np.diag(likeness)[:, None]
    return np.sum(~(likeness < right), axis=1)


def recall(ranks: Array, k: int = 1) -> float:
    """The share of names whose definition is among the first k.

    >>> recall(np.array([1, 2, 1, 5]))
    0.5
    """
    return float(np.mean(np.asarray(ranks) <= k))


def mean_reciprocal_rank(ranks: Array) -> float:
    """The mean of 1 / rank: 1 when all are first, 0.5 when all are second.

    >>> mean_reciprocal_rank(np.array([1, 2]))
    0.75
    """
    return float(np.mean(1 / np.asarray(ranks)))


def interval(
    ranks: Array, before: Array | None = None, n_draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """95 % bootstrap interval of recall@1 over the terms; of its change, when the ranks `before` are given.

    The same terms are drawn for both, so that a hard term is hard in both.

    >>> low, high = interval(np.tile([1, 2], 200))
    >>> round(low, 2), round(high, 2)
    (0.45, 0.55)
    """
    first = (np.asarray(ranks) == 1).astype(float)
    if before is not None:
        first -= np.asarray(before) == 1
    drawn = np.random.default_rng(seed).integers(len(first), size=(n_draws, len(first)))
    low, high = np.quantile(first[drawn].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def load_reference() -> tuple[list[str], Array]:
    """Seven texts and their vectors (7, 384) as another program gives them (`course.make_minilm_reference`).

    >>> texts, vectors = load_reference()
    >>> texts[1], vectors.shape
    ('quantization', (7, 384))
    """
    with np.load(DATA / "minilm_reference.npz", allow_pickle=False) as file:
        return file["texts"].tolist(), file["vectors"]
