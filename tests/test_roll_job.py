"""A year rolled as officers do it: from one real workbook into the next, and read back from there."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import openpyxl
import pytest
from hypothesis import Phase, assume, example, given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment

from agsxl import desk, shapes, updating, years
from agsxl.edits import ChangeSet
from agsxl.errors import NoPlanError, OutputError, SettingsError
from agsxl.excel.file import open_book
from agsxl.excel.memory import MemoryBook
from agsxl.grid import Value
from agsxl.history import BEGUN
from agsxl.layout.history import LOG, SNAPSHOTS
from agsxl.layout.lastyear import NAME as LAST_YEAR
from agsxl.layout.lastyear import read_last_year
from agsxl.master import sheets as master_sheets
from agsxl.masters import Master, opened, write_all
from agsxl.movements import measure
from agsxl.plan import Milestone, Plan
from agsxl.rolling import Result, read_differently, roll_plan
from agsxl.screen.rolling import show_rolled
from agsxl.settings import Settings
from tests.books import write_book
from tests.plans import AS_OF, REAL, grid_of, plan_of
from tests.strategies import TEXTS, edited, rows_of
from tests.test_master_office import different, saved
from tests.test_returns_office import Office, office  # noqa: F401 - a fixture
from tests.test_updating import rows

END = date(2018, 3, 31)
NOW = datetime(2018, 4, 2, 10, 15)
YEAR = "2018/19"


def roll(source: Any, out: Path, **options: Any) -> years.Rolled:
    given_too = {"as_of": END, "who": "A. Reed", "now": NOW} | options
    return years.roll(source, given_too.pop("year", YEAR), out, **given_too)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A plan whose dates moved, with settings, posts, a sheet and a column of the officer's own."""
    path = write_book(
        tmp_path / "plan 2017-18.xlsx",
        {
            "Plan": rows(
                {"Ref": "A1", "Milestones": "Training delivered", "Status": "Complete",
                 "Timescale": date(2017, 7, 31), "Date completed": date(2017, 6, 4),
                 "Evidence": "Minute 41", "Ward": "North"},
                {"Ref": "A2", "Milestones": "Policy published\n(with a note)", "Timescale": "31/12/17",
                 "Date completed": None, "Evidence": "=SUM(A1)", "Ward": date(2018, 5, 1)},
                {"Ref": "A5", "Milestones": "Register <b>reviewed</b>", "SMT Lead": "Ann Lee (Head of Legal)",
                 "Timescale": date(2017, 9, 30), "Status": "Off target", "Revised target date": "30/06/18 Council",
                 "Date completed": None, "Evidence": None, "Ward": 7},
                {"Ref": "B1", "Milestones": "Merged", "Status": "Superseded", "Timescale": "TBC",
                 "Date completed": None, "Evidence": None, "Ward": None},
            ),
            "Settings": [["Setting", "Value", "Reason"], ["Council", "Wexcombe"], ["Reporting date", END],
                         ["Due soon days", 30, "As Cabinet asked"], ["Rule I103", "on", "We like no gaps"]],
            "Posts": [["Post", "Person", "Email"], ["Head of Legal", "Ann Lee", "ann@wexcombe.example"]],
            "Minutes": [["Our notes"], ["Cabinet agreed the plan"]],
        },
    )  # fmt: skip
    for month, day in ((1, "30/06/2018"), (2, "30/09/2018")):
        updating.rebaseline(
            path,
            "A2",
            day,
            reason="Tender failed",
            approved_by="Cabinet",
            who="A. Reed",
            now=datetime(2018, month, 5),
        )
    return path


def master(path: Path) -> Master:
    with opened(path) as found:
        return found


# -- the new workbook ------------------------------------------------------------------------------


def test_the_next_year_in_its_workbook(plan, tmp_path):
    before = plan.read_bytes()
    done = roll(plan, tmp_path / "next.xlsx", as_of=None)
    assert plan.read_bytes() == before and done.file == tmp_path / "next.xlsx"
    assert (done.year, done.day.day, done.last_year.year) == (YEAR, END, "2017/18")
    new = master(done.file)
    assert [(m.ref, m.previous_ref) for m in new.plan.milestones] == [("A1", "A2"), ("A2", "A5")]
    assert [(m.baseline, m.forecast) for m in new.plan.milestones] == [
        (date(2017, 12, 31), date(2018, 9, 30)), (date(2017, 9, 30), date(2018, 6, 30)),
    ]  # fmt: skip
    assert new.plan.settings.year == YEAR and new.plan.settings.reporting_date is None
    assert (
        new.plan.settings.due_soon_days == 30
        and new.plan.settings.rules["I103"].reason == "We like no gaps"
    )
    assert [p.person for p in new.plan.posts] == ["Ann Lee"]
    notes = " ".join(done.notes)
    assert "reporting date of Settings" in notes and "'Minutes' stays in the old workbook" in notes
    with open_book(done.file) as book:
        settings_sheet = book.read("Settings")
        assert book.read("Plan").value("A1") == "Action plan 2018/19: Wexcombe"
    assert "As Cabinet asked" in [line[2] for line in settings_sheet.rows if len(line) > 2]


