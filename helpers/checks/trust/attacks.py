"""Task 1: FGSM on a model without a hidden layer."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.task import Case

Array = np.ndarray


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """Some pixels without a weight; the third has answers that change from wrong to wrong; large logits."""
    shapes = [(7, 4, 3, 0), (9, 6, 2, 2), (14, 5, 4, 1), (6, 5, 3, 1)]
    cases = [_steady(*shape, 0.0, rng) for shape in shapes]
    cases.append(_steady(8, 6, 3, 0, 800.0, rng))
    whole = cases[3]
    whole["X"] = whole["X"].round().astype(int)
    return cases


def _steady(n: int, d: int, k: int, unused: int, offset: float, rng: np.random.Generator) -> Case:
    """Some pictures are wrong before, some fooled, some not; none of it hangs on the last digits."""
    while True:
        W, b = rng.normal(size=(d, k)).round(2), rng.normal(scale=0.2, size=k).round(2) + offset
        W[rng.permutation(d)[:unused]] = 0.0
        X = rng.choice([0.0, 1.0, 0.02, 0.97, 0.5], p=[0.15, 0.15, 0.1, 0.1, 0.5], size=(n, d))
        X = np.where(X == 0.5, rng.uniform(0.1, 0.9, size=(n, d)).round(2), X)
        y = ((X - 0.1) @ W).argmax(axis=1)
        y[: n // 3] = (y[: n // 3] + 1) % k
        case = {"X": X, "y": y, "W": W, "b": b, "eps": 0.15}
        if all(_clear({**case, "X": one}, still_wrong=n > 12) for one in (X, X.round())):
            return case


def _clear(case: Case, still_wrong: bool) -> bool:
    X, y, W, b, _ = case.values()
    X_adv, fooled = _fgsm(*case.values())
    logits = np.array([X @ W + b, X_adv @ W + b])
    first, second = np.sort(logits, axis=-1)[..., :-3:-1].transpose(2, 0, 1)
    p = np.exp(logits[0] - logits[0].max(axis=1, keepdims=True))
    slope = (p / p.sum(axis=1, keepdims=True) - np.eye(len(b))[y]) @ W[W.any(axis=1)].T
    (before, after), wrong = logits.argmax(axis=-1), logits.argmax(axis=-1) != y
    if still_wrong and not np.any(wrong[0] & (before != after)):
        return False
    clear = (first - second).min() > 0.01 and abs(slope).min() > 0.001
    return bool(clear and wrong[0].any() and 0 < fooled.sum() < np.sum(~wrong[0]))


def _fgsm(X: Array, y: Array, W: Array, b: Array, eps: float) -> tuple[Any, Any]:
    z = X @ W + b
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    slope = (p - np.eye(len(b))[y]) @ W.T
    X_adv = np.clip(X + eps * np.sign(slope), 0, 1)
    before, after = z.argmax(axis=1) == y, (X_adv @ W + b).argmax(axis=1) == y
    fooled = before & ~after
    return X_adv, fooled


fgsm = formula_task(
    "trust/fgsm",
    "fgsm(X, y, W, b, eps)",
    points=3,
    cases=_cases,
    right=_fgsm,
    parts={
        "X_adv": "Take one picture: what does a little more of each pixel do to its loss?",
        "fooled": "Which pictures was the model right about before, and wrong after?",
    },
    slips=r"""
        X_adv: z - z.max(axis=1, keepdims=True) → z
            X_adv is NaN or off where the logits are large
            exp of 800 is infinite. Which shift of all logits of a picture leaves its p alone?
        X_adv: X + eps → X - eps
            each pixel moves to the side on which the loss falls
            An attack climbs.
        X_adv: np.clip(X + eps * np.sign(slope), 0, 1) → X + eps * np.sign(slope)
            some numbers of X_adv are outside [0, 1]
            White is 0 and black is 1: nothing is beyond.
        X_adv: np.clip(X + eps * np.sign(slope), 0, 1) → np.clip(X - eps * np.sign(slope), 0, 1)
            each pixel moves to the side on which the loss falls
            An attack climbs.
        X_adv: np.sign(slope) → slope
            a pixel moves by eps times its slope
            FGSM asks for the direction only: all pixels with a slope move equally far.
        X_adv: np.sign(slope) → np.where(slope >= 0, 1, -1)
            pixels without a slope move
            The task says what the sign of 0 is.
        X_adv: np.sign(slope) → np.where(slope > 0, 1, -1)
            pixels without a slope move
            The task says what the sign of 0 is.
        X_adv: np.sign(slope) → (slope / abs(slope))
            X_adv is NaN where the slope is 0
            That is 0 / 0. The task says what the sign of 0 is.
        X_adv: np.sign(slope) → np.sign(slope.sum(axis=0))
            the pixels of all pictures move alike
            Each picture has a loss of its own, and so a slope of its own.
        X_adv: (p - np.eye(len(b))[y]) → p
            the true class is not in the slope
            What is the slope of the loss by the logit of the true class, and by the others?
        fooled: before & ~after → ~after
            fooled has pictures that the model was wrong about before
            Nobody has fooled it about those.
        fooled: before & ~after → z.argmax(axis=1) != (X_adv @ W + b).argmax(axis=1)
            fooled has pictures whose answer goes from one wrong class to another
            Which pictures was the model right about before?
    """,
    form="End with `return X_adv, fooled`: arrays of shape (n, d) and (n,).",
    unchanged="Whoever calls you compares X with X_adv: compute a new array.",
    hints={
        "TypeError: numpy boolean": "For True and False, `&` is and, `|` is or, `~` is not.",
        "ValueError: The truth value": "For two arrays of True and False, `&` is and; ~ is not.",
        "ValueError": "Write the shapes of this line down: X is (n, d), W (d, k), the slope is (n, d) again.",
        "UFuncTypeError": "X may hold whole numbers, which take up no decimals in place: make a new array.",
    },
)
