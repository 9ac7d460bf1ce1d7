"""The month on the shipped workbook in a running LibreOffice, button by button.

A person pastes the milestones in and presses Check, Slippage and Chase. Each press runs the macro, which starts a
Python of its own, which writes onto the sheets of the open workbook; these then hold, cell for cell, what
the terminal says for the same file.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from agsxl import desk, packing, results, sending, updating, years
from agsxl.excel.file import open_book
from agsxl.excel.values import same_value
from agsxl.grid import Formula, Grid, Value
from agsxl.words import (
    CHANGE_LOG,
    CHASE_LOG,
    CHASERS,
    CHECKS,
    LAST_YEAR,
    SETTINGS,
    SLIPPAGE,
    TWELVE,
    spoken,
)
from tests.plans import REAL, ROOT, SAMPLE

MASTER = ROOT / "workbook" / "action-plan.xlsm"
pytestmark = pytest.mark.office

STARTS_PYTHON = """Option VBASupport 1
Public Function RunPython(PythonCommand As String)
    Shell "{python}", 0, "-m tests.live_office.pressed {note} " & Replace(PythonCommand, " ", "%20") & _
        " --wb=" & ThisWorkbook.Name & " --from_xl=1", False
End Function
"""


class Desk:
    """The shipped workbook, open in LibreOffice, and a person at it."""

    def __init__(self, office: Any, folder: Path) -> None:
        self.office = office
        self.path = folder / "action-plan.xlsm"
        self.path.write_bytes(MASTER.read_bytes())
        self.note = folder / "pressed.txt"
        self.document = office.load(self.path, macros=True)
        import xlwings

        from tests.live_office import engine

        self.book = xlwings.Book(impl=engine.Book(self.document))
        self.document.BasicLibraries.getByName("VBAProject").replaceByName(
            "xlwings",
            STARTS_PYTHON.format(python=sys.executable, note=quote(str(self.note))),
        )

    def paste(self, rows: list[list[Value]]) -> None:
        """Milestones into the table Plan, which grows as Excel's does."""
        sheet = self.book.sheets["Plan"]
        table = sheet.tables["Plan"]
        top, left = table.range.row, table.range.column
        width = table.range.columns.count
        table.resize(sheet.range((top, left), (top + len(rows), left + width - 1)))
        headings = [str(h) for h in sheet.range((top, left), (top, left + width - 1)).value]
        native = self.document.Sheets.getByName("Plan")
        for column in range(left - 1, left + width - 1):  # Excel fills calculated columns itself
            if native.getCellByPosition(column, top).Formula.startswith("="):
                native.getCellRangeByPosition(column, top, column, top + len(rows) - 1).fillAuto(
                    self.office.uno.Enum("com.sun.star.sheet.FillDirection", "TO_BOTTOM"), 1
                )
        assert headings[: len(TWELVE)] == list(TWELVE.values())
        sheet.range((top + 1, left)).value = rows

    def set(self, setting: str, value: Value) -> None:
        """A value on the Settings sheet."""
        sheet = self.book.sheets["Settings"]
        used = sheet.used_range.value
        row = next(n for n, cells in enumerate(used, 1) if setting in cells)
        sheet.range((row, used[row - 1].index(setting) + 2)).value = value

    def press(self, caption: str, *, limit: float = 60) -> str:
        """Press a button on Start and wait for what the workbook says; the seconds stand in ``took``."""
        self.note.unlink(missing_ok=True)
        began = time.perf_counter()
        start = self.document.Sheets.getByName("Start")
        self.document.CurrentController.ActiveSheet = start  # a job shows the sheet it wrote
        form = start.DrawPage.Forms.getByIndex(0)
        models = {form.getByIndex(n).Label: form.getByIndex(n) for n in range(form.Count)}
        control = self.document.CurrentController.getControl(models[caption])
        control.AccessibleContext.doAccessibleAction(0)
        self.document.CurrentController.Frame.ContainerWindow.Toolkit.processEventsToIdle()
        while not self.note.exists():
            assert time.perf_counter() - began < limit, f"{caption} did not end"
            time.sleep(0.02)
        self.took = time.perf_counter() - began
        said = self.note.read_text("utf-8")
        assert "Traceback" not in said, said
        return said

    def saved(self, name: str) -> Path:
        """A copy of the workbook as it stands now, in a file."""
        return self.office.save_copy(self.document, self.path.with_name(name))

    def grid(self, sheet: str) -> Grid:
        """A sheet of the open workbook."""
        from agsxl.excel.live import LiveBook

        return LiveBook(self.book).read(sheet)


