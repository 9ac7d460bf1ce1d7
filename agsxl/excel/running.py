"""A running Excel, as xlwings reaches it: its blocks of cells, its moods, and its words.

    excel = load_xlwings()
    cells = read_cells(sheet, Area(1, 1, 40, 12))          # rows of values, as a file's reader gives them
    write_cells(sheet, {(17, 8): "Complete"}, formats)     # read back, and right, or OutputError

Everything goes by whole blocks: a call to Excel costs more than a thousand cells. What Excel would take
for something else when it is typed (a text like a number, a formula, a date) is written as a text, and
what was written is read back: nothing rests on knowing how Excel reads what is typed in this language.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import groupby
from types import ModuleType
from typing import Any, TypeVar

from agsxl.errors import FarCellError, OutputError, SourceError
from agsxl.excel.values import ERROR_CODES, same_value, settled, told, utf16_length
from agsxl.grid import Area, CellError, Formula, Plain, Value, cell_address, column_letter

T = TypeVar("T")
Cell = tuple[int, int]  # row and column, from 1
Cells = Mapping[Cell, Value]

PATIENCE = 5.0  # seconds that Excel may be busy
_PAUSE = 0.2
_MOST_CELLS = 5_000_000  # of a sheet, read at once
_ONE_READ = 250_000  # cells that are rather read in one go than in pieces
_MOST_IN_A_BLOCK = (
    8_000  # characters of a text that is written together with others; Excel 2007 fails above 8,203
)
_DAY, _MOMENT, _NO_FORMAT, _TEXT = "dd/mm/yyyy", "dd/mm/yyyy hh:mm:ss", "General", "@"

# A number of Windows for "not now": a call was rejected, try later, a cell is being edited.
_NOT_NOW = {-2147418111, -2147417846, -2146777998}
_NOT_NOW_ON_A_MAC = {-1712}  # an Apple event was not answered in time
# An error in a cell comes as a number: this and Excel's own number of it.
_ERROR_BASE = -2146828288
_ERRORS = {
    0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A",
    43: "#GETTING_DATA", 45: "#SPILL!", 46: "#CONNECT!", 47: "#BLOCKED!", 48: "#UNKNOWN!",
    49: "#FIELD!", 50: "#CALC!",
}  # fmt: skip
# Cannot be anything but a text, in any language of Excel: words without a figure.
_PLAIN = re.compile(r"[^\W\d_][^\W\d_]*(?:[ ,.;:!?()&\n-]+[^\W\d_]+)+[.!?)]?")
_WITHOUT = ("pandas", "numpy", "polars", "matplotlib", "PIL")  # what xlwings takes if it is there


# -- xlwings -----------------------------------------------------------------------------------


def load_xlwings() -> ModuleType:
    """xlwings, without what it would load for frames and pictures that agsxl never hands to it.

    >>> load_xlwings().__name__  # doctest: +SKIP
    'xlwings'

    That would be most of the time that a button takes. A program that wants them in xlwings too imports
    them, or xlwings, before. Raises SourceError where xlwings is not installed.
    """
    if sys.modules.get("xlwings") is None:
        hidden = [name for name in _WITHOUT if name not in sys.modules]
        sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: "not installed"
        try:
            import xlwings  # noqa: F401
        except ImportError:
            raise SourceError(
                "An open workbook is reached through xlwings, which is not installed; install it with: "
                "python -m pip install xlwings"
            ) from None
        finally:
            for name in hidden:
                del sys.modules[name]
    return sys.modules["xlwings"]


@contextmanager
def bounded() -> Iterator[None]:
    """Have xlwings ask a busy Excel once, not for ever; how long it may take is decided here.

    On Windows xlwings repeats a call as long as Excel is busy, which is as long as a cell is edited.
    """
    inside: Any = sys.modules.get("xlwings._xlwindows")
    if inside is None or not hasattr(inside, "N_COM_ATTEMPTS"):
        yield
        return
    before = inside.N_COM_ATTEMPTS
    inside.N_COM_ATTEMPTS = 1
    try:
        yield
    finally:
        inside.N_COM_ATTEMPTS = before


def patiently(ask: Callable[[], T]) -> T:
    """Ask again while Excel is busy, for a few seconds; then raise what it said."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return ask()
        except Exception as fault:
            if not is_busy(fault) or time.monotonic() >= until:
                raise
        time.sleep(_PAUSE)


