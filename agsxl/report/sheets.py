"""Sheets of tables: one way of writing a workbook that people read, for every report.

    sheet = Sheet(
        name="Overdue", title="Overdue milestones", table="Overdue", rows=plan.milestones,
        columns=(Column("Ref", 8, lambda m: m.ref), Column("Due", 12, lambda m: m.forecast)),
    )
    write_workbook("overdue.xlsx", [sheet], title="Overdue milestones", as_of=date(2017, 9, 30))

A sheet has its title in A1, a line or two that explains it, and one Excel table: named, filtered,
with its headings frozen and repeated on every printed page. What comes from a plan is always
written as text: never as a formula, a number or a link that its author did not mean. Where somebody
is to type, the heading says so, and the cells are tinted and not locked.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from agsxl.errors import OutputError
from agsxl.grid import Formula, column_letter
from agsxl.plan import Plan
from agsxl.report.finishing import finished
from agsxl.report.placing import placed

T = TypeVar("T")

MOST_LINKS = 65_530  # to a sheet; Excel repairs a workbook that has more
MOST_ROWS = 1_048_576
MOST_TEXT = 32_767  # in a cell, counted as Excel counts, in UTF-16
_MOST_LINK = 2_000  # characters; Excel's own limit is 2,079
_MOST_NAME = 31

RED, AMBER = "#F9DCD8", "#FFF0C8"  # light enough for black text; the words say the same
ENTRY = "#E4F1FA"  # of the cells somebody types in
_MOST_FROZEN = 20  # rows: with more of them a small screen would have no room left to scroll in
_FILL_IN = " (fill in)"  # shown behind such a column's heading, whose text stays as it is
_MOST_CHOICES = 255  # characters of a dropdown's list, commas counted, or of a note at a cell
_DATE, _MOMENT = "dd/mm/yyyy", "dd/mm/yyyy hh:mm"
_WHOLE = "#,##0_ "  # "_ " keeps a figure clear of the text in the next column
_TOTAL = "Total"
_HEADING, _GRID, _LINK = "#1F3864", "#BFBFBF", "#0B4F9E"


class Link(NamedTuple):
    """A cell that opens something: its text, and where it leads as XlsxWriter writes it."""

    text: str
    target: str


Cell = str | int | float | date | Link | Formula | None


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column: its heading, how many characters wide, and how its value is got from a row.

    The cell's own type decides its format: real dates, numbers, text. ``decimals`` is for figures
    that are not whole (None shows them as they are); ``total`` adds the column up below the table;
    ``tint`` gives a row's colour ("" for none), which may only repeat what the words of the cell say.
    ``entry`` is a column that somebody fills in. ``choices`` are offered in a dropdown, and nothing
    else is taken; where Excel's list has no room for them, or a comma in one would divide it, a note
    at the cell names them instead.
    """

    heading: str
    width: float
    get: Callable[[T], Cell]
    decimals: int | None = 0
    total: bool = False
    tint: Callable[[T], str] | None = None
    choices: Sequence[str] = ()
    entry: bool = False


@dataclass(frozen=True, slots=True)
class Sheet(Generic[T]):
    """One sheet: a title, the lines below it, and a table. ``table`` is its name in Excel.

    Without a row the table says ``nothing``: an Excel table cannot be empty. One sheet of a workbook
    at least is not ``hidden``. ``sums`` says that the last row sums the ones above it. ``draw`` puts a
    chart on the sheet: it gets the workbook, the page, and the first row that is free below the table.
    The first column is wide enough for ``nothing``, but where the sheet is ``refilled`` later, with rows
    for which the widths are meant.
    """

    name: str
    title: str
    table: str
    columns: Sequence[Column[T]]
    rows: Sequence[T]
    notes: Sequence[str | Link] = ()
    nothing: str = "Nothing to report"
    hidden: bool = False
    sums: bool = False
    draw: Callable[[Any, Any, int], None] | None = None
    refilled: bool = False


# -- text, names and links ---------------------------------------------------------------------

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def writable(text: str) -> str:
    r"""A text as a cell can hold it: ``writable("a\x07b")`` is "ab".

    Characters that XML forbids are dropped; beyond 32,767 characters it ends in "…".
    """
    text = _UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if text.startswith("<r>") and text.endswith("</r>"):
        text += " "  # XlsxWriter takes such a text for markup of its own, and writes it unescaped
    if len(text) > MOST_TEXT // 2:
        units = text.encode("utf-16-le")
        if len(units) > MOST_TEXT * 2:
            text = units[: (MOST_TEXT - 1) * 2].decode("utf-16-le", "ignore") + "…"
    return text


