"""Tasks 3 and 4: losses of classes. Cross-entropy with smoothed labels and its floor; a hinge for many."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.blocks import close, expected_and_got, leaves_input_unchanged
from helpers.checks.formula import formula_task, of_answer
from helpers.checks.task import Case, Wrong

Array = np.ndarray

# Task 3: cross-entropy, smoothed -----------------------------------------------------------------------


def _logits(rng: np.random.Generator) -> Sequence[Case]:
    """First as many rows as classes and a share that is neither 0 nor 1; then very large logits."""
    cases: list[Case] = []
    asked = [(4, 4, 3, 0.2), (7, 3, 5, 0.1), (1, 10, 2, 0.3), (5, 2, 4, 0.0), (6, 3, 3, 1.0)]
    for n, C, largest, eps in [*asked, (4, 5, 1000, 0.1), (6, 4, 10_000, 0.0)]:
        logits = rng.uniform(-largest, largest, size=(n, C)).round(2)
        y = rng.permutation(np.arange(n) % C)
        cases.append({"logits": logits, "y": y, "eps": eps})
    for case in cases[-2:]:  # rows that lie far apart
        case["logits"] = np.sort(case["logits"], axis=0)
    return cases


def _smoothed(logits: Array, y: Array, eps: float) -> tuple[float, float]:
    n, C = logits.shape
    top = logits.max(axis=1, keepdims=True)
    log_p = logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
    target = np.full((n, C), eps / C)
    target[np.arange(n), y] += 1 - eps
    rows = -(target * log_p).sum(axis=1)
    floors = -(target * np.log(np.where(target > 0, target, 1))).sum(axis=1)
    loss = rows.mean()
    floor = floors.mean()
    return loss, floor


@of_answer
def _large(case: Case, answer: Any) -> None:
    logits, y, eps = case["logits"], case["y"], case["eps"]
    want = _smoothed(logits, y, eps)[0]
    if np.abs(logits).max() < 20 or close(answer[0], want):
        return
    what = f"with large logits the value of loss is off\n{expected_and_got(want, answer[0])}"
    if not np.isfinite(answer[0]):
        hint = "exp of 1000 is inf, and exp of -1000 is 0. Which step is the first not to be finite?"
        raise Wrong(what, hint)
    each = [_smoothed(logits[[row]], y[[row]], eps)[0] for row in range(len(y))]
    row = int(np.argmax(each))
    raise Wrong(what, f"Row {row} alone has the loss {each[row]:.6g}. What do you get for it?")


smoothed_cross_entropy = formula_task(
    "losses/smoothed_cross_entropy",
    "smoothed_cross_entropy(logits, y, eps)",
    points=4,
    cases=_logits,
    right=_smoothed,
    parts={
        "loss": "Compute one row by hand: its targets, which sum to 1, and the log of each probability.",
        "floor": "Which probabilities would be best for these targets, and what would the loss be then?",
    },
    slips=r"""
        eps / C) → eps / (C - 1))
        target[np.arange(n), y] += 1 - eps → target[np.arange(n), y] = 1 - eps
            the share eps went to the wrong classes only
            It is spread over all C classes, the true one too.
        target[np.arange(n), y] += 1 - eps → target[np.arange(n), y] = 1 - eps
            the targets of a row sum to less than 1
            The true class has its part of eps, too.
        loss: loss = … → loss = -log_p[np.arange(n), y].mean()
            this is the loss of the true classes alone, without eps
            Every class has a target above 0 when eps is.
        loss: log_p = … → z = logits - logits.max(axis=0)\nlog_p = z - np.log(np.exp(z).sum(axis=0))
            the probabilities sum to 1 over the rows
            The classes of one row compete: sum along its row.
        floor: floor = … → floor = 0.0
            the floor is 0, as for targets that are 0 or 1
            A network that says 1 for the true class pays for the share eps.
        floor: floors = … → floors = -(target * np.log(target)).sum(axis=1)
            with eps = 0 the floor is not a number
            A target of 0 costs nothing, whatever its logarithm is.
        floor: floor = … → floor = np.log(C)
            the floor is log C, the loss of a network that knows nothing
            Which probabilities would be best for these targets?
    """,
    last_rules=[_large],
    atol=1e-7,  # room for a log of t + 1e-8, which is a way to let 0 · log 0 be 0
    form="Two numbers, in this order: the loss and its floor.",
    unchanged="A step such as `-=` changes what the caller passed: compute new arrays.",
    hints={
        "ValueError": "Write the shapes of this line down: logits is (n, C), y is (n,).",
        "IndexError": "logits has n rows and C columns. Print what stands between the brackets of this line.",
    },
)

# Task 4: a hinge for many classes ----------------------------------------------------------------------


def _scores(rng: np.random.Generator) -> Sequence[Case]:
    """First as many rows as classes; in one case all scores are negative, in one no row costs anything."""
    cases: list[Case] = []
    for n, C, margin in [(5, 5, 2.0), (8, 3, 0.5), (1, 4, 1.0), (6, 2, 1.0), (4, 3, 0.2), (9, 10, 3.0)]:
        scores = rng.uniform(-3, 3, size=(n, C))
        y = rng.permutation(np.arange(n) % C)
        own = np.arange(n), y
        scores[own] += np.where(np.arange(n) % 3 == 0, 4.0 + margin, 0.0)  # rows that cost nothing
        cases.append({"scores": scores, "y": y, "margin": margin})
    cases[1]["scores"] -= 20
    cases[2]["scores"] = np.array([[0.5, 3.25, -1.0, 2.75]])[:, rng.permutation(4)]
    cases[4]["scores"][np.arange(4), cases[4]["y"]] += 20
    return cases


def _hinge(scores: Array, y: Array, margin: float) -> tuple[float, Array]:
    n = len(y)
    rows = np.arange(n)
    own = scores[rows, y]
    others = np.where(np.arange(scores.shape[1]) == y[:, None], -np.inf, scores)
    rival = others.argmax(axis=1)
    best = others.max(axis=1)
    short = np.maximum(0, margin - (own - best))
    pays = short > 0
    loss = short.mean()
    slope = np.zeros(scores.shape)
    slope[rows, rival] += pays / n
    slope[rows, y] -= pays / n
    return loss, slope


multiclass_hinge = formula_task(
    "losses/multiclass_hinge",
    "multiclass_hinge(scores, y, margin)",
    points=3,
    cases=_scores,
    right=_hinge,
    parts={
        "loss": "Compute one row by hand: its own score, the best of the others, what is short of margin.",
        "slope": "Nudge one score of one row up: does the loss grow, fall or stay?",
    },
    slips="""
        loss: others = … → others = scores
            the true class counts among the others
            Its rivals are all classes but itself.
        loss: others = … → others = np.where(np.arange(scores.shape[1]) == y[:, None], 0, scores)
            the true class counts among the others, with a score of 0
            When all others are below 0, a 0 wins.
        short = … → short = np.maximum(0, best - own)
            the margin is not used
            The true class has to lead by that much.
        loss: loss = … → each = np.where(np.isfinite(others), margin - own[:, None] + others, 0)
        return loss, slope → loss = np.maximum(0, each).sum(axis=1).mean()\\nreturn loss, slope
            every rival that comes too near costs something
            Here only the best of the others counts.
        loss: loss = … → loss = short[pays].mean()
            rows that cost nothing were left out of the mean
            They count as 0, and they count.
        slope: pays = … → pays = np.ones(n)
            rows that cost nothing have slopes
            Nudge a score of a row that leads by more than the margin: nothing changes.
        slope: return loss, slope → return loss, slope * n
            each slope is that of its own row's loss
            The loss is a mean. A nudge in one row moves it by a part of that only.
        slope: rival = … → rival = scores.argmax(axis=1)
            rows that lead, and by less than the margin, have no slopes
            They cost something: nudge the score of the true class.
    """,
    form="Two things, in this order: the loss, one number, and the slopes, of shape (n, C).",
    # Before the slips: who writes -inf into the scores has the slopes of one of them, too.
    rules=[leaves_input_unchanged(hint="What the caller passed is changed: write into a copy of it.")],
    hints={
        "IndexError": "scores has n rows and C columns. Print what stands between the brackets of this line.",
        "ValueError": "Write the shapes of this line down: scores is (n, C), y is (n,).",
    },
)
