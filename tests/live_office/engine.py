"""The engine: xlwings over the programming interface of LibreOffice, giving what it gives on Windows.

    engine.install(office)
    xlwings.books                       # the workbooks open in that office

Where LibreOffice is not like Excel, and how it is hidden:

- Its cells know no truth values and no dates, only numbers in a format: so they are told by the format.
- It has no errors but in formulas: a constant ``#N/A`` is the formula ``=#N/A``, shown without its ``=``.
  A truth value that comes from a file is the formula ``=TRUE()``, shown as ``TRUE``.
- It has no carriage return in a cell: that is kept as a sign of the private area (``CARRIAGE``).
- While it calculates by hand, it does not calculate what was just written, either; Excel does.
- Setting a text never types it. Excel does, so here too "007" becomes 7 and "=1" a formula, an apostrophe
  in front is taken away, and what begins with ``@`` is refused.
- A date put into a cell of no format gets one; in a cell with the format of a number it stays a number.
- An Excel table is a range of the database kind. Its headings are not unique of themselves, and nothing
  grows when something is written below it.
- A sheet that is deleted takes the table of the sheet before it with it (7.4): that one is made again.
- It sets the heights of rows after every write. While the screen is not updated it does not here.
- Filling formats copies the cells and empties them again.
- A sheet that is protected says so when it is written, as Excel does.
- Only what the live workbook needs is here; the native things it asks for (``ReadOnly`` ...) go by their
  names on Windows.

``faults`` lets a test have a write fail, or the program be busy.
"""

from __future__ import annotations

import datetime as dt
import functools
import numbers
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xlwings
from xlwings import base_classes as base
from xlwings import utils

from tests.live_office.office import Office

_ROWS, _COLUMNS = 1_048_576, 16_384
_DATE, _TIME, _DATETIME, _LOGICAL = 2, 4, 6, 1024
_VALUES, _MOMENTS, _TEXTS, _FORMULAS = 1, 2, 4, 16  # what cells may hold, as flags
_EVERYTHING = 1023
_LOOKS = 32 | 64 | 256
_ERRORS = {
    521: "#NULL!", 532: "#DIV/0!", 519: "#VALUE!", 524: "#REF!", 525: "#NAME?", 503: "#NUM!",
    502: "#NUM!", 32767: "#N/A",
}  # fmt: skip
_NATIVE = {
    "#NULL!": -2146826288, "#DIV/0!": -2146826281, "#VALUE!": -2146826273, "#REF!": -2146826265,
    "#NAME?": -2146826259, "#NUM!": -2146826252, "#N/A": -2146826246,
}  # fmt: skip
_TEXT_OF = {code: text for text, code in _NATIVE.items()}
CARRIAGE = "\ue00d"
_TRUTHS = {"=TRUE()": "TRUE", "=FALSE()": "FALSE"}
_BUSY, _REFUSED = -2146777998, -2147352567
# What Excel may take for something else when it is typed.
_LIKE_A_VALUE = re.compile(r"[^\n]{0,40}\d[^\n]{0,40}|TRUE|FALSE|#[A-Z/0!?]+", re.IGNORECASE)


class ComError(Exception):
    """As Windows says that Excel refused: a number, and the words of Excel."""

    def __init__(self, hresult: int, words: str) -> None:
        super().__init__(
            hresult,
            "Exception occurred.",
            (0, "Microsoft Excel", words, None, 0, -2146827284),
            None,
        )
        self.hresult = hresult


class Faults:
    """What is to go wrong: the ``fail_on``-th write, all writes from ``fail_from``, what only changes
    looks; or the program is ``busy`` for so many calls, or at the ``busy_on``-th."""

    def __init__(self) -> None:
        self.none()

    def none(self) -> None:
        """Nothing goes wrong from now on, and writes are counted anew."""
        self.asked = 0
        self.busy_on = 0
        self.writes = 0
        self.fail_on = 0
        self.fail_from = 0
        self.fail_looks = False
        self.busy = 0

    def ask(self) -> None:
        """Called before anything is asked."""
        self.asked += 1
        if self.asked == self.busy_on:
            raise ComError(_BUSY, "")
        if self.busy:
            self.busy -= 1
            raise ComError(_BUSY, "")

    def write(self) -> None:
        """Called before anything is written."""
        self.ask()
        self.writes += 1
        if self.writes == self.fail_on or 0 < self.fail_from <= self.writes:
            raise ComError(_REFUSED, "Application-defined or object-defined error")

    def look(self) -> None:
        """Called before what changes only how cells look."""
        self.ask()
        if self.fail_looks:
            raise ComError(_REFUSED, "Not in this mood.")


faults = Faults()
auto_correct = types.SimpleNamespace(AutoFillFormulasInLists=True)  # only remembered
_built_in: dict[int, int] = {}
_office: Office


