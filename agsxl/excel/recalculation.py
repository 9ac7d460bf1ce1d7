"""Which formulas' saved results are stale after an edit, and a formula moved to another cell.

    >>> formulas = {("Plan", 2, 3): "=A2+B2", ("Sums", 1, 1): "=SUM(Plan!C:C)"}
    >>> sorted(dependents(formulas, edited=[("Plan", 2, 1)]))
    [('Plan', 2, 3), ('Sums', 1, 1)]
    >>> translate("=A2+$B$2", "C2", "C5")
    '=A5+$B$2'

Nothing is calculated here. A formula's text is read for what it refers to, and from the edited cells
it is followed who refers to whom. Where a text cannot tell (``INDIRECT``, ``OFFSET``, ``A1:INDEX(...)``,
a name that nobody defined), the formula is taken to depend on everything: a result dropped in vain
is calculated anew, a stale one is believed. Knows no file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from agsxl.grid import Area, column_letter, column_number, parse_address

Cell = tuple[str, int, int]  # sheet, row, column, counted from 1

ROWS, COLUMNS = 1_048_576, 16_384


class Table(NamedTuple):
    """An Excel table: where it is (headings and totals included), and its columns' names."""

    sheet: str
    area: Area
    columns: tuple[str, ...]
    headings: int = 1  # rows of them: 0 or 1
    totals: int = 0


def dependents(
    formulas: Mapping[Cell, str],
    *,
    edited: Iterable[Cell],
    grown: Iterable[tuple[str, Area]] = (),
    sheets: Sequence[str] = (),
    names: Mapping[tuple[str, str], str] | None = None,
    tables: Mapping[str, Table] | None = None,
    spills: Mapping[Cell, Area] | None = None,
    growing: Collection[Cell] = (),
) -> set[Cell]:
    """The cells whose saved results may be stale once ``edited`` and ``grown`` have changed.

    >>> dependents({("Plan", 1, 1): "=SUM(B:B)", ("Plan", 1, 3): "=A1*2"}, edited=[("Plan", 9, 4)])
    set()

    ``formulas`` gives every formula of the workbook as it is after the edit, with or without "=";
    for a cell of a shared formula its own text (see ``translate``), for a what-if data table
    "=TABLE()". ``grown`` are areas that were filled or emptied as a whole. ``sheets`` in their order
    in the workbook. ``names``: (sheet, name) to text; sheet "" for a name of the whole workbook.
    ``tables`` as they are after the edit. ``spills``: the area that an array formula fills, by the
    cell that holds it; ``growing`` those among them whose area is found anew at each calculation
    (dynamic arrays). The result also has the cells that a stale array formula fills.
    """
    edited, grown = list(edited), list(grown)
    if not formulas or not (edited or grown):
        return set()
    everywhere = (*sheets, *(cell[0] for cell in formulas), *(cell[0] for cell in edited))
    book = _Book(dict.fromkeys(everywhere), names or {}, tables or {})
    return _Web(formulas, book, spills or {}, growing).reached(edited, grown)


def translate(formula: str, from_cell: str, to_cell: str) -> str:
    """A formula as it reads in another cell, its relative references moved along.

    >>> translate("=LOG10(A2)&'May 17'!$B2:C$3", "C2", "D9")
    "=LOG10(B9)&'May 17'!$B9:D$3"

    A reference that would lie outside the sheet becomes ``#REF!``.
    """
    row, column = parse_address(from_cell)
    to_row, to_column = parse_address(to_cell)
    return _moved(formula, to_row - row, to_column - column)


# -- reading a formula's text --------------------------------------------------------------------

