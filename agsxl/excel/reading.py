"""The values of a closed workbook's sheets, as python-calamine reads them, and what it does not tell.

    reader = Reader(package)
    reader.grid("Plan").value("H17")                # "Finance"
    reader.cells("Plan", {17, 40}).at(17, 8)        # the same; of a large sheet only these rows are read

calamine is fast and reads what Excel saved. What it does not tell (error cells, formulas, hidden
rows) is read from the sheet's own XML, and only where a look at the bytes shows that there is any.
Some workbooks that Excel opens it does not take as they are; it is given a plainer copy of those.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, time, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Protocol
from xml.parsers import expat

from agsxl.errors import FarCellError, SourceError
from agsxl.excel.markup import as_utf8, escape, refuse_entities
from agsxl.excel.package import CONTENT_TYPES, Package, damaged
from agsxl.grid import Area, CellError, Formula, Grid, Value, column_letter, column_number

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

_MOST_CELLS = 30_000_000  # of a sheet, empty ones in between counted
_TAIL = 65_536
_BULK = 2**20  # bytes that are not worth being copied
_LARGE = 2**18  # a sheet below this size is read whole: it takes no time
_LAST_ROW = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\sr=["'](\d+)["']""")
_MANY_COLUMNS = re.compile(rb"""r="([A-Z]{3})\d""")  # beyond ZZ, the 702nd
_SOME_COLUMNS = re.compile(rb"""r=["']([A-Z]{2,3})\d""")
_NO_CELLS = ("xlMacrosheet", "xlIntlMacrosheet")
_WHOLE_COLUMNS = re.compile(
    rb"""<(?:\w+:)?mergeCell\s[^<>]*?ref=["'](?:[A-Z]+:[A-Z]+|\d+:\d+)["'][^<>]*>"""
)
_QUOTED = re.compile(rb"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_SHARED = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\bt="s"[^<>]*>.*?<(?:\w+:)?v>\s*(\d+)""", re.DOTALL)


class Cells(Protocol):
    """What can be asked for a cell's value: a Grid, or some rows of one."""

    def at(self, row: int, column: int) -> Value:
        """The value in a row and column counted from 1."""


