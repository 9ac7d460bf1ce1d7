"""Check and Slippage onto the plan's own sheets, and dates that are confirmed there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from agsxl import desk, results, updating
from agsxl.edits import CellEdit, ChangeSet
from agsxl.excel.file import open_book
from agsxl.excel.memory import MemoryBook
from agsxl.grid import Formula, Grid
from agsxl.history import FILLED
from agsxl.movements import measure
from agsxl.words import CHANGE_LOG, CHECKS, SLIPPAGE, TIMELINESS
from tests.books import ROW, TWELVE, write_book
from tests.plans import SAMPLE

DAY = date(2017, 9, 30)
NOW = datetime(2017, 10, 9, 10, 15)
HEADS = [*TWELVE, "Baseline date"]


def row(ref: str, timescale: Any, baseline: Any = None, **changed: Any) -> list[Any]:
    cells = dict(zip(TWELVE, ROW, strict=True))
    cells |= {"Ref": ref, "Timescale": timescale, "Milestones": f"Training delivered ({ref})"}
    return [*(cells | changed).values(), baseline]


def sheets(*rows: list[Any], heads: Sequence[str] = HEADS) -> dict[str, list[list[Any]]]:
    return {"Plan": [list(heads), *(list(r[: len(heads)]) for r in rows)]}


@pytest.fixture(params=["file", "memory"])
def book(request, tmp_path) -> Callable[..., Any]:
    """Makes a book of sheets, closed in a file or in memory."""

    def make(content: dict[str, list[list[Any]]]) -> Any:
        if request.param == "memory":
            return MemoryBook(content, name="plan.xlsx")
        return open_book(write_book(tmp_path / "plan.xlsx", content))

    return make


def column(grid: Grid, heading: str) -> list[Any]:
    """A column of an own sheet's table, below its heading; a link by what it shows."""
    top = next(n for n, cells in enumerate(grid.rows) if heading in cells)
    place = grid.rows[top].index(heading)
    cells = [r[place] if place < len(r) else None for r in grid.rows[top + 1 :]]
    return [c.cached if isinstance(c, Formula) else c for c in cells]


def baseline(book: Any, ref: str) -> Any:
    return next(r for r in book.read("Plan").rows if r[0] == ref)[HEADS.index("Baseline date")]


def confirm(book: Any, ref: str, entered: Any) -> str:
    """Type something under Confirmed date, beside the query that suggests a date for a milestone."""
    grid = book.read(CHECKS)
    refs, suggested = column(grid, "Ref"), column(grid, "Suggestion")
    top = len(grid.rows) - len(refs)
    at = next(n for n, r in enumerate(refs) if r == ref and suggested[n] is not None)
    place = next(cells for cells in grid.rows if "Confirmed date" in cells).index("Confirmed date")
    address = f"{'ABCDEFGHIJKLMN'[place]}{top + at + 1}"
    book.apply(ChangeSet((CellEdit(CHECKS, address, grid.value(address), entered),)))
    return address


# -- Check -------------------------------------------------------------------------------------


def test_every_finding_is_a_row_with_a_link_to_its_cell(book):
    plan = book(sheets(row("A1", "31/11/17"), row("A2", "June Cabinet"), row("A3", "31/12/17")))
    done = results.check_onto(plan, as_of=DAY, now=NOW)
    grid = plan.read(CHECKS)
    assert len(column(grid, "Ref")) == len(done.findings) == 2
    assert grid.rows[0][0] == "Checks: data queries on 30 September 2017"
    order = ["Must fix", "Should check", "For information"]
    severities = column(grid, "Severity")
    assert severities == sorted(severities, key=order.index)
    first = dict(zip(grid.rows[3], grid.rows[4], strict=True))
    assert (first["Data query"], first["Ref"], first["Code"]) == ("Impossible date", "A1", "D301")
    assert first["Cell"] == Formula('=HYPERLINK("#\'Plan\'!G2","G2")', "G2")
    assert first["Suggestion"] == date(2017, 11, 30)


def test_the_queries_of_one_rule_stand_together(book):
    plan = book(
        sheets(*(row(f"A{n}", "June Cabinet" if n % 2 else "31/11/17") for n in range(1, 9)))
    )
    results.check_onto(plan, as_of=DAY, now=NOW)
    grid = plan.read(CHECKS)
    codes = column(grid, "Code")
    runs = [c for n, c in enumerate(codes) if not n or codes[n - 1] != c]
    assert len(runs) == len(set(zip(column(grid, "Severity"), codes, strict=True)))
    many = dict(zip(codes, column(grid, "How many"), strict=True))
    assert (many["D301"], many["D303"]) == (4, 4)