# Excel allows a sheet's or a name's letters to be of any alphabet, and a full stop inside.
_WORD = r"[^\W\d][\w.\\?]*+|\\[\w.\\?]*+"
_SHEET = r"[^\s'\"\[\]\\?*/+\-<>=&^:,;(){}!%#$@]++"
_TOKEN = re.compile(
    rf"""
      "(?:[^"]|"")*+"                                       # a text
    | (?P<prefix>
          '(?:[^']|'')++'!                                  # 'May 17'!  'May:June'!  '[1]May'!
        | (?:\[\d+\])?{_SHEET}(?::{_SHEET})?!               # May!  May:June!  [1]May!
        | \[\d+\]!                                          # [1]!
      )?+
      (?:
          (?P<column>\$?[A-Za-z]{{1,3}})(?P<row>\$?\d{{1,7}})
          (?::(?P<to_column>\$?[A-Za-z]{{1,3}})(?P<to_row>\$?\d{{1,7}}))?
          \#?(?![\w.(!\[\\?$])                            # A1  $A$1:B2  A1#
        | (?P<first_column>\$?[A-Za-z]{{1,3}}):(?P<last_column>\$?[A-Za-z]{{1,3}})(?![\w.(!\[\\?$])
        | (?P<first_row>\$?\d{{1,7}}):(?P<last_row>\$?\d{{1,7}})(?![\w.(!\[\\?$])
        | (?P<function>{_WORD})\(
        | (?P<table>{_WORD})?+(?P<inside>\[(?:[^\[\]']|'.|\[(?:[^\[\]']|'.)*+\])*+\])
        | (?P<name>{_WORD})
        | \#(?:N/A|GETTING_DATA|[A-Z/0]++[!?])
      )
    | (?:\d++(?:\.\d*+)?|\.\d++)(?:[Ee][-+]?\d++)?
    | (?P<between>[-+*/^&=<>%(),;@{{}}\s]++)
    | (?P<odd>.)
    """,
    re.VERBOSE | re.DOTALL,
)

_Token = tuple[str, ...]  # the groups of a match, "" where they are absent
_FUNCTION = _TOKEN.groupindex["function"] - 1
_BETWEEN = _TOKEN.groupindex["between"] - 1
_ROW_GROUPS = [_TOKEN.groupindex[n] - 1 for n in ("row", "to_row", "first_row", "last_row")]

# Their results come from elsewhere than the cells they name.
_FROM_ANYWHERE = frozenset(
    ("CELL", "EVALUATE", "INDIRECT", "INFO", "NOW", "OFFSET", "RAND", "RANDARRAY", "RANDBETWEEN",
     "SHEETS", "TABLE", "TODAY")
)  # fmt: skip
# Of their third argument only the first cell counts: it is taken in the shape of another argument,
# whose number is given, counted from 0.
_SHAPED_BY = {"SUMIF": 0, "AVERAGEIF": 0, "LOOKUP": 1}
_TAKEN = 2
# No names: constants, the parameters of LET and LAMBDA, functions handed over as values.
_NO_NAME = re.compile(r"TRUE|FALSE|_xlpm\..*|_xleta\..*", re.IGNORECASE)
_FUTURE = re.compile(r"(?:_XLFN\.|_XLWS\.|_XLUDF\.)+")  # before functions younger than the format

# An area as a text gives it: what stands before it (up to "!"), its columns, its first row and its
# last. A row is given as a number and how many times the formula's own row is added to it (0 or 1).
_Reference = tuple[str, int, int, int, int, int, int]
# An area of a sheet: the sheet, top, left, bottom, right.
_Place = tuple[str, int, int, int, int]
_Corners = tuple[int, int, int, int]  # an Area, but a hundred thousand times cheaper to make


class _Name(NamedTuple):
    prefix: str
    name: str


class _Structured(NamedTuple):
    """``Table[...]``; ``table`` is "" for the one that the formula's cell is in."""

    prefix: str
    table: str
    inside: str


class _Shaped(NamedTuple):
    """What begins at the first cells of ``taken``, in the shape of ``like``."""

    taken: list[_Operand]
    like: list[_Operand]
    turned: bool  # LOOKUP reads a row's answers from a column, too


_Operand = _Reference | _Name | _Structured | _Shaped


class _CannotTell(Exception):
    """Only a calculation can tell what the text refers to."""


class _Reading(NamedTuple):
    """What a text refers to: plain areas, which are most, and whatever else."""

    areas: list[_Reference]
    others: list[_Operand]
    own_rows: int  # how many rows in it are counted from that of the formula


class _Rows(NamedTuple):
    """How a formula in a certain row writes that row, and the one above."""

    own: str = ""
    above: str = ""


_UNREAD, _UNLIKE = _Reading([], [], 0), _Reading([], [], -1)
# They stand for those rows in a text, so that all rows of a column have the same; no formula has them.
_OWN_MARK, _ABOVE_MARK = "\x01", "\x02"


