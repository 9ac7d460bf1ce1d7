"""The sheet Issues of last year: what became of every milestone of the plan that was closed.

    sheet = last_year_sheet(rolled.last_year)     # written into the new plan when the year is rolled
    last_year = read_last_year(grid)              # None where no year has been rolled into this plan

An annual governance statement says how last year's issues were resolved: this sheet is where the
committee pack reads it. Milestones that were carried stand there too, with the Ref they have now.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime

from agsxl.dates import read_target
from agsxl.edits import NewSheet, SheetColumn
from agsxl.grid import CellError, Formula, Grid, Value
from agsxl.rolling import LastYear, Resolved, Result
from agsxl.texts import counted
from agsxl.words import LAST_YEAR, spoken

NAME, TABLE = LAST_YEAR, "LastYear"
NOT_CARRIED, NO_REF = "Not carried", "(no Ref)"
_SHEET = (
    SheetColumn("Ref then", 9),
    SheetColumn("Improvement theme", 24),
    SheetColumn("Milestone", 44),
    SheetColumn("SMT lead", 22),
    SheetColumn("Status then", 16),
    SheetColumn("Result", 16),
    SheetColumn("How it was resolved", 36),
    SheetColumn("Date completed", 13),
    SheetColumn("Evidence", 24),
    SheetColumn("Verified by", 16),
    SheetColumn("New Ref", 12),
    SheetColumn("Original target date", 13),
    SheetColumn("Target date at year end", 13),
    SheetColumn("Days moved", 10),
    SheetColumn("Ref the year before", 11),
    SheetColumn("Data query", 36),
)
_WORDS = {result: f"{result[:1].upper()}{result[1:]}" for result in Result}
_RESULTS = {words.casefold(): result for result, words in _WORDS.items()}
_HOW = (
    "One row for every milestone of the old plan, as it stood then. Days moved: later is positive, earlier is "
    "negative. A blank means that nothing was entered, or that it is not known."
)
_TITLE = re.compile(r"\b(\d{4}/\d\d)\b.*\b(\d{4}/\d\d)\b")
_CLOSED = re.compile(r"\bclosed on (\d{1,2} [A-Z][a-z]+ \d{4})")


def last_year_sheet(last_year: LastYear) -> NewSheet:
    """The sheet with every milestone of the old plan.

    >>> last_year_sheet(LastYear("2017/18", "2018/19", date(2018, 3, 31), ())).title
    'Last year: how the issues of 2017/18 were resolved, and what goes on in 2018/19'
    """
    return NewSheet(
        name=NAME,
        title=f"Last year: how the issues of {last_year.year} were resolved, and what goes on in {last_year.next_year}",
        table=TABLE,
        columns=_SHEET,
        rows=tuple(_row(each) for each in last_year.milestones),
        notes=(_counts(last_year), _HOW),
        nothing="No milestones",
    )


def empty_last_year() -> NewSheet:
    """The sheet as a new master has it, hidden: no year has been rolled into it.

    >>> empty_last_year().hidden
    True
    """
    return NewSheet(
        name=NAME,
        title="Last year: how its issues were resolved",
        table=TABLE,
        columns=_SHEET,
        rows=(),
        notes=("Press New year at the year's end: the new plan lists here what became of each milestone of the old one.",),
        nothing="No year has been closed yet",
        hidden=True,
    )  # fmt: skip


def _counts(last_year: LastYear) -> str:
    counts = Counter(each.result for each in last_year.milestones)
    parts = [f"{counts[result]:,} {result}" for result in Result]
    closed = f", closed on {spoken(last_year.closed)}" if last_year.closed is not None else ""
    return (
        f"The plan of {last_year.year}{closed}: {counted(len(last_year.milestones), 'milestone')}, "
        f"{', '.join(parts)}."
    )


def _row(each: Resolved) -> tuple[Value, ...]:
    return (
        each.ref or NO_REF,
        each.theme or None,
        each.milestone or None,
        each.smt_lead or None,
        each.status or None,
        _WORDS[each.result],
        each.how,
        each.completed,
        each.evidence or None,
        each.verified_by or None,
        each.new_ref or NOT_CARRIED,
        each.baseline,
        each.forecast,
        each.days,
        each.previous_ref or None,
        each.query or None,
    )


def read_last_year(grid: Grid | None) -> LastYear | None:
    """What the sheet says, in whatever order its rows and columns stand by now.

    >>> read_last_year(None) is None
    True

    None also for a sheet that no year has been rolled into, or that has lost its headings. A row whose
    result cannot be read is left out. Raises nothing.
    """
    if grid is None:
        return None
    wanted = {column.heading for column in _SHEET}
    for number, cells in enumerate(grid.rows[:50], 1):
        at = {cell: i for i, cell in enumerate(cells) if isinstance(cell, str) and cell in wanted}
        if {"Ref then", "Result", "New Ref"} <= at.keys() and len(at) * 2 > len(_SHEET):
            above = [str(c) for line in grid.rows[: number - 1] for c in line if isinstance(c, str)]
            read = [_resolved(line, at) for line in grid.rows[number:]]
            found = tuple(each for each in read if each is not None)
            if not found and not _TITLE.search(" ".join(above)):
                return None
            return LastYear(*_years(above), _closed(above), found)
    return None


def _years(above: list[str]) -> tuple[str, str]:
    found = next(filter(None, map(_TITLE.search, above)), None)
    return (found[1], found[2]) if found is not None else ("", "")


def _closed(above: list[str]) -> date | None:
    found = next(filter(None, map(_CLOSED.search, above)), None)
    return read_target(found[1]).latest if found is not None else None


def _resolved(cells: list[Value], at: dict[str, int]) -> Resolved | None:
    def value(heading: str) -> Value:
        index = at.get(heading)
        found = cells[index] if index is not None and index < len(cells) else None
        found = found.cached if isinstance(found, Formula) else found
        return None if isinstance(found, CellError) else found

    def text(heading: str) -> str:
        found = value(heading)
        return "" if found is None else str(found)

    def day(heading: str) -> date | None:
        found = value(heading)
        if isinstance(found, datetime):
            return found.date()
        return found if isinstance(found, date) else read_target(found).latest

    result = _RESULTS.get(text("Result").strip().casefold())
    if result is None:
        return None
    ref, new_ref, days = text("Ref then"), text("New Ref"), value("Days moved")
    return Resolved(
        ref=ref if ref != NO_REF else "",
        theme=text("Improvement theme"),
        milestone=text("Milestone"),
        status=text("Status then"),
        result=result,
        how=text("How it was resolved"),
        completed=day("Date completed"),
        evidence=text("Evidence"),
        verified_by=text("Verified by"),
        new_ref=new_ref if new_ref != NOT_CARRIED else "",
        baseline=day("Original target date"),
        forecast=day("Target date at year end"),
        days=int(days) if isinstance(days, int | float) else None,
        smt_lead=text("SMT lead"),
        previous_ref=text("Ref the year before"),
        query=text("Data query"),
    )


__all__ = ["NAME", "TABLE", "empty_last_year", "last_year_sheet", "read_last_year"]
