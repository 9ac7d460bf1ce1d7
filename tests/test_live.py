"""The open workbook, in a running LibreOffice behind xlwings: what the port's contract does not say.

How it is found, what disturbs it, and that nothing is ever half written. What needs no program is here
too: how a busy Excel is waited for, and what its values and words become.
"""

from __future__ import annotations

import subprocess
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agsxl.edits import CellEdit, CellLink, ChangeSet, NewRows, NewSheet, SheetColumn
from agsxl.errors import ChangedError, FarCellError, OutputError, SourceError
from agsxl.excel import live, running
from agsxl.excel.file import open_book
from agsxl.excel.live import LiveBook, caller_book, live_book
from agsxl.excel.values import same_value
from agsxl.grid import CellError, Formula, Grid, Value
from agsxl.layout.milestones import read_plan
from tests.books import TWELVE, write_book
from tests.live_office import Office, an_office
from tests.plans import SAMPLE
from tests.test_port import (
    PLAN,
    SHEET,
    VALUES,
    as_held,
    everything,
    held,
    other_sheet,
    write_sheets,
)


@pytest.fixture
def office(pytestconfig) -> Iterator[Office]:
    """The running LibreOffice, and what was opened in it closed afterwards."""
    yield from an_office(pytestconfig)


@pytest.fixture
def faults():
    from tests.live_office.engine import faults

    faults.none()
    yield faults
    faults.none()


@pytest.fixture
def plan(office, tmp_path) -> LiveBook:
    """A plan with a table, and a list of the officer's own."""
    path = write_sheets(
        tmp_path / "plan.xlsx",
        {"Plan": PLAN, "Log": [["When", "Who"], [datetime(2017, 9, 30, 16, 5), "Officer"]]},
        {"Plan": "A1:F4"},
    )
    return LiveBook(office.open(path))


def edit(address: str, new: Value, expected: Value = None, sheet: str = "Plan") -> ChangeSet:
    return ChangeSet((CellEdit(sheet, address, expected, new),))


COMPLETE = edit("C2", "Complete", "On target")


# -- without any program -----------------------------------------------------------------------


def test_where_no_excel_can_run_one_sentence_says_so(monkeypatch):
    monkeypatch.setattr(running.load_xlwings().engines, "active", None)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(SourceError, match="Windows and macOS only"):
        live_book()
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(SourceError, match="a part of it is missing"):
        live_book()


def test_xlwings_is_loaded_without_what_makes_it_slow():
    code = """
import sys
from agsxl.excel.running import load_xlwings
load_xlwings().utils
print(sorted({"pandas", "numpy", "polars", "matplotlib", "PIL"} & set(sys.modules)))
import pandas, numpy
print(pandas.DataFrame({"a": [1]}).shape)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == ["[]", "(1, 1)"]


def test_what_is_loaded_already_stays(monkeypatch):
    import xlwings

    assert running.load_xlwings() is xlwings


def test_xlwings_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "xlwings", None)
    before = set(sys.modules)
    with pytest.raises(SourceError, match="pip install xlwings"):
        running.load_xlwings()
    assert set(sys.modules) == before


class Refusal(Exception):
    """As Windows says it."""

    def __init__(self, hresult: int, words: str = "", scode: int = 0) -> None:
        super().__init__(hresult, "Exception occurred.", (0, "Excel", words, None, 0, scode), None)
        self.hresult = hresult


class NoAnswer(Exception):
    """As a Mac says it."""

    errornumber = -1712


class ExcelBusyError(Exception):
    """As xlwings says it."""


@pytest.mark.parametrize(
    ("fault", "busy"),
    [
        (Refusal(-2147418111), True),
        (Refusal(-2147417846), True),
        (Refusal(-2146777998), True),
        (Refusal(-2147352567, scode=-2146777998), True),
        (Refusal(-2147352567, "a protected sheet", -2146827284), False),
        (NoAnswer(), True),
        (ExcelBusyError(), True),
        (ValueError("x"), False),
        (ValueError(1, 2, 3), False),
    ],
    ids=repr,
)
def test_a_busy_excel_is_told_from_one_that_refuses(fault, busy):
    assert running.is_busy(fault) is busy


def test_excels_own_words_are_passed_on_in_brackets():
    assert running.words_of(Refusal(1, "The sheet\n is  protected.")) == (
        ' (Excel says: "The sheet is protected.")'
    )
    assert running.words_of(ValueError("x")) == running.words_of(Refusal(1)) == ""


def test_a_busy_excel_is_asked_again_for_a_while(monkeypatch):
    asked: list[int] = []

    def ask() -> str:
        asked.append(1)
        if len(asked) < 3:
            raise Refusal(-2147418111)
        return "done"

    monkeypatch.setattr(running, "_PAUSE", 0.001)
    assert running.patiently(ask) == "done"
    assert len(asked) == 3
    monkeypatch.setattr(running, "PATIENCE", 0.02)
    with pytest.raises(Refusal):
        running.patiently(lambda: refuse(Refusal(-2147418111)))


def test_an_excel_that_refuses_is_asked_once():
    asked: list[int] = []

    def ask() -> None:
        asked.append(1)
        raise Refusal(-2147352567, "protected")

    with pytest.raises(Refusal):
        running.patiently(ask)
    assert len(asked) == 1


def refuse(fault: Exception) -> Any:
    raise fault


class Asked:
    """Something of Excel's that answers with a fault."""

    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    @property
    def api(self) -> Any:
        raise self.fault


def test_what_excel_does_not_know_is_nothing_but_what_it_is_too_busy_for_is_asked_again():
    assert running.native(Asked(AttributeError("ReadOnly")), "ReadOnly", "read_only") is None
    with pytest.raises(Refusal):
        running.native(Asked(Refusal(-2147418111)), "ReadOnly", "read_only")


def test_xlwings_itself_asks_a_busy_excel_once(monkeypatch):
    inside = types.SimpleNamespace(N_COM_ATTEMPTS=0)
    monkeypatch.setitem(sys.modules, "xlwings._xlwindows", inside)
    with pytest.raises(ValueError, match="x"), running.bounded():
        assert inside.N_COM_ATTEMPTS == 1
        raise ValueError("x")
    assert inside.N_COM_ATTEMPTS == 0


