"""Task 2: attention from one sequence to another, with places that are hidden."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.formula import formula_task, of_answer
from helpers.checks.task import Case, Wrong

Array = np.ndarray
SIZES = [(2, 3, 4, 5, 2), (3, 4, 4, 3, 2), (2, 4, 5, 4, 3), (2, 3, 1, 2, 2), (1, 4, 3, 2, 2)]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """Each place sees some; some see nothing; huge scores; one place that answers; all is seen."""
    cases: list[Case] = []
    for n, T, S, d, m in SIZES:
        Q, K, V = (rng.normal(size=shape).round(2) for shape in ((n, T, d), (n, S, d), (n, S, m)))
        seen = rng.random((n, T, S)).argsort(axis=-1) < (S + 1) // 2
        cases.append({"Q": Q, "K": K, "V": V, "seen": seen})
    cases[1]["seen"][:, 1:3] = False
    # Few digits, so that float32 holds these scores as well: thousands, those that are seen not far apart,
    # and the largest is one that is hidden.
    size, near = rng.integers(30, 40, size=4), rng.integers(-1, 2, size=(2, 5, 4))
    sign = np.array([1.0, -1.0])[:, None, None]
    cases[2] |= {"Q": sign * (size + rng.integers(-1, 2, size=(2, 4, 4))), "K": size + near / 32}
    cases[2]["K"][:, 2] = 3 * sign[:, 0] * size
    cases[2]["seen"][..., 2], cases[2]["seen"][..., 1] = False, True
    cases[3]["seen"][0, 1:] = False
    whole = {"Q": rng.integers(-2, 3, (1, 4, 2)), "K": rng.integers(-2, 3, (1, 3, 2))}
    cases[4] |= {**whole, "V": rng.integers(10, size=(1, 3, 2)), "seen": np.ones((1, 4, 3), bool)}
    return cases


def _attention(Q: Array, K: Array, V: Array, seen: Array) -> tuple[Array, Array]:
    scores = Q @ K.mT / np.sqrt(Q.shape[-1])
    some = seen.any(axis=-1, keepdims=True)
    used = np.where(seen, scores, -np.inf)
    largest = np.where(some, used.max(axis=-1, keepdims=True), 0)
    e = np.exp(used - largest)
    total = e.sum(axis=-1, keepdims=True)
    weights = e / np.where(some, total, 1)
    return weights @ V, weights


@of_answer
def _one_weight_each(case: Case, answer: Any) -> None:
    """What is hidden has no weight, and those of a place sum to 1 (to 0, if it sees nothing)."""
    seen, weights = case["seen"], np.asarray(answer[1], float)
    for pair, place, other in np.argwhere(~seen & (np.abs(weights) > 1e-6))[:1].tolist():
        what = f"of pair {pair}, place {place} has the weight {weights[pair, place, other]:.4g} for place "
        raise Wrong(f"{what}{other}, which is hidden from it", "`seen` says where each place may look.")
    sums, want = weights.sum(axis=-1), seen.any(axis=-1)
    off = ~(np.abs(sums - want) < 1e-3)  # so NaN is off
    if not off.any():
        return
    pair, place = np.argwhere(off)[0].tolist()
    number, total = seen[pair, place].sum(), sums[pair, place]
    sees = f"{number} of {seen.shape[-1]} places" if number else "nothing"
    what = f"of pair {pair}, place {place} sees {sees}; its weights sum to {total:.4g}"
    if not number:
        raise Wrong(what, "The task says what such a place gets.")
    if 1e-6 < total < np.inf:
        raise Wrong(what, "Only the scores that a place sees share its weight, and that is 1 in all.")
    scores = case["K"][pair] @ case["Q"][pair, place] / np.sqrt(case["Q"].shape[-1])
    hint = f"The largest score that it sees is {scores[seen[pair, place]].max():.0f}. "
    if number < len(scores):
        hint += f"Of those that are hidden, the largest is {scores[~seen[pair, place]].max():.0f}. "
    raise Wrong(what, hint + "What does your exp make of these?")


ROW = "Take one place that asks: which scores does it see, and what is the softmax of those alone?"
attention = formula_task(
    "sequences/attention",
    "attention(Q, K, V, seen)",
    points=4,
    cases=_cases,
    right=_attention,
    parts={"out": "The mean of the values, each with its weight. " + ROW, "weights": ROW},
    slips=r"""
        np.sqrt(Q.shape[-1]) → 1
            the scores were not divided by √d
            How many numbers has one query?
        np.sqrt(Q.shape[-1]) → Q.shape[-1]
            the scores were divided by d
            The task divides by its root.
        Q.shape[-1] → K.shape[1]
            the scores were divided by the root of the number of places
            d is how many numbers one query has.
        np.sqrt(Q.shape[-1]) → Q.shape[-1] ** -0.5
            the scores were multiplied by √d
            A long query is to count less for it, not more.
        used = … → used = np.where(seen, scores, 0); assert np.abs(scores).max() < 100
            a hidden place counts with the score 0
            e to the power of 0 is 1: it still has a weight.
        np.where(seen, scores, -np.inf) → np.where(seen, -np.inf, scores)
            the places that are hidden were looked at, and those that are seen were not
            `seen` is True where a place may look.
        largest = … → largest = used.max(axis=1, keepdims=True)
        total = … → total = e.sum(axis=1, keepdims=True)
        np.where(some, total, 1) → total
            the weights sum to 1 over the places that ask
            Each place that asks shares one weight among those that answer.
        largest = … → largest = used.max()
        total = … → total = e.sum()
            all weights together sum to 1
            Each place that asks shares one weight among those that answer.
        return … → weights = np.where(some, weights, 1 / K.shape[1]); return weights @ V, weights
            a place that sees nothing looks at all places alike
            The task says what a place gets that sees nothing.
    """,
    last_rules=[_one_weight_each],
    form="End with `return out, weights`, of shapes (n, T, m) and (n, T, S).",
    unchanged="Others need these arrays as they are: compute new ones.",
    hints={
        "ValueError": "Write the shapes of this line down: Q is (n, T, d), K (n, S, d), V (n, S, m).",
        "UFuncTypeError": "An array of whole numbers cannot take up decimals in place: make a new one.",
        "IndexError": "Write the shapes of this line down: seen is (n, T, S), as the scores are to be.",
    },
)