def _read(text: str, rows: _Rows, lambdas: frozenset[str]) -> _Reading:
    """What a formula refers to. ``lambdas`` are the names that may be called as functions."""
    areas: list[_Reference] = []
    others: list[_Operand] = []
    own_rows = 0
    shaped = False
    tokens = _TOKEN.findall(text)
    if not text.lstrip("="):
        raise _CannotTell  # a cell that shares a formula which is nowhere
    for token in tokens:
        function = token[_FUNCTION]
        if function:
            called = _called(function)
            if called in _FROM_ANYWHERE or called.startswith("GET."):
                raise _CannotTell
            shaped = shaped or called in _SHAPED_BY
            if called in lambdas:
                others.append(_Name(token[0], function))
        elif not token[_BETWEEN]:
            operand = _operand(token, rows)
            if isinstance(operand, _Name | _Structured | _Shaped):
                others.append(operand)
            elif operand is not None:
                areas.append(operand)
                own_rows += sum(token[group] in rows for group in _ROW_GROUPS if token[group])
    if shaped:
        others.extend(_shaped(tokens, rows))
    return _Reading(areas, others, own_rows)


def _operand(token: _Token, rows: _Rows) -> _Operand | None:
    """What a token refers to; None for a constant."""
    prefix, column, row, to_column, to_row, first_column, last_column, first_row, last_row = token[
        :9
    ]
    if column:
        left, right = _column(column), _column(to_column) if to_column else 0
        if max(left, right) > COLUMNS and not to_row:
            return _Name(prefix, column + row)  # "YTD2027" is a name: a sheet has no such column
        return _area(prefix, left, right or left, row, to_row or row, rows)
    if first_column:
        return _area(prefix, _column(first_column), _column(last_column), "1", f"{ROWS}", _Rows())
    if first_row:
        return _area(prefix, 1, COLUMNS, first_row, last_row, rows)
    _, table, inside, name, _, odd = token[9:]
    if inside:
        return _Structured(prefix, table, inside)
    if name:
        return None if _NO_NAME.fullmatch(name) else _Name(prefix, name)
    if odd:
        raise _CannotTell
    return None


def _area(prefix: str, left: int, right: int, first: str, last: str, rows: _Rows) -> _Reference:
    top, moves = _row(first, rows)
    bottom, moves_too = (top, moves) if first == last else _row(last, rows)
    if left > right:
        left, right = right, left
    if right > COLUMNS:
        raise _CannotTell
    return (prefix, left, right, top, moves, bottom, moves_too)


def _row(digits: str, rows: _Rows) -> tuple[int, int]:
    if digits == rows.own:
        return 0, 1
    if digits == rows.above:
        return -1, 1
    row = int(digits.lstrip("$"))
    if not 0 < row <= ROWS:
        raise _CannotTell
    return row, 0


def _shaped(tokens: Iterable[_Token], rows: _Rows) -> Iterator[_Operand]:
    """The areas that a SUMIF and its like read beyond those that their text names."""
    calls: list[tuple[str, list[list[_Operand]]]] = [("", [[]])]  # name and arguments, open ones
    for token in tokens:
        if token[_FUNCTION]:
            calls.append((_called(token[_FUNCTION]), [[]]))
            continue
        for sign in token[_BETWEEN]:
            if sign in "({":
                calls.append(("", [[]]))
            elif sign == ",":
                calls[-1][1].append([])
            elif sign in ")}":
                if len(calls) == 1:
                    raise _CannotTell  # more brackets closed than opened
                name, arguments = calls.pop()
                like = _SHAPED_BY.get(name)
                if like is not None and len(arguments) > _TAKEN:
                    yield _Shaped(arguments[_TAKEN], arguments[like], turned=name == "LOOKUP")
                calls[-1][1][-1].extend(operand for one in arguments for operand in one)
        operand = None if token[_BETWEEN] else _operand(token, rows)
        if operand is not None:
            calls[-1][1][-1].append(operand)


@lru_cache(maxsize=1024)
def _called(function: str) -> str:
    return _FUTURE.sub("", function.upper())


@cache
def _column(letters: str) -> int:
    return column_number(letters.lstrip("$"))


# -- what a workbook's names mean ----------------------------------------------------------------