def install(office: Office) -> None:
    """Make the office the active engine of xlwings in this process."""
    global _office
    _office = office
    if "libreoffice" not in xlwings.engines.engines_by_name:
        xlwings.engines.add(xlwings.Engine(impl=engine))
    xlwings.engines["libreoffice"].activate()


class Engine:
    """What xlwings asks of an engine as a whole."""

    name, type = "libreoffice", "desktop"

    @property
    def apps(self) -> Apps:
        return Apps()

    @staticmethod
    def prepare_xl_data_element(x: Any, _: Any) -> Any:
        return "" if x is None or (isinstance(x, float) and x != x) else x

    @staticmethod
    def clean_value_data(
        data: Any, datetime_builder: Any, empty_as: Any, number_builder: Any, err_to_str: bool
    ) -> list[list[Any]]:
        def clean(value: Any) -> Any:
            if value is None or (isinstance(value, str) and not value):
                return empty_as
            if isinstance(value, dt.datetime):
                return datetime_builder(
                    month=value.month, day=value.day, year=value.year, hour=value.hour,
                    minute=value.minute, second=value.second, microsecond=value.microsecond, tzinfo=None,
                )  # fmt: skip
            if number_builder is not None and type(value) is float:
                return number_builder(value)
            if type(value) is int and value in _TEXT_OF:
                return _TEXT_OF[value] if err_to_str else None
            return value

        return [[clean(value) for value in row] for row in data]


engine = Engine()


class Apps(base.Apps):
    """There is one application."""

    def keys(self) -> list[int]:
        return [each.pid for each in self]

    def __iter__(self) -> Iterator[App]:
        return iter([App()])

    def __len__(self) -> int:
        return 1

    def __getitem__(self, _: int) -> App:
        return App()


_state: dict[str, Any] = {
     "display_alerts": True, "enable_events": True, "interactive": True,
    "status_bar": False, "visible": False,
}  # fmt: skip


def _stated(name: str) -> property:
    def get(_: Any) -> Any:
        faults.ask()
        return _state[name]

    def put(_: Any, value: Any) -> None:
        faults.ask()
        _state[name] = value

    return property(get, put)


class App(base.App):
    """The office as an application; what it has not (screen updating ...) is only remembered."""

    engine = engine
    display_alerts = _stated("display_alerts")
    enable_events = _stated("enable_events")
    interactive = _stated("interactive")
    status_bar = _stated("status_bar")
    visible = _stated("visible")

    @property
    def api(self) -> Any:
        return _Native(AutoCorrect=lambda: auto_correct)

    @property
    def screen_updating(self) -> bool:
        faults.ask()
        return bool(_front().IsAdjustHeightEnabled)

    @screen_updating.setter
    def screen_updating(self, value: bool) -> None:
        faults.ask()
        _front().IsAdjustHeightEnabled = value

    @property
    def pid(self) -> int:
        return _office.process.pid if _office.process is not None else -1

    @property
    def version(self) -> str:
        return "16.0"

    @property
    def books(self) -> Books:
        return Books()

    def activate(self, steal_focus: bool = False) -> None:
        """There is no window to bring forward."""

    @property
    def calculation(self) -> str:
        faults.ask()
        return "automatic" if _front().isAutomaticCalculationEnabled() else "manual"

    @calculation.setter
    def calculation(self, mode: str) -> None:
        faults.ask()
        _front().enableAutomaticCalculation(mode == "automatic")
        if mode == "automatic":
            _front().calculate()

    def calculate(self) -> None:
        for document in _office.documents():
            document.calculateAll()

    @property
    def selection(self) -> Range | None:
        book = Books().active
        selected = book.document.CurrentController.Selection
        if not selected.supportsService("com.sun.star.sheet.SheetCellRange"):
            return None
        return Range.of(book, selected.RangeAddress)

    def alert(self, prompt: str, title: str, buttons: Any, mode: Any, callback: Any) -> str:
        _office.alerts.append((prompt, title))
        return "ok"


def _front() -> Any:
    """The document in front: a LibreOffice that shows none does not know it."""
    if _office.front is None:
        _office.front = _office.documents()[-1]
    return _office.front


class Books(base.Books):
    """The open workbooks."""

    api = None
    app = property(lambda _: App())

    def _all(self) -> list[Book]:
        return [Book(document) for document in _office.documents()]

    @property
    def active(self) -> Book:
        return Book(_front())

    def __iter__(self) -> Iterator[Book]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __call__(self, key: Any) -> Book:
        if isinstance(key, numbers.Integral):
            return self._all()[int(key) - 1]
        for book in self._all():
            if key.lower() in (book.name.lower(), book.fullname.lower()):
                return book
        raise KeyError(key)

    def open(self, fullname: str, *_: Any, **__: Any) -> Book:
        return Book(_office.load(Path(fullname)))


