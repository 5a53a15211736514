"""Task 1: one piece of a text through an RNN, there and back."""

from collections.abc import Sequence

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.task import Case

Array = np.ndarray


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """In the first all sizes differ; then d = k, one step, one text, whole numbers."""
    cases: list[Case] = []
    for n, T, d, k in [(5, 4, 2, 3), (3, 5, 4, 4), (4, 1, 2, 3), (1, 6, 3, 2), (3, 3, 2, 2)]:
        X, h = rng.normal(size=(n, T, d)).round(2), rng.uniform(-0.8, 0.8, size=(n, k)).round(2)
        W_x, W_h = (rng.uniform(-0.8, 0.8, size=(rows, k)).round(2) for rows in (d, k))
        b = rng.uniform(0.2, 0.6, size=k).round(2)
        dH = (rng.uniform(0.5, 2, size=(n, T, k)) * rng.choice([-1, 1], size=(n, T, k))).round(2)
        cases.append({"X": X, "h": h, "W_x": W_x, "W_h": W_h, "b": b, "dH": dH})
    one_hot = np.eye(2, dtype=int)[rng.integers(2, size=(3, 3))]
    cases[-1] |= {"X": one_hot, "h": np.array([[1, 0], [-1, 1], [0, 1]]), "dH": rng.integers(1, 4, (3, 3, 2))}
    return cases


def _through_time(X: Array, h: Array, W_x: Array, W_h: Array, b: Array, dH: Array) -> tuple[Array, ...]:
    steps, states = range(X.shape[1]), [h]
    for t in steps:
        h = np.tanh(X[:, t] @ W_x + h @ W_h + b)
        states.append(h)
    dW_x, dW_h, db, dh = np.zeros(W_x.shape), np.zeros(W_h.shape), np.zeros(b.shape), np.zeros(h.shape)
    for t in steps[::-1]:
        before, after = states[t], states[t + 1]
        d_state = dh + dH[:, t]
        dz = d_state * (1 - after**2)
        dW_x = dW_x + X[:, t].T @ dz
        dW_h = dW_h + before.T @ dz
        db = db + dz.sum(axis=0)
        dh = dz @ W_h.T
    H = np.stack(states[1:], axis=1)
    return H, dW_x, dW_h, db, dh


STEP = "Nudge the number that enters tanh in one step: what does the state do, and what the loss?"
through_time = formula_task(
    "sequences/through_time",
    "through_time(X, h, W_x, W_h, b, dH)",
    points=4,
    cases=_cases,
    right=_through_time,
    parts={
        "H": "Take one step alone: what enters tanh is a sum of three.",
        "dW_x": "The same W_x is used in each step, for each text. " + STEP,
        "dW_h": "The same W_h is used in each step, for each text. " + STEP,
        "db": "The same b is used in each step, for each text. " + STEP,
        "dh": "h enters the first step only. How does a nudge of it reach each of the later states?",
    },
    slips=r"""
        states = range(X.shape[1]), [h] → states = range(X.shape[1]), [np.zeros(h.shape)]; h = states[0]
            the piece begins with a state of 0
            The state before the first step is passed.
        d_state = … → d_state = dH[:, t]
            each state has the slope of what was read off it, and none from the step after it
            A state is used twice: it is read off, and it enters the next step.
        d_state = … → d_state = dh + dH[:, t] * (t == steps[-1])
            of dH only the last step was used
            Something is read off each state.
        dz = … → dz = d_state
            the slopes went through the steps as if there were no tanh
            A nudge of what enters tanh moves the state less than by 1.
        dz = … → dz = d_state * (1 - before**2)
            the slope of tanh was taken at the state before the step
            Which state did this tanh give?
        dz = … → dz = d_state * (1 - np.tanh(after) ** 2)
            the slope of tanh was taken at the state, as if it were what entered tanh
            The state is a tanh already.
        dz = … → dz = d_state * (1 - after)
            the slope of tanh is off
            What is it at a state of -0.5? The example of the task has one at 0.5.
        dh = dz @ W_h.T → dh = dz @ W_h
            on the way back W_h was used as on the way there
            Entry (i, j) of W_h leads from number i of a state to number j of the next. And back?
        dh = dz @ W_h.T → dh = d_state
            the slopes went back to the state before without W_h
            How far does a nudge of the state before move what enters tanh?
        dW_x: dW_x = dW_x + X → dW_x = X
            dW_x has the share of the first step only
            The same W_x is used in each step: its slopes add up.
        dW_h: dW_h = dW_h + before → dW_h = before
            dW_h has the share of the first step only
            The same W_h is used in each step: its slopes add up.
        dW_h: before.T @ dz → after.T @ dz
            dW_h was made with the state that the step gives
            Which state does W_h meet in this step?
        dW_h: before.T @ dz → before.T @ dz * (t > 0)
            dW_h has no share of the first step
            The first step meets a state as well: the one that was passed.
        db: dz.sum(axis=0) → dz.mean(axis=0)
            db is a mean over the texts
            The same b is used for each text: its slopes add up.
        db: db = db + dz → db = dz
            db has the share of the first step only
            The same b is used in each step: its slopes add up.
        dh: return H, dW_x, dW_h, db, dh → return H, dW_x, dW_h, db, d_state
            dh is the slope for the first state in H
            Asked is that for the state before it, the h that was passed.
        H: np.stack(states[1:], axis=1) → np.stack(states[:-1], axis=1)
            H begins with the state that was passed, and lacks the last one
            All the states from the first step on.
    """,
    form="End with `return H, dW_x, dW_h, db, dh`: five arrays.",
    unchanged="Others need these arrays as they are: compute new ones (`a += …` writes into a).",
    hints={
        "ValueError": "Write the shapes of this line down: a step has X[:, t] (n, d) and a state (n, k).",
        "IndexError": "The steps are numbered from 0 to T - 1, and there is one state more than steps.",
        "UFuncTypeError": "An array of whole numbers cannot take up decimals in place: make a new one.",
    },
)