def test_every_cell_is_as_it_was_typed(plan, tmp_path):
    roll(plan, tmp_path / "next.xlsx")
    with open_book(tmp_path / "next.xlsx") as book:
        grid = book.read("Plan")
    heads = grid.rows[3]
    first, second = (dict(zip(heads, line, strict=False)) for line in grid.rows[4:6])
    assert (
        first["Milestones"] == "Policy published\n(with a note)"
        and first["Timescale"] == "31/12/17"
    )
    assert first["Evidence"] == "=SUM(A1)" and first["Ward"] == date(2018, 5, 1)
    assert first["Baseline date"] == date(2017, 12, 31) and first["Revised target date"] == date(
        2018, 9, 30
    )
    assert second["Milestones"] == "Register <b>reviewed</b>" and second["Ward"] == 7
    assert second["SMT Lead"] == "Ann Lee (Head of Legal)" and second["Timescale"] == date(
        2017, 9, 30
    )
    # a date for the formulas; the words beside it are kept
    assert second["Revised target date"] == date(2018, 6, 30)
    assert second["Printed revised target date"] == "30/06/18 Council"


def test_the_change_log_begins_with_every_move_and_is_there_from_the_first_moment(plan, tmp_path):
    before = {path.name for path in tmp_path.iterdir()}
    done = roll(plan, tmp_path / "next.xlsx")
    new, old = master(done.file), master(plan)
    assert new.log.faults() == [] and new.noticed == []
    assert [entry.action for entry in new.log.entries] == ["carried", "carried", "carried", "begun"]
    assert new.log.snapshots[0].label == BEGUN and new.log.entries == done.log
    for now, then in (("A1", "A2"), ("A2", "A5")):
        assert moves_of(new, now) == moves_of(old, then)
    assert [move.nth for move in new.log.dates_of("A1")] == [2, 3]
    # A5's date moved before any log began: no time is made up on the sheet
    assert [line[1] for line in new.own[LOG].rows if line[0] in (1, 2, 3)] == [
        date(2018, 1, 5), date(2018, 2, 5), None,
    ]  # fmt: skip
    assert {path.name for path in tmp_path.iterdir()} - before == {
        "next.xlsx"
    }  # no backup, nothing half made


def moves_of(found: Master, ref: str) -> list[tuple[Any, ...]]:
    return [tuple(m)[:6] for m in found.log.dates_of(ref, reference=found.plan.reference)]


def test_the_history_goes_on_in_the_new_plan(plan, tmp_path):
    done = roll(plan, tmp_path / "next.xlsx")
    updating.rebaseline(
        done.file,
        "A1",
        "31/12/2018",
        reason="Again",
        approved_by="Council",
        who="B. Lee",
        now=NOW + timedelta(days=30),
    )
    known = updating.history_of(done.file, "A1")
    assert [(m.nth, m.approved_by) for m in known.dates] == [
        (2, "Cabinet"),
        (3, "Cabinet"),
        (4, "Council"),
    ]
    assert known.faults == ()
    updating.undo(done.file, now=NOW + timedelta(days=31))
    assert [m.nth for m in updating.history_of(done.file, "A1").dates] == [2, 3]


def test_rolled_twice_nothing_of_the_history_is_lost(plan, tmp_path):
    first = roll(plan, tmp_path / "next.xlsx")
    updating.rebaseline(
        first.file,
        "A1",
        "31/12/2018",
        reason="Again",
        approved_by="Council",
        who="B. Lee",
        now=NOW + timedelta(days=30),
    )
    second = roll(
        first.file, tmp_path / "after.xlsx", year="2019/20", now=NOW + timedelta(days=360)
    )
    log = master(second.file).log
    assert [m.nth for m in log.dates_of("A1")] == [2, 3, 4]
    assert [e.source for e in log.history_of("A1")] == [
        "2017/18 plan, A2",
        "2017/18 plan, A2",
        "2018/19 plan, A1",
    ]
    assert [e.who for e in log.history_of("A1")] == ["A. Reed", "A. Reed", "B. Lee"]
    assert log.faults() == []
    assert second.last_year.milestones[0].previous_ref == "A2"
    assert [(m.ref, m.previous_ref) for m in master(second.file).plan.milestones] == [
        ("A1", "A1"),
        ("A2", "A2"),
    ]


def test_what_was_typed_since_the_last_run_is_in_the_history_too(plan, tmp_path):
    book = openpyxl.load_workbook(plan)
    at = {cell.value: cell.column for cell in book["Plan"][1]}
    book["Plan"].cell(3, at["Revised target date"]).value = date(2018, 10, 31)
    book.save(plan)
    done = roll(plan, tmp_path / "next.xlsx")
    assert [(m.nth, m.new, m.when) for m in master(done.file).log.dates_of("A1")][-1] == (
        4,
        date(2018, 10, 31),
        NOW,
    )
    assert len(master(plan).noticed) == 1  # the old plan was not written