class _Book:
    """A workbook's sheets, names and tables: what a text's operands stand for in a given cell."""

    def __init__(
        self,
        sheets: Iterable[str],
        names: Mapping[tuple[str, str], str],
        tables: Mapping[str, Table],
    ) -> None:
        self._sheets = {sheet.casefold(): sheet for sheet in sheets}
        self._order = list(self._sheets)
        self._names = {(s.casefold(), n.casefold()): text for (s, n), text in names.items()}
        self._tables = {name.casefold(): table for name, table in tables.items()}
        self._lambdas = frozenset(name.upper() for _, name in names)
        self._readings: dict[str, _Reading | None] = {}  # None for a text that cannot tell
        self._prefixes: dict[str, tuple[str, ...]] = {}
        self._structures: dict[_Structured, tuple[_Place, bool]] = {}
        self._open: list[tuple[str, str]] = []  # names being followed, each within the one before

    def read(self, text: str, row: int = 0) -> _Reading:
        """What the text of a formula in a row refers to. Raises _CannotTell.

        Each text is read once; for all rows of a column it is mostly one and the same, but for the
        numbers of the row itself and the one above.
        """
        rows = _Rows(str(row), str(row - 1)) if row > 1 else _Rows()
        alike = text
        if row > 1:
            alike = text.replace(rows.own, _OWN_MARK).replace(rows.above, _ABOVE_MARK)
        reading = self._readings.get(alike, _UNREAD)
        if reading is _UNLIKE:
            alike = text
            reading = self._readings.get(alike, _UNREAD)
        if reading is _UNREAD:
            try:
                reading = _read(text, rows, self._lambdas)
            except _CannotTell:
                reading = None
            marks = alike.count(_OWN_MARK) + alike.count(_ABOVE_MARK)
            if reading is not None and marks != reading.own_rows:
                # The row's number is also part of something else, of "B12" in row 2.
                self._readings[alike] = _UNLIKE
                alike = text
            self._readings[alike] = reading
        if reading is None:
            raise _CannotTell
        return reading

    def places(self, operands: Iterable[_Operand], cell: Cell) -> Iterator[_Place]:
        """The areas that operands stand for in a cell. Raises _CannotTell."""
        for operand in operands:
            if isinstance(operand, _Name):
                yield from self._named(operand, cell)
            elif isinstance(operand, _Structured):
                yield from self._structured(operand, cell)
            elif isinstance(operand, _Shaped):
                yield from self._reshaped(operand, cell)
            else:
                prefix, left, right, top, moves, bottom, moves_too = operand
                top, bottom = sorted((top + moves * cell[1], bottom + moves_too * cell[1]))
                for sheet in self.sheets_of(prefix) if prefix else (cell[0],):
                    yield (sheet, top, left, bottom, right)

    def sheets_of(self, prefix: str) -> tuple[str, ...]:
        """The sheets that a prefix names, none for those of another workbook. Raises _CannotTell."""
        found = self._prefixes.get(prefix)
        if found is None:
            found = self._prefixes[prefix] = tuple(self._find_sheets(prefix))
        return found

    def _find_sheets(self, prefix: str) -> list[str]:
        name = prefix.removesuffix("!")
        if name.startswith("'"):
            name = name[1:-1].replace("''", "'")
        name = name.removeprefix("[0]")  # this very workbook
        if "[" in name:
            return []
        first, _, last = name.casefold().partition(":")
        try:
            start = self._order.index(first)
            end = self._order.index(last) if last else start
        except ValueError:
            raise _CannotTell from None
        chosen = self._order[min(start, end) : max(start, end) + 1]
        return [self._sheets[sheet] for sheet in chosen]

    def _named(self, operand: _Name, cell: Cell) -> Iterator[_Place]:
        prefix, name = operand.prefix, operand.name.casefold()
        scope = cell[0].casefold()
        if prefix == "[0]!":
            scope = ""
        elif prefix:
            sheets = self.sheets_of(prefix)
            if not sheets:
                return
            scope = sheets[0].casefold()
        key = (scope, name) if (scope, name) in self._names else ("", name)
        if name in self._tables and key not in self._names:
            yield from self._structured(_Structured("", operand.name, "[]"), cell)
            return
        text = self._names.get(key)
        if text is None or key in self._open or _is_relative(text):
            raise _CannotTell
        self._open.append(key)
        try:
            reading = self.read(text)
            yield from list(self.places((*reading.areas, *reading.others), cell))
        finally:
            self._open.pop()

    def _structured(self, operand: _Structured, cell: Cell) -> Iterator[_Place]:
        if (
            operand.prefix
            and not operand.prefix.startswith(("[0]", "'[0]"))
            and "[" in operand.prefix
        ):
            return  # a table of another workbook
        if not operand.table:
            operand = operand._replace(table=self._table_around(cell))
        found = self._structures.get(operand)
        if found is None:
            table = self._tables.get(operand.table.casefold())
            if table is None:
                raise _CannotTell
            found = self._structures[operand] = _part_of(table, operand.inside)
        place, this_row = found
        yield (place[0], cell[1], place[2], cell[1], place[4]) if this_row else place

    def _table_around(self, cell: Cell) -> str:
        for name, (sheet, area, *_) in self._tables.items():
            if (
                sheet == cell[0]
                and area.top <= cell[1] <= area.bottom
                and area.left <= cell[2] <= area.right
            ):
                return name
        raise _CannotTell

    def _reshaped(self, operand: _Shaped, cell: Cell) -> Iterator[_Place]:
        likes = list(self.places(operand.like, cell))
        high = max((bottom - top for _, top, _, bottom, _ in likes), default=0)
        wide = max((right - left for _, _, left, _, right in likes), default=0)
        for sheet, top, left, bottom, right in self.places(operand.taken, cell):
            if operand.turned:
                long = max(high, wide)
                yield (sheet, top, left, min(top + long, ROWS), right)
                yield (sheet, top, left, bottom, min(left + long, COLUMNS))
            else:
                yield (sheet, top, left, min(top + high, ROWS), min(left + wide, COLUMNS))


