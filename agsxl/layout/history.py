"""The change log on its sheets: read as a log, written as edits; and the plan's table as a state.

    log = read_log(log_grid, snapshots_grid)
    state = state_of(plan, grid)                       # the plan's cells as they stand
    entries, copies = log.record(state, drafts, when=when, who=who)
    changes = log_changes(log, entries, copies, grids=grids)

Two hidden sheets. "Change log" has a row for each entry, and above its table a line with the number
of entries and the last seal, so that rows cut off at the end are noticed. "Snapshots" has a row for
each milestone of each frozen copy. Rows are only ever added. What is read may have been saved by any
program, sorted, filtered or have blank rows in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import product

from agsxl.edits import CellEdit, ChangeSet, NewRows, NewSheet, SheetColumn
from agsxl.errors import OutputError
from agsxl.grid import Formula, Grid, Value, cell_address, column_letter, column_number
from agsxl.history import (
    NO_TIME,
    Action,
    Entry,
    Head,
    Log,
    Snapshot,
    State,
    as_action,
    plain,
    sealed,
    unique_keys,
)
from agsxl.layout.headings import is_own, own_name, unused
from agsxl.layout.milestones import Table, find_table
from agsxl.plan import Plan
from agsxl.words import CHANGE_LOG, COLUMNS, SNAPSHOTS

LOG = CHANGE_LOG

_LOG = (
    SheetColumn("No", 6),
    SheetColumn("When", 16),
    SheetColumn("Who", 16),
    SheetColumn("Action", 12),
    SheetColumn("Ref", 8),
    SheetColumn("Column", 18),
    SheetColumn("Old", 28),
    SheetColumn("New", 28),
    SheetColumn("Source", 30),
    SheetColumn("Reason", 28),
    SheetColumn("Approved by", 18),
    SheetColumn("Change set", 8),
    SheetColumn("Seal", 19),
)
_LOG_TITLE = "Change log: every change to the plan"
_LOG_NOTE = (
    "Kept by agsxl. Filter and read it as you like, but change, sort or delete nothing: each row is "
    "sealed, and the next check reports what no longer fits."
)
_COPY = (
    SheetColumn("Label", 26),
    SheetColumn("Taken", 16),
    SheetColumn("Reporting date", 12),
    SheetColumn("Ref", 8),
)
_COPY_TITLE = "Snapshots: the plan as it was reported"
_COPY_NOTE = (
    "Kept by agsxl: frozen copies of the plan. Change, sort or delete nothing; a copy that was "
    "altered is reported by the next check."
)
# What an officer reads for each action.
_ACTIONS: Mapping[str, str] = {
    Action.CHANGE: "Changed",
    Action.ADDED: "Added",
    Action.REMOVED: "Removed",
    Action.UNDO: "Undone",
    Action.KEEP: "Kept plan's",
    Action.SNAPSHOT: "Snapshot",
    Action.BEGUN: "Log begun",
    Action.CARRIED: "Carried forward",
}
_ACTION_OF = {words: action for action, words in _ACTIONS.items()}
_COLUMN_OF = {heading: column for column, heading in COLUMNS.items()}
_HEAD = re.compile(r"(\d[\d,]*) (?:entry|entries)\b.*?\bseal ([0-9a-f]{16})\b")


# -- the plan's table as a state -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cells:
    """Where the cells of a state stand: a row for each milestone, a letter for each column.

    >>> Cells({"B4": 16, "B4 (2)": 17}, {"status": "J", "Ward": "M"}).address("B4 (2)", "status")
    'J17'
    """

    rows: Mapping[str, int]
    columns: Mapping[str, str]

    def address(self, ref: str, column: str) -> str | None:
        """The cell's address, or None for a milestone or column that the plan has no more."""
        row, letters = self.rows.get(ref), self.columns.get(column)
        return f"{letters}{row}" if row is not None and letters is not None else None


def cells_of(plan: Plan, grid: Grid) -> Cells:
    """Where the cells of a plan's state stand in its sheet, those of the Ref column too."""
    return _cells(plan, _table(plan, grid))


