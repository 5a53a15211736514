"""What is being said of a training: one diagnosis, which another replaces only when it has lasted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.explore.playground.diagnoses import Facts, alike, judge
from helpers.explore.playground.evidence import EPOCHS, Evidence, Mean, Past

if TYPE_CHECKING:
    from helpers.explore.playground.session import Session

EVERY = 8
"""Steps between two looks, at least."""
OPENING = 100
"""Steps in which nothing is judged yet, unless ten epochs are fewer."""


class Story:
    """The diagnosis of a session: `kind`, and the `facts` that were seen with it last.

    `look` is called after each record, so what is said does not depend on when a picture is drawn. `past` is
    what the losses are compared with, since the last change on the way; `flips` counts how often a diagnosis
    replaced another.

    >>> from helpers.explore.playground.session import Session
    >>> session = Session()
    >>> session.step(200)
    200
    >>> session.story.kind, session.story.flips
    ('learning', 0)
    """

    kind: str
    facts: Facts

    def __init__(self, session: Session) -> None:
        self.flips = 0
        self._begin(Past(0, Mean.of(session.records[:1])))

    def turn(self, session: Session) -> None:
        """Something was changed on the way: what was seen before does not count any more."""
        self._begin(Past(session.steps, Evidence(session, self.past).recent))

    def _begin(self, past: Past) -> None:
        self.past, self._looked = past, past.since
        self.kind, self.facts = "opening", {}
        self._candidate, self._candidate_since = "", past.since

    def look(self, session: Session) -> None:
        """Judge what the records show by now."""
        if session.diverged:
            self._settle("overflowed", {})
        elif session.steps - self._looked >= EVERY:
            self._looked = session.steps
            seen = Evidence(session, self.past, self.kind)
            self.past.remember(seen.recent)
            epochs = EPOCHS * session.steps_per_epoch
            if seen.steps >= min(epochs, OPENING):
                self._consider(*judge(seen), session.steps, max(epochs, seen.steps // 20))
            elif (facts := alike(seen)) is not None:
                self._settle("alike", facts)

    def _consider(self, kind: str, facts: Facts, step: int, patience: int) -> None:
        """Take a diagnosis over if it is the old one, the first one, or has lasted for `patience` steps."""
        if kind == self.kind or self.kind == "opening":
            self._settle(kind, facts)
        elif kind != self._candidate:
            self._candidate, self._candidate_since = kind, step
        elif step - self._candidate_since >= patience:
            self._settle(kind, facts)

    def _settle(self, kind: str, facts: Facts) -> None:
        self.flips += self.kind not in ("opening", kind)
        self.kind, self.facts, self._candidate = kind, facts, ""