def test_last_year_lists_every_milestone_and_is_read_back(plan, tmp_path):
    done = roll(plan, tmp_path / "next.xlsx")
    with open_book(done.file) as book:
        assert book.read(LAST_YEAR).visible
        assert not book.read(LOG).visible and not book.read(SNAPSHOTS).visible
        assert read_last_year(book.read(LAST_YEAR)) == done.last_year
    assert [(r.ref, r.result, r.new_ref) for r in done.last_year.milestones] == [
        ("A1", "complete", ""), ("A2", "carried forward", "A1"), ("A5", "carried forward", "A2"), ("B1", "superseded", ""),
    ]  # fmt: skip
    assert (len(done.carried), len(done.left_behind)) == (2, 2)


def test_a_new_master_has_the_list_hidden_and_empty(tmp_path):
    made = desk.new_plan(tmp_path / "plan.xlsx", as_of=END).file
    with open_book(made) as book:
        grid = book.read(LAST_YEAR)
    assert not grid.visible and read_last_year(grid) is None


def test_settings_refuse_a_year_that_is_none(plan):
    book = openpyxl.load_workbook(plan)
    book["Settings"].append(["Year of the plan", "2018"])
    book.save(plan)
    with pytest.raises(SettingsError, match=r"'Year of the plan' .* needs a financial year"):
        desk.load_plan(plan)


def test_the_workbook_with_buttons(plan, tmp_path):
    done = roll(plan, tmp_path / "next.xlsm")
    package = done.file.read_bytes()
    assert b"vbaProject.bin" in package
    assert [m.ref for m in desk.load_plan(done.file).milestones] == ["A1", "A2"]


def test_the_page_says_who_goes_on_and_who_was_left_behind_and_why(plan, tmp_path):
    page = show_rolled(roll(plan, tmp_path / "next.xlsx"))
    said = " ".join(page.split())
    assert "the plan of 2017/18, is closed on 31 March 2018" in said
    assert "4 milestones, 2 carried into 2018/19, 2 left behind" in said
    for line in (
        "1 Complete",
        "1 Superseded",
        "2 Carried forward",
        "Complete on 4 June 2017",
        "Due by 30 September 2018",
    ):
        assert line in said
    assert "plan 2017-18.xlsx stays as it was. The plan of 2018/19 is" in said
    assert page.splitlines()[-1] == f"  {tmp_path / 'next.xlsx'}"  # whole, to be copied from there


def test_json_has_every_milestone_once_and_every_note(plan, tmp_path):
    done = roll(plan, tmp_path / "next.xlsx")
    shape = json.loads(json.dumps(shapes.rolled_shape(done)))
    assert [each["ref"] for each in shape["milestones"]] == ["A1", "A2", "A5", "B1"]
    assert shape["counts"] == {"complete": 1, "superseded": 1, "carried forward": 2}
    assert (
        shape["milestones"][0]["completed"] == "2017-06-04"
        and shape["milestones"][1]["new_ref"] == "A1"
    )
    assert shape["log"][0]["when"] == "2018-01-05 00:00:00" and shape["notes"] == list(done.notes)
    # it moved before any log began: no time is made up
    before = [entry for entry in shape["log"] if entry["ref"] == "A2"]
    assert [entry["when"] for entry in before] == [None]


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("year", "why"),
    [
        ("2018", "such as 2018/19"), ("2018/20", "such as 2018/19"),
        ("2017/18", "is the plan of 2017/18"), ("2016/17", "a later year, such as 2018/19"),
    ],
)  # fmt: skip
def test_a_year_that_cannot_be(plan, tmp_path, year, why):
    book = openpyxl.load_workbook(plan)
    book["Settings"].append(["Year of the plan", "2017-18"])
    book.save(plan)
    with pytest.raises(SettingsError, match=why):
        roll(plan, tmp_path / "next.xlsx", year=year)
    assert not (tmp_path / "next.xlsx").exists()
    assert roll(plan, tmp_path / "next.xlsx").last_year.year == "2017/18"


def test_nothing_is_written_over(plan, tmp_path):
    (tmp_path / "there.xlsx").write_bytes(b"somebody's")
    with pytest.raises(OutputError, match="is there already"):
        roll(plan, tmp_path / "there.xlsx")
    assert (tmp_path / "there.xlsx").read_bytes() == b"somebody's"
    with pytest.raises(OutputError, match="is the old plan"):
        roll(plan, plan)
    with pytest.raises(OutputError, match=r"\.xlsm"):
        roll(plan, tmp_path / "not there" / "next.pdf")
    assert not (tmp_path / "not there").exists()


