"""The table of claims from the command line: list a lesson's claims, set the band or the kind of one.

Write `python -m course.claims list 05`, `python -m course.claims set dead-relu 0.24 0.25`, or
`python -m course.claims kind ten-updates-per-epoch arithmetic`.
"""

import argparse
import csv
import io
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path

from course import files
from course.errors import CourseError
from course.places import ROOT
from helpers.claims import KINDS, ClaimError, claims, find_claim

TABLE = ROOT / "helpers" / "data" / "claims.csv"
WAIT_SECONDS = 10.0


def set_band(slug: str, low: float, high: float, table: Path = TABLE) -> None:
    """Write the band of one claim and change nothing else in the file.

    Others may set theirs at the same moment: the file is read again under a lock and replaced as a whole.
    Raises CourseError for a band that is none, an unknown claim, or a lock that nobody gives back.

    >>> set_band("sigmoid-slope", 0.3, 0.2)
    Traceback (most recent call last):
    ...
    course.errors.CourseError: The band of sigmoid-slope goes from low to high, both finite; got 0.3 to 0.2.
    """
    if not (isfinite(low) and isfinite(high) and low <= high):
        raise CourseError(f"The band of {slug} goes from low to high, both finite; got {low:g} to {high:g}.")
    with _row_to_change(slug, table) as row:
        if row["kind"] != "measured":
            raise CourseError(
                f"{slug} has no band: its kind is {row['kind']}. "
                f"If an experiment closes it, write `python -m course.claims kind {slug} measured` first."
            )
        row.update(low=f"{low:.12g}", high=f"{high:.12g}")


def set_kind(slug: str, kind: str, table: Path = TABLE) -> None:
    """Write the kind of one claim; its band goes when no measurement closes it any more.

    Raises CourseError for an unknown kind or claim, or a lock that nobody gives back.

    >>> set_kind("sigmoid-slope", "obvious")
    Traceback (most recent call last):
    ...
    course.errors.CourseError: A claim is measured, definition, arithmetic or source; got 'obvious'.
    """
    if kind not in KINDS:
        raise CourseError(f"A claim is measured, definition, arithmetic or source; got {kind!r}.")
    with _row_to_change(slug, table) as row:
        row["kind"] = kind
        if kind != "measured":
            row.update(low="", high="")


@contextmanager
def _row_to_change(slug: str, table: Path) -> Iterator[dict[str, str]]:
    """One row of the table; what is changed in it is written when the block ends without an error."""
    with _locked(table):
        head, *lines = csv.reader(io.StringIO(table.read_text(encoding="utf-8"), newline=""))
        place = next((number for number, line in enumerate(lines) if line[0] == slug), None)
        if place is None:
            raise CourseError(f"{table.name} has no claim {slug!r}.")
        row = dict(zip(head, lines[place], strict=True))
        yield row
        lines[place] = [row[column] for column in head]
        files.write(table, as_text([head, *lines]))


def as_text(lines: list[list[str]]) -> str:
    """The table in its one form: commas, quotes only where needed, a line feed after each row.

    >>> as_text([["a", "b, c"]])
    'a,"b, c"\\n'
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()


@contextmanager
def _locked(table: Path) -> Iterator[None]:
    """Hold the table's lock: a file that only one process can create, on every system."""
    lock = table.with_suffix(".lock")
    until = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
            break
        except (FileExistsError, PermissionError):  # Windows: also while the other process deletes it
            if time.monotonic() > until:
                raise CourseError(f"Somebody else is writing the claims. If not, delete {lock}.") from None
            time.sleep(0.02)
    try:
        yield
    finally:
        lock.unlink()


def listing(lesson: str) -> str:
    """A lesson's claims, each with its kind, its verdict and, if it is measured, its band.

    >>> print(listing("05").split("\\n")[2])
    backprop-finds-batch-minimum            measured   false    0.2 to 0.4
    """
    parts = []
    for claim in claims(lesson):
        band = "no band" if claim.band is None else "{:g} to {:g}".format(*claim.band)
        ending = f" {band}" if claim.kind == "measured" else ""
        parts.append(f"{claim.slug:39} {claim.kind:10} {claim.verdict:8}{ending}\n    {claim.claim}")
    return "\n".join(parts)


def main(arguments: list[str] | None = None) -> int:
    """Run one of the three commands; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m course.claims", description="List claims, set a band or a kind."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="the claims of a lesson").add_argument("lesson", help="e.g. 05")
    setter = commands.add_parser("set", help="the band of a claim")
    setter.add_argument("slug")
    setter.add_argument("low", type=float)
    setter.add_argument("high", type=float)
    sorter = commands.add_parser("kind", help="the kind of a claim")
    sorter.add_argument("slug")
    sorter.add_argument("kind", help=", ".join(KINDS))
    given = parser.parse_args(arguments)
    try:
        if given.command == "list":
            print(listing(given.lesson))
        elif given.command == "kind":
            set_kind(find_claim(given.slug).slug, given.kind)
        else:
            set_band(find_claim(given.slug).slug, given.low, given.high)
    except (CourseError, ClaimError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
