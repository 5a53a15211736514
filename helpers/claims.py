"""Claims: what people are told about machine learning, each measured in one lesson and closed with a verdict.

    claim("sigmoid-slope", measured=largest_slope)

looks the claim up in helpers/data/claims.csv, tests whether the measurement lies in the band that is stored
with it, low ≤ measured ≤ high, and shows claim, measurement, verdict and reason. A measurement outside its
band stops the cell: then the number, or the verdict, is no longer what the lesson says.
"""

from dataclasses import dataclass
from math import isfinite
from numbers import Real

from helpers._tables import Card, card_html, escape, hanging, lesson_name, nearest, rows, show

__all__ = ["Claim", "ClaimError", "claim", "claims", "find_claim"]

VERDICTS = {"true": "True", "false": "False", "partly": "Partly true", "depends": "It depends"}
_BARS = {"true": "#009E73", "false": "#D55E00", "partly": "#E69F00", "depends": "#0072B2"}


class ClaimError(ValueError):
    """A claim that cannot be closed; a notebook shows it as one line."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


@dataclass(frozen=True)
class Claim:
    """One row of the table: what is told, the verdict and why, the lesson that measures it, and the band."""

    slug: str
    id: str
    claim: str
    verdict: str
    why: str
    lesson: str
    band: tuple[float, float] | None

    def closed(self, measured: float, digits: int = 2) -> Card:
        """What `claim` shows. Raises ClaimError when the measurement does not fit the claim."""
        low, high = self._band_around(measured)
        number = f"{round(float(measured), digits) + 0.0:.{digits}f}"  # + 0.0: never "-0.00"
        band = f"{low:g} to {high:g}" if low < high else f"{low:g}"
        verdict = VERDICTS[self.verdict]
        plain = "\n".join(
            [
                hanging("Claim     ", self.claim),
                f"Measured  {number} (expected {band})",
                hanging("Verdict   ", f"{verdict}. {self.why}"),
            ]
        )
        html = card_html(
            _BARS[self.verdict],
            f"Claim: <em>{escape(self.claim)}</em>",
            f"Measured: <strong>{number}</strong> (expected {band})",
            f"<strong>{verdict}.</strong> {escape(self.why)}",
        )
        return Card(plain, html)

    def _band_around(self, measured: float) -> tuple[float, float]:
        if isinstance(measured, bool) or not isinstance(measured, Real):
            kind = type(measured).__name__
            raise ClaimError(
                f"{self.slug}: a claim is closed with a number, got {measured!r} ({kind}). "
                "Measure how much, not whether."
            )
        if not isfinite(measured):
            raise ClaimError(f"{self.slug}: measured {measured}, which is not a finite number.")
        if self.band is None:
            raise ClaimError(
                f"{self.slug}: no band is set. Measure with several seeds, then write "
                f"`python -m course.claims set {self.slug} LOW HIGH`."
            )
        low, high = self.band
        if not low <= measured <= high:
            raise ClaimError(
                f"{self.slug}: measured {measured:.6g}, expected {low:g} to {high:g}. If you changed the "
                "experiment, that is your finding; if not, something that it uses has changed."
            )
        return low, high


def claim(slug: str, measured: float, digits: int = 2) -> None:
    """Close a claim with what was measured: show the claim, the number, its band, the verdict and why.

    Args:
        slug: the name of the claim, e.g. "sigmoid-slope".
        measured: one number; what it means and its unit are in the lesson's text above.
        digits: how many decimals are shown. Show few enough to be the same on another processor.

    Raises:
        ClaimError: when no claim has that name (it lists the nearest), when `measured` is not a finite
            number or is outside the claim's band, or when the claim has no band yet.

    >>> claim("no-such-claim", measured=1.0)
    Traceback (most recent call last):
    ...
    helpers.claims.ClaimError: there is no claim 'no-such-claim'. No name is like it.
    """
    show(find_claim(slug).closed(measured, digits))


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
        verdict=row["verdict"],
        why=row["why"],
        lesson=row["lesson"],
        band=band,
    )