class Cells:
    """A block as xlwings gives it on Windows: values, formulas, and values with errors as nothing."""

    def __init__(self, found: Any, formula: Any, bare: Any) -> None:
        self.found, self.formula, self.bare = found, formula, bare

    def options(self, *, ndim: int, err_to_str: bool) -> Any:
        assert ndim == 2
        return types.SimpleNamespace(value=[[self.found if err_to_str else self.bare]])


class OneCell:
    def __init__(self, *found: Any) -> None:
        self.cells = Cells(*found)

    def range(self, *_: Any) -> Cells:
        return self.cells


@pytest.mark.parametrize(
    ("found", "formula", "bare", "value"),
    [
        (None, "", None, None),
        ("", "", "", None),
        (2.0, "2", 2.0, 2),
        (2.5, "2.5", 2.5, 2.5),
        (True, "TRUE", True, True),
        (Decimal("12.50"), "12.5", Decimal("12.50"), 12.5),
        (datetime(2017, 9, 30), "43008", datetime(2017, 9, 30), date(2017, 9, 30)),
        (datetime(2017, 9, 30, 9, 30), "43008.4", datetime(2017, 9, 30, 9, 30), datetime(2017, 9, 30, 9, 30)),
        (datetime(1899, 12, 30, 6), "0.25", datetime(1899, 12, 30, 6), 0.25),
        (datetime(1899, 12, 30), "0", datetime(1899, 12, 30), 0),
        ("=1+1", "=1+1", "=1+1", "=1+1"),
        (2.0, "=1+1", 2.0, Formula("=1+1", 2)),
        (None, '=""', None, Formula('=""', None)),
        ("#N/A", "#N/A", "#N/A", "#N/A"),
        ("#N/A", "#N/A", None, CellError("#N/A")),
        ("#REF!", "=#REF!", None, Formula("=#REF!", CellError("#REF!"))),
        ("#N/A", '="#"&"N/A"', "#N/A", Formula('="#"&"N/A"', "#N/A")),
        (-2146826245, "=X", -2146826245, Formula("=X", CellError("#GETTING_DATA"))),
        (-2146826243, "=X", -2146826243, Formula("=X", CellError("#SPILL!"))),
    ],
    ids=repr,
)  # fmt: skip
def test_what_windows_gives_becomes_what_a_file_has(found, formula, bare, value):
    from agsxl.grid import Area

    [[read]] = running.read_cells(OneCell(found, formula, bare), Area(1, 1, 1, 1))
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize("text", ["On target", "Head of Finance", "Agreed, and booked."])
def test_plain_words_are_written_as_they_are(text):
    assert running._as_text(text, False) == text


@pytest.mark.parametrize(
    "text", ["007", "=1", "+44", "-1", "@x", "'s", "TRUE", "wahr", "#N/A", "May 17", "1/2", "50%",
             "£5", " ", "a\tb", "Mai", "٣", "5 May"])  # fmt: skip
def test_what_a_program_might_read_otherwise_goes_behind_an_apostrophe(text):
    assert running._as_text(text, False) == f"'{text}"


class Formatted:
    """A sheet of cells with formats: a block of several has none where they differ."""

    def __init__(self, formats: dict[tuple[int, int], str]) -> None:
        self.formats = formats

    def range(self, first: tuple[int, int], last: tuple[int, int]) -> Any:
        inside = {
            self.formats.get((row, column), "General")
            for row in range(first[0], last[0] + 1)
            for column in range(first[1], last[1] + 1)
        }
        return types.SimpleNamespace(number_format=inside.pop() if len(inside) == 1 else None)


@given(
    st.dictionaries(st.tuples(st.integers(1, 6), st.integers(1, 6)), st.sampled_from(["0", "@"])),
    st.sets(st.tuples(st.integers(1, 6), st.integers(1, 6))),
)
def test_the_format_of_every_cell_is_remembered_once(formats, places):
    remembered: running.Formats = []
    running.remember_formats(Formatted(formats), places, remembered)
    found = {
        (row, column): text
        for area, text in remembered
        for row in range(area.top, area.bottom + 1)
        for column in range(area.left, area.right + 1)
    }
    assert found == {place: formats.get(place, "General") for place in places}


@given(st.sets(st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_cells_as_rectangles_are_the_same_cells_each_once(places):
    covered = [
        (row, column)
        for area in running.rectangles(places)
        for row in range(area.top, area.bottom + 1)
        for column in range(area.left, area.right + 1)
    ]
    assert sorted(covered) == sorted(places)


def test_a_full_block_is_one_rectangle():
    block = [(row, column) for row in range(3, 40) for column in range(2, 9)]
    assert len(list(running.rectangles(block))) == 1


class Named:
    """A workbook as far as finding it goes."""

    def __init__(self, full_name: str, name: str = "") -> None:
        self.fullname = full_name
        self.name = name or full_name.replace("\\", "/").rpartition("/")[2]
        self.api = types.SimpleNamespace(FullName=full_name)
        self.app = types.SimpleNamespace(books=[self])


@pytest.mark.parametrize(
    ("full_name", "name", "path"),
    [
        ("/plans/action plan (März).xlsm", "action plan (März).xlsm",
         Path("/plans/action plan (März).xlsm")),
        ("https://council.sharepoint.com/sites/gov/Plans/action-plan.xlsm", "action-plan.xlsm", None),
        ("https://d.docs.live.net/1a/Plans/a%20plan.xlsm", "a plan.xlsm", None),
        ("Book1", "Book1", None),
    ],
    ids=["spaces and accents", "https", "OneDrive", "never saved"],
)  # fmt: skip
def test_where_an_open_workbook_is(full_name, name, path):
    book = LiveBook(Named(full_name, name))
    assert (book.name, book.path) == (name, path)


def excel_with(monkeypatch, *books: Named) -> None:
    monkeypatch.setattr(
        live, "_excel", lambda: types.SimpleNamespace(apps=[types.SimpleNamespace(books=books)])
    )


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("action-plan.xlsm", "/plans/action-plan.xlsm"),
        ("ACTION-PLAN.XLSM", "/plans/action-plan.xlsm"),
        ("action-plan", "/plans/action-plan.xlsm"),
        ("/plans/action-plan.xlsm", "/plans/action-plan.xlsm"),
        ("/plans/../plans/action-plan.xlsm", "/plans/action-plan.xlsm"),
        ("https://example.org/a/Budget.xlsx", "https://example.org/a/Budget.xlsx"),
        ("Book1", "Book1"),
    ],
)
def test_a_workbook_is_found_by_its_name_or_its_path(monkeypatch, asked, found):
    books = [
        Named(n) for n in ("/plans/action-plan.xlsm", "https://example.org/a/Budget.xlsx", "Book1")
    ]
    excel_with(monkeypatch, *books)
    assert live_book(asked)._full_name == found