@pytest.fixture
def at_desk(request, tmp_path, monkeypatch) -> Iterator[Desk]:
    from tests.live_office import an_office

    monkeypatch.chdir(ROOT)  # where the child finds the tests' package
    for office in an_office(request.config):
        yield Desk(office, tmp_path)


def shown(cell: Value) -> Value:
    """A link by what it shows. What else is calculated has no saved result in a file just written."""
    if isinstance(cell, Formula):
        return cell.cached if "HYPERLINK" in cell.text else "(calculated)"
    return cell


def cells_of(grid: Grid) -> list[list[Value]]:
    """A sheet's cells but for blanks at the ends."""
    rows = []
    for row in grid.rows:
        cells = [shown(each) for each in row]
        while cells and cells[-1] in (None, ""):
            cells.pop()
        rows.append(cells)
    while rows and not rows[-1]:
        rows.pop()
    return rows


def assert_same(live: Grid, closed: Grid) -> None:
    a, b = cells_of(live), cells_of(closed)
    assert len(a) == len(b)
    for number, (one, two) in enumerate(zip(a, b, strict=True), 1):
        assert len(one) == len(two), f"row {number}: {one} {two}"
        for left, right in zip(one, two, strict=True):
            close = (
                isinstance(left, datetime)
                and isinstance(right, datetime)
                and abs(left - right) < timedelta(minutes=5)
            )
            assert close or same_value(left, right), f"row {number}: {left!r}, {right!r}"


def by_ref(grid: Grid, heading: str) -> dict[Value, Value]:
    """A column of a sheet's table by Ref; those that stand twice, or not at all, left out."""
    top = next(n for n, row in enumerate(grid.rows) if heading in row)
    at, ref = grid.rows[top].index(heading), grid.rows[top].index("Ref")
    plain = [
        [c.cached if isinstance(c, Formula) else c for c in row] for row in grid.rows[top + 1 :]
    ]
    named = [(str(row[ref] or "").strip(), row[at]) for row in plain]
    refs = [name for name, _ in named]
    return {r: value for r, value in named if refs.count(r) == 1 and r not in ("", "(no Ref)")}


def rows_of(source: Path) -> list[list[Value]]:
    """A plan's milestones as somebody pastes them: the twelve columns, dates as typed."""
    plan = desk.load_plan(source)
    return [
        [None if m.text(c).startswith("#") else m.text(c) or None for c in TWELVE]
        for m in plan.milestones
    ]


