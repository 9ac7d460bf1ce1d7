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
        row = new_row(change, plan)
        rows.append({plan.columns[c]: _typed(c, text) for c, text in row.items() if text})
    return NewRows(plan.sheet, max(m.where.row for m in plan.milestones), tuple(rows))


def new_row(change: Change, plan: Plan) -> dict[str, str]:
    """A row that a lead added, by the plan's columns; what has none is a dated note.

    Its date is its first: the timescale. The lead who added it is its SMT lead.
    """
    given = {column: text for column, text in change.said.row.items() if text}
    row = {column: given.pop(column) for column in list(given) if column in _OF_A_NEW_ROW}
    if "revised" in given:
        row.setdefault("timescale", given.pop("revised"))
    row.setdefault("smt_lead", change.said.lead)
    given |= {column: row.pop(column) for column in list(row) if column not in plan.columns}
    said = change.said
    notes = [
        f"{said.day:%d/%m/%Y} ({said.lead}): "
        + (text if c == "comments" else f"{COLUMNS[c]}: {text}")
        for c, text in given.items()
        if c in COLUMNS
    ]
    if notes and "comments" in plan.columns:
        row["comments"] = "\n".join(notes)
    return row


_OF_A_NEW_ROW = (
    "ref", "theme", "outcome", "source", "milestone", "action_by", "timescale", "member_lead",
    "smt_lead", "status",
)  # fmt: skip


def _typed(column: str, text: str) -> Value:
    """A date that is certain is written as one."""
    if column == "timescale":
        target = read_target(text)
        if target.kind is Kind.EXACT and target.certain and isinstance(target.latest, date):
            return target.latest
    return text


__all__ = ["cell_edits", "new_rows", "why_unwritable"]