@pytest.mark.parametrize(
    ("open_books", "asked", "words"),
    [
        ([], None, "No workbook is open in Excel"),
        (["C:/Users/x/PERSONAL.XLSB"], None, "No workbook is open in Excel"),
        (["/a/one.xlsm", "/a/two.xlsx"], None, "2 workbooks are open in Excel: one.xlsm, two.xlsx; say which"),
        (["/a/one.xlsm", "/a/two.xlsx"], "three", "No workbook called 'three' is open in Excel; open are one.xlsm, two.xlsx"),
        (["/a/one.xlsm", "/a/two.xlsx"], "/b/one.xlsm", "No workbook called"),
        (["/a/one.xlsm", "/b/one.xlsm"], "one", "/a/one.xlsm, /b/one.xlsm; give the whole path"),
    ],
)  # fmt: skip
def test_what_is_open_is_named_where_it_is_not_clear_what_is_meant(
    monkeypatch, open_books, asked, words
):
    excel_with(monkeypatch, *map(Named, open_books))
    with pytest.raises(SourceError) as caught:
        live_book(asked)
    assert words in str(caught.value)


def test_the_workbook_with_personal_macros_is_not_counted(monkeypatch):
    excel_with(monkeypatch, Named("/x/Personal.xlsb"), Named("/plans/action-plan.xlsm"))
    assert live_book().name == "action-plan.xlsm"


def test_without_a_button_there_is_no_caller(monkeypatch):
    monkeypatch.setattr(live, "_excel", running.load_xlwings)
    with pytest.raises(SourceError, match="run by a button"):
        caller_book()


def test_a_caller_whose_name_xlwings_would_cut(monkeypatch):
    excel_with(monkeypatch, Named("/plans/plan=2.xlsm"), Named("/plans/plan.xlsm"))
    monkeypatch.setattr(sys, "argv", ["-c", "--wb=plan=2.xlsm", "--from_xl=1"])
    assert caller_book().name == "plan=2.xlsm"


def test_a_sheet_with_something_far_off_is_not_read(monkeypatch):
    last = types.SimpleNamespace(row=1_048_576, column=16)
    sheet = types.SimpleNamespace(
        name="Plan",
        book=types.SimpleNamespace(name="plan.xlsm"),
        used_range=types.SimpleNamespace(last_cell=last),
    )
    with pytest.raises(FarCellError, match="row 1,048,576 and column P; delete those"):
        running.used_area(sheet)


# -- reading ----------------------------------------------------------------------------------


def same_grid(one: Grid, other: Grid) -> None:
    assert held(one) == held(other)
    assert one.hidden_rows == other.hidden_rows
    assert sorted(one.merged) == sorted(other.merged)
    assert one.visible == other.visible


@pytest.mark.office
@pytest.mark.parametrize("date_1904", [False, True], ids=["1900", "1904"])
def test_an_open_workbook_is_read_as_its_file_is(office, tmp_path, date_1904):
    rows: list[list[Any]] = [["Ref", "Due", "Days", None], *([f"A{n}", date(2017, 9, n), ("=1+1", 2), n / 4]
                                                        for n in range(1, 20))]  # fmt: skip
    path = write_book(
        tmp_path / "plan.xlsx",
        {"Plan": rows, "Away": [["x"]]},
        merge={"Plan": [(3, 1, 4, 2), (9, 4, 9, 5)]},
        hidden_rows={"Plan": [2, 5, 6, 7, 20]},
        hidden_sheets=["Away"],
        date_1904=date_1904,
    )
    with open_book(path) as closed:
        there = [closed.read(name) for name in closed.sheets()]
    opened = LiveBook(office.open(path))
    assert opened.sheets() == [grid.name for grid in there]
    for grid in there:
        same_grid(opened.read(grid.name), grid)


@pytest.mark.office
def test_the_sample_plan_is_read_as_its_file_is(office, tmp_path):
    path = tmp_path / "sample.xlsx"
    path.write_bytes(SAMPLE.read_bytes())
    with open_book(path) as closed:
        there = [closed.read(name) for name in closed.sheets()]
    opened = LiveBook(office.open(path))
    for grid in there:
        found = opened.read(grid.name)
        for row in found.rows:  # LibreOffice keeps this formula as the constant that it amounts to
            row[:] = [Formula("=#REF!", v) if v == CellError("#REF!") else v for v in row]
        same_grid(found, grid)


@pytest.mark.office
def test_what_is_written_is_found_in_the_file_when_it_is_saved(office, plan, tmp_path):
    """No apostrophe is left, no date has become a number, no text a formula."""
    lost = {
        "a return", "an error", "another error", "the last day", "like an escaped escape", "a large number",
    }  # by LibreOffice, when it saves  # fmt: skip
    values = {name: value for name, value in VALUES.items() if name not in lost}
    plan.apply(
        ChangeSet(
            tuple(CellEdit("Log", f"D{n}", None, v) for n, v in enumerate(values.values(), 1))
        )
    )
    saved = office.save_copy(plan._book.impl.document, tmp_path / "saved.xlsx")
    with open_book(saved) as closed:
        grid = closed.read("Log")
    for number, (name, value) in enumerate(values.items(), 1):
        assert same_value(grid.value(f"D{number}"), value), name