class Reader:
    """Reads the sheets of a package. Raises SourceError where the workbook is damaged."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._parts = {sheet.name: sheet.part for sheet in package.sheets if sheet.part}
        self._is_plain = False

    @cached_property
    def visible(self) -> dict[str, bool]:
        """The sheets that hold cells (no chart or macro sheets), and whether each is shown."""
        from python_calamine import SheetTypeEnum, SheetVisibleEnum

        return {
            sheet.name: sheet.visible == SheetVisibleEnum.Visible
            for sheet in self._calamine.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet
        }

    def grid(self, sheet: str) -> Grid:
        """A sheet as a grid from A1. Raises SourceError for a sheet that is not there."""
        name = self._package.path.name
        if sheet not in self.visible:
            there = ", ".join(repr(each) for each in self.visible)
            raise SourceError(f"{name} has no sheet {sheet!r}; its sheets are {there}.")
        part = self._parts.get(sheet)  # first: this is where a dishonest size is found
        xml = self._package.read(part) if part is not None else b""
        _refuse_far_cells(name, sheet, xml)
        if _is_odd(xml):
            self._take_plainer()
        try:
            cells, rows, hidden = self._values(self._calamine, sheet, xml)
        except SourceError:
            if not self._take_plainer():
                raise
            cells, rows, hidden = self._values(self._calamine, sheet, xml)
        merged = tuple(
            Area(top + 1, left + 1, bottom + 1, right + 1)
            for (top, left), (bottom, right) in (cells.merged_cell_ranges or ())
        )
        return Grid(sheet, rows, frozenset(hidden), merged, visible=self.visible[sheet])

    def cells(self, sheet: str, rows: Collection[int], *, texts: bool = True) -> Cells:
        """What is in some rows of a sheet, without reading all of a large one.

        Without ``texts`` cells that share their text with others may be found empty; that is for
        reading back what was just written, as agsxl shares no texts.
        """
        few = self._excerpt(sheet, rows, texts)
        return self.grid(sheet) if few is None else few

    def close(self) -> None:
        """Let go of what was read. Closing twice does no harm."""
        from python_calamine import WorkbookClosed

        if "_calamine" in self.__dict__:
            with suppress(WorkbookClosed):
                self._calamine.close()

    @cached_property
    def _calamine(self) -> CalamineWorkbook:
        """calamine's workbook, opened when it is first needed.

        First the parts that it reads at once are unpacked within their declared sizes: zipfile stops
        there and then finds the checksum wrong; calamine would go on.
        """
        package, odd = self._package, False
        for name in package.parts():
            if name.lower().endswith(("sharedstrings.xml", "styles.xml", "workbook.xml", ".rels")):
                odd = _is_odd(package.read(name)) or odd
        try:
            if not odd:
                return _opened(_without_bulk(package))
            fault: Exception = ValueError("it is written in an odd way")
        except Exception as said:  # calamine raises its own types and, for odd files, a panic
            fault = said
        plainer = _plainer(package)
        try:
            if plainer is not None:
                self._is_plain = True
                return _opened(plainer)
        except Exception as said:
            fault = said
        raise damaged(package.path, fault)

    def _take_plainer(self) -> bool:
        """Read from a plainer copy from now on; False where there is none, or it is in use."""
        plainer = None if self._is_plain else _plainer(self._package)
        if plainer is None:
            return False
        self._is_plain = True
        self.__dict__["_calamine"] = _opened(plainer)
        return True

    def _values(
        self, calamine: CalamineWorkbook, sheet: str, xml: bytes
    ) -> tuple[CalamineSheet, list[list[Any]], set[int]]:
        special = _Special(xml)
        try:
            cells = calamine.get_sheet_by_name(sheet)
            rows: list[list[Any]] = cells.to_python(skip_empty_area=False)
        except Exception as fault:  # calamine raises its own types and, for odd files, a panic
            raise damaged(self._package.path, fault) from None
        _settle_values(rows)
        _overlay(rows, special)
        return cells, rows, special.hidden

    def _excerpt(self, sheet: str, rows: Collection[int], texts: bool) -> _Excerpt | None:
        """Some rows of a large sheet, read by calamine from a workbook that holds nothing else."""
        package, part = self._package, self._parts.get(sheet, "")
        xml = package.read(part) if part else b""
        small = len(xml) < _LARGE or _is_odd(xml) or self._is_plain
        few = None if small else _few_rows(xml, sorted(set(rows)))
        if few is None:
            return None
        strings = package.shared_strings
        changed: dict[str, bytes | None] = {part: few}
        if strings:
            numbers = {int(number) for number in _SHARED.findall(few)}
            whole = package.read(strings) if texts else b""
            changed[strings] = _few_strings(whole, numbers)
        kept = {
            package.find(CONTENT_TYPES),
            package.relations_part(),
            package.workbook,
            package.relations_part(package.workbook),
            package.styles,
        }
        for other in package.parts():
            if other not in kept and other not in changed:
                changed[other] = None
        out = io.BytesIO()
        package.write(out, changed)
        try:
            calamine = _opened(out.getvalue())
        except Exception:
            return None  # an odd workbook: read as a whole
        _, values, _ = self._values(calamine, sheet, few)
        calamine.close()
        return _Excerpt(sorted(set(rows)), values)


class _Excerpt:
    """Some rows of a sheet, packed together."""

    def __init__(self, rows: list[int], values: list[list[Value]]) -> None:
        self._places = {row: place for place, row in enumerate(rows)}
        self._values = values

    def at(self, row: int, column: int) -> Value:
        place = self._places[row]
        cells = self._values[place] if place < len(self._values) else []
        return cells[column - 1] if column <= len(cells) else None


def _refuse_far_cells(name: str, sheet: str, xml: bytes) -> None:
    """A stray value in the last cell of a sheet would make calamine ask for 400 GB."""
    rows = _LAST_ROW.findall(xml[-_TAIL:]) or _LAST_ROW.findall(xml)
    bottom = max(map(int, rows), default=1)
    if bottom * 16_384 <= _MOST_CELLS:
        return
    # The quick look misses apostrophes for quotation marks, which no known program writes here.
    wide = _MANY_COLUMNS if bottom * 702 <= _MOST_CELLS else _SOME_COLUMNS
    columns = {match[1] for match in wide.finditer(xml)}
    right = max((column_number(letters.decode()) for letters in columns), default=26)
    if bottom * right > _MOST_CELLS:
        raise FarCellError(
            f"{name}, sheet {sheet!r} has something far from everything else, as far as row "
            f"{bottom:,} and column {column_letter(right)}; delete those rows or columns and save it."
        )


def _opened(data: bytes) -> CalamineWorkbook:
    from python_calamine import CalamineWorkbook

    return CalamineWorkbook.from_filelike(io.BytesIO(data))


def _without_bulk(package: Package) -> bytes:
    """The package as calamine needs it: without the pictures and the like, where they are large."""
    bulk = [name for name in package.parts() if not name.lower().endswith((".xml", ".rels"))]
    if sum(map(package.packed_size, bulk)) < _BULK:
        return package.data
    out = io.BytesIO()
    package.write(out, dict.fromkeys(bulk))
    return out.getvalue()


def _plainer(package: Package) -> bytes | None:
    """A copy that calamine takes, of a workbook that it does not; None where nothing is odd in it.

    Parts in UTF-16 become UTF-8, and quoted text plain; macro sheets of the oldest kind, and sheets whose
    part is missing, are left out; so are whole columns and rows that are merged.
    """
    changed: dict[str, bytes | None] = {}
    for part in package.parts():
        if part.lower().endswith((".xml", ".rels")):
            data = package.read(part)
            plain = _WHOLE_COLUMNS.sub(b"", _QUOTED.sub(_unquoted, as_utf8(data)))
            if plain != data:
                changed[part] = plain
    if package.workbook:
        overlay = {part: data for part, data in changed.items() if data is not None}
        markup = package.markup(package.workbook, overlay)
        for node, sheet in zip(markup.root.all("sheet"), package.sheets, strict=True):
            if not sheet.part or sheet.kind in _NO_CELLS:
                markup.replace(node, b"")
        if markup.result() != package.read(package.workbook):
            changed[package.workbook] = markup.result()
    if not changed:
        return None
    out = io.BytesIO()
    package.write(out, changed)
    return out.getvalue()


def _is_odd(data: bytes) -> bool:
    """Whether calamine would read a part wrongly, without saying so."""
    return as_utf8(data) is not data or b"<![CDATA[" in data


def _unquoted(found: re.Match[bytes]) -> bytes:
    return escape(found[1].decode("utf-8", "replace")).encode()


def _few_rows(xml: bytes, rows: list[int]) -> bytes | None:
    """A sheet's XML with only some rows, numbered from 1; None where it cannot be cut by its tags."""
    found = re.search(rb"<((?:[\w.-]+:)?)sheetData\s*>", xml[:_LARGE])
    if found is None or b"<!" in xml:
        return None
    p = found[1]
    tag, end = b"<" + p + b"row ", b"</" + p + b"sheetData"
    close = xml.rfind(end)
    wanted = set(rows)
    starts: dict[int, int] = {}
    explicit = 0
    for row in re.finditer(re.escape(tag) + rb'r="(\d+)"', xml):
        explicit += 1
        number = int(row[1])
        if number in wanted and starts.setdefault(number, row.start()) != row.start():
            return None
    if close < 0 or explicit != xml.count(b"<" + p + b"row"):
        return None
    few = []
    where = re.compile(rb"""(<%s(?:row|c)\s[^<>]*?\br="[A-Z]*)(\d+)(")""" % p)
    for place, number in enumerate(rows, 1):
        if number not in starts:
            few.append(b'%sr="%d"/>' % (tag, place))
            continue
        start = starts[number]
        stop = xml.find(tag, start + 1, close)
        piece = xml[start : stop if stop >= 0 else close]
        few.append(where.sub(partial(_renumbered, b"%d" % number, b"%d" % place), piece))
    return xml[: found.end()] + b"".join(few) + xml[close:]


