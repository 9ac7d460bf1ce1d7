"""A worksheet's XML with cells set: only the rows that are touched are written anew.

    xml = SheetXml(package.read("xl/worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml")
    xml.set(17, 8, "Complete", style=xml.style(17, 8))
    xml.result()                     # the part's bytes: row 17 is new, all others are the same bytes

The rows are found by their tags and cut out as bytes, so that a sheet of 100,000 rows is never made
into a tree; what stands around them (``around``) is parsed and spliced. Rows and cells may come
without their addresses, in any order, under any prefix, with comments between them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from agsxl.errors import OutputError, SourceError
from agsxl.excel.markup import (
    ATTRIBUTE,
    MAIN,
    Markup,
    Node,
    as_utf8,
    escape,
    unescape,
    with_attributes,
)
from agsxl.excel.package import Package
from agsxl.excel.recalculation import translate
from agsxl.excel.values import MOST_COLUMNS, MOST_ROWS
from agsxl.grid import (
    Area,
    CellError,
    Formula,
    Value,
    cell_address,
    column_letter,
    column_number,
)

_ATTRIBUTES = rb"""[^<>"']*(?:"[^"<]*"[^<>"']*|'[^'<]*'[^<>"']*)*"""
_NO_ELEMENTS = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.DOTALL)
_ROOT = re.compile(rb"<((?:[\w.-]+:)?)worksheet(?=[\s/>])" + _ATTRIBUTES + rb">")
_ROW_NUMBER = re.compile(rb"""\sr\s*=\s*["'](\d+)["']""")
_CELL_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,3})(\d+)["']""")
_STYLE = re.compile(rb"""\ss\s*=\s*["'](\d+)["']""")
_CUSTOM_FORMAT = re.compile(rb"""\scustomFormat\s*=\s*["'](?:1|true)["']""")
_DECLARED_MAIN = re.compile(
    rb"""\sxmlns(?::([\w.-]+))?\s*=\s*["'](?:%s)["']"""
    % b"|".join(re.escape(space.encode()) for space in sorted(MAIN))
)
_TEXT_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_CORNER = re.compile(r"([A-Za-z]{0,3})(\d{0,7})")
_SPACED = re.compile(r"^\s|\s$|[\n\t]|\s\s")
_HERE = b"\0"  # stands for the rows while what is around them is put together; never in XML
_KEPT_OF_A_ROW = ("ht", "customHeight", "s", "customFormat")


class FormulaCell(NamedTuple):
    """A cell that holds a formula, as it is written.

    ``text`` is without its "="; it is empty for the cells of a shared formula but the first.
    ``area`` is what an array formula or a data table fills.
    """

    row: int
    column: int
    text: str
    kind: str  # "", "shared", "array", "dataTable"
    shared: str  # the number of the shared formula
    area: Area | None
    grows: bool  # a dynamic array, whose area is found anew at each calculation


class _Cell:
    """A cell of a row that is being changed, or (column 0) what stands between two cells."""

    __slots__ = ("column", "raw")

    def __init__(self, column: int, raw: bytes) -> None:
        self.column = column
        self.raw = raw


class _Row:
    """A row that is being changed: its tag, and its cells in the order in which they stand."""

    __slots__ = ("cells", "number", "tag")

    def __init__(self, number: int, tag: bytes, cells: list[_Cell]) -> None:
        self.number = number
        self.tag = tag
        self.cells = cells

    def find(self, column: int) -> _Cell | None:
        return next((cell for cell in self.cells if cell.column == column), None)


