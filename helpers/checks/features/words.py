"""Task 3: categories as columns, with one more for those that are rare or unknown."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.blocks import close, expected_and_got, leaves_input_unchanged
from helpers.checks.formula import formula_task, of_answer
from helpers.checks.task import Case, Wrong

Array = np.ndarray
ONE = "In each row one 1: in the column of its category, or else in the last column."
# Of each case: the training categories with their numbers of rows, those of the new rows, and min_count.
ASKED: list[tuple[dict[Any, int], dict[Any, int], int]] = [
    ({"green": 4, "red": 3, "blue": 2, "pink": 1}, {"blue": 1, "red": 1, "violet": 1}, 2),
    ({"red": 3, "blue": 2}, {"red": 2, "blue": 3}, 1),
    ({"b": 3, "d": 3, "a": 5, "c": 1}, {"c": 4, "e": 5, "a": 1}, 3),
    ({80331: 6, 10115: 3, 50667: 1}, {50667: 2, 10115: 1, 20095: 3}, 2),
    ({"other": 4, "ash": 5, "oak": 1, "elm": 1}, {"oak": 1, "other": 2, "other tree": 1}, 2),
    ({"x": 1, "y": 2}, {"x": 2, "z": 1}, 3),
]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    cases: list[Case] = []
    for counts, new_counts, min_count in ASKED:
        train, new = (rng.permutation(np.repeat(list(c), list(c.values()))) for c in (counts, new_counts))
        cases.append({"train": train, "new": new, "min_count": min_count})
    # Met in an order that is neither the sorted one, nor that of the counts, nor one of those backwards.
    rest = np.repeat(["green", "red", "blue", "pink"], [3, 2, 1, 1])
    cases[0]["train"] = np.concatenate([["red", "blue", "green"], rng.permutation(rest)])
    return cases


def _right(train: Array, new: Array, min_count: int) -> Any:
    tables = []
    for column in (train, new):
        names, counts = np.unique(train, return_counts=True)
        order = np.argsort(names)
        known = names[order][counts[order] >= min_count]
        marks = column[:, None] == known
        other = ~np.isin(column, known)
        tables.append(np.column_stack([marks, other]).astype(float))
    return tables[0], tables[1]


@of_answer
def _row_by_row(case: Case, answer: Any) -> None:
    for (name, column), got, want in zip(case.items(), answer, _right(**case), strict=False):
        for i, row in enumerate(np.asarray(got)):
            if not close(row, want[i]):
                what = f"row {i} of Z_{name}, of category {column[i].item()!r}, is off"
                rows = (case["train"] == column[i]).sum()
                hint = f"Rows of it in `train`: {rows}, min_count: {case['min_count']}. {ONE}"
                raise Wrong(f"{what}\n{expected_and_got(want[i], row)}", hint)


one_hot = formula_task(
    "features/one_hot",
    "one_hot(train, new, min_count)",
    points=4,
    cases=_cases,
    right=_right,
    parts=dict.fromkeys(("Z_train", "Z_new"), ONE),
    slips=r"""
        [counts[order] >= min_count] → [:]
            the rare categories of `train` have columns of their own
            A category needs min_count rows in `train` for a column.
        >= min_count → > min_count
            a category with exactly min_count rows in `train` has no column
            min_count rows are enough.
        np.unique(train, → np.unique(np.concatenate([train, new]),
            the rows of `new` were counted too
            Which categories have a column is learnt from `train`: tomorrow's rows are not there yet.
        ~np.isin(column, known) → ~np.isin(column, known) & np.isin(column, train)
            a category that was not in `train` gives a row of zeros
            It goes where the rare ones go.
        [marks, other] → [other, marks]
            the column for the others is the first
            It is the last one.
        np.argsort(names) → np.argsort([train.tolist().index(name) for name in names.tolist()])
            the columns stand in the order in which the categories are met
            They are sorted, so that the order does not depend on that of the rows.
        np.column_stack([marks, other]) → np.column_stack([marks, other]).argmax(axis=1)
            each row is one number, the place of its category
            A place says that one category is larger than another: here each has a column of its own.
    """,
    last_rules=[
        leaves_input_unchanged(
            hint="Renaming categories in place changes the caller's column: work on a copy."
        ),
        _row_by_row,
    ],
    hints={
        "KeyError": "This category has no place in your dictionary. Which column does the task give it?",
        "IndexError": "Print the shape and the numbers that this line is given.",
        "ValueError": "If it is about a category: none is an error. If not, print the shapes in this line.",
    },
)