def _renumbered(number: bytes, place: bytes, found: re.Match[bytes]) -> bytes:
    """A row's or a cell's tag with another row number; left as it is where it has not that number."""
    return found[1] + place + found[3] if found[2] == number else found[0]


def _few_strings(strings: bytes, numbers: set[int]) -> bytes:
    """The part of shared texts with only some of them at their places; whole where it cannot be cut.

    Where there is none at all, empty texts at as many places.
    """
    last = max(numbers, default=-1)
    if not strings:
        head = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        return head + b"<si/>" * (last + 1) + b"</sst>"
    if b"<!" in strings or b"<si>" not in strings or b"<si " in strings or b"<si/>" in strings:
        return strings
    head, *pieces = strings.split(b"<si>")
    if last >= len(pieces) or b"</sst>" not in pieces[-1]:
        return strings
    pieces[-1] = pieces[-1].partition(b"</sst>")[0]
    few = [b"<si>" + pieces[n] if n in numbers else b"<si/>" for n in range(last + 1)]
    return head + b"".join(few) + b"</sst>"


# -- values ------------------------------------------------------------------------------------


def _settle_values(rows: list[list[Any]]) -> None:
    """Turn calamine's values, in place, into those of a grid; equal texts become one object."""
    share: dict[str, str] = {}
    keep = share.setdefault
    for cells in rows:
        for index, value in enumerate(cells):
            kind = type(value)
            if kind is str:
                cells[index] = keep(value, value) if value else None
            elif kind is float:
                if value.is_integer():
                    cells[index] = int(value)
            elif kind is datetime:
                if value.time() == time():
                    cells[index] = value.date()
            elif kind is time:
                day = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
                cells[index] = _days(day)
            elif kind is timedelta:
                cells[index] = _days(value)