class SheetXml:
    """The XML of one worksheet, and what is to be changed in it.

    Raises SourceError where the XML is damaged, and OutputError where it is written in a way in
    which no change can be made safely.
    """

    def __init__(self, data: bytes, part: str) -> None:
        self._original = data
        self._data = data = as_utf8(data)
        self._part = part
        self._plain = _without_comments(data)
        root = _ROOT.search(self._plain)
        if root is None:
            raise OutputError(f"{part} is not a worksheet; nothing was written.")
        self._prefix = root[1]
        self._root_tag = data[root.start() : root.end()]
        self._tag, self._start, self._inner, self._close, self._end = self._sheet_data()
        self._row_tag = self._pattern(rb"<%srow(?=[\s/>])(" + _ATTRIBUTES + b")>")
        self._row_end = self._pattern(rb"</%srow\s*>")
        self._cell_tag = self._pattern(rb"<%sc(?=[\s/>])(" + _ATTRIBUTES + b")>")
        self._cell_end = self._pattern(rb"</%sc\s*>")
        self._formula_tag = self._pattern(rb"<%sf(?=[\s/>])(" + _ATTRIBUTES + b")>")
        self._formula_end = self._pattern(rb"</%sf\s*>")
        self._result = self._pattern(rb"<%sv(?=[\s/>])[^<>]*(?:/>|>[^<]*</%sv\s*>)")
        empty = self._element(self._tag, b"")
        self.around = Markup(data[: self._start] + empty + data[self._end :], part)
        self._changed: dict[int, _Row] = {}  # by the row's place in the file
        self._looked_at: tuple[int, _Row] | None = None  # the last one that is not changed yet
        self._new: dict[int, _Row] = {}  # by its number
        self._styles: dict[int, list[int]] = {}  # by the column
        self._masters: list[FormulaCell] = []  # shared formulas whose first cell was overwritten
        self._reach: list[tuple[int, int]] = []  # the cells that were written
        self._refuse_strange()

    def _sheet_data(self) -> tuple[bytes, int, int, int, int]:
        """The tag of <sheetData>, where it begins, where its rows begin and end, and where it ends."""
        opened = self._pattern(rb"<%ssheetData(?=[\s/>])" + _ATTRIBUTES + b">").search(self._plain)
        if opened is None:
            raise SourceError(
                f"{self._part} has no place for cells; open the workbook in Excel and save it."
            )
        start, inner = opened.span()
        if opened[0].endswith(b"/>"):
            return opened[0], start, inner, inner, inner
        close = self._plain.rfind(b"</" + self._prefix + b"sheetData", inner)
        end = self._plain.find(b">", close) + 1
        if close < 0 or not end:
            raise _damaged(self._part)
        return opened[0], start, inner, close, end

    # -- reading -----------------------------------------------------------------------------------

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        """The rows in the order of the file: the number of each, and where it begins.

        Most programs begin each row with its number, which is quick to find.
        """
        plain, number = self._plain, 0
        quick = self._pattern(rb'<%srow r="(\d+)"').finditer(plain, self._inner, self._close)
        places = [(int(found[1]), found.start()) for found in quick]
        if len(places) == plain.count(b"<" + self._prefix + b"row", self._inner, self._close):
            return places
        places.clear()
        for found in self._row_tag.finditer(plain, self._inner, self._close):
            written = _ROW_NUMBER.search(found[1])
            number = int(written[1]) if written else number + 1
            places.append((number, found.start()))
        return places

    def _extent(self, index: int) -> tuple[int, int, int]:
        """Where a row's cells begin and end, and where the row ends."""
        tag = self._row_tag.match(self._plain, self._places[index][1])
        if tag is None:
            raise _damaged(self._part)
        if tag[1].endswith(b"/"):
            return tag.end(), tag.end(), tag.end()
        closed = self._row_end.search(self._plain, tag.end(), self._close)
        if closed is None:
            raise _damaged(self._part)
        return tag.end(), closed.start(), closed.end()

    @cached_property
    def _numbers(self) -> list[int]:
        return [number for number, _ in self._places]

    @cached_property
    def _sorted(self) -> bool:
        return all(a < b for a, b in zip(self._numbers, self._numbers[1:], strict=False))

    def _indexes(self, number: int) -> list[int]:
        """The places in the file of a row: none, one, or in a strange file several."""
        if self._sorted:
            at = bisect_right(self._numbers, number) - 1
            return [at] if at >= 0 and self._numbers[at] == number else []
        return [at for at, each in enumerate(self._numbers) if each == number]

    def bottom(self) -> int:
        """The number of the last row that is written, 0 where there is none."""
        return max([*self._numbers, *self._new], default=0)

    def is_empty(self, row: int, column: int) -> bool:
        """Whether a cell holds neither a value nor a formula; it may have a format."""
        raw = self._raw(row, column)
        return raw is None or not self._holds(raw)

    def filled(self, row: int) -> list[int]:
        """The columns of the cells in a row that hold a value or a formula."""
        return [
            cell.column
            for found in self._rows(row)
            for cell in found.cells
            if cell.column and self._holds(cell.raw)
        ]

    def columns(self, row: int) -> list[int]:
        """The columns of all cells that are there in a row, with a value or only with a format."""
        return [cell.column for found in self._rows(row) for cell in found.cells if cell.column]

    def style(self, row: int, column: int) -> int:
        """The format of a cell; of one that is not there, that of its row, else of its column."""
        raw = self._raw(row, column)
        if raw is not None:
            return _style_of(raw)
        for found in self._rows(row):
            if _CUSTOM_FORMAT.search(found.tag):
                return _style_of(found.tag)
        columns = self.around.root.find("cols")
        for node in columns.children if columns is not None else ():
            if int(node.get("min") or 0) <= column <= int(node.get("max") or 0):
                return int(node.get("style") or 0)
        return 0

    def styles(self, column: int) -> list[int]:
        """The formats of a column's cells as they are in the file, each once, in their order."""
        if column not in self._styles:
            address = column_letter(column).encode()
            cell = self._pattern(
                rb"<%sc(?=\s)[^<>]*?\sr\s*=\s*[\"']" + address + rb"\d[^<>]*>"
            ).finditer(self._plain, self._inner, self._close)
            self._styles[column] = list(dict.fromkeys(_style_of(tag[0]) for tag in cell))
        return self._styles[column]

    def formulas(self) -> list[FormulaCell]:
        """All cells with a formula, as they are in the file (changes are not seen here)."""
        return list(self._formulas)

    @cached_property
    def _formulas(self) -> list[FormulaCell]:
        """In nearly all sheets each cell begins with its address, and its formula comes first."""
        plain, found = self._plain, []
        if plain.find(b"<" + self._prefix + b"f", self._inner, self._close) < 0:
            return []
        quick = self._pattern(
            rb'<%sc r="([A-Z]{1,3})(\d+)"([^<>]*)><%sf(?=[\s/>])([^<>]*?)(?:/>|>([^<]*)</%sf>)'
        ).finditer(plain, self._inner, self._close)
        letters: dict[bytes, int] = {}
        for cell in quick:
            column = letters.get(cell[1]) or letters.setdefault(
                cell[1], column_number(cell[1].decode())
            )
            found.append(_formula_cell(int(cell[2]), column, cell[3], cell[4], cell[5] or b""))
        tags = self._formula_tag.finditer(plain, self._inner, self._close)
        if plain is self._data and len(found) == sum(1 for _ in tags):
            return found
        return list(self._odd_formulas())

    def _odd_formulas(self) -> Iterator[FormulaCell]:
        plain = self._plain
        starts = [start for _, start in self._places]
        for tag in self._formula_tag.finditer(plain, self._inner, self._close):
            index = bisect_right(starts, tag.start()) - 1
            row, start = self._places[index]
            cell = plain.rfind(b"<" + self._prefix + b"c", start, tag.start())
            written = self._cell_tag.match(plain, cell)
            if written is None:
                raise _damaged(self._part)
            where = _CELL_PLACE.search(written[1])
            column = column_number(where[1].decode()) if where else self._implied(index, cell)
            text = ""
            if not tag[1].endswith(b"/"):
                closing = self._formula_end.search(plain, tag.end())
                if closing is None:
                    raise _damaged(self._part)
                text = self._parsed(self._data[tag.start() : closing.end()]).text
            yield _formula_cell(row, column, written[1], tag[1], escape(text).encode())

    def _implied(self, index: int, start: int) -> int:
        """The column of a cell that does not give its address."""
        offset = self._extent(index)[0]
        for cell in self._row_at(index).cells:
            if offset == start:
                return cell.column
            offset += len(cell.raw)
        raise _damaged(self._part)

    def merged(self) -> list[Area]:
        """The merged areas."""
        areas = (parse_area(node.get("ref")) for node in self.around.root.all("mergeCell"))
        return [area for area in areas if area is not None]

    # -- changing ----------------------------------------------------------------------------------

    def set(
        self, row: int, column: int, value: Value, style: int, *, date_1904: bool = False
    ) -> None:
        """Give a cell a value and a format. None empties it; a cell that is not there stays away.

        The value must be one that a cell can hold (``values.refuse_unwritable``). What else belongs
        to the old value goes: its type, its formula, its links to data types and to dynamic arrays.
        """
        if value is None and self._raw(row, column) is None:
            return
        for master in self._formulas_at(row, column):
            if master.kind == "shared" and master.text:
                self._masters.append(master)
        cell = self._cell(row, column)
        tag = self._cell_tag.match(cell.raw)
        assert tag is not None
        kept = b""
        if tag.end() < len(cell.raw):  # else it holds nothing, as every new cell
            kept = b"".join(
                self._wrapped(cell.raw)[child.start : child.end]
                for child in self._parsed(cell.raw).children
                if child.name not in ("f", "v", "is")
            )
        kind, inner = self._written(value, date_1904)
        attributes: dict[str, str | None] = {"t": kind, "vm": None, "cm": None}
        if style != _style_of(cell.raw):
            attributes["s"] = str(style)
        cell.raw = self._element(with_attributes(tag[0], attributes), inner + kept)
        self._reach.append((row, column))

    def drop_result(self, row: int, column: int) -> None:
        """Take away the result that was saved with a cell's formula; the formula stays."""
        if self._raw(row, column) is None:
            return
        cell = self._cell(row, column)
        tag = self._cell_tag.match(cell.raw)
        assert tag is not None
        if _is_unusual(cell.raw):
            wrapped = self._wrapped(cell.raw)
            markup = Markup(wrapped, self._part)
            result = markup.root.children[0].find("v")
            if result is not None:
                markup.replace(result, b"")
            inner = markup.result()[len(self._root_tag) + len(tag[0]) : -len(self._root_end)]
            inner = b"" if tag[0].endswith(b"/>") else inner[: inner.rindex(b"</")]
        else:
            end = cell.raw.rindex(b"</") if not tag[0].endswith(b"/>") else len(tag[0])
            inner = self._result.sub(b"", cell.raw[len(tag[0]) : end])
        cell.raw = self._element(with_attributes(tag[0], {"t": None, "vm": None}), inner)

    def add_row(self, number: int, like: int) -> None:
        """Make a row with the height and format of another; one that is there stays as it is."""
        if number in self._new or self._indexes(number):
            return
        row = self._new_row(number)
        for model in self._rows(like):
            node = self._parsed(model.tag[:-1].rstrip(b"/") + b"/>")
            attributes = {name: node.get(name) or None for name in _KEPT_OF_A_ROW}
            row.tag = with_attributes(row.tag, attributes)

    def add_cell(self, row: int, column: int, like: int) -> None:
        """Make an empty cell with the format of the one above it in row ``like``.

        Nothing is done where there is a cell already, or none in that row.
        """
        if self._raw(row, column) is None and self._raw(like, column) is not None:
            style = self.style(like, column)
            cell = self._cell(row, column)
            tag = self._cell_tag.match(cell.raw)
            assert tag is not None
            cell.raw = with_attributes(tag[0], {"s": str(style) if style else None})
            self._reach.append((row, column))

    def result(self) -> bytes:
        """The part's bytes with all changes."""
        self._promote()
        self._widen()
        rows = next(node for node in self.around.root.children if node.name == "sheetData")
        self.around.replace(rows, _HERE)
        before, after = self.around.result().split(_HERE)
        whole = b"".join((before, *self._rows_written(), after))
        return self._original if whole == self._data else whole

    # -- rows and cells as bytes -------------------------------------------------------------------

    def _pattern(self, pattern: bytes) -> re.Pattern[bytes]:
        return re.compile(pattern.replace(b"%s", re.escape(self._prefix)))

    def _row_at(self, index: int) -> _Row:
        if index in self._changed:
            return self._changed[index]
        if self._looked_at is not None and self._looked_at[0] == index:
            return self._looked_at[1]  # a table that grows asks for its last row again and again
        number, start = self._places[index]
        inner, close, _ = self._extent(index)
        cells, at, column = [], inner, 0
        for tag in self._cell_tag.finditer(self._plain, inner, close):
            if tag.start() < at:
                continue
            end = tag.end()
            if not tag[1].endswith(b"/"):
                closed = self._cell_end.search(self._plain, tag.end(), close)
                if closed is None:
                    raise _damaged(self._part)
                end = closed.end()
            where = _CELL_PLACE.search(tag[1])
            column = column_number(where[1].decode()) if where else column + 1
            if tag.start() > at:
                cells.append(_Cell(0, self._data[at : tag.start()]))
            cells.append(_Cell(column, self._data[tag.start() : end]))
            at = end
        if at < close:
            cells.append(_Cell(0, self._data[at:close]))
        row = _Row(number, self._data[start:inner], cells)
        self._looked_at = index, row
        return row

    def _rows(self, number: int) -> list[_Row]:
        if number in self._new:
            return [self._new[number]]
        return [self._row_at(index) for index in self._indexes(number)]

    def _raw(self, row: int, column: int) -> bytes | None:
        for found in self._rows(row):
            cell = found.find(column)
            if cell is not None:
                return cell.raw
        return None

    def _cell(self, row: int, column: int) -> _Cell:
        """A cell to be changed, made where it is not there."""
        indexes = self._indexes(row)
        for index in indexes:
            found = self._row_at(index)
            cell = found.find(column)
            if cell is not None:
                self._changed[index] = found
                return cell
        if indexes:
            found = self._changed[indexes[-1]] = self._row_at(indexes[-1])
        else:
            found = self._new[row] if row in self._new else self._new_row(row)
            cell = found.find(column)
            if cell is not None:
                return cell
        return self._insert(found, column)

    def _new_row(self, number: int) -> _Row:
        tag = b"<" + self._prefix + b'row r="%d">' % number
        self._new[number] = _Row(number, tag, [])
        return self._new[number]

    def _insert(self, row: _Row, column: int) -> _Cell:
        """A new cell at its place in a row.

        A cell without an address stands beside the one before it, so that no other comes between.
        """
        style = self.style(row.number, column)
        raw = b"<" + self._prefix + b'c r="' + cell_address(row.number, column).encode() + b'"'
        new = _Cell(column, raw + (b' s="%d"/>' % style if style else b"/>"))
        last = [at for at, cell in enumerate(row.cells) if 0 < cell.column < column]
        row.cells.insert(last[-1] + 1 if last else 0, new)
        spans = re.search(rb"""\sspans\s*=\s*["'](\d+):(\d+)["']""", row.tag)
        if spans and not int(spans[1]) <= column <= int(spans[2]):
            low, high = min(int(spans[1]), column), max(int(spans[2]), column)
            row.tag = with_attributes(row.tag, {"spans": f"{low}:{high}"})
        return new

    def _holds(self, raw: bytes) -> bool:
        node = self._parsed(raw)
        return any(
            child.name in ("f", "is") or (child.name == "v" and child.text != "")
            for child in node.children
        )

    @property
    def _root_end(self) -> bytes:
        return b"</" + self._prefix + b"worksheet>"

    def _wrapped(self, raw: bytes) -> bytes:
        return self._root_tag + raw + self._root_end

    def _parsed(self, raw: bytes) -> Node:
        return Markup(self._wrapped(raw), self._part).root.children[0]

    def _element(self, tag: bytes, inner: bytes) -> bytes:
        """An element from its start tag, whether that was closed at once or not, and its contents."""
        name = re.match(rb"<([^\s/>]+)", tag)
        assert name is not None
        head = tag[:-2].rstrip() if tag.endswith(b"/>") else tag[:-1]
        return head + b">" + inner + b"</" + name[1] + b">" if inner else head + b"/>"

    def _written(self, value: Value, date_1904: bool) -> tuple[str | None, bytes]:
        """The type and the contents of a cell for a value."""
        p = self._prefix.decode()
        if value is None:
            return None, b""
        if isinstance(value, Formula):
            return None, f"<{p}f>{escape(value.text[1:])}</{p}f>".encode()
        if isinstance(value, str):
            text = cell_text(value)
            space = ' xml:space="preserve"' if _SPACED.search(text) else ""
            return "inlineStr", f"<{p}is><{p}t{space}>{escape(text)}</{p}t></{p}is>".encode()
        kind = None
        if isinstance(value, bool):
            kind, shown = "b", str(int(value))
        elif isinstance(value, CellError):
            kind, shown = "e", escape(value.code)
        elif isinstance(value, date):
            shown = repr(serial(value, date_1904=date_1904))
        else:
            shown = repr(value)
        return kind, f"<{p}v>{shown}</{p}v>".encode()

    def _rows_written(self) -> list[bytes]:
        if not self._changed and not self._new:
            return [self._data[self._start : self._end]]
        pieces: list[bytes] = []
        at = self._inner
        waiting = sorted(self._new)
        for index in self._stops():
            number, start = self._places[index]
            while waiting and waiting[0] < number:
                pieces += [self._data[at:start], self._row_written(self._new[waiting.pop(0)])]
                at = start
            if index in self._changed:
                pieces += [self._data[at:start], self._row_written(self._changed[index])]
                at = self._extent(index)[2]
        pieces.append(self._data[at : self._close])
        pieces += [self._row_written(self._new[number]) for number in waiting]
        opened = self._element(self._tag, b" ")
        return [opened[: opened.rindex(b" ")], *pieces, opened[opened.rindex(b" ") + 1 :]]

    def _stops(self) -> list[int]:
        """The rows of the file before which a new row goes, and those that are changed."""
        stops = set(self._changed)
        for number in self._new:
            if self._sorted:
                after = bisect_right(self._numbers, number)
            else:
                after = next((i for i, n in enumerate(self._numbers) if n > number), -1)
            if 0 <= after < len(self._numbers):
                stops.add(after)
        return sorted(stops)

    def _row_written(self, row: _Row) -> bytes:
        return self._element(row.tag, b"".join(cell.raw for cell in row.cells))

    # -- what follows from a change ----------------------------------------------------------------

    def _formulas_at(self, row: int, column: int) -> Iterable[FormulaCell]:
        return self._by_cell.get((row, column), ())

    @cached_property
    def _by_cell(self) -> dict[tuple[int, int], list[FormulaCell]]:
        found: dict[tuple[int, int], list[FormulaCell]] = {}
        for formula in self._formulas:
            found.setdefault((formula.row, formula.column), []).append(formula)
        return found

    def _promote(self) -> None:
        """Give a shared formula whose first cell was overwritten to the next cell that shares it."""
        gone = {(row, column) for row, column in self._reach}
        for master in self._masters:
            heirs = []
            follows = False
            for formula in self._formulas:
                if formula.kind != "shared" or formula.shared != master.shared:
                    continue
                if formula.text:  # numbers are used again further down in some files
                    follows = formula == master
                elif follows and (formula.row, formula.column) not in gone:
                    heirs.append(formula)
            if not heirs:
                continue
            heir = heirs[0]
            here = cell_address(heir.row, heir.column)
            text = translate(f"={master.text}", cell_address(master.row, master.column), here)[1:]
            rows, columns = [h.row for h in heirs], [h.column for h in heirs]
            area = Area(min(rows), min(columns), max(rows), max(columns))
            self._rewrite_formula(heir, text, write_area(area))
        self._masters.clear()

    def _rewrite_formula(self, heir: FormulaCell, text: str, area: str) -> None:
        cell = self._cell(heir.row, heir.column)
        markup = Markup(self._wrapped(cell.raw), self._part)
        old = markup.root.children[0].find("f")
        assert old is not None
        head = old.end if old.empty else old.inner
        tag = with_attributes(markup.data[old.start : head], {"ref": area})
        markup.replace(old, self._element(tag, escape(text).encode()))
        cell.raw = markup.result()[len(self._root_tag) : -len(self._root_end)]

    def _widen(self) -> None:
        """Let <dimension> say where the cells now end: some readers stop there."""
        node = self.around.root.find("dimension")
        area = parse_area(node.get("ref")) if node is not None else None
        if node is None or area is None:
            return
        written = [(r, c) for r, c in self._reach if self._raw(r, c) is not None]
        if not written:
            return
        rows, columns = [r for r, _ in written], [c for _, c in written]
        wide = Area(
            min(area.top, *rows),
            min(area.left, *columns),
            max(area.bottom, *rows),
            max(area.right, *columns),
        )
        if wide != area:
            self.around.set(node, ref=write_area(wide))

    def _refuse_strange(self) -> None:
        """Refuse cells that stand under two prefixes, or in a choice between program versions."""
        own = self._prefix.rstrip(b":")
        body = slice(self._inner, self._close)
        strange = False
        once = sum(self._plain.count(space.encode()) for space in MAIN) == 1
        for found in () if once else _DECLARED_MAIN.finditer(self._plain):
            other = found[1] or b""
            if other != own:
                start = b"<" + (other + b":" if other else b"")
                tags = re.compile(re.escape(start) + rb"(?:row|c|f|v|is)(?=[\s/>])")
                strange = strange or bool(tags.search(self._plain[body]))
        if self._plain.find(b":AlternateContent", self._inner, self._close) >= 0:
            strange = strange or bool(re.search(rb"<[\w.-]+:AlternateContent", self._plain[body]))
        if strange:
            raise OutputError(
                f"The cells in {self._part} are written in a way that agsxl does not change; open the "
                "workbook in Excel and save it again."
            )


