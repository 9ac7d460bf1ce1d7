"""The Slippage sheet: how far each milestone has moved, the longest overdue first, each a link.

sheet = slippage_sheet(measured, plan)
"""

from __future__ import annotations

from agsxl.edits import CellLink, NewSheet, SheetColumn
from agsxl.grid import Value
from agsxl.movements import NOT_MOVED, Movement, Slippage
from agsxl.plan import Milestone, Plan
from agsxl.texts import counted
from agsxl.words import BASES, SLIPPAGE, TIMELINESS, spoken

NAME, TABLE = SLIPPAGE, "Slippage"
_SHEET = (
    SheetColumn("Ref", 8),
    SheetColumn("Theme", 20),
    SheetColumn("Milestone", 44),
    SheetColumn("SMT lead", 24),
    SheetColumn("Status", 18),
    SheetColumn("Original target date", 13),
    SheetColumn("Current target date", 13),
    SheetColumn("Date completed", 13),
    SheetColumn("Slippage (days)", 10),
    SheetColumn("Slippage (working days)", 11),
    SheetColumn("Days overdue", 10),
    SheetColumn("Date moves", 8),
    SheetColumn("Timeliness", 13),
    SheetColumn("Basis", 30),
)
_HOW = (
    "The longest overdue first, then the longest slipped. Later is positive, earlier is negative. A "
    "blank means not known, and Basis says why."
)


def slippage_sheet(measured: Slippage, plan: Plan) -> NewSheet:
    """The sheet with every milestone's movement; ``measured`` is of this very plan.

    >>> slippage_sheet(measured, plan).table  # doctest: +SKIP
    'Slippage'

    Raises ValueError for another plan's figures.
    """
    pairs = list(zip(plan.milestones, measured.movements, strict=True))
    pairs.sort(key=lambda pair: worst(pair[1]))
    return NewSheet(
        name=NAME,
        title=f"Slippage on {spoken(measured.as_of)}",
        table=TABLE,
        columns=_SHEET,
        rows=tuple(_row(milestone, movement, plan) for milestone, movement in pairs),
        notes=(totals_in_words(measured), _HOW),
        nothing="No milestones",
    )


def _row(milestone: Milestone, movement: Movement, plan: Plan) -> tuple[Value | CellLink, ...]:
    ref = milestone.ref or "(no Ref)"
    cell = plan.cell("ref", milestone.where.row)
    return (
        CellLink(plan.sheet, cell, ref) if cell else ref,
        milestone.theme or None,
        milestone.milestone or None,
        milestone.smt_lead.raw or None,
        milestone.status.raw or None,
        movement.baseline,
        movement.forecast,
        milestone.completed,
        movement.slippage_days,
        movement.slippage_working_days,
        movement.overdue_days,
        movement.moves,
        TIMELINESS[movement.timeliness],
        basis_in_words(milestone, movement),
    )


def totals_in_words(measured: Slippage) -> str:
    """ "9 of 40 milestones have moved: median 61 days, longest 184 days. In all, 552 days."."""
    totals = measured.totals
    if not totals.moved:
        return f"None of {counted(totals.milestones, 'milestone')} is known to have moved."
    said = f"{totals.moved:,} of {counted(totals.milestones, 'milestone')} moved"
    if totals.measured:
        said += (
            f": median {totals.median_days:,g} days, longest "
            f"{counted(totals.longest_days or 0, 'day')}"
        )
    if totals.unmeasurable:
        said += f"; {totals.unmeasurable:,} cannot be measured, the original target is not a date"
    if totals.measured:
        said += f". In all {counted(totals.total_days, 'day')}; one decision can move many"
    return f"{said}."


def basis_in_words(milestone: Milestone, movement: Movement) -> str:
    """Its basis; that a revised date which is not certain counts for nothing is said."""
    revised = milestone.revised
    if movement.basis == NOT_MOVED and revised.raw and not revised.certain:
        return f"Revised date not certain: {revised.raw}"
    return BASES[movement.basis]


def worst(movement: Movement) -> tuple[int, bool, int]:
    """Longest overdue first, then longest slipped; what is not known comes after what is."""
    days = movement.slippage_days
    return -movement.overdue_days, days is None, -(days or 0)