@pytest.mark.parametrize(
    ("timescale", "there", "after"),
    [
        ("31/12/17", None, date(2017, 12, 31)),  # certain: filled in
        (date(2017, 12, 31), None, date(2017, 12, 31)),
        ("w/c 15 May 17", None, date(2017, 5, 19)),  # due on its last day
        ("31/12/17", date(2017, 11, 30), date(2017, 11, 30)),  # never over what is there
        ("31/12/17", "tbc", "tbc"),
        ("June Cabinet", None, None),  # not certain
        ("31/11/17", None, None),
        ("TBC", None, None),  # certain, and no date
        ("From May 2011", None, None),
    ],
)  # fmt: skip
def test_a_baseline_is_filled_in_only_where_it_is_certain_and_blank(book, timescale, there, after):
    plan = book(sheets(row("A1", timescale, there), row("A2", "31/12/17", date(2017, 12, 31))))
    done = results.check_onto(plan, as_of=DAY, now=NOW)
    assert baseline(plan, "A1") == after
    assert done.filled == (("A1",) if there is None and after is not None else ())


def test_without_the_column_nothing_is_filled_in(book):
    plan = book(sheets(row("A1", "31/12/17"), heads=TWELVE))
    before = plan.read("Plan").rows
    assert results.check_onto(plan, as_of=DAY, now=NOW).filled == ()
    assert plan.read("Plan").rows == before
    assert CHANGE_LOG not in plan.sheets()


def test_what_was_filled_in_is_logged_and_no_undo_takes_it_back(tmp_path):
    path = write_book(tmp_path / "plan.xlsx", sheets(row("A1", "31/12/17"), row("A2", "TBC")))
    results.check_onto(path, as_of=DAY, now=NOW)
    (entry,) = [e for e in updating.history_of(path).entries if e.column == "baseline"]
    assert (entry.ref, entry.old, entry.new, entry.source) == (
        "A1",
        None,
        date(2017, 12, 31),
        FILLED,
    )
    updating.answer(path, "A2", by="Head of Finance", status="Complete", now=NOW)
    results.check_onto(path, as_of=DAY, now=NOW)
    updating.undo(path, now=NOW)
    with open_book(path) as book:
        assert baseline(book, "A1") == date(2017, 12, 31)
        assert "Complete" not in [r[9] for r in book.read("Plan").rows]
    assert updating.history_of(path).faults == ()


def test_a_fill_after_an_update_does_not_stand_in_the_way_of_its_undo(tmp_path):
    path = write_book(
        tmp_path / "plan.xlsx",
        sheets(row("A1", "TBC"), row("A2", "31/12/17", date(2017, 12, 31))),
    )
    updating.answer(path, "A2", by="Head of Finance", status="Complete", now=NOW)
    book = openpyxl.load_workbook(path)
    book["Plan"]["G2"] = "28/02/18"
    book.save(path)
    assert results.check_onto(path, as_of=DAY, now=NOW).filled == ("A1",)
    undone = updating.undo(path, now=NOW)
    assert [e.ref for e in undone.taken_back.entries] == ["A2"]
    with open_book(path) as after:
        assert baseline(after, "A1") == date(2018, 2, 28)


# -- dates that are confirmed --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entered", "taken"),
    [
        ("Yes", date(2017, 6, 30)),
        ("yes", date(2017, 6, 30)),
        ("30/09/2017", date(2017, 9, 30)),
        (date(2017, 7, 31), date(2017, 7, 31)),
        ("July", None),
        ("June 2017", None),  # a month is no day
        ("No", None),
    ],
)
def test_a_date_confirmed_beside_its_query_becomes_the_baseline(book, entered, taken):
    plan = book(sheets(row("A1", "June Cabinet"), row("A2", "31/07/17", date(2017, 7, 31))))
    results.check_onto(plan, as_of=DAY, now=NOW)
    cell = confirm(plan, "A1", entered)
    done = results.check_onto(plan, as_of=DAY, now=NOW)
    assert baseline(plan, "A1") == taken
    assert next(r for r in plan.read("Plan").rows if r[0] == "A1")[6] == "June Cabinet"
    assert done.confirmed == (("A1",) if taken else ())
    if taken is None:
        (sentence,) = done.unused
        assert cell in sentence
        assert "such as 30/09/2026" in sentence  # what to type instead
        assert sentence in [r[0] for r in plan.read(CHECKS).rows]
        assert entered in column(plan.read(CHECKS), "Confirmed date")  # it is not lost


