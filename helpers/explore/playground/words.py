"""What is happening, in one or two sentences; and what the picture shows, for a reader who cannot see it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.explore.playground.curvature import curvature_of
from helpers.nn.activations import ReLU, Sigmoid, Tanh

if TYPE_CHECKING:
    from helpers.explore.playground.session import Scores, Session


def sentence(session: Session) -> str:
    """The most important thing that can be said about the training at this moment, and what to try.

    >>> from helpers.explore.playground.session import Session
    >>> sentence(Session())[:22]
    'Before the first step:'
    """
    now = session.now()
    for diagnosis in DIAGNOSES:
        if words := diagnosis(session, now):
            return words
    return learning(session, now)


def at_the_start(session: Session, now: Scores) -> str:
    if session.steps:
        return ""
    return (
        "Before the first step: the weights are the initial ones, and the map shows what they happen to say. "
        "Press Play, or Step to take one batch."
    )


def overflowed(session: Session, now: Scores) -> str:
    if not session.diverged and math.isfinite(now.train_loss):
        return ""
    lr = session.settings.lr
    return (
        f"The loss overflowed at step {session.steps}: with learning rate {lr:g} every step overshoots "
        f"further than the one before. Divide the learning rate by ten (to {lr / 10:g}) and begin anew."
    )


def rising(session: Session, now: Scores) -> str:
    losses = train_losses(session, now)
    if len(losses) < 3 or now.train_loss < 1.3 * losses.min():
        return ""
    half = len(losses) // 2
    if losses[half:].mean() < 1.05 * losses[:half].mean() and now.train_loss < 1.1 * losses[0]:
        return ""
    return f"The loss is rising: {too_large(session)} Make it smaller."


def bouncing(session: Session, now: Scores) -> str:
    recent = train_losses(session, now)[-12:]
    if len(recent) < 6 or recent.mean() < 0.05:
        return ""
    up_and_down = np.abs(np.diff(recent)).mean() / recent.mean()
    gained = (recent[:3].mean() - recent[-3:].mean()) / recent.mean()
    if up_and_down < 0.15 or gained > 2 * up_and_down:
        return ""
    batch, n = session.settings.batch_size, len(session.problem.train)
    if batch < n / 4:
        return (
            f"The loss jumps up and down: each step follows only {samples(batch)} of {n}, so its gradient is "
            "noisy. A smaller learning rate or a larger batch calms it."
        )
    return f"The loss jumps up and down: {too_large(session)} Make it smaller."


def too_large(session: Session) -> str:
    """Why the learning rate is too large, with the curvature where that is the reason."""
    settings = session.settings
    curvature = curvature_of(session)
    if settings.optimizer == "SGD" and curvature > 0 and settings.lr > 2 / curvature:
        return (
            f"the learning rate {settings.lr:g} is too large for this curvature, "
            f"which allows at most 2/λmax = {2 / curvature:.2g}."
        )
    if settings.batch_size < len(session.problem.train) / 4:
        return (
            f"a step with learning rate {settings.lr:g} trusts {samples(settings.batch_size)} too much, "
            "whose gradient is noisy."
        )
    return f"steps with learning rate {settings.lr:g} are too long here."


def all_alike(session: Session, now: Scores) -> str:
    settings = session.settings
    if settings.initialisation != "zeros" or not settings.hidden_layers or settings.dropout:
        return ""
    return (
        "All weights began at 0, so all units of a layer compute the same and get the same gradient: they "
        "stay equal for ever. Choose a random initialisation."
    )


def dead(session: Session, now: Scores) -> str:
    if session.settings.activation != "ReLU":
        return ""
    highest = np.concatenate([a.max(axis=0) for a in activations(session, ReLU)] or [np.zeros(0)])
    off, units = int((highest <= 0).sum()), len(highest)
    if off < 0.5 * units or not units or now.validation_score > 0.9:
        return ""
    return (
        f"{off} of {units} ReLU units are never on: their gradient is 0, and they cannot come "
        "back. Try a smaller learning rate, or leaky ReLU."
    )


def saturated(session: Session, now: Scores) -> str:
    name = session.settings.activation
    if name == "tanh":
        outputs = [np.abs(a) for a in activations(session, Tanh)]
    else:
        outputs = [np.abs(2 * a - 1) for a in activations(session, Sigmoid)] if name == "sigmoid" else []
    share = float(np.mean([(a > 0.98).mean() for a in outputs])) if outputs else 0.0
    if share < 0.5 or now.validation_score > 0.9:
        return ""
    return (
        f"{share:.0%} of the {name} outputs are at their ends, where the curve is flat: hardly any gradient "
        "gets through. Smaller weights at the start or a smaller learning rate avoid it."
    )


def by_heart(session: Session, now: Scores) -> str:
    best = session.best
    worse = now.validation_loss > 1.15 * best.validation_loss + 0.01
    if not worse or now.train_loss > best.train_loss or best.step == 0:
        return ""
    return (
        f"It learns by heart: since step {best.step:,} the validation loss has gone up from "
        f"{brief(best.validation_loss)} to {brief(now.validation_loss)}, while the training loss fell to "
        f"{brief(now.train_loss)}. Stop earlier, use more data, or penalise large weights."
    )


def straight(session: Session, now: Scores) -> str:
    settings = session.settings
    bends = settings.hidden_layers and settings.activation != "none"
    if bends or settings.regression or now.validation_score > 0.9 or session.steps < 100:
        return ""
    why, missing = "without an activation", "an activation"
    if not settings.hidden_layers:
        why, missing = "without hidden layers", "a hidden layer"
    how = "a straight line" if set(settings.features) <= {"x1", "x2"} else "one weight per feature"
    return (
        f"A network {why} is one linear function: it can only separate with {how}, and gets "
        f"{percent(now.validation_score)} right. Add {missing}, or features that bend."
    )


def slow(session: Session, now: Scores) -> str:
    first = session.records[0].train_loss
    if session.steps < 50 or now.train_loss < 0.85 * first:
        return ""
    moved = (
        f"In {steps(session.steps)} the loss has hardly moved, from {brief(first)} to {brief(now.train_loss)}"
    )
    settings = session.settings
    if settings.optimizer == "SGD":
        curvature = curvature_of(session)
        if not curvature > 0 or settings.lr < 0.2 / curvature:
            return f"{moved}: the learning rate {settings.lr:g} is small. Make it larger."
    elif settings.lr < 1e-3:
        return f"{moved}: the learning rate {settings.lr:g} is small. Make it larger."
    return f"{moved}: it lies on a plateau. Give it time, or try Adam, another initialisation or more units."


def done(session: Session, now: Scores) -> str:
    if session.settings.regression or now.validation_score < 0.97 or now.train_loss > 0.15:
        return ""
    return (
        f"It has learnt this: {percent(now.validation_score)} of the points that it never saw are right "
        f"after {session.steps:,} steps. Make it harder: more noise, a smaller training part, or other data."
    )


def learning(session: Session, now: Scores) -> str:
    first = session.records[0].train_loss
    gap = now.validation_loss - now.train_loss
    fell = f"from {brief(first)} to {brief(now.train_loss)}"
    says = f"Learning: in {steps(session.steps)} the training loss went {fell}"
    if gap > max(0.3 * now.train_loss, 0.03):
        return (
            f"{says}; on points that it never saw the loss is {brief(now.validation_loss)}. "
            "The difference is what it knows only about its training points."
        )
    return f"{says}, and on points that it never saw it is as good ({brief(now.validation_loss)})."


DIAGNOSES = (
    at_the_start,
    overflowed,
    all_alike,
    rising,
    by_heart,
    dead,
    saturated,
    bouncing,
    straight,
    slow,
    done,
)


def alt(session: Session, panel: str) -> str:
    """What the picture shows."""
    now, settings = session.now(), session.settings
    layers = f"{settings.hidden_layers} hidden layers of {settings.units} {settings.activation} units"
    if settings.regression:
        seen = f"The line that the network draws through the data “{settings.data}”"
    else:
        seen = f"What the network answers at each place of the plane, for the data “{settings.data}”"
    score = "R²" if settings.regression else "accuracy"
    return (
        f"{seen}, after {steps(session.steps)} with learning rate {settings.lr:g} and batches of "
        f"{settings.batch_size} ({layers}). Beside it the curves of loss and {score}: training loss "
        f"{brief(now.train_loss)} and {score} {level(session, now.train_score)}, validation loss "
        f"{brief(now.validation_loss)} and {score} {level(session, now.validation_score)}; and the "
        f"{'sizes of the gradients' if panel == 'gradients' else 'weights'} of each layer."
    )


def train_losses(session: Session, now: Scores) -> np.ndarray:
    values = [one.train_loss for one in session.records]
    return np.array(values if session.records[-1].step == now.step else [*values, now.train_loss])


def activations(session: Session, kind: Any) -> list[np.ndarray]:
    """The outputs of the layers of this kind for the training points."""
    X = session.problem.X[session.problem.train]
    layers = session.layers_after(X)
    return [layer.a for layer in layers if isinstance(layer, kind)]


def level(session: Session, score: float) -> str:
    if session.settings.regression:
        return f"{score:.2f}" if score > -9 else "far below 0"
    return percent(score)


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def brief(value: float) -> str:
    """A loss in two digits.

    >>> brief(0.6931), brief(0.0123), brief(0.3), brief(54.4), brief(12345.0), brief(float("nan"))
    ('0.69', '0.012', '0.30', '54', '12,345', 'beyond all numbers')
    """
    if not math.isfinite(value):
        return "beyond all numbers"
    return f"{value:#.2g}" if abs(value) < 9.95 else f"{value:,.0f}" if abs(value) < 1e6 else f"{value:.0e}"


def steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count:,} steps"


def samples(count: int) -> str:
    return "1 sample" if count == 1 else f"{count} samples"
