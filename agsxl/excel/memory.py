"""A workbook in memory: the port over plain rows, for scripts and for trying things out.

    book = MemoryBook({"Plan": [["Ref", "Status"], ["A1", "On target"]]})
    book.apply(ChangeSet((CellEdit("Plan", "B2", expected="On target", new="Complete"),)))
    book.read("Plan").value("B2")    # "Complete"

It takes and refuses what a workbook's file would. Nothing calculates: a formula keeps the result that
it came with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from agsxl.edits import ChangeSet, NewRows, NewSheet, Receipt
from agsxl.errors import ChangedError, OutputError, SourceError
from agsxl.excel.values import (
    edited_cell,
    expected_message,
    new_cells,
    own_rows,
    refuse_impossible,
    same_value,
    settled,
)
from agsxl.grid import Grid, Value, cell_address

_Rows = list[list[Value]]


class MemoryBook:
    """A workbook of sheets given as rows of values from A1.

    >>> book = MemoryBook({"Plan": [["Ref", "Status"], ["A1", None]]})
    >>> book.read("Plan").value("A2")
    'A1'

    The rows are copied: neither what is given nor what is read is ever changed by the book.
    """

    path = None

    def __init__(
        self, sheets: Mapping[str, Sequence[Sequence[Value]]], *, name: str = "workbook"
    ) -> None:
        self.name = name
        self.backups_kept = 0
        self._sheets: dict[str, _Rows] = {
            name: _trimmed([[settled(value) for value in row] for row in rows])
            for name, rows in sheets.items()
        }
        self._own: set[str] = set()  # the sheets that apply made
        self._hidden: set[str] = set()

    def sheets(self) -> list[str]:
        """The names of the sheets, in their order."""
        return list(self._sheets)

    def read(self, sheet: str) -> Grid:
        """A sheet as a grid from A1. Raises SourceError for a sheet that is not there."""
        if sheet not in self._sheets:
            raise SourceError(self._no_sheet(sheet))
        rows = [list(row) for row in self._sheets[sheet]]
        return Grid(sheet, rows, visible=sheet not in self._hidden)

    def apply(
        self, changes: ChangeSet, *, restore: Path | None = None, now: datetime | None = None
    ) -> Receipt:
        """Write all of it, or nothing. No copy is made, so ``restore`` and ``now`` mean nothing here.

        Raises ChangedError where a cell does not hold what was expected, and OutputError where
        something cannot be written.
        """
        refuse_impossible(changes)
        self._refuse_changed(changes)
        for added in changes.rows:
            self._refuse_no_room(added)
        names = [self._name_of(sheet) for sheet in changes.sheets]
        # From here on nothing is refused.
        for edit in changes.edits:
            _put(self._sheets[edit.sheet], *edited_cell(edit), settled(edit.new))
        for added in changes.rows:
            for (row, column), value in new_cells(added):
                _put(self._sheets[added.sheet], row, column, settled(value))
        for name, sheet in zip(names, changes.sheets, strict=True):
            if name not in self._sheets and sheet.hidden:
                self._hidden.add(name)
            self._sheets[name] = own_rows(sheet)
            self._own.add(name)
        for name in {*_sheets_of(changes), *names}:
            _trimmed(self._sheets[name])
        return Receipt(
            cells=len(changes.edits),
            rows=sum(len(added.rows) for added in changes.rows),
            sheets=tuple(names),
        )

    def close(self) -> None:
        """Let go of the workbook: there is nothing to let go of."""

    def __enter__(self) -> MemoryBook:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _no_sheet(self, sheet: str) -> str:
        there = ", ".join(repr(name) for name in self._sheets)
        return f"The workbook has no sheet {sheet!r}; its sheets are {there}."

    def _refuse_changed(self, changes: ChangeSet) -> None:
        for name in _sheets_of(changes):
            if name not in self._sheets:
                raise OutputError(f"{self._no_sheet(name)} Nothing was written.")
        for edit in changes.edits:
            found = _at(self._sheets[edit.sheet], *edited_cell(edit))
            if not same_value(edit.expected, found):
                where = f"{edit.sheet}!{edit.address}"
                raise ChangedError(expected_message(where, edit.expected, found))

    def _refuse_no_room(self, added: NewRows) -> None:
        rows = self._sheets[added.sheet]
        if not any(value is not None for value in _row(rows, added.after)):
            raise ChangedError(
                f"Row {added.after} of {added.sheet} was the last of its table when it was read and is "
                "empty now; nothing was written. Read the workbook again."
            )
        for row in range(added.after + 1, added.after + 1 + len(added.rows)):
            for column, value in enumerate(_row(rows, row), 1):
                if value is not None:
                    where = f"{added.sheet}!{cell_address(row, column)}"
                    raise ChangedError(expected_message(where, None, value))

    def _name_of(self, sheet: NewSheet) -> str:
        """The name under which the workbook has the sheet. A name is the same in any case."""
        name = next((n for n in self._sheets if n.casefold() == sheet.name.casefold()), sheet.name)
        rows = self._sheets.get(name, [])
        heading = sheet.columns[0].heading
        if rows and name not in self._own and all(row[:1] != [heading] for row in rows):
            raise OutputError(
                f"The workbook has a sheet {name!r} that agsxl did not make, and it is not written "
                "over; give it another name and try again."
            )
        return name


def _sheets_of(changes: ChangeSet) -> list[str]:
    """The sheets whose cells are edited or added to."""
    return [edit.sheet for edit in changes.edits] + [added.sheet for added in changes.rows]


def _row(rows: _Rows, row: int) -> list[Value]:
    return rows[row - 1] if row <= len(rows) else []


def _at(rows: _Rows, row: int, column: int) -> Value:
    cells = _row(rows, row)
    return cells[column - 1] if column <= len(cells) else None


def _put(rows: _Rows, row: int, column: int, value: Value) -> None:
    rows.extend([] for _ in range(len(rows), row))
    cells = rows[row - 1]
    cells.extend([None] * (column - len(cells)))
    cells[column - 1] = value


def _trimmed(rows: _Rows) -> _Rows:
    """The same list as a file's reader gives it: all rows as wide as the widest, none empty below."""
    width = max((n for row in rows for n, v in enumerate(row, 1) if v is not None), default=0)
    while rows and all(value is None for value in rows[-1]):
        rows.pop()
    for row in rows:
        row[width:] = [None] * (width - len(row))
    return rows