def state_of(plan: Plan, grid: Grid, *, formulas: bool = True) -> State:
    """The plan's cells as they stand, typed, as the log keeps them (``plain``).

    >>> state_of(plan, grid)["B4"]["revised"]  # doctest: +SKIP
    datetime.date(2018, 3, 31)

    ``grid`` is the plan's sheet, before or after a plan was read from it: a cell inside merged cells
    has the value of the whole area, but in a band across the table, as the plan reads it. A column of
    the officer's own goes by its heading, with a number where that is another column's already; what is
    calculated in one is left out, as it changes without anybody changing the plan. Without ``formulas``
    every calculated cell is.
    """
    table = _table(plan, grid)
    cells = _cells(plan, table)
    columns = [(c, column_number(letters)) for c, letters in cells.columns.items() if c != "ref"]
    filled = _merged_values(grid, table)
    state = {}
    for ref, number in cells.rows.items():
        row = grid.rows[number - 1]
        values: dict[str, Value] = {}
        for column, place in columns:
            value = row[place - 1] if place <= len(row) else None
            if filled:
                value = filled.get((number, place), value)
            kept = plain(value) if value is not None else None
            calculated = isinstance(value, Formula) and isinstance(kept, str)
            if kept is not None and not (calculated and (column not in COLUMNS or not formulas)):
                values[column] = kept
        state[ref] = values
    return state


def _table(plan: Plan, grid: Grid) -> Table:
    return find_table([grid], plan.file)


def _cells(plan: Plan, table: Table) -> Cells:
    keys = unique_keys(milestone.ref for milestone in plan.milestones)
    rows = (milestone.where.row for milestone in plan.milestones)
    columns = [*table.known.items(), *_own_columns(table)]
    return Cells(
        dict(zip(keys, rows, strict=True)),
        {column: column_letter(index + 1) for column, index in columns},
    )


def _own_columns(table: Table) -> list[tuple[str, int]]:
    """The officer's own columns: what the log calls each, and where it stands, counted from 0.

    Neither a known column's name nor a heading of the snapshots may be another column's too, in any
    case: a table in Excel has each heading once.
    """
    taken = {*COLUMNS, *COLUMNS.values(), *(column.heading for column in _COPY)}
    folded = {name.casefold() for name in taken}
    columns = []
    for index, heading in sorted(table.unknown.items()):
        name = str(plain(heading) or "")[:_MOST_HEADING]
        while name.casefold() in folded:
            taken.add(name)
            name = unused(name, taken)
        folded.add(name.casefold())
        columns.append((name, index))
    return columns


_MOST_HEADING = 120  # characters of a heading; a table's can have 255 of Excel's


def _merged_values(grid: Grid, table: Table) -> dict[tuple[int, int], Value]:
    """The values of merged areas by row and column, in all their rows.

    Reading a plan writes these into the grid, but for areas that touch no known column. Here all are
    told, so that the state is the same whichever grid it is made from.
    """
    known = [index + 1 for index in table.known.values()]
    values = {}
    for area in grid.merged:
        if area.bottom <= table.heading_row or area.top > table.until:
            continue
        covered = sum(area.left <= column <= area.right for column in known)
        if covered > 2 and covered * 2 > len(known):
            continue
        value = grid.at(area.top, area.left)
        for row in range(area.top, min(area.bottom, len(grid.rows)) + 1):
            values[row, area.left] = value
    return values


# -- reading ---------------------------------------------------------------------------------------


def find_log(grids: Mapping[str, Grid] | Iterable[Grid]) -> tuple[Grid | None, Grid | None]:
    """The two sheets of the log among a workbook's; None for one not there, empty, or not begun."""
    every = grids.values() if isinstance(grids, Mapping) else grids
    found = {own_name(g.name): g for g in every if _is_begun(g)}
    return found.get(LOG), found.get(SNAPSHOTS)


def _is_begun(grid: Grid) -> bool:
    """Whether a sheet holds anything but what a new master's empty log says."""
    rows = [cells for cells in grid.rows if any(cell is not None for cell in cells)]
    return bool(rows) and not (rows[-1][0] == _NOT_BEGUN and len(rows) <= _EMPTY_ROWS)


def empty_log() -> tuple[NewSheet, NewSheet]:
    """The two sheets of the log as a new master has them: nothing is entered yet.

    >>> [sheet.name for sheet in empty_log()]
    ['Change log', 'Snapshots']
    """
    known = tuple(SheetColumn(name, _WIDTHS.get(c, 16)) for c, name in COLUMNS.items())
    copies = NewSheet(
        SNAPSHOTS, title=_COPY_TITLE, table="PlanSnapshots", columns=(*_COPY, *known[1:]), rows=(),
        notes=(_COPY_NOTE,), nothing=_NOT_BEGUN, hidden=True,
    )  # fmt: skip
    return replace(_log_sheet((), None), notes=(_LOG_NOTE,), nothing=_NOT_BEGUN), copies


_NOT_BEGUN = "Nothing has been entered yet"
_EMPTY_ROWS = 4  # title, note, headings, and that line


