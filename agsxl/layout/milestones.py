"""From a grid to a plan: finding the table, and reading its rows as milestones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from agsxl.dates import Kind, Target, find_dates, read_target
from agsxl.errors import NoPlanError, TwoPlansError
from agsxl.grid import Area, CellError, Formula, Grid, Value, cell_address, column_letter
from agsxl.layout.headings import (
    REF_BEGINNINGS,
    REQUIRED,
    column_of,
    is_ref_heading,
    match_headings,
    normal,
    unused,
)
from agsxl.layout.people import read_lead
from agsxl.plan import NO_TARGET, Lead, Milestone, Plan, Where
from agsxl.posts import Posts
from agsxl.settings import Settings
from agsxl.statuses import Status, read_status
from agsxl.texts import clean, leftover_markup, listed, unmark
from agsxl.words import COMPUTED

_DATES = ("timescale", "revised", "baseline", "completed")
_TEXTS = (
    "ref", "theme", "outcome", "source", "milestone", "action_by", "member_lead", "comments",
    "evidence", "verified_by", "approved_by", "reason", "previous_ref",
)  # fmt: skip
# Columns that a council may leave empty throughout: said once, not once a milestone.
_SPARABLE = (
    "theme", "outcome", "source", "action_by", "member_lead", "evidence", "verified_by",
    "reason", "previous_ref",
)  # fmt: skip
# What stands in the Ref column of a row that is no milestone.
_NO_REFS = frozenset(
    {"total", "totals", "subtotal", "sub-total", "grand total", "key", "note", "notes", "legend", "rag", "rag key"}
)  # fmt: skip
_SPOKEN = {"ref": "Ref", "milestone": "milestone", "timescale": "timescale", "status": "status"}
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(slots=True)
class Table:
    """A table that could be the plan: its sheet, its heading row, and which column is which.

    ``other_headings`` are rows below that head something else; ``passed_over`` are columns that
    could have been one that is taken: (column, its heading).
    """

    grid: Grid
    heading_row: int
    known: dict[str, int]
    unknown: dict[int, str]
    headings: dict[str, str]
    until: int  # the last row that can belong to it
    first_row: int
    passed_over: list[tuple[str, str]]
    other_headings: list[int]

    @property
    def missing(self) -> list[str]:
        """The columns a plan cannot do without that it lacks."""
        return [column for column in REQUIRED if column not in self.known]

    @property
    def place(self) -> str:
        """Where its headings stand, for a person."""
        row = self.grid.row_name(self.heading_row)
        return f"line {row}" if self.grid.lines else f"sheet {self.grid.name!r}, row {row}"


def find_table(grids: Sequence[Grid], file: str) -> Table:
    """The one table of milestones in a file's sheets.

    Hidden sheets are looked at only where no visible one holds a plan. Raises NoPlanError, naming
    what was found and what is missing, and TwoPlansError where there is a choice.
    """
    for visible in (True, False):
        tables = [table for grid in grids if grid.visible is visible for table in _tables_of(grid)]
        if len(tables) > 1:
            places = listed([f"{t.place}" for t in tables], 5)
            raise TwoPlansError(
                f"{file} holds {len(tables)} tables that could be the plan ({places}); "
                + (
                    "name the sheet with --sheet."
                    if len({t.grid.name for t in tables}) > 1
                    else "keep one of them in the sheet, and move the other to a file of its own."
                )
            )
        if tables:
            return tables[0]
    raise NoPlanError(_what_is_missing(grids, file))


def _tables_of(grid: Grid) -> list[Table]:
    """The tables of a sheet that have every column a plan needs.

    A heading row below one that agrees with it is a page heading, and may add columns; one that
    is a plan's own and does not agree begins another table; any other ends the table above it.
    """
    tables: list[Table] = []
    for number, cells in grid.numbered():
        for cell in cells:
            if (
                type(cell) is str
                and (len(cell) < 24 or "(" in cell[:24])
                and cell.lstrip(" \n*(")[:2] in REF_BEGINNINGS
                and is_ref_heading(cell)
            ):
                break
        else:
            continue
        if tables and (number < tables[-1].first_row or _has_ref(tables[-1], cells)):
            continue
        table = _table_at(grid, number)
        if not _is_heading_row(table, cells):
            continue
        above = tables[-1] if tables else None
        if above is not None and _agrees(above, table):
            _add_columns(above, table)
        elif not table.missing:
            if above is not None:
                above.until = number - 1
            tables.append(table)
            twin = _twin_beside(table)
            if twin is not None:
                tables.append(twin)
        elif above is not None:
            above.other_headings.append(number)
    return tables


def _has_ref(table: Table, cells: list[Value]) -> bool:
    """Whether a row below a table's headings is a milestone: its Ref is there, and no heading."""
    ref = _at(cells, table.known["ref"])
    return ref is not None and not (type(ref) is str and is_ref_heading(ref))


