"""A sheet as a grid of values, and cell addresses. Knows no file and no Excel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class CellError:
    """A cell that shows an error: ``CellError("#REF!")``."""

    code: str

    def __str__(self) -> str:
        return self.code


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell with a formula: its text, and the result that was saved with it.

    ``text`` begins with ``=``; it is empty for a cell that shares the formula of another.
    """

    text: str
    cached: Plain | CellError

    def __str__(self) -> str:
        return "" if self.cached is None else str(self.cached)


Plain = None | str | bool | int | float | date | datetime
Value = Plain | Formula | CellError


class Area(NamedTuple):
    """A block of cells, counted from 1 and including both ends."""

    top: int
    left: int
    bottom: int
    right: int


_ADDRESS = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9]\d*)")


def column_letter(column: int) -> str:
    """``column_letter(28)`` is "AB"."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """``column_number("AB")`` is 28."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def cell_address(row: int, column: int) -> str:
    """``cell_address(17, 8)`` is "H17"."""
    return f"{column_letter(column)}{row}"


def parse_address(address: str) -> tuple[int, int]:
    """``parse_address("H17")`` is ``(17, 8)``. Raises ValueError for what is no address."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise ValueError(f"{address!r} is not the address of a cell")
    return int(match[2]), column_number(match[1])


@dataclass(slots=True)
class Grid:
    """The values of one sheet, row by row from A1, with what else a reader must know of it.

    >>> grid = Grid("Plan", [["Ref", "Status"], ["A1", None]])
    >>> grid.value("B1")
    'Status'

    A cell beyond the last one is None. ``lines`` says, for a text, the line each row began on.
    """

    name: str
    rows: list[list[Value]]
    hidden_rows: frozenset[int] = frozenset()
    merged: tuple[Area, ...] = ()
    lines: tuple[int, ...] = ()
    visible: bool = True
    _no_cells: list[Value] = field(default_factory=list, repr=False)

    def value(self, address: str) -> Value:
        """The value of a cell by its address: ``grid.value("H17")``."""
        return self.at(*parse_address(address))

    def at(self, row: int, column: int) -> Value:
        """The value in a row and column counted from 1."""
        cells = self.rows[row - 1] if 0 < row <= len(self.rows) else self._no_cells
        return cells[column - 1] if 0 < column <= len(cells) else None

    def row_name(self, row: int) -> int:
        """The number by which a person finds the row: its own in a sheet, the line in a text."""
        return self.lines[row - 1] if self.lines else row

    def numbered(self) -> Iterator[tuple[int, list[Value]]]:
        """The rows with their numbers, counted from 1."""
        return enumerate(self.rows, 1)
