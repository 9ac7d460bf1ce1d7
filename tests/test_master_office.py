"""The master workbook in LibreOffice: its formulas calculated by a program that is not ours.

What each formula gives is held against what Python counts and measures, for every cell with a formula on
every sheet: of the sample, and of the real plans. Then things are typed in, as an officer types.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agsxl import desk
from agsxl.excel.file import open_book
from agsxl.grid import CellError, Formula, cell_address
from agsxl.master.figures import figures_of
from agsxl.master.formulas import COMPUTED
from agsxl.master.plan_sheet import HEADING_ROW
from agsxl.master.sheets import workbook_bytes
from agsxl.movements import measure
from agsxl.plan import Plan
from agsxl.words import COLUMNS, TIMELINESS
from tests.plans import AS_OF, REAL, SAMPLE, plan_of
from tests.test_returns_office import Office, office, type_in  # noqa: F401 - a fixture

pytestmark = pytest.mark.office

DAY = date(2026, 9, 30)
FIRST = HEADING_ROW + 2  # the row of the first milestone, counted from 1
REAL_PLANS = sorted(REAL.parent.glob("0*.txt"))
NO_DAY = date(2000, 1, 1)
Cell = tuple[str, str]  # sheet, address


def written(path: Path, plan: Plan | None, **options: Any) -> Path:
    path.write_bytes(workbook_bytes(plan, **options))
    return path


def judged(plan: Plan, day: date | None) -> Plan:
    return replace(plan, settings=replace(plan.settings, reporting_date=day))


def saved(path: Path) -> dict[Cell, Any]:
    """What is saved with every formula of a workbook."""
    with open_book(path) as book:
        grids = [book.read(name) for name in book.sheets()]
    return {
        (grid.name, cell_address(row, column)): plain(value.cached)
        for grid in grids
        for row, cells in grid.numbered()
        for column, value in enumerate(cells, 1)
        if isinstance(value, Formula)
    }


def plain(value: Any) -> Any:
    if isinstance(value, date):
        return (value - date(1899, 12, 30)).days
    return str(value) if isinstance(value, CellError) else "" if value is None else value


def cell(book: Any, sheet: str, address: str) -> Any:
    return book.Sheets.getByName(sheet).getCellRangeByName(address)


def shown(found: Any) -> Any:
    """What LibreOffice made of a formula: a number, or a text."""
    if found.getError():
        return found.String
    return found.String if found.FormulaResultType2 == 2 else found.Value


def setting_at(name: str) -> str:
    """The cell of a setting's value."""
    from agsxl.layout.tables import KEYS

    return f"B{FIRST + [key.name for key in KEYS].index(name)}"


def columns_of(book: Any) -> dict[str, int]:
    """Where the Plan sheet's headings stand, counted from 0."""
    page = book.Sheets.getByName("Plan")
    heads: dict[str, int] = {}
    while text := page.getCellByPosition(len(heads), HEADING_ROW).String:
        heads[text] = len(heads)
    return heads


@pytest.mark.parametrize(
    "source",
    [SAMPLE, *(pytest.param(path, marks=pytest.mark.real) for path in REAL_PLANS)],
    ids=lambda path: path.name[:6],
)
def test_every_formula_gives_what_python_counts(office, source, tmp_path):  # noqa: F811
    plan = desk.load_plan(source)
    day = plan.settings.reporting_date or AS_OF
    wanted = saved(written(tmp_path / "wanted.xlsx", judged(plan, day)))
    # Made for another day, so that nothing saved in it is right; then the date is typed in.
    book = office.open(written(tmp_path / "plan.xlsx", judged(plan, None), as_of=NO_DAY))
    type_in(cell(book, "Settings", setting_at("Reporting date")).Spreadsheet,
            setting_at("Reporting date"), day.isoformat())  # fmt: skip
    book.calculateAll()
    assert different(wanted, book) == {}
    heads = columns_of(book)
    for row, m in enumerate(measure(plan, as_of=day).movements, FIRST - 1):
        got = dict(zip(COMPUTED, computed_of(book, heads, row), strict=True))
        assert got["Current target date"] == (plain(m.forecast))
        days = got["Slippage (days)"]
        assert (days if isinstance(days, float) else None) == m.slippage_days
        assert (got["Days overdue"] or 0) == m.overdue_days
        assert got["Timeliness"] == TIMELINESS[m.timeliness]
    book.close(True)