# -- all or nothing ---------------------------------------------------------------------------

EVERYTHING = ChangeSet(
    edits=(
        CellEdit("Plan", "C2", "On target", "Complete"),
        CellEdit("Plan", "C3", None, "=not a formula"),
        CellEdit("Plan", "D2", date(2017, 12, 31), "TBC"),
        CellEdit("Plan", "E2", 2, date(2018, 1, 31)),
        CellEdit("Log", "B2", "Officer", Formula("=1+1", 2)),
    ),
    rows=(
        NewRows("Plan", 4, ({"A": "A4", "D": date(2018, 6, 30)}, {"A": "A5", "B": "x" * 9_000})),
        NewRows("Log", 2, ({"A": datetime(2017, 10, 2, 9, 15), "B": "Deputy"},)),
    ),
    sheets=(
        other_sheet(
            name="Replies", table="Replies", notes=("a", "b", "c"),
            columns=(*SHEET.columns, SheetColumn("Why", 30)),
            rows=(("B1", date(2018, 1, 1), 3, "d"),) * 6,
        ),
        other_sheet(name="Blank", table="Blank"),
        other_sheet(name="New", table="New"),
    ),
)  # fmt: skip


def state_of(book: LiveBook) -> dict[str, Any]:
    """All that a change set may change."""
    return {
        "cells": everything(book),
        "sheets": book.sheets(),
        "tables": [(t.name, t.range.address) for s in book._book.sheets for t in s.tables],
        "colours": [book._book.sheets["Plan"].range(f"A{row}").color for row in range(4, 8)],
    }


@pytest.fixture
def ready(office, tmp_path) -> LiveBook:
    """A workbook on which the change set above finds something of every kind."""
    sheets: Mapping[str, Any] = {
        "Plan": PLAN, "Log": [["When", "Who"], [datetime(2017, 9, 30, 16, 5), "Officer"]], "Blank": [],
    }  # fmt: skip
    book = LiveBook(office.open(write_sheets(tmp_path / "plan.xlsx", sheets, {"Plan": "A1:F4"})))
    book.apply(ChangeSet(sheets=(SHEET,)))
    book._book.sheets["Plan"].range("A4").color = (1, 2, 3)
    return book


@pytest.mark.office
def test_a_write_that_fails_anywhere_leaves_all_as_it_was(ready, faults):
    before = state_of(ready)
    number = 0
    while True:
        number += 1
        faults.none()
        faults.fail_on = number
        try:
            ready.apply(EVERYTHING)
        except OutputError as error:
            assert "nothing was written" in str(error)
        else:
            break
        faults.none()
        assert state_of(ready) == before, f"after write {number}"
    assert faults.writes < number
    assert number > 20


@pytest.mark.office
def test_what_cannot_be_put_back_is_said(ready, faults):
    faults.fail_from = 6
    with pytest.raises(OutputError, match="close the workbook without saving it"):
        ready.apply(EVERYTHING)


@pytest.mark.office
def test_all_of_it_is_written_where_nothing_fails(ready):
    receipt = ready.apply(EVERYTHING)
    assert (receipt.cells, receipt.rows, receipt.backup, receipt.notes) == (5, 3, "", ())
    assert receipt.sheets == ("Replies", "Blank", "New")
    grid = ready.read("Plan")
    assert [grid.value(a) for a in ("C2", "C3", "D2", "E2")] == [
        "Complete", "=not a formula", "TBC", date(2018, 1, 31),
    ]  # fmt: skip
    assert [grid.value(a) for a in ("A5", "D5", "A6", "B6")] == [
        "A4",
        date(2018, 6, 30),
        "A5",
        "x" * 9_000,
    ]
    for sheet in EVERYTHING.sheets:
        assert held(ready.read(sheet.name)) == as_held(sheet)
    tables = {t.name: t.range.address for s in ready._book.sheets for t in s.tables}
    assert tables == {
        "Plan": "$A$1:$F$6",
        "Replies": "$A$5:$D$11",
        "New": "$A$2:$B$3",
        "Blank": "$A$2:$B$3",
    }


# -- Excel as it was --------------------------------------------------------------------------


@contextmanager
def as_it_was(book: LiveBook) -> Iterator[None]:
    def state() -> tuple[Any, ...]:
        app = book._book.app
        return (
            app.screen_updating, app.enable_events, app.calculation, app.selection.address,
            book._book.sheets.active.name, app.books.active.name,
        )  # fmt: skip

    before = state()
    yield
    assert state() == before


@pytest.mark.office
@pytest.mark.parametrize("mode", ["automatic", "manual"])
@pytest.mark.parametrize("fails", [False, True], ids=["written", "refused"])
def test_the_screen_the_calculation_and_the_selection_are_as_they_were(ready, faults, mode, fails):
    book = ready._book
    book.app.calculation = mode
    book.sheets["Log"].activate()
    book.sheets["Log"].range("B2").select()
    faults.none()
    faults.fail_on = 12 if fails else 0
    with as_it_was(ready):
        if fails:
            with pytest.raises(OutputError):
                ready.apply(EVERYTHING)
        else:
            notes = ready.apply(EVERYTHING).notes
            assert any("press F9" in note for note in notes) is (mode == "manual")


@pytest.mark.office
def test_it_is_quiet_while_it_is_written(plan, monkeypatch):
    seen: list[tuple[Any, ...]] = []
    put = running.put_cells

    def watch(sheet: Any, *more: Any, **named: Any) -> None:
        app = sheet.book.app
        filling = app.api.AutoCorrect.AutoFillFormulasInLists
        seen.append((app.screen_updating, app.enable_events, app.calculation, filling))
        put(sheet, *more, **named)

    monkeypatch.setattr(running, "put_cells", watch)
    plan.apply(COMPLETE)
    assert seen == [(False, False, "manual", False)]
    assert plan._book.app.api.AutoCorrect.AutoFillFormulasInLists is True