def _is_heading_row(table: Table, cells: list[Value]) -> bool:
    """Most of what stands in the row are headings; a milestone has a "No" in it now and then.

    However many columns the officer adds, a row that heads all that a plan needs is one.
    """
    filled = sum(cell is not None for cell in cells)
    mostly = (len(table.known) + len(table.passed_over)) * 2 > filled
    return len(table.known) > 2 and (mostly or not table.missing)


def _table_at(grid: Grid, number: int, first: int = 0) -> Table:
    texts = [_heading(cell) for cell in grid.rows[number - 1]]
    texts = [t if first <= i else "" for i, t in enumerate(texts)]
    second = _second_row(grid, number, texts) if not first else None
    if second is not None:
        texts = second
    known, unknown = match_headings(texts)
    _name_headless(grid, number, unknown, known)
    begins = number + (2 if second is not None else 1)
    for index in [i for i, name in unknown.items() if name in COMPUTED]:
        if isinstance(grid.at(begins, index + 1), Formula):  # agsxl's own: see master.formulas
            del unknown[index]
    passed_over = []
    for name in unknown.values():
        found = column_of(name)
        if found is not None and found[0] in known:
            passed_over.append((found[0], name))
    headings = {column: texts[index] for column, index in known.items()}
    last = len(grid.rows)
    return Table(grid, number, known, unknown, headings, last, begins, passed_over, [])


def _second_row(grid: Grid, number: int, texts: list[str]) -> list[str] | None:
    """The headings of a table whose heading row has a second row below part of it.

    "Target date" merged over "Original" and "Revised" is "Original target date" and "Revised
    target date".
    """
    over = [a for a in grid.merged if a.top == a.bottom == number and a.right > a.left]
    if not over or number >= len(grid.rows):
        return None
    below = [_heading(cell) for cell in grid.rows[number]]
    below += [""] * (len(texts) - len(below))
    joined = list(texts)
    for area in over:
        for index in range(area.left - 1, min(area.right, len(joined))):
            top, sub = texts[area.left - 1], below[index]
            if not top or not sub:
                return None
            ways = (f"{sub} {top}", f"{top} {sub}", sub)
            joined[index] = next((w for w in ways if column_of(w) is not None), ways[1])
    covered = {i for area in over for i in range(area.left - 1, area.right)}
    if any(sub and index not in covered and sub != texts[index] for index, sub in enumerate(below)):
        return None  # the row below is a milestone, not a second row of headings
    return joined


def _name_headless(grid: Grid, number: int, unknown: dict[int, str], known: dict[str, int]) -> None:
    """Call a column without a heading by its letter, if anything stands in it within the table."""
    named = {*known.values(), *unknown}
    below = grid.rows[number:]
    width = min(max(map(len, below), default=0), max(named, default=0) + _FARTHEST)
    for index in range(width):
        if index not in named and any(_at(cells, index) is not None for cells in below):
            unknown[index] = unused(f"Column {column_letter(index + 1)}", {*unknown.values()})


_FARTHEST = 100  # columns to the right of the last heading


