"""What a cell can hold, and when two cells hold the same: one place for every adapter of the port.

    refuse_unwritable("x" * 40_000, "Plan!H17")   # OutputError: Plan!H17 cannot hold 40,000 characters
    if not same_value(edit.expected, grid.value("H17")):
        raise ChangedError(expected_message("Plan!H17", edit.expected, grid.value("H17")))

A value is compared by type as well: True is not 1, and a date is not its text. Only what a workbook
itself cannot tell apart is one value: 2 and 2.0, a date and that date at midnight, "" and no value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from agsxl.edits import CellEdit, CellLink, ChangeSet, NewRows, NewSheet
from agsxl.errors import OutputError
from agsxl.grid import CellError, Formula, Value, cell_address, column_number, parse_address

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
MOST_TEXT = 32_767  # in a cell, counted as Excel counts, in UTF-16
_MOST_FORMULA = 8_192
_MOST_NAME = 31  # of a sheet, counted in UTF-16
_MOST_HEADING = 255  # of a table
_MOST_NUMBER = 9.99999999999999e307

# Excel takes 1900 for a leap year: a day before 1 March 1900 has two serials, depending on the program.
FIRST_DAY = date(1900, 3, 1)
FIRST_DAY_1904 = date(1904, 1, 1)

# Excel writes the other control characters as _x000B_ and reads them so; these it cannot hold at all.
_IMPOSSIBLE = re.compile("[\x00\ud800-\udfff\ufffe\uffff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
ERROR_CODES = frozenset(
    ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA")
)
_LETTERS = re.compile(r"[A-Za-z]{1,3}")
_TABLE_NAME = re.compile(r"[^\W\d][\w.]{0,254}")
_LIKE_A_CELL = re.compile(r"[A-Za-z]{1,3}\d+|[RrCc]\d*|[Rr]\d+[Cc]\d+")


# -- values ------------------------------------------------------------------------------------


def settled(value: Value) -> Value:
    """A value as a workbook gives it back when it is read.

    >>> settled(2.0), settled(datetime(2017, 9, 30)), settled("")
    (2, datetime.date(2017, 9, 30), None)

    A moment is kept to the millisecond, as Excel shows it.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value or None
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, datetime):
        fine = timedelta(milliseconds=round(value.microsecond / 1000))
        moment = value.replace(microsecond=0) + fine
        return moment.date() if moment.time() == time() else moment
    return value


def same_value(a: Value, b: Value) -> bool:
    """Whether two cells hold the same, by type and value; a formula by its text alone.

    >>> same_value(1, True), same_value(2, 2.0), same_value(date(2017, 9, 30), "30/09/2017")
    (False, True, False)
    """
    if isinstance(a, Formula) and isinstance(b, Formula):
        return a.text == b.text
    a, b = settled(a), settled(b)
    return _kind(a) is _kind(b) and a == b


def _kind(value: Value) -> type:
    return float if type(value) is int else type(value)


def expected_message(where: str, expected: Value, found: Value) -> str:
    """The sentence for a cell that does not hold what was expected.

    >>> expected_message("Plan!H17", None, "Complete")
    "Plan!H17 was empty when it was read and now holds 'Complete'; nothing was written. Read the workbook again."
    """
    was = "was empty" if settled(expected) is None else f"held {told(expected)}"
    now = "is empty now" if settled(found) is None else f"now holds {told(found)}"
    return (
        f"{where} {was} when it was read and {now}; nothing was written. Read the workbook again."
    )


def told(value: Value) -> str:
    """A value as a sentence names it: ``told(date(2017, 9, 30))`` is "the date 30/09/2017"."""
    value = settled(value)
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else value[:59] + "…")
    if isinstance(value, datetime):
        return f"the date {value:%d/%m/%Y %H:%M:%S}"
    if isinstance(value, date):
        return f"the date {value:%d/%m/%Y}"
    if isinstance(value, Formula):
        return f"the formula {value.text}" if value.text else "a formula shared with other cells"
    if isinstance(value, CellError):
        return f"the error {value.code}"
    return f"the number {value}"


def refuse_unwritable(value: Value, where: str, *, date_1904: bool = False) -> None:
    """Raise OutputError, naming ``where`` ("Plan!H17"), for a value that a cell cannot hold.

    Refused: more than 32,767 characters counted in UTF-16; NUL, half a surrogate pair, U+FFFE and
    U+FFFF (other control characters can be held); infinity and NaN; a whole number that Excel would
    round; a date before 1 March 1900, or before 1904 where the workbook counts from 1904; a moment with a
    time zone; a formula without a text of its own; an error that Excel has not.
    """
    why = _why_not(value, FIRST_DAY_1904 if date_1904 else FIRST_DAY)
    if why:
        raise OutputError(f"{where} {why}; nothing was written.")