# -- what must not be overwritten --------------------------------------------------------------


class Forbidden(NamedTuple):
    """Cells that must not be written, and why: "belongs to the heading of table 'Plan'"."""

    area: Area
    why: str


def forbidden_areas(package: Package, sheet_part: str, xml: SheetXml) -> list[Forbidden]:
    """The cells of a sheet whose contents other parts of the workbook rely on."""
    found = [
        Forbidden(area, "is inside merged cells; write into the first of them")
        for area in xml.merged()
    ]
    for formula in xml.formulas():
        area = formula.area
        if formula.kind in ("array", "dataTable") and area and area != _one_cell(area):
            what = "a data table" if formula.kind == "dataTable" else "an array formula"
            found.append(Forbidden(area, f"is filled by {what}, whose cells only change together"))
    for relation in package.relations(sheet_part):
        if relation.kind == "table" and relation.target:
            found += _of_table(package.markup(relation.target).root)
        elif relation.kind == "pivotTable" and relation.target:
            found += _of_pivot(package.markup(relation.target).root)
    return found


def refusal(forbidden: Iterable[Forbidden], row: int, column: int) -> str:
    """Why a cell must not be written, "" where it may."""
    for area, why in forbidden:
        if area.top <= row <= area.bottom and area.left <= column <= area.right:
            if "merged" in why and (row, column) == (area.top, area.left):
                continue
            return why
    return ""


