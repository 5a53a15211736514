"""What can be the matter with a training, and what has to be seen before it is said.

Each diagnosis looks at the evidence and gives the facts that its sentence needs, or None. The first that sees
something is the one. A cause is named only with its own evidence: see `cause_of_jumps` and `cause_of_rest`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.explore.playground.evidence import ENOUGH_RECORDS, Evidence, calm

Facts = dict[str, Any]
GOOD = 0.9
"""An accuracy with which nobody looks for a fault."""


def judge(seen: Evidence) -> tuple[str, Facts]:
    """The most important thing that can be said: its name, and the facts with it."""
    for diagnosis in DIAGNOSES:
        if (facts := diagnosis(seen)) is not None:
            return diagnosis.__name__, facts
    return "learning", {}


def alike(seen: Evidence) -> Facts | None:
    """All weights began at 0, and the units of each layer are still the same."""
    return {} if seen.settings.initialisation == "zeros" and seen.all_alike() else None


def collapsed(seen: Evidence) -> Facts | None:
    """A penalty has pulled the weights to 0, and the answer is nearly the same everywhere."""
    settings, share = seen.settings, seen.zero_share() if seen.settings.l1 or seen.settings.l2 else 0.0
    if share < 0.9 or settings.initialisation == "zeros":
        return None
    return {"share": share} if np.ptp(seen.session.answers(), axis=0).max() < 0.1 else None


def risen(seen: Evidence) -> Facts | None:
    """The smoothed training loss is well above where it began, or has turned upwards on the way."""
    recent, lowest, past = seen.recent, seen.past.lowest, seen.past
    share = 1.15 if seen.kind == "risen" else 1.3
    turned = (
        len(seen.late) >= ENOUGH_RECORDS
        and lowest.middle - past.since > seen.steps / 4
        and recent.train_loss > max(0.97 * seen.before.train_loss, lowest.train_loss + seen.noise)
    )
    compared = lowest if turned else past.first
    if recent.train_loss < share * compared.train_loss + 0.02:
        return None
    return {"lowest": compared, **cause_of_jumps(seen)}


def by_heart(seen: Evidence) -> Facts | None:
    """The smoothed validation loss has gone up since its best, while the training loss went on falling."""
    recent, best = seen.recent, seen.past.best
    share = 1.05 if seen.kind == "by_heart" else 1.15
    worse = recent.validation_loss > share * best.validation_loss + 0.01
    if not worse or recent.train_loss > 0.97 * best.train_loss:
        return None
    return {"best": best}


def dead(seen: Evidence) -> Facts | None:
    """At least half of the ReLU units are on for no training point."""
    off, units = seen.dead_units()
    if not off or 2 * off < units or seen.recent.validation_score > GOOD:
        return None
    return {"off": off, "units": units}


def vanishing(seen: Evidence) -> Facts | None:
    """The gradient of the first layer is less than a thousandth of that of the last, and nothing moves."""
    if seen.moved:
        return None
    norms = seen.session.gradient_norms()
    return {} if len(norms) >= 3 and 0 < norms[0] < 1e-3 * norms[-1] else None


def saturated(seen: Evidence) -> Facts | None:
    """Half of the units' outputs are at their ends, and the loss does not fall."""
    if seen.falling or seen.recent.validation_score > GOOD:
        return None
    share = seen.saturated_share()
    return {"share": share} if share > 0.5 else None


def jumping(seen: Evidence) -> Facts | None:
    """The training loss goes up and down more than it falls."""
    recent, least = seen.recent.train_loss, 0.14 if seen.kind == "jumping" else 0.25
    if recent < 0.05 or recent < 0.85 * seen.before.train_loss or seen.jumps < least:
        return None
    return {"jumps": seen.jumps, **cause_of_jumps(seen)}


def linear(seen: Evidence) -> Facts | None:
    """Nothing in the network bends, and that is not enough."""
    settings = seen.settings
    bends = settings.hidden_layers and settings.activation != "none"
    return None if bends or settings.regression or seen.recent.validation_score > GOOD else {}


def stuck(seen: Evidence) -> Facts | None:
    """The smoothed training loss is nearly where it began."""
    if seen.steps < 50 or seen.moved or seen.recent.train_loss > 1.1 * seen.past.first.train_loss:
        return None
    usual, larger = seen.trial(1.0), seen.trial(10.0)
    fell = usual[0] - usual[-1]
    faster = np.isfinite(larger).all() and usual[0] - larger[-1] > max(3 * fell, 0.02 * usual[0])
    return {"faster": bool(faster), "usual": usual, "larger": larger}


def done(seen: Evidence) -> Facts | None:
    """Nearly all points that it never saw are right."""
    score, loss = (0.96, 0.18) if seen.kind == "done" else (0.97, 0.15)
    good = seen.recent.validation_score >= score and seen.recent.train_loss < loss
    return {} if good and not seen.settings.regression else None


def resting(seen: Evidence) -> Facts | None:
    """The smoothed training loss does not fall any more."""
    return None if seen.falling else {"recent": seen.recent, "cause": cause_of_rest(seen)}


DIAGNOSES = (
    alike,
    collapsed,
    by_heart,
    risen,
    dead,
    vanishing,
    saturated,
    done,
    jumping,
    linear,
    stuck,
    resting,
)


def cause_of_jumps(seen: Evidence) -> Facts:
    """Whether steps with all points jump as well, in a trial, or would be too long for the curvature.

    Only if neither is so it is the noise of the batches.
    """
    trial, rate, lr = seen.trial(), seen.stable_rate(), seen.settings.lr
    too_long = rate is not None and lr > rate
    noisy = calm(trial) and not too_long and seen.settings.batch_size < len(seen.session.problem.train)
    cause = "long" if not calm(trial) else "curved" if too_long else "noise" if noisy else ""
    return {"cause": cause, "rate": rate if too_long else None, "trial": trial}


def cause_of_rest(seen: Evidence) -> str:
    """What is seen of a network that has come to rest with a straight border."""
    settings = seen.settings
    if seen.recent.validation_score > GOOD or not seen.straight():
        return ""
    if settings.units == 1:
        return "unit"
    if (settings.l1 or settings.l2) and seen.zero_share() > 0.5:
        return "penalty"
    return "dropout" if settings.dropout else "straight"