@pytest.mark.office
def test_nothing_is_saved(office, plan):
    before = plan.path.read_bytes()
    plan.apply(COMPLETE)
    plan.close()
    assert plan.path.read_bytes() == before
    assert office.documents()[0].isModified()


# -- what officers do to it -------------------------------------------------------------------


@pytest.mark.office
def test_a_cell_in_edit_mode_is_waited_for(plan, faults, monkeypatch):
    monkeypatch.setattr(running, "_PAUSE", 0.01)
    faults.busy = 5
    plan.apply(COMPLETE)
    assert plan.read("Plan").value("C2") == "Complete"


@pytest.mark.office
def test_an_excel_that_is_busy_for_a_moment_is_waited_for_wherever_that_is(
    ready, faults, monkeypatch
):
    monkeypatch.setattr(running, "_PAUSE", 0.0)
    fewer = other_sheet(name="Replies", table="Replies", rows=(("B1", date(2018, 1, 1)),))
    there = ChangeSet((CellEdit("Plan", "C2", "On target", date(2018, 1, 31)),), sheets=(fewer,))
    back = ChangeSet((CellEdit("Plan", "C2", date(2018, 1, 31), "On target"),), sheets=(SHEET,))
    number = 0
    while True:
        number += 3  # every third call: it is one in three of a few hundred
        faults.none()
        faults.busy_on = number
        assert ready.apply((there, back)[number % 2 == 0]).notes == (), f"at {number}"
        if faults.asked < number:
            break
    faults.none()
    assert number > 60


@pytest.mark.office
@pytest.mark.parametrize("job", ["read", "apply", "sheets", "find"])
def test_a_cell_that_stays_in_edit_mode(plan, faults, monkeypatch, job):
    monkeypatch.setattr(running, "_PAUSE", 0.01)
    monkeypatch.setattr(running, "PATIENCE", 0.05)
    faults.busy = 10_000
    jobs: dict[str, Callable[[], object]] = {
        "read": lambda: plan.read("Plan"),
        "apply": lambda: plan.apply(COMPLETE),
        "sheets": plan.sheets,
        "find": live_book,
    }
    with pytest.raises((SourceError, OutputError), match="a cell is being edited") as caught:
        jobs[job]()
    faults.none()
    assert isinstance(caught.value, OutputError) is (job == "apply")
    assert plan.read("Plan").value("C2") == "On target"
    assert plan._book.app.screen_updating and plan._book.app.calculation == "automatic"


def rename_workbook(book: LiveBook, office: Office) -> None:
    document = book._book.impl.document
    document.storeAsURL(
        book.path.with_name("Renamed plan é.xlsx").as_uri(),
        office.properties(FilterName="Calc MS Excel 2007 XML"),
    )


def rename_sheet(book: LiveBook, _: Office) -> None:
    book._book.sheets["Plan"].name = "Actions"


def delete_sheet(book: LiveBook, _: Office) -> None:
    book._book.sheets["Plan"].delete()


def close_workbook(book: LiveBook, _: Office) -> None:
    book._book.close()


def protect(book: LiveBook, _: Office) -> None:
    book._book.sheets["Plan"].impl.native.protect("")


def protect_but_for_the_cell(book: LiveBook, office: Office) -> None:
    cell = book._book.sheets["Plan"].range("C2").impl.native
    free = office.uno.createUnoStruct("com.sun.star.util.CellProtection")
    cell.CellProtection = free
    protect(book, office)


def sort_rows(book: LiveBook, _: Office) -> None:
    cells = book._book.sheets["Plan"].range("A2:F4")
    cells.value = cells.options(ndim=2).value[::-1]


def filter_rows(book: LiveBook, _: Office) -> None:
    book._book.sheets["Plan"].range("A2:A3").rows.hidden = True


def insert_column(book: LiveBook, _: Office) -> None:
    book._book.sheets["Plan"].impl.native.Columns.insertByIndex(0, 1)


def hide_column(book: LiveBook, _: Office) -> None:
    book._book.sheets["Plan"].impl.native.Columns.getByIndex(2).IsVisible = False


def unlist(book: LiveBook, _: Office) -> None:
    book._book.impl.document.DatabaseRanges.removeByName("Plan")


def merge_below(book: LiveBook, _: Office) -> None:
    book._book.sheets["Plan"].range("A5:B5").merge()


def total(book: LiveBook, _: Office) -> None:
    book._book.sheets["Plan"].tables["Plan"].impl.native.TotalsRow = True


def protect_structure(book: LiveBook, _: Office) -> None:
    book._book.impl.document.protect("")


EDIT = COMPLETE
ROWS = ChangeSet(rows=(NewRows("Plan", 4, ({"A": "A4"},)),))
OWN = ChangeSet(sheets=(SHEET,))

# What is done to the workbook between reading and writing, what is written, and what comes of it:
# "" where it works.
DISTURBED: dict[str, tuple[Callable[[LiveBook, Office], None], ChangeSet, str]] = {
    "the workbook renamed": (rename_workbook, EDIT, ""),
    "the sheet renamed": (rename_sheet, EDIT, "plan.xlsx has no sheet 'Plan'; its sheets are 'Actions', 'Log'."),
    "the sheet deleted": (delete_sheet, EDIT, "plan.xlsx has no sheet 'Plan'; its sheets are 'Log'."),
    "rows for a sheet deleted": (delete_sheet, ROWS, "has no sheet 'Plan'"),
    "the workbook closed": (close_workbook, EDIT, "plan.xlsx could not be written into"),
    "the sheet protected": (protect, EDIT, "Plan!C2 is locked, because its sheet is protected"),
    "rows for a protected sheet": (protect, ROWS, "Plan!A5 is locked, because its sheet is protected"),
    "a cell that is not locked": (protect_but_for_the_cell, EDIT, ""),
    "the rows sorted": (sort_rows, EDIT, "Plan!C2 held 'On target' when it was read and now holds 'Complete'"),
    "the rows filtered": (filter_rows, EDIT, ""),
    "rows below filtered ones": (filter_rows, ROWS, ""),
    "a column inserted": (insert_column, EDIT, "Plan!C2 held 'On target' when it was read"),
    "a column hidden": (hide_column, EDIT, ""),
    "the table turned into a range": (unlist, EDIT, ""),
    "rows below a range": (unlist, ROWS, ""),
    "merged cells where rows go": (merge_below, ROWS, "The merged cells A5:B5 on Plan are where new rows go"),
    "a totals row": (total, ROWS, "has a totals row"),
    "a structure that is protected": (protect_structure, OWN, "takes no new sheet 'Replies' because its structure"),
}  # fmt: skip