def read_log(log_grid: Grid | None, snapshots_grid: Grid | None) -> Log:
    """The change log as it stands on its sheets. Raises nothing: what is odd is one of its faults.

    >>> read_log(None, None).faults()
    []

    Rows are read wherever they stand; a row that is no entry is told among the faults. A column
    whose format was changed (dates shown as numbers, numbers as dates) is read as it was written,
    because the seal shows what that was.
    """
    strange: list[str] = []
    entries: list[Entry] = []
    head = None
    if log_grid is not None:
        head = _read_head(log_grid)
        entries = _entries(log_grid, strange)
    snapshots = _snapshots(snapshots_grid, strange) if snapshots_grid is not None else []
    return Log(tuple(entries), tuple(snapshots), head, tuple(strange))


def _read_head(grid: Grid) -> Head | None:
    found = _find_head(grid)
    return found[1] if found is not None else None


def _find_head(grid: Grid) -> tuple[str, Head] | None:
    """The line above the table, and the cell it stands in."""
    for number, cells in enumerate(grid.rows[:10], 1):
        match = _HEAD.search(cells[0]) if cells and isinstance(cells[0], str) else None
        if match is not None:
            return cell_address(number, 1), Head(int(match[1].replace(",", "")), match[2])
    return None


def _head_line(head: Head) -> str:
    word = "entry" if head.number == 1 else "entries"
    return f"{head.number:,} {word}; the last has the seal {head.seal}"


def _headings(grid: Grid, columns: Sequence[SheetColumn]) -> tuple[int, dict[str, int]] | None:
    """The row with agsxl's own headings, and where each stands, counted from 0."""
    wanted = [column.heading for column in columns]
    for number, cells in enumerate(grid.rows[:50], 1):
        at = {cell: i for i, cell in reversed(list(enumerate(cells))) if isinstance(cell, str)}
        if sum(heading in at for heading in wanted) * 2 > len(wanted):
            return number, at
    return None


def _entries(grid: Grid, strange: list[str]) -> list[Entry]:
    found = _headings(grid, _LOG)
    if found is None:
        strange.append(
            f"The sheet {grid.name!r} has no change log of agsxl's, or has lost its headings; if it is "
            "a sheet of your own, give it another name."
        )
        return []
    heading_row, at = found
    lost = [column.heading for column in _LOG if column.heading not in at]
    if lost:
        strange.append(f"The sheet {grid.name!r} has lost its column {lost[0]!r}.")
    entries = []
    for number, cells in enumerate(grid.rows[heading_row:], heading_row + 1):
        row = [
            _kept(cells[index]) if (index := at.get(c.heading, len(cells))) < len(cells) else None
            for c in _LOG
        ]
        if all(value is None for value in row):
            continue
        if not isinstance(row[0], int):
            strange.append(
                f"Row {number} of the sheet {grid.name!r} is no entry of agsxl's; it was put in or "
                "altered by hand."
            )
            continue
        entries.append(_entry(row[0], row))
    return _as_written(entries)


def _entry(number: int, row: Sequence[Value]) -> Entry:
    _, when, who, action, ref, column, old, new, source, reason, approved_by, change_set, seal = row
    texts = [
        "" if v is None else str(v)
        for v in (who, action, ref, column, source, reason, approved_by, seal)
    ]
    of_columns = texts[2] == "" and texts[3] != ""
    return Entry(
        number=number,
        when=_moment(when),
        who=texts[0],
        action=as_action(_ACTION_OF.get(texts[1], texts[1])),
        ref=texts[2],
        column=_COLUMN_OF.get(texts[3], texts[3]),
        old=_column_told(old) if of_columns else old,
        new=_column_told(new) if of_columns else new,
        source=texts[4],
        reason=texts[5],
        approved_by=texts[6],
        change_set=change_set if isinstance(change_set, int) else 0,
        seal=texts[7],
    )


def _column_told(heading: Value) -> Value:
    return _COLUMN_OF.get(heading, heading) if isinstance(heading, str) else heading


def _moment(value: Value) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    number = isinstance(value, int | float) and 0 < value < _LAST_DAY
    read = _of_number(float(value), 0) if number and isinstance(value, int | float) else None
    return read or NO_TIME  # a cell that cannot be read no longer fits its seal


_ZERO = datetime(1899, 12, 30)  # what Excel counts days from
_LATER = 1462  # days that workbooks of the 1904 system begin later
_LEAP_DAY, _LAST_DAY = 60, 2_958_466


def _of_number(days: float, later: int) -> datetime | None:
    """The moment that a number stands for where it is formatted as a date."""
    moment = plain(_ZERO + timedelta(days=days + later)) if 0 <= days < _LAST_DAY - later else None
    if isinstance(moment, date) and not isinstance(moment, datetime):
        return datetime.combine(moment, time())
    return moment if isinstance(moment, datetime) else None


