"""The jobs that write the plan, on a real workbook: a month from returns to undo."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from agsxl import desk, updating
from agsxl.edits import CellEdit, ChangeSet
from agsxl.errors import ChangedError, OutputError, SettingsError, SourceError
from agsxl.excel.file import open_book
from agsxl.grid import Formula
from agsxl.history import Action
from agsxl.layout.history import LOG, SNAPSHOTS
from tests.books import ROW, TWELVE, write_book
from tests.plans import SAMPLE

DAY = date(2017, 9, 30)
NOW = datetime(2017, 10, 9, 10, 15)


def rows(*changed: dict[str, Any]) -> list[list[Any]]:
    """A plan's table: each row as in ``tests.books`` but for what is given, by heading."""
    table: list[list[Any]] = [list(TWELVE)]
    for each in changed:
        row = dict(zip(TWELVE, ROW, strict=True)) | each
        table.append(
            [row[heading] for heading in TWELVE] + [each[h] for h in each if h not in TWELVE]
        )
    table[0] += [h for h in changed[0] if h not in TWELVE]
    return table


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return write_book(
        tmp_path / "plan.xlsx",
        {
            "Plan": rows(
                {"Ref": "A1", "Milestones": "Training delivered", "Timescale": date(2017, 7, 31)},
                {"Ref": "A2", "Milestones": "Policy published", "Timescale": date(2017, 8, 31)},
                {"Ref": "B1", "Milestones": "Register reviewed", "SMT Lead": "Head of Legal",
                 "Timescale": "June Cabinet", "Revised target date": date(2018, 1, 31), "Status": "Off target"},
            ),
            "Settings": [["Setting", "Value"], ["Council", "Wexcombe"], ["Reporting date", DAY]],
        },
    )  # fmt: skip


def issue(plan: Path, day: date = DAY) -> dict[str, Path]:
    """The return workbooks of a plan, by lead."""
    read = desk.load_plan(plan)
    lists = desk.chase(read, as_of=day)
    files = updating.write_returns(plan.parent / f"returns {day}", read, lists, as_of=day)
    return {chaser.lead: file for chaser, file in zip(lists, files, strict=True)}


def fill(file: Path, ref: str, **answers: Any) -> Path:
    """Fill in a return as a person does, by its headings."""
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    heading = next(row for row in sheet.iter_rows() if row[0].value == "Ref")
    at = {cell.value: cell.column for cell in heading}
    row = next(r[0].row for r in sheet.iter_rows(min_row=heading[0].row) if r[0].value == ref)
    for name, value in answers.items():
        sheet.cell(row, at[name.replace("_", " ")]).value = value
    book.save(file)
    return file


def cell(plan: Path, address: str, sheet: str = "Plan") -> Any:
    with open_book(plan) as book:
        return book.read(sheet).value(address)


def columns(plan: Path, ref: str) -> dict[str, Any]:
    """A milestone's cells, typed, by heading."""
    with open_book(plan) as book:
        grid = book.read("Plan")
    heads = grid.rows[0]
    row = next(r for r in grid.rows if r[0] == ref)
    return {str(h): v for h, v in zip(heads, row, strict=False) if v is not None}


def decide(plan: Path, ref: str, column: str, **entered: str) -> None:
    """What the officer types on the Replies sheet."""
    with open_book(plan) as book:
        grid = book.read("Replies")
        heading = next(n for n, cells in grid.numbered() if "Decision" in cells)
        heads = grid.rows[heading - 1]
        row = next(
            n for n, cells in grid.numbered()
            if n > heading and cells[0] == ref and cells[heads.index("Column")] == column
        )  # fmt: skip
        edits = []
        for name, text in entered.items():
            address = f"{chr(65 + heads.index(name.replace('_', ' ')))}{row}"
            edits.append(CellEdit("Replies", address, grid.value(address), text))
        book.apply(ChangeSet(tuple(edits)))


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def the_month(plan: Path) -> dict[str, Path]:
    """Returns filled in: a status, a comment, a date proposed; the other lead says no change."""
    sent = issue(plan)
    fill(sent["Head of Finance"], "A1", Status="Complete", Date_completed=date(2017, 9, 4),
         Comment="Held in the chamber.")  # fmt: skip
    fill(sent["Head of Finance"], "A2", Proposed_date=date(2017, 12, 31), Reason="Awaiting Cabinet")
    fill(sent["Head of Legal"], "B1", No_change="Yes")
    return sent


# -- a month -------------------------------------------------------------------------------------