@pytest.mark.office
@pytest.mark.parametrize(("disturb", "changes", "words"), DISTURBED.values(), ids=DISTURBED)
def test_what_happened_to_the_workbook_in_between(office, plan, disturb, changes, words):
    disturb(plan, office)
    closed = disturb is close_workbook
    before = None if closed else everything(plan)
    if not words:
        receipt = plan.apply(changes)
        assert (receipt.cells, receipt.rows) == (len(changes.edits), len(changes.rows))
        written = ("C2", "Complete") if changes.edits else ("A5", "A4")
        assert plan.read("Plan").value(written[0]) == written[1]
        return
    with pytest.raises(OutputError) as caught:
        plan.apply(changes)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")
    if not closed:
        assert everything(plan) == before
    else:
        with pytest.raises(SourceError, match="still open in Excel"):
            plan.read("Plan")


@pytest.mark.office
def test_a_workbook_that_is_open_for_reading_only(office, tmp_path):
    path = write_sheets(tmp_path / "plan.xlsx", {"Plan": PLAN}, {})
    book = LiveBook(office.open(path, ReadOnly=True))
    assert book.read("Plan").value("C2") == "On target"
    with pytest.raises(OutputError, match=r"plan\.xlsx is open for reading only"):
        book.apply(COMPLETE)
    assert book.read("Plan").value("C2") == "On target"


@pytest.mark.office
def test_a_workbook_that_was_never_saved(office):
    book = LiveBook(office.new())
    assert book.path is None
    book.apply(ChangeSet((CellEdit(book.sheets()[0], "A1", None, "Ref"),), sheets=(SHEET,)))
    assert held(book.read("Replies")) == as_held(SHEET)


@pytest.mark.office
@pytest.mark.parametrize("name", ["action plan.xlsx", "Plan d'été – März.xlsx", "a#b%20c&d.xlsx"])
def test_a_path_with_spaces_and_accents(office, tmp_path, name):
    folder = tmp_path / "Größe & Maß"
    folder.mkdir()
    path = write_sheets(folder / name, {"Plan": PLAN}, {})
    office.open(path)
    for asked in (None, name, str(path), Path(name).stem):
        book = live_book(asked)
        assert (book.name, book.path) == (name, path)
    book.apply(COMPLETE)
    assert book.read("Plan").value("C2") == "Complete"


@pytest.mark.office
def test_of_two_open_workbooks_the_one_that_is_meant(office, tmp_path):
    for name in ("one.xlsx", "two.xlsx"):
        office.open(write_sheets(tmp_path / name, {"Plan": PLAN}, {}))
    with pytest.raises(SourceError, match=r"in Excel: one\.xlsx, two\.xlsx; say"):
        live_book()
    live_book("two").apply(COMPLETE)
    assert live_book("two").read("Plan").value("C2") == "Complete"
    assert live_book("one").read("Plan").value("C2") == "On target"


@pytest.mark.office
def test_none_is_open(office):
    with pytest.raises(SourceError, match="No workbook is open"):
        live_book()


@pytest.mark.office
def test_the_button_of_a_workbook(office, plan, monkeypatch):
    import xlwings

    plan._book.set_mock_caller()
    try:
        assert caller_book().name == "plan.xlsx"
    finally:
        del xlwings.Book._mock_caller


@pytest.mark.office
@pytest.mark.parametrize(
    "change", [insert_column, hide_column, filter_rows], ids=lambda f: f.__name__
)
def test_the_plan_is_read_whatever_was_done_to_its_columns_and_rows(office, tmp_path, change):
    row = ["A1", "A: Training", "Trained", "AGS", "Training delivered", "Officer", "31/12/17", "Finance",
           "Head of Finance", "On target", None, "Booked"]  # fmt: skip
    rows = [TWELVE, row, ["A2", *row[1:]], ["A3", *row[1:]]]
    book = LiveBook(office.open(write_book(tmp_path / "plan.xlsx", {"Plan": rows})))
    change(book, office)
    read = read_plan([book.read("Plan")], file=book.name, is_workbook=True)
    assert [m.ref for m in read.milestones] == ["A1", "A2", "A3"]


@pytest.mark.office
def test_values_land_in_their_own_rows_behind_a_filter(office, plan):
    filter_rows(plan, office)
    plan.apply(
        ChangeSet(
            (
                CellEdit("Plan", "C2", "On target", "Late"),
                CellEdit("Plan", "C3", None, "Later"),
                CellEdit("Plan", "C4", "Complete", "Latest"),
            )
        )
    )
    grid = plan.read("Plan")
    assert [grid.value(f"C{row}") for row in (2, 3, 4)] == ["Late", "Later", "Latest"]
    assert grid.hidden_rows == {2, 3}


@pytest.mark.office
def test_where_a_block_misses_rows_behind_a_filter_each_cell_is_written(office, plan, monkeypatch):
    from tests.live_office.engine import Range

    filter_rows(plan, office)
    put = Range.raw_value.fset

    def only_what_is_shown(cells: Any, values: Any) -> None:
        """What a program may do with a block, and does not do with a cell."""
        if isinstance(values, list) and len(values) > 1:
            values = [r if n > 1 else ["", *r[1:]] for n, r in enumerate(values)]
        put(cells, values)

    monkeypatch.setattr(Range, "raw_value", property(Range.raw_value.fget, only_what_is_shown))
    edits = [("C2", "On target", "x"), ("C3", None, "y"), ("C4", "Complete", "z")]
    plan.apply(ChangeSet(tuple(CellEdit("Plan", *each) for each in edits)))
    assert [plan.read("Plan").value(f"C{row}") for row in (2, 3, 4)] == ["x", "y", "z"]


