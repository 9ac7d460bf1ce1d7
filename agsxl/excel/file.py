"""The closed workbook, read from its file.

Values come from python-calamine, which is fast and reads what Excel saved. What it does not tell
(error cells, formulas, hidden rows) is read from the sheet's own XML, and only where a look at the
bytes shows that there is any. Nothing here opens a workbook in a program or runs a macro.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from datetime import datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from agsxl.errors import FarCellError, SourceError
from agsxl.grid import Area, CellError, Formula, Grid, Value, column_letter, column_number

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

EMPTY_ZIP = b"PK\x05\x06"
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MOST_CELLS = 30_000_000  # of a sheet, empty ones in between counted
_TAIL = 65_536
_LAST_ROW = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\sr=["'](\d+)["']""")
_MANY_COLUMNS = re.compile(rb"""r="([A-Z]{3})\d""")  # beyond ZZ, the 702nd
_SOME_COLUMNS = re.compile(rb"""r=["']([A-Z]{2,3})\d""")
_LARGEST_PART = 200 * 2**20  # what a part may unpack to: a sheet of 100,000 milestones is 70 MB
_LARGEST = 280 * 2**20  # and all parts together


class FileBook:
    """A closed workbook: its sheets' names, and each sheet as a grid.

    >>> book = open_book("action-plan.xlsx")  # doctest: +SKIP
    >>> book.read("Plan").value("H17")  # doctest: +SKIP
    'Finance'
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._package = _open_package(path)
        try:
            self._refuse_dishonest_sizes()
            self._calamine = _open_calamine(path)
            self._parts = _sheet_parts(self._package, path)
        except BaseException:
            self._package.close()
            raise

    def _refuse_dishonest_sizes(self) -> None:
        """Unpack, within their declared sizes, the parts that calamine reads as soon as it opens.

        zipfile stops at the declared size and then finds the checksum wrong; calamine would go on.
        """
        for name in self._package.namelist():
            if name.lower().endswith(("sharedstrings.xml", "styles.xml", "workbook.xml")):
                self._unpacked(name)

    def sheets(self) -> list[str]:
        """The names of the sheets that hold cells, in their order (no chart or macro sheets)."""
        return list(self._visible)

    @cached_property
    def _visible(self) -> dict[str, bool]:
        from python_calamine import SheetTypeEnum, SheetVisibleEnum

        return {
            sheet.name: sheet.visible == SheetVisibleEnum.Visible
            for sheet in self._calamine.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet
        }

    def read(self, sheet: str) -> Grid:
        """A sheet as a grid from A1. Raises SourceError for a sheet that is not there."""
        if sheet not in self._visible:
            there = ", ".join(repr(name) for name in self._visible)
            raise SourceError(f"{self.path.name} has no sheet {sheet!r}; its sheets are {there}.")
        xml = self._xml(sheet)  # first: this is where a dishonest size is found
        self._refuse_far_cells(sheet, xml)
        special = _Special(xml)
        try:
            cells = self._calamine.get_sheet_by_name(sheet)
            rows: list[list[Any]] = cells.to_python(skip_empty_area=False)
        except Exception as fault:  # calamine raises its own types and, for odd files, a panic
            raise _damaged(self.path, fault) from None
        _settle_values(rows)
        merged = tuple(
            Area(top + 1, left + 1, bottom + 1, right + 1)
            for (top, left), (bottom, right) in (cells.merged_cell_ranges or ())
        )
        _overlay(rows, special)
        return Grid(sheet, rows, frozenset(special.hidden), merged, visible=self._visible[sheet])

    def _refuse_far_cells(self, sheet: str, xml: bytes) -> None:
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
                f"{self.path.name}, sheet {sheet!r} has something far from everything else, as far as row "
                f"{bottom:,} and column {column_letter(right)}; delete those rows or columns and save it."
            )

    def _xml(self, sheet: str) -> bytes:
        part = self._parts.get(sheet)
        return self._unpacked(part) if part is not None else b""

    def _unpacked(self, part: str) -> bytes:
        try:
            return self._package.read(part)
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as fault:
            raise _damaged(self.path, fault) from None

    def close(self) -> None:
        """Let go of the file."""
        self._calamine.close()
        self._package.close()

    def __enter__(self) -> FileBook:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_book(path: str | Path) -> FileBook:
    """Open a closed workbook to read it.

    Raises SourceError, in one plain sentence, for a file that is not there, is open in Excel or
    LibreOffice, is protected by a password, is damaged, or unpacks to an unreasonable size.
    """
    return FileBook(refuse_unreadable(Path(path)))


def refuse_unreadable(path: Path) -> Path:
    """Raise SourceError for what cannot be read whatever it holds; else the path itself."""
    if path.is_dir():
        raise SourceError(f"{path} is a folder; name the plan's own file.")
    if not path.exists():
        raise SourceError(f"There is no file {path}; check the name and the folder.")
    owner = _open_elsewhere(path)
    if owner:
        raise SourceError(
            f"{path.name} is open {owner}; save and close it there, then try again; if nobody has it "
            f"open, delete {_owner_files(path)} beside it."
        )
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as fault:
        raise SourceError(
            f"{path.name} cannot be read ({fault.strerror}); if it is open in Excel, close it there."
        ) from None
    if not head:
        raise SourceError(f"{path.name} is empty; ask for it again, or take the last backup.")
    return path


def _owner_files(path: Path) -> str:
    names = (f"~${path.name}", f".~lock.{path.name}#")
    return " and ".join(name for name in names if path.with_name(name).exists())


def _open_elsewhere(path: Path) -> str:
    """Who has the workbook open, by the owner file that Excel or LibreOffice leaves beside it."""
    excel = path.with_name(f"~${path.name}")
    if excel.exists():
        try:
            data = excel.read_bytes()
            name = data[1 : 1 + data[0]].decode("cp1252", "replace").strip() if data else ""
        except OSError:
            name = ""
        return f"in Excel (by {name})" if name else "in Excel"
    office = path.with_name(f".~lock.{path.name}#")
    if office.exists():
        try:
            name = office.read_text("utf-8", "replace").split(",")[0].strip()
        except OSError:
            name = ""
        return f"in LibreOffice (by {name})" if name else "in LibreOffice"
    return ""


def is_workbook(path: Path) -> bool:
    """Whether a file's first bytes are those of a workbook, whatever its name says."""
    with path.open("rb") as file:
        head = file.read(8)
    return head.startswith((ZIP, EMPTY_ZIP)) or head == OLE