def test_a_month_from_returns_to_undo(plan):
    before = columns(plan, "A1"), columns(plan, "A2"), columns(plan, "B1")
    sent = the_month(plan)
    read = updating.reconcile(plan, sent.values(), now=NOW)
    assert [(c.ref, c.column, str(c.outcome), c.accept) for c in read.changes] == [
        ("A1", "status", "returned only", True),
        ("A1", "comments", "returned only", True),
        ("A1", "completed", "returned only", True),
        ("A2", "revised", "proposed date", False),
    ]
    assert [r.no_change for r in read.replies if r.lead == "Head of Legal"] == [("B1",)]
    assert (columns(plan, "A1"), columns(plan, "A2"), columns(plan, "B1")) == before

    decide(
        plan, "A2", "Revised target date", Decision="Take lead's", Approved_by="Cabinet, 3 October"
    )
    whole = parts(plan)
    done = updating.reconcile(plan, [], apply=True, now=NOW + timedelta(minutes=5), who="officer")
    assert not done.waiting
    assert columns(plan, "A1")["Status"] == "Complete"
    assert columns(plan, "A2")["Revised target date"] == date(2017, 12, 31)
    assert columns(plan, "B1") == before[2]
    log = updating.history_of(plan)
    assert [(e.ref, e.column, e.new) for e in log.entries if e.action == Action.CHANGE][:1] == [
        ("A1", "status", "Complete")
    ]
    assert log.faults == ()
    moved = updating.history_of(plan, "A2")
    assert [(m.nth, m.old, m.new, m.approved_by, m.reason) for m in moved.dates] == [
        (2, date(2017, 8, 31), date(2017, 12, 31), "Cabinet, 3 October", "Awaiting Cabinet"),
    ]
    assert updating.history_of(plan, "A1").completed == NOW.date()

    updating.undo(plan, now=NOW + timedelta(minutes=9))
    assert (columns(plan, "A1"), columns(plan, "A2"), columns(plan, "B1")) == before
    after = parts(plan)
    # What was written for the update is byte for byte as it was, but for the log.
    log_parts = _parts_of(plan, LOG)
    assert {name for name in whole if after[name] != whole[name]} <= log_parts
    assert updating.history_of(plan).faults == ()
    assert [e.action for e in updating.history_of(plan).entries][-1] == Action.UNDO
    with pytest.raises(OutputError, match=r"no update that could be taken back"):
        updating.undo(plan)


def _parts_of(plan: Path, sheet: str) -> set[str]:
    from agsxl.excel.package import Package

    package = Package(plan)
    part = package.sheet(sheet).part
    return {part, *(r.target for r in package.relations(part))}


def test_reading_the_same_returns_again_after_the_update_changes_nothing(plan):
    sent = the_month(plan)
    updating.reconcile(plan, sent.values(), apply=True, now=NOW)
    again = updating.reconcile(plan, sent.values(), apply=True, now=NOW + timedelta(hours=1))
    assert {str(c.outcome) for c in again.changes} == {"same change", "proposed date"}
    assert again.update.writes == []
    before = columns(plan, "A1")
    updating.reconcile(plan, sent.values(), apply=True, now=NOW + timedelta(hours=2))
    assert columns(plan, "A1") == before


def test_looking_alone_writes_nothing(plan):
    sent = the_month(plan)
    before = plan.read_bytes()
    found = updating.reconcile(plan, sent.values(), keep_on_sheet=False, now=NOW)
    assert len(found.changes) == 4
    assert plan.read_bytes() == before
    assert not list(plan.parent.glob("plan backups/*"))


def test_what_the_officer_keeps_is_logged_and_not_asked_again(plan):
    sent = the_month(plan)
    updating.reconcile(plan, sent.values(), now=NOW)
    decide(plan, "A1", "Status", Decision="Keep plan")
    done = updating.reconcile(plan, [], apply=True, now=NOW)
    assert columns(plan, "A1")["Status"] == "On target"
    kept = [e for e in done.written.entries if e.action == Action.KEEP]
    assert [(e.ref, e.column, e.old, e.new) for e in kept] == [
        ("A1", "status", "On target", "Complete")
    ]
    again = updating.reconcile(plan, sent.values(), now=NOW)
    assert [c.waits for c in again.changes if c.column == "status"] == [False]


def test_a_decision_that_is_neither_names_its_cell(plan):
    sent = the_month(plan)
    updating.reconcile(plan, sent.values(), now=NOW)
    decide(plan, "A1", "Status", Decision="perhaps")
    with pytest.raises(
        SettingsError, match=r"'perhaps' \(sheet 'Replies', cell I\d+\) must be Keep plan or"
    ):
        updating.reconcile(plan, [], apply=True, now=NOW)


def test_what_stands_and_its_decisions_survive_another_reading(plan):
    sent = the_month(plan)
    updating.reconcile(plan, [sent["Head of Finance"]], now=NOW)
    decide(plan, "A2", "Revised target date", Approved_by="Cabinet")
    updating.reconcile(plan, [sent["Head of Legal"]], now=NOW)
    found = updating.reconcile(plan, [], keep_on_sheet=False, now=NOW)
    assert [c.decided.approved_by for c in found.changes if c.column == "revised"] == ["Cabinet"]


# -- returns that cannot be read -----------------------------------------------------------------