@pytest.mark.office
def test_a_cell_that_shows_the_apostrophe_gets_the_text_without(plan, monkeypatch):
    from tests.live_office.engine import Range

    put = Range.raw_value.fset

    def literal(cells: Any, values: Any) -> None:
        """Takes an apostrophe for a part of the text."""
        put(cells, [[f"'{v}" if str(v).startswith("'") else v for v in row] for row in values])

    monkeypatch.setattr(Range, "raw_value", property(Range.raw_value.fget, literal))
    plan.apply(edit("C3", "007"))
    assert plan.read("Plan").value("C3") == "007"
    assert plan._book.sheets["Plan"].range("C3").number_format == "@"


@pytest.mark.office
def test_a_value_that_a_cell_does_not_take_is_named_and_nothing_is_written(plan, monkeypatch):
    from tests.live_office.engine import Range

    put = Range.raw_value.fset

    def stubborn(cells: Any, values: Any) -> None:
        if isinstance(values, list):
            values = [[7 if value == "Later on" else value for value in row] for row in values]
        put(cells, values)

    monkeypatch.setattr(Range, "raw_value", property(Range.raw_value.fget, stubborn))
    before = everything(plan)
    with pytest.raises(
        OutputError, match=r"Plan!C3 does not take 'Later on': Excel makes the number 7 of it"
    ):
        plan.apply(ChangeSet((*COMPLETE.edits, CellEdit("Plan", "C3", None, "Later on"))))
    assert everything(plan) == before


# -- rows and sheets --------------------------------------------------------------------------


@pytest.mark.office
def test_new_rows_take_the_look_and_the_formulas_of_the_row_above(office, tmp_path):
    rows: list[list[Value]] = [
        ["Ref", "Due", "Days", "Note"],
        ["A1", date(2017, 9, 30), Formula("=B2-43000", 8), "by hand"],
        ["A2", date(2017, 10, 31), Formula("=B3-43000", 39), Formula("=1+1", 2)],
    ]
    path = write_sheets(tmp_path / "plan.xlsx", {"Plan": rows}, {"Plan": "A1:D3"})
    book = LiveBook(office.open(path))
    book._book.sheets["Plan"].range("A3").color = (1, 2, 3)
    added = ({"A": "A3", "B": date(2018, 1, 1)}, {"A": "A4"})
    assert book.apply(ChangeSet(rows=(NewRows("Plan", 3, added),))).notes == ()
    grid = book.read("Plan")
    assert [grid.value(f"{c}4") for c in "ABD"] == [
        "A3",
        date(2018, 1, 1),
        None,
    ]  # D: not calculated
    assert [grid.value(f"C{r}").text for r in (4, 5)] == ["=B4-43000", "=B5-43000"]
    sheet = book._book.sheets["Plan"]
    assert sheet.tables["Plan"].range.address == "$A$1:$D$5"
    assert [sheet.range(f"A{r}").color for r in (4, 5)] == [(1, 2, 3)] * 2
    assert sheet.range("B5").number_format == sheet.range("B3").number_format


@pytest.mark.office
def test_rows_that_a_table_has_already_are_filled_first(office, tmp_path):
    rows: list[list[Value]] = [["Ref", "Twice"], [None, Formula("=A2&A2", None)], [None, None]]
    path = write_sheets(tmp_path / "plan.xlsx", {"Plan": rows}, {"Plan": "A1:B2"})
    book = LiveBook(office.open(path))
    book.apply(ChangeSet(rows=(NewRows("Plan", 1, ({"A": "A1"}, {"A": "A2"})),)))
    grid = book.read("Plan")
    assert [grid.value(a) for a in ("A2", "A3")] == ["A1", "A2"]
    assert grid.value("B3") == Formula("=A3&A3", "A2A2")
    assert book._book.sheets["Plan"].tables["Plan"].range.address == "$A$1:$B$3"


@pytest.mark.office
def test_what_stands_below_or_beside_a_table_is_not_written_over(office, tmp_path):
    rows: list[list[Value]] = [["Ref", "Status", None, None], ["A1", "x", None, "legend"],
                               [None, None, None, "legend"]]  # fmt: skip
    path = write_sheets(tmp_path / "plan.xlsx", {"Plan": rows}, {"Plan": "A1:B2"})
    book = LiveBook(office.open(path))
    book.apply(ChangeSet(rows=(NewRows("Plan", 2, ({"A": "A2"},)),)))
    with pytest.raises(ChangedError, match=r"Plan!D3 is below|Plan!A3 is below"):
        book.apply(ChangeSet(rows=(NewRows("Plan", 2, ({"D": "A2"},)),)))
    assert book.read("Plan").value("D3") == "legend"


@pytest.mark.office
def test_another_table_where_rows_go(office, tmp_path):
    rows: list[list[Value]] = [["Ref"], ["A1"], [None], ["Other"], ["x"]]
    path = write_sheets(tmp_path / "plan.xlsx", {"Plan": rows}, {"Plan": "A1:A2"})
    book = LiveBook(office.open(path))
    sheet = book._book.sheets["Plan"]
    sheet.tables.add(source=sheet.range("A3:B5"), name="Other")
    with pytest.raises(OutputError, match="The table Other on Plan is where new rows go"):
        book.apply(ChangeSet(rows=(NewRows("Plan", 2, ({"A": "A2"},)),)))