def different(wanted: dict[Cell, Any], book: Any) -> dict[Cell, tuple[Any, Any]]:
    """What LibreOffice gives otherwise than Python, read a sheet at a time."""
    found: dict[Cell, Any] = {}
    for name in {sheet for sheet, _ in wanted}:
        page = book.Sheets.getByName(name)
        cursor = page.createCursor()
        cursor.gotoEndOfUsedArea(False)
        end = cursor.RangeAddress
        area = page.getCellRangeByPosition(0, 0, end.EndColumn, end.EndRow)
        for row, cells in enumerate(area.getDataArray(), 1):
            for column, value in enumerate(cells, 1):
                found[name, cell_address(row, column)] = "#REF!" if value is None else value
    return {at: (v, found.get(at)) for at, v in wanted.items() if not same(v, found.get(at))}


def same(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, int | float) and isinstance(found, float):
        return abs(wanted - found) < 1e-9
    return bool(wanted == found)


def computed_of(book: Any, heads: dict[str, int], row: int) -> list[Any]:
    page = book.Sheets.getByName("Plan")
    return [shown(page.getCellByPosition(heads[name], row)) for name in COMPUTED]


# What is typed into the first milestone, and what the sheet then says at once: current target date,
# slippage, days overdue, timeliness. Its original is 31 March 2026; it is judged on 30 September 2026.
TYPED: list[tuple[dict[str, str], list[Any]]] = [
    ({}, [date(2026, 3, 31), "", 183, "Overdue"]),
    ({"revised": "2026-12-31"}, [date(2026, 12, 31), 275, "", "Not yet due"]),
    ({"revised": "2026-10-31"}, [date(2026, 10, 31), 214, "", "Due soon"]),
    ({"revised": "2026-09-30"}, [date(2026, 9, 30), 183, "", "Due soon"]),
    ({"revised": "2026-09-29"}, [date(2026, 9, 29), 182, 1, "Overdue"]),
    ({"revised": "2026-02-28"}, [date(2026, 2, 28), -31, 214, "Overdue"]),
    ({"revised": "to be agreed"}, [date(2026, 3, 31), "", 183, "Overdue"]),
    ({"status": "Achieved"}, [date(2026, 3, 31), "No date completed", "", "Complete"]),
    ({"status": "achieved "}, [date(2026, 3, 31), "No date completed", "", "Complete"]),
    ({"status": "Withdrawn"}, [date(2026, 3, 31), "", "", "Superseded"]),
    ({"status": "Part complete"}, [date(2026, 3, 31), "", 183, "Overdue"]),
    ({"status": "See the minutes"}, [date(2026, 3, 31), "", 183, "Overdue"]),
    ({"status": "Complete*"}, [date(2026, 3, 31), "No date completed", "", "Complete"]),
    ({"status": "Withdrawn."}, [date(2026, 3, 31), "", "", "Superseded"]),
    ({"status": "\u00a0Not\u00a0started"}, [date(2026, 3, 31), "", 183, "Overdue"]),
    ({"status": "Complete\u00a0"}, [date(2026, 3, 31), "No date completed", "", "Complete"]),
    ({"status": "No longer\nrequired"}, [date(2026, 3, 31), "", "", "Superseded"]),
    ({"status": "?"}, [date(2026, 3, 31), "", 183, "Overdue"]),
    ({"status": "Complet?"}, [date(2026, 3, 31), "", 183, "Overdue"]),
    ({"status": "Complete", "completed": "2026-04-10"}, [date(2026, 3, 31), 10, "", "Complete"]),
    ({"status": "Complete", "completed": "2026-04-10", "revised": "2026-05-31"},
     [date(2026, 5, 31), 10, "", "Complete"]),
    ({"status": "Complete", "revised": "2026-05-31"}, [date(2026, 5, 31), 61, "", "Complete"]),
    ({"completed": "2026-04-10"}, [date(2026, 3, 31), "", 183, "Overdue"]),
    ({"baseline": "", "timescale": "Summer"}, ["", "", "", "No date"]),
    ({"baseline": "", "timescale": "Summer", "revised": "2026-12-31"},
     [date(2026, 12, 31), "No original date", "", "Not yet due"]),
    ({"baseline": "", "timescale": "2026-10-15"}, [date(2026, 10, 15), "", "", "Due soon"]),
    ({"baseline": "", "timescale": "2026-12-01", "revised": "2026-12-31"},
     [date(2026, 12, 31), 30, "", "Not yet due"]),
    ({"revised": "0"}, [date(2026, 3, 31), "", 183, "Overdue"]),
    ({"revised": "2027"}, [date(2026, 3, 31), "", 183, "Overdue"]),  # a year, not a day of 1905
    ({"revised": "2100-01-01"}, [date(2026, 3, 31), "", 183, "Overdue"]),
    ({"revised": "2099-12-31"}, [date(2099, 12, 31), 26938, "", "Not yet due"]),
    ({"revised": "=NA()"}, [date(2026, 3, 31), "", 183, "Overdue"]),
    ({"status": "=NA()"}, [date(2026, 3, 31), "", 183, "Overdue"]),
    ({"baseline": "", "timescale": "=NA()"}, ["", "", "", "No date"]),
    ({"ref": "", "milestone": ""}, ["", "", "", ""]),
]  # fmt: skip