def _headless(name: str, index: int) -> bool:
    return name.startswith(f"Column {column_letter(index + 1)}")


def _twin_beside(table: Table) -> Table | None:
    """A second table in the same heading row, to the right of the first."""
    texts = [_heading(cell) for cell in table.grid.rows[table.heading_row - 1]]
    ref = table.known["ref"]
    own = normal(texts[ref])
    again = [i for i, text in enumerate(texts) if i > ref and normal(text) == own]
    twin = _table_at(table.grid, table.heading_row, first=again[0]) if again else None
    return twin if twin is not None and not twin.missing else None


def _agrees(one: Table, two: Table) -> bool:
    """A heading row that says nothing else than the one above: every column is where it was."""
    shared = [column for column in two.known if column in one.known]
    if len(shared) < 3 or any(one.known[column] != two.known[column] for column in shared):
        return False
    names = {index: column for column, index in one.known.items()} | {
        index: normal(name) for index, name in one.unknown.items() if not _headless(name, index)
    }
    lower = {index: column for column, index in two.known.items()} | {
        index: normal(name) for index, name in two.unknown.items() if not _headless(name, index)
    }
    return all(names.get(index, name) == name for index, name in lower.items())


def _add_columns(table: Table, lower: Table) -> None:
    """A later section's further columns are the table's too."""
    taken = {*table.known.values(), *table.unknown}
    for column, index in lower.known.items():
        if column not in table.known and (index not in taken or index in table.unknown):
            table.unknown.pop(index, None)
            table.known[column] = index
            table.headings[column] = lower.headings[column]
    for index, name in lower.unknown.items():
        if index not in {*table.known.values(), *table.unknown}:
            table.unknown[index] = unused(name, {*table.unknown.values()})


def _heading(cell: Value) -> str:
    value = cell.cached if isinstance(cell, Formula) else cell
    return clean(value).replace("\n", " ") if isinstance(value, str) else ""


def _what_is_missing(grids: Sequence[Grid], file: str) -> str:
    """Says what was found of a plan, and what is not there."""
    best: Table | None = None
    for grid in grids:
        for number, cells in enumerate(grid.rows[:200], 1):
            if sum(isinstance(c, str) and column_of(_heading(c)) is not None for c in cells) < 2:
                continue
            table = _table_at(grid, number)
            if best is None or len(table.known) > len(best.known):
                best = table
    if best is None:
        looked = listed([repr(g.name) for g in grids], 6) if grids and not grids[0].lines else ""
        where = f" (sheets: {looked})" if looked else ""
        return (
            f"No plan was found in {file}{where}: there is no row of headings with Ref, milestone, "
            "timescale and status."
        )
    if not best.missing:  # too long a heading, or one that no Ref begins like
        best.known.pop("ref", None)
    found = listed([repr(h) for h in best.headings.values()], 12)
    lacking = " and ".join(_SPOKEN[column] for column in best.missing)
    advice = (
        " Head the column that numbers the milestones Ref; a published plan without numbers needs "
        "'agsxl import'."
        if "ref" in best.missing
        else " Add the column, or give it a heading that says what it is."
    )
    return f"{file}, {best.place} has the headings {found}, but none for {lacking}.{advice}"


# -- reading the rows --------------------------------------------------------------------------


def read_plan(
    grids: Sequence[Grid],
    *,
    file: str,
    is_workbook: bool,
    posts: Posts | None = None,
    settings: Settings | None = None,
) -> Plan:
    """The plan in a file's sheets, with what was found of its table.

    Raises NoPlanError, also for a table without a single milestone, and TwoPlansError.
    """
    table = find_table(grids, file)
    chosen = settings or Settings()
    reader = _Reader(table, file, is_workbook, chosen)
    milestones = reader.read()
    if not milestones:
        raise NoPlanError(
            f"The table in {file}, {table.place} is empty: there is no milestone below its headings."
        )
    columns = {column: column_letter(index + 1) for column, index in table.known.items()}
    return Plan(
        milestones=tuple(milestones),
        file=file,
        sheet=table.grid.name if is_workbook else "",
        columns=columns,
        empty=frozenset(
            c for c in _SPARABLE if c in columns and not any(getattr(m, c) for m in milestones)
        ),
        headings=table.headings,
        reference=reader.reference,
        merged=reader.merged,
        left_out=tuple(reader.left_out),
        passed_over=tuple(table.passed_over),
        posts=posts or Posts(),
        settings=chosen,
        is_workbook=is_workbook,
    )


