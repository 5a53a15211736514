"""What is being said of a training: one diagnosis, which another replaces only when it has lasted."""

from __future__ import annotations

from collections import Counter

import numpy as np

from helpers.explore.playground.diagnoses import Facts, alike, judge
from helpers.explore.playground.evidence import ENOUGH_RECORDS, EPOCHS, Evidence, Mean, Past
from helpers.explore.playground.run import Moment, Run

EVERY = 8
"""Steps between two looks, at least."""
OPENING = 100
"""Steps in which nothing is judged yet, unless ten epochs are fewer."""
MOST_WAITING = 32
"""Looks that wait to be judged: all of 200 steps, and not so many that a picture would come late."""


class Story:
    """The diagnosis of a session: `kind`, and the `facts` that were seen with it last.

    `look` is called after each record, so what is said does not depend on when a picture is drawn. It keeps
    the moment, and `catch_up` judges what was kept: that takes a while, and a picture need not wait for it.
    `past` is what the losses are compared with, since the last change on the way, and `recent` their newest
    averages; `flips` counts how often a diagnosis replaced another.

    >>> from helpers.explore.playground.session import Session
    >>> session = Session()
    >>> session.step(200)
    200
    >>> session.story.kind, session.story.flips
    ('learning', 0)
    """

    kind: str
    facts: Facts
    past: Past
    recent: Mean
    _candidate: str
    _others: Counter[str]

    def __init__(self, session: Run) -> None:
        self.flips = 0
        self.waiting: list[Moment] = []
        self._begin(Past(0, Mean.of(session.records[:1])))

    def turn(self, session: Run) -> None:
        """Something was changed on the way: what was seen before does not count any more."""
        self._begin(Past(session.steps, Evidence(session, self.past).recent))

    def _begin(self, past: Past) -> None:
        self.past, self.recent, self._looked = past, past.first, past.since
        self.kind, self.facts = "opening", {}
        self._settle("opening", {}, past.since)

    def look(self, session: Run) -> None:
        """Keep this moment, for `catch_up` to judge."""
        if session.diverged:
            self.waiting.clear()  # whatever they show, this is what is said
            self._settle("overflowed", {}, session.steps)
        elif session.steps - self._looked >= EVERY:
            self._looked = session.steps
            self.waiting.append(Moment(session))
            if len(self.waiting) >= MOST_WAITING:
                self.catch_up(session)

    def catch_up(self, session: Run) -> None:
        """Judge what was looked at, each moment as it was then."""
        if not self.waiting:
            return
        now, moments, self.waiting = Moment(session), self.waiting, []
        for moment in moments:
            moment.put_back(session)
            with np.errstate(all="ignore"):  # losses may be infinite
                self._judge(session, Evidence(session, self.past, self.kind))
        now.put_back(session)

    def _judge(self, session: Run, seen: Evidence) -> None:
        self.recent = seen.recent
        if len(seen.late) >= ENOUGH_RECORDS:
            self.past.remember(seen.recent)
        epochs = EPOCHS * session.steps_per_epoch
        if seen.steps >= min(epochs, OPENING):
            self._consider(*judge(seen), session.steps, max(epochs, seen.steps // 10))
        elif (facts := alike(seen)) is not None:
            self._settle("alike", facts, session.steps)

    def _consider(self, kind: str, facts: Facts, step: int, patience: int) -> None:
        """Take a diagnosis over if it is the old one, the first one, or has lasted for `patience` steps.

        Where several take turns, it is the most frequent one, once the old one was away for twice as long.
        """
        if kind == self.kind or self.kind == "opening":
            self._settle(kind, facts, step)
            return
        if kind != self._candidate:
            self._candidate, self._candidate_since = kind, step
        self._others[kind] += 1
        lasted = step - self._candidate_since >= patience
        if lasted or (step - self._seen >= 2 * patience and self._others.most_common(1)[0][0] == kind):
            self._settle(kind, facts, step)

    def _settle(self, kind: str, facts: Facts, step: int) -> None:
        self.flips += self.kind not in ("opening", kind)
        self.kind, self.facts, self._seen = kind, facts, step
        self._candidate, self._candidate_since = "", step
        self._others = Counter()