@pytest.fixture(scope="module")
def typing(office, tmp_path_factory: pytest.TempPathFactory):  # noqa: F811
    plan = judged(plan_of({"timescale": "31/03/2026"}, {"ref": "A2"}), DAY)
    book = office.open(written(tmp_path_factory.mktemp("typing") / "plan.xlsx", plan))
    yield book
    book.close(True)


@pytest.mark.parametrize(("typed", "wanted"), TYPED, ids=lambda each: str(each)[:60])
def test_what_is_typed_changes_the_answer_at_once(typing, typed, wanted):
    heads = columns_of(typing)
    page = typing.Sheets.getByName("Plan")
    before = {
        key: page.getCellByPosition(heads[COLUMNS[key]], FIRST - 1).FormulaLocal for key in typed
    }
    for key, text in typed.items():
        page.getCellByPosition(heads[COLUMNS[key]], FIRST - 1).FormulaLocal = text
    found = computed_of(typing, heads, FIRST - 1)
    for key, text in before.items():
        page.getCellByPosition(heads[COLUMNS[key]], FIRST - 1).FormulaLocal = text
    assert found[:4] == [plain(each) for each in wanted]


def test_python_says_the_same_of_what_was_typed(office, tmp_path):  # noqa: F811
    typed = [t for t, _ in TYPED if "ref" not in t]
    rows = [{"ref": f"A{n}", "timescale": "31/03/2026"} for n in range(len(typed))]
    book = office.open(written(tmp_path / "plan.xlsx", judged(plan_of(*rows), DAY)))
    heads = columns_of(book)
    page = book.Sheets.getByName("Plan")
    for row, cells in enumerate(typed, FIRST - 1):
        for key, text in cells.items():
            page.getCellByPosition(heads[COLUMNS[key]], row).FormulaLocal = text
    found = [computed_of(book, heads, row) for row in range(FIRST - 1, FIRST - 1 + len(typed))]
    plan = desk.load_plan(office.save(book, tmp_path / "typed.xlsx"))
    for row, m in zip(found, measure(plan, as_of=DAY).movements, strict=True):
        days = row[1] if isinstance(row[1], float) else None
        assert [row[0] or None, days, row[2] or 0, row[3]] == [
            plain(m.forecast) or None, m.slippage_days, m.overdue_days, TIMELINESS[m.timeliness],
        ], m.ref  # fmt: skip


def test_the_reporting_date_and_what_counts_as_due_soon_come_from_settings(typing):
    judged_on = cell(typing, "Dashboard", "A2")
    days = cell(typing, "Settings", setting_at("Due soon days"))
    day = cell(typing, "Settings", setting_at("Reporting date"))
    heads = columns_of(typing)
    assert judged_on.String == "Judged on 30 September 2026 (the reporting date on Settings)."
    day.FormulaLocal = "2026-02-20"
    assert computed_of(typing, heads, FIRST - 1)[3] == "Due soon"
    days.FormulaLocal = "30"
    assert computed_of(typing, heads, FIRST - 1)[3] == "Not yet due"
    days.FormulaLocal = ""
    day.FormulaLocal = "some day"
    assert judged_on.String.endswith(
        "(today, because the reporting date on Settings is not a date)."
    )
    day.FormulaLocal = ""
    assert judged_on.String.endswith("(today, because Settings names no reporting date).")
    day.FormulaLocal = "2026-09-30"
    assert judged_on.String == "Judged on 30 September 2026 (the reporting date on Settings)."