def is_busy(fault: BaseException) -> bool:
    """Whether Excel only said "not now": a cell is being edited, or a question stands open."""
    numbers: set[object] = {getattr(fault, "hresult", None), *_inner(fault)[5:6]}
    return (
        bool(numbers & _NOT_NOW)
        or getattr(fault, "errornumber", None) in _NOT_NOW_ON_A_MAC
        or type(fault).__name__ == "ExcelBusyError"
    )


def words_of(fault: BaseException) -> str:
    """What Excel itself says of a fault, as a sentence has it in brackets; "" where it says nothing."""
    text = next((each for each in _inner(fault)[2:3] if isinstance(each, str)), "") or getattr(
        fault, "errormessage", ""
    )
    text = " ".join(str(text).split())
    return f' (Excel says: "{text[:200]}")' if text else ""


def _inner(fault: BaseException) -> Sequence[object]:
    """What Windows keeps of a fault: a code, the program, its words, help, a number, its own code."""
    found = fault.args[2] if len(fault.args) > 2 else ()
    return found if isinstance(found, tuple) else ()


def native(thing: Any, windows: str, mac: str) -> Any:
    """What xlwings has no name for, asked of Excel itself; None where it does not say.

    >>> native(book, "ReadOnly", "read_only")  # doctest: +SKIP
    False
    """
    try:
        if sys.platform == "darwin":
            return getattr(thing.api, mac).get()
        return getattr(thing.api, windows)
    except Exception as fault:
        if is_busy(fault):
            raise
        return None


# -- reading -----------------------------------------------------------------------------------


def read_cells(sheet: Any, area: Area) -> list[list[Value]]:
    """The values of a block, by row, typed as a closed file's reader types them."""
    cells = block(sheet, area)
    values = cells.options(ndim=2, err_to_str=True).value
    formulas = _rows(cells.formula, area)
    # An error, and a text that reads like one, come alike; asked in the other way an error is nothing.
    alike = any(type(value) is str and value in ERROR_CODES for row in values for value in row)
    bare = cells.options(ndim=2, err_to_str=False).value if alike else values
    return [
        [_value(*each) for each in zip(*rows, strict=True)]
        for rows in zip(values, formulas, bare, strict=True)
    ]


def block(sheet: Any, area: Area) -> Any:
    """The range of an area."""
    return sheet.range((area.top, area.left), (area.bottom, area.right))


def used_area(sheet: Any) -> Area:
    """From A1 to the last cell that was ever used. Raises FarCellError where that is too much to read."""
    last = sheet.used_range.last_cell
    area = Area(1, 1, int(last.row), int(last.column))
    if area.bottom * area.right > _MOST_CELLS:
        raise FarCellError(
            f"{sheet.book.name}, sheet {sheet.name!r} has something far from everything else, as far as row "
            f"{area.bottom:,} and column {column_letter(area.right)}; delete those rows or columns and save it."
        )
    return area


def _rows(found: Any, area: Area) -> list[Sequence[Any]]:
    """What comes for a block as rows: for one cell it comes bare, for a line it may."""
    width = area.right - area.left + 1
    if not isinstance(found, list | tuple):
        return [[found]]
    if not isinstance(found[0], list | tuple):
        return [found[start : start + width] for start in range(0, len(found), width)]
    return list(found)


def _value(found: Any, formula: Any, bare: Any) -> Value:
    plain = _plain(found, bare)
    # A text that begins with = comes as its own formula; a formula never shows its own text.
    if isinstance(formula, str) and formula.startswith("=") and formula != found:
        return Formula(formula, plain)
    return plain


def _plain(found: Any, bare: Any) -> Plain | CellError:
    kind = type(found)
    if kind is str:
        if bare is None and found in ERROR_CODES:
            return CellError(found)
        return found or None
    if kind is int and (code := _ERRORS.get(found - _ERROR_BASE - 2000)):
        return CellError(code)
    if kind is Decimal:  # a cell in the format of a currency
        found = float(found)
    if kind is datetime and found.year < 1900:  # a time of day
        since = found - datetime(1899, 12, 30)
        found = since.total_seconds() / 86_400
    value: Plain = settled(found)  # type: ignore[assignment]  # neither a formula nor an error
    return value


def hidden_rows(sheet: Any, bottom: int) -> frozenset[int]:
    """The rows that are not shown, found by halves: a block that is all shown is asked for once."""
    found: set[int] = set()

    def look(first: int, last: int) -> None:
        state = _is_hidden(sheet.range((first, 1), (last, 1)))
        if state:
            found.update(range(first, last + 1))
        elif state is None and first < last:
            middle = (first + last) // 2
            look(first, middle)
            look(middle + 1, last)

    look(1, bottom)
    return frozenset(found)


