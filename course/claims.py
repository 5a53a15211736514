"""The table of claims from the command line: list a lesson's claims, set the band of one.

Write `python -m course.claims list 05`, or `python -m course.claims set sigmoid-slope 0.24 0.25`.
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

from course.errors import CourseError
from course.places import ROOT
from helpers.claims import ClaimError, claims, find_claim

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
    with _locked(table):
        lines = list(csv.reader(io.StringIO(table.read_text(encoding="utf-8"), newline="")))
        row = next((line for line in lines if line[0] == slug), None)
        if row is None:
            raise CourseError(f"{table.name} has no claim {slug!r}.")
        row[-2:] = [f"{low:.12g}", f"{high:.12g}"]
        new = table.with_suffix(".new")
        new.write_text(as_text(lines), encoding="utf-8", newline="\n")
        os.replace(new, table)


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
    """A lesson's claims, each with its verdict and band.

    >>> print(listing("17"))  # doctest: +ELLIPSIS
    student-learns-better-from-teacher      depends  no band
        Training a student on the teacher's outputs makes it better
    ...
    """
    parts = []
    for claim in claims(lesson):
        band = "no band" if claim.band is None else "{:g} to {:g}".format(*claim.band)
        parts.append(f"{claim.slug:39} {claim.verdict:8} {band}\n    {claim.claim}")
    return "\n".join(parts)


def main(arguments: list[str] | None = None) -> int:
    """Run one of the two commands; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m course.claims", description="List claims and set bands.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="the claims of a lesson").add_argument("lesson", help="e.g. 05")
    setter = commands.add_parser("set", help="the band of a claim")
    setter.add_argument("slug")
    setter.add_argument("low", type=float)
    setter.add_argument("high", type=float)
    given = parser.parse_args(arguments)
    try:
        if given.command == "list":
            print(listing(given.lesson))
        else:
            set_band(find_claim(given.slug).slug, given.low, given.high)
    except (CourseError, ClaimError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