def _of_table(root: Node) -> Iterator[Forbidden]:
    area = parse_area(root.get("ref"))
    if area is None:
        return
    name = root.get("displayName") or root.get("name")
    if int(root.get("headerRowCount") or 1):
        yield Forbidden(area._replace(bottom=area.top), f"is a heading of the table {name}")
    if int(root.get("totalsRowCount") or 0):
        yield Forbidden(area._replace(top=area.bottom), f"is in the totals row of the table {name}")


def _of_pivot(root: Node) -> Iterator[Forbidden]:
    location = root.find("location")
    area = parse_area(location.get("ref")) if location is not None else None
    if location is None or area is None:
        return
    filters = int(location.get("rowPageCount") or 0)  # they stand above, with an empty row between
    top = area.top - filters - 1 if filters else area.top
    yield Forbidden(area._replace(top=max(1, top)), "belongs to a pivot table")


# -- small things ------------------------------------------------------------------------------


def parse_area(text: str) -> Area | None:
    """``parse_area("B2:D9")`` as an area, also "B:D" and "2:9"; None for what is none."""
    first, _, last = text.replace("$", "").partition(":")
    corners = _CORNER.fullmatch(first), _CORNER.fullmatch(last or first)
    if corners[0] is None or corners[1] is None or not first:
        return None
    (left, top), (right, bottom) = corners[0].groups(), corners[1].groups()
    area = Area(
        int(top or 1),
        column_number(left) or 1,
        int(bottom or MOST_ROWS),
        column_number(right) or MOST_COLUMNS,
    )
    return area if 0 < area.top <= area.bottom and area.left <= area.right else None


