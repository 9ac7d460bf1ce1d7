"""The Checks sheet: every data query with a link to its cell, and the dates confirmed beside them.

    sheet = checks_sheet(findings, plan, as_of=day)     # made anew by each check
    confirmed = read_confirmed(grid)                    # what the officer entered there

A date that agsxl only supposes is put beside its query. The officer confirms it in the column
Confirmed date ("Yes" takes the suggestion; or another date); the next check writes it into the plan's
Baseline date, and the words of the timescale stay as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from agsxl.dates import read_target
from agsxl.edits import CellLink, NewSheet, SheetColumn
from agsxl.grid import CellError, Formula, Grid, Value, cell_address
from agsxl.plan import Milestone, Plan
from agsxl.rules import Finding, Severity, fix_of, title_of
from agsxl.settings import Settings
from agsxl.texts import counted
from agsxl.words import CHECKS, COLUMNS, SEVERITIES, spoken

NAME, TABLE = CHECKS, "Checks"
_CONFIRMED, _WRITTEN, _SUGGESTED = "Confirmed date", "What is written", "Suggestion"
_SHEET = (
    SheetColumn("Severity", 14),
    SheetColumn("Data query", 26),
    SheetColumn("How many", 8),
    SheetColumn("Ref", 8),
    SheetColumn("Cell", 8),
    SheetColumn("Column", 16),
    SheetColumn(_WRITTEN, 24),
    SheetColumn("What was found", 44),
    SheetColumn(_SUGGESTED, 13),
    SheetColumn(_CONFIRMED, 13, entry=True),
    SheetColumn("Fix", 36),
    SheetColumn("SMT lead", 22),
    SheetColumn("Code", 7),
)
_HEADINGS = tuple(column.heading for column in _SHEET)
_WHOLE_PLAN, _NO_REF = "Whole plan", "(no Ref)"
_HOW = (
    "Each cell is a link into the plan. Where a date is only suggested, type Yes or the right date under "
    "Confirmed date and check again: it becomes the milestone's Baseline date."
)


class Confirmed(NamedTuple):
    """What was entered under Confirmed date: for which milestone and column, and where it stands.

    ``written`` is what the column said when it was confirmed; ``day`` None where ``entered`` is
    no date, or Yes beside no suggestion.
    """

    ref: str
    column: str
    written: str
    entered: str
    day: date | None
    cell: str


def checks_sheet(
    findings: Sequence[Finding],
    plan: Plan,
    *,
    as_of: date,
    settings: Settings | None = None,
    unused: Collection[str] = (),
    entered: Mapping[tuple[str, str], Value] | None = None,
) -> NewSheet:
    """The sheet with every finding, the must-fix first and those of one rule together.

    >>> checks_sheet(findings, plan, as_of=day).table  # doctest: +SKIP
    'Checks'

    ``unused`` are sentences on what was entered there and could not be used; ``entered`` what is
    to stand under Confirmed date again, by Ref and what is written.
    """
    chosen = settings or plan.settings
    order = list(Severity)
    groups = Counter((f.code, f.severity) for f in findings)
    first: dict[tuple[str, Severity], int] = {}
    for index, finding in enumerate(findings):
        first.setdefault((finding.code, finding.severity), index)
    ranked = sorted(findings, key=lambda f: (order.index(f.severity), first[(f.code, f.severity)]))
    kept = dict(entered or {})
    leads = {m.where.row: m.smt_lead.raw for m in plan.milestones if m.where.row}
    rows = [_row(f, groups[(f.code, f.severity)], plan, leads.get(f.row, ""), kept) for f in ranked]
    changed = counted(len(chosen.rules), "rule") if chosen.rules else ""
    return NewSheet(
        name=NAME,
        title=f"Checks: data queries on {spoken(as_of)}",
        table=TABLE,
        columns=_SHEET,
        rows=tuple(rows),
        notes=(
            severity_counts(findings)
            + (f" {changed} switched off or changed in Settings." if changed else ""),
            _HOW,
            *unused,
        ),
        nothing="No data queries",
    )


def severity_counts(findings: Sequence[Finding]) -> str:
    """ "40 data queries: Must fix 6, Should check 11, For information 23."."""
    if not findings:
        return "Nothing to report: the rules found no data queries."
    counts = Counter(str(finding.severity) for finding in findings)
    said = [f"{words} {counts[severity]:,}" for severity, words in SEVERITIES.items()]
    return f"{counted(len(findings), 'data query', 'data queries')}: {', '.join(said)}."


def _row(
    finding: Finding,
    many: int,
    plan: Plan,
    lead: str,
    kept: dict[tuple[str, str], Value],
) -> tuple[Value | CellLink, ...]:
    whole = not finding.row
    return (
        SEVERITIES[finding.severity],
        title_of(finding.code),
        many,
        finding.ref or (_WHOLE_PLAN if whole else _NO_REF),
        CellLink(finding.sheet, finding.cell) if finding.cell else None,
        plan.headings.get(finding.column) or COLUMNS.get(finding.column, finding.column) or None,
        finding.value or None,
        finding.message,
        finding.suggestion or None,
        kept.pop((finding.ref, finding.value), None) if _confirmable(finding) else None,
        fix_of(finding.code) or None,
        lead or None,
        finding.code,
    )


def _confirmable(finding: Finding) -> bool:
    return bool(finding.ref) and finding.column == "timescale"


def read_confirmed(grid: Grid | None) -> tuple[Confirmed, ...]:
    """What stands under Confirmed date. A sheet that is not there, or has no such column, says nothing.

    Raises nothing: what is no date is given back as it was entered.
    """
    found = []
    columns: dict[str, int] = {}
    for number, cells in grid.numbered() if grid is not None else ():
        if not columns:
            named = {str(cell): index for index, cell in enumerate(cells) if cell is not None}
            if _CONFIRMED in named and "Ref" in named and _WRITTEN in named:
                columns = named
            continue
        value = _at(cells, columns, _CONFIRMED)
        entered = _text(value)
        if entered:
            suggested = _at(cells, columns, _SUGGESTED)
            found.append(
                Confirmed(
                    ref=_text(_at(cells, columns, "Ref")),
                    column=_text(_at(cells, columns, "Column")),
                    written=_text(_at(cells, columns, _WRITTEN)),
                    entered=entered,
                    day=_day(suggested if entered.casefold() in ("yes", "y") else value),
                    cell=cell_address(number, columns[_CONFIRMED] + 1),
                )
            )
    return tuple(found)


def settle_confirmed(
    confirmed: Iterable[Confirmed], plan: Plan
) -> tuple[list[tuple[Milestone, date]], list[str]]:
    """The milestones whose baseline is confirmed, each with its date; and a sentence for each that cannot be used."""
    by_ref: dict[str, list[Milestone]] = {}
    for milestone in plan.milestones:
        by_ref.setdefault(milestone.ref, []).append(milestone)
    timescale = plan.headings.get("timescale", COLUMNS["timescale"])
    taken: dict[str, tuple[Milestone, date]] = {}
    unused = []
    for each in confirmed:
        there = by_ref.get(each.ref, [])
        why = ""
        if len(there) != 1:
            why = f"the plan has {counted(len(there), 'milestone')} {each.ref}".replace(
                " 0 ", " no "
            )
        elif each.column != timescale:
            why = f"only the {timescale} is confirmed here; type the date into the plan's {each.column}"
        elif there[0].timescale.raw != each.written:
            why = f"the timescale now says {there[0].timescale.raw or 'nothing'!r}"
        elif there[0].baseline_target.raw:
            if each.day is None or there[0].baseline != each.day:
                why = f"the Baseline date holds {there[0].baseline_target.raw!r} already"
        elif each.day is None:
            why = "it is not one certain day such as 30/09/2026, nor Yes beside a suggested one"
        elif each.ref in taken and taken[each.ref][1] != each.day:
            why = f"{spoken(taken[each.ref][1])} was entered for it too"
        else:
            taken[each.ref] = (there[0], each.day)
        if why:
            unused.append(
                f"Not used: {each.entered!r} (sheet {NAME!r}, cell {each.cell}) for {each.ref}, because {why}."
            )
    return list(taken.values()), unused


def _at(cells: Sequence[Value], columns: Mapping[str, int], heading: str) -> Value:
    index = columns.get(heading)
    value = cells[index] if index is not None and index < len(cells) else None
    value = value.cached if isinstance(value, Formula) else value
    return None if isinstance(value, CellError) else value


def _text(value: Value) -> str:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return " ".join(str(value).split()) if value is not None else ""


def _day(value: Value) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    target = read_target(value if isinstance(value, str | int | float) else None)
    one = target.certain and target.earliest == target.latest and not target.note
    return target.latest if one else None
