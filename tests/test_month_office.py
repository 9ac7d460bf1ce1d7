"""A month with returns that LibreOffice itself has filled in and saved, and a master it shows.

The master is issued to every lead; the returns are answered, sorted and saved by LibreOffice, not by
us; they are merged, a proposed date approved, the plan updated, shown by LibreOffice, and the update
taken back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest

from agsxl import desk, updating
from agsxl.excel.file import open_book
from agsxl.layout.history import LOG
from tests.plans import SAMPLE
from tests.test_returns_office import Office, office, type_in  # noqa: F401
from tests.test_updating import _parts_of, parts

pytestmark = pytest.mark.office

NOW = datetime(2026, 10, 12, 9, 30)


def answer(office: Office, file: Path, answers: dict[str, dict[str, str]], *, sort: bool) -> None:  # noqa: F811
    """Fill in a return in LibreOffice by its headings, perhaps sort it, and save it there."""
    book = office.open(file)
    page = book.Sheets.getByIndex(0)
    cursor = page.createCursor()
    cursor.gotoEndOfUsedArea(False)
    last = cursor.RangeAddress.EndRow
    text = lambda row, column: page.getCellByPosition(column, row).String  # noqa: E731
    heading = next(row for row in range(last) if text(row, 0) == "Ref")
    at = {text(heading, column): column for column in range(14)}
    rows = {text(row, 0): row for row in range(heading + 1, last + 1)}
    for ref, given in answers.items():
        for name, value in given.items():
            cell = page.getCellByPosition(at[name.replace("_", " ")], rows[ref])
            cell.FormulaLocal = value
    if sort:
        page.unprotect("")
        table = page.getCellRangeByPosition(0, heading + 1, 13, last)
        office.sort(table, 0, False)
        page.protect("")
    office.save(book, file)


def plan_cells(path: Path, sheet: str) -> list[list[Any]]:
    with open_book(path) as book:
        return book.read(sheet).rows


@pytest.mark.parametrize("typed_since", [False, True])
def test_a_month_by_libreoffice(office, tmp_path, typed_since):  # noqa: F811
    master = copyfile(SAMPLE, tmp_path / "plan.xlsx")
    plan = desk.load_plan(master)
    sheet, day = plan.sheet, plan.settings.reporting_date
    assert day is not None
    lists = desk.chase(plan, as_of=day)
    files = dict(
        zip(
            (c.lead for c in lists),
            updating.write_returns(tmp_path / "returns", plan, lists, as_of=day),
            strict=True,
        )
    )
    assert len(files) > 10
    answer(
        office, files["Head of Property and Facilities"],
        {
            "L3": {"Status": "Complete", "Comment": "- all on one system", "Date_completed": "2026-09-20"},
            "L4": {"Proposed_date": "2026-12-31", "Reason": "The contractor withdrew"},
            "L6": {"No_change": "Yes"},
        },
        sort=True,
    )  # fmt: skip
    answer(
        office, files["Internal Audit Manager"],
        {"H3": {"Comment": "Two lines,\nof which this is the second"}}, sort=False,
    )  # fmt: skip
    before = plan_cells(master, sheet)
    read = updating.reconcile(master, [tmp_path / "returns"], now=NOW)
    assert read.refused == ()
    assert {(c.ref, c.column, str(c.outcome)) for c in read.changes} == {
        ("L3", "status", "returned only"),
        ("L3", "comments", "returned only"),
        ("L3", "completed", "returned only"),
        ("L4", "revised", "proposed date"),
        ("H3", "comments", "returned only"),
    }
    assert plan_cells(master, sheet) == before

    _approve(office, master)
    whole = parts(master)
    done = updating.reconcile(master, [], apply=True, now=NOW + timedelta(hours=1))
    assert not done.waiting
    _shows(office, master, sheet, plan)

    if typed_since:
        _type(master, sheet, "A1")
        before = plan_cells(master, sheet)
        column = plan.columns["status"]
        row = next(m.where.row for m in plan.milestones if m.ref == "L3")
        before[row - 1][_index(column)] = "Off target and no action yet agreed"
    updating.undo(master, now=NOW + timedelta(hours=2))
    after = plan_cells(master, sheet)
    if not typed_since:
        assert after == before
        now = parts(master)
        assert {name for name in whole if now[name] != whole[name]} <= _parts_of(master, LOG)
    else:
        assert after[2][0] == before[2][0]
        status = {m.ref: m.status.raw for m in desk.load_plan(master).milestones}
        assert status["L3"] == "Off target and no action yet agreed"
    assert desk.load_plan(master).log_faults == ()


def _index(letters: str) -> int:
    return ord(letters) - 65


def _approve(office: Office, master: Path) -> None:  # noqa: F811
    """What the officer enters on the Replies sheet. Not saved by LibreOffice, which writes all anew."""
    from tests.test_updating import decide

    decide(
        master, "L4", "Revised target date", Decision="Take lead's", Approved_by="Audit, 9 October"
    )


def _type(master: Path, sheet: str, ref: str) -> None:
    from agsxl.edits import CellEdit, ChangeSet

    with open_book(master) as book:
        grid = book.read(sheet)
        row = next(n for n, cells in grid.numbered() if cells and cells[0] == ref)
        edit = CellEdit(sheet, f"L{row}", grid.value(f"L{row}"), "Typed since")
        book.apply(ChangeSet((edit,)))


def _shows(office: Office, master: Path, sheet: str, plan: Any) -> None:  # noqa: F811
    """LibreOffice shows what was written, and keeps the log out of sight."""
    book = office.open(master)
    page = book.Sheets.getByName(sheet)
    rows = {m.ref: m.where.row for m in plan.milestones}

    def shown(ref: str, column: str) -> str:
        return page.getCellRangeByName(f"{plan.columns[column]}{rows[ref]}").String

    assert shown("L3", "status") == "Complete"
    assert "Head of Property and Facilities): - all on one system" in shown("L3", "comments")
    assert shown("L3", "completed") == "20/09/2026"
    assert shown("L4", "revised") == "31/12/2026"
    assert shown("H3", "comments").endswith("Two lines,\nof which this is the second")
    assert not book.Sheets.getByName(LOG).IsVisible
    assert book.Sheets.getByName("Replies").IsVisible
    book.close(True)
