"""Claims: what people are told about machine learning, each closed in one lesson with a verdict.

    claim("dead-relu", measured=share, what="share of units that are off on every row")
    claim("epochs-are-iterations", because="1000 rows / 100 a batch = 10 iterations in one epoch")

A claim has a kind, and the kind says how it is closed: a *measured* one by a number in the band that is
stored with it; a *definition* or a line of *arithmetic* in words; a *source* by the place where it was
measured, since it cannot be measured here. Closed in another way it stops the cell, and so does a
measurement outside its band: then the number, or the verdict, is no longer what the lesson says.
"""

import os
import re
from dataclasses import dataclass
from math import isfinite
from numbers import Real

from helpers._tables import DATA, Card, card_html, escape, hanging, lesson_name, nearest, rows, show

__all__ = ["Claim", "ClaimError", "claim", "claims", "find_claim"]

VERDICTS = {"true": "True", "false": "False", "partly": "Partly true", "depends": "It depends"}
KINDS = {
    "measured": 'measured=…, what="what the number is"',
    "definition": 'because="the definition, in words"',
    "arithmetic": 'because="the line of arithmetic, with its ="',
    "source": 'source="author and year, or a table of helpers/data, and what was found there"',
}
"""The kinds of claims, and what a claim of that kind is closed with."""

_BARS = {"true": "#009E73", "false": "#D55E00", "partly": "#E69F00", "depends": "#0072B2"}
_RELATION = re.compile(r"[=≈≠<>≤≥]")
_AUTHOR_AND_YEAR = re.compile(r"\b[A-Z][\w'’-]+[^0-9]*\b(19|20)\d\d\b")
_TABLE = re.compile(r"[\w/]+\.csv\b")


