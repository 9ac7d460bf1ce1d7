"""The port's contract: what holds for a workbook whichever adapter stands behind it.

Every sentence of ``agsxl.edits`` is a test here, and each runs on every adapter. An adapter that is
asked for and is not there is a failure, never a test left out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import pytest
import xlsxwriter

from agsxl.edits import Book, CellEdit, ChangeSet, NewRows, NewSheet, Receipt, SheetColumn
from agsxl.errors import ChangedError, OutputError, SourceError
from agsxl.excel.file import open_book
from agsxl.excel.live import LiveBook
from agsxl.excel.memory import MemoryBook
from agsxl.excel.values import own_rows, same_value
from agsxl.grid import CellError, Formula, Grid, Value
from tests.books import rewrite
from tests.live_office import Office, an_office, running
from tests.live_office.engine import CARRIAGE

Sheets = Mapping[str, Sequence[Sequence[Value]]]
Tables = Mapping[str, str]  # a sheet and the area of its Excel table


class Made(NamedTuple):
    """A workbook of an adapter, and how it is opened once more."""

    book: Book
    again: Callable[[], Book]


# -- the adapters ------------------------------------------------------------------------------


def memory_book(_: Path, sheets: Sheets, tables: Tables) -> Made:
    book = MemoryBook(sheets)
    return Made(book, lambda: book)


def file_book(folder: Path, sheets: Sheets, tables: Tables) -> Made:
    path = write_sheets(folder / "plan.xlsx", sheets, tables)
    return Made(open_book(path), lambda: open_book(path))


def live_book(folder: Path, sheets: Sheets, tables: Tables) -> Made:
    """The workbook opened in a running LibreOffice; once more is as another program finds it open."""
    held = {
        name: [
            [v.replace("\r", CARRIAGE) if isinstance(v, str) else v for v in row] for row in rows
        ]
        for name, rows in sheets.items()
    }
    book = running().open(write_sheets(folder / "plan.xlsx", held, tables))
    return Made(LiveBook(book), lambda: LiveBook(book))


ADAPTERS: dict[str, Callable[[Path, Sheets, Tables], Made]] = {
    "memory": memory_book,
    "file": file_book,
    "live": live_book,
}
ASKED = os.environ.get("AGSXL_ADAPTERS", "memory,file,live").split(",")

_CONSTANT = "AN.ERROR.OF.ITS.OWN"
_TEXT = "a text of its own, number "


def write_sheets(path: Path, sheets: Sheets, tables: Tables) -> Path:
    """A real workbook that holds the values of grids.

    What XlsxWriter cannot write as it is (errors, texts that look like its own markup or like escapes)
    is put in afterwards.
    """
    plain = path.with_name("plain.xlsx")
    texts: list[str] = []
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    book = xlsxwriter.Workbook(str(plain), options)
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"})
    for name, rows in sheets.items():
        page = book.add_worksheet(name)
        for row, cells in enumerate(rows):
            for column, value in enumerate(cells):
                if isinstance(value, str) and re.search("_x|<r>", value):
                    texts.append(value)
                    page.write_string(row, column, f"{_TEXT}{len(texts) - 1}.")
                elif isinstance(value, str):
                    page.write_string(row, column, value)
                elif isinstance(value, bool):
                    page.write_boolean(row, column, value)
                elif isinstance(value, int | float):
                    page.write_number(row, column, value)
                elif isinstance(value, datetime):
                    page.write_datetime(row, column, value, moment)
                elif isinstance(value, date):
                    page.write_datetime(row, column, value, day)
                elif isinstance(value, Formula):
                    page.write_formula(row, column, value.text, None, value.cached)
                elif isinstance(value, CellError):
                    page.write_formula(row, column, f"={_CONSTANT}", None, value.code)
        if name in tables:
            headings = [{"header": heading} for heading in rows[0]]
            page.add_table(tables[name], {"name": name, "columns": headings})
    book.close()

    def settle(_: str, data: bytes) -> bytes:
        data = data.replace(f"<f>{_CONSTANT}</f>".encode(), b"")
        for number, text in enumerate(texts):
            written = escape(re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text))
            data = data.replace(f"{_TEXT}{number}.".encode(), written.encode())
        return data

    return rewrite(plain, path, settle)


def adapter(name: str) -> Callable[[Path, Sheets, Tables], Made]:
    if name not in ADAPTERS:
        pytest.fail(f"there is no adapter {name!r}, only {', '.join(ADAPTERS)}")
    return ADAPTERS[name]


def test_an_adapter_that_is_not_there_is_a_failure():
    with pytest.raises(pytest.fail.Exception, match="no adapter 'paper'"):
        adapter("paper")


def test_no_adapter_is_left_out():
    assert {"memory", "file", "live"} <= set(ASKED)


@pytest.fixture(params=[pytest.param(n, marks=[pytest.mark.office] * (n == "live")) for n in ASKED])
def make(request, tmp_path):
    """Makes a workbook of given sheets, behind the adapter that is being tested."""
    build = adapter(request.param)
    if request.param == "live":
        request.getfixturevalue("office")
    made: list[Made] = []

    def factory(sheets: Sheets, tables: Tables | None = None) -> Made:
        made.append(build(tmp_path, sheets, tables or {}))
        return made[-1]

    yield factory
    for each in made:
        each.book.close()


@pytest.fixture
def office(pytestconfig) -> Iterator[Office]:
    """The running LibreOffice; what was opened in it is closed afterwards."""
    yield from an_office(pytestconfig)


PLAN: list[list[Value]] = [
    ["Ref", "Milestone", "Status", "Due", "Moves", "Agreed"],
    ["A1", "Budget training delivered", "On target", date(2017, 12, 31), 2, False],
    ["A2", "Register of gifts reviewed", None, date(2018, 3, 31), 0, True],
    ["A3", "Code of conduct adopted", "Complete", None, 1.5, None],
]
LOG: list[list[Value]] = [["When", "Who"], [datetime(2017, 9, 30, 16, 5), "Officer"]]


@pytest.fixture
def plan(make):
    return make({"Plan": PLAN, "Log": LOG}, {"Plan": "A1:F4"})


def everything(book: Book) -> dict[str, list[tuple[str, Value]]]:
    """All that a workbook holds: of each sheet the cells that are not empty."""
    return {name: held(book.read(name)) for name in book.sheets()}


def held(grid: Grid) -> list[tuple[str, Value]]:
    return [
        (f"R{row}C{column}", value)
        for row, cells in grid.numbered()
        for column, value in enumerate(cells, 1)
        if value is not None
    ]


def value(made: Made, address: str, sheet: str = "Plan") -> Value:
    """What a cell holds for the book itself, which is what it holds for the next to open it."""
    here = made.book.read(sheet).value(address)
    again = made.again().read(sheet).value(address)
    assert same_value(here, again)
    return here


def edit(
    address: str, new: Value, expected: Value = None, sheet: str = "Plan", **more: Any
) -> ChangeSet:
    return ChangeSet((CellEdit(sheet, address, expected, new),), **more)


# -- reading -----------------------------------------------------------------------------------


def test_the_names_of_the_sheets_in_their_order(make):
    made = make({"Plan": PLAN, "Log": LOG, "Empty": []})
    assert made.book.sheets() == ["Plan", "Log", "Empty"]


def test_a_sheet_is_a_grid_from_a1(plan):
    grid = plan.book.read("Plan")
    assert grid.name == "Plan"
    assert grid.visible
    assert grid.value("A1") == "Ref"
    assert grid.value("D2") == date(2017, 12, 31)
    assert [cells[:6] for cells in grid.rows[:4]] == PLAN


def test_a_sheet_that_begins_further_in_keeps_its_addresses(make):
    made = make({"Plan": [[], [None, None], [None, None, "Ref"]]})
    assert held(made.book.read("Plan")) == [("R3C3", "Ref")]


def test_an_empty_sheet_has_no_values(make):
    assert held(make({"Empty": []}).book.read("Empty")) == []


@pytest.mark.parametrize("name", ["Report", "plan", ""])
def test_a_sheet_that_is_not_there(plan, name):
    with pytest.raises(SourceError, match="'Plan'"):
        plan.book.read(name)


def test_what_is_read_is_a_copy(plan):
    grid = plan.book.read("Plan")
    grid.rows[1][0] = "Z9"
    grid.rows.clear()
    assert plan.book.read("Plan").value("A2") == "A1"


def test_a_date_cell_at_midnight_is_a_date_and_a_whole_number_an_int(make):
    row = [datetime(2017, 9, 30), datetime(2017, 9, 30, 9, 30), 2.0, 2.5, True, None]
    cells = make({"Plan": [row]}).book.read("Plan").rows[0]
    assert [type(each) for each in cells[:5]] == [date, datetime, int, float, bool]


# -- values ------------------------------------------------------------------------------------

LONGEST = "x" * 32_767
VALUES: dict[str, Value] = {
    "nothing": None,
    "a text": "Complete",
    "a text like a formula": "=1+1",
    "a text like a link": '=HYPERLINK("http://example.org","here")',
    "a number by telephone": "+44",
    "a minus": "-1",
    "an at": "@x",
    "an apostrophe": "'quoted",
    "a number as text": "007",
    "a date as text": "31/12/2017",
    "TRUE as text": "TRUE",
    "an error as text": "#N/A",
    "spaces around": "  two  ",
    "a space": " ",
    "line breaks": "first\nsecond\n\nthird",
    "a tab": "a\tb",
    "a return": "a\r\nb",
    "markup": '<b a="x">&amp;</b> ]]>',
    "markup of rich text": "<r>x</r>",
    "other alphabets": "Ünïcode Łódź 東京 \u202e",
    "beyond the first plane": "done 👍🏽",
    "like an escape": "_x0041_",
    "like an escaped escape": "_x005F_x0041_",
    "a vertical tab, as pasted from slides": "a\x0bb",
    "a bell": "a\x07b",
    "as long as a cell allows": LONGEST,
    "true": True,
    "false": False,
    "zero": 0,
    "a whole number": 42,
    "a negative number": -7,
    "a large number": 2**53,
    "a fraction": 0.1,
    "a small number": 1.5e-12,
    "a date": date(2017, 9, 30),
    "a leap day": date(2024, 2, 29),
    "the first day": date(1900, 3, 1),
    "the last day": date(9999, 12, 31),
    "a moment": datetime(2017, 9, 30, 16, 5, 9),
    "the last second of a day": datetime(2017, 9, 30, 23, 59, 59),
    "a formula": Formula("=LEN(A1)", 3),
    "a formula with signs": Formula('=IF(A1<>"",A1&"<",0)', "Ref<"),
    "an error": CellError("#REF!"),
    "another error": CellError("#DIV/0!"),
}
every_value = pytest.mark.parametrize("new", VALUES.values(), ids=VALUES)


@every_value
def test_a_value_is_read_as_it_was_written(plan, new):
    plan.book.apply(edit("C3", new))
    assert same_value(value(plan, "C3"), new)


@every_value
def test_a_value_takes_the_place_of_another(plan, new):
    plan.book.apply(edit("C2", new, expected="On target"))
    assert same_value(value(plan, "C2"), new)


@every_value
def test_a_value_that_was_read_is_what_is_expected(make, new):
    made = make({"Plan": [["Ref", "Status"], ["A1", new]]})
    found = made.book.read("Plan").value("B2")
    assert same_value(found, new)
    made.book.apply(edit("B2", "Complete", expected=found))
    assert value(made, "B2") == "Complete"


@every_value
def test_a_value_far_from_all_others(plan, new):
    plan.book.apply(edit("AB40", new, sheet="Log"))
    assert same_value(value(plan, "AB40", "Log"), new)
    assert value(plan, "B2", "Log") == "Officer"


@pytest.mark.parametrize("new", ["text", True, 5, 0.25, CellError("#N/A"), Formula("=1", 1), None],
                         ids=str)  # fmt: skip
def test_a_value_in_a_date_cell_is_that_value_or_refused(plan, new):
    before = everything(plan.book)
    try:
        plan.book.apply(edit("D2", new, expected=date(2017, 12, 31)))
    except OutputError:
        assert everything(plan.again()) == before
    else:
        assert same_value(value(plan, "D2"), new)


@pytest.mark.parametrize("address", ["C2", "E2", "A4"])
def test_a_date_in_a_cell_that_held_none(plan, address):
    was = value(plan, address)
    plan.book.apply(edit(address, date(2018, 1, 31), expected=was))
    assert value(plan, address) == date(2018, 1, 31)


def test_none_empties_a_cell(plan):
    plan.book.apply(edit("C2", None, expected="On target"))
    assert value(plan, "C2") is None


def test_an_empty_text_is_no_value(plan):
    plan.book.apply(edit("C2", "", expected="On target"))
    assert value(plan, "C2") is None
    plan.book.apply(edit("C2", "Complete", expected=""))
    assert value(plan, "C2") == "Complete"


def test_a_formula_is_written_as_a_formula_and_a_text_never(plan):
    plan.book.apply(
        ChangeSet(
            (
                CellEdit("Plan", "C2", "On target", Formula("=1+1", 2)),
                CellEdit("Plan", "C3", None, "=1+1"),
            )
        )
    )
    assert isinstance(value(plan, "C2"), Formula)
    assert value(plan, "C3") == "=1+1"


def test_addresses_in_either_case_and_with_dollars(plan):
    plan.book.apply(edit("$c$3", "Complete"))
    assert value(plan, "C3") == "Complete"


# -- what was expected -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        ("On target", None),
        (None, "On target"),
        (None, 0),
        (None, False),
        (0, None),
        (False, None),
        (1, True),
        (True, 1),
        (0, False),
        (1, "1"),
        ("1", 1),
        ("TRUE", True),
        (2, 3),
        (0.1, 0.1000001),
        ("On target", "on target"),
        ("On target", "On target "),
        (" ", None),
        ("a\nb", "a b"),
        (date(2017, 12, 31), "31/12/2017"),
        ("31/12/2017", date(2017, 12, 31)),
        (date(2017, 12, 31), 43100),
        (43100, date(2017, 12, 31)),
        (date(2017, 12, 31), date(2017, 12, 30)),
        (datetime(2017, 9, 30, 9, 30), date(2017, 9, 30)),
        (date(2017, 9, 30), datetime(2017, 9, 30, 9, 30)),
        (Formula("=1+1", 2), 2),
        (Formula("=1+1", 2), "=1+1"),
        ("=1+1", Formula("=1+1", 2)),
        (Formula("=1+1", 2), Formula("=2", 2)),
        (CellError("#N/A"), "#N/A"),
        ("#N/A", CellError("#N/A")),
        (CellError("#N/A"), CellError("#REF!")),
    ],
    ids=repr,
)
def test_another_value_than_expected(make, holds, expected):
    made = make({"Plan": [["Ref", holds], ["A1", "x"]]})
    before = everything(made.book)
    with pytest.raises(ChangedError, match="Plan!B1"):
        made.book.apply(edit("B1", "Complete", expected=expected))
    assert everything(made.book) == everything(made.again()) == before


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        (2, 2.0),
        (date(2017, 9, 30), datetime(2017, 9, 30)),
        (None, ""),
        (Formula("=1+1", 2), Formula("=1+1", None)),
        (Formula("=1+1", 2), Formula("=1+1", 3)),
    ],
    ids=repr,
)
def test_what_a_workbook_cannot_tell_apart_is_the_same(make, holds, expected):
    made = make({"Plan": [["Ref", holds]]})
    made.book.apply(edit("B1", "Complete", expected=expected))
    assert value(made, "B1") == "Complete"


def test_the_message_says_where_what_was_expected_and_what_is_there(plan):
    with pytest.raises(ChangedError) as caught:
        plan.book.apply(edit("C2", "Complete", expected=None))
    message = str(caught.value)
    assert "Plan!C2" in message
    assert "empty" in message
    assert "'On target'" in message
    assert "nothing was written" in message


def test_a_cell_changed_by_an_earlier_change_set(plan):
    change = edit("C2", "Complete", expected="On target")
    plan.book.apply(change)
    with pytest.raises(ChangedError):
        plan.book.apply(change)


# -- all of it, or nothing ---------------------------------------------------------------------

SHEET = NewSheet(
    name="Replies",
    title="Replies of September 2017",
    table="Replies",
    columns=(
        SheetColumn("Ref", 8),
        SheetColumn("Returned", 30),
        SheetColumn("Decision", 16, choices=("Keep plan", "Take lead's"), entry=True),
    ),
    rows=(("A1", "Complete", "Take lead's"), ("A2", date(2018, 3, 31), None)),
    notes=("Two changes, no conflict.",),
)
GOOD = ChangeSet(
    edits=(CellEdit("Plan", "C2", "On target", "Complete"),),
    rows=(NewRows("Plan", 4, ({"A": "A4", "B": "Whistleblowing policy agreed"},)),),
    sheets=(SHEET,),
)
TOO_LONG = LONGEST + "x"
UNWRITABLE: dict[str, Value] = {
    "too long": TOO_LONG,
    "too long as Excel counts": "👍" * 16_384,
    "NUL": "a\x00b",
    "half a pair": "a\ud800b",
    "no character": "a\uffff",
    "not a number": float("nan"),
    "infinity": float("inf"),
    "too large": 1.5e308,
    "more digits than Excel keeps": 2**53 + 1,
    "before Excel's calendar": date(1899, 12, 31),
    "before Excel's calendar is sure": date(1900, 2, 28),
    "a time zone": datetime.fromisoformat("2017-09-30T09:00+01:00"),
    "no formula": Formula("1+1", 2),
    "a formula without a text": Formula("", 2),
    "a formula too long": Formula("=" + "1+" * 4_096 + "1", 2),
    "a formula with a bell": Formula('="\x07"', "x"),
    "no error": CellError("#OOPS!"),
    "no value": object(),  # type: ignore[dict-item]
}


def with_edit(new: CellEdit) -> ChangeSet:
    return ChangeSet((*GOOD.edits, new), GOOD.rows, GOOD.sheets)


def with_rows(new: NewRows) -> ChangeSet:
    return ChangeSet(GOOD.edits, (*GOOD.rows, new), GOOD.sheets)


def with_sheet(new: NewSheet) -> ChangeSet:
    return ChangeSet(GOOD.edits, GOOD.rows, (*GOOD.sheets, new))


def other_sheet(**changes: Any) -> NewSheet:
    given = {
        "name": "Other",
        "title": "Other",
        "table": "Other",
        "columns": (SheetColumn("A", 9), SheetColumn("B", 9)),
        "rows": (("a", "b"),),
    }
    return NewSheet(**{**given, **changes})


REFUSED: dict[str, ChangeSet] = {
    **{f"a cell with {what}": with_edit(CellEdit("Plan", "C3", None, new))
       for what, new in UNWRITABLE.items()},
    **{f"a row with {what}": with_rows(NewRows("Log", 2, ({"A": "x", "B": new},)))
       for what, new in UNWRITABLE.items()},
    "a cell that changed": with_edit(CellEdit("Plan", "C3", "x", "y")),
    "a cell of a sheet that is not there": with_edit(CellEdit("Report", "C3", None, "y")),
    "a cell of a sheet in another case": with_edit(CellEdit("plan", "C3", None, "y")),
    "a cell without an address": with_edit(CellEdit("Plan", "", None, "y")),
    "a column without a row": with_edit(CellEdit("Plan", "C", None, "y")),
    "row 0": with_edit(CellEdit("Plan", "C0", None, "y")),
    "an area": with_edit(CellEdit("Plan", "C3:C4", None, "y")),
    "another sheet in the address": with_edit(CellEdit("Plan", "Log!C3", None, "y")),
    "beyond the last column": with_edit(CellEdit("Plan", "XFE1", None, "y")),
    "beyond the last row": with_edit(CellEdit("Plan", "A1048577", None, "y")),
    "the same cell twice": with_edit(CellEdit("Plan", "C2", "On target", "Superseded")),
    "the same cell twice, alike": with_edit(CellEdit("Plan", "C2", "On target", "Complete")),
    "the same cell in another spelling": with_edit(CellEdit("Plan", "$c$2", "On target", "y")),
    "a cell of a new row": with_edit(CellEdit("Plan", "A5", None, "y")),
    "a cell of a new sheet": with_edit(CellEdit("Replies", "A1", None, "y")),
    "rows on a sheet that is not there": with_rows(NewRows("Report", 4, ({"A": "x"},))),
    "rows on a new sheet": with_rows(NewRows("Replies", 4, ({"A": "x"},))),
    "rows in the same place": with_rows(NewRows("Plan", 4, ({"C": "x"},))),
    "rows over others": with_rows(NewRows("Log", 1, ({"A": "x"},))),
    "rows below nothing": with_rows(NewRows("Log", 7, ({"A": "x"},))),
    "rows below row 0": with_rows(NewRows("Log", 0, ({"A": "x"},))),
    "rows beyond the last": with_rows(NewRows("Log", 1_048_576, ({"A": "x"},))),
    "rows in no column": with_rows(NewRows("Log", 2, ({"1": "x"},))),
    "rows beyond the last column": with_rows(NewRows("Log", 2, ({"XFE": "x"},))),
    "the same sheet twice": with_sheet(SHEET),
    "the same sheet in another case": with_sheet(other_sheet(name="REPLIES")),
    "a sheet that is not agsxl's own": with_sheet(other_sheet(name="Log")),
    "a sheet that is not agsxl's own, in another case": with_sheet(other_sheet(name="LOG")),
    "a sheet without a name": with_sheet(other_sheet(name=" ")),
    "a sheet with a long name": with_sheet(other_sheet(name="x" * 32)),
    "a sheet with an impossible name": with_sheet(other_sheet(name="a/b")),
    "a sheet with a name of Excel's": with_sheet(other_sheet(name="History")),
    "a sheet with a name that begins with a quote": with_sheet(other_sheet(name="'a")),
    "a sheet with a name that ends with a quote": with_sheet(other_sheet(name="a'")),
    "a table with an impossible name": with_sheet(other_sheet(table="two words")),
    "a table with the name of a cell": with_sheet(other_sheet(table="AB12")),
    "a table without columns": with_sheet(other_sheet(columns=(), rows=())),
    "a column without a heading": with_sheet(other_sheet(columns=(SheetColumn(" ", 9),), rows=())),
    "a column with a long heading": with_sheet(
        other_sheet(columns=(SheetColumn("x" * 256, 9),), rows=())),
    "a column with a bell in its heading": with_sheet(
        other_sheet(columns=(SheetColumn("a\x07", 9),), rows=())),
    "two columns alike": with_sheet(other_sheet(columns=(SheetColumn("A", 9), SheetColumn("a", 9)))),
    "a row too wide": with_sheet(other_sheet(rows=(("a", "b", "c"),))),
    "a sheet with a text too long": with_sheet(other_sheet(rows=((TOO_LONG, "b"),))),
    "a note too long": with_sheet(other_sheet(notes=(TOO_LONG,))),
    "a sheet with no number": with_sheet(other_sheet(rows=((float("nan"), "b"),))),
}  # fmt: skip


def test_the_change_set_that_is_not_refused(plan):
    receipt = plan.book.apply(GOOD)
    assert value(plan, "C2") == "Complete"
    assert value(plan, "A5") == "A4"
    assert value(plan, "A1", "Replies") == SHEET.title
    assert (receipt.cells, receipt.rows, receipt.sheets) == (1, 1, ("Replies",))


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED)
def test_one_part_that_cannot_be_written_leaves_all_as_it_was(plan, changes):
    before = everything(plan.book)
    with pytest.raises(OutputError) as caught:
        plan.book.apply(changes)
    assert everything(plan.book) == everything(plan.again()) == before
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_the_order_of_the_parts_does_not_matter(plan):
    changed = CellEdit("Plan", "C3", "x", "y")
    for edits in ((changed, *GOOD.edits), (*GOOD.edits, changed)):
        with pytest.raises(ChangedError, match="Plan!C3"):
            plan.book.apply(ChangeSet(edits))
    assert value(plan, "C2") == "On target"


def test_an_unwritable_value_is_named_by_its_cell(plan):
    with pytest.raises(OutputError, match=r"Plan!C3 .*32,768"):
        plan.book.apply(edit("C3", TOO_LONG))


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ("x" * 40_000, "40,000 characters"),
        ("👍" * 20_000, "40,000 characters"),
        ("a\x00b", r"U\+0000"),
        (float("nan"), "no number"),
        (2**53 + 1, "write it as text"),
        (date(1899, 12, 31), "31/12/1899"),
        (datetime.fromisoformat("2017-09-30T09:00+01:00"), "no time zone"),
        (Formula("", 2), "shared with other cells"),
        (Formula("1+1", 2), "begin with ="),
        (Formula('="\x07"', "x"), "control characters"),
        (CellError("#OOPS!"), "#OOPS!"),
    ],
    ids=repr,
)
def test_a_refusal_says_why(plan, new, words):
    with pytest.raises(OutputError, match=f"Plan!C3 .*{words}.*nothing was written"):
        plan.book.apply(edit("C3", new))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (ChangeSet(rows=(NewRows("Plan", 0, ({"A": "x"},)),)), "no row 0"),
        (ChangeSet(rows=(NewRows("Plan", 1_048_576, ({"A": "x"},)),)), "no row 1048576"),
        (ChangeSet(sheets=(other_sheet(rows=(("a",),) * 1_048_575),)), "1,048,575 rows"),
        (edit("XFE1", "x"), "'XFE1' on Plan is not the address of a cell"),
    ],
    ids=["row 0", "the last row", "more rows than a sheet", "the last column"],
)
def test_a_place_that_excel_has_not(plan, changes, words):
    with pytest.raises(OutputError, match=words):
        plan.book.apply(changes)


@pytest.mark.parametrize(
    "more",
    [
        {"edits": (CellEdit("Replies", "A2", "Two changes, no conflict.", "y"),)},
        {"edits": (CellEdit("Replies", "Z9", None, "y"),)},
        {"rows": (NewRows("Replies", 5, ({"A": "x"},)),)},
    ],
    ids=["a cell of it", "a cell beside it", "rows below it"],
)
def test_a_sheet_is_made_anew_or_edited_but_not_both_at_once(plan, more):
    plan.book.apply(ChangeSet(sheets=(SHEET,)))
    before = everything(plan.book)
    with pytest.raises(OutputError, match="written twice"):
        plan.book.apply(ChangeSet(sheets=(SHEET,), **more))
    assert everything(plan.again()) == before


def test_after_a_refusal_the_book_takes_the_next(plan):
    with pytest.raises(OutputError):
        plan.book.apply(edit("C3", TOO_LONG))
    plan.book.apply(edit("C3", "Complete"))
    assert value(plan, "C3") == "Complete"


def test_a_change_set_of_nothing_changes_nothing(plan):
    before = everything(plan.book)
    receipt = plan.book.apply(ChangeSet())
    assert (receipt.cells, receipt.rows, receipt.sheets) == (0, 0, ())
    assert everything(plan.again()) == before


def test_an_edit_on_each_of_two_sheets(plan):
    receipt = plan.book.apply(
        ChangeSet(
            (
                CellEdit("Plan", "C2", "On target", "Complete"),
                CellEdit("Log", "B2", "Officer", "Deputy"),
            )
        )
    )
    assert isinstance(receipt, Receipt)
    assert receipt.cells == 2
    assert value(plan, "C2") == "Complete"
    assert value(plan, "B2", "Log") == "Deputy"


def test_all_other_cells_stay(plan):
    before = dict(everything(plan.book)["Plan"])
    plan.book.apply(edit("C2", "Complete", expected="On target"))
    assert dict(everything(plan.again())["Plan"]) == {**before, "R2C3": "Complete"}


# -- new rows ----------------------------------------------------------------------------------


def test_rows_are_added_below_a_table(plan):
    receipt = plan.book.apply(
        ChangeSet(
            rows=(
                NewRows(
                    "Plan",
                    4,
                    (
                        {"A": "A4", "D": date(2018, 6, 30), "E": 0, "F": False},
                        {"A": "A5", "B": "=1+1", "C": None},
                    ),
                ),
            )
        )
    )
    assert receipt.rows == 2
    rows = plan.again().read("Plan").rows
    assert [cells[:6] for cells in rows[:4]] == PLAN
    assert rows[4][:6] == ["A4", None, None, date(2018, 6, 30), 0, False]
    assert rows[5][:3] == ["A5", "=1+1", None]


def test_rows_are_added_below_a_plain_list(plan):
    when = datetime(2017, 10, 2, 9, 15)
    plan.book.apply(ChangeSet(rows=(NewRows("Log", 2, ({"A": when, "B": "Deputy"},)),)))
    assert value(plan, "A3", "Log") == when
    assert value(plan, "B3", "Log") == "Deputy"


def test_rows_and_edits_of_the_same_sheet(plan):
    plan.book.apply(
        ChangeSet(
            edits=(CellEdit("Log", "B1", "Who", "By"),), rows=(NewRows("Log", 2, ({"B": "x"},)),)
        )
    )
    assert value(plan, "B1", "Log") == "By"
    assert value(plan, "B3", "Log") == "x"


def test_rows_where_something_has_come_to_stand(make):
    made = make({"Plan": [["Ref", "Status"], ["A1", "x"], ["A2", None], [None, "later"]]})
    with pytest.raises(OutputError, match="Plan"):
        made.book.apply(ChangeSet(rows=(NewRows("Plan", 2, ({"A": "A3"},)),)))
    with pytest.raises(OutputError, match="Plan"):
        made.book.apply(ChangeSet(rows=(NewRows("Plan", 3, ({"A": "A3"},)),)))
    assert value(made, "A3") == "A2"


def test_no_row_is_no_change(plan):
    before = everything(plan.book)
    assert plan.book.apply(ChangeSet(rows=(NewRows("Plan", 4, ()),))).rows == 0
    assert everything(plan.again()) == before


# -- agsxl's own sheets ------------------------------------------------------------------------


def cells_of(made: Made, name: str) -> list[tuple[str, Value]]:
    return held(made.again().read(name))


def as_held(sheet: NewSheet) -> list[tuple[str, Value]]:
    return held(Grid(sheet.name, own_rows(sheet)))


def test_a_sheet_is_made_where_it_is_not_there(plan):
    receipt = plan.book.apply(ChangeSet(sheets=(SHEET,)))
    assert receipt.sheets == ("Replies",)
    assert plan.book.sheets() == ["Plan", "Log", "Replies"]
    assert plan.again().sheets() == ["Plan", "Log", "Replies"]
    assert cells_of(plan, "Replies") == [
        ("R1C1", "Replies of September 2017"),
        ("R2C1", "Two changes, no conflict."),
        ("R3C1", "Ref"), ("R3C2", "Returned"), ("R3C3", "Decision"),
        ("R4C1", "A1"), ("R4C2", "Complete"), ("R4C3", "Take lead's"),
        ("R5C1", "A2"), ("R5C2", date(2018, 3, 31)),
    ]  # fmt: skip
    assert plan.again().read("Replies").visible


def test_its_contents_are_made_anew_where_it_is_there(plan):
    plan.book.apply(ChangeSet(sheets=(SHEET,)))
    fewer = NewSheet("Replies", "October", "Replies", SHEET.columns[:2], (("B1", "x"),))
    receipt = plan.book.apply(ChangeSet(sheets=(fewer,)))
    assert receipt.sheets == ("Replies",)
    assert cells_of(plan, "Replies") == as_held(fewer)
    more = NewSheet("Replies", "November", "Replies", SHEET.columns, SHEET.rows * 5, ("a", "b"))
    plan.book.apply(ChangeSet(sheets=(more,)))
    assert cells_of(plan, "Replies") == as_held(more)
    assert plan.book.sheets() == ["Plan", "Log", "Replies"]


def test_it_is_known_as_agsxls_own_whatever_columns_it_had(plan):
    plan.book.apply(ChangeSet(sheets=(SHEET,)))
    other = other_sheet(name="Replies", table="Replies")
    plan.book.apply(ChangeSet(sheets=(other,)))
    assert cells_of(plan, "Replies") == as_held(other)


def test_its_name_is_the_same_in_any_case(plan):
    plan.book.apply(ChangeSet(sheets=(SHEET,)))
    again = other_sheet(name="REPLIES", table="Replies", columns=SHEET.columns, rows=())
    assert plan.book.apply(ChangeSet(sheets=(again,))).sheets == ("Replies",)
    assert plan.again().sheets() == ["Plan", "Log", "Replies"]
    assert value(plan, "A1", "Replies") == "Other"


def test_an_empty_sheet_of_that_name_is_filled(make):
    made = make({"Plan": PLAN, "Replies": []})
    made.book.apply(ChangeSet(sheets=(SHEET,)))
    assert made.again().sheets() == ["Plan", "Replies"]
    assert cells_of(made, "Replies") == as_held(SHEET)


def test_a_sheet_of_the_officers_own_is_never_written_over(plan):
    with pytest.raises(OutputError, match="'Log'"):
        plan.book.apply(ChangeSet(sheets=(other_sheet(name="Log"),)))
    assert value(plan, "A1", "Log") == "When"


def test_a_hidden_sheet(plan):
    plan.book.apply(ChangeSet(sheets=(other_sheet(hidden=True),)))
    assert not plan.book.read("Other").visible
    assert not plan.again().read("Other").visible
    assert plan.again().read("Plan").visible
    assert value(plan, "A1", "Other") == "Other"


def test_a_sheet_without_a_row_says_so(plan):
    plan.book.apply(ChangeSet(sheets=(other_sheet(rows=(), nothing="No replies yet"),)))
    assert value(plan, "A3", "Other") == "No replies yet"


def test_several_sheets_at_once(plan):
    second = other_sheet(name="Second's", table="Second")
    receipt = plan.book.apply(ChangeSet(sheets=(SHEET, other_sheet(), second)))
    assert receipt.sheets == ("Replies", "Other", "Second's")
    assert plan.again().sheets() == ["Plan", "Log", "Replies", "Other", "Second's"]
    for sheet in (SHEET, other_sheet(), second):
        assert cells_of(plan, sheet.name) == as_held(sheet)


def test_a_sheet_keeps_the_types_of_its_values(plan):
    rows = tuple((name, new) for name, new in VALUES.items() if name != "the first day")
    sheet = other_sheet(rows=rows)
    plan.book.apply(ChangeSet(sheets=(sheet,)))
    grid = plan.again().read("Other")
    for number, (name, new) in enumerate(rows, 3):
        found = grid.value(f"B{number}")
        if isinstance(new, Formula):
            assert found == new.text, name
        elif isinstance(new, CellError):
            assert found == new.code, name
        else:
            assert same_value(found, new), (name, found)


def test_a_day_before_excels_calendar_is_shown_as_text(plan):
    plan.book.apply(ChangeSet(sheets=(other_sheet(rows=((date(1900, 1, 30), "x"),)),)))
    assert value(plan, "A3", "Other") == "30/01/1900"


def test_rows_are_added_to_a_sheet_of_agsxls_own(plan):
    """The change log grows in this way: rows at its end, and its head line set."""
    plan.book.apply(ChangeSet(sheets=(SHEET,)))
    plan.book.apply(
        ChangeSet(
            edits=(CellEdit("Replies", "A2", "Two changes, no conflict.", "Three changes"),),
            rows=(NewRows("Replies", 5, ({"A": "A3", "B": "=x", "C": "Keep plan"},)),),
        )
    )
    assert value(plan, "A2", "Replies") == "Three changes"
    assert [value(plan, f"{c}6", "Replies") for c in "ABC"] == ["A3", "=x", "Keep plan"]


# -- letting go --------------------------------------------------------------------------------


def test_what_was_applied_is_there_after_closing(plan):
    plan.book.apply(edit("C2", "Complete", expected="On target"))
    plan.book.close()
    assert plan.again().read("Plan").value("C2") == "Complete"


def test_closing_twice_is_closing_once(plan):
    plan.book.close()
    plan.book.close()