def test_a_folder_that_is_not_there_is_made(plan, tmp_path):
    assert roll(plan, tmp_path / "2018" / "plans" / "next.xlsx").file.is_file()


def test_without_a_year_or_a_name_it_is_the_next_year_beside_the_old_plan(plan):
    done = years.roll(plan, as_of=END, now=NOW)
    assert done.file == plan.with_name("plan 2018-19.xlsx") and done.year == YEAR
    with open_book(done.file) as book:
        after = years.roll(book, as_of=date(2019, 3, 31), now=NOW + timedelta(days=364))
    assert after.file == plan.with_name("plan 2019-20.xlsx")


def test_a_year_that_was_only_supposed_is_said_first(plan):
    late = years.roll(plan, as_of=date(2018, 4, 4), now=NOW)
    assert late.file.name == "plan 2019-20.xlsx"
    assert late.notes[0] == (
        "Settings do not say which year the plan is of, so it was taken for that of 2018/19, which holds "
        "4 April 2018; but the middle of its dates is in 2017/18. If it is another, delete plan 2019-20.xlsx, enter the Year of the plan in Settings, "
        "and do this again."
    )
    late.file.unlink()
    asked = years.roll(plan, YEAR, as_of=END, now=NOW)
    again = years.roll(asked.file, as_of=date(2019, 3, 31), now=NOW + timedelta(days=364))
    assert not [note for note in (*asked.notes, *again.notes) if "was taken for" in note]


def test_a_book_without_a_place_needs_a_name():
    book = MemoryBook({"Plan": grid_of({"ref": "A1"}).rows})
    with pytest.raises(OutputError, match="not saved on this computer"):
        years.roll(book, YEAR, as_of=END, now=NOW)


@pytest.mark.parametrize(
    ("settings", "day", "year"),
    [
        (Settings(), date(2018, 3, 31), "2018/19"), (Settings(), date(2018, 4, 1), "2019/20"),
        (Settings(year="2017/18"), date(2018, 6, 1), "2018/19"),
    ],
)  # fmt: skip
def test_the_year_that_follows(settings, day, year):
    assert years.next_year(Plan((), settings=settings), day) == year


# -- sources of every kind, and odd ones -----------------------------------------------------------


def test_a_plan_without_an_open_milestone_becomes_an_empty_plan_and_a_list(tmp_path):
    book = MemoryBook(
        {"Plan": grid_of({"status": "Complete"}, {"ref": "A2", "status": "Withdrawn"}).rows}
    )
    done = roll(book, tmp_path / "next.xlsx")
    assert (len(done.carried), len(done.left_behind)) == (0, 2)
    assert "No milestone was open" in " ".join(done.notes)
    with open_book(done.file) as made:
        assert read_last_year(made.read(LAST_YEAR)) == done.last_year
        log = desk.log_in([made.read(name) for name in made.sheets()])
        assert log.faults() == [] and [e.action for e in log.entries] == ["begun"]
    with pytest.raises(NoPlanError, match="no milestone"):
        desk.load_plan(done.file)


def test_a_plan_kept_as_a_text(tmp_path):
    text = tmp_path / "plan.csv"
    text.write_text(
        "Ref,Milestones,Timescale,Status\nA1,Train,31/12/17,Complete\nA2,Test,31/12/18,On target\n"
    )
    done = roll(text, tmp_path / "next.xlsx")
    [milestone] = master(done.file).plan.milestones
    assert (milestone.ref, milestone.previous_ref, milestone.forecast) == (
        "A1",
        "A2",
        date(2018, 12, 31),
    )


def test_a_published_table_without_refs(tmp_path):
    table = [["Improvement required", "Action planned", "Owner", "By when", "Status"],
             ["Training", "Train staff", "Head of Finance", "31/12/17", "Complete"],
             ["Training", "Train members", "Head of Legal", "31/12/18", "On target"]]  # fmt: skip
    done = roll(write_book(tmp_path / "plan.xlsx", {"Published": table}), tmp_path / "next.xlsx")
    assert (len(done.carried), len(done.left_behind)) == (1, 1)
    assert "agsxl import" in " ".join(done.notes)


def test_a_log_that_somebody_altered_is_said_and_carried_as_far_as_it_makes_sense(plan, tmp_path):
    book = openpyxl.load_workbook(plan)
    sheet = book[LOG]
    reason = next(c.column for row in sheet.iter_rows() for c in row if c.value == "Reason")
    for row in sheet.iter_rows():
        if row[reason - 1].value == "Tender failed":
            row[reason - 1].value = "No reason"
            break
    book.save(plan)
    done = roll(plan, tmp_path / "next.xlsx")
    assert "In the old change log: Entry" in " ".join(done.notes)
    assert [m.reason for m in master(done.file).log.dates_of("A1")] == [
        "No reason",
        "Tender failed",
    ]
    assert master(done.file).log.faults() == []