def test_the_others_go_through_where_one_return_cannot_be_read(plan, tmp_path):
    sent = the_month(plan)
    folder = sent["Head of Finance"].parent
    (folder / "broken.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    (folder / "~$Head of Finance.xlsx").write_bytes(b"\x05Alice")
    (folder / "notes.txt").write_text("Thank you")
    write_book(folder / "shopping.xlsx", {"List": [["Milk"]]})
    other = write_book(
        tmp_path / "other" / "other.xlsx",
        {"Plan": rows({"Ref": "A1", "Milestones": "Elsewhere", "Timescale": date(2017, 7, 31)})},
    )
    stranger = next(iter(issue(other).values()))
    stranger.rename(folder / "stranger.xlsx")
    done = updating.reconcile(plan, [folder, plan], now=NOW)
    # The owner file says that Finance's return is open in Excel: it is refused, with who has it.
    assert sorted(r.file for r in done.refused) == [
        "Head of Finance.xlsx", "broken.xlsx", "shopping.xlsx", "stranger.xlsx",
    ]  # fmt: skip
    assert [r.lead for r in done.replies] == ["Head of Legal"]
    assert all(r.why.startswith(r.file) and len(r.why) < 300 for r in done.refused)
    assert "another plan" in next(r.why for r in done.refused if r.file == "stranger.xlsx")


def test_an_empty_folder_is_said(plan, tmp_path):
    empty = tmp_path / "nothing"
    empty.mkdir()
    with pytest.raises(SourceError, match=r"holds no workbook"):
        updating.reconcile(plan, [empty])


def test_a_text_cannot_be_updated(tmp_path):
    text = tmp_path / "plan.csv"
    text.write_text("Ref,Milestones,Timescale,Status\nA1,One,31/12/17,On target\n")
    with pytest.raises(SourceError, match=r"is a text; only a plan kept as a workbook"):
        updating.reconcile(text, [])


# -- cells that cannot be written ----------------------------------------------------------------


def test_a_cell_with_a_formula_or_merged_is_never_written_over(tmp_path):
    table = rows(
        {"Ref": "A1", "Status": ("=1+1", "On target"), "Timescale": date(2017, 7, 31)},
        {"Ref": "A2", "Milestones": "Second", "Timescale": date(2017, 7, 31), "Comments": None},
    )
    comments = len(TWELVE)
    plan = write_book(
        tmp_path / "plan.xlsx", {"Plan": table}, merge={"Plan": [(2, comments, 3, comments)]}
    )
    sent = issue(plan)["Head of Finance"]
    fill(sent, "A1", Status="Complete")
    fill(sent, "A2", Comment="Going well")
    done = updating.reconcile(plan, [sent], apply=True, now=NOW)
    why = {c.ref: c.why for c in done.update.standing}
    assert why["A1"] == "The plan's cell J2 holds a formula; enter it by hand."
    assert "merged cells L2:L3" in why["A2"]
    assert isinstance(cell(plan, "J2"), Formula)


def test_a_note_for_which_there_is_no_room_is_put_to_the_officer(tmp_path):
    full = "x" * 32_760
    plan = write_book(
        tmp_path / "plan.xlsx",
        {"Plan": rows({"Ref": "A1", "Comments": full, "Timescale": date(2017, 7, 31)})},
    )
    sent = issue(plan)["Head of Finance"]
    fill(sent, "A1", Status="Complete", Comment="One word more")
    done = updating.reconcile(plan, [sent], apply=True, now=NOW)
    assert [(c.column, c.why) for c in done.update.standing] == [
        (
            "comments",
            "The plan's cell L2 has no room for it (32,767 characters at most); shorten it.",
        )
    ]
    assert columns(plan, "A1")["Status"] == "Complete"
    assert columns(plan, "A1")["Comments"] == full


def test_a_formula_in_an_answer_is_written_as_its_value_and_a_text_as_text(plan):
    sent = issue(plan)["Head of Finance"]
    fill(sent, "A1", Comment='=HYPERLINK("http://x","y")', Evidence="+44 minutes")
    done = updating.reconcile(plan, [sent], apply=True, now=NOW)
    assert not any(isinstance(v, Formula) for v in columns(plan, "A1").values())
    assert "+44 minutes" in columns(plan, "A1")["Comments"]
    assert done.written is not None


# -- typed by hand, and the log ------------------------------------------------------------------


def type_into(plan: Path, *edits: tuple[str, Any], sheet: str = "Plan") -> None:
    with open_book(plan) as book:
        grid = book.read(sheet)
        book.apply(ChangeSet(tuple(CellEdit(sheet, a, grid.value(a), v) for a, v in edits)))


def test_what_was_typed_by_hand_is_noticed_and_logged_at_the_next_run(plan):
    updating.snapshot(plan, "Committee", now=NOW)
    type_into(plan, ("J3", "Complete"), ("K2", date(2018, 3, 31)))
    written = updating.snapshot(plan, "Next committee", now=NOW + timedelta(days=30))
    typed = [(e.ref, e.column, e.old, e.new, e.source) for e in written.entries if e.ref]
    assert sorted(typed) == [
        ("A1", "revised", None, date(2018, 3, 31), "typed in the master"),
        ("A2", "status", "On target", "Complete", "typed in the master"),
    ]
    assert desk.load_plan(plan).milestones[0].moves == 1
    type_into(plan, ("K2", date(2018, 4, 30)))
    updating.snapshot(plan, "Third", now=NOW + timedelta(days=60))
    milestone = desk.load_plan(plan).milestones[0]
    assert (milestone.earlier, milestone.moves) == ((date(2018, 3, 31),), 2)


def test_the_plan_as_it_was_reported_can_be_shown_again(plan):
    updating.snapshot(plan, "Governance Committee 28/09/2017", as_of=DAY, now=NOW)
    type_into(plan, ("J2", "Complete"))
    updating.snapshot(plan, "Later", now=NOW + timedelta(days=1))
    then = updating.plan_at(plan, "governance committee 28/09/2017")
    assert [str(m.status.value) for m in then.milestones] == [
        "on target",
        "on target",
        "off target",
    ]
    assert [m.timescale.raw for m in then.milestones] == [
        "31/07/2017",
        "31/08/2017",
        "June Cabinet",
    ]
    now = updating.plan_at(plan, "Later")
    assert str(now.milestones[0].status.value) == "complete"
    by_day = updating.plan_at(plan, NOW.date().isoformat())
    assert str(by_day.milestones[0].status.value) == "on target"
    with pytest.raises(SettingsError, match=r"No snapshot is called 'Never'; the labels there are"):
        updating.plan_at(plan, "Never")


@pytest.mark.parametrize("altered", ["edited", "emptied", "swapped"])
def test_a_log_that_was_altered_is_found_by_check(plan, altered):
    updating.answer(plan, "A1", by="Head of Finance", status="Complete", now=NOW)
    updating.answer(plan, "A2", by="Head of Finance", comment="Soon", now=NOW)
    assert not [f for f in desk.check(desk.load_plan(plan), as_of=DAY) if f.code == "W606"]
    with open_book(plan) as book:
        grid = book.read(LOG)
    last = len(grid.rows)
    width = "ABCDEFGHIJKLM"
    if altered == "edited":
        type_into(plan, (f"H{last}", "Something else"), sheet=LOG)
    elif altered == "emptied":
        type_into(plan, *((f"{c}{last - 1}", None) for c in width), sheet=LOG)
    else:
        swapped = [
            (f"{c}{a}", grid.value(f"{c}{b}"))
            for c in width
            for a, b in ((last, last - 1), (last - 1, last))
        ]
        type_into(plan, *swapped, sheet=LOG)
    found = [f for f in desk.check(desk.load_plan(plan), as_of=DAY) if f.code == "W606"]
    assert found


def test_an_undo_is_refused_where_the_cell_was_changed_since(plan):
    updating.answer(plan, "A1", by="Head of Finance", status="Complete", now=NOW)
    type_into(plan, ("J2", "Off target"))
    with pytest.raises(ChangedError, match=r"cell J2 \(A1, Status\) has been changed since"):
        updating.undo(plan)


def test_an_undo_leaves_what_was_typed_elsewhere(plan):
    updating.answer(plan, "A1", by="Head of Finance", status="Complete", now=NOW)
    type_into(plan, ("J3", "Not started"))
    updating.undo(plan, now=NOW + timedelta(days=1))
    assert columns(plan, "A1")["Status"] == "On target"
    assert columns(plan, "A2")["Status"] == "Not started"


def test_an_undo_works_where_the_backup_is_gone(plan):
    before = columns(plan, "A1")
    updating.answer(plan, "A1", by="Head of Finance", status="Complete", comment="Done", now=NOW)
    for copy in plan.parent.glob("plan backups/*"):
        copy.unlink()
    updating.undo(plan, now=NOW + timedelta(days=1))
    assert columns(plan, "A1") == before


def test_two_updates_are_taken_back_one_after_the_other(plan):
    before = columns(plan, "A1")
    updating.answer(plan, "A1", by="Head of Finance", status="Not started", now=NOW)
    updating.answer(
        plan, "A1", by="Head of Finance", status="Complete", now=NOW + timedelta(hours=1)
    )
    updating.undo(plan, now=NOW + timedelta(hours=2))
    assert columns(plan, "A1")["Status"] == "Not started"
    updating.undo(plan, now=NOW + timedelta(hours=3))
    assert columns(plan, "A1") == before


# -- answers typed by the officer, and dates moved -----------------------------------------------


def test_an_answer_by_telephone_goes_the_way_of_a_return(plan):
    done = updating.answer(
        plan, "a1", by="Head of Finance", status="Complete", comment="Rang on Monday",
        proposed_date="31/12/2017", now=NOW,
    )  # fmt: skip
    assert columns(plan, "A1")["Status"] == "Complete"
    assert columns(plan, "A1")["Comments"].endswith("09/10/2017 (Head of Finance): Rang on Monday")
    assert [c.column for c in done.update.standing] == ["revised"]
    with open_book(plan) as book:
        assert "Replies" in book.sheets()


def test_an_answer_does_not_decide_what_stands_from_the_returns(plan):
    sent = the_month(plan)
    updating.reconcile(plan, sent.values(), now=NOW)
    updating.answer(plan, "B1", by="Head of Legal", status="Complete", now=NOW)
    assert columns(plan, "B1")["Status"] == "Complete"
    assert columns(plan, "A1")["Status"] == "On target"
    waiting = updating.reconcile(plan, [], keep_on_sheet=False, now=NOW)
    assert len(waiting.changes) == 4


@pytest.mark.parametrize(
    ("ref", "given", "why"),
    [
        ("A9", {"status": "Complete"}, "has no milestone 'A9'"),
        ("A1", {}, "Give what was answered"),
        ("A1", {"status": "Complete", "no_change": True}, "Give what was answered"),
        ("A1", {"proposed_date": "June"}, "'June' is not one certain day"),
        ("A1", {"completed": "31/11/2017"}, "'31/11/2017' is not one certain day"),
        ("A1", {"completed": "01/09/2099"}, "lies after the day it was answered"),
        ("A1", {"status": "rubbish"}, "'rubbish' is no status"),
        ("A1", {"comment": "x" * 40_000}, "has 40,000 characters"),
        (" ", {"status": "Complete"}, "Name the milestone by its Ref"),
    ],
)
def test_an_answer_that_cannot_be_entered_is_one_sentence(plan, ref, given, why):
    before = plan.read_bytes()
    with pytest.raises(SettingsError, match=why):
        updating.answer(plan, ref, by="Head of Finance", **given)
    assert plan.read_bytes() == before


def test_a_date_is_moved_with_reason_and_approver_and_logged(plan):
    updating.rebaseline(
        plan,
        "A1",
        "2017-12-31",
        reason="Tender late",
        approved_by="Cabinet",
        now=NOW,
        who="officer",
    )
    updating.rebaseline(
        plan, "A1", "31 March 2018", reason="Tender later", approved_by="Cabinet",
        now=NOW + timedelta(days=60),
    )  # fmt: skip
    assert columns(plan, "A1")["Timescale"] == date(2017, 7, 31)
    assert columns(plan, "A1")["Revised target date"] == date(2018, 3, 31)
    dates = updating.history_of(plan, "A1").dates
    assert [(m.nth, m.new, m.reason) for m in dates] == [
        (2, date(2017, 12, 31), "Tender late"), (3, date(2018, 3, 31), "Tender later"),
    ]  # fmt: skip
    measured = desk.slippage(desk.load_plan(plan), as_of=DAY)
    assert [m.moves for m in measured.movements if m.ref == "A1"] == [2]


@pytest.mark.parametrize(
    ("day", "given", "why"),
    [
        ("31/12/2017", {"reason": "", "approved_by": "Cabinet"}, "give --reason"),
        ("31/12/2017", {"reason": "Tender", "approved_by": " "}, "give --approved-by"),
        ("end of the year", {"reason": "Tender", "approved_by": "Cabinet"}, "not one certain day"),
        ("31/07/2017", {"reason": "Tender", "approved_by": "Cabinet"}, "is 31 July 2017 already"),
    ],
)
def test_a_date_that_cannot_be_moved_is_one_sentence_and_nothing_is_written(plan, day, given, why):
    before = plan.read_bytes()
    with pytest.raises(SettingsError, match=why):
        updating.rebaseline(plan, "A1", day, **given)
    assert plan.read_bytes() == before


# -- rows added ----------------------------------------------------------------------------------


def test_a_row_that_a_lead_added_is_taken_when_the_officer_says_so(plan):
    sent = issue(plan)["Head of Finance"]
    book = openpyxl.load_workbook(sent)
    sheet = book.worksheets[0]
    sheet.protection.sheet = False
    last = sheet.max_row + 1
    sheet.cell(last, 1).value, sheet.cell(last, 2).value = "A7", "Something new"
    book.save(sent)
    read = updating.reconcile(plan, [sent], now=NOW)
    assert [(c.ref, str(c.outcome), c.accept) for c in read.changes] == [("A7", "added", False)]
    decide(plan, "A7", "Whole row", Decision="Take lead's")
    updating.reconcile(plan, [], apply=True, now=NOW)
    assert columns(plan, "A7") == {
        "Ref": "A7", "Milestones": "Something new", "SMT Lead": "Head of Finance",
    }  # fmt: skip
    assert updating.history_of(plan).faults == ()
    updating.undo(plan, now=NOW + timedelta(days=1))
    assert "A7" not in {m.ref for m in desk.load_plan(plan).milestones}


def add_rows(returned: Path, *milestones: str, ref: str = "") -> None:
    """What a lead types below the last row of a return, as leads do: without a Ref."""
    book = openpyxl.load_workbook(returned)
    sheet = book.worksheets[0]
    sheet.protection.sheet = False
    for milestone in milestones:
        row = sheet.max_row + 1
        sheet.cell(row, 1).value, sheet.cell(row, 2).value = ref or None, milestone
    book.save(returned)


def take_every_line(plan: Path) -> None:
    """Take lead's, typed beside each line of the Replies sheet."""
    with open_book(plan) as book:
        lines = [(n, c) for n, c in book.read("Replies").numbered() if len(c) > 1 and any(c[1:])]
        (_, heads), *rest = lines
        column = chr(65 + heads.index("Decision"))
        held = heads.index("Decision")
        edits = [CellEdit("Replies", f"{column}{n}", c[held], "Take lead's") for n, c in rest]
        book.apply(ChangeSet(tuple(edits)))


@pytest.mark.parametrize("already", ["", "A thing without a Ref"], ids=["none", "one"])
def test_rows_that_a_lead_added_without_a_ref_are_taken_and_can_be_taken_back(plan, already):
    if already:
        type_into(plan, ("E5", already), ("J5", "On target"))
    before = {m.milestone for m in desk.load_plan(plan).milestones}
    assert (already in before) is bool(already)
    sent = issue(plan)["Head of Finance"]
    add_rows(sent, "Something new", "Another new thing")
    read = updating.reconcile(plan, [sent], now=NOW)
    assert [(str(c.outcome), c.master) for c in read.changes] == [("added", None)] * 2
    take_every_line(plan)
    updating.reconcile(plan, [], apply=True, now=NOW)
    new = {"Something new", "Another new thing"}
    assert {m.milestone for m in desk.load_plan(plan).milestones} == before | new
    assert updating.history_of(plan).faults == ()
    again = updating.reconcile(plan, [sent], now=NOW)
    assert {str(c.outcome) for c in again.changes} == {"same change"}
    updating.undo(plan, now=NOW + timedelta(days=1))
    assert {m.milestone for m in desk.load_plan(plan).milestones} == before
    assert updating.history_of(plan).faults == ()


def test_a_row_that_two_leads_added_under_one_ref_can_be_taken_back(plan):
    before = {m.milestone for m in desk.load_plan(plan).milestones}
    sent = issue(plan)
    add_rows(sent["Head of Finance"], "Something new", ref="A7")
    add_rows(sent["Head of Legal"], "Another new thing", ref="A7")
    updating.reconcile(plan, sent.values(), now=NOW)
    take_every_line(plan)
    updating.reconcile(plan, [], apply=True, now=NOW)
    updating.undo(plan, now=NOW + timedelta(days=1))
    assert {m.milestone for m in desk.load_plan(plan).milestones} == before


def test_a_new_row_in_the_words_of_a_milestone_is_still_asked_about(plan):
    sent = issue(plan)["Head of Finance"]
    add_rows(sent, "Register reviewed")
    [change] = updating.reconcile(plan, [sent], now=NOW).changes
    assert (str(change.outcome), change.accept) == ("added", False)
    assert change.why.startswith("The plan has the same words already, as B1.")


def test_a_new_row_with_a_date_waits_for_an_approver_and_loses_no_text(plan):
    sent = issue(plan)["Head of Finance"]
    book = openpyxl.load_workbook(sent)
    sheet = book.worksheets[0]
    heading = next(r for r in sheet.iter_rows() if r[0].value == "Ref")
    last = sheet.max_row + 1
    for head, value in {
        "Ref": "A7", "Milestone": "Something new", "Status": "On target",
        "Proposed date": date(2018, 3, 1), "Reason": "Asked for by audit", "Comment": "Begun",
        "Evidence": "Minute 9",
    }.items():  # fmt: skip
        sheet.cell(last, next(c.column for c in heading if c.value == head)).value = value
    book.save(sent)
    updating.reconcile(plan, [sent], now=NOW)
    decide(plan, "A7", "Whole row", Decision="Take lead's")
    waiting = updating.reconcile(plan, [], apply=True, now=NOW)
    assert [c.why for c in waiting.update.standing] == [
        "It has a date: enter who approved it to take it."
    ]
    decide(plan, "A7", "Whole row", Approved_by="Cabinet")
    updating.reconcile(plan, [], apply=True, now=NOW)
    new = columns(plan, "A7")
    assert (new["Timescale"], new["SMT Lead"], new["Status"]) == (
        date(2018, 3, 1), "Head of Finance", "On target",
    )  # fmt: skip
    assert "Revised target date" not in new
    for text in ("Asked for by audit", "Begun", "Minute 9"):
        assert text in new["Comments"]


# -- decisions that are about another state of the plan ------------------------------------------


def test_what_was_chosen_beforehand_does_not_write_over_a_conflict(plan):
    sent = the_month(plan)
    updating.reconcile(plan, sent.values(), now=NOW)
    type_into(plan, ("J2", "Not started"))
    done = updating.reconcile(plan, [], apply=True, now=NOW)
    assert cell(plan, "J2") == "Not started"
    assert [str(c.outcome) for c in done.update.standing if c.column == "status"] == ["conflict"]


def test_a_choice_is_about_the_plan_as_it_was_seen(plan):
    sent = the_month(plan)
    type_into(plan, ("J2", "Not started"))
    updating.reconcile(plan, sent.values(), now=NOW)
    decide(plan, "A1", "Status", Decision="Take lead's")
    type_into(plan, ("J2", "Off target"))
    done = updating.reconcile(plan, [], apply=True, now=NOW)
    assert cell(plan, "J2") == "Off target"
    assert "decide it again" in next(c.why for c in done.update.standing if c.column == "status")
    decide(plan, "A1", "Status", Decision="Take lead's")
    updating.reconcile(plan, [], apply=True, now=NOW)
    assert cell(plan, "J2") == "Complete"


def test_an_answer_chosen_beforehand_is_not_taken_for_a_reworded_milestone(plan):
    sent = the_month(plan)
    updating.reconcile(plan, sent.values(), now=NOW)
    type_into(plan, ("E2", "A wholly different job"))
    updating.reconcile(plan, [], apply=True, now=NOW)
    assert cell(plan, "J2") == "On target"


def twice(plan: Path, first: dict[str, Any], later: dict[str, Any]) -> tuple[Path, Path]:
    """Two returns of one lead about A1, the one saved after the other."""
    sent = issue(plan)["Head of Finance"]
    blank = sent.read_bytes()
    early, late = sent.with_name("a.xlsx"), sent.with_name("b.xlsx")
    for file, answers, saved in ((early, first, NOW), (late, later, NOW + timedelta(hours=2))):
        file.write_bytes(blank)
        fill(file, "A1", **answers)
        book = openpyxl.load_workbook(file)
        book.properties.created, book.properties.modified = datetime(2017, 9, 30), saved
        book.save(file)
        _saved_at(file, saved)
    sent.unlink()
    return early, late


def _saved_at(file: Path, moment: datetime) -> None:
    """openpyxl says that it saved the workbook now; a return says when the lead did."""
    from tests.books import rewrite

    def change(name: str, data: bytes) -> bytes:
        if name != "docProps/core.xml":
            return data
        import re

        return re.sub(
            rb"(<dcterms:modified[^>]*>)[^<]*",
            rb"\g<1>" + f"{moment:%Y-%m-%dT%H:%M:%SZ}".encode(),
            data,
        )

    rewrite(file, file.with_suffix(".tmp"), change)
    file.with_suffix(".tmp").replace(file)


@pytest.mark.parametrize("runs", ["one", "early first", "late first"])
def test_the_later_answer_wins_in_one_run_or_in_two(plan, runs):
    early, late = twice(plan, {"Status": "Complete"}, {"Status": "Not started"})
    for files in {
        "one": [[early, late]],
        "early first": [[early], [late]],
        "late first": [[late], [early]],
    }[runs]:
        updating.reconcile(plan, files, now=NOW)
    updating.reconcile(plan, [], apply=True, now=NOW)
    assert cell(plan, "J2") == "Not started"
    updating.reconcile(plan, [], apply=True, now=NOW)
    updating.reconcile(plan, [early], apply=True, now=NOW)
    assert cell(plan, "J2") == "Not started"


def test_what_was_answered_again_is_never_written_later(plan):
    early, late = twice(
        plan,
        {"Status": "Complete", "Comment": "Done"},
        {"Status": "On target", "Comment": "Not yet"},
    )
    done = updating.reconcile(plan, [early, late], apply=True, now=NOW)
    assert not done.waiting
    assert [c.said.superseded for c in done.update.kept] == ["Answered again later, in b.xlsx."] * 2
    updating.reconcile(plan, [], apply=True, now=NOW)
    assert cell(plan, "J2") == "On target"
    assert "Done" not in cell(plan, "L2")


@pytest.mark.parametrize("updated_between", [False, True])
def test_what_a_lead_says_once_more_is_the_last_word(plan, updated_between):
    early, late = twice(plan, {"Status": "Complete"}, {"Status": "Not started"})
    once_more = early.with_name("c.xlsx")
    once_more.write_bytes(early.read_bytes())
    _saved_at(once_more, NOW + timedelta(hours=4))
    files = [early, late] if updated_between else [early, late, once_more]
    updating.reconcile(plan, files, apply=True, now=NOW + timedelta(hours=3))
    assert cell(plan, "J2") == ("Not started" if updated_between else "Complete")
    done = updating.reconcile(plan, [once_more], now=NOW + timedelta(hours=5))
    if updated_between:  # the plan has the answer in between: both have moved since it was sent
        assert [c.waits for c in done.changes if c.column == "status"] == [True]


def test_a_later_no_change_takes_the_place_of_an_earlier_answer(plan):
    early, late = twice(plan, {"Status": "Complete"}, {"No_change": "Yes"})
    done = updating.reconcile(plan, [early, late], apply=True, now=NOW)
    assert cell(plan, "J2") == "On target"
    assert [c.why for c in done.changes if c.column == "status"] == [
        "Answered again later: No change was ticked in b.xlsx."
    ]


def test_a_copy_of_a_return_or_one_saved_again_says_nothing_new(plan):
    sent = issue(plan)["Head of Finance"]
    fill(sent, "A1", Status="Complete", Comment="Same note")
    updating.reconcile(plan, [sent], now=NOW)
    decide(plan, "A1", "Status", Decision="Keep plan")
    updating.reconcile(plan, [], apply=True, now=NOW)
    again = sent.with_name("Head of Finance (1).xlsx")
    again.write_bytes(sent.read_bytes())
    _saved_at(again, datetime(2030, 1, 1))
    found = updating.reconcile(plan, [again], apply=True, now=NOW)
    assert found.update.taken == [] and not found.waiting
    assert cell(plan, "L2").count("Same note") == 1


def test_a_log_that_is_gone_is_a_finding(plan):
    updating.answer(plan, "A1", by="Head of Finance", status="Complete", now=NOW)
    book = openpyxl.load_workbook(plan)
    del book[LOG]
    book.save(plan)
    found = [f for f in desk.check(desk.load_plan(plan), as_of=DAY) if f.code == "W606"]
    assert found


def test_a_snapshot_without_a_label_is_refused(plan):
    before = plan.read_bytes()
    with pytest.raises(SettingsError, match="needs a label"):
        updating.snapshot(plan, " ")
    assert plan.read_bytes() == before


# -- returns -------------------------------------------------------------------------------------


def test_a_return_for_one_lead_by_post_or_person(tmp_path):
    plan = desk.load_plan(SAMPLE)
    day = plan.settings.reporting_date
    asked = updating.asked_of(plan, "head of  FINANCE", as_of=day)
    assert asked.lead == "Head of Finance"
    by_person = updating.asked_of(plan, asked.person, as_of=day)
    assert [a.ref for a in by_person.milestones] == [a.ref for a in asked.milestones]
    every = updating.asked_of(plan, asked.lead, as_of=day, every=True)
    assert len(every.milestones) > len(asked.milestones)
    assert len({a.ref for a in every.milestones}) == len(every.milestones)
    with pytest.raises(SettingsError, match=r"has the SMT lead 'Nobody'; there are"):
        updating.asked_of(plan, "Nobody", as_of=day)
    path = updating.write_return_of(plan, asked, tmp_path / "out", as_of=day)
    assert path == tmp_path / "out" / "Head of Finance.xlsx"


@pytest.mark.parametrize(
    ("leads", "names"),
    [
        (["Head of HR/OD", "Head of HR OD"], ["Head of HR OD", "Head of HR OD (2)"]),
        (["", "..", "CON"], ["No name", "No name (2)", "CON (lead)"]),
        (["Bürgermeister \n x"], ["Bürgermeister x"]),
    ],
)
def test_names_of_files_are_safe_on_every_system(leads: Sequence[str], names: Sequence[str]):
    assert updating.file_names(leads) == names


def test_the_day_by_which_to_answer_is_a_working_day(plan):
    read = desk.load_plan(plan)
    within = replace(read.settings, answer_within=10)
    assert updating.answer_by(read, DAY) is None
    assert updating.answer_by(replace(read, settings=within), date(2017, 12, 15)) == date(
        2018, 1, 3
    )


def test_the_log_and_the_snapshots_are_no_plan(plan):
    updating.snapshot(plan, "One", now=NOW)
    with open_book(plan) as book:
        assert {LOG, SNAPSHOTS} <= set(book.sheets())
    assert len(desk.load_plan(plan).milestones) == 3


def test_updates_of_the_same_second_are_undone_one_by_one(plan):
    for ref in ("A1", "A2"):
        updating.answer(plan, ref, by="Head of Finance", status="Complete", now=NOW)
    updating.snapshot(plan, "Committee", now=NOW)
    updating.undo(plan, now=NOW)
    assert columns(plan, "A1")["Status"] == "Complete"
    assert columns(plan, "A2")["Status"] == "On target"
    updating.undo(plan, now=NOW)
    assert columns(plan, "A1")["Status"] == "On target"


@pytest.mark.parametrize("kind", ["xlsx", "xlsm"])
def test_an_update_of_a_master_workbook_is_undone_to_the_byte(tmp_path, kind):
    master = tmp_path / f"plan.{kind}"
    desk.new_plan(master, SAMPLE)
    grid = open_book(master).read("Plan").rows
    updating.answer(master, "A3", by="Head of Finance", status="Complete", now=NOW)
    before = parts_of(master)
    updating.answer(master, "A4", by="Head of Finance", status="Complete", now=NOW)
    updating.undo(master, now=NOW + timedelta(minutes=1))
    after = parts_of(master)
    part = plan_part(before)
    assert before[part] == after[part]
    updating.undo(master, now=NOW + timedelta(minutes=2))
    assert open_book(master).read("Plan").rows == grid


def parts_of(book: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(book) as package:
        return {name: package.read(name) for name in package.namelist()}


def plan_part(parts: dict[str, bytes]) -> str:
    """The part of the sheet Plan: the second that XlsxWriter wrote."""
    assert b'name="Plan" sheetId="2"' in parts["xl/workbook.xml"]
    return "xl/worksheets/sheet2.xml"