def _is_hidden(rows: Any) -> bool | None:
    """Whether rows are hidden, None where only some are. xlwings asks Windows row by row."""
    if sys.platform == "win32":
        return rows.api.EntireRow.Hidden  # type: ignore[no-any-return]
    return rows.rows.hidden  # type: ignore[no-any-return]


def merged_areas(sheet: Any, area: Area) -> tuple[Area, ...]:
    """The merged areas inside a block, found by halves."""
    found: dict[Area, None] = {}

    def look(part: Area) -> None:
        cells = block(sheet, part)
        state = cells.merge_cells
        if state is False:
            return
        height, width = part.bottom - part.top + 1, part.right - part.left + 1
        if height == width == 1:
            whole = cells.merge_area
            rows, columns = whole.shape
            found[
                Area(whole.row, whole.column, whole.row + rows - 1, whole.column + columns - 1)
            ] = None
        elif height >= width:
            middle = part.top + height // 2
            look(part._replace(bottom=middle - 1))
            look(part._replace(top=middle))
        else:
            middle = part.left + width // 2
            look(part._replace(right=middle - 1))
            look(part._replace(left=middle))

    look(area)
    return tuple(found)


def look_up(sheet: Any, places: Iterable[Cell]) -> dict[Cell, Value]:
    """What is in some cells: in one read where they lie close enough, else block by block."""
    wanted = set(places)
    if not wanted:
        return {}
    rows, columns = [row for row, _ in wanted], [column for _, column in wanted]
    whole = Area(min(rows), min(columns), max(rows), max(columns))
    size = (whole.bottom - whole.top + 1) * (whole.right - whole.left + 1)
    areas = [whole] if size <= _ONE_READ else list(rectangles(wanted))
    found: dict[Cell, Value] = {}
    for area in areas:
        for row, values in enumerate(patiently(partial(read_cells, sheet, area)), area.top):
            for column, value in enumerate(values, area.left):
                if (row, column) in wanted:
                    found[row, column] = value
    return found


# -- writing -----------------------------------------------------------------------------------


Formats = list[tuple[Area, str]]  # of blocks, as they were


def write_cells(sheet: Any, cells: Cells, formats: Formats) -> None:
    """Write values, and read back that they are there as they were meant.

    Where Excel makes something else of a value (a date in a cell that shows numbers), the cell's format
    is set and the value written again; what the format was before is put into ``formats``. Raises
    OutputError where a cell takes a value in no way.
    """
    put_cells(sheet, cells)
    wrong = _wrong(sheet, cells)
    if wrong and _any_hidden(sheet, wrong):
        # Behind a filter a block may not reach every row; a cell by itself does.
        for place, value in wrong.items():
            put_cells(sheet, {place: value})
        wrong = _wrong(sheet, wrong)
    if wrong:
        _fit_formats(sheet, wrong, formats)
        put_cells(sheet, wrong, plainly=True)
        wrong = _wrong(sheet, wrong)
    for place, value in wrong.items():
        found = look_up(sheet, [place])[place]
        raise OutputError(
            f"{sheet.name}!{cell_address(*place)} does not take {told(value)}: Excel makes {told(found)} of "
            "it; nothing was written. Look at the cell's format and what it allows, and try again."
        )


def _wrong(sheet: Any, cells: Cells) -> dict[Cell, Value]:
    found = look_up(sheet, cells)
    return {place: value for place, value in cells.items() if not _is_there(value, found[place])}


def _is_there(value: Value, found: Value) -> bool:
    if isinstance(value, Formula):  # Excel may spell it in its own way
        return isinstance(found, Formula)
    if type(value) is type(found) and value == found:
        return True
    if isinstance(value, str) and isinstance(found, str):  # a Mac has line ends of its own
        return "\n".join(value.splitlines()) == "\n".join(found.splitlines())
    return same_value(value, found)


def _any_hidden(sheet: Any, cells: Cells) -> bool:
    rows = [row for row, _ in cells]
    return patiently(lambda: _is_hidden(sheet.range((min(rows), 1), (max(rows), 1)))) is not False


def _fit_formats(sheet: Any, cells: Cells, formats: Formats) -> None:
    """Give cells a format in which their values are what they are."""
    for wanted in (_DAY, _MOMENT, _NO_FORMAT, _TEXT):
        places = [place for place, value in cells.items() if _format(value) == wanted]
        remember_formats(sheet, places, formats)
        for area in rectangles(places):
            patiently(partial(setattr, block(sheet, area), "number_format", wanted))


def _format(value: Value) -> str:
    if isinstance(value, str):
        return _TEXT
    if isinstance(value, datetime):
        return _MOMENT
    return _DAY if isinstance(value, date) else _NO_FORMAT


