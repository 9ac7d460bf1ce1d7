"""Sheets of any workbook as blocks: a plan without refs, or kept in an .xls or .ods.

    document_of(read_sheets(Path("plan.ods")), "plan.ods", "ods").blocks[0]
    Row(cells=("Action", "Lead"), place=Place(0, 3, "sheet 'Plan', row 3", "Plan"), table=1)

An .xlsx that a plan can be read from as it stands does not come here (see ``desk.load_plan``).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from agsxl.documents.document import Block, Document, Place, Row
from agsxl.documents.marks import Piece, joined, tidy
from agsxl.errors import SourceError
from agsxl.grid import Area, CellError, Formula, Grid, Value, column_letter

_LARGEST = 280 * 2**20  # what the contents of an .ods may unpack to
_MOST_CELLS = 30_000_000  # of a sheet, empty ones in between counted


def read_sheets(path: Path) -> list[Grid]:
    """The sheets of an .xls, .ods or .xlsb as grids.

    Raises SourceError for a workbook that is damaged or protected by a password.
    """
    from python_calamine import PasswordError

    try:
        with _silenced():
            return _sheets(path)
    except PasswordError:
        raise SourceError(
            f"{path.name} is protected with a password; take the password off and save it."
        ) from None
    except (SourceError, KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as fault:  # calamine raises its own types; a panic is no Exception
        raise _damaged(path, fault) from None


@contextmanager
def _silenced() -> Iterator[None]:
    """Keep what calamine writes about a panic from the terminal: it is said in a sentence."""
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (OSError, ValueError, AttributeError):  # a program without a terminal
        yield
        return
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _sheets(path: Path) -> list[Grid]:
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    # From its bytes: from_path goes by the file's name.
    book = CalamineWorkbook.from_filelike(BytesIO(path.read_bytes()))
    more = _Ods.read(path)
    grids = []
    for about in book.sheets_metadata:
        if about.typ != SheetTypeEnum.WorkSheet:
            continue
        sheet = book.get_sheet_by_name(about.name)
        end = sheet.end or (0, 0)
        if (end[0] + 1) * (end[1] + 1) > _MOST_CELLS:
            raise SourceError(
                f"{path.name}, sheet {about.name!r} has something far from everything else, as far "
                f"as row {end[0] + 1:,} and column {column_letter(end[1] + 1)}; delete those rows or "
                "columns and save it."
            )
        rows = [[_value(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
        merged = tuple(more.merged.get(about.name, ())) or tuple(
            Area(top + 1, left + 1, bottom + 1, right + 1)
            for (top, left), (bottom, right) in (sheet.merged_cell_ranges or ())
        )
        visible = about.visible == SheetVisibleEnum.Visible
        grid = Grid(about.name, rows, merged=merged, visible=visible)
        grids.append(marked(grid, more.struck.get(about.name, {})))
    return grids


def _damaged(path: Path, fault: BaseException) -> SourceError:
    said = str(fault).strip().split("\n")[0] or type(fault).__name__
    with path.open("rb") as file:
        old = file.read(4) == b"\xd0\xcf\x11\xe0"
    if old:
        return SourceError(
            f"{path.name} is a workbook of an old kind (.xls) that cannot be read ({said}); open it in "
            "Excel and save it as .xlsx."
        )
    return SourceError(
        f"{path.name} is damaged and cannot be read ({said}); open it in the program that made it and "
        "save it as .xlsx."
    )


_OASIS = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TABLE, _TEXT, _STYLE = _OASIS % "table", _OASIS % "text", _OASIS % "style"
_LINES = [f"{_STYLE}text-line-through-{word}" for word in ("style", "type")]


def marked(grid: Grid, struck: Mapping[tuple[int, int], str]) -> Grid:
    """A sheet with ``~~`` around what is struck out in it: ``{(2, 7): "~~May~~ June", (3, 7): ""}``.

    "" is for a cell that is struck out altogether, whatever it holds.
    """
    if not struck:
        return grid
    rows = [list(row) for row in grid.rows]
    for (row, column), text in struck.items():
        if row <= len(rows) and column <= len(rows[row - 1]):
            whole = joined([Piece(text_of(rows[row - 1][column - 1]), "~~")])
            rows[row - 1][column - 1] = text or whole or None
    return replace(grid, rows=rows)


class _Ods:
    """What calamine does not tell of an .ods: its merged cells, and what is struck out."""

    def __init__(self) -> None:
        self.merged: dict[str, list[Area]] = {}
        self.struck: dict[str, dict[tuple[int, int], str]] = {}
        self._styles: dict[str, bool | None] = {}  # whether each strikes out; None: as its parent
        self._parents: dict[str, str] = {}
        self._sheet, self._row = "", 0
        self._columns: list[str] = []  # the format of each column's cells

    @classmethod
    def read(cls, path: Path) -> _Ods:
        import zipfile

        found = cls()
        if not zipfile.is_zipfile(path):
            return found
        with zipfile.ZipFile(path) as package:
            for name in ("styles.xml", "content.xml"):
                if name not in package.namelist():
                    continue
                if package.getinfo(name).file_size > _LARGEST:
                    raise SourceError(
                        f"{path.name} unpacks to more than any plan needs, and was not opened; copy the "
                        "plan's sheet into a new workbook."
                    )
                with package.open(name) as content:
                    found._read(content)
        return found

    def _read(self, content: IO[bytes]) -> None:
        from lxml import etree

        for event, element in etree.iterparse(
            content, events=("start", "end"), resolve_entities=False, no_network=True
        ):
            tag = element.tag
            if event == "start":
                if tag == _TABLE + "table":
                    self._sheet, self._row = element.get(_TABLE + "name", ""), 0
                    self._columns = []
            elif tag == _STYLE + "style":
                self._take_style(element)
            elif tag == _TABLE + "table-column":
                again = min(int(element.get(_TABLE + "number-columns-repeated", "1")), 1024)
                self._columns += [element.get(_TABLE + "default-cell-style-name", "")] * again
            elif tag == _TABLE + "table-row":
                self._take_row(element)
                element.clear()

    def _take_style(self, style: Any) -> None:
        name = style.get(_STYLE + "name", "")
        self._parents[name] = style.get(_STYLE + "parent-style-name", "")
        letters = style.find(_STYLE + "text-properties")
        says = () if letters is None else (letters.get(name) for name in _LINES)
        lines = [line for line in says if line is not None]
        self._styles[name] = any(line != "none" for line in lines) if lines else None

    def _strikes(self, name: str) -> bool | None:
        """Whether a format, or one that it is made from, strikes out; None if none says."""
        seen: set[str] = set()
        while name and name not in seen:
            seen.add(name)
            own = self._styles.get(name)
            if own is not None:
                return own
            name = self._parents.get(name, "")
        return None

    def _take_row(self, row: Any) -> None:
        self._row += 1
        again = int(row.get(_TABLE + "number-rows-repeated", "1"))
        column = 0
        for cell in row:
            if cell.tag not in (_TABLE + "table-cell", _TABLE + "covered-table-cell"):
                continue
            down = int(cell.get(_TABLE + "number-rows-spanned", "1"))
            across = int(cell.get(_TABLE + "number-columns-spanned", "1"))
            if down > 1 or across > 1:
                area = Area(self._row, column + 1, self._row + down - 1, column + across)
                self.merged.setdefault(self._sheet, []).append(area)
            beside = int(cell.get(_TABLE + "number-columns-repeated", "1"))
            text = self._marked(cell, row, column)
            if text:
                cells = self.struck.setdefault(self._sheet, {})
                for down in range(min(again, 1000)):
                    for right in range(1, min(beside, 1000) + 1):
                        cells[self._row + down, column + right] = text
            column += beside
        self._row += again - 1

    def _marked(self, cell: Any, row: Any, column: int) -> str:
        """A cell's text with its marks, "" where nothing of it is struck out."""
        names = (
            cell.get(_TABLE + "style-name"),
            row.get(_TABLE + "default-cell-style-name"),
            self._columns[column] if column < len(self._columns) else "",
        )
        whole = bool(self._strikes(next((name for name in names if name), "")))
        pieces: list[Piece] = []
        for paragraph in cell.iterchildren(_TEXT + "p"):
            if pieces:
                pieces.append(Piece("\n"))
            pieces += self._pieces(paragraph, whole)
        struck = any(piece.mark and piece.text.strip() for piece in pieces)
        return joined(pieces) if struck else ""

    def _pieces(self, element: Any, struck: bool) -> Iterator[Piece]:
        mark = "~~" if struck else ""
        yield Piece(element.text or "", mark)
        for child in element:
            if child.tag == _TEXT + "s":
                yield Piece(" " * int(child.get(_TEXT + "c", "1")), mark)
            elif child.tag in (_TEXT + "tab", _TEXT + "line-break"):
                yield Piece("\n" if child.tag.endswith("k") else " ", mark)
            elif child.tag in (_TEXT + "span", _TEXT + "a"):
                own = self._strikes(child.get(_TEXT + "style-name", ""))
                yield from self._pieces(child, struck if own is None else own)
            yield Piece(child.tail or "", mark)