def _damaged(path: Path, fault: BaseException) -> SourceError:
    said = str(fault).strip().splitlines()[0] if str(fault).strip() else type(fault).__name__
    return SourceError(
        f"{path.name} is damaged and cannot be read ({said}); open it in Excel, let it repair the "
        "file and save it, or take the last backup."
    )


def _open_package(path: Path) -> zipfile.ZipFile:
    with path.open("rb") as file:
        head = file.read(8)
        if head == OLE:
            data = head + file.read(2**20)
            if "EncryptedPackage".encode("utf-16-le") in data:
                raise SourceError(
                    f"{path.name} is protected with a password; take the password off (File, Info, "
                    "Protect Workbook) and save it."
                )
            raise SourceError(
                f"{path.name} is a workbook of an old kind (.xls); open it in Excel and save it as .xlsx."
            )
    if not head.startswith(b"PK"):
        raise SourceError(f"{path.name} is not a workbook; save it from Excel as .xlsx.")
    try:
        package = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError) as fault:
        raise _damaged(path, fault) from None
    sizes = [entry.file_size for entry in package.infolist()]
    if sum(sizes) > _LARGEST or max(sizes, default=0) > _LARGEST_PART:
        package.close()
        raise SourceError(
            f"{path.name} unpacks to {sum(sizes) / 2**20:,.0f} MB, more than any plan needs, and was "
            "not opened; copy the plan's sheet into a new workbook."
        )
    return package


