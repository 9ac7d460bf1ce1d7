"""The figures of a committee pack, counted once more by hand from the rows of the workbook.

    rows = rows_of("plan.xlsx")
    count(rows, date(2017, 10, 31))["overdue"]

Nothing of agsxl is used here. Rows are plain cells read by openpyxl; a date is read by the few forms
that the plans of these tests have; each definition is written down again, as CONTRACT.md has it.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import openpyxl

Cell = Any
Row = Mapping[str, Cell]

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MEANINGS = {
    "complete": "complete", "completed": "complete", "achieved": "complete",
    "on target": "open", "off target but recovery plans in place": "open",
    "off target and no action yet agreed": "open", "not started": "open", "in progress": "open",
    "part complete": "open", "": "open",
    "no longer required": "superseded", "withdrawn": "superseded",
}  # fmt: skip
KINDS = ("complete", "overdue", "due", "later", "undated", "superseded")
# What is written where nobody knows what shows it.
SAYS_NOTHING = ("", "-", "n/a", "none", "yes", "complete", "completed", "done", "closed", "tbc")


# -- reading ---------------------------------------------------------------------------------------


def rows_of(path: Path, sheet: str = "Plan") -> list[dict[str, Cell]]:
    """The milestones of a workbook as they stand, by heading; the rows that hold a Ref or words."""
    book = openpyxl.load_workbook(path)
    table = [[cell.value for cell in row] for row in book[sheet].iter_rows()]
    heading = next(number for number, row in enumerate(table) if row[0] == "Ref")
    names = table[heading]
    rows = [dict(zip(names, row, strict=True)) for row in table[heading + 1 :]]
    return [row for row in rows if row["Ref"] or row["Milestones"]]


def text(cell: Cell) -> str:
    return " ".join(str(cell).split()) if cell is not None else ""


def day_of(cell: Cell) -> date | None:
    """The last day that a cell names for certain; None for "TBC" or a day that does not exist."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    said = text(cell).casefold()
    if found := re.search(r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b", said):
        return _day(found[1], found[2], found[3])
    if found := re.fullmatch(r"w/c (\d{1,2}) (\w{3})\w* (\d{2,4})", said):
        monday = _day(found[1], MONTHS.index(found[2]) + 1, found[3])
        return monday + timedelta(days=4) if monday else None
    if found := re.search(r"\b(\d{1,2})(?:st|nd|rd|th)? (\w{3})\w* (\d{4})$", said):
        return _day(found[1], MONTHS.index(found[2]) + 1, found[3])
    if found := re.fullmatch(r"(?:end of )?([a-z]{3})[a-z]* (\d{4})", said):
        month, year = MONTHS.index(found[1]) + 1, int(found[2])
        return date(year, month, monthrange(year, month)[1])
    return None


def _day(day: str, month: str | int, year: str) -> date | None:
    whole = int(year) + (2000 if len(year) == 2 else 0)
    try:
        return date(whole, int(month), int(day))
    except ValueError:
        return None


# -- one milestone ---------------------------------------------------------------------------------


def meaning(row: Row) -> str:
    return MEANINGS[text(row.get("Status")).casefold()]


def baseline(row: Row) -> date | None:
    return day_of(row.get("Baseline date")) or day_of(row.get("Timescale"))


def forecast(row: Row) -> date | None:
    return day_of(row.get("Revised target date")) or baseline(row)


def due_until(day: date) -> date:
    """The end of the next month."""
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return date(year, month, monthrange(year, month)[1])


def stands(row: Row, day: date) -> str:
    """Complete, superseded, overdue, due, later or undated on a day."""
    if meaning(row) != "open":
        return meaning(row)
    target = forecast(row)
    if target is None:
        return "undated"
    if target < day:
        return "overdue"
    return "due" if target <= due_until(day) else "later"


def slippage(row: Row) -> tuple[str, int | None]:
    """On what it is measured, and by how many days it moved; None where that is not known."""
    first, revised = baseline(row), day_of(row.get("Revised target date"))
    done = day_of(row.get("Date completed")) if meaning(row) == "complete" else None
    for basis, reached in (("actual", done), ("revised", revised)):
        if reached is not None:
            return (basis, (reached - first).days) if first else ("no baseline", None)
    if meaning(row) == "complete":
        return "completion date unknown", None
    return ("not moved" if first else "undated"), None


def lacks_evidence(row: Row) -> bool:
    """Complete, and neither its evidence nor its comments say what shows it."""
    told = (text(row.get(column)) for column in ("Evidence", "Comments"))
    return meaning(row) == "complete" and not any(
        len(each) > 12 or each.strip(" .").casefold() not in SAYS_NOTHING for each in told
    )


# -- a plan on a day -------------------------------------------------------------------------------


def count(rows: Iterable[Row], day: date) -> dict[str, int]:
    """How many milestones there are, and how many stand how."""
    found = [stands(row, day) for row in rows]
    return {"milestones": len(found), **{kind: found.count(kind) for kind in KINDS}}


def totals(rows: Iterable[Row]) -> dict[str, Any]:
    """How many dates moved, and how far."""
    found = [slippage(row) for row in rows]
    days = [days for _, days in found if days is not None]
    unmeasurable = sum(basis == "no baseline" for basis, _ in found)
    return {
        "moved": len(days) + unmeasurable,
        "measured": len(days),
        "unmeasurable": unmeasurable,
        "slipped": sum(each > 0 for each in days),
        "earlier": sum(each < 0 for each in days),
        "total_days": sum(days),
        "median_days": median(days) if days else None,
        "longest_days": max(days) if days else None,
    }


def themes(rows: Iterable[Row], day: date) -> dict[str, dict[str, int]]:
    """The counts of each theme, in the plan's order."""
    found: dict[str, list[Row]] = {}
    named: dict[str, str] = {}
    for row in rows:
        theme = text(row.get("Improvement Theme"))
        found.setdefault(named.setdefault(theme.casefold(), theme), []).append(row)
    return {theme: count(group, day) for theme, group in found.items()}


def longest(rows: Iterable[Row]) -> list[tuple[str, int]]:
    """What slipped, the longest first; what slipped as far as another stays in the plan's order."""
    found = [(row["Ref"], slippage(row)[1] or 0) for row in rows]
    return sorted(((ref, days) for ref, days in found if days > 0), key=lambda each: -each[1])


def unmeasured(rows: Iterable[Row]) -> list[tuple[str, str]]:
    """What cannot be measured, and why."""
    why = ("no baseline", "undated", "completion date unknown")
    return [(row["Ref"], slippage(row)[0]) for row in rows if slippage(row)[0] in why]


# -- what changed between two moments --------------------------------------------------------------


def changes(
    now: Mapping[str, Row], day: date, then: Mapping[str, Row], then_day: date
) -> dict[str, list[str]]:
    """What is other now than then. Both are rows by the milestone's own name, which never changes."""

    def kinds(name: str) -> tuple[str, str]:
        was = stands(then[name], then_day) if name in then else "nothing"
        return was, stands(now[name], day) if name in now else "nothing"

    found: dict[str, list[str]] = {
        "completed": [], "reopened": [], "newly overdue": [], "no longer overdue": [], "added": [],
        "gone": [],
    }  # fmt: skip
    for name in now:
        was, is_ = kinds(name)
        ref = now[name]["Ref"]
        if is_ == "complete" != was:
            found["completed"].append(ref)
        if was == "complete" != is_:
            found["reopened"].append(ref)
        if is_ == "overdue" != was:
            found["newly overdue"].append(ref)
        if was == "overdue" != is_:
            found["no longer overdue"].append(ref)
        if was == "nothing":
            found["added"].append(ref)
    for name in then:
        was, is_ = kinds(name)
        if is_ == "nothing":
            found["gone"].append(then[name]["Ref"])
            if was == "overdue":
                found["no longer overdue"].append(then[name]["Ref"])
    return found


def first_seen_complete(pages: Sequence[Any], name: str) -> date | None:
    """The day on which a diary's pages first show a milestone become complete."""
    was = None
    for page in pages:
        row = page.rows.get(name)
        if row is None:
            continue
        complete = meaning(row) == "complete"
        if complete and was is False:
            found: date = page.when.date()
            return found
        # One that was put in as complete became so on the day it was put in.
        if complete and was is None and page is not pages[0]:
            return page.when.date()  # type: ignore[no-any-return]
        was = complete
    return None


# -- the whole pack, from the rows and the diary ---------------------------------------------------


def first_dates(month: Any) -> dict[str, int]:
    """Which date each milestone showed when the diary began: the original is its 1st."""
    rows: Mapping[str, Row] = month.pages[0].rows
    return {
        name: 1 + int(day_of(row.get("Revised target date")) not in (None, baseline(row)))
        for name, row in rows.items()
    }


def agreed_moves(month: Any) -> list[tuple[Any, int]]:
    """Each move of the diary, with which date of its milestone it is."""
    shows, found = first_dates(month), []
    for move in month.moves:
        shows[move.name] = shows.get(move.name, 1) + 1
        found.append((move, shows[move.name]))
    return found


def figures(month: Any, rows: Mapping[str, Row], then: Any) -> dict[str, Any]:
    """Every figure and list of a pack at a month's end; ``then`` is None, or has rows, day and when."""
    day = month.day
    table = list(rows.values())
    moves = agreed_moves(month)
    shows = dict.fromkeys(rows, 1) | first_dates(month)
    shows |= {move.name: which for move, which in moves}
    found: dict[str, Any] = {
        "counts": count(table, day),
        "totals": totals(table),
        "themes": themes(table, day),
        "longest": longest(table),
        "unmeasured": unmeasured(table),
        "without evidence": [row["Ref"] for row in table if lacks_evidence(row)],
        "which date": [(row["Ref"], shows[name]) for name, row in rows.items()],
        "asked": sorted(
            ((
                rows[each.name]["Ref"], each.lead, forecast(rows[each.name]), each.proposed,
                each.reason, shows[each.name] + 1, _apart(forecast(rows[each.name]), each.proposed),
                _apart(baseline(rows[each.name]), each.proposed), bool(each.approved_by), each.approved_by,
            )
            for each in month.waiting if each.name in rows), key=repr,
        ),
        "unplaced": sorted(
            (_last_words(month, each.name), each.lead, each.proposed)
            for each in month.waiting if each.name not in rows
        ),
    }  # fmt: skip
    if then is None:
        return found | dict.fromkeys(SINCE)
    called = {name: row["Ref"] for name, row in {**then.rows, **rows}.items()}
    found["then"] = count(then.rows.values(), then.day)
    found["then totals"] = totals(then.rows.values())
    found |= changes(rows, day, then.rows, then.day)
    # Of a day on which nobody froze the plan the log does not know in which order its rows stood.
    found["gone"].sort()
    found["no longer overdue"].sort()
    found["first seen"] = [
        first_seen_complete(month.pages, name)
        for name, row in rows.items()
        if meaning(row) == "complete" != meaning(then.rows.get(name, {}))
    ]
    found["moves"] = sorted(
        ((
            called.get(move.name, ""), move.old, move.new, _apart(move.old, move.new), which,
            move.reason, move.approved_by, move.when.date(),
        )
        for move, which in moves
        if move.when > then.when and (move.name in rows or move.name in then.rows)
        ), key=repr,
    )  # fmt: skip
    return found


SINCE = (
    "then", "then totals", "completed", "reopened", "newly overdue", "no longer overdue", "added", "gone",
    "first seen", "moves",
)  # fmt: skip


def _last_words(month: Any, name: str) -> str:
    words: str = next(p.rows[name]["Milestones"] for p in reversed(month.pages) if name in p.rows)
    return words


def _apart(old: date | None, new: date) -> int | None:
    return (new - old).days if old is not None else None