def _why_not(value: object, first: date) -> str:
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, str):
        return _why_no_text(value)
    if isinstance(value, int):
        if abs(value) > _MOST_NUMBER or int(float(value)) != value:
            return f"cannot hold the number {value} exactly; write it as text"
        return ""
    if isinstance(value, float):
        fine = math.isfinite(value) and abs(value) <= _MOST_NUMBER
        return "" if fine else f"cannot hold {value}, which is no number to Excel"
    if isinstance(value, date):
        return _why_no_date(value, first)
    if isinstance(value, Formula):
        return _why_no_formula(value.text)
    if isinstance(value, CellError):
        known = value.code in ERROR_CODES
        return "" if known else f"cannot hold {value.code!r}, which is no error of Excel"
    return f"cannot hold {value!r}, which is neither text, number, date nor formula"


def _why_no_text(text: str) -> str:
    found = _IMPOSSIBLE.search(text)
    if found:
        return f"cannot hold the character U+{ord(found[0]):04X}; take it out of the text"
    length = utf16_length(text)
    if length > MOST_TEXT:
        return f"cannot hold {length:,} characters; Excel allows {MOST_TEXT:,} in a cell"
    return ""


def _why_no_date(value: date, first: date) -> str:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return f"cannot hold {value.isoformat()}; a cell knows no time zone"
    day = value.date() if isinstance(value, datetime) else value
    if day < first:
        shown = f"{day:%d/%m/}{day.year:04}"
        return f"cannot hold the date {shown}; this workbook's dates begin on {first:%d/%m/%Y}"
    return ""


def _why_no_formula(text: str) -> str:
    if not text:
        return "cannot take a formula without its text (it was shared with other cells)"
    if not text.startswith("=") or text == "=":
        return f"cannot take the formula {text!r}, which does not begin with ="
    if utf16_length(text) > _MOST_FORMULA or _CONTROL.search(text):
        return f"cannot take a formula of more than {_MOST_FORMULA:,} characters, or with control characters"
    return ""


def utf16_length(text: str) -> int:
    """How many characters Excel counts: one beyond the first 65,536 of Unicode counts twice."""
    return len(text) + sum(character > "\uffff" for character in text)


# -- change sets -------------------------------------------------------------------------------


def refuse_impossible(changes: ChangeSet, *, date_1904: bool = False) -> None:
    """Raise OutputError for a change set that no workbook could take, whatever it holds.

    A bad address or column, a cell or a sheet written twice, a value that no cell can hold, a
    sheet or table with an impossible name, columns that do not fit their rows.
    """
    _refuse_two_writers(changes)
    for edit in changes.edits:
        refuse_unwritable(edit.new, f"{edit.sheet}!{edit.address}", date_1904=date_1904)
    for added in changes.rows:
        for (row, column), value in new_cells(added):
            where = f"{added.sheet}!{cell_address(row, column)}"
            refuse_unwritable(value, where, date_1904=date_1904)
    for sheet in changes.sheets:
        _refuse_sheet(sheet, date_1904)


def _refuse_two_writers(changes: ChangeSet) -> None:
    anew: set[str] = set()
    for sheet in changes.sheets:
        if sheet.name.casefold() in anew:
            raise OutputError(
                f"The sheet {sheet.name!r} would be written twice; nothing was written."
            )
        anew.add(sheet.name.casefold())
    cells: set[tuple[str, int, int]] = set()
    rows: set[tuple[str, int]] = set()

    def once(sheet: str, row: int, column: int) -> None:
        cell = (sheet, row, column)
        if cell in cells or sheet.casefold() in anew:
            where = f"{sheet}!{cell_address(row, column)}"
            raise OutputError(f"{where} would be written twice at once; nothing was written.")
        cells.add(cell)

    for edit in changes.edits:
        once(edit.sheet, *edited_cell(edit))
    for added in changes.rows:
        for number in range(added.after + 1, added.after + 1 + len(added.rows)):
            if (added.sheet, number) in rows:
                raise OutputError(
                    f"Row {number} of {added.sheet} would be written twice; nothing was written."
                )
            rows.add((added.sheet, number))
        for (row, column), _ in new_cells(added):
            once(added.sheet, row, column)