class _Native:
    """A native object of the office, under the names that it has on Windows.

    xlwings tests such objects for truth, and that of a range would walk all of its cells.
    """

    def __init__(self, **values: Any) -> None:
        self._values = values

    def __bool__(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        try:
            ask = self._values[name]
        except KeyError:
            raise AttributeError(name) from None
        faults.ask()
        return ask()


class Book(base.Book):
    """A document."""

    def __init__(self, document: Any) -> None:
        self.document = document

    app = property(lambda _: App())
    sheets = property(lambda self: Sheets(self))
    names = property(lambda self: Names(self))

    @property
    def api(self) -> Any:
        return _Native(
            ReadOnly=self.document.isReadonly,
            ProtectStructure=self.document.isProtected,
            FullName=lambda: self.fullname,
        )

    @property
    def fullname(self) -> str:
        faults.ask()
        url = self.document.URL
        return str(_office.uno.fileUrlToSystemPath(url)) if url else str(self.document.Title)

    @property
    def name(self) -> str:
        return Path(self.fullname).name

    def activate(self) -> None:
        _office.front = self.document

    def close(self) -> None:
        _office.front = None
        self.document.setModified(False)
        self.document.close(True)

    def save(self, path: Any = None, password: Any = None) -> None:
        assert path is None, "not needed"
        self.document.store()


class Sheets(base.Sheets):
    """The sheets of a document."""

    api: Any = None  # read only in the class above

    def __init__(self, book: Book) -> None:
        self.book = book
        self.api = book.document.Sheets

    @property
    def active(self) -> Sheet:
        faults.ask()
        return Sheet(self.book, self.book.document.CurrentController.ActiveSheet)

    def __len__(self) -> int:
        return int(self.api.Count)

    def __iter__(self) -> Iterator[Sheet]:
        faults.ask()
        return (Sheet(self.book, self.api.getByIndex(i)) for i in range(len(self)))

    def __call__(self, key: Any) -> Sheet:
        if isinstance(key, numbers.Integral):
            return Sheet(self.book, self.api.getByIndex(int(key) - 1))
        for name in self.api.ElementNames:
            if name.lower() == key.lower():
                return Sheet(self.book, self.api.getByName(name))
        raise KeyError(key)

    def add(
        self, before: Sheet | None = None, after: Sheet | None = None, name: Any = None
    ) -> Sheet:
        faults.write()
        if self.book.document.isProtected():
            raise ComError(_REFUSED, "Workbook is protected and cannot be changed.")
        place = before.index - 1 if before else after.index if after else 0
        number = 1
        while self.api.hasByName(f"Sheet{number}"):
            number += 1
        self.api.insertNewByName(f"Sheet{number}", place)
        sheet = Sheet(self.book, self.api.getByName(f"Sheet{number}"))
        sheet.activate()  # as Excel does
        if name is not None:
            sheet.name = name
        return sheet


class Sheet(base.Sheet):
    """A sheet."""

    book: Any = None  # read only in the class above

    def __init__(self, book: Book, native: Any) -> None:
        self.book, self.native = book, native

    @property
    def api(self) -> Any:
        return _Native(ProtectContents=self.native.isProtected)

    @property
    def name(self) -> str:
        faults.ask()
        return str(self.native.Name)

    @name.setter
    def name(self, value: str) -> None:
        faults.write()
        self.native.Name = value

    @property
    def index(self) -> int:
        return int(self.native.RangeAddress.Sheet) + 1

    @property
    def visible(self) -> int:
        return -1 if self.native.IsVisible else 0

    @visible.setter
    def visible(self, value: bool) -> None:
        faults.write()
        self.native.IsVisible = value

    @property
    def tables(self) -> Tables:
        return Tables(self)

    @property
    def cells(self) -> Range:
        return Range(self, 0, 0, _ROWS - 1, _COLUMNS - 1)

    def activate(self) -> None:
        self.book.document.CurrentController.ActiveSheet = self.native

    select = activate

    def delete(self) -> None:
        faults.write()
        there = self.index - 1
        ranges = self.book.document.DatabaseRanges
        before = {name: ranges.getByName(name).DataArea for name in ranges.ElementNames}
        self.book.document.Sheets.removeByName(self.native.Name)
        for name, area in before.items():
            if area.Sheet != there and not ranges.hasByName(name):
                area.Sheet -= area.Sheet > there
                _add_table(ranges, name, area)

    @property
    def used_range(self) -> Range:
        faults.ask()
        cursor = self.native.createCursor()
        cursor.gotoStartOfUsedArea(False)
        cursor.gotoEndOfUsedArea(True)
        return Range.of(self.book, cursor.RangeAddress)

    def range(self, first: Any, second: Any = None) -> Range:
        faults.ask()
        if isinstance(first, Range):
            second = second or first
            return Range(
                self, min(first.top, second.top), min(first.left, second.left),
                max(first.bottom, second.bottom), max(first.right, second.right),
            )  # fmt: skip
        if isinstance(first, str):
            whole = re.fullmatch(r"\$?(\d+):\$?(\d+)", first)
            if whole:
                return Range(self, int(whole[1]) - 1, 0, int(whole[2]) - 1, _COLUMNS - 1)
            first, last = utils.a1_to_tuples(first)
            second = second if second is not None else last
        if len(first) == 4:
            row, column, rows, columns = first
            return Range(self, row - 1, column - 1, row + rows - 2, column + columns - 2)
        second = second or first
        return Range(self, first[0] - 1, first[1] - 1, second[0] - 1, second[1] - 1)


class Range(base.Range):
    """A block of cells, counted from 0."""

    sheet: Any = None  # these are read only in the class above, or are points there
    top: Any = 0
    left: Any = 0
    max_cells_per_read = max_cells_per_write = None

    def __init__(self, sheet: Sheet, top: int, left: int, bottom: int, right: int) -> None:
        self.sheet, self.top, self.left = sheet, top, left
        self.bottom, self.right = bottom, min(right, _COLUMNS - 1)
        self.options: Any = None

    @classmethod
    def of(cls, book: Book, area: Any) -> Range:
        sheet = Sheet(book, book.document.Sheets.getByIndex(area.Sheet))
        return cls(sheet, area.StartRow, area.StartColumn, area.EndRow, area.EndColumn)

    @functools.cached_property
    def native(self) -> Any:
        return self.sheet.native.getCellRangeByPosition(
            self.left, self.top, self.right, self.bottom
        )

    @property
    def api(self) -> Any:
        return _Native(
            Locked=self._locked, EntireRow=lambda: _Native(Hidden=lambda: self.row_hidden)
        )

    def _locked(self) -> bool | None:
        protection = self.native.CellProtection
        return None if protection is None else bool(protection.IsLocked)

    @property
    def formats(self) -> Any:
        return self.sheet.book.document.NumberFormats

    row = property(lambda self: self.top + 1)
    column = property(lambda self: self.left + 1)

    @property
    def shape(self) -> tuple[int, int]:
        return self.bottom - self.top + 1, self.right - self.left + 1

    @property
    def coords(self) -> tuple[Any, ...]:
        return (self.sheet.name, self.row, self.column, *self.shape)

    def __len__(self) -> int:
        return self.shape[0] * self.shape[1]

    def __call__(self, row: int, column: int | None = None) -> Range:
        if column is None:
            row, column = divmod(row - 1, self.shape[1])
            row, column = row + 1, column + 1
        top, left = self.top + row - 1, self.left + column - 1
        return Range(self.sheet, top, left, top, left)

    def get_address(
        self, row_absolute: bool = True, column_absolute: bool = True, external: bool = False
    ) -> str:
        def one(row: int, column: int) -> str:
            dollars = "$" * column_absolute, "$" * row_absolute
            return f"{dollars[0]}{utils.col_name(column + 1)}{dollars[1]}{row + 1}"

        first, last = one(self.top, self.left), one(self.bottom, self.right)
        return first if first == last else f"{first}:{last}"

    address = property(lambda self: self.get_address())

    # -- values ------------------------------------------------------------------------------------

    @property
    def raw_value(self) -> Any:
        faults.ask()
        native = self.native
        rows = [
            [v.replace(CARRIAGE, "\r") if type(v) is str else v for v in row]
            for row in native.DataArray
        ]
        kinds = []
        if any(type(value) is float for row in rows for value in row):
            kinds = self._formatted((_DATE, _TIME, _DATETIME, _LOGICAL))
        epoch = _epoch(self.sheet.book.document)
        for kind, top, left, bottom, right in kinds:
            for row in rows[top : bottom + 1]:
                for column in range(left, right + 1):
                    value = row[column]
                    if type(value) is float:
                        row[column] = bool(value) if kind == _LOGICAL else _moment(value, epoch)
        for row, column in _cells(native.queryFormulaCells(4), self.top, self.left):
            code = native.getCellByPosition(column, row).getError()
            rows[row][column] = _NATIVE[_ERRORS.get(code, "#VALUE!")]
        return rows[0][0] if len(self) == 1 else rows

    @raw_value.setter
    def raw_value(self, values: Any) -> None:
        self._refuse()
        rows = (
            values
            if isinstance(values, list | tuple)
            else [[values] * self.shape[1]] * self.shape[0]
        )
        typed: list[tuple[int, int, str]] = []
        formats: dict[tuple[int, int], list[int]] = {}
        plain: list[tuple[Any, ...]] = []
        for number, row in enumerate(rows):
            cells: list[Any] = []
            for column, value in enumerate(row):
                if isinstance(value, str):
                    if len(value) > 8_203 and len(rows) * len(row) > 1:  # as Excel 2007 does
                        raise ComError(_REFUSED, "Application-defined or object-defined error")
                    value = value.replace("\r", CARRIAGE)
                cell: Any = value
                if value is None:
                    cell = ""
                elif isinstance(value, bool):
                    formats.setdefault((_LOGICAL, column), []).append(number)
                    cell = float(value)
                elif isinstance(value, numbers.Number):
                    cell = float(value)  # type: ignore[arg-type]
                elif isinstance(value, dt.date):
                    kind = (
                        _DATETIME
                        if isinstance(value, dt.datetime) and value.time() != dt.time()
                        else _DATE
                    )
                    formats.setdefault((kind, column), []).append(number)
                    cell = _serial(value, _epoch(self.sheet.book.document))
                elif value.startswith("'"):
                    cell = value[1:]
                elif value[:1] in ("=", "+", "-", "@") or _LIKE_A_VALUE.fullmatch(value):
                    typed.append((number, column, value))
                    cell = ""
                cells.append(cell)
            plain.append(tuple(cells))
        self.native.DataArray = tuple(plain)
        for number, column, text in typed:
            self._type(number, column, text)
        for (kind, column), numbers_ in formats.items():
            self._format(kind, column, numbers_)

    def _type(self, row: int, column: int, text: str) -> None:
        """As when somebody types it."""
        cell = self.native.getCellByPosition(column, row)
        if text.startswith("@"):
            raise ComError(_REFUSED, "That function isn't valid.")
        if text in _NATIVE:
            text = f"={text}"
        if text[0] in "+-" and not re.fullmatch(r"[+-][\d.,\s%]+", text):
            text = f"={text}"
        text_format = self.formats.getByKey(cell.NumberFormat).Type & 256
        if text_format and not text.startswith("="):
            cell.String = text
        else:
            cell.FormulaLocal = text
            if cell.FormulaLocal.startswith("="):
                self.sheet.book.document.calculate()

    def _format(self, kind: int, column: int, rows: list[int]) -> None:
        """Truth values are told by their format; a date gets one where there is none."""
        start = 0
        while start < len(rows):
            end = start
            while end + 1 < len(rows) and rows[end + 1] == rows[end] + 1:
                end += 1
            block = self.native.getCellRangeByPosition(column, rows[start], column, rows[end])
            now = self._kind_of(block.NumberFormat) if block.NumberFormat else 0
            general = not block.NumberFormat or self._text_of(block.NumberFormat) == "General"
            if kind == _LOGICAL or general or now == _LOGICAL:
                block.NumberFormat = self.formats.getStandardFormat(kind, _locale())
            start = end + 1

    def _kind_of(self, key: int) -> int:
        """What a number of this format shows as. Below 100 the formats are the same everywhere."""
        known = _built_in if key < 100 else {}
        if key not in known:
            known[key] = self.formats.getByKey(key).Type & ~1
        return known[key]

    def _text_of(self, key: int) -> str:
        return str(self.formats.getByKey(key).FormatString)

    def _formatted(self, wanted: tuple[int, ...]) -> list[tuple[int, int, int, int, int]]:
        """The parts of the block whose numbers show as something of these kinds."""
        found = []
        parts = self.native.UniqueCellFormatRanges
        for index in range(parts.Count):
            part = parts.getByIndex(index)
            kind = self._kind_of(part.NumberFormat)
            if kind in wanted:
                found += [
                    (kind, a.StartRow - self.top, a.StartColumn - self.left,
                     a.EndRow - self.top, a.EndColumn - self.left)
                    for a in part.RangeAddresses
                ]  # fmt: skip
        return found

    @property
    def formula(self) -> Any:
        faults.ask()
        native = self.native
        rows: list[list[str]] = [
            ["" if v is None else _constant(v) for v in row] for row in native.DataArray
        ]
        known: dict[tuple[int, str], str] = {}
        formulas = native.queryContentCells(_FORMULAS)
        if formulas.Count:
            texts = native.getFormulaArray()
            for row, column in _cells(formulas, self.top, self.left):
                rows[row][column] = self._formula(row, column, texts[row][column], known)
        return rows[0][0] if len(self) == 1 else tuple(tuple(row) for row in rows)

    def _formula(self, row: int, column: int, own: str, known: dict[tuple[int, str], str]) -> str:
        """A formula as Excel spells it. Those that differ in their row alone are asked for once."""
        quick = _respelled(own, ";", ",")
        if quick:
            return _TRUTHS.get(quick, quick)
        number = str(self.top + row + 1)
        mark = re.compile(rf"(?<![\d$]){number}(?!\d)")
        key = (column, mark.sub("\0", own))
        if key not in known:
            text = self.native.getCellByPosition(column, row).FormulaLocal
            known[key] = mark.sub("\0", text)
        text = known[key].replace("\0", number)
        return text[1:] if text[1:] in _NATIVE else _TRUTHS.get(text, text)

    @formula.setter
    def formula(self, values: Any) -> None:
        self._refuse()
        if not isinstance(values, list | tuple):
            values = [[values]]
        quick = [[_respelled(text, ",", ";") for text in row] for row in values]
        if all(text for row in quick for text in row):
            self.native.setFormulaArray(tuple(map(tuple, quick)))
            values = []
        for row, cells in enumerate(values):
            for column, text in enumerate(cells):
                cell = self.native.getCellByPosition(column, row)
                cell.FormulaLocal = f"={text}" if text in _NATIVE else text
        self.sheet.book.document.calculate()

    def clear_contents(self) -> None:
        self._refuse()
        self._inside().native.clearContents(_VALUES | _MOMENTS | _TEXTS | _FORMULAS)

    def clear(self) -> None:
        self._refuse()
        self._inside().native.clearContents(_EVERYTHING)

    def clear_formats(self) -> None:
        self._refuse()
        self._inside().native.clearContents(_LOOKS)

    def _inside(self) -> Range:
        return self

    def _refuse(self) -> None:
        faults.write()
        if self.sheet.native.isProtected() and self._locked() is not False:
            raise ComError(
                _REFUSED, "The cell or chart you're trying to change is on a protected sheet."
            )

    # -- rows and columns --------------------------------------------------------------------------

    @property
    def row_hidden(self) -> bool | None:
        faults.ask()
        whole = self.sheet.native.getCellRangeByPosition(0, self.top, _COLUMNS - 1, self.bottom)
        shown: set[int] = set()
        for area in whole.queryVisibleCells().RangeAddresses:
            shown.update(range(area.StartRow, area.EndRow + 1))
        return None if 0 < len(shown) < self.shape[0] else not shown

    @row_hidden.setter
    def row_hidden(self, value: bool) -> None:
        faults.write()
        self.native.Rows.IsVisible = not value

    @property
    def merge_cells(self) -> bool | None:
        faults.ask()
        native = self.native
        if len(self) == 1:
            cursor = self.sheet.native.createCursorByRange(native)
            cursor.collapseToMergedArea()
            area = cursor.RangeAddress
            return (area.StartRow, area.StartColumn) != (area.EndRow, area.EndColumn)
        cursor = self.sheet.native.createCursorByRange(native)
        before = cursor.RangeAddress
        cursor.collapseToMergedArea()  # grows where the block has only a part of one
        after = cursor.RangeAddress
        grew = (before.EndRow, before.EndColumn) != (after.EndRow, after.EndColumn)
        grew |= (before.StartRow, before.StartColumn) != (after.StartRow, after.StartColumn)
        return None if native.IsMerged or grew else False

    @property
    def merge_area(self) -> Range:
        cursor = self.sheet.native.createCursorByRange(self.native)
        cursor.collapseToMergedArea()
        return Range.of(self.sheet.book, cursor.RangeAddress)

    def merge(self, across: bool) -> None:
        self.native.merge(True)

    def insert(self, shift: Any = None, copy_origin: Any = None) -> None:
        faults.write()
        assert shift == "down" and self.left == 0, "only whole rows"
        self.sheet.native.Rows.insertByIndex(self.top, self.shape[0])

    def delete(self, shift: Any = None) -> None:
        faults.write()
        assert shift == "up" and self.left == 0, "only whole rows"
        self.sheet.native.Rows.removeByIndex(self.top, self.shape[0])

    def autofit(self, axis: Any = None) -> None:
        faults.look()
        document = self.sheet.book.document
        before = document.IsAdjustHeightEnabled
        document.IsAdjustHeightEnabled = True
        self.native.Rows.OptimalHeight = True
        document.IsAdjustHeightEnabled = before

    def autofill(self, destination: Any, type_: str) -> None:
        faults.look()
        assert type_ == "fill_formats", "not needed"
        destination = destination.impl
        assert self.shape[0] == 1, "not needed"
        filled, left = 1, destination.shape[0] - 1
        while left:
            # First the row itself, whose copy is emptied; then what is filled, twice as much each time.
            source = Range(
                self.sheet,
                self.top + (filled > 1),
                self.left,
                self.top + max(filled - 1, 0),
                self.right,
            )
            count = min(source.shape[0], left)
            source = Range(self.sheet, source.top, self.left, source.top + count - 1, self.right)
            block = Range(
                self.sheet, self.top + filled, self.left, self.top + filled + count - 1, self.right
            )
            self.sheet.native.copyRange(
                block.native.getCellByPosition(0, 0).CellAddress, source.native.RangeAddress
            )
            if filled == 1:
                block.native.clearContents(_VALUES | _MOMENTS | _TEXTS | _FORMULAS)
            filled, left = filled + count, left - count

    def select(self) -> None:
        self.sheet.book.document.CurrentController.select(self.native)

    # -- looks -------------------------------------------------------------------------------------

    @property
    def number_format(self) -> str | None:
        faults.ask()
        key = self.native.NumberFormat
        return None if key is None else self._text_of(key)

    @number_format.setter
    def number_format(self, text: str) -> None:
        self._refuse()
        key = self.formats.queryKey(text, _locale(), False)
        self.native.NumberFormat = key if key >= 0 else self.formats.addNew(text, _locale())

    @property
    def column_width(self) -> float:
        return round(self.native.Columns.getByIndex(0).Width / 196, 2)

    @column_width.setter
    def column_width(self, value: float) -> None:
        faults.look()
        self.native.Columns.Width = round(value * 196)

    @property
    def color(self) -> tuple[int, int, int] | None:
        value = self.native.CellBackColor
        return None if value < 0 else ((value >> 16) & 255, (value >> 8) & 255, value & 255)

    @color.setter
    def color(self, value: Any) -> None:
        faults.look()
        if isinstance(value, str):
            value = utils.hex_to_rgb(value)
        self.native.CellBackColor = (
            -1 if value is None else value[0] << 16 | value[1] << 8 | value[2]
        )

    @property
    def wrap_text(self) -> bool:
        return bool(self.native.IsTextWrapped)

    @wrap_text.setter
    def wrap_text(self, value: bool) -> None:
        faults.look()
        self.native.IsTextWrapped = value

    @property
    def vertical_alignment(self) -> str:
        return "top"

    @vertical_alignment.setter
    def vertical_alignment(self, value: str) -> None:
        faults.look()
        self.native.VertJustify = {"top": 1, "center": 2, "bottom": 3}[value]

    @property
    def font(self) -> Font:
        return Font(self)

    @property
    def data_validation(self) -> DataValidation:
        return DataValidation(self)

    @property
    def table(self) -> Table | None:
        for table in Tables(self.sheet):
            area = table.range
            if area.top <= self.top <= area.bottom and area.left <= self.left <= area.right:
                return table
        return None


class Font(base.Font):
    """The letters of a block."""

    def __init__(self, cells: Range) -> None:
        self.cells = cells

    @property
    def bold(self) -> bool:
        return bool(self.cells.native.CharWeight > 100)

    @bold.setter
    def bold(self, value: bool) -> None:
        faults.look()
        self.cells.native.CharWeight = 150.0 if value else 100.0

    @property
    def size(self) -> float:
        return float(self.cells.native.CharHeight)

    @size.setter
    def size(self, value: float) -> None:
        faults.look()
        self.cells.native.CharHeight = value

    @property
    def color(self) -> tuple[int, int, int]:
        value = self.cells.native.CharColor
        return (value >> 16) & 255, (value >> 8) & 255, value & 255

    @color.setter
    def color(self, value: Any) -> None:
        faults.look()
        if isinstance(value, str):
            value = utils.hex_to_rgb(value)
        self.cells.native.CharColor = value[0] << 16 | value[1] << 8 | value[2]


class DataValidation(base.DataValidation):
    """The dropdown of a block."""

    def __init__(self, cells: Range) -> None:
        self.cells = cells

    @property
    def type(self) -> str:
        kind = self.cells.native.Validation.Type.value
        return {"ANY": "none", "LIST": "list"}.get(kind, "unknown")

    @property
    def source(self) -> str:
        return str(self.cells.native.Validation.getFormula1())

    def set_list(self, source: list[str], in_cell_dropdown: bool) -> None:
        faults.look()
        validation = self.cells.native.Validation
        validation.Type = _office.uno.Enum("com.sun.star.sheet.ValidationType", "LIST")
        validation.setFormula1(";".join(f'"{each}"' for each in source))
        validation.ShowList = 1
        self.cells.native.Validation = validation

    def delete(self) -> None:
        faults.look()
        validation = self.cells.native.Validation
        validation.Type = _office.uno.Enum("com.sun.star.sheet.ValidationType", "ANY")
        self.cells.native.Validation = validation


class Tables(base.Tables):
    """The tables of a sheet."""

    api: Any = None

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.api = sheet.book.document.DatabaseRanges

    def _all(self) -> list[Table]:
        faults.ask()
        here = self.sheet.index - 1
        return [
            Table(self.sheet, name)
            for name in self.api.ElementNames
            if self.api.getByName(name).DataArea.Sheet == here
        ]

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[Table]:
        return iter(self._all())

    def __call__(self, key: Any) -> Table:
        if isinstance(key, numbers.Integral):
            return self._all()[int(key) - 1]
        for table in self._all():
            if table.name.lower() == key.lower():
                return table
        raise KeyError(key)

    def __contains__(self, key: str) -> bool:
        return any(table.name.lower() == key.lower() for table in self)

    def add(
        self, source_type: Any = None, source: Any = None, link_source: Any = None,
        has_headers: Any = None, destination: Any = None, table_style_name: Any = None, name: Any = None,
    ) -> Table:  # fmt: skip
        faults.write()
        if any(name.lower() == each.lower() for each in self.api.ElementNames):
            raise ComError(_REFUSED, "A table cannot overlap another table or have its name.")
        _add_table(self.api, name, source.impl.native.RangeAddress)
        return Table(self.sheet, name)


def _add_table(ranges: Any, name: str, area: Any) -> None:
    ranges.addNewByName(name, area)
    made = ranges.getByName(name)
    made.ContainsHeader = True
    made.AutoFilter = True


class Table(base.Table):
    """A range of the database kind."""

    def __init__(self, sheet: Sheet, name: str) -> None:
        self.parent, self._name = sheet, name

    parent: Any = None
    name = property(lambda self: self._name)
    display_name = property(lambda self: self._name)

    @property
    def native(self) -> Any:
        return self.parent.book.document.DatabaseRanges.getByName(self._name)

    api = native

    @property
    def range(self) -> Range:
        faults.ask()
        return Range.of(self.parent.book, self.native.DataArea)

    @property
    def show_totals(self) -> bool:
        return bool(self.native.TotalsRow)

    @property
    def header_row_range(self) -> Range | None:
        area = self.range
        return Range(area.sheet, area.top, area.left, area.top, area.right)

    @property
    def data_body_range(self) -> Range | None:
        area = self.range
        return Range(area.sheet, area.top + 1, area.left, area.bottom, area.right)

    def resize(self, cells: Any) -> None:
        faults.write()
        new, old = cells.impl, self.range
        if new.top != old.top or new.bottom == new.top:
            raise ComError(_REFUSED, "The headers must remain in the same row.")
        self.native.DataArea = new.native.RangeAddress

    @property
    def autofilter(self) -> AutoFilter:
        return AutoFilter(self)


class AutoFilter(base.AutoFilter):
    """The filter of a table."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def clear(self, field: Any) -> None:
        faults.look()
        descriptor = self.table.native.getFilterDescriptor()
        descriptor.setFilterFields(())
        self.table.native.refresh()
        rows = self.table.range.native.Rows
        rows.IsVisible = True


class Names(base.Names):
    """The names that a document has given to cells."""

    api: Any = None

    def __init__(self, book: Book) -> None:
        self.book = book
        self.api = book.document.NamedRanges

    def __len__(self) -> int:
        return len(self.api.ElementNames)

    def __iter__(self) -> Iterator[Name]:
        return (Name(self.book, name) for name in self.api.ElementNames)

    def __call__(self, key: Any) -> Name:
        if isinstance(key, numbers.Integral):
            return list(self)[int(key) - 1]
        if not self.api.hasByName(key):
            raise KeyError(key)
        return Name(self.book, key)

    def contains(self, key: str) -> bool:
        return bool(self.api.hasByName(key))


class Name(base.Name):
    """One of them."""

    name: Any = None

    def __init__(self, book: Book, name: str) -> None:
        self.book, self.name = book, name

    @property
    def refers_to_range(self) -> Range:
        faults.ask()
        cells = self.book.document.NamedRanges.getByName(self.name).ReferredCells
        return Range.of(self.book, cells.RangeAddress)


def _cells(ranges: Any, top: int, left: int) -> Iterator[tuple[int, int]]:
    """Every cell of some ranges, counted from a corner."""
    for area in ranges.RangeAddresses:
        for row in range(area.StartRow, area.EndRow + 1):
            for column in range(area.StartColumn, area.EndColumn + 1):
                yield row - top, column - left


def _respelled(formula: str, old: str, new: str) -> str:
    """A formula of functions and texts alone with another sign between arguments; "" for any other.

    Such need not be asked for one by one: there may be thousands, as links are.
    """
    pieces = formula.split('"')
    if not re.fullmatch(r"=[A-Z(),;]*", "".join(pieces[::2])):
        return ""
    pieces[::2] = [piece.replace(old, new) for piece in pieces[::2]]
    return '"'.join(pieces)


def _constant(value: Any) -> str:
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value).replace(CARRIAGE, "\r")


def _epoch(document: Any) -> dt.datetime:
    """The day from which a document counts: in 1900, or in 1904."""
    day = document.NullDate
    return dt.datetime(day.Year, day.Month, day.Day)


def _moment(serial: float, epoch: dt.datetime) -> dt.datetime:
    exact = epoch + dt.timedelta(days=serial)
    second = exact.replace(microsecond=0)
    thousandths = round(exact.microsecond / 1000)
    return second + dt.timedelta(milliseconds=thousandths)


def _serial(value: dt.date, epoch: dt.datetime) -> float:
    moment = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
    since = moment.replace(tzinfo=None) - epoch
    return since.days + since.seconds / 86_400 + since.microseconds / 86_400_000_000


def _locale() -> Any:
    return _office.uno.createUnoStruct("com.sun.star.lang.Locale", "en", "GB", "")
