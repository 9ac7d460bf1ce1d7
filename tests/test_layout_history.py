"""The change log on its sheets: written, saved by others, sorted, damaged, and read back."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agsxl.edits import ChangeSet
from agsxl.errors import OutputError
from agsxl.excel.file import open_book
from agsxl.excel.memory import MemoryBook
from agsxl.grid import Area, CellError, Formula, Grid
from agsxl.history import Action, Draft, Log
from agsxl.layout.history import (
    LOG,
    SNAPSHOTS,
    cells_of,
    find_log,
    log_changes,
    own_name,
    read_log,
    state_of,
)
from agsxl.layout.milestones import read_plan
from agsxl.words import COLUMNS
from tests.books import write_book
from tests.plans import PLAIN, grid_of
from tests.test_history import PLANS, STEPS, Diary, play, row

WHEN = datetime(2017, 9, 28, 16, 30)
KINDS = [
    None, "text", " spaced ", "two\nlines", "=1+1", "+44 20", "@x", "'quoted", "1.10", "TRUE", "_x0041_",
    "#REF!", "12e456789", "Zoë 😀", True, False, 0, 1, -3, 7.5, 0.1 + 0.2, 1e-9, 12345678.123456789,
    date(2018, 3, 31), datetime(2018, 3, 31, 9, 5, 33), datetime(2018, 3, 31, 23, 59, 59), "x" * 32_767,
]  # fmt: skip


def grids_of(book):
    return [book.read(name) for name in book.sheets()]


def kept(log):
    """A workbook that holds a log, written into it as one job after another would."""
    book = MemoryBook({"Plan": [["Ref"]]})
    written = Log()
    sets = dict.fromkeys(entry.change_set for entry in log.entries)
    for number in sets:
        new = [entry for entry in log.entries if entry.change_set == number]
        copies = [
            c for c in log.snapshots for e in new if e.new == c.label and e.action != "change"
        ]
        book.apply(log_changes(written, new, copies, grids=grids_of(book)))
        written = read_log(*find_log(grids_of(book)))
    return book


def read(book):
    return read_log(*find_log(grids_of(book)))


def typed(log):
    """Every value with its type: True is not 1."""
    states = [cells for copy in log.snapshots for cells in copy.state.values()]
    return repr(log.entries), [sorted((c, repr(v)) for c, v in cells.items()) for cells in states]


def a_log(values=KINDS):
    """A log that holds each of these values as old, as new, and in its frozen copies."""
    plan = {f"A{n}": row(f"Milestone {n}", Cost=v) for n, v in enumerate(values) if v is not None}
    diary = Diary(plan)
    for n, value in enumerate(values):
        if value is not None:
            diary.job(
                Draft(Action.CHANGE, f"A{n}", "Cost", value, None, "return: Finance.xlsx"),
                Draft(Action.CHANGE, f"A{n}", "comments", None, value, "x", "A reason", "Cabinet"),
            )
    diary.job(label="Governance Committee 28/09/2017")
    diary.plan["A1"]["Ward"] = "North"
    diary.plan["B1"] = diary.plan.pop("A2")
    diary.job(label="Council")
    return diary.log


# -- written and read --------------------------------------------------------------------------


def test_what_is_written_is_read_with_its_types():
    log = a_log()
    book = kept(log)
    assert read(book) == log
    assert typed(read(book)) == typed(log)
    assert read(book).faults() == []
    assert book.sheets() == ["Plan", LOG, SNAPSHOTS]
    assert not book.read(LOG).visible and not book.read(SNAPSHOTS).visible


def test_officers_read_words():
    diary = Diary({"A1": row("Train", status="On target", Ward="North")})
    diary.set("A1", "revised", date(2018, 3, 31), reason="Tender failed", approved_by="Cabinet")
    diary.plan = {"A1": {**diary.plan["A1"], "evidence": "Minutes"}}
    del diary.plan["A1"]["evidence"]
    diary.plan["A1"]["Parish"] = diary.plan["A1"].pop("Ward")
    diary.job(Draft(Action.KEEP, "A1", "status", "On target", "Complete", "return: Finance.xlsx"))
    grid = kept(diary.log).read(LOG)
    assert grid.value("A1") == "Change log: every change to the plan"
    assert grid.value("A2") == f"4 entries; the last has the seal {diary.log.entries[-1].seal}"
    assert grid.rows[3] == [
        "No", "When", "Who", "Action", "Ref", "Column", "Old", "New", "Source", "Reason", "Approved by",
        "Change set", "Seal",
    ]  # fmt: skip
    assert [r[3:8] for r in grid.rows[4:]] == [
        ["Log begun", None, None, None, "Beginning of the log"],
        ["Changed", "A1", "Revised target date", None, date(2018, 3, 31)],
        ["Changed", None, "Ward", "Ward", "Parish"],
        ["Kept plan's", "A1", "Status", "On target", "Complete"],
    ]


def test_a_known_column_that_becomes_the_officers_own_is_told_by_its_heading():
    diary = Diary({"A1": row("Train", evidence="Minutes")})
    diary.plan["A1"]["Proof"] = diary.plan["A1"].pop("evidence")
    diary.job()
    book = kept(diary.log)
    assert book.read(LOG).rows[5][5:8] == ["Evidence", "Evidence", "Proof"]
    assert read(book) == diary.log


@settings(max_examples=60, deadline=None)
@given(PLANS, STEPS)
def test_any_log_is_read_as_it_was_written(plan, steps):
    log = play(plan, steps)[0].log
    found = read(kept(log))
    assert found.faults() == []
    assert repr(found.entries) == repr(log.entries)
    assert [(c.label, c.taken, c.reporting_date, c.state) for c in found.snapshots] == [
        (c.label, c.taken, c.reporting_date, c.state) for c in log.snapshots
    ]


def test_only_what_is_new_is_written():
    diary = Diary()
    book = kept(diary.log)
    assert log_changes(diary.log, (), (), grids=grids_of(book)) == ChangeSet()
    made = diary.log.add([Draft("change", "A1", "status", 1, 2)], when=WHEN, who="", change_set=9)
    changes = log_changes(diary.log, made, grids={g.name: g for g in grids_of(book)})
    assert not changes.sheets
    assert [(e.sheet, e.address) for e in changes.edits] == [(LOG, "A2")]
    assert [(r.sheet, r.after, len(r.rows)) for r in changes.rows] == [(LOG, 5, 1)]


def test_a_further_frozen_copy_is_added_below_and_a_further_column_makes_the_sheet_anew():
    diary = Diary()
    book = kept(diary.log)
    entry, copy = diary.log.freeze(
        diary.plan, label="Council", reporting_date=None, when=WHEN, who="", change_set=2
    )
    changes = log_changes(diary.log, [entry], [copy], grids=grids_of(book))
    assert [r.sheet for r in changes.rows] == [LOG, SNAPSHOTS] and not changes.sheets
    more = replace(copy, state={**copy.state, "A1": {**copy.state["A1"], "Ward": "North"}})
    changes = log_changes(diary.log, [entry], [more], grids=grids_of(book))
    assert [s.name for s in changes.sheets] == [SNAPSHOTS]
    assert len(changes.sheets[0].rows) == 6
    assert [c.heading for c in changes.sheets[0].columns] == [
        "Label", "Taken", "Reporting date", "Ref", "Milestones", "Timescale", "Status", "Ward",
    ]  # fmt: skip


def test_the_words_that_logs_are_written_in_stay():
    """A log from last year must be read next year: a heading here may gain others, never change."""
    assert {
        "ref": "Ref", "theme": "Improvement Theme", "outcome": "Outcome", "source": "Source",
        "milestone": "Milestones", "action_by": "Officer or Member action", "timescale": "Timescale",
        "member_lead": "Member Lead", "smt_lead": "SMT Lead", "status": "Status",
        "revised": "Revised target date", "comments": "Comments", "baseline": "Baseline date",
        "completed": "Date completed", "evidence": "Evidence", "verified_by": "Verified by",
        "approved_by": "Revised date approved by", "reason": "Reason for revision",
        "previous_ref": "Previous Ref",
    }.items() <= COLUMNS.items()  # fmt: skip
    diary = Diary({"A1": row("Train", revised=date(2018, 3, 31), Cost=7.5)})
    diary.set("A1", "status", "Zoë's; complete")
    assert [entry.seal for entry in diary.log.entries] == [
        "e69f8c1e9d275f69",
        "39aa9f374f10acd4",
    ]


# -- saved by others ---------------------------------------------------------------------------


def jobs_in(path, log, *labels):
    """Jobs of agsxl on a workbook on disk: each enters every kind of value, and freezes the plan."""
    values = [value for value in KINDS if value is not None]
    for label in labels:
        drafts = [
            Draft(Action.KEEP, "A1", "comments", old, new, "return: Finance.xlsx", "A reason")
            for old, new in zip(values, values[len(label) :], strict=False)
        ]
        with open_book(path) as book:
            found = read_log(*find_log(grids_of(book)))
            assert typed(found) == typed(log)
            new, copies = found.record(STATE, drafts, when=WHEN, who="A. Reed", label=label)
            book.apply(log_changes(found, new, copies, grids=grids_of(book)))
        log = log.extended(new, copies)
    return log


STATE = {f"A{n}": row(f"Milestone {n}", Cost=v) for n, v in enumerate(KINDS) if v is not None}


@pytest.mark.office
def test_a_log_saved_by_libreoffice_is_whole_and_goes_on(tmp_path):
    path = write_book(tmp_path / "plan.xlsx", {"Plan": [["Ref"]]})
    log = jobs_in(path, Log(), "Governance Committee", "Cabinet")
    for number in range(2):
        folder = tmp_path / f"saved {number}"
        subprocess.run(
            ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
             "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", folder, path],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        path = folder / "plan.xlsx"
        with open_book(path) as book:
            found = read_log(*find_log(grids_of(book)))
        assert found.faults() == []
        assert found.noticed(STATE) == []
        log = found  # numbers to 15 digits now, which is all that LibreOffice keeps
        log = jobs_in(path, log, f"Audit {number}")
    with open_book(path) as book:
        found = read_log(*find_log(grids_of(book)))
    assert found.faults() == []
    assert [copy.label for copy in found.snapshots] == [
        "Beginning of the log", "Governance Committee", "Cabinet", "Audit 0", "Audit 1",
    ]  # fmt: skip


def dates_as_numbers(value, zero=datetime(1899, 12, 30)):
    if not isinstance(value, date):
        return value
    moment = value if isinstance(value, datetime) else datetime(*value.timetuple()[:3])
    days = (moment - zero) / timedelta(days=1)
    return int(days) if days.is_integer() else days


def numbers_as_dates(value):
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 < value < 2_958_465:
        return value
    zero = datetime(1899, 12, 31 if value < 60 else 30)  # Excel's calendar has a 29 February 1900
    moment = zero + timedelta(days=value)
    return moment if moment.time() != datetime.min.time() else moment.date()


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        ("ABCDEFGHIJKLM", dates_as_numbers),
        ("BGH", lambda value: dates_as_numbers(value, datetime(1904, 1, 1))),
        ("GH", numbers_as_dates),
    ],
    ids=["dates shown as numbers", "as numbers of a 1904 workbook", "numbers shown as dates"],
)
def test_another_format_of_a_column_of_the_log_changes_nothing(columns, shown):
    log = a_log([*KINDS, 42879, 42879.5, 3])
    book = kept(log)
    grid = book.read(LOG)
    for cells in grid.rows[4:]:
        for letter in columns:
            index = ord(letter) - 65
            cells[index] = shown(cells[index])
    if "B" in columns and shown is not dates_as_numbers:
        for cells, entry in zip(grid.rows[4:], log.entries, strict=True):
            cells[1] = entry.when
    found = read_log(grid, book.read(SNAPSHOTS))
    assert repr(found.entries) == repr(log.entries)
    assert found.faults() == []


# -- what people do to a sheet -----------------------------------------------------------------


def sheets(log):
    book = kept(log)
    return book.read(LOG), book.read(SNAPSHOTS)


def blank_rows(log, copies):
    for grid in (log, copies):
        grid.rows.insert(6, [None] * 13)
        grid.rows.insert(0, [])


def columns_moved(log, copies):
    for grid in (log, copies):
        for number, cells in enumerate(grid.rows):
            if number >= 2:
                cells.reverse()


def filtered(log, copies):
    log.hidden_rows = frozenset({5, 6})


def copies_sorted(log, copies):
    copies.rows[3:] = copies.rows[:2:-1]


def days_shown_as_numbers(log, copies):
    for cells in copies.rows[3:]:
        cells[1:3] = map(dates_as_numbers, cells[1:3])


@pytest.mark.parametrize(
    "done", [blank_rows, columns_moved, filtered, copies_sorted, days_shown_as_numbers]
)
def test_what_does_a_log_no_harm(done):
    log = a_log()
    grids = sheets(log)
    done(*grids)
    found = read_log(*grids)
    assert found.faults() == []
    assert found.entries == log.entries
    assert found.state_at("Council") == log.state_at("Council")


def sort_log(log, copies):
    log.rows[4:] = log.rows[:3:-1]


def own_row(log, copies):
    log.rows.append([None, WHEN, "A. Reed", "Changed", "A1", "Status", None, "Complete"])


def own_note(log, copies):
    log.rows.append(["Checked by A. Reed"])


def typed_number(log, copies):
    log.rows[5][0] = "2"


def no_time(log, copies):
    log.rows[5][1] = "yesterday"


def no_change_set(log, copies):
    log.rows[5][11] = "one"


def other_action(log, copies):
    log.rows[5][3] = "Altered"


def column_lost(log, copies):
    for cells in log.rows[3:]:
        del cells[9]


def headings_lost(log, copies):
    del log.rows[3]


def head_lost(log, copies):
    log.rows[1][0] = None


def copy_row_lost(log, copies):
    del copies.rows[-1]


def copy_row_twice(log, copies):
    copies.rows.append(list(copies.rows[-1]))


def copy_cell_typed(log, copies):
    copies.rows[4][4] = "Another milestone"


def copy_headings_lost(log, copies):
    del copies.rows[2]


def copy_label_typed(log, copies):
    copies.rows[-1][0] = "Cabinet"


def copy_day_typed(log, copies):
    copies.rows[-1][2] = "soon"


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (sort_log, "The rows of the change log are not in their order"),
        (own_row, "Row 62 of the sheet 'Change log' is no entry of agsxl's"),
        (own_note, "Row 62 of the sheet 'Change log' is no entry of agsxl's"),
        (typed_number, "Row 6 of the sheet 'Change log' is no entry of agsxl's"),
        (no_time, "Entry 2 of the change log (A1, 1 January 1900 at 00:00) is not as agsxl wrote it"),
        (no_change_set, "Entry 2 of the change log (A1, 2 September 2017 at 09:30) is not as agsxl wrote it"),
        (other_action, "Entry 2 of the change log (A1, 2 September 2017 at 09:30) is not as agsxl wrote it"),
        (column_lost, "The sheet 'Change log' has lost its column 'Reason'."),
        (headings_lost, "The sheet 'Change log' has no change log of agsxl's, or has lost its headings"),
        (head_lost, "The line above the change log that says how many entries it has is gone"),
        (copy_row_lost, "The frozen copy 'Council' is not as it was taken"),
        (copy_row_twice, "Row 82 of the sheet 'Snapshots' repeats B1; it was put in by hand."),
        (copy_cell_typed, "The frozen copy 'Beginning of the log' is not as it was taken"),
        (copy_headings_lost, "The sheet 'Snapshots' has no frozen copies of agsxl's, or has lost its headings"),
        (copy_label_typed, "The frozen copy 'Council' is not as it was taken"),
        (copy_day_typed, "The frozen copy 'Council' is not as it was taken"),
    ],
)  # fmt: skip
def test_what_is_a_fault(done, said):
    grids = sheets(a_log())
    done(*grids)
    found = read_log(*grids)
    assert any(said in fault for fault in found.faults()), found.faults()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_other_value_in_any_cell_of_the_log_is_a_fault(data):
    grid, copies = SHEETS
    rows = [list(cells) for cells in grid.rows]
    at = data.draw(st.integers(4, len(rows) - 1))
    column = data.draw(st.integers(0, 12))
    before = rows[at][column]
    rows[at][column] = data.draw(st.sampled_from([v for v in KINDS if v != before or type(v) is not type(before)]))  # fmt: skip
    assert read_log(Grid(LOG, rows), copies).faults()


SHEETS = sheets(a_log(KINDS[:20]))


def test_a_log_that_lost_its_headings_is_not_written_to():
    log = a_log()
    grids = sheets(log)
    headings_lost(*grids)
    made = log.add([Draft("change", "A1", "status", 1, 2)], when=WHEN, who="", change_set=9)
    with pytest.raises(
        OutputError, match=r"'Change log' is not as agsxl made it .* no column 'No'"
    ):
        log_changes(log, made, grids=grids)
    grids = sheets(log)
    copy_headings_lost(*grids)
    with pytest.raises(
        OutputError, match=r"'Snapshots' is not as agsxl made it .* no column 'Label'"
    ):
        log_changes(log, made, log.snapshots[:1], grids=grids)


def test_a_head_line_that_is_gone_is_not_written_anew():
    log = a_log()
    grids = sheets(log)
    head_lost(*grids)
    log = read_log(*grids)
    made = log.add([Draft("change", "A1", "status", 1, 2)], when=WHEN, who="", change_set=9)
    assert log_changes(log, made, grids=grids).edits == ()


def test_a_log_emptied_to_its_headings_begins_again_below_them():
    grids = sheets(a_log())
    head_lost(*grids)
    del grids[0].rows[4:]
    log = read_log(*grids)
    made = log.add([Draft("change", "A1", "status", 1, 2)], when=WHEN, who="", change_set=9)
    changes = log_changes(log, made, grids=grids)
    assert [rows.after for rows in changes.rows] == [4]
    assert changes.edits == ()


def test_an_officers_own_change_log_is_left_alone():
    own = Grid("Change Log", [["Version", "Date"], ["1.0", date(2017, 4, 1)]])
    log = read_log(*find_log([own]))
    assert log.entries == ()
    assert "if it is a sheet of your own, give it another name" in log.faults()[0]
    entries, copies = log.record(Diary().plan, when=WHEN, who="A. Reed")
    with pytest.raises(OutputError, match="give a sheet of your own another name"):
        log_changes(log, entries, copies, grids=[own])


def test_an_empty_sheet_of_that_name_is_used():
    diary = Diary()
    changes = log_changes(
        Log(), diary.log.entries, diary.log.snapshots, grids=[Grid(LOG, [[None]])]
    )
    assert [sheet.name for sheet in changes.sheets] == [LOG, SNAPSHOTS]


@pytest.mark.parametrize(
    ("sheet", "name"),
    [
        ("Change log", LOG), ("CHANGE LOG ", LOG), ("snapshots", SNAPSHOTS), ("Replies", "Replies"),
        ("Change log (2)", None), ("Plan", None),
    ],
)  # fmt: skip
def test_the_sheets_that_are_agsxls_own(sheet, name):
    assert own_name(sheet) == name


# -- the plan's table as a state ---------------------------------------------------------------


def states(grid):
    """The state from the grid as it is, and from the one a plan was read from."""
    fresh = replace(grid, rows=[list(cells) for cells in grid.rows])
    plan = read_plan([grid], file="plan.xlsx", is_workbook=True)
    first = state_of(plan, fresh)
    assert state_of(plan, grid) == first
    return first


def test_a_state_holds_typed_cells_by_ref_and_column():
    grid = grid_of({"ref": "B4", "timescale": "29/12/2017", "revised": "'31/03/18"}, {"ref": "C1", "status": "#REF!"})  # fmt: skip
    for cells, ward in zip(grid.rows, ["Ward", 7.0, Formula("=A3", "C1")], strict=True):
        cells.append(ward)
    state = states(grid)
    assert state["B4"] == {
        **{c: v for c, v in PLAIN.items() if v and c != "ref"},
        "milestone": "Budget training delivered (B4)",
        "timescale": date(2017, 12, 29),
        "revised": "31/03/18",
        "Ward": 7,
    }
    assert state["C1"]["status"] == "#REF!"
    assert "Ward" not in state["C1"]  # calculated: it changes without anybody changing the plan


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        (Formula("=TRUE()", True), True),  # how LibreOffice saves a TRUE
        (Formula("=TODAY()-B2", 12), None),
        (Formula("=TRUE", "x"), None),
    ],
)
def test_what_is_calculated_in_a_column_of_the_officers_own_is_no_part_of_the_state(cell, kept):
    grid = grid_of({"ref": "B4", "revised": "31/03/18"})
    for cells, value in zip(grid.rows, ["Ward", cell], strict=True):
        cells.append(value)
    assert states(grid)["B4"].get("Ward") == kept


def test_a_known_column_keeps_its_formula():
    grid = grid_of({"ref": "B4", "revised": "31/03/18"})
    place = grid.rows[0].index("Revised target date")
    grid.rows[1][place] = Formula("=G2+30", date(2018, 1, 28))
    assert states(grid)["B4"]["revised"] == "=G2+30"


def test_merged_cells_are_told_for_each_milestone_whichever_grid_is_given():
    grid = grid_of(
        {"ref": "A1", "_merge": "smt_lead"},
        {"ref": "A2", "_merge": "smt_lead", "smt_lead": ""},
        {"ref": "A3", "smt_lead": "Head of Legal"},
    )
    for cells, ward in zip(grid.rows, ["Ward", "North", None, "South"], strict=True):
        cells.append(ward)
    own = len(grid.rows[0])
    grid.merged = (*grid.merged, Area(2, own, 3, own))
    state = states(grid)
    leads = [cells["smt_lead"] for cells in state.values()]
    assert leads == ["Head of Shared Services", "Head of Shared Services", "Head of Legal"]
    assert [cells["Ward"] for cells in state.values()] == ["North", "North", "South"]


def test_a_band_across_the_table_belongs_to_its_first_row_alone():
    grid = grid_of({"ref": "A1"}, {"ref": "A2", "theme": ""})
    grid.merged = (Area(2, 2, 3, 11),)
    assert [cells.get("theme") for cells in states(grid).values()] == [PLAIN["theme"], None]


def test_a_ref_that_stands_twice_or_is_blank_has_a_name():
    grid = grid_of({"ref": "B4"}, {"ref": "B4", "milestone": "Another"}, {"ref": ""})
    assert list(states(grid)) == ["B4", "B4 (2)", "(no Ref) 1"]


@pytest.mark.parametrize(
    ("headings", "called"),
    [
        (["Ward", "ward"], ["Ward", "ward (2)"]),
        (["Lead officer"], ["Lead officer"]),
        (["status", "Comments"], ["status (2)", "Comments (2)"]),
        (["Label", "Taken"], ["Label (2)", "Taken (2)"]),
        (["x" * 300], ["x" * 120]),
        ([None], ["Column M"]),
    ],
)
def test_an_own_column_never_has_the_name_of_another(headings, called):
    grid = grid_of({"ref": "B4"})
    grid.rows[0] += headings
    grid.rows[1] += ["North"] * len(headings)
    state = states(grid)
    assert [c for c in state["B4"] if c not in COLUMNS] == called
    log = Log()
    entries, copies = log.record(state, when=WHEN, who="A. Reed")
    book = MemoryBook({})
    book.apply(log_changes(log, entries, copies, grids=[]))
    assert read(book).state() == state


def test_a_heading_in_other_letters_does_not_make_two_columns_of_one():
    diary = Diary({"A1": row("Train", Ward="North")})
    diary.plan = {"A1": row("Train", WARD="North")}
    diary.job(label="Council")
    book = kept(diary.log)
    assert read(book).faults() == []
    assert read(book).reported("Council") == {"A1": row("Train", Ward="North")}


def test_each_cell_of_a_state_has_its_place():
    grid = grid_of({"ref": "B4"}, {"ref": "B4"})
    grid.rows[0].append("Ward")
    grid.rows[1].append("North")
    plan = read_plan([grid], file="plan.xlsx", is_workbook=True)
    cells = cells_of(plan, grid)
    assert cells.address("B4", "ref") == "A2"
    assert cells.address("B4 (2)", "status") == "J3"
    assert cells.address("B4", "Ward") == "M2"
    assert cells.address("B5", "status") is cells.address("B4", "Parish") is None


def test_a_hidden_plan_has_a_state_too():
    grid = grid_of({"ref": "B4", "status": "#N/A"})
    grid.visible = False
    assert states(grid)["B4"]["status"] == CellError("#N/A").code
