"""The open workbook: read and written in Excel itself, through xlwings.

    with live_book("action-plan.xlsm") as book:      # from outside Excel; caller_book() from a button
        grid = book.read("Plan")
        book.apply(ChangeSet((CellEdit("Plan", "H17", grid.value("H17"), "Complete"),)))

What is written stands in the open workbook and is saved when the officer saves it. A change set is
written whole or not at all here too: everything is looked at first, and where Excel still refuses half
way, what was written is put back. The screen, the calculation and the selection are as they were
afterwards, whatever happened. ``running`` is how Excel is spoken to.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path, PurePath
from typing import Any, NamedTuple, TypeVar

from agsxl.edits import CellLink, ChangeSet, NewRows, NewSheet, Receipt
from agsxl.errors import AgsxlError, ChangedError, OutputError, SourceError
from agsxl.excel.recalculation import translate
from agsxl.excel.running import (
    Cell,
    Formats,
    block,
    bounded,
    hidden_rows,
    is_busy,
    load_xlwings,
    look_up,
    merged_areas,
    native,
    patiently,
    put_cells,
    quietly,
    read_cells,
    remember_formats,
    turning_dates,
    used_area,
    words_of,
    write_cells,
)
from agsxl.excel.values import (
    edited_cell,
    expected_message,
    new_cells,
    own_rows,
    refuse_impossible,
    same_value,
)
from agsxl.grid import Area, Formula, Grid, Value, cell_address
from agsxl.texts import listed

T = TypeVar("T")

_HIDDEN_BOOKS = {"personal.xlsb"}  # macros of the officer's own, open behind every workbook
_HEADING, _ENTRY, _LINK = "#1F3864", "#E4F1FA", "#0B4F9E"
_MOST_CHOICES = 255  # characters of a dropdown's list


class LiveBook:
    """A workbook that is open in Excel: its sheets' names, each sheet as a grid, a change set written.

    >>> book = live_book("action-plan.xlsm")  # doctest: +SKIP
    >>> book.read("Plan").value("H17")  # doctest: +SKIP
    'Finance'

    ``path`` is None for a workbook that was never saved, or lies in the cloud under an https address.
    No copy is made of an open workbook, so ``backups_kept`` says nothing here.
    """

    def __init__(self, book: Any, *, backups_kept: int = 0) -> None:
        self.backups_kept = backups_kept
        self._book = book
        with _asking("The workbook"):
            self._name = str(patiently(lambda: book.name))
            self._full_name = _full_name(book)

    @property
    def name(self) -> str:
        """What the workbook is called: "action-plan.xlsm", or "Book1" where it was never saved."""
        return self._name

    @property
    def path(self) -> Path | None:
        """Where it is on this computer."""
        found = self._full_name
        is_here = "://" not in found and found != self._name
        return Path(found) if is_here else None

    @property
    def workbook(self) -> Any:
        """The same as xlwings has it, for what is no cell: the status bar, the sheet in front."""
        return self._book

    def sheets(self) -> list[str]:
        """The names of the sheets that hold cells, in their order."""
        with _asking(self._name):
            return list(patiently(self._pages))

    def read(self, sheet: str) -> Grid:
        """A sheet as a grid from A1.

        Raises SourceError for a sheet that is not there, and where Excel cannot be read.
        """
        with _asking(self._name):
            page = patiently(lambda: self._page(sheet))
            if page is None:
                raise SourceError(_no_sheet(self._name, sheet, patiently(self._pages)))
            return patiently(lambda: _grid(page, sheet))

    def apply(
        self, changes: ChangeSet, *, restore: Path | None = None, now: datetime | None = None
    ) -> Receipt:
        """Write all of it into the open workbook, or nothing. Nothing is saved.

        ``restore`` and ``now`` mean nothing to an open workbook: it is changed cell by cell, and no copy
        is made. Raises ChangedError where a cell does not hold what was expected, and OutputError where
        something cannot be written; then the workbook is as it was.
        """
        if not changes:
            return Receipt(0)
        refuse_impossible(changes)
        with _asking(self._name, writing=True):
            work = _Work(self._book, self._name, patiently(self._pages))
            patiently(lambda: work.look(changes))
            with _undisturbed(self._book) as calculates, _no_filling_down(self._book.app):
                work.write(changes)
        notes = [] if calculates else ["Excel calculates only when it is asked to; press F9."]
        return Receipt(
            cells=len(changes.edits),
            rows=sum(len(added.rows) for added in changes.rows),
            sheets=tuple(own.name for own in work.own),
            notes=tuple(dict.fromkeys([*work.notes, *notes])),
        )

    def close(self) -> None:
        """Let go of the workbook; it stays open in Excel. Closing twice does no harm."""

    def __enter__(self) -> LiveBook:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _pages(self) -> dict[str, Any]:
        return {str(sheet.name): sheet for sheet in self._book.sheets}

    def _page(self, name: str) -> Any:
        """A sheet by its name to the letter; Excel itself knows no capitals. None where it is not there."""
        try:
            page = self._book.sheets[name]
            if str(page.name) == name:
                return page
        except Exception:  # not there, or Excel is busy: the list of all of them tells
            return self._pages().get(name)
        return None


# -- finding it --------------------------------------------------------------------------------


def live_book(name: str | None = None) -> LiveBook:
    """The workbook that is open in Excel, from outside it.

    >>> live_book("action-plan.xlsm").path  # doctest: +SKIP
    PosixPath('/plans/action-plan.xlsm')

    ``name`` is its name, with or without its ending, or its path; not needed where one workbook is open.
    Raises SourceError where none is open, or several and it is not said which.
    """
    with _asking("Excel"):
        books = patiently(_open_books)
        there = listed(sorted(book.name for book in books))
        if not books:
            raise SourceError(
                "No workbook is open in Excel; open the plan there, or name its file instead."
            )
        if name is None:
            if len(books) > 1:
                raise SourceError(
                    f"{len(books)} workbooks are open in Excel: {there}; say which one is meant."
                )
            return books[0]
        found = [book for book in books if _is_called(book, name)]
        if not found:
            raise SourceError(f"No workbook called {name!r} is open in Excel; open are {there}.")
        if len(found) > 1:
            where = listed(sorted(str(book.path or book.name) for book in found))
            raise SourceError(
                f"{len(found)} workbooks called {name!r} are open in Excel: {where}; give the whole path, or "
                "close all but one."
            )
        return found[0]


def caller_book() -> LiveBook:
    """The workbook whose button was pressed. Raises SourceError where none was.

    >>> caller_book().name  # doctest: +SKIP
    'action-plan.xlsm'
    """
    excel = _excel()
    given = [arg.removeprefix("--wb=") for arg in sys.argv if arg.startswith("--wb=")]
    if "=" in "".join(given):  # xlwings takes the name for ended there
        return live_book(given[0])
    try:
        with bounded():
            return LiveBook(patiently(excel.Book.caller))
    except AgsxlError:
        raise
    except Exception as fault:
        raise SourceError(
            "This is run by a button of the plan's workbook; from a terminal, give --live or name the file."
        ) from fault


def _excel() -> Any:
    """xlwings, where it reaches a program. Raises SourceError where it reaches none."""
    excel = load_xlwings()
    if excel.engines.active is None:
        if sys.platform in ("win32", "darwin"):
            raise SourceError(
                "xlwings does not reach Excel here, because a part of it is missing; install it again with: "
                "python -m pip install --force-reinstall xlwings"
            )
        raise SourceError(
            "An open workbook can be reached on Windows and macOS only; close it and name its file instead."
        )
    return excel


def _open_books() -> list[LiveBook]:
    return [
        LiveBook(book)
        for app in _excel().apps
        for book in app.books
        if book.name.casefold() not in _HIDDEN_BOOKS
    ]


def _is_called(book: LiveBook, name: str) -> bool:
    asked = name.casefold().replace("\\", "/")
    own = book.name.casefold()
    if asked in (own, PurePath(own).stem):
        return True
    if "://" in name or book.path is None:
        return asked == book._full_name.casefold().replace("\\", "/")
    return "/" in asked and Path(name).resolve() == book.path.resolve()


def _full_name(book: Any) -> str:
    """The path or the address of a workbook, as Excel says it.

    xlwings would look for the file of an https address on this computer, which may take long or fail.
    """
    found = native(book, "FullName", "full_name")
    return str(found if found is not None else patiently(lambda: book.fullname))


def _no_sheet(name: str, sheet: str, there: Sequence[str] | dict[str, Any]) -> str:
    return f"{name} has no sheet {sheet!r}; its sheets are {', '.join(map(repr, there))}."


def _grid(page: Any, name: str) -> Grid:
    area = used_area(page)
    rows = read_cells(page, area)
    width = max((n for row in rows for n, v in enumerate(row, 1) if v is not None), default=0)
    while rows and all(value is None for value in rows[-1]):
        rows.pop()
    return Grid(
        name,
        [row[:width] for row in rows],
        hidden_rows(page, area.bottom),
        merged_areas(page, area),
        visible=page.visible in (True, -1),  # very hidden is 2
    )


# -- what Excel says ---------------------------------------------------------------------------


@contextmanager
def _asking(name: str, *, writing: bool = False) -> Iterator[None]:
    """Turn what Excel says into a sentence for a person."""
    try:
        with bounded():
            yield
    except AgsxlError:
        raise
    except Exception as fault:
        error = OutputError if writing else SourceError
        nothing = "; nothing was written" if writing else ""
        if is_busy(fault):
            raise error(
                f"Excel is busy: a cell is being edited there, or a question stands open{nothing}. Press Enter "
                "or Escape in Excel and try again."
            ) from fault
        done = "written into" if writing else "read in Excel"
        raise error(
            f"{name} could not be {done}{words_of(fault)}{nothing}. See that it is still open in Excel, and "
            "try again."
        ) from fault


@contextmanager
def _undisturbed(book: Any) -> Iterator[bool]:
    """Write without a flicker, and leave Excel as it was; gives whether it calculates by itself.

    That a mode can be set also shows that Excel takes anything at all: while a cell is edited it does not.
    """
    app = book.app
    modes = {
        "screen_updating": False, "enable_events": False, "calculation": "manual",
    }  # fmt: skip
    before = {mode: patiently(partial(getattr, app, mode)) for mode in modes}
    place = _place(app, book)
    done: list[str] = []
    try:
        for mode, value in modes.items():
            done.append(mode)
            patiently(partial(setattr, app, mode, value))
        yield before["calculation"] != "manual"
    finally:
        quietly(lambda: _return_to(place))
        for mode in reversed(done):
            with suppress(Exception):
                patiently(partial(setattr, app, mode, before[mode]))


@contextmanager
def _no_filling_down(app: Any) -> Iterator[None]:
    """Keep Excel from filling a formula down a column of a table that is empty otherwise, as it does on
    Windows when one is entered."""
    options = patiently(lambda: native(app, "AutoCorrect", "autocorrect"))
    before = getattr(options, "AutoFillFormulasInLists", None)
    if before is None:
        yield
        return
    options.AutoFillFormulasInLists = False
    try:
        yield
    finally:
        quietly(lambda: setattr(options, "AutoFillFormulasInLists", before))


class _Place(NamedTuple):
    """Where the officer stands: the workbook in front, its sheet, the sheet of the plan, what is selected."""

    front: Any
    sheet: Any
    selected: Any
    address: str


def _place(app: Any, book: Any) -> _Place:
    front: Any = None
    sheet: Any = None
    selected: Any = None
    address = ""
    with suppress(Exception):  # a chart may be selected, or no window be there
        front, sheet = app.books.active, book.sheets.active
        selected = app.selection
        address = selected.address if selected is not None else ""
    return _Place(front, sheet, selected, address)


def _return_to(place: _Place) -> None:
    if place.sheet is None:
        return
    book = place.sheet.book
    if book.sheets.active.name != place.sheet.name:
        place.sheet.activate()
    if place.front is not None and book.app.books.active.name != place.front.name:
        place.front.activate()
    now = book.app.selection
    if place.selected is not None and (now is None or now.address != place.address):
        place.selected.sheet.range(place.address).select()


# -- writing -----------------------------------------------------------------------------------


class _Rows(NamedTuple):
    """Rows to be added, when everything is known: the cells, and how far the table grows.

    ``table`` is None for a list without one.
    """

    sheet: str
    page: Any
    cells: dict[Cell, Value]
    table: Any
    area: Area
    grown: Area


class _Own(NamedTuple):
    """One of agsxl's own sheets: ``page`` is None where it is to be made, ``table`` where it has none."""

    name: str
    page: Any
    table: Any
    sheet: NewSheet