def _is_relative(text: str) -> bool:
    """Whether a name's text means another place for each cell that uses the name."""
    for token in _TOKEN.findall(text):
        column, row, to_column, to_row, first_column, last_column, first_row, last_row = token[1:9]
        for part in (
            column,
            row,
            to_column,
            to_row,
            first_column,
            last_column,
            first_row,
            last_row,
        ):
            if part and not part.startswith("$"):
                return True
    return False


_ITEM = re.compile(r"\[((?:[^\[\]']|'.)*+)\]", re.DOTALL)
_ESCAPED = re.compile(r"'(.)", re.DOTALL)


def _part_of(table: Table, inside: str) -> tuple[_Place, bool]:
    """The area of a table that ``[...]`` means, and whether it is only its cells in one's own row."""
    inside = inside[1:-1].strip()
    this_row = inside.startswith("@")
    inside = inside.removeprefix("@")
    if "[" in _ESCAPED.sub("", inside):
        items = _ITEM.findall(inside)
        if _ITEM.sub("", inside).strip(" ,:\n"):
            raise _CannotTell
    else:
        items = [inside] if inside else []
    keywords = {item.casefold() for item in items if item.startswith("#")}
    columns = [_ESCAPED.sub(r"\1", item) for item in items if not item.startswith("#")]
    top, left, bottom, right = table.area
    first, last = top + table.headings, bottom - table.totals
    rows = []
    for keyword in keywords:
        if keyword == "#all":
            rows += [top, bottom]
        elif keyword == "#headers":
            rows += [top, first - 1]
        elif keyword == "#totals":
            rows += [last + 1, bottom]
        elif keyword == "#data":
            rows += [first, last]
        elif keyword == "#this row":
            this_row = True
        else:
            raise _CannotTell
    if columns:
        folded = [name.casefold().strip() for name in table.columns]
        try:
            places = [left + folded.index(column.casefold().strip()) for column in columns]
        except ValueError:
            places = [left, right]
        left, right = min(places), max(places)
    top, bottom = (min(rows), max(rows)) if rows else (first, last)
    return (table.sheet, top, left, bottom, right), this_row


# -- who refers to whom --------------------------------------------------------------------------