def test_a_plan_that_was_never_logged(tmp_path):
    book = MemoryBook({"Plan": grid_of({"timescale": "31/12/2017", "revised": "30/06/2018"}).rows})
    done = roll(book, tmp_path / "next.xlsx")
    assert "has no change log" in " ".join(done.notes)
    new = master(done.file)
    assert [(m.old, m.new, m.when, m.nth) for m in new.log.dates_of("A1")] == [
        (date(2017, 12, 31), date(2018, 6, 30), None, 2)
    ]
    assert new.log.faults() == []


def test_dates_that_leads_asked_for_and_nobody_has_decided_are_said(plan, tmp_path):
    from tests.test_updating import fill, issue

    [file] = issue(plan, END).values()
    fill(file, "A5", Proposed_date=date(2019, 3, 31))
    updating.reconcile(plan, [file], now=NOW)
    assert "(A5)" in " ".join(roll(plan, tmp_path / "next.xlsx").notes)


def test_a_date_that_the_new_plan_would_read_otherwise_is_said(tmp_path):
    # "Dec 15" is December 2015 beside dates of 2013, and nothing for certain beside dates of 2030 only.
    book = MemoryBook({"Plan": grid_of(
        *({"ref": f"A{n}", "timescale": "31/12/2030"} for n in range(1, 4)),
        *({"ref": f"B{n}", "timescale": "31/12/2013", "status": "Complete"} for n in range(1, 7)),
        {"ref": "C1", "timescale": "Dec 15", "revised": "Dec 31"},
    ).rows})  # fmt: skip
    done = roll(book, tmp_path / "next.xlsx")
    [last] = [m for m in done.new.milestones if m.ref == "C1"]
    assert last.baseline == date(2015, 12, 31)  # it stands as a date under Baseline date
    assert any("C1, Current target date" in note for note in done.notes)
    assert last.forecast != date(2015, 12, 31)


def test_the_dropdowns_go_on_offering_the_words_of_the_old_plan(tmp_path):
    book = MemoryBook(
        {"Plan": grid_of({"status": "Delivered", "source": "Peer"}, {"ref": "A2"}).rows}
    )
    roll(book, tmp_path / "next.xlsx")
    with open_book(tmp_path / "next.xlsx") as made:
        lists = [line for line in made.read("Lists").rows if line]
    assert "Delivered" in {line[0] for line in lists} and "Peer" in {
        line[3] for line in lists if len(line) > 3
    }


def test_dates_and_truths_in_ones_own_columns_are_shown_as_such(tmp_path):
    table = rows(
        {"Ref": "A1", "Due": date(2018, 5, 1), "Agreed": True},
        {"Ref": "A2", "Due": datetime(2018, 5, 1, 13, 30), "Agreed": False},
    )
    roll(write_book(tmp_path / "plan.xlsx", {"Plan": table}), tmp_path / "next.xlsx")
    page = openpyxl.load_workbook(tmp_path / "next.xlsx")["Plan"]
    at = {cell.value: cell.column for cell in page[4]}
    assert page.cell(5, at["Due"]).number_format == "dd/mm/yyyy"
    assert page.cell(6, at["Due"]).number_format == "dd/mm/yyyy hh:mm"
    assert page.cell(6, at["Due"]).value == datetime(2018, 5, 1, 13, 30)
    assert [page.cell(row, at["Agreed"]).data_type for row in (5, 6)] == ["b", "b"]


def test_a_timescale_typed_as_text_becomes_a_date_where_no_date_can_stand_under_baseline(tmp_path):
    # else the workbook's formulas would know no date of it
    book = MemoryBook(
        {"Plan": grid_of({"timescale": "'31/12/2018", "baseline": "June Cabinet"}).rows}
    )
    done = roll(book, tmp_path / "next.xlsx")
    [milestone] = master(done.file).plan.milestones
    assert milestone.text_dates == () and milestone.baseline == date(2018, 12, 31)


def test_an_open_book_without_a_plan_in_it_is_refused(tmp_path):
    with pytest.raises(NoPlanError):
        roll(MemoryBook({"Notes": [["Nothing here"]]}), tmp_path / "next.xlsx")


def test_what_was_struck_out_beside_a_date_is_kept(tmp_path):
    book = MemoryBook({"Plan": grid_of({"revised": "~~31/1/17~~ 30/09/18"}).rows})
    done = roll(book, tmp_path / "next.xlsx")
    [milestone] = master(done.file).plan.milestones
    assert milestone.revised_date == date(2018, 9, 30) and milestone.text_dates == ()
    with open_book(done.file) as made:
        assert "~~31/1/17~~ 30/09/18" in made.read("Plan").rows[4]


def test_a_column_of_ones_own_stays_also_where_nothing_in_it_goes_on(tmp_path):
    table = rows(
        {"Ref": "A1", "Ward": None, "Budget": 0},
        {"Ref": "A2", "Status": "Complete", "Ward": "North", "Budget": 5},
    )
    done = roll(write_book(tmp_path / "plan.xlsx", {"Plan": table}), tmp_path / "next.xlsx")
    assert master(done.file).plan.milestones[0].extra == {"Ward": "", "Budget": "0"}