@pytest.mark.parametrize(
    ("source", "day"),
    [
        pytest.param(SAMPLE, date(2026, 9, 30), id="the sample"),
        pytest.param(REAL, date(2017, 9, 30), id="a real plan", marks=pytest.mark.real),
    ],
)
def test_the_sheets_hold_what_the_terminal_says(at_desk, source, day):
    at_desk.paste(rows_of(source))
    at_desk.set("Reporting date", day)
    pasted = at_desk.saved("as pasted.xlsm")
    assert len(desk.load_plan(pasted).milestones) == len(desk.load_plan(source).milestones)

    said = at_desk.press("Check")
    closed = results.check_onto(pasted)
    assert f"{len(closed.findings)} data queries" in said.replace(",", "")
    with open_book(pasted) as book:
        assert_same(at_desk.grid(CHECKS), book.read(CHECKS))

    at_desk.press("Slippage")
    results.slippage_onto(pasted)
    with open_book(pasted) as book:
        assert_same(at_desk.grid(SLIPPAGE), book.read(SLIPPAGE))

    at_desk.press("Chase")
    sending.draft(pasted, pasted.parent / "terminal", preview=True)
    with open_book(pasted) as book:
        assert_same(at_desk.grid(CHASERS), book.read(CHASERS))
        assert len(at_desk.grid(CHASE_LOG).rows) == len(book.read(CHASE_LOG).rows)

    # The plan itself: what was pasted stands as it was pasted; only baselines came in.
    with open_book(pasted) as book:
        plan = desk.load_plan(pasted)
        assert_same(at_desk.grid("Plan"), book.read("Plan"))
    assert any(m.baseline for m in plan.milestones)
    # And what the sheet works out by itself is what Python says.
    timeliness = by_ref(at_desk.grid("Plan"), "Timeliness")
    assert timeliness == by_ref(at_desk.grid(SLIPPAGE), "Timeliness") and len(timeliness) > 100
    assert at_desk.path.read_bytes() == MASTER.read_bytes()  # nothing is saved unasked


def test_replies_come_in_and_are_undone_on_the_open_workbook(at_desk):
    from tests.test_updating import fill

    at_desk.paste(rows_of(SAMPLE))
    at_desk.set("Reporting date", date(2026, 9, 30))
    at_desk.press("Check")
    at_desk.press("Chase")
    (folder,) = [p for p in at_desk.path.parent.iterdir() if p.is_dir() and "chasers" in p.name]
    replies = at_desk.path.parent / "replies"
    replies.mkdir()
    back = next((folder / "returns").glob("Head of Finance*.xlsx"))
    plan = desk.load_plan(at_desk.saved("before.xlsm"))
    asked = updating.asked_of(plan, "Head of Finance", as_of=date(2026, 9, 30)).milestones[0]
    fill(back, asked.ref, Status="Complete", Comment="It is done.")
    (replies / back.name).write_bytes(back.read_bytes())

    said = at_desk.press("Read replies")
    assert "1" in said
    assert at_desk.grid("Replies").rows[4][0]
    before = cells_of(at_desk.grid("Plan"))
    at_desk.press("Update plan")
    after = desk.load_plan(at_desk.saved("after.xlsm"))
    changed = next(m for m in after.milestones if m.ref == asked.ref)
    assert changed.status.raw == "Complete" and "It is done." in changed.comments
    at_desk.press("Undo last update")
    assert cells_of(at_desk.grid("Plan")) == before


def as_closed(at_desk: Desk, folder: str) -> Path:
    """A copy of the workbook as it stands now, under its own name in a folder of its own."""
    beside = at_desk.path.parent / folder
    beside.mkdir()
    return at_desk.saved(f"{folder}.xlsm").rename(beside / at_desk.path.name)


@pytest.mark.parametrize(
    ("source", "days"),
    [
        pytest.param(SAMPLE, (date(2026, 9, 30), date(2026, 10, 31)), id="the sample"),
        pytest.param(
            REAL, (date(2017, 9, 30), date(2017, 10, 31)), id="a real plan", marks=pytest.mark.real
        ),
    ],
)
def test_the_pack_of_the_button_is_that_of_the_terminal(at_desk, source, days):
    """To the byte, in all three files: without anything earlier, and compared with the report before."""
    at_desk.paste(rows_of(source))
    first, second = days
    at_desk.set("Reporting date", first)
    closed = as_closed(at_desk, "first")
    said = at_desk.press("Report")
    counts = packing.committee_pack(closed, beside=True, freeze=True).pack.now.counts
    assert f"{counts.complete:,} of {counts.milestones:,} milestones complete" in said
    assert f"{counts.overdue:,} overdue on {spoken(first)}" in said
    assert f"frozen as 'Report {spoken(first)}'" in said
    assert_same_pack(at_desk, closed, first)

    plan = desk.load_plan(closed)
    done = next(m for m in plan.milestones if m.status.value == "on target" and m.forecast)
    cell = at_desk.book.sheets["Plan"].range(plan.cell("status", done.where.row))
    assert cell.value == done.status.raw
    cell.value = "Complete"
    at_desk.set("Reporting date", second)
    closed = as_closed(at_desk, "second")
    said = at_desk.press("Report")
    assert f"compared with {spoken(first)} (frozen as 'Report {spoken(first)}')" in said
    found = packing.committee_pack(closed, beside=True, freeze=True)
    assert [each.milestone.ref for each in found.pack.completed] == [done.ref]
    assert_same_pack(at_desk, closed, second)
    assert_same_log(at_desk.saved("after.xlsm"), closed)
    assert at_desk.path.read_bytes() == MASTER.read_bytes()  # nothing is saved unasked