class _Work:
    """One change set being written: looked at as a whole first, and put back where it fails."""

    def __init__(self, book: Any, name: str, pages: dict[str, Any]) -> None:
        self._book = book
        self._name = name
        self._pages = pages
        self._edits: dict[str, dict[Cell, Value]] = {}
        self._before: dict[str, dict[Cell, Value]] = {}
        self._rows: list[_Rows] = []
        self.own: list[_Own] = []
        self.notes: list[str] = []
        self._undo: list[Callable[[], object]] = []
        self._undressed = False

    # -- first everything is looked at -------------------------------------------------------------

    def look(self, changes: ChangeSet) -> None:
        """Refuse what cannot be written, before anything is. Can be asked again."""
        self._edits.clear()
        self._before.clear()
        self._rows.clear()
        self.own.clear()
        self._refuse_reading_only()
        named = [edit.sheet for edit in changes.edits] + [added.sheet for added in changes.rows]
        for name in named:
            if name not in self._pages:
                raise OutputError(
                    f"{_no_sheet(self._name, name, self._pages)} Nothing was written."
                )
        self._look_at_edits(changes)
        self._rows += [self._look_at_rows(added) for added in changes.rows]
        self.own += [self._look_at_own(sheet) for sheet in changes.sheets]

    def _refuse_reading_only(self) -> None:
        if native(self._book, "ReadOnly", "read_only") is True:
            raise OutputError(
                f"{self._name} is open for reading only, so that nothing could be saved in it; nothing was "
                "written. Save it under another name, or open it again when nobody else has it open."
            )

    def _look_at_edits(self, changes: ChangeSet) -> None:
        for sheet in dict.fromkeys(edit.sheet for edit in changes.edits):
            edits = {edited_cell(edit): edit for edit in changes.edits if edit.sheet == sheet}
            page = self._pages[sheet]
            found = look_up(page, edits)
            for place, edit in edits.items():
                if not same_value(edit.expected, found[place]):
                    where = f"{sheet}!{edit.address}"
                    raise ChangedError(expected_message(where, edit.expected, found[place]))
            writing = {
                place: edit.new
                for place, edit in edits.items()
                if not same_value(edit.expected, edit.new)
            }
            self._refuse_locked(page, writing)
            self._edits[sheet] = writing
            self._before[sheet] = {place: found[place] for place in writing}

    def _refuse_locked(self, page: Any, places: Sequence[Cell] | dict[Cell, Value]) -> None:
        if not places or native(page, "ProtectContents", "protect_contents") is not True:
            return
        for place in places:
            if native(block(page, Area(*place, *place)), "Locked", "locked") is not False:
                raise OutputError(
                    f"{page.name}!{cell_address(*place)} is locked, because its sheet is protected; nothing was "
                    "written. Take the protection off (Review, Unprotect Sheet) and try again."
                )

    def _look_at_rows(self, added: NewRows) -> _Rows:
        page = self._pages[added.sheet]
        given = dict(new_cells(added))
        last = added.after + len(added.rows)
        columns = [column for _, column in given]
        used = used_area(page)
        table, area, totals = self._table_at(page, added.after, columns)
        whole = Area(1, 1, max(used.bottom, last), max([used.right, *columns]))
        model = added.after if table is None else max(added.after, area.top + 1)
        first = max(added.after - 1, 1)
        rows = read_cells(page, whole._replace(top=first, bottom=max(last, model)))
        there = dict(enumerate(rows, first))
        if table is None:
            filled = [n for n, value in enumerate(there[added.after], 1) if value is not None]
            if not filled:
                raise ChangedError(
                    f"Row {added.after} of {added.sheet} was the last of its table when it was read and is "
                    "empty now; nothing was written. Read the workbook again."
                )
            area = Area(1, min([*filled, *columns]), added.after, max([*filled, *columns]))
        elif totals and last > area.bottom:
            raise OutputError(
                f"The table {table.name} on {added.sheet} has a totals row, which stands where new rows go; "
                "nothing was written. Switch it off in Excel (Table Design, Total Row) and try again."
            )
        calculated = {} if table is None else self._calculated(area, model, there)
        cells: dict[Cell, Value] = {}
        for row in range(added.after + 1, last + 1):
            for column in range(1, whole.right + 1):
                value = there[row][column - 1]
                inside = area.left <= column <= area.right or column in columns
                ready = row <= area.bottom and column in calculated and (row, column) not in given
                if value is not None and not ready and (table is None or inside):
                    raise ChangedError(
                        f"{added.sheet}!{cell_address(row, column)} is below the last row and is not empty, so "
                        "that no rows can be added; nothing was written. Make room there, or read the workbook "
                        "again."
                    )
                if given.get((row, column)) is not None:
                    cells[row, column] = given[row, column]
                elif column in calculated and value is None:
                    origin = cell_address(model, column)
                    text = translate(calculated[column], origin, cell_address(row, column))
                    cells[row, column] = Formula(text, None)
        new = Area(added.after + 1, min([area.left, *columns]), last, max([area.right, *columns]))
        self._refuse_no_room(page, table, new)
        self._refuse_locked(page, cells)
        grown = area._replace(bottom=max(area.bottom, last))
        return _Rows(added.sheet, page, cells, table, area, grown)

    def _table_at(self, page: Any, row: int, columns: list[int]) -> tuple[Any, Area, bool]:
        """The table in which a row stands, its area without a totals row, and whether it has one."""
        for table in page.tables:
            area = _area_of(table.range)
            totals = bool(table.show_totals)
            if area.top <= row <= area.bottom and (
                not columns or area.left <= min(columns) <= area.right
            ):
                return table, area._replace(bottom=area.bottom - totals), totals
        return None, Area(1, 1, row, 1), False

    def _calculated(self, area: Area, model: int, there: dict[int, list[Value]]) -> dict[int, str]:
        """The formulas of a table's calculated columns as they read in its last row: those that say the
        same in the row above it."""
        found = {}
        for column in range(area.left, area.right + 1):
            here = there[model][column - 1]
            if not isinstance(here, Formula):
                continue
            if model - 1 > area.top:
                above = there[model - 1][column - 1]
                place = cell_address(model, column), cell_address(model - 1, column)
                if not isinstance(above, Formula) or above.text != translate(here.text, *place):
                    continue
            found[column] = here.text
        return found

    def _refuse_no_room(self, page: Any, table: Any, new: Area) -> None:
        if new.bottom < new.top:
            return
        for area in merged_areas(page, new):
            raise OutputError(
                f"The merged cells {_address(area)} on {page.name} are where new rows go; nothing was written. "
                "Unmerge them in Excel and try again."
            )
        for other in page.tables:
            if (table is None or other.name != table.name) and _meet(_area_of(other.range), new):
                raise OutputError(
                    f"The table {other.name} on {page.name} is where new rows go; nothing was written. Move it "
                    "in Excel and try again."
                )

    def _look_at_own(self, sheet: NewSheet) -> _Own:
        name = next((n for n in self._pages if n.casefold() == sheet.name.casefold()), "")
        if not name:
            if native(self._book, "ProtectStructure", "protect_structure") is True:
                raise OutputError(
                    f"{self._name} takes no new sheet {sheet.name!r} because its structure is protected; nothing "
                    "was written. Take the protection off (Review, Protect Workbook) and try again."
                )
            return _Own(sheet.name, None, None, sheet)
        page = self._pages[name]
        tables = list(page.tables)
        own = re.compile(re.escape(sheet.table) + r"(_\d+)?", re.IGNORECASE)
        if len(tables) == 1 and own.fullmatch(tables[0].name):
            table = tables[0]
        elif not tables and not any(
            value is not None for row in read_cells(page, used_area(page)) for value in row
        ):
            table = None
        else:
            raise OutputError(
                f"{self._name} has a sheet {name!r} that agsxl did not make, and it is not written over; give it "
                "another name and try again."
            )
        if native(page, "ProtectContents", "protect_contents") is True:
            raise OutputError(
                f"The sheet {name!r} of {self._name} is protected, and agsxl makes it anew; nothing was written. "
                "Take the protection off (Review, Unprotect Sheet) and try again."
            )
        return _Own(name, page, table, sheet)

    # -- then it is written ------------------------------------------------------------------------

    def write(self, changes: ChangeSet) -> None:
        """Write what was looked at; where Excel refuses, put back what was written."""
        try:
            for sheet, cells in self._edits.items():
                if cells:
                    self._put(self._pages[sheet], cells, self._before[sheet])
            for rows in self._rows:
                self._add_rows(rows)
            for own in self.own:
                if own.page is None:
                    self._make(own)
                else:
                    self._refill(own)
        except BaseException:
            self._put_back()
            raise

    def _put_back(self) -> None:
        failed = False
        for undo in reversed(self._undo):
            try:
                patiently(undo)
            except Exception:
                failed = True
        if failed:
            raise OutputError(
                f"Excel refused in the middle, and not all that was written into {self._name} could be put back; "
                "close the workbook without saving it, and open it again."
            )

    def _put(self, page: Any, cells: dict[Cell, Value], before: dict[Cell, Value]) -> None:
        formats: Formats = []
        remember_formats(page, turning_dates(cells, before), formats)
        self._undo.append(lambda: _restore(page, before, formats))
        write_cells(page, cells, formats)

    def _add_rows(self, rows: _Rows) -> None:
        page, area, grown = rows.page, rows.area, rows.grown
        if rows.table is not None and grown != area:
            self._undo.append(lambda: rows.table.resize(block(page, area)))
            patiently(lambda: rows.table.resize(block(page, grown)))
        if grown.bottom > area.bottom > area.top:
            # Before the values: a format that comes after a date would hide it again.
            last, new = area._replace(top=area.bottom), grown._replace(top=area.bottom + 1)
            self._undo.append(lambda: block(page, new).clear_formats())
            self._dress(rows.sheet, lambda: _like(page, last, grown.bottom))
        self._put(page, rows.cells, dict.fromkeys(rows.cells))

    def _make(self, own: _Own) -> None:
        """A new sheet behind all others."""
        there = set(self._pages)
        self._undo.append(lambda: self._remove_sheets(there))
        page = self._book.sheets.add(after=self._book.sheets[len(self._book.sheets) - 1])
        patiently(lambda: setattr(page, "name", own.sheet.name))
        self._pages[own.sheet.name] = page
        self._fill(page, own.sheet)
        if own.sheet.hidden:
            patiently(lambda: setattr(page, "visible", False))

    def _remove_sheets(self, kept: set[str]) -> None:
        for page in list(self._book.sheets):
            if page.name not in kept:
                page.delete()

    def _fill(self, page: Any, sheet: NewSheet) -> None:
        """The contents of a sheet that is empty, its table and its look."""
        rows = own_rows(sheet)
        top, width = len(sheet.notes) + 2, len(sheet.columns)
        cells = _cells_of(rows)
        self._put(page, cells, dict.fromkeys(cells))
        table = Area(top, 1, len(rows), width)
        name = patiently(lambda: self._free_name(sheet.table))
        self._undo.append(lambda: page.range(f"1:{len(rows)}").delete("up"))  # the table with them
        patiently(
            lambda: page.tables.add(
                source=block(page, table), name=name, table_style_name="TableStyleLight1"
            )
        )
        self._dress(sheet.name, lambda: _first_look(page, sheet, table))
        self._offer(page, sheet, table)

    def _free_name(self, wanted: str) -> str:
        taken = {str(table.name).casefold() for page in self._book.sheets for table in page.tables}
        name, number = wanted, 1
        while name.casefold() in taken:
            number += 1
            name = f"{wanted}_{number}"
        return name

    def _refill(self, own: _Own) -> None:
        """The contents of a sheet made anew; all else on it stays."""
        page, sheet = own.page, own.sheet
        if own.table is None:
            self._fill(page, sheet)
            return
        table = own.table
        old = patiently(lambda: _area_of(table.range))
        self._dress(sheet.name, lambda: table.autofilter.clear())
        used = patiently(lambda: used_area(page))
        before = _cells_of(patiently(lambda: read_cells(page, used)))
        rows = own_rows(sheet)
        top, width = len(sheet.notes) + 2, len(sheet.columns)
        new = Area(top, 1, len(rows), width)
        formats: Formats = []
        self._undo.append(lambda: _restore_own(page, table, old, before, formats))
        _empty(page, old, used)
        _move(page, old.top, top - old.top)
        patiently(lambda: table.resize(block(page, new)))
        used = patiently(lambda: used_area(page))
        if used.right > width:  # headings that are no longer the table's
            patiently(
                lambda: block(page, Area(1, width + 1, used.bottom, used.right)).clear_contents()
            )
        if new.bottom > top + 1:
            model = Area(top + 1, 1, top + 1, width)
            self._dress(sheet.name, lambda: _like(page, model, new.bottom))
        cells = _cells_of(rows)
        remember_formats(page, turning_dates(cells, before), formats)
        write_cells(page, cells, formats)
        bottom = old.bottom + top - old.top
        if bottom > new.bottom:
            below = Area(new.bottom + 1, 1, bottom, max(width, old.right))
            self._dress(sheet.name, lambda: block(page, below).clear_formats())
        self._offer(page, sheet, new)
        self._dress(own.name, lambda: block(page, new).rows.autofit())

    def _offer(self, page: Any, sheet: NewSheet, table: Area) -> None:
        """The dropdowns of the columns that offer choices."""
        if not sheet.rows:
            return
        for number, column in enumerate(sheet.columns, 1):
            if column.choices:
                body = Area(table.top + 1, number, table.bottom, number)
                self._dress(sheet.name, partial(_dropdown, page, body, column.choices))

    def _dress(self, sheet: str, task: Callable[[], object]) -> None:
        """The look of a sheet: where Excel refuses that, the values are right all the same."""
        if self._undressed:  # Excel is busy: it need not be asked again and again
            return
        try:
            patiently(task)
        except Exception as fault:
            self._undressed = is_busy(fault)
            self.notes.append(f"Not all of the look of {sheet} could be set{words_of(fault)}.")