@pytest.mark.office
def test_a_new_sheet_has_its_table_its_widths_its_dropdowns_and_its_links(plan):
    sheet = NewSheet(
        "Checks", "Data queries", "Checks",
        (SheetColumn("Where", 9), SheetColumn("What", 50), SheetColumn("Date", 14, ("Yes", "No"), entry=True)),
        ((CellLink("Plan", "C3"), "No status", None), (CellLink("Log", "B2"), "=not a formula", "Yes")),
        notes=("Two queries.",),
    )  # fmt: skip
    assert plan.apply(ChangeSet(sheets=(sheet,))).notes == ()
    grid = plan.read("Checks")
    assert grid.value("A4") == Formula('=HYPERLINK("#\'Plan\'!C3","C3")', "C3")
    assert grid.value("B5") == "=not a formula"
    page = plan._book.sheets["Checks"]
    assert [(t.name, t.range.address) for t in page.tables] == [("Checks", "$A$3:$C$5")]
    assert page.range("B3").column_width == pytest.approx(50, abs=1)
    assert page.range("B4").wrap_text
    assert page.range("C4").data_validation.source == '"Yes";"No"'
    assert page.range("B4").data_validation.type == "none"
    assert page.range("A4").font.color == (0x0B, 0x4F, 0x9E) != page.range("B4").font.color
    assert page.range("A3").font.bold and page.range("A1").font.size == 14
    assert page.range("C5").color == (0xE4, 0xF1, 0xFA) and page.range("B5").color is None


@pytest.mark.office
def test_on_a_sheet_that_is_there_all_but_its_contents_stays(office, plan):
    plan.apply(ChangeSet(sheets=(SHEET,)))
    page = plan._book.sheets["Replies"]
    page.range("B1").column_width = 77
    page.range("A4").color = (9, 8, 7)
    page.range("A5").rows.hidden = True
    document = plan._book.impl.document
    button = document.createInstance("com.sun.star.drawing.RectangleShape")
    page.impl.native.DrawPage.add(button)
    sheet = other_sheet(
        name="Replies", table="Replies", notes=("1", "2", "3"), columns=(*SHEET.columns[:2], SheetColumn("Decision", 16, choices=("Yes", "No"))),
        rows=tuple((f"A{n}", date(2018, 1, n), "Keep plan") for n in range(1, 9)),
    )  # fmt: skip
    plan.apply(ChangeSet(sheets=(sheet,)))
    assert held(plan.read("Replies")) == as_held(sheet)
    assert page.range("B1").column_width == pytest.approx(77, abs=1)
    assert page.range("A13").color == (9, 8, 7), "new rows look like the first"
    assert page.impl.native.DrawPage.Count == 1
    assert plan.read("Replies").hidden_rows == frozenset(), "a filter of the last rows is not left"
    assert page.range("C13").data_validation.source == '"Yes";"No"'
    assert [t.range.address for t in page.tables] == ["$A$5:$C$13"]


@pytest.mark.office
def test_a_filter_on_an_own_sheet_does_not_outlive_its_rows(office, plan):
    plan.apply(ChangeSet(sheets=(SHEET,)))
    table = plan._book.sheets["Replies"].tables["Replies"].impl.native
    field = office.uno.createUnoStruct("com.sun.star.sheet.TableFilterField")
    field.Field, field.IsNumeric, field.StringValue = 0, False, "A2"
    field.Operator = office.uno.Enum("com.sun.star.sheet.FilterOperator", "EQUAL")
    table.getFilterDescriptor().setFilterFields((field,))
    table.refresh()
    assert plan.read("Replies").hidden_rows == {4}
    plan.apply(ChangeSet(sheets=(SHEET,)))
    assert plan.read("Replies").hidden_rows == frozenset()
    assert table.getFilterDescriptor().getFilterFields() == ()


@pytest.mark.office
def test_a_table_is_called_otherwise_where_its_name_is_taken(plan):
    plan.apply(ChangeSet(sheets=(other_sheet(name="Own", table="plan"),)))
    assert [t.name for t in plan._book.sheets["Own"].tables] == ["plan_2"]
    plan.apply(ChangeSet(sheets=(other_sheet(name="Own", table="plan", title="Again"),)))
    assert plan.read("Own").value("A1") == "Again"


@pytest.mark.office
def test_an_own_sheet_whose_table_was_turned_into_a_range_is_not_written_over(plan):
    plan.apply(ChangeSet(sheets=(SHEET,)))
    plan._book.impl.document.DatabaseRanges.removeByName("Replies")
    before = everything(plan)
    with pytest.raises(OutputError, match="that agsxl did not make"):
        plan.apply(ChangeSet(sheets=(SHEET,)))
    assert everything(plan) == before


@pytest.mark.office
def test_a_sheet_with_a_table_of_the_officers_own_is_not_written_over(plan):
    before = everything(plan)
    with pytest.raises(OutputError, match="a sheet 'Plan' that agsxl did not make"):
        plan.apply(ChangeSet(sheets=(other_sheet(name="Plan", table="Own"),)))
    assert everything(plan) == before


@pytest.mark.office
def test_an_own_sheet_that_is_protected(plan):
    plan.apply(ChangeSet(sheets=(SHEET,)))
    plan._book.sheets["Replies"].impl.native.protect("")
    with pytest.raises(OutputError, match=r"The sheet 'Replies' of plan\.xlsx is protected"):
        plan.apply(ChangeSet(sheets=(SHEET,)))


@pytest.mark.office
def test_a_look_that_is_refused_is_said_and_the_values_stand(ready, faults):
    faults.fail_looks = True
    receipt = ready.apply(EVERYTHING)
    said = 'Not all of the look of {} could be set (Excel says: "Not in this mood.").'
    assert receipt.notes == tuple(
        said.format(name) for name in ("Plan", "Log", "Replies", "Blank", "New")
    )
    for sheet in EVERYTHING.sheets:
        assert held(ready.read(sheet.name)) == as_held(sheet)


@pytest.mark.office
def test_a_look_is_not_waited_for_again_and_again(ready, faults, monkeypatch):
    from tests.live_office.engine import Range

    monkeypatch.setattr(running, "_PAUSE", 0.001)
    monkeypatch.setattr(running, "PATIENCE", 0.01)
    asked: list[int] = []

    def busy(*_: Any, **__: Any) -> None:
        asked.append(1)
        raise Refusal(-2146777998)

    monkeypatch.setattr(Range, "autofill", busy)
    receipt = ready.apply(ChangeSet(rows=EVERYTHING.rows))
    tried = len(asked)
    assert len(receipt.notes) == 1
    assert tried < 30
    assert ready.read("Log").value("B3") == "Deputy"