def column_of_dashboard(book: Any, letter: str, heading: str) -> list[tuple[str, str]]:
    """The rows below a heading of the Dashboard: the text in its column, and two columns on."""
    page = book.Sheets.getByName("Dashboard")
    start = next(
        r for r in range(1, 120) if cell(book, "Dashboard", f"{letter}{r}").String == heading
    )
    column = page.getCellRangeByName(f"{letter}{start}").CellAddress.Column
    rows = []
    for row in range(start, start + 40):
        text = page.getCellByPosition(column, row).String
        rows.append(
            (text, page.getCellByPosition(column + 7 if letter == "A" else column + 1, row).String)
        )
        if text == "All milestones":
            return rows
    raise AssertionError(f"no end below {heading}")


def test_a_new_theme_and_a_new_lead_appear_by_themselves(office, tmp_path):  # noqa: F811
    rows = [
        {"ref": f"A{n}", "theme": f"Theme {n % 3}", "timescale": "31/03/2026"} for n in range(9)
    ]
    book = office.open(written(tmp_path / "plan.xlsx", judged(plan_of(*rows), DAY)))
    heads = columns_of(book)
    page = book.Sheets.getByName("Plan")
    for row, (theme, lead) in enumerate([("* New *", "Head of Law"), ("* new *", "Head  of  law"), ("", "")],
                                        FIRST - 1):  # fmt: skip
        page.getCellByPosition(heads["Improvement Theme"], row).String = theme
        page.getCellByPosition(heads["SMT Lead"], row).String = lead
    themes = column_of_dashboard(book, "A", "Theme")
    assert [each for each in themes if each[0]] == [
        ("* New *", "2"), ("Theme 0", "2"), ("Theme 1", "2"), ("Theme 2", "2"), ("No theme", "1"),
        ("All milestones", "9"),
    ]  # fmt: skip
    leads = column_of_dashboard(book, "K", "SMT lead")
    assert [each for each in leads if each[0]] == [
        ("Head of Shared Services", "6"), ("Head of Law", "2"), ("No lead", "1"), ("All milestones", "9"),
    ]  # fmt: skip
    book.close(True)


def test_more_themes_and_leads_than_there_are_rows_stand_together(office, tmp_path):  # noqa: F811
    rows = [
        {
            "ref": f"A{n}",
            "theme": f"Theme {n}",
            "smt_lead": f"Head of {n}",
            "timescale": "31/03/2026",
        }
        for n in range(70)
    ]
    plan = judged(plan_of(*rows), DAY)
    wanted = saved(written(tmp_path / "wanted.xlsx", plan))
    book = office.open(written(tmp_path / "plan.xlsx", plan))
    book.calculateAll()
    assert different(wanted, book) == {}
    themes, leads = (
        column_of_dashboard(book, "A", "Theme"),
        column_of_dashboard(book, "K", "SMT lead"),
    )
    assert themes[-2:] == [("Other themes", "50"), ("All milestones", "70")]
    assert leads[-2:] == [("Other leads", "56"), ("All milestones", "70")]
    book.close(True)


def test_themes_leads_and_statuses_of_any_length_and_characters(office, tmp_path):  # noqa: F811
    odd = [
        "* Any *",
        "Any thing",
        "?",
        "x" * 300,
        "x" * 300 + "y",
        "A & B",
        "a and  b",
        "~",
        "",
        "=1",
        "<>",
    ]
    rows = [
        {"ref": f"A{n}", "theme": text, "smt_lead": text, "status": text, "timescale": "31/03/2026"}
        for n, text in enumerate(odd)
    ]
    plan = judged(plan_of(*rows), DAY)
    wanted = saved(written(tmp_path / "wanted.xlsx", plan))
    book = office.open(written(tmp_path / "plan.xlsx", judged(plan, None), as_of=NO_DAY))
    cell(book, "Settings", setting_at("Reporting date")).FormulaLocal = DAY.isoformat()
    book.calculateAll()
    assert different(wanted, book) == {}
    book.close(True)