def _days(length: timedelta) -> float:
    """A time of day is to Excel a fraction of a day; a date cell that holds 0 is no date."""
    days = length / timedelta(days=1)
    return int(days) if days.is_integer() else days


_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_ROW_NUMBER = re.compile(rb"""\sr=["'](\d+)["']""")
_ROW_HIDDEN = re.compile(rb"""\shidden=["'](?:1|true)["']""")
_MARKS = (b't="e"', b"t='e'", b"<f>", b"<f ")  # of an error, of a formula
_MARKS_PREFIXED = (*_MARKS, b":f>", b":f ")


class _Special:
    """What calamine does not tell of a sheet: error cells, formulas, hidden rows.

    The XML is parsed only if its bytes show an error or a formula; for hidden rows, which every
    filter leaves, its row tags are enough.
    """

    def __init__(self, xml: bytes) -> None:
        self.errors: dict[tuple[int, int], str] = {}
        self.formulas: dict[tuple[int, int], str] = {}
        self.hidden: set[int] = set()
        wide = xml.startswith((b"\xff\xfe", b"\xfe\xff"))
        marks = _MARKS if b"<worksheet" in xml[:2048] else _MARKS_PREFIXED
        if wide or any(mark in xml for mark in marks):
            self._parse(xml)
        elif b"hidden=" in xml:
            self._find_hidden(xml)

    def _find_hidden(self, xml: bytes) -> None:
        row = 0
        for tag in _ROW.finditer(xml):
            number = _ROW_NUMBER.search(tag[1])
            row = int(number[1]) if number else row + 1
            if _ROW_HIDDEN.search(tag[1]):
                self.hidden.add(row)

    def _parse(self, xml: bytes) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        row = column = 0
        in_cell = is_error = in_formula = in_value = False
        shared: dict[str, str] = {}
        text: list[str] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal row, column, in_cell, is_error, in_formula, in_value
            local = name.rpartition(":")[2]
            if local == "c":
                where = attributes.get("r")
                column = column_number(where.rstrip("0123456789")) if where else column + 1
                in_cell, is_error = True, attributes.get("t") == "e"
            elif local == "row":
                number = attributes.get("r")
                row, column = int(number) if number else row + 1, 0
                if attributes.get("hidden") in ("1", "true"):
                    self.hidden.add(row)
            elif local == "f" and in_cell:  # a validation has one, too
                in_formula = True
                text.clear()
                text.append(
                    f"\x00{attributes.get('si', '')}" if attributes.get("t") == "shared" else ""
                )
            elif local == "v" and in_cell and is_error:
                in_value = True
                text.clear()

        def end(name: str) -> None:
            nonlocal in_cell, in_formula, in_value
            local = name.rpartition(":")[2]
            if local == "c":
                in_cell = False
            elif local == "f" and in_formula:
                in_formula = False
                mark, formula = text[0], "".join(text[1:])
                if mark:  # a shared formula is written once; its other cells only point to it
                    formula = shared.setdefault(mark, formula) if formula else ""
                self.formulas[row, column] = f"={formula}" if formula else ""
            elif local == "v" and in_value:
                in_value = False
                self.errors[row, column] = "".join(text)

        def characters(data: str) -> None:
            if in_formula or in_value:
                text.append(data)

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = characters
        parser.EntityDeclHandler = refuse_entities
        try:
            parser.Parse(xml, True)
        except expat.ExpatError as fault:
            raise SourceError(
                f"A sheet's contents are damaged ({fault}); open the workbook in Excel and save it again."
            ) from None


def _overlay(rows: list[list[Any]], special: _Special) -> None:
    """Put error cells and formulas where calamine has only a value, or nothing."""
    for (row, column), code in special.errors.items():
        _reach(rows, row, column)
        rows[row - 1][column - 1] = CellError(code)
    for (row, column), formula in special.formulas.items():
        _reach(rows, row, column)
        value: Value = rows[row - 1][column - 1]
        if not isinstance(value, Formula):
            rows[row - 1][column - 1] = Formula(formula, value)


def _reach(rows: list[list[Any]], row: int, column: int) -> None:
    while len(rows) < row:
        rows.append([])
    cells = rows[row - 1]
    if len(cells) < column:
        cells.extend([None] * (column - len(cells)))