def _days(moment: datetime) -> float:
    """The number behind a date. Excel's calendar has a 29 February 1900, a day too many."""
    days = (moment - _ZERO) / timedelta(days=1)
    return days if days > _LEAP_DAY else days - 1


def _kept(value: Value) -> Value:
    """A cell of the log's. It holds no date before 1904: what looks like one is a number."""
    if isinstance(value, date) and isinstance(plain(value), str):
        moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        return plain(_days(moment))
    return plain(value)


def _as_written(entries: list[Entry]) -> list[Entry]:
    """The entries, with dates and numbers told apart by the seal where a format confused them."""
    seals = {entry.number: entry.seal for entry in entries} | {0: ""}
    return [_settled(entry, seals.get(entry.number - 1)) for entry in entries]


def _settled(entry: Entry, previous: str | None) -> Entry:
    if previous is None or sealed(entry, previous) == entry.seal:
        return entry
    for old, new in product(_other_kinds(entry.old), _other_kinds(entry.new)):
        other = entry._replace(old=old, new=new)
        if sealed(other, previous) == entry.seal:
            return other
    return entry


def _other_kinds(value: Value) -> list[Value]:
    """What a cell may have held before somebody changed its format."""
    kinds = [value]
    for later in (0, _LATER):
        if isinstance(value, int | float) and not isinstance(value, bool):
            moment = _of_number(float(value), later)
            kinds += [plain(moment)] if moment is not None else []
        elif isinstance(value, date):
            moment = value if isinstance(value, datetime) else datetime.combine(value, time())
            kinds.append(plain(_days(moment) - later))
    return kinds


def _snapshots(grid: Grid, strange: list[str]) -> list[Snapshot]:
    found = _headings(grid, _COPY)
    if found is None:
        strange.append(
            f"The sheet {grid.name!r} has no frozen copies of agsxl's, or has lost its headings; if it "
            "is a sheet of your own, give it another name."
        )
        return []
    heading_row, at = found
    label_at, taken_at, day_at, ref_at = (at.get(c.heading, -1) for c in _COPY)
    own = {column.heading for column in _COPY}
    columns = [(_COLUMN_OF.get(h, h), i) for h, i in at.items() if h not in own]
    copies: dict[tuple[str, datetime, date | None], dict[str, Mapping[str, Value]]] = {}
    for number, cells in enumerate(grid.rows[heading_row:], heading_row + 1):
        if all(value is None for value in cells):
            continue
        row = [_kept(value) for value in cells]
        row += [None] * (max(at.values()) + 1 - len(row)) + [None]  # -1: a column that is lost
        label, day, ref = row[label_at], row[day_at], str(row[ref_at] or "")
        if isinstance(day, int | float):
            day = _moment(day)
        if isinstance(day, datetime):
            day = day.date()
        key = (str(label or ""), _moment(row[taken_at]), day if isinstance(day, date) else None)
        state = copies.setdefault(key, {})
        if ref in state:
            strange.append(
                f"Row {number} of the sheet {grid.name!r} repeats {ref}; it was put in by hand."
            )
        elif ref:
            state[ref] = {c: row[i] for c, i in columns if row[i] is not None}
    return [Snapshot(*key, state) for key, state in copies.items()]


# -- writing ---------------------------------------------------------------------------------------


def log_changes(
    log: Log,
    new: Sequence[Entry],
    snapshots: Sequence[Snapshot] = (),
    *,
    grids: Mapping[str, Grid] | Iterable[Grid],
) -> ChangeSet:
    """What is to be written so that the workbook's log has these entries and frozen copies too.

    ``log`` is as it was read from ``grids``, ``new`` and ``snapshots`` as ``Log.record`` gave them. A
    sheet that is not there is made; else rows are added below its last. Only where a frozen copy has
    a column that the sheet has not, the sheet is made anew. Raises OutputError where a sheet of that
    name is the officer's own, or has lost the headings.
    """
    log_grid, copies_grid = find_log(grids)
    whole = ChangeSet()
    if new:
        head = log.extended(new).head
        if log_grid is None:
            whole = replace(whole, sheets=(_log_sheet(new, head),))
        else:
            whole = replace(
                whole,
                rows=(_more_rows(log_grid, _LOG, [_log_row(entry) for entry in new]),),
                edits=_head_edit(log_grid, head),
            )
    if snapshots:
        whole = _with_copies(whole, log, snapshots, copies_grid)
    return whole