def _cells_of(rows: Sequence[Sequence[Value]]) -> dict[Cell, Value]:
    return {
        (row, column): value
        for row, values in enumerate(rows, 1)
        for column, value in enumerate(values, 1)
    }


def _area_of(cells: Any) -> Area:
    rows, columns = cells.shape
    top, left = int(cells.row), int(cells.column)
    return Area(top, left, top + rows - 1, left + columns - 1)


def _address(area: Area) -> str:
    return f"{cell_address(area.top, area.left)}:{cell_address(area.bottom, area.right)}"


def _meet(one: Area, other: Area) -> bool:
    return (
        one.top <= other.bottom and other.top <= one.bottom
        and one.left <= other.right and other.left <= one.right
    )  # fmt: skip


def _restore(page: Any, before: dict[Cell, Value], formats: Formats) -> None:
    for area, text in reversed(formats):
        block(page, area).number_format = text
    put_cells(page, before)


def _restore_own(
    page: Any, table: Any, old: Area, before: dict[Cell, Value], formats: Formats
) -> None:
    """A sheet of agsxl's own as it was, from wherever writing it ended."""
    now = _area_of(table.range)
    _empty(page, now, used_area(page))
    for area, text in reversed(formats):
        block(page, area).number_format = text
    _move(page, now.top, old.top - now.top)
    table.resize(block(page, old))
    used = used_area(page)
    if used.right > old.right:
        block(page, Area(1, old.right + 1, used.bottom, used.right)).clear_contents()
    put_cells(page, before)