@pytest.mark.parametrize(
    ("then", "why"),
    [
        ({"timescale": "July Cabinet"}, "the timescale now says 'July Cabinet'"),
        ({"baseline": date(2017, 8, 31)}, "the Baseline date holds '31/08/2017' already"),
        ({"gone": True}, "the plan has no milestones A1"),
        ({"twice": True}, "the plan has 2 milestones A1"),
    ],
)
def test_a_confirmed_date_is_of_the_milestone_that_it_was_confirmed_for(tmp_path, then, why):
    path = write_book(
        tmp_path / "plan.xlsx",
        sheets(row("A1", "June Cabinet"), row("A2", "31/07/17", date(2017, 7, 31))),
    )
    results.check_onto(path, as_of=DAY, now=NOW)
    with open_book(path) as book:
        confirm(book, "A1", "Yes")
    book = openpyxl.load_workbook(path)
    plan = book["Plan"]
    if "timescale" in then:
        plan["G2"] = then["timescale"]
    if "baseline" in then:
        plan.cell(2, 13).value = then["baseline"]
        plan.cell(2, 13).number_format = "dd/mm/yyyy"
    if "gone" in then:
        plan["A2"] = "A9"
    if "twice" in then:
        plan["A3"] = "A1"
    book.save(path)
    done = results.check_onto(path, as_of=DAY, now=NOW)
    assert done.confirmed == ()
    (sentence,) = done.unused
    assert why in sentence


def test_a_revised_date_is_not_confirmed_there(tmp_path):
    path = write_book(
        tmp_path / "plan.xlsx",
        sheets(
            row("A1", "31/07/17", **{"Revised target date": "June Cabinet"}), row("A2", "31/08/17")
        ),
    )
    results.check_onto(path, as_of=DAY, now=NOW)
    with open_book(path) as book:
        confirm(book, "A1", "Yes")
    done = results.check_onto(path, as_of=DAY, now=NOW)
    (sentence,) = done.unused
    assert "type the date into the plan's Revised target date" in sentence
    with open_book(path) as book:
        assert book.read("Plan").value("K2") == "June Cabinet"


def test_two_queries_of_one_milestone_confirmed_differently_are_told(tmp_path):
    path = write_book(
        tmp_path / "plan.xlsx",
        sheets(row("A1", "June Cabinet"), row("A2", "31/07/17", date(2017, 7, 31))),
    )
    results.check_onto(path, as_of=DAY, now=NOW)
    plan = desk.load_plan(path)
    confirmed = [
        results.Confirmed("A1", "Timescale", "June Cabinet", "Yes", date(2017, 6, 30), "J5"),
        results.Confirmed("A1", "Timescale", "June Cabinet", "1/7/17", date(2017, 7, 1), "J9"),
    ]
    taken, unused = results.settle_confirmed(confirmed, plan)
    assert [(m.ref, day) for m, day in taken] == [("A1", date(2017, 6, 30))]
    assert "30 June 2017 was entered for it too" in unused[0]
    again = results.settle_confirmed([confirmed[0], confirmed[0]], plan)
    assert (len(again[0]), again[1]) == (1, [])


def test_a_formula_in_the_baseline_column_is_left_and_said(tmp_path):
    content = sheets(row("A1", "June Cabinet"), row("A2", "31/07/17"))
    content["Plan"][1][12] = ('=IF(1=1,"","")', "")
    content["Plan"][2][12] = ('=IF(1=1,"","")', "")
    path = write_book(tmp_path / "plan.xlsx", content)
    results.check_onto(path, as_of=DAY, now=NOW)
    with open_book(path) as book:
        confirm(book, "A1", "Yes")
    done = results.check_onto(path, as_of=DAY, now=NOW)
    assert (done.confirmed, done.filled) == ((), ())
    assert "M2 holds a formula" in done.unused[0]


# -- Slippage ----------------------------------------------------------------------------------


