"""Task 4: the distance of Kolmogorov and Smirnov, and a threshold by its false alarms, on real digits."""

import numpy as np

from helpers import data
from helpers.checks.formula import formula_task
from helpers.checks.task import Case

Array = np.ndarray


def _cases(rng: np.random.Generator) -> list[Case]:
    """The ink of lines of digits; new windows are as before, darker, of one line that is stuck, or few rows.

    In the first four, no rate times a number of windows is whole: whoever rounds it up or to the nearest
    differs. In the third, method="higher" of np.quantile is too high. In the last one it is whole, so that
    "fewer" in place of "no more" differs, and no new window is at the threshold.
    """
    pictures, _ = data.load_digits()
    ink = pictures.reshape(-1, 8, 8).sum(axis=2)
    cases = []
    for n, size, m, lines, rate in [
        (61, 30, 45, 4, 0.06),
        (53, 25, 22, 6, 0.15),
        (71, 40, 37, 3, 0.3),
        (41, 12, 25, 1, 0.1),
        (47, 23, 24, 3, 0.25),
    ]:
        order = rng.permutation(len(ink))
        chosen = np.sort(rng.permutation(8)[:lines])
        rows = ink[order][:, chosen]
        reference, calm, later = rows[:n], rows[n : n + 700], rows[n + 700 :]
        quiet = np.array([calm[rng.permutation(len(calm))[:size]] for _ in range(m)])
        new = np.array([later[rng.permutation(len(later))[:size]] for _ in range(6)])
        new[1] = np.round(0.8 * new[1])
        new[2, :, 0] = np.median(reference[:, 0])
        new[3] += 6
        new[4] = np.roll(new[4], 1, axis=1) if lines > 1 else new[4][::-1] - 4
        scores, threshold, _ = _drift_alarm(reference, quiet, quiet, rate)
        if rate * m % 1:
            new[5] = quiet[np.flatnonzero(scores == threshold)[0]]  # at the threshold, not above
        quiet = quiet[np.roll(np.argsort(scores), m // 2)]  # the last ones are neither high nor low
        cases.append({"reference": reference, "quiet": quiet, "new": new, "rate": rate})
    return cases


def _drift_alarm(reference: Array, quiet: Array, new: Array, rate: float) -> tuple[Array, float, Array]:
    def distance(old: Array, now: Array) -> float:
        values = np.concatenate([old, now])
        before = np.searchsorted(np.sort(old), values, side="right") / len(old)
        after = np.searchsorted(np.sort(now), values, side="right") / len(now)
        gaps = np.abs(after - before)
        return gaps.max()

    def score(window: Array) -> float:
        each = [distance(old, now) for old, now in zip(reference.T, window.T, strict=True)]
        return max(each)

    as_they_come = [score(window) for window in quiet]
    calm = np.sort(as_they_come)
    allowed = int(np.floor(rate * len(calm)))
    threshold = calm[len(calm) - 1 - allowed]
    scores = np.array([score(window) for window in new])
    rings = scores > threshold
    return scores, threshold, rings


drift_alarm = formula_task(
    "deployment/drift_alarm",
    "drift_alarm(reference, quiet, new, rate)",
    points=4,
    cases=_cases,
    right=_drift_alarm,
    parts={
        "scores": "Work through the example of the task, with one feature and one window.",
        "threshold": "Sort the quiet scores. How many of them may lie above?",
        "rings": "Compare each score with the threshold.",
    },
    slips=r"""
        return max(each) → return np.mean(each)
            a score is the mean of the distances
            One line that is stuck hides in a mean over many: the largest is asked for.
        return max(each) → return each[0]
            a score is the distance of the first feature
            Any feature can be the one that drifts.
        gaps = np.abs(after - before) → gaps = after - before
            only a share that has grown counts in a distance
            Values may become larger as well as smaller: without the sign.
        gaps = np.abs(after - before) → gaps = before - after
            only a share that has become smaller counts in a distance
            Values may become larger as well as smaller: without the sign.
        return gaps.max() → return gaps.mean()
            a distance is the mean of the differences
            The largest difference over all v.
        values = np.concatenate([old, now]) → values = now
            v takes the values of the window only
            In the example, 4 is a value of the reference.
        values = np.concatenate([old, now]) → values = old
            v takes the values of the reference only
            A value that occurs only in the window counts as well.
        gaps.max() → abs(old.mean() - now.mean())
            a distance is the difference of the means
            It compares shares: how many rows are at most v?
        threshold: calm = np.sort(as_they_come) → calm = as_they_come
            the threshold is one of the quiet scores, and not by its size
            Were they sorted?
        threshold: int(np.floor(rate * len(calm))) → int(np.ceil(rate * len(calm)))
            more than the share `rate` of the quiet windows lies above the threshold
            No more than that: is 2.5 windows two or three?
        threshold: int(np.floor(rate * len(calm))) → len(calm) - 1 - int(np.floor(rate * len(calm)))
            the threshold is at the lower end of the quiet scores
            `rate` is the share that lies above it, not below.
        threshold: calm[len(calm) - 1 - allowed] → calm[len(calm) - allowed]
            fewer quiet windows lie above the threshold than are allowed
            Sort the scores: calm[-1] has none above it, and calm[-2] one.
        threshold: calm[len(calm) - 1 - allowed] → np.quantile(calm, 1 - rate)
            the threshold lies between two quiet scores
            np.quantile draws a line between two scores; the task asks for one of them.
        rings: rings = scores > threshold → rings = scores >= threshold
            a window rings whose score is the threshold
            It rings above.
    """,
    form="End with `return scores, threshold, rings`: an array (k,), a number, and an array (k,).",
    hints={"ValueError": "Write the shapes of this line down: a window is (size, d), the reference (n, d)."},
)