def _open_calamine(path: Path) -> CalamineWorkbook:
    from python_calamine import CalamineWorkbook, PasswordError

    try:
        return CalamineWorkbook.from_path(str(path))
    except PasswordError:
        raise SourceError(f"{path.name} is protected with a password; take it off first.") from None
    except Exception as fault:
        if "sheet:type" in str(fault):
            raise SourceError(
                f"{path.name} has a sheet of a kind that agsxl does not read (an Excel 4 macro sheet); "
                "copy the plan's sheet into a new workbook."
            ) from None
        raise _damaged(path, fault) from None


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
        is_error = in_formula = in_value = False
        shared: dict[str, str] = {}
        text: list[str] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal row, column, is_error, in_formula, in_value
            local = name.rpartition(":")[2]
            if local == "c":
                where = attributes.get("r")
                column = column_number(where.rstrip("0123456789")) if where else column + 1
                is_error = attributes.get("t") == "e"
            elif local == "row":
                number = attributes.get("r")
                row, column = int(number) if number else row + 1, 0
                if attributes.get("hidden") in ("1", "true"):
                    self.hidden.add(row)
            elif local == "f" and row:
                in_formula = True
                text.clear()
                text.append(
                    f"\x00{attributes.get('si', '')}" if attributes.get("t") == "shared" else ""
                )
            elif local == "v" and is_error:
                in_value = True
                text.clear()

        def end(name: str) -> None:
            nonlocal in_formula, in_value
            local = name.rpartition(":")[2]
            if local == "f" and in_formula:
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
        parser.EntityDeclHandler = _refuse_entities
        try:
            parser.Parse(xml, True)
        except expat.ExpatError as fault:
            raise SourceError(
                f"A sheet's contents are damaged ({fault}); open the workbook in Excel and save it again."
            ) from None


def _refuse_entities(*_: object) -> None:
    raise SourceError("The workbook declares XML entities, which no plan needs; it was not read.")


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


# -- which part of the package is which sheet ----------------------------------------------------


def _sheet_parts(package: zipfile.ZipFile, path: Path) -> dict[str, str]:
    """The part of the package that holds each sheet, by the sheet's name."""
    names = {name.replace("\\", "/").lstrip("/"): name for name in package.namelist()}
    folded = {name.casefold(): original for name, original in names.items()}

    def find(part: str) -> str | None:
        part = posixpath.normpath(part.replace("\\", "/")).lstrip("/")
        return names.get(part) or folded.get(part.casefold())

    def read(part: str) -> Any:
        from xml.etree import ElementTree

        found = find(part)
        if found is None:
            return None
        data = package.read(found)
        if b"<!ENTITY" in data:
            _refuse_entities()
        return ElementTree.parse(io.BytesIO(data)).getroot()

    try:
        roots = read("_rels/.rels")
        main = next(
            (
                r.get("Target", "")
                for r in (roots if roots is not None else ())
                if r.get("Type", "").endswith("/officeDocument")
            ),
            "xl/workbook.xml",
        )
        workbook = read(main)
        folder, file = posixpath.split(main.replace("\\", "/"))
        relations = read(f"{folder}/_rels/{file}.rels")
    except (zipfile.BadZipFile, zlib.error, SyntaxError, EOFError, NotImplementedError) as fault:
        raise _damaged(path, fault) from None
    if workbook is None or relations is None:
        return {}
    targets = {}
    for relation in relations:
        target = relation.get("Target", "").replace("\\", "/")
        targets[relation.get("Id")] = target if target.startswith("/") else f"{folder}/{target}"
    parts: dict[str, str] = {}
    for sheet in workbook.iter():
        if sheet.tag.rpartition("}")[2] != "sheet":
            continue
        identity = next((v for k, v in sheet.attrib.items() if k.endswith("}id")), None)
        found = find(targets[identity]) if identity in targets else None
        if found is not None:
            parts[sheet.get("name", "")] = found
    return parts


__all__ = ["FileBook", "is_workbook", "open_book", "refuse_unreadable"]
