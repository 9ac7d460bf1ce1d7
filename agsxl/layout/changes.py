"""From what is decided to what is written: which cell of the workbook each change belongs to.

edits = cell_edits(plan, grid, update.writes)      # each with what the cell must hold now
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from agsxl.dates import Kind, read_target
from agsxl.edits import CellEdit, NewRows
from agsxl.grid import Formula, Grid, Value, cell_address, column_number
from agsxl.plan import Milestone, Plan
from agsxl.replies import Change, Write
from agsxl.words import COLUMNS


def cell_edits(plan: Plan, grid: Grid, writes: Iterable[Write]) -> list[CellEdit]:
    """The edits that put each write into its cell.

    ``grid`` is the plan's sheet as it stands in the workbook (not the one the plan was read from,
    whose merged cells are filled). A write that changes nothing is left out.
    """
    edits = []
    for write in writes:
        row, column = write.milestone.where.row, column_number(plan.columns[write.column])
        before = grid.at(row, column)
        new = write.value if write.value != "" else None
        if before != new or type(before) is not type(new):
            edits.append(CellEdit(plan.sheet, cell_address(row, column), before, new))
    return edits


def why_unwritable(plan: Plan, grid: Grid, milestone: Milestone, column: str) -> str:
    """Why a milestone's cell cannot be written, as a sentence; "" where it can."""
    letters = plan.columns.get(column)
    name = COLUMNS.get(column, column)
    if letters is None:
        return f"The plan has no column for it; add one headed {name}."
    row, number = milestone.where.row, column_number(letters)
    address = cell_address(row, number)
    if isinstance(grid.at(row, number), Formula):
        return f"The plan's cell {address} holds a formula; enter it by hand."
    for area in grid.merged:
        if area.top <= row <= area.bottom and area.left <= number <= area.right:
            corner, end = cell_address(area.top, area.left), cell_address(area.bottom, area.right)
            return f"The plan's cell {address} is one of the merged cells {corner}:{end}; unmerge them."
    return ""


def new_rows(plan: Plan, added: Sequence[Change]) -> NewRows | None:
    """The rows that leads added and the officer took, to stand below the plan's table."""
    if not added:
        return None
    rows: list[dict[str, Value]] = []
    for change in added:
        values = {
            letters: _typed(column, change.said.row[column])
            for column, letters in plan.columns.items()
            if change.said.row.get(column)
        }
        rows.append(values)
    return NewRows(plan.sheet, max(m.where.row for m in plan.milestones), tuple(rows))


def _typed(column: str, text: str) -> Value:
    """A date that is certain is written as one."""
    if column in ("revised", "completed", "baseline"):
        target = read_target(text)
        if target.kind is Kind.EXACT and target.certain and isinstance(target.latest, date):
            return target.latest
    return text


__all__ = ["cell_edits", "new_rows", "why_unwritable"]
