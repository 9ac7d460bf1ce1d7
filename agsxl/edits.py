"""What is to be written into a workbook, as plain data: the vocabulary of the port.

    changes = ChangeSet((CellEdit("Plan", "H17", expected=None, new="Complete"),))
    receipt = book.apply(changes)

A change set is applied whole or not at all. Each edit says what the cell held when it was read;
where it holds something else by now, nothing is written. Knows no file and no Excel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from agsxl.grid import Formula, Grid, Value

if TYPE_CHECKING:  # a name, not the file system
    from pathlib import Path


class CellEdit(NamedTuple):
    """One cell: what it must hold now (``expected``; None for an empty cell), and what it will.

    ``new`` None empties the cell; its format stays. A text is always written as text, also one
    that begins with ``=``, ``+``, ``-`` or ``@``: only a ``Formula`` writes a formula.
    """

    sheet: str
    address: str
    expected: Value
    new: Value


class NewRows(NamedTuple):
    """Rows added below a table: ``rows`` give values by column letter.

    ``after`` is the table's last row as it was read; an Excel table that ends there grows, with its
    filter, validations, conditional formats and calculated columns. The rows below must be empty.
    """

    sheet: str
    after: int
    rows: tuple[Mapping[str, Value], ...]


class CellLink(NamedTuple):
    """A link to a cell of the same workbook, as a value on one of agsxl's own sheets.

    >>> CellLink("Plan", "H17").formula.text
    '=HYPERLINK("#\'Plan\'!H17","H17")'

    It shows ``text``, else the cell's address.
    """

    sheet: str
    cell: str
    text: str = ""

    @property
    def formula(self) -> Formula:
        """The formula that makes the link, with what it shows."""
        target = f"#'{self.sheet.replace(chr(39), 2 * chr(39))}'!{self.cell}"
        shown = self.text or self.cell
        inside = [each.replace('"', '""') for each in (target, shown)]
        return Formula(f'=HYPERLINK("{inside[0]}","{inside[1]}")', shown)


class SheetColumn(NamedTuple):
    """A column of one of agsxl's own sheets. ``choices`` are offered in a dropdown."""

    heading: str
    width: float
    choices: tuple[str, ...] = ()
    entry: bool = False  # the officer types here: shown apart


@dataclass(frozen=True, slots=True)
class NewSheet:
    """One of agsxl's own sheets, made where it is not there, else its contents made anew.

    A title in A1, a line for each of ``notes``, then one Excel table called ``table``. Whatever else
    stands on a sheet that is there already (buttons, print settings) is kept. Without a row the
    table says ``nothing``. A formula among the values is shown as text: only a ``CellLink`` is one.
    """

    name: str
    title: str
    table: str
    columns: tuple[SheetColumn, ...]
    rows: tuple[tuple[Value | CellLink, ...], ...]
    notes: tuple[str, ...] = ()
    nothing: str = "Nothing to report"
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Everything that one job writes: all of it, or nothing."""

    edits: tuple[CellEdit, ...] = ()
    rows: tuple[NewRows, ...] = ()
    sheets: tuple[NewSheet, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.edits or self.rows or self.sheets)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was written. ``backup`` is the copy of the workbook as it was, "" where none is made.

    ``notes`` are sentences a person should read (a workbook that calculates by hand ...).
    """

    cells: int
    rows: int = 0
    sheets: tuple[str, ...] = ()
    backup: str = ""
    notes: tuple[str, ...] = ()


class Book(Protocol):
    """A workbook, open or closed: the port that ``file``, ``memory`` and ``live`` stand behind.

    ``name`` is what the workbook is called; ``path`` where it is on this computer, None for one that is
    not saved, or lies on a server. ``backups_kept`` is how many copies are kept of it.
    """

    backups_kept: int

    @property
    def name(self) -> str: ...  # noqa: D102 - said above

    @property
    def path(self) -> Path | None: ...  # noqa: D102

    def sheets(self) -> list[str]:
        """The names of the sheets that hold cells, in their order."""

    def read(self, sheet: str) -> Grid:
        """A sheet as a grid from A1. Raises SourceError for a sheet that is not there."""

    def apply(
        self, changes: ChangeSet, *, restore: Path | None = None, now: datetime | None = None
    ) -> Receipt:
        """Write all of it, or nothing.

        ``restore`` is the copy of the state that the changes lead back to, for a book that can use it;
        ``now`` names the backup, where one is made. Raises ChangedError where a cell does not hold
        what was expected, and OutputError where something cannot be written.
        """

    def close(self) -> None:
        """Let go of the workbook."""