def test_formulas_in_the_plan_become_what_they_showed(tmp_path):
    table = rows(
        {"Ref": "A1"},
        {
            "Ref": "A2",
            "Status": ('=IF(1=1,"On target","")', "On target"),
            "Timescale": date(2018, 12, 31),
        },
    )
    table[0].append("Days left")
    table[2].append(("=TODAY()-G3", 12))
    done = roll(write_book(tmp_path / "plan.xlsx", {"Plan": table}), tmp_path / "next.xlsx")
    second = master(done.file).plan.milestones[1]
    assert second.status.raw == "On target" and second.extra["Days left"] == "12"


def test_what_cells_have_beside_their_values_is_said_to_stay_behind(plan, tmp_path):
    assert not [
        n
        for n in roll(plan, tmp_path / "plain.xlsx").notes
        if "old workbook" in n and "Minutes" not in n
    ]
    book = openpyxl.load_workbook(plan)
    cell = book["Plan"]["A4"]
    cell.hyperlink, cell.comment = "https://wexcombe.example/minutes", Comment("Ask Ann", "Bo")
    book["Posts"]["D1"] = "Room"
    book.save(plan)
    with open_book(plan) as opened_book:
        for source in (plan, opened_book):
            done = roll(source, tmp_path / f"{'next' if source is plan else 'again'}.xlsx")
            assert (
                "The sheet 'Plan' of the old workbook also has links behind words, notes at cells: the new plan takes "
                "the words of the cells only." in done.notes
            )
            assert (
                "The column 'Room' of Posts stayed in the old workbook only: copy what you go on needing."
                in done.notes
            )