def _empty(page: Any, table: Area, used: Area) -> None:
    """Empty a sheet but for its table's headings: without one, Excel would name the column itself."""
    right = max(used.right, table.right)
    if table.top > 1:
        patiently(lambda: block(page, Area(1, 1, table.top - 1, right)).clear_contents())
    bottom = max(used.bottom, table.bottom)
    patiently(lambda: block(page, Area(table.top + 1, 1, bottom, right)).clear_contents())


def _move(page: Any, top: int, by: int) -> None:
    """Move a table down or up, with all that is below: its headings cannot be elsewhere otherwise."""
    if by > 0:
        patiently(lambda: page.range(f"{top}:{top + by - 1}").insert("down"))
    elif by < 0:
        patiently(lambda: page.range(f"{top + by}:{top - 1}").delete("up"))


def _like(page: Any, model: Area, bottom: int) -> None:
    """Give the rows below a row its look, as Excel fills it down."""
    block(page, model).autofill(block(page, model._replace(bottom=bottom)), "fill_formats")


def _dropdown(page: Any, area: Area, choices: Sequence[str]) -> None:
    validation = block(page, area).data_validation
    validation.delete()
    # What has the sign between two choices in it cannot be told apart from two of them.
    if len(",".join(choices)) <= _MOST_CHOICES and not any(set(",;") & set(c) for c in choices):
        validation.set_list(list(choices))


def _first_look(page: Any, sheet: NewSheet, table: Area) -> None:
    title = page.range((1, 1))
    title.font.bold, title.font.size = True, 14
    heading = block(page, table._replace(bottom=table.top))
    heading.color, heading.font.color, heading.font.bold = _HEADING, "#FFFFFF", True
    whole = block(page, table)
    whole.wrap_text = True
    whole.vertical_alignment = "top"
    for number, column in enumerate(sheet.columns, 1):
        cells = block(page, Area(table.top + 1, number, table.bottom, number))
        cells.column_width = column.width
        if column.entry:
            cells.color = _ENTRY
        if any(
            isinstance(value, CellLink) for row in sheet.rows for value in row[number - 1 : number]
        ):
            cells.font.color = _LINK
    whole.rows.autofit()