class _Web:
    """Every formula by the cells it refers to; each thread is followed once, and then cut."""

    def __init__(
        self,
        formulas: Mapping[Cell, str],
        book: _Book,
        spills: Mapping[Cell, Area],
        growing: Collection[Cell],
    ) -> None:
        self._spills = spills
        self._growing = frozenset(growing)
        self._referred: dict[str, _Referred] = {}
        self._always: list[Cell] = []
        for cell, text in formulas.items():
            try:
                reading = book.read(text, cell[1])
                places = list(book.places(reading.others, cell)) if reading.others else ()
                self._refer(cell, reading.areas, book)
                for sheet, top, left, bottom, right in places:
                    self._on(sheet).add(top, left, bottom, right, cell)
            except _CannotTell:
                self._always.append(cell)
        for cell in self._growing:
            area = spills.get(cell)
            if area is not None and area.top == area.bottom and area.left == area.right:
                # Perhaps something stands in its way, and goes away.
                self._on(cell[0]).add(cell[1], cell[2], ROWS, COLUMNS, cell)

    def _refer(self, cell: Cell, areas: Iterable[_Reference], book: _Book) -> None:
        """As ``_Book.places``, without a detour: there may be a million of them."""
        own, row, _ = cell
        for prefix, left, right, top, moves, bottom, moves_too in areas:
            top += moves * row
            bottom += moves_too * row
            if top > bottom:
                top, bottom = bottom, top
            if not prefix:
                self._on(own).add(top, left, bottom, right, cell)
            else:
                for sheet in book.sheets_of(prefix):
                    self._on(sheet).add(top, left, bottom, right, cell)

    def _on(self, sheet: str) -> _Referred:
        found = self._referred.get(sheet)
        if found is None:
            found = self._referred[sheet] = _Referred()
        return found

    def reached(self, edited: Iterable[Cell], grown: Iterable[tuple[str, Area]]) -> set[Cell]:
        """Every cell with a formula that refers to these, or to one that does, and so on."""
        stale: set[Cell] = set()
        waiting: list[_Place] = [(sheet, *area) for sheet, area in grown]
        for cell in edited:
            waiting.extend(self._changing_with(cell, stale))
        reached = set(self._always)
        for cell in self._always:
            waiting.extend(self._changing_with(cell, stale))
        while waiting:
            sheet, top, left, bottom, right = waiting.pop()
            if sheet not in self._referred:
                continue
            for cell in self._referred[sheet].take(top, left, bottom, right):
                if cell not in reached:
                    reached.add(cell)
                    waiting.extend(self._changing_with(cell, stale))
        return stale | reached

    def _changing_with(self, cell: Cell, stale: set[Cell]) -> Iterator[_Place]:
        """What changes with a cell: itself, and what its array formula fills, which is stale then."""
        sheet, row, column = cell
        yield (sheet, row, column, row, column)
        area = self._spills.get(cell)
        if area is not None:
            for r in range(area.top, area.bottom + 1):
                stale.update((sheet, r, c) for c in range(area.left, area.right + 1))
            yield (sheet, *area)
            if cell in self._growing:
                yield (sheet, row, column, ROWS, COLUMNS)


_FEW_COLUMNS = 64


class _Referred:
    """The cells and areas of one sheet that formulas refer to, and by which formulas."""

    def __init__(self) -> None:
        self._cells: dict[int, list[Cell]] = {}
        self._areas: dict[_Corners, list[Cell]] = {}
        self._by_column: dict[int, list[_Corners]] | None = None
        self._towers: dict[int, _Tower] = {}

    def add(self, top: int, left: int, bottom: int, right: int, cell: Cell) -> None:
        """Say that the formula in ``cell`` refers to an area."""
        if top == bottom and left == right:
            key = top * COLUMNS + left - 1
            if key in self._cells:
                self._cells[key].append(cell)
            else:
                self._cells[key] = [cell]
        else:
            area = (top, left, bottom, right)
            if area in self._areas:
                self._areas[area].append(cell)
            else:
                self._areas[area] = [cell]

    def take(self, top: int, left: int, bottom: int, right: int) -> Iterator[Cell]:
        """The formulas that refer to any cell of an area, each reference only once."""
        if top == bottom and left == right:
            yield from self._cells.pop(top * COLUMNS + left - 1, ())
        else:
            for key in list(self._keys(top, left, bottom, right)):
                yield from self._cells.pop(key, ())
        if not self._areas:
            return
        for tower in self._standing(left, right):
            for area in tower.take(top, left, bottom, right):
                yield from self._areas.pop(area, ())

    def _keys(self, top: int, left: int, bottom: int, right: int) -> Iterator[int]:
        if (bottom - top + 1) * (right - left + 1) < len(self._cells):
            for row in range(top, bottom + 1):
                yield from range(row * COLUMNS + left - 1, row * COLUMNS + right)
        else:
            for key in self._cells:
                row, column = divmod(key, COLUMNS)
                if top <= row <= bottom and left <= column + 1 <= right:
                    yield key

    def _standing(self, left: int, right: int) -> Iterator[_Tower]:
        """The towers of some columns, and that of the wide areas."""
        if self._by_column is None:
            self._by_column = {}
            for area in self._areas:
                _, first, _, last = area
                if last - first < _FEW_COLUMNS:
                    for column in range(first, last + 1):
                        self._by_column.setdefault(column, []).append(area)
                else:
                    self._by_column.setdefault(0, []).append(area)
        columns = self._by_column if right - left >= _FEW_COLUMNS else range(left, right + 1)
        for column in (0, *columns):
            if column in self._by_column and (not column or left <= column <= right):
                if column not in self._towers:
                    self._towers[column] = _Tower(self._by_column[column])
                yield self._towers[column]