def test_an_error_in_a_cell_spoils_no_count(office, tmp_path):  # noqa: F811
    """A lookup of an officer's own that finds nothing: the milestone counts as if the cell were blank."""
    columns = (
        "ref",
        "theme",
        "milestone",
        "timescale",
        "smt_lead",
        "status",
        "revised",
        "completed",
    )
    row = {"theme": "People", "timescale": "31/03/2026", "revised": "30/06/2026"}
    rows = [{"ref": f"A{n}", **row} for n in range(9)]
    book = office.open(written(tmp_path / "plan.xlsx", judged(plan_of(*rows), DAY)))
    heads = columns_of(book)
    page = book.Sheets.getByName("Plan")
    for at, key in enumerate(columns, FIRST - 1):
        page.getCellByPosition(heads[COLUMNS[key]], at).FormulaLocal = "=NA()"
    book.calculateAll()
    found = {name: read_area(book, name) for name in ("Start", "Dashboard", "Workings")}
    for name, cells in found.items():
        assert {at for at, value in cells.items() if value is None} == set(), name
    for at in range(FIRST - 1, FIRST + 8):
        assert not any("#" in str(each) for each in computed_of(book, heads, at))
    plan = desk.load_plan(office.save(book, tmp_path / "typed.xlsx"))
    figures = figures_of(plan, as_of=DAY)
    assert [found["Dashboard"][f"{column}5"] for column in "ABCDEFG"] == [
        len(figures.milestones), *figures.timeliness.values(),
    ]  # fmt: skip
    [line] = [at[1:] for at, value in found["Dashboard"].items() if value == "People"]
    assert found["Dashboard"][f"H{line}"] == figures.themes[0].all == 8


def read_area(book: Any, name: str) -> dict[str, Any]:
    """What stands on a sheet; None is an error."""
    page = book.Sheets.getByName(name)
    cursor = page.createCursor()
    cursor.gotoEndOfUsedArea(False)
    end = cursor.RangeAddress
    area = page.getCellRangeByPosition(0, 0, end.EndColumn, end.EndRow)
    return {
        cell_address(row, column): value
        for row, cells in enumerate(area.getDataArray(), 1)
        for column, value in enumerate(cells, 1)
    }


def test_the_first_milestone_of_an_empty_plan(office, tmp_path):  # noqa: F811
    book = office.open(written(tmp_path / "plan.xlsx", None))
    page = book.Sheets.getByName("Plan")
    heads = columns_of(book)
    assert computed_of(book, heads, FIRST - 1) == ["", "", "", "", ""]
    assert cell(book, "Dashboard", "A5").Value == 0
    for heading, text in (("Ref", "A1"), ("Milestones", "Policy"), ("Timescale", "2020-03-31")):
        page.getCellByPosition(heads[heading], FIRST - 1).FormulaLocal = text
    assert computed_of(book, heads, FIRST - 1)[3:] == ["Overdue", "No status"]
    assert cell(book, "Dashboard", "A5").Value == 1
    book.close(True)


def test_the_dropdowns_offer_what_lists_and_posts_hold(office, tmp_path):  # noqa: F811
    plan = desk.load_plan(SAMPLE)
    book = office.open(written(tmp_path / "plan.xlsx", plan))
    book.calculateAll()

    def offered(name: str) -> list[str]:
        spare = cell(book, "Lists", "H1")
        spare.Formula = f"=ROWS({name})"
        count = int(spare.Value)
        texts = []
        for number in range(1, count + 1):
            spare.Formula = f"=INDEX({name};{number})"
            texts.append(spare.String)
        return texts

    assert offered("Agsxl_StatusChoices")[:5] == list(plan.settings.statuses)
    leads = offered("Agsxl_LeadChoices")
    posts = {posting.post for posting in plan.posts}
    assert {*leads} == posts | {m.smt_lead.post for m in plan.milestones if m.smt_lead.post}
    assert len({*leads}) == len(leads) and all(leads)
    first = cell(book, "Posts", f"A{FIRST}")
    first.String = "Head of Something New"
    assert "Head of Something New" in offered("Agsxl_LeadChoices")
    assert {*offered("Agsxl_SourceChoices")} == {m.source for m in plan.milestones if m.source}
    validation = book.Sheets.getByName("Plan").getCellRangeByName(f"J{FIRST}").Validation
    assert (validation.Type.value, validation.getFormula1()) == ("LIST", "Agsxl_StatusChoices")
    book.close(True)