def _log_sheet(entries: Sequence[Entry], head: Head | None) -> NewSheet:
    line = _head_line(head) if head is not None else ""
    return NewSheet(
        LOG,
        title=_LOG_TITLE,
        table="ChangeLog",
        columns=_LOG,
        rows=tuple(_log_row(entry) for entry in entries),
        notes=(line, _LOG_NOTE),
        hidden=True,
    )


def _log_row(entry: Entry) -> tuple[Value, ...]:
    of_columns = not entry.ref and entry.column
    return (
        entry.number,
        entry.when if entry.when != NO_TIME else None,
        entry.who or None,
        _ACTIONS.get(entry.action, entry.action),
        entry.ref or None,
        COLUMNS.get(entry.column, entry.column) or None,
        _heading_of(entry.old) if of_columns else entry.old,
        _heading_of(entry.new) if of_columns else entry.new,
        entry.source or None,
        entry.reason or None,
        entry.approved_by or None,
        entry.change_set,
        entry.seal,
    )


def _heading_of(column: Value) -> Value:
    return COLUMNS.get(column, column) if isinstance(column, str) else column


def _head_edit(grid: Grid, head: Head | None) -> tuple[CellEdit, ...]:
    """A head line that is gone is not written anew: nobody knows what it said."""
    found = _find_head(grid)
    if found is None or head is None:
        return ()
    return (CellEdit(grid.name, found[0], grid.value(found[0]), _head_line(head)),)


def _more_rows(
    grid: Grid, columns: Sequence[SheetColumn], rows: Sequence[Sequence[Value]]
) -> NewRows:
    """Rows below the last one of a sheet of agsxl's. Raises OutputError where it is none."""
    found = _headings(grid, columns)
    lost = [c.heading for c in columns if found is None or c.heading not in found[1]]
    if found is None or lost:
        raise OutputError(
            f"The sheet {grid.name!r} is not as agsxl made it (it has no column {lost[0]!r}), so nothing "
            "can be logged and nothing was written; give a sheet of your own another name, or take the "
            "headings from a backup."
        )
    letters = [column_letter(found[1][column.heading] + 1) for column in columns]
    last = max(n for n, cells in grid.numbered() if any(cell is not None for cell in cells))
    given = tuple(
        {a: value for a, value in zip(letters, row, strict=True) if value is not None}
        for row in rows
    )
    return NewRows(grid.name, last, given)


def _with_copies(
    whole: ChangeSet, log: Log, new: Sequence[Snapshot], grid: Grid | None
) -> ChangeSet:
    every = [*log.snapshots, *new]
    columns = _copy_columns(every)
    found = _headings(grid, _COPY) if grid is not None else None
    if grid is None or (found is not None and any(c.heading not in found[1] for c in columns)):
        rows = tuple(row for copy in every for row in _copy_rows(copy, columns))
        sheet = NewSheet(
            SNAPSHOTS,
            title=_COPY_TITLE,
            table="PlanSnapshots",
            columns=columns,
            rows=rows,
            notes=(_COPY_NOTE,),
            hidden=True,
        )
        return replace(whole, sheets=(*whole.sheets, sheet))
    rows = tuple(row for copy in new for row in _copy_rows(copy, columns))
    return replace(whole, rows=(*whole.rows, _more_rows(grid, columns, rows)))


def _copy_columns(copies: Iterable[Snapshot]) -> tuple[SheetColumn, ...]:
    """The columns of the snapshots: the known ones in the plan's order, then the officer's own."""
    used = dict.fromkeys(column for copy in copies for row in copy.state.values() for column in row)
    known = [SheetColumn(COLUMNS[c], _WIDTHS.get(c, 16)) for c in COLUMNS if c in used]
    return (*_COPY, *known, *(SheetColumn(c, 16) for c in used if c not in COLUMNS))


_WIDTHS = {"milestone": 40, "comments": 40, "outcome": 28, "theme": 24, "evidence": 28}


def _copy_rows(copy: Snapshot, columns: Sequence[SheetColumn]) -> list[tuple[Value, ...]]:
    names = [_COLUMN_OF.get(c.heading, c.heading) for c in columns[len(_COPY) :]]
    about = (copy.label, copy.taken, copy.reporting_date)
    rows: list[tuple[Value, ...]] = [
        (*about, ref, *(cells.get(name) for name in names)) for ref, cells in copy.state.items()
    ]
    return rows or [(*about, None, *(None for _ in names))]


__all__ = [
    "LOG", "SNAPSHOTS", "Cells", "cells_of", "find_log", "is_own", "log_changes", "own_name",
    "read_log", "state_of",
]  # fmt: skip