def turning_dates(cells: Cells, before: Cells) -> Iterator[Cell]:
    """The cells that a date is put into, and held none: Excel may give them a format by itself."""
    for place, value in cells.items():
        if isinstance(value, date) and not isinstance(before.get(place), date):
            yield place


def remember_formats(sheet: Any, places: Iterable[Cell], formats: Formats) -> None:
    """Note the formats of cells as they are, by blocks that have the same."""

    def look(area: Area) -> None:
        text = patiently(lambda: block(sheet, area).number_format)
        if text is not None:
            formats.append((area, text))
        elif area.bottom > area.top:
            middle = (area.top + area.bottom) // 2
            look(area._replace(bottom=middle))
            look(area._replace(top=middle + 1))
        elif area.right > area.left:
            middle = (area.left + area.right) // 2
            look(area._replace(right=middle))
            look(area._replace(left=middle + 1))

    for area in rectangles(places):
        look(area)


def put_cells(sheet: Any, cells: Cells, *, plainly: bool = False) -> None:
    """Write values block by block, formulas and long texts after the others.

    ``plainly``: the cells show texts as they are, and take them without an apostrophe.
    """
    for area in rectangles(cells):
        rows = [
            [cells[row, column] for column in range(area.left, area.right + 1)]
            for row in range(area.top, area.bottom + 1)
        ]
        patiently(partial(_put_block, sheet, area, rows, plainly))
    formulas = {
        place: value.text if isinstance(value, Formula) else value.code
        for place, value in cells.items()
        if isinstance(value, Formula | CellError)
    }
    for area in rectangles(formulas):
        texts = [
            [formulas[row, column] for column in range(area.left, area.right + 1)]
            for row in range(area.top, area.bottom + 1)
        ]
        patiently(partial(_put_formulas, sheet, area, texts))
    for place, value in cells.items():
        if isinstance(value, str) and _is_long(value):
            patiently(partial(_put_text, sheet, Area(*place, *place), value, plainly))


def _put_block(sheet: Any, area: Area, rows: list[list[Value]], plainly: bool) -> None:
    cells = block(sheet, area)
    if all(value is None or value == "" for row in rows for value in row):
        cells.clear_contents()
    else:
        cells.value = [[_typed(value, plainly) for value in row] for row in rows]


def _put_formulas(sheet: Any, area: Area, texts: list[list[str]]) -> None:
    block(sheet, area).formula = texts


def _put_text(sheet: Any, area: Area, text: str, plainly: bool) -> None:
    block(sheet, area).value = _as_text(text, plainly)


def _typed(value: Value, plainly: bool) -> Any:
    """A value as Excel is to be given it; None for what is written after the others."""
    if isinstance(value, Formula | CellError):
        return None
    if isinstance(value, str):
        return None if _is_long(value) else _as_text(value, plainly)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    return value


def _as_text(text: str, plainly: bool) -> str:
    """A text behind an apostrophe, which Excel takes away, wherever it might take it for something else.

    >>> _as_text("On target", False), _as_text("007", False), _as_text("'s", False)
    ('On target', "'007", "''s")
    """
    return text if plainly or _PLAIN.fullmatch(text) else f"'{text}"


def _is_long(text: str) -> bool:
    return len(text) * 2 > _MOST_IN_A_BLOCK and utf16_length(text) > _MOST_IN_A_BLOCK


def rectangles(places: Iterable[Cell]) -> Iterator[Area]:
    """Cells as rectangles: neighbours in a row, and rows alike below each other.

    >>> list(rectangles([(1, 1), (1, 2), (2, 1), (2, 2), (4, 2)]))
    [Area(top=1, left=1, bottom=2, right=2), Area(top=4, left=2, bottom=4, right=2)]
    """
    growing: dict[tuple[int, int], Area] = {}
    for row, cells in groupby(sorted(places), key=lambda place: place[0]):
        columns = [column for _, column in cells]
        runs = set()
        for _, run in groupby(enumerate(columns), key=lambda each: each[1] - each[0]):
            inside = [column for _, column in run]
            runs.add((inside[0], inside[-1]))
        for ended in [
            each for each in growing if each not in runs or growing[each].bottom != row - 1
        ]:
            yield growing.pop(ended)
        for left, right in sorted(runs):
            area = growing.get((left, right), Area(row, left, row, right))
            growing[left, right] = area._replace(bottom=row)
    yield from growing.values()


def quietly(task: Callable[[], object]) -> None:
    """Do what may as well be left undone."""
    with suppress(Exception):
        task()
