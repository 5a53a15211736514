"""Task 1: softened cross-entropy mixed with that of the labels, and its slope."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.blocks import close
from helpers.checks.formula import formula_task, of_answer
from helpers.checks.task import Case, Wrong

Array = np.ndarray


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """First as many rows as classes; one part alone; a temperature below 1; then very large outputs."""
    asked = [(4, 4, 3, 2.0, 0.3), (7, 3, 5, 4.0, 0.8), (1, 6, 4, 3.0, 0.5), (5, 4, 3, 8.0, 1.0)]
    asked += [(6, 3, 4, 2.5, 0.0), (3, 5, 2, 0.5, 0.6), (4, 5, 4000, 2.0, 0.4), (5, 4, 90_000, 6.0, 0.7)]
    cases: list[Case] = []
    for n, C, largest, T, alpha in asked:
        z, teacher_z = rng.uniform(-largest, largest, size=(2, n, C)).round(2)
        y = rng.permutation(np.arange(n) % C)
        cases.append({"z": z, "teacher_z": teacher_z, "y": y, "T": T, "alpha": alpha})
    for case in cases[-2:]:  # rows that lie far apart
        case["z"] = np.sort(case["z"], axis=0)
    return cases


def _log_softmax(z: Array) -> Array:
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _mixed(z: Array, teacher_z: Array, y: Array, T: float, alpha: float) -> tuple[float, Array]:
    n, C = z.shape
    own = np.eye(C)[y]
    log_p, log_hard = _log_softmax(z / T), _log_softmax(z)
    log_q = _log_softmax(teacher_z / T)
    q = np.exp(log_q)
    soft = -np.sum(q * log_p) / n
    hard = -np.sum(own * log_hard) / n
    toward_teacher = (np.exp(log_p) - q) / T / n
    toward_labels = (np.exp(log_hard) - own) / n
    loss = alpha * T**2 * soft + (1 - alpha) * hard
    dz = alpha * T**2 * toward_teacher + (1 - alpha) * toward_labels
    return loss, dz


@of_answer
def _large(case: Case, answer: Any) -> None:
    """With large outputs: whether numbers are finite, and the first row whose loss is off."""
    z, T = case["z"], case["T"]
    loss, _ = _mixed(**case)
    if np.abs(z).max() / T < 300:
        return
    for name, part in zip(("loss", "dz"), answer, strict=True):
        if not np.isfinite(part).all():
            what = f"with large outputs {name} is not finite"
            raise Wrong(
                what, "exp of 1000 is inf, exp of -1000 is 0. Which step is the first to meet such a number?"
            )
    if not close(answer[0], loss):
        what = f"with large outputs the value of loss is off: expected {loss:.6g}, got {answer[0]:.6g}"
        raise Wrong(what, "Is there a share that becomes 0 before its logarithm is taken?")


distillation_loss = formula_task(
    "distillation/distillation_loss",
    "distillation_loss(z, teacher_z, y, T, alpha)",
    points=4,
    cases=_cases,
    right=_mixed,
    parts={
        "loss": "Take alpha = 1 first, then alpha = 0: each part alone, for one row by hand.",
        "dz": "Take alpha = 1 first, then alpha = 0. Nudge one output of one row: how does the loss move?",
    },
    slips=r"""
        loss = alpha * T**2 * soft + → loss = alpha * soft +
        dz = alpha * T**2 * toward_teacher + → dz = alpha * toward_teacher +
            T² is missing
            It multiplies the soft part, in the loss and so in its slope.
        loss = alpha * T**2 * soft + → loss = alpha * T * soft +
        dz = alpha * T**2 * toward_teacher + → dz = alpha * T * toward_teacher +
            the soft part is multiplied by T
            Its factor is T².
        loss = … → loss = T**2 * (alpha * soft + (1 - alpha) * hard)
        dz = … → dz = T**2 * (alpha * toward_teacher + (1 - alpha) * toward_labels)
            the part of the labels is multiplied by T², too
            T² makes up for the softening. Which part is softened?
        loss = … → loss = alpha * hard + (1 - alpha) * T**2 * soft
        dz = … → dz = alpha * toward_labels + (1 - alpha) * T**2 * toward_teacher
            alpha was taken as the share of the labels
            With alpha = 1 the labels do not count.
        loss = … → loss = alpha * T**2 * soft + hard
        dz = … → dz = alpha * T**2 * toward_teacher + toward_labels
            the part of the labels has its full weight
            What the one part has more, the other has less.
        log_q = _log_softmax(teacher_z / T) → log_q = _log_softmax(teacher_z)
            the teacher's shares are those at T = 1
            Teacher and student are softened by the same temperature.
        log_p, log_hard = … → log_p, log_hard = _log_softmax(z / T), _log_softmax(z / T)
        toward_labels = (np.exp(log_hard) - own) / n → toward_labels = (np.exp(log_hard) - own) / T / n
            the student is softened before it is compared with the labels, too
            The labels are compared with its ordinary softmax.
        q = np.exp(log_q) → q = np.eye(C)[teacher_z.argmax(axis=1)]
            only the teacher's first choice counts
            All of its shares do: that is what it knows more than a label.
        log_p, log_hard = … → log_p, log_hard = _log_softmax((z / T).T).T, _log_softmax(z.T).T
        log_q = … → log_q = _log_softmax((teacher_z / T).T).T
            the shares sum to 1 over the rows
            The classes of one row compete: sum along its row.
        loss: soft = … → soft = np.sum(q * (log_q - log_p)) / n
            the teacher's own entropy was subtracted from the soft part
            That is the divergence KL. The task asks for the cross-entropy.
        loss: soft = … → soft = -np.mean(q * log_p)
            the soft part is a mean over the classes, too
            Sum along each row, and take the mean over the rows.
        loss: soft = … → soft = -np.sum(np.exp(log_p) * log_q) / n
            in the soft part student and teacher have changed places
            Before the logarithm stand the teacher's shares, in it those of the student.
        loss: soft = … → soft = -np.sum(q * log_p)
            the soft part is summed over the rows
            It is their mean, as the part of the labels is.
        loss: return loss, dz → return loss * n, dz
            the loss is summed over the rows
            It is their mean.
        dz: toward_teacher = (np.exp(log_p) - q) / T / n → toward_teacher = (np.exp(log_p) - q) / n
            in dz the soft part is T times too large
            It is z / T that enters the softmax. What does a nudge of z do to that?
        dz: toward_teacher = (np.exp(log_p) - q) / T / n → toward_teacher = (np.exp(log_p) - q) / T**2 / n
            in dz the soft part is T times too small
            It is z / T that enters the softmax: T divides once.
        dz: return loss, dz → return loss, dz * n
            each slope of dz is that of its own row's loss
            The loss is a mean. A nudge in one row moves it by a part of that only.
        dz: return loss, dz → return loss, -dz
            dz has the wrong sign
            A class gets too large a share: does the loss grow or fall as that output grows?
    """,
    last_rules=[_large],
    form="Two things, in this order: the loss, one number, and dz, of shape (n, C).",
    unchanged="A step such as `/=` changes what the caller passed: compute new arrays.",
    hints={
        "ValueError": "Write the shapes of this line down: z and teacher_z are (n, C), y is (n,).",
        "IndexError": "z has n rows and C columns. Print what stands between the brackets of this line.",
    },
)
