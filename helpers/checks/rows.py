"""What the tasks on rows share: arrays of row numbers, each row once, and the share of each class."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from helpers.checks.plain import first_of, short
from helpers.checks.task import Wrong

Array = np.ndarray


def two_parts(answer: Any, names: tuple[str, str], labels: Any = (), where: str = "") -> list[Array]:
    """The two parts of an answer as arrays of row numbers; each way to miss that has its own words."""
    both = " and ".join(names)
    numbers = isinstance(answer, list) and (len(answer) == 1 or all(isinstance(row, int) for row in answer))
    if numbers or (isinstance(answer, np.ndarray) and answer.ndim == 1):
        raise Wrong(f"{where}one array came, two are needed: {both}; got {short(answer)}")
    if not isinstance(answer, list) or len(answer) != 2:
        raise Wrong(f"{where}expected two arrays of row numbers, {both}; got {short(answer)}")
    return [row_numbers(part, where + name, labels) for name, part in zip(names, answer, strict=True)]


def row_numbers(part: Any, name: str, labels: Any = ()) -> Array:
    """A part of an answer, as an array of row numbers; `labels` are what it may hold by mistake."""
    if isinstance(part, list) and any(isinstance(piece, list | np.ndarray) for piece in part):
        raise Wrong(f"{name} is a list of {len(part)} pieces, not one array", "Join the pieces.")
    rows = np.asarray(part)
    if rows.dtype == bool:
        hint = "The task asks for the numbers of the rows where it is True: np.flatnonzero gives them."
        raise Wrong(f"{name} is a mask of True and False, not row numbers: {short(rows)}", hint)
    known = set(np.asarray(labels).tolist())
    if rows.size > len(known) > 0 and set(rows.ravel().tolist()) <= known:
        hint = "Return the numbers of the rows, and leave it to the caller to write y[train] and y[test]."
        raise Wrong(f"{name} holds labels, not row numbers: {short(rows)}", hint)
    if rows.ndim != 1 or (rows.size and rows.dtype.kind not in "iu"):
        raise Wrong(f"expected an array of row numbers, {name}; got {short(part)}, of dtype {rows.dtype}")
    return rows.astype(int)


def each_row_once(
    parts: Mapping[str, Array], n: int, y: Any = (), where: str = "", nowhere: str = "in neither part"
) -> None:
    """Raise `Wrong` unless the parts together hold each of the rows 0 to n - 1 once."""
    rows, counts = np.unique(np.concatenate(list(parts.values())), return_counts=True)
    came = f"{counts.sum()} numbers came for {n} rows."
    outside, missing = set(rows.tolist()) - set(range(n)), set(range(n)) - set(rows.tolist())
    names, sizes = np.unique(y, return_counts=True)
    if outside:
        what = f"{where}there are only the rows 0 to {n - 1}, but the answer has {first_of(outside)}"
        first = " Rows are counted from 0." if rows.min() == 1 else ""
        raise Wrong(what, f"{came} They run from {rows.min()} to {rows.max()}.{first}")
    if counts.max(initial=0) > 1:
        row = rows[counts > 1][0]
        times = {name: int((part == row).sum()) for name, part in parts.items() if row in part}
        held = " and in ".join(name if k == 1 else f"{name}, {k} times" for name, k in times.items())
        twice = first_of(rows[counts > 1].tolist())
        what = f"{where}rows come more than once: {twice}; row {row} is in {held}"
        if len(y) and rows.max() < sizes.max():
            inside = f"They run to {rows.max()} only, as positions inside a class do."
            raise Wrong(what, f"{came} {inside} A row keeps its number in y.")
        raise Wrong(what, "Each row belongs to one part, once.")
    if missing:
        lost = [name for name in names.tolist() if set(np.flatnonzero(y == name)) <= missing]
        what = f"{where}rows are {nowhere}: {first_of(missing)} ({len(missing)} of {n})"
        raise Wrong(what, f"No row of class {lost[0]!r} came back." if lost else came)


def off_share(y: Array, test: Array, test_size: float) -> Iterator[tuple[Any, int, float]]:
    """The classes without a test row, or more than one off their share: name, rows in the test set, share."""
    for name, count in zip(*np.unique(y, return_counts=True), strict=True):
        tested, share = int((y[test] == name).sum()), float(count * test_size)
        if not tested or abs(tested - share) > 1 + 1e-9:
            yield name.item(), tested, share