def sheet_names(wanted: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Names that Excel accepts, none of them twice in any case.

    >>> sheet_names(["A/B: [x]", "a b x", "History"])
    ['A B x', 'a b x (2)', 'History (2)']

    At most 31 characters. "History" belongs to Excel.
    """
    used = {name.casefold() for name in taken} | {"history"}
    names = []
    for text in wanted:
        stem = " ".join(re.sub(r"[\[\]:*?/\\]", " ", _UNWRITABLE.sub("", text)).split()).strip("' ")
        stem = stem or "No name"
        name, number = _cut(stem, _MOST_NAME), 1
        while name.casefold() in used:
            number += 1
            ending = f" ({number})"
            name = _cut(stem, _MOST_NAME - len(ending)) + ending
        used.add(name.casefold())
        names.append(name)
    return names


def _cut(text: str, most: int) -> str:
    """The first characters of a text, counted in UTF-16; no space or apostrophe is left at the end."""
    return text.encode("utf-16-le")[: most * 2].decode("utf-16-le", "ignore").rstrip("' ")


def sheet_link(text: str, sheet: str) -> Link:
    """A link to the top of another sheet of the same workbook."""
    return Link(text, f"internal:{_quoted(sheet)}!A1")


def _quoted(sheet: str) -> str:
    doubled = sheet.replace("'", "''")
    return f"'{doubled}'"


# Excel decodes these in a file's name. XlsxWriter escapes them too, but not in a name that looks
# escaped already ("plan%20v2.xlsx"), and a "#" it takes for the end of the name.
_ESCAPES = {ord(c): f"%{ord(c):02x}" for c in '%#?"<>[]^`{} '}


class PlanLinks:
    """Links from a report to the cells of the plan's workbook; a text has none.

    >>> links = PlanLinks(plan, "plans/action plan.xlsx", "out/findings.xlsx")  # doctest: +SKIP
    >>> links.to("H17", sheet="Plan").target  # doctest: +SKIP
    "external:../plans/action%20plan.xlsx#'Plan'!H17"

    They are relative, so that a folder moved as a whole keeps them; on another drive absolute.
    """

    def __init__(self, plan: Plan, source: str | Path, report: str | Path) -> None:
        self._plan = plan
        self._file = _way(Path(source), Path(report)).translate(_ESCAPES)

    def to(self, cell: str, *, sheet: str, text: str = "") -> Cell:
        """A link to a cell, reading as the cell's address unless ``text`` says otherwise."""
        if not (self._plan.is_workbook and cell and sheet):
            return text or cell
        return Link(text or cell, f"external:{self._file}#{_quoted(sheet)}!{cell}")

    def to_row(self, row: int, *, text: str) -> Cell:
        """A link to the Ref of a row of the plan."""
        return self.to(self._plan.cell("ref", row), sheet=self._plan.sheet, text=text)


def _way(source: Path, report: Path) -> str:
    """The path to the plan from the report's folder."""
    file = os.path.abspath(source)  # noqa: PTH100 - resolve() would undo a mapped drive
    folder = os.path.dirname(os.path.abspath(report))  # noqa: PTH100, PTH120
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:  # another drive
        return file


# -- writing -----------------------------------------------------------------------------------


def write_workbook(
    path: str | Path,
    sheets: Sequence[Sheet[Any]],
    *,
    title: str,
    as_of: date,
    company: str = "",
    source: str | Path | None = None,
) -> Path:
    """Write a workbook of sheets, whole or not at all, and the same bytes for the same content.

    >>> write_workbook("report.xlsx", [sheet], title="Report", as_of=day)  # doctest: +SKIP
    PosixPath('report.xlsx')

    ``as_of`` stands as the day it was made. ``source`` is the plan, which is never written over.
    Raises OutputError where the file is open elsewhere or its folder cannot be written.
    """
    target = Path(path)
    _refuse_too_many(target, sheets)
    return save_workbook(
        target,
        lambda book: _write_sheets(book, sheets),
        title=title,
        as_of=as_of,
        company=company,
        source=source,
    )


def save_workbook(
    target: Path,
    fill: Callable[[Any], None],
    *,
    title: str,
    as_of: date,
    company: str = "",
    source: str | Path | None = None,
) -> Path:
    """Fill a new workbook beside its place, and put it there whole, or nothing at all.

    >>> save_workbook(Path("a.xlsx"), write, title="Returns", as_of=day)  # doctest: +SKIP
    PosixPath('a.xlsx')

    ``fill`` gets the XlsxWriter workbook. ``source`` is the plan, which is never written over. Raises
    OutputError where it cannot be written.
    """
    from xlsxwriter import Workbook

    # Made in memory: a disk that fills up must not leave XlsxWriter holding half a file.
    with placed(target, source=source) as beside:
        buffer = io.BytesIO()
        book = Workbook(buffer, book_options())
        book.set_properties(
            {
                "title": writable(title),
                "company": writable(company),
                "created": datetime.combine(as_of, time(12)),
            }
        )
        fill(book)
        book.close()
        beside.write_bytes(finished(buffer.getvalue()))
    return target


def save_bytes(target: Path, data: bytes) -> Path:
    """Put a workbook that is made already in its place, whole or not at all.

    >>> save_bytes(Path("plan.xlsm"), data)  # doctest: +SKIP
    PosixPath('plan.xlsm')

    Raises OutputError as ``save_workbook`` does.
    """
    with placed(target) as beside:
        beside.write_bytes(data)
    return target


def workbook_bytes(sheets: Sequence[Sheet[Any]]) -> bytes:
    """The bytes of a workbook of sheets, the same for the same content.

    >>> workbook_bytes([sheet])[:2]  # doctest: +SKIP
    b'PK'
    """
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    book = Workbook(buffer, book_options())
    book.set_properties({"created": datetime(2000, 1, 1)})
    _write_sheets(book, sheets)
    book.close()
    return buffer.getvalue()


def _write_sheets(book: Any, sheets: Sequence[Sheet[Any]]) -> None:
    styles = Styles(book)
    pages = [book.add_worksheet(sheet.name) for sheet in sheets]
    for page, sheet in zip(pages, sheets, strict=True):
        write_sheet(page, sheet, styles)
        if sheet.hidden:
            page.hide()
    next(page for page, sheet in zip(pages, sheets, strict=True) if not sheet.hidden).activate()


def book_options() -> dict[str, Any]:
    """How XlsxWriter makes every workbook here. Made anew each time: it writes into what it is given."""
    return {
        "in_memory": True,  # nothing of the plan is left in the folder for temporary files
        # "none": else Excel shows the font of the theme, whatever is named
        "default_format_properties": {"font_name": "Arial", "font_size": 10, "font_scheme": "none"},
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": _DATE,
    }


def _refuse_too_many(target: Path, sheets: Sequence[Sheet[Any]]) -> None:
    for sheet in sheets:
        if len(sheet.rows) + len(sheet.notes) + 3 > MOST_ROWS:
            raise OutputError(
                f"{target} cannot be written because its sheet {sheet.name!r} would have "
                f"{len(sheet.rows):,} rows, more than Excel can hold; divide the plan."
            )


class Styles:
    """The formats of one workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self._made: dict[tuple[str, str, bool, bool], Any] = {}
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.note = book.add_format({})
        self.total = book.add_format(
            {
                "bold": True,
                "border": 1,
                "border_color": _GRID,
                "top": 2,
                "num_format": _WHOLE,
            }
        )
        self.note_link = book.add_format({"font_color": _LINK, "underline": 1})
        heading = {
            "bold": True,
            "font_color": "#FFFFFF",
            "bg_color": _HEADING,
            "border": 1,
            "border_color": _GRID,
            "text_wrap": True,
            "valign": "top",
        }
        self.heading = book.add_format(heading)
        # The words are part of the format, not of the text, which names the table's column.
        self.entry_heading = book.add_format(heading | {"num_format": f'@"{_FILL_IN}"'})

    def cell(self, kind: str, colour: str = "", *, entry: bool = False, sums: bool = False) -> Any:
        """The format of a table's cell: "text", "link", "truth" or a number format."""
        made = self._made.get((kind, colour, entry, sums))
        if made is None:
            look: dict[str, Any] = {"valign": "top", "border": 1, "border_color": _GRID}
            if kind in ("text", "link"):
                look |= {"text_wrap": True}
            elif kind == "truth":
                look |= {"align": "center"}
            else:
                is_date = kind in (_DATE, _MOMENT)
                look |= {"num_format": kind, "align": "center" if is_date else "right"}
            if kind == "General":
                look |= {"indent": 1}  # clear of the text in the next column
            if kind == "link":
                look |= {"font_color": _LINK, "underline": 1}
            if colour or entry:
                look |= {"bg_color": colour or ENTRY}
            if entry:
                look |= {"locked": False}
            if sums:
                look |= {"bold": True, "top": 2}
            made = self._made[kind, colour, entry, sums] = self.book.add_format(look)
        return made


def write_sheet(page: Any, sheet: Sheet[Any], styles: Styles) -> None:
    """Write one sheet onto a page of an XlsxWriter workbook that is being filled.

    >>> write_sheet(book.add_worksheet("Posts"), posts, Styles(book))  # doctest: +SKIP
    """
    page.write_string(0, 0, writable(sheet.title), styles.title)
    for row, note in enumerate(sheet.notes, 1):
        if isinstance(note, Link):
            page.write_url(row, 0, note.target, styles.note_link, writable(note.text))
        else:
            page.write_string(row, 0, writable(note), styles.note)
    top = 1 + len(sheet.notes)
    page.set_row(top, height_of(max(lines_of(_shown(c), c.width - _BUTTON) for c in sheet.columns)))
    last = _write_rows(page, sheet, styles, top + 1)
    _add_table(page, sheet, styles, top, last)
    if sheet.rows:
        _offer_choices(page, sheet, top + 1, last)
    for index in range(len(sheet.columns)):
        page.set_column(index, index, _width(sheet, index))
    if top < _MOST_FROZEN:
        page.freeze_panes(top + 1, 0)
    _lay_out(page, top)
    if sheet.draw is not None:
        summed = any(column.total for column in sheet.columns)
        sheet.draw(styles.book, page, last + summed + 2)


def _lay_out(page: Any, heading_row: int) -> None:
    """A4 landscape, as wide as the paper, the headings on every page."""
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.repeat_rows(heading_row)
    page.set_footer("&L&A&RPage &P of &N")


def _write_rows(page: Any, sheet: Sheet[Any], styles: Styles, first: int) -> int:
    """Write the table's cells; the number of its last row."""
    if not sheet.rows:
        _write_nothing(page, sheet, styles, first)
        return first
    links = sum(isinstance(note, Link) for note in sheet.notes)
    last = first + len(sheet.rows) - 1
    for number, row in enumerate(sheet.rows, first):
        most = 1
        for index, column in enumerate(sheet.columns):
            value = column.get(row)
            colour = column.tint(row) if column.tint is not None else ""
            if isinstance(value, Link):
                links += 1
                if links > MOST_LINKS or len(value.target) > _MOST_LINK:
                    value = value.text
            if isinstance(value, str):
                value = writable(value)
            if isinstance(value, str | Link):
                text = value if isinstance(value, str) else value.text
                most = max(most, lines_of(text, column.width))
            sums = sheet.sums and number == last
            _write_cell(page, number, index, value, column, styles, colour, sums=sums)
        if most > 1:
            page.set_row(number, height_of(most))
    return last


def _write_nothing(page: Any, sheet: Sheet[Any], styles: Styles, row: int) -> None:
    page.write_string(row, 0, sheet.nothing, styles.cell("text"))
    for index in range(1, len(sheet.columns)):
        page.write_blank(row, index, None, styles.cell("text"))
    page.set_row(row, height_of(lines_of(sheet.nothing, _width(sheet, 0))))


def _width(sheet: Sheet[Any], index: int) -> float:
    """The width of a column: the first is wide enough for what is said in place of rows."""
    width = sheet.columns[index].width
    return width if index or sheet.rows or sheet.refilled else max(width, _NOTHING)


_NOTHING = 40
_BUTTON = 2.5  # the width of a filter's button beside its heading
# A column's width is counted in digits; these letters of Arial are half as wide, or wider.
_NARROW = re.compile(r"[ fijlrtI.,:;'|!/()\[\]-]")
_WIDE = re.compile(r"[A-HJ-Z~&<>=+mw]")
_WIDEST = re.compile(r"[mwMW@%\u2e80-\uffdc]")


@lru_cache(maxsize=4096)  # the same leads, statuses and themes stand in thousands of rows
def lines_of(text: str, width: float) -> int:
    """How many lines a text takes in a column, rather one too many than one too few.

    Excel would find out by itself when it opens the workbook; other programs take the height from
    the file, and cut the text.
    """
    if len(text) * 1.5 <= width and "\n" not in text:
        return 1
    narrow, wide, widest = (len(each.findall(text)) for each in (_NARROW, _WIDE, _WIDEST))
    digits = len(text) - narrow / 2 + wide / 4 + widest / 4
    most = max((width - 1) * len(text) / digits, 1)  # characters to a line
    return sum(_folded(paragraph, most) for paragraph in text.split("\n"))


def _folded(paragraph: str, most: float) -> int:
    """The lines of one paragraph, folded between words, and within those that are too long."""
    lines, used = 1, 0.0
    for word in paragraph.split(" "):
        if used and used + len(word) > most:
            lines, used = lines + 1, 0.0
        extra = int((len(word) - 1) // most) if len(word) > most else 0
        lines += extra
        used += len(word) - extra * most + 1
    return lines


def height_of(lines: int) -> float:
    """Points; Excel has no row higher than 409."""
    return min(3 + 12.75 * lines, 409)


def _write_cell(
    page: Any,
    row: int,
    index: int,
    value: Cell,
    column: Column[Any],
    styles: Styles,
    colour: str,
    *,
    sums: bool,
) -> None:
    def look(kind: str) -> Any:
        return styles.cell(kind, colour, entry=column.entry, sums=sums)

    if isinstance(value, str):
        page.write_string(row, index, value, look("text"))
    elif isinstance(value, Formula):
        page.write_formula(row, index, value.text, look("link"), value.cached)
    elif isinstance(value, Link):
        page.write_url(row, index, value.target, look("link"), writable(value.text) or "-")
    elif isinstance(value, date):
        if value.year < 1900:  # before Excel's calendar begins
            page.write_string(row, index, f"{value:%d/%m/}{value.year:04}", look("text"))
        else:
            kind = _MOMENT if isinstance(value, datetime) and value.time() != time() else _DATE
            page.write_datetime(row, index, value, look(kind))
    elif value is None:
        page.write_blank(row, index, None, look("text"))
    elif isinstance(value, bool):
        page.write_boolean(row, index, value, look("truth"))
    elif column.decimals is None:
        page.write_number(row, index, value, look("General"))
    else:
        whole = float(value).is_integer() or not column.decimals
        shown = _WHOLE if whole else f"#,##0.{'0' * column.decimals}_ "
        page.write_number(row, index, value, look(shown))


def _offer_choices(page: Any, sheet: Sheet[Any], first: int, last: int) -> None:
    """A dropdown in each column that has choices."""
    for index, column in enumerate(sheet.columns):
        if not column.choices:
            continue
        if _fits_a_list(column.choices):
            offered = {
                "validate": "list",
                "source": list(column.choices),
                "error_title": "Not one of the choices",
                "error_message": "Choose one from the list, or leave the cell empty.",
            }
        else:
            named = _cut_short("\n".join(column.choices), _MOST_CHOICES)
            offered = {"validate": "any", "input_title": "Choose one", "input_message": named}
        page.data_validation(first, index, last, index, offered)


def _fits_a_list(choices: Sequence[str]) -> bool:
    """Whether Excel can hold choices as one text with commas between them."""
    divided = any(not each.strip() or re.search('[,"\n\r]', each) for each in choices)
    return not divided and len(",".join(choices).encode("utf-16-le")) <= _MOST_CHOICES * 2


def _cut_short(text: str, most: int) -> str:
    return text if len(text.encode("utf-16-le")) <= most * 2 else _cut(text, most - 1) + "…"


def _shown(column: Column[Any]) -> str:
    return column.heading + _FILL_IN if column.entry else column.heading


def _add_table(page: Any, sheet: Sheet[Any], styles: Styles, top: int, last: int) -> None:
    right = len(sheet.columns) - 1
    summed = any(column.total for column in sheet.columns)
    options: dict[str, Any] = {
        "name": sheet.table,
        "style": "Table Style Light 1",
        "banded_rows": False,
        "total_row": summed,
        "columns": [_heading(column, styles) for column in sheet.columns],
    }
    if summed:
        options["columns"][0]["total_string"] = _TOTAL
    page.add_table(top, 0, last + summed, right, options)
    if summed:
        _write_totals(page, sheet, styles, last + 1)
    # A Ref such as "1.1" is text, and is meant to be: Excel need not flag it.
    area = f"A{top + 2}:{column_letter(right + 1)}{last + 1}"
    page.ignore_errors({"number_stored_as_text": area})


def _heading(column: Column[Any], styles: Styles) -> dict[str, Any]:
    look = styles.entry_heading if column.entry else styles.heading
    heading = {"header": column.heading, "header_format": look}
    return heading | {"total_function": "sum"} if column.total else heading


def _write_totals(page: Any, sheet: Sheet[Any], styles: Styles, row: int) -> None:
    """The row below the table: sums of what a filter leaves, as Excel keeps them itself."""
    page.write_string(row, 0, _TOTAL, styles.total)
    for index, column in enumerate(sheet.columns[1:], 1):
        if column.total:
            formula = f"=SUBTOTAL(109,{sheet.table}[{column.heading}])"
            value = sum(_number(column.get(each)) for each in sheet.rows)
            page.write_formula(row, index, formula, styles.total, value)
        else:
            page.write_blank(row, index, None, styles.total)


def _number(value: Cell) -> float:
    return value if isinstance(value, int | float) else 0