def test_the_slippage_sheet_says_what_the_terminal_says(tmp_path):
    path = tmp_path / "plan.xlsx"
    path.write_bytes(SAMPLE.read_bytes())
    day = date(2026, 9, 30)
    done = results.slippage_onto(path, as_of=day, now=NOW)
    with open_book(path) as book:
        grid = book.read(SLIPPAGE)
    movements = measure(desk.load_plan(SAMPLE), as_of=day).movements
    assert done.slippage.movements == movements
    refs = sorted(m.ref or "(no Ref)" for m in movements)
    assert sorted(column(grid, "Ref")) == refs
    found = sorted(
        zip(
            column(grid, "Ref"), column(grid, "Slippage (days)"), column(grid, "Days overdue"),
            column(grid, "Timeliness"), strict=True,
        ),
        key=str,
    )  # fmt: skip
    wanted = sorted(
        (
            (m.ref or "(no Ref)", m.slippage_days, m.overdue_days, TIMELINESS[m.timeliness])
            for m in movements
        ),
        key=str,
    )
    assert found == wanted
    late = column(grid, "Days overdue")
    assert late == sorted(late, reverse=True)


@pytest.mark.parametrize(
    ("revised", "said"),
    [
        (None, "None of 1 milestone is known to have moved."),
        (date(2018, 1, 31), "1 of 1 milestone moved: median 31 days, longest 31 days."),
    ],
)
def test_the_totals_are_a_sentence(book, revised, said):
    plan = book(sheets(row("A1", "31/12/17", **{"Revised target date": revised})))
    results.slippage_onto(plan, as_of=DAY, now=NOW)
    assert plan.read(SLIPPAGE).rows[1][0].startswith(said[:-1])


def test_a_plan_on_a_sheet_with_an_apostrophe_has_links_that_work(tmp_path):
    content = {"Council's plan": sheets(row("A1", "31/11/17"))["Plan"]}
    path = write_book(tmp_path / "plan.xlsx", content)
    results.check_onto(path, as_of=DAY, now=NOW)
    with open_book(path) as book:
        link = book.read(CHECKS).rows[4][4]
    assert link == Formula("=HYPERLINK(\"#'Council''s plan'!G2\",\"G2\")", "G2")


def test_a_check_again_makes_the_sheet_anew_and_keeps_one(tmp_path):
    path: Path = write_book(tmp_path / "plan.xlsx", sheets(row("A1", "31/11/17"), row("A2", "TBC")))
    first = results.check_onto(path, as_of=DAY, now=NOW)
    with open_book(path) as book:
        book.apply(ChangeSet((CellEdit("Plan", "G2", "31/11/17", date(2017, 11, 30)),)))
    again = results.check_onto(path, as_of=DAY, now=NOW)
    assert len(again.findings) < len(first.findings)
    with open_book(path) as book:
        assert [s for s in book.sheets() if s.startswith("Checks")] == [CHECKS]
        assert len(column(book.read(CHECKS), "Ref")) == len(again.findings)
    assert desk.load_plan(path).milestones  # agsxl's own sheets are no second plan


def test_a_status_that_the_masters_formulas_do_not_know_is_put_on_lists(tmp_path):
    path = tmp_path / "plan.xlsx"
    desk.new_plan(path)
    with open_book(path) as book:
        edits = [
            CellEdit("Plan", f"{letter}5", None, text)
            for letter, text in zip(
                "AEGJ", ("A1", "Train", "31/12/17", "Complete (on going)"), strict=True
            )
        ]
        book.apply(ChangeSet(tuple(edits)))
    listed = len(open_book(path).read("Lists").rows)
    results.check_onto(path, as_of=DAY, now=NOW)
    rows = open_book(path).read("Lists").rows
    assert rows[listed:] == [[None, "Complete (on going)", "Complete", None]]
    results.check_onto(path, as_of=DAY, now=NOW)
    assert open_book(path).read("Lists").rows == rows  # once


@pytest.mark.parametrize(
    "lists",
    [
        [["Status words"], ["Done"]],  # the officer's own sheet of that name
        [["Status words", "Meaning"]],  # nothing below
    ],
)
def test_a_sheet_of_lists_that_is_not_agsxls_is_left_alone(book, lists):
    plan = book(sheets(row("A1", "31/12/17", Status="Complete (on going)")) | {"Lists": lists})
    results.check_onto(plan, as_of=DAY, now=NOW)
    assert plan.read("Lists").rows == lists