def _value(cell: Any) -> Value:
    """A value of calamine's as one of a grid's."""
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() else cell
    if isinstance(cell, datetime):
        return cell.date() if cell.time() == time() else cell
    if isinstance(cell, time):
        return f"{cell:%H:%M}"
    if isinstance(cell, timedelta):
        return cell / timedelta(days=1)
    return cell if isinstance(cell, date | int) else None


def document_of(grids: Sequence[Grid], file: str, kind: str) -> Document:
    """The sheets of a workbook as one document, visible sheets first.

    A hidden row is read as any other; a row without text is left out.
    """
    blocks: list[Block] = []
    ordered = sorted(grids, key=lambda grid: not grid.visible)
    for table, grid in enumerate(ordered, 1):
        blocks += _rows(grid, table, alone=len(grids) == 1 and bool(grid.lines))
    return Document(file, kind, tuple(blocks))


def _rows(grid: Grid, table: int, *, alone: bool) -> list[Row]:
    spans: dict[int, dict[int, int]] = {}
    continued: dict[int, set[int]] = {}
    for area in grid.merged:
        for row in range(area.top, min(area.bottom, len(grid.rows)) + 1):
            if area.right > area.left:
                widths = spans.setdefault(row, {})
                widths |= {column - 1: 0 for column in range(area.left, area.right + 1)}
                widths[area.left - 1] = area.right - area.left + 1
            if row > area.top:
                continued.setdefault(row, set()).update(range(area.left - 1, area.right))
    rows = []
    for number, values in grid.numbered():
        cells = [text_of(value) for value in values]
        if not any(cells):
            continue
        last = max(index for index, cell in enumerate(cells) if cell) + 1
        width = max(
            [
                last,
                *(column + 1 for column in continued.get(number, ())),
                *(column + 1 for column in spans.get(number, ())),
            ]
        )
        cells = (cells + [""] * width)[:width]
        row = grid.row_name(number)
        words = f"line {row}" if alone else f"sheet {grid.name!r}, row {row}"
        own = spans.get(number)
        rows.append(
            Row(
                tuple(cells),
                Place(0, row, words, "" if alone else grid.name),
                spans=tuple(own.get(i, 1) for i in range(width)) if own else (),
                continued=frozenset(continued.get(number, ())),
                table=table,
            )
        )
    return rows


def text_of(value: Value) -> str:
    """A cell as a person reads it: ``text_of(date(2017, 9, 30))`` is "30/09/2017"."""
    if isinstance(value, Formula):
        value = value.cached
    if value is None:
        return ""
    if isinstance(value, CellError):
        return value.code
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.10g}"
    return tidy(str(value)).replace("\t", " ")
