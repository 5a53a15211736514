"""Code that a notebook shows fits into a cell: 79 columns in a window of 1280 pixels."""

from __future__ import annotations

from pathlib import Path

import jupytext
import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted(path for room in ("lessons", "exercises") for path in (ROOT / "sources" / room).glob("*.py"))
COLUMNS = 79


def too_wide(text: str) -> list[str]:
    """Lines of code cells whose source is not folded that have more than 79 columns."""
    cells = jupytext.reads(text, fmt="py:percent").cells
    shown = (
        cell.source
        for cell in cells
        if cell.cell_type == "code" and not cell.metadata.get("jupyter", {}).get("source_hidden")
    )
    return [line for source in shown for line in source.splitlines() if len(line) > COLUMNS]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_code_that_is_shown_fits_into_a_cell(path: Path) -> None:
    assert too_wide(path.read_text(encoding="utf-8")) == []


def test_prose_and_folded_cells_may_be_wider() -> None:
    long = "x" * (COLUMNS + 1)
    assert too_wide(f'# %% [markdown]\nr"""\n{long}\n"""\n') == []
    assert too_wide(f'# %% jupyter={{"source_hidden": true}}\n{long}\n') == []
    assert too_wide(f"# %%\n{long}\n{long[1:]}\n") == [long]