def write_area(area: Area) -> str:
    """``write_area(Area(2, 2, 9, 4))`` is "B2:D9"; one cell is "B2"."""
    first = cell_address(area.top, area.left)
    return first if area == _one_cell(area) else f"{first}:{cell_address(area.bottom, area.right)}"


def serial(value: date, *, date_1904: bool) -> int | float:
    """A date or moment as Excel counts it: ``serial(date(2017, 9, 30), date_1904=False)`` is 43008."""
    first = datetime(1904, 1, 1) if date_1904 else datetime(1899, 12, 30)
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    days = (moment - first) / timedelta(days=1)
    return int(days) if days.is_integer() else days


def cell_text(text: str) -> str:
    """A text as a cell's XML holds it: control characters, and what looks like one, as _x000D_."""
    text = _TEXT_ESCAPE.sub("_x005F_", text)
    return _CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def _formula_cell(row: int, column: int, cell: bytes, tag: bytes, text: bytes) -> FormulaCell:
    """A formula's cell from the attributes of <c> and <f>, and the text of <f> as it is written."""
    attributes = {
        name.decode(): unescape(value[1:-1].decode()) for name, value in ATTRIBUTE.findall(tag)
    }
    words = text.decode().replace("\r\n", "\n").replace("\r", "\n") if text else ""
    kind = attributes.get("t", "").replace("normal", "")
    area = parse_area(attributes["ref"]) if "ref" in attributes else None
    return FormulaCell(
        row, column, unescape(words), kind, attributes.get("si", ""), area, b" cm=" in cell
    )


def _one_cell(area: Area) -> Area:
    return area._replace(bottom=area.top, right=area.left)


def _style_of(tag: bytes) -> int:
    found = _STYLE.search(tag[: tag.find(b">") + 1])
    return int(found[1]) if found else 0


def _is_unusual(raw: bytes) -> bool:
    return b"<!" in raw or b"<?" in raw


def _without_comments(data: bytes) -> bytes:
    """The same bytes at the same places, with comments and quoted text blanked out."""
    body = data.find(b"?>") + 2 if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?") else 0
    if data.find(b"<!", body) < 0 and data.find(b"<?", body) < 0:
        return data
    return _NO_ELEMENTS.sub(lambda found: b" " * len(found[0]), data)


def _damaged(part: str) -> SourceError:
    return SourceError(
        f"A sheet's contents are damaged ({part}); open the workbook in Excel, let it repair the file "
        "and save it, or take the last backup."
    )