class _Reader:
    """Reads one table's rows. Two passes: dates first, then milestones, because a date without a
    year is read beside the plan's other dates."""

    def __init__(self, table: Table, file: str, is_workbook: bool, settings: Settings) -> None:
        self.table = table
        self.grid = table.grid
        self.file = file
        self.is_workbook = is_workbook
        self.colours = settings.colours
        self.left_out: list[tuple[int, str]] = []
        self.merged: tuple[tuple[str, int, int, str], ...] = ()
        self.reference: date | None = None
        self.texts = _chosen(table.known, _TEXTS)
        self.dates = _chosen(table.known, _DATES)
        # Themes, leads and statuses stand in many rows: each is cleaned and read once.
        self.cleaned: dict[str, str] = {}
        self.leads: dict[str, Lead] = {}
        self.statuses: dict[str, Status] = {}

    def read(self) -> list[Milestone]:
        """The milestones of the table, in its order."""
        self._fill_merged()
        rows = self._milestone_rows()
        targets = [
            {column: read_target(_readable(_at(cells, index))) for column, index in self.dates}
            for _, cells in rows
        ]
        self.reference = self._find_reference(targets)
        return [
            self._milestone(number, cells, found)
            for (number, cells), found in zip(rows, targets, strict=True)
        ]

    def _fill_merged(self) -> None:
        """Give every cell of a merged area its value, but for bands that run across the table."""
        known = sorted(self.table.known.values())
        kept = []
        for area in self.grid.merged:
            if area.bottom <= self.table.heading_row or area.top > self.table.until:
                continue
            covered = [i for i in known if area.left <= i + 1 <= area.right]
            if not covered:
                continue
            band = len(covered) > 2 and len(covered) * 2 > len(known)
            column = next(c for c, i in self.table.known.items() if i == covered[0])
            corner = cell_address(area.top, area.left)
            address = f"{corner}:{cell_address(area.bottom, area.right)}"
            kept.append((address, area.top, area.bottom, column))
            if not band:
                self._fill(area)
        self.merged = tuple(kept)

    def _fill(self, area: Area) -> None:
        """Downwards only: a value merged over two columns belongs to the first of them."""
        value = self.grid.at(area.top, area.left)
        for row in range(area.top, min(area.bottom, len(self.grid.rows)) + 1):
            cells = self.grid.rows[row - 1]
            cells.extend([None] * (area.left - len(cells)))
            if cells[area.left - 1] is None:
                cells[area.left - 1] = value

    def _milestone_rows(self) -> list[tuple[int, list[Value]]]:
        """The rows that are milestones; page headings and blank rows dropped, others left out."""
        table = self.table
        ref_at, milestone_at = table.known["ref"], table.known["milestone"]
        rows: list[tuple[int, list[Value]]] = []
        aside: list[tuple[int, str, bool]] = []
        blank_since = False
        end = min(table.other_headings, default=table.until + 1)
        self._leave_out_other_table(end)
        for number in range(table.first_row, end):
            cells = self.grid.rows[number - 1]
            ref, milestone = _at(cells, ref_at), _at(cells, milestone_at)
            if milestone is not None and ref is not None:
                # A row whose Ref cell repeats the Ref heading is a page heading.
                if type(ref) is str and is_ref_heading(ref) and self._repeats(cells):
                    continue
                is_milestone = type(ref) is not str or not self._is_note(ref, cells, blank_since)
            else:
                texts = [str(c) for c in cells if c is not None and str(c).strip()]
                if not texts:
                    blank_since = True
                    continue
                is_milestone = self._could_be_milestone(
                    ref, milestone, cells, blank_since
                ) and not (ref is not None and self._is_note(ref, cells, blank_since))
            if not is_milestone:
                filled = dict.fromkeys(str(c) for c in cells if c is not None and str(c).strip())
                aside.append((self.grid.row_name(number), " | ".join(filled), blank_since))
                continue
            rows.append((number, cells))
            self.left_out += [(row, text) for row, text, _ in aside]
            aside = []
            blank_since = False
        # Below the last milestone, a single cell that follows a blank row is a note to the table.
        self.left_out += [(row, text) for row, text, apart in aside if not apart or " | " in text]
        self.left_out.sort()
        return rows

    def _leave_out_other_table(self, end: int) -> None:
        """Another table below the plan's is named, not read and not passed over in silence."""
        below = [
            c for c in self.grid.rows[end - 1 : self.table.until] if any(x is not None for x in c)
        ]
        if below:
            heads = " | ".join(str(cell) for cell in below[0] if cell is not None)
            text = f"another table, headed {heads}: {len(below) - 1} rows"
            self.left_out.append((self.grid.row_name(end), text))

    def _is_note(self, ref: Value, cells: list[Value], apart: bool) -> bool:
        """A total, or a key below the table: its first cell is no Ref."""
        text = str(ref).strip()
        if text[-1:].isdigit():
            return False
        if text.casefold().strip(" :") in _NO_REFS:
            return True
        if not apart or any(character.isdigit() for character in text):
            return False
        filled = sum(_at(cells, i) is not None for i in self.table.known.values())
        return filled < 3

    def _repeats(self, cells: list[Value]) -> bool:
        same = sum(
            normal(_heading(_at(cells, index))) == normal(self.table.headings[column])
            for column, index in self.table.known.items()
        )
        return same * 2 >= len(self.table.known)

    def _could_be_milestone(
        self, ref: Value, milestone: Value, cells: list[Value], apart: bool
    ) -> bool:
        others = [
            index
            for column, index in self.table.known.items()
            if column not in ("ref", "milestone") and str(_at(cells, index) or "").strip()
        ]
        if milestone is not None and str(milestone).strip():
            return bool(others) or (not apart and len(str(milestone)) < 400)
        if ref is None or not str(ref).strip():
            return False
        text = str(ref).strip()
        return bool(others) if " " in text else bool(others) or any(c.isdigit() for c in text)

    def _find_reference(self, targets: list[dict[str, Target]]) -> date | None:
        """The plan's own date: one above its table, else the middle of its certain dates."""
        above = []
        for cells in self.grid.rows[: self.table.heading_row - 1][-30:]:
            for cell in cells:
                if isinstance(cell, str):
                    above += [target for target, _, _ in find_dates(cell)]
                elif isinstance(cell, date):
                    above.append(read_target(cell))
        own = [t.latest for t in above if t.kind in (Kind.EXACT, Kind.MONTH) and t.certain]
        certain = sorted(
            target.latest
            for found in targets
            for target in found.values()
            if target.certain and target.latest is not None
        )
        if own and own[-1] is not None:
            return own[-1]
        if certain:
            return certain[len(certain) // 2]
        years = [t.latest for t in above if t.kind is Kind.YEAR and t.certain]
        return years[-1] if years else None

    def _milestone(self, number: int, cells: list[Value], targets: dict[str, Target]) -> Milestone:
        fields: dict[str, Any] = {}
        written: dict[str, str] = {}
        errors: dict[str, str] = {}
        for column, index in self.texts:
            value = cells[index] if index < len(cells) else None
            if value is None:
                continue
            if type(value) is str:
                text = self.cleaned.get(value)
                if text is None:
                    text = self.cleaned[value] = clean(value)
                if text != value and leftover_markup(value):
                    written[column] = value
            else:
                text = self._plain(value, column, errors)
            fields[column] = text
        text_dates: tuple[str, ...] = ()
        for column, index in self.dates:
            target, value = targets[column], _at(cells, index)
            if target.kind is Kind.BLANK:
                self._keep_error(value, column, errors)
            elif isinstance(_readable(value), date):
                continue  # read as what it is: as text, a year in a cell for dates is a day of 1905
            elif not target.certain or target.kind is Kind.EVENT or "~~" in target.raw:
                targets[column] = self._read_again(target)
            elif target.kind is Kind.EXACT and type(value) is str and not target.note:
                text_dates += (column,)
        timescale = targets["timescale"]
        baseline_target = targets.get("baseline", NO_TARGET)
        confirmed = baseline_target.latest if baseline_target.certain else None
        completed = targets.get("completed", NO_TARGET)
        extra = {
            name: self._plain(_at(cells, index), name, errors)
            for index, name in self.table.unknown.items()
        }
        sheet = self.grid.name if self.is_workbook else ""
        return Milestone(
            **fields,
            timescale=timescale,
            revised=targets.get("revised", NO_TARGET),
            baseline=confirmed or (timescale.latest if timescale.certain else None),
            completed=completed.latest if completed.certain else None,
            smt_lead=self._lead(cells, errors),
            status=self._status(cells, errors),
            extra=extra or _NOTHING,
            where=Where(self.file, sheet, self.grid.row_name(number)),
            baseline_target=baseline_target,
            completed_target=completed,
            written=written or _NOTHING,
            errors=errors or _NOTHING,
            text_dates=text_dates if self.is_workbook else (),
            hidden=number in self.grid.hidden_rows,
        )

    def _text_of(self, cells: list[Value], column: str, errors: dict[str, str]) -> str:
        """A cell's text with its line breaks, which say something in the lead's cell."""
        index = self.table.known.get(column)
        value = _at(cells, index) if index is not None else None
        return value if type(value) is str else self._plain(value, column, errors)

    def _lead(self, cells: list[Value], errors: dict[str, str]) -> Lead:
        text = self._text_of(cells, "smt_lead", errors)
        found = self.leads.get(text)
        if found is None:
            found = self.leads[text] = read_lead("\n".join(map(clean, text.split("\n"))))
        return found

    def _status(self, cells: list[Value], errors: dict[str, str]) -> Status:
        text = self._text_of(cells, "status", errors)
        found = self.statuses.get(text)
        if found is None:
            found = self.statuses[text] = read_status(clean(text), colours=self.colours)
        return found

    def _plain(self, value: Value, column: str, errors: dict[str, str]) -> str:
        """A cell as text; an error is noted, and reads as blank."""
        if isinstance(value, Formula):
            value = value.cached
        if value is None:
            return ""
        if isinstance(value, CellError):
            errors[column] = value.code
            return ""
        if isinstance(value, str):
            return clean(value)
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, datetime):
            return f"{value:%d/%m/%Y %H:%M}"
        if isinstance(value, date):
            return f"{value:%d/%m/%Y}"
        return str(value)

    def _keep_error(self, value: Value, column: str, errors: dict[str, str]) -> None:
        cached = value.cached if isinstance(value, Formula) else value
        if isinstance(cached, CellError):
            errors[column] = cached.code

    def _read_again(self, target: Target) -> Target:
        """A date that was not certain, read beside the plan's others and without struck words."""
        text, struck = unmark(target.raw) if "~~" in target.raw else (target.raw, "")
        read = read_target(text, reference=self.reference)
        return replace(read, note=f"struck out: {struck}") if struck else read


def _chosen(known: Mapping[str, int], columns: Sequence[str]) -> list[tuple[str, int]]:
    """Those of the columns that the table has, with where each stands."""
    return [(column, known[column]) for column in columns if column in known]


def _at(cells: list[Value], index: int) -> Value:
    return cells[index] if index < len(cells) else None


def _readable(value: Value) -> Value:
    """What a date is read from: the result of a formula, and nothing of an error."""
    cached = value.cached if isinstance(value, Formula) else value
    return None if isinstance(cached, CellError) else cached