def grid_in(path: Path, sheet: str) -> Grid:
    with open_book(path) as book:
        return book.read(sheet)


def assert_same_pack(at_desk: Desk, closed: Path, day: date) -> None:
    folders = [path.with_name(f"pack {day}") for path in (at_desk.path, closed)]
    for name in (packing.WORD, packing.WORKBOOK, packing.WEB):
        one, two = ((folder / name).read_bytes() for folder in folders)
        assert one == two and len(one) > 5_000, name


def assert_same_log(one: Path, other: Path) -> None:
    """The same changes and frozen copies; when each was written is a matter of seconds."""
    a, b = updating.history_of(one), updating.history_of(other)
    assert a.faults == b.faults == ()
    assert [(c.label, c.reporting_date, len(c.state)) for c in a.snapshots] == [
        (c.label, c.reporting_date, len(c.state)) for c in b.snapshots
    ]
    assert len(a.snapshots) > 1 and len(a.entries) > 1
    assert [(e.action, e.ref, e.column, e.old, e.new) for e in a.entries] == [
        (e.action, e.ref, e.column, e.old, e.new) for e in b.entries
    ]


def test_the_new_year_of_the_button_is_that_of_the_terminal(at_desk):
    at_desk.paste(rows_of(SAMPLE))
    at_desk.set("Reporting date", date(2027, 3, 31))
    at_desk.press("Check")
    closed = as_closed(at_desk, "closed")
    before = {name: cells_of(at_desk.grid(name)) for name in ("Plan", SETTINGS, CHANGE_LOG)}

    said = at_desk.press("New year")
    made, wanted = at_desk.path.with_name("action-plan 2027-28.xlsm"), years.roll(closed)
    assert "the plan of 2027/28 is in action-plan 2027-28.xlsm" in said
    assert f"{len(wanted.carried)} open milestones carried into it" in said
    assert (
        f"{len(wanted.left_behind)} left behind, each with why on its sheet Issues of last year"
        in said
    )
    assert wanted.file == closed.with_name(made.name)
    for name in ("Plan", LAST_YEAR, SETTINGS):
        assert_same(grid_in(made, name), grid_in(wanted.file, name))
    assert len(desk.load_plan(made).milestones) == len(wanted.carried) > 50
    # The old plan is as it was, open and in its file.
    assert {name: cells_of(at_desk.grid(name)) for name in before} == before
    assert at_desk.path.read_bytes() == MASTER.read_bytes()
    content = made.read_bytes()
    said = at_desk.press("New year")
    assert "action-plan 2027-28.xlsm is there already" in said
    assert made.read_bytes() == content


def test_a_trouble_is_one_sentence_in_the_workbook(at_desk):
    said = at_desk.press("Update plan")
    assert "row 4 is empty: there is no milestone below its headings" in said
    at_desk.paste(rows_of(SAMPLE)[:3])
    said = at_desk.press("Undo last update")
    assert "no update that could be taken back" in said
    assert at_desk.document.Sheets.getByName("Start").getCellRangeByName("B3").String in said
