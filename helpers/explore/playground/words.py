"""What is happening, in one or two sentences."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from helpers.explore.playground.diagnoses import Facts
from helpers.explore.playground.evidence import TRIAL_STEPS

if TYPE_CHECKING:
    from helpers.explore.playground.session import Session

ADAPTIVE = ("AdaGrad", "RMSProp", "Adam", "AdamW")
"""Optimizers that scale their steps: whoever has one of them is not sent to Adam."""
SMALL = ("small", "zeros")
TWO_COORDINATES = " It sees two numbers of each picture, not its 64 pixels."


def sentence(session: Session) -> str:
    """The most important thing that can be said about the training at this moment, and what to try.

    Its numbers are those of this moment, or averages that say so. It costs next to nothing: what it rests on
    was seen while the network trained.

    >>> from helpers.explore.playground.session import Session
    >>> sentence(Session())[:22]
    'Before the first step:'
    """
    if not session.steps:
        return at_the_start(session)
    story = session.story
    over = OVER.get(story.kind)
    if over and over(session, story.facts):
        return f"{moved(session)}. {seen_and_unseen(session)}"
    return SAYS[story.kind](session, story.facts)


def at_the_start(session: Session) -> str:
    return (
        "Before the first step: the weights are the initial ones, and the map shows what they happen to say. "
        f"Press Play, or Step to take one batch.{whole_batch(session)}"
    )


def whole_batch(session: Session) -> str:
    """A word for a batch that is larger than the training part.

    >>> from helpers.explore.playground.session import Session
    >>> from helpers.explore.playground.settings import Settings
    >>> whole_batch(Session(Settings(batch_size=256)))
    ' A batch of 256 is all 128 training points.'
    """
    n, size = len(session.problem.train), session.settings.batch_size
    return f" A batch of {size} is all {n} training points." if size > n else ""


def opening(session: Session, facts: Facts) -> str:
    past = session.story.past
    if session.steps == past.since:
        return f"Changed at step {past.since:,}: the weights stay. Press Play or Step to see what it does."
    return f"{moved(session)}. It is too early to say more.{whole_batch(session)}"


def moved(session: Session) -> str:
    """What happened, without a judgement."""
    past = session.story.past
    since = f" since the change at step {past.since:,}" if past.since else ""
    return (
        f"In {steps(session.steps - past.since)}{since} the training loss went from "
        f"{brief(past.first.train_loss)} to {brief(session.now().train_loss)}"
    )


def overflowed(session: Session, facts: Facts) -> str:
    lr = session.settings.lr
    return (
        f"The loss overflowed at step {session.steps:,}: the numbers became too large to compute with, at "
        f"learning rate {lr:g}. Divide it by ten (to {lr / 10:g}) and begin anew."
    )


def alike(session: Session, facts: Facts) -> str:
    return (
        "All weights began at 0, so all units of a layer compute the same and get the same gradient: they "
        "stay equal for ever. Choose random first weights."
    )


def collapsed(session: Session, facts: Facts) -> str:
    return (
        f"{percent(facts['share'])} of the weights are at 0 under {penalty(session)}, and the network "
        "answers nearly the same everywhere. Make the penalty smaller."
    )


def risen(session: Session, facts: Facts) -> str:
    lowest, recent = facts["lowest"], session.story.recent
    where = f"around step {lowest.middle:,}" if lowest.middle else "at the start"
    return (
        f"The training loss has gone up, from {brief(lowest.train_loss)} {where} to an average of "
        f"{brief(recent.train_loss)}. {jumps_why(session, facts)}"
    )


def by_heart(session: Session, facts: Facts) -> str:
    best, recent = facts["best"], session.story.recent
    rose = f"from {brief(best.validation_loss)} to {brief(recent.validation_loss)}"
    more = TWO_COORDINATES if session.settings.data == "digits" else " Stop earlier, or use more data."
    return (
        f"It learns by heart: since step {best.middle:,} the validation loss went up {rose} (averages), "
        f"while the training loss fell to {brief(recent.train_loss)}.{more}"
    )


def dead(session: Session, facts: Facts) -> str:
    return (
        f"{facts['off']} of {facts['units']} ReLU units are off for every training point: no gradient passes "
        "through them. Try a smaller learning rate, or leaky ReLU."
    )


def vanishing(session: Session, facts: Facts) -> str:
    first, *_, last = session.gradient_norms()
    settings = session.settings
    ways = ["tanh or ReLU"] if settings.activation not in ("tanh", "ReLU") else []
    ways += ["fewer layers"] if settings.batch_norm else ["batch norm", "fewer layers"]
    return (
        f"The gradients vanish on their way back: {brief(last)} at the output layer, {brief(first)} at the "
        f"first layer. Try {either(ways)}."
    )


def saturated(session: Session, facts: Facts) -> str:
    return (
        f"{percent(facts['share'])} of the {session.settings.activation} outputs are at their ends, where "
        "the curve is flat, and the loss does not fall. Try a smaller learning rate"
        f"{'' if session.settings.initialisation in SMALL else ' or smaller first weights'}."
    )


def jumping(session: Session, facts: Facts) -> str:
    about = percent(facts["jumps"])
    return f"The training loss jumps up and down, by about {about}. {jumps_why(session, facts)}"


def jumps_why(session: Session, facts: Facts) -> str:
    """What was seen in a trial with all points, and what to try."""
    settings, n = session.settings, len(session.problem.train)
    if facts["cause"] == "noise":
        return (
            f"The noise of {samples(settings.batch_size)} of {n} does that: {TRIAL_STEPS} trial steps with "
            "all of them fall calmly. Lower the rate, or enlarge the batch."
        )
    limit = f"2/λmax is about {facts['rate']:.2g} here" if facts["rate"] else ""
    if facts["cause"] == "long":
        limit = f" ({limit})" if limit else ""
        return (
            f"Steps with learning rate {settings.lr:g} are too long: a trial with all {n} points does not "
            f"fall calmly either{limit}. Make it smaller."
        )
    if facts["cause"] == "curved":
        return f"The learning rate {settings.lr:g} is too large for the curvature: {limit}. Make it smaller."
    return "Try a smaller learning rate."


def linear(session: Session, facts: Facts) -> str:
    settings, now = session.settings, session.now()
    why, missing = "without an activation", "an activation"
    if not settings.hidden_layers:
        why, missing = "without hidden layers", "a hidden layer"
    line = "its border is a straight line"
    if session.problem.num_classes > 2:
        line = "borders between two classes are straight"
    if not set(settings.features) <= {"x1", "x2"}:
        line = "it has one weight for each input"
    more = TWO_COORDINATES if settings.data == "digits" else ""
    return (
        f"A network {why} is linear: {line}. It gets {percent(now.validation_score)} of the validation "
        f"points right. Add {missing}, or inputs that bend.{more}"
    )


def stuck(session: Session, facts: Facts) -> str:
    now, first = session.now(), session.story.past.first
    said = (
        f"In {steps(session.steps - session.story.past.since)} the training loss has hardly moved, from "
        f"{brief(first.train_loss)} to {brief(now.train_loss)}"
    )
    patience = "Give it time" if session.settings.optimizer in ADAPTIVE else "Give it time, or try Adam"
    usual, larger = facts["usual"], facts["larger"]
    if not alike_in_size(now.train_loss, usual[0], 1.03):  # the trial began elsewhere
        return f"{said}. {patience}."
    tried = (
        f"A trial of {TRIAL_STEPS} steps ended at {brief(usual[-1])}, with ten times the learning rate at "
        f"{brief(larger[-1])}"
    )
    if facts["faster"]:
        return f"{said}. {tried}: {session.settings.lr:g} is small. Make it larger."
    return f"{said}. {tried}. {patience}."


def done(session: Session, facts: Facts) -> str:
    score = session.now().validation_score
    return (
        f"It has learnt this: {percent(score)} of the points that it never saw are right after "
        f"{steps(session.steps)}. Make it harder: more noise, a smaller training part, or other data."
    )


def resting(session: Session, facts: Facts) -> str:
    settings, recent = session.settings, session.story.recent
    said = (
        f"The training loss hardly falls now: over the last {steps(recent.end - recent.begin)} it stayed "
        f"around {brief(recent.train_loss)}."
    )
    border = {
        "unit": " The border is straight: with one unit in a layer it cannot bend. Use more units.",
        "penalty": f" The border is straight: {penalty(session)} holds most weights at 0. Make it smaller.",
        "dropout": f" The border is straight. Try less dropout than {settings.dropout:g}.",
        "straight": " The border is straight. Give it time, or try another optimizer.",
    }.get(facts["cause"])
    return said + (border + whole_batch(session) if border else f" {seen_and_unseen(session)}")


def learning(session: Session, facts: Facts) -> str:
    said = moved(session)
    return f"Learning: {said[0].lower()}{said[1:]}. {seen_and_unseen(session)}"


def seen_and_unseen(session: Session) -> str:
    """How good it is on the points that it never saw."""
    now = session.now()
    gap = now.validation_loss - now.train_loss
    said = f"On points that it never saw the loss is {brief(now.validation_loss)}"
    if abs(gap) <= 0.1 * now.train_loss:
        said += ", about as good"
    said += f", and {percent(now.validation_score)} are right." if not session.settings.regression else "."
    return said + (TWO_COORDINATES if session.settings.data == "digits" else whole_batch(session))


def alike_in_size(a: float, b: float, factor: float) -> bool:
    """Whether neither of two losses is more than `factor` times the other."""
    return a <= factor * b and b <= factor * a


def either(ways: list[str]) -> str:
    """Some ways to choose from.

    >>> either(["a"]), either(["a", "b"]), either(["a", "b", "c"])
    ('a', 'a or b', 'a, b, or c')
    """
    comma = "," if len(ways) > 2 else ""
    return f"{comma} or ".join(filter(None, [", ".join(ways[:-1]), ways[-1]]))


def penalty(session: Session) -> str:
    """The penalties that are on."""
    settings = session.settings
    return " and ".join(
        f"{name} {value:g}" for name, value in (("L1", settings.l1), ("L2", settings.l2)) if value
    )


SAYS = {
    function.__name__: function
    for function in (
        opening,
        overflowed,
        alike,
        collapsed,
        risen,
        by_heart,
        dead,
        vanishing,
        saturated,
        done,
        jumping,
        linear,
        stuck,
        resting,
        learning,
    )
}
OVER: dict[str, Callable[[Session, Facts], bool]] = {
    "risen": lambda session, facts: session.story.recent.train_loss < 1.1 * facts["lowest"].train_loss,
    "by_heart": lambda session, facts: (
        session.story.recent.validation_loss < 1.03 * facts["best"].validation_loss
    ),
    "vanishing": lambda session, facts: session.gradient_norms()[0] > 0.01 * session.gradient_norms()[-1],
    "done": lambda session, facts: session.now().validation_score < 0.95,
    "stuck": lambda session, facts: (
        not alike_in_size(session.now().train_loss, session.story.past.first.train_loss, 1.17)
    ),
    "resting": lambda session, facts: (
        not alike_in_size(session.story.recent.train_loss, facts["recent"].train_loss, 1.1)
    ),
    "learning": lambda session, facts: session.now().train_loss > session.story.past.first.train_loss,
}
"""When a diagnosis that stays for ten epochs would say what the picture no longer shows."""

PAUSED = {
    "unwatched": "Paused: the page gave no sign of life for {seconds:g} seconds. Press Play to go on.",
}
"""Why playing ended by itself, for the player: `PAUSED["unwatched"].format(seconds=8)`."""


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