class ClaimError(ValueError):
    """A claim that cannot be closed; a notebook shows it as one line."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


@dataclass(frozen=True)
class Claim:
    """One row of the table: what is told, its kind, verdict and reason, lesson, and a band if measured."""

    slug: str
    id: str
    claim: str
    kind: str
    verdict: str
    why: str
    lesson: str
    band: tuple[float, float] | None

    def closed(
        self,
        measured: float | None = None,
        digits: int = 2,
        *,
        what: str = "",
        because: str = "",
        source: str = "",
        timing: bool = False,
    ) -> Card:
        """What `claim` shows. Raises ClaimError when the kind asks for something else, or it fails."""
        self._refuse_another_kind(measured is not None, bool(because), bool(source))
        if self.kind == "measured":
            return self._card("Measured", *self._number(measured, digits, what, timing))
        self._refuse_empty_words(because or source)
        words = because or source
        return self._card(self.kind.capitalize(), words, escape(words))

    def _card(self, label: str, ground: str, ground_html: str) -> Card:
        """The card: the claim, then what closes it under the name of its kind, then the verdict."""
        verdict = VERDICTS[self.verdict]
        wide = max(len("Measured"), len(label)) + 2
        parts = {"Claim": self.claim, label: ground, "Verdict": f"{verdict}. {self.why}"}
        html = card_html(
            _BARS[self.verdict],
            f"Claim: <em>{escape(self.claim)}</em>",
            f"{label}: {ground_html}",
            f"<strong>{verdict}.</strong> {escape(self.why)}",
        )
        return Card("\n".join(hanging(f"{head:{wide}}", text) for head, text in parts.items()), html)

    def _refuse_another_kind(self, has_number: bool, has_words: bool, has_source: bool) -> None:
        given = [
            name
            for name, is_given in {"measured": has_number, "because": has_words, "source": has_source}.items()
            if is_given
        ]
        expected = KINDS[self.kind].split("=")[0]
        if given != [expected]:
            raise ClaimError(
                f"{self.slug}: the kind of this claim is {self.kind}, so close it with `{KINDS[self.kind]}`; "
                f"got {' and '.join(given) or 'none of measured, because and source'}. "
                f"If the kind is wrong, write `python -m course.claims kind {self.slug} KIND`."
            )

    def _refuse_empty_words(self, words: str) -> None:
        if self.kind == "arithmetic" and not _RELATION.search(words):
            raise ClaimError(
                f"{self.slug}: a line of arithmetic says what equals what, with a sign such as = or <; "
                f"got {words!r}."
            )
        if self.kind == "source" and not _AUTHOR_AND_YEAR.search(words) and not _names_a_table(words):
            raise ClaimError(
                f"{self.slug}: a source names author and year, as in 'Rosenblatt 1958: …', or a table "
                f"that is stored in helpers/data; got {words!r}."
            )

    def _number(self, measured: object, digits: int, what: str, timing: bool) -> tuple[str, str]:
        """The measurement beside its band, as plain text and as HTML."""
        value, low, high = self._in_band(measured, only_said=timing and "CI" not in os.environ)
        number = f"{round(value, digits) + 0.0:.{digits}f}"  # + 0.0: never "-0.00"
        band = f"{low:g} to {high:g}" if low < high else f"{low:g}"
        if not low <= value <= high:
            band += "; this machine was busy, or is another kind: run the cell once more"
        head = f"{what.rstrip('.:')}: " if what else ""
        return (
            f"{head}{number} (expected {band})",
            f"{escape(head)}<strong>{number}</strong> (expected {band})",
        )

    def _in_band(self, measured: object, *, only_said: bool) -> tuple[float, float, float]:
        """The measurement and its band.

        Raises ClaimError when there is no band, or it lies outside, unless that is `only_said`.
        """
        if isinstance(measured, bool) or not isinstance(measured, Real):
            kind = type(measured).__name__
            raise ClaimError(
                f"{self.slug}: a measured claim is closed with a number, got {measured!r} ({kind}). "
                "Measure how much, not whether."
            )
        value = float(measured)
        if not isfinite(value):
            raise ClaimError(f"{self.slug}: measured {measured}, which is not a finite number.")
        if self.band is None:
            raise ClaimError(
                f"{self.slug}: no band is set. Measure with several seeds, then write "
                f"`python -m course.claims set {self.slug} LOW HIGH`."
            )
        low, high = self.band
        if not (low <= value <= high or only_said):
            raise ClaimError(
                f"{self.slug}: measured {value:.6g}, expected {low:g} to {high:g}. If you changed the "
                "experiment, that is your finding; if not, something that it uses has changed."
            )
        return value, low, high


def claim(
    slug: str,
    measured: float | None = None,
    digits: int = 2,
    *,
    what: str = "",
    because: str = "",
    source: str = "",
    timing: bool = False,
) -> None:
    """Close a claim by what its kind asks for: show the claim, that ground, the verdict and why.

    Args:
        slug: the name of the claim, e.g. "sigmoid-slope".
        measured: for a measured claim, one number.
        digits: how many decimals of it are shown: few enough to be the same on another processor.
        what: for a measured claim, what the number is and its unit, e.g. "what the split by row adds".
        because: for a definition, the definition; for arithmetic, its line, e.g. "4 bytes / 1 byte = 4".
        source: where it was measured: author, year and what was found, or a table in helpers/data.
        timing: the number comes from a clock. A busy machine is no fault of the reader's, so outside its band
            it is said and not raised, except where the environment has CI.

    Raises:
        ClaimError: when no claim has that name (it lists the nearest); when the claim's kind asks for
            something else; when `measured` is not a finite number, is outside the claim's band, or the claim
            has no band yet; when arithmetic has no = or <; when a source names no author, year or table.

    >>> claim("no-such-claim", measured=1.0)
    Traceback (most recent call last):
    ...
    helpers.claims.ClaimError: there is no claim 'no-such-claim'. No name is like it.
    """
    show(find_claim(slug).closed(measured, digits, what=what, because=because, source=source, timing=timing))


def find_claim(slug: str) -> Claim:
    """The claim of that name. Raises ClaimError with the nearest names when there is none.

    >>> find_claim("sigmoid-slope").claim
    'The derivative of sigmoid is at most 0.25'
    """
    known = {claim.slug: claim for claim in claims()}
    if slug not in known:
        raise ClaimError(f"there is no claim {slug!r}. {nearest(str(slug), known)}")
    return known[slug]


def claims(lesson: str | None = None) -> list[Claim]:
    """The claims of a lesson ("05_backward", "05" or "backward"), or all, in the order of the table.

    Raises ValueError when there is no such lesson.

    >>> [claim.slug for claim in claims("05")][0]
    'gradient-is-steepest'
    """
    name = lesson_name(lesson) if lesson is not None else None
    return [_claim(row) for row in rows("claims.csv") if name in (None, row["lesson"])]


def _claim(row: dict[str, str]) -> Claim:
    band = (float(row["low"]), float(row["high"])) if row["low"] and row["high"] else None
    return Claim(
        slug=row["slug"],
        id=row["id"],
        claim=row["claim"],
        kind=row["kind"],
        verdict=row["verdict"],
        why=row["why"],
        lesson=row["lesson"],
        band=band,
    )


def _names_a_table(words: str) -> bool:
    """Whether the words name a table that is stored in helpers/data.

    >>> _names_a_table("as terms.csv says"), _names_a_table("as no_such_table.csv says")
    (True, False)
    """
    return any((DATA / name.rsplit("/", 1)[-1]).is_file() for name in _TABLE.findall(words))