def edited_cell(edit: CellEdit) -> tuple[int, int]:
    """The row and column of an edit, from 1. Raises OutputError where the address is none of Excel's."""
    try:
        row, column = parse_address(edit.address)
    except ValueError:
        row, column = 0, 0
    if not (0 < row <= MOST_ROWS and 0 < column <= MOST_COLUMNS):
        raise OutputError(
            f"{edit.address!r} on {edit.sheet} is not the address of a cell; nothing was written."
        )
    return row, column


def new_cells(added: NewRows) -> Iterator[tuple[tuple[int, int], Value]]:
    """The cells of rows to be added: row and column from 1, and the value.

    Raises OutputError for a column or row that Excel has not.
    """
    if added.after < 1 or added.after + len(added.rows) > MOST_ROWS:
        raise OutputError(
            f"{added.sheet} has no row {added.after} with room below it; nothing was written."
        )
    for row, values in enumerate(added.rows, added.after + 1):
        for letters, value in values.items():
            column = column_number(letters) if _LETTERS.fullmatch(letters) else 0
            if not 0 < column <= MOST_COLUMNS:
                raise OutputError(
                    f"{letters!r} is not a column of {added.sheet}; nothing was written."
                )
            yield (row, column), value


# -- agsxl's own sheets ------------------------------------------------------------------------


def own_cell(value: Value | CellLink) -> Value:
    """A value as one of agsxl's own sheets shows it.

    Formulas and errors are shown, not repeated: they become text; only a link is a formula. So does a date before 1904, which
    not every workbook can hold as a date.
    """
    if isinstance(value, CellLink):
        return value.formula
    if isinstance(value, Formula):
        return value.text or None
    if isinstance(value, CellError):
        return value.code
    value = settled(value)
    if isinstance(value, date):
        day = value.date() if isinstance(value, datetime) else value
        if day < FIRST_DAY_1904:
            return f"{day:%d/%m/}{day.year:04}"
    return value


def own_rows(sheet: NewSheet) -> list[list[Value]]:
    """The cells of one of agsxl's own sheets from A1, as a reader finds them.

    >>> from agsxl.edits import SheetColumn
    >>> columns = (SheetColumn("No", 6), SheetColumn("Who", 20))
    >>> own_rows(NewSheet("Change log", title="Changes", table="Log", columns=columns, rows=()))
    [['Changes', None], ['No', 'Who'], ['Nothing to report', None]]
    """
    width = len(sheet.columns)
    lines: list[tuple[Value | CellLink, ...]] = [(sheet.title,), *((note,) for note in sheet.notes)]
    lines.append(tuple(column.heading for column in sheet.columns))
    lines += sheet.rows or ((sheet.nothing,),)
    return [[own_cell(value) for value in line] + [None] * (width - len(line)) for line in lines]


def _refuse_sheet(sheet: NewSheet, date_1904: bool) -> None:
    """Raise OutputError for one of agsxl's own sheets that Excel would not open."""
    for wrong, why in _sheet_faults(sheet):
        if wrong:
            raise OutputError(f"The sheet {sheet.name!r} {why}; nothing was written.")
    for row, values in enumerate(own_rows(sheet), 1):
        for column, value in enumerate(values, 1):
            where = f"{sheet.name}!{cell_address(row, column)}"
            refuse_unwritable(value, where, date_1904=date_1904)


def _sheet_faults(sheet: NewSheet) -> Iterator[tuple[bool, str]]:
    yield _bad_name(sheet.name), "has a name that Excel does not allow"
    table_is_named = _TABLE_NAME.fullmatch(sheet.table) and not _LIKE_A_CELL.fullmatch(sheet.table)
    yield not table_is_named, f"has a table called {sheet.table!r}, which Excel does not allow"
    yield _bad_headings(sheet), "has no headings, one that Excel does not allow, or one twice"
    too_wide = any(len(row) > len(sheet.columns) for row in sheet.rows)
    yield too_wide, "has a row with more values than columns"
    too_long = len(sheet.rows) + len(sheet.notes) + 2 > MOST_ROWS
    yield too_long, f"has {len(sheet.rows):,} rows, more than Excel can hold"


def _bad_name(name: str) -> bool:
    return (
        not name.strip()
        or utf16_length(name) > _MOST_NAME
        or name.startswith("'")
        or name.endswith("'")
        or name.casefold() == "history"
        or bool(re.search(r"[\[\]:*?/\\\x00-\x1f]", name) or _IMPOSSIBLE.search(name))
    )


def _bad_headings(sheet: NewSheet) -> bool:
    headings = [column.heading for column in sheet.columns]
    return (
        not headings
        or any(
            not each.strip() or utf16_length(each) > _MOST_HEADING or _CONTROL.search(each)
            for each in headings
        )
        or len({each.casefold() for each in headings}) < len(headings)
    )
