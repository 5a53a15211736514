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
        target[np.arange(n), y] += 1 - eps → target[np.arange(n), y] += 1
            the targets of a row sum to more than 1
            What is spread over all classes is taken from the true one.
        eps / C) → eps)
        target[np.arange(n), y] += 1 - eps → target[np.arange(n), y] = 1 - eps
            each wrong class got all of eps
            The share eps is spread over all classes.
        eps / C) → 1 / C)
            each class got 1 / C, whatever eps is
            A share of eps is spread over all classes.
        eps / C) → (1 - eps) / C)
        target[np.arange(n), y] += 1 - eps → target[np.arange(n), y] += eps
            eps and 1 - eps have changed places
            With eps = 0 all of the target is on the true class.
        return loss, floor → return loss * n, floor * n
            both are sums over the rows
            Asked are means over the rows.
        return loss, floor → return loss / np.log(10), floor / np.log(10)
            the logarithm is that of base 10
            Asked is the natural logarithm.
        loss: loss = … → loss = -log_p[np.arange(n), y].mean()
            this is the loss of the true classes alone, without eps
            Every class has a target above 0 when eps is.
        loss: loss = … → loss = (1 - eps) * -log_p[np.arange(n), y].mean()
            the loss has the part of the true class only
            Every class has a target above 0 when eps is.
        loss: loss = … → loss = rows.sum()
            the loss is a sum over the rows
            Asked is the mean over the rows.
        loss: loss = … → loss = rows.mean() / C
            the loss was divided by the number of classes, too
            The loss of a row is a sum over its classes; the mean is over the rows.
        loss: loss = … → loss = -rows.mean()
            the loss has the wrong sign
            The log of a probability is negative; this loss is not.
        loss: loss = … → loss = rows.mean() - floors.mean()
            the floor was taken from the loss
            Asked is the loss as it is, and beside it the floor.
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
        floor: floor = … → floor = rows.min()
            the floor is the loss of the best row
            It is what no logits whatever could go below.
        floor: floor = … → floor = -np.log(1 - eps + eps / C)
            the floor has the log of the largest probability only
            The loss sums over all classes, each by its target.
        floor: floor = … → floor = -(1 - eps + eps / C) * np.log(1 - eps + eps / C)
            the floor has the part of the true class only
            The loss sums over all classes, each by its target.
        floor: floor = … → floor = floors.mean() / C
            the floor was divided by the number of classes
            The loss of a row is a sum over its classes; the mean is over the rows.
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
        short = … → short = np.maximum(0, margin + own - best)
            the loss is small for rows that are wrong
            The true class has to lead. What does a row cost whose own score is far ahead?
        short = … → short = np.maximum(0, best - own)
            the margin is not used
            The true class has to lead by that much.
        margin - (own - best) → 1 - (own - best)
            the margin is 1, whatever was passed
            It is an argument.
        best = … → best = np.where(np.isfinite(others), others, 0).sum(axis=1)
            all rivals were added up
            Only the best of the others counts.
        loss: loss = … → each = np.where(np.isfinite(others), margin - own[:, None] + others, 0)
        return loss, slope → loss = np.maximum(0, each).sum(axis=1).mean()\\nreturn loss, slope
            every rival that comes too near costs something
            Here only the best of the others counts.
        loss: loss = … → loss = (short**2).mean()
            what is short was squared
            A hinge is a straight line.
        loss: loss = … → loss = short.sum()
            the loss is a sum over the rows
            Asked is the mean over the rows.
        loss: loss = … → loss = short[pays].mean()
            rows that cost nothing were left out of the mean
            They count as 0, and they count.
        loss: loss = … → loss = (margin - (own - best)).mean()
            rows that lead by more than the margin count as a gain
            Such a row costs nothing, and no less.
        loss: loss = … → loss = short.mean() / scores.shape[1]
            the loss was divided by the number of classes
            Asked is the mean over the rows.
        slope: pays = … → pays = np.ones(n)
            rows that cost nothing have slopes
            Nudge a score of a row that leads by more than the margin: nothing changes.
        slope: pays = … → pays = short
            the slopes grow with the loss of the row
            A hinge is a straight line.
        slope: slope[rows, rival] += pays / n → pass
            only the true class has a slope
            Nudge its best rival: the loss changes, too.
        slope: slope[rows, y] -= pays / n → pass
            only the rival has a slope
            Nudge the score of the true class: the loss changes, too.
        slope: return loss, slope → return loss, -slope
            the slopes have the wrong sign
            Nudge the score of the true class up: the loss falls.
        slope: return loss, slope → return loss, slope * n
            each slope is that of its own row's loss
            The loss is a mean. A nudge in one row moves it by a part of that only.
        slope: return loss, slope → return loss, slope * n / scores.size
            the slopes were divided by the number of scores
            The loss is a mean over the rows.
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