@pytest.mark.parametrize("held", [None, b"PK damaged", b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
def test_an_open_book_whose_file_cannot_be_read_as_well_is_rolled_all_the_same(tmp_path, held):
    book = MemoryBook({"Plan": grid_of({"ref": "A1"}).rows})
    with patch.object(MemoryBook, "path", tmp_path / "open.xlsx"):
        if held is not None:
            book.path.write_bytes(held)
        assert roll(book, tmp_path / "next.xlsx").new.milestones[0].ref == "A1"


def test_errors_in_cells_stay_errors(tmp_path):
    book = MemoryBook({"Plan": grid_of({"ref": "A1", "comments": "#REF!", "revised": "#N/A"}).rows})
    done = roll(book, tmp_path / "next.xlsx")
    [milestone] = master(done.file).plan.milestones
    assert milestone.errors == {"comments": "#REF!", "revised": "#N/A"}
    assert master(done.file).noticed == []


# -- nothing lost, whatever the plan ---------------------------------------------------------------

STATUSES = (*TEXTS["status"], "Superseded", "Part complete", "Not started")
DATES = (
    "31/03/18",
    "31/03/2018",
    "30/09/2017",
    "March 2018",
    "TBC",
    "June",
    "",
    "30/09/18 Council",
    "31/11/17",
)


def year_rows() -> st.SearchStrategy[dict[str, str]]:
    more = {
        "status": st.sampled_from(STATUSES),
        "timescale": st.sampled_from(DATES),
        "revised": st.sampled_from(DATES),
    }
    return st.tuples(rows_of(), st.fixed_dictionaries(more)).map(lambda both: both[0] | both[1])


@st.composite
def years_of_plans(draw: Any) -> list[list[dict[str, str]]]:
    """A plan as it stood at one to three moments of its year."""
    versions = [draw(st.lists(year_rows(), min_size=1, max_size=5))]
    for _ in range(draw(st.integers(0, 2))):
        versions.append(draw(edited(versions[-1])))
    return versions


def table_of(version: Sequence[dict[str, str]]) -> list[list[Value]]:
    cells = [{c: text for c, text in row.items() if c != "Ward"} for row in version]
    blank = {"ref": "", "milestone": "", "timescale": "", "status": ""}
    table = grid_of(*cells, plain=blank).rows
    for line, ward in zip(table, ["Ward", *(row["Ward"] or None for row in version)], strict=True):
        line.append(ward)
    return table


def lived(versions: Sequence[Sequence[dict[str, str]]]) -> MemoryBook:
    """A book whose plan went through these versions, each logged by the next job."""
    kept: dict[str, list[list[Value]]] = {}
    for number, version in enumerate(versions):
        book = MemoryBook({"Plan": table_of(version), **kept}, name="plan.xlsx")
        with opened(book) as found:
            if number + 1 < len(versions):
                write_all(found, [], ChangeSet(), who="A. Reed", when=datetime(2017, 5 + number, 1))
        kept = {name: book.read(name).rows for name in (LOG, SNAPSHOTS) if name in book.sheets()}
    return book


@settings(max_examples=50, deadline=None)
@given(years_of_plans())
@example([[{"ref": "", "milestone": "Train", "theme": "", "timescale": "31/03/2018", "smt_lead": "", "status": "",
            "revised": "", "comments": "", "completed": "", "baseline": "", "Ward": ""}]])  # fmt: skip
def test_nothing_is_lost_and_no_date_says_anything_else(versions):
    try:
        book = lived(versions)
    except NoPlanError:
        assume(False)
    with opened(book) as found:
        old = years._of_master(found, NOW)
        keys = [k for k, m in zip(found.cells.rows, old.plan.milestones, strict=True) if m.open]
    roll = roll_plan(old.plan, old.log, year=YEAR, as_of=END, cells=old.cells)
    new, state = years._as_made(roll, Path("next.xlsx"))
    log, _ = years._begun_log(roll, state, NOW, "A. Reed")
    new = desk.with_log(new, log)
    # every milestone of the old plan is on the list once, and is carried or left behind
    there = roll.last_year.milestones
    assert [(r.ref, r.milestone, r.status) for r in there] == [
        (m.ref, m.milestone, m.status.raw) for m in old.plan.milestones
    ]
    carried = [m for m in old.plan.milestones if m.open]
    assert [r.new_ref for r in there if r.result == Result.CARRIED] == [
        m.ref for m in new.milestones
    ]
    assert len(carried) == len(new.milestones) == len({m.ref.casefold() for m in new.milestones})
    assert log.faults() == []
    moved = measure(replace(old.plan, milestones=tuple(carried)), as_of=END).movements
    moved_now = measure(new, as_of=END).movements
    notes = (*roll.notes, *read_differently(roll, new))
    for key, was, now, before, after in zip(
        keys, carried, new.milestones, moved, moved_now, strict=True
    ):
        assert now.previous_ref == was.ref
        assert _texts(now) == _texts(was)
        then = [tuple(m)[:6] for m in old.log.dates_of(key, reference=old.plan.reference)]
        dates = [tuple(m)[:6] for m in log.dates_of(now.ref, reference=new.reference)]
        # Where no move is logged, all that is known is what the plan shows.
        assert dates == then or (not then and len(dates) <= was.moves)
        read_anew = [note for note in notes if note.startswith(f"{now.ref}, ")]
        assert after.forecast == before.forecast or any("Current target" in n for n in read_anew)
        if not read_anew and not any(f"Look at it as {now.ref}." in note for note in notes):
            figures = ("baseline", "actual", "slippage_days", "moves", "timeliness", "basis")
            assert {f: getattr(after, f) for f in figures} == {
                f: getattr(before, f) for f in figures
            }


@settings(
    max_examples=8, deadline=None, phases=(Phase.explicit, Phase.generate)
)  # a shrink would take minutes
@given(years_of_plans())
def test_the_log_begins_with_exactly_what_stands_in_the_workbook(tmp_path_factory, versions):
    try:
        book = lived(versions)
    except NoPlanError:
        assume(False)
    out = tmp_path_factory.mktemp("roll") / "next.xlsx"
    done = roll(book, out)
    assume(done.carried)
    new = master(out)
    assert new.noticed == [] and new.log.faults() == []
    assert new.plan.milestones == done.new.milestones


def _texts(milestone: Milestone) -> dict[str, Any]:
    """What a milestone says, beside its Refs and dates."""
    columns = ("theme", "milestone", "smt_lead", "status", "comments")
    own = {
        name: text
        for name, text in milestone.extra.items()
        if text and not name.startswith("Printed ")
    }
    return {c: milestone.text(c) for c in columns} | own | {"errors": dict(milestone.errors)}


# -- as quick as it may be ---------------------------------------------------------------------------


def test_looking_through_each_formula_once_changes_no_byte(monkeypatch):
    plan = plan_of(*({"ref": f"A{n}"} for n in range(4)))
    quick = master_sheets.workbook_bytes(plan)
    monkeypatch.setattr(master_sheets, "_quick_worksheet", lambda: None)
    assert master_sheets.workbook_bytes(plan) == quick


def test_a_large_plan_is_looked_through_once_a_formula(monkeypatch):
    from xlsxwriter.worksheet import Worksheet

    asked: Counter[str] = Counter()
    first = Worksheet._prepare_formula

    def counted(self: Any, formula: str, *more: Any) -> str:
        asked[formula] += 1
        return first(self, formula, *more)

    monkeypatch.setattr(Worksheet, "_prepare_formula", counted)
    master_sheets.workbook_bytes(plan_of(*({"ref": f"A{n}"} for n in range(40))))
    assert max(asked.values()) <= len(master_sheets.sheet_names())


# -- the real plan ---------------------------------------------------------------------------------


@pytest.mark.real
def test_the_real_plan_adds_up(tmp_path):
    done = roll(REAL, tmp_path / "next.xlsx", as_of=AS_OF)
    raw = [m.status.raw for m in done.plan.milestones]
    ended = sum(word.casefold().startswith(("complete", "superseded", "n/a")) for word in raw)
    assert len(done.carried) + len(done.left_behind) == len(raw) == 117
    assert len(done.left_behind) == ended
    new = desk.load_plan(done.file)
    old_moves = {m.ref: m for m in measure(done.plan, as_of=AS_OF).movements}
    for milestone, after in zip(new.milestones, measure(new, as_of=AS_OF).movements, strict=True):
        before = old_moves[milestone.previous_ref]
        assert (after.baseline, after.forecast, after.slippage_days, after.moves, after.timeliness) == (
            before.baseline, before.forecast, before.slippage_days, before.moves, before.timeliness,
        )  # fmt: skip


@pytest.mark.real
def test_the_roll_itself_makes_no_data_query(tmp_path):
    first = desk.new_plan(tmp_path / "plan.xlsx", REAL, as_of=AS_OF).file
    done = roll(first, tmp_path / "next.xlsx", as_of=AS_OF)
    before = found_in(done.plan, {m.ref: m.ref for m in done.plan.milestones if m.open})
    new = desk.load_plan(done.file)
    after = found_in(new, {m.ref: m.previous_ref for m in new.milestones})
    # A theme of which nothing goes on leaves a gap among the headings: the officer is told which.
    [gap] = [f for f in after - before if f[0] == "P705"]
    [said] = [note for note in done.notes if "goes on" in note]
    assert gap[2] not in said and "theme" in said
    # One line a post, at the first milestone that is left of it: the query is not new.
    moved = {(code, value) for code, _, value in after - before if code == "L204"}
    assert moved <= {(f.code, f.value) for f in desk.check(done.plan, as_of=AS_OF)}
    assert {code for code, *_ in after - before} == {"P705", "L204"}


def found_in(plan: Plan, called: dict[str, str]) -> Counter[tuple[str, str, str]]:
    """How often each rule finds something in each milestone that goes on, by its old Ref."""
    findings = desk.check(plan, as_of=AS_OF)
    return Counter((f.code, called[f.ref], f.value) for f in findings if f.ref in called)


# -- in LibreOffice ----------------------------------------------------------------------------------


def agrees_in_libreoffice(office: Office, made: Path, judged: Path, day: date) -> int:  # noqa: F811
    """Hold each figure that is saved in a workbook against what LibreOffice makes of its formula; how many."""
    book = openpyxl.load_workbook(made)
    at = next(c for row in book["Settings"].iter_rows() for c in row if c.value == "Reporting date")
    book["Settings"].cell(at.row, 2).value = day  # as the saved figures were judged
    book.save(judged)
    there = office.open(judged)
    there.calculateAll()
    wanted = {
        at: value
        for at, value in saved(made).items()
        if at[0] == "Plan" or isinstance(value, int | float)
    }
    assert different(wanted, there) == {}
    return len(wanted)


@pytest.mark.office
@pytest.mark.real
def test_the_real_plan_agrees_in_libreoffice(office, tmp_path):  # noqa: F811
    done = roll(REAL, tmp_path / "next.xlsx", as_of=AS_OF)
    assert agrees_in_libreoffice(office, done.file, tmp_path / "judged.xlsx", AS_OF) > 300


@pytest.mark.office
def test_libreoffice_opens_it_counts_the_same_and_saves_the_list(office, plan, tmp_path):  # noqa: F811
    done = roll(plan, tmp_path / "next.xlsx")
    assert agrees_in_libreoffice(office, done.file, tmp_path / "judged.xlsx", END) > 50
    resaved = shutil.copyfile(done.file, tmp_path / "resaved.xlsx")
    other = office.open(resaved)
    office.save(other, resaved)
    with open_book(resaved) as read:
        assert read_last_year(read.read(LAST_YEAR)) == done.last_year
    again = master(resaved)
    assert again.log.faults() == [] and [m.nth for m in again.log.dates_of("A1")] == [2, 3]


@pytest.mark.parametrize(
    ("year", "said"),
    [
        ("2018/19", ""),
        ("2026/27", "taken for that of 2025/26, the year before 2026/27; but the middle of its dates is in 2017/18."),
        ("", "taken for that of 2017/18, which holds 31 March 2018. If it is another, delete"),
    ],
)  # fmt: skip
def test_the_year_of_a_plan_that_names_none_is_not_supposed_in_silence(tmp_path, year, said):
    text = tmp_path / "plan.csv"
    text.write_text("Ref,Milestone,Timescale,Status\nA1,Train,31/12/2017,On target\n")
    done = years.roll(text, year, tmp_path / "next.xlsx", as_of=END)
    first = done.notes[0] if done.notes else ""
    assert said in first
    assert bool(said) == ("taken for that of" in first)
    assert said in " ".join(show_rolled(done).split())