class _Tower:
    """Areas that lie above and beside each other, found by the rows they cover.

    A tree over the areas in the order of their first rows; each node knows the last row that any
    area below it reaches. Where thousands of running totals overlap, finding one costs as little.
    """

    def __init__(self, areas: Iterable[_Corners]) -> None:
        self._areas = sorted(areas)
        self._tops = [top for top, *_ in self._areas]
        self._size = 1 << max(0, len(self._areas) - 1).bit_length()
        self._reach = [0] * self._size + [bottom for _, _, bottom, _ in self._areas]
        self._reach += [0] * (2 * self._size - len(self._reach))
        for node in range(self._size - 1, 0, -1):
            self._reach[node] = max(self._reach[2 * node], self._reach[2 * node + 1])

    def take(self, top: int, left: int, bottom: int, right: int) -> list[_Corners]:
        """The areas that overlap this one. They are not found again."""
        reach, size = self._reach, self._size
        end = bisect_right(self._tops, bottom)
        found = []
        waiting = [(1, 0, size)]
        while waiting:
            node, first, width = waiting.pop()
            if first >= end or reach[node] < top:
                continue
            if width > 1:
                half = width // 2
                waiting += ((2 * node, first, half), (2 * node + 1, first + half, half))
                continue
            area = self._areas[first]
            if area[1] <= right and area[3] >= left:
                found.append(area)
                self._forget(node)
        return found

    def _forget(self, node: int) -> None:
        reach = self._reach
        reach[node] = 0
        while node > 1:
            node //= 2
            most = max(reach[2 * node], reach[2 * node + 1])
            if reach[node] == most:
                break
            reach[node] = most


# -- moving a formula ----------------------------------------------------------------------------


def _moved(formula: str, down: int, right: int) -> str:
    if not down and not right:
        return formula

    def shift(match: re.Match[str]) -> str:
        prefix, column, row, to_column, to_row, first_column, last_column, first_row, last_row = (
            match.groups("")[:9]
        )
        if column:
            if _column(column) > COLUMNS or int(row.lstrip("$")) > ROWS:
                return match[0]  # a name
            parts = [_moved_column(column, right) + _moved_row(row, down)]
            if to_row:
                parts.append(_moved_column(to_column, right) + _moved_row(to_row, down))
        elif first_column:
            parts = [_moved_column(first_column, right), _moved_column(last_column, right)]
        elif first_row:
            parts = [_moved_row(first_row, down), _moved_row(last_row, down)]
        else:
            return match[0]
        spilled = "#" if match[0].endswith("#") else ""
        return prefix + (_NOWHERE if _OUTSIDE in "".join(parts) else ":".join(parts) + spilled)

    return _TOKEN.sub(shift, formula)


_NOWHERE, _OUTSIDE = "#REF!", "\x00"


def _moved_column(letters: str, right: int) -> str:
    if letters.startswith("$"):
        return letters
    column = _column(letters) + right
    return column_letter(column) if 0 < column <= COLUMNS else _OUTSIDE


def _moved_row(digits: str, down: int) -> str:
    if digits.startswith("$"):
        return digits
    row = int(digits) + down
    return str(row) if 0 < row <= ROWS else _OUTSIDE


__all__ = ["Cell", "Table", "dependents", "translate"]
